/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What callers get wrong with a region: each answers a status and crashes nothing. */
#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/status.h"

namespace {

using support::CreateOptions;
using support::OpenOptions;
using support::Region;

TEST(RegionMisuse, CreateWithoutOptions) {
  Region region;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_create(nullptr, &region.handle, &region.detail));
  EXPECT_STRNE("", region.detail.text);
}

TEST(RegionMisuse, CreateWithoutAPlaceForTheHandle) {
  const dry_region_options options = CreateOptions(DRY_REGION_MEMORY, 65536);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_create(&options, nullptr, nullptr));
}

TEST(RegionMisuse, CreateWithAnotherStructSize) {
  for (uint32_t size : {0u, 1u, static_cast<uint32_t>(sizeof(dry_region_options)) - 1, UINT32_MAX}) {
    Region region;
    dry_region_options options = CreateOptions(DRY_REGION_MEMORY, 65536);
    options.struct_size = size;
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Create(options)) << size;
  }
}

TEST(RegionMisuse, CreateOfNoKind) {
  for (uint32_t kind : {0u, 6u, UINT32_MAX}) {
    Region region;
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Create(kind, 65536)) << kind;
  }
}

TEST(RegionMisuse, CreateWithUnknownFlags) {
  Region region;
  dry_region_options options = CreateOptions(DRY_REGION_MEMORY, 65536);
  options.flags = DRY_REGION_TAKE_OVER;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Create(options));
}

TEST(RegionMisuse, CreateOfAFileWithoutAName) {
  Region region;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Create(DRY_REGION_FILE, 65536, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Create(DRY_REGION_FILE, 65536, ""));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Create(DRY_REGION_SHARED, 65536, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Create(DRY_REGION_SHARED, 65536, ""));
}

TEST(RegionMisuse, CreateInANullBuffer) {
  Region region;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Create(DRY_REGION_BUFFER, 65536));
}

TEST(RegionMisuse, CreateTooLargeForThisMachine) {
  Region region;
  const support::Held before = support::HeldNow();
  EXPECT_STATUS(DRY_OUT_OF_MEMORY, region.Create(DRY_REGION_MEMORY, DRY_REGION_BYTES_MAX)) << region.detail.text;
  EXPECT_TRUE(before == support::HeldNow());
}

TEST(RegionMisuse, OpenWithoutOptionsOrHandle) {
  Region region;
  const dry_region_open_options options = OpenOptions(DRY_REGION_FILE, "x", DRY_MODE_READ);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_open(nullptr, &region.handle, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_open(&options, nullptr, nullptr));
}

TEST(RegionMisuse, OpenWithAnotherStructSize) {
  Region region;
  dry_region_open_options options = OpenOptions(DRY_REGION_FILE, "x", DRY_MODE_READ);
  options.struct_size = 8;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Open(options));
}

TEST(RegionMisuse, OpenWithoutAName) {
  Region region;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Open(DRY_REGION_FILE, nullptr, DRY_MODE_READ));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Open(DRY_REGION_SHARED, "", DRY_MODE_READ));
}

TEST(RegionMisuse, OpenOfABufferThatIsNullOrMisaligned) {
  support::Buffer buffer(65536);
  dry_region_open_options options = support::BufferOpenOptions(buffer, DRY_MODE_READ);
  Region region;
  options.buffer = nullptr;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Open(options));
  options.buffer = buffer.data() + 1;
  options.buffer_bytes = 65535;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Open(options));
}

TEST(RegionMisuse, OpenOfABadDescriptor) {
  dry_region_open_options options = OpenOptions(DRY_REGION_DESCRIPTOR, nullptr, DRY_MODE_READ);
  for (int descriptor : {-1, -2, 1 << 20, INT32_MIN}) {
    Region region;
    options.descriptor = descriptor;
    EXPECT_NE(DRY_OK, region.Open(options)) << descriptor;
    EXPECT_STRNE("", region.detail.text);
  }
}

