/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* memory_test.cc: what memory.h promises of all blocks at once: wiped objects are zeros, and open handles may be moved. */
#include <cstring>
#include <functional>
#include <memory>

#include "drystone/inline/arena.h"
#include "tests/support/arena.h"
#include "tests/support/index_map.h"
#include "tests/support/kv.h"
#include "tests/support/object_pool.h"
#include "tests/support/pool.h"
#include "tests/support/shared_pool.h"
#include "tests/support/slab.h"
#include "tests/support/status.h"

namespace {


/* ---- wiped ---- */

constexpr uint64_t kBytes = 40;
constexpr uint64_t kObjects = 130; /* more than a shared pool's magazine has */
const uint32_t kWipes[] = {uint32_t{DRY_MEMORY_WIPE}, DRY_MEMORY_WIPE | DRY_MEMORY_GUARDED};

/** A block under test: it takes an object of kBytes, and gives it back; reset is left out where there is none. */
struct Block {
  std::function<uint8_t *()> take;
  std::function<void(uint8_t *)> give;
  std::function<void()> reset;
};

/** Takes all objects, scribbles over them and gives them back, twice by hand and twice by a reset. */
void ExpectZeros(const Block &block) {
  for (int round = 0; round < 4; round++) {
    std::vector<uint8_t *> taken;
    for (uint64_t i = 0; i < kObjects; i++) {
      uint8_t *object = block.take();
      ASSERT_NE(nullptr, object);
      ASSERT_EQ(std::string(kBytes, '\0'), std::string(reinterpret_cast<char *>(object), kBytes))
          << "object " << i << " of round " << round;
      memset(object, 0x77, kBytes);
      taken.push_back(object);
    }
    if (round < 2 && block.give) {
      for (uint8_t *object : taken) block.give(object);
    } else {
      block.reset();
    }
  }
}

/** A caller's memory that is anything but zeros, aligned to a page. */
class Span {
 public:
  explicit Span(uint64_t bytes) : size((bytes + 4095) / 4096 * 4096) {
    data = static_cast<uint8_t *>(std::aligned_alloc(4096, size));
    memset(data, 0xa5, size);
  }
  ~Span() { std::free(data); }
  Span(const Span &) = delete;
  Span &operator=(const Span &) = delete;
  uint64_t size;
  uint8_t *data;
};

/** A region in such memory. */
class UsedRegion {
 public:
  explicit UsedRegion(uint64_t bytes) : span(bytes) {
    dry_region_options options = support::CreateOptions(DRY_REGION_BUFFER, span.size);
    options.buffer = span.data;
    options.part_capacity = 2;
    EXPECT_STATUS(DRY_OK, region.Create(options)) << region.detail.text;
  }
  Span span;
  support::Region region;
};

Block BlockOf(dry_arena *arena) {
  return {[arena] {
            void *memory = nullptr;
            EXPECT_STATUS(DRY_OK, dry_arena_alloc_inline(arena, kBytes, 8, &memory));
            return static_cast<uint8_t *>(memory);
          },
          nullptr, [arena] { EXPECT_STATUS(DRY_OK, dry_arena_reset(arena)); }};
}

TEST(MemoryWipe, AnArenasBytesAreZerosWhenTheyAreTaken) {
  for (uint32_t flags : kWipes) {
    support::Arena own(support::ArenaOptions(kBytes * kObjects, flags));
    ExpectZeros(BlockOf(&own.handle));
    support::Arena reserving(support::ReservingOptions(1 << 20, 4096, flags));
    ExpectZeros(BlockOf(&reserving.handle));
    Span span(kBytes * kObjects);
    const dry_arena_options options = support::ArenaOptions(0, flags);
    support::Arena over(span.data, span.size, &options);
    ExpectZeros(BlockOf(&over.handle));
  }
}

TEST(MemoryWipe, WhatAnArenasLastObjectGrowsByIsZerosAndTheRestStays) {
  for (uint32_t flags : kWipes) {
    support::Arena arena(support::ArenaOptions(1000, flags));
    memset(arena.Take(900), 0x77, 900);
    ASSERT_STATUS(DRY_OK, arena.Reset());
    void *object = arena.Take(10);
    memset(object, 'x', 10);
    void *grown = nullptr;
    ASSERT_STATUS(DRY_OK, dry_arena_realloc(&arena.handle, object, 10, 50, 1, &grown));
    EXPECT_EQ(object, grown);
    EXPECT_EQ(std::string(10, 'x') + std::string(40, '\0'), std::string(static_cast<char *>(grown), 50));
    ASSERT_STATUS(DRY_OK, dry_arena_realloc(&arena.handle, grown, 50, 5, 1, &object));
    ASSERT_STATUS(DRY_OK, dry_arena_realloc(&arena.handle, object, 5, 900, 1, &grown));
    EXPECT_EQ(std::string(5, 'x') + std::string(895, '\0'), std::string(static_cast<char *>(grown), 900));
  }
}

Block BlockOf(dry_slab *slab) {
  return {[slab] {
            void *memory = nullptr;
            EXPECT_STATUS(DRY_OK, dry_slab_alloc(slab, kBytes, &memory, nullptr));
            return static_cast<uint8_t *>(memory);
          },
          [slab](uint8_t *object) { EXPECT_STATUS(DRY_OK, dry_slab_free(slab, object)); },
          [slab] { EXPECT_STATUS(DRY_OK, dry_slab_reset(slab)); }};
}

TEST(MemoryWipe, ASlabsObjectsAreZerosWhenTheyAreTaken) {
  for (uint32_t flags : kWipes) {
    Span span(4 * 4096);
    for (void *memory : {static_cast<void *>(nullptr), static_cast<void *>(span.data)}) {
      support::Slab slab(support::SlabOptions(4 * 4096, flags, memory));
      ExpectZeros(BlockOf(&slab.handle));
      // What another class had before, and what comes from the heap.
      const uint8_t *large = slab.Take(4096), *outside = slab.Take(5000);
      EXPECT_EQ(std::vector<uint8_t>(4096), std::vector<uint8_t>(large, large + 4096));
      EXPECT_EQ(std::vector<uint8_t>(5000), std::vector<uint8_t>(outside, outside + 5000));
    }
  }
}

Block BlockOf(dry_pool *pool, bool many) {
  return {[pool, many] {
            uint32_t slot = 0;
            void *memory = nullptr;
            EXPECT_STATUS(DRY_OK, many ? dry_pool_acquire_many(pool, &slot, 1) : dry_pool_acquire(pool, &slot));
            EXPECT_STATUS(DRY_OK, dry_pool_at(pool, slot, &memory));
            return static_cast<uint8_t *>(memory);
          },
          [pool](uint8_t *object) { EXPECT_STATUS(DRY_OK, dry_pool_free(pool, object)); },
          [pool] { EXPECT_STATUS(DRY_OK, dry_pool_reset(pool)); }};
}

TEST(MemoryWipe, APoolsObjectsAreZerosWhenTheyAreTaken) {
  for (uint32_t flags : kWipes) {
    for (bool many : {false, true}) {
      const dry_pool_options options = support::PoolOptions(kBytes, kObjects, flags);
      support::Pool own(options);
      ExpectZeros(BlockOf(own.get(), many));
      const support::PoolSpan span(options); /* full of 0xa5 before */
      support::Pool over(span);
      ExpectZeros(BlockOf(over.get(), many));
      UsedRegion used(support::RegionBytesFor(options));
      support::Pool part;
      ASSERT_STATUS(DRY_OK, part.CreateIn(&used.region, options));
      ExpectZeros(BlockOf(part.get(), many));
    }
  }
}

Block BlockOf(dry_shared_pool *pool, dry_shared_pool_cache *cache) {
  return {[cache] {
            void *memory = nullptr;
            EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_alloc(cache, &memory));
            return static_cast<uint8_t *>(memory);
          },
          [cache](uint8_t *object) { EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_free(cache, object)); },
          [pool] { EXPECT_STATUS(DRY_OK, dry_shared_pool_reset(pool)); }};
}

