/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* No space: an error at creation or at saving, never a SIGBUS later, and nothing is left behind. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>

#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/status.h"

namespace {

using support::Child;
using support::Region;
using support::TempDir;

const int kNoNamespace = 100;

/** Runs `body` in a mount namespace of its own, where `dir` is a file system of 1 MiB. */
int OnASmallDisk(const std::string &dir, const std::function<int()> &body) {
  Child child([&] {
    if (unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0) return kNoNamespace;
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return kNoNamespace;
    if (mount("small", dir.c_str(), "tmpfs", 0, "size=1m") != 0) return kNoNamespace;
    return body();
  });
  return child.Wait();
}

/** The rest of this file's tests is about a full disk; where it cannot be made, that is said and not passed over. */
#define EXPECT_ON_SMALL_DISK(result)                                                          \
  do {                                                                                        \
    const int got = (result);                                                                 \
    if (got == kNoNamespace) GTEST_SKIP() << "unshare or mount: no mount namespace of one's own here"; \
    EXPECT_EQ(0, got);                                                                        \
  } while (false)

bool SaysNoSpace(dry_status status, const dry_detail &detail, const std::string &path) {
  return status == DRY_OUT_OF_MEMORY && (detail.os_error == ENOSPC || detail.os_error == EFBIG) &&
         strstr(detail.text, path.c_str()) != nullptr;
}

TEST(FullDisk, CreationIsRefusedAndLeavesNothing) {
  TempDir dir;
  const std::string path = dir.File("r");
  EXPECT_ON_SMALL_DISK(OnASmallDisk(dir.path(), [&] {
    Region region;
    if (!SaysNoSpace(region.Create(DRY_REGION_FILE, 2 << 20, path.c_str()), region.detail, path)) return 1;
    if (!dir.List().empty()) return 2;
    return region.Create(DRY_REGION_FILE, 512 << 10, path.c_str()) == DRY_OK ? 0 : 3;
  }));
}

TEST(FullDisk, ARegionThatFitsIsUsableToItsLastByte) {
  TempDir dir;
  const std::string path = dir.File("r");
  EXPECT_ON_SMALL_DISK(OnASmallDisk(dir.path(), [&] {
    support::Store store(support::KvOptions(2000, 400000), DRY_REGION_FILE, path.c_str());
    // Others use up what is left: the region has its space already.
    std::string filler(1 << 20, 'x');
    try {
      support::WriteFile(dir.File("filler"), filler);
    } catch (const std::exception &) {
    }
    for (int i = 0; i < 2000; i++) {
      const dry_status status = support::Put(&store.writer, std::to_string(i), std::string(190, 'v'));
      if (status != DRY_OK) return 1;
    }
    return store.region.Verify() == DRY_OK ? 0 : 2;
  }));
}

TEST(FullDisk, SavingIsRefusedAndTheOldImageStands) {
  TempDir dir;
  const std::string path = dir.File("image");
  EXPECT_ON_SMALL_DISK(OnASmallDisk(dir.path(), [&] {
    support::Store small(4, 100), large(4, 2 << 20);
    if (support::Put(&small.writer, "key", "old") != DRY_OK) return 1;
    if (small.region.Save(path) != DRY_OK) return 2;
    if (!SaysNoSpace(large.region.Save(path), large.region.detail, path)) return 3;
    if (dir.List() != std::vector<std::string>{"image"}) return 4;
    Region loaded;
    if (loaded.Load(path, DRY_REGION_MEMORY) != DRY_OK) return 5;
    support::Reader reader(loaded);
    return support::GetOr(reader.get(), "key") == "old" ? 0 : 6;
  }));
}

TEST(FullDisk, LoadingIsRefusedAndLeavesNothing) {
  TempDir dir, images;
  const std::string path = dir.File("r"), image = images.File("image");
  {
    support::Store store(4, 2 << 20);
    ASSERT_STATUS(DRY_OK, store.region.Save(image));
  }
  EXPECT_ON_SMALL_DISK(OnASmallDisk(dir.path(), [&] {
    Region region;
    if (!SaysNoSpace(region.Load(image, DRY_REGION_FILE, path.c_str()), region.detail, path)) return 1;
    return dir.List().empty() ? 0 : 2;
  }));
}

TEST(FullDisk, ASparseCopyIsFilledBeforeAnybodyWritesToIt) {
  TempDir dir, outside;
  const std::string path = dir.File("r"), whole = outside.File("r");
  { support::Store store(support::KvOptions(4, 2 << 20), DRY_REGION_FILE, whole.c_str()); }
  const std::string bytes = support::ReadFile(whole);
  EXPECT_ON_SMALL_DISK(OnASmallDisk(dir.path(), [&] {
    support::WriteFile(path, bytes.substr(0, 65536));
    if (truncate(path.c_str(), static_cast<off_t>(bytes.size())) != 0) return 1;
    Region region;
    return SaysNoSpace(region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE), region.detail, path) ? 0 : 2;
  }));
}

/** Beyond the limit on file sizes a process gets a signal that ends it; here it must be an error. */
int WithFileSizeLimit(uint64_t bytes, const std::function<int()> &body) {
  Child child([&] {
    const struct rlimit limit = {bytes, bytes};
    return setrlimit(RLIMIT_FSIZE, &limit) == 0 ? body() : 99;
  });
  return child.Wait();
}

TEST(FileSizeLimit, CreationIsRefusedAndLeavesNothing) {
  TempDir dir;
  support::SharedName name;
  const std::string path = dir.File("r");
  EXPECT_EQ(0, WithFileSizeLimit(100000, [&] {
    Region file, shared;
    if (!SaysNoSpace(file.Create(DRY_REGION_FILE, 1 << 20, path.c_str()), file.detail, path)) return 1;
    if (shared.Create(DRY_REGION_SHARED, 1 << 20, name.c_str()) != DRY_OUT_OF_MEMORY) return 2;
    return file.Create(DRY_REGION_FILE, 65536, path.c_str()) == DRY_OK ? 0 : 3;
  }));
  EXPECT_EQ(std::vector<std::string>{"r"}, dir.List());
}

TEST(FileSizeLimit, SavingIsRefusedAndLeavesNothing) {
  TempDir dir;
  const std::string path = dir.File("image");
  EXPECT_EQ(0, WithFileSizeLimit(100000, [&] {
    Region region;
    if (region.Create(DRY_REGION_MEMORY, 1 << 20) != DRY_OK) return 1;
    return SaysNoSpace(region.Save(path), region.detail, path) ? 0 : 2;
  }));
  EXPECT_TRUE(dir.List().empty());
}

TEST(DescriptorLimit, OpeningIsRefusedAndWorksAgainLater) {
  TempDir dir;
  const std::string path = dir.File("r");
  { Region region; ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_FILE, 65536, path.c_str())); }
  Child child([&] {
    struct rlimit limit, none;
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    Region region;
    const dry_status status = region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ);
    if (status != DRY_IO || region.detail.os_error != EMFILE) return 1;
    setrlimit(RLIMIT_NOFILE, &limit);
    return region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ) == DRY_OK ? 0 : 2;
  });
  EXPECT_EQ(0, child.Wait());
}

}  // namespace
