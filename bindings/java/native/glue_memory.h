/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * glue_memory.h: the memory blocks' calls that SWIG cannot make of the public headers alone; see glue.h.
 *
 * A call that makes a block answers a handle in memory of its own, 0 when an exception was thrown. A call that takes
 * something answers its number, which is not negative, or the status that it failed with, negated: one number crosses
 * without an array. Places in memory are told as distances from the block's base, and only the facade knows the base.
 */
#ifndef DRYJ_GLUE_MEMORY_H
#define DRYJ_GLUE_MEMORY_H

#include "glue.h"

/* ---- memory ---------------------------------------------------------------------------------------------------- */

/* Zeroed heap memory, or 0. */
uint64_t dryj_heap_take(uint64_t bytes);
void dryj_heap_free(uint64_t address);
/* A direct buffer over memory; nothing keeps it alive but what the facade does. */
jobject dryj_window(JNIEnv *env, uint64_t address, uint32_t bytes);

/* What a call answers: where the memory is, or a number; else the status negated. */
int64_t dryj_place(dry_status status, const void *memory, uint64_t base);
int64_t dryj_number(dry_status status, uint32_t number);

/* ---- arenas ---------------------------------------------------------------------------------------------------- */

dry_arena *dryj_arena_create(uint64_t capacity_bytes, uint32_t overflow, uint32_t flags, uint32_t reserve,
                             uint64_t commit_step_bytes, dry_detail *detail);
void dryj_arena_free(dry_arena *arena);
uint64_t dryj_arena_address(dry_arena *arena);
/* A direct buffer over the cursor, its end, and the count of allocations, 8 bytes each: what inline/arena.h works with. */
jobject dryj_arena_cursor(JNIEnv *env, dry_arena *arena);
int64_t dryj_arena_alloc(dry_arena *arena, uint64_t size_bytes, uint64_t align);
int64_t dryj_arena_alloc_zeroed(dry_arena *arena, uint64_t size_bytes, uint64_t align);
/* The old bytes lie before the cursor: the facade has checked it. */
int64_t dryj_arena_realloc(dry_arena *arena, uint64_t offset, uint64_t old_bytes, uint64_t new_bytes, uint64_t align);
int64_t dryj_arena_mark(dry_arena *arena);
/* numbers: capacity, used, peak, committed, allocations, failures, resets, granted, refused. */
dry_status dryj_arena_stats(JNIEnv *env, dry_arena *arena, jlongArray numbers);

/* ---- scratch --------------------------------------------------------------------------------------------------- */

dry_scratch *dryj_scratch_create(uint64_t capacity_bytes, uint32_t overflow, uint32_t flags, uint32_t reserve,
                                 dry_detail *detail);
void dryj_scratch_free(dry_scratch *scratch);
uint64_t dryj_scratch_address(dry_scratch *scratch);
jobject dryj_scratch_cursor(JNIEnv *env, dry_scratch *scratch);
int64_t dryj_scratch_alloc(dry_scratch *scratch, uint64_t size_bytes, uint64_t align);
/* scope: its two words, which end wants back. */
dry_status dryj_scratch_begin(JNIEnv *env, dry_scratch *scratch, jlongArray scope);
dry_status dryj_scratch_end(dry_scratch *scratch, uint64_t first, uint64_t second);
/* numbers: capacity, used, peak, allocations, failures, resets, scopes, depth. */
dry_status dryj_scratch_stats(JNIEnv *env, dry_scratch *scratch, jlongArray numbers);

/* ---- pools ----------------------------------------------------------------------------------------------------- */

dry_status dryj_pool_required_bytes(uint32_t flags, uint64_t object_bytes, uint64_t capacity_slots,
                                    uint64_t align_bytes, uint64_t *bytes_out);
/* In private memory where `region` is 0; a pool in a region does not grow. */
dry_pool *dryj_pool_create(dry_region *region, const char *name, size_t name_bytes, uint32_t flags,
                           uint64_t object_bytes, uint64_t capacity_slots, uint64_t align_bytes,
                           uint64_t capacity_max_slots, uint64_t chunk_slots, dry_detail *detail);
dry_pool *dryj_pool_open(dry_region *region, const char *name, size_t name_bytes, dry_detail *detail);
void dryj_pool_free(dry_pool *pool);
uint64_t dryj_pool_address(dry_pool *pool);
/* A direct buffer over all that lies before the slots, where the pool is plain (pool.h, dry_pool.plain), does not grow, and
   that is small enough for a buffer; else null. */
jobject dryj_pool_books(JNIEnv *env, dry_pool *pool);
int64_t dryj_pool_acquire(dry_pool *pool);
/* The distance of a taken slot from the first one. */
int64_t dryj_pool_at(dry_pool *pool, uint32_t slot);
int64_t dryj_pool_next_used(dry_pool *pool, uint32_t from);
/* All or none of slots[from .. from + count). */
dry_status dryj_pool_acquire_many(JNIEnv *env, dry_pool *pool, jintArray slots, uint32_t from, uint32_t count);
dry_status dryj_pool_release_many(JNIEnv *env, dry_pool *pool, jintArray slots, uint32_t from, uint32_t count);
/* numbers: object, stride, align, capacity, capacity_max, in_use, peak, failures, withdrawn, size, granted, refused. */
dry_status dryj_pool_stats(JNIEnv *env, dry_pool *pool, jlongArray numbers);

/* ---- shared pools ---------------------------------------------------------------------------------------------- */

dry_status dryj_shared_pool_required_bytes(uint32_t flags, uint64_t object_bytes, uint64_t capacity_slots,
                                           uint64_t align_bytes, uint64_t caches, uint64_t *bytes_out);
