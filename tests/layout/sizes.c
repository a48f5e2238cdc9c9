/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Compiled as C: what sizes.h states must hold there too. */
#include "tests/layout/sizes.h"

int dry_layout_sizes_hold_in_c(void) { return 1; }
