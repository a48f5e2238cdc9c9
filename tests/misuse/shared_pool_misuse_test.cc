/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What callers get wrong with a shared pool: each answers a status, crashes nothing, and hands out nothing twice. */
#include <cstring>
#include <memory>
#include <vector>

#include "tests/support/flipper.h"
#include "tests/support/places.h"
#include "tests/support/shared_pool.h"
#include "tests/support/status.h"

namespace {

using support::Cache;
using support::Region;
using support::SharedPool;
using support::SharedPoolOptions;

TEST(SharedPoolMisuse, NoPlaceForTheHandleOrTheAnswer) {
  SharedPool pool(8, 4);
  Cache cache(pool);
  const dry_shared_pool_options options = SharedPoolOptions(8, 4);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_create(&options, nullptr, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_required_bytes(&options, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_cache_open(pool.get(), nullptr, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_cache_acquire(cache.get(), nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_cache_alloc(cache.get(), nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_cache_acquire_many(cache.get(), nullptr, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_cache_release_many(cache.get(), nullptr, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_acquire(pool.get(), nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_at(pool.get(), 0, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_slot_of(pool.get(), &pool, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_get_stats(pool.get(), nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_reclaim(pool.get(), nullptr, nullptr));
}

TEST(SharedPoolMisuse, NoHandle) {
  uint32_t slot = 0;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_close(nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_cache_close(nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_cache_acquire(nullptr, &slot));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_cache_release(nullptr, 0));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_cache_free(nullptr, &slot));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_flush(nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_adopt(nullptr, 0));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_acquire(nullptr, &slot));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_release(nullptr, 0));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_reset(nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_validate(nullptr, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_repair(nullptr, nullptr));
}

TEST(SharedPoolMisuse, AHandleThatWasNeverOpened) {
  dry_shared_pool pool = {};
  dry_shared_pool_cache cache = {};
  uint32_t slot = 0;
  dry_shared_pool_stats stats;
  EXPECT_STATUS(DRY_CLOSED, dry_shared_pool_cache_open(&pool, &cache, nullptr));
  EXPECT_STATUS(DRY_CLOSED, dry_shared_pool_cache_acquire(&cache, &slot));
  EXPECT_STATUS(DRY_CLOSED, dry_shared_pool_cache_release(&cache, 0));
  EXPECT_STATUS(DRY_CLOSED, dry_shared_pool_cache_free(&cache, &slot));
  EXPECT_STATUS(DRY_CLOSED, dry_shared_pool_acquire(&pool, &slot));
  EXPECT_STATUS(DRY_CLOSED, dry_shared_pool_get_stats(&pool, &stats));
  EXPECT_STATUS(DRY_CLOSED, dry_shared_pool_fill(&pool, 0, 0));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_close(&cache));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_close(&pool));
}

TEST(SharedPoolMisuse, UseAfterCloseAndClosingTwice) {
  SharedPool pool(8, 4);
  Cache cache(pool);
  const uint32_t slot = cache.Take();
  EXPECT_STATUS(DRY_OK, cache.Close());
  EXPECT_STATUS(DRY_OK, cache.Close());
  EXPECT_STATUS(DRY_CLOSED, cache.Release(slot));
  EXPECT_STATUS(DRY_OK, pool.Close());
  EXPECT_STATUS(DRY_OK, pool.Close());
  EXPECT_STATUS(DRY_CLOSED, dry_shared_pool_release(pool.get(), slot));
}

TEST(SharedPoolMisuse, ClosingAPoolWhoseCachesAreOpen) {
  SharedPool pool(8, 4);
  Cache cache(pool);
  EXPECT_STATUS(DRY_BUSY, pool.Close());
  EXPECT_NE(~0u, cache.Take()) << "nothing has happened to it";
}

TEST(SharedPoolMisuse, FreeingTwiceThroughTheSameCache) {
  SharedPool pool(8, 4);
  Cache cache(pool);
  const uint32_t slot = cache.Take();
  EXPECT_STATUS(DRY_OK, cache.Release(slot));
  EXPECT_STATUS(DRY_STALE, cache.Release(slot));
  EXPECT_EQ(4u, cache.TakeUpTo(5).size());
}

TEST(SharedPoolMisuse, FreeingTwiceThroughAnotherCacheAndWithoutOne) {
  SharedPool pool(8, 400);
  Cache one(pool), two(pool);
  const std::vector<uint32_t> slots = one.TakeUpTo(400);
  for (uint32_t slot : slots) EXPECT_STATUS(DRY_OK, one.Release(slot));
  for (uint32_t slot : slots) EXPECT_STATUS(DRY_STALE, two.Release(slot)) << "in a magazine or in the depot";
  for (uint32_t slot : slots) EXPECT_STATUS(DRY_STALE, dry_shared_pool_release(pool.get(), slot));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_flush(one.get()));
  EXPECT_STATUS(DRY_STALE, one.Release(slots[0]));
  EXPECT_EQ(400u, two.TakeUpTo(401).size());
}

TEST(SharedPoolMisuse, FreeingWhatANewOwnerHas) {
  // As with any allocator a stale free takes the slot from its new owner; no slot is then with two of them at once.
  SharedPool pool(8, 1);
  Cache one(pool), two(pool);
  const uint32_t slot = one.Take();
  EXPECT_STATUS(DRY_OK, one.Release(slot));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_flush(one.get()));
  EXPECT_EQ(slot, two.Take());
  EXPECT_STATUS(DRY_OK, one.Release(slot));
  EXPECT_STATUS(DRY_STALE, two.Release(slot));
}

TEST(SharedPoolMisuse, FreeingSlotsThatWereNeverTaken) {
  SharedPool pool(8, 100);
  Cache cache(pool);
  EXPECT_STATUS(DRY_STALE, cache.Release(0));
  EXPECT_STATUS(DRY_STALE, cache.Release(99));
  EXPECT_STATUS(DRY_FOREIGN, cache.Release(100));
  EXPECT_STATUS(DRY_FOREIGN, cache.Release(UINT32_MAX));
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_release(pool.get(), 100));
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_adopt(cache.get(), 100));
  EXPECT_STATUS(DRY_STALE, dry_shared_pool_adopt(cache.get(), 1));
}

TEST(SharedPoolMisuse, FreeingForeignAddresses) {
  SharedPool pool(48, 10), other(48, 10);
  Cache cache(pool), others(other);
  void *memory = nullptr;
  ASSERT_STATUS(DRY_OK, dry_shared_pool_cache_alloc(others.get(), &memory));
  char local[48];
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_cache_free(cache.get(), memory));
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_cache_free(cache.get(), local));
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_cache_free(cache.get(), nullptr));
  for (int inside : {1, 8, 16, 47}) {
    EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_cache_free(others.get(), static_cast<char *>(memory) + inside));
  }
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_cache_free(others.get(), other.handle.slots - 48));
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_cache_free(others.get(), other.handle.slots + other.handle.capacity * other.handle.stride_bytes));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_free(others.get(), memory));
}

