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
 * DRY_STALE. Readers map read-only, register nowhere and take no lock, so they can crash or stall unnoticed.
 *
 * Creation is atomic: the object is built without a name, with its space really allocated, and linked to its name when
 * it is ready. Whoever opens the name finds a whole region or none. A killed creator leaves nothing behind.
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

/** Option flags, or-ed together. */
#define DRY_REGION_PREFAULT 1u   /* touch every page now, so that no later write pays for its first touch */
#define DRY_REGION_HUGE_PAGES 2u /* ask for transparent huge pages; a refusal is no error */
#define DRY_REGION_TAKE_OVER 4u  /* open for writing although a writer holds the lock: its next change is DRY_STALE */

/** A region that this process has open. Zero-filled it counts as closed. Do not copy it; its fields are private. */
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
  uint32_t mode;         /* DRY_MODE_READ or DRY_MODE_WRITE */
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
