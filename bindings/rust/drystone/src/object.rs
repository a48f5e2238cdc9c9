// SPDX-License-Identifier: MIT OR Apache-2.0
//! A value in an object pool, owned.
use crate::handle::Handle;
use crate::object_pool::{drop_and_give, ObjectPool};
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

/// A value in an [`ObjectPool`], owned as a `Box` owns its own: dropping it runs the destructor and frees the slot.
///
/// One that is leaked (`mem::forget`) stays in the pool, and is dropped with it. It is neither `Send` nor `Sync`, because its
/// pool is for one thread at a time:
///
/// ```compile_fail,E0277
/// # use drystone::{ObjectPool, ObjectPoolOptions};
/// let pool = ObjectPool::create(&ObjectPoolOptions::new(10)).unwrap();
/// let object = pool.acquire(7).unwrap();
/// std::thread::scope(|scope| {
///     scope.spawn(|| drop(object));
/// });
/// ```
pub struct Object<'p, T> {
    pool: &'p ObjectPool<T>,
    handle: u64,
    place: NonNull<T>,
    value: PhantomData<T>,
}

impl<'p, T> Object<'p, T> {
    #[inline(always)]
    pub(crate) fn new(pool: &'p ObjectPool<T>, handle: u64, place: NonNull<T>) -> Self {
        Object { pool, handle, place, value: PhantomData }
    }

    /// Moves the value out, and frees the slot.   Cost: O(1).
    #[inline]
    pub fn into_inner(self) -> T {
        let object = ManuallyDrop::new(self);
        // SAFETY: the value is this object's, which is gone now.
        let value = unsafe { object.place.as_ptr().read() };
        // An error says that unsafe code wrote beyond the value's end; the slot is retired then.
        // SAFETY: the handle lives until now.
        let _ = unsafe { object.pool.give(object.handle) };
        value
    }

    /// Leaves the value to the pool, and gives its handle.   Cost: O(1).
    #[inline]
    #[must_use]
    pub fn into_handle(self) -> Handle<T> {
        let object = ManuallyDrop::new(self);
        object.pool.handle(object.handle)
    }
}

impl<T> Drop for Object<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the value is this object's, which is gone after this.
        let _ = unsafe { drop_and_give(self.pool, self.handle, self.place) };
    }
}

impl<T> Deref for Object<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the value lives as long as this object, which is the only one to have it.
        unsafe { self.place.as_ref() }
    }
}

impl<T> DerefMut for Object<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`.
        unsafe { self.place.as_mut() }
    }
}

impl<T: fmt::Debug> fmt::Debug for Object<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
