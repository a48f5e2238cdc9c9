/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Object pools: handles, destructors, generations, and the inline twins of the hot calls. */
#include "tests/support/object_pool.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "drystone/inline/object_pool.h"
#include "tests/support/status.h"

namespace {

using support::GenerationOf;
using support::ObjectPool;
using support::ObjectPoolOptions;
using support::SlotOf;
using support::StatsOf;

TEST(ObjectPoolAcquire, GivesNeverUsedSlotsInAscendingOrderAndThenRefuses) {
  ObjectPool pool(24, 5);
  for (uint32_t i = 0; i < 5; i++) {
    const uint64_t object = pool.Acquire(i);
    EXPECT_EQ(i, SlotOf(object));
    EXPECT_EQ(1u, GenerationOf(object));
  }
  uint64_t object = 7;
  void *memory = &object;
  EXPECT_STATUS(DRY_FULL, dry_object_pool_acquire(pool.get(), &object, &memory));
  EXPECT_EQ(0u, object);
  EXPECT_EQ(nullptr, memory);
  const dry_object_pool_stats stats = StatsOf(pool.get());
  EXPECT_EQ(5u, stats.in_use);
  EXPECT_EQ(1u, stats.failures);
}

TEST(ObjectPoolAcquire, TakesTheSlotThatWasFreedLast) {
  ObjectPool pool(24, 5);
  const uint64_t a = pool.Acquire(), b = pool.Acquire(), c = pool.Acquire();
  for (uint64_t object : {b, a, c}) EXPECT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), object));
  EXPECT_EQ(SlotOf(c), SlotOf(pool.Acquire()));
  EXPECT_EQ(SlotOf(a), SlotOf(pool.Acquire()));
  EXPECT_EQ(SlotOf(b), SlotOf(pool.Acquire()));
  EXPECT_EQ(3u, SlotOf(pool.Acquire()));
}

TEST(ObjectPoolGet, FindsWhatWasPutWhereItWasPut) {
  ObjectPool pool(40, 300);
  std::vector<uint64_t> objects;
  for (uint64_t i = 0; i < 300; i++) objects.push_back(pool.Acquire(i * i));
  for (uint64_t i = 0; i < 300; i++) EXPECT_EQ(i * i, pool.ValueOf(objects[i]));
}

TEST(ObjectPoolGet, AReleasedHandleIsStaleForEverAlsoWhenItsSlotIsInUseAgain) {
  ObjectPool pool(8, 1);
  std::vector<uint64_t> old;
  void *memory = nullptr;
  for (int i = 0; i < 1000; i++) {
    const uint64_t object = pool.Acquire();
    for (uint64_t was : old) ASSERT_STATUS(DRY_STALE, dry_object_pool_get(pool.get(), was, &memory));
    EXPECT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), object));
    EXPECT_STATUS(DRY_STALE, dry_object_pool_release(pool.get(), object));
    EXPECT_STATUS(DRY_STALE, dry_object_pool_forget(pool.get(), object));
    EXPECT_STATUS(DRY_STALE, dry_object_pool_get(pool.get(), object, &memory));
    EXPECT_EQ(nullptr, memory);
    if (i % 50 == 0) old.push_back(object);
  }
}

TEST(ObjectPoolGet, AHandleThatWasNeverGivenOutIsStale) {
  ObjectPool pool(8, 10);
  const uint64_t live = pool.Acquire(), gone = pool.Acquire();
  EXPECT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), gone));
  const uint64_t made_up[] = {0,
                              1,
                              uint64_t{2} << 32 | SlotOf(gone),  // a free slot's own generation
                              uint64_t{1} << 32 | 5,             // a slot that was never taken
                              uint64_t{1} << 32 | 10,            // behind the last slot
                              uint64_t{1} << 32 | UINT32_MAX,
                              live + (uint64_t{1} << 32),
                              live + (uint64_t{2} << 32),
                              UINT64_MAX};
  void *memory = nullptr;
  for (uint64_t handle : made_up) {
    EXPECT_STATUS(DRY_STALE, dry_object_pool_get(pool.get(), handle, &memory)) << std::hex << handle;
    EXPECT_STATUS(DRY_STALE, dry_object_pool_release(pool.get(), handle)) << std::hex << handle;
    EXPECT_STATUS(DRY_STALE, dry_object_pool_forget(pool.get(), handle)) << std::hex << handle;
    EXPECT_STATUS(DRY_STALE, dry_object_pool_release_many(pool.get(), &handle, 1)) << std::hex << handle;
  }
  EXPECT_EQ(1u, StatsOf(pool.get()).in_use);
}

