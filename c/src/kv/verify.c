/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * verify.c: checks all that is stored, through the readers' protocol, so that a writer may be at work. What concerns single
 * entries is always checked. What concerns all of them together (counts, overlaps) is checked when no write was finished
 * meanwhile; one that is half done, or was when its writer was killed, may then be off by that one entry.
 */
#include <string.h>

#include "base/detail.h"
#include "base/hash.h"
#include "kv/find.h"
#include "kv/kv_internal.h"
#include "kv/scan.h"
#include "os/os.h"

/* How often one slot is looked at again when it changes under the check, and how often the whole. */
#define SLOT_ATTEMPTS 1000
#define PASSES 4

typedef struct check {
  const dry_kv_reader *reader;
  dryi_kv_geometry geometry;
  dryi_kv_scan scan;
  uint8_t *key; /* room for the longest */
  uint64_t entry_count;
  uint64_t data_bytes;
  uint64_t version_max;
  unsigned untagged;         /* slots without a tag: what a killed put of a new key leaves */
  unsigned empty_tagged;     /* tags without a slot: what a killed delete leaves */
  uint64_t untagged_version; /* of the last such slot's block */
} check;

typedef struct slot_facts {
  dryi_kv_found found;
  uint64_t hash;
  uint64_t room;
  uint64_t link;
  uint32_t checksum_stored;
  uint32_t checksum;
} slot_facts;

/* ---- one entry ---- */

static dryi_kv_outcome read_entry(const check *c, uint64_t slot_offset, uint64_t word, slot_facts *facts) {
  const dry_kv_reader *reader = c->reader;
  dryi_kv_outcome outcome = dryi_kv_enter(&c->geometry, slot_offset, word, 1, &facts->found);
  if (outcome != DRYI_KV_FOUND) return outcome;
  uint64_t room_and_checksum = dryi_load_acquire_u64(dryi_kv_words(reader->part, facts->found.block + 16));
  facts->room = (room_and_checksum & 0xffffffffu) * DRY_KV_GRANULE_BYTES;
  facts->checksum_stored = (uint32_t)(room_and_checksum >> 32);
  facts->link = dryi_load_acquire_u64(dryi_kv_words(reader->part, facts->found.block + 24));
  facts->checksum = (uint32_t)dryi_kv_block_checksum_read(reader, &facts->found);
  dryi_kv_copy_words(dryi_kv_words(reader->part, facts->found.block + DRY_KV_BLOCK_HEADER_BYTES), c->key,
                     facts->found.key_bytes);
  facts->hash = dryi_hash_with(reader->seed, c->key, facts->found.key_bytes);
  return dryi_kv_still(&c->geometry, &facts->found) ? DRYI_KV_FOUND : DRYI_KV_CHANGED;
}

static const char *fault_of(const slot_facts *facts, uint8_t tag, uint64_t word) {
  const dryi_kv_found *found = &facts->found;
  if (facts->checksum != facts->checksum_stored) return "checksum differs";
  if (facts->room != dryi_kv_class_bytes(dryi_kv_block_need(found->key_bytes, found->value_bytes)))
    return "room does not fit its sizes";
  if (facts->link != 0) return "block is a free one";
  if (word != dryi_kv_slot_word(facts->hash, found->block)) return "slot does not belong to its key";
  if (tag != dryi_kv_control_tag(facts->hash)) return "tag does not belong to its key";
  return NULL;
}

static void take_in(check *c, uint64_t group, const slot_facts *facts, bool *twice_out) {
  const dryi_kv_found *found = &facts->found;
  if (!dryi_kv_scan_mark(&c->scan, found->block)) *twice_out = true;
  dryi_kv_scan_pass(&c->scan, dryi_kv_home_group(facts->hash, c->reader->group_count), group);
  if (found->version > c->version_max) c->version_max = found->version;
  c->entry_count++;
  c->data_bytes += (uint64_t)found->key_bytes + found->value_bytes;
}

static uint8_t load_tag(const dry_kv_reader *reader, uint64_t group, unsigned slot) {
  dryi_kv_group control = dryi_kv_group_load(dryi_kv_words(reader->part, dryi_kv_control_offset(reader, group)));
  return dryi_kv_group_byte(control, slot);
}

