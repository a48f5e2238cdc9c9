/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* shared_pool.c: handles on a shared pool, and what goes by slot without any taking or giving back. */
#include <string.h>

#include "base/detail.h"
#include "memory/annotate.h"
#include "memory/backing.h"
#include "memory/shared_pool_layout.h"
#include "os/os.h"

/* ---- handles ---- */

dry_status dryi_shared_pool_usable(const dry_shared_pool *pool, bool change) {
  if (!pool) return DRY_INVALID_ARGUMENT;
  /* pairs with the release store in dry_region_close */
  if (!pool->header || dryi_load_acquire_u32(pool->closed)) return DRY_CLOSED;
  return change && !pool->writable ? DRY_READ_ONLY : DRY_OK;
}

static const dryi_backing *backing_of(const dry_shared_pool *pool) { return (const dryi_backing *)pool->owner; }

bool dryi_shared_pool_annotated(const dry_shared_pool *pool) {
  return dryi_annotate_active() && pool->owner && backing_of(pool)->memory.base;
}

dry_status dryi_shared_pool_descriptor(const dry_shared_pool *pool, int *fd_out, dry_detail *detail) {
  *fd_out = -1;
  const dryi_mapping *mapping = pool->owner ? backing_of(pool)->mapping : NULL;
  if (!mapping || mapping->fd < 0) return DRY_OK;
  int error = dryi_os_reopen(mapping->fd, true, fd_out);
  if (error == 0) return DRY_OK;
  *fd_out = -1;
  return dryi_fail_os(detail, error, "region '%s': cannot be opened again for a cache's lock", mapping->name);
}

uint64_t dryi_shared_pool_lock_at(const dry_shared_pool *pool, uint32_t number) {
  return DRYI_CACHE_LOCKS_AT + backing_of(pool)->part_offset + number;
}

static dry_status attach(void *span, uint64_t span_bytes, dry_shared_pool *pool, dry_detail *detail) {
  dry_shared_pool_header facts;
  dry_status status = dryi_shared_pool_header_check(span, span_bytes, &facts, detail);
  if (status != DRY_OK) return status;
  uint8_t *base = (uint8_t *)span;
  pool->owners = (uint32_t *)(void *)(base + facts.owners_offset);
  pool->batches = (dry_shared_pool_batch *)(void *)(base + facts.batches_offset);
  pool->caches = (dry_shared_pool_cache_record *)(void *)(base + facts.caches_offset);
  pool->slots = base + facts.slots_offset;
  pool->object_bytes = facts.object_bytes;
  pool->stride_bytes = facts.stride_bytes;
  pool->stride_inverse = dryi_stride_inverse(facts.stride_bytes, &pool->stride_shift);
  pool->capacity = facts.capacity;
  pool->batch_count = facts.batch_count;
  pool->cache_count = facts.cache_count;
  pool->flags = facts.flags;
  pool->writable = 1;
  pool->closed = dryi_backing_closed(NULL);
  pool->header = (dry_shared_pool_header *)span;
  return DRY_OK;
}

