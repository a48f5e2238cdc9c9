/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Every byte of a saved index map is changed, one at a time. Opening or verifying must say that it is damaged, and where; or
 * the byte was of no consequence, and every index is as it was. Nothing may crash: run it under the sanitizers.
 */
#include <cstring>
#include <thread>

#include "tests/support/index_map.h"
#include "tests/support/places.h"
#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

using support::Buffer;
using support::IndexMap;
using support::Region;

struct Sample {
  std::string bytes; /* not sealed */
  uint64_t part_offset;
  uint64_t part_bytes;
  std::vector<uint32_t> taken;
};

const uint32_t kCapacity = 4097 + 64;

Sample MakeSample() {
  Sample sample;
  Region region;
  dry_region_options options =
      support::CreateOptions(DRY_REGION_MEMORY, support::RegionBytesFor(support::IndexMapOptions(kCapacity)));
  options.part_capacity = 2;
  EXPECT_STATUS(DRY_OK, region.Create(options)) << region.detail.text;
  IndexMap map;
  EXPECT_STATUS(DRY_OK, map.CreateIn(&region, "ids", kCapacity));
  for (int i = 0; i < 200; i++) map.Acquire();
  for (uint32_t index : {3u, 64u, 130u}) EXPECT_STATUS(DRY_OK, dry_index_map_release(map.get(), index));
  for (uint32_t index : {1000u, 4095u, 4096u, kCapacity - 1}) {
    EXPECT_STATUS(DRY_OK, dry_index_map_acquire_at(map.get(), index));
  }
  dry_part_info part;
  EXPECT_STATUS(DRY_OK, dry_region_part_at(&region.handle, 0, &part));
  sample.taken = support::ListOf(map.get());
  sample.bytes = region.Bytes();
  sample.part_offset = part.offset;
  sample.part_bytes = support::StatsOf(map.get()).size_bytes;
  return sample;
}

/** Whether all calls that look say what they said; none may crash or fail to end. */
bool LooksRight(const dry_index_map *map, const Sample &sample) {
  bool right = true;
  std::vector<uint32_t> walked, listed(kCapacity);
  uint32_t index = 0, from = 0, used = 0;
  dry_status status;
  while ((status = dry_index_map_next_used(map, from, &index)) == DRY_OK) {
    EXPECT_GE(index, from);
    EXPECT_LT(index, kCapacity);
    walked.push_back(index);
    from = index + 1;
  }
  right &= status == DRY_NOT_FOUND && walked == sample.taken;
  uint64_t count = 0;
  right &= dry_index_map_list(map, 0, listed.data(), kCapacity, &count) == DRY_OK;
  listed.resize(count);
  right &= listed == sample.taken;
  for (uint32_t taken : sample.taken) right &= dry_index_map_contains(map, taken, &used) == DRY_OK && used == 1;
  right &= dry_index_map_next_free(map, 0, &index) == DRY_OK && index == 3;
  return right;
}

struct Outcome {
  bool refused = false;
  bool right = false;
  std::string text;
};

/** Looks at the bytes through a region that is open for reading. */
Outcome LookAt(const std::string &bytes, const Sample &sample) {
  Outcome outcome;
  const Buffer buffer(bytes);
  Region region;
  region.DoNotVerify();
  IndexMap map;
  map.DoNotValidate();
  if (region.Open(support::BufferOpenOptions(buffer, DRY_MODE_READ)) != DRY_OK) {
    outcome.refused = true;
    outcome.text = region.detail.text;
    return outcome;
  }
  if (region.Verify() != DRY_OK) {
    outcome.refused = true;
    outcome.text = region.detail.text;
  }
  if (map.Open(&region, "ids") == DRY_OK) {
    outcome.right = LooksRight(map.get(), sample);
  } else {
    EXPECT_TRUE(outcome.refused) << "what cannot be opened cannot be sound";
  }
  return outcome;
}

