// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is taken by moving a cursor, and given back all at once.
use crate::object::{escape, stamp_fresh, unlike_fresh, Object, OBJECT_BYTES};
use crate::refused::must;
use crate::session::{whole, Found, Session};
use bumpalo::Bump;
use drystone::{Arena, ArenaOptions, MemoryFlags, Scratch, ScratchOptions, ScratchScope};
use drystone_bench::random::Random;
use drystone_bench::times::{timed, OwnTime};
use std::alloc::Layout;
use std::mem::MaybeUninit;

/// Objects from one reset to the next: few, or the cache would be measured and not the arena.
const BURST: usize = 256;

/// Lends memory, which no two calls give.
#[allow(clippy::mut_from_ref)]
pub trait Lends {
    fn object(&self, number: u64) -> &mut Object;
    fn bytes(&self, size: usize) -> &mut [MaybeUninit<u8>];
}

pub trait Subject {
    type Lends<'s>: Lends;

    fn new(bytes: usize) -> Self;
    /// Lets `work` take memory, and gives it back.
    fn round<R>(&mut self, work: impl for<'s> FnOnce(&Self::Lends<'s>) -> R) -> R;
}

impl Subject for Arena {
    type Lends<'s> = Arena;

    fn new(bytes: usize) -> Self {
        must("Arena::create", Arena::create(&ArenaOptions::new(bytes as u64).flags(MemoryFlags::PREFAULT)))
    }

    #[inline(always)]
    fn round<R>(&mut self, work: impl for<'s> FnOnce(&Self::Lends<'s>) -> R) -> R {
        let result = work(self);
        must("reset", self.reset());
        result
    }
}

impl Subject for Scratch {
    type Lends<'s> = ScratchScope<'s>;

    fn new(bytes: usize) -> Self {
        let options = ScratchOptions::new().capacity_bytes(bytes as u64).flags(MemoryFlags::PREFAULT);
        must("Scratch::create", Scratch::create(&options))
    }

    #[inline(always)]
    fn round<R>(&mut self, work: impl for<'s> FnOnce(&Self::Lends<'s>) -> R) -> R {
        must("scope", self.scope(|scope| work(scope)))
    }
}

macro_rules! lends {
    ($type:ty) => {
        impl Lends for $type {
            #[inline(always)]
            fn object(&self, number: u64) -> &mut Object {
                must("alloc", self.alloc(Object::new(number)))
            }

            #[inline(always)]
            fn bytes(&self, size: usize) -> &mut [MaybeUninit<u8>] {
                must("alloc_bytes", self.alloc_bytes(size, 8))
            }
        }
    };
}

lends!(Arena);
lends!(ScratchScope<'_>);

/// The crate bumpalo.
impl Subject for Bump {
    type Lends<'s> = Bump;

    fn new(bytes: usize) -> Self {
        let mut bump = Bump::with_capacity(bytes);
        bump.alloc_slice_fill_copy(bytes, 0_u8);
        bump.reset();
        bump
    }

    #[inline(always)]
    fn round<R>(&mut self, work: impl for<'s> FnOnce(&Self::Lends<'s>) -> R) -> R {
        let result = work(self);
        self.reset();
        result
    }
}

impl Lends for Bump {
    #[inline(always)]
    fn object(&self, number: u64) -> &mut Object {
        self.alloc(Object::new(number))
    }

    #[inline(always)]
    fn bytes(&self, size: usize) -> &mut [MaybeUninit<u8>] {
        let layout = Layout::from_size_align(size, 8).expect("sizes are small");
        // SAFETY: fresh memory of that size.
        unsafe { std::slice::from_raw_parts_mut(self.alloc_layout(layout).as_ptr().cast(), size) }
    }
}

/// What is taken in one burst, as a type or as bytes of mixed sizes.
trait Taken {
    type Object<'s>;

    fn take<'s>(&self, lender: &'s impl Lends, at: usize, number: u64) -> Self::Object<'s>;
    fn unlike(object: &Self::Object<'_>, number: u64) -> u64;
}

struct Same;

