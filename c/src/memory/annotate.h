/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * annotate.h: tells AddressSanitizer and Valgrind which bytes of a block's memory nobody may touch at the moment.
 *
 * AddressSanitizer listens in every build that is compiled for it. Valgrind's requests cost a few instructions each, so they
 * are there only with -DDRY_VALGRIND=1, and where <valgrind/memcheck.h> is installed. Elsewhere all of this is nothing.
 *
 * A block must undo its annotations before it gives memory back: the tools go by address, and whoever gets that address
 * next knows nothing of them. Parts of regions are not annotated: saving, verifying and other mappings read all of them.
 */
#ifndef DRYI_MEMORY_ANNOTATE_H
#define DRYI_MEMORY_ANNOTATE_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DRYI_ANNOTATE_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define DRYI_ANNOTATE_ASAN 1
#endif

#if defined(DRY_VALGRIND) && DRY_VALGRIND && defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#define DRYI_ANNOTATE_VALGRIND 1
#endif
#endif

#if defined(DRYI_ANNOTATE_ASAN)
#include <sanitizer/asan_interface.h>
#endif
#if defined(DRYI_ANNOTATE_VALGRIND)
#include <valgrind/memcheck.h>
#endif

/* From here on nobody may touch these bytes. */
static inline void dryi_annotate_free(void *memory, size_t size) {
#if defined(DRYI_ANNOTATE_ASAN)
  __asan_poison_memory_region(memory, size);
#endif
#if defined(DRYI_ANNOTATE_VALGRIND)
  (void)VALGRIND_MAKE_MEM_NOACCESS(memory, size);
#endif
  (void)memory;
  (void)size;
}

/* From here on they may be used, and count as written: what objects contain when they are taken is documented. */
static inline void dryi_annotate_alloc(void *memory, size_t size) {
#if defined(DRYI_ANNOTATE_ASAN)
  __asan_unpoison_memory_region(memory, size);
#endif
#if defined(DRYI_ANNOTATE_VALGRIND)
  (void)VALGRIND_MAKE_MEM_DEFINED(memory, size);
#endif
  (void)memory;
  (void)size;
}

/* Whether anybody listens: then inline hot paths must leave the work to the library, which annotates. */
static inline bool dryi_annotate_active(void) {
#if defined(DRYI_ANNOTATE_ASAN)
  return true;
#elif defined(DRYI_ANNOTATE_VALGRIND)
  return RUNNING_ON_VALGRIND != 0;
#else
  return false;
#endif
}

#endif
