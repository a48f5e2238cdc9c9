/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * inline/pool.h: the hot calls of pool.h as inline functions, for C and C++ that want them without a call.
 *
 *   dry_pool_acquire_inline   dry_pool_release_inline   dry_pool_at_inline   dry_pool_alloc_inline   dry_pool_free_inline
 *
 * Each takes the same arguments, checks the same things and gives the same answers as its twin without `_inline`, which
 * runs the same body. They do the work here while the pool is plain (pool.h, dry_pool.plain) and nothing is wrong, and call
 * the twin for all else: growing, guarded, wiped and tracked pools, parts of regions, and every error.
 *
 * The program takes in the layout of dry_pool, so it must be compiled against the library that it runs with.
 * Names that start with dryi_ are private.
 */
#ifndef DRYSTONE_INLINE_POOL_H
#define DRYSTONE_INLINE_POOL_H

#include <stdbool.h>

#include "drystone/inline/slot.h"
#include "drystone/pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Told of each point between two stores, where a process may be killed. NULL but in tests of the library. */
typedef void (*dryi_pool_step)(const char *name);

/* The stores on both sides keep their order, for whoever finds the pool after this process was killed between them. That
   is a matter of the compiler alone: a thread that is killed has done everything up to some instruction. */
static inline void dryi_pool_then(dryi_pool_step step, const char *name) {
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  if (step) step(name);
}

/* Each number is loaded once: in memory that others can write to, it may be another one the next time. */
static inline uint8_t dryi_pool_load8(const uint8_t *from) { return __atomic_load_n(from, __ATOMIC_RELAXED); }
static inline uint32_t dryi_pool_load32(const uint32_t *from) { return __atomic_load_n(from, __ATOMIC_RELAXED); }
static inline uint64_t dryi_pool_load64(const uint64_t *from) { return __atomic_load_n(from, __ATOMIC_RELAXED); }

/* `used` follows the header at once; so the hot calls need no second pointer. */
static inline uint8_t *dryi_pool_used(dry_pool_header *header, uint32_t slot) {
  return (uint8_t *)(header + 1) + slot;
}

/* Takes the slot on top of the stack: false, and nothing has changed, when there is none or something is wrong. `limit`:
   pool->plain for the inline calls, which is 0 where they must not. `trusted`: constant; whether nobody else can write to
   the pool's memory, so that what it says of itself is so. */
static inline bool dryi_pool_take_top(dry_pool *pool, uint32_t limit, bool trusted, uint32_t *slot_out,
                                      dryi_pool_step step) {
  dry_pool_header *header = pool->header;
  if (__builtin_expect(!header, 0)) return false;
  const uint32_t top = dryi_pool_load32(&header->free_count) - 1; /* with an empty stack, above every limit */
  if (__builtin_expect(top >= limit, 0)) return false;
  const uint32_t slot = dryi_pool_load32(pool->stack + top);
  if (!trusted && (slot >= limit || dryi_pool_load8(dryi_pool_used(header, slot)) != DRY_POOL_SLOT_FREE)) return false;
  *dryi_pool_used(header, slot) = DRY_POOL_SLOT_TAKEN;
  dryi_pool_then(step, "pool_take_used");
  header->free_count = top;
  dryi_pool_then(step, "pool_taken");
  *slot_out = slot;
  return true;
}

/* The same with the next slot that was never used, when the stack is empty. */
static inline bool dryi_pool_take_fresh(dry_pool *pool, uint32_t limit, uint32_t *slot_out, dryi_pool_step step) {
  dry_pool_header *header = pool->header;
  if (!header || dryi_pool_load32(&header->free_count) != 0) return false;
  const uint32_t slot = dryi_pool_load32(&header->fresh);
  if (slot >= limit || dryi_pool_load8(dryi_pool_used(header, slot)) != DRY_POOL_SLOT_FREE) return false;
  *dryi_pool_used(header, slot) = DRY_POOL_SLOT_TAKEN;
  dryi_pool_then(step, "pool_take_fresh_used");
  header->fresh = slot + 1;
  dryi_pool_then(step, "pool_taken_fresh");
  *slot_out = slot;
  return true;
}

