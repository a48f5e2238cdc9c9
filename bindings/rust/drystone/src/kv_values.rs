// SPDX-License-Identifier: MIT OR Apache-2.0
//! The results of a batch of lookups.
use crate::error::{check, Error, Result};
use crate::kv_read::{KvRead, Value};
use core::fmt;
use drystone_sys as sys;

/// The results of [`KvRead::get_many`], in memory that is used again from call to call.
pub struct Values {
    lookups: Vec<sys::dry_kv_lookup>,
    /// `stride` bytes a lookup.
    bytes: Vec<u8>,
    stride: usize,
    /// The stride of the next batch.
    next_stride: usize,
    /// What did not fit into its stride, by index, ascending.
    large: Vec<(usize, Result<Option<Value>>)>,
}

// SAFETY: the pointers in `lookups` are only used by the call that set them.
unsafe impl Send for Values {}
// SAFETY: as above; nothing is changed through `&Values`.
unsafe impl Sync for Values {}

/// One value of a batch, and the version of the write that set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueRef<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// The store's number of the write that set them.
    pub version: u64,
}

/// What a value gets at first, and the most that it gets when larger ones have been met.
const FIRST_STRIDE: usize = 64;
const LARGEST_STRIDE: usize = 4096;

impl Values {
    /// Room for values of 64 bytes a key at first. It grows with the values that are met, to 4 KiB a key; larger ones are
    /// looked up once more, each into memory of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::with_value_capacity(FIRST_STRIDE)
    }

    /// Room for values of `bytes` bytes a key, so that no value up to that size is looked up twice.
    #[must_use]
    pub fn with_value_capacity(bytes: usize) -> Self {
        Values { lookups: Vec::new(), bytes: Vec::new(), stride: bytes, next_stride: bytes, large: Vec::new() }
    }

    /// How many keys the last [`KvRead::get_many`] had.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lookups.len()
    }

    /// Whether there were none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lookups.is_empty()
    }

    /// The result for the key with that index; `None` where it is absent.
    ///
    /// # Errors
    /// [`Error::TooLarge`] (a key above 65,535 bytes), [`Error::Corrupt`], [`Error::TimedOut`], [`Error::OutOfMemory`].
    ///
    /// # Panics
    /// When there was no key with that index.
    pub fn get(&self, index: usize) -> Result<Option<ValueRef<'_>>> {
        let lookup = &self.lookups[index];
        if lookup.status == sys::DRY_OK as i32 {
            let start = index * self.stride;
            let bytes = &self.bytes[start..start + lookup.value_bytes];
            return Ok(Some(ValueRef { bytes, version: lookup.version }));
        }
        if lookup.status == sys::DRY_NOT_FOUND as i32 {
            return Ok(None);
        }
        self.get_large(index, lookup)
    }

    #[cold]
    fn get_large(&self, index: usize, lookup: &sys::dry_kv_lookup) -> Result<Option<ValueRef<'_>>> {
        match self.large.binary_search_by_key(&index, |(index, _)| *index) {
            Ok(place) => match &self.large[place].1 {
                Ok(value) => Ok(value.as_ref().map(|value| ValueRef { bytes: &value.bytes, version: value.version })),
                Err(error) => Err(error.clone()),
            },
            Err(_) => check(lookup.status).map(|()| None),
        }
    }

    /// The results in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = Result<Option<ValueRef<'_>>>> {
        (0..self.len()).map(|index| self.get(index))
    }

    pub(crate) fn fill<K: AsRef<[u8]>>(&mut self, reader: &KvRead, keys: &[K]) -> Result<()> {
        let result = self.try_fill(reader, keys);
        if result.is_err() {
            self.lookups.clear();
        }
        result
    }

    fn try_fill<K: AsRef<[u8]>>(&mut self, reader: &KvRead, keys: &[K]) -> Result<()> {
        self.lookups.clear();
        self.large.clear();
        self.stride = self.next_stride;
        self.make_room(keys.len())?;
        let stride = self.stride;
        let values = self.bytes.as_mut_ptr();
        self.lookups.extend(keys.iter().enumerate().map(|(index, key)| {
            let key = key.as_ref();
            sys::dry_kv_lookup {
                key: key.as_ptr().cast(),
                // A longer one is refused just the same: nothing above 65,535 bytes is a key.
                key_bytes: u32::try_from(key.len()).unwrap_or(u32::MAX),
                // SAFETY: `make_room` made `stride` bytes for each key.
                value: unsafe { values.add(index * stride) }.cast(),
                value_capacity: stride,
                value_bytes: 0,
                version: 0,
                status: 0,
            }
        }));
        // SAFETY: keys are borrowed and the values ours for the time of the call, with the lengths given; values of
        // different keys do not overlap.
        check(unsafe { sys::dry_kv_get_many(reader.as_raw(), self.lookups.as_mut_ptr(), self.lookups.len()) })?;
        self.fetch_large(reader, keys);
        Ok(())
    }

    fn make_room(&mut self, count: usize) -> Result<()> {
        let no_memory = || Error::OutOfMemory(crate::Detail::from_text(format!("no memory for {count} lookups")));
        let needed = count.checked_mul(self.stride).ok_or_else(no_memory)?;
        let more = needed.saturating_sub(self.bytes.len());
        self.bytes.try_reserve(more).map_err(|_| no_memory())?;
        self.lookups.try_reserve(count).map_err(|_| no_memory())?;
        if more > 0 {
            self.bytes.resize(needed, 0);
        }
        Ok(())
    }

    fn fetch_large<K: AsRef<[u8]>>(&mut self, reader: &KvRead, keys: &[K]) {
        for (index, lookup) in self.lookups.iter().enumerate() {
            // Too large with no larger size is said of the key.
            if lookup.status == sys::DRY_TOO_LARGE as i32 && lookup.value_bytes > self.stride {
                self.next_stride = self.next_stride.max(lookup.value_bytes.min(LARGEST_STRIDE));
                self.large.push((index, reader.get(&keys[index])));
            }
        }
    }
}

impl Default for Values {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
