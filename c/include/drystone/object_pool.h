/* SPDX-License-Identifier: MIT OR Apache-2.0 */
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

#include "drystone/memory.h"

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
