/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "key_list.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

static void add(key_list *list, const uint8_t *key, size_t key_bytes, size_t value_bytes, uint64_t version) {
  if (list->count == list->room) {
    list->room = list->room ? list->room * 2 : 256;
    list->keys = grown(list->keys, list->room * sizeof *list->keys);
  }
  if (list->bytes_room - list->bytes_used < key_bytes + 1) {
    list->bytes_room = list->bytes_room * 2 + key_bytes + 4096;
    list->bytes = grown(list->bytes, list->bytes_room);
  }
  memcpy(list->bytes + list->bytes_used, key, key_bytes);
  list->bytes[list->bytes_used + key_bytes] = MISS_BYTE;
  list->keys[list->count++] =
      (known_key){list->bytes_used, (uint32_t)key_bytes, (uint32_t)value_bytes, version};
  list->bytes_used += key_bytes + 1;
  if (value_bytes > list->value_bytes_max) list->value_bytes_max = (uint32_t)value_bytes;
}

dry_status key_list_fill(key_list *list, dry_kv_reader *reader) {
  uint8_t *key = grown(NULL, DRY_KV_KEY_BYTES_MAX);
  uint64_t cursor = 0;
  dry_status status;
  for (;;) {
    size_t key_bytes, value_bytes;
    uint64_t version;
    status = dry_kv_next(reader, &cursor, key, DRY_KV_KEY_BYTES_MAX, &key_bytes, NULL, 0, &value_bytes, &version);
    if (status != DRY_OK) break;
    add(list, key, key_bytes, value_bytes, version);
  }
  free(key);
  return status == DRY_NOT_FOUND ? DRY_OK : status;
}

void key_list_free(key_list *list) {
  free(list->bytes);
  free(list->keys);
  *list = (key_list){0};
}
