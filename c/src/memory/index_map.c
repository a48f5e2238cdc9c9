/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* index_map.c: taking, giving back and finding indices. */
#include <string.h>

#include "base/hooks.h"
#include "memory/index_map_internal.h"

/* ---- whether a call may go on ---- */

static dry_status check_open(const dry_index_map *map) {
  if (!map) return DRY_INVALID_ARGUMENT;
  if (!map->header) return DRY_CLOSED;
  /* pairs with the release store in dry_region_close */
  return dryi_load_acquire_u32(map->closed) ? DRY_CLOSED : DRY_OK;
}

static dry_status check_change(const dry_index_map *map) {
  dry_status status = check_open(map);
  if (status != DRY_OK) return status;
  const dryi_backing *backing = map->owner;
  return backing && backing->mapping ? dryi_mapping_may_write(backing->mapping) : DRY_OK;
}

/* ---- searching ---- */

/* The bits of a word that lead to free indices, or to taken ones. The word is loaded once: in shared memory it may be
   another one the next time. */
DRYI_INLINE uint64_t leads(const dry_index_map *map, bool to_free, uint32_t level, uint64_t at) {
  const uint64_t *words = to_free || level == 0 ? map->levels[level] : map->any[level];
  uint64_t word = dryi_load_relaxed_u64(words + at);
  return (to_free ? ~word : word) & dryi_index_map_valid(map, level, at);
}

/*
 * Finds the first index that is free, or taken, by way of bit `bit` of `level` or one behind it: in that word, else through
 * the levels above to another word and down again. `bit` only grows, so it ends whatever the words say.
 */
DRYI_INLINE dry_status search(const dry_index_map *map, bool to_free, uint32_t level, uint64_t bit, uint64_t *index_out) {
  bool promised = false;
  for (;;) {
    uint64_t at = bit >> DRYI_INDEX_MAP_FAN_LOG2;
    uint64_t found = 0;
    if (bit <= dryi_index_map_last_bit(map, level)) found = leads(map, to_free, level, at) & UINT64_MAX << (bit & 63);
    if (found) {
      bit = (at << DRYI_INDEX_MAP_FAN_LOG2) + (uint64_t)__builtin_ctzll(found);
      if (level == 0) break;
      level--;
      bit <<= DRYI_INDEX_MAP_FAN_LOG2;
      promised = true;
      continue;
    }
    /* Whoever may change the map has made its summaries anew, so theirs do not promise too much. */
    if (promised && map->writable) return DRY_CORRUPT;
    if (++level == map->height) return DRY_NOT_FOUND;
    bit = at + 1;
  }
  *index_out = bit;
  return DRY_OK;
}

/* The lowest free index, straight down; false where there is none, or something is wrong: then `search` tells. */
DRYI_INLINE bool descend(const dry_index_map *map, uint64_t *index_out) {
  uint64_t bit = 0;
  for (uint32_t level = map->height; level-- > 0;) {
    uint64_t free = ~dryi_load_relaxed_u64(map->levels[level] + bit);
    if (!free) return false;
    bit = (bit << DRYI_INDEX_MAP_FAN_LOG2) + (uint64_t)__builtin_ctzll(free);
    if (bit > dryi_index_map_last_bit(map, level)) return false;
  }
  *index_out = bit;
  return true;
}

/* ---- changing one leaf and what stands above it ---- */

static uint64_t bit_of(uint64_t number) { return UINT64_C(1) << (number & 63); }

/* The word above the leaf `at` on a level, and the leaf's bit in it. */
static uint64_t *above(uint64_t *const *levels, uint32_t level, uint64_t at, uint64_t *bit_out) {
  uint64_t number = at >> (DRYI_INDEX_MAP_FAN_LOG2 * (level - 1));
  *bit_out = bit_of(number);
  return levels[level] + (number >> DRYI_INDEX_MAP_FAN_LOG2);
}

static void set_any(dry_index_map *map, uint64_t at) {
  for (uint32_t level = map->height - 1; level > 0; level--) {
    uint64_t bit, *word = above(map->any, level, at, &bit);
    DRYI_STEP("index_map_set_any");
    dryi_store_release_u64(word, dryi_load_relaxed_u64(word) | bit);
  }
}

