/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Index maps in private memory and in spans: what each call answers, at the edges of words and levels. */
#include "tests/support/index_map.h"

#include <cstring>
#include <numeric>

#include "tests/support/status.h"

namespace {

using support::Buffer;
using support::IndexMap;
using support::IndexMapOptions;
using support::ListOf;
using support::StatsOf;
using support::WalkOf;

/** Aligned memory comes in multiples of the alignment. */
uint64_t RoundedUp(uint64_t bytes) { return (bytes + 63) / 64 * 64; }

const uint64_t kCapacities[] = {1, 63, 64, 65, 127, 128, 129, 4095, 4096, 4097, 262143, 262144, 262145};

TEST(IndexMapAcquire, GivesEachIndexOnceInAscendingOrderAndThenRefuses) {
  for (uint64_t capacity : kCapacities) {
    SCOPED_TRACE(capacity);
    IndexMap map(capacity);
    for (uint32_t i = 0; i < capacity; i++) ASSERT_EQ(i, map.Acquire());
    uint32_t index = 7;
    EXPECT_STATUS(DRY_FULL, dry_index_map_acquire(map.get(), &index));
    EXPECT_EQ(0u, index) << "outputs are zero after an error";
    EXPECT_EQ(capacity, StatsOf(map.get()).in_use);
    EXPECT_EQ(1u, StatsOf(map.get()).failures);
    EXPECT_STATUS(DRY_OK, map.Validate()) << map.detail.text;
  }
}

TEST(IndexMapAcquire, TakesTheLowestFreeOneWhateverWasReleasedLast) {
  for (uint64_t capacity : kCapacities) {
    SCOPED_TRACE(capacity);
    IndexMap map(capacity);
    std::vector<uint32_t> all(capacity);
    ASSERT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), all.data(), capacity));
    const uint32_t last = static_cast<uint32_t>(capacity - 1);
    for (uint32_t index : {last, last / 2, 0u}) {
      const dry_status status = dry_index_map_release(map.get(), index);
      if (status == DRY_STALE) continue;  // in the smallest maps these are the same
      ASSERT_STATUS(DRY_OK, status);
      EXPECT_STATUS(DRY_OK, map.Validate()) << map.detail.text;
    }
    uint32_t before = 0;
    while (StatsOf(map.get()).in_use < capacity) {
      const uint32_t index = map.Acquire();
      EXPECT_TRUE(index == 0 || index == last / 2 || index == last) << index;
      EXPECT_GE(index, before);
      before = index;
    }
  }
}

TEST(IndexMapAcquire, OneHoleAnywhereInAFullMapIsFoundAtOnce) {
  IndexMap map(262145);
  std::vector<uint32_t> all(262145);
  ASSERT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), all.data(), all.size()));
  for (uint32_t hole = 0; hole < 262145; hole += 1021) {
    ASSERT_STATUS(DRY_OK, dry_index_map_release(map.get(), hole));
    uint32_t found = 0;
    EXPECT_STATUS(DRY_OK, dry_index_map_next_free(map.get(), 0, &found));
    EXPECT_EQ(hole, found);
    ASSERT_EQ(hole, map.Acquire());
  }
}

TEST(IndexMapAcquire, TheLargestMapThereIs) {
  const uint64_t capacity = DRY_INDEX_MAP_CAPACITY_MAX;
  IndexMap map(capacity);
  std::vector<uint32_t> all(capacity);
  ASSERT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), all.data(), capacity));
  for (uint32_t i = 0; i < capacity; i += 4099) ASSERT_EQ(i, all[i]);
  uint32_t index = 0;
  EXPECT_STATUS(DRY_FULL, dry_index_map_acquire(map.get(), &index));
  EXPECT_STATUS(DRY_OK, dry_index_map_release(map.get(), 0xffffff));
  EXPECT_EQ(0xffffffu, map.Acquire());
  EXPECT_STATUS(DRY_OK, dry_index_map_reset(map.get()));
  EXPECT_STATUS(DRY_OK, dry_index_map_acquire_at(map.get(), 0xffffff));
  EXPECT_STATUS(DRY_OK, dry_index_map_next_used(map.get(), 0, &index));
  EXPECT_EQ(0xffffffu, index);
}

