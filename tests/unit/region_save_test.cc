/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <cstring>

#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/status.h"

namespace {

using support::Region;
using support::SharedName;
using support::Store;
using support::TempDir;

/** A store with a few entries, saved to `path`. */
void SaveSmallStore(const std::string &path) {
  Store store(20, 4000);
  for (int i = 0; i < 10; i++) {
    ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key-" + std::to_string(i), std::string(i * 13, 'v')));
  }
  ASSERT_STATUS(DRY_OK, store.region.Save(path)) << store.region.detail.text;
}

std::map<std::string, support::Entry> EntriesOf(Region &region) {
  support::Reader reader(region);
  return support::All(reader.get());
}

TEST(RegionSave, WritesOneImageThatLoadsInEveryKind) {
  TempDir dir;
  SharedName name;
  SaveSmallStore(dir.File("image"));
  EXPECT_EQ(std::vector<std::string>{"image"}, dir.List()) << "no temporary file is left";
  Region memory, file, shared;
  ASSERT_STATUS(DRY_OK, memory.Load(dir.File("image"), DRY_REGION_MEMORY)) << memory.detail.text;
  ASSERT_STATUS(DRY_OK, file.Load(dir.File("image"), DRY_REGION_FILE, dir.File("r").c_str())) << file.detail.text;
  ASSERT_STATUS(DRY_OK, shared.Load(dir.File("image"), DRY_REGION_SHARED, name.c_str())) << shared.detail.text;
  const auto entries = EntriesOf(memory);
  EXPECT_EQ(10u, entries.size());
  EXPECT_EQ(3u, entries.at("key-2").version);
  EXPECT_EQ(entries, EntriesOf(file));
  EXPECT_EQ(entries, EntriesOf(shared));
}

TEST(RegionSave, DoesNotChangeTheRegion) {
  TempDir dir;
  Store store(20, 4000);
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "value"));
  const std::string before = store.region.Bytes();
  ASSERT_STATUS(DRY_OK, store.region.Save(dir.File("image")));
  EXPECT_EQ(before, store.region.Bytes());
  EXPECT_EQ(0u, store.region.Stats().sealed);
}

TEST(RegionSave, GivesTheSameBytesForTheSameOperations) {
  TempDir dir;
  for (const char *name : {"one", "two"}) {
    Region region;
    dry_region_options options = support::CreateOptions(DRY_REGION_MEMORY, 65536);
    options.creation_id[0] = 1;
    ASSERT_STATUS(DRY_OK, region.Create(options));
    dry_kv_writer writer = {};
    const dry_kv_options kv = support::KvOptions(20, 4000);
    ASSERT_STATUS(DRY_OK, dry_kv_create(&region.handle, "kv", 2, &kv, &writer, nullptr));
    for (int i = 0; i < 300; i++) {
      ASSERT_STATUS(DRY_OK, support::Put(&writer, "key-" + std::to_string(i % 20), std::string(i % 50, 'v')));
    }
    ASSERT_STATUS(DRY_OK, region.Save(dir.File(name)));
    dry_kv_writer_close(&writer);
  }
  EXPECT_TRUE(support::ReadFile(dir.File("one")) == support::ReadFile(dir.File("two")));
}

TEST(RegionSave, ReplacesAnOlderImage) {
  TempDir dir;
  SaveSmallStore(dir.File("image"));
  Store store(20, 4000);
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "only", "one"));
  ASSERT_STATUS(DRY_OK, store.region.Save(dir.File("image")));
  Region region;
  ASSERT_STATUS(DRY_OK, region.Load(dir.File("image"), DRY_REGION_MEMORY));
  EXPECT_EQ(1u, EntriesOf(region).size());
  EXPECT_EQ(std::vector<std::string>{"image"}, dir.List());
}

TEST(RegionSave, FailsInAMissingDirectoryAndNamesThePath) {
  TempDir dir;
  Store store(20, 4000);
  const std::string path = dir.File("none/image");
  const dry_status status = store.region.Save(path);
  EXPECT_TRUE(status == DRY_IO || status == DRY_NOT_FOUND) << dry_status_name(status);
  EXPECT_NE(nullptr, strstr(store.region.detail.text, path.c_str())) << store.region.detail.text;
}

