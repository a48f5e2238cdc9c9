/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "region/part.h"

#include <string.h>

#include "base/detail.h"

static dry_status open_mapping(dry_region *region, dryi_mapping **mapping_out, dry_detail *detail) {
  dry_status status = dryi_region_mapping(region, mapping_out);
  return status == DRY_OK ? status : dryi_fail(detail, status, "region: %s", dry_status_text(status));
}

dry_status dryi_part_writable(dry_region *region, dryi_mapping **mapping_out, dry_detail *detail) {
  dry_status status = open_mapping(region, mapping_out, detail);
  if (status != DRY_OK) return status;
  status = dryi_mapping_may_write(*mapping_out);
  if (status == DRY_OK) return status;
  return dryi_fail(detail, status, "region '%s': %s", (*mapping_out)->name, dry_status_text(status));
}

dry_status dryi_part_find(dry_region *region, const char *name, size_t name_bytes, const dryi_part_kind *kind,
                          dryi_part *part_out, dry_detail *detail) {
  memset(part_out, 0, sizeof *part_out);
  dry_status status = open_mapping(region, &part_out->mapping, detail);
  if (status != DRY_OK) return status;
  dry_part_info *info = &part_out->info;
  status = dryi_directory_find(part_out->mapping, name, name_bytes, &part_out->index, info, detail);
  if (status != DRY_OK) return status;
  if (info->kind != kind->kind)
    return dryi_fail(detail, DRY_TYPE_MISMATCH, "part '%s': is of kind %u, not a %s", info->name, info->kind,
                     kind->word);
  if (info->format != kind->format)
    return dryi_fail(detail, DRY_VERSION_MISMATCH, "part '%s': format revision %u, this library reads %u", info->name,
                     info->format, kind->format);
  part_out->offset = info->offset;
  part_out->size_bytes = info->size_bytes;
  part_out->base = part_out->mapping->base + info->offset;
  return DRY_OK;
}

dry_status dryi_part_reserve(dry_region *region, const char *name, size_t name_bytes, uint64_t size_bytes,
                             dryi_part *part_out, dry_detail *detail) {
  memset(part_out, 0, sizeof *part_out);
  dry_status status = dryi_part_writable(region, &part_out->mapping, detail);
  if (status != DRY_OK) return status;
  part_out->size_bytes = dryi_align_up(size_bytes, DRY_REGION_PAGE_BYTES);
  status = dryi_directory_reserve(part_out->mapping, name, name_bytes, part_out->size_bytes, &part_out->index,
                                  &part_out->offset, detail);
  if (status == DRY_OK) part_out->base = part_out->mapping->base + part_out->offset;
  return status;
}

void dryi_part_commit(const dryi_part *part, const char *name, size_t name_bytes, const dryi_part_kind *kind) {
  dryi_directory_commit(part->mapping, part->index, name, name_bytes, part->offset, part->size_bytes, kind->kind,
                        kind->format);
}
