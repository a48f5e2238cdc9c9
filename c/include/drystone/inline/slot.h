/* SPDX-License-Identifier: MIT OR Apache-2.0 */
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

#include "drystone/status.h"

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
