// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values in slots, with a destructor that runs exactly once.
use crate::error::{check, check_detailed, Result};
use crate::handle::{why_not, Handle, PoolId};
use crate::inline;
use crate::memory::{facts, Raw};
use crate::object::Object;
use crate::object_pool_options::{ObjectPoolOptions, ObjectPoolStats};
use crate::version::check_abi;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use drystone_sys as sys;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

/// Values of one type in memory that is made once: no allocation for each, and they never move.
///
/// There are two ways to hold one, which can be mixed:
///
/// - [`acquire`](ObjectPool::acquire) gives an [`Object`], which owns its value as a `Box` does, and borrows the pool;
/// - [`insert`](ObjectPool::insert) gives a [`Handle`], which is two numbers; the pool owns the value, and a handle that
///   outlives it is [`Error::Stale`](crate::Error::Stale).
///
/// The destructor runs exactly once: when an `Object` is dropped, when a handle is released, or when the pool goes.
///
/// Cost: O(1), no system call. Overhead: 8 bytes a slot. An `ObjectPool` is `Send` where `T` is, not
/// `Sync`; see [`SharedPool`](crate::SharedPool) for many threads.
///
/// ```
/// use drystone::{Error, ObjectPool, ObjectPoolOptions};
///
/// let mut pool = ObjectPool::create(&ObjectPoolOptions::new(1_000))?;
/// {
///     let mut object = pool.acquire(String::from("stone"))?;
///     object.push_str(" wall");
///     assert_eq!(*object, "stone wall");
/// }
/// let handle = pool.insert(String::from("on stone"))?;
/// assert_eq!(pool.get(handle)?, "on stone");
/// pool.release(handle)?;
/// assert!(matches!(pool.get(handle), Err(Error::Stale(_))));
/// # Ok::<(), Error>(())
/// ```
///
/// An object cannot outlive its pool:
///
/// ```compile_fail,E0505
/// # use drystone::{ObjectPool, ObjectPoolOptions};
/// let pool = ObjectPool::create(&ObjectPoolOptions::new(10)).unwrap();
/// let object = pool.acquire(7).unwrap();
/// drop(pool);
/// println!("{}", *object);
/// ```
///
/// nor what is lent by a handle the handle's release:
///
/// ```compile_fail,E0502
/// # use drystone::{ObjectPool, ObjectPoolOptions};
/// let mut pool = ObjectPool::create(&ObjectPoolOptions::new(10)).unwrap();
/// let handle = pool.insert(7).unwrap();
/// let value = pool.get(handle).unwrap();
/// pool.release(handle).unwrap();
/// println!("{value}");
/// ```
///
/// nor can it hold what dies before it:
///
/// ```compile_fail,E0597
/// # use drystone::{ObjectPool, ObjectPoolOptions};
/// let pool = ObjectPool::create(&ObjectPoolOptions::new(10)).unwrap();
/// {
///     let number = 7;
///     pool.insert(&number).unwrap();
/// }
/// drop(pool);
/// ```
pub struct ObjectPool<T> {
    raw: Raw<sys::dry_object_pool>,
    /// Another one once it is closed.
    id: PoolId,
    // Values go in and come out through `&self`, so the type must be the same everywhere.
    values: PhantomData<(*mut T, T)>,
}

// SAFETY: the library does not tie a pool to a thread; the values in it move along. `&ObjectPool` stays in one thread.
unsafe impl<T: Send> Send for ObjectPool<T> {}

