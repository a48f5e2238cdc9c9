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
 * Names that start with dryi_ are private.
 */
#ifndef DRYSTONE_INLINE_POOL_H
#define DRYSTONE_INLINE_POOL_H

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

/* Everything that is read from the pool's memory is loaded once, and checked before it is used: whoever else can write
   there may change it at any moment. */
static inline uint32_t dryi_pool_load32(const uint32_t *from) { return __atomic_load_n(from, __ATOMIC_RELAXED); }
static inline uint64_t dryi_pool_load64(const uint64_t *from) { return __atomic_load_n(from, __ATOMIC_RELAXED); }

static inline uint64_t dryi_pool_bit(uint32_t slot) { return (uint64_t)1 << (slot % 64); }

/* The slot that is taken next, and how many are on the stack. */
static inline dry_status dryi_pool_next(const dry_pool *pool, uint32_t *slot_out, uint32_t *count_out) {
  const uint32_t limit = pool->limit;
  const uint32_t count = dryi_pool_load32(&pool->header->free_count);
  *count_out = count;
  if (__builtin_expect(count != 0, 1)) {
    if (__builtin_expect(count > limit, 0)) return DRY_CORRUPT;
    *slot_out = dryi_pool_load32(pool->stack + (count - 1));
    return __builtin_expect(*slot_out < limit, 1) ? DRY_OK : DRY_CORRUPT;
  }
  *slot_out = dryi_pool_load32(&pool->header->fresh);
  if (__builtin_expect(*slot_out < limit, 1)) return DRY_OK;
  return *slot_out == limit ? DRY_FULL : DRY_CORRUPT;
}

static inline dry_status dryi_pool_take(dry_pool *pool, uint32_t *slot_out, dryi_pool_step step) {
  uint32_t slot, count;
  const dry_status status = dryi_pool_next(pool, &slot, &count);
  if (__builtin_expect(status != DRY_OK, 0)) return status;
  uint64_t *word = pool->used + slot / 64;
  const uint64_t taken = dryi_pool_load64(word), bit = dryi_pool_bit(slot);
  if (__builtin_expect((taken & bit) != 0, 0)) return DRY_CORRUPT;
  *word = taken | bit;
  dryi_pool_then(step, "pool_take_bit");
  if (__builtin_expect(count != 0, 1))
    pool->header->free_count = count - 1;
  else
    pool->header->fresh = slot + 1;
  dryi_pool_then(step, "pool_taken");
  *slot_out = slot;
  return DRY_OK;
}

static inline dry_status dryi_pool_give(dry_pool *pool, uint32_t slot, dryi_pool_step step) {
  const uint32_t limit = pool->limit;
  if (__builtin_expect(slot >= limit, 0)) return DRY_FOREIGN;
  uint64_t *word = pool->used + slot / 64;
  const uint64_t taken = dryi_pool_load64(word), bit = dryi_pool_bit(slot);
  if (__builtin_expect((taken & bit) == 0, 0)) return DRY_STALE;
  const uint32_t count = dryi_pool_load32(&pool->header->free_count);
  if (__builtin_expect(count >= limit, 0)) return DRY_CORRUPT;
  pool->stack[count] = slot;
  dryi_pool_then(step, "pool_give_stack");
  pool->header->free_count = count + 1;
  dryi_pool_then(step, "pool_give_count");
  *word = taken & ~bit;
  dryi_pool_then(step, "pool_given");
  return DRY_OK;
}

static inline uint8_t *dryi_pool_object(const dry_pool *pool, uint32_t slot) {
  return pool->slots + slot * pool->stride_bytes;
}

/* The slot whose object starts there. One multiplication tells both the quotient and that nothing remains (D. Lemire,
   O. Kaser and N. Kurz, "Faster remainder by direct computation", 2019, theorem 1 and proposition 1). */
static inline dry_status dryi_pool_slot_at(const dry_pool *pool, uint64_t offset, uint32_t *slot_out) {
  if (__builtin_expect(offset >= pool->slots_bytes, 0)) return DRY_FOREIGN;
  const uint64_t inverse = pool->stride_inverse;
  uint64_t slot;
  if (__builtin_expect(inverse != 0, 1)) {
    __extension__ typedef unsigned __int128 dryi_pool_wide;
    const dryi_pool_wide product = (dryi_pool_wide)offset * inverse;
    if (__builtin_expect((uint64_t)product >= inverse, 0)) return DRY_FOREIGN;
    slot = (uint64_t)(product >> 64);
  } else {
    slot = offset / pool->stride_bytes;
    if (slot * pool->stride_bytes != offset) return DRY_FOREIGN;
  }
  *slot_out = (uint32_t)slot;
  return slot < pool->limit ? DRY_OK : DRY_FOREIGN;
}

static inline uint64_t dryi_pool_offset_of(const dry_pool *pool, const void *memory) {
  return (uint64_t)((uintptr_t)memory - (uintptr_t)pool->slots);
}

/* ---- the twins ------------------------------------------------------------------------------------------------ */

/// As dry_pool_acquire.
static inline dry_status dry_pool_acquire_inline(dry_pool *pool, uint32_t *slot_out) {
  if (__builtin_expect(pool && slot_out && pool->plain && dryi_pool_take(pool, slot_out, NULL) == DRY_OK, 1))
    return DRY_OK;
  return dry_pool_acquire(pool, slot_out);
}

/// As dry_pool_release.
static inline dry_status dry_pool_release_inline(dry_pool *pool, uint32_t slot) {
  if (__builtin_expect(pool && pool->plain && dryi_pool_give(pool, slot, NULL) == DRY_OK, 1)) return DRY_OK;
  return dry_pool_release(pool, slot);
}

/// As dry_pool_at.
static inline dry_status dry_pool_at_inline(const dry_pool *pool, uint32_t slot, void **memory_out) {
  if (__builtin_expect(pool && memory_out && pool->plain && slot < pool->limit &&
                           (dryi_pool_load64(pool->used + slot / 64) & dryi_pool_bit(slot)) != 0, 1)) {
    *memory_out = dryi_pool_object(pool, slot);
    return DRY_OK;
  }
  return dry_pool_at(pool, slot, memory_out);
}

/// As dry_pool_alloc.
static inline dry_status dry_pool_alloc_inline(dry_pool *pool, void **memory_out) {
  uint32_t slot;
  if (__builtin_expect(pool && memory_out && pool->plain && dryi_pool_take(pool, &slot, NULL) == DRY_OK, 1)) {
    *memory_out = dryi_pool_object(pool, slot);
    return DRY_OK;
  }
  return dry_pool_alloc(pool, memory_out);
}

/// As dry_pool_free.
static inline dry_status dry_pool_free_inline(dry_pool *pool, void *memory) {
  uint32_t slot;
  if (__builtin_expect(pool && pool->plain && dryi_pool_slot_at(pool, dryi_pool_offset_of(pool, memory), &slot) == DRY_OK &&
                           dryi_pool_give(pool, slot, NULL) == DRY_OK, 1))
    return DRY_OK;
  return dry_pool_free(pool, memory);
}

#ifdef __cplusplus
}
#endif
#endif
