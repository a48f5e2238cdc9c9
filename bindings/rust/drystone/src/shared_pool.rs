// SPDX-License-Identifier: MIT OR Apache-2.0
//! Slots of one size for any thread and, in shared memory, any process.
#[cfg(doc)]
use crate::error::Error;
use crate::error::{check, check_detailed, ErrorKind, Result};
use crate::memory::{align_for, facts, object_bytes, Raw};
use crate::part::Home;
use crate::pool::place_in;
use crate::region::Region;
use crate::shared_bytes;
use crate::shared_object::SharedObject;
use crate::shared_pool_cache::SharedPoolCache;
use crate::shared_pool_core::Share;
use crate::shared_pool_options::{SharedPoolOptions, SharedPoolStats};
use crate::slot::Slot;
use crate::version::check_abi;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use drystone_sys as sys;

/// Slots of one size for any thread and, in shared memory, any process: without a lock.
///
/// - `SharedPool<T>` holds values in private memory. Each is owned by a [`SharedObject<T>`], which may be made in one thread
///   and dropped in another.
/// - `SharedPool<[u8]>` holds slots of bytes, whose size is given at creation, in private memory or in a region, where other
///   processes and languages take, fill and free them.
///
/// Whoever takes and frees many does it through a [`cache`](SharedPool::cache) of his thread: most calls touch the cache
/// alone, one in 64 the pool. A cache keeps up to 128 free slots from the others; so with n caches open, a call can be
/// [`Error::Full`] while up to 128 x (n - 1) slots are free. Calls without a cache keep nothing back, and cost two to four
/// compare-and-swaps.
///
/// Handles are `Send`, `Sync` and `Clone`: the library lets any thread use them. The memory goes when the last handle, cache
/// and object is gone, in whatever order.
///
/// ```
/// use drystone::{SharedPool, SharedPoolOptions};
///
/// let pool = SharedPool::create(&SharedPoolOptions::new(1_000))?;
/// let cache = pool.cache()?;
/// let task = cache.alloc(String::from("stone"))?;
/// let other = pool.clone();
/// std::thread::spawn(move || {
///     let cache = other.cache().unwrap();
///     assert_eq!(*task, "stone");
///     cache.free(task).unwrap();
/// })
/// .join()
/// .unwrap();
/// # Ok::<(), drystone::Error>(())
/// ```
///
/// What is not `Send` stays in its thread:
///
/// ```compile_fail,E0277
/// # use drystone::{SharedPool, SharedPoolOptions};
/// # use std::rc::Rc;
/// let pool = SharedPool::create(&SharedPoolOptions::new(10)).unwrap();
/// let object = pool.alloc(Rc::new(7)).unwrap();
/// std::thread::spawn(move || drop(object));
/// ```
///
/// and an object that is freed is gone:
///
/// ```compile_fail,E0382
/// # use drystone::{SharedPool, SharedPoolOptions};
/// let pool = SharedPool::create(&SharedPoolOptions::new(10)).unwrap();
/// let cache = pool.cache().unwrap();
/// let object = cache.alloc(7).unwrap();
/// cache.free(object).unwrap();
/// println!("{}", *object);
/// ```
pub struct SharedPool<T: ?Sized> {
    share: Option<Share>,
    // The pool itself reaches no value: they come and go through their objects.
    values: PhantomData<fn(*const T) -> *const T>,
}

impl<T> SharedPool<T> {
    /// Makes a pool for values in private memory.   Cost: system calls; no slot is touched.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] (names the field; also for a type that is aligned to more than 4096), [`Error::TooLarge`],
    /// [`Error::OutOfMemory`], [`Error::Unsupported`] (with [`REQUIRED`](crate::MemoryFlags::REQUIRED)).
    pub fn create(options: &SharedPoolOptions) -> Result<Self> {
        Self::create_private(options, object_bytes::<T>(), align_for::<T>(options.asked_align_bytes()))
    }

