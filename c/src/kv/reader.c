/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* reader.c: get, try_get, get_many, contains, view, put together from the steps in find.h. */
#include <string.h>

#include "base/crc32c.h"
#include "kv/find.h"
#include "kv/kv_internal.h"

/* ---- checks ---- */

dry_status dryi_kv_reader_usable(const dry_kv_reader *reader) {
  if (!reader) return DRY_INVALID_ARGUMENT;
  /* The flag pairs with the release store in dry_region_close. */
  return reader->closed && dryi_load_acquire_u32(reader->closed) == 0 ? DRY_OK : DRY_CLOSED;
}

dry_status dryi_kv_check_key(const void *key, size_t key_bytes) {
  if (!key || key_bytes == 0) return DRY_INVALID_ARGUMENT;
  return key_bytes > DRY_KV_KEY_BYTES_MAX ? DRY_TOO_LARGE : DRY_OK;
}

DRYI_INLINE dry_status check_call(const dry_kv_reader *reader, const void *key, size_t key_bytes) {
  dry_status status = dryi_kv_reader_usable(reader);
  return status == DRY_OK ? dryi_kv_check_key(key, key_bytes) : status;
}

/* ---- finding ---- */

static dryi_kv_outcome find(const dryi_kv_geometry *g, const void *key, size_t key_bytes, uint64_t hash, dryi_kv_found *found) {
  uint64_t relocation = dryi_kv_load_relocation(g);
  uint64_t tag = dryi_kv_slot_tag(hash);
  uint64_t group = dryi_kv_home_group(hash, g->group_count);
  dryi_kv_prefetch_slots(g, group);
  for (uint64_t left = g->group_count; left > 0; left--) {
    dryi_kv_group control = dryi_kv_load_group(g, group);
    for (uint32_t match = dryi_kv_group_match(control, dryi_kv_control_tag(hash)); match; match &= match - 1) {
      dryi_kv_outcome outcome = dryi_kv_try_slot(g, dryi_kv_first_slot(g, group, match), tag, key, key_bytes, relocation, found);
      if (outcome != DRYI_KV_ABSENT) return outcome;
    }
    if (dryi_kv_group_overflow(control) == 0) return DRYI_KV_ABSENT;
    group = group + 1 == g->group_count ? 0 : group + 1;
  }
  return DRYI_KV_ABSENT;
}

/* The common case of find, without a loop: the first slot of the home group whose tag matches. CHANGED stands for
   whatever else there may be. */
DRYI_INLINE dryi_kv_outcome find_first(const dryi_kv_geometry *g, const void *key, size_t key_bytes, uint64_t hash,
                                       dryi_kv_found *found) {
  uint64_t relocation = dryi_kv_load_relocation(g);
  uint64_t group = dryi_kv_home_group(hash, g->group_count);
  dryi_kv_prefetch_slots(g, group);
  dryi_kv_group control = dryi_kv_load_group(g, group);
  uint32_t match = dryi_kv_group_match(control, dryi_kv_control_tag(hash));
  if (!match) return dryi_kv_group_overflow(control) == 0 ? DRYI_KV_ABSENT : DRYI_KV_CHANGED;
  uint64_t slot_offset = dryi_kv_first_slot(g, group, match);
  dryi_kv_outcome outcome = dryi_kv_try_slot(g, slot_offset, dryi_kv_slot_tag(hash), key, key_bytes, relocation, found);
  return outcome == DRYI_KV_FOUND ? DRYI_KV_FOUND : DRYI_KV_CHANGED;
}

dryi_kv_outcome dryi_kv_find(const dry_kv_reader *reader, const void *key, size_t key_bytes, uint64_t hash,
                             dryi_kv_found *found) {
  dryi_kv_geometry g = dryi_kv_geometry_of(reader);
  return find(&g, key, key_bytes, hash, found);
}

