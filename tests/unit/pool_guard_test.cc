/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Guarded, wiped and tracked pools: every write where nobody may is found, and nothing else is. */
#include <cstring>

#include "tests/support/pool.h"
#include "tests/support/status.h"

namespace {

using support::Pool;
using support::PoolOptions;
using support::PoolSpan;
using support::StatsOf;
using support::UsedOf;

const uint32_t kGuarded = DRY_MEMORY_GUARDED;

/* What AddressSanitizer would stop at once is done behind its back: the pool must see it by itself too. */
__attribute__((no_sanitize("address"), noinline)) void Poke(uint8_t *at, uint8_t value) {
  *static_cast<volatile uint8_t *>(at) = value;
}

__attribute__((no_sanitize("address"), noinline)) uint8_t Peek(const uint8_t *at) {
  return *static_cast<const volatile uint8_t *>(at);
}

uint8_t *Object(const Pool &pool, uint32_t slot) { return pool.handle.slots + slot * pool.handle.stride_bytes; }

/** Everything that is checked, at once. */
std::string Damage(Pool *pool) { return pool->Validate() == DRY_OK ? "" : pool->detail.text; }

TEST(PoolGuard, KeepsSixteenBytesBehindEachObject) {
  for (uint64_t size : {1u, 8u, 24u, 100u, 4096u}) {
    Pool pool(PoolOptions(size, 10, kGuarded));
    EXPECT_GE(StatsOf(pool.get()).stride_bytes, size + DRY_POOL_CANARY_BYTES);
  }
}

TEST(PoolGuard, FindsNothingWhereNothingIsWrong) {
  for (uint32_t flags : {kGuarded, kGuarded | DRY_MEMORY_WIPE}) {
    Pool pool(PoolOptions(24, 100, flags));
    for (int round = 0; round < 5; round++) {
      for (int i = 0; i < 100; i++) std::memset(pool.At(pool.Acquire()), 0xff, 24);
      EXPECT_EQ("", Damage(&pool));
      for (uint32_t i = 0; i < 100; i += 2) EXPECT_STATUS(DRY_OK, pool.Release(i));
      EXPECT_EQ("", Damage(&pool));
      EXPECT_STATUS(DRY_OK, dry_pool_reset(pool.get()));
      EXPECT_EQ("", Damage(&pool));
    }
    EXPECT_EQ(0u, StatsOf(pool.get()).withdrawn);
  }
}

/** One write at `offset` from the start of slot 5's object, while 4, 5 and 6 are taken. */
void WriteBeside(int64_t offset, uint32_t found_in) {
  SCOPED_TRACE(offset);
  Pool pool(PoolOptions(24, 10, kGuarded));
  for (int i = 0; i < 10; i++) pool.Acquire();
  uint8_t *at = Object(pool, 5) + offset;
  Poke(at, static_cast<uint8_t>(Peek(at) ^ 1));
  EXPECT_STATUS(DRY_CORRUPT, pool.Validate());
  EXPECT_NE(nullptr, strstr(pool.detail.text, ("slot " + std::to_string(found_in)).c_str())) << pool.detail.text;
  EXPECT_STATUS(DRY_CORRUPT, pool.Release(found_in));
  EXPECT_EQ(1u, StatsOf(pool.get()).withdrawn);
  EXPECT_EQ(10u, StatsOf(pool.get()).in_use) << "it counts as taken";
  EXPECT_STATUS(DRY_STALE, pool.Release(found_in)) << "nobody has it any more";
  void *memory;
  EXPECT_STATUS(DRY_STALE, dry_pool_at(pool.get(), found_in, &memory));
  EXPECT_EQ(9u, UsedOf(pool.get()).size());
  for (uint32_t slot : UsedOf(pool.get())) EXPECT_STATUS(DRY_OK, pool.Release(slot)) << slot;
  std::vector<uint32_t> all(10);
  EXPECT_STATUS(DRY_FULL, dry_pool_acquire_many(pool.get(), all.data(), 10)) << "it is not handed out again";
  EXPECT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), all.data(), 9));
  for (uint32_t i = 0; i < 9; i++) EXPECT_NE(found_in, all[i]);
  EXPECT_STATUS(DRY_OK, dry_pool_reset(pool.get()));
  EXPECT_EQ(0u, StatsOf(pool.get()).withdrawn);
  EXPECT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), all.data(), 10)) << "a reset brings it back";
  EXPECT_EQ("", Damage(&pool));
}

TEST(PoolGuard, FindsAWriteBehindAnObjectWhenItIsFreed) {
  for (int64_t offset = 24; offset < 24 + DRY_POOL_CANARY_BYTES; offset++) WriteBeside(offset, 5);
}