/* ---- destructors ---- */

TEST(ObjectPoolDestructor, RunsOnceAtRelease) {
  ObjectPool pool(16, 4, 0, true);
  const uint64_t a = pool.Acquire(11), b = pool.Acquire(22);
  EXPECT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), b));
  EXPECT_EQ((std::vector<uint64_t>{22}), pool.destroyed);
  EXPECT_STATUS(DRY_STALE, dry_object_pool_release(pool.get(), b));
  EXPECT_EQ((std::vector<uint64_t>{22}), pool.destroyed);
  EXPECT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), a));
  EXPECT_EQ((std::vector<uint64_t>{22, 11}), pool.destroyed);
  EXPECT_EQ(2u, StatsOf(pool.get()).destroyed);
}

TEST(ObjectPoolDestructor, RunsAtCloseForWhatIsLeftInOrderOfSlots) {
  ObjectPool pool(16, 100, 0, true);
  std::vector<uint64_t> objects;
  for (uint64_t i = 0; i < 70; i++) objects.push_back(pool.Acquire(i));
  for (uint64_t i = 0; i < 70; i += 2) EXPECT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), objects[i]));
  pool.destroyed.clear();
  uint64_t count = 99;
  EXPECT_STATUS(DRY_OK, dry_object_pool_close(pool.get(), &count));
  EXPECT_EQ(35u, count);
  ASSERT_EQ(35u, pool.destroyed.size());
  for (uint64_t i = 0; i < 35; i++) EXPECT_EQ(2 * i + 1, pool.destroyed[i]);
  EXPECT_STATUS(DRY_OK, dry_object_pool_close(pool.get(), &count));
  EXPECT_EQ(0u, count) << "a second close destroys nothing";
  EXPECT_EQ(35u, pool.destroyed.size());
}

TEST(ObjectPoolDestructor, DoesNotRunForAnObjectThatWasForgotten) {
  ObjectPool pool(16, 4, 0, true);
  const uint64_t a = pool.Acquire(11);
  EXPECT_STATUS(DRY_OK, dry_object_pool_forget(pool.get(), a));
  EXPECT_STATUS(DRY_STALE, dry_object_pool_release(pool.get(), a));
  EXPECT_EQ(1u, StatsOf(pool.get()).destroyed) << "it is gone all the same";
  EXPECT_STATUS(DRY_OK, dry_object_pool_close(pool.get(), nullptr));
  EXPECT_TRUE(pool.destroyed.empty());
}

TEST(ObjectPoolDestructor, RunsAtResetAndAllHandlesAreStale) {
  ObjectPool pool(16, 10, 0, true);
  std::vector<uint64_t> objects;
  for (uint64_t i = 0; i < 6; i++) objects.push_back(pool.Acquire(i));
  EXPECT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), objects[3]));
  EXPECT_STATUS(DRY_OK, dry_object_pool_reset(pool.get()));
  EXPECT_EQ((std::vector<uint64_t>{3, 0, 1, 2, 4, 5}), pool.destroyed);
  void *memory = nullptr;
  for (uint64_t object : objects) EXPECT_STATUS(DRY_STALE, dry_object_pool_get(pool.get(), object, &memory));
  const dry_object_pool_stats stats = StatsOf(pool.get());
  EXPECT_EQ(0u, stats.in_use);
  EXPECT_EQ(6u, stats.peak);
  EXPECT_EQ(6u, stats.destroyed);
  for (uint32_t i = 0; i < 10; i++) EXPECT_EQ(i, SlotOf(pool.Acquire())) << "from the lowest on again";
}

/** Calls everything from inside a destructor. */
struct Meddler {
  dry_object_pool *pool;
  uint64_t other;
  uint64_t runs;
};

