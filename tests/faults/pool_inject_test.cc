/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pools where the system refuses memory: at creation, at opening, while they grow, and when they are validated. */
#include <cstring>

#include "tests/faults/memory_inject.h"
#include "tests/support/pool.h"

namespace {

using faults::FailEachOf;
using faults::FailNth;
using support::Pool;
using support::PoolOptions;
using support::Region;
using support::StatsOf;

constexpr uint32_t kSystemFlags = DRY_MEMORY_PREFAULT | DRY_MEMORY_HUGE_PAGES | DRY_MEMORY_NUMA_LOCAL;

dry_pool_options Growing(uint32_t flags) {
  dry_pool_options options = PoolOptions(1000, 10, flags);
  options.capacity_max_slots = 10000;
  return options;
}

void CreateWith(const dry_pool_options &options, const std::set<std::string> &may_be_ignored = {}) {
  dry_pool pool = {};
  dry_detail detail;
  FailEachOf({[&] {
                const dry_status status = dry_pool_create(&options, &pool, &detail);
                EXPECT_EQ(status, detail.status);
                EXPECT_EQ(status == DRY_OK, detail.text[0] == 0);
                return status;
              },
              [&] { EXPECT_STATUS(DRY_OK, dry_pool_close(&pool)); }, [&] { return pool.header == nullptr; }},
             may_be_ignored);
}

TEST(PoolInject, Create) {
  CreateWith(PoolOptions(24, 1000));
  CreateWith(PoolOptions(24, 1000, DRY_MEMORY_GUARDED | DRY_MEMORY_TRACK));
  CreateWith(Growing(0));
  CreateWith(Growing(DRY_MEMORY_TRACK));
}

TEST(PoolInject, CreateTellsOfFlagsThatWereRefused) {
  CreateWith(PoolOptions(24, 1000, kSystemFlags), {"madvise", "mbind"});
  CreateWith(Growing(kSystemFlags), {"madvise", "mbind"});
  const dry_pool_options options = PoolOptions(24, 1000, DRY_MEMORY_PREFAULT);
  dry_pool pool = {};
  {
    const faults::Hooks hooks(nullptr, [](const std::string &call) { return call == "madvise" ? ENOMEM : 0; });
    EXPECT_STATUS(DRY_OK, dry_pool_create(&options, &pool, nullptr));
  }
  EXPECT_EQ(static_cast<uint32_t>(DRY_MEMORY_PREFAULT), StatsOf(&pool).refused);
  EXPECT_EQ(0u, StatsOf(&pool).granted & kSystemFlags);
  EXPECT_STATUS(DRY_OK, dry_pool_close(&pool));
}

TEST(PoolInject, CreateFailsWhereRefusedFlagsWereRequired) {
  CreateWith(PoolOptions(24, 1000, kSystemFlags | DRY_MEMORY_REQUIRED));
  CreateWith(Growing(kSystemFlags | DRY_MEMORY_REQUIRED));
}

TEST(PoolInject, AttachAndValidate) {
  const support::PoolSpan span(PoolOptions(24, 100));
  {
    Pool pool(span);
    for (int i = 0; i < 10; i++) pool.Acquire();
    EXPECT_STATUS(DRY_OK, pool.Release(3));
  }
  dry_pool pool = {};
  FailEachOf({[&] { return dry_pool_attach(span.data(), span.size(), &pool, nullptr); },
              [&] { EXPECT_STATUS(DRY_OK, dry_pool_close(&pool)); }, [&] { return pool.header == nullptr; }});
  Pool open(span);
  FailEachOf({[&] { return dry_pool_validate(open.get(), nullptr); }, [] {}});
}

TEST(PoolInject, CreateInAndOpenInARegion) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 1 << 20));
  const dry_pool_options options = PoolOptions(24, 100);
  dry_pool pool = {};
  int made = 0;
  FailEachOf({[&] {
                const std::string name = "pool-" + std::to_string(made);
                return dry_pool_create_in(&region.handle, name.data(), name.size(), &options, &pool, nullptr);
              },
              [&] {
                EXPECT_STATUS(DRY_OK, dry_pool_close(&pool));
                made++;
              },
              [&] { return pool.header == nullptr && region.Stats().part_count == static_cast<uint32_t>(made); }});
  EXPECT_GE(made, 2);
  FailEachOf({[&] { return dry_pool_open(&region.handle, "pool-0", 6, &pool, nullptr); },
              [&] { EXPECT_STATUS(DRY_OK, dry_pool_close(&pool)); }, [&] { return pool.header == nullptr; }});
}

