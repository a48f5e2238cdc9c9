/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An arena's cursor: where objects lie, what they cost, and how it moves back. */
#include "tests/support/arena.h"

#include <cstring>
#include <limits>
#include <vector>

#include "drystone/inline/arena.h"

namespace {

using support::Arena;
using support::ArenaOptions;

constexpr uint64_t kHuge = std::numeric_limits<uint64_t>::max();

TEST(ArenaAlloc, HandsOutOneObjectBehindTheOther) {
  Arena arena(100);
  EXPECT_EQ(0u, arena.OffsetOf(arena.Take(10)));
  EXPECT_EQ(10u, arena.OffsetOf(arena.Take(1)));
  EXPECT_EQ(11u, arena.OffsetOf(arena.Take(89)));
  EXPECT_EQ(100u, arena.Stats().used_bytes);
}

TEST(ArenaAlloc, AlignsToEveryPowerOfTwoUpToAPage) {
  Arena arena(64 * 1024);
  for (uint64_t align = 1; align <= DRY_ARENA_ALIGN_MAX; align *= 2) {
    arena.Take(1);
    const uint64_t before = arena.Mark();
    const uint8_t *memory = arena.Take(3, align);
    EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(memory) % align);
    EXPECT_EQ((before + align - 1) / align * align, arena.OffsetOf(memory)) << "the padding is the smallest";
  }
}

TEST(ArenaAlloc, AlignsAddressesAndNotOffsets) {
  alignas(64) uint8_t span[512];
  for (uint64_t skew = 0; skew < 64; skew++) {
    Arena arena(span + skew, sizeof span - skew);
    const uint8_t *memory = arena.Take(8, 64);
    EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(memory) % 64);
    EXPECT_EQ((64 - skew) % 64, arena.OffsetOf(memory));
  }
}

TEST(ArenaAlloc, CountsPaddingAsUsed) {
  Arena arena(4096);
  arena.Take(1);
  EXPECT_EQ(64u, arena.OffsetOf(arena.Take(8, 64)));
  EXPECT_EQ(72u, arena.Stats().used_bytes);
  EXPECT_EQ(72u, arena.Stats().peak_bytes);
}

TEST(ArenaAlloc, OfSizeZeroMovesByPaddingAlone) {
  Arena arena(128);
  EXPECT_EQ(0u, arena.OffsetOf(arena.Take(0, 64)));
  arena.Take(1);
  EXPECT_EQ(64u, arena.OffsetOf(arena.Take(0, 64)));
  EXPECT_EQ(64u, arena.Mark());
  EXPECT_EQ(64u, arena.OffsetOf(arena.Take(0, 1)));
  arena.Take(64);
  EXPECT_EQ(128u, arena.OffsetOf(arena.Take(0, 1))) << "also where nothing is left";
  EXPECT_EQ(6u, arena.Stats().allocations);
}

TEST(ArenaAlloc, FillsTheCapacityExactlyAndIsFullThen) {
  for (uint64_t capacity : {1u, 7u, 4095u, 4096u, 4097u}) {
    Arena arena(capacity);
    memset(arena.Take(capacity), 0x11, capacity);
    void *memory = &arena;
    const dry_arena_stats before = arena.Stats();
    EXPECT_STATUS(DRY_FULL, arena.Alloc(1, 1, &memory));
    EXPECT_EQ(nullptr, memory);
    EXPECT_TRUE(support::SameButFailures(before, arena.Stats()));
    EXPECT_EQ(1u, arena.Stats().failures);
    EXPECT_EQ(capacity, arena.Stats().committed_bytes);
  }
}

TEST(ArenaAlloc, NeedsRoomForThePaddingToo) {
  Arena arena(130);
  arena.Take(1);
  void *memory;
  EXPECT_STATUS(DRY_FULL, arena.Alloc(67, 64, &memory));
  EXPECT_EQ(1u, arena.Mark());
  EXPECT_EQ(64u, arena.OffsetOf(arena.Take(66, 64)));
  EXPECT_STATUS(DRY_FULL, arena.Alloc(0, 64, &memory)) << "padding alone has no room";
}

