/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* drystone.c: the whole core. Made by ci/amalgamate.py: edit c/src instead. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "drystone.h"

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#pragma GCC visibility push(hidden)

/* ---- base/arith.h ---- */

/* arith.h: alignment and arithmetic that notices overflow. */
#ifndef DRYI_BASE_ARITH_H
#define DRYI_BASE_ARITH_H

/* Marks what is shared between files of the library but is no part of its interface. */
#if defined(__GNUC__)
#define DRYI_LOCAL __attribute__((visibility("hidden")))
#else
#define DRYI_LOCAL
#endif

/* For bodies that several hot paths share: each gets its own copy, with its constant arguments folded in. */
#if defined(__GNUC__)
#define DRYI_INLINE static inline __attribute__((always_inline))
#else
#define DRYI_INLINE static inline
#endif

static inline bool dryi_is_power_of_two(uint64_t v) { return v != 0 && (v & (v - 1)) == 0; }

/* Rounds up to a multiple of `align`, a power of two; the caller knows that it cannot overflow. */
static inline uint64_t dryi_align_up(uint64_t v, uint64_t align) { return (v + align - 1) & ~(align - 1); }

/* Each returns false on overflow, and then leaves *out alone. */
static inline bool dryi_add(uint64_t a, uint64_t b, uint64_t *out) {
  uint64_t r;
  if (__builtin_add_overflow(a, b, &r)) return false;
  *out = r;
  return true;
}

static inline bool dryi_mul(uint64_t a, uint64_t b, uint64_t *out) {
  uint64_t r;
  if (__builtin_mul_overflow(a, b, &r)) return false;
  *out = r;
  return true;
}

/* Whether [offset, offset + bytes) lies inside [0, limit). Never overflows. */
static inline bool dryi_in_range(uint64_t offset, uint64_t bytes, uint64_t limit) {
  return offset <= limit && bytes <= limit - offset;
}

#endif

/* ---- base/assert.h ---- */

/*
 * assert.h: DRY_ASSERT states what the code itself guarantees; it is checked in builds with DRY_CHECKED=1 and costs
 * nothing elsewhere. What callers or stored bytes can get wrong is a status, never an assertion.
 */
#ifndef DRYI_BASE_ASSERT_H
#define DRYI_BASE_ASSERT_H

#if defined(DRY_CHECKED) && DRY_CHECKED
DRYI_LOCAL _Noreturn void dryi_assert_failed(const char *what, const char *file, int line);
#define DRY_ASSERT(x) ((x) ? (void)0 : dryi_assert_failed(#x, __FILE__, __LINE__))
#else
#define DRY_ASSERT(x) ((void)0)
#endif

#endif

/* ---- base/atomics.h ---- */

/*
 * atomics.h: the only place that names memory orderings. The helpers work on plain integers inside regions, so public
 * headers need no _Atomic; on x86-64 an acquire load and a release store are plain moves.
 */
#ifndef DRYI_BASE_ATOMICS_H
#define DRYI_BASE_ATOMICS_H

static inline uint64_t dryi_load_relaxed_u64(const uint64_t *p) { return __atomic_load_n(p, __ATOMIC_RELAXED); }
static inline uint64_t dryi_load_acquire_u64(const uint64_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline void dryi_store_relaxed_u64(uint64_t *p, uint64_t v) { __atomic_store_n(p, v, __ATOMIC_RELAXED); }
static inline void dryi_store_release_u64(uint64_t *p, uint64_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
static inline uint64_t dryi_add_relaxed_u64(uint64_t *p, uint64_t v) { return __atomic_fetch_add(p, v, __ATOMIC_RELAXED); }
static inline uint64_t dryi_add_acq_rel_u64(uint64_t *p, uint64_t v) { return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL); }

static inline uint32_t dryi_load_relaxed_u32(const uint32_t *p) { return __atomic_load_n(p, __ATOMIC_RELAXED); }
static inline uint32_t dryi_load_acquire_u32(const uint32_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static inline void dryi_store_relaxed_u32(uint32_t *p, uint32_t v) { __atomic_store_n(p, v, __ATOMIC_RELAXED); }
static inline void dryi_store_release_u32(uint32_t *p, uint32_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
static inline uint32_t dryi_add_acq_rel_u32(uint32_t *p, uint32_t v) { return __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL); }
static inline uint32_t dryi_exchange_acquire_u32(uint32_t *p, uint32_t v) { return __atomic_exchange_n(p, v, __ATOMIC_ACQUIRE); }

#endif

/* ---- base/cpu.h ---- */

/* cpu.h: what this processor can do, asked once; the environment variable DRYSTONE_CPU_LEVEL=scalar hides it all. */
#ifndef DRYI_BASE_CPU_H
#define DRYI_BASE_CPU_H

#define DRYI_CPU_SCALAR 1
#define DRYI_CPU_CRC 2 /* x86-64: SSE4.2; AArch64: the CRC32 instructions */

/* One of the levels above. Any thread; the first call detects. */
DRYI_LOCAL int dryi_cpu_level(void);

#endif

/* ---- base/crc32c.h ---- */

/* crc32c.h: CRC-32C (Castagnoli), as in iSCSI and ext4: checksums of headers, blocks and images. */
#ifndef DRYI_BASE_CRC32C_H
#define DRYI_BASE_CRC32C_H

/* Goes on from `crc` (0 at the start) over `n` bytes. The result does not depend on how the bytes are cut up. */
DRYI_LOCAL uint32_t dryi_crc32c(uint32_t crc, const void *data, size_t n);

/* The definition, by table, whatever the processor: what tests compare the fast one with. */
DRYI_LOCAL uint32_t dryi_crc32c_scalar(uint32_t crc, const void *data, size_t n);

#endif

/* ---- base/detail.h ---- */

/* detail.h: fills the caller's dry_detail. */
#ifndef DRYI_BASE_DETAIL_H
#define DRYI_BASE_DETAIL_H

#if defined(__GNUC__)
#define DRYI_PRINTF(at) __attribute__((format(printf, at, (at) + 1)))
#else
#define DRYI_PRINTF(at)
#endif

/* Each returns `status`, so that a failure is one line: return dryi_fail(detail, DRY_CORRUPT, "...", ...). */
DRYI_LOCAL dry_status dryi_fail(dry_detail *detail, dry_status status, const char *format, ...) DRYI_PRINTF(3);
DRYI_LOCAL dry_status dryi_fail_at(dry_detail *detail, dry_status status, uint64_t offset, const char *format, ...)
    DRYI_PRINTF(4);
/* For a failed system call: the status follows from `os_error`, and its text is added. */
DRYI_LOCAL dry_status dryi_fail_os(dry_detail *detail, int os_error, const char *format, ...) DRYI_PRINTF(3);

/* Puts "`prefix`: " in front of the text: for callers that know which object their callee was about. */
DRYI_LOCAL void dryi_detail_prefix(dry_detail *detail, const char *prefix);

/* Zero-fills it, and returns DRY_OK. */
DRYI_LOCAL dry_status dryi_done(dry_detail *detail);

#endif

/* ---- base/hash.h ---- */

/*
 * hash.h: the key hash, multiply-and-fold in the manner of wyhash (Wang Yi, 2019) and rapidhash. It needs one 64 x 64
 * -> 128 bit multiplication for 16 bytes and no special instructions, so that Go and Java compute the same at the same
 * speed. It is part of the stored format: DRY_KV_FORMAT rises when it changes.
 */
#ifndef DRYI_BASE_HASH_H
#define DRYI_BASE_HASH_H

#define DRYI_HASH_S0 0xa0761d6478bd642fu
#define DRYI_HASH_S1 0xe7037ed1a0b428dbu

static inline uint64_t dryi_hash_mix(uint64_t a, uint64_t b) {
  __extension__ typedef unsigned __int128 wide;
  wide r = (wide)a * b;
  return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static inline uint64_t dryi_hash_read64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, 8);
  return v;
}

static inline uint64_t dryi_hash_read32(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, 4);
  return v;
}

/* What depends on the seed alone: computed once a store. */
static inline uint64_t dryi_hash_premix(uint64_t seed) { return seed ^ dryi_hash_mix(seed ^ DRYI_HASH_S0, DRYI_HASH_S1); }

/* `state` is dryi_hash_premix(seed). */
static inline uint64_t dryi_hash_with(uint64_t state, const void *key, size_t n) {
  const uint8_t *p = (const uint8_t *)key;
  uint64_t a = 0, b = 0;
  if (n > 16) {
    size_t left = n;
    do {
      state = dryi_hash_mix(dryi_hash_read64(p) ^ DRYI_HASH_S1, dryi_hash_read64(p + 8) ^ state);
      p += 16;
      left -= 16;
    } while (left > 16);
    /* The last 16 bytes, which overlap what was read where n is no multiple of 16. */
    a = dryi_hash_read64(p + left - 16);
    b = dryi_hash_read64(p + left - 8);
  } else if (n >= 8) {
    a = dryi_hash_read64(p);
    b = dryi_hash_read64(p + n - 8);
  } else if (n >= 4) {
    a = dryi_hash_read32(p);
    b = dryi_hash_read32(p + n - 4);
  } else if (n > 0) {
    a = (uint64_t)p[0] << 16 | (uint64_t)p[n >> 1] << 8 | p[n - 1];
  }
  return dryi_hash_mix(DRYI_HASH_S1 ^ n, dryi_hash_mix(a ^ DRYI_HASH_S1, b ^ state));
}

#endif

/* ---- base/hooks.h ---- */

/*
 * hooks.h: where tests reach in. Only builds with DRY_HOOKS=1 have any of it.
 *
 *   DRYI_STEP("name")  a place where a writer may be killed: calls step(context, name)
 *   DRYI_FAIL("call")  in front of a system call or allocation: the errno to fail with, or 0 to go on
 */
#ifndef DRYI_BASE_HOOKS_H
#define DRYI_BASE_HOOKS_H

#if defined(DRY_HOOKS) && DRY_HOOKS

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dryi_hooks {
  void (*step)(void *context, const char *name); /* NULL: nothing */
  int (*fail)(void *context, const char *call);  /* NULL: nothing fails */
  void *context;
} dryi_hooks;

/* Set it before other threads run. */
DRY_API extern dryi_hooks dryi_hooks_now;
DRY_API void dryi_hooks_step(const char *name);
DRY_API int dryi_hooks_fail(const char *call);

#ifdef __cplusplus
}
#endif

#define DRYI_STEP(name) dryi_hooks_step(name)
#define DRYI_FAIL(call) dryi_hooks_fail(call)

#else
#define DRYI_STEP(name) ((void)0)
#define DRYI_FAIL(call) 0
#endif

#endif

/* ---- base/utf8.h ---- */

/* utf8.h: whether bytes are well-formed UTF-8 (RFC 3629) without NUL: what names must be. */
#ifndef DRYI_BASE_UTF8_H
#define DRYI_BASE_UTF8_H

DRYI_LOCAL bool dryi_utf8_valid(const char *text, size_t bytes);

#endif

/* ---- region/region_internal.h ---- */

/* region_internal.h: what the parts' code sees of an open region. */
#ifndef DRYI_REGION_REGION_INTERNAL_H
#define DRYI_REGION_REGION_INTERNAL_H

/*
 * The process-local view of a region. The dry_region handle holds one reference and every handle of a part another; the
 * memory is unmapped with the last. Closing the region sets `closed`, which every part's call looks at.
 */
typedef struct dryi_mapping {
  uint8_t *base;
  uint64_t size_bytes;
  uint64_t epoch;   /* the one this writer took */
  int fd;           /* -1: none */
  uint32_t kind;
  uint32_t mode;
  uint32_t closed;  /* atomic */
  uint32_t refs;    /* atomic */
  uint32_t huge_pages;
  uint32_t part_capacity;                          /* as checked at opening */
  uint32_t writers_lock;                           /* atomic; 1 while somebody works on `writers` */
  void *writers;                                   /* the parts' writers in this mapping: kv/part.c */
  char *name;                                      /* for messages; "" where it has none */
} dryi_mapping;

/* The open mapping behind a handle; DRY_CLOSED or DRY_INVALID_ARGUMENT otherwise. */
DRYI_LOCAL dry_status dryi_region_mapping(dry_region *region, dryi_mapping **mapping_out);
DRYI_LOCAL void dryi_mapping_retain(dryi_mapping *mapping);
DRYI_LOCAL void dryi_mapping_release(dryi_mapping *mapping);

/* DRY_OK while this mapping may write: DRY_READ_ONLY, DRY_STALE (another writer took the region over), DRY_CLOSED. */
DRYI_LOCAL dry_status dryi_mapping_may_write(const dryi_mapping *mapping);

static inline dry_region_header *dryi_mapping_header(const dryi_mapping *mapping) {
  return (dry_region_header *)(void *)mapping->base;
}

/* ---- what creating and opening share ---- */

/* A mapping of nothing yet, with one reference. */
DRYI_LOCAL dry_status dryi_mapping_new(const char *name, uint32_t kind, uint32_t mode, dryi_mapping **mapping_out,
                                       dry_detail *detail);
/* The path of a file or shared-memory region, in `path` (of DRYI_OS_PATH_BYTES). */
DRYI_LOCAL dry_status dryi_region_path(uint32_t kind, const char *name, char *path, dry_detail *detail);
/* Maps the descriptor's first `size_bytes`. */
DRYI_LOCAL dry_status dryi_mapping_map(dryi_mapping *mapping, uint64_t size_bytes, dry_detail *detail);
/* Takes the writer's lock: DRY_BUSY. */
DRYI_LOCAL dry_status dryi_mapping_lock(const dryi_mapping *mapping, dry_detail *detail);
DRYI_LOCAL void dryi_mapping_take_epoch(dryi_mapping *mapping);
/* Applies the option flags and hands the mapping to its handle. */
DRYI_LOCAL dry_status dryi_mapping_finish(dryi_mapping *mapping, uint32_t flags, dry_region *region_out,
                                          dry_detail *detail);
/* Drops the lock and closes the descriptor, where there is one. */
DRYI_LOCAL void dryi_mapping_give_up_descriptor(dryi_mapping *mapping);

/* dry_region_create, with the bytes of a checked image of options->size_bytes bytes in place of an empty region where
   `image` is not NULL. */
DRYI_LOCAL dry_status dryi_region_create_from(const dry_region_options *options, const uint8_t *image,
                                              dry_region *region_out, dry_detail *detail);

/* ---- header ---- */

DRYI_LOCAL void dryi_region_header_init(dry_region_header *header, uint64_t size_bytes, uint32_t part_capacity,
                                        const uint64_t creation_id[2]);
/* Checks the fixed fields of what is said to be a region of `size_bytes` bytes. Each field is loaded once. */
DRYI_LOCAL dry_status dryi_region_header_check(const dry_region_header *header, uint64_t size_bytes,
                                               uint32_t *part_capacity_out, dry_detail *detail);

/* ---- directory ---- */

/* Where parts begin in a region with room for that many. */
DRYI_LOCAL uint64_t dryi_directory_end(uint32_t part_capacity);
DRYI_LOCAL bool dryi_part_name_valid(const char *name, size_t name_bytes);
/* Copies entry `index` and checks the copy: DRY_NOT_FOUND beyond the last part, DRY_CORRUPT. */
DRYI_LOCAL dry_status dryi_directory_at(const dryi_mapping *mapping, uint32_t index, dry_part_info *info_out,
                                        dry_detail *detail);
DRYI_LOCAL dry_status dryi_directory_find(const dryi_mapping *mapping, const char *name, size_t name_bytes,
                                          uint32_t *index_out, dry_part_info *info_out, dry_detail *detail);
/* Checks all entries; writes the number of parts and where their space ends. */
DRYI_LOCAL dry_status dryi_directory_check(const dryi_mapping *mapping, uint32_t *count_out, uint64_t *end_out,
                                           dry_detail *detail);
/* Space for a new part behind the others. Nothing is visible, and nothing changes, until dryi_directory_commit. */
DRYI_LOCAL dry_status dryi_directory_reserve(const dryi_mapping *mapping, const char *name, size_t name_bytes,
                                             uint64_t size_bytes, uint32_t *index_out, uint64_t *offset_out,
                                             dry_detail *detail);
DRYI_LOCAL void dryi_directory_commit(dryi_mapping *mapping, uint32_t index, const char *name, size_t name_bytes,
                                      uint64_t offset, uint64_t size_bytes, uint32_t kind, uint32_t format);

/* ---- image ---- */

/* crc32c of a whole image with the seal's fields taken as zero. */
DRYI_LOCAL uint32_t dryi_image_crc(const uint8_t *base, uint64_t size_bytes);
/* Where the header is sealed, checks all bytes against it. */
DRYI_LOCAL dry_status dryi_image_check(const uint8_t *base, uint64_t size_bytes, dry_detail *detail);

#endif

/* ---- kv/kv_internal.h ---- */

/* kv_internal.h: what the store's files share. The layout and the protocol are drawn in drystone/kv.h. */
#ifndef DRYI_KV_KV_INTERNAL_H
#define DRYI_KV_KV_INTERNAL_H

/* ---- slots ---- */

#define DRYI_KV_SLOT_OFFSET_MASK (((uint64_t)1 << DRY_KV_SLOT_OFFSET_BITS) - 1)

static inline uint64_t dryi_kv_slot_block(uint64_t word) {
  return (word & DRYI_KV_SLOT_OFFSET_MASK) * DRY_KV_GRANULE_BYTES;
}

/* The 24 tag bits, where they stand in the slot. */
static inline uint64_t dryi_kv_slot_tag(uint64_t hash) {
  return (hash >> DRY_KV_SLOT_TAG_SHIFT) << DRY_KV_SLOT_OFFSET_BITS;
}

static inline uint64_t dryi_kv_slot_word(uint64_t hash, uint64_t block) {
  return dryi_kv_slot_tag(hash) | block / DRY_KV_GRANULE_BYTES;
}

static inline uint8_t dryi_kv_control_tag(uint64_t hash) {
  uint8_t tag = (uint8_t)hash;
  return tag ? tag : 1;
}

static inline uint64_t dryi_kv_home_group(uint64_t hash, uint64_t group_count) {
  return ((hash >> 32) * group_count) >> 32;
}

/* ---- blocks ---- */

static inline uint64_t dryi_kv_pad8(uint64_t bytes) { return (bytes + 7) & ~(uint64_t)7; }

/* What header, key and value take, before rounding to a size class. No overflow within the documented maxima. */
static inline uint64_t dryi_kv_block_need(uint64_t key_bytes, uint64_t value_bytes) {
  return DRY_KV_BLOCK_HEADER_BYTES + dryi_kv_pad8(key_bytes) + dryi_kv_pad8(value_bytes);
}

static inline uint64_t dryi_kv_sizes_word(uint32_t key_bytes, uint32_t value_bytes) {
  return (uint64_t)key_bytes << 32 | value_bytes;
}

static inline const uint64_t *dryi_kv_words(const uint8_t *part, uint64_t offset) {
  return (const uint64_t *)(const void *)(part + offset);
}

/* The size of a block in bytes, as it is stored now: whoever uses it checks it. */
static inline uint64_t dryi_kv_stored_room(const uint8_t *part, uint64_t block) {
  return (uint32_t)dryi_load_acquire_u64(dryi_kv_words(part, block + 16)) * (uint64_t)DRY_KV_GRANULE_BYTES;
}

static inline const dry_kv_header *dryi_kv_header_of(const uint8_t *part) {
  return (const dry_kv_header *)(const void *)part;
}

/* ---- size classes (heap.c): multiples of 16 up to 1 KiB, then sixteen a doubling ---- */

#define DRYI_KV_CLASS_COUNT 448

/* The class that fits `bytes` (48 .. 2^33), and its size in `class_bytes_out`. */
DRYI_LOCAL uint32_t dryi_kv_class_of(uint64_t bytes, uint64_t *class_bytes_out);
/* Size of the largest class that is not above `bytes` (at least 48). */
DRYI_LOCAL uint64_t dryi_kv_class_floor(uint64_t bytes);

static inline uint64_t dryi_kv_class_bytes(uint64_t need) {
  uint64_t bytes;
  (void)dryi_kv_class_of(need < DRY_KV_BLOCK_BYTES_MIN ? DRY_KV_BLOCK_BYTES_MIN : need, &bytes);
  return bytes;
}

/* ---- finding ---- */

typedef enum dryi_kv_outcome {
  DRYI_KV_FOUND,
  DRYI_KV_ABSENT,
  DRYI_KV_CHANGED, /* a write came in between: start again */
  DRYI_KV_DAMAGED, /* what is stored cannot be right */
} dryi_kv_outcome;

typedef struct dryi_kv_found {
  uint64_t relocation;
  uint64_t slot_offset; /* of the slot word, from the start of the part */
  uint64_t slot_word;
  uint64_t block;       /* offset of the block */
  uint64_t version;
  uint32_t key_bytes;
  uint32_t value_bytes;
} dryi_kv_found;

DRYI_LOCAL dryi_kv_outcome dryi_kv_find(const dry_kv_reader *reader, const void *key, size_t key_bytes, uint64_t hash,
                                        dryi_kv_found *found);
/* DRY_OK, DRY_CLOSED or DRY_INVALID_ARGUMENT. */
DRYI_LOCAL dry_status dryi_kv_reader_usable(const dry_kv_reader *reader);
DRYI_LOCAL dry_status dryi_kv_check_key(const void *key, size_t key_bytes);
/* The checksum as the block's bytes say, and whether it is the stored one. */
DRYI_LOCAL uint64_t dryi_kv_block_checksum_read(const dry_kv_reader *reader, const dryi_kv_found *found);
DRYI_LOCAL bool dryi_kv_checksum_holds(const dry_kv_reader *reader, dryi_kv_found found);

static inline uint64_t dryi_kv_value_offset(const dryi_kv_found *found) {
  return found->block + DRY_KV_BLOCK_HEADER_BYTES + dryi_kv_pad8(found->key_bytes);
}

static inline uint64_t dryi_kv_slot_offset(const dry_kv_reader *reader, uint64_t group, unsigned slot) {
  return reader->slots_offset + group * DRY_KV_GROUP_SLOT_BYTES + (uint64_t)slot * 8;
}

static inline uint64_t dryi_kv_control_offset(const dry_kv_reader *reader, uint64_t group) {
  return reader->control_offset + group * DRY_KV_GROUP_CONTROL_BYTES;
}

/* ---- writing ---- */

/* The free blocks of one size class, oldest first. */
typedef struct dryi_kv_queue {
  uint64_t head; /* offset of the block, 0: empty */
  uint64_t tail;
  uint64_t count;
} dryi_kv_queue;

/* The writer's own memory: nothing here is stored, all of it is rebuilt at opening. All handles of a part's writer that
   are opened in one region handle share it. */
typedef struct dryi_kv_state {
  uint8_t *part;
  dry_kv_header *header;
  dryi_mapping *mapping;      /* NULL for a bare span */
  struct dryi_kv_state *next; /* in mapping->writers */
  uint32_t handles;
  uint32_t part_index;
  uint32_t in_call;           /* atomic; 1 while a call changes the store */
  uint32_t freed_since_compaction;
  uint64_t version;
  uint64_t entry_count;
  uint64_t data_bytes;
  uint64_t entry_capacity;
  uint64_t data_capacity_bytes;
  uint64_t heap_offset;
  uint64_t bump;         /* where the never-used end of the heap begins */
  uint64_t bump_end;     /* where staging begins */
  uint64_t staging_end;
  dryi_kv_queue queues[DRYI_KV_CLASS_COUNT];
} dryi_kv_state;

/* Takes a free block of at least `need` bytes: DRY_FULL, DRY_CORRUPT. Its room and link are set, its version is 0. */
DRYI_LOCAL dry_status dryi_kv_heap_take(dry_kv_writer *writer, uint64_t need, uint64_t *block_out);
/* Puts a block that no slot points to any more at the end of its queue. */
DRYI_LOCAL void dryi_kv_heap_give(dryi_kv_state *state, uint64_t block);
/* Makes free blocks of [from, from + bytes): 0 or at least 48 bytes, a multiple of 16. */
DRYI_LOCAL void dryi_kv_heap_fill(dryi_kv_state *state, uint64_t from, uint64_t bytes);
/* Moves the block, which takes `room` bytes, to `to`, which must not overlap it, and publishes it there. */
DRYI_LOCAL dry_status dryi_kv_heap_move(dry_kv_writer *writer, uint64_t from, uint64_t room, uint64_t to);
DRYI_LOCAL void dryi_kv_relocation_begin(dryi_kv_state *state);
DRYI_LOCAL void dryi_kv_relocation_end(dryi_kv_state *state);

/* Sets one of a group's 16 control bytes: the 15th is the overflow count. */
DRYI_LOCAL void dryi_kv_control_set(const dry_kv_writer *writer, uint64_t group, unsigned at, uint8_t value);

DRYI_LOCAL dry_status dryi_kv_header_check(const dry_kv_header *header, uint64_t span_bytes, dry_kv_header *copy_out,
                                           dry_detail *detail);
DRYI_LOCAL void dryi_kv_reader_init(dry_kv_reader *reader, const uint8_t *part, const dry_kv_header *checked,
                                    uint32_t flags);
DRYI_LOCAL dry_status dryi_kv_recover(dry_kv_writer *writer, dry_detail *detail);

static inline uint64_t *dryi_kv_word_at(const dryi_kv_state *state, uint64_t offset) {
  return (uint64_t *)(void *)(state->part + offset);
}

static inline dry_kv_block *dryi_kv_block_at(const dryi_kv_state *state, uint64_t offset) {
  return (dry_kv_block *)(void *)(state->part + offset);
}

#endif

/* ---- kv/probe.h ---- */

/* probe.h: the bytes of a control group that equal a tag, as a bit mask. */
#ifndef DRYI_KV_PROBE_H
#define DRYI_KV_PROBE_H

#if defined(__x86_64__)
#pragma GCC visibility push(default)
#include <emmintrin.h>
#pragma GCC visibility pop
#elif defined(__aarch64__)
#pragma GCC visibility push(default)
#include <arm_neon.h>
#pragma GCC visibility pop
#endif

#define DRYI_KV_SLOT_MASK ((1u << DRY_KV_GROUP_SLOTS) - 1)

typedef struct dryi_kv_group {
  uint64_t low;  /* control bytes 0 .. 7 */
  uint64_t high; /* control bytes 8 .. 14, and the overflow count on top */
} dryi_kv_group;

/* Two acquire loads: a tag that is seen makes the slot word stored before it visible (pairs with the release store in
   dryi_kv_control_set). The two halves may be of different moments; every slot is checked for itself. */
static inline dryi_kv_group dryi_kv_group_load(const uint64_t *control) {
  dryi_kv_group group = {dryi_load_acquire_u64(control), dryi_load_acquire_u64(control + 1)};
  return group;
}

static inline unsigned dryi_kv_group_overflow(dryi_kv_group group) { return (unsigned)(group.high >> 56); }

