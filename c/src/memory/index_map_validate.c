/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* index_map_validate.c: what the summaries must be by the leaves: to make them so, or to check that they are. */
#include "base/detail.h"
#include "base/hooks.h"
#include "memory/index_map_internal.h"

static uint64_t leaf_at(const dry_index_map *map, uint64_t at) { return dryi_load_relaxed_u64(map->levels[0] + at); }

uint64_t dryi_index_map_count(const dry_index_map *map) {
  uint64_t count = 0;
  for (uint64_t at = 0; at < dryi_index_map_words(map, 0); at++)
    count += (uint64_t)__builtin_popcountll(leaf_at(map, at) & dryi_index_map_valid(map, 0, at));
  return count;
}

/* What word `at` of a level above 0 must be, by the words of the level below. */
static void summarise(const dry_index_map *map, uint32_t level, uint64_t at, uint64_t *full_out, uint64_t *any_out) {
  const uint64_t *full = map->levels[level - 1];
  const uint64_t *any = level == 1 ? full : map->any[level - 1];
  uint64_t first = at << DRYI_INDEX_MAP_FAN_LOG2, behind = dryi_index_map_words(map, level - 1);
  if (behind > first + 64) behind = first + 64;
  *full_out = ~dryi_index_map_valid(map, level, at);
  *any_out = 0;
  for (uint64_t i = first; i < behind; i++) {
    uint64_t valid = dryi_index_map_valid(map, level - 1, i), bit = UINT64_C(1) << (i - first);
    if ((~dryi_load_relaxed_u64(full + i) & valid) == 0) *full_out |= bit;
    if (dryi_load_relaxed_u64(any + i) & valid) *any_out |= bit;
  }
}

/* ---- making it so ---- */

/* What is right already is not stored, so that opening does not make every page of a region dirty. */
static void mend_u64(uint64_t *word, uint64_t right) {
  if (dryi_load_relaxed_u64(word) == right) return;
  DRYI_STEP("index_map_mend");
  dryi_store_release_u64(word, right);
}

static void mend_u32(uint32_t *word, uint32_t right) {
  if (dryi_load_relaxed_u32(word) == right) return;
  DRYI_STEP("index_map_mend");
  dryi_store_release_u32(word, right);
}

static dry_status refuse_stray(const dry_index_map *map, uint64_t at, dry_detail *detail) {
  uint64_t offset = dryi_load_relaxed_u64(&map->header->leaves_offset) + at * sizeof(uint64_t);
  return dryi_fail_at(detail, DRY_CORRUPT, offset, "index map: indices beyond the capacity of %u are taken",
                      map->capacity);
}

/* The only leaf that can have bits behind the capacity is the last one. */
static uint64_t stray_bits(const dry_index_map *map, uint64_t *at_out) {
  *at_out = dryi_index_map_words(map, 0) - 1;
  return leaf_at(map, *at_out) & ~dryi_index_map_valid(map, 0, *at_out);
}

dry_status dryi_index_map_rebuild(dry_index_map *map, bool lenient, dry_detail *detail) {
  uint64_t last;
  if (stray_bits(map, &last)) {
    if (!lenient) return refuse_stray(map, last, detail);
    mend_u64(map->levels[0] + last, leaf_at(map, last) & dryi_index_map_valid(map, 0, last));
  }
  for (uint32_t level = 1; level < map->height; level++) {
    for (uint64_t at = 0; at < dryi_index_map_words(map, level); at++) {
      uint64_t full, any;
      summarise(map, level, at, &full, &any);
      mend_u64(map->levels[level] + at, full);
      mend_u64(map->any[level] + at, any);
    }
  }
  mend_u32(&map->header->in_use, (uint32_t)dryi_index_map_count(map));
  mend_u32(&map->header->changing, 0);
  return DRY_OK;
}

/* ---- checking that it is ---- */

/* Whether a summary's word is right; while a change is under way `full` may lack bits, and `any` may have more. */
static bool summary_sound(uint64_t full, uint64_t any, uint64_t full_right, uint64_t any_right, uint64_t valid,
                          bool changing) {
  if (!changing) return full == full_right && any == any_right;
  return (full & valid & ~full_right) == 0 && (~full & ~valid) == 0 && (any_right & ~any) == 0 && (any & ~valid) == 0;
}

static dry_status check_level(const dry_index_map *map, uint32_t level, bool changing, dry_detail *detail) {
  for (uint64_t at = 0; at < dryi_index_map_words(map, level); at++) {
    uint64_t full_right, any_right;
    summarise(map, level, at, &full_right, &any_right);
    const uint64_t *word = map->levels[level] + at;
    uint64_t full = dryi_load_relaxed_u64(word), any = dryi_load_relaxed_u64(map->any[level] + at);
    if (summary_sound(full, any, full_right, any_right, dryi_index_map_valid(map, level, at), changing)) continue;
    uint64_t offset = (uint64_t)((const uint8_t *)word - (const uint8_t *)map->header);
    return dryi_fail_at(detail, DRY_CORRUPT, offset, "index map: word %llu of level %u contradicts the leaves",
                        (unsigned long long)at, level);
  }
  return DRY_OK;
}

static dry_status check_header(const dry_index_map *map, bool *changing_out, dry_detail *detail) {
  dry_index_map_header copy;
  dry_status status = dryi_index_map_header_check(map->header, UINT64_MAX, &copy, detail);
  if (status != DRY_OK) return status;
  for (size_t i = 0; i < sizeof copy.reserved1 / sizeof copy.reserved1[0]; i++)
    if (copy.reserved1[i] != 0)
      return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_index_map_header, reserved1),
                          "index map: header: reserved bytes are set");
  if (copy.changing > 1)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_index_map_header, changing),
                        "index map: header: the mark of a change is %u", copy.changing);
  *changing_out = copy.changing == 1;
  return DRY_OK;
}

static dry_status check_count(const dry_index_map *map, bool changing, dry_detail *detail) {
  uint64_t counted = dryi_index_map_count(map), stored = dryi_load_relaxed_u32(&map->header->in_use);
  if (changing || counted == stored) return DRY_OK;
  return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_index_map_header, in_use),
                      "index map: %llu indices are taken, the count says %llu", (unsigned long long)counted,
                      (unsigned long long)stored);
}

dry_status dry_index_map_validate(const dry_index_map *map, dry_detail *detail) {
  if (!map) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "map: must not be NULL");
  if (!map->header || dryi_load_acquire_u32(map->closed))
    return dryi_fail(detail, DRY_CLOSED, "index map: %s", dry_status_text(DRY_CLOSED));
  bool changing = false;
  dry_status status = check_header(map, &changing, detail);
  uint64_t at;
  if (status == DRY_OK && stray_bits(map, &at)) status = refuse_stray(map, at, detail);
  for (uint32_t level = 1; status == DRY_OK && level < map->height; level++)
    status = check_level(map, level, changing, detail);
  if (status == DRY_OK) status = check_count(map, changing, detail);
  return status == DRY_OK ? dryi_done(detail) : status;
}
