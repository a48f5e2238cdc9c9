/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "drystone/region.h"

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

static void give_up_descriptor(dryi_mapping *mapping) {
  /* The lock goes with its last descriptor; unlocking first also covers one that a child process inherited. */
  if (mapping->fd < 0) return;
  if (mapping->mode == DRY_MODE_WRITE) (void)dryi_os_unlock(mapping->fd);
  (void)dryi_os_close(mapping->fd);
  mapping->fd = -1;
}

void dryi_mapping_release(dryi_mapping *mapping) {
  /* The last one must see everything that the others did before they let go: acquire and release in one. */
  if (dryi_add_acq_rel_u32(&mapping->refs, (uint32_t)-1) != 1) return;
  give_up_descriptor(mapping);
  if (mapping->kind != DRY_REGION_BUFFER && mapping->base) (void)dryi_os_unmap(mapping->base, mapping->size_bytes);
  dryi_os_free(mapping->name);
  dryi_os_free(mapping);
}

dry_status dryi_mapping_may_write(const dryi_mapping *mapping) {
  /* pairs with the release store in dry_region_close */
  if (dryi_load_acquire_u32(&mapping->closed)) return DRY_CLOSED;
  if (mapping->mode != DRY_MODE_WRITE) return DRY_READ_ONLY;
  /* pairs with the add in take_epoch of the next writer */
  uint64_t epoch = dryi_load_acquire_u64(&dryi_mapping_header(mapping)->epoch);
  return epoch == mapping->epoch ? DRY_OK : DRY_STALE;
}

static dry_status new_mapping(const char *name, uint32_t kind, uint32_t mode, dryi_mapping **mapping_out,
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

static dry_status path_of(uint32_t kind, const char *name, char *path, dry_detail *detail) {
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
    (void)dryi_os_prefault(mapping->base, mapping->size_bytes, mapping->mode == DRY_MODE_WRITE);
}

static dry_status map_descriptor(dryi_mapping *mapping, uint64_t size_bytes, dry_detail *detail) {
  void *base;
  int error = dryi_os_map_file(mapping->fd, size_bytes, mapping->mode == DRY_MODE_WRITE, &base);
  if (error) return dryi_fail_os(detail, error, "region '%s': cannot be mapped", mapping->name);
  mapping->base = base;
  mapping->size_bytes = size_bytes;
  return DRY_OK;
}

static dry_status take_lock(const dryi_mapping *mapping, dry_detail *detail) {
  int error = dryi_os_lock_exclusive(mapping->fd);
  if (error == 0) return DRY_OK;
  if (error == EAGAIN) return dryi_fail(detail, DRY_BUSY, "region '%s': another writer is attached", mapping->name);
  return dryi_fail_os(detail, error, "region '%s': cannot be locked", mapping->name);
}

static void take_epoch(dryi_mapping *mapping) {
  /* pairs with the load in dryi_mapping_may_write of the writer before: after this its next change is refused */
  mapping->epoch = dryi_add_acq_rel_u64(&dryi_mapping_header(mapping)->epoch, 1) + 1;
}

static dry_status finish(dryi_mapping *mapping, uint32_t flags, dry_region *region_out, dry_detail *detail) {
  apply_flags(mapping, flags);
  region_out->mapping = mapping;
  return dryi_done(detail);
}

/* ---- creating ---- */

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
  take_epoch(mapping);
  /* Written last; pairs with the acquire load in wait_until_ready. */
  dryi_store_release_u32(&header->state, DRY_REGION_READY);
  return DRY_OK;
}

static dry_status create_named(dryi_mapping *mapping, const dry_region_options *options, const uint8_t *image,
                               const geometry *size, dry_detail *detail) {
  char path[DRYI_OS_PATH_BYTES], temporary[DRYI_OS_PATH_BYTES];
  dry_status status = path_of(options->kind, options->name, path, detail);
  if (status != DRY_OK) return status;
  int error = dryi_os_create_unnamed(path, options->permissions ? options->permissions : 0600, temporary, &mapping->fd);
  if (error) return dryi_fail_os(detail, error, "region '%s': cannot be created", mapping->name);
  error = dryi_os_allocate(mapping->fd, size->size_bytes);
  if (error)
    status = dryi_fail_os(detail, error, "region '%s': no space for %llu bytes", mapping->name,
                          (unsigned long long)size->size_bytes);
  if (status == DRY_OK) status = take_lock(mapping, detail);
  if (status == DRY_OK) status = map_descriptor(mapping, size->size_bytes, detail);
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
  dry_status status = take_lock(mapping, detail);
  if (status != DRY_OK) return status;
  error = dryi_os_allocate(mapping->fd, size->size_bytes);
  if (error)
    return dryi_fail_os(detail, error, "descriptor %d: no space for %llu bytes", options->descriptor,
                        (unsigned long long)size->size_bytes);
  status = map_descriptor(mapping, size->size_bytes, detail);
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
  status = new_mapping(options->name, options->kind, DRY_MODE_WRITE, &mapping, detail);
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
  return finish(mapping, options->flags, region_out, detail);
}