TEST(RegionSave, ThroughAReadOnlyHandleIsBusyWhileAWriterIsAttached) {
  TempDir dir;
  const std::string path = dir.File("r");
  Region reader;
  {
    Store store(support::KvOptions(20, 4000), DRY_REGION_FILE, path.c_str());
    ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "value"));
    ASSERT_STATUS(DRY_OK, reader.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ));
    EXPECT_STATUS(DRY_BUSY, reader.Save(dir.File("image")));
    EXPECT_EQ(std::vector<std::string>{"r"}, dir.List());
  }
  EXPECT_STATUS(DRY_OK, reader.Save(dir.File("image"))) << reader.detail.text;
}

TEST(RegionSave, SealsTheImageAndAWriterBreaksTheSeal) {
  TempDir dir;
  SaveSmallStore(dir.File("image"));
  {
    Region reader;
    ASSERT_STATUS(DRY_OK, reader.Open(DRY_REGION_FILE, dir.File("image").c_str(), DRY_MODE_READ));
    EXPECT_EQ(1u, reader.Stats().sealed);
    EXPECT_STATUS(DRY_OK, reader.Verify());
  }
  Region writer;
  ASSERT_STATUS(DRY_OK, writer.Open(DRY_REGION_FILE, dir.File("image").c_str(), DRY_MODE_WRITE));
  EXPECT_EQ(0u, writer.Stats().sealed) << "from now on the image's checksum cannot hold";
  EXPECT_STATUS(DRY_OK, writer.Verify());
}

TEST(RegionLoad, MakesARegionOpenForWritingAndNotSealed) {
  TempDir dir;
  SaveSmallStore(dir.File("image"));
  Region region;
  ASSERT_STATUS(DRY_OK, region.Load(dir.File("image"), DRY_REGION_MEMORY));
  EXPECT_EQ(static_cast<uint32_t>(DRY_MODE_WRITE), region.Stats().mode);
  EXPECT_EQ(0u, region.Stats().sealed);
  dry_kv_writer writer = {};
  ASSERT_STATUS(DRY_OK, dry_kv_open(&region.handle, "kv", 2, &writer, &region.detail)) << region.detail.text;
  uint64_t version = 0;
  EXPECT_STATUS(DRY_OK, support::Put(&writer, "new", "value", &version));
  EXPECT_EQ(11u, version) << "versions go on where they were";
  dry_kv_writer_close(&writer);
}

TEST(RegionLoad, SaysNotFoundForAMissingImage) {
  TempDir dir;
  Region region;
  EXPECT_STATUS(DRY_NOT_FOUND, region.Load(dir.File("none"), DRY_REGION_MEMORY));
  EXPECT_NE(nullptr, strstr(region.detail.text, "none")) << region.detail.text;
}

TEST(RegionLoad, RefusesAnEmptyAndATextFile) {
  TempDir dir;
  support::WriteFile(dir.File("empty"), "");
  support::WriteFile(dir.File("text"), std::string(20000, 'x'));
  for (const char *name : {"empty", "text"}) {
    Region region;
    EXPECT_STATUS(DRY_CORRUPT, region.Load(dir.File(name), DRY_REGION_MEMORY)) << name;
    EXPECT_NE(nullptr, strstr(region.detail.text, name)) << region.detail.text;
  }
}

TEST(RegionLoad, RefusesATargetThatExistsAndLeavesIt) {
  TempDir dir;
  SaveSmallStore(dir.File("image"));
  support::WriteFile(dir.File("r"), "mine");
  Region region;
  EXPECT_STATUS(DRY_ALREADY_EXISTS, region.Load(dir.File("image"), DRY_REGION_FILE, dir.File("r").c_str()));
  EXPECT_EQ("mine", support::ReadFile(dir.File("r")));
}

TEST(RegionLoad, OfADamagedImageLeavesNoTarget) {
  TempDir dir;
  SaveSmallStore(dir.File("image"));
  std::string bytes = support::ReadFile(dir.File("image"));
  bytes[bytes.size() / 2] ^= 1;
  support::WriteFile(dir.File("image"), bytes);
  Region region;
  EXPECT_STATUS(DRY_CORRUPT, region.Load(dir.File("image"), DRY_REGION_FILE, dir.File("r").c_str()));
  EXPECT_EQ(std::vector<std::string>{"image"}, dir.List());
}

}  // namespace
