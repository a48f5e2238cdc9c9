// SPDX-License-Identifier: MIT OR Apache-2.0
//! A word count kept in a file: one writer, two readers in threads, and a copy that is saved, loaded and verified. And the
//! same count with memory blocks alone.
use drystone::{
    scratch, Arena, ArenaOptions, Backing, Error, Kv, KvOptions, KvReader, Mode, ObjectPool, ObjectPoolOptions, Pool,
    PoolOptions, Region, RegionOptions, SharedPool, SharedPoolOptions,
};
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

/// The words lie in an arena, their counts in an object pool, and the order in scratch.
fn count_in_memory() -> Result<(), Error> {
    let arena = Arena::create(&ArenaOptions::new(1 << 16))?;
    let mut counts = ObjectPool::create(&ObjectPoolOptions::new(100))?;
    let mut words = Vec::new();
    for word in TEXT.split(' ') {
        match words.iter().find(|(known, _)| *known == word) {
            Some((_, count)) => *counts.get_mut(*count)? += 1,
            None => words.push((&*arena.alloc_str(word)?, counts.insert(1_u64)?)),
        }
    }
    let most = scratch::with(|scope| {
        let found = scope.alloc_slice_with(words.len(), |index| counts.get(words[index].1).copied().unwrap_or(0))?;
        found.sort_unstable();
        Ok::<_, Error>(found.last().copied())
    })??;
    println!("in memory: {} different, the most frequent {} times", words.len(), most.unwrap_or(0));
    for (_, count) in &words {
        counts.release(*count)?;
    }
    assert!(matches!(counts.get(words[0].1), Err(Error::Stale(_))));
    Ok(())
}

/// Values that pass between threads, and slots that stay in a region.
fn pass_on() -> Result<(), Error> {
    let pool = SharedPool::create(&SharedPoolOptions::new(10))?;
    let text = pool.cache()?.alloc(TEXT.to_owned())?;
    let length = std::thread::spawn(move || text.len()).join().expect("it does not panic");
    let region = Region::create(&RegionOptions::new(Backing::Memory, 1 << 16))?;
    let mut slots = Pool::create_in(&region, "slots", &PoolOptions::new(64, 10))?;
    let slot = slots.acquire()?;
    slots.write(slot, 0, TEXT.as_bytes())?;
    let mut copy = vec![0; length];
    Pool::open(&region, "slots")?.read(slot, 0, &mut copy)?;
    assert_eq!(copy, TEXT.as_bytes());
    println!("passed on: {length} bytes");
    Ok(())
}

fn main() -> Result<(), Error> {
    run(Path::new(&std::env::args().nth(1).expect("a folder")))?;
    count_in_memory()?;
    pass_on()
}