dry_status dry_region_create(const dry_region_options *options, dry_region *region_out, dry_detail *detail) {
  if (!region_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region_out: must not be NULL");
  memset(region_out, 0, sizeof *region_out);
  return dryi_region_create_from(options, NULL, region_out, detail);
}

/* ---- opening ---- */

static dry_status check_open(const dry_region_open_options *options, dry_detail *detail) {
  if (!options || options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: missing, or struct_size is not %zu", sizeof *options);
  if (options->kind < DRY_REGION_FILE || options->kind > DRY_REGION_BUFFER)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "kind: %u cannot be opened", options->kind);
  if (options->mode != DRY_MODE_READ && options->mode != DRY_MODE_WRITE)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "mode: %u is neither read nor write", options->mode);
  if (options->flags & ~(DRY_REGION_PREFAULT | DRY_REGION_HUGE_PAGES | DRY_REGION_TAKE_OVER))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "flags: 0x%x has unknown bits", options->flags);
  if ((options->flags & DRY_REGION_TAKE_OVER) && options->mode != DRY_MODE_WRITE)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "flags: only a writer takes over");
  if (options->kind == DRY_REGION_BUFFER && (!options->buffer || (uintptr_t)options->buffer % 64 != 0))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "buffer: must be aligned to 64");
  if (options->reserved != 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "reserved: must be 0");
  return DRY_OK;
}

static dry_status open_descriptor(dryi_mapping *mapping, const dry_region_open_options *options, dry_detail *detail) {
  bool writable = mapping->mode == DRY_MODE_WRITE;
  if (options->kind == DRY_REGION_DESCRIPTOR) {
    int error = dryi_os_reopen(options->descriptor, writable, &mapping->fd);
    return error ? dryi_fail_os(detail, error, "descriptor %d: cannot be opened", options->descriptor) : DRY_OK;
  }
  char path[DRYI_OS_PATH_BYTES];
  dry_status status = path_of(options->kind, options->name, path, detail);
  if (status != DRY_OK) return status;
  int error = dryi_os_open(path, writable, &mapping->fd);
  return error ? dryi_fail_os(detail, error, "region '%s'", mapping->name) : DRY_OK;
}

/* A name in a shared directory may be somebody else's trap: a writer takes only a file that is his alone. */
static dry_status check_file(const dryi_mapping *mapping, uint64_t *size_out, dry_detail *detail) {
  dryi_os_file_facts facts;
  int error = dryi_os_facts(mapping->fd, &facts);
  if (error) return dryi_fail_os(detail, error, "region '%s'", mapping->name);
  if (!facts.regular)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region '%s': is not a regular file", mapping->name);
  if (mapping->mode == DRY_MODE_WRITE && !facts.own)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region '%s': belongs to another user, so it is not written to",
                     mapping->name);
  if (mapping->mode == DRY_MODE_WRITE && facts.links > 1)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region '%s': has %llu hard links, so it is not written to",
                     mapping->name, (unsigned long long)facts.links);
  if (facts.size_bytes < DRY_REGION_BYTES_MIN)
    return dryi_fail_at(detail, DRY_CORRUPT, facts.size_bytes, "region '%s': truncated to %llu bytes", mapping->name,
                        (unsigned long long)facts.size_bytes);
  *size_out = facts.size_bytes;
  return DRY_OK;
}

/* A region that is opened by name was linked when it was ready. One that came by descriptor or buffer may still be in
   the making. */
static dry_status wait_until_ready(const dryi_mapping *mapping, dry_detail *detail) {
  const dry_region_header *header = dryi_mapping_header(mapping);
  bool may_come = mapping->kind == DRY_REGION_DESCRIPTOR || mapping->kind == DRY_REGION_BUFFER;
  for (int waited_ms = 0;; waited_ms++) {
    /* pairs with the release store in lay_out */
    uint32_t state = dryi_load_acquire_u32(&header->state);
    if (state == DRY_REGION_READY) return DRY_OK;
    uint64_t magic = dryi_load_relaxed_u64(&header->magic);
    if (!may_come || state != 0 || (magic != 0 && magic != DRY_REGION_MAGIC))
      return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, state),
                          magic == DRY_REGION_MAGIC ? "header: the ready mark is 0x%08x" : "not a region: state 0x%08x",
                          state);
    if (waited_ms == 100) return dryi_fail(detail, DRY_TIMED_OUT, "the region's creator has not finished");
    dryi_os_sleep_ns(1000000);
  }
}

