// SPDX-License-Identifier: MIT OR Apache-2.0
#![doc = include_str!("../README.md")]

mod backing;
mod error;
mod kv;
mod kv_iter;
mod kv_read;
mod kv_reader;
mod kv_values;
mod kv_view;
mod region;
mod region_options;
mod version;

pub use backing::{Backing, Mode};
pub use error::{Detail, Error, ErrorKind, Result};
pub use kv::{Kv, KvOptions};
pub use kv_iter::{Entries, Entry, Keys};
pub use kv_read::{Found, KvRead, KvStats, Value};
pub use kv_reader::KvReader;
pub use kv_values::{ValueRef, Values};
pub use kv_view::View;
pub use region::{Part, PartKind, Region, RegionStats};
pub use region_options::{OpenOptions, RegionOptions};
pub use version::{cpu_level, hash, version};
