// SPDX-License-Identifier: MIT OR Apache-2.0
//! Slots of one size, taken and given back in any order.
use crate::error::{check, check_detailed, Detail, Error, Result};
use crate::inline;
use crate::memory::{facts, Raw};
use crate::part::{ascending, Home};
use crate::pool_options::{PoolOptions, PoolStats};
use crate::region::Region;
use crate::shared_bytes;
use crate::slot::Slot;
use crate::version::check_abi;
use core::fmt;
use core::ptr::{self, addr_of, NonNull};
use drystone_sys as sys;

/// Slots of one size, taken and given back in any order, at the same cost every time: in private memory, or as a part of a
/// region, where other languages and later processes find it.
///
/// A slot holds plain bytes; for values with a type and a destructor there is [`ObjectPool`](crate::ObjectPool), for many
/// threads [`SharedPool`](crate::SharedPool). A double free is [`Error::Stale`], a number that the pool does not have
/// [`Error::Foreign`].
///
/// Cost: O(1) without a call into the library in private memory, and no system call. In a region each call takes the region's
/// lock as well, because there may be other handles on the same part. Overhead: 128 bytes, and 5 a slot. A `Pool` is `Send`,
/// not `Sync`: one thread at a time.
///
/// ```
/// use drystone::{Error, Pool, PoolOptions};
///
/// let mut pool = Pool::create(&PoolOptions::new(64, 1_000))?;
/// let slot = pool.acquire()?;
/// pool.bytes_mut(slot)?[..5].copy_from_slice(b"stone");
/// assert_eq!(&pool.bytes(slot)?[..5], b"stone");
/// pool.release(slot)?;
/// assert!(matches!(pool.release(slot), Err(Error::Stale(_))));
/// # Ok::<(), Error>(())
/// ```
///
/// Bytes are not lent beyond the slot's release:
///
/// ```compile_fail,E0502
/// # use drystone::{Pool, PoolOptions};
/// let mut pool = Pool::create(&PoolOptions::new(64, 1_000)).unwrap();
/// let slot = pool.acquire().unwrap();
/// let bytes = pool.bytes(slot).unwrap();
/// pool.release(slot).unwrap();
/// println!("{bytes:?}");
/// ```
///
/// nor beyond the pool:
///
/// ```compile_fail,E0505
/// # use drystone::{Pool, PoolOptions};
/// let mut pool = Pool::create(&PoolOptions::new(64, 1_000)).unwrap();
/// let slot = pool.acquire().unwrap();
/// let bytes = pool.bytes_mut(slot).unwrap();
/// drop(pool);
/// bytes[0] = 1;
/// ```
pub struct Pool {
    raw: Raw<sys::dry_pool>,
    home: Home,
    /// Loaded once, since in a region others could change it.
    object_bytes: usize,
}

// SAFETY: the library does not tie a pool to a thread, and bytes that are lent borrow it. A part's other handles are kept out
// by the region's lock. It is not Sync, so `&Pool` is in one thread.
unsafe impl Send for Pool {}

impl Pool {
    /// Makes a pool in private memory.   Cost: system calls; no object is touched.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] (names the field), [`Error::TooLarge`], [`Error::OutOfMemory`], [`Error::Unsupported`]
    /// (with [`REQUIRED`](crate::MemoryFlags::REQUIRED)).
    pub fn create(options: &PoolOptions) -> Result<Self> {
        check_abi()?;
        let raw = Raw::closed();
        let asked = options.to_raw();
        // SAFETY: options and handle are valid for the call, and the handle is where it stays.
        check_detailed(|detail| unsafe { sys::dry_pool_create(&asked, raw.get(), detail) })?;
        Ok(Self::with(raw, Home::default()))
    }

    /// Makes a pool as a new part of a region that is open for writing.
    ///
    /// # Errors
    /// As [`create`](Pool::create), and [`Error::AlreadyExists`], [`Error::Full`] (no room in the region or its directory),
    /// [`Error::ReadOnly`], [`Error::Stale`] (another writer took the region over), [`Error::Closed`].
    pub fn create_in(region: &Region, part: impl AsRef<str>, options: &PoolOptions) -> Result<Self> {
        let raw = Raw::closed();
        let asked = options.to_raw();
        let home = Home::enter(region, part.as_ref(), |region, name, length, detail| {
            // SAFETY: the region's lock is held, the name is valid for its length, and the handle is where it stays.
            unsafe { sys::dry_pool_create_in(region, name, length, &asked, raw.get(), detail) }
        })?;
        Ok(Self::with(raw, home))
    }

