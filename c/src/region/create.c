/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* create.c: regions come into being whole, under their name or not at all. */
#include <string.h>

#include "base/atomics.h"
#include "base/detail.h"
#include "os/os.h"
#include "region/region_internal.h"

static dry_status check_create(const dry_region_options *options, dry_detail *detail) {
  if (!options || options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: missing, or struct_size is not %zu", sizeof *options);
  if (options->kind < DRY_REGION_MEMORY || options->kind > DRY_REGION_BUFFER)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "kind: %u is none of DRY_REGION_", options->kind);
  if (options->size_bytes == 0 || options->size_bytes > DRY_REGION_BYTES_MAX)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "size_bytes: %llu is not within %d .. 2^46",
                     (unsigned long long)options->size_bytes, DRY_REGION_BYTES_MIN);
  if (options->part_capacity > DRY_REGION_PARTS_MAX)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "part_capacity: %u is above %d", options->part_capacity,
                     DRY_REGION_PARTS_MAX);
  if (options->permissions > 0777)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "permissions: 0%o has more than the nine mode bits",
                     options->permissions);
  if (options->flags & ~(DRY_REGION_PREFAULT | DRY_REGION_HUGE_PAGES))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "flags: 0x%x has unknown bits", options->flags);
  if (options->kind == DRY_REGION_BUFFER &&
      (!options->buffer || (uintptr_t)options->buffer % 64 != 0 || options->size_bytes % DRY_REGION_PAGE_BYTES != 0))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT,
                     "buffer: must be aligned to 64, and size_bytes a multiple of %d", DRY_REGION_PAGE_BYTES);
  return DRY_OK;
}

typedef struct geometry {
  uint64_t size_bytes;
  uint32_t part_capacity;
} geometry;

static dry_status geometry_of(const dry_region_options *options, geometry *out, dry_detail *detail) {
  dry_status status = check_create(options, detail);
  if (status != DRY_OK) return status;
  out->size_bytes = dryi_align_up(options->size_bytes, DRY_REGION_PAGE_BYTES);
  out->part_capacity = options->part_capacity ? options->part_capacity : DRY_REGION_PARTS_DEFAULT;
  uint64_t least = dryi_directory_end(out->part_capacity);
  if (least < DRY_REGION_BYTES_MIN) least = DRY_REGION_BYTES_MIN;
  if (out->size_bytes < least)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "size_bytes: %llu is below %llu, what the directory needs",
                     (unsigned long long)options->size_bytes, (unsigned long long)least);
  return DRY_OK;
}

static dry_status lay_out(dryi_mapping *mapping, const dry_region_options *options, const uint8_t *image,
                          uint32_t part_capacity, dry_detail *detail) {
  dry_region_header *header = dryi_mapping_header(mapping);
  mapping->part_capacity = part_capacity;
  if (image) {
    memcpy(mapping->base, image, (size_t)mapping->size_bytes);
    header->seal = 0;
    header->image_crc = 0;
  } else {
    uint64_t id[2] = {options->creation_id[0], options->creation_id[1]};
    int error = id[0] == 0 && id[1] == 0 ? dryi_os_random(id, sizeof id) : 0;
    if (error) return dryi_fail_os(detail, error, "region '%s': no random creation id", mapping->name);
    if (mapping->kind == DRY_REGION_BUFFER || mapping->kind == DRY_REGION_DESCRIPTOR)
      memset(mapping->base, 0, (size_t)dryi_directory_end(part_capacity));
    dryi_region_header_init(header, mapping->size_bytes, part_capacity, id);
  }
  dryi_mapping_take_epoch(mapping);
  /* Written last; pairs with the acquire load in wait_until_ready. */
  dryi_store_release_u32(&header->state, DRY_REGION_READY);
  return DRY_OK;
}

