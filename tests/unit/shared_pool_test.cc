/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One thread with one or more caches: what is handed out, what is refused, how much can be out of reach. */
#include <algorithm>
#include <cstring>
#include <memory>
#include <set>

#include "drystone/inline/shared_pool.h"
#include "tests/support/random.h"
#include "tests/support/shared_pool.h"
#include "tests/support/status.h"

namespace {

using support::Cache;
using support::SharedPool;
using support::SharedPoolOptions;

const uint32_t kMagazine = DRY_SHARED_POOL_MAGAZINE_SLOTS;

TEST(SharedPoolAcquire, OneCacheGetsExactlyTheCapacity) {
  for (uint64_t capacity : {1, 2, 63, 64, 65, 127, 128, 129, 191, 192, 193, 200, 1000}) {
    SCOPED_TRACE(capacity);
    SharedPool pool(SharedPoolOptions(24, capacity, 1));
    Cache cache(pool);
    for (int round = 0; round < 3; round++) {
      const std::vector<uint32_t> slots = cache.TakeUpTo(capacity + 1);
      EXPECT_EQ(capacity, slots.size());
      EXPECT_EQ(capacity, std::set<uint32_t>(slots.begin(), slots.end()).size());
      EXPECT_GT(capacity, *std::max_element(slots.begin(), slots.end()));
      EXPECT_EQ(capacity, pool.Stats().in_use);
      EXPECT_EQ(static_cast<uint64_t>(round) + 1, pool.Stats().failures);
      cache.GiveBack(slots);
    }
    EXPECT_EQ(0u, pool.Stats().in_use);
    EXPECT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
  }
}

TEST(SharedPoolAcquire, WithoutACacheGetsExactlyTheCapacity) {
  for (uint64_t capacity : {1, 63, 64, 65, 300}) {
    SharedPool pool(8, capacity);
    for (int round = 0; round < 2; round++) {
      const std::vector<uint32_t> slots = pool.TakeAll();
      EXPECT_EQ(capacity, std::set<uint32_t>(slots.begin(), slots.end()).size());
      EXPECT_EQ(capacity, slots.size());
      pool.GiveBack(slots);
    }
    EXPECT_EQ(0u, pool.Stats().cached);
  }
}

TEST(SharedPoolAcquire, NeverUsedSlotsComeInAscendingOrder) {
  SharedPool pool(8, 200);
  Cache cache(pool);
  for (uint32_t i = 0; i < 200; i++) EXPECT_EQ(i, cache.Take());
}

TEST(SharedPoolAcquire, ObjectsAreAlignedAndApart) {
  dry_shared_pool_options options = SharedPoolOptions(100, 50);
  options.align_bytes = 128;
  SharedPool pool(options);
  Cache cache(pool);
  std::set<uintptr_t> addresses;
  for (int i = 0; i < 50; i++) {
    void *memory = nullptr;
    ASSERT_STATUS(DRY_OK, dry_shared_pool_cache_alloc(cache.get(), &memory));
    EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(memory) % 128);
    memset(memory, i, 100);
    addresses.insert(reinterpret_cast<uintptr_t>(memory) / 128);
  }
  EXPECT_EQ(50u, addresses.size());
  EXPECT_EQ(128u, pool.Stats().stride_bytes);
}

TEST(SharedPoolRelease, ThroughAnyCacheAndWithoutOne) {
  SharedPool pool(8, 500);
  Cache one(pool), two(pool);
  const std::vector<uint32_t> slots = one.TakeUpTo(500);
  for (size_t i = 0; i < slots.size(); i++) {
    const dry_status status = i % 3 == 0   ? one.Release(slots[i])
                              : i % 3 == 1 ? two.Release(slots[i])
                                           : dry_shared_pool_release(pool.get(), slots[i]);
    EXPECT_STATUS(DRY_OK, status);
  }
  EXPECT_EQ(0u, pool.Stats().in_use);
  EXPECT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
  EXPECT_STATUS(DRY_OK, dry_shared_pool_flush(one.get()));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_flush(two.get()));
  EXPECT_EQ(500u, pool.Takeable());
}