/* Control byte `at`: a tag, or the overflow count as the last. */
static inline uint8_t dryi_kv_group_byte(dryi_kv_group group, unsigned at) {
  return (uint8_t)((at < 8 ? group.low : group.high) >> at % 8 * 8);
}

/* Bit i is set where control byte i equals `tag`. */
static inline uint32_t dryi_kv_group_match(dryi_kv_group group, uint8_t tag) {
#if defined(__x86_64__)
  __m128i high = _mm_cvtsi64_si128((long long)group.high);
  /* Without this gcc 12 joins the halves by way of the stack. */
  __asm__("" : "+x"(high));
  __m128i bytes = _mm_unpacklo_epi64(_mm_cvtsi64_si128((long long)group.low), high);
  __m128i equal = _mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)tag));
  return (uint32_t)_mm_movemask_epi8(equal) & DRYI_KV_SLOT_MASK;
#elif defined(__aarch64__)
  /* NEON has no movemask: keep one bit of each equal byte, then add pairs until each half is one byte. */
  static const uint8_t bit[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  uint8x16_t bytes = vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(group.low), vcreate_u64(group.high)));
  uint8x16_t equal = vandq_u8(vceqq_u8(bytes, vdupq_n_u8(tag)), vld1q_u8(bit));
  uint32_t low = vaddv_u8(vget_low_u8(equal)), high = vaddv_u8(vget_high_u8(equal));
  return (low | high << 8) & DRYI_KV_SLOT_MASK;
#else
  uint32_t mask = 0;
  for (unsigned i = 0; i < DRY_KV_GROUP_SLOTS; i++) mask |= (uint32_t)(dryi_kv_group_byte(group, i) == tag) << i;
  return mask;
#endif
}

#endif

/* ---- kv/find.h ---- */

/*
 * find.h: the readers' protocol as inline pieces, one for each step at the head of drystone/kv.h, and the copy of a value
 * that ends it. Every reading call is put together from these.
 */
#ifndef DRYI_KV_FIND_H
#define DRYI_KV_FIND_H

/* ---- words of a block ---- */

DRYI_INLINE uint64_t dryi_kv_load_tail(uint64_t word, size_t bytes) { return word & (~(uint64_t)0 >> (64 - 8 * bytes)); }

/* Word by word straight to the caller: by way of a temporary it costs 2.5 times as much (failed store forwarding).
   Acquire loads pair with the release stores of whoever writes a block here next, so that a reader who got one of its
   words also gets the changed version in dryi_kv_still. */
DRYI_INLINE void dryi_kv_copy_words(const uint64_t *from, void *to, size_t bytes) {
  uint8_t *out = (uint8_t *)to;
  size_t words = bytes / 8;
#pragma GCC unroll 4
  for (size_t i = 0; i < words; i++) {
    uint64_t word = dryi_load_acquire_u64(from + i);
    memcpy(out + 8 * i, &word, 8);
  }
  if (bytes % 8) {
    uint64_t word = dryi_load_acquire_u64(from + words);
    memcpy(out + 8 * words, &word, bytes % 8);
  }
}

DRYI_INLINE bool dryi_kv_key_equals(const uint64_t *stored, const void *key, size_t bytes) {
  const uint8_t *p = (const uint8_t *)key;
  size_t words = bytes / 8;
  for (size_t i = 0; i < words; i++)
    if (dryi_load_acquire_u64(stored + i) != dryi_hash_read64(p + 8 * i)) return false;
  if (bytes % 8 == 0) return true;
  uint64_t last = 0;
  memcpy(&last, p + 8 * words, bytes % 8);
  return dryi_kv_load_tail(dryi_load_acquire_u64(stored + words), bytes % 8) == last;
}

/* ---- the protocol ---- */

/* The reader's facts in locals: an acquire load keeps the compiler from holding what it has read through a pointer. */
typedef struct dryi_kv_geometry {
  const uint8_t *part;
  uint64_t group_count;
  uint64_t control_offset;
  uint64_t slots_offset;
  uint64_t heap_offset;
  uint64_t heap_end;
} dryi_kv_geometry;

DRYI_INLINE dryi_kv_geometry dryi_kv_geometry_of(const dry_kv_reader *reader) {
  dryi_kv_geometry g = {reader->part,         reader->group_count, reader->control_offset,
                        reader->slots_offset, reader->heap_offset, reader->heap_end};
  return g;
}

DRYI_INLINE uint64_t dryi_kv_load_relocation(const dryi_kv_geometry *g) {
  return dryi_load_acquire_u64(&dryi_kv_header_of(g->part)->relocation);
}

DRYI_INLINE uint64_t dryi_kv_load_slot(const dryi_kv_geometry *g, uint64_t slot_offset) {
  return dryi_load_acquire_u64(dryi_kv_words(g->part, slot_offset));
}

/* Steps 4 and 5: whether all that was read of the block until now belongs together. */
DRYI_INLINE bool dryi_kv_still(const dryi_kv_geometry *g, const dryi_kv_found *found) {
  uint64_t version = dryi_load_relaxed_u64(dryi_kv_words(g->part, found->block));
  if (version != found->version) return false;
  /* While blocks are being moved, the word read above may be anything that equals the version by chance. */
  uint64_t relocation = dryi_kv_load_relocation(g);
  if (relocation == found->relocation && relocation % 2 == 0) return true;
  return dryi_kv_load_slot(g, found->slot_offset) == found->slot_word;
}

/* A version of 0 was loaded from a block whose slot did not change. The block may have been taken again, written and
   published under the same slot between those two loads; then the version is there now. */
static inline dryi_kv_outcome dryi_kv_unfinished(const uint8_t *part, uint64_t block, uint64_t slot_offset,
                                                 uint64_t word) {
  if (dryi_load_acquire_u64(dryi_kv_words(part, block)) != 0) return DRYI_KV_CHANGED;
  return dryi_load_acquire_u64(dryi_kv_words(part, slot_offset)) == word ? DRYI_KV_DAMAGED : DRYI_KV_CHANGED;
}

/* Steps 2 and 3 for the slot at `slot_offset`, whose word is `word`, without the key. An odd `relocation` makes the later
   checks strict: the slot itself must stay as it is. */
DRYI_INLINE dryi_kv_outcome dryi_kv_enter(const dryi_kv_geometry *g, uint64_t slot_offset, uint64_t word,
                                          uint64_t relocation, dryi_kv_found *found) {
  uint64_t block = dryi_kv_slot_block(word);
  found->relocation = relocation;
  found->slot_offset = slot_offset;
  found->slot_word = word;
  found->block = block;
  if (block < g->heap_offset || block > g->heap_end - DRY_KV_BLOCK_BYTES_MIN) return DRYI_KV_DAMAGED;
  const uint64_t *words = dryi_kv_words(g->part, block);
  /* The value's own place is known only when the sizes have arrived: ask for the next line with the first. */
  __builtin_prefetch(words + 8);
  /* pairs with the release store of the version in write_block (writer.c): all of the block is visible */
  found->version = dryi_load_acquire_u64(words);
  if (dryi_kv_load_slot(g, slot_offset) != word) return DRYI_KV_CHANGED;
  if (found->version == 0) return dryi_kv_unfinished(g->part, block, slot_offset, word);
  uint64_t sizes = dryi_load_acquire_u64(words + 1);
  found->value_bytes = (uint32_t)sizes;
  found->key_bytes = (uint32_t)(sizes >> 32);
  if (found->key_bytes - 1u >= DRY_KV_KEY_BYTES_MAX ||
      dryi_kv_block_need(found->key_bytes, found->value_bytes) > g->heap_end - block)
    return dryi_kv_still(g, found) ? DRYI_KV_DAMAGED : DRYI_KV_CHANGED;
  return DRYI_KV_FOUND;
}

/* One slot whose control byte matched. ABSENT: it is not this key's. */
DRYI_INLINE dryi_kv_outcome dryi_kv_try_slot(const dryi_kv_geometry *g, uint64_t slot_offset, uint64_t tag,
                                             const void *key, size_t key_bytes, uint64_t relocation,
                                             dryi_kv_found *found) {
  uint64_t word = dryi_kv_load_slot(g, slot_offset);
  if (((word ^ tag) >> DRY_KV_SLOT_OFFSET_BITS) != 0 || (word & DRYI_KV_SLOT_OFFSET_MASK) == 0) return DRYI_KV_ABSENT;
  dryi_kv_outcome outcome = dryi_kv_enter(g, slot_offset, word, relocation, found);
  if (outcome != DRYI_KV_FOUND) return outcome;
  const uint64_t *stored = dryi_kv_words(g->part, found->block + DRY_KV_BLOCK_HEADER_BYTES);
  if (found->key_bytes == key_bytes && dryi_kv_key_equals(stored, key, key_bytes)) return DRYI_KV_FOUND;
  /* Another key, or a block that was reused while it was compared. */
  return dryi_kv_still(g, found) ? DRYI_KV_ABSENT : DRYI_KV_CHANGED;
}

DRYI_INLINE dryi_kv_group dryi_kv_load_group(const dryi_kv_geometry *g, uint64_t group) {
  return dryi_kv_group_load(dryi_kv_words(g->part, g->control_offset + group * DRY_KV_GROUP_CONTROL_BYTES));
}

DRYI_INLINE uint64_t dryi_kv_first_slot(const dryi_kv_geometry *g, uint64_t group, uint32_t match) {
  return g->slots_offset + group * DRY_KV_GROUP_SLOT_BYTES + (uint64_t)(unsigned)__builtin_ctz(match) * 8;
}

/* Tags mostly lie in the second-level cache and slots do not. Asking for the slots before the tags have been looked at takes
   one of the three dependent misses off a lookup: measured, 20 % of a dependent hit. */
DRYI_INLINE void dryi_kv_prefetch_slots(const dryi_kv_geometry *g, uint64_t group) {
  const uint8_t *slots = g->part + g->slots_offset + group * DRY_KV_GROUP_SLOT_BYTES;
  __builtin_prefetch(slots);
  __builtin_prefetch(slots + 64);
}

/* ---- the value ---- */

typedef struct dryi_kv_target {
  void *value;
  size_t capacity;
  size_t *value_bytes_out;
  uint64_t *version_out;
} dryi_kv_target;

/* What is done with the entry that was found; false: do it again. `key_bytes` is the caller's, which equals the found one:
   with it the value's address does not wait for the block. */
DRYI_INLINE bool dryi_kv_copy_value(const dry_kv_reader *reader, const dryi_kv_geometry *g, const dryi_kv_found *found,
                                    uint64_t key_bytes, const dryi_kv_target *target, dry_status *status_out) {
  bool fits = found->value_bytes <= target->capacity;
  uint64_t value_at = found->block + DRY_KV_BLOCK_HEADER_BYTES + dryi_kv_pad8(key_bytes);
  if (fits) dryi_kv_copy_words(dryi_kv_words(g->part, value_at), target->value, found->value_bytes);
  bool whole = !(reader->flags & DRY_KV_READ_CHECKED) || dryi_kv_checksum_holds(reader, *found);
  if (!dryi_kv_still(g, found)) return false;
  if (!whole) {
    *status_out = DRY_CORRUPT;
    return true;
  }
  if (target->value_bytes_out) *target->value_bytes_out = found->value_bytes;
  if (target->version_out) *target->version_out = found->version;
  *status_out = fits ? DRY_OK : DRY_TOO_LARGE;
  return true;
}

static inline void dryi_kv_count_retry(dry_kv_reader *reader) { (void)dryi_add_relaxed_u64(&reader->retries, 1); }

#endif

/* ---- kv/scan.h ---- */

/*
 * scan.h: what recovery and verification both gather while they walk the index: where blocks start, and how many
 * entries pass each group.
 */
#ifndef DRYI_KV_SCAN_H
#define DRYI_KV_SCAN_H

typedef struct dryi_kv_scan {
  uint64_t *starts;      /* one bit a granule of heap and staging: a block in use starts there */
  uint64_t start_words;
  int32_t *passes;       /* differences: the running sum up to a group says how many entries' searches pass it */
  uint64_t group_count;
  uint64_t heap_offset;
  uint64_t heap_end;
} dryi_kv_scan;

/* False: no memory. */
DRYI_LOCAL bool dryi_kv_scan_init(dryi_kv_scan *scan, const dry_kv_reader *reader);
DRYI_LOCAL void dryi_kv_scan_clear(dryi_kv_scan *scan);
DRYI_LOCAL void dryi_kv_scan_free(dryi_kv_scan *scan);

/* False: a block starts there already. */
DRYI_LOCAL bool dryi_kv_scan_mark(dryi_kv_scan *scan, uint64_t block);
DRYI_LOCAL void dryi_kv_scan_unmark(dryi_kv_scan *scan, uint64_t block);
/* The first marked block at `from` or above it; heap_end when there is none. */
DRYI_LOCAL uint64_t dryi_kv_scan_next(const dryi_kv_scan *scan, uint64_t from);
/* An entry whose search starts at `home` lies in `group`. */
DRYI_LOCAL void dryi_kv_scan_pass(dryi_kv_scan *scan, uint64_t home, uint64_t group);

#endif

/* ---- os/os.h ---- */

/*
 * os.h: the only system calls of the library. Every function returns 0 or an errno value, retries on EINTR, and on
 * failure has changed nothing. Tests make each call fail by its name (base/hooks.h).
 */
#ifndef DRYI_OS_OS_H
#define DRYI_OS_OS_H

/* ---- memory ---- */

/* `bytes` of zeroed private memory, page-aligned. */
DRYI_LOCAL int dryi_os_map_anonymous(uint64_t bytes, void **base_out);
/* The first `bytes` of a file, shared with whoever else maps it. */
DRYI_LOCAL int dryi_os_map_file(int fd, uint64_t bytes, bool writable, void **base_out);
/* Address space without memory behind it; dryi_os_commit makes a page-aligned range of it usable. */
DRYI_LOCAL int dryi_os_reserve(uint64_t bytes, void **base_out);
DRYI_LOCAL int dryi_os_commit(void *base, uint64_t bytes);
DRYI_LOCAL int dryi_os_unmap(void *base, uint64_t bytes);
/* Touches every page now. */
DRYI_LOCAL int dryi_os_prefault(void *base, uint64_t bytes, bool writable);
/* Asks for transparent huge pages; an errno says that they were refused. */
DRYI_LOCAL int dryi_os_huge_pages(void *base, uint64_t bytes);
/* malloc and calloc, so that tests can make them fail. NULL when there is none. */
DRYI_LOCAL void *dryi_os_alloc_zeroed(size_t bytes);
DRYI_LOCAL void dryi_os_free(void *memory);
DRYI_LOCAL int dryi_os_random(void *out, size_t bytes);

/* ---- files ---- */

typedef struct dryi_os_file_facts {
  uint64_t size_bytes;
  bool regular;   /* a regular file or shared-memory object, not a directory, pipe, device ... */
  bool own;       /* belongs to the effective user */
  uint64_t links; /* names it has */
} dryi_os_file_facts;

/* Opens what is there: never a symbolic link (ELOOP), never waiting for the other end of a pipe. */
DRYI_LOCAL int dryi_os_open(const char *path, bool writable, int *fd_out);
/* Opens the file behind a descriptor once more, with a lock ownership of its own. */
DRYI_LOCAL int dryi_os_reopen(int fd, bool writable, int *fd_out);
/* A file in memory that has no name at all. */
DRYI_LOCAL int dryi_os_create_memfd(int *fd_out);
DRYI_LOCAL int dryi_os_close(int fd);
DRYI_LOCAL int dryi_os_facts(int fd, dryi_os_file_facts *facts_out);

/* A file that has no name yet, in the directory of `path`, so that a killed creator leaves nothing behind. Where the
   file system cannot do that it gets a random name, which goes into `temporary` (of DRYI_OS_PATH_BYTES), else "". */
#define DRYI_OS_PATH_BYTES 4096
DRYI_LOCAL int dryi_os_create_unnamed(const char *path, uint32_t permissions, char *temporary, int *fd_out);
/* Gives it its name: EEXIST when that is taken. */
DRYI_LOCAL int dryi_os_link(int fd, char *temporary, const char *path);
/* The same, replacing what has the name. */
DRYI_LOCAL int dryi_os_link_over(int fd, char *temporary, const char *path);
/* Forgets a file of dryi_os_create_unnamed that was not linked. */
DRYI_LOCAL void dryi_os_discard(int fd, const char *temporary);
/* Sets the size with the space really allocated, so that a full disk shows now and not as SIGBUS later. */
DRYI_LOCAL int dryi_os_allocate(int fd, uint64_t bytes);
DRYI_LOCAL int dryi_os_write_at(int fd, const void *data, uint64_t bytes, uint64_t offset);
DRYI_LOCAL int dryi_os_read_at(int fd, void *data, uint64_t bytes, uint64_t offset);
DRYI_LOCAL int dryi_os_sync(int fd);
DRYI_LOCAL int dryi_os_unlink(const char *path);

/* ---- locks: open-file-description locks, which the kernel drops when their owner dies ---- */

/* EAGAIN when another open file description holds it. */
DRYI_LOCAL int dryi_os_lock_exclusive(int fd);
DRYI_LOCAL int dryi_os_lock_shared(int fd);
DRYI_LOCAL int dryi_os_unlock(int fd);

/* ---- waiting ---- */

/* Sleeps while *word == expected, at most `timeout_ns` (UINT64_MAX: for ever). 0: woken or changed, ETIMEDOUT. Works on
   read-only mappings and between processes. May wake early; the caller looks again. */
DRYI_LOCAL int dryi_os_wait(const uint32_t *word, uint32_t expected, uint64_t timeout_ns);
/* Wakes everyone who waits on the word. */
DRYI_LOCAL int dryi_os_wake(uint32_t *word);
DRYI_LOCAL void dryi_os_sleep_ns(uint64_t ns);

#endif

/* ---- base/assert.c ---- */

#if defined(DRY_CHECKED) && DRY_CHECKED
#pragma GCC visibility push(default)
#include <stdio.h>
#pragma GCC visibility pop
#pragma GCC visibility push(default)
#include <stdlib.h>
#pragma GCC visibility pop

void dryi_assert_failed(const char *what, const char *file, int line) {
  (void)fprintf(stderr, "drystone: %s:%d: assertion failed: %s\n", file, line, what);
  abort();
}
#endif

/* A translation unit must declare something in every configuration. */
typedef int dryi_assert_unit;

/* ---- base/cpu.c ---- */

#if defined(__aarch64__) && defined(__linux__)
#pragma GCC visibility push(default)
#include <sys/auxv.h>
#pragma GCC visibility pop
#endif

static int detect(void) {
  const char *forced = getenv("DRYSTONE_CPU_LEVEL");
  if (forced && strcmp(forced, "scalar") == 0) return DRYI_CPU_SCALAR;
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse4.2") ? DRYI_CPU_CRC : DRYI_CPU_SCALAR;
#elif defined(__aarch64__) && defined(__linux__)
  return (getauxval(AT_HWCAP) & (1u << 7)) != 0 ? DRYI_CPU_CRC : DRYI_CPU_SCALAR; /* HWCAP_CRC32 */
#else
  return DRYI_CPU_SCALAR;
#endif
}

int dryi_cpu_level(void) {
  /* Every thread that races here computes the same value, so relaxed is enough. */
  static uint32_t known;
  uint32_t level = dryi_load_relaxed_u32(&known);
  if (level == 0) {
    level = (uint32_t)detect();
    dryi_store_relaxed_u32(&known, level);
  }
  return (int)level;
}

const char *dry_cpu_level(void) {
  if (dryi_cpu_level() == DRYI_CPU_SCALAR) return "scalar";
#if defined(__x86_64__)
  return "sse4.2";
#else
  return "crc";
#endif
}

/* ---- base/crc32c.c ---- */

/*
 * The table is computed at compile time by nested macros: a checked-in table would be a constant typed by hand, and one
 * filled at run time would be mutable global state. One step is the reflected polynomial 0x82f63b78.
 */
#define STEP(c) (((c) >> 1) ^ ((0u - ((c) & 1u)) & 0x82f63b78u))
#define STEP4(c) STEP(STEP(STEP(STEP(c))))
enum { nibbles = 16 };

/* Sixteen entries, one a nibble: small enough for the cache line that a rarely used path may take. */
static const uint32_t table[nibbles] = {
    STEP4(0u), STEP4(1u), STEP4(2u),  STEP4(3u),  STEP4(4u),  STEP4(5u),  STEP4(6u),  STEP4(7u),
    STEP4(8u), STEP4(9u), STEP4(10u), STEP4(11u), STEP4(12u), STEP4(13u), STEP4(14u), STEP4(15u),
};

uint32_t dryi_crc32c_scalar(uint32_t crc, const void *data, size_t n) {
  const uint8_t *p = (const uint8_t *)data;
  uint32_t c = ~crc;
  for (size_t i = 0; i < n; i++) {
    c ^= p[i];
    c = (c >> 4) ^ table[c & 15u];
    c = (c >> 4) ^ table[c & 15u];
  }
  return ~c;
}

#if defined(__x86_64__)
#pragma GCC visibility push(default)
#include <nmmintrin.h>
#pragma GCC visibility pop
__attribute__((target("sse4.2"))) static uint32_t crc32c_fast(uint32_t crc, const void *data, size_t n) {
  const uint8_t *p = (const uint8_t *)data;
  uint64_t c = (uint32_t)~crc;
  for (; n >= 8; p += 8, n -= 8) {
    uint64_t v;
    memcpy(&v, p, 8);
    c = _mm_crc32_u64(c, v);
  }
  for (; n > 0; p++, n--) c = _mm_crc32_u8((uint32_t)c, *p);
  return ~(uint32_t)c;
}
#elif defined(__aarch64__)
__attribute__((target("+crc"))) static uint32_t crc32c_fast(uint32_t crc, const void *data, size_t n) {
  const uint8_t *p = (const uint8_t *)data;
  uint32_t c = ~crc;
  for (; n >= 8; p += 8, n -= 8) {
    uint64_t v;
    memcpy(&v, p, 8);
    __asm__("crc32cx %w0, %w0, %x1" : "+r"(c) : "r"(v));
  }
  for (; n > 0; p++, n--) {
    uint32_t byte = *p;
    __asm__("crc32cb %w0, %w0, %w1" : "+r"(c) : "r"(byte));
  }
  return ~c;
}
#else
static uint32_t crc32c_fast(uint32_t crc, const void *data, size_t n) { return dryi_crc32c_scalar(crc, data, n); }
#endif

uint32_t dryi_crc32c(uint32_t crc, const void *data, size_t n) {
  return dryi_cpu_level() == DRYI_CPU_CRC ? crc32c_fast(crc, data, n) : dryi_crc32c_scalar(crc, data, n);
}
#undef STEP
#undef STEP4

/* ---- base/detail.c ---- */

#define PREFIX_BYTES_MAX 200
#define SEPARATOR ": "

static void fill(dry_detail *detail, dry_status status, int os_error, uint64_t offset, const char *format,
                 va_list arguments) {
  if (!detail) return;
  memset(detail, 0, sizeof *detail);
  detail->status = status;
  detail->os_error = os_error;
  detail->offset = offset;
  (void)vsnprintf(detail->text, sizeof detail->text, format, arguments);
}

dry_status dryi_fail(dry_detail *detail, dry_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fill(detail, status, 0, 0, format, arguments);
  va_end(arguments);
  return status;
}

dry_status dryi_fail_at(dry_detail *detail, dry_status status, uint64_t offset, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fill(detail, status, 0, offset, format, arguments);
  va_end(arguments);
  return status;
}

static dry_status status_of(int os_error) {
  switch (os_error) {
    case ENOENT: return DRY_NOT_FOUND;
    case EEXIST: return DRY_ALREADY_EXISTS;
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return DRY_OUT_OF_MEMORY;
    case ELOOP:
    case EISDIR:
    case ENAMETOOLONG: return DRY_INVALID_ARGUMENT;
    case ENOSYS:
    case EOPNOTSUPP: return DRY_UNSUPPORTED;
    default: return DRY_IO;
  }
}

/* glibc's strerror_r under _GNU_SOURCE returns the text, POSIX's (musl) fills the buffer. */
static const char *error_text(int os_error, char *buffer, size_t bytes) {
#if defined(__GLIBC__)
  return strerror_r(os_error, buffer, bytes);
#else
  return strerror_r(os_error, buffer, bytes) == 0 ? buffer : "unknown error";
#endif
}

dry_status dryi_fail_os(dry_detail *detail, int os_error, const char *format, ...) {
  dry_status status = status_of(os_error);
  va_list arguments;
  va_start(arguments, format);
  fill(detail, status, os_error, 0, format, arguments);
  va_end(arguments);
  if (detail) {
    char buffer[96] = "";
    const char *text = error_text(os_error, buffer, sizeof buffer);
    size_t used = strlen(detail->text);
    (void)snprintf(detail->text + used, sizeof detail->text - used, ": %s", text);
  }
  return status;
}

void dryi_detail_prefix(dry_detail *detail, const char *prefix) {
  if (!detail || !prefix || !*prefix) return;
  size_t added = strnlen(prefix, PREFIX_BYTES_MAX);
  size_t kept = strnlen(detail->text, sizeof detail->text - added - sizeof SEPARATOR);
  memmove(detail->text + added + sizeof SEPARATOR - 1, detail->text, kept);
  memcpy(detail->text, prefix, added);
  memcpy(detail->text + added, SEPARATOR, sizeof SEPARATOR - 1);
  detail->text[added + sizeof SEPARATOR - 1 + kept] = 0;
}

dry_status dryi_done(dry_detail *detail) {
  if (detail) memset(detail, 0, sizeof *detail);
  return DRY_OK;
}
#undef PREFIX_BYTES_MAX
#undef SEPARATOR

/* ---- base/hooks.c ---- */

#if defined(DRY_HOOKS) && DRY_HOOKS

dryi_hooks dryi_hooks_now;

void dryi_hooks_step(const char *name) {
  if (dryi_hooks_now.step) dryi_hooks_now.step(dryi_hooks_now.context, name);
}

int dryi_hooks_fail(const char *call) {
  return dryi_hooks_now.fail ? dryi_hooks_now.fail(dryi_hooks_now.context, call) : 0;
}

#endif

/* A translation unit must declare something in every configuration. */
typedef int dryi_hooks_unit;

/* ---- base/status.c ---- */

typedef struct status_row {
  const char *name;
  const char *text;
} status_row;

