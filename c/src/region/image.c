/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/atomics.h"
#include "base/crc32c.h"
#include "base/detail.h"
#include "base/hooks.h"
#include "os/os.h"
#include "region/region_internal.h"

uint32_t dryi_image_crc(const uint8_t *base, uint64_t size_bytes) {
  dry_region_header header;
  memcpy(&header, base, sizeof header);
  header.seal = 0;
  header.image_crc = 0;
  uint32_t crc = dryi_crc32c(0, &header, sizeof header);
  return dryi_crc32c(crc, base + sizeof header, (size_t)(size_bytes - sizeof header));
}

dry_status dryi_image_check(const uint8_t *base, uint64_t size_bytes, dry_detail *detail) {
  const dry_region_header *header = (const dry_region_header *)(const void *)base;
  uint32_t seal = dryi_load_relaxed_u32(&header->seal);
  uint32_t stored = dryi_load_relaxed_u32(&header->image_crc);
  if (seal == 0 && stored == 0) return DRY_OK;
  if (seal != DRY_REGION_SEALED)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, seal), "header: seal is 0x%08x", seal);
  uint32_t crc = dryi_image_crc(base, size_bytes);
  if (crc != stored)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, image_crc),
                        "image: checksum of all bytes is 0x%08x, stored 0x%08x", crc, stored);
  return DRY_OK;
}

/* The header as it goes into an image: sealed over the bytes as they are now. */
static void sealed_page(const dryi_mapping *mapping, uint8_t *page) {
  memcpy(page, mapping->base, DRY_REGION_PAGE_BYTES);
  dry_region_header *header = (dry_region_header *)(void *)page;
  header->seal = DRY_REGION_SEALED;
  header->image_crc = dryi_image_crc(mapping->base, mapping->size_bytes);
}

static int write_image(const dryi_mapping *mapping, int fd) {
  _Alignas(8) uint8_t page[DRY_REGION_PAGE_BYTES];
  sealed_page(mapping, page);
  int error = dryi_os_allocate(fd, mapping->size_bytes);
  if (!error)
    error = dryi_os_write_at(fd, mapping->base + DRY_REGION_PAGE_BYTES, mapping->size_bytes - DRY_REGION_PAGE_BYTES,
                             DRY_REGION_PAGE_BYTES);
  DRYI_STEP("save_body");
  if (!error) error = dryi_os_write_at(fd, page, sizeof page, 0);
  if (!error) error = dryi_os_sync(fd);
  return error;
}

static dry_status save(const dryi_mapping *mapping, const char *path, dry_detail *detail) {
  char temporary[DRYI_OS_PATH_BYTES];
  int fd;
  int error = dryi_os_create_unnamed(path, 0600, temporary, &fd);
  if (error) return dryi_fail_os(detail, error, "image '%s': cannot be created", path);
  error = write_image(mapping, fd);
  DRYI_STEP("save_written");
  if (!error) error = dryi_os_link_over(fd, temporary, path);
  dryi_os_discard(fd, temporary);
  if (error) return dryi_fail_os(detail, error, "image '%s': cannot be written", path);
  return dryi_done(detail);
}

dry_status dry_region_save(dry_region *region, const char *path, dry_detail *detail) {
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  if (status != DRY_OK) return dryi_fail(detail, status, "region: %s", dry_status_text(status));
  if (!path || !*path) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "path: must not be empty");
  if (mapping->mode == DRY_MODE_WRITE || mapping->fd < 0) return save(mapping, path, detail);
  /* A reader's image is whole only while nobody writes: the shared lock keeps writers out, or says that one is in. */
  int error = dryi_os_lock_shared(mapping->fd);
  if (error == EAGAIN) return dryi_fail(detail, DRY_BUSY, "region '%s': a writer is attached", mapping->name);
  if (error) return dryi_fail_os(detail, error, "region '%s': cannot be locked", mapping->name);
  status = save(mapping, path, detail);
  (void)dryi_os_unlock(mapping->fd);
  return status;
}

