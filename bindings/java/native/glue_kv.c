/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The key-value calls of glue.h. */
#include <stdlib.h>

#include "glue.h"

/** Values up to this size reach Java by way of the stack. */
#define SMALL_VALUE_BYTES 1024

/** The head of an entry as dryj_kv_next_many writes it. */
typedef struct entry_head {
  uint32_t key_bytes;
  uint32_t value_bytes;
  uint64_t version;
} entry_head;

static uint64_t round_up_8(uint64_t bytes) { return (bytes + 7) & ~(uint64_t)7; }

static dry_kv_options kv_options(uint64_t entries, uint64_t bytes, uint32_t has_seed, uint64_t seed) {
  return (dry_kv_options){.struct_size = sizeof(dry_kv_options),
                          .layout = DRY_KV_LAYOUT_BLOCKS,
                          .entries = entries,
                          .bytes = bytes,
                          .seed = seed,
                          .has_seed = has_seed};
}

dry_status dryj_kv_required_bytes(uint64_t entries, uint64_t bytes, uint64_t *bytes_out) {
  dry_kv_options options = kv_options(entries, bytes, 0, 0);
  return dry_kv_required_bytes(&options, bytes_out);
}

/* ---- opening and closing --------------------------------------------------------------------------------------- */

dry_kv_writer *dryj_kv_create(dry_region *region, const char *name, size_t name_bytes, uint64_t entries, uint64_t bytes,
                              uint32_t has_seed, uint64_t seed, dry_detail *detail) {
  dry_kv_options options = kv_options(entries, bytes, has_seed, seed);
  dry_kv_writer *writer = dryj_allocate(sizeof *writer, detail);
  return writer == NULL
             ? NULL
             : dryj_keep(writer, dry_kv_create(region, name, name_bytes, &options, writer, detail), detail);
}

dry_kv_writer *dryj_kv_open(dry_region *region, const char *name, size_t name_bytes, dry_detail *detail) {
  dry_kv_writer *writer = dryj_allocate(sizeof *writer, detail);
  return writer == NULL ? NULL : dryj_keep(writer, dry_kv_open(region, name, name_bytes, writer, detail), detail);
}

dry_kv_reader *dryj_kv_reader_open(dry_region *region, const char *name, size_t name_bytes, uint32_t flags,
                                   dry_detail *detail) {
  dry_kv_reader *reader = dryj_allocate(sizeof *reader, detail);
  return reader == NULL
             ? NULL
             : dryj_keep(reader, dry_kv_reader_open(region, name, name_bytes, flags, reader, detail), detail);
}

void dryj_kv_writer_free(dry_kv_writer *writer) {
  dry_kv_writer_close(writer);
  free(writer);
}

void dryj_kv_reader_free(dry_kv_reader *reader) {
  dry_kv_reader_close(reader);
  free(reader);
}

/* ---- facts ----------------------------------------------------------------------------------------------------- */

dry_status dryj_kv_facts(JNIEnv *env, dry_kv_reader *reader, jlongArray numbers) {
  const uint64_t all[] = {reader->group_count,  reader->seed,        reader->control_offset,
                          reader->slots_offset, reader->heap_offset, reader->heap_end};
  dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  return DRY_OK;
}

jobject dryj_kv_window(JNIEnv *env, dry_kv_reader *reader, uint64_t offset, uint32_t bytes) {
  if (offset > reader->heap_end || bytes > reader->heap_end - offset) {
    return NULL;
  }
  return (*env)->NewDirectByteBuffer(env, (void *)(uintptr_t)(reader->part + offset), (jlong)bytes);
}

