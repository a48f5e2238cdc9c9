/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Arenas in private memory: reserving, committing, giving back, and what is asked of the system. */
#include "tests/support/arena.h"

#include <cstring>

namespace {

using support::Arena;
using support::ArenaOptions;
using support::ReservingOptions;

TEST(ArenaCreate, AlignsTheBaseToAPageAndWithHugePagesToTwoMegabytes) {
  for (uint64_t capacity : {1u, 4096u, 5000000u}) {
    Arena plain(capacity);
    EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(plain.Base()) % 4096);
    Arena huge(ArenaOptions(capacity, DRY_MEMORY_HUGE_PAGES));
    EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(huge.Base()) % 0x200000);
    memset(huge.Take(capacity), 1, capacity);
  }
}

TEST(ArenaCreate, SaysWhichFlagsWereGranted) {
  const uint32_t asked = DRY_MEMORY_PREFAULT | DRY_MEMORY_HUGE_PAGES | DRY_MEMORY_NUMA_LOCAL | DRY_MEMORY_WIPE |
                         DRY_MEMORY_GUARDED;
  for (uint32_t reserve : {0u, 1u}) {
    dry_arena_options options = ArenaOptions(1 << 20, asked);
    options.reserve = reserve;
    Arena arena(options);
    const dry_arena_stats stats = arena.Stats();
    EXPECT_EQ(asked, stats.granted | stats.refused);
    EXPECT_EQ(0u, stats.granted & stats.refused);
    EXPECT_EQ(0u, stats.refused & (DRY_MEMORY_WIPE | DRY_MEMORY_GUARDED | DRY_MEMORY_PREFAULT));
    EXPECT_STATUS(DRY_OK, arena.Reset());
  }
}

TEST(ArenaReserve, BacksItsCapacityAsItIsUsed) {
  Arena arena(ReservingOptions(1000000, 8192));
  EXPECT_EQ(8192u, arena.Stats().committed_bytes);
  const uint8_t *base = static_cast<uint8_t *>(arena.Base());
  uint64_t steps = 0, committed = 8192;
  for (uint64_t used = 0; used + 1000 <= 1000000; used += 1000) {
    uint8_t *memory = arena.Take(1000);
    ASSERT_EQ(base + used, memory) << "nothing moves";
    memset(memory, 0xab, 1000);
    const uint64_t now = arena.Stats().committed_bytes;
    ASSERT_GE(now, used + 1000);
    ASSERT_LT(now, used + 1000 + 8192);
    steps += now != committed;
    committed = now;
  }
  EXPECT_EQ(122u, steps) << "1,000,000 bytes are 122.07 steps, the first of which was there";
  EXPECT_EQ(1000000u, committed) << "never more than the capacity";
  void *memory;
  EXPECT_STATUS(DRY_FULL, arena.Alloc(1, 1, &memory));
}

TEST(ArenaReserve, TakesSeveralStepsAtOnceForALargeObject) {
  Arena arena(ReservingOptions(1 << 20, 4096));
  memset(arena.Take(500001), 1, 500001);
  EXPECT_EQ(503808u, arena.Stats().committed_bytes);
}

TEST(ArenaReserve, RoundsTheStepUpToPages) {
  Arena arena(ReservingOptions(1 << 20, 4097));
  EXPECT_EQ(8192u, arena.Stats().committed_bytes);
}

TEST(ArenaReserve, HasADefaultStep) {
  EXPECT_EQ(65536u, Arena(ReservingOptions(1 << 22)).Stats().committed_bytes);
  EXPECT_EQ(2097152u, Arena(ReservingOptions(1 << 22, 0, DRY_MEMORY_HUGE_PAGES)).Stats().committed_bytes);
}

TEST(ArenaReserve, OfManyGigabytesCostsNothingUntilTheyAreUsed) {
  Arena arena(ReservingOptions(uint64_t{1} << 36));
  memset(arena.Take(100000), 1, 100000);
  EXPECT_EQ(131072u, arena.Stats().committed_bytes);
  EXPECT_EQ(uint64_t{1} << 36, arena.Stats().capacity_bytes);
}