void Meddle(void *context, void *object) {
  Meddler *meddler = static_cast<Meddler *>(context);
  dry_object_pool *pool = meddler->pool;
  uint64_t handle = 0;
  void *memory = nullptr;
  dry_object_pool_stats stats;
  meddler->runs++;
  memset(object, 0x55, 8);
  EXPECT_STATUS(DRY_BUSY, dry_object_pool_acquire(pool, &handle, &memory));
  EXPECT_STATUS(DRY_BUSY, dry_object_pool_acquire_inline(pool, &handle, &memory));
  EXPECT_STATUS(DRY_BUSY, dry_object_pool_acquire_many(pool, &handle, 1));
  EXPECT_STATUS(DRY_BUSY, dry_object_pool_get(pool, meddler->other, &memory));
  EXPECT_STATUS(DRY_BUSY, dry_object_pool_get_inline(pool, meddler->other, &memory));
  EXPECT_STATUS(DRY_BUSY, dry_object_pool_release(pool, meddler->other));
  EXPECT_STATUS(DRY_BUSY, dry_object_pool_release_inline(pool, meddler->other));
  EXPECT_STATUS(DRY_BUSY, dry_object_pool_release_many(pool, &meddler->other, 1));
  EXPECT_STATUS(DRY_BUSY, dry_object_pool_forget(pool, meddler->other));
  EXPECT_STATUS(DRY_BUSY, dry_object_pool_next(pool, 0, &handle));
  EXPECT_STATUS(DRY_BUSY, dry_object_pool_reset(pool));
  EXPECT_STATUS(DRY_BUSY, dry_object_pool_close(pool, nullptr));
  EXPECT_STATUS(DRY_BUSY, dry_object_pool_get_stats(pool, &stats));
}

TEST(ObjectPoolDestructor, ThatCallsItsPoolIsAnsweredBusyAndHarmsNothing) {
  dry_object_pool pool = {};
  Meddler meddler = {&pool, 0, 0};
  dry_object_pool_options options = ObjectPoolOptions(8, 4);
  options.destructor = Meddle;
  options.context = &meddler;
  ASSERT_STATUS(DRY_OK, dry_object_pool_create(&options, &pool, nullptr));
  uint64_t objects[4];
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire_many(&pool, objects, 4));
  meddler.other = objects[3];
  EXPECT_STATUS(DRY_OK, dry_object_pool_release(&pool, objects[0]));
  EXPECT_STATUS(DRY_OK, dry_object_pool_release_many(&pool, objects + 1, 1));
  EXPECT_EQ(2u, meddler.runs);
  EXPECT_EQ(2u, StatsOf(&pool).in_use);
  EXPECT_STATUS(DRY_OK, dry_object_pool_reset(&pool));
  EXPECT_EQ(4u, meddler.runs);
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire_many(&pool, objects, 4));
  uint64_t count = 0;
  EXPECT_STATUS(DRY_OK, dry_object_pool_close(&pool, &count));
  EXPECT_EQ(4u, count);
  EXPECT_EQ(8u, meddler.runs);
}

/* ---- several at once ---- */

TEST(ObjectPoolMany, AcquiresAllOrNone) {
  ObjectPool pool(8, 10);
  const uint64_t first = pool.Acquire();
  EXPECT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), first));
  uint64_t objects[11];
  EXPECT_STATUS(DRY_FULL, dry_object_pool_acquire_many(pool.get(), objects, 11));
  EXPECT_STATUS(DRY_FULL, dry_object_pool_acquire_many(pool.get(), objects, UINT64_MAX));
  EXPECT_EQ(0u, StatsOf(pool.get()).in_use);
  EXPECT_EQ(2u, StatsOf(pool.get()).failures);
  EXPECT_STATUS(DRY_OK, dry_object_pool_acquire_many(pool.get(), objects, 10));
  EXPECT_EQ(10u, StatsOf(pool.get()).in_use);
  std::sort(objects, objects + 10, [](uint64_t a, uint64_t b) { return SlotOf(a) < SlotOf(b); });
  for (uint32_t i = 0; i < 10; i++) {
    EXPECT_EQ(i, SlotOf(objects[i]));
    EXPECT_EQ(i == 0 ? 3u : 1u, GenerationOf(objects[i]));
  }
  EXPECT_STATUS(DRY_OK, dry_object_pool_acquire_many(pool.get(), nullptr, 0));
}

