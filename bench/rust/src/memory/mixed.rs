// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects of mixed sizes.
use crate::hands::Live;
use crate::object::{settle, stamp_fresh, unlike_fresh};
use crate::refused::must;
use crate::session::{whole, Found, Session};
use allocator_api2::alloc::{Allocator, Global};
use allocator_api2::boxed::Box;
use drystone::{MemoryFlags, Slab, SlabOptions};
use drystone_bench::random::{shuffled, Random};
use drystone_bench::times::OwnTime;
use std::mem::MaybeUninit;

const OPERATION: &str = "slab_mixed";

pub fn in_slab(session: &mut Session) {
    if session.wants(OPERATION) {
        // Room for all of them at the largest size.
        let options = SlabOptions::new(session.live() as u64 * 4096).flags(MemoryFlags::PREFAULT);
        mixed(session, &must("Slab::create", Slab::create(&options)));
    }
}

pub fn in_heap(session: &mut Session) {
    if session.wants(OPERATION) {
        mixed(session, Global);
    }
}

/// Bytes that are not filled.
type Object<A> = Box<[MaybeUninit<u8>], A>;

/// All powers of two from 16 to 2,048 equally often, and up to as much again: 16 to 4,095 bytes.
fn sizes(count: usize, seed: u64) -> Vec<u32> {
    let mut random = Random::new(seed);
    let mut size = || {
        let power = 16 << random.below(8);
        power + random.below(power.into()) as u32
    };
    (0..count).map(|_| size()).collect()
}

#[inline(always)]
fn take<A: Allocator>(heap: A, size: u32, number: u32) -> Object<A> {
    let mut object = Box::new_uninit_slice_in(size as usize, heap);
    stamp_fresh(&mut object, number.into());
    object
}

/// # Safety
/// There is something in all of these places.
#[inline(never)]
unsafe fn mixed_pass<A: Allocator + Copy>(heap: A, live: &mut Live<Object<A>>, order: &[u32], sizes: &[u32]) -> u64 {
    let mut wrong = 0;
    for (at, size) in order.iter().zip(sizes) {
        // SAFETY: the caller's promise.
        let object = unsafe { live.take(*at as usize) };
        wrong |= unlike_fresh(&object, u64::from(*at));
        drop(object);
        settle();
        // SAFETY: it was there just now.
        unsafe { live.put(*at as usize, take(heap, *size, *at)) };
    }
    wrong
}

/// A random one of the live objects is given back, and one of another size taken.
fn mixed<A: Allocator + Copy>(session: &mut Session, heap: A) {
    let count = session.live();
    let order = shuffled(count, session.settings.seed);
    let sizes = sizes(2 * count, session.settings.seed);
    let mut live = Live::new(count);
    for (at, size) in (0..count as u32).zip(&sizes) {
        // SAFETY: there are so many places.
        unsafe { live.put(at as usize, take(heap, *size, at)) };
    }
    let (mut found, mut from) = (Found::default(), 0);
    session.measure(OPERATION, |operations| {
        let rounds = whole(operations, count);
        let start = OwnTime::now();
        for _ in 0..rounds {
            // Each pass begins elsewhere in the sizes, so that an object's size changes from pass to pass.
            from = (from + 7919) % count;
            // SAFETY: there is something in all places, and will be.
            found.wrong |= unsafe { mixed_pass(heap, &mut live, &order, &sizes[from..from + count]) };
        }
        found.checked += rounds * count as u64;
        (rounds * count as u64, start.elapsed())
    });
    // SAFETY: as above.
    (0..count).for_each(|at| drop(unsafe { live.take(at) }));
    session.done(OPERATION, &found);
}
