/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* reader.c: finding and copying. The protocol and its steps are at the head of drystone/kv.h. */
#include <string.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/hash.h"
#include "kv/kv_internal.h"
#include "kv/probe.h"

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

/* ---- words of a block ---- */

DRYI_INLINE uint64_t load_tail(uint64_t word, size_t bytes) { return word & (~(uint64_t)0 >> (64 - 8 * bytes)); }

/* Word by word straight to the caller: by way of a temporary it costs 2.5 times as much (failed store forwarding).
   Acquire loads pair with the release stores of whoever writes a block here next, so that a reader who got one of its
   words also gets the changed version in dryi_kv_still. */
DRYI_INLINE void copy_words(const uint64_t *from, void *to, size_t bytes) {
  uint8_t *out = (uint8_t *)to;
  size_t words = bytes / 8;
#pragma GCC unroll 4
  for (size_t i = 0; i < words; i++) {
    uint64_t word = dryi_load_acquire_u64(from + i);
    memcpy(out + 8 * i, &word, 8);
  }
  if (bytes % 8) {
    uint64_t word = dryi_load_acquire_u64(from + words);
    memcpy(out + 8 * words, &word, bytes % 8);
  }
}

DRYI_INLINE bool key_equals(const uint64_t *stored, const void *key, size_t bytes) {
  const uint8_t *p = (const uint8_t *)key;
  size_t words = bytes / 8;
  for (size_t i = 0; i < words; i++)
    if (dryi_load_acquire_u64(stored + i) != dryi_hash_read64(p + 8 * i)) return false;
  if (bytes % 8 == 0) return true;
  uint64_t last = 0;
  memcpy(&last, p + 8 * words, bytes % 8);
  return load_tail(dryi_load_acquire_u64(stored + words), bytes % 8) == last;
}

void dryi_kv_copy_out(const dry_kv_reader *reader, uint64_t offset, void *to, size_t bytes) {
  copy_words(dryi_kv_words(reader->part, offset), to, bytes);
}

/* ---- the protocol ---- */

/* The reader's facts in locals: an acquire load keeps the compiler from holding what it has read through a pointer. */
typedef struct geometry {
  const uint8_t *part;
  uint64_t group_count;
  uint64_t control_offset;
  uint64_t slots_offset;
  uint64_t heap_offset;
  uint64_t heap_end;
} geometry;

DRYI_INLINE geometry geometry_of(const dry_kv_reader *reader) {
  geometry g = {reader->part,         reader->group_count, reader->control_offset,
                reader->slots_offset, reader->heap_offset, reader->heap_end};
  return g;
}

DRYI_INLINE uint64_t load_relocation(const geometry *g) {
  return dryi_load_acquire_u64(&dryi_kv_header_of(g->part)->relocation);
}

DRYI_INLINE uint64_t load_slot(const geometry *g, uint64_t slot_offset) {
  return dryi_load_acquire_u64(dryi_kv_words(g->part, slot_offset));
}

DRYI_INLINE bool still(const geometry *g, const dryi_kv_found *found) {
  uint64_t version = dryi_load_relaxed_u64(dryi_kv_words(g->part, found->block));
  if (version != found->version) return false;
  /* While blocks are being moved, the word read above may be anything that equals the version by chance. */
  uint64_t relocation = load_relocation(g);
  if (relocation == found->relocation && relocation % 2 == 0) return true;
  return load_slot(g, found->slot_offset) == found->slot_word;
}

bool dryi_kv_still(const dry_kv_reader *reader, const dryi_kv_found *found) {
  geometry g = geometry_of(reader);
  return still(&g, found);
}

/* A version of 0 was loaded from a block whose slot did not change. The block may have been taken again, written and
   published under the same slot between those two loads; then the version is there now. */
static dryi_kv_outcome unfinished(const uint8_t *part, uint64_t block, uint64_t slot_offset, uint64_t word) {
  if (dryi_load_acquire_u64(dryi_kv_words(part, block)) != 0) return DRYI_KV_CHANGED;
  return dryi_load_acquire_u64(dryi_kv_words(part, slot_offset)) == word ? DRYI_KV_DAMAGED : DRYI_KV_CHANGED;
}

