/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/crc32c.h"

#include <string.h>

#include "base/cpu.h"

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
#include <nmmintrin.h>
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
