/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* index_map_part.c: how a map is laid out, and its handles: on a span, in private memory, and as a part of a region. */
#include <string.h>

#include "base/crc32c.h"
#include "base/detail.h"
#include "base/hooks.h"
#include "memory/index_map_internal.h"

_Static_assert(sizeof(dry_index_map_header) == DRY_INDEX_MAP_HEADER_BYTES, "stored layout");
_Static_assert(offsetof(dry_index_map_header, capacity) == 40, "stored layout");
_Static_assert(offsetof(dry_index_map_header, header_crc) == 44, "stored layout");
_Static_assert(offsetof(dry_index_map_header, changing) == 52, "stored layout");
_Static_assert(offsetof(dry_index_map_header, failures) == 56, "stored layout");
_Static_assert(DRY_INDEX_MAP_CAPACITY_MAX == 1u << (DRYI_INDEX_MAP_FAN_LOG2 * DRY_INDEX_MAP_LEVELS),
               "the top level is one word");

#define SPAN_ALIGN 64

/* ---- layout ---- */

/* The words of each level; the number of levels, up to the one that is a single word. */
static uint32_t count_words(uint32_t capacity, uint64_t words_out[DRY_INDEX_MAP_LEVELS]) {
  uint64_t bits = capacity;
  uint32_t height = 0;
  do {
    bits = (bits + 63) / 64;
    words_out[height++] = bits;
  } while (bits > 1);
  return height;
}

static uint64_t header_geometry(uint32_t capacity, dry_index_map_header *header) {
  uint64_t words[DRY_INDEX_MAP_LEVELS], summary = 0;
  uint32_t height = count_words(capacity, words);
  for (uint32_t level = 1; level < height; level++) summary += words[level] * sizeof(uint64_t);
  header->capacity = capacity;
  header->leaves_offset = DRY_INDEX_MAP_HEADER_BYTES;
  header->full_offset = header->leaves_offset + words[0] * sizeof(uint64_t);
  header->any_offset = header->full_offset + summary;
  header->size_bytes = header->any_offset + summary;
  return header->size_bytes;
}

static uint32_t fixed_fields_crc(const dry_index_map_header *header) {
  return dryi_crc32c(0, header, offsetof(dry_index_map_header, header_crc));
}

static dry_status check_options(const dry_index_map_options *options, uint32_t flags, dry_detail *detail) {
  if (!options) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: must not be NULL");
  if (options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "struct_size: is %u, this library's is %zu", options->struct_size,
                     sizeof *options);
  if (options->capacity == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "capacity: must be at least 1");
  if (options->capacity > DRY_INDEX_MAP_CAPACITY_MAX)
    return dryi_fail(detail, DRY_TOO_LARGE, "capacity: %llu is above %u", (unsigned long long)options->capacity,
                     DRY_INDEX_MAP_CAPACITY_MAX);
  return dryi_check_flags(options->flags, flags, detail);
}

dry_status dry_index_map_required_bytes(const dry_index_map_options *options, uint64_t *bytes_out) {
  if (!bytes_out) return DRY_INVALID_ARGUMENT;
  *bytes_out = 0;
  dry_status status = check_options(options, 0, NULL);
  if (status != DRY_OK) return status;
  dry_index_map_header header;
  *bytes_out = header_geometry((uint32_t)options->capacity, &header);
  return DRY_OK;
}

/* Sets the handle's addresses from a header whose fields are known to be right. */
static void bind(dry_index_map *map, void *span, const dry_index_map_header *checked) {
  uint64_t words[DRY_INDEX_MAP_LEVELS];
  memset(map, 0, sizeof *map);
  uint8_t *base = (uint8_t *)span;
  map->capacity = checked->capacity;
  map->height = count_words(checked->capacity, words);
  uint64_t *leaves = (uint64_t *)(void *)(base + checked->leaves_offset);
  uint64_t *full = (uint64_t *)(void *)(base + checked->full_offset);
  uint64_t *any = (uint64_t *)(void *)(base + checked->any_offset);
  map->levels[0] = leaves;
  for (uint32_t level = 1; level < map->height; level++) {
    map->levels[level] = full;
    map->any[level] = any;
    full += words[level];
    any += words[level];
  }
  map->closed = dryi_backing_closed(NULL);
  map->writable = 1;
  map->header = (dry_index_map_header *)span;
}

