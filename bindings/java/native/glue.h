/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * glue.h: the calls that SWIG cannot make of the public headers alone, because they take structs, fill arrays, or hand
 * memory out. Each has plain arguments; drystone.i says how they cross. See the public headers for what the calls do.
 */
#ifndef DRYJ_GLUE_H
#define DRYJ_GLUE_H

#include <jni.h>
#include <stdint.h>
#include <string.h>

#include "drystone.h"

/* ---- what the typemaps are made of ----------------------------------------------------------------------------- */

/** The copy of a byte[], terminated; small ones need no allocation. */
typedef struct dryj_bytes {
  char *data;
  size_t size;
  char small[256];
} dryj_bytes;

/* Copies an array. Without memory, or while an exception is pending, `data` is NULL and an exception is pending. */
void dryj_take(JNIEnv *env, jbyteArray array, dryj_bytes *bytes);
void dryj_drop(dryj_bytes *bytes);
/* Copies numbers into a long[] unless an exception is pending. */
void dryj_give(JNIEnv *env, jlongArray array, jsize count, const uint64_t *numbers);
/* Throws the DrystoneException of a detail that has a status. */
void dryj_throw(JNIEnv *env, const dry_detail *detail);
void dryj_throw_no_memory(JNIEnv *env);
/* Zeroed memory for a handle, or NULL and a detail. */
void *dryj_allocate(size_t size, dry_detail *detail);
/* The handle where the call that filled it succeeded; else it is freed and the detail has the status. */
void *dryj_keep(void *handle, dry_status status, dry_detail *detail);

/* ---- regions: a handle in memory of its own, 0 when an exception was thrown ------------------------------------ */

dry_region *dryj_region_create(uint32_t kind, const char *name, uint64_t size_bytes, uint32_t part_capacity,
                               uint32_t permissions, uint32_t flags, dry_detail *detail);
dry_region *dryj_region_open(uint32_t kind, const char *name, uint32_t mode, uint32_t flags, dry_detail *detail);
dry_region *dryj_region_load(const char *path, uint32_t kind, const char *name, uint32_t permissions, uint32_t flags,
                             dry_detail *detail);
/* Closes the region if need be, and frees the handle. */
void dryj_region_free(dry_region *region);
/* numbers: size, used, epoch, creation id (2), kind, mode, parts, part capacity, huge pages, sealed. */
dry_status dryj_region_stats(JNIEnv *env, dry_region *region, jlongArray numbers);
/* numbers: offset, size, kind, format, bytes of the name. `text` has room for any name. */
dry_status dryj_region_part_at(JNIEnv *env, dry_region *region, uint32_t index, jlongArray numbers, jbyteArray text);

/* ---- key-value stores ------------------------------------------------------------------------------------------ */

dry_status dryj_kv_required_bytes(uint64_t entries, uint64_t bytes, uint64_t *bytes_out);
dry_kv_writer *dryj_kv_create(dry_region *region, const char *name, size_t name_bytes, uint64_t entries, uint64_t bytes,
                              uint32_t has_seed, uint64_t seed, dry_detail *detail);
dry_kv_writer *dryj_kv_open(dry_region *region, const char *name, size_t name_bytes, dry_detail *detail);
dry_kv_reader *dryj_kv_reader_open(dry_region *region, const char *name, size_t name_bytes, uint32_t flags,
                                   dry_detail *detail);
/* Close the handle if need be, and free it. */
void dryj_kv_writer_free(dry_kv_writer *writer);
void dryj_kv_reader_free(dry_kv_reader *reader);

/* numbers: groups, seed, offsets of control, slots and heap, end of the heap: checked when the reader was opened. */
dry_status dryj_kv_facts(JNIEnv *env, dry_kv_reader *reader, jlongArray numbers);
/* A direct buffer over that much of the part, good while the reader is open; null when it does not lie in the part. */
jobject dryj_kv_window(JNIEnv *env, dry_kv_reader *reader, uint64_t offset, uint32_t bytes);
/* numbers: entries, capacity, data bytes, their capacity, version, relocation, size. */
dry_status dryj_kv_stats(JNIEnv *env, dry_kv_reader *reader, jlongArray numbers);
/* Copies at most `room` bytes to into[at...]; numbers: bytes of the value, version, attempts. */
dry_status dryj_kv_try_get(JNIEnv *env, dry_kv_reader *reader, const void *key, size_t key_bytes, jbyteArray into,
                           uint32_t at, uint32_t room, uint32_t attempts_max, jlongArray numbers);
/* Keys end to end in `keys`, key i ending at ends[i]. Value i goes to values[i * stride], at most `stride` bytes of it;
   its true size, version and status go to results[3 * i ...]. */
dry_status dryj_kv_get_many(JNIEnv *env, dry_kv_reader *reader, jbyteArray keys, jintArray ends, uint32_t stride,
                            jbyteArray values, jlongArray results);
/* Fills a direct buffer with entries from numbers[0] (the cursor, moved on): bytes of key and value (4 each), version
   (8), key, value, zeros to a multiple of 8. numbers[1] says how many bytes were filled; after DRY_TOO_LARGE, how many
   the next entry needs. DRY_NOT_FOUND: that was the end, and nothing was filled. */
dry_status dryj_kv_next_many(JNIEnv *env, dry_kv_reader *reader, jobject buffer, uint32_t with_values,
                             jlongArray numbers);

#endif