dry_status dry_shared_pool_attach(void *span, uint64_t span_bytes, dry_shared_pool *pool_out, dry_detail *detail) {
  if (!pool_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool_out: must not be NULL");
  memset(pool_out, 0, sizeof *pool_out);
  dry_status status = attach(span, span_bytes, pool_out, detail);
  return status == DRY_OK ? dryi_done(detail) : status;
}

dry_status dry_shared_pool_close(dry_shared_pool *pool) {
  if (!pool) return DRY_INVALID_ARGUMENT;
  if (!pool->header) return DRY_OK;
  /* pairs with the add in dry_shared_pool_cache_close: what the caches did last has been done */
  if (dryi_load_acquire_u32(&pool->caches_open) != 0) return DRY_BUSY;
  dryi_backing *backing = (dryi_backing *)pool->owner;
  if (dryi_shared_pool_annotated(pool)) dryi_annotate_alloc(pool->slots, (size_t)dryi_slots_bytes(pool));
  memset(pool, 0, sizeof *pool);
  dryi_backing_free(backing);
  return DRY_OK;
}

/* ---- private memory ---- */

static dry_status create(dryi_backing *backing, const dry_shared_pool_header *header, uint32_t flags,
                         dry_shared_pool *pool, dry_detail *detail) {
  dryi_private *memory = &backing->memory;
  dry_status status = dryi_private_map(header->size_bytes, header->size_bytes, flags, memory, detail);
  if (status != DRY_OK) return status;
  memory->granted |= header->flags;
  /* Where a slot was taken is not kept here: threads would have to share that too. */
  memory->refused |= flags & DRY_MEMORY_TRACK;
  if ((flags & DRY_MEMORY_REQUIRED) && (flags & DRY_MEMORY_TRACK))
    return dryi_fail(detail, DRY_UNSUPPORTED, "flags: a shared pool does not track its allocations");
  dryi_shared_pool_lay_out(memory->base, header, true);
  return attach(memory->base, memory->bytes, pool, detail);
}

dry_status dry_shared_pool_create(const dry_shared_pool_options *options, dry_shared_pool *pool_out,
                                  dry_detail *detail) {
  if (!pool_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool_out: must not be NULL");
  memset(pool_out, 0, sizeof *pool_out);
  dry_shared_pool_options asked = {0};
  if (options) asked = *options;
  asked.flags |= DRYI_CHECKED_FLAGS & DRY_MEMORY_GUARDED;
  dry_shared_pool_header header;
  dry_status status = dryi_shared_pool_layout(options ? &asked : NULL, DRY_MEMORY_FLAGS, &header, detail);
  if (status != DRY_OK) return status;
  dryi_backing *backing;
  status = dryi_backing_new(sizeof *backing, &backing, detail);
  if (status != DRY_OK) return status;
  status = create(backing, &header, asked.flags, pool_out, detail);
  if (status != DRY_OK) {
    dryi_backing_free(backing);
    return status;
  }
  pool_out->owner = backing;
  return dryi_done(detail);
}

/* ---- parts ---- */

/* Opens the part with a handle that keeps the region's mapping. Whoever can write to the region may change the pool: it
   has no one writer. */
static dry_status open_part(const dryi_part *part, void *handle_out, dry_detail *detail) {
  dry_shared_pool *pool = handle_out;
  dryi_backing *backing;
  dry_status status = dryi_backing_new(sizeof *backing, &backing, detail);
  if (status != DRY_OK) return status;
  status = attach(part->base, part->size_bytes, pool, detail);
  if (status != DRY_OK) {
    dryi_backing_free(backing);
    return status;
  }
  dryi_backing_adopt(backing, part);
  pool->writable = part->mapping->mode != DRY_MODE_READ;
  pool->closed = dryi_backing_closed(backing);
  pool->owner = backing;
  return DRY_OK;
}

static dry_status make_part(const dryi_part *part, const void *header, void *handle_out, dry_detail *detail) {
  dryi_shared_pool_lay_out(part->base, header, false);
  DRYI_STEP("part_laid_out");
  return open_part(part, handle_out, detail);
}

static const dryi_part_kind shared_pool_part = {
    DRY_PART_SHARED_POOL, DRY_SHARED_POOL_FORMAT, "shared pool", sizeof(dry_shared_pool), make_part, open_part};

dry_status dry_shared_pool_create_in(dry_region *region, const char *name, size_t name_bytes,
                                     const dry_shared_pool_options *options, dry_shared_pool *pool_out,
                                     dry_detail *detail) {
  if (!pool_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool_out: must not be NULL");
  memset(pool_out, 0, sizeof *pool_out);
  dry_shared_pool_header header;
  dry_status status = dryi_part_writable(region, detail);
  if (status == DRY_OK) status = dryi_shared_pool_layout(options, DRYI_SHARED_POOL_STORED_FLAGS, &header, detail);
  if (status != DRY_OK) return status;
  return dryi_part_create(region, name, name_bytes, &shared_pool_part, header.size_bytes, &header, pool_out, detail);
}

dry_status dry_shared_pool_open(dry_region *region, const char *name, size_t name_bytes, dry_shared_pool *pool_out,
                                dry_detail *detail) {
  if (!pool_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool_out: must not be NULL");
  memset(pool_out, 0, sizeof *pool_out);
  return dryi_part_open(region, name, name_bytes, &shared_pool_part, pool_out, detail);
}

/* ---- by slot ---- */

static dry_status taken(const dry_shared_pool *pool, uint32_t slot, bool change) {
  dry_status status = dryi_shared_pool_usable(pool, change);
  if (status != DRY_OK) return status;
  if (slot >= pool->capacity) return DRY_FOREIGN;
  return dryi_owner_taken(dryi_load_relaxed_u32(&pool->owners[slot])) ? DRY_OK : DRY_STALE;
}

dry_status dry_shared_pool_at(const dry_shared_pool *pool, uint32_t slot, void **memory_out) {
  if (!memory_out) return DRY_INVALID_ARGUMENT;
  *memory_out = NULL;
  dry_status status = taken(pool, slot, false);
  if (status == DRY_OK) *memory_out = dryi_shared_slot(pool, slot);
  return status;
}

dry_status dry_shared_pool_slot_of(const dry_shared_pool *pool, const void *memory, uint32_t *slot_out) {
  if (!slot_out) return DRY_INVALID_ARGUMENT;
  *slot_out = 0;
  dry_status status = dryi_shared_pool_usable(pool, false);
  return status == DRY_OK ? dryi_slot_of_address(pool, memory, slot_out) : status;
}

dry_status dry_shared_pool_fill(dry_shared_pool *pool, uint32_t slot, uint8_t byte) {
  dry_status status = taken(pool, slot, true);
  if (status == DRY_OK) memset(dryi_shared_slot(pool, slot), byte, (size_t)pool->object_bytes);
  return status;
}

dry_status dry_shared_pool_read(const dry_shared_pool *pool, uint32_t slot, uint64_t at, void *bytes_out,
                                uint64_t count) {
  if (!bytes_out && count != 0) return DRY_INVALID_ARGUMENT;
  dry_status status = taken(pool, slot, false);
  if (status == DRY_OK && !dryi_in_range(at, count, pool->object_bytes)) status = DRY_INVALID_ARGUMENT;
  if (status == DRY_OK && count != 0) memcpy(bytes_out, dryi_shared_slot(pool, slot) + at, (size_t)count);
  return status;
}

dry_status dry_shared_pool_write(dry_shared_pool *pool, uint32_t slot, uint64_t at, const void *bytes,
                                 uint64_t count) {
  if (!bytes && count != 0) return DRY_INVALID_ARGUMENT;
  dry_status status = taken(pool, slot, true);
  if (status == DRY_OK && !dryi_in_range(at, count, pool->object_bytes)) status = DRY_INVALID_ARGUMENT;
  if (status == DRY_OK && count != 0) memcpy(dryi_shared_slot(pool, slot) + at, bytes, (size_t)count);
  return status;
}

/* ---- statistics ---- */

static void count_caches(const dry_shared_pool *pool, dry_shared_pool_stats *stats) {
  for (uint32_t i = 0; i < pool->cache_count; i++) {
    const dry_shared_pool_cache_record *record = pool->caches + i;
    stats->refills += dryi_load_relaxed_u64(&record->refills);
    stats->flushes += dryi_load_relaxed_u64(&record->flushes);
    if (dryi_load_relaxed_u32(&record->state) == 0) continue;
    stats->caches++;
    for (int which = 0; which < 2; which++) {
      uint32_t number = dryi_load_relaxed_u32(&record->magazines[which]);
      if (number != 0 && number <= pool->batch_count) stats->cached += dryi_batch_count(pool->batches + (number - 1));
    }
  }
}

dry_status dry_shared_pool_get_stats(const dry_shared_pool *pool, dry_shared_pool_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  dry_status status = dryi_shared_pool_usable(pool, false);
  if (status != DRY_OK) return status;
  stats_out->object_bytes = pool->object_bytes;
  stats_out->stride_bytes = pool->stride_bytes;
  stats_out->capacity_slots = pool->capacity;
  stats_out->size_bytes = (uint64_t)(pool->slots - (uint8_t *)pool->header) + dryi_slots_bytes(pool);
  stats_out->failures = dryi_load_relaxed_u64(&pool->header->failures);
  uint64_t fresh = dryi_load_relaxed_u64(&pool->header->fresh);
  for (uint32_t slot = 0; slot < pool->capacity && slot < fresh; slot++)
    stats_out->in_use += dryi_load_relaxed_u32(&pool->owners[slot]) != 0;
  count_caches(pool, stats_out);
  stats_out->granted = pool->flags;
  if (pool->owner && backing_of(pool)->memory.base) {
    stats_out->granted = backing_of(pool)->memory.granted;
    stats_out->refused = backing_of(pool)->memory.refused;
  }
  return DRY_OK;
}
