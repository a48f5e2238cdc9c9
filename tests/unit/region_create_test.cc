/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/support/places.h"
#include "tests/support/region.h"
#include "tests/support/status.h"

namespace {

using support::CreateOptions;
using support::Region;
using support::SharedName;
using support::TempDir;

const uint64_t kBytes = 65536;

mode_t ModeOf(const std::string &path) {
  struct stat facts;
  EXPECT_EQ(0, stat(path.c_str(), &facts)) << path;
  return facts.st_mode & 07777;
}

TEST(RegionCreate, GivesAnEmptyWritableRegionInPrivateMemory) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, kBytes));
  const dry_region_stats stats = region.Stats();
  EXPECT_EQ(kBytes, stats.size_bytes);
  EXPECT_EQ(12288u, stats.used_bytes) << "header page and directory of 24 parts";
  EXPECT_EQ(static_cast<uint32_t>(DRY_REGION_MEMORY), stats.kind);
  EXPECT_EQ(static_cast<uint32_t>(DRY_MODE_WRITE), stats.mode);
  EXPECT_EQ(0u, stats.part_count);
  EXPECT_EQ(static_cast<uint32_t>(DRY_REGION_PARTS_DEFAULT), stats.part_capacity);
  EXPECT_EQ(0u, stats.sealed);
  EXPECT_TRUE(stats.creation_id[0] != 0 || stats.creation_id[1] != 0);
}

TEST(RegionCreate, RoundsTheSizeUpToPages) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 20001));
  EXPECT_EQ(20480u, region.Stats().size_bytes);
}

TEST(RegionCreate, RefusesSizesOutsideTheLimits) {
  for (uint64_t bytes : {uint64_t{0}, uint64_t{1}, uint64_t{DRY_REGION_BYTES_MIN - 4096},
                         DRY_REGION_BYTES_MAX + uint64_t{1}, UINT64_MAX - 4095, UINT64_MAX}) {
    Region region;
    const dry_status status = region.Create(DRY_REGION_MEMORY, bytes);
    EXPECT_TRUE(status == DRY_INVALID_ARGUMENT || status == DRY_TOO_LARGE) << bytes << dry_status_name(status);
    EXPECT_NE(nullptr, strstr(region.detail.text, "size_bytes")) << region.detail.text;
    EXPECT_EQ(status, region.detail.status);
    EXPECT_EQ(nullptr, region.handle.mapping);
  }
}

TEST(RegionCreate, AcceptsTheSmallestSize) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, DRY_REGION_BYTES_MIN));
}

TEST(RegionCreate, RefusesADirectoryThatLeavesNoRoom) {
  Region region;
  dry_region_options options = CreateOptions(DRY_REGION_MEMORY, DRY_REGION_BYTES_MIN);
  options.part_capacity = DRY_REGION_PARTS_MAX;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Create(options));
  options.part_capacity = DRY_REGION_PARTS_MAX + 1;
  options.size_bytes = 1 << 20;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Create(options));
  EXPECT_NE(nullptr, strstr(region.detail.text, "part_capacity")) << region.detail.text;
}

TEST(RegionCreate, TakesTheLargestDirectory) {
  Region region;
  dry_region_options options = CreateOptions(DRY_REGION_MEMORY, 1 << 20);
  options.part_capacity = DRY_REGION_PARTS_MAX;
  ASSERT_STATUS(DRY_OK, region.Create(options));
  EXPECT_EQ(static_cast<uint32_t>(DRY_REGION_PARTS_MAX), region.Stats().part_capacity);
}

TEST(RegionCreate, KeepsAGivenCreationId) {
  Region region;
  dry_region_options options = CreateOptions(DRY_REGION_MEMORY, kBytes);
  options.creation_id[0] = 5;
  options.creation_id[1] = 6;
  ASSERT_STATUS(DRY_OK, region.Create(options));
  EXPECT_EQ(5u, region.Stats().creation_id[0]);
  EXPECT_EQ(6u, region.Stats().creation_id[1]);
}

