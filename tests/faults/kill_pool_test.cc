/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A process that uses a pool in a file is killed at its first, second, third ... step, until it runs through. Each time the
 * region must verify as it was left; the next process must find every slot as the killed one had it, before or after the
 * call under way; and every slot that is free must be there to be taken, once. What sets the pool right is killed too.
 */
#include <signal.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <set>

#include "base/hooks.h"
#include "tests/faults/hooks.h"
#include "tests/support/places.h"
#include "tests/support/pool.h"
#include "tests/support/process.h"
#include "tests/support/status.h"

namespace {

using support::Child;
using support::Pool;
using support::PoolOptions;
using support::Region;
using support::StatsOf;

const uint64_t kCapacity = 70;
const uint64_t kObject = 20;
const char kSecret = 'S';

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
const uint64_t kStride = 7;
#else
const uint64_t kStride = 1;
#endif

/** A number that survives the process that counts with it. */
class Counter {
 public:
  Counter()
      : at_(static_cast<uint32_t *>(
            mmap(nullptr, sizeof *at_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~Counter() { munmap(at_, sizeof *at_); }
  Counter(const Counter &) = delete;
  Counter &operator=(const Counter &) = delete;
  void Set(uint32_t value) { __atomic_store_n(at_, value, __ATOMIC_SEQ_CST); }
  uint32_t Get() const { return __atomic_load_n(at_, __ATOMIC_SEQ_CST); }

 private:
  uint32_t *at_;
};

/** One call: which slots are taken after it, from those before, is known beforehand. */
struct Call {
  std::function<dry_status(dry_pool *)> run;
  std::set<uint32_t> before, after;
};

/** Takes, gives back, both in batches, and a reset, arranged so that fresh slots and the stack are in play. */
std::vector<Call> Script() {
  std::vector<Call> calls;
  std::set<uint32_t> now;
  const auto add = [&](const std::function<dry_status(dry_pool *)> &run, const std::set<uint32_t> &after) {
    calls.push_back({run, now, after});
    now = after;
  };
  const auto without = [&](const std::set<uint32_t> &gone) {
    std::set<uint32_t> after;
    std::set_difference(now.begin(), now.end(), gone.begin(), gone.end(), std::inserter(after, after.end()));
    return after;
  };
  const auto with = [&](const std::set<uint32_t> &come) {
    std::set<uint32_t> after = now;
    after.insert(come.begin(), come.end());
    return after;
  };
  const auto take = [](dry_pool *pool) {
    uint32_t slot;
    const dry_status status = dry_pool_acquire(pool, &slot);
    return status == DRY_OK ? dry_pool_fill(pool, slot, kSecret) : status;
  };
  const auto take_many = [](uint32_t count) {
    return [count](dry_pool *pool) {
      std::vector<uint32_t> slots(count);
      dry_status status = dry_pool_acquire_many(pool, slots.data(), count);
      for (uint32_t i = 0; i < count && status == DRY_OK; i++) status = dry_pool_fill(pool, slots[i], kSecret);
      return status;
    };
  };
  const auto give = [](uint32_t slot) { return [slot](dry_pool *pool) { return dry_pool_release(pool, slot); }; };
  const auto give_many = [](std::vector<uint32_t> slots) {
    return [slots](dry_pool *pool) { return dry_pool_release_many(pool, slots.data(), slots.size()); };
  };
  add(take, with({0}));
  add(take, with({1}));
  add(take_many(4), with({2, 3, 4, 5}));
  add(give(1), without({1}));
  add(give(4), without({4}));
  add(take, with({4}));
  add(give_many({5, 0, 3}), without({0, 3, 5}));
  add(take_many(6), with({0, 1, 3, 5, 6, 7}));
  add(take_many(60), with([] {
        std::set<uint32_t> slots;
        for (uint32_t i = 8; i < 68; i++) slots.insert(i);
        return slots;
      }()));
  add(give_many({66, 2, 63, 64}), without({2, 63, 64, 66}));
  add(take, with({64}));
  add([](dry_pool *pool) { return dry_pool_reset(pool); }, {});
  add(take, with({0}));
  return calls;
}

class KillPool : public testing::TestWithParam<uint32_t> {
 protected:
  void SetUp() override {
    path_ = dir_.File("region");
    const dry_pool_options options = PoolOptions(kObject, kCapacity, GetParam());
    Region region;
    ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_FILE, support::RegionBytesFor(options) + 16384, path_.c_str()));
    Pool pool;
    ASSERT_STATUS(DRY_OK, pool.CreateIn(&region, options)) << pool.detail.text;
    ASSERT_STATUS(DRY_OK, dry_pool_close(pool.get()));
    ASSERT_STATUS(DRY_OK, region.Close());
    empty_ = support::ReadFile(path_);
  }

  /** Plays the script in a child that is killed at step n; true when it came to its end. */
  bool Play(uint64_t n, const std::vector<Call> &calls) {
    support::WriteFile(path_, empty_);
    done_.Set(0);
    Child child([&] {
      Region region;
      region.DoNotVerify();
      Pool pool;
      if (region.Open(DRY_REGION_FILE, path_.c_str(), DRY_MODE_WRITE) != DRY_OK || pool.Open(&region) != DRY_OK) return 2;
      faults::KillAt kill(n);
      for (uint32_t i = 0; i < calls.size(); i++) {
        if (calls[i].run(pool.get()) != DRY_OK) return 3;
        done_.Set(i + 1);
      }
      _exit(0); /* what is still held stays held */
    });
    const int result = child.Wait();
    EXPECT_TRUE(result == -SIGKILL || result == 0) << result;
    return result == 0;
  }

  /** The region as the dead left it, before anybody has written to it. */
  void CheckAsLeft() {
    Region region;
    ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path_.c_str(), DRY_MODE_READ)) << region.detail.text;
    EXPECT_STATUS(DRY_OK, region.Verify()) << region.detail.text;
    Pool pool;
    ASSERT_STATUS(DRY_OK, pool.Open(&region)) << pool.detail.text;
    EXPECT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
  }

