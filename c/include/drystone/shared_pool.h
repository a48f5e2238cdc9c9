/* SPDX-License-Identifier: MIT OR Apache-2.0 */
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

#include "drystone/memory.h"
#include "drystone/region.h"

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
