// SPDX-License-Identifier: MIT OR Apache-2.0
//! A thread's way to a shared pool.
use crate::error::{check, check_detailed, ErrorKind, Result};
use crate::inline;
use crate::memory::Raw;
use crate::shared_object::SharedObject;
use crate::shared_pool_core::{Share, Tally};
use crate::slot::Slot;
use core::fmt;
use core::marker::PhantomData;
use drystone_sys as sys;

/// A thread's way to a [`SharedPool`](crate::SharedPool): most calls touch it alone. Opened by
/// [`SharedPool::cache`](crate::SharedPool::cache).
///
/// It keeps up to 128 free slots from the others, until [`flush`](SharedPoolCache::flush) or its end. It keeps its pool's
/// memory, also when the pool's handles are gone. It is `Send`, not `Sync`: a cache is for one thread at a time.
///
/// ```compile_fail,E0277
/// # use drystone::{SharedPool, SharedPoolOptions};
/// let pool = SharedPool::<u64>::create(&SharedPoolOptions::new(10)).unwrap();
/// let cache = pool.cache().unwrap();
/// std::thread::scope(|scope| {
///     scope.spawn(|| cache.alloc(1).is_ok());
///     scope.spawn(|| cache.alloc(2).is_ok());
/// });
/// ```
pub struct SharedPoolCache<T: ?Sized> {
    raw: Raw<sys::dry_shared_pool_cache>,
    tally: Tally,
    share: Option<Share>,
    values: PhantomData<fn(*const T) -> *const T>,
}

// SAFETY: the library wants one thread at a time, not always the same one. Every call goes through `&self`, which cannot be in
// two threads because it is not Sync (it holds cells and an `UnsafeCell`).
unsafe impl<T: ?Sized> Send for SharedPoolCache<T> {}

impl<T> SharedPoolCache<T> {
    /// Moves a value into the pool. When there is no slot, the value is dropped.   Cost: O(1), no system call; two
    /// compare-and-swaps in 64 calls.
    ///
    /// # Errors
    /// [`Error::Full`](crate::Error::Full) (counted; other caches may hold free slots),
    /// [`Error::Corrupt`](crate::Error::Corrupt), [`Error::Closed`](crate::Error::Closed).
    #[inline]
    pub fn alloc(&self, value: T) -> Result<SharedObject<T>> {
        let share = self.share()?;
        let slot = self.take()?;
        // SAFETY: the cache is open, and the slot is the pool's; it has the size and alignment of a T, and nobody else has
        // it.
        let place = unsafe {
            let place = inline::cache_at(self.raw.get(), slot).cast::<T>();
            place.as_ptr().write(value);
            place
        };
        Ok(SharedObject::new(place, slot, self.tally.add(share)))
    }

    /// Drops a value, whoever made it, and keeps its slot at hand. One of another pool is dropped and goes back there.
    /// Cost: as [`alloc`](SharedPoolCache::alloc).
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) (guarded: unsafe code wrote beyond its end; the value is dropped, and the
    /// slot withdrawn), [`Error::Closed`](crate::Error::Closed) (the value is dropped all the same).
    ///
    /// # Panics
    /// When the destructor does. The slot is free all the same.
    #[inline]
    pub fn free(&self, object: SharedObject<T>) -> Result<()> {
        let share = self.share()?;
        if !object.is_of(share) {
            drop(object);
            return Ok(());
        }
        let (place, slot, object_share) = object.into_parts();
        self.tally.remove(share, object_share);
        if core::mem::needs_drop::<T>() {
            let on_panic = Give(self, slot);
            // SAFETY: the value was the object's, which is gone.
            unsafe { place.as_ptr().drop_in_place() };
            core::mem::forget(on_panic);
        }
        self.give(slot)
    }

    /// Moves a value out, and keeps its slot at hand.   Cost: as [`alloc`](SharedPoolCache::alloc).
    #[inline]
    pub fn take_out(&self, object: SharedObject<T>) -> T {
        match self.share() {
            Ok(share) if object.is_of(share) => {
                let (place, slot, object_share) = object.into_parts();
                // SAFETY: the value was the object's, which is gone.
                let value = unsafe { place.as_ptr().read() };
                self.tally.remove(share, object_share);
                let _ = self.give(slot);
                value
            }
            _ => object.into_inner(),
        }
    }
}

/// Frees the slot of a value whose destructor panics.
struct Give<'a, T>(&'a SharedPoolCache<T>, u32);

impl<T> Drop for Give<'_, T> {
    fn drop(&mut self) {
        let _ = self.0.give(self.1);
    }
}

impl SharedPoolCache<[u8]> {
    /// Takes a slot. Which one is not promised.   Cost: as [`alloc`](SharedPoolCache::alloc).
    ///
    /// # Errors
    /// As [`alloc`](SharedPoolCache::alloc).
    #[inline]
    pub fn acquire(&self) -> Result<Slot> {
        self.share()?;
        self.take().map(Slot::new)
    }

