/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Threads on one shared pool, for ThreadSanitizer first of all: each frees its own slots, each the other's, one takes and
 * another frees, and a thousand that live for a moment. No slot may be with two at once, and none may be lost.
 * DRYSTONE_TEST_SCALE makes it longer.
 */
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <set>
#include <thread>

#include "drystone/inline/shared_pool.h"
#include "tests/support/random.h"
#include "tests/support/shared_pool.h"
#include "tests/support/status.h"

namespace {

using support::Cache;
using support::SharedPool;
using support::SharedPoolOptions;

/** What a holder writes into its object, in plain words: ThreadSanitizer tells when two hold it at once. */
struct Object {
  uint64_t holder;
  uint64_t serial;
};

/** Takes and frees through one cache, and stops the whole process where something is not as it must be. */
class Worker {
 public:
  Worker(SharedPool &pool, uint64_t id, bool inline_calls) : cache_(pool), id_(id), inline_(inline_calls) {}

  Object *Take() {
    void *memory = nullptr;
    const dry_status status = inline_ ? dry_shared_pool_cache_alloc_inline(cache_.get(), &memory)
                                      : dry_shared_pool_cache_alloc(cache_.get(), &memory);
    if (status == DRY_FULL) return nullptr;
    Must(status == DRY_OK, "alloc");
    Object *object = static_cast<Object *>(memory);
    object->holder = id_;
    object->serial = ++serial_;
    return object;
  }
  void Free(Object *object) {
    const dry_status status = inline_ ? dry_shared_pool_cache_free_inline(cache_.get(), object)
                                      : dry_shared_pool_cache_free(cache_.get(), object);
    Must(status == DRY_OK, "free");
  }
  /** One that this worker took, and nobody else has touched. */
  void FreeOwn(Object *object) {
    Must(object->holder == id_, "somebody else has it too");
    Free(object);
  }
  void Flush() { Must(dry_shared_pool_flush(cache_.get()) == DRY_OK, "flush"); }
  dry_shared_pool_cache *cache() { return cache_.get(); }

