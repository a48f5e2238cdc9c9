/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Shared pools where the system refuses memory, descriptors or locks. */
#include <unistd.h>

#include <functional>
#include <set>

#include "tests/faults/fail_nth.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/shared_pool.h"
#include "tests/support/status.h"

namespace {

using faults::FailNth;
using support::Cache;
using support::Region;
using support::SharedPool;
using support::SharedPoolOptions;

/** Each call that `act` makes fails, once and for ever: `act` must say so, leak nothing, and work afterwards. */
void FailEach(const std::function<dry_status(dry_detail *)> &act, const std::function<void()> &undo,
              const std::set<std::string> &ignored = {}) {
  for (bool for_ever : {false, true}) {
    for (uint64_t n = 1;; n++) {
      const support::Held held = support::HeldNow();
      dry_detail detail = {};
      dry_status status;
      std::string failed;
      {
        FailNth fail(n, for_ever);
        status = act(&detail);
        failed = fail.failed();
      }
      SCOPED_TRACE((for_ever ? "all from " : "only ") + std::to_string(n) + ": " + failed);
      if (failed.empty()) {
        EXPECT_STATUS(DRY_OK, status);
        EXPECT_GT(n, 1u) << "nothing was tested";
        undo();
        break;
      }
      if (status == DRY_OK) {
        EXPECT_TRUE(ignored.count(failed)) << "a failure was swallowed";
        undo();
        continue;
      }
      EXPECT_TRUE(status == DRY_OUT_OF_MEMORY || status == DRY_IO || status == DRY_UNSUPPORTED) << dry_status_name(status);
      EXPECT_EQ(status, detail.status);
      EXPECT_STRNE("", detail.text);
      EXPECT_TRUE(held == support::HeldNow()) << "leaked:\n" << support::DescriptorList();
      if (testing::Test::HasFailure()) return;
    }
  }
}

class SharedPoolInject : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_SHARED, support::RegionBytesFor(options, 24) + 65536, name.c_str()));
  }
  const dry_shared_pool_options options = SharedPoolOptions(16, 300, 4);
  support::SharedName name;
  Region region;
};

TEST_F(SharedPoolInject, Create) {
  dry_shared_pool pool = {};
  const dry_shared_pool_options asked =
      SharedPoolOptions(64, 100, 2, DRY_MEMORY_PREFAULT | DRY_MEMORY_HUGE_PAGES | DRY_MEMORY_GUARDED);
  FailEach([&](dry_detail *detail) { return dry_shared_pool_create(&asked, &pool, detail); },
           [&] { EXPECT_STATUS(DRY_OK, dry_shared_pool_close(&pool)); }, {"madvise", "munmap"});
}

TEST_F(SharedPoolInject, CreateInARegionLeavesNoPart) {
  dry_shared_pool pool = {};
  int made = 0;
  const auto create = [&](dry_detail *detail) {
    const std::string part = "part " + std::to_string(made);
    return dry_shared_pool_create_in(&region.handle, part.data(), part.size(), &options, &pool, detail);
  };
  {
    FailNth fail(1, false);
    EXPECT_STATUS(DRY_OUT_OF_MEMORY, create(nullptr));
    EXPECT_EQ("malloc", fail.failed());
  }
  EXPECT_EQ(0u, region.Stats().part_count);
  EXPECT_STATUS(DRY_OK, create(nullptr));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_close(&pool));
}

TEST_F(SharedPoolInject, Open) {
  { SharedPool pool; ASSERT_STATUS(DRY_OK, pool.CreateIn(&region, options)); }
  dry_shared_pool pool = {};
  FailEach([&](dry_detail *detail) { return dry_shared_pool_open(&region.handle, "pool", 4, &pool, detail); },
           [&] { EXPECT_STATUS(DRY_OK, dry_shared_pool_close(&pool)); });
}

TEST_F(SharedPoolInject, OpenACache) {
  SharedPool pool;
  ASSERT_STATUS(DRY_OK, pool.CreateIn(&region, options));
  dry_shared_pool_cache cache = {};
  FailEach([&](dry_detail *detail) { return dry_shared_pool_cache_open(pool.get(), &cache, detail); },
           [&] { EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_close(&cache)); });
  EXPECT_EQ(0u, pool.Stats().caches);
}

TEST_F(SharedPoolInject, CloseACache) {
  // Nothing that fails while it is closed keeps its slots back, or its record.
  SharedPool pool;
  ASSERT_STATUS(DRY_OK, pool.CreateIn(&region, options));
  for (uint64_t n = 1;; n++) {
    const support::Held held = support::HeldNow();
    Cache cache(pool);
    cache.GiveBack(cache.TakeUpTo(70));
    std::string failed;
    {
      FailNth fail(n, false);
      EXPECT_STATUS(DRY_OK, cache.Close());
      failed = fail.failed();
    }
    EXPECT_EQ(0u, pool.Stats().caches) << failed;
    EXPECT_EQ(300u, pool.Takeable()) << failed;
    if (failed != "close") {
      EXPECT_TRUE(held == support::HeldNow()) << failed;
    }
    if (failed.empty()) break;
  }
}

TEST_F(SharedPoolInject, ReclaimAndRepair) {
  SharedPool pool;
  ASSERT_STATUS(DRY_OK, pool.CreateIn(&region, options));
  const auto die = [&] {
    support::Child child([&] {
      Region theirs;
      SharedPool opened;
      Cache cache;
      if (theirs.Open(DRY_REGION_SHARED, name.c_str(), DRY_MODE_SHARE) != DRY_OK) return 1;
      if (opened.Open(&theirs) != DRY_OK || cache.Open(opened) != DRY_OK) return 2;
      _exit(cache.TakeUpTo(10).size() == 10 ? 0 : 3);
    });
    EXPECT_EQ(0, child.Wait());
  };
  die();
  uint64_t slots = 0;
  FailEach([&](dry_detail *detail) { return dry_shared_pool_reclaim(pool.get(), &slots, detail); }, [&] { die(); },
           {"fcntl", "close"});
  FailEach([&](dry_detail *detail) { return dry_shared_pool_repair(pool.get(), detail); }, [&] { die(); },
           {"fcntl", "close"});
  (void)pool.Reclaim();
  EXPECT_STATUS(DRY_OK, dry_shared_pool_repair(pool.get(), nullptr));
  EXPECT_EQ(300u - pool.Stats().in_use, pool.Takeable());
}

TEST_F(SharedPoolInject, Validate) {
  SharedPool pool;
  ASSERT_STATUS(DRY_OK, pool.CreateIn(&region, options));
  FailEach([&](dry_detail *detail) { return dry_shared_pool_validate(pool.get(), detail); }, [] {});
}

TEST_F(SharedPoolInject, NothingThroughAnOpenCacheNeedsTheSystem) {
  support::SharedPool pool(support::SharedPoolOptions(64, 1000, 2));
  support::Cache one(pool), two(pool);
  FailNth fail(1, true);
  for (int round = 0; round < 3; round++) {
    const std::vector<uint32_t> slots = one.TakeUpTo(1000);
    ASSERT_EQ(1000u, slots.size());
    uint32_t none = 0;
    ASSERT_STATUS(DRY_FULL, two.Acquire(&none));
    two.GiveBack(slots);
    ASSERT_STATUS(DRY_OK, dry_shared_pool_flush(two.get()));
  }
  EXPECT_EQ("", fail.failed());
}

}  // namespace
