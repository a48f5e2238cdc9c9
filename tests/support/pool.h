/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* pool.h: pools as test objects, validated and closed at the end. */
#ifndef DRYSTONE_TESTS_SUPPORT_POOL_H
#define DRYSTONE_TESTS_SUPPORT_POOL_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "drystone/drystone.h"
#include "tests/support/block.h"

namespace support {

/** Checked builds guard and track every pool in private memory: strides are larger there, and free objects poisoned. */
#if defined(DRY_CHECKED) && DRY_CHECKED
constexpr bool kCheckedPools = true;
#else
constexpr bool kCheckedPools = false;
#endif

dry_pool_options PoolOptions(uint64_t object_bytes, uint64_t capacity_slots, uint32_t flags = 0, uint64_t align_bytes = 0);

/** Bytes of a region that holds one pool made with these options. */
uint64_t RegionBytesFor(const dry_pool_options &options, uint32_t part_capacity = 2);

dry_pool_stats StatsOf(const dry_pool *pool);

/** Every taken slot, by dry_pool_next_used. */
std::vector<uint32_t> UsedOf(const dry_pool *pool);

/** Memory for a pool in a span, aligned to 4096 and exactly as long as it must be. */
class PoolSpan {
 public:
  /** Laid out, where the options are good ones. */
  explicit PoolSpan(const dry_pool_options &options);
  ~PoolSpan();
  PoolSpan(const PoolSpan &) = delete;
  PoolSpan &operator=(const PoolSpan &) = delete;
  uint8_t *data() const { return data_; }
  uint64_t size() const { return size_; }
  dry_pool_header *header() const { return reinterpret_cast<dry_pool_header *>(data_); }

 private:
  uint8_t *data_ = nullptr;
  uint64_t size_ = 0;
};

/** An open pool. */
class Pool : public Block<dry_pool, dry_pool_options, dry_pool_create, dry_pool_create_in, dry_pool_open,
                          dry_pool_validate, dry_pool_close> {
 public:
  using Block::Block;
  explicit Pool(const PoolSpan &span);

  /** The slot that it took, or ~0 and a failed test. */
  uint32_t Acquire();
  uint8_t *At(uint32_t slot);
  /** An object's bytes as they are read through the call for it. */
  std::string Read(uint32_t slot);
  dry_status Release(uint32_t slot) { return dry_pool_release(&handle, slot); }
};

}  // namespace support

#endif