/* The block's checksum as its bytes say: over sizes, version, key and value. */
uint64_t dryi_kv_block_checksum_read(const dry_kv_reader *reader, const dryi_kv_found *found) {
  uint64_t head[2] = {found->version, dryi_kv_sizes_word(found->key_bytes, found->value_bytes)};
  uint32_t crc = dryi_crc32c(0, head, sizeof head);
  uint64_t at = found->block + DRY_KV_BLOCK_HEADER_BYTES;
  uint64_t left = dryi_kv_pad8(found->key_bytes) + dryi_kv_pad8(found->value_bytes);
  uint64_t chunk[64];
  while (left > 0) {
    size_t bytes = left < sizeof chunk ? (size_t)left : sizeof chunk;
    dryi_kv_copy_words(dryi_kv_words(reader->part, at), chunk, bytes);
    crc = dryi_crc32c(crc, chunk, bytes);
    at += bytes;
    left -= bytes;
  }
  return crc;
}

/* By value, so that the hot path's own copy can stay in registers. */
bool dryi_kv_checksum_holds(const dry_kv_reader *reader, dryi_kv_found found) {
  uint64_t room_and_checksum = dryi_load_acquire_u64(dryi_kv_words(reader->part, found.block + 16));
  return dryi_kv_block_checksum_read(reader, &found) == room_and_checksum >> 32;
}

/* ---- get ---- */

static dry_status refuse(dry_status status, size_t *value_bytes_out, uint64_t *version_out) {
  if (value_bytes_out) *value_bytes_out = 0;
  if (version_out) *version_out = 0;
  return status;
}

/* Attempts until one succeeds; kept out of line, so that the common case needs no registers for it. */
static __attribute__((noinline)) dry_status get_repeatedly(dry_kv_reader *reader, const void *key, size_t key_bytes,
                                                           uint64_t hash, const dryi_kv_target *target,
                                                           uint32_t attempts_max, uint32_t *attempts_out) {
  dryi_kv_geometry g = dryi_kv_geometry_of(reader);
  dry_status status = DRY_TIMED_OUT;
  uint32_t attempt = 1;
  for (;; attempt++) {
    dryi_kv_found found;
    dryi_kv_outcome outcome = find(&g, key, key_bytes, hash, &found);
    if (outcome == DRYI_KV_FOUND && dryi_kv_copy_value(reader, &g, &found, key_bytes, target, &status)) break;
    if (outcome == DRYI_KV_ABSENT) status = DRY_NOT_FOUND;
    if (outcome == DRYI_KV_DAMAGED) status = DRY_CORRUPT;
    if (outcome == DRYI_KV_ABSENT || outcome == DRYI_KV_DAMAGED || attempt == attempts_max) break;
    dryi_kv_count_retry(reader);
  }
  if (attempts_out) *attempts_out = attempt;
  bool found = status == DRY_OK || status == DRY_TOO_LARGE;
  return found ? status : refuse(status, target->value_bytes_out, target->version_out);
}

DRYI_INLINE dry_status get_hashed(dry_kv_reader *reader, const void *key, size_t key_bytes, uint64_t hash,
                                  const dryi_kv_target *target) {
  dryi_kv_geometry g = dryi_kv_geometry_of(reader);
  dryi_kv_found found;
  dry_status status;
  dryi_kv_outcome outcome = find_first(&g, key, key_bytes, hash, &found);
  if (outcome == DRYI_KV_FOUND && dryi_kv_copy_value(reader, &g, &found, key_bytes, target, &status)) return status;
  if (outcome == DRYI_KV_ABSENT) return refuse(DRY_NOT_FOUND, target->value_bytes_out, target->version_out);
  dryi_kv_target same = *target;
  return get_repeatedly(reader, key, key_bytes, hash, &same, DRY_KV_ATTEMPTS_MAX, NULL);
}

dry_status dry_kv_get(dry_kv_reader *reader, const void *key, size_t key_bytes, void *value, size_t value_capacity,
                      size_t *value_bytes_out, uint64_t *version_out) {
  dry_status status = check_call(reader, key, key_bytes);
  if (status != DRY_OK) return refuse(status, value_bytes_out, version_out);
  if (!value && value_capacity > 0) return refuse(DRY_INVALID_ARGUMENT, value_bytes_out, version_out);
  dryi_kv_target target = {value, value_capacity, value_bytes_out, version_out};
  return get_hashed(reader, key, key_bytes, dryi_hash_with(reader->seed, key, key_bytes), &target);
}

