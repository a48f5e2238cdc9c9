/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <cstring>

#include "tests/support/kv.h"
#include "tests/support/status.h"

namespace {

using support::Delete;
using support::GetOr;
using support::Put;
using support::PutNew;
using support::Replace;
using support::Store;

TEST(KvPut, SetsAndReplacesAndCountsVersions) {
  Store store(10, 1000);
  uint64_t version = 0;
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "a", "1", &version));
  EXPECT_EQ(1u, version);
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "b", "2", &version));
  EXPECT_EQ(2u, version);
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "a", "longer than before", &version));
  EXPECT_EQ(3u, version);
  EXPECT_EQ("longer than before", GetOr(store.reader(), "a"));
  EXPECT_EQ("2", GetOr(store.reader(), "b"));
  EXPECT_EQ(2u, support::KvStats(store.reader()).entries);
  EXPECT_EQ(18u + 1u + 2u, support::KvStats(store.reader()).data_bytes);
}

TEST(KvPut, TakesEmptyValuesAndBinaryBytes) {
  Store store(10, 1000);
  const std::string key("\0\xff\n", 3), value("\0\0\1", 3);
  ASSERT_STATUS(DRY_OK, Put(&store.writer, key, ""));
  EXPECT_EQ("", GetOr(store.reader(), key));
  ASSERT_STATUS(DRY_OK, Put(&store.writer, key, value));
  EXPECT_EQ(value, GetOr(store.reader(), key));
  EXPECT_EQ("<not_found>", GetOr(store.reader(), key.substr(0, 2)));
  EXPECT_STATUS(DRY_OK, dry_kv_put(&store.writer, "n", 1, nullptr, 0, nullptr)) << "NULL is fine with 0 bytes";
}

TEST(KvPut, TellsKeysApartThatDifferInLengthOnly) {
  Store store(100, 10000);
  for (size_t size = 1; size <= 40; size++) {
    ASSERT_STATUS(DRY_OK, Put(&store.writer, std::string(size, '\0'), std::to_string(size)));
  }
  for (size_t size = 1; size <= 40; size++) {
    EXPECT_EQ(std::to_string(size), GetOr(store.reader(), std::string(size, '\0')));
  }
}

TEST(KvPut, TakesKeysUpTo65535BytesAndNoLonger) {
  Store store(4, 400000);
  const std::string longest(DRY_KV_KEY_BYTES_MAX, 'k'), longer(DRY_KV_KEY_BYTES_MAX + 1, 'k');
  ASSERT_STATUS(DRY_OK, Put(&store.writer, longest, "value"));
  EXPECT_EQ("value", GetOr(store.reader(), longest));
  EXPECT_STATUS(DRY_TOO_LARGE, Put(&store.writer, longer, "value"));
  EXPECT_STATUS(DRY_TOO_LARGE, PutNew(&store.writer, longer, "value"));
  EXPECT_STATUS(DRY_TOO_LARGE, Replace(&store.writer, longer, "value", 1));
  EXPECT_STATUS(DRY_TOO_LARGE, Delete(&store.writer, longer));
  EXPECT_EQ("<too_large>", GetOr(store.reader(), longer));
  EXPECT_EQ(1u, support::KvStats(store.reader()).version);
  EXPECT_STATUS(DRY_OK, Delete(&store.writer, longest));
}

TEST(KvPut, TakesValuesOfSeveralMebibytes) {
  Store store(4, 32 << 20);
  for (size_t size : {size_t{1} << 20, (size_t{3} << 20) + 1, (size_t{4} << 20) - 7}) {
    std::string value(size, '\0');
    for (size_t i = 0; i < size; i++) value[i] = static_cast<char>(i * 31 + (i >> 12));
    ASSERT_STATUS(DRY_OK, Put(&store.writer, "big", value)) << size;
    EXPECT_TRUE(value == GetOr(store.reader(), "big")) << size;
  }
}

TEST(KvPut, RefusesValuesAboveTheLimitBeforeReadingThem) {
  Store store(4, 1000);
  const char byte = 0;
  for (uint64_t size : {DRY_KV_VALUE_BYTES_MAX + uint64_t{1}, uint64_t{1} << 40, UINT64_MAX}) {
    EXPECT_STATUS(DRY_TOO_LARGE, dry_kv_put(&store.writer, "k", 1, &byte, size, nullptr)) << size;
  }
  EXPECT_STATUS(DRY_FULL, dry_kv_put(&store.writer, "k", 1, &byte, DRY_KV_VALUE_BYTES_MAX, nullptr));
}

TEST(KvPut, RefusesAnEmptyKey) {
  Store store(4, 1000);
  uint64_t version = 5;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, Put(&store.writer, "", "value", &version));
  EXPECT_EQ(0u, version) << "outputs are zero after an error";
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, PutNew(&store.writer, "", "value"));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, Replace(&store.writer, "", "value", 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, Delete(&store.writer, ""));
  EXPECT_EQ("<invalid_argument>", GetOr(store.reader(), ""));
}

