/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One writer and three readers in threads, for ThreadSanitizer first of all. DRYSTONE_TEST_SCALE makes it longer.
 */
#include <cstdio>
#include <memory>
#include <thread>

#include "tests/stress/stress.h"
#include "tests/support/places.h"
#include "tests/support/status.h"

namespace {

using stress::Keys;
using stress::Looker;
using support::Store;

struct Load {
  uint64_t entries;
  uint64_t bytes;
  uint64_t keys;
  uint64_t steady;
  size_t value_max;
  uint64_t writes;
};

/** Runs the load with these reader handles, one thread each, and returns when the writer is done. */
void RunLoad(Store &store, const Load &load, const std::vector<dry_kv_reader *> &handles) {
  const uint64_t seed = support::Fresh();
  SCOPED_TRACE("seed " + std::to_string(seed));
  const Keys keys(load.keys, load.steady);
  for (uint64_t i = 0; i < load.steady; i++) {
    ASSERT_STATUS(DRY_OK, support::Put(&store.writer, keys.names[i], support::Stamped(keys.names[i], "first")));
  }
  std::atomic<bool> stop{false};
  std::vector<std::unique_ptr<Looker>> lookers;
  std::vector<std::thread> threads;
  for (dry_kv_reader *handle : handles) {
    lookers.push_back(std::make_unique<Looker>(handle, keys, seed + lookers.size() + 1));
    threads.emplace_back([&stop, looker = lookers.back().get()] { looker->Run(stop); });
  }
  stress::WriteAll(&store.writer, keys, support::Scaled(load.writes), load.value_max, seed);
  stop = true;
  for (std::thread &thread : threads) thread.join();
  for (const auto &looker : lookers) {
    EXPECT_EQ(0u, looker->counts().torn);
    EXPECT_EQ(0u, looker->counts().backwards);
    EXPECT_EQ(0u, looker->counts().errors) << looker->counts().first_error;
    EXPECT_GT(looker->counts().hits, 0u);
  }
}

const Load kRoomy = {400, 100000, 300, 100, 100, 20000};
/* Nearly full with sizes that keep changing: the writer compacts again and again. */
const Load kTight = {120, 24000, 110, 40, 300, 20000};
const Load kHot = {8, 2000, 6, 4, 60, 30000};

TEST(KvStress, ThreeReadersWithHandlesOfTheirOwn) {
  Store store(kRoomy.entries, kRoomy.bytes);
  support::Reader one(store.region), two(store.region, DRY_KV_READ_CHECKED), three(store.region);
  RunLoad(store, kRoomy, {one.get(), two.get(), three.get()});
}

TEST(KvStress, ThreeReadersSharingOneHandle) {
  Store store(kRoomy.entries, kRoomy.bytes);
  support::Reader reader(store.region);
  RunLoad(store, kRoomy, {reader.get(), reader.get(), reader.get()});
}

TEST(KvStress, ReadersThroughTheWritersOwnHandle) {
  Store store(kRoomy.entries, kRoomy.bytes);
  RunLoad(store, kRoomy, {store.reader(), store.reader()});
}

TEST(KvStress, WhileTheWriterCompacts) {
  Store store(kTight.entries, kTight.bytes);
  support::Reader one(store.region), two(store.region, DRY_KV_READ_CHECKED), three(store.region);
  RunLoad(store, kTight, {one.get(), two.get(), three.get()});
  EXPECT_GT(support::KvStats(store.reader()).relocation, 2u) << "this load is meant to compact";
}

TEST(KvStress, AFewHotKeys) {
  Store store(kHot.entries, kHot.bytes);
  support::Reader one(store.region), two(store.region), three(store.region);
  RunLoad(store, kHot, {one.get(), two.get(), three.get()});
}

TEST(KvStress, VerifyWhileTheWriterWorks) {
  Store store(kTight.entries, kTight.bytes);
  support::Reader one(store.region), two(store.region);
  std::atomic<bool> stop{false};
  uint64_t verified = 0;
  std::string failure;
  std::thread verifier([&] {
    dry_detail detail;
    do {
      if (dry_kv_verify(one.get(), &detail) != DRY_OK && failure.empty()) failure = detail.text;
      verified++;
    } while (!stop);
  });
  RunLoad(store, kTight, {two.get()});
  stop = true;
  verifier.join();
  EXPECT_EQ("", failure) << "a store at work is not a damaged one";
  EXPECT_GT(verified, 0u);
}

TEST(KvStress, StatsWhileTheWriterWorks) {
  Store store(kHot.entries, kHot.bytes);
  support::Reader one(store.region);
  std::atomic<bool> stop{false};
  uint64_t too_many = 0, backwards = 0, last = 0;
  std::thread watcher([&] {
    while (!stop) {
      dry_kv_stats stats = {};
      if (dry_kv_get_stats(one.get(), &stats) != DRY_OK || stats.entries > stats.capacity) too_many++;
      if (stats.version < last) backwards++;
      last = stats.version;
    }
  });
  RunLoad(store, kHot, {});
  stop = true;
  watcher.join();
  EXPECT_EQ(0u, too_many);
  EXPECT_EQ(0u, backwards);
}

TEST(KvStress, ClosingTheRegionUnderRunningReaders) {
  for (int round = 0; round < 20; round++) {
    Store store(kHot.entries, kHot.bytes);
    ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", support::Stamped("key", "payload")));
    support::Reader reader(store.region);
    std::atomic<int> running{0};
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; i++) {
      threads.emplace_back([&] {
        char value[64];
        size_t bytes = 0;
        dry_status status;
        running++;
        while ((status = dry_kv_get(reader.get(), "key", 3, value, sizeof value, &bytes, nullptr)) == DRY_OK) {
          if (!support::IsWhole("key", value, bytes)) wrong++;
        }
        if (status != DRY_CLOSED) wrong++;
      });
    }
    while (running < 3) std::this_thread::yield();
    EXPECT_STATUS(DRY_OK, store.region.Close());
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(0, wrong.load());
  }
}

