// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every status is its own error, with the name that all languages use.
mod common;

use common::{memory_kv, memory_region, options};
use drystone::{Backing, Error, ErrorKind, Kv, KvOptions, Mode, Region, RegionOptions};
use drystone_sys as sys;

#[test]
fn kinds_are_the_librarys_statuses() {
    let numbers: Vec<i32> = ErrorKind::ALL.iter().map(|kind| *kind as i32).collect();
    let expected: Vec<i32> = (sys::DRY_OK as i32 + 1..sys::DRY_STATUS_COUNT as i32).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn names_are_the_kinds_in_lower_case_with_underscores() {
    for kind in ErrorKind::ALL {
        let mut expected = String::new();
        for letter in format!("{kind:?}").chars() {
            if letter.is_uppercase() && !expected.is_empty() {
                expected.push('_');
            }
            expected.extend(letter.to_lowercase());
        }
        assert_eq!(kind.name(), expected);
        assert_eq!(kind.to_string(), expected);
        assert!(kind.text().len() > 5, "{kind} has no sentence");
    }
}

#[test]
fn every_kind_makes_its_own_error_and_back() {
    for kind in ErrorKind::ALL {
        let error = Error::from(*kind);
        assert_eq!(error.kind(), *kind);
        assert_eq!(error.to_string(), format!("{}: {}", kind.name(), kind.text()));
        assert!(error.detail().text().is_empty());
    }
}

#[test]
fn detail_names_the_object_and_the_system_error() {
    let error = Region::open(Backing::File("/nowhere/at/all".as_ref()), Mode::Read).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().starts_with("not_found: "), "{error}");
    assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    assert_eq!(error.detail().os_error(), Some(2));
    assert_eq!(error.detail().offset(), None);
}

#[test]
fn a_name_with_a_nul_is_refused_with_its_text() {
    let error = Region::open(Backing::Shared("a\0b"), Mode::Read).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.detail().text().contains(r"a\0b"), "{error}");
    let region = memory_region();
    let error = region.save("a\0b").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn options_out_of_range_are_refused() {
    let tiny = RegionOptions::new(Backing::Memory, 1);
    assert_eq!(Region::create(&tiny).unwrap_err().kind(), ErrorKind::InvalidArgument);
    let huge = RegionOptions::new(Backing::Memory, u64::MAX);
    assert_eq!(Region::create(&huge).unwrap_err().kind(), ErrorKind::InvalidArgument);
    let many = RegionOptions::new(Backing::Memory, 1 << 20).part_capacity(100_000);
    assert_eq!(Region::create(&many).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(Region::open(Backing::Memory, Mode::Read).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(Region::unlink(Backing::Memory).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(KvOptions::new(0, 1).required_bytes().unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn part_names_are_checked() {
    let region = memory_region();
    for name in ["", "a\0b", &"x".repeat(256)] {
        let error = Kv::create(&region, name, &options()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name:?}");
    }
    Kv::create(&region, "x".repeat(255), &options()).unwrap();
    assert_eq!(Kv::open(&region, "y").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn keys_are_checked_by_every_call() {
    let kv = memory_kv();
    let long = vec![b'k'; 65_536];
    for (key, kind) in [(&b""[..], ErrorKind::InvalidArgument), (&long[..], ErrorKind::TooLarge)] {
        let mut buffer = [0; 8];
        assert_eq!(kv.put(key, "v").unwrap_err().kind(), kind);
        assert_eq!(kv.put_new(key, "v").unwrap_err().kind(), kind);
        assert_eq!(kv.replace(key, "v", 1).unwrap_err().kind(), kind);
        assert_eq!(kv.delete(key).unwrap_err().kind(), kind);
        assert_eq!(kv.get(key).unwrap_err().kind(), kind);
        assert_eq!(kv.get_into(key, &mut buffer).unwrap_err().kind(), kind);
        assert_eq!(kv.try_get(key, &mut buffer, 1).unwrap_err().kind(), kind);
        assert_eq!(kv.contains(key).unwrap_err().kind(), kind);
        assert_eq!(kv.view(key).unwrap_err().kind(), kind);
    }
    let mut values = drystone::Values::new();
    kv.get_many(&[&b"good"[..], &long, b""], &mut values).unwrap();
    assert_eq!(values.get(0), Ok(None));
    assert_eq!(values.get(1).unwrap_err().kind(), ErrorKind::TooLarge);
    assert_eq!(values.get(2).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(kv.stats().unwrap().entries, 0);
    assert_eq!(kv.try_get("k", &mut [0; 8], 0).unwrap_err().kind(), ErrorKind::InvalidArgument);
}