    /// Moves a value into the pool, straight from its depot.   Cost: two to four compare-and-swaps. When there is no slot,
    /// the value is dropped.
    ///
    /// # Errors
    /// [`Error::Full`] (counted), [`Error::Closed`].
    pub fn alloc(&self, value: T) -> Result<SharedObject<T>> {
        let share = self.share()?;
        let slot = take(share)?;
        let place = place_of(share, slot)?.cast::<T>();
        // SAFETY: a slot of the size and alignment of a T, which nobody else has.
        unsafe { place.as_ptr().write(value) };
        Ok(SharedObject::new(place, slot, share.add_object()))
    }
}

impl SharedPool<[u8]> {
    /// Makes a pool of slots of `object_bytes` bytes (1 to 2^30) in private memory.
    ///
    /// # Errors
    /// As [`create`](SharedPool::create).
    pub fn create_bytes(object_bytes: u64, options: &SharedPoolOptions) -> Result<Self> {
        Self::create_private(options, object_bytes, options.asked_align_bytes())
    }

    /// Makes a pool as a new part of a region that is open for writing.
    ///
    /// # Errors
    /// As [`create`](SharedPool::create), and [`Error::AlreadyExists`], [`Error::Full`] (no room in the region or its
    /// directory), [`Error::ReadOnly`], [`Error::Stale`] (another writer took the region over), [`Error::Closed`].
    pub fn create_in(
        region: &Region,
        part: impl AsRef<str>,
        object_bytes: u64,
        options: &SharedPoolOptions,
    ) -> Result<Self> {
        let raw = Raw::closed();
        let asked = options.to_raw(object_bytes, options.asked_align_bytes());
        let home = Home::enter(region, part.as_ref(), |region, name, length, detail| {
            // SAFETY: the region's lock is held, the name is valid for its length, and the handle is where it stays.
            unsafe { sys::dry_shared_pool_create_in(region, name, length, &asked, raw.get(), detail) }
        })?;
        Ok(Self::with(Share::new(raw, home)))
    }

