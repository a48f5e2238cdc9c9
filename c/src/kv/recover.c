/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * recover.c: what a new writer does at opening. The slots are the truth: what they point to is in use, all the rest of the
 * heap is free. Everything is checked before anything is changed; readers may be at work all the time. A recovery that is
 * killed is simply done again.
 */
#include <string.h>

#include "base/detail.h"
#include "base/hash.h"
#include "base/hooks.h"
#include "kv/find.h"
#include "kv/kv_internal.h"
#include "kv/scan.h"

typedef struct recovery {
  dry_kv_writer *writer;
  dryi_kv_geometry geometry;
  dryi_kv_scan scan;
  uint64_t version;
  uint64_t entry_count;
  uint64_t data_bytes;
  uint64_t parked; /* the block in staging, 0: none */
} recovery;

static uint64_t room_of(const dryi_kv_state *state, uint64_t block) {
  return dryi_kv_stored_room(state->part, block);
}

/* Where the block at `at` ends. Its room was checked in the first pass; should somebody have changed it since, the end is
   that of the heap, which no neighbour fits behind. */
static uint64_t end_of(const dryi_kv_state *state, uint64_t at) {
  uint64_t limit = at < state->bump_end ? state->bump_end : state->staging_end;
  uint64_t room = room_of(state, at);
  return room <= limit - at ? at + room : limit;
}

/* ---- first pass: read and check ---- */

/* Blocks lie at random, so each would be a cache miss of its own: ask for the next group's while this one's are read. */
static void prefetch_group(const recovery *r, uint64_t group) {
  const dry_kv_reader *reader = &r->writer->reader;
  if (group >= reader->group_count) return;
  const uint64_t *slots = dryi_kv_words(reader->part, dryi_kv_slot_offset(reader, group, 0));
  for (unsigned i = 0; i < DRY_KV_GROUP_SLOTS; i++) {
    uint64_t block = dryi_kv_slot_block(slots[i]);
    if (block >= reader->heap_offset && block < reader->heap_end) __builtin_prefetch(reader->part + block);
  }
}

static uint64_t key_hash_of(const recovery *r, const dryi_kv_found *found) {
  const dry_kv_reader *reader = &r->writer->reader;
  return dryi_hash_with(reader->seed, reader->part + found->block + DRY_KV_BLOCK_HEADER_BYTES, found->key_bytes);
}

static bool block_sound(const recovery *r, const dryi_kv_found *found) {
  const dryi_kv_state *state = r->writer->state;
  uint64_t room = dryi_kv_class_bytes(dryi_kv_block_need(found->key_bytes, found->value_bytes));
  uint64_t limit = found->block < state->bump_end ? state->bump_end : state->staging_end;
  /* A block in use is in no queue: a slot that points to a free one is damaged. */
  if (dryi_load_relaxed_u64(dryi_kv_words(state->part, found->block + 24)) != 0) return false;
  return room == room_of(state, found->block) && room <= limit - found->block &&
         (found->block < state->bump_end || found->block == state->bump_end);
}

static dry_status check_entry(recovery *r, uint64_t group, unsigned slot, uint8_t tag, uint64_t word,
                              dry_detail *detail) {
  const dry_kv_reader *reader = &r->writer->reader;
  const dryi_kv_state *state = r->writer->state;
  uint64_t slot_offset = dryi_kv_slot_offset(reader, group, slot);
  dryi_kv_found found;
  /* An odd relocation keeps the check strict: the slot word itself must stay. */
  if (dryi_kv_enter(&r->geometry, slot_offset, word, 1, &found) != DRYI_KV_FOUND || !block_sound(r, &found))
    return dryi_fail_at(detail, DRY_CORRUPT, slot_offset, "kv: slot %u of group %llu: the block at %llu is damaged", slot,
                        (unsigned long long)group, (unsigned long long)dryi_kv_slot_block(word));
  uint64_t hash = key_hash_of(r, &found);
  if (tag != dryi_kv_control_tag(hash) || word != dryi_kv_slot_word(hash, found.block))
    return dryi_fail_at(detail, DRY_CORRUPT, slot_offset, "kv: slot %u of group %llu: does not belong to its key", slot,
                        (unsigned long long)group);
  if (!dryi_kv_scan_mark(&r->scan, found.block))
    return dryi_fail_at(detail, DRY_CORRUPT, slot_offset, "kv: slot %u of group %llu: its block is another's too", slot,
                        (unsigned long long)group);
  dryi_kv_scan_pass(&r->scan, dryi_kv_home_group(hash, reader->group_count), group);
  if (found.block >= state->bump_end) r->parked = found.block;
  if (found.version > r->version) r->version = found.version;
  r->entry_count++;
  r->data_bytes += (uint64_t)found.key_bytes + found.value_bytes;
  return DRY_OK;
}

