// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random numbers and orders, the same for the same seed; ../README.md defines them.

/// The finaliser of SplitMix64.
#[must_use]
pub fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// SplitMix64.
pub struct Random(u64);

impl Random {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    pub fn below(&mut self, bound: u64) -> usize {
        (self.draw() % bound) as usize
    }

    /// Fisher and Yates.
    pub fn shuffle(&mut self, order: &mut [u32]) {
        for index in (1..order.len()).rev() {
            order.swap(index, self.below(index as u64 + 1));
        }
    }

    /// Sattolo's shuffle of 0 .. length - 1: one cycle through all of them.
    #[must_use]
    pub fn cycle(&mut self, length: u32) -> Vec<u32> {
        let mut next: Vec<u32> = (0..length).collect();
        for index in (1..length).rev() {
            next.swap(index as usize, self.below(index.into()));
        }
        next
    }
}

/// A random permutation of 0 .. length - 1.
#[must_use]
pub fn shuffled(length: usize, seed: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..length as u32).collect();
    Random::new(mix(seed)).shuffle(&mut order);
    order
}
