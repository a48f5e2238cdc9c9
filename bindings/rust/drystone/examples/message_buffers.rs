// SPDX-License-Identifier: MIT OR Apache-2.0
//! Message buffers between two processes: slots of a shared pool in shared memory.
//!
//! The sender takes a slot, fills it, and sends its number through a pipe; the receiver reads the message where it lies and
//! frees the slot. No message is copied through the kernel, and no process waits for a lock.
use drystone::{Backing, Error, Mode, Region, RegionOptions, SharedPool, SharedPoolOptions, Slot};
use std::error::Error as AnyError;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

const SLOT_BYTES: u64 = 256;
const SLOTS: u64 = 512;

fn text_of(message: u64) -> String {
    format!("message {message}: {}", "stone ".repeat(message as usize % 30))
}

/// The second process: reads slots' numbers from its standard input, checks and frees them, and answers with their count.
pub(crate) fn receive(name: &str) -> Result<u64, Box<dyn AnyError>> {
    let region = Region::open(Backing::Shared(name), Mode::Share)?;
    let pool = SharedPool::open(&region, "messages")?;
    let cache = pool.cache()?;
    let mut buffer = [0; SLOT_BYTES as usize];
    let mut count = 0;
    for line in std::io::stdin().lock().lines() {
        let slot = Slot::new(line?.parse()?);
        cache.adopt(slot)?; // if this process dies now, the slot is found to be its own
        pool.read(slot, 0, &mut buffer)?;
        let length = usize::from(buffer[0]);
        assert_eq!(std::str::from_utf8(&buffer[1..=length])?, text_of(count));
        cache.release(slot)?;
        count += 1;
    }
    Ok(count)
}

/// The first process: sends so many messages to `receiver`, which is this program with the region's name behind it.
pub(crate) fn send(messages: u64, receiver: &mut Command) -> Result<u64, Box<dyn AnyError>> {
    let name = format!("drystone-messages-{}-{:x}", std::process::id(), std::time::UNIX_EPOCH.elapsed()?.as_nanos());
    let options = SharedPoolOptions::new(SLOTS);
    let bytes = RegionOptions::OVERHEAD_BYTES + options.required_bytes(SLOT_BYTES)?.next_multiple_of(4096);
    let region = Region::create(&RegionOptions::new(Backing::Shared(&name), bytes))?;
    let sent = send_all(&region, &name, &options, messages, receiver);
    Region::unlink(Backing::Shared(&name))?;
    sent
}

fn send_all(
    region: &Region,
    name: &str,
    options: &SharedPoolOptions,
    messages: u64,
    receiver: &mut Command,
) -> Result<u64, Box<dyn AnyError>> {
    let pool = SharedPool::create_in(region, "messages", SLOT_BYTES, options)?;
    let cache = pool.cache()?;
    let mut receiver = receiver.arg(name).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut numbers = receiver.stdin.take().expect("it is a pipe");
    for message in 0..messages {
        let text = text_of(message);
        let slot = loop {
            match cache.acquire() {
                Err(Error::Full(_)) => std::thread::yield_now(), // the receiver is behind
                other => break other?,
            }
        };
        pool.write(slot, 0, &[u8::try_from(text.len())?])?;
        pool.write(slot, 1, text.as_bytes())?;
        // The pipe orders the message before its number.
        writeln!(numbers, "{slot}")?;
    }
    drop(numbers);
    let mut answer = String::new();
    BufReader::new(receiver.stdout.take().expect("it is a pipe")).read_line(&mut answer)?;
    assert!(receiver.wait()?.success());
    assert_eq!(pool.stats()?.in_use, 0, "the receiver freed every slot");
    Ok(answer.trim().parse()?)
}

#[allow(dead_code)] // a test calls `send` and `receive`
fn main() -> Result<(), Box<dyn AnyError>> {
    match std::env::args().nth(1) {
        Some(name) => println!("{}", receive(&name)?),
        None => println!("{} messages were received", send(5_000, &mut Command::new(std::env::current_exe()?))?),
    }
    Ok(())
}
