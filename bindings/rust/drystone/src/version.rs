// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which library is linked, and the hash that all languages share.
use crate::error::{Detail, Error, Result};
use core::ffi::{c_char, CStr};
use drystone_sys as sys;

/// The version of the C library that is linked: `"0.1.0"`.
#[must_use]
pub fn version() -> &'static str {
    // SAFETY: takes nothing, and answers with a terminated string in static storage.
    text(unsafe { sys::dry_version_string() })
}

/// The CPU level in use: `"scalar"`, `"sse4.2"` or `"crc"`. The environment variable `DRYSTONE_CPU_LEVEL=scalar` forces
/// the first; results never depend on it.
#[must_use]
pub fn cpu_level() -> &'static str {
    // SAFETY: as in `version`.
    text(unsafe { sys::dry_cpu_level() })
}

/// The store's hash of a key, as every language computes it.
#[must_use]
pub fn hash(key: impl AsRef<[u8]>, seed: u64) -> u64 {
    let key = key.as_ref();
    // SAFETY: the pointer is valid for reads of the length that goes with it.
    unsafe { sys::dry_kv_hash(key.as_ptr().cast(), key.len(), seed) }
}

/// Refuses a library that was built from other headers; called by everything that makes or opens a region.
pub(crate) fn check_abi() -> Result<()> {
    // SAFETY: takes a number.
    let status = unsafe { sys::dry_abi_check(sys::DRY_ABI) };
    if status == sys::DRY_OK as i32 {
        return Ok(());
    }
    let text =
        format!("this crate was built for ABI {} of drystone, and library {} is linked", sys::DRY_ABI, version());
    Err(Error::from_status(status, Detail::from_text(text)))
}

fn text(text: *const c_char) -> &'static str {
    // SAFETY: both callers pass what the library promises to be terminated and in static storage.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap_or("unknown")
}
