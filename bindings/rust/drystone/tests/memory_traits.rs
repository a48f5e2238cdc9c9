// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which memory blocks may cross threads is a promise; this file does not compile when it is broken in either direction.
use drystone::{
    Arena, ArenaOptions, ArenaOver, ArenaScope, Buff, BufferPool, CachePadded, Handle, IndexMap, Leak, MemoryFlags,
    Object, ObjectPool, Pool, PoolOptions, Scratch, ScratchScope, SharedObject, SharedPool, SharedPoolCache, Slab,
    SlabBlock, Slot,
};
use std::cell::Cell;
use std::rc::Rc;

fn send<T: Send>() {}
fn both<T: Send + Sync>() {}

/// Fails to compile, with two candidates for `NOT`, when the type has the trait.
macro_rules! assert_not {
    ($($type:ty: $trait:path;)*) => {
        $(
            const _: () = {
                trait Candidate<A> {
                    const NOT: () = ();
                }
                impl<T: ?Sized> Candidate<()> for T {}
                struct Has;
                impl<T: ?Sized + $trait> Candidate<Has> for T {}
                <$type as Candidate<_>>::NOT
            };
        )*
    };
}

assert_not! {
    Arena: Sync;
    Arena: Clone;
    ArenaOver<'static>: Sync;
    ArenaScope<'static>: Send;
    ArenaScope<'static>: Sync;
    ScratchScope<'static>: Send;
    ScratchScope<'static>: Sync;
    Scratch: Sync;
    Pool: Sync;
    Pool: Clone;
    IndexMap: Sync;
    ObjectPool<u8>: Sync;
    ObjectPool<Rc<u8>>: Send;
    Object<'static, u8>: Send;
    Object<'static, u8>: Sync;
    Object<'static, u8>: Clone;
    BufferPool<u8>: Sync;
    Buff<'static, u8>: Send;
    Buff<'static, u8>: Sync;
    Slab: Sync;
    SlabBlock: Clone;
    SharedPoolCache<u8>: Sync;
    SharedPoolCache<[u8]>: Sync;
    SharedPoolCache<u8>: Clone;
    SharedObject<u8>: Clone;
    SharedObject<Rc<u8>>: Send;
    SharedObject<Rc<u8>>: Sync;
    SharedObject<Cell<u8>>: Sync;
    CachePadded<Rc<u8>>: Send;
}

#[test]
fn blocks_move_between_threads_and_are_not_shared() {
    send::<Arena>();
    send::<ArenaOver<'static>>();
    send::<Scratch>();
    send::<Pool>();
    send::<IndexMap>();
    send::<ObjectPool<Cell<u8>>>();
    send::<BufferPool<u8>>();
    send::<Slab>();
    send::<SharedPoolCache<u8>>();
    send::<SharedPoolCache<[u8]>>();
}

#[test]
fn shared_pools_are_shared_and_their_objects_as_their_values_are() {
    both::<SharedPool<u8>>();
    both::<SharedPool<[u8]>>();
    both::<SharedObject<u8>>();
    send::<SharedObject<Cell<u8>>>();
}

#[test]
fn data_moves_and_is_shared() {
    both::<Slot>();
    both::<SlabBlock>();
    both::<Handle<Rc<u8>>>();
    both::<Handle<[u8]>>();
    both::<MemoryFlags>();
    both::<Leak>();
    both::<ArenaOptions>();
    both::<PoolOptions>();
    both::<CachePadded<u8>>();
}

#[test]
fn handles_are_small_and_padding_is_a_pair_of_cache_lines() {
    assert_eq!(std::mem::size_of::<Handle<[u8; 1000]>>(), 16);
    assert_eq!(std::mem::size_of::<Object<'static, [u8; 1000]>>(), 24);
    assert_eq!(std::mem::size_of::<Option<SharedObject<u8>>>(), 24);
    assert_eq!((std::mem::size_of::<CachePadded<[u8; 129]>>(), std::mem::align_of::<CachePadded<u8>>()), (256, 128));
    let mut padded = CachePadded::from(7);
    *padded += 1;
    assert_eq!((*padded, padded.into_inner()), (8, 8));
}