impl<T> ObjectPool<T> {
    /// Makes a pool in private memory.   Cost: system calls; no slot is touched.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) (names the field; also for a type that is aligned to more
    /// than 4096), [`Error::TooLarge`](crate::Error::TooLarge), [`Error::OutOfMemory`](crate::Error::OutOfMemory),
    /// [`Error::Unsupported`](crate::Error::Unsupported) (with [`REQUIRED`](crate::MemoryFlags::REQUIRED)).
    pub fn create(options: &ObjectPoolOptions) -> Result<Self> {
        check_abi()?;
        let pool = ObjectPool { raw: Raw::closed(), id: PoolId::fresh(), values: PhantomData };
        // Destructors run here, where a panic can be handled and hot paths need not ask for them.
        let asked = options.to_raw::<T>();
        // SAFETY: options and handle are valid for the call, and the handle is where it stays.
        check_detailed(|detail| unsafe { sys::dry_object_pool_create(&asked, pool.raw.get(), detail) })?;
        Ok(pool)
    }

    /// Takes a slot and moves `value` into it. When that fails, the value is dropped.
    #[inline(always)]
    fn put(&self, value: T) -> Result<(u64, NonNull<T>)> {
        // SAFETY: `&ObjectPool` stays in one thread.
        let (handle, place) = match unsafe { inline::object_take(self.raw.get()) } {
            Some(taken) => taken,
            None => self.take_slow()?,
        };
        let place = place.cast::<T>();
        // SAFETY: a free slot of the size and alignment of a T.
        unsafe { place.as_ptr().write(value) };
        Ok((handle, place))
    }

    #[cold]
    #[inline(never)]
    fn take_slow(&self) -> Result<(u64, NonNull<u8>)> {
        let (mut handle, mut memory) = (0, ptr::null_mut());
        // SAFETY: as in `put`; the outputs are locals.
        check(unsafe { sys::dry_object_pool_acquire(self.raw.get(), &mut handle, &mut memory) })?;
        Ok((handle, NonNull::new(memory.cast()).expect("a slot has an address")))
    }

    /// Frees a slot whose value is gone.
    ///
    /// # Safety
    /// The handle is that of a live value.
    #[inline(always)]
    pub(crate) unsafe fn give(&self, handle: u64) -> Result<()> {
        // SAFETY: as in `put`, and the caller's promise.
        if unsafe { inline::object_give(self.raw.get(), handle) } {
            return Ok(());
        }
        self.give_slow(handle)
    }

    #[cold]
    #[inline(never)]
    fn give_slow(&self, handle: u64) -> Result<()> {
        // SAFETY: as in `put`. There is no destructor for the library to run.
        check(unsafe { sys::dry_object_pool_release(self.raw.get(), handle) })
    }

