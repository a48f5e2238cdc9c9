/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * slab.h: ten size classes over one span, and the heap for what is larger.
 *
 *   span:   page 0 | page 1 | ...      4096 bytes each; a page belongs to one class, or to none
 *   class:  8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096 bytes; a request gets the smallest that holds it
 *
 * For requests of mixed sizes with a fixed amount of memory. A page is given to a class when the class needs one, and
 * back when its last object is freed. Beside the pages lie a bitmap of each page's objects and its class, so a double
 * free is DRY_STALE, an address inside an object DRY_FOREIGN, and the pages hold nothing but the users' bytes. Objects
 * are aligned to their class. A class takes the lowest free object of the page that got room last.
 *
 * Requests above 4096 bytes are served from the heap, aligned to 16, counted, and freed by the same call. Their addresses
 * are kept in a table, and those of the last 256 that were freed: an address that is in neither is never looked at.
 *
 * Guarded (DRY_MEMORY_GUARDED): free objects are filled with 0xdf. A write into one is found when it is taken again
 * (DRY_CORRUPT once: it is filled anew, and the next call goes on) and by dry_slab_validate. In builds for
 * AddressSanitizer or Valgrind free objects are out of bounds for them, whatever the flags.
 *
 * Overhead: 80 bytes a page, and up to half of each object by rounding up.
 * Thread rule: one thread at a time. A slab is private to its process.
 */
#ifndef DRYSTONE_SLAB_H
#define DRYSTONE_SLAB_H

#include "drystone/memory.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRY_SLAB_CLASSES 10
#define DRY_SLAB_CLASS_BYTES_MIN 8
#define DRY_SLAB_CLASS_BYTES_MAX 4096
#define DRY_SLAB_PAGE_BYTES 4096
#define DRY_SLAB_BYTES_MAX 0x10000000000u /* 2^40 */
#define DRY_SLAB_FREES_REMEMBERED 256     /* of objects from the heap, to tell DRY_STALE from DRY_FOREIGN */

/** A slab. Zero-filled it counts as closed; its field is private. */
typedef struct dry_slab {
  void *state;
} dry_slab;

/** Zero is the default of every field but `bytes`. */
typedef struct dry_slab_options {
  uint32_t struct_size; /* sizeof(dry_slab_options) */
  uint32_t flags;       /* DRY_MEMORY_ PREFAULT, HUGE_PAGES, NUMA_LOCAL, REQUIRED, WIPE, GUARDED (poison of free objects) */
  uint64_t bytes;       /* for objects: 4096 .. DRY_SLAB_BYTES_MAX, rounded up to pages */
  void *span;           /* the caller's `bytes` bytes, aligned to 4096, a multiple of it; NULL: private memory */
} dry_slab_options;

typedef struct dry_slab_class_stats {
  uint64_t size_bytes;
  uint64_t in_use;      /* objects */
  uint64_t pages;
} dry_slab_class_stats;

typedef struct dry_slab_stats {
  uint64_t in_use;      /* objects of all classes; those from the heap are apart */
  uint64_t fallbacks;   /* requests served from the heap since creation */
  uint64_t fallbacks_in_use;
  uint64_t failures;    /* requests answered DRY_FULL or DRY_OUT_OF_MEMORY */
  uint64_t pages;       /* all of them */
  uint64_t free_pages;  /* that no class has */
  dry_slab_class_stats classes[DRY_SLAB_CLASSES];
  uint32_t granted;     /* DRY_MEMORY_ flags in force */
  uint32_t refused;     /* and those asked for in vain */
} dry_slab_stats;

/// Makes a slab in private memory, or over `options->span`, which outlives it.
/// Threads: any.   Cost: system calls; O(1) in `bytes` but for the flags that touch pages.
/// Owns: close it with dry_slab_close, before a span serves something else.
/// Errors: DRY_INVALID_ARGUMENT (names the field), DRY_TOO_LARGE, DRY_OUT_OF_MEMORY, DRY_UNSUPPORTED (with REQUIRED).
DRY_API dry_status dry_slab_create(const dry_slab_options *options, dry_slab *slab_out, dry_detail *detail);

/// Gives everything back, what came from the heap too. Closing again is fine.
/// Threads: one at a time.   Cost: as dry_slab_reset.   Errors: DRY_INVALID_ARGUMENT for NULL.
DRY_API dry_status dry_slab_close(dry_slab *slab);

/// Takes an object of `size_bytes`; `class_out` (may be NULL) is its class's size, 0 when it came from the heap. What it
/// contains is undefined; zeros with DRY_MEMORY_WIPE.
/// Threads: one at a time.   Cost: O(1); O(object) guarded; O(page) for a page that is used first, guarded or, in a span,
/// wiped; an allocation for what comes from the heap.
/// Errors: DRY_INVALID_ARGUMENT (size 0), DRY_FULL (no page left), DRY_OUT_OF_MEMORY (heap), DRY_CORRUPT (guarded),
/// DRY_CLOSED.   Owns: free it once.
DRY_API dry_status dry_slab_alloc(dry_slab *slab, uint64_t size_bytes, void **memory_out, uint64_t *class_out);

/// Gives an object back.
/// Threads: one at a time.   Cost: O(1); O(object) with GUARDED or WIPE; O(objects from the heap) to tell DRY_STALE there.
/// Errors: DRY_STALE (free already; of objects from the heap the last DRY_SLAB_FREES_REMEMBERED freed ones, unless one in
/// use lies there now), DRY_FOREIGN (NULL, inside an object, or not from this slab), DRY_CLOSED.
DRY_API dry_status dry_slab_free(dry_slab *slab, void *memory);

/// How many bytes may be used: the class, or what was asked for above 4096.   Errors: as dry_slab_free.
DRY_API dry_status dry_slab_usable_bytes(const dry_slab *slab, const void *memory, uint64_t *bytes_out);

/// Frees everything at once.
/// Threads: one at a time.   Cost: O(pages that were ever used) and O(objects from the heap); with GUARDED or WIPE O(bytes).
DRY_API dry_status dry_slab_reset(dry_slab *slab);

/// Where the pages begin.   Errors: DRY_CLOSED.
DRY_API dry_status dry_slab_base(const dry_slab *slab, void **base_out);

/// Checks the structure and, guarded, every free object. The detail's offset counts from the base.
/// Threads: one at a time.   Cost: O(pages), guarded O(bytes).
/// Errors: DRY_CORRUPT (detail names page and cause), DRY_CLOSED.
DRY_API dry_status dry_slab_validate(const dry_slab *slab, dry_detail *detail);

/// Threads: one at a time.   Cost: O(1).   Errors: DRY_CLOSED.
DRY_API dry_status dry_slab_get_stats(const dry_slab *slab, dry_slab_stats *stats_out);

#ifdef __cplusplus
}
#endif
#endif