/** Opens the bytes for writing and changes things; false: refused. */
bool ChangeIn(const std::string &bytes, const Sample &sample, bool *right) {
  const Buffer buffer(bytes);
  Region region;
  region.DoNotVerify();
  IndexMap map;
  if (region.Open(support::BufferOpenOptions(buffer, DRY_MODE_WRITE)) != DRY_OK) return false;
  if (map.Open(&region, "ids") != DRY_OK) return false;
  *right = LooksRight(map.get(), sample);
  std::vector<uint32_t> room(kCapacity);
  for (int i = 0; i < 100; i++) {
    uint32_t index = 0;
    if (dry_index_map_acquire(map.get(), &index) == DRY_OK) {
      EXPECT_LT(index, kCapacity);
    }
  }
  EXPECT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), room.data(), 1000));
  for (uint32_t index = 0; index < kCapacity + 10; index += 3) (void)dry_index_map_release(map.get(), index);
  map.DoNotValidate();
  const bool sound = map.Validate() == DRY_OK;
  EXPECT_TRUE(sound || strstr(map.detail.text, "reserved bytes") != nullptr) << map.detail.text;
  return true;
}

/* One thread alone has nothing to show to ThreadSanitizer, which is slow: there some bytes do. */
#if defined(__SANITIZE_THREAD__)
const size_t kStep = 7;
#else
const size_t kStep = 1;
#endif

TEST(IndexMapDamage, TheSampleItselfIsSound) {
  const Sample sample = MakeSample();
  const Outcome outcome = LookAt(sample.bytes, sample);
  EXPECT_TRUE(!outcome.refused && outcome.right) << outcome.text;
  bool right = false;
  EXPECT_TRUE(ChangeIn(sample.bytes, sample, &right));
  EXPECT_TRUE(right);
}

TEST(IndexMapDamage, OfAnyByteIsFoundOrHarmless) {
  const Sample sample = MakeSample();
  uint64_t refused = 0, flips = 0;
  for (size_t at = sample.part_offset; at < sample.part_offset + sample.part_bytes && !HasFailure(); at += kStep) {
    for (uint8_t flip : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
      SCOPED_TRACE("byte " + std::to_string(at - sample.part_offset) + " xor " + std::to_string(flip));
      std::string bytes = sample.bytes;
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      const Outcome outcome = LookAt(bytes, sample);
      EXPECT_TRUE(outcome.refused || outcome.right) << "neither found nor harmless";
      if (outcome.refused) {
        EXPECT_NE(std::string::npos, outcome.text.find("ids")) << outcome.text;
      }
      bool right = false;
      if (ChangeIn(bytes, sample, &right)) {
        EXPECT_TRUE(right || outcome.refused) << "a writer saw what verify had not seen";
      }
      refused += outcome.refused;
      flips++;
    }
  }
  // Harmless are the count of failures, and the mark of a change where it only says that there may be one.
  EXPECT_GE(refused, flips - 9 * 9);
}

TEST(IndexMapDamage, OfManyBytesCrashesNothing) {
  const Sample sample = MakeSample();
  for (uint64_t seed : support::Seeds()) {
    SCOPED_TRACE("DRYSTONE_TEST_SEED=" + std::to_string(seed));
    support::Random random(seed);
    for (uint64_t round = 0; round < support::Scaled(500); round++) {
      std::string bytes = sample.bytes;
      for (uint64_t i = 1 + random.Below(40); i > 0; i--) {
        const uint64_t at = sample.part_offset + 48 + random.Below(sample.part_bytes - 48);
        bytes[at] = static_cast<char>(random.OneIn(3) ? 0xff : random.Next());
      }
      LookAt(bytes, sample);
      bool right = false;
      ChangeIn(bytes, sample, &right);
    }
  }
}

