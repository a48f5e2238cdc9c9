/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* region.c: closing, and asking for facts. */
#include "drystone/region.h"

#include <string.h>

#include "base/atomics.h"
#include "base/detail.h"
#include "os/os.h"
#include "region/region_internal.h"

/* ---- closing ---- */

dry_status dry_region_close(dry_region *region) {
  if (!region) return DRY_INVALID_ARGUMENT;
  dryi_mapping *mapping = (dryi_mapping *)region->mapping;
  if (!mapping) return DRY_OK;
  region->mapping = NULL;
  /* pairs with the acquire loads in every part's calls */
  dryi_store_release_u32(&mapping->closed, 1);
  dryi_mapping_give_up_descriptor(mapping);
  dryi_mapping_release(mapping);
  return DRY_OK;
}

dry_status dry_region_unlink(uint32_t kind, const char *name, dry_detail *detail) {
  char path[DRYI_OS_PATH_BYTES];
  dry_status status = dryi_region_path(kind, name, path, detail);
  if (status != DRY_OK) return status;
  int error = dryi_os_unlink(path);
  return error ? dryi_fail_os(detail, error, "region '%s': cannot be unlinked", name) : dryi_done(detail);
}

/* ---- asking ---- */

dry_status dry_region_get_stats(dry_region *region, dry_region_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  if (status != DRY_OK) return status;
  uint32_t count;
  uint64_t end;
  status = dryi_directory_check(mapping, &count, &end, NULL);
  if (status != DRY_OK) return status;
  const dry_region_header *header = dryi_mapping_header(mapping);
  stats_out->size_bytes = mapping->size_bytes;
  stats_out->used_bytes = end;
  stats_out->epoch = dryi_load_relaxed_u64(&header->epoch);
  stats_out->creation_id[0] = header->creation_id[0];
  stats_out->creation_id[1] = header->creation_id[1];
  stats_out->kind = mapping->kind;
  stats_out->mode = mapping->mode;
  stats_out->part_count = count;
  stats_out->part_capacity = mapping->part_capacity;
  stats_out->huge_pages = mapping->huge_pages;
  stats_out->sealed = dryi_load_relaxed_u32(&header->seal) == DRY_REGION_SEALED;
  return DRY_OK;
}

dry_status dry_region_part_at(dry_region *region, uint32_t index, dry_part_info *info_out) {
  if (!info_out) return DRY_INVALID_ARGUMENT;
  memset(info_out, 0, sizeof *info_out);
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  return status == DRY_OK ? dryi_directory_at(mapping, index, info_out, NULL) : status;
}

dry_status dry_region_find_part(dry_region *region, const char *name, size_t name_bytes, dry_part_info *info_out) {
  if (!info_out) return DRY_INVALID_ARGUMENT;
  memset(info_out, 0, sizeof *info_out);
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  uint32_t index;
  return status == DRY_OK ? dryi_directory_find(mapping, name, name_bytes, &index, info_out, NULL) : status;
}

dry_status dry_region_memory(dry_region *region, const void **base_out, uint64_t *size_bytes_out) {
  if (!base_out || !size_bytes_out) return DRY_INVALID_ARGUMENT;
  *base_out = NULL;
  *size_bytes_out = 0;
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  if (status != DRY_OK) return status;
  *base_out = mapping->base;
  *size_bytes_out = mapping->size_bytes;
  return DRY_OK;
}

dry_status dry_region_descriptor(dry_region *region, int32_t *descriptor_out) {
  if (!descriptor_out) return DRY_INVALID_ARGUMENT;
  *descriptor_out = -1;
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  if (status != DRY_OK) return status;
  *descriptor_out = mapping->fd;
  return mapping->fd >= 0 ? DRY_OK : DRY_UNSUPPORTED;
}
