/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Index maps, object pools and buffer pools where the system refuses memory. */
#include "tests/faults/memory_inject.h"
#include "tests/support/index_map.h"
#include "tests/support/object_pool.h"

namespace {

using faults::FailEachOf;
using support::IndexMap;
using support::Region;

const uint32_t kSystemFlags = DRY_MEMORY_PREFAULT | DRY_MEMORY_HUGE_PAGES | DRY_MEMORY_NUMA_LOCAL;

void CreateMap(uint32_t flags, const std::set<std::string> &may_be_ignored) {
  dry_index_map map = {};
  dry_detail detail = {};
  const dry_index_map_options options = support::IndexMapOptions(100000, flags);
  FailEachOf({[&] {
                const dry_status status = dry_index_map_create(&options, &map, &detail);
                EXPECT_EQ(status == DRY_OK, detail.text[0] == 0);
                return status;
              },
              [&] { EXPECT_STATUS(DRY_OK, dry_index_map_close(&map)); }, [&] { return map.header == nullptr; }},
             may_be_ignored);
}

TEST(IndexMapInject, Create) {
  CreateMap(0, {});
  CreateMap(kSystemFlags, {"madvise", "mbind", "munmap"});
  CreateMap(kSystemFlags | DRY_MEMORY_REQUIRED, {"munmap"});
}

TEST(IndexMapInject, CreateInAndOpen) {
  Region region;
  dry_region_options options =
      support::CreateOptions(DRY_REGION_MEMORY, support::RegionBytesFor(support::IndexMapOptions(1000)));
  options.part_capacity = 2;
  ASSERT_STATUS(DRY_OK, region.Create(options)) << region.detail.text;
  dry_index_map map = {};
  dry_detail detail = {};
  const dry_index_map_options map_options = support::IndexMapOptions(1000);
  bool made = false;
  FailEachOf({[&] {
                if (made) return dry_index_map_open(&region.handle, "ids", 3, &map, &detail);
                const dry_status status = dry_index_map_create_in(&region.handle, "ids", 3, &map_options, &map, &detail);
                made = status == DRY_OK;
                return status;
              },
              [&] { EXPECT_STATUS(DRY_OK, dry_index_map_close(&map)); },
              [&] { return map.header == nullptr && region.Stats().part_count == (made ? 1u : 0u); }});
  EXPECT_TRUE(made);
}

void CreatePool(uint32_t flags, const std::set<std::string> &may_be_ignored) {
  dry_object_pool pool = {};
  dry_detail detail = {};
  const dry_object_pool_options options = support::ObjectPoolOptions(64, 1000, flags);
  FailEachOf({[&] {
                const dry_status status = dry_object_pool_create(&options, &pool, &detail);
                EXPECT_EQ(status == DRY_OK, detail.text[0] == 0);
                return status;
              },
              [&] { EXPECT_STATUS(DRY_OK, dry_object_pool_close(&pool, nullptr)); },
              [&] { return pool.slots == nullptr; }},
             may_be_ignored);
}

TEST(ObjectPoolInject, Create) {
  CreatePool(0, {});
  CreatePool(DRY_MEMORY_GUARDED, {});
  CreatePool(kSystemFlags, {"madvise", "mbind", "munmap"});
  CreatePool(kSystemFlags | DRY_MEMORY_REQUIRED, {"munmap"});
}

TEST(ObjectPoolInject, NothingAfterwardsNeedsTheSystem) {
  support::ObjectPool pool(64, 1000, 0, true);
  faults::FailNth fail(1, true);
  for (int round = 0; round < 3; round++) {
    uint64_t objects[1000];
    ASSERT_STATUS(DRY_OK, dry_object_pool_acquire_many(pool.get(), objects, 1000));
    ASSERT_STATUS(DRY_OK, dry_object_pool_release_many(pool.get(), objects, 500));
    ASSERT_STATUS(DRY_OK, dry_object_pool_reset(pool.get()));
  }
  EXPECT_EQ("", fail.failed());
}

TEST(IndexMapInject, NothingAfterwardsNeedsTheSystem) {
  IndexMap map(100000);
  faults::FailNth fail(1, true);
  std::vector<uint32_t> room(100000);
  for (int round = 0; round < 3; round++) {
    ASSERT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), room.data(), room.size()));
    ASSERT_STATUS(DRY_OK, dry_index_map_reset(map.get()));
    ASSERT_STATUS(DRY_OK, dry_index_map_repair(map.get()));
  }
  EXPECT_EQ("", fail.failed());
}

TEST(BufferPoolInject, Create) {
  dry_buffer_pool pool = {};
  const dry_buffer_pool_options options = {sizeof options, 0, 4, 1000, 100, 64};
  FailEachOf({[&] { return dry_buffer_pool_create(&options, &pool, nullptr); },
              [&] { EXPECT_STATUS(DRY_OK, dry_buffer_pool_close(&pool)); },
              [&] { return pool.objects.slots == nullptr; }});
}

}  // namespace