TEST(PoolGuard, FindsAWriteBeforeAnObjectWhenItsNeighbourIsFreed) {
  for (int64_t offset = -1; offset >= -DRY_POOL_CANARY_BYTES; offset--) WriteBeside(offset, 4);
}

TEST(PoolGuard, FindsAWriteBeforeAnObjectWhenItIsFreedItself) {
  Pool pool(PoolOptions(24, 10, kGuarded));
  for (int i = 0; i < 10; i++) pool.Acquire();
  Poke(Object(pool, 5) - 1, 0x11);
  EXPECT_STATUS(DRY_CORRUPT, pool.Release(5));
  EXPECT_STATUS(DRY_OK, pool.Release(6)) << "whose own canaries are whole";
  EXPECT_STATUS(DRY_CORRUPT, pool.Release(4)) << "it may have been the one that wrote too far";
  EXPECT_EQ(2u, StatsOf(pool.get()).withdrawn);
}

TEST(PoolGuard, FindsAWriteBeforeTheFirstObject) {
  for (int64_t offset : {1, 8, 16}) {
    Pool pool(PoolOptions(24, 10, kGuarded));
    pool.Acquire();
    uint8_t *at = Object(pool, 0) - offset;
    Poke(at, static_cast<uint8_t>(Peek(at) + 1));
    EXPECT_NE("", Damage(&pool));
    EXPECT_STATUS(DRY_CORRUPT, pool.Release(0)) << offset;
    pool.DoNotValidate();
  }
}

TEST(PoolGuard, FindsTheCanaryOfAnotherSlotWhereItIsCopiedTo) {
  Pool pool(PoolOptions(24, 10, kGuarded));
  for (int i = 0; i < 10; i++) pool.Acquire();
  for (uint64_t i = 0; i < pool.handle.stride_bytes; i++) Poke(Object(pool, 5) + i, Peek(Object(pool, 2) + i));
  EXPECT_STATUS(DRY_CORRUPT, pool.Release(5)) << "stride_bytes were copied in place of object_bytes";
}

TEST(PoolGuard, FindsAWriteIntoAFreeObjectWhenItIsTakenAgain) {
  for (uint64_t offset : {0u, 1u, 12u, 23u, 24u, 39u}) {
    SCOPED_TRACE(offset);
    Pool pool(PoolOptions(24, 10, kGuarded));
    for (int i = 0; i < 6; i++) pool.Acquire();
    EXPECT_STATUS(DRY_OK, pool.Release(3));
    EXPECT_STATUS(DRY_OK, pool.Release(2));
    Poke(Object(pool, 2) + offset, 0x11);
    EXPECT_STATUS(DRY_CORRUPT, pool.Validate());
    EXPECT_NE(nullptr, strstr(pool.detail.text, "slot 2")) << pool.detail.text;
    uint32_t slot = 9;
    EXPECT_STATUS(DRY_CORRUPT, dry_pool_acquire(pool.get(), &slot));
    EXPECT_EQ(0u, slot);
    EXPECT_EQ(1u, StatsOf(pool.get()).withdrawn);
    EXPECT_EQ(3u, pool.Acquire()) << "the next one";
    EXPECT_EQ(6u, pool.Acquire());
    EXPECT_EQ("", Damage(&pool)) << "what is withdrawn is not complained of again";
  }
}

TEST(PoolGuard, FindsAWriteIntoAnObjectThatAResetFreed) {
  Pool pool(PoolOptions(24, 10, kGuarded));
  for (int i = 0; i < 6; i++) pool.Acquire();
  EXPECT_STATUS(DRY_OK, pool.Release(1));
  EXPECT_STATUS(DRY_OK, dry_pool_reset(pool.get()));
  Poke(Object(pool, 2), 0x11);
  EXPECT_NE("", Damage(&pool));
  EXPECT_EQ(0u, pool.Acquire());
  EXPECT_EQ(1u, pool.Acquire());
  uint32_t slot;
  EXPECT_STATUS(DRY_CORRUPT, dry_pool_acquire(pool.get(), &slot));
  EXPECT_EQ(3u, pool.Acquire());
}

