/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * arena.h: memory that is handed out by moving a cursor, and given back all at once.
 *
 *        base                     next                 committed_end           base + capacity
 *          |  a  |pad|  b  |  c  |   free, usable now   |  reserved, not yet backed  |
 *
 * For what lives and dies together: a request, a frame, a parse. An allocation is an addition and a comparison, there is
 * no per-object record, and dry_arena_reset costs the same for one object as for a million. dry_arena_mark and
 * dry_arena_rewind give back what was taken since.
 *
 * Memory: the caller's span, or private memory. With `reserve` address space for the whole capacity is taken at once and
 * backed by memory as the cursor advances, in steps of `commit_step_bytes`; nothing ever moves, so offsets and addresses
 * stay good, and a large capacity costs nothing until it is used.
 *
 * Overflow, chosen at creation, is about a request that has no room, or for which the system gives no memory:
 * DRY_OVERFLOW_ERROR answers DRY_FULL or DRY_OUT_OF_MEMORY; DRY_OVERFLOW_FALLBACK serves it from the heap, until the next
 * reset, and counts it; DRY_OVERFLOW_ABORT prints what was asked and aborts.
 *
 * Guarded (DRY_MEMORY_GUARDED): what reset and rewind give back is filled with 0xdf, so that using it later shows. With
 * it, and with DRY_MEMORY_WIPE, giving back costs O(bytes), and with both of them taking does too. In builds for AddressSanitizer or Valgrind every byte that is
 * not taken, padding included, is out of bounds for them, whatever the flags.
 *
 * Overhead: the handle, 120 bytes, and the padding that alignment asks for. Nothing is stored in the buffer.
 *
 * Inline twins of the hot calls: drystone/inline/arena.h.
 * Thread rule: one thread at a time. An arena is private to its process.
 */
#ifndef DRYSTONE_ARENA_H
#define DRYSTONE_ARENA_H

#include "drystone/memory.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRY_ARENA_ALIGN_MAX 4096
#define DRY_ARENA_BYTES_MAX 0x400000000000u /* 2^46 */

#define DRY_OVERFLOW_ERROR 0
#define DRY_OVERFLOW_FALLBACK 1
#define DRY_OVERFLOW_ABORT 2

/** An arena. Zero-filled it counts as closed. Its fields are private, and here for the inline header alone. */
typedef struct dry_arena {
  uint8_t *next;            /* where the next object may begin; NULL while closed */
  uint8_t *end;             /* how far the inline path may go: `limit`, or `next` where the library must see each call */
  uint64_t allocations;     /* successes since creation */
  uint8_t *base;            /* NULL while closed */
  uint8_t *limit;           /* end of what memory is behind */
  uint64_t capacity_bytes;
  uint64_t peak_bytes;      /* as of the last time the cursor moved back; it may be beyond now */
  uint64_t failures;
  uint64_t fallbacks;
  uint64_t resets;
  void *fallback_blocks;    /* heap blocks that the next reset frees, newest first */
  uint64_t mapping_bytes;   /* private memory to give back at close; 0: the caller's span */
  uint64_t commit_step_bytes; /* 0: memory is behind everything */
  uint32_t overflow;        /* DRY_OVERFLOW_ */
  uint32_t granted;         /* DRY_MEMORY_ flags in force */
  uint32_t asked;           /* DRY_MEMORY_ flags that were asked for */
  uint32_t watched;         /* 1: a sanitizer or Valgrind is told of each allocation */
} dry_arena;

/** Zero is the default of every field but `capacity_bytes`. */
typedef struct dry_arena_options {
  uint32_t struct_size;       /* sizeof(dry_arena_options) */
  uint32_t overflow;          /* DRY_OVERFLOW_ */
  uint64_t capacity_bytes;    /* 1 .. DRY_ARENA_BYTES_MAX; exact, not rounded */
  uint32_t flags;             /* DRY_MEMORY_ PREFAULT, HUGE_PAGES, NUMA_LOCAL, REQUIRED, GUARDED, WIPE */
  uint32_t reserve;           /* 1: back the capacity with memory as it is used */
  uint64_t commit_step_bytes; /* with `reserve`: 4096 .. 2^40, rounded up to pages; 0: 64 KiB, with HUGE_PAGES 2 MiB */
} dry_arena_options;

/** Facts on an arena. */
typedef struct dry_arena_stats {
  uint64_t capacity_bytes;
  uint64_t used_bytes;      /* what the cursor has passed, padding included */
  uint64_t peak_bytes;      /* the most that was ever used; survives reset */
  uint64_t committed_bytes; /* usable from the base on without another system call */
  uint64_t allocations;     /* successes since creation, fallbacks included */
  uint64_t failures;        /* requests answered DRY_FULL or DRY_OUT_OF_MEMORY */
  uint64_t fallbacks;       /* requests served from the heap since creation */
  uint64_t resets;
  uint32_t granted;         /* DRY_MEMORY_ flags in force */
  uint32_t refused;         /* and those asked for in vain */
} dry_arena_stats;

/// Makes an arena in private memory, whose base is aligned to 4096 (to 2 MiB with HUGE_PAGES). With `reserve` the first
/// step is backed at once; what the system then refuses for later ones shows in the statistics alone.
/// Threads: any.   Cost: system calls.
/// Errors: DRY_INVALID_ARGUMENT (names the field), DRY_TOO_LARGE (capacity), DRY_OUT_OF_MEMORY, DRY_UNSUPPORTED (with
/// REQUIRED).
/// Owns: close it with dry_arena_close.
DRY_API dry_status dry_arena_create(const dry_arena_options *options, dry_arena *arena_out, dry_detail *detail);

