// SPDX-License-Identifier: MIT OR Apache-2.0
//! Blocks of N elements.
use crate::error::{check, check_detailed, Result};
use crate::handle::{why_not, Handle, PoolId};
use crate::inline;
use crate::memory::{align_for, facts, struct_size, MemoryFlags, Raw};
use crate::plain::Plain;
use crate::version::check_abi;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::{self, addr_of_mut, NonNull};
use drystone_sys as sys;

/// What [`BufferPool`] to create.
#[derive(Clone, Debug)]
#[must_use]
pub struct BufferPoolOptions {
    elements: u64,
    blocks: u64,
    align_bytes: u64,
    flags: MemoryFlags,
}

impl BufferPoolOptions {
    /// So many blocks (1 to 2^30) of so many elements each (1 and up, 2^30 bytes at most).
    pub fn new(elements: u64, blocks: u64) -> Self {
        BufferPoolOptions { elements, blocks, align_bytes: 0, flags: MemoryFlags::NONE }
    }

    /// Aligns blocks to more than their elements ask for: a power of two up to 4096; 64 for SIMD.
    pub fn align_bytes(mut self, bytes: u64) -> Self {
        self.align_bytes = bytes;
        self
    }

    /// What to ask of the memory. With [`WIPE`](MemoryFlags::WIPE) blocks are zeros whenever they are taken.
    pub fn flags(mut self, flags: MemoryFlags) -> Self {
        self.flags = flags;
        self
    }
}

/// Facts on a [`BufferPool`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BufferPoolStats {
    /// Blocks there are.
    pub blocks: u64,
    /// Blocks that are taken.
    pub in_use: u64,
    /// The most that were taken at once.
    pub peak: u64,
    /// Elements of a block.
    pub elements: u64,
    /// Size of an element.
    pub element_bytes: u64,
    /// From block to block.
    pub stride_bytes: u64,
    /// Requests that found no block.
    pub failures: u64,
    /// All memory of the pool.
    pub size_bytes: u64,
    /// What was asked for and is in force.
    pub granted: MemoryFlags,
    /// What was asked for and is not.
    pub refused: MemoryFlags,
}

/// Blocks of N elements in memory that is made once, for message and sample buffers of one shape.
///
/// A block is zeros when it is taken for the first time, and what its last user left afterwards. There are two ways to hold
/// one, which can be mixed: [`acquire`](BufferPool::acquire) gives a [`Buff`], which is a slice and gives the block back when
/// it is dropped; [`acquire_handle`](BufferPool::acquire_handle) gives a [`Handle`], which is two numbers, to be looked up in
/// the pool and released there.
///
/// Cost: O(1), no system call. Overhead: 8 bytes a block. A `BufferPool` is `Send`, not `Sync`: one thread
/// at a time.
///
/// ```
/// use drystone::{BufferPool, BufferPoolOptions};
///
/// let pool = BufferPool::<f32>::create(&BufferPoolOptions::new(256, 16).align_bytes(64))?;
/// let mut samples = pool.acquire()?;
/// samples[7] = 0.5;
/// assert_eq!((samples.len(), samples.iter().sum::<f32>()), (256, 0.5));
/// # Ok::<(), drystone::Error>(())
/// ```
///
/// A block cannot outlive its pool:
///
/// ```compile_fail,E0505
/// # use drystone::{BufferPool, BufferPoolOptions};
/// let pool = BufferPool::<u8>::create(&BufferPoolOptions::new(256, 16)).unwrap();
/// let buffer = pool.acquire().unwrap();
/// drop(pool);
/// println!("{}", buffer[0]);
/// ```
///
/// and elements have no destructors, since nobody would run them:
///
/// ```compile_fail,E0599
/// # use drystone::{BufferPool, BufferPoolOptions};
/// BufferPool::<String>::create(&BufferPoolOptions::new(256, 16));
/// ```
pub struct BufferPool<T> {
    raw: Raw<sys::dry_buffer_pool>,
    elements: usize,
    /// Another one once it is closed.
    id: PoolId,
    blocks: PhantomData<*mut T>,
}

// SAFETY: the library does not tie a pool to a thread, and elements are plain. `&BufferPool` stays in one thread.
unsafe impl<T: Plain> Send for BufferPool<T> {}

