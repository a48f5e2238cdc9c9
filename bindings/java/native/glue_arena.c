/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Memory, arenas, scratch and slabs of glue_memory.h. */
#include <stddef.h>
#include <stdlib.h>

#include "glue_memory.h"

/* ---- memory ---------------------------------------------------------------------------------------------------- */

uint64_t dryj_heap_take(uint64_t bytes) { return bytes > SIZE_MAX ? 0 : (uint64_t)(uintptr_t)calloc(1, (size_t)bytes); }

void dryj_heap_free(uint64_t address) { free((void *)(uintptr_t)address); }

jobject dryj_window(JNIEnv *env, uint64_t address, uint32_t bytes) {
  return (*env)->NewDirectByteBuffer(env, (void *)(uintptr_t)address, (jlong)bytes);
}

int64_t dryj_place(dry_status status, const void *memory, uint64_t base) {
  return status == DRY_OK ? (int64_t)((uint64_t)(uintptr_t)memory - base) : -(int64_t)status;
}

int64_t dryj_number(dry_status status, uint32_t number) {
  return status == DRY_OK ? (int64_t)number : -(int64_t)status;
}

/* ---- arenas ---------------------------------------------------------------------------------------------------- */

dry_arena *dryj_arena_create(uint64_t capacity_bytes, uint32_t overflow, uint32_t flags, uint32_t reserve,
                             uint64_t commit_step_bytes, dry_detail *detail) {
  dry_arena_options options = {.struct_size = sizeof options,
                               .overflow = overflow,
                               .capacity_bytes = capacity_bytes,
                               .flags = flags,
                               .reserve = reserve,
                               .commit_step_bytes = commit_step_bytes};
  dry_arena *arena = dryj_allocate(sizeof *arena, detail);
  return arena == NULL ? NULL : dryj_keep(arena, dry_arena_create(&options, arena, detail), detail);
}

void dryj_arena_free(dry_arena *arena) {
  dry_arena_close(arena);
  free(arena);
}

uint64_t dryj_arena_address(dry_arena *arena) {
  void *base = NULL;
  dry_arena_base(arena, &base);
  return (uint64_t)(uintptr_t)base;
}

#define CURSOR_BYTES 24
_Static_assert(offsetof(dry_arena, next) == 0 && offsetof(dry_arena, end) == 8 && offsetof(dry_arena, allocations) == 16,
               "Cursor.java reads and writes these three");

jobject dryj_arena_cursor(JNIEnv *env, dry_arena *arena) {
  return (*env)->NewDirectByteBuffer(env, arena, CURSOR_BYTES);
}

int64_t dryj_arena_alloc(dry_arena *arena, uint64_t size_bytes, uint64_t align) {
  void *memory = NULL;
  dry_status status = dry_arena_alloc(arena, size_bytes, align, &memory);
  return dryj_place(status, memory, dryj_arena_address(arena));
}

int64_t dryj_arena_alloc_zeroed(dry_arena *arena, uint64_t size_bytes, uint64_t align) {
  void *memory = NULL;
  dry_status status = dry_arena_alloc_zeroed(arena, size_bytes, align, &memory);
  return dryj_place(status, memory, dryj_arena_address(arena));
}

int64_t dryj_arena_realloc(dry_arena *arena, uint64_t offset, uint64_t old_bytes, uint64_t new_bytes, uint64_t align) {
  uint64_t base = dryj_arena_address(arena);
  void *memory = NULL;
  dry_status status =
      dry_arena_realloc(arena, (void *)(uintptr_t)(base + offset), old_bytes, new_bytes, align, &memory);
  return dryj_place(status, memory, base);
}

int64_t dryj_arena_mark(dry_arena *arena) {
  uint64_t mark = 0;
  dry_status status = dry_arena_mark(arena, &mark);
  return status == DRY_OK ? (int64_t)mark : -(int64_t)status;
}

dry_status dryj_arena_stats(JNIEnv *env, dry_arena *arena, jlongArray numbers) {
  dry_arena_stats stats;
  dry_status status = dry_arena_get_stats(arena, &stats);
  if (status == DRY_OK) {
    const uint64_t all[] = {stats.capacity_bytes, stats.used_bytes, stats.peak_bytes, stats.committed_bytes,
                            stats.allocations,    stats.failures,   stats.resets,     stats.granted,
                            stats.refused};
    dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  }
  return status;
}

/* ---- scratch --------------------------------------------------------------------------------------------------- */

dry_scratch *dryj_scratch_create(uint64_t capacity_bytes, uint32_t overflow, uint32_t flags, uint32_t reserve,
                                 dry_detail *detail) {
  dry_scratch_options options = {.struct_size = sizeof options,
                                 .overflow = overflow,
                                 .capacity_bytes = capacity_bytes,
                                 .flags = flags,
                                 .reserve = reserve};
  dry_scratch *scratch = dryj_allocate(sizeof *scratch, detail);
  return scratch == NULL ? NULL : dryj_keep(scratch, dry_scratch_create(&options, scratch, detail), detail);
}

