/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* drystone.h: all public headers in one. Made by ci/amalgamate.py: edit c/include/drystone instead. */
#ifndef DRYSTONE_DRYSTONE_H
#define DRYSTONE_DRYSTONE_H

/* ---- drystone/status.h ---- */

/*
 * status.h: what a call answers.
 *
 * Every function that can fail returns a dry_status. DRY_OK is zero; each other value is one cause, with a fixed number
 * that never changes and is never used again. After an error nothing has changed and outputs are zero, unless the
 * function's own description says otherwise.
 *
 * Functions that open, create, load or verify something also take a `dry_detail *` (NULL is fine). On failure it names
 * what was wrong: the file or object, the part, the field, and the operating system's error number where there is one.
 */
#ifndef DRYSTONE_STATUS_H
#define DRYSTONE_STATUS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define DRY_API __attribute__((visibility("default")))
#else
#define DRY_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** One of the DRY_ values below. */
typedef int32_t dry_status;

#define DRY_OK 0                /* done */
#define DRY_INVALID_ARGUMENT 1  /* an argument is outside its documented range */
#define DRY_OUT_OF_MEMORY 2     /* the operating system refused memory or disk space */
#define DRY_FULL 3              /* a fixed capacity is used up */
#define DRY_NOT_FOUND 4         /* no such key, part, file or object */
#define DRY_ALREADY_EXISTS 5    /* the key, part, file or object is there already */
#define DRY_TYPE_MISMATCH 6     /* it exists, but is of another kind */
#define DRY_STALE 7             /* the handle, mark or ownership has been outlived */
#define DRY_FOREIGN 8           /* not from this structure, or inside an object */
#define DRY_TOO_LARGE 9         /* above a documented maximum, or larger than the caller's buffer */
#define DRY_BUSY 10             /* another writer holds it */
#define DRY_READ_ONLY 11        /* a change through a read-only handle */
#define DRY_CORRUPT 12          /* stored bytes contradict the format or their checksum */
#define DRY_VERSION_MISMATCH 13 /* written by another format revision, or another library version */
#define DRY_CONFLICT 14         /* compare-and-set found another version */
#define DRY_TIMED_OUT 15        /* the bound on attempts or time was reached */
#define DRY_IO 16               /* the operating system reported an error */
#define DRY_UNSUPPORTED 17      /* this system, kind or layout cannot do it */
#define DRY_CLOSED 18           /* the handle was closed, or never opened */
#define DRY_STATUS_COUNT 19     /* number of values above */

/** Room for a message, with its terminator. */
#define DRY_DETAIL_TEXT_BYTES 480

/** Says what a failed call found. Zero-filled by the callee on success. */
typedef struct dry_detail {
  int32_t status;   /* the dry_status that the call returned */
  int32_t os_error; /* errno of the system call that failed, else 0 */
  uint64_t offset;  /* where in the region, in bytes, for DRY_CORRUPT; else 0 */
  char text[DRY_DETAIL_TEXT_BYTES]; /* one line of UTF-8, terminated: names the object and the cause */
} dry_detail;

/// The status's name as used by every language and tool: "ok", "not_found", ...; "unknown" for other numbers.
/// Threads: any.   Cost: O(1).   Errors: none; never NULL.   Owns: static storage.
DRY_API const char *dry_status_name(dry_status status);

/// One sentence on the status for people.
/// Threads: any.   Cost: O(1).   Errors: none; never NULL.   Owns: static storage.
DRY_API const char *dry_status_text(dry_status status);

#ifdef __cplusplus
}
#endif
#endif

/* ---- drystone/memory.h ---- */

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

/* ---- drystone/arena.h ---- */

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

/* ---- drystone/object_pool.h ---- */

/*
 * object_pool.h: objects behind handles that never validate twice, with a destructor that runs exactly once.
 *
 *   handle   bits 0..31: slot; bits 32..63: generation, odd while the object lives. 0 is no handle.
 *
 * Each object of a slot has a generation of its own, so a handle that was released is DRY_STALE for ever, also when its slot
 * is in use again. A slot whose generation would wrap is retired instead: after 2^31 objects.
 *
 * In private memory: an array of cells, a stack of free slots and the slots, each beside the others, as in a pool.
 * The slot that was freed last is taken first; never-used ones come in ascending order. Objects never move. Their memory
 * is zero when a slot is taken for the first time, and what the last object left afterwards; with DRY_MEMORY_WIPE it is
 * always zero, and with DRY_MEMORY_GUARDED alone 0xdf once it was used.
 * Overhead: the handle, 12 bytes a slot and at most 128 + the alignment, rounded up to a page.
 *
 * Guarded (DRY_MEMORY_GUARDED): 16 canary bytes behind each object, and free ones filled with 0xdf, as in a pool (pool.h). A
 * slot found damaged is retired. DRY_MEMORY_TRACK is refused: an object that nobody released is destroyed at close, and
 * dry_object_pool_next tells of it.
 *
 * Inline twins of the hot calls: drystone/inline/object_pool.h.
 * Thread rule: one thread at a time. A destructor must return, and must not call the pool that it is called from: every
 * call then answers DRY_BUSY.
 */
#ifndef DRYSTONE_OBJECT_POOL_H
#define DRYSTONE_OBJECT_POOL_H

#ifdef __cplusplus
extern "C" {
#endif

#define DRY_OBJECT_POOL_CAPACITY_MAX 0x40000000u /* 2^30 */
#define DRY_OBJECT_POOL_OBJECT_BYTES_MAX 0x40000000u
#define DRY_OBJECT_POOL_ALIGN_MAX 4096
#define DRY_OBJECT_POOL_BYTES_MAX 0x400000000000u /* 2^46, all of it together */

/// Called once for each object, at its release, at reset or at close, with its memory still whole; its handle is stale by
/// then. Objects that are forgotten (dry_object_pool_forget) are left out.
typedef void (*dry_object_destructor)(void *context, void *object);

/** An object pool. Zero-filled it counts as closed. Its fields are private, and here for the inline header alone. */
typedef struct dry_object_pool {
  uint8_t *slots;         /* NULL: closed */
  uint64_t *cells;        /* a slot each: its object's handle, or, while it is free, the next one's complement */
  uint32_t *stack;
  uint64_t stride_bytes;
  uint64_t object_bytes;
  uint32_t capacity;
  uint32_t free_count;    /* on the stack */
  uint32_t fresh;         /* slots from here on were never taken */
  uint32_t retired;
  uint32_t plain;         /* `capacity` where the inline path may do it all: without a destructor, not guarded nor wiped,
                             and no tool listens. 0 elsewhere */
  uint32_t busy;          /* 1 while a destructor runs */
  uint64_t gone;          /* objects destroyed in slots that are retired now, less those that acquire_many took back */
  uint64_t failures;
  uint64_t peak;
  dry_object_destructor destructor;
  void *context;
  void *owner;
} dry_object_pool;

/** Zero is the default of every field but `object_bytes` and `capacity`. */
typedef struct dry_object_pool_options {
  uint32_t struct_size;   /* sizeof(dry_object_pool_options) */
  uint32_t flags;         /* DRY_MEMORY_ */
  uint64_t object_bytes;  /* 1 .. DRY_OBJECT_POOL_OBJECT_BYTES_MAX */
  uint64_t capacity;      /* 1 .. DRY_OBJECT_POOL_CAPACITY_MAX */
  uint64_t align_bytes;   /* a power of two to DRY_OBJECT_POOL_ALIGN_MAX; 0: the largest that divides object_bytes, 16 at most */
  dry_object_destructor destructor; /* may be NULL */
  void *context;          /* for the destructor */
} dry_object_pool_options;

typedef struct dry_object_pool_stats {
  uint64_t object_bytes;
  uint64_t stride_bytes;
  uint64_t capacity;
  uint64_t in_use;
  uint64_t peak;
  uint64_t destroyed;     /* objects that are gone since creation */
  uint64_t retired;       /* slots whose generations are used up, or that were found damaged */
  uint64_t failures;      /* requests answered DRY_FULL */
  uint64_t size_bytes;
  uint32_t granted;       /* DRY_MEMORY_ flags in force */
  uint32_t refused;       /* and those asked for in vain */
} dry_object_pool_stats;

/// Errors: DRY_INVALID_ARGUMENT (names the field), DRY_TOO_LARGE, DRY_OUT_OF_MEMORY, DRY_UNSUPPORTED (with REQUIRED).
/// Owns: close it with dry_object_pool_close.
DRY_API dry_status dry_object_pool_create(const dry_object_pool_options *options, dry_object_pool *pool_out,
                                          dry_detail *detail);

/// Destroys what is still live, in ascending order of slots, and says how many that were (`destroyed_out` may be NULL).
/// Closing again is fine.
/// Cost: O(slots ever taken), guarded O(bytes of them).
/// Errors: DRY_BUSY (from a destructor), DRY_INVALID_ARGUMENT for NULL; DRY_CORRUPT (guarded: something was written beyond
/// its end, or while it was free; all is destroyed and the pool closed nevertheless).
DRY_API dry_status dry_object_pool_close(dry_object_pool *pool, uint64_t *destroyed_out);

/// Takes a slot: its handle, and the memory for the caller to make the object in.
/// Cost: O(1), no system call.
/// Errors: DRY_FULL (counted), DRY_CORRUPT (guarded: the slot was written to while it was free, and is retired; try again),
/// DRY_BUSY (from a destructor), DRY_CLOSED.   Owns: release the handle once.
DRY_API dry_status dry_object_pool_acquire(dry_object_pool *pool, uint64_t *handle_out, void **object_out);

/// The object of a handle.   Cost: O(1).   Errors: DRY_STALE (released, or never given out), DRY_BUSY, DRY_CLOSED.
DRY_API dry_status dry_object_pool_get(const dry_object_pool *pool, uint64_t handle, void **object_out);

/// Runs the destructor, and frees the slot.   Cost: O(1).
/// Errors: DRY_STALE, DRY_BUSY (from a destructor), DRY_CORRUPT (guarded: written beyond its end; destroyed, and the slot
/// is not used again), DRY_CLOSED.
DRY_API dry_status dry_object_pool_release(dry_object_pool *pool, uint64_t handle);

/// As release, without the destructor: the caller has moved the object out.
DRY_API dry_status dry_object_pool_forget(dry_object_pool *pool, uint64_t handle);

/// Several at once, for O(count). acquire: all or none; what the array holds after an error means nothing. release: all, or
/// none if one is stale or comes twice; of several found damaged at their release (DRY_CORRUPT) all are released.
DRY_API dry_status dry_object_pool_acquire_many(dry_object_pool *pool, uint64_t *handles_out, uint64_t count);
DRY_API dry_status dry_object_pool_release_many(dry_object_pool *pool, const uint64_t *handles, uint64_t count);

/// The first live object at or after slot `from`, as a handle; go on from the handle's slot + 1.
/// Cost: O(slots between).   Errors: DRY_NOT_FOUND, DRY_BUSY, DRY_CLOSED.
DRY_API dry_status dry_object_pool_next(const dry_object_pool *pool, uint32_t from, uint64_t *handle_out);

/// Destroys every object, in ascending order of slots; all handles are stale, and slots come from the lowest on again.
/// Cost: O(slots ever taken), guarded O(bytes of them).
/// Errors: DRY_CORRUPT (guarded: some were damaged, or written to while they were free, and are retired; all are destroyed),
/// DRY_BUSY, DRY_CLOSED.
DRY_API dry_status dry_object_pool_reset(dry_object_pool *pool);

/// Facts on a pool.   Cost: O(slots ever taken), since `destroyed` is counted here.
/// Errors: DRY_BUSY, DRY_CLOSED, DRY_INVALID_ARGUMENT.
DRY_API dry_status dry_object_pool_get_stats(const dry_object_pool *pool, dry_object_pool_stats *stats_out);

#ifdef __cplusplus
}
#endif
#endif

/* ---- drystone/buffer_pool.h ---- */

/*
 * buffer_pool.h: blocks of N elements behind handles that never validate twice.
 *
 * For message and sample buffers of one shape. It is an object pool (object_pool.h) whose objects are arrays: the same
 * handles, the same detection of stale ones, no destructor. A block's elements are zero when it is first taken, and what
 * the last user left afterwards; always zero with DRY_MEMORY_WIPE, and 0xdf bytes afterwards with DRY_MEMORY_GUARDED alone.
 *
 * Thread rule: one thread at a time for the pool; a block belongs to whoever holds its handle.
 */
