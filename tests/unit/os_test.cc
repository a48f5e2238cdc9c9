/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/status.h"

extern "C" {
#include "os/os.h"
}

namespace {

using support::Child;
using support::Pipe;
using support::TempDir;

const uint64_t kSecond = 1000000000;

class SharedPage {
 public:
  SharedPage() {
    fd_ = memfd_create("page", MFD_CLOEXEC);
    EXPECT_EQ(0, dryi_os_allocate(fd_, 4096));
    void *base = nullptr;
    EXPECT_EQ(0, dryi_os_map_file(fd_, 4096, true, &base));
    word = static_cast<uint32_t *>(base);
  }
  ~SharedPage() {
    EXPECT_EQ(0, dryi_os_unmap(word, 4096));
    EXPECT_EQ(0, dryi_os_close(fd_));
  }
  const uint32_t *ReadOnly() {
    void *base = nullptr;
    EXPECT_EQ(0, dryi_os_map_file(fd_, 4096, false, &base));
    return static_cast<const uint32_t *>(base);
  }
  uint32_t *word;

 private:
  int fd_;
};

TEST(OsMemory, AnonymousMemoryIsZeroAndPageAligned) {
  void *base = nullptr;
  ASSERT_EQ(0, dryi_os_map_anonymous(1 << 20, &base));
  EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(base) % 4096);
  EXPECT_EQ(0, static_cast<uint8_t *>(base)[(1 << 20) - 1]);
  EXPECT_EQ(0, dryi_os_unmap(base, 1 << 20));
}

TEST(OsMemory, ReservedSpaceIsUsableOnceCommitted) {
  const uint64_t reserved = uint64_t{1} << 36;
  void *base = nullptr;
  ASSERT_EQ(0, dryi_os_reserve(reserved, &base)) << "address space costs nothing";
  uint8_t *middle = static_cast<uint8_t *>(base) + reserved / 2;
  ASSERT_EQ(0, dryi_os_commit(middle, 8192));
  middle[0] = 1;
  middle[8191] = 2;
  EXPECT_EQ(0, dryi_os_unmap(base, reserved));
}

TEST(OsMemory, AnImpossibleSizeIsAnError) {
  void *base = nullptr;
  EXPECT_EQ(ENOMEM, dryi_os_map_anonymous(uint64_t{1} << 60, &base));
  EXPECT_EQ(nullptr, base);
}

TEST(OsMemory, PrefaultAndHugePagesKeepTheContents) {
  void *base = nullptr;
  ASSERT_EQ(0, dryi_os_map_anonymous(4 << 20, &base));
  static_cast<uint8_t *>(base)[5000] = 9;
  dryi_os_huge_pages(base, 4 << 20);
  EXPECT_EQ(0, dryi_os_prefault(base, 4 << 20, true));
  EXPECT_EQ(9, static_cast<uint8_t *>(base)[5000]);
  EXPECT_EQ(0, dryi_os_unmap(base, 4 << 20));
}

TEST(OsFile, UnnamedFilesLeaveNothingUntilTheyAreLinked) {
  TempDir dir;
  char temporary[DRYI_OS_PATH_BYTES];
  const std::string path = dir.File("f");
  int fd = -1;
  ASSERT_EQ(0, dryi_os_create_unnamed(path.c_str(), 0640, temporary, &fd));
  EXPECT_TRUE(dir.List().empty());
  ASSERT_EQ(0, dryi_os_write_at(fd, "abc", 3, 2));
  ASSERT_EQ(0, dryi_os_link(fd, temporary, path.c_str()));
  EXPECT_EQ(std::string("\0\0abc", 5), support::ReadFile(path));
  char back[3];
  ASSERT_EQ(0, dryi_os_read_at(fd, back, 3, 2));
  EXPECT_EQ(0, memcmp(back, "abc", 3));
  EXPECT_EQ(EIO, dryi_os_read_at(fd, back, 3, 4)) << "behind the end";
  EXPECT_EQ(0, dryi_os_close(fd));
}

TEST(OsFile, LinkNeverReplacesAndLinkOverDoes) {
  TempDir dir;
  const std::string path = dir.File("f");
  support::WriteFile(path, "old");
  char temporary[DRYI_OS_PATH_BYTES];
  int fd = -1;
  ASSERT_EQ(0, dryi_os_create_unnamed(path.c_str(), 0600, temporary, &fd));
  EXPECT_EQ(EEXIST, dryi_os_link(fd, temporary, path.c_str()));
  EXPECT_EQ("old", support::ReadFile(path));
  EXPECT_EQ(0, dryi_os_link_over(fd, temporary, path.c_str()));
  EXPECT_EQ("", support::ReadFile(path));
  EXPECT_EQ(std::vector<std::string>{"f"}, dir.List());
  EXPECT_EQ(0, dryi_os_close(fd));
}