TEST(PoolGuard, ABatchWithADamagedObjectTakesAndGivesNone) {
  Pool pool(PoolOptions(24, 10, kGuarded));
  std::vector<uint32_t> slots(8), taken(8);
  ASSERT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), taken.data(), 8));
  for (uint32_t slot : taken) std::memset(pool.At(slot), 7, 24);
  Poke(Object(pool, 6) + 24, 0x11);
  EXPECT_STATUS(DRY_CORRUPT, dry_pool_release_many(pool.get(), taken.data(), 7));
  EXPECT_EQ(7u, UsedOf(pool.get()).size()) << "one is withdrawn, the others are kept";
  for (uint32_t slot : UsedOf(pool.get())) EXPECT_EQ(std::string(24, '\7'), pool.Read(slot));
  for (uint32_t slot : UsedOf(pool.get())) EXPECT_STATUS(DRY_OK, pool.Release(slot));
  Poke(Object(pool, 4) + 3, 0x11);
  EXPECT_STATUS(DRY_CORRUPT, dry_pool_acquire_many(pool.get(), slots.data(), 7));
  EXPECT_EQ(std::vector<uint32_t>(8, 0), slots);
  EXPECT_EQ(0u, UsedOf(pool.get()).size());
  EXPECT_EQ(2u, StatsOf(pool.get()).withdrawn);
  EXPECT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), slots.data(), 8));
  EXPECT_EQ("", Damage(&pool));
}

TEST(PoolGuard, WithdrawnSlotsStayWithdrawnForTheNextHandle) {
  const PoolSpan span(PoolOptions(24, 10, kGuarded));
  {
    Pool pool(span);
    for (int i = 0; i < 5; i++) pool.Acquire();
    Poke(Object(pool, 2) + 24, 0x11);
    EXPECT_STATUS(DRY_CORRUPT, pool.Release(2));
  }
  span.header()->withdrawn = 0; /* as a process leaves it that was killed before it counted */
  Pool pool(span);
  EXPECT_EQ(1u, StatsOf(pool.get()).withdrawn);
  EXPECT_STATUS(DRY_STALE, pool.Release(2));
  EXPECT_EQ((std::vector<uint32_t>{0, 1, 3, 4}), UsedOf(pool.get()));
}

TEST(PoolGuard, PoisonsWhatIsFree) {
  Pool pool(PoolOptions(24, 10, kGuarded));
  pool.Acquire();
  std::memset(pool.At(0), 'x', 24);
  uint8_t *object = pool.At(0);
  EXPECT_STATUS(DRY_OK, pool.Release(0));
  for (int i = 0; i < 24; i++) EXPECT_EQ(DRY_POOL_POISON_BYTE, Peek(object + i));
}

/* ---- wiping ---- */

TEST(PoolWipe, OverwritesWhatIsFreedOneByOneInBatchesAndByAReset) {
  for (uint32_t flags : {static_cast<uint32_t>(DRY_MEMORY_WIPE), DRY_MEMORY_WIPE | kGuarded}) {
    const PoolSpan span(PoolOptions(40, 20, flags));
    Pool pool(span);
    std::vector<uint32_t> slots(20);
    ASSERT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), slots.data(), 20));
    for (uint32_t slot : slots) std::memcpy(pool.At(slot), "a secret of this process, 40 bytes long.", 40);
    EXPECT_STATUS(DRY_OK, pool.Release(0));
    EXPECT_STATUS(DRY_OK, dry_pool_free(pool.get(), pool.At(1)));
    EXPECT_STATUS(DRY_OK, dry_pool_free_at(pool.get(), 2 * pool.handle.stride_bytes));
    EXPECT_STATUS(DRY_OK, dry_pool_release_many(pool.get(), slots.data() + 3, 7));
    EXPECT_STATUS(DRY_OK, dry_pool_reset(pool.get()));
    std::string bytes;
    for (uint64_t i = 0; i < span.size(); i++) bytes += static_cast<char>(Peek(span.data() + i));
    EXPECT_EQ(std::string::npos, bytes.find("secret"));
    EXPECT_EQ(std::string::npos, bytes.find("bytes long"));
    for (int i = 0; i < 20; i++) EXPECT_EQ(std::string(40, '\0'), pool.Read(pool.Acquire())) << "zeros when taken";
  }
}

TEST(PoolWipe, LeavesOtherObjectsAlone) {
  Pool pool(PoolOptions(7, 3, DRY_MEMORY_WIPE));
  for (int i = 0; i < 3; i++) EXPECT_STATUS(DRY_OK, dry_pool_fill(pool.get(), pool.Acquire(), 'x'));
  EXPECT_STATUS(DRY_OK, pool.Release(1));
  EXPECT_EQ("xxxxxxx", pool.Read(0));
  EXPECT_EQ("xxxxxxx", pool.Read(2));
}

/* ---- leaks ---- */

struct Told {
  std::vector<dry_leak> leaks;
  int32_t stop_after = -1;
};

int32_t Tell(void *context, const dry_leak *leak) {
  Told *told = static_cast<Told *>(context);
  told->leaks.push_back(*leak);
  return static_cast<int32_t>(told->leaks.size()) == told->stop_after ? 42 : 0;
}

__attribute__((noinline)) uint32_t TakeHere(Pool *pool) {
  uint32_t slot = 0;
  EXPECT_STATUS(DRY_OK, dry_pool_acquire(pool->get(), &slot));
  return slot;
}

