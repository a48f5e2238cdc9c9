/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* pool_many.c: batches, all or nothing: one check of the pool and one store of each counter for many slots. */
#include <string.h>

#include "base/detail.h"
#include "memory/pool_internal.h"

static void then(const char *name) { dryi_pool_then(dryi_pool_kill_here, name); }

/* Checks the range, once more in some places: what lies on the stack may be changing under us in a region. */
static bool change(dry_pool *pool, uint32_t slot, uint8_t from, uint8_t to) {
  if (slot >= pool->limit || dryi_pool_load8(pool->used + slot) != from) return false;
  pool->used[slot] = to;
  return true;
}

static bool mark_taken(dry_pool *pool, uint32_t slot) {
  return change(pool, slot, DRY_POOL_SLOT_FREE, DRY_POOL_SLOT_TAKEN);
}

static bool mark_free(dry_pool *pool, uint32_t slot) {
  return change(pool, slot, DRY_POOL_SLOT_TAKEN, DRY_POOL_SLOT_FREE);
}

/* ---- taking ---- */

/* Room for `count` slots: how many come from the stack, the rest being never-used ones. */
static dry_status make_room(dry_pool *pool, uint64_t count, uint32_t *from_stack_out) {
  dry_pool_header *header = pool->header;
  const uint32_t stacked = dryi_pool_load32(&header->free_count), fresh = dryi_pool_load32(&header->fresh);
  if (fresh > pool->limit || stacked > fresh) return DRY_CORRUPT;
  *from_stack_out = stacked < count ? stacked : (uint32_t)count;
  const uint64_t wanted = count - *from_stack_out, there = pool->limit - fresh;
  const dry_status status = wanted <= there ? DRY_OK : dryi_pool_grow(pool, wanted - there);
  if (status == DRY_FULL) header->failures = dryi_pool_load64(&header->failures) + 1;
  return status;
}

/* Takes the `count` slots on top of the stack. Marks come first, the top one's before the others': what a killed process
   leaves is a row of taken ones on top. */
static dry_status take_stacked(dry_pool *pool, uint32_t *slots_out, uint32_t count) {
  const uint32_t stacked = dryi_pool_load32(&pool->header->free_count);
  if (stacked > pool->limit || stacked < count) return DRY_CORRUPT;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t slot = dryi_pool_load32(pool->stack + (stacked - 1 - i));
    if (!mark_taken(pool, slot)) {
      while (i-- > 0) (void)mark_free(pool, dryi_pool_load32(pool->stack + (stacked - 1 - i)));
      return DRY_CORRUPT;
    }
    slots_out[i] = slot;
    then("pool_many_take");
  }
  pool->header->free_count = stacked - count;
  then("pool_many_count");
  return DRY_OK;
}

static dry_status take_fresh(dry_pool *pool, uint32_t *slots_out, uint64_t count) {
  const uint32_t fresh = dryi_pool_load32(&pool->header->fresh);
  if (fresh > pool->limit || count > pool->limit - fresh) return DRY_CORRUPT;
  for (uint32_t i = 0; i < count; i++) {
    slots_out[i] = fresh + i;
    if (!mark_taken(pool, fresh + i)) {
      while (i-- > 0) (void)mark_free(pool, fresh + i);
      return DRY_CORRUPT;
    }
    then("pool_many_take_fresh");
  }
  pool->header->fresh = fresh + (uint32_t)count;
  then("pool_many_fresh");
  return DRY_OK;
}

/* Puts what was just taken back, so that the same slots come in the same order again. The list is the caller's, who may have
   changed it meanwhile. */
static void put_back(dry_pool *pool, const uint32_t *slots, uint64_t count) {
  while (count-- > 0) {
    const uint32_t slot = dryi_pool_load32(slots + count);
    if (dryi_pool_check_slot(pool, slot) != DRY_OK) continue;
    dryi_pool_vacate(pool, slot);
    (void)dryi_pool_give(pool, slot, false, dryi_pool_kill_here);
  }
}

static dry_status take_batch(dry_pool *pool, uint32_t *slots_out, uint64_t count, uint32_t stacked, uint64_t caller) {
  dry_status status = take_stacked(pool, slots_out, stacked);
  if (status != DRY_OK) return status;
  status = take_fresh(pool, slots_out + stacked, count - stacked);
  if (status != DRY_OK) {
    put_back(pool, slots_out, stacked);
    return status;
  }
  const dryi_pool_owner *owner = dryi_pool_owner_of(pool);
  if (!owner->annotated && !owner->leaks.memory.base) return DRY_OK;
  for (uint64_t i = 0; i < count; i++) {
    const uint32_t slot = dryi_pool_load32(slots_out + i);
    if (slot >= pool->limit) continue;
    dryi_leaks_note(&owner->leaks, slot, caller);
    dryi_pool_show(pool, slot);
  }
  return DRY_OK;
}

/* Guarded: each object is looked at on its own, and the first bad one ends it. */
static dry_status take_guarded(dry_pool *pool, uint32_t *slots_out, uint64_t count, uint64_t caller) {
  for (uint64_t i = 0; i < count; i++) {
    const dry_status status = dryi_pool_take_checked(pool, slots_out + i, caller);
    if (status == DRY_OK) continue;
    put_back(pool, slots_out, i);
    return status;
  }
  return DRY_OK;
}