/* Indexed by the status itself. */
static const status_row rows[] = {
    [DRY_OK] = {"ok", "Done."},
    [DRY_INVALID_ARGUMENT] = {"invalid_argument", "An argument is outside its documented range."},
    [DRY_OUT_OF_MEMORY] = {"out_of_memory", "The operating system refused memory or disk space."},
    [DRY_FULL] = {"full", "A fixed capacity is used up."},
    [DRY_NOT_FOUND] = {"not_found", "There is no such key, part, file or object."},
    [DRY_ALREADY_EXISTS] = {"already_exists", "The key, part, file or object is there already."},
    [DRY_TYPE_MISMATCH] = {"type_mismatch", "It exists, but it is of another kind."},
    [DRY_STALE] = {"stale", "The handle, mark or ownership has been outlived."},
    [DRY_FOREIGN] = {"foreign", "This does not come from this structure."},
    [DRY_TOO_LARGE] = {"too_large", "It is above a documented maximum, or larger than the buffer for it."},
    [DRY_BUSY] = {"busy", "Another writer holds it."},
    [DRY_READ_ONLY] = {"read_only", "It was opened for reading only."},
    [DRY_CORRUPT] = {"corrupt", "Stored bytes contradict the format or their checksum."},
    [DRY_VERSION_MISMATCH] = {"version_mismatch", "It was written by another revision of the format or library."},
    [DRY_CONFLICT] = {"conflict", "The entry has another version by now."},
    [DRY_TIMED_OUT] = {"timed_out", "The bound on attempts or time was reached."},
    [DRY_IO] = {"io", "The operating system reported an error."},
    [DRY_UNSUPPORTED] = {"unsupported", "This system, kind or layout cannot do that."},
    [DRY_CLOSED] = {"closed", "The handle is closed, or was never opened."},
};
_Static_assert(sizeof rows / sizeof rows[0] == DRY_STATUS_COUNT, "one row a status");

static const status_row *row_of(dry_status status) {
  static const status_row unknown = {"unknown", "This is no status of this library."};
  return status >= 0 && status < DRY_STATUS_COUNT ? &rows[status] : &unknown;
}

const char *dry_status_name(dry_status status) { return row_of(status)->name; }

const char *dry_status_text(dry_status status) { return row_of(status)->text; }

/* ---- base/utf8.c ---- */

/* Length of the sequence that starts with `lead`, and the range of its second byte; 0: no such lead byte. */
static size_t sequence(uint8_t lead, uint8_t *low, uint8_t *high) {
  *low = 0x80;
  *high = 0xbf;
  if (lead >= 0x01 && lead <= 0x7f) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead == 0xe0) *low = 0xa0;  /* shorter forms exist */
  if (lead == 0xed) *high = 0x9f; /* surrogates */
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead == 0xf0) *low = 0x90;
  if (lead == 0xf4) *high = 0x8f; /* beyond U+10FFFF */
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

bool dryi_utf8_valid(const char *text, size_t bytes) {
  const uint8_t *p = (const uint8_t *)text;
  size_t i = 0;
  while (i < bytes) {
    uint8_t low, high;
    size_t n = sequence(p[i], &low, &high);
    if (n == 0 || n > bytes - i) return false;
    for (size_t k = 1; k < n; k++) {
      uint8_t from = k == 1 ? low : 0x80, to = k == 1 ? high : 0xbf;
      if (p[i + k] < from || p[i + k] > to) return false;
    }
    i += n;
  }
  return true;
}

/* ---- base/version.c ---- */

_Static_assert(DRY_VERSION_NUMBER == DRY_VERSION_MAJOR * 1000000 + DRY_VERSION_MINOR * 1000 + DRY_VERSION_PATCH,
               "the number says what the parts say");

uint32_t dry_version_number(void) { return DRY_VERSION_NUMBER; }

const char *dry_version_string(void) { return DRY_VERSION_STRING; }

dry_status dry_abi_check(uint32_t abi) { return abi == DRY_ABI ? DRY_OK : DRY_VERSION_MISMATCH; }

/* ---- kv/heap.c ---- */

/*
 * heap.c: blocks. Each size class has a first-in-first-out queue of free blocks, threaded through their `link` words,
 * which readers never look at. A block is taken from the front of its queue once enough others are behind it, so that it
 * rests in quarantine; else from the never-used end of the heap. When both give nothing, the quarantine is cut short;
 * when the queue is empty, all blocks are slid together.
 *
 * Free blocks of other classes are not split: sliding gives all of the free space back in one piece, and the room kept
 * for it (layout.c) makes it rare enough that it costs a put at most some sixteen copies of its own size on average.
 */

#define LINEAR_BYTES_MAX 1024
#define LINEAR_CLASSES (LINEAR_BYTES_MAX / DRY_KV_GRANULE_BYTES)
#define STEPS_PER_DOUBLING 16
#define FREE_MARK ((uint64_t)1)

/* ---- size classes ---- */

uint32_t dryi_kv_class_of(uint64_t bytes, uint64_t *class_bytes_out) {
  if (bytes <= LINEAR_BYTES_MAX) {
    uint64_t granules = (bytes + DRY_KV_GRANULE_BYTES - 1) / DRY_KV_GRANULE_BYTES;
    *class_bytes_out = granules * DRY_KV_GRANULE_BYTES;
    return (uint32_t)granules;
  }
  /* 2^log < bytes <= 2^(log + 1), in steps of 2^(log - 4). */
  unsigned log = 63 - (unsigned)__builtin_clzll(bytes - 1);
  uint64_t step = (uint64_t)1 << (log - 4);
  uint64_t rounded = dryi_align_up(bytes, step);
  *class_bytes_out = rounded;
  uint64_t steps_above = (rounded - ((uint64_t)1 << log)) / step;
  return LINEAR_CLASSES + (log - 10) * STEPS_PER_DOUBLING + (uint32_t)steps_above;
}

uint64_t dryi_kv_class_floor(uint64_t bytes) {
  if (bytes <= LINEAR_BYTES_MAX) return bytes & ~(uint64_t)(DRY_KV_GRANULE_BYTES - 1);
  unsigned log = 63 - (unsigned)__builtin_clzll(bytes);
  return bytes & ~(((uint64_t)1 << (log - 4)) - 1);
}

/* ---- a block's header, loaded once ---- */

/* Whoever else may write to the region can change a header between two loads, so each word is loaded once into this, and
   only what was checked is used. */
typedef struct block_head {
  uint64_t version;
  uint64_t room; /* in bytes */
  uint64_t link;
  uint32_t key_bytes;
  uint32_t value_bytes;
} block_head;

static block_head load_head(const dryi_kv_state *state, uint64_t block) {
  const uint64_t *words = dryi_kv_words(state->part, block);
  uint64_t sizes = dryi_load_relaxed_u64(words + 1);
  block_head head = {.version = dryi_load_relaxed_u64(words),
                     .room = (uint32_t)dryi_load_relaxed_u64(words + 2) * (uint64_t)DRY_KV_GRANULE_BYTES,
                     .link = dryi_load_relaxed_u64(words + 3),
                     .key_bytes = (uint32_t)(sizes >> 32),
                     .value_bytes = (uint32_t)sizes};
  return head;
}

static bool sizes_sound(const block_head *head) {
  return head->key_bytes - 1u < DRY_KV_KEY_BYTES_MAX &&
         dryi_kv_block_need(head->key_bytes, head->value_bytes) <= head->room;
}

static bool block_in_heap(const dryi_kv_state *state, uint64_t block) {
  return block >= state->heap_offset && block <= state->bump_end - DRY_KV_BLOCK_BYTES_MIN &&
         block % DRY_KV_GRANULE_BYTES == 0;
}

static bool room_sound(const dryi_kv_state *state, uint64_t block, uint64_t room) {
  return room >= DRY_KV_BLOCK_BYTES_MIN && room <= state->bump_end - block && dryi_kv_class_bytes(room) == room;
}

/* ---- queues ---- */

static void store_room(dryi_kv_state *state, uint64_t block, uint64_t room, uint32_t checksum) {
  uint64_t word = room / DRY_KV_GRANULE_BYTES | (uint64_t)checksum << 32;
  dryi_store_release_u64(dryi_kv_word_at(state, block + 16), word);
}

static void store_link(dryi_kv_state *state, uint64_t block, uint64_t link) {
  dryi_store_release_u64(dryi_kv_word_at(state, block + 24), link);
}

static void push(dryi_kv_state *state, uint64_t block, uint64_t room) {
  /* A room that is no class: somebody else wrote here. The block is lost until the next recovery. */
  if (!room_sound(state, block, room)) return;
  uint64_t class_bytes;
  dryi_kv_queue *queue = &state->queues[dryi_kv_class_of(room, &class_bytes)];
  store_link(state, block, FREE_MARK);
  if (queue->count == 0) {
    queue->head = block;
  } else {
    store_link(state, queue->tail, block | FREE_MARK);
  }
  queue->tail = block;
  queue->count++;
}

void dryi_kv_heap_give(dryi_kv_state *state, uint64_t block) {
  state->freed_since_compaction = 1;
  if (block_in_heap(state, block)) push(state, block, load_head(state, block).room);
}

static bool pop(dryi_kv_state *state, dryi_kv_queue *queue, uint64_t room, uint64_t *block_out) {
  uint64_t block = queue->head;
  block_head head = load_head(state, block);
  uint64_t next = head.link & ~FREE_MARK;
  /* Somebody else wrote to the heap: nothing of it may be believed any more. */
  if (!(head.link & FREE_MARK) || head.room != room || (queue->count > 1 && !block_in_heap(state, next))) return false;
  queue->head = next;
  queue->count--;
  if (queue->count > 0) __builtin_prefetch(state->part + next, 1);
  *block_out = block;
  return true;
}

/* ---- taking ---- */

/* Version 0 goes first: pairs with the acquire loads of dryi_kv_copy_words (find.h), so that whoever copied one of the words
   that follow finds the version changed. */
static void prepare(dryi_kv_state *state, uint64_t block, uint64_t room) {
  dryi_store_release_u64(dryi_kv_word_at(state, block), 0);
  store_room(state, block, room, 0);
  store_link(state, block, 0);
}

static bool take_fast(dryi_kv_state *state, dryi_kv_queue *queue, uint64_t room, uint64_t *block_out, bool *sound_out) {
  *sound_out = true;
  bool rested = queue->count > DRY_KV_QUARANTINE_BLOCKS;
  if (!rested && room <= state->bump_end - state->bump) {
    *block_out = state->bump;
    state->bump += room;
    return true;
  }
  if (queue->count == 0) return false;
  *sound_out = pop(state, queue, room, block_out);
  return *sound_out;
}

static dry_status compact(dry_kv_writer *writer);

dry_status dryi_kv_heap_take(dry_kv_writer *writer, uint64_t need, uint64_t *block_out) {
  dryi_kv_state *state = writer->state;
  uint64_t room;
  uint32_t class = dryi_kv_class_of(need < DRY_KV_BLOCK_BYTES_MIN ? DRY_KV_BLOCK_BYTES_MIN : need, &room);
  bool sound;
  bool taken = take_fast(state, &state->queues[class], room, block_out, &sound);
  if (!taken && sound && state->freed_since_compaction) {
    dry_status status = compact(writer);
    if (status != DRY_OK) return status;
    taken = take_fast(state, &state->queues[class], room, block_out, &sound);
  }
  if (!sound) return DRY_CORRUPT;
  if (!taken) return DRY_FULL;
  prepare(state, *block_out, room);
  return DRY_OK;
}

/* ---- filling gaps ---- */

void dryi_kv_heap_fill(dryi_kv_state *state, uint64_t from, uint64_t bytes) {
  while (bytes > 0) {
    uint64_t piece = dryi_kv_class_floor(bytes);
    uint64_t rest = bytes - piece;
    if (rest > 0 && rest < DRY_KV_BLOCK_BYTES_MIN) piece = dryi_kv_class_floor(bytes - DRY_KV_BLOCK_BYTES_MIN);
    DRY_ASSERT(piece >= DRY_KV_BLOCK_BYTES_MIN);
    prepare(state, from, piece);
    push(state, from, piece);
    from += piece;
    bytes -= piece;
  }
}

/* ---- moving and compacting ---- */

void dryi_kv_relocation_begin(dryi_kv_state *state) {
  uint64_t now = state->header->relocation;
  /* pairs with the loads in dryi_kv_still (find.h): who got a word that is overwritten from now on sees the odd number */
  dryi_store_release_u64(&state->header->relocation, now | 1);
}

void dryi_kv_relocation_end(dryi_kv_state *state) {
  dryi_store_release_u64(&state->header->relocation, state->header->relocation + 1);
}

/* The slot that points to the block whose key has this hash. */
static bool slot_of(const dry_kv_writer *writer, uint64_t block, uint64_t hash, uint64_t *slot_out) {
  const dry_kv_reader *reader = &writer->reader;
  const dryi_kv_state *state = writer->state;
  uint64_t word = dryi_kv_slot_word(hash, block);
  uint64_t group = dryi_kv_home_group(hash, reader->group_count);
  for (uint64_t visited = 0; visited < reader->group_count; visited++) {
    dryi_kv_group control = dryi_kv_group_load(dryi_kv_words(state->part, dryi_kv_control_offset(reader, group)));
    for (uint32_t match = dryi_kv_group_match(control, dryi_kv_control_tag(hash)); match; match &= match - 1) {
      *slot_out = dryi_kv_slot_offset(reader, group, (unsigned)__builtin_ctz(match));
      if (*dryi_kv_word_at(state, *slot_out) == word) return true;
    }
    if (dryi_kv_group_overflow(control) == 0) return false;
    group = group + 1 == reader->group_count ? 0 : group + 1;
  }
  return false;
}

static uint64_t key_hash(const dry_kv_writer *writer, uint64_t block, uint32_t key_bytes) {
  const dryi_kv_state *state = writer->state;
  return dryi_hash_with(writer->reader.seed, state->part + block + DRY_KV_BLOCK_HEADER_BYTES, key_bytes);
}

/* Moves the block whose header is `head`, as it was loaded and checked by the caller. */
static dry_status move(dry_kv_writer *writer, uint64_t from, const block_head *head, uint64_t to) {
  dryi_kv_state *state = writer->state;
  uint64_t slot;
  uint64_t hash = key_hash(writer, from, head->key_bytes);
  if (!slot_of(writer, from, hash, &slot)) return DRY_CORRUPT;
  uint64_t words = dryi_kv_block_need(head->key_bytes, head->value_bytes) / 8;
  uint32_t checksum = (uint32_t)(*dryi_kv_word_at(state, from + 16) >> 32);
  prepare(state, to, head->room);
  DRYI_STEP("move_prepared");
  dryi_store_release_u64(dryi_kv_word_at(state, to + 8), dryi_kv_sizes_word(head->key_bytes, head->value_bytes));
  store_room(state, to, head->room, checksum);
  for (uint64_t i = DRY_KV_BLOCK_HEADER_BYTES / 8; i < words; i++)
    dryi_store_release_u64(dryi_kv_word_at(state, to + 8 * i), *dryi_kv_word_at(state, from + 8 * i));
  dryi_store_release_u64(dryi_kv_word_at(state, to), head->version);
  DRYI_STEP("move_copied");
  /* pairs with the acquire load in dryi_kv_load_slot (find.h): the block is whole for who sees this */
  dryi_store_release_u64(dryi_kv_word_at(state, slot), dryi_kv_slot_word(hash, to));
  DRYI_STEP("move_published");
  return DRY_OK;
}

dry_status dryi_kv_heap_move(dry_kv_writer *writer, uint64_t from, uint64_t room, uint64_t to) {
  block_head head = load_head(writer->state, from);
  return head.room == room && sizes_sound(&head) ? move(writer, from, &head, to) : DRY_CORRUPT;
}

/* Moves the block down by `gap` bytes. The two places must not overlap while either can be read, so where the gap is
   smaller than the block it goes by way of staging. False: it is larger than staging too, and stays. */
static bool slide(dry_kv_writer *writer, uint64_t from, const block_head *head, uint64_t gap, dry_status *status_out) {
  const dryi_kv_state *state = writer->state;
  uint64_t staging = state->bump_end;
  *status_out = DRY_OK;
  if (head->room <= gap) {
    *status_out = move(writer, from, head, from - gap);
    return true;
  }
  if (head->room > state->staging_end - staging) return false;
  *status_out = move(writer, from, head, staging);
  if (*status_out == DRY_OK) *status_out = move(writer, staging, head, from - gap);
  return true;
}

/* Walks the blocks from the heap's start; `to` is where the next one in use belongs. */
static dry_status slide_all(dry_kv_writer *writer) {
  dryi_kv_state *state = writer->state;
  uint64_t to = state->heap_offset;
  block_head head;
  for (uint64_t from = to; from < state->bump; from += head.room) {
    head = load_head(state, from);
    if (!room_sound(state, from, head.room) || head.room > state->bump - from) return DRY_CORRUPT;
    if (head.link != 0) continue;
    if (!sizes_sound(&head)) return DRY_CORRUPT;
    if (from > to) {
      dry_status status;
      if (!slide(writer, from, &head, from - to, &status)) {
        dryi_kv_heap_fill(state, to, from - to);
        to = from;
      } else if (status != DRY_OK) {
        return status;
      }
    }
    to += head.room;
  }
  state->bump = to;
  return DRY_OK;
}

static dry_status compact(dry_kv_writer *writer) {
  dryi_kv_state *state = writer->state;
  for (size_t i = 0; i < DRYI_KV_CLASS_COUNT; i++) state->queues[i] = (dryi_kv_queue){0, 0, 0};
  state->freed_since_compaction = 0;
  dryi_kv_relocation_begin(state);
  DRYI_STEP("compact_begun");
  dry_status status = slide_all(writer);
  if (status == DRY_OK) dryi_kv_relocation_end(state);
  DRYI_STEP("compact_ended");
  return status;
}
#undef FREE_MARK
#undef LINEAR_BYTES_MAX
#undef LINEAR_CLASSES
#undef STEPS_PER_DOUBLING

/* ---- kv/layout.c ---- */

#define fixed_fields_crc fixed_fields_crc_in_kv_layout
#define geometry geometry_in_kv_layout
/* layout.c: how large a store is, how it is laid out, and whether stored geometry can be right. */

_Static_assert(sizeof(dry_kv_header) == DRY_KV_HEADER_BYTES, "stored layout");
_Static_assert(offsetof(dry_kv_header, seed) == 24, "stored layout");
_Static_assert(offsetof(dry_kv_header, group_count) == 48, "stored layout");
_Static_assert(offsetof(dry_kv_header, staging_bytes) == 88, "stored layout");
_Static_assert(offsetof(dry_kv_header, header_crc) == 96, "stored layout");
_Static_assert(offsetof(dry_kv_header, version) == 128, "stored layout");
_Static_assert(offsetof(dry_kv_header, relocation) == 192, "stored layout");
_Static_assert(sizeof(dry_kv_block) == DRY_KV_BLOCK_HEADER_BYTES, "stored layout");
_Static_assert(offsetof(dry_kv_block, value_bytes) == 8, "stored layout");
_Static_assert(offsetof(dry_kv_block, key_bytes) == 12, "stored layout");
_Static_assert(offsetof(dry_kv_block, room_granules) == 16, "stored layout");
_Static_assert(offsetof(dry_kv_block, link) == 24, "stored layout");
_Static_assert(DRY_KV_GROUP_CONTROL_BYTES == DRY_KV_GROUP_SLOTS + 1, "fifteen tags and a count");
_Static_assert(DRY_KV_GROUP_SLOT_BYTES == DRY_KV_GROUP_SLOTS * 8, "fifteen words");

/* Entries a group holds on average when the store is full: 80 % of its slots, where about one group in six overflows. */
#define ENTRIES_PER_GROUP 12
/* The most that a small entry takes beyond its bytes: header 32, key and value padded by 7 each, 8 to the granule. */
#define OVERHEAD_BYTES_MAX 54

static uint64_t max_u64(uint64_t a, uint64_t b) { return a > b ? a : b; }
static uint64_t min_u64(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* Room beyond what entries can take: `bytes` / large_part, but in small stores bytes / small_part up to 64 KiB, and 4 KiB
   at least; never more than the largest block there can be. */
static uint64_t spare_bytes(uint64_t bytes, uint64_t large_part, uint64_t small_part, uint64_t largest_block) {
  uint64_t small = min_u64(bytes / small_part, 65536);
  uint64_t spare = max_u64(max_u64(bytes / large_part, small), 4096);
  return dryi_align_up(min_u64(spare, largest_block), 64);
}

static dry_status check_options(const dry_kv_options *options) {
  if (!options || options->struct_size != sizeof *options) return DRY_INVALID_ARGUMENT;
  if (options->layout != DRY_KV_LAYOUT_BLOCKS) return DRY_UNSUPPORTED;
  if (options->has_seed > 1 || options->reserved != 0) return DRY_INVALID_ARGUMENT;
  if (options->entries == 0 || options->bytes == 0) return DRY_INVALID_ARGUMENT;
  if (options->entries > DRY_KV_ENTRIES_MAX || options->bytes > DRY_KV_BYTES_MAX) return DRY_TOO_LARGE;
  return DRY_OK;
}

/* Nothing overflows: the limits above keep every term below 2^50. */
static void geometry(const dry_kv_options *options, dry_kv_header *header) {
  uint64_t groups = (options->entries + ENTRIES_PER_GROUP - 1) / ENTRIES_PER_GROUP;
  uint64_t largest = min_u64(options->bytes, DRY_KV_VALUE_BYTES_MAX + (uint64_t)DRY_KV_KEY_BYTES_MAX);
  uint64_t largest_block = dryi_kv_class_bytes(DRY_KV_BLOCK_HEADER_BYTES + 14 + dryi_kv_pad8(largest));
  uint64_t entries = min_u64(options->entries, options->bytes);
  uint64_t packed = options->bytes + options->bytes / 16 + entries * OVERHEAD_BYTES_MAX + entries / 16 * OVERHEAD_BYTES_MAX;
  header->entry_capacity = options->entries;
  header->data_capacity_bytes = options->bytes;
  header->group_count = groups;
  header->control_offset = DRY_KV_HEADER_BYTES;
  header->slots_offset = dryi_align_up(header->control_offset + groups * DRY_KV_GROUP_CONTROL_BYTES, 64);
  header->heap_offset = dryi_align_up(header->slots_offset + groups * DRY_KV_GROUP_SLOT_BYTES, 64);
  header->heap_bytes = dryi_align_up(packed, 64) + spare_bytes(options->bytes, 16, 4, largest_block);
  header->staging_bytes = spare_bytes(options->bytes, 64, 8, largest_block);
  header->size_bytes = header->heap_offset + header->heap_bytes + header->staging_bytes;
}

dry_status dry_kv_required_bytes(const dry_kv_options *options, uint64_t *bytes_out) {
  if (!bytes_out) return DRY_INVALID_ARGUMENT;
  *bytes_out = 0;
  dry_status status = check_options(options);
  if (status != DRY_OK) return status;
  dry_kv_header header;
  geometry(options, &header);
  *bytes_out = header.size_bytes;
  return DRY_OK;
}

static uint32_t fixed_fields_crc(const dry_kv_header *header) {
  return dryi_crc32c(0, header, offsetof(dry_kv_header, header_crc));
}

dry_status dry_kv_init(void *span, uint64_t span_bytes, const dry_kv_options *options) {
  if (!span || (uintptr_t)span % 64 != 0) return DRY_INVALID_ARGUMENT;
  dry_status status = check_options(options);
  if (status != DRY_OK) return status;
  dry_kv_header header;
  memset(&header, 0, sizeof header);
  geometry(options, &header);
  if (header.size_bytes > span_bytes) return DRY_FULL;
  header.magic = DRY_KV_MAGIC;
  header.format = DRY_KV_FORMAT;
  header.layout = options->layout;
  header.seed = options->seed;
  if (!options->has_seed && dryi_os_random(&header.seed, sizeof header.seed) != 0) return DRY_IO;
  header.header_crc = fixed_fields_crc(&header);
  memset((uint8_t *)span + header.control_offset, 0, (size_t)(header.heap_offset - header.control_offset));
  memcpy(span, &header, sizeof header);
  return DRY_OK;
}

/* Every offset that later code relies on follows from the capacities, so there is one right value for each. */
static bool geometry_sound(const dry_kv_header *copy) {
  dry_kv_options options = {.struct_size = sizeof options, .layout = copy->layout, .entries = copy->entry_capacity,
                            .bytes = copy->data_capacity_bytes};
  if (check_options(&options) != DRY_OK) return false;
  dry_kv_header right;
  geometry(&options, &right);
  return copy->group_count == right.group_count && copy->control_offset == right.control_offset &&
         copy->slots_offset == right.slots_offset && copy->heap_offset == right.heap_offset &&
         copy->heap_bytes == right.heap_bytes && copy->staging_bytes == right.staging_bytes &&
         copy->size_bytes == right.size_bytes;
}

static void load_header(const dry_kv_header *header, dry_kv_header *copy_out) {
  const uint64_t *from = (const uint64_t *)(const void *)header;
  uint64_t words[sizeof *copy_out / 8];
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) words[i] = dryi_load_acquire_u64(from + i);
  memcpy(copy_out, words, sizeof words);
}

dry_status dryi_kv_header_check(const dry_kv_header *header, uint64_t span_bytes, dry_kv_header *copy_out,
                                dry_detail *detail) {
  if (!header || (uintptr_t)header % 64 != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "kv: the span must be aligned to 64");
  if (span_bytes < sizeof *header)
    return dryi_fail(detail, DRY_CORRUPT, "kv: %llu bytes are no store", (unsigned long long)span_bytes);
  load_header(header, copy_out);
  if (copy_out->magic != DRY_KV_MAGIC)
    return dryi_fail(detail, DRY_CORRUPT, "kv: not a store: the magic is 0x%016llx", (unsigned long long)copy_out->magic);
  uint32_t crc = fixed_fields_crc(copy_out);
  if (crc == copy_out->header_crc && copy_out->format != DRY_KV_FORMAT)
    return dryi_fail(detail, DRY_VERSION_MISMATCH, "kv: format revision %u, this library reads %d", copy_out->format,
                     DRY_KV_FORMAT);
  if (crc != copy_out->header_crc)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_kv_header, header_crc),
                        "kv: header checksum is 0x%08x, stored 0x%08x", crc, copy_out->header_crc);
  if (!geometry_sound(copy_out) || copy_out->size_bytes > span_bytes)
    return dryi_fail(detail, DRY_CORRUPT, "kv: header: offsets and sizes do not fit together");
  return DRY_OK;
}

void dryi_kv_reader_init(dry_kv_reader *reader, const uint8_t *part, const dry_kv_header *checked, uint32_t flags) {
  static const uint32_t never_closed = 0;
  memset(reader, 0, sizeof *reader);
  reader->part = part;
  reader->closed = &never_closed;
  reader->group_count = checked->group_count;
  reader->seed = dryi_hash_premix(checked->seed);
  reader->control_offset = checked->control_offset;
  reader->slots_offset = checked->slots_offset;
  reader->heap_offset = checked->heap_offset;
  reader->heap_end = checked->heap_offset + checked->heap_bytes + checked->staging_bytes;
  reader->flags = flags;
}

uint64_t dry_kv_hash(const void *key, size_t key_bytes, uint64_t seed) {
  return dryi_hash_with(dryi_hash_premix(seed), key, key_bytes);
}
#undef ENTRIES_PER_GROUP
#undef OVERHEAD_BYTES_MAX
#undef fixed_fields_crc
#undef geometry

/* ---- kv/part.c ---- */

/* part.c: handles: a store in a bare span, and a store as a part of a region. */

/* ---- bare spans ---- */

