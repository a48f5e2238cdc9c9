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

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
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

/* Compare and swap: true when *p was *expected and is `v` now, else *expected is what was found. `found` in a name says
   with which order a failure loads; elsewhere that is relaxed. */
static inline bool dryi_swap_relaxed_u64(uint64_t *p, uint64_t *expected, uint64_t v) {
  return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
static inline bool dryi_swap_acquire_found_acquire_u64(uint64_t *p, uint64_t *expected, uint64_t v) {
  return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE);
}
static inline bool dryi_swap_release_u64(uint64_t *p, uint64_t *expected, uint64_t v) {
  return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}
static inline bool dryi_swap_relaxed_u32(uint32_t *p, uint32_t *expected, uint32_t v) {
  return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
static inline bool dryi_swap_acquire_u32(uint32_t *p, uint32_t *expected, uint32_t v) {
  return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Keeps the compiler from moving stores across: what a killed process leaves behind then follows from where it was. */
static inline void dryi_keep_order(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

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

/* ---- drystone/inline/arena.h ---- */

/*
 * inline/arena.h: dry_arena_alloc without the call, for C and C++ programs whose compiler then knows size and alignment.
 *
 * The program takes in the layout of dry_arena, so it must be compiled against the library that it runs with. Everything
 * but an open arena with room is left to dry_arena_alloc, so results, counts and errors are the same.
 */
#ifndef DRYSTONE_INLINE_ARENA_H
#define DRYSTONE_INLINE_ARENA_H

#ifdef __cplusplus
extern "C" {
#endif

/// Private: takes the memory where that is all there is to do, and returns 1; else returns 0 and changes nothing.
static inline __attribute__((always_inline)) int32_t dry_arena_take_inline(dry_arena *arena, uint64_t size_bytes,
                                                                           uint64_t align, void **memory_out) {
  if (__builtin_expect(!arena || !memory_out, 0)) return 0;
  const uint64_t mask = align - 1;
  if (__builtin_expect((mask & align) != 0 || mask >= DRY_ARENA_ALIGN_MAX, 0)) return 0;
  /* Nothing, which only the library can tell from a closed arena, or so much that the end below could wrap around. */
  if (__builtin_expect((int64_t)size_bytes <= 0, 0)) return 0;
  uint64_t at = (uint64_t)(uintptr_t)arena->next;
  if (__builtin_constant_p(size_bytes & mask) && (size_bytes & mask) == 0) {
    /* A run of such objects stays aligned: with a predicted branch a single addition lies between one cursor and the
       next. The empty assembly keeps the compiler from joining the two ways again. */
    if (__builtin_expect((at & mask) != 0, 0)) {
      at = (at + mask) & ~mask;
      __asm__("" : "+r"(at));
    }
  } else {
    at = (at + mask) & ~mask;
  }
  const uint64_t behind = at + size_bytes;
  if (__builtin_expect(behind > (uint64_t)(uintptr_t)arena->end, 0)) return 0;
  arena->next = (uint8_t *)(uintptr_t)behind;
  arena->allocations++;
  *memory_out = (void *)(uintptr_t)at;
  return 1;
}

/// As dry_arena_alloc.
static inline __attribute__((always_inline)) dry_status dry_arena_alloc_inline(dry_arena *arena, uint64_t size_bytes,
                                                                               uint64_t align, void **memory_out) {
  return __builtin_expect(dry_arena_take_inline(arena, size_bytes, align, memory_out), 1)
             ? DRY_OK
             : dry_arena_alloc(arena, size_bytes, align, memory_out);
}

#ifdef __cplusplus
}
#endif
#endif

/* ---- drystone/inline/object_pool.h ---- */

/*
 * inline/object_pool.h: the hot calls of object_pool.h as inline functions, for C and C++ that want them without a call.
 *
 *   dry_object_pool_acquire_inline   dry_object_pool_get_inline   dry_object_pool_release_inline
 *
 * Each takes the same arguments, checks the same things and gives the same answers as its twin without `_inline`, which
 * runs the same body. They do the work here while the pool is plain (object_pool.h, dry_object_pool.plain) and nothing is
 * wrong, and call the twin for all else: a slot's first use, destructors, guarded and wiped pools, and every error.
 *
 * The program takes in the layout of dry_object_pool, so it must be compiled against the library that it runs with.
 * Names that start with dryi_ are private.
 */
#ifndef DRYSTONE_INLINE_OBJECT_POOL_H
#define DRYSTONE_INLINE_OBJECT_POOL_H

#ifdef __cplusplus
extern "C" {
#endif

/* A cell holds the handle of its slot's object while that lives. While the slot is free it holds the complement of the next
   object's handle, whose lower half is no slot: so it equals no handle at all, and one comparison tells everything. */
#define DRYI_OBJECT_POOL_GENERATION ((uint64_t)1 << 32)
#define DRYI_OBJECT_POOL_LAST_GENERATION 0xffffffffu

/* Whether a handle is that of a live object. A closed pool has room for none, so it needs no question of its own. */
static inline __attribute__((always_inline)) int32_t dryi_object_pool_lives(const dry_object_pool *pool, uint64_t handle) {
  const uint32_t slot = (uint32_t)handle;
  return slot < pool->capacity && pool->cells[slot] == handle;
}

static inline __attribute__((always_inline)) void *dryi_object_pool_object(const dry_object_pool *pool, uint32_t slot) {
  return pool->slots + slot * pool->stride_bytes;
}

/* Takes the slot that was freed last, where that is all there is to do: 1; else 0, and nothing has changed. */
static inline __attribute__((always_inline)) int32_t dryi_object_pool_take(dry_object_pool *pool, uint64_t *handle_out,
                                                                           void **object_out) {
  if (__builtin_expect(!pool || !handle_out || !object_out, 0)) return 0;
  const uint32_t top = pool->free_count - 1; /* with an empty stack, above every limit */
  if (__builtin_expect(top >= pool->plain, 0)) return 0;
  const uint32_t slot = pool->stack[top];
  const uint64_t handle = ~pool->cells[slot];
  pool->cells[slot] = handle;
  pool->free_count = top;
  *handle_out = handle;
  *object_out = dryi_object_pool_object(pool, slot);
  return 1;
}

/* Frees the slot of a handle, where that is all there is to do. */
static inline __attribute__((always_inline)) int32_t dryi_object_pool_give(dry_object_pool *pool, uint64_t handle) {
  const uint32_t slot = (uint32_t)handle;
  if (__builtin_expect(!pool || slot >= pool->plain || pool->cells[slot] != handle, 0)) return 0;
  /* The library retires a slot whose generations are used up. */
  if (__builtin_expect(handle >> 32 == DRYI_OBJECT_POOL_LAST_GENERATION, 0)) return 0;
  pool->cells[slot] = ~(handle + 2 * DRYI_OBJECT_POOL_GENERATION);
  pool->stack[pool->free_count++] = slot;
  return 1;
}

static inline __attribute__((always_inline)) int32_t dryi_object_pool_find(const dry_object_pool *pool, uint64_t handle,
                                                                           void **object_out) {
  if (__builtin_expect(!pool || !object_out || pool->busy || !dryi_object_pool_lives(pool, handle), 0)) return 0;
  *object_out = dryi_object_pool_object(pool, (uint32_t)handle);
  return 1;
}

/* ---- the twins ------------------------------------------------------------------------------------------------ */

/// As dry_object_pool_acquire.
static inline dry_status dry_object_pool_acquire_inline(dry_object_pool *pool, uint64_t *handle_out, void **object_out) {
  if (__builtin_expect(dryi_object_pool_take(pool, handle_out, object_out), 1)) return DRY_OK;
  return dry_object_pool_acquire(pool, handle_out, object_out);
}

/// As dry_object_pool_get.
static inline dry_status dry_object_pool_get_inline(const dry_object_pool *pool, uint64_t handle, void **object_out) {
  if (__builtin_expect(dryi_object_pool_find(pool, handle, object_out), 1)) return DRY_OK;
  return dry_object_pool_get(pool, handle, object_out);
}

/// As dry_object_pool_release.
static inline dry_status dry_object_pool_release_inline(dry_object_pool *pool, uint64_t handle) {
  if (__builtin_expect(dryi_object_pool_give(pool, handle), 1)) return DRY_OK;
  return dry_object_pool_release(pool, handle);
}

#ifdef __cplusplus
}
#endif
#endif

/* ---- drystone/inline/slot.h ---- */

/*
 * inline/slot.h: which slot starts at a distance from the first one, for all pools. Private.
 *
 * The stride is odd x 2^shift. A distance that the stride divides, times the inverse of `odd` modulo 2^64, rotated by
 * `shift`, is the quotient; any other distance comes out above (2^64 - 1) / stride, which no number of a slot reaches. So
 * one comparison with the number of slots tells both that the distance is in range and that it is a slot's start
 * (T. Granlund and P. L. Montgomery, "Division by invariant integers using multiplication", 1994, section 9).
 */
#ifndef DRYSTONE_INLINE_SLOT_H
#define DRYSTONE_INLINE_SLOT_H

#ifdef __cplusplus
extern "C" {
#endif

/* The slot that starts there, or a number that no slot has. `shift` is below 64. */
static inline uint64_t dryi_slot_at(uint64_t offset, uint64_t stride_inverse, uint32_t stride_shift) {
  const uint64_t product = offset * stride_inverse;
  return product >> stride_shift | product << (-stride_shift & 63);
}

#ifdef __cplusplus
}
#endif
#endif

/* ---- drystone/inline/pool.h ---- */

/*
 * inline/pool.h: the hot calls of pool.h as inline functions, for C and C++ that want them without a call.
 *
 *   dry_pool_acquire_inline   dry_pool_release_inline   dry_pool_at_inline   dry_pool_alloc_inline   dry_pool_free_inline
 *
 * Each takes the same arguments, checks the same things and gives the same answers as its twin without `_inline`, which
 * runs the same body. They do the work here while the pool is plain (pool.h, dry_pool.plain) and nothing is wrong, and call
 * the twin for all else: growing, guarded, wiped and tracked pools, parts of regions, and every error.
 *
 * The program takes in the layout of dry_pool, so it must be compiled against the library that it runs with.
 * Names that start with dryi_ are private.
 */
#ifndef DRYSTONE_INLINE_POOL_H
#define DRYSTONE_INLINE_POOL_H

#ifdef __cplusplus
extern "C" {
#endif

/** Told of each point between two stores, where a process may be killed. NULL but in tests of the library. */
typedef void (*dryi_pool_step)(const char *name);

/* The stores on both sides keep their order, for whoever finds the pool after this process was killed between them. That
   is a matter of the compiler alone: a thread that is killed has done everything up to some instruction. */
static inline void dryi_pool_then(dryi_pool_step step, const char *name) {
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  if (step) step(name);
}

/* Each number is loaded once: in memory that others can write to, it may be another one the next time. */
static inline uint8_t dryi_pool_load8(const uint8_t *from) { return __atomic_load_n(from, __ATOMIC_RELAXED); }
static inline uint32_t dryi_pool_load32(const uint32_t *from) { return __atomic_load_n(from, __ATOMIC_RELAXED); }
static inline uint64_t dryi_pool_load64(const uint64_t *from) { return __atomic_load_n(from, __ATOMIC_RELAXED); }

/* `used` follows the header at once; so the hot calls need no second pointer. */
static inline uint8_t *dryi_pool_used(dry_pool_header *header, uint32_t slot) {
  return (uint8_t *)(header + 1) + slot;
}

/* Takes the slot on top of the stack: false, and nothing has changed, when there is none or something is wrong. `limit`:
   pool->plain for the inline calls, which is 0 where they must not. `trusted`: constant; whether nobody else can write to
   the pool's memory, so that what it says of itself is so. */
static inline bool dryi_pool_take_top(dry_pool *pool, uint32_t limit, bool trusted, uint32_t *slot_out,
                                      dryi_pool_step step) {
  dry_pool_header *header = pool->header;
  if (__builtin_expect(!header, 0)) return false;
  const uint32_t top = dryi_pool_load32(&header->free_count) - 1; /* with an empty stack, above every limit */
  if (__builtin_expect(top >= limit, 0)) return false;
  const uint32_t slot = dryi_pool_load32(pool->stack + top);
  if (!trusted && (slot >= limit || dryi_pool_load8(dryi_pool_used(header, slot)) != DRY_POOL_SLOT_FREE)) return false;
  *dryi_pool_used(header, slot) = DRY_POOL_SLOT_TAKEN;
  dryi_pool_then(step, "pool_take_used");
  header->free_count = top;
  dryi_pool_then(step, "pool_taken");
  *slot_out = slot;
  return true;
}

/* The same with the next slot that was never used, when the stack is empty. */
static inline bool dryi_pool_take_fresh(dry_pool *pool, uint32_t limit, uint32_t *slot_out, dryi_pool_step step) {
  dry_pool_header *header = pool->header;
  if (!header || dryi_pool_load32(&header->free_count) != 0) return false;
  const uint32_t slot = dryi_pool_load32(&header->fresh);
  if (slot >= limit || dryi_pool_load8(dryi_pool_used(header, slot)) != DRY_POOL_SLOT_FREE) return false;
  *dryi_pool_used(header, slot) = DRY_POOL_SLOT_TAKEN;
  dryi_pool_then(step, "pool_take_fresh_used");
  header->fresh = slot + 1;
  dryi_pool_then(step, "pool_taken_fresh");
  *slot_out = slot;
  return true;
}

/* Gives back a slot below the limit: false, and nothing has changed, when it is not taken or something is wrong. */
static inline bool dryi_pool_give(dry_pool *pool, uint32_t slot, bool trusted, dryi_pool_step step) {
  dry_pool_header *header = pool->header;
  uint8_t *used = dryi_pool_used(header, slot);
  if (__builtin_expect(dryi_pool_load8(used) != DRY_POOL_SLOT_TAKEN, 0)) return false;
  const uint32_t count = dryi_pool_load32(&header->free_count);
  if (!trusted && count >= pool->limit) return false;
  pool->stack[count] = slot;
  dryi_pool_then(step, "pool_give_stack");
  header->free_count = count + 1;
  dryi_pool_then(step, "pool_give_count");
  *used = DRY_POOL_SLOT_FREE;
  dryi_pool_then(step, "pool_given");
  return true;
}

static inline uint8_t *dryi_pool_object(const dry_pool *pool, uint32_t slot) {
  return pool->slots + slot * pool->stride_bytes;
}

/* The slot whose object starts there, or a number that is none's. */
static inline uint64_t dryi_pool_slot_at(const dry_pool *pool, uint64_t offset) {
  return dryi_slot_at(offset, pool->stride_inverse, pool->stride_shift);
}

static inline uint64_t dryi_pool_offset_of(const dry_pool *pool, const void *memory) {
  return (uint64_t)((uintptr_t)memory - (uintptr_t)pool->slots);
}

/* ---- the twins ------------------------------------------------------------------------------------------------ */

/// As dry_pool_acquire.
static inline dry_status dry_pool_acquire_inline(dry_pool *pool, uint32_t *slot_out) {
  if (__builtin_expect(pool && slot_out && dryi_pool_take_top(pool, pool->plain, true, slot_out, NULL), 1)) return DRY_OK;
  return dry_pool_acquire(pool, slot_out);
}

/// As dry_pool_release.
static inline dry_status dry_pool_release_inline(dry_pool *pool, uint32_t slot) {
  if (__builtin_expect(pool && slot < pool->plain && dryi_pool_give(pool, slot, true, NULL), 1)) return DRY_OK;
  return dry_pool_release(pool, slot);
}

/// As dry_pool_at.
static inline dry_status dry_pool_at_inline(const dry_pool *pool, uint32_t slot, void **memory_out) {
  if (__builtin_expect(pool && memory_out && slot < pool->plain &&
                           dryi_pool_load8(dryi_pool_used(pool->header, slot)) == DRY_POOL_SLOT_TAKEN, 1)) {
    *memory_out = dryi_pool_object(pool, slot);
    return DRY_OK;
  }
  return dry_pool_at(pool, slot, memory_out);
}

/// As dry_pool_alloc.
static inline dry_status dry_pool_alloc_inline(dry_pool *pool, void **memory_out) {
  uint32_t slot;
  if (__builtin_expect(pool && memory_out && dryi_pool_take_top(pool, pool->plain, true, &slot, NULL), 1)) {
    *memory_out = dryi_pool_object(pool, slot);
    return DRY_OK;
  }
  return dry_pool_alloc(pool, memory_out);
}

/// As dry_pool_free.
static inline dry_status dry_pool_free_inline(dry_pool *pool, void *memory) {
  if (__builtin_expect(!pool, 0)) return dry_pool_free(pool, memory);
  const uint64_t slot = dryi_pool_slot_at(pool, dryi_pool_offset_of(pool, memory));
  if (__builtin_expect(slot < pool->plain && dryi_pool_give(pool, (uint32_t)slot, true, NULL), 1)) return DRY_OK;
  return dry_pool_free(pool, memory);
}

#ifdef __cplusplus
}
#endif
#endif

/* ---- drystone/inline/shared_pool.h ---- */

/*
 * inline/shared_pool.h: the hot calls of a shared pool's cache as inline functions, for C and C++ that want them without
 * a call.
 *
 *   dry_shared_pool_cache_acquire_inline   dry_shared_pool_cache_release_inline
 *   dry_shared_pool_cache_alloc_inline     dry_shared_pool_cache_free_inline
 *
 * Each takes the same arguments and gives the same answers as its twin without `_inline`, which runs the same body. They
 * do the work here while the cache is plain (not guarded, not wiped), its magazine is enough and nothing is wrong, and call
 * the twin for all else.
 *
 * The program takes in the layout of dry_shared_pool_cache, so it must be compiled against the library that it runs with.
 * Names that start with dryi_ are private.
 */
#ifndef DRYSTONE_INLINE_SHARED_POOL_H
#define DRYSTONE_INLINE_SHARED_POOL_H

#ifdef __cplusplus
extern "C" {
#endif

/** Told of each point between two stores, where a process may be killed. NULL but in tests of the library. */
typedef void (*dryi_shared_pool_step)(const char *name);

/* The stores on both sides keep their order, for whoever finds the pool after this process was killed between them. That
   is a matter of the compiler alone: a thread that is killed has done everything up to some instruction. */
static inline void dryi_shared_pool_then(dryi_shared_pool_step step, const char *name) {
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  if (step) step(name);
}

/* What others may look at, or change although they must not, is loaded once and checked before it is used. */
static inline uint32_t dryi_shared_pool_load(const uint32_t *from) { return __atomic_load_n(from, __ATOMIC_RELAXED); }
static inline void dryi_shared_pool_store(uint32_t *to, uint32_t value) { __atomic_store_n(to, value, __ATOMIC_RELAXED); }

/* The magazine's last slot, if all is as it should be. The owner word comes first: a slot that is in a dead cache's
   magazine is free whatever its word says, so a kill on either side of the second store loses nothing. */
static inline int dryi_shared_pool_take(dry_shared_pool_cache *cache, uint32_t *slot_out, dryi_shared_pool_step step) {
  dry_shared_pool_batch *const magazine = cache->magazine;
  const uint32_t count = dryi_shared_pool_load(&magazine->count);
  if (__builtin_expect(count - 1 >= DRY_SHARED_POOL_MAGAZINE_SLOTS, 0)) return 0;
  const uint32_t slot = dryi_shared_pool_load(&magazine->slots[count - 1]);
  if (__builtin_expect(slot >= cache->capacity, 0)) return 0;
  uint32_t *const owner = cache->owners + slot;
  if (__builtin_expect(dryi_shared_pool_load(owner) != 0, 0)) return 0;
  dryi_shared_pool_store(owner, cache->owner);
  dryi_shared_pool_then(step, "shared_take_owner");
  dryi_shared_pool_store(&magazine->count, count - 1);
  dryi_shared_pool_then(step, "shared_taken");
  *slot_out = slot;
  return 1;
}

/* Into the magazine first, and free by its word last, for the same reason. */
static inline int dryi_shared_pool_give(dry_shared_pool_cache *cache, uint64_t slot, dryi_shared_pool_step step) {
  if (__builtin_expect(slot >= cache->capacity, 0)) return 0;
  uint32_t *const owner = cache->owners + slot;
  if (__builtin_expect(dryi_shared_pool_load(owner) == 0, 0)) return 0;
  dry_shared_pool_batch *const magazine = cache->magazine;
  const uint32_t count = dryi_shared_pool_load(&magazine->count);
  if (__builtin_expect(count >= DRY_SHARED_POOL_MAGAZINE_SLOTS, 0)) return 0;
  dryi_shared_pool_store(&magazine->slots[count], (uint32_t)slot);
  dryi_shared_pool_then(step, "shared_give_slot");
  dryi_shared_pool_store(&magazine->count, count + 1);
  dryi_shared_pool_then(step, "shared_give_count");
  dryi_shared_pool_store(owner, 0);
  dryi_shared_pool_then(step, "shared_given");
  return 1;
}

static inline int dryi_shared_pool_plain(const dry_shared_pool_cache *cache) {
  return cache->plain && dryi_shared_pool_load(cache->closed) == 0;
}

/* The slot whose object starts there, or a number that is none's. */
static inline uint64_t dryi_shared_pool_slot_at(const dry_shared_pool_cache *cache, const void *memory) {
  const uint64_t offset = (uint64_t)((uintptr_t)memory - (uintptr_t)cache->slots);
  return dryi_slot_at(offset, cache->stride_inverse, cache->stride_shift);
}

/* ---- the twins ------------------------------------------------------------------------------------------------ */

/// As dry_shared_pool_cache_acquire.
static inline dry_status dry_shared_pool_cache_acquire_inline(dry_shared_pool_cache *cache, uint32_t *slot_out) {
  if (__builtin_expect(cache && slot_out && dryi_shared_pool_plain(cache) &&
                           dryi_shared_pool_take(cache, slot_out, NULL), 1))
    return DRY_OK;
  return dry_shared_pool_cache_acquire(cache, slot_out);
}

/// As dry_shared_pool_cache_release.
static inline dry_status dry_shared_pool_cache_release_inline(dry_shared_pool_cache *cache, uint32_t slot) {
  if (__builtin_expect(cache && dryi_shared_pool_plain(cache) && dryi_shared_pool_give(cache, slot, NULL), 1))
    return DRY_OK;
  return dry_shared_pool_cache_release(cache, slot);
}

/// As dry_shared_pool_cache_alloc.
static inline dry_status dry_shared_pool_cache_alloc_inline(dry_shared_pool_cache *cache, void **memory_out) {
  uint32_t slot;
  if (__builtin_expect(cache && memory_out && dryi_shared_pool_plain(cache) &&
                           dryi_shared_pool_take(cache, &slot, NULL), 1)) {
    *memory_out = cache->slots + slot * cache->stride_bytes;
    return DRY_OK;
  }
  return dry_shared_pool_cache_alloc(cache, memory_out);
}

/// As dry_shared_pool_cache_free.
static inline dry_status dry_shared_pool_cache_free_inline(dry_shared_pool_cache *cache, void *memory) {
  if (__builtin_expect(cache && dryi_shared_pool_plain(cache) &&
                           dryi_shared_pool_give(cache, dryi_shared_pool_slot_at(cache, memory), NULL), 1))
    return DRY_OK;
  return dry_shared_pool_cache_free(cache, memory);
}

#ifdef __cplusplus
}
#endif
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

/* ---- memory/annotate.h ---- */

/*
 * annotate.h: tells AddressSanitizer and Valgrind which bytes of a block's memory nobody may touch at the moment.
 *
 * AddressSanitizer listens in every build that is compiled for it. Valgrind's requests cost a few instructions each, so they
 * are there only with -DDRY_VALGRIND=1, and where <valgrind/memcheck.h> is installed. Elsewhere all of this is nothing.
 *
 * A block must undo its annotations before it gives memory back: the tools go by address, and whoever gets that address
 * next knows nothing of them. Parts of regions are not annotated: saving, verifying and other mappings read all of them.
 */
#ifndef DRYI_MEMORY_ANNOTATE_H
#define DRYI_MEMORY_ANNOTATE_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DRYI_ANNOTATE_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define DRYI_ANNOTATE_ASAN 1
#endif

#if defined(DRY_VALGRIND) && DRY_VALGRIND && defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#define DRYI_ANNOTATE_VALGRIND 1
#endif
#endif

#if defined(DRYI_ANNOTATE_ASAN)
#pragma GCC visibility push(default)
#include <sanitizer/asan_interface.h>
#pragma GCC visibility pop
#endif
#if defined(DRYI_ANNOTATE_VALGRIND)
#pragma GCC visibility push(default)
#include <valgrind/memcheck.h>
#pragma GCC visibility pop
#endif

/* From here on nobody may touch these bytes. */
static inline void dryi_annotate_free(void *memory, size_t size) {
#if defined(DRYI_ANNOTATE_ASAN)
  __asan_poison_memory_region(memory, size);
#endif
#if defined(DRYI_ANNOTATE_VALGRIND)
  (void)VALGRIND_MAKE_MEM_NOACCESS(memory, size);
#endif
  (void)memory;
  (void)size;
}

/* From here on they may be used, and count as written: what objects contain when they are taken is documented. */
static inline void dryi_annotate_alloc(void *memory, size_t size) {
#if defined(DRYI_ANNOTATE_ASAN)
  __asan_unpoison_memory_region(memory, size);
#endif
#if defined(DRYI_ANNOTATE_VALGRIND)
  (void)VALGRIND_MAKE_MEM_DEFINED(memory, size);
#endif
  (void)memory;
  (void)size;
}

/* Whether anybody listens: then inline hot paths must leave the work to the library, which annotates. */
static inline bool dryi_annotate_active(void) {
#if defined(DRYI_ANNOTATE_ASAN)
  return true;
#elif defined(DRYI_ANNOTATE_VALGRIND)
  return RUNNING_ON_VALGRIND != 0;
#else
  return false;
#endif
}

#endif

/* ---- region/part.h ---- */

/* part.h: what every kind of part does the same way: finding one, opening it, and making one that appears whole or not at
   all. */
#ifndef DRYI_REGION_PART_H
#define DRYI_REGION_PART_H

/* A part that was found, or is being made. */
typedef struct dryi_part {
  dryi_mapping *mapping;
  uint8_t *base;
  uint64_t offset;
  uint64_t size_bytes;
  uint32_t index;
  dry_part_info info; /* of a part that was found */
} dryi_part;

/* What one kind of part is called, how it is stored, and how one becomes a handle. A handle whose call failed is zeroed by
   whoever asked for the call. */
typedef struct dryi_part_kind {
  uint32_t kind;    /* DRY_PART_ */
  uint32_t format;  /* the revision that this library reads and writes */
  const char *word; /* for messages: "kv" */
  size_t handle_bytes;
  /* Lays out, in memory that has no name yet, what `facts` (the kind's own) ask for, and opens it. */
  dry_status (*make)(const dryi_part *part, const void *facts, void *handle_out, dry_detail *detail);
  /* Opens a part that was found. */
  dry_status (*open)(const dryi_part *part, void *handle_out, dry_detail *detail);
} dryi_part_kind;

/* DRY_OK while the region may be written; else with a message. */
DRYI_LOCAL dry_status dryi_part_writable(dry_region *region, dry_detail *detail);

/* For openers of parts that belong to the region's one writer, and that others may look at: whether this mapping may change
   them. DRY_STALE where its time as the writer is over. */
DRYI_LOCAL dry_status dryi_part_access(const dryi_part *part, bool *writable_out, dry_detail *detail);

/* The part of that name: DRY_NOT_FOUND, DRY_TYPE_MISMATCH, DRY_VERSION_MISMATCH. */
DRYI_LOCAL dry_status dryi_part_find(dry_region *region, const char *name, size_t name_bytes,
                                     const dryi_part_kind *kind, dryi_part *part_out, dry_detail *detail);

/* The same, opened. */
DRYI_LOCAL dry_status dryi_part_open(dry_region *region, const char *name, size_t name_bytes, const dryi_part_kind *kind,
                                     void *handle_out, dry_detail *detail);

/* Makes a part of `size_bytes` in a region that may be written, which the caller has checked, and opens it. It is opened
   before it is named, so that a failure leaves nothing behind. */
DRYI_LOCAL dry_status dryi_part_create(dry_region *region, const char *name, size_t name_bytes,
                                       const dryi_part_kind *kind, uint64_t size_bytes, const void *facts,
                                       void *handle_out, dry_detail *detail);

#endif

/* ---- memory/backing.h ---- */

/* backing.h: where the bytes of a building block come from, which is the same for all of them. */
#ifndef DRYI_MEMORY_BACKING_H
#define DRYI_MEMORY_BACKING_H

/* What private memory may be asked for; the other flags are about what a block does with it. */
#define DRYI_SYSTEM_FLAGS (DRY_MEMORY_PREFAULT | DRY_MEMORY_HUGE_PAGES | DRY_MEMORY_NUMA_LOCAL)

/* What DRY_CHECKED builds ask for by themselves. */
#if defined(DRY_CHECKED) && DRY_CHECKED
#define DRYI_CHECKED_FLAGS (DRY_MEMORY_GUARDED | DRY_MEMORY_TRACK)
#else
#define DRYI_CHECKED_FLAGS 0u
#endif

/* Private memory. */
typedef struct dryi_private {
  uint8_t *base;
  uint64_t bytes;     /* as mapped: a multiple of the page, huge or not */
  uint32_t granted;   /* DRY_MEMORY_ flags */
  uint32_t refused;
} dryi_private;

/* Maps `bytes`, zeroed, the first `usable` of them usable: the rest is address space for dryi_private_commit. Its start and
   its size are multiples of a page, with HUGE_PAGES of 2 MiB. */
DRYI_LOCAL dry_status dryi_private_map(uint64_t bytes, uint64_t usable, uint32_t flags, dryi_private *out,
                                       dry_detail *detail);
/* Makes another range usable; `flags` as at mapping. */
DRYI_LOCAL dry_status dryi_private_commit(dryi_private *memory, uint64_t offset, uint64_t bytes, uint32_t flags);
DRYI_LOCAL void dryi_private_unmap(dryi_private *memory);

/* What a handle gives back at close: private memory, a reference to a region's mapping, or nothing. A block that needs
   more puts one of these first into a structure of its own. */
typedef struct dryi_backing {
  dryi_private memory;     /* base NULL: none */
  dryi_mapping *mapping;   /* NULL: not a part */
  uint64_t part_offset;
} dryi_backing;

/* `bytes` of zeroed process memory that starts with a backing. */
DRYI_LOCAL dry_status dryi_backing_new(size_t bytes, dryi_backing **out, dry_detail *detail);
DRYI_LOCAL void dryi_backing_free(dryi_backing *backing);
/* Makes the backing one of the region's: it keeps the mapping. */
DRYI_LOCAL void dryi_backing_adopt(dryi_backing *backing, const dryi_part *part);
/* Not 0 once the region behind it was closed; a word that stays 0 where there is none. */
DRYI_LOCAL const uint32_t *dryi_backing_closed(const dryi_backing *backing);

/* Whether `flags` has none but those in `allowed`; else DRY_INVALID_ARGUMENT with their bits. */
DRYI_LOCAL dry_status dryi_check_flags(uint32_t flags, uint32_t allowed, dry_detail *detail);

/* The alignment that options->align_bytes asks for: 0 stands for the largest power of two that divides `object_bytes`, 16
   at most. DRY_INVALID_ARGUMENT for what is no power of two, or above `max`. */
DRYI_LOCAL dry_status dryi_check_align(uint64_t align_bytes, uint64_t object_bytes, uint64_t max, uint64_t *align_out,
                                       dry_detail *detail);

/* Zeros that the compiler cannot drop. */
DRYI_LOCAL void dryi_wipe(void *memory, uint64_t bytes);

/* What dryi_slot_at (inline/slot.h) wants for a stride from 1 on. */
DRYI_LOCAL uint64_t dryi_stride_inverse(uint64_t stride, uint32_t *shift_out);

#endif

/* ---- memory/arena_internal.h ---- */

/* arena_internal.h: what the files of the arena share, and what scratches need of it. */
#ifndef DRYI_MEMORY_ARENA_INTERNAL_H
#define DRYI_MEMORY_ARENA_INTERNAL_H

/* A request that had no room, served from the heap. They form a list, newest first. */
typedef struct dryi_arena_block {
  struct dryi_arena_block *older;
  uint8_t *memory;
  uint64_t size_bytes;
} dryi_arena_block;

/* What dry_arena_create accepts. DRY_INVALID_ARGUMENT and DRY_TOO_LARGE name the field. */
DRYI_LOCAL dry_status dryi_arena_check_options(const dry_arena_options *options, dry_detail *detail);

static inline uint64_t dryi_arena_used(const dry_arena *arena) { return (uint64_t)(arena->next - arena->base); }
/* The most that was ever used, the present included. */
static inline uint64_t dryi_arena_peak(const dry_arena *arena) {
  uint64_t used = dryi_arena_used(arena);
  return used > arena->peak_bytes ? used : arena->peak_bytes;
}

/* Whether what is taken has poison in it, and must be zeros. */
static inline bool dryi_arena_cleans(const dry_arena *arena) {
  return (arena->asked & DRY_MEMORY_WIPE) && (arena->asked & DRY_MEMORY_GUARDED);
}
/* Whether the inline path must leave each call to the library. */
static inline bool dryi_arena_sees_all(const dry_arena *arena) { return arena->watched || dryi_arena_cleans(arena); }

/* Moves the cursor back to `mark`, which is not beyond it, and frees fallback blocks that are newer than `oldest_kept`
   (NULL: all of them). */
DRYI_LOCAL void dryi_arena_go_back(dry_arena *arena, uint64_t mark, const void *oldest_kept);

/* ---- arena_commit.c ---- */

/* How much becomes usable at a time, for options that were checked; 0: all at once. */
DRYI_LOCAL uint64_t dryi_arena_commit_step(const dry_arena_options *options);
/* What stands in `granted` for memory that got these flags from the system. */
DRYI_LOCAL uint32_t dryi_arena_granted(uint32_t asked, uint32_t by_system);
/* Sees to it that memory is behind the first `bytes`, which are within the capacity. DRY_OUT_OF_MEMORY. */
DRYI_LOCAL dry_status dryi_arena_commit(dry_arena *arena, uint64_t bytes);
/* Sets `end` to what the inline path may take without the library. */
DRYI_LOCAL void dryi_arena_settle(dry_arena *arena);

/* ---- arena_overflow.c ---- */

/* Does what the arena's policy says about a request that failed for `cause`. */
DRYI_LOCAL dry_status dryi_arena_overflow(dry_arena *arena, uint64_t size_bytes, uint64_t align, dry_status cause,
                                          void **memory_out);
/* The block that these bytes lie in; NULL: none. */
DRYI_LOCAL const dryi_arena_block *dryi_arena_find_block(const dry_arena *arena, const void *memory, uint64_t bytes);
DRYI_LOCAL void dryi_arena_free_blocks(dry_arena *arena, const void *oldest_kept);

#endif

/* ---- memory/guard.h ---- */

/* guard.h: canaries and poison, for blocks that find out when somebody writes where nobody may. */
#ifndef DRYI_MEMORY_GUARD_H
#define DRYI_MEMORY_GUARD_H

/* A canary's bytes depend on its key (a slot), so that a neighbour's, copied along with too many bytes, is no right one. */
DRYI_LOCAL void dryi_guard_write(uint8_t *canary, uint64_t bytes, uint64_t key);
DRYI_LOCAL bool dryi_guard_holds(const uint8_t *canary, uint64_t bytes, uint64_t key);

/* Whether each of the bytes is `byte`. */
DRYI_LOCAL bool dryi_guard_filled(const uint8_t *memory, uint64_t bytes, uint8_t byte);

#endif

/* ---- memory/index_map_internal.h ---- */

/* index_map_internal.h: the tree of an index map as its three source files see it. */
#ifndef DRYI_MEMORY_INDEX_MAP_INTERNAL_H
#define DRYI_MEMORY_INDEX_MAP_INTERNAL_H

/* A word of one level stands for 64 bits of that level; a bit of a level above 0 stands for a word of the level below. */
#define DRYI_INDEX_MAP_FAN_LOG2 6

/* The number of a level's last bit, of those that stand for something. */
static inline uint64_t dryi_index_map_last_bit(const dry_index_map *map, uint32_t level) {
  return (uint64_t)(map->capacity - 1) >> (DRYI_INDEX_MAP_FAN_LOG2 * level);
}

static inline uint64_t dryi_index_map_words(const dry_index_map *map, uint32_t level) {
  return (dryi_index_map_last_bit(map, level) >> DRYI_INDEX_MAP_FAN_LOG2) + 1;
}

/* The bits of a level's word that stand for something: all of them but in the last word. */
static inline uint64_t dryi_index_map_valid(const dry_index_map *map, uint32_t level, uint64_t at) {
  uint64_t last = dryi_index_map_last_bit(map, level);
  return at < last >> DRYI_INDEX_MAP_FAN_LOG2 ? UINT64_MAX : UINT64_MAX >> (63 - (last & 63));
}

/*
 * The order of stores. `changing` is 1 around every change. `full` loses its bits before the leaf does, from the top down,
 * and gets them after it, from the bottom up; `any` gets its bits before the leaf, from the top down, and loses them after
 * it, from the bottom up. So whoever is killed between two stores leaves `full` with too few bits and `any` with too many,
 * on each level compared with the one below: whoever looks for something may look in vain, but overlooks nothing.
 * Release stores keep the compiler to that order; a kill does not reorder what the processor has carried out.
 */
static inline void dryi_index_map_begin(dry_index_map *map) { dryi_store_release_u32(&map->header->changing, 1); }
static inline void dryi_index_map_end(dry_index_map *map) { dryi_store_release_u32(&map->header->changing, 0); }

/* How many bits of the leaves are set. */
DRYI_LOCAL uint64_t dryi_index_map_count(const dry_index_map *map);

/* Makes summaries and count anew, storing only what is wrong. With `lenient` bits behind the capacity are cleared; else
   they are DRY_CORRUPT, since no killed process leaves them. */
DRYI_LOCAL dry_status dryi_index_map_rebuild(dry_index_map *map, bool lenient, dry_detail *detail);

/* Copies and checks the header of what is said to be a map of `span_bytes` bytes at most. */
DRYI_LOCAL dry_status dryi_index_map_header_check(const void *span, uint64_t span_bytes, dry_index_map_header *copy_out,
                                                  dry_detail *detail);

/* Checks a part and changes nothing, also where the region may be written. */
DRYI_LOCAL dry_status dryi_index_map_verify_part(dry_region *region, const char *name, size_t name_bytes,
                                                 dry_detail *detail);

#endif

/* ---- memory/leak.h ---- */

/* leak.h: which call took which slot: a table in private memory, beside a block that is tracked. */
#ifndef DRYI_MEMORY_LEAK_H
#define DRYI_MEMORY_LEAK_H

typedef struct dryi_leaks {
  dryi_private memory; /* base NULL: nothing is tracked */
} dryi_leaks;

/* Where the function that is being compiled was called from. */
#define DRYI_CALLER() ((uint64_t)(uintptr_t)__builtin_return_address(0))

/* Room for `capacity` slots, of which the first `usable` are used for now. */
DRYI_LOCAL dry_status dryi_leaks_open(dryi_leaks *leaks, uint64_t capacity, uint64_t usable, dry_detail *detail);
DRYI_LOCAL dry_status dryi_leaks_grow(dryi_leaks *leaks, uint64_t from, uint64_t to);
DRYI_LOCAL void dryi_leaks_close(dryi_leaks *leaks);

static inline uint64_t *dryi_leaks_sites(const dryi_leaks *leaks) {
  return (uint64_t *)(void *)leaks->memory.base;
}

/* Remembers DRYI_CALLER() of the public call that took the slot. */
static inline void dryi_leaks_note(const dryi_leaks *leaks, uint64_t slot, uint64_t caller) {
  if (leaks->memory.base) dryi_leaks_sites(leaks)[slot] = caller;
}

static inline uint64_t dryi_leaks_site(const dryi_leaks *leaks, uint64_t slot) {
  return leaks->memory.base ? dryi_leaks_sites(leaks)[slot] : 0;
}

/* Fills in all of it; `caller` 0: not tracked. */
DRYI_LOCAL void dryi_leak_describe(uint64_t slot, uint64_t size_bytes, uint64_t caller, dry_leak *leak_out);

#endif

/* ---- memory/pool_internal.h ---- */

/* pool_internal.h: what the files of the pool share. The hot bodies are in drystone/inline/pool.h. */
#ifndef DRYI_MEMORY_POOL_INTERNAL_H
#define DRYI_MEMORY_POOL_INTERNAL_H

/* What a stored pool can be asked for; the rest is about private memory. */
#define DRYI_POOL_STORED_FLAGS (DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE)

/* What dry_pool.owner points at. */
typedef struct dryi_pool_owner {
  dryi_backing backing;
  dry_pool_header facts; /* the fixed fields as they were checked: what later code relies on */
  uint64_t chunk_slots;  /* 0: as many as there are */
  dryi_leaks leaks;
  uint32_t system_flags; /* what new chunks ask the system for */
  uint32_t annotated;    /* 1: AddressSanitizer or Valgrind are told */
  uint32_t plain;        /* 1: see dry_pool.plain */
} dryi_pool_owner;

static inline dryi_pool_owner *dryi_pool_owner_of(const dry_pool *pool) { return (dryi_pool_owner *)pool->owner; }

static inline bool dryi_pool_has(const dry_pool *pool, uint32_t flag) {
  return (dryi_pool_owner_of(pool)->facts.flags & flag) != 0;
}

/* Whether the slot is not free: taken, withdrawn, or whatever else damage made of it. */
static inline bool dryi_pool_is_used(const dry_pool *pool, uint32_t slot) {
  return dryi_pool_load8(pool->used + slot) != DRY_POOL_SLOT_FREE;
}

static inline bool dryi_pool_is_withdrawn(const dry_pool *pool, uint32_t slot) {
  return dryi_pool_load8(pool->used + slot) == DRY_POOL_SLOT_WITHDRAWN;
}

/* Eight slots' bytes at once: `used` is padded to a multiple of 8. `slot` is one. */
static inline uint64_t dryi_pool_used8(const dry_pool *pool, uint32_t slot) {
  return dryi_pool_load64((const uint64_t *)(const void *)(pool->used + slot));
}

/* DRY_OK for a slot that somebody has; DRY_FOREIGN, DRY_STALE (free or withdrawn), DRY_CORRUPT. */
static inline dry_status dryi_pool_check_slot(const dry_pool *pool, uint32_t slot) {
  if (slot >= pool->limit) return DRY_FOREIGN;
  const uint8_t mark = dryi_pool_load8(pool->used + slot);
  if (mark == DRY_POOL_SLOT_TAKEN) return DRY_OK;
  return mark <= DRY_POOL_SLOT_WITHDRAWN ? DRY_STALE : DRY_CORRUPT;
}

/* For the inline header's bodies: where the kill test may end the process. Nothing in other builds. */
static inline void dryi_pool_kill_here(const char *name) {
  DRYI_STEP(name);
  (void)name;
}

/* ---- pool.c ---- */

/* A slot of a pool that may be written, with all that guards, wiping, tracking and growing ask for. */
DRYI_LOCAL dry_status dryi_pool_take_checked(dry_pool *pool, uint32_t *slot_out, uint64_t caller);
/* Whether a slot may be given back: DRY_FOREIGN, DRY_STALE, DRY_CORRUPT (withdrawn now). */
DRYI_LOCAL dry_status dryi_pool_check_give(dry_pool *pool, uint32_t slot);

/* ---- pool_layout.c ---- */

/* Checks the options and computes the fixed fields; `allowed`: flags. */
DRYI_LOCAL dry_status dryi_pool_layout(const dry_pool_options *options, uint32_t allowed, dry_pool_header *header_out,
                                       dry_detail *detail);
/* Options that mean something in private memory alone: refused in spans and regions. */
DRYI_LOCAL dry_status dryi_pool_check_stored(const dry_pool_options *options, dry_detail *detail);
/* Writes an empty pool into memory that is large enough; `zeroed`: it holds nothing but zeros. */
DRYI_LOCAL void dryi_pool_lay_out(uint8_t *base, const dry_pool_header *header, bool zeroed);
/* Checks what is said to be a pool in `span_bytes` bytes, and copies its fixed fields. */
DRYI_LOCAL dry_status dryi_pool_header_check(const void *span, uint64_t span_bytes, dry_pool_header *facts_out,
                                             dry_detail *detail);
/* What base addresses must be a multiple of. */
static inline uint64_t dryi_pool_base_align(const dry_pool_header *facts) {
  return facts->align_bytes > DRY_CACHE_LINE_BYTES ? facts->align_bytes : DRY_CACHE_LINE_BYTES;
}

/* ---- pool_part.c ---- */

DRYI_LOCAL dry_status dryi_pool_owner_new(const dry_pool_header *facts, dryi_pool_owner **owner_out, dry_detail *detail);
/* Fills in a handle on checked memory; `limit`: usable slots. Cannot fail. */
DRYI_LOCAL void dryi_pool_bind(dry_pool *pool, dryi_pool_owner *owner, uint8_t *base, uint32_t limit);
/* Another number of usable slots. */
DRYI_LOCAL void dryi_pool_set_limit(dry_pool *pool, uint32_t limit);
/* Opens the part without changing a byte of it, and validates it: what a region's verification does. */
DRYI_LOCAL dry_status dryi_pool_verify_part(dry_region *region, const char *name, size_t name_bytes, dry_detail *detail);

/* DRY_OK while the pool may be written, or read. */
DRYI_LOCAL dry_status dryi_pool_may_write(const dry_pool *pool);
DRYI_LOCAL dry_status dryi_pool_may_read(const dry_pool *pool);

/* ---- pool_grow.c ---- */

DRYI_LOCAL dry_status dryi_pool_create_private(const dry_pool_options *options, dry_pool *pool_out, dry_detail *detail);
/* Makes room for `slots` more where the pool grows: DRY_FULL where it does not, or not so far; DRY_OUT_OF_MEMORY. */
DRYI_LOCAL dry_status dryi_pool_grow(dry_pool *pool, uint64_t slots);

/* ---- pool_guard.c ---- */

/* Guarded: writes the canary in front of the first slot. */
DRYI_LOCAL void dryi_pool_guard_front(uint8_t *slots);
/* Guarded: whether the canaries on both sides of a slot that was taken once are whole. */
DRYI_LOCAL bool dryi_pool_canaries_hold(const dry_pool *pool, uint32_t slot);
/* Guarded: whether a free object that was in use once is as it was left. */
DRYI_LOCAL bool dryi_pool_poison_holds(const dry_pool *pool, uint32_t slot);
/* Guarded: the slot that comes next is about to be taken; false: it was written to while it was free. */
DRYI_LOCAL bool dryi_pool_guard_take(dry_pool *pool, uint32_t slot);
/* A slot that is taken, and damaged: nobody gets it any more. */
DRYI_LOCAL void dryi_pool_withdraw(dry_pool *pool, uint32_t slot);
/* Wipes, poisons and puts the canary right, as the pool's flags ask, of an object that nobody has. */
DRYI_LOCAL void dryi_pool_vacate(dry_pool *pool, uint32_t slot);
/* Tells the tools: the slot's object may be touched, or may not; or about all of them at once. */
DRYI_LOCAL void dryi_pool_show(const dry_pool *pool, uint32_t slot);
DRYI_LOCAL void dryi_pool_hide(const dry_pool *pool, uint32_t slot);
DRYI_LOCAL void dryi_pool_hide_range(const dry_pool *pool, uint32_t from, uint32_t to);
DRYI_LOCAL void dryi_pool_show_all(const dry_pool *pool);

/* ---- pool_repair.c ---- */

/* What a process that was killed inside a call leaves: it is set right by two stores. */
typedef struct dryi_pool_remains {
  uint32_t fresh;     /* as stored */
  uint32_t count;     /* entries on the stack, as stored */
  uint32_t fresh_run; /* slots from `fresh` on that were taken before `fresh` was moved */
  uint32_t top_run;   /* entries on top of the stack whose slots are taken */
  uint32_t withdrawn; /* as found */
} dryi_pool_remains;

/* Whether `used`, stack and counters agree, apart from such remains: DRY_CORRUPT, DRY_OUT_OF_MEMORY. */
DRYI_LOCAL dry_status dryi_pool_examine(const dry_pool *pool, dryi_pool_remains *remains_out, dry_detail *detail);
/* After opening for writing: makes stack and counters agree with `used`. */
DRYI_LOCAL dry_status dryi_pool_repair(dry_pool *pool, dry_detail *detail);
/* Frees the slots below `to`, and begins anew from slot 0. */
DRYI_LOCAL void dryi_pool_clear(dry_pool *pool, uint32_t to);

#endif

/* ---- memory/scratch_internal.h ---- */

/* scratch_internal.h: what scratches of threads and scratches as objects share. */
#ifndef DRYI_MEMORY_SCRATCH_INTERNAL_H
#define DRYI_MEMORY_SCRATCH_INTERNAL_H

/* A thread's scratch, in the list of all. `published` is written by its thread and read by any, word by word. */
typedef struct dryi_scratch_record {
  dry_scratch scratch;
  dry_scratch_stats published;
  struct dryi_scratch_record *next;
  struct dryi_scratch_record *before;
} dryi_scratch_record;

/* The arena that these settings stand for. `capacity_bytes` 0 is the default. */
DRYI_LOCAL dry_arena_options dryi_scratch_arena_options(const dry_scratch_options *options);
/* Whether `options` is there and has the right size. */
DRYI_LOCAL dry_status dryi_scratch_check_struct(const dry_scratch_options *options, dry_detail *detail);
DRYI_LOCAL void dryi_scratch_close(dry_scratch *scratch);
/* The statistics of one that is open. */
DRYI_LOCAL void dryi_scratch_count(const dry_scratch *scratch, dry_scratch_stats *stats_out);
/* Lets other threads see how far a thread's scratch has got. */
DRYI_LOCAL void dryi_scratch_publish(const dry_scratch *scratch);

#endif

/* ---- memory/shared_pool_internal.h ---- */

/* shared_pool_internal.h: what the files of the shared pool share: the depot, slots, and who takes them. */
#ifndef DRYI_MEMORY_SHARED_POOL_INTERNAL_H
#define DRYI_MEMORY_SHARED_POOL_INTERNAL_H

#define DRYI_MAGAZINE DRY_SHARED_POOL_MAGAZINE_SLOTS

/* Bytes of a region's file that nobody reads or writes, and whose locks say which caches live: from here on, at the part's
   offset plus the cache's number. Parts start on multiples of 4096, and no pool has more caches than that. */
#define DRYI_CACHE_LOCKS_AT ((uint64_t)1 << 62)

/* What inline/shared_pool.h calls between its stores: nothing but in builds that tests can stop anywhere. */
#if defined(DRY_HOOKS) && DRY_HOOKS
#define DRYI_SHARED_POOL_STEP dryi_hooks_step
#else
#define DRYI_SHARED_POOL_STEP NULL
#endif

/* ---- handles: shared_pool.c ---- */

/* DRY_OK while the pool is open, and may be changed where `change` is true. */
DRYI_LOCAL dry_status dryi_shared_pool_usable(const dry_shared_pool *pool, bool change);
/* A descriptor of its own for the file behind the pool's region, which can hold a lock; -1 where there is none. */
DRYI_LOCAL dry_status dryi_shared_pool_descriptor(const dry_shared_pool *pool, int *fd_out, dry_detail *detail);
/* The byte whose lock says that the cache with that number lives. */
DRYI_LOCAL uint64_t dryi_shared_pool_lock_at(const dry_shared_pool *pool, uint32_t number);
/* Whether free slots' bytes are kept from everybody: in private memory, while a tool listens. */
DRYI_LOCAL bool dryi_shared_pool_annotated(const dry_shared_pool *pool);

/* ---- batches and the depot: shared_pool_depot.c ---- */

static inline uint32_t dryi_batch_count(const dry_shared_pool_batch *batch) {
  return dryi_load_relaxed_u32(&batch->count);
}

static inline uint32_t dryi_batch_number(const dry_shared_pool *pool, const dry_shared_pool_batch *batch) {
  return (uint32_t)(batch - pool->batches);
}

/* Puts one more slot in: the caller knows that there is room. */
static inline void dryi_batch_put(dry_shared_pool_batch *batch, uint32_t slot) {
  uint32_t count = dryi_batch_count(batch);
  dryi_store_relaxed_u32(&batch->slots[count % DRYI_MAGAZINE], slot);
  dryi_keep_order();
  dryi_store_relaxed_u32(&batch->count, count + 1);
}

/* Moves slots until `to` is full or `from` is empty. */
DRYI_LOCAL void dryi_batch_move(dry_shared_pool_batch *from, dry_shared_pool_batch *to);

/* A batch of 1 to 64 slots. NULL: there was none (DRY_FULL), or it is damaged (DRY_CORRUPT). */
DRYI_LOCAL dry_shared_pool_batch *dryi_depot_take(dry_shared_pool *pool, bool partial_first, dry_status *status_out);
/* A batch of 1 to 63 slots, or NULL. */
DRYI_LOCAL dry_shared_pool_batch *dryi_depot_take_partial(dry_shared_pool *pool);
/* A batch without slots. NULL: none came free in some time. */
DRYI_LOCAL dry_shared_pool_batch *dryi_depot_take_empty(dry_shared_pool *pool);
/* Puts a batch on the stack where it belongs by its count. */
DRYI_LOCAL void dryi_depot_put(dry_shared_pool *pool, dry_shared_pool_batch *batch);
/* Up to `most` slots that were never taken: how many, and the first of them. */
DRYI_LOCAL uint32_t dryi_depot_take_fresh(dry_shared_pool *pool, uint32_t most, uint32_t *first_out);
/* A number that changes with everything that happens at the depot: whoever found nothing there looks again then. */
DRYI_LOCAL uint64_t dryi_depot_changes(const dry_shared_pool *pool);
/* How often whoever finds nothing looks again. */
#define DRYI_DEPOT_LOOKS 64

/* Takes all batches from it: for those who are alone. */
DRYI_LOCAL void dryi_depot_clear(dry_shared_pool *pool);

/* ---- slots: shared_pool_slot.c ---- */

static inline uint64_t dryi_slots_bytes(const dry_shared_pool *pool) { return pool->capacity * pool->stride_bytes; }

static inline uint8_t *dryi_shared_slot(const dry_shared_pool *pool, uint32_t slot) {
  return pool->slots + slot * pool->stride_bytes;
}

static inline bool dryi_owner_taken(uint32_t owner) {
  return owner != 0 && !(owner & DRY_SHARED_POOL_OWNER_FREEING);
}

/* Makes never-used slots ready for being taken. */
DRYI_LOCAL void dryi_slots_prepare(const dry_shared_pool *pool, uint32_t first, uint32_t count);
/* Takes a slot that came out of a batch; DRY_CORRUPT when it is no free one, or was written to. */
DRYI_LOCAL dry_status dryi_slot_take(const dry_shared_pool *pool, uint32_t slot, uint32_t owner);
/* The first half of giving back: checks it and makes its bytes those of a free one. DRY_FOREIGN, DRY_STALE, DRY_CORRUPT. */
DRYI_LOCAL dry_status dryi_slot_check(const dry_shared_pool *pool, uint32_t slot, uint32_t owner);
DRYI_LOCAL void dryi_slot_clean(const dry_shared_pool *pool, uint32_t slot);
/* The second half, when it is in a batch. */
static inline void dryi_slot_free(const dry_shared_pool *pool, uint32_t slot) {
  dryi_keep_order();
  dryi_store_relaxed_u32(&pool->owners[slot], 0);
}
/* Whether a free slot's bytes, and any slot's canary, are as they were left; true where nothing is guarded. */
DRYI_LOCAL bool dryi_slot_sound(const dry_shared_pool *pool, uint32_t slot, bool is_free);
/* The slot that starts so far from the first one, or at that address; DRY_FOREIGN. */
DRYI_LOCAL dry_status dryi_slot_of_offset(const dry_shared_pool *pool, uint64_t offset, uint32_t *slot_out);
DRYI_LOCAL dry_status dryi_slot_of_address(const dry_shared_pool *pool, const void *memory, uint32_t *slot_out);

/* ---- caches: shared_pool_cache.c ---- */

/* The owner word of a cache in its present opening. */
static inline uint32_t dryi_cache_owner(uint32_t number, uint32_t opening) {
  return opening << DRY_SHARED_POOL_OWNER_BITS | number;
}

/* A handle on a record that is ours, with the magazines it has. It gets those that it lacks: DRY_BUSY, DRY_CORRUPT. */
DRYI_LOCAL dry_status dryi_cache_attach(dry_shared_pool *pool, uint32_t number, int fd, dry_shared_pool_cache *cache_out);
/* Gives the magazines to the depot and the record free, and closes the descriptor. */
DRYI_LOCAL void dryi_cache_detach(dry_shared_pool_cache *cache);
/* Puts a slot that was checked into the cache, and frees it. DRY_BUSY: there was no room, and nothing changed. */
DRYI_LOCAL dry_status dryi_cache_put(dry_shared_pool_cache *cache, uint32_t slot);

#endif

/* ---- memory/shared_pool_layout.h ---- */

/* shared_pool_layout.h: geometry of a shared pool, for those who make and open one. */
#ifndef DRYI_MEMORY_SHARED_POOL_LAYOUT_H
#define DRYI_MEMORY_SHARED_POOL_LAYOUT_H

/* Flags that are a matter of the stored pool; the others are of the memory behind it. */
#define DRYI_SHARED_POOL_STORED_FLAGS (DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE)

/* Checks the options, with `allowed` flags, and writes the header that follows from them. */
DRYI_LOCAL dry_status dryi_shared_pool_layout(const dry_shared_pool_options *options, uint32_t allowed,
                                              dry_shared_pool_header *header_out, dry_detail *detail);
/* Lays a pool out; `zeroed` memory needs fewer touches. */
DRYI_LOCAL void dryi_shared_pool_lay_out(uint8_t *base, const dry_shared_pool_header *header, bool zeroed);
/* Checks what is said to be a pool; copies its fixed fields, each loaded once. */
DRYI_LOCAL dry_status dryi_shared_pool_header_check(const void *span, uint64_t span_bytes,
                                                    dry_shared_pool_header *facts_out, dry_detail *detail);

#endif

/* ---- memory/slab_internal.h ---- */

/* slab_internal.h: what lies beside a slab's pages. Users' bytes never steer any of it. */
#ifndef DRYI_MEMORY_SLAB_INTERNAL_H
#define DRYI_MEMORY_SLAB_INTERNAL_H

#define DRYI_SLAB_NO_PAGE UINT32_MAX
#define DRYI_SLAB_WORDS (DRY_SLAB_PAGE_BYTES / DRY_SLAB_CLASS_BYTES_MIN / 64)
#define DRYI_SLAB_ALL_FULL ((1u << DRYI_SLAB_WORDS) - 1)

/* One page. It is given to a class exactly while objects of it are in use. */
typedef struct dryi_slab_page {
  uint64_t used[DRYI_SLAB_WORDS]; /* one bit an object; those that the class has not are 1 */
  uint32_t next;       /* in the list of the class's pages that have room, or among the free pages */
  uint32_t before;
  uint16_t in_use;     /* objects; 0: the page is free */
  uint8_t kind;        /* 1 + the class that has it, or had it last; 0: never used */
  uint8_t full_words;  /* one bit for each word of `used` without a 0 */
} dryi_slab_page;

typedef struct dryi_slab_class {
  uint32_t with_room;  /* first page of the list */
  uint32_t pages;
  uint64_t in_use;
} dryi_slab_class;

/* An object from the heap, or one that was. */
typedef struct dryi_slab_outside {
  uint64_t address; /* 0: an empty cell */
  uint64_t bytes;
  uint64_t freed;   /* 0: in use; else which free of an outside object it was */
} dryi_slab_outside;

typedef struct dryi_slab_state {
  uint8_t *base;
  uint64_t bytes;
  dryi_slab_page *pages;
  uint32_t page_count;
  uint32_t fresh;          /* pages from here on were never used */
  uint32_t free_page;      /* first of the free pages before that */
  uint32_t asked;          /* DRY_MEMORY_ flags */
  dryi_slab_class classes[DRY_SLAB_CLASSES];
  dryi_slab_outside *outside; /* open addressing, at most half full */
  uint64_t outside_cells;  /* a power of two, or 0 */
  uint64_t outside_filled; /* cells that are not empty */
  uint64_t outside_in_use;
  uint64_t outside_frees;
  uint64_t fallbacks;
  uint64_t failures;
  uint32_t watched;        /* 1: a sanitizer or Valgrind is told of each object */
  uint32_t granted;
  dryi_private memory;     /* base NULL: the caller's span */
} dryi_slab_state;

static inline uint64_t dryi_slab_class_bytes(uint32_t of_class) { return (uint64_t)DRY_SLAB_CLASS_BYTES_MIN << of_class; }
static inline uint32_t dryi_slab_class_objects(uint32_t of_class) {
  return (uint32_t)(DRY_SLAB_PAGE_BYTES / dryi_slab_class_bytes(of_class));
}
/* The bits of word `word` that stand for no object of the class. */
static inline uint64_t dryi_slab_no_objects(uint32_t of_class, uint32_t word) {
  uint32_t objects = dryi_slab_class_objects(of_class), first = word * 64;
  if (objects >= first + 64) return 0;
  return objects <= first ? UINT64_MAX : UINT64_MAX << (objects - first);
}

/* ---- slab_pages.c ---- */

/* Takes one object: DRY_FULL, or DRY_CORRUPT where it was guarded and written to. */
DRYI_LOCAL dry_status dryi_slab_take(dryi_slab_state *state, uint32_t of_class, void **memory_out);
/* Where an address inside the span belongs: DRY_FOREIGN, DRY_STALE. */
DRYI_LOCAL dry_status dryi_slab_locate(const dryi_slab_state *state, const void *memory, uint32_t *page_out,
                                       uint32_t *object_out);
DRYI_LOCAL void dryi_slab_give(dryi_slab_state *state, uint32_t page, uint32_t object);
DRYI_LOCAL void dryi_slab_reset_pages(dryi_slab_state *state);
/* Puts the first page that was never used out of bounds for a sanitizer: one ahead of those in use, since all at once
   would cost an eighth of the memory. And takes all of it back. */
DRYI_LOCAL void dryi_slab_watch(const dryi_slab_state *state);
DRYI_LOCAL void dryi_slab_unwatch(const dryi_slab_state *state);
/* What becomes of bytes that are free from now on. */
DRYI_LOCAL void dryi_slab_scrub(const dryi_slab_state *state, uint8_t *memory, uint64_t bytes);
/* Whether free bytes are what dryi_slab_scrub left; always so where the slab is not guarded. */
DRYI_LOCAL bool dryi_slab_is_untouched(const dryi_slab_state *state, uint8_t *memory, uint64_t bytes);

/* ---- slab_outside.c ---- */

DRYI_LOCAL dry_status dryi_slab_outside_alloc(dryi_slab_state *state, uint64_t size_bytes, void **memory_out);
/* The object at that address: DRY_FOREIGN, or DRY_STALE while its free is remembered. Never looks at the address itself. */
DRYI_LOCAL dry_status dryi_slab_outside_find(const dryi_slab_state *state, const void *memory,
                                             dryi_slab_outside **found_out);
DRYI_LOCAL void dryi_slab_outside_free(dryi_slab_state *state, dryi_slab_outside *object);
DRYI_LOCAL void dryi_slab_outside_free_all(dryi_slab_state *state);

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
/* Gives the pages of a usable range back; it stays usable, and reads as zeros. */
DRYI_LOCAL int dryi_os_discard_pages(void *base, uint64_t bytes);
/* Pages that are touched from now on come from the memory node of the thread that touches them. */
DRYI_LOCAL int dryi_os_numa_local(void *base, uint64_t bytes);
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
/* The same for one byte of the file, which need not be there: EAGAIN. Byte 0 is what the calls above lock. */
DRYI_LOCAL int dryi_os_lock_byte(int fd, uint64_t at);
DRYI_LOCAL int dryi_os_unlock_byte(int fd, uint64_t at);

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

#define pop pop_in_kv_heap
#define push push_in_kv_heap
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
#undef pop
#undef push

/* ---- kv/layout.c ---- */

#define check_options check_options_in_kv_layout
#define fixed_fields_crc fixed_fields_crc_in_kv_layout
#define geometry geometry_in_kv_layout
#define geometry_sound geometry_sound_in_kv_layout
#define load_header load_header_in_kv_layout
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
#undef check_options
#undef fixed_fields_crc
#undef geometry
#undef geometry_sound
#undef load_header

/* ---- kv/part.c ---- */

#define make_part make_part_in_kv_part
#define open_part open_part_in_kv_part
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

/* The first writer of this part in this mapping. */
static dry_status first_writer(const dryi_part *part, dry_kv_writer *writer_out, dry_detail *detail) {
  dry_status status = dry_kv_writer_attach(part->base, part->size_bytes, writer_out, detail);
  if (status != DRY_OK) return status;
  dryi_kv_state *state = writer_out->state;
  state->mapping = part->mapping;
  state->part_index = part->index;
  state->next = part->mapping->writers;
  part->mapping->writers = state;
  return DRY_OK;
}

/* Opens the part for writing in a mapping that may write. */
static dry_status open_writer(const dryi_part *part, void *handle_out, dry_detail *detail) {
  dry_kv_writer *writer_out = handle_out;
  dryi_mapping *mapping = part->mapping;
  lock_writers(mapping);
  dryi_kv_state *shared = find_state(mapping, part->index);
  dry_status status = DRY_OK;
  if (shared) {
    writer_out->state = shared;
    status = dry_kv_reader_attach(shared->part, part->size_bytes, 0, &writer_out->reader, detail);
  } else {
    status = first_writer(part, writer_out, detail);
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

static dry_status make_part(const dryi_part *part, const void *options, void *handle_out, dry_detail *detail) {
  const dry_status status = dry_kv_init(part->base, part->size_bytes, options);
  if (status != DRY_OK) return dryi_fail(detail, status, "kv: cannot be laid out");
  DRYI_STEP("part_laid_out");
  return open_writer(part, handle_out, detail);
}

static dry_status open_part(const dryi_part *part, void *handle_out, dry_detail *detail) {
  bool writable;
  const dry_status status = dryi_part_access(part, &writable, detail);
  if (status != DRY_OK) return status;
  if (!writable) return dryi_fail(detail, DRY_READ_ONLY, "region '%s': is not open for writing", part->mapping->name);
  return open_writer(part, handle_out, detail);
}

static const dryi_part_kind kv_part = {
    DRY_PART_KV, DRY_KV_FORMAT, "kv", sizeof(dry_kv_writer), make_part, open_part};

dry_status dry_kv_create(dry_region *region, const char *name, size_t name_bytes, const dry_kv_options *options,
                         dry_kv_writer *writer_out, dry_detail *detail) {
  if (!writer_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "writer_out: must not be NULL");
  memset(writer_out, 0, sizeof *writer_out);
  dry_status status = dryi_part_writable(region, detail);
  if (status != DRY_OK) return status;
  uint64_t bytes;
  status = dry_kv_required_bytes(options, &bytes);
  if (status != DRY_OK)
    return dryi_fail(detail, status, "options: entries must be 1 .. %u, bytes 1 .. 2^44, layout %d, has_seed 0 or 1",
                     DRY_KV_ENTRIES_MAX, DRY_KV_LAYOUT_BLOCKS);
  return dryi_part_create(region, name, name_bytes, &kv_part, bytes, options, writer_out, detail);
}

dry_status dry_kv_open(dry_region *region, const char *name, size_t name_bytes, dry_kv_writer *writer_out,
                       dry_detail *detail) {
  if (!writer_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "writer_out: must not be NULL");
  memset(writer_out, 0, sizeof *writer_out);
  return dryi_part_open(region, name, name_bytes, &kv_part, writer_out, detail);
}

dry_status dry_kv_reader_open(dry_region *region, const char *name, size_t name_bytes, uint32_t flags,
                              dry_kv_reader *reader_out, dry_detail *detail) {
  if (!reader_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "reader_out: must not be NULL");
  memset(reader_out, 0, sizeof *reader_out);
  dryi_part part;
  dry_status status = dryi_part_find(region, name, name_bytes, &kv_part, &part, detail);
  if (status != DRY_OK) return status;
  status = dry_kv_reader_attach(part.base, part.size_bytes, flags, reader_out, detail);
  if (status != DRY_OK) {
    dryi_detail_prefix(detail, part.info.name);
    return status;
  }
  adopt(reader_out, part.mapping);
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
#undef make_part
#undef open_part

/* ---- kv/reader.c ---- */

#define refuse refuse_in_kv_reader
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
#undef refuse

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

#define put put_in_kv_writer
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
#undef put
#undef store_counters

/* ---- memory/arena.c ---- */

#define alloc_slow alloc_slow_in_memory_arena
#define begin begin_in_memory_arena
#define give_back give_back_in_memory_arena
#define make_room make_room_in_memory_arena
#define take take_in_memory_arena
/* arena.c: the cursor, forwards and back. */

#define STEP_BYTES_MAX 0x10000000000u /* 2^40 */
#define SPAN_FLAGS (DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE)
#define ALL_FLAGS (DRYI_SYSTEM_FLAGS | DRY_MEMORY_REQUIRED | SPAN_FLAGS)

_Static_assert(sizeof(dry_arena) <= 128, "arena.h promises at most 128 bytes");

#if defined(DRY_CHECKED) && DRY_CHECKED
static bool is_valid(const dry_arena *arena) {
  return arena->base && arena->base <= arena->next && arena->next <= arena->limit &&
         arena->limit <= arena->base + arena->capacity_bytes &&
         arena->end == (dryi_arena_sees_all(arena) ? arena->next : arena->limit);
}
#endif

/* ---- making and closing ---- */

static dry_status check_shared_options(const dry_arena_options *options, uint32_t flags, dry_detail *detail) {
  if (!options || options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: missing, or struct_size is not %zu", sizeof *options);
  if (options->overflow > DRY_OVERFLOW_ABORT)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "overflow: %u is no policy", options->overflow);
  return dryi_check_flags(options->flags, flags, detail);
}

dry_status dryi_arena_check_options(const dry_arena_options *options, dry_detail *detail) {
  dry_status status = check_shared_options(options, ALL_FLAGS, detail);
  if (status != DRY_OK) return status;
  if (options->capacity_bytes == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "capacity_bytes: must not be 0");
  if (options->capacity_bytes > DRY_ARENA_BYTES_MAX)
    return dryi_fail(detail, DRY_TOO_LARGE, "capacity_bytes: %llu is more than %llu",
                     (unsigned long long)options->capacity_bytes, (unsigned long long)DRY_ARENA_BYTES_MAX);
  if (options->reserve > 1)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "reserve: %u is neither 0 nor 1", options->reserve);
  uint64_t step = options->commit_step_bytes;
  if (step != 0 && (!options->reserve || step < DRY_REGION_PAGE_BYTES || step > STEP_BYTES_MAX))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "commit_step_bytes: %llu is not from %u to 2^40, or `reserve` is 0",
                     (unsigned long long)step, DRY_REGION_PAGE_BYTES);
  return DRY_OK;
}

/* An arena whose first `usable` bytes have memory behind them, with nothing taken. */
static void begin(dry_arena *arena, uint8_t *base, uint64_t capacity_bytes, uint64_t usable, uint32_t overflow,
                  uint32_t asked) {
  arena->base = base;
  arena->next = base;
  arena->limit = base + (usable < capacity_bytes ? usable : capacity_bytes);
  arena->capacity_bytes = capacity_bytes;
  arena->overflow = overflow;
  arena->asked = asked;
  arena->watched = dryi_annotate_active();
  if (arena->watched) dryi_annotate_free(base, (size_t)(arena->limit - base));
  dryi_arena_settle(arena);
}

dry_status dry_arena_create(const dry_arena_options *options, dry_arena *arena_out, dry_detail *detail) {
  if (!arena_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "arena_out: must not be NULL");
  memset(arena_out, 0, sizeof *arena_out);
  dry_status status = dryi_arena_check_options(options, detail);
  if (status != DRY_OK) return status;
  uint64_t step = dryi_arena_commit_step(options);
  uint64_t usable = step && step < options->capacity_bytes ? step : options->capacity_bytes;
  dryi_private memory;
  status = dryi_private_map(options->capacity_bytes, usable, options->flags, &memory, detail);
  if (status != DRY_OK) return status;
  uint32_t asked = (options->flags & ~DRY_MEMORY_REQUIRED) | (DRYI_CHECKED_FLAGS & DRY_MEMORY_GUARDED);
  arena_out->mapping_bytes = memory.bytes;
  arena_out->commit_step_bytes = step;
  arena_out->granted = dryi_arena_granted(asked, memory.granted);
  begin(arena_out, memory.base, options->capacity_bytes, usable, options->overflow, asked);
  return dryi_done(detail);
}

dry_status dry_arena_init(void *span, uint64_t span_bytes, const dry_arena_options *options, dry_arena *arena_out) {
  if (!arena_out) return DRY_INVALID_ARGUMENT;
  memset(arena_out, 0, sizeof *arena_out);
  if (!span || span_bytes == 0 || span_bytes > DRY_ARENA_BYTES_MAX) return DRY_INVALID_ARGUMENT;
  if (span_bytes > UINTPTR_MAX - (uintptr_t)span) return DRY_INVALID_ARGUMENT;
  if (options && check_shared_options(options, SPAN_FLAGS, NULL) != DRY_OK) return DRY_INVALID_ARGUMENT;
  if (options && (options->reserve || options->commit_step_bytes)) return DRY_INVALID_ARGUMENT;
  uint32_t asked = (options ? options->flags : 0) | (DRYI_CHECKED_FLAGS & DRY_MEMORY_GUARDED);
  arena_out->granted = asked;
  /* What is given back is wiped later; so all is zeros when it is taken. */
  if (asked & DRY_MEMORY_WIPE) dryi_wipe(span, span_bytes);
  begin(arena_out, span, span_bytes, span_bytes, options ? options->overflow : DRY_OVERFLOW_ERROR, asked);
  return DRY_OK;
}

dry_status dry_arena_close(dry_arena *arena) {
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_OK;
  dryi_arena_go_back(arena, 0, NULL);
  /* Whoever gets these addresses next knows nothing of an arena. */
  if (arena->watched) dryi_annotate_alloc(arena->base, (size_t)(arena->limit - arena->base));
  if (arena->mapping_bytes) (void)dryi_os_unmap(arena->base, arena->mapping_bytes);
  memset(arena, 0, sizeof *arena);
  return DRY_OK;
}

/* ---- forwards ---- */

static bool is_align(uint64_t align) { return dryi_is_power_of_two(align) && align <= DRY_ARENA_ALIGN_MAX; }

/* DRY_OK when the request fits behind `padding_out` bytes, with memory behind it; else DRY_FULL or DRY_OUT_OF_MEMORY. */
static dry_status make_room(dry_arena *arena, uint64_t size_bytes, uint64_t align, uint64_t *padding_out) {
  uint64_t padding = (0 - (uint64_t)(uintptr_t)arena->next) & (align - 1);
  uint64_t used = dryi_arena_used(arena);
  uint64_t room = arena->capacity_bytes - used;
  if (size_bytes > room || padding > room - size_bytes) return DRY_FULL;
  *padding_out = padding;
  return dryi_arena_commit(arena, used + padding + size_bytes);
}

/* Moves the cursor to the end of `memory`, which begins at or behind it, or is the last object. */
static void take(dry_arena *arena, uint8_t *memory, uint64_t size_bytes) {
  if (arena->watched) dryi_annotate_alloc(memory, (size_t)size_bytes);
  uint8_t *const behind = memory + size_bytes, *const added = memory > arena->next ? memory : arena->next;
  if (dryi_arena_cleans(arena) && behind > added) memset(added, 0, (size_t)(behind - added));
  arena->next = behind;
  dryi_arena_settle(arena);
  DRY_ASSERT(is_valid(arena));
}

/* What the handle and the arguments have to be, in the order in which they are told. */
static dry_status check_request(const dry_arena *arena, uint64_t align) {
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_CLOSED;
  return is_align(align) ? DRY_OK : DRY_INVALID_ARGUMENT;
}

static __attribute__((noinline)) dry_status alloc_slow(dry_arena *arena, uint64_t size_bytes, uint64_t align,
                                                       void **memory_out) {
  if (!memory_out) return DRY_INVALID_ARGUMENT;
  *memory_out = NULL;
  dry_status status = check_request(arena, align);
  if (status != DRY_OK) return status;
  DRY_ASSERT(is_valid(arena));
  uint64_t padding;
  status = make_room(arena, size_bytes, align, &padding);
  if (status != DRY_OK) return dryi_arena_overflow(arena, size_bytes, align, status, memory_out);
  *memory_out = arena->next + padding;
  take(arena, arena->next + padding, size_bytes);
  arena->allocations++;
  return DRY_OK;
}

/* The call is as long as its instructions take to come in: beginning a cache line is worth a tenth of it. */
__attribute__((aligned(DRY_CACHE_LINE_BYTES))) dry_status dry_arena_alloc(dry_arena *arena, uint64_t size_bytes,
                                                                          uint64_t align, void **memory_out) {
  if (__builtin_expect(dry_arena_take_inline(arena, size_bytes, align, memory_out), 1)) return DRY_OK;
  return alloc_slow(arena, size_bytes, align, memory_out);
}

dry_status dry_arena_alloc_zeroed(dry_arena *arena, uint64_t size_bytes, uint64_t align, void **memory_out) {
  dry_status status = dry_arena_alloc(arena, size_bytes, align, memory_out);
  if (status != DRY_OK) return status;
  uint64_t offset = (uint64_t)((uintptr_t)*memory_out - (uintptr_t)arena->base);
  if (offset >= arena->capacity_bytes) return DRY_OK; /* from the heap, which gave zeros, or of no bytes */
  /* Private memory that the cursor never passed before still has the zeros that it came with. */
  uint64_t dirty = arena->mapping_bytes ? arena->peak_bytes : arena->capacity_bytes;
  if (offset >= dirty) return DRY_OK;
  uint64_t bytes = size_bytes < dirty - offset ? size_bytes : dirty - offset;
  memset(*memory_out, 0, (size_t)bytes);
  return DRY_OK;
}

dry_status dry_arena_ensure(dry_arena *arena, uint64_t size_bytes, uint64_t align) {
  dry_status status = check_request(arena, align);
  if (status != DRY_OK) return status;
  uint64_t padding;
  status = make_room(arena, size_bytes, align, &padding);
  if (status != DRY_OK) arena->failures++;
  return status;
}

/* ---- back ---- */

/* `cursor` is at or before the arena's. */
static void give_back(dry_arena *arena, uint8_t *cursor) {
  arena->peak_bytes = dryi_arena_peak(arena);
  size_t bytes = (size_t)(arena->next - cursor);
  if (bytes > 0 && (arena->asked & SPAN_FLAGS)) {
    if (arena->watched) dryi_annotate_alloc(cursor, bytes); /* padding too is written to */
    if (arena->asked & DRY_MEMORY_WIPE) dryi_wipe(cursor, bytes);
    if (arena->asked & DRY_MEMORY_GUARDED) memset(cursor, DRY_POOL_POISON_BYTE, bytes);
  }
  if (arena->watched) dryi_annotate_free(cursor, bytes);
  arena->next = cursor;
  dryi_arena_settle(arena);
}

void dryi_arena_go_back(dry_arena *arena, uint64_t mark, const void *oldest_kept) {
  DRY_ASSERT(is_valid(arena));
  if (arena->fallback_blocks) dryi_arena_free_blocks(arena, oldest_kept);
  give_back(arena, arena->base + mark);
}

dry_status dry_arena_mark(const dry_arena *arena, uint64_t *mark_out) {
  if (!mark_out) return DRY_INVALID_ARGUMENT;
  *mark_out = 0;
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_CLOSED;
  *mark_out = dryi_arena_used(arena);
  return DRY_OK;
}

dry_status dry_arena_rewind(dry_arena *arena, uint64_t mark) {
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_CLOSED;
  if (mark > dryi_arena_used(arena)) return DRY_STALE;
  give_back(arena, arena->base + mark);
  DRY_ASSERT(is_valid(arena));
  return DRY_OK;
}

dry_status dry_arena_reset(dry_arena *arena) {
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_CLOSED;
  dryi_arena_go_back(arena, 0, NULL);
  arena->resets++;
  return DRY_OK;
}

/* Moves the cursor back over pages that are gone: writing poison to them would only bring them back. */
static void forget_beyond(dry_arena *arena, uint64_t keep_bytes) {
  arena->peak_bytes = dryi_arena_peak(arena);
  uint8_t *cursor = arena->base + keep_bytes;
  if (arena->watched) dryi_annotate_free(cursor, (size_t)(arena->next - cursor));
  arena->next = cursor;
  dryi_arena_settle(arena);
}

dry_status dry_arena_reset_and_release(dry_arena *arena, uint64_t keep_bytes) {
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_CLOSED;
  if (!arena->mapping_bytes) return DRY_UNSUPPORTED;
  uint64_t usable = dryi_align_up((uint64_t)(arena->limit - arena->base), DRY_REGION_PAGE_BYTES);
  uint64_t keep = keep_bytes < usable ? dryi_align_up(keep_bytes, DRY_REGION_PAGE_BYTES) : usable;
  int error = keep < usable ? dryi_os_discard_pages(arena->base + keep, usable - keep) : 0;
  if (error) return dryi_fail_os(NULL, error, "arena");
  if (keep < dryi_arena_used(arena)) forget_beyond(arena, keep);
  return dry_arena_reset(arena);
}

/* ---- the last object ---- */

/* Whether these bytes were taken from the arena and not given back since. */
static bool is_taken(const dry_arena *arena, const void *memory, uint64_t bytes) {
  uint64_t offset = (uint64_t)(uintptr_t)memory - (uint64_t)(uintptr_t)arena->base;
  return dryi_in_range(offset, bytes, dryi_arena_used(arena)) || dryi_arena_find_block(arena, memory, bytes);
}

/* Gives the last object another size where it lies; false when there is no room for it. */
static bool resize_last(dry_arena *arena, uint8_t *memory, uint64_t bytes) {
  uint64_t offset = (uint64_t)(memory - arena->base);
  if (bytes <= dryi_arena_used(arena) - offset) {
    give_back(arena, memory + bytes);
    return true;
  }
  if (bytes > arena->capacity_bytes - offset || dryi_arena_commit(arena, offset + bytes) != DRY_OK) return false;
  take(arena, memory, bytes);
  return true;
}

static bool resize_in_place(dry_arena *arena, uint8_t *memory, uint64_t old_bytes, uint64_t new_bytes, uint64_t align) {
  if ((uintptr_t)memory & (align - 1)) return false;
  if (memory >= arena->base && memory + old_bytes == arena->next) return resize_last(arena, memory, new_bytes);
  return new_bytes <= old_bytes;
}

dry_status dry_arena_realloc(dry_arena *arena, void *memory, uint64_t old_bytes, uint64_t new_bytes, uint64_t align,
                             void **memory_out) {
  if (!memory_out) return DRY_INVALID_ARGUMENT;
  *memory_out = NULL;
  dry_status status = check_request(arena, align);
  if (status != DRY_OK) return status;
  if (!memory && old_bytes != 0) return DRY_INVALID_ARGUMENT;
  if (!memory) return dry_arena_alloc(arena, new_bytes, align, memory_out);
  if (!is_taken(arena, memory, old_bytes)) return DRY_FOREIGN;
  if (resize_in_place(arena, memory, old_bytes, new_bytes, align)) {
    *memory_out = memory;
    return DRY_OK;
  }
  status = dry_arena_alloc(arena, new_bytes, align, memory_out);
  if (status == DRY_OK) memcpy(*memory_out, memory, (size_t)(old_bytes < new_bytes ? old_bytes : new_bytes));
  return status;
}

/* ---- facts ---- */

dry_status dry_arena_base(const dry_arena *arena, void **base_out) {
  if (!base_out) return DRY_INVALID_ARGUMENT;
  *base_out = NULL;
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_CLOSED;
  *base_out = arena->base;
  return DRY_OK;
}

int32_t dry_arena_contains(const dry_arena *arena, const void *memory) {
  return arena && arena->base && is_taken(arena, memory, 1);
}

dry_status dry_arena_get_stats(const dry_arena *arena, dry_arena_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  if (!arena) return DRY_INVALID_ARGUMENT;
  if (!arena->base) return DRY_CLOSED;
  stats_out->capacity_bytes = arena->capacity_bytes;
  stats_out->used_bytes = dryi_arena_used(arena);
  stats_out->peak_bytes = dryi_arena_peak(arena);
  stats_out->committed_bytes = (uint64_t)(arena->limit - arena->base);
  stats_out->allocations = arena->allocations;
  stats_out->failures = arena->failures;
  stats_out->fallbacks = arena->fallbacks;
  stats_out->resets = arena->resets;
  stats_out->granted = arena->granted;
  stats_out->refused = arena->asked & ~arena->granted;
  return DRY_OK;
}
#undef ALL_FLAGS
#undef SPAN_FLAGS
#undef STEP_BYTES_MAX
#undef alloc_slow
#undef begin
#undef give_back
#undef make_room
#undef take

/* ---- memory/arena_commit.c ---- */

/* arena_commit.c: arenas that reserve address space and put memory behind it as they are used. */

#define STEP_BYTES 0x10000u
#define HUGE_STEP_BYTES 0x200000u

uint64_t dryi_arena_commit_step(const dry_arena_options *options) {
  if (!options->reserve) return 0;
  if (options->commit_step_bytes) return dryi_align_up(options->commit_step_bytes, DRY_REGION_PAGE_BYTES);
  return options->flags & DRY_MEMORY_HUGE_PAGES ? HUGE_STEP_BYTES : STEP_BYTES;
}

uint32_t dryi_arena_granted(uint32_t asked, uint32_t by_system) {
  return by_system | (asked & (DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE));
}

void dryi_arena_settle(dry_arena *arena) { arena->end = dryi_arena_sees_all(arena) ? arena->next : arena->limit; }

dry_status dryi_arena_commit(dry_arena *arena, uint64_t bytes) {
  DRY_ASSERT(bytes <= arena->capacity_bytes);
  uint64_t usable = (uint64_t)(arena->limit - arena->base);
  if (bytes <= usable) return DRY_OK;
  /* The limit is a multiple of the page until the capacity is reached, and then nothing is missing any more. */
  uint64_t step = arena->commit_step_bytes;
  uint64_t more = (bytes - usable + step - 1) / step * step;
  if (more > arena->mapping_bytes - usable) more = arena->mapping_bytes - usable;
  dryi_private memory = {arena->base, arena->mapping_bytes, arena->granted, arena->asked & ~arena->granted};
  dry_status status = dryi_private_commit(&memory, usable, more, arena->asked);
  if (status != DRY_OK) return status;
  usable += more;
  if (usable > arena->capacity_bytes) usable = arena->capacity_bytes;
  if (arena->watched) dryi_annotate_free(arena->limit, usable - (uint64_t)(arena->limit - arena->base));
  arena->limit = arena->base + usable;
  arena->granted = dryi_arena_granted(arena->asked, memory.granted);
  dryi_arena_settle(arena);
  return DRY_OK;
}
#undef HUGE_STEP_BYTES
#undef STEP_BYTES

/* ---- memory/arena_overflow.c ---- */

/* arena_overflow.c: what happens to a request that has no room. */

static _Noreturn void give_up(const dry_arena *arena, uint64_t size_bytes, uint64_t align) {
  (void)fprintf(stderr, "drystone: arena: no room for %llu bytes aligned to %llu, %llu of %llu bytes are in use\n",
                (unsigned long long)size_bytes, (unsigned long long)align, (unsigned long long)dryi_arena_used(arena),
                (unsigned long long)arena->capacity_bytes);
  abort();
}

/* The list's entry, padding and the object in one piece of heap. */
static dryi_arena_block *new_block(uint64_t size_bytes, uint64_t align) {
  /* What no arena could hold is refused here: an allocator with checks of its own may abort over it. */
  if (size_bytes > DRY_ARENA_BYTES_MAX) return NULL;
  dryi_arena_block *block = dryi_os_alloc_zeroed((size_t)(sizeof *block + align - 1 + size_bytes));
  if (!block) return NULL;
  uint8_t *behind = (uint8_t *)(block + 1);
  block->memory = behind + ((0 - (uint64_t)(uintptr_t)behind) & (align - 1));
  block->size_bytes = size_bytes;
  return block;
}

dry_status dryi_arena_overflow(dry_arena *arena, uint64_t size_bytes, uint64_t align, dry_status cause,
                               void **memory_out) {
  if (arena->overflow == DRY_OVERFLOW_ABORT) give_up(arena, size_bytes, align);
  if (arena->overflow == DRY_OVERFLOW_FALLBACK) {
    dryi_arena_block *block = new_block(size_bytes, align);
    if (block) {
      block->older = arena->fallback_blocks;
      arena->fallback_blocks = block;
      arena->fallbacks++;
      arena->allocations++;
      *memory_out = block->memory;
      return DRY_OK;
    }
    cause = DRY_OUT_OF_MEMORY;
  }
  arena->failures++;
  return cause;
}

const dryi_arena_block *dryi_arena_find_block(const dry_arena *arena, const void *memory, uint64_t bytes) {
  for (const dryi_arena_block *block = arena->fallback_blocks; block; block = block->older) {
    uint64_t offset = (uint64_t)(uintptr_t)memory - (uint64_t)(uintptr_t)block->memory;
    if (dryi_in_range(offset, bytes, block->size_bytes)) return block;
  }
  return NULL;
}

void dryi_arena_free_blocks(dry_arena *arena, const void *oldest_kept) {
  dryi_arena_block *block = arena->fallback_blocks;
  while (block && block != oldest_kept) {
    dryi_arena_block *older = block->older;
    if (arena->asked & DRY_MEMORY_WIPE) dryi_wipe(block->memory, block->size_bytes);
    dryi_os_free(block);
    block = older;
  }
  arena->fallback_blocks = block;
}

/* ---- memory/backing.c ---- */

#define HUGE_BYTES 0x200000u

static uint64_t round_to(uint64_t bytes, uint64_t unit) { return (bytes + unit - 1) / unit * unit; }

/* ---- private memory ---- */

/* Takes address space whose base is a multiple of 2 MiB, by taking too much and giving back both ends. */
static int reserve_aligned(uint64_t bytes, void **base_out) {
  void *wide;
  int error = dryi_os_reserve(bytes + HUGE_BYTES, &wide);
  if (error) return error;
  uint8_t *from = (uint8_t *)wide;
  uint8_t *base = (uint8_t *)dryi_align_up((uint64_t)(uintptr_t)from, HUGE_BYTES);
  if (base > from) (void)dryi_os_unmap(from, (uint64_t)(base - from));
  uint64_t behind = HUGE_BYTES - (uint64_t)(base - from);
  if (behind > 0) (void)dryi_os_unmap(base + bytes, behind);
  *base_out = base;
  return 0;
}

/* What is asked of a range that has just become usable. */
static void ask(dryi_private *memory, uint8_t *from, uint64_t bytes, uint32_t flags) {
  uint32_t refused = 0;
  if ((flags & DRY_MEMORY_HUGE_PAGES) && dryi_os_huge_pages(from, bytes)) refused |= DRY_MEMORY_HUGE_PAGES;
  if ((flags & DRY_MEMORY_NUMA_LOCAL) && dryi_os_numa_local(from, bytes)) refused |= DRY_MEMORY_NUMA_LOCAL;
  bool touch = (flags & (DRY_MEMORY_PREFAULT | DRY_MEMORY_NUMA_LOCAL)) != 0;
  if (touch && dryi_os_prefault(from, bytes, true)) refused |= flags & (DRY_MEMORY_PREFAULT | DRY_MEMORY_NUMA_LOCAL);
  memory->refused |= refused;
  memory->granted = flags & DRYI_SYSTEM_FLAGS & ~memory->refused;
}

dry_status dryi_private_commit(dryi_private *memory, uint64_t offset, uint64_t bytes, uint32_t flags) {
  if (bytes == 0) return DRY_OK;
  if (dryi_os_commit(memory->base + offset, bytes)) return DRY_OUT_OF_MEMORY;
  ask(memory, memory->base + offset, bytes, flags);
  return DRY_OK;
}

dry_status dryi_private_map(uint64_t bytes, uint64_t usable, uint32_t flags, dryi_private *out, dry_detail *detail) {
  memset(out, 0, sizeof *out);
  bool whole = usable == bytes;
  /* The system puts huge pages only where a whole one fits. */
  uint64_t mapped = round_to(bytes, flags & DRY_MEMORY_HUGE_PAGES ? HUGE_BYTES : DRY_REGION_PAGE_BYTES);
  usable = whole ? mapped : round_to(usable, DRY_REGION_PAGE_BYTES);
  void *base = NULL;
  int error;
  if (flags & DRY_MEMORY_HUGE_PAGES)
    error = reserve_aligned(mapped, &base);
  else
    error = whole ? dryi_os_map_anonymous(mapped, &base) : dryi_os_reserve(mapped, &base);
  if (error) return dryi_fail_os(detail, error, "memory: %llu bytes", (unsigned long long)mapped);
  out->base = (uint8_t *)base;
  out->bytes = mapped;
  dry_status status = DRY_OK;
  if (whole && !(flags & DRY_MEMORY_HUGE_PAGES))
    ask(out, out->base, mapped, flags);
  else
    status = dryi_private_commit(out, 0, usable, flags);
  if (status != DRY_OK) dryi_fail(detail, status, "memory: %llu bytes", (unsigned long long)usable);
  if (status == DRY_OK && (flags & DRY_MEMORY_REQUIRED) && out->refused)
    status = dryi_fail(detail, DRY_UNSUPPORTED, "flags: the system refused 0x%x", out->refused);
  if (status != DRY_OK) dryi_private_unmap(out);
  return status;
}

void dryi_private_unmap(dryi_private *memory) {
  if (memory->base) (void)dryi_os_unmap(memory->base, memory->bytes);
  memset(memory, 0, sizeof *memory);
}

/* ---- backing ---- */

static const uint32_t never_closed = 0;

dry_status dryi_backing_new(size_t bytes, dryi_backing **out, dry_detail *detail) {
  DRY_ASSERT(bytes >= sizeof **out);
  *out = dryi_os_alloc_zeroed(bytes);
  if (!*out) return dryi_fail(detail, DRY_OUT_OF_MEMORY, "memory: none for a handle of %llu bytes",
                              (unsigned long long)bytes);
  return DRY_OK;
}

void dryi_backing_free(dryi_backing *backing) {
  if (!backing) return;
  dryi_private_unmap(&backing->memory);
  if (backing->mapping) dryi_mapping_release(backing->mapping);
  dryi_os_free(backing);
}

void dryi_backing_adopt(dryi_backing *backing, const dryi_part *part) {
  dryi_mapping_retain(part->mapping);
  backing->mapping = part->mapping;
  backing->part_offset = part->offset;
}

const uint32_t *dryi_backing_closed(const dryi_backing *backing) {
  return backing && backing->mapping ? &backing->mapping->closed : &never_closed;
}

/* ---- options ---- */

dry_status dryi_check_flags(uint32_t flags, uint32_t allowed, dry_detail *detail) {
  if ((flags & ~allowed) == 0) return DRY_OK;
  return dryi_fail(detail, DRY_INVALID_ARGUMENT, "flags: 0x%x is unknown, or not possible here", flags & ~allowed);
}

dry_status dryi_check_align(uint64_t align_bytes, uint64_t object_bytes, uint64_t max, uint64_t *align_out,
                            dry_detail *detail) {
  uint64_t align = align_bytes;
  if (align == 0) {
    uint64_t divides = object_bytes & (~object_bytes + 1);
    align = divides < 16 ? divides : 16;
  }
  if (!dryi_is_power_of_two(align) || align > max)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "align_bytes: %llu is no power of two from 1 to %llu",
                     (unsigned long long)align_bytes, (unsigned long long)max);
  *align_out = align;
  return DRY_OK;
}

/* ---- bytes ---- */

void dryi_wipe(void *memory, uint64_t bytes) {
  memset(memory, 0, (size_t)bytes);
  /* The compiler must take it that somebody reads the zeros. */
  __asm__ volatile("" : : "r"(memory) : "memory");
}

uint64_t dryi_stride_inverse(uint64_t stride, uint32_t *shift_out) {
  *shift_out = (uint32_t)__builtin_ctzll(stride);
  uint64_t odd = stride >> *shift_out;
  /* Newton: three bits are right at first, and twice as many each time. */
  uint64_t inverse = odd;
  for (int bits = 3; bits < 64; bits *= 2) inverse *= 2 - odd * inverse;
  return inverse;
}
#undef HUGE_BYTES

/* ---- memory/buffer_pool.c ---- */

#define check_options check_options_in_memory_buffer_pool
/* buffer_pool.c: an object pool whose objects are arrays. */

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
#undef check_options

/* ---- memory/guard.c ---- */

/* The golden ratio's multiples spread neighbouring keys over all eight bytes. */
static uint64_t pattern(uint64_t key) { return (key + 1) * 0x9e3779b97f4a7c15u ^ 0xc5a1b6d38e97f24bu; }

void dryi_guard_write(uint8_t *canary, uint64_t bytes, uint64_t key) {
  const uint64_t word = pattern(key);
  for (uint64_t at = 0; at < bytes; at += sizeof word)
    memcpy(canary + at, &word, bytes - at < sizeof word ? (size_t)(bytes - at) : sizeof word);
}

bool dryi_guard_holds(const uint8_t *canary, uint64_t bytes, uint64_t key) {
  const uint64_t word = pattern(key);
  for (uint64_t at = 0; at < bytes; at += sizeof word)
    if (memcmp(canary + at, &word, bytes - at < sizeof word ? (size_t)(bytes - at) : sizeof word) != 0) return false;
  return true;
}

bool dryi_guard_filled(const uint8_t *memory, uint64_t bytes, uint8_t byte) {
  /* Equal to itself moved by one byte, and the first byte right: memcmp does the work at its own speed. */
  return bytes == 0 || (memory[0] == byte && memcmp(memory, memory + 1, (size_t)(bytes - 1)) == 0);
}

/* ---- memory/index_map.c ---- */

#define check_open check_open_in_memory_index_map
#define give_back give_back_in_memory_index_map
#define take take_in_memory_index_map
/* index_map.c: taking, giving back and finding indices. */

/* ---- whether a call may go on ---- */

static dry_status check_open(const dry_index_map *map) {
  if (!map) return DRY_INVALID_ARGUMENT;
  if (!map->header) return DRY_CLOSED;
  /* pairs with the release store in dry_region_close */
  return dryi_load_acquire_u32(map->closed) ? DRY_CLOSED : DRY_OK;
}

static dry_status check_change(const dry_index_map *map) {
  dry_status status = check_open(map);
  if (status != DRY_OK) return status;
  const dryi_backing *backing = map->owner;
  return backing && backing->mapping ? dryi_mapping_may_write(backing->mapping) : DRY_OK;
}

/* ---- searching ---- */

/* The bits of a word that lead to free indices, or to taken ones. The word is loaded once: in shared memory it may be
   another one the next time. */
DRYI_INLINE uint64_t leads(const dry_index_map *map, bool to_free, uint32_t level, uint64_t at) {
  const uint64_t *words = to_free || level == 0 ? map->levels[level] : map->any[level];
  uint64_t word = dryi_load_relaxed_u64(words + at);
  return (to_free ? ~word : word) & dryi_index_map_valid(map, level, at);
}

/*
 * Finds the first index that is free, or taken, by way of bit `bit` of `level` or one behind it: in that word, else through
 * the levels above to another word and down again. `bit` only grows, so it ends whatever the words say.
 */
DRYI_INLINE dry_status search(const dry_index_map *map, bool to_free, uint32_t level, uint64_t bit, uint64_t *index_out) {
  bool promised = false;
  for (;;) {
    uint64_t at = bit >> DRYI_INDEX_MAP_FAN_LOG2;
    uint64_t found = 0;
    if (bit <= dryi_index_map_last_bit(map, level)) found = leads(map, to_free, level, at) & UINT64_MAX << (bit & 63);
    if (found) {
      bit = (at << DRYI_INDEX_MAP_FAN_LOG2) + (uint64_t)__builtin_ctzll(found);
      if (level == 0) break;
      level--;
      bit <<= DRYI_INDEX_MAP_FAN_LOG2;
      promised = true;
      continue;
    }
    /* Whoever may change the map has made its summaries anew, so theirs do not promise too much. */
    if (promised && map->writable) return DRY_CORRUPT;
    if (++level == map->height) return DRY_NOT_FOUND;
    bit = at + 1;
  }
  *index_out = bit;
  return DRY_OK;
}

/* The lowest free index, straight down; false where there is none, or something is wrong: then `search` tells. */
DRYI_INLINE bool descend(const dry_index_map *map, uint64_t *index_out) {
  uint64_t bit = 0;
  for (uint32_t level = map->height; level-- > 0;) {
    uint64_t free = ~dryi_load_relaxed_u64(map->levels[level] + bit);
    if (!free) return false;
    bit = (bit << DRYI_INDEX_MAP_FAN_LOG2) + (uint64_t)__builtin_ctzll(free);
    if (bit > dryi_index_map_last_bit(map, level)) return false;
  }
  *index_out = bit;
  return true;
}

/* ---- changing one leaf and what stands above it ---- */

static uint64_t bit_of(uint64_t number) { return UINT64_C(1) << (number & 63); }

/* The word above the leaf `at` on a level, and the leaf's bit in it. */
static uint64_t *above(uint64_t *const *levels, uint32_t level, uint64_t at, uint64_t *bit_out) {
  uint64_t number = at >> (DRYI_INDEX_MAP_FAN_LOG2 * (level - 1));
  *bit_out = bit_of(number);
  return levels[level] + (number >> DRYI_INDEX_MAP_FAN_LOG2);
}

static void set_any(dry_index_map *map, uint64_t at) {
  for (uint32_t level = map->height - 1; level > 0; level--) {
    uint64_t bit, *word = above(map->any, level, at, &bit);
    DRYI_STEP("index_map_set_any");
    dryi_store_release_u64(word, dryi_load_relaxed_u64(word) | bit);
  }
}

static void clear_any(dry_index_map *map, uint64_t at) {
  for (uint32_t level = 1; level < map->height; level++) {
    uint64_t bit, *word = above(map->any, level, at, &bit);
    uint64_t left = dryi_load_relaxed_u64(word) & ~bit;
    DRYI_STEP("index_map_clear_any");
    dryi_store_release_u64(word, left);
    if (left) return;
  }
}

static void set_full(dry_index_map *map, uint64_t at) {
  for (uint32_t level = 1; level < map->height; level++) {
    uint64_t bit, *word = above(map->levels, level, at, &bit);
    uint64_t now = dryi_load_relaxed_u64(word) | bit;
    DRYI_STEP("index_map_set_full");
    dryi_store_release_u64(word, now);
    if (~now) return;
  }
}

static void clear_full(dry_index_map *map, uint64_t at) {
  for (uint32_t level = map->height - 1; level > 0; level--) {
    uint64_t bit, *word = above(map->levels, level, at, &bit);
    DRYI_STEP("index_map_clear_full");
    dryi_store_release_u64(word, dryi_load_relaxed_u64(word) & ~bit);
  }
}

static bool is_full(const dry_index_map *map, uint64_t at, uint64_t word) {
  return (~word & dryi_index_map_valid(map, 0, at)) == 0;
}

static void add_to_count(dry_index_map *map, uint32_t by) {
  uint32_t *in_use = &map->header->in_use;
  DRYI_STEP("index_map_count");
  dryi_store_release_u32(in_use, dryi_load_relaxed_u32(in_use) + by);
  DRYI_STEP("index_map_end");
  dryi_index_map_end(map);
}

/* Takes those bits, `count` of them, of one leaf; false, and nothing changes, when one is taken. */
static bool take(dry_index_map *map, uint64_t at, uint64_t bits, uint32_t count) {
  uint64_t *leaf = map->levels[0] + at;
  uint64_t word = dryi_load_relaxed_u64(leaf);
  if (word & bits) return false;
  DRYI_STEP("index_map_begin");
  dryi_index_map_begin(map);
  if (word == 0) set_any(map, at);
  DRYI_STEP("index_map_take");
  dryi_store_release_u64(leaf, word | bits);
  if (is_full(map, at, word | bits)) set_full(map, at);
  add_to_count(map, count);
  return true;
}

/* Gives one bit of a leaf back; false, and nothing changes, when it is free. */
static bool give_back(dry_index_map *map, uint64_t index) {
  uint64_t at = index >> DRYI_INDEX_MAP_FAN_LOG2, bit = bit_of(index);
  uint64_t *leaf = map->levels[0] + at;
  uint64_t word = dryi_load_relaxed_u64(leaf);
  if ((word & bit) == 0) return false;
  DRYI_STEP("index_map_begin");
  dryi_index_map_begin(map);
  if (is_full(map, at, word)) clear_full(map, at);
  DRYI_STEP("index_map_give_back");
  dryi_store_release_u64(leaf, word & ~bit);
  if ((word & ~bit) == 0) clear_any(map, at);
  add_to_count(map, UINT32_MAX);
  return true;
}

/* ---- taking and giving back ---- */

static dry_status refuse_full(dry_index_map *map) {
  uint64_t *failures = &map->header->failures;
  dryi_store_relaxed_u64(failures, dryi_load_relaxed_u64(failures) + 1);
  return DRY_FULL;
}

dry_status dry_index_map_acquire(dry_index_map *map, uint32_t *index_out) {
  if (!index_out) return DRY_INVALID_ARGUMENT;
  *index_out = 0;
  dry_status status = check_change(map);
  if (status != DRY_OK) return status;
  uint64_t index;
  if (!descend(map, &index)) status = search(map, true, map->height - 1, 0, &index);
  if (status == DRY_NOT_FOUND) return refuse_full(map);
  if (status != DRY_OK) return status;
  if (!take(map, index >> DRYI_INDEX_MAP_FAN_LOG2, bit_of(index), 1)) return DRY_CORRUPT;
  *index_out = (uint32_t)index;
  return DRY_OK;
}

dry_status dry_index_map_acquire_at(dry_index_map *map, uint32_t index) {
  dry_status status = check_change(map);
  if (status != DRY_OK) return status;
  if (index >= map->capacity) return DRY_INVALID_ARGUMENT;
  return take(map, index >> DRYI_INDEX_MAP_FAN_LOG2, bit_of(index), 1) ? DRY_OK : DRY_ALREADY_EXISTS;
}

/* Takes up to `count` of the lowest free indices of the first leaf that has any, and writes them. */
static dry_status take_from_one_leaf(dry_index_map *map, uint32_t *indices_out, uint64_t count, uint32_t *taken_out) {
  uint64_t first;
  dry_status status = search(map, true, map->height - 1, 0, &first);
  if (status != DRY_OK) return status == DRY_NOT_FOUND ? DRY_CORRUPT : status;
  uint64_t at = first >> DRYI_INDEX_MAP_FAN_LOG2, bits = 0;
  uint32_t taken = 0;
  for (uint64_t free = leads(map, true, 0, at); free && taken < count; free &= free - 1) {
    uint32_t bit = (uint32_t)__builtin_ctzll(free);
    indices_out[taken++] = (uint32_t)(at << DRYI_INDEX_MAP_FAN_LOG2) + bit;
    bits |= bit_of(bit);
  }
  if (taken == 0 || !take(map, at, bits, taken)) return DRY_CORRUPT;
  *taken_out = taken;
  return DRY_OK;
}

dry_status dry_index_map_acquire_many(dry_index_map *map, uint32_t *indices_out, uint64_t count) {
  dry_status status = check_change(map);
  if (status != DRY_OK) return status;
  if (!indices_out && count > 0) return DRY_INVALID_ARGUMENT;
  if (count > map->capacity) return refuse_full(map);
  uint32_t in_use = dryi_load_relaxed_u32(&map->header->in_use);
  if (in_use > map->capacity) return DRY_CORRUPT;
  if (count > map->capacity - in_use) return refuse_full(map);
  uint64_t done = 0;
  while (done < count) {
    uint32_t taken = 0;
    status = take_from_one_leaf(map, indices_out + done, count - done, &taken);
    if (status != DRY_OK) break;
    done += taken;
  }
  if (status == DRY_OK) return DRY_OK;
  /* The count had promised more than there is. The list is the caller's, who may have changed it meanwhile. */
  while (done > 0) {
    uint32_t index = dryi_load_relaxed_u32(indices_out + --done);
    if (index < map->capacity) (void)give_back(map, index);
  }
  return status;
}

dry_status dry_index_map_release(dry_index_map *map, uint32_t index) {
  dry_status status = check_change(map);
  if (status != DRY_OK) return status;
  if (index >= map->capacity) return DRY_INVALID_ARGUMENT;
  return give_back(map, index) ? DRY_OK : DRY_STALE;
}

/* Makes a level's words say that nothing is taken; in `full` the bits that stand for nothing stay set. */
static void empty_level(const dry_index_map *map, uint64_t *words, uint32_t level, bool full) {
  uint64_t last = dryi_index_map_words(map, level) - 1;
  for (uint64_t at = 0; at < last; at++) dryi_store_release_u64(words + at, 0);
  dryi_store_release_u64(words + last, full ? ~dryi_index_map_valid(map, level, last) : 0);
}

dry_status dry_index_map_reset(dry_index_map *map) {
  dry_status status = check_change(map);
  if (status != DRY_OK) return status;
  dryi_index_map_begin(map);
  DRYI_STEP("index_map_reset");
  for (uint32_t level = map->height - 1; level > 0; level--) {
    empty_level(map, map->levels[level], level, true);
    DRYI_STEP("index_map_reset");
  }
  empty_level(map, map->levels[0], 0, false);
  for (uint32_t level = 1; level < map->height; level++) {
    DRYI_STEP("index_map_reset");
    empty_level(map, map->any[level], level, false);
  }
  DRYI_STEP("index_map_reset");
  dryi_store_release_u32(&map->header->in_use, 0);
  DRYI_STEP("index_map_end");
  dryi_index_map_end(map);
  return DRY_OK;
}

dry_status dry_index_map_repair(dry_index_map *map) {
  dry_status status = check_change(map);
  return status == DRY_OK ? dryi_index_map_rebuild(map, true, NULL) : status;
}

/* ---- looking ---- */

dry_status dry_index_map_contains(const dry_index_map *map, uint32_t index, uint32_t *used_out) {
  if (!used_out) return DRY_INVALID_ARGUMENT;
  *used_out = 0;
  dry_status status = check_open(map);
  if (status != DRY_OK) return status;
  if (index >= map->capacity) return DRY_INVALID_ARGUMENT;
  uint64_t word = dryi_load_relaxed_u64(map->levels[0] + (index >> DRYI_INDEX_MAP_FAN_LOG2));
  *used_out = (word & bit_of(index)) != 0;
  return DRY_OK;
}

DRYI_INLINE dry_status next(const dry_index_map *map, bool to_free, uint32_t from, uint32_t *index_out) {
  if (!index_out) return DRY_INVALID_ARGUMENT;
  *index_out = 0;
  dry_status status = check_open(map);
  if (status != DRY_OK) return status;
  if (from >= map->capacity) return DRY_NOT_FOUND;
  uint64_t index;
  status = search(map, to_free, 0, from, &index);
  if (status == DRY_OK) *index_out = (uint32_t)index;
  return status;
}

dry_status dry_index_map_next_used(const dry_index_map *map, uint32_t from, uint32_t *index_out) {
  return next(map, false, from, index_out);
}

dry_status dry_index_map_next_free(const dry_index_map *map, uint32_t from, uint32_t *index_out) {
  return next(map, true, from, index_out);
}

dry_status dry_index_map_list(const dry_index_map *map, uint32_t from, uint32_t *indices_out, uint64_t room,
                              uint64_t *count_out) {
  if (!count_out) return DRY_INVALID_ARGUMENT;
  *count_out = 0;
  dry_status status = check_open(map);
  if (status != DRY_OK) return status;
  if (!indices_out && room > 0) return DRY_INVALID_ARGUMENT;
  uint64_t count = 0, bit = from;
  while (count < room && bit < map->capacity) {
    uint64_t first;
    status = search(map, false, 0, bit, &first);
    if (status == DRY_NOT_FOUND) break;
    if (status != DRY_OK) return status;
    uint64_t at = first >> DRYI_INDEX_MAP_FAN_LOG2;
    uint64_t taken = leads(map, false, 0, at) & UINT64_MAX << (first & 63);
    for (; taken && count < room; taken &= taken - 1)
      indices_out[count++] = (uint32_t)((at << DRYI_INDEX_MAP_FAN_LOG2) + (uint64_t)__builtin_ctzll(taken));
    bit = (at + 1) << DRYI_INDEX_MAP_FAN_LOG2;
  }
  *count_out = count;
  return DRY_OK;
}

dry_status dry_index_map_get_stats(const dry_index_map *map, dry_index_map_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  dry_status status = check_open(map);
  if (status != DRY_OK) return status;
  const dry_index_map_header *header = map->header;
  stats_out->capacity = map->capacity;
  /* A process that was killed may not have come to count what it had taken. */
  bool exact = dryi_load_relaxed_u32(&header->changing) == 0;
  stats_out->in_use = exact ? dryi_load_relaxed_u32(&header->in_use) : dryi_index_map_count(map);
  stats_out->failures = dryi_load_relaxed_u64(&header->failures);
  stats_out->size_bytes = dryi_load_relaxed_u64(&header->size_bytes);
  const dryi_backing *backing = map->owner;
  if (backing) {
    stats_out->granted = backing->memory.granted;
    stats_out->refused = backing->memory.refused;
  }
  return DRY_OK;
}
#undef check_open
#undef give_back
#undef take

/* ---- memory/index_map_part.c ---- */

#define attach attach_in_memory_index_map_part
#define check_options check_options_in_memory_index_map_part
#define fixed_fields_crc fixed_fields_crc_in_memory_index_map_part
#define geometry_sound geometry_sound_in_memory_index_map_part
#define lay_out lay_out_in_memory_index_map_part
#define load_header load_header_in_memory_index_map_part
#define make_part make_part_in_memory_index_map_part
#define open_part open_part_in_memory_index_map_part
/* index_map_part.c: how a map is laid out, and its handles: on a span, in private memory, and as a part of a region. */

_Static_assert(sizeof(dry_index_map_header) == DRY_INDEX_MAP_HEADER_BYTES, "stored layout");
_Static_assert(offsetof(dry_index_map_header, capacity) == 40, "stored layout");
_Static_assert(offsetof(dry_index_map_header, header_crc) == 44, "stored layout");
_Static_assert(offsetof(dry_index_map_header, changing) == 52, "stored layout");
_Static_assert(offsetof(dry_index_map_header, failures) == 56, "stored layout");
_Static_assert(DRY_INDEX_MAP_CAPACITY_MAX == 1u << (DRYI_INDEX_MAP_FAN_LOG2 * DRY_INDEX_MAP_LEVELS),
               "the top level is one word");

#define SPAN_ALIGN 64

/* ---- layout ---- */

/* The words of each level; the number of levels, up to the one that is a single word. */
static uint32_t count_words(uint32_t capacity, uint64_t words_out[DRY_INDEX_MAP_LEVELS]) {
  uint64_t bits = capacity;
  uint32_t height = 0;
  do {
    bits = (bits + 63) / 64;
    words_out[height++] = bits;
  } while (bits > 1);
  return height;
}

static uint64_t header_geometry(uint32_t capacity, dry_index_map_header *header) {
  uint64_t words[DRY_INDEX_MAP_LEVELS], summary = 0;
  uint32_t height = count_words(capacity, words);
  for (uint32_t level = 1; level < height; level++) summary += words[level] * sizeof(uint64_t);
  header->capacity = capacity;
  header->leaves_offset = DRY_INDEX_MAP_HEADER_BYTES;
  header->full_offset = header->leaves_offset + words[0] * sizeof(uint64_t);
  header->any_offset = header->full_offset + summary;
  header->size_bytes = header->any_offset + summary;
  return header->size_bytes;
}

static uint32_t fixed_fields_crc(const dry_index_map_header *header) {
  return dryi_crc32c(0, header, offsetof(dry_index_map_header, header_crc));
}

static dry_status check_options(const dry_index_map_options *options, uint32_t flags, dry_detail *detail) {
  if (!options) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: must not be NULL");
  if (options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "struct_size: is %u, this library's is %zu", options->struct_size,
                     sizeof *options);
  if (options->capacity == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "capacity: must be at least 1");
  if (options->capacity > DRY_INDEX_MAP_CAPACITY_MAX)
    return dryi_fail(detail, DRY_TOO_LARGE, "capacity: %llu is above %u", (unsigned long long)options->capacity,
                     DRY_INDEX_MAP_CAPACITY_MAX);
  return dryi_check_flags(options->flags, flags, detail);
}

dry_status dry_index_map_required_bytes(const dry_index_map_options *options, uint64_t *bytes_out) {
  if (!bytes_out) return DRY_INVALID_ARGUMENT;
  *bytes_out = 0;
  dry_status status = check_options(options, 0, NULL);
  if (status != DRY_OK) return status;
  dry_index_map_header header;
  *bytes_out = header_geometry((uint32_t)options->capacity, &header);
  return DRY_OK;
}

/* Sets the handle's addresses from a header whose fields are known to be right. */
static void bind(dry_index_map *map, void *span, const dry_index_map_header *checked) {
  uint64_t words[DRY_INDEX_MAP_LEVELS];
  memset(map, 0, sizeof *map);
  uint8_t *base = (uint8_t *)span;
  map->capacity = checked->capacity;
  map->height = count_words(checked->capacity, words);
  uint64_t *leaves = (uint64_t *)(void *)(base + checked->leaves_offset);
  uint64_t *full = (uint64_t *)(void *)(base + checked->full_offset);
  uint64_t *any = (uint64_t *)(void *)(base + checked->any_offset);
  map->levels[0] = leaves;
  for (uint32_t level = 1; level < map->height; level++) {
    map->levels[level] = full;
    map->any[level] = any;
    full += words[level];
    any += words[level];
  }
  map->closed = dryi_backing_closed(NULL);
  map->writable = 1;
  map->header = (dry_index_map_header *)span;
}

static void lay_out(void *span, uint32_t capacity) {
  dry_index_map_header header;
  memset(&header, 0, sizeof header);
  uint64_t bytes = header_geometry(capacity, &header);
  header.magic = DRY_INDEX_MAP_MAGIC;
  header.header_crc = fixed_fields_crc(&header);
  memset((uint8_t *)span + sizeof header, 0, (size_t)(bytes - sizeof header));
  dry_index_map map;
  bind(&map, span, &header);
  for (uint32_t level = 1; level < map.height; level++) {
    uint64_t last = dryi_index_map_words(&map, level) - 1;
    map.levels[level][last] = ~dryi_index_map_valid(&map, level, last);
  }
  memcpy(span, &header, sizeof header);
}

dry_status dry_index_map_init(void *span, uint64_t span_bytes, const dry_index_map_options *options) {
  if (!span || (uintptr_t)span % SPAN_ALIGN != 0) return DRY_INVALID_ARGUMENT;
  uint64_t bytes;
  dry_status status = dry_index_map_required_bytes(options, &bytes);
  if (status != DRY_OK) return status;
  if (bytes > span_bytes) return DRY_TOO_LARGE;
  lay_out(span, (uint32_t)options->capacity);
  return DRY_OK;
}

/* ---- opening what lies in a span ---- */

static void load_header(const dry_index_map_header *header, dry_index_map_header *copy_out) {
  const uint64_t *from = (const uint64_t *)(const void *)header;
  uint64_t words[sizeof *copy_out / sizeof(uint64_t)];
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) words[i] = dryi_load_relaxed_u64(from + i);
  memcpy(copy_out, words, sizeof words);
}

/* Every offset follows from the capacity, so there is one right value for each. */
static bool geometry_sound(const dry_index_map_header *copy) {
  if (copy->capacity == 0 || copy->capacity > DRY_INDEX_MAP_CAPACITY_MAX) return false;
  dry_index_map_header right;
  header_geometry(copy->capacity, &right);
  return copy->size_bytes == right.size_bytes && copy->leaves_offset == right.leaves_offset &&
         copy->full_offset == right.full_offset && copy->any_offset == right.any_offset;
}

dry_status dryi_index_map_header_check(const void *span, uint64_t span_bytes, dry_index_map_header *copy_out,
                                       dry_detail *detail) {
  if (!span || (uintptr_t)span % SPAN_ALIGN != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "index map: the span must be aligned to %d", SPAN_ALIGN);
  if (span_bytes < sizeof *copy_out)
    return dryi_fail(detail, DRY_CORRUPT, "index map: %llu bytes are no index map", (unsigned long long)span_bytes);
  load_header(span, copy_out);
  if (copy_out->magic != DRY_INDEX_MAP_MAGIC)
    return dryi_fail(detail, DRY_CORRUPT, "index map: not an index map: the magic is 0x%016llx",
                     (unsigned long long)copy_out->magic);
  uint32_t crc = fixed_fields_crc(copy_out);
  if (crc != copy_out->header_crc)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_index_map_header, header_crc),
                        "index map: header checksum is 0x%08x, stored 0x%08x", crc, copy_out->header_crc);
  if (!geometry_sound(copy_out) || copy_out->size_bytes > span_bytes)
    return dryi_fail(detail, DRY_CORRUPT, "index map: header: offsets and sizes do not fit together");
  return DRY_OK;
}

/* Opens a span; for changes with its summaries made anew. */
static dry_status attach(void *span, uint64_t span_bytes, bool writable, dry_index_map *map_out, dry_detail *detail) {
  dry_index_map_header checked;
  dry_status status = dryi_index_map_header_check(span, span_bytes, &checked, detail);
  if (status != DRY_OK) return status;
  bind(map_out, span, &checked);
  map_out->writable = writable;
  if (writable) status = dryi_index_map_rebuild(map_out, false, detail);
  if (status != DRY_OK) memset(map_out, 0, sizeof *map_out);
  return status;
}

dry_status dry_index_map_attach(void *span, uint64_t span_bytes, dry_index_map *map_out, dry_detail *detail) {
  if (!map_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "map_out: must not be NULL");
  memset(map_out, 0, sizeof *map_out);
  dry_status status = attach(span, span_bytes, true, map_out, detail);
  return status == DRY_OK ? dryi_done(detail) : status;
}

/* ---- private memory ---- */

dry_status dry_index_map_create(const dry_index_map_options *options, dry_index_map *map_out, dry_detail *detail) {
  if (!map_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "map_out: must not be NULL");
  memset(map_out, 0, sizeof *map_out);
  dry_status status = check_options(options, DRYI_SYSTEM_FLAGS | DRY_MEMORY_REQUIRED, detail);
  if (status != DRY_OK) return status;
  dryi_backing *backing;
  status = dryi_backing_new(sizeof *backing, &backing, detail);
  if (status != DRY_OK) return status;
  dry_index_map_header header;
  uint64_t bytes = header_geometry((uint32_t)options->capacity, &header);
  status = dryi_private_map(bytes, bytes, options->flags, &backing->memory, detail);
  if (status == DRY_OK) {
    lay_out(backing->memory.base, (uint32_t)options->capacity);
    status = attach(backing->memory.base, backing->memory.bytes, true, map_out, detail);
  }
  if (status != DRY_OK) {
    dryi_backing_free(backing);
    return status;
  }
  map_out->owner = backing;
  return dryi_done(detail);
}

/* ---- parts ---- */

/* Opens the part with a handle that keeps the region's mapping. */
static dry_status open_mapped(const dryi_part *part, bool writable, dry_index_map *map_out, dry_detail *detail) {
  dryi_backing *backing;
  dry_status status = dryi_backing_new(sizeof *backing, &backing, detail);
  if (status != DRY_OK) return status;
  status = attach(part->base, part->size_bytes, writable, map_out, detail);
  if (status != DRY_OK) {
    dryi_backing_free(backing);
    return status;
  }
  dryi_backing_adopt(backing, part);
  map_out->owner = backing;
  map_out->closed = dryi_backing_closed(backing);
  return DRY_OK;
}

static dry_status make_part(const dryi_part *part, const void *capacity, void *map_out, dry_detail *detail) {
  lay_out(part->base, *(const uint32_t *)capacity);
  DRYI_STEP("part_laid_out");
  return open_mapped(part, true, map_out, detail);
}

static dry_status open_part(const dryi_part *part, void *map_out, dry_detail *detail) {
  bool writable;
  const dry_status status = dryi_part_access(part, &writable, detail);
  return status == DRY_OK ? open_mapped(part, writable, map_out, detail) : status;
}

static const dryi_part_kind index_map_part = {
    DRY_PART_INDEX_MAP, DRY_INDEX_MAP_FORMAT, "index_map", sizeof(dry_index_map), make_part, open_part};

dry_status dry_index_map_create_in(dry_region *region, const char *name, size_t name_bytes,
                                   const dry_index_map_options *options, dry_index_map *map_out, dry_detail *detail) {
  if (!map_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "map_out: must not be NULL");
  memset(map_out, 0, sizeof *map_out);
  dry_status status = dryi_part_writable(region, detail);
  if (status == DRY_OK) status = check_options(options, 0, detail);
  if (status != DRY_OK) return status;
  const uint32_t capacity = (uint32_t)options->capacity;
  dry_index_map_header header;
  const uint64_t bytes = header_geometry(capacity, &header);
  return dryi_part_create(region, name, name_bytes, &index_map_part, bytes, &capacity, map_out, detail);
}

dry_status dry_index_map_open(dry_region *region, const char *name, size_t name_bytes, dry_index_map *map_out,
                              dry_detail *detail) {
  if (!map_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "map_out: must not be NULL");
  memset(map_out, 0, sizeof *map_out);
  return dryi_part_open(region, name, name_bytes, &index_map_part, map_out, detail);
}

dry_status dryi_index_map_verify_part(dry_region *region, const char *name, size_t name_bytes, dry_detail *detail) {
  dryi_part part;
  dry_index_map map;
  dry_status status = dryi_part_find(region, name, name_bytes, &index_map_part, &part, detail);
  if (status == DRY_OK) status = attach(part.base, part.size_bytes, false, &map, detail);
  return status == DRY_OK ? dry_index_map_validate(&map, detail) : status;
}

dry_status dry_index_map_close(dry_index_map *map) {
  if (!map) return DRY_INVALID_ARGUMENT;
  dryi_backing *backing = map->owner;
  memset(map, 0, sizeof *map);
  dryi_backing_free(backing);
  return DRY_OK;
}
#undef SPAN_ALIGN
#undef attach
#undef check_options
#undef fixed_fields_crc
#undef geometry_sound
#undef lay_out
#undef load_header
#undef make_part
#undef open_part

/* ---- memory/index_map_validate.c ---- */

#define check_header check_header_in_memory_index_map_validate
/* index_map_validate.c: what the summaries must be by the leaves: to make them so, or to check that they are. */

static uint64_t leaf_at(const dry_index_map *map, uint64_t at) { return dryi_load_relaxed_u64(map->levels[0] + at); }

uint64_t dryi_index_map_count(const dry_index_map *map) {
  uint64_t count = 0;
  for (uint64_t at = 0; at < dryi_index_map_words(map, 0); at++)
    count += (uint64_t)__builtin_popcountll(leaf_at(map, at) & dryi_index_map_valid(map, 0, at));
  return count;
}

/* What word `at` of a level above 0 must be, by the words of the level below. */
static void summarise(const dry_index_map *map, uint32_t level, uint64_t at, uint64_t *full_out, uint64_t *any_out) {
  const uint64_t *full = map->levels[level - 1];
  const uint64_t *any = level == 1 ? full : map->any[level - 1];
  uint64_t first = at << DRYI_INDEX_MAP_FAN_LOG2, behind = dryi_index_map_words(map, level - 1);
  if (behind > first + 64) behind = first + 64;
  *full_out = ~dryi_index_map_valid(map, level, at);
  *any_out = 0;
  for (uint64_t i = first; i < behind; i++) {
    uint64_t valid = dryi_index_map_valid(map, level - 1, i), bit = UINT64_C(1) << (i - first);
    if ((~dryi_load_relaxed_u64(full + i) & valid) == 0) *full_out |= bit;
    if (dryi_load_relaxed_u64(any + i) & valid) *any_out |= bit;
  }
}

/* ---- making it so ---- */

/* What is right already is not stored, so that opening does not make every page of a region dirty. */
static void mend_u64(uint64_t *word, uint64_t right) {
  if (dryi_load_relaxed_u64(word) == right) return;
  DRYI_STEP("index_map_mend");
  dryi_store_release_u64(word, right);
}

static void mend_u32(uint32_t *word, uint32_t right) {
  if (dryi_load_relaxed_u32(word) == right) return;
  DRYI_STEP("index_map_mend");
  dryi_store_release_u32(word, right);
}

static dry_status refuse_stray(const dry_index_map *map, uint64_t at, dry_detail *detail) {
  uint64_t offset = dryi_load_relaxed_u64(&map->header->leaves_offset) + at * sizeof(uint64_t);
  return dryi_fail_at(detail, DRY_CORRUPT, offset, "index map: indices beyond the capacity of %u are taken",
                      map->capacity);
}

/* The only leaf that can have bits behind the capacity is the last one. */
static uint64_t stray_bits(const dry_index_map *map, uint64_t *at_out) {
  *at_out = dryi_index_map_words(map, 0) - 1;
  return leaf_at(map, *at_out) & ~dryi_index_map_valid(map, 0, *at_out);
}

dry_status dryi_index_map_rebuild(dry_index_map *map, bool lenient, dry_detail *detail) {
  uint64_t last;
  if (stray_bits(map, &last)) {
    if (!lenient) return refuse_stray(map, last, detail);
    mend_u64(map->levels[0] + last, leaf_at(map, last) & dryi_index_map_valid(map, 0, last));
  }
  for (uint32_t level = 1; level < map->height; level++) {
    for (uint64_t at = 0; at < dryi_index_map_words(map, level); at++) {
      uint64_t full, any;
      summarise(map, level, at, &full, &any);
      mend_u64(map->levels[level] + at, full);
      mend_u64(map->any[level] + at, any);
    }
  }
  mend_u32(&map->header->in_use, (uint32_t)dryi_index_map_count(map));
  mend_u32(&map->header->changing, 0);
  return DRY_OK;
}

/* ---- checking that it is ---- */

/* Whether a summary's word is right; while a change is under way `full` may lack bits, and `any` may have more. */
static bool summary_sound(uint64_t full, uint64_t any, uint64_t full_right, uint64_t any_right, uint64_t valid,
                          bool changing) {
  if (!changing) return full == full_right && any == any_right;
  return (full & valid & ~full_right) == 0 && (~full & ~valid) == 0 && (any_right & ~any) == 0 && (any & ~valid) == 0;
}

static dry_status check_level(const dry_index_map *map, uint32_t level, bool changing, dry_detail *detail) {
  for (uint64_t at = 0; at < dryi_index_map_words(map, level); at++) {
    uint64_t full_right, any_right;
    summarise(map, level, at, &full_right, &any_right);
    const uint64_t *word = map->levels[level] + at;
    uint64_t full = dryi_load_relaxed_u64(word), any = dryi_load_relaxed_u64(map->any[level] + at);
    if (summary_sound(full, any, full_right, any_right, dryi_index_map_valid(map, level, at), changing)) continue;
    uint64_t offset = (uint64_t)((const uint8_t *)word - (const uint8_t *)map->header);
    return dryi_fail_at(detail, DRY_CORRUPT, offset, "index map: word %llu of level %u contradicts the leaves",
                        (unsigned long long)at, level);
  }
  return DRY_OK;
}

static dry_status check_header(const dry_index_map *map, bool *changing_out, dry_detail *detail) {
  dry_index_map_header copy;
  dry_status status = dryi_index_map_header_check(map->header, UINT64_MAX, &copy, detail);
  if (status != DRY_OK) return status;
  for (size_t i = 0; i < sizeof copy.reserved1 / sizeof copy.reserved1[0]; i++)
    if (copy.reserved1[i] != 0)
      return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_index_map_header, reserved1),
                          "index map: header: reserved bytes are set");
  if (copy.changing > 1)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_index_map_header, changing),
                        "index map: header: the mark of a change is %u", copy.changing);
  *changing_out = copy.changing == 1;
  return DRY_OK;
}

static dry_status check_count(const dry_index_map *map, bool changing, dry_detail *detail) {
  uint64_t counted = dryi_index_map_count(map), stored = dryi_load_relaxed_u32(&map->header->in_use);
  if (changing || counted == stored) return DRY_OK;
  return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_index_map_header, in_use),
                      "index map: %llu indices are taken, the count says %llu", (unsigned long long)counted,
                      (unsigned long long)stored);
}

dry_status dry_index_map_validate(const dry_index_map *map, dry_detail *detail) {
  if (!map) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "map: must not be NULL");
  if (!map->header || dryi_load_acquire_u32(map->closed))
    return dryi_fail(detail, DRY_CLOSED, "index map: %s", dry_status_text(DRY_CLOSED));
  bool changing = false;
  dry_status status = check_header(map, &changing, detail);
  uint64_t at;
  if (status == DRY_OK && stray_bits(map, &at)) status = refuse_stray(map, at, detail);
  for (uint32_t level = 1; status == DRY_OK && level < map->height; level++)
    status = check_level(map, level, changing, detail);
  if (status == DRY_OK) status = check_count(map, changing, detail);
  return status == DRY_OK ? dryi_done(detail) : status;
}
#undef check_header

/* ---- memory/leak.c ---- */

/* Before glibc 2.34 it is in a library of its own, which nobody is made to link: then it is not there, and sites stay
   addresses. */
#pragma weak dladdr

dry_status dryi_leaks_open(dryi_leaks *leaks, uint64_t capacity, uint64_t usable, dry_detail *detail) {
  return dryi_private_map(capacity * sizeof(uint64_t), usable * sizeof(uint64_t), 0, &leaks->memory, detail);
}

dry_status dryi_leaks_grow(dryi_leaks *leaks, uint64_t from, uint64_t to) {
  if (!leaks->memory.base) return DRY_OK;
  const uint64_t begin = from * sizeof(uint64_t) / DRY_REGION_PAGE_BYTES * DRY_REGION_PAGE_BYTES;
  const uint64_t end = dryi_align_up(to * sizeof(uint64_t), DRY_REGION_PAGE_BYTES);
  return dryi_private_commit(&leaks->memory, begin, end - begin, 0);
}

void dryi_leaks_close(dryi_leaks *leaks) { dryi_private_unmap(&leaks->memory); }

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* "function+0x12 (program+0x3456)": what lies in the brackets is what addr2line takes, also where there are no symbols. */
static void describe_site(uint64_t site, char *text, size_t bytes) {
  Dl_info info;
  const uintptr_t address = (uintptr_t)site;
  memset(&info, 0, sizeof info);
  if (!dladdr || !dladdr((const void *)address, &info) || !info.dli_fname) {
    (void)snprintf(text, bytes, "0x%llx", (unsigned long long)site);
    return;
  }
  const char *program = last_part(info.dli_fname);
  const unsigned long long inside = (unsigned long long)(address - (uintptr_t)info.dli_fbase);
  if (info.dli_sname)
    (void)snprintf(text, bytes, "%s+0x%llx (%s+0x%llx)", info.dli_sname,
                   (unsigned long long)(address - (uintptr_t)info.dli_saddr), program, inside);
  else
    (void)snprintf(text, bytes, "%s+0x%llx", program, inside);
}

void dryi_leak_describe(uint64_t slot, uint64_t size_bytes, uint64_t caller, dry_leak *leak_out) {
  memset(leak_out, 0, sizeof *leak_out);
  leak_out->slot = slot;
  leak_out->size_bytes = size_bytes;
  if (caller == 0) return;
  /* A return address is that of the next instruction, which may belong to another line, or even another function. */
  leak_out->site = caller - 1;
  describe_site(leak_out->site, leak_out->text, sizeof leak_out->text);
}

/* ---- memory/object_pool.c ---- */

#define acquire_slow acquire_slow_in_memory_object_pool
#define check_open check_open_in_memory_object_pool
#define check_options check_options_in_memory_object_pool
#define geometry geometry_in_memory_object_pool
#define in_use(...) in_use_in_memory_object_pool(__VA_ARGS__)
#define lay_out lay_out_in_memory_object_pool
#define release_slow release_slow_in_memory_object_pool
#define retire retire_in_memory_object_pool
#define take take_in_memory_object_pool
#define write_canary write_canary_in_memory_object_pool
/* object_pool.c: slots with generations, and a destructor that runs once. */

/* No live object's handle, and no next one's complement: those have a generation above 0. */
#define RETIRED (~(uint64_t)0)

#define OBJECTS_A_SLOT ((uint64_t)1 << 31)

#define SLOTS_ALIGN 64

/* What close gives back, and what only the slow paths ask for. */
typedef struct object_memory {
  dryi_backing backing;
  uint32_t guarded;
  uint32_t wiped;
} object_memory;

static const object_memory *memory_of(const dry_object_pool *pool) { return pool->owner; }

static uint32_t in_use(const dry_object_pool *pool) { return pool->fresh - pool->free_count - pool->retired; }

/* ---- making ---- */

static dry_status check_options(const dry_object_pool_options *options, uint64_t *align_out, dry_detail *detail) {
  if (!options) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: must not be NULL");
  if (options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "struct_size: is %u, this library's is %zu", options->struct_size,
                     sizeof *options);
  if (options->object_bytes == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "object_bytes: must be at least 1");
  if (options->capacity == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "capacity: must be at least 1");
  if (options->object_bytes > DRY_OBJECT_POOL_OBJECT_BYTES_MAX)
    return dryi_fail(detail, DRY_TOO_LARGE, "object_bytes: %llu is above %u", (unsigned long long)options->object_bytes,
                     DRY_OBJECT_POOL_OBJECT_BYTES_MAX);
  if (options->capacity > DRY_OBJECT_POOL_CAPACITY_MAX)
    return dryi_fail(detail, DRY_TOO_LARGE, "capacity: %llu is above %u", (unsigned long long)options->capacity,
                     DRY_OBJECT_POOL_CAPACITY_MAX);
  dry_status status = dryi_check_flags(options->flags, DRY_MEMORY_FLAGS, detail);
  if (status != DRY_OK) return status;
  if ((options->flags & DRY_MEMORY_TRACK) && (options->flags & DRY_MEMORY_REQUIRED))
    return dryi_fail(detail, DRY_UNSUPPORTED, "flags: an object pool does not track (0x%x)", DRY_MEMORY_TRACK);
  return dryi_check_align(options->align_bytes, options->object_bytes, DRY_OBJECT_POOL_ALIGN_MAX, align_out, detail);
}

typedef struct geometry {
  uint64_t stride;
  uint64_t stack_offset;
  uint64_t slots_offset;
  uint64_t bytes;
} geometry;

/* Nothing overflows: strides stay below 2^31, and there are 2^30 of them at most. */
static dry_status lay_out(const dry_object_pool_options *options, uint32_t flags, uint64_t align, geometry *out,
                          dry_detail *detail) {
  uint64_t canary = flags & DRY_MEMORY_GUARDED ? DRY_POOL_CANARY_BYTES : 0;
  out->stride = dryi_align_up(options->object_bytes + canary, align);
  out->stack_offset = options->capacity * sizeof(uint64_t);
  out->slots_offset = dryi_align_up(out->stack_offset + options->capacity * sizeof(uint32_t),
                                    align > SLOTS_ALIGN ? align : SLOTS_ALIGN);
  out->bytes = out->slots_offset + options->capacity * out->stride;
  if (out->bytes <= DRY_OBJECT_POOL_BYTES_MAX) return DRY_OK;
  return dryi_fail(detail, DRY_TOO_LARGE, "capacity: %llu objects of %llu bytes are more than 2^46 bytes",
                   (unsigned long long)options->capacity, (unsigned long long)out->stride);
}

static dry_status map_memory(const geometry *where, uint32_t flags, object_memory **memory_out, dry_detail *detail) {
  dryi_backing *backing;
  dry_status status = dryi_backing_new(sizeof(object_memory), &backing, detail);
  if (status != DRY_OK) return status;
  status = dryi_private_map(where->bytes, where->bytes, flags, &backing->memory, detail);
  if (status != DRY_OK) {
    dryi_backing_free(backing);
    return status;
  }
  backing->memory.granted |= flags & (DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE);
  backing->memory.refused |= flags & DRY_MEMORY_TRACK;
  object_memory *memory = (object_memory *)(void *)backing;
  memory->guarded = (flags & DRY_MEMORY_GUARDED) != 0;
  memory->wiped = (flags & DRY_MEMORY_WIPE) != 0;
  *memory_out = memory;
  return DRY_OK;
}

dry_status dry_object_pool_create(const dry_object_pool_options *options, dry_object_pool *pool_out, dry_detail *detail) {
  if (!pool_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool_out: must not be NULL");
  memset(pool_out, 0, sizeof *pool_out);
  uint64_t align;
  dry_status status = check_options(options, &align, detail);
  if (status != DRY_OK) return status;
  uint32_t flags = options->flags | (DRYI_CHECKED_FLAGS & DRY_MEMORY_GUARDED);
  geometry where;
  object_memory *memory = NULL;
  status = lay_out(options, flags, align, &where, detail);
  if (status == DRY_OK) status = map_memory(&where, flags, &memory, detail);
  if (status != DRY_OK) return status;
  uint8_t *base = memory->backing.memory.base;
  pool_out->cells = (uint64_t *)(void *)base;
  pool_out->stack = (uint32_t *)(void *)(base + where.stack_offset);
  pool_out->slots = base + where.slots_offset;
  pool_out->stride_bytes = where.stride;
  pool_out->object_bytes = options->object_bytes;
  pool_out->capacity = (uint32_t)options->capacity;
  pool_out->destructor = options->destructor;
  pool_out->context = options->context;
  pool_out->owner = memory;
  if (!options->destructor && !memory->guarded && !memory->wiped && !dryi_annotate_active())
    pool_out->plain = pool_out->capacity;
  /* Memory that was never written is zero, which would be the handle of slot 0 without a generation. */
  pool_out->cells[0] = RETIRED;
  dryi_annotate_free(pool_out->slots, (size_t)(options->capacity * where.stride));
  return dryi_done(detail);
}

/* ---- one slot ---- */

static bool lives(const dry_object_pool *pool, uint32_t slot) { return (uint32_t)pool->cells[slot] == slot; }

/* How many objects of a slot are gone. Generations are odd, from 1 on. */
static uint64_t gone_of(const dry_object_pool *pool, uint32_t slot) {
  uint64_t cell = pool->cells[slot];
  if (cell == RETIRED) return 0;
  return (lives(pool, slot) ? cell : ~cell) >> 33;
}

static uint8_t *object_of(const dry_object_pool *pool, uint32_t slot) { return dryi_object_pool_object(pool, slot); }

static void retire(dry_object_pool *pool, uint32_t slot) {
  pool->gone += pool->cells[slot] == RETIRED ? OBJECTS_A_SLOT : gone_of(pool, slot);
  pool->cells[slot] = RETIRED;
  pool->retired++;
}

/* Guarded: whether nobody wrote to a slot that was used once while it was free. The tools let us look for the moment. */
static bool free_is_whole(const dry_object_pool *pool, uint32_t slot) {
  uint8_t *object = object_of(pool, slot), *canary = object + pool->object_bytes;
  const size_t bytes = (size_t)pool->object_bytes + DRY_POOL_CANARY_BYTES;
  dryi_annotate_alloc(object, bytes);
  const bool whole = dryi_guard_holds(canary, DRY_POOL_CANARY_BYTES, slot) &&
                     dryi_guard_filled(object, pool->object_bytes, DRY_POOL_POISON_BYTE);
  dryi_annotate_free(object, bytes);
  return whole;
}

static void write_canary(const dry_object_pool *pool, uint32_t slot) {
  uint8_t *canary = object_of(pool, slot) + pool->object_bytes;
  dryi_annotate_alloc(canary, DRY_POOL_CANARY_BYTES);
  dryi_guard_write(canary, DRY_POOL_CANARY_BYTES, slot);
  dryi_annotate_free(canary, DRY_POOL_CANARY_BYTES);
}

/* Makes a free slot's memory the caller's: false when somebody wrote to it while it was free. */
static bool open_memory(dry_object_pool *pool, uint32_t slot, bool first) {
  const object_memory *memory = memory_of(pool);
  uint8_t *object = object_of(pool, slot);
  if (memory->guarded && first) write_canary(pool, slot);
  if (memory->guarded && !first && !free_is_whole(pool, slot)) return false;
  dryi_annotate_alloc(object, (size_t)pool->object_bytes);
  /* Poison took the place of the zeros while it was free. */
  if (memory->guarded && memory->wiped && !first) memset(object, 0, (size_t)pool->object_bytes);
  return true;
}

/* Takes it back: false when somebody wrote beyond its end. */
static bool close_memory(dry_object_pool *pool, uint32_t slot) {
  const object_memory *memory = memory_of(pool);
  uint8_t *object = object_of(pool, slot), *canary = object + pool->object_bytes;
  bool whole = true;
  if (memory->wiped) dryi_wipe(object, pool->object_bytes);
  if (memory->guarded) {
    dryi_annotate_alloc(canary, DRY_POOL_CANARY_BYTES);
    whole = dryi_guard_holds(canary, DRY_POOL_CANARY_BYTES, slot);
    memset(object, DRY_POOL_POISON_BYTE, (size_t)pool->object_bytes);
  }
  dryi_annotate_free(object, (size_t)pool->stride_bytes);
  return whole;
}

static dry_status check_open(const dry_object_pool *pool) {
  if (!pool) return DRY_INVALID_ARGUMENT;
  if (!pool->slots) return DRY_CLOSED;
  return pool->busy ? DRY_BUSY : DRY_OK;
}

/* ---- taking ---- */

/* The slot that was freed last, else the next one that was never used. */
static dry_status take(dry_object_pool *pool, uint32_t *slot_out) {
  bool first = pool->free_count == 0;
  if (first && pool->fresh == pool->capacity) return DRY_FULL;
  uint32_t slot = first ? pool->fresh++ : pool->stack[--pool->free_count];
  if (first) pool->cells[slot] = ~(DRYI_OBJECT_POOL_GENERATION | slot);
  DRY_ASSERT(slot < pool->fresh && !lives(pool, slot));
  if (!open_memory(pool, slot, first)) {
    retire(pool, slot);
    return DRY_CORRUPT;
  }
  pool->cells[slot] = ~pool->cells[slot];
  /* Never-used slots are taken only when all others are, so this is the one place where there can be a new peak. */
  if (first && in_use(pool) > pool->peak) pool->peak = in_use(pool);
  *slot_out = slot;
  return DRY_OK;
}

static __attribute__((noinline)) dry_status acquire_slow(dry_object_pool *pool, uint64_t *handle_out, void **object_out) {
  if (handle_out) *handle_out = 0;
  if (object_out) *object_out = NULL;
  if (!handle_out || !object_out) return DRY_INVALID_ARGUMENT;
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status;
  uint32_t slot;
  status = take(pool, &slot);
  pool->failures += status == DRY_FULL;
  if (status != DRY_OK) return status;
  *handle_out = pool->cells[slot];
  *object_out = object_of(pool, slot);
  return DRY_OK;
}

dry_status dry_object_pool_acquire(dry_object_pool *pool, uint64_t *handle_out, void **object_out) {
  if (__builtin_expect(dryi_object_pool_take(pool, handle_out, object_out), 1)) return DRY_OK;
  return acquire_slow(pool, handle_out, object_out);
}

/* ---- giving back ---- */

/* Marks a live object dead, so that its handle is stale before its destructor runs. */
static void mark_dead(dry_object_pool *pool, uint32_t slot) {
  uint64_t handle = pool->cells[slot];
  bool last = handle >> 32 == DRYI_OBJECT_POOL_LAST_GENERATION;
  pool->cells[slot] = last ? RETIRED : ~(handle + 2 * DRYI_OBJECT_POOL_GENERATION);
}

/* Ends an object that is marked dead; DRY_CORRUPT: it is gone, and so is its slot. */
static dry_status bury(dry_object_pool *pool, uint32_t slot, bool destroy) {
  if (destroy && pool->destructor) {
    pool->busy = 1;
    pool->destructor(pool->context, object_of(pool, slot));
    pool->busy = 0;
  }
  bool whole = close_memory(pool, slot);
  if (whole && pool->cells[slot] != RETIRED)
    pool->stack[pool->free_count++] = slot;
  else
    retire(pool, slot);
  return whole ? DRY_OK : DRY_CORRUPT;
}

static __attribute__((noinline)) dry_status release_slow(dry_object_pool *pool, uint64_t handle, bool destroy) {
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status;
  if (!dryi_object_pool_lives(pool, handle)) return DRY_STALE;
  mark_dead(pool, (uint32_t)handle);
  return bury(pool, (uint32_t)handle, destroy);
}

dry_status dry_object_pool_release(dry_object_pool *pool, uint64_t handle) {
  if (__builtin_expect(dryi_object_pool_give(pool, handle), 1)) return DRY_OK;
  return release_slow(pool, handle, true);
}

dry_status dry_object_pool_forget(dry_object_pool *pool, uint64_t handle) { return release_slow(pool, handle, false); }

/* ---- several ---- */

/* Gives back what dry_object_pool_acquire_many has taken, as if it had never been. The generations stay used: a handle
   that was in the caller's array for a moment must not come to life again. */
static void take_back(dry_object_pool *pool, const uint64_t *handles, uint64_t count) {
  while (count > 0) {
    /* The list is the caller's, who may have changed it meanwhile. */
    uint64_t handle = dryi_load_relaxed_u64(handles + --count);
    if (!dryi_object_pool_lives(pool, handle)) continue;
    mark_dead(pool, (uint32_t)handle);
    (void)bury(pool, (uint32_t)handle, false);
    pool->gone--;
  }
}

dry_status dry_object_pool_acquire_many(dry_object_pool *pool, uint64_t *handles_out, uint64_t count) {
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status;
  if (!handles_out && count > 0) return DRY_INVALID_ARGUMENT;
  if (count > (uint64_t)pool->free_count + (pool->capacity - pool->fresh)) {
    pool->failures++;
    return DRY_FULL;
  }
  for (uint64_t i = 0; i < count; i++) {
    void *object;
    if (dryi_object_pool_take(pool, &handles_out[i], &object)) continue;
    uint32_t slot;
    status = take(pool, &slot);
    if (status != DRY_OK) {
      take_back(pool, handles_out, i);
      return status;
    }
    handles_out[i] = pool->cells[slot];
  }
  return DRY_OK;
}

/* Makes an object live again that was marked dead. */
static void revive(dry_object_pool *pool, uint32_t slot) {
  uint64_t cell = pool->cells[slot];
  pool->cells[slot] = cell == RETIRED ? (uint64_t)DRYI_OBJECT_POOL_LAST_GENERATION << 32 | slot
                                      : ~cell - 2 * DRYI_OBJECT_POOL_GENERATION;
}

/* Marks all of them dead, and writes their slots above the top of the stack: so each of the caller's handles is loaded once,
   since some other thread of his may be changing the list. A handle that is in it twice is stale the second time. None, if
   one is stale. */
static bool mark_all_dead(dry_object_pool *pool, const uint64_t *handles, uint64_t count) {
  uint32_t *top = pool->stack + pool->free_count;
  for (uint64_t i = 0; i < count; i++) {
    uint64_t handle = dryi_load_relaxed_u64(handles + i);
    if (dryi_object_pool_lives(pool, handle)) {
      mark_dead(pool, (uint32_t)handle);
      top[i] = (uint32_t)handle;
      continue;
    }
    while (i-- > 0) revive(pool, top[i]);
    return false;
  }
  return true;
}

dry_status dry_object_pool_release_many(dry_object_pool *pool, const uint64_t *handles, uint64_t count) {
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status;
  if (!handles && count > 0) return DRY_INVALID_ARGUMENT;
  if (!mark_all_dead(pool, handles, count)) return DRY_STALE;
  /* What is pushed while this goes on comes to lie where it has been read already. */
  const uint32_t *marked = pool->stack + pool->free_count;
  for (uint64_t i = 0; i < count; i++) {
    dry_status buried = bury(pool, marked[i], true);
    if (status == DRY_OK) status = buried;
  }
  return status;
}

/* ---- looking ---- */

dry_status dry_object_pool_get(const dry_object_pool *pool, uint64_t handle, void **object_out) {
  if (__builtin_expect(dryi_object_pool_find(pool, handle, object_out), 1)) return DRY_OK;
  if (!object_out) return DRY_INVALID_ARGUMENT;
  *object_out = NULL;
  dry_status status = check_open(pool);
  return status == DRY_OK ? DRY_STALE : status;
}

dry_status dry_object_pool_next(const dry_object_pool *pool, uint32_t from, uint64_t *handle_out) {
  if (!handle_out) return DRY_INVALID_ARGUMENT;
  *handle_out = 0;
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status;
  for (uint32_t slot = from; slot < pool->fresh; slot++) {
    if (!lives(pool, slot)) continue;
    *handle_out = pool->cells[slot];
    return DRY_OK;
  }
  return DRY_NOT_FOUND;
}

static uint64_t destroyed(const dry_object_pool *pool) {
  uint64_t count = pool->gone;
  for (uint32_t slot = 0; slot < pool->fresh; slot++) count += gone_of(pool, slot);
  return count;
}

dry_status dry_object_pool_get_stats(const dry_object_pool *pool, dry_object_pool_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status;
  const dryi_private *memory = &memory_of(pool)->backing.memory;
  stats_out->object_bytes = pool->object_bytes;
  stats_out->stride_bytes = pool->stride_bytes;
  stats_out->capacity = pool->capacity;
  stats_out->in_use = in_use(pool);
  stats_out->peak = pool->peak;
  stats_out->destroyed = destroyed(pool);
  stats_out->retired = pool->retired;
  stats_out->failures = pool->failures;
  stats_out->size_bytes = memory->bytes;
  stats_out->granted = memory->granted;
  stats_out->refused = memory->refused;
  return DRY_OK;
}

/* ---- all of it ---- */

/* Destroys what lives, in ascending order: how many that were. DRY_CORRUPT: some were found damaged, or written to while
   they were free. */
static dry_status destroy_all(dry_object_pool *pool, uint64_t *count_out) {
  dry_status status = DRY_OK;
  for (uint32_t slot = 0; slot < pool->fresh; slot++) {
    if (lives(pool, slot)) {
      mark_dead(pool, slot);
      if (bury(pool, slot, true) != DRY_OK) status = DRY_CORRUPT;
      ++*count_out;
    } else if (memory_of(pool)->guarded && pool->cells[slot] != RETIRED && !free_is_whole(pool, slot)) {
      retire(pool, slot);
      status = DRY_CORRUPT;
    }
  }
  return status;
}

dry_status dry_object_pool_reset(dry_object_pool *pool) {
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status;
  uint64_t count = 0;
  dry_status found = destroy_all(pool, &count);
  /* The lowest on top. */
  pool->free_count = 0;
  for (uint32_t slot = pool->fresh; slot > 0; slot--)
    if (pool->cells[slot - 1] != RETIRED) pool->stack[pool->free_count++] = slot - 1;
  return found;
}

dry_status dry_object_pool_close(dry_object_pool *pool, uint64_t *destroyed_out) {
  if (destroyed_out) *destroyed_out = 0;
  dry_status status = check_open(pool);
  if (status != DRY_OK) return status == DRY_CLOSED ? DRY_OK : status;
  uint64_t count = 0;
  dry_status found = destroy_all(pool, &count);
  if (destroyed_out) *destroyed_out = count;
  dryi_annotate_alloc(pool->slots, (size_t)(pool->capacity * pool->stride_bytes));
  dryi_backing *backing = pool->owner;
  memset(pool, 0, sizeof *pool);
  dryi_backing_free(backing);
  return found;
}
#undef OBJECTS_A_SLOT
#undef RETIRED
#undef SLOTS_ALIGN
#undef acquire_slow
#undef check_open
#undef check_options
#undef geometry
#undef in_use
#undef lay_out
#undef release_slow
#undef retire
#undef take
#undef write_canary

/* ---- memory/pool.c ---- */

#define acquire_slow acquire_slow_in_memory_pool
#define alloc_slow alloc_slow_in_memory_pool
#define release_slow release_slow_in_memory_pool
/*
 * pool.c: taking slots and giving them back. Each public call tries the inline body, which does it all for plain pools, and
 * else goes on in a function of its own: errors, growing, guards, wiping, tracking, parts of regions.
 */

/* Kept out of the hot calls, so that those need no stack frame. */
#define COLD __attribute__((noinline, cold))

/* ---- taking ---- */

/* The slot that is taken next. */
static dry_status peek(const dry_pool *pool, uint32_t *slot_out) {
  const uint32_t count = dryi_pool_load32(&pool->header->free_count), limit = pool->limit;
  if (count > limit) return DRY_CORRUPT;
  *slot_out = dryi_pool_load32(count > 0 ? pool->stack + (count - 1) : &pool->header->fresh);
  if (*slot_out < limit) return dryi_pool_is_used(pool, *slot_out) ? DRY_CORRUPT : DRY_OK;
  return count == 0 && *slot_out == limit ? DRY_FULL : DRY_CORRUPT;
}

/* The same, after growing where that helps. A request that finds none is counted. */
static dry_status next_slot(dry_pool *pool, uint32_t *slot_out) {
  dry_status status = peek(pool, slot_out);
  if (status != DRY_FULL) return status;
  status = dryi_pool_grow(pool, 1);
  if (status == DRY_OK) return peek(pool, slot_out);
  if (status == DRY_FULL) pool->header->failures = dryi_pool_load64(&pool->header->failures) + 1;
  return status;
}

dry_status dryi_pool_take_checked(dry_pool *pool, uint32_t *slot_out, uint64_t caller) {
  uint32_t slot;
  const dry_status status = next_slot(pool, &slot);
  if (status != DRY_OK) return status;
  const bool guarded = dryi_pool_has(pool, DRY_MEMORY_GUARDED);
  const bool whole = !guarded || dryi_pool_guard_take(pool, slot);
  if (!dryi_pool_take_top(pool, pool->limit, false, &slot, dryi_pool_kill_here) &&
      !dryi_pool_take_fresh(pool, pool->limit, &slot, dryi_pool_kill_here))
    return DRY_CORRUPT;
  dryi_leaks_note(&dryi_pool_owner_of(pool)->leaks, slot, caller);
  if (!whole) {
    dryi_pool_withdraw(pool, slot);
    return DRY_CORRUPT;
  }
  dryi_pool_show(pool, slot);
  /* Objects of a wiped pool are zeros when they are taken, poisoned in between or not. */
  if (guarded && dryi_pool_has(pool, DRY_MEMORY_WIPE))
    memset(dryi_pool_object(pool, slot), 0, dryi_pool_owner_of(pool)->facts.object_bytes);
  *slot_out = slot;
  return DRY_OK;
}

static inline bool take_plain(dry_pool *pool, uint32_t *slot_out) {
  return dryi_pool_take_top(pool, pool->plain, true, slot_out, NULL) ||
         dryi_pool_take_fresh(pool, pool->plain, slot_out, NULL);
}

static COLD dry_status acquire_slow(dry_pool *pool, uint32_t *slot_out, uint64_t caller) {
  if (!slot_out) return DRY_INVALID_ARGUMENT;
  *slot_out = 0;
  const dry_status status = dryi_pool_may_write(pool);
  return status == DRY_OK ? dryi_pool_take_checked(pool, slot_out, caller) : status;
}

dry_status dry_pool_acquire(dry_pool *pool, uint32_t *slot_out) {
  if (pool && slot_out && take_plain(pool, slot_out)) return DRY_OK;
  return acquire_slow(pool, slot_out, DRYI_CALLER());
}

static COLD dry_status alloc_slow(dry_pool *pool, void **memory_out, uint64_t caller) {
  if (!memory_out) return DRY_INVALID_ARGUMENT;
  *memory_out = NULL;
  uint32_t slot;
  const dry_status status = acquire_slow(pool, &slot, caller);
  if (status == DRY_OK) *memory_out = dryi_pool_object(pool, slot);
  return status;
}

dry_status dry_pool_alloc(dry_pool *pool, void **memory_out) {
  uint32_t slot;
  if (pool && memory_out && take_plain(pool, &slot)) {
    *memory_out = dryi_pool_object(pool, slot);
    return DRY_OK;
  }
  return alloc_slow(pool, memory_out, DRYI_CALLER());
}

/* ---- giving back ---- */

dry_status dryi_pool_check_give(dry_pool *pool, uint32_t slot) {
  const dry_status status = dryi_pool_check_slot(pool, slot);
  if (status != DRY_OK) return status;
  if (dryi_pool_load32(&pool->header->free_count) >= pool->limit) return DRY_CORRUPT;
  if (!dryi_pool_has(pool, DRY_MEMORY_GUARDED) || dryi_pool_canaries_hold(pool, slot)) return DRY_OK;
  dryi_pool_withdraw(pool, slot);
  return DRY_CORRUPT;
}

static COLD dry_status release_slow(dry_pool *pool, uint32_t slot) {
  dry_status status = dryi_pool_may_write(pool);
  if (status == DRY_OK) status = dryi_pool_check_give(pool, slot);
  if (status != DRY_OK) return status;
  dryi_pool_vacate(pool, slot);
  dryi_pool_then(dryi_pool_kill_here, "pool_vacated");
  return dryi_pool_give(pool, slot, false, dryi_pool_kill_here) ? DRY_OK : DRY_CORRUPT;
}

dry_status dry_pool_release(dry_pool *pool, uint32_t slot) {
  if (pool && slot < pool->plain && dryi_pool_give(pool, slot, true, NULL)) return DRY_OK;
  return release_slow(pool, slot);
}

static dry_status slot_at(const dry_pool *pool, uint64_t offset, uint32_t *slot_out) {
  const uint64_t slot = dryi_pool_slot_at(pool, offset);
  if (slot >= pool->limit) return DRY_FOREIGN;
  *slot_out = (uint32_t)slot;
  return DRY_OK;
}

static COLD dry_status free_slow(dry_pool *pool, uint64_t offset) {
  uint32_t slot;
  dry_status status = dryi_pool_may_write(pool);
  if (status == DRY_OK) status = slot_at(pool, offset, &slot);
  return status == DRY_OK ? release_slow(pool, slot) : status;
}

static inline dry_status free_offset(dry_pool *pool, uint64_t offset) {
  const uint64_t slot = dryi_pool_slot_at(pool, offset);
  if (slot < pool->plain && dryi_pool_give(pool, (uint32_t)slot, true, NULL)) return DRY_OK;
  return free_slow(pool, offset);
}

dry_status dry_pool_free(dry_pool *pool, void *memory) {
  return pool ? free_offset(pool, dryi_pool_offset_of(pool, memory)) : DRY_INVALID_ARGUMENT;
}

dry_status dry_pool_free_at(dry_pool *pool, uint64_t offset) {
  return pool ? free_offset(pool, offset) : DRY_INVALID_ARGUMENT;
}

dry_status dry_pool_slot_of(const dry_pool *pool, const void *memory, uint32_t *slot_out) {
  if (!slot_out) return DRY_INVALID_ARGUMENT;
  *slot_out = 0;
  dry_status status = dryi_pool_may_read(pool);
  uint32_t slot = 0;
  if (status == DRY_OK) status = slot_at(pool, dryi_pool_offset_of(pool, memory), &slot);
  if (status == DRY_OK) *slot_out = slot;
  return status;
}

dry_status dry_pool_reset(dry_pool *pool) {
  const dry_status status = dryi_pool_may_write(pool);
  if (status != DRY_OK) return status;
  const uint32_t fresh = dryi_pool_load32(&pool->header->fresh);
  if (fresh > pool->limit) return DRY_CORRUPT;
  dryi_pool_clear(pool, fresh);
  return DRY_OK;
}

/* ---- objects ---- */

static dry_status object_to_read(const dry_pool *pool, uint32_t slot) {
  const dry_status status = dryi_pool_may_read(pool);
  return status == DRY_OK ? dryi_pool_check_slot(pool, slot) : status;
}

static dry_status object_to_write(const dry_pool *pool, uint32_t slot) {
  const dry_status status = dryi_pool_may_write(pool);
  return status == DRY_OK ? dryi_pool_check_slot(pool, slot) : status;
}

dry_status dry_pool_at(const dry_pool *pool, uint32_t slot, void **memory_out) {
  if (!memory_out) return DRY_INVALID_ARGUMENT;
  *memory_out = NULL;
  const dry_status status = object_to_read(pool, slot);
  if (status == DRY_OK) *memory_out = dryi_pool_object(pool, slot);
  return status;
}

dry_status dry_pool_fill(dry_pool *pool, uint32_t slot, uint8_t byte) {
  const dry_status status = object_to_write(pool, slot);
  if (status == DRY_OK) memset(dryi_pool_object(pool, slot), byte, dryi_pool_owner_of(pool)->facts.object_bytes);
  return status;
}

static dry_status check_range(const dry_pool *pool, uint64_t at, const void *bytes, uint64_t count) {
  const bool inside = dryi_in_range(at, count, dryi_pool_owner_of(pool)->facts.object_bytes);
  return inside && (bytes || count == 0) ? DRY_OK : DRY_INVALID_ARGUMENT;
}

dry_status dry_pool_read(const dry_pool *pool, uint32_t slot, uint64_t at, void *bytes_out, uint64_t count) {
  dry_status status = object_to_read(pool, slot);
  if (status == DRY_OK) status = check_range(pool, at, bytes_out, count);
  if (status == DRY_OK && count > 0) memcpy(bytes_out, dryi_pool_object(pool, slot) + at, (size_t)count);
  return status;
}

dry_status dry_pool_write(dry_pool *pool, uint32_t slot, uint64_t at, const void *bytes, uint64_t count) {
  dry_status status = object_to_write(pool, slot);
  if (status == DRY_OK) status = check_range(pool, at, bytes, count);
  if (status == DRY_OK && count > 0) memmove(dryi_pool_object(pool, slot) + at, bytes, (size_t)count);
  return status;
}

dry_status dry_pool_next_used(const dry_pool *pool, uint32_t from, uint32_t *slot_out) {
  if (!slot_out) return DRY_INVALID_ARGUMENT;
  *slot_out = 0;
  const dry_status status = dryi_pool_may_read(pool);
  if (status != DRY_OK) return status;
  for (uint32_t at = from; at < pool->limit;) {
    if (at % 8 == 0 && dryi_pool_used8(pool, at) == 0) {
      at += 8;
    } else if (dryi_pool_check_slot(pool, at) == DRY_OK) {
      *slot_out = at;
      return DRY_OK;
    } else {
      at++;
    }
  }
  return DRY_NOT_FOUND;
}
#undef COLD
#undef acquire_slow
#undef alloc_slow
#undef release_slow

/* ---- memory/pool_grow.c ---- */

#define map map_in_memory_pool_grow
/* pool_grow.c: pools in private memory, whose three areas may get memory chunk by chunk. */

/* ---- chunks ---- */

static uint64_t page_down(uint64_t offset) { return offset / DRY_REGION_PAGE_BYTES * DRY_REGION_PAGE_BYTES; }

/* Pages that two chunks share are made usable twice, which changes nothing. */
static dry_status commit(dryi_pool_owner *owner, uint64_t begin, uint64_t end) {
  const uint64_t from = page_down(begin), to = dryi_align_up(end, DRY_REGION_PAGE_BYTES);
  return dryi_private_commit(&owner->backing.memory, from, to - from, owner->system_flags);
}

/* Memory for the slots from `from` to before `to` in each area. What was made usable before a failure stays unused. */
static dry_status commit_slots(dryi_pool_owner *owner, uint64_t from, uint64_t to) {
  const dry_pool_header *facts = &owner->facts;
  const uint64_t used = facts->used_offset, stack = facts->stack_offset, slots = facts->slots_offset;
  const uint64_t front = from == 0 ? DRY_POOL_CANARY_BYTES : 0;
  dry_status status = commit(owner, used + from, used + dryi_align_up(to, 8));
  if (status == DRY_OK) status = commit(owner, stack + from * 4, stack + to * 4);
  if (status == DRY_OK)
    status = commit(owner, slots - front + from * facts->stride_bytes, slots + to * facts->stride_bytes);
  return status == DRY_OK ? dryi_leaks_grow(&owner->leaks, from, to) : status;
}

dry_status dryi_pool_grow(dry_pool *pool, uint64_t slots) {
  dryi_pool_owner *owner = dryi_pool_owner_of(pool);
  const uint64_t limit = pool->limit, capacity = owner->facts.capacity;
  if (slots > capacity - limit) return DRY_FULL;
  uint64_t more = owner->chunk_slots ? owner->chunk_slots : limit;
  if (more < slots) more = slots;
  if (more > capacity - limit) more = capacity - limit;
  const dry_status status = commit_slots(owner, limit, limit + more);
  if (status != DRY_OK) return status;
  dryi_pool_set_limit(pool, (uint32_t)(limit + more));
  dryi_pool_hide_range(pool, (uint32_t)limit, pool->limit);
  return DRY_OK;
}

/* ---- creation ---- */

/* All memory there is to be, or address space for it with the first chunk. */
static dry_status map(dryi_pool_owner *owner, uint64_t first, uint32_t flags, dry_detail *detail) {
  dryi_private *memory = &owner->backing.memory;
  const dry_pool_header *facts = &owner->facts;
  const bool grows = first < facts->capacity;
  dry_status status = dryi_private_map(facts->size_bytes, grows ? sizeof(dry_pool_header) : facts->size_bytes, flags,
                                       memory, detail);
  if (status != DRY_OK) return status;
  if (flags & DRY_MEMORY_TRACK) status = dryi_leaks_open(&owner->leaks, facts->capacity, first, detail);
  if (status != DRY_OK || !grows) return status;
  status = commit_slots(owner, 0, first);
  if (status != DRY_OK)
    return dryi_fail(detail, status, "memory: %llu slots of %llu bytes", (unsigned long long)first,
                     (unsigned long long)facts->stride_bytes);
  if ((flags & DRY_MEMORY_REQUIRED) && memory->refused)
    return dryi_fail(detail, DRY_UNSUPPORTED, "flags: the system refused 0x%x", memory->refused);
  return DRY_OK;
}

dry_status dryi_pool_create_private(const dry_pool_options *options, dry_pool *pool_out, dry_detail *detail) {
  dry_pool_header facts;
  dry_status status = dryi_pool_layout(options, DRY_MEMORY_FLAGS, &facts, detail);
  if (status != DRY_OK) return status;
  dry_pool_options asked = *options;
  asked.flags |= DRYI_CHECKED_FLAGS;
  dryi_pool_owner *owner;
  status = dryi_pool_layout(&asked, DRY_MEMORY_FLAGS, &facts, detail);
  if (status == DRY_OK) status = dryi_pool_owner_new(&facts, &owner, detail);
  if (status != DRY_OK) return status;
  owner->system_flags = asked.flags;
  owner->chunk_slots = asked.chunk_slots;
  status = map(owner, asked.capacity_slots, asked.flags, detail);
  if (status != DRY_OK) {
    dryi_leaks_close(&owner->leaks);
    dryi_backing_free(&owner->backing);
    return status;
  }
  dryi_pool_lay_out(owner->backing.memory.base, &facts, true);
  dryi_pool_bind(pool_out, owner, owner->backing.memory.base, (uint32_t)asked.capacity_slots);
  dryi_pool_hide_range(pool_out, 0, pool_out->limit);
  return DRY_OK;
}
#undef map

/* ---- memory/pool_guard.c ---- */

#define write_canary write_canary_in_memory_pool_guard
/* pool_guard.c: canaries, poison and wiping, and what AddressSanitizer and Valgrind are told of a pool's slots. */

/* The canary in front of the first slot has the key of no slot. */
#define FRONT_KEY ((uint64_t)1 << 32)
/* What AddressSanitizer is told about never-used slots: it writes a byte of its own for each eight. */
#define HIDE_BYTES_MAX ((uint64_t)1 << 30)

static uint64_t gap_bytes(const dry_pool *pool) {
  return pool->stride_bytes - dryi_pool_owner_of(pool)->facts.object_bytes;
}

static uint8_t *gap(const dry_pool *pool, uint32_t slot) {
  return dryi_pool_object(pool, slot) + dryi_pool_owner_of(pool)->facts.object_bytes;
}

/* ---- annotations ---- */

void dryi_pool_show(const dry_pool *pool, uint32_t slot) {
  const dryi_pool_owner *owner = dryi_pool_owner_of(pool);
  if (owner->annotated) dryi_annotate_alloc(dryi_pool_object(pool, slot), owner->facts.object_bytes);
}

void dryi_pool_hide(const dry_pool *pool, uint32_t slot) {
  if (dryi_pool_owner_of(pool)->annotated)
    dryi_annotate_free(dryi_pool_object(pool, slot), (size_t)pool->stride_bytes);
}

void dryi_pool_hide_range(const dry_pool *pool, uint32_t from, uint32_t to) {
  if (!dryi_pool_owner_of(pool)->annotated || from >= to) return;
  const uint64_t bytes = (to - from) * pool->stride_bytes;
  dryi_annotate_free(dryi_pool_object(pool, from), (size_t)(bytes < HIDE_BYTES_MAX ? bytes : HIDE_BYTES_MAX));
}

void dryi_pool_show_all(const dry_pool *pool) {
  if (dryi_pool_owner_of(pool)->annotated)
    dryi_annotate_alloc(pool->slots, (size_t)(pool->limit * pool->stride_bytes));
}

/* The library itself looks behind the curtain: the whole slot may be touched until dryi_pool_hide or close_gap. */
static void open_slot(const dry_pool *pool, uint32_t slot) {
  if (dryi_pool_owner_of(pool)->annotated)
    dryi_annotate_alloc(dryi_pool_object(pool, slot), (size_t)pool->stride_bytes);
}

static void open_gap(const dry_pool *pool, uint32_t slot) {
  if (dryi_pool_owner_of(pool)->annotated) dryi_annotate_alloc(gap(pool, slot), (size_t)gap_bytes(pool));
}

static void close_gap(const dry_pool *pool, uint32_t slot) {
  if (dryi_pool_owner_of(pool)->annotated) dryi_annotate_free(gap(pool, slot), (size_t)gap_bytes(pool));
}

/* ---- canaries ---- */

void dryi_pool_guard_front(uint8_t *slots) {
  dryi_guard_write(slots - DRY_POOL_CANARY_BYTES, DRY_POOL_CANARY_BYTES, FRONT_KEY);
}

static void write_canary(const dry_pool *pool, uint32_t slot, uint64_t key) {
  open_gap(pool, slot);
  dryi_guard_write(gap(pool, slot), gap_bytes(pool), key);
  close_gap(pool, slot);
}

static bool canary_is(const dry_pool *pool, uint32_t slot, uint64_t key) {
  open_gap(pool, slot);
  const bool holds = dryi_guard_holds(gap(pool, slot), gap_bytes(pool), key);
  close_gap(pool, slot);
  return holds;
}

bool dryi_pool_canaries_hold(const dry_pool *pool, uint32_t slot) {
  const bool before = slot == 0 ? dryi_guard_holds(pool->slots - DRY_POOL_CANARY_BYTES, DRY_POOL_CANARY_BYTES, FRONT_KEY)
                                : canary_is(pool, slot - 1, slot - 1);
  return before && canary_is(pool, slot, slot);
}

/* ---- objects ---- */

bool dryi_pool_poison_holds(const dry_pool *pool, uint32_t slot) {
  open_slot(pool, slot);
  const bool holds = dryi_guard_filled(dryi_pool_object(pool, slot), dryi_pool_owner_of(pool)->facts.object_bytes,
                                       DRY_POOL_POISON_BYTE);
  dryi_pool_hide(pool, slot);
  return holds;
}

bool dryi_pool_guard_take(dry_pool *pool, uint32_t slot) {
  const uint32_t fresh = dryi_pool_load32(&pool->header->fresh), peak = dryi_pool_load32(&pool->header->peak);
  if (slot < fresh || slot < peak) return dryi_pool_poison_holds(pool, slot) && canary_is(pool, slot, slot);
  write_canary(pool, slot, slot);
  return true;
}

void dryi_pool_withdraw(dry_pool *pool, uint32_t slot) {
  /* Put right, so that nobody blames a neighbour for it. */
  write_canary(pool, slot, slot);
  dryi_pool_then(dryi_pool_kill_here, "pool_withdraw_canary");
  pool->used[slot] = DRY_POOL_SLOT_WITHDRAWN;
  dryi_pool_then(dryi_pool_kill_here, "pool_withdraw_used");
  pool->header->withdrawn = dryi_pool_load32(&pool->header->withdrawn) + 1;
  dryi_pool_then(dryi_pool_kill_here, "pool_withdrawn");
  dryi_pool_hide(pool, slot);
}

void dryi_pool_vacate(dry_pool *pool, uint32_t slot) {
  const uint32_t bytes = dryi_pool_owner_of(pool)->facts.object_bytes;
  uint8_t *object = dryi_pool_object(pool, slot);
  if (dryi_pool_has(pool, DRYI_POOL_STORED_FLAGS)) open_slot(pool, slot);
  if (dryi_pool_has(pool, DRY_MEMORY_WIPE)) dryi_wipe(object, bytes);
  if (dryi_pool_has(pool, DRY_MEMORY_GUARDED)) {
    memset(object, DRY_POOL_POISON_BYTE, bytes);
    dryi_guard_write(gap(pool, slot), gap_bytes(pool), slot);
  }
  dryi_pool_hide(pool, slot);
}
#undef FRONT_KEY
#undef HIDE_BYTES_MAX
#undef write_canary

/* ---- memory/pool_layout.c ---- */

#define check_number check_number_in_memory_pool_layout
#define fixed_fields_crc fixed_fields_crc_in_memory_pool_layout
#define geometry geometry_in_memory_pool_layout
#define geometry_sound geometry_sound_in_memory_pool_layout
#define load_header load_header_in_memory_pool_layout
/* pool_layout.c: how large a pool is, how it is laid out, and whether stored geometry can be right. */

_Static_assert(sizeof(dry_pool_header) == DRY_POOL_HEADER_BYTES, "stored layout");
_Static_assert(offsetof(dry_pool_header, slots_offset) == 40, "stored layout");
_Static_assert(offsetof(dry_pool_header, header_crc) == 68, "stored layout");
_Static_assert(offsetof(dry_pool_header, failures) == 88, "stored layout");
_Static_assert(offsetof(dry_pool_header, pending) == 96, "stored layout");

/* ---- options ---- */

static dry_status check_number(const char *field, uint64_t value, uint64_t max, dry_detail *detail) {
  if (value == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "%s: must be at least 1", field);
  if (value > max)
    return dryi_fail(detail, DRY_TOO_LARGE, "%s: %llu is more than %llu", field, (unsigned long long)value,
                     (unsigned long long)max);
  return DRY_OK;
}

static dry_status check_growth(const dry_pool_options *options, dry_detail *detail) {
  const uint64_t max = options->capacity_max_slots;
  if (max > DRY_POOL_CAPACITY_MAX || options->chunk_slots > DRY_POOL_CAPACITY_MAX)
    return dryi_fail(detail, DRY_TOO_LARGE, "%s: is more than %u",
                     max > DRY_POOL_CAPACITY_MAX ? "capacity_max_slots" : "chunk_slots", DRY_POOL_CAPACITY_MAX);
  if (max != 0 && max < options->capacity_slots)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "capacity_max_slots: %llu is below capacity_slots, %llu",
                     (unsigned long long)max, (unsigned long long)options->capacity_slots);
  if (max == 0 && options->chunk_slots != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "chunk_slots: means nothing without capacity_max_slots");
  return DRY_OK;
}

dry_status dryi_pool_check_stored(const dry_pool_options *options, dry_detail *detail) {
  if (options->capacity_max_slots == 0 && options->chunk_slots == 0) return DRY_OK;
  return dryi_fail(detail, DRY_INVALID_ARGUMENT, "%s: pools grow in private memory only",
                   options->capacity_max_slots ? "capacity_max_slots" : "chunk_slots");
}

/* ---- geometry ---- */

/* Nothing overflows: the limits of pool.h keep every term below 2^62. */
static void geometry(uint32_t object_bytes, uint32_t align_bytes, uint32_t capacity, uint32_t flags,
                     dry_pool_header *header) {
  const uint64_t canary = flags & DRY_MEMORY_GUARDED ? DRY_POOL_CANARY_BYTES : 0;
  memset(header, 0, sizeof *header);
  header->magic = DRY_POOL_MAGIC;
  header->object_bytes = object_bytes;
  header->align_bytes = align_bytes;
  header->capacity = capacity;
  header->flags = flags;
  header->stride_bytes = dryi_align_up(object_bytes + canary, align_bytes);
  header->used_offset = DRY_POOL_HEADER_BYTES;
  header->stack_offset = header->used_offset + dryi_align_up(capacity, 8);
  /* A canary stands in front of the first slot too. */
  header->slots_offset = dryi_align_up(header->stack_offset + (uint64_t)capacity * sizeof(uint32_t) + canary,
                                       dryi_pool_base_align(header));
  header->size_bytes = header->slots_offset + capacity * header->stride_bytes;
}

static uint32_t fixed_fields_crc(const dry_pool_header *header) {
  return dryi_crc32c(0, header, offsetof(dry_pool_header, header_crc));
}

dry_status dryi_pool_layout(const dry_pool_options *options, uint32_t allowed, dry_pool_header *header_out,
                            dry_detail *detail) {
  if (!options) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: must not be NULL");
  if (options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "struct_size: %u, not %zu", options->struct_size, sizeof *options);
  dry_status status = dryi_check_flags(options->flags, allowed, detail);
  if (status == DRY_OK) status = check_number("object_bytes", options->object_bytes, DRY_POOL_OBJECT_BYTES_MAX, detail);
  if (status == DRY_OK) status = check_number("capacity_slots", options->capacity_slots, DRY_POOL_CAPACITY_MAX, detail);
  if (status == DRY_OK) status = check_growth(options, detail);
  uint64_t align = 0;
  if (status == DRY_OK)
    status = dryi_check_align(options->align_bytes, options->object_bytes, DRY_POOL_ALIGN_MAX, &align, detail);
  if (status != DRY_OK) return status;
  const uint64_t capacity = options->capacity_max_slots ? options->capacity_max_slots : options->capacity_slots;
  geometry((uint32_t)options->object_bytes, (uint32_t)align, (uint32_t)capacity,
           options->flags & DRYI_POOL_STORED_FLAGS, header_out);
  header_out->header_crc = fixed_fields_crc(header_out);
  if (header_out->size_bytes <= DRY_POOL_BYTES_MAX) return DRY_OK;
  return dryi_fail(detail, DRY_TOO_LARGE, "pool: %llu slots of %llu bytes are more than 2^46 bytes",
                   (unsigned long long)capacity, (unsigned long long)header_out->stride_bytes);
}

/* ---- spans ---- */

dry_status dry_pool_required_bytes(const dry_pool_options *options, uint64_t *bytes_out) {
  if (!bytes_out) return DRY_INVALID_ARGUMENT;
  *bytes_out = 0;
  dry_pool_header header;
  dry_status status = dryi_pool_layout(options, DRYI_POOL_STORED_FLAGS, &header, NULL);
  if (status == DRY_OK) status = dryi_pool_check_stored(options, NULL);
  if (status == DRY_OK) *bytes_out = header.size_bytes;
  return status;
}

void dryi_pool_lay_out(uint8_t *base, const dry_pool_header *header, bool zeroed) {
  if (!zeroed) memset(base + header->used_offset, 0, (size_t)(header->stack_offset - header->used_offset));
  DRYI_STEP("pool_init_used");
  /* Freed objects are wiped; so, with those that nobody had yet, all are zeros when they are taken. */
  if (!zeroed && (header->flags & DRY_MEMORY_WIPE))
    dryi_wipe(base + header->slots_offset, header->capacity * header->stride_bytes);
  if (header->flags & DRY_MEMORY_GUARDED) dryi_pool_guard_front(base + header->slots_offset);
  memcpy(base + sizeof header->magic, (const uint8_t *)header + sizeof header->magic,
         sizeof *header - sizeof header->magic);
  DRYI_STEP("pool_init_header");
  /* With the magic the rest is there, for whoever attaches after a kill: pairs with nothing at run time. */
  dryi_store_release_u64(&((dry_pool_header *)(void *)base)->magic, header->magic);
}

dry_status dry_pool_init(void *span, uint64_t span_bytes, const dry_pool_options *options) {
  dry_pool_header header;
  dry_status status = dryi_pool_layout(options, DRYI_POOL_STORED_FLAGS, &header, NULL);
  if (status == DRY_OK) status = dryi_pool_check_stored(options, NULL);
  if (status != DRY_OK) return status;
  if (!span || (uintptr_t)span % dryi_pool_base_align(&header) != 0) return DRY_INVALID_ARGUMENT;
  if (header.size_bytes > span_bytes) return DRY_TOO_LARGE;
  dryi_pool_lay_out((uint8_t *)span, &header, false);
  return DRY_OK;
}

/* ---- stored pools ---- */

/* Everything that later code relies on follows from four numbers, so there is one right value for each. */
static bool geometry_sound(const dry_pool_header *copy) {
  const dry_pool_options options = {.struct_size = sizeof options, .flags = copy->flags,
                                    .object_bytes = copy->object_bytes, .capacity_slots = copy->capacity,
                                    .align_bytes = copy->align_bytes};
  dry_pool_header right;
  if (copy->align_bytes == 0 || dryi_pool_layout(&options, DRYI_POOL_STORED_FLAGS, &right, NULL) != DRY_OK) return false;
  return memcmp(copy, &right, offsetof(dry_pool_header, header_crc)) == 0;
}

static void load_header(const void *span, dry_pool_header *copy_out) {
  const uint64_t *from = (const uint64_t *)span;
  uint64_t words[sizeof *copy_out / 8];
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) words[i] = dryi_load_acquire_u64(from + i);
  memcpy(copy_out, words, sizeof words);
}

dry_status dryi_pool_header_check(const void *span, uint64_t span_bytes, dry_pool_header *facts_out,
                                  dry_detail *detail) {
  if (!span || (uintptr_t)span % DRY_CACHE_LINE_BYTES != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool: the span must be aligned to %d", DRY_CACHE_LINE_BYTES);
  if (span_bytes < sizeof *facts_out)
    return dryi_fail(detail, DRY_CORRUPT, "pool: %llu bytes are no pool", (unsigned long long)span_bytes);
  load_header(span, facts_out);
  if (facts_out->magic != DRY_POOL_MAGIC)
    return dryi_fail(detail, DRY_CORRUPT, "pool: not a pool: the magic is 0x%016llx",
                     (unsigned long long)facts_out->magic);
  const uint32_t crc = fixed_fields_crc(facts_out);
  if (crc != facts_out->header_crc)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, header_crc),
                        "pool: header checksum is 0x%08x, stored 0x%08x", crc, facts_out->header_crc);
  if (!geometry_sound(facts_out) || facts_out->size_bytes > span_bytes)
    return dryi_fail(detail, DRY_CORRUPT, "pool: header: offsets and sizes do not fit together");
  if ((uintptr_t)span % dryi_pool_base_align(facts_out) != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool: the span must be aligned to %u, as its objects are",
                     facts_out->align_bytes);
  return DRY_OK;
}
#undef check_number
#undef fixed_fields_crc
#undef geometry
#undef geometry_sound
#undef load_header

/* ---- memory/pool_many.c ---- */

#define make_room make_room_in_memory_pool_many
#define take_fresh take_fresh_in_memory_pool_many
#define take_plainly take_plainly_in_memory_pool_many
#define then then_in_memory_pool_many
/* pool_many.c: batches, all or nothing: one check of the pool and one store of each counter for many slots. */

static void then(const char *name) { dryi_pool_then(dryi_pool_kill_here, name); }

/* Checks the range, once more in some places: what lies on the stack may be changing under us in a region. */
static bool change(dry_pool *pool, uint32_t slot, uint8_t from, uint8_t to) {
  if (slot >= pool->limit || dryi_pool_load8(pool->used + slot) != from) return false;
  pool->used[slot] = to;
  return true;
}

static bool mark_taken(dry_pool *pool, uint32_t slot) {
  return change(pool, slot, DRY_POOL_SLOT_FREE, DRY_POOL_SLOT_TAKEN);
}

static bool mark_free(dry_pool *pool, uint32_t slot) {
  return change(pool, slot, DRY_POOL_SLOT_TAKEN, DRY_POOL_SLOT_FREE);
}

/* ---- taking ---- */

/* Room for `count` slots: how many come from the stack, the rest being never-used ones. */
static dry_status make_room(dry_pool *pool, uint64_t count, uint32_t *from_stack_out) {
  dry_pool_header *header = pool->header;
  const uint32_t stacked = dryi_pool_load32(&header->free_count), fresh = dryi_pool_load32(&header->fresh);
  if (fresh > pool->limit || stacked > fresh) return DRY_CORRUPT;
  *from_stack_out = stacked < count ? stacked : (uint32_t)count;
  const uint64_t wanted = count - *from_stack_out, there = pool->limit - fresh;
  const dry_status status = wanted <= there ? DRY_OK : dryi_pool_grow(pool, wanted - there);
  if (status == DRY_FULL) header->failures = dryi_pool_load64(&header->failures) + 1;
  return status;
}

/* Takes the `count` slots on top of the stack. Marks come first, the top one's before the others': what a killed process
   leaves is a row of taken ones on top. */
static dry_status take_stacked(dry_pool *pool, uint32_t *slots_out, uint32_t count) {
  const uint32_t stacked = dryi_pool_load32(&pool->header->free_count);
  if (stacked > pool->limit || stacked < count) return DRY_CORRUPT;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t slot = dryi_pool_load32(pool->stack + (stacked - 1 - i));
    if (!mark_taken(pool, slot)) {
      while (i-- > 0) (void)mark_free(pool, dryi_pool_load32(pool->stack + (stacked - 1 - i)));
      return DRY_CORRUPT;
    }
    slots_out[i] = slot;
    then("pool_many_take");
  }
  pool->header->free_count = stacked - count;
  then("pool_many_count");
  return DRY_OK;
}

static dry_status take_fresh(dry_pool *pool, uint32_t *slots_out, uint64_t count) {
  const uint32_t fresh = dryi_pool_load32(&pool->header->fresh);
  if (fresh > pool->limit || count > pool->limit - fresh) return DRY_CORRUPT;
  for (uint32_t i = 0; i < count; i++) {
    slots_out[i] = fresh + i;
    if (!mark_taken(pool, fresh + i)) {
      while (i-- > 0) (void)mark_free(pool, fresh + i);
      return DRY_CORRUPT;
    }
    then("pool_many_take_fresh");
  }
  pool->header->fresh = fresh + (uint32_t)count;
  then("pool_many_fresh");
  return DRY_OK;
}

/* Puts what was just taken back, so that the same slots come in the same order again. The list is the caller's, who may have
   changed it meanwhile. */
static void put_back(dry_pool *pool, const uint32_t *slots, uint64_t count) {
  while (count-- > 0) {
    const uint32_t slot = dryi_pool_load32(slots + count);
    if (dryi_pool_check_slot(pool, slot) != DRY_OK) continue;
    dryi_pool_vacate(pool, slot);
    (void)dryi_pool_give(pool, slot, false, dryi_pool_kill_here);
  }
}

static dry_status take_batch(dry_pool *pool, uint32_t *slots_out, uint64_t count, uint32_t stacked, uint64_t caller) {
  dry_status status = take_stacked(pool, slots_out, stacked);
  if (status != DRY_OK) return status;
  status = take_fresh(pool, slots_out + stacked, count - stacked);
  if (status != DRY_OK) {
    put_back(pool, slots_out, stacked);
    return status;
  }
  const dryi_pool_owner *owner = dryi_pool_owner_of(pool);
  if (!owner->annotated && !owner->leaks.memory.base) return DRY_OK;
  for (uint64_t i = 0; i < count; i++) {
    const uint32_t slot = dryi_pool_load32(slots_out + i);
    if (slot >= pool->limit) continue;
    dryi_leaks_note(&owner->leaks, slot, caller);
    dryi_pool_show(pool, slot);
  }
  return DRY_OK;
}

/* Guarded: each object is looked at on its own, and the first bad one ends it. */
static dry_status take_guarded(dry_pool *pool, uint32_t *slots_out, uint64_t count, uint64_t caller) {
  for (uint64_t i = 0; i < count; i++) {
    const dry_status status = dryi_pool_take_checked(pool, slots_out + i, caller);
    if (status == DRY_OK) continue;
    put_back(pool, slots_out, i);
    return status;
  }
  return DRY_OK;
}

/* From the stack of a plain pool: nobody else can write to its memory, and nobody finds it after a kill. */
static bool take_plainly(dry_pool *pool, uint32_t *slots_out, uint64_t count) {
  dry_pool_header *const header = pool->header;
  if (pool->plain == 0 || count > header->free_count) return false;
  uint8_t *const used = pool->used;
  const uint32_t *top = pool->stack + header->free_count;
  for (uint64_t i = 0; i < count; i++) {
    const uint32_t slot = *--top;
    used[slot] = DRY_POOL_SLOT_TAKEN;
    slots_out[i] = slot;
  }
  header->free_count -= (uint32_t)count;
  return true;
}

dry_status dry_pool_acquire_many(dry_pool *pool, uint32_t *slots_out, uint64_t count) {
  if (!slots_out && count > 0) return DRY_INVALID_ARGUMENT;
  if (pool && take_plainly(pool, slots_out, count)) return DRY_OK;
  dry_status status = dryi_pool_may_write(pool);
  if (status != DRY_OK) return status;
  uint32_t stacked = 0;
  status = make_room(pool, count, &stacked);
  if (status == DRY_OK && count > 0)
    status = dryi_pool_has(pool, DRY_MEMORY_GUARDED) ? take_guarded(pool, slots_out, count, DRYI_CALLER())
                                                     : take_batch(pool, slots_out, count, stacked, DRYI_CALLER());
  if (status == DRY_OK || count == 0) return status;
  const uint64_t capacity = dryi_pool_owner_of(pool)->facts.capacity;
  memset(slots_out, 0, (size_t)(count < capacity ? count : capacity) * sizeof *slots_out);
  return status;
}

/* ---- giving back ---- */

/* Marks all free, and writes them above the top of the stack. Where one is not taken, because it is free already or comes
   twice, those before it are taken again. Each of the caller's numbers is loaded once: some other thread of his may be
   changing the list. */
static dry_status free_all(dry_pool *pool, uint32_t stacked, const uint32_t *slots, uint64_t count) {
  uint32_t *const top = pool->stack + stacked;
  const uint64_t room = pool->limit - stacked;
  for (uint64_t i = 0; i < count; i++) {
    const uint32_t slot = dryi_pool_load32(slots + i);
    dry_status status = slot >= pool->limit ? DRY_FOREIGN : mark_free(pool, slot) ? DRY_OK : DRY_STALE;
    if (status == DRY_OK && i >= room) {
      /* More slots were taken than the stack says. */
      (void)mark_taken(pool, slot);
      status = DRY_CORRUPT;
    }
    if (status != DRY_OK) {
      while (i-- > 0) (void)mark_taken(pool, dryi_pool_load32(top + i));
      return status;
    }
    top[i] = slot;
    then("pool_many_clear");
  }
  return DRY_OK;
}

/* Lets the stack have what lies above its top. */
static void push_all(dry_pool *pool, uint32_t stacked, uint64_t count) {
  const bool vacate = dryi_pool_has(pool, DRYI_POOL_STORED_FLAGS) || dryi_pool_owner_of(pool)->annotated;
  for (uint64_t i = 0; i < count && vacate; i++) {
    const uint32_t slot = dryi_pool_load32(pool->stack + stacked + i);
    if (slot < pool->limit) dryi_pool_vacate(pool, slot);
    then("pool_many_vacated");
  }
  pool->header->free_count = stacked + (uint32_t)count;
  then("pool_many_free_count");
}

/* Looks at all slots of a guarded pool before anything changes. */
static dry_status check_all(dry_pool *pool, const uint32_t *slots, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) {
    const dry_status status = dryi_pool_check_give(pool, slots[i]);
    if (status != DRY_OK) return status;
  }
  return DRY_OK;
}

/* To the stack of a plain pool; false, and nothing has changed, when a slot is not taken. Each of the caller's numbers is
   loaded once: some other thread of his may be changing the list, and what is on the stack is taken without a question. */
static bool give_plainly(dry_pool *pool, const uint32_t *slots, uint64_t count) {
  const uint32_t limit = pool->plain;
  if (limit == 0) return false;
  uint8_t *const used = pool->used;
  uint32_t *const top = pool->stack + pool->header->free_count;
  for (uint64_t i = 0; i < count; i++) {
    const uint32_t slot = dryi_pool_load32(slots + i);
    if (__builtin_expect(slot >= limit || used[slot] != DRY_POOL_SLOT_TAKEN, 0)) {
      while (i-- > 0) used[top[i]] = DRY_POOL_SLOT_TAKEN;
      return false;
    }
    used[slot] = DRY_POOL_SLOT_FREE;
    top[i] = slot;
  }
  pool->header->free_count += (uint32_t)count;
  return true;
}

dry_status dry_pool_release_many(dry_pool *pool, const uint32_t *slots, uint64_t count) {
  if (!slots && count > 0) return DRY_INVALID_ARGUMENT;
  if (pool && give_plainly(pool, slots, count)) return DRY_OK;
  dry_status status = dryi_pool_may_write(pool);
  if (status != DRY_OK || count == 0) return status;
  if (dryi_pool_has(pool, DRY_MEMORY_GUARDED)) status = check_all(pool, slots, count);
  if (status != DRY_OK) return status;
  const uint32_t stacked = dryi_pool_load32(&pool->header->free_count);
  if (stacked > pool->limit) return DRY_CORRUPT;
  pool->header->pending = DRY_POOL_PENDING_RELEASE;
  then("pool_many_begun");
  status = free_all(pool, stacked, slots, count);
  if (status == DRY_OK) push_all(pool, stacked, count);
  dryi_pool_then(NULL, "");
  pool->header->pending = 0;
  then("pool_many_done");
  return status;
}
#undef make_room
#undef take_fresh
#undef take_plainly
#undef then

/* ---- memory/pool_part.c ---- */

#define begin begin_in_memory_pool_part
#define make_part make_part_in_memory_pool_part
#define open_part open_part_in_memory_pool_part
/* pool_part.c: handles: a pool in a bare span, in private memory, and as a part of a region. */

/* ---- handles ---- */

dry_status dryi_pool_owner_new(const dry_pool_header *facts, dryi_pool_owner **owner_out, dry_detail *detail) {
  dryi_backing *backing;
  const dry_status status = dryi_backing_new(sizeof **owner_out, &backing, detail);
  if (status != DRY_OK) return status;
  *owner_out = (dryi_pool_owner *)(void *)backing;
  (*owner_out)->facts = *facts;
  return DRY_OK;
}

void dryi_pool_bind(dry_pool *pool, dryi_pool_owner *owner, uint8_t *base, uint32_t limit) {
  const dry_pool_header *facts = &owner->facts;
  const bool part = owner->backing.mapping != NULL, private = owner->backing.memory.base != NULL;
  owner->annotated = !part && dryi_annotate_active();
  pool->header = (dry_pool_header *)(void *)base;
  pool->used = base + facts->used_offset;
  pool->stack = (uint32_t *)(void *)(base + facts->stack_offset);
  pool->slots = base + facts->slots_offset;
  pool->closed = dryi_backing_closed(&owner->backing);
  pool->stride_bytes = facts->stride_bytes;
  pool->owner = owner;
  pool->stride_inverse = dryi_stride_inverse(facts->stride_bytes, &pool->stride_shift);
  owner->plain = private && facts->flags == 0 && !owner->leaks.memory.base && !owner->annotated;
  dryi_pool_set_limit(pool, limit);
}

void dryi_pool_set_limit(dry_pool *pool, uint32_t limit) {
  pool->limit = limit;
  pool->plain = dryi_pool_owner_of(pool)->plain ? limit : 0;
}

dry_status dryi_pool_may_read(const dry_pool *pool) {
  if (!pool) return DRY_INVALID_ARGUMENT;
  if (!pool->header) return DRY_CLOSED;
  /* pairs with the release store in dry_region_close */
  return dryi_load_acquire_u32(pool->closed) ? DRY_CLOSED : DRY_OK;
}

dry_status dryi_pool_may_write(const dry_pool *pool) {
  if (!pool) return DRY_INVALID_ARGUMENT;
  if (!pool->header) return DRY_CLOSED;
  const dryi_mapping *mapping = dryi_pool_owner_of(pool)->backing.mapping;
  return mapping ? dryi_mapping_may_write(mapping) : DRY_OK;
}

dry_status dry_pool_close(dry_pool *pool) {
  if (!pool) return DRY_INVALID_ARGUMENT;
  if (!pool->header) return DRY_OK;
  dryi_pool_owner *owner = dryi_pool_owner_of(pool);
  dryi_pool_show_all(pool);
  dryi_leaks_close(&owner->leaks);
  dryi_backing_free(&owner->backing);
  memset(pool, 0, sizeof *pool);
  return DRY_OK;
}

static dry_status begin(dry_pool *pool_out, dry_detail *detail) {
  if (!pool_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool_out: must not be NULL");
  memset(pool_out, 0, sizeof *pool_out);
  return DRY_OK;
}

/* ---- spans and private memory ---- */

static void hide_free(const dry_pool *pool) {
  if (!dryi_pool_owner_of(pool)->annotated) return;
  dryi_pool_hide_range(pool, 0, pool->limit);
  for (uint32_t slot = 0; slot < pool->limit; slot++)
    if (dryi_pool_check_slot(pool, slot) == DRY_OK) dryi_pool_show(pool, slot);
}

dry_status dry_pool_attach(void *span, uint64_t span_bytes, dry_pool *pool_out, dry_detail *detail) {
  dry_status status = begin(pool_out, detail);
  dry_pool_header facts;
  dryi_pool_owner *owner = NULL;
  if (status == DRY_OK) status = dryi_pool_header_check(span, span_bytes, &facts, detail);
  if (status == DRY_OK) status = dryi_pool_owner_new(&facts, &owner, detail);
  if (status != DRY_OK) return status;
  dryi_pool_bind(pool_out, owner, (uint8_t *)span, facts.capacity);
  status = dryi_pool_repair(pool_out, detail);
  if (status != DRY_OK) {
    (void)dry_pool_close(pool_out);
    return status;
  }
  hide_free(pool_out);
  return dryi_done(detail);
}

dry_status dry_pool_create(const dry_pool_options *options, dry_pool *pool_out, dry_detail *detail) {
  dry_status status = begin(pool_out, detail);
  if (status == DRY_OK) status = dryi_pool_create_private(options, pool_out, detail);
  return status == DRY_OK ? dryi_done(detail) : status;
}

/* ---- parts ---- */

static dry_status make_part(const dryi_part *part, const void *header, void *pool_out, dry_detail *detail) {
  const dry_pool_header *facts = header;
  const uint64_t align = dryi_pool_base_align(facts);
  if ((uintptr_t)part->base % align != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "align_bytes: the region's buffer is not aligned to %llu",
                     (unsigned long long)align);
  dryi_pool_owner *owner;
  const dry_status status = dryi_pool_owner_new(facts, &owner, detail);
  if (status != DRY_OK) return status;
  dryi_pool_lay_out(part->base, facts, false);
  DRYI_STEP("pool_laid_out");
  dryi_backing_adopt(&owner->backing, part);
  dryi_pool_bind(pool_out, owner, part->base, facts->capacity);
  return DRY_OK;
}

/* Without a look at what may be half-done: nothing is written. */
static dry_status open_as_it_is(const dryi_part *part, dry_pool *pool_out, dry_detail *detail) {
  dry_pool_header facts;
  dryi_pool_owner *owner = NULL;
  dry_status status = dryi_pool_header_check(part->base, part->size_bytes, &facts, detail);
  if (status == DRY_OK) status = dryi_pool_owner_new(&facts, &owner, detail);
  if (status != DRY_OK) return status;
  dryi_backing_adopt(&owner->backing, part);
  dryi_pool_bind(pool_out, owner, part->base, facts.capacity);
  return DRY_OK;
}

static dry_status open_part(const dryi_part *part, void *pool_out, dry_detail *detail) {
  bool writable;
  dry_status status = dryi_part_access(part, &writable, detail);
  if (status == DRY_OK) status = open_as_it_is(part, pool_out, detail);
  if (status != DRY_OK || !writable) return status;
  status = dryi_pool_repair(pool_out, detail);
  if (status != DRY_OK) (void)dry_pool_close(pool_out);
  return status;
}

static const dryi_part_kind pool_part = {
    DRY_PART_POOL, DRY_POOL_FORMAT, "pool", sizeof(dry_pool), make_part, open_part};

dry_status dry_pool_create_in(dry_region *region, const char *name, size_t name_bytes, const dry_pool_options *options,
                              dry_pool *pool_out, dry_detail *detail) {
  dry_status status = begin(pool_out, detail);
  dry_pool_header facts;
  if (status == DRY_OK) status = dryi_part_writable(region, detail);
  if (status == DRY_OK) status = dryi_pool_layout(options, DRYI_POOL_STORED_FLAGS, &facts, detail);
  if (status == DRY_OK) status = dryi_pool_check_stored(options, detail);
  if (status != DRY_OK) return status;
  return dryi_part_create(region, name, name_bytes, &pool_part, facts.size_bytes, &facts, pool_out, detail);
}

dry_status dry_pool_open(dry_region *region, const char *name, size_t name_bytes, dry_pool *pool_out,
                         dry_detail *detail) {
  const dry_status status = begin(pool_out, detail);
  return status == DRY_OK ? dryi_part_open(region, name, name_bytes, &pool_part, pool_out, detail) : status;
}

dry_status dryi_pool_verify_part(dry_region *region, const char *name, size_t name_bytes, dry_detail *detail) {
  dry_pool pool = {0};
  dryi_part part;
  dry_status status = dryi_part_find(region, name, name_bytes, &pool_part, &part, detail);
  if (status == DRY_OK) status = open_as_it_is(&part, &pool, detail);
  if (status != DRY_OK) return status;
  status = dry_pool_validate(&pool, detail);
  (void)dry_pool_close(&pool);
  return status;
}
#undef begin
#undef make_part
#undef open_part

/* ---- memory/pool_repair.c ---- */

#define check_stack check_stack_in_memory_pool_repair
#define rebuild rebuild_in_memory_pool_repair
#define then then_in_memory_pool_repair
/*
 * pool_repair.c: marks, stack and counters as a killed process left them.
 *
 * The marks in `used` are the truth. A take stores mark, then counter; a give stores stack entry, counter, then mark. So a
 * process that is killed in between leaves the top entries of the stack taken, or slots from `fresh` on, and nothing else:
 * either is set right by moving one counter. What takes more stores than that (reset, a batch given back, making the stack
 * anew) is announced in `pending`. Everything beyond is damage, and the stack is made anew from the marks.
 */

static void then(const char *name) { dryi_pool_then(dryi_pool_kill_here, name); }

static uint32_t min_u32(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* ---- examination ---- */

/* How many of the slots below `end` are not free. */
static uint32_t used_below(const dry_pool *pool, uint32_t end) {
  uint32_t count = 0;
  for (uint32_t slot = 0; slot < end; slot++) count += dryi_pool_is_used(pool, slot);
  return count;
}

/* Where the slots end that are not free: 0 where all are. */
static uint32_t end_of_used(const dry_pool *pool) {
  uint32_t end = pool->limit;
  while (end > 0 && !dryi_pool_is_used(pool, end - 1)) end -= end % 8 == 0 && dryi_pool_used8(pool, end - 8) == 0 ? 8 : 1;
  return end;
}

/* Marks are one of three, and the padding behind them is zero. */
static dry_status check_marks(const dry_pool *pool, dry_detail *detail) {
  const uint64_t at = dryi_pool_owner_of(pool)->facts.used_offset, padded = dryi_align_up(pool->limit, 8);
  for (uint32_t slot = 0; slot < padded; slot++) {
    const uint8_t mark = dryi_pool_load8(pool->used + slot);
    if (mark > (slot < pool->limit ? DRY_POOL_SLOT_WITHDRAWN : 0))
      return dryi_fail_at(detail, DRY_CORRUPT, at + slot, "pool: used: slot %u is marked 0x%x", slot, mark);
  }
  return DRY_OK;
}

/* How many in a row from `fresh` on are taken; false when others behind them are too. */
static bool fresh_run(const dry_pool *pool, dryi_pool_remains *remains) {
  uint32_t end = remains->fresh;
  while (end < pool->limit && dryi_pool_is_used(pool, end)) end++;
  remains->fresh_run = end - remains->fresh;
  return end_of_used(pool) <= end;
}

/* Walks the stack from its top: entries in range, none twice, taken ones only in a row on top. `seen`: a byte a slot. */
static dry_status walk_stack(const dry_pool *pool, uint8_t *seen, dryi_pool_remains *remains, dry_detail *detail) {
  const uint64_t at = dryi_pool_owner_of(pool)->facts.stack_offset;
  bool on_top = true;
  for (uint32_t i = remains->count; i > 0; i--) {
    const uint32_t slot = dryi_pool_load32(pool->stack + (i - 1));
    const uint64_t offset = at + (i - 1) * sizeof(uint32_t);
    if (slot >= remains->fresh)
      return dryi_fail_at(detail, DRY_CORRUPT, offset, "pool: stack: entry %u names slot %u, of %u", i - 1, slot,
                          remains->fresh);
    if (seen[slot])
      return dryi_fail_at(detail, DRY_CORRUPT, offset, "pool: stack: slot %u is there twice", slot);
    seen[slot] = 1;
    const bool taken = dryi_pool_is_used(pool, slot);
    if (taken && !on_top)
      return dryi_fail_at(detail, DRY_CORRUPT, offset, "pool: stack: slot %u is taken and free", slot);
    on_top = taken;
    remains->top_run += taken;
  }
  return DRY_OK;
}

static dry_status check_stack(const dry_pool *pool, dryi_pool_remains *remains, dry_detail *detail) {
  if (remains->count == 0) return DRY_OK;
  uint8_t *seen = dryi_os_alloc_zeroed(remains->fresh);
  if (!seen) return dryi_fail(detail, DRY_OUT_OF_MEMORY, "pool: no memory to check %u slots", remains->fresh);
  const dry_status status = walk_stack(pool, seen, remains, detail);
  dryi_os_free(seen);
  return status;
}

static uint32_t count_withdrawn(const dry_pool *pool, uint32_t fresh) {
  uint32_t count = 0;
  for (uint32_t slot = 0; slot < fresh; slot++) count += dryi_pool_is_withdrawn(pool, slot);
  return count;
}

dry_status dryi_pool_examine(const dry_pool *pool, dryi_pool_remains *remains, dry_detail *detail) {
  const dry_pool_header *header = pool->header;
  memset(remains, 0, sizeof *remains);
  remains->fresh = dryi_pool_load32(&header->fresh);
  remains->count = dryi_pool_load32(&header->free_count);
  if (remains->fresh > pool->limit || remains->count > remains->fresh)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, free_count),
                        "pool: header: %u free of %u that were taken, of %u", remains->count, remains->fresh, pool->limit);
  dry_status status = check_marks(pool, detail);
  if (status != DRY_OK) return status;
  if (!fresh_run(pool, remains))
    return dryi_fail_at(detail, DRY_CORRUPT, dryi_pool_owner_of(pool)->facts.used_offset,
                        "pool: used: a slot behind %u is taken", remains->fresh);
  status = check_stack(pool, remains, detail);
  if (status != DRY_OK) return status;
  const uint32_t used = used_below(pool, remains->fresh), free = remains->count - remains->top_run;
  if (used + free != remains->fresh)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, free_count),
                        "pool: used: %u are taken and %u free of %u", used, free, remains->fresh);
  remains->withdrawn = count_withdrawn(pool, remains->fresh);
  /* A slot is marked before it is counted. */
  const uint32_t stored = dryi_pool_load32(&header->withdrawn);
  if (stored == remains->withdrawn || (remains->withdrawn > 0 && stored == remains->withdrawn - 1)) return DRY_OK;
  return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, withdrawn), "pool: %u slots are withdrawn, not %u",
                      remains->withdrawn, stored);
}

/* ---- reset ---- */

static void clear_slot(dry_pool *pool, uint32_t slot) {
  if (!dryi_pool_is_used(pool, slot)) return;
  dryi_pool_vacate(pool, slot);
  then("pool_reset_vacated");
  pool->used[slot] = DRY_POOL_SLOT_FREE;
  then("pool_reset_slot");
}

static void clear_used(dry_pool *pool, uint32_t to) {
  if (dryi_pool_has(pool, DRYI_POOL_STORED_FLAGS)) {
    for (uint32_t slot = 0; slot < to; slot++) clear_slot(pool, slot);
  } else {
    memset(pool->used, DRY_POOL_SLOT_FREE, to);
    then("pool_reset_used");
  }
}

void dryi_pool_clear(dry_pool *pool, uint32_t to) {
  dry_pool_header *header = pool->header;
  const uint32_t fresh = min_u32(dryi_pool_load32(&header->fresh), pool->limit);
  if (dryi_pool_load32(&header->peak) < fresh) header->peak = fresh;
  header->pending = DRY_POOL_PENDING_RESET;
  then("pool_reset_begun");
  header->free_count = 0;
  clear_used(pool, to);
  header->withdrawn = 0;
  header->fresh = 0;
  then("pool_reset_fresh");
  header->pending = 0;
  then("pool_reset_done");
  dryi_pool_hide_range(pool, 0, to);
}

/* ---- repair ---- */

/* Whatever is no mark counts as taken, and what is no slot as free. */
static void mend_marks(dry_pool *pool) {
  for (uint32_t slot = 0; slot < pool->limit; slot++)
    if (dryi_pool_load8(pool->used + slot) > DRY_POOL_SLOT_WITHDRAWN) pool->used[slot] = DRY_POOL_SLOT_TAKEN;
  for (uint64_t at = pool->limit; at % 8 != 0; at++) pool->used[at] = 0;
}

/* Free objects are wiped and poisoned anew where the pool does that: how far a killed process had come is not known. */
static void rebuild(dry_pool *pool) {
  dry_pool_header *header = pool->header;
  mend_marks(pool);
  const uint32_t stored = dryi_pool_load32(&header->fresh), end = end_of_used(pool);
  const uint32_t fresh = stored <= pool->limit && stored > end ? stored : end;
  const bool vacate = dryi_pool_has(pool, DRYI_POOL_STORED_FLAGS);
  header->pending = DRY_POOL_PENDING_STACK;
  then("pool_rebuild_begun");
  if (dryi_pool_load32(&header->peak) > pool->limit) header->peak = fresh;
  header->free_count = 0;
  header->fresh = fresh;
  then("pool_rebuild_fresh");
  uint32_t count = 0;
  for (uint32_t slot = fresh; slot-- > 0;) {
    if (dryi_pool_is_used(pool, slot)) continue;
    if (vacate) dryi_pool_vacate(pool, slot);
    pool->stack[count++] = slot;
  }
  then("pool_rebuild_stack");
  header->free_count = count;
  header->withdrawn = count_withdrawn(pool, fresh);
  then("pool_rebuild_count");
  header->pending = 0;
  then("pool_rebuilt");
}

static void settle(dry_pool *pool, const dryi_pool_remains *remains) {
  dry_pool_header *header = pool->header;
  if (remains->top_run) header->free_count = remains->count - remains->top_run;
  then("pool_settle_count");
  if (remains->fresh_run) header->fresh = remains->fresh + remains->fresh_run;
  then("pool_settle_fresh");
  if (dryi_pool_load32(&header->withdrawn) != remains->withdrawn) header->withdrawn = remains->withdrawn;
  then("pool_settled");
}

dry_status dryi_pool_repair(dry_pool *pool, dry_detail *detail) {
  const uint32_t pending = dryi_pool_load32(&pool->header->pending);
  if (pending == DRY_POOL_PENDING_RESET) {
    dryi_pool_clear(pool, pool->limit);
    return DRY_OK;
  }
  dryi_pool_remains remains;
  const dry_status status = pending == 0 ? dryi_pool_examine(pool, &remains, detail) : DRY_CORRUPT;
  if (status == DRY_OUT_OF_MEMORY) return status;
  if (status == DRY_OK)
    settle(pool, &remains);
  else
    rebuild(pool);
  return DRY_OK;
}
#undef check_stack
#undef rebuild
#undef then

/* ---- memory/pool_report.c ---- */

#define check_header check_header_in_memory_pool_report
/* pool_report.c: what can be said of a pool: that it is sound, who has what, and how much. */

/* ---- validation ---- */

static dry_status check_header(const dry_pool *pool, dry_detail *detail) {
  const dry_pool_header *header = pool->header, *facts = &dryi_pool_owner_of(pool)->facts;
  if (memcmp(header, facts, offsetof(dry_pool_header, free_count)) != 0)
    return dryi_fail(detail, DRY_CORRUPT, "pool: header: it changed since the pool was opened");
  for (size_t i = 0; i < sizeof header->reserved1 / sizeof header->reserved1[0]; i++)
    if (header->reserved1[i] != 0)
      return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, reserved1),
                          "pool: header: reserved bytes are set");
  const uint32_t peak = dryi_pool_load32(&header->peak), pending = dryi_pool_load32(&header->pending);
  if (peak > facts->capacity)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, peak), "pool: header: a peak of %u, of %u slots",
                        peak, facts->capacity);
  if (pending > DRY_POOL_PENDING_STACK)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_pool_header, pending), "pool: header: %u is pending", pending);
  return DRY_OK;
}

static dry_status bad_slot(const dry_pool *pool, uint32_t slot, const char *cause, dry_detail *detail) {
  const uint64_t offset = dryi_pool_owner_of(pool)->facts.slots_offset + slot * pool->stride_bytes;
  return dryi_fail_at(detail, DRY_CORRUPT, offset, "pool: slot %u: %s", slot, cause);
}

/* Every slot that was in use once has canaries on both sides, and poison in it when it is free. */
static dry_status check_guards(const dry_pool *pool, dry_detail *detail) {
  const uint32_t fresh = dryi_pool_load32(&pool->header->fresh), peak = dryi_pool_load32(&pool->header->peak);
  const uint32_t end = fresh > peak ? fresh : peak;
  for (uint32_t slot = 0; slot < end && slot < pool->limit; slot++) {
    const bool taken = dryi_pool_is_used(pool, slot);
    if (dryi_pool_is_withdrawn(pool, slot)) continue;
    if (!dryi_pool_canaries_hold(pool, slot)) return bad_slot(pool, slot, "written beyond its end or its start", detail);
    if (!taken && !dryi_pool_poison_holds(pool, slot)) return bad_slot(pool, slot, "written to while it was free", detail);
  }
  return DRY_OK;
}

dry_status dry_pool_validate(const dry_pool *pool, dry_detail *detail) {
  dry_status status = dryi_pool_may_read(pool);
  if (status != DRY_OK) return dryi_fail(detail, status, "pool: %s", dry_status_text(status));
  status = check_header(pool, detail);
  if (status != DRY_OK) return status;
  /* What a killed process left half-done is finished when the pool is opened for writing. Until then only
     `used` counts. */
  if (dryi_pool_load32(&pool->header->pending) != 0) return dryi_done(detail);
  dryi_pool_remains remains;
  status = dryi_pool_examine(pool, &remains, detail);
  if (status == DRY_OK && dryi_pool_has(pool, DRY_MEMORY_GUARDED)) status = check_guards(pool, detail);
  return status == DRY_OK ? dryi_done(detail) : status;
}

/* ---- leaks ---- */

dry_status dry_pool_report_leaks(const dry_pool *pool, dry_leak_visitor visitor, void *context, uint64_t *count_out) {
  if (count_out) *count_out = 0;
  if (!visitor) return DRY_INVALID_ARGUMENT;
  uint64_t told = 0;
  int32_t answer = 0;
  uint32_t slot = 0;
  dry_status status = dry_pool_next_used(pool, 0, &slot);
  while (status == DRY_OK && answer == 0) {
    const dryi_pool_owner *owner = dryi_pool_owner_of(pool);
    dry_leak leak;
    dryi_leak_describe(slot, owner->facts.object_bytes, dryi_leaks_site(&owner->leaks, slot), &leak);
    told++;
    answer = visitor(context, &leak);
    status = dry_pool_next_used(pool, slot + 1, &slot);
  }
  if (count_out) *count_out = told;
  if (answer != 0) return answer;
  return status == DRY_NOT_FOUND ? DRY_OK : status;
}

/* ---- facts ---- */

static uint64_t size_now(const dry_pool *pool, const dry_pool_header *facts) {
  if (pool->limit == facts->capacity) return facts->size_bytes;
  const uint64_t limit = pool->limit;
  return DRY_POOL_HEADER_BYTES + dryi_align_up(limit, 8) + limit * 4 + limit * pool->stride_bytes;
}

dry_status dry_pool_get_stats(const dry_pool *pool, dry_pool_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  const dry_status status = dryi_pool_may_read(pool);
  if (status != DRY_OK) return status;
  const dryi_pool_owner *owner = dryi_pool_owner_of(pool);
  const dry_pool_header *header = pool->header, *facts = &owner->facts;
  const uint32_t fresh = dryi_pool_load32(&header->fresh), count = dryi_pool_load32(&header->free_count);
  const uint32_t peak = dryi_pool_load32(&header->peak), withdrawn = dryi_pool_load32(&header->withdrawn);
  if (fresh > pool->limit || count > fresh || peak > facts->capacity || withdrawn > fresh - count) return DRY_CORRUPT;
  stats_out->object_bytes = facts->object_bytes;
  stats_out->stride_bytes = facts->stride_bytes;
  stats_out->align_bytes = facts->align_bytes;
  stats_out->capacity_slots = pool->limit;
  stats_out->capacity_max_slots = facts->capacity;
  stats_out->in_use = fresh - count;
  stats_out->peak = peak > fresh ? peak : fresh;
  stats_out->failures = dryi_pool_load64(&header->failures);
  stats_out->withdrawn = withdrawn;
  stats_out->size_bytes = size_now(pool, facts);
  const uint32_t tracked = owner->leaks.memory.base ? DRY_MEMORY_TRACK : 0;
  stats_out->granted = owner->backing.memory.granted | facts->flags | tracked;
  stats_out->refused = owner->backing.memory.refused;
  return DRY_OK;
}
#undef check_header

/* ---- memory/scratch.c ---- */

/* scratch.c: scopes over an arena. */

/* ---- making and closing ---- */

dry_status dryi_scratch_check_struct(const dry_scratch_options *options, dry_detail *detail) {
  if (options && options->struct_size == sizeof *options) return DRY_OK;
  return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: missing, or struct_size is not %zu", sizeof *options);
}

dry_arena_options dryi_scratch_arena_options(const dry_scratch_options *options) {
  dry_arena_options arena = {sizeof arena, 0, DRY_SCRATCH_BYTES_DEFAULT, 0, 0, 0};
  if (!options) return arena;
  arena.overflow = options->overflow;
  arena.flags = options->flags;
  arena.reserve = options->reserve;
  if (options->capacity_bytes) arena.capacity_bytes = options->capacity_bytes;
  return arena;
}

dry_status dry_scratch_create(const dry_scratch_options *options, dry_scratch *scratch_out, dry_detail *detail) {
  if (!scratch_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "scratch_out: must not be NULL");
  memset(scratch_out, 0, sizeof *scratch_out);
  dry_status status = options ? dryi_scratch_check_struct(options, detail) : DRY_OK;
  if (status != DRY_OK) return status;
  dry_arena_options arena = dryi_scratch_arena_options(options);
  status = dry_arena_create(&arena, &scratch_out->arena, detail);
  if (status == DRY_OK) scratch_out->level_count = DRY_SCRATCH_LEVELS;
  return status;
}

void dryi_scratch_close(dry_scratch *scratch) {
  (void)dry_arena_close(&scratch->arena);
  dryi_os_free(scratch->levels);
  memset(scratch, 0, sizeof *scratch);
}

dry_status dry_scratch_close(dry_scratch *scratch) {
  if (!scratch || scratch->shared) return DRY_INVALID_ARGUMENT;
  dryi_scratch_close(scratch);
  return DRY_OK;
}

/* ---- scopes ---- */

static dry_scratch_level *levels_of(dry_scratch *scratch) {
  return scratch->levels ? scratch->levels : scratch->first_levels;
}

static __attribute__((noinline)) dry_status more_levels(dry_scratch *scratch) {
  dry_scratch_level *levels = dryi_os_alloc_zeroed((size_t)scratch->level_count * 2 * sizeof *levels);
  if (!levels) return DRY_OUT_OF_MEMORY;
  memcpy(levels, levels_of(scratch), (size_t)scratch->level_count * sizeof *levels);
  dryi_os_free(scratch->levels);
  scratch->levels = levels;
  scratch->level_count *= 2;
  return DRY_OK;
}

/* Scopes of one scratch never have the same, and those of two scratches hardly ever: the address comes in. */
static uint64_t next_serial(dry_scratch *scratch) {
  return ++scratch->scopes ^ (uint64_t)(uintptr_t)scratch << 24;
}

dry_status dry_scratch_begin(dry_scratch *scratch, dry_scratch_scope *scope_out) {
  if (!scope_out) return DRY_INVALID_ARGUMENT;
  memset(scope_out, 0, sizeof *scope_out);
  if (!scratch) return DRY_INVALID_ARGUMENT;
  if (!scratch->arena.base) return DRY_CLOSED;
  if (scratch->depth == scratch->level_count && more_levels(scratch) != DRY_OK) return DRY_OUT_OF_MEMORY;
  dry_scratch_level *level = &levels_of(scratch)[scratch->depth++];
  level->serial = next_serial(scratch);
  level->mark = dryi_arena_used(&scratch->arena);
  level->blocks = scratch->arena.fallback_blocks;
  scope_out->depth = scratch->depth;
  scope_out->serial = level->serial;
  return DRY_OK;
}

dry_status dry_scratch_end(dry_scratch *scratch, const dry_scratch_scope *scope) {
  if (!scratch || !scope) return DRY_INVALID_ARGUMENT;
  if (!scratch->arena.base) return DRY_CLOSED;
  /* Depth 0 is that of a scope that never began. */
  if (scope->depth - 1 >= scratch->depth) return DRY_STALE;
  const dry_scratch_level *level = &levels_of(scratch)[scope->depth - 1];
  if (level->serial != scope->serial) return DRY_STALE;
  dryi_arena_go_back(&scratch->arena, level->mark, level->blocks);
  scratch->depth = scope->depth - 1;
  if (scratch->depth == 0) {
    scratch->arena.resets++;
    if (scratch->shared) dryi_scratch_publish(scratch);
  }
  return DRY_OK;
}

dry_status dry_scratch_alloc(dry_scratch *scratch, uint64_t size_bytes, uint64_t align, void **memory_out) {
  return dry_arena_alloc(scratch ? &scratch->arena : NULL, size_bytes, align, memory_out);
}

dry_status dry_scratch_ensure(dry_scratch *scratch, uint64_t size_bytes, uint64_t align) {
  return dry_arena_ensure(scratch ? &scratch->arena : NULL, size_bytes, align);
}

dry_status dry_scratch_reset(dry_scratch *scratch) {
  dry_status status = dry_arena_reset(scratch ? &scratch->arena : NULL);
  if (status != DRY_OK) return status;
  scratch->depth = 0;
  if (scratch->shared) dryi_scratch_publish(scratch);
  return DRY_OK;
}

/* ---- facts ---- */

void dryi_scratch_count(const dry_scratch *scratch, dry_scratch_stats *stats_out) {
  const dry_arena *arena = &scratch->arena;
  *stats_out = (dry_scratch_stats){
      .capacity_bytes = arena->capacity_bytes,
      .used_bytes = dryi_arena_used(arena),
      .peak_bytes = dryi_arena_peak(arena),
      .allocations = arena->allocations,
      .failures = arena->failures,
      .fallbacks = arena->fallbacks,
      .resets = arena->resets,
      .scopes = scratch->scopes,
      .depth = scratch->depth,
      .threads = 1,
  };
}

dry_status dry_scratch_get_stats(const dry_scratch *scratch, dry_scratch_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  if (!scratch) return DRY_INVALID_ARGUMENT;
  if (!scratch->arena.base) return DRY_CLOSED;
  dryi_scratch_count(scratch, stats_out);
  if (scratch->shared) dryi_scratch_publish(scratch);
  return DRY_OK;
}

/* ---- memory/scratch_thread.c ---- */

#define retire retire_in_memory_scratch_thread
/*
 * scratch_thread.c: each thread's own scratch. A thread-local pointer finds it, a key of pthreads gets it freed when the
 * thread ends, and a list under a mutex lets anybody sum them all up.
 */

/* The library's only mutable globals. The mutex guards all of them but `mine`. */
static __thread dryi_scratch_record *mine;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static bool has_key, has_fork_handlers;
static dryi_scratch_record *records;
static dryi_scratch_record *orphans; /* of the parent's other threads, in a forked child */
static dry_scratch_options settings = {sizeof settings, 0, 0, 0, 0};
static dry_scratch_stats ended;      /* counts of the scratches that went */

/* ---- counts ---- */

/* Every field is a word, so that one loop can publish and read them all. */
#define WORDS (sizeof(dry_scratch_stats) / sizeof(uint64_t))

void dryi_scratch_publish(const dry_scratch *scratch) {
  dryi_scratch_record *record = scratch->shared;
  dry_scratch_stats now;
  uint64_t words[WORDS], *to = (uint64_t *)(void *)&record->published;
  dryi_scratch_count(scratch, &now);
  memcpy(words, &now, sizeof words);
  for (size_t i = 0; i < WORDS; i++) dryi_store_relaxed_u64(&to[i], words[i]);
}

static dry_scratch_stats published(const dryi_scratch_record *record) {
  const uint64_t *from = (const uint64_t *)(const void *)&record->published;
  uint64_t words[WORDS];
  dry_scratch_stats stats;
  for (size_t i = 0; i < WORDS; i++) words[i] = dryi_load_relaxed_u64(&from[i]);
  memcpy(&stats, words, sizeof stats);
  return stats;
}

/* What stays of a scratch when it goes. */
static void add_counts(dry_scratch_stats *to, const dry_scratch_stats *of) {
  if (of->peak_bytes > to->peak_bytes) to->peak_bytes = of->peak_bytes;
  to->allocations += of->allocations;
  to->failures += of->failures;
  to->fallbacks += of->fallbacks;
  to->resets += of->resets;
  to->scopes += of->scopes;
}

dry_status dry_scratch_get_thread_stats(dry_scratch_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  (void)pthread_mutex_lock(&lock);
  *stats_out = ended;
  for (const dryi_scratch_record *record = records; record; record = record->next) {
    dry_scratch_stats one = published(record);
    add_counts(stats_out, &one);
    stats_out->capacity_bytes += one.capacity_bytes;
    stats_out->used_bytes += one.used_bytes;
    stats_out->depth += one.depth;
    stats_out->threads++;
  }
  (void)pthread_mutex_unlock(&lock);
  return DRY_OK;
}

/* ---- coming and going ---- */

static void list(dryi_scratch_record *record) {
  record->next = records;
  if (records) records->before = record;
  records = record;
}

static void unlist(const dryi_scratch_record *record) {
  if (record->next) record->next->before = record->before;
  if (record->before)
    record->before->next = record->next;
  else
    records = record->next;
}

/* The counts of one that its thread is done with go into `ended`. */
static void retire(dryi_scratch_record *record) {
  dry_scratch_stats last;
  dryi_scratch_count(&record->scratch, &last);
  (void)pthread_mutex_lock(&lock);
  unlist(record);
  add_counts(&ended, &last);
  ended.threads_ended++;
  (void)pthread_mutex_unlock(&lock);
  dryi_scratch_close(&record->scratch);
  dryi_os_free(record);
}

/* Called by pthreads when a thread ends that has one. Destructors that run later may make another; then it is called
   for that one too. */
static void thread_ends(void *record) {
  mine = NULL;
  retire(record);
}

/* A fork copies the memory of all threads, but only one of them goes on. Nobody may hold the lock meanwhile. */
static void before_fork(void) { (void)pthread_mutex_lock(&lock); }
static void after_fork_in_parent(void) { (void)pthread_mutex_unlock(&lock); }
static void after_fork_in_child(void) {
  dryi_scratch_record *record = records, *next;
  for (; record; record = next) {
    next = record->next;
    if (record == mine) continue;
    /* Its thread may have been in the middle of a call: nothing but the published counts can be relied on. */
    dry_scratch_stats last = published(record);
    unlist(record);
    add_counts(&ended, &last);
    ended.threads_ended++;
    record->next = orphans;
    orphans = record;
  }
  (void)pthread_mutex_unlock(&lock);
}

/* Under the lock. 0, or the errno of what failed. */
static int make_key(void) {
  int error = has_key ? 0 : DRYI_FAIL("pthread_key_create");
  if (!error && !has_key) error = pthread_key_create(&key, thread_ends);
  if (error) return error;
  has_key = true;
  error = has_fork_handlers ? 0 : DRYI_FAIL("pthread_atfork");
  if (!error && !has_fork_handlers) error = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
  if (error) return error;
  has_fork_handlers = true;
  return 0;
}

/* When the library is unloaded, threads that end later must not call into it. */
static __attribute__((destructor)) void unload(void) {
  (void)pthread_mutex_lock(&lock);
  if (has_key) (void)pthread_key_delete(key);
  (void)pthread_mutex_unlock(&lock);
}

/* Makes the thread remember its record; under the lock. */
static dry_status remember(dryi_scratch_record *record) {
  int error = make_key();
  if (!error) error = DRYI_FAIL("pthread_setspecific");
  if (!error) error = pthread_setspecific(key, record);
  return error ? DRY_OUT_OF_MEMORY : DRY_OK;
}

/* Under the lock, so that settings cannot change between being read and the record being listed. */
static dry_status add_record(dryi_scratch_record *record) {
  dry_arena_options options = dryi_scratch_arena_options(&settings);
  dry_status status = dry_arena_create(&options, &record->scratch.arena, NULL);
  if (status != DRY_OK) return status;
  record->scratch.level_count = DRY_SCRATCH_LEVELS;
  record->scratch.shared = record;
  status = remember(record);
  if (status != DRY_OK) {
    dryi_scratch_close(&record->scratch);
    return status;
  }
  dryi_scratch_publish(&record->scratch);
  list(record);
  return DRY_OK;
}

static __attribute__((noinline)) dry_status make_mine(void) {
  dryi_scratch_record *record = dryi_os_alloc_zeroed(sizeof *record);
  if (!record) return DRY_OUT_OF_MEMORY;
  (void)pthread_mutex_lock(&lock);
  dry_status status = add_record(record);
  (void)pthread_mutex_unlock(&lock);
  if (status == DRY_OK)
    mine = record;
  else
    dryi_os_free(record);
  return status;
}

dry_status dry_scratch_thread(dry_scratch **scratch_out) {
  if (!scratch_out) return DRY_INVALID_ARGUMENT;
  *scratch_out = NULL;
  if (!mine) {
    dry_status status = make_mine();
    if (status != DRY_OK) return status;
  }
  *scratch_out = &mine->scratch;
  return DRY_OK;
}

dry_status dry_scratch_release_thread(void) {
  dryi_scratch_record *record = mine;
  if (!record) return DRY_OK;
  if (record->scratch.depth > 0) return DRY_BUSY;
  /* It takes no memory to forget. */
  (void)pthread_setspecific(key, NULL);
  mine = NULL;
  retire(record);
  return DRY_OK;
}

/* ---- settings ---- */

dry_status dry_scratch_configure(const dry_scratch_options *options, dry_detail *detail) {
  dry_status status = dryi_scratch_check_struct(options, detail);
  if (status != DRY_OK) return status;
  uint64_t bytes = options->capacity_bytes;
  if (bytes != 0 && (bytes < DRY_SCRATCH_BYTES_MIN || bytes > DRY_SCRATCH_BYTES_MAX))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "capacity_bytes: %llu is not from %u to %u", (unsigned long long)bytes,
                     DRY_SCRATCH_BYTES_MIN, DRY_SCRATCH_BYTES_MAX);
  dry_arena_options arena = dryi_scratch_arena_options(options);
  status = dryi_arena_check_options(&arena, detail);
  if (status != DRY_OK) return status;
  (void)pthread_mutex_lock(&lock);
  bool busy = records != NULL;
  if (!busy) settings = *options;
  (void)pthread_mutex_unlock(&lock);
  if (busy) return dryi_fail(detail, DRY_BUSY, "scratch: some thread has one already");
  return dryi_done(detail);
}
#undef WORDS
#undef retire

/* ---- memory/shared_pool.c ---- */

#define attach attach_in_memory_shared_pool
#define make_part make_part_in_memory_shared_pool
#define open_part open_part_in_memory_shared_pool
/* shared_pool.c: handles on a shared pool, and what goes by slot without any taking or giving back. */

/* ---- handles ---- */

dry_status dryi_shared_pool_usable(const dry_shared_pool *pool, bool change) {
  if (!pool) return DRY_INVALID_ARGUMENT;
  /* pairs with the release store in dry_region_close */
  if (!pool->header || dryi_load_acquire_u32(pool->closed)) return DRY_CLOSED;
  return change && !pool->writable ? DRY_READ_ONLY : DRY_OK;
}

static const dryi_backing *backing_of(const dry_shared_pool *pool) { return (const dryi_backing *)pool->owner; }

bool dryi_shared_pool_annotated(const dry_shared_pool *pool) {
  return dryi_annotate_active() && pool->owner && backing_of(pool)->memory.base;
}

dry_status dryi_shared_pool_descriptor(const dry_shared_pool *pool, int *fd_out, dry_detail *detail) {
  *fd_out = -1;
  const dryi_mapping *mapping = pool->owner ? backing_of(pool)->mapping : NULL;
  if (!mapping || mapping->fd < 0) return DRY_OK;
  int error = dryi_os_reopen(mapping->fd, true, fd_out);
  if (error == 0) return DRY_OK;
  *fd_out = -1;
  return dryi_fail_os(detail, error, "region '%s': cannot be opened again for a cache's lock", mapping->name);
}

uint64_t dryi_shared_pool_lock_at(const dry_shared_pool *pool, uint32_t number) {
  return DRYI_CACHE_LOCKS_AT + backing_of(pool)->part_offset + number;
}

static dry_status attach(void *span, uint64_t span_bytes, dry_shared_pool *pool, dry_detail *detail) {
  dry_shared_pool_header facts;
  dry_status status = dryi_shared_pool_header_check(span, span_bytes, &facts, detail);
  if (status != DRY_OK) return status;
  uint8_t *base = (uint8_t *)span;
  pool->owners = (uint32_t *)(void *)(base + facts.owners_offset);
  pool->batches = (dry_shared_pool_batch *)(void *)(base + facts.batches_offset);
  pool->caches = (dry_shared_pool_cache_record *)(void *)(base + facts.caches_offset);
  pool->slots = base + facts.slots_offset;
  pool->object_bytes = facts.object_bytes;
  pool->stride_bytes = facts.stride_bytes;
  pool->stride_inverse = dryi_stride_inverse(facts.stride_bytes, &pool->stride_shift);
  pool->capacity = facts.capacity;
  pool->batch_count = facts.batch_count;
  pool->cache_count = facts.cache_count;
  pool->flags = facts.flags;
  pool->writable = 1;
  pool->closed = dryi_backing_closed(NULL);
  pool->header = (dry_shared_pool_header *)span;
  return DRY_OK;
}

dry_status dry_shared_pool_attach(void *span, uint64_t span_bytes, dry_shared_pool *pool_out, dry_detail *detail) {
  if (!pool_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool_out: must not be NULL");
  memset(pool_out, 0, sizeof *pool_out);
  dry_status status = attach(span, span_bytes, pool_out, detail);
  return status == DRY_OK ? dryi_done(detail) : status;
}

dry_status dry_shared_pool_close(dry_shared_pool *pool) {
  if (!pool) return DRY_INVALID_ARGUMENT;
  if (!pool->header) return DRY_OK;
  /* pairs with the add in dry_shared_pool_cache_close: what the caches did last has been done */
  if (dryi_load_acquire_u32(&pool->caches_open) != 0) return DRY_BUSY;
  dryi_backing *backing = (dryi_backing *)pool->owner;
  if (dryi_shared_pool_annotated(pool)) dryi_annotate_alloc(pool->slots, (size_t)dryi_slots_bytes(pool));
  memset(pool, 0, sizeof *pool);
  dryi_backing_free(backing);
  return DRY_OK;
}

/* ---- private memory ---- */

static dry_status create(dryi_backing *backing, const dry_shared_pool_header *header, uint32_t flags,
                         dry_shared_pool *pool, dry_detail *detail) {
  dryi_private *memory = &backing->memory;
  dry_status status = dryi_private_map(header->size_bytes, header->size_bytes, flags, memory, detail);
  if (status != DRY_OK) return status;
  memory->granted |= header->flags;
  /* Where a slot was taken is not kept here: threads would have to share that too. */
  memory->refused |= flags & DRY_MEMORY_TRACK;
  if ((flags & DRY_MEMORY_REQUIRED) && (flags & DRY_MEMORY_TRACK))
    return dryi_fail(detail, DRY_UNSUPPORTED, "flags: a shared pool does not track its allocations");
  dryi_shared_pool_lay_out(memory->base, header, true);
  return attach(memory->base, memory->bytes, pool, detail);
}

dry_status dry_shared_pool_create(const dry_shared_pool_options *options, dry_shared_pool *pool_out,
                                  dry_detail *detail) {
  if (!pool_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool_out: must not be NULL");
  memset(pool_out, 0, sizeof *pool_out);
  dry_shared_pool_options asked = {0};
  if (options) asked = *options;
  asked.flags |= DRYI_CHECKED_FLAGS & DRY_MEMORY_GUARDED;
  dry_shared_pool_header header;
  dry_status status = dryi_shared_pool_layout(options ? &asked : NULL, DRY_MEMORY_FLAGS, &header, detail);
  if (status != DRY_OK) return status;
  dryi_backing *backing;
  status = dryi_backing_new(sizeof *backing, &backing, detail);
  if (status != DRY_OK) return status;
  status = create(backing, &header, asked.flags, pool_out, detail);
  if (status != DRY_OK) {
    dryi_backing_free(backing);
    return status;
  }
  pool_out->owner = backing;
  return dryi_done(detail);
}

/* ---- parts ---- */

/* Opens the part with a handle that keeps the region's mapping. Whoever can write to the region may change the pool: it
   has no one writer. */
static dry_status open_part(const dryi_part *part, void *handle_out, dry_detail *detail) {
  dry_shared_pool *pool = handle_out;
  dryi_backing *backing;
  dry_status status = dryi_backing_new(sizeof *backing, &backing, detail);
  if (status != DRY_OK) return status;
  status = attach(part->base, part->size_bytes, pool, detail);
  if (status != DRY_OK) {
    dryi_backing_free(backing);
    return status;
  }
  dryi_backing_adopt(backing, part);
  pool->writable = part->mapping->mode != DRY_MODE_READ;
  pool->closed = dryi_backing_closed(backing);
  pool->owner = backing;
  return DRY_OK;
}

static dry_status make_part(const dryi_part *part, const void *header, void *handle_out, dry_detail *detail) {
  dryi_shared_pool_lay_out(part->base, header, false);
  DRYI_STEP("part_laid_out");
  return open_part(part, handle_out, detail);
}

static const dryi_part_kind shared_pool_part = {
    DRY_PART_SHARED_POOL, DRY_SHARED_POOL_FORMAT, "shared pool", sizeof(dry_shared_pool), make_part, open_part};

dry_status dry_shared_pool_create_in(dry_region *region, const char *name, size_t name_bytes,
                                     const dry_shared_pool_options *options, dry_shared_pool *pool_out,
                                     dry_detail *detail) {
  if (!pool_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool_out: must not be NULL");
  memset(pool_out, 0, sizeof *pool_out);
  dry_shared_pool_header header;
  dry_status status = dryi_part_writable(region, detail);
  if (status == DRY_OK) status = dryi_shared_pool_layout(options, DRYI_SHARED_POOL_STORED_FLAGS, &header, detail);
  if (status != DRY_OK) return status;
  return dryi_part_create(region, name, name_bytes, &shared_pool_part, header.size_bytes, &header, pool_out, detail);
}

dry_status dry_shared_pool_open(dry_region *region, const char *name, size_t name_bytes, dry_shared_pool *pool_out,
                                dry_detail *detail) {
  if (!pool_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "pool_out: must not be NULL");
  memset(pool_out, 0, sizeof *pool_out);
  return dryi_part_open(region, name, name_bytes, &shared_pool_part, pool_out, detail);
}

/* ---- by slot ---- */

static dry_status taken(const dry_shared_pool *pool, uint32_t slot, bool change) {
  dry_status status = dryi_shared_pool_usable(pool, change);
  if (status != DRY_OK) return status;
  if (slot >= pool->capacity) return DRY_FOREIGN;
  return dryi_owner_taken(dryi_load_relaxed_u32(&pool->owners[slot])) ? DRY_OK : DRY_STALE;
}

dry_status dry_shared_pool_at(const dry_shared_pool *pool, uint32_t slot, void **memory_out) {
  if (!memory_out) return DRY_INVALID_ARGUMENT;
  *memory_out = NULL;
  dry_status status = taken(pool, slot, false);
  if (status == DRY_OK) *memory_out = dryi_shared_slot(pool, slot);
  return status;
}

dry_status dry_shared_pool_slot_of(const dry_shared_pool *pool, const void *memory, uint32_t *slot_out) {
  if (!slot_out) return DRY_INVALID_ARGUMENT;
  *slot_out = 0;
  dry_status status = dryi_shared_pool_usable(pool, false);
  return status == DRY_OK ? dryi_slot_of_address(pool, memory, slot_out) : status;
}

dry_status dry_shared_pool_fill(dry_shared_pool *pool, uint32_t slot, uint8_t byte) {
  dry_status status = taken(pool, slot, true);
  if (status == DRY_OK) memset(dryi_shared_slot(pool, slot), byte, (size_t)pool->object_bytes);
  return status;
}

dry_status dry_shared_pool_read(const dry_shared_pool *pool, uint32_t slot, uint64_t at, void *bytes_out,
                                uint64_t count) {
  if (!bytes_out && count != 0) return DRY_INVALID_ARGUMENT;
  dry_status status = taken(pool, slot, false);
  if (status == DRY_OK && !dryi_in_range(at, count, pool->object_bytes)) status = DRY_INVALID_ARGUMENT;
  if (status == DRY_OK && count != 0) memcpy(bytes_out, dryi_shared_slot(pool, slot) + at, (size_t)count);
  return status;
}

dry_status dry_shared_pool_write(dry_shared_pool *pool, uint32_t slot, uint64_t at, const void *bytes,
                                 uint64_t count) {
  if (!bytes && count != 0) return DRY_INVALID_ARGUMENT;
  dry_status status = taken(pool, slot, true);
  if (status == DRY_OK && !dryi_in_range(at, count, pool->object_bytes)) status = DRY_INVALID_ARGUMENT;
  if (status == DRY_OK && count != 0) memcpy(dryi_shared_slot(pool, slot) + at, bytes, (size_t)count);
  return status;
}

/* ---- statistics ---- */

static void count_caches(const dry_shared_pool *pool, dry_shared_pool_stats *stats) {
  for (uint32_t i = 0; i < pool->cache_count; i++) {
    const dry_shared_pool_cache_record *record = pool->caches + i;
    stats->refills += dryi_load_relaxed_u64(&record->refills);
    stats->flushes += dryi_load_relaxed_u64(&record->flushes);
    if (dryi_load_relaxed_u32(&record->state) == 0) continue;
    stats->caches++;
    for (int which = 0; which < 2; which++) {
      uint32_t number = dryi_load_relaxed_u32(&record->magazines[which]);
      if (number != 0 && number <= pool->batch_count) stats->cached += dryi_batch_count(pool->batches + (number - 1));
    }
  }
}

dry_status dry_shared_pool_get_stats(const dry_shared_pool *pool, dry_shared_pool_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  dry_status status = dryi_shared_pool_usable(pool, false);
  if (status != DRY_OK) return status;
  stats_out->object_bytes = pool->object_bytes;
  stats_out->stride_bytes = pool->stride_bytes;
  stats_out->capacity_slots = pool->capacity;
  stats_out->size_bytes = (uint64_t)(pool->slots - (uint8_t *)pool->header) + dryi_slots_bytes(pool);
  stats_out->failures = dryi_load_relaxed_u64(&pool->header->failures);
  uint64_t fresh = dryi_load_relaxed_u64(&pool->header->fresh);
  for (uint32_t slot = 0; slot < pool->capacity && slot < fresh; slot++)
    stats_out->in_use += dryi_load_relaxed_u32(&pool->owners[slot]) != 0;
  count_caches(pool, stats_out);
  stats_out->granted = pool->flags;
  if (pool->owner && backing_of(pool)->memory.base) {
    stats_out->granted = backing_of(pool)->memory.granted;
    stats_out->refused = backing_of(pool)->memory.refused;
  }
  return DRY_OK;
}
#undef attach
#undef make_part
#undef open_part

/* ---- memory/shared_pool_cache.c ---- */

#define make_room make_room_in_memory_shared_pool_cache
#define put put_in_memory_shared_pool_cache
#define take_fresh take_fresh_in_memory_shared_pool_cache
#define take_plainly take_plainly_in_memory_shared_pool_cache
/* shared_pool_cache.c: taking and giving back through a cache: what inline/shared_pool.h leaves to the library. */

/* ---- magazines ---- */

static void swap_magazines(dry_shared_pool_cache *cache) {
  dry_shared_pool_batch *spare = cache->spare;
  cache->spare = cache->magazine;
  cache->magazine = spare;
  cache->current ^= 1;
}

/* Makes `batch`, which was taken from the depot, the magazine in place of another, which is returned. From here on a reclaim
   finds the new one. The old one is nobody's until it is put into the depot: killed before that, its slots are stranded. */
static dry_shared_pool_batch *replace_magazine(dry_shared_pool_cache *cache, dry_shared_pool_batch *batch) {
  dry_shared_pool_batch *old = cache->magazine;
  uint32_t number = dryi_batch_number(cache->pool, batch) + 1;
  dryi_store_relaxed_u32(&cache->record->magazines[cache->current], number);
  DRYI_STEP("cache_replaced");
  cache->magazine = batch;
  return old;
}

static void count_one(uint64_t *counter) { dryi_store_relaxed_u64(counter, dryi_load_relaxed_u64(counter) + 1); }

static dry_status take_fresh(dry_shared_pool_cache *cache) {
  uint32_t first, count = dryi_depot_take_fresh(cache->pool, DRYI_MAGAZINE, &first);
  if (count == 0) return DRY_FULL;
  /* The last is taken first, so that they come in ascending order. */
  for (uint32_t i = count; i-- > 0;) dryi_store_relaxed_u32(&cache->magazine->slots[count - 1 - i], first + i);
  dryi_keep_order();
  dryi_store_relaxed_u32(&cache->magazine->count, count);
  return DRY_OK;
}

/* Fills the empty magazine from the depot, or from what was never taken. */
static dry_status refill(dry_shared_pool_cache *cache) {
  dry_shared_pool *pool = cache->pool;
  for (int look = 0;; look++) {
    uint64_t changes = dryi_depot_changes(pool);
    dry_status status;
    dry_shared_pool_batch *batch = dryi_depot_take(pool, false, &status);
    if (batch) {
      count_one(&cache->record->refills);
      dryi_depot_put(pool, replace_magazine(cache, batch));
      return DRY_OK;
    }
    if (status == DRY_FULL) status = take_fresh(cache);
    if (status != DRY_FULL || look == DRYI_DEPOT_LOOKS || changes == dryi_depot_changes(pool)) return status;
  }
}

/* Sees to it that the magazine holds a slot at least. */
static dry_status stock(dry_shared_pool_cache *cache) {
  if (dryi_batch_count(cache->magazine) == 0 && dryi_batch_count(cache->spare) != 0) swap_magazines(cache);
  if (dryi_batch_count(cache->magazine) != 0) return DRY_OK;
  dry_status status = refill(cache);
  if (status == DRY_FULL) (void)dryi_add_relaxed_u64(&cache->pool->header->failures, 1);
  return status;
}

/* Gives what is in the magazine to the depot, into a partly filled batch where there is one. */
static dry_status empty_magazine(dry_shared_pool_cache *cache) {
  dry_shared_pool *pool = cache->pool;
  uint32_t count = dryi_batch_count(cache->magazine);
  if (count == 0) return DRY_OK;
  if (count < DRYI_MAGAZINE) {
    dry_shared_pool_batch *partial = dryi_depot_take_partial(pool);
    if (partial) {
      dryi_batch_move(cache->magazine, partial);
      dryi_depot_put(pool, partial);
    }
    if (dryi_batch_count(cache->magazine) == 0) return DRY_OK;
  }
  dry_shared_pool_batch *empty = dryi_depot_take_empty(pool);
  if (!empty) return DRY_BUSY;
  count_one(&cache->record->flushes);
  dryi_depot_put(pool, replace_magazine(cache, empty));
  return DRY_OK;
}

/* Sees to it that the magazine has room for a slot. Of two full ones the spare goes: it was touched longer ago. */
static dry_status make_room(dry_shared_pool_cache *cache) {
  if (dryi_batch_count(cache->magazine) < DRYI_MAGAZINE) return DRY_OK;
  swap_magazines(cache);
  if (dryi_batch_count(cache->magazine) < DRYI_MAGAZINE) return DRY_OK;
  return empty_magazine(cache);
}

/* ---- opening and closing ---- */

dry_status dryi_cache_attach(dry_shared_pool *pool, uint32_t number, int fd, dry_shared_pool_cache *cache) {
  dry_shared_pool_cache_record *record = pool->caches + number;
  memset(cache, 0, sizeof *cache);
  dry_shared_pool_batch *magazines[2];
  for (int which = 0; which < 2; which++) {
    uint32_t has = dryi_load_relaxed_u32(&record->magazines[which]);
    if (has > pool->batch_count) return DRY_CORRUPT;
    magazines[which] = has ? pool->batches + (has - 1) : dryi_depot_take_empty(pool);
    if (!magazines[which]) return DRY_BUSY;
    dryi_store_relaxed_u32(&record->magazines[which], dryi_batch_number(pool, magazines[which]) + 1);
    DRYI_STEP("cache_magazine");
  }
  if (magazines[0] == magazines[1]) return DRY_CORRUPT;
  cache->magazine = magazines[0];
  cache->spare = magazines[1];
  cache->owners = pool->owners;
  cache->slots = pool->slots;
  cache->closed = pool->closed;
  cache->stride_bytes = pool->stride_bytes;
  cache->stride_inverse = pool->stride_inverse;
  cache->stride_shift = pool->stride_shift;
  cache->capacity = pool->capacity;
  cache->owner = dryi_cache_owner(number, dryi_load_relaxed_u32(&record->opening));
  cache->plain = pool->flags == 0 && !dryi_shared_pool_annotated(pool);
  cache->record = record;
  cache->number = number;
  cache->descriptor = fd;
  cache->pool = pool;
  return DRY_OK;
}

/* Gives a magazine up for good. */
static void surrender(dry_shared_pool *pool, dry_shared_pool_cache_record *record, int which) {
  uint32_t number = dryi_load_relaxed_u32(&record->magazines[which]);
  dryi_store_relaxed_u32(&record->magazines[which], 0);
  DRYI_STEP("cache_surrender");
  if (number == 0 || number > pool->batch_count) return;
  dry_shared_pool_batch *batch = pool->batches + (number - 1);
  uint32_t count = dryi_batch_count(batch);
  if (count > DRYI_MAGAZINE) return;
  if (count != 0) count_one(&record->flushes);
  if (count != 0 && count < DRYI_MAGAZINE) {
    dry_shared_pool_batch *partial = dryi_depot_take_partial(pool);
    if (partial) {
      dryi_batch_move(batch, partial);
      dryi_depot_put(pool, partial);
    }
  }
  dryi_depot_put(pool, batch);
}

static void leave_record(dry_shared_pool *pool, uint32_t number, int fd) {
  dry_shared_pool_cache_record *record = pool->caches + number;
  for (int which = 0; which < 2; which++) surrender(pool, record, which);
  /* pairs with the acquire in claim: the next one finds the record as we leave it */
  dryi_store_release_u32(&record->state, 0);
  DRYI_STEP("cache_left");
  if (fd < 0) return;
  /* A child process may have inherited the descriptor, and the lock with it. */
  (void)dryi_os_unlock_byte(fd, dryi_shared_pool_lock_at(pool, number));
  (void)dryi_os_close(fd);
}

void dryi_cache_detach(dry_shared_pool_cache *cache) {
  leave_record(cache->pool, cache->number, cache->descriptor);
  memset(cache, 0, sizeof *cache);
}

/* Half a million openings later the words of this record would come round. By then all slots that still carry one were
   left by closed caches: from now on they count as taken without one. */
static void forget_openings(dry_shared_pool *pool, uint32_t number) {
  const uint32_t number_mask = DRY_SHARED_POOL_CACHES_MAX - 1;
  for (uint32_t slot = 0; slot < pool->capacity; slot++) {
    uint32_t owner = dryi_load_relaxed_u32(&pool->owners[slot]);
    if (!dryi_owner_taken(owner) || owner >> DRY_SHARED_POOL_OWNER_BITS == 0 || (owner & number_mask) != number) continue;
    /* Who frees or adopts it meanwhile wins. */
    (void)dryi_swap_relaxed_u32(&pool->owners[slot], &owner, DRY_SHARED_POOL_OWNER_NONE);
  }
}

/* Takes a free record. With a descriptor the lock comes first: nobody may find the record in use and its lock free while
   its owner lives. DRY_BUSY: somebody has it. */
static dry_status claim(dry_shared_pool *pool, uint32_t number, int fd, dry_detail *detail) {
  dry_shared_pool_cache_record *record = pool->caches + number;
  if (dryi_load_relaxed_u32(&record->state) != 0) return DRY_BUSY;
  int error = fd < 0 ? 0 : dryi_os_lock_byte(fd, dryi_shared_pool_lock_at(pool, number));
  if (error == EAGAIN) return DRY_BUSY;
  if (error) return dryi_fail_os(detail, error, "shared pool: cache %u cannot be locked", number);
  uint32_t free_state = 0;
  /* pairs with the release in leave_record */
  if (!dryi_swap_acquire_u32(&record->state, &free_state, 1)) {
    if (fd >= 0) (void)dryi_os_unlock_byte(fd, dryi_shared_pool_lock_at(pool, number));
    return DRY_BUSY;
  }
  DRYI_STEP("cache_claimed");
  uint32_t opening = dryi_load_relaxed_u32(&record->opening);
  if (opening >= DRY_SHARED_POOL_OPENINGS_MAX) {
    forget_openings(pool, number);
    opening = 0;
  }
  dryi_store_relaxed_u32(&record->opening, opening + 1);
  return DRY_OK;
}

static dry_status claim_any(dry_shared_pool *pool, int fd, uint32_t *number_out, dry_detail *detail) {
  for (uint32_t number = 0; number < pool->cache_count; number++) {
    dry_status status = claim(pool, number, fd, detail);
    *number_out = number;
    if (status != DRY_BUSY) return status;
  }
  return dryi_fail(detail, DRY_FULL, "shared pool: all %u caches are open", pool->cache_count);
}

dry_status dry_shared_pool_cache_open(dry_shared_pool *pool, dry_shared_pool_cache *cache_out, dry_detail *detail) {
  if (!cache_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "cache_out: must not be NULL");
  memset(cache_out, 0, sizeof *cache_out);
  dry_status status = dryi_shared_pool_usable(pool, true);
  if (status != DRY_OK) return dryi_fail(detail, status, "shared pool: %s", dry_status_text(status));
  int fd;
  status = dryi_shared_pool_descriptor(pool, &fd, detail);
  if (status != DRY_OK) return status;
  uint32_t number = 0;
  status = claim_any(pool, fd, &number, detail);
  if (status != DRY_OK) {
    if (fd >= 0) (void)dryi_os_close(fd);
    return status;
  }
  status = dryi_cache_attach(pool, number, fd, cache_out);
  if (status != DRY_OK) {
    leave_record(pool, number, fd);
    memset(cache_out, 0, sizeof *cache_out);
    return dryi_fail(detail, status, "shared pool: cache %u: no magazines: %s", number, dry_status_text(status));
  }
  (void)dryi_add_acq_rel_u32(&pool->caches_open, 1);
  return dryi_done(detail);
}

dry_status dry_shared_pool_cache_close(dry_shared_pool_cache *cache) {
  if (!cache) return DRY_INVALID_ARGUMENT;
  if (!cache->magazine) return DRY_OK;
  dry_shared_pool *pool = cache->pool;
  dryi_cache_detach(cache);
  /* pairs with the load in dry_shared_pool_close: what this cache did is done before the memory goes */
  (void)dryi_add_acq_rel_u32(&pool->caches_open, (uint32_t)-1);
  return DRY_OK;
}

/* ---- taking and giving back ---- */

static dry_status usable(const dry_shared_pool_cache *cache) {
  if (!cache) return DRY_INVALID_ARGUMENT;
  /* pairs with the release store in dry_region_close */
  return cache->magazine && !dryi_load_acquire_u32(cache->closed) ? DRY_OK : DRY_CLOSED;
}

static __attribute__((noinline)) dry_status acquire(dry_shared_pool_cache *cache, uint32_t *slot_out) {
  *slot_out = 0;
  dry_status status = usable(cache);
  if (status == DRY_OK) status = stock(cache);
  if (status != DRY_OK) return status;
  if (cache->plain && dryi_shared_pool_take(cache, slot_out, DRYI_SHARED_POOL_STEP)) return DRY_OK;
  dry_shared_pool_batch *magazine = cache->magazine;
  uint32_t count = dryi_batch_count(magazine);
  if (count - 1 >= DRYI_MAGAZINE) return DRY_CORRUPT;
  uint32_t slot = dryi_load_relaxed_u32(&magazine->slots[count - 1]);
  status = dryi_slot_take(cache->pool, slot, cache->owner);
  dryi_keep_order();
  DRYI_STEP("cache_take_owner");
  /* What was no free slot after all leaves the magazine too: it belongs to whoever has it. */
  dryi_store_relaxed_u32(&magazine->count, count - 1);
  DRYI_STEP("cache_taken");
  if (status == DRY_OK) *slot_out = slot;
  return status;
}

/* Puts a slot that was checked into the cache, which has room, and frees it. */
static void put(dry_shared_pool_cache *cache, uint32_t slot) {
  dryi_slot_clean(cache->pool, slot);
  DRYI_STEP("cache_cleaned");
  dryi_batch_put(cache->magazine, slot);
  DRYI_STEP("cache_put");
  dryi_slot_free(cache->pool, slot);
  DRYI_STEP("cache_freed");
}

static __attribute__((noinline)) dry_status release(dry_shared_pool_cache *cache, uint32_t slot) {
  dry_status status = usable(cache);
  if (status != DRY_OK) return status;
  if (slot >= cache->capacity) return DRY_FOREIGN;
  if (dryi_load_relaxed_u32(&cache->owners[slot]) == 0) return DRY_STALE;
  /* Room comes first: afterwards nothing can fail but the slot itself. */
  status = make_room(cache);
  if (status != DRY_OK) return status;
  if (cache->plain && dryi_shared_pool_give(cache, slot, DRYI_SHARED_POOL_STEP)) return DRY_OK;
  status = dryi_slot_check(cache->pool, slot, cache->owner);
  if (status == DRY_OK) put(cache, slot);
  return status;
}

dry_status dryi_cache_put(dry_shared_pool_cache *cache, uint32_t slot) {
  dry_status status = make_room(cache);
  if (status == DRY_OK) put(cache, slot);
  return status;
}

/* Each tries what the inline twin does, and leaves the rest to a function that is not worth inlining here. */
static inline bool take_plainly(dry_shared_pool_cache *cache, uint32_t *slot_out) {
  return dryi_shared_pool_plain(cache) && dryi_shared_pool_take(cache, slot_out, DRYI_SHARED_POOL_STEP);
}

dry_status dry_shared_pool_cache_acquire(dry_shared_pool_cache *cache, uint32_t *slot_out) {
  if (!cache || !slot_out) return DRY_INVALID_ARGUMENT;
  return take_plainly(cache, slot_out) ? DRY_OK : acquire(cache, slot_out);
}

dry_status dry_shared_pool_cache_release(dry_shared_pool_cache *cache, uint32_t slot) {
  if (!cache) return DRY_INVALID_ARGUMENT;
  if (dryi_shared_pool_plain(cache) && dryi_shared_pool_give(cache, slot, DRYI_SHARED_POOL_STEP)) return DRY_OK;
  return release(cache, slot);
}

static __attribute__((noinline)) dry_status alloc_slowly(dry_shared_pool_cache *cache, void **memory_out) {
  *memory_out = NULL;
  uint32_t slot;
  dry_status status = acquire(cache, &slot);
  if (status == DRY_OK) *memory_out = cache->slots + slot * cache->stride_bytes;
  return status;
}

dry_status dry_shared_pool_cache_alloc(dry_shared_pool_cache *cache, void **memory_out) {
  if (!cache || !memory_out) return DRY_INVALID_ARGUMENT;
  uint32_t slot;
  if (!take_plainly(cache, &slot)) return alloc_slowly(cache, memory_out);
  *memory_out = cache->slots + slot * cache->stride_bytes;
  return DRY_OK;
}

static __attribute__((noinline)) dry_status free_address(dry_shared_pool_cache *cache, const void *memory) {
  dry_status status = usable(cache);
  uint32_t slot;
  if (status == DRY_OK) status = dryi_slot_of_address(cache->pool, memory, &slot);
  return status == DRY_OK ? dry_shared_pool_cache_release(cache, slot) : status;
}

dry_status dry_shared_pool_cache_free(dry_shared_pool_cache *cache, void *memory) {
  if (!cache) return DRY_INVALID_ARGUMENT;
  if (dryi_shared_pool_plain(cache) &&
      dryi_shared_pool_give(cache, dryi_shared_pool_slot_at(cache, memory), DRYI_SHARED_POOL_STEP))
    return DRY_OK;
  return free_address(cache, memory);
}

/* ---- several at once ---- */

dry_status dry_shared_pool_cache_acquire_many(dry_shared_pool_cache *cache, uint32_t *slots_out, uint64_t count) {
  if (!slots_out && count != 0) return DRY_INVALID_ARGUMENT;
  dry_status status = usable(cache);
  uint64_t done = 0;
  while (status == DRY_OK && done < count) {
    status = dry_shared_pool_cache_acquire(cache, slots_out + done);
    if (status == DRY_OK) done++;
  }
  if (status == DRY_OK || done == 0) return status;
  while (done-- > 0) {
    (void)dry_shared_pool_cache_release(cache, slots_out[done]);
    slots_out[done] = 0;
  }
  return status;
}

/* Marks a slot as being given back, so that a second mention in the same list is noticed. */
static dry_status mark(const dry_shared_pool_cache *cache, uint32_t slot) {
  if (slot >= cache->capacity) return DRY_FOREIGN;
  uint32_t owner = dryi_load_relaxed_u32(&cache->owners[slot]);
  do {
    if (!dryi_owner_taken(owner)) return DRY_STALE;
  } while (!dryi_swap_relaxed_u32(&cache->owners[slot], &owner, owner | DRY_SHARED_POOL_OWNER_FREEING));
  if (dryi_slot_sound(cache->pool, slot, false)) return DRY_OK;
  dryi_store_relaxed_u32(&cache->owners[slot], DRY_SHARED_POOL_OWNER_WITHDRAWN);
  return DRY_CORRUPT;
}

static bool is_marked(const dry_shared_pool_cache *cache, uint32_t slot) {
  if (slot >= cache->capacity) return false;
  uint32_t owner = dryi_load_relaxed_u32(&cache->owners[slot]);
  return (owner & DRY_SHARED_POOL_OWNER_FREEING) != 0 && owner != DRY_SHARED_POOL_OWNER_WITHDRAWN;
}

static void unmark(const dry_shared_pool_cache *cache, uint32_t slot) {
  if (!is_marked(cache, slot)) return;
  uint32_t owner = dryi_load_relaxed_u32(&cache->owners[slot]);
  dryi_store_relaxed_u32(&cache->owners[slot], owner & ~DRY_SHARED_POOL_OWNER_FREEING);
}

dry_status dry_shared_pool_cache_release_many(dry_shared_pool_cache *cache, const uint32_t *slots, uint64_t count) {
  if (!slots && count != 0) return DRY_INVALID_ARGUMENT;
  dry_status status = usable(cache);
  uint64_t marked = 0, done = 0;
  while (status == DRY_OK && marked < count) {
    status = mark(cache, dryi_load_relaxed_u32(slots + marked));
    if (status == DRY_OK) marked++;
  }
  DRYI_STEP("cache_marked_many");
  while (status == DRY_OK && done < count) {
    /* The list is the caller's, and some other thread of his may be changing it. */
    uint32_t slot = dryi_load_relaxed_u32(slots + done);
    status = is_marked(cache, slot) ? dryi_cache_put(cache, slot) : DRY_FOREIGN;
    if (status == DRY_OK) done++;
  }
  /* Only a lack of batches (DRY_BUSY), or a list that changed, ends the second loop early; then what is left stays taken. */
  if (status != DRY_OK)
    for (uint64_t i = done; i < marked; i++) unmark(cache, dryi_load_relaxed_u32(slots + i));
  return status;
}

/* ---- the rest ---- */

dry_status dry_shared_pool_flush(dry_shared_pool_cache *cache) {
  dry_status status = usable(cache);
  for (int which = 0; which < 2 && status == DRY_OK; which++) {
    swap_magazines(cache);
    status = empty_magazine(cache);
  }
  return status;
}

dry_status dry_shared_pool_adopt(dry_shared_pool_cache *cache, uint32_t slot) {
  dry_status status = usable(cache);
  if (status != DRY_OK) return status;
  if (slot >= cache->capacity) return DRY_FOREIGN;
  uint32_t owner = dryi_load_relaxed_u32(&cache->owners[slot]);
  do {
    if (!dryi_owner_taken(owner)) return DRY_STALE;
    /* Whoever reclaims slots of a dead owner swaps too, so one of both has it. */
  } while (!dryi_swap_relaxed_u32(&cache->owners[slot], &owner, cache->owner));
  return DRY_OK;
}
#undef make_room
#undef put
#undef take_fresh
#undef take_plainly

/* ---- memory/shared_pool_depot.c ---- */

#define pop pop_in_memory_shared_pool_depot
#define push push_in_memory_shared_pool_depot
/*
 * shared_pool_depot.c: three stacks of batches, and the slots that were never taken.
 *
 * Each stack's head is one word, (tag << 24) | batch number + 1. Popping reads the head, then `next` of the batch there,
 * then swaps the head: if others popped that batch meanwhile, and even pushed it again, the tag has moved on and the swap
 * fails. The tag would have to go round, 2^40 changes, while one thread stands between two instructions.
 *
 * Who has popped a batch owns it alone until it is pushed again. Its slots and its count pass from the release of the
 * push to the acquire of the pop, over any number of other swaps of the head in between: they all are read-modify-writes,
 * which continue the release sequence.
 */

#define NUMBER_MASK (((uint64_t)1 << DRY_SHARED_POOL_BATCH_BITS) - 1)
#define TAG_ONE ((uint64_t)1 << DRY_SHARED_POOL_BATCH_BITS)

/* How long to wait for an empty batch, in tenths of a millisecond: there are enough of them for all who are at work, so a
   longer wait is for those that dead processes carried away. */
#define EMPTY_WAITS 200

/* ---- one stack ---- */

static dry_shared_pool_batch *pop(dry_shared_pool *pool, uint64_t *head, dry_status *status_out) {
  /* pairs with the release in push */
  uint64_t now = dryi_load_acquire_u64(head);
  for (;;) {
    uint64_t number = now & NUMBER_MASK;
    *status_out = DRY_FULL;
    if (number == 0) return NULL;
    *status_out = DRY_CORRUPT;
    if (number > pool->batch_count) return NULL;
    dry_shared_pool_batch *batch = pool->batches + (number - 1);
    uint64_t next = dryi_load_relaxed_u32(&batch->next);
    if (next > NUMBER_MASK) next = 0;
    uint64_t after = ((now & ~NUMBER_MASK) + TAG_ONE) | next;
    /* pairs with the release in push */
    if (dryi_swap_acquire_found_acquire_u64(head, &now, after)) {
      DRYI_STEP("depot_popped");
      *status_out = DRY_OK;
      return batch;
    }
  }
}

static void push(dry_shared_pool *pool, uint64_t *head, dry_shared_pool_batch *batch) {
  uint64_t number = dryi_batch_number(pool, batch) + (uint64_t)1;
  uint64_t now = dryi_load_relaxed_u64(head), after;
  do {
    dryi_store_relaxed_u32(&batch->next, (uint32_t)(now & NUMBER_MASK));
    after = ((now & ~NUMBER_MASK) + TAG_ONE) | number;
    /* pairs with the acquires in pop */
  } while (!dryi_swap_release_u64(head, &now, after));
  DRYI_STEP("depot_pushed");
}

/* ---- the depot ---- */

void dryi_batch_move(dry_shared_pool_batch *from, dry_shared_pool_batch *to) {
  uint32_t left = dryi_batch_count(from);
  /* First into the one, then out of the other: killed in between, `to` is a batch that only a repair finds again, and a
     repair goes by the owners. */
  while (left > 0 && left <= DRYI_MAGAZINE && dryi_batch_count(to) < DRYI_MAGAZINE) {
    dryi_batch_put(to, dryi_load_relaxed_u32(&from->slots[left - 1]));
    dryi_keep_order();
    dryi_store_relaxed_u32(&from->count, --left);
  }
}

void dryi_depot_put(dry_shared_pool *pool, dry_shared_pool_batch *batch) {
  uint32_t count = dryi_batch_count(batch);
  dry_shared_pool_header *header = pool->header;
  push(pool, count == 0 ? &header->empty : count < DRYI_MAGAZINE ? &header->partial : &header->full, batch);
}

static dry_shared_pool_batch *take_with(dry_shared_pool *pool, uint64_t *head, uint32_t least, uint32_t most,
                                        dry_status *status_out) {
  dry_shared_pool_batch *batch = pop(pool, head, status_out);
  if (!batch) return NULL;
  uint32_t count = dryi_batch_count(batch);
  if (count >= least && count <= most) return batch;
  *status_out = DRY_CORRUPT;
  return NULL;
}

dry_shared_pool_batch *dryi_depot_take_partial(dry_shared_pool *pool) {
  dry_status status;
  return take_with(pool, &pool->header->partial, 1, DRYI_MAGAZINE - 1, &status);
}

dry_shared_pool_batch *dryi_depot_take(dry_shared_pool *pool, bool partial_first, dry_status *status_out) {
  uint64_t *heads[2] = {&pool->header->full, &pool->header->partial};
  dry_shared_pool_batch *batch = take_with(pool, heads[partial_first], 1, DRYI_MAGAZINE, status_out);
  if (!batch && *status_out == DRY_FULL) batch = take_with(pool, heads[!partial_first], 1, DRYI_MAGAZINE, status_out);
  return batch;
}

dry_shared_pool_batch *dryi_depot_take_empty(dry_shared_pool *pool) {
  dry_status status;
  for (int waits = 0;; waits++) {
    dry_shared_pool_batch *batch = take_with(pool, &pool->header->empty, 0, 0, &status);
    if (batch || status != DRY_FULL || waits == EMPTY_WAITS) return batch;
    dryi_os_sleep_ns(100000);
  }
}

uint32_t dryi_depot_take_fresh(dry_shared_pool *pool, uint32_t most, uint32_t *first_out) {
  uint64_t first = dryi_load_relaxed_u64(&pool->header->fresh);
  uint32_t count;
  do {
    if (first >= pool->capacity) return 0;
    uint64_t left = pool->capacity - first;
    count = left < most ? (uint32_t)left : most;
    /* Nothing is passed on with it: who takes these slots is the first to have them. */
  } while (!dryi_swap_relaxed_u64(&pool->header->fresh, &first, first + count));
  DRYI_STEP("depot_fresh");
  *first_out = (uint32_t)first;
  dryi_slots_prepare(pool, *first_out, count);
  return count;
}

uint64_t dryi_depot_changes(const dry_shared_pool *pool) {
  const dry_shared_pool_header *header = pool->header;
  return (dryi_load_relaxed_u64(&header->full) >> DRY_SHARED_POOL_BATCH_BITS) +
         (dryi_load_relaxed_u64(&header->partial) >> DRY_SHARED_POOL_BATCH_BITS) +
         dryi_load_relaxed_u64(&header->fresh);
}

static void clear_head(uint64_t *head) {
  /* The tag goes on, so that a thread that was stopped in the midst of a pop finds out. */
  dryi_store_relaxed_u64(head, (dryi_load_relaxed_u64(head) & ~NUMBER_MASK) + TAG_ONE);
}

void dryi_depot_clear(dry_shared_pool *pool) {
  clear_head(&pool->header->full);
  clear_head(&pool->header->partial);
  clear_head(&pool->header->empty);
}
#undef EMPTY_WAITS
#undef NUMBER_MASK
#undef TAG_ONE
#undef pop
#undef push

/* ---- memory/shared_pool_direct.c ---- */

#define take_fresh take_fresh_in_memory_shared_pool_direct
/* shared_pool_direct.c: one slot straight from the depot, and straight back to it. */

/* Takes the last slot of a batch that was taken from the depot, and puts the batch back. */
static dry_status take_from(dry_shared_pool *pool, dry_shared_pool_batch *batch, uint32_t *slot_out) {
  uint32_t count = dryi_batch_count(batch);
  uint32_t slot = dryi_load_relaxed_u32(&batch->slots[count - 1]);
  dry_status status = dryi_slot_take(pool, slot, DRY_SHARED_POOL_OWNER_NONE);
  dryi_keep_order();
  dryi_store_relaxed_u32(&batch->count, count - 1);
  DRYI_STEP("direct_taken");
  dryi_depot_put(pool, batch);
  if (status == DRY_OK) *slot_out = slot;
  return status;
}

static dry_status take_fresh(dry_shared_pool *pool, uint32_t *slot_out) {
  uint32_t slot;
  if (dryi_depot_take_fresh(pool, 1, &slot) == 0) return DRY_FULL;
  dry_status status = dryi_slot_take(pool, slot, DRY_SHARED_POOL_OWNER_NONE);
  if (status == DRY_OK) *slot_out = slot;
  return status;
}

dry_status dry_shared_pool_acquire(dry_shared_pool *pool, uint32_t *slot_out) {
  if (!slot_out) return DRY_INVALID_ARGUMENT;
  *slot_out = 0;
  dry_status status = dryi_shared_pool_usable(pool, true);
  if (status != DRY_OK) return status;
  for (int look = 0;; look++) {
    uint64_t changes = dryi_depot_changes(pool);
    dry_shared_pool_batch *batch = dryi_depot_take(pool, true, &status);
    if (batch) return take_from(pool, batch, slot_out);
    if (status == DRY_FULL) status = take_fresh(pool, slot_out);
    if (status == DRY_OK || status == DRY_CORRUPT) return status;
    if (look == DRYI_DEPOT_LOOKS || changes == dryi_depot_changes(pool)) break;
  }
  (void)dryi_add_relaxed_u64(&pool->header->failures, 1);
  return DRY_FULL;
}

dry_status dry_shared_pool_release(dry_shared_pool *pool, uint32_t slot) {
  dry_status status = dryi_shared_pool_usable(pool, true);
  if (status != DRY_OK) return status;
  if (slot >= pool->capacity) return DRY_FOREIGN;
  if (dryi_load_relaxed_u32(&pool->owners[slot]) == 0) return DRY_STALE;
  dry_shared_pool_batch *batch = dryi_depot_take_partial(pool);
  if (!batch) batch = dryi_depot_take_empty(pool);
  if (!batch) return DRY_BUSY;
  status = dryi_slot_check(pool, slot, DRY_SHARED_POOL_OWNER_NONE);
  if (status == DRY_OK) {
    dryi_slot_clean(pool, slot);
    /* Unlike a cache's magazine this batch is found by nobody while it is being carried: a slot in it that is free already
       is what a repair brings back, one that still counts as taken would be lost. */
    dryi_slot_free(pool, slot);
    DRYI_STEP("direct_freed");
    dryi_batch_put(batch, slot);
  }
  dryi_depot_put(pool, batch);
  return status;
}

dry_status dry_shared_pool_release_at(dry_shared_pool *pool, uint64_t offset) {
  dry_status status = dryi_shared_pool_usable(pool, true);
  if (status != DRY_OK) return status;
  uint32_t slot;
  status = dryi_slot_of_offset(pool, offset, &slot);
  return status == DRY_OK ? dry_shared_pool_release(pool, slot) : status;
}
#undef take_fresh

/* ---- memory/shared_pool_layout.c ---- */

#define check_number check_number_in_memory_shared_pool_layout
#define fixed_fields_crc fixed_fields_crc_in_memory_shared_pool_layout
#define geometry geometry_in_memory_shared_pool_layout
#define geometry_sound geometry_sound_in_memory_shared_pool_layout
#define load_header load_header_in_memory_shared_pool_layout
/*
 * shared_pool_layout.c: how large a shared pool is, how it is laid out, and whether stored geometry can be right.
 *
 * How many batches: a batch is somewhere at every moment.
 *  - Full ones, in the depot or being carried, are at most capacity / 64, since a slot is in one batch only.
 *  - Each open cache has two.
 *  - Each call that is under way, one a cache and those without a cache, carries at most one more that is not full.
 *  - The stack of partly filled ones has at most as many as there were calls under way at once: whoever leaves one there
 *    took one before, or found the stack empty. At the last moment at which somebody found it empty, the calls under way
 *    were the only ones that could still add without taking.
 * With n caches and eight calls without one that is capacity / 64 + 2n + (n + 8) + (n + 8): so many, and there is always an
 * empty batch for whoever needs one. More than eight calls without a cache at once may have to wait for each other.
 */

_Static_assert(sizeof(dry_shared_pool_header) == DRY_SHARED_POOL_HEADER_BYTES, "stored layout");
_Static_assert(offsetof(dry_shared_pool_header, slots_offset) == 48, "stored layout");
_Static_assert(offsetof(dry_shared_pool_header, header_crc) == 84, "stored layout");
_Static_assert(offsetof(dry_shared_pool_header, full) == 128, "stored layout");
_Static_assert(offsetof(dry_shared_pool_header, empty) == 256, "stored layout");
_Static_assert(offsetof(dry_shared_pool_header, fresh) == 384, "stored layout");
_Static_assert(offsetof(dry_shared_pool_header, partial) == 448, "stored layout");
_Static_assert(sizeof(dry_shared_pool_batch) == 384 && offsetof(dry_shared_pool_batch, slots) == 128, "stored layout");
_Static_assert(sizeof(dry_shared_pool_cache_record) == 128, "stored layout");
_Static_assert(DRY_SHARED_POOL_CACHES_MAX == 1u << DRY_SHARED_POOL_OWNER_BITS, "an owner word has room for the number");
_Static_assert(DRY_SHARED_POOL_CACHES_MAX <= DRY_REGION_PAGE_BYTES, "each cache has a lock of its own behind its part's");
_Static_assert(DRY_SHARED_POOL_CAPACITY_MAX / 64 + 4 * DRY_SHARED_POOL_CACHES_MAX + DRY_SHARED_POOL_SPARE_BATCHES <
                   1u << DRY_SHARED_POOL_BATCH_BITS, "a head has room for every batch's number");

/* ---- options ---- */

static dry_status check_number(const char *field, uint64_t value, uint64_t max, dry_detail *detail) {
  if (value == 0) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "%s: must be at least 1", field);
  if (value <= max) return DRY_OK;
  return dryi_fail(detail, DRY_TOO_LARGE, "%s: %llu is more than %llu", field, (unsigned long long)value,
                   (unsigned long long)max);
}

/* ---- geometry ---- */

/* Of the span: more than a cache line only where objects want it. Regions in a caller's buffer have no more either; what is
   to be apart then shares a pair of lines at worst. */
static uint64_t base_align(const dry_shared_pool_header *header) {
  return header->align_bytes > DRY_CACHE_LINE_BYTES ? header->align_bytes : DRY_CACHE_LINE_BYTES;
}

/* Nothing overflows: the limits keep every term below 2^62. */
static void geometry(dry_shared_pool_header *header) {
  const uint64_t canary = header->flags & DRY_MEMORY_GUARDED ? DRY_POOL_CANARY_BYTES : 0;
  header->magic = DRY_SHARED_POOL_MAGIC;
  header->batch_count = header->capacity / DRYI_MAGAZINE + 4 * header->cache_count + DRY_SHARED_POOL_SPARE_BATCHES;
  header->stride_bytes = dryi_align_up(header->object_bytes + canary, header->align_bytes);
  header->owners_offset = DRY_SHARED_POOL_HEADER_BYTES;
  header->batches_offset = dryi_align_up(header->owners_offset + (uint64_t)header->capacity * sizeof(uint32_t),
                                         DRY_CACHE_PAIR_BYTES);
  header->caches_offset = header->batches_offset + (uint64_t)header->batch_count * sizeof(dry_shared_pool_batch);
  const uint64_t slots_align = header->align_bytes > DRY_CACHE_PAIR_BYTES ? header->align_bytes : DRY_CACHE_PAIR_BYTES;
  header->slots_offset = dryi_align_up(
      header->caches_offset + (uint64_t)header->cache_count * sizeof(dry_shared_pool_cache_record), slots_align);
  header->size_bytes = header->slots_offset + header->capacity * header->stride_bytes;
}

static uint32_t fixed_fields_crc(const dry_shared_pool_header *header) {
  return dryi_crc32c(0, header, offsetof(dry_shared_pool_header, header_crc));
}

dry_status dryi_shared_pool_layout(const dry_shared_pool_options *options, uint32_t allowed,
                                   dry_shared_pool_header *header_out, dry_detail *detail) {
  if (!options) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: must not be NULL");
  if (options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "struct_size: %u, not %zu", options->struct_size, sizeof *options);
  const uint64_t caches = options->caches ? options->caches : DRY_SHARED_POOL_CACHES_DEFAULT;
  uint64_t align = 0;
  dry_status status = dryi_check_flags(options->flags, allowed, detail);
  if (status == DRY_OK) status = check_number("object_bytes", options->object_bytes, DRY_POOL_OBJECT_BYTES_MAX, detail);
  if (status == DRY_OK)
    status = check_number("capacity_slots", options->capacity_slots, DRY_SHARED_POOL_CAPACITY_MAX, detail);
  if (status == DRY_OK) status = check_number("caches", caches, DRY_SHARED_POOL_CACHES_MAX, detail);
  if (status == DRY_OK)
    status = dryi_check_align(options->align_bytes, options->object_bytes, DRY_POOL_ALIGN_MAX, &align, detail);
  if (status != DRY_OK) return status;
  memset(header_out, 0, sizeof *header_out);
  header_out->object_bytes = (uint32_t)options->object_bytes;
  header_out->align_bytes = (uint32_t)align;
  header_out->capacity = (uint32_t)options->capacity_slots;
  header_out->cache_count = (uint32_t)caches;
  header_out->flags = options->flags & DRYI_SHARED_POOL_STORED_FLAGS;
  geometry(header_out);
  header_out->header_crc = fixed_fields_crc(header_out);
  if (header_out->size_bytes <= DRY_POOL_BYTES_MAX) return DRY_OK;
  return dryi_fail(detail, DRY_TOO_LARGE, "shared pool: %llu slots of %llu bytes are more than 2^46 bytes",
                   (unsigned long long)options->capacity_slots, (unsigned long long)header_out->stride_bytes);
}

/* ---- spans ---- */

dry_status dry_shared_pool_required_bytes(const dry_shared_pool_options *options, uint64_t *bytes_out) {
  if (!bytes_out) return DRY_INVALID_ARGUMENT;
  *bytes_out = 0;
  dry_shared_pool_header header;
  dry_status status = dryi_shared_pool_layout(options, DRYI_SHARED_POOL_STORED_FLAGS, &header, NULL);
  if (status == DRY_OK) *bytes_out = header.size_bytes;
  return status;
}

void dryi_shared_pool_lay_out(uint8_t *base, const dry_shared_pool_header *header, bool zeroed) {
  if (!zeroed) memset(base, 0, (size_t)header->slots_offset);
  /* Freed objects are wiped; so, with those that nobody had yet, all are zeros when they are taken. */
  if (!zeroed && (header->flags & DRY_MEMORY_WIPE))
    dryi_wipe(base + header->slots_offset, header->capacity * header->stride_bytes);
  dry_shared_pool_batch *batches = (dry_shared_pool_batch *)(void *)(base + header->batches_offset);
  for (uint32_t i = 0; i + 1 < header->batch_count; i++) batches[i].next = i + 2;
  dry_shared_pool_header *stored = (dry_shared_pool_header *)(void *)base;
  memcpy((uint8_t *)stored + sizeof header->magic, (const uint8_t *)header + sizeof header->magic,
         offsetof(dry_shared_pool_header, full) - sizeof header->magic);
  stored->empty = 1;
  DRYI_STEP("shared_pool_laid_out");
  /* With the magic the rest is there, for whoever attaches after a kill: pairs with the loads in load_header. */
  dryi_store_release_u64(&stored->magic, header->magic);
}

dry_status dry_shared_pool_init(void *span, uint64_t span_bytes, const dry_shared_pool_options *options) {
  dry_shared_pool_header header;
  dry_status status = dryi_shared_pool_layout(options, DRYI_SHARED_POOL_STORED_FLAGS, &header, NULL);
  if (status != DRY_OK) return status;
  if (!span || (uintptr_t)span % base_align(&header) != 0) return DRY_INVALID_ARGUMENT;
  if (header.size_bytes > span_bytes) return DRY_TOO_LARGE;
  dryi_shared_pool_lay_out((uint8_t *)span, &header, false);
  return DRY_OK;
}

/* ---- stored pools ---- */

/* Everything that later code relies on follows from a few numbers, so there is one right value for each. */
static bool geometry_sound(const dry_shared_pool_header *copy) {
  const dry_shared_pool_options options = {.struct_size = sizeof options, .flags = copy->flags,
                                           .object_bytes = copy->object_bytes, .capacity_slots = copy->capacity,
                                           .align_bytes = copy->align_bytes, .caches = copy->cache_count};
  dry_shared_pool_header right;
  if (copy->align_bytes == 0 || copy->cache_count == 0) return false;
  if (dryi_shared_pool_layout(&options, DRYI_SHARED_POOL_STORED_FLAGS, &right, NULL) != DRY_OK) return false;
  return memcmp(copy, &right, offsetof(dry_shared_pool_header, header_crc)) == 0;
}

/* The fixed fields alone: the others change all the time. */
static void load_header(const void *span, dry_shared_pool_header *copy_out) {
  const uint64_t *from = (const uint64_t *)span;
  uint64_t words[offsetof(dry_shared_pool_header, full) / 8];
  memset(copy_out, 0, sizeof *copy_out);
  /* pairs with the release in dryi_shared_pool_lay_out */
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) words[i] = dryi_load_acquire_u64(from + i);
  memcpy(copy_out, words, sizeof words);
}

dry_status dryi_shared_pool_header_check(const void *span, uint64_t span_bytes, dry_shared_pool_header *facts_out,
                                         dry_detail *detail) {
  if (!span || (uintptr_t)span % DRY_CACHE_LINE_BYTES != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "shared pool: the span must be aligned to %d", DRY_CACHE_LINE_BYTES);
  if (span_bytes < sizeof *facts_out)
    return dryi_fail(detail, DRY_CORRUPT, "shared pool: %llu bytes are no shared pool", (unsigned long long)span_bytes);
  load_header(span, facts_out);
  if (facts_out->magic != DRY_SHARED_POOL_MAGIC)
    return dryi_fail(detail, DRY_CORRUPT, "shared pool: not a shared pool: the magic is 0x%016llx",
                     (unsigned long long)facts_out->magic);
  const uint32_t crc = fixed_fields_crc(facts_out);
  if (crc != facts_out->header_crc)
    return dryi_fail_at(detail, DRY_CORRUPT, offsetof(dry_shared_pool_header, header_crc),
                        "shared pool: header checksum is 0x%08x, stored 0x%08x", crc, facts_out->header_crc);
  if (!geometry_sound(facts_out) || facts_out->size_bytes > span_bytes)
    return dryi_fail(detail, DRY_CORRUPT, "shared pool: header: offsets and sizes do not fit together");
  if ((uintptr_t)span % base_align(facts_out) != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "shared pool: the span must be aligned to %u, as its objects are",
                     facts_out->align_bytes);
  return DRY_OK;
}
#undef check_number
#undef fixed_fields_crc
#undef geometry
#undef geometry_sound
#undef load_header

/* ---- memory/shared_pool_repair.c ---- */

#define in_use in_use_in_memory_shared_pool_repair
#define rebuild rebuild_in_memory_shared_pool_repair
/*
 * shared_pool_repair.c: what dead processes leave behind, and starting anew.
 *
 * The owner words say which slots are taken, with two corrections: what is in the magazine of a dead cache is free, since
 * its user was killed before he had it, or after he had given it back; and a word with the mark of being freed belongs to
 * somebody who does not want it any more.
 */

static uint32_t slots_used_once(const dry_shared_pool *pool) {
  uint64_t fresh = dryi_load_relaxed_u64(&pool->header->fresh);
  return fresh < pool->capacity ? (uint32_t)fresh : pool->capacity;
}

static dry_shared_pool_batch *magazine_of(const dry_shared_pool *pool, uint32_t cache, int which) {
  uint32_t number = dryi_load_relaxed_u32(&pool->caches[cache].magazines[which]);
  return number == 0 || number > pool->batch_count ? NULL : pool->batches + (number - 1);
}

/* Makes the words of the slots in a dead cache's magazines say that they are free; how many there are. */
static uint64_t free_magazines(const dry_shared_pool *pool, uint32_t cache) {
  uint64_t slots = 0;
  for (int which = 0; which < 2; which++) {
    const dry_shared_pool_batch *batch = magazine_of(pool, cache, which);
    uint32_t count = batch ? dryi_batch_count(batch) : 0;
    if (count > DRYI_MAGAZINE) continue;
    for (uint32_t i = 0; i < count; i++) {
      uint32_t slot = dryi_load_relaxed_u32(&batch->slots[i]);
      if (slot >= pool->capacity || dryi_load_relaxed_u32(&pool->owners[slot]) == 0) continue;
      dryi_slot_clean(pool, slot);
      dryi_slot_free(pool, slot);
    }
    slots += count;
  }
  return slots;
}

/* ---- reclaim ---- */

/* Frees by way of the dead cache itself what its word names: killed in the midst of it, we leave what we found. */
static dry_status free_owned(dry_shared_pool_cache *cache, uint64_t *slots) {
  const dry_shared_pool *pool = cache->pool;
  const uint32_t marked = cache->owner | DRY_SHARED_POOL_OWNER_FREEING;
  uint32_t end = slots_used_once(pool);
  for (uint32_t slot = 0; slot < end; slot++) {
    uint32_t owner = dryi_load_relaxed_u32(&pool->owners[slot]);
    if ((owner | DRY_SHARED_POOL_OWNER_FREEING) != marked) continue;
    /* Somebody may adopt it, or give it back, in this moment: one of us wins. */
    if (owner != marked && !dryi_swap_relaxed_u32(&pool->owners[slot], &owner, marked)) continue;
    DRYI_STEP("reclaim_marked");
    dry_status status = dryi_cache_put(cache, slot);
    if (status != DRY_OK) return status;
    ++*slots;
  }
  return DRY_OK;
}

/* The lock of that cache is ours, so its owner is dead. */
static dry_status recover(dry_shared_pool *pool, uint32_t number, uint64_t *slots, dry_detail *detail) {
  uint64_t found = free_magazines(pool, number);
  DRYI_STEP("reclaim_magazines");
  dry_shared_pool_cache cache;
  dry_status status = dryi_cache_attach(pool, number, -1, &cache);
  if (status == DRY_OK) status = free_owned(&cache, &found);
  if (status != DRY_OK)
    return dryi_fail(detail, status, "shared pool: cache %u of a dead process: %s", number, dry_status_text(status));
  DRYI_STEP("reclaim_freed");
  dryi_cache_detach(&cache);
  *slots += found;
  return DRY_OK;
}

/* The word is acquired since a cache of a living process may be opened and closed at any time. */
static bool in_use(const dry_shared_pool *pool, uint32_t number) {
  /* pairs with the release in leave_record */
  return dryi_load_acquire_u32(&pool->caches[number].state) != 0;
}

static dry_status reclaim_one(dry_shared_pool *pool, uint32_t number, int fd, uint64_t *slots, dry_detail *detail) {
  if (!in_use(pool, number)) return DRY_OK;
  int error = dryi_os_lock_byte(fd, dryi_shared_pool_lock_at(pool, number));
  if (error == EAGAIN) return DRY_OK;
  if (error) return dryi_fail_os(detail, error, "shared pool: the lock of cache %u cannot be looked at", number);
  /* Its owner may have closed it in good order between the two. */
  dry_status status = in_use(pool, number) ? recover(pool, number, slots, detail) : DRY_OK;
  (void)dryi_os_unlock_byte(fd, dryi_shared_pool_lock_at(pool, number));
  return status;
}

dry_status dry_shared_pool_reclaim(dry_shared_pool *pool, uint64_t *slots_out, dry_detail *detail) {
  if (!slots_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "slots_out: must not be NULL");
  *slots_out = 0;
  dry_status status = dryi_shared_pool_usable(pool, true);
  if (status != DRY_OK) return dryi_fail(detail, status, "shared pool: %s", dry_status_text(status));
  int fd;
  status = dryi_shared_pool_descriptor(pool, &fd, detail);
  if (status != DRY_OK || fd < 0) return status == DRY_OK ? dryi_done(detail) : status;
  for (uint32_t number = 0; number < pool->cache_count && status == DRY_OK; number++)
    status = reclaim_one(pool, number, fd, slots_out, detail);
  (void)dryi_os_close(fd);
  return status == DRY_OK ? dryi_done(detail) : status;
}

/* ---- repair ---- */

/* Every batch empty and on no stack. */
static void empty_batches(dry_shared_pool *pool) {
  dryi_depot_clear(pool);
  for (uint32_t i = 0; i < pool->batch_count; i++) dryi_store_relaxed_u32(&pool->batches[i].count, 0);
}

/* All free slots into batches, and all batches into the depot. */
static void fill_depot(dry_shared_pool *pool) {
  uint32_t at = 0, end = slots_used_once(pool);
  for (uint32_t slot = 0; slot < end; slot++) {
    uint32_t owner = dryi_load_relaxed_u32(&pool->owners[slot]);
    if (dryi_owner_taken(owner) || owner == DRY_SHARED_POOL_OWNER_WITHDRAWN) continue;
    dryi_slot_clean(pool, slot);
    dryi_store_relaxed_u32(&pool->owners[slot], 0);
    dryi_batch_put(pool->batches + at, slot);
    if (dryi_batch_count(pool->batches + at) == DRYI_MAGAZINE) dryi_depot_put(pool, pool->batches + at++);
  }
  while (at < pool->batch_count) dryi_depot_put(pool, pool->batches + at++);
}

static dry_status lock_all(const dry_shared_pool *pool, int fd, dry_detail *detail) {
  for (uint32_t number = 0; number < pool->cache_count; number++) {
    int error = dryi_os_lock_byte(fd, dryi_shared_pool_lock_at(pool, number));
    if (error == EAGAIN)
      return dryi_fail(detail, DRY_BUSY, "shared pool: cache %u is open in a living process", number);
    if (error) return dryi_fail_os(detail, error, "shared pool: cache %u cannot be locked", number);
  }
  return DRY_OK;
}

static void unlock_all(const dry_shared_pool *pool, int fd) {
  if (fd < 0) return;
  for (uint32_t number = 0; number < pool->cache_count; number++)
    (void)dryi_os_unlock_byte(fd, dryi_shared_pool_lock_at(pool, number));
  (void)dryi_os_close(fd);
}

/* Killed anywhere in this, it is called again: what it goes by, the owner words, is right from the first step on. */
static void rebuild(dry_shared_pool *pool) {
  for (uint32_t number = 0; number < pool->cache_count; number++)
    if (in_use(pool, number)) (void)free_magazines(pool, number);
  DRYI_STEP("repair_words");
  empty_batches(pool);
  DRYI_STEP("repair_emptied");
  for (uint32_t number = 0; number < pool->cache_count; number++) {
    dry_shared_pool_cache_record *record = pool->caches + number;
    dryi_store_relaxed_u32(&record->magazines[0], 0);
    dryi_store_relaxed_u32(&record->magazines[1], 0);
    /* pairs with the acquire in claim */
    dryi_store_release_u32(&record->state, 0);
    DRYI_STEP("repair_record");
  }
  fill_depot(pool);
}

dry_status dry_shared_pool_repair(dry_shared_pool *pool, dry_detail *detail) {
  dry_status status = dryi_shared_pool_usable(pool, true);
  if (status != DRY_OK) return dryi_fail(detail, status, "shared pool: %s", dry_status_text(status));
  /* pairs with the adds where caches are opened and closed */
  if (dryi_load_acquire_u32(&pool->caches_open) != 0)
    return dryi_fail(detail, DRY_BUSY, "shared pool: this handle has caches open");
  int fd;
  status = dryi_shared_pool_descriptor(pool, &fd, detail);
  if (status != DRY_OK) return status;
  if (fd >= 0) status = lock_all(pool, fd, detail);
  if (status == DRY_OK) rebuild(pool);
  unlock_all(pool, fd);
  return status == DRY_OK ? dryi_done(detail) : status;
}

/* ---- reset ---- */

/* In `next` of a batch that is a magazine, while a reset puts all others into the depot; no batch has that number. */
#define HELD UINT32_MAX

static void mark_magazines(dry_shared_pool *pool) {
  for (uint32_t number = 0; number < pool->cache_count; number++)
    for (int which = 0; which < 2; which++) {
      dry_shared_pool_batch *batch = in_use(pool, number) ? magazine_of(pool, number, which) : NULL;
      if (batch) dryi_store_relaxed_u32(&batch->next, HELD);
    }
}

dry_status dry_shared_pool_reset(dry_shared_pool *pool) {
  dry_status status = dryi_shared_pool_usable(pool, true);
  if (status != DRY_OK) return status;
  uint32_t end = slots_used_once(pool);
  empty_batches(pool);
  DRYI_STEP("reset_emptied");
  for (uint32_t slot = 0; slot < end; slot++) {
    if (dryi_load_relaxed_u32(&pool->owners[slot]) == 0) continue;
    dryi_slot_clean(pool, slot);
    dryi_store_relaxed_u32(&pool->owners[slot], 0);
  }
  DRYI_STEP("reset_words");
  for (uint32_t i = 0; i < pool->batch_count; i++) dryi_store_relaxed_u32(&pool->batches[i].next, 0);
  mark_magazines(pool);
  for (uint32_t i = pool->batch_count; i-- > 0;)
    if (dryi_load_relaxed_u32(&pool->batches[i].next) != HELD) dryi_depot_put(pool, pool->batches + i);
  DRYI_STEP("reset_depot");
  dryi_store_relaxed_u64(&pool->header->fresh, 0);
  (void)dryi_add_relaxed_u64(&pool->header->resets, 1);
  return DRY_OK;
}
#undef HELD
#undef in_use
#undef rebuild

/* ---- memory/shared_pool_slot.c ---- */

/* shared_pool_slot.c: one slot: its owner word, its bytes, and what is between two objects. */

/* ---- bytes ---- */

static bool guarded(const dry_shared_pool *pool) { return (pool->flags & DRY_MEMORY_GUARDED) != 0; }

static uint64_t canary_bytes(const dry_shared_pool *pool) { return pool->stride_bytes - pool->object_bytes; }

static void lay_poison(const dry_shared_pool *pool, uint32_t slot) {
  uint8_t *object = dryi_shared_slot(pool, slot);
  memset(object, DRY_POOL_POISON_BYTE, (size_t)pool->object_bytes);
  dryi_guard_write(object + pool->object_bytes, canary_bytes(pool), slot);
}

static bool canary_holds(const dry_shared_pool *pool, uint32_t slot) {
  return dryi_guard_holds(dryi_shared_slot(pool, slot) + pool->object_bytes, canary_bytes(pool), slot);
}

bool dryi_slot_sound(const dry_shared_pool *pool, uint32_t slot, bool is_free) {
  if (!guarded(pool)) return true;
  uint8_t *object = dryi_shared_slot(pool, slot);
  /* What the tools keep from everybody is ours to look at for the moment. */
  bool annotated = dryi_shared_pool_annotated(pool);
  if (annotated) dryi_annotate_alloc(object, (size_t)pool->stride_bytes);
  bool sound = canary_holds(pool, slot) &&
               (!is_free || dryi_guard_filled(object, pool->object_bytes, DRY_POOL_POISON_BYTE));
  if (annotated) dryi_annotate_free(object + (is_free ? 0 : pool->object_bytes),
                                    (size_t)(is_free ? pool->stride_bytes : canary_bytes(pool)));
  return sound;
}

void dryi_slots_prepare(const dry_shared_pool *pool, uint32_t first, uint32_t count) {
  if (dryi_shared_pool_annotated(pool))
    dryi_annotate_alloc(dryi_shared_slot(pool, first), (size_t)(count * pool->stride_bytes));
  for (uint32_t slot = first; guarded(pool) && slot < first + count; slot++) lay_poison(pool, slot);
  if (dryi_shared_pool_annotated(pool))
    dryi_annotate_free(dryi_shared_slot(pool, first), (size_t)(count * pool->stride_bytes));
}

void dryi_slot_clean(const dry_shared_pool *pool, uint32_t slot) {
  if (dryi_shared_pool_annotated(pool))
    dryi_annotate_alloc(dryi_shared_slot(pool, slot), (size_t)pool->stride_bytes);
  if (pool->flags & DRY_MEMORY_WIPE) dryi_wipe(dryi_shared_slot(pool, slot), pool->object_bytes);
  if (guarded(pool)) lay_poison(pool, slot);
  if (dryi_shared_pool_annotated(pool))
    dryi_annotate_free(dryi_shared_slot(pool, slot), (size_t)pool->stride_bytes);
}

/* ---- taking and giving back ---- */

/* Nobody gets it any more, until a reset. */
static dry_status withdraw(const dry_shared_pool *pool, uint32_t slot) {
  dryi_store_relaxed_u32(&pool->owners[slot], DRY_SHARED_POOL_OWNER_WITHDRAWN);
  return DRY_CORRUPT;
}

dry_status dryi_slot_take(const dry_shared_pool *pool, uint32_t slot, uint32_t owner) {
  if (slot >= pool->capacity) return DRY_CORRUPT;
  uint32_t found = dryi_load_relaxed_u32(&pool->owners[slot]);
  if (found != 0) return DRY_CORRUPT;
  /* Its contents came with the batch, so the swap itself passes nothing on. */
  if (guarded(pool)) {
    if (!dryi_swap_relaxed_u32(&pool->owners[slot], &found, owner)) return DRY_CORRUPT;
    if (!dryi_slot_sound(pool, slot, true)) return withdraw(pool, slot);
  } else {
    dryi_store_relaxed_u32(&pool->owners[slot], owner);
  }
  uint8_t *object = dryi_shared_slot(pool, slot);
  if (dryi_shared_pool_annotated(pool)) dryi_annotate_alloc(object, (size_t)pool->object_bytes);
  /* Poison took the place of the zeros while it was free. */
  if (guarded(pool) && (pool->flags & DRY_MEMORY_WIPE)) memset(object, 0, (size_t)pool->object_bytes);
  return DRY_OK;
}

dry_status dryi_slot_check(const dry_shared_pool *pool, uint32_t slot, uint32_t owner) {
  if (slot >= pool->capacity) return DRY_FOREIGN;
  uint32_t found = dryi_load_relaxed_u32(&pool->owners[slot]);
  if (!guarded(pool)) return found == 0 ? DRY_STALE : DRY_OK;
  /* Of two threads that free it at once, one gets the mark. A swap also fails when the slot was adopted meanwhile. */
  do {
    if (!dryi_owner_taken(found)) return DRY_STALE;
  } while (!dryi_swap_relaxed_u32(&pool->owners[slot], &found, owner | DRY_SHARED_POOL_OWNER_FREEING));
  DRYI_STEP("slot_marked");
  return dryi_slot_sound(pool, slot, false) ? DRY_OK : withdraw(pool, slot);
}

dry_status dryi_slot_of_offset(const dry_shared_pool *pool, uint64_t offset, uint32_t *slot_out) {
  uint64_t slot = dryi_slot_at(offset, pool->stride_inverse, pool->stride_shift);
  if (slot >= pool->capacity) return DRY_FOREIGN;
  *slot_out = (uint32_t)slot;
  return DRY_OK;
}

dry_status dryi_slot_of_address(const dry_shared_pool *pool, const void *memory, uint32_t *slot_out) {
  return dryi_slot_of_offset(pool, (uint64_t)((uintptr_t)memory - (uintptr_t)pool->slots), slot_out);
}

/* ---- memory/shared_pool_validate.c ---- */

#define all_zero all_zero_in_memory_shared_pool_validate
#define check_header check_header_in_memory_shared_pool_validate
#define check_stack check_stack_in_memory_shared_pool_validate
/*
 * shared_pool_validate.c: whether all is where it can be.
 *
 * Two kinds of checks. What holds at every moment (records, owner words, indices, reserved bytes) is looked at once. That
 * each batch and each slot is in one place only can be told while nobody works; so where that seems to be broken, the
 * activity of the pool is compared before and after, and if there was any, all of it is looked at again.
 */

/* How often others may come in between. */
#define ATTEMPTS 20

typedef struct state {
  const dry_shared_pool *pool;
  dry_detail *detail;
  uint64_t fresh;
  uint8_t *batches; /* a bit each: seen */
  uint8_t *slots;
  uint64_t bytes;   /* of both together, behind each other */
} state;

static bool seen_before(uint8_t *bits, uint32_t index) {
  uint8_t bit = (uint8_t)(1u << (index % 8));
  bool before = (bits[index / 8] & bit) != 0;
  bits[index / 8] |= bit;
  return before;
}

static uint64_t offset_of(const state *s, const void *place) {
  return (uint64_t)((const uint8_t *)place - (const uint8_t *)s->pool->header);
}

/* ---- what holds at every moment ---- */

static bool all_zero(const void *from, uint64_t bytes) {
  const uint8_t *at = (const uint8_t *)from;
  for (uint64_t i = 0; i < bytes; i++)
    if (at[i] != 0) return false;
  return true;
}

static dry_status reserved_set(const state *s, const void *place, const char *where) {
  return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, place), "shared pool: reserved bytes of %s are set", where);
}

static dry_status check_header(const state *s) {
  const dry_shared_pool_header *header = s->pool->header;
  if (!all_zero(header->reserved1, sizeof header->reserved1) || !all_zero(header->reserved2, sizeof header->reserved2) ||
      !all_zero(header->reserved3, sizeof header->reserved3) || !all_zero(header->reserved4, sizeof header->reserved4) ||
      !all_zero(header->reserved5, sizeof header->reserved5))
    return reserved_set(s, header, "the header");
  const uint8_t *owners_end = (const uint8_t *)(s->pool->owners + s->pool->capacity);
  const uint8_t *caches_end = (const uint8_t *)(s->pool->caches + s->pool->cache_count);
  if (!all_zero(owners_end, (uint64_t)((const uint8_t *)s->pool->batches - owners_end)))
    return reserved_set(s, owners_end, "the owners");
  if (!all_zero(caches_end, (uint64_t)(s->pool->slots - caches_end))) return reserved_set(s, caches_end, "the caches");
  if (s->fresh <= s->pool->capacity) return DRY_OK;
  return dryi_fail_at(s->detail, DRY_CORRUPT, offsetof(dry_shared_pool_header, fresh),
                      "shared pool: fresh is %llu of %u slots", (unsigned long long)s->fresh, s->pool->capacity);
}

static dry_status check_record(const state *s, uint32_t number) {
  const dry_shared_pool_cache_record *record = s->pool->caches + number;
  if (!all_zero(record->reserved, sizeof record->reserved)) return reserved_set(s, record, "a cache");
  uint32_t in_use = dryi_load_relaxed_u32(&record->state), opening = dryi_load_relaxed_u32(&record->opening);
  if (in_use <= 1 && opening <= DRY_SHARED_POOL_OPENINGS_MAX) return DRY_OK;
  return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, record), "shared pool: cache %u: state %u, opening %u", number,
                      in_use, opening);
}

/* Whether somebody can have taken a slot with that word. */
static bool owner_sound(const dry_shared_pool *pool, uint32_t owner) {
  if (owner == 0 || owner == DRY_SHARED_POOL_OWNER_WITHDRAWN) return true;
  owner &= ~DRY_SHARED_POOL_OWNER_FREEING;
  uint32_t number = owner % DRY_SHARED_POOL_CACHES_MAX, opening = owner >> DRY_SHARED_POOL_OWNER_BITS;
  if (opening == 0) return owner == DRY_SHARED_POOL_OWNER_NONE;
  return number < pool->cache_count && opening <= dryi_load_relaxed_u32(&pool->caches[number].opening);
}

static dry_status check_owner(const state *s, uint32_t slot) {
  const dry_shared_pool *pool = s->pool;
  uint32_t owner = dryi_load_relaxed_u32(&pool->owners[slot]);
  if (!owner_sound(pool, owner))
    return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, &pool->owners[slot]),
                        "shared pool: slot %u: nobody has the owner word 0x%08x", slot, owner);
  if (dryi_owner_taken(owner) && !dryi_slot_sound(pool, slot, false))
    return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, dryi_shared_slot(pool, slot)),
                        "shared pool: slot %u was written beyond its end", slot);
  return DRY_OK;
}

static dry_status check_always(const state *s) {
  dry_status status = check_header(s);
  for (uint32_t i = 0; i < s->pool->batch_count && status == DRY_OK; i++) {
    const dry_shared_pool_batch *batch = s->pool->batches + i;
    if (!all_zero(batch->reserved, sizeof batch->reserved)) status = reserved_set(s, batch, "a batch");
  }
  for (uint32_t i = 0; i < s->pool->cache_count && status == DRY_OK; i++) status = check_record(s, i);
  for (uint32_t slot = 0; slot < s->fresh && status == DRY_OK; slot++) status = check_owner(s, slot);
  return status;
}

/* ---- what holds while nobody works ---- */

static dry_status check_listed(const state *s, uint32_t slot, bool in_depot) {
  const dry_shared_pool *pool = s->pool;
  if (slot >= s->fresh)
    return dryi_fail(s->detail, DRY_CORRUPT, "shared pool: slot %u is listed as free, but was never taken", slot);
  if (seen_before(s->slots, slot))
    return dryi_fail(s->detail, DRY_CORRUPT, "shared pool: slot %u is listed as free twice", slot);
  uint32_t owner = dryi_load_relaxed_u32(&pool->owners[slot]);
  /* In the magazine of a cache whose process died it may be anybody's. */
  if (owner != 0 && in_depot)
    return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, &pool->owners[slot]),
                        "shared pool: slot %u is in the depot, but 0x%08x has taken it", slot, owner);
  if (owner == 0 && !dryi_slot_sound(pool, slot, true))
    return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, dryi_shared_slot(pool, slot)),
                        "shared pool: slot %u was written to while it was free", slot);
  return DRY_OK;
}

static dry_status check_batch(const state *s, uint64_t number, uint32_t least, uint32_t most, bool in_depot) {
  if (number > s->pool->batch_count)
    return dryi_fail(s->detail, DRY_CORRUPT, "shared pool: there is no batch %llu", (unsigned long long)number - 1);
  const dry_shared_pool_batch *batch = s->pool->batches + (number - 1);
  if (seen_before(s->batches, (uint32_t)number - 1))
    return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, batch), "shared pool: batch %llu is in two places",
                        (unsigned long long)number - 1);
  uint32_t count = dryi_batch_count(batch);
  if (count < least || count > most)
    return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, batch), "shared pool: batch %llu holds %u slots, not %u .. %u",
                        (unsigned long long)number - 1, count, least, most);
  for (uint32_t i = 0; i < count; i++) {
    dry_status status = check_listed(s, dryi_load_relaxed_u32(&batch->slots[i]), in_depot);
    if (status != DRY_OK) return status;
  }
  return DRY_OK;
}

static dry_status check_stack(const state *s, const uint64_t *head, uint32_t least, uint32_t most) {
  const uint64_t mask = ((uint64_t)1 << DRY_SHARED_POOL_BATCH_BITS) - 1;
  /* pairs with the release in push; each batch is met once, so this ends */
  uint64_t number = dryi_load_acquire_u64(head) & mask;
  while (number != 0) {
    dry_status status = check_batch(s, number, least, most, true);
    if (status != DRY_OK) return status;
    number = dryi_load_relaxed_u32(&s->pool->batches[number - 1].next);
  }
  return DRY_OK;
}

static dry_status check_magazines(const state *s, uint32_t cache) {
  const dry_shared_pool_cache_record *record = s->pool->caches + cache;
  bool in_use = dryi_load_relaxed_u32(&record->state) != 0;
  for (int which = 0; which < 2; which++) {
    uint32_t number = dryi_load_relaxed_u32(&record->magazines[which]);
    if (number == 0) continue;
    if (!in_use)
      return dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, record), "shared pool: cache %u is closed, but has batch %u",
                          cache, number - 1);
    dry_status status = check_batch(s, number, 0, DRYI_MAGAZINE, false);
    if (status != DRY_OK) return status;
  }
  return DRY_OK;
}

static dry_status check_at_rest(const state *s) {
  const dry_shared_pool *pool = s->pool;
  memset(s->batches, 0, (size_t)s->bytes);
  dry_status status = check_stack(s, &pool->header->full, DRYI_MAGAZINE, DRYI_MAGAZINE);
  if (status == DRY_OK) status = check_stack(s, &pool->header->partial, 1, DRYI_MAGAZINE - 1);
  if (status == DRY_OK) status = check_stack(s, &pool->header->empty, 0, 0);
  for (uint32_t i = 0; i < pool->cache_count && status == DRY_OK; i++) status = check_magazines(s, i);
  for (uint64_t slot = s->fresh; slot < pool->capacity && status == DRY_OK; slot++) {
    uint32_t owner = dryi_load_relaxed_u32(&pool->owners[slot]);
    if (owner != 0)
      status = dryi_fail_at(s->detail, DRY_CORRUPT, offset_of(s, &pool->owners[slot]),
                            "shared pool: slot %llu was never taken, but has the owner word 0x%08x",
                            (unsigned long long)slot, owner);
  }
  return status;
}

/* A number that practically always changes when somebody does something. */
static uint64_t activity(const dry_shared_pool *pool) {
  uint64_t sum = dryi_depot_changes(pool) + (dryi_load_relaxed_u64(&pool->header->empty) << 20);
  for (uint32_t i = 0; i < pool->cache_count; i++) {
    const dry_shared_pool_cache_record *record = pool->caches + i;
    sum = sum * 31 + dryi_load_relaxed_u32(&record->state) + dryi_load_relaxed_u32(&record->opening);
    for (int which = 0; which < 2; which++) {
      uint32_t number = dryi_load_relaxed_u32(&record->magazines[which]);
      sum = sum * 31 + number;
      if (number == 0 || number > pool->batch_count) continue;
      const dry_shared_pool_batch *batch = pool->batches + (number - 1);
      uint32_t count = dryi_batch_count(batch);
      sum = sum * 31 + count;
      if (count - 1 < DRYI_MAGAZINE) sum = sum * 31 + dryi_load_relaxed_u32(&batch->slots[count - 1]);
    }
  }
  return sum;
}

static dry_status validate(state *s) {
  const dry_shared_pool *pool = s->pool;
  dry_status status = DRY_OK;
  for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
    uint64_t before = activity(pool);
    s->fresh = dryi_load_relaxed_u64(&pool->header->fresh);
    status = check_always(s);
    if (status == DRY_OK) status = check_at_rest(s);
    if (status == DRY_OK || before == activity(pool)) return status;
    dryi_os_sleep_ns(50000);
  }
  /* Others never paused: then what holds at every moment has to do. */
  s->fresh = dryi_load_relaxed_u64(&pool->header->fresh);
  return check_always(s);
}

dry_status dry_shared_pool_validate(const dry_shared_pool *pool, dry_detail *detail) {
  dry_status status = dryi_shared_pool_usable(pool, false);
  if (status != DRY_OK) return dryi_fail(detail, status, "shared pool: %s", dry_status_text(status));
  state s = {.pool = pool, .detail = detail};
  const uint64_t batch_bytes = (uint64_t)pool->batch_count / 8 + 1;
  s.bytes = batch_bytes + (uint64_t)pool->capacity / 8 + 1;
  s.batches = (uint8_t *)dryi_os_alloc_zeroed((size_t)s.bytes);
  if (!s.batches) return dryi_fail(detail, DRY_OUT_OF_MEMORY, "shared pool: no memory to check it with");
  s.slots = s.batches + batch_bytes;
  status = validate(&s);
  dryi_os_free(s.batches);
  return status == DRY_OK ? dryi_done(detail) : status;
}
#undef ATTEMPTS
#undef all_zero
#undef check_header
#undef check_stack

/* ---- memory/slab.c ---- */

#define check_options check_options_in_memory_slab
/* slab.c: making a slab, and its calls. */

#define SPAN_FLAGS (DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE)
#define ALL_FLAGS (DRYI_SYSTEM_FLAGS | DRY_MEMORY_REQUIRED | SPAN_FLAGS)

/* ---- making and closing ---- */

static dry_status check_options(const dry_slab_options *options, dry_detail *detail) {
  if (!options || options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: missing, or struct_size is not %zu", sizeof *options);
  dry_status status = dryi_check_flags(options->flags, options->span ? SPAN_FLAGS : ALL_FLAGS, detail);
  if (status != DRY_OK) return status;
  unsigned long long bytes = options->bytes;
  if (bytes < DRY_SLAB_PAGE_BYTES)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "bytes: %llu is less than a page of %u", bytes, DRY_SLAB_PAGE_BYTES);
  if (bytes > DRY_SLAB_BYTES_MAX)
    return dryi_fail(detail, DRY_TOO_LARGE, "bytes: %llu is more than %llu", bytes, (unsigned long long)DRY_SLAB_BYTES_MAX);
  if (!options->span) return DRY_OK;
  if (bytes % DRY_SLAB_PAGE_BYTES != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "bytes: %llu of a span is no multiple of %u", bytes, DRY_SLAB_PAGE_BYTES);
  if ((uintptr_t)options->span % DRY_SLAB_PAGE_BYTES != 0)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "span: is not aligned to %u", DRY_SLAB_PAGE_BYTES);
  if (bytes > UINTPTR_MAX - (uintptr_t)options->span)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "span: wraps around");
  return DRY_OK;
}

static void free_state(dryi_slab_state *state) {
  dryi_os_free(state->outside);
  dryi_os_free(state->pages);
  dryi_private_unmap(&state->memory);
  dryi_os_free(state);
}

/* The memory for objects and for what lies beside them. */
static dry_status take_memory(dryi_slab_state *state, const dry_slab_options *options, dry_detail *detail) {
  state->bytes = dryi_align_up(options->bytes, DRY_SLAB_PAGE_BYTES);
  state->page_count = (uint32_t)(state->bytes / DRY_SLAB_PAGE_BYTES);
  /* Zeroed lazily by the system where it is large: pages that are never used cost nothing. */
  state->pages = dryi_os_alloc_zeroed(state->page_count * sizeof *state->pages);
  if (!state->pages) return dryi_fail(detail, DRY_OUT_OF_MEMORY, "slab: no memory for %u pages", state->page_count);
  state->base = options->span;
  if (state->base) return DRY_OK;
  dry_status status = dryi_private_map(state->bytes, state->bytes, options->flags, &state->memory, detail);
  state->base = state->memory.base;
  return status;
}

dry_status dry_slab_create(const dry_slab_options *options, dry_slab *slab_out, dry_detail *detail) {
  if (!slab_out) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "slab_out: must not be NULL");
  memset(slab_out, 0, sizeof *slab_out);
  dry_status status = check_options(options, detail);
  if (status != DRY_OK) return status;
  dryi_slab_state *state = dryi_os_alloc_zeroed(sizeof *state);
  if (!state) return dryi_fail(detail, DRY_OUT_OF_MEMORY, "slab: no memory for the handle");
  status = take_memory(state, options, detail);
  if (status != DRY_OK) {
    free_state(state);
    return status;
  }
  state->asked = (options->flags & ~DRY_MEMORY_REQUIRED) | (DRYI_CHECKED_FLAGS & DRY_MEMORY_GUARDED);
  state->granted = state->memory.granted | (state->asked & SPAN_FLAGS);
  state->watched = dryi_annotate_active();
  dryi_slab_watch(state);
  dryi_slab_reset_pages(state);
  slab_out->state = state;
  return dryi_done(detail);
}

dry_status dry_slab_close(dry_slab *slab) {
  if (!slab) return DRY_INVALID_ARGUMENT;
  dryi_slab_state *state = slab->state;
  if (!state) return DRY_OK;
  (void)dry_slab_reset(slab);
  /* Whoever gets these addresses next knows nothing of a slab. */
  dryi_slab_unwatch(state);
  free_state(state);
  slab->state = NULL;
  return DRY_OK;
}

/* ---- objects ---- */

static uint32_t class_for(uint64_t size_bytes) {
  return size_bytes <= DRY_SLAB_CLASS_BYTES_MIN ? 0 : 61u - (uint32_t)__builtin_clzll(size_bytes - 1);
}

dry_status dry_slab_alloc(dry_slab *slab, uint64_t size_bytes, void **memory_out, uint64_t *class_out) {
  if (class_out) *class_out = 0;
  if (!memory_out) return DRY_INVALID_ARGUMENT;
  *memory_out = NULL;
  if (!slab) return DRY_INVALID_ARGUMENT;
  dryi_slab_state *state = slab->state;
  if (!state) return DRY_CLOSED;
  if (size_bytes == 0) return DRY_INVALID_ARGUMENT;
  dry_status status;
  if (size_bytes > DRY_SLAB_CLASS_BYTES_MAX) {
    status = dryi_slab_outside_alloc(state, size_bytes, memory_out);
  } else {
    uint32_t class = class_for(size_bytes);
    status = dryi_slab_take(state, class, memory_out);
    if (status == DRY_OK && class_out) *class_out = dryi_slab_class_bytes(class);
  }
  if (status == DRY_FULL || status == DRY_OUT_OF_MEMORY) state->failures++;
  return status;
}

static bool is_inside(const dryi_slab_state *state, const void *memory) {
  return (uint64_t)(uintptr_t)memory - (uint64_t)(uintptr_t)state->base < state->bytes;
}

dry_status dry_slab_free(dry_slab *slab, void *memory) {
  if (!slab) return DRY_INVALID_ARGUMENT;
  dryi_slab_state *state = slab->state;
  if (!state) return DRY_CLOSED;
  dry_status status;
  if (is_inside(state, memory)) {
    uint32_t page, object;
    status = dryi_slab_locate(state, memory, &page, &object);
    if (status == DRY_OK) dryi_slab_give(state, page, object);
  } else {
    dryi_slab_outside *object;
    status = dryi_slab_outside_find(state, memory, &object);
    if (status == DRY_OK) dryi_slab_outside_free(state, object);
  }
  return status;
}

dry_status dry_slab_usable_bytes(const dry_slab *slab, const void *memory, uint64_t *bytes_out) {
  if (!bytes_out) return DRY_INVALID_ARGUMENT;
  *bytes_out = 0;
  if (!slab) return DRY_INVALID_ARGUMENT;
  const dryi_slab_state *state = slab->state;
  if (!state) return DRY_CLOSED;
  dry_status status;
  if (is_inside(state, memory)) {
    uint32_t page, object;
    status = dryi_slab_locate(state, memory, &page, &object);
    if (status == DRY_OK) *bytes_out = dryi_slab_class_bytes(state->pages[page].kind - 1u);
  } else {
    dryi_slab_outside *object;
    status = dryi_slab_outside_find(state, memory, &object);
    if (status == DRY_OK) *bytes_out = object->bytes;
  }
  return status;
}

dry_status dry_slab_reset(dry_slab *slab) {
  if (!slab) return DRY_INVALID_ARGUMENT;
  dryi_slab_state *state = slab->state;
  if (!state) return DRY_CLOSED;
  dryi_slab_outside_free_all(state);
  dryi_slab_reset_pages(state);
  return DRY_OK;
}

/* ---- facts ---- */

dry_status dry_slab_base(const dry_slab *slab, void **base_out) {
  if (!base_out) return DRY_INVALID_ARGUMENT;
  *base_out = NULL;
  if (!slab) return DRY_INVALID_ARGUMENT;
  const dryi_slab_state *state = slab->state;
  if (!state) return DRY_CLOSED;
  *base_out = state->base;
  return DRY_OK;
}

dry_status dry_slab_get_stats(const dry_slab *slab, dry_slab_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  memset(stats_out, 0, sizeof *stats_out);
  if (!slab) return DRY_INVALID_ARGUMENT;
  const dryi_slab_state *state = slab->state;
  if (!state) return DRY_CLOSED;
  stats_out->pages = state->page_count;
  stats_out->free_pages = state->page_count;
  for (uint32_t class = 0; class < DRY_SLAB_CLASSES; class++) {
    const dryi_slab_class *of = &state->classes[class];
    stats_out->classes[class] = (dry_slab_class_stats){dryi_slab_class_bytes(class), of->in_use, of->pages};
    stats_out->in_use += of->in_use;
    stats_out->free_pages -= of->pages;
  }
  stats_out->fallbacks = state->fallbacks;
  stats_out->fallbacks_in_use = state->outside_in_use;
  stats_out->failures = state->failures;
  stats_out->granted = state->granted;
  stats_out->refused = state->asked & ~state->granted;
  return DRY_OK;
}
#undef ALL_FLAGS
#undef SPAN_FLAGS
#undef check_options

/* ---- memory/slab_outside.c ---- */

#define rebuild rebuild_in_memory_slab_outside
/* slab_outside.c: objects that are too large for a class. A table of their addresses tells good frees from bad ones. */

#define CELLS_MIN 64u

static uint64_t first_cell(const dryi_slab_state *state, uint64_t address) {
  /* Fibonacci hashing: heap addresses differ in their middle bits, which the product spreads to the upper half. */
  return (address * 0x9e3779b97f4a7c15u >> 32) & (state->outside_cells - 1);
}

/* The address's cell, or the empty one where it belongs. Half of the cells are empty, so there is an end. */
static dryi_slab_outside *cell_of(const dryi_slab_state *state, uint64_t address) {
  uint64_t at = first_cell(state, address);
  while (state->outside[at].address != 0 && state->outside[at].address != address)
    at = (at + 1) & (state->outside_cells - 1);
  return &state->outside[at];
}

static bool is_remembered(const dryi_slab_state *state, const dryi_slab_outside *object) {
  return object->freed == 0 || state->outside_frees - object->freed < DRY_SLAB_FREES_REMEMBERED;
}

/* A new table with what is in use or remembered, and room for as much again. */
static dry_status rebuild(dryi_slab_state *state) {
  dryi_slab_state old = *state;
  uint64_t kept = 0;
  for (uint64_t i = 0; i < old.outside_cells; i++) {
    if (old.outside[i].address != 0 && is_remembered(state, &old.outside[i])) kept++;
  }
  uint64_t cells = CELLS_MIN;
  while (cells < kept * 4) cells *= 2;
  dryi_slab_outside *table = dryi_os_alloc_zeroed((size_t)(cells * sizeof *table));
  if (!table) return DRY_OUT_OF_MEMORY;
  state->outside = table;
  state->outside_cells = cells;
  state->outside_filled = kept;
  for (uint64_t i = 0; i < old.outside_cells; i++) {
    const dryi_slab_outside *object = &old.outside[i];
    if (object->address != 0 && is_remembered(state, object)) *cell_of(state, object->address) = *object;
  }
  dryi_os_free(old.outside);
  return DRY_OK;
}

dry_status dryi_slab_outside_alloc(dryi_slab_state *state, uint64_t size_bytes, void **memory_out) {
  /* What no slab could hold is refused here: an allocator with checks of its own may abort over it. */
  if (size_bytes > DRY_SLAB_BYTES_MAX) return DRY_OUT_OF_MEMORY;
  if ((state->outside_filled + 1) * 2 > state->outside_cells && rebuild(state) != DRY_OK) return DRY_OUT_OF_MEMORY;
  void *memory = dryi_os_alloc_zeroed((size_t)size_bytes);
  if (!memory) return DRY_OUT_OF_MEMORY;
  dryi_slab_outside *cell = cell_of(state, (uint64_t)(uintptr_t)memory);
  /* The heap gives freed addresses out again; then the cell is there already. */
  if (cell->address == 0) state->outside_filled++;
  DRY_ASSERT(cell->address == 0 || cell->freed != 0);
  *cell = (dryi_slab_outside){(uint64_t)(uintptr_t)memory, size_bytes, 0};
  state->outside_in_use++;
  state->fallbacks++;
  *memory_out = memory;
  return DRY_OK;
}

/* Whether the heap has put an object there since: around the address, since one that begins with it has its cell. */
static bool is_inside_another(const dryi_slab_state *state, uint64_t address) {
  for (uint64_t i = 0; i < state->outside_cells; i++) {
    const dryi_slab_outside *object = &state->outside[i];
    if (object->address != 0 && object->freed == 0 && address - object->address < object->bytes) return true;
  }
  return false;
}

dry_status dryi_slab_outside_find(const dryi_slab_state *state, const void *memory, dryi_slab_outside **found_out) {
  if (!memory || state->outside_cells == 0) return DRY_FOREIGN;
  dryi_slab_outside *cell = cell_of(state, (uint64_t)(uintptr_t)memory);
  if (cell->address == 0 || !is_remembered(state, cell)) return DRY_FOREIGN;
  *found_out = cell;
  if (!cell->freed) return DRY_OK;
  return is_inside_another(state, cell->address) ? DRY_FOREIGN : DRY_STALE;
}

void dryi_slab_outside_free(dryi_slab_state *state, dryi_slab_outside *object) {
  void *memory = (void *)(uintptr_t)object->address;
  if (state->asked & DRY_MEMORY_WIPE) dryi_wipe(memory, object->bytes);
  dryi_os_free(memory);
  object->freed = ++state->outside_frees;
  state->outside_in_use--;
}

void dryi_slab_outside_free_all(dryi_slab_state *state) {
  for (uint64_t i = 0; i < state->outside_cells && state->outside_in_use > 0; i++) {
    dryi_slab_outside *object = &state->outside[i];
    if (object->address != 0 && object->freed == 0) dryi_slab_outside_free(state, object);
  }
}
#undef CELLS_MIN
#undef rebuild

/* ---- memory/slab_pages.c ---- */

/* slab_pages.c: pages that belong to a class while it has objects in them. */

_Static_assert(sizeof(dryi_slab_page) == 80, "slab.h says what a page costs");
_Static_assert(DRY_SLAB_CLASS_BYTES_MIN << (DRY_SLAB_CLASSES - 1) == DRY_SLAB_CLASS_BYTES_MAX, "each class is twice the last");

/* ---- free bytes ---- */

void dryi_slab_scrub(const dryi_slab_state *state, uint8_t *memory, uint64_t bytes) {
  if (state->asked & DRY_MEMORY_WIPE) dryi_wipe(memory, bytes);
  if (state->asked & DRY_MEMORY_GUARDED) memset(memory, DRY_POOL_POISON_BYTE, (size_t)bytes);
  if (state->watched) dryi_annotate_free(memory, (size_t)bytes);
}

bool dryi_slab_is_untouched(const dryi_slab_state *state, uint8_t *memory, uint64_t bytes) {
  if (!(state->asked & DRY_MEMORY_GUARDED)) return true;
  if (state->watched) dryi_annotate_alloc(memory, (size_t)bytes);
  bool untouched = dryi_guard_filled(memory, bytes, DRY_POOL_POISON_BYTE);
  if (state->watched) dryi_annotate_free(memory, (size_t)bytes);
  return untouched;
}

static uint8_t *page_memory(const dryi_slab_state *state, uint32_t index) {
  return state->base + (uint64_t)index * DRY_SLAB_PAGE_BYTES;
}

void dryi_slab_watch(const dryi_slab_state *state) {
  if (state->watched && state->fresh < state->page_count)
    dryi_annotate_free(page_memory(state, state->fresh), DRY_SLAB_PAGE_BYTES);
}

void dryi_slab_unwatch(const dryi_slab_state *state) {
  uint32_t pages = state->fresh < state->page_count ? state->fresh + 1 : state->page_count;
  if (state->watched) dryi_annotate_alloc(state->base, (size_t)pages * DRY_SLAB_PAGE_BYTES);
}

/* ---- lists ---- */

static void link_page(dryi_slab_state *state, dryi_slab_class *class, uint32_t index) {
  dryi_slab_page *page = &state->pages[index];
  page->before = DRYI_SLAB_NO_PAGE;
  page->next = class->with_room;
  if (page->next != DRYI_SLAB_NO_PAGE) state->pages[page->next].before = index;
  class->with_room = index;
}

static void unlink_page(dryi_slab_state *state, dryi_slab_class *class, uint32_t index) {
  const dryi_slab_page *page = &state->pages[index];
  if (page->next != DRYI_SLAB_NO_PAGE) state->pages[page->next].before = page->before;
  if (page->before != DRYI_SLAB_NO_PAGE)
    state->pages[page->before].next = page->next;
  else
    class->with_room = page->next;
}

/* A page for the class, the one that was freed last, else a fresh one: DRYI_SLAB_NO_PAGE when there is none. */
static uint32_t add_page(dryi_slab_state *state, uint32_t class) {
  uint32_t index = state->free_page;
  if (index != DRYI_SLAB_NO_PAGE) {
    state->free_page = state->pages[index].next;
  } else if (state->fresh < state->page_count) {
    index = state->fresh++;
    dryi_slab_watch(state);
    /* Private memory is zeros as it comes; a caller's span is what he left there. */
    const bool wipe = (state->asked & DRY_MEMORY_WIPE) && !state->memory.base;
    if (wipe || (state->asked & DRY_MEMORY_GUARDED)) {
      if (state->watched) dryi_annotate_alloc(page_memory(state, index), DRY_SLAB_PAGE_BYTES);
      dryi_slab_scrub(state, page_memory(state, index), DRY_SLAB_PAGE_BYTES);
    }
  } else {
    return DRYI_SLAB_NO_PAGE;
  }
  dryi_slab_page *page = &state->pages[index];
  page->kind = (uint8_t)(class + 1);
  page->in_use = 0;
  page->full_words = 0;
  for (uint32_t word = 0; word < DRYI_SLAB_WORDS; word++) {
    page->used[word] = dryi_slab_no_objects(class, word);
    if (page->used[word] == UINT64_MAX) page->full_words |= (uint8_t)(1u << word);
  }
  state->classes[class].pages++;
  link_page(state, &state->classes[class], index);
  return index;
}

static void remove_page(dryi_slab_state *state, dryi_slab_class *class, uint32_t index) {
  unlink_page(state, class, index);
  state->pages[index].next = state->free_page;
  state->free_page = index;
  class->pages--;
}

/* ---- objects ---- */

dry_status dryi_slab_take(dryi_slab_state *state, uint32_t class, void **memory_out) {
  dryi_slab_class *of = &state->classes[class];
  uint32_t index = of->with_room;
  if (index == DRYI_SLAB_NO_PAGE) index = add_page(state, class);
  if (index == DRYI_SLAB_NO_PAGE) return DRY_FULL;
  dryi_slab_page *page = &state->pages[index];
  DRY_ASSERT(page->full_words != DRYI_SLAB_ALL_FULL);
  uint32_t word = (uint32_t)__builtin_ctz(~(uint32_t)page->full_words);
  uint32_t bit = (uint32_t)__builtin_ctzll(~page->used[word]);
  uint64_t bytes = dryi_slab_class_bytes(class);
  uint8_t *memory = page_memory(state, index) + (word * 64 + bit) * bytes;
  bool untouched = dryi_slab_is_untouched(state, memory, bytes);
  if (state->watched) dryi_annotate_alloc(memory, (size_t)bytes);
  if (!untouched) {
    /* Told once: filled anew, so that the next call goes on. */
    dryi_slab_scrub(state, memory, bytes);
    if (page->in_use == 0) remove_page(state, of, index);
    return DRY_CORRUPT;
  }
  /* Poison took the place of the zeros while it was free. */
  if ((state->asked & DRY_MEMORY_WIPE) && (state->asked & DRY_MEMORY_GUARDED)) memset(memory, 0, (size_t)bytes);
  page->used[word] |= (uint64_t)1 << bit;
  page->in_use++;
  of->in_use++;
  if (page->used[word] == UINT64_MAX) {
    page->full_words |= (uint8_t)(1u << word);
    if (page->full_words == DRYI_SLAB_ALL_FULL) unlink_page(state, of, index);
  }
  *memory_out = memory;
  return DRY_OK;
}

dry_status dryi_slab_locate(const dryi_slab_state *state, const void *memory, uint32_t *page_out, uint32_t *object_out) {
  uint64_t offset = (uint64_t)(uintptr_t)memory - (uint64_t)(uintptr_t)state->base;
  if (offset >= state->bytes) return DRY_FOREIGN;
  uint32_t index = (uint32_t)(offset / DRY_SLAB_PAGE_BYTES);
  const dryi_slab_page *page = &state->pages[index];
  if (index >= state->fresh || page->kind == 0) return DRY_FOREIGN;
  uint32_t shift = page->kind + 2u; /* 8 is 1 << 3 */
  uint32_t within = (uint32_t)(offset % DRY_SLAB_PAGE_BYTES), object = within >> shift;
  if (object << shift != within) return DRY_FOREIGN;
  if (page->in_use == 0 || !(page->used[object / 64] >> object % 64 & 1)) return DRY_STALE;
  *page_out = index;
  *object_out = object;
  return DRY_OK;
}

void dryi_slab_give(dryi_slab_state *state, uint32_t index, uint32_t object) {
  dryi_slab_page *page = &state->pages[index];
  uint32_t class = page->kind - 1u;
  dryi_slab_class *of = &state->classes[class];
  dryi_slab_scrub(state, page_memory(state, index) + object * dryi_slab_class_bytes(class), dryi_slab_class_bytes(class));
  if (page->full_words == DRYI_SLAB_ALL_FULL) link_page(state, of, index);
  page->full_words &= (uint8_t)~(1u << object / 64);
  page->used[object / 64] &= ~((uint64_t)1 << object % 64);
  of->in_use--;
  if (--page->in_use == 0) remove_page(state, of, index);
}

void dryi_slab_reset_pages(dryi_slab_state *state) {
  state->free_page = DRYI_SLAB_NO_PAGE;
  for (uint32_t index = state->fresh; index-- > 0;) {
    dryi_slab_page *page = &state->pages[index];
    if (page->in_use > 0) {
      uint8_t *memory = page_memory(state, index);
      /* Free objects of the page are filled once more, which also mends them. */
      if (state->watched) dryi_annotate_alloc(memory, DRY_SLAB_PAGE_BYTES);
      dryi_slab_scrub(state, memory, DRY_SLAB_PAGE_BYTES);
    }
    page->in_use = 0;
    page->next = state->free_page;
    state->free_page = index;
  }
  for (uint32_t class = 0; class < DRY_SLAB_CLASSES; class++)
    state->classes[class] = (dryi_slab_class){DRYI_SLAB_NO_PAGE, 0, 0};
}

/* ---- memory/slab_validate.c ---- */

/* slab_validate.c: whether pages, lists and counts agree, and nobody wrote into free objects. */

static dry_status page_wrong(dry_detail *detail, uint32_t index, const char *cause) {
  return dryi_fail_at(detail, DRY_CORRUPT, (uint64_t)index * DRY_SLAB_PAGE_BYTES, "slab: page %u: %s", index, cause);
}

static uint8_t *object_at(const dryi_slab_state *state, uint32_t index, uint32_t class, uint32_t object) {
  return state->base + (uint64_t)index * DRY_SLAB_PAGE_BYTES + object * dryi_slab_class_bytes(class);
}

/* The bits of a page that is in use: their number, those of no object, and the words' own bits. */
static dry_status check_bits(const dryi_slab_state *state, uint32_t index, dry_detail *detail) {
  const dryi_slab_page *page = &state->pages[index];
  uint32_t class = page->kind - 1u, taken = 0;
  for (uint32_t word = 0; word < DRYI_SLAB_WORDS; word++) {
    uint64_t none = dryi_slab_no_objects(class, word), bits = page->used[word];
    if ((bits & none) != none) return page_wrong(detail, index, "an object beyond its end is free");
    if ((page->full_words >> word & 1) != (bits == UINT64_MAX))
      return page_wrong(detail, index, "the bits of full words are wrong");
    taken += (uint32_t)__builtin_popcountll(bits & ~none);
  }
  return taken == page->in_use ? DRY_OK : page_wrong(detail, index, "the count of objects is wrong");
}

static dry_status check_poison(const dryi_slab_state *state, uint32_t index, dry_detail *detail) {
  const dryi_slab_page *page = &state->pages[index];
  uint32_t class = page->kind - 1u;
  for (uint32_t object = 0; object < dryi_slab_class_objects(class); object++) {
    if (page->in_use > 0 && (page->used[object / 64] >> object % 64 & 1)) continue;
    uint8_t *memory = object_at(state, index, class, object);
    if (!dryi_slab_is_untouched(state, memory, dryi_slab_class_bytes(class)))
      return dryi_fail_at(detail, DRY_CORRUPT, (uint64_t)(memory - state->base),
                          "slab: page %u: free object %u of %llu bytes was written to", index, object,
                          (unsigned long long)dryi_slab_class_bytes(class));
  }
  return DRY_OK;
}

typedef struct totals {
  uint64_t in_use[DRY_SLAB_CLASSES];
  uint32_t pages[DRY_SLAB_CLASSES];
  uint32_t with_room[DRY_SLAB_CLASSES];
  uint32_t free_pages;
} totals;

static dry_status check_page(const dryi_slab_state *state, uint32_t index, totals *seen, dry_detail *detail) {
  const dryi_slab_page *page = &state->pages[index];
  if (page->kind == 0 || page->kind > DRY_SLAB_CLASSES) return page_wrong(detail, index, "it is of no class");
  uint32_t class = page->kind - 1u;
  if (page->in_use == 0) {
    seen->free_pages++;
  } else {
    dry_status status = check_bits(state, index, detail);
    if (status != DRY_OK) return status;
    seen->pages[class]++;
    seen->in_use[class] += page->in_use;
    seen->with_room[class] += page->full_words != DRYI_SLAB_ALL_FULL;
  }
  return check_poison(state, index, detail);
}

/* Follows a list of `count` pages, each of which must be what `class` says (DRY_SLAB_CLASSES: free). */
static dry_status check_list(const dryi_slab_state *state, uint32_t first, uint32_t count, uint32_t class,
                             dry_detail *detail) {
  uint32_t before = DRYI_SLAB_NO_PAGE, index = first;
  for (uint32_t i = 0; i < count; i++) {
    if (index >= state->fresh) return dryi_fail(detail, DRY_CORRUPT, "slab: a list of pages ends too early");
    const dryi_slab_page *page = &state->pages[index];
    bool fits = class == DRY_SLAB_CLASSES ? page->in_use == 0
                                          : page->in_use > 0 && page->kind == class + 1 && page->before == before &&
                                                page->full_words != DRYI_SLAB_ALL_FULL;
    if (!fits) return page_wrong(detail, index, "it is in a list where it does not belong");
    before = index;
    index = page->next;
  }
  if (index != DRYI_SLAB_NO_PAGE) return dryi_fail(detail, DRY_CORRUPT, "slab: a list of pages does not end");
  return DRY_OK;
}

static dry_status check_class(const dryi_slab_state *state, uint32_t class, const totals *seen, dry_detail *detail) {
  const dryi_slab_class *of = &state->classes[class];
  if (of->in_use != seen->in_use[class] || of->pages != seen->pages[class])
    return dryi_fail(detail, DRY_CORRUPT, "slab: the counts of class %llu are wrong",
                     (unsigned long long)dryi_slab_class_bytes(class));
  return check_list(state, of->with_room, seen->with_room[class], class, detail);
}

dry_status dry_slab_validate(const dry_slab *slab, dry_detail *detail) {
  if (!slab) return dryi_fail(detail, DRY_INVALID_ARGUMENT, "slab: must not be NULL");
  const dryi_slab_state *state = slab->state;
  if (!state) return dryi_fail(detail, DRY_CLOSED, "slab: %s", dry_status_text(DRY_CLOSED));
  totals seen = {{0}, {0}, {0}, 0};
  dry_status status = DRY_OK;
  if (state->fresh > state->page_count) status = dryi_fail(detail, DRY_CORRUPT, "slab: more pages are used than there are");
  for (uint32_t index = 0; status == DRY_OK && index < state->fresh; index++)
    status = check_page(state, index, &seen, detail);
  for (uint32_t class = 0; status == DRY_OK && class < DRY_SLAB_CLASSES; class++)
    status = check_class(state, class, &seen, detail);
  if (status == DRY_OK) status = check_list(state, state->free_page, seen.free_pages, DRY_SLAB_CLASSES, detail);
  return status == DRY_OK ? dryi_done(detail) : status;
}

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
static int set(int fd, short type, uint64_t at) {
  int refused = DRYI_FAIL("fcntl");
  if (refused) return refused;
  struct flock lock;
  memset(&lock, 0, sizeof lock);
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = (off_t)at;
  lock.l_len = 1;
  int result;
  do {
    result = fcntl(fd, F_OFD_SETLK, &lock);
  } while (result != 0 && errno == EINTR);
  if (result == 0) return 0;
  return errno == EACCES ? EAGAIN : errno;
}

int dryi_os_lock_exclusive(int fd) { return set(fd, F_WRLCK, 0); }

int dryi_os_lock_shared(int fd) { return set(fd, F_RDLCK, 0); }

int dryi_os_unlock(int fd) { return set(fd, F_UNLCK, 0); }

int dryi_os_lock_byte(int fd, uint64_t at) { return set(fd, F_WRLCK, at); }

int dryi_os_unlock_byte(int fd, uint64_t at) { return set(fd, F_UNLCK, at); }

/* ---- os/memory.c ---- */

#define map map_in_os_memory
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

int dryi_os_discard_pages(void *base, uint64_t bytes) {
  int refused = DRYI_FAIL("madvise");
  if (refused) return refused;
  return madvise(base, (size_t)bytes, MADV_DONTNEED) == 0 ? 0 : errno;
}

int dryi_os_numa_local(void *base, uint64_t bytes) {
  int refused = DRYI_FAIL("mbind");
  if (refused) return refused;
  const int local = 4; /* MPOL_LOCAL; its header belongs to libnuma */
  return syscall(SYS_mbind, base, (size_t)bytes, local, NULL, 0, 0) == 0 ? 0 : errno;
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
#undef map

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
#define lay_out lay_out_in_region_create
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
#undef lay_out

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
    (void)dryi_os_prefault(mapping->base, mapping->size_bytes, mapping->mode != DRY_MODE_READ);
}

dry_status dryi_mapping_map(dryi_mapping *mapping, uint64_t size_bytes, dry_detail *detail) {
  void *base;
  int error = dryi_os_map_file(mapping->fd, size_bytes, mapping->mode != DRY_MODE_READ, &base);
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

#define check_open check_open_in_region_open
#define open_mapping open_mapping_in_region_open
/* open.c: opening what exists, after checking all that later code relies on. */

static dry_status check_open(const dry_region_open_options *options, dry_detail *detail) {
  if (!options || options->struct_size != sizeof *options)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "options: missing, or struct_size is not %zu", sizeof *options);
  if (options->kind < DRY_REGION_FILE || options->kind > DRY_REGION_BUFFER)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "kind: %u cannot be opened", options->kind);
  if (options->mode < DRY_MODE_READ || options->mode > DRY_MODE_SHARE)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "mode: %u is neither read nor write nor share", options->mode);
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
  bool writable = mapping->mode != DRY_MODE_READ;
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
  if (mapping->mode != DRY_MODE_READ && !facts.own)
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "region '%s': belongs to another user, so it is not written to",
                     mapping->name);
  if (mapping->mode != DRY_MODE_READ && facts.links > 1)
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
  if (mapping->mode == DRY_MODE_READ || mapping->fd < 0) return DRY_OK;
  if (mapping->mode == DRY_MODE_WRITE) {
    /* Whoever takes over gets the lock too if he can, so that nobody else comes in between. */
    dry_status status = dryi_mapping_lock(mapping, detail);
    if (status != DRY_OK && !(status == DRY_BUSY && (flags & DRY_REGION_TAKE_OVER))) return status;
  }
  /* What is about to be written was allocated at creation, unless somebody copied the file with holes. */
  int error = dryi_os_allocate(mapping->fd, mapping->size_bytes);
  if (error) return dryi_fail_os(detail, error, "region '%s': no space behind its holes", mapping->name);
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
  if (status == DRY_OK && mapping->mode == DRY_MODE_WRITE) dryi_mapping_take_epoch(mapping);
  if (status == DRY_OK && mapping->mode != DRY_MODE_READ) unseal(mapping);
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
#undef check_open
#undef open_mapping

/* ---- region/part.c ---- */

#define open_mapping open_mapping_in_region_part
#define refuse refuse_in_region_part
static dry_status open_mapping(dry_region *region, dryi_mapping **mapping_out, dry_detail *detail) {
  dry_status status = dryi_region_mapping(region, mapping_out);
  return status == DRY_OK ? status : dryi_fail(detail, status, "region: %s", dry_status_text(status));
}

static dry_status refuse(const dryi_mapping *mapping, dry_status status, dry_detail *detail) {
  return dryi_fail(detail, status, "region '%s': %s", mapping->name, dry_status_text(status));
}

dry_status dryi_part_writable(dry_region *region, dry_detail *detail) {
  dryi_mapping *mapping;
  dry_status status = open_mapping(region, &mapping, detail);
  if (status != DRY_OK) return status;
  status = dryi_mapping_may_write(mapping);
  return status == DRY_OK ? status : refuse(mapping, status, detail);
}

dry_status dryi_part_access(const dryi_part *part, bool *writable_out, dry_detail *detail) {
  const dry_status may_write = dryi_mapping_may_write(part->mapping);
  *writable_out = may_write == DRY_OK;
  return may_write == DRY_OK || may_write == DRY_READ_ONLY ? DRY_OK : refuse(part->mapping, may_write, detail);
}

dry_status dryi_part_find(dry_region *region, const char *name, size_t name_bytes, const dryi_part_kind *kind,
                          dryi_part *part_out, dry_detail *detail) {
  memset(part_out, 0, sizeof *part_out);
  dry_status status = open_mapping(region, &part_out->mapping, detail);
  if (status != DRY_OK) return status;
  dry_part_info *info = &part_out->info;
  status = dryi_directory_find(part_out->mapping, name, name_bytes, &part_out->index, info, detail);
  if (status != DRY_OK) return status;
  if (info->kind != kind->kind)
    return dryi_fail(detail, DRY_TYPE_MISMATCH, "part '%s': is of kind %u, not a %s", info->name, info->kind,
                     kind->word);
  if (info->format != kind->format)
    return dryi_fail(detail, DRY_VERSION_MISMATCH, "part '%s': format revision %u, this library reads %u", info->name,
                     info->format, kind->format);
  part_out->offset = info->offset;
  part_out->size_bytes = info->size_bytes;
  part_out->base = part_out->mapping->base + info->offset;
  return DRY_OK;
}

dry_status dryi_part_open(dry_region *region, const char *name, size_t name_bytes, const dryi_part_kind *kind,
                          void *handle_out, dry_detail *detail) {
  dryi_part part;
  dry_status status = dryi_part_find(region, name, name_bytes, kind, &part, detail);
  if (status != DRY_OK) return status;
  status = kind->open(&part, handle_out, detail);
  if (status == DRY_OK) return dryi_done(detail);
  memset(handle_out, 0, kind->handle_bytes);
  dryi_detail_prefix(detail, part.info.name);
  return status;
}

dry_status dryi_part_create(dry_region *region, const char *name, size_t name_bytes, const dryi_part_kind *kind,
                            uint64_t size_bytes, const void *facts, void *handle_out, dry_detail *detail) {
  dryi_part part;
  memset(&part, 0, sizeof part);
  dry_status status = open_mapping(region, &part.mapping, detail);
  if (status != DRY_OK) return status;
  part.size_bytes = dryi_align_up(size_bytes, DRY_REGION_PAGE_BYTES);
  status = dryi_directory_reserve(part.mapping, name, name_bytes, part.size_bytes, &part.index, &part.offset, detail);
  if (status != DRY_OK) return status;
  part.base = part.mapping->base + part.offset;
  status = kind->make(&part, facts, handle_out, detail);
  if (status != DRY_OK) {
    memset(handle_out, 0, kind->handle_bytes);
    return status;
  }
  dryi_directory_commit(part.mapping, part.index, name, name_bytes, part.offset, part.size_bytes, kind->kind,
                        kind->format);
  return dryi_done(detail);
}
#undef open_mapping
#undef refuse

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

#define all_zero all_zero_in_verify_verify
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

static dry_status verify_pool(dry_region *region, const dry_part_info *info, dry_detail *detail) {
  return dryi_pool_verify_part(region, info->name, info->name_bytes, detail);
}

static dry_status verify_index_map(dry_region *region, const dry_part_info *info, dry_detail *detail) {
  return dryi_index_map_verify_part(region, info->name, info->name_bytes, detail);
}

static dry_status verify_shared_pool(dry_region *region, const dry_part_info *info, dry_detail *detail) {
  dry_shared_pool pool;
  dry_status status = dry_shared_pool_open(region, info->name, info->name_bytes, &pool, detail);
  if (status != DRY_OK) return status;
  status = dry_shared_pool_validate(&pool, detail);
  (void)dry_shared_pool_close(&pool);
  return status;
}

static verify_part verifier_of(uint32_t kind) {
  switch (kind) {
    case DRY_PART_KV: return verify_kv;
    case DRY_PART_POOL: return verify_pool;
    case DRY_PART_INDEX_MAP: return verify_index_map;
    case DRY_PART_SHARED_POOL: return verify_shared_pool;
    default: return NULL;
  }
}

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
#undef all_zero

#pragma GCC visibility pop
