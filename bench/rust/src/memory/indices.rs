// SPDX-License-Identifier: MIT OR Apache-2.0
//! Numbers of which the lowest free one is taken.
use crate::object::settle;
use crate::refused::{must, some};
use crate::session::{whole, Found, Session};
use drystone::{IndexMap, IndexMapOptions, MemoryFlags};
use drystone_bench::random::shuffled;
use drystone_bench::times::OwnTime;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

pub trait Indices {
    /// Numbers from 0 to `count` - 1, all free.
    fn new(count: u32) -> Self;
    /// Takes the lowest free one.
    fn take(&mut self) -> u32;
    fn give(&mut self, index: u32);
}

impl Indices for IndexMap {
    fn new(count: u32) -> Self {
        let options = IndexMapOptions::new(count.into()).flags(MemoryFlags::PREFAULT);
        must("IndexMap::create", IndexMap::create(&options))
    }

    #[inline(always)]
    fn take(&mut self) -> u32 {
        must("acquire", self.acquire())
    }

    #[inline(always)]
    fn give(&mut self, index: u32) {
        must("release", self.release(index));
    }
}

/// The free ones in a heap: the usual way with what the standard library has.
impl Indices for BinaryHeap<Reverse<u32>> {
    fn new(count: u32) -> Self {
        (0..count).map(Reverse).collect()
    }

    #[inline(always)]
    fn take(&mut self) -> u32 {
        some("BinaryHeap", self.pop()).0
    }

    #[inline(always)]
    fn give(&mut self, index: u32) {
        self.push(Reverse(index));
    }
}

/// The free ones in a set, which also knows which they are.
impl Indices for BTreeSet<u32> {
    fn new(count: u32) -> Self {
        (0..count).collect()
    }

    #[inline(always)]
    fn take(&mut self) -> u32 {
        some("BTreeSet", self.pop_first())
    }

    #[inline(always)]
    fn give(&mut self, index: u32) {
        if !self.insert(index) {
            some("BTreeSet", None)
        }
    }
}

#[inline(never)]
fn index_pass<S: Indices>(indices: &mut S, order: &[u32]) -> u64 {
    let mut wrong = 0;
    for index in order {
        indices.give(*index);
        settle();
        wrong |= indices.take() ^ *index;
    }
    u64::from(wrong)
}

/// Of twice as many indices the first half is taken, so the lowest free one is what was just given back.
pub fn random<S: Indices>(session: &mut Session) {
    const OPERATION: &str = "index_random";
    if !session.wants(OPERATION) {
        return;
    }
    let count = session.live();
    let mut indices = S::new(2 * count as u32);
    let order = shuffled(count, session.settings.seed);
    let mut found = Found::default();
    (0..count as u32).for_each(|index| found.wrong |= u64::from(indices.take() ^ index));
    session.measure(OPERATION, |operations| {
        let rounds = whole(operations, count);
        let start = OwnTime::now();
        (0..rounds).for_each(|_| found.wrong |= index_pass(&mut indices, &order));
        found.checked += rounds * count as u64;
        (rounds * count as u64, start.elapsed())
    });
    session.done(OPERATION, &found);
}