TEST(MemoryWipe, ASharedPoolsObjectsAreZerosWhenTheyAreTaken) {
  for (uint32_t flags : kWipes) {
    const dry_shared_pool_options options = support::SharedPoolOptions(kBytes, kObjects, 2, flags);
    support::SharedPool own(options);
    support::Cache of_own(own);
    ExpectZeros(BlockOf(own.get(), of_own.get()));
    UsedRegion used(support::RegionBytesFor(options));
    support::SharedPool part;
    ASSERT_STATUS(DRY_OK, part.CreateIn(&used.region, options)) << part.detail.text;
    support::Cache of_part(part);
    ExpectZeros(BlockOf(part.get(), of_part.get()));
  }
}

TEST(MemoryWipe, AnObjectPoolsObjectsAreZerosWhenTheyAreTaken) {
  for (uint32_t flags : kWipes) {
    support::ObjectPool pool(kBytes, kObjects, flags);
    std::vector<uint64_t> handles;
    const Block block = {[&] {
                           uint64_t handle = 0;
                           void *memory = nullptr;
                           EXPECT_STATUS(DRY_OK, dry_object_pool_acquire(pool.get(), &handle, &memory));
                           handles.push_back(handle);
                           return static_cast<uint8_t *>(memory);
                         },
                         [&](uint8_t *) {
                           EXPECT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), handles.back()));
                           handles.pop_back();
                         },
                         [&] { EXPECT_STATUS(DRY_OK, dry_object_pool_reset(pool.get())); }};
    ExpectZeros(block);
  }
}

