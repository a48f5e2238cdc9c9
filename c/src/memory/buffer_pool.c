/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* buffer_pool.c: an object pool whose objects are arrays. */
#include "drystone/buffer_pool.h"

#include <string.h>

#include "base/detail.h"
#include "memory/backing.h"

static dry_status check_options(const dry_buffer_pool_options *options, dry_object_pool_options *objects_out,
                                dry_detail *detail) {
  if (!options) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: must not be NULL");
  if (options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "struct_size: is %u, this library's is %zu", options->struct_size,
                     sizeof *options);
  if (options->element_bytes == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "element_bytes: must be at least 1");
  if (options->elements == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "elements: must be at least 1");
  if (options->blocks == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "blocks: must be at least 1");
  uint64_t bytes;
  if (!dryi_mul(options->element_bytes, options->elements, &bytes) || bytes > DRY_OBJECT_POOL_OBJECT_BYTES_MAX)
    return dryi_fail(detail, DRY_TOO_LARGE, "elements: %llu of %llu bytes are more than %u",
                     (unsigned long long)options->elements, (unsigned long long)options->element_bytes,
                     DRY_OBJECT_POOL_OBJECT_BYTES_MAX);
  if (options->blocks > DRY_OBJECT_POOL_CAPACITY_MAX)
    return dryi_fail(detail, DRY_TOO_LARGE, "blocks: %llu is above %u", (unsigned long long)options->blocks,
                     DRY_OBJECT_POOL_CAPACITY_MAX);
  memset(objects_out, 0, sizeof *objects_out);
  objects_out->struct_size = sizeof *objects_out;
  objects_out->flags = options->flags;
  objects_out->object_bytes = bytes;
  objects_out->capacity = options->blocks;
  /* From one element's size, and not from that of the whole block. */
  return dryi_check_align(options->align_bytes, options->element_bytes, DRY_OBJECT_POOL_ALIGN_MAX,
                          &objects_out->align_bytes, detail);
}

dry_status dry_buffer_pool_create(const dry_buffer_pool_options *options, dry_buffer_pool *pool_out, dry_detail *detail) {
  if (!pool_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool_out: must not be NULL");
  memset(pool_out, 0, sizeof *pool_out);
  dry_object_pool_options objects;
  dry_status status = check_options(options, &objects, detail);
  if (status != DRY_OK) return status;
  status = dry_object_pool_create(&objects, &pool_out->objects, detail);
  /* All that can still be too large is their product, which object pools know by another name. */
  if (status == DRY_TOO_LARGE)
    return dryi_fail(detail, status, "blocks: %llu of %llu bytes are more than 2^46 bytes",
                     (unsigned long long)options->blocks, (unsigned long long)objects.object_bytes);
  if (status != DRY_OK) return status;
  pool_out->element_bytes = options->element_bytes;
  pool_out->elements = options->elements;
  return DRY_OK;
}

dry_status dry_buffer_pool_close(dry_buffer_pool *pool) {
  if (!pool) return DRY_INVALID_ARGUMENT;
  dry_status status = dry_object_pool_close(&pool->objects, NULL);
  memset(pool, 0, sizeof *pool);
  return status;
}

dry_status dry_buffer_pool_acquire(dry_buffer_pool *pool, uint64_t *handle_out, void **block_out) {
  return dry_object_pool_acquire(pool ? &pool->objects : NULL, handle_out, block_out);
}

dry_status dry_buffer_pool_get(const dry_buffer_pool *pool, uint64_t handle, void **block_out) {
  return dry_object_pool_get(pool ? &pool->objects : NULL, handle, block_out);
}

dry_status dry_buffer_pool_release(dry_buffer_pool *pool, uint64_t handle) {
  return dry_object_pool_release(pool ? &pool->objects : NULL, handle);
}

/* The bytes of `count` elements of a block from the one at `at` on. */
static dry_status find_range(const dry_buffer_pool *pool, uint64_t handle, uint64_t at, uint64_t count,
                             uint8_t **from_out) {
  void *block;
  dry_status status = dry_buffer_pool_get(pool, handle, &block);
  if (status != DRY_OK) return status;
  if (!dryi_in_range(at, count, pool->elements)) return DRY_INVALID_ARGUMENT;
  *from_out = (uint8_t *)block + at * pool->element_bytes;
  return DRY_OK;
}

dry_status dry_buffer_pool_read(const dry_buffer_pool *pool, uint64_t handle, uint64_t at, void *elements_out,
                                uint64_t count) {
  uint8_t *from;
  dry_status status = find_range(pool, handle, at, count, &from);
  if (status != DRY_OK) return status;
  if (!elements_out && count > 0) return DRY_INVALID_ARGUMENT;
  if (count > 0) memcpy(elements_out, from, (size_t)(count * pool->element_bytes));
  return DRY_OK;
}

dry_status dry_buffer_pool_write(dry_buffer_pool *pool, uint64_t handle, uint64_t at, const void *elements,
                                 uint64_t count) {
  uint8_t *to;
  dry_status status = find_range(pool, handle, at, count, &to);
  if (status != DRY_OK) return status;
  if (!elements && count > 0) return DRY_INVALID_ARGUMENT;
  if (count > 0) memcpy(to, elements, (size_t)(count * pool->element_bytes));
  return DRY_OK;
}

dry_status dry_buffer_pool_get_stats(const dry_buffer_pool *pool, dry_buffer_pool_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  dry_object_pool_stats objects;
  dry_status status = dry_object_pool_get_stats(pool ? &pool->objects : NULL, &objects);
  if (status != DRY_OK) return status;
  stats_out->blocks = objects.capacity;
  stats_out->in_use = objects.in_use;
  stats_out->peak = objects.peak;
  stats_out->elements = pool->elements;
  stats_out->element_bytes = pool->element_bytes;
  stats_out->stride_bytes = objects.stride_bytes;
  stats_out->failures = objects.failures;
  stats_out->size_bytes = objects.size_bytes;
  stats_out->granted = objects.granted;
  stats_out->refused = objects.refused;
  return DRY_OK;
}
