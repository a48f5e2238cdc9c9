// SPDX-License-Identifier: MIT OR Apache-2.0
//! What several tests need. Each test program uses only some of it.
#![allow(dead_code)]

use drystone::{Backing, Kv, KvOptions, Region, RegionOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A name that no other test and no other run has.
pub fn fresh_name(what: &str) -> String {
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    format!("drystone-rust-{what}-{}-{nanos:x}-{count}", std::process::id())
}

/// A folder below cargo's target folder, removed at the end. A killed test leaves it there, where `cargo clean` finds it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(fresh_name("test"));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn options() -> KvOptions {
    KvOptions::new(1_000, 1 << 18).seed(7)
}

pub fn memory_region() -> Region {
    Region::create(&RegionOptions::new(Backing::Memory, 4 << 20)).unwrap()
}

pub fn memory_kv() -> Kv {
    Kv::create(&memory_region(), "k", &options()).unwrap()
}

/// Numbers that look random; the same for the same seed.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// A value that proves itself whole: its first 8 bytes are the hash of the others.
pub fn stamped(seed: u64, bytes: usize) -> Vec<u8> {
    let mut random = Random(seed);
    let payload: Vec<u8> = (0..bytes).map(|_| random.next() as u8).collect();
    let mut value = drystone::hash(&payload, 99).to_le_bytes().to_vec();
    value.extend(payload);
    value
}

pub fn is_whole(value: &[u8]) -> bool {
    value.len() >= 8 && value[..8] == drystone::hash(&value[8..], 99).to_le_bytes()
}
