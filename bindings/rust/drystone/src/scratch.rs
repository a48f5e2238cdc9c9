// SPDX-License-Identifier: MIT OR Apache-2.0
//! An arena for what is needed for a moment, with scopes: each thread's own, and objects.
//!
//! ```
//! use drystone::scratch;
//!
//! let longest = scratch::with(|scope| -> drystone::Result<usize> {
//!     let lengths = scope.alloc_slice_with(3, |index| ["one", "seven", "two"][index].len())?;
//!     Ok(*lengths.iter().max().unwrap())
//! })??;
//! assert_eq!(longest, 5);
//! # Ok::<(), drystone::Error>(())
//! ```
use crate::arena_options::Overflow;
use crate::error::{check, check_detailed, Result};
use crate::memory::{facts, struct_size, MemoryFlags, Raw};
use crate::scratch_scope::{run, ScratchScope};
use crate::version::check_abi;
use core::fmt;
use core::ptr;
use drystone_sys as sys;

/// What scratches to make: all threads', by [`configure`], or one, by [`Scratch::create`]. Everything has a default.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ScratchOptions {
    capacity_bytes: u64,
    overflow: Overflow,
    flags: MemoryFlags,
    reserve: bool,
}

impl ScratchOptions {
    /// The defaults: 1 MiB, no flags; what has no room is an error.
    pub fn new() -> Self {
        Self::default()
    }

    /// How large each is, in bytes: of threads 1 MiB to 1 GiB, of an object 1 to 2^46. By default 1 MiB.
    pub fn capacity_bytes(mut self, bytes: u64) -> Self {
        self.capacity_bytes = bytes;
        self
    }

    /// What becomes of a request for which there is no room. By default an error.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// What to ask of the memory, as for an [`Arena`](crate::Arena).
    pub fn flags(mut self, flags: MemoryFlags) -> Self {
        self.flags = flags;
        self
    }

    /// Backs the capacity with memory as it is used.
    pub fn reserve(mut self) -> Self {
        self.reserve = true;
        self
    }

    fn to_raw(&self) -> sys::dry_scratch_options {
        sys::dry_scratch_options {
            struct_size: struct_size::<sys::dry_scratch_options>(),
            overflow: self.overflow.number(),
            capacity_bytes: self.capacity_bytes,
            flags: self.flags.bits(),
            reserve: u32::from(self.reserve),
        }
    }
}

/// Facts on one scratch, or on all threads' together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScratchStats {
    /// All of it, in bytes.
    pub capacity_bytes: u64,
    /// Taken now.
    pub used_bytes: u64,
    /// The most that was ever taken; of all threads', that of the thread with the highest.
    pub peak_bytes: u64,
    /// Requests served.
    pub allocations: u64,
    /// Requests refused.
    pub failures: u64,
    /// Requests served from the heap.
    pub fallbacks: u64,
    /// Outermost scopes that ended, and resets.
    pub resets: u64,
    /// Scopes begun.
    pub scopes: u64,
    /// Scopes open now.
    pub depth: u64,
    /// Threads alive with a scratch; 1 for one scratch.
    pub threads: u64,
    /// Threads that have ended and whose counts are included; 0 for one scratch.
    pub threads_ended: u64,
}

impl ScratchStats {
    fn from_raw(raw: sys::dry_scratch_stats) -> Self {
        ScratchStats {
            capacity_bytes: raw.capacity_bytes,
            used_bytes: raw.used_bytes,
            peak_bytes: raw.peak_bytes,
            allocations: raw.allocations,
            failures: raw.failures,
            fallbacks: raw.fallbacks,
            resets: raw.resets,
            scopes: raw.scopes,
            depth: raw.depth,
            threads: raw.threads,
            threads_ended: raw.threads_ended,
        }
    }
}

/// Calls `work` with a scope of this thread's scratch, which is made at the first use and freed when the thread ends. What
/// `work` took is given back when it returns, also when it panics.
///
/// Functions that call each other may all do this: each has a scope of its own. Only the innermost takes memory.
///
/// Threads: any, each with its own.   Cost: O(1); system calls at the first.
///
/// ```
/// use drystone::{scratch, Error};
///
/// scratch::with(|outer| {
///     let kept = outer.alloc(1).unwrap();
///     scratch::with(|inner| {
///         assert!(inner.alloc(2).is_ok());
///         assert!(matches!(outer.alloc(3), Err(Error::Busy(_))));
///     }).unwrap();
///     assert_eq!(*kept, 1);
/// })?;
/// # Ok::<(), Error>(())
/// ```
///
/// What was taken does not leave the closure:
///
/// ```compile_fail
/// let text = drystone::scratch::with(|scope| scope.alloc_str("gone").unwrap()).unwrap();
/// println!("{text}");
/// ```
///
/// and the scope does not leave the thread:
///
/// ```compile_fail,E0277
/// drystone::scratch::with(|scope| {
///     std::thread::scope(|threads| {
///         threads.spawn(|| scope.alloc(7).is_ok());
///     });
/// });
/// ```
///
/// # Errors
/// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
#[inline]
pub fn with<R>(work: impl for<'s> FnOnce(&mut ScratchScope<'s>) -> R) -> Result<R> {
    let mut raw = ptr::null_mut();
    // SAFETY: the output is a local.
    check(unsafe { sys::dry_scratch_thread(&mut raw) })?;
    // SAFETY: it is this thread's own. It cannot be released while a scope is open, and a thread does not end meanwhile.
    unsafe { run(raw, work) }
}

