/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an arena does with requests that have no room. */
#include "tests/support/arena.h"

#include <cstring>
#include <limits>

namespace {

using support::Arena;
using support::ArenaOptions;

TEST(ArenaFallback, ServesFromTheHeapAndCountsIt) {
  Arena arena(ArenaOptions(100, 0, DRY_OVERFLOW_FALLBACK));
  arena.Take(90);
  uint8_t *memory = arena.Take(1000);
  memset(memory, 7, 1000);
  EXPECT_TRUE(dry_arena_contains(&arena.handle, memory));
  EXPECT_TRUE(dry_arena_contains(&arena.handle, memory + 999));
  EXPECT_FALSE(dry_arena_contains(&arena.handle, memory + 1000));
  const dry_arena_stats stats = arena.Stats();
  EXPECT_EQ(90u, stats.used_bytes) << "the cursor stays";
  EXPECT_EQ(2u, stats.allocations);
  EXPECT_EQ(1u, stats.fallbacks);
  EXPECT_EQ(0u, stats.failures);
  EXPECT_EQ(90u, arena.OffsetOf(arena.Take(10))) << "and what fits is served from the arena";
}

TEST(ArenaFallback, AlignsEveryObject) {
  Arena arena(ArenaOptions(1, 0, DRY_OVERFLOW_FALLBACK));
  for (uint64_t align = 1; align <= DRY_ARENA_ALIGN_MAX; align *= 2) {
    for (uint64_t size : {2u, 3u, 4096u}) {
      uint8_t *memory = arena.Take(size, align);
      EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(memory) % align);
      memset(memory, 1, size);
    }
  }
}

TEST(ArenaFallback, OfNoBytesAtAllIsServedToo) {
  Arena arena(ArenaOptions(1, 0, DRY_OVERFLOW_FALLBACK));
  arena.Take(1);
  EXPECT_NE(nullptr, arena.Take(0, 4096));
  EXPECT_EQ(1u, arena.Stats().fallbacks);
}

TEST(ArenaFallback, StaysThroughARewindAndGoesWithAReset) {
  Arena arena(ArenaOptions(100, 0, DRY_OVERFLOW_FALLBACK));
  uint8_t *memory = arena.Take(1000);
  EXPECT_STATUS(DRY_OK, arena.Rewind(0));
  memset(memory, 1, 1000);
  EXPECT_TRUE(dry_arena_contains(&arena.handle, memory));
  EXPECT_STATUS(DRY_OK, arena.Reset());
  EXPECT_FALSE(dry_arena_contains(&arena.handle, memory));
  EXPECT_EQ(1u, arena.Stats().fallbacks) << "a count since creation";
}

TEST(ArenaFallback, GivesZerosWhenAskedFor) {
  Arena arena(ArenaOptions(1, 0, DRY_OVERFLOW_FALLBACK));
  for (int round = 0; round < 20; round++) {
    void *memory;
    ASSERT_STATUS(DRY_OK, dry_arena_alloc_zeroed(&arena.handle, 500, 8, &memory));
    for (int i = 0; i < 500; i++) ASSERT_EQ(0, static_cast<uint8_t *>(memory)[i]);
    memset(memory, 0xee, 500);
    ASSERT_STATUS(DRY_OK, arena.Reset());
  }
}

TEST(ArenaFallback, TakesAnObjectThatOutgrowsTheArena) {
  Arena arena(ArenaOptions(100, 0, DRY_OVERFLOW_FALLBACK));
  uint8_t *memory = arena.Take(80);
  memset(memory, 7, 80);
  void *moved;
  ASSERT_STATUS(DRY_OK, dry_arena_realloc(&arena.handle, memory, 80, 500, 16, &moved));
  EXPECT_EQ(7, static_cast<uint8_t *>(moved)[79]);
  EXPECT_EQ(1u, arena.Stats().fallbacks);
  void *again;
  ASSERT_STATUS(DRY_OK, dry_arena_realloc(&arena.handle, moved, 500, 50, 16, &again));
  EXPECT_EQ(moved, again) << "shrinks where it lies";
  ASSERT_STATUS(DRY_OK, dry_arena_realloc(&arena.handle, again, 50, 600, 16, &moved));
  EXPECT_EQ(7, static_cast<uint8_t *>(moved)[49]);
  EXPECT_EQ(2u, arena.Stats().fallbacks);
  EXPECT_STATUS(DRY_FOREIGN, dry_arena_realloc(&arena.handle, moved, 601, 1, 1, &again)) << "more than it has";
}

TEST(ArenaFallback, BeyondWhatAnyArenaCanHoldIsOutOfMemory) {
  Arena arena(ArenaOptions(100, 0, DRY_OVERFLOW_FALLBACK));
  const dry_arena_stats before = arena.Stats();
  for (uint64_t size : {uint64_t{DRY_ARENA_BYTES_MAX} + 1, std::numeric_limits<uint64_t>::max(),
                        std::numeric_limits<uint64_t>::max() - 4096}) {
    void *memory = &arena;
    EXPECT_STATUS(DRY_OUT_OF_MEMORY, arena.Alloc(size, 4096, &memory));
    EXPECT_EQ(nullptr, memory);
  }
  EXPECT_TRUE(support::SameButFailures(before, arena.Stats()));
  EXPECT_EQ(3u, arena.Stats().failures);
}

TEST(ArenaEnsure, MakesRoomAndTakesNothing) {
  Arena arena(support::ReservingOptions(1 << 20, 4096));
  arena.Take(1);
  EXPECT_STATUS(DRY_OK, dry_arena_ensure(&arena.handle, 100000, 64));
  EXPECT_EQ(1u, arena.Mark());
  EXPECT_GE(arena.Stats().committed_bytes, 100064u);
  EXPECT_EQ(1u, arena.Stats().allocations);
  const uint64_t committed = arena.Stats().committed_bytes;
  arena.Take(100000, 64);
  EXPECT_EQ(committed, arena.Stats().committed_bytes);
}

TEST(ArenaEnsure, IsFullWhateverThePolicyAndCountsIt) {
  for (uint32_t overflow : {DRY_OVERFLOW_ERROR, DRY_OVERFLOW_FALLBACK, DRY_OVERFLOW_ABORT}) {
    Arena arena(ArenaOptions(100, 0, overflow));
    EXPECT_STATUS(DRY_OK, dry_arena_ensure(&arena.handle, 100, 1));
    for (uint64_t size : {uint64_t{101}, std::numeric_limits<uint64_t>::max()}) {
      EXPECT_STATUS(DRY_FULL, dry_arena_ensure(&arena.handle, size, 1));
    }
    arena.Take(1);
    EXPECT_STATUS(DRY_FULL, dry_arena_ensure(&arena.handle, 50, 64));
    EXPECT_EQ(3u, arena.Stats().failures);
    EXPECT_EQ(0u, arena.Stats().fallbacks);
  }
}

}  // namespace
