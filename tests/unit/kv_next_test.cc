/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <set>
#include <vector>

#include "tests/support/kv.h"
#include "tests/support/status.h"

namespace {

using support::Put;
using support::Store;

/** Keys met by a walk that copies keys only; `each` runs after every step. */
template <typename Each>
std::multiset<std::string> Walk(dry_kv_reader *reader, Each each) {
  std::multiset<std::string> keys;
  char key[64];
  size_t size = 0;
  uint64_t cursor = 0;
  dry_status status;
  while ((status = dry_kv_next(reader, &cursor, key, sizeof key, &size, nullptr, 0, nullptr, nullptr)) == DRY_OK) {
    keys.emplace(key, size);
    each(keys.size());
  }
  EXPECT_STATUS(DRY_NOT_FOUND, status);
  EXPECT_STATUS(DRY_NOT_FOUND, dry_kv_next(reader, &cursor, key, sizeof key, &size, nullptr, 0, nullptr, nullptr));
  return keys;
}

TEST(KvNext, FindsNothingInAnEmptyStore) {
  Store store(10, 1000);
  EXPECT_TRUE(support::All(store.reader()).empty());
}

TEST(KvNext, MeetsEveryEntryOnceWithItsValueAndVersion) {
  Store store(300, 20000);
  for (int i = 0; i < 300; i++) ASSERT_STATUS(DRY_OK, Put(&store.writer, std::to_string(i), std::to_string(i * 3)));
  const auto entries = support::All(store.reader());
  ASSERT_EQ(300u, entries.size());
  for (int i = 0; i < 300; i++) {
    EXPECT_EQ((support::Entry{std::to_string(i * 3), static_cast<uint64_t>(i + 1)}), entries.at(std::to_string(i)));
  }
}

TEST(KvNext, StaysAtAnEntryThatDoesNotFit) {
  Store store(4, 1000);
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "a long key", "a long value"));
  char key[16], value[16];
  uint64_t cursor = 0, version = 0;
  size_t key_bytes = 0, value_bytes = 0;
  EXPECT_STATUS(DRY_TOO_LARGE, dry_kv_next(store.reader(), &cursor, key, 9, &key_bytes, value, 16, &value_bytes, &version));
  EXPECT_EQ(10u, key_bytes);
  EXPECT_EQ(12u, value_bytes);
  EXPECT_STATUS(DRY_TOO_LARGE, dry_kv_next(store.reader(), &cursor, key, 16, &key_bytes, value, 11, &value_bytes, &version));
  EXPECT_EQ(12u, value_bytes);
  ASSERT_STATUS(DRY_OK, dry_kv_next(store.reader(), &cursor, key, 16, &key_bytes, value, 16, &value_bytes, &version));
  EXPECT_EQ("a long key", std::string(key, key_bytes));
  EXPECT_EQ("a long value", std::string(value, value_bytes));
  EXPECT_EQ(1u, version);
  EXPECT_STATUS(DRY_NOT_FOUND, dry_kv_next(store.reader(), &cursor, key, 16, &key_bytes, value, 16, &value_bytes, &version));
}

TEST(KvNext, SkipsCopyingWhereNullIsGiven) {
  Store store(4, 1000);
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "key", "value"));
  uint64_t cursor = 0;
  size_t key_bytes = 0, value_bytes = 0;
  EXPECT_STATUS(DRY_OK, dry_kv_next(store.reader(), &cursor, nullptr, 0, &key_bytes, nullptr, 0, &value_bytes, nullptr));
  EXPECT_EQ(3u, key_bytes);
  EXPECT_EQ(5u, value_bytes);
}

TEST(KvNext, MeetsWhatIsThereAllTheTimeExactlyOnceWhileOthersComeAndGo) {
  Store store(400, 40000);
  for (int i = 0; i < 150; i++) ASSERT_STATUS(DRY_OK, Put(&store.writer, "stay" + std::to_string(i), "v"));
  int turn = 0;
  const auto keys = Walk(store.reader(), [&](size_t) {
    const std::string key = "guest" + std::to_string(turn++ % 200);
    if (support::Delete(&store.writer, key) == DRY_NOT_FOUND) {
      EXPECT_STATUS(DRY_OK, Put(&store.writer, key, std::string(turn % 70, 'g')));
    }
  });
  for (int i = 0; i < 150; i++) EXPECT_EQ(1u, keys.count("stay" + std::to_string(i))) << i;
}

TEST(KvNext, MeetsReplacedEntriesOnce) {
  Store store(100, 10000);
  for (int i = 0; i < 100; i++) ASSERT_STATUS(DRY_OK, Put(&store.writer, std::to_string(i), "v"));
  int turn = 0;
  const auto keys = Walk(store.reader(), [&](size_t) {
    for (int i = 0; i < 20; i++) {
      turn++;
      EXPECT_STATUS(DRY_OK, Put(&store.writer, std::to_string(turn % 100), std::string(turn % 60, 'w')));
    }
  });
  EXPECT_EQ(100u, keys.size());
}

TEST(KvNext, TakesAnyCursor) {
  Store store(10, 1000);
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "key", "value"));
  for (uint64_t start : {uint64_t{1} << 20, uint64_t{1} << 62, UINT64_MAX - 1, UINT64_MAX}) {
    uint64_t cursor = start;
    size_t key_bytes = 0;
    EXPECT_STATUS(DRY_NOT_FOUND,
                  dry_kv_next(store.reader(), &cursor, nullptr, 0, &key_bytes, nullptr, 0, nullptr, nullptr));
  }
}

}  // namespace
