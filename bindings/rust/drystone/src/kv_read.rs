// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can be read from a store, through a reader or a writer.
use crate::error::{check, check_detailed, Error, ErrorKind, Result};
use crate::kv_iter::{Entries, Keys};
use crate::kv_values::Values;
use crate::kv_view::View;
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr;
use drystone_sys as sys;

/// Every reading call of a store. A [`Kv`](crate::Kv) and a [`KvReader`](crate::KvReader) both give a `&KvRead`, as a
/// `Vec` and an array both give a slice. It is `Sync`: all calls may be made by any number of threads at once, also while
/// the writer writes, and none of them waits.
///
/// A key that is absent is no error: it is `None`. Errors that every call on a key can give are
/// [`Error::InvalidArgument`] (an empty key), [`Error::TooLarge`] (a key above 65,535 bytes), [`Error::Corrupt`] (what is
/// stored contradicts the format), [`Error::TimedOut`] (a million attempts were overtaken by writes) and
/// [`Error::Closed`].
#[repr(transparent)]
pub struct KvRead(UnsafeCell<sys::dry_kv_reader>);

// SAFETY: the library allows every call on a `*mut dry_kv_reader` that is made through `&KvRead` to any number of threads
// at once, and keeps its count of retries atomic.
unsafe impl Sync for KvRead {}

/// A value and the version of the write that set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The store's number of the write that set them. A version never comes back.
    pub version: u64,
}

/// What a read into the caller's buffer found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// How many bytes at the start of the buffer are the value.
    pub value_bytes: usize,
    /// The store's number of the write that set it.
    pub version: u64,
}

/// Facts on a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KvStats {
    /// Keys in it.
    pub entries: u64,
    /// Keys it can hold.
    pub capacity: u64,
    /// Bytes of all keys and values.
    pub data_bytes: u64,
    /// Bytes they can take.
    pub data_capacity_bytes: u64,
    /// Number of the last write.
    pub version: u64,
    /// Two more with every compaction and recovery.
    pub relocation: u64,
    /// Size of the whole part.
    pub size_bytes: u64,
}

/// Values up to this size are copied by way of the stack, so that `get` allocates exactly what it returns.
const SMALL_BYTES: usize = 512;

