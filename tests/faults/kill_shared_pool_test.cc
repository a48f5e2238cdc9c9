/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Users of a shared pool are killed: at every step of a script that goes through all that a cache does, and at moments that
 * nobody chose while several are at work. Reclaiming must bring back what the dead left but a few batches, repairing the
 * rest; nothing may be lost for good, handed out twice, or taken from those who live.
 */
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <set>

#include "base/hooks.h"
#include "tests/faults/hooks.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/random.h"
#include "tests/support/shared_pool.h"
#include "tests/support/status.h"

namespace {

using support::Cache;
using support::Child;
using support::Region;
using support::SharedPool;
using support::SharedPoolOptions;

const uint64_t kCapacity = 600;
const uint32_t kMagazine = DRY_SHARED_POOL_MAGAZINE_SLOTS;

/* A fork under a sanitizer costs ten times as much; there the long lists are gone through in larger strides. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
const uint64_t kStride = 23, kRounds = 15;
#else
const uint64_t kStride = 1, kRounds = 60;
#endif

/** A region in shared memory with one pool, and whoever lives in this process. */
class Place {
 public:
  explicit Place(uint32_t flags) {
    const dry_shared_pool_options options = SharedPoolOptions(16, kCapacity, 4, flags);
    EXPECT_STATUS(DRY_OK, region.Create(DRY_REGION_SHARED, support::RegionBytesFor(options) + 65536, name.c_str()));
    EXPECT_STATUS(DRY_OK, pool.CreateIn(&region, options)) << pool.detail.text;
  }
  support::SharedName name;
  Region region;
  SharedPool pool;
};

/** What each user of the pool does first. */
struct User {
  bool Begin(const char *name) {
    return region.Open(DRY_REGION_SHARED, name, DRY_MODE_SHARE) == DRY_OK && pool.Open(&region) == DRY_OK &&
           cache.Open(pool) == DRY_OK;
  }
  Region region;
  SharedPool pool;
  Cache cache;
};

/** All that a cache does, its trades with the depot included; ends with 70 slots taken. */
int Script(const char *name) {
  User user;
  if (!user.Begin(name)) return 1;
  dry_shared_pool_cache *cache = user.cache.get();
  uint32_t slots[300], slot = 0;
  for (uint32_t i = 0; i < 200; i++) if (dry_shared_pool_cache_acquire(cache, &slots[i]) != DRY_OK) return 2;
  for (uint32_t i = 0; i < 200; i++) if (dry_shared_pool_cache_release(cache, slots[i]) != DRY_OK) return 3;
  if (dry_shared_pool_flush(cache) != DRY_OK) return 4;
  if (dry_shared_pool_cache_acquire_many(cache, slots, 100) != DRY_OK) return 5;
  if (dry_shared_pool_cache_release_many(cache, slots, 30) != DRY_OK) return 6;
  if (dry_shared_pool_acquire(user.pool.get(), &slot) != DRY_OK) return 7;
  if (dry_shared_pool_adopt(cache, slot) != DRY_OK) return 8;
  if (dry_shared_pool_release(user.pool.get(), slot) != DRY_OK) return 9;
  if (dry_shared_pool_flush(cache) != DRY_OK) return 10;
  // The lock goes with the process: to those who look, this one died holding what it has.
  _exit(0);
}

/** Everything can be taken but what `taken` says, and nothing twice. */
void CheckAllThere(SharedPool *pool, uint64_t taken) {
  const std::vector<uint32_t> slots = pool->TakeAll();
  EXPECT_EQ(kCapacity - taken, slots.size());
  EXPECT_EQ(slots.size(), std::set<uint32_t>(slots.begin(), slots.end()).size());
  pool->GiveBack(slots);
}

/** The living lose nothing, and the dead strand no more than the batches they were carrying. */
void KillAtEachStep(uint32_t flags) {
  for (uint64_t n = 1;; n += kStride) {
    SCOPED_TRACE("killed at step " + std::to_string(n));
    Place place(flags);
    Cache living(place.pool);
    std::vector<uint32_t> mine = living.TakeUpTo(80);
    for (uint32_t slot : mine) EXPECT_STATUS(DRY_OK, dry_shared_pool_fill(place.pool.get(), slot, 0x5a));
    Child child([&] {
      faults::KillAt kill(n);
      return Script(place.name.c_str());
    });
    const int result = child.Wait();
    ASSERT_TRUE(result == -SIGKILL || result == 0) << result;
    ASSERT_STATUS(DRY_OK, place.pool.Validate()) << place.pool.detail.text;
    (void)place.pool.Reclaim();
    ASSERT_STATUS(DRY_OK, place.pool.Validate()) << place.pool.detail.text;
    EXPECT_EQ(1u, place.pool.Stats().caches) << "that of the living";
    // A call without a cache owns its one slot under no name that could be reclaimed.
    const uint64_t in_use = place.pool.Stats().in_use;
    EXPECT_GE(mine.size() + 1, in_use);
    const uint64_t reachable = place.pool.Takeable() + place.pool.Stats().cached;
    EXPECT_GE(reachable + kMagazine, kCapacity - in_use) << "more than a batch is stranded";
    for (uint32_t slot : mine) {
      char byte = 0;
      EXPECT_STATUS(DRY_OK, dry_shared_pool_read(place.pool.get(), slot, 15, &byte, 1));
      EXPECT_EQ(0x5a, byte);
    }
    EXPECT_STATUS(DRY_BUSY, dry_shared_pool_repair(place.pool.get(), nullptr)) << "somebody is at work";
    EXPECT_STATUS(DRY_OK, living.Close());
    ASSERT_STATUS(DRY_OK, dry_shared_pool_repair(place.pool.get(), &place.pool.detail)) << place.pool.detail.text;
    ASSERT_STATUS(DRY_OK, place.pool.Validate()) << place.pool.detail.text;
    // What was marked as being given back has been given back now.
    const uint64_t still = place.pool.Stats().in_use;
    EXPECT_TRUE(still >= mine.size() && still <= in_use) << still << " of " << in_use;
    CheckAllThere(&place.pool, still);
    if (testing::Test::HasFailure()) return;
    if (result == 0) {
      EXPECT_GT(n, 500u) << "the script passes many steps";
      return;
    }
  }
}

TEST(KillSharedPool, AtEachStep) { KillAtEachStep(0); }

TEST(KillSharedPool, AtEachStepGuardedAndWiped) { KillAtEachStep(DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE); }

/** Who reclaims or repairs may be killed too, and the next one goes on. */
void KillTheHelper(const std::function<dry_status(SharedPool *)> &help) {
  for (uint64_t n = 1;; n += kStride) {
    SCOPED_TRACE("helper killed at step " + std::to_string(n));
    Place place(0);
    Child dead([&] { return Script(place.name.c_str()); });
    ASSERT_EQ(0, dead.Wait());
    Child helper([&] {
      faults::KillAt kill(n, "region_opened_for_help");
      Region region;
      SharedPool pool;
      if (region.Open(DRY_REGION_SHARED, place.name.c_str(), DRY_MODE_SHARE) != DRY_OK) return 1;
      if (pool.Open(&region) != DRY_OK) return 2;
      dryi_hooks_step("region_opened_for_help");
      const dry_status status = help(&pool);
      _exit(status == DRY_OK ? 0 : 3);
    });
    const int result = helper.Wait();
    ASSERT_TRUE(result == -SIGKILL || result == 0) << result;
    (void)place.pool.Reclaim();
    ASSERT_STATUS(DRY_OK, dry_shared_pool_repair(place.pool.get(), &place.pool.detail)) << place.pool.detail.text;
    ASSERT_STATUS(DRY_OK, place.pool.Validate()) << place.pool.detail.text;
    EXPECT_EQ(0u, place.pool.Stats().caches);
    CheckAllThere(&place.pool, place.pool.Stats().in_use);
    if (testing::Test::HasFailure()) return;
    if (result == 0) {
      EXPECT_GT(n, 10u);
      return;
    }
  }
}

TEST(KillSharedPool, WhileReclaiming) {
  KillTheHelper([](SharedPool *pool) {
    uint64_t slots = 0;
    return dry_shared_pool_reclaim(pool->get(), &slots, nullptr);
  });
}

TEST(KillSharedPool, WhileRepairing) {
  KillTheHelper([](SharedPool *pool) { return dry_shared_pool_repair(pool->get(), nullptr); });
}

TEST(KillSharedPool, WhileResetting) {
  KillTheHelper([](SharedPool *pool) { return dry_shared_pool_reset(pool->get()); });
}

/** Takes and gives back at random for ever; what is taken carries a stamp that nobody else may overwrite. */
int WorkForEver(const char *name, uint64_t seed) {
  User user;
  if (!user.Begin(name)) return 1;
  support::Random random(seed);
  std::vector<uint32_t> mine;
  for (;;) {
    uint32_t slot = 0;
    if (mine.size() < 100 && random.OneIn(2)) {
      if (user.cache.Acquire(&slot) != DRY_OK) continue;
      if (dry_shared_pool_write(user.pool.get(), slot, 0, &seed, sizeof seed) != DRY_OK) return 2;
      mine.push_back(slot);
    } else if (!mine.empty()) {
      const size_t at = random.Below(mine.size());
      uint64_t stamp = 0;
      if (dry_shared_pool_read(user.pool.get(), mine[at], 0, &stamp, sizeof stamp) != DRY_OK) return 3;
      if (stamp != seed) return 4;
      if (user.cache.Release(mine[at]) != DRY_OK) return 5;
      mine[at] = mine.back();
      mine.pop_back();
    }
    if (random.OneIn(500) && dry_shared_pool_flush(user.cache.get()) != DRY_OK) return 6;
  }
}

TEST(KillSharedPool, AtMomentsThatNobodyChose) {
  const uint64_t seed = support::Seeds().back();
  SCOPED_TRACE("DRYSTONE_TEST_SEED=" + std::to_string(seed));
  support::Random random(seed);
  const uint64_t rounds = support::Scaled(kRounds);
  Place place(0);
  for (uint64_t round = 0; round < rounds; round++) {
    std::vector<std::unique_ptr<Child>> children;
    for (uint64_t i = 0; i < 3; i++) {
      children.push_back(std::make_unique<Child>([&] { return WorkForEver(place.name.c_str(), seed + round * 3 + i); }));
    }
    usleep(static_cast<useconds_t>(1000 + random.Below(15000)));
    // One after the other, so that the others go on beside a reclaim.
    for (auto &child : children) {
      child->Kill();
      ASSERT_EQ(-SIGKILL, child->Wait()) << "a slot was handed out twice, or lost its bytes";
      (void)place.pool.Reclaim();
    }
    ASSERT_STATUS(DRY_OK, place.pool.Validate()) << place.pool.detail.text;
    EXPECT_EQ(0u, place.pool.Stats().caches);
    EXPECT_EQ(0u, place.pool.Stats().in_use);
    const uint64_t reachable = place.pool.Takeable();
    EXPECT_GE(reachable + 3 * kMagazine, kCapacity) << "each strands a batch at most";
    ASSERT_STATUS(DRY_OK, dry_shared_pool_repair(place.pool.get(), &place.pool.detail)) << place.pool.detail.text;
    CheckAllThere(&place.pool, 0);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(KillSharedPool, AdoptedSlotsOutliveWhoTookThem) {
  Place place(0);
  Cache living(place.pool);
  support::Pipe to_us;
  Child child([&] {
    User user;
    if (!user.Begin(place.name.c_str())) return 1;
    const std::vector<uint32_t> slots = user.cache.TakeUpTo(3);
    for (uint32_t slot : slots) to_us.Send(static_cast<char>('A' + slot));
    for (;;) pause();
  });
  uint32_t slots[3];
  for (uint32_t &slot : slots) {
    const char message = to_us.Receive();
    ASSERT_NE(0, message);
    slot = static_cast<uint32_t>(message - 'A');
  }
  EXPECT_STATUS(DRY_OK, dry_shared_pool_adopt(living.get(), slots[1]));
  EXPECT_EQ(0u, place.pool.Reclaim()) << "it lives";
  child.Kill();
  child.Wait();
  EXPECT_EQ(2u + 61u, place.pool.Reclaim()) << "two slots, and what was left in its magazine";
  EXPECT_STATUS(DRY_STALE, living.Release(slots[0]));
  EXPECT_STATUS(DRY_OK, living.Release(slots[1]));
  EXPECT_STATUS(DRY_STALE, dry_shared_pool_adopt(living.get(), slots[2]));
}

TEST(KillSharedPool, WhatAClosedCacheTookOutlivesTheNextOneOfItsNumber) {
  Place place(0);
  uint32_t kept = 0;
  {
    Cache before(place.pool);
    kept = before.Take();
  }
  Child child([&] {
    User user;
    if (!user.Begin(place.name.c_str())) return 1;
    if (user.cache.get()->number != 0) return 2;
    (void)user.cache.TakeUpTo(10);
    _exit(0);
  });
  ASSERT_EQ(0, child.Wait());
  const uint64_t cached = place.pool.Stats().cached;
  EXPECT_EQ(10u + cached, place.pool.Reclaim());
  EXPECT_EQ(1u, place.pool.Stats().in_use);
  EXPECT_STATUS(DRY_OK, dry_shared_pool_release(place.pool.get(), kept));
}

/* ---- forks ---- */

TEST(KillSharedPool, AForkedChildWorksThroughCachesOfItsOwn) {
  Place place(0);
  Cache ours(place.pool);
  const std::vector<uint32_t> mine = ours.TakeUpTo(100);
  Child child([&] {
    Cache own;
    if (own.Open(place.pool) != DRY_OK) return 1;
    std::vector<uint32_t> slots = own.TakeUpTo(100);
    for (uint32_t slot : slots) if (std::count(mine.begin(), mine.end(), slot) != 0) return 2;
    if (slots.size() != 100) return 3;
    for (int i = 0; i < 50; i++) if (own.Release(slots[static_cast<size_t>(i)]) != DRY_OK) return 4;
    _exit(0);
  });
  ASSERT_EQ(0, child.Wait());
  EXPECT_EQ(150u, place.pool.Stats().in_use) << "what the child kept stays taken until it is reclaimed";
  EXPECT_GE(place.pool.Reclaim(), 50u);
  EXPECT_EQ(100u, place.pool.Stats().in_use);
  ours.GiveBack(mine);
  EXPECT_STATUS(DRY_OK, dry_shared_pool_flush(ours.get()));
  CheckAllThere(&place.pool, 0);
}

TEST(KillSharedPool, AChildThatADeadProcessForkedKeepsItsCachesFromBeingReclaimed) {
  Place place(0);
  int gate[2]; /* the grandchild goes when its other end does, this process's death included */
  ASSERT_EQ(0, pipe(gate));
  Child parent([&] {
    User user;
    if (!user.Begin(place.name.c_str())) return 1;
    if (user.cache.TakeUpTo(10).size() != 10) return 2;
    if (fork() == 0) {
      close(gate[1]);
      char byte;
      (void)!read(gate[0], &byte, 1);
      _exit(0);
    }
    _exit(0);
  });
  close(gate[0]);
  ASSERT_EQ(0, parent.Wait());
  EXPECT_EQ(0u, place.pool.Reclaim()) << "its child holds the cache's lock";
  EXPECT_EQ(10u, place.pool.Stats().in_use);
  close(gate[1]);
  uint64_t back = 0;
  for (int i = 0; i < 30000 && back == 0; i++) {
    usleep(1000);
    back = place.pool.Reclaim();
  }
  EXPECT_EQ(64u, back) << "ten slots, and what was left in its magazine";
  CheckAllThere(&place.pool, 0);
}

}  // namespace