    /// Opens a part. In a region that is open for reading, everything that changes the pool is [`Error::ReadOnly`].
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::TypeMismatch`], [`Error::VersionMismatch`], [`Error::Corrupt`],
    /// [`Error::InvalidArgument`] (name), [`Error::Closed`].
    pub fn open(region: &Region, part: impl AsRef<str>) -> Result<Self> {
        let raw = Raw::closed();
        let home = Home::enter(region, part.as_ref(), |region, name, length, detail| {
            // SAFETY: as in `create_in`.
            unsafe { sys::dry_pool_open(region, name, length, raw.get(), detail) }
        })?;
        Ok(Self::with(raw, home))
    }

    /// Of an open handle.
    fn with(raw: Raw<sys::dry_pool>, home: Home) -> Self {
        // SAFETY: an open pool has a header. The library has checked the stride, so what is not above it is inside a slot.
        let object_bytes = unsafe {
            let size = inline::load32(addr_of!((*(*raw.get()).header).object_bytes));
            u64::from(size).min((*raw.get()).stride_bytes)
        };
        Pool { raw, home, object_bytes: object_bytes as usize }
    }

    /// Takes a slot: the one freed last; with none freed, the next never-used one. It holds what was there before, zeros in
    /// fresh memory.   Cost: O(1), no system call but when it grows.
    ///
    /// # Errors
    /// [`Error::Full`] (counted), [`Error::ReadOnly`], [`Error::Corrupt`] (damaged from outside), [`Error::OutOfMemory`]
    /// (growing), [`Error::Closed`].
    #[inline]
    pub fn acquire(&mut self) -> Result<Slot> {
        // SAFETY: `&mut self`, and the pool's only handle where this does anything: in private memory.
        match unsafe { inline::pool_take(self.raw.get()) } {
            Some(slot) => Ok(Slot::new(slot)),
            None => self.acquire_slow(),
        }
    }

    #[cold]
    #[inline(never)]
    fn acquire_slow(&mut self) -> Result<Slot> {
        let _alone = self.home.alone();
        let mut slot = 0;
        // SAFETY: this thread is alone with the pool; the output is a local.
        check(unsafe { sys::dry_pool_acquire(self.raw.get(), &mut slot) })?;
        Ok(Slot::new(slot))
    }

    /// Takes a slot as [`acquire`](Pool::acquire) does, and lends its bytes at once, in private memory.   Cost: less than
    /// `acquire` and [`bytes_mut`](Pool::bytes_mut).
    ///
    /// ```
    /// # use drystone::{Pool, PoolOptions};
    /// let mut pool = Pool::create(&PoolOptions::new(8, 1_000))?;
    /// let (slot, bytes) = pool.alloc()?;
    /// bytes.copy_from_slice(b"sandrock");
    /// assert_eq!(pool.bytes(slot)?, b"sandrock");
    /// # Ok::<(), drystone::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`acquire`](Pool::acquire), and [`Error::Unsupported`] in a region; no slot is taken then.
    #[inline]
    pub fn alloc(&mut self) -> Result<(Slot, &mut [u8])> {
        // SAFETY: as in `acquire`.
        let (slot, place) = match unsafe { inline::pool_take(self.raw.get()) } {
            // SAFETY: the slot was taken just now, so it is the pool's.
            Some(slot) => (Slot::new(slot), unsafe { inline::pool_object(self.raw.get(), slot) }),
            None => self.alloc_slow()?,
        };
        // SAFETY: as in `bytes_mut`.
        Ok((slot, unsafe { core::slice::from_raw_parts_mut(place.as_ptr(), self.object_bytes) }))
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&mut self) -> Result<(Slot, NonNull<u8>)> {
        self.check_private()?;
        let slot = self.acquire_slow()?;
        Ok((slot, self.at_slow(slot)?))
    }

    /// Gives a slot back.   Cost: O(1), and O(object) guarded or wiped.
    ///
    /// # Errors
    /// [`Error::Stale`] (it is free), [`Error::Foreign`] (beyond the capacity), [`Error::Corrupt`] (guarded: it was written
    /// beyond its end; the slot is withdrawn), [`Error::ReadOnly`], [`Error::Closed`].
    #[inline]
    pub fn release(&mut self, slot: Slot) -> Result<()> {
        // SAFETY: as in `acquire`.
        if unsafe { inline::pool_give(self.raw.get(), slot.number()) } {
            return Ok(());
        }
        self.release_slow(slot)
    }

