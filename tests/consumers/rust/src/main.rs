// SPDX-License-Identifier: MIT OR Apache-2.0
//! A word count kept in a file: one writer, two readers in threads, and a copy that is saved, loaded and verified.
use drystone::{Backing, Error, Kv, KvOptions, KvReader, Mode, Region, RegionOptions};
use std::path::Path;

const TEXT: &str = "one wall is one stone on one stone and one more";

fn count(kv: &Kv, word: &str) -> Result<u64, Error> {
    loop {
        let written = match kv.get(word)? {
            None => kv.put_new(word, 1_u64.to_le_bytes()),
            Some(old) => kv.replace(word, (number(&old.bytes) + 1).to_le_bytes(), old.version),
        };
        match written {
            Err(Error::Conflict(_) | Error::AlreadyExists(_)) => continue,
            other => return other,
        }
    }
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("eight bytes were put"))
}

fn read_in_threads(reader: &KvReader) {
    std::thread::scope(|scope| {
        for word in ["one", "stone"] {
            let reader = reader.clone();
            scope.spawn(move || {
                let count = reader.get(word).expect("the region is open").map(|value| number(&value.bytes));
                println!("{word}: {}", count.expect("it is in the text"));
            });
        }
    });
}

fn run(folder: &Path) -> Result<(), Error> {
    let (file, image) = (folder.join("words"), folder.join("words.image"));
    let region = Region::create(&RegionOptions::new(Backing::File(&file), 1 << 20))?;
    let words = Kv::create(&region, "words", &KvOptions::new(100, 10_000))?;
    for word in TEXT.split(' ') {
        count(&words, word)?;
    }
    assert!(matches!(Region::open(Backing::File(&file), Mode::Write), Err(Error::Busy(_))));

    let reading = Region::open(Backing::File(&file), Mode::Read)?;
    read_in_threads(&KvReader::open(&reading, "words")?);

    region.save(&image)?;
    let copy = Region::load(&image, Backing::Memory)?;
    copy.verify()?;
    let entries = KvReader::open_checked(&copy, "words")?.entries().collect::<Result<Vec<_>, _>>()?;
    let total: u64 = entries.iter().map(|entry| number(&entry.value)).sum();
    println!("{} words, {} of them different, drystone {}", total, entries.len(), drystone::version());
    Ok(())
}

fn main() -> Result<(), Error> {
    run(Path::new(&std::env::args().nth(1).expect("a folder")))
}
