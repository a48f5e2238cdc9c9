/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/status.h"

namespace {

using support::Region;
using support::SharedName;
using support::Store;
using support::TempDir;

const uint64_t kBytes = 65536;

TEST(RegionOpen, SaysNotFoundAndNamesTheFile) {
  TempDir dir;
  const std::string path = dir.File("none");
  Region region;
  EXPECT_STATUS(DRY_NOT_FOUND, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ));
  EXPECT_NE(nullptr, strstr(region.detail.text, path.c_str())) << region.detail.text;
  EXPECT_EQ(ENOENT, region.detail.os_error);
  EXPECT_STATUS(DRY_NOT_FOUND, region.Open(DRY_REGION_SHARED, "drystone-test-none", DRY_MODE_WRITE));
}

TEST(RegionOpen, ReadsWhileAWriterHoldsTheFile) {
  TempDir dir;
  const std::string path = dir.File("r");
  Store store(support::KvOptions(10, 1000), DRY_REGION_FILE, path.c_str());
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "value"));
  Region region;
  ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ)) << region.detail.text;
  support::Reader reader(region);
  EXPECT_EQ("value", support::GetOr(reader.get(), "key"));
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "other"));
  EXPECT_EQ("other", support::GetOr(reader.get(), "key"));
  EXPECT_EQ(static_cast<uint32_t>(DRY_MODE_READ), region.Stats().mode);
}

TEST(RegionOpen, RefusesASecondWriterUntilTheFirstHasClosed) {
  SharedName name;
  Region first, second;
  ASSERT_STATUS(DRY_OK, first.Create(DRY_REGION_SHARED, kBytes, name.c_str()));
  EXPECT_STATUS(DRY_BUSY, second.Open(DRY_REGION_SHARED, name.c_str(), DRY_MODE_WRITE));
  EXPECT_NE(nullptr, strstr(second.detail.text, name.c_str())) << second.detail.text;
  ASSERT_STATUS(DRY_OK, first.Close());
  EXPECT_STATUS(DRY_OK, second.Open(DRY_REGION_SHARED, name.c_str(), DRY_MODE_WRITE));
}

TEST(RegionOpen, GivesEachWriterTheNextEpoch) {
  TempDir dir;
  const std::string path = dir.File("r");
  uint64_t last = 0;
  for (int round = 0; round < 4; round++) {
    Region region;
    if (round == 0) {
      ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_FILE, kBytes, path.c_str()));
      last = region.Stats().epoch;
      continue;
    }
    ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE));
    EXPECT_EQ(last + 1, region.Stats().epoch);
    last = region.Stats().epoch;
    Region reader;
    ASSERT_STATUS(DRY_OK, reader.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ));
    EXPECT_EQ(last, reader.Stats().epoch) << "readers take none";
  }
}

TEST(RegionOpen, TakesOverFromALiveWriterWhichIsStaleThen) {
  TempDir dir;
  const std::string path = dir.File("r");
  Store store(support::KvOptions(10, 1000), DRY_REGION_FILE, path.c_str());
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "old"));
  Region thief;
  ASSERT_STATUS(DRY_OK, thief.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE, DRY_REGION_TAKE_OVER))
      << thief.detail.text;
  uint64_t version = 77;
  EXPECT_STATUS(DRY_STALE, support::Put(&store.writer, "key", "late", &version));
  EXPECT_EQ(0u, version);
  EXPECT_STATUS(DRY_STALE, support::PutNew(&store.writer, "other", "late"));
  EXPECT_STATUS(DRY_STALE, support::Replace(&store.writer, "key", "late", 1));
  EXPECT_STATUS(DRY_STALE, support::Delete(&store.writer, "key"));
  dry_kv_writer writer = {};
  const dry_kv_options options = support::KvOptions(1, 10);
  EXPECT_STATUS(DRY_STALE, dry_kv_create(&store.region.handle, "late", 4, &options, &writer, nullptr));
  ASSERT_STATUS(DRY_OK, dry_kv_open(&thief.handle, "kv", 2, &writer, nullptr));
  EXPECT_EQ("old", support::GetOr(dry_kv_writer_reader(&writer), "key"));
  EXPECT_STATUS(DRY_OK, support::Put(&writer, "key", "new", &version));
  EXPECT_EQ(2u, version);
  EXPECT_EQ("new", support::GetOr(store.reader(), "key")) << "the old writer's handle goes on reading";
  dry_kv_writer_close(&writer);
}

