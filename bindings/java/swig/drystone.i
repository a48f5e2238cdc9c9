/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * drystone.i: what of the C interface Java calls, and how arguments cross.
 *
 * Handles and 64-bit numbers are plain longs, bytes are byte[], a status is the int that C answers. A function that takes
 * a dry_detail throws the exception that belongs to it instead. The structs of the headers do not cross: glue.h has a
 * function with plain arguments for each call that needs one. Nothing here is public: io.drystone is the facade.
 */
%module(jniclassname="NativeJNI") Native

%{
#include "drystone.h"
#include "glue.h"
#include "glue_memory.h"
%}

%pragma(java) jniclassclassmodifiers="final class"
%pragma(java) moduleclassmodifiers="public final class"
%pragma(java) modulecode=%{
  private Native() {}
%}
%pragma(java) jniclasscode=%{
  static {
    NativeLibrary.load();
  }
%}

/* Constants come from the generated Layout class, structs stay in C. */
%rename("$ignore", %$isconstant) "";
%rename("$ignore", %$isclass) "";

%include "stdint.i"
%apply long long { uint64_t, int64_t, size_t };
%apply int { uint32_t };
%apply int { int32_t };

/* ---- handles: never null, since the facade only calls with handles that it holds open -------------------------- */

%define DRYJ_HANDLE(TYPE)
%typemap(jni)     TYPE * "jlong"
%typemap(jtype)   TYPE * "long"
%typemap(jstype)  TYPE * "long"
%typemap(javain)  TYPE * "$javainput"
%typemap(javaout) TYPE * { return $jnicall; }
%typemap(in)      TYPE * "$1 = ($1_ltype)(uintptr_t)$input;"
%typemap(out)     TYPE * "$result = (jlong)(uintptr_t)$1;"
%enddef
DRYJ_HANDLE(dry_region)
DRYJ_HANDLE(dry_kv_writer)
DRYJ_HANDLE(dry_kv_reader)
DRYJ_HANDLE(dry_arena)
DRYJ_HANDLE(dry_scratch)
DRYJ_HANDLE(dry_pool)
DRYJ_HANDLE(dry_shared_pool)
DRYJ_HANDLE(dry_shared_pool_cache)
DRYJ_HANDLE(dry_index_map)
DRYJ_HANDLE(dry_buffer_pool)
DRYJ_HANDLE(dry_slab)

/* ---- bytes in: copied once, so that no thread can change them during the call ---------------------------------- */

%define DRYJ_BYTES(DATA, SIZE)
%typemap(jni)     (DATA, SIZE) "jbyteArray"
%typemap(jtype)   (DATA, SIZE) "byte[]"
%typemap(jstype)  (DATA, SIZE) "byte[]"
%typemap(javain)  (DATA, SIZE) "$javainput"
%typemap(in)      (DATA, SIZE) (dryj_bytes copy) {
  dryj_take(jenv, $input, &copy);
  $1 = copy.data;
  $2 = copy.size;
}
%typemap(freearg) (DATA, SIZE) "dryj_drop(&copy$argnum);"
%enddef
DRYJ_BYTES(const void *key, size_t key_bytes)
DRYJ_BYTES(const void *value, size_t value_bytes)
DRYJ_BYTES(const char *name, size_t name_bytes)

/* Text is UTF-8 in a byte[]; the copy has a terminator. */
%define DRYJ_TEXT(ARGUMENT)
%typemap(jni)     ARGUMENT "jbyteArray"
%typemap(jtype)   ARGUMENT "byte[]"
%typemap(jstype)  ARGUMENT "byte[]"
%typemap(javain)  ARGUMENT "$javainput"
%typemap(in)      ARGUMENT (dryj_bytes copy) {
  dryj_take(jenv, $input, &copy);
  $1 = copy.data;
}
%typemap(freearg) ARGUMENT "dryj_drop(&copy$argnum);"
%enddef
DRYJ_TEXT(const char *path)
DRYJ_TEXT(const char *name)

/* ---- results --------------------------------------------------------------------------------------------------- */

%typemap(jni)     uint64_t *version_out "jlongArray"
%typemap(jtype)   uint64_t *version_out "long[]"
%typemap(jstype)  uint64_t *version_out "long[]"
%typemap(javain)  uint64_t *version_out "$javainput"
%typemap(in)      uint64_t *version_out (uint64_t number = 0) "$1 = &number;"
%typemap(argout)  uint64_t *version_out "dryj_give(jenv, $input, 1, $1);"
%apply uint64_t *version_out { uint64_t *bytes_out };

%typemap(in, numinputs=0) dry_detail *detail (dry_detail said) {
  memset(&said, 0, sizeof said);
  $1 = &said;
}
%typemap(argout)  dry_detail *detail "dryj_throw(jenv, $1);"

/* ---- glue.h ---------------------------------------------------------------------------------------------------- */

%typemap(in, numinputs=0) JNIEnv *env "$1 = jenv;"
%typemap(jtype)   jobject "java.nio.ByteBuffer"
%typemap(jstype)  jobject "java.nio.ByteBuffer"