#ifndef DRYSTONE_BUFFER_POOL_H
#define DRYSTONE_BUFFER_POOL_H

#ifdef __cplusplus
extern "C" {
#endif

/** A buffer pool. Zero-filled it counts as closed; its fields are private. */
typedef struct dry_buffer_pool {
  dry_object_pool objects;
  uint64_t element_bytes;
  uint64_t elements;
} dry_buffer_pool;

/** Zero is the default of `flags` and `align_bytes`. */
typedef struct dry_buffer_pool_options {
  uint32_t struct_size;    /* sizeof(dry_buffer_pool_options) */
  uint32_t flags;          /* DRY_MEMORY_ */
  uint64_t element_bytes;  /* 1 and up; elements x element_bytes at most 2^30 */
  uint64_t elements;       /* of a block, 1 and up */
  uint64_t blocks;         /* 1 .. DRY_OBJECT_POOL_CAPACITY_MAX */
  uint64_t align_bytes;    /* as for a pool, from element_bytes; 64 for SIMD */
} dry_buffer_pool_options;

typedef struct dry_buffer_pool_stats {
  uint64_t blocks;
  uint64_t in_use;
  uint64_t peak;
  uint64_t elements;
  uint64_t element_bytes;
  uint64_t stride_bytes;
  uint64_t failures;
  uint64_t size_bytes;
  uint32_t granted;   /* DRY_MEMORY_ flags in force */
  uint32_t refused;   /* and those asked for in vain */
} dry_buffer_pool_stats;

/// Errors: DRY_INVALID_ARGUMENT (names the field), DRY_TOO_LARGE, DRY_OUT_OF_MEMORY, DRY_UNSUPPORTED (with REQUIRED).
DRY_API dry_status dry_buffer_pool_create(const dry_buffer_pool_options *options, dry_buffer_pool *pool_out,
                                          dry_detail *detail);

/// Gives up the handle and all blocks. Closing again is fine.
/// Errors: DRY_INVALID_ARGUMENT for NULL; DRY_CORRUPT (guarded: something was written beyond its end, or while it was free;
/// the pool is closed nevertheless).
DRY_API dry_status dry_buffer_pool_close(dry_buffer_pool *pool);

/// Takes a block.   Cost: O(1), no system call.
/// Errors: DRY_FULL (counted), DRY_CORRUPT (guarded: it was written to while it was free, and is retired; try again),
/// DRY_CLOSED.   Owns: release it once.
DRY_API dry_status dry_buffer_pool_acquire(dry_buffer_pool *pool, uint64_t *handle_out, void **block_out);

/// The first element.   Cost: O(1).   Errors: DRY_STALE (released, or never given out), DRY_CLOSED.
DRY_API dry_status dry_buffer_pool_get(const dry_buffer_pool *pool, uint64_t handle, void **block_out);

/// Gives a block back.   Cost: O(1), and O(block) with WIPE or GUARDED.
/// Errors: DRY_STALE, DRY_CORRUPT (guarded: written beyond its end; it is not used again), DRY_CLOSED.
DRY_API dry_status dry_buffer_pool_release(dry_buffer_pool *pool, uint64_t handle);

/// Copies elements out or in: for callers without pointers. `at` and `count` are in elements.   Cost: O(count).
/// Errors: DRY_CLOSED, DRY_STALE, then DRY_INVALID_ARGUMENT (a range beyond the block).
DRY_API dry_status dry_buffer_pool_read(const dry_buffer_pool *pool, uint64_t handle, uint64_t at, void *elements_out,
                                        uint64_t count);
DRY_API dry_status dry_buffer_pool_write(dry_buffer_pool *pool, uint64_t handle, uint64_t at, const void *elements,
                                         uint64_t count);

/// Facts on the pool.   Cost: O(blocks ever taken).   Errors: DRY_CLOSED.
DRY_API dry_status dry_buffer_pool_get_stats(const dry_buffer_pool *pool, dry_buffer_pool_stats *stats_out);

#ifdef __cplusplus
}
#endif
#endif

/* ---- drystone/region.h ---- */

/*
 * region.h: contiguous, position-independent memory that holds named parts.
 *
 * A region is private memory, a file, a named shared-memory object, a passed descriptor, or the caller's own buffer. Its
 * bytes are the same in all of them and in every language, so it may be mapped by several processes at once, saved with
 * one write, and opened anywhere. It holds offsets, never addresses.
 *
 *        0  +-------------------------------+
 *           | dry_region_header             |  magic, format, size, creation id, epoch
 *     4096  +-------------------------------+
 *           | dry_part_entry [part_capacity]|  320 bytes each; used from the front, never removed
 *           +-------------------------------+  first multiple of 4096 after the directory
 *           | part 0                        |  every part starts on a multiple of 4096
 *           | part 1                        |
 *           | ...                           |
 *           | free space                    |
 *           +-------------------------------+  size_bytes, a multiple of 4096
 *
 * One writer, any number of readers. The writer holds an open-file-description lock, which the kernel frees the moment
 * the process dies, and carries the epoch it took; once another writer has taken over, its next change fails with
 * DRY_STALE, and so does its making or opening of a part that only the writer changes (pool.h, index_map.h, a kv's writer).
 * What it has open it may still look at; readers of a kv and shared pools, which any process changes, it may still open.
 * Readers map read-only, register nowhere and take no lock, so they can crash or stall unnoticed.
 *
 * Creation is atomic: the object is built without a name, with its space really allocated, and linked to its name when
 * it is ready. Whoever opens the name finds a whole region or none. A killed creator leaves nothing behind.
 *
 * Some parts are made to be changed by any number of processes at once (shared_pool.h). Whoever works with those, and is
 * not the writer, opens the region with DRY_MODE_SHARE: it is mapped writable, no lock is taken, and everything that is
 * the writer's alone (new parts, a kv's puts) is DRY_READ_ONLY.
 *
 * What opening checks: everything that later code relies on (magic, byte order, format, sizes, directory, checksums of
 * header and directory). dry_region_verify checks the contents of the parts too.
 *
 * Limits: 16 KiB to 2^46 bytes; 1 to 1,024 parts; part names of 1 to 255 bytes of UTF-8 without NUL. A file must not be
 * truncated while it is mapped: a read behind its end is SIGBUS in C, on every system.
 *
 * Thread rule: one thread at a time for a dry_region, unless said otherwise. The readers opened from it have their own.
 */
#ifndef DRYSTONE_REGION_H
#define DRYSTONE_REGION_H