impl Taken for Same {
    type Object<'s> = &'s Object;

    #[inline(always)]
    fn take<'s>(&self, lender: &'s impl Lends, _at: usize, number: u64) -> &'s Object {
        let object = lender.object(number);
        escape(object);
        object
    }

    #[inline(always)]
    fn unlike(object: &&Object, number: u64) -> u64 {
        object.unlike(number)
    }
}

struct Mixed([usize; BURST]);

impl Taken for Mixed {
    type Object<'s> = &'s [MaybeUninit<u8>];

    #[inline(always)]
    fn take<'s>(&self, lender: &'s impl Lends, at: usize, number: u64) -> &'s [MaybeUninit<u8>] {
        let bytes = lender.bytes(self.0[at]);
        stamp_fresh(bytes, number);
        bytes
    }

    #[inline(always)]
    fn unlike(bytes: &&[MaybeUninit<u8>], number: u64) -> u64 {
        unlike_fresh(bytes, number)
    }
}

#[inline(never)]
fn bump_pass<S: Subject, T: Taken>(subject: &mut S, taken: &T, bursts: u64, first: u64) -> u64 {
    let mut wrong = 0;
    for burst in 0..bursts {
        let number = first + burst * BURST as u64;
        wrong |= subject.round(|lender| {
            let first = taken.take(lender, 0, number);
            let run = |from: usize, to: usize| {
                for at in from..to {
                    taken.take(lender, at, number + at as u64);
                }
                taken.take(lender, to, number + to as u64)
            };
            let middle = run(1, BURST / 2 - 1);
            let last = run(BURST / 2, BURST - 1);
            T::unlike(&first, number)
                | T::unlike(&middle, number + BURST as u64 / 2 - 1)
                | T::unlike(&last, number + BURST as u64 - 1)
        });
    }
    wrong
}

/// Checks every object of one burst, which the timed loop has no time for.
fn bump_check<S: Subject, T: Taken>(subject: &mut S, taken: &T) -> u64 {
    subject.round(|lender| {
        let live: Vec<_> = (0..BURST).map(|at| taken.take(lender, at, at as u64)).collect();
        live.iter().zip(0..).fold(0, |wrong, (object, number)| wrong | T::unlike(object, number))
    })
}

/// 256 objects, then all are given back, whose share is included.
fn bump<S: Subject, T: Taken>(session: &mut Session, operation: &str, subject: &mut S, taken: &T) {
    let mut found = Found { checked: 0, wrong: bump_check(subject, taken) };
    session.measure(operation, |operations| {
        let bursts = whole(operations, BURST);
        let start = OwnTime::now();
        found.wrong |= bump_pass(subject, taken, bursts, found.checked);
        found.checked += bursts * BURST as u64;
        (bursts * BURST as u64, start.elapsed())
    });
    found.wrong |= bump_check(subject, taken);
    session.done(operation, &found);
}

/// Objects of 64 bytes, as a type; allocations are timed one by one afterwards.
pub fn same<S: Subject>(session: &mut Session) {
    const OPERATION: &str = "arena_64";
    if !session.wants(OPERATION) {
        return;
    }
    let mut subject = S::new(BURST * (OBJECT_BYTES + 16));
    bump(session, OPERATION, &mut subject, &Same);
    let mut times = Vec::with_capacity(session.samples() + BURST);
    while times.len() < session.samples() {
        subject.round(|lender| times.extend((0..BURST).map(|at| timed(|| Same.take(lender, at, 0)).0)));
    }
    session.note_tail(OPERATION, times);
}

/// Bytes, of sizes from 16 to 128.
pub fn mixed<S: Subject>(session: &mut Session) {
    const OPERATION: &str = "arena_mixed";
    if !session.wants(OPERATION) {
        return;
    }
    let mut random = Random::new(session.settings.seed);
    let sizes = std::array::from_fn(|_| 16 + random.below(113));
    let mut subject = S::new(sizes.iter().map(|size| size + 16).sum());
    bump(session, OPERATION, &mut subject, &Mixed(sizes));
}
