/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pools that grow: chunk by chunk to their greatest capacity, and no object ever moves. */
#include <cstring>

#include "tests/support/pool.h"
#include "tests/support/process.h"
#include "tests/support/status.h"

namespace {

using support::Pool;
using support::PoolOptions;
using support::StatsOf;

dry_pool_options Growing(uint64_t object_bytes, uint64_t first, uint64_t max, uint64_t chunk, uint32_t flags = 0) {
  dry_pool_options options = PoolOptions(object_bytes, first, flags);
  options.capacity_max_slots = max;
  options.chunk_slots = chunk;
  return options;
}

TEST(PoolGrow, TakesAChunkWhenAllAreTaken) {
  Pool pool(Growing(24, 10, 100, 25));
  const uint64_t expected[] = {10, 35, 60, 85, 100};
  uint64_t taken = 0;
  for (uint64_t capacity : expected) {
    while (taken < capacity) ASSERT_EQ(taken++, pool.Acquire());
    EXPECT_EQ(capacity, StatsOf(pool.get()).capacity_slots);
    EXPECT_EQ(100u, StatsOf(pool.get()).capacity_max_slots);
  }
  uint32_t slot;
  EXPECT_STATUS(DRY_FULL, dry_pool_acquire(pool.get(), &slot));
  EXPECT_EQ(1u, StatsOf(pool.get()).failures);
}

TEST(PoolGrow, DoublesByDefault) {
  Pool pool(Growing(24, 3, 20, 0));
  for (uint32_t i = 0; i < 20; i++) {
    ASSERT_EQ(i, pool.Acquire());
    EXPECT_EQ(i < 3 ? 3u : i < 6 ? 6u : i < 12 ? 12u : 20u, StatsOf(pool.get()).capacity_slots);
  }
}

TEST(PoolGrow, MovesNoObjectAndLosesNoByte) {
  for (uint32_t flags : {0u, DRY_MEMORY_GUARDED | DRY_MEMORY_TRACK, DRY_MEMORY_WIPE | 0u, DRY_MEMORY_HUGE_PAGES | 0u,
                         DRY_MEMORY_PREFAULT | 0u}) {
    SCOPED_TRACE(flags);
    Pool pool(Growing(1000, 1, 3000, 7, flags));
    std::vector<uint8_t *> at;
    for (uint32_t i = 0; i < 3000; i++) {
      void *memory = nullptr;
      ASSERT_STATUS(DRY_OK, dry_pool_alloc(pool.get(), &memory));
      at.push_back(static_cast<uint8_t *>(memory));
      std::memset(memory, static_cast<int>(i), 1000);
    }
    for (uint32_t i = 0; i < 3000; i++) {
      ASSERT_EQ(at[i], pool.At(i));
      ASSERT_EQ(std::string(1000, static_cast<char>(i)), pool.Read(i));
    }
    for (uint8_t *memory : at) ASSERT_STATUS(DRY_OK, dry_pool_free(pool.get(), memory));
    EXPECT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
  }
}

TEST(PoolGrow, KnowsSlotsThatAreNotThereYetAsForeign) {
  Pool pool(Growing(8, 10, 1000, 10));
  EXPECT_STATUS(DRY_FOREIGN, pool.Release(10));
  EXPECT_STATUS(DRY_FOREIGN, pool.Release(999));
  const uint64_t stride = StatsOf(pool.get()).stride_bytes;
  EXPECT_STATUS(DRY_FOREIGN, dry_pool_free_at(pool.get(), 10 * stride));
  EXPECT_STATUS(DRY_STALE, dry_pool_free_at(pool.get(), 9 * stride));
  for (int i = 0; i < 11; i++) pool.Acquire();
  EXPECT_STATUS(DRY_OK, dry_pool_free_at(pool.get(), 10 * stride));
  EXPECT_STATUS(DRY_FOREIGN, dry_pool_free_at(pool.get(), 20 * stride));
}

TEST(PoolGrow, GrowsForABatchByAsMuchAsItNeeds) {
  Pool pool(Growing(24, 10, 1000, 10));
  std::vector<uint32_t> slots(995);
  ASSERT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), slots.data(), 55));
  EXPECT_EQ(55u, StatsOf(pool.get()).capacity_slots);
  EXPECT_STATUS(DRY_FULL, dry_pool_acquire_many(pool.get(), slots.data(), 946));
  EXPECT_EQ(55u, StatsOf(pool.get()).in_use);
  ASSERT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), slots.data(), 945));
  EXPECT_EQ(999u, slots[944]);
}

TEST(PoolGrow, KeepsItsMemoryOverAReset) {
  Pool pool(Growing(24, 10, 1000, 100));
  for (int i = 0; i < 500; i++) pool.Acquire();
  EXPECT_STATUS(DRY_OK, dry_pool_reset(pool.get()));
  EXPECT_EQ(510u, StatsOf(pool.get()).capacity_slots);
  EXPECT_EQ(0u, pool.Acquire());
}

TEST(PoolGrow, CountsOnlyWhatIsThere) {
  Pool pool(Growing(1000, 10, 1000000, 10));
  EXPECT_LT(StatsOf(pool.get()).size_bytes, 100000u);
  for (int i = 0; i < 20; i++) pool.Acquire();
  EXPECT_GT(StatsOf(pool.get()).size_bytes, 20000u);
}

TEST(PoolGrow, ReservesNoMoreThanAddressSpace) {
  // A tebibyte, which no machine that runs this has. ThreadSanitizer leaves programs less address space than that.
#if defined(__SANITIZE_THREAD__)
  constexpr uint64_t kObjectBytes = 64;
#else
  constexpr uint64_t kObjectBytes = 1024;
#endif
  Pool pool(Growing(kObjectBytes, 1000, DRY_POOL_CAPACITY_MAX, 1000));
  std::vector<uint32_t> slots(5000);
  EXPECT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), slots.data(), slots.size()));
  EXPECT_STATUS(DRY_OK, dry_pool_fill(pool.get(), 4999, 1));
}

TEST(PoolGrow, IsRefusedWhereItMakesNoSense) {
  dry_pool_options options = Growing(24, 10, 9, 0);
  Pool pool;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_create(&options, pool.get(), &pool.detail));
  EXPECT_NE(nullptr, strstr(pool.detail.text, "capacity_max_slots"));
  options = Growing(24, 10, 0, 5);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_create(&options, pool.get(), &pool.detail));
  EXPECT_NE(nullptr, strstr(pool.detail.text, "chunk_slots"));
  options = Growing(24, 10, UINT64_C(1) << 40, 5);
  EXPECT_STATUS(DRY_TOO_LARGE, dry_pool_create(&options, pool.get(), nullptr));
  options = Growing(24, 10, 20, UINT64_MAX);
  EXPECT_STATUS(DRY_TOO_LARGE, dry_pool_create(&options, pool.get(), nullptr));
  uint64_t bytes = 1;
  options = Growing(24, 10, 20, 0);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_required_bytes(&options, &bytes)) << "spans cannot grow";
  EXPECT_EQ(0u, bytes);
  alignas(64) static uint8_t span[4096];
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_init(span, sizeof span, &options));
  support::Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 65536));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, pool.CreateIn(&region, options)) << "nor can parts";
}

TEST(PoolGrow, GivesAllBackAtTheEnd) {
  const support::Held before = support::HeldNow();
  for (int i = 0; i < 10; i++) {
    Pool pool(Growing(100, 10, 100000, 0, DRY_MEMORY_TRACK));
    for (int k = 0; k < 1000; k++) pool.Acquire();
  }
  EXPECT_TRUE(before == support::HeldNow());
}

}  // namespace
