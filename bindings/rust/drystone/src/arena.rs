// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory that is handed out by moving a cursor, and given back all at once.
use crate::arena_calls::{arena_calls, Bump};
use crate::arena_options::{ArenaOptions, ArenaStats, Overflow};
use crate::error::{check, check_detailed, Result};
use crate::memory::{facts, MemoryFlags, Raw};
use crate::version::check_abi;
use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::Deref;
use drystone_sys as sys;

/// Memory that is handed out by moving a cursor, and given back all at once: for what lives and dies together, as in a
/// request, a frame, a parse.
///
/// An allocation is an addition and a comparison; there is no record of each object, and [`reset`](Arena::reset) costs the
/// same for one as for a million. What is lent is tied to a borrow of the arena, so nothing can be used after it was given
/// back. Destructors of values in an arena do not run.
///
/// Containers: with the feature `allocator-api2` (off by default) `&Arena` is an `Allocator`, for `allocator_api2`'s `Vec`
/// and `Box`, `hashbrown`'s maps and others.
///
/// Overhead: 128 bytes, and the padding that alignment asks for. An `Arena` is `Send`, not `Sync`: one thread at a time.
///
/// ```
/// use drystone::{Arena, ArenaOptions};
///
/// let mut arena = Arena::create(&ArenaOptions::new(64 << 10))?;
/// for round in 0..100 {
///     let numbers = arena.alloc_slice_with(1_000, |index| index as u64 * round)?;
///     let name = arena.alloc_str("totals")?;
///     let total = arena.alloc(numbers.iter().sum::<u64>())?;
///     assert_eq!((name, *total), (&mut "totals".to_owned()[..], 499_500 * round));
///     arena.reset()?;
/// }
/// assert_eq!(arena.stats()?.resets, 100);
/// # Ok::<(), drystone::Error>(())
/// ```
///
/// What was taken cannot be used after a reset:
///
/// ```compile_fail,E0502
/// # use drystone::{Arena, ArenaOptions};
/// let mut arena = Arena::create(&ArenaOptions::new(4096)).unwrap();
/// let number = arena.alloc(7).unwrap();
/// arena.reset().unwrap();
/// println!("{number}");
/// ```
///
/// nor after the arena:
///
/// ```compile_fail,E0597
/// # use drystone::{Arena, ArenaOptions};
/// let text: &str = {
///     let arena = Arena::create(&ArenaOptions::new(4096)).unwrap();
///     arena.alloc_str("short-lived").unwrap()
/// };
/// println!("{text}");
/// ```
///
/// nor can it hold what dies before it:
///
/// ```compile_fail,E0597
/// # use drystone::{Arena, ArenaOptions};
/// let arena = Arena::create(&ArenaOptions::new(4096)).unwrap();
/// let held = {
///     let number = 7;
///     arena.alloc(&number).unwrap()
/// };
/// println!("{held}");
/// ```
///
/// Two threads cannot use it at once:
///
/// ```compile_fail,E0277
/// fn share<T: Sync>() {}
/// share::<drystone::Arena>();
/// ```
pub struct Arena {
    raw: Raw<sys::dry_arena>,
}

// SAFETY: the library does not tie an arena to a thread. Everything lent from it ends before it can move to another one, and
// `&Arena` cannot be in two threads because it is not Sync.
unsafe impl Send for Arena {}

impl Bump for Arena {
    #[inline(always)]
    fn raw(&self) -> *mut sys::dry_arena {
        self.raw.get()
    }

    #[inline(always)]
    fn may_take(&self) -> Result<()> {
        Ok(()) // a closed arena has no room, and the library says why
    }
}

impl Arena {
    /// Makes an arena in private memory, whose base is aligned to 4096 (to 2 MiB with
    /// [`HUGE_PAGES`](MemoryFlags::HUGE_PAGES)).   Cost: system calls.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) (names the field),
    /// [`Error::TooLarge`](crate::Error::TooLarge), [`Error::OutOfMemory`](crate::Error::OutOfMemory),
    /// [`Error::Unsupported`](crate::Error::Unsupported) (with [`REQUIRED`](MemoryFlags::REQUIRED)).
    pub fn create(options: &ArenaOptions) -> Result<Self> {
        check_abi()?;
        let arena = Arena { raw: Raw::closed() };
        let raw = options.to_raw();
        // SAFETY: options and handle are valid for the call, and the handle is where it stays.
        check_detailed(|detail| unsafe { sys::dry_arena_create(&raw, arena.raw.get(), detail) })?;
        Ok(arena)
    }