/* A put of a new key that was killed before its tag left a block with the next version. Any other slot without a tag has
   lost it, and clearing it would lose the entry. */
static dry_status check_untagged(const recovery *r, uint64_t group, unsigned slot, uint64_t word, dry_detail *detail) {
  const dry_kv_reader *reader = &r->writer->reader;
  const dryi_kv_state *state = r->writer->state;
  uint64_t slot_offset = dryi_kv_slot_offset(reader, group, slot);
  dryi_kv_found found;
  if (dryi_kv_enter(&r->geometry, slot_offset, word, 1, &found) == DRYI_KV_FOUND &&
      found.version == state->header->version + 1)
    return DRY_OK;
  return dryi_fail_at(detail, DRY_CORRUPT, slot_offset, "kv: slot %u of group %llu: has lost its tag", slot,
                      (unsigned long long)group);
}

static dry_status check_index(recovery *r, dry_detail *detail) {
  const dry_kv_reader *reader = &r->writer->reader;
  const dryi_kv_state *state = r->writer->state;
  for (uint64_t group = 0; group < reader->group_count; group++) {
    prefetch_group(r, group + 2);
    dryi_kv_group control = dryi_kv_group_load(dryi_kv_words(reader->part, dryi_kv_control_offset(reader, group)));
    for (unsigned slot = 0; slot < DRY_KV_GROUP_SLOTS; slot++) {
      uint8_t tag = dryi_kv_group_byte(control, slot);
      uint64_t word = *dryi_kv_word_at(state, dryi_kv_slot_offset(reader, group, slot));
      if (word == 0) continue; /* empty, or half of a delete: see clear_halves */
      dry_status status = tag == 0 ? check_untagged(r, group, slot, word, detail)
                                   : check_entry(r, group, slot, tag, word, detail);
      if (status != DRY_OK) return status;
    }
  }
  if (r->entry_count > state->entry_capacity || r->data_bytes > state->data_capacity_bytes)
    return dryi_fail(detail, DRY_CORRUPT, "kv: %llu entries with %llu bytes are more than fit",
                     (unsigned long long)r->entry_count, (unsigned long long)r->data_bytes);
  return DRY_OK;
}

static dry_status check_overlaps(const recovery *r, dry_detail *detail) {
  const dryi_kv_state *state = r->writer->state;
  uint64_t end = r->scan.heap_offset;
  for (uint64_t at = dryi_kv_scan_next(&r->scan, end); at < r->scan.heap_end; at = dryi_kv_scan_next(&r->scan, at + 16)) {
    uint64_t gap = at - end;
    if (at < end || (gap > 0 && gap < DRY_KV_BLOCK_BYTES_MIN && at < state->bump_end))
      return dryi_fail_at(detail, DRY_CORRUPT, at, "kv: the block at %llu overlaps its neighbour",
                          (unsigned long long)at);
    end = end_of(state, at);
  }
  return DRY_OK;
}

/* ---- second pass: change ---- */

/* A killed put leaves a slot without its control byte, a killed delete a control byte without its slot. Neither was
   acknowledged; readers took both for empty. */
static void clear_halves(const recovery *r) {
  const dry_kv_writer *writer = r->writer;
  const dry_kv_reader *reader = &writer->reader;
  const dryi_kv_state *state = writer->state;
  int64_t passing = 0;
  for (uint64_t group = 0; group < reader->group_count; group++) {
    dryi_kv_group control = dryi_kv_group_load(dryi_kv_words(reader->part, dryi_kv_control_offset(reader, group)));
    for (unsigned slot = 0; slot < DRY_KV_GROUP_SLOTS; slot++) {
      uint64_t *word = dryi_kv_word_at(state, dryi_kv_slot_offset(reader, group, slot));
      uint8_t tag = dryi_kv_group_byte(control, slot);
      if (tag == 0 && *word != 0) dryi_store_release_u64(word, 0);
      if (tag != 0 && *word == 0) dryi_kv_control_set(writer, group, slot, 0);
    }
    passing += r->scan.passes[group];
    uint8_t count = passing > DRY_KV_OVERFLOW_STICKY ? DRY_KV_OVERFLOW_STICKY : (uint8_t)passing;
    if (count != dryi_kv_group_overflow(control)) dryi_kv_control_set(writer, group, DRY_KV_GROUP_SLOTS, count);
  }
}

