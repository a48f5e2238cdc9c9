// SPDX-License-Identifier: MIT OR Apache-2.0
//! What arena to create, and facts on one.
use crate::memory::{struct_size, MemoryFlags};
use drystone_sys as sys;

/// What becomes of a request for which there is no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// [`Error::Full`](crate::Error::Full).
    #[default]
    Error,
    /// It is served from the heap, until the next reset, and counted.
    Fallback,
    /// What was asked for is printed, and the process aborted.
    Abort,
}

impl Overflow {
    pub(crate) fn number(self) -> u32 {
        match self {
            Overflow::Error => sys::DRY_OVERFLOW_ERROR,
            Overflow::Fallback => sys::DRY_OVERFLOW_FALLBACK,
            Overflow::Abort => sys::DRY_OVERFLOW_ABORT,
        }
    }
}

/// What arena to create.
///
/// ```
/// use drystone::{Arena, ArenaOptions};
///
/// // 16 GiB of addresses, backed by memory as they are used.
/// let arena = Arena::create(&ArenaOptions::new(16 << 30).reserve())?;
/// assert!(arena.stats()?.committed_bytes < 1 << 20);
/// # Ok::<(), drystone::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ArenaOptions {
    capacity_bytes: u64,
    overflow: Overflow,
    flags: MemoryFlags,
    reserve: bool,
    commit_step_bytes: u64,
}

impl ArenaOptions {
    /// Exactly so many bytes, not rounded: 1 to 2^46.
    pub fn new(capacity_bytes: u64) -> Self {
        ArenaOptions {
            capacity_bytes,
            overflow: Overflow::Error,
            flags: MemoryFlags::NONE,
            reserve: false,
            commit_step_bytes: 0,
        }
    }

    /// What becomes of a request for which there is no room. By default an error.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// What to ask of the memory: all but [`TRACK`](MemoryFlags::TRACK).
    pub fn flags(mut self, flags: MemoryFlags) -> Self {
        self.flags = flags;
        self
    }

    /// Takes addresses for the whole capacity now, and backs them with memory as they are used. Nothing ever moves, and a
    /// large capacity costs nothing until it is used.
    pub fn reserve(mut self) -> Self {
        self.reserve = true;
        self
    }

    /// With [`reserve`](ArenaOptions::reserve): how many bytes are backed at a time, 4096 to 2^40, rounded up to pages. By
    /// default 64 KiB, with [`HUGE_PAGES`](MemoryFlags::HUGE_PAGES) 2 MiB.
    pub fn commit_step_bytes(mut self, bytes: u64) -> Self {
        self.commit_step_bytes = bytes;
        self
    }

    pub(crate) fn to_raw(&self) -> sys::dry_arena_options {
        sys::dry_arena_options {
            struct_size: struct_size::<sys::dry_arena_options>(),
            overflow: self.overflow.number(),
            capacity_bytes: self.capacity_bytes,
            flags: self.flags.bits(),
            reserve: u32::from(self.reserve),
            commit_step_bytes: self.commit_step_bytes,
        }
    }
}

/// Facts on an arena.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArenaStats {
    /// All of it, in bytes.
    pub capacity_bytes: u64,
    /// What the cursor has passed, padding included.
    pub used_bytes: u64,
    /// The most that was ever used; a reset leaves it.
    pub peak_bytes: u64,
    /// Usable without another system call.
    pub committed_bytes: u64,
    /// Requests served since creation, fallbacks included.
    pub allocations: u64,
    /// Requests that were refused.
    pub failures: u64,
    /// Requests served from the heap since creation.
    pub fallbacks: u64,
    /// Resets since creation.
    pub resets: u64,
    /// What was asked for and is in force.
    pub granted: MemoryFlags,
    /// What was asked for and is not.
    pub refused: MemoryFlags,
}

impl ArenaStats {
    pub(crate) fn from_raw(raw: sys::dry_arena_stats) -> Self {
        ArenaStats {
            capacity_bytes: raw.capacity_bytes,
            used_bytes: raw.used_bytes,
            peak_bytes: raw.peak_bytes,
            committed_bytes: raw.committed_bytes,
            allocations: raw.allocations,
            failures: raw.failures,
            fallbacks: raw.fallbacks,
            resets: raw.resets,
            granted: MemoryFlags::from_raw(raw.granted),
            refused: MemoryFlags::from_raw(raw.refused),
        }
    }
}
