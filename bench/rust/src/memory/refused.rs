// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a subject must not answer.
use drystone_bench::frame::fail;
use std::fmt::Display;

/// Apart from the hot calls, so that nothing of it is inlined into them.
#[cold]
#[inline(never)]
pub fn refused(what: &str, why: &dyn Display) -> ! {
    fail(what, &why.to_string())
}

#[inline(always)]
pub fn must<T>(what: &str, result: drystone::Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => refused(what, &error),
    }
}

#[inline(always)]
pub fn some<T>(what: &str, option: Option<T>) -> T {
    match option {
        Some(value) => value,
        None => refused(what, &"nothing there"),
    }
}
