// SPDX-License-Identifier: MIT OR Apache-2.0
//! A region: contiguous memory that holds named parts.
use crate::backing::{c_path, Backing, Mode, RawBacking};
use crate::error::{check, check_detailed, Error, ErrorKind, Result};
use crate::region_options::{OpenOptions, RegionOptions};
use crate::version::check_abi;
use core::cell::UnsafeCell;
use core::fmt;
use drystone_sys as sys;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Contiguous, position-independent memory that holds named parts: private, in a file, or shared between processes.
///
/// One process at a time has it open for writing, any number for reading. Readers map it read-only, take no lock and
/// leave no trace; the kernel frees the writer's lock the moment the process dies.
///
/// # Closing
///
/// [`close`](Region::close) gives the writer's lock up at once, and every [`Kv`](crate::Kv) and
/// [`KvReader`](crate::KvReader) opened from the region answers [`Error::Closed`] from then on. Just dropping the
/// `Region` does less: the parts opened from it keep it open, lock and all, until the last one is dropped as well. In
/// neither case is memory unmapped that a live handle can still reach.
///
/// # What others can do to it
///
/// The bytes can be changed by other processes at any time, and nobody can keep a hostile one from writing nonsense.
/// That is why no safe call lends a `&[u8]` into the region: values are copied out in atomic words, every stored offset and
/// length is loaded once and checked before use, and what contradicts the format is [`Error::Corrupt`]. One thing is out of
/// reach: a file that is truncated while it is mapped ends the process with `SIGBUS` at the next read behind its end.
pub struct Region {
    shared: Arc<Shared>,
}

/// The C handle, kept alive by the region and by every part opened from it.
pub(crate) struct Shared {
    handle: UnsafeCell<sys::dry_region>,
    /// The library lets one thread at a time open, close, save and write in a region handle, and handles can be in
    /// different threads here. Reads never take this lock.
    gate: Mutex<()>,
}

// SAFETY: the library does not tie a handle to a thread. Calls that it allows to one thread at a time run under `gate`
// or through `&mut Region`; all others it allows to any number of threads.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    fn new() -> Arc<Self> {
        let closed = sys::dry_region { mapping: core::ptr::null_mut(), reserved: [0; 3] };
        Arc::new(Shared { handle: UnsafeCell::new(closed), gate: Mutex::new(()) })
    }

    /// Only to be given to calls that any number of threads may make, or while `enter`'s guard lives.
    pub(crate) fn handle(&self) -> *mut sys::dry_region {
        self.handle.get()
    }

    /// Keeps every other thread out of the calls that want to be alone.
    pub(crate) fn enter(&self) -> MutexGuard<'_, ()> {
        // The lock guards no Rust data, so a panic under it leaves nothing half done.
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: nobody else has the handle any more; closing twice is fine. The only error is for NULL.
        unsafe { sys::dry_region_close(self.handle.get()) };
    }
}

impl Region {
    /// Makes a region, open for writing. Its space is really allocated, so a full disk is an error here and never later.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`], [`Error::AlreadyExists`], [`Error::OutOfMemory`] (also a full disk), [`Error::Io`].
    pub fn create(options: &RegionOptions<'_>) -> Result<Self> {
        let backing = RawBacking::new(options.backing)?;
        let raw = options.to_raw(&backing);
        // SAFETY: options and name outlive the call, and the handle is where it stays.
        Self::make(|handle, detail| unsafe { sys::dry_region_create(&raw, handle, detail) })
    }

    /// Opens a region that exists.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Busy`] (another writer), [`Error::Corrupt`] (no region, truncated, damaged),
    /// [`Error::VersionMismatch`], [`Error::InvalidArgument`], [`Error::Io`], [`Error::TimedOut`] (its creator has not
    /// finished within 100 ms).
    pub fn open(backing: Backing<'_>, mode: Mode) -> Result<Self> {
        Self::open_with(&OpenOptions::new(backing, mode))
    }

