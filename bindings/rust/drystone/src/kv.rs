// SPDX-License-Identifier: MIT OR Apache-2.0
//! The writer of a key-value store.
use crate::error::{check, check_detailed, Result};
use crate::kv_read::KvRead;
use crate::kv_reader::KvReader;
use crate::region::{Region, Shared};
use core::cell::UnsafeCell;
use core::fmt;
use core::ops::Deref;
use core::ptr;
use drystone_sys as sys;
use std::sync::Arc;

/// What store to create.
#[derive(Clone, Debug)]
#[must_use]
pub struct KvOptions {
    entries: u64,
    bytes: u64,
    seed: Option<u64>,
}

impl KvOptions {
    /// Room for `entries` keys, and for `bytes` bytes of keys and values together.
    pub fn new(entries: u64, bytes: u64) -> Self {
        KvOptions { entries, bytes, seed: None }
    }

    /// The seed of the key hash, so that equal writes give equal bytes. By default it is random, which keeps those who
    /// choose the keys from choosing collisions.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How many bytes such a store takes in a region. A part starts on a multiple of 4096, and a region needs
    /// [`RegionOptions::OVERHEAD_BYTES`](crate::RegionOptions::OVERHEAD_BYTES) beside its parts.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument), [`Error::TooLarge`](crate::Error::TooLarge).
    pub fn required_bytes(&self) -> Result<u64> {
        let mut bytes = 0;
        // SAFETY: both pointers are valid for the call.
        check(unsafe { sys::dry_kv_required_bytes(&self.to_raw(), &mut bytes) })?;
        Ok(bytes)
    }

    fn to_raw(&self) -> sys::dry_kv_options {
        sys::dry_kv_options {
            struct_size: core::mem::size_of::<sys::dry_kv_options>() as u32,
            layout: sys::DRY_KV_LAYOUT_BLOCKS,
            entries: self.entries,
            bytes: self.bytes,
            seed: self.seed.unwrap_or(0),
            has_seed: u32::from(self.seed.is_some()),
            reserved: 0,
        }
    }
}

/// The one writer of a key-value store. It also has every reading call, by way of [`KvRead`].
///
/// A put writes a new block and publishes it with one store: readers see the old value or the new one, whole, and a
/// writer that is killed anywhere leaves one of the two in place. Writing does no system call and no allocation.
///
/// Writes take `&self`, because a store may be changed while its iterators and views are alive: they notice. That is why
/// a `Kv` is `Send` but not `Sync`: two threads with a `&Kv` could write through one handle at once, and a writer's handle
/// is for one thread at a time. Other threads read through a [`KvReader`], or through the `&KvRead` that a `Kv` gives. Who
/// wants to write from several threads opens a `Kv` in each: writes in one region wait for one another.
///
/// A `Kv` keeps its region open, also when the [`Region`] itself is dropped. After [`Region::close`] every call is
/// [`Error::Closed`](crate::Error::Closed).
///
/// ```
/// use drystone::{Backing, Error, Kv, KvOptions, Region, RegionOptions};
///
/// let region = Region::create(&RegionOptions::new(Backing::Memory, 1 << 20))?;
/// let prices = Kv::create(&region, "prices", &KvOptions::new(1000, 100_000))?;
/// let version = prices.put("EUR", "1.0000")?;
/// let version = prices.replace("EUR", "1.0001", version)?;
/// assert!(matches!(prices.replace("EUR", "0.9", version - 1), Err(Error::Conflict(_))));
/// assert_eq!(prices.get("EUR")?.unwrap().bytes, b"1.0001");
/// prices.delete("EUR")?;
/// assert_eq!(prices.get("EUR")?, None);
/// # Ok::<(), Error>(())
/// ```
///
/// A writer is not shared between threads, and there is only one:
///
/// ```compile_fail,E0277
/// fn share<T: Sync>() {}
/// share::<drystone::Kv>();
/// ```
///
/// ```compile_fail,E0308
/// fn twice(writer: &drystone::Kv) -> drystone::Kv {
///     writer.clone()
/// }
/// ```
pub struct Kv {
    // Boxed, because the library may remember where the handle is.
    writer: Box<UnsafeCell<sys::dry_kv_writer>>,
    region: Arc<Shared>,
    part: Box<str>,
}

// SAFETY: the library wants one thread at a time to write, not always the same one. All writes go through `&Kv`, which
// cannot be in two threads because `Kv` is not `Sync` (it holds raw pointers in an `UnsafeCell`).
unsafe impl Send for Kv {}

impl Kv {
    /// Makes a store as a new part of a region, and opens it for writing.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`](crate::Error::AlreadyExists), [`Error::Full`](crate::Error::Full) (no room in the region
    /// or its directory), [`Error::ReadOnly`](crate::Error::ReadOnly), [`Error::InvalidArgument`](crate::Error::InvalidArgument),
    /// [`Error::Stale`](crate::Error::Stale) (another writer took the region over), [`Error::Closed`](crate::Error::Closed).
    pub fn create(region: &Region, part: impl AsRef<str>, options: &KvOptions) -> Result<Self> {
        let raw = options.to_raw();
        Self::make(region, part.as_ref(), |region, name, length, writer, detail| {
            // SAFETY: `make` gives valid pointers; the options outlive the call.
            unsafe { sys::dry_kv_create(region, name, length, &raw, writer, detail) }
        })
    }

