/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* open.c: opening what exists, after checking all that later code relies on. */
#include <string.h>

#include "base/atomics.h"
#include "base/detail.h"
#include "os/os.h"
#include "region/region_internal.h"

static dry_status check_open(const dry_region_open_options *options, dry_detail *detail) {
  if (!options || options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: missing, or struct_size is not %zu", sizeof *options);
  if (options->kind < DRY_REGION_FILE || options->kind > DRY_REGION_BUFFER)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "kind: %u cannot be opened", options->kind);
  if (options->mode < DRY_MODE_READ || options->mode > DRY_MODE_SHARE)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "mode: %u is neither read nor write nor share", options->mode);
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
  bool writable = mapping->mode != DRY_MODE_READ;
  if (options->kind == DRY_REGION_DESCRIPTOR) {
    int error = dryi_os_reopen(options->descriptor, writable, &mapping->fd);
    return error ? dryi_fail_os(detail, error, "descriptor %d: cannot be opened", options->descriptor) : DRY_OK;
  }
  char path[DRYI_OS_PATH_BYTES];
  dry_status status = dryi_region_path(options->kind, options->name, path, detail);
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
  if (mapping->mode != DRY_MODE_READ && !facts.own)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region '%s': belongs to another user, so it is not written to",
                     mapping->name);
  if (mapping->mode != DRY_MODE_READ && facts.links > 1)
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
  if (mapping->mode == DRY_MODE_READ || mapping->fd < 0) return DRY_OK;
  if (mapping->mode == DRY_MODE_WRITE) {
    /* Whoever takes over gets the lock too if he can, so that nobody else comes in between. */
    dry_status status = dryi_mapping_lock(mapping, detail);
    if (status != DRY_OK && !(status == DRY_BUSY && (flags & DRY_REGION_TAKE_OVER))) return status;
  }
  /* What is about to be written was allocated at creation, unless somebody copied the file with holes. */
  int error = dryi_os_allocate(mapping->fd, mapping->size_bytes);
  if (error) return dryi_fail_os(detail, error, "region '%s': no space behind its holes", mapping->name);
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
    if (status == DRY_OK) status = dryi_mapping_map(mapping, size_bytes, detail);
    if (status != DRY_OK) return status;
  }
  status = check_mapped(mapping, detail);
  if (status == DRY_OK && mapping->mode == DRY_MODE_WRITE) dryi_mapping_take_epoch(mapping);
  if (status == DRY_OK && mapping->mode != DRY_MODE_READ) unseal(mapping);
  return status;
}

dry_status dry_region_open(const dry_region_open_options *options, dry_region *region_out, dry_detail *detail) {
  if (!region_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region_out: must not be NULL");
  memset(region_out, 0, sizeof *region_out);
  dry_status status = check_open(options, detail);
  if (status != DRY_OK) return status;
  dryi_mapping *mapping;
  status = dryi_mapping_new(options->name, options->kind, options->mode, &mapping, detail);
  if (status != DRY_OK) return status;
  status = open_mapping(mapping, options, detail);
  if (status != DRY_OK) {
    dryi_mapping_release(mapping);
    return status;
  }
  return dryi_mapping_finish(mapping, options->flags, region_out, detail);
}
