// SPDX-License-Identifier: MIT OR Apache-2.0
//! What object pool to create, and facts on one.
use crate::memory::{align_for, object_bytes, struct_size, MemoryFlags};
use drystone_sys as sys;

/// What [`ObjectPool`](crate::ObjectPool) to create.
#[derive(Clone, Debug)]
#[must_use]
pub struct ObjectPoolOptions {
    capacity: u64,
    align_bytes: u64,
    flags: MemoryFlags,
}

impl ObjectPoolOptions {
    /// Room for so many values: 1 to 2^30.
    pub fn new(capacity: u64) -> Self {
        ObjectPoolOptions { capacity, align_bytes: 0, flags: MemoryFlags::NONE }
    }

    /// Aligns values to more than their type asks for: a power of two up to 4096. 64 or 128 put each into cache lines of
    /// its own.
    pub fn align_bytes(mut self, bytes: u64) -> Self {
        self.align_bytes = bytes;
        self
    }

    /// What to ask of the memory.
    pub fn flags(mut self, flags: MemoryFlags) -> Self {
        self.flags = flags;
        self
    }

    pub(crate) fn to_raw<T>(&self) -> sys::dry_object_pool_options {
        sys::dry_object_pool_options {
            struct_size: struct_size::<sys::dry_object_pool_options>(),
            flags: self.flags.bits(),
            object_bytes: object_bytes::<T>(),
            capacity: self.capacity,
            align_bytes: align_for::<T>(self.align_bytes),
            destructor: None,
            context: core::ptr::null_mut(),
        }
    }
}

/// Facts on an [`ObjectPool`](crate::ObjectPool).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectPoolStats {
    /// Size of a value.
    pub object_bytes: u64,
    /// From slot to slot.
    pub stride_bytes: u64,
    /// Slots there are.
    pub capacity: u64,
    /// Values in it.
    pub in_use: u64,
    /// The most that were in it at once.
    pub peak: u64,
    /// Values that are gone since creation.
    pub destroyed: u64,
    /// Slots that are not used again: their generations are used up (after 2^31 values), or they were found damaged.
    pub retired: u64,
    /// Requests that found no slot.
    pub failures: u64,
    /// All memory of the pool.
    pub size_bytes: u64,
    /// What was asked for and is in force.
    pub granted: MemoryFlags,
    /// What was asked for and is not.
    pub refused: MemoryFlags,
}

impl ObjectPoolStats {
    pub(crate) fn from_raw(raw: sys::dry_object_pool_stats) -> Self {
        ObjectPoolStats {
            object_bytes: raw.object_bytes,
            stride_bytes: raw.stride_bytes,
            capacity: raw.capacity,
            in_use: raw.in_use,
            peak: raw.peak,
            destroyed: raw.destroyed,
            retired: raw.retired,
            failures: raw.failures,
            size_bytes: raw.size_bytes,
            granted: MemoryFlags::from_raw(raw.granted),
            refused: MemoryFlags::from_raw(raw.refused),
        }
    }
}
