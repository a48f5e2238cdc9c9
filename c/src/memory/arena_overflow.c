/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* arena_overflow.c: what happens to a request that has no room. */
#include <stdio.h>
#include <stdlib.h>

#include "memory/arena_internal.h"
#include "os/os.h"

static _Noreturn void give_up(const dry_arena *arena, uint64_t size_bytes, uint64_t align) {
  (void)fprintf(stderr, "drystone: arena: no room for %llu bytes aligned to %llu, %llu of %llu bytes are in use\n",
                (unsigned long long)size_bytes, (unsigned long long)align, (unsigned long long)dryi_arena_used(arena),
                (unsigned long long)arena->capacity_bytes);
  abort();
}

/* The list's entry, padding and the object in one piece of heap. */
static dryi_arena_block *new_block(uint64_t size_bytes, uint64_t align) {
  /* What no arena could hold is refused here: an allocator with checks of its own may abort over it. */
  if (size_bytes > DRY_ARENA_BYTES_MAX) return NULL;
  dryi_arena_block *block = dryi_os_alloc_zeroed((size_t)(sizeof *block + align - 1 + size_bytes));
  if (!block) return NULL;
  uint8_t *behind = (uint8_t *)(block + 1);
  block->memory = behind + ((0 - (uint64_t)(uintptr_t)behind) & (align - 1));
  block->size_bytes = size_bytes;
  return block;
}

dry_status dryi_arena_overflow(dry_arena *arena, uint64_t size_bytes, uint64_t align, dry_status cause,
                               void **memory_out) {
  if (arena->overflow == DRY_OVERFLOW_ABORT) give_up(arena, size_bytes, align);
  if (arena->overflow == DRY_OVERFLOW_FALLBACK) {
    dryi_arena_block *block = new_block(size_bytes, align);
    if (block) {
      block->older = arena->fallback_blocks;
      arena->fallback_blocks = block;
      arena->fallbacks++;
      arena->allocations++;
      *memory_out = block->memory;
      return DRY_OK;
    }
    cause = DRY_OUT_OF_MEMORY;
  }
  arena->failures++;
  return cause;
}

const dryi_arena_block *dryi_arena_find_block(const dry_arena *arena, const void *memory, uint64_t bytes) {
  for (const dryi_arena_block *block = arena->fallback_blocks; block; block = block->older) {
    uint64_t offset = (uint64_t)(uintptr_t)memory - (uint64_t)(uintptr_t)block->memory;
    if (dryi_in_range(offset, bytes, block->size_bytes)) return block;
  }
  return NULL;
}

void dryi_arena_free_blocks(dry_arena *arena, const void *oldest_kept) {
  dryi_arena_block *block = arena->fallback_blocks;
  while (block && block != oldest_kept) {
    dryi_arena_block *older = block->older;
    if (arena->asked & DRY_MEMORY_WIPE) dryi_wipe(block->memory, block->size_bytes);
    dryi_os_free(block);
    block = older;
  }
  arena->fallback_blocks = block;
}
