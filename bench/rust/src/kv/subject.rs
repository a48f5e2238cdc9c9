// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is measured: a store with keys and values of any size, though all here have one.
use crate::data::{Key, Value};

/// Keys of a batch.
pub const BATCH: usize = 32;

pub trait Subject: Sized {
    const NAME: &'static str;
    const HAS_BATCHES: bool = false;
    type Writer<'a>: ReplaceValues + Send
    where
        Self: 'a;
    type Reader<'a>: CopyValues
    where
        Self: 'a;

    /// An empty store for so many keys.
    fn new(keys: u64, prefault: bool) -> Self;
    fn insert(&mut self, key: &Key, value: &Value);
    fn update(&mut self, key: &Key, value: &Value);
    fn erase(&mut self, key: &Key);
    /// Copies the value; false when there is none.
    fn get(&mut self, key: &Key, value: &mut Value) -> bool;
    /// Looks `BATCH` keys up, gives every value to `each`, and says how many there were.
    fn get_batch(&mut self, _keys: &[Key], _each: impl FnMut(&[u8])) -> usize {
        unreachable!("this subject has no batches")
    }
    /// What the store takes, where that is known.
    fn bytes(&self) -> Option<u64> {
        None
    }
    /// For a thread that writes beside one that reads.
    fn split(&mut self) -> (Self::Writer<'_>, Self::Reader<'_>);
}

pub trait ReplaceValues {
    fn update(&mut self, key: &Key, value: &Value);
}

pub trait CopyValues {
    fn get(&mut self, key: &Key, value: &mut Value) -> bool;
    fn retries(&self) -> u64 {
        0
    }
}
