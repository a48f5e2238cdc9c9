// SPDX-License-Identifier: MIT OR Apache-2.0
// What the command says and answers when something goes wrong.
#ifndef DRYSTONE_CLI_FAILURE_H
#define DRYSTONE_CLI_FAILURE_H

#include <stdexcept>
#include <string>

#include "drystone/status.h"

namespace cli {

// The command's exit codes. They are part of its interface: scripts rely on them, and --help lists them.
enum Exit : int {
  kOk = 0,
  kNo = 1,       // not found, already there, another version: the answer is no
  kBadInput = 2, // usage, a bad row, a value outside its range
  kCorrupt = 3,
  kBusy = 4,
  kSystem = 5,
  kFull = 6,
};

// One line a code, for the foot of --help.
std::string exit_code_table();

// The exit code that stands for a status of the library.
Exit exit_for(dry_status status);

// Ends the command with a message on stderr and an exit code.
class Failure : public std::runtime_error {
 public:
  Failure(Exit code, const std::string &message) : std::runtime_error(message), code_(code), status_(DRY_OK) {}
  Failure(dry_status status, const std::string &message)
      : std::runtime_error(message), code_(exit_for(status)), status_(status) {}
  Exit code() const { return code_; }
  // DRY_OK where the failure did not come from the library.
  dry_status status() const { return status_; }

 private:
  Exit code_;
  dry_status status_;
};

// Whoever reads our standard output has gone (`drystone dump ... | head`). Not an error: the command just ends.
class ReaderGone {};

// Throws a Failure unless `status` is DRY_OK. `subject` names what was worked on, `detail` (may be NULL) why it failed.
void check(dry_status status, const std::string &subject, const dry_detail *detail = nullptr);

// A failed system call on `subject`: ENOENT is a plain "not found", everything else an error of the system.
[[noreturn]] void fail_with_errno(const std::string &subject, int error);

}  // namespace cli

#endif
