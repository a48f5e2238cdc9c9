/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/support/kv.h"
#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

using support::Delete;
using support::GetOr;
using support::Put;
using support::PutNew;
using support::Store;

std::string Key(uint64_t i) { return "key-" + std::to_string(1000 + i); }

TEST(KvFull, ByEntriesAtExactlyTheCapacity) {
  for (uint64_t capacity : {1u, 2u, 14u, 15u, 16u, 100u, 1000u}) {
    Store store(capacity, capacity * 20);
    for (uint64_t i = 0; i < capacity; i++) ASSERT_STATUS(DRY_OK, PutNew(&store.writer, Key(i), "v")) << i;
    uint64_t version = 1;
    EXPECT_STATUS(DRY_FULL, Put(&store.writer, Key(capacity), "v", &version));
    EXPECT_EQ(0u, version);
    EXPECT_STATUS(DRY_FULL, PutNew(&store.writer, Key(capacity), "v"));
    EXPECT_EQ(capacity, support::KvStats(store.reader()).entries);
    EXPECT_EQ(capacity, support::KvStats(store.reader()).capacity);
    EXPECT_EQ("<not_found>", GetOr(store.reader(), Key(capacity)));
  }
}

TEST(KvFull, ReplacingAtFullEntriesGoesOnForEver) {
  const uint64_t kEntries = 30;
  Store store(kEntries, kEntries * 40);
  for (uint64_t i = 0; i < kEntries; i++) ASSERT_STATUS(DRY_OK, Put(&store.writer, Key(i), std::string(20, 'a')));
  for (uint64_t i = 0; i < support::Scaled(5000); i++) {
    ASSERT_STATUS(DRY_OK, Put(&store.writer, Key(i % kEntries), std::string(20, static_cast<char>('a' + i % 26)))) << i;
  }
}

TEST(KvFull, ByBytesAtExactlyTheCapacity) {
  // 100 entries of 8 + 92 bytes fill 10,000 bytes to the last one.
  Store store(1000, 10000);
  for (uint64_t i = 0; i < 100; i++) ASSERT_STATUS(DRY_OK, Put(&store.writer, Key(i), std::string(92, 'v'))) << i;
  EXPECT_EQ(10000u, support::KvStats(store.reader()).data_bytes);
  EXPECT_EQ(10000u, support::KvStats(store.reader()).data_capacity_bytes);
  EXPECT_STATUS(DRY_FULL, Put(&store.writer, "x", ""));
  EXPECT_STATUS(DRY_FULL, Put(&store.writer, Key(0), std::string(93, 'v'))) << "one byte more than before";
  EXPECT_EQ(std::string(92, 'v'), GetOr(store.reader(), Key(0))) << "the old value stands";
  EXPECT_STATUS(DRY_OK, Put(&store.writer, Key(0), std::string(91, 'w')));
  EXPECT_STATUS(DRY_OK, Put(&store.writer, "x", ""));
  EXPECT_STATUS(DRY_FULL, Put(&store.writer, "y", ""));
}

TEST(KvFull, ReplacingAtFullBytesGoesOnForEver) {
  Store store(100, 10000);
  for (uint64_t i = 0; i < 100; i++) ASSERT_STATUS(DRY_OK, Put(&store.writer, Key(i), std::string(92, 'v')));
  for (uint64_t i = 0; i < support::Scaled(5000); i++) {
    ASSERT_STATUS(DRY_OK, Put(&store.writer, Key(i * 37 % 100), std::string(92, static_cast<char>(i)))) << i;
  }
  EXPECT_EQ(10000u, support::KvStats(store.reader()).data_bytes);
}

TEST(KvFull, QuarantineNeverCausesIt) {
  // Each of these deletes puts a block into quarantine, at a capacity far below DRY_KV_QUARANTINE_BLOCKS.
  for (uint64_t capacity : {1u, 3u, 20u}) {
    Store store(capacity, capacity * 100);
    for (uint64_t i = 0; i < support::Scaled(2000); i++) {
      for (uint64_t k = 0; k < capacity; k++) {
        ASSERT_STATUS(DRY_OK, PutNew(&store.writer, Key(k), std::string(92, 'v'))) << i;
      }
      for (uint64_t k = 0; k < capacity; k++) ASSERT_STATUS(DRY_OK, Delete(&store.writer, Key(k))) << i;
    }
    EXPECT_EQ(capacity * 2 * support::Scaled(2000), support::KvStats(store.reader()).version);
  }
}

TEST(KvFull, SizeClassesDoNotStrandSpace) {
  // Fills the store with one size after the other: the space of the last class must serve the next one.
  Store store(400, 40000);
  for (size_t size : {1u, 500u, 16u, 3000u, 60u, 900u, 1u, 2000u}) {
    uint64_t count = 0, bytes = 0;
    for (; count < 400 && bytes + Key(count).size() + size <= 40000; count++) {
      ASSERT_STATUS(DRY_OK, Put(&store.writer, Key(count), std::string(size, 'v'))) << size << " " << count;
      bytes += Key(count).size() + size;
    }
    EXPECT_STATUS(DRY_FULL, Put(&store.writer, "one more", std::string(4000, 'v')));
    for (uint64_t i = 0; i < count; i++) ASSERT_STATUS(DRY_OK, Delete(&store.writer, Key(i)));
  }
}

TEST(KvFull, ABlockLargerThanTheStoreIsFullAndNothingHappens) {
  Store store(4, 100);
  const std::string before = store.region.Bytes();
  EXPECT_STATUS(DRY_FULL, Put(&store.writer, "key", std::string(98, 'v')));
  EXPECT_STATUS(DRY_FULL, Put(&store.writer, "key", std::string(1 << 20, 'v')));
  EXPECT_TRUE(before == store.region.Bytes());
  EXPECT_STATUS(DRY_OK, Put(&store.writer, "key", std::string(97, 'v')));
}

}  // namespace