TEST(ArenaAlloc, IsFullForSizesThatWouldWrapAround) {
  for (uint64_t align = 1; align <= DRY_ARENA_ALIGN_MAX; align *= 2) {
    Arena arena(4096);
    arena.Take(1);
    const dry_arena_stats before = arena.Stats();
    uint64_t failures = 0;
    for (uint64_t size : {kHuge, kHuge - 1, kHuge - align, kHuge - align + 1, kHuge - 4095, kHuge / 2, kHuge / 2 + 1,
                          kHuge - reinterpret_cast<uintptr_t>(arena.Base()), uint64_t{4096}}) {
      void *memory;
      EXPECT_STATUS(DRY_FULL, arena.Alloc(size, align, &memory)) << size << " aligned to " << align;
      EXPECT_STATUS(DRY_FULL, dry_arena_alloc_inline(&arena.handle, size, align, &memory)) << size;
      EXPECT_STATUS(DRY_FULL, dry_arena_alloc_zeroed(&arena.handle, size, align, &memory)) << size;
      failures += 3;
    }
    EXPECT_TRUE(support::SameButFailures(before, arena.Stats()));
    EXPECT_EQ(failures, arena.Stats().failures);
  }
}

TEST(ArenaAlloc, OfFreshPrivateMemoryGivesZeros) {
  Arena arena(10000);
  const std::vector<uint8_t> zeros(10000);
  EXPECT_EQ(0, memcmp(zeros.data(), arena.Take(10000), 10000));
}

TEST(ArenaAllocZeroed, GivesZerosWhateverWasThere) {
  for (uint64_t dirty : {0u, 1u, 500u, 1000u}) {
    Arena arena(1000);
    if (dirty) memset(arena.Take(dirty), 0xee, dirty);
    ASSERT_STATUS(DRY_OK, arena.Reset());
    arena.Take(1);
    void *memory;
    ASSERT_STATUS(DRY_OK, dry_arena_alloc_zeroed(&arena.handle, 999, 1, &memory));
    const std::vector<uint8_t> zeros(999);
    EXPECT_EQ(0, memcmp(zeros.data(), memory, 999)) << dirty;
  }
}

TEST(ArenaAllocZeroed, GivesZerosInASpanToo) {
  uint8_t span[300];
  memset(span, 0xee, sizeof span);
  Arena arena(span, sizeof span);
  void *memory;
  ASSERT_STATUS(DRY_OK, dry_arena_alloc_zeroed(&arena.handle, sizeof span, 1, &memory));
  const std::vector<uint8_t> zeros(sizeof span);
  EXPECT_EQ(0, memcmp(zeros.data(), memory, sizeof span));
}

/* The library's call and its inline twin with every kind of constants do the same, one after the other. */
TEST(ArenaAllocInline, DoesWhatTheExportedCallDoes) {
  Arena one(4000), two(4000);
  auto same = [&](dry_status status, const void *memory, uint64_t size, uint64_t align) {
    void *other;
    ASSERT_STATUS(status, one.Alloc(size, align, &other)) << size << " aligned to " << align;
    ASSERT_EQ(other == nullptr, memory == nullptr);
    if (memory) {
      ASSERT_EQ(one.OffsetOf(other), two.OffsetOf(memory)) << size << " aligned to " << align;
    }
    ASSERT_TRUE(support::SameButFailures(one.Stats(), two.Stats()));
  };
  for (uint64_t round = 0; round < 40 && !HasFailure(); round++) {
    void *memory;
    dry_status status = dry_arena_alloc_inline(&two.handle, 64, 64, &memory);
    same(status, memory, 64, 64);
    status = dry_arena_alloc_inline(&two.handle, 16, 8, &memory);
    same(status, memory, 16, 8);
    status = dry_arena_alloc_inline(&two.handle, 3, 1, &memory);
    same(status, memory, 3, 1);
    status = dry_arena_alloc_inline(&two.handle, 16, 8, &memory); // now behind padding
    same(status, memory, 16, 8);
    status = dry_arena_alloc_inline(&two.handle, 12, 8, &memory);
    same(status, memory, 12, 8);
    status = dry_arena_alloc_inline(&two.handle, 0, 16, &memory);
    same(status, memory, 0, 16);
    status = dry_arena_alloc_inline(&two.handle, round, uint64_t{1} << round % 6, &memory);
    same(status, memory, round, uint64_t{1} << round % 6);
    status = dry_arena_alloc_inline(&two.handle, 8, round, &memory);
    same(status, memory, 8, round);
  }
  EXPECT_GT(two.Stats().failures, 0u) << "the end was reached";
  EXPECT_EQ(one.Stats().failures, two.Stats().failures);
}

