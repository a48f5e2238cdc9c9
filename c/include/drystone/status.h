/* SPDX-License-Identifier: MIT OR Apache-2.0 */
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
