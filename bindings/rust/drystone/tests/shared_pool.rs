// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shared pools within one process: threads, owners that outlive each other, destructors. Those with others: processes.rs.
mod common;

use common::{memory_region, Folder, Random};
use drystone::{
    Backing, ErrorKind, MemoryFlags, Mode, PartKind, Region, RegionOptions, SharedObject, SharedPool,
    SharedPoolOptions, Slot,
};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{mpsc, Arc};

fn kind<T>(result: drystone::Result<T>) -> ErrorKind {
    match result {
        Ok(_) => panic!("it succeeded"),
        Err(error) => error.kind(),
    }
}

fn values<T>(capacity: u64) -> SharedPool<T> {
    SharedPool::create(&SharedPoolOptions::new(capacity)).unwrap()
}

fn bytes(object_bytes: u64, capacity: u64) -> SharedPool<[u8]> {
    SharedPool::create_bytes(object_bytes, &SharedPoolOptions::new(capacity)).unwrap()
}

/// Counts its destructor's runs.
struct Counted {
    runs: Arc<AtomicU64>,
    panics: bool,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.runs.fetch_add(1, Ordering::Relaxed);
        if self.panics {
            panic!("on purpose");
        }
    }
}

#[test]
fn every_way_to_go_runs_the_destructor_once() {
    let runs = Arc::new(AtomicU64::new(0));
    let value = || Counted { runs: Arc::clone(&runs), panics: false };
    let pool = values(10);
    let other = values(10);
    let cache = pool.cache().unwrap();
    drop(cache.alloc(value()).unwrap());
    drop(pool.alloc(value()).unwrap());
    cache.free(cache.alloc(value()).unwrap()).unwrap();
    cache.free(pool.alloc(value()).unwrap()).unwrap();
    cache.free(other.alloc(value()).unwrap()).unwrap();
    drop(cache.take_out(cache.alloc(value()).unwrap()));
    drop(cache.take_out(other.alloc(value()).unwrap()));
    drop(cache.alloc(value()).unwrap().into_inner());
    assert_eq!(runs.load(Ordering::Relaxed), 8);
    assert_eq!((pool.stats().unwrap().in_use, other.stats().unwrap().in_use), (0, 0));
    cache.flush().unwrap();
    for _ in 0..10 {
        std::mem::forget(pool.alloc(value()).unwrap());
    }
    assert_eq!(kind(cache.alloc(value())), ErrorKind::Full);
    assert_eq!(kind(pool.alloc(value())), ErrorKind::Full);
    // What is refused is dropped; what is leaked is not, also when the pool goes.
    drop((pool, cache));
    assert_eq!(runs.load(Ordering::Relaxed), 10);
}

#[test]
fn a_destructor_that_panics_frees_its_slot() {
    let runs = Arc::new(AtomicU64::new(0));
    let pool = values(1);
    let cache = pool.cache().unwrap();
    for way in 0..2 {
        let object = cache.alloc(Counted { runs: Arc::clone(&runs), panics: true }).unwrap();
        let panicked = catch_unwind(AssertUnwindSafe(|| match way {
            0 => drop(object),
            _ => cache.free(object).unwrap(),
        }));
        assert!(panicked.is_err());
        cache.flush().unwrap();
        assert_eq!(pool.stats().unwrap().in_use, 0);
    }
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    let mut pool = pool;
    drop(cache);
    pool.reset().unwrap();
}

#[test]
fn objects_outlive_pool_and_cache() {
    let objects: Vec<SharedObject<String>> = {
        let pool = values(100);
        let cache = pool.cache().unwrap();
        (0..100).map(|number| cache.alloc(format!("value {number}")).unwrap()).collect()
    };
    assert!(objects.iter().enumerate().all(|(number, object)| **object == format!("value {number}")));
    let threads: Vec<_> = objects.into_iter().map(|object| std::thread::spawn(move || object.len())).collect();
    assert_eq!(threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>(), 10 * 7 + 90 * 8);
}

#[test]
fn a_cache_outlives_its_pools_handles() {
    let pool = values(10);
    let cache = pool.clone().cache().unwrap();
    drop(pool);
    let object = cache.alloc(7).unwrap();
    drop(cache);
    assert_eq!(*object, 7);
}

#[test]
fn a_forgotten_cache_keeps_the_memory_of_its_objects() {
    let pool = values(300);
    let cache = pool.cache().unwrap();
    let objects: Vec<_> = (0..100_u64).map(|number| cache.alloc(number).unwrap()).collect();
    std::mem::forget(cache);
    let mut last = pool.clone();
    drop(pool);
    assert_eq!(kind(last.reset()), ErrorKind::Busy);
    drop(last);
    assert!(objects.iter().zip(0..).all(|(object, number)| **object == number));
    drop(objects);
}

