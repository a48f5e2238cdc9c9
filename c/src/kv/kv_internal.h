/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* kv_internal.h: what the store's files share. The layout and the protocol are drawn in drystone/kv.h. */
#ifndef DRYI_KV_KV_INTERNAL_H
#define DRYI_KV_KV_INTERNAL_H

#include <stdbool.h>

#include "base/arith.h"
#include "base/atomics.h"
#include "drystone/kv.h"
#include "region/region_internal.h"

/* ---- slots ---- */

#define DRYI_KV_SLOT_OFFSET_MASK (((uint64_t)1 << DRY_KV_SLOT_OFFSET_BITS) - 1)

static inline uint64_t dryi_kv_slot_block(uint64_t word) {
  return (word & DRYI_KV_SLOT_OFFSET_MASK) * DRY_KV_GRANULE_BYTES;
}

/* The 24 tag bits, where they stand in the slot. */
static inline uint64_t dryi_kv_slot_tag(uint64_t hash) {
  return (hash >> DRY_KV_SLOT_TAG_SHIFT) << DRY_KV_SLOT_OFFSET_BITS;
}

static inline uint64_t dryi_kv_slot_word(uint64_t hash, uint64_t block) {
  return dryi_kv_slot_tag(hash) | block / DRY_KV_GRANULE_BYTES;
}

static inline uint8_t dryi_kv_control_tag(uint64_t hash) {
  uint8_t tag = (uint8_t)hash;
  return tag ? tag : 1;
}

static inline uint64_t dryi_kv_home_group(uint64_t hash, uint64_t group_count) {
  return ((hash >> 32) * group_count) >> 32;
}

/* ---- blocks ---- */

static inline uint64_t dryi_kv_pad8(uint64_t bytes) { return (bytes + 7) & ~(uint64_t)7; }

/* What header, key and value take, before rounding to a size class. No overflow within the documented maxima. */
static inline uint64_t dryi_kv_block_need(uint64_t key_bytes, uint64_t value_bytes) {
  return DRY_KV_BLOCK_HEADER_BYTES + dryi_kv_pad8(key_bytes) + dryi_kv_pad8(value_bytes);
}

static inline uint64_t dryi_kv_sizes_word(uint32_t key_bytes, uint32_t value_bytes) {
  return (uint64_t)key_bytes << 32 | value_bytes;
}

static inline const uint64_t *dryi_kv_words(const uint8_t *part, uint64_t offset) {
  return (const uint64_t *)(const void *)(part + offset);
}

/* The size of a block in bytes, as it is stored now: whoever uses it checks it. */
static inline uint64_t dryi_kv_stored_room(const uint8_t *part, uint64_t block) {
  return (uint32_t)dryi_load_acquire_u64(dryi_kv_words(part, block + 16)) * (uint64_t)DRY_KV_GRANULE_BYTES;
}

static inline const dry_kv_header *dryi_kv_header_of(const uint8_t *part) {
  return (const dry_kv_header *)(const void *)part;
}

/* ---- size classes (heap.c): multiples of 16 up to 1 KiB, then sixteen a doubling ---- */

#define DRYI_KV_CLASS_COUNT 448

/* The class that fits `bytes` (48 .. 2^33), and its size in `class_bytes_out`. */
DRYI_LOCAL uint32_t dryi_kv_class_of(uint64_t bytes, uint64_t *class_bytes_out);
/* Size of the largest class that is not above `bytes` (at least 48). */
DRYI_LOCAL uint64_t dryi_kv_class_floor(uint64_t bytes);

static inline uint64_t dryi_kv_class_bytes(uint64_t need) {
  uint64_t bytes;
  (void)dryi_kv_class_of(need < DRY_KV_BLOCK_BYTES_MIN ? DRY_KV_BLOCK_BYTES_MIN : need, &bytes);
  return bytes;
}

/* ---- finding ---- */

typedef enum dryi_kv_outcome {
  DRYI_KV_FOUND,
  DRYI_KV_ABSENT,
  DRYI_KV_CHANGED, /* a write came in between: start again */
  DRYI_KV_DAMAGED, /* what is stored cannot be right */
} dryi_kv_outcome;

typedef struct dryi_kv_found {
  uint64_t relocation;
  uint64_t slot_offset; /* of the slot word, from the start of the part */
  uint64_t slot_word;
  uint64_t block;       /* offset of the block */
  uint64_t version;
  uint32_t key_bytes;
  uint32_t value_bytes;
} dryi_kv_found;

DRYI_LOCAL dryi_kv_outcome dryi_kv_find(const dry_kv_reader *reader, const void *key, size_t key_bytes, uint64_t hash,
                                        dryi_kv_found *found);