void dryj_scratch_free(dry_scratch *scratch) {
  dry_scratch_close(scratch);
  free(scratch);
}

uint64_t dryj_scratch_address(dry_scratch *scratch) { return dryj_arena_address(&scratch->arena); }

jobject dryj_scratch_cursor(JNIEnv *env, dry_scratch *scratch) { return dryj_arena_cursor(env, &scratch->arena); }

int64_t dryj_scratch_alloc(dry_scratch *scratch, uint64_t size_bytes, uint64_t align) {
  void *memory = NULL;
  dry_status status = dry_scratch_alloc(scratch, size_bytes, align, &memory);
  return dryj_place(status, memory, dryj_scratch_address(scratch));
}

/* What a scope holds is C's own affair; the facade keeps its words. */
#define SCOPE_WORDS 2
_Static_assert(sizeof(dry_scratch_scope) == SCOPE_WORDS * sizeof(uint64_t), "a scope crosses as two words");

dry_status dryj_scratch_begin(JNIEnv *env, dry_scratch *scratch, jlongArray scope) {
  dry_scratch_scope begun;
  dry_status status = dry_scratch_begin(scratch, &begun);
  if (status == DRY_OK) {
    uint64_t words[SCOPE_WORDS];
    memcpy(words, &begun, sizeof begun);
    dryj_give(env, scope, SCOPE_WORDS, words);
  }
  return status;
}

dry_status dryj_scratch_end(dry_scratch *scratch, uint64_t first, uint64_t second) {
  const uint64_t words[SCOPE_WORDS] = {first, second};
  dry_scratch_scope scope;
  memcpy(&scope, words, sizeof scope);
  return dry_scratch_end(scratch, &scope);
}

dry_status dryj_scratch_stats(JNIEnv *env, dry_scratch *scratch, jlongArray numbers) {
  dry_scratch_stats stats;
  dry_status status = dry_scratch_get_stats(scratch, &stats);
  if (status == DRY_OK) {
    const uint64_t all[] = {stats.capacity_bytes, stats.used_bytes, stats.peak_bytes, stats.allocations,
                            stats.failures,       stats.resets,     stats.scopes,     stats.depth};
    dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  }
  return status;
}

/* ---- slabs ----------------------------------------------------------------------------------------------------- */

#define NUMBERS_OF_SLAB 6
#define NUMBERS_OF_CLASS 3

dry_slab *dryj_slab_create(uint32_t flags, uint64_t bytes, dry_detail *detail) {
  dry_slab_options options = {.struct_size = sizeof options, .flags = flags, .bytes = bytes};
  dry_slab *slab = dryj_allocate(sizeof *slab, detail);
  return slab == NULL ? NULL : dryj_keep(slab, dry_slab_create(&options, slab, detail), detail);
}

void dryj_slab_free_all(dry_slab *slab) {
  dry_slab_close(slab);
  free(slab);
}

uint64_t dryj_slab_address(dry_slab *slab) {
  void *base = NULL;
  dry_slab_base(slab, &base);
  return (uint64_t)(uintptr_t)base;
}

int64_t dryj_slab_alloc(dry_slab *slab, uint64_t size_bytes) {
  void *memory = NULL;
  dry_status status = dry_slab_alloc(slab, size_bytes, &memory, NULL);
  return dryj_place(status, memory, dryj_slab_address(slab));
}

dry_status dryj_slab_free(dry_slab *slab, uint64_t offset) {
  return dry_slab_free(slab, (void *)(uintptr_t)(dryj_slab_address(slab) + offset));
}

int64_t dryj_slab_usable_bytes(dry_slab *slab, uint64_t offset) {
  uint64_t bytes = 0;
  dry_status status =
      dry_slab_usable_bytes(slab, (const void *)(uintptr_t)(dryj_slab_address(slab) + offset), &bytes);
  return status == DRY_OK ? (int64_t)bytes : -(int64_t)status;
}

dry_status dryj_slab_stats(JNIEnv *env, dry_slab *slab, jlongArray numbers) {
  dry_slab_stats stats;
  dry_status status = dry_slab_get_stats(slab, &stats);
  if (status == DRY_OK) {
    uint64_t all[NUMBERS_OF_SLAB + NUMBERS_OF_CLASS * DRY_SLAB_CLASSES] = {
        stats.in_use, stats.failures, stats.pages, stats.free_pages, stats.granted, stats.refused};
    for (size_t i = 0; i < DRY_SLAB_CLASSES; i++) {
      uint64_t *of_class = all + NUMBERS_OF_SLAB + NUMBERS_OF_CLASS * i;
      of_class[0] = stats.classes[i].size_bytes;
      of_class[1] = stats.classes[i].in_use;
      of_class[2] = stats.classes[i].pages;
    }
    dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  }
  return status;
}
