/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* shared_pool_cache.c: taking and giving back through a cache: what inline/shared_pool.h leaves to the library. */
#include <errno.h>
#include <string.h>

#include "base/detail.h"
#include "drystone/inline/shared_pool.h"
#include "memory/shared_pool_internal.h"
#include "os/os.h"

/* ---- magazines ---- */

static void swap_magazines(dry_shared_pool_cache *cache) {
  dry_shared_pool_batch *spare = cache->spare;
  cache->spare = cache->magazine;
  cache->magazine = spare;
  cache->current ^= 1;
}

/* Makes `batch`, which was taken from the depot, the magazine in place of another, which is returned. From here on a reclaim
   finds the new one. The old one is nobody's until it is put into the depot: killed before that, its slots are stranded. */
static dry_shared_pool_batch *replace_magazine(dry_shared_pool_cache *cache, dry_shared_pool_batch *batch) {
  dry_shared_pool_batch *old = cache->magazine;
  uint32_t number = dryi_batch_number(cache->pool, batch) + 1;
  dryi_store_relaxed_u32(&cache->record->magazines[cache->current], number);
  DRYI_STEP("cache_replaced");
  cache->magazine = batch;
  return old;
}

static void count_one(uint64_t *counter) { dryi_store_relaxed_u64(counter, dryi_load_relaxed_u64(counter) + 1); }

static dry_status take_fresh(dry_shared_pool_cache *cache) {
  uint32_t first, count = dryi_depot_take_fresh(cache->pool, DRYI_MAGAZINE, &first);
  if (count == 0) return DRY_FULL;
  /* The last is taken first, so that they come in ascending order. */
  for (uint32_t i = count; i-- > 0;) dryi_store_relaxed_u32(&cache->magazine->slots[count - 1 - i], first + i);
  dryi_keep_order();
  dryi_store_relaxed_u32(&cache->magazine->count, count);
  return DRY_OK;
}

/* Fills the empty magazine from the depot, or from what was never taken. */
static dry_status refill(dry_shared_pool_cache *cache) {
  dry_shared_pool *pool = cache->pool;
  for (int look = 0;; look++) {
    uint64_t changes = dryi_depot_changes(pool);
    dry_status status;
    dry_shared_pool_batch *batch = dryi_depot_take(pool, false, &status);
    if (batch) {
      count_one(&cache->record->refills);
      dryi_depot_put(pool, replace_magazine(cache, batch));
      return DRY_OK;
    }
    if (status == DRY_FULL) status = take_fresh(cache);
    if (status != DRY_FULL || look == DRYI_DEPOT_LOOKS || changes == dryi_depot_changes(pool)) return status;
  }
}

/* Sees to it that the magazine holds a slot at least. */
static dry_status stock(dry_shared_pool_cache *cache) {
  if (dryi_batch_count(cache->magazine) == 0 && dryi_batch_count(cache->spare) != 0) swap_magazines(cache);
  if (dryi_batch_count(cache->magazine) != 0) return DRY_OK;
  dry_status status = refill(cache);
  if (status == DRY_FULL) (void)dryi_add_relaxed_u64(&cache->pool->header->failures, 1);
  return status;
}

/* Gives what is in the magazine to the depot, into a partly filled batch where there is one. */
static dry_status empty_magazine(dry_shared_pool_cache *cache) {
  dry_shared_pool *pool = cache->pool;
  uint32_t count = dryi_batch_count(cache->magazine);
  if (count == 0) return DRY_OK;
  if (count < DRYI_MAGAZINE) {
    dry_shared_pool_batch *partial = dryi_depot_take_partial(pool);
    if (partial) {
      dryi_batch_move(cache->magazine, partial);
      dryi_depot_put(pool, partial);
    }
    if (dryi_batch_count(cache->magazine) == 0) return DRY_OK;
  }
  dry_shared_pool_batch *empty = dryi_depot_take_empty(pool);
  if (!empty) return DRY_BUSY;
  count_one(&cache->record->flushes);
  dryi_depot_put(pool, replace_magazine(cache, empty));
  return DRY_OK;
}

/* Sees to it that the magazine has room for a slot. Of two full ones the spare goes: it was touched longer ago. */
static dry_status make_room(dry_shared_pool_cache *cache) {
  if (dryi_batch_count(cache->magazine) < DRYI_MAGAZINE) return DRY_OK;
  swap_magazines(cache);
  if (dryi_batch_count(cache->magazine) < DRYI_MAGAZINE) return DRY_OK;
  return empty_magazine(cache);
}

