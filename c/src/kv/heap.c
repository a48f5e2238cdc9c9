/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * heap.c: blocks. Each size class has a first-in-first-out queue of free blocks, threaded through their `link` words,
 * which readers never look at. A block is taken from the front of its queue once enough others are behind it, so that it
 * rests in quarantine; else from the never-used end of the heap. When both give nothing, the quarantine is cut short;
 * when the queue is empty, all blocks are slid together.
 *
 * Free blocks of other classes are not split: sliding gives all of the free space back in one piece, and the room kept
 * for it (layout.c) makes it rare enough that it costs a put at most some sixteen copies of its own size on average.
 */
#include "base/assert.h"
#include "base/hash.h"
#include "base/hooks.h"
#include "kv/kv_internal.h"
#include "kv/probe.h"
#include "os/os.h"

#define LINEAR_BYTES_MAX 1024
#define LINEAR_CLASSES (LINEAR_BYTES_MAX / DRY_KV_GRANULE_BYTES)
#define STEPS_PER_DOUBLING 16
#define FREE_MARK ((uint64_t)1)

/* ---- size classes ---- */

uint32_t dryi_kv_class_of(uint64_t bytes, uint64_t *class_bytes_out) {
  if (bytes <= LINEAR_BYTES_MAX) {
    uint64_t granules = (bytes + DRY_KV_GRANULE_BYTES - 1) / DRY_KV_GRANULE_BYTES;
    *class_bytes_out = granules * DRY_KV_GRANULE_BYTES;
    return (uint32_t)granules;
  }
  /* 2^log < bytes <= 2^(log + 1), in steps of 2^(log - 4). */
  unsigned log = 63 - (unsigned)__builtin_clzll(bytes - 1);
  uint64_t step = (uint64_t)1 << (log - 4);
  uint64_t rounded = dryi_align_up(bytes, step);
  *class_bytes_out = rounded;
  uint64_t steps_above = (rounded - ((uint64_t)1 << log)) / step;
  return LINEAR_CLASSES + (log - 10) * STEPS_PER_DOUBLING + (uint32_t)steps_above;
}

uint64_t dryi_kv_class_floor(uint64_t bytes) {
  if (bytes <= LINEAR_BYTES_MAX) return bytes & ~(uint64_t)(DRY_KV_GRANULE_BYTES - 1);
  unsigned log = 63 - (unsigned)__builtin_clzll(bytes);
  return bytes & ~(((uint64_t)1 << (log - 4)) - 1);
}

/* ---- a block's header, loaded once ---- */

/* Whoever else may write to the region can change a header between two loads, so each word is loaded once into this, and
   only what was checked is used. */
typedef struct block_head {
  uint64_t version;
  uint64_t room; /* in bytes */
  uint64_t link;
  uint32_t key_bytes;
  uint32_t value_bytes;
} block_head;

static block_head load_head(const dryi_kv_state *state, uint64_t block) {
  const uint64_t *words = dryi_kv_words(state->part, block);
  uint64_t sizes = dryi_load_relaxed_u64(words + 1);
  block_head head = {.version = dryi_load_relaxed_u64(words),
                     .room = (uint32_t)dryi_load_relaxed_u64(words + 2) * (uint64_t)DRY_KV_GRANULE_BYTES,
                     .link = dryi_load_relaxed_u64(words + 3),
                     .key_bytes = (uint32_t)(sizes >> 32),
                     .value_bytes = (uint32_t)sizes};
  return head;
}

static bool sizes_sound(const block_head *head) {
  return head->key_bytes - 1u < DRY_KV_KEY_BYTES_MAX &&
         dryi_kv_block_need(head->key_bytes, head->value_bytes) <= head->room;
}

static bool block_in_heap(const dryi_kv_state *state, uint64_t block) {
  return block >= state->heap_offset && block <= state->bump_end - DRY_KV_BLOCK_BYTES_MIN &&
         block % DRY_KV_GRANULE_BYTES == 0;
}

static bool room_sound(const dryi_kv_state *state, uint64_t block, uint64_t room) {
  return room >= DRY_KV_BLOCK_BYTES_MIN && room <= state->bump_end - block && dryi_kv_class_bytes(room) == room;
}

/* ---- queues ---- */

static void store_room(dryi_kv_state *state, uint64_t block, uint64_t room, uint32_t checksum) {
  uint64_t word = room / DRY_KV_GRANULE_BYTES | (uint64_t)checksum << 32;
  dryi_store_release_u64(dryi_kv_word_at(state, block + 16), word);
}

static void store_link(dryi_kv_state *state, uint64_t block, uint64_t link) {
  dryi_store_release_u64(dryi_kv_word_at(state, block + 24), link);
}

