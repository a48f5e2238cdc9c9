/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Object pools against a plain map from handles to values. Each answer of each call is compared, every handle that ever was
 * may be asked for again, and each destroyed value is accounted for; the seed is printed when a run fails. One run has a
 * fault put into it, which must be found.
 */
#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "drystone/inline/object_pool.h"
#include "tests/support/object_pool.h"
#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

using support::ObjectPool;

class Course {
 public:
  Course(uint32_t capacity, uint32_t flags, bool destructors, uint64_t seed)
      : pool(24, capacity, flags, destructors), capacity_(capacity), destructors_(destructors), random_(seed) {}

  std::string Operations(uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
      if (random_.OneIn(200)) taking_ = random_.Below(11);
      const std::string difference = One();
      if (!difference.empty()) return "operation " + std::to_string(i) + ": " + difference;
      if (destructors_ && pool.destroyed != destroyed_) return "operation " + std::to_string(i) + ": other destructors ran";
    }
    return "";
  }

  std::string CompareAll() {
    std::vector<uint64_t> expected;
    for (const auto &[handle, value] : live_) expected.push_back(handle);
    std::sort(expected.begin(), expected.end(),
              [](uint64_t a, uint64_t b) { return support::SlotOf(a) < support::SlotOf(b); });
    if (pool.Walk() != expected) return "the walk differs";
    for (const auto &[handle, value] : live_) {
      if (Value(handle) != value) return "a value differs";
    }
    const dry_object_pool_stats stats = support::StatsOf(pool.get());
    if (stats.in_use != live_.size() || stats.failures != failures_ || stats.destroyed != gone_ || stats.peak != peak_) {
      return "the statistics differ";
    }
    return "";
  }

  /** Closes the pool: what is left is destroyed in order of slots. */
  std::string Close() {
    std::vector<uint64_t> handles;
    for (const auto &[handle, value] : live_) handles.push_back(handle);
    Destroy(handles, true);
    uint64_t count = 0;
    if (dry_object_pool_close(pool.get(), &count) != DRY_OK || count != handles.size()) return "close counts otherwise";
    return destructors_ && pool.destroyed != destroyed_ ? "close destroys otherwise" : "";
  }

  ObjectPool pool;

 private:
  std::string One() {
    if (random_.OneIn(3000)) return Reset();
    if (random_.OneIn(3)) return Look();
    const bool many = random_.OneIn(20);
    if (random_.Below(10) < taking_) return many ? AcquireMany() : Acquire();
    return many ? ReleaseMany() : Release();
  }

  uint64_t Value(uint64_t handle) {
    void *memory = nullptr;
    uint64_t value = 0;
    if (dry_object_pool_get(pool.get(), handle, &memory) != DRY_OK) return UINT64_MAX;
    memcpy(&value, memory, sizeof value);
    return value;
  }

  std::string Take(uint64_t handle, void *memory) {
    if (!ever_.insert(handle).second) return "a handle was given out a second time";
    if (support::SlotOf(handle) >= capacity_ || support::GenerationOf(handle) % 2 == 0) return "an impossible handle";
    for (const auto &[other, value] : live_) {
      if (live_.size() < 50 && support::SlotOf(other) == support::SlotOf(handle)) return "a slot was given out twice";
    }
    memcpy(memory, &next_value_, sizeof next_value_);
    live_[handle] = next_value_++;
    peak_ = std::max<uint64_t>(peak_, live_.size());
    return "";
  }

  std::string Acquire() {
    uint64_t handle = 0;
    void *memory = nullptr;
    const dry_status status = random_.OneIn(2) ? dry_object_pool_acquire(pool.get(), &handle, &memory)
                                               : dry_object_pool_acquire_inline(pool.get(), &handle, &memory);
    if (live_.size() == capacity_) {
      failures_++;
      return status == DRY_FULL ? "" : "acquire from a full pool";
    }
    return status == DRY_OK ? Take(handle, memory) : std::string("acquire: ") + dry_status_name(status);
  }

  std::string AcquireMany() {
    std::vector<uint64_t> handles(random_.Below(std::min<uint64_t>(capacity_, 100) + 2));
    const dry_status status = dry_object_pool_acquire_many(pool.get(), handles.data(), handles.size());
    if (handles.size() > capacity_ - live_.size()) {
      failures_++;
      return status == DRY_FULL ? "" : "acquire_many takes more than there is";
    }
    if (status != DRY_OK) return std::string("acquire_many: ") + dry_status_name(status);
    for (uint64_t handle : handles) {
      void *memory = nullptr;
      if (dry_object_pool_get(pool.get(), handle, &memory) != DRY_OK) return "a handle of many is none";
      const std::string difference = Take(handle, memory);
      if (!difference.empty()) return difference;
    }
    return "";
  }

  /** A live handle mostly; else one that was, or never was. */
  uint64_t Any() {
    if (live_.empty() || random_.OneIn(8)) {
      if (ever_.empty() || random_.OneIn(3)) return random_.Next();
      const auto at = ever_.lower_bound(random_.Below(*ever_.rbegin() + 1));
      return at == ever_.end() ? *ever_.begin() : *at;
    }
    const auto at = live_.lower_bound(random_.Below(live_.rbegin()->first + 1));
    return at == live_.end() ? live_.begin()->first : at->first;
  }

  void Destroy(std::vector<uint64_t> handles, bool in_order) {
    if (in_order) {
      std::sort(handles.begin(), handles.end(),
                [](uint64_t a, uint64_t b) { return support::SlotOf(a) < support::SlotOf(b); });
    }
    for (uint64_t handle : handles) {
      destroyed_.push_back(live_.at(handle));
      live_.erase(handle);
      gone_++;
    }
  }

  std::string Release() {
    const uint64_t handle = Any();
    const bool lives = live_.count(handle) == 1, forget = random_.OneIn(10);
    const dry_status status = forget              ? dry_object_pool_forget(pool.get(), handle)
                              : random_.OneIn(2) ? dry_object_pool_release(pool.get(), handle)
                                                 : dry_object_pool_release_inline(pool.get(), handle);
    if (status != (lives ? DRY_OK : DRY_STALE)) return std::string("release: ") + dry_status_name(status);
    if (lives) Destroy({handle}, false);
    if (lives && forget) destroyed_.pop_back();
    return "";
  }

  std::string ReleaseMany() {
    std::vector<uint64_t> handles(random_.Below(8));
    std::set<uint64_t> different;
    bool all_live = true;
    for (uint64_t &handle : handles) {
      handle = Any();
      all_live &= live_.count(handle) == 1 && different.insert(handle).second;
    }
    const dry_status status = dry_object_pool_release_many(pool.get(), handles.data(), handles.size());
    if (status != (all_live ? DRY_OK : DRY_STALE)) return std::string("release_many: ") + dry_status_name(status);
    if (all_live) Destroy(handles, false);
    return "";
  }

  std::string Look() {
    const uint64_t handle = Any();
    void *memory = nullptr;
    const dry_status status = random_.OneIn(2) ? dry_object_pool_get(pool.get(), handle, &memory)
                                               : dry_object_pool_get_inline(pool.get(), handle, &memory);
    const auto found = live_.find(handle);
    if (status != (found == live_.end() ? DRY_STALE : DRY_OK)) return std::string("get: ") + dry_status_name(status);
    if (status != DRY_OK) return memory == nullptr ? "" : "a stale handle has memory";
    return memcmp(memory, &found->second, sizeof found->second) == 0 ? "" : "another value";
  }

  std::string Reset() {
    std::vector<uint64_t> handles;
    for (const auto &[handle, value] : live_) handles.push_back(handle);
    Destroy(handles, true);
    return dry_object_pool_reset(pool.get()) == DRY_OK ? "" : "reset";
  }

  const uint32_t capacity_;
  const bool destructors_;
  support::Random random_;
  std::map<uint64_t, uint64_t> live_;
  std::set<uint64_t> ever_;
  std::vector<uint64_t> destroyed_;
  uint64_t next_value_ = 1000;
  uint64_t taking_ = 8;
  uint64_t failures_ = 0, gone_ = 0, peak_ = 0;
};