/// Makes an arena over the caller's memory, which outlives it; `options->capacity_bytes` is ignored, `reserve`, its step
/// and the flags of private memory are DRY_INVALID_ARGUMENT. `options` may be NULL. The span, of 1 .. DRY_ARENA_BYTES_MAX
/// bytes, needs no alignment: addresses are aligned, not offsets.
/// Threads: any.   Cost: O(1); O(span_bytes) with WIPE.   Errors: DRY_INVALID_ARGUMENT.
/// Owns: close it before the span serves something else; a sanitizer takes it for out of bounds until then.
DRY_API dry_status dry_arena_init(void *span, uint64_t span_bytes, const dry_arena_options *options,
                                  dry_arena *arena_out);

/// Gives the memory back, fallbacks too. Closing again is fine.
/// Threads: one at a time.   Errors: DRY_INVALID_ARGUMENT for NULL.
DRY_API dry_status dry_arena_close(dry_arena *arena);

/// Takes `size_bytes` at an address that is a multiple of `align`. Size 0 is fine: it moves the cursor by padding alone.
/// The memory is not zeroed, except that fresh private memory is, and everything with DRY_MEMORY_WIPE.
/// Threads: one at a time.   Cost: O(1); with `reserve` a system call each commit_step_bytes.
/// Errors: DRY_INVALID_ARGUMENT (align not a power of two from 1 to 4096), DRY_FULL, DRY_OUT_OF_MEMORY, DRY_CLOSED; the
/// address is NULL then, and nothing changes but the count of failures.
/// Owns: nobody; valid until reset, close, or a rewind to a mark before it.
DRY_API dry_status dry_arena_alloc(dry_arena *arena, uint64_t size_bytes, uint64_t align, void **memory_out);

/// As dry_arena_alloc, of zeros.   Cost: O(bytes) that were in use before; fresh private memory is not touched.
DRY_API dry_status dry_arena_alloc_zeroed(dry_arena *arena, uint64_t size_bytes, uint64_t align, void **memory_out);

/// Gives an allocation another size: the last one in place while there is room, any one in place where it shrinks; else
/// it is a new one with the old one's first bytes, and the old one stays taken until reset. An address that `align` does
/// not divide moves too. Only a move counts as an allocation. `memory` may be NULL with `old_bytes` 0.
/// Threads: one at a time.   Cost: O(1), O(bytes) for a move, O(fallbacks) for memory from the heap.
/// Errors: as dry_arena_alloc; DRY_FOREIGN (the old bytes are not within what is taken). A failure leaves the old ones as
/// they were, and writes NULL to `memory_out`.
DRY_API dry_status dry_arena_realloc(dry_arena *arena, void *memory, uint64_t old_bytes, uint64_t new_bytes,
                                     uint64_t align, void **memory_out);

/// Sees to it that `size_bytes` more can be taken at that alignment without a failure or a system call: for a batch of
/// kernel calls that must not stop half-way. Takes nothing. A batch of several objects has their sizes and paddings in it.
/// Threads: one at a time.   Errors: as dry_arena_alloc, whatever the overflow policy.
DRY_API dry_status dry_arena_ensure(dry_arena *arena, uint64_t size_bytes, uint64_t align);

/// The cursor, as bytes from the base.   Errors: DRY_CLOSED.
DRY_API dry_status dry_arena_mark(const dry_arena *arena, uint64_t *mark_out);

/// Gives back what was taken since the mark; fallbacks stay until reset.
/// Threads: one at a time.   Cost: O(1).   Errors: DRY_STALE (a mark beyond the cursor), DRY_CLOSED.
DRY_API dry_status dry_arena_rewind(dry_arena *arena, uint64_t mark);

/// Gives everything back at once, heap fallbacks included; committed memory stays.
/// Threads: one at a time.   Cost: O(1) and O(fallbacks).   Errors: DRY_CLOSED.
DRY_API dry_status dry_arena_reset(dry_arena *arena);

/// As reset, and returns the pages of private memory behind the first `keep_bytes` to the system. They stay usable, and
/// are fresh when they are touched next.
/// Threads: one at a time.   Cost: a system call.
/// Errors: DRY_UNSUPPORTED for an arena over a span, DRY_OUT_OF_MEMORY or DRY_IO (the system refused; nothing changes),
/// DRY_CLOSED.
DRY_API dry_status dry_arena_reset_and_release(dry_arena *arena, uint64_t keep_bytes);

/// Where the arena's memory begins: offsets are counted from here.   Errors: DRY_CLOSED.
DRY_API dry_status dry_arena_base(const dry_arena *arena, void **base_out);

/// Whether an address lies in what is taken: 1 or 0, and 0 for a closed arena.
/// Threads: one at a time.   Cost: O(1), O(fallbacks) for what is outside the buffer.
DRY_API int32_t dry_arena_contains(const dry_arena *arena, const void *memory);

/// Threads: one at a time.   Cost: O(1).   Errors: DRY_CLOSED.
DRY_API dry_status dry_arena_get_stats(const dry_arena *arena, dry_arena_stats *stats_out);

#ifdef __cplusplus
}
#endif
#endif