#ifdef __cplusplus
extern "C" {
#endif

/* ---- stored layout: revision 1 -------------------------------------------------------------------------------- */

#define DRY_REGION_FORMAT 1
#define DRY_REGION_MAGIC 0x454e4f5453595244u  /* the bytes "DRYSTONE" */
#define DRY_BYTE_ORDER_MARK 0x01020304u       /* as written by the machine; only little-endian regions are supported */
#define DRY_REGION_READY 0x59414552u          /* header.state: the region is whole */
#define DRY_REGION_SEALED 0x4c414553u         /* header.seal: nothing was written since it was saved; image_crc holds */
#define DRY_PART_READY 0x54524150u            /* entry.state: the part is whole */
#define DRY_REGION_PAGE_BYTES 4096
#define DRY_REGION_DIRECTORY_OFFSET 4096
#define DRY_REGION_BYTES_MIN 16384
#define DRY_REGION_BYTES_MAX 0x400000000000u
#define DRY_REGION_PARTS_DEFAULT 24
#define DRY_REGION_PARTS_MAX 1024
#define DRY_PART_NAME_BYTES_MAX 255
#define DRY_REGION_NAME_BYTES_MAX 255

/** Kinds of parts, as stored. */
#define DRY_PART_KV 1

/** The first bytes of a region. Fields to `header_crc` never change after creation. */
typedef struct dry_region_header {
  uint64_t magic;          /*   0  DRY_REGION_MAGIC */
  uint32_t format;         /*   8  DRY_REGION_FORMAT */
  uint32_t byte_order;     /*  12  DRY_BYTE_ORDER_MARK */
  uint64_t size_bytes;     /*  16  of the whole region */
  uint64_t creation_id[2]; /*  24  random, so that a region made anew under an old name can be told apart */
  uint32_t part_capacity;  /*  40  entries in the directory */
  uint32_t header_crc;     /*  44  crc32c of bytes 0 .. 43 */
  uint64_t reserved0[2];   /*  48  zero */
  uint32_t state;          /*  64  DRY_REGION_READY, written last at creation */
  uint32_t seal;           /*  68  0 or DRY_REGION_SEALED */
  uint64_t epoch;          /*  72  one more with every writer that attaches; wraps after 2^64 writers */
  uint32_t image_crc;      /*  80  crc32c of the whole image with seal and image_crc as 0; 0 while not sealed */
  uint32_t reserved1;      /*  84  zero */
  uint64_t reserved2[5];   /*  88  zero */
} dry_region_header;       /* 128; the rest of the page is zero */

/** One part in the directory. */
typedef struct dry_part_entry {
  uint64_t offset;       /*   0  from the start of the region; a multiple of 4096 */
  uint64_t size_bytes;   /*   8  a multiple of 4096 */
  uint32_t kind;         /*  16  DRY_PART_ */
  uint32_t format;       /*  20  revision of the part's own layout */
  uint32_t name_bytes;   /*  24  1 .. 255 */
  uint32_t entry_crc;    /*  28  crc32c of bytes 0 .. 27 and of `name` */
  uint32_t state;        /*  32  DRY_PART_READY, written last */
  uint32_t reserved[7];  /*  36  zero */
  char name[256];        /*  64  filled up with zeros */
} dry_part_entry;        /* 320 */

/* ---- handles and options -------------------------------------------------------------------------------------- */

#define DRY_REGION_MEMORY 1     /* anonymous private memory */
#define DRY_REGION_FILE 2       /* a regular file: `name` is its path */
#define DRY_REGION_SHARED 3     /* a named shared-memory object: `name` has no slash */
#define DRY_REGION_DESCRIPTOR 4 /* a file or memfd by descriptor: it is duplicated, the caller keeps his */
#define DRY_REGION_BUFFER 5     /* the caller's memory, aligned to 64, which outlives the region */

#define DRY_MODE_READ 1
#define DRY_MODE_WRITE 2
#define DRY_MODE_SHARE 3 /* beside the writer, for parts that any number of processes change: shared pools */

/** Option flags, or-ed together. */
#define DRY_REGION_PREFAULT 1u   /* touch every page now, so that no later write pays for its first touch */
#define DRY_REGION_HUGE_PAGES 2u /* ask for transparent huge pages; a refusal is no error */
#define DRY_REGION_TAKE_OVER 4u  /* open for writing although a writer holds the lock: its next change is DRY_STALE */

/** A region that this process has open. Zero-filled it counts as closed. It may be moved, and not used in two
    places. Its fields are private. */
typedef struct dry_region {
  void *mapping;
  uint64_t reserved[3];
} dry_region;

/** What to create. Zero is the default of every field but `kind` and `size_bytes`. */
typedef struct dry_region_options {
  uint32_t struct_size;     /* sizeof(dry_region_options) */
  uint32_t kind;            /* DRY_REGION_ */
  const char *name;         /* FILE, SHARED: path or name, terminated UTF-8 */
  uint64_t size_bytes;      /* rounded up to a multiple of 4096; DRY_REGION_BYTES_MIN .. DRY_REGION_BYTES_MAX */
  uint32_t part_capacity;   /* 1 .. DRY_REGION_PARTS_MAX; 0: DRY_REGION_PARTS_DEFAULT */
  uint32_t permissions;     /* mode bits of a new file or object, exactly, whatever the umask; 0: 0600 */
  uint32_t flags;           /* DRY_REGION_PREFAULT, DRY_REGION_HUGE_PAGES */
  int32_t descriptor;       /* DESCRIPTOR: open for reading and writing; -1: a new memfd, see dry_region_descriptor */
  void *buffer;             /* BUFFER: `size_bytes` bytes, a multiple of 4096, aligned to 64 */
  uint64_t creation_id[2];  /* both 0: random */
} dry_region_options;

/** What to open. */
typedef struct dry_region_open_options {
  uint32_t struct_size;  /* sizeof(dry_region_open_options) */
  uint32_t kind;         /* DRY_REGION_FILE, SHARED, DESCRIPTOR or BUFFER */
  const char *name;      /* FILE, SHARED */
  uint32_t mode;         /* DRY_MODE_READ, DRY_MODE_WRITE or DRY_MODE_SHARE */
  uint32_t flags;        /* DRY_REGION_PREFAULT, _HUGE_PAGES, _TAKE_OVER */
  int32_t descriptor;    /* DESCRIPTOR */
  uint32_t reserved;     /* 0 */
  void *buffer;          /* BUFFER */
  uint64_t buffer_bytes; /* BUFFER: the region's size */
} dry_region_open_options;

/** A part as listed. */
typedef struct dry_part_info {
  uint64_t offset;     /* from the start of the region, in bytes */
  uint64_t size_bytes;
  uint32_t kind;       /* DRY_PART_ */
  uint32_t format;
  uint32_t name_bytes;
  uint32_t reserved;
  char name[256];      /* terminated */
} dry_part_info;

/** Facts on an open region. */
typedef struct dry_region_stats {
  uint64_t size_bytes;
  uint64_t used_bytes;  /* header, directory and parts; the rest is free for new parts */
  uint64_t epoch;       /* as stored now */
  uint64_t creation_id[2];
  uint32_t kind;        /* DRY_REGION_ */
  uint32_t mode;        /* DRY_MODE_ */
  uint32_t part_count;
  uint32_t part_capacity;
  uint32_t huge_pages;  /* 1: asked for and granted */
  uint32_t sealed;      /* 1: a saved image that nobody has written to since */
} dry_region_stats;

/* ---- calls ---------------------------------------------------------------------------------------------------- */

/// Makes a region, open for writing, and writes its handle to `region_out`.
/// Threads: any.   Cost: system calls; the space is allocated now, so a full disk is an error here and never later.
/// Errors: DRY_INVALID_ARGUMENT (names the field), DRY_ALREADY_EXISTS, DRY_OUT_OF_MEMORY (also a full disk), DRY_IO.
/// Owns: close it with dry_region_close. The name stays until dry_region_unlink.
DRY_API dry_status dry_region_create(const dry_region_options *options, dry_region *region_out, dry_detail *detail);

/// Opens a region that exists.
/// Threads: any.   Cost: system calls, and O(part_capacity).
/// Errors: DRY_NOT_FOUND, DRY_BUSY (another writer), DRY_CORRUPT (not a region, truncated, damaged),
/// DRY_VERSION_MISMATCH, DRY_INVALID_ARGUMENT (also a path that is a link, directory, pipe or device), DRY_IO
/// (permission among others), DRY_TIMED_OUT (its creator has not finished within 100 ms).
/// Owns: close it with dry_region_close.
DRY_API dry_status dry_region_open(const dry_region_open_options *options, dry_region *region_out, dry_detail *detail);

/// Gives up the writer's lock and the handle. Every later call with this handle, or with a part opened from it, answers
/// DRY_CLOSED; the memory goes when the last handle of a part is closed too. Closing again is fine.
/// Threads: one at a time.   Cost: system calls.   Errors: DRY_INVALID_ARGUMENT for NULL.
DRY_API dry_status dry_region_close(dry_region *region);

/// Removes the name of a file or shared-memory region. Whoever has it open keeps it.
/// Threads: any.   Errors: DRY_NOT_FOUND, DRY_INVALID_ARGUMENT, DRY_IO.
DRY_API dry_status dry_region_unlink(uint32_t kind, const char *name, dry_detail *detail);

/// Writes one image of the whole region to `path`, sealed with a checksum: under a temporary name, synced, then renamed,
/// so that `path` holds the old file or the whole new one. The region itself does not change.
/// Threads: as a write, no write at the same time.   Cost: O(size_bytes).
/// Errors: DRY_BUSY (a read-only handle while a writer is attached), DRY_OUT_OF_MEMORY (disk full), DRY_IO, DRY_CLOSED.
DRY_API dry_status dry_region_save(dry_region *region, const char *path, dry_detail *detail);

/// Reads an image, checks all of it, and makes of it a new region of the kind and name in `options` (size_bytes and
/// part_capacity come from the image), open for writing. A file region can be read in the same way while no writer is
/// attached; it carries no checksum over all bytes, so then only header and directory are checked.
/// Threads: any.   Cost: O(size_bytes).
/// Errors: DRY_CORRUPT (any byte differs from what was saved, or the file is shorter), DRY_BUSY (a writer is attached),
/// and those of create and open.
DRY_API dry_status dry_region_load(const char *path, const dry_region_options *options, dry_region *region_out,
                                   dry_detail *detail);

/// Checks header, directory and the contents of every part: structure, checksums and, for a sealed image, every byte.
/// A writer may be at work meanwhile. Changes nothing.
/// Threads: any.   Cost: O(size_bytes).   Errors: DRY_CORRUPT (detail names part, place and cause), DRY_CLOSED.
DRY_API dry_status dry_region_verify(dry_region *region, dry_detail *detail);

/// Facts on the region.
/// Threads: any.   Cost: O(part_count).   Errors: DRY_CLOSED, DRY_INVALID_ARGUMENT.
DRY_API dry_status dry_region_get_stats(dry_region *region, dry_region_stats *stats_out);

/// The part with that number: 0 is the oldest.
/// Threads: any.   Cost: O(index).   Errors: DRY_NOT_FOUND beyond the last, DRY_CLOSED, DRY_CORRUPT.
DRY_API dry_status dry_region_part_at(dry_region *region, uint32_t index, dry_part_info *info_out);

/// The part of that name (`name_bytes` bytes, no terminator needed).
/// Threads: any.   Cost: O(part_count).   Errors: DRY_NOT_FOUND, DRY_INVALID_ARGUMENT (name), DRY_CLOSED, DRY_CORRUPT.
DRY_API dry_status dry_region_find_part(dry_region *region, const char *name, size_t name_bytes,
                                        dry_part_info *info_out);

/// Where the region lies in this process: for wrappers and tools. Valid until the region and all its parts are closed.
/// Threads: any.   Cost: O(1).   Errors: DRY_CLOSED, DRY_INVALID_ARGUMENT.
DRY_API dry_status dry_region_memory(dry_region *region, const void **base_out, uint64_t *size_bytes_out);

/// The descriptor behind a region that has one, to hand to another process (which opens it as DRY_REGION_DESCRIPTOR).
/// It stays the region's: do not close it.
/// Threads: any.   Cost: O(1).   Errors: DRY_UNSUPPORTED (memory or buffer), DRY_CLOSED, DRY_INVALID_ARGUMENT.
DRY_API dry_status dry_region_descriptor(dry_region *region, int32_t *descriptor_out);

#ifdef __cplusplus
}
#endif
#endif

/* ---- drystone/index_map.h ---- */

/*
 * index_map.h: which of N numbers are taken; the lowest free one in constant time.
 *
 *        0  +--------------------+
 *           | dry_index_map_header |  128 bytes
 *           +--------------------+  leaves_offset = 128
 *           | leaves [words]     |  one bit an index: 1 while it is taken. The truth
 *           +--------------------+  full_offset
 *           | full, levels 1..3  |  one bit for each word below: 1 when all of its bits are 1
 *           +--------------------+  any_offset
 *           | any, levels 1..3   |  one bit for each word below: 1 when one of its bits is 1
 *           +--------------------+  size_bytes
 *
 * A tree of 64-bit words: four levels for 16,777,216 indices, so acquire looks at four words and release at one, mostly.
 * Bits that stand for nothing, behind the last one of a level, are 0 in the leaves and in `any`, and 1 in `full`. A map of
 * up to 64 indices is its one leaf; offsets of what is not there are those of what comes next.
 *
 * The upper levels follow from the leaves and are made anew when a map is opened for writing, so a process that was
 * killed half-way leaves nothing wrong. Until then they err on the safe side: `full` may lack a bit, `any` may have one too
 * many, and a read-only handle, which changes nothing, looks further when a bit promised too much.
 *
 * In a region every change can also be DRY_READ_ONLY (opened for reading or sharing), or DRY_STALE (another writer took the
 * region over: region.h), and nothing changes then.
 *
 * Size: 128 bytes, one bit an index, and about a thirtieth of that for the upper levels.
 * Thread rule: one thread at a time for all handles on one map.
 */
#ifndef DRYSTONE_INDEX_MAP_H
#define DRYSTONE_INDEX_MAP_H

#ifdef __cplusplus
extern "C" {
#endif

/* ---- stored layout: revision 1 -------------------------------------------------------------------------------- */

#define DRY_PART_INDEX_MAP 3
#define DRY_INDEX_MAP_FORMAT 1
#define DRY_INDEX_MAP_MAGIC 0x3150414d58444e49u /* the bytes "INDXMAP1" */
#define DRY_INDEX_MAP_HEADER_BYTES 128
#define DRY_INDEX_MAP_CAPACITY_MAX 0x1000000u   /* 16,777,216 */
#define DRY_INDEX_MAP_LEVELS 4

/** The first bytes of an index map. Fields to `header_crc` never change after creation. */
typedef struct dry_index_map_header {
  uint64_t magic;         /*   0  DRY_INDEX_MAP_MAGIC */
  uint64_t size_bytes;    /*   8 */
  uint64_t leaves_offset; /*  16 */
  uint64_t full_offset;   /*  24 */
  uint64_t any_offset;    /*  32 */
  uint32_t capacity;      /*  40  1 .. DRY_INDEX_MAP_CAPACITY_MAX */
  uint32_t header_crc;    /*  44  crc32c of bytes 0 .. 43 */
  uint32_t in_use;        /*  48 */
  uint32_t changing;      /*  52  1 while a change is under way; 1 that stays is what a killed process left */
  uint64_t failures;      /*  56  requests answered DRY_FULL */
  uint64_t reserved1[8];  /*  64  zero */
} dry_index_map_header;   /* 128 */

/* ---- handles and options -------------------------------------------------------------------------------------- */

/** An index map that this process has open. Its fields are private. */
typedef struct dry_index_map {
  dry_index_map_header *header; /* NULL: closed */
  uint64_t *levels[DRY_INDEX_MAP_LEVELS];  /* leaves, then `full` upwards; NULL above the top */
  uint64_t *any[DRY_INDEX_MAP_LEVELS];     /* [0] is unused */
  const uint32_t *closed;
  uint32_t capacity;
  uint32_t height;     /* levels in use, 1 .. 4 */
  uint32_t writable;
  uint32_t reserved;
  void *owner;
} dry_index_map;

typedef struct dry_index_map_options {
  uint32_t struct_size; /* sizeof(dry_index_map_options) */
  uint32_t flags;       /* DRY_MEMORY_ PREFAULT, HUGE_PAGES, NUMA_LOCAL, REQUIRED; 0 in a span or region */
  uint64_t capacity;    /* 1 .. DRY_INDEX_MAP_CAPACITY_MAX */
} dry_index_map_options;

typedef struct dry_index_map_stats {
  uint64_t capacity;
  uint64_t in_use;
  uint64_t failures;    /* requests answered DRY_FULL */
  uint64_t size_bytes;
  uint32_t granted;     /* DRY_MEMORY_ flags in force */
  uint32_t refused;     /* and those asked for in vain */
} dry_index_map_stats;

/* Making, opening, closing: as for pools (pool.h), with the same errors. Spans are aligned to 64. */
DRY_API dry_status dry_index_map_required_bytes(const dry_index_map_options *options, uint64_t *bytes_out);
DRY_API dry_status dry_index_map_init(void *span, uint64_t span_bytes, const dry_index_map_options *options);
DRY_API dry_status dry_index_map_attach(void *span, uint64_t span_bytes, dry_index_map *map_out, dry_detail *detail);
DRY_API dry_status dry_index_map_create(const dry_index_map_options *options, dry_index_map *map_out,
                                        dry_detail *detail);
DRY_API dry_status dry_index_map_create_in(dry_region *region, const char *name, size_t name_bytes,
                                           const dry_index_map_options *options, dry_index_map *map_out,
                                           dry_detail *detail);
DRY_API dry_status dry_index_map_open(dry_region *region, const char *name, size_t name_bytes, dry_index_map *map_out,
                                      dry_detail *detail);
DRY_API dry_status dry_index_map_close(dry_index_map *map);

/// Takes the lowest free index.   Cost: O(1): one word a level.
/// Errors: DRY_FULL (counted), DRY_READ_ONLY, DRY_CORRUPT, DRY_CLOSED.   Owns: release it once.
DRY_API dry_status dry_index_map_acquire(dry_index_map *map, uint32_t *index_out);

/// Takes that index.   Cost: O(1).
/// Errors: DRY_ALREADY_EXISTS (taken), DRY_INVALID_ARGUMENT (beyond the capacity), DRY_READ_ONLY, DRY_CLOSED.
DRY_API dry_status dry_index_map_acquire_at(dry_index_map *map, uint32_t index);

/// Takes the `count` lowest free ones, ascending; all or none.   Cost: O(count), less than as many single calls.
/// Errors: DRY_FULL (fewer are free: nothing is taken; counted), DRY_READ_ONLY, DRY_CORRUPT, DRY_CLOSED. What the array
/// holds after an error means nothing.
DRY_API dry_status dry_index_map_acquire_many(dry_index_map *map, uint32_t *indices_out, uint64_t count);

/// Gives an index back.   Cost: O(1).
/// Errors: DRY_STALE (free already), DRY_INVALID_ARGUMENT (beyond the capacity), DRY_READ_ONLY, DRY_CLOSED.
DRY_API dry_status dry_index_map_release(dry_index_map *map, uint32_t index);

/// Whether it is taken: 0 or 1.   Errors: DRY_INVALID_ARGUMENT (beyond the capacity), DRY_CLOSED.
DRY_API dry_status dry_index_map_contains(const dry_index_map *map, uint32_t index, uint32_t *used_out);

/// The first taken, or free, index at or after `from`.   Cost: O(1): up to two words a level.
/// Errors: DRY_NOT_FOUND (none, or `from` beyond the capacity), DRY_CORRUPT, DRY_CLOSED.
DRY_API dry_status dry_index_map_next_used(const dry_index_map *map, uint32_t from, uint32_t *index_out);
DRY_API dry_status dry_index_map_next_free(const dry_index_map *map, uint32_t from, uint32_t *index_out);

/// Writes up to `room` taken indices from `from` on, ascending; fewer than `room` means that these were the last.
/// Cost: O(room).   Errors: as dry_index_map_next_used, but none at all is DRY_OK with a count of 0.
DRY_API dry_status dry_index_map_list(const dry_index_map *map, uint32_t from, uint32_t *indices_out, uint64_t room,
                                      uint64_t *count_out);

/// Gives everything back.   Cost: O(capacity / 64).   Errors: DRY_READ_ONLY, DRY_CLOSED.
DRY_API dry_status dry_index_map_reset(dry_index_map *map);

/// Makes the upper levels and the count anew from the leaves. Opening for writing does it too, so it is for maps that
/// somebody else wrote to meanwhile.   Cost: O(capacity / 64).   Errors: DRY_READ_ONLY, DRY_CLOSED.
DRY_API dry_status dry_index_map_repair(dry_index_map *map);

/// Checks that the upper levels and the count agree with the leaves; what a killed process left under way is no damage.
/// Cost: O(capacity / 64).   Errors: DRY_CORRUPT (detail names the place), DRY_CLOSED.
DRY_API dry_status dry_index_map_validate(const dry_index_map *map, dry_detail *detail);

/// Facts on the map.   Errors: DRY_CLOSED.
DRY_API dry_status dry_index_map_get_stats(const dry_index_map *map, dry_index_map_stats *stats_out);

#ifdef __cplusplus
}
#endif
#endif

