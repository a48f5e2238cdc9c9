/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* probe.h: the bytes of a control group that equal a tag, as a bit mask. */
#ifndef DRYI_KV_PROBE_H
#define DRYI_KV_PROBE_H

#include <stdint.h>

#include "base/atomics.h"
#include "drystone/kv.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
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