TEST(ObjectPoolMany, ReleasesAllOrNone) {
  ObjectPool pool(8, 10, 0, true);
  uint64_t objects[10];
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire_many(pool.get(), objects, 10));
  const uint64_t stale = objects[9];
  ASSERT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), stale));
  pool.destroyed.clear();
  uint64_t with_stale[] = {objects[0], objects[1], stale};
  uint64_t twice[] = {objects[0], objects[1], objects[0]};
  EXPECT_STATUS(DRY_STALE, dry_object_pool_release_many(pool.get(), with_stale, 3));
  EXPECT_STATUS(DRY_STALE, dry_object_pool_release_many(pool.get(), twice, 3));
  EXPECT_TRUE(pool.destroyed.empty());
  EXPECT_EQ(9u, StatsOf(pool.get()).in_use);
  void *memory = nullptr;
  for (int i = 0; i < 9; i++) EXPECT_STATUS(DRY_OK, dry_object_pool_get(pool.get(), objects[i], &memory));
  EXPECT_STATUS(DRY_OK, dry_object_pool_release_many(pool.get(), objects, 9));
  EXPECT_STATUS(DRY_OK, dry_object_pool_release_many(pool.get(), nullptr, 0));
  EXPECT_EQ(9u, pool.destroyed.size());
  EXPECT_EQ(0u, StatsOf(pool.get()).in_use);
}

TEST(ObjectPoolNext, TellsOfEachLiveObjectInOrderOfSlots) {
  ObjectPool pool(8, 200);
  EXPECT_TRUE(pool.Walk().empty());
  std::vector<uint64_t> objects(200), left;
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire_many(pool.get(), objects.data(), 200));
  for (uint32_t i = 0; i < 200; i++) {
    if (i % 3 == 0) {
      EXPECT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), objects[i]));
    } else {
      left.push_back(objects[i]);
    }
  }
  EXPECT_EQ(left, pool.Walk());
  uint64_t object = 1;
  EXPECT_STATUS(DRY_NOT_FOUND, dry_object_pool_next(pool.get(), 200, &object));
  EXPECT_STATUS(DRY_NOT_FOUND, dry_object_pool_next(pool.get(), UINT32_MAX, &object));
  EXPECT_EQ(0u, object);
}

/* ---- the end of generations ---- */

/** Makes a slot's next object its last but `left`. Only a test may do that. */
void Age(ObjectPool *pool, uint32_t slot, uint32_t left) {
  pool->handle.cells[slot] = ~(uint64_t{0xffffffff - 2 * left} << 32 | slot);
}

TEST(ObjectPoolGeneration, ASlotThatWouldWrapIsRetired) {
  ObjectPool pool(8, 2, 0, true);
  uint64_t objects[2];
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire_many(pool.get(), objects, 2));
  ASSERT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), objects[0]));
  Age(&pool, 0, 1);
  const uint64_t last_but_one = pool.Acquire(1);
  EXPECT_EQ(0xfffffffdu, GenerationOf(last_but_one));
  ASSERT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), last_but_one));
  const uint64_t last = pool.Acquire(2);
  EXPECT_EQ(0xffffffffu, GenerationOf(last));
  EXPECT_EQ(2u, pool.ValueOf(last));
  EXPECT_EQ(0u, StatsOf(pool.get()).retired);
  ASSERT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), last));
  EXPECT_EQ(2u, pool.destroyed.back()) << "its destructor ran";
  EXPECT_EQ(1u, StatsOf(pool.get()).retired);
  EXPECT_EQ(1u, StatsOf(pool.get()).in_use);
  void *memory = nullptr;
  uint64_t none = 0;
  for (uint64_t handle : {last, last_but_one, uint64_t{0}, uint64_t{1} << 32, uint64_t{2} << 32}) {
    EXPECT_STATUS(DRY_STALE, dry_object_pool_get(pool.get(), handle, &memory));
    EXPECT_STATUS(DRY_STALE, dry_object_pool_release(pool.get(), handle));
  }
  EXPECT_STATUS(DRY_FULL, dry_object_pool_acquire(pool.get(), &none, &memory));
  EXPECT_STATUS(DRY_FULL, dry_object_pool_acquire_many(pool.get(), &none, 1));
  EXPECT_STATUS(DRY_OK, dry_object_pool_reset(pool.get()));
  EXPECT_EQ(1u, SlotOf(pool.Acquire())) << "reset does not bring it back";
  EXPECT_STATUS(DRY_FULL, dry_object_pool_acquire(pool.get(), &none, &memory));
  EXPECT_EQ(1u, StatsOf(pool.get()).in_use);
}

