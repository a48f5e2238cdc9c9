// SPDX-License-Identifier: MIT OR Apache-2.0
#![doc = include_str!("../README.md")]
#![no_std]
#![allow(non_camel_case_types)]
// The generated documentation is the C header's: its brackets mean array indices and its tags are angle brackets.
#![allow(rustdoc::broken_intra_doc_links, rustdoc::invalid_html_tags, clippy::doc_lazy_continuation)]

include!("bindings.rs");