static dry_status attach_state(dry_kv_writer *writer, const dry_kv_header *checked, uint8_t *part, dry_detail *detail) {
  dryi_kv_state *state = dryi_os_alloc_zeroed(sizeof *state);
  if (!state) return dryi_fail(detail, DRY_OUT_OF_MEMORY, "kv: no memory for the writer's handle");
  state->part = part;
  state->header = (dry_kv_header *)(void *)part;
  state->entry_capacity = checked->entry_capacity;
  state->data_capacity_bytes = checked->data_capacity_bytes;
  state->heap_offset = checked->heap_offset;
  state->bump_end = checked->heap_offset + checked->heap_bytes;
  state->staging_end = state->bump_end + checked->staging_bytes;
  writer->state = state;
  dryi_kv_reader_init(&writer->reader, part, checked, 0);
  dry_status status = dryi_kv_recover(writer, detail);
  if (status == DRY_OK) return DRY_OK;
  dryi_os_free(state);
  memset(writer, 0, sizeof *writer);
  return status;
}

dry_status dry_kv_writer_attach(void *span, uint64_t span_bytes, dry_kv_writer *writer_out, dry_detail *detail) {
  if (!writer_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "writer_out: must not be NULL");
  memset(writer_out, 0, sizeof *writer_out);
  dry_kv_header checked;
  dry_status status = dryi_kv_header_check(span, span_bytes, &checked, detail);
  if (status == DRY_OK) status = attach_state(writer_out, &checked, span, detail);
  return status == DRY_OK ? dryi_done(detail) : status;
}

dry_status dry_kv_reader_attach(const void *span, uint64_t span_bytes, uint32_t flags, dry_kv_reader *reader_out,
                                dry_detail *detail) {
  if (!reader_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "reader_out: must not be NULL");
  memset(reader_out, 0, sizeof *reader_out);
  if (flags & ~DRY_KV_READ_CHECKED) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "flags: 0x%x has unknown bits", flags);
  dry_kv_header checked;
  dry_status status = dryi_kv_header_check(span, span_bytes, &checked, detail);
  if (status != DRY_OK) return status;
  dryi_kv_reader_init(reader_out, span, &checked, flags);
  return dryi_done(detail);
}

/* ---- parts ---- */

/* Handles may be opened and closed in different threads. Recovery runs under the lock, so whoever meets it sleeps. */
static void lock_writers(dryi_mapping *mapping) {
  while (dryi_exchange_acquire_u32(&mapping->writers_lock, 1)) dryi_os_sleep_ns(100000);
}

static void unlock_writers(dryi_mapping *mapping) {
  /* pairs with the exchange in lock_writers */
  dryi_store_release_u32(&mapping->writers_lock, 0);
}

static dryi_kv_state *find_state(const dryi_mapping *mapping, uint32_t part_index) {
  dryi_kv_state *state = mapping->writers;
  while (state && state->part_index != part_index) state = state->next;
  return state;
}

static void unlist_state(dryi_mapping *mapping, const dryi_kv_state *state) {
  dryi_kv_state *before = mapping->writers;
  if (before == state) {
    mapping->writers = state->next;
    return;
  }
  while (before->next != state) before = before->next;
  before->next = state->next;
}

/* The reader's handle becomes one of the region's: it answers closed when the region is closed. */
static void adopt(dry_kv_reader *reader, dryi_mapping *mapping) {
  dryi_mapping_retain(mapping);
  reader->mapping = mapping;
  reader->closed = &mapping->closed;
}

static dry_status find_kv(dry_region *region, const char *name, size_t name_bytes, dryi_mapping **mapping_out,
                          uint32_t *index_out, dry_part_info *info_out, dry_detail *detail) {
  dry_status status = dryi_region_mapping(region, mapping_out);
  if (status != DRY_OK) return dryi_fail(detail, status, "region: %s", dry_status_text(status));
  status = dryi_directory_find(*mapping_out, name, name_bytes, index_out, info_out, detail);
  if (status != DRY_OK) return status;
  if (info_out->kind != DRY_PART_KV)
    return dryi_fail(detail, DRY_TYPE_MISMATCH, "part '%s': is of kind %u, not a kv", info_out->name, info_out->kind);
  if (info_out->format != DRY_KV_FORMAT)
    return dryi_fail(detail, DRY_VERSION_MISMATCH, "part '%s': format revision %u, this library reads %d",
                     info_out->name, info_out->format, DRY_KV_FORMAT);
  return DRY_OK;
}

static dry_status refuse_write(const dryi_mapping *mapping, dry_detail *detail) {
  dry_status status = dryi_mapping_may_write(mapping);
  return status == DRY_OK ? status : dryi_fail(detail, status, "region '%s': %s", mapping->name, dry_status_text(status));
}

/* The first writer of this part in this mapping. */
static dry_status first_writer(dryi_mapping *mapping, uint32_t index, uint64_t offset, uint64_t size_bytes,
                               dry_kv_writer *writer_out, dry_detail *detail) {
  dry_status status = dry_kv_writer_attach(mapping->base + offset, size_bytes, writer_out, detail);
  if (status != DRY_OK) return status;
  dryi_kv_state *state = writer_out->state;
  state->mapping = mapping;
  state->part_index = index;
  state->next = mapping->writers;
  mapping->writers = state;
  return DRY_OK;
}

/* Opens the part for writing in a mapping that may write. */
static dry_status open_writer(dryi_mapping *mapping, uint32_t index, uint64_t offset, uint64_t size_bytes,
                              dry_kv_writer *writer_out, dry_detail *detail) {
  lock_writers(mapping);
  dryi_kv_state *shared = find_state(mapping, index);
  dry_status status = DRY_OK;
  if (shared) {
    writer_out->state = shared;
    status = dry_kv_reader_attach(shared->part, size_bytes, 0, &writer_out->reader, detail);
  } else {
    status = first_writer(mapping, index, offset, size_bytes, writer_out, detail);
  }
  if (status == DRY_OK) {
    dryi_kv_state *state = writer_out->state;
    state->handles++;
    /* A reference of its own: the reader inside can be closed by itself. */
    dryi_mapping_retain(mapping);
    adopt(&writer_out->reader, mapping);
  } else {
    memset(writer_out, 0, sizeof *writer_out);
  }
  unlock_writers(mapping);
  return status;
}

dry_status dry_kv_create(dry_region *region, const char *name, size_t name_bytes, const dry_kv_options *options,
                         dry_kv_writer *writer_out, dry_detail *detail) {
  if (!writer_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "writer_out: must not be NULL");
  memset(writer_out, 0, sizeof *writer_out);
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  if (status != DRY_OK) return dryi_fail(detail, status, "region: %s", dry_status_text(status));
  status = refuse_write(mapping, detail);
  if (status != DRY_OK) return status;
  uint64_t bytes;
  status = dry_kv_required_bytes(options, &bytes);
  if (status != DRY_OK)
    return dryi_fail(detail, status, "options: entries must be 1 .. %u, bytes 1 .. 2^44, layout %d, has_seed 0 or 1",
                     DRY_KV_ENTRIES_MAX, DRY_KV_LAYOUT_BLOCKS);
  bytes = dryi_align_up(bytes, DRY_REGION_PAGE_BYTES);
  uint32_t index;
  uint64_t offset;
  status = dryi_directory_reserve(mapping, name, name_bytes, bytes, &index, &offset, detail);
  if (status != DRY_OK) return status;
  status = dry_kv_init(mapping->base + offset, bytes, options);
  if (status != DRY_OK) return dryi_fail(detail, status, "part '%.*s': cannot be laid out", (int)name_bytes, name);
  DRYI_STEP("part_laid_out");
  /* Opened before it is named, so that a failure here leaves nothing behind. */
  status = open_writer(mapping, index, offset, bytes, writer_out, detail);
  if (status != DRY_OK) return status;
  dryi_directory_commit(mapping, index, name, name_bytes, offset, bytes, DRY_PART_KV, DRY_KV_FORMAT);
  return dryi_done(detail);
}

dry_status dry_kv_open(dry_region *region, const char *name, size_t name_bytes, dry_kv_writer *writer_out,
                       dry_detail *detail) {
  if (!writer_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "writer_out: must not be NULL");
  memset(writer_out, 0, sizeof *writer_out);
  dryi_mapping *mapping;
  uint32_t index;
  dry_part_info info;
  dry_status status = find_kv(region, name, name_bytes, &mapping, &index, &info, detail);
  if (status == DRY_OK) status = refuse_write(mapping, detail);
  if (status != DRY_OK) return status;
  status = open_writer(mapping, index, info.offset, info.size_bytes, writer_out, detail);
  if (status != DRY_OK) dryi_detail_prefix(detail, info.name);
  return status == DRY_OK ? dryi_done(detail) : status;
}

dry_status dry_kv_reader_open(dry_region *region, const char *name, size_t name_bytes, uint32_t flags,
                              dry_kv_reader *reader_out, dry_detail *detail) {
  if (!reader_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "reader_out: must not be NULL");
  memset(reader_out, 0, sizeof *reader_out);
  dryi_mapping *mapping;
  uint32_t index;
  dry_part_info info;
  dry_status status = find_kv(region, name, name_bytes, &mapping, &index, &info, detail);
  if (status != DRY_OK) return status;
  status = dry_kv_reader_attach(mapping->base + info.offset, info.size_bytes, flags, reader_out, detail);
  if (status != DRY_OK) {
    dryi_detail_prefix(detail, info.name);
    return status;
  }
  adopt(reader_out, mapping);
  return dryi_done(detail);
}

/* ---- closing ---- */

dry_status dry_kv_reader_close(dry_kv_reader *reader) {
  if (!reader) return DRY_INVALID_ARGUMENT;
  dryi_mapping *mapping = reader->mapping;
  memset(reader, 0, sizeof *reader);
  if (mapping) dryi_mapping_release(mapping);
  return DRY_OK;
}

static void drop_state(dryi_kv_state *state) {
  dryi_mapping *mapping = state->mapping;
  if (!mapping) {
    dryi_os_free(state);
    return;
  }
  lock_writers(mapping);
  bool last = --state->handles == 0;
  if (last) unlist_state(mapping, state);
  unlock_writers(mapping);
  if (last) dryi_os_free(state);
  dryi_mapping_release(mapping);
}

dry_status dry_kv_writer_close(dry_kv_writer *writer) {
  if (!writer) return DRY_INVALID_ARGUMENT;
  dryi_kv_state *state = writer->state;
  if (!state) return DRY_OK;
  writer->state = NULL;
  drop_state(state);
  return dry_kv_reader_close(&writer->reader);
}

dry_kv_reader *dry_kv_writer_reader(dry_kv_writer *writer) { return writer ? &writer->reader : NULL; }

/* ---- kv/reader.c ---- */

/* reader.c: get, try_get, get_many, contains, view, put together from the steps in find.h. */

/* ---- checks ---- */

dry_status dryi_kv_reader_usable(const dry_kv_reader *reader) {
  if (!reader) return DRY_INVALID_ARGUMENT;
  /* The flag pairs with the release store in dry_region_close. */
  return reader->closed && dryi_load_acquire_u32(reader->closed) == 0 ? DRY_OK : DRY_CLOSED;
}

dry_status dryi_kv_check_key(const void *key, size_t key_bytes) {
  if (!key || key_bytes == 0) return DRY_INVALID_ARGUMENT;
  return key_bytes > DRY_KV_KEY_BYTES_MAX ? DRY_TOO_LARGE : DRY_OK;
}

DRYI_INLINE dry_status check_call(const dry_kv_reader *reader, const void *key, size_t key_bytes) {
  dry_status status = dryi_kv_reader_usable(reader);
  return status == DRY_OK ? dryi_kv_check_key(key, key_bytes) : status;
}

/* ---- finding ---- */

static dryi_kv_outcome find(const dryi_kv_geometry *g, const void *key, size_t key_bytes, uint64_t hash, dryi_kv_found *found) {
  uint64_t relocation = dryi_kv_load_relocation(g);
  uint64_t tag = dryi_kv_slot_tag(hash);
  uint64_t group = dryi_kv_home_group(hash, g->group_count);
  dryi_kv_prefetch_slots(g, group);
  for (uint64_t left = g->group_count; left > 0; left--) {
    dryi_kv_group control = dryi_kv_load_group(g, group);
    for (uint32_t match = dryi_kv_group_match(control, dryi_kv_control_tag(hash)); match; match &= match - 1) {
      dryi_kv_outcome outcome = dryi_kv_try_slot(g, dryi_kv_first_slot(g, group, match), tag, key, key_bytes, relocation, found);
      if (outcome != DRYI_KV_ABSENT) return outcome;
    }
    if (dryi_kv_group_overflow(control) == 0) return DRYI_KV_ABSENT;
    group = group + 1 == g->group_count ? 0 : group + 1;
  }
  return DRYI_KV_ABSENT;
}

/* The common case of find, without a loop: the first slot of the home group whose tag matches. CHANGED stands for
   whatever else there may be. */
DRYI_INLINE dryi_kv_outcome find_first(const dryi_kv_geometry *g, const void *key, size_t key_bytes, uint64_t hash,
                                       dryi_kv_found *found) {
  uint64_t relocation = dryi_kv_load_relocation(g);
  uint64_t group = dryi_kv_home_group(hash, g->group_count);
  dryi_kv_prefetch_slots(g, group);
  dryi_kv_group control = dryi_kv_load_group(g, group);
  uint32_t match = dryi_kv_group_match(control, dryi_kv_control_tag(hash));
  if (!match) return dryi_kv_group_overflow(control) == 0 ? DRYI_KV_ABSENT : DRYI_KV_CHANGED;
  uint64_t slot_offset = dryi_kv_first_slot(g, group, match);
  dryi_kv_outcome outcome = dryi_kv_try_slot(g, slot_offset, dryi_kv_slot_tag(hash), key, key_bytes, relocation, found);
  return outcome == DRYI_KV_FOUND ? DRYI_KV_FOUND : DRYI_KV_CHANGED;
}

dryi_kv_outcome dryi_kv_find(const dry_kv_reader *reader, const void *key, size_t key_bytes, uint64_t hash,
                             dryi_kv_found *found) {
  dryi_kv_geometry g = dryi_kv_geometry_of(reader);
  return find(&g, key, key_bytes, hash, found);
}

/* The block's checksum as its bytes say: over sizes, version, key and value. */
uint64_t dryi_kv_block_checksum_read(const dry_kv_reader *reader, const dryi_kv_found *found) {
  uint64_t head[2] = {found->version, dryi_kv_sizes_word(found->key_bytes, found->value_bytes)};
  uint32_t crc = dryi_crc32c(0, head, sizeof head);
  uint64_t at = found->block + DRY_KV_BLOCK_HEADER_BYTES;
  uint64_t left = dryi_kv_pad8(found->key_bytes) + dryi_kv_pad8(found->value_bytes);
  uint64_t chunk[64];
  while (left > 0) {
    size_t bytes = left < sizeof chunk ? (size_t)left : sizeof chunk;
    dryi_kv_copy_words(dryi_kv_words(reader->part, at), chunk, bytes);
    crc = dryi_crc32c(crc, chunk, bytes);
    at += bytes;
    left -= bytes;
  }
  return crc;
}

/* By value, so that the hot path's own copy can stay in registers. */
bool dryi_kv_checksum_holds(const dry_kv_reader *reader, dryi_kv_found found) {
  uint64_t room_and_checksum = dryi_load_acquire_u64(dryi_kv_words(reader->part, found.block + 16));
  return dryi_kv_block_checksum_read(reader, &found) == room_and_checksum >> 32;
}

/* ---- get ---- */

static dry_status refuse(dry_status status, size_t *value_bytes_out, uint64_t *version_out) {
  if (value_bytes_out) *value_bytes_out = 0;
  if (version_out) *version_out = 0;
  return status;
}

/* Attempts until one succeeds; kept out of line, so that the common case needs no registers for it. */
static __attribute__((noinline)) dry_status get_repeatedly(dry_kv_reader *reader, const void *key, size_t key_bytes,
                                                           uint64_t hash, const dryi_kv_target *target,
                                                           uint32_t attempts_max, uint32_t *attempts_out) {
  dryi_kv_geometry g = dryi_kv_geometry_of(reader);
  dry_status status = DRY_TIMED_OUT;
  uint32_t attempt = 1;
  for (;; attempt++) {
    dryi_kv_found found;
    dryi_kv_outcome outcome = find(&g, key, key_bytes, hash, &found);
    if (outcome == DRYI_KV_FOUND && dryi_kv_copy_value(reader, &g, &found, key_bytes, target, &status)) break;
    if (outcome == DRYI_KV_ABSENT) status = DRY_NOT_FOUND;
    if (outcome == DRYI_KV_DAMAGED) status = DRY_CORRUPT;
    if (outcome == DRYI_KV_ABSENT || outcome == DRYI_KV_DAMAGED || attempt == attempts_max) break;
    dryi_kv_count_retry(reader);
  }
  if (attempts_out) *attempts_out = attempt;
  bool found = status == DRY_OK || status == DRY_TOO_LARGE;
  return found ? status : refuse(status, target->value_bytes_out, target->version_out);
}

DRYI_INLINE dry_status get_hashed(dry_kv_reader *reader, const void *key, size_t key_bytes, uint64_t hash,
                                  const dryi_kv_target *target) {
  dryi_kv_geometry g = dryi_kv_geometry_of(reader);
  dryi_kv_found found;
  dry_status status;
  dryi_kv_outcome outcome = find_first(&g, key, key_bytes, hash, &found);
  if (outcome == DRYI_KV_FOUND && dryi_kv_copy_value(reader, &g, &found, key_bytes, target, &status)) return status;
  if (outcome == DRYI_KV_ABSENT) return refuse(DRY_NOT_FOUND, target->value_bytes_out, target->version_out);
  dryi_kv_target same = *target;
  return get_repeatedly(reader, key, key_bytes, hash, &same, DRY_KV_ATTEMPTS_MAX, NULL);
}

dry_status dry_kv_get(dry_kv_reader *reader, const void *key, size_t key_bytes, void *value, size_t value_capacity,
                      size_t *value_bytes_out, uint64_t *version_out) {
  dry_status status = check_call(reader, key, key_bytes);
  if (status != DRY_OK) return refuse(status, value_bytes_out, version_out);
  if (!value && value_capacity > 0) return refuse(DRY_INVALID_ARGUMENT, value_bytes_out, version_out);
  dryi_kv_target target = {value, value_capacity, value_bytes_out, version_out};
  return get_hashed(reader, key, key_bytes, dryi_hash_with(reader->seed, key, key_bytes), &target);
}

dry_status dry_kv_try_get(dry_kv_reader *reader, const void *key, size_t key_bytes, void *value, size_t value_capacity,
                          uint32_t attempts_max, size_t *value_bytes_out, uint64_t *version_out,
                          uint32_t *attempts_out) {
  if (attempts_out) *attempts_out = 0;
  dry_status status = check_call(reader, key, key_bytes);
  if (status == DRY_OK && ((!value && value_capacity > 0) || attempts_max == 0)) status = DRY_INVALID_ARGUMENT;
  if (status != DRY_OK) return refuse(status, value_bytes_out, version_out);
  dryi_kv_target target = {value, value_capacity, value_bytes_out, version_out};
  uint64_t hash = dryi_hash_with(reader->seed, key, key_bytes);
  return get_repeatedly(reader, key, key_bytes, hash, &target, attempts_max, attempts_out);
}

/* ---- get_many ---- */

/* Keys whose misses overlap: enough to keep the ten or so line-fill buffers of a core busy. */
#define BATCH 32

static inline void prefetch(const dry_kv_reader *reader, uint64_t offset) {
  __builtin_prefetch(reader->part + offset);
}

/* Asks for the block that the home group's first matching slot points to; a hint, so nothing is checked but the range. */
static void prefetch_block(const dry_kv_reader *reader, uint64_t hash) {
  uint64_t group = dryi_kv_home_group(hash, reader->group_count);
  dryi_kv_group control = dryi_kv_group_load(dryi_kv_words(reader->part, dryi_kv_control_offset(reader, group)));
  uint32_t match = dryi_kv_group_match(control, dryi_kv_control_tag(hash));
  if (!match) return;
  uint64_t slot_offset = dryi_kv_slot_offset(reader, group, (unsigned)__builtin_ctz(match));
  uint64_t word = dryi_load_acquire_u64(dryi_kv_words(reader->part, slot_offset));
  uint64_t block = dryi_kv_slot_block(word);
  if (block < reader->heap_offset || block > reader->heap_end - 128) return;
  prefetch(reader, block);
  prefetch(reader, block + 64);
  prefetch(reader, block + 96); /* blocks are aligned to 16, so a third line is as likely as not */
}

static void look_up_batch(dry_kv_reader *reader, dry_kv_lookup *lookups, size_t count) {
  uint64_t hashes[BATCH];
  for (size_t i = 0; i < count; i++) {
    hashes[i] = dryi_hash_with(reader->seed, lookups[i].key, lookups[i].key_bytes);
    uint64_t group = dryi_kv_home_group(hashes[i], reader->group_count);
    prefetch(reader, dryi_kv_control_offset(reader, group));
    uint64_t slots = dryi_kv_slot_offset(reader, group, 0);
    prefetch(reader, slots);
    prefetch(reader, slots + 64);
  }
  for (size_t i = 0; i < count; i++) prefetch_block(reader, hashes[i]);
  for (size_t i = 0; i < count; i++) {
    dry_kv_lookup *one = &lookups[i];
    dryi_kv_target target = {one->value, one->value_capacity, &one->value_bytes, &one->version};
    one->status = get_hashed(reader, one->key, one->key_bytes, hashes[i], &target);
    /* Such a key is in no store, so nothing was found; say why. */
    if (one->key_bytes > DRY_KV_KEY_BYTES_MAX) one->status = DRY_TOO_LARGE;
    if (one->key_bytes == 0) one->status = DRY_INVALID_ARGUMENT;
  }
}

static dry_status check_lookups(const dry_kv_lookup *lookups, size_t count) {
  if (!lookups && count > 0) return DRY_INVALID_ARGUMENT;
  for (size_t i = 0; i < count; i++) {
    const dry_kv_lookup *one = &lookups[i];
    if ((!one->key && one->key_bytes > 0) || (!one->value && one->value_capacity > 0)) return DRY_INVALID_ARGUMENT;
  }
  return DRY_OK;
}

dry_status dry_kv_get_many(dry_kv_reader *reader, dry_kv_lookup *lookups, size_t count) {
  dry_status status = dryi_kv_reader_usable(reader);
  if (status == DRY_OK) status = check_lookups(lookups, count);
  if (status != DRY_OK) return status;
  for (size_t at = 0; at < count; at += BATCH)
    look_up_batch(reader, lookups + at, count - at < BATCH ? count - at : BATCH);
  return DRY_OK;
}

/* ---- contains, view ---- */

dry_status dry_kv_contains(dry_kv_reader *reader, const void *key, size_t key_bytes, uint32_t *found_out) {
  if (!found_out) return DRY_INVALID_ARGUMENT;
  *found_out = 0;
  dry_status status = check_call(reader, key, key_bytes);
  if (status != DRY_OK) return status;
  dryi_kv_target nothing = {NULL, 0, NULL, NULL};
  status = get_hashed(reader, key, key_bytes, dryi_hash_with(reader->seed, key, key_bytes), &nothing);
  if (status == DRY_NOT_FOUND) return DRY_OK;
  /* A value that has no room in no buffer is there all the same. */
  bool there = status == DRY_OK || status == DRY_TOO_LARGE;
  *found_out = there;
  return there ? DRY_OK : status;
}

dry_status dry_kv_view(dry_kv_reader *reader, const void *key, size_t key_bytes, dry_kv_value_view *view_out) {
  if (!view_out) return DRY_INVALID_ARGUMENT;
  memset(view_out, 0, sizeof *view_out);
  dry_status status = check_call(reader, key, key_bytes);
  if (status != DRY_OK) return status;
  dryi_kv_geometry g = dryi_kv_geometry_of(reader);
  uint64_t hash = dryi_hash_with(reader->seed, key, key_bytes);
  for (uint32_t attempt = 0; attempt < DRY_KV_ATTEMPTS_MAX; attempt++) {
    dryi_kv_found found;
    dryi_kv_outcome outcome = find(&g, key, key_bytes, hash, &found);
    if (outcome == DRYI_KV_ABSENT) return DRY_NOT_FOUND;
    if (outcome == DRYI_KV_DAMAGED) return DRY_CORRUPT;
    if (outcome == DRYI_KV_FOUND && dryi_kv_still(&g, &found)) {
      view_out->value = reader->part + dryi_kv_value_offset(&found);
      view_out->value_bytes = found.value_bytes;
      view_out->version = found.version;
      view_out->slot_offset = found.slot_offset;
      view_out->slot_word = found.slot_word;
      view_out->block_offset = found.block;
      view_out->relocation = found.relocation;
      return DRY_OK;
    }
    dryi_kv_count_retry(reader);
  }
  return DRY_TIMED_OUT;
}

dry_status dry_kv_view_check(dry_kv_reader *reader, const dry_kv_value_view *view) {
  dry_status status = dryi_kv_reader_usable(reader);
  if (status != DRY_OK) return status;
  if (!view || !view->value) return DRY_INVALID_ARGUMENT;
  /* The caller may have read with plain loads: none of them may sink below the loads that follow. */
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  dryi_kv_found found = {.relocation = view->relocation, .slot_offset = view->slot_offset,
                         .slot_word = view->slot_word, .block = view->block_offset, .version = view->version};
  bool inside = dryi_in_range(found.block, DRY_KV_BLOCK_BYTES_MIN, reader->heap_end) &&
                dryi_in_range(found.slot_offset, 8, reader->heap_offset) && found.block % 8 == 0 &&
                found.slot_offset % 8 == 0;
  if (!inside) return DRY_INVALID_ARGUMENT;
  dryi_kv_geometry g = dryi_kv_geometry_of(reader);
  return dryi_kv_still(&g, &found) ? DRY_OK : DRY_STALE;
}
#undef BATCH

/* ---- kv/recover.c ---- */

#define check_overlaps check_overlaps_in_kv_recover
#define store_counters store_counters_in_kv_recover
/*
 * recover.c: what a new writer does at opening. The slots are the truth: what they point to is in use, all the rest of the
 * heap is free. Everything is checked before anything is changed; readers may be at work all the time. A recovery that is
 * killed is simply done again.
 */

typedef struct recovery {
  dry_kv_writer *writer;
  dryi_kv_geometry geometry;
  dryi_kv_scan scan;
  uint64_t version;
  uint64_t entry_count;
  uint64_t data_bytes;
  uint64_t parked; /* the block in staging, 0: none */
} recovery;

static uint64_t room_of(const dryi_kv_state *state, uint64_t block) {
  return dryi_kv_stored_room(state->part, block);
}

/* Where the block at `at` ends. Its room was checked in the first pass; should somebody have changed it since, the end is
   that of the heap, which no neighbour fits behind. */
