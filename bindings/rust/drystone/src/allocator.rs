// SPDX-License-Identifier: MIT OR Apache-2.0
//! Containers in an arena, a scope or a slab.
use crate::arena::{Arena, ArenaOver};
use crate::arena_calls::{take, Bump};
use crate::arena_scope::ArenaScope;
use crate::scratch_scope::ScratchScope;
use crate::slab::Slab;
use allocator_api2::alloc::{AllocError, Allocator, Layout};
use core::ptr::{self, NonNull};
use drystone_sys as sys;

/// Memory of no size needs no place, only an address with the alignment.
pub(crate) fn nowhere(layout: Layout) -> NonNull<u8> {
    NonNull::new(layout.align() as *mut u8).expect("alignments are not 0")
}

#[inline]
fn allocate<B: Bump>(bump: &B, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
    let place = match layout.size() {
        0 => nowhere(layout),
        size => take(bump, size, layout.align()).map_err(|_| AllocError)?,
    };
    Ok(NonNull::slice_from_raw_parts(place, layout.size()))
}

/// Gives a block another size: in place where it is the last one, else by a new one.
///
/// # Safety
/// As [`Allocator::grow`]: the block is one of `bump`'s, of layout `old`.
unsafe fn resize<B: Bump>(bump: &B, block: NonNull<u8>, old: Layout, new: Layout) -> Result<NonNull<[u8]>, AllocError> {
    if old.size() == 0 || new.size() == 0 || bump.may_take().is_err() {
        return allocate(bump, new);
    }
    let mut memory = ptr::null_mut();
    // SAFETY: the arena is this thread's, and the block was taken from it.
    let status = unsafe {
        sys::dry_arena_realloc(
            bump.raw(),
            block.as_ptr().cast(),
            old.size() as u64,
            new.size() as u64,
            new.align() as u64,
            &mut memory,
        )
    };
    match NonNull::new(memory.cast()) {
        Some(place) if status == sys::DRY_OK as i32 => Ok(NonNull::slice_from_raw_parts(place, new.size())),
        _ => Err(AllocError),
    }
}

