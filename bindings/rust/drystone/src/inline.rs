// SPDX-License-Identifier: MIT OR Apache-2.0
//! The hot calls of the memory blocks without a call: what drystone/inline/*.h does for C, over the same structs.
//!
//! Each does the work where that is all there is to do. Else it answers `None` or `false` and has changed nothing, and the
//! caller asks the library, which finds growth, guards, errors and everything else. So results and counts are the same.
use core::mem::{align_of, size_of};
use core::ptr::{addr_of, addr_of_mut, NonNull};
use core::sync::atomic::{compiler_fence, AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use drystone_sys as sys;

/* ---- arena ---- */

/// Memory for a `T`.
///
/// # Safety
/// `arena` is a handle, open or closed, that nobody else uses meanwhile.
#[inline(always)]
pub(crate) unsafe fn arena_take_for<T>(arena: *mut sys::dry_arena) -> Option<NonNull<u8>> {
    let (size, align) = (size_of::<T>(), align_of::<T>());
    if size == 0 || align > sys::DRY_ARENA_ALIGN_MAX as usize {
        return None;
    }
    // SAFETY: the caller's promise.
    let mut at = unsafe { (*arena).next };
    // A type's size is a multiple of its alignment, so a run of such objects stays aligned: a predicted branch keeps all but
    // one addition out of the way from one cursor to the next.
    if at as usize & (align - 1) != 0 {
        cold();
        let mut padding = (at as usize).wrapping_neg() & (align - 1);
        // SAFETY: it does nothing; without it the compiler would join the two ways again.
        unsafe { core::arch::asm!("/* {0} */", inout(reg) padding, options(pure, nomem, nostack, preserves_flags)) };
        at = at.wrapping_add(padding);
    }
    // SAFETY: the caller's promise.
    unsafe { arena_advance(arena, at, size) }
}

/// Says that the branch with this call is seldom taken.
#[cold]
#[inline]
fn cold() {}

/// Memory of any size and alignment.
///
/// # Safety
/// As [`arena_take_for`].
#[inline(always)]
pub(crate) unsafe fn arena_take(arena: *mut sys::dry_arena, size: usize, align: usize) -> Option<NonNull<u8>> {
    // Nothing, which only the library can tell from a closed arena, or so much that the end could wrap around.
    let size_is_wrong = size.wrapping_sub(1) >= isize::MAX as usize;
    if !align.is_power_of_two() || align > sys::DRY_ARENA_ALIGN_MAX as usize || size_is_wrong {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe { arena_advance(arena, aligned((*arena).next, align - 1), size) }
}

#[inline(always)]
fn aligned(at: *mut u8, mask: usize) -> *mut u8 {
    let address = (at as usize).wrapping_add(mask) & !mask;
    at.wrapping_add(address.wrapping_sub(at as usize))
}

/// # Safety
/// As [`arena_take_for`]; `at` is the arena's cursor, aligned, and `size` is from 1 to `isize::MAX`.
#[inline(always)]
unsafe fn arena_advance(arena: *mut sys::dry_arena, at: *mut u8, size: usize) -> Option<NonNull<u8>> {
    let behind = at.wrapping_add(size);
    // SAFETY: the handle may be read and written. What ends before `end` is usable; in a closed arena nothing does.
    unsafe {
        if behind as usize > (*arena).end as usize {
            return None;
        }
        (*arena).next = behind;
        (*arena).allocations += 1;
        Some(NonNull::new_unchecked(at))
    }
}

/* ---- pool ---- */

/// What that byte is while it is.
const TAKEN: u8 = sys::DRY_POOL_SLOT_TAKEN as u8;

/// The byte that says whether a slot is taken. They follow the header at once, so the hot calls need no second pointer.
///
/// # Safety
/// The header is an open pool's, and the slot one of its own.
#[inline(always)]
unsafe fn pool_used(header: *mut sys::dry_pool_header, slot: u32) -> *mut u8 {
    // SAFETY: there is a byte for each slot.
    unsafe { header.add(1).cast::<u8>().add(slot as usize) }
}

/// Takes the slot that was freed last, in private memory alone (elsewhere `plain` is 0). Nobody else can write to that, so
/// what it says of itself is so.
///
/// # Safety
/// `pool` is a handle, open or closed, that nobody else uses meanwhile.
#[inline(always)]
pub(crate) unsafe fn pool_take(pool: *mut sys::dry_pool) -> Option<u32> {
    // SAFETY: `plain` is 0, and nothing is below it, but in an open pool whose arrays have so many entries.
    unsafe {
        let header = (*pool).header;
        if header.is_null() {
            return None;
        }
        // With an empty stack above every limit.
        let top = (*header).free_count.wrapping_sub(1);
        if top >= (*pool).plain {
            return None;
        }
        let slot = *(*pool).stack.add(top as usize);
        *pool_used(header, slot) = TAKEN;
        (*header).free_count = top;
        Some(slot)
    }
}

/// Gives a slot back.
///
/// # Safety
/// As [`pool_take`].
#[inline(always)]
pub(crate) unsafe fn pool_give(pool: *mut sys::dry_pool, slot: u32) -> bool {
    // SAFETY: as in `pool_take`.
    unsafe {
        if slot >= (*pool).plain || *pool_used((*pool).header, slot) != TAKEN {
            return false;
        }
        let header = (*pool).header;
        let count = (*header).free_count;
        *(*pool).stack.add(count as usize) = slot;
        (*header).free_count = count + 1;
        *pool_used(header, slot) = sys::DRY_POOL_SLOT_FREE as u8;
        true
    }
}

/// The memory of a taken slot.
///
/// # Safety
/// As [`pool_take`].
#[inline(always)]
pub(crate) unsafe fn pool_at(pool: *const sys::dry_pool, slot: u32) -> Option<NonNull<u8>> {
    // SAFETY: as in `pool_take`.
    unsafe {
        if slot >= (*pool).plain || *pool_used((*pool).header, slot) != TAKEN {
            return None;
        }
        Some(pool_object(pool, slot))
    }
}

/// The memory of a slot.
///
/// # Safety
/// The pool is open and the slot is one of its own.
#[inline(always)]
pub(crate) unsafe fn pool_object(pool: *const sys::dry_pool, slot: u32) -> NonNull<u8> {
    // SAFETY: there are `plain` slots at least.
    unsafe { NonNull::new_unchecked((*pool).slots.add(slot as usize * (*pool).stride_bytes as usize)) }
}

/* ---- object pool, buffer pool ---- */

/// # Safety
/// The pool is open and the slot is one of its own.
#[inline(always)]
unsafe fn object_in(pool: *const sys::dry_object_pool, slot: u32) -> NonNull<u8> {
    // SAFETY: there are `capacity` slots.
    unsafe { NonNull::new_unchecked((*pool).slots.add(slot as usize * (*pool).stride_bytes as usize)) }
}

/// Takes the slot that was freed last: its handle and its memory.
///
/// # Safety
/// `pool` is a handle, open or closed, that nobody else uses meanwhile.
#[inline(always)]
pub(crate) unsafe fn object_take(pool: *mut sys::dry_object_pool) -> Option<(u64, NonNull<u8>)> {
    // SAFETY: the stack's entries are slots, and the arrays have `capacity` entries.
    unsafe {
        let top = (*pool).free_count.wrapping_sub(1);
        if top >= (*pool).plain {
            return None;
        }
        let slot = *(*pool).stack.add(top as usize);
        let cell = (*pool).cells.add(slot as usize);
        // A free slot's cell holds the complement of the next object's handle.
        let handle = !*cell;
        *cell = handle;
        (*pool).free_count = top;
        Some((handle, object_in(pool, slot)))
    }
}

/// Frees the slot of a live object's handle.
///
/// # Safety
/// As [`object_take`]; the pool is open and the object lives.
#[inline(always)]
pub(crate) unsafe fn object_give(pool: *mut sys::dry_object_pool, handle: u64) -> bool {
    let slot = handle as u32;
    // What a free slot's cell holds: the complement of the next object's handle, two generations on. There is none when the
    // generations are used up; the library retires the slot then.
    let Some(next) = (!(2_u64 << 32)).checked_sub(handle) else { return false };
    // SAFETY: the handle's slot is one of the pool's, and the stack has room for all of them.
    unsafe {
        if slot >= (*pool).plain {
            return false;
        }
        *(*pool).cells.add(slot as usize) = next;
        let count = (*pool).free_count;
        *(*pool).stack.add(count as usize) = slot;
        (*pool).free_count = count + 1;
        true
    }
}

/// The object of a handle that this pool gave out, if it still lives. (Anybody's handle, as C's twin takes, would have to be
/// below the capacity as well. There are no destructors here that the pool could be busy with.)
///
/// # Safety
/// The pool is open, nobody else changes it meanwhile, and it gave the handle out.
#[inline(always)]
pub(crate) unsafe fn object_find(pool: *const sys::dry_object_pool, handle: u64) -> Option<NonNull<u8>> {
    let slot = handle as u32;
    // SAFETY: the slot of a handle that was given out is one of the pool's.
    unsafe {
        let lives = *(*pool).cells.add(slot as usize) == handle;
        lives.then(|| object_in(pool, slot))
    }
}

/* ---- shared pool ---- */

/// What lies in shared memory is loaded once and checked before it is used: another process may change it.
///
/// # Safety
/// `from` is valid for reads and aligned.
#[inline(always)]
pub(crate) unsafe fn load32(from: *const u32) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { (*from.cast::<AtomicU32>()).load(Relaxed) }
}

/// # Safety
/// `to` is valid for writes and aligned.
#[inline(always)]
unsafe fn store32(to: *mut u32, value: u32) {
    // SAFETY: the caller's promise.
    unsafe { (*to.cast::<AtomicU32>()).store(value, Relaxed) };
}

/// The stores on both sides keep their order, for whoever finds the pool after this process was killed between them.
#[inline(always)]
fn then() {
    compiler_fence(SeqCst);
}

/// Takes a slot from a cache's magazine. The owner's word comes first: a slot in a dead cache's magazine is free whatever
/// its word says, so a kill between the two stores loses nothing.
///
/// # Safety
/// `cache` is a handle, open or closed, that nobody else uses meanwhile.
#[inline(always)]
pub(crate) unsafe fn cache_take(cache: *mut sys::dry_shared_pool_cache) -> Option<u32> {
    // SAFETY: a plain cache is open; its magazine has room for 64, and there are `capacity` owner words.
    unsafe {
        if (*cache).plain == 0 || load32((*cache).closed) != 0 {
            return None;
        }
        let magazine = (*cache).magazine;
        let count = load32(addr_of!((*magazine).count));
        if count.wrapping_sub(1) >= sys::DRY_SHARED_POOL_MAGAZINE_SLOTS {
            return None;
        }
        let slot = load32(addr_of!((*magazine).slots).cast::<u32>().add(count as usize - 1));
        if slot >= (*cache).capacity {
            return None;
        }
        let owner = (*cache).owners.add(slot as usize);
        if load32(owner) != 0 {
            return None;
        }
        store32(owner, (*cache).owner);
        then();
        store32(addr_of_mut!((*magazine).count), count - 1);
        then();
        Some(slot)
    }
}

/// Puts a slot into a cache's magazine, and frees it by its word last, for the same reason.
///
/// # Safety
/// As [`cache_take`].
#[inline(always)]
pub(crate) unsafe fn cache_give(cache: *mut sys::dry_shared_pool_cache, slot: u32) -> bool {
    // SAFETY: as in `cache_take`.
    unsafe {
        if (*cache).plain == 0 || load32((*cache).closed) != 0 || slot >= (*cache).capacity {
            return false;
        }
        let owner = (*cache).owners.add(slot as usize);
        let magazine = (*cache).magazine;
        let count = load32(addr_of!((*magazine).count));
        if load32(owner) == 0 || count >= sys::DRY_SHARED_POOL_MAGAZINE_SLOTS {
            return false;
        }
        store32(addr_of_mut!((*magazine).slots).cast::<u32>().add(count as usize), slot);
        then();
        store32(addr_of_mut!((*magazine).count), count + 1);
        then();
        store32(owner, 0);
        then();
        true
    }
}

/// The memory of a slot.
///
/// # Safety
/// The cache is open, and the slot one of its pool's.
#[inline(always)]
pub(crate) unsafe fn cache_at(cache: *const sys::dry_shared_pool_cache, slot: u32) -> NonNull<u8> {
    // SAFETY: there are `capacity` slots.
    unsafe { NonNull::new_unchecked((*cache).slots.add(slot as usize * (*cache).stride_bytes as usize)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{facts, struct_size, Raw, Zeroed};

    const OK: i32 = sys::DRY_OK as i32;

    /// Numbers that look random; the same for the same seed.
    fn random(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    fn seed() -> u64 {
        let seed = u64::from(std::process::id()) << 1 | 1;
        println!("seed {seed}");
        seed
    }

    fn arena() -> Raw<sys::dry_arena> {
        let raw = Raw::closed();
        let mut options = sys::dry_arena_options::zeroed();
        options.struct_size = struct_size::<sys::dry_arena_options>();
        options.capacity_bytes = 5_000;
        // SAFETY: options and handle are valid.
        assert_eq!(unsafe { sys::dry_arena_create(&options, raw.get(), core::ptr::null_mut()) }, OK);
        raw
    }

    #[test]
    fn an_arena_moves_as_the_librarys_does() {
        let (mine, theirs, mut state) = (arena(), arena(), seed());
        for _ in 0..20_000 {
            let (size, align) = (random(&mut state) % 200, 1 << (random(&mut state) % 13));
            let mut memory = core::ptr::null_mut();
            // SAFETY: both are open, and this thread's.
            unsafe {
                let status = sys::dry_arena_alloc(theirs.get(), size, align, &mut memory);
                let taken = match arena_take(mine.get(), size as usize, align as usize) {
                    Some(place) => Some(place.as_ptr()),
                    None => {
                        let mut memory = core::ptr::null_mut();
                        let status = sys::dry_arena_alloc(mine.get(), size, align, &mut memory);
                        (status == OK).then_some(memory.cast())
                    }
                };
                let offset = |arena: *mut sys::dry_arena, place: *mut u8| place as usize - (*arena).base as usize;
                assert_eq!(
                    taken.map(|place| offset(mine.get(), place)),
                    (status == OK).then(|| offset(theirs.get(), memory.cast()))
                );
                if random(&mut state) % 50 == 0 {
                    sys::dry_arena_reset(mine.get());
                    sys::dry_arena_reset(theirs.get());
                }
                if let Some(place) = arena_take_for::<[u64; 3]>(mine.get()) {
                    let mut memory = core::ptr::null_mut();
                    assert_eq!(sys::dry_arena_alloc(theirs.get(), 24, 8, &mut memory), OK);
                    assert_eq!(offset(mine.get(), place.as_ptr()), offset(theirs.get(), memory.cast()));
                }
            }
        }
        let stats = |arena: &Raw<sys::dry_arena>| {
            // SAFETY: it is open.
            let stats = facts(|raw| unsafe { sys::dry_arena_get_stats(arena.get(), raw) }).unwrap();
            (stats.used_bytes, stats.peak_bytes, stats.allocations, stats.failures)
        };
        assert_eq!(stats(&mine), stats(&theirs));
        for arena in [mine, theirs] {
            // SAFETY: it is open.
            unsafe { sys::dry_arena_close(arena.get()) };
            // SAFETY: it is closed.
            assert!(unsafe { arena_take(arena.get(), 0, 1).is_none() && arena_take_for::<u8>(arena.get()).is_none() });
        }
    }

    fn pool() -> Raw<sys::dry_pool> {
        let raw = Raw::closed();
        let mut options = sys::dry_pool_options::zeroed();
        options.struct_size = struct_size::<sys::dry_pool_options>();
        (options.object_bytes, options.capacity_slots) = (24, 150);
        // SAFETY: options and handle are valid.
        assert_eq!(unsafe { sys::dry_pool_create(&options, raw.get(), core::ptr::null_mut()) }, OK);
        raw
    }

    #[test]
    fn a_pool_gives_and_takes_as_the_librarys_does() {
        let (mine, theirs, mut state) = (pool(), pool(), seed());
        let mut inline = 0;
        for _ in 0..20_000 {
            // SAFETY: both are open, and this thread's.
            unsafe {
                if random(&mut state) % 2 == 0 {
                    let (mut slot, mut other) = (0, 0);
                    let status = sys::dry_pool_acquire(theirs.get(), &mut slot);
                    match pool_take(mine.get()) {
                        Some(taken) => {
                            inline += 1;
                            other = taken;
                        }
                        None => assert_eq!(sys::dry_pool_acquire(mine.get(), &mut other), status),
                    }
                    assert_eq!(slot, other);
                    assert!(status != OK || pool_at(mine.get(), slot).is_some() || (*mine.get()).plain == 0);
                } else {
                    let slot = (random(&mut state) % 160) as u32;
                    let status = sys::dry_pool_release(theirs.get(), slot);
                    if pool_give(mine.get(), slot) {
                        inline += 1;
                        assert_eq!(status, OK);
                    } else {
                        assert_eq!(sys::dry_pool_release(mine.get(), slot), status);
                    }
                    assert!(pool_at(mine.get(), slot).is_none());
                }
            }
        }
        // SAFETY: it is open.
        let plain = unsafe { (*mine.get()).plain } != 0;
        assert_eq!(inline > 5_000, plain, "{inline} calls were inline");
        let stats = |pool: &Raw<sys::dry_pool>| {
            // SAFETY: it is open.
            let stats = facts(|raw| unsafe { sys::dry_pool_get_stats(pool.get(), raw) }).unwrap();
            (stats.in_use, stats.peak, stats.failures)
        };
        assert_eq!(stats(&mine), stats(&theirs));
        for pool in [mine, theirs] {
            // SAFETY: it is open, then closed.
            unsafe {
                assert_eq!(sys::dry_pool_validate(pool.get(), core::ptr::null_mut()), OK);
                sys::dry_pool_close(pool.get());
                assert!(pool_take(pool.get()).is_none() && pool_at(pool.get(), 0).is_none());
                assert!(!pool_give(pool.get(), 0));
            }
        }
    }

    #[test]
    fn an_object_pool_gives_the_librarys_handles() {
        let make = || {
            let raw = Raw::closed();
            let mut options = sys::dry_object_pool_options::zeroed();
            options.struct_size = struct_size::<sys::dry_object_pool_options>();
            (options.object_bytes, options.capacity) = (24, 150);
            // SAFETY: options and handle are valid.
            assert_eq!(unsafe { sys::dry_object_pool_create(&options, raw.get(), core::ptr::null_mut()) }, OK);
            raw
        };
        let (mine, theirs, mut state) = (make(), make(), seed());
        let mut handles = Vec::new();
        for _ in 0..20_000 {
            let mut memory = core::ptr::null_mut();
            // SAFETY: both are open, and this thread's.
            unsafe {
                if handles.is_empty() || random(&mut state) % 2 == 0 {
                    let (mut handle, mut other) = (0, 0);
                    let status = sys::dry_object_pool_acquire(theirs.get(), &mut handle, &mut memory);
                    match object_take(mine.get()) {
                        Some((taken, _)) => other = taken,
                        None => {
                            assert_eq!(sys::dry_object_pool_acquire(mine.get(), &mut other, &mut memory), status);
                        }
                    }
                    assert_eq!(handle, other);
                    if status == OK {
                        handles.push(handle);
                    }
                } else {
                    let handle = handles[random(&mut state) as usize % handles.len()];
                    let lives = object_find(mine.get(), handle).is_some();
                    assert_eq!(lives, sys::dry_object_pool_get(theirs.get(), handle, &mut memory) == OK);
                    let status = sys::dry_object_pool_release(theirs.get(), handle);
                    assert_eq!(status == OK, lives);
                    if !lives || !object_give(mine.get(), handle) {
                        assert_eq!(sys::dry_object_pool_release(mine.get(), handle), status);
                    }
                    assert!(object_find(mine.get(), handle).is_none());
                }
            }
        }
        let stats = |pool: &Raw<sys::dry_object_pool>| {
            // SAFETY: it is open.
            let stats = facts(|raw| unsafe { sys::dry_object_pool_get_stats(pool.get(), raw) }).unwrap();
            (stats.in_use, stats.peak, stats.destroyed, stats.failures)
        };
        assert_eq!(stats(&mine), stats(&theirs));
        for pool in [mine, theirs] {
            // SAFETY: it is open, then closed.
            unsafe {
                sys::dry_object_pool_close(pool.get(), core::ptr::null_mut());
                assert!(object_take(pool.get()).is_none());
            }
        }
    }

    #[test]
    fn a_closed_cache_does_nothing() {
        let cache = Raw::<sys::dry_shared_pool_cache>::closed();
        // SAFETY: it is closed.
        assert!(unsafe { cache_take(cache.get()).is_none() && !cache_give(cache.get(), 0) });
    }
}