TEST(IndexMapRelease, OfAFreeIndexIsStaleAndChangesNothing) {
  IndexMap map(100);
  EXPECT_STATUS(DRY_STALE, dry_index_map_release(map.get(), 0));
  EXPECT_EQ(0u, map.Acquire());
  EXPECT_STATUS(DRY_OK, dry_index_map_release(map.get(), 0));
  EXPECT_STATUS(DRY_STALE, dry_index_map_release(map.get(), 0));
  EXPECT_STATUS(DRY_STALE, dry_index_map_release(map.get(), 99));
  EXPECT_EQ(0u, StatsOf(map.get()).in_use);
}

TEST(IndexMapRelease, BeyondTheCapacityIsAnInvalidArgument) {
  for (uint64_t capacity : kCapacities) {
    IndexMap map(capacity);
    for (uint64_t index : {capacity, capacity + 1, uint64_t{UINT32_MAX}}) {
      EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_release(map.get(), static_cast<uint32_t>(index)));
    }
  }
}

TEST(IndexMapAcquireAt, TakesThatIndexOnce) {
  IndexMap map(4097);
  for (uint32_t index : {4096u, 0u, 64u, 63u, 4095u}) {
    EXPECT_STATUS(DRY_OK, dry_index_map_acquire_at(map.get(), index));
    EXPECT_STATUS(DRY_ALREADY_EXISTS, dry_index_map_acquire_at(map.get(), index));
    EXPECT_TRUE(map.Contains(index));
  }
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_acquire_at(map.get(), 4097));
  EXPECT_EQ(1u, map.Acquire()) << "0 was taken already";
  EXPECT_EQ((std::vector<uint32_t>{0, 1, 63, 64, 4095, 4096}), ListOf(map.get()));
}

TEST(IndexMapAcquireMany, TakesTheLowestFreeOnesAscending) {
  IndexMap map(200);
  for (uint32_t index : {0u, 2u, 64u, 65u, 130u}) ASSERT_STATUS(DRY_OK, dry_index_map_acquire_at(map.get(), index));
  std::vector<uint32_t> taken(128), expected;
  for (uint32_t i = 0; expected.size() < taken.size(); i++) {
    if (!map.Contains(i)) expected.push_back(i);
  }
  ASSERT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), taken.data(), taken.size()));
  EXPECT_EQ(expected, taken);
  EXPECT_EQ(133u, StatsOf(map.get()).in_use);
}

TEST(IndexMapAcquireMany, TakesAllOrNone) {
  IndexMap map(130);
  uint32_t taken[131];
  EXPECT_STATUS(DRY_FULL, dry_index_map_acquire_many(map.get(), taken, 131));
  EXPECT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), taken, 0));
  EXPECT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), nullptr, 0));
  EXPECT_EQ(0u, StatsOf(map.get()).in_use);
  ASSERT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), taken, 100));
  EXPECT_STATUS(DRY_FULL, dry_index_map_acquire_many(map.get(), taken, 31));
  EXPECT_EQ(100u, StatsOf(map.get()).in_use);
  EXPECT_EQ(2u, StatsOf(map.get()).failures);
  ASSERT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), taken, 30));
  EXPECT_EQ(130u, StatsOf(map.get()).in_use);
}