TEST(ObjectPoolGeneration, WrapsInNoneOfTheWaysToEndAnObject) {
  for (int way = 0; way < 6; way++) {
    SCOPED_TRACE(way);
    ObjectPool pool(8, 1, way == 5 ? uint32_t{DRY_MEMORY_WIPE} : 0);
    ASSERT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), pool.Acquire()));
    Age(&pool, 0, 0);
    const uint64_t last = pool.Acquire();
    EXPECT_EQ(0xffffffffu, GenerationOf(last));
    switch (way) {
      case 0: EXPECT_STATUS(DRY_OK, dry_object_pool_release_inline(pool.get(), last)); break;
      case 1: EXPECT_STATUS(DRY_OK, dry_object_pool_forget(pool.get(), last)); break;
      case 2: EXPECT_STATUS(DRY_OK, dry_object_pool_release_many(pool.get(), &last, 1)); break;
      case 3: EXPECT_STATUS(DRY_OK, dry_object_pool_reset(pool.get())); break;
      default: EXPECT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), last)); break;
    }
    uint64_t object = 0;
    void *memory = nullptr;
    EXPECT_STATUS(DRY_FULL, dry_object_pool_acquire_inline(pool.get(), &object, &memory));
    EXPECT_EQ(1u, StatsOf(pool.get()).retired);
    EXPECT_EQ(0u, StatsOf(pool.get()).in_use);
  }
}

TEST(ObjectPoolGeneration, ARefusedReleaseOfManyDoesNotWrapEither) {
  ObjectPool pool(8, 2);
  ASSERT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), pool.Acquire()));
  Age(&pool, 0, 0);
  const uint64_t last = pool.Acquire(5);
  const uint64_t twice[] = {last, last};
  EXPECT_STATUS(DRY_STALE, dry_object_pool_release_many(pool.get(), twice, 2));
  EXPECT_EQ(5u, pool.ValueOf(last));
  EXPECT_EQ(0u, StatsOf(pool.get()).retired);
}

/* ---- memory ---- */

/* In checked builds every pool is guarded. */
#if defined(DRY_CHECKED) && DRY_CHECKED
const uint64_t kCanary = DRY_POOL_CANARY_BYTES;
#else
const uint64_t kCanary = 0;
#endif

TEST(ObjectPoolMemory, IsAlignedAndAsLargeAsTheHeaderSays) {
  for (uint64_t object_bytes : {1, 2, 3, 8, 12, 24, 100, 4096, 5000}) {
    for (uint64_t align : {0, 1, 2, 8, 16, 64, 128, 4096}) {
      SCOPED_TRACE(std::to_string(object_bytes) + " aligned to " + std::to_string(align));
      dry_object_pool_options options = ObjectPoolOptions(object_bytes, 33);
      options.align_bytes = align;
      dry_object_pool pool = {};
      ASSERT_STATUS(DRY_OK, dry_object_pool_create(&options, &pool, nullptr));
      const uint64_t natural = std::min<uint64_t>(object_bytes & (~object_bytes + 1), 16);
      const uint64_t expected = align ? align : natural;
      const dry_object_pool_stats stats = StatsOf(&pool);
      for (int i = 0; i < 33; i++) {
        uint64_t object = 0;
        void *memory = nullptr;
        ASSERT_STATUS(DRY_OK, dry_object_pool_acquire(&pool, &object, &memory));
        EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(memory) % expected);
        memset(memory, 0x11, object_bytes);
      }
      EXPECT_EQ((object_bytes + kCanary + expected - 1) / expected * expected, stats.stride_bytes);
      const uint64_t needed = 33 * (stats.stride_bytes + 8) + 128 + expected;
      EXPECT_LE(stats.size_bytes, (needed + 4095) / 4096 * 4096);
      EXPECT_STATUS(DRY_OK, dry_object_pool_close(&pool, nullptr));
    }
  }
}

std::string BytesOf(const void *memory, size_t size) { return std::string(static_cast<const char *>(memory), size); }

/** What an object's memory holds when its slot is taken for the first and for the second time. */
void FirstAndSecond(uint32_t flags, std::string *first, std::string *second) {
  ObjectPool pool(20, 3, flags);
  uint64_t object = 0;
  void *memory = nullptr;
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire(pool.get(), &object, &memory));
  *first = BytesOf(memory, 20);
  memset(memory, 'x', 20);
  ASSERT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), object));
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire(pool.get(), &object, &memory));
  *second = BytesOf(memory, 20);
}

