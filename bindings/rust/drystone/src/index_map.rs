// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which of N numbers are taken.
use crate::error::{check, check_detailed, Result};
use crate::memory::{facts, struct_size, MemoryFlags, Raw};
use crate::part::{ascending, Home};
use crate::region::Region;
use crate::version::check_abi;
use core::fmt;
use drystone_sys as sys;

/// What [`IndexMap`] to create.
#[derive(Clone, Debug)]
#[must_use]
pub struct IndexMapOptions {
    capacity: u64,
    flags: MemoryFlags,
}

impl IndexMapOptions {
    /// Indices from 0 to `capacity` - 1; 1 to 16,777,216 of them.
    pub fn new(capacity: u64) -> Self {
        IndexMapOptions { capacity, flags: MemoryFlags::NONE }
    }

    /// What to ask of private memory; nothing in a region.
    pub fn flags(mut self, flags: MemoryFlags) -> Self {
        self.flags = flags;
        self
    }

    /// How many bytes such a map takes in a region. A part starts on a multiple of 4096.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument), [`Error::TooLarge`](crate::Error::TooLarge).
    pub fn required_bytes(&self) -> Result<u64> {
        let mut bytes = 0;
        // SAFETY: both pointers are valid for the call.
        check(unsafe { sys::dry_index_map_required_bytes(&self.to_raw(), &mut bytes) })?;
        Ok(bytes)
    }

    fn to_raw(&self) -> sys::dry_index_map_options {
        sys::dry_index_map_options {
            struct_size: struct_size::<sys::dry_index_map_options>(),
            flags: self.flags.bits(),
            capacity: self.capacity,
        }
    }
}

/// Facts on an [`IndexMap`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexMapStats {
    /// How many indices there are.
    pub capacity: u64,
    /// How many are taken.
    pub in_use: u64,
    /// Requests that found none.
    pub failures: u64,
    /// All memory of the map.
    pub size_bytes: u64,
    /// What was asked for and is in force.
    pub granted: MemoryFlags,
    /// What was asked for and is not.
    pub refused: MemoryFlags,
}

/// Which of N numbers are taken; the lowest free one in constant time. In private memory, or as a part of a region.
///
/// It is a tree of bits: four levels for 16,777,216 indices, so taking one looks at four words, and freeing one mostly at one.
/// In a region each call takes the region's lock as well. An `IndexMap` is `Send`, not `Sync`: one thread at a time.
///
/// ```
/// use drystone::{IndexMap, IndexMapOptions};
///
/// let mut seats = IndexMap::create(&IndexMapOptions::new(100))?;
/// assert_eq!((seats.acquire()?, seats.acquire()?, seats.acquire()?), (0, 1, 2));
/// seats.release(1)?;
/// assert_eq!(seats.used().collect::<Result<Vec<_>, _>>()?, [0, 2]);
/// assert_eq!(seats.acquire()?, 1);
/// # Ok::<(), drystone::Error>(())
/// ```
///
/// It cannot be changed while its indices are listed:
///
/// ```compile_fail,E0502
/// # use drystone::{IndexMap, IndexMapOptions};
/// let mut seats = IndexMap::create(&IndexMapOptions::new(100)).unwrap();
/// for seat in seats.used() {
///     seats.release(seat.unwrap()).unwrap();
/// }
/// ```
pub struct IndexMap {
    raw: Raw<sys::dry_index_map>,
    home: Home,
}

// SAFETY: the library does not tie a map to a thread. A part's other handles are kept out by the region's lock. It is not
// Sync, so `&IndexMap` is in one thread.
unsafe impl Send for IndexMap {}

impl IndexMap {
    /// Makes a map in private memory.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) (names the field),
    /// [`Error::TooLarge`](crate::Error::TooLarge), [`Error::OutOfMemory`](crate::Error::OutOfMemory),
    /// [`Error::Unsupported`](crate::Error::Unsupported) (with [`REQUIRED`](MemoryFlags::REQUIRED)).
    pub fn create(options: &IndexMapOptions) -> Result<Self> {
        check_abi()?;
        let raw = Raw::closed();
        let asked = options.to_raw();
        // SAFETY: options and handle are valid for the call, and the handle is where it stays.
        check_detailed(|detail| unsafe { sys::dry_index_map_create(&asked, raw.get(), detail) })?;
        Ok(IndexMap { raw, home: Home::default() })
    }

