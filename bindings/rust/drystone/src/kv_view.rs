// SPDX-License-Identifier: MIT OR Apache-2.0
//! A value lent in place.
use crate::error::{check, Result};
use crate::kv_read::KvRead;
use core::fmt;
use core::sync::atomic::{fence, AtomicU64, Ordering};
use drystone_sys as sys;

const WORD_BYTES: usize = core::mem::size_of::<u64>();

/// A value lent in place, for values that are cheaper to look into than to copy.
///
/// The writer may use the bytes again at any time, so a view never lends a `&[u8]`: its accessors copy out what is
/// wanted, one atomic word after the other. What they give is anything at all until [`check`](View::check) has said `Ok`:
/// look, check, and only then believe. A view that is [`Error::Stale`](crate::Error::Stale) stays so; take a new one.
///
/// ```
/// use drystone::{Backing, Error, Kv, KvOptions, Region, RegionOptions};
///
/// let region = Region::create(&RegionOptions::new(Backing::Memory, 1 << 20))?;
/// let store = Kv::create(&region, "readings", &KvOptions::new(1000, 100_000))?;
/// store.put("t", [1; 800])?;
/// let sum = loop {
///     let view = store.view("t")?.expect("it was put");
///     let sum: u64 = (0..view.len()).step_by(8).map(|at| view.u64_at(at) & 0xff).sum();
///     match view.check() {
///         Ok(()) => break sum,
///         Err(Error::Stale(_)) => continue, // it was replaced meanwhile
///         Err(error) => return Err(error),
///     }
/// };
/// assert_eq!(sum, 100);
/// # Ok::<(), Error>(())
/// ```
///
/// A view cannot outlive the handle that keeps its memory mapped:
///
/// ```compile_fail,E0505
/// fn escape(reader: drystone::KvReader) {
///     let view = reader.view("EUR").unwrap().unwrap();
///     drop(reader);
///     view.len();
/// }
/// ```
///
/// nor a close of it:
///
/// ```compile_fail,E0502
/// fn escape(mut reader: drystone::KvReader) {
///     let view = reader.view("EUR").unwrap().unwrap();
///     reader.close();
///     view.len();
/// }
/// ```
pub struct View<'a> {
    reader: &'a KvRead,
    raw: sys::dry_kv_value_view,
}

impl<'a> View<'a> {
    pub(crate) fn open(reader: &'a KvRead, key: &[u8]) -> Result<Option<Self>> {
        // SAFETY: all-zero is a value of this plain struct.
        let mut raw: sys::dry_kv_value_view = unsafe { core::mem::zeroed() };
        // SAFETY: the key is valid for its length, the output is a local.
        let status = unsafe { sys::dry_kv_view(reader.as_raw(), key.as_ptr().cast(), key.len(), &mut raw) };
        if status == sys::DRY_NOT_FOUND as i32 {
            return Ok(None);
        }
        check(status).map(|()| Some(View { reader, raw }))
    }

    /// Size of the value in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.raw.value_bytes
    }

    /// Whether the value has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The store's number of the write that set the value.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.raw.version
    }

    /// Copies the bytes from `at` on into `out`.
    ///
    /// # Panics
    /// When `at + out.len()` is beyond the value's end.
    pub fn copy_to(&self, at: usize, out: &mut [u8]) {
        let end = at.checked_add(out.len());
        assert!(end.is_some_and(|end| end <= self.len()), "{at} + {} is beyond {} bytes", out.len(), self.len());
        let (mut at, mut out) = (at, out);
        while !out.is_empty() {
            let word = self.word(at / WORD_BYTES).to_le_bytes();
            let from = at % WORD_BYTES;
            let count = out.len().min(WORD_BYTES - from);
            let (now, rest) = out.split_at_mut(count);
            now.copy_from_slice(&word[from..from + count]);
            at += count;
            out = rest;
        }
    }

    /// The byte at `at`.
    ///
    /// # Panics
    /// When `at` is beyond the value's end.
    #[must_use]
    pub fn byte_at(&self, at: usize) -> u8 {
        let mut byte = [0];
        self.copy_to(at, &mut byte);
        byte[0]
    }

    /// The 8 bytes from `at` on as a little-endian number. An `at` that is a multiple of 8 is one load.
    ///
    /// # Panics
    /// When `at + 8` is beyond the value's end.
    #[must_use]
    pub fn u64_at(&self, at: usize) -> u64 {
        let mut bytes = [0; WORD_BYTES];
        self.copy_to(at, &mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// Whether all that was read from the view until now was whole, and current at the time the view was taken.
    ///
    /// # Errors
    /// [`Error::Stale`](crate::Error::Stale): it may have changed meanwhile; [`Error::Closed`](crate::Error::Closed).
    pub fn check(&self) -> Result<()> {
        // The loads of the value must be done before the library looks at the version again. Pairs with the writer's
        // release fence between taking a block's version away and writing to it.
        fence(Ordering::Acquire);
        // SAFETY: the handle is open or closed and stays where it is, the view came from it.
        check(unsafe { sys::dry_kv_view_check(self.reader.as_raw(), &self.raw) })
    }

    /// Word `index` of the value; the last one is filled up with zeros in the region.
    fn word(&self, index: usize) -> u64 {
        debug_assert!(index * WORD_BYTES < self.len());
        // SAFETY: the library checked that the value, with its filling to a multiple of 8, lies in the part, and says that
        // it is aligned to 8. The memory stays mapped while the reader's handle is open, which `'a` keeps it. Others may
        // write to it, which is no race: this load is atomic, and relaxed, so that read-only memory is fine.
        let word = unsafe { &*self.raw.value.cast::<AtomicU64>().add(index) };
        word.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("len", &self.len()).field("version", &self.version()).finish()
    }
}
