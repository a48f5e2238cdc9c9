/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * shared_pool_repair.c: what dead processes leave behind, and starting anew.
 *
 * The owner words say which slots are taken, with two corrections: what is in the magazine of a dead cache is free, since
 * its user was killed before he had it, or after he had given it back; and a word with the mark of being freed belongs to
 * somebody who does not want it any more.
 */
#include <errno.h>

#include "base/detail.h"
#include "memory/shared_pool_internal.h"
#include "os/os.h"

static uint32_t slots_used_once(const dry_shared_pool *pool) {
  uint64_t fresh = dryi_load_relaxed_u64(&pool->header->fresh);
  return fresh < pool->capacity ? (uint32_t)fresh : pool->capacity;
}

static dry_shared_pool_batch *magazine_of(const dry_shared_pool *pool, uint32_t cache, int which) {
  uint32_t number = dryi_load_relaxed_u32(&pool->caches[cache].magazines[which]);
  return number == 0 || number > pool->batch_count ? NULL : pool->batches + (number - 1);
}

/* Makes the words of the slots in a dead cache's magazines say that they are free; how many there are. */
static uint64_t free_magazines(const dry_shared_pool *pool, uint32_t cache) {
  uint64_t slots = 0;
  for (int which = 0; which < 2; which++) {
    const dry_shared_pool_batch *batch = magazine_of(pool, cache, which);
    uint32_t count = batch ? dryi_batch_count(batch) : 0;
    if (count > DRYI_MAGAZINE) continue;
    for (uint32_t i = 0; i < count; i++) {
      uint32_t slot = dryi_load_relaxed_u32(&batch->slots[i]);
      if (slot >= pool->capacity || dryi_load_relaxed_u32(&pool->owners[slot]) == 0) continue;
      dryi_slot_clean(pool, slot);
      dryi_slot_free(pool, slot);
    }
    slots += count;
  }
  return slots;
}

/* ---- reclaim ---- */

/* Frees by way of the dead cache itself what its word names: killed in the midst of it, we leave what we found. */
static dry_status free_owned(dry_shared_pool_cache *cache, uint64_t *slots) {
  const dry_shared_pool *pool = cache->pool;
  const uint32_t marked = cache->owner | DRY_SHARED_POOL_OWNER_FREEING;
  uint32_t end = slots_used_once(pool);
  for (uint32_t slot = 0; slot < end; slot++) {
    uint32_t owner = dryi_load_relaxed_u32(&pool->owners[slot]);
    if ((owner | DRY_SHARED_POOL_OWNER_FREEING) != marked) continue;
    /* Somebody may adopt it, or give it back, in this moment: one of us wins. */
    if (owner != marked && !dryi_swap_relaxed_u32(&pool->owners[slot], &owner, marked)) continue;
    DRYI_STEP("reclaim_marked");
    dry_status status = dryi_cache_put(cache, slot);
    if (status != DRY_OK) return status;
    ++*slots;
  }
  return DRY_OK;
}

/* The lock of that cache is ours, so its owner is dead. */
static dry_status recover(dry_shared_pool *pool, uint32_t number, uint64_t *slots, dry_detail *detail) {
  uint64_t found = free_magazines(pool, number);
  DRYI_STEP("reclaim_magazines");
  dry_shared_pool_cache cache;
  dry_status status = dryi_cache_attach(pool, number, -1, &cache);
  if (status == DRY_OK) status = free_owned(&cache, &found);
  if (status != DRY_OK)
    return dryi_fail(detail, status, "shared pool: cache %u of a dead process: %s", number, dry_status_text(status));
  DRYI_STEP("reclaim_freed");
  dryi_cache_detach(&cache);
  *slots += found;
  return DRY_OK;
}

/* The word is acquired since a cache of a living process may be opened and closed at any time. */
static bool in_use(const dry_shared_pool *pool, uint32_t number) {
  /* pairs with the release in leave_record */
  return dryi_load_acquire_u32(&pool->caches[number].state) != 0;
}

static dry_status reclaim_one(dry_shared_pool *pool, uint32_t number, int fd, uint64_t *slots, dry_detail *detail) {
  if (!in_use(pool, number)) return DRY_OK;
  int error = dryi_os_lock_byte(fd, dryi_shared_pool_lock_at(pool, number));
  if (error == EAGAIN) return DRY_OK;
  if (error) return dryi_fail_os(detail, error, "shared pool: the lock of cache %u cannot be looked at", number);
  /* Its owner may have closed it in good order between the two. */
  dry_status status = in_use(pool, number) ? recover(pool, number, slots, detail) : DRY_OK;
  (void)dryi_os_unlock_byte(fd, dryi_shared_pool_lock_at(pool, number));
  return status;
}

dry_status dry_shared_pool_reclaim(dry_shared_pool *pool, uint64_t *slots_out, dry_detail *detail) {
  if (!slots_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "slots_out: must not be NULL");
  *slots_out = 0;
  dry_status status = dryi_shared_pool_usable(pool, true);
  if (status != DRY_OK) return dryi_fail(detail, status, "shared pool: %s", dry_status_text(status));
  int fd;
  status = dryi_shared_pool_descriptor(pool, &fd, detail);
  if (status != DRY_OK || fd < 0) return status == DRY_OK ? dryi_done(detail) : status;
  for (uint32_t number = 0; number < pool->cache_count && status == DRY_OK; number++)
    status = reclaim_one(pool, number, fd, slots_out, detail);
  (void)dryi_os_close(fd);
  return status == DRY_OK ? dryi_done(detail) : status;
}