#[test]
fn values_pass_from_threads_to_threads() {
    let runs = Arc::new(AtomicU64::new(0));
    let pool: SharedPool<(u64, Counted)> = SharedPool::create(&SharedPoolOptions::new(2_000).align_bytes(128)).unwrap();
    let (sender, receiver) = mpsc::sync_channel::<SharedObject<(u64, Counted)>>(500);
    let total = std::thread::scope(|scope| {
        for thread in 0..3 {
            let (sender, pool, runs) = (sender.clone(), pool.clone(), &runs);
            scope.spawn(move || {
                let cache = pool.cache().unwrap();
                for number in 0..5_000 {
                    let counted = Counted { runs: Arc::clone(runs), panics: false };
                    let mut object = cache.alloc((number, counted)).unwrap();
                    assert_eq!(&*object as *const _ as usize % 128, 0);
                    object.0 += thread;
                    if number % 7 == 0 {
                        cache.free(object).unwrap();
                    } else {
                        sender.send(object).unwrap();
                    }
                }
            });
        }
        drop(sender);
        let cache = pool.cache().unwrap();
        let mut total = 0;
        for (round, object) in receiver.into_iter().enumerate() {
            total += object.0;
            match round % 3 {
                0 => drop(object),
                _ => cache.free(object).unwrap(),
            }
        }
        total
    });
    let sevenths: u64 = (0..5_000).step_by(7).sum();
    let kept = 5_000 - 5_000_u64.div_ceil(7);
    assert_eq!(total, 3 * (4_999 * 2_500 - sevenths) + 3 * kept);
    assert_eq!(runs.load(Ordering::Relaxed), 15_000);
    assert_eq!(pool.stats().unwrap().in_use, 0);
    pool.validate().unwrap();
}

#[test]
fn many_threads_drop_without_a_cache_at_once() {
    let pool = values(1_024);
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let pool = &pool;
            scope.spawn(move || {
                let cache = pool.cache().unwrap();
                for _ in 0..100 {
                    let objects: Vec<_> = (0..8).map(|number| cache.alloc(thread * 8 + number).unwrap()).collect();
                    std::thread::yield_now();
                    drop(objects);
                }
            });
        }
    });
    assert_eq!(pool.stats().unwrap().in_use, 0);
    pool.validate().unwrap();
}

#[test]
fn values_without_size_and_with_much_alignment() {
    #[repr(align(4096))]
    struct Page(u8);
    #[repr(align(8192))]
    struct TooMuch;
    let units = values::<()>(2);
    let (one, two) = (units.alloc(()).unwrap(), units.alloc(()).unwrap());
    assert_eq!(kind(units.alloc(())), ErrorKind::Full);
    drop((one, two));
    let pages = values(3);
    let objects: Vec<_> = (0..3).map(|number| pages.alloc(Page(number)).unwrap()).collect();
    for (number, object) in objects.iter().enumerate() {
        assert_eq!((object.0 as usize, &**object as *const Page as usize % 4096), (number, 0));
    }
    assert_eq!(kind(SharedPool::<TooMuch>::create(&SharedPoolOptions::new(1))), ErrorKind::InvalidArgument);
    assert_eq!(kind(SharedPool::<u8>::create(&SharedPoolOptions::new(0))), ErrorKind::InvalidArgument);
    assert_eq!(kind(SharedPool::create_bytes(0, &SharedPoolOptions::new(1))), ErrorKind::InvalidArgument);
    assert_eq!(kind(SharedPool::create_bytes(1, &SharedPoolOptions::new(1 << 30))), ErrorKind::TooLarge);
}

#[test]
fn resets_want_to_be_alone() {
    let mut pool = values(10);
    let clone = pool.clone();
    assert_eq!(kind(pool.reset()), ErrorKind::Busy);
    drop(clone);
    let cache = pool.cache().unwrap();
    assert_eq!(kind(pool.reset()), ErrorKind::Busy);
    let object = cache.alloc(7).unwrap();
    drop(cache);
    assert_eq!(kind(pool.reset()), ErrorKind::Busy);
    drop(object);
    pool.reset().unwrap();

    let mut pool = bytes(8, 10);
    pool.acquire().unwrap();
    let cache = pool.cache().unwrap();
    cache.acquire().unwrap();
    assert_eq!(kind(pool.reset()), ErrorKind::Busy);
    assert_eq!(kind(pool.repair()), ErrorKind::Busy);
    drop(cache);
    pool.repair().unwrap();
    assert_eq!(pool.stats().unwrap().in_use, 2);
    pool.reset().unwrap();
    assert_eq!(pool.stats().unwrap().in_use, 0);
}

