// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects that several threads take and give back: each its own, each the other's, or one for the other.
use crate::hands::{Hands, Live, Shared};
use crate::patterns::BURST;
use crate::session::{whole, Found, Session};
use drystone::CachePadded;
use drystone_bench::times::timed;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::OnceLock;
use std::thread;
use std::time::Instant;

/// Bursts that a channel holds.
const BURSTS: usize = 64;
/// So few that starting threads would be all of the time.
const BURSTS_MIN: u64 = 64;

type Burst<T> = [MaybeUninit<T>; BURST];

/// A queue between two threads that carries bursts; it costs every subject the same.
struct Channel<T> {
    sent: CachePadded<AtomicUsize>,
    received: CachePadded<AtomicUsize>,
    bursts: Box<[UnsafeCell<Burst<T>>]>,
}

// SAFETY: the counts see to it that a burst is with one thread at a time.
unsafe impl<T: Send> Sync for Channel<T> {}

fn no_burst<T>() -> Burst<T> {
    std::array::from_fn(|_| MaybeUninit::uninit())
}

impl<T> Channel<T> {
    fn new() -> Self {
        let bursts = (0..BURSTS).map(|_| UnsafeCell::new(no_burst())).collect();
        Channel { sent: CachePadded::default(), received: CachePadded::default(), bursts }
    }

    /// To be called by one thread.
    fn send(&self, live: &mut Live<T>) {
        let at = self.sent.load(Ordering::Relaxed);
        while at - self.received.load(Ordering::Acquire) == BURSTS {
            thread::yield_now();
        }
        // SAFETY: the receiver is done with it, and the items are moved as a whole.
        unsafe { self.bursts[at % BURSTS].get().copy_from_nonoverlapping(live.burst(), 1) };
        self.sent.store(at + 1, Ordering::Release);
    }

    /// To be called by the other.
    fn receive(&self, live: &mut Live<T>) {
        let at = self.received.load(Ordering::Relaxed);
        while at == self.sent.load(Ordering::Acquire) {
            thread::yield_now();
        }
        // SAFETY: the sender is done with it, and the items are moved as a whole.
        unsafe { live.burst().copy_from_nonoverlapping(self.bursts[at % BURSTS].get(), 1) };
        self.received.store(at + 1, Ordering::Release);
    }
}

impl<T> Live<T> {
    fn burst(&mut self) -> *mut Burst<T> {
        self.first(BURST).cast()
    }
}

/// Room for both channels full, a burst in each of eight hands, and what caches keep back.
const ROOM: usize = (2 * BURSTS + 8) * BURST + 4096;

#[derive(Clone, Copy, PartialEq)]
pub enum Way {
    Own,
    Other,
    HandOver,
}

/// Lets threads start together, and keeps the time from then on.
#[derive(Default)]
struct Start {
    ready: AtomicUsize,
    begun: OnceLock<Instant>,
}

impl Start {
    fn wait_for(&self, threads: usize) {
        if self.ready.fetch_add(1, Ordering::SeqCst) + 1 == threads {
            self.begun.get_or_init(Instant::now);
        }
        while self.begun.get().is_none() {
            thread::yield_now();
        }
    }
}

#[inline(never)]
fn take_burst<H: Hands>(hands: &mut H, live: &mut Live<H::Item>) {
    for at in 0..BURST {
        // SAFETY: there are so many places.
        unsafe { live.put(at, hands.take(at as u64)) };
    }
}

/// # Safety
/// There is something in all places.
#[inline(never)]
unsafe fn give_burst<H: Hands>(hands: &mut H, live: &mut Live<H::Item>) -> u64 {
    let mut wrong = 0;
    for at in 0..BURST {
        // SAFETY: the caller's promise.
        let item = unsafe { live.take(at) };
        wrong |= hands.unlike(&item, at as u64);
        hands.give(item);
    }
    wrong
}

/// What one of the threads does.
struct Side<'a, H: Hands> {
    hands: H,
    live: Live<H::Item>,
    way: Way,
    /// Takes, in `HandOver`; the other one gives back.
    first: bool,
    out: &'a Channel<H::Item>,
    back: &'a Channel<H::Item>,
    wrong: u64,
}