TEST(KvStress, ASecondThreadOnTheWriterIsRefusedOrServedButNeverBoth) {
  Store store(2100, 100000);
  dry_kv_writer second = {};
  ASSERT_STATUS(DRY_OK, dry_kv_open(&store.region.handle, "kv", 2, &second, nullptr));
  const uint64_t writes = support::Scaled(5000);
  std::atomic<uint64_t> done{0}, busy{0}, wrong{0};
  const auto write = [&](dry_kv_writer *writer, const std::string &prefix) {
    for (uint64_t i = 0; i < writes; i++) {
      const dry_status status = support::Put(writer, prefix + std::to_string(i % 700), std::to_string(i));
      (status == DRY_OK ? done : status == DRY_BUSY ? busy : wrong)++;
    }
  };
  std::thread one([&] { write(&store.writer, "one-"); }), two([&] { write(&store.writer, "two-"); });
  write(&second, "three-");
  one.join();
  two.join();
  EXPECT_EQ(0u, wrong.load());
  EXPECT_EQ(3 * writes, done + busy);
  EXPECT_EQ(done.load(), support::KvStats(store.reader()).version) << "what was refused changed nothing";
  dry_kv_writer_close(&second);
}

TEST(KvStress, ReadersOfAFileInMappingsOfTheirOwn) {
  support::TempDir dir;
  const std::string path = dir.File("r");
  Store store(support::KvOptions(kTight.entries, kTight.bytes), DRY_REGION_FILE, path.c_str());
  support::Region region;
  ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ));
  support::Reader one(region), two(region, DRY_KV_READ_CHECKED), three(store.region);
  RunLoad(store, kTight, {one.get(), two.get(), three.get()});
}

}  // namespace
