/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* shared_pool_slot.c: one slot: its owner word, its bytes, and what is between two objects. */
#include <string.h>

#include "drystone/pool.h"
#include "memory/annotate.h"
#include "memory/backing.h"
#include "memory/guard.h"
#include "memory/shared_pool_internal.h"

/* ---- bytes ---- */

static bool guarded(const dry_shared_pool *pool) { return (pool->flags & DRY_MEMORY_GUARDED) != 0; }

static uint64_t canary_bytes(const dry_shared_pool *pool) { return pool->stride_bytes - pool->object_bytes; }

static void lay_poison(const dry_shared_pool *pool, uint32_t slot) {
  uint8_t *object = dryi_shared_slot(pool, slot);
  memset(object, DRY_POOL_POISON_BYTE, (size_t)pool->object_bytes);
  dryi_guard_write(object + pool->object_bytes, canary_bytes(pool), slot);
}

static bool canary_holds(const dry_shared_pool *pool, uint32_t slot) {
  return dryi_guard_holds(dryi_shared_slot(pool, slot) + pool->object_bytes, canary_bytes(pool), slot);
}

bool dryi_slot_sound(const dry_shared_pool *pool, uint32_t slot, bool is_free) {
  if (!guarded(pool)) return true;
  uint8_t *object = dryi_shared_slot(pool, slot);
  /* What the tools keep from everybody is ours to look at for the moment. */
  bool annotated = dryi_shared_pool_annotated(pool);
  if (annotated) dryi_annotate_alloc(object, (size_t)pool->stride_bytes);
  bool sound = canary_holds(pool, slot) &&
               (!is_free || dryi_guard_filled(object, pool->object_bytes, DRY_POOL_POISON_BYTE));
  if (annotated) dryi_annotate_free(object + (is_free ? 0 : pool->object_bytes),
                                    (size_t)(is_free ? pool->stride_bytes : canary_bytes(pool)));
  return sound;
}

void dryi_slots_prepare(const dry_shared_pool *pool, uint32_t first, uint32_t count) {
  if (dryi_shared_pool_annotated(pool))
    dryi_annotate_alloc(dryi_shared_slot(pool, first), (size_t)(count * pool->stride_bytes));
  for (uint32_t slot = first; guarded(pool) && slot < first + count; slot++) lay_poison(pool, slot);
  if (dryi_shared_pool_annotated(pool))
    dryi_annotate_free(dryi_shared_slot(pool, first), (size_t)(count * pool->stride_bytes));
}

void dryi_slot_clean(const dry_shared_pool *pool, uint32_t slot) {
  if (dryi_shared_pool_annotated(pool))
    dryi_annotate_alloc(dryi_shared_slot(pool, slot), (size_t)pool->stride_bytes);
  if (pool->flags & DRY_MEMORY_WIPE) dryi_wipe(dryi_shared_slot(pool, slot), pool->object_bytes);
  if (guarded(pool)) lay_poison(pool, slot);
  if (dryi_shared_pool_annotated(pool))
    dryi_annotate_free(dryi_shared_slot(pool, slot), (size_t)pool->stride_bytes);
}

/* ---- taking and giving back ---- */

/* Nobody gets it any more, until a reset. */
static dry_status withdraw(const dry_shared_pool *pool, uint32_t slot) {
  dryi_store_relaxed_u32(&pool->owners[slot], DRY_SHARED_POOL_OWNER_WITHDRAWN);
  return DRY_CORRUPT;
}

dry_status dryi_slot_take(const dry_shared_pool *pool, uint32_t slot, uint32_t owner) {
  if (slot >= pool->capacity) return DRY_CORRUPT;
  uint32_t found = dryi_load_relaxed_u32(&pool->owners[slot]);
  if (found != 0) return DRY_CORRUPT;
  /* Its contents came with the batch, so the swap itself passes nothing on. */
  if (guarded(pool)) {
    if (!dryi_swap_relaxed_u32(&pool->owners[slot], &found, owner)) return DRY_CORRUPT;
    if (!dryi_slot_sound(pool, slot, true)) return withdraw(pool, slot);
  } else {
    dryi_store_relaxed_u32(&pool->owners[slot], owner);
  }
  uint8_t *object = dryi_shared_slot(pool, slot);
  if (dryi_shared_pool_annotated(pool)) dryi_annotate_alloc(object, (size_t)pool->object_bytes);
  /* Poison took the place of the zeros while it was free. */
  if (guarded(pool) && (pool->flags & DRY_MEMORY_WIPE)) memset(object, 0, (size_t)pool->object_bytes);
  return DRY_OK;
}

dry_status dryi_slot_check(const dry_shared_pool *pool, uint32_t slot, uint32_t owner) {
  if (slot >= pool->capacity) return DRY_FOREIGN;
  uint32_t found = dryi_load_relaxed_u32(&pool->owners[slot]);
  if (!guarded(pool)) return found == 0 ? DRY_STALE : DRY_OK;
  /* Of two threads that free it at once, one gets the mark. A swap also fails when the slot was adopted meanwhile. */
  do {
    if (!dryi_owner_taken(found)) return DRY_STALE;
  } while (!dryi_swap_relaxed_u32(&pool->owners[slot], &found, owner | DRY_SHARED_POOL_OWNER_FREEING));
  DRYI_STEP("slot_marked");
  return dryi_slot_sound(pool, slot, false) ? DRY_OK : withdraw(pool, slot);
}

dry_status dryi_slot_of_offset(const dry_shared_pool *pool, uint64_t offset, uint32_t *slot_out) {
  uint64_t slot = dryi_slot_at(offset, pool->stride_inverse, pool->stride_shift);
  if (slot >= pool->capacity) return DRY_FOREIGN;
  *slot_out = (uint32_t)slot;
  return DRY_OK;
}

dry_status dryi_slot_of_address(const dry_shared_pool *pool, const void *memory, uint32_t *slot_out) {
  return dryi_slot_of_offset(pool, (uint64_t)((uintptr_t)memory - (uintptr_t)pool->slots), slot_out);
}
