// SPDX-License-Identifier: MIT OR Apache-2.0
//! Regions of every backing: made, opened, closed, saved, loaded, damaged.
mod common;

use common::{fresh_name, memory_region, options, Folder};
use drystone::{Backing, ErrorKind, Kv, KvReader, Mode, OpenOptions, PartKind, Region, RegionOptions};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, PermissionsExt};

const SIZE: u64 = 2 << 20;

#[test]
fn parts_are_listed_in_order_of_creation() {
    let region = memory_region();
    for name in ["b", "a", "ü"] {
        Kv::create(&region, name, &options()).unwrap();
    }
    let parts = region.parts().unwrap();
    assert_eq!(parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(), ["b", "a", "ü"]);
    assert!(parts.iter().all(|part| part.kind == PartKind::Kv && part.kind.name() == "kv"));
    assert_eq!(region.find_part("a").unwrap().as_ref(), Some(&parts[1]));
    assert_eq!(region.find_part("c").unwrap(), None);
    assert_eq!(region.find_part("").unwrap_err().kind(), ErrorKind::InvalidArgument);
    let stats = region.stats().unwrap();
    assert_eq!((stats.part_count, stats.part_capacity, stats.mode), (3, 24, Mode::Write));
    assert!(stats.used_bytes >= parts[2].offset + parts[2].size_bytes);
    region.verify().unwrap();
}

#[test]
fn overhead_is_what_an_empty_region_uses() {
    let region = Region::create(&RegionOptions::new(Backing::Memory, SIZE)).unwrap();
    assert_eq!(region.stats().unwrap().used_bytes, RegionOptions::OVERHEAD_BYTES);
}

#[test]
fn a_store_fits_into_the_bytes_that_it_requires() {
    let pages = options().required_bytes().unwrap().div_ceil(4096) * 4096;
    let exact = RegionOptions::OVERHEAD_BYTES + pages;
    let region = Region::create(&RegionOptions::new(Backing::Memory, exact)).unwrap();
    Kv::create(&region, "k", &options()).unwrap();
    let small = Region::create(&RegionOptions::new(Backing::Memory, exact - 4096)).unwrap();
    assert_eq!(Kv::create(&small, "k", &options()).unwrap_err().kind(), ErrorKind::Full);
}