    /// Opens a part for writing, and recovers what a killed writer left. Where the part's writer is open in this region
    /// already, this is one more handle of the same writer.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound), [`Error::TypeMismatch`](crate::Error::TypeMismatch),
    /// [`Error::ReadOnly`](crate::Error::ReadOnly) (a region opened for reading), [`Error::Corrupt`](crate::Error::Corrupt),
    /// [`Error::VersionMismatch`](crate::Error::VersionMismatch),
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory), [`Error::Stale`](crate::Error::Stale), [`Error::Closed`](crate::Error::Closed).
    pub fn open(region: &Region, part: impl AsRef<str>) -> Result<Self> {
        Self::make(region, part.as_ref(), |region, name, length, writer, detail| {
            // SAFETY: `make` gives valid pointers.
            unsafe { sys::dry_kv_open(region, name, length, writer, detail) }
        })
    }

    fn make(
        region: &Region,
        part: &str,
        call: impl FnOnce(
            *mut sys::dry_region,
            *const core::ffi::c_char,
            usize,
            *mut sys::dry_kv_writer,
            *mut sys::dry_detail,
        ) -> sys::dry_status,
    ) -> Result<Self> {
        let region = Arc::clone(region.shared());
        let closed = sys::dry_kv_writer { reader: KvRead::closed_raw(), state: ptr::null_mut() };
        let kv = Kv { writer: Box::new(UnsafeCell::new(closed)), region, part: part.into() };
        {
            let _alone = kv.region.enter();
            check_detailed(|detail| {
                call(kv.region.handle(), part.as_ptr().cast(), part.len(), kv.writer.get(), detail)
            })?;
        }
        Ok(kv)
    }

    /// Sets `key` to `value`, new or not, and returns the version of this write.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) (empty key), [`Error::TooLarge`](crate::Error::TooLarge),
    /// [`Error::Full`](crate::Error::Full), [`Error::Stale`](crate::Error::Stale) (another writer took over; reopen),
    /// [`Error::Corrupt`](crate::Error::Corrupt), [`Error::Closed`](crate::Error::Closed). The old value stands.
    pub fn put(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<u64> {
        let (key, value) = (key.as_ref(), value.as_ref());
        self.write(|writer, version| {
            // SAFETY: `write` gives valid pointers; key and value are valid for reads of their lengths.
            unsafe {
                sys::dry_kv_put(writer, key.as_ptr().cast(), key.len(), value.as_ptr().cast(), value.len(), version)
            }
        })
    }

    /// Sets `key` only where it is absent.
    ///
    /// # Errors
    /// As [`put`](Kv::put), and [`Error::AlreadyExists`](crate::Error::AlreadyExists).
    pub fn put_new(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<u64> {
        let (key, value) = (key.as_ref(), value.as_ref());
        self.write(|writer, version| {
            // SAFETY: as in `put`.
            unsafe {
                sys::dry_kv_put_new(writer, key.as_ptr().cast(), key.len(), value.as_ptr().cast(), value.len(), version)
            }
        })
    }

    /// Replaces the value only where the entry's version is `version`: compare-and-set.
    ///
    /// # Errors
    /// As [`put`](Kv::put), and [`Error::NotFound`](crate::Error::NotFound), [`Error::Conflict`](crate::Error::Conflict).
    pub fn replace(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>, version: u64) -> Result<u64> {
        let (key, value) = (key.as_ref(), value.as_ref());
        let (value_pointer, value_bytes) = (value.as_ptr().cast(), value.len());
        self.write(|writer, new_version| {
            // SAFETY: as in `put`.
            unsafe {
                sys::dry_kv_replace(
                    writer,
                    key.as_ptr().cast(),
                    key.len(),
                    value_pointer,
                    value_bytes,
                    version,
                    new_version,
                )
            }
        })
    }

    /// Removes the entry. The delete takes a version of its own, which it returns.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound), [`Error::InvalidArgument`](crate::Error::InvalidArgument),
    /// [`Error::TooLarge`](crate::Error::TooLarge), [`Error::Stale`](crate::Error::Stale), [`Error::Closed`](crate::Error::Closed).
    pub fn delete(&self, key: impl AsRef<[u8]>) -> Result<u64> {
        let key = key.as_ref();
        self.write(|writer, version| {
            // SAFETY: as in `put`.
            unsafe { sys::dry_kv_delete(writer, key.as_ptr().cast(), key.len(), version) }
        })
    }

    #[inline]
    fn write(&self, call: impl FnOnce(*mut sys::dry_kv_writer, *mut u64) -> sys::dry_status) -> Result<u64> {
        // Region::save and Region::close, which may be called in another thread, wait for this write.
        let _alone = self.region.enter();
        let mut version = 0;
        check(call(self.writer.get(), &mut version))?;
        Ok(version)
    }

    /// Opens a reader on the same part: a handle of its own, which goes on when this one is closed.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt), [`Error::Closed`](crate::Error::Closed) (the region, or this handle).
    pub fn reader(&self) -> Result<KvReader> {
        self.stats()?; // a closed writer answers so, even where its region is open
        KvReader::attach(Arc::clone(&self.region), &self.part, 0)
    }

    /// Gives the handle up. Every later call is [`Error::Closed`](crate::Error::Closed). Again
    /// is fine, and dropping does the same.
    pub fn close(&mut self) {
        let _alone = self.region.enter();
        // SAFETY: `&mut self` and the gate keep every other call out. The only error is for NULL.
        unsafe { sys::dry_kv_writer_close(self.writer.get()) };
    }
}

impl Drop for Kv {
    fn drop(&mut self) {
        self.close();
    }
}

impl Deref for Kv {
    type Target = KvRead;

    #[inline]
    fn deref(&self) -> &KvRead {
        // SAFETY: a writer starts with its reader, which is what dry_kv_writer_reader returns. It lives as long as the
        // writer, and closing it needs `&mut self`.
        unsafe { KvRead::from_raw(ptr::addr_of_mut!((*self.writer.get()).reader)) }
    }
}

impl fmt::Debug for Kv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kv").field("part", &self.part).field("stats", &self.stats().ok()).finish()
    }
}
