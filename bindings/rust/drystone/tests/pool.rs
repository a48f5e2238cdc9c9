// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pools: against a model, in regions, guarded, tracked.
mod common;

use common::{memory_region, Folder, Random};
use drystone::{Backing, ErrorKind, MemoryFlags, Mode, PartKind, Pool, PoolOptions, Region, RegionOptions, Slot};

fn kind<T: std::fmt::Debug>(result: drystone::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

fn pool(object_bytes: u64, slots: u64) -> Pool {
    Pool::create(&PoolOptions::new(object_bytes, slots)).unwrap()
}

#[test]
fn slots_come_last_freed_first_and_then_in_order() {
    let mut pool = pool(24, 4);
    let slots: Vec<u32> = (0..4).map(|_| pool.acquire().unwrap().number()).collect();
    assert_eq!(slots, [0, 1, 2, 3]);
    assert_eq!(kind(pool.acquire()), ErrorKind::Full);
    pool.release(Slot::new(1)).unwrap();
    pool.release(Slot::new(3)).unwrap();
    assert_eq!((pool.acquire().unwrap().number(), pool.acquire().unwrap().number()), (3, 1));
    pool.reset().unwrap();
    assert_eq!(pool.acquire().unwrap(), Slot::new(0));
    let stats = pool.stats().unwrap();
    assert_eq!((stats.in_use, stats.peak, stats.failures), (1, 4, 1));
    // Canaries need room.
    assert_eq!(stats.stride_bytes == 24, !cfg!(feature = "checked"));
}

#[test]
fn wrong_slots_are_told_apart() {
    let mut pool = pool(16, 10);
    let slot = pool.acquire().unwrap();
    pool.release(slot).unwrap();
    for wrong in [slot, Slot::new(9)] {
        assert_eq!(kind(pool.release(wrong)), ErrorKind::Stale);
        assert_eq!(kind(pool.bytes(wrong)), ErrorKind::Stale);
        assert_eq!(kind(pool.bytes_mut(wrong)), ErrorKind::Stale);
        assert_eq!(kind(pool.read(wrong, 0, &mut [0])), ErrorKind::Stale);
        assert_eq!(kind(pool.write(wrong, 0, &[0])), ErrorKind::Stale);
        assert_eq!(kind(pool.fill(wrong, 0)), ErrorKind::Stale);
    }
    for wrong in [Slot::new(10), Slot::new(u32::MAX)] {
        assert_eq!(kind(pool.release(wrong)), ErrorKind::Foreign);
        assert_eq!(kind(pool.bytes(wrong)), ErrorKind::Foreign);
        assert_eq!(kind(pool.read(wrong, 0, &mut [0])), ErrorKind::Foreign);
    }
    let slot = pool.acquire().unwrap();
    assert_eq!(kind(pool.free_at(8)), ErrorKind::Foreign);
    assert_eq!(kind(pool.free_at(10 * pool.stats().unwrap().stride_bytes)), ErrorKind::Foreign);
    assert_eq!(kind(pool.read(slot, 16, &mut [0])), ErrorKind::InvalidArgument);
    assert_eq!(kind(pool.read(slot, u64::MAX, &mut [0])), ErrorKind::InvalidArgument);
    pool.read(slot, 16, &mut []).unwrap();
    pool.free_at(0).unwrap();
    assert_eq!(pool.stats().unwrap().in_use, 0);
}

#[test]
fn a_pool_does_what_a_list_would() {
    let seed = std::process::id().into();
    println!("seed {seed}");
    let mut random = Random(seed);
    for object_bytes in [1, 7, 24, 64] {
        let mut pool = pool(object_bytes, 100);
        let mut live: Vec<(Slot, u8)> = Vec::new();
        for round in 0..20_000_u32 {
            match random.below(5) {
                way @ (0 | 1) => match if way == 0 { pool.acquire() } else { pool.alloc().map(|(slot, _)| slot) } {
                    Ok(slot) => {
                        assert!(live.iter().all(|(other, _)| *other != slot), "{slot} twice");
                        pool.bytes_mut(slot).unwrap().fill(round as u8);
                        live.push((slot, round as u8));
                    }
                    Err(error) => assert_eq!((error.kind(), live.len()), (ErrorKind::Full, 100)),
                },
                2 | 3 if !live.is_empty() => {
                    let (slot, byte) = live.swap_remove(random.below(live.len() as u64) as usize);
                    assert!(pool.bytes(slot).unwrap().iter().all(|found| *found == byte));
                    pool.release(slot).unwrap();
                    assert_eq!(kind(pool.release(slot)), ErrorKind::Stale);
                }
                _ => assert_eq!(pool.stats().unwrap().in_use, live.len() as u64),
            }
        }
        let mut expected: Vec<Slot> = live.iter().map(|(slot, _)| *slot).collect();
        expected.sort();
        assert_eq!(pool.used().collect::<Result<Vec<_>, _>>().unwrap(), expected);
        pool.validate().unwrap();
    }
}

#[test]
fn a_slot_and_its_bytes_come_in_one_call() {
    for flags in [MemoryFlags::NONE, MemoryFlags::GUARDED] {
        let mut pool = Pool::create(&PoolOptions::new(20, 3).flags(flags)).unwrap();
        let slots = [1, 2, 3].map(|byte| {
            let (slot, bytes) = pool.alloc().unwrap();
            assert_eq!(bytes.len(), 20);
            bytes.fill(byte);
            slot
        });
        assert_eq!(kind(pool.alloc()), ErrorKind::Full);
        pool.release(slots[1]).unwrap();
        let (slot, bytes) = pool.alloc().unwrap();
        bytes.fill(9);
        assert_eq!(slot, slots[1]);
        assert_eq!(slots.map(|slot| pool.bytes(slot).unwrap()), [[1; 20], [9; 20], [3; 20]]);
        let mut both = [Slot::default(); 2];
        assert_eq!(kind(pool.alloc_many(&mut both, |_, _| panic!("there is no slot"))), ErrorKind::Full);
        pool.release_many(&[slots[2], slots[0]]).unwrap();
        pool.alloc_many(&mut both, |index, bytes| bytes.fill(40 + index as u8)).unwrap();
        assert_eq!(both.map(|slot| pool.bytes(slot).unwrap()), [[40; 20], [41; 20]]);
    }
    let region = memory_region();
    let mut part = Pool::create_in(&region, "slots", &PoolOptions::new(20, 3)).unwrap();
    assert_eq!(kind(part.alloc()), ErrorKind::Unsupported);
    assert_eq!(kind(part.alloc_many(&mut [Slot::default()], |_, _| ())), ErrorKind::Unsupported);
    assert_eq!(part.stats().unwrap().in_use, 0);
}

#[test]
fn batches_are_all_or_nothing() {
    let mut pool = pool(8, 10);
    let mut slots = [Slot::default(); 6];
    pool.acquire_many(&mut slots).unwrap();
    assert_eq!(kind(pool.acquire_many(&mut [Slot::default(); 5])), ErrorKind::Full);
    assert_eq!(kind(pool.release_many(&[slots[0], slots[1], slots[0]])), ErrorKind::Stale);
    assert_eq!(pool.stats().unwrap().in_use, 6);
    pool.release_many(&slots).unwrap();
    pool.acquire_many(&mut []).unwrap();
    assert_eq!(pool.stats().unwrap().in_use, 0);
}

#[test]
fn a_pool_grows_and_its_objects_stay() {
    let mut pool = Pool::create(&PoolOptions::new(64, 10).grow(1_000, 50)).unwrap();
    let first = pool.acquire().unwrap();
    let place = pool.bytes(first).unwrap().as_ptr();
    for _ in 1..1_000 {
        pool.acquire().unwrap();
    }
    assert_eq!(kind(pool.acquire()), ErrorKind::Full);
    assert_eq!(pool.bytes(first).unwrap().as_ptr(), place);
    assert_eq!(pool.stats().unwrap().capacity_slots, 1_000);
}

#[test]
fn objects_are_aligned_as_asked() {
    let mut pool = Pool::create(&PoolOptions::new(100, 10).align_bytes(4096)).unwrap();
    for _ in 0..10 {
        let slot = pool.acquire().unwrap();
        let bytes = pool.bytes(slot).unwrap();
        assert_eq!((bytes.as_ptr() as usize % 4096, bytes.len()), (0, 100));
    }
    for (options, expected) in [
        (PoolOptions::new(0, 1), ErrorKind::InvalidArgument),
        (PoolOptions::new(1, 0), ErrorKind::InvalidArgument),
        (PoolOptions::new(1, 1).align_bytes(3), ErrorKind::InvalidArgument),
        (PoolOptions::new(1, 1).align_bytes(8192), ErrorKind::InvalidArgument),
        (PoolOptions::new(1 << 30, 1 << 30), ErrorKind::TooLarge),
        (PoolOptions::new(1, u64::MAX), ErrorKind::TooLarge),
        (PoolOptions::new(1 << 30, 1 << 15), ErrorKind::OutOfMemory),
    ] {
        let error = Pool::create(&options).unwrap_err();
        assert_eq!(error.kind(), expected, "{options:?}: {error}");
    }
}

#[test]
fn wiped_slots_hold_zeros_again() {
    let mut pool = Pool::create(&PoolOptions::new(32, 4).flags(MemoryFlags::WIPE)).unwrap();
    let slot = pool.acquire().unwrap();
    pool.bytes_mut(slot).unwrap().fill(7);
    pool.release(slot).unwrap();
    assert_eq!(pool.acquire().unwrap(), slot);
    assert_eq!(pool.bytes(slot).unwrap(), [0; 32]);
}

#[test]
fn a_guarded_pool_finds_what_unsafe_code_did() {
    let mut pool = Pool::create(&PoolOptions::new(32, 4).flags(MemoryFlags::GUARDED)).unwrap();
    let slot = pool.acquire().unwrap();
    let place = pool.bytes_mut(slot).unwrap().as_mut_ptr();
    pool.validate().unwrap();
    // SAFETY: not sound; what lies behind the object is the pool's own canary, and mapped.
    unsafe { place.add(32).write(1) };
    let error = pool.validate().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.detail().text().contains('0'), "{error}");
    assert_eq!(kind(pool.release(slot)), ErrorKind::Corrupt);
    assert_eq!(pool.stats().unwrap().withdrawn, 1);
    assert_ne!(pool.acquire().unwrap(), slot);
}