%ignore dryj_take;
%ignore dryj_drop;
%ignore dryj_give;
%ignore dryj_throw;
%ignore dryj_throw_no_memory;
%ignore dryj_allocate;
%ignore dryj_keep;
%ignore dryj_place;
%ignore dryj_number;

/* ---- the public headers ---------------------------------------------------------------------------------------- */

/* Called by way of glue.h, or of no use in Java. */
%ignore dry_region_create;
%ignore dry_region_open;
%ignore dry_region_load;
%ignore dry_region_get_stats;
%ignore dry_region_part_at;
%ignore dry_region_find_part;
%ignore dry_region_memory;
%ignore dry_region_descriptor;
%ignore dry_kv_required_bytes;
%ignore dry_kv_init;
%ignore dry_kv_writer_attach;
%ignore dry_kv_reader_attach;
%ignore dry_kv_create;
%ignore dry_kv_open;
%ignore dry_kv_reader_open;
%ignore dry_kv_writer_reader;
%ignore dry_kv_get;
%ignore dry_kv_try_get;
%ignore dry_kv_get_many;
%ignore dry_kv_contains;
%ignore dry_kv_view;
%ignore dry_kv_view_check;
%ignore dry_kv_next;
%ignore dry_kv_get_stats;
%ignore dry_arena_create;
%ignore dry_arena_init;
%ignore dry_arena_close;
%ignore dry_arena_alloc;
%ignore dry_arena_alloc_zeroed;
%ignore dry_arena_realloc;
%ignore dry_arena_mark;
%ignore dry_arena_base;
%ignore dry_arena_contains;
%ignore dry_arena_get_stats;
%ignore dry_scratch_configure;
%ignore dry_scratch_thread;
%ignore dry_scratch_release_thread;
%ignore dry_scratch_create;
%ignore dry_scratch_close;
%ignore dry_scratch_begin;
%ignore dry_scratch_end;
%ignore dry_scratch_alloc;
%ignore dry_scratch_get_stats;
%ignore dry_scratch_get_thread_stats;
%ignore dry_pool_required_bytes;
%ignore dry_pool_init;
%ignore dry_pool_attach;
%ignore dry_pool_create;
%ignore dry_pool_create_in;
%ignore dry_pool_open;
%ignore dry_pool_close;
%ignore dry_pool_acquire;
%ignore dry_pool_acquire_many;
%ignore dry_pool_release_many;
%ignore dry_pool_at;
%ignore dry_pool_read;
%ignore dry_pool_write;
%ignore dry_pool_next_used;
%ignore dry_pool_alloc;
%ignore dry_pool_free;
%ignore dry_pool_slot_of;
%ignore dry_pool_report_leaks;
%ignore dry_pool_get_stats;
%ignore dry_shared_pool_required_bytes;
%ignore dry_shared_pool_init;
%ignore dry_shared_pool_attach;
%ignore dry_shared_pool_create;
%ignore dry_shared_pool_create_in;
%ignore dry_shared_pool_open;
%ignore dry_shared_pool_close;
%ignore dry_shared_pool_cache_open;
%ignore dry_shared_pool_cache_close;
%ignore dry_shared_pool_cache_acquire;
%ignore dry_shared_pool_cache_alloc;
%ignore dry_shared_pool_cache_free;
%ignore dry_shared_pool_cache_acquire_many;
%ignore dry_shared_pool_cache_release_many;
%ignore dry_shared_pool_acquire;
%ignore dry_shared_pool_at;
%ignore dry_shared_pool_slot_of;
%ignore dry_shared_pool_read;
%ignore dry_shared_pool_write;
%ignore dry_shared_pool_reclaim;
%ignore dry_shared_pool_get_stats;
%ignore dry_index_map_required_bytes;
%ignore dry_index_map_init;
%ignore dry_index_map_attach;
%ignore dry_index_map_create;
%ignore dry_index_map_create_in;
%ignore dry_index_map_open;
%ignore dry_index_map_close;
%ignore dry_index_map_acquire;
%ignore dry_index_map_acquire_many;
%ignore dry_index_map_contains;
%ignore dry_index_map_next_used;
%ignore dry_index_map_next_free;
%ignore dry_index_map_list;
%ignore dry_index_map_get_stats;
%ignore dry_buffer_pool_create;
%ignore dry_buffer_pool_close;
%ignore dry_buffer_pool_acquire;
%ignore dry_buffer_pool_get;
%ignore dry_buffer_pool_read;
%ignore dry_buffer_pool_write;
%ignore dry_buffer_pool_get_stats;
%ignore dry_slab_create;
%ignore dry_slab_close;
%ignore dry_slab_alloc;
%ignore dry_slab_free;
%ignore dry_slab_usable_bytes;
%ignore dry_slab_base;
%ignore dry_slab_get_stats;

#define DRY_API
%include "drystone/status.h"
%include "drystone/version.h"
%include "drystone/region.h"
%include "drystone/kv.h"
%include "drystone/memory.h"
%include "drystone/arena.h"
%include "drystone/scratch.h"
%include "drystone/pool.h"
%include "drystone/shared_pool.h"
%include "drystone/index_map.h"
%include "drystone/buffer_pool.h"
%include "drystone/slab.h"
%include "glue.h"
%include "glue_memory.h"