TEST(RegionCreate, DrawsAFreshCreationIdEachTime) {
  Region one, two;
  ASSERT_STATUS(DRY_OK, one.Create(DRY_REGION_MEMORY, kBytes));
  ASSERT_STATUS(DRY_OK, two.Create(DRY_REGION_MEMORY, kBytes));
  EXPECT_NE(one.Stats().creation_id[0], two.Stats().creation_id[0]);
}

TEST(RegionCreate, MakesAFileOfThatSizeWithItsSpaceAllocated) {
  TempDir dir;
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_FILE, 1 << 20, dir.File("r").c_str())) << region.detail.text;
  struct stat facts;
  ASSERT_EQ(0, stat(dir.File("r").c_str(), &facts));
  EXPECT_EQ(1 << 20, facts.st_size);
  EXPECT_GE(facts.st_blocks * 512, 1 << 20) << "a full disk must be an error at creation, never a SIGBUS later";
  EXPECT_EQ(std::vector<std::string>{"r"}, dir.List()) << "no other name is left";
}

TEST(RegionCreate, GivesFilesAndObjectsMode0600) {
  TempDir dir;
  SharedName name;
  Region file, shared;
  const mode_t before = umask(0);
  EXPECT_STATUS(DRY_OK, file.Create(DRY_REGION_FILE, kBytes, dir.File("r").c_str()));
  EXPECT_STATUS(DRY_OK, shared.Create(DRY_REGION_SHARED, kBytes, name.c_str()));
  umask(before);
  EXPECT_EQ(0600u, ModeOf(dir.File("r")));
  EXPECT_EQ(0600u, ModeOf(name.File()));
}

TEST(RegionCreate, GivesExactlyTheAskedModeWhateverTheUmask) {
  TempDir dir;
  SharedName name;
  Region file, shared;
  const mode_t before = umask(0777);
  dry_region_options options = CreateOptions(DRY_REGION_FILE, kBytes);
  const std::string path = dir.File("r");
  options.name = path.c_str();
  options.permissions = 0664;
  EXPECT_STATUS(DRY_OK, file.Create(options)) << file.detail.text;
  options.kind = DRY_REGION_SHARED;
  options.name = name.c_str();
  EXPECT_STATUS(DRY_OK, shared.Create(options)) << shared.detail.text;
  umask(before);
  EXPECT_EQ(0664u, ModeOf(path));
  EXPECT_EQ(0664u, ModeOf(name.File()));
}

TEST(RegionCreate, RefusesModeBitsThatAreNone) {
  TempDir dir;
  Region region;
  dry_region_options options = CreateOptions(DRY_REGION_FILE, kBytes);
  const std::string path = dir.File("r");
  options.name = path.c_str();
  options.permissions = 01000000;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Create(options));
  EXPECT_NE(nullptr, strstr(region.detail.text, "permissions")) << region.detail.text;
  EXPECT_TRUE(dir.List().empty());
}

TEST(RegionCreate, NeverReplacesWhatIsThere) {
  TempDir dir;
  const std::string path = dir.File("r");
  support::WriteFile(path, "mine");
  Region region;
  EXPECT_STATUS(DRY_ALREADY_EXISTS, region.Create(DRY_REGION_FILE, kBytes, path.c_str()));
  EXPECT_NE(nullptr, strstr(region.detail.text, path.c_str())) << region.detail.text;
  EXPECT_EQ("mine", support::ReadFile(path));
  EXPECT_EQ(std::vector<std::string>{"r"}, dir.List());
}

TEST(RegionCreate, NeverReplacesASharedObject) {
  SharedName name;
  Region first, second;
  ASSERT_STATUS(DRY_OK, first.Create(DRY_REGION_SHARED, kBytes, name.c_str()));
  EXPECT_STATUS(DRY_ALREADY_EXISTS, second.Create(DRY_REGION_SHARED, kBytes, name.c_str()));
}

TEST(RegionCreate, SaysNotFoundOrIoForAMissingDirectory) {
  TempDir dir;
  Region region;
  const std::string path = dir.File("none/r");
  const dry_status status = region.Create(DRY_REGION_FILE, kBytes, path.c_str());
  EXPECT_TRUE(status == DRY_NOT_FOUND || status == DRY_IO) << dry_status_name(status);
  EXPECT_EQ(ENOENT, region.detail.os_error);
  EXPECT_NE(nullptr, strstr(region.detail.text, path.c_str())) << region.detail.text;
}

