/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* pool_report.c: what can be said of a pool: that it is sound, who has what, and how much. */
#include <string.h>

#include "base/detail.h"
#include "memory/pool_internal.h"

/* ---- validation ---- */

static dry_status check_header(const dry_pool *pool, dry_detail *detail) {
  const dry_pool_header *header = pool->header, *facts = &dryi_pool_owner_of(pool)->facts;
  if (memcmp(header, facts, offsetof(dry_pool_header, free_count)) != 0)
    return dryi_fail(detail, DRY_CORRUPT, "pool: header: it changed since the pool was opened");
  for (size_t i = 0; i < sizeof header->reserved1 / sizeof header->reserved1[0]; i++)
    if (header->reserved1[i] != 0)
      return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, reserved1),
                          "pool: header: reserved bytes are set");
  const uint32_t peak = dryi_pool_load32(&header->peak), pending = dryi_pool_load32(&header->pending);
  if (peak > facts->capacity)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, peak), "pool: header: a peak of %u, of %u slots",
                        peak, facts->capacity);
  if (pending > DRY_POOL_PENDING_STACK)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, pending), "pool: header: %u is pending", pending);
  return DRY_OK;
}

static dry_status bad_slot(const dry_pool *pool, uint32_t slot, const char *cause, dry_detail *detail) {
  const uint64_t offset = dryi_pool_owner_of(pool)->facts.slots_offset + slot * pool->stride_bytes;
  return dryi_fail_at(detail, DRY_CORRUPT, offset, "pool: slot %u: %s", slot, cause);
}

/* Every slot that was in use once has canaries on both sides, and poison in it when it is free. */
static dry_status check_guards(const dry_pool *pool, dry_detail *detail) {
  const uint32_t fresh = dryi_pool_load32(&pool->header->fresh), peak = dryi_pool_load32(&pool->header->peak);
  const uint32_t end = fresh > peak ? fresh : peak;
  for (uint32_t slot = 0; slot < end && slot < pool->limit; slot++) {
    const bool taken = dryi_pool_is_used(pool, slot);
    if (dryi_pool_is_withdrawn(pool, slot)) continue;
    if (!dryi_pool_canaries_hold(pool, slot)) return bad_slot(pool, slot, "written beyond its end or its start", detail);
    if (!taken && !dryi_pool_poison_holds(pool, slot)) return bad_slot(pool, slot, "written to while it was free", detail);
  }
  return DRY_OK;
}

dry_status dry_pool_validate(const dry_pool *pool, dry_detail *detail) {
  dry_status status = dryi_pool_may_read(pool);
  if (status != DRY_OK) return dryi_fail(detail, status, "pool: %s", dry_status_text(status));
  status = check_header(pool, detail);
  if (status != DRY_OK) return status;
  /* What a killed process left half-done is finished when the pool is opened for writing. Until then only
     `used` counts. */
  if (dryi_pool_load32(&pool->header->pending) != 0) return dryi_done(detail);
  dryi_pool_remains remains;
  status = dryi_pool_examine(pool, &remains, detail);
  if (status == DRY_OK && dryi_pool_has(pool, DRY_MEMORY_GUARDED)) status = check_guards(pool, detail);
  return status == DRY_OK ? dryi_done(detail) : status;
}

/* ---- leaks ---- */

dry_status dry_pool_report_leaks(const dry_pool *pool, dry_leak_visitor visitor, void *context, uint64_t *count_out) {
  if (count_out) *count_out = 0;
  if (!visitor) return DRY_INVALID_ARGUMENT;
  uint64_t told = 0;
  int32_t answer = 0;
  uint32_t slot = 0;
  dry_status status = dry_pool_next_used(pool, 0, &slot);
  while (status == DRY_OK && answer == 0) {
    const dryi_pool_owner *owner = dryi_pool_owner_of(pool);
    dry_leak leak;
    dryi_leak_describe(slot, owner->facts.object_bytes, dryi_leaks_site(&owner->leaks, slot), &leak);
    told++;
    answer = visitor(context, &leak);
    status = dry_pool_next_used(pool, slot + 1, &slot);
  }
  if (count_out) *count_out = told;
  if (answer != 0) return answer;
  return status == DRY_NOT_FOUND ? DRY_OK : status;
}

/* ---- facts ---- */

static uint64_t size_now(const dry_pool *pool, const dry_pool_header *facts) {
  if (pool->limit == facts->capacity) return facts->size_bytes;
  const uint64_t limit = pool->limit;
  return DRY_POOL_HEADER_BYTES + dryi_align_up(limit, 8) + limit * 4 + limit * pool->stride_bytes;
}

dry_status dry_pool_get_stats(const dry_pool *pool, dry_pool_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  const dry_status status = dryi_pool_may_read(pool);
  if (status != DRY_OK) return status;
  const dryi_pool_owner *owner = dryi_pool_owner_of(pool);
  const dry_pool_header *header = pool->header, *facts = &owner->facts;
  const uint32_t fresh = dryi_pool_load32(&header->fresh), count = dryi_pool_load32(&header->free_count);
  const uint32_t peak = dryi_pool_load32(&header->peak), withdrawn = dryi_pool_load32(&header->withdrawn);
  if (fresh > pool->limit || count > fresh || peak > facts->capacity || withdrawn > fresh - count) return DRY_CORRUPT;
  stats_out->object_bytes = facts->object_bytes;
  stats_out->stride_bytes = facts->stride_bytes;
  stats_out->align_bytes = facts->align_bytes;
  stats_out->capacity_slots = pool->limit;
  stats_out->capacity_max_slots = facts->capacity;
  stats_out->in_use = fresh - count;
  stats_out->peak = peak > fresh ? peak : fresh;
  stats_out->failures = dryi_pool_load64(&header->failures);
  stats_out->withdrawn = withdrawn;
  stats_out->size_bytes = size_now(pool, facts);
  const uint32_t tracked = owner->leaks.memory.base ? DRY_MEMORY_TRACK : 0;
  stats_out->granted = owner->backing.memory.granted | facts->flags | tracked;
  stats_out->refused = owner->backing.memory.refused;
  return DRY_OK;
}