/* ---- drystone/kv.h ---- */

/*
 * kv.h: a key-value store in one contiguous span: one writer, readers that never wait.
 *
 * Keys and values are bytes. A put writes a new immutable block and then publishes it with one store, so a reader sees
 * the old value or the new one, whole, and a writer that is killed anywhere leaves one of the two in place. Readers map
 * read-only, take no lock and leave no trace.
 *
 *        0  +---------------------+
 *           | dry_kv_header       |  256 bytes: geometry (fixed) and counters (the writer's)
 *           +---------------------+  control_offset
 *           | control [groups]    |  16 bytes a group: 15 tags, then the group's overflow count
 *           +---------------------+  slots_offset (multiple of 64)
 *           | slots [groups]      |  15 words of 8 bytes a group
 *           +---------------------+  heap_offset (multiple of 64)
 *           | heap                |  blocks, each a multiple of 16 bytes from 48 up
 *           +---------------------+  heap_offset + heap_bytes
 *           | staging             |  where compaction parks one block; not used otherwise
 *           +---------------------+  size_bytes
 *
 *   tag    0: the slot is empty; else the lowest 8 bits of the key's hash, 1 standing in for 0
 *   overflow count  how many entries whose search passes this group lie behind it; 255 means "255 or more, for ever"
 *   slot   bits 0..39: the block's offset in the part, divided by 16; bits 40..63: hash bits 8..31; 0: empty
 *   group  (hash >> 32) x group_count >> 32; a search goes on to the next group, wrapping, while the count is not 0
 *   block  dry_kv_block, then the key, zeros to a multiple of 8, the value, zeros to a multiple of 8
 *
 * Deleting needs no tombstones: the overflow counts (as in Facebook's F14 tables) fall again, so a store under endless
 * churn stays as fast as a new one.
 *
 * A replaced block waits at the end of its size class's first-in-first-out queue until DRY_KV_QUARANTINE_BLOCKS others are
 * behind it. A reader therefore repeats its copy only when, during that one copy, the queue went all the way round and
 * its very block was reused, or the slot changed in the moment between finding and checking it.
 *
 * What a reader does (it is the same in every language):
 *   1. load header.relocation; find the slot by tag; load the slot word, then the block's version: 0 means start again
 *   2. load the slot word again: it must be the same, else start again. Now that block was current at this moment
 *   3. check the sizes against the heap, compare the key, copy the words of the value
 *   4. load the block's version again: it must be the same, else start again
 *   5. load header.relocation again: if it changed or is odd, the slot word must still be the same, else start again
 *
 * Room: a put fails with DRY_FULL exactly when the entries would exceed `entries`, or the bytes of all keys and values
 * would exceed `bytes`. Only for an entry larger than the staging area (an eighth of `bytes` in stores to 512 KiB, then
 * 64 KiB or a 64th of `bytes`, whichever is more; never below 4 KiB) can fragmentation, or the need to hold the old and
 * the new value side by side, make it DRY_FULL earlier. Bytes in quarantine never do.
 *
 * Versions: every successful put, put_new, replace and delete takes the next number of the store, from 1. A version
 * never comes back.
 *
 * Cost: a hit is three dependent loads (control, slot, block), a miss mostly one; a put adds its block's write and a
 * crc32c. No system call, no allocation. The exception: when a size class has no free block and the heap's end is
 * reached, the writer compacts the heap, O(heap); a sixteenth of `bytes` is writable before the next time.
 *
 * Thread rule: a writer is used by one thread at a time; a call that comes while another is under way, from a second
 * thread or a signal handler, is refused with DRY_BUSY and changes nothing. A reader handle may be used by any number of threads at once;
 * only open and close want to be alone. Readers and the writer never wait for one another.
 */
#ifndef DRYSTONE_KV_H
#define DRYSTONE_KV_H

