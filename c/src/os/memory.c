/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _GNU_SOURCE /* MAP_ANONYMOUS, madvise, getrandom */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/hooks.h"
#include "os/os.h"

/* Since Linux 5.14; older headers lack the names. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

static int map(uint64_t bytes, int protection, int flags, int fd, void **base_out) {
  int refused = DRYI_FAIL("mmap");
  if (refused) return refused;
  if (bytes > SIZE_MAX) return ENOMEM;
  void *base = mmap(NULL, (size_t)bytes, protection, flags, fd, 0);
  if (base == MAP_FAILED) return errno;
  *base_out = base;
  return 0;
}

int dryi_os_map_anonymous(uint64_t bytes, void **base_out) {
  return map(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, base_out);
}

int dryi_os_map_file(int fd, uint64_t bytes, bool writable, void **base_out) {
  return map(bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, base_out);
}

int dryi_os_reserve(uint64_t bytes, void **base_out) {
  return map(bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, base_out);
}

int dryi_os_commit(void *base, uint64_t bytes) {
  int refused = DRYI_FAIL("mprotect");
  if (refused) return refused;
  return mprotect(base, (size_t)bytes, PROT_READ | PROT_WRITE) == 0 ? 0 : errno;
}

int dryi_os_discard_pages(void *base, uint64_t bytes) {
  int refused = DRYI_FAIL("madvise");
  if (refused) return refused;
  return madvise(base, (size_t)bytes, MADV_DONTNEED) == 0 ? 0 : errno;
}

int dryi_os_numa_local(void *base, uint64_t bytes) {
  int refused = DRYI_FAIL("mbind");
  if (refused) return refused;
  const int local = 4; /* MPOL_LOCAL; its header belongs to libnuma */
  return syscall(SYS_mbind, base, (size_t)bytes, local, NULL, 0, 0) == 0 ? 0 : errno;
}

int dryi_os_unmap(void *base, uint64_t bytes) { return munmap(base, (size_t)bytes) == 0 ? 0 : errno; }

int dryi_os_prefault(void *base, uint64_t bytes, bool writable) {
  int refused = DRYI_FAIL("madvise");
  if (refused) return refused;
  if (madvise(base, (size_t)bytes, writable ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) == 0) return 0;
  if (errno != EINVAL) return errno;
  /* A kernel without it: one read a page maps what is there, and zero pages cost their copy at the first write. */
  const volatile uint8_t *at = (const volatile uint8_t *)base;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  for (uint64_t i = 0; i < bytes; i += page) (void)at[i];
  return 0;
}

int dryi_os_huge_pages(void *base, uint64_t bytes) {
  int refused = DRYI_FAIL("madvise");
  if (refused) return refused;
  return madvise(base, (size_t)bytes, MADV_HUGEPAGE) == 0 ? 0 : errno;
}

void *dryi_os_alloc_zeroed(size_t bytes) { return DRYI_FAIL("malloc") ? NULL : calloc(1, bytes); }

void dryi_os_free(void *memory) { free(memory); }

int dryi_os_random(void *out, size_t bytes) {
  int refused = DRYI_FAIL("getrandom");
  if (refused) return refused;
  uint8_t *at = (uint8_t *)out;
  while (bytes > 0) {
    ssize_t got = getrandom(at, bytes, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    at += got;
    bytes -= (size_t)got;
  }
  return 0;
}