    /// Opens a part, in a region that is open for writing or, beside its writer, with [`Mode::Share`](crate::Mode::Share). In
    /// one that is open for reading, everything that changes the pool is [`Error::ReadOnly`].
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::TypeMismatch`], [`Error::VersionMismatch`], [`Error::Corrupt`],
    /// [`Error::InvalidArgument`] (name), [`Error::Closed`].
    pub fn open(region: &Region, part: impl AsRef<str>) -> Result<Self> {
        let raw = Raw::closed();
        let home = Home::enter(region, part.as_ref(), |region, name, length, detail| {
            // SAFETY: as in `create_in`.
            unsafe { sys::dry_shared_pool_open(region, name, length, raw.get(), detail) }
        })?;
        Ok(Self::with(Share::new(raw, home)))
    }

    /// Takes a slot, straight from the depot.   Cost: two to four compare-and-swaps.
    ///
    /// # Errors
    /// [`Error::Full`] (counted), [`Error::ReadOnly`], [`Error::Corrupt`], [`Error::Closed`].
    pub fn acquire(&self) -> Result<Slot> {
        take(self.share()?).map(Slot::new)
    }

    /// Gives a slot back, whoever took it.   Cost: as [`acquire`](SharedPool::acquire).
    ///
    /// # Errors
    /// [`Error::Stale`] (it is free), [`Error::Foreign`] (beyond the capacity), [`Error::Corrupt`] (guarded: written beyond
    /// its end; the slot is withdrawn), [`Error::Busy`] (too many calls without a cache at once), [`Error::ReadOnly`],
    /// [`Error::Closed`].
    pub fn release(&self, slot: Slot) -> Result<()> {
        // SAFETY: any thread may do this with an open handle.
        check(unsafe { sys::dry_shared_pool_release(self.share()?.raw(), slot.number()) })
    }

    /// As [`release`](SharedPool::release), by the distance from the first slot in bytes.
    ///
    /// # Errors
    /// As [`release`](SharedPool::release); [`Error::Foreign`] also inside an object.
    pub fn free_at(&self, offset: u64) -> Result<()> {
        // SAFETY: any thread may do this with an open handle.
        check(unsafe { sys::dry_shared_pool_release_at(self.share()?.raw(), offset) })
    }

    /// Where a taken slot's bytes lie in this process: for unsafe code that keeps to an agreement with everybody else who
    /// has the slot's number. Valid while this handle or a clone is open.
    ///
    /// # Errors
    /// [`Error::Stale`] (free), [`Error::Foreign`], [`Error::Closed`].
    pub fn address(&self, slot: Slot) -> Result<NonNull<[u8]>> {
        let share = self.share()?;
        let place = place_of(share, slot.number())?;
        Ok(NonNull::slice_from_raw_parts(place, bytes_of(share)))
    }

    /// Copies bytes out of a taken slot, from `at` on. While somebody else writes there it is a mixture: whoever passes a
    /// slot's number on orders that, by a channel or another process's pipe.   Cost: O(bytes).
    ///
    /// # Errors
    /// [`Error::Stale`] (free), [`Error::Foreign`], [`Error::InvalidArgument`] (a range beyond the object),
    /// [`Error::Closed`].
    pub fn read(&self, slot: Slot, at: u64, out: &mut [u8]) -> Result<()> {
        let share = self.share()?;
        let place = place_in(place_of(share, slot.number())?, bytes_of(share), at, out.len())?;
        // SAFETY: that range is mapped, and whoever writes to it in this process does so atomically.
        unsafe { shared_bytes::load(place.as_ptr(), out) };
        Ok(())
    }

    /// Copies bytes into a taken slot, from `at` on.   Cost: O(bytes).
    ///
    /// # Errors
    /// As [`read`](SharedPool::read), and [`Error::ReadOnly`].
    pub fn write(&self, slot: Slot, at: u64, bytes: &[u8]) -> Result<()> {
        let share = self.share()?;
        let place = place_in(place_to_write(share, slot)?, bytes_of(share), at, bytes.len())?;
        // SAFETY: that range is mapped for writing, and whoever else touches it in this process does so atomically.
        unsafe { shared_bytes::store(place.as_ptr(), bytes) };
        Ok(())
    }

    /// Fills a taken slot's object with one byte.   Cost: O(object).
    ///
    /// # Errors
    /// As [`write`](SharedPool::write).
    pub fn fill(&self, slot: Slot, byte: u8) -> Result<()> {
        let share = self.share()?;
        let place = place_to_write(share, slot)?;
        // SAFETY: as in `write`.
        unsafe { shared_bytes::fill(place.as_ptr(), bytes_of(share), byte) };
        Ok(())
    }

    /// Finds the caches of dead processes, returns what they held, and says how many slots that brought back. Others may be
    /// at work.   Threads: any.   Cost: O(caches), and O(capacity) for each dead one.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Io`], [`Error::Closed`].
    pub fn reclaim(&self) -> Result<u64> {
        let share = self.share()?;
        let mut slots = 0;
        // SAFETY: any thread may do this with an open handle; the output is a local.
        check_detailed(|detail| unsafe { sys::dry_shared_pool_reclaim(share.raw(), &mut slots, detail) })?;
        Ok(slots)
    }

    /// Makes the depot anew from what is taken, and closes dead processes' caches. In other processes nobody may be at work.
    ///
    /// # Errors
    /// [`Error::Busy`] (there is another handle, a cache, or a living process's cache), [`Error::ReadOnly`],
    /// [`Error::Closed`].
    pub fn repair(&mut self) -> Result<()> {
        let share = self.alone()?;
        let _alone = share.home().alone();
        // SAFETY: this is the only handle, and it is borrowed mutably.
        check_detailed(|detail| unsafe { sys::dry_shared_pool_repair(share.raw(), detail) })
    }
}

impl<T: ?Sized> SharedPool<T> {
    fn create_private(options: &SharedPoolOptions, object_bytes: u64, align_bytes: u64) -> Result<Self> {
        check_abi()?;
        let raw = Raw::closed();
        let asked = options.to_raw(object_bytes, align_bytes);
        // SAFETY: options and handle are valid for the call, and the handle is where it stays.
        check_detailed(|detail| unsafe { sys::dry_shared_pool_create(&asked, raw.get(), detail) })?;
        Ok(Self::with(Share::new(raw, Home::default())))
    }

    fn with(share: Share) -> Self {
        SharedPool { share: Some(share), values: PhantomData }
    }

