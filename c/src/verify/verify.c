/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* verify.c: a whole region: the frame, then each part by its kind. It stands above region and parts, which do not know it. */
#include <string.h>

#include "base/atomics.h"
#include "base/detail.h"
#include "drystone/kv.h"
#include "drystone/shared_pool.h"
#include "memory/index_map_internal.h"
#include "memory/pool_internal.h"
#include "region/region_internal.h"

typedef dry_status (*verify_part)(dry_region *region, const dry_part_info *info, dry_detail *detail);

static dry_status verify_kv(dry_region *region, const dry_part_info *info, dry_detail *detail) {
  dry_kv_reader reader;
  dry_status status = dry_kv_reader_open(region, info->name, info->name_bytes, 0, &reader, detail);
  if (status != DRY_OK) return status;
  status = dry_kv_verify(&reader, detail);
  (void)dry_kv_reader_close(&reader);
  return status;
}

static dry_status verify_pool(dry_region *region, const dry_part_info *info, dry_detail *detail) {
  return dryi_pool_verify_part(region, info->name, info->name_bytes, detail);
}

static dry_status verify_index_map(dry_region *region, const dry_part_info *info, dry_detail *detail) {
  return dryi_index_map_verify_part(region, info->name, info->name_bytes, detail);
}

static dry_status verify_shared_pool(dry_region *region, const dry_part_info *info, dry_detail *detail) {
  dry_shared_pool pool;
  dry_status status = dry_shared_pool_open(region, info->name, info->name_bytes, &pool, detail);
  if (status != DRY_OK) return status;
  status = dry_shared_pool_validate(&pool, detail);
  (void)dry_shared_pool_close(&pool);
  return status;
}

static verify_part verifier_of(uint32_t kind) {
  switch (kind) {
    case DRY_PART_KV: return verify_kv;
    case DRY_PART_POOL: return verify_pool;
    case DRY_PART_INDEX_MAP: return verify_index_map;
    case DRY_PART_SHARED_POOL: return verify_shared_pool;
    default: return NULL;
  }
}

static bool all_zero(const uint8_t *from, uint64_t bytes) {
  for (uint64_t i = 0; i < bytes; i++)
    if (from[i] != 0) return false;
  return true;
}

static dry_status verify_padding(const dryi_mapping *mapping, uint32_t count, dry_detail *detail) {
  const dry_region_header *header = dryi_mapping_header(mapping);
  if (header->reserved1 != 0 || !all_zero((const uint8_t *)header->reserved2, sizeof header->reserved2) ||
      !all_zero(mapping->base + sizeof *header, DRY_REGION_PAGE_BYTES - sizeof *header))
    return dryi_fail(detail, DRY_CORRUPT, "header: reserved bytes are set");
  /* Behind the last part: nothing, or one entry whose creator was killed before it was ready. */
  uint64_t from = DRY_REGION_DIRECTORY_OFFSET + ((uint64_t)count + 1) * sizeof(dry_part_entry);
  uint64_t end = dryi_directory_end(mapping->part_capacity);
  if (from < end && !all_zero(mapping->base + from, end - from))
    return dryi_fail_at(detail, DRY_CORRUPT, from, "directory: entries behind the last part are set");
  for (uint32_t i = 0; i < count; i++) {
    const dry_part_entry *entry =
        (const dry_part_entry *)(const void *)(mapping->base + DRY_REGION_DIRECTORY_OFFSET) + i;
    if (!all_zero((const uint8_t *)entry->reserved, sizeof entry->reserved))
      return dryi_fail(detail, DRY_CORRUPT, "directory: entry %u: reserved bytes are set", i);
  }
  return DRY_OK;
}

static dry_status verify_frame(const dryi_mapping *mapping, uint32_t *count_out, dry_detail *detail) {
  const dry_region_header *header = dryi_mapping_header(mapping);
  uint32_t part_capacity;
  uint64_t end;
  dry_status status = dryi_region_header_check(header, mapping->size_bytes, &part_capacity, detail);
  if (status == DRY_OK && dryi_load_relaxed_u32(&header->state) != DRY_REGION_READY)
    status = dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, state), "header: the ready mark is gone");
  if (status == DRY_OK) status = dryi_directory_check(mapping, count_out, &end, detail);
  if (status == DRY_OK) status = verify_padding(mapping, *count_out, detail);
  if (status == DRY_OK) status = dryi_image_check(mapping->base, mapping->size_bytes, detail);
  return status;
}

static dry_status verify_parts(dry_region *region, uint32_t count, dry_detail *detail) {
  for (uint32_t i = 0; i < count; i++) {
    dry_part_info info;
    dry_status status = dry_region_part_at(region, i, &info);
    if (status != DRY_OK) return dryi_fail(detail, status, "directory: entry %u changed", i);
    verify_part verify = verifier_of(info.kind);
    if (!verify) return dryi_fail(detail, DRY_UNSUPPORTED, "part '%s': kind %u is unknown here", info.name, info.kind);
    status = verify(region, &info, detail);
    if (status == DRY_OK) continue;
    if (detail && status == DRY_CORRUPT) detail->offset += info.offset;
    dryi_detail_prefix(detail, info.name);
    return status;
  }
  return DRY_OK;
}

dry_status dry_region_verify(dry_region *region, dry_detail *detail) {
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  if (status != DRY_OK) return dryi_fail(detail, status, "region: %s", dry_status_text(status));
  uint32_t count;
  status = verify_frame(mapping, &count, detail);
  if (status == DRY_OK) status = verify_parts(region, count, detail);
  if (status == DRY_OK) return dryi_done(detail);
  dryi_detail_prefix(detail, mapping->name);
  return status;
}
