/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* scratch.c: scopes over an arena. */
#include "drystone/scratch.h"

#include <string.h>

#include "base/assert.h"
#include "base/detail.h"
#include "memory/arena_internal.h"
#include "memory/scratch_internal.h"
#include "os/os.h"

/* ---- making and closing ---- */

dry_status dryi_scratch_check_struct(const dry_scratch_options *options, dry_detail *detail) {
  if (options && options->struct_size == sizeof *options) return DRY_OK;
  return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: missing, or struct_size is not %zu", sizeof *options);
}

dry_arena_options dryi_scratch_arena_options(const dry_scratch_options *options) {
  dry_arena_options arena = {sizeof arena, 0, DRY_SCRATCH_BYTES_DEFAULT, 0, 0, 0};
  if (!options) return arena;
  arena.overflow = options->overflow;
  arena.flags = options->flags;
  arena.reserve = options->reserve;
  if (options->capacity_bytes) arena.capacity_bytes = options->capacity_bytes;
  return arena;
}

dry_status dry_scratch_create(const dry_scratch_options *options, dry_scratch *scratch_out, dry_detail *detail) {
  if (!scratch_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "scratch_out: must not be NULL");
  memset(scratch_out, 0, sizeof *scratch_out);
  dry_status status = options ? dryi_scratch_check_struct(options, detail) : DRY_OK;
  if (status != DRY_OK) return status;
  dry_arena_options arena = dryi_scratch_arena_options(options);
  status = dry_arena_create(&arena, &scratch_out->arena, detail);
  if (status == DRY_OK) scratch_out->level_count = DRY_SCRATCH_LEVELS;
  return status;
}

void dryi_scratch_close(dry_scratch *scratch) {
  (void)dry_arena_close(&scratch->arena);
  dryi_os_free(scratch->levels);
  memset(scratch, 0, sizeof *scratch);
}

dry_status dry_scratch_close(dry_scratch *scratch) {
  if (!scratch || scratch->shared) return DRY_INVALID_ARGUMENT;
  dryi_scratch_close(scratch);
  return DRY_OK;
}

/* ---- scopes ---- */

static dry_scratch_level *levels_of(dry_scratch *scratch) {
  return scratch->levels ? scratch->levels : scratch->first_levels;
}

static __attribute__((noinline)) dry_status more_levels(dry_scratch *scratch) {
  dry_scratch_level *levels = dryi_os_alloc_zeroed((size_t)scratch->level_count * 2 * sizeof *levels);
  if (!levels) return DRY_OUT_OF_MEMORY;
  memcpy(levels, levels_of(scratch), (size_t)scratch->level_count * sizeof *levels);
  dryi_os_free(scratch->levels);
  scratch->levels = levels;
  scratch->level_count *= 2;
  return DRY_OK;
}

/* Scopes of one scratch never have the same, and those of two scratches hardly ever: the address comes in. */
static uint64_t next_serial(dry_scratch *scratch) {
  return ++scratch->scopes ^ (uint64_t)(uintptr_t)scratch << 24;
}

dry_status dry_scratch_begin(dry_scratch *scratch, dry_scratch_scope *scope_out) {
  if (!scope_out) return DRY_INVALID_ARGUMENT;
  memset(scope_out, 0, sizeof *scope_out);
  if (!scratch) return DRY_INVALID_ARGUMENT;
  if (!scratch->arena.base) return DRY_CLOSED;
  if (scratch->depth == scratch->level_count && more_levels(scratch) != DRY_OK) return DRY_OUT_OF_MEMORY;
  dry_scratch_level *level = &levels_of(scratch)[scratch->depth++];
  level->serial = next_serial(scratch);
  level->mark = dryi_arena_used(&scratch->arena);
  level->blocks = scratch->arena.fallback_blocks;
  scope_out->depth = scratch->depth;
  scope_out->serial = level->serial;
  return DRY_OK;
}

dry_status dry_scratch_end(dry_scratch *scratch, const dry_scratch_scope *scope) {
  if (!scratch || !scope) return DRY_INVALID_ARGUMENT;
  if (!scratch->arena.base) return DRY_CLOSED;
  /* Depth 0 is that of a scope that never began. */
  if (scope->depth - 1 >= scratch->depth) return DRY_STALE;
  const dry_scratch_level *level = &levels_of(scratch)[scope->depth - 1];
  if (level->serial != scope->serial) return DRY_STALE;
  dryi_arena_go_back(&scratch->arena, level->mark, level->blocks);
  scratch->depth = scope->depth - 1;
  if (scratch->depth == 0) {
    scratch->arena.resets++;
    if (scratch->shared) dryi_scratch_publish(scratch);
  }
  return DRY_OK;
}

dry_status dry_scratch_alloc(dry_scratch *scratch, uint64_t size_bytes, uint64_t align, void **memory_out) {
  return dry_arena_alloc(scratch ? &scratch->arena : NULL, size_bytes, align, memory_out);
}

dry_status dry_scratch_ensure(dry_scratch *scratch, uint64_t size_bytes, uint64_t align) {
  return dry_arena_ensure(scratch ? &scratch->arena : NULL, size_bytes, align);
}

dry_status dry_scratch_reset(dry_scratch *scratch) {
  dry_status status = dry_arena_reset(scratch ? &scratch->arena : NULL);
  if (status != DRY_OK) return status;
  scratch->depth = 0;
  if (scratch->shared) dryi_scratch_publish(scratch);
  return DRY_OK;
}

/* ---- facts ---- */

void dryi_scratch_count(const dry_scratch *scratch, dry_scratch_stats *stats_out) {
  const dry_arena *arena = &scratch->arena;
  *stats_out = (dry_scratch_stats){
      .capacity_bytes = arena->capacity_bytes,
      .used_bytes = dryi_arena_used(arena),
      .peak_bytes = dryi_arena_peak(arena),
      .allocations = arena->allocations,
      .failures = arena->failures,
      .fallbacks = arena->fallbacks,
      .resets = arena->resets,
      .scopes = scratch->scopes,
      .depth = scratch->depth,
      .threads = 1,
  };
}

dry_status dry_scratch_get_stats(const dry_scratch *scratch, dry_scratch_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  if (!scratch) return DRY_INVALID_ARGUMENT;
  if (!scratch->arena.base) return DRY_CLOSED;
  dryi_scratch_count(scratch, stats_out);
  if (scratch->shared) dryi_scratch_publish(scratch);
  return DRY_OK;
}
