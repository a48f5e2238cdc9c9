/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <cstring>

#include "tests/support/index_map.h"
#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/pool.h"
#include "tests/support/shared_pool.h"
#include "tests/support/status.h"

namespace {

using support::KvOptions;
using support::Region;

dry_status Make(Region &region, const std::string &name) {
  dry_kv_writer writer = {};
  const dry_kv_options options = KvOptions(4, 100);
  const dry_status status =
      dry_kv_create(&region.handle, name.data(), name.size(), &options, &writer, &region.detail);
  dry_kv_writer_close(&writer);
  return status;
}

dry_status Find(Region &region, const std::string &name, dry_part_info *info) {
  return dry_region_find_part(&region.handle, name.data(), name.size(), info);
}

TEST(RegionParts, AreListedInOrderOfCreation) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 1 << 20));
  for (const char *name : {"b", "a", "c"}) ASSERT_STATUS(DRY_OK, Make(region, name));
  dry_part_info info;
  uint64_t end = 0;
  std::string names;
  for (uint32_t index = 0; dry_region_part_at(&region.handle, index, &info) == DRY_OK; index++) {
    names += info.name;
    EXPECT_EQ(static_cast<uint32_t>(DRY_PART_KV), info.kind);
    EXPECT_EQ(static_cast<uint32_t>(DRY_KV_FORMAT), info.format);
    EXPECT_EQ(0u, info.offset % 4096);
    EXPECT_EQ(0u, info.size_bytes % 4096);
    EXPECT_GE(info.offset, end) << "parts do not overlap";
    end = info.offset + info.size_bytes;
  }
  EXPECT_EQ("bac", names);
  EXPECT_EQ(3u, region.Stats().part_count);
  EXPECT_EQ(end, region.Stats().used_bytes);
  EXPECT_STATUS(DRY_NOT_FOUND, dry_region_part_at(&region.handle, 3, &info));
  EXPECT_STATUS(DRY_NOT_FOUND, dry_region_part_at(&region.handle, UINT32_MAX, &info));
}

TEST(RegionParts, AreFoundByTheirWholeName) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 1 << 20));
  ASSERT_STATUS(DRY_OK, Make(region, "prices"));
  dry_part_info info;
  ASSERT_STATUS(DRY_OK, Find(region, "prices", &info));
  EXPECT_STREQ("prices", info.name);
  EXPECT_EQ(6u, info.name_bytes);
  EXPECT_STATUS(DRY_NOT_FOUND, Find(region, "price", &info));
  EXPECT_STATUS(DRY_NOT_FOUND, Find(region, "prices2", &info));
  EXPECT_STATUS(DRY_NOT_FOUND, Find(region, "Prices", &info));
}

TEST(RegionParts, HaveNamesOfOneTo255BytesOfUtf8) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 1 << 20));
  for (const std::string &name : {std::string("x"), std::string(255, 'y'), std::string("Trockenmauer-\xc3\xa4\xf0\x9f\xa7\xb1"), std::string("with/slash and space")}) {
    EXPECT_STATUS(DRY_OK, Make(region, name)) << name << region.detail.text;
    dry_part_info info;
    ASSERT_STATUS(DRY_OK, Find(region, name, &info));
    EXPECT_EQ(name, info.name);
  }
}

TEST(RegionParts, RefuseOtherNames) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 1 << 20));
  const std::string bad[] = {
      "", std::string(256, 'x'), std::string("a\0b", 3), std::string(1, '\0'),
      "\xff", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "tail\xe2\x82",
  };
  for (const std::string &name : bad) {
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, Make(region, name)) << name;
    EXPECT_NE(nullptr, strstr(region.detail.text, "name")) << region.detail.text;
    dry_part_info info;
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, Find(region, name, &info)) << name;
  }
  EXPECT_EQ(0u, region.Stats().part_count);
}

TEST(RegionParts, RefuseANameThatIsTaken) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 1 << 20));
  ASSERT_STATUS(DRY_OK, Make(region, "kv"));
  const uint64_t used = region.Stats().used_bytes;
  EXPECT_STATUS(DRY_ALREADY_EXISTS, Make(region, "kv"));
  EXPECT_NE(nullptr, strstr(region.detail.text, "kv")) << region.detail.text;
  EXPECT_EQ(used, region.Stats().used_bytes) << "nothing was taken";
}

