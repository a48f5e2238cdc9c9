/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Every byte of a pool is changed, one at a time, and many at once: nothing may crash, hang or touch what lies outside, and
 * no slot may be handed out that somebody has by its mark. Run it under the sanitizers.
 */
#include <cstring>
#include <set>
#include <thread>

#include "tests/support/places.h"
#include "tests/support/pool.h"
#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

using support::Buffer;
using support::Pool;
using support::PoolOptions;
using support::Region;

const uint64_t kCapacity = 70, kObject = 9;

/* One thread alone has nothing to show to ThreadSanitizer, which is slow: there some bytes do. */
#if defined(__SANITIZE_THREAD__)
const size_t kStep = 7;
#else
const size_t kStep = 1;
#endif

struct Sample {
  std::string bytes; /* of the region */
  uint64_t offset;   /* of the part */
  dry_pool_header header;
};

/** A small region with one pool that has seen use. */
Sample MakeSample(uint32_t flags) {
  Sample sample = {};
  const dry_pool_options options = PoolOptions(kObject, kCapacity, flags);
  Region region;
  dry_region_options create = support::CreateOptions(DRY_REGION_MEMORY, support::RegionBytesFor(options));
  create.part_capacity = 2;
  EXPECT_STATUS(DRY_OK, region.Create(create)) << region.detail.text;
  Pool pool;
  EXPECT_STATUS(DRY_OK, pool.CreateIn(&region, options)) << pool.detail.text;
  for (int i = 0; i < 68; i++) EXPECT_STATUS(DRY_OK, dry_pool_fill(pool.get(), pool.Acquire(), 'x'));
  for (uint32_t slot = 1; slot < 68; slot += 3) EXPECT_STATUS(DRY_OK, pool.Release(slot));
  dry_part_info info = {};
  EXPECT_STATUS(DRY_OK, dry_region_find_part(&region.handle, "pool", 4, &info));
  sample.offset = info.offset;
  sample.header = *pool.handle.header;
  sample.bytes = region.Bytes();
  return sample;
}

/** Reads all there is to read. What is given as an answer is of no interest here. */
void Look(dry_pool *pool) {
  dry_pool_stats stats;
  char bytes[kObject];
  uint64_t count;
  (void)dry_pool_get_stats(pool, &stats);
  (void)dry_pool_validate(pool, nullptr);
  for (uint32_t slot : {0u, 1u, 2u, 63u, 64u, 69u, 70u, 100u}) {
    void *memory;
    (void)dry_pool_read(pool, slot, 0, bytes, kObject);
    if (dry_pool_at(pool, slot, &memory) == DRY_OK) {
      EXPECT_STATUS(DRY_OK, dry_pool_slot_of(pool, memory, &slot));
    }
  }
  uint32_t slot = 0, steps = 0;
  while (dry_pool_next_used(pool, slot, &slot) == DRY_OK && ++steps <= kCapacity) slot++;
  EXPECT_LE(steps, kCapacity) << "the walk does not end";
  const dry_leak_visitor visitor = [](void *, const dry_leak *leak) -> int32_t {
    EXPECT_LT(leak->slot, kCapacity);
    return 0;
  };
  (void)dry_pool_report_leaks(pool, visitor, nullptr, &count);
}

/** Takes and gives whatever it can. */
void Use(dry_pool *pool) {
  uint32_t slots[20];
  for (uint32_t i = 0; i < 10; i++) {
    uint32_t slot;
    if (dry_pool_acquire(pool, &slot) == DRY_OK) {
      EXPECT_LT(slot, kCapacity);
      (void)dry_pool_fill(pool, slot, 'y');
    }
    (void)dry_pool_release(pool, i * 5);
  }
  if (dry_pool_acquire_many(pool, slots, 20) == DRY_OK) {
    const std::set<uint32_t> distinct(slots, slots + 20);
    EXPECT_EQ(20u, distinct.size()) << "one slot twice";
    (void)dry_pool_release_many(pool, slots, 20);
  }
  (void)dry_pool_release_many(pool, slots, 3);
}

/** Opens the bytes for reading: says whether verification saw anything. */
bool LookAt(const std::string &bytes) {
  const Buffer buffer(bytes);
  Region region;
  region.DoNotVerify();
  if (region.Open(support::BufferOpenOptions(buffer, DRY_MODE_READ)) != DRY_OK) return true;
  const bool sound = region.Verify() == DRY_OK;
  if (!sound) {
    EXPECT_STRNE("", region.detail.text);
  }
  Pool pool;
  pool.DoNotValidate();
  if (pool.Open(&region) == DRY_OK) Look(pool.get());
  EXPECT_EQ(bytes, buffer.Copy()) << "a reader changes nothing";
  return !sound;
}

void WriteTo(const std::string &bytes, uint32_t flags) {
  const Buffer buffer(bytes);
  Region region;
  region.DoNotVerify();
  if (region.Open(support::BufferOpenOptions(buffer, DRY_MODE_WRITE)) != DRY_OK) return;
  Pool pool;
  pool.DoNotValidate();
  if (pool.Open(&region) != DRY_OK) return;
  // Whatever it was: opening has set right all but what guards see.
  const dry_status status = pool.Validate();
  EXPECT_TRUE(status == DRY_OK || (flags & DRY_MEMORY_GUARDED) || strstr(pool.detail.text, "header") != nullptr)
      << pool.detail.text;
  Look(pool.get());
  Use(pool.get());
  if (dry_pool_reset(pool.get()) == DRY_OK) Use(pool.get());
}