TEST(IndexMapNext, FindsTakenAndFreeOnesAcrossWordsAndLevels) {
  IndexMap map(262145);
  uint32_t index = 1;
  EXPECT_STATUS(DRY_NOT_FOUND, dry_index_map_next_used(map.get(), 0, &index));
  EXPECT_EQ(0u, index);
  const std::vector<uint32_t> taken = {3, 63, 64, 4095, 4096, 131072, 262143, 262144};
  for (uint32_t at : taken) ASSERT_STATUS(DRY_OK, dry_index_map_acquire_at(map.get(), at));
  uint32_t from = 0;
  for (uint32_t at : taken) {
    for (uint32_t start : {from, (from + at) / 2, at}) {
      EXPECT_STATUS(DRY_OK, dry_index_map_next_used(map.get(), start, &index));
      EXPECT_EQ(at, index) << "from " << start;
    }
    EXPECT_STATUS(at >= 262143 ? DRY_NOT_FOUND : DRY_OK, dry_index_map_next_free(map.get(), at, &index));
    from = at + 1;
  }
  EXPECT_STATUS(DRY_NOT_FOUND, dry_index_map_next_used(map.get(), 262145, &index));
  EXPECT_STATUS(DRY_NOT_FOUND, dry_index_map_next_used(map.get(), UINT32_MAX, &index));
  EXPECT_STATUS(DRY_NOT_FOUND, dry_index_map_next_free(map.get(), 262145, &index));
  EXPECT_STATUS(DRY_OK, dry_index_map_next_free(map.get(), 63, &index));
  EXPECT_EQ(65u, index);
  EXPECT_EQ(taken, WalkOf(map.get()));
}

TEST(IndexMapNext, BitsBehindTheCapacityAreNeitherFreeNorTaken) {
  for (uint64_t capacity : kCapacities) {
    SCOPED_TRACE(capacity);
    IndexMap map(capacity);
    std::vector<uint32_t> all(capacity);
    ASSERT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), all.data(), capacity));
    uint32_t index = 0;
    EXPECT_STATUS(DRY_NOT_FOUND, dry_index_map_next_free(map.get(), 0, &index));
    EXPECT_EQ(capacity, ListOf(map.get()).size());
    ASSERT_STATUS(DRY_OK, dry_index_map_reset(map.get()));
    EXPECT_STATUS(DRY_NOT_FOUND, dry_index_map_next_used(map.get(), 0, &index));
    EXPECT_STATUS(DRY_OK, dry_index_map_next_free(map.get(), static_cast<uint32_t>(capacity - 1), &index));
    EXPECT_EQ(capacity - 1, index);
  }
}

TEST(IndexMapList, WritesNoMoreThanThereIsRoomFor) {
  IndexMap map(1000);
  for (uint32_t index = 5; index < 1000; index += 7) ASSERT_STATUS(DRY_OK, dry_index_map_acquire_at(map.get(), index));
  uint32_t room[4] = {9, 9, 9, 9};
  uint64_t count = 9;
  EXPECT_STATUS(DRY_OK, dry_index_map_list(map.get(), 6, room, 3, &count));
  EXPECT_EQ(3u, count);
  EXPECT_EQ(12u, room[0]);
  EXPECT_EQ(26u, room[2]);
  EXPECT_EQ(9u, room[3]);
  EXPECT_STATUS(DRY_OK, dry_index_map_list(map.get(), 0, nullptr, 0, &count));
  EXPECT_EQ(0u, count);
  EXPECT_STATUS(DRY_OK, dry_index_map_list(map.get(), 1000, room, 4, &count));
  EXPECT_EQ(0u, count);
  EXPECT_STATUS(DRY_OK, dry_index_map_list(map.get(), UINT32_MAX, room, 4, &count));
  EXPECT_EQ(0u, count);
  EXPECT_EQ(WalkOf(map.get()), ListOf(map.get()));
}

TEST(IndexMapReset, FreesAllAndKeepsTheCountOfFailures) {
  IndexMap map(65);
  uint32_t taken[65];
  ASSERT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), taken, 65));
  EXPECT_STATUS(DRY_FULL, dry_index_map_acquire(map.get(), taken));
  EXPECT_STATUS(DRY_OK, dry_index_map_reset(map.get()));
  EXPECT_STATUS(DRY_OK, map.Validate()) << map.detail.text;
  EXPECT_EQ(0u, StatsOf(map.get()).in_use);
  EXPECT_EQ(1u, StatsOf(map.get()).failures);
  EXPECT_STATUS(DRY_STALE, dry_index_map_release(map.get(), 64));
  EXPECT_EQ(0u, map.Acquire());
}