TEST(OsFile, OpenNeverFollowsALinkAndNeverWaitsForAPipe) {
  TempDir dir;
  support::WriteFile(dir.File("f"), "x");
  ASSERT_EQ(0, symlink("f", dir.File("link").c_str()));
  ASSERT_EQ(0, mkfifo(dir.File("pipe").c_str(), 0600));
  int fd = -1;
  EXPECT_EQ(ELOOP, dryi_os_open(dir.File("link").c_str(), false, &fd));
  EXPECT_EQ(ENOENT, dryi_os_open(dir.File("none").c_str(), false, &fd));
  ASSERT_EQ(0, dryi_os_open(dir.File("pipe").c_str(), false, &fd));
  dryi_os_file_facts facts;
  ASSERT_EQ(0, dryi_os_facts(fd, &facts));
  EXPECT_FALSE(facts.regular);
  EXPECT_EQ(0, dryi_os_close(fd));
}

TEST(OsFile, DescriptorsAreNotInheritedByOtherPrograms) {
  TempDir dir;
  support::WriteFile(dir.File("f"), "x");
  int fd = -1, again = -1;
  ASSERT_EQ(0, dryi_os_open(dir.File("f").c_str(), true, &fd));
  ASSERT_EQ(0, dryi_os_reopen(fd, true, &again));
  EXPECT_NE(0, fcntl(fd, F_GETFD) & FD_CLOEXEC);
  EXPECT_NE(0, fcntl(again, F_GETFD) & FD_CLOEXEC);
  EXPECT_EQ(0, dryi_os_close(fd));
  EXPECT_EQ(0, dryi_os_close(again));
}

TEST(OsFile, AllocateReallyTakesTheSpace) {
  TempDir dir;
  char temporary[DRYI_OS_PATH_BYTES];
  int fd = -1;
  ASSERT_EQ(0, dryi_os_create_unnamed(dir.File("f").c_str(), 0600, temporary, &fd));
  ASSERT_EQ(0, dryi_os_allocate(fd, 1 << 20));
  struct stat facts;
  ASSERT_EQ(0, fstat(fd, &facts));
  EXPECT_EQ(1 << 20, facts.st_size);
  EXPECT_GE(facts.st_blocks * 512, 1 << 20);
  EXPECT_NE(0, dryi_os_allocate(fd, UINT64_MAX));
  dryi_os_discard(fd, temporary);
}

/** 0: locked, else the errno, for a descriptor of its own in another process. */
int LockInAnotherProcess(const std::string &path, bool exclusive) {
  Child child([&] {
    int fd = -1;
    if (dryi_os_open(path.c_str(), true, &fd) != 0) return 119;
    return exclusive ? dryi_os_lock_exclusive(fd) : dryi_os_lock_shared(fd);
  });
  return child.Wait();
}

TEST(OsLock, ExcludesOtherProcessesUntilUnlocked) {
  TempDir dir;
  const std::string path = dir.File("f");
  support::WriteFile(path, "x");
  int fd = -1;
  ASSERT_EQ(0, dryi_os_open(path.c_str(), true, &fd));
  ASSERT_EQ(0, dryi_os_lock_exclusive(fd));
  EXPECT_EQ(0, dryi_os_lock_exclusive(fd)) << "again for the same owner";
  EXPECT_EQ(EAGAIN, LockInAnotherProcess(path, true));
  EXPECT_EQ(EAGAIN, LockInAnotherProcess(path, false));
  ASSERT_EQ(0, dryi_os_unlock(fd));
  EXPECT_EQ(0, LockInAnotherProcess(path, true));
  ASSERT_EQ(0, dryi_os_lock_shared(fd));
  EXPECT_EQ(0, LockInAnotherProcess(path, false));
  EXPECT_EQ(EAGAIN, LockInAnotherProcess(path, true));
  EXPECT_EQ(0, dryi_os_close(fd));
}

TEST(OsLock, ExcludesOtherDescriptorsOfTheSameProcessAndSurvivesTheirClose) {
  TempDir dir;
  const std::string path = dir.File("f");
  support::WriteFile(path, "x");
  int fd = -1, other = -1;
  ASSERT_EQ(0, dryi_os_open(path.c_str(), true, &fd));
  ASSERT_EQ(0, dryi_os_open(path.c_str(), true, &other));
  ASSERT_EQ(0, dryi_os_lock_exclusive(fd));
  EXPECT_EQ(EAGAIN, dryi_os_lock_exclusive(other));
  EXPECT_EQ(0, dryi_os_close(other));
  EXPECT_EQ(EAGAIN, LockInAnotherProcess(path, true)) << "a classic POSIX lock would be gone now";
  EXPECT_EQ(0, dryi_os_close(fd));
}

