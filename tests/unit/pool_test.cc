/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pools in private memory and in spans: what each call answers, and where objects lie. */
#include "tests/support/pool.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <set>

#include "tests/support/process.h"
#include "tests/support/status.h"

namespace {

using support::Pool;
using support::PoolOptions;
using support::PoolSpan;
using support::StatsOf;
using support::UsedOf;

const uint64_t kCapacities[] = {1, 2, 63, 64, 65, 128, 1000};

/* ---- taking and giving back ---- */

TEST(PoolAcquire, GivesEachSlotOnceInAscendingOrderAndThenRefuses) {
  for (uint64_t capacity : kCapacities) {
    SCOPED_TRACE(capacity);
    Pool pool(PoolOptions(24, capacity));
    for (uint32_t i = 0; i < capacity; i++) ASSERT_EQ(i, pool.Acquire());
    for (uint64_t failures = 1; failures < 3; failures++) {
      uint32_t slot = 7;
      EXPECT_STATUS(DRY_FULL, dry_pool_acquire(pool.get(), &slot));
      EXPECT_EQ(0u, slot) << "outputs are zero after an error";
      EXPECT_EQ(failures, StatsOf(pool.get()).failures);
    }
    EXPECT_EQ(capacity, StatsOf(pool.get()).in_use);
    EXPECT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
  }
}

TEST(PoolAcquire, GivesTheSlotThatWasFreedLast) {
  Pool pool(PoolOptions(24, 10));
  for (int i = 0; i < 5; i++) pool.Acquire();
  for (uint32_t slot : {1u, 3u, 0u}) EXPECT_STATUS(DRY_OK, pool.Release(slot));
  EXPECT_EQ(0u, pool.Acquire());
  EXPECT_EQ(3u, pool.Acquire());
  EXPECT_EQ(1u, pool.Acquire());
  EXPECT_EQ(5u, pool.Acquire()) << "with none freed, the next never-used one";
}

TEST(PoolAcquire, GivesZerosAtFirst) {
  Pool pool(PoolOptions(100, 50));
  for (int i = 0; i < 50; i++) EXPECT_EQ(std::string(100, '\0'), pool.Read(pool.Acquire()));
}

TEST(PoolAcquire, LeavesInAnObjectWhatWasThere) {
  const PoolSpan span(PoolOptions(8, 4));
  Pool pool(span);
  EXPECT_EQ(std::string(8, '\xa5'), pool.Read(pool.Acquire())) << "the span's bytes";
  std::memcpy(pool.At(0), "contents", 8);
  EXPECT_STATUS(DRY_OK, pool.Release(0));
  EXPECT_EQ(0u, pool.Acquire());
  EXPECT_EQ("contents", pool.Read(0));
}

TEST(PoolRelease, SaysWhatIsWrongAndChangesNothing) {
  Pool pool(PoolOptions(24, 10));
  for (int i = 0; i < 4; i++) pool.Acquire();
  EXPECT_STATUS(DRY_OK, pool.Release(2));
  EXPECT_STATUS(DRY_STALE, pool.Release(2)) << "twice";
  EXPECT_STATUS(DRY_STALE, pool.Release(4)) << "never taken";
  EXPECT_STATUS(DRY_STALE, pool.Release(9));
  EXPECT_STATUS(DRY_FOREIGN, pool.Release(10)) << "beyond the capacity";
  EXPECT_STATUS(DRY_FOREIGN, pool.Release(UINT32_MAX));
  EXPECT_EQ((std::vector<uint32_t>{0, 1, 3}), UsedOf(pool.get()));
  EXPECT_EQ(2u, pool.Acquire());
  EXPECT_EQ(4u, pool.Acquire());
}

TEST(PoolReset, FreesAllAndBeginsAnewFromSlotZero) {
  for (uint64_t capacity : kCapacities) {
    SCOPED_TRACE(capacity);
    Pool pool(PoolOptions(24, capacity));
    for (uint64_t i = 0; i < capacity; i++) pool.Acquire();
    for (uint32_t i = 0; i < capacity; i += 3) EXPECT_STATUS(DRY_OK, pool.Release(i));
    EXPECT_STATUS(DRY_OK, dry_pool_reset(pool.get()));
    EXPECT_EQ(0u, StatsOf(pool.get()).in_use);
    EXPECT_EQ(capacity, StatsOf(pool.get()).peak) << "the peak survives";
    EXPECT_STATUS(DRY_STALE, pool.Release(0));
    EXPECT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
    for (uint32_t i = 0; i < capacity; i++) ASSERT_EQ(i, pool.Acquire());
    EXPECT_EQ(capacity, StatsOf(pool.get()).peak);
  }
}

TEST(PoolReset, OfAnUntouchedPoolIsFine) {
  Pool pool(PoolOptions(24, 10));
  EXPECT_STATUS(DRY_OK, dry_pool_reset(pool.get()));
  EXPECT_EQ(0u, StatsOf(pool.get()).peak);
}

/* ---- batches ---- */

TEST(PoolMany, TakesAndGivesBackInTheSameOrderAsSingleCalls) {
  Pool one(PoolOptions(24, 300)), many(PoolOptions(24, 300));
  std::vector<uint32_t> slots(200), again(200);
  ASSERT_STATUS(DRY_OK, dry_pool_acquire_many(many.get(), slots.data(), 200));
  for (uint32_t slot : slots) EXPECT_EQ(slot, one.Acquire());
  std::reverse(slots.begin() + 50, slots.end());
  ASSERT_STATUS(DRY_OK, dry_pool_release_many(many.get(), slots.data(), 150));
  for (int i = 0; i < 150; i++) EXPECT_STATUS(DRY_OK, one.Release(slots[i]));
  EXPECT_EQ(UsedOf(one.get()), UsedOf(many.get()));
  ASSERT_STATUS(DRY_OK, dry_pool_acquire_many(many.get(), again.data(), 200)) << "150 freed ones and 50 fresh ones";
  for (uint32_t slot : again) EXPECT_EQ(slot, one.Acquire());
  EXPECT_EQ(250u, StatsOf(many.get()).in_use);
}

TEST(PoolMany, TakesNoneWhereOneIsMissing) {
  Pool pool(PoolOptions(24, 10));
  for (int i = 0; i < 4; i++) pool.Acquire();
  EXPECT_STATUS(DRY_OK, pool.Release(1));
  std::vector<uint32_t> slots(8, 99);
  EXPECT_STATUS(DRY_FULL, dry_pool_acquire_many(pool.get(), slots.data(), 8));
  EXPECT_EQ(std::vector<uint32_t>(8, 0), slots);
  EXPECT_EQ(1u, StatsOf(pool.get()).failures);
  EXPECT_EQ((std::vector<uint32_t>{0, 2, 3}), UsedOf(pool.get()));
  std::vector<uint32_t> capacity(10, 99);
  EXPECT_STATUS(DRY_FULL, dry_pool_acquire_many(pool.get(), capacity.data(), UINT64_C(1) << 61));
  EXPECT_EQ(std::vector<uint32_t>(10, 0), capacity) << "no more than the capacity is zeroed";
}

TEST(PoolMany, TakesNoneAndGivesNoneIsFine) {
  Pool pool(PoolOptions(24, 1));
  EXPECT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), nullptr, 0));
  EXPECT_STATUS(DRY_OK, dry_pool_release_many(pool.get(), nullptr, 0));
  pool.Acquire();
  EXPECT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), nullptr, 0)) << "also of a full pool";
}

