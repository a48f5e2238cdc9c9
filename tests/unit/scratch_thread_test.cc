/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Each thread's own scratch. Settings and counts belong to the process, so each test leaves the main thread without one,
 * and compares counts with what they were.
 */
#include <pthread.h>

#include <cstring>
#include <functional>
#include <thread>

#include "tests/support/process.h"
#include "tests/support/status.h"

namespace {

dry_scratch_stats All() {
  dry_scratch_stats stats = {};
  EXPECT_STATUS(DRY_OK, dry_scratch_get_thread_stats(&stats));
  return stats;
}

dry_scratch *Mine() {
  dry_scratch *scratch = nullptr;
  EXPECT_STATUS(DRY_OK, dry_scratch_thread(&scratch));
  return scratch;
}

void InAThread(const std::function<void()> &body) { std::thread(body).join(); }

/** A scope with `count` objects of `size` bytes in it. */
void Work(int count, uint64_t size) {
  dry_scratch *scratch = Mine();
  dry_scratch_scope scope;
  ASSERT_STATUS(DRY_OK, dry_scratch_begin(scratch, &scope));
  for (int i = 0; i < count; i++) {
    void *memory;
    ASSERT_STATUS(DRY_OK, dry_scratch_alloc(scratch, size, 16, &memory));
    memset(memory, i, size);
  }
  ASSERT_STATUS(DRY_OK, dry_scratch_end(scratch, &scope));
}

class ScratchThread : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_STATUS(DRY_OK, dry_scratch_release_thread());
    EXPECT_EQ(0u, All().threads);
    const dry_scratch_options defaults = {sizeof defaults, 0, 0, 0, 0};
    EXPECT_STATUS(DRY_OK, dry_scratch_configure(&defaults, nullptr));
  }
};

TEST_F(ScratchThread, HasOneOfItsOwnOfOneMegabyte) {
  dry_scratch *mine = Mine(), *other = nullptr;
  EXPECT_EQ(mine, Mine());
  InAThread([&other] { other = Mine(); });
  EXPECT_NE(nullptr, other);
  EXPECT_NE(mine, other);
  dry_scratch_stats stats;
  ASSERT_STATUS(DRY_OK, dry_scratch_get_stats(mine, &stats));
  EXPECT_EQ(1u << 20, stats.capacity_bytes);
}

TEST_F(ScratchThread, LosesItWithItsEndAndItsCountsStay) {
  const dry_scratch_stats before = All();
  InAThread([] {
    Work(10, 1000);
    EXPECT_EQ(1u, All().threads);
  });
  const dry_scratch_stats after = All();
  EXPECT_EQ(0u, after.threads);
  EXPECT_EQ(0u, after.capacity_bytes);
  EXPECT_EQ(before.threads_ended + 1, after.threads_ended);
  EXPECT_EQ(before.allocations + 10, after.allocations);
  EXPECT_EQ(before.scopes + 1, after.scopes);
  EXPECT_EQ(before.resets + 1, after.resets);
  EXPECT_GE(after.peak_bytes, 10u * 1000);
}

TEST_F(ScratchThread, SumsWhatIsAliveAndTakesTheHighestPeak) {
  const dry_scratch_stats before = All();
  Work(3, 100);
  InAThread([&before] {
    Work(1, 500000);
    dry_scratch_scope scope;
    void *memory;
    ASSERT_STATUS(DRY_OK, dry_scratch_begin(Mine(), &scope));
    ASSERT_STATUS(DRY_OK, dry_scratch_alloc(Mine(), 4000, 1, &memory));
    ASSERT_STATUS(DRY_FULL, dry_scratch_alloc(Mine(), 2 << 20, 1, &memory));
    EXPECT_EQ(before.allocations + 4, All().allocations) << "as of the last end of an outermost scope";
    dry_scratch_stats mine;
    ASSERT_STATUS(DRY_OK, dry_scratch_get_stats(Mine(), &mine));
    const dry_scratch_stats all = All();
    EXPECT_EQ(before.allocations + 5, all.allocations) << "or of a call for statistics";
    EXPECT_EQ(before.failures + 1, all.failures);
    EXPECT_EQ(4000u, all.used_bytes);
    EXPECT_EQ(1u, all.depth);
    EXPECT_EQ(2u, all.threads);
    EXPECT_EQ(2u << 20, all.capacity_bytes);
    EXPECT_GE(all.peak_bytes, 500000u);
  });
  EXPECT_EQ(before.allocations + 5, All().allocations);
}

TEST_F(ScratchThread, CanReleaseItAndGetsAnother) {
  const dry_scratch_stats before = All();
  Work(2, 10);
  EXPECT_STATUS(DRY_OK, dry_scratch_release_thread());
  EXPECT_STATUS(DRY_OK, dry_scratch_release_thread()) << "there is none now";
  EXPECT_EQ(before.allocations + 2, All().allocations);
  EXPECT_EQ(before.threads_ended + 1, All().threads_ended);
  Work(2, 10);
  EXPECT_EQ(before.allocations + 4, All().allocations);
}

TEST_F(ScratchThread, CannotReleaseItInAScope) {
  dry_scratch_scope scope;
  ASSERT_STATUS(DRY_OK, dry_scratch_begin(Mine(), &scope));
  EXPECT_STATUS(DRY_BUSY, dry_scratch_release_thread());
  EXPECT_STATUS(DRY_OK, dry_scratch_end(Mine(), &scope));
}