TEST(KvPut, RefusesBytesOfTheStoreItself) {
  Store store(10, 4000);
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "key", std::string(100, 'v')));
  dry_part_info part;
  ASSERT_STATUS(DRY_OK, dry_region_part_at(&store.region.handle, 0, &part));
  const void *base = nullptr;
  uint64_t size = 0;
  ASSERT_STATUS(DRY_OK, dry_region_memory(&store.region.handle, &base, &size));
  const char *inside = static_cast<const char *>(base) + part.offset;
  const char *end = inside + support::KvStats(store.reader()).size_bytes;
  for (const char *at : {inside, inside + 300, end - 1}) {
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_put(&store.writer, "other", 5, at, 1, nullptr));
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_put(&store.writer, at, 1, "v", 1, nullptr));
  }
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_put(&store.writer, "other", 5, inside - 1, 2, nullptr)) << "overlap";
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_put_new(&store.writer, "other", 5, inside, 8, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_replace(&store.writer, "key", 3, inside, 8, 1, nullptr));
  EXPECT_EQ(1u, support::KvStats(store.reader()).version);
}

TEST(KvPut, TakesKeyAndValueThatAreTheSameBytes) {
  Store store(10, 1000);
  const std::string bytes = "one and the same";
  ASSERT_STATUS(DRY_OK, Put(&store.writer, bytes, bytes));
  ASSERT_STATUS(DRY_OK, dry_kv_put(&store.writer, bytes.data(), 8, bytes.data() + 4, 8, nullptr));
  EXPECT_EQ(bytes, GetOr(store.reader(), bytes));
  EXPECT_EQ(bytes.substr(4, 8), GetOr(store.reader(), bytes.substr(0, 8)));
}

TEST(KvPutNew, SetsOnlyWhatIsAbsent) {
  Store store(10, 1000);
  uint64_t version = 0;
  EXPECT_STATUS(DRY_OK, PutNew(&store.writer, "key", "first", &version));
  EXPECT_EQ(1u, version);
  EXPECT_STATUS(DRY_ALREADY_EXISTS, PutNew(&store.writer, "key", "second", &version));
  EXPECT_EQ(0u, version);
  EXPECT_EQ("first", GetOr(store.reader(), "key"));
  ASSERT_STATUS(DRY_OK, Delete(&store.writer, "key"));
  EXPECT_STATUS(DRY_OK, PutNew(&store.writer, "key", "third", &version));
  EXPECT_EQ(3u, version) << "a refused call takes no version";
}

TEST(KvReplace, SetsOnlyTheVersionThatWasSeen) {
  Store store(10, 1000);
  uint64_t version = 0;
  EXPECT_STATUS(DRY_NOT_FOUND, Replace(&store.writer, "key", "x", 1));
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "key", "one"));
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "else", "two"));
  for (uint64_t wrong : {uint64_t{0}, uint64_t{2}, UINT64_MAX}) {
    EXPECT_STATUS(DRY_CONFLICT, Replace(&store.writer, "key", "x", wrong, &version)) << wrong;
    EXPECT_EQ(0u, version);
  }
  EXPECT_EQ("one", GetOr(store.reader(), "key"));
  EXPECT_STATUS(DRY_OK, Replace(&store.writer, "key", "three", 1, &version));
  EXPECT_EQ(3u, version);
  EXPECT_STATUS(DRY_CONFLICT, Replace(&store.writer, "key", "late", 1));
  EXPECT_EQ("three", GetOr(store.reader(), "key"));
}

TEST(KvDelete, RemovesTheEntryAndTakesAVersion) {
  Store store(10, 1000);
  uint64_t version = 0;
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "key", "value"));
  EXPECT_STATUS(DRY_OK, Delete(&store.writer, "key", &version));
  EXPECT_EQ(2u, version);
  EXPECT_EQ("<not_found>", GetOr(store.reader(), "key"));
  EXPECT_STATUS(DRY_NOT_FOUND, Delete(&store.writer, "key", &version));
  EXPECT_EQ(0u, version);
  const dry_kv_stats stats = support::KvStats(store.reader());
  EXPECT_EQ(0u, stats.entries);
  EXPECT_EQ(0u, stats.data_bytes);
  EXPECT_EQ(2u, stats.version);
}

TEST(KvDelete, LeavesTheOthersInACrowdedIndex) {
  const int kEntries = 500;
  Store store(kEntries, 20000);
  for (int i = 0; i < kEntries; i++) ASSERT_STATUS(DRY_OK, Put(&store.writer, std::to_string(i), std::to_string(i * 7)));
  for (int i = 0; i < kEntries; i += 2) ASSERT_STATUS(DRY_OK, Delete(&store.writer, std::to_string(i)));
  for (int i = 0; i < kEntries; i++) {
    EXPECT_EQ(i % 2 ? std::to_string(i * 7) : "<not_found>", GetOr(store.reader(), std::to_string(i)));
  }
  EXPECT_EQ(static_cast<uint64_t>(kEntries / 2), support::KvStats(store.reader()).entries);
}

}  // namespace