TEST(IndexMapSpan, IsLaidOutInTheRequiredBytesAndFoundAgain) {
  for (uint64_t capacity : kCapacities) {
    SCOPED_TRACE(capacity);
    const dry_index_map_options options = IndexMapOptions(capacity);
    uint64_t bytes = 0;
    ASSERT_STATUS(DRY_OK, dry_index_map_required_bytes(&options, &bytes));
    Buffer span(RoundedUp(bytes));
    memset(span.data(), 0xff, span.size());
    EXPECT_STATUS(DRY_TOO_LARGE, dry_index_map_init(span.data(), bytes - 1, &options));
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_init(span.data() + 8, bytes - 8, &options));
    EXPECT_EQ(std::string(span.size(), '\xff'), span.Copy()) << "a refused call changed the span";
    ASSERT_STATUS(DRY_OK, dry_index_map_init(span.data(), bytes, &options));
    {
      IndexMap map;
      ASSERT_STATUS(DRY_OK, dry_index_map_attach(span.data(), bytes, map.get(), &map.detail)) << map.detail.text;
      EXPECT_EQ(0u, map.Acquire());
      EXPECT_EQ(bytes, StatsOf(map.get()).size_bytes);
    }
    IndexMap again;
    ASSERT_STATUS(DRY_OK, dry_index_map_attach(span.data(), bytes, again.get(), &again.detail)) << again.detail.text;
    EXPECT_EQ((std::vector<uint32_t>{0}), ListOf(again.get()));
  }
}

TEST(IndexMapSpan, OfWrongBytesIsCorrupt) {
  const dry_index_map_options options = IndexMapOptions(5000);
  uint64_t bytes = 0;
  ASSERT_STATUS(DRY_OK, dry_index_map_required_bytes(&options, &bytes));
  Buffer span(RoundedUp(bytes));
  dry_index_map map = {};
  dry_detail detail = {};
  EXPECT_STATUS(DRY_CORRUPT, dry_index_map_attach(span.data(), bytes, &map, &detail));
  ASSERT_STATUS(DRY_OK, dry_index_map_init(span.data(), bytes, &options));
  EXPECT_STATUS(DRY_CORRUPT, dry_index_map_attach(span.data(), bytes - 1, &map, &detail));
  EXPECT_STATUS(DRY_CORRUPT, dry_index_map_attach(span.data(), 127, &map, &detail));
  for (size_t at = 0; at < 48; at++) {
    span.data()[at] ^= 4;
    EXPECT_STATUS(DRY_CORRUPT, dry_index_map_attach(span.data(), bytes, &map, &detail)) << at;
    EXPECT_STRNE("", detail.text);
    EXPECT_EQ(nullptr, map.header) << "a handle that could not be opened is closed";
    span.data()[at] ^= 4;
  }
  EXPECT_STATUS(DRY_OK, dry_index_map_attach(span.data(), bytes, &map, &detail)) << detail.text;
  EXPECT_STATUS(DRY_OK, dry_index_map_close(&map));
}

TEST(IndexMapSpan, TakenIndicesBehindTheCapacityAreCorrupt) {
  const dry_index_map_options options = IndexMapOptions(100);
  uint64_t bytes = 0;
  ASSERT_STATUS(DRY_OK, dry_index_map_required_bytes(&options, &bytes));
  Buffer span(RoundedUp(bytes));
  ASSERT_STATUS(DRY_OK, dry_index_map_init(span.data(), bytes, &options));
  span.data()[DRY_INDEX_MAP_HEADER_BYTES + 15] = 0x80;  // index 127
  IndexMap map;
  EXPECT_STATUS(DRY_CORRUPT, dry_index_map_attach(span.data(), bytes, map.get(), &map.detail));
  EXPECT_STREQ("index map: indices beyond the capacity of 100 are taken", map.detail.text);
  EXPECT_EQ(uint64_t{DRY_INDEX_MAP_HEADER_BYTES} + 8, map.detail.offset);
}

