/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * index_map.h: which of N numbers are taken; the lowest free one in constant time.
 *
 *        0  +--------------------+
 *           | dry_index_map_header |  128 bytes
 *           +--------------------+  leaves_offset = 128
 *           | leaves [words]     |  one bit an index: 1 while it is taken. The truth
 *           +--------------------+  full_offset
 *           | full, levels 1..3  |  one bit for each word below: 1 when all of its bits are 1
 *           +--------------------+  any_offset
 *           | any, levels 1..3   |  one bit for each word below: 1 when one of its bits is 1
 *           +--------------------+  size_bytes
 *
 * A tree of 64-bit words: four levels for 16,777,216 indices, so acquire looks at four words and release at one, mostly.
 * Bits that stand for nothing, behind the last one of a level, are 0 in the leaves and in `any`, and 1 in `full`. A map of
 * up to 64 indices is its one leaf; offsets of what is not there are those of what comes next.
 *
 * The upper levels follow from the leaves and are made anew when a map is opened for writing, so a process that was
 * killed half-way leaves nothing wrong. Until then they err on the safe side: `full` may lack a bit, `any` may have one too
 * many, and a read-only handle, which changes nothing, looks further when a bit promised too much.
 *
 * In a region every change can also be DRY_READ_ONLY (opened for reading or sharing), or DRY_STALE (another writer took the
 * region over: region.h), and nothing changes then.
 *
 * Size: 128 bytes, one bit an index, and about a thirtieth of that for the upper levels.
 * Thread rule: one thread at a time for all handles on one map.
 */
#ifndef DRYSTONE_INDEX_MAP_H
#define DRYSTONE_INDEX_MAP_H

#include "drystone/memory.h"
#include "drystone/region.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- stored layout: revision 1 -------------------------------------------------------------------------------- */

#define DRY_PART_INDEX_MAP 3
#define DRY_INDEX_MAP_FORMAT 1
#define DRY_INDEX_MAP_MAGIC 0x3150414d58444e49u /* the bytes "INDXMAP1" */
#define DRY_INDEX_MAP_HEADER_BYTES 128
#define DRY_INDEX_MAP_CAPACITY_MAX 0x1000000u   /* 16,777,216 */
#define DRY_INDEX_MAP_LEVELS 4

/** The first bytes of an index map. Fields to `header_crc` never change after creation. */
typedef struct dry_index_map_header {
  uint64_t magic;         /*   0  DRY_INDEX_MAP_MAGIC */
  uint64_t size_bytes;    /*   8 */
  uint64_t leaves_offset; /*  16 */
  uint64_t full_offset;   /*  24 */
  uint64_t any_offset;    /*  32 */
  uint32_t capacity;      /*  40  1 .. DRY_INDEX_MAP_CAPACITY_MAX */
  uint32_t header_crc;    /*  44  crc32c of bytes 0 .. 43 */
  uint32_t in_use;        /*  48 */
  uint32_t changing;      /*  52  1 while a change is under way; 1 that stays is what a killed process left */
  uint64_t failures;      /*  56  requests answered DRY_FULL */
  uint64_t reserved1[8];  /*  64  zero */
} dry_index_map_header;   /* 128 */

/* ---- handles and options -------------------------------------------------------------------------------------- */

/** An index map that this process has open. Its fields are private. */
typedef struct dry_index_map {
  dry_index_map_header *header; /* NULL: closed */
  uint64_t *levels[DRY_INDEX_MAP_LEVELS];  /* leaves, then `full` upwards; NULL above the top */
  uint64_t *any[DRY_INDEX_MAP_LEVELS];     /* [0] is unused */
  const uint32_t *closed;
  uint32_t capacity;
  uint32_t height;     /* levels in use, 1 .. 4 */
  uint32_t writable;
  uint32_t reserved;
  void *owner;
} dry_index_map;

typedef struct dry_index_map_options {
  uint32_t struct_size; /* sizeof(dry_index_map_options) */
  uint32_t flags;       /* DRY_MEMORY_ PREFAULT, HUGE_PAGES, NUMA_LOCAL, REQUIRED; 0 in a span or region */
  uint64_t capacity;    /* 1 .. DRY_INDEX_MAP_CAPACITY_MAX */
} dry_index_map_options;

typedef struct dry_index_map_stats {
  uint64_t capacity;
  uint64_t in_use;
  uint64_t failures;    /* requests answered DRY_FULL */
  uint64_t size_bytes;
  uint32_t granted;     /* DRY_MEMORY_ flags in force */
  uint32_t refused;     /* and those asked for in vain */
} dry_index_map_stats;