static dry_status check_mapped(dryi_mapping *mapping, dry_detail *detail) {
  dry_status status = wait_until_ready(mapping, detail);
  if (status == DRY_OK)
    status = dryi_region_header_check(dryi_mapping_header(mapping), mapping->size_bytes, &mapping->part_capacity,
                                      detail);
  uint32_t count;
  uint64_t end;
  if (status == DRY_OK) status = dryi_directory_check(mapping, &count, &end, detail);
  if (status != DRY_OK) dryi_detail_prefix(detail, mapping->name);
  return status;
}

static dry_status attach_writer(dryi_mapping *mapping, uint32_t flags, dry_detail *detail) {
  if (mapping->mode != DRY_MODE_WRITE) return DRY_OK;
  if (mapping->fd >= 0) {
    /* Whoever takes over gets the lock too if he can, so that nobody else comes in between. */
    dry_status status = take_lock(mapping, detail);
    if (status != DRY_OK && !(status == DRY_BUSY && (flags & DRY_REGION_TAKE_OVER))) return status;
    /* What is about to be written was allocated at creation, unless somebody copied the file with holes. */
    int error = dryi_os_allocate(mapping->fd, mapping->size_bytes);
    if (error) return dryi_fail_os(detail, error, "region '%s': no space behind its holes", mapping->name);
  }
  return DRY_OK;
}

static void unseal(dryi_mapping *mapping) {
  dry_region_header *header = dryi_mapping_header(mapping);
  dryi_store_relaxed_u32(&header->seal, 0);
  dryi_store_relaxed_u32(&header->image_crc, 0);
}

static dry_status open_mapping(dryi_mapping *mapping, const dry_region_open_options *options, dry_detail *detail) {
  dry_status status;
  if (options->kind == DRY_REGION_BUFFER) {
    if (options->buffer_bytes < DRY_REGION_BYTES_MIN)
      return dryi_fail(detail, DRY_CORRUPT, "buffer: %llu bytes are no region", (unsigned long long)options->buffer_bytes);
    mapping->base = options->buffer;
    mapping->size_bytes = options->buffer_bytes;
  } else {
    uint64_t size_bytes = 0;
    status = open_descriptor(mapping, options, detail);
    if (status == DRY_OK) status = check_file(mapping, &size_bytes, detail);
    /* The lock comes before anything is looked at, so that no other writer changes it meanwhile. */
    if (status == DRY_OK) {
      mapping->size_bytes = size_bytes;
      status = attach_writer(mapping, options->flags, detail);
    }
    if (status == DRY_OK) status = map_descriptor(mapping, size_bytes, detail);
    if (status != DRY_OK) return status;
  }
  status = check_mapped(mapping, detail);
  if (status == DRY_OK && mapping->mode == DRY_MODE_WRITE) {
    take_epoch(mapping);
    unseal(mapping);
  }
  return status;
}

dry_status dry_region_open(const dry_region_open_options *options, dry_region *region_out, dry_detail *detail) {
  if (!region_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region_out: must not be NULL");
  memset(region_out, 0, sizeof *region_out);
  dry_status status = check_open(options, detail);
  if (status != DRY_OK) return status;
  dryi_mapping *mapping;
  status = new_mapping(options->name, options->kind, options->mode, &mapping, detail);
  if (status != DRY_OK) return status;
  status = open_mapping(mapping, options, detail);
  if (status != DRY_OK) {
    dryi_mapping_release(mapping);
    return status;
  }
  return finish(mapping, options->flags, region_out, detail);
}

/* ---- closing ---- */

dry_status dry_region_close(dry_region *region) {
  if (!region) return DRY_INVALID_ARGUMENT;
  dryi_mapping *mapping = (dryi_mapping *)region->mapping;
  if (!mapping) return DRY_OK;
  region->mapping = NULL;
  /* pairs with the acquire loads in every part's calls */
  dryi_store_release_u32(&mapping->closed, 1);
  give_up_descriptor(mapping);
  dryi_mapping_release(mapping);
  return DRY_OK;
}

dry_status dry_region_unlink(uint32_t kind, const char *name, dry_detail *detail) {
  char path[DRYI_OS_PATH_BYTES];
  dry_status status = path_of(kind, name, path, detail);
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
