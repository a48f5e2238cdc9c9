// SPDX-License-Identifier: MIT OR Apache-2.0
//! Object pools: destructors run exactly once, whatever happens, and old handles stay old.
mod common;

use common::Random;
use drystone::{ErrorKind, Handle, MemoryFlags, Object, ObjectPool, ObjectPoolOptions};
use std::cell::{Cell, RefCell};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::rc::Rc;

fn kind<T>(result: drystone::Result<T>) -> ErrorKind {
    match result {
        Ok(_) => panic!("it succeeded"),
        Err(error) => error.kind(),
    }
}

fn pool<T>(capacity: u64) -> ObjectPool<T> {
    ObjectPool::create(&ObjectPoolOptions::new(capacity)).unwrap()
}

/// How often each value was destroyed.
#[derive(Default)]
struct Runs(RefCell<Vec<u32>>);

impl Runs {
    fn value(&self, panics: bool) -> Counted<'_> {
        let mut runs = self.0.borrow_mut();
        runs.push(0);
        Counted { runs: self, index: runs.len() - 1, panics }
    }

    fn all(&self) -> Vec<u32> {
        self.0.borrow().clone()
    }
}

struct Counted<'a> {
    runs: &'a Runs,
    index: usize,
    panics: bool,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.runs.0.borrow_mut()[self.index] += 1;
        if self.panics {
            panic!("destructor {} on purpose", self.index);
        }
    }
}

#[test]
fn every_way_to_go_runs_the_destructor_once() {
    let runs = Runs::default();
    let mut pool = pool(10);
    drop(pool.acquire(runs.value(false)).unwrap());
    let handle = pool.insert(runs.value(false)).unwrap();
    pool.release(handle).unwrap();
    let handle = pool.insert(runs.value(false)).unwrap();
    drop(pool.take(handle).unwrap());
    drop(pool.acquire(runs.value(false)).unwrap().into_inner());
    assert_eq!(runs.all(), [1; 4]);
    std::mem::forget(pool.acquire(runs.value(false)).unwrap());
    pool.insert(runs.value(false)).unwrap();
    let _ = pool.acquire(runs.value(false)).unwrap().into_handle();
    assert_eq!(runs.all(), [1, 1, 1, 1, 0, 0, 0]);
    assert_eq!(pool.handles().len(), 3);
    pool.reset().unwrap();
    assert_eq!(runs.all(), [1; 7]);
    pool.insert(runs.value(false)).unwrap();
    assert_eq!(pool.stats().unwrap().destroyed, 7);
    assert_eq!((pool.close(), pool.close()), (1, 0));
    assert_eq!(runs.all(), [1; 8]);
    drop(pool);
    assert_eq!(runs.all(), [1; 8]);
}

/// What a destructor panics with may itself have a destructor that panics.
#[test]
fn a_panic_whose_payload_panics_drops_nothing_twice() {
    struct Payload;
    impl Drop for Payload {
        fn drop(&mut self) {
            panic!("payload on purpose");
        }
    }
    struct Value<'a>(&'a Cell<u32>);
    impl Drop for Value<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
            std::panic::panic_any(Payload);
        }
    }
    fn forget_payload(call: impl FnOnce()) {
        std::mem::forget(catch_unwind(AssertUnwindSafe(call)).expect_err("destructors panic"));
    }
    let runs = Cell::new(0);
    fn fill<'a>(pool: &mut ObjectPool<Value<'a>>, runs: &'a Cell<u32>) -> Handle<Value<'a>> {
        [(); 4].map(|()| pool.insert(Value(runs)).unwrap())[3]
    }
    let mut reset = pool(4);
    let handle = fill(&mut reset, &runs);
    forget_payload(|| reset.reset().unwrap());
    assert_eq!((kind(reset.get(handle)), reset.stats().unwrap().in_use, runs.get()), (ErrorKind::Stale, 0, 4));
    fill(&mut reset, &runs);
    forget_payload(|| drop(reset));
    assert_eq!(runs.get(), 8);
    let mut closed = pool(4);
    fill(&mut closed, &runs);
    forget_payload(|| assert_eq!(closed.close(), 4));
    drop(closed);
    assert_eq!(runs.get(), 12);
}

#[test]
fn the_pools_end_destroys_what_is_left_in_ascending_order() {
    struct Order<'a>(u32, &'a RefCell<Vec<u32>>);
    impl Drop for Order<'_> {
        fn drop(&mut self) {
            self.1.borrow_mut().push(self.0);
        }
    }
    let order = RefCell::new(Vec::new());
    let mut pool = pool(10);
    let handles: Vec<_> = (0..5).map(|number| pool.insert(Order(number, &order)).unwrap()).collect();
    pool.release(handles[1]).unwrap();
    drop(pool);
    assert_eq!(*order.borrow(), [1, 0, 2, 3, 4]);
}