/* Making, opening, closing: as for pools (pool.h), with the same errors. Spans are aligned to 64. */
DRY_API dry_status dry_index_map_required_bytes(const dry_index_map_options *options, uint64_t *bytes_out);
DRY_API dry_status dry_index_map_init(void *span, uint64_t span_bytes, const dry_index_map_options *options);
DRY_API dry_status dry_index_map_attach(void *span, uint64_t span_bytes, dry_index_map *map_out, dry_detail *detail);
DRY_API dry_status dry_index_map_create(const dry_index_map_options *options, dry_index_map *map_out,
                                        dry_detail *detail);
DRY_API dry_status dry_index_map_create_in(dry_region *region, const char *name, size_t name_bytes,
                                           const dry_index_map_options *options, dry_index_map *map_out,
                                           dry_detail *detail);
DRY_API dry_status dry_index_map_open(dry_region *region, const char *name, size_t name_bytes, dry_index_map *map_out,
                                      dry_detail *detail);
DRY_API dry_status dry_index_map_close(dry_index_map *map);

/// Takes the lowest free index.   Cost: O(1): one word a level.
/// Errors: DRY_FULL (counted), DRY_READ_ONLY, DRY_CORRUPT, DRY_CLOSED.   Owns: release it once.
DRY_API dry_status dry_index_map_acquire(dry_index_map *map, uint32_t *index_out);

/// Takes that index.   Cost: O(1).
/// Errors: DRY_ALREADY_EXISTS (taken), DRY_INVALID_ARGUMENT (beyond the capacity), DRY_READ_ONLY, DRY_CLOSED.
DRY_API dry_status dry_index_map_acquire_at(dry_index_map *map, uint32_t index);

/// Takes the `count` lowest free ones, ascending; all or none.   Cost: O(count), less than as many single calls.
/// Errors: DRY_FULL (fewer are free: nothing is taken; counted), DRY_READ_ONLY, DRY_CORRUPT, DRY_CLOSED. What the array
/// holds after an error means nothing.
DRY_API dry_status dry_index_map_acquire_many(dry_index_map *map, uint32_t *indices_out, uint64_t count);

/// Gives an index back.   Cost: O(1).
/// Errors: DRY_STALE (free already), DRY_INVALID_ARGUMENT (beyond the capacity), DRY_READ_ONLY, DRY_CLOSED.
DRY_API dry_status dry_index_map_release(dry_index_map *map, uint32_t index);

/// Whether it is taken: 0 or 1.   Errors: DRY_INVALID_ARGUMENT (beyond the capacity), DRY_CLOSED.
DRY_API dry_status dry_index_map_contains(const dry_index_map *map, uint32_t index, uint32_t *used_out);

/// The first taken, or free, index at or after `from`.   Cost: O(1): up to two words a level.
/// Errors: DRY_NOT_FOUND (none, or `from` beyond the capacity), DRY_CORRUPT, DRY_CLOSED.
DRY_API dry_status dry_index_map_next_used(const dry_index_map *map, uint32_t from, uint32_t *index_out);
DRY_API dry_status dry_index_map_next_free(const dry_index_map *map, uint32_t from, uint32_t *index_out);

/// Writes up to `room` taken indices from `from` on, ascending; fewer than `room` means that these were the last.
/// Cost: O(room).   Errors: as dry_index_map_next_used, but none at all is DRY_OK with a count of 0.
DRY_API dry_status dry_index_map_list(const dry_index_map *map, uint32_t from, uint32_t *indices_out, uint64_t room,
                                      uint64_t *count_out);

/// Gives everything back.   Cost: O(capacity / 64).   Errors: DRY_READ_ONLY, DRY_CLOSED.
DRY_API dry_status dry_index_map_reset(dry_index_map *map);

/// Makes the upper levels and the count anew from the leaves. Opening for writing does it too, so it is for maps that
/// somebody else wrote to meanwhile.   Cost: O(capacity / 64).   Errors: DRY_READ_ONLY, DRY_CLOSED.
DRY_API dry_status dry_index_map_repair(dry_index_map *map);

/// Checks that the upper levels and the count agree with the leaves; what a killed process left under way is no damage.
/// Cost: O(capacity / 64).   Errors: DRY_CORRUPT (detail names the place), DRY_CLOSED.
DRY_API dry_status dry_index_map_validate(const dry_index_map *map, dry_detail *detail);

/// Facts on the map.   Errors: DRY_CLOSED.
DRY_API dry_status dry_index_map_get_stats(const dry_index_map *map, dry_index_map_stats *stats_out);

#ifdef __cplusplus
}
#endif
#endif
