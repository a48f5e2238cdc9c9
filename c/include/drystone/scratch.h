/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * scratch.h: an arena for what is needed for a moment, with scopes.
 *
 *   dry_scratch *scratch;  dry_scratch_scope scope;
 *   dry_scratch_thread(&scratch);              this thread's own, made at its first use
 *   dry_scratch_begin(scratch, &scope);
 *   dry_scratch_alloc(scratch, bytes, 16, &p);
 *   dry_scratch_end(scratch, &scope);          gives back what was taken since begin, inner scopes included
 *
 * Every thread has one, 1 MiB unless dry_scratch_configure said otherwise before the first was made; it is freed when
 * the thread ends. A scratch can also be an object (dry_scratch_create): for whoever is not bound to a thread, such as
 * goroutines and virtual threads. Both are the same afterwards.
 *
 * A scope that ends gives back what came from the heap since its beginning too, unlike a rewind of an arena.
 *
 * A batch: dry_scratch_ensure makes the room for all of a batch of calls up front, so that none of them fails half-way.
 *
 * A child after fork() has the scratch of the thread that forked; the other threads' ones count as ended there, and
 * their memory stays until it exits or execs.
 *
 * Thread rule: a scratch is used by one thread at a time; a thread's own, by that thread alone. Configuration and summed
 * statistics: any thread. The list of threads' scratches and the settings are the library's only mutable globals.
 */
#ifndef DRYSTONE_SCRATCH_H
#define DRYSTONE_SCRATCH_H

#include "drystone/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRY_SCRATCH_BYTES_MIN 0x100000u     /* 1 MiB */
#define DRY_SCRATCH_BYTES_DEFAULT 0x100000u
#define DRY_SCRATCH_BYTES_MAX 0x40000000u   /* 1 GiB */

/** Private: what is known of an open scope. */
typedef struct dry_scratch_level {
  uint64_t serial; /* which scope it is */
  uint64_t mark;   /* the cursor when it began */
  void *blocks;    /* and the newest of the blocks from the heap */
} dry_scratch_level;

/** As many scopes nest without another allocation. */
#define DRY_SCRATCH_LEVELS 8

/** An arena with scopes. Zero-filled it counts as closed; its fields are private. */
typedef struct dry_scratch {
  dry_arena arena;
  uint64_t depth;       /* scopes that are open */
  uint64_t scopes;      /* begun since creation */
  uint64_t level_count; /* that there is room for */
  dry_scratch_level *levels; /* from the heap; NULL: those below */
  void *shared;         /* what dry_scratch_get_thread_stats sums; NULL for objects */
  dry_scratch_level first_levels[DRY_SCRATCH_LEVELS];
} dry_scratch;

/** What begin hands out and end wants back. Its fields are private; it may be copied. */
typedef struct dry_scratch_scope {
  uint64_t depth;
  uint64_t serial;
} dry_scratch_scope;

/** Zero is the default of every field. */
typedef struct dry_scratch_options {
  uint32_t struct_size;    /* sizeof(dry_scratch_options) */
  uint32_t overflow;       /* DRY_OVERFLOW_ */
  uint64_t capacity_bytes; /* DRY_SCRATCH_BYTES_MIN .. _MAX; 0: DRY_SCRATCH_BYTES_DEFAULT */
  uint32_t flags;          /* DRY_MEMORY_, as for an arena; WIPE and GUARDED make the end of a scope O(bytes) */
  uint32_t reserve;        /* 1: back the capacity with memory as it is used */
} dry_scratch_options;

/** One scratch, or all threads' summed. */
typedef struct dry_scratch_stats {
  uint64_t capacity_bytes;
  uint64_t used_bytes;
  uint64_t peak_bytes;   /* summed: of the thread with the highest */
  uint64_t allocations;
  uint64_t failures;
  uint64_t fallbacks;    /* requests that overflowed to the heap */
  uint64_t resets;       /* outermost scopes that ended, and resets */
  uint64_t scopes;       /* begun */
  uint64_t depth;        /* open now */
  uint64_t threads;      /* that have a scratch; 1 for one */
  uint64_t threads_ended; /* scratches that went, and whose counts are included; 0 for one */
} dry_scratch_stats;

