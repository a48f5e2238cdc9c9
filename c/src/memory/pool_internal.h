/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* pool_internal.h: what the files of the pool share. The hot bodies are in drystone/inline/pool.h. */
#ifndef DRYI_MEMORY_POOL_INTERNAL_H
#define DRYI_MEMORY_POOL_INTERNAL_H

#include "base/atomics.h"
#include "base/hooks.h"
#include "drystone/inline/pool.h"
#include "memory/backing.h"
#include "memory/leak.h"

/* What a stored pool can be asked for; the rest is about private memory. */
#define DRYI_POOL_STORED_FLAGS (DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE)

/* What dry_pool.owner points at. */
typedef struct dryi_pool_owner {
  dryi_backing backing;
  dry_pool_header facts; /* the fixed fields as they were checked: what later code relies on */
  uint64_t chunk_slots;  /* 0: as many as there are */
  dryi_leaks leaks;
  uint32_t system_flags; /* what new chunks ask the system for */
  uint32_t annotated;    /* 1: AddressSanitizer or Valgrind are told */
  uint32_t plain;        /* 1: see dry_pool.plain */
} dryi_pool_owner;

static inline dryi_pool_owner *dryi_pool_owner_of(const dry_pool *pool) { return (dryi_pool_owner *)pool->owner; }

static inline bool dryi_pool_has(const dry_pool *pool, uint32_t flag) {
  return (dryi_pool_owner_of(pool)->facts.flags & flag) != 0;
}

/* Whether the slot is not free: taken, withdrawn, or whatever else damage made of it. */
static inline bool dryi_pool_is_used(const dry_pool *pool, uint32_t slot) {
  return dryi_pool_load8(pool->used + slot) != DRY_POOL_SLOT_FREE;
}

static inline bool dryi_pool_is_withdrawn(const dry_pool *pool, uint32_t slot) {
  return dryi_pool_load8(pool->used + slot) == DRY_POOL_SLOT_WITHDRAWN;
}

/* Eight slots' bytes at once: `used` is padded to a multiple of 8. `slot` is one. */
static inline uint64_t dryi_pool_used8(const dry_pool *pool, uint32_t slot) {
  return dryi_pool_load64((const uint64_t *)(const void *)(pool->used + slot));
}

/* DRY_OK for a slot that somebody has; DRY_FOREIGN, DRY_STALE (free or withdrawn), DRY_CORRUPT. */
static inline dry_status dryi_pool_check_slot(const dry_pool *pool, uint32_t slot) {
  if (slot >= pool->limit) return DRY_FOREIGN;
  const uint8_t mark = dryi_pool_load8(pool->used + slot);
  if (mark == DRY_POOL_SLOT_TAKEN) return DRY_OK;
  return mark <= DRY_POOL_SLOT_WITHDRAWN ? DRY_STALE : DRY_CORRUPT;
}

/* For the inline header's bodies: where the kill test may end the process. Nothing in other builds. */
static inline void dryi_pool_kill_here(const char *name) {
  DRYI_STEP(name);
  (void)name;
}

/* ---- pool.c ---- */

/* A slot of a pool that may be written, with all that guards, wiping, tracking and growing ask for. */
DRYI_LOCAL dry_status dryi_pool_take_checked(dry_pool *pool, uint32_t *slot_out, uint64_t caller);
/* Whether a slot may be given back: DRY_FOREIGN, DRY_STALE, DRY_CORRUPT (withdrawn now). */
DRYI_LOCAL dry_status dryi_pool_check_give(dry_pool *pool, uint32_t slot);

/* ---- pool_layout.c ---- */

/* Checks the options and computes the fixed fields; `allowed`: flags. */
DRYI_LOCAL dry_status dryi_pool_layout(const dry_pool_options *options, uint32_t allowed, dry_pool_header *header_out,
                                       dry_detail *detail);
/* Options that mean something in private memory alone: refused in spans and regions. */
DRYI_LOCAL dry_status dryi_pool_check_stored(const dry_pool_options *options, dry_detail *detail);
/* Writes an empty pool into memory that is large enough; `zeroed`: it holds nothing but zeros. */
DRYI_LOCAL void dryi_pool_lay_out(uint8_t *base, const dry_pool_header *header, bool zeroed);
/* Checks what is said to be a pool in `span_bytes` bytes, and copies its fixed fields. */
DRYI_LOCAL dry_status dryi_pool_header_check(const void *span, uint64_t span_bytes, dry_pool_header *facts_out,
                                             dry_detail *detail);