dry_status dry_kv_try_get(dry_kv_reader *reader, const void *key, size_t key_bytes, void *value, size_t value_capacity,
                          uint32_t attempts_max, size_t *value_bytes_out, uint64_t *version_out,
                          uint32_t *attempts_out) {
  if (attempts_out) *attempts_out = 0;
  dry_status status = check_call(reader, key, key_bytes);
  if (status == DRY_OK && ((!value && value_capacity > 0) || attempts_max == 0)) status = DRY_INVALID_ARGUMENT;
  if (status != DRY_OK) return refuse(status, value_bytes_out, version_out);
  dryi_kv_target target = {value, value_capacity, value_bytes_out, version_out};
  uint64_t hash = dryi_hash_with(reader->seed, key, key_bytes);
  return get_repeatedly(reader, key, key_bytes, hash, &target, attempts_max, attempts_out);
}

/* ---- get_many ---- */

/* Keys whose misses overlap: enough to keep the ten or so line-fill buffers of a core busy. */
#define BATCH 32

static inline void prefetch(const dry_kv_reader *reader, uint64_t offset) {
  __builtin_prefetch(reader->part + offset);
}

/* Asks for the block that the home group's first matching slot points to; a hint, so nothing is checked but the range. */
static void prefetch_block(const dry_kv_reader *reader, uint64_t hash) {
  uint64_t group = dryi_kv_home_group(hash, reader->group_count);
  dryi_kv_group control = dryi_kv_group_load(dryi_kv_words(reader->part, dryi_kv_control_offset(reader, group)));
  uint32_t match = dryi_kv_group_match(control, dryi_kv_control_tag(hash));
  if (!match) return;
  uint64_t slot_offset = dryi_kv_slot_offset(reader, group, (unsigned)__builtin_ctz(match));
  uint64_t word = dryi_load_acquire_u64(dryi_kv_words(reader->part, slot_offset));
  uint64_t block = dryi_kv_slot_block(word);
  if (block < reader->heap_offset || block > reader->heap_end - 128) return;
  prefetch(reader, block);
  prefetch(reader, block + 64);
  prefetch(reader, block + 96); /* blocks are aligned to 16, so a third line is as likely as not */
}

static void look_up_batch(dry_kv_reader *reader, dry_kv_lookup *lookups, size_t count) {
  uint64_t hashes[BATCH];
  for (size_t i = 0; i < count; i++) {
    hashes[i] = dryi_hash_with(reader->seed, lookups[i].key, lookups[i].key_bytes);
    uint64_t group = dryi_kv_home_group(hashes[i], reader->group_count);
    prefetch(reader, dryi_kv_control_offset(reader, group));
    uint64_t slots = dryi_kv_slot_offset(reader, group, 0);
    prefetch(reader, slots);
    prefetch(reader, slots + 64);
  }
  for (size_t i = 0; i < count; i++) prefetch_block(reader, hashes[i]);
  for (size_t i = 0; i < count; i++) {
    dry_kv_lookup *one = &lookups[i];
    dryi_kv_target target = {one->value, one->value_capacity, &one->value_bytes, &one->version};
    one->status = get_hashed(reader, one->key, one->key_bytes, hashes[i], &target);
    /* Such a key is in no store, so nothing was found; say why. */
    if (one->key_bytes > DRY_KV_KEY_BYTES_MAX) one->status = DRY_TOO_LARGE;
    if (one->key_bytes == 0) one->status = DRY_INVALID_ARGUMENT;
  }
}

static dry_status check_lookups(const dry_kv_lookup *lookups, size_t count) {
  if (!lookups && count > 0) return DRY_INVALID_ARGUMENT;
  for (size_t i = 0; i < count; i++) {
    const dry_kv_lookup *one = &lookups[i];
    if ((!one->key && one->key_bytes > 0) || (!one->value && one->value_capacity > 0)) return DRY_INVALID_ARGUMENT;
  }
  return DRY_OK;
}

