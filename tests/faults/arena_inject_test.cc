/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Arenas where the system refuses memory: at creation, while they grow, and when they fall back to the heap. */
#include <cstring>

#include "tests/faults/memory_inject.h"
#include "tests/support/arena.h"

namespace {

using faults::FailEachOf;
using faults::FailNth;
using support::Arena;
using support::ArenaOptions;
using support::ReservingOptions;

constexpr uint32_t kSystemFlags = DRY_MEMORY_PREFAULT | DRY_MEMORY_HUGE_PAGES | DRY_MEMORY_NUMA_LOCAL;

void CreateWith(const dry_arena_options &options, const std::set<std::string> &may_be_ignored) {
  dry_arena arena = {};
  dry_detail detail;
  FailEachOf({[&] {
                const dry_status status = dry_arena_create(&options, &arena, &detail);
                EXPECT_EQ(status, detail.status);
                EXPECT_EQ(status == DRY_OK, detail.text[0] == 0);
                return status;
              },
              [&] { EXPECT_STATUS(DRY_OK, dry_arena_close(&arena)); }, [&] { return arena.base == nullptr; }},
             may_be_ignored);
}

TEST(ArenaInject, Create) {
  CreateWith(ArenaOptions(100000), {});
  CreateWith(ReservingOptions(100000, 4096), {});
}

TEST(ArenaInject, CreateTellsOfFlagsThatWereRefused) {
  CreateWith(ArenaOptions(100000, kSystemFlags), {"madvise", "mbind"});
  FailNth fail(2, true); // the first call maps
  dry_arena_options options = ArenaOptions(100000, DRY_MEMORY_PREFAULT);
  Arena arena(options);
  EXPECT_EQ(DRY_MEMORY_PREFAULT, arena.Stats().refused);
  EXPECT_EQ(0u, arena.Stats().granted & kSystemFlags);
}

TEST(ArenaInject, CreateFailsWhereRefusedFlagsWereRequired) {
  CreateWith(ArenaOptions(100000, kSystemFlags | DRY_MEMORY_REQUIRED), {});
  CreateWith(ReservingOptions(100000, 4096, DRY_MEMORY_PREFAULT | DRY_MEMORY_REQUIRED), {});
}

/** Each way to ask a reserving arena for memory that is not yet there. */
TEST(ArenaInject, GrowLeavesEverythingAsItWas) {
  for (int way = 0; way < 4; way++) {
    SCOPED_TRACE(way);
    Arena arena(ReservingOptions(1 << 20, 4096));
    uint8_t *last = arena.Take(10);
    memset(last, 7, 10);
    dry_arena_stats before = arena.Stats();
    void *memory = nullptr;
    FailEachOf({[&] {
                  memory = &arena;
                  switch (way) {
                    case 0: return arena.Alloc(50000, 64, &memory);
                    case 1: return dry_arena_alloc_zeroed(&arena.handle, 50000, 64, &memory);
                    case 2: return dry_arena_realloc(&arena.handle, last, 10, 50000, 1, &memory);
                    default: return dry_arena_ensure(&arena.handle, 50000, 64);
                  }
                },
                [&] {
                  EXPECT_STATUS(DRY_OK, dry_arena_close(&arena.handle));
                  const dry_arena_options options = ReservingOptions(1 << 20, 4096);
                  EXPECT_STATUS(DRY_OK, dry_arena_create(&options, &arena.handle, nullptr));
                  last = arena.Take(10);
                  memset(last, 7, 10);
                  before = arena.Stats();
                },
                [&] {
                  const dry_arena_stats now = arena.Stats();
                  return support::SameButFailures(before, now) && now.failures > before.failures && last[9] == 7 &&
                         (way == 3 || memory == nullptr);
                }},
               // What cannot grow in place is tried once more as a new allocation.
               way == 2 ? std::set<std::string>{"mprotect"} : std::set<std::string>{});
  }
}

TEST(ArenaInject, GrowFallsBackToTheHeapWhereThatIsThePolicy) {
  dry_arena_options options = ReservingOptions(1 << 20, 4096);
  options.overflow = DRY_OVERFLOW_FALLBACK;
  Arena arena(options);
  {
    FailNth fail(1, false);
    memset(arena.Take(50000), 1, 50000);
    EXPECT_EQ("mprotect", fail.failed());
  }
  EXPECT_EQ(1u, arena.Stats().fallbacks);
  EXPECT_EQ(0u, arena.Mark());
  arena.Take(50000);
  EXPECT_EQ(50000u, arena.Mark()) << "and goes on by itself";
}

TEST(ArenaInject, AFallbackThatGetsNothingIsOutOfMemory) {
  Arena arena(ArenaOptions(100, 0, DRY_OVERFLOW_FALLBACK));
  arena.Take(90);
  dry_arena_stats before = arena.Stats();
  FailEachOf({[&] {
                void *memory;
                return arena.Alloc(1000, 8, &memory);
              },
              [&] { before = arena.Stats(); }, [&] { return support::SameButFailures(before, arena.Stats()); }});
  EXPECT_EQ(2u, arena.Stats().failures);
}

TEST(ArenaInject, ReleaseThatIsRefusedChangesNothing) {
  Arena arena(100000);
  uint8_t *memory = nullptr;
  dry_arena_stats before = {};
  auto fill = [&] {
    memory = arena.Take(100000);
    memset(memory, 7, 100000);
    before = arena.Stats();
  };
  fill();
  FailEachOf({[&] { return dry_arena_reset_and_release(&arena.handle, 4096); }, fill,
              [&] { return support::SameButFailures(before, arena.Stats()) && memory[99999] == 7; }});
}

TEST(ArenaInject, EnsureMeansThatABatchCallsNothingThatCanFail) {
  Arena arena(ReservingOptions(1 << 20, 4096));
  ASSERT_STATUS(DRY_OK, dry_arena_ensure(&arena.handle, 1000 * 100, 4));
  FailNth fail(1, true);
  for (int i = 0; i < 1000; i++) memset(arena.Take(100, 4), 1, 100);
  ASSERT_STATUS(DRY_OK, arena.Rewind(50));
  ASSERT_STATUS(DRY_OK, arena.Reset());
  EXPECT_EQ("", fail.failed());
}

}  // namespace
