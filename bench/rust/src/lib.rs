// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the benchmark programs share; ../README.md is their contract.
pub mod frame;
pub mod random;
pub mod times;
