/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* arith.h: alignment and arithmetic that notices overflow. */
#ifndef DRYI_BASE_ARITH_H
#define DRYI_BASE_ARITH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
