// SPDX-License-Identifier: MIT OR Apache-2.0
//! Looks random keys up in batches, and proves every value whole. Only the lookups are timed.
use crate::support::{is_stamped, list, open_region, Known, Random};
use crate::{Outcome, Task};
use drystone::{KvReader, Mode, ValueRef, Values};
use std::time::{Duration, Instant};

const BATCH: usize = 64;
const MISS_EVERY: usize = 8;
const VALUE_BYTES_MIN: usize = 256;
/// Beyond this a value is looked up once more, into memory of its own.
const VALUE_BYTES_MAX: usize = 4096;

#[derive(Default)]
struct Tally {
    lookups: u64,
    hits: u64,
    misses: u64,
    torn: u64,
    errors: u64,
    backwards: u64,
    timed: Duration,
}

impl Tally {
    fn error(&mut self, what: impl std::fmt::Display) {
        if self.errors == 0 {
            eprintln!("actor: {what}");
        }
        self.errors += 1;
    }

    fn hit(&mut self, known: &mut Known, value: ValueRef<'_>) {
        self.hits += 1;
        self.torn += u64::from(!is_stamped(known.key(), value.bytes));
        self.backwards += u64::from(value.version < known.version);
        known.version = known.version.max(value.version);
    }
}

pub fn read(task: &Task) -> Outcome {
    let region = open_region(&task.region, Mode::Read).map_err(|error| error.to_string())?;
    let reader = KvReader::open(&region, &task.part).map_err(|error| format!("opening: {error}"))?;
    let mut tally = Tally::default();
    let mut known = list_keys(&reader, task.deadline, &mut tally);
    println!("ready");
    look_up_until(&reader, &mut known, task.deadline, &mut tally);
    report(&tally, reader.retries());
    Ok(tally.torn + tally.errors + tally.backwards == 0)
}

/// An empty store has nothing to look up yet: wait for keys.
fn list_keys(reader: &KvReader, deadline: Instant, tally: &mut Tally) -> Vec<Known> {
    loop {
        match list(reader) {
            Ok(known) if known.is_empty() && Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(known) => return known,
            Err(error) => {
                tally.error(format_args!("listing the keys: {error}"));
                return Vec::new();
            }
        }
    }
}

fn look_up_until(reader: &KvReader, known: &mut [Known], deadline: Instant, tally: &mut Tally) {
    let largest = known.iter().map(|known| known.value_bytes).max().unwrap_or(0);
    let mut values = Values::with_value_capacity(largest.clamp(VALUE_BYTES_MIN, VALUE_BYTES_MAX));
    let mut random = Random::from_system();
    while !known.is_empty() && Instant::now() < deadline {
        let wanted: [usize; BATCH] = std::array::from_fn(|_| random.below(known.len()));
        if look_up(reader, known, &wanted, &mut values, tally) {
            judge(known, &wanted, &values, tally);
        }
    }
}

fn is_miss(place: usize) -> bool {
    place % MISS_EVERY == MISS_EVERY - 1
}

fn look_up(
    reader: &KvReader,
    known: &[Known],
    wanted: &[usize; BATCH],
    values: &mut Values,
    tally: &mut Tally,
) -> bool {
    let keys: [&[u8]; BATCH] = std::array::from_fn(|place| {
        let known = &known[wanted[place]];
        if is_miss(place) {
            known.absent_key()
        } else {
            known.key()
        }
    });
    let start = Instant::now();
    let result = reader.get_many(&keys, values);
    tally.timed += start.elapsed();
    if let Err(error) = &result {
        tally.error(format_args!("get_many: {error}"));
    }
    result.is_ok()
}

fn judge(known: &mut [Known], wanted: &[usize; BATCH], values: &Values, tally: &mut Tally) {
    for (place, value) in values.iter().enumerate() {
        tally.lookups += 1;
        match value {
            Ok(None) => tally.misses += 1,
            Ok(Some(_)) if is_miss(place) => tally.error("a key was found that is in no store"),
            Ok(Some(value)) => tally.hit(&mut known[wanted[place]], value),
            Err(error) => tally.error(format_args!("lookup: {error}")),
        }
    }
}

fn report(tally: &Tally, retries: u64) {
    let Tally { lookups, hits, misses, torn, errors, backwards, timed } = tally;
    let each = timed.as_nanos() as f64 / (*lookups).max(1) as f64;
    println!(
        "{{\"language\":\"rust\",\"lookups\":{lookups},\"ns_per_lookup\":{each:.1},\"hits\":{hits},\
         \"misses\":{misses},\"torn\":{torn},\"errors\":{errors},\"retries\":{retries},\"backwards\":{backwards}}}"
    );
}
