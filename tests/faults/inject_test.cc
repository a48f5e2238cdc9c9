/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Every system call and every allocation of every public function fails: the first, the second, the third ..., once and
 * from then on for ever. Each time the call must answer an error that says so, leave no descriptor, mapping, file or
 * allocation behind, and work when it is tried again.
 */
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <set>

#include "tests/faults/fail_nth.h"
#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/status.h"

namespace {

using faults::ErrorFor;
using faults::FailNth;
using support::Region;
using support::TempDir;

/** Calls whose failure nobody needs to know of: hints, and giving up what is given up anyway. */
bool MayBeIgnored(const std::string &call) { return call == "madvise" || call == "close" || call == "fcntl"; }

/** One function under test: everything `act` makes is undone by `undo`; `detail` is the call's. */
struct Subject {
  std::function<dry_status(dry_detail *)> act;
  std::function<void()> undo;
  const TempDir *dir;
};

void FailEachCall(const Subject &subject, bool for_ever) {
  subject.undo();
  std::set<std::string> met;
  for (uint64_t n = 1;; n++) {
    const support::Held held = support::HeldNow();
    const auto files = subject.dir->List();
    dry_detail detail = {};
    dry_status status;
    std::string failed;
    {
      FailNth fail(n, for_ever);
      status = subject.act(&detail);
      failed = fail.failed();
    }
    SCOPED_TRACE((for_ever ? "all from " : "only ") + std::to_string(n) + ": " + failed);
    if (failed.empty()) {
      EXPECT_STATUS(DRY_OK, status);
      EXPECT_GT(n, 1u) << "nothing was tested";
      subject.undo();
      return;
    }
    met.insert(failed);
    if (status == DRY_OK) {
      EXPECT_TRUE(MayBeIgnored(failed)) << "a failure was swallowed";
      subject.undo();
    } else {
      EXPECT_TRUE(status == DRY_IO || status == DRY_OUT_OF_MEMORY || status == DRY_UNSUPPORTED)
          << dry_status_name(status);
      EXPECT_EQ(status, detail.status);
      EXPECT_STRNE("", detail.text);
      EXPECT_TRUE(held == support::HeldNow()) << "leaked:\n" << support::DescriptorList();
      EXPECT_EQ(files, subject.dir->List());
    }
    if (testing::Test::HasFailure()) return;
  }
}

void FailOnceAndForEver(const Subject &subject) {
  FailEachCall(subject, false);
  FailEachCall(subject, true);
}

class Inject : public testing::Test {
 protected:
  TempDir dir;
  dry_region region = {};
};

TEST_F(Inject, CreateInMemory) {
  dry_region_options options = support::CreateOptions(DRY_REGION_MEMORY, 65536);
  options.flags = DRY_REGION_PREFAULT | DRY_REGION_HUGE_PAGES;
  FailOnceAndForEver({[&](dry_detail *detail) { return dry_region_create(&options, &region, detail); },
                      [&] { dry_region_close(&region); }, &dir});
}

TEST_F(Inject, CreateAFile) {
  const std::string path = dir.File("r");
  const dry_region_options options = support::CreateOptions(DRY_REGION_FILE, 65536, path.c_str());
  FailOnceAndForEver({[&](dry_detail *detail) { return dry_region_create(&options, &region, detail); },
                      [&] {
                        dry_region_close(&region);
                        unlink(path.c_str());
                      },
                      &dir});
}

/** Some file systems (NFS, overlays of old kernels) know no files without a name: then a temporary name does. */
TEST_F(Inject, CreateAndSaveWhereFilesCannotBeUnnamed) {
  const std::string path = dir.File("r"), image = dir.File("image");
  int refused = 0;
  faults::Hooks hooks(nullptr, [&refused](const std::string &call) {
    // The first open of a creation is the one that asks for O_TMPFILE.
    return call == "open" && refused++ % 2 == 0 ? EOPNOTSUPP : 0;
  });
  Region file;
  ASSERT_STATUS(DRY_OK, file.Create(DRY_REGION_FILE, 65536, path.c_str())) << file.detail.text;
  ASSERT_STATUS(DRY_OK, file.Save(image)) << file.detail.text;
  EXPECT_EQ(4, refused) << "two creations of two opens each";
  EXPECT_EQ((std::vector<std::string>{"image", "r"}), dir.List());
}

TEST_F(Inject, EachCallWhereFilesCannotBeUnnamed) {
  const std::string path = dir.File("r");
  const dry_region_options options = support::CreateOptions(DRY_REGION_FILE, 65536, path.c_str());
  for (uint64_t n = 1;; n++) {
    const support::Held held = support::HeldNow();
    std::string failed;
    bool refused = false;
    uint64_t later = 0;
    dry_status status;
    {
      faults::Hooks hooks(nullptr, [&](const std::string &call) {
        if (!refused) return (refused = call == "open") ? EOPNOTSUPP : 0;
        if (++later != n) return 0;
        failed = call;
        return ErrorFor(call);
      });
      status = dry_region_create(&options, &region, nullptr);
    }
    SCOPED_TRACE("call " + std::to_string(n) + " after it: " + failed);
    dry_region_close(&region);
    if (failed.empty()) {
      EXPECT_STATUS(DRY_OK, status);
      EXPECT_GT(n, 4u);
      return;
    }
    EXPECT_NE(DRY_OK, status);
    EXPECT_TRUE(held == support::HeldNow());
    ASSERT_TRUE(dir.List().empty()) << dir.List()[0];
  }
}

TEST_F(Inject, CreateASharedObject) {
  support::SharedName name;
  const dry_region_options options = support::CreateOptions(DRY_REGION_SHARED, 65536, name.c_str());
  FailOnceAndForEver({[&](dry_detail *detail) { return dry_region_create(&options, &region, detail); },
                      [&] {
                        dry_region_close(&region);
                        dry_region_unlink(DRY_REGION_SHARED, name.c_str(), nullptr);
                      },
                      &dir});
}

TEST_F(Inject, CreateOnADescriptor) {
  const int descriptor = memfd_create("region", MFD_CLOEXEC);
  dry_region_options options = support::CreateOptions(DRY_REGION_DESCRIPTOR, 65536);
  options.descriptor = descriptor;
  FailOnceAndForEver({[&](dry_detail *detail) { return dry_region_create(&options, &region, detail); },
                      [&] { dry_region_close(&region); }, &dir});
  close(descriptor);
}

TEST_F(Inject, OpenAFile) {
  const std::string path = dir.File("r");
  { support::Store store(support::KvOptions(4, 100), DRY_REGION_FILE, path.c_str()); }
  for (uint32_t mode : {DRY_MODE_READ, DRY_MODE_WRITE}) {
    const dry_region_open_options options = support::OpenOptions(DRY_REGION_FILE, path.c_str(), mode);
    FailOnceAndForEver({[&](dry_detail *detail) { return dry_region_open(&options, &region, detail); },
                        [&] { dry_region_close(&region); }, &dir});
  }
}

TEST_F(Inject, OpenASharedObject) {
  support::SharedName name;
  { support::Store store(support::KvOptions(4, 100), DRY_REGION_SHARED, name.c_str()); }
  const dry_region_open_options options = support::OpenOptions(DRY_REGION_SHARED, name.c_str(), DRY_MODE_WRITE);
  FailOnceAndForEver({[&](dry_detail *detail) { return dry_region_open(&options, &region, detail); },
                      [&] { dry_region_close(&region); }, &dir});
}

TEST_F(Inject, Unlink) {
  const std::string path = dir.File("r");
  FailOnceAndForEver({[&](dry_detail *detail) { return dry_region_unlink(DRY_REGION_FILE, path.c_str(), detail); },
                      [&] { support::WriteFile(path, "x"); }, &dir});
}

TEST_F(Inject, SaveANewImage) {
  support::Store store(4, 100);
  const std::string path = dir.File("image");
  FailOnceAndForEver({[&](dry_detail *detail) { return dry_region_save(&store.region.handle, path.c_str(), detail); },
                      [&] { unlink(path.c_str()); }, &dir});
}

TEST_F(Inject, SaveOverAnOldImageLeavesTheOldOne) {
  support::Store store(4, 100);
  const std::string path = dir.File("image");
  ASSERT_STATUS(DRY_OK, store.region.Save(path));
  const std::string old = support::ReadFile(path);
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "value"));
  FailOnceAndForEver({[&](dry_detail *detail) {
                        const dry_status status = dry_region_save(&store.region.handle, path.c_str(), detail);
                        if (status != DRY_OK) {
                          EXPECT_TRUE(old == support::ReadFile(path));
                        }
                        return status;
                      },
                      [&] { support::WriteFile(path, old); }, &dir});
}