static dry_status check_slot(check *c, uint64_t group, unsigned slot, bool *twice_out, dry_detail *detail) {
  const dry_kv_reader *reader = c->reader;
  uint64_t slot_offset = dryi_kv_slot_offset(reader, group, slot);
  for (int attempt = 0; attempt < SLOT_ATTEMPTS; attempt++) {
    uint8_t tag = load_tag(reader, group, slot);
    uint64_t word = dryi_load_acquire_u64(dryi_kv_words(reader->part, slot_offset));
    if (tag == 0 && word == 0) return DRY_OK;
    slot_facts facts;
    if (word == 0) {
      c->empty_tagged++;
      return DRY_OK;
    }
    if (tag == 0) {
      c->untagged++;
      bool whole = dryi_kv_enter(&c->geometry, slot_offset, word, 1, &facts.found) == DRYI_KV_FOUND;
      c->untagged_version = whole ? facts.found.version : 0;
      return DRY_OK;
    }
    dryi_kv_outcome outcome = read_entry(c, slot_offset, word, &facts);
    if (outcome == DRYI_KV_CHANGED || load_tag(reader, group, slot) != tag) continue;
    const char *fault = outcome == DRYI_KV_DAMAGED ? "points to no block" : fault_of(&facts, tag, word);
    if (fault)
      return dryi_fail_at(detail, DRY_CORRUPT, outcome == DRYI_KV_DAMAGED ? slot_offset : facts.found.block,
                          "kv: slot %u of group %llu, block at %llu: %s", slot, (unsigned long long)group,
                          (unsigned long long)dryi_kv_slot_block(word), fault);
    take_in(c, group, &facts, twice_out);
    return DRY_OK;
  }
  return DRY_OK; /* rewritten a thousand times meanwhile: the writer, and not this check, looks after it */
}

/* ---- all entries together ---- */

static dry_status check_overlaps(const check *c, dry_detail *detail) {
  uint64_t end = c->scan.heap_offset;
  for (uint64_t at = dryi_kv_scan_next(&c->scan, end); at < c->scan.heap_end; at = dryi_kv_scan_next(&c->scan, at + 16)) {
    if (at < end)
      return dryi_fail_at(detail, DRY_CORRUPT, at, "kv: the block at %llu overlaps the one before",
                          (unsigned long long)at);
    end = at + dryi_kv_stored_room(c->reader->part, at);
  }
  return DRY_OK;
}

static dry_status check_overflow_counts(const check *c, dry_detail *detail) {
  const dry_kv_reader *reader = c->reader;
  int64_t passing = 0;
  for (uint64_t group = 0; group < reader->group_count; group++) {
    passing += c->scan.passes[group];
    uint8_t stored = load_tag(reader, group, DRY_KV_GROUP_SLOTS);
    bool right = stored == DRY_KV_OVERFLOW_STICKY || stored == passing || stored == passing + 1;
    if (!right)
      return dryi_fail_at(detail, DRY_CORRUPT, dryi_kv_control_offset(reader, group) + DRY_KV_GROUP_SLOTS,
                          "kv: group %llu: overflow count %u, %lld entries pass it", (unsigned long long)group, stored,
                          (long long)passing);
  }
  return DRY_OK;
}

static uint64_t distance(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

/* At most one write is half done: a put whose block carries the next version, or a delete that the count still has. */
static bool halves_explained(const check *c, const dry_kv_header *header) {
  if (c->untagged + c->empty_tagged == 0) return true;
  if (c->untagged + c->empty_tagged > 1) return false;
  return c->untagged ? c->untagged_version == header->version + 1 : c->entry_count + 1 == header->entry_count;
}

static dry_status check_counters(const check *c, const dry_kv_header *header, dry_detail *detail) {
  if (c->version_max > header->version + 1)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_kv_header, version), "kv: version %llu, an entry has %llu",
                        (unsigned long long)header->version, (unsigned long long)c->version_max);
  if (!halves_explained(c, header))
    return dryi_fail(detail, DRY_CORRUPT, "kv: %u slots have a block but no tag, and %u a tag but no block", c->untagged,
                     c->empty_tagged);
  if (distance(c->entry_count, header->entry_count) > 1)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_kv_header, entry_count), "kv: %llu entries, the header says %llu",
                        (unsigned long long)c->entry_count, (unsigned long long)header->entry_count);
  bool half_done = c->entry_count != header->entry_count || c->version_max > header->version ||
                   c->untagged + c->empty_tagged > 0;
  if (!half_done && c->data_bytes != header->data_bytes)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_kv_header, data_bytes),
                        "kv: %llu bytes of keys and values, the header says %llu", (unsigned long long)c->data_bytes,
                        (unsigned long long)header->data_bytes);
  return DRY_OK;
}