/* ---- opening and closing ---- */

dry_status dryi_cache_attach(dry_shared_pool *pool, uint32_t number, int fd, dry_shared_pool_cache *cache) {
  dry_shared_pool_cache_record *record = pool->caches + number;
  memset(cache, 0, sizeof *cache);
  dry_shared_pool_batch *magazines[2];
  for (int which = 0; which < 2; which++) {
    uint32_t has = dryi_load_relaxed_u32(&record->magazines[which]);
    if (has > pool->batch_count) return DRY_CORRUPT;
    magazines[which] = has ? pool->batches + (has - 1) : dryi_depot_take_empty(pool);
    if (!magazines[which]) return DRY_BUSY;
    dryi_store_relaxed_u32(&record->magazines[which], dryi_batch_number(pool, magazines[which]) + 1);
    DRYI_STEP("cache_magazine");
  }
  if (magazines[0] == magazines[1]) return DRY_CORRUPT;
  cache->magazine = magazines[0];
  cache->spare = magazines[1];
  cache->owners = pool->owners;
  cache->slots = pool->slots;
  cache->closed = pool->closed;
  cache->stride_bytes = pool->stride_bytes;
  cache->stride_inverse = pool->stride_inverse;
  cache->stride_shift = pool->stride_shift;
  cache->capacity = pool->capacity;
  cache->owner = dryi_cache_owner(number, dryi_load_relaxed_u32(&record->opening));
  cache->plain = pool->flags == 0 && !dryi_shared_pool_annotated(pool);
  cache->record = record;
  cache->number = number;
  cache->descriptor = fd;
  cache->pool = pool;
  return DRY_OK;
}

/* Gives a magazine up for good. */
static void surrender(dry_shared_pool *pool, dry_shared_pool_cache_record *record, int which) {
  uint32_t number = dryi_load_relaxed_u32(&record->magazines[which]);
  dryi_store_relaxed_u32(&record->magazines[which], 0);
  DRYI_STEP("cache_surrender");
  if (number == 0 || number > pool->batch_count) return;
  dry_shared_pool_batch *batch = pool->batches + (number - 1);
  uint32_t count = dryi_batch_count(batch);
  if (count > DRYI_MAGAZINE) return;
  if (count != 0) count_one(&record->flushes);
  if (count != 0 && count < DRYI_MAGAZINE) {
    dry_shared_pool_batch *partial = dryi_depot_take_partial(pool);
    if (partial) {
      dryi_batch_move(batch, partial);
      dryi_depot_put(pool, partial);
    }
  }
  dryi_depot_put(pool, batch);
}

static void leave_record(dry_shared_pool *pool, uint32_t number, int fd) {
  dry_shared_pool_cache_record *record = pool->caches + number;
  for (int which = 0; which < 2; which++) surrender(pool, record, which);
  /* pairs with the acquire in claim: the next one finds the record as we leave it */
  dryi_store_release_u32(&record->state, 0);
  DRYI_STEP("cache_left");
  if (fd < 0) return;
  /* A child process may have inherited the descriptor, and the lock with it. */
  (void)dryi_os_unlock_byte(fd, dryi_shared_pool_lock_at(pool, number));
  (void)dryi_os_close(fd);
}

void dryi_cache_detach(dry_shared_pool_cache *cache) {
  leave_record(cache->pool, cache->number, cache->descriptor);
  memset(cache, 0, sizeof *cache);
}

/* Half a million openings later the words of this record would come round. By then all slots that still carry one were
   left by closed caches: from now on they count as taken without one. */
static void forget_openings(dry_shared_pool *pool, uint32_t number) {
  const uint32_t number_mask = DRY_SHARED_POOL_CACHES_MAX - 1;
  for (uint32_t slot = 0; slot < pool->capacity; slot++) {
    uint32_t owner = dryi_load_relaxed_u32(&pool->owners[slot]);
    if (!dryi_owner_taken(owner) || owner >> DRY_SHARED_POOL_OWNER_BITS == 0 || (owner & number_mask) != number) continue;
    /* Who frees or adopts it meanwhile wins. */
    (void)dryi_swap_relaxed_u32(&pool->owners[slot], &owner, DRY_SHARED_POOL_OWNER_NONE);
  }
}

/* Takes a free record. With a descriptor the lock comes first: nobody may find the record in use and its lock free while
   its owner lives. DRY_BUSY: somebody has it. */