#[test]
fn slots_of_bytes_are_taken_filled_and_freed() {
    let pool = bytes(20, 200);
    let cache = pool.cache().unwrap();
    let slot = cache.acquire().unwrap();
    pool.fill(slot, 0xab).unwrap();
    pool.write(slot, 3, b"stone").unwrap();
    let mut found = [0; 20];
    pool.read(slot, 0, &mut found).unwrap();
    assert_eq!((&found[..3], &found[3..8], found[19]), (&[0xab; 3][..], &b"stone"[..], 0xab));
    assert_eq!(pool.address(slot).unwrap().len(), 20);
    assert_eq!(kind(pool.read(slot, 1, &mut found)), ErrorKind::InvalidArgument);
    assert_eq!(kind(pool.write(slot, u64::MAX, &[1])), ErrorKind::InvalidArgument);
    cache.adopt(slot).unwrap();
    pool.release(slot).unwrap();
    for result in [
        pool.release(slot),
        cache.release(slot),
        cache.adopt(slot),
        pool.fill(slot, 1),
        pool.write(slot, 0, &[1]),
        pool.read(slot, 0, &mut found),
    ] {
        assert_eq!(kind(result), ErrorKind::Stale);
    }
    for wrong in [Slot::new(200), Slot::new(u32::MAX)] {
        assert_eq!(kind(pool.release(wrong)), ErrorKind::Foreign);
        assert_eq!(kind(cache.release(wrong)), ErrorKind::Foreign);
        assert_eq!(kind(pool.address(wrong)), ErrorKind::Foreign);
    }
    let direct = pool.acquire().unwrap();
    assert_eq!(kind(pool.free_at(1)), ErrorKind::Foreign);
    pool.free_at(u64::from(direct.number()) * 20).unwrap();
    let mut many = [Slot::default(); 150];
    cache.acquire_many(&mut many).unwrap();
    assert_eq!(kind(cache.acquire_many(&mut [Slot::default(); 51])), ErrorKind::Full);
    assert_eq!(kind(cache.release_many(&[many[0], many[0]])), ErrorKind::Stale);
    cache.release_many(&many).unwrap();
    let stats = pool.stats().unwrap();
    assert_eq!((stats.in_use, stats.caches, stats.object_bytes), (0, 1, 20));
    assert!(stats.cached <= 128 && stats.refills > 0);
}

#[test]
fn no_slot_is_given_to_two() {
    let pool = bytes(8, 300);
    let seed: u64 = std::process::id().into();
    println!("seed {seed}");
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let pool = &pool;
            scope.spawn(move || {
                let mut random = Random(seed + thread);
                let cache = pool.cache().unwrap();
                let mut live = Vec::new();
                for round in 0..5_000_u64 {
                    if random.below(2) == 0 && live.len() < 40 {
                        if let Ok(slot) = cache.acquire() {
                            let stamp = thread << 32 | round;
                            pool.write(slot, 0, &stamp.to_le_bytes()).unwrap();
                            live.push((slot, stamp));
                        }
                    } else if !live.is_empty() {
                        let (slot, stamp) = live.swap_remove(random.below(live.len() as u64) as usize);
                        let mut found = [0; 8];
                        pool.read(slot, 0, &mut found).unwrap();
                        assert_eq!(u64::from_le_bytes(found), stamp);
                        match random.below(4) {
                            0 => pool.release(slot),
                            _ => cache.release(slot),
                        }
                        .unwrap();
                    }
                }
                cache.release_many(&live.iter().map(|(slot, _)| *slot).collect::<Vec<_>>()).unwrap();
            });
        }
    });
    assert_eq!(pool.stats().unwrap().in_use, 0);
    pool.validate().unwrap();
}

#[test]
fn caches_are_limited() {
    let pool = SharedPool::<u8>::create(&SharedPoolOptions::new(10).caches(2)).unwrap();
    let (one, two) = (pool.cache().unwrap(), pool.cache().unwrap());
    assert_eq!(kind(pool.cache()), ErrorKind::Full);
    drop(one);
    let three = pool.cache().unwrap();
    assert_eq!(pool.stats().unwrap().caches, 2);
    drop((two, three));
}

