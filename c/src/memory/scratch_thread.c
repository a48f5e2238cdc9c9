/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * scratch_thread.c: each thread's own scratch. A thread-local pointer finds it, a key of pthreads gets it freed when the
 * thread ends, and a list under a mutex lets anybody sum them all up.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/atomics.h"
#include "base/detail.h"
#include "base/hooks.h"
#include "memory/arena_internal.h"
#include "memory/scratch_internal.h"
#include "os/os.h"

/* The library's only mutable globals. The mutex guards all of them but `mine`. */
static __thread dryi_scratch_record *mine;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static bool has_key, has_fork_handlers;
static dryi_scratch_record *records;
static dryi_scratch_record *orphans; /* of the parent's other threads, in a forked child */
static dry_scratch_options settings = {sizeof settings, 0, 0, 0, 0};
static dry_scratch_stats ended;      /* counts of the scratches that went */

/* ---- counts ---- */

/* Every field is a word, so that one loop can publish and read them all. */
#define WORDS (sizeof(dry_scratch_stats) / sizeof(uint64_t))

void dryi_scratch_publish(const dry_scratch *scratch) {
  dryi_scratch_record *record = scratch->shared;
  dry_scratch_stats now;
  uint64_t words[WORDS], *to = (uint64_t *)(void *)&record->published;
  dryi_scratch_count(scratch, &now);
  memcpy(words, &now, sizeof words);
  for (size_t i = 0; i < WORDS; i++) dryi_store_relaxed_u64(&to[i], words[i]);
}

static dry_scratch_stats published(const dryi_scratch_record *record) {
  const uint64_t *from = (const uint64_t *)(const void *)&record->published;
  uint64_t words[WORDS];
  dry_scratch_stats stats;
  for (size_t i = 0; i < WORDS; i++) words[i] = dryi_load_relaxed_u64(&from[i]);
  memcpy(&stats, words, sizeof stats);
  return stats;
}

/* What stays of a scratch when it goes. */
static void add_counts(dry_scratch_stats *to, const dry_scratch_stats *of) {
  if (of->peak_bytes > to->peak_bytes) to->peak_bytes = of->peak_bytes;
  to->allocations += of->allocations;
  to->failures += of->failures;
  to->fallbacks += of->fallbacks;
  to->resets += of->resets;
  to->scopes += of->scopes;
}

dry_status dry_scratch_get_thread_stats(dry_scratch_stats *stats_out) {
  if (!stats_out) return DRY_INVALID_ARGUMENT;
  (void)pthread_mutex_lock(&lock);
  *stats_out = ended;
  for (const dryi_scratch_record *record = records; record; record = record->next) {
    dry_scratch_stats one = published(record);
    add_counts(stats_out, &one);
    stats_out->capacity_bytes += one.capacity_bytes;
    stats_out->used_bytes += one.used_bytes;
    stats_out->depth += one.depth;
    stats_out->threads++;
  }
  (void)pthread_mutex_unlock(&lock);
  return DRY_OK;
}

/* ---- coming and going ---- */

static void list(dryi_scratch_record *record) {
  record->next = records;
  if (records) records->before = record;
  records = record;
}

static void unlist(const dryi_scratch_record *record) {
  if (record->next) record->next->before = record->before;
  if (record->before)
    record->before->next = record->next;
  else
    records = record->next;
}

/* The counts of one that its thread is done with go into `ended`. */
static void retire(dryi_scratch_record *record) {
  dry_scratch_stats last;
  dryi_scratch_count(&record->scratch, &last);
  (void)pthread_mutex_lock(&lock);
  unlist(record);
  add_counts(&ended, &last);
  ended.threads_ended++;
  (void)pthread_mutex_unlock(&lock);
  dryi_scratch_close(&record->scratch);
  dryi_os_free(record);
}

/* Called by pthreads when a thread ends that has one. Destructors that run later may make another; then it is called
   for that one too. */
static void thread_ends(void *record) {
  mine = NULL;
  retire(record);
}

/* A fork copies the memory of all threads, but only one of them goes on. Nobody may hold the lock meanwhile. */
static void before_fork(void) { (void)pthread_mutex_lock(&lock); }
static void after_fork_in_parent(void) { (void)pthread_mutex_unlock(&lock); }
static void after_fork_in_child(void) {
  dryi_scratch_record *record = records, *next;
  for (; record; record = next) {
    next = record->next;
    if (record == mine) continue;
    /* Its thread may have been in the middle of a call: nothing but the published counts can be relied on. */
    dry_scratch_stats last = published(record);
    unlist(record);
    add_counts(&ended, &last);
    ended.threads_ended++;
    record->next = orphans;
    orphans = record;
  }
  (void)pthread_mutex_unlock(&lock);
}