/* What base addresses must be a multiple of. */
static inline uint64_t dryi_pool_base_align(const dry_pool_header *facts) {
  return facts->align_bytes > DRY_CACHE_LINE_BYTES ? facts->align_bytes : DRY_CACHE_LINE_BYTES;
}

/* ---- pool_part.c ---- */

DRYI_LOCAL dry_status dryi_pool_owner_new(const dry_pool_header *facts, dryi_pool_owner **owner_out, dry_detail *detail);
/* Fills in a handle on checked memory; `limit`: usable slots. Cannot fail. */
DRYI_LOCAL void dryi_pool_bind(dry_pool *pool, dryi_pool_owner *owner, uint8_t *base, uint32_t limit);
/* Another number of usable slots. */
DRYI_LOCAL void dryi_pool_set_limit(dry_pool *pool, uint32_t limit);
/* Opens the part without changing a byte of it, and validates it: what a region's verification does. */
DRYI_LOCAL dry_status dryi_pool_verify_part(dry_region *region, const char *name, size_t name_bytes, dry_detail *detail);

/* DRY_OK while the pool may be written, or read. */
DRYI_LOCAL dry_status dryi_pool_may_write(const dry_pool *pool);
DRYI_LOCAL dry_status dryi_pool_may_read(const dry_pool *pool);

/* ---- pool_grow.c ---- */

DRYI_LOCAL dry_status dryi_pool_create_private(const dry_pool_options *options, dry_pool *pool_out, dry_detail *detail);
/* Makes room for `slots` more where the pool grows: DRY_FULL where it does not, or not so far; DRY_OUT_OF_MEMORY. */
DRYI_LOCAL dry_status dryi_pool_grow(dry_pool *pool, uint64_t slots);

/* ---- pool_guard.c ---- */

/* Guarded: writes the canary in front of the first slot. */
DRYI_LOCAL void dryi_pool_guard_front(uint8_t *slots);
/* Guarded: whether the canaries on both sides of a slot that was taken once are whole. */
DRYI_LOCAL bool dryi_pool_canaries_hold(const dry_pool *pool, uint32_t slot);
/* Guarded: whether a free object that was in use once is as it was left. */
DRYI_LOCAL bool dryi_pool_poison_holds(const dry_pool *pool, uint32_t slot);
/* Guarded: the slot that comes next is about to be taken; false: it was written to while it was free. */
DRYI_LOCAL bool dryi_pool_guard_take(dry_pool *pool, uint32_t slot);
/* A slot that is taken, and damaged: nobody gets it any more. */
DRYI_LOCAL void dryi_pool_withdraw(dry_pool *pool, uint32_t slot);
/* Wipes, poisons and puts the canary right, as the pool's flags ask, of an object that nobody has. */
DRYI_LOCAL void dryi_pool_vacate(dry_pool *pool, uint32_t slot);
/* Tells the tools: the slot's object may be touched, or may not; or about all of them at once. */
DRYI_LOCAL void dryi_pool_show(const dry_pool *pool, uint32_t slot);
DRYI_LOCAL void dryi_pool_hide(const dry_pool *pool, uint32_t slot);
DRYI_LOCAL void dryi_pool_hide_range(const dry_pool *pool, uint32_t from, uint32_t to);
DRYI_LOCAL void dryi_pool_show_all(const dry_pool *pool);

/* ---- pool_repair.c ---- */

/* What a process that was killed inside a call leaves: it is set right by two stores. */
typedef struct dryi_pool_remains {
  uint32_t fresh;     /* as stored */
  uint32_t count;     /* entries on the stack, as stored */
  uint32_t fresh_run; /* slots from `fresh` on that were taken before `fresh` was moved */
  uint32_t top_run;   /* entries on top of the stack whose slots are taken */
  uint32_t withdrawn; /* as found */
} dryi_pool_remains;

/* Whether `used`, stack and counters agree, apart from such remains: DRY_CORRUPT, DRY_OUT_OF_MEMORY. */
DRYI_LOCAL dry_status dryi_pool_examine(const dry_pool *pool, dryi_pool_remains *remains_out, dry_detail *detail);
/* After opening for writing: makes stack and counters agree with `used`. */
DRYI_LOCAL dry_status dryi_pool_repair(dry_pool *pool, dry_detail *detail);
/* Frees the slots below `to`, and begins anew from slot 0. */
DRYI_LOCAL void dryi_pool_clear(dry_pool *pool, uint32_t to);

#endif