    /// [`open`](Region::open) with more to say.
    ///
    /// # Errors
    /// As [`open`](Region::open).
    pub fn open_with(options: &OpenOptions<'_>) -> Result<Self> {
        if matches!(options.backing, Backing::Memfd) {
            return Err(Error::invalid("a new memfd has nothing in it to open: give its descriptor"));
        }
        let backing = RawBacking::new(options.backing)?;
        let raw = options.to_raw(&backing);
        // SAFETY: as in `create`.
        Self::make(|handle, detail| unsafe { sys::dry_region_open(&raw, handle, detail) })
    }

    /// Reads an image that [`save`](Region::save) wrote, checks all of it, and makes a new region of it, open for
    /// writing. Size and number of parts come from the image.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when any byte differs from what was saved, and those of [`create`](Region::create) and
    /// [`open`](Region::open).
    pub fn load(image: impl AsRef<Path>, into: Backing<'_>) -> Result<Self> {
        let image = c_path(image.as_ref())?;
        let backing = RawBacking::new(into)?;
        let raw = RegionOptions::new(into, 0).to_raw(&backing);
        // SAFETY: as in `create`; the path is terminated.
        Self::make(|handle, detail| unsafe { sys::dry_region_load(image.as_ptr(), &raw, handle, detail) })
    }

    fn make(call: impl FnOnce(*mut sys::dry_region, *mut sys::dry_detail) -> sys::dry_status) -> Result<Self> {
        check_abi()?;
        let shared = Shared::new();
        check_detailed(|detail| call(shared.handle(), detail))?;
        Ok(Region { shared })
    }

    /// Closes the region and everything opened from it; see [the type](Region#closing). Again is fine.
    pub fn close(&mut self) {
        let _alone = self.shared.enter();
        // SAFETY: the gate is held, so no other thread opens, closes or writes. The only error is for NULL.
        unsafe { sys::dry_region_close(self.shared.handle()) };
    }

    /// Removes the name of a file or shared-memory region. Whoever has it open keeps it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::InvalidArgument`] (also for a backing that has no name), [`Error::Io`].
    pub fn unlink(backing: Backing<'_>) -> Result<()> {
        let backing = RawBacking::new(backing)?;
        // SAFETY: the name is terminated and outlives the call, or is NULL, which the library refuses.
        check_detailed(|detail| unsafe { sys::dry_region_unlink(backing.kind, backing.name(), detail) })
    }

    /// Writes one image of the whole region to `path`, sealed with a checksum. `path` holds the old file or the whole
    /// new one at every moment. Writes in other threads wait meanwhile.
    ///
    /// # Errors
    /// [`Error::Busy`] (a region opened for reading while a writer is attached), [`Error::OutOfMemory`] (disk full),
    /// [`Error::Io`], [`Error::Closed`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = c_path(path.as_ref())?;
        let _alone = self.shared.enter();
        // SAFETY: the gate is held, so that no write happens at the same time; the path is terminated.
        check_detailed(|detail| unsafe { sys::dry_region_save(self.shared.handle(), path.as_ptr(), detail) })
    }

    /// Checks header, directory and the contents of every part. A writer may be at work meanwhile. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Corrupt`], whose detail names part, place and cause; [`Error::Closed`].
    pub fn verify(&self) -> Result<()> {
        // SAFETY: any number of threads may verify, and closing needs `&mut self`.
        check_detailed(|detail| unsafe { sys::dry_region_verify(self.shared.handle(), detail) })
    }

    /// Facts on the region.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn stats(&self) -> Result<RegionStats> {
        // SAFETY: all-zero is a value of this plain struct.
        let mut raw: sys::dry_region_stats = unsafe { core::mem::zeroed() };
        // SAFETY: as in `verify`.
        check(unsafe { sys::dry_region_get_stats(self.shared.handle(), &mut raw) })?;
        Ok(RegionStats {
            size_bytes: raw.size_bytes,
            used_bytes: raw.used_bytes,
            epoch: raw.epoch,
            creation_id: raw.creation_id,
            mode: Mode::from_number(raw.mode),
            part_count: raw.part_count,
            part_capacity: raw.part_capacity,
            huge_pages: raw.huge_pages != 0,
            sealed: raw.sealed != 0,
        })
    }

    /// The parts, the oldest first.
    ///
    /// # Errors
    /// [`Error::Closed`], [`Error::Corrupt`].
    pub fn parts(&self) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        for index in 0.. {
            // SAFETY: as in `verify`.
            match part(|info| unsafe { sys::dry_region_part_at(self.shared.handle(), index, info) }) {
                Ok(found) => parts.push(found),
                Err(Error::NotFound(_)) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(parts)
    }

    /// The part of that name, if there is one.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] (no name that a part can have), [`Error::Closed`], [`Error::Corrupt`].
    pub fn find_part(&self, name: impl AsRef<str>) -> Result<Option<Part>> {
        let name = name.as_ref();
        let (bytes, length) = (name.as_ptr().cast(), name.len());
        // SAFETY: as in `verify`; the name is valid for reads of its length.
        match part(|info| unsafe { sys::dry_region_find_part(self.shared.handle(), bytes, length, info) }) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The descriptor behind a region that has one, to hand to another process, which opens it as
    /// [`Backing::Descriptor`].
    ///
    /// # Errors
    /// [`Error::Unsupported`] (private memory), [`Error::Closed`].
    pub fn descriptor(&self) -> Result<BorrowedFd<'_>> {
        let mut descriptor = -1;
        // SAFETY: as in `verify`.
        check(unsafe { sys::dry_region_descriptor(self.shared.handle(), &mut descriptor) })?;
        // SAFETY: the region keeps it open until it is closed, which needs `&mut self`, or dropped.
        Ok(unsafe { BorrowedFd::borrow_raw(descriptor) })
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region").field("stats", &self.stats().ok()).finish()
    }
}