#[test]
fn a_value_that_finds_no_slot_is_dropped() {
    let runs = Runs::default();
    let mut pool = pool(1);
    let first = pool.insert(runs.value(false)).unwrap();
    assert_eq!(kind(pool.insert(runs.value(false))), ErrorKind::Full);
    assert_eq!(kind(pool.acquire(runs.value(false))), ErrorKind::Full);
    assert_eq!(runs.all(), [0, 1, 1]);
    pool.release(first).unwrap();
    let stats = pool.stats().unwrap();
    assert_eq!((stats.in_use, stats.peak, stats.destroyed, stats.failures), (0, 1, 1, 2));
}

#[test]
fn a_destructor_that_panics_frees_its_slot() {
    let runs = Runs::default();
    let mut pool = pool(2);
    let handle = pool.insert(runs.value(true)).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| pool.release(handle))).is_err());
    assert_eq!(kind(pool.get(handle)), ErrorKind::Stale);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(pool.acquire(runs.value(true)).unwrap()))).is_err());
    assert_eq!((runs.all(), pool.stats().unwrap().in_use), (vec![1, 1], 0));
    pool.insert(runs.value(false)).unwrap();
    pool.insert(runs.value(false)).unwrap();
}

#[test]
fn destructors_that_panic_at_the_end_do_not_keep_the_others_from_running() {
    let runs = Runs::default();
    for reset in [true, false] {
        let mut pool = pool(10);
        for panics in [false, true, false, true, false] {
            pool.insert(runs.value(panics)).unwrap();
        }
        if reset {
            let panic = catch_unwind(AssertUnwindSafe(|| pool.reset())).unwrap_err();
            assert_eq!(panic.downcast_ref::<String>().unwrap(), "destructor 1 on purpose");
            assert_eq!(pool.stats().unwrap().in_use, 0);
        } else {
            assert!(catch_unwind(AssertUnwindSafe(|| drop(pool))).is_err());
        }
    }
    assert_eq!(runs.all(), [1; 10]);
}

#[test]
fn a_panic_while_a_panic_drops_the_pool_is_one_panic() {
    let runs = Runs::default();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let pool = pool(10);
        pool.insert(runs.value(true)).unwrap();
        pool.insert(runs.value(false)).unwrap();
        panic!("the first");
    }));
    assert_eq!(*caught.unwrap_err().downcast_ref::<&str>().unwrap(), "the first");
    assert_eq!(runs.all(), [1, 1]);
}

#[test]
fn released_handles_are_stale_for_ever() {
    let mut pool = pool(4);
    let mut old: Vec<Handle<u64>> = Vec::new();
    for round in 0..1_000 {
        let handle = pool.insert(round).unwrap();
        assert!(!old.contains(&handle));
        assert_eq!(*pool.get(handle).unwrap(), round);
        *pool.get_mut(handle).unwrap() += 1;
        assert_eq!(pool.take(handle).unwrap(), round + 1);
        old.push(handle);
        for handle in old.iter().rev().take(20) {
            assert_eq!(kind(pool.get(*handle)), ErrorKind::Stale);
            assert_eq!(kind(pool.get_mut(*handle)), ErrorKind::Stale);
            assert_eq!(kind(pool.release(*handle)), ErrorKind::Stale);
            assert_eq!(kind(pool.take(*handle)), ErrorKind::Stale);
        }
    }
    let last = pool.insert(7).unwrap();
    pool.reset().unwrap();
    assert_eq!(kind(pool.get(last)), ErrorKind::Stale);
    pool.close();
    assert_eq!(kind(pool.get(last)), ErrorKind::Closed);
    assert_eq!(kind(pool.get_mut(last)), ErrorKind::Closed);
    assert_eq!(kind(pool.release(last)), ErrorKind::Closed);
    assert_eq!(kind(pool.insert(1)), ErrorKind::Closed);
    assert_eq!(kind(pool.acquire(1)), ErrorKind::Closed);
    assert_eq!(kind(pool.reset()), ErrorKind::Closed);
    assert_eq!(kind(pool.stats()), ErrorKind::Closed);
    assert!(pool.handles().is_empty());
}

#[test]
fn a_handle_of_another_pool_reaches_nothing() {
    let (mut one, mut two) = (pool(4), pool(4));
    let handle = one.insert(String::from("one")).unwrap();
    // The same slot and generation, owned by an object that may be changed at any moment.
    let object = two.acquire(String::from("two")).unwrap();
    assert_eq!(kind(two.get(handle)), ErrorKind::Foreign);
    drop(object);
    assert_eq!(kind(two.release(handle)), ErrorKind::Foreign);
    two.close();
    assert_eq!(kind(two.get(handle)), ErrorKind::Closed);
    assert_eq!(one.take(handle).unwrap(), "one");
}

