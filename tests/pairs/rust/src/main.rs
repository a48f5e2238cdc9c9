// SPDX-License-Identifier: MIT OR Apache-2.0
//! The actor of the Rust crate: a reader or a writer that the pairs test and the demo start as a process.
mod reading;
mod support;
mod writing;

use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What to do, where, and until when.
pub struct Task {
    pub region: String,
    pub part: String,
    pub deadline: Instant,
}

/// `Ok(false)`: it ran, and what it found is bad.
pub type Outcome = Result<bool, String>;

const USAGE: &str = "usage: actor read REGION PART SECONDS
       actor write REGION PART SECONDS SEED [KEYS]
REGION is file:PATH or shm:NAME";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some(outcome) = run(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(cause) => {
            eprintln!("actor: {cause}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Option<Outcome> {
    match arguments {
        ["read", region, part, seconds] => Some(reading::read(&task(region, part, seconds)?)),
        ["write", region, part, seconds, seed] => {
            Some(writing::replace_listed(&task(region, part, seconds)?, seed.parse().ok()?))
        }
        ["write", region, part, seconds, seed, keys] => {
            let keys = keys.parse().ok().filter(|keys| *keys > 0)?;
            Some(writing::write_with_records(&task(region, part, seconds)?, seed.parse().ok()?, keys))
        }
        _ => None,
    }
}

fn task(region: &str, part: &str, seconds: &str) -> Option<Task> {
    let seconds = seconds.parse().ok().filter(|seconds| (0.0..=1e6).contains(seconds))?;
    let deadline = Instant::now() + Duration::from_secs_f64(seconds);
    Some(Task { region: region.into(), part: part.into(), deadline })
}
