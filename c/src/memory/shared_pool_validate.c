/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * shared_pool_validate.c: whether all is where it can be.
 *
 * Two kinds of checks. What holds at every moment (records, owner words, indices, reserved bytes) is looked at once. That
 * each batch and each slot is in one place only can be told while nobody works; so where that seems to be broken, the
 * activity of the pool is compared before and after, and if there was any, all of it is looked at again.
 */
#include <string.h>

#include "base/detail.h"
#include "memory/shared_pool_internal.h"
#include "os/os.h"

/* How often others may come in between. */
#define ATTEMPTS 20

typedef struct state {
  const dry_shared_pool *pool;
  dry_detail *detail;
  uint64_t fresh;
  uint8_t *batches; /* a bit each: seen */
  uint8_t *slots;
  uint64_t bytes;   /* of both together, behind each other */
} state;

static bool seen_before(uint8_t *bits, uint32_t index) {
  uint8_t bit = (uint8_t)(1u << (index % 8));
  bool before = (bits[index / 8] & bit) != 0;
  bits[index / 8] |= bit;
  return before;
}

static uint64_t offset_of(const state *s, const void *place) {
  return (uint64_t)((const uint8_t *)place - (const uint8_t *)s->pool->header);
}

/* ---- what holds at every moment ---- */

static bool all_zero(const void *from, uint64_t bytes) {
  const uint8_t *at = (const uint8_t *)from;
  for (uint64_t i = 0; i < bytes; i++)
    if (at[i] != 0) return false;
  return true;
}

static dry_status reserved_set(const state *s, const void *place, const char *where) {
  return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, place), "shared pool: reserved bytes of %s are set", where);
}

static dry_status check_header(const state *s) {
  const dry_shared_pool_header *header = s->pool->header;
  if (!all_zero(header->reserved1, sizeof header->reserved1) || !all_zero(header->reserved2, sizeof header->reserved2) ||
      !all_zero(header->reserved3, sizeof header->reserved3) || !all_zero(header->reserved4, sizeof header->reserved4) ||
      !all_zero(header->reserved5, sizeof header->reserved5))
    return reserved_set(s, header, "the header");
  const uint8_t *owners_end = (const uint8_t *)(s->pool->owners + s->pool->capacity);
  const uint8_t *caches_end = (const uint8_t *)(s->pool->caches + s->pool->cache_count);
  if (!all_zero(owners_end, (uint64_t)((const uint8_t *)s->pool->batches - owners_end)))
    return reserved_set(s, owners_end, "the owners");
  if (!all_zero(caches_end, (uint64_t)(s->pool->slots - caches_end))) return reserved_set(s, caches_end, "the caches");
  if (s->fresh <= s->pool->capacity) return DRY_OK;
  return dryi_fail_at(s->detail, DRY_CORRUPT, offsetof(dry_shared_pool_header, fresh),
                      "shared pool: fresh is %llu of %u slots", (unsigned long long)s->fresh, s->pool->capacity);
}

static dry_status check_record(const state *s, uint32_t number) {
  const dry_shared_pool_cache_record *record = s->pool->caches + number;
  if (!all_zero(record->reserved, sizeof record->reserved)) return reserved_set(s, record, "a cache");
  uint32_t in_use = dryi_load_relaxed_u32(&record->state), opening = dryi_load_relaxed_u32(&record->opening);
  if (in_use <= 1 && opening <= DRY_SHARED_POOL_OPENINGS_MAX) return DRY_OK;
  return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, record), "shared pool: cache %u: state %u, opening %u", number,
                      in_use, opening);
}

/* Whether somebody can have taken a slot with that word. */
static bool owner_sound(const dry_shared_pool *pool, uint32_t owner) {
  if (owner == 0 || owner == DRY_SHARED_POOL_OWNER_WITHDRAWN) return true;
  owner &= ~DRY_SHARED_POOL_OWNER_FREEING;
  uint32_t number = owner % DRY_SHARED_POOL_CACHES_MAX, opening = owner >> DRY_SHARED_POOL_OWNER_BITS;
  if (opening == 0) return owner == DRY_SHARED_POOL_OWNER_NONE;
  return number < pool->cache_count && opening <= dryi_load_relaxed_u32(&pool->caches[number].opening);
}