static dry_status claim(dry_shared_pool *pool, uint32_t number, int fd, dry_detail *detail) {
  dry_shared_pool_cache_record *record = pool->caches + number;
  if (dryi_load_relaxed_u32(&record->state) != 0) return DRY_BUSY;
  int error = fd < 0 ? 0 : dryi_os_lock_byte(fd, dryi_shared_pool_lock_at(pool, number));
  if (error == EAGAIN) return DRY_BUSY;
  if (error) return dryi_fail_os(detail, error, "shared pool: cache %u cannot be locked", number);
  uint32_t free_state = 0;
  /* pairs with the release in leave_record */
  if (!dryi_swap_acquire_u32(&record->state, &free_state, 1)) {
    if (fd >= 0) (void)dryi_os_unlock_byte(fd, dryi_shared_pool_lock_at(pool, number));
    return DRY_BUSY;
  }
  DRYI_STEP("cache_claimed");
  uint32_t opening = dryi_load_relaxed_u32(&record->opening);
  if (opening >= DRY_SHARED_POOL_OPENINGS_MAX) {
    forget_openings(pool, number);
    opening = 0;
  }
  dryi_store_relaxed_u32(&record->opening, opening + 1);
  return DRY_OK;
}

static dry_status claim_any(dry_shared_pool *pool, int fd, uint32_t *number_out, dry_detail *detail) {
  for (uint32_t number = 0; number < pool->cache_count; number++) {
    dry_status status = claim(pool, number, fd, detail);
    *number_out = number;
    if (status != DRY_BUSY) return status;
  }
  return dryi_fail(detail, DRY_FULL, "shared pool: all %u caches are open", pool->cache_count);
}

dry_status dry_shared_pool_cache_open(dry_shared_pool *pool, dry_shared_pool_cache *cache_out, dry_detail *detail) {
  if (!cache_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "cache_out: must not be NULL");
  memset(cache_out, 0, sizeof *cache_out);
  dry_status status = dryi_shared_pool_usable(pool, true);
  if (status != DRY_OK) return dryi_fail(detail, status, "shared pool: %s", dry_status_text(status));
  int fd;
  status = dryi_shared_pool_descriptor(pool, &fd, detail);
  if (status != DRY_OK) return status;
  uint32_t number = 0;
  status = claim_any(pool, fd, &number, detail);
  if (status != DRY_OK) {
    if (fd >= 0) (void)dryi_os_close(fd);
    return status;
  }
  status = dryi_cache_attach(pool, number, fd, cache_out);
  if (status != DRY_OK) {
    leave_record(pool, number, fd);
    memset(cache_out, 0, sizeof *cache_out);
    return dryi_fail(detail, status, "shared pool: cache %u: no magazines: %s", number, dry_status_text(status));
  }
  (void)dryi_add_acq_rel_u32(&pool->caches_open, 1);
  return dryi_done(detail);
}

dry_status dry_shared_pool_cache_close(dry_shared_pool_cache *cache) {
  if (!cache) return DRY_INVALID_ARGUMENT;
  if (!cache->magazine) return DRY_OK;
  dry_shared_pool *pool = cache->pool;
  dryi_cache_detach(cache);
  /* pairs with the load in dry_shared_pool_close: what this cache did is done before the memory goes */
  (void)dryi_add_acq_rel_u32(&pool->caches_open, (uint32_t)-1);
  return DRY_OK;
}

/* ---- taking and giving back ---- */

static dry_status usable(const dry_shared_pool_cache *cache) {
  if (!cache) return DRY_INVALID_ARGUMENT;
  /* pairs with the release store in dry_region_close */
  return cache->magazine && !dryi_load_acquire_u32(cache->closed) ? DRY_OK : DRY_CLOSED;
}

static __attribute__((noinline)) dry_status acquire(dry_shared_pool_cache *cache, uint32_t *slot_out) {
  *slot_out = 0;
  dry_status status = usable(cache);
  if (status == DRY_OK) status = stock(cache);
  if (status != DRY_OK) return status;
  if (cache->plain && dryi_shared_pool_take(cache, slot_out, DRYI_SHARED_POOL_STEP)) return DRY_OK;
  dry_shared_pool_batch *magazine = cache->magazine;
  uint32_t count = dryi_batch_count(magazine);
  if (count - 1 >= DRYI_MAGAZINE) return DRY_CORRUPT;
  uint32_t slot = dryi_load_relaxed_u32(&magazine->slots[count - 1]);
  status = dryi_slot_take(cache->pool, slot, cache->owner);
  dryi_keep_order();
  DRYI_STEP("cache_take_owner");
  /* What was no free slot after all leaves the magazine too: it belongs to whoever has it. */
  dryi_store_relaxed_u32(&magazine->count, count - 1);
  DRYI_STEP("cache_taken");
  if (status == DRY_OK) *slot_out = slot;
  return status;
}

