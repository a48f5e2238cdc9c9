/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The typemaps' helpers and the region calls of glue.h. */
#include "glue.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what the typemaps are made of ----------------------------------------------------------------------------- */

static void throw_named(JNIEnv *env, const char *class_name, const char *message) {
  jclass found = (*env)->FindClass(env, class_name);
  if (found != NULL) {
    (*env)->ThrowNew(env, found, message);
    (*env)->DeleteLocalRef(env, found);
  }
}

void dryj_throw_no_memory(JNIEnv *env) {
  if (!(*env)->ExceptionCheck(env)) {
    throw_named(env, "java/lang/OutOfMemoryError", "native memory for a call's arguments");
  }
}

void dryj_take(JNIEnv *env, jbyteArray array, dryj_bytes *bytes) {
  bytes->data = NULL;
  bytes->size = 0;
  if (array == NULL || (*env)->ExceptionCheck(env)) {
    return;
  }
  jsize size = (*env)->GetArrayLength(env, array);
  char *data = (size_t)size < sizeof bytes->small ? bytes->small : malloc((size_t)size + 1);
  if (data == NULL) {
    dryj_throw_no_memory(env);
    return;
  }
  (*env)->GetByteArrayRegion(env, array, 0, size, (jbyte *)data);
  data[size] = 0;
  bytes->data = data;
  bytes->size = (size_t)size;
}

void dryj_drop(dryj_bytes *bytes) {
  if (bytes->data != bytes->small) {
    free(bytes->data);
  }
}

void dryj_give(JNIEnv *env, jlongArray array, jsize count, const uint64_t *numbers) {
  if (!(*env)->ExceptionCheck(env)) {
    /* A jlong is the same 64 bits, but not always the same type as an int64_t. */
    (*env)->SetLongArrayRegion(env, array, 0, count, (const jlong *)(const void *)numbers);
  }
}

void dryj_throw(JNIEnv *env, const dry_detail *detail) {
  if (detail->status == DRY_OK || (*env)->ExceptionCheck(env)) {
    return;
  }
  const char *end = memchr(detail->text, 0, sizeof detail->text);
  jsize size = end == NULL ? (jsize)sizeof detail->text : (jsize)(end - detail->text);
  jbyteArray text = (*env)->NewByteArray(env, size);
  jclass base = text == NULL ? NULL : (*env)->FindClass(env, "io/drystone/DrystoneException");
  jmethodID make = base == NULL ? NULL
                                : (*env)->GetStaticMethodID(env, base, "fromNative",
                                                            "(IIJ[B)Lio/drystone/DrystoneException;");
  if (make == NULL) {
    return; /* each of the three has thrown */
  }
  /* As bytes, since NewStringUTF wants Java's own variant of UTF-8, and a path can hold any bytes. */
  (*env)->SetByteArrayRegion(env, text, 0, size, (const jbyte *)detail->text);
  jobject made = (*env)->CallStaticObjectMethod(env, base, make, (jint)detail->status, (jint)detail->os_error,
                                                (jlong)detail->offset, text);
  if (!(*env)->ExceptionCheck(env)) {
    (*env)->Throw(env, (jthrowable)made);
  }
}

/* ---- regions --------------------------------------------------------------------------------------------------- */

void *dryj_allocate(size_t size, dry_detail *detail) {
  void *memory = calloc(1, size);
  if (memory == NULL) {
    detail->status = DRY_OUT_OF_MEMORY;
    snprintf(detail->text, sizeof detail->text, "no memory for a handle of %zu bytes", size);
  }
  return memory;
}

void *dryj_keep(void *handle, dry_status status, dry_detail *detail) {
  if (status == DRY_OK) {
    return handle;
  }
  detail->status = status;
  free(handle);
  return NULL;
}

dry_region *dryj_region_create(uint32_t kind, const char *name, uint64_t size_bytes, uint32_t part_capacity,
                               uint32_t permissions, uint32_t flags, dry_detail *detail) {
  dry_region_options options = {.struct_size = sizeof options,
                                .kind = kind,
                                .name = name,
                                .size_bytes = size_bytes,
                                .part_capacity = part_capacity,
                                .permissions = permissions,
                                .flags = flags};
  dry_region *region = dryj_allocate(sizeof *region, detail);
  return region == NULL ? NULL : dryj_keep(region, dry_region_create(&options, region, detail), detail);
}

dry_region *dryj_region_open(uint32_t kind, const char *name, uint32_t mode, uint32_t flags, dry_detail *detail) {
  dry_region_open_options options = {
      .struct_size = sizeof options, .kind = kind, .name = name, .mode = mode, .flags = flags};
  dry_region *region = dryj_allocate(sizeof *region, detail);
  return region == NULL ? NULL : dryj_keep(region, dry_region_open(&options, region, detail), detail);
}

dry_region *dryj_region_load(const char *path, uint32_t kind, const char *name, uint32_t permissions, uint32_t flags,
                             dry_detail *detail) {
  dry_region_options options = {
      .struct_size = sizeof options, .kind = kind, .name = name, .permissions = permissions, .flags = flags};
  dry_region *region = dryj_allocate(sizeof *region, detail);
  return region == NULL ? NULL : dryj_keep(region, dry_region_load(path, &options, region, detail), detail);
}

void dryj_region_free(dry_region *region) {
  dry_region_close(region);
  free(region);
}

dry_status dryj_region_stats(JNIEnv *env, dry_region *region, jlongArray numbers) {
  dry_region_stats stats;
  dry_status status = dry_region_get_stats(region, &stats);
  if (status == DRY_OK) {
    const uint64_t all[] = {stats.size_bytes,
                            stats.used_bytes,
                            stats.epoch,
                            stats.creation_id[0],
                            stats.creation_id[1],
                            stats.kind,
                            stats.mode,
                            stats.part_count,
                            stats.part_capacity,
                            stats.huge_pages,
                            stats.sealed};
    dryj_give(env, numbers, sizeof all / sizeof all[0], all);
  }
  return status;
}

dry_status dryj_region_part_at(JNIEnv *env, dry_region *region, uint32_t index, jlongArray numbers, jbyteArray text) {
  dry_part_info info;
  dry_status status = dry_region_part_at(region, index, &info);
  if (status == DRY_OK) {
    const uint64_t all[] = {info.offset, info.size_bytes, info.kind, info.format, info.name_bytes};
    dryj_give(env, numbers, sizeof all / sizeof all[0], all);
    (*env)->SetByteArrayRegion(env, text, 0, (jsize)info.name_bytes, (const jbyte *)info.name);
  }
  return status;
}
