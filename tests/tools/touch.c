/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * touch: touches a pool's memory as its argument says, for pool_tools_test.cc to look at from outside. Every way but `clean`
 * is a mistake that AddressSanitizer and Valgrind must report, though each byte lies in memory that the process owns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drystone.h"

static void must(dry_status status) {
  if (status == DRY_OK) return;
  fprintf(stderr, "touch: %s\n", dry_status_name(status));
  exit(2);
}

static char *take(dry_pool *pool) {
  void *memory;
  must(dry_pool_alloc(pool, &memory));
  return (char *)memory;
}

/* Opens a pool of 16 objects of 32 bytes in private memory, or in a span when the argument says so. */
static void open_pool(dry_pool *pool, const char *where, uint32_t flags) {
  static _Alignas(64) char span[4096];
  dry_pool_options options = {.struct_size = sizeof options, .flags = flags, .object_bytes = 32, .capacity_slots = 16};
  if (strcmp(where, "private") == 0) {
    must(dry_pool_create(&options, pool, NULL));
  } else {
    must(dry_pool_init(span, sizeof span, &options));
    must(dry_pool_attach(span, sizeof span, pool, NULL));
  }
}

/* Everything that is allowed: nobody may complain. */
static void clean(dry_pool *pool, const char *where) {
  char *objects[16];
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 16; i++) memset(objects[i] = take(pool), i, 32);
    for (int i = 0; i < 16; i += 2) must(dry_pool_free(pool, objects[i]));
    must(dry_pool_validate(pool, NULL));
    must(dry_pool_reset(pool));
  }
  memset(take(pool), 1, 32);
  char *reused = objects[0];
  must(dry_pool_close(pool));
  /* Memory that was given back is nobody's business any more: a span is its owner's again. */
  if (strcmp(where, "span") == 0) memset(reused, 0, 32);
}

static volatile char sink;

static void touch(dry_pool *pool, const char *how) {
  char *object = take(pool), *neighbour = take(pool);
  uint32_t slots[2];
  must(dry_pool_slot_of(pool, object, slots));
  must(dry_pool_slot_of(pool, neighbour, slots + 1));
  if (strcmp(how, "read") == 0) {
    must(dry_pool_free(pool, object));
    sink = object[5];
  } else if (strcmp(how, "write") == 0) {
    must(dry_pool_free(pool, object));
    object[31] = 1;
  } else if (strcmp(how, "batch") == 0) {
    must(dry_pool_release_many(pool, slots, 2));
    sink = neighbour[8];
  } else if (strcmp(how, "reset") == 0) {
    must(dry_pool_reset(pool));
    object[0] = 1;
  } else if (strcmp(how, "never") == 0) {
    sink = neighbour[3 * (neighbour - object)];
  } else if (strcmp(how, "beyond") == 0) {
    object[32] = 1;
  } else {
    exit(2);
  }
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  dry_pool pool;
  open_pool(&pool, arguments[1], strcmp(arguments[2], "guarded") == 0 ? DRY_MEMORY_GUARDED : 0);
  if (strcmp(arguments[3], "clean") == 0)
    clean(&pool, arguments[1]);
  else
    touch(&pool, arguments[3]);
  puts("went through");
  return 0;
}
