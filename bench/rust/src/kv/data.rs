// SPDX-License-Identifier: MIT OR Apache-2.0
//! The keys, values and orders that every language's programs use; ../../README.md defines them.
use drystone_bench::random::{mix, Random};

pub type Key = [u8; 16];
pub type Value = [u8; 64];

/// Which word of a value says whose it is, and which when it was written.
pub const INDEX_WORD: usize = 2;
pub const STAMP_WORD: usize = 3;

/// A number that tells the random orders of the operations apart.
#[derive(Clone, Copy)]
pub enum Purpose {
    Insert = 1,
    Update,
    Hit,
    Miss,
    Leave,
    Enter,
    Churn,
}

fn bytes_of<const BYTES: usize>(words: &[u64]) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    for (chunk, word) in bytes.chunks_exact_mut(8).zip(words) {
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

pub fn word(value: &[u8], index: usize) -> u64 {
    u64::from_le_bytes(value[index * 8..index * 8 + 8].try_into().expect("eight bytes"))
}

pub fn xor_of(value: &Value) -> u64 {
    (0..8).fold(0, |sum, index| sum ^ word(value, index))
}

pub fn key_of(index: u64) -> Key {
    bytes_of(&[mix(2 * index + 1), mix(2 * index + 2)])
}

/// The key that the value names as the next one to look up.
pub fn next_key(value: &Value) -> Key {
    value[..16].try_into().expect("a value is longer than a key")
}

pub struct Data {
    keys: u64,
    seed: u64,
    next: Vec<u32>,
}

impl Data {
    pub fn new(keys: u64, seed: u64) -> Self {
        Data { keys, seed, next: Random::new(seed).cycle(keys as u32) }
    }

    pub fn next_of(&self, index: u64) -> u64 {
        self.next[index as usize].into()
    }

    /// Keys 0 .. keys - 1 are present and name the next of the cycle; those behind them name themselves.
    pub fn value_of(&self, index: u64, stamp: u64) -> Value {
        let next = if index < self.keys { self.next_of(index) } else { index };
        let own = [mix(index + stamp), mix(index + stamp + 1), mix(index + stamp + 2)];
        let mut words = [mix(2 * next + 1), mix(2 * next + 2), index, stamp, own[0], own[1], own[2], 0];
        words[7] = words.iter().fold(0, |sum, word| sum ^ word);
        bytes_of(&words)
    }

    /// A random permutation of first .. first + keys - 1; each purpose gets an order of its own.
    pub fn order(&self, first: u64, purpose: Purpose) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.keys).map(|index| (first + index) as u32).collect();
        Random::new(mix(self.seed).wrapping_add(purpose as u64)).shuffle(&mut order);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cycle_visits_every_key_once() {
        let data = Data::new(1_000, 7);
        let mut seen = vec![false; 1_000];
        let mut at = 0;
        for _ in 0..1_000 {
            assert!(!std::mem::replace(&mut seen[at as usize], true));
            at = data.next_of(at);
        }
        assert_eq!(at, 0);
    }

    #[test]
    fn values_name_themselves_and_the_next_key_and_add_up() {
        let data = Data::new(100, 1);
        let value = data.value_of(5, 3);
        assert_eq!((word(&value, INDEX_WORD), word(&value, STAMP_WORD), xor_of(&value)), (5, 3, 0));
        assert_eq!(next_key(&value), key_of(data.next_of(5)));
        assert_eq!(next_key(&data.value_of(150, 0)), key_of(150));
    }

    #[test]
    fn orders_are_permutations_and_differ() {
        let data = Data::new(100, 1);
        let (one, two) = (data.order(100, Purpose::Miss), data.order(100, Purpose::Hit));
        assert_ne!(one, two);
        let mut sorted = one;
        sorted.sort_unstable();
        assert_eq!(sorted, (100..200).collect::<Vec<u32>>());
    }
}
