// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arenas, scopes and slabs as allocators of containers. Cargo builds this with the feature `allocator-api2` alone.
mod common;

use allocator_api2::alloc::{Allocator, Layout};
use allocator_api2::{boxed::Box, vec::Vec};
use common::Random;
use drystone::{scratch, Arena, ArenaOptions, MemoryFlags, Overflow, Slab, SlabOptions};
use std::mem::MaybeUninit;

fn arena(bytes: u64) -> Arena {
    Arena::create(&ArenaOptions::new(bytes)).unwrap()
}

fn slab(bytes: u64) -> Slab {
    Slab::create(&SlabOptions::new(bytes)).unwrap()
}

fn in_a_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

#[test]
fn what_is_closed_allocates_nothing() {
    let (mut arena, mut slab) = (arena(4096), slab(4096));
    arena.close();
    slab.close();
    assert!((&arena).allocate(Layout::new::<u64>()).is_err());
    assert!((&slab).allocate(Layout::new::<u64>()).is_err());
}

#[test]
fn vectors_and_boxes_live_in_an_arena() {
    let arena = arena(1 << 20);
    let mut numbers = Vec::new_in(&arena);
    numbers.extend(0..1_000_u64);
    // The only block grows in place, so it is where it began.
    assert_eq!(arena.offset_of(&numbers[0]), Some(0));
    let text = Box::new_in(String::from("between"), &arena);
    numbers.extend(1_000..5_000);
    assert!(arena.offset_of(&numbers[0]).unwrap() > 0);
    assert_eq!(numbers.iter().sum::<u64>(), 4_999 * 2_500);
    numbers.truncate(10);
    numbers.shrink_to_fit();
    assert_eq!((numbers.len(), &**text), (10, "between"));
    numbers.clear();
    numbers.shrink_to_fit();
    numbers.push(7);
    assert_eq!(numbers, [7]);
    let units: Vec<(), &Arena> = std::iter::repeat(()).take(100).fold(Vec::new_in(&arena), |mut all, unit| {
        all.push(unit);
        all
    });
    assert_eq!(units.len(), 100);
}

#[test]
fn maps_live_in_an_arena() {
    let seed = std::process::id().into();
    println!("seed {seed}");
    let mut random = Random(seed);
    let mut arena = arena(4 << 20);
    for _ in 0..3 {
        let mut map = hashbrown::HashMap::new_in(&arena);
        let mut expected = std::collections::HashMap::new();
        for _ in 0..5_000 {
            let (key, value) = (random.below(1_000), random.next());
            if random.below(4) == 0 {
                assert_eq!(map.remove(&key), expected.remove(&key));
            } else {
                assert_eq!(map.insert(key, value), expected.insert(key, value));
            }
        }
        assert_eq!(map.len(), expected.len());
        assert!(expected.iter().all(|(key, value)| map.get(key) == Some(value)));
        drop(map);
        arena.reset().unwrap();
    }
}

#[test]
fn containers_in_scopes_and_over_memory() {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut arena = Arena::over(&mut buffer, Overflow::Error, MemoryFlags::NONE).unwrap();
    let mut held = Vec::new_in(&arena);
    held.push(1);
    drop(held);
    let sum: i32 = arena
        .scope(|scope| {
            let mut numbers = Vec::new_in(&*scope);
            numbers.extend([1, 2, 3]);
            numbers.iter().sum()
        })
        .unwrap();
    assert_eq!(sum, 6);
}

#[test]
fn a_container_that_finds_no_room_says_so() {
    let arena = arena(100);
    let mut bytes: Vec<u8, &Arena> = Vec::new_in(&arena);
    bytes.try_reserve_exact(60).unwrap();
    bytes.extend([7; 60]);
    assert!(bytes.try_reserve_exact(1_000).is_err());
    assert_eq!(bytes, [7; 60]);
    assert!(Box::try_new_in([0_u8; 60], &arena).is_err());
    let layout = Layout::from_size_align(8, 8192).unwrap();
    assert!((&arena).allocate(layout).is_err());
}

#[test]
fn containers_give_everything_back() {
    let slab = slab(1 << 20);
    {
        let mut words = Vec::new_in(&slab);
        let mut map = hashbrown::HashMap::new_in(&slab);
        for number in 0..2_000_u64 {
            words.push(Box::new_in(number, &slab));
            map.insert(number, number * number);
            if number % 3 == 0 {
                words.swap_remove(words.len() / 2);
                map.remove(&(number / 2));
            }
        }
        assert!(map.iter().all(|(key, value)| key * key == *value));
        assert!(words.iter().map(|word| **word).max() == Some(1_999));
        words.shrink_to_fit();
        slab.validate().unwrap();
        let stats = slab.stats().unwrap();
        assert!(stats.fallbacks > 0 && stats.in_use > 1_000, "{stats:?}");
    }
    let stats = slab.stats().unwrap();
    assert_eq!((stats.in_use, stats.fallbacks_in_use, stats.free_pages), (0, 0, 256));
}

#[test]
fn memory_of_every_size_and_alignment_is_aligned_and_freed() {
    let slab = slab(1 << 20);
    for align in (0..14).map(|shift| 1 << shift) {
        for size in [0, 1, 7, 64, 4_095, 4_096, 4_097, 100_000] {
            let layout = Layout::from_size_align(size, align).unwrap();
            let block = (&slab).allocate(layout).unwrap();
            assert_eq!((block.cast::<u8>().as_ptr() as usize % align, block.len()), (0, size));
            // SAFETY: so many bytes are there, and they are given back once.
            unsafe {
                block.cast::<u8>().as_ptr().write_bytes(0xff, size);
                (&slab).deallocate(block.cast(), layout);
            }
        }
    }
    let stats = slab.stats().unwrap();
    assert_eq!((stats.in_use, stats.fallbacks_in_use, stats.failures), (0, 0, 0));
    let huge = Layout::from_size_align(isize::MAX as usize - 8191, 8192).unwrap();
    assert!((&slab).allocate(huge).is_err());
}

#[test]
fn a_container_of_an_outer_scope_cannot_grow_in_an_inner_one() {
    in_a_thread(|| {
        scratch::with(|outer| {
            let mut numbers = Vec::new_in(&*outer);
            numbers.push(1);
            scratch::with(|_| assert!(numbers.try_reserve(1_000).is_err())).unwrap();
            numbers.try_reserve(1_000).unwrap();
            numbers.push(2);
            assert_eq!(numbers, [1, 2]);
        })
        .unwrap();
    });
}
