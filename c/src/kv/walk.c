/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* walk.c: going through all entries, and asking for facts. */
#include <string.h>

#include "kv/find.h"
#include "kv/kv_internal.h"

/* ---- next ---- */

typedef struct next_target {
  void *key;
  size_t key_capacity;
  size_t *key_bytes_out;
  dryi_kv_target value;
} next_target;

/* Copies the entry behind a slot word that was not 0. */
static dryi_kv_outcome copy_entry(const dry_kv_reader *reader, uint64_t slot_offset, uint64_t word,
                                  const next_target *target, dry_status *status_out) {
  dryi_kv_found found;
  /* The relocation is loaded after the slot word here; a move in between shows in the slot's second load. */
  dryi_kv_geometry g = dryi_kv_geometry_of(reader);
  dryi_kv_outcome outcome = dryi_kv_enter(&g, slot_offset, word, dryi_kv_load_relocation(&g), &found);
  if (outcome != DRYI_KV_FOUND) return outcome;
  bool key_skipped = !target->key && target->key_capacity == 0;
  bool value_skipped = !target->value.value && target->value.capacity == 0;
  bool key_fits = found.key_bytes <= target->key_capacity;
  if (key_fits)
    dryi_kv_copy_words(dryi_kv_words(reader->part, found.block + DRY_KV_BLOCK_HEADER_BYTES), target->key, found.key_bytes);
  if (!dryi_kv_copy_value(reader, &g, &found, found.key_bytes, &target->value, status_out)) return DRYI_KV_CHANGED;
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
    dryi_kv_count_retry(reader);
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
