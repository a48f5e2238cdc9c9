/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Buffer pools of glue_memory.h. */
#include <stdlib.h>

#include "glue_memory.h"

static int64_t handle_or_status(dry_status status, uint64_t handle) {
  return status == DRY_OK ? (int64_t)handle : -(int64_t)status;
}

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
