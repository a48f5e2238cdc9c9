/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * shared_pool_layout.c: how large a shared pool is, how it is laid out, and whether stored geometry can be right.
 *
 * How many batches: a batch is somewhere at every moment.
 *  - Full ones, in the depot or being carried, are at most capacity / 64, since a slot is in one batch only.
 *  - Each open cache has two.
 *  - Each call that is under way, one a cache and those without a cache, carries at most one more that is not full.
 *  - The stack of partly filled ones has at most as many as there were calls under way at once: whoever leaves one there
 *    took one before, or found the stack empty. At the last moment at which somebody found it empty, the calls under way
 *    were the only ones that could still add without taking.
 * With n caches and eight calls without one that is capacity / 64 + 2n + (n + 8) + (n + 8): so many, and there is always an
 * empty batch for whoever needs one. More than eight calls without a cache at once may have to wait for each other.
 */
#include <string.h>

#include "base/crc32c.h"
#include "base/detail.h"
#include "drystone/pool.h"
#include "memory/backing.h"
#include "memory/shared_pool_layout.h"

_Static_assert(sizeof(dry_shared_pool_header) == DRY_SHARED_POOL_HEADER_BYTES, "stored layout");
_Static_assert(offsetof(dry_shared_pool_header, slots_offset) == 48, "stored layout");
_Static_assert(offsetof(dry_shared_pool_header, header_crc) == 84, "stored layout");
_Static_assert(offsetof(dry_shared_pool_header, full) == 128, "stored layout");
_Static_assert(offsetof(dry_shared_pool_header, empty) == 256, "stored layout");
_Static_assert(offsetof(dry_shared_pool_header, fresh) == 384, "stored layout");
_Static_assert(offsetof(dry_shared_pool_header, partial) == 448, "stored layout");
_Static_assert(sizeof(dry_shared_pool_batch) == 384 && offsetof(dry_shared_pool_batch, slots) == 128, "stored layout");
_Static_assert(sizeof(dry_shared_pool_cache_record) == 128, "stored layout");
_Static_assert(DRY_SHARED_POOL_CACHES_MAX == 1u << DRY_SHARED_POOL_OWNER_BITS, "an owner word has room for the number");
_Static_assert(DRY_SHARED_POOL_CACHES_MAX <= DRY_REGION_PAGE_BYTES, "each cache has a lock of its own behind its part's");
_Static_assert(DRY_SHARED_POOL_CAPACITY_MAX / 64 + 4 * DRY_SHARED_POOL_CACHES_MAX + DRY_SHARED_POOL_SPARE_BATCHES <
                   1u << DRY_SHARED_POOL_BATCH_BITS, "a head has room for every batch's number");

/* ---- options ---- */

static dry_status check_number(const char *field, uint64_t value, uint64_t max, dry_detail *detail) {
  if (value == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "%s: must be at least 1", field);
  if (value <= max) return DRY_OK;
  return dryi_fail(detail, DRY_TOO_LARGE, "%s: %llu is more than %llu", field, (unsigned long long)value,
                   (unsigned long long)max);
}

/* ---- geometry ---- */

/* Of the span: more than a cache line only where objects want it. Regions in a caller's buffer have no more either; what is
   to be apart then shares a pair of lines at worst. */
static uint64_t base_align(const dry_shared_pool_header *header) {
  return header->align_bytes > DRY_CACHE_LINE_BYTES ? header->align_bytes : DRY_CACHE_LINE_BYTES;
}

