/* SPDX-License-Identifier: MIT OR Apache-2.0 */
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

#include "drystone/memory.h"
#include "drystone/region.h"

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