    /// Makes an arena over the caller's memory, which needs no alignment: on the stack, for instance.   Cost: O(1), and
    /// one allocation for the handle.
    ///
    /// ```
    /// use drystone::{Arena, MemoryFlags, Overflow};
    /// use std::mem::MaybeUninit;
    ///
    /// let mut buffer = [MaybeUninit::uninit(); 1024];
    /// let arena = Arena::over(&mut buffer, Overflow::Fallback, MemoryFlags::NONE)?;
    /// assert_eq!(arena.alloc_slice(&[1, 2, 3])?, [1, 2, 3]);
    /// # Ok::<(), drystone::Error>(())
    /// ```
    ///
    /// The memory is lent for as long as the arena lives:
    ///
    /// ```compile_fail,E0506
    /// # use drystone::{Arena, MemoryFlags, Overflow};
    /// # use std::mem::MaybeUninit;
    /// let mut buffer = [MaybeUninit::new(0_u8); 1024];
    /// let arena = Arena::over(&mut buffer, Overflow::Error, MemoryFlags::NONE).unwrap();
    /// buffer[0] = MaybeUninit::new(1);
    /// arena.alloc(7).unwrap();
    /// ```
    ///
    /// ```compile_fail,E0597
    /// # use drystone::{Arena, MemoryFlags, Overflow};
    /// # use std::mem::MaybeUninit;
    /// let arena;
    /// {
    ///     let mut buffer = [MaybeUninit::new(0_u8); 1024];
    ///     arena = Arena::over(&mut buffer, Overflow::Error, MemoryFlags::WIPE).unwrap();
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument): no bytes, or flags other than
    /// [`GUARDED`](MemoryFlags::GUARDED) and [`WIPE`](MemoryFlags::WIPE).
    pub fn over(memory: &mut [MaybeUninit<u8>], overflow: Overflow, flags: MemoryFlags) -> Result<ArenaOver<'_>> {
        check_abi()?;
        let arena = Arena { raw: Raw::closed() };
        let raw = ArenaOptions::new(0).overflow(overflow).flags(flags).to_raw();
        // SAFETY: the span is valid and borrowed by what is returned; options and handle are valid for the call.
        check(unsafe { sys::dry_arena_init(memory.as_mut_ptr().cast(), memory.len() as u64, &raw, arena.raw.get()) })?;
        Ok(ArenaOver { arena, memory: PhantomData })
    }

    arena_calls!('_);

    /// How far the cursor has come: bytes from the base.
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn mark(&self) -> Result<u64> {
        let mut mark = 0;
        // SAFETY: the output is a local.
        check(unsafe { sys::dry_arena_mark(self.raw.get(), &mut mark) })?;
        Ok(mark)
    }

    /// Puts the cursor back to where [`mark`](Arena::mark) found it. Nothing that was lent is alive by then, also from
    /// before the mark; [`scope`](Arena::scope) gives back a part and keeps the rest usable.   Cost: O(1).
    ///
    /// ```compile_fail,E0502
    /// # use drystone::{Arena, ArenaOptions};
    /// let mut arena = Arena::create(&ArenaOptions::new(4096)).unwrap();
    /// let mark = arena.mark().unwrap();
    /// let number = arena.alloc(7).unwrap();
    /// arena.rewind(mark).unwrap();
    /// println!("{number}");
    /// ```
    ///
    /// # Errors
    /// [`Error::Stale`](crate::Error::Stale) (a mark beyond the cursor), [`Error::Closed`](crate::Error::Closed).
    pub fn rewind(&mut self, mark: u64) -> Result<()> {
        // SAFETY: `&mut self` means that nothing that was lent is alive.
        check(unsafe { sys::dry_arena_rewind(self.raw.get(), mark) })
    }

    /// Gives everything back at once, what came from the heap too. Memory of the system's stays.   Cost: O(1) and
    /// O(fallbacks).
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn reset(&mut self) -> Result<()> {
        // SAFETY: as in `rewind`.
        check(unsafe { sys::dry_arena_reset(self.raw.get()) })
    }

    /// As [`reset`](Arena::reset), and gives the system's memory behind the first `keep_bytes` back.   Cost: a system
    /// call.
    ///
    /// # Errors
    /// [`Error::Unsupported`](crate::Error::Unsupported) (over the caller's memory), [`Error::Closed`](crate::Error::Closed).
    pub fn reset_and_release(&mut self, keep_bytes: u64) -> Result<()> {
        // SAFETY: as in `rewind`.
        check(unsafe { sys::dry_arena_reset_and_release(self.raw.get(), keep_bytes) })
    }

    /// Gives the memory back. Every later call is [`Error::Closed`](crate::Error::Closed). Again is fine, and dropping does
    /// the same.
    pub fn close(&mut self) {
        // SAFETY: as in `rewind`. The only error is for NULL.
        unsafe { sys::dry_arena_close(self.raw.get()) };
    }

    /// Where a value lies, in bytes from the arena's base. `None` for what lies elsewhere, fallbacks from the heap among
    /// it.   Cost: O(1).
    #[must_use]
    pub fn offset_of<T: ?Sized>(&self, value: &T) -> Option<u64> {
        let (address, size) = ((value as *const T).cast::<u8>() as usize, core::mem::size_of_val(value));
        // SAFETY: only this thread uses the handle.
        let (base, next) = unsafe { ((*self.raw.get()).base as usize, (*self.raw.get()).next as usize) };
        // A value without size may stand where the next object begins.
        let inside = base != 0 && address >= base && address <= next && size <= next - address;
        (inside && (size == 0 || address < next)).then(|| (address - base) as u64)
    }

    /// Facts on the arena.
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn stats(&self) -> Result<ArenaStats> {
        // SAFETY: only this thread uses the handle, and the output is `facts`'s.
        facts(|raw| unsafe { sys::dry_arena_get_stats(self.raw.get(), raw) }).map(ArenaStats::from_raw)
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena").field("stats", &self.stats().ok()).finish()
    }
}

