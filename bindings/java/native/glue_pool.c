/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pools, shared pools and index maps of glue_memory.h. */
#include <stdlib.h>

#include "glue_memory.h"

/* ---- slots of several at once ---------------------------------------------------------------------------------- */

/** Up to so many numbers cross by way of the stack. */
#define SMALL_COUNT 256

/** Numbers on their way between an int[] and C. */
typedef struct slot_copy {
  uint32_t *all;
  uint32_t small[SMALL_COUNT];
} slot_copy;

static int slots_open(JNIEnv *env, uint32_t count, slot_copy *out) {
  out->all = count <= SMALL_COUNT ? out->small : malloc((size_t)count * sizeof *out->all);
  if (out->all == NULL) {
    dryj_throw_no_memory(env);
  }
  return out->all != NULL;
}

static void slots_close(slot_copy *copy) {
  if (copy->all != copy->small) {
    free(copy->all);
  }
}

/** A call of C that fills, or reads, an array of slots. */
typedef dry_status (*acquire_call)(void *block, uint32_t *slots_out, uint64_t count);
typedef dry_status (*release_call)(void *block, const uint32_t *slots, uint64_t count);

static dry_status acquire_many(JNIEnv *env, acquire_call call, void *block, jintArray array, uint32_t from,
                               uint32_t count) {
  slot_copy copy;
  if (!slots_open(env, count, &copy)) {
    return DRY_OUT_OF_MEMORY;
  }
  dry_status status = call(block, copy.all, count);
  if (status == DRY_OK) {
    (*env)->SetIntArrayRegion(env, array, (jsize)from, (jsize)count, (const jint *)(const void *)copy.all);
  }
  slots_close(&copy);
  return status;
}

static dry_status release_many(JNIEnv *env, release_call call, void *block, jintArray array, uint32_t from,
                               uint32_t count) {
  slot_copy copy;
  if (!slots_open(env, count, &copy)) {
    return DRY_OUT_OF_MEMORY;
  }
  (*env)->GetIntArrayRegion(env, array, (jsize)from, (jsize)count, (jint *)(void *)copy.all);
  dry_status status = call(block, copy.all, count);
  slots_close(&copy);
  return status;
}

/* ---- pools ----------------------------------------------------------------------------------------------------- */

dry_status dryj_pool_required_bytes(uint32_t flags, uint64_t object_bytes, uint64_t capacity_slots,
                                    uint64_t align_bytes, uint64_t *bytes_out) {
  dry_pool_options options = {.struct_size = sizeof options,
                              .flags = flags,
                              .object_bytes = object_bytes,
                              .capacity_slots = capacity_slots,
                              .align_bytes = align_bytes};
  return dry_pool_required_bytes(&options, bytes_out);
}

dry_pool *dryj_pool_create(dry_region *region, const char *name, size_t name_bytes, uint32_t flags,
                           uint64_t object_bytes, uint64_t capacity_slots, uint64_t align_bytes,
                           uint64_t capacity_max_slots, uint64_t chunk_slots, dry_detail *detail) {
  dry_pool_options options = {.struct_size = sizeof options,
                              .flags = flags,
                              .object_bytes = object_bytes,
                              .capacity_slots = capacity_slots,
                              .align_bytes = align_bytes,
                              .capacity_max_slots = capacity_max_slots,
                              .chunk_slots = chunk_slots};
  dry_pool *pool = dryj_allocate(sizeof *pool, detail);
  if (pool == NULL) {
    return NULL;
  }
  return dryj_keep(pool,
                   region == NULL ? dry_pool_create(&options, pool, detail)
                                  : dry_pool_create_in(region, name, name_bytes, &options, pool, detail),
                   detail);
}

dry_pool *dryj_pool_open(dry_region *region, const char *name, size_t name_bytes, dry_detail *detail) {
  dry_pool *pool = dryj_allocate(sizeof *pool, detail);
  return pool == NULL ? NULL : dryj_keep(pool, dry_pool_open(region, name, name_bytes, pool, detail), detail);
}

void dryj_pool_free(dry_pool *pool) {
  dry_pool_close(pool);
  free(pool);
}

uint64_t dryj_pool_address(dry_pool *pool) { return (uint64_t)(uintptr_t)pool->slots; }

