/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* shared_pool_direct.c: one slot straight from the depot, and straight back to it. */
#include "memory/shared_pool_internal.h"

/* Takes the last slot of a batch that was taken from the depot, and puts the batch back. */
static dry_status take_from(dry_shared_pool *pool, dry_shared_pool_batch *batch, uint32_t *slot_out) {
  uint32_t count = dryi_batch_count(batch);
  uint32_t slot = dryi_load_relaxed_u32(&batch->slots[count - 1]);
  dry_status status = dryi_slot_take(pool, slot, DRY_SHARED_POOL_OWNER_NONE);
  dryi_keep_order();
  dryi_store_relaxed_u32(&batch->count, count - 1);
  DRYI_STEP("direct_taken");
  dryi_depot_put(pool, batch);
  if (status == DRY_OK) *slot_out = slot;
  return status;
}

static dry_status take_fresh(dry_shared_pool *pool, uint32_t *slot_out) {
  uint32_t slot;
  if (dryi_depot_take_fresh(pool, 1, &slot) == 0) return DRY_FULL;
  dry_status status = dryi_slot_take(pool, slot, DRY_SHARED_POOL_OWNER_NONE);
  if (status == DRY_OK) *slot_out = slot;
  return status;
}

dry_status dry_shared_pool_acquire(dry_shared_pool *pool, uint32_t *slot_out) {
  if (!slot_out) return DRY_INVALID_ARGUMENT;
  *slot_out = 0;
  dry_status status = dryi_shared_pool_usable(pool, true);
  if (status != DRY_OK) return status;
  for (int look = 0;; look++) {
    uint64_t changes = dryi_depot_changes(pool);
    dry_shared_pool_batch *batch = dryi_depot_take(pool, true, &status);
    if (batch) return take_from(pool, batch, slot_out);
    if (status == DRY_FULL) status = take_fresh(pool, slot_out);
    if (status == DRY_OK || status == DRY_CORRUPT) return status;
    if (look == DRYI_DEPOT_LOOKS || changes == dryi_depot_changes(pool)) break;
  }
  (void)dryi_add_relaxed_u64(&pool->header->failures, 1);
  return DRY_FULL;
}

dry_status dry_shared_pool_release(dry_shared_pool *pool, uint32_t slot) {
  dry_status status = dryi_shared_pool_usable(pool, true);
  if (status != DRY_OK) return status;
  if (slot >= pool->capacity) return DRY_FOREIGN;
  if (dryi_load_relaxed_u32(&pool->owners[slot]) == 0) return DRY_STALE;
  dry_shared_pool_batch *batch = dryi_depot_take_partial(pool);
  if (!batch) batch = dryi_depot_take_empty(pool);
  if (!batch) return DRY_BUSY;
  status = dryi_slot_check(pool, slot, DRY_SHARED_POOL_OWNER_NONE);
  if (status == DRY_OK) {
    dryi_slot_clean(pool, slot);
    /* Unlike a cache's magazine this batch is found by nobody while it is being carried: a slot in it that is free already
       is what a repair brings back, one that still counts as taken would be lost. */
    dryi_slot_free(pool, slot);
    DRYI_STEP("direct_freed");
    dryi_batch_put(batch, slot);
  }
  dryi_depot_put(pool, batch);
  return status;
}

dry_status dry_shared_pool_release_at(dry_shared_pool *pool, uint64_t offset) {
  dry_status status = dryi_shared_pool_usable(pool, true);
  if (status != DRY_OK) return status;
  uint32_t slot;
  status = dryi_slot_of_offset(pool, offset, &slot);
  return status == DRY_OK ? dry_shared_pool_release(pool, slot) : status;
}
