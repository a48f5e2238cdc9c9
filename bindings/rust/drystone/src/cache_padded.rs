// SPDX-License-Identifier: MIT OR Apache-2.0
//! A value in cache lines of its own.
use core::ops::{Deref, DerefMut};
use drystone_sys as sys;

/// A value in cache lines of its own, so that threads that write to neighbours do not disturb each other.
///
/// It is aligned to 128 bytes, a pair of cache lines, because processors fetch adjacent lines in pairs. Overhead: up to 127
/// bytes. It is as `Send` and `Sync` as the value is.
///
/// ```
/// use drystone::CachePadded;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// let counts: [CachePadded<AtomicU64>; 2] = Default::default();
/// counts[1].fetch_add(1, Ordering::Relaxed);
/// assert_eq!(counts[1].load(Ordering::Relaxed), 1);
/// assert_eq!(std::mem::size_of_val(&counts), 256);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(align(128))]
pub struct CachePadded<T> {
    value: T,
}

const _: () = assert!(core::mem::align_of::<CachePadded<u8>>() == sys::DRY_CACHE_PAIR_BYTES as usize);

impl<T> CachePadded<T> {
    /// Pads a value.
    pub const fn new(value: T) -> Self {
        CachePadded { value }
    }

    /// The value without its padding.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> From<T> for CachePadded<T> {
    fn from(value: T) -> Self {
        CachePadded::new(value)
    }
}

impl<T> Deref for CachePadded<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for CachePadded<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