#[test]
fn a_file_has_one_writer_and_many_readers() {
    let folder = Folder::new();
    let path = folder.join("r");
    let place = Backing::File(&path);
    let mut region = Region::create(&RegionOptions::new(place, SIZE).permissions(0o640)).unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(Region::create(&RegionOptions::new(place, SIZE)).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(Region::open(place, Mode::Write).unwrap_err().kind(), ErrorKind::Busy);
    let kv = Kv::create(&region, "k", &options()).unwrap();
    let (one, two) = (Region::open(place, Mode::Read).unwrap(), Region::open(place, Mode::Read).unwrap());
    let (one, two) = (KvReader::open(&one, "k").unwrap(), KvReader::open(&two, "k").unwrap());
    kv.put("a", "1").unwrap();
    assert_eq!(one.get("a").unwrap(), two.get("a").unwrap());
    assert_eq!(one.get("a").unwrap().unwrap().bytes, b"1");
    region.close();
    let again = Region::open(place, Mode::Write).unwrap();
    assert_eq!(Kv::open(&again, "k").unwrap().put("a", "2").unwrap(), 2);
    assert_eq!(one.get("a").unwrap().unwrap().bytes, b"2");
    Region::unlink(place).unwrap();
    assert_eq!(Region::unlink(place).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(two.get("a").unwrap().unwrap().bytes, b"2");
}

#[test]
fn a_region_opened_for_reading_makes_no_writer() {
    let folder = Folder::new();
    let path = folder.join("r");
    let place = Backing::File(&path);
    let writer = Region::create(&RegionOptions::new(place, SIZE)).unwrap();
    Kv::create(&writer, "k", &options()).unwrap();
    let region = Region::open(place, Mode::Read).unwrap();
    assert_eq!(region.stats().unwrap().mode, Mode::Read);
    assert_eq!(Kv::create(&region, "l", &options()).unwrap_err().kind(), ErrorKind::ReadOnly);
    assert_eq!(Kv::open(&region, "k").unwrap_err().kind(), ErrorKind::ReadOnly);
    KvReader::open(&region, "k").unwrap();
}

#[test]
fn shared_memory_is_found_by_name_until_it_is_unlinked() {
    let name = fresh_name("shared");
    let place = Backing::Shared(&name);
    let region = Region::create(&RegionOptions::new(place, SIZE).prefault().huge_pages()).unwrap();
    let other = Region::open_with(&OpenOptions::new(place, Mode::Read).prefault().huge_pages());
    // Unlinked before anything else can fail, so that nothing stays behind.
    Region::unlink(place).unwrap();
    let kv = Kv::create(&region, "k", &options()).unwrap();
    kv.put("a", "1").unwrap();
    let reader = KvReader::open(&other.unwrap(), "k").unwrap();
    assert_eq!(reader.get("a").unwrap().unwrap().bytes, b"1");
    assert_eq!(Region::open(place, Mode::Read).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn shared_names_are_checked() {
    for name in ["", ".", "..", "a/b", "/a", &"x".repeat(256)] {
        let error = Region::create(&RegionOptions::new(Backing::Shared(name), SIZE)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name:?}");
    }
}

#[test]
fn a_descriptor_is_duplicated() {
    let folder = Folder::new();
    let file = std::fs::File::options().read(true).write(true).create_new(true).open(folder.join("r")).unwrap();
    let region = Region::create(&RegionOptions::new(Backing::Descriptor(file.as_fd()), SIZE)).unwrap();
    let kv = Kv::create(&region, "k", &options()).unwrap();
    let other = Region::open(Backing::Descriptor(file.as_fd()), Mode::Read).unwrap();
    drop(file);
    kv.put("a", "1").unwrap();
    assert_eq!(KvReader::open(&other, "k").unwrap().get("a").unwrap().unwrap().bytes, b"1");
}

#[test]
fn a_memfd_is_reached_by_its_descriptor() {
    let region = Region::create(&RegionOptions::new(Backing::Memfd, SIZE)).unwrap();
    let kv = Kv::create(&region, "k", &options()).unwrap();
    kv.put("a", "1").unwrap();
    let other = Region::open(Backing::Descriptor(region.descriptor().unwrap()), Mode::Read).unwrap();
    assert_eq!(KvReader::open(&other, "k").unwrap().get("a").unwrap().unwrap().bytes, b"1");
    assert_eq!(Region::open(Backing::Memfd, Mode::Read).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(memory_region().descriptor().unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_writer_that_was_taken_over_is_stale() {
    let folder = Folder::new();
    let path = folder.join("r");
    let place = Backing::File(&path);
    let old_region = Region::create(&RegionOptions::new(place, SIZE)).unwrap();
    let old = Kv::create(&old_region, "k", &options()).unwrap();
    old.put("a", "1").unwrap();
    let new_region = Region::open_with(&OpenOptions::new(place, Mode::Write).take_over()).unwrap();
    let new = Kv::open(&new_region, "k").unwrap();
    assert_eq!(old.put("a", "2").unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(old.get("a").unwrap().unwrap().bytes, b"1");
    assert_eq!(new.put("a", "3").unwrap(), 2);
    assert_eq!(Kv::create(&old_region, "l", &options()).unwrap_err().kind(), ErrorKind::Stale);
}

#[test]
fn an_image_comes_back_in_every_backing() {
    let folder = Folder::new();
    let image = folder.join("image");
    {
        let region = memory_region();
        let kv = Kv::create(&region, "k", &options()).unwrap();
        kv.put("a", "1").unwrap();
        region.save(&image).unwrap();
        kv.put("a", "2").unwrap();
    }
    let (path, name) = (folder.join("copy"), fresh_name("load"));
    for into in [Backing::Memory, Backing::File(&path), Backing::Shared(&name)] {
        let region = Region::load(&image, into).unwrap();
        if let Backing::Shared(_) = into {
            Region::unlink(into).unwrap();
        }
        let kv = Kv::open(&region, "k").unwrap();
        assert_eq!(kv.get("a").unwrap().unwrap().bytes, b"1");
        assert_eq!(kv.put("a", "3").unwrap(), 2);
        region.verify().unwrap();
    }
    assert_eq!(folder.files(), ["copy", "image"]);
    let direct = Region::open(Backing::File(&image), Mode::Read).unwrap();
    assert!(direct.stats().unwrap().sealed);
}

#[test]
fn a_damaged_image_is_refused_and_says_where() {
    let folder = Folder::new();
    let image = folder.join("image");
    let region = memory_region();
    Kv::create(&region, "k", &options()).unwrap().put("a", "1").unwrap();
    region.save(&image).unwrap();
    let file = std::fs::File::options().read(true).write(true).open(&image).unwrap();
    for at in [0, 9, 50, 5_000, 13_000, 100_000] {
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ 0x10], at).unwrap();
        let error = Region::load(&image, Backing::Memory).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::VersionMismatch), "at {at}: {error}");
        assert!(!error.detail().text().is_empty());
        file.write_all_at(&byte, at).unwrap();
    }
    Region::load(&image, Backing::Memory).unwrap();
    file.set_len(20_000).unwrap();
    assert_eq!(Region::load(&image, Backing::Memory).unwrap_err().kind(), ErrorKind::Corrupt);
    file.set_len(0).unwrap();
    assert_eq!(Region::open(Backing::File(&image), Mode::Read).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let folder = Folder::new();
    let (link, file) = (folder.join("link"), folder.join("file"));
    std::fs::write(&file, [0; 20_000]).unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    for (path, kind) in [
        (folder.join(""), ErrorKind::InvalidArgument),
        (link, ErrorKind::InvalidArgument),
        (file, ErrorKind::Corrupt),
        (folder.join("absent"), ErrorKind::NotFound),
    ] {
        assert_eq!(Region::open(Backing::File(&path), Mode::Read).unwrap_err().kind(), kind, "{}", path.display());
    }
}

#[test]
fn equal_operations_make_equal_images() {
    let folder = Folder::new();
    let images = ["one", "two"].map(|name| {
        let options_ = RegionOptions::new(Backing::Memory, SIZE).creation_id([1, 2]);
        let region = Region::create(&options_).unwrap();
        let kv = Kv::create(&region, "k", &options()).unwrap();
        for i in 0..500 {
            kv.put(format!("{}", i % 50), vec![1; i]).unwrap();
        }
        region.save(folder.join(name)).unwrap();
        std::fs::read(folder.join(name)).unwrap()
    });
    assert!(images[0] == images[1]);
}
