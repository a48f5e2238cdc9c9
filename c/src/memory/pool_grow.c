/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* pool_grow.c: pools in private memory, whose three areas may get memory chunk by chunk. */
#include <string.h>

#include "base/detail.h"
#include "memory/pool_internal.h"

/* ---- chunks ---- */

static uint64_t page_down(uint64_t offset) { return offset / DRY_REGION_PAGE_BYTES * DRY_REGION_PAGE_BYTES; }

/* Pages that two chunks share are made usable twice, which changes nothing. */
static dry_status commit(dryi_pool_owner *owner, uint64_t begin, uint64_t end) {
  const uint64_t from = page_down(begin), to = dryi_align_up(end, DRY_REGION_PAGE_BYTES);
  return dryi_private_commit(&owner->backing.memory, from, to - from, owner->system_flags);
}

/* Memory for the slots from `from` to before `to` in each area. What was made usable before a failure stays unused. */
static dry_status commit_slots(dryi_pool_owner *owner, uint64_t from, uint64_t to) {
  const dry_pool_header *facts = &owner->facts;
  const uint64_t used = facts->used_offset, stack = facts->stack_offset, slots = facts->slots_offset;
  const uint64_t front = from == 0 ? DRY_POOL_CANARY_BYTES : 0;
  dry_status status = commit(owner, used + from, used + dryi_align_up(to, 8));
  if (status == DRY_OK) status = commit(owner, stack + from * 4, stack + to * 4);
  if (status == DRY_OK)
    status = commit(owner, slots - front + from * facts->stride_bytes, slots + to * facts->stride_bytes);
  return status == DRY_OK ? dryi_leaks_grow(&owner->leaks, from, to) : status;
}

dry_status dryi_pool_grow(dry_pool *pool, uint64_t slots) {
  dryi_pool_owner *owner = dryi_pool_owner_of(pool);
  const uint64_t limit = pool->limit, capacity = owner->facts.capacity;
  if (slots > capacity - limit) return DRY_FULL;
  uint64_t more = owner->chunk_slots ? owner->chunk_slots : limit;
  if (more < slots) more = slots;
  if (more > capacity - limit) more = capacity - limit;
  const dry_status status = commit_slots(owner, limit, limit + more);
  if (status != DRY_OK) return status;
  dryi_pool_set_limit(pool, (uint32_t)(limit + more));
  dryi_pool_hide_range(pool, (uint32_t)limit, pool->limit);
  return DRY_OK;
}

/* ---- creation ---- */

/* All memory there is to be, or address space for it with the first chunk. */
static dry_status map(dryi_pool_owner *owner, uint64_t first, uint32_t flags, dry_detail *detail) {
  dryi_private *memory = &owner->backing.memory;
  const dry_pool_header *facts = &owner->facts;
  const bool grows = first < facts->capacity;
  dry_status status = dryi_private_map(facts->size_bytes, grows ? sizeof(dry_pool_header) : facts->size_bytes, flags,
                                       memory, detail);
  if (status != DRY_OK) return status;
  if (flags & DRY_MEMORY_TRACK) status = dryi_leaks_open(&owner->leaks, facts->capacity, first, detail);
  if (status != DRY_OK || !grows) return status;
  status = commit_slots(owner, 0, first);
  if (status != DRY_OK)
    return dryi_fail(detail, status, "memory: %llu slots of %llu bytes", (unsigned long long)first,
                     (unsigned long long)facts->stride_bytes);
  if ((flags & DRY_MEMORY_REQUIRED) && memory->refused)
    return dryi_fail(detail, DRY_UNSUPPORTED, "flags: the system refused 0x%x", memory->refused);
  return DRY_OK;
}

dry_status dryi_pool_create_private(const dry_pool_options *options, dry_pool *pool_out, dry_detail *detail) {
  dry_pool_header facts;
  dry_status status = dryi_pool_layout(options, DRY_MEMORY_FLAGS, &facts, detail);
  if (status != DRY_OK) return status;
  dry_pool_options asked = *options;
  asked.flags |= DRYI_CHECKED_FLAGS;
  dryi_pool_owner *owner;
  status = dryi_pool_layout(&asked, DRY_MEMORY_FLAGS, &facts, detail);
  if (status == DRY_OK) status = dryi_pool_owner_new(&facts, &owner, detail);
  if (status != DRY_OK) return status;
  owner->system_flags = asked.flags;
  owner->chunk_slots = asked.chunk_slots;
  status = map(owner, asked.capacity_slots, asked.flags, detail);
  if (status != DRY_OK) {
    dryi_leaks_close(&owner->leaks);
    dryi_backing_free(&owner->backing);
    return status;
  }
  dryi_pool_lay_out(owner->backing.memory.base, &facts, true);
  dryi_pool_bind(pool_out, owner, owner->backing.memory.base, (uint32_t)asked.capacity_slots);
  dryi_pool_hide_range(pool_out, 0, pool_out->limit);
  return DRY_OK;
}
