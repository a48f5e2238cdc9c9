/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What callers get wrong with an arena: each answers a status, writes no address, and crashes nothing. */
#include <cstring>

#include "drystone/inline/arena.h"
#include "tests/support/arena.h"

namespace {

using support::Arena;
using support::ArenaOptions;

/** Creates with these options, expects the refusal, and that it names what was wrong. */
void Refuses(dry_status expected, const dry_arena_options &options, const char *named) {
  dry_arena arena;
  memset(&arena, 0xee, sizeof arena);
  dry_detail detail = {};
  EXPECT_STATUS(expected, dry_arena_create(&options, &arena, &detail)) << named;
  EXPECT_NE(nullptr, strstr(detail.text, named)) << detail.text;
  uint64_t mark;
  EXPECT_STATUS(DRY_CLOSED, dry_arena_mark(&arena, &mark)) << "the handle is closed";
  EXPECT_STATUS(DRY_OK, dry_arena_close(&arena));
}

TEST(ArenaMisuse, CreateWithoutOptionsOrHandle) {
  const dry_arena_options options = ArenaOptions(100);
  dry_arena arena;
  dry_detail detail;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_create(nullptr, &arena, &detail));
  EXPECT_STRNE("", detail.text);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_create(&options, nullptr, &detail));
  EXPECT_STREQ("arena_out: must not be NULL", detail.text);
}

TEST(ArenaMisuse, CreateWithAnotherStructSize) {
  for (uint32_t size : {0u, 1u, static_cast<uint32_t>(sizeof(dry_arena_options)) - 1, UINT32_MAX}) {
    dry_arena_options options = ArenaOptions(100);
    options.struct_size = size;
    Refuses(DRY_INVALID_ARGUMENT, options, "struct_size");
  }
}

TEST(ArenaMisuse, CreateOfNoOrTooManyBytes) {
  Refuses(DRY_INVALID_ARGUMENT, ArenaOptions(0), "capacity_bytes");
  Refuses(DRY_TOO_LARGE, ArenaOptions(uint64_t{DRY_ARENA_BYTES_MAX} + 1), "capacity_bytes");
  Refuses(DRY_TOO_LARGE, ArenaOptions(UINT64_MAX), "capacity_bytes");
}

TEST(ArenaMisuse, CreateWithUnknownPolicyOrFlags) {
  Refuses(DRY_INVALID_ARGUMENT, ArenaOptions(100, 0, 3), "overflow");
  Refuses(DRY_INVALID_ARGUMENT, ArenaOptions(100, 128), "flags");
  Refuses(DRY_INVALID_ARGUMENT, ArenaOptions(100, DRY_MEMORY_TRACK), "flags");
}

TEST(ArenaMisuse, CreateWithAWrongStep) {
  for (uint64_t step : {uint64_t{1}, uint64_t{4095}, (uint64_t{1} << 40) + 1, UINT64_MAX}) {
    Refuses(DRY_INVALID_ARGUMENT, support::ReservingOptions(100, step), "commit_step_bytes");
  }
  dry_arena_options options = ArenaOptions(100);
  options.commit_step_bytes = 4096;
  Refuses(DRY_INVALID_ARGUMENT, options, "commit_step_bytes");
  options = ArenaOptions(100);
  options.reserve = 2;
  Refuses(DRY_INVALID_ARGUMENT, options, "reserve");
}

TEST(ArenaMisuse, InitOverNothing) {
  uint8_t span[64];
  dry_arena arena;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_init(nullptr, 64, nullptr, &arena));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_init(span, 0, nullptr, &arena));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_init(span, 64, nullptr, nullptr));
}

TEST(ArenaMisuse, InitOverASpanThatWrapsAround) {
  uint8_t span[64];
  dry_arena arena;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_init(span, UINT64_MAX, nullptr, &arena));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_init(span, uint64_t{DRY_ARENA_BYTES_MAX} + 1, nullptr, &arena));
  void *last = reinterpret_cast<void *>(~uintptr_t{0} - 10);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_init(last, 64, nullptr, &arena));
}

