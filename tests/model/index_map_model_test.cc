/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Index maps against a plain array of flags, at capacities around every edge of words and levels. Each answer of each
 * call is compared; the seed of a run is printed when it fails. One run has a fault put into it, which must be found.
 */
#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/index_map.h"
#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

using support::IndexMap;

/** Which indices are taken, written as plainly as possible. */
class Plain {
 public:
  explicit Plain(uint32_t capacity) : used_(capacity, kFree) {}
  uint32_t capacity() const { return static_cast<uint32_t>(used_.size()); }
  bool IsUsed(uint32_t index) const { return used_[index] == kUsed; }
  void Set(uint32_t index, bool used) {
    count_ += used;
    count_ -= IsUsed(index);
    used_[index] = used ? kUsed : kFree;
    // All below are taken: only to spare the model a walk from 0 at each acquire of a full map.
    lowest_ = used ? lowest_ : std::min(lowest_, index);
  }
  uint64_t count() const { return count_; }
  /** The first index from `from` on that is, or is not, taken; the capacity where there is none. */
  uint32_t Next(uint32_t from, bool used) const {
    const size_t found = used_.find(used ? kUsed : kFree, from);
    return found == std::string::npos ? capacity() : static_cast<uint32_t>(found);
  }
  uint32_t LowestFree() {
    lowest_ = Next(lowest_, false);
    return lowest_;
  }
  /** Exactly those below `count` are taken. */
  void SetAllBelow(uint32_t count) {
    used_ = std::string(count, kUsed) + std::string(capacity() - count, kFree);
    count_ = count;
    lowest_ = 0;
  }

 private:
  // A letter an index: what looks for one is as fast as the C library.
  static const char kFree = '.', kUsed = 'X';
  std::string used_;
  uint64_t count_ = 0;
  uint32_t lowest_ = 0;
};

/** A map and its model; says in words where they first differ. */
class Course {
 public:
  Course(uint32_t capacity, uint64_t seed) : map(capacity), plain_(capacity), random_(seed) {}