fn part(call: impl FnOnce(*mut sys::dry_part_info) -> sys::dry_status) -> Result<Part> {
    // SAFETY: all-zero is a value of this plain struct.
    let mut info: sys::dry_part_info = unsafe { core::mem::zeroed() };
    check(call(&mut info))?;
    let name: Vec<u8> = info.name.iter().map(|c| *c as u8).take(info.name_bytes as usize).collect();
    Ok(Part {
        name: String::from_utf8_lossy(&name).into_owned(),
        kind: PartKind::from_number(info.kind),
        offset: info.offset,
        size_bytes: info.size_bytes,
        format: info.format,
    })
}

/// Facts on an open region.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegionStats {
    /// Size of the whole region.
    pub size_bytes: u64,
    /// Header, directory and parts; the rest is free for new parts.
    pub used_bytes: u64,
    /// One more with every writer that attached.
    pub epoch: u64,
    /// Tells a region apart from another one that had its name before.
    pub creation_id: [u64; 2],
    /// What it was opened for.
    pub mode: Mode,
    /// Parts in it.
    pub part_count: u32,
    /// Parts it can hold.
    pub part_capacity: u32,
    /// Huge pages were asked for and granted.
    pub huge_pages: bool,
    /// A saved image that nobody has written to since.
    pub sealed: bool,
}

/// A part of a region, as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: PartKind,
    /// Where it starts, in bytes from the start of the region.
    pub offset: u64,
    /// Its size.
    pub size_bytes: u64,
    /// Revision of its stored layout.
    pub format: u32,
}

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartKind {
    /// A key-value store.
    Kv,
    /// A [`Pool`](crate::Pool).
    Pool,
    /// An [`IndexMap`](crate::IndexMap).
    IndexMap,
    /// A [`SharedPool`](crate::SharedPool).
    SharedPool,
    /// Of a kind that this version does not know, with its number.
    Unknown(u32),
}

impl PartKind {
    fn from_number(number: u32) -> Self {
        match number {
            sys::DRY_PART_KV => PartKind::Kv,
            sys::DRY_PART_POOL => PartKind::Pool,
            sys::DRY_PART_INDEX_MAP => PartKind::IndexMap,
            sys::DRY_PART_SHARED_POOL => PartKind::SharedPool,
            _ => PartKind::Unknown(number),
        }
    }

    /// The name that every language and tool uses: `"kv"`, `"pool"`, `"index_map"`, `"shared_pool"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            PartKind::Kv => "kv",
            PartKind::Pool => "pool",
            PartKind::IndexMap => "index_map",
            PartKind::SharedPool => "shared_pool",
            PartKind::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for PartKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
