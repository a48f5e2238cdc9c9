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

/// Private: takes the memory where that is all there is to do, and returns 1; else returns 0 and changes nothing.
static inline __attribute__((always_inline)) int32_t dry_arena_take_inline(dry_arena *arena, uint64_t size_bytes,
                                                                           uint64_t align, void **memory_out) {
  if (__builtin_expect(!arena || !memory_out, 0)) return 0;
  const uint64_t mask = align - 1;
  if (__builtin_expect((mask & align) != 0 || mask >= DRY_ARENA_ALIGN_MAX, 0)) return 0;
  /* Nothing, which only the library can tell from a closed arena, or so much that the end below could wrap around. */
  if (__builtin_expect((int64_t)size_bytes <= 0, 0)) return 0;
  uint64_t at = (uint64_t)(uintptr_t)arena->next;
  if (__builtin_constant_p(size_bytes & mask) && (size_bytes & mask) == 0) {
    /* A run of such objects stays aligned: with a predicted branch a single addition lies between one cursor and the
       next. The empty assembly keeps the compiler from joining the two ways again. */
    if (__builtin_expect((at & mask) != 0, 0)) {
      at = (at + mask) & ~mask;
      __asm__("" : "+r"(at));
    }
  } else {
    at = (at + mask) & ~mask;
  }
  const uint64_t behind = at + size_bytes;
  if (__builtin_expect(behind > (uint64_t)(uintptr_t)arena->end, 0)) return 0;
  arena->next = (uint8_t *)(uintptr_t)behind;
  arena->allocations++;
  *memory_out = (void *)(uintptr_t)at;
  return 1;
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
