/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* maps.c: mmap and munmap as the core sees them; see maps.h. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
/* This file alone means the originals. */
#undef mmap
#undef munmap
#include "maps.h"

#include <errno.h>
#include <stddef.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/types.h>

enum { USUAL, MEASURE, OFFER, KEEP };

static _Thread_local struct {
  int mode;
  void *base;     /* what is offered */
  uint64_t bytes; /* of it, or measured */
} now;

void *drystone_go_mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset);
int drystone_go_munmap(void *base, size_t bytes);

/* Notes what the system could give, and gives nothing. */
static void *measured(size_t bytes, int protection, int flags) {
  void *probe = mmap(NULL, bytes, protection, flags, -1, 0);
  if (probe == MAP_FAILED) return MAP_FAILED;
  (void)munmap(probe, bytes);
  now.bytes = bytes;
  errno = ENOMEM;
  return MAP_FAILED;
}

void *drystone_go_mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset) {
  bool private = fd == -1 && !address && protection == (PROT_READ | PROT_WRITE);
  if (private && now.mode == MEASURE) return measured(bytes, protection, flags);
  if (private && now.mode == OFFER && bytes == now.bytes) {
    now.bytes = 0; /* once */
    return now.base;
  }
  return mmap(address, bytes, protection, flags, fd, offset);
}

int drystone_go_munmap(void *base, size_t bytes) {
  if (now.mode == OFFER && base == now.base) return 0;
  if (now.mode != KEEP) return munmap(base, bytes);
  /* One step, so that at no moment the addresses are free for somebody else. */
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  if (mmap(base, bytes, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED) return 0;
  /* The process has too many mappings: then what is there stays, and harms nobody. */
  return 0;
}

void drystone_maps_measure(void) { now.mode = MEASURE; }

void drystone_maps_offer(uintptr_t base, uint64_t bytes) {
  now.mode = OFFER;
  now.base = (void *)base;
  now.bytes = bytes;
}

void drystone_maps_keep(void) { now.mode = KEEP; }

uint64_t drystone_maps_end(void) {
  uint64_t bytes = now.mode == MEASURE ? now.bytes : 0;
  now.mode = USUAL;
  now.base = NULL;
  now.bytes = 0;
  return bytes;
}
