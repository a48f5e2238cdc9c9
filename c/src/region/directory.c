/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "base/assert.h"
#include "base/atomics.h"
#include "base/crc32c.h"
#include "base/detail.h"
#include "base/hooks.h"
#include "base/utf8.h"
#include "region/region_internal.h"

uint64_t dryi_directory_end(uint32_t part_capacity) {
  return dryi_align_up(DRY_REGION_DIRECTORY_OFFSET + (uint64_t)part_capacity * sizeof(dry_part_entry),
                       DRY_REGION_PAGE_BYTES);
}

bool dryi_part_name_valid(const char *name, size_t name_bytes) {
  return name && name_bytes >= 1 && name_bytes <= DRY_PART_NAME_BYTES_MAX && dryi_utf8_valid(name, name_bytes);
}

static uint64_t entry_offset(uint32_t index) {
  return DRY_REGION_DIRECTORY_OFFSET + (uint64_t)index * sizeof(dry_part_entry);
}

static dry_part_entry *entry_at(const dryi_mapping *mapping, uint32_t index) {
  return (dry_part_entry *)(void *)(mapping->base + entry_offset(index));
}

static uint32_t entry_crc(const dry_part_entry *copy) {
  uint32_t crc = dryi_crc32c(0, copy, offsetof(dry_part_entry, entry_crc));
  return dryi_crc32c(crc, copy->name, sizeof copy->name);
}

static bool entry_sound(const dryi_mapping *mapping, const dry_part_entry *copy) {
  if (copy->entry_crc != entry_crc(copy)) return false;
  if (copy->name_bytes >= sizeof copy->name || !dryi_part_name_valid(copy->name, copy->name_bytes)) return false;
  if (copy->offset % DRY_REGION_PAGE_BYTES != 0 || copy->size_bytes % DRY_REGION_PAGE_BYTES != 0) return false;
  if (copy->offset < dryi_directory_end(mapping->part_capacity) || copy->size_bytes == 0) return false;
  return dryi_in_range(copy->offset, copy->size_bytes, mapping->size_bytes);
}

dry_status dryi_directory_at(const dryi_mapping *mapping, uint32_t index, dry_part_info *info_out, dry_detail *detail) {
  if (index >= mapping->part_capacity) return dryi_fail(detail, DRY_NOT_FOUND, "part %u: beyond the directory", index);
  const dry_part_entry *entry = entry_at(mapping, index);
  /* pairs with the release store in dryi_directory_commit: a ready entry is whole */
  uint32_t state = dryi_load_acquire_u32(&entry->state);
  if (state == 0) return dryi_fail(detail, DRY_NOT_FOUND, "part %u: not made yet", index);
  dry_part_entry copy;
  memcpy(&copy, entry, sizeof copy); /* a ready entry never changes; what a hostile peer does to it, the copy shows */
  if (state != DRY_PART_READY || !entry_sound(mapping, &copy))
    return dryi_fail_at(detail, DRY_CORRUPT, entry_offset(index), "directory: entry %u is damaged", index);
  memset(info_out, 0, sizeof *info_out);
  info_out->offset = copy.offset;
  info_out->size_bytes = copy.size_bytes;
  info_out->kind = copy.kind;
  info_out->format = copy.format;
  info_out->name_bytes = copy.name_bytes;
  memcpy(info_out->name, copy.name, copy.name_bytes);
  return DRY_OK;
}

dry_status dryi_directory_find(const dryi_mapping *mapping, const char *name, size_t name_bytes, uint32_t *index_out,
                               dry_part_info *info_out, dry_detail *detail) {
  if (!dryi_part_name_valid(name, name_bytes))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "part name: must be 1 to 255 bytes of UTF-8 without NUL");
  for (uint32_t i = 0; i < mapping->part_capacity; i++) {
    dry_part_info info;
    dry_status status = dryi_directory_at(mapping, i, &info, detail);
    if (status == DRY_NOT_FOUND) break;
    if (status != DRY_OK) return status;
    if (info.name_bytes != name_bytes || memcmp(info.name, name, name_bytes) != 0) continue;
    *index_out = i;
    *info_out = info;
    return DRY_OK;
  }
  return dryi_fail(detail, DRY_NOT_FOUND, "part '%.*s': not in this region", (int)name_bytes, name);
}

dry_status dryi_directory_check(const dryi_mapping *mapping, uint32_t *count_out, uint64_t *end_out,
                                dry_detail *detail) {
  uint64_t end = dryi_directory_end(mapping->part_capacity);
  uint32_t count = 0;
  for (; count < mapping->part_capacity; count++) {
    dry_part_info info;
    dry_status status = dryi_directory_at(mapping, count, &info, detail);
    if (status == DRY_NOT_FOUND) break;
    if (status != DRY_OK) return status;
    if (info.offset != end)
      return dryi_fail_at(detail, DRY_CORRUPT, entry_offset(count), "directory: part '%s' is not behind the one before",
                          info.name);
    end = info.offset + info.size_bytes;
  }
  *count_out = count;
  *end_out = end;
  return DRY_OK;
}

dry_status dryi_directory_reserve(const dryi_mapping *mapping, const char *name, size_t name_bytes, uint64_t size_bytes,
                                  uint32_t *index_out, uint64_t *offset_out, dry_detail *detail) {
  dry_part_info info;
  uint32_t taken;
  dry_status status = dryi_directory_find(mapping, name, name_bytes, &taken, &info, detail);
  if (status == DRY_OK)
    return dryi_fail(detail, DRY_ALREADY_EXISTS, "part '%s': is in this region already", info.name);
  if (status != DRY_NOT_FOUND) return status;
  uint64_t end;
  status = dryi_directory_check(mapping, index_out, &end, detail);
  if (status != DRY_OK) return status;
  if (*index_out == mapping->part_capacity)
    return dryi_fail(detail, DRY_FULL, "part '%.*s': the directory's %u entries are used up", (int)name_bytes, name,
                     mapping->part_capacity);
  if (!dryi_in_range(end, size_bytes, mapping->size_bytes))
    return dryi_fail(detail, DRY_FULL, "part '%.*s': needs %llu bytes, the region has %llu left", (int)name_bytes, name,
                     (unsigned long long)size_bytes, (unsigned long long)(mapping->size_bytes - end));
  *offset_out = end;
  return DRY_OK;
}

void dryi_directory_commit(dryi_mapping *mapping, uint32_t index, const char *name, size_t name_bytes, uint64_t offset,
                           uint64_t size_bytes, uint32_t kind, uint32_t format) {
  dry_part_entry *entry = entry_at(mapping, index);
  DRY_ASSERT(entry->state == 0);
  memset(entry, 0, sizeof *entry); /* a creator that was killed here may have left a half-written entry */
  entry->offset = offset;
  entry->size_bytes = size_bytes;
  entry->kind = kind;
  entry->format = format;
  entry->name_bytes = (uint32_t)name_bytes;
  memcpy(entry->name, name, name_bytes);
  entry->entry_crc = entry_crc(entry);
  DRYI_STEP("part_commit");
  /* pairs with the acquire load in dryi_directory_at */
  dryi_store_release_u32(&entry->state, DRY_PART_READY);
  DRYI_STEP("part_committed");
}
