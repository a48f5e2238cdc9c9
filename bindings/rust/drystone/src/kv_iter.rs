// SPDX-License-Identifier: MIT OR Apache-2.0
//! Iteration over the entries of a store.
use crate::error::{Error, ErrorKind, Result};
use crate::kv_read::{reserve, KvRead};
use core::iter::FusedIterator;
use core::ptr;
use drystone_sys as sys;

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
    /// The store's number of the write that set the value.
    pub version: u64,
}

/// The entries of a store; see [`KvRead::entries`]. After an error it ends.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    cursor: Cursor<'a>,
    value: Vec<u8>,
}

/// The keys of a store; see [`KvRead::keys`]. After an error it ends.
#[derive(Clone, Debug)]
pub struct Keys<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Entries<'a> {
    pub(crate) fn new(reader: &'a KvRead) -> Self {
        Entries { cursor: Cursor::new(reader), value: Vec::with_capacity(FIRST_CAPACITY) }
    }
}

impl<'a> Keys<'a> {
    pub(crate) fn new(reader: &'a KvRead) -> Self {
        Keys { cursor: Cursor::new(reader) }
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        let version = self.cursor.advance(Some(&mut self.value))?;
        Some(version.map(|version| Entry { key: self.cursor.key.clone(), value: self.value.clone(), version }))
    }
}

impl Iterator for Keys<'_> {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        let version = self.cursor.advance(None)?;
        Some(version.map(|_| self.cursor.key.clone()))
    }
}

impl FusedIterator for Entries<'_> {}
impl FusedIterator for Keys<'_> {}

/// Room for a first key and value, so that small ones are copied at the first attempt.
const FIRST_CAPACITY: usize = 256;

#[derive(Clone)]
struct Cursor<'a> {
    reader: &'a KvRead,
    position: u64,
    key: Vec<u8>,
    done: bool,
}

impl<'a> Cursor<'a> {
    fn new(reader: &'a KvRead) -> Self {
        Cursor { reader, position: 0, key: Vec::with_capacity(FIRST_CAPACITY), done: false }
    }

    /// Copies the next entry into `key` and `value`, and returns its version.
    fn advance(&mut self, value: Option<&mut Vec<u8>>) -> Option<Result<u64>> {
        if self.done {
            return None;
        }
        let result = self.copy_next(value);
        if !matches!(result, Ok(Some(_))) {
            self.done = true;
        }
        result.transpose()
    }

    fn copy_next(&mut self, mut value: Option<&mut Vec<u8>>) -> Result<Option<u64>> {
        let (mut key_bytes, mut value_bytes) = (FIRST_CAPACITY, FIRST_CAPACITY);
        loop {
            reserve(&mut self.key, key_bytes)?;
            if let Some(value) = value.as_deref_mut() {
                reserve(value, value_bytes)?;
            }
            let (status, version) = self.copy_once(value.as_deref_mut(), &mut key_bytes, &mut value_bytes);
            match ErrorKind::from_status(status) {
                None if status == sys::DRY_OK as i32 => return Ok(Some(version)),
                Some(ErrorKind::NotFound) => return Ok(None),
                // The sizes have been set to what is needed. They may grow again meanwhile, hence the loop.
                Some(ErrorKind::TooLarge) => {}
                _ => return Err(Error::from_status(status, crate::Detail::default())),
            }
        }
    }

    fn copy_once(
        &mut self,
        mut value: Option<&mut Vec<u8>>,
        key_bytes: &mut usize,
        value_bytes: &mut usize,
    ) -> (sys::dry_status, u64) {
        // A null pointer skips the value; an empty vector's pointer is not null.
        let (pointer, capacity) = match &mut value {
            Some(value) => (value.as_mut_ptr(), value.capacity()),
            None => (ptr::null_mut(), 0),
        };
        let mut version = 0;
        // SAFETY: vectors are valid for writes of their capacity, the outputs are locals.
        let status = unsafe {
            sys::dry_kv_next(
                self.reader.as_raw(),
                &mut self.position,
                self.key.as_mut_ptr().cast(),
                self.key.capacity(),
                key_bytes,
                pointer.cast(),
                capacity,
                value_bytes,
                &mut version,
            )
        };
        if status == sys::DRY_OK as i32 {
            // SAFETY: the call initialised that many bytes of the key.
            unsafe { self.key.set_len(*key_bytes) };
            if let Some(value) = value {
                // SAFETY: and of the value.
                unsafe { value.set_len(*value_bytes) };
            }
        }
        (status, version)
    }
}

impl core::fmt::Debug for Cursor<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Cursor").field("position", &self.position).field("done", &self.done).finish()
    }
}
