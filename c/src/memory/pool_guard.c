/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* pool_guard.c: canaries, poison and wiping, and what AddressSanitizer and Valgrind are told of a pool's slots. */
#include <string.h>

#include "memory/annotate.h"
#include "memory/guard.h"
#include "memory/pool_internal.h"

/* The canary in front of the first slot has the key of no slot. */
#define FRONT_KEY ((uint64_t)1 << 32)
/* What AddressSanitizer is told about never-used slots: it writes a byte of its own for each eight. */
#define HIDE_BYTES_MAX ((uint64_t)1 << 30)

static uint64_t gap_bytes(const dry_pool *pool) {
  return pool->stride_bytes - dryi_pool_owner_of(pool)->facts.object_bytes;
}

static uint8_t *gap(const dry_pool *pool, uint32_t slot) {
  return dryi_pool_object(pool, slot) + dryi_pool_owner_of(pool)->facts.object_bytes;
}

/* ---- annotations ---- */

void dryi_pool_show(const dry_pool *pool, uint32_t slot) {
  const dryi_pool_owner *owner = dryi_pool_owner_of(pool);
  if (owner->annotated) dryi_annotate_alloc(dryi_pool_object(pool, slot), owner->facts.object_bytes);
}

void dryi_pool_hide(const dry_pool *pool, uint32_t slot) {
  if (dryi_pool_owner_of(pool)->annotated)
    dryi_annotate_free(dryi_pool_object(pool, slot), (size_t)pool->stride_bytes);
}

void dryi_pool_hide_range(const dry_pool *pool, uint32_t from, uint32_t to) {
  if (!dryi_pool_owner_of(pool)->annotated || from >= to) return;
  const uint64_t bytes = (to - from) * pool->stride_bytes;
  dryi_annotate_free(dryi_pool_object(pool, from), (size_t)(bytes < HIDE_BYTES_MAX ? bytes : HIDE_BYTES_MAX));
}

void dryi_pool_show_all(const dry_pool *pool) {
  if (dryi_pool_owner_of(pool)->annotated)
    dryi_annotate_alloc(pool->slots, (size_t)(pool->limit * pool->stride_bytes));
}

/* The library itself looks behind the curtain: the whole slot may be touched until dryi_pool_hide or close_gap. */
static void open_slot(const dry_pool *pool, uint32_t slot) {
  if (dryi_pool_owner_of(pool)->annotated)
    dryi_annotate_alloc(dryi_pool_object(pool, slot), (size_t)pool->stride_bytes);
}

static void open_gap(const dry_pool *pool, uint32_t slot) {
  if (dryi_pool_owner_of(pool)->annotated) dryi_annotate_alloc(gap(pool, slot), (size_t)gap_bytes(pool));
}

static void close_gap(const dry_pool *pool, uint32_t slot) {
  if (dryi_pool_owner_of(pool)->annotated) dryi_annotate_free(gap(pool, slot), (size_t)gap_bytes(pool));
}

/* ---- canaries ---- */

void dryi_pool_guard_front(uint8_t *slots) {
  dryi_guard_write(slots - DRY_POOL_CANARY_BYTES, DRY_POOL_CANARY_BYTES, FRONT_KEY);
}

static void write_canary(const dry_pool *pool, uint32_t slot, uint64_t key) {
  open_gap(pool, slot);
  dryi_guard_write(gap(pool, slot), gap_bytes(pool), key);
  close_gap(pool, slot);
}

static bool canary_is(const dry_pool *pool, uint32_t slot, uint64_t key) {
  open_gap(pool, slot);
  const bool holds = dryi_guard_holds(gap(pool, slot), gap_bytes(pool), key);
  close_gap(pool, slot);
  return holds;
}

bool dryi_pool_canaries_hold(const dry_pool *pool, uint32_t slot) {
  const bool before = slot == 0 ? dryi_guard_holds(pool->slots - DRY_POOL_CANARY_BYTES, DRY_POOL_CANARY_BYTES, FRONT_KEY)
                                : canary_is(pool, slot - 1, slot - 1);
  return before && canary_is(pool, slot, slot);
}

/* ---- objects ---- */

bool dryi_pool_poison_holds(const dry_pool *pool, uint32_t slot) {
  open_slot(pool, slot);
  const bool holds = dryi_guard_filled(dryi_pool_object(pool, slot), dryi_pool_owner_of(pool)->facts.object_bytes,
                                       DRY_POOL_POISON_BYTE);
  dryi_pool_hide(pool, slot);
  return holds;
}

bool dryi_pool_guard_take(dry_pool *pool, uint32_t slot) {
  const uint32_t fresh = dryi_pool_load32(&pool->header->fresh), peak = dryi_pool_load32(&pool->header->peak);
  if (slot < fresh || slot < peak) return dryi_pool_poison_holds(pool, slot) && canary_is(pool, slot, slot);
  write_canary(pool, slot, slot);
  return true;
}

void dryi_pool_withdraw(dry_pool *pool, uint32_t slot) {
  /* Put right, so that nobody blames a neighbour for it. */
  write_canary(pool, slot, slot);
  dryi_pool_then(dryi_pool_kill_here, "pool_withdraw_canary");
  pool->used[slot] = DRY_POOL_SLOT_WITHDRAWN;
  dryi_pool_then(dryi_pool_kill_here, "pool_withdraw_used");
  pool->header->withdrawn = dryi_pool_load32(&pool->header->withdrawn) + 1;
  dryi_pool_then(dryi_pool_kill_here, "pool_withdrawn");
  dryi_pool_hide(pool, slot);
}

void dryi_pool_vacate(dry_pool *pool, uint32_t slot) {
  const uint32_t bytes = dryi_pool_owner_of(pool)->facts.object_bytes;
  uint8_t *object = dryi_pool_object(pool, slot);
  if (dryi_pool_has(pool, DRYI_POOL_STORED_FLAGS)) open_slot(pool, slot);
  if (dryi_pool_has(pool, DRY_MEMORY_WIPE)) dryi_wipe(object, bytes);
  if (dryi_pool_has(pool, DRY_MEMORY_GUARDED)) {
    memset(object, DRY_POOL_POISON_BYTE, bytes);
    dryi_guard_write(gap(pool, slot), gap_bytes(pool), slot);
  }
  dryi_pool_hide(pool, slot);
}