TEST(SharedPoolRelease, ByAddressAndByOffset) {
  SharedPool pool(24, 10);
  Cache cache(pool);
  void *memory = nullptr;
  ASSERT_STATUS(DRY_OK, dry_shared_pool_cache_alloc(cache.get(), &memory));
  uint32_t slot = 99;
  EXPECT_STATUS(DRY_OK, dry_shared_pool_slot_of(pool.get(), memory, &slot));
  void *again = nullptr;
  EXPECT_STATUS(DRY_OK, dry_shared_pool_at(pool.get(), slot, &again));
  EXPECT_EQ(memory, again);
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_cache_free(cache.get(), static_cast<char *>(memory) + 8));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_free(cache.get(), memory));
  EXPECT_STATUS(DRY_STALE, dry_shared_pool_cache_free(cache.get(), memory));
  const uint32_t other = cache.Take();
  const uint64_t offset = other * pool.Stats().stride_bytes;
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_release_at(pool.get(), offset + 1));
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_release_at(pool.get(), 10 * pool.Stats().stride_bytes));
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_release_at(pool.get(), UINT64_MAX));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_release_at(pool.get(), offset));
  EXPECT_STATUS(DRY_STALE, dry_shared_pool_release_at(pool.get(), offset));
}

TEST(SharedPoolContents, FillReadAndWriteStayInsideTheObject) {
  SharedPool pool(16, 4);
  Cache cache(pool);
  const uint32_t slot = cache.Take();
  EXPECT_STATUS(DRY_OK, dry_shared_pool_fill(pool.get(), slot, 0xab));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_write(pool.get(), slot, 4, "word", 4));
  char bytes[16] = {};
  EXPECT_STATUS(DRY_OK, dry_shared_pool_read(pool.get(), slot, 0, bytes, 16));
  EXPECT_EQ(std::string("\xab\xab\xab\xabword\xab\xab\xab\xab\xab\xab\xab\xab"), std::string(bytes, 16));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_read(pool.get(), slot, 16, bytes, 0));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_read(pool.get(), slot, 16, bytes, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_write(pool.get(), slot, UINT64_MAX, "x", 1));
  EXPECT_STATUS(DRY_OK, cache.Release(slot));
  EXPECT_STATUS(DRY_STALE, dry_shared_pool_fill(pool.get(), slot, 1));
  EXPECT_STATUS(DRY_STALE, dry_shared_pool_read(pool.get(), slot, 0, bytes, 1));
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_write(pool.get(), 4, 0, "x", 1));
}

TEST(SharedPoolContents, WipedObjectsAreZeros) {
  for (uint32_t flags : {DRY_MEMORY_WIPE, DRY_MEMORY_WIPE | DRY_MEMORY_GUARDED}) {
    // In a region, where nothing keeps us from looking at free slots.
    const dry_shared_pool_options options = SharedPoolOptions(40, 3, 2, flags);
    support::Region region;
    ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, support::RegionBytesFor(options, 24)));
    SharedPool pool;
    ASSERT_STATUS(DRY_OK, pool.CreateIn(&region, options)) << pool.detail.text;
    Cache cache(pool);
    const char zeros[40] = {};
    for (int round = 0; round < 2; round++) {
      for (uint32_t slot : cache.TakeUpTo(3)) {
        char bytes[40] = {1};
        EXPECT_STATUS(DRY_OK, dry_shared_pool_read(pool.get(), slot, 0, bytes, sizeof bytes));
        EXPECT_EQ(0, memcmp(zeros, bytes, sizeof bytes)) << round;
        EXPECT_STATUS(DRY_OK, dry_shared_pool_fill(pool.get(), slot, 0x77));
        EXPECT_STATUS(DRY_OK, round == 0 ? cache.Release(slot) : dry_shared_pool_release(pool.get(), slot));
      }
    }
    // What was freed has nothing left of it.
    const std::string all(reinterpret_cast<char *>(pool.handle.slots), 3 * pool.handle.stride_bytes);
    EXPECT_EQ(std::string::npos, all.find('\x77'));
  }
}

