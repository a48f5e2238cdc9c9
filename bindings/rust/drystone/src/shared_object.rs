// SPDX-License-Identifier: MIT OR Apache-2.0
//! A value in a shared pool, owned.
use crate::shared_pool_core::{ObjectShare, Share};
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

/// A value in a [`SharedPool`](crate::SharedPool), owned as a `Box` owns its own. It may be dropped in any thread, after the
/// pool's handles too, and is `Send` and `Sync` as the value is.
///
/// Dropping it runs the destructor and gives the slot straight to the pool, for two to four compare-and-swaps;
/// [`SharedPoolCache::free`](crate::SharedPoolCache::free) costs less. One that is leaked (`mem::forget`) keeps its slot, and
/// its pool's memory, for good.
pub struct SharedObject<T> {
    place: NonNull<T>,
    slot: u32,
    share: ManuallyDrop<ObjectShare>,
    value: PhantomData<T>,
}

// SAFETY: it owns its value, and any thread may give the slot back.
unsafe impl<T: Send> Send for SharedObject<T> {}
// SAFETY: a shared reference reaches nothing but `&T`.
unsafe impl<T: Sync> Sync for SharedObject<T> {}

impl<T> SharedObject<T> {
    #[inline(always)]
    pub(crate) fn new(place: NonNull<T>, slot: u32, share: ObjectShare) -> Self {
        SharedObject { place, slot, share: ManuallyDrop::new(share), value: PhantomData }
    }

    #[inline(always)]
    pub(crate) fn is_of(&self, pool: &Share) -> bool {
        pool.is_of(&self.share)
    }

    #[inline(always)]
    pub(crate) fn into_parts(self) -> (NonNull<T>, u32, ObjectShare) {
        let mut object = ManuallyDrop::new(self);
        // SAFETY: `object` is not dropped.
        let share = unsafe { ManuallyDrop::take(&mut object.share) };
        (object.place, object.slot, share)
    }

    /// Moves the value out, and gives the slot back.   Cost: as dropping.
    #[must_use]
    pub fn into_inner(self) -> T {
        let (place, slot, share) = self.into_parts();
        // SAFETY: the value was this object's, which is gone.
        let value = unsafe { place.as_ptr().read() };
        share.give(slot);
        value
    }
}

/// Gives the slot back after the destructor, also when that panics.
struct Give {
    slot: u32,
    share: ManuallyDrop<ObjectShare>,
}

impl Drop for Give {
    fn drop(&mut self) {
        // SAFETY: taken once, here.
        unsafe { ManuallyDrop::take(&mut self.share) }.give(self.slot);
    }
}

impl<T> Drop for SharedObject<T> {
    fn drop(&mut self) {
        // SAFETY: taken once, here.
        let share = unsafe { ManuallyDrop::take(&mut self.share) };
        let _give = Give { slot: self.slot, share: ManuallyDrop::new(share) };
        // SAFETY: the value is this object's, which is gone after this.
        unsafe { self.place.as_ptr().drop_in_place() };
    }
}

impl<T> Deref for SharedObject<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the value lives as long as this object, which is the only one to have it.
        unsafe { self.place.as_ref() }
    }
}

impl<T> DerefMut for SharedObject<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`.
        unsafe { self.place.as_mut() }
    }
}

impl<T: fmt::Debug> fmt::Debug for SharedObject<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