TEST(IndexMapCreate, GrantsWhatTheSystemCanGive) {
  const uint32_t flags = DRY_MEMORY_PREFAULT | DRY_MEMORY_HUGE_PAGES | DRY_MEMORY_NUMA_LOCAL;
  IndexMap map(DRY_INDEX_MAP_CAPACITY_MAX, flags);
  const dry_index_map_stats stats = StatsOf(map.get());
  EXPECT_EQ(flags, stats.granted | stats.refused);
  EXPECT_EQ(0u, stats.granted & stats.refused);
  EXPECT_EQ(0u, map.Acquire());
}

TEST(IndexMapCreate, NamesTheOptionThatIsWrong) {
  dry_index_map map = {};
  dry_detail detail = {};
  const auto refused = [&](dry_index_map_options options) {
    const dry_status status = dry_index_map_create(&options, &map, &detail);
    EXPECT_EQ(status, detail.status);
    return std::string(dry_status_name(status)) + " " + std::string(detail.text).substr(0, 8);
  };
  EXPECT_EQ("invalid_argument capacity", refused(IndexMapOptions(0)));
  EXPECT_EQ("too_large capacity", refused(IndexMapOptions(DRY_INDEX_MAP_CAPACITY_MAX + 1)));
  EXPECT_EQ("too_large capacity", refused(IndexMapOptions(UINT64_MAX)));
  EXPECT_EQ("invalid_argument flags: 0", refused(IndexMapOptions(1, DRY_MEMORY_GUARDED)));
  EXPECT_EQ("invalid_argument flags: 0", refused(IndexMapOptions(1, 1u << 31)));
  dry_index_map_options options = IndexMapOptions(1);
  options.struct_size = 4;
  EXPECT_EQ("invalid_argument struct_s", refused(options));
}

/* ---- damage from outside: what is read is checked before it is used ---- */

TEST(IndexMapDamage, AnUpperLevelThatPromisesAFreeIndexWhereNoneIsIsCorrupt) {
  IndexMap map(4097);
  map.DoNotValidate();
  std::vector<uint32_t> all(4097);
  ASSERT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), all.data(), all.size()));
  uint32_t index = 0;
  for (uint32_t level = 1; level < map.handle.height; level++) {
    const uint64_t was = map.handle.levels[level][0];
    for (uint32_t up = level; up < map.handle.height; up++) map.handle.levels[up][0] &= ~uint64_t{1};
    EXPECT_STATUS(DRY_CORRUPT, dry_index_map_acquire(map.get(), &index)) << level;
    EXPECT_STATUS(DRY_CORRUPT, map.Validate());
    EXPECT_NE(nullptr, strstr(map.detail.text, "contradicts the leaves")) << map.detail.text;
    map.handle.levels[level][0] = was;
    for (uint32_t up = level; up < map.handle.height; up++) map.handle.levels[up][0] |= 1;
    EXPECT_STATUS(DRY_FULL, dry_index_map_acquire(map.get(), &index));
  }
}

TEST(IndexMapDamage, AnUpperLevelThatPromisesATakenIndexWhereNoneIsIsCorrupt) {
  IndexMap map(4097);
  map.DoNotValidate();
  uint32_t index = 0;
  uint64_t count = 0;
  map.handle.any[1][0] = 2;
  EXPECT_STATUS(DRY_CORRUPT, map.Validate());
  EXPECT_STATUS(DRY_CORRUPT, dry_index_map_next_used(map.get(), 0, &index));
  EXPECT_STATUS(DRY_CORRUPT, dry_index_map_list(map.get(), 0, &index, 1, &count));
  EXPECT_STATUS(DRY_OK, dry_index_map_repair(map.get()));
  EXPECT_STATUS(DRY_NOT_FOUND, dry_index_map_next_used(map.get(), 0, &index));
  EXPECT_STATUS(DRY_OK, map.Validate()) << map.detail.text;
}