TEST(ArenaMisuse, InitWithOptionsOfPrivateMemory) {
  uint8_t span[64];
  dry_arena arena;
  for (uint32_t flags : {DRY_MEMORY_PREFAULT, DRY_MEMORY_HUGE_PAGES, DRY_MEMORY_NUMA_LOCAL, DRY_MEMORY_REQUIRED}) {
    const dry_arena_options options = ArenaOptions(0, flags);
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_init(span, 64, &options, &arena)) << flags;
  }
  dry_arena_options options = support::ReservingOptions(0);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_init(span, 64, &options, &arena));
  options = ArenaOptions(0, 0, 9);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_init(span, 64, &options, &arena));
}

TEST(ArenaMisuse, AllocWithAWrongAlignment) {
  Arena arena(10000);
  arena.Take(1);
  const dry_arena_stats before = arena.Stats();
  for (uint64_t align : {uint64_t{0}, uint64_t{3}, uint64_t{6}, uint64_t{4095}, uint64_t{8192}, UINT64_MAX,
                         uint64_t{1} << 63}) {
    void *memory = &arena;
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, arena.Alloc(8, align, &memory)) << align;
    EXPECT_EQ(nullptr, memory);
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_alloc_inline(&arena.handle, 8, align, &memory)) << align;
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_alloc_zeroed(&arena.handle, 8, align, &memory)) << align;
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_realloc(&arena.handle, nullptr, 0, 8, align, &memory)) << align;
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_ensure(&arena.handle, 8, align)) << align;
  }
  EXPECT_TRUE(support::SameButFailures(before, arena.Stats()));
  EXPECT_EQ(0u, arena.Stats().failures) << "a wrong argument is no failure of the arena";
}

TEST(ArenaMisuse, CallsWithNull) {
  Arena arena(100);
  void *memory = &arena;
  uint64_t mark = 9;
  dry_arena_stats stats;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_alloc(nullptr, 8, 8, &memory));
  EXPECT_EQ(nullptr, memory);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_alloc(&arena.handle, 8, 8, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_alloc_inline(nullptr, 8, 8, &memory));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_alloc_inline(&arena.handle, 8, 8, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_alloc_zeroed(nullptr, 8, 8, &memory));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_alloc_zeroed(&arena.handle, 8, 8, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_realloc(nullptr, nullptr, 0, 8, 8, &memory));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_realloc(&arena.handle, nullptr, 0, 8, 8, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_ensure(nullptr, 8, 8));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_mark(nullptr, &mark));
  EXPECT_EQ(0u, mark);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_mark(&arena.handle, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_rewind(nullptr, 0));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_reset(nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_reset_and_release(nullptr, 0));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_base(nullptr, &memory));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_base(&arena.handle, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_get_stats(nullptr, &stats));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_get_stats(&arena.handle, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_arena_close(nullptr));
  EXPECT_EQ(0, dry_arena_contains(nullptr, &arena));
  EXPECT_EQ(0u, arena.Mark());
}

