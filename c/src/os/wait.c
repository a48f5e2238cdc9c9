/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _GNU_SOURCE /* syscall */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/hooks.h"
#include "os/os.h"

#define NS_PER_SECOND 1000000000u

static struct timespec timespec_of(uint64_t ns) {
  struct timespec t;
  t.tv_sec = (time_t)(ns / NS_PER_SECOND);
  t.tv_nsec = (long)(ns % NS_PER_SECOND);
  return t;
}

int dryi_os_wait(const uint32_t *word, uint32_t expected, uint64_t timeout_ns) {
  int refused = DRYI_FAIL("futex");
  if (refused) return refused;
  struct timespec timeout = timespec_of(timeout_ns);
  /* No FUTEX_PRIVATE_FLAG: the other side is another process, or another mapping of the same pages. */
  long result = syscall(SYS_futex, word, FUTEX_WAIT, expected, timeout_ns == UINT64_MAX ? NULL : &timeout, NULL, 0);
  if (result == 0 || errno == EAGAIN || errno == EINTR) return 0;
  return errno;
}

int dryi_os_wake(uint32_t *word) {
  int refused = DRYI_FAIL("futex");
  if (refused) return refused;
  return syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0) >= 0 ? 0 : errno;
}

void dryi_os_sleep_ns(uint64_t ns) {
  struct timespec t = timespec_of(ns);
  while (nanosleep(&t, &t) != 0 && errno == EINTR) {
  }
}