/* From the stack of a plain pool: nobody else can write to its memory, and nobody finds it after a kill. */
static bool take_plainly(dry_pool *pool, uint32_t *slots_out, uint64_t count) {
  dry_pool_header *const header = pool->header;
  if (pool->plain == 0 || count > header->free_count) return false;
  uint8_t *const used = pool->used;
  const uint32_t *top = pool->stack + header->free_count;
  for (uint64_t i = 0; i < count; i++) {
    const uint32_t slot = *--top;
    used[slot] = DRY_POOL_SLOT_TAKEN;
    slots_out[i] = slot;
  }
  header->free_count -= (uint32_t)count;
  return true;
}

dry_status dry_pool_acquire_many(dry_pool *pool, uint32_t *slots_out, uint64_t count) {
  if (!slots_out && count > 0) return DRY_INVALID_ARGUMENT;
  if (pool && take_plainly(pool, slots_out, count)) return DRY_OK;
  dry_status status = dryi_pool_may_write(pool);
  if (status != DRY_OK) return status;
  uint32_t stacked = 0;
  status = make_room(pool, count, &stacked);
  if (status == DRY_OK && count > 0)
    status = dryi_pool_has(pool, DRY_MEMORY_GUARDED) ? take_guarded(pool, slots_out, count, DRYI_CALLER())
                                                     : take_batch(pool, slots_out, count, stacked, DRYI_CALLER());
  if (status == DRY_OK || count == 0) return status;
  const uint64_t capacity = dryi_pool_owner_of(pool)->facts.capacity;
  memset(slots_out, 0, (size_t)(count < capacity ? count : capacity) * sizeof *slots_out);
  return status;
}

/* ---- giving back ---- */

/* Marks all free, and writes them above the top of the stack. Where one is not taken, because it is free already or comes
   twice, those before it are taken again. Each of the caller's numbers is loaded once: some other thread of his may be
   changing the list. */
static dry_status free_all(dry_pool *pool, uint32_t stacked, const uint32_t *slots, uint64_t count) {
  uint32_t *const top = pool->stack + stacked;
  const uint64_t room = pool->limit - stacked;
  for (uint64_t i = 0; i < count; i++) {
    const uint32_t slot = dryi_pool_load32(slots + i);
    dry_status status = slot >= pool->limit ? DRY_FOREIGN : mark_free(pool, slot) ? DRY_OK : DRY_STALE;
    if (status == DRY_OK && i >= room) {
      /* More slots were taken than the stack says. */
      (void)mark_taken(pool, slot);
      status = DRY_CORRUPT;
    }
    if (status != DRY_OK) {
      while (i-- > 0) (void)mark_taken(pool, dryi_pool_load32(top + i));
      return status;
    }
    top[i] = slot;
    then("pool_many_clear");
  }
  return DRY_OK;
}

/* Lets the stack have what lies above its top. */
static void push_all(dry_pool *pool, uint32_t stacked, uint64_t count) {
  const bool vacate = dryi_pool_has(pool, DRYI_POOL_STORED_FLAGS) || dryi_pool_owner_of(pool)->annotated;
  for (uint64_t i = 0; i < count && vacate; i++) {
    const uint32_t slot = dryi_pool_load32(pool->stack + stacked + i);
    if (slot < pool->limit) dryi_pool_vacate(pool, slot);
    then("pool_many_vacated");
  }
  pool->header->free_count = stacked + (uint32_t)count;
  then("pool_many_free_count");
}

/* Looks at all slots of a guarded pool before anything changes. */
static dry_status check_all(dry_pool *pool, const uint32_t *slots, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) {
    const dry_status status = dryi_pool_check_give(pool, slots[i]);
    if (status != DRY_OK) return status;
  }
  return DRY_OK;
}

/* To the stack of a plain pool; false, and nothing has changed, when a slot is not taken. Each of the caller's numbers is
   loaded once: some other thread of his may be changing the list, and what is on the stack is taken without a question. */
static bool give_plainly(dry_pool *pool, const uint32_t *slots, uint64_t count) {
  const uint32_t limit = pool->plain;
  if (limit == 0) return false;
  uint8_t *const used = pool->used;
  uint32_t *const top = pool->stack + pool->header->free_count;
  for (uint64_t i = 0; i < count; i++) {
    const uint32_t slot = dryi_pool_load32(slots + i);
    if (__builtin_expect(slot >= limit || used[slot] != DRY_POOL_SLOT_TAKEN, 0)) {
      while (i-- > 0) used[top[i]] = DRY_POOL_SLOT_TAKEN;
      return false;
    }
    used[slot] = DRY_POOL_SLOT_FREE;
    top[i] = slot;
  }
  pool->header->free_count += (uint32_t)count;
  return true;
}

dry_status dry_pool_release_many(dry_pool *pool, const uint32_t *slots, uint64_t count) {
  if (!slots && count > 0) return DRY_INVALID_ARGUMENT;
  if (pool && give_plainly(pool, slots, count)) return DRY_OK;
  dry_status status = dryi_pool_may_write(pool);
  if (status != DRY_OK || count == 0) return status;
  if (dryi_pool_has(pool, DRY_MEMORY_GUARDED)) status = check_all(pool, slots, count);
  if (status != DRY_OK) return status;
  const uint32_t stacked = dryi_pool_load32(&pool->header->free_count);
  if (stacked > pool->limit) return DRY_CORRUPT;
  pool->header->pending = DRY_POOL_PENDING_RELEASE;
  then("pool_many_begun");
  status = free_all(pool, stacked, slots, count);
  if (status == DRY_OK) push_all(pool, stacked, count);
  dryi_pool_then(NULL, "");
  pool->header->pending = 0;
  then("pool_many_done");
  return status;
}