TEST(PoolMany, GivesBackNoneWhereOneIsWrong) {
  for (uint32_t flags : {0u, static_cast<uint32_t>(DRY_MEMORY_GUARDED), static_cast<uint32_t>(DRY_MEMORY_WIPE)}) {
    SCOPED_TRACE(flags);
    Pool pool(PoolOptions(24, 100, flags));
    for (int i = 0; i < 80; i++) pool.Acquire();
    EXPECT_STATUS(DRY_OK, pool.Release(7));
    const auto before = UsedOf(pool.get());
    for (uint32_t slot : before) std::memset(pool.At(slot), static_cast<int>(slot), 24);
    struct Case {
      std::vector<uint32_t> slots;
      dry_status status;
    };
    for (const Case &c : {Case{{1, 2, 7}, DRY_STALE}, Case{{7, 1}, DRY_STALE}, Case{{1, 2, 90}, DRY_STALE},
                          Case{{1, 2, 1}, DRY_STALE}, Case{{5, 5}, DRY_STALE}, Case{{1, 2, 100}, DRY_FOREIGN},
                          Case{{UINT32_MAX}, DRY_FOREIGN}, Case{{70, 3, 60, 3}, DRY_STALE}}) {
      EXPECT_STATUS(c.status, dry_pool_release_many(pool.get(), c.slots.data(), c.slots.size()));
      EXPECT_EQ(before, UsedOf(pool.get()));
    }
    EXPECT_STATUS(DRY_STALE, dry_pool_release_many(pool.get(), std::vector<uint32_t>(1000, 4).data(), 1000))
        << "more than there are";
    EXPECT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
    for (uint32_t slot : before) EXPECT_EQ(std::string(24, static_cast<char>(slot)), pool.Read(slot)) << slot;
    EXPECT_STATUS(DRY_OK, dry_pool_release_many(pool.get(), before.data(), before.size()));
    EXPECT_EQ(0u, StatsOf(pool.get()).in_use);
  }
}

