/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * find.h: the readers' protocol as inline pieces, one for each step at the head of drystone/kv.h, and the copy of a value
 * that ends it. Every reading call is put together from these.
 */
#ifndef DRYI_KV_FIND_H
#define DRYI_KV_FIND_H

#include <string.h>

#include "base/hash.h"
#include "kv/kv_internal.h"
#include "kv/probe.h"

/* ---- words of a block ---- */

DRYI_INLINE uint64_t dryi_kv_load_tail(uint64_t word, size_t bytes) { return word & (~(uint64_t)0 >> (64 - 8 * bytes)); }

/* Word by word straight to the caller: by way of a temporary it costs 2.5 times as much (failed store forwarding).
   Acquire loads pair with the release stores of whoever writes a block here next, so that a reader who got one of its
   words also gets the changed version in dryi_kv_still. */
DRYI_INLINE void dryi_kv_copy_words(const uint64_t *from, void *to, size_t bytes) {
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

DRYI_INLINE bool dryi_kv_key_equals(const uint64_t *stored, const void *key, size_t bytes) {
  const uint8_t *p = (const uint8_t *)key;
  size_t words = bytes / 8;
  for (size_t i = 0; i < words; i++)
    if (dryi_load_acquire_u64(stored + i) != dryi_hash_read64(p + 8 * i)) return false;
  if (bytes % 8 == 0) return true;
  uint64_t last = 0;
  memcpy(&last, p + 8 * words, bytes % 8);
  return dryi_kv_load_tail(dryi_load_acquire_u64(stored + words), bytes % 8) == last;
}

/* ---- the protocol ---- */

/* The reader's facts in locals: an acquire load keeps the compiler from holding what it has read through a pointer. */
typedef struct dryi_kv_geometry {
  const uint8_t *part;
  uint64_t group_count;
  uint64_t control_offset;
  uint64_t slots_offset;
  uint64_t heap_offset;
  uint64_t heap_end;
} dryi_kv_geometry;

DRYI_INLINE dryi_kv_geometry dryi_kv_geometry_of(const dry_kv_reader *reader) {
  dryi_kv_geometry g = {reader->part,         reader->group_count, reader->control_offset,
                        reader->slots_offset, reader->heap_offset, reader->heap_end};
  return g;
}

DRYI_INLINE uint64_t dryi_kv_load_relocation(const dryi_kv_geometry *g) {
  return dryi_load_acquire_u64(&dryi_kv_header_of(g->part)->relocation);
}

DRYI_INLINE uint64_t dryi_kv_load_slot(const dryi_kv_geometry *g, uint64_t slot_offset) {
  return dryi_load_acquire_u64(dryi_kv_words(g->part, slot_offset));
}

/* Steps 4 and 5: whether all that was read of the block until now belongs together. */
DRYI_INLINE bool dryi_kv_still(const dryi_kv_geometry *g, const dryi_kv_found *found) {
  uint64_t version = dryi_load_relaxed_u64(dryi_kv_words(g->part, found->block));
  if (version != found->version) return false;
  /* While blocks are being moved, the word read above may be anything that equals the version by chance. */
  uint64_t relocation = dryi_kv_load_relocation(g);
  if (relocation == found->relocation && relocation % 2 == 0) return true;
  return dryi_kv_load_slot(g, found->slot_offset) == found->slot_word;
}

/* A version of 0 was loaded from a block whose slot did not change. The block may have been taken again, written and
   published under the same slot between those two loads; then the version is there now. */
static inline dryi_kv_outcome dryi_kv_unfinished(const uint8_t *part, uint64_t block, uint64_t slot_offset,
                                                 uint64_t word) {
  if (dryi_load_acquire_u64(dryi_kv_words(part, block)) != 0) return DRYI_KV_CHANGED;
  return dryi_load_acquire_u64(dryi_kv_words(part, slot_offset)) == word ? DRYI_KV_DAMAGED : DRYI_KV_CHANGED;
}

/* Steps 2 and 3 for the slot at `slot_offset`, whose word is `word`, without the key. An odd `relocation` makes the later
   checks strict: the slot itself must stay as it is. */
DRYI_INLINE dryi_kv_outcome dryi_kv_enter(const dryi_kv_geometry *g, uint64_t slot_offset, uint64_t word,
                                          uint64_t relocation, dryi_kv_found *found) {
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
  if (dryi_kv_load_slot(g, slot_offset) != word) return DRYI_KV_CHANGED;
  if (found->version == 0) return dryi_kv_unfinished(g->part, block, slot_offset, word);
  uint64_t sizes = dryi_load_acquire_u64(words + 1);
  found->value_bytes = (uint32_t)sizes;
  found->key_bytes = (uint32_t)(sizes >> 32);
  if (found->key_bytes - 1u >= DRY_KV_KEY_BYTES_MAX ||
      dryi_kv_block_need(found->key_bytes, found->value_bytes) > g->heap_end - block)
    return dryi_kv_still(g, found) ? DRYI_KV_DAMAGED : DRYI_KV_CHANGED;
  return DRYI_KV_FOUND;
}

/* One slot whose control byte matched. ABSENT: it is not this key's. */
DRYI_INLINE dryi_kv_outcome dryi_kv_try_slot(const dryi_kv_geometry *g, uint64_t slot_offset, uint64_t tag,
                                             const void *key, size_t key_bytes, uint64_t relocation,
                                             dryi_kv_found *found) {
  uint64_t word = dryi_kv_load_slot(g, slot_offset);
  if (((word ^ tag) >> DRY_KV_SLOT_OFFSET_BITS) != 0 || (word & DRYI_KV_SLOT_OFFSET_MASK) == 0) return DRYI_KV_ABSENT;
  dryi_kv_outcome outcome = dryi_kv_enter(g, slot_offset, word, relocation, found);
  if (outcome != DRYI_KV_FOUND) return outcome;
  const uint64_t *stored = dryi_kv_words(g->part, found->block + DRY_KV_BLOCK_HEADER_BYTES);
  if (found->key_bytes == key_bytes && dryi_kv_key_equals(stored, key, key_bytes)) return DRYI_KV_FOUND;
  /* Another key, or a block that was reused while it was compared. */
  return dryi_kv_still(g, found) ? DRYI_KV_ABSENT : DRYI_KV_CHANGED;
}

DRYI_INLINE dryi_kv_group dryi_kv_load_group(const dryi_kv_geometry *g, uint64_t group) {
  return dryi_kv_group_load(dryi_kv_words(g->part, g->control_offset + group * DRY_KV_GROUP_CONTROL_BYTES));
}

DRYI_INLINE uint64_t dryi_kv_first_slot(const dryi_kv_geometry *g, uint64_t group, uint32_t match) {
  return g->slots_offset + group * DRY_KV_GROUP_SLOT_BYTES + (uint64_t)(unsigned)__builtin_ctz(match) * 8;
}

/* Tags mostly lie in the second-level cache and slots do not. Asking for the slots before the tags have been looked at takes
   one of the three dependent misses off a lookup: measured, 20 % of a dependent hit. */
DRYI_INLINE void dryi_kv_prefetch_slots(const dryi_kv_geometry *g, uint64_t group) {
  const uint8_t *slots = g->part + g->slots_offset + group * DRY_KV_GROUP_SLOT_BYTES;
  __builtin_prefetch(slots);
  __builtin_prefetch(slots + 64);
}

/* ---- the value ---- */

typedef struct dryi_kv_target {
  void *value;
  size_t capacity;
  size_t *value_bytes_out;
  uint64_t *version_out;
} dryi_kv_target;

/* What is done with the entry that was found; false: do it again. `key_bytes` is the caller's, which equals the found one:
   with it the value's address does not wait for the block. */
DRYI_INLINE bool dryi_kv_copy_value(const dry_kv_reader *reader, const dryi_kv_geometry *g, const dryi_kv_found *found,
                                    uint64_t key_bytes, const dryi_kv_target *target, dry_status *status_out) {
  bool fits = found->value_bytes <= target->capacity;
  uint64_t value_at = found->block + DRY_KV_BLOCK_HEADER_BYTES + dryi_kv_pad8(key_bytes);
  if (fits) dryi_kv_copy_words(dryi_kv_words(g->part, value_at), target->value, found->value_bytes);
  bool whole = !(reader->flags & DRY_KV_READ_CHECKED) || dryi_kv_checksum_holds(reader, *found);
  if (!dryi_kv_still(g, found)) return false;
  if (!whole) {
    *status_out = DRY_CORRUPT;
    return true;
  }
  if (target->value_bytes_out) *target->value_bytes_out = found->value_bytes;
  if (target->version_out) *target->version_out = found->version;
  *status_out = fits ? DRY_OK : DRY_TOO_LARGE;
  return true;
}

static inline void dryi_kv_count_retry(dry_kv_reader *reader) { (void)dryi_add_relaxed_u64(&reader->retries, 1); }

#endif