/** Bytes whose change nobody can see: what the stack once held, free objects, and contents. */
bool Seen(const Sample &sample, size_t at) {
  const uint64_t inside = at - sample.offset;
  const uint64_t stack_end = sample.header.stack_offset + 4 * sample.header.free_count;
  if (inside >= offsetof(dry_pool_header, peak) && inside < offsetof(dry_pool_header, withdrawn)) return false;
  if (inside >= offsetof(dry_pool_header, failures) && inside < offsetof(dry_pool_header, pending) + 4) return false;
  return inside < stack_end;
}

void FlipEach(uint32_t flags, const std::vector<uint8_t> &bits) {
  const Sample sample = MakeSample(flags);
  ASSERT_FALSE(LookAt(sample.bytes)) << "the sample itself is sound";
  for (size_t at = sample.offset; at < sample.offset + sample.header.size_bytes && !testing::Test::HasFailure(); at += kStep) {
    for (uint8_t flip : bits) {
      SCOPED_TRACE("byte " + std::to_string(at - sample.offset) + " xor " + std::to_string(flip));
      std::string bytes = sample.bytes;
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      const bool seen = LookAt(bytes);
      // A mark that says taken of what was on top of the stack, or the next never-used slot, is what a kill leaves.
      if (Seen(sample, at) && !seen) {
        const uint64_t inside = at - sample.offset;
        EXPECT_TRUE(inside >= sample.header.used_offset && inside < sample.header.stack_offset) << "nobody noticed";
      }
      WriteTo(bytes, flags);
    }
  }
}

TEST(PoolDamage, OfAnyByteIsSurvived) { FlipEach(0, {1, 8, 32, 128, 255}); }

TEST(PoolDamage, OfAnyByteOfAGuardedPoolIsSurvived) { FlipEach(DRY_MEMORY_GUARDED, {1, 128, 255}); }

TEST(PoolDamage, OfAnyByteOfAWipedPoolIsSurvived) { FlipEach(DRY_MEMORY_WIPE, {1, 128, 255}); }

TEST(PoolDamage, OfASealedImageIsAlwaysSeen) {
  support::TempDir dir;
  const Sample sample = MakeSample(0);
  const Buffer buffer(sample.bytes);
  Region region;
  ASSERT_STATUS(DRY_OK, region.Open(support::BufferOpenOptions(buffer, DRY_MODE_READ)));
  ASSERT_STATUS(DRY_OK, region.Save(dir.File("image"))) << region.detail.text;
  const std::string image = support::ReadFile(dir.File("image"));
  for (size_t at = sample.offset; at < image.size(); at += 5 * kStep) {
    std::string bytes = image;
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    support::WriteFile(dir.File("damaged"), bytes);
    Region loaded;
    EXPECT_STATUS(DRY_CORRUPT, loaded.Load(dir.File("damaged"), DRY_REGION_MEMORY)) << at;
  }
}

TEST(PoolDamage, OfManyBytesAtOnceIsSurvived) {
  for (uint32_t flags : {0u, static_cast<uint32_t>(DRY_MEMORY_GUARDED)}) {
    const Sample sample = MakeSample(flags);
    for (uint64_t seed : support::Seeds()) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      support::Random random(seed);
      for (uint64_t round = 0; round < support::Scaled(1500 / kStep) && !testing::Test::HasFailure(); round++) {
        std::string bytes = sample.bytes;
        // Not the fixed fields, whose checksum would end it: the counters, the marks, the stack, the objects.
        const uint64_t from = sample.offset + offsetof(dry_pool_header, free_count);
        const uint64_t length = sample.header.size_bytes - offsetof(dry_pool_header, free_count);
        for (uint64_t i = 1 + random.Below(8); i > 0; i--)
          bytes[from + random.Below(random.OneIn(2) ? length : 100)] = static_cast<char>(random.Next());
        LookAt(bytes);
        WriteTo(bytes, flags);
      }
    }
  }
}

/* ThreadSanitizer would report what the peer is there for. */
#if !defined(__SANITIZE_THREAD__)
/* Another process, which knows nothing of what AddressSanitizer is told in this one. */
__attribute__((no_sanitize("address"), noinline)) void Poke(uint8_t *at, uint8_t value) {
  *static_cast<volatile uint8_t *>(at) = value;
}

/** While somebody else changes all of it: each number is loaded once and checked, so nothing leads outside. */
TEST(PoolDamage, ByAPeerThatNeverStopsIsSurvived) {
  for (uint64_t seed : support::Seeds()) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const support::PoolSpan span(PoolOptions(kObject, kCapacity));
    Pool pool(span);
    pool.DoNotValidate();
    bool stop = false;
    std::thread peer([&] {
      support::Random random(seed);
      while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        const uint64_t at = offsetof(dry_pool_header, free_count) + random.Below(span.size() - 72);
        Poke(span.data() + at, static_cast<uint8_t>(random.Next()));
      }
    });
    for (uint64_t i = 0; i < support::Scaled(300); i++) {
      uint32_t slot;
      if (dry_pool_acquire(pool.get(), &slot) == DRY_OK) {
        EXPECT_LT(slot, kCapacity);
      }
      (void)dry_pool_release(pool.get(), static_cast<uint32_t>(i % 80));
      uint32_t slots[20];
      if (dry_pool_acquire_many(pool.get(), slots, 20) == DRY_OK) (void)dry_pool_release_many(pool.get(), slots, 20);
      (void)dry_pool_validate(pool.get(), nullptr);
      if (i % 50 == 49) (void)dry_pool_reset(pool.get());
      dry_pool second = {};
      (void)dry_pool_attach(span.data(), span.size(), &second, nullptr);
      EXPECT_STATUS(DRY_OK, dry_pool_close(&second));
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    peer.join();
  }
}
#endif

}  // namespace