static void clear_any(dry_index_map *map, uint64_t at) {
  for (uint32_t level = 1; level < map->height; level++) {
    uint64_t bit, *word = above(map->any, level, at, &bit);
    uint64_t left = dryi_load_relaxed_u64(word) & ~bit;
    DRYI_STEP("index_map_clear_any");
    dryi_store_release_u64(word, left);
    if (left) return;
  }
}

static void set_full(dry_index_map *map, uint64_t at) {
  for (uint32_t level = 1; level < map->height; level++) {
    uint64_t bit, *word = above(map->levels, level, at, &bit);
    uint64_t now = dryi_load_relaxed_u64(word) | bit;
    DRYI_STEP("index_map_set_full");
    dryi_store_release_u64(word, now);
    if (~now) return;
  }
}

static void clear_full(dry_index_map *map, uint64_t at) {
  for (uint32_t level = map->height - 1; level > 0; level--) {
    uint64_t bit, *word = above(map->levels, level, at, &bit);
    DRYI_STEP("index_map_clear_full");
    dryi_store_release_u64(word, dryi_load_relaxed_u64(word) & ~bit);
  }
}

static bool is_full(const dry_index_map *map, uint64_t at, uint64_t word) {
  return (~word & dryi_index_map_valid(map, 0, at)) == 0;
}

static void add_to_count(dry_index_map *map, uint32_t by) {
  uint32_t *in_use = &map->header->in_use;
  DRYI_STEP("index_map_count");
  dryi_store_release_u32(in_use, dryi_load_relaxed_u32(in_use) + by);
  DRYI_STEP("index_map_end");
  dryi_index_map_end(map);
}

/* Takes those bits, `count` of them, of one leaf; false, and nothing changes, when one is taken. */
static bool take(dry_index_map *map, uint64_t at, uint64_t bits, uint32_t count) {
  uint64_t *leaf = map->levels[0] + at;
  uint64_t word = dryi_load_relaxed_u64(leaf);
  if (word & bits) return false;
  DRYI_STEP("index_map_begin");
  dryi_index_map_begin(map);
  if (word == 0) set_any(map, at);
  DRYI_STEP("index_map_take");
  dryi_store_release_u64(leaf, word | bits);
  if (is_full(map, at, word | bits)) set_full(map, at);
  add_to_count(map, count);
  return true;
}

/* Gives one bit of a leaf back; false, and nothing changes, when it is free. */
static bool give_back(dry_index_map *map, uint64_t index) {
  uint64_t at = index >> DRYI_INDEX_MAP_FAN_LOG2, bit = bit_of(index);
  uint64_t *leaf = map->levels[0] + at;
  uint64_t word = dryi_load_relaxed_u64(leaf);
  if ((word & bit) == 0) return false;
  DRYI_STEP("index_map_begin");
  dryi_index_map_begin(map);
  if (is_full(map, at, word)) clear_full(map, at);
  DRYI_STEP("index_map_give_back");
  dryi_store_release_u64(leaf, word & ~bit);
  if ((word & ~bit) == 0) clear_any(map, at);
  add_to_count(map, UINT32_MAX);
  return true;
}

/* ---- taking and giving back ---- */

static dry_status refuse_full(dry_index_map *map) {
  uint64_t *failures = &map->header->failures;
  dryi_store_relaxed_u64(failures, dryi_load_relaxed_u64(failures) + 1);
  return DRY_FULL;
}

dry_status dry_index_map_acquire(dry_index_map *map, uint32_t *index_out) {
  if (!index_out) return DRY_INVALID_ARGUMENT;
  *index_out = 0;
  dry_status status = check_change(map);
  if (status != DRY_OK) return status;
  uint64_t index;
  if (!descend(map, &index)) status = search(map, true, map->height - 1, 0, &index);
  if (status == DRY_NOT_FOUND) return refuse_full(map);
  if (status != DRY_OK) return status;
  if (!take(map, index >> DRYI_INDEX_MAP_FAN_LOG2, bit_of(index), 1)) return DRY_CORRUPT;
  *index_out = (uint32_t)index;
  return DRY_OK;
}