/* ---- addresses ---- */

TEST(PoolAlloc, GivesAlignedObjectsThatDoNotOverlap) {
  for (uint64_t size : {1u, 2u, 3u, 7u, 8u, 24u, 63u, 64u, 100u, 4097u}) {
    for (uint64_t align = 1; align <= DRY_POOL_ALIGN_MAX; align *= 2) {
      SCOPED_TRACE(std::to_string(size) + " aligned to " + std::to_string(align));
      Pool pool(PoolOptions(size, 20, 0, align));
      const dry_pool_stats stats = StatsOf(pool.get());
      EXPECT_EQ(align, stats.align_bytes);
      EXPECT_GE(stats.stride_bytes, size);
      EXPECT_EQ(0u, stats.stride_bytes % align);
      std::set<uintptr_t> starts;
      for (int i = 0; i < 20; i++) {
        void *memory = nullptr;
        ASSERT_STATUS(DRY_OK, dry_pool_alloc(pool.get(), &memory));
        std::memset(memory, i, size);
        EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(memory) % align);
        starts.insert(reinterpret_cast<uintptr_t>(memory));
      }
      for (auto at = starts.begin(); std::next(at) != starts.end(); ++at) EXPECT_GE(*std::next(at) - *at, size);
      for (uint32_t i = 0; i < 20; i++) EXPECT_EQ(std::string(size, static_cast<char>(i)), pool.Read(i));
    }
  }
}

TEST(PoolAlloc, AlignsByDefaultToTheLargestPowerOfTwoThatDividesTheSizeToSixteen) {
  const uint64_t expected[][2] = {{1, 1}, {2, 2}, {3, 1}, {4, 4}, {6, 2}, {8, 8}, {12, 4}, {16, 16}, {24, 8}, {32, 16},
                                  {48, 16}, {64, 16}, {4096, 16}};
  for (const auto &pair : expected) {
    const PoolSpan span(PoolOptions(pair[0], 3));
    Pool pool(span);
    EXPECT_EQ(pair[1], StatsOf(pool.get()).align_bytes) << pair[0];
    EXPECT_EQ(pair[0], StatsOf(pool.get()).stride_bytes) << "nothing is added";
  }
}

TEST(PoolFree, RefusesEveryAddressThatIsNotAnObject) {
  for (uint64_t size : {1u, 3u, 8u, 40u, 64u}) {
    for (uint32_t flags : {0u, static_cast<uint32_t>(DRY_MEMORY_GUARDED)}) {
      SCOPED_TRACE(std::to_string(size) + ", flags " + std::to_string(flags));
      Pool pool(PoolOptions(size, 10, flags));
      for (int i = 0; i < 10; i++) pool.Acquire();
      uint8_t *first = pool.At(0);
      const uint64_t stride = StatsOf(pool.get()).stride_bytes;
      for (uint64_t offset = 0; offset < 12 * stride; offset++) {
        const bool inside = offset < 10 * stride && offset % stride == 0;
        uint32_t slot = 99;
        EXPECT_STATUS(inside ? DRY_OK : DRY_FOREIGN, dry_pool_slot_of(pool.get(), first + offset, &slot));
        EXPECT_EQ(inside ? offset / stride : 0, slot);
        if (inside) continue;
        EXPECT_STATUS(DRY_FOREIGN, dry_pool_free(pool.get(), first + offset)) << offset;
        EXPECT_STATUS(DRY_FOREIGN, dry_pool_free_at(pool.get(), offset)) << offset;
      }
      EXPECT_STATUS(DRY_FOREIGN, dry_pool_free(pool.get(), first - 1));
      EXPECT_STATUS(DRY_FOREIGN, dry_pool_free(pool.get(), first - stride));
      EXPECT_STATUS(DRY_FOREIGN, dry_pool_free(pool.get(), nullptr));
      EXPECT_STATUS(DRY_FOREIGN, dry_pool_free(pool.get(), &pool));
      EXPECT_STATUS(DRY_FOREIGN, dry_pool_free_at(pool.get(), UINT64_MAX));
      EXPECT_STATUS(DRY_FOREIGN, dry_pool_free_at(pool.get(), UINT64_MAX - stride + 1));
      EXPECT_EQ(10u, StatsOf(pool.get()).in_use) << "nothing has changed";
      for (uint64_t i = 0; i < 10; i += 2) EXPECT_STATUS(DRY_OK, dry_pool_free(pool.get(), first + i * stride));
      for (uint64_t i = 1; i < 10; i += 2) EXPECT_STATUS(DRY_OK, dry_pool_free_at(pool.get(), i * stride));
      EXPECT_STATUS(DRY_STALE, dry_pool_free(pool.get(), first));
      EXPECT_STATUS(DRY_STALE, dry_pool_free_at(pool.get(), stride));
    }
  }
}