TEST(SharedPoolInline, GivesTheSameAnswersAsTheCalls) {
  SharedPool pool(40, 300);
  Cache cache(pool);
  std::vector<uint32_t> slots(300);
  for (uint32_t &slot : slots) ASSERT_STATUS(DRY_OK, dry_shared_pool_cache_acquire_inline(cache.get(), &slot));
  uint32_t none = 7;
  EXPECT_STATUS(DRY_FULL, dry_shared_pool_cache_acquire_inline(cache.get(), &none));
  void *memory = &none;
  EXPECT_STATUS(DRY_FULL, dry_shared_pool_cache_alloc_inline(cache.get(), &memory));
  EXPECT_EQ(nullptr, memory);
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_cache_release_inline(cache.get(), 300));
  for (uint32_t slot : slots) EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_release_inline(cache.get(), slot));
  EXPECT_STATUS(DRY_STALE, dry_shared_pool_cache_release_inline(cache.get(), slots[0]));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_alloc_inline(cache.get(), &memory));
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_cache_free_inline(cache.get(), static_cast<char *>(memory) + 1));
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_cache_free_inline(cache.get(), &none));
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_cache_free_inline(cache.get(), nullptr));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_free_inline(cache.get(), memory));
  EXPECT_STATUS(DRY_STALE, dry_shared_pool_cache_free_inline(cache.get(), memory));
  EXPECT_STATUS(DRY_OK, cache.Close());
  EXPECT_STATUS(DRY_CLOSED, dry_shared_pool_cache_acquire_inline(cache.get(), &none));
  EXPECT_STATUS(DRY_CLOSED, dry_shared_pool_cache_free_inline(cache.get(), memory));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_shared_pool_cache_acquire_inline(nullptr, &none));
}

// ---- how much can be out of reach ----

TEST(SharedPoolStranding, ACacheKeepsAtMost128FromTheOthers) {
  for (uint64_t owners : {1, 2, 5}) {
    SCOPED_TRACE(owners);
    const uint64_t each = 6 * kMagazine, capacity = owners * each;
    SharedPool pool(SharedPoolOptions(8, capacity, owners + 1));
    std::vector<std::unique_ptr<Cache>> caches;
    std::vector<std::vector<uint32_t>> taken;
    for (uint64_t i = 0; i < owners; i++) {
      caches.push_back(std::make_unique<Cache>(pool));
      taken.push_back(caches.back()->TakeUpTo(each));
      EXPECT_EQ(each, taken.back().size());
    }
    // Each gets everything back, and then holds as much as it can.
    for (uint64_t i = 0; i < owners; i++) caches[i]->GiveBack(taken[i]);
    EXPECT_EQ(owners * DRY_SHARED_POOL_STRANDED_MAX, pool.Stats().cached);
    Cache other(pool);
    const std::vector<uint32_t> reached = other.TakeUpTo(capacity + 1);
    EXPECT_EQ(capacity - owners * DRY_SHARED_POOL_STRANDED_MAX, reached.size());
    for (auto &cache : caches) EXPECT_STATUS(DRY_OK, dry_shared_pool_flush(cache->get()));
    EXPECT_EQ(owners * DRY_SHARED_POOL_STRANDED_MAX, other.TakeUpTo(capacity + 1).size());
    EXPECT_EQ(capacity, pool.Stats().in_use);
  }
}

TEST(SharedPoolStranding, ManySmallFlushesLoseNothing) {
  // Each leaves a partly filled magazine behind; they are merged, or there would soon be no batch left.
  const uint64_t capacity = 1000;
  SharedPool pool(SharedPoolOptions(8, capacity, 3));
  Cache one(pool), two(pool), three(pool);
  support::Random random(3);
  std::vector<uint32_t> taken[3];
  Cache *caches[3] = {&one, &two, &three};
  for (int round = 0; round < 5000; round++) {
    const uint64_t which = random.Below(3);
    std::vector<uint32_t> &mine = taken[which];
    for (uint32_t slot : caches[random.Below(3)]->TakeUpTo(random.Below(70))) mine.push_back(slot);
    while (!mine.empty() && !random.OneIn(40)) {
      ASSERT_STATUS(DRY_OK, caches[which]->Release(mine.back()));
      mine.pop_back();
    }
    ASSERT_STATUS(DRY_OK, dry_shared_pool_flush(caches[random.Below(3)]->get()));
    if (round % 50 == 0) {
      ASSERT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
    }
  }
  uint64_t held = 0;
  for (int i = 0; i < 3; i++) {
    held += taken[i].size();
    EXPECT_STATUS(DRY_OK, dry_shared_pool_flush(caches[i]->get()));
  }
  EXPECT_EQ(held, pool.Stats().in_use);
  EXPECT_EQ(capacity - held, pool.Takeable());
}

