/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * os.h: the only system calls of the library. Every function returns 0 or an errno value, retries on EINTR, and on
 * failure has changed nothing. Tests make each call fail by its name (base/hooks.h).
 */
#ifndef DRYI_OS_OS_H
#define DRYI_OS_OS_H

#include <stdbool.h>

#include "base/arith.h"

/* ---- memory ---- */

/* `bytes` of zeroed private memory, page-aligned. */
DRYI_LOCAL int dryi_os_map_anonymous(uint64_t bytes, void **base_out);
/* The first `bytes` of a file, shared with whoever else maps it. */
DRYI_LOCAL int dryi_os_map_file(int fd, uint64_t bytes, bool writable, void **base_out);
/* Address space without memory behind it; dryi_os_commit makes a page-aligned range of it usable. */
DRYI_LOCAL int dryi_os_reserve(uint64_t bytes, void **base_out);
DRYI_LOCAL int dryi_os_commit(void *base, uint64_t bytes);
/* Gives the pages of a usable range back; it stays usable, and reads as zeros. */
DRYI_LOCAL int dryi_os_discard_pages(void *base, uint64_t bytes);
/* Pages that are touched from now on come from the memory node of the thread that touches them. */
DRYI_LOCAL int dryi_os_numa_local(void *base, uint64_t bytes);
DRYI_LOCAL int dryi_os_unmap(void *base, uint64_t bytes);
/* Touches every page now. */
DRYI_LOCAL int dryi_os_prefault(void *base, uint64_t bytes, bool writable);
/* Asks for transparent huge pages; an errno says that they were refused. */
DRYI_LOCAL int dryi_os_huge_pages(void *base, uint64_t bytes);
/* malloc and calloc, so that tests can make them fail. NULL when there is none. */
DRYI_LOCAL void *dryi_os_alloc_zeroed(size_t bytes);
DRYI_LOCAL void dryi_os_free(void *memory);
DRYI_LOCAL int dryi_os_random(void *out, size_t bytes);

/* ---- files ---- */

typedef struct dryi_os_file_facts {
  uint64_t size_bytes;
  bool regular;   /* a regular file or shared-memory object, not a directory, pipe, device ... */
  bool own;       /* belongs to the effective user */
  uint64_t links; /* names it has */
} dryi_os_file_facts;

/* Opens what is there: never a symbolic link (ELOOP), never waiting for the other end of a pipe. */
DRYI_LOCAL int dryi_os_open(const char *path, bool writable, int *fd_out);
/* Opens the file behind a descriptor once more, with a lock ownership of its own. */
DRYI_LOCAL int dryi_os_reopen(int fd, bool writable, int *fd_out);
/* A file in memory that has no name at all. */
DRYI_LOCAL int dryi_os_create_memfd(int *fd_out);
DRYI_LOCAL int dryi_os_close(int fd);
DRYI_LOCAL int dryi_os_facts(int fd, dryi_os_file_facts *facts_out);

/* A file that has no name yet, in the directory of `path`, so that a killed creator leaves nothing behind. Where the
   file system cannot do that it gets a random name, which goes into `temporary` (of DRYI_OS_PATH_BYTES), else "". */
#define DRYI_OS_PATH_BYTES 4096
DRYI_LOCAL int dryi_os_create_unnamed(const char *path, uint32_t permissions, char *temporary, int *fd_out);
/* Gives it its name: EEXIST when that is taken. */
DRYI_LOCAL int dryi_os_link(int fd, char *temporary, const char *path);
/* The same, replacing what has the name. */
DRYI_LOCAL int dryi_os_link_over(int fd, char *temporary, const char *path);
/* Forgets a file of dryi_os_create_unnamed that was not linked. */
DRYI_LOCAL void dryi_os_discard(int fd, const char *temporary);
/* Sets the size with the space really allocated, so that a full disk shows now and not as SIGBUS later. */
DRYI_LOCAL int dryi_os_allocate(int fd, uint64_t bytes);
DRYI_LOCAL int dryi_os_write_at(int fd, const void *data, uint64_t bytes, uint64_t offset);
DRYI_LOCAL int dryi_os_read_at(int fd, void *data, uint64_t bytes, uint64_t offset);
DRYI_LOCAL int dryi_os_sync(int fd);
DRYI_LOCAL int dryi_os_unlink(const char *path);

/* ---- locks: open-file-description locks, which the kernel drops when their owner dies ---- */

/* EAGAIN when another open file description holds it. */
DRYI_LOCAL int dryi_os_lock_exclusive(int fd);
DRYI_LOCAL int dryi_os_lock_shared(int fd);
DRYI_LOCAL int dryi_os_unlock(int fd);
/* The same for one byte of the file, which need not be there: EAGAIN. Byte 0 is what the calls above lock. */
DRYI_LOCAL int dryi_os_lock_byte(int fd, uint64_t at);
DRYI_LOCAL int dryi_os_unlock_byte(int fd, uint64_t at);

/* ---- waiting ---- */

/* Sleeps while *word == expected, at most `timeout_ns` (UINT64_MAX: for ever). 0: woken or changed, ETIMEDOUT. Works on
   read-only mappings and between processes. May wake early; the caller looks again. */
DRYI_LOCAL int dryi_os_wait(const uint32_t *word, uint32_t expected, uint64_t timeout_ns);
/* Wakes everyone who waits on the word. */
DRYI_LOCAL int dryi_os_wake(uint32_t *word);
DRYI_LOCAL void dryi_os_sleep_ns(uint64_t ns);

#endif
