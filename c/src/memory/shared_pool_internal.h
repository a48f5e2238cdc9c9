/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* shared_pool_internal.h: what the files of the shared pool share: the depot, slots, and who takes them. */
#ifndef DRYI_MEMORY_SHARED_POOL_INTERNAL_H
#define DRYI_MEMORY_SHARED_POOL_INTERNAL_H

#include <stdbool.h>

#include "base/arith.h"
#include "base/atomics.h"
#include "base/hooks.h"
#include "drystone/inline/slot.h"
#include "drystone/shared_pool.h"

#define DRYI_MAGAZINE DRY_SHARED_POOL_MAGAZINE_SLOTS

/* Bytes of a region's file that nobody reads or writes, and whose locks say which caches live: from here on, at the part's
   offset plus the cache's number. Parts start on multiples of 4096, and no pool has more caches than that. */
#define DRYI_CACHE_LOCKS_AT ((uint64_t)1 << 62)

/* What inline/shared_pool.h calls between its stores: nothing but in builds that tests can stop anywhere. */
#if defined(DRY_HOOKS) && DRY_HOOKS
#define DRYI_SHARED_POOL_STEP dryi_hooks_step
#else
#define DRYI_SHARED_POOL_STEP NULL
#endif

/* ---- handles: shared_pool.c ---- */

/* DRY_OK while the pool is open, and may be changed where `change` is true. */
DRYI_LOCAL dry_status dryi_shared_pool_usable(const dry_shared_pool *pool, bool change);
/* A descriptor of its own for the file behind the pool's region, which can hold a lock; -1 where there is none. */
DRYI_LOCAL dry_status dryi_shared_pool_descriptor(const dry_shared_pool *pool, int *fd_out, dry_detail *detail);
/* The byte whose lock says that the cache with that number lives. */
DRYI_LOCAL uint64_t dryi_shared_pool_lock_at(const dry_shared_pool *pool, uint32_t number);
/* Whether free slots' bytes are kept from everybody: in private memory, while a tool listens. */
DRYI_LOCAL bool dryi_shared_pool_annotated(const dry_shared_pool *pool);

/* ---- batches and the depot: shared_pool_depot.c ---- */

static inline uint32_t dryi_batch_count(const dry_shared_pool_batch *batch) {
  return dryi_load_relaxed_u32(&batch->count);
}

static inline uint32_t dryi_batch_number(const dry_shared_pool *pool, const dry_shared_pool_batch *batch) {
  return (uint32_t)(batch - pool->batches);
}

/* Puts one more slot in: the caller knows that there is room. */
static inline void dryi_batch_put(dry_shared_pool_batch *batch, uint32_t slot) {
  uint32_t count = dryi_batch_count(batch);
  dryi_store_relaxed_u32(&batch->slots[count % DRYI_MAGAZINE], slot);
  dryi_keep_order();
  dryi_store_relaxed_u32(&batch->count, count + 1);
}

/* Moves slots until `to` is full or `from` is empty. */
DRYI_LOCAL void dryi_batch_move(dry_shared_pool_batch *from, dry_shared_pool_batch *to);

/* A batch of 1 to 64 slots. NULL: there was none (DRY_FULL), or it is damaged (DRY_CORRUPT). */
DRYI_LOCAL dry_shared_pool_batch *dryi_depot_take(dry_shared_pool *pool, bool partial_first, dry_status *status_out);
/* A batch of 1 to 63 slots, or NULL. */
DRYI_LOCAL dry_shared_pool_batch *dryi_depot_take_partial(dry_shared_pool *pool);
/* A batch without slots. NULL: none came free in some time. */
DRYI_LOCAL dry_shared_pool_batch *dryi_depot_take_empty(dry_shared_pool *pool);
/* Puts a batch on the stack where it belongs by its count. */
DRYI_LOCAL void dryi_depot_put(dry_shared_pool *pool, dry_shared_pool_batch *batch);
/* Up to `most` slots that were never taken: how many, and the first of them. */
DRYI_LOCAL uint32_t dryi_depot_take_fresh(dry_shared_pool *pool, uint32_t most, uint32_t *first_out);
/* A number that changes with everything that happens at the depot: whoever found nothing there looks again then. */
DRYI_LOCAL uint64_t dryi_depot_changes(const dry_shared_pool *pool);
/* How often whoever finds nothing looks again. */
#define DRYI_DEPOT_LOOKS 64

/* Takes all batches from it: for those who are alone. */
DRYI_LOCAL void dryi_depot_clear(dry_shared_pool *pool);

/* ---- slots: shared_pool_slot.c ---- */

static inline uint64_t dryi_slots_bytes(const dry_shared_pool *pool) { return pool->capacity * pool->stride_bytes; }

static inline uint8_t *dryi_shared_slot(const dry_shared_pool *pool, uint32_t slot) {
  return pool->slots + slot * pool->stride_bytes;
}

static inline bool dryi_owner_taken(uint32_t owner) {
  return owner != 0 && !(owner & DRY_SHARED_POOL_OWNER_FREEING);
}

/* Makes never-used slots ready for being taken. */
DRYI_LOCAL void dryi_slots_prepare(const dry_shared_pool *pool, uint32_t first, uint32_t count);
/* Takes a slot that came out of a batch; DRY_CORRUPT when it is no free one, or was written to. */
DRYI_LOCAL dry_status dryi_slot_take(const dry_shared_pool *pool, uint32_t slot, uint32_t owner);
/* The first half of giving back: checks it and makes its bytes those of a free one. DRY_FOREIGN, DRY_STALE, DRY_CORRUPT. */
DRYI_LOCAL dry_status dryi_slot_check(const dry_shared_pool *pool, uint32_t slot, uint32_t owner);
DRYI_LOCAL void dryi_slot_clean(const dry_shared_pool *pool, uint32_t slot);
/* The second half, when it is in a batch. */
static inline void dryi_slot_free(const dry_shared_pool *pool, uint32_t slot) {
  dryi_keep_order();
  dryi_store_relaxed_u32(&pool->owners[slot], 0);
}
/* Whether a free slot's bytes, and any slot's canary, are as they were left; true where nothing is guarded. */
DRYI_LOCAL bool dryi_slot_sound(const dry_shared_pool *pool, uint32_t slot, bool is_free);
/* The slot that starts so far from the first one, or at that address; DRY_FOREIGN. */
DRYI_LOCAL dry_status dryi_slot_of_offset(const dry_shared_pool *pool, uint64_t offset, uint32_t *slot_out);
DRYI_LOCAL dry_status dryi_slot_of_address(const dry_shared_pool *pool, const void *memory, uint32_t *slot_out);

/* ---- caches: shared_pool_cache.c ---- */

/* The owner word of a cache in its present opening. */
static inline uint32_t dryi_cache_owner(uint32_t number, uint32_t opening) {
  return opening << DRY_SHARED_POOL_OWNER_BITS | number;
}

/* A handle on a record that is ours, with the magazines it has. It gets those that it lacks: DRY_BUSY, DRY_CORRUPT. */
DRYI_LOCAL dry_status dryi_cache_attach(dry_shared_pool *pool, uint32_t number, int fd, dry_shared_pool_cache *cache_out);
/* Gives the magazines to the depot and the record free, and closes the descriptor. */
DRYI_LOCAL void dryi_cache_detach(dry_shared_pool_cache *cache);
/* Puts a slot that was checked into the cache, and frees it. DRY_BUSY: there was no room, and nothing changed. */
DRYI_LOCAL dry_status dryi_cache_put(dry_shared_pool_cache *cache, uint32_t slot);

#endif