/* Gives back a slot below the limit: false, and nothing has changed, when it is not taken or something is wrong. */
static inline bool dryi_pool_give(dry_pool *pool, uint32_t slot, bool trusted, dryi_pool_step step) {
  dry_pool_header *header = pool->header;
  uint8_t *used = dryi_pool_used(header, slot);
  if (__builtin_expect(dryi_pool_load8(used) != DRY_POOL_SLOT_TAKEN, 0)) return false;
  const uint32_t count = dryi_pool_load32(&header->free_count);
  if (!trusted && count >= pool->limit) return false;
  pool->stack[count] = slot;
  dryi_pool_then(step, "pool_give_stack");
  header->free_count = count + 1;
  dryi_pool_then(step, "pool_give_count");
  *used = DRY_POOL_SLOT_FREE;
  dryi_pool_then(step, "pool_given");
  return true;
}

static inline uint8_t *dryi_pool_object(const dry_pool *pool, uint32_t slot) {
  return pool->slots + slot * pool->stride_bytes;
}

/* The slot whose object starts there, or a number that is none's. */
static inline uint64_t dryi_pool_slot_at(const dry_pool *pool, uint64_t offset) {
  return dryi_slot_at(offset, pool->stride_inverse, pool->stride_shift);
}

static inline uint64_t dryi_pool_offset_of(const dry_pool *pool, const void *memory) {
  return (uint64_t)((uintptr_t)memory - (uintptr_t)pool->slots);
}

/* ---- the twins ------------------------------------------------------------------------------------------------ */

/// As dry_pool_acquire.
static inline dry_status dry_pool_acquire_inline(dry_pool *pool, uint32_t *slot_out) {
  if (__builtin_expect(pool && slot_out && dryi_pool_take_top(pool, pool->plain, true, slot_out, NULL), 1)) return DRY_OK;
  return dry_pool_acquire(pool, slot_out);
}

/// As dry_pool_release.
static inline dry_status dry_pool_release_inline(dry_pool *pool, uint32_t slot) {
  if (__builtin_expect(pool && slot < pool->plain && dryi_pool_give(pool, slot, true, NULL), 1)) return DRY_OK;
  return dry_pool_release(pool, slot);
}

/// As dry_pool_at.
static inline dry_status dry_pool_at_inline(const dry_pool *pool, uint32_t slot, void **memory_out) {
  if (__builtin_expect(pool && memory_out && slot < pool->plain &&
                           dryi_pool_load8(dryi_pool_used(pool->header, slot)) == DRY_POOL_SLOT_TAKEN, 1)) {
    *memory_out = dryi_pool_object(pool, slot);
    return DRY_OK;
  }
  return dry_pool_at(pool, slot, memory_out);
}

/// As dry_pool_alloc.
static inline dry_status dry_pool_alloc_inline(dry_pool *pool, void **memory_out) {
  uint32_t slot;
  if (__builtin_expect(pool && memory_out && dryi_pool_take_top(pool, pool->plain, true, &slot, NULL), 1)) {
    *memory_out = dryi_pool_object(pool, slot);
    return DRY_OK;
  }
  return dry_pool_alloc(pool, memory_out);
}

/// As dry_pool_free.
static inline dry_status dry_pool_free_inline(dry_pool *pool, void *memory) {
  if (__builtin_expect(!pool, 0)) return dry_pool_free(pool, memory);
  const uint64_t slot = dryi_pool_slot_at(pool, dryi_pool_offset_of(pool, memory));
  if (__builtin_expect(slot < pool->plain && dryi_pool_give(pool, (uint32_t)slot, true, NULL), 1)) return DRY_OK;
  return dry_pool_free(pool, memory);
}

#ifdef __cplusplus
}
#endif
#endif
