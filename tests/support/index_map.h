/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* index_map.h: index maps as test objects, validated and closed at the end. */
#ifndef DRYSTONE_TESTS_SUPPORT_INDEX_MAP_H
#define DRYSTONE_TESTS_SUPPORT_INDEX_MAP_H

#include <cstdint>
#include <string>
#include <vector>

#include "drystone/drystone.h"
#include "tests/support/block.h"

namespace support {

dry_index_map_options IndexMapOptions(uint64_t capacity, uint32_t flags = 0);

/** Bytes of a region that holds one map of that capacity. */
uint64_t RegionBytesFor(const dry_index_map_options &options, uint32_t part_capacity = 2);

/** Every taken index, from dry_index_map_list in pieces. */
std::vector<uint32_t> ListOf(const dry_index_map *map);
/** The same from dry_index_map_next_used, one by one. */
std::vector<uint32_t> WalkOf(const dry_index_map *map);

dry_index_map_stats StatsOf(const dry_index_map *map);

/** An open map. */
class IndexMap : public Block<dry_index_map, dry_index_map_options, dry_index_map_create, dry_index_map_create_in,
                              dry_index_map_open, dry_index_map_validate, dry_index_map_close> {
 public:
  IndexMap() = default;
  explicit IndexMap(uint64_t capacity, uint32_t flags = 0) : Block(IndexMapOptions(capacity, flags)) {}

  dry_status CreateIn(Region *region, const std::string &name, uint64_t capacity) {
    return Block::CreateIn(region, IndexMapOptions(capacity), name);
  }
  /** The index that it took, or ~0 and a failed test. */
  uint32_t Acquire();
  bool Contains(uint32_t index);
};

}  // namespace support

#endif
