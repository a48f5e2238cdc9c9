/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Random operations on a pool and on a naive model of it: a list of taken slots with their contents, and the order in which
 * free ones come. DRYSTONE_TEST_SEED repeats one run, DRYSTONE_TEST_SCALE makes it longer.
 */
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>

#include "tests/support/places.h"
#include "tests/support/pool.h"
#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

using support::Pool;
using support::PoolOptions;
using support::Region;
using support::StatsOf;

/** What a pool of that capacity must answer, written as plainly as possible. */
class Model {
 public:
  explicit Model(uint64_t capacity) : capacity_(capacity) {}
  /** The slot that comes next; false: none. */
  bool Acquire(uint32_t *slot) {
    if (freed_.empty() && fresh_ == capacity_) {
      failures++;
      return false;
    }
    *slot = freed_.empty() ? fresh_ : freed_.back();
    if (freed_.empty())
      fresh_++;
    else
      freed_.pop_back();
    taken[*slot] = 0;
    peak = std::max<uint64_t>(peak, taken.size());
    return true;
  }
  dry_status Release(uint64_t slot) {
    if (slot >= capacity_) return DRY_FOREIGN;
    if (taken.erase(static_cast<uint32_t>(slot)) == 0) return DRY_STALE;
    freed_.push_back(static_cast<uint32_t>(slot));
    return DRY_OK;
  }
  void Reset() {
    taken.clear();
    freed_.clear();
    fresh_ = 0;
  }
  uint64_t free() const { return capacity_ - taken.size(); }

  std::map<uint32_t, uint8_t> taken; /* with the byte that its object is filled with */
  uint64_t peak = 0;
  uint64_t failures = 0;

 private:
  uint64_t capacity_;
  uint32_t fresh_ = 0;
  std::vector<uint32_t> freed_;
};

enum Where { kPrivate, kGrowing, kSpan, kFile };

struct Shape {
  Where where;
  uint64_t object_bytes;
  uint64_t capacity;
  uint32_t flags;
};

class PoolRun {
 public:
  PoolRun(const Shape &shape, uint64_t seed) : shape_(shape), random_(seed), model_(shape.capacity) { Make(); }

