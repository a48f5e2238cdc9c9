/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * pool_repair.c: marks, stack and counters as a killed process left them.
 *
 * The marks in `used` are the truth. A take stores mark, then counter; a give stores stack entry, counter, then mark. So a
 * process that is killed in between leaves the top entries of the stack taken, or slots from `fresh` on, and nothing else:
 * either is set right by moving one counter. What takes more stores than that (reset, a batch given back, making the stack
 * anew) is announced in `pending`. Everything beyond is damage, and the stack is made anew from the marks.
 */
#include <string.h>

#include "base/detail.h"
#include "memory/pool_internal.h"
#include "os/os.h"

static void then(const char *name) { dryi_pool_then(dryi_pool_kill_here, name); }

static uint32_t min_u32(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* ---- examination ---- */

/* How many of the slots below `end` are not free. */
static uint32_t used_below(const dry_pool *pool, uint32_t end) {
  uint32_t count = 0;
  for (uint32_t slot = 0; slot < end; slot++) count += dryi_pool_is_used(pool, slot);
  return count;
}

/* Where the slots end that are not free: 0 where all are. */
static uint32_t end_of_used(const dry_pool *pool) {
  uint32_t end = pool->limit;
  while (end > 0 && !dryi_pool_is_used(pool, end - 1)) end -= end % 8 == 0 && dryi_pool_used8(pool, end - 8) == 0 ? 8 : 1;
  return end;
}

/* Marks are one of three, and the padding behind them is zero. */
static dry_status check_marks(const dry_pool *pool, dry_detail *detail) {
  const uint64_t at = dryi_pool_owner_of(pool)->facts.used_offset, padded = dryi_align_up(pool->limit, 8);
  for (uint32_t slot = 0; slot < padded; slot++) {
    const uint8_t mark = dryi_pool_load8(pool->used + slot);
    if (mark > (slot < pool->limit ? DRY_POOL_SLOT_WITHDRAWN : 0))
      return dryi_fail_at(detail, DRY_CORRUPT, at + slot, "pool: used: slot %u is marked 0x%x", slot, mark);
  }
  return DRY_OK;
}

/* How many in a row from `fresh` on are taken; false when others behind them are too. */
static bool fresh_run(const dry_pool *pool, dryi_pool_remains *remains) {
  uint32_t end = remains->fresh;
  while (end < pool->limit && dryi_pool_is_used(pool, end)) end++;
  remains->fresh_run = end - remains->fresh;
  return end_of_used(pool) <= end;
}

/* Walks the stack from its top: entries in range, none twice, taken ones only in a row on top. `seen`: a byte a slot. */
static dry_status walk_stack(const dry_pool *pool, uint8_t *seen, dryi_pool_remains *remains, dry_detail *detail) {
  const uint64_t at = dryi_pool_owner_of(pool)->facts.stack_offset;
  bool on_top = true;
  for (uint32_t i = remains->count; i > 0; i--) {
    const uint32_t slot = dryi_pool_load32(pool->stack + (i - 1));
    const uint64_t offset = at + (i - 1) * sizeof(uint32_t);
    if (slot >= remains->fresh)
      return dryi_fail_at(detail, DRY_CORRUPT, offset, "pool: stack: entry %u names slot %u, of %u", i - 1, slot,
                          remains->fresh);
    if (seen[slot])
      return dryi_fail_at(detail, DRY_CORRUPT, offset, "pool: stack: slot %u is there twice", slot);
    seen[slot] = 1;
    const bool taken = dryi_pool_is_used(pool, slot);
    if (taken && !on_top)
      return dryi_fail_at(detail, DRY_CORRUPT, offset, "pool: stack: slot %u is taken and free", slot);
    on_top = taken;
    remains->top_run += taken;
  }
  return DRY_OK;
}

static dry_status check_stack(const dry_pool *pool, dryi_pool_remains *remains, dry_detail *detail) {
  if (remains->count == 0) return DRY_OK;
  uint8_t *seen = dryi_os_alloc_zeroed(remains->fresh);
  if (!seen) return dryi_fail(detail, DRY_OUT_OF_MEMORY, "pool: no memory to check %u slots", remains->fresh);
  const dry_status status = walk_stack(pool, seen, remains, detail);
  dryi_os_free(seen);
  return status;
}

static uint32_t count_withdrawn(const dry_pool *pool, uint32_t fresh) {
  uint32_t count = 0;
  for (uint32_t slot = 0; slot < fresh; slot++) count += dryi_pool_is_withdrawn(pool, slot);
  return count;
}

dry_status dryi_pool_examine(const dry_pool *pool, dryi_pool_remains *remains, dry_detail *detail) {
  const dry_pool_header *header = pool->header;
  memset(remains, 0, sizeof *remains);
  remains->fresh = dryi_pool_load32(&header->fresh);
  remains->count = dryi_pool_load32(&header->free_count);
  if (remains->fresh > pool->limit || remains->count > remains->fresh)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, free_count),
                        "pool: header: %u free of %u that were taken, of %u", remains->count, remains->fresh, pool->limit);
  dry_status status = check_marks(pool, detail);
  if (status != DRY_OK) return status;
  if (!fresh_run(pool, remains))
    return dryi_fail_at(detail, DRY_CORRUPT, dryi_pool_owner_of(pool)->facts.used_offset,
                        "pool: used: a slot behind %u is taken", remains->fresh);
  status = check_stack(pool, remains, detail);
  if (status != DRY_OK) return status;
  const uint32_t used = used_below(pool, remains->fresh), free = remains->count - remains->top_run;
  if (used + free != remains->fresh)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, free_count),
                        "pool: used: %u are taken and %u free of %u", used, free, remains->fresh);
  remains->withdrawn = count_withdrawn(pool, remains->fresh);
  /* A slot is marked before it is counted. */
  const uint32_t stored = dryi_pool_load32(&header->withdrawn);
  if (stored == remains->withdrawn || (remains->withdrawn > 0 && stored == remains->withdrawn - 1)) return DRY_OK;
  return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, withdrawn), "pool: %u slots are withdrawn, not %u",
                      remains->withdrawn, stored);
}