TEST(ArenaReserve, GrowsTheLastObjectInPlaceAcrossSteps) {
  Arena arena(ReservingOptions(1 << 20, 4096));
  uint8_t *memory = arena.Take(10);
  void *grown;
  ASSERT_STATUS(DRY_OK, dry_arena_realloc(&arena.handle, memory, 10, 300000, 1, &grown));
  EXPECT_EQ(memory, grown);
  memset(grown, 1, 300000);
}

TEST(ArenaReserve, KeepsWhatIsCommittedThroughAReset) {
  Arena arena(ReservingOptions(1 << 20, 4096));
  arena.Take(100000);
  const uint64_t committed = arena.Stats().committed_bytes;
  ASSERT_STATUS(DRY_OK, arena.Reset());
  EXPECT_EQ(committed, arena.Stats().committed_bytes);
}

class ArenaRelease : public testing::TestWithParam<uint32_t> {};

TEST_P(ArenaRelease, ReturnsThePagesBehindWhatIsKept) {
  dry_arena_options options = ArenaOptions(100000);
  options.reserve = GetParam();
  Arena arena(options);
  memset(arena.Take(100000), 0xab, 100000);
  const dry_arena_stats before = arena.Stats();
  ASSERT_STATUS(DRY_OK, dry_arena_reset_and_release(&arena.handle, 5000));
  const dry_arena_stats after = arena.Stats();
  EXPECT_EQ(before.committed_bytes, after.committed_bytes) << "still usable";
  EXPECT_EQ(100000u, after.peak_bytes);
  EXPECT_EQ(0u, after.used_bytes);
  EXPECT_EQ(1u, after.resets);
  const uint8_t *memory = arena.Take(100000);
  const uint8_t kept = after.granted & DRY_MEMORY_GUARDED ? DRY_POOL_POISON_BYTE : 0xab;
  for (uint64_t i = 0; i < 8192; i++) ASSERT_EQ(kept, memory[i]) << i;
  for (uint64_t i = 8192; i < 100000; i++) ASSERT_EQ(0, memory[i]) << i;
}

TEST_P(ArenaRelease, CanKeepAllOrNothing) {
  dry_arena_options options = ArenaOptions(100000);
  options.reserve = GetParam();
  Arena arena(options);
  for (uint64_t keep : {uint64_t{0}, uint64_t{1}, uint64_t{100000}, uint64_t{1} << 60, ~uint64_t{0}}) {
    memset(arena.Take(100000), 0xab, 100000);
    EXPECT_STATUS(DRY_OK, dry_arena_reset_and_release(&arena.handle, keep)) << keep;
    const uint8_t last = arena.Take(100000)[99999];
    EXPECT_EQ(keep < 100000, last == 0) << keep;
    EXPECT_STATUS(DRY_OK, arena.Reset());
  }
}

INSTANTIATE_TEST_SUITE_P(Reserving, ArenaRelease, testing::Values(0u, 1u));

TEST(ArenaRelease, FreesFallbacksToo) {
  Arena arena(ArenaOptions(100, 0, DRY_OVERFLOW_FALLBACK));
  const uint8_t *memory = arena.Take(1000);
  EXPECT_STATUS(DRY_OK, dry_arena_reset_and_release(&arena.handle, 0));
  EXPECT_FALSE(dry_arena_contains(&arena.handle, memory));
}

TEST(ArenaRelease, OfASpanIsUnsupported) {
  uint8_t span[100];
  Arena arena(span, sizeof span);
  arena.Take(10);
  EXPECT_STATUS(DRY_UNSUPPORTED, dry_arena_reset_and_release(&arena.handle, 0));
  EXPECT_EQ(10u, arena.Mark()) << "nothing changed";
}

}  // namespace