TEST(PoolFree, RefusesAnObjectOfAnotherPool) {
  Pool mine(PoolOptions(64, 10)), other(PoolOptions(64, 10));
  mine.Acquire();
  void *foreign = nullptr;
  ASSERT_STATUS(DRY_OK, dry_pool_alloc(other.get(), &foreign));
  EXPECT_STATUS(DRY_FOREIGN, dry_pool_free(mine.get(), foreign));
  EXPECT_EQ(1u, StatsOf(mine.get()).in_use);
  EXPECT_STATUS(DRY_OK, dry_pool_free(other.get(), foreign));
}

/* One multiplication stands for the division, which must be exact for every stride there is. */
TEST(PoolSlotOf, IsExactForEveryStride) {
  for (uint64_t size = 1; size < 1500; size += size < 300 ? 1 : 37) {
    const PoolSpan span(PoolOptions(size, 70, 0, 1));
    Pool pool(span);
    uint8_t *slots = pool.handle.slots;
    for (uint64_t offset = 0; offset < 70 * size; offset += offset % size < 2 || offset % size > size - 3 ? 1 : size / 5 + 1) {
      uint32_t slot = 0;
      const dry_status status = dry_pool_slot_of(pool.get(), slots + offset, &slot);
      ASSERT_STATUS(offset % size == 0 ? DRY_OK : DRY_FOREIGN, status) << size << ": " << offset;
      if (status == DRY_OK) {
        ASSERT_EQ(offset / size, slot);
      }
    }
  }
}

TEST(PoolSlotOf, IsExactInLargePools) {
  for (uint64_t size : {24u, 100u, 4097u, 1000003u}) {
    Pool pool(PoolOptions(size, 3000000000 / size, 0, 1));
    pool.DoNotValidate(); /* which would look at each of them */
    const uint64_t stride = StatsOf(pool.get()).stride_bytes, last = StatsOf(pool.get()).capacity_slots - 1;
    for (uint64_t i : {UINT64_C(0), UINT64_C(1), last / 2, last - 1, last}) {
      uint32_t slot = 0;
      EXPECT_STATUS(DRY_OK, dry_pool_slot_of(pool.get(), pool.handle.slots + i * stride, &slot));
      EXPECT_EQ(i, slot);
      EXPECT_STATUS(DRY_FOREIGN, dry_pool_slot_of(pool.get(), pool.handle.slots + i * stride + 1, &slot));
      EXPECT_STATUS(DRY_FOREIGN, dry_pool_slot_of(pool.get(), pool.handle.slots + i * stride - 1, &slot));
    }
  }
}

/* ---- objects ---- */

