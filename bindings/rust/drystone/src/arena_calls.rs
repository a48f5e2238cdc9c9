// SPDX-License-Identifier: MIT OR Apache-2.0
//! The calls that take memory, which are the same for an arena, its scopes and a scratch's scopes.

/// Memory that is handed out by moving a cursor.
pub(crate) trait Bump {
    /// The arena behind it.
    fn raw(&self) -> *mut drystone_sys::dry_arena;

    /// `Err` while memory must not be taken here.
    fn may_take(&self) -> crate::Result<()>;
}

/// Implements the calls for a type that is a `Bump`. What they lend lives for `$lifetime`.
macro_rules! arena_calls {
    ($lifetime:lifetime) => {
        /// Moves a value into memory of its own, and lends it until that memory is given back.
        ///
        /// Cost: O(1), a few instructions; no allocation. The value's destructor does not run: what owns something beyond
        /// the arena is better kept in a box of the feature `allocator-api2`.
        ///
        /// # Errors
        /// [`Error::Full`](crate::Error::Full), [`Error::OutOfMemory`](crate::Error::OutOfMemory),
        /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) (aligned to more than 4096),
        /// [`Error::Busy`](crate::Error::Busy) (a scratch's inner scope is open), [`Error::Closed`](crate::Error::Closed).
        #[allow(clippy::mut_from_ref)] // no two calls lend the same memory
        #[inline(always)]
        pub fn alloc<T>(&self, value: T) -> $crate::Result<&$lifetime mut T> {
            let place = $crate::arena_calls::take_for::<Self, T>(self)?.as_ptr();
            // SAFETY: fresh memory for a T, which nobody else has until it is given back, after the lifetime.
            unsafe {
                place.write(value);
                Ok(&mut *place)
            }
        }

        /// Copies a slice.
        ///
        /// # Errors
        /// As [`alloc`](Self::alloc).
        #[allow(clippy::mut_from_ref)] // no two calls lend the same memory
        #[inline]
        pub fn alloc_slice<T: Copy>(&self, values: &[T]) -> $crate::Result<&$lifetime mut [T]> {
            let place = $crate::arena_calls::take_many::<Self, T>(self, values.len())?.as_ptr();
            // SAFETY: fresh memory for so many, apart from `values`.
            unsafe {
                place.copy_from_nonoverlapping(values.as_ptr(), values.len());
                Ok(core::slice::from_raw_parts_mut(place, values.len()))
            }
        }

        /// Makes a slice of `length` values, each by a call with its index. Their destructors do not run.
        ///
        /// # Errors
        /// As [`alloc`](Self::alloc).
        ///
        /// # Panics
        /// When `make` does. The memory is given back with the rest.
        #[allow(clippy::mut_from_ref)] // no two calls lend the same memory
        pub fn alloc_slice_with<T>(
            &self,
            length: usize,
            mut make: impl FnMut(usize) -> T,
        ) -> $crate::Result<&$lifetime mut [T]> {
            let place = $crate::arena_calls::take_many::<Self, T>(self, length)?.as_ptr();
            // SAFETY: fresh memory for so many, all of which are written before they are lent.
            unsafe {
                for index in 0..length {
                    place.add(index).write(make(index));
                }
                Ok(core::slice::from_raw_parts_mut(place, length))
            }
        }

        /// Copies a string.
        ///
        /// # Errors
        /// As [`alloc`](Self::alloc).
        #[allow(clippy::mut_from_ref)] // no two calls lend the same memory
        #[inline]
        pub fn alloc_str(&self, text: &str) -> $crate::Result<&$lifetime mut str> {
            let bytes = self.alloc_slice(text.as_bytes())?;
            // SAFETY: the bytes are those of a string.
            Ok(unsafe { core::str::from_utf8_unchecked_mut(bytes) })
        }

        /// Takes `size` bytes at an address that is a multiple of `align`, a power of two up to 4096. What is in them is
        /// left open. Size 0 moves the cursor by padding alone.
        ///
        /// # Errors
        /// As [`alloc`](Self::alloc), and [`Error::InvalidArgument`](crate::Error::InvalidArgument) for another `align`.
        #[allow(clippy::mut_from_ref)] // no two calls lend the same memory
        #[inline]
        pub fn alloc_bytes(
            &self,
            size: usize,
            align: usize,
        ) -> $crate::Result<&$lifetime mut [core::mem::MaybeUninit<u8>]> {
            let place = $crate::arena_calls::take(self, size, align)?;
            // SAFETY: fresh memory of that size.
            Ok(unsafe { core::slice::from_raw_parts_mut(place.as_ptr().cast(), size) })
        }

        /// As [`alloc_bytes`](Self::alloc_bytes), of zeros.   Cost: O(size).
        ///
        /// # Errors
        /// As [`alloc_bytes`](Self::alloc_bytes).
        #[allow(clippy::mut_from_ref)] // no two calls lend the same memory
        pub fn alloc_zeroed(&self, size: usize, align: usize) -> $crate::Result<&$lifetime mut [u8]> {
            let place = $crate::arena_calls::take_zeroed(self, size, align)?.as_ptr();
            // SAFETY: fresh memory of that size, which holds zeros.
            Ok(unsafe { core::slice::from_raw_parts_mut(place, size) })
        }

        /// Sees to it that `size` more bytes can be taken at that alignment without a failure or a system call: for a
        /// batch that must not stop half-way. Takes nothing.
        ///
        /// # Errors
        /// As [`alloc_bytes`](Self::alloc_bytes), with [`Error::Full`](crate::Error::Full) whatever is to happen on
        /// overflow.
        pub fn ensure(&self, size: usize, align: usize) -> $crate::Result<()> {
            $crate::arena_calls::ensure(self, size, align)
        }
    };
}
pub(crate) use arena_calls;

