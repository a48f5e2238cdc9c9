// SPDX-License-Identifier: MIT OR Apache-2.0
//! Parts of an arena that are given back before the rest.
use crate::arena::Arena;
use crate::arena_calls::{arena_calls, Bump};
use crate::error::Result;
use core::fmt;
use drystone_sys as sys;

/// A part of an [`Arena`] that is given back when the closure that got it ends; see [`Arena::scope`].
///
/// Its calls are those of the arena. What they lend lives as long as the scope, also while an inner one is at work.
///
/// Scopes cannot change places, or one would lend memory that the other gives back:
///
/// ```compile_fail,E0521
/// # use drystone::{Arena, ArenaOptions};
/// let [mut one, mut two] = [(); 2].map(|()| Arena::create(&ArenaOptions::new(4096)).unwrap());
/// one.scope(|outer| two.scope(|inner| std::mem::swap(outer, inner)));
/// ```
pub struct ArenaScope<'s> {
    arena: &'s Arena,
}

impl Bump for ArenaScope<'_> {
    #[inline(always)]
    fn raw(&self) -> *mut sys::dry_arena {
        self.arena.raw()
    }

    #[inline(always)]
    fn may_take(&self) -> Result<()> {
        Ok(()) // while an inner scope is open, this one is borrowed
    }
}

/// Puts the cursor back, also when the work panics.
struct Rewind<'a> {
    arena: &'a Arena,
    mark: u64,
}

impl Drop for Rewind<'_> {
    fn drop(&mut self) {
        // SAFETY: what the scope lent has ended with it, and nothing else could take memory meanwhile. The arena was open
        // and the cursor at the mark, so there is nothing that could fail.
        unsafe { sys::dry_arena_rewind(self.arena.raw(), self.mark) };
    }
}

fn scope<R>(arena: &Arena, work: impl for<'s> FnOnce(&mut ArenaScope<'s>) -> R) -> Result<R> {
    let _rewind = Rewind { arena, mark: arena.mark()? };
    Ok(work(&mut ArenaScope { arena }))
}

impl Arena {
    /// Calls `work`, and gives back what it took, also when it panics. Scopes can be nested: what an outer one lent stays
    /// usable meanwhile. Fallbacks from the heap stay until the next reset.   Cost: O(1).
    ///
    /// ```
    /// use drystone::{Arena, ArenaOptions};
    ///
    /// let mut arena = Arena::create(&ArenaOptions::new(4096))?;
    /// let longest = arena.scope(|outer| -> drystone::Result<usize> {
    ///     let lengths = outer.alloc_slice(&[0_usize; 3])?;
    ///     for (length, word) in lengths.iter_mut().zip(["one", "seven", "two"]) {
    ///         *length = outer.scope(|inner| inner.alloc_str(word).map(|copy| copy.len()))??;
    ///     }
    ///     Ok(*lengths.iter().max().unwrap())
    /// })??;
    /// assert_eq!((longest, arena.mark()?), (5, 0));
    /// # Ok::<(), drystone::Error>(())
    /// ```
    ///
    /// What was taken in a scope stays in it:
    ///
    /// ```compile_fail
    /// # use drystone::{Arena, ArenaOptions};
    /// let mut arena = Arena::create(&ArenaOptions::new(4096)).unwrap();
    /// let number = arena.scope(|scope| scope.alloc(7).unwrap()).unwrap();
    /// println!("{number}");
    /// ```
    ///
    /// and an outer scope takes nothing while an inner one is open, because that would be given back too early:
    ///
    /// ```compile_fail,E0502
    /// # use drystone::{Arena, ArenaOptions};
    /// let mut arena = Arena::create(&ArenaOptions::new(4096)).unwrap();
    /// arena.scope(|outer| {
    ///     let kept = outer.scope(|inner| outer.alloc(7).unwrap()).unwrap();
    ///     println!("{kept}");
    /// });
    /// ```
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn scope<R>(&mut self, work: impl for<'s> FnOnce(&mut ArenaScope<'s>) -> R) -> Result<R> {
        scope(self, work)
    }
}

impl<'s> ArenaScope<'s> {
    arena_calls!('s);

    /// An inner scope; see [`Arena::scope`].
    ///
    /// # Errors
    /// As [`Arena::scope`].
    pub fn scope<R>(&mut self, work: impl for<'i> FnOnce(&mut ArenaScope<'i>) -> R) -> Result<R> {
        scope(self.arena, work)
    }

    /// As [`Arena::mark`].
    ///
    /// # Errors
    /// As [`Arena::mark`].
    pub fn mark(&self) -> Result<u64> {
        self.arena.mark()
    }
}

impl fmt::Debug for ArenaScope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArenaScope").field("arena", self.arena).finish()
    }
}
