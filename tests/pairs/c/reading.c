/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Looks random keys up in batches, and proves every value whole. Only the lookups are timed. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"
#include "key_list.h"
#include "support.h"

#define BATCH 64
#define MISS_EVERY 8
#define VALUE_BYTES_MIN 256

typedef struct tally {
  uint64_t lookups, hits, misses, torn, errors, backwards, timed_ns;
} tally;

typedef struct reading {
  dry_kv_reader kv;
  key_list list;
  uint64_t random;
  dry_kv_lookup lookups[BATCH];
  known_key *wanted[BATCH]; /* NULL: a key that does not exist */
  tally tally;
} reading;

/* A buffer as large as any value that was listed; a longer one gets a larger buffer when it is met. */
static void make_room(dry_kv_lookup *lookup, size_t bytes) {
  lookup->value = grown(lookup->value, bytes);
  lookup->value_capacity = bytes;
}

static void choose(reading *r, size_t i) {
  known_key *key = &r->list.keys[random_below(&r->random, r->list.count)];
  const int miss = i % MISS_EVERY == MISS_EVERY - 1;
  r->lookups[i].key = r->list.bytes + key->at;
  r->lookups[i].key_bytes = key->key_bytes + (uint32_t)miss;
  r->wanted[i] = miss ? NULL : key;
}

static void count_error(reading *r, const char *what, dry_status status) {
  if (r->tally.errors++ == 0) complain(what, status, NULL);
}

/* A value that outgrew its buffer is looked up once more, now that there is room. */
static dry_status with_room(reading *r, dry_kv_lookup *lookup) {
  dry_status status = lookup->status;
  while (status == DRY_TOO_LARGE && lookup->value_bytes > lookup->value_capacity) {
    make_room(lookup, lookup->value_bytes * 2);
    status = dry_kv_get(&r->kv, lookup->key, lookup->key_bytes, lookup->value, lookup->value_capacity,
                        &lookup->value_bytes, &lookup->version);
  }
  return status;
}

static void judge_hit(reading *r, const dry_kv_lookup *lookup, known_key *key) {
  r->tally.hits++;
  r->tally.torn += !is_stamped(lookup->key, lookup->key_bytes, lookup->value, lookup->value_bytes);
  r->tally.backwards += lookup->version < key->version;
  if (lookup->version > key->version) key->version = lookup->version;
}

static void judge(reading *r, size_t i) {
  dry_kv_lookup *lookup = &r->lookups[i];
  const dry_status status = with_room(r, lookup);
  r->tally.lookups++;
  if (status == DRY_NOT_FOUND) {
    r->tally.misses++;
  } else if (status != DRY_OK) {
    count_error(r, "lookup", status);
  } else if (r->wanted[i] == NULL) {
    count_error(r, "a key was found that is in no store", status);
  } else {
    judge_hit(r, lookup, r->wanted[i]);
  }
}

static void run_batch(reading *r) {
  for (size_t i = 0; i < BATCH; i++) choose(r, i);
  const uint64_t start = now_ns();
  const dry_status status = dry_kv_get_many(&r->kv, r->lookups, BATCH);
  r->tally.timed_ns += now_ns() - start;
  if (status != DRY_OK) {
    count_error(r, "dry_kv_get_many", status);
    return;
  }
  for (size_t i = 0; i < BATCH; i++) judge(r, i);
}

/* An empty store has nothing to look up yet: wait for keys. */
static dry_status list_keys(reading *r, uint64_t deadline) {
  const struct timespec pause = {0, 1000000};
  for (;;) {
    const dry_status status = key_list_fill(&r->list, &r->kv);
    if (status != DRY_OK || r->list.count > 0 || now_ns() > deadline) return status;
    nanosleep(&pause, NULL);
  }
}

static void run(reading *r, uint64_t deadline) {
  const dry_status status = list_keys(r, deadline);
  if (status != DRY_OK) count_error(r, "listing the keys", status);
  for (size_t i = 0; i < BATCH; i++) {
    make_room(&r->lookups[i], r->list.value_bytes_max > VALUE_BYTES_MIN ? r->list.value_bytes_max : VALUE_BYTES_MIN);
  }
  printf("ready\n");
  fflush(stdout);
  while (r->list.count > 0 && now_ns() < deadline) run_batch(r);
}

static int report(reading *r) {
  const tally *t = &r->tally;
  printf("{\"language\":\"c\",\"lookups\":%llu,\"ns_per_lookup\":%.1f,\"hits\":%llu,\"misses\":%llu,\"torn\":%llu,"
         "\"errors\":%llu,\"retries\":%llu,\"backwards\":%llu}\n",
         (unsigned long long)t->lookups, t->lookups ? (double)t->timed_ns / (double)t->lookups : 0.0,
         (unsigned long long)t->hits, (unsigned long long)t->misses, (unsigned long long)t->torn,
         (unsigned long long)t->errors, (unsigned long long)dry_kv_reader_retries(&r->kv),
         (unsigned long long)t->backwards);
  return t->torn + t->errors + t->backwards != 0;
}

int actor_read(const actor_task *task) {
  const uint64_t deadline = now_ns() + (uint64_t)(task->seconds * 1e9);
  reading *r = grown(NULL, sizeof *r);
  *r = (reading){.random = now_ns() ^ (uint64_t)getpid()};
  dry_region region = {0};
  dry_detail detail = {0};
  dry_status status = open_region(task->region, DRY_MODE_READ, &region, &detail);
  if (status == DRY_OK) status = dry_kv_reader_open(&region, task->part, strlen(task->part), 0, &r->kv, &detail);
  int exit_status = 1;
  if (status == DRY_OK) {
    run(r, deadline);
    exit_status = report(r);
  } else {
    complain("opening", status, &detail);
  }
  for (size_t i = 0; i < BATCH; i++) free(r->lookups[i].value);
  key_list_free(&r->list);
  dry_kv_reader_close(&r->kv);
  dry_region_close(&region);
  free(r);
  return exit_status;
}