/* ---- granted ---- */

/** What statistics must say of a block that was made with these flags, which it knows all of. */
template <typename Stats>
void ExpectTold(const char *block, uint32_t asked, const Stats &stats) {
  const uint32_t checked = support::kCheckedPools ? DRY_MEMORY_GUARDED | DRY_MEMORY_TRACK : 0u;
  EXPECT_EQ(asked, (stats.granted | stats.refused) & (asked | ~checked)) << block;
  EXPECT_EQ(0u, stats.granted & stats.refused) << block;
  const uint32_t own = asked & (DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE);
  EXPECT_EQ(own, stats.granted & own) << block << ": what no system has to grant";
}

TEST(MemoryGranted, EveryBlockTellsWhatIsInForceAndWhatIsNot) {
  const uint32_t system = DRY_MEMORY_PREFAULT | DRY_MEMORY_HUGE_PAGES | DRY_MEMORY_NUMA_LOCAL;
  const uint32_t own = DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE, all = system | own | DRY_MEMORY_TRACK;
  const support::Arena arena(support::ArenaOptions(10000, system | own));
  ExpectTold("arena", system | own, arena.Stats());
  const support::Slab slab(support::SlabOptions(8192, system | own));
  ExpectTold("slab", system | own, slab.Stats());
  support::Pool pool(support::PoolOptions(kBytes, kObjects, all));
  ExpectTold("pool", all, support::StatsOf(pool.get()));
  support::SharedPool shared(support::SharedPoolOptions(kBytes, kObjects, 2, all));
  ExpectTold("shared pool", all, shared.Stats());
  support::ObjectPool objects(kBytes, kObjects, all);
  ExpectTold("object pool", all, support::StatsOf(objects.get()));
  support::IndexMap map(1000, system);
  ExpectTold("index map", system, support::StatsOf(map.get()));
  support::Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 1 << 20));
  support::Pool part;
  ASSERT_STATUS(DRY_OK, part.CreateIn(&region, support::PoolOptions(kBytes, kObjects, own)));
  ExpectTold("part", own, support::StatsOf(part.get()));
  support::SharedPool shared_part;
  ASSERT_STATUS(DRY_OK, shared_part.CreateIn(&region, support::SharedPoolOptions(kBytes, 10, 2, own), "shared"));
  ExpectTold("shared part", own, shared_part.Stats());
}

/* ---- moved ---- */

/** The same handle elsewhere, and nothing left where it was. */
template <typename Handle>
std::unique_ptr<Handle> Moved(Handle *from) {
  auto to = std::make_unique<Handle>();
  memcpy(to.get(), from, sizeof *from);
  memset(from, 0xff, sizeof *from);
  return to;
}

TEST(MemoryMove, AnArenaGoesOn) {
  for (uint32_t overflow : {uint32_t{DRY_OVERFLOW_ERROR}, uint32_t{DRY_OVERFLOW_FALLBACK}}) {
    dry_arena here = {};
    const dry_arena_options options = support::ArenaOptions(100, 0, overflow);
    ASSERT_STATUS(DRY_OK, dry_arena_create(&options, &here, nullptr));
    void *first = nullptr, *second = nullptr, *third = nullptr;
    ASSERT_STATUS(DRY_OK, dry_arena_alloc(&here, 10, 1, &first));
    const bool more = overflow == DRY_OVERFLOW_FALLBACK;
    EXPECT_STATUS(more ? DRY_OK : DRY_FULL, dry_arena_alloc(&here, 200, 1, &second));
    auto there = Moved(&here);
    ASSERT_STATUS(DRY_OK, dry_arena_alloc(there.get(), 10, 1, &third));
    EXPECT_EQ(static_cast<uint8_t *>(first) + 10, third);
    EXPECT_EQ(more, dry_arena_contains(there.get(), second));
    EXPECT_STATUS(DRY_OK, dry_arena_close(there.get()));
  }
}