TEST(SharedPoolMisuse, WritingBeyondTheEndOfAGuardedObject) {
  SharedPool pool(SharedPoolOptions(16, 10, 2, DRY_MEMORY_GUARDED));
  Cache cache(pool);
  const uint32_t slot = cache.Take(), next = cache.Take();
  void *memory = nullptr;
  ASSERT_STATUS(DRY_OK, dry_shared_pool_at(pool.get(), slot, &memory));
#if !defined(__SANITIZE_ADDRESS__)
  volatile uint8_t *beyond = static_cast<uint8_t *>(memory) + 16;
  *beyond = static_cast<uint8_t>(~*beyond);
  EXPECT_STATUS(DRY_CORRUPT, pool.Validate());
  EXPECT_NE(nullptr, strstr(pool.detail.text, "beyond its end")) << pool.detail.text;
  EXPECT_STATUS(DRY_CORRUPT, cache.Release(slot));
  EXPECT_STATUS(DRY_STALE, cache.Release(slot)) << "it is withdrawn";
  EXPECT_STATUS(DRY_STALE, dry_shared_pool_at(pool.get(), slot, &memory));
  EXPECT_STATUS(DRY_OK, cache.Release(next));
  EXPECT_EQ(9u, cache.TakeUpTo(20).size()) << "nobody gets it again";
  EXPECT_STATUS(DRY_OK, dry_shared_pool_reset(pool.get()));
  EXPECT_EQ(10u, cache.TakeUpTo(20).size()) << "until a reset";
#else
  EXPECT_STATUS(DRY_OK, cache.Release(slot));
  EXPECT_STATUS(DRY_OK, cache.Release(next));
#endif
}

