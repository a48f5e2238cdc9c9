/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Many threads with a scratch each, for ThreadSanitizer first of all: nothing is lost of what they count. */
#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

dry_scratch_stats All() {
  dry_scratch_stats stats = {};
  EXPECT_STATUS(DRY_OK, dry_scratch_get_thread_stats(&stats));
  return stats;
}

/** `rounds` scopes with two objects each, of which the second is in a scope inside. False: something went wrong. */
bool Work(uint64_t rounds) {
  dry_scratch *scratch;
  if (dry_scratch_thread(&scratch) != DRY_OK) return false;
  for (uint64_t round = 0; round < rounds; round++) {
    dry_scratch_scope outer, inner;
    void *one, *two;
    if (dry_scratch_begin(scratch, &outer) != DRY_OK || dry_scratch_alloc(scratch, 100, 8, &one) != DRY_OK) return false;
    memset(one, 1, 100);
    if (dry_scratch_begin(scratch, &inner) != DRY_OK || dry_scratch_alloc(scratch, 300, 64, &two) != DRY_OK) return false;
    memset(two, 2, 300);
    if (dry_scratch_end(scratch, &inner) != DRY_OK || dry_scratch_end(scratch, &outer) != DRY_OK) return false;
  }
  return true;
}

TEST(ScratchStress, NothingIsLostOfTenThousandShortThreads) {
  const dry_scratch_stats before = All();
  const uint64_t threads = support::Scaled(10000);
  std::atomic<uint64_t> failures{0};
  for (uint64_t started = 0; started < threads; started += 10) {
    std::vector<std::thread> batch;
    for (int i = 0; i < 10; i++) batch.emplace_back([&failures] { failures += !Work(1); });
    for (std::thread &thread : batch) thread.join();
  }
  EXPECT_EQ(0u, failures);
  const dry_scratch_stats after = All();
  EXPECT_EQ(before.threads_ended + threads, after.threads_ended);
  EXPECT_EQ(before.allocations + 2 * threads, after.allocations);
  EXPECT_EQ(before.scopes + 2 * threads, after.scopes);
  EXPECT_EQ(before.resets + threads, after.resets);
  EXPECT_EQ(0u, after.threads);
  EXPECT_EQ(0u, after.depth);
  EXPECT_EQ(0u, after.used_bytes);
  EXPECT_EQ(428u, after.peak_bytes) << "100 bytes, padding to 128, 300 bytes";
}

TEST(ScratchStress, SumsNeverGoBackWhileThreadsWorkAndEnd) {
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> failures{0};
  uint64_t looks = 0;
  std::thread looker([&] {
    dry_scratch_stats last = All();
    while (!stop) {
      const dry_scratch_stats now = All();
      failures += now.allocations < last.allocations || now.scopes < last.scopes || now.resets < last.resets ||
                  now.peak_bytes < last.peak_bytes || now.threads_ended < last.threads_ended || now.threads > 4;
      last = now;
      looks++;
    }
  });
  const dry_scratch_stats before = All();
  const uint64_t rounds = support::Scaled(200);
  for (int generation = 0; generation < 20; generation++) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++) threads.emplace_back([&] { failures += !Work(rounds); });
    for (std::thread &thread : threads) thread.join();
  }
  stop = true;
  looker.join();
  EXPECT_EQ(0u, failures);
  EXPECT_GT(looks, 0u);
  EXPECT_EQ(before.allocations + 20 * 4 * 2 * rounds, All().allocations);
}

TEST(ScratchStress, SettingsChangeOnlyWhileNobodyHasOne) {
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> changed{0}, wrong{0};
  std::thread changer([&] {
    for (uint64_t megabytes = 1; !stop; megabytes = megabytes % 4 + 1) {
      const dry_scratch_options options = {sizeof options, 0, megabytes << 20, 0, 0};
      const dry_status status = dry_scratch_configure(&options, nullptr);
      changed += status == DRY_OK;
      wrong += status != DRY_OK && status != DRY_BUSY;
    }
  });
  for (uint64_t i = 0; i < support::Scaled(300); i++) {
    std::thread([&wrong] {
      dry_scratch *scratch;
      dry_scratch_stats stats;
      wrong += dry_scratch_thread(&scratch) != DRY_OK || dry_scratch_get_stats(scratch, &stats) != DRY_OK ||
               stats.capacity_bytes % (1 << 20) != 0 || stats.capacity_bytes == 0;
    }).join();
  }
  stop = true;
  changer.join();
  EXPECT_EQ(0u, wrong);
  EXPECT_GT(changed, 0u);
  const dry_scratch_options defaults = {sizeof defaults, 0, 0, 0, 0};
  EXPECT_STATUS(DRY_OK, dry_scratch_configure(&defaults, nullptr));
}

}  // namespace
