// SPDX-License-Identifier: MIT OR Apache-2.0
//! The standard library's map of byte strings, in private memory. The read_ operations, where a reader and a writer share
//! it, take its RwLock; the others have it to themselves and take no lock.
use crate::data::{Key, Value};
use crate::subject::{CopyValues, ReplaceValues, Subject};
use drystone_bench::frame::fail;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

type Map = HashMap<Vec<u8>, Vec<u8>>;

pub struct StdHashMap(RwLock<Map>);

impl StdHashMap {
    fn own(&mut self) -> &mut Map {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keep_freed_memory() {
    const M_TRIM_THRESHOLD: i32 = -1;
    const M_MMAP_MAX: i32 = -4;
    extern "C" {
        fn mallopt(parameter: i32, value: i32) -> i32;
    }
    // SAFETY: glibc's function takes any two numbers; these are from its malloc.h, as is that 1 means done.
    let done = unsafe { mallopt(M_MMAP_MAX, 0) + mallopt(M_TRIM_THRESHOLD, i32::MAX) };
    if done != 2 {
        fail(StdHashMap::NAME, "mallopt refuses");
    }
}

fn copy(map: &Map, key: &Key, value: &mut Value) -> bool {
    match map.get(&key[..]) {
        Some(found) if found.len() == value.len() => {
            value.copy_from_slice(found);
            true
        }
        _ => false,
    }
}

/// Into the memory that the old value has.
fn replace(map: &mut Map, key: &Key, value: &Value) {
    match map.get_mut(&key[..]) {
        Some(old) => {
            old.clear();
            old.extend_from_slice(value);
        }
        None => fail(StdHashMap::NAME, "update: no such key"),
    }
}

impl Subject for StdHashMap {
    const NAME: &'static str = "hash_map";
    type Writer<'a> = &'a RwLock<Map>;
    type Reader<'a> = &'a RwLock<Map>;

    fn new(keys: u64, prefault: bool) -> Self {
        if prefault {
            // `insert` is to find its memory touched, so the heap keeps what a former map has freed.
            keep_freed_memory();
            let mut touched = Self::new(keys, false);
            for index in 0..keys {
                touched.insert(&crate::data::key_of(index), &[0; 64]);
            }
        }
        StdHashMap(RwLock::new(Map::with_capacity(keys as usize)))
    }

    #[inline]
    fn insert(&mut self, key: &Key, value: &Value) {
        if self.own().insert(key.to_vec(), value.to_vec()).is_some() {
            fail(Self::NAME, "insert: the key is there");
        }
    }

    #[inline]
    fn update(&mut self, key: &Key, value: &Value) {
        replace(self.own(), key, value);
    }

    #[inline]
    fn erase(&mut self, key: &Key) {
        if self.own().remove(&key[..]).is_none() {
            fail(Self::NAME, "erase: no such key");
        }
    }

    #[inline]
    fn get(&mut self, key: &Key, value: &mut Value) -> bool {
        copy(self.own(), key, value)
    }

    fn split(&mut self) -> (&RwLock<Map>, &RwLock<Map>) {
        (&self.0, &self.0)
    }
}

impl ReplaceValues for &RwLock<Map> {
    #[inline]
    fn update(&mut self, key: &Key, value: &Value) {
        replace(&mut self.write().unwrap_or_else(PoisonError::into_inner), key, value);
    }
}

impl CopyValues for &RwLock<Map> {
    #[inline]
    fn get(&mut self, key: &Key, value: &mut Value) -> bool {
        copy(&self.read().unwrap_or_else(PoisonError::into_inner), key, value)
    }
}
