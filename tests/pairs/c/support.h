/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* support.h: what reading and writing have in common. */
#ifndef TESTS_PAIRS_C_SUPPORT_H
#define TESTS_PAIRS_C_SUPPORT_H

#include "drystone/drystone.h"

#define STAMP_BYTES 8

/* What the first 8 bytes of a value must be, as a little-endian number, given its key and the bytes behind them. */
uint64_t stamp_of(const void *key, size_t key_bytes, const uint8_t *payload, size_t payload_bytes);

int is_stamped(const void *key, size_t key_bytes, const uint8_t *value, size_t value_bytes);

/* Puts the stamp in front of the payload, which already lies at value + STAMP_BYTES. */
void stamp(const void *key, size_t key_bytes, uint8_t *value, size_t value_bytes);

/* splitmix64. */
uint64_t next_random(uint64_t *state);

/* A number below `bound`, which must not be 0. */
uint64_t random_below(uint64_t *state, uint64_t bound);

uint64_t now_ns(void);

/* realloc, and the end of the program where there is no memory. */
void *grown(void *old, size_t bytes);

/* Says on standard error what failed. */
void complain(const char *what, dry_status status, const dry_detail *detail);

/* `name` is file:PATH or shm:NAME. */
dry_status open_region(const char *name, uint32_t mode, dry_region *region, dry_detail *detail);

#endif
