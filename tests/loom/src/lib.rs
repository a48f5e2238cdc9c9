// SPDX-License-Identifier: MIT OR Apache-2.0
//! The shared pool's depot and caches (`c/src/memory/shared_pool_depot.c`, `_cache.c` and
//! `c/include/drystone/inline/shared_pool.h`), written once more over loom's atomics: the same loads, stores and
//! compare-and-swaps in the same order and with the same memory orderings. What the C code keeps in plain words because
//! only one thread may touch it lies in loom's cells here, which notice when two do.
//!
//! The parameters are faults to seed: each must be found, or the model proves nothing.

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// What differs from the C code: nothing, or one fault.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The heads carry no tag.
    NoTag,
    /// A push does not release what was written before it.
    RelaxedPush,
    /// A pop does not acquire it.
    RelaxedPop,
    /// A trade puts the old magazine into the depot and goes on working with it.
    KeepsMagazine,
}

/// `DRY_SHARED_POOL_BATCH_BITS`.
const BATCH_BITS: u32 = 24;
const NUMBER_MASK: u64 = (1 << BATCH_BITS) - 1;
/// Slots a magazine; 64 in C.
pub const MAGAZINE: usize = 1;

/// Slots that travel together. `count` and `slots` are relaxed words in C, since others may look at them; they are
/// written by their owner alone.
#[derive(Default)]
struct Batch {
    next: AtomicU32,
    content: UnsafeCell<Vec<u32>>,
}

/// A pool: batches, two stacks of them, the owners, and objects that only their users touch.
pub struct Pool {
    fault: Fault,
    full: AtomicU64,
    empty: AtomicU64,
    batches: Vec<Batch>,
    owners: Vec<AtomicU32>,
    objects: Vec<UnsafeCell<u32>>,
}

impl Pool {
    /// A pool whose slots are all free, each in a batch of its own; `spare` more batches are empty.
    pub fn new(slots: u32, spare: u32, fault: Fault) -> Self {
        let pool = Pool {
            fault,
            full: AtomicU64::new(0),
            empty: AtomicU64::new(0),
            batches: (0..slots + spare).map(|_| Batch::default()).collect(),
            owners: (0..slots).map(|_| AtomicU32::new(0)).collect(),
            objects: (0..slots).map(|_| UnsafeCell::new(0)).collect(),
        };
        for number in 0..slots + spare {
            if number < slots {
                pool.content(number, |content| content.push(number));
            }
            pool.put(number);
        }
        pool
    }

    fn content<R>(&self, number: u32, body: impl FnOnce(&mut Vec<u32>) -> R) -> R {
        // SAFETY: whoever has popped a batch owns it alone; loom fails the model when that is not so.
        self.batches[number as usize].content.with_mut(|content| body(unsafe { &mut *content }))
    }

    fn after(&self, now: u64, number: u64) -> u64 {
        let tag = if self.fault == Fault::NoTag { 0 } else { (now & !NUMBER_MASK) + (1 << BATCH_BITS) };
        tag | number
    }

    /// `pop` in shared_pool_depot.c.
    fn pop(&self, head: &AtomicU64) -> Option<u32> {
        let order = if self.fault == Fault::RelaxedPop { Ordering::Relaxed } else { Ordering::Acquire };
        let mut now = head.load(order);
        loop {
            let number = now & NUMBER_MASK;
            if number == 0 {
                return None;
            }
            let next = u64::from(self.batches[number as usize - 1].next.load(Ordering::Relaxed));
            match head.compare_exchange(now, self.after(now, next), order, order) {
                Ok(_) => return Some(number as u32 - 1),
                Err(found) => now = found,
            }
        }
    }

    /// `push` in shared_pool_depot.c.
    fn push(&self, head: &AtomicU64, number: u32) {
        let order = if self.fault == Fault::RelaxedPush { Ordering::Relaxed } else { Ordering::Release };
        let mut now = head.load(Ordering::Relaxed);
        loop {
            self.batches[number as usize].next.store((now & NUMBER_MASK) as u32, Ordering::Relaxed);
            match head.compare_exchange(now, self.after(now, u64::from(number) + 1), order, Ordering::Relaxed) {
                Ok(_) => return,
                Err(found) => now = found,
            }
        }
    }

    /// `dryi_depot_put`, without the stack of partly filled batches.
    fn put(&self, number: u32) {
        let is_empty = self.content(number, |content| content.is_empty());
        self.push(if is_empty { &self.empty } else { &self.full }, number);
    }

    /// Takes a batch from the stack of full ones, and owns it.
    pub fn pop_full(&self) -> Option<u32> {
        let number = self.pop(&self.full)?;
        self.content(number, |content| assert!(!content.is_empty()));
        Some(number)
    }

    /// Puts a batch that was popped back.
    pub fn push_full(&self, number: u32) {
        self.push(&self.full, number);
    }

    /// Every slot that is in the depot, for one who is alone.
    pub fn drain(&self) -> Vec<u32> {
        let mut slots = Vec::new();
        while let Some(number) = self.pop(&self.full) {
            self.content(number, |content| slots.append(content));
        }
        slots.sort_unstable();
        slots
    }
}

/// A cache with one magazine.
pub struct Cache<'a> {
    pool: &'a Pool,
    owner: u32,
    magazine: u32,
}

impl<'a> Cache<'a> {
    /// `owner` is the cache's owner word, not 0.
    pub fn open(pool: &'a Pool, owner: u32) -> Self {
        let magazine = pool.pop(&pool.empty).expect("a batch for the magazine");
        Cache { pool, owner, magazine }
    }

    /// `replace_magazine`, and the old one into the depot.
    fn trade(&mut self, batch: u32) {
        let old = self.magazine;
        if self.pool.fault != Fault::KeepsMagazine {
            self.magazine = batch;
        }
        self.pool.put(old);
    }

    /// `dry_shared_pool_cache_acquire`: takes a slot and writes into its object.
    pub fn acquire(&mut self) -> Option<u32> {
        let pool = self.pool;
        if pool.content(self.magazine, |content| content.is_empty()) {
            let batch = pool.pop(&pool.full)?;
            self.trade(batch);
        }
        let slot = pool.content(self.magazine, |content| content.last().copied())?;
        assert_eq!(pool.owners[slot as usize].load(Ordering::Relaxed), 0, "slot {slot} is somebody's");
        pool.owners[slot as usize].store(self.owner, Ordering::Relaxed);
        pool.content(self.magazine, |content| content.pop());
        // SAFETY: the slot is ours; loom fails the model when another thread has it, or its last user's writes are not
        // visible yet.
        pool.objects[slot as usize].with_mut(|object| unsafe { *object += self.owner });
        Some(slot)
    }

    /// `dry_shared_pool_cache_release`.
    pub fn release(&mut self, slot: u32) {
        let pool = self.pool;
        assert_ne!(pool.owners[slot as usize].load(Ordering::Relaxed), 0);
        if pool.content(self.magazine, |content| content.len() == MAGAZINE) {
            let batch = pool.pop(&pool.empty).expect("there is always an empty batch");
            self.trade(batch);
        }
        pool.content(self.magazine, |content| content.push(slot));
        pool.owners[slot as usize].store(0, Ordering::Relaxed);
    }

    /// Gives the magazine to the depot for good.
    pub fn close(self) {
        self.pool.put(self.magazine);
    }
}
