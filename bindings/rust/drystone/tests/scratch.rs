// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scratches: scopes, threads, panics.
use drystone::{scratch, ErrorKind, Scratch, ScratchOptions};
use std::panic::{catch_unwind, AssertUnwindSafe};

fn kind<T: std::fmt::Debug>(result: drystone::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

fn in_a_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

#[test]
fn each_use_begins_with_an_empty_scratch() {
    in_a_thread(|| {
        let mut places = Vec::new();
        for _ in 0..100 {
            places.push(scratch::with(|scope| scope.alloc([7_u64; 100]).unwrap() as *const _ as usize).unwrap());
        }
        assert!(places.iter().all(|place| *place == places[0]));
    });
}

#[test]
fn nested_uses_keep_the_outer_ones_memory() {
    in_a_thread(|| {
        let (kept, inner) = scratch::with(|outer| {
            let kept = outer.alloc_slice(&[1, 2, 3]).unwrap();
            let inner = scratch::with(|inner| {
                assert_eq!(kind(outer.alloc(1)), ErrorKind::Busy);
                assert_eq!(kind(outer.alloc_zeroed(1, 1)), ErrorKind::Busy);
                assert_eq!(kind(outer.ensure(1, 1)), ErrorKind::Busy);
                assert_eq!(kind(outer.scope(|_| ())), ErrorKind::Busy);
                inner.alloc_slice(&[9; 1000]).unwrap().iter().sum::<i32>()
            });
            outer.alloc(4).unwrap();
            let third = outer.scope(|third| *third.alloc(5).unwrap()).unwrap();
            (kept.iter().sum::<i32>() + third, inner.unwrap())
        })
        .unwrap();
        assert_eq!((kept, inner), (11, 9_000));
    });
}

#[test]
fn a_panic_ends_its_scope() {
    in_a_thread(|| {
        let place = |scope: &mut drystone::ScratchScope<'_>| scope.alloc(7_u64).unwrap() as *const _ as usize;
        let first = scratch::with(place).unwrap();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            scratch::with(|scope| {
                scope.alloc([0_u64; 100]).unwrap();
                scratch::with(|_| panic!("on purpose")).unwrap();
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(scratch::with(place).unwrap(), first);
    });
}

#[test]
fn a_threads_scratch_is_released_when_no_scope_is_open() {
    in_a_thread(|| {
        scratch::with(|scope| {
            scope.alloc(1).unwrap();
            assert_eq!(kind(scratch::release_thread()), ErrorKind::Busy);
        })
        .unwrap();
        scratch::release_thread().unwrap();
        assert_eq!(scratch::with(|scope| *scope.alloc(2).unwrap()).unwrap(), 2);
    });
}

#[test]
fn threads_have_their_own_and_are_summed() {
    let before = scratch::thread_stats().unwrap();
    std::thread::scope(|threads| {
        for number in 0..4_u64 {
            threads.spawn(move || {
                for round in 0..100 {
                    let sum = scratch::with(|scope| {
                        let numbers = scope.alloc_slice_with(50, |index| number * round + index as u64).unwrap();
                        std::thread::yield_now();
                        numbers.iter().sum::<u64>()
                    });
                    assert_eq!(sum.unwrap(), 50 * number * round + 49 * 25);
                }
            });
        }
    });
    let after = scratch::thread_stats().unwrap();
    assert!(after.scopes >= before.scopes + 400 && after.allocations >= before.allocations + 400, "{after:?}");
    assert!(after.peak_bytes >= 400);
}

#[test]
fn threads_that_end_are_counted_on() {
    let before = scratch::thread_stats().unwrap().threads_ended;
    // join waits for the thread's own destructors, which give its scratch back; a scope's end would not.
    for _ in 0..8 {
        std::thread::spawn(|| scratch::with(|scope| *scope.alloc(1).unwrap()).unwrap()).join().unwrap();
    }
    assert!(scratch::thread_stats().unwrap().threads_ended >= before + 8);
}

#[test]
fn an_object_has_scopes_too() {
    let mut scratch = Scratch::create(&ScratchOptions::new().capacity_bytes(4096)).unwrap();
    for _ in 0..10 {
        let sum = scratch.scope(|scope| {
            let numbers = scope.alloc_slice(&[1_u32; 500]).unwrap();
            assert_eq!(kind(scope.alloc_slice(&[1_u32; 600])), ErrorKind::Full);
            numbers.iter().sum::<u32>()
        });
        assert_eq!(sum.unwrap(), 500);
    }
    let stats = scratch.stats().unwrap();
    assert_eq!((stats.scopes, stats.resets, stats.depth, stats.used_bytes, stats.failures), (10, 10, 0, 0, 10));
    assert_eq!(stats.peak_bytes, 2_000);
    scratch.reset().unwrap();
    let mut scratch = in_a_thread(move || {
        scratch.scope(|scope| *scope.alloc(7).unwrap()).unwrap();
        scratch
    });
    scratch.close();
    scratch.close();
    assert_eq!(kind(scratch.scope(|_| ())), ErrorKind::Closed);
    assert_eq!(kind(scratch.stats()), ErrorKind::Closed);
    assert_eq!(kind(scratch.reset()), ErrorKind::Closed);
}
