/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What callers get wrong with an index map: each answers a status, changes nothing and crashes nothing. */
#include <cstring>

#include "tests/support/index_map.h"
#include "tests/support/places.h"
#include "tests/support/status.h"

namespace {

using support::Buffer;
using support::IndexMap;
using support::IndexMapOptions;
using support::Region;

class IndexMapMisuse : public testing::Test {
 protected:
  IndexMapMisuse() : map(100) {
    for (int i = 0; i < 10; i++) map.Acquire();
    before = Bytes();
  }
  ~IndexMapMisuse() override {
    if (map.handle.header != nullptr) {
      EXPECT_TRUE(before == Bytes()) << "a refused call changed something";
    }
  }
  std::string Bytes() { return std::string(reinterpret_cast<char *>(map.handle.header), map.handle.header->size_bytes); }

  IndexMap map;
  std::string before;
  dry_index_map never = {};
  uint32_t index = 0;
  uint64_t count = 0;
  dry_index_map_stats stats = {};
  dry_detail detail = {};
};

TEST_F(IndexMapMisuse, EveryCallThroughNull) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_acquire(nullptr, &index));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_acquire_at(nullptr, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_acquire_many(nullptr, &index, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_release(nullptr, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_contains(nullptr, 1, &index));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_next_used(nullptr, 1, &index));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_next_free(nullptr, 1, &index));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_list(nullptr, 1, &index, 1, &count));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_reset(nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_repair(nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_validate(nullptr, &detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_get_stats(nullptr, &stats));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_close(nullptr));
}

TEST_F(IndexMapMisuse, EveryCallThroughAHandleThatWasNeverOpened) {
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_acquire(&never, &index));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_acquire_at(&never, 1));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_acquire_many(&never, &index, 1));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_release(&never, 1));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_contains(&never, 1, &index));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_next_used(&never, 1, &index));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_next_free(&never, 1, &index));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_list(&never, 1, &index, 1, &count));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_reset(&never));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_repair(&never));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_validate(&never, &detail));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_get_stats(&never, &stats));
  EXPECT_STATUS(DRY_OK, dry_index_map_close(&never));
}

TEST_F(IndexMapMisuse, UseAfterClose) {
  EXPECT_STATUS(DRY_OK, dry_index_map_close(map.get()));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_acquire(map.get(), &index));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_release(map.get(), 3));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_release(map.get(), 3000));
  EXPECT_STATUS(DRY_OK, dry_index_map_close(map.get()));
}

TEST_F(IndexMapMisuse, NowhereToPutTheAnswer) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_acquire(map.get(), nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_acquire_many(map.get(), nullptr, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_contains(map.get(), 1, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_next_used(map.get(), 1, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_next_free(map.get(), 1, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_list(map.get(), 1, nullptr, 1, &count));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_list(map.get(), 1, &index, 1, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_get_stats(map.get(), nullptr));
  const dry_index_map_options options = IndexMapOptions(1);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_create(&options, nullptr, &detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_required_bytes(&options, nullptr));
}

TEST_F(IndexMapMisuse, ReleaseTwice) {
  IndexMap other(100);
  EXPECT_EQ(0u, other.Acquire());
  EXPECT_STATUS(DRY_OK, dry_index_map_release(other.get(), 0));
  EXPECT_STATUS(DRY_STALE, dry_index_map_release(other.get(), 0));
}

TEST_F(IndexMapMisuse, ReleaseOfWhatWasNeverTaken) { EXPECT_STATUS(DRY_STALE, dry_index_map_release(map.get(), 99)); }

TEST_F(IndexMapMisuse, IndicesBeyondTheCapacity) {
  for (uint32_t beyond : {100u, 127u, 128u, 1u << 24, UINT32_MAX}) {
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_release(map.get(), beyond)) << beyond;
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_acquire_at(map.get(), beyond)) << beyond;
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_contains(map.get(), beyond, &index)) << beyond;
    EXPECT_STATUS(DRY_NOT_FOUND, dry_index_map_next_used(map.get(), beyond, &index)) << beyond;
    EXPECT_STATUS(DRY_NOT_FOUND, dry_index_map_next_free(map.get(), beyond, &index)) << beyond;
  }
}

TEST_F(IndexMapMisuse, TakingAnIndexThatIsTaken) {
  EXPECT_STATUS(DRY_ALREADY_EXISTS, dry_index_map_acquire_at(map.get(), 9));
}

