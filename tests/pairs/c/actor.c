/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The actor of the C API: a reader or a writer that the pairs test and the demo start as a process. */
#include "actor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(void) {
  fprintf(stderr, "usage: actor read REGION PART SECONDS\n"
                  "       actor write REGION PART SECONDS SEED [KEYS]\n"
                  "REGION is file:PATH or shm:NAME\n");
  return 2;
}

static int parse_seconds(const char *text, double *out) {
  char *end;
  *out = strtod(text, &end);
  return end != text && *end == '\0' && *out >= 0 && *out <= 1e6;
}

static int parse_number(const char *text, uint64_t *out) {
  char *end;
  errno = 0;
  *out = strtoull(text, &end, 10);
  return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

int main(int argc, char **argv) {
  if (argc < 5) return usage();
  actor_task task = {.region = argv[2], .part = argv[3]};
  if (!parse_seconds(argv[4], &task.seconds)) return usage();
  if (strcmp(argv[1], "read") == 0 && argc == 5) return actor_read(&task);
  if (strcmp(argv[1], "write") != 0 || argc < 6 || argc > 7) return usage();
  if (!parse_number(argv[5], &task.seed)) return usage();
  if (argc == 7 && (!parse_number(argv[6], &task.key_count) || task.key_count == 0)) return usage();
  return actor_write(&task);
}
