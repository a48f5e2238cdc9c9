/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* check.h: the examples check themselves, in every build: what does not hold is printed and ends the program. */
#ifndef EXAMPLES_C_CHECK_H
#define EXAMPLES_C_CHECK_H

#include <drystone/drystone.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                          \
  do {                                                                            \
    if (!(condition)) {                                                           \
      fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                    \
    }                                                                             \
  } while (0)

/* For calls that must succeed. */
#define CHECK_OK(call)                                                                               \
  do {                                                                                               \
    const dry_status check_status = (call);                                                          \
    if (check_status != DRY_OK) {                                                                    \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, dry_status_name(check_status)); \
      exit(1);                                                                                       \
    }                                                                                                \
  } while (0)

#endif
