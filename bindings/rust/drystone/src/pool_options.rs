// SPDX-License-Identifier: MIT OR Apache-2.0
//! What pool to create, and facts on one.
use crate::error::{check, Result};
use crate::memory::{struct_size, MemoryFlags};
use drystone_sys as sys;

/// What [`Pool`](crate::Pool) to create.
#[derive(Clone, Debug)]
#[must_use]
pub struct PoolOptions {
    object_bytes: u64,
    capacity_slots: u64,
    align_bytes: u64,
    capacity_max_slots: u64,
    chunk_slots: u64,
    flags: MemoryFlags,
}

impl PoolOptions {
    /// So many slots (1 to 2^30) of objects of so many bytes (1 to 2^30).
    pub fn new(object_bytes: u64, capacity_slots: u64) -> Self {
        PoolOptions {
            object_bytes,
            capacity_slots,
            align_bytes: 0,
            capacity_max_slots: 0,
            chunk_slots: 0,
            flags: MemoryFlags::NONE,
        }
    }

    /// A power of two up to 4096; 64 or 128 put each object into cache lines of its own. By default, or for 0, the largest
    /// that divides the object's size, 16 at most.
    pub fn align_bytes(mut self, bytes: u64) -> Self {
        self.align_bytes = bytes;
        self
    }

    /// In private memory: grow to this many slots, `chunk_slots` at a time (for 0 as many as there are). Objects never
    /// move.
    pub fn grow(mut self, capacity_max_slots: u64, chunk_slots: u64) -> Self {
        self.capacity_max_slots = capacity_max_slots;
        self.chunk_slots = chunk_slots;
        self
    }

    /// What to ask of the memory; in a region only [`GUARDED`](MemoryFlags::GUARDED) and [`WIPE`](MemoryFlags::WIPE).
    pub fn flags(mut self, flags: MemoryFlags) -> Self {
        self.flags = flags;
        self
    }

    /// How many bytes such a pool takes in a region. A part starts on a multiple of 4096, and a region needs
    /// [`RegionOptions::OVERHEAD_BYTES`](crate::RegionOptions::OVERHEAD_BYTES) beside its parts.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument), [`Error::TooLarge`](crate::Error::TooLarge).
    pub fn required_bytes(&self) -> Result<u64> {
        let mut bytes = 0;
        // SAFETY: both pointers are valid for the call.
        check(unsafe { sys::dry_pool_required_bytes(&self.to_raw(), &mut bytes) })?;
        Ok(bytes)
    }

    pub(crate) fn to_raw(&self) -> sys::dry_pool_options {
        sys::dry_pool_options {
            struct_size: struct_size::<sys::dry_pool_options>(),
            flags: self.flags.bits(),
            object_bytes: self.object_bytes,
            capacity_slots: self.capacity_slots,
            align_bytes: self.align_bytes,
            capacity_max_slots: self.capacity_max_slots,
            chunk_slots: self.chunk_slots,
        }
    }
}

/// Facts on a [`Pool`](crate::Pool).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// Size of an object.
    pub object_bytes: u64,
    /// From slot to slot.
    pub stride_bytes: u64,
    /// Alignment of the objects.
    pub align_bytes: u64,
    /// Slots there are now.
    pub capacity_slots: u64,
    /// Slots it can grow to.
    pub capacity_max_slots: u64,
    /// Slots in use, withdrawn ones among them.
    pub in_use: u64,
    /// The most that were in use at once; a reset leaves it.
    pub peak: u64,
    /// Requests that found no slot.
    pub failures: u64,
    /// Slots that were found damaged, and are not used again.
    pub withdrawn: u64,
    /// All memory of the pool.
    pub size_bytes: u64,
    /// What was asked for and is in force.
    pub granted: MemoryFlags,
    /// What was asked for and is not.
    pub refused: MemoryFlags,
}

impl PoolStats {
    pub(crate) fn from_raw(raw: sys::dry_pool_stats) -> Self {
        PoolStats {
            object_bytes: raw.object_bytes,
            stride_bytes: raw.stride_bytes,
            align_bytes: raw.align_bytes,
            capacity_slots: raw.capacity_slots,
            capacity_max_slots: raw.capacity_max_slots,
            in_use: raw.in_use,
            peak: raw.peak,
            failures: raw.failures,
            withdrawn: raw.withdrawn,
            size_bytes: raw.size_bytes,
            granted: MemoryFlags::from_raw(raw.granted),
            refused: MemoryFlags::from_raw(raw.refused),
        }
    }
}
