/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * pool.c: taking slots and giving them back. Each public call tries the inline body, which does it all for plain pools, and
 * else goes on in a function of its own: errors, growing, guards, wiping, tracking, parts of regions.
 */
#include "drystone/pool.h"

#include <string.h>

#include "base/assert.h"
#include "base/detail.h"
#include "memory/pool_internal.h"

/* Kept out of the hot calls, so that those need no stack frame. */
#define COLD __attribute__((noinline, cold))

/* ---- taking ---- */

/* The slot that is taken next. */
static dry_status peek(const dry_pool *pool, uint32_t *slot_out) {
  const uint32_t count = dryi_pool_load32(&pool->header->free_count), limit = pool->limit;
  if (count > limit) return DRY_CORRUPT;
  *slot_out = dryi_pool_load32(count > 0 ? pool->stack + (count - 1) : &pool->header->fresh);
  if (*slot_out < limit) return dryi_pool_is_used(pool, *slot_out) ? DRY_CORRUPT : DRY_OK;
  return count == 0 && *slot_out == limit ? DRY_FULL : DRY_CORRUPT;
}

/* The same, after growing where that helps. A request that finds none is counted. */
static dry_status next_slot(dry_pool *pool, uint32_t *slot_out) {
  dry_status status = peek(pool, slot_out);
  if (status != DRY_FULL) return status;
  status = dryi_pool_grow(pool, 1);
  if (status == DRY_OK) return peek(pool, slot_out);
  if (status == DRY_FULL) pool->header->failures = dryi_pool_load64(&pool->header->failures) + 1;
  return status;
}

dry_status dryi_pool_take_checked(dry_pool *pool, uint32_t *slot_out, uint64_t caller) {
  uint32_t slot;
  const dry_status status = next_slot(pool, &slot);
  if (status != DRY_OK) return status;
  const bool guarded = dryi_pool_has(pool, DRY_MEMORY_GUARDED);
  const bool whole = !guarded || dryi_pool_guard_take(pool, slot);
  if (!dryi_pool_take_top(pool, pool->limit, false, &slot, dryi_pool_kill_here) &&
      !dryi_pool_take_fresh(pool, pool->limit, &slot, dryi_pool_kill_here))
    return DRY_CORRUPT;
  dryi_leaks_note(&dryi_pool_owner_of(pool)->leaks, slot, caller);
  if (!whole) {
    dryi_pool_withdraw(pool, slot);
    return DRY_CORRUPT;
  }
  dryi_pool_show(pool, slot);
  /* Objects of a wiped pool are zeros when they are taken, poisoned in between or not. */
  if (guarded && dryi_pool_has(pool, DRY_MEMORY_WIPE))
    memset(dryi_pool_object(pool, slot), 0, dryi_pool_owner_of(pool)->facts.object_bytes);
  *slot_out = slot;
  return DRY_OK;
}

static inline bool take_plain(dry_pool *pool, uint32_t *slot_out) {
  return dryi_pool_take_top(pool, pool->plain, true, slot_out, NULL) ||
         dryi_pool_take_fresh(pool, pool->plain, slot_out, NULL);
}

static COLD dry_status acquire_slow(dry_pool *pool, uint32_t *slot_out, uint64_t caller) {
  if (!slot_out) return DRY_INVALID_ARGUMENT;
  *slot_out = 0;
  const dry_status status = dryi_pool_may_write(pool);
  return status == DRY_OK ? dryi_pool_take_checked(pool, slot_out, caller) : status;
}

dry_status dry_pool_acquire(dry_pool *pool, uint32_t *slot_out) {
  if (pool && slot_out && take_plain(pool, slot_out)) return DRY_OK;
  return acquire_slow(pool, slot_out, DRYI_CALLER());
}

static COLD dry_status alloc_slow(dry_pool *pool, void **memory_out, uint64_t caller) {
  if (!memory_out) return DRY_INVALID_ARGUMENT;
  *memory_out = NULL;
  uint32_t slot;
  const dry_status status = acquire_slow(pool, &slot, caller);
  if (status == DRY_OK) *memory_out = dryi_pool_object(pool, slot);
  return status;
}

dry_status dry_pool_alloc(dry_pool *pool, void **memory_out) {
  uint32_t slot;
  if (pool && memory_out && take_plain(pool, &slot)) {
    *memory_out = dryi_pool_object(pool, slot);
    return DRY_OK;
  }
  return alloc_slow(pool, memory_out, DRYI_CALLER());
}

/* ---- giving back ---- */

dry_status dryi_pool_check_give(dry_pool *pool, uint32_t slot) {
  const dry_status status = dryi_pool_check_slot(pool, slot);
  if (status != DRY_OK) return status;
  if (dryi_pool_load32(&pool->header->free_count) >= pool->limit) return DRY_CORRUPT;
  if (!dryi_pool_has(pool, DRY_MEMORY_GUARDED) || dryi_pool_canaries_hold(pool, slot)) return DRY_OK;
  dryi_pool_withdraw(pool, slot);
  return DRY_CORRUPT;
}

static COLD dry_status release_slow(dry_pool *pool, uint32_t slot) {
  dry_status status = dryi_pool_may_write(pool);
  if (status == DRY_OK) status = dryi_pool_check_give(pool, slot);
  if (status != DRY_OK) return status;
  dryi_pool_vacate(pool, slot);
  dryi_pool_then(dryi_pool_kill_here, "pool_vacated");
  return dryi_pool_give(pool, slot, false, dryi_pool_kill_here) ? DRY_OK : DRY_CORRUPT;
}

