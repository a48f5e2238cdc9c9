/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * pool_repair.c: bits, stack and counters as a killed process left them.
 *
 * The bits are the truth. A take stores bit, then counter; a give stores stack entry, counter, then bit. So a process that is
 * killed in between leaves the top entries of the stack taken, or slots from `fresh` on, and nothing else: either is set
 * right by moving one counter. What takes more stores than that (reset, a batch given back, making the stack anew) is
 * announced in `pending`. Everything beyond is damage, and the stack is made anew from the bits.
 */
#include <string.h>

#include "base/detail.h"
#include "memory/pool_internal.h"
#include "os/os.h"

static void then(const char *name) { dryi_pool_then(dryi_pool_kill_here, name); }

static uint32_t words_of(uint32_t slots) { return slots / 64 + (slots % 64 != 0); }

static uint32_t min_u32(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* ---- examination ---- */

/* How many of the slots from `from` to before `to` are taken. */
static uint32_t taken_between(const dry_pool *pool, uint32_t from, uint32_t to) {
  uint32_t taken = 0;
  for (uint32_t w = from / 64; w < words_of(to); w++) {
    uint64_t word = dryi_pool_load64(pool->used + w);
    if (w == from / 64) word &= UINT64_MAX << from % 64;
    if (w == to / 64) word &= dryi_pool_bit(to) - 1;
    taken += (uint32_t)__builtin_popcountll(word);
  }
  return taken;
}

/* The bits of the last word that belong to no slot. */
static uint64_t stray_bits(const dry_pool *pool) {
  return pool->limit % 64 == 0 ? 0 : UINT64_MAX << pool->limit % 64;
}

/* How many in a row from `fresh` on are taken; false when others behind them are too. */
static bool fresh_run(const dry_pool *pool, dryi_pool_remains *remains) {
  uint32_t end = remains->fresh;
  while (end < pool->limit && dryi_pool_bit_set(pool, end)) end++;
  remains->fresh_run = end - remains->fresh;
  const uint64_t last = dryi_pool_load64(pool->used + (pool->limit - 1) / 64);
  return taken_between(pool, end, pool->limit) == 0 && (last & stray_bits(pool)) == 0;
}

/* Walks the stack from its top: entries in range, none twice, taken ones only in a row on top. `seen`: a bit a slot. */
static dry_status walk_stack(const dry_pool *pool, uint64_t *seen, dryi_pool_remains *remains, dry_detail *detail) {
  const uint64_t at = dryi_pool_owner_of(pool)->facts.stack_offset;
  bool on_top = true;
  for (uint32_t i = remains->count; i > 0; i--) {
    const uint32_t slot = dryi_pool_load32(pool->stack + (i - 1));
    const uint64_t offset = at + (i - 1) * sizeof(uint32_t);
    if (slot >= remains->fresh)
      return dryi_fail_at(detail, DRY_CORRUPT, offset, "pool: stack: entry %u names slot %u, of %u", i - 1, slot,
                          remains->fresh);
    if (seen[slot / 64] & dryi_pool_bit(slot))
      return dryi_fail_at(detail, DRY_CORRUPT, offset, "pool: stack: slot %u is there twice", slot);
    seen[slot / 64] |= dryi_pool_bit(slot);
    const bool taken = dryi_pool_bit_set(pool, slot);
    if (taken && !on_top)
      return dryi_fail_at(detail, DRY_CORRUPT, offset, "pool: stack: slot %u is taken and free", slot);
    on_top = taken;
    remains->top_run += taken;
  }
  return DRY_OK;
}

static dry_status check_stack(const dry_pool *pool, dryi_pool_remains *remains, dry_detail *detail) {
  if (remains->count == 0) return DRY_OK;
  uint64_t *seen = dryi_os_alloc_zeroed(words_of(remains->fresh) * sizeof *seen);
  if (!seen) return dryi_fail(detail, DRY_OUT_OF_MEMORY, "pool: no memory to check %u slots", remains->fresh);
  const dry_status status = walk_stack(pool, seen, remains, detail);
  dryi_os_free(seen);
  return status;
}

static uint32_t count_withdrawn(const dry_pool *pool, uint32_t fresh) {
  if (!dryi_pool_has(pool, DRY_MEMORY_GUARDED)) return 0;
  uint32_t count = 0;
  for (uint32_t slot = 0; slot < fresh; slot++)
    count += dryi_pool_bit_set(pool, slot) && dryi_pool_is_withdrawn(pool, slot);
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
  if (!fresh_run(pool, remains))
    return dryi_fail_at(detail, DRY_CORRUPT, dryi_pool_owner_of(pool)->facts.used_offset,
                        "pool: bits: a slot behind %u is taken", remains->fresh);
  const dry_status status = check_stack(pool, remains, detail);
  if (status != DRY_OK) return status;
  const uint32_t taken = taken_between(pool, 0, remains->fresh), free = remains->count - remains->top_run;
  if (taken + free != remains->fresh)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, free_count),
                        "pool: bits: %u are taken and %u free of %u", taken, free, remains->fresh);
  remains->withdrawn = count_withdrawn(pool, remains->fresh);
  /* A slot is marked before it is counted. */
  const uint32_t stored = dryi_pool_load32(&header->withdrawn);
  if (stored == remains->withdrawn || (remains->withdrawn > 0 && stored == remains->withdrawn - 1)) return DRY_OK;
  return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, withdrawn), "pool: %u slots are withdrawn, not %u",
                      remains->withdrawn, stored);
}

