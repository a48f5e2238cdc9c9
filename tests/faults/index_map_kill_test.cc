/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A process that changes an index map is killed at its first, second, third ... step, until it runs through. What it left
 * must verify; a reader must see the map as it was before the change under way or after it, and overlook nothing; the next
 * writer must find the same, and go on.
 */
#include <signal.h>

#include <algorithm>
#include <functional>

#include "tests/faults/history.h"
#include "tests/faults/hooks.h"
#include "tests/support/index_map.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/status.h"

namespace {

using faults::Acknowledged;
using support::Child;
using support::IndexMap;
using support::Region;
using support::TempDir;

using Set = std::vector<uint32_t>;

/* A fork under a sanitizer costs ten times as much. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
const uint64_t kStride = 5;
#else
const uint64_t kStride = 1;
#endif

struct Change {
  enum Kind { kAcquire, kAcquireAt, kAcquireMany, kRelease, kReset, kRepair } kind;
  uint32_t argument = 0;
};

dry_status Do(const Change &change, dry_index_map *map) {
  uint32_t room[5000];
  switch (change.kind) {
    case Change::kAcquire: return dry_index_map_acquire(map, room);
    case Change::kAcquireAt: return dry_index_map_acquire_at(map, change.argument);
    case Change::kAcquireMany: return dry_index_map_acquire_many(map, room, change.argument);
    case Change::kRelease: return dry_index_map_release(map, change.argument);
    case Change::kReset: return dry_index_map_reset(map);
    case Change::kRepair: return dry_index_map_repair(map);
  }
  return DRY_INVALID_ARGUMENT;
}

/** A file with a map, prepared by `prepare`, and what is taken in it before the first and after each of the changes. */
class Scene {
 public:
  Scene(uint32_t capacity, const std::function<void(IndexMap *)> &prepare, std::vector<Change> changes)
      : capacity_(capacity), changes_(std::move(changes)) {
    const std::string path = dir_.File("prepared");
    {
      Region region;
      dry_region_options options = support::CreateOptions(
          DRY_REGION_FILE, support::RegionBytesFor(support::IndexMapOptions(capacity)), path.c_str());
      options.part_capacity = 2;
      EXPECT_STATUS(DRY_OK, region.Create(options)) << region.detail.text;
      IndexMap map;
      EXPECT_STATUS(DRY_OK, map.CreateIn(&region, "ids", capacity)) << map.detail.text;
      prepare(&map);
      image_ = support::ReadFile(path);
      states_.push_back(support::ListOf(map.get()));
      for (const Change &change : changes_) {
        EXPECT_STATUS(DRY_OK, Do(change, map.get()));
        states_.push_back(support::ListOf(map.get()));
      }
    }
  }

  /** Kills at every step; returns how many there were. */
  uint64_t KillAtEachStep() {
    for (uint64_t n = 1;; n += kStride) {
      SCOPED_TRACE("killed at step " + std::to_string(n));
      if (Round(n) || testing::Test::HasFailure()) return n;
    }
  }

 private:
  /** True when the child ran through. */
  bool Round(uint64_t n) {
    const std::string path = dir_.File("region");
    support::WriteFile(path, image_);
    Acknowledged acknowledged;
    Child child([&] {
      Region region;
      region.DoNotVerify();
      IndexMap map;
      map.DoNotValidate();
      if (region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE) != DRY_OK) return 2;
      if (map.Open(&region, "ids") != DRY_OK) return 3;
      faults::KillAt kill(n);
      for (size_t i = 0; i < changes_.size(); i++) {
        if (Do(changes_[i], map.get()) != DRY_OK) return 4;
        acknowledged.Set(i + 1);
      }
      return 0;
    });
    const int result = child.Wait();
    EXPECT_TRUE(result == -SIGKILL || result == 0) << result;
    const Set seen = CheckAsReader(path, acknowledged.Get());
    CheckKilledRecovery(path, seen);
    CheckAsWriter(path, seen);
    return result == 0;
  }

