// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arenas: places, overflow, scopes.
use drystone::{Arena, ArenaOptions, ErrorKind, MemoryFlags, Overflow};
use std::mem::MaybeUninit;
use std::panic::{catch_unwind, AssertUnwindSafe};

fn arena(bytes: u64) -> Arena {
    Arena::create(&ArenaOptions::new(bytes)).unwrap()
}

fn kind<T: std::fmt::Debug>(result: drystone::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn values_of_every_alignment_lie_where_they_belong() {
    #[repr(align(4096))]
    struct Page([u8; 4096]);
    #[repr(align(8192))]
    struct TooMuch(#[allow(dead_code)] u8);

    let arena = arena(1 << 20);
    let byte = arena.alloc(1_u8).unwrap();
    let word = arena.alloc(2_u64).unwrap();
    let page = arena.alloc(Page([3; 4096])).unwrap();
    let unit = arena.alloc(()).unwrap();
    assert_eq!((*byte, *word, page.0[4095], *unit), (1, 2, 3, ()));
    assert_eq!((arena.offset_of(byte), arena.offset_of(word), arena.offset_of(page)), (Some(0), Some(8), Some(4096)));
    assert_eq!((page as *const Page as usize) % 4096, 0);
    assert_eq!(arena.offset_of(unit), Some(8192));
    assert_eq!(arena.alloc(TooMuch(1)).map(|_| ()).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(arena.offset_of(&7), None);
    assert_eq!(arena.mark().unwrap(), 8192);
}

#[test]
fn slices_and_strings_are_copied() {
    let arena = arena(4096);
    assert_eq!(arena.alloc_slice(&[1_u16, 2, 3]).unwrap(), [1, 2, 3]);
    assert_eq!(arena.alloc_slice::<u64>(&[]).unwrap(), []);
    assert_eq!(arena.alloc_str("dry stöne").unwrap(), "dry stöne");
    assert_eq!(arena.alloc_slice_with(4, |index| index * index).unwrap(), [0, 1, 4, 9]);
    assert_eq!(arena.alloc_zeroed(100, 64).unwrap(), [0; 100]);
    assert_eq!(arena.alloc_bytes(7, 1).unwrap().len(), 7);
}

#[test]
fn zeroed_memory_is_zero_after_use_too() {
    let mut arena = arena(4096);
    arena.alloc_slice(&[0xff_u8; 4000]).unwrap();
    arena.reset().unwrap();
    assert!(arena.alloc_zeroed(4096, 1).unwrap().iter().all(|byte| *byte == 0));
}

#[test]
fn what_has_no_room_changes_only_the_count_of_failures() {
    let arena = arena(100);
    arena.alloc_bytes(60, 1).unwrap();
    let before = arena.stats().unwrap();
    for (size, align) in [(41, 1), (40, 128), (usize::MAX, 1), (usize::MAX - 50, 64), (isize::MAX as usize, 8)] {
        assert_eq!(kind(arena.alloc_bytes(size, align)), ErrorKind::Full, "{size} {align}");
    }
    assert_eq!(kind(arena.alloc_slice_with(usize::MAX / 4, |_| 0_u64)), ErrorKind::Full);
    assert_eq!(kind(arena.ensure(41, 1)), ErrorKind::Full);
    let mut after = arena.stats().unwrap();
    assert_eq!(after.failures, 7);
    after.failures = 0;
    assert_eq!(after, before);
    for align in [0, 3, 8192, usize::MAX] {
        assert_eq!(kind(arena.alloc_bytes(1, align)), ErrorKind::InvalidArgument, "{align}");
    }
    arena.ensure(40, 1).unwrap();
    arena.alloc_bytes(40, 1).unwrap();
}

#[test]
fn overflow_goes_to_the_heap_until_reset() {
    let mut arena = Arena::create(&ArenaOptions::new(64).overflow(Overflow::Fallback)).unwrap();
    let inside = arena.alloc_slice(&[1_u8; 64]).unwrap();
    let outside = arena.alloc_slice(&[2_u64; 100]).unwrap();
    assert_eq!((arena.offset_of(inside), arena.offset_of(outside)), (Some(0), None));
    assert!(outside.iter().all(|word| *word == 2));
    assert_eq!(kind(arena.alloc_bytes(isize::MAX as usize, 1)), ErrorKind::OutOfMemory);
    let stats = arena.stats().unwrap();
    assert_eq!((stats.allocations, stats.fallbacks, stats.failures, stats.used_bytes), (2, 1, 1, 64));
    arena.reset().unwrap();
    assert_eq!(arena.offset_of(arena.alloc(1_u8).unwrap()), Some(0));
}

#[test]
fn a_reserved_arena_grows_in_place() {
    let arena = Arena::create(&ArenaOptions::new(1 << 30).reserve().commit_step_bytes(1 << 16)).unwrap();
    let first = arena.alloc(7_u64).unwrap();
    assert!(arena.stats().unwrap().committed_bytes <= 1 << 16);
    let many = arena.alloc_slice_with(100_000, |index| index as u64).unwrap();
    assert_eq!((many[99_999], *first), (99_999, 7));
    let stats = arena.stats().unwrap();
    assert!(stats.committed_bytes >= 800_008 && stats.committed_bytes < 1 << 20, "{stats:?}");
}

#[test]
fn marks_and_resets_give_memory_back() {
    let mut arena = arena(4096);
    arena.alloc_bytes(100, 1).unwrap();
    let mark = arena.mark().unwrap();
    arena.alloc_bytes(100, 1).unwrap();
    arena.rewind(mark).unwrap();
    assert_eq!(arena.mark().unwrap(), 100);
    assert_eq!(arena.rewind(101).unwrap_err().kind(), ErrorKind::Stale);
    arena.reset().unwrap();
    let stats = arena.stats().unwrap();
    assert_eq!((stats.used_bytes, stats.peak_bytes, stats.resets), (0, 200, 1));
    arena.reset_and_release(0).unwrap();
    assert_eq!(*arena.alloc(3).unwrap(), 3);
}

#[test]
fn scopes_give_back_what_was_taken_in_them() {
    let mut arena = arena(4096);
    arena.alloc(1_u64).unwrap();
    let sum = arena
        .scope(|outer| {
            let kept = outer.alloc(2_u64).unwrap();
            for _ in 0..1_000 {
                *kept += outer.scope(|inner| *inner.alloc_slice(&[1_u64; 100]).unwrap().last().unwrap()).unwrap();
            }
            assert_eq!(outer.mark().unwrap(), 16);
            *kept
        })
        .unwrap();
    assert_eq!((sum, arena.mark().unwrap()), (1_002, 8));
}

#[test]
fn a_panic_ends_its_scopes() {
    let mut arena = arena(4096);
    arena.alloc(1_u64).unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        arena.scope(|outer| {
            outer.alloc(2_u64).unwrap();
            outer.scope(|inner| {
                inner.alloc(3_u64).unwrap();
                panic!("on purpose");
            })
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(arena.mark().unwrap(), 8);
}

#[test]
fn a_panic_while_a_slice_is_made_leaves_the_arena_usable() {
    let arena = arena(4096);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        arena.alloc_slice_with(10, |index| if index == 5 { panic!("on purpose") } else { index }).is_ok()
    }));
    assert!(panicked.is_err());
    assert_eq!(*arena.alloc(7).unwrap(), 7);
}

#[test]
fn memory_of_the_callers_is_used_and_left() {
    let mut buffer = [MaybeUninit::new(0_u8); 256];
    {
        let mut arena = Arena::over(&mut buffer[1..], Overflow::Error, MemoryFlags::WIPE).unwrap();
        let word = arena.alloc(u64::MAX).unwrap();
        assert_eq!(word as *const u64 as usize % 8, 0);
        assert!(arena.offset_of(word).unwrap() < 8);
        arena.reset().unwrap();
        assert_eq!(arena.scope(|scope| *scope.alloc(7).unwrap()).unwrap(), 7);
        arena.alloc_slice(&[0xff_u8; 100]).unwrap();
        assert_eq!(kind(arena.alloc_slice(&[0xff_u8; 200])), ErrorKind::Full);
    }
    // What was used was wiped at the end; a guarded arena puts poison there.
    let left = if cfg!(feature = "checked") { [0, 0xdf] } else { [0, 0] };
    // SAFETY: all of it was zeroed above, and only bytes were written since.
    assert!(buffer.iter().all(|byte| left.contains(unsafe { byte.assume_init_ref() })));
    assert_eq!(kind(Arena::over(&mut [], Overflow::Error, MemoryFlags::NONE)), ErrorKind::InvalidArgument);
    assert_eq!(kind(Arena::over(&mut buffer, Overflow::Error, MemoryFlags::PREFAULT)), ErrorKind::InvalidArgument);
}

#[test]
fn a_closed_arena_says_so() {
    let mut arena = arena(4096);
    arena.alloc(7).unwrap();
    arena.close();
    arena.close();
    assert_eq!(kind(arena.alloc(7)), ErrorKind::Closed);
    assert_eq!(kind(arena.alloc(())), ErrorKind::Closed);
    assert_eq!(kind(arena.alloc_bytes(0, 1)), ErrorKind::Closed);
    assert_eq!(kind(arena.alloc_zeroed(1, 1)), ErrorKind::Closed);
    assert_eq!(kind(arena.ensure(1, 1)), ErrorKind::Closed);
    assert_eq!(kind(arena.mark()), ErrorKind::Closed);
    assert_eq!(kind(arena.rewind(0)), ErrorKind::Closed);
    assert_eq!(kind(arena.reset()), ErrorKind::Closed);
    assert_eq!(kind(arena.stats()), ErrorKind::Closed);
    assert_eq!(kind(arena.scope(|_| ())), ErrorKind::Closed);
    assert_eq!(arena.offset_of(&7), None);
}

#[test]
fn options_are_refused_by_name() {
    for (options, expected, name) in [
        (ArenaOptions::new(0), ErrorKind::InvalidArgument, "capacity_bytes"),
        (ArenaOptions::new((1 << 46) + 1), ErrorKind::TooLarge, "capacity_bytes"),
        (ArenaOptions::new(4096).flags(MemoryFlags::TRACK), ErrorKind::InvalidArgument, "flags"),
        (ArenaOptions::new(4096).reserve().commit_step_bytes(1), ErrorKind::InvalidArgument, "commit_step_bytes"),
    ] {
        let error = Arena::create(&options).unwrap_err();
        assert_eq!(error.kind(), expected, "{error}");
        assert!(error.detail().text().contains(name), "{error}");
    }
}

#[test]
fn an_arena_moves_to_another_thread() {
    let mut arena = arena(4096);
    arena.alloc(1_u64).unwrap();
    let used = std::thread::spawn(move || {
        arena.alloc(2_u64).unwrap();
        arena.reset().unwrap();
        arena.stats().unwrap().peak_bytes
    });
    assert_eq!(used.join().unwrap(), 16);
}