 private:
  static void Must(bool holds, const char *what) {
    if (holds) return;
    std::fprintf(stderr, "shared pool stress: %s\n", what);
    std::abort();
  }
  Cache cache_;
  uint64_t id_;
  uint64_t serial_ = 0;
  bool inline_;
};

void InThreads(size_t count, const std::function<void(size_t)> &body) {
  std::vector<std::thread> threads;
  for (size_t i = 0; i < count; i++) threads.emplace_back([&body, i] { body(i); });
  for (std::thread &thread : threads) thread.join();
}

void NothingIsLost(SharedPool *pool, uint64_t capacity) {
  EXPECT_STATUS(DRY_OK, pool->Validate()) << pool->detail.text;
  EXPECT_EQ(0u, pool->Stats().in_use);
  EXPECT_EQ(0u, pool->Stats().caches);
  const std::vector<uint32_t> slots = pool->TakeAll();
  EXPECT_EQ(capacity, std::set<uint32_t>(slots.begin(), slots.end()).size());
  EXPECT_EQ(capacity, slots.size());
  pool->GiveBack(slots);
}

void OwnFrees(uint32_t flags, bool inline_calls) {
  // Smaller than what the threads want together, so that they meet at the depot, and the pool is full at times.
  const uint64_t capacity = 700, seed = support::Fresh();
  SCOPED_TRACE("seed " + std::to_string(seed));
  SharedPool pool(SharedPoolOptions(sizeof(Object), capacity, 4, flags));
  InThreads(4, [&](size_t thread) {
    Worker worker(pool, thread + 1, inline_calls);
    support::Random random(seed + thread);
    std::vector<Object *> mine;
    for (uint64_t i = support::Scaled(100000); i > 0; i--) {
      if (mine.size() < 250 && random.Below(100) < 52) {
        if (Object *object = worker.Take()) mine.push_back(object);
      } else if (!mine.empty()) {
        std::swap(mine[random.Below(mine.size())], mine.back());
        worker.FreeOwn(mine.back());
        mine.pop_back();
      }
      if (random.OneIn(300)) worker.Flush();
    }
    for (Object *object : mine) worker.FreeOwn(object);
  });
  NothingIsLost(&pool, capacity);
}

TEST(SharedPoolStress, OwnFrees) { OwnFrees(0, false); }
TEST(SharedPoolStress, OwnFreesInline) { OwnFrees(0, true); }
TEST(SharedPoolStress, OwnFreesGuarded) { OwnFrees(DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE, true); }

/** A place for one object on its way to another thread. */
using Box = std::atomic<Object *>;

TEST(SharedPoolStress, EachFreesTheOthers) {
  const uint64_t capacity = 600;
  SharedPool pool(SharedPoolOptions(sizeof(Object), capacity, 3));
  std::vector<Box> boxes(100);
  InThreads(3, [&](size_t thread) {
    Worker worker(pool, thread + 1, true);
    support::Random random(thread);
    for (uint64_t i = support::Scaled(100000); i > 0; i--) {
      Object *object = worker.Take();
      if (Object *other = boxes[random.Below(boxes.size())].exchange(object, std::memory_order_acq_rel)) worker.Free(other);
    }
  });
  for (Box &box : boxes) {
    if (Object *object = box.load()) {
      EXPECT_STATUS(DRY_OK, dry_shared_pool_release_at(pool.get(), reinterpret_cast<uint8_t *>(object) - pool.handle.slots));
    }
  }
  NothingIsLost(&pool, capacity);
}

TEST(SharedPoolStress, OneTakesAndAnotherFrees) {
  const uint64_t capacity = 400, count = support::Scaled(200000);
  SharedPool pool(SharedPoolOptions(sizeof(Object), capacity, 2));
  std::vector<Box> ring(128);
  InThreads(2, [&](size_t side) {
    Worker worker(pool, side + 1, true);
    for (uint64_t i = 0; i < count; i++) {
      Box &box = ring[i % ring.size()];
      if (side == 0) {
        // At most 128 are on their way and 128 kept back by the other, so there is always one.
        Object *object = worker.Take();
        if (object == nullptr) std::abort();
        object->serial = i;
        while (box.load(std::memory_order_acquire) != nullptr) std::this_thread::yield();
        box.store(object, std::memory_order_release);
      } else {
        Object *object;
        while ((object = box.load(std::memory_order_acquire)) == nullptr) std::this_thread::yield();
        if (object->serial != i) std::abort();
        box.store(nullptr, std::memory_order_release);
        worker.Free(object);
      }
    }
  });
  NothingIsLost(&pool, capacity);
}

TEST(SharedPoolStress, AThousandThreadsThatLiveForAMoment) {
  const uint64_t capacity = 500;
  SharedPool pool(SharedPoolOptions(sizeof(Object), capacity, 8));
  for (int wave = 0; wave < 125; wave++) {
    InThreads(8, [&](size_t thread) {
      Worker worker(pool, thread + 1, true);
      std::vector<Object *> mine;
      for (int i = 0; i < 20; i++) {
        if (Object *object = worker.Take()) mine.push_back(object);
      }
      for (Object *object : mine) worker.FreeOwn(object);
    });
  }
  NothingIsLost(&pool, capacity);
}

TEST(SharedPoolStress, WithoutCachesBesideThoseWith) {
  const uint64_t capacity = 200;
  SharedPool pool(SharedPoolOptions(sizeof(Object), capacity, 2));
  InThreads(5, [&](size_t thread) {
    if (thread < 2) {
      Worker worker(pool, thread + 1, false);
      for (uint64_t i = support::Scaled(20000); i > 0; i--) {
        if (Object *object = worker.Take()) worker.FreeOwn(object);
        if (i % 10 == 0) worker.Flush();
      }
      return;
    }
    for (uint64_t i = support::Scaled(20000); i > 0; i--) {
      uint32_t slot = 0;
      const dry_status taken = dry_shared_pool_acquire(pool.get(), &slot);
      if (taken == DRY_FULL) continue;
      if (taken != DRY_OK || dry_shared_pool_fill(pool.get(), slot, static_cast<uint8_t>(thread)) != DRY_OK) std::abort();
      if (dry_shared_pool_release(pool.get(), slot) != DRY_OK) std::abort();
    }
  });
  NothingIsLost(&pool, capacity);
}

/** Two threads that free the same slot: with a guarded pool exactly one of them may, however close they come. */
TEST(SharedPoolStress, ADoubleFreeByTwoThreadsIsFoundWhereGuarded) {
  // The other one keeps back at most 128.
  const uint64_t capacity = 200;
  SharedPool pool(SharedPoolOptions(sizeof(Object), capacity, 2, DRY_MEMORY_GUARDED));
  const uint64_t rounds = support::Scaled(20000);
  std::atomic<uint64_t> freed{0}, stale{0}, turn{0};
  std::atomic<uint32_t> slot{0};
  InThreads(2, [&](size_t side) {
    Cache cache(pool);
    for (uint64_t round = 0; round < rounds; round++) {
      if (side == 0) {
        slot = cache.Take();
        turn.fetch_add(1);
      }
      while (turn.load() < 3 * round + 1) std::this_thread::yield();
      const dry_status status = cache.Release(slot);
      (status == DRY_OK ? freed : stale)++;
      if (status != DRY_OK && status != DRY_STALE) std::abort();
      turn.fetch_add(1);
      while (turn.load() < 3 * round + 3) std::this_thread::yield();
    }
  });
  EXPECT_EQ(rounds, freed.load());
  EXPECT_EQ(rounds, stale.load());
  NothingIsLost(&pool, capacity);
}

/** Who looks on while others work must never see damage where there is none. */
TEST(SharedPoolStress, ValidatingAndCountingBesideThem) {
  const uint64_t capacity = 500;
  SharedPool pool(SharedPoolOptions(sizeof(Object), capacity, 3));
  std::atomic<int> working{3};
  InThreads(4, [&](size_t thread) {
    if (thread < 3) {
      Worker worker(pool, thread + 1, true);
      std::vector<Object *> mine;
      support::Random random(thread);
      for (uint64_t i = support::Scaled(100000); i > 0; i--) {
        Object *object = mine.size() < 150 && random.OneIn(2) ? worker.Take() : nullptr;
        if (object != nullptr) {
          mine.push_back(object);
        } else if (!mine.empty()) {
          worker.FreeOwn(mine.back());
          mine.pop_back();
        }
      }
      for (Object *object : mine) worker.FreeOwn(object);
      working--;
      return;
    }
    dry_detail detail = {};
    while (working.load() > 0) {
      EXPECT_STATUS(DRY_OK, dry_shared_pool_validate(pool.get(), &detail)) << detail.text;
      dry_shared_pool_stats stats;
      EXPECT_STATUS(DRY_OK, dry_shared_pool_get_stats(pool.get(), &stats));
      EXPECT_GE(capacity, stats.in_use);
    }
  });
  NothingIsLost(&pool, capacity);
}

}  // namespace
