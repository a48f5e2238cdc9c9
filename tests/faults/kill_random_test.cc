/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Writers killed at moments that nobody chose, one after the other on the same region, while a reader in a process of its
 * own never stops. DRYSTONE_TEST_SCALE makes a campaign of it (see tests/fuzz/run), DRYSTONE_TEST_SEED repeats one.
 */
#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include "tests/faults/history.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

using faults::Acknowledged;
using faults::Write;
using support::Child;
using support::Plain;
using support::Region;

/** An endless list of writes that a store of that size never refuses. Copies go on in the same way. */
class Stream {
 public:
  Stream(uint64_t seed, uint64_t entries, uint64_t bytes) : random_(seed), plain_(entries, bytes) {}

  Write Next() {
    for (;;) {
      Write write;
      write.key = "key-" + std::to_string(random_.Below(60));
      write.is_delete = random_.OneIn(5);
      const size_t most = random_.OneIn(8) ? 600 : 60;
      if (!write.is_delete) write.value = support::Stamped(write.key, random_.Bytes(random_.Below(most)));
      uint64_t version;
      const dry_status status =
          write.is_delete ? plain_.Delete(write.key, &version) : plain_.Put(write.key, write.value, &version);
      if (status == DRY_OK) return write;
    }
  }
  /** Whether the store holds what the writes so far have made. */
  bool Equals(const std::map<std::string, support::Entry> &stored) const {
    if (stored.size() != plain_.all().size()) return false;
    for (const auto &[key, entry] : plain_.all()) {
      const auto found = stored.find(key);
      if (found == stored.end() || found->second.value != entry.value) return false;
    }
    return true;
  }

 private:
  support::Random random_;
  Plain plain_;
};

const uint64_t kEntries = 50, kBytes = 12000;

int WriteUntilKilled(const std::string &path, Stream stream, Acknowledged *acknowledged) {
  Region region;
  region.DoNotVerify();
  if (region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE) != DRY_OK) return 4;
  dry_kv_writer writer = {};
  if (dry_kv_open(&region.handle, "kv", 2, &writer, nullptr) != DRY_OK) return 5;
  for (uint64_t count = 1;; count++) {
    if (!faults::Do(stream.Next(), &writer)) return 6;
    acknowledged->Set(count);
  }
}

/** Reads until it is killed, and leaves early only when it has seen something wrong. */
int ReadUntilKilled(const std::string &path, uint64_t seed) {
  Region region;
  region.DoNotVerify();
  if (region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ) != DRY_OK) return 4;
  support::Reader reader(region);
  support::Random random(seed);
  std::string value;
  for (;;) {
    const std::string key = "key-" + std::to_string(random.Below(60));
    const dry_status status = support::Get(reader.get(), key, &value);
    if (status != DRY_OK && status != DRY_NOT_FOUND) return 5;
    if (status == DRY_OK && !support::IsWhole(key, value.data(), value.size())) return 6;
  }
}

/** Reads what the killed writer left, through a fresh mapping. */
std::map<std::string, support::Entry> Left(const std::string &path) {
  Region region;
  EXPECT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ)) << region.detail.text;
  support::Reader reader(region, DRY_KV_READ_CHECKED);
  return support::All(reader.get());
}

void Campaign(uint64_t seed, uint64_t rounds) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  support::TempDir dir;
  const std::string path = dir.File("r");
  { support::Store store(support::KvOptions(kEntries, kBytes), DRY_REGION_FILE, path.c_str()); }
  Child reader([&] { return ReadUntilKilled(path, seed); });
  support::Random random(seed);
  Stream stream(random.Next(), kEntries, kBytes);
  uint64_t total = 0;
  for (uint64_t round = 0; round < rounds && !testing::Test::HasFailure(); round++) {
    SCOPED_TRACE("round " + std::to_string(round));
    Acknowledged acknowledged;
    Child writer([&] { return WriteUntilKilled(path, stream, &acknowledged); });
    usleep(static_cast<useconds_t>(300 + random.Below(2500)));
    writer.Kill();
    ASSERT_EQ(-SIGKILL, writer.Wait());
    for (uint64_t i = 0; i < acknowledged.Get(); i++) stream.Next();
    total += acknowledged.Get();
    const auto left = Left(path);
    if (stream.Equals(left)) continue;
    stream.Next();
    EXPECT_TRUE(stream.Equals(left)) << "an acknowledged write is lost, or one that nobody did is there";
  }
  EXPECT_GT(total, rounds) << "hardly anything was written";
  reader.Kill();
  EXPECT_EQ(-SIGKILL, reader.Wait()) << "the reader saw something wrong";
}

TEST(KillRandom, WriterAfterWriter) {
  for (uint64_t seed : support::Seeds()) Campaign(seed, support::Scaled(120));
}

}  // namespace