TEST(RegionParts, SayFullWhenTheDirectoryIs) {
  Region region;
  dry_region_options options = support::CreateOptions(DRY_REGION_MEMORY, 1 << 20);
  options.part_capacity = 2;
  ASSERT_STATUS(DRY_OK, region.Create(options));
  ASSERT_STATUS(DRY_OK, Make(region, "one"));
  ASSERT_STATUS(DRY_OK, Make(region, "two"));
  EXPECT_STATUS(DRY_FULL, Make(region, "three"));
  EXPECT_NE('\0', region.detail.text[0]);
  EXPECT_EQ(2u, region.Stats().part_count);
}

TEST(RegionParts, SayFullWhenThereIsNoRoomAndChangeNothing) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 32768));
  const std::string before = region.Bytes();
  dry_kv_writer writer = {};
  const dry_kv_options options = KvOptions(1000, 1 << 20);
  EXPECT_STATUS(DRY_FULL, dry_kv_create(&region.handle, "big", 3, &options, &writer, &region.detail));
  EXPECT_EQ(before, region.Bytes());
  EXPECT_STATUS(DRY_OK, Make(region, "small"));
}

TEST(RegionParts, OfTheLastCapacityAreUsable) {
  Region region;
  dry_region_options options = support::CreateOptions(DRY_REGION_MEMORY, 64 << 20);
  options.part_capacity = DRY_REGION_PARTS_MAX;
  ASSERT_STATUS(DRY_OK, region.Create(options));
  int made = 0;
  while (made < DRY_REGION_PARTS_MAX && Make(region, std::to_string(made)) == DRY_OK) made++;
  EXPECT_EQ(DRY_REGION_PARTS_MAX, made) << region.detail.text;
  EXPECT_STATUS(DRY_FULL, Make(region, "more"));
}

// Whose changes are the one writer's alone, is not opened by who is that no more; the rest is.
TEST(RegionParts, AfterATakeOverOnlyWhatHasNoOneWriterOpens) {
  support::TempDir dir;
  const std::string path = dir.File("region");
  Region old, thief;
  old.DoNotVerify();
  ASSERT_STATUS(DRY_OK, old.Create(DRY_REGION_FILE, 1 << 20, path.c_str()));
  ASSERT_STATUS(DRY_OK, Make(old, "kv"));
  {
    support::Pool pool;
    ASSERT_STATUS(DRY_OK, pool.CreateIn(&old, support::PoolOptions(8, 10), "pool"));
    support::IndexMap map;
    ASSERT_STATUS(DRY_OK, map.CreateIn(&old, "map", 10));
    support::SharedPool shared;
    ASSERT_STATUS(DRY_OK, shared.CreateIn(&old, support::SharedPoolOptions(8, 10), "shared"));
  }
  ASSERT_STATUS(DRY_OK, thief.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE, DRY_REGION_TAKE_OVER));
  for (Region *region : {&old, &thief}) {
    const dry_status expected = region == &old ? DRY_STALE : DRY_OK;
    dry_detail detail = {};
    support::Pool pool;
    EXPECT_STATUS(expected, pool.Open(region, "pool"));
    support::IndexMap map;
    EXPECT_STATUS(expected, map.Open(region, "map"));
    dry_kv_writer writer = {};
    EXPECT_STATUS(expected, dry_kv_open(&region->handle, "kv", 2, &writer, &detail));
    EXPECT_EQ(expected != DRY_OK, strstr(detail.text, "kv") != nullptr) << detail.text;
    EXPECT_STATUS(DRY_OK, dry_kv_writer_close(&writer));
    EXPECT_STATUS(expected, Make(*region, "new"));
    dry_kv_reader reader = {};
    EXPECT_STATUS(DRY_OK, dry_kv_reader_open(&region->handle, "kv", 2, 0, &reader, nullptr));
    EXPECT_STATUS(DRY_OK, dry_kv_reader_close(&reader));
    support::SharedPool shared;
    EXPECT_STATUS(DRY_OK, shared.Open(region, "shared"));
    EXPECT_EQ(10u, shared.Takeable()) << "every process may change it";
  }
}

}  // namespace
