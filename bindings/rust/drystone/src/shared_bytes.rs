// SPDX-License-Identifier: MIT OR Apache-2.0
//! Copies bytes that other threads and processes may change meanwhile.
//!
//! They are loaded and stored atomically, in words where both ends of a word are inside, so that a race gives a mixture
//! of old and new bytes and nothing worse. Everything is relaxed: whoever hands a slot to somebody else orders that.
use core::sync::atomic::{AtomicU64, AtomicU8, Ordering::Relaxed};

const WORD: usize = core::mem::size_of::<u64>();

/// Lengths of a range's first bytes, whole words, and last bytes.
fn parts(address: usize, length: usize) -> (usize, usize, usize) {
    let head = address.wrapping_neg() % WORD;
    if head >= length {
        return (length, 0, 0);
    }
    let words = (length - head) / WORD;
    (head, words, length - head - words * WORD)
}

/// Copies `out.len()` bytes from `from`.
///
/// # Safety
/// The bytes are valid for reads; nobody writes to them other than atomically, or in another process.
pub(crate) unsafe fn load(from: *const u8, out: &mut [u8]) {
    let (head, words, tail) = parts(from as usize, out.len());
    // SAFETY: the three ranges lie inside of the caller's, and words are aligned.
    unsafe {
        let byte = |at: usize| (*from.add(at).cast::<AtomicU8>()).load(Relaxed);
        for word in 0..words {
            let at = head + word * WORD;
            let value = (*from.add(at).cast::<AtomicU64>()).load(Relaxed);
            out[at..at + WORD].copy_from_slice(&value.to_ne_bytes());
        }
        for at in (0..head).chain(out.len() - tail..out.len()) {
            out[at] = byte(at);
        }
    }
}

/// Copies all of `bytes` to `to`.
///
/// # Safety
/// The bytes are valid for writes; nobody else touches them other than atomically, or in another process.
pub(crate) unsafe fn store(to: *mut u8, bytes: &[u8]) {
    // SAFETY: the caller's promise is passed on.
    unsafe { store_with(to, bytes.len(), |at| bytes[at], |at| word_of(&bytes[at..at + WORD])) }
}

/// Sets `length` bytes at `to` to one value.
///
/// # Safety
/// As [`store`].
pub(crate) unsafe fn fill(to: *mut u8, length: usize, byte: u8) {
    // SAFETY: the caller's promise is passed on.
    unsafe { store_with(to, length, |_| byte, |_| u64::from_ne_bytes([byte; WORD])) }
}

fn word_of(bytes: &[u8]) -> u64 {
    u64::from_ne_bytes(bytes.try_into().expect("a word's bytes"))
}

/// # Safety
/// As [`store`].
#[inline(always)]
unsafe fn store_with(to: *mut u8, length: usize, byte: impl Fn(usize) -> u8, word: impl Fn(usize) -> u64) {
    let (head, words, tail) = parts(to as usize, length);
    // SAFETY: the three ranges lie inside of the caller's, and words are aligned.
    unsafe {
        for at in (0..head).chain(length - tail..length) {
            (*to.add(at).cast::<AtomicU8>()).store(byte(at), Relaxed);
        }
        for number in 0..words {
            let at = head + number * WORD;
            (*to.add(at).cast::<AtomicU64>()).store(word(at), Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_and_length_is_copied_whole_and_alone() {
        let source: Vec<u8> = (1..=64).collect();
        for at in 0..16 {
            for length in 0..40 {
                let mut memory = [0_u8; 64];
                // SAFETY: at most 56 bytes of 64, and nobody else has them.
                unsafe { store(memory.as_mut_ptr().add(at), &source[..length]) };
                assert_eq!(memory[at..at + length], source[..length]);
                assert!(memory[..at].iter().chain(&memory[at + length..]).all(|byte| *byte == 0));
                let mut copy = vec![0; length];
                // SAFETY: as above.
                unsafe { load(memory.as_ptr().add(at), &mut copy) };
                assert_eq!(copy, source[..length]);
                // SAFETY: as above.
                unsafe { fill(memory.as_mut_ptr().add(at), length, 0xab) };
                assert!(memory[at..at + length].iter().all(|byte| *byte == 0xab));
                assert!(memory[..at].iter().chain(&memory[at + length..]).all(|byte| *byte == 0));
            }
        }
    }
}