    /// Gives a slot back, whoever took it.   Cost: as [`alloc`](SharedPoolCache::alloc).
    ///
    /// # Errors
    /// [`Error::Stale`](crate::Error::Stale) (it is free), [`Error::Foreign`](crate::Error::Foreign) (beyond the capacity),
    /// [`Error::Corrupt`](crate::Error::Corrupt) (guarded: written beyond its end; the slot is withdrawn),
    /// [`Error::Busy`](crate::Error::Busy) (see the C header), [`Error::Closed`](crate::Error::Closed).
    #[inline]
    pub fn release(&self, slot: Slot) -> Result<()> {
        self.share()?;
        self.give(slot.number())
    }

    /// Takes `slots.len()` slots, or none.   Cost: O(slots).
    ///
    /// # Errors
    /// As [`acquire`](SharedPoolCache::acquire).
    pub fn acquire_many(&self, slots: &mut [Slot]) -> Result<()> {
        self.share()?;
        let (numbers, count) = (Slot::numbers_mut(slots), slots.len() as u64);
        // SAFETY: a cache is in one thread at a time; there is room for so many.
        check(unsafe { sys::dry_shared_pool_cache_acquire_many(self.raw.get(), numbers, count) })
    }

    /// Gives all of these back, or none if one is wrong or comes twice.   Cost: O(slots).
    ///
    /// # Errors
    /// As [`release`](SharedPoolCache::release).
    pub fn release_many(&self, slots: &[Slot]) -> Result<()> {
        self.share()?;
        let (numbers, count) = (Slot::numbers(slots), slots.len() as u64);
        // SAFETY: a cache is in one thread at a time; there are so many.
        check(unsafe { sys::dry_shared_pool_cache_release_many(self.raw.get(), numbers, count) })
    }

    /// Makes this cache the owner of a taken slot that was passed to it, so that it outlives the process that took it.
    ///
    /// # Errors
    /// [`Error::Stale`](crate::Error::Stale), [`Error::Foreign`](crate::Error::Foreign),
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn adopt(&self, slot: Slot) -> Result<()> {
        self.share()?;
        // SAFETY: a cache is in one thread at a time.
        check(unsafe { sys::dry_shared_pool_adopt(self.raw.get(), slot.number()) })
    }
}

impl<T: ?Sized> SharedPoolCache<T> {
    pub(crate) fn open(share: Share) -> Result<Self> {
        let raw = Raw::closed();
        {
            let _alone = share.home().alone();
            // SAFETY: the pool's handle stays where it is while there is a share, which the cache keeps.
            check_detailed(|detail| unsafe { sys::dry_shared_pool_cache_open(share.raw(), raw.get(), detail) })?;
        }
        Ok(SharedPoolCache { raw, tally: Tally::new(), share: Some(share), values: PhantomData })
    }

    #[inline(always)]
    fn share(&self) -> Result<&Share> {
        self.share.as_ref().ok_or_else(|| ErrorKind::Closed.into())
    }

    #[inline(always)]
    fn take(&self) -> Result<u32> {
        // SAFETY: a cache is in one thread at a time.
        match unsafe { inline::cache_take(self.raw.get()) } {
            Some(slot) => Ok(slot),
            None => self.take_slow(),
        }
    }

    #[cold]
    #[inline(never)]
    fn take_slow(&self) -> Result<u32> {
        let mut slot = 0;
        // SAFETY: a cache is in one thread at a time; the output is a local.
        check(unsafe { sys::dry_shared_pool_cache_acquire(self.raw.get(), &mut slot) })?;
        Ok(slot)
    }

    #[inline(always)]
    fn give(&self, slot: u32) -> Result<()> {
        // SAFETY: a cache is in one thread at a time.
        if unsafe { inline::cache_give(self.raw.get(), slot) } {
            return Ok(());
        }
        self.give_slow(slot)
    }

    #[cold]
    #[inline(never)]
    fn give_slow(&self, slot: u32) -> Result<()> {
        // SAFETY: a cache is in one thread at a time.
        check(unsafe { sys::dry_shared_pool_cache_release(self.raw.get(), slot) })
    }

    /// Gives the cache's free slots to the pool, for the others to take.   Cost: O(128).
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn flush(&self) -> Result<()> {
        self.share()?;
        // SAFETY: a cache is in one thread at a time.
        check(unsafe { sys::dry_shared_pool_flush(self.raw.get()) })
    }

    /// Flushes, and gives the cache up. What was taken through it stays taken. Every later call is
    /// [`Error::Closed`](crate::Error::Closed). Again is fine, and dropping does the same.
    pub fn close(&mut self) {
        if let Some(share) = self.share.take() {
            {
                let _alone = share.home().alone();
                // SAFETY: `&mut self` keeps every other call out. The only error is for NULL.
                unsafe { sys::dry_shared_pool_cache_close(self.raw.get()) };
            }
            self.tally.tell(&share);
        }
    }
}

impl<T: ?Sized> Drop for SharedPoolCache<T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T: ?Sized> fmt::Debug for SharedPoolCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedPoolCache").field("open", &self.share.is_some()).finish()
    }
}