/* Null where a buffer cannot be so long. */
static jobject books(JNIEnv *env, void *from, const void *to) {
  uint64_t bytes = (uint64_t)((const uint8_t *)to - (const uint8_t *)from);
  return bytes > INT32_MAX ? NULL : (*env)->NewDirectByteBuffer(env, from, (jlong)bytes);
}

jobject dryj_pool_books(JNIEnv *env, dry_pool *pool) {
  return pool->plain == pool->header->capacity ? books(env, pool->header, pool->slots) : NULL;
}

int64_t dryj_pool_acquire(dry_pool *pool) {
  uint32_t slot = 0;
  dry_status status = dry_pool_acquire(pool, &slot);
  return dryj_number(status, slot);
}

int64_t dryj_pool_at(dry_pool *pool, uint32_t slot) {
  void *memory = NULL;
  dry_status status = dry_pool_at(pool, slot, &memory);
  return dryj_place(status, memory, dryj_pool_address(pool));
}

int64_t dryj_pool_next_used(dry_pool *pool, uint32_t from) {
  uint32_t slot = 0;
  dry_status status = dry_pool_next_used(pool, from, &slot);
  return dryj_number(status, slot);
}

static dry_status acquire_from_pool(void *block, uint32_t *slots_out, uint64_t count) {
  return dry_pool_acquire_many(block, slots_out, count);
}

static dry_status release_to_pool(void *block, const uint32_t *all, uint64_t count) {
  return dry_pool_release_many(block, all, count);
}

dry_status dryj_pool_acquire_many(JNIEnv *env, dry_pool *pool, jintArray slots, uint32_t from, uint32_t count) {
  return acquire_many(env, acquire_from_pool, pool, slots, from, count);
}

dry_status dryj_pool_release_many(JNIEnv *env, dry_pool *pool, jintArray slots, uint32_t from, uint32_t count) {
  return release_many(env, release_to_pool, pool, slots, from, count);
}

dry_status dryj_pool_stats(JNIEnv *env, dry_pool *pool, jlongArray numbers) {
  dry_pool_stats stats;
  dry_status status = dry_pool_get_stats(pool, &stats);
  if (status == DRY_OK) {
    const uint64_t all[] = {stats.object_bytes,   stats.stride_bytes, stats.align_bytes, stats.capacity_slots,
                            stats.capacity_max_slots, stats.in_use,   stats.peak,        stats.failures,
                            stats.withdrawn,      stats.size_bytes,   stats.granted,     stats.refused};
    dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  }
  return status;
}

/* ---- shared pools ---------------------------------------------------------------------------------------------- */

static dry_shared_pool_options shared_pool_options(uint32_t flags, uint64_t object_bytes, uint64_t capacity_slots,
                                                   uint64_t align_bytes, uint64_t caches) {
  return (dry_shared_pool_options){.struct_size = sizeof(dry_shared_pool_options),
                                   .flags = flags,
                                   .object_bytes = object_bytes,
                                   .capacity_slots = capacity_slots,
                                   .align_bytes = align_bytes,
                                   .caches = caches};
}

dry_status dryj_shared_pool_required_bytes(uint32_t flags, uint64_t object_bytes, uint64_t capacity_slots,
                                           uint64_t align_bytes, uint64_t caches, uint64_t *bytes_out) {
  dry_shared_pool_options options = shared_pool_options(flags, object_bytes, capacity_slots, align_bytes, caches);
  return dry_shared_pool_required_bytes(&options, bytes_out);
}

dry_shared_pool *dryj_shared_pool_create(dry_region *region, const char *name, size_t name_bytes, uint32_t flags,
                                         uint64_t object_bytes, uint64_t capacity_slots, uint64_t align_bytes,
                                         uint64_t caches, dry_detail *detail) {
  dry_shared_pool_options options = shared_pool_options(flags, object_bytes, capacity_slots, align_bytes, caches);
  dry_shared_pool *pool = dryj_allocate(sizeof *pool, detail);
  if (pool == NULL) {
    return NULL;
  }
  return dryj_keep(pool,
                   region == NULL ? dry_shared_pool_create(&options, pool, detail)
                                  : dry_shared_pool_create_in(region, name, name_bytes, &options, pool, detail),
                   detail);
}

