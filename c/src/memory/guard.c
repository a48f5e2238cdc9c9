/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "memory/guard.h"

#include <string.h>

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
