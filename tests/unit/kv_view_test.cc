/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <cstdint>
#include <string>

#include "tests/support/kv.h"
#include "tests/support/status.h"

namespace {

using support::Put;
using support::Store;

std::string BytesOf(const dry_kv_value_view &view) {
  return std::string(static_cast<const char *>(view.value), view.value_bytes);
}

TEST(KvView, LendsTheBytesInPlace) {
  Store store(10, 1000);
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "key", "value"));
  dry_kv_value_view view = {};
  ASSERT_STATUS(DRY_OK, dry_kv_view(store.reader(), "key", 3, &view));
  EXPECT_EQ("value", BytesOf(view));
  EXPECT_EQ(1u, view.version);
  EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(view.value) % 8);
  EXPECT_STATUS(DRY_OK, dry_kv_view_check(store.reader(), &view));
}

TEST(KvView, StaysGoodWhileOtherKeysChange) {
  Store store(10, 1000);
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "key", "value"));
  dry_kv_value_view view = {};
  ASSERT_STATUS(DRY_OK, dry_kv_view(store.reader(), "key", 3, &view));
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "other", "new"));
  ASSERT_STATUS(DRY_OK, support::Delete(&store.writer, "other"));
  EXPECT_STATUS(DRY_OK, dry_kv_view_check(store.reader(), &view));
  EXPECT_EQ("value", BytesOf(view));
}

TEST(KvView, IsNeverGoodWithOtherBytesThanItHad) {
  // The block may wait in quarantine first, and then the view stays good; once it is stale it never is good again.
  Store store(4, 400);
  const std::string value(80, 'v');
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "key", value));
  dry_kv_value_view view = {};
  ASSERT_STATUS(DRY_OK, dry_kv_view(store.reader(), "key", 3, &view));
  bool stale = false;
  for (int i = 0; i < 4 * DRY_KV_QUARANTINE_BLOCKS; i++) {
    ASSERT_STATUS(DRY_OK, Put(&store.writer, "key", std::string(80, static_cast<char>('a' + i % 20))));
    const std::string seen = BytesOf(view);
    const dry_status status = dry_kv_view_check(store.reader(), &view);
    if (status == DRY_OK) {
      EXPECT_EQ(value, seen);
      EXPECT_FALSE(stale) << "stale and then good after " << i;
    } else {
      EXPECT_STATUS(DRY_STALE, status);
      stale = true;
    }
  }
  EXPECT_TRUE(stale) << "a store of 400 bytes cannot keep a block for that long";
}

TEST(KvView, OfAMissingKeyIsNotFound) {
  Store store(10, 1000);
  dry_kv_value_view view = {};
  view.value_bytes = 5;
  EXPECT_STATUS(DRY_NOT_FOUND, dry_kv_view(store.reader(), "key", 3, &view));
  EXPECT_EQ(nullptr, view.value);
  EXPECT_EQ(0u, view.value_bytes);
}

TEST(KvView, CheckOfAForeignViewReadsNothingOutside) {
  Store store(10, 1000);
  ASSERT_STATUS(DRY_OK, Put(&store.writer, "key", "value"));
  dry_kv_value_view view = {};
  ASSERT_STATUS(DRY_OK, dry_kv_view(store.reader(), "key", 3, &view));
  for (uint64_t offset : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 30, UINT64_MAX - 7, UINT64_MAX}) {
    dry_kv_value_view forged = view;
    forged.block_offset = offset;
    EXPECT_NE(DRY_OK, dry_kv_view_check(store.reader(), &forged)) << offset;
    forged = view;
    forged.slot_offset = offset;
    const dry_status status = dry_kv_view_check(store.reader(), &forged);
    EXPECT_TRUE(status == DRY_OK || status == DRY_STALE || status == DRY_INVALID_ARGUMENT) << dry_status_name(status);
  }
}

}  // namespace
