/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A writer is killed at its first, second, third ... step, until it runs through. Each time a reader that mapped the
 * region beforehand must see the store as it was before the write under way, or as it was to be after it; and the next
 * writer must find the same, and go on to the end.
 */
#include <signal.h>

#include <algorithm>
#include <map>

#include "tests/faults/history.h"
#include "tests/faults/hooks.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

using faults::Acknowledged;
using faults::History;
using support::Child;
using support::Region;

const char kHere[] = "";

/* A fork under a sanitizer costs ten times as much; there the long lists are gone through in larger strides. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
const uint64_t kStride = 7;
#else
const uint64_t kStride = 1;
#endif

class Kill {
 public:
  explicit Kill(const History &history) : history_(history), image_(dir_.File("image")) {}

  /** Writes the first `count` without being disturbed: where every round starts from. */
  void Prepare(uint64_t count) {
    prepared_ = count;
    const std::string path = dir_.File("prepared");
    faults::MakeFile(path, history_);
    History first = history_;
    first.writes.resize(count);
    Acknowledged acknowledged;
    ASSERT_EQ(0, faults::WriteFrom(path, first, &acknowledged));
    image_ = support::ReadFile(path);
  }

  /** Kills at each step from the step `from` on; returns how many rounds it took, or stops at the first failure. */
  uint64_t EveryStep(const std::string &from, uint64_t stride = 1) {
    for (uint64_t n = 1;; n += stride) {
      SCOPED_TRACE("killed at step " + std::to_string(n) + " after '" + from + "'");
      const bool through = Round(n, from);
      if (through || testing::Test::HasFailure()) return n;
    }
  }

  /** The region's bytes as the last killed writer left them. */
  const std::string &left() const { return left_; }
  bool Round(uint64_t n, const std::string &from);

 private:
  /** The store after that many writes: asked for again and again, so it is kept. */
  const support::Plain &After(uint64_t count);
  void CheckReader(Region *region, uint64_t acknowledged, bool *one_more);
  void TakeOver(uint64_t acknowledged, bool one_more);

  const History &history_;
  support::TempDir dir_;
  std::string image_;
  std::string left_;
  uint64_t prepared_ = 0;
  std::map<uint64_t, support::Plain> after_;
};

const support::Plain &Kill::After(uint64_t count) {
  const auto found = after_.find(count);
  if (found != after_.end()) return found->second;
  return after_.emplace(count, faults::After(history_, count)).first->second;
}

bool Kill::Round(uint64_t n, const std::string &from) {
  const std::string path = dir_.File("region");
  support::WriteFile(path, image_);
  Region reader;
  reader.DoNotVerify();
  EXPECT_STATUS(DRY_OK, reader.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ)) << reader.detail.text;
  Acknowledged acknowledged;
  acknowledged.Set(prepared_);
  Child child([&] {
    faults::KillAt kill(n, from);
    return faults::WriteFrom(path, history_, &acknowledged);
  });
  const int result = child.Wait();
  EXPECT_TRUE(result == -SIGKILL || result == 0) << result;
  left_ = support::ReadFile(path);
  bool one_more = false;
  CheckReader(&reader, acknowledged.Get(), &one_more);
  if (!testing::Test::HasFailure()) TakeOver(acknowledged.Get(), one_more);
  return result == 0;
}

/** What a reader sees is the store after the acknowledged writes, or after one more. */
void Kill::CheckReader(Region *region, uint64_t acknowledged, bool *one_more) {
  support::Reader reader(*region, DRY_KV_READ_CHECKED);
  const auto seen = support::All(reader.get());
  const uint64_t next = std::min<uint64_t>(acknowledged + 1, history_.writes.size());
  const bool before = seen == After(acknowledged).all();
  *one_more = seen == After(next).all() && !before;
  EXPECT_TRUE(before || *one_more) << "after " << acknowledged << " acknowledged writes";
  EXPECT_STATUS(DRY_OK, region->Verify()) << region->detail.text;
}

/** A new writer attaches at once, finds what the reader saw, and does the rest. */
void Kill::TakeOver(uint64_t acknowledged, bool one_more) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, dir_.File("region").c_str(), DRY_MODE_WRITE))
      << region.detail.text;
  dry_kv_writer writer = {};
  ASSERT_STATUS(DRY_OK, dry_kv_open(&region.handle, "kv", 2, &writer, &region.detail)) << region.detail.text;
  const uint64_t done = acknowledged + one_more;
  const support::Plain &now = After(done), &end = After(history_.writes.size());
  EXPECT_TRUE(now.all() == support::All(dry_kv_writer_reader(&writer)));
  EXPECT_EQ(now.used(), support::KvStats(dry_kv_writer_reader(&writer)).data_bytes);
  EXPECT_EQ(now.all().size(), support::KvStats(dry_kv_writer_reader(&writer)).entries);
  EXPECT_GE(support::KvStats(dry_kv_writer_reader(&writer)).version, acknowledged) << "no version comes back";
  EXPECT_STATUS(DRY_OK, region.Verify()) << region.detail.text;
  Acknowledged ignored;
  EXPECT_EQ(0, faults::DoAll(history_, done, &writer, &ignored)) << "lost space must be usable again";
  const auto stored = support::All(dry_kv_writer_reader(&writer));
  EXPECT_EQ(end.all().size(), stored.size());
  for (const auto &[key, entry] : end.all()) EXPECT_EQ(entry.value, stored.at(key).value) << key;
  dry_kv_writer_close(&writer);
}