static uint64_t end_of(const dryi_kv_state *state, uint64_t at) {
  uint64_t limit = at < state->bump_end ? state->bump_end : state->staging_end;
  uint64_t room = room_of(state, at);
  return room <= limit - at ? at + room : limit;
}

/* ---- first pass: read and check ---- */

/* Blocks lie at random, so each would be a cache miss of its own: ask for the next group's while this one's are read. */
static void prefetch_group(const recovery *r, uint64_t group) {
  const dry_kv_reader *reader = &r->writer->reader;
  if (group >= reader->group_count) return;
  const uint64_t *slots = dryi_kv_words(reader->part, dryi_kv_slot_offset(reader, group, 0));
  for (unsigned i = 0; i < DRY_KV_GROUP_SLOTS; i++) {
    uint64_t block = dryi_kv_slot_block(slots[i]);
    if (block >= reader->heap_offset && block < reader->heap_end) __builtin_prefetch(reader->part + block);
  }
}

static uint64_t key_hash_of(const recovery *r, const dryi_kv_found *found) {
  const dry_kv_reader *reader = &r->writer->reader;
  return dryi_hash_with(reader->seed, reader->part + found->block + DRY_KV_BLOCK_HEADER_BYTES, found->key_bytes);
}

static bool block_sound(const recovery *r, const dryi_kv_found *found) {
  const dryi_kv_state *state = r->writer->state;
  uint64_t room = dryi_kv_class_bytes(dryi_kv_block_need(found->key_bytes, found->value_bytes));
  uint64_t limit = found->block < state->bump_end ? state->bump_end : state->staging_end;
  /* A block in use is in no queue: a slot that points to a free one is damaged. */
  if (dryi_load_relaxed_u64(dryi_kv_words(state->part, found->block + 24)) != 0) return false;
  return room == room_of(state, found->block) && room <= limit - found->block &&
         (found->block < state->bump_end || found->block == state->bump_end);
}

static dry_status check_entry(recovery *r, uint64_t group, unsigned slot, uint8_t tag, uint64_t word,
                              dry_detail *detail) {
  const dry_kv_reader *reader = &r->writer->reader;
  const dryi_kv_state *state = r->writer->state;
  uint64_t slot_offset = dryi_kv_slot_offset(reader, group, slot);
  dryi_kv_found found;
  /* An odd relocation keeps the check strict: the slot word itself must stay. */
  if (dryi_kv_enter(&r->geometry, slot_offset, word, 1, &found) != DRYI_KV_FOUND || !block_sound(r, &found))
    return dryi_fail_at(detail, DRY_CORRUPT, slot_offset, "kv: slot %u of group %llu: the block at %llu is damaged", slot,
                        (unsigned long long)group, (unsigned long long)dryi_kv_slot_block(word));
  uint64_t hash = key_hash_of(r, &found);
  if (tag != dryi_kv_control_tag(hash) || word != dryi_kv_slot_word(hash, found.block))
    return dryi_fail_at(detail, DRY_CORRUPT, slot_offset, "kv: slot %u of group %llu: does not belong to its key", slot,
                        (unsigned long long)group);
  if (!dryi_kv_scan_mark(&r->scan, found.block))
    return dryi_fail_at(detail, DRY_CORRUPT, slot_offset, "kv: slot %u of group %llu: its block is another's too", slot,
                        (unsigned long long)group);
  dryi_kv_scan_pass(&r->scan, dryi_kv_home_group(hash, reader->group_count), group);
  if (found.block >= state->bump_end) r->parked = found.block;
  if (found.version > r->version) r->version = found.version;
  r->entry_count++;
  r->data_bytes += (uint64_t)found.key_bytes + found.value_bytes;
  return DRY_OK;
}

/* A put of a new key that was killed before its tag left a block with the next version. Any other slot without a tag has
   lost it, and clearing it would lose the entry. */
static dry_status check_untagged(const recovery *r, uint64_t group, unsigned slot, uint64_t word, dry_detail *detail) {
  const dry_kv_reader *reader = &r->writer->reader;
  const dryi_kv_state *state = r->writer->state;
  uint64_t slot_offset = dryi_kv_slot_offset(reader, group, slot);
  dryi_kv_found found;
  if (dryi_kv_enter(&r->geometry, slot_offset, word, 1, &found) == DRYI_KV_FOUND &&
      found.version == state->header->version + 1)
    return DRY_OK;
  return dryi_fail_at(detail, DRY_CORRUPT, slot_offset, "kv: slot %u of group %llu: has lost its tag", slot,
                      (unsigned long long)group);
}

static dry_status check_index(recovery *r, dry_detail *detail) {
  const dry_kv_reader *reader = &r->writer->reader;
  const dryi_kv_state *state = r->writer->state;
  for (uint64_t group = 0; group < reader->group_count; group++) {
    prefetch_group(r, group + 2);
    dryi_kv_group control = dryi_kv_group_load(dryi_kv_words(reader->part, dryi_kv_control_offset(reader, group)));
    for (unsigned slot = 0; slot < DRY_KV_GROUP_SLOTS; slot++) {
      uint8_t tag = dryi_kv_group_byte(control, slot);
      uint64_t word = *dryi_kv_word_at(state, dryi_kv_slot_offset(reader, group, slot));
      if (word == 0) continue; /* empty, or half of a delete: see clear_halves */
      dry_status status = tag == 0 ? check_untagged(r, group, slot, word, detail)
                                   : check_entry(r, group, slot, tag, word, detail);
      if (status != DRY_OK) return status;
    }
  }
  if (r->entry_count > state->entry_capacity || r->data_bytes > state->data_capacity_bytes)
    return dryi_fail(detail, DRY_CORRUPT, "kv: %llu entries with %llu bytes are more than fit",
                     (unsigned long long)r->entry_count, (unsigned long long)r->data_bytes);
  return DRY_OK;
}

static dry_status check_overlaps(const recovery *r, dry_detail *detail) {
  const dryi_kv_state *state = r->writer->state;
  uint64_t end = r->scan.heap_offset;
  for (uint64_t at = dryi_kv_scan_next(&r->scan, end); at < r->scan.heap_end; at = dryi_kv_scan_next(&r->scan, at + 16)) {
    uint64_t gap = at - end;
    if (at < end || (gap > 0 && gap < DRY_KV_BLOCK_BYTES_MIN && at < state->bump_end))
      return dryi_fail_at(detail, DRY_CORRUPT, at, "kv: the block at %llu overlaps its neighbour",
                          (unsigned long long)at);
    end = end_of(state, at);
  }
  return DRY_OK;
}

/* ---- second pass: change ---- */

/* A killed put leaves a slot without its control byte, a killed delete a control byte without its slot. Neither was
   acknowledged; readers took both for empty. */
static void clear_halves(const recovery *r) {
  const dry_kv_writer *writer = r->writer;
  const dry_kv_reader *reader = &writer->reader;
  const dryi_kv_state *state = writer->state;
  int64_t passing = 0;
  for (uint64_t group = 0; group < reader->group_count; group++) {
    dryi_kv_group control = dryi_kv_group_load(dryi_kv_words(reader->part, dryi_kv_control_offset(reader, group)));
    for (unsigned slot = 0; slot < DRY_KV_GROUP_SLOTS; slot++) {
      uint64_t *word = dryi_kv_word_at(state, dryi_kv_slot_offset(reader, group, slot));
      uint8_t tag = dryi_kv_group_byte(control, slot);
      if (tag == 0 && *word != 0) dryi_store_release_u64(word, 0);
      if (tag != 0 && *word == 0) dryi_kv_control_set(writer, group, slot, 0);
    }
    passing += r->scan.passes[group];
    uint8_t count = passing > DRY_KV_OVERFLOW_STICKY ? DRY_KV_OVERFLOW_STICKY : (uint8_t)passing;
    if (count != dryi_kv_group_overflow(control)) dryi_kv_control_set(writer, group, DRY_KV_GROUP_SLOTS, count);
  }
}

/* A compaction that was killed between its two moves left a block in staging, and room for it in the heap. */
static dry_status bring_home(recovery *r, dry_detail *detail) {
  if (r->parked == 0) return DRY_OK;
  const dryi_kv_state *state = r->writer->state;
  uint64_t room = room_of(state, r->parked);
  uint64_t end = r->scan.heap_offset;
  while (end < state->bump_end) {
    uint64_t at = dryi_kv_scan_next(&r->scan, end);
    uint64_t limit = at < state->bump_end ? at : state->bump_end;
    if (limit < end) break;
    uint64_t rest = limit - end;
    if (rest == room || rest >= room + DRY_KV_BLOCK_BYTES_MIN || (limit == state->bump_end && rest >= room)) {
      dry_status status = dryi_kv_heap_move(r->writer, r->parked, room, end);
      if (status != DRY_OK) return dryi_fail_at(detail, status, r->parked, "kv: the block in staging is damaged");
      dryi_kv_scan_unmark(&r->scan, r->parked);
      (void)dryi_kv_scan_mark(&r->scan, end);
      return DRY_OK;
    }
    end = at < state->bump_end ? end_of(state, at) : state->bump_end;
  }
  return dryi_fail_at(detail, DRY_CORRUPT, r->parked, "kv: no room in the heap for the block in staging");
}

static dry_status rebuild_heap(const recovery *r, dry_detail *detail) {
  dryi_kv_state *state = r->writer->state;
  uint64_t end = r->scan.heap_offset;
  for (uint64_t at = dryi_kv_scan_next(&r->scan, end); at < state->bump_end; at = dryi_kv_scan_next(&r->scan, at + 16)) {
    bool gap_sound = at == end || (at > end && at - end >= DRY_KV_BLOCK_BYTES_MIN);
    if (!gap_sound) return dryi_fail_at(detail, DRY_CORRUPT, at, "kv: somebody else writes to this store");
    dryi_kv_heap_fill(state, end, at - end);
    end = end_of(state, at);
  }
  state->bump = end;
  state->freed_since_compaction = 1;
  return DRY_OK;
}

static void store_counters(const recovery *r) {
  dryi_kv_state *state = r->writer->state;
  state->version = r->version;
  state->entry_count = r->entry_count;
  state->data_bytes = r->data_bytes;
  dryi_store_relaxed_u64(&state->header->data_bytes, r->data_bytes);
  dryi_store_release_u64(&state->header->entry_count, r->entry_count);
  dryi_store_release_u64(&state->header->version, r->version);
}

dry_status dryi_kv_recover(dry_kv_writer *writer, dry_detail *detail) {
  dryi_kv_state *state = writer->state;
  recovery r;
  memset(&r, 0, sizeof r);
  r.writer = writer;
  r.geometry = dryi_kv_geometry_of(&writer->reader);
  r.version = state->header->version;
  if (!dryi_kv_scan_init(&r.scan, &writer->reader))
    return dryi_fail(detail, DRY_OUT_OF_MEMORY, "kv: no memory for recovery");
  dry_status status = check_index(&r, detail);
  if (status == DRY_OK) status = check_overlaps(&r, detail);
  if (status == DRY_OK) {
    DRYI_STEP("recover_checked");
    dryi_kv_relocation_begin(state);
    clear_halves(&r);
    DRYI_STEP("recover_cleared");
    status = bring_home(&r, detail);
  }
  if (status == DRY_OK) status = rebuild_heap(&r, detail);
  if (status == DRY_OK) {
    DRYI_STEP("recover_rebuilt");
    store_counters(&r);
    dryi_kv_relocation_end(state);
    DRYI_STEP("recover_ended");
  }
  dryi_kv_scan_free(&r.scan);
  return status;
}
#undef check_overlaps
#undef store_counters

/* ---- kv/scan.c ---- */

bool dryi_kv_scan_init(dryi_kv_scan *scan, const dry_kv_reader *reader) {
  uint64_t granules = (reader->heap_end - reader->heap_offset) / DRY_KV_GRANULE_BYTES;
  scan->start_words = granules / 64 + 1;
  scan->group_count = reader->group_count;
  scan->heap_offset = reader->heap_offset;
  scan->heap_end = reader->heap_end;
  scan->starts = dryi_os_alloc_zeroed((size_t)scan->start_words * sizeof *scan->starts);
  scan->passes = scan->starts ? dryi_os_alloc_zeroed((size_t)(scan->group_count + 1) * sizeof *scan->passes) : NULL;
  if (scan->passes) return true;
  dryi_os_free(scan->starts);
  return false;
}

void dryi_kv_scan_clear(dryi_kv_scan *scan) {
  memset(scan->starts, 0, (size_t)scan->start_words * sizeof *scan->starts);
  memset(scan->passes, 0, (size_t)(scan->group_count + 1) * sizeof *scan->passes);
}

void dryi_kv_scan_free(dryi_kv_scan *scan) {
  dryi_os_free(scan->starts);
  dryi_os_free(scan->passes);
}

static uint64_t granule_of(const dryi_kv_scan *scan, uint64_t block) {
  return (block - scan->heap_offset) / DRY_KV_GRANULE_BYTES;
}

bool dryi_kv_scan_mark(dryi_kv_scan *scan, uint64_t block) {
  uint64_t granule = granule_of(scan, block);
  uint64_t bit = (uint64_t)1 << granule % 64;
  if (scan->starts[granule / 64] & bit) return false;
  scan->starts[granule / 64] |= bit;
  return true;
}

void dryi_kv_scan_unmark(dryi_kv_scan *scan, uint64_t block) {
  uint64_t granule = granule_of(scan, block);
  scan->starts[granule / 64] &= ~((uint64_t)1 << granule % 64);
}

uint64_t dryi_kv_scan_next(const dryi_kv_scan *scan, uint64_t from) {
  uint64_t granule = granule_of(scan, from);
  uint64_t word = granule / 64;
  if (word >= scan->start_words) return scan->heap_end;
  uint64_t bits = scan->starts[word] & ~(uint64_t)0 << granule % 64;
  while (bits == 0) {
    if (++word == scan->start_words) return scan->heap_end;
    bits = scan->starts[word];
  }
  return scan->heap_offset + (word * 64 + (uint64_t)__builtin_ctzll(bits)) * DRY_KV_GRANULE_BYTES;
}

void dryi_kv_scan_pass(dryi_kv_scan *scan, uint64_t home, uint64_t group) {
  if (home == group) return;
  scan->passes[home]++;
  scan->passes[group]--;
  if (group < home) { /* around the end: home .. last, and 0 .. group - 1 */
    scan->passes[scan->group_count]--;
    scan->passes[0]++;
  }
}

/* ---- kv/verify.c ---- */

#define check_overlaps check_overlaps_in_kv_verify
/*
 * verify.c: checks all that is stored, through the readers' protocol, so that a writer may be at work. What concerns single
 * entries is always checked. What concerns all of them together (counts, overlaps) is checked when no write was finished
 * meanwhile; one that is half done, or was when its writer was killed, may then be off by that one entry.
 */

/* How often one slot is looked at again when it changes under the check, and how often the whole. */
#define SLOT_ATTEMPTS 1000
#define PASSES 4

typedef struct check {
  const dry_kv_reader *reader;
  dryi_kv_geometry geometry;
  dryi_kv_scan scan;
  uint8_t *key; /* room for the longest */
  uint64_t entry_count;
  uint64_t data_bytes;
  uint64_t version_max;
  unsigned untagged;         /* slots without a tag: what a killed put of a new key leaves */
  unsigned empty_tagged;     /* tags without a slot: what a killed delete leaves */
  uint64_t untagged_version; /* of the last such slot's block */
} check;

typedef struct slot_facts {
  dryi_kv_found found;
  uint64_t hash;
  uint64_t room;
  uint64_t link;
  uint32_t checksum_stored;
  uint32_t checksum;
} slot_facts;

/* ---- one entry ---- */

static dryi_kv_outcome read_entry(const check *c, uint64_t slot_offset, uint64_t word, slot_facts *facts) {
  const dry_kv_reader *reader = c->reader;
  dryi_kv_outcome outcome = dryi_kv_enter(&c->geometry, slot_offset, word, 1, &facts->found);
  if (outcome != DRYI_KV_FOUND) return outcome;
  uint64_t room_and_checksum = dryi_load_acquire_u64(dryi_kv_words(reader->part, facts->found.block + 16));
  facts->room = (room_and_checksum & 0xffffffffu) * DRY_KV_GRANULE_BYTES;
  facts->checksum_stored = (uint32_t)(room_and_checksum >> 32);
  facts->link = dryi_load_acquire_u64(dryi_kv_words(reader->part, facts->found.block + 24));
  facts->checksum = (uint32_t)dryi_kv_block_checksum_read(reader, &facts->found);
  dryi_kv_copy_words(dryi_kv_words(reader->part, facts->found.block + DRY_KV_BLOCK_HEADER_BYTES), c->key,
                     facts->found.key_bytes);
  facts->hash = dryi_hash_with(reader->seed, c->key, facts->found.key_bytes);
  return dryi_kv_still(&c->geometry, &facts->found) ? DRYI_KV_FOUND : DRYI_KV_CHANGED;
}

static const char *fault_of(const slot_facts *facts, uint8_t tag, uint64_t word) {
  const dryi_kv_found *found = &facts->found;
  if (facts->checksum != facts->checksum_stored) return "checksum differs";
  if (facts->room != dryi_kv_class_bytes(dryi_kv_block_need(found->key_bytes, found->value_bytes)))
    return "room does not fit its sizes";
  if (facts->link != 0) return "block is a free one";
  if (word != dryi_kv_slot_word(facts->hash, found->block)) return "slot does not belong to its key";
  if (tag != dryi_kv_control_tag(facts->hash)) return "tag does not belong to its key";
  return NULL;
}

static void take_in(check *c, uint64_t group, const slot_facts *facts, bool *twice_out) {
  const dryi_kv_found *found = &facts->found;
  if (!dryi_kv_scan_mark(&c->scan, found->block)) *twice_out = true;
  dryi_kv_scan_pass(&c->scan, dryi_kv_home_group(facts->hash, c->reader->group_count), group);
  if (found->version > c->version_max) c->version_max = found->version;
  c->entry_count++;
  c->data_bytes += (uint64_t)found->key_bytes + found->value_bytes;
}

static uint8_t load_tag(const dry_kv_reader *reader, uint64_t group, unsigned slot) {
  dryi_kv_group control = dryi_kv_group_load(dryi_kv_words(reader->part, dryi_kv_control_offset(reader, group)));
  return dryi_kv_group_byte(control, slot);
}

static dry_status check_slot(check *c, uint64_t group, unsigned slot, bool *twice_out, dry_detail *detail) {
  const dry_kv_reader *reader = c->reader;
  uint64_t slot_offset = dryi_kv_slot_offset(reader, group, slot);
  for (int attempt = 0; attempt < SLOT_ATTEMPTS; attempt++) {
    uint8_t tag = load_tag(reader, group, slot);
    uint64_t word = dryi_load_acquire_u64(dryi_kv_words(reader->part, slot_offset));
    if (tag == 0 && word == 0) return DRY_OK;
    slot_facts facts;
    if (word == 0) {
      c->empty_tagged++;
      return DRY_OK;
    }
    if (tag == 0) {
      c->untagged++;
      bool whole = dryi_kv_enter(&c->geometry, slot_offset, word, 1, &facts.found) == DRYI_KV_FOUND;
      c->untagged_version = whole ? facts.found.version : 0;
      return DRY_OK;
    }
    dryi_kv_outcome outcome = read_entry(c, slot_offset, word, &facts);
    if (outcome == DRYI_KV_CHANGED || load_tag(reader, group, slot) != tag) continue;
    const char *fault = outcome == DRYI_KV_DAMAGED ? "points to no block" : fault_of(&facts, tag, word);
    if (fault)
      return dryi_fail_at(detail, DRY_CORRUPT, outcome == DRYI_KV_DAMAGED ? slot_offset : facts.found.block,
                          "kv: slot %u of group %llu, block at %llu: %s", slot, (unsigned long long)group,
                          (unsigned long long)dryi_kv_slot_block(word), fault);
    take_in(c, group, &facts, twice_out);
    return DRY_OK;
  }
  return DRY_OK; /* rewritten a thousand times meanwhile: the writer, and not this check, looks after it */
}

/* ---- all entries together ---- */

static dry_status check_overlaps(const check *c, dry_detail *detail) {
  uint64_t end = c->scan.heap_offset;
  for (uint64_t at = dryi_kv_scan_next(&c->scan, end); at < c->scan.heap_end; at = dryi_kv_scan_next(&c->scan, at + 16)) {
    if (at < end)
      return dryi_fail_at(detail, DRY_CORRUPT, at, "kv: the block at %llu overlaps the one before",
                          (unsigned long long)at);
    end = at + dryi_kv_stored_room(c->reader->part, at);
  }
  return DRY_OK;
}

static dry_status check_overflow_counts(const check *c, dry_detail *detail) {
  const dry_kv_reader *reader = c->reader;
  int64_t passing = 0;
  for (uint64_t group = 0; group < reader->group_count; group++) {
    passing += c->scan.passes[group];
    uint8_t stored = load_tag(reader, group, DRY_KV_GROUP_SLOTS);
    bool right = stored == DRY_KV_OVERFLOW_STICKY || stored == passing || stored == passing + 1;
    if (!right)
      return dryi_fail_at(detail, DRY_CORRUPT, dryi_kv_control_offset(reader, group) + DRY_KV_GROUP_SLOTS,
                          "kv: group %llu: overflow count %u, %lld entries pass it", (unsigned long long)group, stored,
                          (long long)passing);
  }
  return DRY_OK;
}

static uint64_t distance(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

/* At most one write is half done: a put whose block carries the next version, or a delete that the count still has. */
static bool halves_explained(const check *c, const dry_kv_header *header) {
  if (c->untagged + c->empty_tagged == 0) return true;
  if (c->untagged + c->empty_tagged > 1) return false;
  return c->untagged ? c->untagged_version == header->version + 1 : c->entry_count + 1 == header->entry_count;
}

static dry_status check_counters(const check *c, const dry_kv_header *header, dry_detail *detail) {
  if (c->version_max > header->version + 1)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_kv_header, version), "kv: version %llu, an entry has %llu",
                        (unsigned long long)header->version, (unsigned long long)c->version_max);
  if (!halves_explained(c, header))
    return dryi_fail(detail, DRY_CORRUPT, "kv: %u slots have a block but no tag, and %u a tag but no block", c->untagged,
                     c->empty_tagged);
  if (distance(c->entry_count, header->entry_count) > 1)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_kv_header, entry_count), "kv: %llu entries, the header says %llu",
                        (unsigned long long)c->entry_count, (unsigned long long)header->entry_count);
  bool half_done = c->entry_count != header->entry_count || c->version_max > header->version ||
                   c->untagged + c->empty_tagged > 0;
  if (!half_done && c->data_bytes != header->data_bytes)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_kv_header, data_bytes),
                        "kv: %llu bytes of keys and values, the header says %llu", (unsigned long long)c->data_bytes,
                        (unsigned long long)header->data_bytes);
  return DRY_OK;
}

static dry_status check_reserved(const dry_kv_header *header, dry_detail *detail) {
  uint64_t set = header->reserved0;
  for (size_t i = 0; i < sizeof header->reserved1 / 8; i++) set |= header->reserved1[i];
  for (size_t i = 0; i < sizeof header->reserved2 / 8; i++) set |= header->reserved2[i];
  for (size_t i = 0; i < sizeof header->reserved3 / 8; i++) set |= header->reserved3[i];
  return set == 0 ? DRY_OK : dryi_fail(detail, DRY_CORRUPT, "kv: header: reserved bytes are set");
}

/* One walk. `settled_out`: no write was finished meanwhile, and all has been checked. */
static dry_status check_once(check *c, bool *settled_out, dry_detail *detail) {
  const dry_kv_reader *reader = c->reader;
  dry_kv_header before, after;
  dry_status status = dryi_kv_header_check(dryi_kv_header_of(reader->part), reader->heap_end, &before, detail);
  if (status == DRY_OK) status = check_reserved(&before, detail);
  dryi_kv_scan_clear(&c->scan);
  c->entry_count = c->data_bytes = c->version_max = 0;
  c->untagged = c->empty_tagged = 0;
  bool twice = false;
  for (uint64_t group = 0; status == DRY_OK && group < reader->group_count; group++)
    for (unsigned slot = 0; status == DRY_OK && slot < DRY_KV_GROUP_SLOTS; slot++)
      status = check_slot(c, group, slot, &twice, detail);
  if (status != DRY_OK) return status;
  /* The counts are looked at before the second load of the header: they must not be of a later write. */
  dry_detail found;
  /* While blocks are being moved, one may be met at both of its places. */
  bool moving = before.relocation % 2 != 0;
  dry_status together = DRY_OK;
  if (!moving && twice) together = dryi_fail(&found, DRY_CORRUPT, "kv: two slots point to one block");
  if (!moving && together == DRY_OK) together = check_overlaps(c, &found);
  if (together == DRY_OK) together = check_overflow_counts(c, &found);
  if (together == DRY_OK) together = check_counters(c, &before, &found);
  status = dryi_kv_header_check(dryi_kv_header_of(reader->part), reader->heap_end, &after, detail);
  if (status != DRY_OK) return status;
  bool quiet = before.version == after.version && before.relocation == after.relocation;
  *settled_out = quiet;
  if (quiet && together != DRY_OK && detail) *detail = found;
  return quiet ? together : DRY_OK;
}

static dry_status run(check *c, dry_detail *detail) {
  bool settled = false;
  dry_status status = DRY_OK;
  for (int pass = 0; pass < PASSES && status == DRY_OK && !settled; pass++) status = check_once(c, &settled, detail);
  return status;
}

dry_status dry_kv_verify(dry_kv_reader *reader, dry_detail *detail) {
  dry_status status = dryi_kv_reader_usable(reader);
  if (status != DRY_OK) return dryi_fail(detail, status, "reader: %s", dry_status_text(status));
  check c;
  memset(&c, 0, sizeof c);
  c.reader = reader;
  c.geometry = dryi_kv_geometry_of(reader);
  c.key = dryi_os_alloc_zeroed(DRY_KV_KEY_BYTES_MAX + 1);
  if (!c.key || !dryi_kv_scan_init(&c.scan, reader)) {
    dryi_os_free(c.key);
    return dryi_fail(detail, DRY_OUT_OF_MEMORY, "kv: no memory for verification");
  }
  status = run(&c, detail);
  dryi_kv_scan_free(&c.scan);
  dryi_os_free(c.key);
  return status == DRY_OK ? dryi_done(detail) : status;
}
#undef PASSES
#undef SLOT_ATTEMPTS
#undef check_overlaps

/* ---- kv/walk.c ---- */

/* walk.c: going through all entries, and asking for facts. */

/* ---- next ---- */

typedef struct next_target {
  void *key;
  size_t key_capacity;
  size_t *key_bytes_out;
  dryi_kv_target value;
} next_target;

