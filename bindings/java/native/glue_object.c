/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Object and buffer pools of glue_memory.h. */
#include <stdlib.h>

#include "glue_memory.h"

/** Up to so many handles cross by way of the stack. */
#define SMALL_COUNT 128

/** Handles on their way between a long[] and C. */
typedef struct handle_copy {
  uint64_t *all;
  uint64_t small[SMALL_COUNT];
} handle_copy;

static int handles_open(JNIEnv *env, uint32_t count, handle_copy *out) {
  out->all = count <= SMALL_COUNT ? out->small : malloc((size_t)count * sizeof *out->all);
  if (out->all == NULL) {
    dryj_throw_no_memory(env);
  }
  return out->all != NULL;
}

static void handles_close(handle_copy *copy) {
  if (copy->all != copy->small) {
    free(copy->all);
  }
}

static int64_t handle_or_status(dry_status status, uint64_t handle) {
  return status == DRY_OK ? (int64_t)handle : -(int64_t)status;
}

/* ---- object pools ---------------------------------------------------------------------------------------------- */

dry_object_pool *dryj_object_pool_create(uint32_t flags, uint64_t capacity, dry_detail *detail) {
  /* One byte for what the object is in other languages: the facade has the objects. */
  dry_object_pool_options options = {
      .struct_size = sizeof options, .flags = flags, .object_bytes = 1, .capacity = capacity};
  dry_object_pool *pool = dryj_allocate(sizeof *pool, detail);
  return pool == NULL ? NULL : dryj_keep(pool, dry_object_pool_create(&options, pool, detail), detail);
}

void dryj_object_pool_free(dry_object_pool *pool) {
  dry_object_pool_close(pool, NULL);
  free(pool);
}

int64_t dryj_object_pool_acquire(dry_object_pool *pool) {
  uint64_t handle = 0;
  void *object = NULL;
  dry_status status = dry_object_pool_acquire(pool, &handle, &object);
  return handle_or_status(status, handle);
}

dry_status dryj_object_pool_acquire_many(JNIEnv *env, dry_object_pool *pool, jlongArray array, uint32_t from,
                                         uint32_t count) {
  handle_copy copy;
  if (!handles_open(env, count, &copy)) {
    return DRY_OUT_OF_MEMORY;
  }
  dry_status status = dry_object_pool_acquire_many(pool, copy.all, count);
  if (status == DRY_OK) {
    (*env)->SetLongArrayRegion(env, array, (jsize)from, (jsize)count, (const jlong *)(const void *)copy.all);
  }
  handles_close(&copy);
  return status;
}

dry_status dryj_object_pool_release_many(JNIEnv *env, dry_object_pool *pool, jlongArray array, uint32_t from,
                                         uint32_t count) {
  handle_copy copy;
  if (!handles_open(env, count, &copy)) {
    return DRY_OUT_OF_MEMORY;
  }
  (*env)->GetLongArrayRegion(env, array, (jsize)from, (jsize)count, (jlong *)(void *)copy.all);
  dry_status status = dry_object_pool_release_many(pool, copy.all, count);
  handles_close(&copy);
  return status;
}

dry_status dryj_object_pool_stats(JNIEnv *env, dry_object_pool *pool, jlongArray numbers) {
  dry_object_pool_stats stats;
  dry_status status = dry_object_pool_get_stats(pool, &stats);
  if (status == DRY_OK) {
    const uint64_t all[] = {stats.capacity, stats.in_use,     stats.peak,    stats.destroyed, stats.retired,
                            stats.failures, stats.size_bytes, stats.granted, stats.refused};
    dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  }
  return status;
}

/* ---- buffer pools ---------------------------------------------------------------------------------------------- */

dry_buffer_pool *dryj_buffer_pool_create(uint32_t flags, uint64_t element_bytes, uint64_t elements, uint64_t blocks,
                                         uint64_t align_bytes, dry_detail *detail) {
  dry_buffer_pool_options options = {.struct_size = sizeof options,
                                     .flags = flags,
                                     .element_bytes = element_bytes,
                                     .elements = elements,
                                     .blocks = blocks,
                                     .align_bytes = align_bytes};
  dry_buffer_pool *pool = dryj_allocate(sizeof *pool, detail);
  return pool == NULL ? NULL : dryj_keep(pool, dry_buffer_pool_create(&options, pool, detail), detail);
}

void dryj_buffer_pool_free(dry_buffer_pool *pool) {
  dry_buffer_pool_close(pool);
  free(pool);
}

uint64_t dryj_buffer_pool_address(dry_buffer_pool *pool) { return (uint64_t)(uintptr_t)pool->objects.slots; }

int64_t dryj_buffer_pool_acquire(dry_buffer_pool *pool) {
  uint64_t handle = 0;
  void *block = NULL;
  dry_status status = dry_buffer_pool_acquire(pool, &handle, &block);
  return handle_or_status(status, handle);
}

int64_t dryj_buffer_pool_at(dry_buffer_pool *pool, uint64_t handle) {
  void *block = NULL;
  dry_status status = dry_buffer_pool_get(pool, handle, &block);
  return dryj_place(status, block, dryj_buffer_pool_address(pool));
}

dry_status dryj_buffer_pool_stats(JNIEnv *env, dry_buffer_pool *pool, jlongArray numbers) {
  dry_buffer_pool_stats stats;
  dry_status status = dry_buffer_pool_get_stats(pool, &stats);
  if (status == DRY_OK) {
    const uint64_t all[] = {stats.blocks,       stats.in_use,   stats.peak,       stats.elements, stats.element_bytes,
                            stats.stride_bytes, stats.failures, stats.size_bytes, stats.granted,  stats.refused};
    dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  }
  return status;
}