TEST(RegionMisuse, TakingOverForReading) {
  Region region;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT,
                region.Open(DRY_REGION_FILE, "x", DRY_MODE_READ, DRY_REGION_TAKE_OVER));
}

TEST(RegionMisuse, CloseOfNull) { EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_close(nullptr)); }

TEST(RegionMisuse, CloseOfWhatWasNeverOpened) {
  dry_region region = {};
  EXPECT_STATUS(DRY_OK, dry_region_close(&region));
}

TEST(RegionMisuse, EveryCallAfterClose) {
  support::TempDir dir;
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 65536));
  ASSERT_STATUS(DRY_OK, region.Close());
  dry_region_stats stats;
  dry_part_info info;
  const void *base;
  uint64_t size;
  dry_kv_writer writer = {};
  const dry_kv_options options = support::KvOptions(1, 10);
  EXPECT_STATUS(DRY_CLOSED, dry_region_get_stats(&region.handle, &stats));
  EXPECT_STATUS(DRY_CLOSED, dry_region_part_at(&region.handle, 0, &info));
  EXPECT_STATUS(DRY_CLOSED, dry_region_find_part(&region.handle, "kv", 2, &info));
  EXPECT_STATUS(DRY_CLOSED, dry_region_memory(&region.handle, &base, &size));
  EXPECT_STATUS(DRY_CLOSED, region.Verify());
  EXPECT_STATUS(DRY_CLOSED, region.Save(dir.File("image")));
  EXPECT_STATUS(DRY_CLOSED, dry_kv_create(&region.handle, "kv", 2, &options, &writer, nullptr));
  EXPECT_TRUE(dir.List().empty());
}

TEST(RegionMisuse, EveryCallOnNull) {
  dry_region_stats stats;
  dry_part_info info;
  const void *base;
  uint64_t size;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_get_stats(nullptr, &stats));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_part_at(nullptr, 0, &info));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_find_part(nullptr, "kv", 2, &info));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_memory(nullptr, &base, &size));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_verify(nullptr, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_save(nullptr, "x", nullptr));
}

TEST(RegionMisuse, ResultsThatAreNull) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 65536));
  const void *base;
  uint64_t size;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_get_stats(&region.handle, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_part_at(&region.handle, 0, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_find_part(&region.handle, "kv", 2, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_memory(&region.handle, nullptr, &size));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_memory(&region.handle, &base, nullptr));
}

TEST(RegionMisuse, SaveAndLoadWithoutAPath) {
  Region region, loaded;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 65536));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_save(&region.handle, nullptr, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_save(&region.handle, "", nullptr));
  const dry_region_options options = CreateOptions(DRY_REGION_MEMORY, 0);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_load(nullptr, &options, &loaded.handle, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_load("x", nullptr, &loaded.handle, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_load("x", &options, nullptr, nullptr));
}

TEST(RegionMisuse, UnlinkWithoutAName) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_unlink(DRY_REGION_FILE, nullptr, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_unlink(DRY_REGION_SHARED, "", nullptr));
}

TEST(RegionMisuse, TheDetailNamesTheFieldAndIsClearedOnSuccess) {
  Region region;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Create(DRY_REGION_MEMORY, 1));
  EXPECT_EQ(DRY_INVALID_ARGUMENT, region.detail.status);
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 65536));
  EXPECT_EQ(DRY_OK, region.detail.status);
  EXPECT_STREQ("", region.detail.text);
}

TEST(RegionMisuse, AnOpenPartOutlivesItsRegionsHandle) {
  support::Store store(4, 100);
  support::Reader reader(store.region);
  ASSERT_STATUS(DRY_OK, store.region.Close());
  EXPECT_EQ("<closed>", support::GetOr(reader.get(), "k"));
  EXPECT_STATUS(DRY_CLOSED, support::Put(&store.writer, "k", "v"));
  EXPECT_STATUS(DRY_CLOSED, dry_kv_verify(reader.get(), nullptr));
}

}  // namespace
