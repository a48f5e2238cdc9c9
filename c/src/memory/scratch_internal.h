/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* scratch_internal.h: what scratches of threads and scratches as objects share. */
#ifndef DRYI_MEMORY_SCRATCH_INTERNAL_H
#define DRYI_MEMORY_SCRATCH_INTERNAL_H

#include "base/arith.h"
#include "drystone/scratch.h"

/* A thread's scratch, in the list of all. `published` is written by its thread and read by any, word by word. */
typedef struct dryi_scratch_record {
  dry_scratch scratch;
  dry_scratch_stats published;
  struct dryi_scratch_record *next;
  struct dryi_scratch_record *before;
} dryi_scratch_record;

/* The arena that these settings stand for. `capacity_bytes` 0 is the default. */
DRYI_LOCAL dry_arena_options dryi_scratch_arena_options(const dry_scratch_options *options);
/* Whether `options` is there and has the right size. */
DRYI_LOCAL dry_status dryi_scratch_check_struct(const dry_scratch_options *options, dry_detail *detail);
DRYI_LOCAL void dryi_scratch_close(dry_scratch *scratch);
/* The statistics of one that is open. */
DRYI_LOCAL void dryi_scratch_count(const dry_scratch *scratch, dry_scratch_stats *stats_out);
/* Lets other threads see how far a thread's scratch has got. */
DRYI_LOCAL void dryi_scratch_publish(const dry_scratch *scratch);

#endif