dry_status dryj_kv_stats(JNIEnv *env, dry_kv_reader *reader, jlongArray numbers) {
  dry_kv_stats stats;
  dry_status status = dry_kv_get_stats(reader, &stats);
  if (status == DRY_OK) {
    const uint64_t all[] = {stats.entries, stats.capacity,   stats.data_bytes, stats.data_capacity_bytes,
                            stats.version, stats.relocation, stats.size_bytes};
    dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  }
  return status;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

dry_status dryj_kv_try_get(JNIEnv *env, dry_kv_reader *reader, const void *key, size_t key_bytes, jbyteArray into,
                           uint32_t at, uint32_t room, uint32_t attempts_max, jlongArray numbers) {
  char small[SMALL_VALUE_BYTES];
  char *value = room <= sizeof small ? small : malloc(room);
  if (value == NULL) {
    dryj_throw_no_memory(env);
    return DRY_OUT_OF_MEMORY;
  }
  size_t value_bytes = 0;
  uint64_t version = 0;
  uint32_t attempts = 0;
  dry_status status =
      dry_kv_try_get(reader, key, key_bytes, value, room, attempts_max, &value_bytes, &version, &attempts);
  const uint64_t all[] = {value_bytes, version, attempts};
  dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  if (status == DRY_OK && value_bytes > 0) {
    (*env)->SetByteArrayRegion(env, into, (jsize)at, (jsize)value_bytes, (const jbyte *)value);
  }
  if (value != small) {
    free(value);
  }
  return status;
}

/** A batch in native memory, in one allocation: lookups, results, values, ends, keys. */
typedef struct batch {
  dry_kv_lookup *lookups;
  uint64_t *results;
  char *values;
  jint *ends;
  char *keys;
  size_t count;
  size_t stride;
} batch;

#define NUMBERS_A_RESULT 3

static int batch_open(JNIEnv *env, jbyteArray keys, jintArray ends, uint32_t stride, batch *out) {
  size_t count = (size_t)(*env)->GetArrayLength(env, ends);
  jsize key_bytes = (*env)->GetArrayLength(env, keys);
  size_t results_bytes = count * NUMBERS_A_RESULT * sizeof *out->results;
  size_t values_bytes = (size_t)round_up_8(count * stride);
  size_t head_bytes = count * sizeof *out->lookups + results_bytes + values_bytes;
  char *memory = malloc(head_bytes + count * sizeof *out->ends + (size_t)key_bytes + 1);
  if (memory == NULL) {
    dryj_throw_no_memory(env);
    return 0;
  }
  out->lookups = (dry_kv_lookup *)(void *)memory;
  out->results = (uint64_t *)(void *)(out->lookups + count);
  out->values = (char *)(out->results + count * NUMBERS_A_RESULT);
  out->ends = (jint *)(void *)(memory + head_bytes);
  out->keys = (char *)(out->ends + count);
  out->count = count;
  out->stride = stride;
  (*env)->GetIntArrayRegion(env, ends, 0, (jsize)count, out->ends);
  (*env)->GetByteArrayRegion(env, keys, 0, key_bytes, (jbyte *)out->keys);
  return 1;
}

static void batch_fill(batch *all) {
  size_t start = 0;
  for (size_t i = 0; i < all->count; i++) {
    size_t end = (size_t)all->ends[i];
    all->lookups[i] = (dry_kv_lookup){.key = all->keys + start,
                                      .value = all->values + i * all->stride,
                                      .value_capacity = all->stride,
                                      .key_bytes = (uint32_t)(end - start)};
    start = end;
  }
}

static void batch_give(JNIEnv *env, const batch *all, jbyteArray values, jlongArray results) {
  for (size_t i = 0; i < all->count; i++) {
    const dry_kv_lookup *lookup = &all->lookups[i];
    uint64_t *result = all->results + NUMBERS_A_RESULT * i;
    result[0] = lookup->value_bytes;
    result[1] = lookup->version;
    result[2] = (uint64_t)(uint32_t)lookup->status;
    if (lookup->status != DRY_OK) {
      memset(all->values + i * all->stride, 0, all->stride); /* nobody gets what malloc left there */
    }
  }
  (*env)->SetByteArrayRegion(env, values, 0, (jsize)(all->count * all->stride), (const jbyte *)all->values);
  dryj_give(env, results, (jsize)(all->count * NUMBERS_A_RESULT), all->results);
}

dry_status dryj_kv_get_many(JNIEnv *env, dry_kv_reader *reader, jbyteArray keys, jintArray ends, uint32_t stride,
                            jbyteArray values, jlongArray results) {
  batch all;
  if (!batch_open(env, keys, ends, stride, &all)) {
    return DRY_OUT_OF_MEMORY;
  }
  batch_fill(&all);
  dry_status status = dry_kv_get_many(reader, all.lookups, all.count);
  if (status == DRY_OK) {
    batch_give(env, &all, values, results);
  }
  free(all.lookups);
  return status;
}

/* ---- walking --------------------------------------------------------------------------------------------------- */

/** Copies the entry at the cursor behind its head, key and value side by side. The sizes come from a look ahead. */
static dry_status copy_entry(dry_kv_reader *reader, uint64_t *cursor, uint32_t with_values, const entry_head *ahead,
                             char *to, entry_head *head) {
  char *key = to + sizeof *head;
  char *value = with_values ? key + ahead->key_bytes : NULL;
  size_t key_bytes = 0;
  size_t value_bytes = 0;
  dry_status status = dry_kv_next(reader, cursor, key, ahead->key_bytes, &key_bytes, value,
                                  with_values ? ahead->value_bytes : 0, &value_bytes, &head->version);
  if (status != DRY_OK) {
    return status;
  }
  head->key_bytes = (uint32_t)key_bytes;
  head->value_bytes = (uint32_t)value_bytes;
  if (with_values) {
    /* Another entry, with a shorter key, may have come since the look ahead. */
    memmove(key + key_bytes, value, value_bytes);
  }
  memcpy(to, head, sizeof *head);
  return DRY_OK;
}

/** Writes the next entry if `room` is enough, and says in `size_out` what it takes. */
static dry_status next_entry(dry_kv_reader *reader, uint64_t *cursor, uint32_t with_values, char *to, uint64_t room,
                             uint64_t *size_out) {
  for (;;) {
    uint64_t peek = *cursor;
    size_t key_bytes = 0;
    size_t value_bytes = 0;
    entry_head head = {0};
    dry_status status = dry_kv_next(reader, &peek, NULL, 0, &key_bytes, NULL, 0, &value_bytes, &head.version);
    if (status != DRY_OK) {
      return status;
    }
    head.key_bytes = (uint32_t)key_bytes;
    head.value_bytes = (uint32_t)value_bytes;
    uint64_t body = key_bytes + (with_values ? value_bytes : 0);
    *size_out = sizeof head + round_up_8(body);
    if (*size_out > room) {
      return DRY_TOO_LARGE;
    }
    entry_head ahead = head;
    status = copy_entry(reader, cursor, with_values, &ahead, to, &head);
    if (status == DRY_OK) {
      *size_out = sizeof head + round_up_8((uint64_t)head.key_bytes + (with_values ? head.value_bytes : 0));
    }
    if (status != DRY_TOO_LARGE) {
      return status;
    }
  }
}

dry_status dryj_kv_next_many(JNIEnv *env, dry_kv_reader *reader, jobject buffer, uint32_t with_values,
                             jlongArray numbers) {
  char *start = (*env)->GetDirectBufferAddress(env, buffer);
  uint64_t room = (uint64_t)(*env)->GetDirectBufferCapacity(env, buffer);
  jlong cursor_in = 0;
  (*env)->GetLongArrayRegion(env, numbers, 0, 1, &cursor_in);
  uint64_t state[2] = {(uint64_t)cursor_in, 0};
  uint64_t size = 0;
  dry_status status = DRY_OK;
  while (status == DRY_OK) {
    status = next_entry(reader, &state[0], with_values, start + state[1], room - state[1], &size);
    if (status == DRY_OK) {
      state[1] += size;
    }
  }
  if (state[1] > 0) {
    status = DRY_OK; /* what was found comes first; the next call meets the cause again */
  } else if (status == DRY_TOO_LARGE) {
    state[1] = size;
  }
  dryj_give(env, numbers, 2, state);
  return status;
}
