/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* part.h: what every kind of part does the same way: finding one, opening it, and making one that appears whole or not at
   all. */
#ifndef DRYI_REGION_PART_H
#define DRYI_REGION_PART_H

#include "region/region_internal.h"

/* A part that was found, or is being made. */
typedef struct dryi_part {
  dryi_mapping *mapping;
  uint8_t *base;
  uint64_t offset;
  uint64_t size_bytes;
  uint32_t index;
  dry_part_info info; /* of a part that was found */
} dryi_part;

/* What one kind of part is called, how it is stored, and how one becomes a handle. A handle whose call failed is zeroed by
   whoever asked for the call. */
typedef struct dryi_part_kind {
  uint32_t kind;    /* DRY_PART_ */
  uint32_t format;  /* the revision that this library reads and writes */
  const char *word; /* for messages: "kv" */
  size_t handle_bytes;
  /* Lays out, in memory that has no name yet, what `facts` (the kind's own) ask for, and opens it. */
  dry_status (*make)(const dryi_part *part, const void *facts, void *handle_out, dry_detail *detail);
  /* Opens a part that was found. */
  dry_status (*open)(const dryi_part *part, void *handle_out, dry_detail *detail);
} dryi_part_kind;

/* DRY_OK while the region may be written; else with a message. */
DRYI_LOCAL dry_status dryi_part_writable(dry_region *region, dry_detail *detail);

/* For openers of parts that belong to the region's one writer, and that others may look at: whether this mapping may change
   them. DRY_STALE where its time as the writer is over. */
DRYI_LOCAL dry_status dryi_part_access(const dryi_part *part, bool *writable_out, dry_detail *detail);

/* The part of that name: DRY_NOT_FOUND, DRY_TYPE_MISMATCH, DRY_VERSION_MISMATCH. */
DRYI_LOCAL dry_status dryi_part_find(dry_region *region, const char *name, size_t name_bytes,
                                     const dryi_part_kind *kind, dryi_part *part_out, dry_detail *detail);

/* The same, opened. */
DRYI_LOCAL dry_status dryi_part_open(dry_region *region, const char *name, size_t name_bytes, const dryi_part_kind *kind,
                                     void *handle_out, dry_detail *detail);

/* Makes a part of `size_bytes` in a region that may be written, which the caller has checked, and opens it. It is opened
   before it is named, so that a failure leaves nothing behind. */
DRYI_LOCAL dry_status dryi_part_create(dry_region *region, const char *name, size_t name_bytes,
                                       const dryi_part_kind *kind, uint64_t size_bytes, const void *facts,
                                       void *handle_out, dry_detail *detail);

#endif
