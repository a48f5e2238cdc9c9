/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Names, and what may lie at a path in place of a region: refused before anything is touched. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/status.h"

namespace {

using support::Region;
using support::TempDir;

const uint64_t kBytes = 65536;

/** Creating, opening and unlinking are all refused with that status. */
void Refused(uint32_t kind, const std::string &name, dry_status expected = DRY_INVALID_ARGUMENT) {
  Region region;
  EXPECT_STATUS(expected, region.Create(kind, kBytes, name.c_str())) << name;
  EXPECT_NE(nullptr, strstr(region.detail.text, "name")) << region.detail.text;
  EXPECT_STATUS(expected, region.Open(kind, name.c_str(), DRY_MODE_READ)) << name;
  EXPECT_STATUS(expected, dry_region_unlink(kind, name.c_str(), &region.detail)) << name;
}

TEST(Name, OfASharedObjectHasNoSlash) {
  for (const char *name : {"", "/", "/a", "a/b", "../a", "/../a", "a/", ".", ".."}) Refused(DRY_REGION_SHARED, name);
}

TEST(Name, OfASharedObjectIsUtf8) {
  for (const char *name : {"\xff", "a\xc3", "\xed\xa0\x80"}) Refused(DRY_REGION_SHARED, name);
}

TEST(Name, OfASharedObjectHasAtMost255Bytes) {
  Refused(DRY_REGION_SHARED, std::string(256, 'n'));
  Refused(DRY_REGION_SHARED, std::string(5000, 'n'));
  support::SharedName base;
  const std::string longest = base.c_str() + std::string(255 - strlen(base.c_str()), 'n');
  Region region;
  EXPECT_STATUS(DRY_OK, region.Create(DRY_REGION_SHARED, kBytes, longest.c_str())) << region.detail.text;
  EXPECT_STATUS(DRY_OK, dry_region_unlink(DRY_REGION_SHARED, longest.c_str(), nullptr));
}

TEST(Name, OfAFileEndsWithAFile) {
  TempDir dir;
  for (const std::string &name : {std::string(""), std::string("/"), dir.path() + "/", dir.File("."), dir.File(".."),
                                  dir.File(std::string(256, 'n')), std::string(5000, 'n')}) {
    Refused(DRY_REGION_FILE, name);
  }
  EXPECT_TRUE(dir.List().empty());
}

TEST(Name, OfAFileMayHave255BytesAndAnyByteButNul) {
  TempDir dir;
  for (const std::string &name : {std::string(255, 'n'), std::string("with space \xff\n")}) {
    Region region;
    const std::string path = dir.File(name);
    EXPECT_STATUS(DRY_OK, region.Create(DRY_REGION_FILE, kBytes, path.c_str())) << region.detail.text;
    EXPECT_STATUS(DRY_OK, dry_region_unlink(DRY_REGION_FILE, path.c_str(), nullptr));
  }
}

/** What lies at the path is no region: it is not opened, not written to, and not replaced. */
void NotARegion(const std::string &path) {
  Region region;
  for (uint32_t mode : {DRY_MODE_READ, DRY_MODE_WRITE}) {
    const dry_status status = region.Open(DRY_REGION_FILE, path.c_str(), mode);
    EXPECT_TRUE(status == DRY_INVALID_ARGUMENT || status == DRY_IO) << dry_status_name(status);
    EXPECT_NE(nullptr, strstr(region.detail.text, path.c_str())) << region.detail.text;
  }
  EXPECT_STATUS(DRY_ALREADY_EXISTS, region.Create(DRY_REGION_FILE, kBytes, path.c_str())) << region.detail.text;
}

TEST(Place, ASymbolicLinkIsNotFollowed) {
  TempDir dir;
  const std::string target = dir.File("target"), link = dir.File("link"), dangling = dir.File("dangling");
  { Region region; ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_FILE, kBytes, target.c_str())); }
  ASSERT_EQ(0, symlink("target", link.c_str()));
  ASSERT_EQ(0, symlink("nowhere", dangling.c_str()));
  NotARegion(link);
  NotARegion(dangling);
  Region region;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Load(link, DRY_REGION_MEMORY)) << region.detail.text;
  EXPECT_EQ((std::vector<std::string>{"dangling", "link", "target"}), dir.List());
}

TEST(Place, APipeIsRefusedWithoutWaiting) {
  TempDir dir;
  const std::string path = dir.File("pipe");
  ASSERT_EQ(0, mkfifo(path.c_str(), 0600));
  NotARegion(path);
  Region region;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Load(path, DRY_REGION_MEMORY)) << region.detail.text;
}

TEST(Place, APipeByDescriptorIsRefusedWithoutWaiting) {
  int ends[2];
  ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
  close(ends[1]);
  dry_region_open_options options = support::OpenOptions(DRY_REGION_DESCRIPTOR, nullptr, DRY_MODE_READ);
  options.descriptor = ends[0];
  // Were it to wait for a writer, it would wait for ever: so it is a child that tries.
  support::Child child([&] {
    alarm(10);
    Region region;
    return region.Open(options);
  });
  EXPECT_EQ(DRY_INVALID_ARGUMENT, child.Wait());
  close(ends[0]);
}

