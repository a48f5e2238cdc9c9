/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The inline calls and their twins on two pools of every sort: the same answers and the same state after every step. */
#include "drystone/inline/pool.h"

#include <cstdio>
#include <functional>

#include "tests/support/pool.h"
#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

using support::Pool;
using support::PoolOptions;
using support::PoolSpan;
using support::StatsOf;
using support::UsedOf;

const uint64_t kCapacity = 70;

/** One step on both pools; every answer must be the same. */
void Step(support::Random *random, Pool *calls, Pool *inlined) {
  const uint32_t slot = static_cast<uint32_t>(random->Below(kCapacity + 3));
  const uint64_t offset = slot * StatsOf(calls->get()).stride_bytes + (random->OneIn(4) ? 1 : 0);
  uint32_t a = 1, b = 1;
  void *at_a = nullptr, *at_b = nullptr;
  uint8_t *base_a = calls->handle.slots, *base_b = inlined->handle.slots;
  switch (random->Below(6)) {
    case 0:
      ASSERT_STATUS(dry_pool_acquire(calls->get(), &a), dry_pool_acquire_inline(inlined->get(), &b));
      ASSERT_EQ(a, b);
      break;
    case 1:
    case 2:
      ASSERT_STATUS(dry_pool_alloc(calls->get(), &at_a), dry_pool_alloc_inline(inlined->get(), &at_b));
      ASSERT_EQ(at_a == nullptr, at_b == nullptr);
      if (at_a != nullptr) {
        ASSERT_EQ(static_cast<uint8_t *>(at_a) - base_a, static_cast<uint8_t *>(at_b) - base_b);
      }
      break;
    case 3:
      ASSERT_STATUS(dry_pool_release(calls->get(), slot), dry_pool_release_inline(inlined->get(), slot)) << slot;
      break;
    case 4:
      ASSERT_STATUS(dry_pool_free(calls->get(), base_a + offset), dry_pool_free_inline(inlined->get(), base_b + offset));
      break;
    default:
      ASSERT_STATUS(dry_pool_at(calls->get(), slot, &at_a), dry_pool_at_inline(inlined->get(), slot, &at_b));
      ASSERT_EQ(at_a == nullptr, at_b == nullptr);
  }
}

void Compare(Pool *calls, Pool *inlined, uint64_t seed) {
  support::Random random(seed);
  for (int i = 0; i < 3000 && !testing::Test::HasFatalFailure(); i++) {
    Step(&random, calls, inlined);
    if (random.OneIn(300)) {
      EXPECT_STATUS(DRY_OK, dry_pool_reset(calls->get()));
      EXPECT_STATUS(DRY_OK, dry_pool_reset(inlined->get()));
    }
  }
  EXPECT_EQ(UsedOf(calls->get()), UsedOf(inlined->get()));
  const dry_pool_stats a = StatsOf(calls->get()), b = StatsOf(inlined->get());
  EXPECT_EQ(a.in_use, b.in_use);
  EXPECT_EQ(a.peak, b.peak);
  EXPECT_EQ(a.failures, b.failures);
}

TEST(PoolInline, AnswersAsTheCallsDoInPrivateMemory) {
  for (uint64_t seed : support::Seeds()) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    for (uint64_t size : {1u, 8u, 24u, 60u}) {
      for (uint32_t flags : {0u, static_cast<uint32_t>(DRY_MEMORY_GUARDED), static_cast<uint32_t>(DRY_MEMORY_WIPE),
                             static_cast<uint32_t>(DRY_MEMORY_TRACK)}) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(size) + " bytes, flags " + std::to_string(flags));
        Pool calls(PoolOptions(size, kCapacity, flags)), inlined(PoolOptions(size, kCapacity, flags));
        Compare(&calls, &inlined, seed);
      }
    }
  }
}

TEST(PoolInline, AnswersAsTheCallsDoWhereItGrows) {
  dry_pool_options options = PoolOptions(24, 3);
  options.capacity_max_slots = kCapacity;
  Pool calls(options), inlined(options);
  Compare(&calls, &inlined, 5);
}

TEST(PoolInline, AnswersAsTheCallsDoInASpan) {
  const PoolSpan one(PoolOptions(24, kCapacity)), two(PoolOptions(24, kCapacity));
  Pool calls(one), inlined(two);
  Compare(&calls, &inlined, 6);
}

TEST(PoolInline, AnswersAsTheCallsDoInARegion) {
  const dry_pool_options options = PoolOptions(24, kCapacity);
  support::Region one, two;
  ASSERT_STATUS(DRY_OK, one.Create(DRY_REGION_MEMORY, support::RegionBytesFor(options) + 65536));
  ASSERT_STATUS(DRY_OK, two.Create(DRY_REGION_MEMORY, support::RegionBytesFor(options) + 65536));
  Pool calls, inlined;
  ASSERT_STATUS(DRY_OK, calls.CreateIn(&one, options)) << calls.detail.text;
  ASSERT_STATUS(DRY_OK, inlined.CreateIn(&two, options)) << inlined.detail.text;
  Compare(&calls, &inlined, 7);
}

TEST(PoolInline, WorksItselfInPlainPoolsOnly) {
  const PoolSpan span(PoolOptions(24, kCapacity));
  Pool plain(PoolOptions(24, kCapacity)), guarded(PoolOptions(24, kCapacity, DRY_MEMORY_GUARDED)), anybodys(span);
#if defined(__SANITIZE_ADDRESS__)
  EXPECT_EQ(0u, plain.handle.plain) << "AddressSanitizer has to be told";
#else
  EXPECT_EQ(support::kCheckedPools ? 0 : kCapacity, plain.handle.plain);
#endif
  EXPECT_EQ(0u, guarded.handle.plain);
  EXPECT_EQ(0u, anybodys.handle.plain) << "others may write there";
}

TEST(PoolInline, RefusesNullAndClosedHandles) {
  dry_pool closed = {};
  uint32_t slot = 1;
  void *memory = &closed;
  for (dry_pool *pool : {static_cast<dry_pool *>(nullptr), &closed}) {
    const dry_status expected = pool ? DRY_CLOSED : DRY_INVALID_ARGUMENT;
    EXPECT_STATUS(expected, dry_pool_acquire_inline(pool, &slot));
    EXPECT_STATUS(expected, dry_pool_alloc_inline(pool, &memory));
    EXPECT_STATUS(expected, dry_pool_release_inline(pool, 0));
    EXPECT_STATUS(expected, dry_pool_free_inline(pool, &closed));
    EXPECT_STATUS(expected, dry_pool_at_inline(pool, 0, &memory));
  }
  Pool pool(PoolOptions(8, 2));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_acquire_inline(pool.get(), nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_alloc_inline(pool.get(), nullptr));
  pool.Acquire();
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_at_inline(pool.get(), 0, nullptr));
}

}  // namespace
