/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Shared pools against a plain set of taken slots: three caches that come and go, and calls without one. Which slot comes
 * is not promised, but whether one comes is: whenever one is free that no other cache keeps back. The seed of a run is
 * printed when it fails. One run has a fault put into it, which must be found.
 */
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "tests/support/random.h"
#include "tests/support/shared_pool.h"
#include "tests/support/status.h"

namespace {

using support::Cache;
using support::SharedPool;
using support::SharedPoolOptions;

const size_t kCaches = 3;

/** A pool and its model; says in words where they first differ. */
class Course {
 public:
  Course(uint64_t capacity, uint64_t seed, uint32_t flags)
      : pool(SharedPoolOptions(4, capacity, kCaches, flags)), capacity_(capacity), stamps_(capacity, 0), random_(seed) {}

  /** Does `count` operations, "" or the first difference. */
  std::string Operations(uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
      // Runs of taking and of giving back, so that the pool gets full and empty.
      if (random_.OneIn(150)) taking_ = random_.Below(101);
      std::string difference = One();
      if (difference.empty() && random_.OneIn(200)) difference = CompareAll();
      if (!difference.empty()) return "operation " + std::to_string(i) + ": " + difference;
    }
    return CompareAll();
  }

  SharedPool pool;
  const std::vector<uint32_t> &taken() const { return taken_; }

 private:
  std::string One() {
    if (random_.OneIn(60)) return OpenOrClose();
    if (random_.OneIn(80)) return Flush();
    if (random_.OneIn(3000)) return Reset();
    if (random_.OneIn(500)) return Repair();
    if (random_.OneIn(30)) return Adopt();
    if (random_.Below(100) < taking_) return random_.OneIn(20) ? TakeMany() : Take();
    return random_.OneIn(20) ? GiveMany() : random_.OneIn(10) ? GiveWrong() : Give();
  }

  /** One of the caches, or kCaches for none. */
  size_t Someone() { return random_.Below(kCaches + 1); }
  bool IsOpen(size_t who) const { return who < kCaches && caches_[who].handle.magazine != nullptr; }
  uint64_t KeptBack(size_t from) const {
    uint64_t kept = 0;
    for (size_t i = 0; i < kCaches; i++) {
      if (i != from && IsOpen(i)) kept += caches_[i].handle.magazine->count + caches_[i].handle.spare->count;
    }
    return kept;
  }
  uint64_t Reachable(size_t who) const { return capacity_ - taken_.size() - KeptBack(who); }

  static std::string Differs(const std::string &what, dry_status is, dry_status should) {
    return is == should ? "" : what + ": " + dry_status_name(is) + " instead of " + dry_status_name(should);
  }

  /** From here on `slot` is ours: it carries a stamp. */
  std::string Got(uint32_t slot) {
    if (slot >= capacity_) return "slot " + std::to_string(slot) + " is none";
    if (stamps_[slot] != 0) return "slot " + std::to_string(slot) + " is handed out twice";
    stamps_[slot] = ++stamp_;
    taken_.push_back(slot);
    return Differs("write", dry_shared_pool_write(pool.get(), slot, 0, &stamp_, sizeof stamp_), DRY_OK);
  }

  std::string Holds(uint32_t slot) {
    uint32_t stamp = 0;
    const dry_status status = dry_shared_pool_read(pool.get(), slot, 0, &stamp, sizeof stamp);
    if (status != DRY_OK) return Differs("read of slot " + std::to_string(slot), status, DRY_OK);
    return stamp == stamps_[slot] ? "" : "slot " + std::to_string(slot) + " has lost its bytes";
  }

  std::string Take() {
    const size_t who = Someone();
    if (who < kCaches && !IsOpen(who)) return "";
    uint32_t slot = 0;
    const dry_status expected = Reachable(who) > 0 ? DRY_OK : DRY_FULL;
    const dry_status status = who < kCaches ? caches_[who].Acquire(&slot) : dry_shared_pool_acquire(pool.get(), &slot);
    failures_ += expected == DRY_FULL;
    return status == DRY_OK && expected == DRY_OK ? Got(slot) : Differs("acquire", status, expected);
  }

  std::string TakeMany() {
    const size_t who = random_.Below(kCaches);
    if (!IsOpen(who)) return "";
    std::vector<uint32_t> slots(random_.Below(250));
    const dry_status expected = Reachable(who) >= slots.size() ? DRY_OK : DRY_FULL;
    const dry_status status = dry_shared_pool_cache_acquire_many(caches_[who].get(), slots.data(), slots.size());
    failures_ += expected == DRY_FULL;
    std::string difference = Differs("acquire_many", status, expected);
    if (status == DRY_FULL) slots.clear();
    for (size_t i = 0; i < slots.size() && difference.empty(); i++) difference = Got(slots[i]);
    return difference;
  }

  /** A taken slot, which is forgotten. */
  uint32_t Forget() {
    std::swap(taken_[random_.Below(taken_.size())], taken_.back());
    const uint32_t slot = taken_.back();
    taken_.pop_back();
    return slot;
  }

