// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every benchmark shares: arguments, settings, criterion, the extra figures, and how to fail.
use criterion::{BenchmarkId, Criterion, SamplingMode};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

#[cold]
#[inline(never)]
pub fn fail(what: &str, cause: &str) -> ! {
    eprintln!("{what}: {cause}");
    std::process::exit(1);
}

/// Ends a run of which nothing was wanted, so that the frame leaves this subject out.
pub fn nothing_wanted(subject: &str) -> ! {
    eprintln!("{subject}: none of the operations wanted");
    std::process::exit(3);
}

/// A subject's name, and what measures it into a folder.
pub type Choice = (&'static str, fn(&Path));

/// `<area> subjects` and `<area> measure SUBJECT OUT`.
#[must_use]
pub fn program(area: &str, choices: &[Choice]) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["subjects"] => choices.iter().for_each(|(name, _)| println!("{name}")),
        ["measure", subject, out] => match choices.iter().find(|(name, _)| *name == subject) {
            Some((_, measure)) => measure(Path::new(out)),
            None => return refuse(area, &format!("no subject '{subject}'\n")),
        },
        _ => return refuse(area, ""),
    }
    ExitCode::SUCCESS
}

fn refuse(area: &str, why: &str) -> ExitCode {
    eprintln!("{why}usage: {area} subjects | {area} measure SUBJECT OUT");
    ExitCode::from(2)
}

pub struct Settings {
    pub keys: u64,
    pub seconds: f64,
    pub seed: u64,
    operations: Vec<String>,
}

impl Settings {
    #[must_use]
    pub fn from_environment() -> Self {
        let operations = std::env::var("DRYSTONE_BENCH_OPERATIONS").unwrap_or_default();
        Settings {
            // Orders hold indices of 32 bits, and delete_insert needs twice as many keys as are present.
            keys: number("DRYSTONE_BENCH_KEYS", 1_000_000, 64, 1_000_000_000),
            seconds: number("DRYSTONE_BENCH_SECONDS", 0.5, 0.0001, 3600.0),
            seed: number("DRYSTONE_BENCH_SEED", 1, 0, u64::MAX),
            operations: operations.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        }
    }

    #[must_use]
    pub fn wants(&self, operation: &str) -> bool {
        self.operations.is_empty() || self.operations.iter().any(|wanted| wanted == operation)
    }
}

fn number<T: FromStr + PartialOrd + std::fmt::Display>(name: &str, default: T, low: T, high: T) -> T {
    let text = std::env::var(name).unwrap_or_default();
    if text.is_empty() {
        return default;
    }
    match text.parse() {
        Ok(number) if number >= low && number <= high => number,
        _ => fail(name, &format!("'{text}' is not a number from {low} to {high}")),
    }
}

#[must_use]
pub fn criterion(settings: &Settings, out: &Path) -> Criterion {
    // Without it criterion would ask cargo where its folder is, and there need not be a cargo.
    std::env::set_var("CRITERION_HOME", out.join("criterion"));
    let measured = Duration::from_secs_f64(settings.seconds);
    Criterion::default()
        .sample_size(10)
        .nresamples(2_000)
        .warm_up_time(measured.mul_f64(0.5).max(Duration::from_nanos(1)))
        .measurement_time(measured)
        .without_plots()
}

/// One benchmark, before it is run.
pub struct Bench<'a> {
    criterion: &'a mut Criterion,
    area: &'a str,
    operation: &'a str,
    subject: &'a str,
}

impl<'a> Bench<'a> {
    pub fn new(criterion: &'a mut Criterion, area: &'a str, operation: &'a str, subject: &'a str) -> Self {
        Bench { criterion, area, operation, subject }
    }

    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}/{}", self.area, self.operation, self.subject)
    }

    /// `body` does as many operations as it is told and answers with the time they took.
    pub fn run(&mut self, mut body: impl FnMut(u64) -> Duration) {
        let mut group = self.criterion.benchmark_group(self.area);
        // The same number of operations in each sample, so that all count alike.
        group.sampling_mode(SamplingMode::Flat);
        group.bench_function(BenchmarkId::new(self.operation, self.subject), |bencher| bencher.iter_custom(&mut body));
        group.finish();
    }
}

/// Figures beside the times, for extra.jsonl.
#[derive(Default)]
pub struct Extras(BTreeMap<String, BTreeMap<&'static str, f64>>);

impl Extras {
    pub fn set(&mut self, benchmark: &str, key: &'static str, value: f64) {
        self.0.entry(benchmark.to_owned()).or_default().insert(key, value);
    }

    pub fn write(&self, out: &Path) {
        let mut text = String::new();
        for (benchmark, values) in &self.0 {
            let _ = write!(text, "{{\"name\":\"{benchmark}\"");
            for (key, value) in values {
                let _ = write!(text, ",\"{key}\":{value}");
            }
            text.push_str("}\n");
        }
        let path = out.join("extra.jsonl");
        if let Err(error) = std::fs::write(&path, text) {
            fail(&path.display().to_string(), &error.to_string());
        }
    }
}