dry_shared_pool *dryj_shared_pool_open(dry_region *region, const char *name, size_t name_bytes, dry_detail *detail) {
  dry_shared_pool *pool = dryj_allocate(sizeof *pool, detail);
  return pool == NULL ? NULL
                      : dryj_keep(pool, dry_shared_pool_open(region, name, name_bytes, pool, detail), detail);
}

void dryj_shared_pool_free(dry_shared_pool *pool) {
  dry_shared_pool_close(pool);
  free(pool);
}

uint64_t dryj_shared_pool_address(dry_shared_pool *pool) { return (uint64_t)(uintptr_t)pool->slots; }

jobject dryj_shared_pool_books(JNIEnv *env, dry_shared_pool *pool, jlongArray numbers) {
  const uint64_t all[] = {(uint64_t)(uintptr_t)pool->header, pool->header->owners_offset};
  dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  return books(env, pool->header, pool->slots);
}

int64_t dryj_shared_pool_acquire(dry_shared_pool *pool) {
  uint32_t slot = 0;
  dry_status status = dry_shared_pool_acquire(pool, &slot);
  return dryj_number(status, slot);
}

int64_t dryj_shared_pool_at(dry_shared_pool *pool, uint32_t slot) {
  void *memory = NULL;
  dry_status status = dry_shared_pool_at(pool, slot, &memory);
  return dryj_place(status, memory, dryj_shared_pool_address(pool));
}

int64_t dryj_shared_pool_reclaim(dry_shared_pool *pool, dry_detail *detail) {
  uint64_t found = 0;
  dry_status status = dry_shared_pool_reclaim(pool, &found, detail);
  return status == DRY_OK ? (int64_t)found : -(int64_t)status;
}

dry_status dryj_shared_pool_stats(JNIEnv *env, dry_shared_pool *pool, jlongArray numbers) {
  dry_shared_pool_stats stats;
  dry_status status = dry_shared_pool_get_stats(pool, &stats);
  if (status == DRY_OK) {
    const uint64_t all[] = {stats.object_bytes, stats.stride_bytes, stats.capacity_slots, stats.in_use,
                            stats.cached,       stats.failures,     stats.caches,         stats.refills,
                            stats.flushes,      stats.size_bytes,   stats.granted,        stats.refused};
    dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  }
  return status;
}

/* ---- their caches ---------------------------------------------------------------------------------------------- */

dry_shared_pool_cache *dryj_shared_pool_cache_open(dry_shared_pool *pool, dry_detail *detail) {
  dry_shared_pool_cache *cache = dryj_allocate(sizeof *cache, detail);
  return cache == NULL ? NULL : dryj_keep(cache, dry_shared_pool_cache_open(pool, cache, detail), detail);
}

void dryj_shared_pool_cache_free(dry_shared_pool_cache *cache) {
  dry_shared_pool_cache_close(cache);
  free(cache);
}

jobject dryj_shared_pool_cache_magazine(JNIEnv *env, dry_shared_pool_cache *cache, jlongArray numbers) {
  const uint64_t all[] = {cache->owner};
  dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  return cache->plain ? (*env)->NewDirectByteBuffer(env, &cache->magazine, sizeof cache->magazine) : NULL;
}

int64_t dryj_shared_pool_cache_acquire(dry_shared_pool_cache *cache) {
  uint32_t slot = 0;
  dry_status status = dry_shared_pool_cache_acquire(cache, &slot);
  return dryj_number(status, slot);
}

static dry_status acquire_from_cache(void *block, uint32_t *slots_out, uint64_t count) {
  return dry_shared_pool_cache_acquire_many(block, slots_out, count);
}

static dry_status release_to_cache(void *block, const uint32_t *all, uint64_t count) {
  return dry_shared_pool_cache_release_many(block, all, count);
}

dry_status dryj_shared_pool_cache_acquire_many(JNIEnv *env, dry_shared_pool_cache *cache, jintArray slots,
                                               uint32_t from, uint32_t count) {
  return acquire_many(env, acquire_from_cache, cache, slots, from, count);
}

dry_status dryj_shared_pool_cache_release_many(JNIEnv *env, dry_shared_pool_cache *cache, jintArray slots,
                                               uint32_t from, uint32_t count) {
  return release_many(env, release_to_cache, cache, slots, from, count);
}

/* ---- index maps ------------------------------------------------------------------------------------------------ */

