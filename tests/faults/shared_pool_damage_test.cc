/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Every byte of a stored shared pool is changed, and peers who may write to it do so while others work. Nothing may crash,
 * hang, reach outside of the pool, or give one slot to two users of one process at once. Run it under the sanitizers.
 */
#include <atomic>
#include <cstring>
#include <set>
#include <thread>

#include "tests/support/places.h"
#include "tests/support/random.h"
#include "tests/support/shared_pool.h"
#include "tests/support/status.h"

namespace {

using support::Buffer;
using support::Cache;
using support::Region;
using support::SharedPool;
using support::SharedPoolOptions;

const uint64_t kCapacity = 150;

/** A region with one pool: slots in use, in the depot's three stacks and never taken; one cache is open. */
struct Sample {
  std::string bytes;
  uint64_t from; /* of the part, in the region */
  uint64_t to;   /* where the slots begin */
};

Sample MakeSample(uint32_t flags) {
  const dry_shared_pool_options options = SharedPoolOptions(8, kCapacity, 2, flags);
  Buffer buffer(support::RegionBytesFor(options));
  Region region;
  dry_region_options create = support::BufferCreateOptions(buffer);
  create.part_capacity = 2;
  EXPECT_STATUS(DRY_OK, region.Create(create)) << region.detail.text;
  SharedPool pool;
  EXPECT_STATUS(DRY_OK, pool.CreateIn(&region, options)) << pool.detail.text;
  Cache cache(pool), other(pool);
  const std::vector<uint32_t> slots = cache.TakeUpTo(100);
  cache.GiveBack({slots.begin() + 10, slots.end()});
  EXPECT_STATUS(DRY_OK, other.Close());
  const Sample sample = {buffer.Copy(), static_cast<uint64_t>(reinterpret_cast<uint8_t *>(pool.handle.header) - buffer.data()),
                         static_cast<uint64_t>(pool.handle.slots - buffer.data())};
  return sample;
}

/** Everything that is there to do, whatever it answers; true when the pool said that all is well. */
bool UseIt(const std::string &bytes, bool *opened) {
  const Buffer buffer(bytes);
  Region region;
  region.DoNotVerify();
  *opened = false;
  if (region.Open(support::BufferOpenOptions(buffer, DRY_MODE_SHARE)) != DRY_OK) return false;
  SharedPool pool;
  pool.DoNotValidate();
  if (pool.Open(&region) != DRY_OK) return false;
  *opened = true;
  const dry_status valid = pool.Validate();
  EXPECT_TRUE(valid == DRY_OK || valid == DRY_CORRUPT) << dry_status_name(valid);
  EXPECT_EQ(valid != DRY_OK, pool.detail.text[0] != 0);
  EXPECT_STATUS(valid, region.Verify());
  Cache cache;
  if (cache.Open(pool) == DRY_OK) {
    // More requests than there are slots, since each that was listed in vain is answered with an error.
    std::set<uint32_t> mine;
    for (uint64_t i = 0; i < 3 * kCapacity; i++) {
      uint32_t slot = 0;
      if (cache.Acquire(&slot) != DRY_OK) continue;
      EXPECT_GT(kCapacity, slot);
      EXPECT_TRUE(mine.insert(slot).second) << "slot " << slot << " is there twice";
    }
    for (uint32_t slot : mine) (void)cache.Release(slot);
    (void)dry_shared_pool_flush(cache.get());
    uint32_t slot = 0;
    if (dry_shared_pool_acquire(pool.get(), &slot) == DRY_OK) (void)dry_shared_pool_release(pool.get(), slot);
  }
  (void)cache.Close();
  EXPECT_STATUS(DRY_OK, dry_shared_pool_reset(pool.get()));
  (void)dry_shared_pool_repair(pool.get(), nullptr);
  (void)pool.Stats();
  return valid == DRY_OK;
}

/* One thread alone has nothing to show to ThreadSanitizer, which is slow: there some bytes do. */
#if defined(__SANITIZE_THREAD__)
const size_t kStep = 31;
#else
const size_t kStep = 1;
#endif

TEST(SharedPoolDamage, AnyByteOfThePool) {
  for (uint32_t flags : {0u, uint32_t{DRY_MEMORY_GUARDED}}) {
    const Sample sample = MakeSample(flags);
    bool opened = false;
    ASSERT_TRUE(UseIt(sample.bytes, &opened)) << "the sample itself is sound";
    uint64_t noticed = 0, looked_at = 0;
    for (size_t at = sample.from; at < sample.to && !testing::Test::HasFailure(); at += kStep) {
      // Batches are long and alike: of their insides some do.
      const bool inside = at > sample.from + 2048;
      if (inside && at % 11 != 0) continue;
      SCOPED_TRACE("byte " + std::to_string(at - sample.from) + " of the part");
      for (int bits : {1, 128}) {
        if (inside && bits != (at % 2 == 0 ? 1 : 128)) continue;
        std::string bytes = sample.bytes;
        bytes[at] = static_cast<char>(bytes[at] ^ bits);
        looked_at++;
        noticed += !UseIt(bytes, &opened);
        if (at - sample.from < offsetof(dry_shared_pool_header, full)) {
          EXPECT_TRUE(!opened || at - sample.from >= offsetof(dry_shared_pool_header, reserved1)) << "a fixed field";
        }
      }
    }
    // What is not noticed is of no consequence: entries beyond a batch's count, tags, counters.
    EXPECT_GT(noticed, looked_at / 4);
  }
}

TEST(SharedPoolDamage, ManyBytesAtOnce) {
  for (uint64_t seed : support::Seeds()) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    support::Random random(seed);
    const Sample sample = MakeSample(0);
    for (uint64_t round = 0; round < support::Scaled(400); round++) {
      std::string bytes = sample.bytes;
      for (uint64_t i = 1 + random.Below(40); i > 0; i--) {
        const uint64_t at = sample.from + 128 + random.Below(sample.to - sample.from - 128);
        bytes[at] = static_cast<char>(random.OneIn(3) ? 0 : random.OneIn(2) ? random.Below(6) : random.Next());
      }
      bool opened;
      (void)UseIt(bytes, &opened);
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(SharedPoolDamage, AStackThatGoesInCircles) {
  SharedPool pool(8, 1000);
  pool.DoNotValidate();
  {
    Cache cache(pool);
    cache.GiveBack(cache.TakeUpTo(1000));
  }
  const uint64_t top = pool.handle.header->full % (1u << DRY_SHARED_POOL_BATCH_BITS);
  ASSERT_NE(0u, top);
  pool.handle.batches[top - 1].next = static_cast<uint32_t>(top);
  EXPECT_STATUS(DRY_CORRUPT, pool.Validate());
  EXPECT_NE(nullptr, strstr(pool.detail.text, "two places")) << pool.detail.text;
  EXPECT_STATUS(DRY_OK, dry_shared_pool_repair(pool.get(), nullptr));
  EXPECT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
  EXPECT_EQ(1000u, pool.Takeable());
}

#if !defined(__SANITIZE_THREAD__)
/** Somebody who may write to the region does, all the time: between any check and any use. */
TEST(SharedPoolDamage, APeerThatFlipsBytesWhileWeWork) {
  const Sample sample = MakeSample(0);
  const Buffer buffer(sample.bytes);
  Region region;
  region.DoNotVerify();
  ASSERT_STATUS(DRY_OK, region.Open(support::BufferOpenOptions(buffer, DRY_MODE_SHARE)));
  SharedPool pool;
  pool.DoNotValidate();
  ASSERT_STATUS(DRY_OK, pool.Open(&region));
  const uint64_t seed = support::Fresh();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::atomic<bool> stop{false};
  std::thread peer([&] {
    support::Random random(seed);
    while (!stop.load(std::memory_order_relaxed)) {
      const uint64_t at = sample.from + 128 + random.Below(sample.to - sample.from - 128);
      reinterpret_cast<std::atomic<uint8_t> *>(buffer.data() + at)->store(static_cast<uint8_t>(
          random.OneIn(2) ? random.Below(8) : random.Next()), std::memory_order_relaxed);
    }
  });
  // Never two full rounds of waiting for an empty batch in a row: a few caches are enough.
  Cache cache;
  for (uint64_t i = support::Scaled(20000); i > 0; i--) {
    if (cache.get()->magazine == nullptr && cache.Open(pool) != DRY_OK) {
      (void)dry_shared_pool_repair(pool.get(), nullptr);
      continue;
    }
    uint32_t slot = 0;
    if (cache.Acquire(&slot) == DRY_OK) {
      EXPECT_GT(kCapacity, slot);
      (void)cache.Release(slot);
    }
    if (i % 4 == 0) (void)dry_shared_pool_validate(pool.get(), nullptr);
    if (i % 64 == 0) {
      (void)cache.Close();
      (void)dry_shared_pool_repair(pool.get(), nullptr);
    }
  }
  stop = true;
  peer.join();
  (void)cache.Close();
}
#endif

/** A saved image is sealed; and a pool in it goes on where it was. */
TEST(SharedPoolDamage, SavedAndLoaded) {
  support::TempDir dir;
  const dry_shared_pool_options options = SharedPoolOptions(8, 300, 4);
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, support::RegionBytesFor(options) + 65536));
  SharedPool pool;
  ASSERT_STATUS(DRY_OK, pool.CreateIn(&region, options));
  Cache cache(pool);
  const std::vector<uint32_t> slots = cache.TakeUpTo(100);
  cache.GiveBack({slots.begin() + 40, slots.end()});
  ASSERT_STATUS(DRY_OK, region.Save(dir.File("image"))) << region.detail.text;
  for (uint32_t kind : {DRY_REGION_MEMORY, DRY_REGION_FILE}) {
    Region loaded;
    ASSERT_STATUS(DRY_OK, loaded.Load(dir.File("image"), kind, kind == DRY_REGION_FILE ? dir.File("r").c_str() : nullptr))
        << loaded.detail.text;
    SharedPool again;
    ASSERT_STATUS(DRY_OK, again.Open(&loaded));
    EXPECT_EQ(40u, again.Stats().in_use);
    EXPECT_STATUS(DRY_OK, dry_shared_pool_repair(again.get(), &again.detail)) << again.detail.text;
    EXPECT_EQ(40u, again.Stats().in_use) << "what was taken stays taken";
    EXPECT_EQ(260u, again.Takeable());
    for (size_t i = 0; i < 40; i++) EXPECT_STATUS(DRY_OK, dry_shared_pool_release(again.get(), slots[i]));
  }
}

}  // namespace
