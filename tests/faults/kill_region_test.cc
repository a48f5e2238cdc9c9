/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Creators, savers and loaders killed at every step and system call: others see the whole thing, or nothing at all. */
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/faults/hooks.h"
#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/status.h"

namespace {

using support::Child;
using support::Region;
using support::TempDir;

const uint64_t kBytes = 65536;

/** Runs `act` in children killed at step 1, 2, ... until one runs through; `check` looks after each, told whether. */
template <typename Act, typename Check>
void AtEveryStep(Act act, Check check) {
  for (uint64_t n = 1; !testing::Test::HasFailure(); n++) {
    SCOPED_TRACE("killed at step " + std::to_string(n));
    Child child([&] {
      faults::KillAt kill(n);
      return act();
    });
    const int result = child.Wait();
    ASSERT_TRUE(result == -SIGKILL || result == 0) << result;
    check(result == 0);
    if (result == 0) {
      EXPECT_GT(n, 3u) << "nothing was tested";
      return;
    }
  }
}

int CreateIn(uint32_t kind, const char *name) {
  Region region;
  return region.Create(kind, kBytes, name) == DRY_OK ? 0 : 1;
}

/** Whole or absent; and where it is absent, a new creator wins at once. */
void CheckWholeOrAbsent(uint32_t kind, const char *name) {
  Region region;
  const dry_status status = region.Open(kind, name, DRY_MODE_WRITE);
  if (status == DRY_OK) {
    EXPECT_STATUS(DRY_OK, region.Verify()) << region.detail.text;
    EXPECT_EQ(kBytes, region.Stats().size_bytes);
  } else {
    EXPECT_STATUS(DRY_NOT_FOUND, status) << region.detail.text;
    EXPECT_STATUS(DRY_OK, region.Create(kind, kBytes, name)) << region.detail.text;
  }
  EXPECT_STATUS(DRY_OK, dry_region_unlink(kind, name, nullptr));
}

TEST(KillRegion, CreationOfAFile) {
  TempDir dir;
  const std::string path = dir.File("r");
  AtEveryStep([&] { return CreateIn(DRY_REGION_FILE, path.c_str()); },
              [&](bool) {
                for (const std::string &name : dir.List()) EXPECT_EQ("r", name) << "a stray file";
                CheckWholeOrAbsent(DRY_REGION_FILE, path.c_str());
              });
}

TEST(KillRegion, CreationOfASharedObject) {
  support::SharedName name;
  AtEveryStep([&] { return CreateIn(DRY_REGION_SHARED, name.c_str()); },
              [&](bool) { CheckWholeOrAbsent(DRY_REGION_SHARED, name.c_str()); });
}

TEST(KillRegion, CreationOnADescriptorIsNotReadyOrWholeAndCanBeDoneAgain) {
  const int descriptor = memfd_create("region", MFD_CLOEXEC);
  dry_region_options create = support::CreateOptions(DRY_REGION_DESCRIPTOR, kBytes);
  create.descriptor = descriptor;
  dry_region_open_options open = support::OpenOptions(DRY_REGION_DESCRIPTOR, nullptr, DRY_MODE_READ);
  open.descriptor = descriptor;
  AtEveryStep(
      [&] {
        Region region;
        return region.Create(create) == DRY_OK ? 0 : 1;
      },
      [&](bool through) {
        Region early, again;
        const dry_status status = early.Open(open);
        EXPECT_TRUE(status == DRY_OK || status == DRY_TIMED_OUT || status == DRY_CORRUPT) << early.detail.text;
        if (through) {
          EXPECT_STATUS(DRY_OK, status);
        }
        EXPECT_STATUS(DRY_OK, again.Create(create)) << again.detail.text;
        EXPECT_STATUS(DRY_OK, again.Close());
        EXPECT_EQ(0, ftruncate(descriptor, 0));
        if (status == DRY_OK) early.DoNotVerify();
      });
  close(descriptor);
}

TEST(KillRegion, CreationOfAPart) {
  TempDir dir;
  const std::string path = dir.File("r");
  const dry_kv_options options = support::KvOptions(10, 1000);
  AtEveryStep(
      [&] {
        Region region;
        if (region.Create(DRY_REGION_FILE, kBytes, path.c_str()) != DRY_OK) return 1;
        dry_kv_writer writer = {};
        return dry_kv_create(&region.handle, "kv", 2, &options, &writer, nullptr) == DRY_OK ? 0 : 2;
      },
      [&](bool) {
        Region region;
        if (region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE) != DRY_OK) return;
        EXPECT_STATUS(DRY_OK, region.Verify()) << region.detail.text;
        dry_kv_writer writer = {};
        dry_status status = dry_kv_open(&region.handle, "kv", 2, &writer, &region.detail);
        if (status == DRY_NOT_FOUND) {
          status = dry_kv_create(&region.handle, "kv", 2, &options, &writer, &region.detail);
        }
        EXPECT_STATUS(DRY_OK, status) << region.detail.text;
        EXPECT_STATUS(DRY_OK, support::Put(&writer, "key", "value"));
        EXPECT_EQ(1u, region.Stats().part_count);
        dry_kv_writer_close(&writer);
        EXPECT_STATUS(DRY_OK, region.Verify()) << region.detail.text;
        EXPECT_STATUS(DRY_OK, dry_region_unlink(DRY_REGION_FILE, path.c_str(), nullptr));
      });
}