/* Puts a slot that was checked into the cache, which has room, and frees it. */
static void put(dry_shared_pool_cache *cache, uint32_t slot) {
  dryi_slot_clean(cache->pool, slot);
  DRYI_STEP("cache_cleaned");
  dryi_batch_put(cache->magazine, slot);
  DRYI_STEP("cache_put");
  dryi_slot_free(cache->pool, slot);
  DRYI_STEP("cache_freed");
}

static __attribute__((noinline)) dry_status release(dry_shared_pool_cache *cache, uint32_t slot) {
  dry_status status = usable(cache);
  if (status != DRY_OK) return status;
  if (slot >= cache->capacity) return DRY_FOREIGN;
  if (dryi_load_relaxed_u32(&cache->owners[slot]) == 0) return DRY_STALE;
  /* Room comes first: afterwards nothing can fail but the slot itself. */
  status = make_room(cache);
  if (status != DRY_OK) return status;
  if (cache->plain && dryi_shared_pool_give(cache, slot, DRYI_SHARED_POOL_STEP)) return DRY_OK;
  status = dryi_slot_check(cache->pool, slot, cache->owner);
  if (status == DRY_OK) put(cache, slot);
  return status;
}

dry_status dryi_cache_put(dry_shared_pool_cache *cache, uint32_t slot) {
  dry_status status = make_room(cache);
  if (status == DRY_OK) put(cache, slot);
  return status;
}

/* Each tries what the inline twin does, and leaves the rest to a function that is not worth inlining here. */
static inline bool take_plainly(dry_shared_pool_cache *cache, uint32_t *slot_out) {
  return dryi_shared_pool_plain(cache) && dryi_shared_pool_take(cache, slot_out, DRYI_SHARED_POOL_STEP);
}

dry_status dry_shared_pool_cache_acquire(dry_shared_pool_cache *cache, uint32_t *slot_out) {
  if (!cache || !slot_out) return DRY_INVALID_ARGUMENT;
  return take_plainly(cache, slot_out) ? DRY_OK : acquire(cache, slot_out);
}

dry_status dry_shared_pool_cache_release(dry_shared_pool_cache *cache, uint32_t slot) {
  if (!cache) return DRY_INVALID_ARGUMENT;
  if (dryi_shared_pool_plain(cache) && dryi_shared_pool_give(cache, slot, DRYI_SHARED_POOL_STEP)) return DRY_OK;
  return release(cache, slot);
}

static __attribute__((noinline)) dry_status alloc_slowly(dry_shared_pool_cache *cache, void **memory_out) {
  *memory_out = NULL;
  uint32_t slot;
  dry_status status = acquire(cache, &slot);
  if (status == DRY_OK) *memory_out = cache->slots + slot * cache->stride_bytes;
  return status;
}

dry_status dry_shared_pool_cache_alloc(dry_shared_pool_cache *cache, void **memory_out) {
  if (!cache || !memory_out) return DRY_INVALID_ARGUMENT;
  uint32_t slot;
  if (!take_plainly(cache, &slot)) return alloc_slowly(cache, memory_out);
  *memory_out = cache->slots + slot * cache->stride_bytes;
  return DRY_OK;
}

static __attribute__((noinline)) dry_status free_address(dry_shared_pool_cache *cache, const void *memory) {
  dry_status status = usable(cache);
  uint32_t slot;
  if (status == DRY_OK) status = dryi_slot_of_address(cache->pool, memory, &slot);
  return status == DRY_OK ? dry_shared_pool_cache_release(cache, slot) : status;
}

dry_status dry_shared_pool_cache_free(dry_shared_pool_cache *cache, void *memory) {
  if (!cache) return DRY_INVALID_ARGUMENT;
  if (dryi_shared_pool_plain(cache) &&
      dryi_shared_pool_give(cache, dryi_shared_pool_slot_at(cache, memory), DRYI_SHARED_POOL_STEP))
    return DRY_OK;
  return free_address(cache, memory);
}