TEST(OsLock, IsGoneTheMomentItsOwnerIsKilled) {
  TempDir dir;
  const std::string path = dir.File("f");
  support::WriteFile(path, "x");
  Pipe ready;
  Child owner([&] {
    int fd = -1;
    if (dryi_os_open(path.c_str(), true, &fd) != 0 || dryi_os_lock_exclusive(fd) != 0) return 1;
    ready.Send('l');
    pause();
    return 0;
  });
  ASSERT_EQ('l', ready.Receive());
  EXPECT_EQ(EAGAIN, LockInAnotherProcess(path, true));
  owner.Kill();
  EXPECT_EQ(0, LockInAnotherProcess(path, true));
}

TEST(OsWait, ReturnsAtOnceWhenTheWordIsAnother) {
  SharedPage page;
  *page.word = 5;
  EXPECT_EQ(0, dryi_os_wait(page.word, 4, UINT64_MAX));
}

TEST(OsWait, TimesOut) {
  SharedPage page;
  EXPECT_EQ(ETIMEDOUT, dryi_os_wait(page.word, 0, 1000000));
  EXPECT_EQ(ETIMEDOUT, dryi_os_wait(page.word, 0, 0));
}

TEST(OsWait, IsWokenByAnotherProcessAlsoOnAReadOnlyMapping) {
  SharedPage page;
  const uint32_t *word = page.ReadOnly();
  Child waker([&] {
    __atomic_store_n(page.word, 1, __ATOMIC_SEQ_CST);
    return dryi_os_wake(page.word);
  });
  while (__atomic_load_n(word, __ATOMIC_SEQ_CST) == 0) {
    ASSERT_EQ(0, dryi_os_wait(word, 0, 60 * kSecond));
  }
  EXPECT_EQ(0, waker.Wait());
  EXPECT_EQ(0, dryi_os_unmap(const_cast<uint32_t *>(word), 4096));
}

TEST(OsWait, WakesEveryWaiter) {
  SharedPage page;
  const auto wait = [&] {
    while (__atomic_load_n(page.word, __ATOMIC_SEQ_CST) == 0) {
      if (dryi_os_wait(page.word, 0, 60 * kSecond) != 0) return 1;
    }
    return 0;
  };
  Child one(wait), two(wait);
  dryi_os_sleep_ns(20000000);
  __atomic_store_n(page.word, 1, __ATOMIC_SEQ_CST);
  EXPECT_EQ(0, dryi_os_wake(page.word));
  EXPECT_EQ(0, one.Wait());
  EXPECT_EQ(0, two.Wait());
}

void Ignore(int) {}

/** Sends itself a signal every 2 ms, with a handler that does not restart calls, for as long as it lives. */
class Interruptions {
 public:
  Interruptions() {
    struct sigaction action = {};
    action.sa_handler = Ignore;
    sigaction(SIGALRM, &action, &old_);
    const struct itimerval often = {{0, 2000}, {0, 2000}};
    setitimer(ITIMER_REAL, &often, nullptr);
  }
  ~Interruptions() {
    const struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, nullptr);
    sigaction(SIGALRM, &old_, nullptr);
  }

 private:
  struct sigaction old_;
};

TEST(OsSignals, InterruptedCallsAreMadeAgain) {
  TempDir dir;
  Interruptions interruptions;
  for (int round = 0; round < 3; round++) {
    char temporary[DRYI_OS_PATH_BYTES];
    int fd = -1;
    ASSERT_EQ(0, dryi_os_create_unnamed(dir.File("f").c_str(), 0600, temporary, &fd));
    ASSERT_EQ(0, dryi_os_allocate(fd, 32 << 20));
    ASSERT_EQ(0, dryi_os_lock_exclusive(fd));
    const std::string bytes(8 << 20, 'x');
    ASSERT_EQ(0, dryi_os_write_at(fd, bytes.data(), bytes.size(), 0));
    ASSERT_EQ(0, dryi_os_sync(fd));
    dryi_os_discard(fd, temporary);
  }
}

TEST(OsSignals, AWaitMayWakeEarlyButSaysSo) {
  SharedPage page;
  Interruptions interruptions;
  EXPECT_EQ(0, dryi_os_wait(page.word, 0, 60 * kSecond)) << "the caller looks again";
}

TEST(OsRandom, GivesDifferentBytesEachTime) {
  uint64_t one[4] = {}, two[4] = {};
  ASSERT_EQ(0, dryi_os_random(one, sizeof one));
  ASSERT_EQ(0, dryi_os_random(two, sizeof two));
  EXPECT_NE(0, memcmp(one, two, sizeof one));
}

}  // namespace
