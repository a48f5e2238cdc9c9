/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* pool_layout.c: how large a pool is, how it is laid out, and whether stored geometry can be right. */
#include <string.h>

#include "base/crc32c.h"
#include "base/detail.h"
#include "memory/pool_internal.h"

_Static_assert(sizeof(dry_pool_header) == DRY_POOL_HEADER_BYTES, "stored layout");
_Static_assert(offsetof(dry_pool_header, slots_offset) == 40, "stored layout");
_Static_assert(offsetof(dry_pool_header, header_crc) == 68, "stored layout");
_Static_assert(offsetof(dry_pool_header, failures) == 88, "stored layout");
_Static_assert(offsetof(dry_pool_header, pending) == 96, "stored layout");

/* ---- options ---- */

static dry_status check_number(const char *field, uint64_t value, uint64_t max, dry_detail *detail) {
  if (value == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "%s: must be at least 1", field);
  if (value > max)
    return dryi_fail(detail, DRY_TOO_LARGE, "%s: %llu is more than %llu", field, (unsigned long long)value,
                     (unsigned long long)max);
  return DRY_OK;
}

static dry_status check_growth(const dry_pool_options *options, dry_detail *detail) {
  const uint64_t max = options->capacity_max_slots;
  if (max > DRY_POOL_CAPACITY_MAX || options->chunk_slots > DRY_POOL_CAPACITY_MAX)
    return dryi_fail(detail, DRY_TOO_LARGE, "%s: is more than %u",
                     max > DRY_POOL_CAPACITY_MAX ? "capacity_max_slots" : "chunk_slots", DRY_POOL_CAPACITY_MAX);
  if (max != 0 && max < options->capacity_slots)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "capacity_max_slots: %llu is below capacity_slots, %llu",
                     (unsigned long long)max, (unsigned long long)options->capacity_slots);
  if (max == 0 && options->chunk_slots != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "chunk_slots: means nothing without capacity_max_slots");
  return DRY_OK;
}

dry_status dryi_pool_check_stored(const dry_pool_options *options, dry_detail *detail) {
  if (options->capacity_max_slots == 0 && options->chunk_slots == 0) return DRY_OK;
  return dryi_fail(detail, DRY_INVALID_ARGUMENT, "%s: pools grow in private memory only",
                   options->capacity_max_slots ? "capacity_max_slots" : "chunk_slots");
}

/* ---- geometry ---- */

/* Nothing overflows: the limits of pool.h keep every term below 2^62. */
static void geometry(uint32_t object_bytes, uint32_t align_bytes, uint32_t capacity, uint32_t flags,
                     dry_pool_header *header) {
  const uint64_t canary = flags & DRY_MEMORY_GUARDED ? DRY_POOL_CANARY_BYTES : 0;
  memset(header, 0, sizeof *header);
  header->magic = DRY_POOL_MAGIC;
  header->object_bytes = object_bytes;
  header->align_bytes = align_bytes;
  header->capacity = capacity;
  header->flags = flags;
  header->stride_bytes = dryi_align_up(object_bytes + canary, align_bytes);
  header->used_offset = DRY_POOL_HEADER_BYTES;
  header->stack_offset = header->used_offset + dryi_align_up(capacity, 8);
  /* A canary stands in front of the first slot too. */
  header->slots_offset = dryi_align_up(header->stack_offset + (uint64_t)capacity * sizeof(uint32_t) + canary,
                                       dryi_pool_base_align(header));
  header->size_bytes = header->slots_offset + capacity * header->stride_bytes;
}

static uint32_t fixed_fields_crc(const dry_pool_header *header) {
  return dryi_crc32c(0, header, offsetof(dry_pool_header, header_crc));
}

dry_status dryi_pool_layout(const dry_pool_options *options, uint32_t allowed, dry_pool_header *header_out,
                            dry_detail *detail) {
  if (!options) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: must not be NULL");
  if (options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "struct_size: %u, not %zu", options->struct_size, sizeof *options);
  dry_status status = dryi_check_flags(options->flags, allowed, detail);
  if (status == DRY_OK) status = check_number("object_bytes", options->object_bytes, DRY_POOL_OBJECT_BYTES_MAX, detail);
  if (status == DRY_OK) status = check_number("capacity_slots", options->capacity_slots, DRY_POOL_CAPACITY_MAX, detail);
  if (status == DRY_OK) status = check_growth(options, detail);
  uint64_t align = 0;
  if (status == DRY_OK)
    status = dryi_check_align(options->align_bytes, options->object_bytes, DRY_POOL_ALIGN_MAX, &align, detail);
  if (status != DRY_OK) return status;
  const uint64_t capacity = options->capacity_max_slots ? options->capacity_max_slots : options->capacity_slots;
  geometry((uint32_t)options->object_bytes, (uint32_t)align, (uint32_t)capacity,
           options->flags & DRYI_POOL_STORED_FLAGS, header_out);
  header_out->header_crc = fixed_fields_crc(header_out);
  if (header_out->size_bytes <= DRY_POOL_BYTES_MAX) return DRY_OK;
  return dryi_fail(detail, DRY_TOO_LARGE, "pool: %llu slots of %llu bytes are more than 2^46 bytes",
                   (unsigned long long)capacity, (unsigned long long)header_out->stride_bytes);
}

