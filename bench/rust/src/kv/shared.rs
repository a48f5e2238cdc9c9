// SPDX-License-Identifier: MIT OR Apache-2.0
//! read_alone and read_beside_writer: one reader, without and with a thread that replaces values and never pauses.
use crate::data::{word, xor_of, Purpose, Value, INDEX_WORD};
use crate::operations::{round, Reads};
use crate::session::{Script, Session};
use crate::subject::{CopyValues, ReplaceValues, Subject};
use drystone_bench::frame::{fail, Bench};
use drystone_bench::times::{self, rank, timed};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub fn read_alone<S: Subject>(session: &mut Session<S>, bench: &mut Bench<'_>) {
    let script = session.script(0, Purpose::Hit);
    let samples = times::samples(session.settings.seconds, 100, 100_000);
    let (_, reader) = session.populated().split();
    let mut reading = Reading::new(reader, &script);
    reading.run(bench, samples);
    reading.finish().note(session, bench, &script);
}

pub fn read_beside_writer<S: Subject>(session: &mut Session<S>, bench: &mut Bench<'_>) {
    let script = session.script(0, Purpose::Hit);
    let stamp = session.next_stamp();
    let churn = session.script_of_values(0, Purpose::Churn, stamp);
    let samples = times::samples(session.settings.seconds, 100, 100_000);
    let (writer, reader) = session.populated().split();
    let mut reading = Reading::new(reader, &script);
    let (writes, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let (mut passed, mut counted) = (Duration::ZERO, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| write_until(writer, &churn, &stop, &writes));
        while writes.load(Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
        let (start, before) = (Instant::now(), writes.load(Ordering::Relaxed));
        reading.run(bench, samples);
        (passed, counted) = (start.elapsed(), writes.load(Ordering::Relaxed) - before);
        stop.store(true, Ordering::Relaxed);
    });
    let found = reading.finish();
    session.stamped(&churn, writes.into_inner(), stamp);
    session.wrote(&bench.name());
    found.note(session, bench, &script);
    session.extras.set(&bench.name(), "writes", counted as f64);
    session.extras.set(&bench.name(), "writer_ns", passed.as_nanos() as f64 / (counted as f64).max(1.0));
}

/// Replaces the values of random keys.
fn write_until(mut writer: impl ReplaceValues, churn: &Script, stop: &AtomicBool, writes: &AtomicU64) {
    let (mut at, mut done) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        writer.update(&churn.key[at], &churn.value[at]);
        at = round(at, churn.key.len());
        done += 1;
        writes.store(done, Ordering::Relaxed);
    }
}

struct Reading<'a, R> {
    reader: R,
    script: &'a Script,
    at: usize,
    value: Value,
    reads: Reads,
    torn: u64,
    /// Single reads in ns: their median and 99.9th percentile, less what taking the time costs.
    tail: [f64; 2],
}

/// What is left of a reading when its reader is given back.
struct Found {
    reads: Reads,
    torn: u64,
    tail: [f64; 2],
    retries: u64,
}

impl<'a, R: CopyValues> Reading<'a, R> {
    fn new(reader: R, script: &'a Script) -> Self {
        Reading { reader, script, at: 0, value: [0; 64], reads: Reads::default(), torn: 0, tail: [0.0; 2] }
    }

    #[inline]
    fn read(&mut self) {
        self.reads.lost += u64::from(!self.reader.get(&self.script.key[self.at], &mut self.value));
        black_box(&mut self.value);
        self.reads.sum = self.reads.sum.wrapping_add(word(&self.value, INDEX_WORD));
        self.torn += u64::from(xor_of(&self.value) != 0);
        self.at = round(self.at, self.script.key.len());
        self.reads.done += 1;
    }

    fn run(&mut self, bench: &mut Bench<'_>, samples: usize) {
        bench.run(|operations| {
            let start = Instant::now();
            for _ in 0..operations {
                self.read();
            }
            start.elapsed()
        });
        self.time_each(samples);
    }

    /// Reads timed one by one, because a mean hides the reads that had to wait.
    fn time_each(&mut self, samples: usize) {
        let mut empty = times::empty(samples);
        let mut taken: Vec<u64> = (0..samples).map(|_| timed(|| self.read()).0).collect();
        let timer = rank(&mut empty, 0.5);
        self.tail = [rank(&mut taken, 0.5) - timer, rank(&mut taken, 0.999) - timer];
    }

    fn finish(self) -> Found {
        Found { torn: self.torn, tail: self.tail, retries: self.reader.retries(), reads: self.reads }
    }
}

impl Found {
    fn note<S: Subject>(&self, session: &mut Session<S>, bench: &Bench<'_>, script: &Script) {
        let name = bench.name();
        self.reads.check(session, &name, script);
        if self.torn != 0 {
            fail(&name, &format!("{} values were torn", self.torn));
        }
        session.extras.set(&name, "torn", 0.0);
        session.extras.set(&name, "median_ns", self.tail[0]);
        session.extras.set(&name, "p999_ns", self.tail[1]);
        session.extras.set(&name, "retries", self.retries as f64);
    }
}