  /** What the next process finds: the slots as before or after the call under way, or a part of its batch. */
  void CheckNext(const std::vector<Call> &calls) {
    Region region;
    ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path_.c_str(), DRY_MODE_WRITE)) << region.detail.text;
    Pool pool;
    ASSERT_STATUS(DRY_OK, pool.Open(&region)) << pool.detail.text;
    EXPECT_EQ(0u, pool.handle.header->pending);
    const auto list = support::UsedOf(pool.get());
    const std::set<uint32_t> used(list.begin(), list.end());
    const uint32_t done = done_.Get();
    const Call &call = calls[std::min<size_t>(done, calls.size() - 1)];
    const std::set<uint32_t> &before = done == calls.size() ? call.after : call.before;
    std::set<uint32_t> either = before, both;
    either.insert(call.after.begin(), call.after.end());
    std::set_intersection(before.begin(), before.end(), call.after.begin(), call.after.end(),
                          std::inserter(both, both.end()));
    EXPECT_TRUE(std::includes(either.begin(), either.end(), used.begin(), used.end())) << "call " << done;
    EXPECT_TRUE(std::includes(used.begin(), used.end(), both.begin(), both.end())) << "call " << done;
    if (call.after.empty()) {
      EXPECT_TRUE(used == before || used.empty()) << "a reset is finished, or was not begun";
    }
    CheckFreeIsWiped(&pool, used);
    CheckAllCanBeTaken(&pool, used);
  }

  void CheckFreeIsWiped(Pool *pool, const std::set<uint32_t> &used) {
    if ((GetParam() & DRY_MEMORY_WIPE) == 0) return;
    for (uint32_t slot = 0; slot < kCapacity; slot++) {
      if (used.count(slot) != 0) continue;
      const char *object = reinterpret_cast<const char *>(pool->handle.slots + slot * pool->handle.stride_bytes);
      EXPECT_EQ(std::string::npos, std::string(object, kObject).find(kSecret)) << slot;
    }
  }

  void CheckAllCanBeTaken(Pool *pool, std::set<uint32_t> used) {
    EXPECT_EQ(used.size(), StatsOf(pool->get()).in_use);
    EXPECT_EQ(0u, StatsOf(pool->get()).withdrawn);
    while (used.size() < kCapacity && !HasFailure()) EXPECT_TRUE(used.insert(pool->Acquire()).second) << "twice";
    uint32_t slot;
    EXPECT_STATUS(DRY_FULL, dry_pool_acquire(pool->get(), &slot));
    for (uint32_t i = 0; i < kCapacity; i++) EXPECT_STATUS(DRY_OK, pool->Release(i));
    EXPECT_STATUS(DRY_OK, pool->Validate()) << pool->detail.text;
  }

  support::TempDir dir_;
  std::string path_, empty_;
  Counter done_;
};

TEST_P(KillPool, AtEveryStepLeavesWhatTheNextProcessSetsRight) {
  const std::vector<Call> calls = Script();
  for (uint64_t n = 1; !HasFailure(); n += kStride) {
    SCOPED_TRACE("killed at step " + std::to_string(n));
    const bool through = Play(n, calls);
    CheckAsLeft();
    CheckNext(calls);
    if (through) {
      EXPECT_GT(n, 100u) << "there are more steps than that";
      return;
    }
  }
}

