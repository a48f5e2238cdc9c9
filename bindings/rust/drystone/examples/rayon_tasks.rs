// SPDX-License-Identifier: MIT OR Apache-2.0
//! Task contexts that one thread takes and rayon's workers free.
//!
//! The contexts lie in a shared pool, which is made once. The thread that hands out the tasks takes contexts through its
//! cache; whichever worker is done with one gives it back through its own.
use drystone::{Error, SharedObject, SharedPool, SharedPoolCache, SharedPoolOptions};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

pub(crate) struct Context {
    task: u64,
    samples: [u64; 32],
}

/// A cache for each worker. Only that worker locks its own, so nobody ever waits.
struct Caches(Vec<Mutex<SharedPoolCache<Context>>>);

impl Caches {
    fn free(&self, context: SharedObject<Context>) -> Result<(), Error> {
        match rayon::current_thread_index() {
            Some(worker) => self.0[worker].lock().unwrap_or_else(PoisonError::into_inner).free(context),
            None => {
                drop(context); // straight to the pool
                Ok(())
            }
        }
    }
}

/// Runs so many tasks, and gives the sum of their results.
pub(crate) fn run(tasks: u64, workers: usize) -> Result<u64, Error> {
    let threads = rayon::ThreadPoolBuilder::new().num_threads(workers).build().expect("threads can be made");
    // Room for what is under way, and for what the caches keep: 128 free slots each.
    let capacity = 256 + 128 * (workers as u64 + 1);
    let pool = SharedPool::create(&SharedPoolOptions::new(capacity).align_bytes(128))?;
    let caches = Caches((0..workers).map(|_| pool.cache().map(Mutex::new)).collect::<Result<_, _>>()?);
    let mine = pool.cache()?;
    let total = AtomicU64::new(0);

    let mut next = 0;
    while next < tasks {
        let batch = (tasks - next).min(256);
        let contexts: Vec<_> = (next..next + batch)
            .map(|task| mine.alloc(Context { task, samples: std::array::from_fn(|index| task + index as u64) }))
            .collect::<Result<_, _>>()?;
        threads.in_place_scope(|scope| {
            for context in contexts {
                let (caches, total) = (&caches, &total);
                scope.spawn(move |_| {
                    let result = context.samples.iter().sum::<u64>() - 32 * context.task;
                    total.fetch_add(result, Ordering::Relaxed);
                    caches.free(context).expect("the pool is open");
                });
            }
        });
        next += batch;
    }
    assert_eq!(pool.stats()?.in_use, 0, "every context came back");
    Ok(total.into_inner())
}

#[allow(dead_code)] // a test calls `run`
fn main() -> Result<(), Error> {
    println!("sum {}", run(10_000, 2)?);
    Ok(())
}