TEST(IndexMapDamage, OfASavedImageIsFoundByItsSeal) {
  support::TempDir dir;
  const Sample sample = MakeSample();
  const Buffer buffer(sample.bytes);
  Region region;
  ASSERT_STATUS(DRY_OK, region.Open(support::BufferOpenOptions(buffer, DRY_MODE_READ)));
  ASSERT_STATUS(DRY_OK, region.Save(dir.File("image")));
  std::string image = support::ReadFile(dir.File("image"));
  for (size_t at = sample.part_offset; at < sample.part_offset + sample.part_bytes; at += 5) {
    image[at] = static_cast<char>(image[at] ^ 16);
    support::WriteFile(dir.File("damaged"), image);
    Region loaded;
    EXPECT_STATUS(DRY_CORRUPT, loaded.Load(dir.File("damaged"), DRY_REGION_MEMORY)) << at;
    image[at] = static_cast<char>(image[at] ^ 16);
  }
}

/* ThreadSanitizer would report what the peer is there for. */
#if !defined(__SANITIZE_THREAD__)
/* Another process, which knows nothing of what AddressSanitizer is told in this one. */
__attribute__((no_sanitize("address"), noinline)) void Poke(uint8_t *at, uint8_t value) {
  *static_cast<volatile uint8_t *>(at) = value;
}

/** While somebody else changes all of it: each word is loaded once and checked, so nothing leads outside, or has no end. */
TEST(IndexMapDamage, ByAPeerThatNeverStopsIsSurvived) {
  const dry_index_map_options options = support::IndexMapOptions(kCapacity);
  uint64_t bytes = 0;
  ASSERT_STATUS(DRY_OK, dry_index_map_required_bytes(&options, &bytes));
  for (uint64_t seed : support::Seeds()) {
    SCOPED_TRACE("DRYSTONE_TEST_SEED=" + std::to_string(seed));
    const Buffer span((bytes + 63) / 64 * 64);
    ASSERT_STATUS(DRY_OK, dry_index_map_init(span.data(), bytes, &options));
    IndexMap map;
    map.DoNotValidate();
    ASSERT_STATUS(DRY_OK, dry_index_map_attach(span.data(), bytes, map.get(), &map.detail)) << map.detail.text;
    bool stop = false;
    std::thread peer([&] {
      support::Random random(seed);
      while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        const uint64_t from = offsetof(dry_index_map_header, in_use);
        Poke(span.data() + from + random.Below(bytes - from), static_cast<uint8_t>(random.Next()));
      }
    });
    std::vector<uint32_t> room(kCapacity);
    for (uint64_t i = 0; i < support::Scaled(300); i++) {
      uint32_t index = 0;
      uint64_t count = 0;
      if (dry_index_map_acquire(map.get(), &index) == DRY_OK) {
        EXPECT_LT(index, kCapacity);
      }
      (void)dry_index_map_release(map.get(), static_cast<uint32_t>(i * 37 % kCapacity));
      (void)dry_index_map_acquire_at(map.get(), static_cast<uint32_t>(i * 41 % kCapacity));
      (void)dry_index_map_acquire_many(map.get(), room.data(), 100);
      (void)dry_index_map_next_free(map.get(), static_cast<uint32_t>(i), &index);
      if (dry_index_map_list(map.get(), 0, room.data(), room.size(), &count) == DRY_OK) {
        EXPECT_LE(count, kCapacity);
        for (uint64_t at = 0; at < count; at++) EXPECT_LT(room[at], kCapacity);
      }
      (void)dry_index_map_validate(map.get(), nullptr);
      if (i % 50 == 49) (void)dry_index_map_reset(map.get());
      if (i % 50 == 20) (void)dry_index_map_repair(map.get());
      dry_index_map second = {};
      (void)dry_index_map_attach(span.data(), bytes, &second, nullptr);
      EXPECT_STATUS(DRY_OK, dry_index_map_close(&second));
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    peer.join();
  }
}
#endif

}  // namespace
