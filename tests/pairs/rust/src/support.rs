// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stamps, random numbers, and opening a region by its name on the command line.
use drystone::{hash, Backing, KvRead, Mode, Region};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::Path;

pub const STAMP_BYTES: usize = 8;

fn stamp_of(key: &[u8], payload: &[u8]) -> [u8; STAMP_BYTES] {
    hash(payload, hash(key, 0)).to_le_bytes()
}

/// Whether the value is one that was written whole for this key.
pub fn is_stamped(key: &[u8], value: &[u8]) -> bool {
    value.len() >= STAMP_BYTES && value[..STAMP_BYTES] == stamp_of(key, &value[STAMP_BYTES..])
}

/// Fills the value with random bytes and its stamp.
pub fn stamp_random(random: &mut Random, key: &[u8], value: &mut [u8]) {
    for chunk in value[STAMP_BYTES..].chunks_mut(8) {
        chunk.copy_from_slice(&random.next().to_le_bytes()[..chunk.len()]);
    }
    let (stamp, payload) = value.split_at_mut(STAMP_BYTES);
    stamp.copy_from_slice(&stamp_of(key, payload));
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    /// The standard library seeds its hashers with the system's random numbers.
    pub fn from_system() -> Self {
        Random(RandomState::new().build_hasher().finish())
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// Why a region could not be opened: the library's words, or that its name is none.
pub enum NotOpened {
    Error(drystone::Error),
    Name(String),
}

impl std::fmt::Display for NotOpened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotOpened::Error(error) => write!(f, "opening: {error}"),
            NotOpened::Name(name) => write!(f, "a region is file:PATH or shm:NAME, not \"{name}\""),
        }
    }
}

pub fn open_region(name: &str, mode: Mode) -> Result<Region, NotOpened> {
    let place = match name.split_once(':') {
        Some(("file", path)) => Backing::File(Path::new(path)),
        Some(("shm", name)) => Backing::Shared(name),
        _ => return Err(NotOpened::Name(name.into())),
    };
    Region::open(place, mode).map_err(NotOpened::Error)
}

/// A key as it was listed, with one byte behind it that makes a key of it that does not exist.
pub struct Known {
    key_and_more: Vec<u8>,
    pub value_bytes: usize,
    pub version: u64,
}

impl Known {
    pub fn key(&self) -> &[u8] {
        &self.key_and_more[..self.key_and_more.len() - 1]
    }

    pub fn absent_key(&self) -> &[u8] {
        &self.key_and_more
    }
}

pub fn list(read: &KvRead) -> Result<Vec<Known>, drystone::Error> {
    read.entries()
        .map(|entry| {
            let entry = entry?;
            let mut key_and_more = entry.key;
            key_and_more.push(0xff);
            Ok(Known { key_and_more, value_bytes: entry.value.len(), version: entry.version })
        })
        .collect()
}
