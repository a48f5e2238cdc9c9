// SPDX-License-Identifier: MIT OR Apache-2.0
//! One run of one subject, and what all benchmarks of it do alike.
use criterion::Criterion;
use drystone_bench::frame::{self, fail, Bench, Extras, Settings};
use drystone_bench::times;
use std::path::Path;
use std::time::Duration;

pub struct Session {
    pub settings: Settings,
    subject: &'static str,
    criterion: Criterion,
    extras: Extras,
    any: bool,
}

/// What a benchmark found in all of its time.
#[derive(Default)]
pub struct Found {
    pub checked: u64,
    /// 0 if everything was as it should be.
    pub wrong: u64,
}

impl Session {
    pub fn new(subject: &'static str, out: &Path) -> Self {
        let settings = Settings::from_environment();
        let criterion = frame::criterion(&settings, out);
        Session { settings, subject, criterion, extras: Extras::default(), any: false }
    }

    /// How many objects are live at once.
    pub fn live(&self) -> usize {
        self.settings.keys as usize
    }

    /// Whether the operation is wanted; to be asked before anything is made for it.
    pub fn wants(&mut self, operation: &str) -> bool {
        let wanted = self.settings.wants(operation);
        self.any |= wanted;
        wanted
    }

    /// Measures `body`, which does at least as many operations as it is told, and answers with how many it did and the
    /// time they took.
    pub fn measure(&mut self, operation: &str, mut body: impl FnMut(u64) -> (u64, Duration)) {
        Bench::new(&mut self.criterion, "memory", operation, self.subject).run(|operations| {
            let (done, taken) = body(operations);
            taken.mul_f64(operations as f64 / done as f64)
        });
    }

    fn name(&self, operation: &str) -> String {
        format!("memory/{operation}/{}", self.subject)
    }

    /// What was found must be right.
    pub fn done(&mut self, operation: &str, found: &Found) {
        let name = self.name(operation);
        if found.wrong != 0 {
            fail(&name, "an object did not hold what was written to it, or an index was not the one expected");
        }
        self.extras.set(&name, "checked", found.checked as f64);
    }

    /// How many calls to time one by one.
    pub fn samples(&self) -> usize {
        times::samples(self.settings.seconds, 1_000, 1_000_000)
    }

    pub fn note_tail(&mut self, operation: &str, taken: Vec<u64>) {
        let name = self.name(operation);
        times::note_tail(&mut self.extras, &name, taken);
    }

    pub fn finish(self, out: &Path) {
        if !self.any {
            frame::nothing_wanted(self.subject);
        }
        self.extras.write(out);
    }
}

/// `operations` in whole `steps`, at least one.
pub fn whole(operations: u64, steps: usize) -> u64 {
    operations.div_ceil(steps as u64).max(1)
}