    #[cold]
    #[inline(never)]
    fn release_slow(&mut self, slot: Slot) -> Result<()> {
        let _alone = self.home.alone();
        // SAFETY: this thread is alone with the pool.
        check(unsafe { sys::dry_pool_release(self.raw.get(), slot.number()) })
    }

    /// Takes `slots.len()` slots, or none.   Cost: O(slots).
    ///
    /// # Errors
    /// As [`acquire`](Pool::acquire); [`Error::Full`] when fewer are free.
    pub fn acquire_many(&mut self, slots: &mut [Slot]) -> Result<()> {
        let _alone = self.home.alone();
        let (numbers, count) = (Slot::numbers_mut(slots), slots.len() as u64);
        // SAFETY: this thread is alone with the pool; there is room for so many.
        check(unsafe { sys::dry_pool_acquire_many(self.raw.get(), numbers, count) })
    }

    /// Takes slots as [`acquire_many`](Pool::acquire_many) does, and lends the bytes of each to `fill`, with its place in
    /// `slots`, in private memory. A panic of `fill` leaves them taken.
    ///
    /// ```
    /// # use drystone::{Pool, PoolOptions, Slot};
    /// let mut pool = Pool::create(&PoolOptions::new(8, 1_000))?;
    /// let mut slots = [Slot::default(); 3];
    /// pool.alloc_many(&mut slots, |index, bytes| bytes.fill(index as u8))?;
    /// assert_eq!(pool.bytes(slots[2])?, [2; 8]);
    /// # Ok::<(), drystone::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`acquire_many`](Pool::acquire_many), and [`Error::Unsupported`] in a region; no slot is taken then.
    #[inline]
    pub fn alloc_many(&mut self, slots: &mut [Slot], mut fill: impl FnMut(usize, &mut [u8])) -> Result<()> {
        self.check_private()?;
        self.acquire_many(slots)?;
        for (index, slot) in slots.iter().enumerate() {
            // SAFETY: the slot was taken just now, so it is the pool's, and its bytes are as in `bytes_mut`.
            fill(index, unsafe {
                let place = inline::pool_object(self.raw.get(), slot.number());
                core::slice::from_raw_parts_mut(place.as_ptr(), self.object_bytes)
            });
        }
        Ok(())
    }

    /// Gives all of these back, or none if one is wrong or comes twice.   Cost: O(slots).
    ///
    /// # Errors
    /// As [`release`](Pool::release).
    pub fn release_many(&mut self, slots: &[Slot]) -> Result<()> {
        let _alone = self.home.alone();
        // SAFETY: this thread is alone with the pool; there are so many.
        check(unsafe { sys::dry_pool_release_many(self.raw.get(), Slot::numbers(slots), slots.len() as u64) })
    }

    /// As [`release`](Pool::release), by the distance from the first slot in bytes.
    ///
    /// # Errors
    /// As [`release`](Pool::release); [`Error::Foreign`] also inside an object.
    pub fn free_at(&mut self, offset: u64) -> Result<()> {
        let _alone = self.home.alone();
        // SAFETY: this thread is alone with the pool.
        check(unsafe { sys::dry_pool_free_at(self.raw.get(), offset) })
    }

    /// The bytes of a taken slot, in private memory.   Cost: O(1).
    ///
    /// # Errors
    /// [`Error::Stale`] (free), [`Error::Foreign`], [`Error::Unsupported`] (in a region, where others may write: use
    /// [`read`](Pool::read)), [`Error::Closed`].
    #[inline]
    pub fn bytes(&self, slot: Slot) -> Result<&[u8]> {
        let place = self.lend(slot)?;
        // SAFETY: the bytes of a taken slot in private memory, which only this handle reaches; whatever changes them or
        // the slot wants `&mut self`. The memory came as zeros and only bytes are ever written to it.
        Ok(unsafe { core::slice::from_raw_parts(place.as_ptr(), self.object_bytes) })
    }