/// Settings for the scratches of threads, before the first of them is made.   Threads: any.
///
/// # Errors
/// [`Error::InvalidArgument`](crate::Error::InvalidArgument) (names the field), [`Error::Busy`](crate::Error::Busy) (some
/// thread has one already; nothing changes).
pub fn configure(options: &ScratchOptions) -> Result<()> {
    check_abi()?;
    let raw = options.to_raw();
    // SAFETY: the options are valid for the call.
    check_detailed(|detail| unsafe { sys::dry_scratch_configure(&raw, detail) })
}

/// Frees this thread's scratch now; the next [`with`] makes a new one. Its counts go on in [`thread_stats`].
///
/// # Errors
/// [`Error::Busy`](crate::Error::Busy) while a scope is open.
pub fn release_thread() -> Result<()> {
    // SAFETY: takes nothing; the library refuses while a scope could lend memory.
    check(unsafe { sys::dry_scratch_release_thread() })
}

/// All threads' scratches together, those of ended threads included. Counts of running threads are as of the last end of an
/// outermost scope there.   Threads: any.   Cost: O(threads).
///
/// # Errors
/// None that is known; the library may name one.
pub fn thread_stats() -> Result<ScratchStats> {
    // SAFETY: the output is `facts`'s.
    facts(|raw| unsafe { sys::dry_scratch_get_thread_stats(raw) }).map(ScratchStats::from_raw)
}

/// A scratch of one's own, for whoever is not bound to a thread.
///
/// It is `Send`, not `Sync`: one thread at a time.
///
/// ```
/// use drystone::{Scratch, ScratchOptions};
///
/// let mut scratch = Scratch::create(&ScratchOptions::new().capacity_bytes(4096))?;
/// let sum = scratch.scope(|scope| scope.alloc_slice(&[1, 2, 3]).map(|numbers| numbers.iter().sum::<i32>()))??;
/// assert_eq!((sum, scratch.stats()?.used_bytes), (6, 0));
/// # Ok::<(), drystone::Error>(())
/// ```
///
/// It cannot be reset while a scope is open:
///
/// ```compile_fail,E0499
/// # use drystone::{Scratch, ScratchOptions};
/// let mut scratch = Scratch::create(&ScratchOptions::new()).unwrap();
/// scratch.scope(|scope| scratch.reset());
/// ```
pub struct Scratch {
    raw: Raw<sys::dry_scratch>,
}

// SAFETY: the library does not tie an object to a thread; scopes borrow it, and `&Scratch` only tells facts.
unsafe impl Send for Scratch {}

impl Scratch {
    /// Makes one in private memory.   Cost: system calls.
    ///
    /// # Errors
    /// As [`Arena::create`](crate::Arena::create).
    pub fn create(options: &ScratchOptions) -> Result<Self> {
        check_abi()?;
        let scratch = Scratch { raw: Raw::closed() };
        let raw = options.to_raw();
        // SAFETY: options and handle are valid for the call, and the handle is where it stays.
        check_detailed(|detail| unsafe { sys::dry_scratch_create(&raw, scratch.raw.get(), detail) })?;
        Ok(scratch)
    }

    /// Calls `work` with a scope, and gives back what it took, also when it panics.   Cost: O(1).
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed).
    #[inline]
    pub fn scope<R>(&mut self, work: impl for<'s> FnOnce(&mut ScratchScope<'s>) -> R) -> Result<R> {
        // SAFETY: `&mut self` keeps everybody else out, also from closing it.
        unsafe { run(self.raw.get(), work) }
    }

    /// Gives everything back.
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn reset(&mut self) -> Result<()> {
        // SAFETY: `&mut self` means that no scope is open.
        check(unsafe { sys::dry_scratch_reset(self.raw.get()) })
    }

    /// Gives the memory up. Every later call is [`Error::Closed`](crate::Error::Closed). Again is fine, and dropping does
    /// the same.
    pub fn close(&mut self) {
        // SAFETY: as in `reset`. The only errors are for NULL and for a thread's own.
        unsafe { sys::dry_scratch_close(self.raw.get()) };
    }

    /// Facts on this scratch.
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn stats(&self) -> Result<ScratchStats> {
        // SAFETY: only this thread uses the handle, and the output is `facts`'s.
        facts(|raw| unsafe { sys::dry_scratch_get_stats(self.raw.get(), raw) }).map(ScratchStats::from_raw)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("stats", &self.stats().ok()).finish()
    }
}
