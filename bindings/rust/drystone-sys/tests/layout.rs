// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bindings were made from the headers of the library that is linked, and agree with it on sizes.
use core::ffi::CStr;
use drystone_sys as sys;
use std::mem::{align_of, size_of};

#[test]
fn the_library_is_of_the_bindings_version() {
    // SAFETY: these take numbers or nothing, and answer with static strings.
    unsafe {
        assert_eq!(sys::dry_version_number(), sys::DRY_VERSION_NUMBER);
        assert_eq!(sys::dry_abi_check(sys::DRY_ABI), sys::DRY_OK as i32);
        assert_eq!(sys::dry_abi_check(sys::DRY_ABI + 1), sys::DRY_VERSION_MISMATCH as i32);
        let version = CStr::from_ptr(sys::dry_version_string());
        assert_eq!(version.to_bytes_with_nul(), sys::DRY_VERSION_STRING);
        assert_eq!(version.to_str(), Ok(env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn stored_structs_have_the_sizes_that_the_format_names() {
    assert_eq!(size_of::<sys::dry_kv_header>(), sys::DRY_KV_HEADER_BYTES as usize);
    assert_eq!(size_of::<sys::dry_kv_block>(), sys::DRY_KV_BLOCK_HEADER_BYTES as usize);
    assert_eq!(align_of::<sys::dry_kv_header>(), 8);
    assert_eq!(size_of::<sys::dry_pool_header>(), sys::DRY_POOL_HEADER_BYTES as usize);
    assert_eq!(size_of::<sys::dry_shared_pool_header>(), sys::DRY_SHARED_POOL_HEADER_BYTES as usize);
    assert_eq!(size_of::<sys::dry_index_map_header>(), sys::DRY_INDEX_MAP_HEADER_BYTES as usize);
    assert!(size_of::<sys::dry_region_header>() <= sys::DRY_REGION_PAGE_BYTES as usize);
}

#[test]
fn option_structs_are_as_large_as_the_library_thinks() {
    let mut options = sys::dry_kv_options {
        struct_size: size_of::<sys::dry_kv_options>() as u32,
        layout: sys::DRY_KV_LAYOUT_BLOCKS,
        entries: 10,
        bytes: 1000,
        seed: 0,
        has_seed: 0,
        reserved: 0,
    };
    let mut bytes = 0;
    // SAFETY: both pointers are valid for the calls.
    unsafe {
        assert_eq!(sys::dry_kv_required_bytes(&options, &mut bytes), sys::DRY_OK as i32);
        assert!(bytes > u64::from(sys::DRY_KV_HEADER_BYTES));
        options.struct_size += 8;
        assert_eq!(sys::dry_kv_required_bytes(&options, &mut bytes), sys::DRY_INVALID_ARGUMENT as i32);
    }
}

#[test]
fn memory_blocks_take_options_of_that_size_alone() {
    let mut options = sys::dry_arena_options {
        struct_size: size_of::<sys::dry_arena_options>() as u32,
        overflow: sys::DRY_OVERFLOW_ERROR,
        capacity_bytes: 4096,
        flags: 0,
        reserve: 0,
        commit_step_bytes: 0,
    };
    // SAFETY: all-zero is a closed arena; the pointers are valid for the calls.
    unsafe {
        let mut arena: sys::dry_arena = core::mem::zeroed();
        assert_eq!(sys::dry_arena_create(&options, &mut arena, core::ptr::null_mut()), sys::DRY_OK as i32);
        let mut stats: sys::dry_arena_stats = core::mem::zeroed();
        assert_eq!(sys::dry_arena_get_stats(&arena, &mut stats), sys::DRY_OK as i32);
        assert_eq!(stats.capacity_bytes, 4096);
        assert_eq!(sys::dry_arena_close(&mut arena), sys::DRY_OK as i32);
        options.struct_size += 8;
        let status = sys::dry_arena_create(&options, &mut arena, core::ptr::null_mut());
        assert_eq!(status, sys::DRY_INVALID_ARGUMENT as i32);
    }
}
