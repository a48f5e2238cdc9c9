/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* index_map_internal.h: the tree of an index map as its three source files see it. */
#ifndef DRYI_MEMORY_INDEX_MAP_INTERNAL_H
#define DRYI_MEMORY_INDEX_MAP_INTERNAL_H

#include "base/atomics.h"
#include "drystone/index_map.h"
#include "memory/backing.h"

/* A word of one level stands for 64 bits of that level; a bit of a level above 0 stands for a word of the level below. */
#define DRYI_INDEX_MAP_FAN_LOG2 6

/* The number of a level's last bit, of those that stand for something. */
static inline uint64_t dryi_index_map_last_bit(const dry_index_map *map, uint32_t level) {
  return (uint64_t)(map->capacity - 1) >> (DRYI_INDEX_MAP_FAN_LOG2 * level);
}

static inline uint64_t dryi_index_map_words(const dry_index_map *map, uint32_t level) {
  return (dryi_index_map_last_bit(map, level) >> DRYI_INDEX_MAP_FAN_LOG2) + 1;
}

/* The bits of a level's word that stand for something: all of them but in the last word. */
static inline uint64_t dryi_index_map_valid(const dry_index_map *map, uint32_t level, uint64_t at) {
  uint64_t last = dryi_index_map_last_bit(map, level);
  return at < last >> DRYI_INDEX_MAP_FAN_LOG2 ? UINT64_MAX : UINT64_MAX >> (63 - (last & 63));
}

/*
 * The order of stores. `changing` is 1 around every change. `full` loses its bits before the leaf does, from the top down,
 * and gets them after it, from the bottom up; `any` gets its bits before the leaf, from the top down, and loses them after
 * it, from the bottom up. So whoever is killed between two stores leaves `full` with too few bits and `any` with too many,
 * on each level compared with the one below: whoever looks for something may look in vain, but overlooks nothing.
 * Release stores keep the compiler to that order; a kill does not reorder what the processor has carried out.
 */
static inline void dryi_index_map_begin(dry_index_map *map) { dryi_store_release_u32(&map->header->changing, 1); }
static inline void dryi_index_map_end(dry_index_map *map) { dryi_store_release_u32(&map->header->changing, 0); }

/* How many bits of the leaves are set. */
DRYI_LOCAL uint64_t dryi_index_map_count(const dry_index_map *map);

/* Makes summaries and count anew, storing only what is wrong. With `lenient` bits behind the capacity are cleared; else
   they are DRY_CORRUPT, since no killed process leaves them. */
DRYI_LOCAL dry_status dryi_index_map_rebuild(dry_index_map *map, bool lenient, dry_detail *detail);

/* Copies and checks the header of what is said to be a map of `span_bytes` bytes at most. */
DRYI_LOCAL dry_status dryi_index_map_header_check(const void *span, uint64_t span_bytes, dry_index_map_header *copy_out,
                                                  dry_detail *detail);

/* Checks a part and changes nothing, also where the region may be written. */
DRYI_LOCAL dry_status dryi_index_map_verify_part(dry_region *region, const char *name, size_t name_bytes,
                                                 dry_detail *detail);

#endif
