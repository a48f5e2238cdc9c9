// SPDX-License-Identifier: MIT OR Apache-2.0
//! In which order one thread takes objects and gives them back. The loops are functions of their own that are not inlined
//! (`..._pass`), so that their code can be looked at, and hold no more than the operation.
use crate::hands::{Hands, Live, Subject};
use crate::object::settle;
use crate::session::{whole, Found, Session};
use drystone_bench::random::shuffled;
use drystone_bench::times::{timed, OwnTime};

pub const BURST: usize = 64;

/// Puts objects into these places, which hold nothing.
///
/// # Safety
/// There are such places.
#[inline(never)]
unsafe fn take_pass<H: Hands>(hands: &mut H, live: &mut Live<H::Item>, places: &[u32]) {
    for at in places {
        // SAFETY: the caller's promise.
        unsafe { live.put(*at as usize, hands.take(u64::from(*at))) };
    }
}

/// Checks the objects in these places, and gives them back.
///
/// # Safety
/// There is something in all of them.
#[inline(never)]
unsafe fn give_pass<H: Hands>(hands: &mut H, live: &mut Live<H::Item>, places: &[u32]) -> u64 {
    let mut wrong = 0;
    for at in places {
        // SAFETY: the caller's promise.
        let item = unsafe { live.take(*at as usize) };
        wrong |= hands.unlike(&item, u64::from(*at));
        hands.give(item);
    }
    wrong
}

/// Gives each of them back and takes another for its place.
///
/// # Safety
/// As [`give_pass`].
#[inline(never)]
unsafe fn random_pass<H: Hands>(hands: &mut H, live: &mut Live<H::Item>, places: &[u32]) -> u64 {
    let mut wrong = 0;
    for at in places {
        // SAFETY: the caller's promise.
        let item = unsafe { live.take(*at as usize) };
        wrong |= hands.unlike(&item, u64::from(*at));
        hands.give(item);
        settle();
        // SAFETY: it was there just now.
        unsafe { live.put(*at as usize, hands.take(u64::from(*at))) };
    }
    wrong
}

#[inline(never)]
fn burst_pass<H: Hands, const REVERSE: bool>(hands: &mut H, live: &mut Live<H::Item>, bursts: u64, first: u64) -> u64 {
    let mut wrong = 0;
    for burst in 0..bursts {
        let number = first + burst * BURST as u64;
        for at in 0..BURST {
            // SAFETY: there are so many places.
            unsafe { live.put(at, hands.take(number + at as u64)) };
        }
        for at in 0..BURST {
            let at = if REVERSE { BURST - 1 - at } else { at };
            // SAFETY: it was put there just now.
            let item = unsafe { live.take(at) };
            wrong |= hands.unlike(&item, number + at as u64);
            hands.give(item);
        }
    }
    wrong
}

/// Bursts of 64: taken one after the other, given back in reverse, or in the same order.
pub fn burst<S: Subject, const REVERSE: bool>(session: &mut Session, operation: &str) {
    if !session.wants(operation) {
        return;
    }
    let mut subject = S::new(session.live());
    let mut hands = subject.hands();
    let mut live = Live::new(BURST);
    let mut found = Found::default();
    session.measure(operation, |operations| {
        let bursts = whole(operations, BURST);
        let start = OwnTime::now();
        found.wrong |= burst_pass::<_, REVERSE>(&mut hands, &mut live, bursts, found.checked);
        let taken = start.elapsed();
        found.checked += bursts * BURST as u64;
        (bursts * BURST as u64, taken)
    });
    session.done(operation, &found);
}

/// So many objects live, and the order in which they are visited.
struct Full<H: Hands> {
    hands: H,
    order: Vec<u32>,
    live: Live<H::Item>,
    found: Found,
}

impl<H: Hands> Full<H> {
    fn new(session: &Session, hands: H) -> Self {
        let count = session.live();
        let order = shuffled(count, session.settings.seed);
        let mut full = Full { hands, order, live: Live::new(count), found: Found::default() };
        let places: Vec<u32> = (0..count as u32).collect();
        // SAFETY: there are so many places.
        unsafe { take_pass(&mut full.hands, &mut full.live, &places) };
        full
    }