impl<T: Plain> BufferPool<T> {
    /// Makes a pool in private memory.   Cost: system calls; no block is touched.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) (names the field),
    /// [`Error::TooLarge`](crate::Error::TooLarge), [`Error::OutOfMemory`](crate::Error::OutOfMemory),
    /// [`Error::Unsupported`](crate::Error::Unsupported) (with [`REQUIRED`](MemoryFlags::REQUIRED)).
    pub fn create(options: &BufferPoolOptions) -> Result<Self> {
        check_abi()?;
        let raw = Raw::closed();
        let asked = sys::dry_buffer_pool_options {
            struct_size: struct_size::<sys::dry_buffer_pool_options>(),
            flags: options.flags.bits(),
            element_bytes: core::mem::size_of::<T>() as u64,
            elements: options.elements,
            blocks: options.blocks,
            align_bytes: align_for::<T>(options.align_bytes),
        };
        // SAFETY: options and handle are valid for the call, and the handle is where it stays.
        check_detailed(|detail| unsafe { sys::dry_buffer_pool_create(&asked, raw.get(), detail) })?;
        // What the library could map has fewer than 2^46 bytes.
        Ok(BufferPool { raw, elements: options.elements as usize, id: PoolId::fresh(), blocks: PhantomData })
    }

    #[inline(always)]
    fn objects(&self) -> *mut sys::dry_object_pool {
        // SAFETY: a field of the handle.
        unsafe { addr_of_mut!((*self.raw.get()).objects) }
    }

    #[inline(always)]
    fn get_block(&self) -> Result<(u64, NonNull<T>)> {
        // SAFETY: `&BufferPool` stays in one thread.
        match unsafe { inline::object_take(self.objects()) } {
            Some((handle, block)) => Ok((handle, block.cast())),
            None => self.get_block_slow(),
        }
    }

    #[cold]
    #[inline(never)]
    fn get_block_slow(&self) -> Result<(u64, NonNull<T>)> {
        let (mut handle, mut block) = (0, ptr::null_mut());
        // SAFETY: as in `get_block`; the outputs are locals.
        check(unsafe { sys::dry_buffer_pool_acquire(self.raw.get(), &mut handle, &mut block) })?;
        Ok((handle, NonNull::new(block.cast()).expect("a block has an address")))
    }

    /// # Safety
    /// The handle is that of a taken block.
    #[inline(always)]
    unsafe fn give(&self, handle: u64) -> Result<()> {
        // SAFETY: as in `get_block`, and the caller's promise.
        if unsafe { inline::object_give(self.objects(), handle) } {
            return Ok(());
        }
        // SAFETY: as in `get_block`.
        check(unsafe { sys::dry_buffer_pool_release(self.raw.get(), handle) })
    }