static void lay_out(void *span, uint32_t capacity) {
  dry_index_map_header header;
  memset(&header, 0, sizeof header);
  uint64_t bytes = header_geometry(capacity, &header);
  header.magic = DRY_INDEX_MAP_MAGIC;
  header.header_crc = fixed_fields_crc(&header);
  memset((uint8_t *)span + sizeof header, 0, (size_t)(bytes - sizeof header));
  dry_index_map map;
  bind(&map, span, &header);
  for (uint32_t level = 1; level < map.height; level++) {
    uint64_t last = dryi_index_map_words(&map, level) - 1;
    map.levels[level][last] = ~dryi_index_map_valid(&map, level, last);
  }
  memcpy(span, &header, sizeof header);
}

dry_status dry_index_map_init(void *span, uint64_t span_bytes, const dry_index_map_options *options) {
  if (!span || (uintptr_t)span % SPAN_ALIGN != 0) return DRY_INVALID_ARGUMENT;
  uint64_t bytes;
  dry_status status = dry_index_map_required_bytes(options, &bytes);
  if (status != DRY_OK) return status;
  if (bytes > span_bytes) return DRY_TOO_LARGE;
  lay_out(span, (uint32_t)options->capacity);
  return DRY_OK;
}

/* ---- opening what lies in a span ---- */

static void load_header(const dry_index_map_header *header, dry_index_map_header *copy_out) {
  const uint64_t *from = (const uint64_t *)(const void *)header;
  uint64_t words[sizeof *copy_out / sizeof(uint64_t)];
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) words[i] = dryi_load_relaxed_u64(from + i);
  memcpy(copy_out, words, sizeof words);
}

/* Every offset follows from the capacity, so there is one right value for each. */
static bool geometry_sound(const dry_index_map_header *copy) {
  if (copy->capacity == 0 || copy->capacity > DRY_INDEX_MAP_CAPACITY_MAX) return false;
  dry_index_map_header right;
  header_geometry(copy->capacity, &right);
  return copy->size_bytes == right.size_bytes && copy->leaves_offset == right.leaves_offset &&
         copy->full_offset == right.full_offset && copy->any_offset == right.any_offset;
}

dry_status dryi_index_map_header_check(const void *span, uint64_t span_bytes, dry_index_map_header *copy_out,
                                       dry_detail *detail) {
  if (!span || (uintptr_t)span % SPAN_ALIGN != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "index map: the span must be aligned to %d", SPAN_ALIGN);
  if (span_bytes < sizeof *copy_out)
    return dryi_fail(detail, DRY_CORRUPT, "index map: %llu bytes are no index map", (unsigned long long)span_bytes);
  load_header(span, copy_out);
  if (copy_out->magic != DRY_INDEX_MAP_MAGIC)
    return dryi_fail(detail, DRY_CORRUPT, "index map: not an index map: the magic is 0x%016llx",
                     (unsigned long long)copy_out->magic);
  uint32_t crc = fixed_fields_crc(copy_out);
  if (crc != copy_out->header_crc)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_index_map_header, header_crc),
                        "index map: header checksum is 0x%08x, stored 0x%08x", crc, copy_out->header_crc);
  if (!geometry_sound(copy_out) || copy_out->size_bytes > span_bytes)
    return dryi_fail(detail, DRY_CORRUPT, "index map: header: offsets and sizes do not fit together");
  return DRY_OK;
}

/* Opens a span; for changes with its summaries made anew. */
static dry_status attach(void *span, uint64_t span_bytes, bool writable, dry_index_map *map_out, dry_detail *detail) {
  dry_index_map_header checked;
  dry_status status = dryi_index_map_header_check(span, span_bytes, &checked, detail);
  if (status != DRY_OK) return status;
  bind(map_out, span, &checked);
  map_out->writable = writable;
  if (writable) status = dryi_index_map_rebuild(map_out, false, detail);
  if (status != DRY_OK) memset(map_out, 0, sizeof *map_out);
  return status;
}

dry_status dry_index_map_attach(void *span, uint64_t span_bytes, dry_index_map *map_out, dry_detail *detail) {
  if (!map_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "map_out: must not be NULL");
  memset(map_out, 0, sizeof *map_out);
  dry_status status = attach(span, span_bytes, true, map_out, detail);
  return status == DRY_OK ? dryi_done(detail) : status;
}

