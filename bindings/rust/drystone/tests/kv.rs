// SPDX-License-Identifier: MIT OR Apache-2.0
//! The store through one writer and its readers, in one thread.
mod common;

use common::{memory_kv, memory_region, options, Random};
use drystone::{Error, ErrorKind, Found, Kv, KvOptions, KvReader, Value, Values};
use std::collections::BTreeMap;

fn value(bytes: &[u8], version: u64) -> Option<Value> {
    Some(Value { bytes: bytes.to_vec(), version })
}

#[test]
fn writes_take_the_next_version() {
    let kv = memory_kv();
    assert_eq!(kv.put("a", "1").unwrap(), 1);
    assert_eq!(kv.put_new("b", "2").unwrap(), 2);
    assert_eq!(kv.put_new("b", "3").unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(kv.replace("a", "4", 1).unwrap(), 3);
    assert_eq!(kv.replace("a", "5", 1).unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(kv.replace("c", "5", 1).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(kv.delete("b").unwrap(), 4);
    assert_eq!(kv.delete("b").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(kv.get("a").unwrap(), value(b"4", 3));
    assert_eq!(kv.get("b").unwrap(), None);
    let stats = kv.stats().unwrap();
    assert_eq!((stats.entries, stats.capacity, stats.version), (1, 1_000, 4));
    kv.verify().unwrap();
}

#[test]
fn values_of_every_size_come_back() {
    let kv = memory_kv();
    let mut random = Random(1);
    for size in (0..70).chain([511, 512, 513, 4_095, 4_096, 4_097, 30_000]) {
        let bytes: Vec<u8> = (0..size).map(|_| random.next() as u8).collect();
        let version = kv.put("k", &bytes).unwrap();
        assert_eq!(kv.get("k").unwrap(), value(&bytes, version));
        let mut buffer = vec![0xee; size];
        assert_eq!(kv.get_into("k", &mut buffer).unwrap(), Some(Found { value_bytes: size, version }));
        assert_eq!(buffer, bytes);
        assert_eq!(kv.try_get("k", &mut buffer, 1).unwrap(), Some(Found { value_bytes: size, version }));
        assert_eq!(buffer, bytes);
    }
}

#[test]
fn a_larger_buffer_keeps_what_lies_behind_the_value() {
    let kv = memory_kv();
    for size in 0..40 {
        kv.put("k", vec![1; size]).unwrap();
        let mut buffer = [0xee; 64];
        kv.get_into("k", &mut buffer).unwrap().unwrap();
        assert!(buffer[..size].iter().all(|byte| *byte == 1));
        assert!(buffer[size..].iter().all(|byte| *byte == 0xee), "size {size}");
    }
}

#[test]
fn a_buffer_that_is_too_small_says_what_is_needed() {
    let kv = memory_kv();
    kv.put("k", [1; 100]).unwrap();
    for capacity in [0, 1, 64, 99] {
        let error = kv.get_into("k", &mut vec![0; capacity]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(error.detail().required_bytes(), Some(100));
        let error = kv.try_get("k", &mut vec![0; capacity], 3).unwrap_err();
        assert_eq!(error.detail().required_bytes(), Some(100));
    }
    kv.put("empty", "").unwrap();
    assert_eq!(kv.get_into("empty", &mut []).unwrap().unwrap().value_bytes, 0);
}

#[test]
fn full_leaves_the_old_value() {
    let region = memory_region();
    let kv = Kv::create(&region, "k", &KvOptions::new(2, 100)).unwrap();
    kv.put("a", "1").unwrap();
    kv.put("b", "2").unwrap();
    assert_eq!(kv.put("c", "3").unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(kv.put("a", [0; 200]).unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(kv.get("a").unwrap(), value(b"1", 1));
    assert_eq!(kv.put("a", "4").unwrap(), 3);
}

#[test]
fn many_are_looked_up_at_once() {
    let kv = memory_kv();
    kv.put("small", "s").unwrap();
    kv.put("middle", vec![2; 300]).unwrap();
    kv.put("large", vec![3; 10_000]).unwrap();
    kv.put("empty", "").unwrap();
    let keys = ["large", "small", "absent", "middle", "empty", "large"];
    let mut values = Values::new();
    // The second round has grown strides, the third is a batch of another size in the same memory.
    for count in [keys.len(), keys.len(), 3, keys.len()] {
        kv.get_many(&keys[..count], &mut values).unwrap();
        assert_eq!(values.len(), count);
        for (key, found) in keys.iter().zip(values.iter()) {
            let expected = kv.get(key).unwrap();
            let found = found.unwrap().map(|found| Value { bytes: found.bytes.to_vec(), version: found.version });
            assert_eq!(found, expected, "{key}");
        }
    }
    kv.get_many::<&str>(&[], &mut values).unwrap();
    assert!(values.is_empty());
}

#[test]
fn a_failed_batch_leaves_no_results() {
    let kv = memory_kv();
    let mut reader = kv.reader().unwrap();
    kv.put("a", "1").unwrap();
    let mut values = Values::new();
    reader.get_many(&["a"], &mut values).unwrap();
    assert_eq!(values.len(), 1);
    reader.close();
    assert_eq!(reader.get_many(&["a"], &mut values).unwrap_err().kind(), ErrorKind::Closed);
    assert!(values.is_empty());
}

#[test]
fn a_random_history_agrees_with_a_map() {
    let kv = memory_kv();
    let reader = kv.reader().unwrap();
    let mut model: BTreeMap<Vec<u8>, (Vec<u8>, u64)> = BTreeMap::new();
    let mut random = Random(42);
    for step in 1..20_000 {
        let key = format!("key-{}", random.below(500)).into_bytes();
        if random.below(4) == 0 {
            match kv.delete(&key) {
                Ok(_) => assert!(model.remove(&key).is_some(), "step {step}"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::NotFound);
                    assert!(!model.contains_key(&key), "step {step}");
                }
            }
        } else {
            let bytes: Vec<u8> = (0..random.below(200)).map(|_| random.next() as u8).collect();
            let version = kv.put(&key, &bytes).unwrap();
            model.insert(key, (bytes, version));
        }
        let probe = format!("key-{}", random.below(500)).into_bytes();
        let expected = model.get(&probe).map(|(bytes, version)| Value { bytes: bytes.clone(), version: *version });
        assert_eq!(reader.get(&probe).unwrap(), expected, "step {step}");
        assert_eq!(reader.contains(&probe).unwrap(), expected.is_some());
    }
    let entries: BTreeMap<_, _> =
        reader.entries().map(|entry| entry.map(|e| (e.key, (e.value, e.version))).unwrap()).collect();
    assert_eq!(entries, model);
    let mut keys: Vec<_> = reader.keys().map(|key| key.unwrap()).collect();
    keys.sort();
    assert_eq!(keys, model.keys().cloned().collect::<Vec<_>>());
    kv.verify().unwrap();
}

#[test]
fn iteration_copes_with_long_keys_and_values() {
    let kv = memory_kv();
    let long = vec![b'k'; 65_535];
    kv.put(&long, vec![1; 5_000]).unwrap();
    kv.put("k", "").unwrap();
    let mut sizes: Vec<_> = kv.entries().map(|e| e.map(|e| (e.key.len(), e.value.len())).unwrap()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [(1, 0), (65_535, 5_000)]);
    assert_eq!(kv.keys().map(|key| key.unwrap().len()).max(), Some(65_535));
}

#[test]
fn the_store_may_be_written_while_it_is_iterated() {
    let kv = memory_kv();
    for i in 0..100 {
        kv.put(format!("{i}"), "v").unwrap();
    }
    let mut seen = 0;
    for key in kv.keys() {
        kv.delete(key.unwrap()).unwrap();
        seen += 1;
    }
    assert_eq!((seen, kv.stats().unwrap().entries), (100, 0));
}

#[test]
fn a_view_copies_from_any_place() {
    let kv = memory_kv();
    let bytes: Vec<u8> = (0..100).collect();
    let version = kv.put("k", &bytes).unwrap();
    let view = kv.view("k").unwrap().unwrap();
    assert_eq!((view.len(), view.version(), view.is_empty()), (100, version, false));
    for at in 0..=100 {
        for length in 0..=100 - at {
            let mut out = vec![0; length];
            view.copy_to(at, &mut out);
            assert_eq!(out, bytes[at..at + length]);
        }
    }
    assert_eq!(view.byte_at(99), 99);
    assert_eq!(view.u64_at(3), u64::from_le_bytes([3, 4, 5, 6, 7, 8, 9, 10]));
    view.check().unwrap();
    assert!(kv.view("absent").unwrap().is_none());
    kv.put("empty", "").unwrap();
    assert!(kv.view("empty").unwrap().unwrap().is_empty());
}

#[test]
fn a_view_notices_that_its_value_was_replaced_and_its_memory_used_again() {
    let kv = memory_kv();
    kv.put("k", [1; 64]).unwrap();
    let view = kv.view("k").unwrap().unwrap();
    for _ in 0..2_000 {
        kv.put("k", [2; 64]).unwrap();
    }
    let _ = view.u64_at(0); // whatever it is, it is memory that may be read
    assert_eq!(view.check().unwrap_err().kind(), ErrorKind::Stale);
}

#[test]
#[should_panic(expected = "beyond")]
fn a_view_refuses_to_read_behind_its_value() {
    let kv = memory_kv();
    kv.put("k", [1; 9]).unwrap();
    let _ = kv.view("k").unwrap().unwrap().u64_at(2);
}

#[test]
#[should_panic(expected = "beyond")]
fn a_view_refuses_a_place_that_wraps_around() {
    let kv = memory_kv();
    kv.put("k", [1; 9]).unwrap();
    kv.view("k").unwrap().unwrap().copy_to(usize::MAX, &mut [0; 2]);
}

#[test]
fn hash_is_the_one_of_all_languages() {
    // Short, middle and long keys take different paths; the figures were computed from the definition in kv.h with
    // arbitrary-precision integers.
    for (length, expected) in HASHES {
        let key: Vec<u8> = (0..*length).map(|i| i as u8).collect();
        assert_eq!(drystone::hash(&key, 42), *expected, "length {length}");
    }
}

const HASHES: &[(usize, u64)] = &[
    (0, 0x0f5ff9514668a275),
    (1, 0x5df973714a8cefd1),
    (2, 0x398ff6e40f258485),
    (3, 0x3982affc08419e38),
    (4, 0xdec5a92d7de3ebbd),
    (7, 0x1128804a41f5cc6f),
    (8, 0xc53e8e817bfc1453),
    (9, 0x18cda3a93031b354),
    (15, 0x3067a3431eea5201),
    (16, 0xecb803adce5cebe9),
    (17, 0x4729cc0f93d5bbe5),
    (31, 0xb492ec39f07adf4c),
    (32, 0x9fe40bcc0bdff719),
    (33, 0x786092eefab6fd4b),
    (48, 0x3e4c3aa4db65994f),
    (200, 0xaaa3440e46a9b5d5),
];

#[test]
fn a_reader_of_a_region_opened_for_writing_sees_each_write() {
    let region = memory_region();
    let kv = Kv::create(&region, "k", &options()).unwrap();
    let reader = KvReader::open(&region, "k").unwrap();
    let checked = KvReader::open_checked(&region, "k").unwrap();
    for i in 0..1_000_u64 {
        let version = kv.put("k", i.to_le_bytes()).unwrap();
        assert_eq!(reader.get("k").unwrap(), value(&i.to_le_bytes(), version));
        assert_eq!(checked.get("k").unwrap(), value(&i.to_le_bytes(), version));
    }
    assert_eq!(reader.retries(), 0);
}

#[test]
fn handles_of_one_part_share_its_writer() {
    let region = memory_region();
    let mut kv = Kv::create(&region, "k", &options()).unwrap();
    assert!(matches!(Kv::create(&region, "k", &options()), Err(Error::AlreadyExists(_))));
    let again = Kv::open(&region, "k").unwrap();
    assert_eq!(kv.put("a", "1").unwrap(), 1);
    assert_eq!(again.put("a", "2").unwrap(), 2);
    assert_eq!(kv.get("a").unwrap(), value(b"2", 2));
    kv.close();
    assert_eq!(again.put("a", "3").unwrap(), 3);
    assert_eq!(kv.put("a", "4").unwrap_err().kind(), ErrorKind::Closed);
}