#ifdef __cplusplus
extern "C" {
#endif

/* ---- stored layout: revision 1 -------------------------------------------------------------------------------- */

#define DRY_KV_FORMAT 1
#define DRY_KV_MAGIC 0x31564b5f59524400u /* the bytes "\0DRY_KV1" */
#define DRY_KV_LAYOUT_BLOCKS 0
#define DRY_KV_HEADER_BYTES 256
#define DRY_KV_GROUP_SLOTS 15
#define DRY_KV_GROUP_CONTROL_BYTES 16
#define DRY_KV_GROUP_SLOT_BYTES 120
#define DRY_KV_OVERFLOW_STICKY 255
#define DRY_KV_GRANULE_BYTES 16
#define DRY_KV_SLOT_OFFSET_BITS 40
#define DRY_KV_SLOT_TAG_SHIFT 8       /* the slot's 24 tag bits are (hash >> 8) & 0xffffff */
#define DRY_KV_BLOCK_HEADER_BYTES 32
#define DRY_KV_BLOCK_BYTES_MIN 48
#define DRY_KV_QUARANTINE_BLOCKS 256
#define DRY_KV_KEY_BYTES_MAX 65535
#define DRY_KV_VALUE_BYTES_MAX 4294967295u
#define DRY_KV_ENTRIES_MAX 4294967295u
#define DRY_KV_BYTES_MAX 0x100000000000u

/** Attempts of a read that names no bound of its own. A repeat needs a write to the same key within some hundred
    nanoseconds, so reaching it means a broken or hostile writer. */
#define DRY_KV_ATTEMPTS_MAX 1048576

/** The first bytes of a kv part. Fields to `header_crc` never change after creation. */
typedef struct dry_kv_header {
  uint64_t magic;               /*   0  DRY_KV_MAGIC */
  uint32_t format;              /*   8  DRY_KV_FORMAT */
  uint32_t layout;              /*  12  DRY_KV_LAYOUT_BLOCKS */
  uint64_t size_bytes;          /*  16  of the whole part */
  uint64_t seed;                /*  24  of the key hash */
  uint64_t entry_capacity;      /*  32  `entries` as asked for */
  uint64_t data_capacity_bytes; /*  40  `bytes` as asked for */
  uint64_t group_count;         /*  48 */
  uint64_t control_offset;      /*  56 */
  uint64_t slots_offset;        /*  64 */
  uint64_t heap_offset;         /*  72 */
  uint64_t heap_bytes;          /*  80 */
  uint64_t staging_bytes;       /*  88 */
  uint32_t header_crc;          /*  96  crc32c of bytes 0 .. 95 */
  uint32_t reserved0;           /* 100  zero */
  uint64_t reserved1[3];        /* 104  zero */
  uint64_t version;             /* 128  number of the last write */
  uint64_t entry_count;         /* 136 */
  uint64_t data_bytes;          /* 144  keys and values of all entries */
  uint64_t reserved2[5];        /* 152  zero */
  uint64_t relocation;          /* 192  odd while blocks are being moved; apart from what every put changes */
  uint64_t reserved3[7];        /* 200  zero */
} dry_kv_header;                /* 256 */

/** In front of every key and value. All words are written and read atomically. */
typedef struct dry_kv_block {
  uint64_t version;       /*  0  number of the write that made it; 0 while it is being written */
  uint32_t value_bytes;   /*  8 */
  uint32_t key_bytes;     /* 12  1 .. DRY_KV_KEY_BYTES_MAX */
  uint32_t room_granules; /* 16  size of the block in units of 16 bytes, header included */
  uint32_t checksum;      /* 20  crc32c of bytes 0 .. 15, the key and the value */
  uint64_t link;          /* 24  0: in use; else free: bit 0 set, the others the next free block's offset, 0 at the end */
} dry_kv_block;           /* 32 */

/* ---- handles and options -------------------------------------------------------------------------------------- */

/** A read-only handle. Zero-filled it counts as closed. Do not copy it; its fields are private. */
typedef struct dry_kv_reader {
  const uint8_t *part;
  const uint32_t *closed;
  uint64_t group_count;
  uint64_t seed;
  uint64_t control_offset;
  uint64_t slots_offset;
  uint64_t heap_offset;
  uint64_t heap_end;
  uint64_t retries;
  void *mapping;
  uint32_t flags;
  uint32_t reserved;
} dry_kv_reader;

/** The writer's handle. Zero-filled it counts as closed. Do not copy it; its fields are private. */
typedef struct dry_kv_writer {
  dry_kv_reader reader;
  void *state;
} dry_kv_writer;

/** What to create. */
typedef struct dry_kv_options {
  uint32_t struct_size; /* sizeof(dry_kv_options) */
  uint32_t layout;      /* DRY_KV_LAYOUT_BLOCKS */
  uint64_t entries;     /* 1 .. DRY_KV_ENTRIES_MAX: how many keys it can hold */
  uint64_t bytes;       /* 1 .. DRY_KV_BYTES_MAX: how many bytes all keys and values can take together */
  uint64_t seed;        /* of the hash, when has_seed is 1 */
  uint32_t has_seed;    /* 0: a random seed; 1: `seed`, so that equal writes give equal bytes */
  uint32_t reserved;    /* 0 */
} dry_kv_options;

/** Reader flag: verify the block's checksum on every read, and answer DRY_CORRUPT where it is wrong. */
#define DRY_KV_READ_CHECKED 1u

/** One key of a batch: the caller fills key and value buffer, dry_kv_get_many the rest. */
typedef struct dry_kv_lookup {
  const void *key;
  void *value;            /* may be NULL when value_capacity is 0 */
  size_t value_capacity;
  size_t value_bytes;     /* out: size of the value, also when it did not fit */
  uint64_t version;       /* out */
  uint32_t key_bytes;
  int32_t status;         /* out: DRY_OK, DRY_NOT_FOUND, DRY_TOO_LARGE, ... */
} dry_kv_lookup;

/** A value lent in place by dry_kv_view. Its bytes may change; use them, then ask dry_kv_view_check whether they did. */
typedef struct dry_kv_value_view {
  const void *value;      /* aligned to 8 */
  size_t value_bytes;
  uint64_t version;
  uint64_t slot_offset;   /* private, as are the next three */
  uint64_t slot_word;
  uint64_t block_offset;
  uint64_t relocation;
} dry_kv_value_view;

/** Facts on a store. */
typedef struct dry_kv_stats {
  uint64_t entries;             /* keys in it */
  uint64_t capacity;            /* keys it can hold */
  uint64_t data_bytes;          /* bytes of all keys and values */
  uint64_t data_capacity_bytes; /* bytes they can take */
  uint64_t version;             /* number of the last write */
  uint64_t relocation;          /* two more with every compaction and recovery */
  uint64_t size_bytes;          /* of the whole part */
} dry_kv_stats;

/* ---- making and opening --------------------------------------------------------------------------------------- */

/// How many bytes a span needs for these options.
/// Threads: any.   Cost: O(1).   Errors: DRY_INVALID_ARGUMENT, DRY_TOO_LARGE, DRY_UNSUPPORTED (layout).
DRY_API dry_status dry_kv_required_bytes(const dry_kv_options *options, uint64_t *bytes_out);

/// Lays an empty store out in `span` (aligned to 64, at least dry_kv_required_bytes long).
/// Threads: one.   Cost: O(entries); the heap is not touched, but its part of the span must be zero.
/// Errors: DRY_INVALID_ARGUMENT, DRY_FULL (the span is too small).
DRY_API dry_status dry_kv_init(void *span, uint64_t span_bytes, const dry_kv_options *options);

/// Opens a store in a span for writing, and recovers what a killed writer left: half-written blocks are dropped, free
/// space, counts and control bytes are rebuilt. Idempotent; readers may be reading. Nothing else guards a bare span
/// against a second writer: that is a region's work.
/// Threads: one.   Cost: O(entries + bytes / 128), and that many bits of scratch memory from malloc while it runs.
/// Errors: DRY_CORRUPT, DRY_VERSION_MISMATCH, DRY_OUT_OF_MEMORY, DRY_INVALID_ARGUMENT.   Owns: dry_kv_writer_close.
DRY_API dry_status dry_kv_writer_attach(void *span, uint64_t span_bytes, dry_kv_writer *writer_out, dry_detail *detail);

/// Opens a store in a span for reading.
/// Threads: any.   Cost: O(1).   Errors: DRY_CORRUPT, DRY_VERSION_MISMATCH, DRY_INVALID_ARGUMENT.
/// Owns: dry_kv_reader_close.
DRY_API dry_status dry_kv_reader_attach(const void *span, uint64_t span_bytes, uint32_t flags,
                                        dry_kv_reader *reader_out, dry_detail *detail);

/// Makes a store as a new part of a region, and opens it for writing.
/// Threads: as the region.   Cost: as dry_kv_init.
/// Errors: DRY_ALREADY_EXISTS, DRY_FULL (no room in the region, or its directory), DRY_READ_ONLY, DRY_INVALID_ARGUMENT,
/// DRY_STALE (another writer took the region over), DRY_CLOSED.   Owns: dry_kv_writer_close.
DRY_API dry_status dry_kv_create(dry_region *region, const char *name, size_t name_bytes, const dry_kv_options *options,
                                 dry_kv_writer *writer_out, dry_detail *detail);

/// Opens a part for writing; see dry_kv_writer_attach for what it recovers. Where the part's writer is open in this region
/// handle already, this is one more handle of the same writer: two of them are still used by one thread at a time.
/// Threads: as the region.   Cost: as dry_kv_writer_attach; O(1) for a further handle.
/// Errors: DRY_NOT_FOUND, DRY_TYPE_MISMATCH, DRY_READ_ONLY (region opened for reading), DRY_CORRUPT, DRY_STALE,
/// DRY_CLOSED.   Owns: dry_kv_writer_close.
DRY_API dry_status dry_kv_open(dry_region *region, const char *name, size_t name_bytes, dry_kv_writer *writer_out,
                               dry_detail *detail);

/// Opens a part for reading, from a region opened in either mode. `flags`: 0 or DRY_KV_READ_CHECKED.
/// Threads: as the region.   Cost: O(1).
/// Errors: DRY_NOT_FOUND, DRY_TYPE_MISMATCH, DRY_CORRUPT, DRY_VERSION_MISMATCH, DRY_CLOSED.   Owns: dry_kv_reader_close.
DRY_API dry_status dry_kv_reader_open(dry_region *region, const char *name, size_t name_bytes, uint32_t flags,
                                      dry_kv_reader *reader_out, dry_detail *detail);

/// Closes the handle; later calls with it answer DRY_CLOSED. Again is fine.
/// Threads: one; no other call with this handle at the same time.   Errors: DRY_INVALID_ARGUMENT for NULL.
DRY_API dry_status dry_kv_writer_close(dry_kv_writer *writer);

/// As dry_kv_writer_close.
DRY_API dry_status dry_kv_reader_close(dry_kv_reader *reader);

/// The writer as a reader, for every call below that takes one. Lives as long as the writer.
/// Threads: any.   Cost: O(1).   Errors: NULL for NULL.
DRY_API dry_kv_reader *dry_kv_writer_reader(dry_kv_writer *writer);

/* ---- writing: one thread at a time, else DRY_BUSY ------------------------------------------------------------- */

/// Sets `key` to `value`, new or not, and writes the new version to `version_out` (may be NULL).
/// Threads: one.   Cost: O(1) amortised, no system call; see the head of this file for compaction.
/// Errors: DRY_INVALID_ARGUMENT (empty key, NULL, bytes of this very store), DRY_TOO_LARGE, DRY_FULL, DRY_STALE (another
/// writer took over; reopen), DRY_CORRUPT, DRY_CLOSED. The old value stands.
DRY_API dry_status dry_kv_put(dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value,
                              size_t value_bytes, uint64_t *version_out);

/// Sets `key` only where it is absent.
/// As dry_kv_put, and DRY_ALREADY_EXISTS.
DRY_API dry_status dry_kv_put_new(dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value,
                                  size_t value_bytes, uint64_t *version_out);

/// Replaces the value only where the entry's version is `version`: compare-and-set.
/// As dry_kv_put, and DRY_NOT_FOUND, DRY_CONFLICT.
DRY_API dry_status dry_kv_replace(dry_kv_writer *writer, const void *key, size_t key_bytes, const void *value,
                                  size_t value_bytes, uint64_t version, uint64_t *version_out);

/// Removes the entry. The delete takes a version of its own.
/// Threads: one.   Cost: O(1).   Errors: DRY_NOT_FOUND, DRY_INVALID_ARGUMENT, DRY_TOO_LARGE, DRY_STALE, DRY_CLOSED.
DRY_API dry_status dry_kv_delete(dry_kv_writer *writer, const void *key, size_t key_bytes, uint64_t *version_out);

/* ---- reading: any number of threads and processes ------------------------------------------------------------- */

/// Copies the value of `key` into `value` (room for `value_capacity` bytes; NULL with 0), its size into
/// `value_bytes_out` and its version into `version_out` (each may be NULL).
/// Threads: any.   Cost: O(value), no system call; repeats only as the head of this file says, at most DRY_KV_ATTEMPTS_MAX times.
/// Errors: DRY_NOT_FOUND; DRY_TOO_LARGE: the buffer is too small, and value_bytes_out says what is needed;
/// DRY_INVALID_ARGUMENT, DRY_CORRUPT, DRY_TIMED_OUT (repeats used up), DRY_CLOSED. The buffer's contents are then
/// unspecified.
DRY_API dry_status dry_kv_get(dry_kv_reader *reader, const void *key, size_t key_bytes, void *value,
                              size_t value_capacity, size_t *value_bytes_out, uint64_t *version_out);

/// dry_kv_get with a bound of its own: at most `attempts_max` (1 or more) attempts, and DRY_TIMED_OUT after them.
/// `attempts_out` (may be NULL) says how many it took.
DRY_API dry_status dry_kv_try_get(dry_kv_reader *reader, const void *key, size_t key_bytes, void *value,
                                  size_t value_capacity, uint32_t attempts_max, size_t *value_bytes_out,
                                  uint64_t *version_out, uint32_t *attempts_out);

/// Looks `count` keys up with their cache misses overlapped; each lookup gets its own status, also a key that is empty or too
/// long.
/// Threads: any.   Cost: a fraction of `count` single calls once the store is larger than the cache.
/// Errors: DRY_INVALID_ARGUMENT (a NULL pointer in a lookup; then nothing was looked up), DRY_CLOSED.
DRY_API dry_status dry_kv_get_many(dry_kv_reader *reader, dry_kv_lookup *lookups, size_t count);

/// Whether `key` is there: 1 or 0 into `found_out`.
/// Threads: any.   Cost: O(key).   Errors: DRY_INVALID_ARGUMENT, DRY_TOO_LARGE, DRY_CORRUPT, DRY_TIMED_OUT, DRY_CLOSED.
DRY_API dry_status dry_kv_contains(dry_kv_reader *reader, const void *key, size_t key_bytes, uint32_t *found_out);

/// Lends the value's bytes without a copy. They can change under the caller at any time, so use nothing derived from
/// them before dry_kv_view_check has answered DRY_OK. Meant for values that are cheaper to look into than to copy.
/// Threads: any.   Cost: O(key).   Errors: as dry_kv_get.
DRY_API dry_status dry_kv_view(dry_kv_reader *reader, const void *key, size_t key_bytes, dry_kv_value_view *view_out);

/// Whether all that was read from the view until now was whole and current at the time of dry_kv_view.
/// Threads: any.   Cost: O(1).   Errors: DRY_STALE: it may have changed; view again. DRY_INVALID_ARGUMENT, DRY_CLOSED.
DRY_API dry_status dry_kv_view_check(dry_kv_reader *reader, const dry_kv_value_view *view);

/// Copies the next entry in no particular order. `cursor` starts at 0 and is moved on. An entry that is there all the
/// time is met exactly once; one that comes, goes or changes meanwhile may be met or not, but is whole. `key` and
/// `value` may be NULL with capacity 0, to skip copying.
/// Threads: any.   Cost: O(empty slots passed + bytes copied).
/// Errors: DRY_NOT_FOUND at the end; DRY_TOO_LARGE: a buffer is too small, the sizes are set, the cursor stays;
/// DRY_INVALID_ARGUMENT, DRY_CORRUPT, DRY_TIMED_OUT, DRY_CLOSED.
DRY_API dry_status dry_kv_next(dry_kv_reader *reader, uint64_t *cursor, void *key, size_t key_capacity,
                               size_t *key_bytes_out, void *value, size_t value_capacity, size_t *value_bytes_out,
                               uint64_t *version_out);

/// Facts on the store, each as of some moment during the call.
/// Threads: any.   Cost: O(1).   Errors: DRY_CLOSED, DRY_INVALID_ARGUMENT.
DRY_API dry_status dry_kv_get_stats(dry_kv_reader *reader, dry_kv_stats *stats_out);

/// How often reads through this handle had to start again since it was opened.
/// Threads: any.   Cost: O(1).   Errors: 0 for a closed handle.
DRY_API uint64_t dry_kv_reader_retries(dry_kv_reader *reader);

/// Walks index and heap and checks everything that is stored: positions, counts, sizes, overlaps and checksums. A writer
/// may be at work meanwhile. Changes nothing.
/// Threads: any.   Cost: O(size of the part), and a bit of scratch memory from malloc for every 16 bytes of heap.
/// Errors: DRY_CORRUPT (detail says where), DRY_OUT_OF_MEMORY, DRY_CLOSED.
DRY_API dry_status dry_kv_verify(dry_kv_reader *reader, dry_detail *detail);

/// The store's hash of a key, as every language computes it.
/// Threads: any.   Cost: O(key).   Source: multiply-and-fold in the manner of wyhash and rapidhash; see c/DESIGN.md.
DRY_API uint64_t dry_kv_hash(const void *key, size_t key_bytes, uint64_t seed);

#ifdef __cplusplus
}
#endif
#endif

/* ---- drystone/pool.h ---- */