dry_status dry_index_map_acquire_at(dry_index_map *map, uint32_t index) {
  dry_status status = check_change(map);
  if (status != DRY_OK) return status;
  if (index >= map->capacity) return DRY_INVALID_ARGUMENT;
  return take(map, index >> DRYI_INDEX_MAP_FAN_LOG2, bit_of(index), 1) ? DRY_OK : DRY_ALREADY_EXISTS;
}

/* Takes up to `count` of the lowest free indices of the first leaf that has any, and writes them. */
static dry_status take_from_one_leaf(dry_index_map *map, uint32_t *indices_out, uint64_t count, uint32_t *taken_out) {
  uint64_t first;
  dry_status status = search(map, true, map->height - 1, 0, &first);
  if (status != DRY_OK) return status == DRY_NOT_FOUND ? DRY_CORRUPT : status;
  uint64_t at = first >> DRYI_INDEX_MAP_FAN_LOG2, bits = 0;
  uint32_t taken = 0;
  for (uint64_t free = leads(map, true, 0, at); free && taken < count; free &= free - 1) {
    uint32_t bit = (uint32_t)__builtin_ctzll(free);
    indices_out[taken++] = (uint32_t)(at << DRYI_INDEX_MAP_FAN_LOG2) + bit;
    bits |= bit_of(bit);
  }
  if (taken == 0 || !take(map, at, bits, taken)) return DRY_CORRUPT;
  *taken_out = taken;
  return DRY_OK;
}

dry_status dry_index_map_acquire_many(dry_index_map *map, uint32_t *indices_out, uint64_t count) {
  dry_status status = check_change(map);
  if (status != DRY_OK) return status;
  if (!indices_out && count > 0) return DRY_INVALID_ARGUMENT;
  if (count > map->capacity) return refuse_full(map);
  uint32_t in_use = dryi_load_relaxed_u32(&map->header->in_use);
  if (in_use > map->capacity) return DRY_CORRUPT;
  if (count > map->capacity - in_use) return refuse_full(map);
  uint64_t done = 0;
  while (done < count) {
    uint32_t taken = 0;
    status = take_from_one_leaf(map, indices_out + done, count - done, &taken);
    if (status != DRY_OK) break;
    done += taken;
  }
  if (status == DRY_OK) return DRY_OK;
  /* The count had promised more than there is. The list is the caller's, who may have changed it meanwhile. */
  while (done > 0) {
    uint32_t index = dryi_load_relaxed_u32(indices_out + --done);
    if (index < map->capacity) (void)give_back(map, index);
  }
  return status;
}

dry_status dry_index_map_release(dry_index_map *map, uint32_t index) {
  dry_status status = check_change(map);
  if (status != DRY_OK) return status;
  if (index >= map->capacity) return DRY_INVALID_ARGUMENT;
  return give_back(map, index) ? DRY_OK : DRY_STALE;
}

/* Makes a level's words say that nothing is taken; in `full` the bits that stand for nothing stay set. */
static void empty_level(const dry_index_map *map, uint64_t *words, uint32_t level, bool full) {
  uint64_t last = dryi_index_map_words(map, level) - 1;
  for (uint64_t at = 0; at < last; at++) dryi_store_release_u64(words + at, 0);
  dryi_store_release_u64(words + last, full ? ~dryi_index_map_valid(map, level, last) : 0);
}

dry_status dry_index_map_reset(dry_index_map *map) {
  dry_status status = check_change(map);
  if (status != DRY_OK) return status;
  dryi_index_map_begin(map);
  DRYI_STEP("index_map_reset");
  for (uint32_t level = map->height - 1; level > 0; level--) {
    empty_level(map, map->levels[level], level, true);
    DRYI_STEP("index_map_reset");
  }
  empty_level(map, map->levels[0], 0, false);
  for (uint32_t level = 1; level < map->height; level++) {
    DRYI_STEP("index_map_reset");
    empty_level(map, map->any[level], level, false);
  }
  DRYI_STEP("index_map_reset");
  dryi_store_release_u32(&map->header->in_use, 0);
  DRYI_STEP("index_map_end");
  dryi_index_map_end(map);
  return DRY_OK;
}

