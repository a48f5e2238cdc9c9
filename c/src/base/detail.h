/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* detail.h: fills the caller's dry_detail. */
#ifndef DRYI_BASE_DETAIL_H
#define DRYI_BASE_DETAIL_H

#include "base/arith.h"
#include "drystone/status.h"

#if defined(__GNUC__)
#define DRYI_PRINTF(at) __attribute__((format(printf, at, (at) + 1)))
#else
#define DRYI_PRINTF(at)
#endif

/* Each returns `status`, so that a failure is one line: return dryi_fail(detail, DRY_CORRUPT, "...", ...). */
DRYI_LOCAL dry_status dryi_fail(dry_detail *detail, dry_status status, const char *format, ...) DRYI_PRINTF(3);
DRYI_LOCAL dry_status dryi_fail_at(dry_detail *detail, dry_status status, uint64_t offset, const char *format, ...)
    DRYI_PRINTF(4);
/* For a failed system call: the status follows from `os_error`, and its text is added. */
DRYI_LOCAL dry_status dryi_fail_os(dry_detail *detail, int os_error, const char *format, ...) DRYI_PRINTF(3);

/* Puts "`prefix`: " in front of the text: for callers that know which object their callee was about. */
DRYI_LOCAL void dryi_detail_prefix(dry_detail *detail, const char *prefix);

/* Zero-fills it, and returns DRY_OK. */
DRYI_LOCAL dry_status dryi_done(dry_detail *detail);

#endif
