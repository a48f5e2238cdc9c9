/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * actor_state [SEED]: actors whose state lies in an object pool, and who write to each other by handle.
 *
 * An actor may be gone when a message reaches it, and its place may be another's by then. A handle never answers for
 * anybody but the one it was given out for, so such a message becomes a dead letter, without a register of the living.
 * Each actor owns a log on the heap; the pool's destructor frees it, once, whenever and however the actor ends.
 */
#include <inttypes.h>
#include <string.h>

#include "check.h"

#define PLACES 1000
#define KNOWN 4000 /* handles that are written to, dead ones included */
#define STEPS 200000

typedef struct actor {
  uint64_t number;
  uint64_t received; /* the sum of all it was sent */
  uint64_t *log;
  uint32_t entries, room;
} actor;

/* What the program knows without asking the pool; the pool has to agree. */
typedef struct known {
  uint64_t handle;
  uint64_t number;
  int alive;
} known;

typedef struct world {
  dry_object_pool actors;
  known known[KNOWN];
  uint64_t spawned, refused, ended, delivered, dead_letters, sent_sum, ended_sum;
  uint64_t destructors, logs; /* runs; logs on the heap now */
} world;

static uint64_t random_state;

/* splitmix64 */
static uint64_t random_below(uint64_t bound) {
  uint64_t x = random_state += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return (x ^ x >> 31) % bound;
}

static void end_actor(void *context, void *object) {
  world *w = context;
  actor *a = object;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < a->entries; i++) sum += a->log[i];
  CHECK(sum == a->received);
  w->ended_sum += sum;
  w->logs -= a->log != NULL;
  free(a->log);
  w->destructors++;
}

static void spawn(world *w) {
  uint64_t handle = 0;
  void *memory = NULL;
  const dry_status status = dry_object_pool_acquire(&w->actors, &handle, &memory);
  if (status == DRY_FULL) {
    w->refused++;
    return;
  }
  CHECK_OK(status);
  *(actor *)memory = (actor){.number = ++w->spawned};
  /* In place of one that ended. There is one: fewer actors live than are known. */
  uint64_t place = random_below(KNOWN);
  while (w->known[place].alive) place = (place + 1) % KNOWN;
  w->known[place] = (known){handle, w->spawned, 1};
}

static void end(world *w, known *k) {
  const dry_status status = dry_object_pool_release(&w->actors, k->handle);
  CHECK(status == (k->alive ? DRY_OK : DRY_STALE));
  w->ended += status == DRY_OK;
  k->alive = 0;
}

static void receive(world *w, actor *a, uint64_t value) {
  if (a->entries == a->room) {
    w->logs += a->log == NULL;
    a->room = a->room ? 2 * a->room : 4;
    a->log = realloc(a->log, a->room * sizeof *a->log);
    CHECK(a->log);
  }
  a->log[a->entries++] = value;
  a->received += value;
}

static void write_to(world *w, const known *k, uint64_t value) {
  void *memory = NULL;
  const dry_status status = dry_object_pool_get(&w->actors, k->handle, &memory);
  CHECK(status == (k->alive ? DRY_OK : DRY_STALE));
  if (status == DRY_STALE) {
    w->dead_letters++;
    return;
  }
  CHECK(((actor *)memory)->number == k->number);
  receive(w, memory, value);
  w->delivered++;
  w->sent_sum += value;
}

static void step(world *w) {
  known *k = &w->known[random_below(KNOWN)];
  switch (random_below(8)) {
    case 0: spawn(w); break;
    case 1: end(w, k); break;
    default: write_to(w, k, random_below(1000)); break;
  }
}

static uint64_t living(const world *w) {
  uint64_t count = 0, handle = 0;
  uint32_t from = 0;
  for (; dry_object_pool_next(&w->actors, from, &handle) == DRY_OK; from = (uint32_t)handle + 1) count++;
  return count;
}

static void check_counts(const world *w) {
  dry_object_pool_stats stats;
  CHECK_OK(dry_object_pool_get_stats(&w->actors, &stats));
  CHECK(stats.in_use == w->spawned - w->ended && stats.in_use == living(w));
  CHECK(stats.destroyed == w->ended && w->destructors == w->ended);
  CHECK(stats.failures == w->refused);
}

int main(int argc, char **argv) {
  static world w;
  random_state = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
  printf("seed %" PRIu64 "\n", random_state);
  const dry_object_pool_options options = {.struct_size = sizeof options,
                                           .object_bytes = sizeof(actor),
                                           .capacity = PLACES,
                                           .align_bytes = _Alignof(actor),
                                           .destructor = end_actor,
                                           .context = &w};
  CHECK_OK(dry_object_pool_create(&options, &w.actors, NULL));
  for (int i = 0; i <= PLACES; i++) spawn(&w);
  CHECK(w.spawned == PLACES && w.refused == 1);
  for (int i = 0; i < STEPS; i++) step(&w);
  check_counts(&w);
  CHECK(w.spawned > 2 * PLACES && w.dead_letters != 0 && w.delivered != 0);
  printf("%" PRIu64 " actors lived, at most %d at once; %" PRIu64 " messages arrived, %" PRIu64 " were dead letters\n",
         w.spawned, PLACES, w.delivered, w.dead_letters);
  const uint64_t left = w.spawned - w.ended;
  uint64_t destroyed = 0;
  CHECK_OK(dry_object_pool_close(&w.actors, &destroyed));
  CHECK(destroyed == left && w.destructors == w.spawned && w.logs == 0 && w.ended_sum == w.sent_sum);
  void *memory = NULL;
  CHECK(dry_object_pool_get(&w.actors, w.known[0].handle, &memory) == DRY_CLOSED);
  printf("%" PRIu64 " were alive at the end; each was destroyed once, and no log is left\n", left);
  return 0;
}
