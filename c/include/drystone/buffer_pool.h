/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * buffer_pool.h: blocks of N elements behind handles that never validate twice.
 *
 * For message and sample buffers of one shape. It is an object pool (object_pool.h) whose objects are arrays: the same
 * handles, the same detection of stale ones, no destructor. A block's elements are zero when it is first taken, and what
 * the last user left afterwards; always zero with DRY_MEMORY_WIPE, and 0xdf bytes afterwards with DRY_MEMORY_GUARDED alone.
 *
 * Thread rule: one thread at a time for the pool; a block belongs to whoever holds its handle.
 */
#ifndef DRYSTONE_BUFFER_POOL_H
#define DRYSTONE_BUFFER_POOL_H

#include "drystone/object_pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A buffer pool. Zero-filled it counts as closed; its fields are private. */
typedef struct dry_buffer_pool {
  dry_object_pool objects;
  uint64_t element_bytes;
  uint64_t elements;
} dry_buffer_pool;

/** Zero is the default of `flags` and `align_bytes`. */
typedef struct dry_buffer_pool_options {
  uint32_t struct_size;    /* sizeof(dry_buffer_pool_options) */
  uint32_t flags;          /* DRY_MEMORY_ */
  uint64_t element_bytes;  /* 1 and up; elements x element_bytes at most 2^30 */
  uint64_t elements;       /* of a block, 1 and up */
  uint64_t blocks;         /* 1 .. DRY_OBJECT_POOL_CAPACITY_MAX */
  uint64_t align_bytes;    /* as for a pool, from element_bytes; 64 for SIMD */
} dry_buffer_pool_options;

typedef struct dry_buffer_pool_stats {
  uint64_t blocks;
  uint64_t in_use;
  uint64_t peak;
  uint64_t elements;
  uint64_t element_bytes;
  uint64_t stride_bytes;
  uint64_t failures;
  uint64_t size_bytes;
  uint32_t granted;   /* DRY_MEMORY_ flags in force */
  uint32_t refused;   /* and those asked for in vain */
} dry_buffer_pool_stats;

/// Errors: DRY_INVALID_ARGUMENT (names the field), DRY_TOO_LARGE, DRY_OUT_OF_MEMORY, DRY_UNSUPPORTED (with REQUIRED).
DRY_API dry_status dry_buffer_pool_create(const dry_buffer_pool_options *options, dry_buffer_pool *pool_out,
                                          dry_detail *detail);

/// Gives up the handle and all blocks. Closing again is fine.
/// Errors: DRY_INVALID_ARGUMENT for NULL; DRY_CORRUPT (guarded: something was written beyond its end, or while it was free;
/// the pool is closed nevertheless).
DRY_API dry_status dry_buffer_pool_close(dry_buffer_pool *pool);

/// Takes a block.   Cost: O(1), no system call.
/// Errors: DRY_FULL (counted), DRY_CORRUPT (guarded: it was written to while it was free, and is retired; try again),
/// DRY_CLOSED.   Owns: release it once.
DRY_API dry_status dry_buffer_pool_acquire(dry_buffer_pool *pool, uint64_t *handle_out, void **block_out);

/// The first element.   Cost: O(1).   Errors: DRY_STALE (released, or never given out), DRY_CLOSED.
DRY_API dry_status dry_buffer_pool_get(const dry_buffer_pool *pool, uint64_t handle, void **block_out);

/// Gives a block back.   Cost: O(1), and O(block) with WIPE or GUARDED.
/// Errors: DRY_STALE, DRY_CORRUPT (guarded: written beyond its end; it is not used again), DRY_CLOSED.
DRY_API dry_status dry_buffer_pool_release(dry_buffer_pool *pool, uint64_t handle);

/// Copies elements out or in: for callers without pointers. `at` and `count` are in elements.   Cost: O(count).
/// Errors: DRY_CLOSED, DRY_STALE, then DRY_INVALID_ARGUMENT (a range beyond the block).
DRY_API dry_status dry_buffer_pool_read(const dry_buffer_pool *pool, uint64_t handle, uint64_t at, void *elements_out,
                                        uint64_t count);
DRY_API dry_status dry_buffer_pool_write(dry_buffer_pool *pool, uint64_t handle, uint64_t at, const void *elements,
                                         uint64_t count);

/// Facts on the pool.   Cost: O(blocks ever taken).   Errors: DRY_CLOSED.
DRY_API dry_status dry_buffer_pool_get_stats(const dry_buffer_pool *pool, dry_buffer_pool_stats *stats_out);

#ifdef __cplusplus
}
#endif
#endif
