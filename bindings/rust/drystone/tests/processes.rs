// SPDX-License-Identifier: MIT OR Apache-2.0
//! Blocks in regions that other processes use, and die with. This program starts itself as those processes.
mod common;
#[path = "../examples/message_buffers.rs"]
mod message_buffers;

use common::{fresh_name, Folder};
use drystone::{
    Backing, IndexMap, IndexMapOptions, Mode, Pool, PoolOptions, Region, RegionOptions, SharedPool, SharedPoolOptions,
    Slot,
};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// This program in another role.
fn role(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("--role").arg(name);
    command
}

/// Starts a role that says when it is ready, and then waits to be killed.
fn start(name: &str, argument: impl AsRef<std::ffi::OsStr>) -> Child {
    let mut child = role(name).arg(argument).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    child
}

/// Says so, and waits: for the end of its standard input at the latest, so that it never stays behind.
fn ready() {
    println!("ready");
    std::io::stdout().flush().unwrap();
    let _ = std::io::stdin().lock().read_line(&mut String::new());
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/* ---- roles ---- */

fn holds_shared_slots(name: &str) {
    let region = Region::open(Backing::Shared(name), Mode::Share).unwrap();
    let pool = SharedPool::open(&region, "slots").unwrap();
    let cache = pool.cache().unwrap();
    for _ in 0..10 {
        let slot = cache.acquire().unwrap();
        pool.fill(slot, 0xab).unwrap();
    }
    ready();
}

fn holds_slots_and_indices(path: &Path) {
    let region = Region::open(Backing::File(path), Mode::Write).unwrap();
    let mut pool = Pool::open(&region, "slots").unwrap();
    let mut map = IndexMap::open(&region, "seats").unwrap();
    for number in 0..5 {
        let slot = pool.acquire().unwrap();
        pool.write(slot, 0, &[number; 8]).unwrap();
        map.acquire().unwrap();
    }
    pool.release(Slot::new(2)).unwrap();
    map.release(3).unwrap();
    ready();
}

/* ---- tests ---- */

fn messages_pass_between_processes() {
    let received = message_buffers::send(2_000, &mut role("receive")).unwrap();
    assert_eq!(received, 2_000);
}

fn what_a_killed_process_held_of_a_shared_pool_is_reclaimed() {
    let name = fresh_name("reclaim");
    let place = Backing::Shared(&name);
    let region = Region::create(&RegionOptions::new(place, 1 << 20)).unwrap();
    let pool = SharedPool::create_in(&region, "slots", 32, &SharedPoolOptions::new(200)).unwrap();
    let child = start("holds-shared-slots", &name);
    Region::unlink(place).unwrap();
    let mine = pool.acquire().unwrap();
    assert_eq!((pool.stats().unwrap().in_use, pool.stats().unwrap().caches), (11, 1));
    assert_eq!(pool.reclaim().unwrap(), 0, "it lives");
    kill(child);
    assert!(pool.reclaim().unwrap() >= 10);
    let stats = pool.stats().unwrap();
    assert_eq!((stats.in_use, stats.caches, stats.cached), (1, 0, 0));
    pool.release(mine).unwrap();
    pool.validate().unwrap();
    let cache = pool.cache().unwrap();
    let mut all = [Slot::default(); 200];
    cache.acquire_many(&mut all).unwrap();
}

fn what_a_killed_process_held_of_a_pool_stays_taken() {
    let folder = Folder::new();
    let path = folder.join("r");
    let place = Backing::File(&path);
    {
        let region = Region::create(&RegionOptions::new(place, 1 << 20)).unwrap();
        Pool::create_in(&region, "slots", &PoolOptions::new(8, 100)).unwrap();
        IndexMap::create_in(&region, "seats", &IndexMapOptions::new(100)).unwrap();
    }
    let child = start("holds-slots-and-indices", &path);
    {
        let reading = Region::open(place, Mode::Read).unwrap();
        let pool = Pool::open(&reading, "slots").unwrap();
        let mut found = [0; 8];
        pool.read(Slot::new(4), 0, &mut found).unwrap();
        assert_eq!((found, pool.stats().unwrap().in_use), ([4; 8], 4));
    }
    kill(child);
    let region = Region::open(place, Mode::Write).unwrap();
    let mut pool = Pool::open(&region, "slots").unwrap();
    let used = pool.used().map(|slot| slot.unwrap().number()).collect::<Vec<_>>();
    assert_eq!(used, [0, 1, 3, 4]);
    assert_eq!((pool.acquire().unwrap(), pool.acquire().unwrap()), (Slot::new(2), Slot::new(5)));
    let mut map = IndexMap::open(&region, "seats").unwrap();
    assert_eq!(map.used().collect::<Result<Vec<_>, _>>().unwrap(), [0, 1, 2, 4]);
    assert_eq!(map.acquire().unwrap(), 3);
    region.verify().unwrap();
}

/* ---- running them ---- */

const TESTS: [(&str, fn()); 3] = [
    ("messages_pass_between_processes", messages_pass_between_processes),
    (
        "what_a_killed_process_held_of_a_shared_pool_is_reclaimed",
        what_a_killed_process_held_of_a_shared_pool_is_reclaimed,
    ),
    ("what_a_killed_process_held_of_a_pool_stays_taken", what_a_killed_process_held_of_a_pool_stays_taken),
];

fn main() {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(|argument| argument.to_str().unwrap_or_default()).collect();
    match words[..] {
        ["--role", "receive", name] => println!("{}", message_buffers::receive(name).unwrap()),
        ["--role", "holds-shared-slots", name] => holds_shared_slots(name),
        ["--role", "holds-slots-and-indices", _] => holds_slots_and_indices(arguments[2].as_ref()),
        // As the tests with a harness of cargo's: a word chooses, and options are for that harness.
        _ => run(words.iter().find(|word| !word.starts_with('-')).copied().unwrap_or("")),
    }
}

fn run(filter: &str) {
    let chosen: Vec<_> = TESTS.into_iter().filter(|(name, _)| name.contains(filter)).collect();
    println!("\nrunning {} tests", chosen.len());
    for (name, test) in &chosen {
        test(); // a panic ends the program with an error
        println!("test {name} ... ok");
    }
    println!("\ntest result: ok. {} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n", chosen.len());
}
