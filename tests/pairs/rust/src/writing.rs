// SPDX-License-Identifier: MIT OR Apache-2.0
//! Puts and deletes with a record of every acknowledged change, or replaces values as fast as it can.
use crate::support::{is_stamped, list, open_region, stamp_random, NotOpened, Random, STAMP_BYTES};
use crate::{Outcome, Task};
use drystone::{Error, ErrorKind, Kv, Mode, Region};
use std::io::Write;
use std::time::{Duration, Instant};

const PAYLOAD_BYTES_MAX: usize = 200;
const DELETE_EVERY: usize = 16;
const BUSY_MAX: Duration = Duration::from_secs(5);

#[derive(Clone, Copy)]
enum Record {
    Present = 0,
    Put = 1,
    Delete = 2,
    Store = 3,
}

/// A writer that was just killed may not be gone yet.
fn open_when_free(name: &str) -> Result<Region, String> {
    let give_up = Instant::now() + BUSY_MAX;
    loop {
        match open_region(name, Mode::Write) {
            Err(NotOpened::Error(Error::Busy(_))) if Instant::now() < give_up => {
                std::thread::sleep(Duration::from_millis(1));
            }
            result => return result.map_err(|error| error.to_string()),
        }
    }
}

fn open(task: &Task) -> Result<Kv, String> {
    let region = open_when_free(&task.region)?;
    Kv::open(&region, &task.part).map_err(|error| format!("opening: {error}"))
}

/// One write, which a pipe takes whole or not at all. Rust's stdout buffers lines, and a record may look like one's end.
fn print_record(output: &mut impl Write, kind: Record, index: usize, version: u64) -> Result<(), String> {
    let mut record = [0; 16];
    record[..4].copy_from_slice(&(kind as u32).to_le_bytes());
    record[4..8].copy_from_slice(&(index as u32).to_le_bytes());
    record[8..].copy_from_slice(&version.to_le_bytes());
    output.write_all(&record).map_err(|error| format!("standard output: {error}"))
}

fn unbuffered_stdout() -> Result<std::fs::File, String> {
    use std::os::fd::AsFd;
    let duplicate = std::io::stdout().as_fd().try_clone_to_owned();
    duplicate.map(std::fs::File::from).map_err(|error| format!("standard output: {error}"))
}

fn key_name(index: usize) -> String {
    format!("key-{index:06}")
}

pub fn write_with_records(task: &Task, seed: u64, keys: usize) -> Outcome {
    let kv = open(task)?;
    let mut output = unbuffered_stdout()?;
    let mut random = Random(seed);
    print_what_is_there(&kv, keys, &mut output)?;
    while Instant::now() < task.deadline {
        let index = random.below(keys);
        change_one(&kv, index, &mut random, &mut output)?;
    }
    Ok(true)
}

fn print_what_is_there(kv: &Kv, keys: usize, output: &mut impl Write) -> Result<(), String> {
    for index in 0..keys {
        let key = key_name(index);
        let Some(value) = kv.get(&key).map_err(|error| format!("reading after opening: {error}"))? else { continue };
        if !is_stamped(key.as_bytes(), &value.bytes) {
            return Err(format!("a torn value of {key} after opening"));
        }
        print_record(output, Record::Present, index, value.version)?;
    }
    let stats = kv.stats().map_err(|error| format!("stats: {error}"))?;
    print_record(output, Record::Store, 0, stats.version)
}

fn change_one(kv: &Kv, index: usize, random: &mut Random, output: &mut impl Write) -> Result<(), String> {
    let key = key_name(index);
    if random.below(DELETE_EVERY) == 0 {
        return match kv.delete(&key) {
            Ok(version) => print_record(output, Record::Delete, index, version),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(format!("delete: {error}")),
        };
    }
    let mut value = [0; STAMP_BYTES + PAYLOAD_BYTES_MAX];
    let value = &mut value[..STAMP_BYTES + random.below(PAYLOAD_BYTES_MAX + 1)];
    stamp_random(random, key.as_bytes(), value);
    let version = kv.put(&key, &value).map_err(|error| format!("put: {error}"))?;
    print_record(output, Record::Put, index, version)
}

pub fn replace_listed(task: &Task, seed: u64) -> Outcome {
    let kv = open(task)?;
    let known = list(&kv).map_err(|error| format!("listing the keys: {error}"))?;
    let mut random = Random(seed);
    let mut value = Vec::new();
    let (mut writes, mut timed) = (0_u64, Duration::ZERO);
    println!("ready");
    while !known.is_empty() && Instant::now() < task.deadline {
        let known = &known[random.below(known.len())];
        value.resize(known.value_bytes.max(STAMP_BYTES), 0);
        stamp_random(&mut random, known.key(), &mut value);
        let start = Instant::now();
        kv.put(known.key(), &value).map_err(|error| format!("put: {error}"))?;
        timed += start.elapsed();
        writes += 1;
    }
    let each = timed.as_nanos() as f64 / writes.max(1) as f64;
    println!("{{\"language\":\"rust\",\"writes\":{writes},\"ns_per_write\":{each:.1}}}");
    Ok(true)
}