    /// Makes a map as a new part of a region that is open for writing.
    ///
    /// # Errors
    /// As [`create`](IndexMap::create), and [`Error::AlreadyExists`](crate::Error::AlreadyExists),
    /// [`Error::Full`](crate::Error::Full) (no room in the region or its directory),
    /// [`Error::ReadOnly`](crate::Error::ReadOnly), [`Error::Stale`](crate::Error::Stale) (another writer took the region
    /// over), [`Error::Closed`](crate::Error::Closed).
    pub fn create_in(region: &Region, part: impl AsRef<str>, options: &IndexMapOptions) -> Result<Self> {
        let raw = Raw::closed();
        let asked = options.to_raw();
        let home = Home::enter(region, part.as_ref(), |region, name, length, detail| {
            // SAFETY: the region's lock is held, the name is valid for its length, and the handle is where it stays.
            unsafe { sys::dry_index_map_create_in(region, name, length, &asked, raw.get(), detail) }
        })?;
        Ok(IndexMap { raw, home })
    }

    /// Opens a part. In a region that is open for reading, everything that changes the map is
    /// [`Error::ReadOnly`](crate::Error::ReadOnly).
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound), [`Error::TypeMismatch`](crate::Error::TypeMismatch),
    /// [`Error::VersionMismatch`](crate::Error::VersionMismatch), [`Error::Corrupt`](crate::Error::Corrupt),
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) (name), [`Error::Closed`](crate::Error::Closed).
    pub fn open(region: &Region, part: impl AsRef<str>) -> Result<Self> {
        let raw = Raw::closed();
        let home = Home::enter(region, part.as_ref(), |region, name, length, detail| {
            // SAFETY: as in `create_in`.
            unsafe { sys::dry_index_map_open(region, name, length, raw.get(), detail) }
        })?;
        Ok(IndexMap { raw, home })
    }

    /// Takes the lowest free index.   Cost: O(1).
    ///
    /// # Errors
    /// [`Error::Full`](crate::Error::Full) (counted), [`Error::ReadOnly`](crate::Error::ReadOnly),
    /// [`Error::Corrupt`](crate::Error::Corrupt), [`Error::Closed`](crate::Error::Closed).
    #[inline]
    pub fn acquire(&mut self) -> Result<u32> {
        let _alone = self.home.alone();
        let mut index = 0;
        // SAFETY: this thread is alone with the map; the output is a local.
        check(unsafe { sys::dry_index_map_acquire(self.raw.get(), &mut index) })?;
        Ok(index)
    }

    /// Takes that index.   Cost: O(1).
    ///
    /// # Errors
    /// [`Error::AlreadyExists`](crate::Error::AlreadyExists) (taken),
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) (beyond the capacity),
    /// [`Error::ReadOnly`](crate::Error::ReadOnly), [`Error::Closed`](crate::Error::Closed).
    pub fn acquire_at(&mut self, index: u32) -> Result<()> {
        let _alone = self.home.alone();
        // SAFETY: this thread is alone with the map.
        check(unsafe { sys::dry_index_map_acquire_at(self.raw.get(), index) })
    }

    /// Takes the lowest `indices.len()` free ones, ascending, or none.   Cost: O(indices).
    ///
    /// # Errors
    /// As [`acquire`](IndexMap::acquire); [`Error::Full`](crate::Error::Full) when fewer are free.
    pub fn acquire_many(&mut self, indices: &mut [u32]) -> Result<()> {
        let _alone = self.home.alone();
        let (out, count) = (indices.as_mut_ptr(), indices.len() as u64);
        // SAFETY: this thread is alone with the map; there is room for so many.
        check(unsafe { sys::dry_index_map_acquire_many(self.raw.get(), out, count) })
    }

    /// Gives an index back.   Cost: O(1).
    ///
    /// # Errors
    /// [`Error::Stale`](crate::Error::Stale) (free already), [`Error::InvalidArgument`](crate::Error::InvalidArgument)
    /// (beyond the capacity), [`Error::ReadOnly`](crate::Error::ReadOnly), [`Error::Closed`](crate::Error::Closed).
    #[inline]
    pub fn release(&mut self, index: u32) -> Result<()> {
        let _alone = self.home.alone();
        // SAFETY: this thread is alone with the map.
        check(unsafe { sys::dry_index_map_release(self.raw.get(), index) })
    }

    /// Whether an index is taken.   Cost: O(1).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) (beyond the capacity),
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn contains(&self, index: u32) -> Result<bool> {
        let _alone = self.home.alone();
        let mut used = 0;
        // SAFETY: this thread is alone with the map; the output is a local.
        check(unsafe { sys::dry_index_map_contains(self.raw.get(), index, &mut used) })?;
        Ok(used != 0)
    }

    /// The first taken index at or after `from`.   Cost: O(1).
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt), [`Error::Closed`](crate::Error::Closed).
    pub fn next_used(&self, from: u32) -> Result<Option<u32>> {
        // SAFETY: `next` is alone with the map, and gives a valid output.
        self.next(|raw, out| unsafe { sys::dry_index_map_next_used(raw, from, out) })
    }

    /// The first free index at or after `from`.   Cost: O(1).
    ///
    /// # Errors
    /// As [`next_used`](IndexMap::next_used).
    pub fn next_free(&self, from: u32) -> Result<Option<u32>> {
        // SAFETY: as in `next_used`.
        self.next(|raw, out| unsafe { sys::dry_index_map_next_free(raw, from, out) })
    }

    fn next(&self, call: impl FnOnce(*mut sys::dry_index_map, *mut u32) -> sys::dry_status) -> Result<Option<u32>> {
        let _alone = self.home.alone();
        let mut index = 0;
        match call(self.raw.get(), &mut index) {
            status if status == sys::DRY_NOT_FOUND as i32 => Ok(None),
            status => check(status).map(|()| Some(index)),
        }
    }

    /// Writes taken indices from `from` on into `out`, ascending, and says how many; fewer than there is room for means
    /// that these were the last.   Cost: O(indices).
    ///
    /// # Errors
    /// As [`next_used`](IndexMap::next_used).
    pub fn list(&self, from: u32, out: &mut [u32]) -> Result<usize> {
        let _alone = self.home.alone();
        let mut count = 0;
        let (indices, room) = (out.as_mut_ptr(), out.len() as u64);
        // SAFETY: this thread is alone with the map; there is room for so many.
        check(unsafe { sys::dry_index_map_list(self.raw.get(), from, indices, room, &mut count) })?;
        Ok(count as usize)
    }

    /// The taken indices, ascending. After an error there are no more.
    pub fn used(&self) -> impl Iterator<Item = Result<u32>> + '_ {
        ascending(|from| self.next_used(from))
    }

    /// Gives every index back.   Cost: O(capacity / 64).
    ///
    /// # Errors
    /// [`Error::ReadOnly`](crate::Error::ReadOnly), [`Error::Closed`](crate::Error::Closed).
    pub fn reset(&mut self) -> Result<()> {
        let _alone = self.home.alone();
        // SAFETY: this thread is alone with the map.
        check(unsafe { sys::dry_index_map_reset(self.raw.get()) })
    }

    /// Makes all but the leaves of the tree anew from the leaves.   Cost: O(capacity / 64).
    ///
    /// # Errors
    /// [`Error::ReadOnly`](crate::Error::ReadOnly), [`Error::Closed`](crate::Error::Closed).
    pub fn repair(&mut self) -> Result<()> {
        let _alone = self.home.alone();
        // SAFETY: this thread is alone with the map.
        check(unsafe { sys::dry_index_map_repair(self.raw.get()) })
    }

    /// Checks that the tree agrees with its leaves.   Cost: O(capacity / 64).
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) (the detail names the place), [`Error::Closed`](crate::Error::Closed).
    pub fn validate(&self) -> Result<()> {
        let _alone = self.home.alone();
        // SAFETY: this thread is alone with the map.
        check_detailed(|detail| unsafe { sys::dry_index_map_validate(self.raw.get(), detail) })
    }

    /// Facts on the map.
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn stats(&self) -> Result<IndexMapStats> {
        let _alone = self.home.alone();
        // SAFETY: this thread is alone with the map, and the output is `facts`'s.
        let raw = facts(|raw| unsafe { sys::dry_index_map_get_stats(self.raw.get(), raw) })?;
        Ok(IndexMapStats {
            capacity: raw.capacity,
            in_use: raw.in_use,
            failures: raw.failures,
            size_bytes: raw.size_bytes,
            granted: MemoryFlags::from_raw(raw.granted),
            refused: MemoryFlags::from_raw(raw.refused),
        })
    }

    /// Gives the handle up, and private memory with it. Every later call is [`Error::Closed`](crate::Error::Closed). Again
    /// is fine, and dropping does the same.
    pub fn close(&mut self) {
        let _alone = self.home.alone();
        // SAFETY: `&mut self` and the region's lock keep every other call out. The only error is for NULL.
        unsafe { sys::dry_index_map_close(self.raw.get()) };
    }
}

impl Drop for IndexMap {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for IndexMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexMap").field("stats", &self.stats().ok()).finish()
    }
}