TEST(ArenaRewind, GivesBackWhatWasTakenSinceTheMark) {
  Arena arena(1000);
  arena.Take(100);
  const uint64_t outer = arena.Mark();
  arena.Take(200);
  const uint64_t inner = arena.Mark();
  const uint8_t *first = arena.Take(300);
  EXPECT_STATUS(DRY_OK, arena.Rewind(inner));
  EXPECT_EQ(first, arena.Take(300));
  EXPECT_STATUS(DRY_OK, arena.Rewind(outer));
  EXPECT_EQ(100u, arena.Stats().used_bytes);
  EXPECT_EQ(600u, arena.Stats().peak_bytes);
  EXPECT_EQ(0u, arena.Stats().resets);
}

TEST(ArenaRewind, ToTheCursorItselfIsFineAndBeyondItIsStale) {
  Arena arena(1000);
  arena.Take(100);
  EXPECT_STATUS(DRY_OK, arena.Rewind(100));
  for (uint64_t mark : {uint64_t{101}, uint64_t{1000}, uint64_t{1001}, kHuge}) {
    EXPECT_STATUS(DRY_STALE, arena.Rewind(mark)) << mark;
  }
  EXPECT_EQ(100u, arena.Mark());
}

TEST(ArenaReset, StartsAgainAndKeepsCountsAndThePeak) {
  Arena arena(1000);
  const uint8_t *first = arena.Take(700, 8);
  ASSERT_STATUS(DRY_OK, arena.Reset());
  EXPECT_EQ(first, arena.Take(10, 8));
  const dry_arena_stats stats = arena.Stats();
  EXPECT_EQ(10u, stats.used_bytes);
  EXPECT_EQ(700u, stats.peak_bytes);
  EXPECT_EQ(2u, stats.allocations);
  EXPECT_EQ(1u, stats.resets);
}

TEST(ArenaContains, TellsWhatIsTakenFromWhatIsNot) {
  Arena arena(100), other(100);
  uint8_t *memory = arena.Take(10);
  EXPECT_TRUE(dry_arena_contains(&arena.handle, memory));
  EXPECT_TRUE(dry_arena_contains(&arena.handle, memory + 9));
  EXPECT_FALSE(dry_arena_contains(&arena.handle, memory + 10));
  EXPECT_FALSE(dry_arena_contains(&arena.handle, memory - 1));
  EXPECT_FALSE(dry_arena_contains(&arena.handle, other.Take(1)));
  EXPECT_FALSE(dry_arena_contains(&arena.handle, nullptr));
}

/* ---- another size ---- */

class ArenaRealloc : public testing::Test {
 protected:
  uint8_t *Resize(void *memory, uint64_t old_bytes, uint64_t new_bytes, uint64_t align = 1) {
    void *moved = nullptr;
    status = dry_arena_realloc(&arena.handle, memory, old_bytes, new_bytes, align, &moved);
    return static_cast<uint8_t *>(moved);
  }
  Arena arena{1000};
  dry_status status = DRY_OK;
};

TEST_F(ArenaRealloc, GrowsAndShrinksTheLastInPlace) {
  uint8_t *memory = arena.Take(10);
  memset(memory, 7, 10);
  EXPECT_EQ(memory, Resize(memory, 10, 1000));
  memset(memory, 8, 1000);
  EXPECT_EQ(memory, Resize(memory, 1000, 5));
  EXPECT_EQ(5u, arena.Mark());
  EXPECT_EQ(1000u, arena.Stats().peak_bytes);
  EXPECT_EQ(1u, arena.Stats().allocations) << "in place is no allocation";
  EXPECT_EQ(memory, Resize(memory, 5, 0));
  EXPECT_EQ(0u, arena.Mark());
}

TEST_F(ArenaRealloc, MovesAnotherWithItsFirstBytes) {
  uint8_t *memory = arena.Take(10);
  memcpy(memory, "0123456789", 10);
  arena.Take(1);
  uint8_t *moved = Resize(memory, 10, 20, 8);
  ASSERT_NE(nullptr, moved);
  EXPECT_EQ(16u, arena.OffsetOf(moved));
  EXPECT_EQ(0, memcmp("0123456789", moved, 10));
  EXPECT_EQ(3u, arena.Stats().allocations);
}

TEST_F(ArenaRealloc, ShrinksAnotherWhereItLies) {
  uint8_t *memory = arena.Take(10);
  arena.Take(1);
  EXPECT_EQ(memory, Resize(memory, 10, 4));
  EXPECT_EQ(11u, arena.Mark());
}

TEST_F(ArenaRealloc, MovesWhatIsNotAlignedEnough) {
  arena.Take(1);
  uint8_t *memory = arena.Take(10);
  uint8_t *moved = Resize(memory, 10, 5, 32);
  EXPECT_EQ(32u, arena.OffsetOf(moved));
}

