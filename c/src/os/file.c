/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _GNU_SOURCE /* O_TMPFILE, linkat, memfd_create */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hooks.h"
#include "os/os.h"

/* Calls that EINTR may interrupt are called again. */
static int open_again(const char *path, int flags, mode_t mode, int *fd_out) {
  int refused = DRYI_FAIL("open");
  if (refused) return refused;
  int fd;
  do {
    fd = open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return errno;
  *fd_out = fd;
  return 0;
}

int dryi_os_open(const char *path, bool writable, int *fd_out) {
  return open_again(path, (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK, 0, fd_out);
}

int dryi_os_reopen(int fd, bool writable, int *fd_out) {
  char path[64];
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return open_again(path, (writable ? O_RDWR : O_RDONLY) | O_NONBLOCK, 0, fd_out);
}

int dryi_os_create_memfd(int *fd_out) {
  int refused = DRYI_FAIL("memfd_create");
  if (refused) return refused;
  int fd = memfd_create("drystone", MFD_CLOEXEC);
  if (fd < 0) return errno;
  *fd_out = fd;
  return 0;
}

int dryi_os_close(int fd) {
  int refused = DRYI_FAIL("close");
  /* Linux has closed the descriptor even when it answers EINTR, so there is no second try. */
  return close(fd) == 0 || errno == EINTR ? refused : errno;
}

int dryi_os_facts(int fd, dryi_os_file_facts *facts_out) {
  int refused = DRYI_FAIL("fstat");
  if (refused) return refused;
  struct stat found;
  if (fstat(fd, &found) != 0) return errno;
  facts_out->size_bytes = (uint64_t)found.st_size;
  facts_out->regular = S_ISREG(found.st_mode);
  facts_out->own = found.st_uid == geteuid();
  facts_out->links = (uint64_t)found.st_nlink;
  return 0;
}

/* The directory part of `path`, "." where it has none. */
static int directory_of(const char *path, char *out) {
  const char *slash = strrchr(path, '/');
  size_t n = slash ? (size_t)(slash - path) : 0;
  if (n >= DRYI_OS_PATH_BYTES) return ENAMETOOLONG;
  if (!slash) {
    memcpy(out, ".", 2);
  } else if (n == 0) {
    memcpy(out, "/", 2);
  } else {
    memcpy(out, path, n);
    out[n] = 0;
  }
  return 0;
}

static int create_temporary(const char *directory, uint32_t permissions, char *temporary, int *fd_out) {
  for (int attempt = 0; attempt < 16; attempt++) {
    uint64_t random;
    int error = dryi_os_random(&random, sizeof random);
    if (error) return error;
    int n = snprintf(temporary, DRYI_OS_PATH_BYTES, "%s/.drystone-%016llx", directory, (unsigned long long)random);
    if (n >= DRYI_OS_PATH_BYTES) return ENAMETOOLONG;
    error = open_again(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, (mode_t)permissions, fd_out);
    if (error != EEXIST) return error;
  }
  return EEXIST;
}

int dryi_os_create_unnamed(const char *path, uint32_t permissions, char *temporary, int *fd_out) {
  char directory[DRYI_OS_PATH_BYTES];
  int error = directory_of(path, directory);
  if (error) return error;
  temporary[0] = 0;
  int fd = -1;
  error = open_again(directory, O_TMPFILE | O_RDWR, (mode_t)permissions, &fd);
  /* EOPNOTSUPP: this file system has none; EISDIR: this kernel has none. */
  if (error == EOPNOTSUPP || error == EISDIR) {
    error = create_temporary(directory, permissions, temporary, &fd);
    if (error) temporary[0] = 0;
  }
  if (error) return error;
  /* Exactly these permissions, whatever the umask. */
  error = DRYI_FAIL("fchmod");
  if (!error && fchmod(fd, (mode_t)permissions) != 0) error = errno;
  if (error) {
    dryi_os_discard(fd, temporary);
    return error;
  }
  *fd_out = fd;
  return 0;
}

int dryi_os_link(int fd, char *temporary, const char *path) {
  int refused = DRYI_FAIL("link");
  if (refused) return refused;
  if (temporary[0]) {
    if (link(temporary, path) != 0) return errno;
    (void)unlink(temporary);
    temporary[0] = 0;
    return 0;
  }
  char self[64];
  (void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

int dryi_os_link_over(int fd, char *temporary, const char *path) {
  if (!temporary[0]) {
    /* linkat never replaces, so it gets a random name first. */
    char directory[DRYI_OS_PATH_BYTES], name[DRYI_OS_PATH_BYTES];
    uint64_t random;
    int error = directory_of(path, directory);
    if (!error) error = dryi_os_random(&random, sizeof random);
    if (error) return error;
    int n = snprintf(name, sizeof name, "%.4000s/.drystone-%016llx", directory, (unsigned long long)random);
    if (n >= DRYI_OS_PATH_BYTES) return ENAMETOOLONG;
    error = dryi_os_link(fd, temporary, name);
    if (error) return error;
    memcpy(temporary, name, (size_t)n + 1);
    DRYI_STEP("save_named");
  }
  int refused = DRYI_FAIL("rename");
  if (refused) return refused;
  if (rename(temporary, path) != 0) return errno;
  temporary[0] = 0;
  return 0;
}

void dryi_os_discard(int fd, const char *temporary) {
  if (temporary[0]) (void)unlink(temporary);
  (void)close(fd);
}

int dryi_os_allocate(int fd, uint64_t bytes) {
  int refused = DRYI_FAIL("posix_fallocate");
  if (refused) return refused;
  if (bytes > INT64_MAX) return EFBIG;
  /* Growing beyond RLIMIT_FSIZE raises SIGXFSZ, which would kill the process: ask first. */
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && bytes > limit.rlim_cur) return EFBIG;
  int error = ftruncate(fd, (off_t)bytes) == 0 ? 0 : errno;
  if (error) return error;
  do {
    error = posix_fallocate(fd, 0, (off_t)bytes);
  } while (error == EINTR);
  return error;
}

int dryi_os_write_at(int fd, const void *data, uint64_t bytes, uint64_t offset) {
  int refused = DRYI_FAIL("pwrite");
  if (refused) return refused;
  const uint8_t *at = (const uint8_t *)data;
  while (bytes > 0) {
    size_t chunk = bytes > (1u << 30) ? (size_t)1 << 30 : (size_t)bytes;
    ssize_t done = pwrite(fd, at, chunk, (off_t)offset);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    at += done;
    bytes -= (uint64_t)done;
    offset += (uint64_t)done;
  }
  return 0;
}

int dryi_os_read_at(int fd, void *data, uint64_t bytes, uint64_t offset) {
  int refused = DRYI_FAIL("pread");
  if (refused) return refused;
  uint8_t *at = (uint8_t *)data;
  while (bytes > 0) {
    size_t chunk = bytes > (1u << 30) ? (size_t)1 << 30 : (size_t)bytes;
    ssize_t done = pread(fd, at, chunk, (off_t)offset);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    if (done == 0) return EIO; /* shorter than fstat said: it was truncated meanwhile */
    at += done;
    bytes -= (uint64_t)done;
    offset += (uint64_t)done;
  }
  return 0;
}

int dryi_os_sync(int fd) {
  int refused = DRYI_FAIL("fsync");
  if (refused) return refused;
  int result;
  do {
    result = fsync(fd);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

int dryi_os_unlink(const char *path) {
  int refused = DRYI_FAIL("unlink");
  if (refused) return refused;
  return unlink(path) == 0 ? 0 : errno;
}