/* Copies the entry behind a slot word that was not 0. */
static dryi_kv_outcome copy_entry(const dry_kv_reader *reader, uint64_t slot_offset, uint64_t word,
                                  const next_target *target, dry_status *status_out) {
  dryi_kv_found found;
  /* The relocation is loaded after the slot word here; a move in between shows in the slot's second load. */
  dryi_kv_geometry g = dryi_kv_geometry_of(reader);
  dryi_kv_outcome outcome = dryi_kv_enter(&g, slot_offset, word, dryi_kv_load_relocation(&g), &found);
  if (outcome != DRYI_KV_FOUND) return outcome;
  bool key_skipped = !target->key && target->key_capacity == 0;
  bool value_skipped = !target->value.value && target->value.capacity == 0;
  bool key_fits = found.key_bytes <= target->key_capacity;
  if (key_fits)
    dryi_kv_copy_words(dryi_kv_words(reader->part, found.block + DRY_KV_BLOCK_HEADER_BYTES), target->key, found.key_bytes);
  if (!dryi_kv_copy_value(reader, &g, &found, found.key_bytes, &target->value, status_out)) return DRYI_KV_CHANGED;
  if (target->key_bytes_out) *target->key_bytes_out = found.key_bytes;
  if (*status_out == DRY_TOO_LARGE && value_skipped) *status_out = DRY_OK;
  if (*status_out == DRY_OK && !key_fits && !key_skipped) *status_out = DRY_TOO_LARGE;
  return DRYI_KV_FOUND;
}

/* DRY_NOT_FOUND: the slot is empty. */
static dry_status read_slot(dry_kv_reader *reader, uint64_t position, const next_target *target) {
  uint64_t slot_offset = reader->slots_offset + position * 8;
  uint64_t group = position / DRY_KV_GROUP_SLOTS;
  for (uint32_t attempt = 0; attempt < DRY_KV_ATTEMPTS_MAX; attempt++) {
    /* A slot counts from the moment its control byte is set, as for every other reader. */
    dryi_kv_group control = dryi_kv_group_load(dryi_kv_words(reader->part, dryi_kv_control_offset(reader, group)));
    unsigned at = (unsigned)(position % DRY_KV_GROUP_SLOTS);
    uint64_t word = dryi_load_acquire_u64(dryi_kv_words(reader->part, slot_offset));
    if ((dryi_kv_group_match(control, 0) >> at & 1u) || (word & DRYI_KV_SLOT_OFFSET_MASK) == 0) return DRY_NOT_FOUND;
    dry_status status = DRY_OK;
    dryi_kv_outcome outcome = copy_entry(reader, slot_offset, word, target, &status);
    if (outcome == DRYI_KV_FOUND) return status;
    if (outcome == DRYI_KV_DAMAGED) return DRY_CORRUPT;
    dryi_kv_count_retry(reader);
  }
  return DRY_TIMED_OUT;
}

dry_status dry_kv_next(dry_kv_reader *reader, uint64_t *cursor, void *key, size_t key_capacity, size_t *key_bytes_out,
                       void *value, size_t value_capacity, size_t *value_bytes_out, uint64_t *version_out) {
  if (key_bytes_out) *key_bytes_out = 0;
  if (value_bytes_out) *value_bytes_out = 0;
  if (version_out) *version_out = 0;
  dry_status status = dryi_kv_reader_usable(reader);
  if (status != DRY_OK) return status;
  if (!cursor || (!key && key_capacity > 0) || (!value && value_capacity > 0)) return DRY_INVALID_ARGUMENT;
  next_target target = {key, key_capacity, key_bytes_out, {value, value_capacity, value_bytes_out, version_out}};
  uint64_t slots = reader->group_count * DRY_KV_GROUP_SLOTS;
  for (uint64_t position = *cursor; position < slots; position++) {
    status = read_slot(reader, position, &target);
    if (status == DRY_NOT_FOUND) continue;
    *cursor = status == DRY_OK ? position + 1 : position;
    return status;
  }
  *cursor = slots;
  return DRY_NOT_FOUND;
}

/* ---- facts ---- */

dry_status dry_kv_get_stats(dry_kv_reader *reader, dry_kv_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  dry_status status = dryi_kv_reader_usable(reader);
  if (status != DRY_OK) return status;
  const dry_kv_header *header = dryi_kv_header_of(reader->part);
  stats_out->entries = dryi_load_relaxed_u64(&header->entry_count);
  stats_out->capacity = dryi_load_relaxed_u64(&header->entry_capacity);
  stats_out->data_bytes = dryi_load_relaxed_u64(&header->data_bytes);
  stats_out->data_capacity_bytes = dryi_load_relaxed_u64(&header->data_capacity_bytes);
  stats_out->version = dryi_load_acquire_u64(&header->version);
  stats_out->relocation = dryi_load_relaxed_u64(&header->relocation);
  stats_out->size_bytes = reader->heap_end;
  return DRY_OK;
}

uint64_t dry_kv_reader_retries(dry_kv_reader *reader) {
  return reader && reader->closed ? dryi_load_relaxed_u64(&reader->retries) : 0;
}

/* ---- kv/writer.c ---- */

#define store_counters store_counters_in_kv_writer
/* writer.c: put, replace, delete. What is stored in which order is what a killed writer leaves; see c/DESIGN.md. */

#define ANY_VERSION 0 /* versions start at 1 */

typedef struct entry {
  const void *key;
  const void *value;
  uint32_t key_bytes;
  uint32_t value_bytes;
  uint64_t hash;
} entry;

/* ---- checks ---- */

static dry_status check_writer(const dry_kv_writer *writer) {
  if (!writer) return DRY_INVALID_ARGUMENT;
  const dryi_kv_state *state = writer->state;
  if (!state || !writer->reader.closed) return DRY_CLOSED;
  return state->mapping ? dryi_mapping_may_write(state->mapping) : DRY_OK;
}

/* Two calls at once are two threads where there may be one, or a signal handler inside a call: the second is refused. */
static dry_status begin_call(const dry_kv_writer *writer) {
  dry_status status = check_writer(writer);
  if (status != DRY_OK) return status;
  dryi_kv_state *state = writer->state;
  return dryi_exchange_acquire_u32(&state->in_call, 1) == 0 ? DRY_OK : DRY_BUSY;
}

static void end_call(const dry_kv_writer *writer) {
  dryi_kv_state *state = writer->state;
  /* pairs with the exchange in begin_call */
  dryi_store_release_u32(&state->in_call, 0);
}

/* Bytes of this very store might be moved, or handed out again, while they are copied. */
static bool overlaps_store(const dryi_kv_state *state, const void *data, size_t bytes) {
  uintptr_t from = (uintptr_t)data, begin = (uintptr_t)state->part;
  return bytes > 0 && from < begin + state->staging_end && from + bytes > begin;
}

static dry_status check_write(const dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value,
                              size_t value_bytes) {
  dry_status status = dryi_kv_check_key(key, key_bytes);
  if (status != DRY_OK) return status;
  if (!value && value_bytes > 0) return DRY_INVALID_ARGUMENT;
  if (value_bytes > DRY_KV_VALUE_BYTES_MAX) return DRY_TOO_LARGE;
  const dryi_kv_state *state = writer->state;
  if (overlaps_store(state, key, key_bytes) || overlaps_store(state, value, value_bytes)) return DRY_INVALID_ARGUMENT;
  return DRY_OK;
}

/* ---- blocks ---- */

/* `data`, then zeros to a multiple of 8. */
static void store_words(uint64_t *to, const void *data, size_t bytes) {
  const uint8_t *p = (const uint8_t *)data;
  size_t words = bytes / 8;
#pragma GCC unroll 4
  for (size_t i = 0; i < words; i++) dryi_store_release_u64(to + i, dryi_hash_read64(p + 8 * i));
  if (bytes % 8 == 0) return;
  uint64_t last = 0;
  memcpy(&last, p + 8 * words, bytes % 8);
  dryi_store_release_u64(to + words, last);
}

static void write_block(dryi_kv_state *state, uint64_t block, const entry *e, uint64_t version) {
  uint64_t sizes = dryi_kv_sizes_word(e->key_bytes, e->value_bytes);
  uint64_t key_words = dryi_kv_pad8(e->key_bytes), value_words = dryi_kv_pad8(e->value_bytes);
  uint64_t *body = dryi_kv_word_at(state, block + DRY_KV_BLOCK_HEADER_BYTES);
  dryi_store_release_u64(dryi_kv_word_at(state, block + 8), sizes);
  store_words(body, e->key, e->key_bytes);
  store_words(body + key_words / 8, e->value, e->value_bytes);
  DRYI_STEP("put_written");
  /* The checksum is of what was stored: `value` may be changing under us. */
  uint64_t head[2] = {version, sizes};
  uint32_t crc = dryi_crc32c(0, head, sizeof head);
  crc = dryi_crc32c(crc, body, (size_t)(key_words + value_words));
  uint64_t room = (uint32_t)*dryi_kv_word_at(state, block + 16);
  dryi_store_release_u64(dryi_kv_word_at(state, block + 16), room | (uint64_t)crc << 32);
  /* pairs with the acquire load in dryi_kv_enter (find.h): with the version, the whole block is there */
  dryi_store_release_u64(dryi_kv_word_at(state, block), version);
}

/* ---- index ---- */

void dryi_kv_control_set(const dry_kv_writer *writer, uint64_t group, unsigned at, uint8_t value) {
  const dryi_kv_state *state = writer->state;
  uint64_t *word = dryi_kv_word_at(state, dryi_kv_control_offset(&writer->reader, group) + at / 8 * 8);
  unsigned shift = at % 8 * 8;
  uint64_t next = (*word & ~((uint64_t)0xff << shift)) | (uint64_t)value << shift;
  /* pairs with the acquire loads in dryi_kv_group_load (probe.h): with the tag, the slot is there */
  dryi_store_release_u64(word, next);
}

static dryi_kv_group control_of(const dry_kv_writer *writer, uint64_t group) {
  const dryi_kv_state *state = writer->state;
  return dryi_kv_group_load(dryi_kv_words(state->part, dryi_kv_control_offset(&writer->reader, group)));
}

static uint64_t next_group(const dry_kv_writer *writer, uint64_t group) {
  return group + 1 == writer->reader.group_count ? 0 : group + 1;
}

/* Adds `step` (1 or -1) to the overflow counts from the home group up to, not including, `group`. A count that has reached 255
   stays: how many there are beyond is not known any more. */
static void count_overflow(const dry_kv_writer *writer, uint64_t home, uint64_t group, int step) {
  for (uint64_t g = home; g != group; g = next_group(writer, g)) {
    unsigned count = dryi_kv_group_overflow(control_of(writer, g));
    if (count == DRY_KV_OVERFLOW_STICKY) continue;
    dryi_kv_control_set(writer, g, DRY_KV_GROUP_SLOTS, (uint8_t)((int)count + step));
  }
}

/* The first group on the key's way that has an empty slot, and the slot. There is one: a fifth of all slots is empty. */
static bool empty_slot(const dry_kv_writer *writer, uint64_t hash, uint64_t *group_out, unsigned *slot_out) {
  uint64_t group = dryi_kv_home_group(hash, writer->reader.group_count);
  for (uint64_t visited = 0; visited < writer->reader.group_count; visited++) {
    uint32_t empty = dryi_kv_group_match(control_of(writer, group), 0);
    if (empty) {
      *group_out = group;
      *slot_out = (unsigned)__builtin_ctz(empty);
      return true;
    }
    group = next_group(writer, group);
  }
  return false;
}

static dry_status insert_slot(const dry_kv_writer *writer, uint64_t hash, uint64_t block) {
  const dryi_kv_state *state = writer->state;
  uint64_t group;
  unsigned slot;
  if (!empty_slot(writer, hash, &group, &slot)) return DRY_CORRUPT;
  uint64_t home = dryi_kv_home_group(hash, writer->reader.group_count);
  /* Counts first: a reader who looks for this key must not stop short of it once it is there. */
  count_overflow(writer, home, group, 1);
  DRYI_STEP("insert_counted");
  dryi_store_release_u64(dryi_kv_word_at(state, dryi_kv_slot_offset(&writer->reader, group, slot)),
                         dryi_kv_slot_word(hash, block));
  DRYI_STEP("insert_slot");
  dryi_kv_control_set(writer, group, slot, dryi_kv_control_tag(hash));
  DRYI_STEP("insert_tag");
  return DRY_OK;
}

static void remove_slot(const dry_kv_writer *writer, uint64_t hash, uint64_t slot_offset) {
  const dryi_kv_state *state = writer->state;
  uint64_t position = (slot_offset - writer->reader.slots_offset) / 8;
  uint64_t group = position / DRY_KV_GROUP_SLOTS;
  dryi_store_release_u64(dryi_kv_word_at(state, slot_offset), 0);
  DRYI_STEP("delete_slot");
  dryi_kv_control_set(writer, group, (unsigned)(position % DRY_KV_GROUP_SLOTS), 0);
  DRYI_STEP("delete_tag");
  count_overflow(writer, dryi_kv_home_group(hash, writer->reader.group_count), group, -1);
  DRYI_STEP("delete_counted");
}

/* ---- counters ---- */

/* In this order, each store released after the one before: a delete that is cut off in between shows in the number of
   entries, and every other write in a block with a version above the stored one (kv/verify.c relies on it). */
static void store_counters(dryi_kv_state *state) {
  dryi_store_relaxed_u64(&state->header->data_bytes, state->data_bytes);
  DRYI_STEP("data_bytes_stored");
  dryi_store_release_u64(&state->header->entry_count, state->entry_count);
  DRYI_STEP("counters_stored");
  dryi_store_release_u64(&state->header->version, state->version);
  DRYI_STEP("version_stored");
}

/* ---- the operations ---- */

static dry_status find_own(const dry_kv_writer *writer, const entry *e, dryi_kv_found *found, bool *there_out) {
  dryi_kv_outcome outcome = dryi_kv_find(&writer->reader, e->key, e->key_bytes, e->hash, found);
  *there_out = outcome == DRYI_KV_FOUND;
  /* Nobody else writes, so nothing can have changed, unless somebody does who must not. */
  return outcome == DRYI_KV_FOUND || outcome == DRYI_KV_ABSENT ? DRY_OK : DRY_CORRUPT;
}

static dry_status check_room(const dryi_kv_state *state, const entry *e, bool there, const dryi_kv_found *old) {
  uint64_t old_bytes = there ? (uint64_t)old->key_bytes + old->value_bytes : 0;
  uint64_t bytes = (uint64_t)e->key_bytes + e->value_bytes;
  if (!there && state->entry_count >= state->entry_capacity) return DRY_FULL;
  if (old_bytes > state->data_bytes) return DRY_CORRUPT;
  return state->data_bytes - old_bytes + bytes > state->data_capacity_bytes ? DRY_FULL : DRY_OK;
}

static dry_status write_entry(dry_kv_writer *writer, const entry *e, bool there, const dryi_kv_found *old) {
  dryi_kv_state *state = writer->state;
  uint64_t block;
  dry_status status = dryi_kv_heap_take(writer, dryi_kv_block_need(e->key_bytes, e->value_bytes), &block);
  if (status != DRY_OK) return status;
  DRYI_STEP("put_taken");
  write_block(state, block, e, state->version + 1);
  DRYI_STEP("put_versioned");
  if (there) {
    /* Making room may have moved the old block, so its place is taken from the slot; the slot itself never moves. */
    uint64_t *slot = dryi_kv_word_at(state, old->slot_offset);
    uint64_t old_block = dryi_kv_slot_block(*slot);
    /* pairs with the acquire load in dryi_kv_load_slot (find.h) */
    dryi_store_release_u64(slot, dryi_kv_slot_word(e->hash, block));
    DRYI_STEP("put_published");
    dryi_kv_heap_give(state, old_block);
    state->data_bytes -= (uint64_t)old->key_bytes + old->value_bytes;
  } else {
    status = insert_slot(writer, e->hash, block);
    if (status != DRY_OK) return status;
    state->entry_count++;
  }
  state->data_bytes += (uint64_t)e->key_bytes + e->value_bytes;
  state->version++;
  store_counters(state);
  return DRY_OK;
}

typedef enum put_mode { PUT_ANY, PUT_NEW, PUT_VERSION } put_mode;

static dry_status put_in_call(dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value,
                              size_t value_bytes, put_mode mode, uint64_t version, uint64_t *version_out) {
  dry_status status = check_write(writer, key, key_bytes, value, value_bytes);
  if (status != DRY_OK) return status;
  dryi_kv_state *state = writer->state;
  entry e = {key, value, (uint32_t)key_bytes, (uint32_t)value_bytes,
             dryi_hash_with(writer->reader.seed, key, key_bytes)};
  dryi_kv_found old;
  bool there;
  status = find_own(writer, &e, &old, &there);
  if (status != DRY_OK) return status;
  if (mode == PUT_NEW && there) return DRY_ALREADY_EXISTS;
  if (mode == PUT_VERSION && !there) return DRY_NOT_FOUND;
  if (mode == PUT_VERSION && old.version != version) return DRY_CONFLICT;
  status = check_room(state, &e, there, &old);
  if (status == DRY_OK) status = write_entry(writer, &e, there, &old);
  if (status == DRY_OK && version_out) *version_out = state->version;
  return status;
}

static dry_status put(dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value, size_t value_bytes,
                      put_mode mode, uint64_t version, uint64_t *version_out) {
  if (version_out) *version_out = 0;
  dry_status status = begin_call(writer);
  if (status != DRY_OK) return status;
  status = put_in_call(writer, key, key_bytes, value, value_bytes, mode, version, version_out);
  end_call(writer);
  return status;
}

dry_status dry_kv_put(dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value, size_t value_bytes,
                      uint64_t *version_out) {
  return put(writer, key, key_bytes, value, value_bytes, PUT_ANY, ANY_VERSION, version_out);
}

dry_status dry_kv_put_new(dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value,
                          size_t value_bytes, uint64_t *version_out) {
  return put(writer, key, key_bytes, value, value_bytes, PUT_NEW, ANY_VERSION, version_out);
}

dry_status dry_kv_replace(dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value,
                          size_t value_bytes, uint64_t version, uint64_t *version_out) {
  return put(writer, key, key_bytes, value, value_bytes, PUT_VERSION, version, version_out);
}

static dry_status delete_in_call(dry_kv_writer *writer, const void *key, size_t key_bytes, uint64_t *version_out) {
  dry_status status = dryi_kv_check_key(key, key_bytes);
  if (status != DRY_OK) return status;
  dryi_kv_state *state = writer->state;
  entry e = {key, NULL, (uint32_t)key_bytes, 0, dryi_hash_with(writer->reader.seed, key, key_bytes)};
  dryi_kv_found old;
  bool there;
  status = find_own(writer, &e, &old, &there);
  if (status != DRY_OK) return status;
  if (!there) return DRY_NOT_FOUND;
  uint64_t bytes = (uint64_t)old.key_bytes + old.value_bytes;
  if (bytes > state->data_bytes || state->entry_count == 0) return DRY_CORRUPT;
  remove_slot(writer, e.hash, old.slot_offset);
  dryi_kv_heap_give(state, old.block);
  state->entry_count--;
  state->data_bytes -= bytes;
  state->version++;
  store_counters(state);
  if (version_out) *version_out = state->version;
  return DRY_OK;
}

dry_status dry_kv_delete(dry_kv_writer *writer, const void *key, size_t key_bytes, uint64_t *version_out) {
  if (version_out) *version_out = 0;
  dry_status status = begin_call(writer);
  if (status != DRY_OK) return status;
  status = delete_in_call(writer, key, key_bytes, version_out);
  end_call(writer);
  return status;
}
#undef ANY_VERSION
#undef store_counters

/* ---- os/file.c ---- */

/* Calls that EINTR may interrupt are called again. */
static int open_again(const char *path, int flags, mode_t mode, int *fd_out) {
  int refused = DRYI_FAIL("open");
  if (refused) return refused;
  int fd;
  do {
    fd = open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return errno;
  *fd_out = fd;
  return 0;
}

int dryi_os_open(const char *path, bool writable, int *fd_out) {
  return open_again(path, (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK, 0, fd_out);
}

int dryi_os_reopen(int fd, bool writable, int *fd_out) {
  char path[64];
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return open_again(path, (writable ? O_RDWR : O_RDONLY) | O_NONBLOCK, 0, fd_out);
}

int dryi_os_create_memfd(int *fd_out) {
  int refused = DRYI_FAIL("memfd_create");
  if (refused) return refused;
  int fd = memfd_create("drystone", MFD_CLOEXEC);
  if (fd < 0) return errno;
  *fd_out = fd;
  return 0;
}

int dryi_os_close(int fd) {
  int refused = DRYI_FAIL("close");
  /* Linux has closed the descriptor even when it answers EINTR, so there is no second try. */
  return close(fd) == 0 || errno == EINTR ? refused : errno;
}

int dryi_os_facts(int fd, dryi_os_file_facts *facts_out) {
  int refused = DRYI_FAIL("fstat");
  if (refused) return refused;
  struct stat found;
  if (fstat(fd, &found) != 0) return errno;
  facts_out->size_bytes = (uint64_t)found.st_size;
  facts_out->regular = S_ISREG(found.st_mode);
  facts_out->own = found.st_uid == geteuid();
  facts_out->links = (uint64_t)found.st_nlink;
  return 0;
}

/* The directory part of `path`, "." where it has none. */
static int directory_of(const char *path, char *out) {
  const char *slash = strrchr(path, '/');
  size_t n = slash ? (size_t)(slash - path) : 0;
  if (n >= DRYI_OS_PATH_BYTES) return ENAMETOOLONG;
  if (!slash) {
    memcpy(out, ".", 2);
  } else if (n == 0) {
    memcpy(out, "/", 2);
  } else {
    memcpy(out, path, n);
    out[n] = 0;
  }
  return 0;
}

static int create_temporary(const char *directory, uint32_t permissions, char *temporary, int *fd_out) {
  for (int attempt = 0; attempt < 16; attempt++) {
    uint64_t random;
    int error = dryi_os_random(&random, sizeof random);
    if (error) return error;
    int n = snprintf(temporary, DRYI_OS_PATH_BYTES, "%s/.drystone-%016llx", directory, (unsigned long long)random);
    if (n >= DRYI_OS_PATH_BYTES) return ENAMETOOLONG;
    error = open_again(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, (mode_t)permissions, fd_out);
    if (error != EEXIST) return error;
  }
  return EEXIST;
}

int dryi_os_create_unnamed(const char *path, uint32_t permissions, char *temporary, int *fd_out) {
  char directory[DRYI_OS_PATH_BYTES];
  int error = directory_of(path, directory);
  if (error) return error;
  temporary[0] = 0;
  int fd = -1;
  error = open_again(directory, O_TMPFILE | O_RDWR, (mode_t)permissions, &fd);
  /* EOPNOTSUPP: this file system has none; EISDIR: this kernel has none. */
  if (error == EOPNOTSUPP || error == EISDIR) {
    error = create_temporary(directory, permissions, temporary, &fd);
    if (error) temporary[0] = 0;
  }
  if (error) return error;
  /* Exactly these permissions, whatever the umask. */
  error = DRYI_FAIL("fchmod");
  if (!error && fchmod(fd, (mode_t)permissions) != 0) error = errno;
  if (error) {
    dryi_os_discard(fd, temporary);
    return error;
  }
  *fd_out = fd;
  return 0;
}

int dryi_os_link(int fd, char *temporary, const char *path) {
  int refused = DRYI_FAIL("link");
  if (refused) return refused;
  if (temporary[0]) {
    if (link(temporary, path) != 0) return errno;
    (void)unlink(temporary);
    temporary[0] = 0;
    return 0;
  }
  char self[64];
  (void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

int dryi_os_link_over(int fd, char *temporary, const char *path) {
  if (!temporary[0]) {
    /* linkat never replaces, so it gets a random name first. */
    char directory[DRYI_OS_PATH_BYTES], name[DRYI_OS_PATH_BYTES];
    uint64_t random;
    int error = directory_of(path, directory);
    if (!error) error = dryi_os_random(&random, sizeof random);
    if (error) return error;
    int n = snprintf(name, sizeof name, "%.4000s/.drystone-%016llx", directory, (unsigned long long)random);
    if (n >= DRYI_OS_PATH_BYTES) return ENAMETOOLONG;
    error = dryi_os_link(fd, temporary, name);
    if (error) return error;
    memcpy(temporary, name, (size_t)n + 1);
    DRYI_STEP("save_named");
  }
  int refused = DRYI_FAIL("rename");
  if (refused) return refused;
  if (rename(temporary, path) != 0) return errno;
  temporary[0] = 0;
  return 0;
}

void dryi_os_discard(int fd, const char *temporary) {
  if (temporary[0]) (void)unlink(temporary);
  (void)close(fd);
}

int dryi_os_allocate(int fd, uint64_t bytes) {
  int refused = DRYI_FAIL("posix_fallocate");
  if (refused) return refused;
  if (bytes > INT64_MAX) return EFBIG;
  /* Growing beyond RLIMIT_FSIZE raises SIGXFSZ, which would kill the process: ask first. */
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && bytes > limit.rlim_cur) return EFBIG;
  int error = ftruncate(fd, (off_t)bytes) == 0 ? 0 : errno;
  if (error) return error;
  do {
    error = posix_fallocate(fd, 0, (off_t)bytes);
  } while (error == EINTR);
  return error;
}

int dryi_os_write_at(int fd, const void *data, uint64_t bytes, uint64_t offset) {
  int refused = DRYI_FAIL("pwrite");
  if (refused) return refused;
  const uint8_t *at = (const uint8_t *)data;
  while (bytes > 0) {
    size_t chunk = bytes > (1u << 30) ? (size_t)1 << 30 : (size_t)bytes;
    ssize_t done = pwrite(fd, at, chunk, (off_t)offset);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    at += done;
    bytes -= (uint64_t)done;
    offset += (uint64_t)done;
  }
  return 0;
}

int dryi_os_read_at(int fd, void *data, uint64_t bytes, uint64_t offset) {
  int refused = DRYI_FAIL("pread");
  if (refused) return refused;
  uint8_t *at = (uint8_t *)data;
  while (bytes > 0) {
    size_t chunk = bytes > (1u << 30) ? (size_t)1 << 30 : (size_t)bytes;
    ssize_t done = pread(fd, at, chunk, (off_t)offset);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    if (done == 0) return EIO; /* shorter than fstat said: it was truncated meanwhile */
    at += done;
    bytes -= (uint64_t)done;
    offset += (uint64_t)done;
  }
  return 0;
}

int dryi_os_sync(int fd) {
  int refused = DRYI_FAIL("fsync");
  if (refused) return refused;
  int result;
  do {
    result = fsync(fd);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

int dryi_os_unlink(const char *path) {
  int refused = DRYI_FAIL("unlink");
  if (refused) return refused;
  return unlink(path) == 0 ? 0 : errno;
}

/* ---- os/lock.c ---- */

/* One byte of the file stands for the whole. A classic POSIX lock would vanish as soon as any descriptor of the file is
   closed in this process; an open-file-description lock lives and dies with this one. */
static int set(int fd, short type) {
  int refused = DRYI_FAIL("fcntl");
  if (refused) return refused;
  struct flock lock;
  memset(&lock, 0, sizeof lock);
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_len = 1;
  int result;
  do {
    result = fcntl(fd, F_OFD_SETLK, &lock);
  } while (result != 0 && errno == EINTR);
  if (result == 0) return 0;
  return errno == EACCES ? EAGAIN : errno;
}

int dryi_os_lock_exclusive(int fd) { return set(fd, F_WRLCK); }

int dryi_os_lock_shared(int fd) { return set(fd, F_RDLCK); }

int dryi_os_unlock(int fd) { return set(fd, F_UNLCK); }

/* ---- os/memory.c ---- */

/* Since Linux 5.14; older headers lack the names. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

static int map(uint64_t bytes, int protection, int flags, int fd, void **base_out) {
  int refused = DRYI_FAIL("mmap");
  if (refused) return refused;
  if (bytes > SIZE_MAX) return ENOMEM;
  void *base = mmap(NULL, (size_t)bytes, protection, flags, fd, 0);
  if (base == MAP_FAILED) return errno;
  *base_out = base;
  return 0;
}

int dryi_os_map_anonymous(uint64_t bytes, void **base_out) {
  return map(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, base_out);
}

int dryi_os_map_file(int fd, uint64_t bytes, bool writable, void **base_out) {
  return map(bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, base_out);
}

int dryi_os_reserve(uint64_t bytes, void **base_out) {
  return map(bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, base_out);
}

int dryi_os_commit(void *base, uint64_t bytes) {
  int refused = DRYI_FAIL("mprotect");
  if (refused) return refused;
  return mprotect(base, (size_t)bytes, PROT_READ | PROT_WRITE) == 0 ? 0 : errno;
}

int dryi_os_unmap(void *base, uint64_t bytes) { return munmap(base, (size_t)bytes) == 0 ? 0 : errno; }

int dryi_os_prefault(void *base, uint64_t bytes, bool writable) {
  int refused = DRYI_FAIL("madvise");
  if (refused) return refused;
  if (madvise(base, (size_t)bytes, writable ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) == 0) return 0;
  if (errno != EINVAL) return errno;
  /* A kernel without it: one read a page maps what is there, and zero pages cost their copy at the first write. */
  const volatile uint8_t *at = (const volatile uint8_t *)base;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  for (uint64_t i = 0; i < bytes; i += page) (void)at[i];
  return 0;
}

int dryi_os_huge_pages(void *base, uint64_t bytes) {
  int refused = DRYI_FAIL("madvise");
  if (refused) return refused;
  return madvise(base, (size_t)bytes, MADV_HUGEPAGE) == 0 ? 0 : errno;
}

void *dryi_os_alloc_zeroed(size_t bytes) { return DRYI_FAIL("malloc") ? NULL : calloc(1, bytes); }

void dryi_os_free(void *memory) { free(memory); }

int dryi_os_random(void *out, size_t bytes) {
  int refused = DRYI_FAIL("getrandom");
  if (refused) return refused;
  uint8_t *at = (uint8_t *)out;
  while (bytes > 0) {
    ssize_t got = getrandom(at, bytes, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    at += got;
    bytes -= (size_t)got;
  }
  return 0;
}
#undef MADV_POPULATE_READ
#undef MADV_POPULATE_WRITE

/* ---- os/wait.c ---- */

#define NS_PER_SECOND 1000000000u

static struct timespec timespec_of(uint64_t ns) {
  struct timespec t;
  t.tv_sec = (time_t)(ns / NS_PER_SECOND);
  t.tv_nsec = (long)(ns % NS_PER_SECOND);
  return t;
}

int dryi_os_wait(const uint32_t *word, uint32_t expected, uint64_t timeout_ns) {
  int refused = DRYI_FAIL("futex");
  if (refused) return refused;
  struct timespec timeout = timespec_of(timeout_ns);
  /* No FUTEX_PRIVATE_FLAG: the other side is another process, or another mapping of the same pages. */
  long result = syscall(SYS_futex, word, FUTEX_WAIT, expected, timeout_ns == UINT64_MAX ? NULL : &timeout, NULL, 0);
  if (result == 0 || errno == EAGAIN || errno == EINTR) return 0;
  return errno;
}

int dryi_os_wake(uint32_t *word) {
  int refused = DRYI_FAIL("futex");
  if (refused) return refused;
  return syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0) >= 0 ? 0 : errno;
}

void dryi_os_sleep_ns(uint64_t ns) {
  struct timespec t = timespec_of(ns);
  while (nanosleep(&t, &t) != 0 && errno == EINTR) {
  }
}
#undef NS_PER_SECOND

/* ---- region/create.c ---- */

#define geometry geometry_in_region_create
/* create.c: regions come into being whole, under their name or not at all. */

static dry_status check_create(const dry_region_options *options, dry_detail *detail) {
  if (!options || options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: missing, or struct_size is not %zu", sizeof *options);
  if (options->kind < DRY_REGION_MEMORY || options->kind > DRY_REGION_BUFFER)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "kind: %u is none of DRY_REGION_", options->kind);
  if (options->size_bytes == 0 || options->size_bytes > DRY_REGION_BYTES_MAX)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "size_bytes: %llu is not within %d .. 2^46",
                     (unsigned long long)options->size_bytes, DRY_REGION_BYTES_MIN);
  if (options->part_capacity > DRY_REGION_PARTS_MAX)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "part_capacity: %u is above %d", options->part_capacity,
                     DRY_REGION_PARTS_MAX);
  if (options->permissions > 0777)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "permissions: 0%o has more than the nine mode bits",
                     options->permissions);
  if (options->flags & ~(DRY_REGION_PREFAULT | DRY_REGION_HUGE_PAGES))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "flags: 0x%x has unknown bits", options->flags);
  if (options->kind == DRY_REGION_BUFFER &&
      (!options->buffer || (uintptr_t)options->buffer % 64 != 0 || options->size_bytes % DRY_REGION_PAGE_BYTES != 0))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT,
                     "buffer: must be aligned to 64, and size_bytes a multiple of %d", DRY_REGION_PAGE_BYTES);
  return DRY_OK;
}