#[test]
fn leaks_are_told_with_their_places() {
    let mut pool = Pool::create(&PoolOptions::new(32, 4).flags(MemoryFlags::TRACK)).unwrap();
    pool.acquire_many(&mut [Slot::default(); 3]).unwrap();
    pool.release(Slot::new(1)).unwrap();
    let leaks = pool.leaks().unwrap();
    assert_eq!(leaks.iter().map(|leak| leak.slot).collect::<Vec<_>>(), [0, 2]);
    assert!(leaks.iter().all(|leak| leak.site != 0 && leak.size_bytes == 32), "{leaks:?}");
}

#[test]
fn a_part_is_found_again() {
    let folder = Folder::new();
    let path = folder.join("r");
    let place = Backing::File(&path);
    {
        let region = Region::create(&RegionOptions::new(place, 1 << 20)).unwrap();
        let mut pool = Pool::create_in(&region, "slots", &PoolOptions::new(100, 1_000)).unwrap();
        let slots = [pool.acquire().unwrap(), pool.acquire().unwrap(), pool.acquire().unwrap()];
        pool.write(slots[2], 10, b"stone").unwrap();
        pool.fill(slots[0], 0xab).unwrap();
        pool.release(slots[1]).unwrap();
        assert_eq!(kind(pool.bytes(slots[0])), ErrorKind::Unsupported);
        assert_eq!(kind(Pool::create_in(&region, "slots", &PoolOptions::new(1, 1))), ErrorKind::AlreadyExists);
        assert_eq!(region.find_part("slots").unwrap().unwrap().kind, PartKind::Pool);
    }
    let region = Region::open(place, Mode::Write).unwrap();
    let mut pool = Pool::open(&region, "slots").unwrap();
    assert_eq!(pool.used().map(|slot| slot.unwrap().number()).collect::<Vec<_>>(), [0, 2]);
    let mut bytes = [0; 100];
    pool.read(Slot::new(0), 0, &mut bytes).unwrap();
    assert_eq!(bytes, [0xab; 100]);
    pool.read(Slot::new(2), 9, &mut bytes[..7]).unwrap();
    assert_eq!(&bytes[..7], b"\0stone\0");
    assert_eq!(pool.acquire().unwrap(), Slot::new(1));

    let reading = Region::open(place, Mode::Read).unwrap();
    let mut reader = Pool::open(&reading, "slots").unwrap();
    reader.read(Slot::new(2), 10, &mut bytes[..5]).unwrap();
    assert_eq!(&bytes[..5], b"stone");
    assert_eq!(reader.stats().unwrap().in_use, 3);
    assert_eq!(kind(reader.acquire()), ErrorKind::ReadOnly);
    assert_eq!(kind(reader.release(Slot::new(2))), ErrorKind::ReadOnly);
    assert_eq!(kind(reader.free_at(0)), ErrorKind::ReadOnly);
    assert_eq!(kind(reader.fill(Slot::new(2), 1)), ErrorKind::ReadOnly);
    assert_eq!(kind(reader.write(Slot::new(2), 0, &[1])), ErrorKind::ReadOnly);
    assert_eq!(kind(reader.reset()), ErrorKind::ReadOnly);
    assert_eq!(kind(drystone::Kv::open(&region, "slots")), ErrorKind::TypeMismatch);
    region.verify().unwrap();
}

