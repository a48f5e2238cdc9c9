/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * inline/object_pool.h: the hot calls of object_pool.h as inline functions, for C and C++ that want them without a call.
 *
 *   dry_object_pool_acquire_inline   dry_object_pool_get_inline   dry_object_pool_release_inline
 *
 * Each takes the same arguments, checks the same things and gives the same answers as its twin without `_inline`, which
 * runs the same body. They do the work here while the pool is plain (object_pool.h, dry_object_pool.plain) and nothing is
 * wrong, and call the twin for all else: a slot's first use, destructors, guarded and wiped pools, and every error.
 *
 * The program takes in the layout of dry_object_pool, so it must be compiled against the library that it runs with.
 * Names that start with dryi_ are private.
 */
#ifndef DRYSTONE_INLINE_OBJECT_POOL_H
#define DRYSTONE_INLINE_OBJECT_POOL_H

#include "drystone/object_pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A cell holds the handle of its slot's object while that lives. While the slot is free it holds the complement of the next
   object's handle, whose lower half is no slot: so it equals no handle at all, and one comparison tells everything. */
#define DRYI_OBJECT_POOL_GENERATION ((uint64_t)1 << 32)
#define DRYI_OBJECT_POOL_LAST_GENERATION 0xffffffffu

/* Whether a handle is that of a live object. A closed pool has room for none, so it needs no question of its own. */
static inline __attribute__((always_inline)) int32_t dryi_object_pool_lives(const dry_object_pool *pool, uint64_t handle) {
  const uint32_t slot = (uint32_t)handle;
  return slot < pool->capacity && pool->cells[slot] == handle;
}

static inline __attribute__((always_inline)) void *dryi_object_pool_object(const dry_object_pool *pool, uint32_t slot) {
  return pool->slots + slot * pool->stride_bytes;
}

/* Takes the slot that was freed last, where that is all there is to do: 1; else 0, and nothing has changed. */
static inline __attribute__((always_inline)) int32_t dryi_object_pool_take(dry_object_pool *pool, uint64_t *handle_out,
                                                                           void **object_out) {
  if (__builtin_expect(!pool || !handle_out || !object_out, 0)) return 0;
  const uint32_t top = pool->free_count - 1; /* with an empty stack, above every limit */
  if (__builtin_expect(top >= pool->plain, 0)) return 0;
  const uint32_t slot = pool->stack[top];
  const uint64_t handle = ~pool->cells[slot];
  pool->cells[slot] = handle;
  pool->free_count = top;
  *handle_out = handle;
  *object_out = dryi_object_pool_object(pool, slot);
  return 1;
}

/* Frees the slot of a handle, where that is all there is to do. */
static inline __attribute__((always_inline)) int32_t dryi_object_pool_give(dry_object_pool *pool, uint64_t handle) {
  const uint32_t slot = (uint32_t)handle;
  if (__builtin_expect(!pool || slot >= pool->plain || pool->cells[slot] != handle, 0)) return 0;
  /* The library retires a slot whose generations are used up. */
  if (__builtin_expect(handle >> 32 == DRYI_OBJECT_POOL_LAST_GENERATION, 0)) return 0;
  pool->cells[slot] = ~(handle + 2 * DRYI_OBJECT_POOL_GENERATION);
  pool->stack[pool->free_count++] = slot;
  return 1;
}

static inline __attribute__((always_inline)) int32_t dryi_object_pool_find(const dry_object_pool *pool, uint64_t handle,
                                                                           void **object_out) {
  if (__builtin_expect(!pool || !object_out || pool->busy || !dryi_object_pool_lives(pool, handle), 0)) return 0;
  *object_out = dryi_object_pool_object(pool, (uint32_t)handle);
  return 1;
}

/* ---- the twins ------------------------------------------------------------------------------------------------ */

/// As dry_object_pool_acquire.
static inline dry_status dry_object_pool_acquire_inline(dry_object_pool *pool, uint64_t *handle_out, void **object_out) {
  if (__builtin_expect(dryi_object_pool_take(pool, handle_out, object_out), 1)) return DRY_OK;
  return dry_object_pool_acquire(pool, handle_out, object_out);
}

/// As dry_object_pool_get.
static inline dry_status dry_object_pool_get_inline(const dry_object_pool *pool, uint64_t handle, void **object_out) {
  if (__builtin_expect(dryi_object_pool_find(pool, handle, object_out), 1)) return DRY_OK;
  return dry_object_pool_get(pool, handle, object_out);
}

/// As dry_object_pool_release.
static inline dry_status dry_object_pool_release_inline(dry_object_pool *pool, uint64_t handle) {
  if (__builtin_expect(dryi_object_pool_give(pool, handle), 1)) return DRY_OK;
  return dry_object_pool_release(pool, handle);
}

#ifdef __cplusplus
}
#endif
#endif
