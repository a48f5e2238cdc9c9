/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* leak.h: which call took which slot: a table in private memory, beside a block that is tracked. */
#ifndef DRYI_MEMORY_LEAK_H
#define DRYI_MEMORY_LEAK_H

#include "memory/backing.h"

typedef struct dryi_leaks {
  dryi_private memory; /* base NULL: nothing is tracked */
} dryi_leaks;

/* Where the function that is being compiled was called from. */
#define DRYI_CALLER() ((uint64_t)(uintptr_t)__builtin_return_address(0))

/* Room for `capacity` slots, of which the first `usable` are used for now. */
DRYI_LOCAL dry_status dryi_leaks_open(dryi_leaks *leaks, uint64_t capacity, uint64_t usable, dry_detail *detail);
DRYI_LOCAL dry_status dryi_leaks_grow(dryi_leaks *leaks, uint64_t from, uint64_t to);
DRYI_LOCAL void dryi_leaks_close(dryi_leaks *leaks);

static inline uint64_t *dryi_leaks_sites(const dryi_leaks *leaks) {
  return (uint64_t *)(void *)leaks->memory.base;
}

/* Remembers DRYI_CALLER() of the public call that took the slot. */
static inline void dryi_leaks_note(const dryi_leaks *leaks, uint64_t slot, uint64_t caller) {
  if (leaks->memory.base) dryi_leaks_sites(leaks)[slot] = caller;
}

static inline uint64_t dryi_leaks_site(const dryi_leaks *leaks, uint64_t slot) {
  return leaks->memory.base ? dryi_leaks_sites(leaks)[slot] : 0;
}

/* Fills in all of it; `caller` 0: not tracked. */
DRYI_LOCAL void dryi_leak_describe(uint64_t slot, uint64_t size_bytes, uint64_t caller, dry_leak *leak_out);

#endif
