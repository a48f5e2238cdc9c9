/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "kv/scan.h"

#include <string.h>

#include "os/os.h"

bool dryi_kv_scan_init(dryi_kv_scan *scan, const dry_kv_reader *reader) {
  uint64_t granules = (reader->heap_end - reader->heap_offset) / DRY_KV_GRANULE_BYTES;
  scan->start_words = granules / 64 + 1;
  scan->group_count = reader->group_count;
  scan->heap_offset = reader->heap_offset;
  scan->heap_end = reader->heap_end;
  scan->starts = dryi_os_alloc_zeroed((size_t)scan->start_words * sizeof *scan->starts);
  scan->passes = scan->starts ? dryi_os_alloc_zeroed((size_t)(scan->group_count + 1) * sizeof *scan->passes) : NULL;
  if (scan->passes) return true;
  dryi_os_free(scan->starts);
  return false;
}

void dryi_kv_scan_clear(dryi_kv_scan *scan) {
  memset(scan->starts, 0, (size_t)scan->start_words * sizeof *scan->starts);
  memset(scan->passes, 0, (size_t)(scan->group_count + 1) * sizeof *scan->passes);
}

void dryi_kv_scan_free(dryi_kv_scan *scan) {
  dryi_os_free(scan->starts);
  dryi_os_free(scan->passes);
}

static uint64_t granule_of(const dryi_kv_scan *scan, uint64_t block) {
  return (block - scan->heap_offset) / DRY_KV_GRANULE_BYTES;
}

bool dryi_kv_scan_mark(dryi_kv_scan *scan, uint64_t block) {
  uint64_t granule = granule_of(scan, block);
  uint64_t bit = (uint64_t)1 << granule % 64;
  if (scan->starts[granule / 64] & bit) return false;
  scan->starts[granule / 64] |= bit;
  return true;
}

void dryi_kv_scan_unmark(dryi_kv_scan *scan, uint64_t block) {
  uint64_t granule = granule_of(scan, block);
  scan->starts[granule / 64] &= ~((uint64_t)1 << granule % 64);
}

uint64_t dryi_kv_scan_next(const dryi_kv_scan *scan, uint64_t from) {
  uint64_t granule = granule_of(scan, from);
  uint64_t word = granule / 64;
  if (word >= scan->start_words) return scan->heap_end;
  uint64_t bits = scan->starts[word] & ~(uint64_t)0 << granule % 64;
  while (bits == 0) {
    if (++word == scan->start_words) return scan->heap_end;
    bits = scan->starts[word];
  }
  return scan->heap_offset + (word * 64 + (uint64_t)__builtin_ctzll(bits)) * DRY_KV_GRANULE_BYTES;
}

void dryi_kv_scan_pass(dryi_kv_scan *scan, uint64_t home, uint64_t group) {
  if (home == group) return;
  scan->passes[home]++;
  scan->passes[group]--;
  if (group < home) { /* around the end: home .. last, and 0 .. group - 1 */
    scan->passes[scan->group_count]--;
    scan->passes[0]++;
  }
}