TEST(SharedPoolMisuse, WritingIntoAFreeGuardedObject) {
#if !defined(__SANITIZE_ADDRESS__)
  for (bool direct : {false, true}) {
    SharedPool pool(SharedPoolOptions(16, 3, 2, DRY_MEMORY_GUARDED));
    Cache cache(pool);
    void *memory = nullptr;
    ASSERT_STATUS(DRY_OK, dry_shared_pool_cache_alloc(cache.get(), &memory));
    ASSERT_STATUS(DRY_OK, dry_shared_pool_cache_free(cache.get(), memory));
    static_cast<volatile uint8_t *>(memory)[7] = 0;
    EXPECT_STATUS(DRY_CORRUPT, pool.Validate());
    EXPECT_NE(nullptr, strstr(pool.detail.text, "while it was free")) << pool.detail.text;
    if (direct) {
      ASSERT_STATUS(DRY_OK, dry_shared_pool_flush(cache.get()));
    }
    uint32_t slot = 5;
    EXPECT_STATUS(DRY_CORRUPT, direct ? dry_shared_pool_acquire(pool.get(), &slot) : cache.Acquire(&slot));
    EXPECT_EQ(0u, slot);
    EXPECT_EQ(2u, cache.TakeUpTo(5).size());
  }
#endif
}

#if defined(__SANITIZE_ADDRESS__)
TEST(SharedPoolMisuseDeathTest, AddressSanitizerSeesUseAfterFreeInEveryPool) {
  SharedPool pool(16, 3);
  Cache cache(pool);
  void *memory = nullptr;
  ASSERT_STATUS(DRY_OK, dry_shared_pool_cache_alloc(cache.get(), &memory));
  ASSERT_STATUS(DRY_OK, dry_shared_pool_cache_free(cache.get(), memory));
  EXPECT_DEATH(static_cast<volatile uint8_t *>(memory)[7] = 0, "use-after-poison");
}
#endif

TEST(SharedPoolMisuse, SlotsListedTwiceAreNeverWithTwoAtOnce) {
  // What two racing frees of a pool that is not guarded may leave behind.
  SharedPool pool(8, 10);
  pool.DoNotValidate();
  Cache cache(pool);
  const uint32_t slot = cache.Take();
  ASSERT_STATUS(DRY_OK, cache.Release(slot));
  dry_shared_pool_batch *magazine = cache.get()->magazine;
  magazine->slots[magazine->count] = slot;
  magazine->count++;
  EXPECT_STATUS(DRY_CORRUPT, pool.Validate());
  EXPECT_NE(nullptr, strstr(pool.detail.text, "twice")) << pool.detail.text;
  EXPECT_EQ(slot, cache.Take());
  uint32_t other = 77;
  EXPECT_STATUS(DRY_CORRUPT, cache.Acquire(&other));
  EXPECT_EQ(0u, other);
  EXPECT_EQ(9u, cache.TakeUpTo(20).size()) << "and it is done with";
  EXPECT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
}

TEST(SharedPoolMisuse, RepairWhileCachesAreOpen) {
  SharedPool pool(8, 10);
  Cache cache(pool);
  EXPECT_STATUS(DRY_BUSY, dry_shared_pool_repair(pool.get(), &pool.detail));
  EXPECT_NE(nullptr, strstr(pool.detail.text, "caches open"));
  EXPECT_STATUS(DRY_OK, cache.Close());
  EXPECT_STATUS(DRY_OK, dry_shared_pool_repair(pool.get(), &pool.detail));
}

