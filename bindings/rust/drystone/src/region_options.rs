// SPDX-License-Identifier: MIT OR Apache-2.0
//! What to create, and what to open.
use crate::backing::{Backing, Mode, RawBacking};
use core::ptr;
use drystone_sys as sys;

/// What region to create.
///
/// ```
/// use drystone::{Backing, Region, RegionOptions};
///
/// let region = Region::create(&RegionOptions::new(Backing::Memory, 1 << 20).part_capacity(8).prefault())?;
/// assert_eq!(region.stats()?.part_capacity, 8);
/// # Ok::<(), drystone::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct RegionOptions<'a> {
    pub(crate) backing: Backing<'a>,
    size_bytes: u64,
    part_capacity: u32,
    permissions: u32,
    flags: u32,
    creation_id: [u64; 2],
}

impl<'a> RegionOptions<'a> {
    /// What a region with the default number of parts needs beside its parts: header and directory.
    pub const OVERHEAD_BYTES: u64 = {
        let page = sys::DRY_REGION_PAGE_BYTES as u64;
        let entry = core::mem::size_of::<sys::dry_part_entry>() as u64;
        let directory_end = sys::DRY_REGION_DIRECTORY_OFFSET as u64 + entry * sys::DRY_REGION_PARTS_DEFAULT as u64;
        directory_end.div_ceil(page) * page
    };

    /// A region of `size_bytes`, rounded up to a multiple of 4096; 16 KiB to 2^46.
    pub fn new(backing: Backing<'a>, size_bytes: u64) -> Self {
        RegionOptions { backing, size_bytes, part_capacity: 0, permissions: 0, flags: 0, creation_id: [0; 2] }
    }

    /// How many parts it can hold: 1 to 1,024. By default 24.
    pub fn part_capacity(mut self, parts: u32) -> Self {
        self.part_capacity = parts;
        self
    }

    /// The mode bits of a new file or shared-memory object, exactly, whatever the umask. By default `0o600`.
    pub fn permissions(mut self, mode: u32) -> Self {
        self.permissions = mode;
        self
    }

    /// Touches every page now, so that no later write pays for its first touch.
    pub fn prefault(mut self) -> Self {
        self.flags |= sys::DRY_REGION_PREFAULT;
        self
    }

    /// Asks for transparent huge pages. A refusal is no error: [`RegionStats::huge_pages`](crate::RegionStats) says it.
    pub fn huge_pages(mut self) -> Self {
        self.flags |= sys::DRY_REGION_HUGE_PAGES;
        self
    }

    /// The region's identity, so that equal operations give equal bytes. By default it is random.
    pub fn creation_id(mut self, id: [u64; 2]) -> Self {
        self.creation_id = id;
        self
    }

    pub(crate) fn to_raw(&self, backing: &RawBacking) -> sys::dry_region_options {
        sys::dry_region_options {
            struct_size: core::mem::size_of::<sys::dry_region_options>() as u32,
            kind: backing.kind,
            name: backing.name(),
            size_bytes: self.size_bytes,
            part_capacity: self.part_capacity,
            permissions: self.permissions,
            flags: self.flags,
            descriptor: backing.descriptor,
            buffer: ptr::null_mut(),
            creation_id: self.creation_id,
        }
    }
}

/// How to open a region, where backing and mode do not say enough.
///
/// ```no_run
/// use drystone::{Backing, Mode, OpenOptions, Region};
///
/// // The process that writes hangs: take its place. Its next write fails with `Error::Stale`.
/// let region = Region::open_with(&OpenOptions::new(Backing::Shared("prices"), Mode::Write).take_over())?;
/// # Ok::<(), drystone::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct OpenOptions<'a> {
    pub(crate) backing: Backing<'a>,
    mode: Mode,
    flags: u32,
}

impl<'a> OpenOptions<'a> {
    /// Opens what is there, for reading or writing.
    pub fn new(backing: Backing<'a>, mode: Mode) -> Self {
        OpenOptions { backing, mode, flags: 0 }
    }

    /// Touches every page now, so that no later read pays for its first touch.
    pub fn prefault(mut self) -> Self {
        self.flags |= sys::DRY_REGION_PREFAULT;
        self
    }

    /// Asks for transparent huge pages. A refusal is no error.
    pub fn huge_pages(mut self) -> Self {
        self.flags |= sys::DRY_REGION_HUGE_PAGES;
        self
    }

    /// Opens for writing although a writer holds the lock; that writer's next change fails with
    /// [`Error::Stale`](crate::Error::Stale).
    pub fn take_over(mut self) -> Self {
        self.flags |= sys::DRY_REGION_TAKE_OVER;
        self
    }

    pub(crate) fn to_raw(&self, backing: &RawBacking) -> sys::dry_region_open_options {
        sys::dry_region_open_options {
            struct_size: core::mem::size_of::<sys::dry_region_open_options>() as u32,
            kind: backing.kind,
            name: backing.name(),
            mode: self.mode.number(),
            flags: self.flags,
            descriptor: backing.descriptor,
            reserved: 0,
            buffer: ptr::null_mut(),
            buffer_bytes: 0,
        }
    }
}
