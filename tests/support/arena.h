/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* arena.h: arenas that close themselves, and their calls as values. */
#ifndef DRYSTONE_TESTS_SUPPORT_ARENA_H
#define DRYSTONE_TESTS_SUPPORT_ARENA_H

#include <gtest/gtest.h>

#include "tests/support/status.h"

namespace support {

inline dry_arena_options ArenaOptions(uint64_t capacity, uint32_t flags = 0, uint32_t overflow = DRY_OVERFLOW_ERROR) {
  dry_arena_options options = {};
  options.struct_size = sizeof options;
  options.capacity_bytes = capacity;
  options.flags = flags;
  options.overflow = overflow;
  return options;
}

/** An arena that backs its capacity with memory as it is used. */
inline dry_arena_options ReservingOptions(uint64_t capacity, uint64_t step = 0, uint32_t flags = 0) {
  dry_arena_options options = ArenaOptions(capacity, flags);
  options.reserve = 1;
  options.commit_step_bytes = step;
  return options;
}

class Arena {
 public:
  Arena() = default;
  explicit Arena(uint64_t capacity) : Arena(ArenaOptions(capacity)) {}
  explicit Arena(const dry_arena_options &options) {
    EXPECT_STATUS(DRY_OK, dry_arena_create(&options, &handle, &detail)) << detail.text;
  }
  Arena(void *span, uint64_t bytes, const dry_arena_options *options = nullptr) {
    EXPECT_STATUS(DRY_OK, dry_arena_init(span, bytes, options, &handle));
  }
  ~Arena() { EXPECT_STATUS(DRY_OK, dry_arena_close(&handle)); }
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;

  dry_status Alloc(uint64_t size, uint64_t align, void **memory) {
    return dry_arena_alloc(&handle, size, align, memory);
  }
  /** The object's address; NULL when there was none. */
  uint8_t *Take(uint64_t size, uint64_t align = 1) {
    void *memory = nullptr;
    EXPECT_STATUS(DRY_OK, Alloc(size, align, &memory)) << size << " bytes aligned to " << align;
    return static_cast<uint8_t *>(memory);
  }
  uint64_t OffsetOf(const void *memory) const {
    return static_cast<uint64_t>(static_cast<const uint8_t *>(memory) - static_cast<const uint8_t *>(Base()));
  }
  void *Base() const {
    void *base = nullptr;
    EXPECT_STATUS(DRY_OK, dry_arena_base(&handle, &base));
    return base;
  }
  uint64_t Mark() const {
    uint64_t mark = 0;
    EXPECT_STATUS(DRY_OK, dry_arena_mark(&handle, &mark));
    return mark;
  }
  dry_status Rewind(uint64_t mark) { return dry_arena_rewind(&handle, mark); }
  dry_status Reset() { return dry_arena_reset(&handle); }
  dry_arena_stats Stats() const {
    dry_arena_stats stats = {};
    EXPECT_STATUS(DRY_OK, dry_arena_get_stats(&handle, &stats));
    return stats;
  }

  dry_arena handle = {};
  dry_detail detail = {};
};

/** Everything that a failed call must leave as it was: all but the failures. */
inline bool SameButFailures(const dry_arena_stats &a, const dry_arena_stats &b) {
  return a.capacity_bytes == b.capacity_bytes && a.used_bytes == b.used_bytes && a.peak_bytes == b.peak_bytes &&
         a.committed_bytes == b.committed_bytes && a.allocations == b.allocations && a.fallbacks == b.fallbacks &&
         a.resets == b.resets && a.granted == b.granted && a.refused == b.refused;
}

}  // namespace support

#endif