dry_status dry_index_map_repair(dry_index_map *map) {
  dry_status status = check_change(map);
  return status == DRY_OK ? dryi_index_map_rebuild(map, true, NULL) : status;
}

/* ---- looking ---- */

dry_status dry_index_map_contains(const dry_index_map *map, uint32_t index, uint32_t *used_out) {
  if (!used_out) return DRY_INVALID_ARGUMENT;
  *used_out = 0;
  dry_status status = check_open(map);
  if (status != DRY_OK) return status;
  if (index >= map->capacity) return DRY_INVALID_ARGUMENT;
  uint64_t word = dryi_load_relaxed_u64(map->levels[0] + (index >> DRYI_INDEX_MAP_FAN_LOG2));
  *used_out = (word & bit_of(index)) != 0;
  return DRY_OK;
}

DRYI_INLINE dry_status next(const dry_index_map *map, bool to_free, uint32_t from, uint32_t *index_out) {
  if (!index_out) return DRY_INVALID_ARGUMENT;
  *index_out = 0;
  dry_status status = check_open(map);
  if (status != DRY_OK) return status;
  if (from >= map->capacity) return DRY_NOT_FOUND;
  uint64_t index;
  status = search(map, to_free, 0, from, &index);
  if (status == DRY_OK) *index_out = (uint32_t)index;
  return status;
}

dry_status dry_index_map_next_used(const dry_index_map *map, uint32_t from, uint32_t *index_out) {
  return next(map, false, from, index_out);
}

dry_status dry_index_map_next_free(const dry_index_map *map, uint32_t from, uint32_t *index_out) {
  return next(map, true, from, index_out);
}

dry_status dry_index_map_list(const dry_index_map *map, uint32_t from, uint32_t *indices_out, uint64_t room,
                              uint64_t *count_out) {
  if (!count_out) return DRY_INVALID_ARGUMENT;
  *count_out = 0;
  dry_status status = check_open(map);
  if (status != DRY_OK) return status;
  if (!indices_out && room > 0) return DRY_INVALID_ARGUMENT;
  uint64_t count = 0, bit = from;
  while (count < room && bit < map->capacity) {
    uint64_t first;
    status = search(map, false, 0, bit, &first);
    if (status == DRY_NOT_FOUND) break;
    if (status != DRY_OK) return status;
    uint64_t at = first >> DRYI_INDEX_MAP_FAN_LOG2;
    uint64_t taken = leads(map, false, 0, at) & UINT64_MAX << (first & 63);
    for (; taken && count < room; taken &= taken - 1)
      indices_out[count++] = (uint32_t)((at << DRYI_INDEX_MAP_FAN_LOG2) + (uint64_t)__builtin_ctzll(taken));
    bit = (at + 1) << DRYI_INDEX_MAP_FAN_LOG2;
  }
  *count_out = count;
  return DRY_OK;
}

dry_status dry_index_map_get_stats(const dry_index_map *map, dry_index_map_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  dry_status status = check_open(map);
  if (status != DRY_OK) return status;
  const dry_index_map_header *header = map->header;
  stats_out->capacity = map->capacity;
  /* A process that was killed may not have come to count what it had taken. */
  bool exact = dryi_load_relaxed_u32(&header->changing) == 0;
  stats_out->in_use = exact ? dryi_load_relaxed_u32(&header->in_use) : dryi_index_map_count(map);
  stats_out->failures = dryi_load_relaxed_u64(&header->failures);
  stats_out->size_bytes = dryi_load_relaxed_u64(&header->size_bytes);
  const dryi_backing *backing = map->owner;
  if (backing) {
    stats_out->granted = backing->memory.granted;
    stats_out->refused = backing->memory.refused;
  }
  return DRY_OK;
}