TEST_F(ScratchThread, IsConfiguredBeforeTheFirstIsMade) {
  dry_scratch_options options = {sizeof options, DRY_OVERFLOW_FALLBACK, 3 << 20, 0, 1};
  ASSERT_STATUS(DRY_OK, dry_scratch_configure(&options, nullptr));
  void *memory;
  dry_scratch_stats stats;
  ASSERT_STATUS(DRY_OK, dry_scratch_alloc(Mine(), 4 << 20, 1, &memory));
  ASSERT_STATUS(DRY_OK, dry_scratch_get_stats(Mine(), &stats));
  EXPECT_EQ(3u << 20, stats.capacity_bytes);
  EXPECT_EQ(1u, stats.fallbacks);
}

TEST_F(ScratchThread, CannotBeConfiguredWhileThereIsOne) {
  Mine();
  dry_scratch_options options = {sizeof options, 0, 3 << 20, 0, 0};
  dry_detail detail;
  EXPECT_STATUS(DRY_BUSY, dry_scratch_configure(&options, &detail));
  EXPECT_STREQ("scratch: some thread has one already", detail.text);
  EXPECT_STATUS(DRY_OK, dry_scratch_release_thread());
  dry_scratch_stats stats;
  ASSERT_STATUS(DRY_OK, dry_scratch_get_stats(Mine(), &stats));
  EXPECT_EQ(1u << 20, stats.capacity_bytes) << "nothing changed";
}

TEST_F(ScratchThread, GoesOnInAForkedChild) {
  Work(2, 10);
  std::thread other;
  support::Pipe ready, done;
  other = std::thread([&] {
    Work(3, 10);
    ready.Send('r');
    done.Receive();
  });
  ready.Receive();
  const dry_scratch_stats before = All();
  support::Child child([&before] {
    const dry_scratch_stats stats = All();
    if (stats.threads != 1 || stats.threads_ended != before.threads_ended + 1) return 1;
    if (stats.allocations != before.allocations) return 2;
    Work(4, 10);
    if (All().allocations != before.allocations + 4) return 3;
    return dry_scratch_release_thread() == DRY_OK && All().threads == 0 ? 0 : 4;
  });
  EXPECT_EQ(0, child.Wait());
  EXPECT_EQ(2u, All().threads) << "the parent's are as they were";
  done.Send('d');
  other.join();
}

/* Keys are destroyed in the order in which they were made, so this one's destructor runs when the scratch has gone. */
TEST_F(ScratchThread, MayBeUsedOnceMoreByADestructorAtTheEndOfTheThread) {
  Work(1, 10);
  pthread_key_t late;
  ASSERT_EQ(0, pthread_key_create(&late, [](void *) { Work(1, 10); }));
  const dry_scratch_stats before = All();
  InAThread([late] {
    Work(1, 10);
    ASSERT_EQ(0, pthread_setspecific(late, &late));
  });
  EXPECT_EQ(before.allocations + 2, All().allocations);
  EXPECT_EQ(before.threads_ended + 2, All().threads_ended);
  EXPECT_EQ(1u, All().threads);
  pthread_key_delete(late);
}

TEST_F(ScratchThread, IsAsLargeAsConfiguredFromOneMegabyteToOneGigabyte) {
  for (uint64_t capacity : {uint64_t{DRY_SCRATCH_BYTES_MIN}, uint64_t{DRY_SCRATCH_BYTES_MAX}}) {
    const dry_scratch_options options = {sizeof options, DRY_OVERFLOW_ERROR, capacity, 0, 1};
    ASSERT_STATUS(DRY_OK, dry_scratch_configure(&options, nullptr));
    InAThread([capacity] {
      dry_scratch_stats stats;
      void *memory;
      ASSERT_STATUS(DRY_OK, dry_scratch_get_stats(Mine(), &stats));
      EXPECT_EQ(capacity, stats.capacity_bytes);
      EXPECT_STATUS(DRY_OK, dry_scratch_ensure(Mine(), 1 << 20, 1));
      EXPECT_STATUS(DRY_FULL, dry_scratch_alloc(Mine(), capacity + 1, 1, &memory));
    });
  }
}

TEST_F(ScratchThread, SumsOverflowsResetsAndScopesOfAllThreads) {
  const dry_scratch_options options = {sizeof options, DRY_OVERFLOW_FALLBACK, 0, 0, 0};
  ASSERT_STATUS(DRY_OK, dry_scratch_configure(&options, nullptr));
  const dry_scratch_stats before = All();
  for (uint64_t i = 1; i <= 3; i++) {
    InAThread([i] {
      for (uint64_t scope = 0; scope < i; scope++) Work(2, DRY_SCRATCH_BYTES_DEFAULT); /* one fits, one is from the heap */
      dry_scratch_stats mine;
      ASSERT_STATUS(DRY_OK, dry_scratch_get_stats(Mine(), &mine));
      EXPECT_EQ(i, mine.fallbacks);
      EXPECT_EQ(i, mine.resets);
      EXPECT_EQ(DRY_SCRATCH_BYTES_DEFAULT, mine.peak_bytes);
    });
  }
  const dry_scratch_stats all = All();
  EXPECT_EQ(before.fallbacks + 6, all.fallbacks);
  EXPECT_EQ(before.resets + 6, all.resets);
  EXPECT_EQ(before.scopes + 6, all.scopes);
  EXPECT_EQ(before.allocations + 12, all.allocations);
  EXPECT_EQ(before.threads_ended + 3, all.threads_ended);
}

}  // namespace