    #[inline]
    fn share(&self) -> Result<&Share> {
        self.share.as_ref().ok_or_else(|| ErrorKind::Closed.into())
    }

    /// The share, if there are no others.
    fn alone(&mut self) -> Result<&Share> {
        let share = self.share()?;
        if share.is_only() {
            return Ok(share);
        }
        // A closed region says so, whoever has handles.
        self.stats()?;
        Err(ErrorKind::Busy.into())
    }

    /// Opens a cache, for one thread at a time.   Cost: O(caches), and system calls in a region with a descriptor.
    ///
    /// # Errors
    /// [`Error::Full`] (as many as there can be are open), [`Error::ReadOnly`], [`Error::Io`], [`Error::Closed`].
    pub fn cache(&self) -> Result<SharedPoolCache<T>> {
        SharedPoolCache::open(self.share()?.clone())
    }

    /// Frees every slot. In other processes nobody may be at work.
    ///
    /// # Errors
    /// [`Error::Busy`] (there is another handle, a cache, or an object), [`Error::ReadOnly`], [`Error::Closed`].
    pub fn reset(&mut self) -> Result<()> {
        let share = self.alone()?;
        let _alone = share.home().alone();
        // SAFETY: this is the only handle, it is borrowed mutably, and there are no objects.
        check(unsafe { sys::dry_shared_pool_reset(share.raw()) })
    }

    /// Checks the structure; exact while nobody works.   Threads: any.   Cost: O(capacity).
    ///
    /// # Errors
    /// [`Error::Corrupt`] (the detail names place and cause), [`Error::OutOfMemory`], [`Error::Closed`].
    pub fn validate(&self) -> Result<()> {
        let share = self.share()?;
        // SAFETY: any thread may do this with an open handle.
        check_detailed(|detail| unsafe { sys::dry_shared_pool_validate(share.raw(), detail) })
    }

    /// Facts on the pool.   Threads: any.   Cost: O(capacity).
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn stats(&self) -> Result<SharedPoolStats> {
        let share = self.share()?;
        // SAFETY: any thread may do this with an open handle; the output is `facts`'s.
        facts(|raw| unsafe { sys::dry_shared_pool_get_stats(share.raw(), raw) }).map(SharedPoolStats::from_raw)
    }

    /// Gives this handle up. Every later call with it is [`Error::Closed`]; clones, caches and objects go on. Again is fine,
    /// and dropping does the same.
    pub fn close(&mut self) {
        self.share = None;
    }
}

impl<T: ?Sized> Clone for SharedPool<T> {
    /// One more handle on the same pool.
    fn clone(&self) -> Self {
        SharedPool { share: self.share.clone(), values: PhantomData }
    }
}

impl<T: ?Sized> fmt::Debug for SharedPool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedPool").field("stats", &self.stats().ok()).finish()
    }
}

fn take(share: &Share) -> Result<u32> {
    let mut slot = 0;
    // SAFETY: any thread may do this with an open handle; the output is a local.
    check(unsafe { sys::dry_shared_pool_acquire(share.raw(), &mut slot) })?;
    Ok(slot)
}

fn place_of(share: &Share, slot: u32) -> Result<NonNull<u8>> {
    let mut memory = ptr::null_mut();
    // SAFETY: any thread may do this with an open handle; the output is a local.
    check(unsafe { sys::dry_shared_pool_at(share.raw(), slot, &mut memory) })?;
    Ok(NonNull::new(memory.cast()).expect("a slot has an address"))
}

/// Lets the library find what is wrong with a write, by one of no bytes.
fn place_to_write(share: &Share, slot: Slot) -> Result<NonNull<u8>> {
    let nothing = [0_u8; 1];
    // SAFETY: any thread may do this with an open handle; no bytes are read from the pointer.
    check(unsafe { sys::dry_shared_pool_write(share.raw(), slot.number(), 0, nothing.as_ptr().cast(), 0) })?;
    place_of(share, slot.number())
}

/// Size of an object, from the handle, where it was checked.
fn bytes_of(share: &Share) -> usize {
    // SAFETY: the field never changes while the handle is open.
    unsafe { (*share.raw()).object_bytes as usize }
}