/* ---- reset ---- */

static void clear_word(dry_pool *pool, uint32_t w) {
  uint64_t word = dryi_pool_load64(pool->used + w);
  while (word != 0 && dryi_pool_has(pool, DRYI_POOL_STORED_FLAGS)) {
    const uint32_t slot = w * 64 + (uint32_t)__builtin_ctzll(word);
    if (slot < pool->limit) dryi_pool_vacate(pool, slot);
    word &= word - 1;
  }
  pool->used[w] = 0;
}

void dryi_pool_clear(dry_pool *pool, uint32_t to) {
  dry_pool_header *header = pool->header;
  const uint32_t fresh = min_u32(dryi_pool_load32(&header->fresh), pool->limit);
  if (dryi_pool_load32(&header->peak) < fresh) header->peak = fresh;
  header->pending = DRY_POOL_PENDING_RESET;
  then("pool_reset_begun");
  header->free_count = 0;
  for (uint32_t w = 0; w < words_of(to); w++) {
    clear_word(pool, w);
    then("pool_reset_word");
  }
  header->withdrawn = 0;
  header->fresh = 0;
  then("pool_reset_fresh");
  header->pending = 0;
  then("pool_reset_done");
  dryi_pool_hide_range(pool, 0, to);
}

/* ---- repair ---- */

static uint32_t end_of_taken(const dry_pool *pool) {
  for (uint32_t w = words_of(pool->limit); w > 0; w--) {
    const uint64_t word = dryi_pool_load64(pool->used + (w - 1));
    if (word != 0) return min_u32((w - 1) * 64 + 64 - (uint32_t)__builtin_clzll(word), pool->limit);
  }
  return 0;
}

/* Free objects are wiped and poisoned anew where the pool does that: how far a killed process had come is not known. */
static void rebuild(dry_pool *pool) {
  dry_pool_header *header = pool->header;
  const uint32_t stored = dryi_pool_load32(&header->fresh), end = end_of_taken(pool);
  const uint32_t fresh = stored <= pool->limit && stored > end ? stored : end;
  const bool vacate = dryi_pool_has(pool, DRYI_POOL_STORED_FLAGS);
  header->pending = DRY_POOL_PENDING_STACK;
  then("pool_rebuild_begun");
  pool->used[(pool->limit - 1) / 64] &= ~stray_bits(pool);
  if (dryi_pool_load32(&header->peak) > pool->limit) header->peak = fresh;
  header->free_count = 0;
  header->fresh = fresh;
  then("pool_rebuild_fresh");
  uint32_t count = 0;
  for (uint32_t slot = fresh; slot-- > 0;) {
    if (dryi_pool_bit_set(pool, slot)) continue;
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
