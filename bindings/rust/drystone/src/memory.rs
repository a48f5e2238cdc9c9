// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every memory block may ask the system for, and how their C handles are held.
use crate::error::{check, Result};
use core::cell::UnsafeCell;
use core::fmt;
use core::ops::{BitOr, BitOrAssign};
use drystone_sys as sys;

/// What a memory block asks of the memory below it.
///
/// The system may refuse huge pages and the like. Then the block works without, and its statistics say what was granted;
/// with [`REQUIRED`](MemoryFlags::REQUIRED) a refusal is [`Error::Unsupported`](crate::Error::Unsupported) instead.
///
/// ```
/// use drystone::{Arena, ArenaOptions, MemoryFlags};
///
/// let flags = MemoryFlags::PREFAULT | MemoryFlags::HUGE_PAGES;
/// let arena = Arena::create(&ArenaOptions::new(4 << 20).flags(flags))?;
/// let stats = arena.stats()?;
/// assert!((stats.granted | stats.refused).contains(flags));
/// # Ok::<(), drystone::Error>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct MemoryFlags(u32);

impl MemoryFlags {
    /// Nothing is asked for.
    pub const NONE: Self = MemoryFlags(0);
    /// Touch every page now: no later call pays for a first touch.
    pub const PREFAULT: Self = MemoryFlags(sys::DRY_MEMORY_PREFAULT);
    /// Transparent huge pages. They pay from some 2 MiB of data that is visited at random.
    pub const HUGE_PAGES: Self = MemoryFlags(sys::DRY_MEMORY_HUGE_PAGES);
    /// Pages on the memory node of the thread that creates the block; implies the first touch now.
    pub const NUMA_LOCAL: Self = MemoryFlags(sys::DRY_MEMORY_NUMA_LOCAL);
    /// What is asked for and refused is an error.
    pub const REQUIRED: Self = MemoryFlags(sys::DRY_MEMORY_REQUIRED);
    /// Canaries around objects and poison in free ones: damage by unsafe code is found at free, at reuse and by
    /// `validate`. On by default with the crate's feature `checked`.
    pub const GUARDED: Self = MemoryFlags(sys::DRY_MEMORY_GUARDED);
    /// Objects are overwritten with zeros when they are freed; the compiler cannot drop it.
    pub const WIPE: Self = MemoryFlags(sys::DRY_MEMORY_WIPE);
    /// Remember where each object was allocated, for the report on leaks; private memory only. On by default with the
    /// crate's feature `checked`.
    pub const TRACK: Self = MemoryFlags(sys::DRY_MEMORY_TRACK);

    const NAMES: [(&'static str, Self); 7] = [
        ("PREFAULT", Self::PREFAULT),
        ("HUGE_PAGES", Self::HUGE_PAGES),
        ("NUMA_LOCAL", Self::NUMA_LOCAL),
        ("REQUIRED", Self::REQUIRED),
        ("GUARDED", Self::GUARDED),
        ("WIPE", Self::WIPE),
        ("TRACK", Self::TRACK),
    ];

    /// Whether all of `other` is in `self`.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The bits as C has them.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    pub(crate) const fn from_raw(bits: u32) -> Self {
        MemoryFlags(bits)
    }
}

impl BitOr for MemoryFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        MemoryFlags(self.0 | other.0)
    }
}

impl BitOrAssign for MemoryFlags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for MemoryFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Self::NAMES.iter().filter(|(_, flag)| self.contains(*flag)).map(|(name, _)| *name);
        f.write_str(names.next().unwrap_or("NONE"))?;
        names.try_for_each(|name| write!(f, " | {name}"))
    }
}

/// The plain C structs that mean something when all their bytes are zero: a closed handle, options that are all default,
/// or results that are not filled in yet.
///
/// # Safety
/// All bits zero is a value of the type.
pub(crate) unsafe trait Zeroed: Sized {
    fn zeroed() -> Self {
        // SAFETY: the promise of the trait.
        unsafe { core::mem::zeroed() }
    }
}

