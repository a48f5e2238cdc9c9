// SPDX-License-Identifier: MIT OR Apache-2.0
//! Hot calls allocate nothing.
mod common;

use common::memory_kv;
use drystone::{
    scratch, Arena, ArenaOptions, BufferPool, BufferPoolOptions, IndexMap, IndexMapOptions, ObjectPool,
    ObjectPoolOptions, Pool, PoolOptions, SharedPool, SharedPoolOptions, Slot, Values,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    // A plain cell without a destructor, so that counting does not allocate itself.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(call: impl FnOnce()) -> u64 {
    let before = COUNT.with(Cell::get);
    call();
    COUNT.with(Cell::get) - before
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1]))), 1);
}

#[test]
fn reads_into_buffers_allocate_nothing() {
    let kv = memory_kv();
    let reader = kv.reader().unwrap();
    kv.put("a", [1; 200]).unwrap();
    let mut buffer = [0; 256];
    let counted = allocations(|| {
        for _ in 0..100 {
            assert_eq!(reader.get_into("a", &mut buffer).unwrap().unwrap().value_bytes, 200);
            assert_eq!(kv.get_into("a", &mut buffer).unwrap().unwrap().value_bytes, 200);
            assert!(reader.get_into("absent", &mut buffer).unwrap().is_none());
            assert!(reader.get_into("a", &mut buffer[..10]).is_err());
            assert!(reader.try_get("a", &mut buffer, 1).unwrap().is_some());
            assert!(reader.contains("a").unwrap());
            let view = reader.view("a").unwrap().unwrap();
            assert_eq!(view.byte_at(7), 1);
            view.check().unwrap();
            assert_eq!(reader.stats().unwrap().entries, 1);
        }
    });
    assert_eq!(counted, 0);
}

#[test]
fn batches_allocate_nothing_once_they_have_grown() {
    let kv = memory_kv();
    kv.put("a", [1; 200]).unwrap();
    let keys = ["a", "absent", "a", "a"];
    let mut values = Values::new();
    for _ in 0..2 {
        kv.get_many(&keys, &mut values).unwrap();
    }
    let counted = allocations(|| {
        for _ in 0..100 {
            kv.get_many(&keys, &mut values).unwrap();
            assert_eq!(values.iter().filter(|value| matches!(value, Ok(Some(_)))).count(), 3);
        }
    });
    assert_eq!(counted, 0);
}

#[test]
fn a_batch_with_room_from_the_start_needs_no_second_lookup() {
    let kv = memory_kv();
    kv.put("a", [1; 200]).unwrap();
    let mut values = Values::with_value_capacity(200);
    // One for the lookups, one for the values.
    assert_eq!(allocations(|| kv.get_many(&["a"], &mut values).unwrap()), 2);
    assert_eq!(values.get(0).unwrap().unwrap().bytes, [1; 200]);
}

#[test]
fn get_allocates_the_value_alone() {
    let kv = memory_kv();
    for (size, expected) in [(0, 0), (1, 1), (512, 1), (513, 1), (50_000, 1)] {
        kv.put("a", vec![1; size]).unwrap();
        assert_eq!(allocations(|| drop(kv.get("a").unwrap())), expected, "{size} bytes");
    }
}

#[test]
fn writes_allocate_nothing() {
    let kv = memory_kv();
    let counted = allocations(|| {
        for i in 0..100_u64 {
            let version = kv.put(i.to_le_bytes(), [1; 200]).unwrap();
            kv.replace(i.to_le_bytes(), [2; 100], version).unwrap();
            assert!(kv.put_new(i.to_le_bytes(), []).is_err());
            kv.delete(i.to_le_bytes()).unwrap();
        }
    });
    assert_eq!(counted, 0);
}

#[test]
fn arenas_and_scratches_allocate_nothing() {
    let mut arena = Arena::create(&ArenaOptions::new(64 << 10)).unwrap();
    scratch::with(|_| ()).unwrap(); // makes this thread's
    let counted = allocations(|| {
        for round in 0..100_u64 {
            arena.alloc(round).unwrap();
            arena.alloc_slice(&[round; 50]).unwrap();
            arena.alloc_str("stone").unwrap();
            arena.scope(|scope| scope.alloc_zeroed(100, 64).unwrap()[99]).unwrap();
            assert!(arena.alloc_bytes(1 << 20, 1).is_err());
            arena.reset().unwrap();
            scratch::with(|scope| scope.alloc_slice_with(100, |index| index).unwrap()[99]).unwrap();
            arena.stats().unwrap();
        }
    });
    assert_eq!(counted, 0);
}

#[cfg(feature = "allocator-api2")]
#[test]
fn containers_in_an_arena_allocate_nothing_elsewhere() {
    let arena = Arena::create(&ArenaOptions::new(1 << 20)).unwrap();
    let slab = drystone::Slab::create(&drystone::SlabOptions::new(1 << 20)).unwrap();
    let counted = allocations(|| {
        let mut numbers = allocator_api2::vec::Vec::new_in(&arena);
        numbers.extend(0..1_000_u64);
        let mut map = hashbrown::HashMap::with_hasher_in(hashbrown::DefaultHashBuilder::default(), &arena);
        map.extend((0..1_000_u64).map(|number| (number, number)));
        for number in 0..100_u64 {
            drop(allocator_api2::boxed::Box::new_in(number, &slab));
        }
    });
    assert_eq!(counted, 0);
}

#[test]
fn pools_allocate_nothing() {
    let mut pool = Pool::create(&PoolOptions::new(64, 100)).unwrap();
    let mut map = IndexMap::create(&IndexMapOptions::new(100)).unwrap();
    let mut objects = ObjectPool::create(&ObjectPoolOptions::new(100)).unwrap();
    let buffers = BufferPool::<u32>::create(&BufferPoolOptions::new(16, 100)).unwrap();
    let mut slots = [Slot::default(); 8];
    let counted = allocations(|| {
        for round in 0..1_000_u64 {
            let slot = pool.acquire().unwrap();
            pool.bytes_mut(slot).unwrap()[0] = 1;
            pool.acquire_many(&mut slots).unwrap();
            pool.release_many(&slots).unwrap();
            pool.release(slot).unwrap();
            assert!(pool.release(slot).is_err());
            let index = map.acquire().unwrap();
            map.release(index).unwrap();
            let handle = objects.insert(round).unwrap();
            drop(objects.acquire(round).unwrap());
            objects.release(handle).unwrap();
            assert!(objects.get(handle).is_err());
            buffers.acquire().unwrap()[15] = 1;
        }
    });
    assert_eq!(counted, 0);
}

#[test]
fn shared_pools_allocate_nothing() {
    let pool = SharedPool::create(&SharedPoolOptions::new(500)).unwrap();
    let cache = pool.cache().unwrap();
    let counted = allocations(|| {
        for round in 0..1_000_u64 {
            let objects: [_; 100] = std::array::from_fn(|index| cache.alloc(round + index as u64).unwrap());
            for (index, object) in objects.into_iter().enumerate() {
                match index % 4 {
                    0 => drop(object),
                    _ => cache.free(object).unwrap(),
                }
            }
        }
    });
    assert_eq!(counted, 0);
}
