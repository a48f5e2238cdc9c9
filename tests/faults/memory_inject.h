/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* memory_inject.h: each system call and allocation of one call fails, once and for ever, and nothing is changed or lost. */
#ifndef DRYSTONE_TESTS_FAULTS_MEMORY_INJECT_H
#define DRYSTONE_TESTS_FAULTS_MEMORY_INJECT_H

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "tests/faults/fail_nth.h"
#include "tests/support/process.h"
#include "tests/support/status.h"

namespace faults {

/** Everything that `act` makes is undone by `undo`; `unchanged` says whether a failed one left all as it was. */
struct MemorySubject {
  std::function<dry_status()> act;
  std::function<void()> undo;
  std::function<bool()> unchanged = [] { return true; };
};

inline void FailEachOf(const MemorySubject &subject, bool for_ever, const std::set<std::string> &may_be_ignored) {
  for (uint64_t n = 1;; n++) {
    const support::Held held = support::HeldNow();
    dry_status status;
    std::string failed;
    {
      FailNth fail(n, for_ever);
      status = subject.act();
      failed = fail.failed();
    }
    SCOPED_TRACE((for_ever ? "all from " : "only ") + std::to_string(n) + ": " + failed);
    if (failed.empty()) {
      EXPECT_STATUS(DRY_OK, status);
      EXPECT_GT(n, 1u) << "nothing was tested";
      subject.undo();
      return;
    }
    if (status == DRY_OK) {
      EXPECT_TRUE(may_be_ignored.count(failed)) << "a failure was swallowed";
      subject.undo();
    } else {
      EXPECT_TRUE(status == DRY_OUT_OF_MEMORY || status == DRY_UNSUPPORTED) << dry_status_name(status);
      EXPECT_TRUE(subject.unchanged());
      EXPECT_TRUE(held == support::HeldNow()) << "leaked";
    }
    if (testing::Test::HasFailure()) return;
  }
}

/** `may_be_ignored`: calls that only hint at something, whose failure the statistics tell. */
inline void FailEachOf(const MemorySubject &subject, const std::set<std::string> &may_be_ignored = {}) {
  FailEachOf(subject, false, may_be_ignored);
  FailEachOf(subject, true, may_be_ignored);
}

}  // namespace faults

#endif