TEST_F(Inject, SaveThroughAReader) {
  const std::string path = dir.File("r"), image = dir.File("image");
  { support::Store store(support::KvOptions(4, 100), DRY_REGION_FILE, path.c_str()); }
  Region reader;
  ASSERT_STATUS(DRY_OK, reader.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ));
  FailOnceAndForEver({[&](dry_detail *detail) { return dry_region_save(&reader.handle, image.c_str(), detail); },
                      [&] { unlink(image.c_str()); }, &dir});
}

TEST_F(Inject, Load) {
  support::Store store(4, 100);
  const std::string image = dir.File("image"), path = dir.File("r");
  ASSERT_STATUS(DRY_OK, store.region.Save(image));
  for (uint32_t kind : {DRY_REGION_MEMORY, DRY_REGION_FILE}) {
    const dry_region_options options = support::CreateOptions(kind, 0, path.c_str());
    FailOnceAndForEver({[&](dry_detail *detail) { return dry_region_load(image.c_str(), &options, &region, detail); },
                        [&] {
                          dry_region_close(&region);
                          unlink(path.c_str());
                        },
                        &dir});
  }
}

TEST_F(Inject, CreateAPart) {
  dry_region_options options = support::CreateOptions(DRY_REGION_MEMORY, 65536);
  dry_kv_options kv = support::KvOptions(4, 100);
  kv.has_seed = 0;
  dry_kv_writer writer = {};
  ASSERT_STATUS(DRY_OK, dry_region_create(&options, &region, nullptr));
  FailOnceAndForEver({[&](dry_detail *detail) {
                        const dry_status status = dry_kv_create(&region, "kv", 2, &kv, &writer, detail);
                        dry_region_stats stats;
                        EXPECT_EQ(DRY_OK, dry_region_get_stats(&region, &stats));
                        EXPECT_EQ(status == DRY_OK ? 1u : 0u, stats.part_count);
                        return status;
                      },
                      [&] {
                        dry_kv_writer_close(&writer);
                        dry_region_close(&region);
                        EXPECT_EQ(DRY_OK, dry_region_create(&options, &region, nullptr));
                      },
                      &dir});
  dry_region_close(&region);
}

