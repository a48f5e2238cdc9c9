/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* pool_part.c: handles: a pool in a bare span, in private memory, and as a part of a region. */
#include <string.h>

#include "base/detail.h"
#include "memory/annotate.h"
#include "memory/pool_internal.h"

/* ---- handles ---- */

dry_status dryi_pool_owner_new(const dry_pool_header *facts, dryi_pool_owner **owner_out, dry_detail *detail) {
  dryi_backing *backing;
  const dry_status status = dryi_backing_new(sizeof **owner_out, &backing, detail);
  if (status != DRY_OK) return status;
  *owner_out = (dryi_pool_owner *)(void *)backing;
  (*owner_out)->facts = *facts;
  return DRY_OK;
}

void dryi_pool_bind(dry_pool *pool, dryi_pool_owner *owner, uint8_t *base, uint32_t limit) {
  const dry_pool_header *facts = &owner->facts;
  const bool part = owner->backing.mapping != NULL, private = owner->backing.memory.base != NULL;
  owner->annotated = !part && dryi_annotate_active();
  pool->header = (dry_pool_header *)(void *)base;
  pool->used = base + facts->used_offset;
  pool->stack = (uint32_t *)(void *)(base + facts->stack_offset);
  pool->slots = base + facts->slots_offset;
  pool->closed = dryi_backing_closed(&owner->backing);
  pool->stride_bytes = facts->stride_bytes;
  pool->owner = owner;
  pool->stride_inverse = dryi_stride_inverse(facts->stride_bytes, &pool->stride_shift);
  owner->plain = private && facts->flags == 0 && !owner->leaks.memory.base && !owner->annotated;
  dryi_pool_set_limit(pool, limit);
}

void dryi_pool_set_limit(dry_pool *pool, uint32_t limit) {
  pool->limit = limit;
  pool->plain = dryi_pool_owner_of(pool)->plain ? limit : 0;
}

dry_status dryi_pool_may_read(const dry_pool *pool) {
  if (!pool) return DRY_INVALID_ARGUMENT;
  if (!pool->header) return DRY_CLOSED;
  /* pairs with the release store in dry_region_close */
  return dryi_load_acquire_u32(pool->closed) ? DRY_CLOSED : DRY_OK;
}

dry_status dryi_pool_may_write(const dry_pool *pool) {
  if (!pool) return DRY_INVALID_ARGUMENT;
  if (!pool->header) return DRY_CLOSED;
  const dryi_mapping *mapping = dryi_pool_owner_of(pool)->backing.mapping;
  return mapping ? dryi_mapping_may_write(mapping) : DRY_OK;
}

dry_status dry_pool_close(dry_pool *pool) {
  if (!pool) return DRY_INVALID_ARGUMENT;
  if (!pool->header) return DRY_OK;
  dryi_pool_owner *owner = dryi_pool_owner_of(pool);
  dryi_pool_show_all(pool);
  dryi_leaks_close(&owner->leaks);
  dryi_backing_free(&owner->backing);
  memset(pool, 0, sizeof *pool);
  return DRY_OK;
}