/* ---- reset ---- */

static void clear_slot(dry_pool *pool, uint32_t slot) {
  if (!dryi_pool_is_used(pool, slot)) return;
  dryi_pool_vacate(pool, slot);
  then("pool_reset_vacated");
  pool->used[slot] = DRY_POOL_SLOT_FREE;
  then("pool_reset_slot");
}

static void clear_used(dry_pool *pool, uint32_t to) {
  if (dryi_pool_has(pool, DRYI_POOL_STORED_FLAGS)) {
    for (uint32_t slot = 0; slot < to; slot++) clear_slot(pool, slot);
  } else {
    memset(pool->used, DRY_POOL_SLOT_FREE, to);
    then("pool_reset_used");
  }
}

void dryi_pool_clear(dry_pool *pool, uint32_t to) {
  dry_pool_header *header = pool->header;
  const uint32_t fresh = min_u32(dryi_pool_load32(&header->fresh), pool->limit);
  if (dryi_pool_load32(&header->peak) < fresh) header->peak = fresh;
  header->pending = DRY_POOL_PENDING_RESET;
  then("pool_reset_begun");
  header->free_count = 0;
  clear_used(pool, to);
  header->withdrawn = 0;
  header->fresh = 0;
  then("pool_reset_fresh");
  header->pending = 0;
  then("pool_reset_done");
  dryi_pool_hide_range(pool, 0, to);
}

/* ---- repair ---- */

/* Whatever is no mark counts as taken, and what is no slot as free. */
static void mend_marks(dry_pool *pool) {
  for (uint32_t slot = 0; slot < pool->limit; slot++)
    if (dryi_pool_load8(pool->used + slot) > DRY_POOL_SLOT_WITHDRAWN) pool->used[slot] = DRY_POOL_SLOT_TAKEN;
  for (uint64_t at = pool->limit; at % 8 != 0; at++) pool->used[at] = 0;
}

/* Free objects are wiped and poisoned anew where the pool does that: how far a killed process had come is not known. */
static void rebuild(dry_pool *pool) {
  dry_pool_header *header = pool->header;
  mend_marks(pool);
  const uint32_t stored = dryi_pool_load32(&header->fresh), end = end_of_used(pool);
  const uint32_t fresh = stored <= pool->limit && stored > end ? stored : end;
  const bool vacate = dryi_pool_has(pool, DRYI_POOL_STORED_FLAGS);
  header->pending = DRY_POOL_PENDING_STACK;
  then("pool_rebuild_begun");
  if (dryi_pool_load32(&header->peak) > pool->limit) header->peak = fresh;
  header->free_count = 0;
  header->fresh = fresh;
  then("pool_rebuild_fresh");
  uint32_t count = 0;
  for (uint32_t slot = fresh; slot-- > 0;) {
    if (dryi_pool_is_used(pool, slot)) continue;
    if (vacate) dryi_pool_vacate(pool, slot);
    pool->stack[count++] = slot;
  }
  then("pool_rebuild_stack");
  header->free_count = count;
  header->withdrawn = count_withdrawn(pool, fresh);
  then("pool_rebuild_count");
  header->pending = 0;
  then("pool_rebuilt");
}

static void settle(dry_pool *pool, const dryi_pool_remains *remains) {
  dry_pool_header *header = pool->header;
  if (remains->top_run) header->free_count = remains->count - remains->top_run;
  then("pool_settle_count");
  if (remains->fresh_run) header->fresh = remains->fresh + remains->fresh_run;
  then("pool_settle_fresh");
  if (dryi_pool_load32(&header->withdrawn) != remains->withdrawn) header->withdrawn = remains->withdrawn;
  then("pool_settled");
}

dry_status dryi_pool_repair(dry_pool *pool, dry_detail *detail) {
  const uint32_t pending = dryi_pool_load32(&pool->header->pending);
  if (pending == DRY_POOL_PENDING_RESET) {
    dryi_pool_clear(pool, pool->limit);
    return DRY_OK;
  }
  dryi_pool_remains remains;
  const dry_status status = pending == 0 ? dryi_pool_examine(pool, &remains, detail) : DRY_CORRUPT;
  if (status == DRY_OUT_OF_MEMORY) return status;
  if (status == DRY_OK)
    settle(pool, &remains);
  else
    rebuild(pool);
  return DRY_OK;
}
