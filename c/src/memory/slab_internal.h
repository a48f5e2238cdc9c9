/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* slab_internal.h: what lies beside a slab's pages. Users' bytes never steer any of it. */
#ifndef DRYI_MEMORY_SLAB_INTERNAL_H
#define DRYI_MEMORY_SLAB_INTERNAL_H

#include "drystone/slab.h"
#include "memory/backing.h"

#define DRYI_SLAB_NO_PAGE UINT32_MAX
#define DRYI_SLAB_WORDS (DRY_SLAB_PAGE_BYTES / DRY_SLAB_CLASS_BYTES_MIN / 64)
#define DRYI_SLAB_ALL_FULL ((1u << DRYI_SLAB_WORDS) - 1)

/* One page. It is given to a class exactly while objects of it are in use. */
typedef struct dryi_slab_page {
  uint64_t used[DRYI_SLAB_WORDS]; /* one bit an object; those that the class has not are 1 */
  uint32_t next;       /* in the list of the class's pages that have room, or among the free pages */
  uint32_t before;
  uint16_t in_use;     /* objects; 0: the page is free */
  uint8_t kind;        /* 1 + the class that has it, or had it last; 0: never used */
  uint8_t full_words;  /* one bit for each word of `used` without a 0 */
} dryi_slab_page;

typedef struct dryi_slab_class {
  uint32_t with_room;  /* first page of the list */
  uint32_t pages;
  uint64_t in_use;
} dryi_slab_class;

/* An object from the heap, or one that was. */
typedef struct dryi_slab_outside {
  uint64_t address; /* 0: an empty cell */
  uint64_t bytes;
  uint64_t freed;   /* 0: in use; else which free of an outside object it was */
} dryi_slab_outside;

typedef struct dryi_slab_state {
  uint8_t *base;
  uint64_t bytes;
  dryi_slab_page *pages;
  uint32_t page_count;
  uint32_t fresh;          /* pages from here on were never used */
  uint32_t free_page;      /* first of the free pages before that */
  uint32_t asked;          /* DRY_MEMORY_ flags */
  dryi_slab_class classes[DRY_SLAB_CLASSES];
  dryi_slab_outside *outside; /* open addressing, at most half full */
  uint64_t outside_cells;  /* a power of two, or 0 */
  uint64_t outside_filled; /* cells that are not empty */
  uint64_t outside_in_use;
  uint64_t outside_frees;
  uint64_t fallbacks;
  uint64_t failures;
  uint32_t watched;        /* 1: a sanitizer or Valgrind is told of each object */
  uint32_t granted;
  dryi_private memory;     /* base NULL: the caller's span */
} dryi_slab_state;

static inline uint64_t dryi_slab_class_bytes(uint32_t of_class) { return (uint64_t)DRY_SLAB_CLASS_BYTES_MIN << of_class; }
static inline uint32_t dryi_slab_class_objects(uint32_t of_class) {
  return (uint32_t)(DRY_SLAB_PAGE_BYTES / dryi_slab_class_bytes(of_class));
}
/* The bits of word `word` that stand for no object of the class. */
static inline uint64_t dryi_slab_no_objects(uint32_t of_class, uint32_t word) {
  uint32_t objects = dryi_slab_class_objects(of_class), first = word * 64;
  if (objects >= first + 64) return 0;
  return objects <= first ? UINT64_MAX : UINT64_MAX << (objects - first);
}

/* ---- slab_pages.c ---- */

/* Takes one object: DRY_FULL, or DRY_CORRUPT where it was guarded and written to. */
DRYI_LOCAL dry_status dryi_slab_take(dryi_slab_state *state, uint32_t of_class, void **memory_out);
/* Where an address inside the span belongs: DRY_FOREIGN, DRY_STALE. */
DRYI_LOCAL dry_status dryi_slab_locate(const dryi_slab_state *state, const void *memory, uint32_t *page_out,
                                       uint32_t *object_out);
DRYI_LOCAL void dryi_slab_give(dryi_slab_state *state, uint32_t page, uint32_t object);
DRYI_LOCAL void dryi_slab_reset_pages(dryi_slab_state *state);
/* Puts the first page that was never used out of bounds for a sanitizer: one ahead of those in use, since all at once
   would cost an eighth of the memory. And takes all of it back. */
DRYI_LOCAL void dryi_slab_watch(const dryi_slab_state *state);
DRYI_LOCAL void dryi_slab_unwatch(const dryi_slab_state *state);
/* What becomes of bytes that are free from now on. */
DRYI_LOCAL void dryi_slab_scrub(const dryi_slab_state *state, uint8_t *memory, uint64_t bytes);
/* Whether free bytes are what dryi_slab_scrub left; always so where the slab is not guarded. */
DRYI_LOCAL bool dryi_slab_is_untouched(const dryi_slab_state *state, uint8_t *memory, uint64_t bytes);

/* ---- slab_outside.c ---- */

DRYI_LOCAL dry_status dryi_slab_outside_alloc(dryi_slab_state *state, uint64_t size_bytes, void **memory_out);
/* The object at that address: DRY_FOREIGN, or DRY_STALE while its free is remembered. Never looks at the address itself. */
DRYI_LOCAL dry_status dryi_slab_outside_find(const dryi_slab_state *state, const void *memory,
                                             dryi_slab_outside **found_out);
DRYI_LOCAL void dryi_slab_outside_free(dryi_slab_state *state, dryi_slab_outside *object);
DRYI_LOCAL void dryi_slab_outside_free_all(dryi_slab_state *state);

#endif