static void push(dryi_kv_state *state, uint64_t block, uint64_t room) {
  /* A room that is no class: somebody else wrote here. The block is lost until the next recovery. */
  if (!room_sound(state, block, room)) return;
  uint64_t class_bytes;
  dryi_kv_queue *queue = &state->queues[dryi_kv_class_of(room, &class_bytes)];
  store_link(state, block, FREE_MARK);
  if (queue->count == 0) {
    queue->head = block;
  } else {
    store_link(state, queue->tail, block | FREE_MARK);
  }
  queue->tail = block;
  queue->count++;
}

void dryi_kv_heap_give(dryi_kv_state *state, uint64_t block) {
  state->freed_since_compaction = 1;
  if (block_in_heap(state, block)) push(state, block, load_head(state, block).room);
}

static bool pop(dryi_kv_state *state, dryi_kv_queue *queue, uint64_t room, uint64_t *block_out) {
  uint64_t block = queue->head;
  block_head head = load_head(state, block);
  uint64_t next = head.link & ~FREE_MARK;
  /* Somebody else wrote to the heap: nothing of it may be believed any more. */
  if (!(head.link & FREE_MARK) || head.room != room || (queue->count > 1 && !block_in_heap(state, next))) return false;
  queue->head = next;
  queue->count--;
  if (queue->count > 0) __builtin_prefetch(state->part + next, 1);
  *block_out = block;
  return true;
}

/* ---- taking ---- */

/* Version 0 goes first: pairs with the acquire loads of dryi_kv_copy_words (find.h), so that whoever copied one of the words
   that follow finds the version changed. */
static void prepare(dryi_kv_state *state, uint64_t block, uint64_t room) {
  dryi_store_release_u64(dryi_kv_word_at(state, block), 0);
  store_room(state, block, room, 0);
  store_link(state, block, 0);
}

static bool take_fast(dryi_kv_state *state, dryi_kv_queue *queue, uint64_t room, uint64_t *block_out, bool *sound_out) {
  *sound_out = true;
  bool rested = queue->count > DRY_KV_QUARANTINE_BLOCKS;
  if (!rested && room <= state->bump_end - state->bump) {
    *block_out = state->bump;
    state->bump += room;
    return true;
  }
  if (queue->count == 0) return false;
  *sound_out = pop(state, queue, room, block_out);
  return *sound_out;
}

static dry_status compact(dry_kv_writer *writer);

dry_status dryi_kv_heap_take(dry_kv_writer *writer, uint64_t need, uint64_t *block_out) {
  dryi_kv_state *state = writer->state;
  uint64_t room;
  uint32_t class = dryi_kv_class_of(need < DRY_KV_BLOCK_BYTES_MIN ? DRY_KV_BLOCK_BYTES_MIN : need, &room);
  bool sound;
  bool taken = take_fast(state, &state->queues[class], room, block_out, &sound);
  if (!taken && sound && state->freed_since_compaction) {
    dry_status status = compact(writer);
    if (status != DRY_OK) return status;
    taken = take_fast(state, &state->queues[class], room, block_out, &sound);
  }
  if (!sound) return DRY_CORRUPT;
  if (!taken) return DRY_FULL;
  prepare(state, *block_out, room);
  return DRY_OK;
}

/* ---- filling gaps ---- */

void dryi_kv_heap_fill(dryi_kv_state *state, uint64_t from, uint64_t bytes) {
  while (bytes > 0) {
    uint64_t piece = dryi_kv_class_floor(bytes);
    uint64_t rest = bytes - piece;
    if (rest > 0 && rest < DRY_KV_BLOCK_BYTES_MIN) piece = dryi_kv_class_floor(bytes - DRY_KV_BLOCK_BYTES_MIN);
    DRY_ASSERT(piece >= DRY_KV_BLOCK_BYTES_MIN);
    prepare(state, from, piece);
    push(state, from, piece);
    from += piece;
    bytes -= piece;
  }
}

/* ---- moving and compacting ---- */

void dryi_kv_relocation_begin(dryi_kv_state *state) {
  uint64_t now = state->header->relocation;
  /* pairs with the loads in dryi_kv_still (find.h): who got a word that is overwritten from now on sees the odd number */
  dryi_store_release_u64(&state->header->relocation, now | 1);
}

void dryi_kv_relocation_end(dryi_kv_state *state) {
  dryi_store_release_u64(&state->header->relocation, state->header->relocation + 1);
}

/* The slot that points to the block whose key has this hash. */
static bool slot_of(const dry_kv_writer *writer, uint64_t block, uint64_t hash, uint64_t *slot_out) {
  const dry_kv_reader *reader = &writer->reader;
  const dryi_kv_state *state = writer->state;
  uint64_t word = dryi_kv_slot_word(hash, block);
  uint64_t group = dryi_kv_home_group(hash, reader->group_count);
  for (uint64_t visited = 0; visited < reader->group_count; visited++) {
    dryi_kv_group control = dryi_kv_group_load(dryi_kv_words(state->part, dryi_kv_control_offset(reader, group)));
    for (uint32_t match = dryi_kv_group_match(control, dryi_kv_control_tag(hash)); match; match &= match - 1) {
      *slot_out = dryi_kv_slot_offset(reader, group, (unsigned)__builtin_ctz(match));
      if (*dryi_kv_word_at(state, *slot_out) == word) return true;
    }
    if (dryi_kv_group_overflow(control) == 0) return false;
    group = group + 1 == reader->group_count ? 0 : group + 1;
  }
  return false;
}