TEST(PoolObject, IsReadAndWrittenInsideItsBounds) {
  Pool pool(PoolOptions(10, 3));
  pool.Acquire();
  pool.Acquire();
  EXPECT_STATUS(DRY_OK, dry_pool_fill(pool.get(), 0, 'a'));
  EXPECT_STATUS(DRY_OK, dry_pool_fill(pool.get(), 1, 'b'));
  EXPECT_STATUS(DRY_OK, dry_pool_write(pool.get(), 0, 3, "xyz", 3));
  EXPECT_EQ("aaaxyzaaaa", pool.Read(0));
  EXPECT_EQ("bbbbbbbbbb", pool.Read(1));
  char bytes[11] = {};
  EXPECT_STATUS(DRY_OK, dry_pool_read(pool.get(), 0, 10, bytes, 0));
  EXPECT_STATUS(DRY_OK, dry_pool_read(pool.get(), 0, 0, nullptr, 0));
  EXPECT_STATUS(DRY_OK, dry_pool_read(pool.get(), 0, 9, bytes, 1));
  for (uint64_t at : {UINT64_C(1), UINT64_C(10), UINT64_C(11), UINT64_MAX}) {
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_read(pool.get(), 0, at, bytes, 10)) << at;
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_write(pool.get(), 0, at, bytes, 10)) << at;
  }
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_read(pool.get(), 0, 0, bytes, UINT64_MAX));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_read(pool.get(), 0, 0, nullptr, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_write(pool.get(), 0, 0, nullptr, 1));
  EXPECT_EQ("aaaxyzaaaa", pool.Read(0));
}

TEST(PoolObject, IsReachedOnlyWhileItsSlotIsTaken) {
  Pool pool(PoolOptions(10, 3));
  pool.Acquire();
  void *memory = &pool;
  char byte = 0;
  for (uint32_t slot : {1u, 2u, 3u, UINT32_MAX}) {
    const dry_status expected = slot < 3 ? DRY_STALE : DRY_FOREIGN;
    EXPECT_STATUS(expected, dry_pool_at(pool.get(), slot, &memory));
    EXPECT_EQ(nullptr, memory);
    EXPECT_STATUS(expected, dry_pool_fill(pool.get(), slot, 1));
    EXPECT_STATUS(expected, dry_pool_read(pool.get(), slot, 0, &byte, 1));
    EXPECT_STATUS(expected, dry_pool_write(pool.get(), slot, 0, &byte, 1));
  }
}

TEST(PoolNextUsed, WalksEveryTakenSlotAcrossWords) {
  Pool pool(PoolOptions(8, 200));
  for (int i = 0; i < 200; i++) pool.Acquire();
  std::vector<uint32_t> expected;
  for (uint32_t slot = 0; slot < 200; slot++) {
    if (slot == 0 || slot == 63 || slot == 64 || slot == 130 || slot == 199)
      expected.push_back(slot);
    else
      EXPECT_STATUS(DRY_OK, pool.Release(slot));
  }
  EXPECT_EQ(expected, UsedOf(pool.get()));
  uint32_t slot = 5;
  EXPECT_STATUS(DRY_OK, dry_pool_next_used(pool.get(), 65, &slot));
  EXPECT_EQ(130u, slot);
  EXPECT_STATUS(DRY_NOT_FOUND, dry_pool_next_used(pool.get(), 200, &slot));
  EXPECT_STATUS(DRY_NOT_FOUND, dry_pool_next_used(pool.get(), UINT32_MAX, &slot));
  EXPECT_EQ(0u, slot);
}

/* ---- creation, spans, facts ---- */

TEST(PoolSpanForm, NeedsNoMoreThanIsPromised) {
  for (uint64_t capacity : kCapacities) {
    for (uint64_t size : {1u, 8u, 24u, 100u}) {
      const dry_pool_options options = PoolOptions(size, capacity);
      uint64_t bytes = 0;
      ASSERT_STATUS(DRY_OK, dry_pool_required_bytes(&options, &bytes));
      EXPECT_LE(bytes, DRY_POOL_HEADER_BYTES + 5 * capacity + 70 + capacity * size);
      EXPECT_LE(bytes, 256 + capacity * (size + 5));
    }
  }
}

TEST(PoolSpanForm, IsFoundAgainByTheNextHandleWithAllThatIsTaken) {
  const PoolSpan span(PoolOptions(8, 100));
  {
    Pool pool(span);
    for (int i = 0; i < 50; i++) pool.Acquire();
    std::memcpy(pool.At(20), "survives", 8);
    for (uint32_t slot : {30u, 10u, 40u}) EXPECT_STATUS(DRY_OK, pool.Release(slot));
  }
  Pool pool(span);
  EXPECT_EQ(47u, StatsOf(pool.get()).in_use);
  EXPECT_EQ("survives", pool.Read(20));
  EXPECT_EQ(40u, pool.Acquire()) << "the stack is kept";
  EXPECT_EQ(10u, pool.Acquire());
  EXPECT_EQ(30u, pool.Acquire());
  EXPECT_EQ(50u, pool.Acquire());
}

