/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fail_nth.h: makes one system call or allocation of the core fail, or all from one on. */
#ifndef DRYSTONE_TESTS_FAULTS_FAIL_NTH_H
#define DRYSTONE_TESTS_FAULTS_FAIL_NTH_H

#include <errno.h>

#include <cstdint>
#include <string>

#include "tests/faults/hooks.h"

namespace faults {

/** The errno that a call of that name fails with. */
inline int ErrorFor(const std::string &call) {
  if (call == "malloc" || call == "mmap" || call == "mprotect" || call == "madvise") return ENOMEM;
  if (call == "posix_fallocate" || call == "pwrite") return ENOSPC;
  if (call == "fcntl") return ENOLCK;
  if (call == "open") return EMFILE;
  if (call == "getrandom") return ENOSYS;
  if (call == "pthread_key_create" || call == "pthread_atfork" || call == "pthread_setspecific") return ENOMEM;
  return EIO;
}

/** Fails the n-th call (from 1), or all from the n-th on, and remembers which it was. */
class FailNth {
 public:
  FailNth(uint64_t n, bool for_ever)
      : left_(n), hooks_(nullptr, [this, for_ever](const std::string &call) {
          if (left_ > 1 || (left_ == 0 && !for_ever)) {
            left_ -= left_ > 0;
            return 0;
          }
          left_ = 0;
          if (failed_.empty()) failed_ = call;
          return ErrorFor(call);
        }) {}
  /** The call that failed first, "" when there were fewer than n. */
  const std::string &failed() const { return failed_; }

 private:
  uint64_t left_;
  std::string failed_;
  Hooks hooks_;
};

}  // namespace faults

#endif
