// SPDX-License-Identifier: MIT OR Apache-2.0
use drystone::{Backing, Kv, KvOptions, KvReader, Mode, Region, RegionOptions};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a file")?;
    let file = Backing::File(Path::new(&path));

    // One process makes the region and writes.
    let region = Region::create(&RegionOptions::new(file, 1 << 20))?;
    let prices = Kv::create(&region, "prices", &KvOptions::new(1000, 100_000))?;
    prices.put("apple", "1.20")?;

    // Any other process, in any of the four languages, reads while it writes.
    let shared = Region::open(file, Mode::Read)?;
    let reader = KvReader::open(&shared, "prices")?;
    let mut price = [0; 16];
    let found = reader.get_into("apple", &mut price)?.ok_or("no apples")?;
    let text = std::str::from_utf8(&price[..found.value_bytes])?;
    println!("an apple costs {text} since write {}", found.version);
    Ok(())
}