TEST(SharedPoolStats, SayWhereSlotsAre) {
  SharedPool pool(SharedPoolOptions(10, 300, 4));
  Cache cache(pool);
  const std::vector<uint32_t> slots = cache.TakeUpTo(70);
  dry_shared_pool_stats stats = pool.Stats();
  EXPECT_EQ(10u, stats.object_bytes);
  // Checked builds guard every pool.
  const uint32_t guarded = stats.granted & DRY_MEMORY_GUARDED;
  EXPECT_EQ(guarded ? 26u : 10u, stats.stride_bytes);
  EXPECT_EQ(300u, stats.capacity_slots);
  EXPECT_EQ(70u, stats.in_use);
  EXPECT_EQ(2 * kMagazine - 70, stats.cached);
  EXPECT_EQ(1u, stats.caches);
  cache.GiveBack(slots);
  EXPECT_EQ(2 * kMagazine, pool.Stats().cached);
  EXPECT_STATUS(DRY_OK, dry_shared_pool_flush(cache.get()));
  stats = pool.Stats();
  EXPECT_EQ(0u, stats.cached);
  EXPECT_EQ(2u, stats.flushes);
  EXPECT_EQ(0u, stats.refills);
  (void)cache.Take();
  EXPECT_EQ(1u, pool.Stats().refills);
  uint64_t bytes = 0;
  const dry_shared_pool_options options = SharedPoolOptions(10, 300, 4, guarded);
  EXPECT_STATUS(DRY_OK, dry_shared_pool_required_bytes(&options, &bytes));
  EXPECT_EQ(bytes, stats.size_bytes);
}

// ---- several at once ----

TEST(SharedPoolMany, AllOrNone) {
  SharedPool pool(8, 300);
  Cache cache(pool);
  std::vector<uint32_t> slots(301, 77);
  EXPECT_STATUS(DRY_FULL, dry_shared_pool_cache_acquire_many(cache.get(), slots.data(), 301));
  EXPECT_EQ(0u, pool.Stats().in_use);
  EXPECT_EQ(std::vector<uint32_t>(301, 0), std::vector<uint32_t>(slots.begin(), slots.end()));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_acquire_many(cache.get(), slots.data(), 300));
  EXPECT_EQ(300u, std::set<uint32_t>(slots.begin(), slots.end() - 1).size());
  std::vector<uint32_t> wrong(slots.begin(), slots.end() - 1);
  wrong[299] = wrong[0];
  EXPECT_STATUS(DRY_STALE, dry_shared_pool_cache_release_many(cache.get(), wrong.data(), 300)) << "one comes twice";
  wrong[299] = 300;
  EXPECT_STATUS(DRY_FOREIGN, dry_shared_pool_cache_release_many(cache.get(), wrong.data(), 300));
  EXPECT_EQ(300u, pool.Stats().in_use);
  EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_release_many(cache.get(), slots.data(), 300));
  EXPECT_EQ(0u, pool.Stats().in_use);
  EXPECT_STATUS(DRY_STALE, dry_shared_pool_cache_release_many(cache.get(), slots.data(), 1));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_acquire_many(cache.get(), nullptr, 0));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_release_many(cache.get(), nullptr, 0));
}

// ---- options ----

TEST(SharedPoolOptions, LimitsAreNamed) {
  dry_shared_pool pool = {};
  dry_detail detail = {};
  const auto create = [&](const dry_shared_pool_options &options) {
    return dry_shared_pool_create(&options, &pool, &detail);
  };
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, create(SharedPoolOptions(0, 1)));
  EXPECT_NE(nullptr, strstr(detail.text, "object_bytes"));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, create(SharedPoolOptions(1, 0)));
  EXPECT_NE(nullptr, strstr(detail.text, "capacity_slots"));
  EXPECT_STATUS(DRY_TOO_LARGE, create(SharedPoolOptions((1ull << 30) + 1, 1)));
  EXPECT_STATUS(DRY_TOO_LARGE, create(SharedPoolOptions(1, DRY_SHARED_POOL_CAPACITY_MAX + 1ull)));
  EXPECT_STATUS(DRY_TOO_LARGE, create(SharedPoolOptions(UINT64_MAX, UINT64_MAX)));
  EXPECT_STATUS(DRY_TOO_LARGE, create(SharedPoolOptions(1 << 30, DRY_SHARED_POOL_CAPACITY_MAX)));
  EXPECT_STATUS(DRY_TOO_LARGE, create(SharedPoolOptions(1, 1, DRY_SHARED_POOL_CACHES_MAX + 1)));
  EXPECT_NE(nullptr, strstr(detail.text, "caches"));
  for (uint64_t align : {3, 8192, 12}) {
    dry_shared_pool_options options = SharedPoolOptions(1, 1);
    options.align_bytes = align;
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, create(options)) << align;
    EXPECT_NE(nullptr, strstr(detail.text, "align_bytes"));
  }
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, create(SharedPoolOptions(1, 1, 1, 1u << 20)));
  EXPECT_STATUS(DRY_OUT_OF_MEMORY, create(SharedPoolOptions(1 << 30, 1 << 15)));
}