/* ---- several at once ---- */

dry_status dry_shared_pool_cache_acquire_many(dry_shared_pool_cache *cache, uint32_t *slots_out, uint64_t count) {
  if (!slots_out && count != 0) return DRY_INVALID_ARGUMENT;
  dry_status status = usable(cache);
  uint64_t done = 0;
  while (status == DRY_OK && done < count) {
    status = dry_shared_pool_cache_acquire(cache, slots_out + done);
    if (status == DRY_OK) done++;
  }
  if (status == DRY_OK || done == 0) return status;
  while (done-- > 0) {
    (void)dry_shared_pool_cache_release(cache, slots_out[done]);
    slots_out[done] = 0;
  }
  return status;
}

/* Marks a slot as being given back, so that a second mention in the same list is noticed. */
static dry_status mark(const dry_shared_pool_cache *cache, uint32_t slot) {
  if (slot >= cache->capacity) return DRY_FOREIGN;
  uint32_t owner = dryi_load_relaxed_u32(&cache->owners[slot]);
  do {
    if (!dryi_owner_taken(owner)) return DRY_STALE;
  } while (!dryi_swap_relaxed_u32(&cache->owners[slot], &owner, owner | DRY_SHARED_POOL_OWNER_FREEING));
  if (dryi_slot_sound(cache->pool, slot, false)) return DRY_OK;
  dryi_store_relaxed_u32(&cache->owners[slot], DRY_SHARED_POOL_OWNER_WITHDRAWN);
  return DRY_CORRUPT;
}

static bool is_marked(const dry_shared_pool_cache *cache, uint32_t slot) {
  if (slot >= cache->capacity) return false;
  uint32_t owner = dryi_load_relaxed_u32(&cache->owners[slot]);
  return (owner & DRY_SHARED_POOL_OWNER_FREEING) != 0 && owner != DRY_SHARED_POOL_OWNER_WITHDRAWN;
}

static void unmark(const dry_shared_pool_cache *cache, uint32_t slot) {
  if (!is_marked(cache, slot)) return;
  uint32_t owner = dryi_load_relaxed_u32(&cache->owners[slot]);
  dryi_store_relaxed_u32(&cache->owners[slot], owner & ~DRY_SHARED_POOL_OWNER_FREEING);
}

dry_status dry_shared_pool_cache_release_many(dry_shared_pool_cache *cache, const uint32_t *slots, uint64_t count) {
  if (!slots && count != 0) return DRY_INVALID_ARGUMENT;
  dry_status status = usable(cache);
  uint64_t marked = 0, done = 0;
  while (status == DRY_OK && marked < count) {
    status = mark(cache, dryi_load_relaxed_u32(slots + marked));
    if (status == DRY_OK) marked++;
  }
  DRYI_STEP("cache_marked_many");
  while (status == DRY_OK && done < count) {
    /* The list is the caller's, and some other thread of his may be changing it. */
    uint32_t slot = dryi_load_relaxed_u32(slots + done);
    status = is_marked(cache, slot) ? dryi_cache_put(cache, slot) : DRY_FOREIGN;
    if (status == DRY_OK) done++;
  }
  /* Only a lack of batches (DRY_BUSY), or a list that changed, ends the second loop early; then what is left stays taken. */
  if (status != DRY_OK)
    for (uint64_t i = done; i < marked; i++) unmark(cache, dryi_load_relaxed_u32(slots + i));
  return status;
}

/* ---- the rest ---- */

dry_status dry_shared_pool_flush(dry_shared_pool_cache *cache) {
  dry_status status = usable(cache);
  for (int which = 0; which < 2 && status == DRY_OK; which++) {
    swap_magazines(cache);
    status = empty_magazine(cache);
  }
  return status;
}

dry_status dry_shared_pool_adopt(dry_shared_pool_cache *cache, uint32_t slot) {
  dry_status status = usable(cache);
  if (status != DRY_OK) return status;
  if (slot >= cache->capacity) return DRY_FOREIGN;
  uint32_t owner = dryi_load_relaxed_u32(&cache->owners[slot]);
  do {
    if (!dryi_owner_taken(owner)) return DRY_STALE;
    /* Whoever reclaims slots of a dead owner swaps too, so one of both has it. */
  } while (!dryi_swap_relaxed_u32(&cache->owners[slot], &owner, cache->owner));
  return DRY_OK;
}
