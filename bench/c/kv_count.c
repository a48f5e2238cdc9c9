/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * kv_count MODE KEYS: does one kind of operation KEYS times on a store of KEYS entries, for callgrind to count. Keys, seed
 * and order are fixed, so the counts only change with the code. Modes: populate, hit, miss, get_many, update, delete.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drystone/drystone.h"

#define BATCH 32

typedef struct pair {
  uint64_t key[2];
  uint64_t value[8];
} pair;

static void must(dry_status status, const char *call) {
  if (status == DRY_OK) return;
  fprintf(stderr, "kv_count: %s: %s\n", call, dry_status_name(status));
  exit(1);
}

static uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

static pair pair_of(uint64_t i, uint64_t stamp) {
  pair made = {{mix(2 * i + 1), mix(2 * i + 2)}, {0}};
  for (uint64_t word = 0; word < 8; word++) made.value[word] = i + stamp + word;
  return made;
}

static void put(dry_kv_writer *writer, uint64_t i, uint64_t stamp) {
  const pair p = pair_of(i, stamp);
  must(dry_kv_put(writer, p.key, sizeof p.key, p.value, sizeof p.value, NULL), "put");
}

static void get(dry_kv_writer *writer, uint64_t i, dry_status expected) {
  const pair p = pair_of(i, 0);
  uint64_t value[8] = {0};
  size_t bytes = 0;
  const dry_status status =
      dry_kv_get(dry_kv_writer_reader(writer), p.key, sizeof p.key, value, sizeof value, &bytes, NULL);
  const int whole = status != DRY_OK || (bytes == sizeof value && memcmp(value, p.value, sizeof value) == 0);
  if (status == expected && whole) return;
  fprintf(stderr, "kv_count: get of key %llu: %s\n", (unsigned long long)i, dry_status_name(status));
  exit(1);
}

static void get_batch(dry_kv_writer *writer, uint64_t first) {
  pair pairs[BATCH];
  uint64_t values[BATCH][8];
  dry_kv_lookup lookups[BATCH];
  memset(lookups, 0, sizeof lookups);
  for (uint64_t i = 0; i < BATCH; i++) {
    pairs[i] = pair_of(first + i, 0);
    lookups[i].key = pairs[i].key;
    lookups[i].key_bytes = sizeof pairs[i].key;
    lookups[i].value = values[i];
    lookups[i].value_capacity = sizeof values[i];
  }
  must(dry_kv_get_many(dry_kv_writer_reader(writer), lookups, BATCH), "get_many");
  for (uint64_t i = 0; i < BATCH; i++) {
    must(lookups[i].status, "a lookup of get_many");
    if (memcmp(values[i], pairs[i].value, sizeof values[i]) != 0) must(DRY_CORRUPT, "a value of get_many");
  }
}

static void erase(dry_kv_writer *writer, uint64_t i) {
  const pair p = pair_of(i, 0);
  must(dry_kv_delete(writer, p.key, sizeof p.key, NULL), "delete");
}

static void operate(dry_kv_writer *writer, const char *mode, uint64_t keys) {
  const uint64_t step = strcmp(mode, "get_many") == 0 ? BATCH : 1;
  for (uint64_t i = 0; i < keys; i += step) {
    if (strcmp(mode, "hit") == 0) get(writer, i, DRY_OK);
    else if (strcmp(mode, "miss") == 0) get(writer, keys + i, DRY_NOT_FOUND);
    else if (strcmp(mode, "get_many") == 0) get_batch(writer, i);
    else if (strcmp(mode, "update") == 0) put(writer, i, 1);
    else if (strcmp(mode, "delete") == 0) erase(writer, i);
    else if (strcmp(mode, "populate") == 0) return;
    else must(DRY_INVALID_ARGUMENT, mode);
  }
}

int main(int count, char **arguments) {
  const uint64_t keys = count == 3 ? strtoull(arguments[2], NULL, 10) : 0;
  if (keys == 0 || keys % BATCH != 0) {
    fprintf(stderr, "usage: kv_count MODE KEYS, a multiple of %d\n", BATCH);
    return 2;
  }
  dry_kv_options kv = {0};
  kv.struct_size = sizeof kv;
  kv.layout = DRY_KV_LAYOUT_BLOCKS;
  kv.entries = keys;
  kv.bytes = keys * sizeof(pair);
  kv.seed = 1;
  kv.has_seed = 1;
  uint64_t bytes = 0;
  must(dry_kv_required_bytes(&kv, &bytes), "required_bytes");
  dry_region_options options = {0};
  options.struct_size = sizeof options;
  options.kind = DRY_REGION_MEMORY;
  options.size_bytes = bytes + 16 * DRY_REGION_PAGE_BYTES;
  dry_region region = {0};
  dry_kv_writer writer;
  memset(&writer, 0, sizeof writer);
  must(dry_region_create(&options, &region, NULL), "region_create");
  must(dry_kv_create(&region, "count", 5, &kv, &writer, NULL), "kv_create");
  for (uint64_t i = 0; i < keys; i++) put(&writer, i, 0);
  operate(&writer, arguments[1], keys);
  must(dry_kv_writer_close(&writer), "writer_close");
  must(dry_region_close(&region), "region_close");
  return 0;
}
