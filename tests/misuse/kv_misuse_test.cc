/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What callers get wrong with a store: each answers a status, changes nothing and crashes nothing. */
#include <cstring>

#include "tests/support/kv.h"
#include "tests/support/status.h"

namespace {

using support::Store;

class KvMisuse : public testing::Test {
 protected:
  KvMisuse() : store(4, 1000) {
    EXPECT_STATUS(DRY_OK, support::Put(&store.writer, "key", "value"));
    before = store.region.Bytes();
  }
  ~KvMisuse() override { EXPECT_TRUE(before == store.region.Bytes()) << "a refused call changed something"; }

  Store store;
  std::string before;
  char room[64];
  size_t size = 0;
  uint64_t version = 0;
  dry_kv_reader closed_reader = {};
  dry_kv_writer closed_writer = {};
};

TEST_F(KvMisuse, PutThroughNull) { EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_put(nullptr, "k", 1, "v", 1, nullptr)); }

TEST_F(KvMisuse, PutNewThroughNull) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_put_new(nullptr, "k", 1, "v", 1, nullptr));
}

TEST_F(KvMisuse, ReplaceThroughNull) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_replace(nullptr, "k", 1, "v", 1, 1, nullptr));
}

TEST_F(KvMisuse, DeleteThroughNull) { EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_delete(nullptr, "k", 1, nullptr)); }

TEST_F(KvMisuse, PutThroughAHandleThatWasNeverOpened) {
  EXPECT_STATUS(DRY_CLOSED, support::Put(&closed_writer, "k", "v"));
  EXPECT_STATUS(DRY_CLOSED, support::PutNew(&closed_writer, "k", "v"));
  EXPECT_STATUS(DRY_CLOSED, support::Replace(&closed_writer, "k", "v", 1));
  EXPECT_STATUS(DRY_CLOSED, support::Delete(&closed_writer, "k"));
}

TEST_F(KvMisuse, PutOfANullKey) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_put(&store.writer, nullptr, 3, "v", 1, &version));
}

TEST_F(KvMisuse, PutOfANullKeyOfNoBytes) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_put(&store.writer, nullptr, 0, "v", 1, &version));
}

TEST_F(KvMisuse, PutOfANullValueWithBytes) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_put(&store.writer, "k", 1, nullptr, 1, &version));
}

TEST_F(KvMisuse, PutOfKeysOfImpossibleSizes) {
  for (size_t bytes : {size_t{DRY_KV_KEY_BYTES_MAX} + 1, size_t{1} << 32, SIZE_MAX - 1, SIZE_MAX}) {
    EXPECT_STATUS(DRY_TOO_LARGE, dry_kv_put(&store.writer, "k", bytes, "v", 1, &version)) << bytes;
  }
}

TEST_F(KvMisuse, PutOfValuesOfImpossibleSizes) {
  for (size_t bytes : {size_t{DRY_KV_VALUE_BYTES_MAX} + 1, size_t{1} << 63, SIZE_MAX - 7, SIZE_MAX}) {
    EXPECT_STATUS(DRY_TOO_LARGE, dry_kv_put(&store.writer, "k", 1, "v", bytes, &version)) << bytes;
  }
}

TEST_F(KvMisuse, GetThroughNull) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_get(nullptr, "k", 1, room, sizeof room, &size, &version));
}

TEST_F(KvMisuse, GetThroughAHandleThatWasNeverOpened) {
  EXPECT_STATUS(DRY_CLOSED, dry_kv_get(&closed_reader, "k", 1, room, sizeof room, &size, &version));
}

TEST_F(KvMisuse, GetOfANullKey) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_get(store.reader(), nullptr, 3, room, sizeof room, &size, &version));
}

TEST_F(KvMisuse, GetOfAnEmptyKey) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_get(store.reader(), "", 0, room, sizeof room, &size, &version));
}

TEST_F(KvMisuse, GetOfATooLongKey) {
  EXPECT_STATUS(DRY_TOO_LARGE, dry_kv_get(store.reader(), "k", SIZE_MAX, room, sizeof room, &size, &version));
}

TEST_F(KvMisuse, GetIntoNullWithCapacity) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_get(store.reader(), "key", 3, nullptr, 10, &size, &version));
}

TEST_F(KvMisuse, GetWithACapacityOfSizeMax) {
  EXPECT_STATUS(DRY_OK, dry_kv_get(store.reader(), "key", 3, room, SIZE_MAX, &size, &version));
  EXPECT_EQ(5u, size);
}