    /// Takes a block, to be given back when the [`Buff`] is dropped.
    ///
    /// # Errors
    /// [`Error::Full`](crate::Error::Full) (counted), [`Error::Corrupt`](crate::Error::Corrupt) (guarded: unsafe code wrote
    /// into the free block, which is retired; try again), [`Error::Closed`](crate::Error::Closed).
    #[inline(always)]
    pub fn acquire(&self) -> Result<Buff<'_, T>> {
        let (handle, block) = self.get_block()?;
        Ok(Buff { pool: self, handle, block })
    }

    /// Takes a block, to be given back by [`release`](BufferPool::release).
    ///
    /// # Errors
    /// As [`acquire`](BufferPool::acquire).
    #[inline(always)]
    pub fn acquire_handle(&self) -> Result<Handle<[T]>> {
        let (handle, _) = self.get_block()?;
        Ok(Handle::new(handle, self.id))
    }

    #[inline(always)]
    fn find(&self, handle: Handle<[T]>) -> Result<(u64, NonNull<T>)> {
        if let Some(raw) = handle.raw_in(self.id) {
            // SAFETY: as in `get_block`; the identity says that the pool is open and gave this handle out.
            if let Some(block) = unsafe { inline::object_find(self.objects(), raw) } {
                return Ok((raw, block.cast()));
            }
        }
        self.find_none(handle)
    }

    /// As for an object pool.
    #[cold]
    #[inline(never)]
    fn find_none(&self, handle: Handle<[T]>) -> Result<(u64, NonNull<T>)> {
        let mut block = ptr::null_mut();
        // SAFETY: as in `get_block`; the output is a local.
        let get = |raw| unsafe { sys::dry_buffer_pool_get(self.raw.get(), raw, &mut block) };
        Err(why_not(handle.raw_in(self.id), get))
    }

    /// The elements of a handle's block.   Cost: O(1).
    ///
    /// # Errors
    /// [`Error::Stale`](crate::Error::Stale) (released), [`Error::Foreign`](crate::Error::Foreign) (of another pool),
    /// [`Error::Closed`](crate::Error::Closed).
    #[inline(always)]
    pub fn get(&self, handle: Handle<[T]>) -> Result<&[T]> {
        let (_, block) = self.find(handle)?;
        // SAFETY: a taken block of so many plain elements. The handles of `Buff`s are never given out, so nobody has it
        // mutably; whatever changes or frees it wants `&mut self`.
        Ok(unsafe { core::slice::from_raw_parts(block.as_ptr(), self.elements) })
    }

    /// The elements of a handle's block, to change.   Cost: O(1).
    ///
    /// # Errors
    /// As [`get`](BufferPool::get).
    #[inline(always)]
    pub fn get_mut(&mut self, handle: Handle<[T]>) -> Result<&mut [T]> {
        let (_, block) = self.find(handle)?;
        // SAFETY: as in `get`; `&mut self` means that nothing is lent.
        Ok(unsafe { core::slice::from_raw_parts_mut(block.as_ptr(), self.elements) })
    }

    /// Gives a handle's block back.   Cost: O(1).
    ///
    /// # Errors
    /// As [`get`](BufferPool::get), and [`Error::Corrupt`](crate::Error::Corrupt) (guarded: unsafe code wrote beyond its
    /// end; the block is retired).
    #[inline]
    pub fn release(&mut self, handle: Handle<[T]>) -> Result<()> {
        let (raw, _) = self.find(handle)?;
        // SAFETY: the handle lives until now.
        unsafe { self.give(raw) }
    }

    /// Facts on the pool.
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn stats(&self) -> Result<BufferPoolStats> {
        // SAFETY: as in `get_block`; the output is `facts`'s.
        let raw = facts(|raw| unsafe { sys::dry_buffer_pool_get_stats(self.raw.get(), raw) })?;
        Ok(BufferPoolStats {
            blocks: raw.blocks,
            in_use: raw.in_use,
            peak: raw.peak,
            elements: raw.elements,
            element_bytes: raw.element_bytes,
            stride_bytes: raw.stride_bytes,
            failures: raw.failures,
            size_bytes: raw.size_bytes,
            granted: MemoryFlags::from_raw(raw.granted),
            refused: MemoryFlags::from_raw(raw.refused),
        })
    }
}

impl<T> BufferPool<T> {
    /// Gives the memory back. Every later call is [`Error::Closed`](crate::Error::Closed). Again is fine, and dropping does
    /// the same.
    pub fn close(&mut self) {
        // SAFETY: `&mut self` means that nothing is lent. The only error is for NULL.
        unsafe { sys::dry_buffer_pool_close(self.raw.get()) };
        self.id = PoolId::fresh(); // so that no handle is looked up any more
    }
}

impl<T> Drop for BufferPool<T> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<T> fmt::Debug for BufferPool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufferPool").field("elements", &self.elements).finish_non_exhaustive()
    }
}

/// A block of a [`BufferPool`]: a slice that goes back to its pool when it is dropped. One that is leaked (`mem::forget`)
/// stays taken until the pool goes. It is neither `Send` nor `Sync`, because its pool is for one thread at a time.
pub struct Buff<'p, T: Plain> {
    pool: &'p BufferPool<T>,
    handle: u64,
    block: NonNull<T>,
}

impl<T: Plain> Drop for Buff<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // An error says that unsafe code wrote beyond the block's end; it is retired then.
        // SAFETY: the block is taken until now.
        let _ = unsafe { self.pool.give(self.handle) };
    }
}

impl<T: Plain> Deref for Buff<'_, T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: the block lives as long as this, which is the only one to have it.
        unsafe { core::slice::from_raw_parts(self.block.as_ptr(), self.pool.elements) }
    }
}

impl<T: Plain> DerefMut for Buff<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`.
        unsafe { core::slice::from_raw_parts_mut(self.block.as_ptr(), self.pool.elements) }
    }
}

impl<T: Plain + fmt::Debug> fmt::Debug for Buff<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