DRYI_INLINE dryi_kv_outcome enter(const geometry *g, uint64_t slot_offset, uint64_t word, uint64_t relocation,
                                  dryi_kv_found *found) {
  uint64_t block = dryi_kv_slot_block(word);
  found->relocation = relocation;
  found->slot_offset = slot_offset;
  found->slot_word = word;
  found->block = block;
  if (block < g->heap_offset || block > g->heap_end - DRY_KV_BLOCK_BYTES_MIN) return DRYI_KV_DAMAGED;
  const uint64_t *words = dryi_kv_words(g->part, block);
  /* The value's own place is known only when the sizes have arrived: ask for the next line with the first. */
  __builtin_prefetch(words + 8);
  /* pairs with the release store of the version in write_block (writer.c): all of the block is visible */
  found->version = dryi_load_acquire_u64(words);
  if (load_slot(g, slot_offset) != word) return DRYI_KV_CHANGED;
  if (found->version == 0) return unfinished(g->part, block, slot_offset, word);
  uint64_t sizes = dryi_load_acquire_u64(words + 1);
  found->value_bytes = (uint32_t)sizes;
  found->key_bytes = (uint32_t)(sizes >> 32);
  if (found->key_bytes - 1u >= DRY_KV_KEY_BYTES_MAX ||
      dryi_kv_block_need(found->key_bytes, found->value_bytes) > g->heap_end - block)
    return still(g, found) ? DRYI_KV_DAMAGED : DRYI_KV_CHANGED;
  return DRYI_KV_FOUND;
}

dryi_kv_outcome dryi_kv_enter(const dry_kv_reader *reader, uint64_t slot_offset, uint64_t word, uint64_t relocation,
                              dryi_kv_found *found) {
  geometry g = geometry_of(reader);
  return enter(&g, slot_offset, word, relocation, found);
}

/* One slot whose control byte matched. ABSENT: it is not this key's. */
DRYI_INLINE dryi_kv_outcome try_slot(const geometry *g, uint64_t slot_offset, uint64_t tag, const void *key,
                                     size_t key_bytes, uint64_t relocation, dryi_kv_found *found) {
  uint64_t word = load_slot(g, slot_offset);
  if (((word ^ tag) >> DRY_KV_SLOT_OFFSET_BITS) != 0 || (word & DRYI_KV_SLOT_OFFSET_MASK) == 0) return DRYI_KV_ABSENT;
  dryi_kv_outcome outcome = enter(g, slot_offset, word, relocation, found);
  if (outcome != DRYI_KV_FOUND) return outcome;
  const uint64_t *stored = dryi_kv_words(g->part, found->block + DRY_KV_BLOCK_HEADER_BYTES);
  if (found->key_bytes == key_bytes && key_equals(stored, key, key_bytes)) return DRYI_KV_FOUND;
  /* Another key, or a block that was reused while it was compared. */
  return still(g, found) ? DRYI_KV_ABSENT : DRYI_KV_CHANGED;
}

DRYI_INLINE dryi_kv_group load_group(const geometry *g, uint64_t group) {
  return dryi_kv_group_load(dryi_kv_words(g->part, g->control_offset + group * DRY_KV_GROUP_CONTROL_BYTES));
}

DRYI_INLINE uint64_t first_slot(const geometry *g, uint64_t group, uint32_t match) {
  return g->slots_offset + group * DRY_KV_GROUP_SLOT_BYTES + (uint64_t)(unsigned)__builtin_ctz(match) * 8;
}

/* Tags mostly lie in the second-level cache and slots do not. Asking for the slots before the tags have been looked at takes
   one of the three dependent misses off a lookup: measured, 20 % of a dependent hit. */
DRYI_INLINE void prefetch_slots(const geometry *g, uint64_t group) {
  const uint8_t *slots = g->part + g->slots_offset + group * DRY_KV_GROUP_SLOT_BYTES;
  __builtin_prefetch(slots);
  __builtin_prefetch(slots + 64);
}

static dryi_kv_outcome find(const geometry *g, const void *key, size_t key_bytes, uint64_t hash, dryi_kv_found *found) {
  uint64_t relocation = load_relocation(g);
  uint64_t tag = dryi_kv_slot_tag(hash);
  uint64_t group = dryi_kv_home_group(hash, g->group_count);
  prefetch_slots(g, group);
  for (uint64_t left = g->group_count; left > 0; left--) {
    dryi_kv_group control = load_group(g, group);
    for (uint32_t match = dryi_kv_group_match(control, dryi_kv_control_tag(hash)); match; match &= match - 1) {
      dryi_kv_outcome outcome = try_slot(g, first_slot(g, group, match), tag, key, key_bytes, relocation, found);
      if (outcome != DRYI_KV_ABSENT) return outcome;
    }
    if (dryi_kv_group_overflow(control) == 0) return DRYI_KV_ABSENT;
    group = group + 1 == g->group_count ? 0 : group + 1;
  }
  return DRYI_KV_ABSENT;
}

