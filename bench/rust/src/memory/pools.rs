// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects for one thread: slots of bytes, values owned as a box owns its own, and the heap.
use crate::hands::{Hands, Subject};
use crate::object::{escape, stamp, unlike, Object, OBJECT_BYTES};
use crate::patterns::BURST;
use crate::refused::must;
use drystone::{MemoryFlags, ObjectPool, ObjectPoolOptions, Pool, PoolOptions, Slot};

/// Bursts want a little more than the objects that stay.
fn room(count: usize) -> u64 {
    (count + BURST) as u64
}

pub fn pool(count: usize, flags: MemoryFlags) -> Pool {
    must("Pool::create", Pool::create(&PoolOptions::new(OBJECT_BYTES as u64, room(count)).flags(flags)))
}

/// Slots of bytes.
pub struct Slots(Pool);

impl Subject for Slots {
    type Hands<'a> = &'a mut Pool;

    fn new(count: usize) -> Self {
        Slots(pool(count, MemoryFlags::PREFAULT))
    }

    fn hands(&mut self) -> &mut Pool {
        &mut self.0
    }
}

impl Hands for &mut Pool {
    type Item = Slot;

    #[inline(always)]
    fn take(&mut self, number: u64) -> Slot {
        let (slot, bytes) = must("alloc", self.alloc());
        stamp(bytes, number);
        slot
    }

    #[inline(always)]
    fn unlike(&self, slot: &Slot, number: u64) -> u64 {
        unlike(must("bytes", self.bytes(*slot)), number)
    }

    #[inline(always)]
    fn give(&mut self, slot: Slot) {
        must("release", self.release(slot));
    }
}

pub fn object_pool(count: usize) -> ObjectPool<Object> {
    let options = ObjectPoolOptions::new(room(count)).flags(MemoryFlags::PREFAULT);
    must("ObjectPool::create", ObjectPool::create(&options))
}

/// Values that are owned, as in a box.
pub struct Owned(ObjectPool<Object>);

impl Subject for Owned {
    type Hands<'a> = &'a ObjectPool<Object>;

    fn new(count: usize) -> Self {
        Owned(object_pool(count))
    }

    fn hands(&mut self) -> &ObjectPool<Object> {
        &self.0
    }
}

impl<'p> Hands for &'p ObjectPool<Object> {
    type Item = drystone::Object<'p, Object>;

    #[inline(always)]
    fn take(&mut self, number: u64) -> Self::Item {
        let object = must("acquire", self.acquire(Object::new(number)));
        escape(&*object);
        object
    }

    #[inline(always)]
    fn unlike(&self, object: &Self::Item, number: u64) -> u64 {
        object.unlike(number)
    }

    #[inline(always)]
    fn give(&mut self, object: Self::Item) {
        drop(object);
    }
}

/// `Box`, by the allocator that every program has.
pub struct Heap;

impl Subject for Heap {
    type Hands<'a> = Self;

    fn new(_count: usize) -> Self {
        Heap
    }

    fn hands(&mut self) -> Self {
        Heap
    }
}

impl Hands for Heap {
    type Item = Box<Object>;

    #[inline(always)]
    fn take(&mut self, number: u64) -> Box<Object> {
        let object = Box::new(Object::new(number));
        escape(&*object);
        object
    }

    #[inline(always)]
    fn unlike(&self, object: &Box<Object>, number: u64) -> u64 {
        object.unlike(number)
    }

    #[inline(always)]
    fn give(&mut self, object: Box<Object>) {
        drop(object);
    }
}