TEST_F(IndexMapMisuse, ImpossibleCapacities) {
  for (uint64_t capacity : {uint64_t{0}, uint64_t{DRY_INDEX_MAP_CAPACITY_MAX} + 1, UINT64_MAX - 63, UINT64_MAX}) {
    const dry_index_map_options options = IndexMapOptions(capacity);
    const dry_status expected = capacity == 0 ? DRY_INVALID_ARGUMENT : DRY_TOO_LARGE;
    EXPECT_STATUS(expected, dry_index_map_create(&options, &never, &detail)) << capacity;
    EXPECT_STATUS(expected, dry_index_map_required_bytes(&options, &count)) << capacity;
    EXPECT_EQ(0u, count);
  }
}

TEST_F(IndexMapMisuse, NoOptions) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_create(nullptr, &never, &detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_required_bytes(nullptr, &count));
}

TEST_F(IndexMapMisuse, OptionsOfAnotherVersion) {
  dry_index_map_options options = IndexMapOptions(10);
  options.struct_size = sizeof options - 1;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_create(&options, &never, &detail));
  EXPECT_NE(nullptr, strstr(detail.text, "struct_size"));
}

TEST_F(IndexMapMisuse, UnknownFlags) {
  const dry_index_map_options options = IndexMapOptions(10, 1u << 20);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_create(&options, &never, &detail));
  EXPECT_NE(nullptr, strstr(detail.text, "0x100000"));
}

TEST_F(IndexMapMisuse, SpansThatAreMissingMisalignedOrTooSmall) {
  const dry_index_map_options options = IndexMapOptions(1000);
  uint64_t bytes = 0;
  ASSERT_STATUS(DRY_OK, dry_index_map_required_bytes(&options, &bytes));
  Buffer span((bytes + 127) / 64 * 64);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_init(nullptr, bytes, &options));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_init(span.data() + 1, bytes, &options));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_init(span.data() + 32, bytes, &options));
  EXPECT_STATUS(DRY_TOO_LARGE, dry_index_map_init(span.data(), bytes - 1, &options));
  EXPECT_STATUS(DRY_TOO_LARGE, dry_index_map_init(span.data(), 0, &options));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_attach(nullptr, bytes, &never, &detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_attach(span.data() + 8, bytes, &never, &detail));
  EXPECT_STATUS(DRY_CORRUPT, dry_index_map_attach(span.data(), bytes, &never, &detail)) << "nothing was laid out";
  EXPECT_STATUS(DRY_CORRUPT, dry_index_map_attach(span.data(), 0, &never, &detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_attach(span.data(), bytes, nullptr, &detail));
}

TEST_F(IndexMapMisuse, PartsWithoutARegion) {
  const dry_index_map_options options = IndexMapOptions(10);
  dry_region closed = {};
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_create_in(nullptr, "a", 1, &options, &never, &detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_open(nullptr, "a", 1, &never, &detail));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_create_in(&closed, "a", 1, &options, &never, &detail));
  EXPECT_STATUS(DRY_CLOSED, dry_index_map_open(&closed, "a", 1, &never, &detail));
}

TEST_F(IndexMapMisuse, PartsWithBadArguments) {
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 65536));
  const dry_index_map_options options = IndexMapOptions(10);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_create_in(&region.handle, "a", 1, nullptr, &never, &detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_create_in(&region.handle, "a", 1, &options, nullptr, &detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_create_in(&region.handle, nullptr, 1, &options, &never, &detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_create_in(&region.handle, "a", 0, &options, &never, &detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_create_in(&region.handle, "\xff", 1, &options, &never, &detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_open(&region.handle, nullptr, 1, &never, &detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_index_map_open(&region.handle, "a", 1, nullptr, &detail));
  EXPECT_EQ(0u, region.Stats().part_count);
}

TEST_F(IndexMapMisuse, TakingMoreThanThereIs) {
  IndexMap other(100);
  uint32_t room[1] = {7};
  EXPECT_STATUS(DRY_FULL, dry_index_map_acquire_many(other.get(), room, 101));
  EXPECT_STATUS(DRY_FULL, dry_index_map_acquire_many(other.get(), room, UINT64_MAX));
  EXPECT_EQ(7u, room[0]);
  EXPECT_EQ(0u, support::StatsOf(other.get()).in_use);
}

}  // namespace