TEST(RegionCreate, UsesAPassedDescriptorAndLeavesItOpen) {
  const int descriptor = memfd_create("region", MFD_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  dry_region_options options = CreateOptions(DRY_REGION_DESCRIPTOR, kBytes);
  options.descriptor = descriptor;
  {
    Region region;
    ASSERT_STATUS(DRY_OK, region.Create(options)) << region.detail.text;
    EXPECT_EQ(kBytes, region.Stats().size_bytes);
  }
  struct stat facts;
  ASSERT_EQ(0, fstat(descriptor, &facts)) << "the caller keeps his descriptor";
  EXPECT_EQ(static_cast<off_t>(kBytes), facts.st_size);
  dry_region_open_options open = support::OpenOptions(DRY_REGION_DESCRIPTOR, nullptr, DRY_MODE_READ);
  open.descriptor = descriptor;
  Region again;
  EXPECT_STATUS(DRY_OK, again.Open(open)) << again.detail.text;
  close(descriptor);
}

TEST(RegionCreate, OnALongerDescriptorCanBeOpenedAgain) {
  const int descriptor = memfd_create("region", MFD_CLOEXEC);
  ASSERT_EQ(0, ftruncate(descriptor, 1 << 20));
  dry_region_options options = CreateOptions(DRY_REGION_DESCRIPTOR, kBytes);
  options.descriptor = descriptor;
  { Region region; ASSERT_STATUS(DRY_OK, region.Create(options)); }
  dry_region_open_options open = support::OpenOptions(DRY_REGION_DESCRIPTOR, nullptr, DRY_MODE_READ);
  open.descriptor = descriptor;
  Region again;
  EXPECT_STATUS(DRY_OK, again.Open(open)) << again.detail.text;
  close(descriptor);
}

TEST(RegionCreate, MakesAMemfdForTheDescriptorMinusOne) {
  dry_region_options options = CreateOptions(DRY_REGION_DESCRIPTOR, kBytes);
  options.descriptor = -1;
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(options)) << region.detail.text;
  int32_t descriptor = -1;
  ASSERT_STATUS(DRY_OK, dry_region_descriptor(&region.handle, &descriptor));
  dry_region_open_options open = support::OpenOptions(DRY_REGION_DESCRIPTOR, nullptr, DRY_MODE_READ);
  open.descriptor = descriptor;
  Region reader, writer;
  EXPECT_STATUS(DRY_OK, reader.Open(open)) << reader.detail.text;
  EXPECT_EQ(region.Stats().creation_id[0], reader.Stats().creation_id[0]);
  open.mode = DRY_MODE_WRITE;
  EXPECT_STATUS(DRY_BUSY, writer.Open(open));
}

TEST(RegionCreate, HandsOutTheDescriptorOfAFileAndNoneOfMemory) {
  TempDir dir;
  Region file, memory;
  ASSERT_STATUS(DRY_OK, file.Create(DRY_REGION_FILE, kBytes, dir.File("r").c_str()));
  ASSERT_STATUS(DRY_OK, memory.Create(DRY_REGION_MEMORY, kBytes));
  int32_t descriptor = -1;
  ASSERT_STATUS(DRY_OK, dry_region_descriptor(&file.handle, &descriptor));
  struct stat facts;
  ASSERT_EQ(0, fstat(descriptor, &facts));
  EXPECT_EQ(static_cast<off_t>(kBytes), facts.st_size);
  EXPECT_STATUS(DRY_UNSUPPORTED, dry_region_descriptor(&memory.handle, &descriptor));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_descriptor(&file.handle, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_descriptor(nullptr, &descriptor));
  ASSERT_STATUS(DRY_OK, file.Close());
  EXPECT_STATUS(DRY_CLOSED, dry_region_descriptor(&file.handle, &descriptor));
}

