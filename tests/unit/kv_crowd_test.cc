/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Keys that all hash to one group: searches pass many groups, around the end too, and overflow counts reach their limit. */
#include <cstring>
#include <vector>

#include "tests/support/kv.h"
#include "tests/support/status.h"

namespace {

using support::GetOr;
using support::Put;
using support::Store;

const uint64_t kEntries = 1200, kSeed = 7;

dry_kv_header HeaderOf(Store &store) {
  dry_part_info part;
  EXPECT_STATUS(DRY_OK, dry_region_part_at(&store.region.handle, 0, &part));
  dry_kv_header header;
  memcpy(&header, store.region.Bytes().data() + part.offset, sizeof header);
  return header;
}

/** The stored overflow count of a group. */
unsigned OverflowOf(Store &store, uint64_t group) {
  dry_part_info part;
  EXPECT_STATUS(DRY_OK, dry_region_part_at(&store.region.handle, 0, &part));
  const uint64_t at = part.offset + HeaderOf(store).control_offset + group * DRY_KV_GROUP_CONTROL_BYTES + DRY_KV_GROUP_SLOTS;
  return static_cast<uint8_t>(store.region.Bytes()[at]);
}

/** So many keys whose search starts in that group. */
std::vector<std::string> KeysOfGroup(uint64_t group, uint64_t groups, size_t count) {
  std::vector<std::string> keys;
  for (uint64_t i = 0; keys.size() < count; i++) {
    const std::string key = "crowd-" + std::to_string(i);
    const uint64_t hash = dry_kv_hash(key.data(), key.size(), kSeed);
    if (((hash >> 32) * groups) >> 32 == group) keys.push_back(key);
  }
  return keys;
}

class KvCrowd : public testing::Test {
 protected:
  KvCrowd() : store(support::KvOptions(kEntries, kEntries * 40, kSeed)), groups(HeaderOf(store).group_count) {}

  void PutAll(const std::vector<std::string> &keys) {
    for (const std::string &key : keys) ASSERT_STATUS(DRY_OK, Put(&store.writer, key, "of " + key)) << key;
  }
  void DeleteAll(const std::vector<std::string> &keys) {
    for (const std::string &key : keys) ASSERT_STATUS(DRY_OK, support::Delete(&store.writer, key)) << key;
  }
  void ExpectAll(const std::vector<std::string> &keys) {
    for (const std::string &key : keys) ASSERT_EQ("of " + key, GetOr(store.reader(), key));
    EXPECT_EQ("<not_found>", GetOr(store.reader(), "crowd-none"));
    EXPECT_STATUS(DRY_OK, store.region.Verify()) << store.region.detail.text;
  }
  void Reopen() {
    ASSERT_STATUS(DRY_OK, dry_kv_writer_close(&store.writer));
    ASSERT_STATUS(DRY_OK, dry_kv_open(&store.region.handle, "kv", 2, &store.writer, &store.region.detail))
        << store.region.detail.text;
  }

  Store store;
  const uint64_t groups;
};

TEST_F(KvCrowd, FindsItsWayAroundTheEnd) {
  const auto keys = KeysOfGroup(groups - 1, groups, 60);
  PutAll(keys);
  ExpectAll(keys);
  EXPECT_EQ(45u, OverflowOf(store, groups - 1));
  EXPECT_EQ(30u, OverflowOf(store, 0));
  EXPECT_EQ(15u, OverflowOf(store, 1));
  EXPECT_EQ(0u, OverflowOf(store, 2));
  Reopen();
  ExpectAll(keys);
  EXPECT_EQ(45u, OverflowOf(store, groups - 1));
}

TEST_F(KvCrowd, CountsFallAgainSoThatNothingPilesUp) {
  const auto keys = KeysOfGroup(3, groups, 100);
  for (int round = 0; round < 20; round++) {
    PutAll(keys);
    ExpectAll(keys);
    DeleteAll(keys);
  }
  for (uint64_t group = 0; group < groups; group++) ASSERT_EQ(0u, OverflowOf(store, group)) << group;
}

TEST_F(KvCrowd, ACountThatReached255StaysUntilTheNextOpening) {
  const auto keys = KeysOfGroup(5, groups, 400);
  PutAll(keys);
  ExpectAll(keys);
  EXPECT_EQ(static_cast<unsigned>(DRY_KV_OVERFLOW_STICKY), OverflowOf(store, 5));
  Reopen();
  ExpectAll(keys);
  DeleteAll(keys);
  EXPECT_EQ(static_cast<unsigned>(DRY_KV_OVERFLOW_STICKY), OverflowOf(store, 5));
  EXPECT_EQ("<not_found>", GetOr(store.reader(), keys[0]));
  PutAll(keys);
  ExpectAll(keys);
  DeleteAll(keys);
  Reopen();
  EXPECT_EQ(0u, OverflowOf(store, 5)) << "recovery counts afresh";
  EXPECT_STATUS(DRY_OK, store.region.Verify()) << store.region.detail.text;
}

TEST_F(KvCrowd, DeletingInTheMiddleLeavesTheOthers) {
  const auto keys = KeysOfGroup(9, groups, 300);
  PutAll(keys);
  std::vector<std::string> gone, stay;
  for (size_t i = 0; i < keys.size(); i++) (i % 3 == 0 ? gone : stay).push_back(keys[i]);
  DeleteAll(gone);
  ExpectAll(stay);
  for (const std::string &key : gone) ASSERT_EQ("<not_found>", GetOr(store.reader(), key));
  PutAll(gone);
  ExpectAll(keys);
}

}  // namespace