TEST_F(KvMisuse, TryGetWithNoAttempts) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT,
                dry_kv_try_get(store.reader(), "key", 3, room, sizeof room, 0, &size, &version, nullptr));
}

TEST_F(KvMisuse, GetManyOfNull) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_get_many(store.reader(), nullptr, 3));
  EXPECT_STATUS(DRY_OK, dry_kv_get_many(store.reader(), nullptr, 0));
}

TEST_F(KvMisuse, GetManyThroughClosedHandles) {
  dry_kv_lookup lookup = {};
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_get_many(nullptr, &lookup, 1));
  EXPECT_STATUS(DRY_CLOSED, dry_kv_get_many(&closed_reader, &lookup, 1));
}

TEST_F(KvMisuse, GetManyWithOneNullKey) {
  dry_kv_lookup lookups[2] = {};
  lookups[0].key = "key";
  lookups[0].key_bytes = 3;
  lookups[0].value = room;
  lookups[0].value_capacity = sizeof room;
  lookups[1].key = nullptr;
  lookups[1].key_bytes = 3;
  room[0] = '#';
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_get_many(store.reader(), lookups, 2));
  EXPECT_EQ('#', room[0]) << "nothing was looked up";
}

TEST_F(KvMisuse, ContainsWithoutAResult) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_contains(store.reader(), "key", 3, nullptr));
}

TEST_F(KvMisuse, ContainsThroughClosedHandles) {
  uint32_t found = 0;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_contains(nullptr, "key", 3, &found));
  EXPECT_STATUS(DRY_CLOSED, dry_kv_contains(&closed_reader, "key", 3, &found));
}

TEST_F(KvMisuse, ViewWithoutAResult) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_view(store.reader(), "key", 3, nullptr));
}

TEST_F(KvMisuse, ViewThroughClosedHandles) {
  dry_kv_value_view view = {};
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_view(nullptr, "key", 3, &view));
  EXPECT_STATUS(DRY_CLOSED, dry_kv_view(&closed_reader, "key", 3, &view));
  EXPECT_STATUS(DRY_CLOSED, dry_kv_view_check(&closed_reader, &view));
}

TEST_F(KvMisuse, ViewCheckOfNullAndOfAnEmptyView) {
  dry_kv_value_view view = {};
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_view_check(store.reader(), nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_view_check(nullptr, &view));
  EXPECT_NE(DRY_OK, dry_kv_view_check(store.reader(), &view));
}

TEST_F(KvMisuse, NextWithoutACursor) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT,
                dry_kv_next(store.reader(), nullptr, room, sizeof room, &size, nullptr, 0, nullptr, nullptr));
}

TEST_F(KvMisuse, NextIntoNullWithCapacity) {
  uint64_t cursor = 0;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT,
                dry_kv_next(store.reader(), &cursor, nullptr, 9, &size, nullptr, 0, nullptr, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT,
                dry_kv_next(store.reader(), &cursor, room, sizeof room, &size, nullptr, 9, nullptr, nullptr));
  EXPECT_EQ(0u, cursor);
}

TEST_F(KvMisuse, NextThroughClosedHandles) {
  uint64_t cursor = 0;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT,
                dry_kv_next(nullptr, &cursor, room, sizeof room, &size, nullptr, 0, nullptr, nullptr));
  EXPECT_STATUS(DRY_CLOSED,
                dry_kv_next(&closed_reader, &cursor, room, sizeof room, &size, nullptr, 0, nullptr, nullptr));
}

TEST_F(KvMisuse, StatsWithoutAResultAndThroughClosedHandles) {
  dry_kv_stats stats;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_get_stats(store.reader(), nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_get_stats(nullptr, &stats));
  EXPECT_STATUS(DRY_CLOSED, dry_kv_get_stats(&closed_reader, &stats));
}

TEST_F(KvMisuse, VerifyThroughClosedHandles) {
  dry_detail detail;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_verify(nullptr, &detail));
  EXPECT_STATUS(DRY_CLOSED, dry_kv_verify(&closed_reader, nullptr));
}

TEST_F(KvMisuse, RetriesOfClosedHandlesAreNone) {
  EXPECT_EQ(0u, dry_kv_reader_retries(nullptr));
  EXPECT_EQ(0u, dry_kv_reader_retries(&closed_reader));
}

TEST_F(KvMisuse, TheReaderOfNoWriterIsNull) { EXPECT_EQ(nullptr, dry_kv_writer_reader(nullptr)); }