dry_shared_pool *dryj_shared_pool_create(dry_region *region, const char *name, size_t name_bytes, uint32_t flags,
                                         uint64_t object_bytes, uint64_t capacity_slots, uint64_t align_bytes,
                                         uint64_t caches, dry_detail *detail);
dry_shared_pool *dryj_shared_pool_open(dry_region *region, const char *name, size_t name_bytes, dry_detail *detail);
void dryj_shared_pool_free(dry_shared_pool *pool);
uint64_t dryj_shared_pool_address(dry_shared_pool *pool);
/* As dryj_pool_books; it asks nothing of the pool's flags. numbers: its address, the distance of the owners. */
jobject dryj_shared_pool_books(JNIEnv *env, dry_shared_pool *pool, jlongArray numbers);
int64_t dryj_shared_pool_acquire(dry_shared_pool *pool);
int64_t dryj_shared_pool_at(dry_shared_pool *pool, uint32_t slot);
int64_t dryj_shared_pool_reclaim(dry_shared_pool *pool, dry_detail *detail);
/* numbers: object, stride, capacity, in_use, cached, failures, caches, refills, flushes, size, granted, refused. */
dry_status dryj_shared_pool_stats(JNIEnv *env, dry_shared_pool *pool, jlongArray numbers);

dry_shared_pool_cache *dryj_shared_pool_cache_open(dry_shared_pool *pool, dry_detail *detail);
void dryj_shared_pool_cache_free(dry_shared_pool_cache *cache);
/* A direct buffer over the address of the magazine in use, where the cache is plain (shared_pool.h); else null.
   numbers: the word that says this cache took a slot. */
jobject dryj_shared_pool_cache_magazine(JNIEnv *env, dry_shared_pool_cache *cache, jlongArray numbers);
int64_t dryj_shared_pool_cache_acquire(dry_shared_pool_cache *cache);
dry_status dryj_shared_pool_cache_acquire_many(JNIEnv *env, dry_shared_pool_cache *cache, jintArray slots,
                                               uint32_t from, uint32_t count);
dry_status dryj_shared_pool_cache_release_many(JNIEnv *env, dry_shared_pool_cache *cache, jintArray slots,
                                               uint32_t from, uint32_t count);

/* ---- index maps ------------------------------------------------------------------------------------------------ */

dry_status dryj_index_map_required_bytes(uint64_t capacity, uint64_t *bytes_out);
dry_index_map *dryj_index_map_create(dry_region *region, const char *name, size_t name_bytes, uint32_t flags,
                                     uint64_t capacity, dry_detail *detail);
dry_index_map *dryj_index_map_open(dry_region *region, const char *name, size_t name_bytes, dry_detail *detail);
void dryj_index_map_free(dry_index_map *map);
/* A direct buffer over all of the map. numbers: how many levels there are, then the distance of each level's `full` words
   (of the leaves on level 0), and that of its `any` words; 0 for what is not there. */
jobject dryj_index_map_books(JNIEnv *env, dry_index_map *map, jlongArray numbers);
int64_t dryj_index_map_acquire(dry_index_map *map);
/* 0 or 1. */
int64_t dryj_index_map_contains(dry_index_map *map, uint32_t index);
int64_t dryj_index_map_next_used(dry_index_map *map, uint32_t from);
int64_t dryj_index_map_next_free(dry_index_map *map, uint32_t from);
dry_status dryj_index_map_acquire_many(JNIEnv *env, dry_index_map *map, jintArray indices, uint32_t from,
                                       uint32_t count);
/* How many taken indices, from `start` on, were written to indices[from .. from + count). */
int64_t dryj_index_map_list(JNIEnv *env, dry_index_map *map, uint32_t start, jintArray indices, uint32_t from,
                            uint32_t count);
/* numbers: capacity, in_use, failures, size, granted, refused. */
dry_status dryj_index_map_stats(JNIEnv *env, dry_index_map *map, jlongArray numbers);

/* ---- buffer pools ---------------------------------------------------------------------------------------------- */

dry_buffer_pool *dryj_buffer_pool_create(uint32_t flags, uint64_t element_bytes, uint64_t elements, uint64_t blocks,
                                         uint64_t align_bytes, dry_detail *detail);
void dryj_buffer_pool_free(dry_buffer_pool *pool);
uint64_t dryj_buffer_pool_address(dry_buffer_pool *pool);
/* A handle, or a status negated. No handle looks like one: it would be of a block beyond all capacities. */
int64_t dryj_buffer_pool_acquire(dry_buffer_pool *pool);
/* The distance of a block from the first one. */
int64_t dryj_buffer_pool_at(dry_buffer_pool *pool, uint64_t handle);
/* numbers: blocks, in_use, peak, elements, element_bytes, stride, failures, size, granted, refused. */
dry_status dryj_buffer_pool_stats(JNIEnv *env, dry_buffer_pool *pool, jlongArray numbers);

/* ---- slabs ----------------------------------------------------------------------------------------------------- */

dry_slab *dryj_slab_create(uint32_t flags, uint64_t bytes, dry_detail *detail);
void dryj_slab_free_all(dry_slab *slab);
uint64_t dryj_slab_address(dry_slab *slab);
/* Of at most DRY_SLAB_CLASS_BYTES_MAX bytes: the distance from the base. */
int64_t dryj_slab_alloc(dry_slab *slab, uint64_t size_bytes);
dry_status dryj_slab_free(dry_slab *slab, uint64_t offset);
int64_t dryj_slab_usable_bytes(dry_slab *slab, uint64_t offset);
/* numbers: in_use, failures, pages, free_pages, granted, refused, then size, in_use and pages of each class. */
dry_status dryj_slab_stats(JNIEnv *env, dry_slab *slab, jlongArray numbers);

#endif
