/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* layout.c: how large a store is, how it is laid out, and whether stored geometry can be right. */
#include <string.h>

#include "base/crc32c.h"
#include "base/detail.h"
#include "base/hash.h"
#include "kv/kv_internal.h"
#include "os/os.h"

_Static_assert(sizeof(dry_kv_header) == DRY_KV_HEADER_BYTES, "stored layout");
_Static_assert(offsetof(dry_kv_header, seed) == 24, "stored layout");
_Static_assert(offsetof(dry_kv_header, group_count) == 48, "stored layout");
_Static_assert(offsetof(dry_kv_header, staging_bytes) == 88, "stored layout");
_Static_assert(offsetof(dry_kv_header, header_crc) == 96, "stored layout");
_Static_assert(offsetof(dry_kv_header, version) == 128, "stored layout");
_Static_assert(offsetof(dry_kv_header, relocation) == 192, "stored layout");
_Static_assert(sizeof(dry_kv_block) == DRY_KV_BLOCK_HEADER_BYTES, "stored layout");
_Static_assert(offsetof(dry_kv_block, value_bytes) == 8, "stored layout");
_Static_assert(offsetof(dry_kv_block, key_bytes) == 12, "stored layout");
_Static_assert(offsetof(dry_kv_block, room_granules) == 16, "stored layout");
_Static_assert(offsetof(dry_kv_block, link) == 24, "stored layout");
_Static_assert(DRY_KV_GROUP_CONTROL_BYTES == DRY_KV_GROUP_SLOTS + 1, "fifteen tags and a count");
_Static_assert(DRY_KV_GROUP_SLOT_BYTES == DRY_KV_GROUP_SLOTS * 8, "fifteen words");

/* Entries a group holds on average when the store is full: 80 % of its slots, where about one group in six overflows. */
#define ENTRIES_PER_GROUP 12
/* The most that a small entry takes beyond its bytes: header 32, key and value padded by 7 each, 8 to the granule. */
#define OVERHEAD_BYTES_MAX 54

static uint64_t max_u64(uint64_t a, uint64_t b) { return a > b ? a : b; }
static uint64_t min_u64(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* Room beyond what entries can take: `bytes` / large_part, but in small stores bytes / small_part up to 64 KiB, and 4 KiB
   at least; never more than the largest block there can be. */
static uint64_t spare_bytes(uint64_t bytes, uint64_t large_part, uint64_t small_part, uint64_t largest_block) {
  uint64_t small = min_u64(bytes / small_part, 65536);
  uint64_t spare = max_u64(max_u64(bytes / large_part, small), 4096);
  return dryi_align_up(min_u64(spare, largest_block), 64);
}

static dry_status check_options(const dry_kv_options *options) {
  if (!options || options->struct_size != sizeof *options) return DRY_INVALID_ARGUMENT;
  if (options->layout != DRY_KV_LAYOUT_BLOCKS) return DRY_UNSUPPORTED;
  if (options->has_seed > 1 || options->reserved != 0) return DRY_INVALID_ARGUMENT;
  if (options->entries == 0 || options->bytes == 0) return DRY_INVALID_ARGUMENT;
  if (options->entries > DRY_KV_ENTRIES_MAX || options->bytes > DRY_KV_BYTES_MAX) return DRY_TOO_LARGE;
  return DRY_OK;
}

/* Nothing overflows: the limits above keep every term below 2^50. */
static void geometry(const dry_kv_options *options, dry_kv_header *header) {
  uint64_t groups = (options->entries + ENTRIES_PER_GROUP - 1) / ENTRIES_PER_GROUP;
  uint64_t largest = min_u64(options->bytes, DRY_KV_VALUE_BYTES_MAX + (uint64_t)DRY_KV_KEY_BYTES_MAX);
  uint64_t largest_block = dryi_kv_class_bytes(DRY_KV_BLOCK_HEADER_BYTES + 14 + dryi_kv_pad8(largest));
  uint64_t entries = min_u64(options->entries, options->bytes);
  uint64_t packed = options->bytes + options->bytes / 16 + entries * OVERHEAD_BYTES_MAX + entries / 16 * OVERHEAD_BYTES_MAX;
  header->entry_capacity = options->entries;
  header->data_capacity_bytes = options->bytes;
  header->group_count = groups;
  header->control_offset = DRY_KV_HEADER_BYTES;
  header->slots_offset = dryi_align_up(header->control_offset + groups * DRY_KV_GROUP_CONTROL_BYTES, 64);
  header->heap_offset = dryi_align_up(header->slots_offset + groups * DRY_KV_GROUP_SLOT_BYTES, 64);
  header->heap_bytes = dryi_align_up(packed, 64) + spare_bytes(options->bytes, 16, 4, largest_block);
  header->staging_bytes = spare_bytes(options->bytes, 64, 8, largest_block);
  header->size_bytes = header->heap_offset + header->heap_bytes + header->staging_bytes;
}

dry_status dry_kv_required_bytes(const dry_kv_options *options, uint64_t *bytes_out) {
  if (!bytes_out) return DRY_INVALID_ARGUMENT;
  *bytes_out = 0;
  dry_status status = check_options(options);
  if (status != DRY_OK) return status;
  dry_kv_header header;
  geometry(options, &header);
  *bytes_out = header.size_bytes;
  return DRY_OK;
}

static uint32_t fixed_fields_crc(const dry_kv_header *header) {
  return dryi_crc32c(0, header, offsetof(dry_kv_header, header_crc));
}

dry_status dry_kv_init(void *span, uint64_t span_bytes, const dry_kv_options *options) {
  if (!span || (uintptr_t)span % 64 != 0) return DRY_INVALID_ARGUMENT;
  dry_status status = check_options(options);
  if (status != DRY_OK) return status;
  dry_kv_header header;
  memset(&header, 0, sizeof header);
  geometry(options, &header);
  if (header.size_bytes > span_bytes) return DRY_FULL;
  header.magic = DRY_KV_MAGIC;
  header.format = DRY_KV_FORMAT;
  header.layout = options->layout;
  header.seed = options->seed;
  if (!options->has_seed && dryi_os_random(&header.seed, sizeof header.seed) != 0) return DRY_IO;
  header.header_crc = fixed_fields_crc(&header);
  memset((uint8_t *)span + header.control_offset, 0, (size_t)(header.heap_offset - header.control_offset));
  memcpy(span, &header, sizeof header);
  return DRY_OK;
}

/* Every offset that later code relies on follows from the capacities, so there is one right value for each. */
static bool geometry_sound(const dry_kv_header *copy) {
  dry_kv_options options = {.struct_size = sizeof options, .layout = copy->layout, .entries = copy->entry_capacity,
                            .bytes = copy->data_capacity_bytes};
  if (check_options(&options) != DRY_OK) return false;
  dry_kv_header right;
  geometry(&options, &right);
  return copy->group_count == right.group_count && copy->control_offset == right.control_offset &&
         copy->slots_offset == right.slots_offset && copy->heap_offset == right.heap_offset &&
         copy->heap_bytes == right.heap_bytes && copy->staging_bytes == right.staging_bytes &&
         copy->size_bytes == right.size_bytes;
}

static void load_header(const dry_kv_header *header, dry_kv_header *copy_out) {
  const uint64_t *from = (const uint64_t *)(const void *)header;
  uint64_t words[sizeof *copy_out / 8];
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) words[i] = dryi_load_acquire_u64(from + i);
  memcpy(copy_out, words, sizeof words);
}