dry_status dryj_index_map_required_bytes(uint64_t capacity, uint64_t *bytes_out) {
  dry_index_map_options options = {.struct_size = sizeof options, .capacity = capacity};
  return dry_index_map_required_bytes(&options, bytes_out);
}

dry_index_map *dryj_index_map_create(dry_region *region, const char *name, size_t name_bytes, uint32_t flags,
                                     uint64_t capacity, dry_detail *detail) {
  dry_index_map_options options = {.struct_size = sizeof options, .flags = flags, .capacity = capacity};
  dry_index_map *map = dryj_allocate(sizeof *map, detail);
  if (map == NULL) {
    return NULL;
  }
  return dryj_keep(map,
                   region == NULL ? dry_index_map_create(&options, map, detail)
                                  : dry_index_map_create_in(region, name, name_bytes, &options, map, detail),
                   detail);
}

dry_index_map *dryj_index_map_open(dry_region *region, const char *name, size_t name_bytes, dry_detail *detail) {
  dry_index_map *map = dryj_allocate(sizeof *map, detail);
  return map == NULL ? NULL : dryj_keep(map, dry_index_map_open(region, name, name_bytes, map, detail), detail);
}

void dryj_index_map_free(dry_index_map *map) {
  dry_index_map_close(map);
  free(map);
}

static uint64_t distance(const dry_index_map *map, const uint64_t *words) {
  return words == NULL ? 0 : (uint64_t)((const uint8_t *)words - (const uint8_t *)map->header);
}

jobject dryj_index_map_books(JNIEnv *env, dry_index_map *map, jlongArray numbers) {
  uint64_t all[1 + 2 * DRY_INDEX_MAP_LEVELS] = {map->height};
  for (uint32_t level = 0; level < map->height; level++) {
    all[1 + level] = distance(map, map->levels[level]);
    all[1 + DRY_INDEX_MAP_LEVELS + level] = distance(map, map->any[level]);
  }
  dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  return books(env, map->header, (const uint8_t *)map->header + map->header->size_bytes);
}

int64_t dryj_index_map_acquire(dry_index_map *map) {
  uint32_t index = 0;
  dry_status status = dry_index_map_acquire(map, &index);
  return dryj_number(status, index);
}

int64_t dryj_index_map_contains(dry_index_map *map, uint32_t index) {
  uint32_t used = 0;
  dry_status status = dry_index_map_contains(map, index, &used);
  return dryj_number(status, used);
}

int64_t dryj_index_map_next_used(dry_index_map *map, uint32_t from) {
  uint32_t index = 0;
  dry_status status = dry_index_map_next_used(map, from, &index);
  return dryj_number(status, index);
}

int64_t dryj_index_map_next_free(dry_index_map *map, uint32_t from) {
  uint32_t index = 0;
  dry_status status = dry_index_map_next_free(map, from, &index);
  return dryj_number(status, index);
}

static dry_status acquire_from_map(void *block, uint32_t *indices_out, uint64_t count) {
  return dry_index_map_acquire_many(block, indices_out, count);
}

dry_status dryj_index_map_acquire_many(JNIEnv *env, dry_index_map *map, jintArray indices, uint32_t from,
                                       uint32_t count) {
  return acquire_many(env, acquire_from_map, map, indices, from, count);
}

int64_t dryj_index_map_list(JNIEnv *env, dry_index_map *map, uint32_t start, jintArray indices, uint32_t from,
                            uint32_t count) {
  slot_copy copy;
  if (!slots_open(env, count, &copy)) {
    return -(int64_t)DRY_OUT_OF_MEMORY;
  }
  uint64_t found = 0;
  dry_status status = dry_index_map_list(map, start, copy.all, count, &found);
  if (status == DRY_OK) {
    (*env)->SetIntArrayRegion(env, indices, (jsize)from, (jsize)found, (const jint *)(const void *)copy.all);
  }
  slots_close(&copy);
  return status == DRY_OK ? (int64_t)found : -(int64_t)status;
}

dry_status dryj_index_map_stats(JNIEnv *env, dry_index_map *map, jlongArray numbers) {
  dry_index_map_stats stats;
  dry_status status = dry_index_map_get_stats(map, &stats);
  if (status == DRY_OK) {
    const uint64_t all[] = {stats.capacity, stats.in_use, stats.failures, stats.size_bytes, stats.granted, stats.refused};
    dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  }
  return status;
}
