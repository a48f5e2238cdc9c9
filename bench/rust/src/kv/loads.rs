// SPDX-License-Identifier: MIT OR Apache-2.0
//! Filling an empty store.
use crate::data::Purpose;
use crate::session::{Script, Session};
use crate::subject::Subject;
use drystone_bench::frame::Bench;
use std::time::{Duration, Instant};

/// Criterion wants ten samples, and each of them is a tenth of a load: any ten in a row see the store at every fill once.
const SAMPLES_A_LOAD: u64 = 10;

struct Load {
    script: Script,
    prefault: bool,
    at: usize,
}

impl Load {
    /// Inserts the next tenth, however many operations are asked for, and scales the time to that.
    fn sample<S: Subject>(&mut self, session: &mut Session<S>, operations: u64) -> Duration {
        let length = self.script.key.len();
        if self.at == length {
            self.at = 0;
        }
        if self.at == 0 {
            session.renew(self.prefault);
        }
        let end = (self.at + length.div_ceil(SAMPLES_A_LOAD as usize)).min(length);
        let store = session.store();
        let start = Instant::now();
        for at in self.at..end {
            store.insert(&self.script.key[at], &self.script.value[at]);
        }
        let taken = start.elapsed().as_secs_f64() / (end - self.at) as f64 * operations as f64;
        self.at = end;
        Duration::from_secs_f64(taken)
    }
}

pub fn insert<S: Subject>(session: &mut Session<S>, bench: &mut Bench<'_>, prefault: bool) {
    let name = bench.name();
    session.settle();
    let script = session.script_of_values(0, Purpose::Insert, 0);
    let keys = script.key.len() as u64;
    let mut load = Load { script, prefault, at: 0 };
    let mut inserted = 0;
    bench.run(|operations| {
        let before = if load.at as u64 == keys { 0 } else { load.at };
        let taken = load.sample(session, operations);
        inserted += (load.at - before) as u64;
        taken
    });
    while (load.at as u64) < keys {
        load.sample(session, 1);
    }
    if let Some(bytes) = session.store().bytes() {
        session.extras.set(&name, "bytes_per_entry", bytes as f64 / keys as f64);
    }
    session.stamped(&load.script, keys, 0);
    session.wrote(&name);
    session.checked(&name, inserted);
}
