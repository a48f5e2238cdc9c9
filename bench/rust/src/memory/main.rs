// SPDX-License-Identifier: MIT OR Apache-2.0
//! The memory benchmarks in Rust: `memory subjects`, `memory measure SUBJECT OUT`. See ../../../README.md.
mod arenas;
mod batches;
mod handles;
mod hands;
mod indices;
mod mixed;
mod object;
mod patterns;
mod pools;
mod refused;
mod session;
mod shared;
mod threads;

use crate::hands::{Hands, Shared, Subject};
use crate::session::Session;
use crate::threads::{together, Way};
use bumpalo::Bump;
use drystone::{Arena, IndexMap, MemoryFlags, Scratch};
use drystone_bench::frame::{self, Choice};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::path::Path;
use std::process::ExitCode;

const CHOICES: [Choice; 12] = [
    ("drystone", |out| measure("drystone", out, drystone)),
    ("drystone_object", |out| measure("drystone_object", out, pool::<pools::Owned>)),
    ("drystone_scratch", |out| measure("drystone_scratch", out, arena::<Scratch>)),
    ("heap", |out| measure("heap", out, heap)),
    ("bumpalo", |out| measure("bumpalo", out, arena::<Bump>)),
    ("slab", |out| measure("slab", out, slab)),
    ("slotmap", |out| measure("slotmap", out, handles::<handles::Slots>)),
    ("sharded_slab", |out| measure("sharded_slab", out, sharded)),
    ("object_pool", |out| measure("object_pool", out, shared::<shared::Reused>)),
    ("array_queue", |out| measure("array_queue", out, shared::<shared::Queued>)),
    ("binary_heap", |out| measure("binary_heap", out, indices::random::<BinaryHeap<Reverse<u32>>>)),
    ("btree_set", |out| measure("btree_set", out, indices::random::<BTreeSet<u32>>)),
];

fn main() -> ExitCode {
    frame::program("memory", &CHOICES)
}

fn measure(subject: &'static str, out: &Path, body: fn(&mut Session)) {
    let mut session = Session::new(subject, out);
    body(&mut session);
    session.finish(out);
}

fn arena<S: arenas::Subject>(session: &mut Session) {
    arenas::same::<S>(session);
    arenas::mixed::<S>(session);
}

fn pool<S: Subject>(session: &mut Session) {
    patterns::burst::<S, true>(session, "pool_lifo");
    patterns::burst::<S, false>(session, "pool_fifo");
    patterns::random::<S>(session, "pool_random", true);
    patterns::half::<S>(session, "pool_half");
    patterns::bulk::<S>(session, "pool_bulk");
}

fn handles<S: Subject>(session: &mut Session) {
    patterns::random::<S>(session, "object_random", false);
    patterns::half::<S>(session, "object_half");
}

fn shared<S: Shared>(session: &mut Session)
where
    for<'a> <S::Hands<'a> as Hands>::Item: Send,
{
    together::<S>(session, "shared_own", Way::Own, 2);
    together::<S>(session, "shared_other", Way::Other, 2);
    together::<S>(session, "shared_hand_over", Way::HandOver, 2);
    together::<S>(session, "shared_own_4", Way::Own, 4);
    together::<S>(session, "shared_own_8", Way::Own, 8);
}

fn drystone(session: &mut Session) {
    arena::<Arena>(session);
    pool::<pools::Slots>(session);
    batches::batch(session);
    batches::first_touch(session, "pool_first_touch", MemoryFlags::NONE);
    batches::first_touch(session, "pool_first_touch_huge", MemoryFlags::HUGE_PAGES);
    handles::<handles::Objects>(session);
    mixed::in_slab(session);
    indices::random::<IndexMap>(session);
    shared::<shared::Cached>(session);
}

fn heap(session: &mut Session) {
    pool::<pools::Heap>(session);
    mixed::in_heap(session);
    shared::<pools::Heap>(session);
}

fn slab(session: &mut Session) {
    pool::<handles::Indexed>(session);
    handles::<handles::Indexed>(session);
}

fn sharded(session: &mut Session) {
    handles::<handles::Sharded>(session);
    shared::<handles::Sharded>(session);
}
