/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * shared_pool_depot.c: three stacks of batches, and the slots that were never taken.
 *
 * Each stack's head is one word, (tag << 24) | batch number + 1. Popping reads the head, then `next` of the batch there,
 * then swaps the head: if others popped that batch meanwhile, and even pushed it again, the tag has moved on and the swap
 * fails. The tag would have to go round, 2^40 changes, while one thread stands between two instructions.
 *
 * Who has popped a batch owns it alone until it is pushed again. Its slots and its count pass from the release of the
 * push to the acquire of the pop, over any number of other swaps of the head in between: they all are read-modify-writes,
 * which continue the release sequence.
 */
#include "memory/shared_pool_internal.h"
#include "os/os.h"

#define NUMBER_MASK (((uint64_t)1 << DRY_SHARED_POOL_BATCH_BITS) - 1)
#define TAG_ONE ((uint64_t)1 << DRY_SHARED_POOL_BATCH_BITS)

/* How long to wait for an empty batch, in tenths of a millisecond: there are enough of them for all who are at work, so a
   longer wait is for those that dead processes carried away. */
#define EMPTY_WAITS 200

/* ---- one stack ---- */

static dry_shared_pool_batch *pop(dry_shared_pool *pool, uint64_t *head, dry_status *status_out) {
  /* pairs with the release in push */
  uint64_t now = dryi_load_acquire_u64(head);
  for (;;) {
    uint64_t number = now & NUMBER_MASK;
    *status_out = DRY_FULL;
    if (number == 0) return NULL;
    *status_out = DRY_CORRUPT;
    if (number > pool->batch_count) return NULL;
    dry_shared_pool_batch *batch = pool->batches + (number - 1);
    uint64_t next = dryi_load_relaxed_u32(&batch->next);
    if (next > NUMBER_MASK) next = 0;
    uint64_t after = ((now & ~NUMBER_MASK) + TAG_ONE) | next;
    /* pairs with the release in push */
    if (dryi_swap_acquire_found_acquire_u64(head, &now, after)) {
      DRYI_STEP("depot_popped");
      *status_out = DRY_OK;
      return batch;
    }
  }
}

static void push(dry_shared_pool *pool, uint64_t *head, dry_shared_pool_batch *batch) {
  uint64_t number = dryi_batch_number(pool, batch) + (uint64_t)1;
  uint64_t now = dryi_load_relaxed_u64(head), after;
  do {
    dryi_store_relaxed_u32(&batch->next, (uint32_t)(now & NUMBER_MASK));
    after = ((now & ~NUMBER_MASK) + TAG_ONE) | number;
    /* pairs with the acquires in pop */
  } while (!dryi_swap_release_u64(head, &now, after));
  DRYI_STEP("depot_pushed");
}

/* ---- the depot ---- */

void dryi_batch_move(dry_shared_pool_batch *from, dry_shared_pool_batch *to) {
  uint32_t left = dryi_batch_count(from);
  /* First into the one, then out of the other: killed in between, `to` is a batch that only a repair finds again, and a
     repair goes by the owners. */
  while (left > 0 && left <= DRYI_MAGAZINE && dryi_batch_count(to) < DRYI_MAGAZINE) {
    dryi_batch_put(to, dryi_load_relaxed_u32(&from->slots[left - 1]));
    dryi_keep_order();
    dryi_store_relaxed_u32(&from->count, --left);
  }
}

void dryi_depot_put(dry_shared_pool *pool, dry_shared_pool_batch *batch) {
  uint32_t count = dryi_batch_count(batch);
  dry_shared_pool_header *header = pool->header;
  push(pool, count == 0 ? &header->empty : count < DRYI_MAGAZINE ? &header->partial : &header->full, batch);
}

static dry_shared_pool_batch *take_with(dry_shared_pool *pool, uint64_t *head, uint32_t least, uint32_t most,
                                        dry_status *status_out) {
  dry_shared_pool_batch *batch = pop(pool, head, status_out);
  if (!batch) return NULL;
  uint32_t count = dryi_batch_count(batch);
  if (count >= least && count <= most) return batch;
  *status_out = DRY_CORRUPT;
  return NULL;
}

dry_shared_pool_batch *dryi_depot_take_partial(dry_shared_pool *pool) {
  dry_status status;
  return take_with(pool, &pool->header->partial, 1, DRYI_MAGAZINE - 1, &status);
}

dry_shared_pool_batch *dryi_depot_take(dry_shared_pool *pool, bool partial_first, dry_status *status_out) {
  uint64_t *heads[2] = {&pool->header->full, &pool->header->partial};
  dry_shared_pool_batch *batch = take_with(pool, heads[partial_first], 1, DRYI_MAGAZINE, status_out);
  if (!batch && *status_out == DRY_FULL) batch = take_with(pool, heads[!partial_first], 1, DRYI_MAGAZINE, status_out);
  return batch;
}

dry_shared_pool_batch *dryi_depot_take_empty(dry_shared_pool *pool) {
  dry_status status;
  for (int waits = 0;; waits++) {
    dry_shared_pool_batch *batch = take_with(pool, &pool->header->empty, 0, 0, &status);
    if (batch || status != DRY_FULL || waits == EMPTY_WAITS) return batch;
    dryi_os_sleep_ns(100000);
  }
}

uint32_t dryi_depot_take_fresh(dry_shared_pool *pool, uint32_t most, uint32_t *first_out) {
  uint64_t first = dryi_load_relaxed_u64(&pool->header->fresh);
  uint32_t count;
  do {
    if (first >= pool->capacity) return 0;
    uint64_t left = pool->capacity - first;
    count = left < most ? (uint32_t)left : most;
    /* Nothing is passed on with it: who takes these slots is the first to have them. */
  } while (!dryi_swap_relaxed_u64(&pool->header->fresh, &first, first + count));
  DRYI_STEP("depot_fresh");
  *first_out = (uint32_t)first;
  dryi_slots_prepare(pool, *first_out, count);
  return count;
}

uint64_t dryi_depot_changes(const dry_shared_pool *pool) {
  const dry_shared_pool_header *header = pool->header;
  return (dryi_load_relaxed_u64(&header->full) >> DRY_SHARED_POOL_BATCH_BITS) +
         (dryi_load_relaxed_u64(&header->partial) >> DRY_SHARED_POOL_BATCH_BITS) +
         dryi_load_relaxed_u64(&header->fresh);
}

static void clear_head(uint64_t *head) {
  /* The tag goes on, so that a thread that was stopped in the midst of a pop finds out. */
  dryi_store_relaxed_u64(head, (dryi_load_relaxed_u64(head) & ~NUMBER_MASK) + TAG_ONE);
}

void dryi_depot_clear(dry_shared_pool *pool) {
  clear_head(&pool->header->full);
  clear_head(&pool->header->partial);
  clear_head(&pool->header->empty);
}