/* ---- private memory ---- */

dry_status dry_index_map_create(const dry_index_map_options *options, dry_index_map *map_out, dry_detail *detail) {
  if (!map_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "map_out: must not be NULL");
  memset(map_out, 0, sizeof *map_out);
  dry_status status = check_options(options, DRYI_SYSTEM_FLAGS | DRY_MEMORY_REQUIRED, detail);
  if (status != DRY_OK) return status;
  dryi_backing *backing;
  status = dryi_backing_new(sizeof *backing, &backing, detail);
  if (status != DRY_OK) return status;
  dry_index_map_header header;
  uint64_t bytes = header_geometry((uint32_t)options->capacity, &header);
  status = dryi_private_map(bytes, bytes, options->flags, &backing->memory, detail);
  if (status == DRY_OK) {
    lay_out(backing->memory.base, (uint32_t)options->capacity);
    status = attach(backing->memory.base, backing->memory.bytes, true, map_out, detail);
  }
  if (status != DRY_OK) {
    dryi_backing_free(backing);
    return status;
  }
  map_out->owner = backing;
  return dryi_done(detail);
}

/* ---- parts ---- */

/* Opens the part with a handle that keeps the region's mapping. */
static dry_status open_mapped(const dryi_part *part, bool writable, dry_index_map *map_out, dry_detail *detail) {
  dryi_backing *backing;
  dry_status status = dryi_backing_new(sizeof *backing, &backing, detail);
  if (status != DRY_OK) return status;
  status = attach(part->base, part->size_bytes, writable, map_out, detail);
  if (status != DRY_OK) {
    dryi_backing_free(backing);
    return status;
  }
  dryi_backing_adopt(backing, part);
  map_out->owner = backing;
  map_out->closed = dryi_backing_closed(backing);
  return DRY_OK;
}

static dry_status make_part(const dryi_part *part, const void *capacity, void *map_out, dry_detail *detail) {
  lay_out(part->base, *(const uint32_t *)capacity);
  DRYI_STEP("part_laid_out");
  return open_mapped(part, true, map_out, detail);
}

static dry_status open_part(const dryi_part *part, void *map_out, dry_detail *detail) {
  bool writable;
  const dry_status status = dryi_part_access(part, &writable, detail);
  return status == DRY_OK ? open_mapped(part, writable, map_out, detail) : status;
}

static const dryi_part_kind index_map_part = {
    DRY_PART_INDEX_MAP, DRY_INDEX_MAP_FORMAT, "index_map", sizeof(dry_index_map), make_part, open_part};

dry_status dry_index_map_create_in(dry_region *region, const char *name, size_t name_bytes,
                                   const dry_index_map_options *options, dry_index_map *map_out, dry_detail *detail) {
  if (!map_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "map_out: must not be NULL");
  memset(map_out, 0, sizeof *map_out);
  dry_status status = dryi_part_writable(region, detail);
  if (status == DRY_OK) status = check_options(options, 0, detail);
  if (status != DRY_OK) return status;
  const uint32_t capacity = (uint32_t)options->capacity;
  dry_index_map_header header;
  const uint64_t bytes = header_geometry(capacity, &header);
  return dryi_part_create(region, name, name_bytes, &index_map_part, bytes, &capacity, map_out, detail);
}

dry_status dry_index_map_open(dry_region *region, const char *name, size_t name_bytes, dry_index_map *map_out,
                              dry_detail *detail) {
  if (!map_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "map_out: must not be NULL");
  memset(map_out, 0, sizeof *map_out);
  return dryi_part_open(region, name, name_bytes, &index_map_part, map_out, detail);
}

dry_status dryi_index_map_verify_part(dry_region *region, const char *name, size_t name_bytes, dry_detail *detail) {
  dryi_part part;
  dry_index_map map;
  dry_status status = dryi_part_find(region, name, name_bytes, &index_map_part, &part, detail);
  if (status == DRY_OK) status = attach(part.base, part.size_bytes, false, &map, detail);
  return status == DRY_OK ? dry_index_map_validate(&map, detail) : status;
}

dry_status dry_index_map_close(dry_index_map *map) {
  if (!map) return DRY_INVALID_ARGUMENT;
  dryi_backing *backing = map->owner;
  memset(map, 0, sizeof *map);
  dryi_backing_free(backing);
  return DRY_OK;
}
