/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Scratches where the system refuses memory. The settings and the key of pthreads are made once a process. */
#include "tests/faults/memory_inject.h"

namespace {

using faults::FailEachOf;
using faults::FailNth;

uint64_t Threads() {
  dry_scratch_stats stats;
  EXPECT_STATUS(DRY_OK, dry_scratch_get_thread_stats(&stats));
  return stats.threads;
}

/* The first test of the process, so that making the key is among what fails. */
TEST(ScratchInject, AThreadsFirst) {
  dry_scratch *scratch = nullptr;
  FailEachOf({[&] { return dry_scratch_thread(&scratch); }, [] { EXPECT_STATUS(DRY_OK, dry_scratch_release_thread()); },
              [&] { return scratch == nullptr && Threads() == 0; }});
}

TEST(ScratchInject, Create) {
  dry_scratch scratch = {};
  FailEachOf({[&] { return dry_scratch_create(nullptr, &scratch, nullptr); },
              [&] { EXPECT_STATUS(DRY_OK, dry_scratch_close(&scratch)); }});
}

TEST(ScratchInject, AnotherLevelOfScopes) {
  for (uint64_t depth : {DRY_SCRATCH_LEVELS, 2 * DRY_SCRATCH_LEVELS}) {
    dry_scratch scratch = {};
    ASSERT_STATUS(DRY_OK, dry_scratch_create(nullptr, &scratch, nullptr));
    dry_scratch_scope outermost, scope;
    ASSERT_STATUS(DRY_OK, dry_scratch_begin(&scratch, &outermost));
    for (uint64_t i = 1; i < depth; i++) ASSERT_STATUS(DRY_OK, dry_scratch_begin(&scratch, &scope));
    const uint64_t before = scratch.scopes;
    FailEachOf({[&] { return dry_scratch_begin(&scratch, &scope); }, [] {},
                [&] { return scratch.depth == depth && scratch.scopes == before && scope.depth == 0; }},
               false, {});
    EXPECT_STATUS(DRY_OK, dry_scratch_end(&scratch, &outermost));
    EXPECT_STATUS(DRY_OK, dry_scratch_close(&scratch));
  }
}

TEST(ScratchInject, ScopesAndAllocationsCallNothingThatCanFail) {
  dry_scratch *scratch;
  ASSERT_STATUS(DRY_OK, dry_scratch_thread(&scratch));
  FailNth fail(1, true);
  for (int i = 0; i < 1000; i++) {
    dry_scratch_scope outer, inner;
    void *memory;
    ASSERT_STATUS(DRY_OK, dry_scratch_begin(scratch, &outer));
    ASSERT_STATUS(DRY_OK, dry_scratch_begin(scratch, &inner));
    ASSERT_STATUS(DRY_OK, dry_scratch_alloc(scratch, 1000, 64, &memory));
    ASSERT_STATUS(DRY_OK, dry_scratch_end(scratch, &outer));
  }
  EXPECT_EQ("", fail.failed());
  EXPECT_STATUS(DRY_OK, dry_scratch_release_thread());
}

}  // namespace
