/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* actor.h: the two things that an actor does. Both return the exit status. */
#ifndef TESTS_PAIRS_C_ACTOR_H
#define TESTS_PAIRS_C_ACTOR_H

#include <stdint.h>

typedef struct actor_task {
  const char *region; /* file:PATH or shm:NAME */
  const char *part;
  double seconds;
  uint64_t seed;
  uint64_t key_count; /* 0: replace what is there, without records */
} actor_task;

int actor_read(const actor_task *task);
int actor_write(const actor_task *task);

#endif
