/* SPDX-License-Identifier: MIT OR Apache-2.0 */
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

#include "drystone/region.h"
#include "drystone/status.h"

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