  void Operations(uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
      One();
      if (random_.OneIn(200)) {
        EXPECT_EQ("", Difference());
      }
      if (random_.OneIn(400)) Reopen();
      if (testing::Test::HasFailure()) {
        ADD_FAILURE() << "at operation " << i;
        return;
      }
    }
    EXPECT_EQ("", Difference());
  }

  /** The first difference between the pool and the model in words. */
  std::string Difference() {
    std::vector<uint32_t> expected;
    for (const auto &[slot, byte] : model_.taken) {
      expected.push_back(slot);
      if (pool_->Read(slot) != std::string(shape_.object_bytes, static_cast<char>(byte)))
        return "slot " + std::to_string(slot) + " has other contents";
    }
    if (support::UsedOf(pool_->get()) != expected) return "other slots are taken";
    const dry_pool_stats stats = StatsOf(pool_->get());
    if (stats.in_use != expected.size()) return "in_use is " + std::to_string(stats.in_use);
    if (stats.peak != model_.peak) return "peak is " + std::to_string(stats.peak);
    if (stats.failures != model_.failures) return "failures are " + std::to_string(stats.failures);
    return pool_->Validate() == DRY_OK ? "" : pool_->detail.text;
  }

  Model &model() { return model_; }

 private:
  void Make() {
    dry_pool_options options = PoolOptions(shape_.object_bytes, shape_.capacity, shape_.flags);
    if (shape_.where == kGrowing) {
      options.capacity_slots = std::max<uint64_t>(1, shape_.capacity / 10);
      options.capacity_max_slots = shape_.capacity;
      options.chunk_slots = 7;
    }
    if (shape_.where == kSpan) {
      span_ = std::make_unique<support::PoolSpan>(options);
      pool_ = std::make_unique<Pool>(*span_);
    } else if (shape_.where == kFile) {
      region_ = std::make_unique<Region>();
      pool_ = std::make_unique<Pool>();
      ASSERT_STATUS(DRY_OK, region_->Create(DRY_REGION_FILE, support::RegionBytesFor(options) + 65536,
                                            dir_.File("region").c_str()));
      ASSERT_STATUS(DRY_OK, pool_->CreateIn(region_.get(), options)) << pool_->detail.text;
    } else {
      pool_ = std::make_unique<Pool>(options);
    }
  }

  /** Another handle on the same bytes. */
  void Reopen() {
    if (shape_.where != kSpan && shape_.where != kFile) return;
    pool_.reset();
    if (shape_.where == kSpan) {
      pool_ = std::make_unique<Pool>(*span_);
      return;
    }
    region_ = std::make_unique<Region>();
    pool_ = std::make_unique<Pool>();
    ASSERT_STATUS(DRY_OK, region_->Open(DRY_REGION_FILE, dir_.File("region").c_str(), DRY_MODE_WRITE));
    ASSERT_STATUS(DRY_OK, pool_->Open(region_.get())) << pool_->detail.text;
  }

  void One() {
    switch (random_.Below(100)) {
      case 0: return ResetAll();
      case 1:
      case 2:
      case 3: return AcquireMany();
      case 4:
      case 5:
      case 6: return ReleaseMany();
      default: break;
    }
    // Drifts between empty and full.
    if (random_.OneIn(300)) filling_ = !filling_;
    if (random_.Below(10) < (filling_ ? 6u : 4u))
      Acquire();
    else
      Release();
  }

  void Fill(uint32_t slot) {
    const uint8_t byte = static_cast<uint8_t>(random_.Below(256));
    EXPECT_STATUS(DRY_OK, dry_pool_fill(pool_->get(), slot, byte));
    model_.taken[slot] = byte;
  }

  void Acquire() {
    uint32_t expected = 0, slot = 1;
    if (!model_.Acquire(&expected)) {
      EXPECT_STATUS(DRY_FULL, dry_pool_acquire(pool_->get(), &slot));
      return;
    }
    void *memory = nullptr;
    if (random_.OneIn(2)) {
      EXPECT_STATUS(DRY_OK, dry_pool_acquire(pool_->get(), &slot));
    } else {
      EXPECT_STATUS(DRY_OK, dry_pool_alloc(pool_->get(), &memory));
      EXPECT_STATUS(DRY_OK, dry_pool_slot_of(pool_->get(), memory, &slot));
    }
    EXPECT_EQ(expected, slot);
    Fill(slot);
  }

  uint32_t AnySlot() {
    if (model_.taken.empty() || random_.OneIn(5)) return static_cast<uint32_t>(random_.Below(shape_.capacity + 2));
    auto at = model_.taken.lower_bound(static_cast<uint32_t>(random_.Below(shape_.capacity)));
    return at == model_.taken.end() ? model_.taken.begin()->first : at->first;
  }

  void Release() {
    const uint32_t slot = AnySlot();
    const dry_status expected = Foreseen(slot);
    if (random_.OneIn(2)) {
      EXPECT_STATUS(expected, dry_pool_release(pool_->get(), slot)) << slot;
    } else {
      EXPECT_STATUS(expected, dry_pool_free_at(pool_->get(), slot * StatsOf(pool_->get()).stride_bytes)) << slot;
    }
  }

  /** What giving back answers: slots of a chunk that is not there yet are foreign, not stale. */
  dry_status Foreseen(uint32_t slot) {
    const dry_status status = model_.Release(slot);
    return status == DRY_STALE && slot >= StatsOf(pool_->get()).capacity_slots ? DRY_FOREIGN : status;
  }

  void AcquireMany() {
    std::vector<uint32_t> slots(random_.Below(shape_.capacity / 3 + 2));
    if (slots.size() > model_.free()) {
      model_.failures++;
      EXPECT_STATUS(DRY_FULL, dry_pool_acquire_many(pool_->get(), slots.data(), slots.size()));
      return;
    }
    EXPECT_STATUS(DRY_OK, dry_pool_acquire_many(pool_->get(), slots.data(), slots.size()));
    for (uint32_t slot : slots) {
      uint32_t expected = 0;
      ASSERT_TRUE(model_.Acquire(&expected));
      EXPECT_EQ(expected, slot);
      Fill(slot);
    }
  }

  void ReleaseMany() {
    std::vector<uint32_t> slots;
    Model after = model_;
    dry_status expected = DRY_OK;
    for (uint64_t i = random_.Below(shape_.capacity / 3 + 2); i > 0 && expected == DRY_OK; i--) {
      const uint32_t slot = random_.OneIn(50) ? AnySlot() : Taken(after);
      if (slot == UINT32_MAX) break;
      slots.push_back(slot);
      expected = after.Release(slot);
      if (expected == DRY_STALE && slot >= StatsOf(pool_->get()).capacity_slots) expected = DRY_FOREIGN;
    }
    EXPECT_STATUS(expected, dry_pool_release_many(pool_->get(), slots.data(), slots.size()));
    if (expected == DRY_OK) model_ = after;
  }

  uint32_t Taken(const Model &model) {
    if (model.taken.empty()) return UINT32_MAX;
    auto at = model.taken.lower_bound(static_cast<uint32_t>(random_.Below(shape_.capacity)));
    return at == model.taken.end() ? model.taken.begin()->first : at->first;
  }

  void ResetAll() {
    if (!random_.OneIn(5)) return;
    EXPECT_STATUS(DRY_OK, dry_pool_reset(pool_->get()));
    model_.Reset();
  }

  Shape shape_;
  support::Random random_;
  Model model_;
  bool filling_ = true;
  support::TempDir dir_;
  std::unique_ptr<support::PoolSpan> span_;
  std::unique_ptr<Region> region_;
  std::unique_ptr<Pool> pool_;
};

