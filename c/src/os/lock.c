/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/hooks.h"
#include "os/os.h"

/* One byte of the file stands for the whole. A classic POSIX lock would vanish as soon as any descriptor of the file is
   closed in this process; an open-file-description lock lives and dies with this one. */
static int set(int fd, short type, uint64_t at) {
  int refused = DRYI_FAIL("fcntl");
  if (refused) return refused;
  struct flock lock;
  memset(&lock, 0, sizeof lock);
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = (off_t)at;
  lock.l_len = 1;
  int result;
  do {
    result = fcntl(fd, F_OFD_SETLK, &lock);
  } while (result != 0 && errno == EINTR);
  if (result == 0) return 0;
  return errno == EACCES ? EAGAIN : errno;
}

int dryi_os_lock_exclusive(int fd) { return set(fd, F_WRLCK, 0); }

int dryi_os_lock_shared(int fd) { return set(fd, F_RDLCK, 0); }

int dryi_os_unlock(int fd) { return set(fd, F_UNLCK, 0); }

int dryi_os_lock_byte(int fd, uint64_t at) { return set(fd, F_WRLCK, at); }

int dryi_os_unlock_byte(int fd, uint64_t at) { return set(fd, F_UNLCK, at); }