/* Nothing overflows: the limits keep every term below 2^62. */
static void geometry(dry_shared_pool_header *header) {
  const uint64_t canary = header->flags & DRY_MEMORY_GUARDED ? DRY_POOL_CANARY_BYTES : 0;
  header->magic = DRY_SHARED_POOL_MAGIC;
  header->batch_count = header->capacity / DRYI_MAGAZINE + 4 * header->cache_count + DRY_SHARED_POOL_SPARE_BATCHES;
  header->stride_bytes = dryi_align_up(header->object_bytes + canary, header->align_bytes);
  header->owners_offset = DRY_SHARED_POOL_HEADER_BYTES;
  header->batches_offset = dryi_align_up(header->owners_offset + (uint64_t)header->capacity * sizeof(uint32_t),
                                         DRY_CACHE_PAIR_BYTES);
  header->caches_offset = header->batches_offset + (uint64_t)header->batch_count * sizeof(dry_shared_pool_batch);
  const uint64_t slots_align = header->align_bytes > DRY_CACHE_PAIR_BYTES ? header->align_bytes : DRY_CACHE_PAIR_BYTES;
  header->slots_offset = dryi_align_up(
      header->caches_offset + (uint64_t)header->cache_count * sizeof(dry_shared_pool_cache_record), slots_align);
  header->size_bytes = header->slots_offset + header->capacity * header->stride_bytes;
}

static uint32_t fixed_fields_crc(const dry_shared_pool_header *header) {
  return dryi_crc32c(0, header, offsetof(dry_shared_pool_header, header_crc));
}

dry_status dryi_shared_pool_layout(const dry_shared_pool_options *options, uint32_t allowed,
                                   dry_shared_pool_header *header_out, dry_detail *detail) {
  if (!options) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: must not be NULL");
  if (options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "struct_size: %u, not %zu", options->struct_size, sizeof *options);
  const uint64_t caches = options->caches ? options->caches : DRY_SHARED_POOL_CACHES_DEFAULT;
  uint64_t align = 0;
  dry_status status = dryi_check_flags(options->flags, allowed, detail);
  if (status == DRY_OK) status = check_number("object_bytes", options->object_bytes, DRY_POOL_OBJECT_BYTES_MAX, detail);
  if (status == DRY_OK)
    status = check_number("capacity_slots", options->capacity_slots, DRY_SHARED_POOL_CAPACITY_MAX, detail);
  if (status == DRY_OK) status = check_number("caches", caches, DRY_SHARED_POOL_CACHES_MAX, detail);
  if (status == DRY_OK)
    status = dryi_check_align(options->align_bytes, options->object_bytes, DRY_POOL_ALIGN_MAX, &align, detail);
  if (status != DRY_OK) return status;
  memset(header_out, 0, sizeof *header_out);
  header_out->object_bytes = (uint32_t)options->object_bytes;
  header_out->align_bytes = (uint32_t)align;
  header_out->capacity = (uint32_t)options->capacity_slots;
  header_out->cache_count = (uint32_t)caches;
  header_out->flags = options->flags & DRYI_SHARED_POOL_STORED_FLAGS;
  geometry(header_out);
  header_out->header_crc = fixed_fields_crc(header_out);
  if (header_out->size_bytes <= DRY_POOL_BYTES_MAX) return DRY_OK;
  return dryi_fail(detail, DRY_TOO_LARGE, "shared pool: %llu slots of %llu bytes are more than 2^46 bytes",
                   (unsigned long long)options->capacity_slots, (unsigned long long)header_out->stride_bytes);
}

/* ---- spans ---- */

dry_status dry_shared_pool_required_bytes(const dry_shared_pool_options *options, uint64_t *bytes_out) {
  if (!bytes_out) return DRY_INVALID_ARGUMENT;
  *bytes_out = 0;
  dry_shared_pool_header header;
  dry_status status = dryi_shared_pool_layout(options, DRYI_SHARED_POOL_STORED_FLAGS, &header, NULL);
  if (status == DRY_OK) *bytes_out = header.size_bytes;
  return status;
}