/*
 * pool.h: slots of one size, taken and given back in any order, at the same cost every time.
 *
 *        0  +------------------------+
 *           | dry_pool_header        |  128 bytes: geometry (fixed) and counters
 *           +------------------------+  used_offset = 128
 *           | used  [capacity]       |  a byte each: DRY_POOL_SLOT_FREE, TAKEN or WITHDRAWN; padded with zeros
 *           +------------------------+  stack_offset (multiple of 8)
 *           | stack [capacity]       |  u32 each: the free slots that were taken before; the last freed is on top
 *           +------------------------+  slots_offset (multiple of 64, and of the slots' alignment)
 *           | slots [capacity]       |  stride_bytes each
 *           +------------------------+  size_bytes
 *
 * The stack lies beside the objects: a list threaded through free objects makes each allocation wait for the next link's
 * cache miss once frees come in random order (three times slower, measured). Slots that were never used are taken in
 * ascending order, so creation touches no object. The byte makes a double free DRY_STALE, and an address of another pool
 * or inside an object is DRY_FOREIGN: always, not only in checked builds. (One bit a slot would do, but changing it takes
 * three times the instructions.)
 *
 * Overhead: 128 bytes, 5 bytes a slot, and at most 70 bytes of alignment.
 *
 * Growing: with capacity_max_slots above capacity_slots, address space for all is taken at once and backed by memory
 * chunk by chunk; no object ever moves. In private memory only.
 *
 * Guarded (DRY_MEMORY_GUARDED): canaries fill the space between an object and the next, which is 16 bytes at least (and 16
 * more stand before the first slot), and free objects are filled with 0xdf. A write before or behind an object is found
 * when it or its neighbour is freed, a write into a free object when it is taken again (DRY_CORRUPT: the slot is withdrawn),
 * both by dry_pool_validate.
 *
 * Under AddressSanitizer and Valgrind free objects and canaries cannot be touched without a report: in private memory and
 * in spans, when the library is compiled for the tool (-fsanitize=address; -DDRY_VALGRIND=1 with <valgrind/memcheck.h>).
 *
 * In a region a pool is a part; other languages and later processes find it there. A process that died holding slots
 * leaves them taken: dry_pool_next_used lists what is. `used` is the truth; what a killed process left half-done on the
 * stack is set right when the pool is opened for writing.
 *
 * Inline twins of the hot calls: drystone/inline/pool.h.
 * Thread rule: one thread at a time for all handles on one pool; see shared_pool.h for many. A handle opened read-only
 * may look at slots while somebody else writes to them only by the users' own agreement.
 */
#ifndef DRYSTONE_POOL_H
#define DRYSTONE_POOL_H

#ifdef __cplusplus
extern "C" {
#endif

/* ---- stored layout: revision 1 -------------------------------------------------------------------------------- */

#define DRY_PART_POOL 2
#define DRY_POOL_FORMAT 1
#define DRY_POOL_MAGIC 0x314c4f4f50595244u /* the bytes "DRYPOOL1" */
#define DRY_POOL_HEADER_BYTES 128
#define DRY_POOL_CAPACITY_MAX 0x40000000u  /* 2^30 slots */
#define DRY_POOL_OBJECT_BYTES_MAX 0x40000000u
#define DRY_POOL_ALIGN_MAX 4096
#define DRY_POOL_BYTES_MAX 0x400000000000u /* 2^46, all of it together */
#define DRY_POOL_CANARY_BYTES 16
#define DRY_POOL_POISON_BYTE 0xdf
#define DRY_POOL_SLOT_FREE 0
#define DRY_POOL_SLOT_TAKEN 1
#define DRY_POOL_SLOT_WITHDRAWN 2  /* found damaged: nobody gets it any more */
#define DRY_POOL_PENDING_RESET 1   /* dry_pool_reset: opening for writing finishes it */
#define DRY_POOL_PENDING_RELEASE 2 /* dry_pool_release_many */
#define DRY_POOL_PENDING_STACK 3   /* making the stack anew */

/** The first bytes of a pool. Fields to `header_crc` never change after creation. */
typedef struct dry_pool_header {
  uint64_t magic;        /*   0  DRY_POOL_MAGIC */
  uint64_t size_bytes;   /*   8  of the whole pool */
  uint64_t stride_bytes; /*  16  from slot to slot: object_bytes, canaries, rounded up to align_bytes */
  uint64_t used_offset;  /*  24  DRY_POOL_HEADER_BYTES */
  uint64_t stack_offset; /*  32 */
  uint64_t slots_offset; /*  40 */
  uint32_t object_bytes; /*  48  1 .. DRY_POOL_OBJECT_BYTES_MAX */
  uint32_t align_bytes;  /*  52  a power of two, 1 .. DRY_POOL_ALIGN_MAX */
  uint32_t capacity;     /*  56  slots */
  uint32_t flags;        /*  60  DRY_MEMORY_GUARDED, DRY_MEMORY_WIPE */
  uint32_t reserved0;    /*  64  zero */
  uint32_t header_crc;   /*  68  crc32c of bytes 0 .. 67 */
  uint32_t free_count;   /*  72  entries on the stack */
  uint32_t fresh;        /*  76  slots from here on were never taken; taken now: fresh - free_count */
  uint32_t peak;         /*  80  the most taken at once before the last reset; since then it is `fresh` */
  uint32_t withdrawn;    /*  84  slots found damaged, which nobody gets any more; they count as taken */
  uint64_t failures;     /*  88  requests answered DRY_FULL */
  uint32_t pending;      /*  96  0, or what a killed process left half-done: DRY_POOL_PENDING_ */
  uint32_t reserved1[7]; /* 100  zero */
} dry_pool_header;       /* 128 */

/* ---- handles and options -------------------------------------------------------------------------------------- */

/** A pool that this process has open. Its fields are private, and here for the inline header alone. */
typedef struct dry_pool {
  dry_pool_header *header;   /* NULL: closed */
  uint8_t *used;
  uint32_t *stack;
  uint8_t *slots;
  const uint32_t *closed;    /* not 0 once the region behind it was closed */
  uint64_t stride_bytes;
  uint64_t stride_inverse;   /* see inline/slot.h */
  uint32_t stride_shift;
  uint32_t limit;            /* slots that memory is behind; `capacity` but in pools that grow */
  uint32_t plain;            /* `limit` in pools that are plain: in private memory, not guarded, wiped, tracked, nor
                                watched by AddressSanitizer or Valgrind. 0 elsewhere: the inline calls do nothing */
  void *owner;               /* private: what else close has to give back */
} dry_pool;

/** Zero is the default of every field but `object_bytes` and `capacity_slots`. */
typedef struct dry_pool_options {
  uint32_t struct_size;        /* sizeof(dry_pool_options) */
  uint32_t flags;              /* DRY_MEMORY_; in a span or region: GUARDED and WIPE only */
  uint64_t object_bytes;       /* 1 .. DRY_POOL_OBJECT_BYTES_MAX */
  uint64_t capacity_slots;     /* 1 .. DRY_POOL_CAPACITY_MAX */
  uint64_t align_bytes;        /* a power of two to DRY_POOL_ALIGN_MAX; 0: the largest that divides object_bytes, 16 at
                                  most; 64 or 128 put each object into cache lines of its own */
  uint64_t capacity_max_slots; /* private memory only: grow to this many; 0: do not grow */
  uint64_t chunk_slots;        /* how many it grows by at a time; 0: as many as there are */
} dry_pool_options;

/** Facts on a pool. */
typedef struct dry_pool_stats {
  uint64_t object_bytes;
  uint64_t stride_bytes;
  uint64_t align_bytes;
  uint64_t capacity_slots;     /* now; grows to capacity_max_slots */
  uint64_t capacity_max_slots;
  uint64_t in_use;             /* withdrawn slots included */
  uint64_t peak;               /* the most that were in use at once; survives reset */
  uint64_t failures;           /* requests answered DRY_FULL */
  uint64_t withdrawn;
  uint64_t size_bytes;         /* all memory of the pool */
  uint32_t granted;            /* DRY_MEMORY_ flags in force */
  uint32_t refused;            /* and those asked for in vain */
} dry_pool_stats;

/* ---- making, opening, closing --------------------------------------------------------------------------------- */

/// How many bytes a span must have. Errors: DRY_INVALID_ARGUMENT, DRY_TOO_LARGE (a limit above, or a product that
/// overflows).
DRY_API dry_status dry_pool_required_bytes(const dry_pool_options *options, uint64_t *bytes_out);

/// Lays a pool out in a span aligned to 64 (or to align_bytes where that is more). All of a region's or mmap's memory is.
/// Errors: DRY_INVALID_ARGUMENT, DRY_TOO_LARGE (the span is too small).   Cost: O(capacity), one byte a slot; with WIPE O(bytes).
DRY_API dry_status dry_pool_init(void *span, uint64_t span_bytes, const dry_pool_options *options);

/// Opens what dry_pool_init laid out; the span outlives the handle.
/// Errors: DRY_CORRUPT, DRY_INVALID_ARGUMENT, DRY_OUT_OF_MEMORY.   Cost: O(capacity).
DRY_API dry_status dry_pool_attach(void *span, uint64_t span_bytes, dry_pool *pool_out, dry_detail *detail);

/// A pool in private memory.   Owns: close it with dry_pool_close.
/// Errors: DRY_INVALID_ARGUMENT (names the field), DRY_TOO_LARGE, DRY_OUT_OF_MEMORY, DRY_UNSUPPORTED (with REQUIRED).
DRY_API dry_status dry_pool_create(const dry_pool_options *options, dry_pool *pool_out, dry_detail *detail);

/// A pool as a new part of a region that is open for writing.
/// Errors: also DRY_ALREADY_EXISTS, DRY_FULL (no room for the part), DRY_READ_ONLY, DRY_STALE, DRY_CLOSED.
DRY_API dry_status dry_pool_create_in(dry_region *region, const char *name, size_t name_bytes,
                                      const dry_pool_options *options, dry_pool *pool_out, dry_detail *detail);

/// The pool of that name. In a region opened for reading everything that changes it is DRY_READ_ONLY.
/// Cost: O(capacity); O(1) for reading.
/// Errors: DRY_NOT_FOUND, DRY_TYPE_MISMATCH, DRY_VERSION_MISMATCH, DRY_CORRUPT, DRY_CLOSED, DRY_INVALID_ARGUMENT,
/// DRY_OUT_OF_MEMORY, DRY_STALE (another writer took the region over).
DRY_API dry_status dry_pool_open(dry_region *region, const char *name, size_t name_bytes, dry_pool *pool_out,
                                 dry_detail *detail);

/// Gives up the handle; objects in private memory go with it.   Errors: DRY_INVALID_ARGUMENT for NULL.
DRY_API dry_status dry_pool_close(dry_pool *pool);

/* ---- by slot -------------------------------------------------------------------------------------------------- */

/* In a region every change can also be DRY_READ_ONLY (opened for reading or sharing), or DRY_STALE (another writer took the
   region over: region.h), and nothing changes then. */

/// Takes one slot and writes its number (0 .. capacity - 1): the one freed last; with none freed, the next never-used one.
/// What it contains is what was there before, zeros in fresh memory; 0xdf once it was used with GUARDED, always zeros with
/// WIPE.
/// Threads: one at a time.   Cost: O(1), no system call but when it grows.
/// Errors: DRY_FULL (counted), DRY_CORRUPT (the structure was damaged from outside; guarded: the slot was written to while
/// it was free, and is withdrawn; try again), DRY_OUT_OF_MEMORY (growing), DRY_CLOSED.   Owns: release the slot once.
DRY_API dry_status dry_pool_acquire(dry_pool *pool, uint32_t *slot_out);

/// Gives a slot back.   Cost: O(1), and O(object) with GUARDED or WIPE.
/// Errors: DRY_STALE (it is free), DRY_FOREIGN (beyond the capacity), DRY_CORRUPT (guarded: it was written beyond its end, or
/// its neighbour before its start; the slot is withdrawn), DRY_CLOSED.
DRY_API dry_status dry_pool_release(dry_pool *pool, uint32_t slot);

/// All `count` slots or none, in the order in which single calls would give them.   Cost: O(count).
/// Errors: DRY_FULL (fewer are free), as dry_pool_acquire; then the first entries, `capacity` at most, are zero.
DRY_API dry_status dry_pool_acquire_many(dry_pool *pool, uint32_t *slots_out, uint64_t count);

/// All of them, or none if one is wrong or comes twice.   Errors: as dry_pool_release.
DRY_API dry_status dry_pool_release_many(dry_pool *pool, const uint32_t *slots, uint64_t count);

/// The address of a taken slot's object.   Cost: O(1).   Errors: DRY_STALE (free), DRY_FOREIGN, DRY_CLOSED.
DRY_API dry_status dry_pool_at(const dry_pool *pool, uint32_t slot, void **memory_out);

/// Fills a taken slot's object with one byte.   Cost: O(object).   Errors: as dry_pool_at.
DRY_API dry_status dry_pool_fill(dry_pool *pool, uint32_t slot, uint8_t byte);

/// Copies `count` bytes out of, or into, a taken slot's object, from byte `at` of it on: for callers without pointers.
/// Cost: O(count).   Errors: as dry_pool_at; DRY_INVALID_ARGUMENT (a range beyond the object).
DRY_API dry_status dry_pool_read(const dry_pool *pool, uint32_t slot, uint64_t at, void *bytes_out, uint64_t count);
DRY_API dry_status dry_pool_write(dry_pool *pool, uint32_t slot, uint64_t at, const void *bytes, uint64_t count);

/// The first taken slot at or after `from`.   Cost: O(capacity / 8).   Errors: DRY_NOT_FOUND, DRY_CLOSED.
DRY_API dry_status dry_pool_next_used(const dry_pool *pool, uint32_t from, uint32_t *slot_out);

/* ---- by address ----------------------------------------------------------------------------------------------- */

/// As dry_pool_acquire, with the object's address.
DRY_API dry_status dry_pool_alloc(dry_pool *pool, void **memory_out);

/// As dry_pool_release. Errors: DRY_FOREIGN also for any address that is not the start of an object of this pool, NULL
/// and another pool's included.
DRY_API dry_status dry_pool_free(dry_pool *pool, void *memory);

/// As dry_pool_free, by the distance from the first slot in bytes.
DRY_API dry_status dry_pool_free_at(dry_pool *pool, uint64_t offset);

/// The slot that an address belongs to.   Errors: as dry_pool_free, without DRY_STALE.
DRY_API dry_status dry_pool_slot_of(const dry_pool *pool, const void *memory, uint32_t *slot_out);

/* ---- all of it ------------------------------------------------------------------------------------------------ */

/// Frees every slot; afterwards they come in ascending order from 0 again. Withdrawn ones come back too.
/// Cost: O(slots ever taken / 8) with a small factor, with GUARDED or WIPE O(bytes of the objects).
/// Errors: DRY_CORRUPT (the counters were damaged from outside; nothing changes), DRY_CLOSED.
DRY_API dry_status dry_pool_reset(dry_pool *pool);

/// Checks the structure and, guarded, every canary and free object.
/// Cost: O(capacity).   Errors: DRY_CORRUPT (detail names slot and cause), DRY_OUT_OF_MEMORY, DRY_CLOSED.
DRY_API dry_status dry_pool_validate(const dry_pool *pool, dry_detail *detail);

/// Tells of every slot in use, with the place that took it where it is tracked, and how many it told of (`count_out` may be
/// NULL); returns what the visitor ended with. The visitor may free the slot that it is told of.
/// Cost: O(capacity), and a search of the program's symbols for each tracked one.
/// Errors: DRY_INVALID_ARGUMENT (no visitor), DRY_CLOSED.
DRY_API dry_status dry_pool_report_leaks(const dry_pool *pool, dry_leak_visitor visitor, void *context,
                                         uint64_t *count_out);

/// Facts on the pool.   Errors: DRY_CORRUPT (the counters were damaged from outside), DRY_CLOSED.
DRY_API dry_status dry_pool_get_stats(const dry_pool *pool, dry_pool_stats *stats_out);

#ifdef __cplusplus
}
#endif
#endif