    /// Moves `value` into the pool, and gives an [`Object`] that owns it. When there is no slot, the value is dropped.
    ///
    /// # Errors
    /// [`Error::Full`](crate::Error::Full) (counted), [`Error::Corrupt`](crate::Error::Corrupt) (guarded: unsafe code wrote
    /// into the free slot, which is retired; try again), [`Error::Closed`](crate::Error::Closed).
    #[inline(always)]
    pub fn acquire(&self, value: T) -> Result<Object<'_, T>> {
        let (handle, place) = self.put(value)?;
        Ok(Object::new(self, handle, place))
    }

    /// Moves `value` into the pool, and gives its [`Handle`]. When there is no slot, the value is dropped.
    ///
    /// # Errors
    /// As [`acquire`](ObjectPool::acquire).
    #[inline(always)]
    pub fn insert(&self, value: T) -> Result<Handle<T>> {
        let (handle, _) = self.put(value)?;
        Ok(self.handle(handle))
    }

    pub(crate) fn handle(&self, raw: u64) -> Handle<T> {
        Handle::new(raw, self.id)
    }

    #[inline(always)]
    fn find(&self, handle: Handle<T>) -> Result<(u64, NonNull<T>)> {
        if let Some(raw) = handle.raw_in(self.id) {
            // SAFETY: as in `put`; the identity says that the pool is open and gave this handle out.
            if let Some(place) = unsafe { inline::object_find(self.raw.get(), raw) } {
                return Ok((raw, place.cast()));
            }
        }
        self.find_none(handle)
    }

    /// Why there is no such value: always an error, but a result, so that callers need not make one of it.
    #[cold]
    #[inline(never)]
    fn find_none(&self, handle: Handle<T>) -> Result<(u64, NonNull<T>)> {
        let mut memory = ptr::null_mut();
        // SAFETY: as in `put`; the output is a local.
        let get = |raw| unsafe { sys::dry_object_pool_get(self.raw.get(), raw, &mut memory) };
        Err(why_not(handle.raw_in(self.id), get))
    }

    /// The value of a handle.   Cost: O(1).
    ///
    /// # Errors
    /// [`Error::Stale`](crate::Error::Stale) (released), [`Error::Foreign`](crate::Error::Foreign) (of another pool),
    /// [`Error::Closed`](crate::Error::Closed).
    #[inline(always)]
    pub fn get(&self, handle: Handle<T>) -> Result<&T> {
        let (_, place) = self.find(handle)?;
        // SAFETY: a live value of this pool. Objects' handles are never given out, so nobody has it mutably; whatever
        // changes or drops it wants `&mut self`.
        Ok(unsafe { place.as_ref() })
    }

    /// The value of a handle, to change.   Cost: O(1).
    ///
    /// # Errors
    /// As [`get`](ObjectPool::get).
    #[inline(always)]
    pub fn get_mut(&mut self, handle: Handle<T>) -> Result<&mut T> {
        let (_, mut place) = self.find(handle)?;
        // SAFETY: a live value of this pool; `&mut self` means that nothing is lent.
        Ok(unsafe { place.as_mut() })
    }

    /// Drops the value of a handle, and frees its slot.   Cost: O(1).
    ///
    /// # Errors
    /// As [`get`](ObjectPool::get), and [`Error::Corrupt`](crate::Error::Corrupt) (guarded: unsafe code wrote beyond its
    /// end; the value is dropped, and the slot retired).
    ///
    /// # Panics
    /// When the destructor does. The slot is free all the same.
    #[inline]
    pub fn release(&mut self, handle: Handle<T>) -> Result<()> {
        let (raw, place) = self.find(handle)?;
        // SAFETY: a live value of this pool, which nobody has; its handle is stale right after.
        unsafe { drop_and_give(self, raw, place) }
    }

    /// Moves the value of a handle out, and frees its slot.   Cost: O(1).
    ///
    /// # Errors
    /// As [`get`](ObjectPool::get), and [`Error::Corrupt`](crate::Error::Corrupt) as for [`release`](ObjectPool::release):
    /// then the value is dropped.
    #[inline]
    pub fn take(&mut self, handle: Handle<T>) -> Result<T> {
        let (raw, place) = self.find(handle)?;
        // SAFETY: a live value of this pool, which nobody has; its handle is stale right after.
        let value = unsafe { place.as_ptr().read() };
        // SAFETY: the handle lives until now.
        unsafe { self.give(raw)? };
        Ok(value)
    }

    /// The next live value at or after a slot.
    fn next(&self, from: u32) -> Option<u64> {
        let mut handle = 0;
        // SAFETY: as in `put`; the output is a local.
        let status = unsafe { sys::dry_object_pool_next(self.raw.get(), from, &mut handle) };
        (status == sys::DRY_OK as i32).then_some(handle)
    }

    /// The handles of all values, in ascending order of slots; those of leaked [`Object`]s are among them.   Cost: O(slots
    /// ever taken).
    pub fn handles(&mut self) -> Vec<Handle<T>> {
        self.live().map(|raw| self.handle(raw)).collect()
    }

    fn live(&self) -> impl Iterator<Item = u64> + '_ {
        let mut from = Some(0_u32);
        core::iter::from_fn(move || {
            let handle = self.next(from?)?;
            from = (handle as u32).checked_add(1);
            Some(handle)
        })
    }

    /// Runs every destructor, one that panics among them, and then panics itself with the first's payload.
    fn drop_values(&mut self) -> impl FnOnce() {
        let mut first_panic = None;
        if core::mem::needs_drop::<T>() {
            for raw in self.live() {
                // SAFETY: as in `put`; the pool named this handle just now.
                let Some(place) = (unsafe { inline::object_find(self.raw.get(), raw) }) else { continue };
                // SAFETY: a live value, which nobody has; the callers free all slots before anybody can ask for it again.
                let dropped = catch_unwind(AssertUnwindSafe(|| unsafe { place.cast::<T>().as_ptr().drop_in_place() }));
                match dropped {
                    Err(panic) if first_panic.is_none() => first_panic = Some(panic),
                    // A payload's destructor may panic as well, and nothing may stop what must follow. So it is leaked.
                    Err(panic) => core::mem::forget(panic),
                    Ok(()) => {}
                }
            }
        }
        move || {
            if let Some(panic) = first_panic {
                resume_unwind(panic);
            }
        }
    }

    /// Drops every value; all handles are stale, and slots come from the lowest on again.   Cost: O(slots ever taken).
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) (guarded: unsafe code wrote beyond values' ends; all are dropped),
    /// [`Error::Closed`](crate::Error::Closed).
    ///
    /// # Panics
    /// When destructors do: after all values are dropped and all slots free, with what the first of them panicked with.
    pub fn reset(&mut self) -> Result<()> {
        let panic_on = self.drop_values();
        // SAFETY: as in `put`; there is no destructor for the library to run.
        let status = unsafe { sys::dry_object_pool_reset(self.raw.get()) };
        panic_on();
        check(status)
    }

    /// Drops every value, gives the memory back, and says how many values that were. Every later call is
    /// [`Error::Closed`](crate::Error::Closed). Again is fine and says 0; dropping does the same.
    ///
    /// # Panics
    /// As [`reset`](ObjectPool::reset).
    pub fn close(&mut self) -> u64 {
        let panic_on = self.drop_values();
        let mut destroyed = 0;
        // SAFETY: `&mut self` means that nothing is lent. The only errors are for NULL, and from the library's destructors.
        unsafe { sys::dry_object_pool_close(self.raw.get(), &mut destroyed) };
        self.id = PoolId::fresh(); // so that no handle is looked up any more
        panic_on();
        destroyed
    }

    /// Facts on the pool.
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn stats(&self) -> Result<ObjectPoolStats> {
        // SAFETY: as in `put`; the output is `facts`'s.
        facts(|raw| unsafe { sys::dry_object_pool_get_stats(self.raw.get(), raw) }).map(ObjectPoolStats::from_raw)
    }
}