static dry_status check_owner(const state *s, uint32_t slot) {
  const dry_shared_pool *pool = s->pool;
  uint32_t owner = dryi_load_relaxed_u32(&pool->owners[slot]);
  if (!owner_sound(pool, owner))
    return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, &pool->owners[slot]),
                        "shared pool: slot %u: nobody has the owner word 0x%08x", slot, owner);
  if (dryi_owner_taken(owner) && !dryi_slot_sound(pool, slot, false))
    return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, dryi_shared_slot(pool, slot)),
                        "shared pool: slot %u was written beyond its end", slot);
  return DRY_OK;
}

static dry_status check_always(const state *s) {
  dry_status status = check_header(s);
  for (uint32_t i = 0; i < s->pool->batch_count && status == DRY_OK; i++) {
    const dry_shared_pool_batch *batch = s->pool->batches + i;
    if (!all_zero(batch->reserved, sizeof batch->reserved)) status = reserved_set(s, batch, "a batch");
  }
  for (uint32_t i = 0; i < s->pool->cache_count && status == DRY_OK; i++) status = check_record(s, i);
  for (uint32_t slot = 0; slot < s->fresh && status == DRY_OK; slot++) status = check_owner(s, slot);
  return status;
}

/* ---- what holds while nobody works ---- */

static dry_status check_listed(const state *s, uint32_t slot, bool in_depot) {
  const dry_shared_pool *pool = s->pool;
  if (slot >= s->fresh)
    return dryi_fail(s->detail, DRY_CORRUPT, "shared pool: slot %u is listed as free, but was never taken", slot);
  if (seen_before(s->slots, slot))
    return dryi_fail(s->detail, DRY_CORRUPT, "shared pool: slot %u is listed as free twice", slot);
  uint32_t owner = dryi_load_relaxed_u32(&pool->owners[slot]);
  /* In the magazine of a cache whose process died it may be anybody's. */
  if (owner != 0 && in_depot)
    return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, &pool->owners[slot]),
                        "shared pool: slot %u is in the depot, but 0x%08x has taken it", slot, owner);
  if (owner == 0 && !dryi_slot_sound(pool, slot, true))
    return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, dryi_shared_slot(pool, slot)),
                        "shared pool: slot %u was written to while it was free", slot);
  return DRY_OK;
}

static dry_status check_batch(const state *s, uint64_t number, uint32_t least, uint32_t most, bool in_depot) {
  if (number > s->pool->batch_count)
    return dryi_fail(s->detail, DRY_CORRUPT, "shared pool: there is no batch %llu", (unsigned long long)number - 1);
  const dry_shared_pool_batch *batch = s->pool->batches + (number - 1);
  if (seen_before(s->batches, (uint32_t)number - 1))
    return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, batch), "shared pool: batch %llu is in two places",
                        (unsigned long long)number - 1);
  uint32_t count = dryi_batch_count(batch);
  if (count < least || count > most)
    return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, batch), "shared pool: batch %llu holds %u slots, not %u .. %u",
                        (unsigned long long)number - 1, count, least, most);
  for (uint32_t i = 0; i < count; i++) {
    dry_status status = check_listed(s, dryi_load_relaxed_u32(&batch->slots[i]), in_depot);
    if (status != DRY_OK) return status;
  }
  return DRY_OK;
}

static dry_status check_stack(const state *s, const uint64_t *head, uint32_t least, uint32_t most) {
  const uint64_t mask = ((uint64_t)1 << DRY_SHARED_POOL_BATCH_BITS) - 1;
  /* pairs with the release in push; each batch is met once, so this ends */
  uint64_t number = dryi_load_acquire_u64(head) & mask;
  while (number != 0) {
    dry_status status = check_batch(s, number, least, most, true);
    if (status != DRY_OK) return status;
    number = dryi_load_relaxed_u32(&s->pool->batches[number - 1].next);
  }
  return DRY_OK;
}

