/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* arena_commit.c: arenas that reserve address space and put memory behind it as they are used. */
#include "base/assert.h"
#include "memory/annotate.h"
#include "memory/arena_internal.h"

#define STEP_BYTES 0x10000u
#define HUGE_STEP_BYTES 0x200000u

uint64_t dryi_arena_commit_step(const dry_arena_options *options) {
  if (!options->reserve) return 0;
  if (options->commit_step_bytes) return dryi_align_up(options->commit_step_bytes, DRY_REGION_PAGE_BYTES);
  return options->flags & DRY_MEMORY_HUGE_PAGES ? HUGE_STEP_BYTES : STEP_BYTES;
}

uint32_t dryi_arena_granted(uint32_t asked, uint32_t by_system) {
  return by_system | (asked & (DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE));
}

void dryi_arena_settle(dry_arena *arena) { arena->end = dryi_arena_sees_all(arena) ? arena->next : arena->limit; }

dry_status dryi_arena_commit(dry_arena *arena, uint64_t bytes) {
  DRY_ASSERT(bytes <= arena->capacity_bytes);
  uint64_t usable = (uint64_t)(arena->limit - arena->base);
  if (bytes <= usable) return DRY_OK;
  /* The limit is a multiple of the page until the capacity is reached, and then nothing is missing any more. */
  uint64_t step = arena->commit_step_bytes;
  uint64_t more = (bytes - usable + step - 1) / step * step;
  if (more > arena->mapping_bytes - usable) more = arena->mapping_bytes - usable;
  dryi_private memory = {arena->base, arena->mapping_bytes, arena->granted, arena->asked & ~arena->granted};
  dry_status status = dryi_private_commit(&memory, usable, more, arena->asked);
  if (status != DRY_OK) return status;
  usable += more;
  if (usable > arena->capacity_bytes) usable = arena->capacity_bytes;
  if (arena->watched) dryi_annotate_free(arena->limit, usable - (uint64_t)(arena->limit - arena->base));
  arena->limit = arena->base + usable;
  arena->granted = dryi_arena_granted(arena->asked, memory.granted);
  dryi_arena_settle(arena);
  return DRY_OK;
}
