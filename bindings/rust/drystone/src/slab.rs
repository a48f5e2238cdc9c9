// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ten size classes over one span, and the heap for what is larger.
use crate::error::{check, check_detailed, ErrorKind, Result};
use crate::handle::PoolId;
use crate::memory::{facts, struct_size, MemoryFlags, Raw};
use crate::version::check_abi;
use core::fmt;
use core::ptr::{self, NonNull};
use drystone_sys as sys;

/// What [`Slab`] to create.
#[derive(Clone, Debug)]
#[must_use]
pub struct SlabOptions {
    bytes: u64,
    flags: MemoryFlags,
}

impl SlabOptions {
    /// So many bytes for objects, rounded up to pages of 4096: 4096 to 2^40.
    pub fn new(bytes: u64) -> Self {
        SlabOptions { bytes, flags: MemoryFlags::NONE }
    }

    /// What to ask of the memory: all but [`TRACK`](MemoryFlags::TRACK).
    pub fn flags(mut self, flags: MemoryFlags) -> Self {
        self.flags = flags;
        self
    }
}

/// Facts on one class of a [`Slab`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlabClassStats {
    /// Size of its objects.
    pub size_bytes: u64,
    /// Objects in use.
    pub in_use: u64,
    /// Pages that it has.
    pub pages: u64,
}

/// Facts on a [`Slab`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlabStats {
    /// Objects of all classes in use; those from the heap are apart.
    pub in_use: u64,
    /// Requests served from the heap since creation.
    pub fallbacks: u64,
    /// Objects from the heap in use.
    pub fallbacks_in_use: u64,
    /// Requests that were refused.
    pub failures: u64,
    /// Pages there are.
    pub pages: u64,
    /// Pages that no class has.
    pub free_pages: u64,
    /// Each class, the smallest first.
    pub classes: [SlabClassStats; sys::DRY_SLAB_CLASSES as usize],
    /// What was asked for and is in force.
    pub granted: MemoryFlags,
    /// What was asked for and is not.
    pub refused: MemoryFlags,
}

/// Ten size classes over one span, and the heap for what is larger: for requests of mixed sizes with a fixed amount of memory.
///
/// A request gets the smallest of 8, 16, 32, ... 4096 bytes that holds it; one above 4096 is served from the heap and
/// counted. Pages of 4096 bytes are given to a class when it needs one, and back when their last object is freed.
///
/// [`alloc`](Slab::alloc) gives a [`SlabBlock`] of bytes. With the feature `allocator-api2` (off by default) `&Slab` is an
/// `Allocator` as well, for containers.
///
/// Cost: O(1), no system call. Overhead: 80 bytes a page, and up to half of each object by rounding up. A `Slab` is `Send`,
/// not `Sync`: one thread at a time.
///
/// ```
/// use drystone::{Slab, SlabOptions};
///
/// let slab = Slab::create(&SlabOptions::new(1 << 20))?;
/// let mut block = slab.alloc(100)?;
/// slab.bytes_mut(&mut block)?[..5].copy_from_slice(b"stone");
/// assert_eq!((&slab.bytes(&block)?[..5], block.class_bytes()), (&b"stone"[..], 128));
/// slab.free(block)?;
/// # Ok::<(), drystone::Error>(())
/// ```
///
/// A block is freed once:
///
/// ```compile_fail,E0382
/// # use drystone::{Slab, SlabOptions};
/// let slab = Slab::create(&SlabOptions::new(1 << 20)).unwrap();
/// let block = slab.alloc(100).unwrap();
/// slab.free(block).unwrap();
/// slab.free(block).unwrap();
/// ```
///
/// and its bytes are not used afterwards:
///
/// ```compile_fail,E0505
/// # use drystone::{Slab, SlabOptions};
/// let slab = Slab::create(&SlabOptions::new(1 << 20)).unwrap();
/// let block = slab.alloc(100).unwrap();
/// let bytes = slab.bytes(&block).unwrap();
/// slab.free(block).unwrap();
/// println!("{bytes:?}");
/// ```
pub struct Slab {
    raw: Raw<sys::dry_slab>,
    /// Another one after each reset, so that blocks from before it are told apart.
    id: PoolId,
}