    /// The bytes of a taken slot, in private memory, to change.   Cost: O(1).
    ///
    /// # Errors
    /// As [`bytes`](Pool::bytes).
    #[inline]
    pub fn bytes_mut(&mut self, slot: Slot) -> Result<&mut [u8]> {
        let place = self.lend(slot)?;
        // SAFETY: as in `bytes`.
        Ok(unsafe { core::slice::from_raw_parts_mut(place.as_ptr(), self.object_bytes) })
    }

    #[inline(always)]
    fn lend(&self, slot: Slot) -> Result<NonNull<u8>> {
        // SAFETY: only this thread uses the handle. It answers in private memory alone.
        match unsafe { inline::pool_at(self.raw.get(), slot.number()) } {
            Some(place) => Ok(place),
            None => self.lend_slow(slot),
        }
    }

    #[cold]
    #[inline(never)]
    fn lend_slow(&self, slot: Slot) -> Result<NonNull<u8>> {
        self.check_private()?;
        self.at_slow(slot)
    }

    fn check_private(&self) -> Result<()> {
        if self.home.is_private() {
            return Ok(());
        }
        Err(lends_nothing())
    }

    fn at_slow(&self, slot: Slot) -> Result<NonNull<u8>> {
        let mut memory = ptr::null_mut();
        // SAFETY: the callers are alone with the pool; the output is a local.
        check(unsafe { sys::dry_pool_at(self.raw.get(), slot.number(), &mut memory) })?;
        Ok(NonNull::new(memory.cast()).expect("a slot has an address"))
    }

    /// Copies bytes out of a taken slot, from `at` on, in a region too. While somebody else writes there it may be a
    /// mixture.   Cost: O(bytes).
    ///
    /// # Errors
    /// [`Error::Stale`] (free), [`Error::Foreign`], [`Error::InvalidArgument`] (a range beyond the object),
    /// [`Error::Closed`].
    pub fn read(&self, slot: Slot, at: u64, out: &mut [u8]) -> Result<()> {
        let _alone = self.home.alone();
        let place = self.range(self.at_slow(slot)?, at, out.len())?;
        // SAFETY: that range of the slot is mapped, and whoever writes to it in this process does so atomically, or is
        // kept out by a borrow.
        unsafe { shared_bytes::load(place.as_ptr(), out) };
        Ok(())
    }

    /// Copies bytes into a taken slot, from `at` on, in a region too.   Cost: O(bytes).
    ///
    /// # Errors
    /// As [`read`](Pool::read), and [`Error::ReadOnly`].
    pub fn write(&mut self, slot: Slot, at: u64, bytes: &[u8]) -> Result<()> {
        let _alone = self.home.alone();
        let place = self.range(self.place_to_write(slot)?, at, bytes.len())?;
        // SAFETY: that range of the slot is mapped for writing, and whoever reads it in this process does so atomically,
        // or is kept out by a borrow.
        unsafe { shared_bytes::store(place.as_ptr(), bytes) };
        Ok(())
    }

    /// Fills a taken slot's object with one byte.   Cost: O(object).
    ///
    /// # Errors
    /// As [`write`](Pool::write).
    pub fn fill(&mut self, slot: Slot, byte: u8) -> Result<()> {
        let _alone = self.home.alone();
        let place = self.place_to_write(slot)?;
        // SAFETY: as in `write`.
        unsafe { shared_bytes::fill(place.as_ptr(), self.object_bytes, byte) };
        Ok(())
    }

    /// Lets the library find what is wrong with a write, by one of no bytes.
    fn place_to_write(&self, slot: Slot) -> Result<NonNull<u8>> {
        let nothing = [0_u8; 1];
        // SAFETY: the callers are alone with the pool; no bytes are read from the pointer.
        check(unsafe { sys::dry_pool_write(self.raw.get(), slot.number(), 0, nothing.as_ptr().cast(), 0) })?;
        self.at_slow(slot)
    }

    fn range(&self, place: NonNull<u8>, at: u64, length: usize) -> Result<NonNull<u8>> {
        place_in(place, self.object_bytes, at, length)
    }

    /// The first taken slot at or after `from`.   Cost: O(slots between / 64).
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn next_used(&self, from: u32) -> Result<Option<Slot>> {
        let _alone = self.home.alone();
        let mut slot = 0;
        // SAFETY: this thread is alone with the pool; the output is a local.
        match unsafe { sys::dry_pool_next_used(self.raw.get(), from, &mut slot) } {
            status if status == sys::DRY_NOT_FOUND as i32 => Ok(None),
            status => check(status).map(|()| Some(Slot::new(slot))),
        }
    }