/* The common case of find, without a loop: the first slot of the home group whose tag matches. CHANGED stands for
   whatever else there may be. */
DRYI_INLINE dryi_kv_outcome find_first(const geometry *g, const void *key, size_t key_bytes, uint64_t hash,
                                       dryi_kv_found *found) {
  uint64_t relocation = load_relocation(g);
  uint64_t group = dryi_kv_home_group(hash, g->group_count);
  prefetch_slots(g, group);
  dryi_kv_group control = load_group(g, group);
  uint32_t match = dryi_kv_group_match(control, dryi_kv_control_tag(hash));
  if (!match) return dryi_kv_group_overflow(control) == 0 ? DRYI_KV_ABSENT : DRYI_KV_CHANGED;
  uint64_t slot_offset = first_slot(g, group, match);
  dryi_kv_outcome outcome = try_slot(g, slot_offset, dryi_kv_slot_tag(hash), key, key_bytes, relocation, found);
  return outcome == DRYI_KV_FOUND ? DRYI_KV_FOUND : DRYI_KV_CHANGED;
}

dryi_kv_outcome dryi_kv_find(const dry_kv_reader *reader, const void *key, size_t key_bytes, uint64_t hash,
                             dryi_kv_found *found) {
  geometry g = geometry_of(reader);
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
    copy_words(dryi_kv_words(reader->part, at), chunk, bytes);
    crc = dryi_crc32c(crc, chunk, bytes);
    at += bytes;
    left -= bytes;
  }
  return crc;
}

/* By value, so that the hot path's own copy can stay in registers. */
static bool checksum_holds(const dry_kv_reader *reader, dryi_kv_found found) {
  uint64_t room_and_checksum = dryi_load_acquire_u64(dryi_kv_words(reader->part, found.block + 16));
  return dryi_kv_block_checksum_read(reader, &found) == room_and_checksum >> 32;
}

/* ---- get ---- */

typedef struct copy_target {
  void *value;
  size_t capacity;
  size_t *value_bytes_out;
  uint64_t *version_out;
} copy_target;

/* What is done with the entry that was found; false: do it again. `key_bytes` is the caller's, which equals the found one:
   with it the value's address does not wait for the block. */
DRYI_INLINE bool copy_value(const dry_kv_reader *reader, const geometry *g, const dryi_kv_found *found,
                            uint64_t key_bytes, const copy_target *target, dry_status *status_out) {
  bool fits = found->value_bytes <= target->capacity;
  uint64_t value_at = found->block + DRY_KV_BLOCK_HEADER_BYTES + dryi_kv_pad8(key_bytes);
  if (fits) copy_words(dryi_kv_words(g->part, value_at), target->value, found->value_bytes);
  bool whole = !(reader->flags & DRY_KV_READ_CHECKED) || checksum_holds(reader, *found);
  if (!still(g, found)) return false;
  if (!whole) {
    *status_out = DRY_CORRUPT;
    return true;
  }
  if (target->value_bytes_out) *target->value_bytes_out = found->value_bytes;
  if (target->version_out) *target->version_out = found->version;
  *status_out = fits ? DRY_OK : DRY_TOO_LARGE;
  return true;
}

static void count_retry(dry_kv_reader *reader) { (void)dryi_add_relaxed_u64(&reader->retries, 1); }

static dry_status refuse(dry_status status, size_t *value_bytes_out, uint64_t *version_out) {
  if (value_bytes_out) *value_bytes_out = 0;
  if (version_out) *version_out = 0;
  return status;
}

/* Attempts until one succeeds; kept out of line, so that the common case needs no registers for it. */
static __attribute__((noinline)) dry_status get_repeatedly(dry_kv_reader *reader, const void *key, size_t key_bytes,
                                                           uint64_t hash, const copy_target *target,
                                                           uint32_t attempts_max, uint32_t *attempts_out) {
  geometry g = geometry_of(reader);
  dry_status status = DRY_TIMED_OUT;
  uint32_t attempt = 1;
  for (;; attempt++) {
    dryi_kv_found found;
    dryi_kv_outcome outcome = find(&g, key, key_bytes, hash, &found);
    if (outcome == DRYI_KV_FOUND && copy_value(reader, &g, &found, key_bytes, target, &status)) break;
    if (outcome == DRYI_KV_ABSENT) status = DRY_NOT_FOUND;
    if (outcome == DRYI_KV_DAMAGED) status = DRY_CORRUPT;
    if (outcome == DRYI_KV_ABSENT || outcome == DRYI_KV_DAMAGED || attempt == attempts_max) break;
    count_retry(reader);
  }
  if (attempts_out) *attempts_out = attempt;
  bool found = status == DRY_OK || status == DRY_TOO_LARGE;
  return found ? status : refuse(status, target->value_bytes_out, target->version_out);
}