/* A compaction that was killed between its two moves left a block in staging, and room for it in the heap. */
static dry_status bring_home(recovery *r, dry_detail *detail) {
  if (r->parked == 0) return DRY_OK;
  const dryi_kv_state *state = r->writer->state;
  uint64_t room = room_of(state, r->parked);
  uint64_t end = r->scan.heap_offset;
  while (end < state->bump_end) {
    uint64_t at = dryi_kv_scan_next(&r->scan, end);
    uint64_t limit = at < state->bump_end ? at : state->bump_end;
    if (limit < end) break;
    uint64_t rest = limit - end;
    if (rest == room || rest >= room + DRY_KV_BLOCK_BYTES_MIN || (limit == state->bump_end && rest >= room)) {
      dry_status status = dryi_kv_heap_move(r->writer, r->parked, room, end);
      if (status != DRY_OK) return dryi_fail_at(detail, status, r->parked, "kv: the block in staging is damaged");
      dryi_kv_scan_unmark(&r->scan, r->parked);
      (void)dryi_kv_scan_mark(&r->scan, end);
      return DRY_OK;
    }
    end = at < state->bump_end ? end_of(state, at) : state->bump_end;
  }
  return dryi_fail_at(detail, DRY_CORRUPT, r->parked, "kv: no room in the heap for the block in staging");
}

static dry_status rebuild_heap(const recovery *r, dry_detail *detail) {
  dryi_kv_state *state = r->writer->state;
  uint64_t end = r->scan.heap_offset;
  for (uint64_t at = dryi_kv_scan_next(&r->scan, end); at < state->bump_end; at = dryi_kv_scan_next(&r->scan, at + 16)) {
    bool gap_sound = at == end || (at > end && at - end >= DRY_KV_BLOCK_BYTES_MIN);
    if (!gap_sound) return dryi_fail_at(detail, DRY_CORRUPT, at, "kv: somebody else writes to this store");
    dryi_kv_heap_fill(state, end, at - end);
    end = end_of(state, at);
  }
  state->bump = end;
  state->freed_since_compaction = 1;
  return DRY_OK;
}

static void store_counters(const recovery *r) {
  dryi_kv_state *state = r->writer->state;
  state->version = r->version;
  state->entry_count = r->entry_count;
  state->data_bytes = r->data_bytes;
  dryi_store_relaxed_u64(&state->header->data_bytes, r->data_bytes);
  dryi_store_release_u64(&state->header->entry_count, r->entry_count);
  dryi_store_release_u64(&state->header->version, r->version);
}

dry_status dryi_kv_recover(dry_kv_writer *writer, dry_detail *detail) {
  dryi_kv_state *state = writer->state;
  recovery r;
  memset(&r, 0, sizeof r);
  r.writer = writer;
  r.geometry = dryi_kv_geometry_of(&writer->reader);
  r.version = state->header->version;
  if (!dryi_kv_scan_init(&r.scan, &writer->reader))
    return dryi_fail(detail, DRY_OUT_OF_MEMORY, "kv: no memory for recovery");
  dry_status status = check_index(&r, detail);
  if (status == DRY_OK) status = check_overlaps(&r, detail);
  if (status == DRY_OK) {
    DRYI_STEP("recover_checked");
    dryi_kv_relocation_begin(state);
    clear_halves(&r);
    DRYI_STEP("recover_cleared");
    status = bring_home(&r, detail);
  }
  if (status == DRY_OK) status = rebuild_heap(&r, detail);
  if (status == DRY_OK) {
    DRYI_STEP("recover_rebuilt");
    store_counters(&r);
    dryi_kv_relocation_end(state);
    DRYI_STEP("recover_ended");
  }
  dryi_kv_scan_free(&r.scan);
  return status;
}