TEST(ObjectPoolMemory, IsZeroAtFirstAndAfterwardsWhatTheOptionsSay) {
  const std::string zero(20, '\0'), left(20, 'x'), poison(20, static_cast<char>(DRY_POOL_POISON_BYTE));
  std::string first, second;
  FirstAndSecond(0, &first, &second);
  EXPECT_EQ(zero, first);
  EXPECT_EQ(kCanary > 0 ? poison : left, second);
  FirstAndSecond(DRY_MEMORY_WIPE, &first, &second);
  EXPECT_EQ(zero, first);
  EXPECT_EQ(zero, second);
  FirstAndSecond(DRY_MEMORY_GUARDED, &first, &second);
  EXPECT_EQ(zero, first);
  EXPECT_EQ(poison, second);
  FirstAndSecond(DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE, &first, &second);
  EXPECT_EQ(zero, first);
  EXPECT_EQ(zero, second);
}

TEST(ObjectPoolMemory, CountsThePeakAlsoOverResets) {
  ObjectPool pool(8, 10);
  uint64_t objects[10];
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire_many(pool.get(), objects, 7));
  ASSERT_STATUS(DRY_OK, dry_object_pool_release_many(pool.get(), objects, 7));
  ASSERT_STATUS(DRY_OK, dry_object_pool_reset(pool.get()));
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire_many(pool.get(), objects, 3));
  EXPECT_EQ(7u, StatsOf(pool.get()).peak);
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire_many(pool.get(), objects, 6));
  EXPECT_EQ(9u, StatsOf(pool.get()).peak);
}

TEST(ObjectPoolMemory, SystemFlagsAreGrantedOrRefused) {
  const uint32_t flags = DRY_MEMORY_PREFAULT | DRY_MEMORY_HUGE_PAGES | DRY_MEMORY_NUMA_LOCAL | DRY_MEMORY_GUARDED |
                         DRY_MEMORY_WIPE;
  ObjectPool pool(64, 100000, flags | DRY_MEMORY_TRACK);
  const dry_object_pool_stats stats = StatsOf(pool.get());
  EXPECT_EQ(flags | DRY_MEMORY_TRACK, stats.granted | stats.refused);
  EXPECT_EQ(0u, stats.granted & stats.refused);
  EXPECT_NE(0u, stats.refused & DRY_MEMORY_TRACK) << "an object pool does not track";
  EXPECT_EQ(DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE, stats.granted & (DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE));
  dry_object_pool pool2 = {};
  dry_detail detail = {};
  const dry_object_pool_options options = ObjectPoolOptions(8, 8, DRY_MEMORY_TRACK | DRY_MEMORY_REQUIRED);
  EXPECT_STATUS(DRY_UNSUPPORTED, dry_object_pool_create(&options, &pool2, &detail));
  EXPECT_STREQ("flags: an object pool does not track (0x40)", detail.text);
}

/** The system puts huge pages only where a whole one fits. */
TEST(ObjectPoolMemory, HugePagesGetRoomForWholeOnes) {
  for (uint64_t capacity : {10, 100000}) {
    ObjectPool pool(64, capacity, DRY_MEMORY_HUGE_PAGES);
    EXPECT_EQ(0u, StatsOf(pool.get()).size_bytes % (2u << 20)) << capacity;
    EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(pool.handle.cells) % (2u << 20)) << "where the block starts";
  }
}

/* ---- guarded ---- */

/* The write that the guard is there for; under AddressSanitizer it would end the test before the guard sees it. */
__attribute__((no_sanitize_address, noinline)) void Poke(uint8_t *at) { *static_cast<volatile uint8_t *>(at) ^= 1; }

TEST(ObjectPoolGuarded, AWriteBeyondTheEndIsFoundAtRelease) {
  for (uint64_t behind : {0, 1, 7, 8, 15}) {
    ObjectPool pool(20, 2, DRY_MEMORY_GUARDED, true);
    uint64_t object = 0, none = 0;
    void *memory = nullptr;
    ASSERT_STATUS(DRY_OK, dry_object_pool_acquire(pool.get(), &object, &memory));
    Poke(static_cast<uint8_t *>(memory) + 20 + behind);
    EXPECT_STATUS(DRY_CORRUPT, dry_object_pool_release(pool.get(), object)) << behind;
    EXPECT_EQ(1u, pool.destroyed.size()) << "it is destroyed all the same";
    EXPECT_STATUS(DRY_STALE, dry_object_pool_release(pool.get(), object));
    EXPECT_EQ(1u, StatsOf(pool.get()).retired);
    EXPECT_EQ(1u, SlotOf(pool.Acquire())) << "its slot is not used again";
    EXPECT_STATUS(DRY_FULL, dry_object_pool_acquire(pool.get(), &none, &memory));
  }
}

