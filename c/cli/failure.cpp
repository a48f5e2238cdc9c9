// SPDX-License-Identifier: MIT OR Apache-2.0
#include "failure.h"

#include <cerrno>
#include <cstring>

namespace cli {

std::string exit_code_table() {
  return "Exit codes:\n"
         "  0  done, and the answer is yes\n"
         "  1  the answer is no: not found, already there, or another version\n"
         "  2  usage or bad input: an option, a bad row, a name or size out of range\n"
         "  3  corrupt: stored bytes contradict the format or a checksum, or come from another format\n"
         "  4  busy: another writer has it, or took it over\n"
         "  5  the system refused: permission, memory, disk space, input or output\n"
         "  6  full: the region or the part has no room left";
}

Exit exit_for(dry_status status) {
  switch (status) {
    case DRY_OK:
      return kOk;
    case DRY_NOT_FOUND:
    case DRY_ALREADY_EXISTS:
    case DRY_CONFLICT:
      return kNo;
    case DRY_INVALID_ARGUMENT:
    case DRY_TYPE_MISMATCH:
    case DRY_TOO_LARGE:
    case DRY_READ_ONLY:
      return kBadInput;
    case DRY_CORRUPT:
    case DRY_VERSION_MISMATCH:
      return kCorrupt;
    case DRY_BUSY:
    case DRY_STALE:
    case DRY_TIMED_OUT:
      return kBusy;
    case DRY_FULL:
      return kFull;
    default:
      return kSystem;
  }
}

void check(dry_status status, const std::string &subject, const dry_detail *detail) {
  if (status == DRY_OK) return;
  const bool explained = detail != nullptr && detail->text[0] != '\0';
  throw Failure(status, subject + ": " + dry_status_name(status) + ": " +
                            (explained ? detail->text : dry_status_text(status)));
}

void fail_with_errno(const std::string &subject, int error) {
  throw Failure(error == ENOENT ? kNo : kSystem, subject + ": " + std::strerror(error));
}

}  // namespace cli
