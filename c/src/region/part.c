/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "region/part.h"

#include <string.h>

#include "base/detail.h"

static dry_status open_mapping(dry_region *region, dryi_mapping **mapping_out, dry_detail *detail) {
  dry_status status = dryi_region_mapping(region, mapping_out);
  return status == DRY_OK ? status : dryi_fail(detail, status, "region: %s", dry_status_text(status));
}

static dry_status refuse(const dryi_mapping *mapping, dry_status status, dry_detail *detail) {
  return dryi_fail(detail, status, "region '%s': %s", mapping->name, dry_status_text(status));
}

dry_status dryi_part_writable(dry_region *region, dry_detail *detail) {
  dryi_mapping *mapping;
  dry_status status = open_mapping(region, &mapping, detail);
  if (status != DRY_OK) return status;
  status = dryi_mapping_may_write(mapping);
  return status == DRY_OK ? status : refuse(mapping, status, detail);
}

dry_status dryi_part_access(const dryi_part *part, bool *writable_out, dry_detail *detail) {
  const dry_status may_write = dryi_mapping_may_write(part->mapping);
  *writable_out = may_write == DRY_OK;
  return may_write == DRY_OK || may_write == DRY_READ_ONLY ? DRY_OK : refuse(part->mapping, may_write, detail);
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

dry_status dryi_part_open(dry_region *region, const char *name, size_t name_bytes, const dryi_part_kind *kind,
                          void *handle_out, dry_detail *detail) {
  dryi_part part;
  dry_status status = dryi_part_find(region, name, name_bytes, kind, &part, detail);
  if (status != DRY_OK) return status;
  status = kind->open(&part, handle_out, detail);
  if (status == DRY_OK) return dryi_done(detail);
  memset(handle_out, 0, kind->handle_bytes);
  dryi_detail_prefix(detail, part.info.name);
  return status;
}

dry_status dryi_part_create(dry_region *region, const char *name, size_t name_bytes, const dryi_part_kind *kind,
                            uint64_t size_bytes, const void *facts, void *handle_out, dry_detail *detail) {
  dryi_part part;
  memset(&part, 0, sizeof part);
  dry_status status = open_mapping(region, &part.mapping, detail);
  if (status != DRY_OK) return status;
  part.size_bytes = dryi_align_up(size_bytes, DRY_REGION_PAGE_BYTES);
  status = dryi_directory_reserve(part.mapping, name, name_bytes, part.size_bytes, &part.index, &part.offset, detail);
  if (status != DRY_OK) return status;
  part.base = part.mapping->base + part.offset;
  status = kind->make(&part, facts, handle_out, detail);
  if (status != DRY_OK) {
    memset(handle_out, 0, kind->handle_bytes);
    return status;
  }
  dryi_directory_commit(part.mapping, part.index, name, name_bytes, part.offset, part.size_bytes, kind->kind,
                        kind->format);
  return dryi_done(detail);
}
