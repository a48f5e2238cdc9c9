/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* writer.c: put, replace, delete. What is stored in which order is what a killed writer leaves; see c/DESIGN.md. */
#include <string.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/hash.h"
#include "base/hooks.h"
#include "kv/kv_internal.h"
#include "kv/probe.h"

#define ANY_VERSION 0 /* versions start at 1 */

typedef struct entry {
  const void *key;
  const void *value;
  uint32_t key_bytes;
  uint32_t value_bytes;
  uint64_t hash;
} entry;

/* ---- checks ---- */

static dry_status check_writer(const dry_kv_writer *writer) {
  if (!writer) return DRY_INVALID_ARGUMENT;
  const dryi_kv_state *state = writer->state;
  if (!state || !writer->reader.closed) return DRY_CLOSED;
  return state->mapping ? dryi_mapping_may_write(state->mapping) : DRY_OK;
}

/* Two calls at once are two threads where there may be one, or a signal handler inside a call: the second is refused. */
static dry_status begin_call(const dry_kv_writer *writer) {
  dry_status status = check_writer(writer);
  if (status != DRY_OK) return status;
  dryi_kv_state *state = writer->state;
  return dryi_exchange_acquire_u32(&state->in_call, 1) == 0 ? DRY_OK : DRY_BUSY;
}

static void end_call(const dry_kv_writer *writer) {
  dryi_kv_state *state = writer->state;
  /* pairs with the exchange in begin_call */
  dryi_store_release_u32(&state->in_call, 0);
}

/* Bytes of this very store might be moved, or handed out again, while they are copied. */
static bool overlaps_store(const dryi_kv_state *state, const void *data, size_t bytes) {
  uintptr_t from = (uintptr_t)data, begin = (uintptr_t)state->part;
  return bytes > 0 && from < begin + state->staging_end && from + bytes > begin;
}

static dry_status check_write(const dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value,
                              size_t value_bytes) {
  dry_status status = dryi_kv_check_key(key, key_bytes);
  if (status != DRY_OK) return status;
  if (!value && value_bytes > 0) return DRY_INVALID_ARGUMENT;
  if (value_bytes > DRY_KV_VALUE_BYTES_MAX) return DRY_TOO_LARGE;
  const dryi_kv_state *state = writer->state;
  if (overlaps_store(state, key, key_bytes) || overlaps_store(state, value, value_bytes)) return DRY_INVALID_ARGUMENT;
  return DRY_OK;
}

/* ---- blocks ---- */

/* `data`, then zeros to a multiple of 8. */
static void store_words(uint64_t *to, const void *data, size_t bytes) {
  const uint8_t *p = (const uint8_t *)data;
  size_t words = bytes / 8;
#pragma GCC unroll 4
  for (size_t i = 0; i < words; i++) dryi_store_release_u64(to + i, dryi_hash_read64(p + 8 * i));
  if (bytes % 8 == 0) return;
  uint64_t last = 0;
  memcpy(&last, p + 8 * words, bytes % 8);
  dryi_store_release_u64(to + words, last);
}

static void write_block(dryi_kv_state *state, uint64_t block, const entry *e, uint64_t version) {
  uint64_t sizes = dryi_kv_sizes_word(e->key_bytes, e->value_bytes);
  uint64_t key_words = dryi_kv_pad8(e->key_bytes), value_words = dryi_kv_pad8(e->value_bytes);
  uint64_t *body = dryi_kv_word_at(state, block + DRY_KV_BLOCK_HEADER_BYTES);
  dryi_store_release_u64(dryi_kv_word_at(state, block + 8), sizes);
  store_words(body, e->key, e->key_bytes);
  store_words(body + key_words / 8, e->value, e->value_bytes);
  DRYI_STEP("put_written");
  /* The checksum is of what was stored: `value` may be changing under us. */
  uint64_t head[2] = {version, sizes};
  uint32_t crc = dryi_crc32c(0, head, sizeof head);
  crc = dryi_crc32c(crc, body, (size_t)(key_words + value_words));
  uint64_t room = (uint32_t)*dryi_kv_word_at(state, block + 16);
  dryi_store_release_u64(dryi_kv_word_at(state, block + 16), room | (uint64_t)crc << 32);
  /* pairs with the acquire load in dryi_kv_enter (find.h): with the version, the whole block is there */
  dryi_store_release_u64(dryi_kv_word_at(state, block), version);
}

/* ---- index ---- */

void dryi_kv_control_set(const dry_kv_writer *writer, uint64_t group, unsigned at, uint8_t value) {
  const dryi_kv_state *state = writer->state;
  uint64_t *word = dryi_kv_word_at(state, dryi_kv_control_offset(&writer->reader, group) + at / 8 * 8);
  unsigned shift = at % 8 * 8;
  uint64_t next = (*word & ~((uint64_t)0xff << shift)) | (uint64_t)value << shift;
  /* pairs with the acquire loads in dryi_kv_group_load (probe.h): with the tag, the slot is there */
  dryi_store_release_u64(word, next);
}