TEST_F(KvMisuse, CloseOfNull) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_writer_close(nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_reader_close(nullptr));
}

TEST_F(KvMisuse, CloseOfWhatWasNeverOpened) {
  EXPECT_STATUS(DRY_OK, dry_kv_writer_close(&closed_writer));
  EXPECT_STATUS(DRY_OK, dry_kv_reader_close(&closed_reader));
}

TEST_F(KvMisuse, ClosingTheWritersReaderIsNoWayToCloseTheWriter) {
  Store other(4, 1000);
  ASSERT_STATUS(DRY_OK, support::Put(&other.writer, "key", "value"));
  dry_kv_reader_close(other.reader());
  // Either it was refused and the writer goes on, or the writer is closed: never something in between.
  const dry_status status = support::Put(&other.writer, "key", "later");
  EXPECT_TRUE(status == DRY_OK || status == DRY_CLOSED) << dry_status_name(status);
  EXPECT_STATUS(DRY_OK, dry_kv_writer_close(&other.writer));
  EXPECT_STATUS(DRY_OK, dry_kv_open(&other.region.handle, "kv", 2, &other.writer, nullptr));
}

TEST_F(KvMisuse, UseAfterClose) {
  Store other(4, 1000);
  ASSERT_STATUS(DRY_OK, dry_kv_writer_close(&other.writer));
  EXPECT_STATUS(DRY_CLOSED, support::Put(&other.writer, "k", "v"));
  EXPECT_EQ("<closed>", support::GetOr(other.reader(), "k"));
}

TEST_F(KvMisuse, OpenWithoutAPlaceForTheHandle) {
  dry_detail detail;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_open(&store.region.handle, "kv", 2, nullptr, &detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_reader_open(&store.region.handle, "kv", 2, 0, nullptr, &detail));
  const dry_kv_options options = support::KvOptions(1, 10);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_create(&store.region.handle, "n", 1, &options, nullptr, &detail));
}

TEST_F(KvMisuse, OpenInNoRegion) {
  dry_kv_writer writer = {};
  dry_kv_reader reader = {};
  dry_region closed = {};
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_open(nullptr, "kv", 2, &writer, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_reader_open(nullptr, "kv", 2, 0, &reader, nullptr));
  EXPECT_STATUS(DRY_CLOSED, dry_kv_open(&closed, "kv", 2, &writer, nullptr));
  EXPECT_STATUS(DRY_CLOSED, dry_kv_reader_open(&closed, "kv", 2, 0, &reader, nullptr));
}

TEST_F(KvMisuse, CreateWithoutOptions) {
  dry_kv_writer writer = {};
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_create(&store.region.handle, "n", 1, nullptr, &writer, nullptr));
}

TEST_F(KvMisuse, CreateWithBadOptionsTakesNoRoom) {
  dry_kv_writer writer = {};
  dry_kv_options options = support::KvOptions(0, 10);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_create(&store.region.handle, "n", 1, &options, &writer, nullptr));
  options = support::KvOptions(1, 10);
  options.struct_size = sizeof options - 1;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_create(&store.region.handle, "n", 1, &options, &writer, nullptr));
  EXPECT_EQ(1u, store.region.Stats().part_count);
}

TEST_F(KvMisuse, OpenOfANullName) {
  dry_kv_writer writer = {};
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_open(&store.region.handle, nullptr, 2, &writer, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_open(&store.region.handle, "kv", SIZE_MAX, &writer, nullptr));
}

TEST_F(KvMisuse, InitAndAttachOfNull) {
  const dry_kv_options options = support::KvOptions(1, 10);
  dry_kv_writer writer = {};
  dry_kv_reader reader = {};
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_init(nullptr, 4096, &options));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_writer_attach(nullptr, 4096, &writer, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_reader_attach(nullptr, 4096, 0, &reader, nullptr));
  support::Buffer span(4096);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_init(span.data(), 4096, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_writer_attach(span.data(), 4096, nullptr, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_reader_attach(span.data(), 4096, 0, nullptr, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_writer_attach(span.data() + 8, 4000, &writer, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_reader_attach(span.data() + 8, 4000, 0, &reader, nullptr));
}

TEST_F(KvMisuse, RequiredBytesOfNull) {
  uint64_t bytes = 0;
  const dry_kv_options options = support::KvOptions(1, 10);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_required_bytes(nullptr, &bytes));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_kv_required_bytes(&options, nullptr));
}

}  // namespace