/** Every eleventh place where the user can be killed, and from there the steps of the one who sets it right. */
TEST_P(KillPool, WhileItIsSetRightIsSetRightByTheOneAfter) {
  const std::vector<Call> calls = Script();
  uint64_t rounds = 0;
  bool through = false;
  for (uint64_t n = 3; !through && !HasFailure(); n += 11 * kStride) {
    through = Play(n, calls);
    const std::string left = support::ReadFile(path_);
    for (uint64_t m = 1; !HasFailure(); m += m < 8 ? kStride : 9 * kStride) {
      SCOPED_TRACE("killed at step " + std::to_string(n) + ", then at " + std::to_string(m));
      support::WriteFile(path_, left);
      Child child([&] {
        Region region;
        region.DoNotVerify();
        if (region.Open(DRY_REGION_FILE, path_.c_str(), DRY_MODE_WRITE) != DRY_OK) return 2;
        faults::KillAt kill(m);
        dry_pool pool = {};
        const dry_status status = dry_pool_open(&region.handle, "pool", 4, &pool, nullptr);
        _exit(status == DRY_OK ? 0 : 3);
      });
      const int result = child.Wait();
      ASSERT_TRUE(result == -SIGKILL || result == 0) << result;
      CheckAsLeft();
      CheckNext(calls);
      rounds++;
      if (result == 0) break;
    }
  }
  EXPECT_GT(rounds, 40 / kStride);
}

/* A stack that is damaged besides is made anew; being killed meanwhile does not matter either. */
TEST_P(KillPool, WhileTheStackIsMadeAnewIsNoLoss) {
  const std::vector<Call> calls = Script();
  const std::vector<Call> ten(calls.begin(), calls.begin() + 10);
  ASSERT_TRUE(Play(UINT64_MAX, ten));
  {
    Region region;
    region.DoNotVerify();
    ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path_.c_str(), DRY_MODE_WRITE));
    Pool pool;
    ASSERT_STATUS(DRY_OK, pool.Open(&region));
    pool.handle.stack[0] = 3;
    pool.DoNotValidate();
  }
  const std::string left = support::ReadFile(path_);
  for (uint64_t m = 1;; m++) {
    SCOPED_TRACE("killed at step " + std::to_string(m));
    support::WriteFile(path_, left);
    Child child([&] {
      Region region;
      region.DoNotVerify();
      if (region.Open(DRY_REGION_FILE, path_.c_str(), DRY_MODE_WRITE) != DRY_OK) return 2;
      faults::KillAt kill(m);
      dry_pool pool = {};
      const dry_status status = dry_pool_open(&region.handle, "pool", 4, &pool, nullptr);
      _exit(status == DRY_OK ? 0 : 3);
    });
    const int result = child.Wait();
    ASSERT_TRUE(result == -SIGKILL || result == 0) << result;
    CheckNext(ten);
    if (result == 0 || HasFailure()) break;
  }
}

/** A creator that is killed leaves no part, or a whole one. */
TEST_P(KillPool, WhileItIsMadeLeavesNoneOrAWholeOne) {
  const dry_pool_options options = PoolOptions(kObject, kCapacity, GetParam());
  for (uint64_t n = 1; !HasFailure(); n++) {
    SCOPED_TRACE("killed at step " + std::to_string(n));
    support::WriteFile(path_, empty_);
    Child child([&] {
      Region region;
      region.DoNotVerify();
      if (region.Open(DRY_REGION_FILE, path_.c_str(), DRY_MODE_WRITE) != DRY_OK) return 2;
      faults::KillAt kill(n);
      dry_pool pool = {};
      _exit(dry_pool_create_in(&region.handle, "second", 6, &options, &pool, nullptr) == DRY_OK ? 0 : 3);
    });
    const int result = child.Wait();
    ASSERT_TRUE(result == -SIGKILL || result == 0) << result;
    Region region;
    ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path_.c_str(), DRY_MODE_WRITE));
    EXPECT_STATUS(DRY_OK, region.Verify()) << region.detail.text;
    Pool pool;
    const dry_status status = pool.Open(&region, "second");
    if (status != DRY_OK) {
      EXPECT_STATUS(DRY_NOT_FOUND, status);
      EXPECT_STATUS(DRY_OK, pool.CreateIn(&region, options, "second")) << pool.detail.text;
    }
    CheckAllCanBeTaken(&pool, {});
    if (result == 0) {
      EXPECT_GT(n, 4u);
      return;
    }
  }
}

std::string NameOf(const testing::TestParamInfo<uint32_t> &info) {
  const bool guarded = (info.param & DRY_MEMORY_GUARDED) != 0;
  const bool wiped = (info.param & DRY_MEMORY_WIPE) != 0;
  if (!guarded && !wiped) return "Plain";
  return std::string(guarded ? "Guarded" : "") + (wiped ? "Wiped" : "");
}

const uint32_t kFlags[] = {0, DRY_MEMORY_GUARDED, DRY_MEMORY_WIPE, DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE};

INSTANTIATE_TEST_SUITE_P(Flags, KillPool, testing::ValuesIn(kFlags), NameOf);

}  // namespace
