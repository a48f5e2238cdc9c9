/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One writer: refused while another lives, taken over when it is dead or asked for, and harmless when it wakes again. */
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <thread>

#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

using support::Child;
using support::Pipe;
using support::Region;

class Ownership : public testing::Test {
 protected:
  Ownership() : path(dir.File("r")) {
    support::Store store(support::KvOptions(20, 4000), DRY_REGION_FILE, path.c_str());
    EXPECT_STATUS(DRY_OK, support::Put(&store.writer, "key", support::Stamped("key", "first")));
  }

  dry_status OpenToWrite(Region *region, uint32_t flags = 0) {
    return region->Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE, flags);
  }
  /** A child that says 'w' once it is the writer, and then puts stamped values until it is killed. */
  std::function<int()> WriteForEver(Pipe *ready) {
    return [this, ready] {
      Region region;
      region.DoNotVerify();
      if (OpenToWrite(&region) != DRY_OK) return 1;
      dry_kv_writer writer = {};
      if (dry_kv_open(&region.handle, "kv", 2, &writer, nullptr) != DRY_OK) return 2;
      support::Random random(support::Fresh());
      for (uint64_t i = 0;; i++) {
        const dry_status status =
            support::Put(&writer, "key", support::Stamped("key", random.Bytes(random.Below(200))));
        if (status == DRY_STALE) return 7;
        if (status != DRY_OK) return 3;
        if (i == 100) ready->Send('w');
      }
    };
  }
  void ExpectReadable() {
    Region region;
    ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ)) << region.detail.text;
    support::Reader reader(region);
    for (int i = 0; i < 100; i++) {
      const std::string value = support::GetOr(reader.get(), "key");
      ASSERT_TRUE(support::IsWhole("key", value.data(), value.size())) << value;
    }
  }

  support::TempDir dir;
  std::string path;
};

TEST_F(Ownership, AStoppedWriterKeepsItsPlaceAndReadersGoOn) {
  Pipe ready;
  Child writer(WriteForEver(&ready));
  ASSERT_EQ('w', ready.Receive());
  for (int round = 0; round < 20; round++) {
    // Stopped wherever it is, most likely in the middle of a put.
    writer.Signal(SIGSTOP);
    int status = 0;
    ASSERT_EQ(writer.pid(), waitpid(writer.pid(), &status, WUNTRACED));
    ASSERT_TRUE(WIFSTOPPED(status)) << status;
    ExpectReadable();
    Region second;
    EXPECT_STATUS(DRY_BUSY, OpenToWrite(&second));
    writer.Signal(SIGCONT);
    usleep(500);
  }
}

TEST_F(Ownership, ASecondProcessIsBusy) {
  Region first;
  ASSERT_STATUS(DRY_OK, OpenToWrite(&first));
  Child second([&] {
    Region region;
    return OpenToWrite(&region);
  });
  EXPECT_EQ(DRY_BUSY, second.Wait());
}

TEST_F(Ownership, ASecondThreadIsBusyAndOnlyOneOfManyWins) {
  for (int round = 0; round < 20; round++) {
    std::atomic<int> winners{0}, busy{0}, arrived{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++) {
      threads.emplace_back([&] {
        Region region;
        region.DoNotVerify();
        const dry_status status = OpenToWrite(&region);
        (status == DRY_OK ? winners : busy)++;
        arrived++;
        // The winner keeps the region until all have tried.
        while (arrived < 4) std::this_thread::yield();
      });
    }
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(1, winners.load());
    EXPECT_EQ(3, busy.load());
  }
}

TEST_F(Ownership, OnlyOneOfManyProcessesWins) {
  Pipe won;
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < 4; i++) {
    children.push_back(std::make_unique<Child>([&] {
      Region region;
      region.DoNotVerify();
      const dry_status status = OpenToWrite(&region);
      won.Send(status == DRY_OK ? 'y' : status == DRY_BUSY ? 'n' : '?');
      pause();
      return 0;
    }));
  }
  std::string answers;
  for (int i = 0; i < 4; i++) answers += won.Receive();
  std::sort(answers.begin(), answers.end());
  EXPECT_EQ("nnny", answers);
}

TEST_F(Ownership, ADeadWritersPlaceIsFreeAtOnce) {
  for (int round = 0; round < 10; round++) {
    Pipe ready;
    Child writer(WriteForEver(&ready));
    ASSERT_EQ('w', ready.Receive());
    writer.Kill();
    Region next;
    ASSERT_STATUS(DRY_OK, OpenToWrite(&next)) << next.detail.text;
    dry_kv_writer handle = {};
    ASSERT_STATUS(DRY_OK, dry_kv_open(&next.handle, "kv", 2, &handle, &next.detail)) << next.detail.text;
    EXPECT_STATUS(DRY_OK, support::Put(&handle, "key", support::Stamped("key", "next")));
    dry_kv_writer_close(&handle);
    EXPECT_STATUS(DRY_OK, next.Verify()) << next.detail.text;
  }
}