static dryi_kv_group control_of(const dry_kv_writer *writer, uint64_t group) {
  const dryi_kv_state *state = writer->state;
  return dryi_kv_group_load(dryi_kv_words(state->part, dryi_kv_control_offset(&writer->reader, group)));
}

static uint64_t next_group(const dry_kv_writer *writer, uint64_t group) {
  return group + 1 == writer->reader.group_count ? 0 : group + 1;
}

/* Adds `step` (1 or -1) to the overflow counts from the home group up to, not including, `group`. A count that has reached 255
   stays: how many there are beyond is not known any more. */
static void count_overflow(const dry_kv_writer *writer, uint64_t home, uint64_t group, int step) {
  for (uint64_t g = home; g != group; g = next_group(writer, g)) {
    unsigned count = dryi_kv_group_overflow(control_of(writer, g));
    if (count == DRY_KV_OVERFLOW_STICKY) continue;
    dryi_kv_control_set(writer, g, DRY_KV_GROUP_SLOTS, (uint8_t)((int)count + step));
  }
}

/* The first group on the key's way that has an empty slot, and the slot. There is one: a fifth of all slots is empty. */
static bool empty_slot(const dry_kv_writer *writer, uint64_t hash, uint64_t *group_out, unsigned *slot_out) {
  uint64_t group = dryi_kv_home_group(hash, writer->reader.group_count);
  for (uint64_t visited = 0; visited < writer->reader.group_count; visited++) {
    uint32_t empty = dryi_kv_group_match(control_of(writer, group), 0);
    if (empty) {
      *group_out = group;
      *slot_out = (unsigned)__builtin_ctz(empty);
      return true;
    }
    group = next_group(writer, group);
  }
  return false;
}

static dry_status insert_slot(const dry_kv_writer *writer, uint64_t hash, uint64_t block) {
  const dryi_kv_state *state = writer->state;
  uint64_t group;
  unsigned slot;
  if (!empty_slot(writer, hash, &group, &slot)) return DRY_CORRUPT;
  uint64_t home = dryi_kv_home_group(hash, writer->reader.group_count);
  /* Counts first: a reader who looks for this key must not stop short of it once it is there. */
  count_overflow(writer, home, group, 1);
  DRYI_STEP("insert_counted");
  dryi_store_release_u64(dryi_kv_word_at(state, dryi_kv_slot_offset(&writer->reader, group, slot)),
                         dryi_kv_slot_word(hash, block));
  DRYI_STEP("insert_slot");
  dryi_kv_control_set(writer, group, slot, dryi_kv_control_tag(hash));
  DRYI_STEP("insert_tag");
  return DRY_OK;
}

static void remove_slot(const dry_kv_writer *writer, uint64_t hash, uint64_t slot_offset) {
  const dryi_kv_state *state = writer->state;
  uint64_t position = (slot_offset - writer->reader.slots_offset) / 8;
  uint64_t group = position / DRY_KV_GROUP_SLOTS;
  dryi_store_release_u64(dryi_kv_word_at(state, slot_offset), 0);
  DRYI_STEP("delete_slot");
  dryi_kv_control_set(writer, group, (unsigned)(position % DRY_KV_GROUP_SLOTS), 0);
  DRYI_STEP("delete_tag");
  count_overflow(writer, dryi_kv_home_group(hash, writer->reader.group_count), group, -1);
  DRYI_STEP("delete_counted");
}

/* ---- counters ---- */

/* In this order, each store released after the one before: a delete that is cut off in between shows in the number of
   entries, and every other write in a block with a version above the stored one (kv/verify.c relies on it). */
static void store_counters(dryi_kv_state *state) {
  dryi_store_relaxed_u64(&state->header->data_bytes, state->data_bytes);
  DRYI_STEP("data_bytes_stored");
  dryi_store_release_u64(&state->header->entry_count, state->entry_count);
  DRYI_STEP("counters_stored");
  dryi_store_release_u64(&state->header->version, state->version);
  DRYI_STEP("version_stored");
}

/* ---- the operations ---- */

static dry_status find_own(const dry_kv_writer *writer, const entry *e, dryi_kv_found *found, bool *there_out) {
  dryi_kv_outcome outcome = dryi_kv_find(&writer->reader, e->key, e->key_bytes, e->hash, found);
  *there_out = outcome == DRYI_KV_FOUND;
  /* Nobody else writes, so nothing can have changed, unless somebody does who must not. */
  return outcome == DRYI_KV_FOUND || outcome == DRYI_KV_ABSENT ? DRY_OK : DRY_CORRUPT;
}

static dry_status check_room(const dryi_kv_state *state, const entry *e, bool there, const dryi_kv_found *old) {
  uint64_t old_bytes = there ? (uint64_t)old->key_bytes + old->value_bytes : 0;
  uint64_t bytes = (uint64_t)e->key_bytes + e->value_bytes;
  if (!there && state->entry_count >= state->entry_capacity) return DRY_FULL;
  if (old_bytes > state->data_bytes) return DRY_CORRUPT;
  return state->data_bytes - old_bytes + bytes > state->data_capacity_bytes ? DRY_FULL : DRY_OK;
}