void RunSeeds(const Shape &shape, uint64_t operations) {
  for (uint64_t seed : support::Seeds()) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    SCOPED_TRACE("seed " + std::to_string(seed));
    PoolRun(shape, seed).Operations(support::Scaled(operations));
  }
}

TEST(PoolModel, InPrivateMemory) { RunSeeds({kPrivate, 24, 300, 0}, 10000); }

TEST(PoolModel, WithOneSlot) { RunSeeds({kPrivate, 1, 1, 0}, 3000); }

TEST(PoolModel, Guarded) { RunSeeds({kPrivate, 24, 100, DRY_MEMORY_GUARDED}, 6000); }

TEST(PoolModel, GuardedWipedAndTracked) {
  RunSeeds({kPrivate, 61, 100, DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE | DRY_MEMORY_TRACK}, 6000);
}

TEST(PoolModel, Growing) { RunSeeds({kGrowing, 100, 500, 0}, 8000); }

TEST(PoolModel, InASpan) { RunSeeds({kSpan, 16, 130, 0}, 8000); }

TEST(PoolModel, InAFile) { RunSeeds({kFile, 40, 130, 0}, 6000); }

TEST(PoolModel, GuardedAndWipedInAFile) { RunSeeds({kFile, 40, 70, DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE}, 6000); }

/* ---- a model that cannot fail proves nothing: three seeded faults that it must see ---- */

TEST(PoolModelFault, AReleaseThatThePoolNeverGotIsSeen) {
  PoolRun run({kPrivate, 24, 300, 0}, 1);
  run.Operations(500);
  run.model().Release(run.model().taken.begin()->first);
  EXPECT_EQ("other slots are taken", run.Difference());
}

TEST(PoolModelFault, OtherContentsAreSeen) {
  PoolRun run({kPrivate, 24, 300, 0}, 1);
  run.Operations(500);
  auto first = run.model().taken.begin();
  first->second = static_cast<uint8_t>(first->second + 1);
  EXPECT_EQ("slot " + std::to_string(first->first) + " has other contents", run.Difference());
}

TEST(PoolModelFault, APeakThatNeverWasIsSeen) {
  PoolRun run({kPrivate, 24, 300, 0}, 1);
  run.Operations(500);
  run.model().peak++;
  EXPECT_NE("", run.Difference());
}

}  // namespace