dry_status dryi_kv_header_check(const dry_kv_header *header, uint64_t span_bytes, dry_kv_header *copy_out,
                                dry_detail *detail) {
  if (!header || (uintptr_t)header % 64 != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "kv: the span must be aligned to 64");
  if (span_bytes < sizeof *header)
    return dryi_fail(detail, DRY_CORRUPT, "kv: %llu bytes are no store", (unsigned long long)span_bytes);
  load_header(header, copy_out);
  if (copy_out->magic != DRY_KV_MAGIC)
    return dryi_fail(detail, DRY_CORRUPT, "kv: not a store: the magic is 0x%016llx", (unsigned long long)copy_out->magic);
  uint32_t crc = fixed_fields_crc(copy_out);
  if (crc == copy_out->header_crc && copy_out->format != DRY_KV_FORMAT)
    return dryi_fail(detail, DRY_VERSION_MISMATCH, "kv: format revision %u, this library reads %d", copy_out->format,
                     DRY_KV_FORMAT);
  if (crc != copy_out->header_crc)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_kv_header, header_crc),
                        "kv: header checksum is 0x%08x, stored 0x%08x", crc, copy_out->header_crc);
  if (!geometry_sound(copy_out) || copy_out->size_bytes > span_bytes)
    return dryi_fail(detail, DRY_CORRUPT, "kv: header: offsets and sizes do not fit together");
  return DRY_OK;
}

void dryi_kv_reader_init(dry_kv_reader *reader, const uint8_t *part, const dry_kv_header *checked, uint32_t flags) {
  static const uint32_t never_closed = 0;
  memset(reader, 0, sizeof *reader);
  reader->part = part;
  reader->closed = &never_closed;
  reader->group_count = checked->group_count;
  reader->seed = dryi_hash_premix(checked->seed);
  reader->control_offset = checked->control_offset;
  reader->slots_offset = checked->slots_offset;
  reader->heap_offset = checked->heap_offset;
  reader->heap_end = checked->heap_offset + checked->heap_bytes + checked->staging_bytes;
  reader->flags = flags;
}

uint64_t dry_kv_hash(const void *key, size_t key_bytes, uint64_t seed) {
  return dryi_hash_with(dryi_hash_premix(seed), key, key_bytes);
}
