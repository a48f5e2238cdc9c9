// SPDX-License-Identifier: MIT OR Apache-2.0
//! Somebody writes nonsense into a region while its blocks are in use: calls fail or answer nonsense, and nothing worse.
mod common;

use common::{Folder, Random};
use drystone::{
    Backing, ErrorKind, IndexMap, IndexMapOptions, Pool, PoolOptions, Region, RegionOptions, Result, SharedPool,
    SharedPoolOptions, Slot,
};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};

/// What nonsense may be answered with.
fn bear<T>(result: Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            let known = [
                ErrorKind::Full,
                ErrorKind::Stale,
                ErrorKind::Foreign,
                ErrorKind::Corrupt,
                ErrorKind::Busy,
                ErrorKind::AlreadyExists,
                ErrorKind::NotFound,
            ];
            assert!(known.contains(&error.kind()), "{error}");
            None
        }
    }
}

fn use_pool(region: &Region, random: &mut Random) {
    let mut pool = Pool::open(region, "pool").unwrap();
    let mut bytes = [0; 48];
    for _ in 0..4_000 {
        let slot = bear(pool.acquire()).unwrap_or(Slot::new(random.below(120) as u32));
        bear(pool.write(slot, 0, &bytes));
        bear(pool.read(slot, 0, &mut bytes));
        bear(pool.fill(slot, 7));
        if random.below(3) > 0 {
            bear(pool.release(Slot::new(random.below(120) as u32)));
        }
        if random.below(100) == 0 {
            let _ = pool.used().count();
            bear(pool.validate());
            bear(pool.stats());
        }
    }
}

fn use_shared_pool(region: &Region, random: &mut Random) {
    let pool = SharedPool::open(region, "shared").unwrap();
    let Some(cache) = bear(pool.cache()) else { return };
    let mut bytes = [0; 48];
    for _ in 0..8_000 {
        let slot = bear(cache.acquire()).unwrap_or(Slot::new(random.below(320) as u32));
        bear(pool.write(slot, 0, &bytes));
        bear(pool.read(slot, 0, &mut bytes));
        if random.below(3) > 0 {
            bear(cache.release(Slot::new(random.below(320) as u32)));
        }
        if random.below(10) == 0 {
            bear(cache.flush());
            bear(pool.acquire());
            bear(pool.release(slot));
        }
    }
}

fn use_index_map(region: &Region, random: &mut Random) {
    let mut map = IndexMap::open(region, "map").unwrap();
    for _ in 0..8_000 {
        bear(map.acquire());
        bear(map.release(random.below(5_000) as u32));
        bear(map.next_used(random.below(5_000) as u32));
        if random.below(100) == 0 {
            let _ = map.used().take(6_000).count();
            bear(map.validate());
        }
    }
}

#[test]
fn nonsense_in_a_region_is_borne() {
    let seed = std::process::id().into();
    println!("seed {seed}");
    let mut random = Random(seed);
    for (part, work) in
        [("pool", use_pool as fn(&Region, &mut Random)), ("shared", use_shared_pool), ("map", use_index_map)]
    {
        let folder = Folder::new();
        let path = folder.join("r");
        let region = Region::create(&RegionOptions::new(Backing::File(&path), 1 << 20)).unwrap();
        Pool::create_in(&region, "pool", &PoolOptions::new(48, 100)).unwrap();
        SharedPool::create_in(&region, "shared", 48, &SharedPoolOptions::new(300).caches(8)).unwrap();
        IndexMap::create_in(&region, "map", &IndexMapOptions::new(5_000)).unwrap();
        let range = region.find_part(part).unwrap().unwrap();
        let file = std::fs::File::options().read(true).write(true).open(&path).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (file, done, mut hostile) = (&file, &done, Random(random.next()));
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    // Most of it where the structure is, at the part's beginning, behind its checked geometry.
                    let room = if hostile.next() % 2 == 0 { 2_000 } else { range.size_bytes - 72 };
                    let at = 72 + hostile.below(room);
                    file.write_all_at(&[hostile.next() as u8], range.offset + at).unwrap();
                    std::thread::yield_now();
                }
            });
            work(&region, &mut random);
            done.store(true, Ordering::Relaxed);
        });
    }
}