// SAFETY: the library does not tie a slab to a thread; containers in it borrow it. `&Slab` stays in one thread.
unsafe impl Send for Slab {}

/// Bytes of a [`Slab`], to be freed there. One that is dropped instead stays taken until the slab is reset or goes.
#[must_use = "dropping it does not free it"]
pub struct SlabBlock {
    place: NonNull<u8>,
    size: usize,
    class_bytes: u64,
    slab: PoolId,
}

// SAFETY: a block is an address that only its slab makes use of.
unsafe impl Send for SlabBlock {}
// SAFETY: as above.
unsafe impl Sync for SlabBlock {}

impl SlabBlock {
    /// How many bytes were asked for.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.size
    }

    /// Its class's size; 0 when it came from the heap.
    #[must_use]
    pub fn class_bytes(&self) -> u64 {
        self.class_bytes
    }
}

impl fmt::Debug for SlabBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlabBlock").field("size", &self.size).field("class_bytes", &self.class_bytes).finish()
    }
}

impl Slab {
    /// Makes a slab in private memory.   Cost: system calls; no page is touched.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) (names the field),
    /// [`Error::TooLarge`](crate::Error::TooLarge), [`Error::OutOfMemory`](crate::Error::OutOfMemory),
    /// [`Error::Unsupported`](crate::Error::Unsupported) (with [`REQUIRED`](MemoryFlags::REQUIRED)).
    pub fn create(options: &SlabOptions) -> Result<Self> {
        check_abi()?;
        let slab = Slab { raw: Raw::closed(), id: PoolId::fresh() };
        let asked = sys::dry_slab_options {
            struct_size: struct_size::<sys::dry_slab_options>(),
            flags: options.flags.bits(),
            bytes: options.bytes,
            span: ptr::null_mut(),
        };
        // SAFETY: options and handle are valid for the call, and the handle is where it stays.
        check_detailed(|detail| unsafe { sys::dry_slab_create(&asked, slab.raw.get(), detail) })?;
        Ok(slab)
    }

    /// An object that holds `size` bytes, and its class's size.
    #[inline]
    pub(crate) fn take(&self, size: usize) -> Result<(NonNull<u8>, u64)> {
        let (mut memory, mut class_bytes) = (ptr::null_mut(), 0);
        // SAFETY: `&Slab` stays in one thread; the outputs are locals.
        check(unsafe { sys::dry_slab_alloc(self.raw.get(), size as u64, &mut memory, &mut class_bytes) })?;
        Ok((NonNull::new(memory.cast()).expect("an object has an address"), class_bytes))
    }

    /// # Safety
    /// `take` gave this, and nobody uses it any more.
    #[inline]
    pub(crate) unsafe fn give(&self, place: NonNull<u8>) -> Result<()> {
        // SAFETY: `&Slab` stays in one thread; the address is the caller's.
        check(unsafe { sys::dry_slab_free(self.raw.get(), place.as_ptr().cast()) })
    }