TEST(ObjectPoolGuarded, AWriteBeforeTheStartIsFoundAtTheNeighboursRelease) {
  ObjectPool pool(24, 2, DRY_MEMORY_GUARDED);
  uint64_t left = 0, right = 0;
  void *memory = nullptr;
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire(pool.get(), &left, &memory));
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire(pool.get(), &right, &memory));
  Poke(static_cast<uint8_t *>(memory) - 1);
  EXPECT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), right));
  EXPECT_STATUS(DRY_CORRUPT, dry_object_pool_release(pool.get(), left));
}

TEST(ObjectPoolGuarded, AWriteIntoAFreeObjectIsFoundWhenItIsTakenAgain) {
  for (uint64_t at : {0, 1, 19, 20, 35}) {
    ObjectPool pool(20, 2, DRY_MEMORY_GUARDED);
    uint64_t object = 0;
    void *memory = nullptr;
    ASSERT_STATUS(DRY_OK, dry_object_pool_acquire(pool.get(), &object, &memory));
    uint8_t *bytes = static_cast<uint8_t *>(memory);
    ASSERT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), object));
    Poke(bytes + at);
    EXPECT_STATUS(DRY_CORRUPT, dry_object_pool_acquire(pool.get(), &object, &memory)) << at;
    EXPECT_EQ(0u, object);
    EXPECT_EQ(nullptr, memory);
    EXPECT_EQ(1u, StatsOf(pool.get()).retired);
    EXPECT_EQ(1u, SlotOf(pool.Acquire())) << "trying again gives another slot";
  }
}

TEST(ObjectPoolGuarded, AcquiringManyTakesNoneWhenOneIsDamaged) {
  ObjectPool pool(20, 3, DRY_MEMORY_GUARDED);
  uint64_t objects[3];
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire_many(pool.get(), objects, 3));
  void *memory = nullptr;
  ASSERT_STATUS(DRY_OK, dry_object_pool_get(pool.get(), objects[1], &memory));
  ASSERT_STATUS(DRY_OK, dry_object_pool_release_many(pool.get(), objects, 3));
  Poke(static_cast<uint8_t *>(memory));
  uint64_t again[3];
  EXPECT_STATUS(DRY_CORRUPT, dry_object_pool_acquire_many(pool.get(), again, 3));
  EXPECT_EQ(0u, StatsOf(pool.get()).in_use);
  EXPECT_EQ(3u, StatsOf(pool.get()).destroyed) << "what was taken for a moment is not counted";
  EXPECT_STATUS(DRY_FULL, dry_object_pool_acquire_many(pool.get(), again, 3));
  EXPECT_STATUS(DRY_OK, dry_object_pool_acquire_many(pool.get(), again, 2));
}

TEST(ObjectPoolGuarded, ResetSaysThatSomeWereDamaged) {
  ObjectPool pool(20, 3, DRY_MEMORY_GUARDED, true);
  uint64_t object = pool.Acquire();
  void *memory = nullptr;
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire(pool.get(), &object, &memory));
  Poke(static_cast<uint8_t *>(memory) + 20);
  EXPECT_STATUS(DRY_CORRUPT, dry_object_pool_reset(pool.get()));
  EXPECT_EQ(2u, pool.destroyed.size());
  EXPECT_EQ(0u, StatsOf(pool.get()).in_use);
  EXPECT_EQ(1u, StatsOf(pool.get()).retired);
  EXPECT_EQ(0u, SlotOf(pool.Acquire()));
  EXPECT_EQ(2u, SlotOf(pool.Acquire()));
}

TEST(ObjectPoolGuarded, ResetRetiresWhatWasWrittenToWhileItWasFree) {
  ObjectPool pool(20, 3, DRY_MEMORY_GUARDED);
  uint64_t objects[3];
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire_many(pool.get(), objects, 3));
  void *memory = nullptr;
  ASSERT_STATUS(DRY_OK, dry_object_pool_get(pool.get(), objects[0], &memory));
  ASSERT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), objects[0]));
  ASSERT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), objects[1]));
  Poke(static_cast<uint8_t *>(memory) + 3);
  EXPECT_STATUS(DRY_CORRUPT, dry_object_pool_reset(pool.get()));
  EXPECT_EQ(1u, StatsOf(pool.get()).retired);
  EXPECT_EQ(3u, StatsOf(pool.get()).destroyed);
  EXPECT_STATUS(DRY_OK, dry_object_pool_reset(pool.get())) << "told once";
  EXPECT_EQ(1u, SlotOf(pool.Acquire()));
}

