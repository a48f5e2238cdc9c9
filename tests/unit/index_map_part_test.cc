/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Index maps as parts of regions: found again, shared between handles, read only, closed and taken over. */
#include <cstring>

#include "tests/support/index_map.h"
#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/status.h"

namespace {

using support::IndexMap;
using support::IndexMapOptions;
using support::ListOf;
using support::Region;
using support::StatsOf;
using support::TempDir;
using support::WalkOf;

/** A region of its own for one map with that capacity. */
void MakeRegion(Region *region, uint64_t capacity, uint32_t kind = DRY_REGION_MEMORY, const char *name = nullptr) {
  dry_region_options options = support::CreateOptions(kind, support::RegionBytesFor(IndexMapOptions(capacity)), name);
  options.part_capacity = 2;
  ASSERT_STATUS(DRY_OK, region->Create(options)) << region->detail.text;
}

TEST(IndexMapPart, IsFoundAgainByItsName) {
  Region region;
  MakeRegion(&region, 5000);
  IndexMap map, again;
  ASSERT_STATUS(DRY_OK, map.CreateIn(&region, "ids", 5000)) << map.detail.text;
  for (uint32_t i = 0; i < 70; i++) ASSERT_EQ(i, map.Acquire());
  ASSERT_STATUS(DRY_OK, again.Open(&region, "ids")) << again.detail.text;
  EXPECT_EQ(5000u, StatsOf(again.get()).capacity);
  EXPECT_EQ(70u, again.Acquire());
  EXPECT_TRUE(map.Contains(70)) << "both handles are on the same map";
  dry_part_info info = {};
  EXPECT_STATUS(DRY_OK, dry_region_part_at(&region.handle, 0, &info));
  EXPECT_EQ(uint32_t{DRY_PART_INDEX_MAP}, info.kind);
  EXPECT_EQ(uint32_t{DRY_INDEX_MAP_FORMAT}, info.format);
}

TEST(IndexMapPart, OutlivesItsProcessInAFileAndInAnImage) {
  TempDir dir;
  const std::string path = dir.File("region"), image = dir.File("image");
  {
    Region region;
    MakeRegion(&region, 130, DRY_REGION_FILE, path.c_str());
    IndexMap map;
    ASSERT_STATUS(DRY_OK, map.CreateIn(&region, "ids", 130));
    uint32_t taken[130];
    ASSERT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), taken, 130));
    EXPECT_STATUS(DRY_FULL, dry_index_map_acquire(map.get(), taken));
    ASSERT_STATUS(DRY_OK, dry_index_map_release(map.get(), 64));
    ASSERT_STATUS(DRY_OK, region.Save(image)) << region.detail.text;
  }
  Region file, loaded;
  ASSERT_STATUS(DRY_OK, file.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE));
  ASSERT_STATUS(DRY_OK, loaded.Load(image, DRY_REGION_MEMORY)) << loaded.detail.text;
  for (Region *region : {&file, &loaded}) {
    IndexMap map;
    ASSERT_STATUS(DRY_OK, map.Open(region, "ids")) << map.detail.text;
    EXPECT_EQ(129u, StatsOf(map.get()).in_use);
    EXPECT_EQ(1u, StatsOf(map.get()).failures);
    EXPECT_EQ(64u, map.Acquire());
  }
}

TEST(IndexMapPart, OpensForWritingWithUpperLevelsMadeAnew) {
  Region region;
  MakeRegion(&region, 4097);
  {
    IndexMap map;
    ASSERT_STATUS(DRY_OK, map.CreateIn(&region, "ids", 4097));
    for (uint32_t i = 0; i < 64; i++) ASSERT_EQ(i, map.Acquire());
    for (uint32_t level = 1; level < map.handle.height; level++) {
      map.handle.levels[level][0] ^= 0xff00ff;
      map.handle.any[level][0] ^= 0xf0f0f0;
    }
    map.handle.header->in_use = 1;
    map.DoNotValidate();
  }
  IndexMap map;
  ASSERT_STATUS(DRY_OK, map.Open(&region, "ids"));
  EXPECT_STATUS(DRY_OK, map.Validate()) << map.detail.text;
  EXPECT_EQ(64u, map.Acquire());
  EXPECT_EQ(65u, StatsOf(map.get()).in_use);
}