TEST(RegionOpen, RefusesKindsThatCannotBeOpened) {
  Region region;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Open(DRY_REGION_MEMORY, nullptr, DRY_MODE_READ));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Open(0, "x", DRY_MODE_READ));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Open(99, "x", DRY_MODE_READ));
}

TEST(RegionOpen, RefusesUnknownModesAndFlags) {
  TempDir dir;
  const std::string path = dir.File("r");
  { Region region; ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_FILE, kBytes, path.c_str())); }
  Region region;
  for (uint32_t mode : {0u, 4u, 99u}) {
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Open(DRY_REGION_FILE, path.c_str(), mode)) << mode;
    EXPECT_NE(nullptr, strstr(region.detail.text, "mode")) << region.detail.text;
  }
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ, 0x80000000u));
  EXPECT_NE(nullptr, strstr(region.detail.text, "flags")) << region.detail.text;
}

TEST(RegionOpen, ReadsADescriptorThatIsOpenForReadingOnly) {
  TempDir dir;
  const std::string path = dir.File("r");
  { Region region; ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_FILE, kBytes, path.c_str())); }
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  dry_region_open_options options = support::OpenOptions(DRY_REGION_DESCRIPTOR, nullptr, DRY_MODE_READ);
  options.descriptor = descriptor;
  Region reader;
  EXPECT_STATUS(DRY_OK, reader.Open(options)) << reader.detail.text;
  close(descriptor);
}