#[test]
fn a_part_is_found_again() {
    let folder = Folder::new();
    let path = folder.join("r");
    let place = Backing::File(&path);
    let options = SharedPoolOptions::new(100);
    let region = Region::create(&RegionOptions::new(place, 1 << 20)).unwrap();
    let pool = SharedPool::create_in(&region, "messages", 64, &options).unwrap();
    assert_eq!(region.find_part("messages").unwrap().unwrap().kind, PartKind::SharedPool);
    let cache = pool.cache().unwrap();
    let slot = cache.acquire().unwrap();
    pool.write(slot, 0, b"stone").unwrap();

    let sharing = Region::open(place, Mode::Share).unwrap();
    assert_eq!(sharing.stats().unwrap().mode, Mode::Share);
    let second = SharedPool::open(&sharing, "messages").unwrap();
    let second_cache = second.cache().unwrap();
    let mut found = [0; 5];
    second.read(slot, 0, &mut found).unwrap();
    assert_eq!(&found, b"stone");
    second_cache.release(slot).unwrap();
    assert_eq!(kind(cache.release(slot)), ErrorKind::Stale);
    let other = second_cache.acquire().unwrap();
    second.fill(other, 7).unwrap();
    cache.release(other).unwrap();

    let reading = Region::open(place, Mode::Read).unwrap();
    let mut reader = SharedPool::open(&reading, "messages").unwrap();
    assert_eq!(kind(reader.acquire()), ErrorKind::ReadOnly);
    assert_eq!(kind(reader.release(slot)), ErrorKind::ReadOnly);
    assert_eq!(kind(reader.fill(slot, 1)), ErrorKind::ReadOnly);
    assert_eq!(kind(reader.write(slot, 0, &[1])), ErrorKind::ReadOnly);
    assert_eq!(kind(reader.reset()), ErrorKind::ReadOnly);
    assert_eq!(kind(reader.cache()), ErrorKind::ReadOnly);
    assert_eq!(reader.stats().unwrap().in_use, 0);
    assert_eq!(kind(drystone::Pool::open(&region, "messages")), ErrorKind::TypeMismatch);
    assert_eq!(kind(SharedPool::create_in(&sharing, "more", 8, &options)), ErrorKind::ReadOnly);
}

#[test]
fn closing_a_pool_or_its_region_closes_it() {
    let mut region = memory_region();
    let mut part = SharedPool::create_in(&region, "p", 8, &SharedPoolOptions::new(10)).unwrap();
    let mut cache = part.cache().unwrap();
    let slot = cache.acquire().unwrap();
    region.close();
    for _ in 0..2 {
        assert_eq!(kind(cache.acquire()), ErrorKind::Closed);
        assert_eq!(kind(cache.release(slot)), ErrorKind::Closed);
        assert_eq!(kind(cache.acquire_many(&mut [slot])), ErrorKind::Closed);
        assert_eq!(kind(cache.release_many(&[slot])), ErrorKind::Closed);
        assert_eq!(kind(cache.adopt(slot)), ErrorKind::Closed);
        assert_eq!(kind(cache.flush()), ErrorKind::Closed);
        assert_eq!(kind(part.acquire()), ErrorKind::Closed);
        assert_eq!(kind(part.release(slot)), ErrorKind::Closed);
        assert_eq!(kind(part.free_at(0)), ErrorKind::Closed);
        assert_eq!(kind(part.read(slot, 0, &mut [0])), ErrorKind::Closed);
        assert_eq!(kind(part.write(slot, 0, &[0])), ErrorKind::Closed);
        assert_eq!(kind(part.fill(slot, 0)), ErrorKind::Closed);
        assert_eq!(kind(part.address(slot)), ErrorKind::Closed);
        assert_eq!(kind(part.cache()), ErrorKind::Closed);
        assert_eq!(kind(part.reset()), ErrorKind::Closed);
        assert_eq!(kind(part.repair()), ErrorKind::Closed);
        assert_eq!(kind(part.reclaim()), ErrorKind::Closed);
        assert_eq!(kind(part.validate()), ErrorKind::Closed);
        assert_eq!(kind(part.stats()), ErrorKind::Closed);
        cache.close();
        part.close();
    }
    let mut private = values(10);
    let mut cache = private.cache().unwrap();
    let object = cache.alloc(String::from("kept")).unwrap();
    cache.close();
    assert_eq!(kind(cache.alloc(String::new())), ErrorKind::Closed);
    private.close();
    assert_eq!(kind(private.alloc(String::new())), ErrorKind::Closed);
    assert_eq!(*object, "kept");
    assert_eq!(cache.take_out(object), "kept");
}

#[test]
fn guarded_and_wiped_pools_do_the_same() {
    for flags in [MemoryFlags::GUARDED, MemoryFlags::WIPE, MemoryFlags::GUARDED | MemoryFlags::WIPE] {
        let pool = SharedPool::create(&SharedPoolOptions::new(10).flags(flags)).unwrap();
        let cache = pool.cache().unwrap();
        for number in 0..1_000_u64 {
            let object = cache.alloc(Box::new(number)).unwrap();
            assert_eq!(**object, number);
            cache.free(object).unwrap();
        }
        pool.validate().unwrap();
    }
}