static dry_status write_entry(dry_kv_writer *writer, const entry *e, bool there, const dryi_kv_found *old) {
  dryi_kv_state *state = writer->state;
  uint64_t block;
  dry_status status = dryi_kv_heap_take(writer, dryi_kv_block_need(e->key_bytes, e->value_bytes), &block);
  if (status != DRY_OK) return status;
  DRYI_STEP("put_taken");
  write_block(state, block, e, state->version + 1);
  DRYI_STEP("put_versioned");
  if (there) {
    /* Making room may have moved the old block, so its place is taken from the slot; the slot itself never moves. */
    uint64_t *slot = dryi_kv_word_at(state, old->slot_offset);
    uint64_t old_block = dryi_kv_slot_block(*slot);
    /* pairs with the acquire load in dryi_kv_load_slot (find.h) */
    dryi_store_release_u64(slot, dryi_kv_slot_word(e->hash, block));
    DRYI_STEP("put_published");
    dryi_kv_heap_give(state, old_block);
    state->data_bytes -= (uint64_t)old->key_bytes + old->value_bytes;
  } else {
    status = insert_slot(writer, e->hash, block);
    if (status != DRY_OK) return status;
    state->entry_count++;
  }
  state->data_bytes += (uint64_t)e->key_bytes + e->value_bytes;
  state->version++;
  store_counters(state);
  return DRY_OK;
}

typedef enum put_mode { PUT_ANY, PUT_NEW, PUT_VERSION } put_mode;

static dry_status put_in_call(dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value,
                              size_t value_bytes, put_mode mode, uint64_t version, uint64_t *version_out) {
  dry_status status = check_write(writer, key, key_bytes, value, value_bytes);
  if (status != DRY_OK) return status;
  dryi_kv_state *state = writer->state;
  entry e = {key, value, (uint32_t)key_bytes, (uint32_t)value_bytes,
             dryi_hash_with(writer->reader.seed, key, key_bytes)};
  dryi_kv_found old;
  bool there;
  status = find_own(writer, &e, &old, &there);
  if (status != DRY_OK) return status;
  if (mode == PUT_NEW && there) return DRY_ALREADY_EXISTS;
  if (mode == PUT_VERSION && !there) return DRY_NOT_FOUND;
  if (mode == PUT_VERSION && old.version != version) return DRY_CONFLICT;
  status = check_room(state, &e, there, &old);
  if (status == DRY_OK) status = write_entry(writer, &e, there, &old);
  if (status == DRY_OK && version_out) *version_out = state->version;
  return status;
}

static dry_status put(dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value, size_t value_bytes,
                      put_mode mode, uint64_t version, uint64_t *version_out) {
  if (version_out) *version_out = 0;
  dry_status status = begin_call(writer);
  if (status != DRY_OK) return status;
  status = put_in_call(writer, key, key_bytes, value, value_bytes, mode, version, version_out);
  end_call(writer);
  return status;
}

dry_status dry_kv_put(dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value, size_t value_bytes,
                      uint64_t *version_out) {
  return put(writer, key, key_bytes, value, value_bytes, PUT_ANY, ANY_VERSION, version_out);
}

dry_status dry_kv_put_new(dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value,
                          size_t value_bytes, uint64_t *version_out) {
  return put(writer, key, key_bytes, value, value_bytes, PUT_NEW, ANY_VERSION, version_out);
}

dry_status dry_kv_replace(dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value,
                          size_t value_bytes, uint64_t version, uint64_t *version_out) {
  return put(writer, key, key_bytes, value, value_bytes, PUT_VERSION, version, version_out);
}

static dry_status delete_in_call(dry_kv_writer *writer, const void *key, size_t key_bytes, uint64_t *version_out) {
  dry_status status = dryi_kv_check_key(key, key_bytes);
  if (status != DRY_OK) return status;
  dryi_kv_state *state = writer->state;
  entry e = {key, NULL, (uint32_t)key_bytes, 0, dryi_hash_with(writer->reader.seed, key, key_bytes)};
  dryi_kv_found old;
  bool there;
  status = find_own(writer, &e, &old, &there);
  if (status != DRY_OK) return status;
  if (!there) return DRY_NOT_FOUND;
  uint64_t bytes = (uint64_t)old.key_bytes + old.value_bytes;
  if (bytes > state->data_bytes || state->entry_count == 0) return DRY_CORRUPT;
  remove_slot(writer, e.hash, old.slot_offset);
  dryi_kv_heap_give(state, old.block);
  state->entry_count--;
  state->data_bytes -= bytes;
  state->version++;
  store_counters(state);
  if (version_out) *version_out = state->version;
  return DRY_OK;
}

dry_status dry_kv_delete(dry_kv_writer *writer, const void *key, size_t key_bytes, uint64_t *version_out) {
  if (version_out) *version_out = 0;
  dry_status status = begin_call(writer);
  if (status != DRY_OK) return status;
  status = delete_in_call(writer, key, key_bytes, version_out);
  end_call(writer);
  return status;
}