typedef struct geometry {
  uint64_t size_bytes;
  uint32_t part_capacity;
} geometry;

static dry_status geometry_of(const dry_region_options *options, geometry *out, dry_detail *detail) {
  dry_status status = check_create(options, detail);
  if (status != DRY_OK) return status;
  out->size_bytes = dryi_align_up(options->size_bytes, DRY_REGION_PAGE_BYTES);
  out->part_capacity = options->part_capacity ? options->part_capacity : DRY_REGION_PARTS_DEFAULT;
  uint64_t least = dryi_directory_end(out->part_capacity);
  if (least < DRY_REGION_BYTES_MIN) least = DRY_REGION_BYTES_MIN;
  if (out->size_bytes < least)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "size_bytes: %llu is below %llu, what the directory needs",
                     (unsigned long long)options->size_bytes, (unsigned long long)least);
  return DRY_OK;
}

static dry_status lay_out(dryi_mapping *mapping, const dry_region_options *options, const uint8_t *image,
                          uint32_t part_capacity, dry_detail *detail) {
  dry_region_header *header = dryi_mapping_header(mapping);
  mapping->part_capacity = part_capacity;
  if (image) {
    memcpy(mapping->base, image, (size_t)mapping->size_bytes);
    header->seal = 0;
    header->image_crc = 0;
  } else {
    uint64_t id[2] = {options->creation_id[0], options->creation_id[1]};
    int error = id[0] == 0 && id[1] == 0 ? dryi_os_random(id, sizeof id) : 0;
    if (error) return dryi_fail_os(detail, error, "region '%s': no random creation id", mapping->name);
    if (mapping->kind == DRY_REGION_BUFFER || mapping->kind == DRY_REGION_DESCRIPTOR)
      memset(mapping->base, 0, (size_t)dryi_directory_end(part_capacity));
    dryi_region_header_init(header, mapping->size_bytes, part_capacity, id);
  }
  dryi_mapping_take_epoch(mapping);
  /* Written last; pairs with the acquire load in wait_until_ready. */
  dryi_store_release_u32(&header->state, DRY_REGION_READY);
  return DRY_OK;
}

static dry_status create_named(dryi_mapping *mapping, const dry_region_options *options, const uint8_t *image,
                               const geometry *size, dry_detail *detail) {
  char path[DRYI_OS_PATH_BYTES], temporary[DRYI_OS_PATH_BYTES];
  dry_status status = dryi_region_path(options->kind, options->name, path, detail);
  if (status != DRY_OK) return status;
  int error = dryi_os_create_unnamed(path, options->permissions ? options->permissions : 0600, temporary, &mapping->fd);
  if (error) return dryi_fail_os(detail, error, "region '%s': cannot be created", mapping->name);
  error = dryi_os_allocate(mapping->fd, size->size_bytes);
  if (error)
    status = dryi_fail_os(detail, error, "region '%s': no space for %llu bytes", mapping->name,
                          (unsigned long long)size->size_bytes);
  if (status == DRY_OK) status = dryi_mapping_lock(mapping, detail);
  if (status == DRY_OK) status = dryi_mapping_map(mapping, size->size_bytes, detail);
  if (status == DRY_OK) status = lay_out(mapping, options, image, size->part_capacity, detail);
  if (status == DRY_OK) {
    error = dryi_os_link(mapping->fd, temporary, path);
    if (error) status = dryi_fail_os(detail, error, "region '%s': cannot be given its name", mapping->name);
  }
  if (status != DRY_OK) {
    dryi_os_discard(mapping->fd, temporary);
    mapping->fd = -1;
  }
  return status;
}

static dry_status create_on_descriptor(dryi_mapping *mapping, const dry_region_options *options, const uint8_t *image,
                                       const geometry *size, dry_detail *detail) {
  int error = options->descriptor == -1 ? dryi_os_create_memfd(&mapping->fd)
                                        : dryi_os_reopen(options->descriptor, true, &mapping->fd);
  if (error) return dryi_fail_os(detail, error, "descriptor %d: cannot be opened for writing", options->descriptor);
  dry_status status = dryi_mapping_lock(mapping, detail);
  if (status != DRY_OK) return status;
  error = dryi_os_allocate(mapping->fd, size->size_bytes);
  if (error)
    return dryi_fail_os(detail, error, "descriptor %d: no space for %llu bytes", options->descriptor,
                        (unsigned long long)size->size_bytes);
  status = dryi_mapping_map(mapping, size->size_bytes, detail);
  return status == DRY_OK ? lay_out(mapping, options, image, size->part_capacity, detail) : status;
}

static dry_status create_unnamed(dryi_mapping *mapping, const dry_region_options *options, const uint8_t *image,
                                 const geometry *size, dry_detail *detail) {
  void *base = options->buffer;
  if (options->kind == DRY_REGION_MEMORY) {
    int error = dryi_os_map_anonymous(size->size_bytes, &base);
    if (error)
      return dryi_fail_os(detail, error, "no memory for %llu bytes", (unsigned long long)size->size_bytes);
  }
  mapping->base = base;
  mapping->size_bytes = size->size_bytes;
  return lay_out(mapping, options, image, size->part_capacity, detail);
}

dry_status dryi_region_create_from(const dry_region_options *options, const uint8_t *image, dry_region *region_out,
                                   dry_detail *detail) {
  geometry size;
  dry_status status = geometry_of(options, &size, detail);
  if (status != DRY_OK) return status;
  dryi_mapping *mapping;
  status = dryi_mapping_new(options->name, options->kind, DRY_MODE_WRITE, &mapping, detail);
  if (status != DRY_OK) return status;
  if (options->kind == DRY_REGION_FILE || options->kind == DRY_REGION_SHARED)
    status = create_named(mapping, options, image, &size, detail);
  else if (options->kind == DRY_REGION_DESCRIPTOR)
    status = create_on_descriptor(mapping, options, image, &size, detail);
  else
    status = create_unnamed(mapping, options, image, &size, detail);
  if (status != DRY_OK) {
    dryi_mapping_release(mapping);
    return status;
  }
  return dryi_mapping_finish(mapping, options->flags, region_out, detail);
}

dry_status dry_region_create(const dry_region_options *options, dry_region *region_out, dry_detail *detail) {
  if (!region_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region_out: must not be NULL");
  memset(region_out, 0, sizeof *region_out);
  return dryi_region_create_from(options, NULL, region_out, detail);
}
#undef geometry

/* ---- region/directory.c ---- */

uint64_t dryi_directory_end(uint32_t part_capacity) {
  return dryi_align_up(DRY_REGION_DIRECTORY_OFFSET + (uint64_t)part_capacity * sizeof(dry_part_entry),
                       DRY_REGION_PAGE_BYTES);
}

bool dryi_part_name_valid(const char *name, size_t name_bytes) {
  return name && name_bytes >= 1 && name_bytes <= DRY_PART_NAME_BYTES_MAX && dryi_utf8_valid(name, name_bytes);
}

static uint64_t entry_offset(uint32_t index) {
  return DRY_REGION_DIRECTORY_OFFSET + (uint64_t)index * sizeof(dry_part_entry);
}

static dry_part_entry *entry_at(const dryi_mapping *mapping, uint32_t index) {
  return (dry_part_entry *)(void *)(mapping->base + entry_offset(index));
}

static uint32_t entry_crc(const dry_part_entry *copy) {
  uint32_t crc = dryi_crc32c(0, copy, offsetof(dry_part_entry, entry_crc));
  return dryi_crc32c(crc, copy->name, sizeof copy->name);
}

static bool entry_sound(const dryi_mapping *mapping, const dry_part_entry *copy) {
  if (copy->entry_crc != entry_crc(copy)) return false;
  if (copy->name_bytes >= sizeof copy->name || !dryi_part_name_valid(copy->name, copy->name_bytes)) return false;
  if (copy->offset % DRY_REGION_PAGE_BYTES != 0 || copy->size_bytes % DRY_REGION_PAGE_BYTES != 0) return false;
  if (copy->offset < dryi_directory_end(mapping->part_capacity) || copy->size_bytes == 0) return false;
  return dryi_in_range(copy->offset, copy->size_bytes, mapping->size_bytes);
}

dry_status dryi_directory_at(const dryi_mapping *mapping, uint32_t index, dry_part_info *info_out, dry_detail *detail) {
  if (index >= mapping->part_capacity) return dryi_fail(detail, DRY_NOT_FOUND, "part %u: beyond the directory", index);
  const dry_part_entry *entry = entry_at(mapping, index);
  /* pairs with the release store in dryi_directory_commit: a ready entry is whole */
  uint32_t state = dryi_load_acquire_u32(&entry->state);
  if (state == 0) return dryi_fail(detail, DRY_NOT_FOUND, "part %u: not made yet", index);
  dry_part_entry copy;
  memcpy(&copy, entry, sizeof copy); /* a ready entry never changes; what a hostile peer does to it, the copy shows */
  if (state != DRY_PART_READY || !entry_sound(mapping, &copy))
    return dryi_fail_at(detail, DRY_CORRUPT, entry_offset(index), "directory: entry %u is damaged", index);
  memset(info_out, 0, sizeof *info_out);
  info_out->offset = copy.offset;
  info_out->size_bytes = copy.size_bytes;
  info_out->kind = copy.kind;
  info_out->format = copy.format;
  info_out->name_bytes = copy.name_bytes;
  memcpy(info_out->name, copy.name, copy.name_bytes);
  return DRY_OK;
}

dry_status dryi_directory_find(const dryi_mapping *mapping, const char *name, size_t name_bytes, uint32_t *index_out,
                               dry_part_info *info_out, dry_detail *detail) {
  if (!dryi_part_name_valid(name, name_bytes))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "part name: must be 1 to 255 bytes of UTF-8 without NUL");
  for (uint32_t i = 0; i < mapping->part_capacity; i++) {
    dry_part_info info;
    dry_status status = dryi_directory_at(mapping, i, &info, detail);
    if (status == DRY_NOT_FOUND) break;
    if (status != DRY_OK) return status;
    if (info.name_bytes != name_bytes || memcmp(info.name, name, name_bytes) != 0) continue;
    *index_out = i;
    *info_out = info;
    return DRY_OK;
  }
  return dryi_fail(detail, DRY_NOT_FOUND, "part '%.*s': not in this region", (int)name_bytes, name);
}

dry_status dryi_directory_check(const dryi_mapping *mapping, uint32_t *count_out, uint64_t *end_out,
                                dry_detail *detail) {
  uint64_t end = dryi_directory_end(mapping->part_capacity);
  uint32_t count = 0;
  for (; count < mapping->part_capacity; count++) {
    dry_part_info info;
    dry_status status = dryi_directory_at(mapping, count, &info, detail);
    if (status == DRY_NOT_FOUND) break;
    if (status != DRY_OK) return status;
    if (info.offset != end)
      return dryi_fail_at(detail, DRY_CORRUPT, entry_offset(count), "directory: part '%s' is not behind the one before",
                          info.name);
    end = info.offset + info.size_bytes;
  }
  *count_out = count;
  *end_out = end;
  return DRY_OK;
}

dry_status dryi_directory_reserve(const dryi_mapping *mapping, const char *name, size_t name_bytes, uint64_t size_bytes,
                                  uint32_t *index_out, uint64_t *offset_out, dry_detail *detail) {
  dry_part_info info;
  uint32_t taken;
  dry_status status = dryi_directory_find(mapping, name, name_bytes, &taken, &info, detail);
  if (status == DRY_OK)
    return dryi_fail(detail, DRY_ALREADY_EXISTS, "part '%s': is in this region already", info.name);
  if (status != DRY_NOT_FOUND) return status;
  uint64_t end;
  status = dryi_directory_check(mapping, index_out, &end, detail);
  if (status != DRY_OK) return status;
  if (*index_out == mapping->part_capacity)
    return dryi_fail(detail, DRY_FULL, "part '%.*s': the directory's %u entries are used up", (int)name_bytes, name,
                     mapping->part_capacity);
  if (!dryi_in_range(end, size_bytes, mapping->size_bytes))
    return dryi_fail(detail, DRY_FULL, "part '%.*s': needs %llu bytes, the region has %llu left", (int)name_bytes, name,
                     (unsigned long long)size_bytes, (unsigned long long)(mapping->size_bytes - end));
  *offset_out = end;
  return DRY_OK;
}

void dryi_directory_commit(dryi_mapping *mapping, uint32_t index, const char *name, size_t name_bytes, uint64_t offset,
                           uint64_t size_bytes, uint32_t kind, uint32_t format) {
  dry_part_entry *entry = entry_at(mapping, index);
  DRY_ASSERT(entry->state == 0);
  memset(entry, 0, sizeof *entry); /* a creator that was killed here may have left a half-written entry */
  entry->offset = offset;
  entry->size_bytes = size_bytes;
  entry->kind = kind;
  entry->format = format;
  entry->name_bytes = (uint32_t)name_bytes;
  memcpy(entry->name, name, name_bytes);
  entry->entry_crc = entry_crc(entry);
  DRYI_STEP("part_commit");
  /* pairs with the acquire load in dryi_directory_at */
  dryi_store_release_u32(&entry->state, DRY_PART_READY);
  DRYI_STEP("part_committed");
}

/* ---- region/header.c ---- */

#define fixed_fields_crc fixed_fields_crc_in_region_header
_Static_assert(sizeof(dry_region_header) == 128, "stored layout");
_Static_assert(offsetof(dry_region_header, size_bytes) == 16, "stored layout");
_Static_assert(offsetof(dry_region_header, creation_id) == 24, "stored layout");
_Static_assert(offsetof(dry_region_header, header_crc) == 44, "stored layout");
_Static_assert(offsetof(dry_region_header, state) == 64, "stored layout");
_Static_assert(offsetof(dry_region_header, epoch) == 72, "stored layout");
_Static_assert(offsetof(dry_region_header, image_crc) == 80, "stored layout");
_Static_assert(sizeof(dry_part_entry) == 320, "stored layout");
_Static_assert(offsetof(dry_part_entry, state) == 32, "stored layout");
_Static_assert(offsetof(dry_part_entry, name) == 64, "stored layout");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "regions are little-endian, and so must the machine be");

static uint32_t fixed_fields_crc(const dry_region_header *copy) {
  return dryi_crc32c(0, copy, offsetof(dry_region_header, header_crc));
}

void dryi_region_header_init(dry_region_header *header, uint64_t size_bytes, uint32_t part_capacity,
                             const uint64_t creation_id[2]) {
  memset(header, 0, sizeof *header);
  header->magic = DRY_REGION_MAGIC;
  header->format = DRY_REGION_FORMAT;
  header->byte_order = DRY_BYTE_ORDER_MARK;
  header->size_bytes = size_bytes;
  header->creation_id[0] = creation_id[0];
  header->creation_id[1] = creation_id[1];
  header->part_capacity = part_capacity;
  header->header_crc = fixed_fields_crc(header);
}

dry_status dryi_region_header_check(const dry_region_header *header, uint64_t size_bytes, uint32_t *part_capacity_out,
                                    dry_detail *detail) {
  /* One copy: what is checked is what is used, whatever another process writes meanwhile. */
  dry_region_header copy;
  const uint64_t *from = (const uint64_t *)(const void *)header;
  uint64_t words[offsetof(dry_region_header, state) / 8];
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) words[i] = dryi_load_relaxed_u64(from + i);
  memcpy(&copy, words, sizeof words);

  if (copy.magic != DRY_REGION_MAGIC)
    return dryi_fail(detail, DRY_CORRUPT, "not a region: the magic is 0x%016llx", (unsigned long long)copy.magic);
  if (copy.byte_order != DRY_BYTE_ORDER_MARK)
    return dryi_fail_at(detail, copy.byte_order == 0x04030201u ? DRY_VERSION_MISMATCH : DRY_CORRUPT,
                        offsetof(dry_region_header, byte_order), "header: byte order is 0x%08x", copy.byte_order);
  uint32_t crc = fixed_fields_crc(&copy);
  if (copy.format != DRY_REGION_FORMAT) {
    /* Another revision may keep its checksum elsewhere, so the number comes first; but a damaged number is damage. */
    copy.format = DRY_REGION_FORMAT;
    if (fixed_fields_crc(&copy) == copy.header_crc)
      return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, format), "header: format number is damaged");
    return dryi_fail_at(detail, DRY_VERSION_MISMATCH, offsetof(dry_region_header, format),
                        "header: format revision is not %d, the one that this library reads", DRY_REGION_FORMAT);
  }
  if (crc != copy.header_crc)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, header_crc),
                        "header: checksum is 0x%08x, stored 0x%08x", crc, copy.header_crc);
  if (copy.size_bytes < DRY_REGION_BYTES_MIN || copy.size_bytes > DRY_REGION_BYTES_MAX ||
      copy.size_bytes % DRY_REGION_PAGE_BYTES != 0)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, size_bytes), "header: size of %llu bytes",
                        (unsigned long long)copy.size_bytes);
  if (copy.size_bytes != size_bytes)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, size_bytes),
                        "truncated or grown: %llu bytes are there, the header says %llu",
                        (unsigned long long)size_bytes, (unsigned long long)copy.size_bytes);
  if (copy.part_capacity == 0 || copy.part_capacity > DRY_REGION_PARTS_MAX ||
      dryi_directory_end(copy.part_capacity) > copy.size_bytes)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, part_capacity),
                        "header: room for %u parts", copy.part_capacity);
  if (copy.reserved0[0] != 0 || copy.reserved0[1] != 0)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, reserved0), "header: reserved bytes are set");
  *part_capacity_out = copy.part_capacity;
  return DRY_OK;
}
#undef fixed_fields_crc

/* ---- region/image.c ---- */

uint32_t dryi_image_crc(const uint8_t *base, uint64_t size_bytes) {
  dry_region_header header;
  memcpy(&header, base, sizeof header);
  header.seal = 0;
  header.image_crc = 0;
  uint32_t crc = dryi_crc32c(0, &header, sizeof header);
  return dryi_crc32c(crc, base + sizeof header, (size_t)(size_bytes - sizeof header));
}

dry_status dryi_image_check(const uint8_t *base, uint64_t size_bytes, dry_detail *detail) {
  const dry_region_header *header = (const dry_region_header *)(const void *)base;
  uint32_t seal = dryi_load_relaxed_u32(&header->seal);
  uint32_t stored = dryi_load_relaxed_u32(&header->image_crc);
  if (seal == 0 && stored == 0) return DRY_OK;
  if (seal != DRY_REGION_SEALED)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, seal), "header: seal is 0x%08x", seal);
  uint32_t crc = dryi_image_crc(base, size_bytes);
  if (crc != stored)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, image_crc),
                        "image: checksum of all bytes is 0x%08x, stored 0x%08x", crc, stored);
  return DRY_OK;
}

/* The header as it goes into an image: sealed over the bytes as they are now. */
static void sealed_page(const dryi_mapping *mapping, uint8_t *page) {
  memcpy(page, mapping->base, DRY_REGION_PAGE_BYTES);
  dry_region_header *header = (dry_region_header *)(void *)page;
  header->seal = DRY_REGION_SEALED;
  header->image_crc = dryi_image_crc(mapping->base, mapping->size_bytes);
}

static int write_image(const dryi_mapping *mapping, int fd) {
  _Alignas(8) uint8_t page[DRY_REGION_PAGE_BYTES];
  sealed_page(mapping, page);
  int error = dryi_os_allocate(fd, mapping->size_bytes);
  if (!error)
    error = dryi_os_write_at(fd, mapping->base + DRY_REGION_PAGE_BYTES, mapping->size_bytes - DRY_REGION_PAGE_BYTES,
                             DRY_REGION_PAGE_BYTES);
  DRYI_STEP("save_body");
  if (!error) error = dryi_os_write_at(fd, page, sizeof page, 0);
  if (!error) error = dryi_os_sync(fd);
  return error;
}

static dry_status save(const dryi_mapping *mapping, const char *path, dry_detail *detail) {
  char temporary[DRYI_OS_PATH_BYTES];
  int fd;
  int error = dryi_os_create_unnamed(path, 0600, temporary, &fd);
  if (error) return dryi_fail_os(detail, error, "image '%s': cannot be created", path);
  error = write_image(mapping, fd);
  DRYI_STEP("save_written");
  if (!error) error = dryi_os_link_over(fd, temporary, path);
  dryi_os_discard(fd, temporary);
  if (error) return dryi_fail_os(detail, error, "image '%s': cannot be written", path);
  return dryi_done(detail);
}

dry_status dry_region_save(dry_region *region, const char *path, dry_detail *detail) {
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  if (status != DRY_OK) return dryi_fail(detail, status, "region: %s", dry_status_text(status));
  if (!path || !*path) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "path: must not be empty");
  if (mapping->mode == DRY_MODE_WRITE || mapping->fd < 0) return save(mapping, path, detail);
  /* A reader's image is whole only while nobody writes: the shared lock keeps writers out, or says that one is in. */
  int error = dryi_os_lock_shared(mapping->fd);
  if (error == EAGAIN) return dryi_fail(detail, DRY_BUSY, "region '%s': a writer is attached", mapping->name);
  if (error) return dryi_fail_os(detail, error, "region '%s': cannot be locked", mapping->name);
  status = save(mapping, path, detail);
  (void)dryi_os_unlock(mapping->fd);
  return status;
}