/** Growing fails at its first, second, third call; nothing that was there is gone, and later it goes on. */
void GrowFails(uint32_t flags, bool many, bool for_ever) {
  for (uint64_t n = 1;; n++) {
    SCOPED_TRACE("call " + std::to_string(n));
    Pool pool(Growing(flags));
    std::vector<uint32_t> slots(500);
    for (int i = 0; i < 10; i++) EXPECT_STATUS(DRY_OK, dry_pool_fill(pool.get(), pool.Acquire(), 'x'));
    uint32_t slot = 1;
    dry_status status;
    std::string failed;
    {
      FailNth fail(n, for_ever);
      status = many ? dry_pool_acquire_many(pool.get(), slots.data(), 500) : dry_pool_acquire(pool.get(), &slot);
      failed = fail.failed();
    }
    if (failed.empty()) {
      EXPECT_STATUS(DRY_OK, status);
      EXPECT_GT(n, 3u) << "bits, stack, slots";
      return;
    }
    if (failed == "madvise" && (status == DRY_OK || !for_ever)) {
      EXPECT_STATUS(DRY_OK, status) << "a hint, and nothing else was refused";
      EXPECT_NE(0u, StatsOf(pool.get()).refused);
      continue;
    }
    EXPECT_STATUS(DRY_OUT_OF_MEMORY, status);
    EXPECT_EQ(10u, StatsOf(pool.get()).in_use);
    EXPECT_EQ(10u, StatsOf(pool.get()).capacity_slots);
    EXPECT_EQ(0u, StatsOf(pool.get()).failures) << "that counts only what a full pool refused";
    for (uint32_t i = 0; i < 10; i++) EXPECT_EQ(std::string(1000, 'x'), pool.Read(i));
    EXPECT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), slots.data(), 500));
    for (uint32_t taken : slots) EXPECT_STATUS(DRY_OK, dry_pool_fill(pool.get(), taken, 'y'));
    if (testing::Test::HasFailure()) return;
  }
}

TEST(PoolInject, GrowingLeavesEverythingAsItWas) {
  for (uint32_t flags : {0u, static_cast<uint32_t>(DRY_MEMORY_TRACK), static_cast<uint32_t>(DRY_MEMORY_GUARDED),
                         static_cast<uint32_t>(DRY_MEMORY_PREFAULT)}) {
    for (bool many : {false, true}) {
      for (bool for_ever : {false, true}) GrowFails(flags, many, for_ever);
    }
  }
}

TEST(PoolInject, NothingAfterwardsNeedsTheSystem) {
  for (uint32_t flags : {0u, static_cast<uint32_t>(DRY_MEMORY_GUARDED), static_cast<uint32_t>(DRY_MEMORY_WIPE)}) {
    Pool pool(PoolOptions(64, 1000, flags));
    faults::FailNth fail(1, true);
    std::vector<uint32_t> slots(1000);
    for (int round = 0; round < 3; round++) {
      ASSERT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), slots.data(), 1000));
      uint32_t none = 0;
      ASSERT_STATUS(DRY_FULL, dry_pool_acquire(pool.get(), &none));
      ASSERT_STATUS(DRY_OK, dry_pool_release_many(pool.get(), slots.data(), 400));
      for (uint32_t slot = 0; slot < 100; slot++) ASSERT_STATUS(DRY_OK, pool.Release(slots[500 + slot]));
      for (uint32_t slot = 0; slot < 100; slot++) (void)pool.Acquire();
      ASSERT_STATUS(DRY_OK, dry_pool_reset(pool.get()));
    }
    EXPECT_EQ("", fail.failed());
  }
}

}  // namespace