__attribute__((noinline)) void *TakeThere(Pool *pool) {
  void *memory = nullptr;
  EXPECT_STATUS(DRY_OK, dry_pool_alloc(pool->get(), &memory));
  return memory;
}

TEST(PoolLeaks, AreToldWithTheCallThatTookThem) {
  Pool pool(PoolOptions(24, 100, DRY_MEMORY_TRACK));
  for (int i = 0; i < 10; i++) TakeHere(&pool);
  for (int i = 0; i < 10; i++) TakeThere(&pool);
  for (uint32_t slot : {0u, 5u, 11u}) EXPECT_STATUS(DRY_OK, pool.Release(slot));
  Told told;
  uint64_t count = 0;
  EXPECT_STATUS(DRY_OK, dry_pool_report_leaks(pool.get(), Tell, &told, &count));
  ASSERT_EQ(17u, count);
  ASSERT_EQ(17u, told.leaks.size());
  const auto used = UsedOf(pool.get());
  for (size_t i = 0; i < 17; i++) {
    EXPECT_EQ(used[i], told.leaks[i].slot) << "in ascending order";
    EXPECT_EQ(24u, told.leaks[i].size_bytes);
    EXPECT_NE(0u, told.leaks[i].site);
    EXPECT_STRNE("", told.leaks[i].text);
    EXPECT_EQ(told.leaks[i].slot < 10, told.leaks[i].site == told.leaks[0].site) << "one site for each function";
  }
  EXPECT_NE(nullptr, strstr(told.leaks[0].text, "pool_guard_test")) << told.leaks[0].text;
  const uint64_t here = reinterpret_cast<uintptr_t>(&TakeHere), site = told.leaks[0].site;
  EXPECT_TRUE(site > here && site < here + 1000) << "inside the function that called";
}

TEST(PoolLeaks, OfBatchesAreToldToo) {
  Pool pool(PoolOptions(24, 100, DRY_MEMORY_TRACK));
  std::vector<uint32_t> slots(5);
  ASSERT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), slots.data(), 5));
  Told told;
  EXPECT_STATUS(DRY_OK, dry_pool_report_leaks(pool.get(), Tell, &told, nullptr));
  ASSERT_EQ(5u, told.leaks.size());
  EXPECT_NE(0u, told.leaks[4].site);
}

TEST(PoolLeaks, AreToldWithoutASiteWhereNothingIsTracked) {
  const PoolSpan span(PoolOptions(24, 100));
  Pool pool(span);
  for (int i = 0; i < 3; i++) pool.Acquire();
  Told told;
  EXPECT_STATUS(DRY_OK, dry_pool_report_leaks(pool.get(), Tell, &told, nullptr));
  ASSERT_EQ(3u, told.leaks.size());
  EXPECT_EQ(0u, told.leaks[0].site);
  EXPECT_STREQ("", told.leaks[0].text);
}

TEST(PoolLeaks, EndWhereTheVisitorSaysSo) {
  Pool pool(PoolOptions(24, 100));
  for (int i = 0; i < 10; i++) pool.Acquire();
  Told told;
  told.stop_after = 3;
  uint64_t count = 0;
  EXPECT_EQ(42, dry_pool_report_leaks(pool.get(), Tell, &told, &count));
  EXPECT_EQ(3u, count);
}

int32_t Release(void *context, const dry_leak *leak) {
  Pool *pool = static_cast<Pool *>(context);
  return dry_pool_release(pool->get(), static_cast<uint32_t>(leak->slot));
}

TEST(PoolLeaks, MayBeMendedByTheVisitor) {
  Pool pool(PoolOptions(24, 100, DRY_MEMORY_TRACK));
  for (int i = 0; i < 70; i++) pool.Acquire();
  uint64_t count = 0;
  EXPECT_STATUS(DRY_OK, dry_pool_report_leaks(pool.get(), Release, &pool, &count));
  EXPECT_EQ(70u, count);
  EXPECT_EQ(0u, StatsOf(pool.get()).in_use);
}

/* ---- checked builds ---- */

TEST(PoolChecked, GuardsAndTracksPrivatePoolsInCheckedBuilds) {
  Pool pool(PoolOptions(24, 10));
  EXPECT_EQ(support::kCheckedPools, StatsOf(pool.get()).stride_bytes > 24);
  TakeHere(&pool);
  Told told;
  EXPECT_STATUS(DRY_OK, dry_pool_report_leaks(pool.get(), Tell, &told, nullptr));
  ASSERT_EQ(1u, told.leaks.size());
  EXPECT_EQ(support::kCheckedPools, told.leaks[0].site != 0);
}

}  // namespace
