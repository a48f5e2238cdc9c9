// SPDX-License-Identifier: MIT OR Apache-2.0
//! One writer and many readers in threads: nothing torn, nothing lost, nothing used after it went.
mod common;

use common::{is_whole, memory_region, options, stamped, Folder, Random};
use drystone::{Backing, ErrorKind, Kv, KvOptions, KvRead, KvReader, Region, Values};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

const KEYS: u64 = 64;

fn key(index: u64) -> String {
    format!("key-{index}")
}

fn rounds() -> u64 {
    std::env::var("DRYSTONE_STRESS_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(30_000)
}

fn write_until(kv: &Kv, done: &AtomicBool) {
    let mut random = Random(3);
    while !done.load(Ordering::Relaxed) {
        let seed = random.next();
        kv.put(key(seed % KEYS), stamped(seed, (seed >> 32) as usize % 300)).unwrap();
    }
}

fn populate(kv: &Kv) {
    for index in 0..KEYS {
        kv.put(key(index), stamped(index, 50)).unwrap();
    }
}

/// Reads in every way there is, `rounds` times, and checks that all is whole and no version goes back.
fn read_all_ways(read: &KvRead, seed: u64) {
    let mut random = Random(seed);
    let mut versions = vec![0; KEYS as usize];
    let mut values = Values::new();
    let mut buffer = vec![0; 512];
    for round in 0..rounds() {
        let index = random.below(KEYS);
        let name = key(index);
        let (version, bytes) = match round % 5 {
            0 => {
                let value = read.get(&name).unwrap().unwrap();
                (value.version, value.bytes)
            }
            1 => {
                let found = read.get_into(&name, &mut buffer).unwrap().unwrap();
                (found.version, buffer[..found.value_bytes].to_vec())
            }
            2 => match read.try_get(&name, &mut buffer, 3) {
                Ok(found) => {
                    let found = found.unwrap();
                    (found.version, buffer[..found.value_bytes].to_vec())
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::TimedOut);
                    continue;
                }
            },
            3 => {
                read.get_many(&[name.as_str(), "absent"], &mut values).unwrap();
                assert!(values.get(1).unwrap().is_none());
                let value = values.get(0).unwrap().unwrap();
                (value.version, value.bytes.to_vec())
            }
            _ => {
                let view = read.view(&name).unwrap().unwrap();
                let mut bytes = vec![0; view.len()];
                view.copy_to(0, &mut bytes);
                if view.check().is_err() {
                    continue;
                }
                (view.version(), bytes)
            }
        };
        assert!(is_whole(&bytes), "round {round}: torn value of {} bytes", bytes.len());
        assert!(version >= versions[index as usize], "round {round}: version went back");
        versions[index as usize] = version;
    }
    let keys: std::collections::BTreeSet<_> = read.keys().map(|key| key.unwrap()).collect();
    assert_eq!(keys.len() as u64, KEYS);
}

/// Signals the end also when a reader panics, or the writer would go on for ever.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn readers_beside_a_writer_see_whole_values_only() {
    let region = memory_region();
    let kv = Kv::create(&region, "k", &options()).unwrap();
    populate(&kv);
    let reader = KvReader::open(&region, "k").unwrap();
    let done = AtomicBool::new(false);
    let left = AtomicU64::new(3);
    thread::scope(|scope| {
        for seed in 0..3 {
            // A clone that moves in, a shared reference, and a handle of its own.
            let own = if seed == 0 { reader.reader().unwrap() } else { reader.clone() };
            let (done, left, shared) = (&done, &left, &reader);
            scope.spawn(move || {
                let done = Done(done);
                read_all_ways(if seed == 1 { shared } else { &own }, seed);
                if left.fetch_sub(1, Ordering::Relaxed) > 1 {
                    std::mem::forget(done);
                }
            });
        }
        write_until(&kv, &done);
    });
    region.verify().unwrap();
}

#[test]
fn a_writer_moves_to_another_thread_and_lends_its_reads() {
    let kv = Kv::create(&memory_region(), "k", &options()).unwrap();
    let kv = thread::spawn(move || {
        populate(&kv);
        kv
    })
    .join()
    .unwrap();
    let read: &KvRead = &kv;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _done = Done(&done);
            read_all_ways(read, 9);
        });
        write_until(&kv, &done);
    });
}

#[test]
fn verify_and_save_may_run_beside_a_writer_in_another_thread() {
    let folder = Folder::new();
    let region = memory_region();
    let kv = Kv::create(&region, "k", &options()).unwrap();
    populate(&kv);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _done = Done(&done);
            for round in 0..5 {
                region.verify().unwrap();
                let image = folder.join(&format!("image-{round}"));
                region.save(&image).unwrap();
                let copy = Region::load(&image, Backing::Memory).unwrap();
                copy.verify().unwrap();
                for entry in KvReader::open(&copy, "k").unwrap().entries() {
                    assert!(is_whole(&entry.unwrap().value));
                }
            }
        });
        // The writer moves there and back.
        let kv = kv;
        write_until(&kv, &done);
    });
}

#[test]
fn closing_the_region_ends_the_calls_of_all_threads() {
    for _ in 0..30 {
        let mut region = memory_region();
        let kv = Kv::create(&region, "k", &options()).unwrap();
        populate(&kv);
        let reader = kv.reader().unwrap();
        thread::scope(|scope| {
            let own = reader.clone();
            scope.spawn(move || loop {
                match own.get(key(1)) {
                    Ok(value) => assert!(is_whole(&value.unwrap().bytes)),
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Closed);
                        break;
                    }
                }
            });
            scope.spawn(move || {
                let mut random = Random(1);
                loop {
                    match kv.put(key(random.below(KEYS)), stamped(random.next(), 100)) {
                        Ok(_) => {}
                        Err(error) => {
                            assert_eq!(error.kind(), ErrorKind::Closed);
                            break;
                        }
                    }
                }
            });
            thread::yield_now();
            region.close();
        });
        assert_eq!(reader.get(key(1)).unwrap_err().kind(), ErrorKind::Closed);
    }
}

#[test]
fn handles_of_one_writer_in_two_threads_wait_for_one_another() {
    let region = memory_region();
    let one = Kv::create(&region, "k", &options()).unwrap();
    let two = Kv::open(&region, "k").unwrap();
    thread::scope(|scope| {
        for kv in [one, two] {
            scope.spawn(move || {
                for i in 0..5_000 {
                    kv.put(key(i % KEYS), stamped(i, 60)).unwrap();
                }
            });
        }
    });
    let reader = KvReader::open(&region, "k").unwrap();
    assert_eq!(reader.stats().unwrap().version, 10_000);
    assert!(reader.entries().all(|entry| is_whole(&entry.unwrap().value)));
    region.verify().unwrap();
}

#[test]
fn parts_are_opened_and_closed_in_many_threads_at_once() {
    let region = Region::create(&drystone::RegionOptions::new(Backing::Memory, 16 << 20)).unwrap();
    let options = KvOptions::new(10, 1_000);
    thread::scope(|scope| {
        for name in ["a", "b", "c", "d"] {
            let (region, options) = (&region, &options);
            scope.spawn(move || {
                drop(Kv::create(region, name, options).unwrap());
                for _ in 0..200 {
                    let kv = Kv::open(region, name).unwrap();
                    kv.put("k", name).unwrap();
                    let reader = kv.reader().unwrap();
                    drop(kv);
                    assert_eq!(reader.get("k").unwrap().unwrap().bytes, name.as_bytes());
                }
            });
        }
    });
    assert_eq!(region.stats().unwrap().part_count, 4);
    region.verify().unwrap();
}