    /// Takes `size` bytes of zeros.   Cost: O(size).
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) (size 0), [`Error::Full`](crate::Error::Full) (no page left),
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory) (heap), [`Error::Corrupt`](crate::Error::Corrupt) (guarded: unsafe
    /// code wrote into a free object; try again), [`Error::Closed`](crate::Error::Closed).
    pub fn alloc(&self, size: usize) -> Result<SlabBlock> {
        let (place, class_bytes) = self.take(size)?;
        // SAFETY: fresh memory of at least that size.
        unsafe { place.as_ptr().write_bytes(0, size) };
        Ok(SlabBlock { place, size, class_bytes, slab: self.id })
    }

    /// Gives a block back.   Cost: O(1), O(size) guarded or wiped.
    ///
    /// # Errors
    /// [`Error::Foreign`](crate::Error::Foreign) (of another slab, or from before a reset), [`Error::Closed`](crate::Error::Closed).
    pub fn free(&self, block: SlabBlock) -> Result<()> {
        self.check_own(&block)?;
        // SAFETY: a block of this slab, which nobody borrows and nobody has again.
        unsafe { self.give(block.place) }
    }

    /// A block's bytes.   Cost: O(1).
    ///
    /// # Errors
    /// As [`free`](Slab::free).
    pub fn bytes<'a>(&'a self, block: &'a SlabBlock) -> Result<&'a [u8]> {
        self.check_own(block)?;
        // SAFETY: the block was zeros and then whatever bytes were written; it is taken while its `SlabBlock` and the slab
        // are borrowed.
        Ok(unsafe { core::slice::from_raw_parts(block.place.as_ptr(), block.size) })
    }

    /// A block's bytes, to change.   Cost: O(1).
    ///
    /// # Errors
    /// As [`free`](Slab::free).
    #[allow(clippy::mut_from_ref)] // the block is borrowed mutably, and there is one SlabBlock for it
    pub fn bytes_mut<'a>(&'a self, block: &'a mut SlabBlock) -> Result<&'a mut [u8]> {
        self.check_own(block)?;
        // SAFETY: as in `bytes`.
        Ok(unsafe { core::slice::from_raw_parts_mut(block.place.as_ptr(), block.size) })
    }

    fn check_own(&self, block: &SlabBlock) -> Result<()> {
        if block.slab == self.id {
            return Ok(());
        }
        self.stats()?; // a closed slab says so
        Err(ErrorKind::Foreign.into())
    }

    /// Frees everything at once; blocks from before are foreign.   Cost: O(pages ever used) and O(objects from the heap);
    /// guarded or wiped O(bytes).
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn reset(&mut self) -> Result<()> {
        // SAFETY: `&mut self` means that nothing is lent.
        check(unsafe { sys::dry_slab_reset(self.raw.get()) })?;
        self.id = PoolId::fresh();
        Ok(())
    }

    /// Gives the memory back, what came from the heap too. Every later call is [`Error::Closed`](crate::Error::Closed).
    /// Again is fine, and dropping does the same.
    pub fn close(&mut self) {
        // SAFETY: as in `reset`. The only error is for NULL.
        unsafe { sys::dry_slab_close(self.raw.get()) };
        self.id = PoolId::fresh();
    }

    /// Checks the structure and, guarded, every free object.   Cost: O(pages), guarded O(bytes).
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) (the detail names page and cause), [`Error::Closed`](crate::Error::Closed).
    pub fn validate(&self) -> Result<()> {
        // SAFETY: `&Slab` stays in one thread.
        check_detailed(|detail| unsafe { sys::dry_slab_validate(self.raw.get(), detail) })
    }

    /// Facts on the slab.
    ///
    /// # Errors
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn stats(&self) -> Result<SlabStats> {
        // SAFETY: `&Slab` stays in one thread; the output is `facts`'s.
        let raw = facts(|raw| unsafe { sys::dry_slab_get_stats(self.raw.get(), raw) })?;
        Ok(SlabStats {
            in_use: raw.in_use,
            fallbacks: raw.fallbacks,
            fallbacks_in_use: raw.fallbacks_in_use,
            failures: raw.failures,
            pages: raw.pages,
            free_pages: raw.free_pages,
            classes: raw.classes.map(|class| SlabClassStats {
                size_bytes: class.size_bytes,
                in_use: class.in_use,
                pages: class.pages,
            }),
            granted: MemoryFlags::from_raw(raw.granted),
            refused: MemoryFlags::from_raw(raw.refused),
        })
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Slab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slab").field("stats", &self.stats().ok()).finish()
    }
}