TEST_F(ArenaRealloc, OfNothingIsAnAllocation) {
  EXPECT_EQ(0u, arena.OffsetOf(Resize(nullptr, 0, 10)));
  EXPECT_EQ(10u, arena.Mark());
}

TEST_F(ArenaRealloc, ThatFailsLeavesTheOldOneAsItWas) {
  uint8_t *memory = arena.Take(500);
  memset(memory, 7, 500);
  for (uint64_t bytes : {uint64_t{1001}, kHuge}) {
    EXPECT_EQ(nullptr, Resize(memory, 500, bytes));
    EXPECT_STATUS(DRY_FULL, status);
  }
  EXPECT_EQ(500u, arena.Mark());
  EXPECT_EQ(7, memory[499]);
  EXPECT_EQ(2u, arena.Stats().failures);
}

TEST_F(ArenaRealloc, OfWhatIsNotTakenIsForeign) {
  uint8_t *memory = arena.Take(10), elsewhere[10];
  for (const auto &[at, bytes] : std::vector<std::pair<uint8_t *, uint64_t>>{
           {elsewhere, 10}, {memory, 11}, {memory + 10, 1}, {memory - 1, 1}, {memory + 4, 7}, {memory, kHuge}}) {
    EXPECT_EQ(nullptr, Resize(at, bytes, 1));
    EXPECT_STATUS(DRY_FOREIGN, status);
  }
  EXPECT_EQ(nullptr, Resize(nullptr, 1, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, status);
  EXPECT_EQ(10u, arena.Mark());
}

/* ---- what is given back ---- */

TEST(ArenaGuarded, FillsWhatIsGivenBackWithPoison) {
  uint8_t span[256] = {};
  const dry_arena_options options = ArenaOptions(0, DRY_MEMORY_GUARDED);
  {
    Arena arena(span, sizeof span, &options);
    memset(arena.Take(100), 1, 100);
    const uint64_t mark = arena.Mark();
    memset(arena.Take(50), 2, 50);
    EXPECT_STATUS(DRY_OK, arena.Rewind(mark));
    EXPECT_EQ(DRY_MEMORY_GUARDED, arena.Stats().granted);
    EXPECT_STATUS(DRY_OK, arena.Reset());
  }
  EXPECT_EQ(std::vector<uint8_t>(150, DRY_POOL_POISON_BYTE), std::vector<uint8_t>(span, span + 150));
  EXPECT_EQ(0, span[150]) << "what was never taken is left alone";
}

TEST(ArenaWipe, WritesZerosOverTheSpanOverWhatIsGivenBackAndOverTheRestAtClose) {
  uint8_t span[256];
  memset(span, 0xee, sizeof span);
  const dry_arena_options options = ArenaOptions(0, DRY_MEMORY_WIPE);
  uint8_t wiped = 0;
  {
    Arena arena(span, sizeof span, &options);
    // Checked builds are guarded too, and then poison follows the zeros.
    if (arena.Stats().granted & DRY_MEMORY_GUARDED) wiped = DRY_POOL_POISON_BYTE;
    arena.Take(200);
    EXPECT_STATUS(DRY_OK, arena.Rewind(100));
  }
  EXPECT_EQ(std::vector<uint8_t>(200, wiped), std::vector<uint8_t>(span, span + 200));
  EXPECT_EQ(0, span[200]) << "what is taken for the first time is zeros too";
}

#if defined(__SANITIZE_ADDRESS__)
TEST(ArenaSanitizerDeathTest, ReportsUseAfterReset) {
  Arena arena(1000);
  volatile uint8_t *memory = arena.Take(10);
  memory[9] = 1;
  ASSERT_STATUS(DRY_OK, arena.Reset());
  EXPECT_DEATH(memory[9] = 1, "use-after-poison");
}

TEST(ArenaSanitizerDeathTest, ReportsUseAfterRewindBehindTheEndAndInPadding) {
  Arena arena(1000);
  arena.Take(8);
  volatile uint8_t *memory = arena.Take(8, 64);
  memory[7] = 1;
  EXPECT_DEATH(memory[8] = 1, "use-after-poison");
  EXPECT_DEATH(memory[-1] = 1, "use-after-poison");
  ASSERT_STATUS(DRY_OK, arena.Rewind(8));
  EXPECT_DEATH(memory[0] = 1, "use-after-poison");
}

TEST(ArenaSanitizer, LetsGoOfASpanAtClose) {
  uint8_t span[64];
  { Arena arena(span, sizeof span); }
  memset(span, 1, sizeof span);
  EXPECT_EQ(1, span[63]);
}
#endif

}  // namespace