TEST_F(Inject, OpenAPartForWriting) {
  support::Store store(20, 1000);
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "value"));
  dry_kv_writer writer = {};
  ASSERT_STATUS(DRY_OK, dry_kv_writer_close(&store.writer));
  FailOnceAndForEver({[&](dry_detail *detail) { return dry_kv_open(&store.region.handle, "kv", 2, &writer, detail); },
                      [&] { dry_kv_writer_close(&writer); }, &dir});
  ASSERT_STATUS(DRY_OK, dry_kv_open(&store.region.handle, "kv", 2, &writer, nullptr));
  EXPECT_EQ("value", support::GetOr(dry_kv_writer_reader(&writer), "key"));
  dry_kv_writer_close(&writer);
}

TEST_F(Inject, Verify) {
  support::Store store(20, 1000);
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "value"));
  FailOnceAndForEver({[&](dry_detail *detail) { return dry_region_verify(&store.region.handle, detail); }, [] {}, &dir});
}

TEST_F(Inject, ReadsAndWritesCallNothingThatCanFail) {
  support::Store store(20, 4000);
  FailNth fail(1, true);
  for (int i = 0; i < 3000; i++) {
    const std::string key = "key-" + std::to_string(i % 20);
    ASSERT_STATUS(DRY_OK, support::Put(&store.writer, key, std::string(i % 150, 'v')));
    ASSERT_EQ(std::string(i % 150, 'v'), support::GetOr(store.reader(), key));
  }
  ASSERT_STATUS(DRY_OK, support::Delete(&store.writer, "key-1"));
  EXPECT_EQ(19u, support::All(store.reader()).size());
  EXPECT_EQ("", fail.failed()) << "no system call and no allocation on put and get, also when it compacts";
}

}  // namespace