/* ---- drystone/scratch.h ---- */

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

/* ---- drystone/shared_pool.h ---- */

/*
 * shared_pool.h: slots of one size for any thread and, in shared memory, any process: without a lock.
 *
 *        0  +------------------------------+
 *           | dry_shared_pool_header       |  512 bytes: geometry, and the depot's heads, apart from each other
 *           +------------------------------+  owners_offset
 *           | owners  [capacity]           |  u32 a slot: 0 free, else who took it
 *           +------------------------------+  batches_offset (multiple of 128)
 *           | batches [batch_count]        |  dry_shared_pool_batch: up to 64 free slots that travel together
 *           +------------------------------+  caches_offset (multiple of 128)
 *           | caches  [cache_count]        |  dry_shared_pool_cache_record: which two batches are a cache's magazines
 *           +------------------------------+  slots_offset (multiple of 128, and of the slots' alignment)
 *           | slots   [capacity]           |  stride_bytes each
 *           +------------------------------+  size_bytes
 *
 * Whoever takes and frees slots does it through a cache: a handle for one thread at a time, which holds two batches of up
 * to 64 free slots as its magazines. Most calls touch the magazine alone. Only when both are empty, or both full, does the
 * cache trade one with the depot: 64 slots for two compare-and-swaps, and nothing is copied. The depot is three stacks of
 * batches: full ones, those that flushes left partly filled, and empty ones (R. Bonwick and J. Adams, "Magazines and
 * Vmem", 2001; R. K. Treiber, 1986). Their heads are words of a 24-bit batch number and a 40-bit tag that goes up with
 * every change, so a head that looks the same is the same (no ABA).
 *
 * How many slots can be out of reach: a cache that is not flushed keeps at most 128 free slots from the others. So with n
 * caches open, an acquire can be DRY_FULL while up to 128 x (n - 1) slots are free, and never otherwise but in the moment
 * in which another thread carries a batch. dry_shared_pool_flush gives a cache's slots back to the depot.
 *
 * An owner word names the cache that took the slot, by its number and by how often that number was opened before, so that
 * slots outlive the cache that took them and are never mistaken for a later cache's.
 *
 * A dead process: its caches stay behind. dry_shared_pool_reclaim finds them (each open cache of a region with a
 * descriptor holds an open-file-description lock, which the kernel drops when its owner dies, and every child that it
 * forked without an exec), returns their magazines, and frees what their owner words still name; dry_shared_pool_adopt
 * makes another cache the owner of a slot that was passed on, so that it outlives whoever took it. A process killed
 * within the few instructions in which a batch is neither in the depot nor in its cache strands that batch with at
 * most 64 slots; dry_shared_pool_repair, which wants to be alone, brings those back as well. A child that fork made
 * must not use its parent's caches; it opens its own.
 *
 * Double frees are DRY_STALE, whichever thread comes second; only two threads that free one slot at the same instant can
 * slip through, unless the pool is DRY_MEMORY_GUARDED, which makes the check one atomic step.
 *
 * Thread rule: a dry_shared_pool may be used by any thread; a dry_shared_pool_cache by one at a time.
 */
#ifndef DRYSTONE_SHARED_POOL_H
#define DRYSTONE_SHARED_POOL_H