static dry_status begin(dry_pool *pool_out, dry_detail *detail) {
  if (!pool_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool_out: must not be NULL");
  memset(pool_out, 0, sizeof *pool_out);
  return DRY_OK;
}

/* ---- spans and private memory ---- */

static void hide_free(const dry_pool *pool) {
  if (!dryi_pool_owner_of(pool)->annotated) return;
  dryi_pool_hide_range(pool, 0, pool->limit);
  for (uint32_t slot = 0; slot < pool->limit; slot++)
    if (dryi_pool_check_slot(pool, slot) == DRY_OK) dryi_pool_show(pool, slot);
}

dry_status dry_pool_attach(void *span, uint64_t span_bytes, dry_pool *pool_out, dry_detail *detail) {
  dry_status status = begin(pool_out, detail);
  dry_pool_header facts;
  dryi_pool_owner *owner = NULL;
  if (status == DRY_OK) status = dryi_pool_header_check(span, span_bytes, &facts, detail);
  if (status == DRY_OK) status = dryi_pool_owner_new(&facts, &owner, detail);
  if (status != DRY_OK) return status;
  dryi_pool_bind(pool_out, owner, (uint8_t *)span, facts.capacity);
  status = dryi_pool_repair(pool_out, detail);
  if (status != DRY_OK) {
    (void)dry_pool_close(pool_out);
    return status;
  }
  hide_free(pool_out);
  return dryi_done(detail);
}

dry_status dry_pool_create(const dry_pool_options *options, dry_pool *pool_out, dry_detail *detail) {
  dry_status status = begin(pool_out, detail);
  if (status == DRY_OK) status = dryi_pool_create_private(options, pool_out, detail);
  return status == DRY_OK ? dryi_done(detail) : status;
}

/* ---- parts ---- */

static dry_status make_part(const dryi_part *part, const void *header, void *pool_out, dry_detail *detail) {
  const dry_pool_header *facts = header;
  const uint64_t align = dryi_pool_base_align(facts);
  if ((uintptr_t)part->base % align != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "align_bytes: the region's buffer is not aligned to %llu",
                     (unsigned long long)align);
  dryi_pool_owner *owner;
  const dry_status status = dryi_pool_owner_new(facts, &owner, detail);
  if (status != DRY_OK) return status;
  dryi_pool_lay_out(part->base, facts, false);
  DRYI_STEP("pool_laid_out");
  dryi_backing_adopt(&owner->backing, part);
  dryi_pool_bind(pool_out, owner, part->base, facts->capacity);
  return DRY_OK;
}

/* Without a look at what may be half-done: nothing is written. */
static dry_status open_as_it_is(const dryi_part *part, dry_pool *pool_out, dry_detail *detail) {
  dry_pool_header facts;
  dryi_pool_owner *owner = NULL;
  dry_status status = dryi_pool_header_check(part->base, part->size_bytes, &facts, detail);
  if (status == DRY_OK) status = dryi_pool_owner_new(&facts, &owner, detail);
  if (status != DRY_OK) return status;
  dryi_backing_adopt(&owner->backing, part);
  dryi_pool_bind(pool_out, owner, part->base, facts.capacity);
  return DRY_OK;
}

static dry_status open_part(const dryi_part *part, void *pool_out, dry_detail *detail) {
  bool writable;
  dry_status status = dryi_part_access(part, &writable, detail);
  if (status == DRY_OK) status = open_as_it_is(part, pool_out, detail);
  if (status != DRY_OK || !writable) return status;
  status = dryi_pool_repair(pool_out, detail);
  if (status != DRY_OK) (void)dry_pool_close(pool_out);
  return status;
}

static const dryi_part_kind pool_part = {
    DRY_PART_POOL, DRY_POOL_FORMAT, "pool", sizeof(dry_pool), make_part, open_part};

dry_status dry_pool_create_in(dry_region *region, const char *name, size_t name_bytes, const dry_pool_options *options,
                              dry_pool *pool_out, dry_detail *detail) {
  dry_status status = begin(pool_out, detail);
  dry_pool_header facts;
  if (status == DRY_OK) status = dryi_part_writable(region, detail);
  if (status == DRY_OK) status = dryi_pool_layout(options, DRYI_POOL_STORED_FLAGS, &facts, detail);
  if (status == DRY_OK) status = dryi_pool_check_stored(options, detail);
  if (status != DRY_OK) return status;
  return dryi_part_create(region, name, name_bytes, &pool_part, facts.size_bytes, &facts, pool_out, detail);
}

dry_status dry_pool_open(dry_region *region, const char *name, size_t name_bytes, dry_pool *pool_out,
                         dry_detail *detail) {
  const dry_status status = begin(pool_out, detail);
  return status == DRY_OK ? dryi_part_open(region, name, name_bytes, &pool_part, pool_out, detail) : status;
}

dry_status dryi_pool_verify_part(dry_region *region, const char *name, size_t name_bytes, dry_detail *detail) {
  dry_pool pool = {0};
  dryi_part part;
  dry_status status = dryi_part_find(region, name, name_bytes, &pool_part, &part, detail);
  if (status == DRY_OK) status = open_as_it_is(&part, &pool, detail);
  if (status != DRY_OK) return status;
  status = dry_pool_validate(&pool, detail);
  (void)dry_pool_close(&pool);
  return status;
}