/// An [`Arena`] over memory that somebody else owns; made by [`Arena::over`].
///
/// It cannot be exchanged for an arena that lives longer than that memory:
///
/// ```compile_fail,E0596
/// # use drystone::{Arena, ArenaOptions, MemoryFlags, Overflow};
/// # use std::mem::MaybeUninit;
/// let mut longer = Arena::create(&ArenaOptions::new(4096)).unwrap();
/// let mut buffer = [MaybeUninit::new(0_u8); 1024];
/// let mut over = Arena::over(&mut buffer, Overflow::Error, MemoryFlags::NONE).unwrap();
/// std::mem::swap(&mut longer, &mut *over);
/// ```
pub struct ArenaOver<'m> {
    // Lent as `&Arena` alone: `&mut Arena` could be swapped for one that lives longer.
    arena: Arena,
    memory: PhantomData<&'m mut [MaybeUninit<u8>]>,
}

impl ArenaOver<'_> {
    /// As [`Arena::reset`].
    ///
    /// # Errors
    /// As [`Arena::reset`].
    pub fn reset(&mut self) -> Result<()> {
        self.arena.reset()
    }

    /// As [`Arena::rewind`].
    ///
    /// # Errors
    /// As [`Arena::rewind`].
    pub fn rewind(&mut self, mark: u64) -> Result<()> {
        self.arena.rewind(mark)
    }

    /// As [`Arena::scope`].
    ///
    /// # Errors
    /// As [`Arena::scope`].
    pub fn scope<R>(&mut self, work: impl for<'s> FnOnce(&mut crate::ArenaScope<'s>) -> R) -> Result<R> {
        self.arena.scope(work)
    }

    /// As [`Arena::close`].
    pub fn close(&mut self) {
        self.arena.close();
    }
}

impl Drop for ArenaOver<'_> {
    // Closing may write to the memory, so it must still be there: with a `drop` of its own this type wants that.
    fn drop(&mut self) {
        self.arena.close();
    }
}

impl Deref for ArenaOver<'_> {
    type Target = Arena;

    #[inline(always)]
    fn deref(&self) -> &Arena {
        &self.arena
    }
}

impl fmt::Debug for ArenaOver<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArenaOver").field("stats", &self.stats().ok()).finish()
    }
}
