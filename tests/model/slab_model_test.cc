/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Random operations on a slab against a plain map of what should be in use. DRYSTONE_TEST_SEED repeats one run,
 * DRYSTONE_TEST_SCALE makes it longer.
 */
#include <cstdio>
#include <cstring>
#include <map>
#include <vector>

#include "tests/support/random.h"
#include "tests/support/slab.h"

namespace {

using support::Random;
using support::Slab;
using support::SlabOptions;

struct Object {
  uint64_t bytes; // that may be used
  uint8_t fill;
};

class ModelRun {
 public:
  ModelRun(const dry_slab_options &options, uint64_t seed) : slab_(options), random_(seed), pages_(options.bytes / 4096) {
    void *base;
    EXPECT_STATUS(DRY_OK, dry_slab_base(&slab_.handle, &base));
    base_ = static_cast<uint8_t *>(base);
  }

  void Operations(uint64_t count) {
    for (uint64_t i = 0; i < count && !testing::Test::HasFatalFailure(); i++) {
      // Long stretches of more taking than freeing, and then the other way round.
      const uint64_t taking = i / 500 % 2 ? 3 : 6;
      const uint64_t what = random_.Below(10);
      if (random_.OneIn(1500)) {
        Reset();
      } else if (random_.OneIn(12)) {
        Misuse();
      } else if (what < taking) {
        Take();
      } else {
        Free();
      }
      ASSERT_EQ("", Difference()) << "after operation " << i;
      if (i % 64 == 0) {
        ASSERT_STATUS(DRY_OK, slab_.Validate()) << slab_.detail.text;
      }
    }
  }

  /** How the slab differs from what should be there; "" when it does not. */
  std::string Difference() {
    const dry_slab_stats stats = slab_.Stats();
    uint64_t in_use = 0;
    for (int i = 0; i < DRY_SLAB_CLASSES; i++) {
      if (stats.classes[i].size_bytes != uint64_t{8} << i) return "another class";
      if (stats.classes[i].in_use != in_use_[i]) return "another count of a class";
      if (stats.classes[i].pages != PagesOf(i)) return "another count of a class's pages";
      in_use += in_use_[i];
    }
    if (stats.in_use != in_use) return "another count of objects";
    if (stats.free_pages != pages_ - page_class_.size()) return "another count of free pages";
    if (stats.fallbacks != fallbacks_ || stats.fallbacks_in_use != outside_in_use_) return "another count of fallbacks";
    if (stats.failures != failures_) return "another count of failures";
    return "";
  }

  Slab &slab() { return slab_; }
  std::map<uint8_t *, Object> &objects() { return objects_; }

 private:
  static int ClassOf(uint64_t size) {
    int of_class = 0;
    while (uint64_t{8} << of_class < size) of_class++;
    return of_class;
  }
  bool IsInside(const uint8_t *memory) const { return memory >= base_ && memory < base_ + pages_ * 4096; }
  uint64_t PageOf(const uint8_t *memory) const { return static_cast<uint64_t>(memory - base_) / 4096; }
  uint64_t PagesOf(int of_class) const {
    uint64_t count = 0;
    for (const auto &[page, its] : page_class_) count += its == of_class;
    return count;
  }
  uint64_t RoomOf(int of_class) const { return PagesOf(of_class) * (4096 / (uint64_t{8} << of_class)) - in_use_[of_class]; }

  void Take() {
    const uint64_t size = random_.OneIn(20) ? 4097 + random_.Below(20000) : 1 + (random_.Next() & 4095) / (1 + random_.Below(64));
    void *memory = nullptr;
    uint64_t of_class = 1;
    const bool outside = size > 4096;
    const int its = outside ? 0 : ClassOf(size);
    const bool room = outside || RoomOf(its) > 0 || page_class_.size() < pages_;
    ASSERT_STATUS(room ? DRY_OK : DRY_FULL, slab_.Alloc(size, &memory, &of_class)) << size;
    failures_ += !room;
    if (!room) {
      ASSERT_EQ(nullptr, memory);
      return;
    }
    ASSERT_EQ(outside ? 0 : uint64_t{8} << its, of_class);
    uint8_t *at = static_cast<uint8_t *>(memory);
    const uint64_t bytes = outside ? size : of_class;
    CheckPlace(at, bytes);
    if (testing::Test::HasFatalFailure()) return;
    if (!outside) {
      ASSERT_TRUE(IsInside(at) && (at - base_) % static_cast<int64_t>(of_class) == 0);
      const auto page = page_class_.emplace(PageOf(at), its).first;
      ASSERT_EQ(its, page->second) << "a page of two classes";
      page_objects_[PageOf(at)]++;
      in_use_[its]++;
    } else {
      fallbacks_++;
      outside_in_use_++;
    }
    const uint8_t fill = static_cast<uint8_t>(random_.Next());
    memset(at, fill, bytes);
    objects_[at] = {bytes, fill};
    freed_.erase(at);
  }

