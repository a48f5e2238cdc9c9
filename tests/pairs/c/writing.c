/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Puts and deletes with a record of every acknowledged change, or replaces values as fast as it can. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"
#include "key_list.h"
#include "support.h"

#define PAYLOAD_BYTES_MAX 200
#define DELETE_EVERY 16
#define BUSY_NS_MAX 5000000000u

enum { RECORD_PRESENT, RECORD_PUT, RECORD_DELETE, RECORD_STORE };

typedef struct writing {
  dry_region region;
  dry_kv_writer kv;
  uint64_t random;
  uint64_t deadline;
} writing;

/* A writer that was just killed may not be gone yet. */
static dry_status open_region_when_free(const char *name, dry_region *region, dry_detail *detail) {
  const uint64_t deadline = now_ns() + BUSY_NS_MAX;
  const struct timespec pause = {0, 1000000};
  for (;;) {
    const dry_status status = open_region(name, DRY_MODE_WRITE, region, detail);
    if (status != DRY_BUSY || now_ns() > deadline) return status;
    nanosleep(&pause, NULL);
  }
}

static void store_little_endian(uint8_t *at, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) at[i] = (uint8_t)(value >> (8 * i));
}

/* One write, which a pipe takes whole or not at all. */
static int print_record(uint32_t type, uint64_t index, uint64_t version) {
  uint8_t record[16];
  store_little_endian(record, type, 4);
  store_little_endian(record + 4, index, 4);
  store_little_endian(record + 8, version, 8);
  ssize_t written;
  do written = write(STDOUT_FILENO, record, sizeof record);
  while (written < 0 && errno == EINTR);
  return written == (ssize_t)sizeof record ? 0 : 1;
}

/* Returns the key's length. */
static size_t key_name(char *text, size_t room, uint64_t index) {
  return (size_t)snprintf(text, room, "key-%06llu", (unsigned long long)index);
}

static size_t random_value(writing *w, const void *key, size_t key_bytes, uint8_t *value, size_t payload_bytes) {
  for (size_t i = 0; i < payload_bytes; i++) value[STAMP_BYTES + i] = (uint8_t)next_random(&w->random);
  stamp(key, key_bytes, value, STAMP_BYTES + payload_bytes);
  return STAMP_BYTES + payload_bytes;
}

static int print_what_is_there(writing *w, uint64_t key_count) {
  dry_kv_reader *reader = dry_kv_writer_reader(&w->kv);
  char key[32];
  uint8_t value[STAMP_BYTES + PAYLOAD_BYTES_MAX];
  for (uint64_t i = 0; i < key_count; i++) {
    const size_t key_bytes = key_name(key, sizeof key, i);
    size_t value_bytes;
    uint64_t version;
    const dry_status status = dry_kv_get(reader, key, key_bytes, value, sizeof value, &value_bytes, &version);
    if (status == DRY_NOT_FOUND) continue;
    if (status != DRY_OK || !is_stamped(key, key_bytes, value, value_bytes)) {
      complain(status == DRY_OK ? "a torn value after opening" : "reading after opening", status, NULL);
      return 1;
    }
    if (print_record(RECORD_PRESENT, i, version)) return 1;
  }
  dry_kv_stats stats;
  const dry_status status = dry_kv_get_stats(reader, &stats);
  return status != DRY_OK || print_record(RECORD_STORE, 0, stats.version);
}

static int change_one(writing *w, uint64_t index) {
  char key[32];
  const size_t key_bytes = key_name(key, sizeof key, index);
  uint64_t version;
  if (random_below(&w->random, DELETE_EVERY) == 0) {
    const dry_status status = dry_kv_delete(&w->kv, key, key_bytes, &version);
    if (status == DRY_NOT_FOUND) return 0;
    if (status != DRY_OK) complain("delete", status, NULL);
    return status != DRY_OK || print_record(RECORD_DELETE, index, version);
  }
  uint8_t value[STAMP_BYTES + PAYLOAD_BYTES_MAX];
  const size_t payload_bytes = random_below(&w->random, PAYLOAD_BYTES_MAX + 1);
  const size_t value_bytes = random_value(w, key, key_bytes, value, payload_bytes);
  const dry_status status = dry_kv_put(&w->kv, key, key_bytes, value, value_bytes, &version);
  if (status != DRY_OK) complain("put", status, NULL);
  return status != DRY_OK || print_record(RECORD_PUT, index, version);
}

static int write_with_records(writing *w, uint64_t key_count) {
  if (print_what_is_there(w, key_count)) return 1;
  while (now_ns() < w->deadline) {
    if (change_one(w, random_below(&w->random, key_count))) return 1;
  }
  return 0;
}

static int replace_listed(writing *w, const key_list *list) {
  uint8_t *value = grown(NULL, list->value_bytes_max + (size_t)STAMP_BYTES);
  uint64_t writes = 0;
  uint64_t timed_ns = 0;
  dry_status status = DRY_OK;
  printf("ready\n");
  fflush(stdout);
  while (list->count > 0 && status == DRY_OK && now_ns() < w->deadline) {
    const known_key *known = &list->keys[random_below(&w->random, list->count)];
    const uint8_t *key = list->bytes + known->at;
    const size_t payload_bytes = known->value_bytes > STAMP_BYTES ? known->value_bytes - STAMP_BYTES : 0;
    const size_t value_bytes = random_value(w, key, known->key_bytes, value, payload_bytes);
    const uint64_t start = now_ns();
    status = dry_kv_put(&w->kv, key, known->key_bytes, value, value_bytes, NULL);
    timed_ns += now_ns() - start;
    writes += status == DRY_OK;
  }
  free(value);
  if (status != DRY_OK) complain("put", status, NULL);
  printf("{\"language\":\"c\",\"writes\":%llu,\"ns_per_write\":%.1f}\n", (unsigned long long)writes,
         writes ? (double)timed_ns / (double)writes : 0.0);
  return status != DRY_OK;
}

static int write_without_records(writing *w) {
  key_list list = {0};
  const dry_status status = key_list_fill(&list, dry_kv_writer_reader(&w->kv));
  if (status != DRY_OK) complain("listing the keys", status, NULL);
  const int exit_status = status != DRY_OK || replace_listed(w, &list);
  key_list_free(&list);
  return exit_status;
}

int actor_write(const actor_task *task) {
  writing w = {.random = task->seed, .deadline = now_ns() + (uint64_t)(task->seconds * 1e9)};
  dry_detail detail = {0};
  dry_status status = open_region_when_free(task->region, &w.region, &detail);
  if (status == DRY_OK) status = dry_kv_open(&w.region, task->part, strlen(task->part), &w.kv, &detail);
  int exit_status = 1;
  if (status != DRY_OK) {
    complain("opening", status, &detail);
  } else {
    exit_status = task->key_count ? write_with_records(&w, task->key_count) : write_without_records(&w);
  }
  dry_kv_writer_close(&w.kv);
  dry_region_close(&w.region);
  return exit_status;
}
