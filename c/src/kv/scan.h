/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * scan.h: what recovery and verification both gather while they walk the index: where blocks start, and how many
 * entries pass each group.
 */
#ifndef DRYI_KV_SCAN_H
#define DRYI_KV_SCAN_H

#include "kv/kv_internal.h"

typedef struct dryi_kv_scan {
  uint64_t *starts;      /* one bit a granule of heap and staging: a block in use starts there */
  uint64_t start_words;
  int32_t *passes;       /* differences: the running sum up to a group says how many entries' searches pass it */
  uint64_t group_count;
  uint64_t heap_offset;
  uint64_t heap_end;
} dryi_kv_scan;

/* False: no memory. */
DRYI_LOCAL bool dryi_kv_scan_init(dryi_kv_scan *scan, const dry_kv_reader *reader);
DRYI_LOCAL void dryi_kv_scan_clear(dryi_kv_scan *scan);
DRYI_LOCAL void dryi_kv_scan_free(dryi_kv_scan *scan);

/* False: a block starts there already. */
DRYI_LOCAL bool dryi_kv_scan_mark(dryi_kv_scan *scan, uint64_t block);
DRYI_LOCAL void dryi_kv_scan_unmark(dryi_kv_scan *scan, uint64_t block);
/* The first marked block at `from` or above it; heap_end when there is none. */
DRYI_LOCAL uint64_t dryi_kv_scan_next(const dryi_kv_scan *scan, uint64_t from);
/* An entry whose search starts at `home` lies in `group`. */
DRYI_LOCAL void dryi_kv_scan_pass(dryi_kv_scan *scan, uint64_t home, uint64_t group);

#endif