TEST_F(Ownership, AStolenWriterFindsItselfStaleWhenItWakes) {
  Pipe ready;
  Child old(WriteForEver(&ready));
  ASSERT_EQ('w', ready.Receive());
  // Stopped while it does nothing would be better still; the window inside a put is documented.
  old.Signal(SIGSTOP);
  int status = 0;
  ASSERT_EQ(old.pid(), waitpid(old.pid(), &status, WUNTRACED));
  Region thief;
  thief.DoNotVerify();
  ASSERT_STATUS(DRY_OK, OpenToWrite(&thief, DRY_REGION_TAKE_OVER)) << thief.detail.text;
  old.Signal(SIGCONT);
  EXPECT_EQ(7, old.Wait()) << "its next write is refused";
  dry_kv_writer writer = {};
  ASSERT_STATUS(DRY_OK, dry_kv_open(&thief.handle, "kv", 2, &writer, &thief.detail)) << thief.detail.text;
  EXPECT_STATUS(DRY_OK, support::Put(&writer, "key", support::Stamped("key", "stolen")));
  dry_kv_writer_close(&writer);
  ExpectReadable();
}

TEST_F(Ownership, WhoeverTakesOverIsHimselfGuarded) {
  Region first, thief, third;
  ASSERT_STATUS(DRY_OK, OpenToWrite(&first));
  ASSERT_STATUS(DRY_OK, OpenToWrite(&thief, DRY_REGION_TAKE_OVER));
  EXPECT_STATUS(DRY_BUSY, OpenToWrite(&third)) << "the first writer's lock still stands for it";
  ASSERT_STATUS(DRY_OK, first.Close());
  // The thief could not have the lock while the first had it, so a third may come now; then the thief is the stale one.
  dry_kv_writer writer = {};
  if (OpenToWrite(&third) == DRY_OK) {
    EXPECT_STATUS(DRY_STALE, dry_kv_open(&thief.handle, "kv", 2, &writer, nullptr));
  }
}

TEST_F(Ownership, AForkedChildDoesNotKeepTheLockOfAClosedRegion) {
  Region region;
  ASSERT_STATUS(DRY_OK, OpenToWrite(&region));
  Child child([] {
    pause();
    return 0;
  });
  ASSERT_STATUS(DRY_OK, region.Close());
  Region next;
  EXPECT_STATUS(DRY_OK, OpenToWrite(&next)) << "the child has inherited the descriptor";
}

TEST_F(Ownership, HoldsAcrossPidNamespaces) {
  Region first;
  ASSERT_STATUS(DRY_OK, OpenToWrite(&first));
  Child outer([&] {
    if (unshare(CLONE_NEWPID | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0) return 100;
    Child inner([&] {
      Region region;
      return OpenToWrite(&region);
    });
    return inner.Wait();
  });
  const int result = outer.Wait();
  if (result == 100) GTEST_SKIP() << "unshare: this environment allows no pid namespace";
  EXPECT_EQ(DRY_BUSY, result);
}

/* ---- a name that was given up and made anew ---- */

TEST_F(Ownership, AReaderOfAnUnlinkedRegionGoesOnAndCanTell) {
  Region old;
  ASSERT_STATUS(DRY_OK, old.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ));
  support::Reader reader(old);
  ASSERT_STATUS(DRY_OK, dry_region_unlink(DRY_REGION_FILE, path.c_str(), nullptr));
  { support::Store store(support::KvOptions(20, 4000), DRY_REGION_FILE, path.c_str()); }
  const std::string value = support::GetOr(reader.get(), "key");
  EXPECT_TRUE(support::IsWhole("key", value.data(), value.size())) << "the old map stays readable";
  Region fresh;
  ASSERT_STATUS(DRY_OK, fresh.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ));
  EXPECT_NE(old.Stats().creation_id[0], fresh.Stats().creation_id[0]);
}

/* ---- signals ---- */

struct Handled {
  dry_kv_writer *writer;
  dry_kv_reader *reader;
  volatile uint64_t reads, writes, busy, wrong;
} handled;

void OnAlarm(int) {
  char value[256];
  size_t bytes = 0;
  if (dry_kv_get(handled.reader, "key", 3, value, sizeof value, &bytes, nullptr) != DRY_OK ||
      !support::IsWhole("key", value, bytes)) {
    handled.wrong = handled.wrong + 1;
  }
  handled.reads = handled.reads + 1;
  const dry_status status = dry_kv_put(handled.writer, "signal", 6, "value", 5, nullptr);
  if (status == DRY_OK) handled.writes = handled.writes + 1;
  else if (status == DRY_BUSY) handled.busy = handled.busy + 1;
  else handled.wrong = handled.wrong + 1;
}

TEST_F(Ownership, ASignalHandlerMayReadAndItsWritesAreServedOrBusy) {
  support::Store store(20, 4000);
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", support::Stamped("key", "value")));
  handled = {&store.writer, store.reader(), 0, 0, 0, 0};
  struct sigaction action = {}, before;
  action.sa_handler = OnAlarm;
  sigaction(SIGUSR1, &action, &before);
  const pid_t self = getpid();
  Child sender([self] {
    // Until it is killed: signals that arrive together count as one, so no number of them would be enough for sure.
    while (kill(self, SIGUSR1) == 0) usleep(20);
    return 0;
  });
  uint64_t writes = 1, refused = 0;
  while (handled.reads < 500) {
    const dry_status status =
        support::Put(&store.writer, "key", support::Stamped("key", std::string(writes % 100, 'v')));
    status == DRY_OK ? writes++ : refused++;
  }
  sender.Kill();
  sigaction(SIGUSR1, &before, nullptr);
  EXPECT_EQ(0u, handled.wrong);
  EXPECT_EQ(0u, refused) << "the one that was interrupted goes on undisturbed";
  EXPECT_EQ(writes + handled.writes, support::KvStats(store.reader()).version);
}

}  // namespace
