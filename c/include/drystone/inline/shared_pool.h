/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * inline/shared_pool.h: the hot calls of a shared pool's cache as inline functions, for C and C++ that want them without
 * a call.
 *
 *   dry_shared_pool_cache_acquire_inline   dry_shared_pool_cache_release_inline
 *   dry_shared_pool_cache_alloc_inline     dry_shared_pool_cache_free_inline
 *
 * Each takes the same arguments and gives the same answers as its twin without `_inline`, which runs the same body. They
 * do the work here while the cache is plain (not guarded, not wiped), its magazine is enough and nothing is wrong, and call
 * the twin for all else.
 *
 * The program takes in the layout of dry_shared_pool_cache, so it must be compiled against the library that it runs with.
 * Names that start with dryi_ are private.
 */
#ifndef DRYSTONE_INLINE_SHARED_POOL_H
#define DRYSTONE_INLINE_SHARED_POOL_H

#include "drystone/inline/slot.h"
#include "drystone/shared_pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Told of each point between two stores, where a process may be killed. NULL but in tests of the library. */
typedef void (*dryi_shared_pool_step)(const char *name);

/* The stores on both sides keep their order, for whoever finds the pool after this process was killed between them. That
   is a matter of the compiler alone: a thread that is killed has done everything up to some instruction. */
static inline void dryi_shared_pool_then(dryi_shared_pool_step step, const char *name) {
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  if (step) step(name);
}

/* What others may look at, or change although they must not, is loaded once and checked before it is used. */
static inline uint32_t dryi_shared_pool_load(const uint32_t *from) { return __atomic_load_n(from, __ATOMIC_RELAXED); }
static inline void dryi_shared_pool_store(uint32_t *to, uint32_t value) { __atomic_store_n(to, value, __ATOMIC_RELAXED); }

/* The magazine's last slot, if all is as it should be. The owner word comes first: a slot that is in a dead cache's
   magazine is free whatever its word says, so a kill on either side of the second store loses nothing. */
static inline int dryi_shared_pool_take(dry_shared_pool_cache *cache, uint32_t *slot_out, dryi_shared_pool_step step) {
  dry_shared_pool_batch *const magazine = cache->magazine;
  const uint32_t count = dryi_shared_pool_load(&magazine->count);
  if (__builtin_expect(count - 1 >= DRY_SHARED_POOL_MAGAZINE_SLOTS, 0)) return 0;
  const uint32_t slot = dryi_shared_pool_load(&magazine->slots[count - 1]);
  if (__builtin_expect(slot >= cache->capacity, 0)) return 0;
  uint32_t *const owner = cache->owners + slot;
  if (__builtin_expect(dryi_shared_pool_load(owner) != 0, 0)) return 0;
  dryi_shared_pool_store(owner, cache->owner);
  dryi_shared_pool_then(step, "shared_take_owner");
  dryi_shared_pool_store(&magazine->count, count - 1);
  dryi_shared_pool_then(step, "shared_taken");
  *slot_out = slot;
  return 1;
}

/* Into the magazine first, and free by its word last, for the same reason. */
static inline int dryi_shared_pool_give(dry_shared_pool_cache *cache, uint64_t slot, dryi_shared_pool_step step) {
  if (__builtin_expect(slot >= cache->capacity, 0)) return 0;
  uint32_t *const owner = cache->owners + slot;
  if (__builtin_expect(dryi_shared_pool_load(owner) == 0, 0)) return 0;
  dry_shared_pool_batch *const magazine = cache->magazine;
  const uint32_t count = dryi_shared_pool_load(&magazine->count);
  if (__builtin_expect(count >= DRY_SHARED_POOL_MAGAZINE_SLOTS, 0)) return 0;
  dryi_shared_pool_store(&magazine->slots[count], (uint32_t)slot);
  dryi_shared_pool_then(step, "shared_give_slot");
  dryi_shared_pool_store(&magazine->count, count + 1);
  dryi_shared_pool_then(step, "shared_give_count");
  dryi_shared_pool_store(owner, 0);
  dryi_shared_pool_then(step, "shared_given");
  return 1;
}

static inline int dryi_shared_pool_plain(const dry_shared_pool_cache *cache) {
  return cache->plain && dryi_shared_pool_load(cache->closed) == 0;
}

/* The slot whose object starts there, or a number that is none's. */
static inline uint64_t dryi_shared_pool_slot_at(const dry_shared_pool_cache *cache, const void *memory) {
  const uint64_t offset = (uint64_t)((uintptr_t)memory - (uintptr_t)cache->slots);
  return dryi_slot_at(offset, cache->stride_inverse, cache->stride_shift);
}

/* ---- the twins ------------------------------------------------------------------------------------------------ */

/// As dry_shared_pool_cache_acquire.
static inline dry_status dry_shared_pool_cache_acquire_inline(dry_shared_pool_cache *cache, uint32_t *slot_out) {
  if (__builtin_expect(cache && slot_out && dryi_shared_pool_plain(cache) &&
                           dryi_shared_pool_take(cache, slot_out, NULL), 1))
    return DRY_OK;
  return dry_shared_pool_cache_acquire(cache, slot_out);
}

/// As dry_shared_pool_cache_release.
static inline dry_status dry_shared_pool_cache_release_inline(dry_shared_pool_cache *cache, uint32_t slot) {
  if (__builtin_expect(cache && dryi_shared_pool_plain(cache) && dryi_shared_pool_give(cache, slot, NULL), 1))
    return DRY_OK;
  return dry_shared_pool_cache_release(cache, slot);
}

/// As dry_shared_pool_cache_alloc.
static inline dry_status dry_shared_pool_cache_alloc_inline(dry_shared_pool_cache *cache, void **memory_out) {
  uint32_t slot;
  if (__builtin_expect(cache && memory_out && dryi_shared_pool_plain(cache) &&
                           dryi_shared_pool_take(cache, &slot, NULL), 1)) {
    *memory_out = cache->slots + slot * cache->stride_bytes;
    return DRY_OK;
  }
  return dry_shared_pool_cache_alloc(cache, memory_out);
}

/// As dry_shared_pool_cache_free.
static inline dry_status dry_shared_pool_cache_free_inline(dry_shared_pool_cache *cache, void *memory) {
  if (__builtin_expect(cache && dryi_shared_pool_plain(cache) &&
                           dryi_shared_pool_give(cache, dryi_shared_pool_slot_at(cache, memory), NULL), 1))
    return DRY_OK;
  return dry_shared_pool_cache_free(cache, memory);
}

#ifdef __cplusplus
}
#endif
#endif