  std::string Give() {
    const size_t who = Someone();
    if (taken_.empty() || (who < kCaches && !IsOpen(who))) return "";
    const uint32_t slot = Forget();
    const std::string difference = Holds(slot);
    if (!difference.empty()) return difference;
    stamps_[slot] = 0;
    const dry_status status = who < kCaches ? caches_[who].Release(slot) : dry_shared_pool_release(pool.get(), slot);
    return Differs("release", status, DRY_OK);
  }

  std::string GiveMany() {
    const size_t who = random_.Below(kCaches);
    if (!IsOpen(who)) return "";
    std::vector<uint32_t> slots;
    for (uint64_t i = random_.Below(std::min<uint64_t>(taken_.size(), 200) + 1); i > 0; i--) slots.push_back(Forget());
    if (slots.size() > 1 && random_.OneIn(4)) {
      // One comes twice: nothing happens.
      std::vector<uint32_t> twice = slots;
      twice.push_back(slots[random_.Below(slots.size())]);
      const dry_status status = dry_shared_pool_cache_release_many(caches_[who].get(), twice.data(), twice.size());
      taken_.insert(taken_.end(), slots.begin(), slots.end());
      return Differs("release_many of one slot twice", status, DRY_STALE);
    }
    for (uint32_t slot : slots) stamps_[slot] = 0;
    return Differs("release_many", dry_shared_pool_cache_release_many(caches_[who].get(), slots.data(), slots.size()),
                   DRY_OK);
  }

  std::string GiveWrong() {
    const size_t who = Someone();
    const uint32_t slot = static_cast<uint32_t>(random_.Below(capacity_ + 3));
    if ((slot < capacity_ && stamps_[slot] != 0) || (who < kCaches && !IsOpen(who))) return "";
    const dry_status status = who < kCaches ? caches_[who].Release(slot) : dry_shared_pool_release(pool.get(), slot);
    return Differs("release of what is free", status, slot < capacity_ ? DRY_STALE : DRY_FOREIGN);
  }

  std::string Adopt() {
    const size_t who = random_.Below(kCaches);
    if (!IsOpen(who)) return "";
    const uint32_t slot = static_cast<uint32_t>(random_.Below(capacity_));
    return Differs("adopt", dry_shared_pool_adopt(caches_[who].get(), slot), stamps_[slot] != 0 ? DRY_OK : DRY_STALE);
  }

  std::string OpenOrClose() {
    Cache &cache = caches_[random_.Below(kCaches)];
    if (cache.handle.magazine != nullptr) return Differs("close", cache.Close(), DRY_OK);
    return Differs("open", cache.Open(pool), DRY_OK);
  }

  std::string Flush() {
    const size_t who = random_.Below(kCaches);
    return Differs("flush", dry_shared_pool_flush(caches_[who].get()), IsOpen(who) ? DRY_OK : DRY_CLOSED);
  }

  std::string Reset() {
    taken_.clear();
    std::fill(stamps_.begin(), stamps_.end(), 0);
    return Differs("reset", dry_shared_pool_reset(pool.get()), DRY_OK);
  }

  std::string Repair() {
    const bool busy = IsOpen(0) || IsOpen(1) || IsOpen(2);
    return Differs("repair", dry_shared_pool_repair(pool.get(), nullptr), busy ? DRY_BUSY : DRY_OK);
  }

  std::string CompareAll() {
    if (pool.Validate() != DRY_OK) return pool.detail.text;
    const dry_shared_pool_stats stats = pool.Stats();
    if (stats.in_use != taken_.size()) return "in_use: " + std::to_string(stats.in_use);
    if (stats.failures != failures_) return "failures: " + std::to_string(stats.failures);
    if (stats.cached != KeptBack(kCaches)) return "cached: " + std::to_string(stats.cached);
    for (uint32_t slot : taken_) {
      const std::string difference = Holds(slot);
      if (!difference.empty()) return difference;
    }
    return "";
  }

  const uint64_t capacity_;
  Cache caches_[kCaches];
  std::vector<uint32_t> taken_;
  std::vector<uint32_t> stamps_; /* of each slot; 0: free */
  uint32_t stamp_ = 0;
  uint64_t failures_ = 0;
  uint64_t taking_ = 70;
  support::Random random_;
};

TEST(SharedPoolModel, AgreesAtAllKindsOfCapacities) {
  for (uint64_t seed : support::Seeds()) {
    for (uint64_t capacity : {1, 63, 64, 65, 129, 400, 1000}) {
      for (uint32_t flags : {0u, uint32_t{DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE}}) {
        SCOPED_TRACE("DRYSTONE_TEST_SEED=" + std::to_string(seed) + ", capacity " + std::to_string(capacity));
        Course course(capacity, seed, flags);
        EXPECT_EQ("", course.Operations(support::Scaled(15000)));
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(SharedPoolModel, FindsAFaultThatIsPutIn) {
  // Without guards, so that it is the model that finds it.
  Course course(200, 5, 0);
  ASSERT_EQ("", course.Operations(200));
  ASSERT_FALSE(course.taken().empty());
  course.pool.DoNotValidate();
  course.pool.handle.owners[course.taken()[0]] = 0;
  EXPECT_NE("", course.Operations(20000));
}

}  // namespace
