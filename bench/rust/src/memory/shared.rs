// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects for many threads.
use crate::hands::{Hands, Shared};
use crate::object::{escape, Object};
use crate::pools::Heap;
use crate::refused::{must, some};
use crossbeam_queue::ArrayQueue;
use drystone::{MemoryFlags, SharedObject, SharedPool, SharedPoolCache, SharedPoolOptions};

/// Values that one thread makes and another frees, each thread by a cache of its own.
pub struct Cached(SharedPool<Object>);

impl Shared for Cached {
    type Hands<'a> = SharedPoolCache<Object>;

    fn new(count: usize) -> Self {
        let options = SharedPoolOptions::new(count as u64).flags(MemoryFlags::PREFAULT);
        Cached(must("SharedPool::create", SharedPool::create(&options)))
    }

    fn hands(&self) -> SharedPoolCache<Object> {
        must("cache", self.0.cache())
    }
}

impl Hands for SharedPoolCache<Object> {
    type Item = SharedObject<Object>;

    #[inline(always)]
    fn take(&mut self, number: u64) -> SharedObject<Object> {
        let object = must("alloc", self.alloc(Object::new(number)));
        escape(&*object);
        object
    }

    #[inline(always)]
    fn unlike(&self, object: &SharedObject<Object>, number: u64) -> u64 {
        object.unlike(number)
    }

    #[inline(always)]
    fn give(&mut self, object: SharedObject<Object>) {
        must("free", self.free(object));
    }
}

impl Shared for Heap {
    type Hands<'a> = Heap;

    fn new(_count: usize) -> Self {
        Heap
    }

    fn hands(&self) -> Heap {
        Heap
    }
}

/// Boxes that are used again, from a queue without a lock.
pub struct Queued(ArrayQueue<Box<Object>>);

impl Shared for Queued {
    type Hands<'a> = &'a ArrayQueue<Box<Object>>;

    fn new(count: usize) -> Self {
        let queue = ArrayQueue::new(count);
        while queue.push(Box::new(Object::new(0))).is_ok() {}
        Queued(queue)
    }

    fn hands(&self) -> &ArrayQueue<Box<Object>> {
        &self.0
    }
}

impl Hands for &ArrayQueue<Box<Object>> {
    type Item = Box<Object>;

    #[inline(always)]
    fn take(&mut self, number: u64) -> Box<Object> {
        let mut object = some("crossbeam-queue", self.pop());
        object.stamp(number);
        object
    }

    #[inline(always)]
    fn unlike(&self, object: &Box<Object>, number: u64) -> u64 {
        object.unlike(number)
    }

    #[inline(always)]
    fn give(&mut self, object: Box<Object>) {
        some("crossbeam-queue", self.push(object).ok());
    }
}

/// The crate object-pool: boxes that are used again, from a vector under a lock.
pub struct Reused(object_pool::Pool<Box<Object>>);

impl Shared for Reused {
    type Hands<'a> = &'a object_pool::Pool<Box<Object>>;

    fn new(count: usize) -> Self {
        Reused(object_pool::Pool::new(count, || Box::new(Object::new(0))))
    }

    fn hands(&self) -> &object_pool::Pool<Box<Object>> {
        &self.0
    }
}

impl<'p> Hands for &'p object_pool::Pool<Box<Object>> {
    type Item = object_pool::Reusable<'p, Box<Object>>;

    #[inline(always)]
    fn take(&mut self, number: u64) -> Self::Item {
        let mut object = some("object-pool", self.try_pull());
        object.stamp(number);
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
