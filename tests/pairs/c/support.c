/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t stamp_of(const void *key, size_t key_bytes, const uint8_t *payload, size_t payload_bytes) {
  return dry_kv_hash(payload, payload_bytes, dry_kv_hash(key, key_bytes, 0));
}

int is_stamped(const void *key, size_t key_bytes, const uint8_t *value, size_t value_bytes) {
  if (value_bytes < STAMP_BYTES) return 0;
  uint64_t found = 0;
  for (int i = STAMP_BYTES - 1; i >= 0; i--) found = found << 8 | value[i];
  return found == stamp_of(key, key_bytes, value + STAMP_BYTES, value_bytes - STAMP_BYTES);
}

void stamp(const void *key, size_t key_bytes, uint8_t *value, size_t value_bytes) {
  const uint64_t wanted = stamp_of(key, key_bytes, value + STAMP_BYTES, value_bytes - STAMP_BYTES);
  for (int i = 0; i < STAMP_BYTES; i++) value[i] = (uint8_t)(wanted >> (8 * i));
}

uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

uint64_t random_below(uint64_t *state, uint64_t bound) { return next_random(state) % bound; }

uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void *grown(void *old, size_t bytes) {
  void *result = realloc(old, bytes);
  if (result == NULL) {
    fprintf(stderr, "actor: no memory for %zu bytes\n", bytes);
    exit(1);
  }
  return result;
}

void complain(const char *what, dry_status status, const dry_detail *detail) {
  fprintf(stderr, "actor: %s: %s%s%s\n", what, dry_status_name(status), detail && detail->text[0] ? ": " : "",
          detail ? detail->text : "");
}

dry_status open_region(const char *name, uint32_t mode, dry_region *region, dry_detail *detail) {
  dry_region_open_options options = {.struct_size = sizeof options, .mode = mode};
  if (strncmp(name, "file:", 5) == 0) {
    options.kind = DRY_REGION_FILE;
    options.name = name + 5;
  } else if (strncmp(name, "shm:", 4) == 0) {
    options.kind = DRY_REGION_SHARED;
    options.name = name + 4;
  } else {
    snprintf(detail->text, sizeof detail->text, "a region is file:PATH or shm:NAME, not \"%s\"", name);
    return DRY_INVALID_ARGUMENT;
  }
  return dry_region_open(&options, region, detail);
}