  /** That it overlaps with none that is in use. */
  void CheckPlace(uint8_t *at, uint64_t bytes) {
    const auto behind = objects_.lower_bound(at);
    ASSERT_TRUE(behind == objects_.end() || behind->first >= at + bytes) << "overlaps with the next one";
    if (behind == objects_.begin()) return;
    const auto before = std::prev(behind);
    ASSERT_TRUE(before->first + before->second.bytes <= at) << "overlaps with the one before";
  }

  std::map<uint8_t *, Object>::iterator Any() {
    auto found = objects_.lower_bound(base_ + random_.Below(pages_ * 4096));
    if (random_.OneIn(8) || found == objects_.end()) found = objects_.begin();
    return found;
  }

  void Free() {
    if (objects_.empty()) return;
    const auto found = Any();
    const auto [memory, object] = *found;
    for (uint64_t i = 0; i < object.bytes; i++) ASSERT_EQ(object.fill, memory[i]) << "overwritten at " << i;
    ASSERT_STATUS(DRY_OK, slab_.Free(memory));
    objects_.erase(found);
    freed_[memory] = object.bytes;
    if (!IsInside(memory)) {
      outside_in_use_--;
      freed_.erase(memory); // its address may be anybody's now
      return;
    }
    in_use_[ClassOf(object.bytes)]--;
    if (--page_objects_[PageOf(memory)] == 0) page_class_.erase(PageOf(memory));
  }

  void Misuse() {
    if (!objects_.empty()) {
      const auto &[memory, object] = *Any();
      const uint64_t inside = 1 + random_.Below(object.bytes - 1);
      // Also where the heap put the object over the start of another one whose free is remembered still.
      ASSERT_STATUS(DRY_FOREIGN, slab_.Free(memory + inside)) << inside << " of " << object.bytes;
    }
    if (freed_.empty()) return;
    auto found = freed_.lower_bound(base_ + random_.Below(pages_ * 4096));
    if (found == freed_.end()) found = freed_.begin();
    // Its page may be another class's by now; then its address may be inside of an object there.
    const dry_status status = slab_.Free(found->first);
    ASSERT_TRUE(status == DRY_STALE || status == DRY_FOREIGN) << dry_status_name(status);
  }

  void Reset() {
    ASSERT_STATUS(DRY_OK, dry_slab_reset(&slab_.handle));
    objects_.clear();
    freed_.clear();
    page_class_.clear();
    page_objects_.clear();
    outside_in_use_ = 0;
    for (uint64_t &count : in_use_) count = 0;
  }

  Slab slab_;
  Random random_;
  uint64_t pages_;
  uint8_t *base_ = nullptr;
  std::map<uint8_t *, Object> objects_;
  std::map<uint8_t *, uint64_t> freed_;
  std::map<uint64_t, int> page_class_;
  std::map<uint64_t, uint64_t> page_objects_;
  uint64_t in_use_[DRY_SLAB_CLASSES] = {};
  uint64_t fallbacks_ = 0, outside_in_use_ = 0, failures_ = 0;
};

void RunSeeds(const dry_slab_options &options, uint64_t operations) {
  for (uint64_t seed : support::Seeds()) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    SCOPED_TRACE("seed " + std::to_string(seed));
    ModelRun(options, seed).Operations(support::Scaled(operations));
  }
}

TEST(SlabModel, WithRoom) { RunSeeds(SlabOptions(64 * 4096), 8000); }

TEST(SlabModel, ThatIsOftenFull) { RunSeeds(SlabOptions(12 * 4096), 8000); }

TEST(SlabModel, OfOnePage) { RunSeeds(SlabOptions(4096), 3000); }

TEST(SlabModel, ThatIsGuardedAndWiped) {
  RunSeeds(SlabOptions(16 * 4096, DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE), 4000);
}

/* ---- a model that cannot fail proves nothing: two seeded faults that it must see ---- */

TEST(SlabModelFault, AnObjectThatTheModelDoesNotKnowIsSeen) {
  ModelRun run(SlabOptions(64 * 4096), 1);
  run.Operations(300);
  run.slab().Take(100);
  EXPECT_EQ("another count of a class", run.Difference());
}

TEST(SlabModelFault, AnObjectThatWasFreedBehindTheModelsBackIsSeen) {
  ModelRun run(SlabOptions(64 * 4096), 1);
  run.Operations(300);
  ASSERT_FALSE(run.objects().empty());
  ASSERT_STATUS(DRY_OK, run.slab().Free(run.objects().begin()->first));
  EXPECT_NE("", run.Difference());
}

}  // namespace
