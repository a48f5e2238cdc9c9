// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects behind handles, which are looked up at every use.
use crate::hands::{Hands, Shared, Subject};
use crate::object::{escape, Object};
use crate::pools::object_pool;
use crate::refused::{must, some};
use drystone::{Handle, ObjectPool};
use slotmap::{DefaultKey, SlotMap};

/// Handles that never validate twice.
pub struct Objects(ObjectPool<Object>);

impl Subject for Objects {
    type Hands<'a> = ByHandle<'a>;

    fn new(count: usize) -> Self {
        Objects(object_pool(count))
    }

    fn hands(&mut self) -> ByHandle<'_> {
        ByHandle(&mut self.0)
    }
}

pub struct ByHandle<'a>(&'a mut ObjectPool<Object>);

impl Hands for ByHandle<'_> {
    type Item = Handle<Object>;

    #[inline(always)]
    fn take(&mut self, number: u64) -> Handle<Object> {
        let handle = must("insert", self.0.insert(Object::new(number)));
        escape(self.0);
        handle
    }

    #[inline(always)]
    fn unlike(&self, handle: &Handle<Object>, number: u64) -> u64 {
        must("get", self.0.get(*handle)).unlike(number)
    }

    #[inline(always)]
    fn give(&mut self, handle: Handle<Object>) {
        must("release", self.0.release(handle));
    }
}

/// The crate slotmap: handles with generations.
pub struct Slots(SlotMap<DefaultKey, Object>);

impl Subject for Slots {
    type Hands<'a> = &'a mut SlotMap<DefaultKey, Object>;

    fn new(count: usize) -> Self {
        Slots(SlotMap::with_capacity(count))
    }

    fn hands(&mut self) -> &mut SlotMap<DefaultKey, Object> {
        &mut self.0
    }
}

impl Hands for &mut SlotMap<DefaultKey, Object> {
    type Item = DefaultKey;

    #[inline(always)]
    fn take(&mut self, number: u64) -> DefaultKey {
        let key = self.insert(Object::new(number));
        escape(*self);
        key
    }

    #[inline(always)]
    fn unlike(&self, key: &DefaultKey, number: u64) -> u64 {
        some("slotmap", self.get(*key)).unlike(number)
    }

    #[inline(always)]
    fn give(&mut self, key: DefaultKey) {
        some("slotmap", self.remove(key));
    }
}

/// The crate slab: indices without generations.
pub struct Indexed(slab::Slab<Object>);

impl Subject for Indexed {
    type Hands<'a> = &'a mut slab::Slab<Object>;

    fn new(count: usize) -> Self {
        Indexed(slab::Slab::with_capacity(count))
    }

    fn hands(&mut self) -> &mut slab::Slab<Object> {
        &mut self.0
    }
}

impl Hands for &mut slab::Slab<Object> {
    type Item = usize;

    #[inline(always)]
    fn take(&mut self, number: u64) -> usize {
        let key = self.insert(Object::new(number));
        escape(*self);
        key
    }

    #[inline(always)]
    fn unlike(&self, key: &usize, number: u64) -> u64 {
        some("slab", self.get(*key)).unlike(number)
    }

    #[inline(always)]
    fn give(&mut self, key: usize) {
        some("slab", self.try_remove(key));
    }
}

/// The crate sharded-slab: indices with generations, for any thread.
pub struct Sharded(sharded_slab::Slab<Object>);

impl Subject for Sharded {
    type Hands<'a> = &'a sharded_slab::Slab<Object>;

    fn new(_count: usize) -> Self {
        Sharded(sharded_slab::Slab::new())
    }

    fn hands(&mut self) -> &sharded_slab::Slab<Object> {
        &self.0
    }
}

impl Shared for Sharded {
    type Hands<'a> = &'a sharded_slab::Slab<Object>;

    fn new(_count: usize) -> Self {
        Sharded(sharded_slab::Slab::new())
    }

    fn hands(&self) -> &sharded_slab::Slab<Object> {
        &self.0
    }
}

impl Hands for &sharded_slab::Slab<Object> {
    type Item = usize;

    #[inline(always)]
    fn take(&mut self, number: u64) -> usize {
        let key = some("sharded-slab", self.insert(Object::new(number)));
        escape(*self);
        key
    }

    #[inline(always)]
    fn unlike(&self, key: &usize, number: u64) -> u64 {
        some("sharded-slab", self.get(*key)).unlike(number)
    }

    #[inline(always)]
    fn give(&mut self, key: usize) {
        if !self.remove(key) {
            some("sharded-slab", None)
        }
    }
}
