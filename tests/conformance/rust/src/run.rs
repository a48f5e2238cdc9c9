// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs the steps of a scenario, and writes its transcript.
use crate::canonical::result_text;
use crate::perform::perform;
use crate::scenario::{item, parse, Item, Scenario, Step};
use crate::world::World;
use serde_json::Value;
use std::path::Path;

pub enum Outcome {
    Passed,
    Failed,
    Malformed(String),
}

impl Outcome {
    pub fn exit_status(&self) -> u8 {
        match self {
            Outcome::Passed => 0,
            Outcome::Failed => 1,
            Outcome::Malformed(_) => 2,
        }
    }
}

/// A scenario on its way.
struct Run {
    name: String,
    world: World,
    transcript: String,
    steps_done: u64,
}

/// Why a scenario stops before its end.
type Stopped = Outcome;

pub fn run_file(file: &Path, transcripts: Option<&Path>) -> Outcome {
    let scenario = match std::fs::read(file).map_err(|error| error.to_string()).and_then(|bytes| parse(&bytes)) {
        Ok(scenario) => scenario,
        Err(cause) => return Outcome::Malformed(cause),
    };
    run_scenario(scenario, transcripts).unwrap_or_else(|cause| Outcome::Malformed(format!("cannot be run: {cause}")))
}

fn run_scenario(scenario: Scenario, transcripts: Option<&Path>) -> std::io::Result<Outcome> {
    let mut run = Run { name: scenario.name, world: World::new()?, transcript: String::new(), steps_done: 0 };
    let outcome = match run.steps(&scenario.steps, None) {
        Ok(()) => Outcome::Passed,
        Err(stopped) => stopped,
    };
    if let Some(folder) = transcripts {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join(transcript_name(&run.name)), &run.transcript)?;
    }
    Ok(outcome)
}

fn transcript_name(scenario: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let name: String = scenario.bytes().map(|byte| if plain(byte) { char::from(byte) } else { '_' }).collect();
    name + ".transcript"
}

impl Run {
    fn steps(&mut self, steps: &[Value], round: Option<u64>) -> Result<(), Stopped> {
        for step in steps {
            match item(step, round).map_err(|cause| self.malformed(&cause))? {
                Item::Step(step) => self.step(&step)?,
                Item::Repeat(count, steps) => {
                    for round in 0..count {
                        self.steps(&steps, Some(round))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn malformed(&self, cause: &str) -> Stopped {
        Outcome::Malformed(format!("step {}: {cause}", self.steps_done + 1))
    }

    fn step(&mut self, step: &Step) -> Result<(), Stopped> {
        let result = perform(&mut self.world, step).map_err(|cause| self.malformed(&cause))?;
        self.steps_done += 1;
        let got = result_text(&result);
        self.transcript.push_str(&got);
        self.transcript.push('\n');
        if step.expected.holds(&result) {
            return Ok(());
        }
        let (name, number, operation, expected) =
            (&self.name, self.steps_done, step.operation.name, step.expected.text());
        println!("FAIL {name} step {number} rust: {operation}: expected {expected} got {got}");
        Err(Outcome::Failed)
    }
}
