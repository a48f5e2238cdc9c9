// SPDX-License-Identifier: MIT OR Apache-2.0
//! An order book: 10,000 orders in a pool, most of them cancelled again in random order, without an allocation for each.
//!
//! Orders are named by handles. A handle of an order that was filled or cancelled is stale for ever, so a late cancel is
//! told apart from a good one even when the order's slot is in use again.
use drystone::{Error, Handle, ObjectPool, ObjectPoolOptions};
use std::collections::BTreeMap;

const ORDERS: u64 = 10_000;

struct Order {
    price: u64,
    quantity: u64,
    /// The neighbours at the same price, oldest first: a list without allocations.
    older: Option<Handle<Order>>,
    newer: Option<Handle<Order>>,
}

#[derive(Clone, Copy)]
struct Level {
    oldest: Handle<Order>,
    newest: Handle<Order>,
}

/// The orders that offer something, cheapest first.
struct Book {
    orders: ObjectPool<Order>,
    levels: BTreeMap<u64, Level>,
}

impl Book {
    fn new(capacity: u64) -> Result<Self, Error> {
        Ok(Book { orders: ObjectPool::create(&ObjectPoolOptions::new(capacity))?, levels: BTreeMap::new() })
    }

    fn place(&mut self, price: u64, quantity: u64) -> Result<Handle<Order>, Error> {
        let older = self.levels.get(&price).map(|level| level.newest);
        let order = self.orders.insert(Order { price, quantity, older, newer: None })?;
        if let Some(older) = older {
            self.orders.get_mut(older)?.newer = Some(order);
        }
        let level = self.levels.entry(price).or_insert(Level { oldest: order, newest: order });
        level.newest = order;
        Ok(order)
    }

    /// Takes an order out; `Error::Stale` where it was filled or cancelled before.
    fn cancel(&mut self, order: Handle<Order>) -> Result<u64, Error> {
        let Order { price, quantity, older, newer } = self.orders.take(order)?;
        if let Some(older) = older {
            self.orders.get_mut(older)?.newer = newer;
        }
        if let Some(newer) = newer {
            self.orders.get_mut(newer)?.older = older;
        }
        let level = self.levels.get_mut(&price).expect("an order has a level");
        match (older, newer) {
            (None, None) => {
                self.levels.remove(&price);
            }
            (None, Some(newer)) => level.oldest = newer,
            (Some(older), None) => level.newest = older,
            (Some(_), Some(_)) => {}
        }
        Ok(quantity)
    }

    /// Buys up to `quantity`, the cheapest and oldest first, and says how much that was.
    fn buy(&mut self, quantity: u64) -> Result<u64, Error> {
        let mut left = quantity;
        while left > 0 {
            let Some(level) = self.levels.values().next().copied() else { break };
            let order = self.orders.get_mut(level.oldest)?;
            if order.quantity > left {
                order.quantity -= left;
                left = 0;
            } else {
                left -= self.cancel(level.oldest)?;
            }
        }
        Ok(quantity - left)
    }

    fn open_quantity(&mut self) -> Result<u64, Error> {
        let handles = self.orders.handles();
        handles.into_iter().map(|order| Ok(self.orders.get(order)?.quantity)).sum()
    }
}

/// Numbers that look random; the same for the same seed.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[derive(Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) placed: u64,
    pub(crate) cancelled: u64,
    pub(crate) bought: u64,
    pub(crate) too_late: u64,
    pub(crate) open: u64,
    pub(crate) levels: usize,
}

pub(crate) fn run(seed: u64) -> Result<Summary, Error> {
    let mut state = seed;
    let mut book = Book::new(ORDERS)?;
    let mut names = Vec::new();
    let mut placed = 0;
    for _ in 0..ORDERS {
        let quantity = 1 + random(&mut state) % 100;
        names.push(book.place(1_000 + random(&mut state) % 50, quantity)?);
        placed += quantity;
    }
    assert!(matches!(book.place(1_000, 1), Err(Error::Full(_))), "the book has room for so many");

    // Half of what is offered is bought; then 9 in 10 owners cancel, in random order, some of them too late.
    let bought = book.buy(placed / 2)?;
    let (mut cancelled, mut too_late) = (0, 0);
    for _ in 0..ORDERS * 9 / 10 {
        let index = random(&mut state) as usize % names.len();
        match book.cancel(names.swap_remove(index)) {
            Ok(quantity) => cancelled += quantity,
            Err(Error::Stale(_)) => too_late += 1,
            Err(error) => return Err(error),
        }
    }
    let open = book.open_quantity()?;
    Ok(Summary { placed, cancelled, bought, too_late, open, levels: book.levels.len() })
}

#[allow(dead_code)] // a test calls `run`
fn main() -> Result<(), Error> {
    let summary = run(7)?;
    println!("{summary:?}");
    assert_eq!(summary.placed, summary.bought + summary.cancelled + summary.open);
    Ok(())
}
