/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* backing.h: where the bytes of a building block come from, which is the same for all of them. */
#ifndef DRYI_MEMORY_BACKING_H
#define DRYI_MEMORY_BACKING_H

#include "drystone/memory.h"
#include "region/part.h"

/* What private memory may be asked for; the other flags are about what a block does with it. */
#define DRYI_SYSTEM_FLAGS (DRY_MEMORY_PREFAULT | DRY_MEMORY_HUGE_PAGES | DRY_MEMORY_NUMA_LOCAL)

/* What DRY_CHECKED builds ask for by themselves. */
#if defined(DRY_CHECKED) && DRY_CHECKED
#define DRYI_CHECKED_FLAGS (DRY_MEMORY_GUARDED | DRY_MEMORY_TRACK)
#else
#define DRYI_CHECKED_FLAGS 0u
#endif

/* Private memory. */
typedef struct dryi_private {
  uint8_t *base;
  uint64_t bytes;     /* as mapped: a multiple of the page, huge or not */
  uint32_t granted;   /* DRY_MEMORY_ flags */
  uint32_t refused;
} dryi_private;

/* Maps `bytes`, zeroed, the first `usable` of them usable: the rest is address space for dryi_private_commit. Its start and
   its size are multiples of a page, with HUGE_PAGES of 2 MiB. */
DRYI_LOCAL dry_status dryi_private_map(uint64_t bytes, uint64_t usable, uint32_t flags, dryi_private *out,
                                       dry_detail *detail);
/* Makes another range usable; `flags` as at mapping. */
DRYI_LOCAL dry_status dryi_private_commit(dryi_private *memory, uint64_t offset, uint64_t bytes, uint32_t flags);
DRYI_LOCAL void dryi_private_unmap(dryi_private *memory);

/* What a handle gives back at close: private memory, a reference to a region's mapping, or nothing. A block that needs
   more puts one of these first into a structure of its own. */
typedef struct dryi_backing {
  dryi_private memory;     /* base NULL: none */
  dryi_mapping *mapping;   /* NULL: not a part */
  uint64_t part_offset;
} dryi_backing;

/* `bytes` of zeroed process memory that starts with a backing. */
DRYI_LOCAL dry_status dryi_backing_new(size_t bytes, dryi_backing **out, dry_detail *detail);
DRYI_LOCAL void dryi_backing_free(dryi_backing *backing);
/* Makes the backing one of the region's: it keeps the mapping. */
DRYI_LOCAL void dryi_backing_adopt(dryi_backing *backing, const dryi_part *part);
/* Not 0 once the region behind it was closed; a word that stays 0 where there is none. */
DRYI_LOCAL const uint32_t *dryi_backing_closed(const dryi_backing *backing);

/* Whether `flags` has none but those in `allowed`; else DRY_INVALID_ARGUMENT with their bits. */
DRYI_LOCAL dry_status dryi_check_flags(uint32_t flags, uint32_t allowed, dry_detail *detail);

/* The alignment that options->align_bytes asks for: 0 stands for the largest power of two that divides `object_bytes`, 16
   at most. DRY_INVALID_ARGUMENT for what is no power of two, or above `max`. */
DRYI_LOCAL dry_status dryi_check_align(uint64_t align_bytes, uint64_t object_bytes, uint64_t max, uint64_t *align_out,
                                       dry_detail *detail);

/* Zeros that the compiler cannot drop. */
DRYI_LOCAL void dryi_wipe(void *memory, uint64_t bytes);

/* What dryi_slot_at (inline/slot.h) wants for a stride from 1 on. */
DRYI_LOCAL uint64_t dryi_stride_inverse(uint64_t stride, uint32_t *shift_out);

#endif
