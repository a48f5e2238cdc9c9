// SPDX-License-Identifier: MIT OR Apache-2.0
//! The operations of ../../README.md with one thread, for any subject. The timed loops hold the operation, the sum that is
//! compared with the expected one afterwards, and nothing else.
use crate::data::{key_of, next_key, word, Purpose, INDEX_WORD};
use crate::session::{Script, Session};
use crate::subject::{Subject, BATCH};
use drystone_bench::frame::{fail, Bench};
use std::hint::black_box;
use std::time::Instant;

/// Counts that every reading benchmark keeps, and compares with what must come out.
#[derive(Default)]
pub struct Reads {
    pub done: u64,
    pub lost: u64,
    pub sum: u64,
}

impl Reads {
    pub fn check<S: Subject>(&self, session: &mut Session<S>, name: &str, script: &Script) {
        if self.lost != 0 {
            fail(name, &format!("{} of {} present keys were not found", self.lost, self.done));
        }
        if self.sum != script.index_sum(self.done) {
            fail(name, "the values read are not those of the keys asked for");
        }
        session.checked(name, self.done);
    }
}

/// The place after `at`, going round.
#[inline]
pub fn round(at: usize, length: usize) -> usize {
    if at + 1 == length {
        0
    } else {
        at + 1
    }
}

pub fn hit<S: Subject>(session: &mut Session<S>, bench: &mut Bench<'_>) {
    let script = session.script(0, Purpose::Hit);
    let store = session.populated();
    let mut reads = Reads::default();
    let mut value = [0; 64];
    let mut at = 0;
    bench.run(|operations| {
        let start = Instant::now();
        for _ in 0..operations {
            reads.lost += u64::from(!store.get(&script.key[at], &mut value));
            black_box(&mut value);
            reads.sum = reads.sum.wrapping_add(word(&value, INDEX_WORD));
            at = round(at, script.key.len());
        }
        reads.done += operations;
        start.elapsed()
    });
    reads.check(session, &bench.name(), &script);
}

pub fn dependent_hit<S: Subject>(session: &mut Session<S>, bench: &mut Bench<'_>) {
    let store = session.populated();
    let mut reads = Reads::default();
    let mut value = [0; 64];
    let mut key = key_of(0);
    bench.run(|operations| {
        let start = Instant::now();
        for _ in 0..operations {
            reads.lost += u64::from(!store.get(&key, &mut value));
            black_box(&mut value);
            reads.sum = reads.sum.wrapping_add(word(&value, INDEX_WORD));
            key = next_key(&value);
        }
        reads.done += operations;
        start.elapsed()
    });
    let mut at = 0;
    let mut expected = 0_u64;
    for _ in 0..reads.done {
        expected = expected.wrapping_add(at);
        at = session.data.next_of(at);
    }
    if reads.lost != 0 || reads.sum != expected {
        fail(&bench.name(), "the chain of keys was left");
    }
    session.checked(&bench.name(), reads.done);
}

pub fn miss<S: Subject>(session: &mut Session<S>, bench: &mut Bench<'_>) {
    let script = session.script(session.settings.keys, Purpose::Miss);
    let store = session.populated();
    let mut value = [0; 64];
    let (mut at, mut found, mut done) = (0, 0_u64, 0);
    bench.run(|operations| {
        let start = Instant::now();
        for _ in 0..operations {
            found += u64::from(store.get(&script.key[at], &mut value));
            black_box(&mut value);
            at = round(at, script.key.len());
        }
        done += operations;
        start.elapsed()
    });
    if found != 0 {
        fail(&bench.name(), &format!("{found} absent keys were found"));
    }
    session.checked(&bench.name(), done);
}

/// One key of a batch is one operation, so a sample is a whole number of batches and its time scaled.
pub fn get_many<S: Subject>(session: &mut Session<S>, bench: &mut Bench<'_>) {
    let mut script = session.script(0, Purpose::Hit);
    let whole_batches = script.key.len() / BATCH * BATCH;
    script.index.truncate(whole_batches);
    let store = session.populated();
    let mut reads = Reads::default();
    let mut at = 0;
    bench.run(|operations| {
        let batches = operations.div_ceil(BATCH as u64);
        let start = Instant::now();
        for _ in 0..batches {
            let keys = &script.key[at..at + BATCH];
            let found = store.get_batch(keys, |value| {
                reads.sum = reads.sum.wrapping_add(word(black_box(value), INDEX_WORD));
            });
            reads.lost += (BATCH - found) as u64;
            at = if at + BATCH == whole_batches { 0 } else { at + BATCH };
        }
        let taken = start.elapsed();
        let done = batches * BATCH as u64;
        reads.done += done;
        taken.mul_f64(operations as f64 / done as f64)
    });
    reads.check(session, &bench.name(), &script);
}

pub fn update<S: Subject>(session: &mut Session<S>, bench: &mut Bench<'_>) {
    let stamp = session.next_stamp();
    let script = session.script_of_values(0, Purpose::Update, stamp);
    let store = session.populated();
    let (mut at, mut done) = (0, 0);
    bench.run(|operations| {
        let start = Instant::now();
        for _ in 0..operations {
            store.update(&script.key[at], &script.value[at]);
            at = round(at, script.key.len());
        }
        done += operations;
        start.elapsed()
    });
    session.stamped(&script, done, stamp);
    session.wrote(&bench.name());
    session.checked(&bench.name(), done);
}

/// Present keys leave and absent ones enter, one by one; after a whole round the two change places.
pub fn delete_insert<S: Subject>(session: &mut Session<S>, bench: &mut Bench<'_>) {
    let keys = session.settings.keys;
    let stamp = session.next_stamp();
    let present = session.script_of_values(0, Purpose::Leave, stamp);
    let absent = session.script_of_values(keys, Purpose::Enter, 0);
    let store = session.populated();
    let (mut leave, mut enter) = (&present, &absent);
    let (mut at, mut done) = (0, 0);
    bench.run(|operations| {
        let start = Instant::now();
        for _ in 0..operations {
            exchange(store, leave, enter, at);
            at = round(at, leave.key.len());
            if at == 0 {
                std::mem::swap(&mut leave, &mut enter);
            }
        }
        done += operations;
        start.elapsed()
    });
    // Back to the keys that the other operations expect.
    let odd_round = std::ptr::eq(leave, &absent);
    let out = if odd_round { at..present.key.len() } else { 0..at };
    for at in out {
        exchange(store, &absent, &present, at);
    }
    session.stamped(&present, done, stamp);
    session.wrote(&bench.name());
    session.checked(&bench.name(), done);
}

#[inline]
fn exchange<S: Subject>(store: &mut S, leave: &Script, enter: &Script, at: usize) {
    store.erase(&leave.key[at]);
    store.insert(&enter.key[at], &enter.value[at]);
}
