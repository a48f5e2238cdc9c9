/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * hash.h: the key hash, multiply-and-fold in the manner of wyhash (Wang Yi, 2019) and rapidhash. It needs one 64 x 64
 * -> 128 bit multiplication for 16 bytes and no special instructions, so that Go and Java compute the same at the same
 * speed. It is part of the stored format: DRY_KV_FORMAT rises when it changes.
 */
#ifndef DRYI_BASE_HASH_H
#define DRYI_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

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
