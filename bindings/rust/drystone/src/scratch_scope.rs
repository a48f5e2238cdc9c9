// SPDX-License-Identifier: MIT OR Apache-2.0
//! Scopes of a scratch.
use crate::arena_calls::{arena_calls, Bump};
use crate::error::{check, Detail, Error, Result};
use crate::memory::Zeroed;
use core::fmt;
use core::marker::PhantomData;
use drystone_sys as sys;

/// What a closure takes memory from that was given to [`scratch::with`](crate::scratch::with) or
/// [`Scratch::scope`](crate::Scratch::scope); all of it is given back when the closure ends.
///
/// Its calls are those of an [`Arena`](crate::Arena). While an inner scope is open, an outer one answers
/// [`Error::Busy`](crate::Error::Busy): what it lent then would be given back with the inner one.
///
/// Scopes cannot change places, or what the inner one lends would outlive it:
///
/// ```compile_fail,E0521
/// use drystone::scratch;
///
/// scratch::with(|outer| scratch::with(|inner| std::mem::swap(outer, inner)));
/// ```
pub struct ScratchScope<'s> {
    raw: *mut sys::dry_scratch,
    depth: u64,
    scratch: PhantomData<&'s mut sys::dry_scratch>,
}

impl Bump for ScratchScope<'_> {
    #[inline(always)]
    fn raw(&self) -> *mut sys::dry_arena {
        // SAFETY: the scratch is open while its scope is; a raw pointer is not `Send`, so this is its thread.
        unsafe { core::ptr::addr_of_mut!((*self.raw).arena) }
    }

    #[inline(always)]
    fn may_take(&self) -> Result<()> {
        // SAFETY: as in `raw`.
        if unsafe { (*self.raw).depth } == self.depth {
            return Ok(());
        }
        Err(inner_is_open())
    }
}

#[cold]
fn inner_is_open() -> Error {
    Error::Busy(Detail::from_text("scratch: an inner scope is open, which would give this memory back too early"))
}

/// Ends the scope, also when the work panics.
struct End {
    raw: *mut sys::dry_scratch,
    scope: sys::dry_scratch_scope,
}

impl Drop for End {
    fn drop(&mut self) {
        // SAFETY: what the scope lent has ended with it. It was begun and not ended, so there is nothing that could fail.
        unsafe { sys::dry_scratch_end(self.raw, &self.scope) };
    }
}

/// # Safety
/// The scratch is a handle, open or closed, that only this thread uses, and that is not closed by `work`.
pub(crate) unsafe fn run<R>(
    raw: *mut sys::dry_scratch,
    work: impl for<'s> FnOnce(&mut ScratchScope<'s>) -> R,
) -> Result<R> {
    let mut scope = sys::dry_scratch_scope::zeroed();
    // SAFETY: the caller's promise.
    check(unsafe { sys::dry_scratch_begin(raw, &mut scope) })?;
    let _end = End { raw, scope };
    // SAFETY: the caller's promise.
    let depth = unsafe { (*raw).depth };
    Ok(work(&mut ScratchScope { raw, depth, scratch: PhantomData }))
}

impl<'s> ScratchScope<'s> {
    arena_calls!('s);

    /// An inner scope, which is given back before this one.   Cost: O(1).
    ///
    /// # Errors
    /// [`Error::Busy`](crate::Error::Busy) (another inner scope is open).
    pub fn scope<R>(&mut self, work: impl for<'i> FnOnce(&mut ScratchScope<'i>) -> R) -> Result<R> {
        self.may_take()?;
        // SAFETY: the scratch is open, and is this thread's.
        unsafe { run(self.raw, work) }
    }
}

impl fmt::Debug for ScratchScope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScratchScope").field("depth", &self.depth).finish()
    }
}