void dryi_shared_pool_lay_out(uint8_t *base, const dry_shared_pool_header *header, bool zeroed) {
  if (!zeroed) memset(base, 0, (size_t)header->slots_offset);
  /* Freed objects are wiped; so, with those that nobody had yet, all are zeros when they are taken. */
  if (!zeroed && (header->flags & DRY_MEMORY_WIPE))
    dryi_wipe(base + header->slots_offset, header->capacity * header->stride_bytes);
  dry_shared_pool_batch *batches = (dry_shared_pool_batch *)(void *)(base + header->batches_offset);
  for (uint32_t i = 0; i + 1 < header->batch_count; i++) batches[i].next = i + 2;
  dry_shared_pool_header *stored = (dry_shared_pool_header *)(void *)base;
  memcpy((uint8_t *)stored + sizeof header->magic, (const uint8_t *)header + sizeof header->magic,
         offsetof(dry_shared_pool_header, full) - sizeof header->magic);
  stored->empty = 1;
  DRYI_STEP("shared_pool_laid_out");
  /* With the magic the rest is there, for whoever attaches after a kill: pairs with the loads in load_header. */
  dryi_store_release_u64(&stored->magic, header->magic);
}

dry_status dry_shared_pool_init(void *span, uint64_t span_bytes, const dry_shared_pool_options *options) {
  dry_shared_pool_header header;
  dry_status status = dryi_shared_pool_layout(options, DRYI_SHARED_POOL_STORED_FLAGS, &header, NULL);
  if (status != DRY_OK) return status;
  if (!span || (uintptr_t)span % base_align(&header) != 0) return DRY_INVALID_ARGUMENT;
  if (header.size_bytes > span_bytes) return DRY_TOO_LARGE;
  dryi_shared_pool_lay_out((uint8_t *)span, &header, false);
  return DRY_OK;
}

/* ---- stored pools ---- */

/* Everything that later code relies on follows from a few numbers, so there is one right value for each. */
static bool geometry_sound(const dry_shared_pool_header *copy) {
  const dry_shared_pool_options options = {.struct_size = sizeof options, .flags = copy->flags,
                                           .object_bytes = copy->object_bytes, .capacity_slots = copy->capacity,
                                           .align_bytes = copy->align_bytes, .caches = copy->cache_count};
  dry_shared_pool_header right;
  if (copy->align_bytes == 0 || copy->cache_count == 0) return false;
  if (dryi_shared_pool_layout(&options, DRYI_SHARED_POOL_STORED_FLAGS, &right, NULL) != DRY_OK) return false;
  return memcmp(copy, &right, offsetof(dry_shared_pool_header, header_crc)) == 0;
}

/* The fixed fields alone: the others change all the time. */
static void load_header(const void *span, dry_shared_pool_header *copy_out) {
  const uint64_t *from = (const uint64_t *)span;
  uint64_t words[offsetof(dry_shared_pool_header, full) / 8];
  memset(copy_out, 0, sizeof *copy_out);
  /* pairs with the release in dryi_shared_pool_lay_out */
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) words[i] = dryi_load_acquire_u64(from + i);
  memcpy(copy_out, words, sizeof words);
}

dry_status dryi_shared_pool_header_check(const void *span, uint64_t span_bytes, dry_shared_pool_header *facts_out,
                                         dry_detail *detail) {
  if (!span || (uintptr_t)span % DRY_CACHE_LINE_BYTES != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "shared pool: the span must be aligned to %d", DRY_CACHE_LINE_BYTES);
  if (span_bytes < sizeof *facts_out)
    return dryi_fail(detail, DRY_CORRUPT, "shared pool: %llu bytes are no shared pool", (unsigned long long)span_bytes);
  load_header(span, facts_out);
  if (facts_out->magic != DRY_SHARED_POOL_MAGIC)
    return dryi_fail(detail, DRY_CORRUPT, "shared pool: not a shared pool: the magic is 0x%016llx",
                     (unsigned long long)facts_out->magic);
  const uint32_t crc = fixed_fields_crc(facts_out);
  if (crc != facts_out->header_crc)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_shared_pool_header, header_crc),
                        "shared pool: header checksum is 0x%08x, stored 0x%08x", crc, facts_out->header_crc);
  if (!geometry_sound(facts_out) || facts_out->size_bytes > span_bytes)
    return dryi_fail(detail, DRY_CORRUPT, "shared pool: header: offsets and sizes do not fit together");
  if ((uintptr_t)span % base_align(facts_out) != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "shared pool: the span must be aligned to %u, as its objects are",
                     facts_out->align_bytes);
  return DRY_OK;
}
