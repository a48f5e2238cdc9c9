// SPDX-License-Identifier: MIT OR Apache-2.0
//! The C handle of a shared pool, and who keeps it open.
use crate::memory::Raw;
use crate::part::Home;
use core::ptr::NonNull;
use core::sync::atomic::{fence, AtomicI64, Ordering};
use drystone_sys as sys;

/// What one handle counts for: a pool's or a cache's. An object counts for 1, and of objects there are at most 2^29 (each
/// cache may be behind by [`UNTOLD`] on top, and there are at most 4096), so the sum is never 0 while there is a handle.
const HANDLE: i64 = 1 << 40;
/// Handles that nobody can need. `mem::forget` could make more, so that the sum overflows: that ends the process.
const SUM_MAX: i64 = 1 << 62;
/// How many objects a cache counts by itself before it tells.
const UNTOLD: i64 = 1 << 20;

/// The C handle of a shared pool. Handles and objects all keep it open, in any order of going.
pub(crate) struct Core {
    raw: Raw<sys::dry_shared_pool>,
    home: Home,
    sum: AtomicI64,
}

/// A counted reference to a [`Core`]: a handle's share of it.
pub(crate) struct Share(NonNull<Core>);

// SAFETY: the library lets any thread use a shared pool's handle; all of its calls that want to be alone are made by whoever
// has the last share, or checks that it has the only one.
unsafe impl Send for Share {}
// SAFETY: as above.
unsafe impl Sync for Share {}

impl Share {
    /// The first one.
    pub(crate) fn new(raw: Raw<sys::dry_shared_pool>, home: Home) -> Self {
        let core = Box::new(Core { raw, home, sum: AtomicI64::new(HANDLE) });
        Share(NonNull::from(Box::leak(core)))
    }

    #[inline(always)]
    fn core(&self) -> &Core {
        // SAFETY: it is there while somebody has a share.
        unsafe { self.0.as_ref() }
    }

    #[inline(always)]
    pub(crate) fn raw(&self) -> *mut sys::dry_shared_pool {
        self.core().raw.get()
    }

    pub(crate) fn home(&self) -> &Home {
        &self.core().home
    }

    /// Whether there is neither another handle nor an object. Then only this one could make more.
    pub(crate) fn is_only(&self) -> bool {
        // Acquire: pairs with the release in `leave`, so that what the others did is done.
        self.core().sum.load(Ordering::Acquire) == HANDLE
    }

    #[inline(always)]
    pub(crate) fn is_of(&self, object: &ObjectShare) -> bool {
        self.0 == object.0
    }

    /// One more object, which lives as long as it likes.
    pub(crate) fn add_object(&self) -> ObjectShare {
        // Relaxed: whoever has a share can make more without looking at anything.
        self.core().sum.fetch_add(1, Ordering::Relaxed);
        ObjectShare(self.0)
    }

    /// Gives up this share, and adds what a cache has not told yet.
    fn leave(core: NonNull<Core>, change: i64) {
        // SAFETY: the caller has a share, so it is there; after the subtraction it may not be.
        let before = unsafe { core.as_ref() }.sum.fetch_add(change, Ordering::Release);
        if before + change == 0 {
            // Pairs with the release above: everybody else has left, and what they did is done.
            fence(Ordering::Acquire);
            // SAFETY: it came from a box, and nobody else has it any more.
            drop(unsafe { Box::from_raw(core.as_ptr()) });
        }
    }
}

impl Clone for Share {
    fn clone(&self) -> Self {
        let before = self.core().sum.fetch_add(HANDLE, Ordering::Relaxed);
        if before > SUM_MAX {
            std::process::abort();
        }
        Share(self.0)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        Self::leave(self.0, -HANDLE);
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        let _alone = self.home.alone();
        // SAFETY: nobody else has the handle, so all caches are closed. The only errors are for NULL and for open caches.
        unsafe { sys::dry_shared_pool_close(self.raw.get()) };
    }
}

/// An object's share, which is as good as a handle's for giving the object back.
pub(crate) struct ObjectShare(NonNull<Core>);

// SAFETY: as for `Share`.
unsafe impl Send for ObjectShare {}
// SAFETY: as for `Share`.
unsafe impl Sync for ObjectShare {}

impl ObjectShare {
    /// Frees the object's slot without a cache, and leaves.
    pub(crate) fn give(self, slot: u32) {
        // SAFETY: this share keeps the handle open.
        let pool = unsafe { self.0.as_ref() }.raw.get();
        // Busy means that many threads do this at once, and one of them will be done.
        // SAFETY: any thread may do this with an open handle.
        while unsafe { sys::dry_shared_pool_release(pool, slot) } == sys::DRY_BUSY as i32 {
            std::thread::yield_now();
        }
        Share::leave(self.0, -1);
    }
}

/// How many objects a cache has taken and not freed; it tells the core now and then, and at its end.
pub(crate) struct Tally(core::cell::Cell<i64>);

impl Tally {
    pub(crate) const fn new() -> Self {
        Tally(core::cell::Cell::new(0))
    }

    #[inline(always)]
    pub(crate) fn add(&self, share: &Share) -> ObjectShare {
        let count = self.0.get() + 1;
        self.0.set(count);
        if count >= UNTOLD {
            self.tell(share);
        }
        ObjectShare(share.0)
    }

    /// The object's slot is freed by the caller.
    #[inline(always)]
    pub(crate) fn remove(&self, share: &Share, object: ObjectShare) {
        let ObjectShare(_) = object; // counted here instead of in `leave`
        let count = self.0.get() - 1;
        self.0.set(count);
        if count <= -UNTOLD {
            self.tell(share);
        }
    }

    /// To be called before the cache's share is given up.
    #[cold]
    #[inline(never)]
    pub(crate) fn tell(&self, share: &Share) {
        // The cache has a share, so this does not reach 0. Release: pairs with the acquire of whoever gets there.
        share.core().sum.fetch_add(self.0.replace(0), Ordering::Release);
    }
}
