// SPDX-License-Identifier: MIT OR Apache-2.0
//! Index maps: against a model, in regions.
mod common;

use common::{memory_region, Folder, Random};
use drystone::{Backing, ErrorKind, IndexMap, IndexMapOptions, Mode, PartKind, Region, RegionOptions};
use std::collections::BTreeSet;

fn kind<T: std::fmt::Debug>(result: drystone::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

fn map(capacity: u64) -> IndexMap {
    IndexMap::create(&IndexMapOptions::new(capacity)).unwrap()
}

#[test]
fn a_map_does_what_a_set_would() {
    let seed = std::process::id().into();
    println!("seed {seed}");
    let mut random = Random(seed);
    for capacity in [1, 63, 64, 65, 300, 5_000] {
        let (mut map, mut used) = (map(capacity), BTreeSet::new());
        for _ in 0..5_000 {
            let index = random.below(capacity) as u32;
            match random.below(6) {
                0 | 1 => {
                    let lowest = (0..capacity as u32).find(|index| !used.contains(index));
                    assert_eq!(map.next_free(0).unwrap(), lowest);
                    match lowest {
                        Some(lowest) => assert_eq!(map.acquire().unwrap(), lowest),
                        None => assert_eq!(kind(map.acquire()), ErrorKind::Full),
                    }
                    used.extend(lowest);
                }
                2 if used.contains(&index) => assert_eq!(kind(map.acquire_at(index)), ErrorKind::AlreadyExists),
                2 => {
                    map.acquire_at(index).unwrap();
                    used.insert(index);
                }
                3 | 4 if used.remove(&index) => map.release(index).unwrap(),
                3 | 4 => assert_eq!(kind(map.release(index)), ErrorKind::Stale),
                _ => {
                    assert_eq!(map.contains(index).unwrap(), used.contains(&index));
                    assert_eq!(map.next_used(index).unwrap(), used.range(index..).next().copied());
                }
            }
        }
        let listed = map.used().collect::<Result<Vec<_>, _>>().unwrap();
        assert!(listed.iter().eq(&used));
        let mut out = vec![0; used.len() + 5];
        assert_eq!(map.list(0, &mut out).unwrap(), used.len());
        assert_eq!(out[..used.len()], listed);
        assert_eq!(map.stats().unwrap().in_use, used.len() as u64);
        map.validate().unwrap();
        map.repair().unwrap();
        map.reset().unwrap();
        assert_eq!(map.next_used(0).unwrap(), None);
    }
}

#[test]
fn wrong_indices_and_sizes_are_refused() {
    let mut map = map(100);
    for wrong in [100, u32::MAX] {
        assert_eq!(kind(map.release(wrong)), ErrorKind::InvalidArgument);
        assert_eq!(kind(map.contains(wrong)), ErrorKind::InvalidArgument);
        assert_eq!(kind(map.acquire_at(wrong)), ErrorKind::InvalidArgument);
        assert_eq!(map.next_used(wrong).unwrap(), None);
    }
    let mut indices = [0; 60];
    map.acquire_many(&mut indices).unwrap();
    assert_eq!((indices[0], indices[59]), (0, 59));
    assert_eq!(kind(map.acquire_many(&mut [0; 41])), ErrorKind::Full);
    assert_eq!(map.stats().unwrap().in_use, 60);
    assert_eq!(kind(IndexMap::create(&IndexMapOptions::new(0))), ErrorKind::InvalidArgument);
    assert_eq!(kind(IndexMap::create(&IndexMapOptions::new((1 << 24) + 1))), ErrorKind::TooLarge);
}

#[test]
fn a_part_is_found_again() {
    let folder = Folder::new();
    let path = folder.join("r");
    let place = Backing::File(&path);
    {
        let region = Region::create(&RegionOptions::new(place, 1 << 20)).unwrap();
        let mut map = IndexMap::create_in(&region, "seats", &IndexMapOptions::new(10_000)).unwrap();
        map.acquire_many(&mut [0; 5_000]).unwrap();
        map.release(1_234).unwrap();
        assert_eq!(region.find_part("seats").unwrap().unwrap().kind, PartKind::IndexMap);
    }
    let region = Region::open(place, Mode::Write).unwrap();
    let mut map = IndexMap::open(&region, "seats").unwrap();
    assert_eq!((map.acquire().unwrap(), map.acquire().unwrap()), (1_234, 5_000));
    let reading = Region::open(place, Mode::Read).unwrap();
    let mut reader = IndexMap::open(&reading, "seats").unwrap();
    assert!(reader.contains(5_000).unwrap());
    assert_eq!(kind(reader.acquire()), ErrorKind::ReadOnly);
    assert_eq!(kind(reader.release(1)), ErrorKind::ReadOnly);
    assert_eq!(kind(reader.reset()), ErrorKind::ReadOnly);
    assert_eq!(kind(drystone::Pool::open(&region, "seats")), ErrorKind::TypeMismatch);
    region.verify().unwrap();
}

#[test]
fn handles_of_one_part_may_be_in_two_threads() {
    let region = memory_region();
    let first = IndexMap::create_in(&region, "seats", &IndexMapOptions::new(10_000)).unwrap();
    let second = IndexMap::open(&region, "seats").unwrap();
    std::thread::scope(|scope| {
        for mut map in [first, second] {
            scope.spawn(move || {
                for _ in 0..4_000 {
                    let index = map.acquire().unwrap();
                    if index % 2 == 0 {
                        map.release(index).unwrap();
                        map.acquire().unwrap();
                    }
                }
            });
        }
    });
    let map = IndexMap::open(&region, "seats").unwrap();
    assert_eq!(map.stats().unwrap().in_use, 8_000);
    map.validate().unwrap();
}

#[test]
fn closing_a_map_or_its_region_closes_it() {
    let mut region = memory_region();
    let (mut part, mut private) = (IndexMap::create_in(&region, "m", &IndexMapOptions::new(10)).unwrap(), map(10));
    region.close();
    private.close();
    for map in [&mut part, &mut private] {
        assert_eq!(kind(map.acquire()), ErrorKind::Closed);
        assert_eq!(kind(map.acquire_at(1)), ErrorKind::Closed);
        assert_eq!(kind(map.acquire_many(&mut [0])), ErrorKind::Closed);
        assert_eq!(kind(map.release(1)), ErrorKind::Closed);
        assert_eq!(kind(map.contains(1)), ErrorKind::Closed);
        assert_eq!(kind(map.next_used(1)), ErrorKind::Closed);
        assert_eq!(kind(map.next_free(1)), ErrorKind::Closed);
        assert_eq!(kind(map.list(0, &mut [0])), ErrorKind::Closed);
        assert_eq!(kind(map.used().next().unwrap()), ErrorKind::Closed);
        assert_eq!(kind(map.reset()), ErrorKind::Closed);
        assert_eq!(kind(map.repair()), ErrorKind::Closed);
        assert_eq!(kind(map.validate()), ErrorKind::Closed);
        assert_eq!(kind(map.stats()), ErrorKind::Closed);
        map.close();
    }
}