DRYI_INLINE dry_status get_hashed(dry_kv_reader *reader, const void *key, size_t key_bytes, uint64_t hash,
                                  const copy_target *target) {
  geometry g = geometry_of(reader);
  dryi_kv_found found;
  dry_status status;
  dryi_kv_outcome outcome = find_first(&g, key, key_bytes, hash, &found);
  if (outcome == DRYI_KV_FOUND && copy_value(reader, &g, &found, key_bytes, target, &status)) return status;
  if (outcome == DRYI_KV_ABSENT) return refuse(DRY_NOT_FOUND, target->value_bytes_out, target->version_out);
  copy_target same = *target;
  return get_repeatedly(reader, key, key_bytes, hash, &same, DRY_KV_ATTEMPTS_MAX, NULL);
}

dry_status dry_kv_get(dry_kv_reader *reader, const void *key, size_t key_bytes, void *value, size_t value_capacity,
                      size_t *value_bytes_out, uint64_t *version_out) {
  dry_status status = check_call(reader, key, key_bytes);
  if (status != DRY_OK) return refuse(status, value_bytes_out, version_out);
  if (!value && value_capacity > 0) return refuse(DRY_INVALID_ARGUMENT, value_bytes_out, version_out);
  copy_target target = {value, value_capacity, value_bytes_out, version_out};
  return get_hashed(reader, key, key_bytes, dryi_hash_with(reader->seed, key, key_bytes), &target);
}