TEST(MemoryMove, AScratchGoesOnWithItsOpenScopes) {
  for (uint64_t depth : {3, DRY_SCRATCH_LEVELS + 3}) { /* levels in the handle, and on the heap */
    dry_scratch here = {};
    ASSERT_STATUS(DRY_OK, dry_scratch_create(nullptr, &here, nullptr));
    std::vector<dry_scratch_scope> scopes(depth);
    void *memory = nullptr;
    for (dry_scratch_scope &scope : scopes) {
      ASSERT_STATUS(DRY_OK, dry_scratch_begin(&here, &scope));
      ASSERT_STATUS(DRY_OK, dry_scratch_alloc(&here, 10, 1, &memory));
    }
    auto there = Moved(&here);
    dry_scratch_stats stats;
    for (uint64_t open = depth; open-- > 0;) {
      ASSERT_STATUS(DRY_OK, dry_scratch_end(there.get(), &scopes[open]));
      ASSERT_STATUS(DRY_OK, dry_scratch_get_stats(there.get(), &stats));
      EXPECT_EQ(10 * open, stats.used_bytes);
    }
    EXPECT_STATUS(DRY_OK, dry_scratch_close(there.get()));
  }
}

TEST(MemoryMove, APoolGoesOn) {
  dry_pool_options options = support::PoolOptions(24, 10);
  options.capacity_max_slots = 1000;
  support::Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 1 << 20));
  for (bool part : {false, true}) {
    dry_pool here = {};
    if (part) {
      ASSERT_STATUS(DRY_OK, dry_pool_create_in(&region.handle, "p", 1, &options, &here, nullptr));
    } else {
      ASSERT_STATUS(DRY_OK, dry_pool_create(&options, &here, nullptr));
    }
    options.capacity_max_slots = 0;
    void *memory = nullptr;
    ASSERT_STATUS(DRY_OK, dry_pool_alloc(&here, &memory));
    auto there = Moved(&here);
    EXPECT_STATUS(DRY_OK, dry_pool_free(there.get(), memory));
    std::vector<uint32_t> slots(part ? 10 : 100); /* the one in private memory grows */
    EXPECT_STATUS(DRY_OK, dry_pool_acquire_many(there.get(), slots.data(), slots.size()));
    EXPECT_STATUS(DRY_OK, dry_pool_validate(there.get(), nullptr));
    EXPECT_STATUS(DRY_OK, dry_pool_close(there.get()));
  }
}

TEST(MemoryMove, ASharedPoolGoesOnOnceItsCachesAreClosedAndACacheAtAnyTime) {
  dry_shared_pool here = {};
  const dry_shared_pool_options options = support::SharedPoolOptions(24, 100);
  ASSERT_STATUS(DRY_OK, dry_shared_pool_create(&options, &here, nullptr));
  uint32_t slot = 0;
  ASSERT_STATUS(DRY_OK, dry_shared_pool_acquire(&here, &slot));
  auto there = Moved(&here);
  dry_shared_pool_cache cache = {};
  ASSERT_STATUS(DRY_OK, dry_shared_pool_cache_open(there.get(), &cache, nullptr));
  void *memory = nullptr;
  ASSERT_STATUS(DRY_OK, dry_shared_pool_cache_alloc(&cache, &memory));
  auto moved = Moved(&cache);
  EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_free(moved.get(), memory));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_release(moved.get(), slot));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_cache_close(moved.get()));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_validate(there.get(), nullptr));
  EXPECT_STATUS(DRY_OK, dry_shared_pool_close(there.get()));
}

TEST(MemoryMove, AnIndexMapGoesOn) {
  dry_index_map here = {};
  const dry_index_map_options options = support::IndexMapOptions(1000);
  ASSERT_STATUS(DRY_OK, dry_index_map_create(&options, &here, nullptr));
  uint32_t index = 9;
  ASSERT_STATUS(DRY_OK, dry_index_map_acquire(&here, &index));
  auto there = Moved(&here);
  EXPECT_STATUS(DRY_OK, dry_index_map_acquire(there.get(), &index));
  EXPECT_EQ(1u, index);
  EXPECT_EQ((std::vector<uint32_t>{0, 1}), support::ListOf(there.get()));
  EXPECT_STATUS(DRY_OK, dry_index_map_close(there.get()));
}

