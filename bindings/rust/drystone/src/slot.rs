// SPDX-License-Identifier: MIT OR Apache-2.0
//! Numbers of slots.
use core::fmt;

/// The number of a slot in a [`Pool`](crate::Pool) or a [`SharedPool`](crate::SharedPool), from 0 on.
///
/// It is only a number: it may be sent to another process, and a wrong one is an error of the call that gets it, never
/// worse. Whoever holds the number of a slot that was freed and taken again reaches what is there now; handles that notice
/// are those of [`ObjectPool`](crate::ObjectPool) and [`BufferPool`](crate::BufferPool).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Slot(u32);

impl Slot {
    /// The slot of that number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Slot(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// As C takes many of them.
    pub(crate) fn numbers(slots: &[Slot]) -> *const u32 {
        slots.as_ptr().cast()
    }

    /// As C writes many of them.
    pub(crate) fn numbers_mut(slots: &mut [Slot]) -> *mut u32 {
        slots.as_mut_ptr().cast()
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
