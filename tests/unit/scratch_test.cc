/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Scopes over a scratch arena: what an end gives back, and which ends are refused. */
#include <cstring>
#include <vector>

#include "tests/support/status.h"

namespace {

dry_scratch_options Options(uint64_t capacity, uint32_t overflow = DRY_OVERFLOW_ERROR, uint32_t flags = 0) {
  dry_scratch_options options = {};
  options.struct_size = sizeof options;
  options.capacity_bytes = capacity;
  options.overflow = overflow;
  options.flags = flags;
  return options;
}

class Scratch {
 public:
  explicit Scratch(const dry_scratch_options &options = Options(0)) {
    EXPECT_STATUS(DRY_OK, dry_scratch_create(&options, &handle, &detail)) << detail.text;
  }
  ~Scratch() { EXPECT_STATUS(DRY_OK, dry_scratch_close(&handle)); }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;

  uint8_t *Take(uint64_t size, uint64_t align = 1) {
    void *memory = nullptr;
    EXPECT_STATUS(DRY_OK, dry_scratch_alloc(&handle, size, align, &memory));
    return static_cast<uint8_t *>(memory);
  }
  dry_scratch_scope Begin() {
    dry_scratch_scope scope = {};
    EXPECT_STATUS(DRY_OK, dry_scratch_begin(&handle, &scope));
    return scope;
  }
  dry_status End(const dry_scratch_scope &scope) { return dry_scratch_end(&handle, &scope); }
  dry_scratch_stats Stats() const {
    dry_scratch_stats stats = {};
    EXPECT_STATUS(DRY_OK, dry_scratch_get_stats(&handle, &stats));
    return stats;
  }