/* ---- spans ---- */

dry_status dry_pool_required_bytes(const dry_pool_options *options, uint64_t *bytes_out) {
  if (!bytes_out) return DRY_INVALID_ARGUMENT;
  *bytes_out = 0;
  dry_pool_header header;
  dry_status status = dryi_pool_layout(options, DRYI_POOL_STORED_FLAGS, &header, NULL);
  if (status == DRY_OK) status = dryi_pool_check_stored(options, NULL);
  if (status == DRY_OK) *bytes_out = header.size_bytes;
  return status;
}

void dryi_pool_lay_out(uint8_t *base, const dry_pool_header *header, bool zeroed) {
  if (!zeroed) memset(base + header->used_offset, 0, (size_t)(header->stack_offset - header->used_offset));
  DRYI_STEP("pool_init_used");
  /* Freed objects are wiped; so, with those that nobody had yet, all are zeros when they are taken. */
  if (!zeroed && (header->flags & DRY_MEMORY_WIPE))
    dryi_wipe(base + header->slots_offset, header->capacity * header->stride_bytes);
  if (header->flags & DRY_MEMORY_GUARDED) dryi_pool_guard_front(base + header->slots_offset);
  memcpy(base + sizeof header->magic, (const uint8_t *)header + sizeof header->magic,
         sizeof *header - sizeof header->magic);
  DRYI_STEP("pool_init_header");
  /* With the magic the rest is there, for whoever attaches after a kill: pairs with nothing at run time. */
  dryi_store_release_u64(&((dry_pool_header *)(void *)base)->magic, header->magic);
}

dry_status dry_pool_init(void *span, uint64_t span_bytes, const dry_pool_options *options) {
  dry_pool_header header;
  dry_status status = dryi_pool_layout(options, DRYI_POOL_STORED_FLAGS, &header, NULL);
  if (status == DRY_OK) status = dryi_pool_check_stored(options, NULL);
  if (status != DRY_OK) return status;
  if (!span || (uintptr_t)span % dryi_pool_base_align(&header) != 0) return DRY_INVALID_ARGUMENT;
  if (header.size_bytes > span_bytes) return DRY_TOO_LARGE;
  dryi_pool_lay_out((uint8_t *)span, &header, false);
  return DRY_OK;
}

/* ---- stored pools ---- */

/* Everything that later code relies on follows from four numbers, so there is one right value for each. */
static bool geometry_sound(const dry_pool_header *copy) {
  const dry_pool_options options = {.struct_size = sizeof options, .flags = copy->flags,
                                    .object_bytes = copy->object_bytes, .capacity_slots = copy->capacity,
                                    .align_bytes = copy->align_bytes};
  dry_pool_header right;
  if (copy->align_bytes == 0 || dryi_pool_layout(&options, DRYI_POOL_STORED_FLAGS, &right, NULL) != DRY_OK) return false;
  return memcmp(copy, &right, offsetof(dry_pool_header, header_crc)) == 0;
}

static void load_header(const void *span, dry_pool_header *copy_out) {
  const uint64_t *from = (const uint64_t *)span;
  uint64_t words[sizeof *copy_out / 8];
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) words[i] = dryi_load_acquire_u64(from + i);
  memcpy(copy_out, words, sizeof words);
}

dry_status dryi_pool_header_check(const void *span, uint64_t span_bytes, dry_pool_header *facts_out,
                                  dry_detail *detail) {
  if (!span || (uintptr_t)span % DRY_CACHE_LINE_BYTES != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool: the span must be aligned to %d", DRY_CACHE_LINE_BYTES);
  if (span_bytes < sizeof *facts_out)
    return dryi_fail(detail, DRY_CORRUPT, "pool: %llu bytes are no pool", (unsigned long long)span_bytes);
  load_header(span, facts_out);
  if (facts_out->magic != DRY_POOL_MAGIC)
    return dryi_fail(detail, DRY_CORRUPT, "pool: not a pool: the magic is 0x%016llx",
                     (unsigned long long)facts_out->magic);
  const uint32_t crc = fixed_fields_crc(facts_out);
  if (crc != facts_out->header_crc)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, header_crc),
                        "pool: header checksum is 0x%08x, stored 0x%08x", crc, facts_out->header_crc);
  if (!geometry_sound(facts_out) || facts_out->size_bytes > span_bytes)
    return dryi_fail(detail, DRY_CORRUPT, "pool: header: offsets and sizes do not fit together");
  if ((uintptr_t)span % dryi_pool_base_align(facts_out) != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool: the span must be aligned to %u, as its objects are",
                     facts_out->align_bytes);
  return DRY_OK;
}