TEST(RegionCreate, RefusesABadDescriptor) {
  Region region;
  dry_region_options options = CreateOptions(DRY_REGION_DESCRIPTOR, kBytes);
  for (int descriptor : {-2, INT32_MIN, 1 << 20}) {
    options.descriptor = descriptor;
    EXPECT_NE(DRY_OK, region.Create(options)) << descriptor;
    EXPECT_NE(nullptr, strstr(region.detail.text, "descriptor")) << region.detail.text;
  }
}

TEST(RegionCreate, WorksInTheCallersBuffer) {
  support::Buffer buffer(kBytes);
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(support::BufferCreateOptions(buffer))) << region.detail.text;
  EXPECT_EQ(0, memcmp(buffer.data(), "DRYSTONE", 8));
  const void *base = nullptr;
  uint64_t size = 0;
  ASSERT_STATUS(DRY_OK, dry_region_memory(&region.handle, &base, &size));
  EXPECT_EQ(buffer.data(), base);
  EXPECT_EQ(kBytes, size);
}

TEST(RegionCreate, RefusesAMisalignedBuffer) {
  support::Buffer buffer(kBytes + 64);
  dry_region_options options = CreateOptions(DRY_REGION_BUFFER, kBytes);
  options.buffer = buffer.data() + 8;
  Region region;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Create(options));
  EXPECT_NE(nullptr, strstr(region.detail.text, "buffer")) << region.detail.text;
  EXPECT_EQ(0, buffer.data()[8]) << "nothing was written";
}

TEST(RegionCreate, RefusesABufferThatIsNoMultipleOfAPage) {
  support::Buffer buffer(kBytes);
  dry_region_options options = support::BufferCreateOptions(buffer);
  options.size_bytes = kBytes - 64;
  Region region;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Create(options)) << "rounding up would write behind the buffer";
}

TEST(RegionCreate, PrefaultAndHugePagesChangeNothingVisible) {
  TempDir dir;
  for (uint32_t flags : {DRY_REGION_PREFAULT, DRY_REGION_HUGE_PAGES, DRY_REGION_PREFAULT | DRY_REGION_HUGE_PAGES}) {
    Region memory, file;
    dry_region_options options = CreateOptions(DRY_REGION_MEMORY, 4 << 20);
    options.flags = flags;
    EXPECT_STATUS(DRY_OK, memory.Create(options)) << memory.detail.text;
    const std::string path = dir.File(std::to_string(flags));
    options.kind = DRY_REGION_FILE;
    options.name = path.c_str();
    EXPECT_STATUS(DRY_OK, file.Create(options)) << file.detail.text;
    EXPECT_EQ(uint64_t{4 << 20}, file.Stats().size_bytes);
  }
}

TEST(RegionUnlink, RemovesTheNameAndLeavesTheRegion) {
  SharedName name;
  Region region, again;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_SHARED, kBytes, name.c_str()));
  EXPECT_STATUS(DRY_OK, dry_region_unlink(DRY_REGION_SHARED, name.c_str(), nullptr));
  EXPECT_STATUS(DRY_NOT_FOUND, again.Open(DRY_REGION_SHARED, name.c_str(), DRY_MODE_READ));
  EXPECT_STATUS(DRY_OK, region.Verify());
  ASSERT_STATUS(DRY_OK, again.Create(DRY_REGION_SHARED, kBytes, name.c_str())) << "the name is free again";
  EXPECT_NE(region.Stats().creation_id[0], again.Stats().creation_id[0]);
}

TEST(RegionUnlink, RemovesAFile) {
  TempDir dir;
  Region region;
  const std::string path = dir.File("r");
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_FILE, kBytes, path.c_str()));
  EXPECT_STATUS(DRY_OK, dry_region_unlink(DRY_REGION_FILE, path.c_str(), nullptr));
  EXPECT_TRUE(dir.List().empty());
  EXPECT_STATUS(DRY_NOT_FOUND, dry_region_unlink(DRY_REGION_FILE, path.c_str(), nullptr));
}

TEST(RegionUnlink, RefusesKindsWithoutAName) {
  for (uint32_t kind : {uint32_t{DRY_REGION_MEMORY}, uint32_t{DRY_REGION_DESCRIPTOR}, uint32_t{DRY_REGION_BUFFER}, 0u, 99u}) {
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_region_unlink(kind, "x", nullptr)) << kind;
  }
}

}  // namespace