  dry_scratch handle = {};
  dry_detail detail = {};
};

TEST(ScratchScope, GivesBackWhatWasTakenSinceItBegan) {
  Scratch scratch;
  const dry_scratch_scope outer = scratch.Begin();
  scratch.Take(100);
  const dry_scratch_scope inner = scratch.Begin();
  const uint8_t *memory = scratch.Take(200);
  EXPECT_STATUS(DRY_OK, scratch.End(inner));
  EXPECT_EQ(100u, scratch.Stats().used_bytes);
  EXPECT_EQ(memory, scratch.Take(200));
  EXPECT_STATUS(DRY_OK, scratch.End(outer));
  const dry_scratch_stats stats = scratch.Stats();
  EXPECT_EQ(0u, stats.used_bytes);
  EXPECT_EQ(300u, stats.peak_bytes);
  EXPECT_EQ(3u, stats.allocations);
  EXPECT_EQ(2u, stats.scopes);
  EXPECT_EQ(1u, stats.resets) << "only the outermost counts";
  EXPECT_EQ(0u, stats.depth);
}

TEST(ScratchScope, EndsThoseInsideItThatAreStillOpen) {
  Scratch scratch;
  const dry_scratch_scope outer = scratch.Begin();
  std::vector<dry_scratch_scope> inner;
  for (int i = 0; i < 5; i++) {
    scratch.Take(10);
    inner.push_back(scratch.Begin());
  }
  EXPECT_EQ(6u, scratch.Stats().depth);
  EXPECT_STATUS(DRY_OK, scratch.End(inner[2]));
  EXPECT_EQ(30u, scratch.Stats().used_bytes);
  EXPECT_EQ(3u, scratch.Stats().depth);
  EXPECT_STATUS(DRY_STALE, scratch.End(inner[3]));
  EXPECT_STATUS(DRY_STALE, scratch.End(inner[4]));
  EXPECT_STATUS(DRY_OK, scratch.End(outer));
  for (const dry_scratch_scope &scope : inner) EXPECT_STATUS(DRY_STALE, scratch.End(scope));
}

TEST(ScratchScope, EndedTwiceIsStaleAlsoWhenAnotherIsOpenAtItsDepth) {
  Scratch scratch;
  const dry_scratch_scope outer = scratch.Begin();
  const dry_scratch_scope first = scratch.Begin();
  EXPECT_STATUS(DRY_OK, scratch.End(first));
  EXPECT_STATUS(DRY_STALE, scratch.End(first));
  const dry_scratch_scope second = scratch.Begin();
  scratch.Begin();
  scratch.Take(10);
  EXPECT_STATUS(DRY_STALE, scratch.End(first)) << "would have ended the second one";
  EXPECT_EQ(10u, scratch.Stats().used_bytes);
  EXPECT_EQ(3u, scratch.Stats().depth);
  EXPECT_STATUS(DRY_OK, scratch.End(second));
  EXPECT_STATUS(DRY_OK, scratch.End(outer));
  EXPECT_STATUS(DRY_STALE, scratch.End(outer));
}

TEST(ScratchScope, OfAnotherScratchIsStale) {
  Scratch one, two;
  const dry_scratch_scope here = one.Begin(), there = two.Begin();
  EXPECT_STATUS(DRY_STALE, one.End(there));
  EXPECT_STATUS(DRY_STALE, two.End(here));
  EXPECT_STATUS(DRY_STALE, one.End(dry_scratch_scope{}));
  EXPECT_STATUS(DRY_OK, one.End(here));
  EXPECT_STATUS(DRY_OK, two.End(there));
}

TEST(ScratchScope, NestsAsDeeplyAsOneLikes) {
  Scratch scratch;
  std::vector<dry_scratch_scope> scopes;
  for (uint64_t i = 0; i < 1000; i++) {
    scopes.push_back(scratch.Begin());
    ASSERT_EQ(i + 1, scratch.Stats().depth);
    scratch.Take(1);
  }
  for (uint64_t i = 1000; i-- > 500;) {
    ASSERT_STATUS(DRY_OK, scratch.End(scopes[i]));
    ASSERT_EQ(i, scratch.Stats().used_bytes);
  }
  EXPECT_STATUS(DRY_OK, scratch.End(scopes[0]));
  EXPECT_EQ(0u, scratch.Stats().used_bytes);
}

TEST(ScratchScope, KeepsWhatWasTakenOutsideOfAny) {
  Scratch scratch;
  uint8_t *memory = scratch.Take(100);
  memset(memory, 7, 100);
  const dry_scratch_scope scope = scratch.Begin();
  memset(scratch.Take(100), 8, 100);
  EXPECT_STATUS(DRY_OK, scratch.End(scope));
  EXPECT_EQ(100u, scratch.Stats().used_bytes);
  EXPECT_EQ(7, memory[99]);
  EXPECT_STATUS(DRY_OK, dry_scratch_reset(&scratch.handle));
  EXPECT_EQ(0u, scratch.Stats().used_bytes);
  EXPECT_EQ(2u, scratch.Stats().resets);
}

TEST(ScratchScope, FreesItsOwnFallbacksAndNoOthers) {
  Scratch scratch(Options(100, DRY_OVERFLOW_FALLBACK));
  uint8_t *before = scratch.Take(1000);
  const dry_scratch_scope outer = scratch.Begin();
  uint8_t *in_outer = scratch.Take(2000);
  const dry_scratch_scope inner = scratch.Begin();
  uint8_t *in_inner = scratch.Take(3000);
  EXPECT_STATUS(DRY_OK, scratch.End(inner));
  EXPECT_FALSE(dry_arena_contains(&scratch.handle.arena, in_inner));
  memset(in_outer, 1, 2000);
  EXPECT_TRUE(dry_arena_contains(&scratch.handle.arena, in_outer));
  EXPECT_STATUS(DRY_OK, scratch.End(outer));
  EXPECT_FALSE(dry_arena_contains(&scratch.handle.arena, in_outer));
  memset(before, 1, 1000);
  EXPECT_TRUE(dry_arena_contains(&scratch.handle.arena, before));
  EXPECT_EQ(3u, scratch.Stats().fallbacks);
}

TEST(ScratchReset, EndsEveryScope) {
  Scratch scratch;
  const dry_scratch_scope outer = scratch.Begin(), inner = scratch.Begin();
  scratch.Take(10);
  EXPECT_STATUS(DRY_OK, dry_scratch_reset(&scratch.handle));
  EXPECT_EQ(0u, scratch.Stats().depth);
  EXPECT_STATUS(DRY_STALE, scratch.End(inner));
  EXPECT_STATUS(DRY_STALE, scratch.End(outer));
  const dry_scratch_scope next = scratch.Begin();
  EXPECT_STATUS(DRY_STALE, scratch.End(outer));
  EXPECT_STATUS(DRY_OK, scratch.End(next));
}

TEST(ScratchEnsure, MakesRoomForABatch) {
  dry_scratch_options options = Options(1 << 20);
  options.reserve = 1;
  Scratch scratch(options);
  EXPECT_STATUS(DRY_OK, dry_scratch_ensure(&scratch.handle, 500000, 64));
  EXPECT_EQ(0u, scratch.Stats().used_bytes);
  EXPECT_STATUS(DRY_FULL, dry_scratch_ensure(&scratch.handle, (1 << 20) + 1, 1));
  EXPECT_EQ(1u, scratch.Stats().failures);
  memset(scratch.Take(500000, 64), 1, 500000);
}

TEST(ScratchCreate, HasDefaultsAndTakesAnySize) {
  dry_scratch scratch = {};
  ASSERT_STATUS(DRY_OK, dry_scratch_create(nullptr, &scratch, nullptr));
  dry_scratch_stats stats;
  EXPECT_STATUS(DRY_OK, dry_scratch_get_stats(&scratch, &stats));
  EXPECT_EQ(DRY_SCRATCH_BYTES_DEFAULT, stats.capacity_bytes);
  EXPECT_EQ(1u, stats.threads);
  EXPECT_EQ(0u, stats.threads_ended);
  EXPECT_STATUS(DRY_OK, dry_scratch_close(&scratch));
  EXPECT_EQ(1u, Scratch(Options(1)).Stats().capacity_bytes);
}

TEST(ScratchGuarded, FillsWhatAScopeGaveBackWithPoison) {
  Scratch scratch(Options(1000, DRY_OVERFLOW_ERROR, DRY_MEMORY_GUARDED));
  const dry_scratch_scope scope = scratch.Begin();
  memset(scratch.Take(100), 1, 100);
  EXPECT_STATUS(DRY_OK, scratch.End(scope));
  const uint8_t *memory = scratch.Take(100);
  for (int i = 0; i < 100; i++) ASSERT_EQ(DRY_POOL_POISON_BYTE, memory[i]);
}

}  // namespace
