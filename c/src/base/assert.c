/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/assert.h"

#if defined(DRY_CHECKED) && DRY_CHECKED
#include <stdio.h>
#include <stdlib.h>

void dryi_assert_failed(const char *what, const char *file, int line) {
  (void)fprintf(stderr, "drystone: %s:%d: assertion failed: %s\n", file, line, what);
  abort();
}
#endif

/* A translation unit must declare something in every configuration. */
typedef int dryi_assert_unit;