TEST(IndexMapDamage, RandomSummariesNeverLeadOutside) {
  for (uint64_t capacity : {uint64_t{65}, uint64_t{4097}, uint64_t{262145}}) {
    IndexMap map(capacity);
    map.DoNotValidate();
    uint32_t index = 0;
    for (uint64_t fill : {uint64_t{0}, UINT64_MAX, uint64_t{0x8000000000000001}}) {
      for (uint32_t level = 1; level < map.handle.height; level++) {
        const uint64_t words = level + 1 == map.handle.height ? 1 : (capacity - 1) / (uint64_t{64} << 6 * level) + 1;
        for (uint64_t at = 0; at < words; at++) map.handle.levels[level][at] = map.handle.any[level][at] = fill;
      }
      for (int i = 0; i < 200; i++) {
        if (dry_index_map_acquire(map.get(), &index) == DRY_OK) {
          EXPECT_LT(index, capacity);
        }
        if (dry_index_map_next_used(map.get(), static_cast<uint32_t>(i), &index) == DRY_OK) {
          EXPECT_LT(index, capacity);
        }
        if (dry_index_map_next_free(map.get(), static_cast<uint32_t>(i), &index) == DRY_OK) {
          EXPECT_LT(index, capacity);
        }
      }
    }
    EXPECT_STATUS(DRY_OK, dry_index_map_repair(map.get()));
    EXPECT_STATUS(DRY_OK, map.Validate()) << map.detail.text;
  }
}

TEST(IndexMapDamage, ACountThatPromisesMoreThanThereIsTakesNothing) {
  IndexMap map(130);
  map.DoNotValidate();
  uint32_t taken[130];
  ASSERT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), taken, 100));
  map.handle.header->in_use = 0;
  EXPECT_STATUS(DRY_CORRUPT, map.Validate());
  EXPECT_STREQ("index map: 100 indices are taken, the count says 0", map.detail.text);
  EXPECT_STATUS(DRY_CORRUPT, dry_index_map_acquire_many(map.get(), taken, 31));
  EXPECT_EQ(100u, ListOf(map.get()).size());
  map.handle.header->in_use = 131;
  EXPECT_STATUS(DRY_CORRUPT, dry_index_map_acquire_many(map.get(), taken, 1));
  EXPECT_STATUS(DRY_OK, dry_index_map_repair(map.get()));
  EXPECT_STATUS(DRY_OK, dry_index_map_acquire_many(map.get(), taken, 30));
  EXPECT_STATUS(DRY_OK, map.Validate()) << map.detail.text;
}

TEST(IndexMapDamage, RepairDropsIndicesBehindTheCapacity) {
  IndexMap map(100);
  EXPECT_EQ(0u, map.Acquire());
  map.handle.levels[0][1] |= uint64_t{1} << 63;
  EXPECT_STATUS(DRY_CORRUPT, map.Validate());
  EXPECT_EQ((std::vector<uint32_t>{0}), ListOf(map.get())) << "they are never listed";
  EXPECT_STATUS(DRY_OK, dry_index_map_repair(map.get()));
  EXPECT_STATUS(DRY_OK, map.Validate()) << map.detail.text;
}

TEST(IndexMapDamage, OfTheHeaderIsNamed) {
  IndexMap map(100);
  map.DoNotValidate();
  map.handle.header->reserved1[7] = 1;
  EXPECT_STATUS(DRY_CORRUPT, map.Validate());
  EXPECT_STREQ("index map: header: reserved bytes are set", map.detail.text);
  map.handle.header->reserved1[7] = 0;
  map.handle.header->changing = 2;
  EXPECT_STATUS(DRY_CORRUPT, map.Validate());
  map.handle.header->changing = 0;
  map.handle.header->capacity = 99;
  EXPECT_STATUS(DRY_CORRUPT, map.Validate());
  EXPECT_NE(nullptr, strstr(map.detail.text, "header checksum")) << map.detail.text;
}

}  // namespace
