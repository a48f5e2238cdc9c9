// SPDX-License-Identifier: MIT OR Apache-2.0
//! Slabs: blocks and containers of mixed sizes.
mod common;

use common::Random;
use drystone::{ErrorKind, MemoryFlags, Slab, SlabBlock, SlabOptions};

fn kind<T>(result: drystone::Result<T>) -> ErrorKind {
    match result {
        Ok(_) => panic!("it succeeded"),
        Err(error) => error.kind(),
    }
}

fn slab(bytes: u64) -> Slab {
    Slab::create(&SlabOptions::new(bytes)).unwrap()
}

#[test]
fn requests_get_the_smallest_class_that_holds_them() {
    let slab = slab(1 << 20);
    for (size, class) in [(1, 8), (8, 8), (9, 16), (100, 128), (2_049, 4_096), (4_096, 4_096), (4_097, 0), (1 << 20, 0)]
    {
        let mut block = slab.alloc(size).unwrap();
        assert_eq!((block.class_bytes(), block.size_bytes()), (class, size));
        assert!(slab.bytes(&block).unwrap().iter().all(|byte| *byte == 0));
        slab.bytes_mut(&mut block).unwrap().fill(0xff);
        slab.free(block).unwrap();
    }
    assert_eq!(kind(slab.alloc(0)), ErrorKind::InvalidArgument);
    assert_eq!(kind(slab.alloc(usize::MAX)), ErrorKind::OutOfMemory);
    let stats = slab.stats().unwrap();
    assert_eq!((stats.in_use, stats.fallbacks, stats.fallbacks_in_use, stats.pages), (0, 2, 0, 256));
    assert_eq!(stats.classes.map(|class| class.size_bytes), [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096]);
}

#[test]
fn a_full_slab_says_so_and_pages_change_classes() {
    let slab = slab(3 * 4096);
    let blocks: std::vec::Vec<_> = (0..3).map(|_| slab.alloc(4_096).unwrap()).collect();
    assert_eq!(kind(slab.alloc(8)), ErrorKind::Full);
    for block in blocks {
        slab.free(block).unwrap();
    }
    let small: std::vec::Vec<_> = (0..3 * 512).map(|_| slab.alloc(8).unwrap()).collect();
    assert_eq!(kind(slab.alloc(8)), ErrorKind::Full);
    assert_eq!(slab.stats().unwrap().classes[0].in_use, small.len() as u64);
    slab.validate().unwrap();
}

#[test]
fn blocks_do_not_overlap() {
    let seed = std::process::id().into();
    println!("seed {seed}");
    let mut random = Random(seed);
    let slab = slab(1 << 18);
    let mut live: std::vec::Vec<(SlabBlock, u8)> = std::vec::Vec::new();
    for round in 0..4_000_u32 {
        if random.below(2) == 0 || live.is_empty() {
            let most = 1 << random.below(14);
            match slab.alloc(1 + random.below(most) as usize) {
                Ok(mut block) => {
                    slab.bytes_mut(&mut block).unwrap().fill(round as u8);
                    live.push((block, round as u8));
                }
                Err(error) => assert_eq!(error.kind(), ErrorKind::Full),
            }
        } else {
            let (block, byte) = live.swap_remove(random.below(live.len() as u64) as usize);
            assert!(slab.bytes(&block).unwrap().iter().all(|found| *found == byte));
            slab.free(block).unwrap();
        }
    }
    let stats = slab.stats().unwrap();
    assert_eq!(stats.in_use + stats.fallbacks_in_use, live.len() as u64);
    slab.validate().unwrap();
}

#[test]
fn blocks_of_others_and_from_before_a_reset_are_foreign() {
    let (mut one, two) = (slab(4096), slab(4096));
    let mut block = one.alloc(8).unwrap();
    assert_eq!(kind(two.bytes(&block)), ErrorKind::Foreign);
    assert_eq!(kind(two.bytes_mut(&mut block)), ErrorKind::Foreign);
    assert_eq!(kind(two.free(block)), ErrorKind::Foreign);
    let (mut old, large) = (one.alloc(8).unwrap(), one.alloc(10_000).unwrap());
    one.reset().unwrap();
    assert_eq!(one.stats().unwrap().in_use, 0);
    let again = one.alloc(8).unwrap();
    assert_eq!(kind(one.bytes_mut(&mut old)), ErrorKind::Foreign);
    assert_eq!(kind(one.free(old)), ErrorKind::Foreign);
    assert_eq!(kind(one.bytes(&large)), ErrorKind::Foreign);
    one.close();
    one.close();
    assert_eq!(kind(one.bytes(&again)), ErrorKind::Closed);
    assert_eq!(kind(one.free(again)), ErrorKind::Closed);
    assert_eq!(kind(one.alloc(8)), ErrorKind::Closed);
    assert_eq!(kind(one.reset()), ErrorKind::Closed);
    assert_eq!(kind(one.validate()), ErrorKind::Closed);
    assert_eq!(kind(one.stats()), ErrorKind::Closed);
}

#[test]
fn options_are_refused_by_name() {
    for (options, expected) in [
        (SlabOptions::new(0), ErrorKind::InvalidArgument),
        (SlabOptions::new((1 << 40) + 1), ErrorKind::TooLarge),
        (SlabOptions::new(4096).flags(MemoryFlags::TRACK), ErrorKind::InvalidArgument),
    ] {
        let error = Slab::create(&options).unwrap_err();
        assert_eq!(error.kind(), expected, "{error}");
        assert!(!error.detail().text().is_empty());
    }
}

#[test]
fn a_slab_moves_to_another_thread() {
    let slab = slab(1 << 16);
    let block = slab.alloc(100).unwrap();
    std::thread::spawn(move || slab.free(block).unwrap()).join().unwrap();
}