dry_status dry_pool_release(dry_pool *pool, uint32_t slot) {
  if (pool && slot < pool->plain && dryi_pool_give(pool, slot, true, NULL)) return DRY_OK;
  return release_slow(pool, slot);
}

static dry_status slot_at(const dry_pool *pool, uint64_t offset, uint32_t *slot_out) {
  const uint64_t slot = dryi_pool_slot_at(pool, offset);
  if (slot >= pool->limit) return DRY_FOREIGN;
  *slot_out = (uint32_t)slot;
  return DRY_OK;
}

static COLD dry_status free_slow(dry_pool *pool, uint64_t offset) {
  uint32_t slot;
  dry_status status = dryi_pool_may_write(pool);
  if (status == DRY_OK) status = slot_at(pool, offset, &slot);
  return status == DRY_OK ? release_slow(pool, slot) : status;
}

static inline dry_status free_offset(dry_pool *pool, uint64_t offset) {
  const uint64_t slot = dryi_pool_slot_at(pool, offset);
  if (slot < pool->plain && dryi_pool_give(pool, (uint32_t)slot, true, NULL)) return DRY_OK;
  return free_slow(pool, offset);
}

dry_status dry_pool_free(dry_pool *pool, void *memory) {
  return pool ? free_offset(pool, dryi_pool_offset_of(pool, memory)) : DRY_INVALID_ARGUMENT;
}

dry_status dry_pool_free_at(dry_pool *pool, uint64_t offset) {
  return pool ? free_offset(pool, offset) : DRY_INVALID_ARGUMENT;
}

dry_status dry_pool_slot_of(const dry_pool *pool, const void *memory, uint32_t *slot_out) {
  if (!slot_out) return DRY_INVALID_ARGUMENT;
  *slot_out = 0;
  dry_status status = dryi_pool_may_read(pool);
  uint32_t slot = 0;
  if (status == DRY_OK) status = slot_at(pool, dryi_pool_offset_of(pool, memory), &slot);
  if (status == DRY_OK) *slot_out = slot;
  return status;
}

dry_status dry_pool_reset(dry_pool *pool) {
  const dry_status status = dryi_pool_may_write(pool);
  if (status != DRY_OK) return status;
  const uint32_t fresh = dryi_pool_load32(&pool->header->fresh);
  if (fresh > pool->limit) return DRY_CORRUPT;
  dryi_pool_clear(pool, fresh);
  return DRY_OK;
}

/* ---- objects ---- */

static dry_status object_to_read(const dry_pool *pool, uint32_t slot) {
  const dry_status status = dryi_pool_may_read(pool);
  return status == DRY_OK ? dryi_pool_check_slot(pool, slot) : status;
}

static dry_status object_to_write(const dry_pool *pool, uint32_t slot) {
  const dry_status status = dryi_pool_may_write(pool);
  return status == DRY_OK ? dryi_pool_check_slot(pool, slot) : status;
}

dry_status dry_pool_at(const dry_pool *pool, uint32_t slot, void **memory_out) {
  if (!memory_out) return DRY_INVALID_ARGUMENT;
  *memory_out = NULL;
  const dry_status status = object_to_read(pool, slot);
  if (status == DRY_OK) *memory_out = dryi_pool_object(pool, slot);
  return status;
}

dry_status dry_pool_fill(dry_pool *pool, uint32_t slot, uint8_t byte) {
  const dry_status status = object_to_write(pool, slot);
  if (status == DRY_OK) memset(dryi_pool_object(pool, slot), byte, dryi_pool_owner_of(pool)->facts.object_bytes);
  return status;
}

static dry_status check_range(const dry_pool *pool, uint64_t at, const void *bytes, uint64_t count) {
  const bool inside = dryi_in_range(at, count, dryi_pool_owner_of(pool)->facts.object_bytes);
  return inside && (bytes || count == 0) ? DRY_OK : DRY_INVALID_ARGUMENT;
}

dry_status dry_pool_read(const dry_pool *pool, uint32_t slot, uint64_t at, void *bytes_out, uint64_t count) {
  dry_status status = object_to_read(pool, slot);
  if (status == DRY_OK) status = check_range(pool, at, bytes_out, count);
  if (status == DRY_OK && count > 0) memcpy(bytes_out, dryi_pool_object(pool, slot) + at, (size_t)count);
  return status;
}

dry_status dry_pool_write(dry_pool *pool, uint32_t slot, uint64_t at, const void *bytes, uint64_t count) {
  dry_status status = object_to_write(pool, slot);
  if (status == DRY_OK) status = check_range(pool, at, bytes, count);
  if (status == DRY_OK && count > 0) memmove(dryi_pool_object(pool, slot) + at, bytes, (size_t)count);
  return status;
}

dry_status dry_pool_next_used(const dry_pool *pool, uint32_t from, uint32_t *slot_out) {
  if (!slot_out) return DRY_INVALID_ARGUMENT;
  *slot_out = 0;
  const dry_status status = dryi_pool_may_read(pool);
  if (status != DRY_OK) return status;
  for (uint32_t at = from; at < pool->limit;) {
    if (at % 8 == 0 && dryi_pool_used8(pool, at) == 0) {
      at += 8;
    } else if (dryi_pool_check_slot(pool, at) == DRY_OK) {
      *slot_out = at;
      return DRY_OK;
    } else {
      at++;
    }
  }
  return DRY_NOT_FOUND;
}