  /** What is taken must lie between the states around the change under way: what both have, and no more than either. */
  void CheckBetween(const Set &taken, uint64_t acknowledged) {
    const Set &before = states_[acknowledged];
    const Set &after = states_[std::min<uint64_t>(acknowledged + 1, changes_.size())];
    Set both, either;
    std::set_intersection(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(both));
    std::set_union(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(either));
    EXPECT_TRUE(std::includes(taken.begin(), taken.end(), both.begin(), both.end())) << "something was lost";
    EXPECT_TRUE(std::includes(either.begin(), either.end(), taken.begin(), taken.end())) << "something came from nowhere";
  }

  Set CheckAsReader(const std::string &path, uint64_t acknowledged) {
    Region region;
    IndexMap map;
    EXPECT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ)) << region.detail.text;
    EXPECT_STATUS(DRY_OK, region.Verify()) << region.detail.text;
    EXPECT_STATUS(DRY_OK, map.Open(&region, "ids")) << map.detail.text;
    Set taken;
    for (uint32_t index = 0; index < capacity_; index++) {
      if (map.Contains(index)) taken.push_back(index);
    }
    CheckBetween(taken, acknowledged);
    EXPECT_TRUE(taken == support::ListOf(map.get())) << "the list overlooks something";
    EXPECT_TRUE(taken == support::WalkOf(map.get())) << "the walk overlooks something";
    EXPECT_EQ(taken.size(), support::StatsOf(map.get()).in_use);
    CheckNextFree(map.get(), taken);
    return taken;
  }

  void CheckNextFree(const dry_index_map *map, const Set &taken) {
    uint32_t expected = 0, found = 0;
    while (expected < taken.size() && taken[expected] == expected) expected++;
    const dry_status status = dry_index_map_next_free(map, 0, &found);
    EXPECT_STATUS(expected == capacity_ ? DRY_NOT_FOUND : DRY_OK, status);
    if (status == DRY_OK) {
      EXPECT_EQ(expected, found);
    }
  }

  /** The next writer is killed while it makes the upper levels anew. */
  void CheckKilledRecovery(const std::string &path, const Set &seen) {
    for (uint64_t n = 1;; n++) {
      Child child([&] {
        Region region;
        region.DoNotVerify();
        IndexMap map;
        map.DoNotValidate();
        if (region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE) != DRY_OK) return 2;
        faults::KillAt kill(n);
        return map.Open(&region, "ids") == DRY_OK ? 0 : 3;
      });
      const int result = child.Wait();
      ASSERT_TRUE(result == -SIGKILL || result == 0) << result;
      Region region;
      IndexMap map;
      ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ));
      ASSERT_STATUS(DRY_OK, region.Verify()) << region.detail.text;
      ASSERT_STATUS(DRY_OK, map.Open(&region, "ids"));
      ASSERT_TRUE(seen == support::ListOf(map.get()));
      if (result == 0) return;
    }
  }

  void CheckAsWriter(const std::string &path, const Set &seen) {
    Region region;
    IndexMap map;
    ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE)) << region.detail.text;
    ASSERT_STATUS(DRY_OK, map.Open(&region, "ids")) << map.detail.text;
    EXPECT_EQ(0u, map.handle.header->changing);
    EXPECT_STATUS(DRY_OK, map.Validate()) << map.detail.text;
    EXPECT_TRUE(seen == support::ListOf(map.get()));
    CheckNextFree(map.get(), seen);
    for (size_t i = seen.size(); i < capacity_; i++) map.Acquire();
    uint32_t index = 0;
    EXPECT_STATUS(DRY_FULL, dry_index_map_acquire(map.get(), &index));
    EXPECT_EQ(capacity_, support::StatsOf(map.get()).in_use);
    for (uint32_t i = 0; i < capacity_; i++) EXPECT_STATUS(DRY_OK, dry_index_map_release(map.get(), i));
  }

  TempDir dir_;
  uint32_t capacity_;
  std::vector<Change> changes_;
  std::string image_;
  std::vector<Set> states_;
};