TEST(MemoryMove, ObjectAndBufferPoolsGoOn) {
  dry_object_pool here = {};
  const dry_object_pool_options options = support::ObjectPoolOptions(24, 10);
  ASSERT_STATUS(DRY_OK, dry_object_pool_create(&options, &here, nullptr));
  uint64_t handle = 0, destroyed = 0;
  void *memory = nullptr, *same = nullptr;
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire(&here, &handle, &memory));
  auto there = Moved(&here);
  EXPECT_STATUS(DRY_OK, dry_object_pool_get(there.get(), handle, &same));
  EXPECT_EQ(memory, same);
  EXPECT_STATUS(DRY_OK, dry_object_pool_close(there.get(), &destroyed));
  EXPECT_EQ(1u, destroyed);

  dry_buffer_pool blocks = {};
  dry_buffer_pool_options shape = {};
  shape.struct_size = sizeof shape;
  shape.element_bytes = 4;
  shape.elements = 8;
  shape.blocks = 2;
  ASSERT_STATUS(DRY_OK, dry_buffer_pool_create(&shape, &blocks, nullptr));
  ASSERT_STATUS(DRY_OK, dry_buffer_pool_acquire(&blocks, &handle, &memory));
  auto moved = Moved(&blocks);
  EXPECT_STATUS(DRY_OK, dry_buffer_pool_write(moved.get(), handle, 7, "last", 1));
  EXPECT_EQ(0, memcmp("last", static_cast<uint8_t *>(memory) + 28, 4));
  EXPECT_STATUS(DRY_OK, dry_buffer_pool_release(moved.get(), handle));
  EXPECT_STATUS(DRY_OK, dry_buffer_pool_close(moved.get()));
}

TEST(MemoryMove, ASlabGoesOn) {
  dry_slab here = {};
  const dry_slab_options options = support::SlabOptions(8192);
  ASSERT_STATUS(DRY_OK, dry_slab_create(&options, &here, nullptr));
  void *inside = nullptr, *outside = nullptr;
  ASSERT_STATUS(DRY_OK, dry_slab_alloc(&here, 8, &inside, nullptr));
  ASSERT_STATUS(DRY_OK, dry_slab_alloc(&here, 5000, &outside, nullptr));
  auto there = Moved(&here);
  EXPECT_STATUS(DRY_OK, dry_slab_free(there.get(), inside));
  EXPECT_STATUS(DRY_OK, dry_slab_free(there.get(), outside));
  EXPECT_STATUS(DRY_STALE, dry_slab_free(there.get(), outside));
  EXPECT_STATUS(DRY_OK, dry_slab_close(there.get()));
}

TEST(MemoryMove, ARegionAndAStoreGoOn) {
  dry_region here = {};
  const dry_region_options options = support::CreateOptions(DRY_REGION_MEMORY, 1 << 20);
  ASSERT_STATUS(DRY_OK, dry_region_create(&options, &here, nullptr));
  const dry_kv_options store = support::KvOptions(10, 1000);
  dry_kv_writer writer = {};
  ASSERT_STATUS(DRY_OK, dry_kv_create(&here, "kv", 2, &store, &writer, nullptr));
  auto region = Moved(&here);
  auto moved = Moved(&writer);
  dry_kv_reader reader = {};
  ASSERT_STATUS(DRY_OK, dry_kv_reader_open(region.get(), "kv", 2, 0, &reader, nullptr));
  auto looking = Moved(&reader);
  EXPECT_STATUS(DRY_OK, dry_kv_put(moved.get(), "apple", 5, "1.20", 4, nullptr));
  char value[4];
  size_t bytes = 0;
  uint64_t version = 0;
  EXPECT_STATUS(DRY_OK, dry_kv_get(looking.get(), "apple", 5, value, sizeof value, &bytes, &version));
  EXPECT_EQ("1.20", std::string(value, bytes));
  EXPECT_STATUS(DRY_OK, dry_kv_reader_close(looking.get()));
  EXPECT_STATUS(DRY_OK, dry_kv_writer_close(moved.get()));
  EXPECT_STATUS(DRY_OK, dry_region_verify(region.get(), nullptr));
  EXPECT_STATUS(DRY_OK, dry_region_close(region.get()));
}

}  // namespace