use crate::error::{check, Result};
use crate::inline;
use core::mem::{align_of, size_of};
use core::ptr::{self, NonNull};
use drystone_sys as sys;

#[inline(always)]
pub(crate) fn take_for<B: Bump + ?Sized, T>(bump: &B) -> Result<NonNull<T>> {
    bump.may_take()?;
    // SAFETY: a Bump belongs to one thread, and its arena is a handle.
    match unsafe { inline::arena_take_for::<T>(bump.raw()) } {
        Some(place) => Ok(place.cast()),
        None => take_slow(bump.raw(), size_of::<T>(), align_of::<T>()).map(NonNull::cast),
    }
}

#[inline(always)]
pub(crate) fn take_many<B: Bump + ?Sized, T>(bump: &B, count: usize) -> Result<NonNull<T>> {
    // A product that overflows is more than any arena has.
    let size = count.saturating_mul(size_of::<T>());
    take(bump, size, align_of::<T>()).map(NonNull::cast)
}

#[inline(always)]
pub(crate) fn take<B: Bump + ?Sized>(bump: &B, size: usize, align: usize) -> Result<NonNull<u8>> {
    bump.may_take()?;
    // SAFETY: as in `take_for`.
    match unsafe { inline::arena_take(bump.raw(), size, align) } {
        Some(place) => Ok(place),
        None => take_slow(bump.raw(), size, align),
    }
}

#[cold]
#[inline(never)]
fn take_slow(arena: *mut sys::dry_arena, size: usize, align: usize) -> Result<NonNull<u8>> {
    let mut memory = ptr::null_mut();
    // SAFETY: the callers pass a handle that their thread has to itself.
    check(unsafe { sys::dry_arena_alloc(arena, size as u64, align as u64, &mut memory) })?;
    Ok(address(memory))
}

pub(crate) fn take_zeroed<B: Bump + ?Sized>(bump: &B, size: usize, align: usize) -> Result<NonNull<u8>> {
    bump.may_take()?;
    let mut memory = ptr::null_mut();
    // SAFETY: as in `take_for`. The library knows which memory is zero already.
    check(unsafe { sys::dry_arena_alloc_zeroed(bump.raw(), size as u64, align as u64, &mut memory) })?;
    Ok(address(memory))
}

fn address(memory: *mut core::ffi::c_void) -> NonNull<u8> {
    NonNull::new(memory.cast()).expect("memory that was taken has an address")
}

pub(crate) fn ensure<B: Bump + ?Sized>(bump: &B, size: usize, align: usize) -> Result<()> {
    bump.may_take()?;
    // SAFETY: as in `take_for`.
    check(unsafe { sys::dry_arena_ensure(bump.raw(), size as u64, align as u64) })
}
