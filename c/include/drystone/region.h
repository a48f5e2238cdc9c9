/* SPDX-License-Identifier: MIT OR Apache-2.0 */
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

#include "drystone/status.h"

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