static dry_status create_named(dryi_mapping *mapping, const dry_region_options *options, const uint8_t *image,
                               const geometry *size, dry_detail *detail) {
  char path[DRYI_OS_PATH_BYTES], temporary[DRYI_OS_PATH_BYTES];
  dry_status status = dryi_region_path(options->kind, options->name, path, detail);
  if (status != DRY_OK) return status;
  int error = dryi_os_create_unnamed(path, options->permissions ? options->permissions : 0600, temporary, &mapping->fd);
  if (error) return dryi_fail_os(detail, error, "region '%s': cannot be created", mapping->name);
  error = dryi_os_allocate(mapping->fd, size->size_bytes);
  if (error)
    status = dryi_fail_os(detail, error, "region '%s': no space for %llu bytes", mapping->name,
                          (unsigned long long)size->size_bytes);
  if (status == DRY_OK) status = dryi_mapping_lock(mapping, detail);
  if (status == DRY_OK) status = dryi_mapping_map(mapping, size->size_bytes, detail);
  if (status == DRY_OK) status = lay_out(mapping, options, image, size->part_capacity, detail);
  if (status == DRY_OK) {
    error = dryi_os_link(mapping->fd, temporary, path);
    if (error) status = dryi_fail_os(detail, error, "region '%s': cannot be given its name", mapping->name);
  }
  if (status != DRY_OK) {
    dryi_os_discard(mapping->fd, temporary);
    mapping->fd = -1;
  }
  return status;
}

static dry_status create_on_descriptor(dryi_mapping *mapping, const dry_region_options *options, const uint8_t *image,
                                       const geometry *size, dry_detail *detail) {
  int error = options->descriptor == -1 ? dryi_os_create_memfd(&mapping->fd)
                                        : dryi_os_reopen(options->descriptor, true, &mapping->fd);
  if (error) return dryi_fail_os(detail, error, "descriptor %d: cannot be opened for writing", options->descriptor);
  dry_status status = dryi_mapping_lock(mapping, detail);
  if (status != DRY_OK) return status;
  error = dryi_os_allocate(mapping->fd, size->size_bytes);
  if (error)
    return dryi_fail_os(detail, error, "descriptor %d: no space for %llu bytes", options->descriptor,
                        (unsigned long long)size->size_bytes);
  status = dryi_mapping_map(mapping, size->size_bytes, detail);
  return status == DRY_OK ? lay_out(mapping, options, image, size->part_capacity, detail) : status;
}

static dry_status create_unnamed(dryi_mapping *mapping, const dry_region_options *options, const uint8_t *image,
                                 const geometry *size, dry_detail *detail) {
  void *base = options->buffer;
  if (options->kind == DRY_REGION_MEMORY) {
    int error = dryi_os_map_anonymous(size->size_bytes, &base);
    if (error)
      return dryi_fail_os(detail, error, "no memory for %llu bytes", (unsigned long long)size->size_bytes);
  }
  mapping->base = base;
  mapping->size_bytes = size->size_bytes;
  return lay_out(mapping, options, image, size->part_capacity, detail);
}

dry_status dryi_region_create_from(const dry_region_options *options, const uint8_t *image, dry_region *region_out,
                                   dry_detail *detail) {
  geometry size;
  dry_status status = geometry_of(options, &size, detail);
  if (status != DRY_OK) return status;
  dryi_mapping *mapping;
  status = dryi_mapping_new(options->name, options->kind, DRY_MODE_WRITE, &mapping, detail);
  if (status != DRY_OK) return status;
  if (options->kind == DRY_REGION_FILE || options->kind == DRY_REGION_SHARED)
    status = create_named(mapping, options, image, &size, detail);
  else if (options->kind == DRY_REGION_DESCRIPTOR)
    status = create_on_descriptor(mapping, options, image, &size, detail);
  else
    status = create_unnamed(mapping, options, image, &size, detail);
  if (status != DRY_OK) {
    dryi_mapping_release(mapping);
    return status;
  }
  return dryi_mapping_finish(mapping, options->flags, region_out, detail);
}

dry_status dry_region_create(const dry_region_options *options, dry_region *region_out, dry_detail *detail) {
  if (!region_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region_out: must not be NULL");
  memset(region_out, 0, sizeof *region_out);
  return dryi_region_create_from(options, NULL, region_out, detail);
}
