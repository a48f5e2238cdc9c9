// SPDX-License-Identifier: MIT OR Apache-2.0
//! Actors whose state lies in an object pool: a message to an actor that has stopped finds out that it has.
//!
//! The pool owns the states; addresses are handles. A stopped actor's destructor runs once, at once, and its slot goes to the
//! next actor, to whom old addresses do not lead.
use drystone::{Error, Handle, ObjectPool, ObjectPoolOptions};
use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

type Address = Handle<Counter>;

/// The state of an actor.
pub(crate) struct Counter {
    name: String,
    count: u64,
    stopped: Rc<Cell<u64>>,
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.stopped.set(self.stopped.get() + 1);
    }
}

enum Message {
    Add(u64),
    /// Pass on half of the count.
    Share(Address),
    Stop,
}

struct System {
    actors: ObjectPool<Counter>,
    mail: VecDeque<(Address, Message)>,
    stopped: Rc<Cell<u64>>,
    dead_letters: u64,
}

impl System {
    fn new(capacity: u64) -> Result<Self, Error> {
        let actors = ObjectPool::create(&ObjectPoolOptions::new(capacity))?;
        Ok(System { actors, mail: VecDeque::new(), stopped: Rc::default(), dead_letters: 0 })
    }

    fn spawn(&mut self, name: &str) -> Result<Address, Error> {
        self.actors.insert(Counter { name: name.to_owned(), count: 0, stopped: Rc::clone(&self.stopped) })
    }

    fn send(&mut self, to: Address, message: Message) {
        self.mail.push_back((to, message));
    }

    fn run(&mut self) -> Result<(), Error> {
        while let Some((to, message)) = self.mail.pop_front() {
            match self.deliver(to, message) {
                Err(Error::Stale(_)) => self.dead_letters += 1,
                other => other?,
            }
        }
        Ok(())
    }

    fn deliver(&mut self, to: Address, message: Message) -> Result<(), Error> {
        let actor = self.actors.get_mut(to)?;
        match message {
            Message::Add(number) => actor.count += number,
            Message::Share(other) => {
                let half = actor.count / 2;
                actor.count -= half;
                self.send(other, Message::Add(half));
            }
            Message::Stop => self.actors.release(to)?,
        }
        Ok(())
    }
}

#[derive(Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) counts: Vec<(String, u64)>,
    pub(crate) stopped: u64,
    pub(crate) dead_letters: u64,
}

pub(crate) fn run() -> Result<Summary, Error> {
    let mut system = System::new(2)?;
    let (one, two) = (system.spawn("one")?, system.spawn("two")?);
    system.send(one, Message::Add(8));
    system.send(one, Message::Share(two));
    system.send(two, Message::Stop);
    system.run()?;

    // The slot of "two" is taken again; what was meant for "two" does not reach "three".
    let three = system.spawn("three")?;
    system.send(two, Message::Add(100));
    system.send(three, Message::Add(1));
    system.run()?;

    let mut counts = Vec::new();
    for address in system.actors.handles() {
        let actor = system.actors.get(address)?;
        counts.push((actor.name.clone(), actor.count));
    }
    let stopped = Rc::clone(&system.stopped);
    let dead_letters = system.dead_letters;
    drop(system);
    Ok(Summary { counts, stopped: stopped.get(), dead_letters })
}

#[allow(dead_code)] // a test calls `run`
fn main() -> Result<(), Error> {
    println!("{:?}", run()?);
    Ok(())
}