/// Settings for the scratches of threads that are made from now on; while there is any it is DRY_BUSY.
/// Threads: any.   Cost: O(1).
/// Errors: DRY_INVALID_ARGUMENT (names the field), DRY_BUSY (some thread has one already; nothing changes).
DRY_API dry_status dry_scratch_configure(const dry_scratch_options *options, dry_detail *detail);

/// This thread's scratch, made at the first call.
/// Threads: any, each gets its own.   Cost: O(1); system calls at the first.
/// Errors: DRY_OUT_OF_MEMORY, DRY_UNSUPPORTED (configured with DRY_MEMORY_REQUIRED).
/// Owns: nobody; it goes when the thread ends, or with dry_scratch_release_thread.
DRY_API dry_status dry_scratch_thread(dry_scratch **scratch_out);

/// Frees this thread's scratch now, if it has one; the next dry_scratch_thread makes a new one. Its counts go on in the
/// sums, where it is one of those that ended.
/// Threads: any, for itself.   Errors: DRY_BUSY while a scope is open.
DRY_API dry_status dry_scratch_release_thread(void);

/// A scratch of one's own. Options as above, except that capacity_bytes may be 1 .. DRY_ARENA_BYTES_MAX; NULL stands for
/// defaults.
/// Threads: any.   Cost: system calls.   Owns: close it with dry_scratch_close.   Errors: as dry_arena_create.
DRY_API dry_status dry_scratch_create(const dry_scratch_options *options, dry_scratch *scratch_out, dry_detail *detail);

/// Gives the memory back, whatever is open. Closing again is fine.
/// Threads: one at a time.   Errors: DRY_INVALID_ARGUMENT for NULL or for a thread's own.
DRY_API dry_status dry_scratch_close(dry_scratch *scratch);

/// Opens a scope.
/// Threads: one at a time.   Cost: O(1); the 9th, 17th, 33rd ... level of nesting allocates once.
/// Errors: DRY_OUT_OF_MEMORY (such a level), DRY_CLOSED.   Owns: end it, or one around it.
DRY_API dry_status dry_scratch_begin(dry_scratch *scratch, dry_scratch_scope *scope_out);

/// Ends a scope and those opened inside it that are still open, and gives back what was taken since it began.
/// Threads: one at a time.   Cost: O(1), and O(requests that it got from the heap).
/// Errors: DRY_STALE (ended already, by itself, with an outer one or by a reset, or of another scratch), DRY_CLOSED.
DRY_API dry_status dry_scratch_end(dry_scratch *scratch, const dry_scratch_scope *scope);

/// As dry_arena_alloc. Outside of any scope too: then it stays until dry_scratch_reset.
/// Owns: nobody; valid until the innermost scope ends.
DRY_API dry_status dry_scratch_alloc(dry_scratch *scratch, uint64_t size_bytes, uint64_t align, void **memory_out);

/// As dry_arena_ensure.
DRY_API dry_status dry_scratch_ensure(dry_scratch *scratch, uint64_t size_bytes, uint64_t align);

/// Gives everything back and ends every scope.
/// Threads: one at a time.   Errors: DRY_CLOSED.
DRY_API dry_status dry_scratch_reset(dry_scratch *scratch);

/// Threads: one at a time.   Cost: O(1).   Errors: DRY_CLOSED.
DRY_API dry_status dry_scratch_get_stats(const dry_scratch *scratch, dry_scratch_stats *stats_out);

/// All threads' scratches together, those of ended threads included. Counts of running threads are as of the last end of
/// an outermost scope, reset or statistics call there. capacity, used and depth are summed over those that have one now.
/// Threads: any.   Cost: O(threads).
DRY_API dry_status dry_scratch_get_thread_stats(dry_scratch_stats *stats_out);

#ifdef __cplusplus
}
#endif
#endif