static uint64_t key_hash(const dry_kv_writer *writer, uint64_t block, uint32_t key_bytes) {
  const dryi_kv_state *state = writer->state;
  return dryi_hash_with(writer->reader.seed, state->part + block + DRY_KV_BLOCK_HEADER_BYTES, key_bytes);
}

/* Moves the block whose header is `head`, as it was loaded and checked by the caller. */
static dry_status move(dry_kv_writer *writer, uint64_t from, const block_head *head, uint64_t to) {
  dryi_kv_state *state = writer->state;
  uint64_t slot;
  uint64_t hash = key_hash(writer, from, head->key_bytes);
  if (!slot_of(writer, from, hash, &slot)) return DRY_CORRUPT;
  uint64_t words = dryi_kv_block_need(head->key_bytes, head->value_bytes) / 8;
  uint32_t checksum = (uint32_t)(*dryi_kv_word_at(state, from + 16) >> 32);
  prepare(state, to, head->room);
  DRYI_STEP("move_prepared");
  dryi_store_release_u64(dryi_kv_word_at(state, to + 8), dryi_kv_sizes_word(head->key_bytes, head->value_bytes));
  store_room(state, to, head->room, checksum);
  for (uint64_t i = DRY_KV_BLOCK_HEADER_BYTES / 8; i < words; i++)
    dryi_store_release_u64(dryi_kv_word_at(state, to + 8 * i), *dryi_kv_word_at(state, from + 8 * i));
  dryi_store_release_u64(dryi_kv_word_at(state, to), head->version);
  DRYI_STEP("move_copied");
  /* pairs with the acquire load in dryi_kv_load_slot (find.h): the block is whole for who sees this */
  dryi_store_release_u64(dryi_kv_word_at(state, slot), dryi_kv_slot_word(hash, to));
  DRYI_STEP("move_published");
  return DRY_OK;
}

dry_status dryi_kv_heap_move(dry_kv_writer *writer, uint64_t from, uint64_t room, uint64_t to) {
  block_head head = load_head(writer->state, from);
  return head.room == room && sizes_sound(&head) ? move(writer, from, &head, to) : DRY_CORRUPT;
}

/* Moves the block down by `gap` bytes. The two places must not overlap while either can be read, so where the gap is
   smaller than the block it goes by way of staging. False: it is larger than staging too, and stays. */
static bool slide(dry_kv_writer *writer, uint64_t from, const block_head *head, uint64_t gap, dry_status *status_out) {
  const dryi_kv_state *state = writer->state;
  uint64_t staging = state->bump_end;
  *status_out = DRY_OK;
  if (head->room <= gap) {
    *status_out = move(writer, from, head, from - gap);
    return true;
  }
  if (head->room > state->staging_end - staging) return false;
  *status_out = move(writer, from, head, staging);
  if (*status_out == DRY_OK) *status_out = move(writer, staging, head, from - gap);
  return true;
}

/* Walks the blocks from the heap's start; `to` is where the next one in use belongs. */
static dry_status slide_all(dry_kv_writer *writer) {
  dryi_kv_state *state = writer->state;
  uint64_t to = state->heap_offset;
  block_head head;
  for (uint64_t from = to; from < state->bump; from += head.room) {
    head = load_head(state, from);
    if (!room_sound(state, from, head.room) || head.room > state->bump - from) return DRY_CORRUPT;
    if (head.link != 0) continue;
    if (!sizes_sound(&head)) return DRY_CORRUPT;
    if (from > to) {
      dry_status status;
      if (!slide(writer, from, &head, from - to, &status)) {
        dryi_kv_heap_fill(state, to, from - to);
        to = from;
      } else if (status != DRY_OK) {
        return status;
      }
    }
    to += head.room;
  }
  state->bump = to;
  return DRY_OK;
}

static dry_status compact(dry_kv_writer *writer) {
  dryi_kv_state *state = writer->state;
  for (size_t i = 0; i < DRYI_KV_CLASS_COUNT; i++) state->queues[i] = (dryi_kv_queue){0, 0, 0};
  state->freed_since_compaction = 0;
  dryi_kv_relocation_begin(state);
  DRYI_STEP("compact_begun");
  dry_status status = slide_all(writer);
  if (status == DRY_OK) dryi_kv_relocation_end(state);
  DRYI_STEP("compact_ended");
  return status;
}
