/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "drystone/status.h"

typedef struct status_row {
  const char *name;
  const char *text;
} status_row;

/* Indexed by the status itself. */
static const status_row rows[] = {
    [DRY_OK] = {"ok", "Done."},
    [DRY_INVALID_ARGUMENT] = {"invalid_argument", "An argument is outside its documented range."},
    [DRY_OUT_OF_MEMORY] = {"out_of_memory", "The operating system refused memory or disk space."},
    [DRY_FULL] = {"full", "A fixed capacity is used up."},
    [DRY_NOT_FOUND] = {"not_found", "There is no such key, part, file or object."},
    [DRY_ALREADY_EXISTS] = {"already_exists", "The key, part, file or object is there already."},
    [DRY_TYPE_MISMATCH] = {"type_mismatch", "It exists, but it is of another kind."},
    [DRY_STALE] = {"stale", "The handle, mark or ownership has been outlived."},
    [DRY_FOREIGN] = {"foreign", "This does not come from this structure."},
    [DRY_TOO_LARGE] = {"too_large", "It is above a documented maximum, or larger than the buffer for it."},
    [DRY_BUSY] = {"busy", "Another writer holds it."},
    [DRY_READ_ONLY] = {"read_only", "It was opened for reading only."},
    [DRY_CORRUPT] = {"corrupt", "Stored bytes contradict the format or their checksum."},
    [DRY_VERSION_MISMATCH] = {"version_mismatch", "It was written by another revision of the format or library."},
    [DRY_CONFLICT] = {"conflict", "The entry has another version by now."},
    [DRY_TIMED_OUT] = {"timed_out", "The bound on attempts or time was reached."},
    [DRY_IO] = {"io", "The operating system reported an error."},
    [DRY_UNSUPPORTED] = {"unsupported", "This system, kind or layout cannot do that."},
    [DRY_CLOSED] = {"closed", "The handle is closed, or was never opened."},
};
_Static_assert(sizeof rows / sizeof rows[0] == DRY_STATUS_COUNT, "one row a status");

static const status_row *row_of(dry_status status) {
  static const status_row unknown = {"unknown", "This is no status of this library."};
  return status >= 0 && status < DRY_STATUS_COUNT ? &rows[status] : &unknown;
}

const char *dry_status_name(dry_status status) { return row_of(status)->name; }

const char *dry_status_text(dry_status status) { return row_of(status)->text; }
