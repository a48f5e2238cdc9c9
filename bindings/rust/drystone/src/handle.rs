// SPDX-License-Identifier: MIT OR Apache-2.0
//! Handles of objects and blocks, which never validate twice.
use crate::error::{check, Error, ErrorKind};
use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU64, Ordering};
use drystone_sys as sys;

/// Names an object in an [`ObjectPool<T>`](crate::ObjectPool), or a block of a [`BufferPool<E>`](crate::BufferPool) as
/// `Handle<[E]>`.
///
/// It is two numbers, to be copied and kept anywhere; it keeps nothing alive. Once its object was released it is
/// [`Error::Stale`](crate::Error::Stale) for ever, also when the slot is in use again, and in another pool it is
/// [`Error::Foreign`](crate::Error::Foreign).
pub struct Handle<T: ?Sized> {
    raw: u64,
    pool: u64,
    object: PhantomData<fn() -> *const T>,
}

impl<T: ?Sized> Handle<T> {
    pub(crate) fn new(raw: u64, pool: PoolId) -> Self {
        Handle { raw, pool: pool.0, object: PhantomData }
    }

    /// The library's handle, if this one is of that pool.
    #[inline(always)]
    pub(crate) fn raw_in(self, pool: PoolId) -> Option<u64> {
        (self.pool == pool.0).then_some(self.raw)
    }
}

// Not derived, because that would ask the same of T.
impl<T: ?Sized> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Handle<T> {}

impl<T: ?Sized> PartialEq for Handle<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.raw, self.pool) == (other.raw, other.pool)
    }
}

impl<T: ?Sized> Eq for Handle<T> {}

impl<T: ?Sized> Hash for Handle<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.raw, self.pool).hash(state);
    }
}

impl<T: ?Sized> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle(slot {}, generation {})", self.raw as u32, self.raw >> 32)
    }
}

/// Why a handle names nothing. `get` asks the library for its part of the handle; 0, where that is another pool's, names
/// nothing in any pool, so a closed pool says so and an open one that it is stale.
#[cold]
#[inline(never)]
pub(crate) fn why_not(raw: Option<u64>, get: impl FnOnce(u64) -> sys::dry_status) -> Error {
    match (raw, get(raw.unwrap_or(0))) {
        (None, status) if status != sys::DRY_CLOSED as i32 => ErrorKind::Foreign.into(),
        (_, status) => check(status).err().unwrap_or_else(|| ErrorKind::Stale.into()),
    }
}

/// Tells pools of this process apart, so that a handle cannot reach what is lent elsewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolId(u64);

impl PoolId {
    /// One that no pool had before.
    pub(crate) fn fresh() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        PoolId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}
