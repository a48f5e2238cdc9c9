// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a region's bytes live, and how it is opened.
use crate::error::{Error, Result};
use core::ffi::{c_char, CStr};
use core::fmt;
use drystone_sys as sys;
use std::ffi::CString;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Where a region's bytes live. They are the same in all of these, and in every language.
#[derive(Clone, Copy, Debug)]
pub enum Backing<'a> {
    /// Private memory of this process, gone when it is closed. It can be created and loaded, not opened.
    Memory,
    /// A regular file. Nobody may truncate it while it is mapped: reading behind its end kills the process (`SIGBUS`).
    File(&'a Path),
    /// A named shared-memory object; the name has no slash. It stays until [`Region::unlink`](crate::Region::unlink).
    Shared(&'a str),
    /// A file or memfd that is open already. The descriptor is duplicated; the caller keeps his.
    Descriptor(BorrowedFd<'a>),
    /// A new memfd: shared memory without a name, for whoever is given
    /// [its descriptor](crate::Region::descriptor). It can be created and loaded.
    Memfd,
}

/// What a region is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Any number of processes at once. The memory is mapped read-only.
    Read,
    /// One at a time; a second one is [`Error::Busy`].
    Write,
    /// Beside the writer, for parts that any number of processes change: a [`SharedPool`](crate::SharedPool). It makes no
    /// parts, and writes to no others.
    Share,
}

impl Mode {
    pub(crate) fn from_number(number: u32) -> Self {
        match number {
            sys::DRY_MODE_WRITE => Mode::Write,
            sys::DRY_MODE_SHARE => Mode::Share,
            _ => Mode::Read,
        }
    }

    pub(crate) fn number(self) -> u32 {
        match self {
            Mode::Read => sys::DRY_MODE_READ,
            Mode::Write => sys::DRY_MODE_WRITE,
            Mode::Share => sys::DRY_MODE_SHARE,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Read => "read",
            Mode::Write => "write",
            Mode::Share => "share",
        })
    }
}

/// A backing in the words of C. The name lives here while C looks at it.
pub(crate) struct RawBacking {
    pub kind: u32,
    pub descriptor: i32,
    name: Option<CString>,
}

impl RawBacking {
    pub(crate) fn new(backing: Backing<'_>) -> Result<Self> {
        let (kind, name, descriptor) = match backing {
            Backing::Memory => (sys::DRY_REGION_MEMORY, None, -1),
            Backing::File(path) => (sys::DRY_REGION_FILE, Some(c_path(path)?), -1),
            Backing::Shared(name) => (sys::DRY_REGION_SHARED, Some(c_name("name", name.as_bytes())?), -1),
            Backing::Descriptor(fd) => (sys::DRY_REGION_DESCRIPTOR, None, fd.as_raw_fd()),
            Backing::Memfd => (sys::DRY_REGION_DESCRIPTOR, None, -1),
        };
        Ok(RawBacking { kind, descriptor, name })
    }

    /// Null where there is no name; else valid as long as `self`.
    pub(crate) fn name(&self) -> *const c_char {
        self.name.as_deref().map_or(core::ptr::null(), CStr::as_ptr)
    }
}

pub(crate) fn c_path(path: &Path) -> Result<CString> {
    c_name("path", path.as_os_str().as_bytes())
}

fn c_name(what: &str, bytes: &[u8]) -> Result<CString> {
    CString::new(bytes).map_err(|_| {
        let shown = String::from_utf8_lossy(bytes).escape_debug().to_string();
        Error::invalid(format!("the {what} \"{shown}\" contains a NUL"))
    })
}