static dry_status check_magazines(const state *s, uint32_t cache) {
  const dry_shared_pool_cache_record *record = s->pool->caches + cache;
  bool in_use = dryi_load_relaxed_u32(&record->state) != 0;
  for (int which = 0; which < 2; which++) {
    uint32_t number = dryi_load_relaxed_u32(&record->magazines[which]);
    if (number == 0) continue;
    if (!in_use)
      return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, record), "shared pool: cache %u is closed, but has batch %u",
                          cache, number - 1);
    dry_status status = check_batch(s, number, 0, DRYI_MAGAZINE, false);
    if (status != DRY_OK) return status;
  }
  return DRY_OK;
}

static dry_status check_at_rest(const state *s) {
  const dry_shared_pool *pool = s->pool;
  memset(s->batches, 0, (size_t)s->bytes);
  dry_status status = check_stack(s, &pool->header->full, DRYI_MAGAZINE, DRYI_MAGAZINE);
  if (status == DRY_OK) status = check_stack(s, &pool->header->partial, 1, DRYI_MAGAZINE - 1);
  if (status == DRY_OK) status = check_stack(s, &pool->header->empty, 0, 0);
  for (uint32_t i = 0; i < pool->cache_count && status == DRY_OK; i++) status = check_magazines(s, i);
  for (uint64_t slot = s->fresh; slot < pool->capacity && status == DRY_OK; slot++) {
    uint32_t owner = dryi_load_relaxed_u32(&pool->owners[slot]);
    if (owner != 0)
      status = dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, &pool->owners[slot]),
                            "shared pool: slot %llu was never taken, but has the owner word 0x%08x",
                            (unsigned long long)slot, owner);
  }
  return status;
}

/* A number that practically always changes when somebody does something. */
static uint64_t activity(const dry_shared_pool *pool) {
  uint64_t sum = dryi_depot_changes(pool) + (dryi_load_relaxed_u64(&pool->header->empty) << 20);
  for (uint32_t i = 0; i < pool->cache_count; i++) {
    const dry_shared_pool_cache_record *record = pool->caches + i;
    sum = sum * 31 + dryi_load_relaxed_u32(&record->state) + dryi_load_relaxed_u32(&record->opening);
    for (int which = 0; which < 2; which++) {
      uint32_t number = dryi_load_relaxed_u32(&record->magazines[which]);
      sum = sum * 31 + number;
      if (number == 0 || number > pool->batch_count) continue;
      const dry_shared_pool_batch *batch = pool->batches + (number - 1);
      uint32_t count = dryi_batch_count(batch);
      sum = sum * 31 + count;
      if (count - 1 < DRYI_MAGAZINE) sum = sum * 31 + dryi_load_relaxed_u32(&batch->slots[count - 1]);
    }
  }
  return sum;
}

static dry_status validate(state *s) {
  const dry_shared_pool *pool = s->pool;
  dry_status status = DRY_OK;
  for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
    uint64_t before = activity(pool);
    s->fresh = dryi_load_relaxed_u64(&pool->header->fresh);
    status = check_always(s);
    if (status == DRY_OK) status = check_at_rest(s);
    if (status == DRY_OK || before == activity(pool)) return status;
    dryi_os_sleep_ns(50000);
  }
  /* Others never paused: then what holds at every moment has to do. */
  s->fresh = dryi_load_relaxed_u64(&pool->header->fresh);
  return check_always(s);
}

dry_status dry_shared_pool_validate(const dry_shared_pool *pool, dry_detail *detail) {
  dry_status status = dryi_shared_pool_usable(pool, false);
  if (status != DRY_OK) return dryi_fail(detail, status, "shared pool: %s", dry_status_text(status));
  state s = {.pool = pool, .detail = detail};
  const uint64_t batch_bytes = (uint64_t)pool->batch_count / 8 + 1;
  s.bytes = batch_bytes + (uint64_t)pool->capacity / 8 + 1;
  s.batches = (uint8_t *)dryi_os_alloc_zeroed((size_t)s.bytes);
  if (!s.batches) return dryi_fail(detail, DRY_OUT_OF_MEMORY, "shared pool: no memory to check it with");
  s.slots = s.batches + batch_bytes;
  status = validate(&s);
  dryi_os_free(s.batches);
  return status == DRY_OK ? dryi_done(detail) : status;
}
