// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a benchmark takes objects and gives them back, whatever they come from.
use std::mem::MaybeUninit;

/// One thread's way to objects of [`OBJECT_BYTES`](crate::object::OBJECT_BYTES).
pub trait Hands {
    /// What stands for a live object: an index, a handle, a box.
    type Item;

    /// Takes an object and stamps it.
    fn take(&mut self, number: u64) -> Self::Item;

    /// 0 if the object holds that stamp.
    fn unlike(&self, item: &Self::Item, number: u64) -> u64;

    /// Gives it back.
    fn give(&mut self, item: Self::Item);
}

/// What has room for objects, for one thread.
pub trait Subject {
    type Hands<'a>: Hands
    where
        Self: 'a;

    /// Room for so many, touched beforehand where that can be.
    fn new(count: usize) -> Self;
    fn hands(&mut self) -> Self::Hands<'_>;
}

/// What has room for objects, for many threads.
pub trait Shared: Sync {
    type Hands<'a>: Hands
    where
        Self: 'a;

    fn new(count: usize) -> Self;
    /// For the thread that calls it.
    fn hands(&self) -> Self::Hands<'_>;
}

/// Whatever stands for live objects, by place.
pub struct Live<T>(Vec<MaybeUninit<T>>);

impl<T> Live<T> {
    /// Places with nothing in them.
    pub fn new(count: usize) -> Self {
        Live((0..count).map(|_| MaybeUninit::uninit()).collect())
    }

    /// # Safety
    /// There is such a place.
    #[inline(always)]
    pub unsafe fn put(&mut self, at: usize, item: T) {
        // SAFETY: the caller's promise.
        unsafe { self.0.get_unchecked_mut(at).write(item) };
    }

    /// # Safety
    /// Something was put there, and not taken since.
    #[inline(always)]
    pub unsafe fn take(&mut self, at: usize) -> T {
        // SAFETY: the caller's promise.
        unsafe { self.0.get_unchecked(at).assume_init_read() }
    }

    /// The first places, to be filled or emptied in one go.
    pub fn first(&mut self, count: usize) -> *mut MaybeUninit<T> {
        assert!(count <= self.0.len());
        self.0.as_mut_ptr()
    }
}