dry_status dry_kv_get_many(dry_kv_reader *reader, dry_kv_lookup *lookups, size_t count) {
  dry_status status = dryi_kv_reader_usable(reader);
  if (status == DRY_OK) status = check_lookups(lookups, count);
  if (status != DRY_OK) return status;
  for (size_t at = 0; at < count; at += BATCH)
    look_up_batch(reader, lookups + at, count - at < BATCH ? count - at : BATCH);
  return DRY_OK;
}

/* ---- contains, view ---- */

dry_status dry_kv_contains(dry_kv_reader *reader, const void *key, size_t key_bytes, uint32_t *found_out) {
  if (!found_out) return DRY_INVALID_ARGUMENT;
  *found_out = 0;
  dry_status status = check_call(reader, key, key_bytes);
  if (status != DRY_OK) return status;
  dryi_kv_target nothing = {NULL, 0, NULL, NULL};
  status = get_hashed(reader, key, key_bytes, dryi_hash_with(reader->seed, key, key_bytes), &nothing);
  if (status == DRY_NOT_FOUND) return DRY_OK;
  /* A value that has no room in no buffer is there all the same. */
  bool there = status == DRY_OK || status == DRY_TOO_LARGE;
  *found_out = there;
  return there ? DRY_OK : status;
}

dry_status dry_kv_view(dry_kv_reader *reader, const void *key, size_t key_bytes, dry_kv_value_view *view_out) {
  if (!view_out) return DRY_INVALID_ARGUMENT;
  memset(view_out, 0, sizeof *view_out);
  dry_status status = check_call(reader, key, key_bytes);
  if (status != DRY_OK) return status;
  dryi_kv_geometry g = dryi_kv_geometry_of(reader);
  uint64_t hash = dryi_hash_with(reader->seed, key, key_bytes);
  for (uint32_t attempt = 0; attempt < DRY_KV_ATTEMPTS_MAX; attempt++) {
    dryi_kv_found found;
    dryi_kv_outcome outcome = find(&g, key, key_bytes, hash, &found);
    if (outcome == DRYI_KV_ABSENT) return DRY_NOT_FOUND;
    if (outcome == DRYI_KV_DAMAGED) return DRY_CORRUPT;
    if (outcome == DRYI_KV_FOUND && dryi_kv_still(&g, &found)) {
      view_out->value = reader->part + dryi_kv_value_offset(&found);
      view_out->value_bytes = found.value_bytes;
      view_out->version = found.version;
      view_out->slot_offset = found.slot_offset;
      view_out->slot_word = found.slot_word;
      view_out->block_offset = found.block;
      view_out->relocation = found.relocation;
      return DRY_OK;
    }
    dryi_kv_count_retry(reader);
  }
  return DRY_TIMED_OUT;
}

dry_status dry_kv_view_check(dry_kv_reader *reader, const dry_kv_value_view *view) {
  dry_status status = dryi_kv_reader_usable(reader);
  if (status != DRY_OK) return status;
  if (!view || !view->value) return DRY_INVALID_ARGUMENT;
  /* The caller may have read with plain loads: none of them may sink below the loads that follow. */
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  dryi_kv_found found = {.relocation = view->relocation, .slot_offset = view->slot_offset,
                         .slot_word = view->slot_word, .block = view->block_offset, .version = view->version};
  bool inside = dryi_in_range(found.block, DRY_KV_BLOCK_BYTES_MIN, reader->heap_end) &&
                dryi_in_range(found.slot_offset, 8, reader->heap_offset) && found.block % 8 == 0 &&
                found.slot_offset % 8 == 0;
  if (!inside) return DRY_INVALID_ARGUMENT;
  dryi_kv_geometry g = dryi_kv_geometry_of(reader);
  return dryi_kv_still(&g, &found) ? DRY_OK : DRY_STALE;
}