macro_rules! allocator {
    ($(#[$doc:meta])* $type:ty) => {
        $(#[$doc])*
        ///
        /// A block that grows does so in place while it is the last one; else it moves, and its old memory stays unused until
        /// everything is given back. Freeing gives nothing back.
        // SAFETY: memory stays until it is given back by a call that wants `&mut`, which the borrow in the allocator
        // excludes, and does not depend on where the handle is. Copies of the reference are the same allocator.
        unsafe impl Allocator for $type {
            #[inline]
            fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
                allocate(*self, layout)
            }

            #[inline]
            unsafe fn deallocate(&self, _block: NonNull<u8>, _layout: Layout) {}

            unsafe fn grow(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, AllocError> {
                // SAFETY: the caller's promise is passed on.
                unsafe { resize(*self, block, old, new) }
            }

            unsafe fn shrink(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, AllocError> {
                // SAFETY: the caller's promise is passed on.
                unsafe { resize(*self, block, old, new) }
            }
        }
    };
}

allocator!(
    /// Containers in an arena.
    ///
    /// ```
    /// use allocator_api2::{boxed::Box, vec::Vec};
    /// use drystone::{Arena, ArenaOptions};
    ///
    /// let arena = Arena::create(&ArenaOptions::new(64 << 10))?;
    /// let mut words = Vec::new_in(&arena);
    /// words.extend(["stone", "on", "stone"]);
    /// let mut counts = hashbrown::HashMap::new_in(&arena);
    /// for word in &words {
    ///     *counts.entry(*word).or_insert(0) += 1;
    /// }
    /// assert_eq!((counts["stone"], *Box::new_in(7, &arena)), (2, 7));
    /// # Ok::<(), drystone::Error>(())
    /// ```
    ///
    /// A container cannot outlive what it is in:
    ///
    /// ```compile_fail,E0502
    /// # use allocator_api2::vec::Vec;
    /// # use drystone::{Arena, ArenaOptions};
    /// let mut arena = Arena::create(&ArenaOptions::new(4096)).unwrap();
    /// let mut numbers = Vec::new_in(&arena);
    /// numbers.push(7);
    /// arena.reset().unwrap();
    /// numbers.push(8);
    /// ```
    &Arena
);

// SAFETY: as for `&Arena`, which it lends.
allocator!(
    /// Containers in an arena over somebody's memory.
    &ArenaOver<'_>
);

allocator!(
    /// Containers in a part of an arena.
    &ArenaScope<'_>
);

allocator!(
    /// Containers in a scope of a scratch.
    &ScratchScope<'_>
);

impl Bump for ArenaOver<'_> {
    #[inline(always)]
    fn raw(&self) -> *mut sys::dry_arena {
        Arena::raw(self)
    }

    #[inline(always)]
    fn may_take(&self) -> crate::Result<()> {
        Ok(())
    }
}

/// What malloc aligns to; the slab serves requests above 4096 bytes from the heap.
const HEAP_ALIGN: usize = 16;

/// Whether a request is served by a larger one, in which an address with the alignment is looked for.
fn is_over_aligned(layout: Layout) -> bool {
    layout.size().max(layout.align()) > sys::DRY_SLAB_CLASS_BYTES_MAX as usize && layout.align() > HEAP_ALIGN
}

fn allocate_over_aligned(slab: &Slab, layout: Layout) -> Result<NonNull<u8>, AllocError> {
    let word = core::mem::size_of::<*mut u8>();
    let size = layout.size().checked_add(layout.align() + word).ok_or(AllocError)?;
    let (whole, _) = slab.take(size).map_err(|_| AllocError)?;
    // SAFETY: at most `align + word - 1` bytes on; the word before the address is inside too, and says where to free it.
    unsafe {
        let behind = whole.as_ptr().add(word);
        let place = behind.add((behind as usize).wrapping_neg() & (layout.align() - 1));
        place.sub(word).cast::<*mut u8>().write_unaligned(whole.as_ptr());
        Ok(NonNull::new_unchecked(place))
    }
}

/// Containers in a slab. Freeing gives memory back.
///
/// ```
/// use allocator_api2::{boxed::Box, vec::Vec};
/// use drystone::{Slab, SlabOptions};
///
/// let slab = Slab::create(&SlabOptions::new(1 << 20))?;
/// let mut words = Vec::new_in(&slab);
/// words.push(Box::new_in("stone", &slab));
/// assert!(slab.stats()?.in_use == 2);
/// drop(words);
/// assert!(slab.stats()?.in_use == 0);
/// # Ok::<(), drystone::Error>(())
/// ```
///
/// A container cannot outlive its slab:
///
/// ```compile_fail,E0505
/// # use allocator_api2::boxed::Box;
/// # use drystone::{Slab, SlabOptions};
/// let slab = Slab::create(&SlabOptions::new(1 << 20)).unwrap();
/// let number = Box::new_in(7, &slab);
/// drop(slab);
/// println!("{number}");
/// ```
// SAFETY: memory stays until it is freed, or given back by a call that wants `&mut`, which the borrow in the allocator
// excludes, and does not depend on where the handle is. Copies of the reference are the same allocator.
unsafe impl Allocator for &Slab {
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        let place = if layout.size() == 0 {
            nowhere(layout)
        } else if is_over_aligned(layout) {
            allocate_over_aligned(self, layout)?
        } else {
            // An object is aligned to its class.
            self.take(layout.size().max(layout.align())).map_err(|_| AllocError)?.0
        };
        Ok(NonNull::slice_from_raw_parts(place, layout.size()))
    }

    #[inline]
    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        if layout.size() == 0 {
            return;
        }
        let mut place = block;
        if is_over_aligned(layout) {
            // SAFETY: `allocate_over_aligned` wrote the address there.
            unsafe {
                let word = block.as_ptr().sub(core::mem::size_of::<*mut u8>()).cast::<*mut u8>();
                place = NonNull::new_unchecked(word.read_unaligned());
            }
        }
        // SAFETY: the caller's promise is passed on. An error says that unsafe code damaged the slab.
        let _ = unsafe { self.give(place) };
    }
}