impl KvRead {
    /// What a handle that was closed refers to.
    pub(crate) fn of_closed() -> &'static KvRead {
        static CLOSED: KvRead = KvRead::closed();
        &CLOSED
    }

    pub(crate) const fn closed() -> Self {
        KvRead(UnsafeCell::new(Self::closed_raw()))
    }

    pub(crate) const fn closed_raw() -> sys::dry_kv_reader {
        sys::dry_kv_reader {
            part: ptr::null(),
            closed: ptr::null(),
            group_count: 0,
            seed: 0,
            control_offset: 0,
            slots_offset: 0,
            heap_offset: 0,
            heap_end: 0,
            retries: 0,
            mapping: ptr::null_mut(),
            flags: 0,
            reserved: 0,
        }
    }

    /// # Safety
    /// `reader` is an open or closed reader handle that stays where it is, and is not closed, for `'a`.
    #[inline]
    pub(crate) unsafe fn from_raw<'a>(reader: *mut sys::dry_kv_reader) -> &'a KvRead {
        // SAFETY: `KvRead` is a transparent wrapper of an `UnsafeCell`, which has the layout of what it holds.
        unsafe { &*reader.cast::<KvRead>() }
    }

    #[inline]
    pub(crate) fn as_raw(&self) -> *mut sys::dry_kv_reader {
        self.0.get()
    }

    /// Copies the value of `key` into `buffer`, with no allocation and no system call.
    ///
    /// ```
    /// # use drystone::{Backing, Kv, KvOptions, Region, RegionOptions};
    /// # let region = Region::create(&RegionOptions::new(Backing::Memory, 1 << 20))?;
    /// # let prices = Kv::create(&region, "prices", &KvOptions::new(1000, 100_000))?;
    /// prices.put("EUR", "1.0001")?;
    /// let mut buffer = [0; 64];
    /// if let Some(found) = prices.get_into("EUR", &mut buffer)? {
    ///     assert_eq!(&buffer[..found.value_bytes], b"1.0001");
    /// }
    /// # Ok::<(), drystone::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::TooLarge`] where the buffer is too small:
    /// [`required_bytes`](crate::Detail::required_bytes) says what is needed. Others as [above](KvRead). The buffer's
    /// contents are then unspecified.
    #[inline]
    pub fn get_into(&self, key: impl AsRef<[u8]>, buffer: &mut [u8]) -> Result<Option<Found>> {
        // SAFETY: the buffer is valid for writes of its length, and bytes are written to it, never uninitialised ones.
        unsafe { self.copy_value(key.as_ref(), buffer.as_mut_ptr(), buffer.len()) }
    }

    /// [`get_into`](KvRead::get_into) with a bound of its own: at most `attempts_max` (1 or more) attempts, for callers
    /// that would rather have no answer than a late one.
    ///
    /// # Errors
    /// [`Error::TimedOut`] after `attempts_max` attempts that writes overtook; else as [`get_into`](KvRead::get_into).
    pub fn try_get(&self, key: impl AsRef<[u8]>, buffer: &mut [u8], attempts_max: u32) -> Result<Option<Found>> {
        let key = key.as_ref();
        let (mut value_bytes, mut version) = (0, 0);
        // SAFETY: key and buffer are valid for their lengths, the outputs are locals.
        let status = unsafe {
            sys::dry_kv_try_get(
                self.as_raw(),
                key.as_ptr().cast(),
                key.len(),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                attempts_max,
                &mut value_bytes,
                &mut version,
                ptr::null_mut(),
            )
        };
        found(status, value_bytes, version, buffer.len())
    }

    /// The value of `key`, in memory of its own.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; others as [above](KvRead).
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Value>> {
        let key = key.as_ref();
        let mut small = [MaybeUninit::<u8>::uninit(); SMALL_BYTES];
        // SAFETY: the array is valid for writes of its length.
        match unsafe { self.copy_value(key, small.as_mut_ptr().cast(), SMALL_BYTES) } {
            Ok(Some(Found { value_bytes, version })) => {
                // SAFETY: the call initialised that many bytes at the start of the array.
                let bytes = unsafe { core::slice::from_raw_parts(small.as_ptr().cast::<u8>(), value_bytes) };
                Ok(Some(Value { bytes: bytes.to_vec(), version }))
            }
            Ok(None) => Ok(None),
            Err(error) => match error.detail().required_bytes() {
                Some(required_bytes) => self.get_large(key, required_bytes),
                None => Err(error),
            },
        }
    }

    /// The value may grow between two attempts, hence the loop.
    fn get_large(&self, key: &[u8], mut capacity: usize) -> Result<Option<Value>> {
        let mut bytes = Vec::new();
        loop {
            reserve(&mut bytes, capacity)?;
            // SAFETY: a vector is valid for writes of its capacity.
            match unsafe { self.copy_value(key, bytes.as_mut_ptr(), bytes.capacity()) } {
                Ok(Some(Found { value_bytes, version })) => {
                    // SAFETY: the call initialised that many bytes.
                    unsafe { bytes.set_len(value_bytes) };
                    return Ok(Some(Value { bytes, version }));
                }
                Ok(None) => return Ok(None),
                Err(error) => capacity = error.detail().required_bytes().ok_or(error)?,
            }
        }
    }

    /// # Safety
    /// `buffer` is valid for writes of `capacity` bytes. They need not be initialised; after `Found` that many are.
    #[inline]
    unsafe fn copy_value(&self, key: &[u8], buffer: *mut u8, capacity: usize) -> Result<Option<Found>> {
        let (mut value_bytes, mut version) = (0, 0);
        // SAFETY: the key is valid for its length, the buffer by the caller's promise, the outputs are locals.
        let status = unsafe {
            sys::dry_kv_get(
                self.as_raw(),
                key.as_ptr().cast(),
                key.len(),
                buffer.cast(),
                capacity,
                &mut value_bytes,
                &mut version,
            )
        };
        found(status, value_bytes, version, capacity)
    }

    /// Looks many keys up with their cache misses overlapped: a fraction of the cost of as many single calls once the
    /// store is larger than the cache. `values` is used again from call to call, so that nothing is allocated once it has grown.
    ///
    /// ```
    /// # use drystone::{Backing, Kv, KvOptions, Region, RegionOptions, Values};
    /// # let region = Region::create(&RegionOptions::new(Backing::Memory, 1 << 20))?;
    /// # let prices = Kv::create(&region, "prices", &KvOptions::new(1000, 100_000))?;
    /// prices.put("EUR", "1.0001")?;
    /// let mut values = Values::new();
    /// prices.get_many(&["EUR", "XXX"], &mut values)?;
    /// assert_eq!(values.get(0)?.unwrap().bytes, b"1.0001");
    /// assert!(values.get(1)?.is_none());
    /// # Ok::<(), drystone::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], [`Error::Closed`]. What concerns one key, also an empty one, is that key's own result in
    /// `values`.
    pub fn get_many<K: AsRef<[u8]>>(&self, keys: &[K], values: &mut Values) -> Result<()> {
        values.fill(self, keys)
    }

    /// Whether `key` is there.
    ///
    /// # Errors
    /// As [above](KvRead).
    pub fn contains(&self, key: impl AsRef<[u8]>) -> Result<bool> {
        let key = key.as_ref();
        let mut found = 0;
        // SAFETY: the key is valid for its length, the output is a local.
        check(unsafe { sys::dry_kv_contains(self.as_raw(), key.as_ptr().cast(), key.len(), &mut found) })?;
        Ok(found != 0)
    }

    /// Lends the value without a copy; see [`View`] for what it can and cannot do. `None` where the key is absent.
    ///
    /// # Errors
    /// As [above](KvRead).
    pub fn view(&self, key: impl AsRef<[u8]>) -> Result<Option<View<'_>>> {
        View::open(self, key.as_ref())
    }

    /// All entries, in no particular order. One that is there all the time is met exactly once; one that comes, goes or
    /// changes meanwhile may be met or not, but is whole.
    pub fn entries(&self) -> Entries<'_> {
        Entries::new(self)
    }

    /// As [`entries`](KvRead::entries), the keys alone.
    pub fn keys(&self) -> Keys<'_> {
        Keys::new(self)
    }

    /// Facts on the store, each as of some moment during the call.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn stats(&self) -> Result<KvStats> {
        // SAFETY: all-zero is a value of this plain struct.
        let mut raw: sys::dry_kv_stats = unsafe { core::mem::zeroed() };
        // SAFETY: the output is a local.
        check(unsafe { sys::dry_kv_get_stats(self.as_raw(), &mut raw) })?;
        Ok(KvStats {
            entries: raw.entries,
            capacity: raw.capacity,
            data_bytes: raw.data_bytes,
            data_capacity_bytes: raw.data_capacity_bytes,
            version: raw.version,
            relocation: raw.relocation,
            size_bytes: raw.size_bytes,
        })
    }

    /// How often reads through this handle had to start again since it was opened; 0 for a closed one.
    #[must_use]
    pub fn retries(&self) -> u64 {
        // SAFETY: any handle will do.
        unsafe { sys::dry_kv_reader_retries(self.as_raw()) }
    }

    /// Checks everything that is stored: positions, counts, sizes, overlaps and checksums. A writer may be at work
    /// meanwhile. Changes nothing, and takes time proportional to the size of the part.
    ///
    /// # Errors
    /// [`Error::Corrupt`], whose detail says where; [`Error::OutOfMemory`], [`Error::Closed`].
    pub fn verify(&self) -> Result<()> {
        // SAFETY: any handle will do; the detail is valid for the call.
        check_detailed(|detail| unsafe { sys::dry_kv_verify(self.as_raw(), detail) })
    }
}

#[inline]
fn found(status: sys::dry_status, value_bytes: usize, version: u64, capacity: usize) -> Result<Option<Found>> {
    if status == sys::DRY_OK as i32 {
        return Ok(Some(Found { value_bytes, version }));
    }
    if status == sys::DRY_NOT_FOUND as i32 {
        return Ok(None);
    }
    // A key can be too large as well; then there is no size of a value to tell.
    if status == ErrorKind::TooLarge as i32 && value_bytes > capacity {
        return Err(Error::buffer_too_small(value_bytes));
    }
    check(status).map(|()| None)
}

pub(crate) fn reserve(bytes: &mut Vec<u8>, capacity: usize) -> Result<()> {
    bytes.clear();
    bytes
        .try_reserve(capacity)
        .map_err(|_| Error::OutOfMemory(crate::Detail::from_text(format!("no memory for a value of {capacity} bytes"))))
}
