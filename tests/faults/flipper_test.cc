/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A hostile peer flips bytes of the region all the time, between any check and any use. What is read may be wrong; but no
 * call may hang, or touch a byte outside the region: run it under AddressSanitizer.
 */
#include <atomic>
#include <thread>

#include "tests/faults/damage.h"
#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

using faults::Sample;
using support::Region;

/* ThreadSanitizer is right that a peer who writes without asking races with the writer's own words and with checks of what
   never changes. Lookups promise more, and run under it too. */
#if defined(__SANITIZE_THREAD__)
#define NOT_UNDER_THREAD_SANITIZER() GTEST_SKIP() << "a hostile peer is a data race by definition"
#else
#define NOT_UNDER_THREAD_SANITIZER() static_cast<void>(0)
#endif

/** Flips bytes of [from, to) of the buffer, and puts right again what it broke, so that all stages are reached. */
class Flipper {
 public:
  Flipper(const support::Buffer &buffer, size_t from, size_t to, uint64_t seed)
      : thread_([this, &buffer, from, to, seed] { Run(buffer.data(), buffer.Copy(), from, to, seed); }) {}
  ~Flipper() {
    stop_ = true;
    thread_.join();
  }

 private:
  void Run(uint8_t *data, const std::string &sound, size_t from, size_t to, uint64_t seed) {
    support::Random random(seed);
    while (!stop_.load(std::memory_order_relaxed)) {
      const size_t at = from + random.Below(to - from);
      const uint8_t bits = random.OneIn(2) ? static_cast<uint8_t>(1 << random.Below(8)) : static_cast<uint8_t>(random.Next());
      const uint8_t now = __atomic_load_n(data + at, __ATOMIC_RELAXED);
      __atomic_store_n(data + at, now ^ bits, __ATOMIC_RELAXED);
      for (uint64_t i = random.Below(200); i > 0; i--) __atomic_load_n(data + at, __ATOMIC_RELAXED);
      if (!random.OneIn(8)) __atomic_store_n(data + at, static_cast<uint8_t>(sound[at]), __ATOMIC_RELAXED);
      if (random.OneIn(64)) Restore(data, sound, from, to);
    }
  }
  static void Restore(uint8_t *data, const std::string &sound, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) __atomic_store_n(data + i, static_cast<uint8_t>(sound[i]), __ATOMIC_RELAXED);
  }

  std::atomic<bool> stop_{false};
  std::thread thread_;
};

void ReadEverything(Region *region, const Sample &sample) {
  dry_detail detail;
  dry_region_verify(&region->handle, &detail);
  dry_part_info info;
  for (uint32_t i = 0; i < 3; i++) dry_region_part_at(&region->handle, i, &info);
  dry_region_stats stats;
  dry_region_get_stats(&region->handle, &stats);
  for (uint32_t flags : {0u, DRY_KV_READ_CHECKED}) {
    dry_kv_reader reader = {};
    if (dry_kv_reader_open(&region->handle, "kv", 2, flags, &reader, nullptr) != DRY_OK) continue;
    char room[64];
    size_t bytes = 0;
    for (const auto &[key, entry] : sample.entries) {
      dry_kv_try_get(&reader, key.data(), key.size(), room, sizeof room, 50, &bytes, nullptr, nullptr);
      dry_kv_value_view view = {};
      if (dry_kv_view(&reader, key.data(), key.size(), &view) == DRY_OK) {
        // A view's whole range lies inside the region, whatever its bytes are.
        for (size_t i = 0; i < view.value_bytes; i++) {
          __atomic_load_n(static_cast<const uint8_t *>(view.value) + i, __ATOMIC_RELAXED);
        }
        dry_kv_view_check(&reader, &view);
      }
    }
    uint64_t cursor = 0;
    for (int i = 0; i < 200; i++) {
      if (dry_kv_next(&reader, &cursor, room, sizeof room, &bytes, nullptr, 0, nullptr, nullptr) != DRY_OK) cursor++;
    }
    dry_kv_reader_close(&reader);
  }
}

TEST(Flipper, ReadersOfTheWholeRegion) {
  NOT_UNDER_THREAD_SANITIZER();
  const Sample sample = faults::MakeSample();
  const uint64_t seed = support::Fresh();
  SCOPED_TRACE("seed " + std::to_string(seed));
  const support::Buffer buffer(sample.bytes);
  Flipper flipper(buffer, 128, buffer.size(), seed);
  for (uint64_t i = 0; i < support::Scaled(10000); i++) {
    Region region;
    region.DoNotVerify();
    if (region.Open(support::BufferOpenOptions(buffer, DRY_MODE_READ)) != DRY_OK) continue;
    ReadEverything(&region, sample);
  }
}

TEST(Flipper, ReadersOfTheIndexAndTheBlockHeaders) {
  const Sample sample = faults::MakeSample();
  const support::Buffer buffer(sample.bytes);
  const size_t from = sample.part_offset + sample.header.control_offset;
  Region region;
  region.DoNotVerify();
  ASSERT_STATUS(DRY_OK, region.Open(support::BufferOpenOptions(buffer, DRY_MODE_READ)));
  Flipper flipper(buffer, from, sample.part_offset + sample.header.heap_offset + 600, support::Fresh());
  for (uint64_t i = 0; i < support::Scaled(2500); i++) ReadEverything(&region, sample);
}

TEST(Flipper, TheWriterItself) {
  NOT_UNDER_THREAD_SANITIZER();
  const Sample sample = faults::MakeSample();
  const uint64_t seed = support::Fresh();
  SCOPED_TRACE("seed " + std::to_string(seed));
  const support::Buffer buffer(sample.bytes);
  support::Random random(seed);
  Flipper flipper(buffer, sample.part_offset + 128, sample.part_offset + sample.header.size_bytes, seed);
  uint64_t opened = 0, written = 0;
  for (uint64_t i = 0; i < support::Scaled(3000); i++) {
    Region region;
    region.DoNotVerify();
    if (region.Open(support::BufferOpenOptions(buffer, DRY_MODE_WRITE)) != DRY_OK) continue;
    dry_kv_writer writer = {};
    if (dry_kv_open(&region.handle, "kv", 2, &writer, nullptr) != DRY_OK) continue;
    opened++;
    for (int round = 0; round < 100; round++) {
      const std::string key = "k" + std::to_string(random.Below(30));
      if (random.OneIn(4)) {
        support::Delete(&writer, key);
      } else {
        written += support::Put(&writer, key, std::string(random.Below(60), 'w')) == DRY_OK;
      }
    }
    dry_kv_writer_close(&writer);
  }
  EXPECT_GT(opened, 0u);
  EXPECT_GT(written, 0u);
}

}  // namespace
