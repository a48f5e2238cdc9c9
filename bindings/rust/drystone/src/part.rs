// SPDX-License-Identifier: MIT OR Apache-2.0
//! Blocks that may be parts of a region.
use crate::error::{check_detailed, Result};
use crate::region::{Region, Shared};
use core::ffi::c_char;
use drystone_sys as sys;
use std::sync::{Arc, MutexGuard};

/// The region that a block is a part of, if it is one.
#[derive(Clone, Default)]
pub(crate) struct Home(Option<Arc<Shared>>);

impl Home {
    /// Makes or opens a part by `call`, which gets the region, the part's name and a detail to fill in.
    pub(crate) fn enter(
        region: &Region,
        part: &str,
        call: impl FnOnce(*mut sys::dry_region, *const c_char, usize, *mut sys::dry_detail) -> sys::dry_status,
    ) -> Result<Self> {
        let shared = Arc::clone(region.shared());
        {
            let _alone = shared.enter();
            let (name, length) = (part.as_ptr().cast(), part.len());
            check_detailed(|detail| call(shared.handle(), name, length, detail))?;
        }
        Ok(Home(Some(shared)))
    }

    pub(crate) fn is_private(&self) -> bool {
        self.0.is_none()
    }

    /// Other handles on the same part may be in other threads; the library wants one thread at a time for all of them. What
    /// is in private memory has one handle.
    #[inline]
    pub(crate) fn alone(&self) -> Option<MutexGuard<'_, ()>> {
        self.0.as_ref().map(|shared| shared.enter())
    }
}

/// What `next` finds, from 0 on, each behind the one before. After an error there are no more.
pub(crate) fn ascending<'a>(next: impl Fn(u32) -> Result<Option<u32>> + 'a) -> impl Iterator<Item = Result<u32>> + 'a {
    let mut from = Some(0_u32);
    core::iter::from_fn(move || match next(from?) {
        Ok(found) => {
            from = found.and_then(|number| number.checked_add(1));
            found.map(Ok)
        }
        Err(error) => {
            from = None;
            Some(Err(error))
        }
    })
}