static dry_status check_reserved(const dry_kv_header *header, dry_detail *detail) {
  uint64_t set = header->reserved0;
  for (size_t i = 0; i < sizeof header->reserved1 / 8; i++) set |= header->reserved1[i];
  for (size_t i = 0; i < sizeof header->reserved2 / 8; i++) set |= header->reserved2[i];
  for (size_t i = 0; i < sizeof header->reserved3 / 8; i++) set |= header->reserved3[i];
  return set == 0 ? DRY_OK : dryi_fail(detail, DRY_CORRUPT, "kv: header: reserved bytes are set");
}

/* One walk. `settled_out`: no write was finished meanwhile, and all has been checked. */
static dry_status check_once(check *c, bool *settled_out, dry_detail *detail) {
  const dry_kv_reader *reader = c->reader;
  dry_kv_header before, after;
  dry_status status = dryi_kv_header_check(dryi_kv_header_of(reader->part), reader->heap_end, &before, detail);
  if (status == DRY_OK) status = check_reserved(&before, detail);
  dryi_kv_scan_clear(&c->scan);
  c->entry_count = c->data_bytes = c->version_max = 0;
  c->untagged = c->empty_tagged = 0;
  bool twice = false;
  for (uint64_t group = 0; status == DRY_OK && group < reader->group_count; group++)
    for (unsigned slot = 0; status == DRY_OK && slot < DRY_KV_GROUP_SLOTS; slot++)
      status = check_slot(c, group, slot, &twice, detail);
  if (status != DRY_OK) return status;
  /* The counts are looked at before the second load of the header: they must not be of a later write. */
  dry_detail found;
  /* While blocks are being moved, one may be met at both of its places. */
  bool moving = before.relocation % 2 != 0;
  dry_status together = DRY_OK;
  if (!moving && twice) together = dryi_fail(&found, DRY_CORRUPT, "kv: two slots point to one block");
  if (!moving && together == DRY_OK) together = check_overlaps(c, &found);
  if (together == DRY_OK) together = check_overflow_counts(c, &found);
  if (together == DRY_OK) together = check_counters(c, &before, &found);
  status = dryi_kv_header_check(dryi_kv_header_of(reader->part), reader->heap_end, &after, detail);
  if (status != DRY_OK) return status;
  bool quiet = before.version == after.version && before.relocation == after.relocation;
  *settled_out = quiet;
  if (quiet && together != DRY_OK && detail) *detail = found;
  return quiet ? together : DRY_OK;
}

static dry_status run(check *c, dry_detail *detail) {
  bool settled = false;
  dry_status status = DRY_OK;
  for (int pass = 0; pass < PASSES && status == DRY_OK && !settled; pass++) status = check_once(c, &settled, detail);
  return status;
}

dry_status dry_kv_verify(dry_kv_reader *reader, dry_detail *detail) {
  dry_status status = dryi_kv_reader_usable(reader);
  if (status != DRY_OK) return dryi_fail(detail, status, "reader: %s", dry_status_text(status));
  check c;
  memset(&c, 0, sizeof c);
  c.reader = reader;
  c.geometry = dryi_kv_geometry_of(reader);
  c.key = dryi_os_alloc_zeroed(DRY_KV_KEY_BYTES_MAX + 1);
  if (!c.key || !dryi_kv_scan_init(&c.scan, reader)) {
    dryi_os_free(c.key);
    return dryi_fail(detail, DRY_OUT_OF_MEMORY, "kv: no memory for verification");
  }
  status = run(&c, detail);
  dryi_kv_scan_free(&c.scan);
  dryi_os_free(c.key);
  return status == DRY_OK ? dryi_done(detail) : status;
}
