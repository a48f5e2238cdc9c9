/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The stored bytes are a promise: an image written today is read by every later version. store.gold is the image of a
 * store with a fixed seed and creation id, index_map.gold that of an index map. When a format changes on purpose, its
 * number is raised, and
 *
 *     bazel run //tests/layout:layout_test -- --regenerate
 *
 * rewrites the files in the source tree.
 */
#include <cstring>

#include "tests/layout/golden.h"
#include "tests/layout/sizes.h"
#include "tests/support/index_map.h"
#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/status.h"

extern "C" int dry_layout_sizes_hold_in_c(void);

namespace {

const char kStore[] = "tests/layout/store.gold";
const char kIndexMap[] = "tests/layout/index_map.gold";

std::string About(const std::string &what) {
  return "# SPDX-License-Identifier: MIT OR Apache-2.0\n# The image of a small " + what +
         "; see layout_test.cc, which makes it.\n";
}

/** Long enough for several groups, blocks of several classes, overflow, reuse and a delete. */
std::string MakeStore() {
  support::Region region;
  golden::MakeRegion(&region, 65536);
  dry_kv_writer writer = {};
  const dry_kv_options kv = support::KvOptions(30, 3000, 42);
  EXPECT_STATUS(DRY_OK, dry_kv_create(&region.handle, "gold", 4, &kv, &writer, &region.detail)) << region.detail.text;
  for (int i = 0; i < 40; i++) {
    const std::string key = "key-" + std::to_string(i % 28);
    EXPECT_STATUS(DRY_OK, support::Put(&writer, key, std::string(i * 3 % 70, static_cast<char>('a' + i % 26))));
  }
  EXPECT_STATUS(DRY_OK, support::Delete(&writer, "key-5"));
  EXPECT_STATUS(DRY_OK, support::Put(&writer, std::string("\0\xff", 2), ""));
  const std::string image = golden::ImageOf(&region);
  dry_kv_writer_close(&writer);
  return image;
}

/** Three levels, words that are full, empty and neither, and a request that found nothing. */
std::string MakeIndexMap() {
  support::Region region;
  golden::MakeRegion(&region, 20480);
  support::IndexMap map;
  EXPECT_STATUS(DRY_OK, map.CreateIn(&region, "gold", 4097 + 30)) << map.detail.text;
  uint32_t room[200];
  EXPECT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), room, 200));
  EXPECT_STATUS(DRY_FULL, dry_index_map_acquire_many(map.get(), room, 4000));
  for (uint32_t index : {5u, 64u, 199u}) EXPECT_STATUS(DRY_OK, dry_index_map_release(map.get(), index));
  for (uint32_t index : {1000u, 4096u, 4126u}) EXPECT_STATUS(DRY_OK, dry_index_map_acquire_at(map.get(), index));
  return golden::ImageOf(&region);
}

std::string TextOfStore() { return About("store") + golden::TextOf(MakeStore()); }
std::string TextOfIndexMap() { return About("index map") + golden::TextOf(MakeIndexMap()); }

TEST(Layout, SizesHoldInCToo) { EXPECT_EQ(1, dry_layout_sizes_hold_in_c()); }

TEST(Layout, MagicsSpellTheirNames) {
  const uint64_t region = DRY_REGION_MAGIC, kv = DRY_KV_MAGIC, index_map = DRY_INDEX_MAP_MAGIC;
  EXPECT_EQ(0, memcmp(&region, "DRYSTONE", 8));
  EXPECT_EQ(0, memcmp(&kv, "\0DRY_KV1", 8));
  EXPECT_EQ(0, memcmp(&index_map, "INDXMAP1", 8));
}

TEST(Layout, TheSameOperationsGiveTheGoldenBytes) {
  const char changed[] = "the stored bytes have changed: raise the format's number, regenerate";
  EXPECT_EQ(support::ReadFile(kStore), TextOfStore()) << changed;
  EXPECT_EQ(support::ReadFile(kIndexMap), TextOfIndexMap()) << changed;
}

TEST(Layout, TheGoldenBytesAreReadToday) {
  support::TempDir dir;
  support::WriteFile(dir.File("image"), golden::ImageOf(support::ReadFile(kStore)));
  support::Region region;
  ASSERT_STATUS(DRY_OK, region.Load(dir.File("image"), DRY_REGION_MEMORY)) << region.detail.text;
  dry_kv_reader reader = {};
  ASSERT_STATUS(DRY_OK, dry_kv_reader_open(&region.handle, "gold", 4, DRY_KV_READ_CHECKED, &reader, nullptr));
  const auto entries = support::All(&reader);
  EXPECT_EQ(28u, entries.size());
  EXPECT_EQ(std::string(39 * 3 % 70, 'n'), entries.at("key-11").value);
  EXPECT_EQ(40u, entries.at("key-11").version);
  EXPECT_EQ(0u, entries.count("key-5"));
  EXPECT_EQ(42u, entries.at(std::string("\0\xff", 2)).version);
  dry_kv_reader_close(&reader);
  dry_kv_writer writer = {};
  ASSERT_STATUS(DRY_OK, dry_kv_open(&region.handle, "gold", 4, &writer, &region.detail)) << region.detail.text;
  EXPECT_STATUS(DRY_OK, support::Put(&writer, "new", "value"));
  dry_kv_writer_close(&writer);
}

TEST(Layout, TheGoldenIndexMapIsReadToday) {
  support::TempDir dir;
  support::WriteFile(dir.File("image"), golden::ImageOf(support::ReadFile(kIndexMap)));
  support::Region region;
  ASSERT_STATUS(DRY_OK, region.Load(dir.File("image"), DRY_REGION_MEMORY)) << region.detail.text;
  support::IndexMap map;
  ASSERT_STATUS(DRY_OK, map.Open(&region, "gold")) << map.detail.text;
  const dry_index_map_stats stats = support::StatsOf(map.get());
  EXPECT_EQ(4127u, stats.capacity);
  EXPECT_EQ(200u, stats.in_use);
  EXPECT_EQ(1u, stats.failures);
  EXPECT_EQ(200u, support::ListOf(map.get()).size());
  EXPECT_TRUE(map.Contains(4126));
  for (uint32_t expected : {5u, 64u, 199u, 200u}) EXPECT_EQ(expected, map.Acquire());
}

TEST(Layout, TextAndImageAreTheSame) {
  std::string image(64, '\0');
  image[17] = '\x7f';
  EXPECT_EQ("bytes 64\n000010: 007f0000000000000000000000000000\n", golden::TextOf(image));
  EXPECT_EQ(image, golden::ImageOf(golden::TextOf(image)));
}

}  // namespace

int main(int argc, char **argv) {
  return golden::Main(argc, argv, {{kStore, TextOfStore}, {kIndexMap, TextOfIndexMap}});
}
