// SPDX-License-Identifier: MIT OR Apache-2.0
//! Buffer pools: blocks by owner and by handle.
use drystone::{BufferPool, BufferPoolOptions, ErrorKind, Handle, MemoryFlags, Plain};

fn kind<T>(result: drystone::Result<T>) -> ErrorKind {
    match result {
        Ok(_) => panic!("it succeeded"),
        Err(error) => error.kind(),
    }
}

fn pool<T: Plain>(elements: u64, blocks: u64) -> BufferPool<T> {
    BufferPool::create(&BufferPoolOptions::new(elements, blocks)).unwrap()
}

#[test]
fn blocks_are_slices_that_go_back_when_they_are_dropped() {
    let pool = pool::<u32>(100, 3);
    {
        let mut blocks: Vec<_> = (0..3).map(|_| pool.acquire().unwrap()).collect();
        assert_eq!(kind(pool.acquire()), ErrorKind::Full);
        for (number, block) in blocks.iter_mut().enumerate() {
            assert!(block.len() == 100 && block.iter().all(|element| *element == 0));
            block.fill(number as u32 + 1);
        }
        for (number, block) in blocks.iter().enumerate() {
            assert!(block.iter().all(|element| *element == number as u32 + 1));
        }
        assert_eq!(pool.stats().unwrap().in_use, 3);
    }
    let stats = pool.stats().unwrap();
    assert_eq!((stats.in_use, stats.peak, stats.failures, stats.element_bytes), (0, 3, 1, 4));
    assert!(pool.acquire().unwrap()[0] > 0, "what the last user left");
}

#[test]
fn handles_are_looked_up_and_never_twice() {
    let mut pool = pool::<f64>(10, 2);
    let mut old: Vec<Handle<[f64]>> = Vec::new();
    for round in 0..100 {
        let handle = pool.acquire_handle().unwrap();
        pool.get_mut(handle).unwrap()[9] = f64::from(round);
        assert_eq!(pool.get(handle).unwrap()[9], f64::from(round));
        pool.release(handle).unwrap();
        old.push(handle);
        assert!(old.iter().all(|handle| kind(pool.get(*handle)) == ErrorKind::Stale));
        assert_eq!(kind(pool.release(handle)), ErrorKind::Stale);
        assert_eq!(kind(pool.get_mut(handle)), ErrorKind::Stale);
    }
    let other = BufferPool::<f64>::create(&BufferPoolOptions::new(10, 2)).unwrap();
    let block = other.acquire().unwrap();
    assert_eq!(kind(other.get(old[0])), ErrorKind::Foreign);
    assert_eq!(block[0], 0.0);
    let handle = pool.acquire_handle().unwrap();
    pool.close();
    pool.close();
    assert_eq!(kind(pool.get(handle)), ErrorKind::Closed);
    assert_eq!(kind(pool.get_mut(handle)), ErrorKind::Closed);
    assert_eq!(kind(pool.release(handle)), ErrorKind::Closed);
    assert_eq!(kind(pool.acquire()), ErrorKind::Closed);
    assert_eq!(kind(pool.acquire_handle()), ErrorKind::Closed);
    assert_eq!(kind(pool.stats()), ErrorKind::Closed);
}

#[test]
fn a_leaked_block_stays_taken() {
    let pool = pool::<u8>(10, 2);
    std::mem::forget(pool.acquire().unwrap());
    assert_eq!(pool.stats().unwrap().in_use, 1);
    drop(pool.acquire().unwrap());
    assert_eq!(pool.stats().unwrap().in_use, 1);
}

#[test]
fn blocks_are_aligned_for_their_elements_and_as_asked() {
    #[derive(Clone, Copy)]
    #[repr(C, align(256))]
    struct Wide([u64; 32]);
    // SAFETY: numbers alone.
    unsafe impl Plain for Wide {}

    let wide = pool::<Wide>(3, 5);
    for _ in 0..5 {
        let mut block = wide.acquire().unwrap();
        assert_eq!(block.as_ptr() as usize % 256, 0);
        block[2].0[31] = 7;
        std::mem::forget(block);
    }
    let bytes = BufferPool::<u8>::create(&BufferPoolOptions::new(10, 5).align_bytes(64)).unwrap();
    assert_eq!((bytes.acquire().unwrap().as_ptr() as usize % 64, bytes.stats().unwrap().stride_bytes), (0, 64));
    for (options, expected) in [
        (BufferPoolOptions::new(0, 1), ErrorKind::InvalidArgument),
        (BufferPoolOptions::new(1, 0), ErrorKind::InvalidArgument),
        (BufferPoolOptions::new(1, 1).align_bytes(24), ErrorKind::InvalidArgument),
        (BufferPoolOptions::new(u64::MAX, 2), ErrorKind::TooLarge),
        (BufferPoolOptions::new(1 << 30, 1), ErrorKind::TooLarge),
        (BufferPoolOptions::new(1, u64::MAX), ErrorKind::TooLarge),
    ] {
        assert_eq!(kind(BufferPool::<u32>::create(&options)), expected, "{options:?}");
    }
    assert_eq!(kind(BufferPool::<[u8; 0]>::create(&BufferPoolOptions::new(1, 1))), ErrorKind::InvalidArgument);
}

#[test]
fn wiped_blocks_are_zeros_again() {
    let pool = BufferPool::<u16>::create(&BufferPoolOptions::new(10, 1).flags(MemoryFlags::WIPE)).unwrap();
    pool.acquire().unwrap().fill(7);
    assert!(pool.acquire().unwrap().iter().all(|element| *element == 0));
}

#[test]
fn a_pool_moves_to_another_thread() {
    let pool = pool::<u8>(10, 2);
    let handle = pool.acquire_handle().unwrap();
    let mut pool = std::thread::spawn(move || {
        pool.acquire().unwrap().fill(7);
        pool
    })
    .join()
    .unwrap();
    pool.get_mut(handle).unwrap().fill(9);
    assert!(pool.get(handle).unwrap().iter().all(|byte| *byte == 9));
}
