// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is taken and given back: 64 bytes that are stamped when they are taken. The stamp is checked when they are given
//! back, so no compiler can drop the work, and a subject that hands an object out twice is found out.
use std::mem::MaybeUninit;

pub const OBJECT_BYTES: usize = 64;
const STAMP_BYTES: usize = 16;

/// An object as a type. Behind its stamp it is left as it is.
#[repr(C)]
pub struct Object {
    number: u64,
    inverse: u64,
    rest: MaybeUninit<[u64; 6]>,
}

const _: () = assert!(std::mem::size_of::<Object>() == OBJECT_BYTES);

impl Object {
    #[inline(always)]
    pub fn new(number: u64) -> Self {
        Object { number, inverse: !number, rest: MaybeUninit::uninit() }
    }

    #[inline(always)]
    pub fn stamp(&mut self, number: u64) {
        (self.number, self.inverse) = (number, !number);
        escape(self);
    }

    /// 0 if the object holds that stamp.
    #[inline(always)]
    pub fn unlike(&self, number: u64) -> u64 {
        (self.number ^ number) | (self.inverse ^ !number)
    }
}

/// Stamps an object that is bytes.
#[inline(always)]
pub fn stamp(bytes: &mut [u8], number: u64) {
    bytes[..8].copy_from_slice(&number.to_ne_bytes());
    bytes[8..STAMP_BYTES].copy_from_slice(&(!number).to_ne_bytes());
    escape(bytes);
}

/// 0 if they hold that stamp.
#[inline(always)]
pub fn unlike(bytes: &[u8], number: u64) -> u64 {
    let word = |at: usize| u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    (word(0) ^ number) | (word(8) ^ !number)
}

/// Stamps memory that holds nothing yet.
#[inline(always)]
pub fn stamp_fresh(memory: &mut [MaybeUninit<u8>], number: u64) {
    let stamp = [number, !number];
    // SAFETY: the slice is as long as the stamp, and numbers have no bytes without a value.
    memory[..STAMP_BYTES]
        .copy_from_slice(unsafe { &*std::ptr::from_ref(&stamp).cast::<[MaybeUninit<u8>; STAMP_BYTES]>() });
    escape(memory);
}

/// As [`unlike`], for memory that `stamp_fresh` has stamped.
#[inline(always)]
pub fn unlike_fresh(memory: &[MaybeUninit<u8>], number: u64) -> u64 {
    let stamp = &memory[..STAMP_BYTES];
    // SAFETY: these bytes were written.
    unlike(unsafe { std::slice::from_raw_parts(stamp.as_ptr().cast(), STAMP_BYTES) }, number)
}

/// Keeps the compiler from dropping what was written to `memory`. `black_box` would do so by way of the stack.
#[inline(always)]
pub fn escape<T: ?Sized>(memory: &T) {
    let address = std::ptr::from_ref(memory).cast::<u8>();
    // SAFETY: it does nothing, and is said to look at memory.
    unsafe { std::arch::asm!("/* {0} */", in(reg) address, options(nostack, preserves_flags, readonly)) };
}

/// Between giving back and taking: everything is in memory, as if other code had run. Else the compiler could see that a
/// list of free objects is put together and taken apart again, and do neither.
#[inline(always)]
pub fn settle() {
    // SAFETY: it does nothing, and is said to change memory.
    unsafe { std::arch::asm!("", options(nostack, preserves_flags)) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_found_again_and_no_other() {
        let mut bytes = [0; OBJECT_BYTES];
        assert_ne!(unlike(&bytes, 0), 0);
        stamp(&mut bytes, 7);
        assert!(unlike(&bytes, 7) == 0 && unlike(&bytes, 8) != 0);
        bytes[15] ^= 1;
        assert_ne!(unlike(&bytes, 7), 0);
        let mut memory = [MaybeUninit::uninit(); 20];
        stamp_fresh(&mut memory, 7);
        assert!(unlike_fresh(&memory, 7) == 0 && unlike_fresh(&memory, 6) != 0);
        let mut object = Object::new(7);
        assert!(object.unlike(7) == 0 && object.unlike(8) != 0);
        object.stamp(9);
        assert_eq!(object.unlike(9), 0);
    }
}