#[test]
fn handles_of_one_part_may_be_in_two_threads() {
    let region = memory_region();
    let first = Pool::create_in(&region, "slots", &PoolOptions::new(8, 20_000)).unwrap();
    let second = Pool::open(&region, "slots").unwrap();
    std::thread::scope(|scope| {
        for mut pool in [first, second] {
            scope.spawn(move || {
                for round in 0..5_000_u64 {
                    let slot = pool.acquire().unwrap();
                    pool.write(slot, 0, &round.to_le_bytes()).unwrap();
                    if round % 3 == 0 {
                        pool.release(slot).unwrap();
                    }
                }
            });
        }
    });
    let pool = Pool::open(&region, "slots").unwrap();
    assert_eq!(pool.stats().unwrap().in_use, 2 * (5_000 - 1_667));
    pool.validate().unwrap();
}

#[test]
fn closing_a_pool_or_its_region_closes_it() {
    fn all_closed(pool: &mut Pool) {
        let slot = Slot::new(0);
        assert_eq!(kind(pool.acquire()), ErrorKind::Closed);
        assert!(pool.alloc().is_err() && pool.alloc_many(&mut [slot], |_, _| ()).is_err());
        assert_eq!(kind(pool.release(slot)), ErrorKind::Closed);
        assert_eq!(kind(pool.read(slot, 0, &mut [0])), ErrorKind::Closed);
        assert_eq!(kind(pool.write(slot, 0, &[0])), ErrorKind::Closed);
        assert_eq!(kind(pool.fill(slot, 0)), ErrorKind::Closed);
        assert_eq!(kind(pool.acquire_many(&mut [slot])), ErrorKind::Closed);
        assert_eq!(kind(pool.release_many(&[slot])), ErrorKind::Closed);
        assert_eq!(kind(pool.next_used(0)), ErrorKind::Closed);
        assert_eq!(kind(pool.reset()), ErrorKind::Closed);
        assert_eq!(kind(pool.validate()), ErrorKind::Closed);
        assert_eq!(kind(pool.leaks()), ErrorKind::Closed);
        assert_eq!(kind(pool.stats()), ErrorKind::Closed);
        pool.close();
    }
    let mut private = pool(16, 4);
    private.acquire().unwrap();
    private.close();
    all_closed(&mut private);
    assert_eq!(kind(private.bytes(Slot::new(0))), ErrorKind::Closed);
    let mut region = memory_region();
    let mut part = Pool::create_in(&region, "p", &PoolOptions::new(16, 4)).unwrap();
    part.acquire().unwrap();
    region.close();
    all_closed(&mut part);
    assert_eq!(kind(Pool::create_in(&region, "q", &PoolOptions::new(16, 4))), ErrorKind::Closed);
}