TEST(RegionOpen, WritersThroughDescriptorsExcludeEachOther) {
  const int descriptor = memfd_create("region", MFD_CLOEXEC);
  dry_region_options create = support::CreateOptions(DRY_REGION_DESCRIPTOR, kBytes);
  create.descriptor = descriptor;
  Region first;
  ASSERT_STATUS(DRY_OK, first.Create(create));
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  const int other = open(path.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(other, 0);
  dry_region_open_options options = support::OpenOptions(DRY_REGION_DESCRIPTOR, nullptr, DRY_MODE_WRITE);
  options.descriptor = other;
  Region second;
  EXPECT_STATUS(DRY_BUSY, second.Open(options));
  // The same descriptor shares its description with the first writer's, where a lock alone does not exclude anybody.
  options.descriptor = descriptor;
  EXPECT_STATUS(DRY_BUSY, second.Open(options));
  close(other);
  close(descriptor);
}

TEST(RegionOpen, OpensABufferThatHoldsARegion) {
  support::Buffer buffer(kBytes);
  { Region region; ASSERT_STATUS(DRY_OK, region.Create(support::BufferCreateOptions(buffer))); }
  Region region;
  EXPECT_STATUS(DRY_OK, region.Open(support::BufferOpenOptions(buffer, DRY_MODE_READ))) << region.detail.text;
  Region writer;
  EXPECT_STATUS(DRY_OK, writer.Open(support::BufferOpenOptions(buffer, DRY_MODE_WRITE))) << writer.detail.text;
}

TEST(RegionOpen, RefusesABufferOfAnotherLength) {
  support::Buffer buffer(kBytes + 4096);
  dry_region_options create = support::CreateOptions(DRY_REGION_BUFFER, kBytes);
  create.buffer = buffer.data();
  { Region region; ASSERT_STATUS(DRY_OK, region.Create(create)); }
  dry_region_open_options options = support::BufferOpenOptions(buffer, DRY_MODE_READ);
  for (uint64_t bytes : {kBytes + 4096, kBytes - 1, kBytes - 4096, uint64_t{4096}, uint64_t{127}, uint64_t{1}, uint64_t{0}}) {
    options.buffer_bytes = bytes;
    Region region;
    EXPECT_STATUS(DRY_CORRUPT, region.Open(options)) << bytes;
  }
}

/** A region in a memfd whose creator has not written the ready mark yet; and where that mark is. */
class Unfinished {
 public:
  Unfinished() {
    dry_region_options create = support::CreateOptions(DRY_REGION_DESCRIPTOR, kBytes);
    create.descriptor = -1;
    EXPECT_STATUS(DRY_OK, region.Create(create));
    options = support::OpenOptions(DRY_REGION_DESCRIPTOR, nullptr, DRY_MODE_READ);
    EXPECT_STATUS(DRY_OK, dry_region_descriptor(&region.handle, &options.descriptor));
    const void *base = nullptr;
    uint64_t size = 0;
    EXPECT_STATUS(DRY_OK, dry_region_memory(&region.handle, &base, &size));
    state = &static_cast<dry_region_header *>(const_cast<void *>(base))->state;
    __atomic_store_n(state, 0, __ATOMIC_SEQ_CST);
  }
  ~Unfinished() { Finish(); }
  void Finish() { __atomic_store_n(state, DRY_REGION_READY, __ATOMIC_SEQ_CST); }

  Region region;
  dry_region_open_options options;
  uint32_t *state;
};

TEST(RegionOpen, TimesOutWhenTheCreatorDoesNotFinish) {
  Unfinished unfinished;
  Region reader;
  EXPECT_STATUS(DRY_TIMED_OUT, reader.Open(unfinished.options));
  EXPECT_NE(nullptr, strstr(reader.detail.text, "creator")) << reader.detail.text;
}

TEST(RegionOpen, WaitsForTheCreatorToFinish) {
  Unfinished unfinished;
  dry_status status = DRY_TIMED_OUT;
  Region reader;
  std::thread opener([&] {
    // It may take longer than the bound on a busy machine before the other thread runs: then it is tried again.
    for (int i = 0; i < 100 && status == DRY_TIMED_OUT; i++) status = reader.Open(unfinished.options);
  });
  usleep(5000);
  unfinished.Finish();
  opener.join();
  EXPECT_STATUS(DRY_OK, status) << reader.detail.text;
}

TEST(RegionOpen, TheLastEpochIsFollowedByTheFirst) {
  support::Buffer buffer(kBytes);
  { Region region; ASSERT_STATUS(DRY_OK, region.Create(support::BufferCreateOptions(buffer))); }
  reinterpret_cast<dry_region_header *>(buffer.data())->epoch = UINT64_MAX - 1;
  Region last, first;
  dry_kv_writer writer = {};
  const dry_kv_options options = support::KvOptions(4, 100);
  ASSERT_STATUS(DRY_OK, last.Open(support::BufferOpenOptions(buffer, DRY_MODE_WRITE)));
  EXPECT_EQ(UINT64_MAX, last.Stats().epoch);
  ASSERT_STATUS(DRY_OK, first.Open(support::BufferOpenOptions(buffer, DRY_MODE_WRITE)));
  EXPECT_EQ(0u, first.Stats().epoch);
  EXPECT_STATUS(DRY_STALE, dry_kv_create(&last.handle, "kv", 2, &options, &writer, nullptr));
  EXPECT_STATUS(DRY_OK, dry_kv_create(&first.handle, "kv", 2, &options, &writer, nullptr));
  dry_kv_writer_close(&writer);
}

TEST(RegionOpen, ReadersCannotWrite) {
  TempDir dir;
  const std::string path = dir.File("r");
  { Store store(support::KvOptions(4, 100), DRY_REGION_FILE, path.c_str()); }
  Region region;
  ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ));
  dry_kv_writer writer = {};
  const dry_kv_options options = support::KvOptions(4, 100);
  EXPECT_STATUS(DRY_READ_ONLY, dry_kv_open(&region.handle, "kv", 2, &writer, &region.detail));
  EXPECT_STATUS(DRY_READ_ONLY, dry_kv_create(&region.handle, "new", 3, &options, &writer, &region.detail));
}

TEST(RegionClose, ClosesAgainWithoutHarm) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, kBytes));
  EXPECT_STATUS(DRY_OK, region.Close());
  EXPECT_STATUS(DRY_OK, region.Close());
  dry_region_stats stats;
  EXPECT_STATUS(DRY_CLOSED, dry_region_get_stats(&region.handle, &stats));
}

TEST(RegionClose, ClosesThePartsThatWereOpenedFromIt) {
  Store store(10, 1000);
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "value"));
  support::Reader reader(store.region);
  ASSERT_STATUS(DRY_OK, store.region.Close());
  EXPECT_STATUS(DRY_CLOSED, support::Put(&store.writer, "key", "late"));
  EXPECT_EQ("<closed>", support::GetOr(reader.get(), "key"));
  EXPECT_EQ("<closed>", support::GetOr(store.reader(), "key"));
  EXPECT_STATUS(DRY_OK, dry_kv_reader_close(reader.get()));
  EXPECT_EQ("<closed>", support::GetOr(reader.get(), "key"));
}

}  // namespace