/* DRY_OK, DRY_CLOSED or DRY_INVALID_ARGUMENT. */
DRYI_LOCAL dry_status dryi_kv_reader_usable(const dry_kv_reader *reader);
DRYI_LOCAL dry_status dryi_kv_check_key(const void *key, size_t key_bytes);
/* The checksum as the block's bytes say, and whether it is the stored one. */
DRYI_LOCAL uint64_t dryi_kv_block_checksum_read(const dry_kv_reader *reader, const dryi_kv_found *found);
DRYI_LOCAL bool dryi_kv_checksum_holds(const dry_kv_reader *reader, dryi_kv_found found);

static inline uint64_t dryi_kv_value_offset(const dryi_kv_found *found) {
  return found->block + DRY_KV_BLOCK_HEADER_BYTES + dryi_kv_pad8(found->key_bytes);
}

static inline uint64_t dryi_kv_slot_offset(const dry_kv_reader *reader, uint64_t group, unsigned slot) {
  return reader->slots_offset + group * DRY_KV_GROUP_SLOT_BYTES + (uint64_t)slot * 8;
}

static inline uint64_t dryi_kv_control_offset(const dry_kv_reader *reader, uint64_t group) {
  return reader->control_offset + group * DRY_KV_GROUP_CONTROL_BYTES;
}

/* ---- writing ---- */

/* The free blocks of one size class, oldest first. */
typedef struct dryi_kv_queue {
  uint64_t head; /* offset of the block, 0: empty */
  uint64_t tail;
  uint64_t count;
} dryi_kv_queue;

/* The writer's own memory: nothing here is stored, all of it is rebuilt at opening. All handles of a part's writer that
   are opened in one region handle share it. */
typedef struct dryi_kv_state {
  uint8_t *part;
  dry_kv_header *header;
  dryi_mapping *mapping;      /* NULL for a bare span */
  struct dryi_kv_state *next; /* in mapping->writers */
  uint32_t handles;
  uint32_t part_index;
  uint32_t in_call;           /* atomic; 1 while a call changes the store */
  uint32_t freed_since_compaction;
  uint64_t version;
  uint64_t entry_count;
  uint64_t data_bytes;
  uint64_t entry_capacity;
  uint64_t data_capacity_bytes;
  uint64_t heap_offset;
  uint64_t bump;         /* where the never-used end of the heap begins */
  uint64_t bump_end;     /* where staging begins */
  uint64_t staging_end;
  dryi_kv_queue queues[DRYI_KV_CLASS_COUNT];
} dryi_kv_state;

/* Takes a free block of at least `need` bytes: DRY_FULL, DRY_CORRUPT. Its room and link are set, its version is 0. */
DRYI_LOCAL dry_status dryi_kv_heap_take(dry_kv_writer *writer, uint64_t need, uint64_t *block_out);
/* Puts a block that no slot points to any more at the end of its queue. */
DRYI_LOCAL void dryi_kv_heap_give(dryi_kv_state *state, uint64_t block);
/* Makes free blocks of [from, from + bytes): 0 or at least 48 bytes, a multiple of 16. */
DRYI_LOCAL void dryi_kv_heap_fill(dryi_kv_state *state, uint64_t from, uint64_t bytes);
/* Moves the block, which takes `room` bytes, to `to`, which must not overlap it, and publishes it there. */
DRYI_LOCAL dry_status dryi_kv_heap_move(dry_kv_writer *writer, uint64_t from, uint64_t room, uint64_t to);
DRYI_LOCAL void dryi_kv_relocation_begin(dryi_kv_state *state);
DRYI_LOCAL void dryi_kv_relocation_end(dryi_kv_state *state);

/* Sets one of a group's 16 control bytes: the 15th is the overflow count. */
DRYI_LOCAL void dryi_kv_control_set(const dry_kv_writer *writer, uint64_t group, unsigned at, uint8_t value);

DRYI_LOCAL dry_status dryi_kv_header_check(const dry_kv_header *header, uint64_t span_bytes, dry_kv_header *copy_out,
                                           dry_detail *detail);
DRYI_LOCAL void dryi_kv_reader_init(dry_kv_reader *reader, const uint8_t *part, const dry_kv_header *checked,
                                    uint32_t flags);
DRYI_LOCAL dry_status dryi_kv_recover(dry_kv_writer *writer, dry_detail *detail);

static inline uint64_t *dryi_kv_word_at(const dryi_kv_state *state, uint64_t offset) {
  return (uint64_t *)(void *)(state->part + offset);
}

#endif
