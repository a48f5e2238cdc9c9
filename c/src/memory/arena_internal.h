/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* arena_internal.h: what the files of the arena share, and what scratches need of it. */
#ifndef DRYI_MEMORY_ARENA_INTERNAL_H
#define DRYI_MEMORY_ARENA_INTERNAL_H

#include "drystone/arena.h"
#include "memory/backing.h"

/* A request that had no room, served from the heap. They form a list, newest first. */
typedef struct dryi_arena_block {
  struct dryi_arena_block *older;
  uint8_t *memory;
  uint64_t size_bytes;
} dryi_arena_block;

/* What dry_arena_create accepts. DRY_INVALID_ARGUMENT and DRY_TOO_LARGE name the field. */
DRYI_LOCAL dry_status dryi_arena_check_options(const dry_arena_options *options, dry_detail *detail);

static inline uint64_t dryi_arena_used(const dry_arena *arena) { return (uint64_t)(arena->next - arena->base); }
/* The most that was ever used, the present included. */
static inline uint64_t dryi_arena_peak(const dry_arena *arena) {
  uint64_t used = dryi_arena_used(arena);
  return used > arena->peak_bytes ? used : arena->peak_bytes;
}

/* Whether what is taken has poison in it, and must be zeros. */
static inline bool dryi_arena_cleans(const dry_arena *arena) {
  return (arena->asked & DRY_MEMORY_WIPE) && (arena->asked & DRY_MEMORY_GUARDED);
}
/* Whether the inline path must leave each call to the library. */
static inline bool dryi_arena_sees_all(const dry_arena *arena) { return arena->watched || dryi_arena_cleans(arena); }

/* Moves the cursor back to `mark`, which is not beyond it, and frees fallback blocks that are newer than `oldest_kept`
   (NULL: all of them). */
DRYI_LOCAL void dryi_arena_go_back(dry_arena *arena, uint64_t mark, const void *oldest_kept);

/* ---- arena_commit.c ---- */

/* How much becomes usable at a time, for options that were checked; 0: all at once. */
DRYI_LOCAL uint64_t dryi_arena_commit_step(const dry_arena_options *options);
/* What stands in `granted` for memory that got these flags from the system. */
DRYI_LOCAL uint32_t dryi_arena_granted(uint32_t asked, uint32_t by_system);
/* Sees to it that memory is behind the first `bytes`, which are within the capacity. DRY_OUT_OF_MEMORY. */
DRYI_LOCAL dry_status dryi_arena_commit(dry_arena *arena, uint64_t bytes);
/* Sets `end` to what the inline path may take without the library. */
DRYI_LOCAL void dryi_arena_settle(dry_arena *arena);

/* ---- arena_overflow.c ---- */

/* Does what the arena's policy says about a request that failed for `cause`. */
DRYI_LOCAL dry_status dryi_arena_overflow(dry_arena *arena, uint64_t size_bytes, uint64_t align, dry_status cause,
                                          void **memory_out);
/* The block that these bytes lie in; NULL: none. */
DRYI_LOCAL const dryi_arena_block *dryi_arena_find_block(const dry_arena *arena, const void *memory, uint64_t bytes);
DRYI_LOCAL void dryi_arena_free_blocks(dry_arena *arena, const void *oldest_kept);

#endif
