/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* shared_pool.h: shared pools and their caches as test objects, validated and closed at the end. */
#ifndef DRYSTONE_TESTS_SUPPORT_SHARED_POOL_H
#define DRYSTONE_TESTS_SUPPORT_SHARED_POOL_H

#include <cstdint>
#include <string>
#include <vector>

#include "drystone/drystone.h"
#include "tests/support/block.h"

namespace support {

dry_shared_pool_options SharedPoolOptions(uint64_t object_bytes, uint64_t capacity, uint64_t caches = 8,
                                          uint32_t flags = 0);

/** Bytes of a region that holds one pool made with these options. */
uint64_t RegionBytesFor(const dry_shared_pool_options &options, uint32_t part_capacity = 2);

/** An open pool. */
class SharedPool
    : public Block<dry_shared_pool, dry_shared_pool_options, dry_shared_pool_create, dry_shared_pool_create_in,
                   dry_shared_pool_open, dry_shared_pool_validate, dry_shared_pool_close> {
 public:
  using Block::Block;
  SharedPool(uint64_t object_bytes, uint64_t capacity) : Block(SharedPoolOptions(object_bytes, capacity)) {}

  dry_shared_pool_stats Stats();
  /** Slots that a reclaim brought back; the test fails when it was refused. */
  uint64_t Reclaim();
  /** Takes every slot that is free, without a cache. */
  std::vector<uint32_t> TakeAll();
  void GiveBack(const std::vector<uint32_t> &slots);
  /** How many slots can be taken without a cache. */
  uint64_t Takeable();
};

/** An open cache. */
class Cache {
 public:
  Cache() = default;
  explicit Cache(SharedPool &pool);
  ~Cache();
  Cache(const Cache &) = delete;
  Cache &operator=(const Cache &) = delete;

  dry_status Open(SharedPool &pool) { return dry_shared_pool_cache_open(pool.get(), &handle, &detail); }
  dry_status Close() { return dry_shared_pool_cache_close(&handle); }
  dry_shared_pool_cache *get() { return &handle; }
  dry_status Acquire(uint32_t *slot) { return dry_shared_pool_cache_acquire(&handle, slot); }
  dry_status Release(uint32_t slot) { return dry_shared_pool_cache_release(&handle, slot); }
  /** A slot, or ~0 and a failed test. */
  uint32_t Take();
  /** That many, or as many as there are. */
  std::vector<uint32_t> TakeUpTo(uint64_t count);
  void GiveBack(const std::vector<uint32_t> &slots);

  dry_shared_pool_cache handle = {};
  dry_detail detail = {};
};

}  // namespace support

#endif