struct Shape {
  uint32_t capacity;
  uint32_t flags;
  bool destructors;
};

class ObjectPoolModel : public testing::TestWithParam<Shape> {};

TEST_P(ObjectPoolModel, AnswersLikeAPlainMap) {
  for (uint64_t seed : support::Seeds()) {
    SCOPED_TRACE("DRYSTONE_TEST_SEED=" + std::to_string(seed));
    Course run(GetParam().capacity, GetParam().flags, GetParam().destructors, seed);
    // The destroyed ones are compared after each operation, which takes time when there are many.
    ASSERT_EQ("", run.Operations(support::Scaled(GetParam().destructors ? 3000 : 20000)));
    EXPECT_EQ("", run.CompareAll());
    EXPECT_EQ("", run.Close());
  }
}

const Shape kShapes[] = {{1, 0, false},
                         {2, 0, true},
                         {65, 0, false},
                         {1000, 0, false},
                         {1000, 0, true},
                         {1000, DRY_MEMORY_WIPE, false},
                         {65, DRY_MEMORY_GUARDED, true},
                         {1000, DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE, false}};

INSTANTIATE_TEST_SUITE_P(Shapes, ObjectPoolModel, testing::ValuesIn(kShapes), [](const auto &info) {
  return "capacity_" + std::to_string(info.param.capacity) + "_flags_" + std::to_string(info.param.flags) +
         (info.param.destructors ? "_destructors" : "");
});

TEST(ObjectPoolModelFault, AGenerationThatGoesBackIsFound) {
  Course run(20, 0, false, 3);
  ASSERT_EQ("", run.Operations(3000));
  const dry_object_pool &pool = run.pool.handle;
  for (uint32_t slot = 0; slot < 20; slot++) {
    const bool lives = static_cast<uint32_t>(pool.cells[slot]) == slot;
    const uint64_t first = uint64_t{1} << 32 | slot;
    pool.cells[slot] = lives ? first : ~first;
  }
  EXPECT_NE("", run.Operations(3000));
}

}  // namespace
