/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* key_list.h: the keys of a store as they were at one moment. */
#ifndef TESTS_PAIRS_C_KEY_LIST_H
#define TESTS_PAIRS_C_KEY_LIST_H

#include "drystone/drystone.h"

typedef struct known_key {
  size_t at; /* in `bytes`; the byte behind the key is MISS_BYTE */
  uint32_t key_bytes;
  uint32_t value_bytes; /* when it was listed */
  uint64_t version;     /* the highest that was seen */
} known_key;

/* A key with this byte appended is in no store of these tests. */
#define MISS_BYTE 0xff

typedef struct key_list {
  uint8_t *bytes;
  size_t bytes_used, bytes_room;
  known_key *keys;
  size_t count, room;
  uint32_t value_bytes_max;
} key_list;

/* Adds every key of the store. */
dry_status key_list_fill(key_list *list, dry_kv_reader *reader);

void key_list_free(key_list *list);

#endif
