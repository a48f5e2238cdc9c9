/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* mapping.c: the process-local view of a region: references, names, and what creating and opening share. */
#include <errno.h>
#include <string.h>

#include "base/atomics.h"
#include "base/detail.h"
#include "os/os.h"
#include "region/region_internal.h"

/* ---- references ---- */

dry_status dryi_region_mapping(dry_region *region, dryi_mapping **mapping_out) {
  if (!region) return DRY_INVALID_ARGUMENT;
  dryi_mapping *mapping = (dryi_mapping *)region->mapping;
  if (!mapping) return DRY_CLOSED;
  *mapping_out = mapping;
  return DRY_OK;
}

void dryi_mapping_retain(dryi_mapping *mapping) { (void)dryi_add_acq_rel_u32(&mapping->refs, 1); }

void dryi_mapping_give_up_descriptor(dryi_mapping *mapping) {
  /* The lock goes with its last descriptor; unlocking first also covers one that a child process inherited. */
  if (mapping->fd < 0) return;
  if (mapping->mode == DRY_MODE_WRITE) (void)dryi_os_unlock(mapping->fd);
  (void)dryi_os_close(mapping->fd);
  mapping->fd = -1;
}

void dryi_mapping_release(dryi_mapping *mapping) {
  /* The last one must see everything that the others did before they let go: acquire and release in one. */
  if (dryi_add_acq_rel_u32(&mapping->refs, (uint32_t)-1) != 1) return;
  dryi_mapping_give_up_descriptor(mapping);
  if (mapping->kind != DRY_REGION_BUFFER && mapping->base) (void)dryi_os_unmap(mapping->base, mapping->size_bytes);
  dryi_os_free(mapping->name);
  dryi_os_free(mapping);
}

dry_status dryi_mapping_may_write(const dryi_mapping *mapping) {
  /* pairs with the release store in dry_region_close */
  if (dryi_load_acquire_u32(&mapping->closed)) return DRY_CLOSED;
  if (mapping->mode != DRY_MODE_WRITE) return DRY_READ_ONLY;
  /* pairs with the add in dryi_mapping_take_epoch of the next writer */
  uint64_t epoch = dryi_load_acquire_u64(&dryi_mapping_header(mapping)->epoch);
  return epoch == mapping->epoch ? DRY_OK : DRY_STALE;
}

dry_status dryi_mapping_new(const char *name, uint32_t kind, uint32_t mode, dryi_mapping **mapping_out,
                              dry_detail *detail) {
  dryi_mapping *mapping = dryi_os_alloc_zeroed(sizeof *mapping);
  size_t bytes = name ? strlen(name) + 1 : 1;
  char *copy = mapping ? dryi_os_alloc_zeroed(bytes) : NULL;
  if (!copy) {
    dryi_os_free(mapping);
    return dryi_fail(detail, DRY_OUT_OF_MEMORY, "no memory for the region's handle");
  }
  if (name) memcpy(copy, name, bytes);
  mapping->name = copy;
  mapping->fd = -1;
  mapping->kind = kind;
  mapping->mode = mode;
  mapping->refs = 1;
  *mapping_out = mapping;
  return DRY_OK;
}

/* ---- names ---- */

/* Where Linux keeps what shm_open makes; opening it as files gives O_TMPFILE and link to shared memory too. */
#define SHARED_DIRECTORY "/dev/shm/"

static dry_status shared_path(const char *name, char *path, dry_detail *detail) {
  size_t n = name ? strlen(name) : 0;
  if (n < 1 || n > DRY_REGION_NAME_BYTES_MAX || strchr(name, '/') || strcmp(name, ".") == 0 ||
      strcmp(name, "..") == 0 || !dryi_part_name_valid(name, n))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT,
                     "name: a shared region's must be 1 to %d bytes of UTF-8 without slash, not '.' or '..'",
                     DRY_REGION_NAME_BYTES_MAX);
  memcpy(path, SHARED_DIRECTORY, sizeof SHARED_DIRECTORY - 1);
  memcpy(path + sizeof SHARED_DIRECTORY - 1, name, n + 1);
  return DRY_OK;
}

static dry_status file_path(const char *name, char *path, dry_detail *detail) {
  size_t n = name ? strlen(name) : 0;
  const char *last = name ? strrchr(name, '/') : NULL;
  last = last ? last + 1 : name;
  if (n < 1 || n >= DRYI_OS_PATH_BYTES || !*last || strcmp(last, ".") == 0 || strcmp(last, "..") == 0 ||
      strlen(last) > DRY_REGION_NAME_BYTES_MAX)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "name: must be the path of a file, its last part 1 to %d bytes",
                     DRY_REGION_NAME_BYTES_MAX);
  memcpy(path, name, n + 1);
  return DRY_OK;
}

dry_status dryi_region_path(uint32_t kind, const char *name, char *path, dry_detail *detail) {
  if (kind == DRY_REGION_SHARED) return shared_path(name, path, detail);
  if (kind == DRY_REGION_FILE) return file_path(name, path, detail);
  return dryi_fail(detail, DRY_INVALID_ARGUMENT, "kind: %u has no name", kind);
}

/* ---- what creating and opening share ---- */

static void apply_flags(dryi_mapping *mapping, uint32_t flags) {
  if (mapping->kind == DRY_REGION_BUFFER) return;
  if ((flags & DRY_REGION_HUGE_PAGES) && dryi_os_huge_pages(mapping->base, mapping->size_bytes) == 0)
    mapping->huge_pages = 1;
  /* Prefaulting is an optimisation: what was not touched now is touched later. */
  if (flags & DRY_REGION_PREFAULT)
    (void)dryi_os_prefault(mapping->base, mapping->size_bytes, mapping->mode != DRY_MODE_READ);
}

dry_status dryi_mapping_map(dryi_mapping *mapping, uint64_t size_bytes, dry_detail *detail) {
  void *base;
  int error = dryi_os_map_file(mapping->fd, size_bytes, mapping->mode != DRY_MODE_READ, &base);
  if (error) return dryi_fail_os(detail, error, "region '%s': cannot be mapped", mapping->name);
  mapping->base = base;
  mapping->size_bytes = size_bytes;
  return DRY_OK;
}

dry_status dryi_mapping_lock(const dryi_mapping *mapping, dry_detail *detail) {
  int error = dryi_os_lock_exclusive(mapping->fd);
  if (error == 0) return DRY_OK;
  if (error == EAGAIN) return dryi_fail(detail, DRY_BUSY, "region '%s': another writer is attached", mapping->name);
  return dryi_fail_os(detail, error, "region '%s': cannot be locked", mapping->name);
}

void dryi_mapping_take_epoch(dryi_mapping *mapping) {
  /* pairs with the load in dryi_mapping_may_write of the writer before: after this its next change is refused */
  mapping->epoch = dryi_add_acq_rel_u64(&dryi_mapping_header(mapping)->epoch, 1) + 1;
}

dry_status dryi_mapping_finish(dryi_mapping *mapping, uint32_t flags, dry_region *region_out, dry_detail *detail) {
  apply_flags(mapping, flags);
  region_out->mapping = mapping;
  return dryi_done(detail);
}