void TakeAll(IndexMap *map, uint32_t count) {
  std::vector<uint32_t> room(count);
  ASSERT_STATUS(DRY_OK, dry_index_map_acquire_many(map->get(), room.data(), count));
}

TEST(IndexMapKill, WhileItTakesTheFirstAndTheLastOfEachLevel) {
  // 4,097 have three levels; the last leaf's word has words of its own on all of them.
  Scene scene(4097, [](IndexMap *map) { TakeAll(map, 4094); },
              {{Change::kAcquire}, {Change::kAcquire}, {Change::kAcquire}, {Change::kRelease, 4096}, {Change::kAcquire}});
  EXPECT_GT(scene.KillAtEachStep() * kStride, 20u);
}

TEST(IndexMapKill, WhileItGivesBackTheOnlyOneOfEachLevel) {
  Scene scene(4097, [](IndexMap *) {},
              {{Change::kAcquireAt, 4096},
               {Change::kAcquireAt, 4095},
               {Change::kRelease, 4096},
               {Change::kRelease, 4095},
               {Change::kAcquire}});
  EXPECT_GT(scene.KillAtEachStep() * kStride, 20u);
}

TEST(IndexMapKill, WhileItTakesMany) {
  Scene scene(4097, [](IndexMap *map) { TakeAll(map, 30); }, {{Change::kAcquireMany, 130}, {Change::kRelease, 64}});
  EXPECT_GT(scene.KillAtEachStep() * kStride, 10u);
}

TEST(IndexMapKill, WhileItGivesBackAll) {
  Scene scene(300, [](IndexMap *map) { TakeAll(map, 300); }, {{Change::kReset}, {Change::kAcquire}});
  EXPECT_GT(scene.KillAtEachStep() * kStride, 5u);
}

TEST(IndexMapKill, InAMapOfOneWord) {
  Scene scene(64, [](IndexMap *map) { TakeAll(map, 62); },
              {{Change::kAcquire}, {Change::kAcquire}, {Change::kRelease, 0}, {Change::kReset}, {Change::kRepair}});
  EXPECT_GT(scene.KillAtEachStep() * kStride, 10u);
}

TEST(IndexMapKill, WhileTheMapIsMade) {
  TempDir dir;
  const std::string path = dir.File("region");
  for (uint64_t n = 1;; n++) {
    SCOPED_TRACE("killed at step " + std::to_string(n));
    Child child([&] {
      Region region;
      region.DoNotVerify();
      dry_region_options options = support::CreateOptions(
          DRY_REGION_FILE, support::RegionBytesFor(support::IndexMapOptions(4097)), path.c_str());
      options.part_capacity = 2;
      if (region.Create(options) != DRY_OK) return 2;
      IndexMap map;
      faults::KillAt kill(n);
      return map.CreateIn(&region, "ids", 4097) == DRY_OK ? 0 : 3;
    });
    const int result = child.Wait();
    ASSERT_TRUE(result == -SIGKILL || result == 0) << result;
    {
      Region region;
      ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE)) << region.detail.text;
      EXPECT_STATUS(DRY_OK, region.Verify()) << region.detail.text;
      IndexMap map;
      const dry_status status = map.Open(&region, "ids");
      if (status != DRY_OK) {
        EXPECT_STATUS(DRY_NOT_FOUND, status);
        EXPECT_STATUS(DRY_OK, map.CreateIn(&region, "ids", 4097)) << "its room is free";
      }
      EXPECT_EQ(0u, map.Acquire());
    }
    ASSERT_STATUS(DRY_OK, dry_region_unlink(DRY_REGION_FILE, path.c_str(), nullptr));
    if (result == 0 || HasFailure()) break;
  }
}

}  // namespace