    fn random(&mut self) {
        // SAFETY: there is something in all of them, and will be.
        self.found.wrong |= unsafe { random_pass(&mut self.hands, &mut self.live, &self.order) };
        self.found.checked += self.order.len() as u64;
    }

    fn half(&mut self, from: usize, count: usize) {
        let places = &self.order[from..from + count];
        // SAFETY: there is something in all of them, and will be.
        unsafe {
            self.found.wrong |= give_pass(&mut self.hands, &mut self.live, places);
            settle();
            take_pass(&mut self.hands, &mut self.live, places);
        }
        self.found.checked += count as u64;
    }

    /// Both calls of each place, timed one by one.
    fn time_each(&mut self, samples: usize) -> Vec<u64> {
        let mut taken = Vec::with_capacity(samples + 1);
        for at in self.order.iter().cycle() {
            if taken.len() >= samples {
                break;
            }
            let (place, number) = (*at as usize, u64::from(*at));
            // SAFETY: there is something in all places.
            let item = unsafe { self.live.take(place) };
            self.found.wrong |= self.hands.unlike(&item, number);
            taken.push(timed(|| self.hands.give(item)).0);
            let (time, item) = timed(|| self.hands.take(number));
            taken.push(time);
            // SAFETY: as above.
            unsafe { self.live.put(place, item) };
        }
        taken
    }

    fn end(mut self) -> Found {
        // SAFETY: there is something in all places.
        self.found.wrong |= unsafe { give_pass(&mut self.hands, &mut self.live, &self.order) };
        self.found
    }
}

/// One after the other, in random order, is given back and another taken; `tail`: calls are timed one by one afterwards.
pub fn random<S: Subject>(session: &mut Session, operation: &str, tail: bool) {
    if !session.wants(operation) {
        return;
    }
    let mut subject = S::new(session.live());
    let mut full = Full::new(session, subject.hands());
    session.measure(operation, |operations| {
        let rounds = whole(operations, full.order.len());
        let start = OwnTime::now();
        (0..rounds).for_each(|_| full.random());
        (rounds * full.order.len() as u64, start.elapsed())
    });
    if tail {
        session.note_tail(operation, full.time_each(session.samples()));
    }
    session.done(operation, &full.end());
}

/// A random half is given back, then as many are taken again. The halves change over, so that what is free lies elsewhere
/// each time.
pub fn half<S: Subject>(session: &mut Session, operation: &str) {
    if !session.wants(operation) {
        return;
    }
    let mut subject = S::new(session.live());
    let mut full = Full::new(session, subject.hands());
    let (count, half) = (session.live(), session.live() / 2);
    let mut from = 0;
    session.measure(operation, |operations| {
        let rounds = whole(operations, half);
        let start = OwnTime::now();
        for _ in 0..rounds {
            full.half(from, half);
            from = count - half - from;
        }
        (rounds * half as u64, start.elapsed())
    });
    session.done(operation, &full.end());
}

/// All are taken, then all given back in the same order.
pub fn bulk<S: Subject>(session: &mut Session, operation: &str) {
    if !session.wants(operation) {
        return;
    }
    let count = session.live();
    let mut subject = S::new(count);
    let mut hands = subject.hands();
    let mut live = Live::new(count);
    let places: Vec<u32> = (0..count as u32).collect();
    let mut found = Found::default();
    session.measure(operation, |operations| {
        let rounds = whole(operations, count);
        let start = OwnTime::now();
        for _ in 0..rounds {
            // SAFETY: there are so many places; nothing is in them, then something in each.
            unsafe {
                take_pass(&mut hands, &mut live, &places);
                found.wrong |= give_pass(&mut hands, &mut live, &places);
            }
        }
        found.checked += rounds * count as u64;
        (rounds * count as u64, start.elapsed())
    });
    session.done(operation, &found);
}