TEST(SharedPoolMisuse, SpansThatAreTooSmallOrCrooked) {
  const dry_shared_pool_options options = SharedPoolOptions(8, 100, 2);
  uint64_t bytes = 0;
  ASSERT_STATUS(DRY_OK, dry_shared_pool_required_bytes(&options, &bytes));
  support::Buffer buffer((bytes + 256) / 64 * 64);
  uint8_t *span = buffer.data() + (128 - reinterpret_cast<uintptr_t>(buffer.data()) % 128) % 128;
  dry_detail detail = {};
  dry_shared_pool pool = {};
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_init(nullptr, bytes, &options));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_init(span + 32, bytes, &options));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_init(span, bytes, nullptr));
  EXPECT_STATUS(DRY_TOO_LARGE, dry_shared_pool_init(span, bytes - 1, &options));
  EXPECT_STATUS(DRY_CORRUPT, dry_shared_pool_attach(span, 100, &pool, &detail));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_init(span, bytes, &options));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_attach(span + 32, bytes - 32, &pool, &detail));
  EXPECT_STATUS(DRY_CORRUPT, dry_shared_pool_attach(span, bytes - 1, &pool, &detail));
  EXPECT_STATUS(DRY_CORRUPT, dry_shared_pool_attach(span + 128, bytes - 128, &pool, &detail));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_attach(span, bytes, &pool, &detail)) << detail.text;
  EXPECT_STATUS(DRY_OK, dry_shared_pool_validate(&pool, &detail)) << detail.text;
  EXPECT_STATUS(DRY_OK, dry_shared_pool_close(&pool));
  // A line is enough, unless objects want more.
  EXPECT_STATUS(DRY_OK, dry_shared_pool_init(span + 64, bytes, &options));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_attach(span + 64, bytes, &pool, &detail)) << detail.text;
  EXPECT_STATUS(DRY_OK, dry_shared_pool_close(&pool));
  dry_shared_pool_options wide = options;
  wide.align_bytes = 128;
  wide.capacity_slots = 1;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_init(span + 64, bytes, &wide));
}

TEST(SharedPoolMisuse, WrongParts) {
  const dry_shared_pool_options options = SharedPoolOptions(8, 10, 2);
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 262144));
  SharedPool pool, again, missing, wrong, large;
  ASSERT_STATUS(DRY_OK, pool.CreateIn(&region, options));
  EXPECT_STATUS(DRY_ALREADY_EXISTS, again.CreateIn(&region, options));
  EXPECT_STATUS(DRY_NOT_FOUND, missing.Open(&region, "none"));
  EXPECT_STATUS(DRY_FULL, large.CreateIn(&region, SharedPoolOptions(8, 100000), "large"));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, large.CreateIn(&region, SharedPoolOptions(8, 10, 2, DRY_MEMORY_PREFAULT), "flag"));
  dry_pool simple = {};
  EXPECT_STATUS(DRY_TYPE_MISMATCH, dry_pool_open(&region.handle, "pool", 4, &simple, nullptr));
  dry_index_map map = {};
  dry_index_map_options indices = {};
  indices.struct_size = sizeof indices;
  indices.capacity = 10;
  ASSERT_STATUS(DRY_OK, dry_index_map_create_in(&region.handle, "map", 3, &indices, &map, nullptr));
  EXPECT_STATUS(DRY_TYPE_MISMATCH, wrong.Open(&region, "map"));
  EXPECT_STATUS(DRY_OK, dry_index_map_close(&map));
}

/** A slot that was checked, and is another one when its turn comes, is refused then; the others stay what they were. */
TEST(SharedPoolMisuse, ChangeAListWhileItsSlotsAreGivenBack) {
  constexpr uint32_t kCount = 1000;
  SharedPool pool(SharedPoolOptions(8, kCount));
  Cache cache(pool);
  std::vector<uint32_t> list(kCount);
  for (int i = 0; i < 1000; i++) {
    ASSERT_STATUS(DRY_OK, dry_shared_pool_cache_acquire_many(cache.get(), list.data(), kCount));
    dry_status status;
    {
      const support::Flipper other(&list[0], UINT32_MAX);
      status = dry_shared_pool_cache_release_many(cache.get(), list.data(), kCount);
    }
    EXPECT_TRUE(status == DRY_OK || status == DRY_FOREIGN) << dry_status_name(status);
    if (status != DRY_OK) {
      ASSERT_STATUS(DRY_OK, dry_shared_pool_reset(&pool.handle));
    }
  }
}

}  // namespace