static dry_status read_facts(const char *path, int fd, uint64_t *size_out, dry_detail *detail) {
  dryi_os_file_facts facts;
  int error = dryi_os_facts(fd, &facts);
  if (error) return dryi_fail_os(detail, error, "image '%s'", path);
  if (!facts.regular) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "image '%s': is not a regular file", path);
  _Alignas(8) dry_region_header header;
  if (facts.size_bytes < DRY_REGION_BYTES_MIN)
    return dryi_fail_at(detail, DRY_CORRUPT, facts.size_bytes, "image '%s': truncated to %llu bytes", path,
                        (unsigned long long)facts.size_bytes);
  error = dryi_os_read_at(fd, &header, sizeof header, 0);
  if (error) return dryi_fail_os(detail, error, "image '%s': cannot be read", path);
  uint32_t part_capacity;
  dry_status status = dryi_region_header_check(&header, facts.size_bytes, &part_capacity, detail);
  if (status != DRY_OK) {
    dryi_detail_prefix(detail, path);
    return status;
  }
  *size_out = facts.size_bytes;
  return DRY_OK;
}

/* Beyond its bytes: the ready mark and the directory, before anything is made of them. */
static dry_status check_contents(uint8_t *image, uint64_t size_bytes, dry_detail *detail) {
  const dry_region_header *header = (const dry_region_header *)(const void *)image;
  if (header->state != DRY_REGION_READY)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, state), "header: the ready mark is 0x%08x",
                        header->state);
  dryi_mapping view;
  memset(&view, 0, sizeof view);
  view.base = image;
  view.size_bytes = size_bytes;
  dry_status status = dryi_region_header_check(header, size_bytes, &view.part_capacity, detail);
  uint32_t count;
  uint64_t end;
  return status == DRY_OK ? dryi_directory_check(&view, &count, &end, detail) : status;
}

/* The image is read once into private memory and checked there, so that what was checked is what is used. */
static dry_status read_checked(const char *path, int fd, uint64_t size_bytes, uint8_t **image_out, dry_detail *detail) {
  void *image;
  int error = dryi_os_map_anonymous(size_bytes, &image);
  if (error) return dryi_fail_os(detail, error, "image '%s': no memory for its %llu bytes", path,
                                 (unsigned long long)size_bytes);
  dry_status status = DRY_OK;
  error = dryi_os_read_at(fd, image, size_bytes, 0);
  if (error) status = dryi_fail_os(detail, error, "image '%s': cannot be read", path);
  if (status == DRY_OK) {
    status = dryi_image_check(image, size_bytes, detail);
    if (status == DRY_OK) status = check_contents(image, size_bytes, detail);
    if (status != DRY_OK) dryi_detail_prefix(detail, path);
  }
  if (status != DRY_OK) {
    (void)dryi_os_unmap(image, size_bytes);
    return status;
  }
  *image_out = image;
  return DRY_OK;
}

static dry_status region_from_image(const uint8_t *image, uint64_t size_bytes, const dry_region_options *options,
                                    dry_region *region_out, dry_detail *detail) {
  const dry_region_header *header = (const dry_region_header *)(const void *)image;
  dry_region_options as = *options;
  as.size_bytes = size_bytes;
  as.part_capacity = header->part_capacity;
  as.creation_id[0] = header->creation_id[0];
  as.creation_id[1] = header->creation_id[1];
  return dryi_region_create_from(&as, image, region_out, detail);
}

dry_status dry_region_load(const char *path, const dry_region_options *options, dry_region *region_out,
                           dry_detail *detail) {
  if (!region_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region_out: must not be NULL");
  memset(region_out, 0, sizeof *region_out);
  if (!path || !*path) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "path: must not be empty");
  if (!options || options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: missing, or struct_size is not %zu", sizeof *options);
  int fd;
  int error = dryi_os_open(path, false, &fd);
  if (error) return dryi_fail_os(detail, error, "image '%s'", path);
  uint64_t size_bytes = 0;
  uint8_t *image = NULL;
  /* A file region that is in use can be loaded too, when nobody is writing to it at the moment. */
  error = dryi_os_lock_shared(fd);
  dry_status status = DRY_OK;
  if (error == EAGAIN) status = dryi_fail(detail, DRY_BUSY, "image '%s': a writer is attached", path);
  else if (error) status = dryi_fail_os(detail, error, "image '%s': cannot be locked", path);
  if (status == DRY_OK) status = read_facts(path, fd, &size_bytes, detail);
  if (status == DRY_OK) status = read_checked(path, fd, size_bytes, &image, detail);
  (void)dryi_os_close(fd);
  if (status != DRY_OK) return status;
  status = region_from_image(image, size_bytes, options, region_out, detail);
  (void)dryi_os_unmap(image, size_bytes);
  return status;
}

/* ---- region/mapping.c ---- */

/* mapping.c: the process-local view of a region: references, names, and what creating and opening share. */

/* ---- references ---- */

dry_status dryi_region_mapping(dry_region *region, dryi_mapping **mapping_out) {
  if (!region) return DRY_INVALID_ARGUMENT;
  dryi_mapping *mapping = (dryi_mapping *)region->mapping;
  if (!mapping) return DRY_CLOSED;
  *mapping_out = mapping;
  return DRY_OK;
}

void dryi_mapping_retain(dryi_mapping *mapping) { (void)dryi_add_acq_rel_u32(&mapping->refs, 1); }

void dryi_mapping_give_up_descriptor(dryi_mapping *mapping) {
  /* The lock goes with its last descriptor; unlocking first also covers one that a child process inherited. */
  if (mapping->fd < 0) return;
  if (mapping->mode == DRY_MODE_WRITE) (void)dryi_os_unlock(mapping->fd);
  (void)dryi_os_close(mapping->fd);
  mapping->fd = -1;
}

void dryi_mapping_release(dryi_mapping *mapping) {
  /* The last one must see everything that the others did before they let go: acquire and release in one. */
  if (dryi_add_acq_rel_u32(&mapping->refs, (uint32_t)-1) != 1) return;
  dryi_mapping_give_up_descriptor(mapping);
  if (mapping->kind != DRY_REGION_BUFFER && mapping->base) (void)dryi_os_unmap(mapping->base, mapping->size_bytes);
  dryi_os_free(mapping->name);
  dryi_os_free(mapping);
}

dry_status dryi_mapping_may_write(const dryi_mapping *mapping) {
  /* pairs with the release store in dry_region_close */
  if (dryi_load_acquire_u32(&mapping->closed)) return DRY_CLOSED;
  if (mapping->mode != DRY_MODE_WRITE) return DRY_READ_ONLY;
  /* pairs with the add in dryi_mapping_take_epoch of the next writer */
  uint64_t epoch = dryi_load_acquire_u64(&dryi_mapping_header(mapping)->epoch);
  return epoch == mapping->epoch ? DRY_OK : DRY_STALE;
}

dry_status dryi_mapping_new(const char *name, uint32_t kind, uint32_t mode, dryi_mapping **mapping_out,
                              dry_detail *detail) {
  dryi_mapping *mapping = dryi_os_alloc_zeroed(sizeof *mapping);
  size_t bytes = name ? strlen(name) + 1 : 1;
  char *copy = mapping ? dryi_os_alloc_zeroed(bytes) : NULL;
  if (!copy) {
    dryi_os_free(mapping);
    return dryi_fail(detail, DRY_OUT_OF_MEMORY, "no memory for the region's handle");
  }
  if (name) memcpy(copy, name, bytes);
  mapping->name = copy;
  mapping->fd = -1;
  mapping->kind = kind;
  mapping->mode = mode;
  mapping->refs = 1;
  *mapping_out = mapping;
  return DRY_OK;
}

/* ---- names ---- */

/* Where Linux keeps what shm_open makes; opening it as files gives O_TMPFILE and link to shared memory too. */
#define SHARED_DIRECTORY "/dev/shm/"

static dry_status shared_path(const char *name, char *path, dry_detail *detail) {
  size_t n = name ? strlen(name) : 0;
  if (n < 1 || n > DRY_REGION_NAME_BYTES_MAX || strchr(name, '/') || strcmp(name, ".") == 0 ||
      strcmp(name, "..") == 0 || !dryi_part_name_valid(name, n))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT,
                     "name: a shared region's must be 1 to %d bytes of UTF-8 without slash, not '.' or '..'",
                     DRY_REGION_NAME_BYTES_MAX);
  memcpy(path, SHARED_DIRECTORY, sizeof SHARED_DIRECTORY - 1);
  memcpy(path + sizeof SHARED_DIRECTORY - 1, name, n + 1);
  return DRY_OK;
}

static dry_status file_path(const char *name, char *path, dry_detail *detail) {
  size_t n = name ? strlen(name) : 0;
  const char *last = name ? strrchr(name, '/') : NULL;
  last = last ? last + 1 : name;
  if (n < 1 || n >= DRYI_OS_PATH_BYTES || !*last || strcmp(last, ".") == 0 || strcmp(last, "..") == 0 ||
      strlen(last) > DRY_REGION_NAME_BYTES_MAX)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "name: must be the path of a file, its last part 1 to %d bytes",
                     DRY_REGION_NAME_BYTES_MAX);
  memcpy(path, name, n + 1);
  return DRY_OK;
}

dry_status dryi_region_path(uint32_t kind, const char *name, char *path, dry_detail *detail) {
  if (kind == DRY_REGION_SHARED) return shared_path(name, path, detail);
  if (kind == DRY_REGION_FILE) return file_path(name, path, detail);
  return dryi_fail(detail, DRY_INVALID_ARGUMENT, "kind: %u has no name", kind);
}

/* ---- what creating and opening share ---- */

static void apply_flags(dryi_mapping *mapping, uint32_t flags) {
  if (mapping->kind == DRY_REGION_BUFFER) return;
  if ((flags & DRY_REGION_HUGE_PAGES) && dryi_os_huge_pages(mapping->base, mapping->size_bytes) == 0)
    mapping->huge_pages = 1;
  /* Prefaulting is an optimisation: what was not touched now is touched later. */
  if (flags & DRY_REGION_PREFAULT)
    (void)dryi_os_prefault(mapping->base, mapping->size_bytes, mapping->mode == DRY_MODE_WRITE);
}

dry_status dryi_mapping_map(dryi_mapping *mapping, uint64_t size_bytes, dry_detail *detail) {
  void *base;
  int error = dryi_os_map_file(mapping->fd, size_bytes, mapping->mode == DRY_MODE_WRITE, &base);
  if (error) return dryi_fail_os(detail, error, "region '%s': cannot be mapped", mapping->name);
  mapping->base = base;
  mapping->size_bytes = size_bytes;
  return DRY_OK;
}

dry_status dryi_mapping_lock(const dryi_mapping *mapping, dry_detail *detail) {
  int error = dryi_os_lock_exclusive(mapping->fd);
  if (error == 0) return DRY_OK;
  if (error == EAGAIN) return dryi_fail(detail, DRY_BUSY, "region '%s': another writer is attached", mapping->name);
  return dryi_fail_os(detail, error, "region '%s': cannot be locked", mapping->name);
}

void dryi_mapping_take_epoch(dryi_mapping *mapping) {
  /* pairs with the load in dryi_mapping_may_write of the writer before: after this its next change is refused */
  mapping->epoch = dryi_add_acq_rel_u64(&dryi_mapping_header(mapping)->epoch, 1) + 1;
}

dry_status dryi_mapping_finish(dryi_mapping *mapping, uint32_t flags, dry_region *region_out, dry_detail *detail) {
  apply_flags(mapping, flags);
  region_out->mapping = mapping;
  return dryi_done(detail);
}
#undef SHARED_DIRECTORY

/* ---- region/open.c ---- */

/* open.c: opening what exists, after checking all that later code relies on. */

static dry_status check_open(const dry_region_open_options *options, dry_detail *detail) {
  if (!options || options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: missing, or struct_size is not %zu", sizeof *options);
  if (options->kind < DRY_REGION_FILE || options->kind > DRY_REGION_BUFFER)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "kind: %u cannot be opened", options->kind);
  if (options->mode != DRY_MODE_READ && options->mode != DRY_MODE_WRITE)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "mode: %u is neither read nor write", options->mode);
  if (options->flags & ~(DRY_REGION_PREFAULT | DRY_REGION_HUGE_PAGES | DRY_REGION_TAKE_OVER))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "flags: 0x%x has unknown bits", options->flags);
  if ((options->flags & DRY_REGION_TAKE_OVER) && options->mode != DRY_MODE_WRITE)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "flags: only a writer takes over");
  if (options->kind == DRY_REGION_BUFFER && (!options->buffer || (uintptr_t)options->buffer % 64 != 0))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "buffer: must be aligned to 64");
  if (options->reserved != 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "reserved: must be 0");
  return DRY_OK;
}

static dry_status open_descriptor(dryi_mapping *mapping, const dry_region_open_options *options, dry_detail *detail) {
  bool writable = mapping->mode == DRY_MODE_WRITE;
  if (options->kind == DRY_REGION_DESCRIPTOR) {
    int error = dryi_os_reopen(options->descriptor, writable, &mapping->fd);
    return error ? dryi_fail_os(detail, error, "descriptor %d: cannot be opened", options->descriptor) : DRY_OK;
  }
  char path[DRYI_OS_PATH_BYTES];
  dry_status status = dryi_region_path(options->kind, options->name, path, detail);
  if (status != DRY_OK) return status;
  int error = dryi_os_open(path, writable, &mapping->fd);
  return error ? dryi_fail_os(detail, error, "region '%s'", mapping->name) : DRY_OK;
}

/* A name in a shared directory may be somebody else's trap: a writer takes only a file that is his alone. */
static dry_status check_file(const dryi_mapping *mapping, uint64_t *size_out, dry_detail *detail) {
  dryi_os_file_facts facts;
  int error = dryi_os_facts(mapping->fd, &facts);
  if (error) return dryi_fail_os(detail, error, "region '%s'", mapping->name);
  if (!facts.regular)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region '%s': is not a regular file", mapping->name);
  if (mapping->mode == DRY_MODE_WRITE && !facts.own)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region '%s': belongs to another user, so it is not written to",
                     mapping->name);
  if (mapping->mode == DRY_MODE_WRITE && facts.links > 1)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region '%s': has %llu hard links, so it is not written to",
                     mapping->name, (unsigned long long)facts.links);
  if (facts.size_bytes < DRY_REGION_BYTES_MIN)
    return dryi_fail_at(detail, DRY_CORRUPT, facts.size_bytes, "region '%s': truncated to %llu bytes", mapping->name,
                        (unsigned long long)facts.size_bytes);
  *size_out = facts.size_bytes;
  return DRY_OK;
}

/* A region that is opened by name was linked when it was ready. One that came by descriptor or buffer may still be in
   the making. */
static dry_status wait_until_ready(const dryi_mapping *mapping, dry_detail *detail) {
  const dry_region_header *header = dryi_mapping_header(mapping);
  bool may_come = mapping->kind == DRY_REGION_DESCRIPTOR || mapping->kind == DRY_REGION_BUFFER;
  for (int waited_ms = 0;; waited_ms++) {
    /* pairs with the release store in lay_out */
    uint32_t state = dryi_load_acquire_u32(&header->state);
    if (state == DRY_REGION_READY) return DRY_OK;
    uint64_t magic = dryi_load_relaxed_u64(&header->magic);
    if (!may_come || state != 0 || (magic != 0 && magic != DRY_REGION_MAGIC))
      return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, state),
                          magic == DRY_REGION_MAGIC ? "header: the ready mark is 0x%08x" : "not a region: state 0x%08x",
                          state);
    if (waited_ms == 100) return dryi_fail(detail, DRY_TIMED_OUT, "the region's creator has not finished");
    dryi_os_sleep_ns(1000000);
  }
}

static dry_status check_mapped(dryi_mapping *mapping, dry_detail *detail) {
  dry_status status = wait_until_ready(mapping, detail);
  if (status == DRY_OK)
    status = dryi_region_header_check(dryi_mapping_header(mapping), mapping->size_bytes, &mapping->part_capacity,
                                      detail);
  uint32_t count;
  uint64_t end;
  if (status == DRY_OK) status = dryi_directory_check(mapping, &count, &end, detail);
  if (status != DRY_OK) dryi_detail_prefix(detail, mapping->name);
  return status;
}

static dry_status attach_writer(dryi_mapping *mapping, uint32_t flags, dry_detail *detail) {
  if (mapping->mode != DRY_MODE_WRITE) return DRY_OK;
  if (mapping->fd >= 0) {
    /* Whoever takes over gets the lock too if he can, so that nobody else comes in between. */
    dry_status status = dryi_mapping_lock(mapping, detail);
    if (status != DRY_OK && !(status == DRY_BUSY && (flags & DRY_REGION_TAKE_OVER))) return status;
    /* What is about to be written was allocated at creation, unless somebody copied the file with holes. */
    int error = dryi_os_allocate(mapping->fd, mapping->size_bytes);
    if (error) return dryi_fail_os(detail, error, "region '%s': no space behind its holes", mapping->name);
  }
  return DRY_OK;
}

static void unseal(dryi_mapping *mapping) {
  dry_region_header *header = dryi_mapping_header(mapping);
  dryi_store_relaxed_u32(&header->seal, 0);
  dryi_store_relaxed_u32(&header->image_crc, 0);
}

static dry_status open_mapping(dryi_mapping *mapping, const dry_region_open_options *options, dry_detail *detail) {
  dry_status status;
  if (options->kind == DRY_REGION_BUFFER) {
    if (options->buffer_bytes < DRY_REGION_BYTES_MIN)
      return dryi_fail(detail, DRY_CORRUPT, "buffer: %llu bytes are no region", (unsigned long long)options->buffer_bytes);
    mapping->base = options->buffer;
    mapping->size_bytes = options->buffer_bytes;
  } else {
    uint64_t size_bytes = 0;
    status = open_descriptor(mapping, options, detail);
    if (status == DRY_OK) status = check_file(mapping, &size_bytes, detail);
    /* The lock comes before anything is looked at, so that no other writer changes it meanwhile. */
    if (status == DRY_OK) {
      mapping->size_bytes = size_bytes;
      status = attach_writer(mapping, options->flags, detail);
    }
    if (status == DRY_OK) status = dryi_mapping_map(mapping, size_bytes, detail);
    if (status != DRY_OK) return status;
  }
  status = check_mapped(mapping, detail);
  if (status == DRY_OK && mapping->mode == DRY_MODE_WRITE) {
    dryi_mapping_take_epoch(mapping);
    unseal(mapping);
  }
  return status;
}

dry_status dry_region_open(const dry_region_open_options *options, dry_region *region_out, dry_detail *detail) {
  if (!region_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region_out: must not be NULL");
  memset(region_out, 0, sizeof *region_out);
  dry_status status = check_open(options, detail);
  if (status != DRY_OK) return status;
  dryi_mapping *mapping;
  status = dryi_mapping_new(options->name, options->kind, options->mode, &mapping, detail);
  if (status != DRY_OK) return status;
  status = open_mapping(mapping, options, detail);
  if (status != DRY_OK) {
    dryi_mapping_release(mapping);
    return status;
  }
  return dryi_mapping_finish(mapping, options->flags, region_out, detail);
}

/* ---- region/region.c ---- */

/* region.c: closing, and asking for facts. */

/* ---- closing ---- */

dry_status dry_region_close(dry_region *region) {
  if (!region) return DRY_INVALID_ARGUMENT;
  dryi_mapping *mapping = (dryi_mapping *)region->mapping;
  if (!mapping) return DRY_OK;
  region->mapping = NULL;
  /* pairs with the acquire loads in every part's calls */
  dryi_store_release_u32(&mapping->closed, 1);
  dryi_mapping_give_up_descriptor(mapping);
  dryi_mapping_release(mapping);
  return DRY_OK;
}

dry_status dry_region_unlink(uint32_t kind, const char *name, dry_detail *detail) {
  char path[DRYI_OS_PATH_BYTES];
  dry_status status = dryi_region_path(kind, name, path, detail);
  if (status != DRY_OK) return status;
  int error = dryi_os_unlink(path);
  return error ? dryi_fail_os(detail, error, "region '%s': cannot be unlinked", name) : dryi_done(detail);
}

/* ---- asking ---- */

dry_status dry_region_get_stats(dry_region *region, dry_region_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  if (status != DRY_OK) return status;
  uint32_t count;
  uint64_t end;
  status = dryi_directory_check(mapping, &count, &end, NULL);
  if (status != DRY_OK) return status;
  const dry_region_header *header = dryi_mapping_header(mapping);
  stats_out->size_bytes = mapping->size_bytes;
  stats_out->used_bytes = end;
  stats_out->epoch = dryi_load_relaxed_u64(&header->epoch);
  stats_out->creation_id[0] = header->creation_id[0];
  stats_out->creation_id[1] = header->creation_id[1];
  stats_out->kind = mapping->kind;
  stats_out->mode = mapping->mode;
  stats_out->part_count = count;
  stats_out->part_capacity = mapping->part_capacity;
  stats_out->huge_pages = mapping->huge_pages;
  stats_out->sealed = dryi_load_relaxed_u32(&header->seal) == DRY_REGION_SEALED;
  return DRY_OK;
}

dry_status dry_region_part_at(dry_region *region, uint32_t index, dry_part_info *info_out) {
  if (!info_out) return DRY_INVALID_ARGUMENT;
  memset(info_out, 0, sizeof *info_out);
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  return status == DRY_OK ? dryi_directory_at(mapping, index, info_out, NULL) : status;
}

dry_status dry_region_find_part(dry_region *region, const char *name, size_t name_bytes, dry_part_info *info_out) {
  if (!info_out) return DRY_INVALID_ARGUMENT;
  memset(info_out, 0, sizeof *info_out);
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  uint32_t index;
  return status == DRY_OK ? dryi_directory_find(mapping, name, name_bytes, &index, info_out, NULL) : status;
}

dry_status dry_region_memory(dry_region *region, const void **base_out, uint64_t *size_bytes_out) {
  if (!base_out || !size_bytes_out) return DRY_INVALID_ARGUMENT;
  *base_out = NULL;
  *size_bytes_out = 0;
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  if (status != DRY_OK) return status;
  *base_out = mapping->base;
  *size_bytes_out = mapping->size_bytes;
  return DRY_OK;
}

dry_status dry_region_descriptor(dry_region *region, int32_t *descriptor_out) {
  if (!descriptor_out) return DRY_INVALID_ARGUMENT;
  *descriptor_out = -1;
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  if (status != DRY_OK) return status;
  *descriptor_out = mapping->fd;
  return mapping->fd >= 0 ? DRY_OK : DRY_UNSUPPORTED;
}

/* ---- verify/verify.c ---- */

/* verify.c: a whole region: the frame, then each part by its kind. It stands above region and parts, which do not know it. */

typedef dry_status (*verify_part)(dry_region *region, const dry_part_info *info, dry_detail *detail);

static dry_status verify_kv(dry_region *region, const dry_part_info *info, dry_detail *detail) {
  dry_kv_reader reader;
  dry_status status = dry_kv_reader_open(region, info->name, info->name_bytes, 0, &reader, detail);
  if (status != DRY_OK) return status;
  status = dry_kv_verify(&reader, detail);
  (void)dry_kv_reader_close(&reader);
  return status;
}

static verify_part verifier_of(uint32_t kind) { return kind == DRY_PART_KV ? verify_kv : NULL; }

static bool all_zero(const uint8_t *from, uint64_t bytes) {
  for (uint64_t i = 0; i < bytes; i++)
    if (from[i] != 0) return false;
  return true;
}

static dry_status verify_padding(const dryi_mapping *mapping, uint32_t count, dry_detail *detail) {
  const dry_region_header *header = dryi_mapping_header(mapping);
  if (header->reserved1 != 0 || !all_zero((const uint8_t *)header->reserved2, sizeof header->reserved2) ||
      !all_zero(mapping->base + sizeof *header, DRY_REGION_PAGE_BYTES - sizeof *header))
    return dryi_fail(detail, DRY_CORRUPT, "header: reserved bytes are set");
  /* Behind the last part: nothing, or one entry whose creator was killed before it was ready. */
  uint64_t from = DRY_REGION_DIRECTORY_OFFSET + ((uint64_t)count + 1) * sizeof(dry_part_entry);
  uint64_t end = dryi_directory_end(mapping->part_capacity);
  if (from < end && !all_zero(mapping->base + from, end - from))
    return dryi_fail_at(detail, DRY_CORRUPT, from, "directory: entries behind the last part are set");
  for (uint32_t i = 0; i < count; i++) {
    const dry_part_entry *entry =
        (const dry_part_entry *)(const void *)(mapping->base + DRY_REGION_DIRECTORY_OFFSET) + i;
    if (!all_zero((const uint8_t *)entry->reserved, sizeof entry->reserved))
      return dryi_fail(detail, DRY_CORRUPT, "directory: entry %u: reserved bytes are set", i);
  }
  return DRY_OK;
}

static dry_status verify_frame(const dryi_mapping *mapping, uint32_t *count_out, dry_detail *detail) {
  const dry_region_header *header = dryi_mapping_header(mapping);
  uint32_t part_capacity;
  uint64_t end;
  dry_status status = dryi_region_header_check(header, mapping->size_bytes, &part_capacity, detail);
  if (status == DRY_OK && dryi_load_relaxed_u32(&header->state) != DRY_REGION_READY)
    status = dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_region_header, state), "header: the ready mark is gone");
  if (status == DRY_OK) status = dryi_directory_check(mapping, count_out, &end, detail);
  if (status == DRY_OK) status = verify_padding(mapping, *count_out, detail);
  if (status == DRY_OK) status = dryi_image_check(mapping->base, mapping->size_bytes, detail);
  return status;
}

static dry_status verify_parts(dry_region *region, uint32_t count, dry_detail *detail) {
  for (uint32_t i = 0; i < count; i++) {
    dry_part_info info;
    dry_status status = dry_region_part_at(region, i, &info);
    if (status != DRY_OK) return dryi_fail(detail, status, "directory: entry %u changed", i);
    verify_part verify = verifier_of(info.kind);
    if (!verify) return dryi_fail(detail, DRY_UNSUPPORTED, "part '%s': kind %u is unknown here", info.name, info.kind);
    status = verify(region, &info, detail);
    if (status == DRY_OK) continue;
    if (detail && status == DRY_CORRUPT) detail->offset += info.offset;
    dryi_detail_prefix(detail, info.name);
    return status;
  }
  return DRY_OK;
}

dry_status dry_region_verify(dry_region *region, dry_detail *detail) {
  dryi_mapping *mapping;
  dry_status status = dryi_region_mapping(region, &mapping);
  if (status != DRY_OK) return dryi_fail(detail, status, "region: %s", dry_status_text(status));
  uint32_t count;
  status = verify_frame(mapping, &count, detail);
  if (status == DRY_OK) status = verify_parts(region, count, detail);
  if (status == DRY_OK) return dryi_done(detail);
  dryi_detail_prefix(detail, mapping->name);
  return status;
}

#pragma GCC visibility pop