TEST(SharedPoolOptions, WhatIsAskedForAndRefusedIsSaid) {
  SharedPool pool(SharedPoolOptions(8, 8, 1, DRY_MEMORY_PREFAULT | DRY_MEMORY_TRACK | DRY_MEMORY_WIPE));
  EXPECT_EQ(uint32_t{DRY_MEMORY_PREFAULT | DRY_MEMORY_WIPE}, pool.Stats().granted & ~uint32_t{DRY_MEMORY_GUARDED});
  EXPECT_EQ(uint32_t{DRY_MEMORY_TRACK}, pool.Stats().refused);
  const dry_shared_pool_options options = SharedPoolOptions(8, 8, 1, DRY_MEMORY_TRACK | DRY_MEMORY_REQUIRED);
  dry_shared_pool none = {};
  EXPECT_STATUS(DRY_UNSUPPORTED, dry_shared_pool_create(&options, &none, nullptr));
}

TEST(SharedPoolOptions, AsManyCachesAsAskedFor) {
  SharedPool pool(SharedPoolOptions(8, 8, 2));
  Cache one(pool), two(pool), three;
  EXPECT_STATUS(DRY_FULL, three.Open(pool));
  EXPECT_NE(nullptr, strstr(three.detail.text, "2 caches"));
  EXPECT_STATUS(DRY_OK, two.Close());
  EXPECT_STATUS(DRY_OK, three.Open(pool));
  EXPECT_EQ(2u, pool.Stats().caches);
}

TEST(SharedPoolReset, FreesAllAndEmptiesOpenCaches) {
  SharedPool pool(SharedPoolOptions(8, 400, 4));
  Cache one(pool), two(pool);
  (void)one.TakeUpTo(150);
  (void)two.TakeUpTo(33);
  ASSERT_STATUS(DRY_OK, dry_shared_pool_reset(pool.get()));
  EXPECT_EQ(0u, pool.Stats().in_use);
  EXPECT_EQ(0u, pool.Stats().cached);
  EXPECT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
  for (uint32_t i = 0; i < 400; i++) EXPECT_EQ(i, one.Take());
  uint32_t slot;
  EXPECT_STATUS(DRY_FULL, two.Acquire(&slot));
}

TEST(SharedPoolOpenings, AnotherOpeningOfTheSameRecordOwnsNothingOfTheFormer) {
  SharedPool pool(SharedPoolOptions(8, 10, 1));
  Cache cache(pool);
  const uint32_t kept = cache.Take();
  const uint32_t first = pool.handle.owners[kept];
  // The words go round after half a million openings: what is still taken then counts as taken without a cache.
  ASSERT_STATUS(DRY_OK, cache.Close());
  pool.handle.caches[0].opening = DRY_SHARED_POOL_OPENINGS_MAX;
  ASSERT_STATUS(DRY_OK, cache.Open(pool));
  EXPECT_EQ(first, cache.get()->owner);
  EXPECT_EQ(DRY_SHARED_POOL_OWNER_NONE, pool.handle.owners[kept]);
  EXPECT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
  EXPECT_STATUS(DRY_OK, cache.Release(kept));
}

TEST(SharedPoolDepot, ItsTagsGoRound) {
  SharedPool pool(SharedPoolOptions(8, 1000, 4));
  dry_shared_pool_header *header = pool.handle.header;
  const uint64_t almost = ((UINT64_C(1) << 40) - 3) << DRY_SHARED_POOL_BATCH_BITS;
  for (uint64_t *head : {&header->full, &header->empty, &header->partial}) *head |= almost;
  Cache one(pool), two(pool);
  for (int round = 0; round < 20; round++) {
    const std::vector<uint32_t> slots = one.TakeUpTo(300);
    ASSERT_EQ(300u, slots.size());
    two.GiveBack(slots);
    EXPECT_STATUS(DRY_OK, dry_shared_pool_flush(one.get()));
    EXPECT_STATUS(DRY_OK, dry_shared_pool_flush(two.get()));
    ASSERT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
  }
  for (uint64_t head : {header->full, header->empty, header->partial}) {
    EXPECT_LT(head >> DRY_SHARED_POOL_BATCH_BITS, 10000u) << "they went through zero";
  }
  EXPECT_EQ(1000u, pool.Takeable());
}

}  // namespace