impl<H: Hands> Side<'_, H> {
    fn burst(&mut self) {
        let takes = self.way != Way::HandOver || self.first;
        let gives = self.way != Way::HandOver || !self.first;
        if takes {
            take_burst(&mut self.hands, &mut self.live);
        }
        if self.way != Way::Own && takes {
            self.out.send(&mut self.live);
        }
        if self.way != Way::Own && gives {
            self.back.receive(&mut self.live);
        }
        if gives {
            // SAFETY: they were put there, or received.
            self.wrong |= unsafe { give_burst(&mut self.hands, &mut self.live) };
        }
    }

    /// A burst of its own, whose calls are timed one by one.
    fn timed_burst(&mut self, taken: &mut Vec<u64>) {
        for at in 0..BURST {
            let (time, item) = timed(|| self.hands.take(at as u64));
            taken.push(time);
            // SAFETY: there are so many places.
            unsafe { self.live.put(at, item) };
        }
        for at in 0..BURST {
            // SAFETY: it was put there just now.
            let item = unsafe { self.live.take(at) };
            self.wrong |= self.hands.unlike(&item, at as u64);
            taken.push(timed(|| self.hands.give(item)).0);
        }
    }
}

/// `threads` of them work; an operation is a pair, for each thread.
pub fn together<S: Shared>(session: &mut Session, operation: &str, way: Way, threads: usize)
where
    for<'a> <S::Hands<'a> as Hands>::Item: Send,
{
    if !session.wants(operation) {
        return;
    }
    let subject = S::new(ROOM);
    let mut found = Found::default();
    session.measure(operation, |operations| {
        let bursts = whole(operations, BURST).max(BURSTS_MIN);
        let start = Start::default();
        let wrong = work(&subject, way, threads, &start, |side| (0..bursts).for_each(|_| side.burst()));
        let taken = start.begun.get().expect("all threads have started").elapsed();
        found.checked += bursts * BURST as u64;
        found.wrong |= wrong;
        (bursts * BURST as u64, taken)
    });
    if operation == "shared_own" {
        found.wrong |= tail(session, operation, &subject, threads);
    }
    session.done(operation, &found);
}

/// Runs `body` in all threads; 0 if all objects held what they should.
fn work<S: Shared>(
    subject: &S,
    way: Way,
    threads: usize,
    start: &Start,
    body: impl Fn(&mut Side<'_, S::Hands<'_>>) + Sync,
) -> u64
where
    for<'a> <S::Hands<'a> as Hands>::Item: Send,
{
    let (there, back) = (Channel::new(), Channel::new());
    let one = |first: bool| {
        let (out, back) = if first { (&there, &back) } else { (&back, &there) };
        let mut side = Side { hands: subject.hands(), live: Live::new(BURST), way, first, out, back, wrong: 0 };
        start.wait_for(threads);
        body(&mut side);
        side.wrong
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| one(false))).collect();
        let wrong = one(true);
        others.into_iter().fold(wrong, |wrong, other| wrong | other.join().expect("no thread panics"))
    })
}

/// The first thread's calls, timed one by one while the others go on.
fn tail<S: Shared>(session: &mut Session, operation: &str, subject: &S, threads: usize) -> u64
where
    for<'a> <S::Hands<'a> as Hands>::Item: Send,
{
    let samples = session.samples();
    let stop = AtomicBool::new(false);
    let times = OnceLock::new();
    let wrong = work(subject, Way::Own, threads, &Start::default(), |side| {
        if side.first {
            let mut taken = Vec::with_capacity(samples + 2 * BURST);
            while taken.len() < samples {
                side.timed_burst(&mut taken);
            }
            stop.store(true, Ordering::Relaxed);
            let _ = times.set(taken);
        } else {
            while !stop.load(Ordering::Relaxed) {
                side.burst();
            }
        }
    });
    session.note_tail(operation, times.into_inner().expect("the first thread has timed its calls"));
    wrong
}
