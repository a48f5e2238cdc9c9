/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <cstring>
#include <vector>

#include "tests/support/kv.h"
#include "tests/support/status.h"

namespace {

using support::Put;
using support::Store;

class KvRead : public testing::Test {
 protected:
  KvRead() : store(100, 20000) {
    EXPECT_STATUS(DRY_OK, Put(&store.writer, "key", "0123456789"));
    EXPECT_STATUS(DRY_OK, Put(&store.writer, "empty", ""));
  }
  Store store;
};

TEST_F(KvRead, GetCopiesValueSizeAndVersion) {
  char value[16];
  memset(value, '#', sizeof value);
  size_t size = 0;
  uint64_t version = 0;
  ASSERT_STATUS(DRY_OK, dry_kv_get(store.reader(), "key", 3, value, sizeof value, &size, &version));
  EXPECT_EQ(10u, size);
  EXPECT_EQ(1u, version);
  EXPECT_EQ("0123456789######", std::string(value, sizeof value)) << "not a byte more is written";
}

TEST_F(KvRead, GetFitsValuesOfEveryLengthIntoBuffersOfThatLength) {
  for (size_t length = 0; length <= 80; length++) {
    const std::string expected = std::string(length, 'x');
    ASSERT_STATUS(DRY_OK, Put(&store.writer, "sized", expected));
    for (size_t shift = 0; shift < 8; shift++) {
      std::vector<char> room(length + shift + 1, '#');
      size_t size = 0;
      ASSERT_STATUS(DRY_OK, dry_kv_get(store.reader(), "sized", 5, room.data() + shift, length, &size, nullptr));
      EXPECT_EQ(expected, std::string(room.data() + shift, length));
      EXPECT_EQ('#', room[length + shift]) << length << " at " << shift;
    }
  }
}

TEST_F(KvRead, GetSaysHowLargeTheBufferMustBe) {
  char value[10];
  for (size_t room : {0u, 1u, 8u, 9u}) {
    size_t size = 0;
    uint64_t version = 0;
    EXPECT_STATUS(DRY_TOO_LARGE, dry_kv_get(store.reader(), "key", 3, value, room, &size, &version)) << room;
    EXPECT_EQ(10u, size);
  }
  size_t size = 0;
  EXPECT_STATUS(DRY_TOO_LARGE, dry_kv_get(store.reader(), "key", 3, nullptr, 0, &size, nullptr));
  EXPECT_EQ(10u, size);
}

TEST_F(KvRead, GetTakesNullForWhatIsNotWanted) {
  char value[10];
  EXPECT_STATUS(DRY_OK, dry_kv_get(store.reader(), "key", 3, value, sizeof value, nullptr, nullptr));
  EXPECT_STATUS(DRY_OK, dry_kv_get(store.reader(), "empty", 5, nullptr, 0, nullptr, nullptr));
}

TEST_F(KvRead, GetOfAMissingKeyGivesZeros) {
  char value[10];
  size_t size = 7;
  uint64_t version = 7;
  EXPECT_STATUS(DRY_NOT_FOUND, dry_kv_get(store.reader(), "none", 4, value, sizeof value, &size, &version));
  EXPECT_EQ(0u, size);
  EXPECT_EQ(0u, version);
}

TEST_F(KvRead, TryGetCountsItsAttempts) {
  char value[16];
  size_t size = 0;
  uint64_t version = 0;
  uint32_t attempts = 0;
  ASSERT_STATUS(DRY_OK, dry_kv_try_get(store.reader(), "key", 3, value, sizeof value, 1, &size, &version, &attempts));
  EXPECT_EQ(1u, attempts);
  EXPECT_EQ(10u, size);
  EXPECT_EQ(1u, version);
  EXPECT_STATUS(DRY_NOT_FOUND,
                dry_kv_try_get(store.reader(), "none", 4, value, sizeof value, 3, nullptr, nullptr, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT,
                dry_kv_try_get(store.reader(), "key", 3, value, sizeof value, 0, nullptr, nullptr, nullptr));
}

TEST_F(KvRead, ContainsAnswersOneOrZero) {
  uint32_t found = 9;
  ASSERT_STATUS(DRY_OK, dry_kv_contains(store.reader(), "empty", 5, &found));
  EXPECT_EQ(1u, found);
  ASSERT_STATUS(DRY_OK, dry_kv_contains(store.reader(), "none", 4, &found));
  EXPECT_EQ(0u, found);
}

TEST_F(KvRead, GetManyAnswersEachLookupForItself) {
  char one[16], two[2];
  const std::string huge(DRY_KV_KEY_BYTES_MAX + 1, 'k');
  dry_kv_lookup lookups[7] = {};
  const auto set = [&](int i, const char *key, size_t bytes, void *value, size_t room) {
    lookups[i].key = key;
    lookups[i].key_bytes = static_cast<uint32_t>(bytes);
    lookups[i].value = value;
    lookups[i].value_capacity = room;
  };
  set(0, "key", 3, one, sizeof one);
  set(1, "none", 4, one, 0);
  set(2, "key", 3, two, sizeof two);
  set(3, "empty", 5, nullptr, 0);
  set(4, huge.data(), huge.size(), nullptr, 0);
  set(5, "key", 3, nullptr, 0);
  set(6, "", 0, nullptr, 0);
  ASSERT_STATUS(DRY_OK, dry_kv_get_many(store.reader(), lookups, 7));
  EXPECT_STATUS(DRY_OK, lookups[0].status);
  EXPECT_EQ("0123456789", std::string(one, lookups[0].value_bytes));
  EXPECT_EQ(1u, lookups[0].version);
  EXPECT_STATUS(DRY_NOT_FOUND, lookups[1].status);
  EXPECT_STATUS(DRY_TOO_LARGE, lookups[2].status);
  EXPECT_EQ(10u, lookups[2].value_bytes);
  EXPECT_STATUS(DRY_OK, lookups[3].status);
  EXPECT_EQ(0u, lookups[3].value_bytes);
  EXPECT_STATUS(DRY_TOO_LARGE, lookups[4].status);
  EXPECT_STATUS(DRY_TOO_LARGE, lookups[5].status);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, lookups[6].status);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, lookups[6].status);
}

