// SPDX-License-Identifier: MIT OR Apache-2.0
//! Replays scenarios through the drystone crate; ../README.md is the specification.
mod canonical;
mod handles;
mod memory;
mod operations;
mod perform;
mod run;
mod scenario;
mod values;
mod world;

use run::Outcome;
use std::path::PathBuf;
use std::process::ExitCode;

struct Arguments {
    transcripts: Option<PathBuf>,
    files: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let (mut passed, mut failed, mut worst) = (0, 0, 0);
    match arguments() {
        Ok(arguments) => {
            for file in &arguments.files {
                let outcome = run::run_file(file, arguments.transcripts.as_deref());
                match outcome {
                    Outcome::Passed => passed += 1,
                    Outcome::Failed => failed += 1,
                    Outcome::Malformed(ref cause) => {
                        eprintln!("{}: {cause}", file.display());
                        failed += 1;
                    }
                }
                worst = worst.max(outcome.exit_status());
            }
        }
        Err(cause) => {
            eprintln!("{cause}\nusage: runner [--transcripts DIR] FILE...");
            worst = 2;
        }
    }
    println!("rust: {passed} passed, {failed} failed");
    ExitCode::from(worst)
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments { transcripts: None, files: Vec::new() };
    let mut given = std::env::args_os().skip(1);
    while let Some(argument) = given.next() {
        if argument == "--transcripts" {
            found.transcripts = Some(given.next().ok_or("--transcripts wants a folder")?.into());
        } else if argument.to_string_lossy().starts_with('-') {
            return Err(format!("unknown option {}", argument.to_string_lossy()));
        } else {
            found.files.push(argument.into());
        }
    }
    if found.files.is_empty() {
        return Err("no scenario was named".into());
    }
    Ok(found)
}