    /// The taken slots, in ascending order. After an error there are no more.
    pub fn used(&self) -> impl Iterator<Item = Result<Slot>> + '_ {
        ascending(|from| Ok(self.next_used(from)?.map(Slot::number))).map(|slot| slot.map(Slot::new))
    }

    /// Frees every slot; afterwards they come in ascending order from 0 again.   Cost: O(slots / 64), guarded or wiped
    /// O(objects in use).
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Closed`].
    pub fn reset(&mut self) -> Result<()> {
        let _alone = self.home.alone();
        // SAFETY: this thread is alone with the pool.
        check(unsafe { sys::dry_pool_reset(self.raw.get()) })
    }

    /// Checks the structure and, guarded, every canary and free object.   Cost: O(capacity).
    ///
    /// # Errors
    /// [`Error::Corrupt`] (the detail names slot and cause), [`Error::OutOfMemory`], [`Error::Closed`].
    pub fn validate(&self) -> Result<()> {
        let _alone = self.home.alone();
        // SAFETY: this thread is alone with the pool.
        check_detailed(|detail| unsafe { sys::dry_pool_validate(self.raw.get(), detail) })
    }

    /// Every slot in use, with the place that took it where that is tracked ([`TRACK`](crate::MemoryFlags::TRACK)).   Cost:
    /// O(slots in use).
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn leaks(&self) -> Result<Vec<Leak>> {
        let _alone = self.home.alone();
        let (mut leaks, mut count) = (Vec::new(), 0);
        let context = ptr::addr_of_mut!(leaks).cast();
        // SAFETY: this thread is alone with the pool; `remember` gets the vector as its context.
        check(unsafe { sys::dry_pool_report_leaks(self.raw.get(), Some(remember), context, &mut count) })?;
        Ok(leaks)
    }

    /// Facts on the pool.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn stats(&self) -> Result<PoolStats> {
        let _alone = self.home.alone();
        // SAFETY: this thread is alone with the pool, and the output is `facts`'s.
        facts(|raw| unsafe { sys::dry_pool_get_stats(self.raw.get(), raw) }).map(PoolStats::from_raw)
    }

    /// Gives the handle up, and private memory with it. Every later call is [`Error::Closed`]. Again is fine, and dropping
    /// does the same.
    pub fn close(&mut self) {
        let _alone = self.home.alone();
        // SAFETY: `&mut self` and the region's lock keep every other call out. The only error is for NULL.
        unsafe { sys::dry_pool_close(self.raw.get()) };
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("stats", &self.stats().ok()).finish()
    }
}

#[cold]
fn lends_nothing() -> Error {
    Error::Unsupported(Detail::from_text("pool: a region lends no bytes, since others may write to them: use read"))
}

/// `at` bytes into an object, for `length` bytes of it.
pub(crate) fn place_in(object: NonNull<u8>, object_bytes: usize, at: u64, length: usize) -> Result<NonNull<u8>> {
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    if at > object_bytes || length > object_bytes - at {
        return Err(Error::invalid(format!(
            "a range of {length} bytes at {at} ends behind an object of {object_bytes}"
        )));
    }
    // SAFETY: inside of the object.
    Ok(unsafe { NonNull::new_unchecked(object.as_ptr().add(at)) })
}

/// One slot that nobody has freed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leak {
    /// Which one.
    pub slot: u64,
    /// How large.
    pub size_bytes: u64,
    /// The address of the call that took it; 0 where it was not tracked.
    pub site: u64,
    /// That place in words, as far as the program's symbols tell.
    pub text: String,
}

/// The library tells of each leak here.
unsafe extern "C" fn remember(context: *mut core::ffi::c_void, leak: *const sys::dry_leak) -> i32 {
    // SAFETY: `leaks` gave its vector as context, and the library a leak.
    let (leaks, leak) = unsafe { (&mut *context.cast::<Vec<Leak>>(), &*leak) };
    let text: Vec<u8> = leak.text.iter().map(|c| *c as u8).take_while(|byte| *byte != 0).collect();
    let text = String::from_utf8_lossy(&text).into_owned();
    leaks.push(Leak { slot: leak.slot, size_bytes: leak.size_bytes, site: leak.site, text });
    0
}