TEST(PoolSpanForm, TouchesNothingBehindItsEnd) {
  const dry_pool_options options = PoolOptions(24, 70);
  uint64_t bytes = 0;
  ASSERT_STATUS(DRY_OK, dry_pool_required_bytes(&options, &bytes));
  support::Buffer buffer((bytes + 63) / 64 * 64 + 64);
  std::memset(buffer.data(), 0x77, buffer.size());
  EXPECT_STATUS(DRY_TOO_LARGE, dry_pool_init(buffer.data(), bytes - 1, &options));
  EXPECT_EQ(std::string(buffer.size(), '\x77'), buffer.Copy()) << "refused, so nothing was written";
  ASSERT_STATUS(DRY_OK, dry_pool_init(buffer.data(), bytes, &options));
  {
    Pool pool;
    ASSERT_STATUS(DRY_OK, dry_pool_attach(buffer.data(), bytes, pool.get(), nullptr));
    for (int i = 0; i < 70; i++) EXPECT_STATUS(DRY_OK, dry_pool_fill(pool.get(), pool.Acquire(), 1));
  }
  EXPECT_EQ(std::string(buffer.size() - bytes, '\x77'), buffer.Copy().substr(bytes));
}

TEST(PoolStats, CountWhatHappened) {
  Pool pool(PoolOptions(40, 10));
  dry_pool_stats stats = StatsOf(pool.get());
  EXPECT_EQ(40u, stats.object_bytes);
  EXPECT_EQ(10u, stats.capacity_slots);
  EXPECT_EQ(10u, stats.capacity_max_slots);
  EXPECT_EQ(0u, stats.in_use);
  EXPECT_EQ(0u, stats.peak);
  EXPECT_EQ(0u, stats.withdrawn);
  for (int i = 0; i < 6; i++) pool.Acquire();
  for (uint32_t slot = 0; slot < 4; slot++) EXPECT_STATUS(DRY_OK, pool.Release(slot));
  pool.Acquire();
  stats = StatsOf(pool.get());
  EXPECT_EQ(3u, stats.in_use);
  EXPECT_EQ(6u, stats.peak);
  EXPECT_GE(stats.size_bytes, 10 * stats.stride_bytes);
}

/** Bytes of this process that memory is behind. */
uint64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t mapped = 0, resident = 0;
  file >> mapped >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

TEST(PoolCreate, TouchesNoObject) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  const uint64_t allowed = UINT64_C(1) << 30; /* the sanitizer's own shadow of it */
#else
  const uint64_t allowed = UINT64_C(1) << 22;
#endif
  const uint64_t before = ResidentBytes();
  Pool pool(PoolOptions(8, UINT64_C(1) << 26));
  pool.DoNotValidate();
  EXPECT_EQ(0u, pool.Acquire());
  EXPECT_LT(ResidentBytes() - before, allowed) << "of 900 MB";
  EXPECT_STATUS(DRY_OK, dry_pool_reset(pool.get()));
}

TEST(PoolCreate, SaysWhatTheSystemGranted) {
  const uint32_t asked = DRY_MEMORY_FLAGS & ~uint32_t{DRY_MEMORY_REQUIRED};
  Pool pool(PoolOptions(4096, 1000, asked));
  const dry_pool_stats stats = StatsOf(pool.get());
  EXPECT_EQ(asked, stats.granted | stats.refused);
  EXPECT_EQ(0u, stats.granted & stats.refused);
  dry_pool_options required = PoolOptions(4096, 1000, asked | DRY_MEMORY_REQUIRED);
  Pool strict;
  EXPECT_STATUS(stats.refused ? DRY_UNSUPPORTED : DRY_OK, dry_pool_create(&required, strict.get(), nullptr));
}

TEST(PoolCreate, GivesAllMemoryBackAtTheEnd) {
  const support::Held before = support::HeldNow();
  for (int i = 0; i < 20; i++) {
    Pool pool(PoolOptions(100, 1000, DRY_MEMORY_TRACK | DRY_MEMORY_GUARDED));
    pool.Acquire();
  }
  EXPECT_TRUE(before == support::HeldNow());
}

}  // namespace
