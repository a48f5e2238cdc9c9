// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every interleaving of two threads at the depot, up to a bound on how often one is stopped in favour of the other.

use drystone_loom::{Cache, Fault, Pool};
use loom::sync::Arc;
use loom::thread;

fn explore(preemptions: usize, body: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(body);
}

/// One thread pops and pushes; the other pops two and gives the first back, which without tags looks as if nothing had
/// happened.
fn stack(fault: Fault) {
    explore(3, move || {
        let pool = Arc::new(Pool::new(3, 0, fault));
        let other = {
            let pool = pool.clone();
            thread::spawn(move || {
                let first = pool.pop_full();
                let second = pool.pop_full();
                if let Some(number) = first {
                    pool.push_full(number);
                }
                second
            })
        };
        let mine = pool.pop_full();
        let kept = other.join().unwrap();
        assert!(mine.is_none() || mine != kept, "batch {mine:?} is with two");
        for number in mine.into_iter().chain(kept) {
            pool.push_full(number);
        }
        assert_eq!(pool.drain(), [0, 1, 2]);
    });
}

#[test]
fn a_popped_batch_is_with_one_thread_alone() {
    stack(Fault::None);
}

#[test]
#[should_panic]
fn without_tags_it_is_not() {
    stack(Fault::NoTag);
}

/// Two caches take and give back slots by way of the depot, and write into the objects.
fn hand_over(fault: Fault) {
    explore(2, move || {
        let pool = Arc::new(Pool::new(2, 4, fault));
        let work = |pool: &Pool, owner: u32| {
            let mut cache = Cache::open(pool, owner);
            let one = cache.acquire();
            let two = cache.acquire();
            for slot in one.into_iter().chain(two) {
                cache.release(slot);
            }
            cache.close();
        };
        let other = {
            let pool = pool.clone();
            thread::spawn(move || work(&pool, 1))
        };
        work(&pool, 2);
        other.join().unwrap();
        assert_eq!(pool.drain(), [0, 1], "no slot is lost, none is there twice");
    });
}

#[test]
fn slots_and_their_contents_pass_from_cache_to_cache() {
    hand_over(Fault::None);
}

#[test]
#[should_panic]
fn a_push_without_release_does_not_pass_them_on() {
    hand_over(Fault::RelaxedPush);
}

#[test]
#[should_panic]
fn a_pop_without_acquire_does_not_either() {
    hand_over(Fault::RelaxedPop);
}

#[test]
#[should_panic]
fn a_magazine_that_was_given_away_must_not_be_used() {
    hand_over(Fault::KeepsMagazine);
}