#ifdef __cplusplus
extern "C" {
#endif

/* ---- stored layout: revision 1 -------------------------------------------------------------------------------- */

#define DRY_PART_SHARED_POOL 4
#define DRY_SHARED_POOL_FORMAT 1
#define DRY_SHARED_POOL_MAGIC 0x314c504552414853u /* the bytes "SHAREPL1" */
#define DRY_SHARED_POOL_HEADER_BYTES 512
#define DRY_SHARED_POOL_MAGAZINE_SLOTS 64
#define DRY_SHARED_POOL_CAPACITY_MAX 0x20000000u /* 2^29 */
#define DRY_SHARED_POOL_CACHES_DEFAULT 64
#define DRY_SHARED_POOL_CACHES_MAX 4096
#define DRY_SHARED_POOL_STRANDED_MAX 128         /* free slots that one open cache can keep from the others */
#define DRY_SHARED_POOL_BATCH_BITS 24            /* head word: batch number + 1 (0: none), then a 40-bit tag */
#define DRY_SHARED_POOL_SPARE_BATCHES 16         /* for calls without a cache: two for each of eight at once */
#define DRY_SHARED_POOL_OWNER_BITS 12            /* owner word: number of the cache, then its opening from 1 on, and */
#define DRY_SHARED_POOL_OWNER_FREEING 0x80000000u /* the mark that the slot is being given back */
#define DRY_SHARED_POOL_OWNER_NONE 1u            /* taken without a cache; no cache's word, since openings are 1 .. */
#define DRY_SHARED_POOL_OWNER_WITHDRAWN 0x80000002u /* found damaged: nobody gets it any more */
#define DRY_SHARED_POOL_OPENINGS_MAX 0x7ffffu

/** The first bytes of a shared pool. Fields to `header_crc` never change after creation. */
typedef struct dry_shared_pool_header {
  uint64_t magic;          /*   0  DRY_SHARED_POOL_MAGIC */
  uint64_t size_bytes;     /*   8 */
  uint64_t stride_bytes;   /*  16 */
  uint64_t owners_offset;  /*  24 */
  uint64_t batches_offset; /*  32 */
  uint64_t caches_offset;  /*  40 */
  uint64_t slots_offset;   /*  48 */
  uint32_t object_bytes;   /*  56 */
  uint32_t align_bytes;    /*  60 */
  uint32_t capacity;       /*  64  slots */
  uint32_t batch_count;    /*  68  see shared_pool_layout.c */
  uint32_t cache_count;    /*  72 */
  uint32_t flags;          /*  76  DRY_MEMORY_GUARDED, DRY_MEMORY_WIPE */
  uint32_t reserved0;      /*  80  zero */
  uint32_t header_crc;     /*  84  crc32c of bytes 0 .. 83 */
  uint64_t reserved1[5];   /*  88  zero */
  uint64_t full;           /* 128  atomic: head of the batches that hold 64 slots */
  uint64_t reserved2[15];
  uint64_t empty;          /* 256  atomic: head of the batches that hold none */
  uint64_t reserved3[15];
  uint64_t fresh;          /* 384  atomic: slots from here on were never taken */
  uint64_t failures;       /* 392  atomic: requests answered DRY_FULL */
  uint64_t resets;         /* 400  atomic */
  uint64_t reserved4[5];
  uint64_t partial;        /* 448  atomic: head of the batches that hold 1 .. 63 */
  uint64_t reserved5[7];
} dry_shared_pool_header;  /* 512 */

/** Slots that travel together: in one of the depot's stacks, or as a magazine. */
typedef struct dry_shared_pool_batch {
  uint32_t next;      /*   0  atomic: number + 1 of the batch below in its stack; 0: none */
  uint32_t count;     /*   4  slots in it */
  uint64_t reserved[15];
  uint32_t slots[DRY_SHARED_POOL_MAGAZINE_SLOTS]; /* 128  the last of them is taken first */
} dry_shared_pool_batch; /* 384 */

/** A cache. */
typedef struct dry_shared_pool_cache_record {
  uint32_t state;        /*   0  atomic: 0 free, 1 in use */
  uint32_t opening;      /*   4  how often it was opened, 1 .. DRY_SHARED_POOL_OPENINGS_MAX */
  uint32_t magazines[2]; /*   8  number + 1 of its batches; 0: none */
  uint64_t refills;      /*  16  batches from the depot */
  uint64_t flushes;      /*  24  batches to it */
  uint64_t reserved[12];
} dry_shared_pool_cache_record; /* 128 */

/* ---- handles and options -------------------------------------------------------------------------------------- */

/** A shared pool that this process has open. Its fields are private. */
typedef struct dry_shared_pool {
  dry_shared_pool_header *header; /* NULL: closed */
  uint32_t *owners;
  dry_shared_pool_batch *batches;
  dry_shared_pool_cache_record *caches;
  uint8_t *slots;
  const uint32_t *closed;
  uint64_t object_bytes;
  uint64_t stride_bytes;
  uint64_t stride_inverse; /* see inline/slot.h */
  uint32_t stride_shift;
  uint32_t capacity;
  uint32_t batch_count;
  uint32_t cache_count;
  uint32_t flags;
  uint32_t writable;
  uint32_t caches_open; /* atomic */
  uint32_t reserved;
  void *owner;
} dry_shared_pool;

/** A cache that one thread at a time works through. Its fields are private, and here for the inline header alone. */
typedef struct dry_shared_pool_cache {
  dry_shared_pool_batch *magazine; /* the one that is worked with; NULL: closed */
  uint32_t *owners;
  uint8_t *slots;
  const uint32_t *closed;  /* not 0 once the region behind it was closed */
  uint64_t stride_bytes;
  uint64_t stride_inverse; /* see inline/slot.h */
  uint32_t stride_shift;
  uint32_t capacity;
  uint32_t owner;          /* the word that says this cache took it */
  uint32_t plain;          /* 1: the inline path may do it all */
  uint32_t current;        /* which of the record's magazines `magazine` is: 0 or 1 */
  uint32_t number;         /* of the record */
  dry_shared_pool_batch *spare;
  dry_shared_pool_cache_record *record;
  dry_shared_pool *pool;   /* outlives the cache */
  int32_t descriptor;      /* which holds the lock that says we live; -1: none */
  uint32_t reserved;
} dry_shared_pool_cache;

/** Zero is the default of every field but `object_bytes` and `capacity_slots`. */
typedef struct dry_shared_pool_options {
  uint32_t struct_size;    /* sizeof(dry_shared_pool_options) */
  uint32_t flags;          /* DRY_MEMORY_; in a span or region: GUARDED and WIPE only */
  uint64_t object_bytes;   /* 1 .. 2^30 */
  uint64_t capacity_slots; /* 1 .. DRY_SHARED_POOL_CAPACITY_MAX */
  uint64_t align_bytes;    /* as for a pool; 128 keeps objects of different threads apart */
  uint64_t caches;         /* that can be open at once, 1 .. DRY_SHARED_POOL_CACHES_MAX; 0: the default */
} dry_shared_pool_options;

typedef struct dry_shared_pool_stats {
  uint64_t object_bytes;
  uint64_t stride_bytes;
  uint64_t capacity_slots;
  uint64_t in_use;         /* taken by users; exact while nobody works, else a snapshot */
  uint64_t cached;         /* free, but in some cache */
  uint64_t failures;       /* requests answered DRY_FULL */
  uint64_t caches;         /* open, those of dead processes included */
  uint64_t refills;        /* batches moved from the depot to caches */
  uint64_t flushes;        /* and back */
  uint64_t size_bytes;
  uint32_t granted;        /* DRY_MEMORY_ flags in force */
  uint32_t refused;        /* and those asked for in vain */
} dry_shared_pool_stats;

/* Making, opening, closing: as for pools (pool.h), with the same errors. Spans are aligned to 64, and to align_bytes where
   that is more; 128 is better, and what parts have but in a caller's buffer. A region that several processes share a pool
   in is opened with DRY_MODE_SHARE by all but its writer. Close the caches first: closing the pool with open ones is
   DRY_BUSY. */
DRY_API dry_status dry_shared_pool_required_bytes(const dry_shared_pool_options *options, uint64_t *bytes_out);
DRY_API dry_status dry_shared_pool_init(void *span, uint64_t span_bytes, const dry_shared_pool_options *options);
DRY_API dry_status dry_shared_pool_attach(void *span, uint64_t span_bytes, dry_shared_pool *pool_out,
                                          dry_detail *detail);
DRY_API dry_status dry_shared_pool_create(const dry_shared_pool_options *options, dry_shared_pool *pool_out,
                                          dry_detail *detail);
DRY_API dry_status dry_shared_pool_create_in(dry_region *region, const char *name, size_t name_bytes,
                                             const dry_shared_pool_options *options, dry_shared_pool *pool_out,
                                             dry_detail *detail);
DRY_API dry_status dry_shared_pool_open(dry_region *region, const char *name, size_t name_bytes,
                                        dry_shared_pool *pool_out, dry_detail *detail);
DRY_API dry_status dry_shared_pool_close(dry_shared_pool *pool);

/* ---- through a cache ------------------------------------------------------------------------------------------ */

/// Opens a cache. The pool's handle must not move or close before it.
/// Threads: any.   Cost: O(caches), and system calls in a region with a descriptor.
/// Errors: DRY_FULL (as many as there can be are open), DRY_READ_ONLY, DRY_CLOSED, DRY_IO.   Owns: close it once.
DRY_API dry_status dry_shared_pool_cache_open(dry_shared_pool *pool, dry_shared_pool_cache *cache_out,
                                              dry_detail *detail);

/// Flushes and closes. Slots that were taken through it stay taken.   Closing again is fine.
/// Threads: one at a time for this cache.   Cost: O(128), and a system call in a region with a descriptor.
/// Errors: DRY_INVALID_ARGUMENT for NULL.
DRY_API dry_status dry_shared_pool_cache_close(dry_shared_pool_cache *cache);

/// Takes a slot. Which one is not promised; what it contains is as for dry_pool_acquire.
/// Threads: one at a time for this cache.   Cost: O(1), no system call, two compare-and-swaps in 64 calls.
/// Errors: DRY_FULL (counted; see above for what caches hold), DRY_CORRUPT (as dry_pool_acquire), DRY_CLOSED.
/// Owns: release it once, through any cache of the pool, in any process.
DRY_API dry_status dry_shared_pool_cache_acquire(dry_shared_pool_cache *cache, uint32_t *slot_out);

/// Gives a slot back, whoever took it.
/// Errors: DRY_STALE (it is free), DRY_FOREIGN (beyond the capacity), DRY_CORRUPT (guarded: written beyond its end; the
/// slot is withdrawn), DRY_BUSY (no batch is left for it: so many processes were killed while they carried one, or call
/// without a cache right now; see dry_shared_pool_repair), DRY_CLOSED.
DRY_API dry_status dry_shared_pool_cache_release(dry_shared_pool_cache *cache, uint32_t slot);

/// By address: as above, and for free also DRY_FOREIGN for whatever is not the start of an object of this pool.
DRY_API dry_status dry_shared_pool_cache_alloc(dry_shared_pool_cache *cache, void **memory_out);
DRY_API dry_status dry_shared_pool_cache_free(dry_shared_pool_cache *cache, void *memory);

/// Several at once, for O(count). acquire: all or none; what the array holds after an error means nothing. release: all, or
/// none if one is wrong or comes twice.   Errors: as for one.
DRY_API dry_status dry_shared_pool_cache_acquire_many(dry_shared_pool_cache *cache, uint32_t *slots_out, uint64_t count);
DRY_API dry_status dry_shared_pool_cache_release_many(dry_shared_pool_cache *cache, const uint32_t *slots,
                                                      uint64_t count);

/// Gives the cache's free slots to the depot, for the others to take.
/// Cost: O(128).   Errors: DRY_BUSY (as for release; the rest stays in the cache), DRY_CLOSED.
DRY_API dry_status dry_shared_pool_flush(dry_shared_pool_cache *cache);

/// Makes this cache the owner of a taken slot that was passed to it: by somebody who lives and keeps it until then, since
/// what a dead process had may have been reclaimed, and be somebody else's.   Errors: DRY_STALE, DRY_FOREIGN, DRY_CLOSED.
DRY_API dry_status dry_shared_pool_adopt(dry_shared_pool_cache *cache, uint32_t slot);

/* ---- without one ---------------------------------------------------------------------------------------------- */

/// As through a cache, straight from and to the depot: for a call now and then. Nothing is kept back.
/// Threads: any.   Cost: two to four compare-and-swaps.   Errors: as through a cache, and DRY_READ_ONLY.
DRY_API dry_status dry_shared_pool_acquire(dry_shared_pool *pool, uint32_t *slot_out);
DRY_API dry_status dry_shared_pool_release(dry_shared_pool *pool, uint32_t slot);
/// By the distance from the first slot in bytes.   Errors: DRY_FOREIGN also inside an object.
DRY_API dry_status dry_shared_pool_release_at(dry_shared_pool *pool, uint64_t offset);

/// As for pools (pool.h).
/// Threads: any; an object's bytes belong to who has the slot.
DRY_API dry_status dry_shared_pool_at(const dry_shared_pool *pool, uint32_t slot, void **memory_out);
DRY_API dry_status dry_shared_pool_slot_of(const dry_shared_pool *pool, const void *memory, uint32_t *slot_out);
DRY_API dry_status dry_shared_pool_fill(dry_shared_pool *pool, uint32_t slot, uint8_t byte);
DRY_API dry_status dry_shared_pool_read(const dry_shared_pool *pool, uint32_t slot, uint64_t at, void *bytes_out,
                                        uint64_t count);
DRY_API dry_status dry_shared_pool_write(dry_shared_pool *pool, uint32_t slot, uint64_t at, const void *bytes,
                                         uint64_t count);

/* ---- care ----------------------------------------------------------------------------------------------------- */

/// Finds the caches of dead processes (in regions with a descriptor; elsewhere they cannot be told from living ones),
/// returns their magazines, and frees the slots that they own; says how many slots that brought back. Others may be at
/// work.
/// Threads: any.   Cost: system calls, O(caches), and O(capacity) for each dead one.
/// Errors: DRY_READ_ONLY, DRY_IO, DRY_BUSY (no batch is left for the slots; see dry_shared_pool_repair), DRY_CLOSED.
DRY_API dry_status dry_shared_pool_reclaim(dry_shared_pool *pool, uint64_t *slots_out, dry_detail *detail);

/// Makes the depot anew from the owner words: every free slot is in it, and all caches are closed. What dead caches own
/// stays taken from then on: dry_shared_pool_reclaim, called before, frees it.
/// Nobody else may be at work.   Cost: system calls, O(capacity), with GUARDED or WIPE O(bytes).
/// Errors: DRY_BUSY (a cache of a living process, or of this handle, is open), DRY_READ_ONLY, DRY_IO, DRY_CLOSED.
DRY_API dry_status dry_shared_pool_repair(dry_shared_pool *pool, dry_detail *detail);

/// Frees every slot. Nobody else may be at work, open caches are emptied. Never-used slots come in ascending order again.
/// Cost: O(slots ever taken), with GUARDED or WIPE O(bytes).   Errors: DRY_READ_ONLY, DRY_CLOSED.
DRY_API dry_status dry_shared_pool_reset(dry_shared_pool *pool);

/// Checks the structure and, guarded, every canary and free object; exact while nobody works.
/// Threads: any.   Cost: O(capacity).   Errors: DRY_CORRUPT (detail names place and cause), DRY_OUT_OF_MEMORY, DRY_CLOSED.
DRY_API dry_status dry_shared_pool_validate(const dry_shared_pool *pool, dry_detail *detail);

/// Facts on the pool; others may be at work.
/// Threads: any.   Cost: O(slots that were ever taken).   Errors: DRY_CLOSED.
DRY_API dry_status dry_shared_pool_get_stats(const dry_shared_pool *pool, dry_shared_pool_stats *stats_out);

#ifdef __cplusplus
}
#endif
#endif

/* ---- drystone/slab.h ---- */

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

/* ---- drystone/version.h ---- */

/*
 * version.h: which drystone this is, at compile time and at run time.
 *
 * Three numbers that change for different reasons:
 *   version   of the library as a product (semantic versioning)
 *   ABI       of the functions and structs in these headers; a wrapper built for one ABI refuses another
 *   format    of the stored bytes; see DRY_REGION_FORMAT and DRY_KV_FORMAT
 */
#ifndef DRYSTONE_VERSION_H
#define DRYSTONE_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

#define DRY_VERSION_MAJOR 0
#define DRY_VERSION_MINOR 1
#define DRY_VERSION_PATCH 0
#define DRY_VERSION_STRING "0.1.0"
/** Major x 1,000,000 + minor x 1,000 + patch. */
#define DRY_VERSION_NUMBER 1000
/** Raised whenever a struct or function in the public headers changes incompatibly. */
#define DRY_ABI 1

/// The version of the library that is linked: DRY_VERSION_NUMBER at the time it was built.
/// Threads: any.   Cost: O(1).   Errors: none.
DRY_API uint32_t dry_version_number(void);

/// The same as text, "0.1.0".
/// Threads: any.   Cost: O(1).   Errors: none.   Owns: static storage.
DRY_API const char *dry_version_string(void);

/// Compares the caller's DRY_ABI with the library's: call it once with `DRY_ABI` before anything else.
/// Threads: any.   Cost: O(1).   Errors: DRY_VERSION_MISMATCH.
DRY_API dry_status dry_abi_check(uint32_t abi);

/// The CPU level in use: "scalar", "sse4.2", "crc" (AArch64 with CRC instructions). The environment variable
/// DRYSTONE_CPU_LEVEL=scalar forces the first; results never depend on the level.
/// Threads: any.   Cost: O(1).   Errors: none.   Owns: static storage.
DRY_API const char *dry_cpu_level(void);

#ifdef __cplusplus
}
#endif
#endif

#endif