  /** Does `count` operations, "" or the first difference. */
  std::string Operations(uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
      // Runs of taking and of giving back, so that the map gets full and empty.
      if (random_.OneIn(plain_.capacity() < 1000 ? 100 : 3000)) taking_ = random_.Below(10);
      const std::string difference = One();
      if (!difference.empty()) return "operation " + std::to_string(i) + ": " + difference;
    }
    return "";
  }

  /** Takes so many at once that the map is nearly full, which in the largest ones would take too long otherwise. */
  std::string Fill() {
    std::vector<uint32_t> taken(plain_.capacity() - random_.Below(std::min(plain_.capacity(), 3000u)));
    if (dry_index_map_acquire_many(map.get(), taken.data(), taken.size()) != DRY_OK) return "an empty map is full";
    plain_.SetAllBelow(static_cast<uint32_t>(taken.size()));
    return CompareAll();
  }

  std::string CompareAll() {
    if (map.Validate() != DRY_OK) return map.detail.text;
    std::vector<uint32_t> expected;
    for (uint32_t i = plain_.Next(0, true); i < plain_.capacity(); i = plain_.Next(i + 1, true)) expected.push_back(i);
    if (support::ListOf(map.get()) != expected) return "the list differs";
    const dry_index_map_stats stats = support::StatsOf(map.get());
    if (stats.in_use != plain_.count()) return Differs("in_use", stats.in_use, plain_.count());
    if (stats.failures != failures_) return Differs("failures", stats.failures, failures_);
    return "";
  }

  IndexMap map;

 private:
  static std::string Differs(const std::string &what, uint64_t is, uint64_t should) {
    return is == should ? "" : what + ": " + std::to_string(is) + " instead of " + std::to_string(should);
  }

  uint32_t Somewhere() {
    // Now and then beyond the end.
    return static_cast<uint32_t>(random_.Below(uint64_t{plain_.capacity()} + plain_.capacity() / 50 + 2));
  }

  std::string One() {
    if (random_.OneIn(20000)) return Reset();
    if (random_.OneIn(50)) return Repair();
    if (random_.OneIn(4)) return Look();
    if (random_.Below(10) < taking_) return random_.OneIn(30) ? AcquireMany() : random_.OneIn(4) ? AcquireAt() : Acquire();
    return Release();
  }

  std::string Acquire() {
    uint32_t index = 0;
    const dry_status status = dry_index_map_acquire(map.get(), &index);
    const uint32_t lowest = plain_.LowestFree();
    if (lowest == plain_.capacity()) {
      failures_++;
      return Differs("acquire of a full map", static_cast<uint64_t>(status), DRY_FULL);
    }
    plain_.Set(lowest, true);
    return status != DRY_OK ? std::string("acquire: ") + dry_status_name(status) : Differs("acquire", index, lowest);
  }

  std::string AcquireAt() {
    const uint32_t index = Somewhere();
    const dry_status status = dry_index_map_acquire_at(map.get(), index);
    dry_status expected = DRY_INVALID_ARGUMENT;
    if (index < plain_.capacity()) {
      expected = plain_.IsUsed(index) ? DRY_ALREADY_EXISTS : DRY_OK;
      plain_.Set(index, true);
    }
    return Differs("acquire_at " + std::to_string(index), static_cast<uint64_t>(status), static_cast<uint64_t>(expected));
  }

  std::string AcquireMany() {
    std::vector<uint32_t> taken(random_.Below(std::min<uint64_t>(plain_.capacity(), 5000) + 2));
    const dry_status status = dry_index_map_acquire_many(map.get(), taken.data(), taken.size());
    if (taken.size() > plain_.capacity() - plain_.count()) {
      failures_++;
      return Differs("acquire_many", static_cast<uint64_t>(status), DRY_FULL);
    }
    if (status != DRY_OK) return std::string("acquire_many: ") + dry_status_name(status);
    for (uint32_t index : taken) {
      const uint32_t lowest = plain_.LowestFree();
      if (index != lowest) return Differs("acquire_many", index, lowest);
      plain_.Set(lowest, true);
    }
    return "";
  }

  std::string Release() {
    uint32_t index = Somewhere();
    // Mostly one that is taken.
    if (index < plain_.capacity() && !random_.OneIn(10) && plain_.capacity() < 300000) index = plain_.Next(index, true);
    const dry_status status = dry_index_map_release(map.get(), index);
    dry_status expected = DRY_INVALID_ARGUMENT;
    if (index < plain_.capacity()) {
      expected = plain_.IsUsed(index) ? DRY_OK : DRY_STALE;
      plain_.Set(index, false);
    }
    return Differs("release " + std::to_string(index), static_cast<uint64_t>(status), static_cast<uint64_t>(expected));
  }

  std::string Look() {
    const uint32_t index = Somewhere();
    uint32_t used = 0, found = 0;
    if (index < plain_.capacity()) {
      const dry_status status = dry_index_map_contains(map.get(), index, &used);
      if (status != DRY_OK || used != (plain_.IsUsed(index) ? 1u : 0u)) return "contains " + std::to_string(index);
    }
    // The model looks at one after the other, so in large maps it is asked less often.
    if (plain_.capacity() > 10000 && !random_.OneIn(plain_.capacity() / 5000)) return "";
    const uint32_t from = std::min(index, plain_.capacity());
    for (bool wanted : {true, false}) {
      const dry_status status = wanted ? dry_index_map_next_used(map.get(), index, &found)
                                       : dry_index_map_next_free(map.get(), index, &found);
      const uint32_t expected = plain_.Next(from, wanted);
      const bool none = expected == plain_.capacity();
      if (status != (none ? DRY_NOT_FOUND : DRY_OK) || (!none && found != expected)) {
        return Differs(wanted ? "next_used" : "next_free", found, expected) + " from " + std::to_string(index);
      }
    }
    return "";
  }

  std::string Reset() {
    plain_.SetAllBelow(0);
    return Differs("reset", static_cast<uint64_t>(dry_index_map_reset(map.get())), DRY_OK);
  }

  /** Of what is sound it changes nothing. Walks the whole map, so not in the largest ones. */
  std::string Repair() {
    if (plain_.capacity() > 10000) return "";
    return Differs("repair", static_cast<uint64_t>(dry_index_map_repair(map.get())), DRY_OK);
  }

  Plain plain_;
  support::Random random_;
  uint64_t taking_ = 8;
  uint64_t failures_ = 0;
};

class IndexMapModel : public testing::TestWithParam<uint32_t> {};

TEST_P(IndexMapModel, AnswersLikeAPlainArray) {
  const uint32_t capacity = GetParam();
  const uint64_t operations = support::Scaled(capacity < 10000 ? 60000 : capacity < 1000000 ? 20000 : 15000);
  for (uint64_t seed : support::Seeds()) {
    SCOPED_TRACE("DRYSTONE_TEST_SEED=" + std::to_string(seed));
    Course run(capacity, seed);
    if (seed % 2 == 1 || capacity > 1000000) {
      ASSERT_EQ("", run.Fill());
    }
    EXPECT_EQ("", run.Operations(operations));
    EXPECT_EQ("", run.CompareAll());
    if (capacity > 1000000) break;
  }
}

INSTANTIATE_TEST_SUITE_P(Capacities, IndexMapModel,
                         testing::Values(1, 63, 64, 65, 4095, 4096, 4097, 262143, 262144, 262145, 16777215, 16777216),
                         testing::PrintToStringParamName());

TEST(IndexMapModelFault, AnIndexThatIsTakenBehindItsBackIsFound) {
  Course run(4097, 1);
  run.map.DoNotValidate();
  ASSERT_EQ("", run.Operations(2000));
  run.map.handle.levels[0][1] ^= 1;
  EXPECT_NE("", run.CompareAll());
  EXPECT_NE("", run.Operations(100000));
}

TEST(IndexMapModelFault, ASummaryThatForgetsAWordIsFound) {
  Course run(4097, 1);
  run.map.DoNotValidate();
  ASSERT_EQ("", run.Operations(2000));
  run.map.handle.any[1][0] = 0;
  EXPECT_NE("", run.CompareAll());
}

}  // namespace