History Scripted(uint64_t entries, uint64_t bytes, std::vector<faults::Write> writes) {
  return {entries, bytes, std::move(writes)};
}

TEST(KillWrite, PutOfANewKey) {
  const History history = Scripted(20, 2000, {{"a", "1"}, {"b", "2"}, {"new", "value"}});
  Kill kill(history);
  kill.Prepare(2);
  EXPECT_GT(kill.EveryStep(kHere), 8u);
}

TEST(KillWrite, PutOverAnOldValue) {
  const History history = Scripted(20, 2000, {{"a", "old"}, {"b", "2"}, {"a", "a value of another size class .........."}});
  Kill kill(history);
  kill.Prepare(2);
  EXPECT_GT(kill.EveryStep(kHere), 6u);
}

TEST(KillWrite, Delete) {
  const History history = Scripted(20, 2000, {{"a", "1"}, {"b", "2"}, {"a", "", true}, {"c", "3"}});
  Kill kill(history);
  kill.Prepare(2);
  EXPECT_GT(kill.EveryStep(kHere), 8u);
}

TEST(KillWrite, InAFullStoreWhoseSearchesOverflow) {
  // At capacity about one group in six overflows, so these writes count searches that pass.
  const History history = faults::RandomHistory(11, 96, 4000, 130, 24, 455);
  Kill kill(history);
  kill.Prepare(440);
  EXPECT_GT(kill.EveryStep(kHere, kStride), 100u);
}

TEST(KillWrite, InATinyStoreThatReusesEveryBlock) {
  const History history = faults::RandomHistory(12, 4, 300, 6, 60, 110);
  Kill kill(history);
  kill.Prepare(100);
  EXPECT_GT(kill.EveryStep(kHere, kStride), 30u);
}

/** Mixed sizes in a small store, so that the writer compacts; the kills begin where it does. */
History Compacting() { return faults::RandomHistory(13, 24, 5000, 28, 500, 1500); }

/** How many writes go before the compaction that a run of the whole history meets first after `from` writes. */
uint64_t WritesBeforeCompaction(const History &history, uint64_t from) {
  support::TempDir dir;
  faults::MakeFile(dir.File("r"), history);
  Region region;
  EXPECT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, dir.File("r").c_str(), DRY_MODE_WRITE));
  dry_kv_writer writer = {};
  EXPECT_STATUS(DRY_OK, dry_kv_open(&region.handle, "kv", 2, &writer, nullptr));
  uint64_t last = 0;
  for (uint64_t i = 0; i < history.writes.size(); i++) {
    EXPECT_TRUE(faults::Do(history.writes[i], &writer)) << i;
    const uint64_t now = support::KvStats(dry_kv_writer_reader(&writer)).relocation;
    if (i >= from && now != last) {
      dry_kv_writer_close(&writer);
      return i;
    }
    last = now;
  }
  ADD_FAILURE() << "this history is meant to compact";
  dry_kv_writer_close(&writer);
  return history.writes.size() - 1;
}

TEST(KillWrite, Compaction) {
  History history = Compacting();
  const uint64_t before = WritesBeforeCompaction(history, 300);
  history.writes.resize(before + 3);
  Kill kill(history);
  // A new writer knows the free space only as recovery left it, so it comes to compact at a write of its own.
  kill.Prepare(before > 60 ? before - 60 : 0);
  EXPECT_GT(kill.EveryStep("compact_begun", kStride), 50u);
}

TEST(KillWrite, RecoveryOfAKilledCompaction) {
  History history = Compacting();
  const uint64_t before = WritesBeforeCompaction(history, 300);
  history.writes.resize(before + 3);
  uint64_t rounds = 0;
  for (uint64_t first = 2; first < 60 && !HasFailure(); first += 5 * kStride) {
    SCOPED_TRACE("the compaction was killed at step " + std::to_string(first));
    Kill kill(history);
    kill.Prepare(before > 60 ? before - 60 : 0);
    if (kill.Round(first, "compact_begun")) break;
    support::TempDir dir;
    const std::string path = dir.File("region"), left = kill.left();
    std::map<std::string, support::Entry> seen;
    for (uint64_t n = 1; !HasFailure(); n += kStride) {
      SCOPED_TRACE("its recovery at step " + std::to_string(n));
      support::WriteFile(path, left);
      Child child([&] {
        faults::KillAt at(n);
        Region region;
        region.DoNotVerify();
        if (region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE) != DRY_OK) return 4;
        dry_kv_writer writer = {};
        return dry_kv_open(&region.handle, "kv", 2, &writer, nullptr) == DRY_OK ? 0 : 5;
      });
      const int result = child.Wait();
      ASSERT_TRUE(result == -SIGKILL || result == 0) << result;
      Region region;
      ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE)) << region.detail.text;
      dry_kv_writer writer = {};
      ASSERT_STATUS(DRY_OK, dry_kv_open(&region.handle, "kv", 2, &writer, &region.detail)) << region.detail.text;
      const auto now = support::All(dry_kv_writer_reader(&writer));
      if (n == 1) seen = now;
      EXPECT_TRUE(now == seen) << "every recovery comes to the same store";
      dry_kv_writer_close(&writer);
      rounds++;
      if (result == 0) break;
    }
  }
  EXPECT_GT(rounds, 5u);
}

}  // namespace