TEST_F(KvRead, GetManyTakesAnyCount) {
  for (int i = 0; i < 50; i++) ASSERT_STATUS(DRY_OK, Put(&store.writer, "n" + std::to_string(i), std::to_string(i)));
  for (size_t count : {0u, 1u, 2u, 15u, 16u, 17u, 63u, 64u, 65u, 200u}) {
    std::vector<std::string> keys(count), values(count, std::string(8, '\0'));
    std::vector<dry_kv_lookup> lookups(count);
    for (size_t i = 0; i < count; i++) {
      keys[i] = "n" + std::to_string(i % 70);
      lookups[i] = {};
      lookups[i].key = keys[i].data();
      lookups[i].key_bytes = static_cast<uint32_t>(keys[i].size());
      lookups[i].value = values[i].data();
      lookups[i].value_capacity = 8;
    }
    ASSERT_STATUS(DRY_OK, dry_kv_get_many(store.reader(), lookups.data(), count)) << count;
    for (size_t i = 0; i < count; i++) {
      ASSERT_STATUS(i % 70 < 50 ? DRY_OK : DRY_NOT_FOUND, lookups[i].status) << i << " of " << count;
      if (i % 70 < 50) {
        EXPECT_EQ(std::to_string(i % 70), values[i].substr(0, lookups[i].value_bytes));
      }
    }
  }
}

TEST_F(KvRead, CheckedReadersSeeADamagedValue) {
  support::Reader checked(store.region, DRY_KV_READ_CHECKED);
  EXPECT_EQ("0123456789", support::GetOr(checked.get(), "key"));
  const void *base = nullptr;
  uint64_t size = 0;
  ASSERT_STATUS(DRY_OK, dry_region_memory(&store.region.handle, &base, &size));
  char *value = static_cast<char *>(memmem(base, size, "0123456789", 10));
  ASSERT_NE(nullptr, value);
  value[4] = 'x';
  EXPECT_EQ("<corrupt>", support::GetOr(checked.get(), "key"));
  EXPECT_EQ("", support::GetOr(checked.get(), "empty"));
  EXPECT_STATUS(DRY_CORRUPT, store.region.Verify());
  EXPECT_NE(nullptr, strstr(store.region.detail.text, "kv")) << store.region.detail.text;
  EXPECT_NE(0u, store.region.detail.offset);
  value[4] = '4';
}

TEST_F(KvRead, StatsTellSizesAndCounts) {
  const dry_kv_stats stats = support::KvStats(store.reader());
  EXPECT_EQ(2u, stats.entries);
  EXPECT_EQ(100u, stats.capacity);
  EXPECT_EQ(3u + 10u + 5u, stats.data_bytes);
  EXPECT_EQ(20000u, stats.data_capacity_bytes);
  EXPECT_EQ(2u, stats.version);
  EXPECT_EQ(0u, stats.relocation % 2);
  EXPECT_GT(stats.size_bytes, 20000u);
}

TEST_F(KvRead, QuietStoresNeedNoRetries) {
  support::Reader reader(store.region);
  for (int i = 0; i < 100; i++) support::GetOr(reader.get(), "key");
  EXPECT_EQ(0u, dry_kv_reader_retries(reader.get()));
}

}  // namespace
