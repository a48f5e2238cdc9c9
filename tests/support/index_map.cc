/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/support/index_map.h"

#include <gtest/gtest.h>

#include "tests/support/status.h"

namespace support {

dry_index_map_options IndexMapOptions(uint64_t capacity, uint32_t flags) {
  dry_index_map_options options = {};
  options.struct_size = sizeof options;
  options.capacity = capacity;
  options.flags = flags;
  return options;
}

uint64_t RegionBytesFor(const dry_index_map_options &options, uint32_t part_capacity) {
  uint64_t part = 0;
  EXPECT_STATUS(DRY_OK, dry_index_map_required_bytes(&options, &part));
  return RegionBytesForPart(part, part_capacity);
}

std::vector<uint32_t> ListOf(const dry_index_map *map) {
  std::vector<uint32_t> all;
  uint32_t room[100];
  uint64_t count = 0;
  do {
    const uint32_t from = all.empty() ? 0 : all.back() + 1;
    const dry_status status = dry_index_map_list(map, from, room, 100, &count);
    EXPECT_STATUS(DRY_OK, status);
    if (status != DRY_OK) break;
    all.insert(all.end(), room, room + count);
  } while (count == 100);
  return all;
}

std::vector<uint32_t> WalkOf(const dry_index_map *map) {
  std::vector<uint32_t> all;
  uint32_t index = 0, from = 0;
  dry_status status;
  while ((status = dry_index_map_next_used(map, from, &index)) == DRY_OK) {
    all.push_back(index);
    from = index + 1;
  }
  EXPECT_STATUS(DRY_NOT_FOUND, status);
  return all;
}

dry_index_map_stats StatsOf(const dry_index_map *map) {
  dry_index_map_stats stats = {};
  EXPECT_STATUS(DRY_OK, dry_index_map_get_stats(map, &stats));
  return stats;
}

uint32_t IndexMap::Acquire() {
  uint32_t index = 0;
  const dry_status status = dry_index_map_acquire(&handle, &index);
  EXPECT_STATUS(DRY_OK, status);
  return status == DRY_OK ? index : UINT32_MAX;
}

bool IndexMap::Contains(uint32_t index) {
  uint32_t used = 0;
  EXPECT_STATUS(DRY_OK, dry_index_map_contains(&handle, index, &used));
  return used == 1;
}

}  // namespace support