TEST(IndexMapPart, OpeningASoundMapStoresNothing) {
  Region region;
  MakeRegion(&region, 4097);
  IndexMap map;
  ASSERT_STATUS(DRY_OK, map.CreateIn(&region, "ids", 4097));
  for (uint32_t i = 0; i < 100; i++) ASSERT_EQ(i, map.Acquire());
  const std::string before = region.Bytes();
  IndexMap again;
  ASSERT_STATUS(DRY_OK, again.Open(&region, "ids"));
  EXPECT_TRUE(before == region.Bytes());
}

TEST(IndexMapPart, InARegionOpenForReadingLooksAndRefusesChanges) {
  TempDir dir;
  const std::string path = dir.File("region");
  Region writer;
  MakeRegion(&writer, 200, DRY_REGION_FILE, path.c_str());
  IndexMap written;
  ASSERT_STATUS(DRY_OK, written.CreateIn(&writer, "ids", 200));
  for (uint32_t i = 0; i < 66; i++) ASSERT_EQ(i, written.Acquire());
  Region reader;
  ASSERT_STATUS(DRY_OK, reader.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ));
  IndexMap map;
  ASSERT_STATUS(DRY_OK, map.Open(&reader, "ids")) << map.detail.text;
  uint32_t index = 9;
  EXPECT_STATUS(DRY_READ_ONLY, dry_index_map_acquire(map.get(), &index));
  EXPECT_STATUS(DRY_READ_ONLY, dry_index_map_acquire_at(map.get(), 100));
  EXPECT_STATUS(DRY_READ_ONLY, dry_index_map_acquire_at(map.get(), 1000));
  EXPECT_STATUS(DRY_READ_ONLY, dry_index_map_acquire_many(map.get(), &index, 1));
  EXPECT_STATUS(DRY_READ_ONLY, dry_index_map_release(map.get(), 1));
  EXPECT_STATUS(DRY_READ_ONLY, dry_index_map_release(map.get(), 1000));
  EXPECT_STATUS(DRY_READ_ONLY, dry_index_map_reset(map.get()));
  EXPECT_STATUS(DRY_READ_ONLY, dry_index_map_repair(map.get()));
  EXPECT_EQ(66u, ListOf(map.get()).size());
  EXPECT_EQ(66u, WalkOf(map.get()).size());
  EXPECT_EQ(66u, StatsOf(map.get()).in_use);
  EXPECT_EQ(0u, StatsOf(map.get()).failures) << "a refusal writes nothing";
  EXPECT_TRUE(map.Contains(65));
  EXPECT_STATUS(DRY_OK, dry_index_map_next_free(map.get(), 0, &index));
  EXPECT_EQ(66u, index);
  EXPECT_STATUS(DRY_OK, map.Validate()) << map.detail.text;
}

TEST(IndexMapPart, InARegionOpenForSharingIsReadOnlyToo) {
  TempDir dir;
  const std::string path = dir.File("region");
  Region writer, sharer;
  MakeRegion(&writer, 200, DRY_REGION_FILE, path.c_str());
  IndexMap written, map;
  ASSERT_STATUS(DRY_OK, written.CreateIn(&writer, "ids", 200));
  EXPECT_EQ(0u, written.Acquire());
  ASSERT_STATUS(DRY_OK, sharer.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_SHARE)) << sharer.detail.text;
  ASSERT_STATUS(DRY_OK, map.Open(&sharer, "ids")) << map.detail.text;
  uint32_t index = 0;
  EXPECT_STATUS(DRY_READ_ONLY, dry_index_map_acquire(map.get(), &index));
  EXPECT_EQ(1u, written.Acquire());
  EXPECT_EQ((std::vector<uint32_t>{0, 1}), ListOf(map.get()));
}