macro_rules! zeroed {
    ($($name:ident)*) => {
        $(
            // SAFETY: integers, pointers and optional function pointers, nothing else.
            unsafe impl Zeroed for sys::$name {}
        )*
    };
}

zeroed! {
    dry_arena dry_arena_options dry_arena_stats
    dry_scratch dry_scratch_options dry_scratch_scope dry_scratch_stats
    dry_pool dry_pool_options dry_pool_stats
    dry_shared_pool dry_shared_pool_options dry_shared_pool_stats dry_shared_pool_cache
    dry_index_map dry_index_map_options dry_index_map_stats
    dry_object_pool dry_object_pool_options dry_object_pool_stats
    dry_buffer_pool dry_buffer_pool_options dry_buffer_pool_stats
    dry_slab dry_slab_options dry_slab_stats
}

/// A C handle. It may move as any value does, and so may what owns it: the library keeps the address of none but a shared
/// pool's handle, whose owner is boxed.
pub(crate) struct Raw<H>(UnsafeCell<H>);

impl<H: Zeroed> Raw<H> {
    /// A closed one, for the library to open.
    pub(crate) fn closed() -> Self {
        Raw(UnsafeCell::new(H::zeroed()))
    }
}

impl<H> Raw<H> {
    #[inline(always)]
    pub(crate) fn get(&self) -> *mut H {
        self.0.get()
    }
}

/// What a statistics call writes.
pub(crate) fn facts<S: Zeroed>(call: impl FnOnce(*mut S) -> sys::dry_status) -> Result<S> {
    let mut raw = S::zeroed();
    check(call(&mut raw))?;
    Ok(raw)
}

/// The size of an options struct, which it starts with.
pub(crate) const fn struct_size<O>() -> u32 {
    core::mem::size_of::<O>() as u32
}

/// The alignment to ask for, so that objects of type `T` are aligned. What is no power of two goes on to the library, which
/// refuses it.
pub(crate) fn align_for<T>(asked: u64) -> u64 {
    // The default divides the size, and is at most 16; so does the type's alignment, where it is no more than that.
    let default_will_do = core::mem::align_of::<T>() <= 16 && core::mem::size_of::<T>() > 0;
    let wrong = asked != 0 && !asked.is_power_of_two();
    if wrong || (asked == 0 && default_will_do) {
        return asked;
    }
    asked.max(core::mem::align_of::<T>() as u64)
}

/// C has no objects without size.
pub(crate) const fn object_bytes<T>() -> u64 {
    let bytes = core::mem::size_of::<T>() as u64;
    if bytes == 0 {
        1
    } else {
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_told_by_name() {
        assert_eq!(format!("{:?}", MemoryFlags::NONE), "NONE");
        let mut flags = MemoryFlags::WIPE | MemoryFlags::PREFAULT;
        flags |= MemoryFlags::TRACK;
        assert_eq!(format!("{flags:?}"), "PREFAULT | WIPE | TRACK");
        assert!(!flags.contains(MemoryFlags::GUARDED | MemoryFlags::WIPE) && !flags.is_empty());
        let all = MemoryFlags::NAMES.iter().fold(MemoryFlags::NONE, |all, (_, flag)| all | *flag);
        assert_eq!(all.bits(), sys::DRY_MEMORY_FLAGS);
    }

    #[test]
    fn alignment_is_the_types_or_more() {
        #[repr(align(64))]
        struct Line;
        assert_eq!(align_for::<u64>(0), 0);
        assert_eq!(align_for::<u64>(2), 8);
        assert_eq!(align_for::<u64>(128), 128);
        assert_eq!(align_for::<u64>(3), 3);
        assert_eq!(align_for::<Line>(0), 64);
        assert_eq!((object_bytes::<Line>(), object_bytes::<()>()), (1, 1));
    }
}
