/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * atomics.h: the only place that names memory orderings. The helpers work on plain integers inside regions, so public
 * headers need no _Atomic; on x86-64 an acquire load and a release store are plain moves.
 */
#ifndef DRYI_BASE_ATOMICS_H
#define DRYI_BASE_ATOMICS_H

#include <stdbool.h>
#include <stdint.h>

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