TEST(ObjectPoolGuarded, CloseSaysThatSomeWereDamagedAndClosesAllTheSame) {
  for (const bool released : {false, true}) {
    ObjectPool pool(20, 3, DRY_MEMORY_GUARDED, true);
    (void)pool.Acquire(1);
    uint64_t object = 0, count = 0;
    void *memory = nullptr;
    ASSERT_STATUS(DRY_OK, dry_object_pool_acquire(pool.get(), &object, &memory));
    if (released) {
      ASSERT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), object));
    }
    Poke(static_cast<uint8_t *>(memory) + (released ? 0 : 20));
    EXPECT_STATUS(DRY_CORRUPT, dry_object_pool_close(pool.get(), &count));
    EXPECT_EQ(released ? 1u : 2u, count);
    EXPECT_EQ(2u, pool.destroyed.size()) << "everything is destroyed";
    EXPECT_STATUS(DRY_CLOSED, dry_object_pool_acquire(pool.get(), &object, &memory));
    EXPECT_STATUS(DRY_OK, dry_object_pool_close(pool.get(), nullptr));
  }
}

#if defined(__SANITIZE_ADDRESS__)
TEST(ObjectPoolUnderAddressSanitizer, TouchingAReleasedObjectIsReported) {
  for (uint32_t flags : {0u, unsigned{DRY_MEMORY_GUARDED}}) {
    ObjectPool pool(24, 4, flags);
    uint64_t object = 0;
    void *memory = nullptr;
    ASSERT_STATUS(DRY_OK, dry_object_pool_acquire_inline(pool.get(), &object, &memory));
    volatile char *bytes = static_cast<char *>(memory);
    bytes[23] = 1;
    ASSERT_STATUS(DRY_OK, dry_object_pool_release_inline(pool.get(), object));
    EXPECT_DEATH(bytes[0] = 1, "use-after-poison");
    EXPECT_DEATH(bytes[23] = 1, "use-after-poison");
  }
}

TEST(ObjectPoolUnderAddressSanitizer, TouchingWhatWasNeverTakenIsReported) {
  ObjectPool pool(24, 4);
  uint64_t object = 0;
  void *memory = nullptr;
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire(pool.get(), &object, &memory));
  volatile char *bytes = static_cast<char *>(memory);
  EXPECT_DEATH(bytes[24] = 1, "use-after-poison") << "the neighbour";
}
#endif

/* ---- the inline twins ---- */

TEST(ObjectPoolInline, AnswersAsItsTwins) {
  for (uint32_t flags : {0u, unsigned{DRY_MEMORY_WIPE}, unsigned{DRY_MEMORY_GUARDED}}) {
    ObjectPool a(32, 50, flags), b(32, 50, flags);
    std::vector<uint64_t> live;
    for (int i = 0; i < 2000; i++) {
      uint64_t one = 1, other = 2;
      void *memory = nullptr, *same = nullptr;
      if (i % 7 < 4) {
        const dry_status status = dry_object_pool_acquire(a.get(), &one, &memory);
        EXPECT_STATUS(status, dry_object_pool_acquire_inline(b.get(), &other, &same));
        EXPECT_EQ(one, other);
        if (status == DRY_OK) live.push_back(one);
      } else if (!live.empty()) {
        const uint64_t object = live[static_cast<size_t>(i * 31) % live.size()];
        const dry_status status = dry_object_pool_release(a.get(), object);
        EXPECT_STATUS(status, dry_object_pool_release_inline(b.get(), object));
        EXPECT_STATUS(dry_object_pool_get(a.get(), object, &memory), dry_object_pool_get_inline(b.get(), object, &same));
        EXPECT_EQ(nullptr, same);
      }
    }
    EXPECT_EQ(0, memcmp(a.handle.cells, b.handle.cells, 50 * sizeof *a.handle.cells));
    EXPECT_EQ(StatsOf(a.get()).destroyed, StatsOf(b.get()).destroyed);
    EXPECT_EQ(StatsOf(a.get()).failures, StatsOf(b.get()).failures);
    for (uint64_t object : a.Walk()) {
      void *memory = nullptr, *same = nullptr;
      EXPECT_STATUS(DRY_OK, dry_object_pool_get(b.get(), object, &memory));
      EXPECT_STATUS(DRY_OK, dry_object_pool_get_inline(b.get(), object, &same));
      EXPECT_EQ(memory, same);
    }
  }
}

}  // namespace