void EverythingIsClosed(dry_arena *arena) {
  void *memory = arena;
  uint64_t mark;
  dry_arena_stats stats;
  for (uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{64}, UINT64_MAX}) {
    for (uint64_t align : {1u, 16u, 4096u}) {
      EXPECT_STATUS(DRY_CLOSED, dry_arena_alloc(arena, size, align, &memory)) << size;
      EXPECT_EQ(nullptr, memory);
      EXPECT_STATUS(DRY_CLOSED, dry_arena_alloc_inline(arena, size, align, &memory)) << size;
    }
  }
  EXPECT_STATUS(DRY_CLOSED, dry_arena_alloc_inline(arena, 1, 1, &memory));
  EXPECT_STATUS(DRY_CLOSED, dry_arena_alloc_inline(arena, 0, 1, &memory));
  EXPECT_STATUS(DRY_CLOSED, dry_arena_alloc(arena, 1, 3, &memory)) << "before the arguments";
  EXPECT_STATUS(DRY_CLOSED, dry_arena_alloc_zeroed(arena, 8, 8, &memory));
  EXPECT_STATUS(DRY_CLOSED, dry_arena_realloc(arena, nullptr, 0, 8, 8, &memory));
  EXPECT_STATUS(DRY_CLOSED, dry_arena_ensure(arena, 8, 8));
  EXPECT_STATUS(DRY_CLOSED, dry_arena_mark(arena, &mark));
  EXPECT_STATUS(DRY_CLOSED, dry_arena_rewind(arena, 0));
  EXPECT_STATUS(DRY_CLOSED, dry_arena_reset(arena));
  EXPECT_STATUS(DRY_CLOSED, dry_arena_reset_and_release(arena, 0));
  EXPECT_STATUS(DRY_CLOSED, dry_arena_base(arena, &memory));
  EXPECT_STATUS(DRY_CLOSED, dry_arena_get_stats(arena, &stats));
  EXPECT_EQ(0, dry_arena_contains(arena, arena));
  EXPECT_STATUS(DRY_OK, dry_arena_close(arena)) << "again";
}

TEST(ArenaMisuse, UseAfterCloseAndCloseTwice) {
  Arena arena(1000);
  arena.Take(10);
  EXPECT_STATUS(DRY_OK, dry_arena_close(&arena.handle));
  EverythingIsClosed(&arena.handle);
}

TEST(ArenaMisuse, UseOfAHandleThatWasNeverOpened) {
  dry_arena arena = {};
  EverythingIsClosed(&arena);
}

TEST(ArenaMisuse, UseAfterCloseOfASpanOrOfOneWithFallbacks) {
  uint8_t span[64];
  dry_arena_options options = ArenaOptions(0, 0, DRY_OVERFLOW_FALLBACK);
  Arena arena(span, sizeof span, &options);
  arena.Take(1000);
  EXPECT_STATUS(DRY_OK, dry_arena_close(&arena.handle));
  EverythingIsClosed(&arena.handle);
}

TEST(ArenaMisuse, RewindToAMarkFromBeforeAReset) {
  Arena arena(1000);
  arena.Take(100);
  const uint64_t mark = arena.Mark();
  ASSERT_STATUS(DRY_OK, arena.Reset());
  EXPECT_STATUS(DRY_STALE, arena.Rewind(mark));
  EXPECT_EQ(0u, arena.Mark());
}

TEST(ArenaMisuse, ReallocOfAnObjectThatWasGivenBack) {
  Arena arena(1000);
  uint8_t *memory = arena.Take(100);
  ASSERT_STATUS(DRY_OK, arena.Reset());
  void *moved;
  EXPECT_STATUS(DRY_FOREIGN, dry_arena_realloc(&arena.handle, memory, 100, 200, 1, &moved));
  EXPECT_EQ(nullptr, moved);
}

TEST(ArenaMisuseDeathTest, WithTheAbortPolicySaysWhatWasAskedAndAborts) {
  Arena arena(ArenaOptions(100, 0, DRY_OVERFLOW_ABORT));
  arena.Take(60);
  void *memory;
  const char *message = "drystone: arena: no room for 41 bytes aligned to 8, 60 of 100 bytes are in use";
  EXPECT_EXIT((void)arena.Alloc(41, 8, &memory), testing::KilledBySignal(SIGABRT), message);
  EXPECT_EXIT((void)dry_arena_alloc_inline(&arena.handle, 41, 8, &memory), testing::KilledBySignal(SIGABRT), message);
  EXPECT_EXIT((void)arena.Alloc(UINT64_MAX, 1, &memory), testing::KilledBySignal(SIGABRT), "no room for 18446744073709551615 ");
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, arena.Alloc(1000, 3, &memory)) << "a wrong argument is a status still";
  EXPECT_EQ(60u, arena.OffsetOf(arena.Take(40)));
}

}  // namespace