dry_status dry_kv_try_get(dry_kv_reader *reader, const void *key, size_t key_bytes, void *value, size_t value_capacity,
                          uint32_t attempts_max, size_t *value_bytes_out, uint64_t *version_out,
                          uint32_t *attempts_out) {
  if (attempts_out) *attempts_out = 0;
  dry_status status = check_call(reader, key, key_bytes);
  if (status == DRY_OK && ((!value && value_capacity > 0) || attempts_max == 0)) status = DRY_INVALID_ARGUMENT;
  if (status != DRY_OK) return refuse(status, value_bytes_out, version_out);
  copy_target target = {value, value_capacity, value_bytes_out, version_out};
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
    copy_target target = {one->value, one->value_capacity, &one->value_bytes, &one->version};
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
  copy_target nothing = {NULL, 0, NULL, NULL};
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
  uint64_t hash = dryi_hash_with(reader->seed, key, key_bytes);
  for (uint32_t attempt = 0; attempt < DRY_KV_ATTEMPTS_MAX; attempt++) {
    dryi_kv_found found;
    dryi_kv_outcome outcome = dryi_kv_find(reader, key, key_bytes, hash, &found);
    if (outcome == DRYI_KV_ABSENT) return DRY_NOT_FOUND;
    if (outcome == DRYI_KV_DAMAGED) return DRY_CORRUPT;
    if (outcome == DRYI_KV_FOUND && dryi_kv_still(reader, &found)) {
      view_out->value = reader->part + dryi_kv_value_offset(&found);
      view_out->value_bytes = found.value_bytes;
      view_out->version = found.version;
      view_out->slot_offset = found.slot_offset;
      view_out->slot_word = found.slot_word;
      view_out->block_offset = found.block;
      view_out->relocation = found.relocation;
      return DRY_OK;
    }
    count_retry(reader);
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
  return dryi_kv_still(reader, &found) ? DRY_OK : DRY_STALE;
}

/* ---- next ---- */

typedef struct next_target {
  void *key;
  size_t key_capacity;
  size_t *key_bytes_out;
  copy_target value;
} next_target;

/* Copies the entry behind a slot word that was not 0. */
static dryi_kv_outcome copy_entry(const dry_kv_reader *reader, uint64_t slot_offset, uint64_t word,
                                  const next_target *target, dry_status *status_out) {
  dryi_kv_found found;
  /* The relocation is loaded after the slot word here; a move in between shows in the slot's second load. */
  geometry g = geometry_of(reader);
  dryi_kv_outcome outcome = enter(&g, slot_offset, word, load_relocation(&g), &found);
  if (outcome != DRYI_KV_FOUND) return outcome;
  bool key_skipped = !target->key && target->key_capacity == 0;
  bool value_skipped = !target->value.value && target->value.capacity == 0;
  bool key_fits = found.key_bytes <= target->key_capacity;
  if (key_fits)
    copy_words(dryi_kv_words(reader->part, found.block + DRY_KV_BLOCK_HEADER_BYTES), target->key, found.key_bytes);
  if (!copy_value(reader, &g, &found, found.key_bytes, &target->value, status_out)) return DRYI_KV_CHANGED;
  if (target->key_bytes_out) *target->key_bytes_out = found.key_bytes;
  if (*status_out == DRY_TOO_LARGE && value_skipped) *status_out = DRY_OK;
  if (*status_out == DRY_OK && !key_fits && !key_skipped) *status_out = DRY_TOO_LARGE;
  return DRYI_KV_FOUND;
}

/* DRY_NOT_FOUND: the slot is empty. */
static dry_status read_slot(dry_kv_reader *reader, uint64_t position, const next_target *target) {
  uint64_t slot_offset = reader->slots_offset + position * 8;
  uint64_t group = position / DRY_KV_GROUP_SLOTS;
  for (uint32_t attempt = 0; attempt < DRY_KV_ATTEMPTS_MAX; attempt++) {
    /* A slot counts from the moment its control byte is set, as for every other reader. */
    dryi_kv_group control = dryi_kv_group_load(dryi_kv_words(reader->part, dryi_kv_control_offset(reader, group)));
    unsigned at = (unsigned)(position % DRY_KV_GROUP_SLOTS);
    uint64_t word = dryi_load_acquire_u64(dryi_kv_words(reader->part, slot_offset));
    if ((dryi_kv_group_match(control, 0) >> at & 1u) || (word & DRYI_KV_SLOT_OFFSET_MASK) == 0) return DRY_NOT_FOUND;
    dry_status status = DRY_OK;
    dryi_kv_outcome outcome = copy_entry(reader, slot_offset, word, target, &status);
    if (outcome == DRYI_KV_FOUND) return status;
    if (outcome == DRYI_KV_DAMAGED) return DRY_CORRUPT;
    count_retry(reader);
  }
  return DRY_TIMED_OUT;
}

dry_status dry_kv_next(dry_kv_reader *reader, uint64_t *cursor, void *key, size_t key_capacity, size_t *key_bytes_out,
                       void *value, size_t value_capacity, size_t *value_bytes_out, uint64_t *version_out) {
  if (key_bytes_out) *key_bytes_out = 0;
  if (value_bytes_out) *value_bytes_out = 0;
  if (version_out) *version_out = 0;
  dry_status status = dryi_kv_reader_usable(reader);
  if (status != DRY_OK) return status;
  if (!cursor || (!key && key_capacity > 0) || (!value && value_capacity > 0)) return DRY_INVALID_ARGUMENT;
  next_target target = {key, key_capacity, key_bytes_out, {value, value_capacity, value_bytes_out, version_out}};
  uint64_t slots = reader->group_count * DRY_KV_GROUP_SLOTS;
  for (uint64_t position = *cursor; position < slots; position++) {
    status = read_slot(reader, position, &target);
    if (status == DRY_NOT_FOUND) continue;
    *cursor = status == DRY_OK ? position + 1 : position;
    return status;
  }
  *cursor = slots;
  return DRY_NOT_FOUND;
}

/* ---- facts ---- */

dry_status dry_kv_get_stats(dry_kv_reader *reader, dry_kv_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  dry_status status = dryi_kv_reader_usable(reader);
  if (status != DRY_OK) return status;
  const dry_kv_header *header = dryi_kv_header_of(reader->part);
  stats_out->entries = dryi_load_relaxed_u64(&header->entry_count);
  stats_out->capacity = dryi_load_relaxed_u64(&header->entry_capacity);
  stats_out->data_bytes = dryi_load_relaxed_u64(&header->data_bytes);
  stats_out->data_capacity_bytes = dryi_load_relaxed_u64(&header->data_capacity_bytes);
  stats_out->version = dryi_load_acquire_u64(&header->version);
  stats_out->relocation = dryi_load_relaxed_u64(&header->relocation);
  stats_out->size_bytes = reader->heap_end;
  return DRY_OK;
}

uint64_t dry_kv_reader_retries(dry_kv_reader *reader) {
  return reader && reader->closed ? dryi_load_relaxed_u64(&reader->retries) : 0;
}
