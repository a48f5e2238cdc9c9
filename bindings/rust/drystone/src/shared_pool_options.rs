// SPDX-License-Identifier: MIT OR Apache-2.0
//! What shared pool to create, and facts on one.
use crate::error::{check, Result};
use crate::memory::{struct_size, MemoryFlags};
use drystone_sys as sys;

/// What [`SharedPool`](crate::SharedPool) to create.
#[derive(Clone, Debug)]
#[must_use]
pub struct SharedPoolOptions {
    capacity_slots: u64,
    align_bytes: u64,
    caches: u64,
    flags: MemoryFlags,
}

impl SharedPoolOptions {
    /// So many slots: 1 to 2^29.
    pub fn new(capacity_slots: u64) -> Self {
        SharedPoolOptions { capacity_slots, align_bytes: 0, caches: 0, flags: MemoryFlags::NONE }
    }

    /// A power of two up to 4096; 128 keeps objects of different threads apart. By default, or for 0, what the type asks
    /// for, or for bytes the largest that divides their number, 16 at most.
    pub fn align_bytes(mut self, bytes: u64) -> Self {
        self.align_bytes = bytes;
        self
    }

    /// How many caches can be open at once, in all processes: 1 to 4096. By default 64.
    pub fn caches(mut self, caches: u64) -> Self {
        self.caches = caches;
        self
    }

    /// What to ask of the memory; in a region only [`GUARDED`](MemoryFlags::GUARDED) and [`WIPE`](MemoryFlags::WIPE).
    pub fn flags(mut self, flags: MemoryFlags) -> Self {
        self.flags = flags;
        self
    }

    /// How many bytes a pool of objects of so many bytes takes in a region. A part starts on a multiple of 4096, and a region
    /// needs [`RegionOptions::OVERHEAD_BYTES`](crate::RegionOptions::OVERHEAD_BYTES) beside its parts.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument), [`Error::TooLarge`](crate::Error::TooLarge).
    pub fn required_bytes(&self, object_bytes: u64) -> Result<u64> {
        let mut bytes = 0;
        let raw = self.to_raw(object_bytes, self.align_bytes);
        // SAFETY: both pointers are valid for the call.
        check(unsafe { sys::dry_shared_pool_required_bytes(&raw, &mut bytes) })?;
        Ok(bytes)
    }

    pub(crate) fn asked_align_bytes(&self) -> u64 {
        self.align_bytes
    }

    pub(crate) fn to_raw(&self, object_bytes: u64, align_bytes: u64) -> sys::dry_shared_pool_options {
        sys::dry_shared_pool_options {
            struct_size: struct_size::<sys::dry_shared_pool_options>(),
            flags: self.flags.bits(),
            object_bytes,
            capacity_slots: self.capacity_slots,
            align_bytes,
            caches: self.caches,
        }
    }
}

/// Facts on a [`SharedPool`](crate::SharedPool). While others work they are a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedPoolStats {
    /// Size of an object.
    pub object_bytes: u64,
    /// From slot to slot.
    pub stride_bytes: u64,
    /// Slots there are.
    pub capacity_slots: u64,
    /// Slots that are taken.
    pub in_use: u64,
    /// Slots that are free, but in some cache.
    pub cached: u64,
    /// Requests that found no slot.
    pub failures: u64,
    /// Caches that are open, those of dead processes among them.
    pub caches: u64,
    /// Batches that were moved to caches.
    pub refills: u64,
    /// Batches that were moved from caches.
    pub flushes: u64,
    /// All memory of the pool.
    pub size_bytes: u64,
    /// What was asked for and is in force.
    pub granted: MemoryFlags,
    /// What was asked for and is not.
    pub refused: MemoryFlags,
}

impl SharedPoolStats {
    pub(crate) fn from_raw(raw: sys::dry_shared_pool_stats) -> Self {
        SharedPoolStats {
            object_bytes: raw.object_bytes,
            stride_bytes: raw.stride_bytes,
            capacity_slots: raw.capacity_slots,
            in_use: raw.in_use,
            cached: raw.cached,
            failures: raw.failures,
            caches: raw.caches,
            refills: raw.refills,
            flushes: raw.flushes,
            size_bytes: raw.size_bytes,
            granted: MemoryFlags::from_raw(raw.granted),
            refused: MemoryFlags::from_raw(raw.refused),
        }
    }
}
