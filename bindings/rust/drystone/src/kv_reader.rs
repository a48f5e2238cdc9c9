// SPDX-License-Identifier: MIT OR Apache-2.0
//! A reader of a key-value store.
use crate::error::{check_detailed, Result};
use crate::kv_read::KvRead;
use crate::region::{Region, Shared};
use core::fmt;
use core::ops::Deref;
use drystone_sys as sys;
use std::sync::Arc;

/// A reader of a key-value store, for any number of threads at once. Its calls are those of [`KvRead`].
///
/// A reader never waits for the writer and never makes it wait; it takes no lock and leaves no trace. Clones share one
/// handle, and count their retries together.
///
/// A `KvReader` keeps its region open, also when the [`Region`] itself is dropped. After [`Region::close`] every call is
/// [`Error::Closed`](crate::Error::Closed).
///
/// ```
/// use drystone::{Backing, Kv, KvOptions, Region, RegionOptions};
///
/// let region = Region::create(&RegionOptions::new(Backing::Memory, 1 << 20))?;
/// let writer = Kv::create(&region, "prices", &KvOptions::new(1000, 100_000))?;
/// let reader = writer.reader()?;
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert!(reader.get("EUR").is_ok()));
///     writer.put("EUR", "1.0001").unwrap();
/// });
/// assert_eq!(reader.get("EUR")?.unwrap().bytes, b"1.0001");
/// # Ok::<(), drystone::Error>(())
/// ```
///
/// A reader cannot write, by its type:
///
/// ```compile_fail,E0599
/// fn write(reader: &drystone::KvReader) {
///     reader.put("EUR", "1.0001");
/// }
/// ```
#[derive(Clone)]
pub struct KvReader {
    inner: Option<Arc<Inner>>,
}

struct Inner {
    read: Box<KvRead>,
    region: Arc<Shared>,
    part: Box<str>,
    flags: u32,
}

// SAFETY: the library allows a reader's calls to any number of threads at once. Closing wants to be alone, and happens in
// `drop`, when nobody else has the handle any more.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

impl Drop for Inner {
    fn drop(&mut self) {
        let _alone = self.region.enter();
        // SAFETY: nobody else has the handle. The only error is for NULL.
        unsafe { sys::dry_kv_reader_close(self.read.as_raw()) };
    }
}

impl KvReader {
    /// Opens a part for reading, from a region opened in either mode.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound), [`Error::TypeMismatch`](crate::Error::TypeMismatch),
    /// [`Error::Corrupt`](crate::Error::Corrupt), [`Error::VersionMismatch`](crate::Error::VersionMismatch),
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) (name), [`Error::Closed`](crate::Error::Closed).
    pub fn open(region: &Region, part: impl AsRef<str>) -> Result<Self> {
        Self::attach(Arc::clone(region.shared()), part.as_ref(), 0)
    }

    /// [`open`](KvReader::open), and every read verifies the checksum of what it found, answering
    /// [`Error::Corrupt`](crate::Error::Corrupt) where it is wrong. For bytes that went through hands one does not trust.
    ///
    /// # Errors
    /// As [`open`](KvReader::open).
    pub fn open_checked(region: &Region, part: impl AsRef<str>) -> Result<Self> {
        Self::attach(Arc::clone(region.shared()), part.as_ref(), sys::DRY_KV_READ_CHECKED)
    }

    pub(crate) fn attach(region: Arc<Shared>, part: &str, flags: u32) -> Result<Self> {
        let inner = Inner { read: Box::new(KvRead::closed()), region, part: part.into(), flags };
        {
            let _alone = inner.region.enter();
            let (region, name, length) = (inner.region.handle(), part.as_ptr().cast(), part.len());
            // SAFETY: the gate is held; the name is valid for reads of its length, and the handle is where it stays.
            check_detailed(|detail| unsafe {
                sys::dry_kv_reader_open(region, name, length, flags, inner.read.as_raw(), detail)
            })?;
        }
        Ok(KvReader { inner: Some(Arc::new(inner)) })
    }

    /// Opens one more reader on the same part: a handle of its own, with its own count of retries. For use in one more
    /// thread a clone does, and costs less.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt), [`Error::Closed`](crate::Error::Closed) (the region, or this handle).
    pub fn reader(&self) -> Result<KvReader> {
        self.stats()?; // a closed reader answers so, even where its region is open
        match &self.inner {
            Some(inner) => Self::attach(Arc::clone(&inner.region), &inner.part, inner.flags),
            None => Err(crate::ErrorKind::Closed.into()),
        }
    }

    /// Closes this handle: every later call with it is [`Error::Closed`](crate::Error::Closed). Clones go on. Again is
    /// fine, and dropping does the same.
    pub fn close(&mut self) {
        self.inner = None;
    }
}

impl Deref for KvReader {
    type Target = KvRead;

    #[inline]
    fn deref(&self) -> &KvRead {
        match &self.inner {
            Some(inner) => &inner.read,
            None => KvRead::of_closed(),
        }
    }
}

impl fmt::Debug for KvReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.inner.as_ref().map(|inner| &inner.part);
        f.debug_struct("KvReader").field("part", &part).field("stats", &self.stats().ok()).finish()
    }
}
