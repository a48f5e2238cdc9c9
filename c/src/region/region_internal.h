/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* region_internal.h: what the parts' code sees of an open region. */
#ifndef DRYI_REGION_REGION_INTERNAL_H
#define DRYI_REGION_REGION_INTERNAL_H

#include <stdbool.h>

#include "base/arith.h"
#include "drystone/region.h"

/*
 * The process-local view of a region. The dry_region handle holds one reference and every handle of a part another; the
 * memory is unmapped with the last. Closing the region sets `closed`, which every part's call looks at.
 */
typedef struct dryi_mapping {
  uint8_t *base;
  uint64_t size_bytes;
  uint64_t epoch;   /* the one this writer took */
  int fd;           /* -1: none */
  uint32_t kind;
  uint32_t mode;
  uint32_t closed;  /* atomic */
  uint32_t refs;    /* atomic */
  uint32_t huge_pages;
  uint32_t part_capacity;                          /* as checked at opening */
  uint32_t writers_lock;                           /* atomic; 1 while somebody works on `writers` */
  void *writers;                                   /* the parts' writers in this mapping: kv/part.c */
  char *name;                                      /* for messages; "" where it has none */
} dryi_mapping;

/* The open mapping behind a handle; DRY_CLOSED or DRY_INVALID_ARGUMENT otherwise. */
DRYI_LOCAL dry_status dryi_region_mapping(dry_region *region, dryi_mapping **mapping_out);
DRYI_LOCAL void dryi_mapping_retain(dryi_mapping *mapping);
DRYI_LOCAL void dryi_mapping_release(dryi_mapping *mapping);

/* DRY_OK while this mapping may write: DRY_READ_ONLY, DRY_STALE (another writer took the region over), DRY_CLOSED. */
DRYI_LOCAL dry_status dryi_mapping_may_write(const dryi_mapping *mapping);

static inline dry_region_header *dryi_mapping_header(const dryi_mapping *mapping) {
  return (dry_region_header *)(void *)mapping->base;
}

/* ---- what creating and opening share ---- */

/* A mapping of nothing yet, with one reference. */
DRYI_LOCAL dry_status dryi_mapping_new(const char *name, uint32_t kind, uint32_t mode, dryi_mapping **mapping_out,
                                       dry_detail *detail);
/* The path of a file or shared-memory region, in `path` (of DRYI_OS_PATH_BYTES). */
DRYI_LOCAL dry_status dryi_region_path(uint32_t kind, const char *name, char *path, dry_detail *detail);
/* Maps the descriptor's first `size_bytes`. */
DRYI_LOCAL dry_status dryi_mapping_map(dryi_mapping *mapping, uint64_t size_bytes, dry_detail *detail);
/* Takes the writer's lock: DRY_BUSY. */
DRYI_LOCAL dry_status dryi_mapping_lock(const dryi_mapping *mapping, dry_detail *detail);
DRYI_LOCAL void dryi_mapping_take_epoch(dryi_mapping *mapping);
/* Applies the option flags and hands the mapping to its handle. */
DRYI_LOCAL dry_status dryi_mapping_finish(dryi_mapping *mapping, uint32_t flags, dry_region *region_out,
                                          dry_detail *detail);
/* Drops the lock and closes the descriptor, where there is one. */
DRYI_LOCAL void dryi_mapping_give_up_descriptor(dryi_mapping *mapping);

/* dry_region_create, with the bytes of a checked image of options->size_bytes bytes in place of an empty region where
   `image` is not NULL. */
DRYI_LOCAL dry_status dryi_region_create_from(const dry_region_options *options, const uint8_t *image,
                                              dry_region *region_out, dry_detail *detail);

/* ---- header ---- */

DRYI_LOCAL void dryi_region_header_init(dry_region_header *header, uint64_t size_bytes, uint32_t part_capacity,
                                        const uint64_t creation_id[2]);
/* Checks the fixed fields of what is said to be a region of `size_bytes` bytes. Each field is loaded once. */
DRYI_LOCAL dry_status dryi_region_header_check(const dry_region_header *header, uint64_t size_bytes,
                                               uint32_t *part_capacity_out, dry_detail *detail);

/* ---- directory ---- */

/* Where parts begin in a region with room for that many. */
DRYI_LOCAL uint64_t dryi_directory_end(uint32_t part_capacity);
DRYI_LOCAL bool dryi_part_name_valid(const char *name, size_t name_bytes);
/* Copies entry `index` and checks the copy: DRY_NOT_FOUND beyond the last part, DRY_CORRUPT. */
DRYI_LOCAL dry_status dryi_directory_at(const dryi_mapping *mapping, uint32_t index, dry_part_info *info_out,
                                        dry_detail *detail);
DRYI_LOCAL dry_status dryi_directory_find(const dryi_mapping *mapping, const char *name, size_t name_bytes,
                                          uint32_t *index_out, dry_part_info *info_out, dry_detail *detail);
/* Checks all entries; writes the number of parts and where their space ends. */
DRYI_LOCAL dry_status dryi_directory_check(const dryi_mapping *mapping, uint32_t *count_out, uint64_t *end_out,
                                           dry_detail *detail);
/* Space for a new part behind the others. Nothing is visible, and nothing changes, until dryi_directory_commit. */
DRYI_LOCAL dry_status dryi_directory_reserve(const dryi_mapping *mapping, const char *name, size_t name_bytes,
                                             uint64_t size_bytes, uint32_t *index_out, uint64_t *offset_out,
                                             dry_detail *detail);
DRYI_LOCAL void dryi_directory_commit(dryi_mapping *mapping, uint32_t index, const char *name, size_t name_bytes,
                                      uint64_t offset, uint64_t size_bytes, uint32_t kind, uint32_t format);

/* ---- image ---- */

/* crc32c of a whole image with the seal's fields taken as zero. */
DRYI_LOCAL uint32_t dryi_image_crc(const uint8_t *base, uint64_t size_bytes);
/* Where the header is sealed, checks all bytes against it. */
DRYI_LOCAL dry_status dryi_image_check(const uint8_t *base, uint64_t size_bytes, dry_detail *detail);

#endif
