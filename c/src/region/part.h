/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* part.h: what every kind of part does the same way: finding one, and making one that appears whole or not at all. */
#ifndef DRYI_REGION_PART_H
#define DRYI_REGION_PART_H

#include "region/region_internal.h"

/* What one kind of part is called, and how it is stored. */
typedef struct dryi_part_kind {
  uint32_t kind;    /* DRY_PART_ */
  uint32_t format;  /* the revision that this library reads and writes */
  const char *word; /* for messages: "kv" */
} dryi_part_kind;

/* A part that was found, or is being made. */
typedef struct dryi_part {
  dryi_mapping *mapping;
  uint8_t *base;
  uint64_t offset;
  uint64_t size_bytes;
  uint32_t index;
  dry_part_info info; /* of a part that was found */
} dryi_part;

/* DRY_OK while the region may be written; else with a message. */
DRYI_LOCAL dry_status dryi_part_writable(dry_region *region, dryi_mapping **mapping_out, dry_detail *detail);

/* The part of that name: DRY_NOT_FOUND, DRY_TYPE_MISMATCH, DRY_VERSION_MISMATCH. */
DRYI_LOCAL dry_status dryi_part_find(dry_region *region, const char *name, size_t name_bytes,
                                     const dryi_part_kind *kind, dryi_part *part_out, dry_detail *detail);

/* Room for a new part in a region that may be written. Nothing is visible until dryi_part_commit. */
DRYI_LOCAL dry_status dryi_part_reserve(dry_region *region, const char *name, size_t name_bytes, uint64_t size_bytes,
                                        dryi_part *part_out, dry_detail *detail);
DRYI_LOCAL void dryi_part_commit(const dryi_part *part, const char *name, size_t name_bytes,
                                 const dryi_part_kind *kind);

#endif