/// Drops a value and frees its slot, in this order, because the destructor may use the pool; also when it panics.
///
/// # Safety
/// `place` is the live value of `handle`, and nobody uses it any more.
#[inline(always)]
pub(crate) unsafe fn drop_and_give<T>(pool: &ObjectPool<T>, handle: u64, place: NonNull<T>) -> Result<()> {
    struct Give<'a, T>(&'a ObjectPool<T>, u64);
    impl<T> Drop for Give<'_, T> {
        fn drop(&mut self) {
            // SAFETY: the handle lives until now.
            let _ = unsafe { self.0.give(self.1) };
        }
    }
    if core::mem::needs_drop::<T>() {
        let on_panic = Give(pool, handle);
        // SAFETY: the caller's promise.
        unsafe { place.as_ptr().drop_in_place() };
        core::mem::forget(on_panic);
    }
    // SAFETY: as above.
    unsafe { pool.give(handle) }
}

impl<T> Drop for ObjectPool<T> {
    fn drop(&mut self) {
        let panic_on = self.drop_values();
        // SAFETY: as in `close`.
        unsafe { sys::dry_object_pool_close(self.raw.get(), ptr::null_mut()) };
        if !std::thread::panicking() {
            panic_on();
        }
    }
}

impl<T> fmt::Debug for ObjectPool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectPool").field("stats", &self.stats().ok()).finish()
    }
}
