/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _GNU_SOURCE /* strerror_r */
#include "base/detail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PREFIX_BYTES_MAX 200
#define SEPARATOR ": "

static void fill(dry_detail *detail, dry_status status, int os_error, uint64_t offset, const char *format,
                 va_list arguments) {
  if (!detail) return;
  memset(detail, 0, sizeof *detail);
  detail->status = status;
  detail->os_error = os_error;
  detail->offset = offset;
  (void)vsnprintf(detail->text, sizeof detail->text, format, arguments);
}

dry_status dryi_fail(dry_detail *detail, dry_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fill(detail, status, 0, 0, format, arguments);
  va_end(arguments);
  return status;
}

dry_status dryi_fail_at(dry_detail *detail, dry_status status, uint64_t offset, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fill(detail, status, 0, offset, format, arguments);
  va_end(arguments);
  return status;
}

static dry_status status_of(int os_error) {
  switch (os_error) {
    case ENOENT: return DRY_NOT_FOUND;
    case EEXIST: return DRY_ALREADY_EXISTS;
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return DRY_OUT_OF_MEMORY;
    case ELOOP:
    case EISDIR:
    case ENAMETOOLONG: return DRY_INVALID_ARGUMENT;
    case ENOSYS:
    case EOPNOTSUPP: return DRY_UNSUPPORTED;
    default: return DRY_IO;
  }
}

/* glibc's strerror_r under _GNU_SOURCE returns the text, POSIX's (musl) fills the buffer. */
static const char *error_text(int os_error, char *buffer, size_t bytes) {
#if defined(__GLIBC__)
  return strerror_r(os_error, buffer, bytes);
#else
  return strerror_r(os_error, buffer, bytes) == 0 ? buffer : "unknown error";
#endif
}

dry_status dryi_fail_os(dry_detail *detail, int os_error, const char *format, ...) {
  dry_status status = status_of(os_error);
  va_list arguments;
  va_start(arguments, format);
  fill(detail, status, os_error, 0, format, arguments);
  va_end(arguments);
  if (detail) {
    char buffer[96] = "";
    const char *text = error_text(os_error, buffer, sizeof buffer);
    size_t used = strlen(detail->text);
    (void)snprintf(detail->text + used, sizeof detail->text - used, ": %s", text);
  }
  return status;
}

void dryi_detail_prefix(dry_detail *detail, const char *prefix) {
  if (!detail || !prefix || !*prefix) return;
  size_t added = strnlen(prefix, PREFIX_BYTES_MAX);
  size_t kept = strnlen(detail->text, sizeof detail->text - added - sizeof SEPARATOR);
  memmove(detail->text + added + sizeof SEPARATOR - 1, detail->text, kept);
  memcpy(detail->text, prefix, added);
  memcpy(detail->text + added, SEPARATOR, sizeof SEPARATOR - 1);
  detail->text[added + sizeof SEPARATOR - 1 + kept] = 0;
}

dry_status dryi_done(dry_detail *detail) {
  if (detail) memset(detail, 0, sizeof *detail);
  return DRY_OK;
}