TEST(IndexMapPart, AWriterThatWasTakenOverIsStale) {
  TempDir dir;
  const std::string path = dir.File("region");
  Region old;
  old.DoNotVerify();
  MakeRegion(&old, 200, DRY_REGION_FILE, path.c_str());
  IndexMap map;
  map.DoNotValidate();
  ASSERT_STATUS(DRY_OK, map.CreateIn(&old, "ids", 200));
  EXPECT_EQ(0u, map.Acquire());
  Region thief;
  ASSERT_STATUS(DRY_OK, thief.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE, DRY_REGION_TAKE_OVER));
  uint32_t index = 0;
  EXPECT_STATUS(DRY_STALE, dry_index_map_acquire(map.get(), &index));
  EXPECT_STATUS(DRY_STALE, dry_index_map_release(map.get(), 0));
  EXPECT_STATUS(DRY_STALE, dry_index_map_reset(map.get()));
  IndexMap late;
  EXPECT_STATUS(DRY_STALE, late.Open(&old, "ids"));
  EXPECT_STRNE("", late.detail.text);
  IndexMap now;
  ASSERT_STATUS(DRY_OK, now.Open(&thief, "ids"));
  EXPECT_EQ(1u, now.Acquire());
  EXPECT_TRUE(map.Contains(1)) << "looking is still possible";
}

TEST(IndexMapPart, AnswersClosedOnceItsRegionIs) {
  Region region;
  MakeRegion(&region, 200);
  IndexMap map;
  ASSERT_STATUS(DRY_OK, map.CreateIn(&region, "ids", 200));
  EXPECT_EQ(0u, map.Acquire());
  EXPECT_STATUS(DRY_OK, region.Close());
  uint32_t index = 0;
  uint64_t count = 0;
  dry_index_map_stats stats;
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_acquire(map.get(), &index));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_acquire_at(map.get(), 9));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_acquire_many(map.get(), &index, 1));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_release(map.get(), 0));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_release(map.get(), 1000));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_contains(map.get(), 0, &index));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_next_used(map.get(), 0, &index));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_next_free(map.get(), 0, &index));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_list(map.get(), 0, &index, 1, &count));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_reset(map.get()));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_repair(map.get()));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_validate(map.get(), nullptr));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_get_stats(map.get(), &stats));
  EXPECT_STATUS(DRY_OK, dry_index_map_close(map.get()));
  EXPECT_STATUS(DRY_OK, dry_index_map_close(map.get())) << "again is fine";
}

TEST(IndexMapPart, IsRefusedByName) {
  Region region;
  dry_region_options options = support::CreateOptions(DRY_REGION_MEMORY, 65536);
  ASSERT_STATUS(DRY_OK, region.Create(options));
  const dry_kv_options kv = support::KvOptions(4, 100);
  dry_kv_writer writer = {};
  ASSERT_STATUS(DRY_OK, dry_kv_create(&region.handle, "kv", 2, &kv, &writer, &region.detail));
  IndexMap map;
  EXPECT_STATUS(DRY_NOT_FOUND, map.Open(&region, "ids"));
  EXPECT_STATUS(DRY_TYPE_MISMATCH, map.Open(&region, "kv"));
  EXPECT_STREQ("part 'kv': is of kind 1, not a index_map", map.detail.text);
  EXPECT_STATUS(DRY_ALREADY_EXISTS, map.CreateIn(&region, "kv", 10));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, map.CreateIn(&region, "", 10));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, map.CreateIn(&region, "ids", 0));
  EXPECT_STATUS(DRY_TOO_LARGE, map.CreateIn(&region, "ids", DRY_INDEX_MAP_CAPACITY_MAX + 1));
  EXPECT_STATUS(DRY_FULL, map.CreateIn(&region, "ids", DRY_INDEX_MAP_CAPACITY_MAX));
  EXPECT_EQ(1u, region.Stats().part_count) << "nothing was made";
  EXPECT_STATUS(DRY_OK, map.CreateIn(&region, "ids", 10)) << map.detail.text;
  dry_kv_writer_close(&writer);
}

TEST(IndexMapPart, FlagsAreForPrivateMemory) {
  Region region;
  MakeRegion(&region, 10);
  dry_index_map_options options = IndexMapOptions(10, DRY_MEMORY_PREFAULT);
  IndexMap map;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT,
                dry_index_map_create_in(&region.handle, "ids", 3, &options, map.get(), &map.detail));
  uint64_t bytes = 0;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_required_bytes(&options, &bytes));
}

}  // namespace