#[test]
fn a_pool_does_what_a_map_would() {
    let seed = std::process::id().into();
    println!("seed {seed}");
    let mut random = Random(seed);
    let mut pool = pool(200);
    let mut live: Vec<(Handle<String>, String)> = Vec::new();
    for round in 0..20_000 {
        match random.below(5) {
            0 | 1 if live.len() < 200 => {
                let text = format!("value {round}");
                live.push((pool.insert(text.clone()).unwrap(), text));
            }
            2 if !live.is_empty() => {
                let (handle, text) = live.swap_remove(random.below(live.len() as u64) as usize);
                assert_eq!(pool.take(handle).unwrap(), text);
            }
            3 if !live.is_empty() => {
                let (handle, _) = live.swap_remove(random.below(live.len() as u64) as usize);
                pool.release(handle).unwrap();
            }
            _ if !live.is_empty() => {
                let index = random.below(live.len() as u64) as usize;
                let (handle, text) = &mut live[index];
                assert_eq!(pool.get(*handle).unwrap(), text);
                text.push('!');
                pool.get_mut(*handle).unwrap().push('!');
            }
            _ => {}
        }
    }
    assert_eq!(pool.stats().unwrap().in_use, live.len() as u64);
    assert_eq!(pool.close(), live.len() as u64);
}

#[test]
fn values_without_size_and_with_much_alignment() {
    thread_local!(static DROPPED: Cell<u32> = const { Cell::new(0) });
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPPED.with(|dropped| dropped.set(dropped.get() + 1));
        }
    }
    #[repr(align(4096))]
    struct Page(u8);
    #[repr(align(8192))]
    struct TooMuch;

    let nothing = pool(3);
    let objects: Vec<_> = (0..3).map(|_| nothing.acquire(Nothing).unwrap()).collect();
    assert_eq!(kind(nothing.acquire(Nothing)), ErrorKind::Full);
    drop(objects);
    assert_eq!(DROPPED.with(Cell::get), 4);

    let pages = pool(3);
    let objects: Vec<_> = (0..3).map(|number| pages.acquire(Page(number)).unwrap()).collect();
    for (number, object) in objects.iter().enumerate() {
        assert_eq!((object.0 as usize, &**object as *const Page as usize % 4096), (number, 0));
    }
    assert_eq!(kind(ObjectPool::<TooMuch>::create(&ObjectPoolOptions::new(1))), ErrorKind::InvalidArgument);
    let padded = ObjectPool::<u8>::create(&ObjectPoolOptions::new(4).align_bytes(64)).unwrap();
    assert_eq!(padded.stats().unwrap().stride_bytes, 64);
    assert_eq!(kind(ObjectPool::<u8>::create(&ObjectPoolOptions::new(0))), ErrorKind::InvalidArgument);
    assert_eq!(kind(ObjectPool::<u8>::create(&ObjectPoolOptions::new(4).align_bytes(3))), ErrorKind::InvalidArgument);
}

#[test]
fn destructors_may_use_the_pool() {
    struct Node {
        pool: &'static ObjectPool<Node>,
        next: Option<Object<'static, Node>>,
        depth: u32,
    }
    impl Drop for Node {
        fn drop(&mut self) {
            if self.depth == 1 {
                // A slot is free by now, but not this one.
                drop(self.pool.acquire(Node { pool: self.pool, next: None, depth: 0 }).unwrap());
            }
        }
    }
    let pool: &'static ObjectPool<Node> = Box::leak(Box::new(pool(10)));
    let mut list = None;
    for depth in 0..9 {
        list = Some(pool.acquire(Node { pool, next: list, depth }).unwrap());
    }
    assert_eq!(list.as_ref().unwrap().next.as_ref().unwrap().depth, 7);
    drop(list);
    let stats = pool.stats().unwrap();
    assert_eq!((stats.in_use, stats.destroyed), (0, 10));
}

#[test]
fn values_stay_where_they_are_while_others_come_and_go() {
    let pool = pool(100);
    let first = pool.insert([7_u64; 4]).unwrap();
    let value = pool.get(first).unwrap();
    let objects: Vec<_> = (1..100).map(|number| pool.acquire([number; 4]).unwrap()).collect();
    assert_eq!(*value, [7; 4]);
    drop(objects);
    assert_eq!(pool.get(first).unwrap() as *const _, value as *const _);
}

#[test]
fn a_pool_moves_to_another_thread_with_its_values() {
    let mut pool = pool(4);
    let handle = pool.insert(String::from("stone")).unwrap();
    let text = std::thread::spawn(move || pool.take(handle).unwrap()).join().unwrap();
    assert_eq!(text, "stone");
}

#[test]
fn guarded_and_wiped_pools_do_the_same() {
    for flags in [MemoryFlags::GUARDED, MemoryFlags::WIPE, MemoryFlags::GUARDED | MemoryFlags::WIPE] {
        let count = Rc::new(());
        let mut pool = ObjectPool::create(&ObjectPoolOptions::new(10).flags(flags)).unwrap();
        for _ in 0..100 {
            let handle = pool.insert(Rc::clone(&count)).unwrap();
            drop(pool.acquire(Rc::clone(&count)).unwrap());
            assert_eq!(Rc::strong_count(pool.get(handle).unwrap()), 2);
            pool.release(handle).unwrap();
        }
        pool.insert(Rc::clone(&count)).unwrap();
        pool.reset().unwrap();
        assert_eq!(Rc::strong_count(&count), 1);
        assert!(pool.stats().unwrap().refused.is_empty());
    }
}
