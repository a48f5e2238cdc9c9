/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* guard.h: canaries and poison, for blocks that find out when somebody writes where nobody may. */
#ifndef DRYI_MEMORY_GUARD_H
#define DRYI_MEMORY_GUARD_H

#include <stdbool.h>

#include "base/arith.h"

/* A canary's bytes depend on its key (a slot), so that a neighbour's, copied along with too many bytes, is no right one. */
DRYI_LOCAL void dryi_guard_write(uint8_t *canary, uint64_t bytes, uint64_t key);
DRYI_LOCAL bool dryi_guard_holds(const uint8_t *canary, uint64_t bytes, uint64_t key);

/* Whether each of the bytes is `byte`. */
DRYI_LOCAL bool dryi_guard_filled(const uint8_t *memory, uint64_t bytes, uint8_t byte);

#endif
