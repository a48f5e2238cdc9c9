// SPDX-License-Identifier: MIT OR Apache-2.0
//! Types of which all bytes make a value.

/// Types of which any bytes make a value: numbers and arrays of them.
///
/// # Safety
/// Every pattern of bits is a value of the type, padding aside. A struct of numbers with `#[repr(C)]` fulfils that; `bool`,
/// `char`, references and most enums do not.
///
/// ```
/// use drystone::Plain;
///
/// #[derive(Clone, Copy)]
/// #[repr(C)]
/// struct Sample {
///     at: u64,
///     level: f32,
/// }
///
/// // SAFETY: two numbers, which can be anything.
/// unsafe impl Plain for Sample {}
/// ```
pub unsafe trait Plain: Copy + Send + Sync + 'static {}

macro_rules! plain {
    ($($number:ty)*) => {
        $(
            // SAFETY: all bits of a number are free.
            unsafe impl Plain for $number {}
        )*
    };
}

plain!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);

// SAFETY: an array is its elements, one after the other.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}
