// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a pool of slots can beyond one slot at a time: batches, and memory that nobody has touched.
use crate::hands::Hands;
use crate::object::{stamp, unlike};
use crate::patterns::BURST;
use crate::pools::pool;
use crate::refused::must;
use crate::session::{whole, Found, Session};
use drystone::{MemoryFlags, Pool, Slot};
use drystone_bench::times::OwnTime;
use std::time::Duration;

#[inline(never)]
fn batch_pass(pool: &mut Pool, slots: &mut [Slot; BURST], batches: u64, first: u64) -> u64 {
    let mut wrong = 0;
    for batch in 0..batches {
        let number = first + batch * BURST as u64;
        must("alloc_many", pool.alloc_many(slots, |index, bytes| stamp(bytes, number + index as u64)));
        for (slot, number) in slots.iter().zip(number..) {
            wrong |= unlike(must("bytes", pool.bytes(*slot)), number);
        }
        must("release_many", pool.release_many(slots));
    }
    wrong
}

/// One slot of a batch: 64 are taken in one call, stamped, checked, and given back in one call.
pub fn batch(session: &mut Session) {
    const OPERATION: &str = "pool_batch_64";
    if !session.wants(OPERATION) {
        return;
    }
    let mut pool = pool(session.live(), MemoryFlags::PREFAULT);
    let mut slots = [Slot::default(); BURST];
    let mut found = Found::default();
    session.measure(OPERATION, |operations| {
        let batches = whole(operations, BURST);
        let start = OwnTime::now();
        found.wrong |= batch_pass(&mut pool, &mut slots, batches, found.checked);
        found.checked += batches * BURST as u64;
        (batches * BURST as u64, start.elapsed())
    });
    session.done(OPERATION, &found);
}

/// So many times the live objects, or there would be room for no huge page.
const MANY: usize = 100;

/// All are taken and stamped in a pool that was made just now: the page faults are in it.
pub fn first_touch(session: &mut Session, operation: &str, flags: MemoryFlags) {
    if !session.wants(operation) {
        return;
    }
    let count = MANY * session.live();
    let mut slots = Vec::with_capacity(count);
    let mut found = Found::default();
    session.measure(operation, |operations| {
        let rounds = whole(operations, count);
        let mut taken = Duration::ZERO;
        for _ in 0..rounds {
            let mut pool = pool(count, flags);
            let mut hands = &mut pool;
            slots.clear();
            let start = OwnTime::now();
            for number in 0..count {
                slots.push(hands.take(number as u64));
            }
            taken += start.elapsed();
            found.wrong |= slots.iter().zip(0..).fold(0, |wrong, (slot, number)| wrong | hands.unlike(slot, number));
            found.checked += count as u64;
        }
        (rounds * count as u64, taken)
    });
    session.done(operation, &found);
}