/* ---- repair ---- */

/* Every batch empty and on no stack. */
static void empty_batches(dry_shared_pool *pool) {
  dryi_depot_clear(pool);
  for (uint32_t i = 0; i < pool->batch_count; i++) dryi_store_relaxed_u32(&pool->batches[i].count, 0);
}

/* All free slots into batches, and all batches into the depot. */
static void fill_depot(dry_shared_pool *pool) {
  uint32_t at = 0, end = slots_used_once(pool);
  for (uint32_t slot = 0; slot < end; slot++) {
    uint32_t owner = dryi_load_relaxed_u32(&pool->owners[slot]);
    if (dryi_owner_taken(owner) || owner == DRY_SHARED_POOL_OWNER_WITHDRAWN) continue;
    dryi_slot_clean(pool, slot);
    dryi_store_relaxed_u32(&pool->owners[slot], 0);
    dryi_batch_put(pool->batches + at, slot);
    if (dryi_batch_count(pool->batches + at) == DRYI_MAGAZINE) dryi_depot_put(pool, pool->batches + at++);
  }
  while (at < pool->batch_count) dryi_depot_put(pool, pool->batches + at++);
}

static dry_status lock_all(const dry_shared_pool *pool, int fd, dry_detail *detail) {
  for (uint32_t number = 0; number < pool->cache_count; number++) {
    int error = dryi_os_lock_byte(fd, dryi_shared_pool_lock_at(pool, number));
    if (error == EAGAIN)
      return dryi_fail(detail, DRY_BUSY, "shared pool: cache %u is open in a living process", number);
    if (error) return dryi_fail_os(detail, error, "shared pool: cache %u cannot be locked", number);
  }
  return DRY_OK;
}

static void unlock_all(const dry_shared_pool *pool, int fd) {
  if (fd < 0) return;
  for (uint32_t number = 0; number < pool->cache_count; number++)
    (void)dryi_os_unlock_byte(fd, dryi_shared_pool_lock_at(pool, number));
  (void)dryi_os_close(fd);
}

/* Killed anywhere in this, it is called again: what it goes by, the owner words, is right from the first step on. */
static void rebuild(dry_shared_pool *pool) {
  for (uint32_t number = 0; number < pool->cache_count; number++)
    if (in_use(pool, number)) (void)free_magazines(pool, number);
  DRYI_STEP("repair_words");
  empty_batches(pool);
  DRYI_STEP("repair_emptied");
  for (uint32_t number = 0; number < pool->cache_count; number++) {
    dry_shared_pool_cache_record *record = pool->caches + number;
    dryi_store_relaxed_u32(&record->magazines[0], 0);
    dryi_store_relaxed_u32(&record->magazines[1], 0);
    /* pairs with the acquire in claim */
    dryi_store_release_u32(&record->state, 0);
    DRYI_STEP("repair_record");
  }
  fill_depot(pool);
}

dry_status dry_shared_pool_repair(dry_shared_pool *pool, dry_detail *detail) {
  dry_status status = dryi_shared_pool_usable(pool, true);
  if (status != DRY_OK) return dryi_fail(detail, status, "shared pool: %s", dry_status_text(status));
  /* pairs with the adds where caches are opened and closed */
  if (dryi_load_acquire_u32(&pool->caches_open) != 0)
    return dryi_fail(detail, DRY_BUSY, "shared pool: this handle has caches open");
  int fd;
  status = dryi_shared_pool_descriptor(pool, &fd, detail);
  if (status != DRY_OK) return status;
  if (fd >= 0) status = lock_all(pool, fd, detail);
  if (status == DRY_OK) rebuild(pool);
  unlock_all(pool, fd);
  return status == DRY_OK ? dryi_done(detail) : status;
}

/* ---- reset ---- */

/* In `next` of a batch that is a magazine, while a reset puts all others into the depot; no batch has that number. */
#define HELD UINT32_MAX

static void mark_magazines(dry_shared_pool *pool) {
  for (uint32_t number = 0; number < pool->cache_count; number++)
    for (int which = 0; which < 2; which++) {
      dry_shared_pool_batch *batch = in_use(pool, number) ? magazine_of(pool, number, which) : NULL;
      if (batch) dryi_store_relaxed_u32(&batch->next, HELD);
    }
}

dry_status dry_shared_pool_reset(dry_shared_pool *pool) {
  dry_status status = dryi_shared_pool_usable(pool, true);
  if (status != DRY_OK) return status;
  uint32_t end = slots_used_once(pool);
  empty_batches(pool);
  DRYI_STEP("reset_emptied");
  for (uint32_t slot = 0; slot < end; slot++) {
    if (dryi_load_relaxed_u32(&pool->owners[slot]) == 0) continue;
    dryi_slot_clean(pool, slot);
    dryi_store_relaxed_u32(&pool->owners[slot], 0);
  }
  DRYI_STEP("reset_words");
  for (uint32_t i = 0; i < pool->batch_count; i++) dryi_store_relaxed_u32(&pool->batches[i].next, 0);
  mark_magazines(pool);
  for (uint32_t i = pool->batch_count; i-- > 0;)
    if (dryi_load_relaxed_u32(&pool->batches[i].next) != HELD) dryi_depot_put(pool, pool->batches + i);
  DRYI_STEP("reset_depot");
  dryi_store_relaxed_u64(&pool->header->fresh, 0);
  (void)dryi_add_relaxed_u64(&pool->header->resets, 1);
  return DRY_OK;
}