/* Under the lock. 0, or the errno of what failed. */
static int make_key(void) {
  int error = has_key ? 0 : DRYI_FAIL("pthread_key_create");
  if (!error && !has_key) error = pthread_key_create(&key, thread_ends);
  if (error) return error;
  has_key = true;
  error = has_fork_handlers ? 0 : DRYI_FAIL("pthread_atfork");
  if (!error && !has_fork_handlers) error = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
  if (error) return error;
  has_fork_handlers = true;
  return 0;
}

/* When the library is unloaded, threads that end later must not call into it. */
static __attribute__((destructor)) void unload(void) {
  (void)pthread_mutex_lock(&lock);
  if (has_key) (void)pthread_key_delete(key);
  (void)pthread_mutex_unlock(&lock);
}

/* Makes the thread remember its record; under the lock. */
static dry_status remember(dryi_scratch_record *record) {
  int error = make_key();
  if (!error) error = DRYI_FAIL("pthread_setspecific");
  if (!error) error = pthread_setspecific(key, record);
  return error ? DRY_OUT_OF_MEMORY : DRY_OK;
}

/* Under the lock, so that settings cannot change between being read and the record being listed. */
static dry_status add_record(dryi_scratch_record *record) {
  dry_arena_options options = dryi_scratch_arena_options(&settings);
  dry_status status = dry_arena_create(&options, &record->scratch.arena, NULL);
  if (status != DRY_OK) return status;
  record->scratch.level_count = DRY_SCRATCH_LEVELS;
  record->scratch.shared = record;
  status = remember(record);
  if (status != DRY_OK) {
    dryi_scratch_close(&record->scratch);
    return status;
  }
  dryi_scratch_publish(&record->scratch);
  list(record);
  return DRY_OK;
}

static __attribute__((noinline)) dry_status make_mine(void) {
  dryi_scratch_record *record = dryi_os_alloc_zeroed(sizeof *record);
  if (!record) return DRY_OUT_OF_MEMORY;
  (void)pthread_mutex_lock(&lock);
  dry_status status = add_record(record);
  (void)pthread_mutex_unlock(&lock);
  if (status == DRY_OK)
    mine = record;
  else
    dryi_os_free(record);
  return status;
}

dry_status dry_scratch_thread(dry_scratch **scratch_out) {
  if (!scratch_out) return DRY_INVALID_ARGUMENT;
  *scratch_out = NULL;
  if (!mine) {
    dry_status status = make_mine();
    if (status != DRY_OK) return status;
  }
  *scratch_out = &mine->scratch;
  return DRY_OK;
}

dry_status dry_scratch_release_thread(void) {
  dryi_scratch_record *record = mine;
  if (!record) return DRY_OK;
  if (record->scratch.depth > 0) return DRY_BUSY;
  /* It takes no memory to forget. */
  (void)pthread_setspecific(key, NULL);
  mine = NULL;
  retire(record);
  return DRY_OK;
}

/* ---- settings ---- */

dry_status dry_scratch_configure(const dry_scratch_options *options, dry_detail *detail) {
  dry_status status = dryi_scratch_check_struct(options, detail);
  if (status != DRY_OK) return status;
  uint64_t bytes = options->capacity_bytes;
  if (bytes != 0 && (bytes < DRY_SCRATCH_BYTES_MIN || bytes > DRY_SCRATCH_BYTES_MAX))
    return dryi_fail(detail, DRY_INVALID_ARGUMENT, "capacity_bytes: %llu is not from %u to %u", (unsigned long long)bytes,
                     DRY_SCRATCH_BYTES_MIN, DRY_SCRATCH_BYTES_MAX);
  dry_arena_options arena = dryi_scratch_arena_options(options);
  status = dryi_arena_check_options(&arena, detail);
  if (status != DRY_OK) return status;
  (void)pthread_mutex_lock(&lock);
  bool busy = records != NULL;
  if (!busy) settings = *options;
  (void)pthread_mutex_unlock(&lock);
  if (busy) return dryi_fail(detail, DRY_BUSY, "scratch: some thread has one already");
  return dryi_done(detail);
}
