/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * inline/arena.h: dry_arena_alloc without the call, for C and C++ programs whose compiler then knows size and alignment.
 *
 * The program takes in the layout of dry_arena, so it must be compiled against the library that it runs with. Everything
 * but an open arena with room is left to dry_arena_alloc, so results, counts and errors are the same.
 */
#ifndef DRYSTONE_INLINE_ARENA_H
#define DRYSTONE_INLINE_ARENA_H

#include "drystone/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Private: moves the cursor behind an object that was found to have room.
static inline __attribute__((always_inline)) int32_t dry_arena_move_inline(dry_arena *arena, uint8_t *memory,
                                                                           uint64_t size_bytes, void **memory_out) {
  arena->next = memory + size_bytes;
  arena->allocations++;
  *memory_out = memory;
  return 1;
}

/// Private: takes the memory where that is all there is to do, and returns 1; else returns 0 and changes nothing.
static inline __attribute__((always_inline)) int32_t dry_arena_take_inline(dry_arena *arena, uint64_t size_bytes,
                                                                           uint64_t align, void **memory_out) {
  if (__builtin_expect(!arena || !memory_out, 0)) return 0;
  const uint64_t mask = align - 1;
  /* No power of two from 1 to 4096, or a size that could wrap around: one test for what never happens. */
  if (__builtin_expect(((mask & align) | (mask / DRY_ARENA_ALIGN_MAX) | (size_bytes >> 63)) != 0, 0)) return 0;
  uint8_t *const next = arena->next;
  /* 0 while closed. One less is compared on both sides, so that taking nothing from nothing is left to the library. */
  const uint64_t room = (uint64_t)(uintptr_t)arena->end - (uint64_t)(uintptr_t)next;
  /* A run of objects whose size is a multiple of the alignment stays aligned: with a predicted branch a single addition
     lies between one cursor and the next. */
  if (__builtin_constant_p(size_bytes & mask) && (size_bytes & mask) == 0 &&
      __builtin_expect(((uint64_t)(uintptr_t)next & mask) == 0, 1))
    return __builtin_expect(size_bytes - 1 < room, 1) ? dry_arena_move_inline(arena, next, size_bytes, memory_out) : 0;
  const uint64_t aligned = ((uint64_t)(uintptr_t)next + mask) & ~mask;
  if (__builtin_expect(size_bytes + (aligned - (uint64_t)(uintptr_t)next) - 1 >= room, 0)) return 0;
  return dry_arena_move_inline(arena, (uint8_t *)(uintptr_t)aligned, size_bytes, memory_out);
}

/// As dry_arena_alloc.
static inline __attribute__((always_inline)) dry_status dry_arena_alloc_inline(dry_arena *arena, uint64_t size_bytes,
                                                                               uint64_t align, void **memory_out) {
  return __builtin_expect(dry_arena_take_inline(arena, size_bytes, align, memory_out), 1)
             ? DRY_OK
             : dry_arena_alloc(arena, size_bytes, align, memory_out);
}

#ifdef __cplusplus
}
#endif
#endif