static dry_status read_facts(const char *path, int fd, uint64_t *size_out, dry_detail *detail) {
  dryi_os_file_facts facts;
  int error = dryi_os_facts(fd, &facts);
  if (error) return dryi_fail_os(detail, error, "image '%s'", path);
  if (!facts.regular) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "image '%s': is not a regular file", path);
  _Alignas(8) dry_region_header header;
  if (facts.size_bytes < DRY_REGION_BYTES_MIN)
    return dryi_fail_at(detail, DRY_CORRUPT, facts.size_bytes, "image '%s': truncated to %llu bytes", path,
                        (unsigned long long)facts.size_bytes);
  error = dryi_os_read_at(fd, &header, sizeof header, 0);
  if (error) return dryi_fail_os(detail, error, "image '%s': cannot be read", path);
  uint32_t part_capacity;
  dry_status status = dryi_region_header_check(&header, facts.size_bytes, &part_capacity, detail);
  if (status != DRY_OK) {
    dryi_detail_prefix(detail, path);
    return status;
  }
  *size_out = facts.size_bytes;
  return DRY_OK;
}

/* Beyond its bytes: the ready mark and the directory, before anything is made of them. */
static dry_status check_contents(uint8_t *image, uint64_t size_bytes, dry_detail *detail) {
  const dry_region_header *header = (const dry_region_header *)(const void *)image;
  if (header->state != DRY_REGION_READY)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, state), "header: the ready mark is 0x%08x",
                        header->state);
  dryi_mapping view;
  memset(&view, 0, sizeof view);
  view.base = image;
  view.size_bytes = size_bytes;
  dry_status status = dryi_region_header_check(header, size_bytes, &view.part_capacity, detail);
  uint32_t count;
  uint64_t end;
  return status == DRY_OK ? dryi_directory_check(&view, &count, &end, detail) : status;
}

/* The image is read once into private memory and checked there, so that what was checked is what is used. */
static dry_status read_checked(const char *path, int fd, uint64_t size_bytes, uint8_t **image_out, dry_detail *detail) {
  void *image;
  int error = dryi_os_map_anonymous(size_bytes, &image);
  if (error) return dryi_fail_os(detail, error, "image '%s': no memory for its %llu bytes", path,
                                 (unsigned long long)size_bytes);
  dry_status status = DRY_OK;
  error = dryi_os_read_at(fd, image, size_bytes, 0);
  if (error) status = dryi_fail_os(detail, error, "image '%s': cannot be read", path);
  if (status == DRY_OK) {
    status = dryi_image_check(image, size_bytes, detail);
    if (status == DRY_OK) status = check_contents(image, size_bytes, detail);
    if (status != DRY_OK) dryi_detail_prefix(detail, path);
  }
  if (status != DRY_OK) {
    (void)dryi_os_unmap(image, size_bytes);
    return status;
  }
  *image_out = image;
  return DRY_OK;
}

static dry_status region_from_image(const uint8_t *image, uint64_t size_bytes, const dry_region_options *options,
                                    dry_region *region_out, dry_detail *detail) {
  const dry_region_header *header = (const dry_region_header *)(const void *)image;
  dry_region_options as = *options;
  as.size_bytes = size_bytes;
  as.part_capacity = header->part_capacity;
  as.creation_id[0] = header->creation_id[0];
  as.creation_id[1] = header->creation_id[1];
  return dryi_region_create_from(&as, image, region_out, detail);
}

dry_status dry_region_load(const char *path, const dry_region_options *options, dry_region *region_out,
                           dry_detail *detail) {
  if (!region_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region_out: must not be NULL");
  memset(region_out, 0, sizeof *region_out);
  if (!path || !*path) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "path: must not be empty");
  if (!options || options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: missing, or struct_size is not %zu", sizeof *options);
  int fd;
  int error = dryi_os_open(path, false, &fd);
  if (error) return dryi_fail_os(detail, error, "image '%s'", path);
  uint64_t size_bytes = 0;
  uint8_t *image = NULL;
  /* A file region that is in use can be loaded too, when nobody is writing to it at the moment. */
  error = dryi_os_lock_shared(fd);
  dry_status status = DRY_OK;
  if (error == EAGAIN) status = dryi_fail(detail, DRY_BUSY, "image '%s': a writer is attached", path);
  else if (error) status = dryi_fail_os(detail, error, "image '%s': cannot be locked", path);
  if (status == DRY_OK) status = read_facts(path, fd, &size_bytes, detail);
  if (status == DRY_OK) status = read_checked(path, fd, size_bytes, &image, detail);
  (void)dryi_os_close(fd);
  if (status != DRY_OK) return status;
  status = region_from_image(image, size_bytes, options, region_out, detail);
  (void)dryi_os_unmap(image, size_bytes);
  return status;
}