/** The one entry of the image, "" when there is no image. */
std::string EntryOf(const std::string &path) {
  Region region;
  if (region.Load(path, DRY_REGION_MEMORY) != DRY_OK) {
    EXPECT_STATUS(DRY_NOT_FOUND, region.detail.status) << region.detail.text;
    return "";
  }
  support::Reader reader(region);
  return support::GetOr(reader.get(), "key");
}

/** Strays are hidden files of one documented pattern, and one at the most: the rename that was under way. */
void CheckStrays(const TempDir &dir) {
  int strays = 0;
  for (const std::string &name : dir.List()) {
    if (name == "image") continue;
    EXPECT_EQ(0u, name.rfind(".drystone-", 0)) << name;
    EXPECT_EQ(0, unlink(dir.File(name).c_str()));
    strays++;
  }
  EXPECT_LE(strays, 1);
}

TEST(KillRegion, SaveLeavesTheOldImageOrTheWholeNewOne) {
  TempDir dir;
  support::Store old(4, 100), fresh(4, 100);
  ASSERT_STATUS(DRY_OK, support::Put(&old.writer, "key", "old"));
  ASSERT_STATUS(DRY_OK, support::Put(&fresh.writer, "key", "new"));
  const std::string path = dir.File("image");
  ASSERT_STATUS(DRY_OK, old.region.Save(path));
  AtEveryStep([&] { return fresh.region.Save(path) == DRY_OK ? 0 : 1; },
              [&](bool through) {
                CheckStrays(dir);
                const std::string entry = EntryOf(path);
                EXPECT_TRUE(entry == "old" || entry == "new") << entry;
                if (through) {
                  EXPECT_EQ("new", entry);
                }
                EXPECT_STATUS(DRY_OK, old.region.Save(path));
              });
}

TEST(KillRegion, FirstSaveLeavesNoImageOrTheWholeOne) {
  TempDir dir;
  support::Store store(4, 100);
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "new"));
  const std::string path = dir.File("image");
  AtEveryStep([&] { return store.region.Save(path) == DRY_OK ? 0 : 1; },
              [&](bool) {
                CheckStrays(dir);
                const std::string entry = EntryOf(path);
                EXPECT_TRUE(entry.empty() || entry == "new") << entry;
                unlink(path.c_str());
              });
}

TEST(KillRegion, LoadLeavesNoRegionOrTheWholeOne) {
  TempDir dir, other;
  support::Store store(4, 100);
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "value"));
  const std::string path = dir.File("image"), target = other.File("r");
  ASSERT_STATUS(DRY_OK, store.region.Save(path));
  AtEveryStep(
      [&] {
        Region region;
        return region.Load(path, DRY_REGION_FILE, target.c_str()) == DRY_OK ? 0 : 1;
      },
      [&](bool) {
        for (const std::string &name : other.List()) EXPECT_EQ("r", name) << "a stray file";
        Region region;
        if (region.Open(DRY_REGION_FILE, target.c_str(), DRY_MODE_READ) == DRY_OK) {
          support::Reader reader(region);
          EXPECT_EQ("value", support::GetOr(reader.get(), "key"));
        }
        unlink(target.c_str());
      });
}

TEST(KillRegion, ReadersKilledInTheMiddleAreNeverNoticed) {
  TempDir dir;
  const std::string path = dir.File("r");
  support::Store store(support::KvOptions(20, 2000), DRY_REGION_FILE, path.c_str());
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "value"));
  for (int round = 0; round < 10; round++) {
    support::Pipe ready;
    Child reader([&] {
      Region region;
      if (region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ) != DRY_OK) return 1;
      support::Reader handle(region);
      for (uint64_t i = 0;; i++) {
        if (support::GetOr(handle.get(), "key") != "value") return 2;
        if (i == 10) ready.Send('r');
      }
    });
    EXPECT_EQ('r', ready.Receive());
    for (int i = 0; i < 50; i++) ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "value"));
    reader.Kill();
    EXPECT_EQ(-SIGKILL, reader.Wait());
    ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "value"));
  }
}

}  // namespace
