/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * memory.h: where the building blocks take private memory from, and what they may ask of it.
 *
 * The blocks follow one pattern:
 *
 *   dry_X_create(&options, &x, detail)             in private memory of its own: all of them
 *   dry_X_close(&x)                                gives the handle up, and private memory with it; again is fine
 *
 * Pools, shared pools and index maps hold no addresses, so they can also lie elsewhere, and be found there again:
 *
 *   dry_X_required_bytes(&options, &bytes)         how large a span must be,
 *   dry_X_init(span, bytes, &options)                to lay one out in the caller's span,
 *   dry_X_attach(span, bytes, &x, detail)            and to open what lies in a span
 *   dry_X_create_in(&region, name, name_bytes, ..) as a part of a region; dry_X_open(&region, name, ..) finds it again
 *
 * Arenas and slabs can be made over a span too (dry_arena_init; dry_slab_options.span), which is theirs until they are
 * closed. Object and buffer pools, whose destructors are a process's own code, and scratches have private memory alone.
 *
 * What holds for every call that does not say otherwise: its threads are those of its header's thread rule; it costs O(1)
 * and no system call; NULL for a handle, or for where an answer goes, is DRY_INVALID_ARGUMENT; with `detail`, NULL is fine.
 *
 * A handle is a plain struct of the caller's; zero-filled it counts as closed. While it is open it may be moved (its bytes
 * copied elsewhere, and the old place forgotten), as long as nothing points at it: a shared pool stays where it is while
 * one of its caches is open, and no call may be under way. Of two copies that are both used, each would miss what the other
 * does. Every call with a closed handle answers DRY_CLOSED.
 *
 * Some of the flags below ask for what the system may refuse, or what a block does not do. Then the block works without;
 * `granted` in its statistics has the flags in force, `refused` those that were asked for in vain. With DRY_MEMORY_REQUIRED
 * such a refusal is DRY_UNSUPPORTED instead. A flag that has no meaning for a block or a place, as its header says, is
 * DRY_INVALID_ARGUMENT.
 */
#ifndef DRYSTONE_MEMORY_H
#define DRYSTONE_MEMORY_H

#include "drystone/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRY_MEMORY_PREFAULT 1u   /* touch every page now: no later call pays for a first touch (20 ns for 64 bytes) */
#define DRY_MEMORY_HUGE_PAGES 2u /* transparent huge pages, so rounded up to 2 MiB; pays from some 2 MiB of data visited at
                                    random */
#define DRY_MEMORY_NUMA_LOCAL 4u /* pages on the memory node of the thread that creates it; implies the first touch now */
#define DRY_MEMORY_REQUIRED 8u   /* what is asked for and refused is an error */
#define DRY_MEMORY_GUARDED 16u   /* canaries around objects, poison in free ones: damage is found when the object or its
                                    neighbour is freed, when it is taken again, and by validate where a block has it:
                                    DRY_CORRUPT. On by default in checked builds (DRY_CHECKED=1) */
#define DRY_MEMORY_WIPE 32u      /* objects are overwritten with zeros when freed, which the compiler cannot drop, and are
                                    zeros whenever they are taken: also the first time, in a caller's span or a region,
                                    and with GUARDED, whose poison is in them only while they are free */
#define DRY_MEMORY_TRACK 64u     /* remember where each object was allocated, for the leak report; private memory only.
                                    On by default in checked builds */
#define DRY_MEMORY_FLAGS 127u    /* all of them */

/** A cache line, and two of them: what keeps neighbours from disturbing each other (adjacent lines are fetched in pairs). */
#define DRY_CACHE_LINE_BYTES 64
#define DRY_CACHE_PAIR_BYTES 128

/** One object that nobody has freed, as the leak report tells it. */
typedef struct dry_leak {
  uint64_t slot;       /* which one */
  uint64_t size_bytes; /* how large */
  uint64_t site;       /* the address of the call that took it; 0 where it was not tracked */
  char text[128];      /* the site in words, as far as the program's symbols tell; terminated */
} dry_leak;

/// Told of each leak in ascending order of slots; a result other than 0 ends the report.
typedef int32_t (*dry_leak_visitor)(void *context, const dry_leak *leak);

#ifdef __cplusplus
}
#endif
#endif
