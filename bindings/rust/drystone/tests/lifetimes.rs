// SPDX-License-Identifier: MIT OR Apache-2.0
//! Handles dropped and closed in every order, and what each answers afterwards.
mod common;

use common::{memory_region, options, Folder};
use drystone::{Backing, ErrorKind, Kv, KvReader, Mode, Region, RegionOptions, Values, View};

fn is_closed<T: std::fmt::Debug>(result: drystone::Result<T>) {
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Closed);
}

fn reads_are_closed(read: &drystone::KvRead) {
    is_closed(read.get("a"));
    is_closed(read.get_into("a", &mut [0; 8]));
    is_closed(read.try_get("a", &mut [0; 8], 1));
    is_closed(read.get_many(&["a"], &mut Values::new()));
    is_closed(read.contains("a"));
    is_closed(read.view("a"));
    is_closed(read.stats());
    is_closed(read.verify());
    is_closed(read.keys().next().unwrap());
    is_closed(read.entries().next().unwrap());
}

fn writes_are_closed(kv: &Kv) {
    is_closed(kv.put("a", "1"));
    is_closed(kv.put_new("a", "1"));
    is_closed(kv.replace("a", "1", 1));
    is_closed(kv.delete("a"));
}

#[test]
fn closing_the_region_closes_everything_opened_from_it() {
    let mut region = memory_region();
    let kv = Kv::create(&region, "k", &options()).unwrap();
    kv.put("a", "1").unwrap();
    let reader = kv.reader().unwrap();
    let clone = reader.clone();
    region.close();
    region.close();
    reads_are_closed(&kv);
    writes_are_closed(&kv);
    reads_are_closed(&reader);
    reads_are_closed(&clone);
    is_closed(kv.reader());
    is_closed(reader.reader());
    is_closed(region.stats());
    is_closed(region.parts());
    is_closed(region.find_part("k"));
    is_closed(region.verify());
    is_closed(Kv::open(&region, "k"));
    is_closed(Kv::create(&region, "l", &options()));
    is_closed(KvReader::open(&region, "k"));
    let folder = Folder::new();
    is_closed(region.save(folder.join("image")));
    assert!(folder.files().is_empty());
}

#[test]
fn a_closed_writer_leaves_its_readers_open() {
    let region = memory_region();
    let mut kv = Kv::create(&region, "k", &options()).unwrap();
    kv.put("a", "1").unwrap();
    let reader = kv.reader().unwrap();
    kv.close();
    kv.close();
    reads_are_closed(&kv);
    writes_are_closed(&kv);
    is_closed(kv.reader());
    assert_eq!(reader.get("a").unwrap().unwrap().bytes, b"1");
}

#[test]
fn a_closed_reader_leaves_its_clones_open() {
    let region = memory_region();
    let kv = Kv::create(&region, "k", &options()).unwrap();
    kv.put("a", "1").unwrap();
    let mut reader = kv.reader().unwrap();
    let clone = reader.clone();
    reader.close();
    reader.close();
    reads_are_closed(&reader);
    is_closed(reader.reader());
    assert_eq!(reader.retries(), 0);
    assert_eq!(clone.get("a").unwrap().unwrap().bytes, b"1");
    assert!(format!("{reader:?} {clone:?}").contains("KvReader"));
}

#[test]
fn parts_keep_a_dropped_region_open() {
    let region = memory_region();
    let kv = Kv::create(&region, "k", &options()).unwrap();
    drop(region);
    kv.put("a", "1").unwrap();
    let reader = kv.reader().unwrap();
    drop(kv);
    assert_eq!(reader.get("a").unwrap().unwrap().bytes, b"1");
    let clone = reader.clone();
    drop(reader);
    assert_eq!(clone.get("a").unwrap().unwrap().bytes, b"1");
}

#[test]
fn the_last_handle_gives_the_writers_lock_up() {
    let folder = Folder::new();
    let path = folder.join("r");
    let place = Backing::File(&path);
    let region = Region::create(&RegionOptions::new(place, 2 << 20)).unwrap();
    let kv = Kv::create(&region, "k", &options()).unwrap();
    let reader = kv.reader().unwrap();
    drop(region);
    drop(kv);
    assert_eq!(Region::open(place, Mode::Write).unwrap_err().kind(), ErrorKind::Busy);
    drop(reader);
    Region::open(place, Mode::Write).unwrap();
}

#[test]
fn a_view_stays_readable_when_the_region_is_closed() {
    fn first_word(view: &View<'_>) -> u64 {
        view.u64_at(0)
    }
    let mut region = memory_region();
    let kv = Kv::create(&region, "k", &options()).unwrap();
    kv.put("a", 7_u64.to_le_bytes()).unwrap();
    let reader = kv.reader().unwrap();
    drop(kv);
    let view = reader.view("a").unwrap().unwrap();
    region.close();
    drop(region);
    assert_eq!(first_word(&view), 7);
    is_closed(view.check());
}

#[test]
fn every_order_of_dropping_region_writer_and_readers_is_fine() {
    const ORDERS: [[usize; 4]; 24] = {
        let mut orders = [[0; 4]; 24];
        let mut code = 0;
        let mut found = 0;
        while code < 256 {
            let order = [code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6];
            let distinct = 1 << order[0] | 1 << order[1] | 1 << order[2] | 1 << order[3];
            if distinct == 15 {
                orders[found] = order;
                found += 1;
            }
            code += 1;
        }
        orders
    };
    for close_first in [false, true] {
        for order in ORDERS {
            let mut region = memory_region();
            let kv = Kv::create(&region, "k", &options()).unwrap();
            kv.put("a", "1").unwrap();
            let (one, two) = (kv.reader().unwrap(), KvReader::open_checked(&region, "k").unwrap());
            if close_first {
                region.close();
            }
            let mut handles: [Option<Box<dyn std::any::Any>>; 4] =
                [Some(Box::new(region)), Some(Box::new(kv)), Some(Box::new(one)), Some(Box::new(two))];
            for index in order {
                handles[index] = None;
            }
        }
    }
}