TEST(Place, ADirectoryIsRefused) {
  TempDir dir;
  const std::string path = dir.File("directory");
  ASSERT_EQ(0, mkdir(path.c_str(), 0700));
  NotARegion(path);
  Region region;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Load(path, DRY_REGION_MEMORY)) << region.detail.text;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, kBytes));
  EXPECT_NE(DRY_OK, region.Save(path));
  EXPECT_EQ(std::vector<std::string>{"directory"}, dir.List()) << "no temporary file is left";
}

TEST(Place, ASocketIsRefused) {
  TempDir dir;
  const std::string path = dir.File("socket");
  // By its folder's descriptor: an address has no room for a long path.
  const int folder = open(dir.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/socket", folder);
  const int socket_descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(0, bind(socket_descriptor, reinterpret_cast<struct sockaddr *>(&address), sizeof address)) << strerror(errno);
  NotARegion(path);
  close(socket_descriptor);
  close(folder);
}

TEST(Place, ADeviceIsRefused) {
  Region region;
  for (const char *path : {"/dev/null", "/dev/zero", "/dev/full"}) {
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, region.Open(DRY_REGION_FILE, path, DRY_MODE_READ)) << region.detail.text;
  }
}

TEST(Place, AFileWithHardLinksIsNotWrittenTo) {
  TempDir dir;
  const std::string path = dir.File("r"), other = dir.File("other");
  { Region region; ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_FILE, kBytes, path.c_str())); }
  ASSERT_EQ(0, link(path.c_str(), other.c_str()));
  Region writer, reader;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, writer.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE));
  EXPECT_NE(nullptr, strstr(writer.detail.text, "link")) << writer.detail.text;
  EXPECT_STATUS(DRY_OK, reader.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ)) << reader.detail.text;
}

TEST(Place, SaveDoesNotFollowALinkThatLiesThere) {
  TempDir dir;
  support::WriteFile(dir.File("precious"), "mine");
  ASSERT_EQ(0, symlink("precious", dir.File("image").c_str()));
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, kBytes));
  const dry_status status = region.Save(dir.File("image"));
  EXPECT_TRUE(status == DRY_OK || status == DRY_INVALID_ARGUMENT) << dry_status_name(status);
  EXPECT_EQ("mine", support::ReadFile(dir.File("precious")));
}

/* ---- permissions: the superuser may do anything, so a child becomes somebody else ---- */

const uid_t kNobody = 65534;

/** Runs `body` as another user where that is possible: its result, or -1000. */
int AsNobody(const std::function<int()> &body) {
  if (geteuid() != 0) return -1000;
  support::Child child([&] {
    if (setgid(kNobody) != 0 || setuid(kNobody) != 0) return 100;
    return body();
  });
  return child.Wait();
}

TEST(Permission, OthersCannotOpenAPrivateRegion) {
  support::SharedName name;
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_SHARED, kBytes, name.c_str()));
  const int result = AsNobody([&] {
    Region other;
    const dry_status status = other.Open(DRY_REGION_SHARED, name.c_str(), DRY_MODE_READ);
    return status == DRY_IO && other.detail.os_error == EACCES ? 0 : 1;
  });
  if (result == -1000) GTEST_SKIP() << "needs the superuser, to become another one";
  if (result == 100) GTEST_SKIP() << "this user namespace has no other user";
  EXPECT_EQ(0, result);
}

TEST(Permission, AReaderNeedsNoRightToWrite) {
  support::SharedName name;
  support::Store store(support::KvOptions(4, 100), DRY_REGION_SHARED, name.c_str());
  ASSERT_STATUS(DRY_OK, support::Put(&store.writer, "key", "value"));
  ASSERT_EQ(0, chmod(name.File().c_str(), 0644));
  const int result = AsNobody([&] {
    Region reader, writer;
    if (reader.Open(DRY_REGION_SHARED, name.c_str(), DRY_MODE_READ) != DRY_OK) return 1;
    support::Reader handle(reader);
    if (support::GetOr(handle.get(), "key") != "value") return 2;
    return writer.Open(DRY_REGION_SHARED, name.c_str(), DRY_MODE_WRITE) == DRY_IO ? 0 : 3;
  });
  if (result == -1000) GTEST_SKIP() << "needs the superuser, to become another one";
  if (result == 100) GTEST_SKIP() << "this user namespace has no other user";
  EXPECT_EQ(0, result);
}

TEST(Permission, AWriterTakesOnlyAFileOfHisOwn) {
  support::SharedName name;
  { Region region; ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_SHARED, kBytes, name.c_str())); }
  ASSERT_EQ(0, chmod(name.File().c_str(), 0666));
  const int result = AsNobody([&] {
    for (uint32_t mode : {DRY_MODE_WRITE, DRY_MODE_SHARE}) {
      Region writer;
      const dry_status status = writer.Open(DRY_REGION_SHARED, name.c_str(), mode);
      if (status != DRY_INVALID_ARGUMENT || strstr(writer.detail.text, "user") == nullptr) return 1;
    }
    return 0;
  });
  if (result == -1000) GTEST_SKIP() << "needs the superuser, to become another one";
  if (result == 100) GTEST_SKIP() << "this user namespace has no other user";
  EXPECT_EQ(0, result);
}

TEST(Permission, AReadOnlyFileOpensForReading) {
  TempDir dir;
  const std::string path = dir.File("r");
  { Region region; ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_FILE, kBytes, path.c_str())); }
  ASSERT_EQ(0, chmod(path.c_str(), 0400));
  Region region;
  EXPECT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ)) << region.detail.text;
}

}  // namespace
