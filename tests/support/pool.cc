/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/support/pool.h"

#include <cstring>

#include "tests/support/status.h"

namespace support {

dry_pool_options PoolOptions(uint64_t object_bytes, uint64_t capacity_slots, uint32_t flags, uint64_t align_bytes) {
  dry_pool_options options = {};
  options.struct_size = sizeof options;
  options.flags = flags;
  options.object_bytes = object_bytes;
  options.capacity_slots = capacity_slots;
  options.align_bytes = align_bytes;
  return options;
}

uint64_t RegionBytesFor(const dry_pool_options &options, uint32_t part_capacity) {
  uint64_t part = 0;
  EXPECT_STATUS(DRY_OK, dry_pool_required_bytes(&options, &part));
  return RegionBytesForPart(part, part_capacity);
}

dry_pool_stats StatsOf(const dry_pool *pool) {
  dry_pool_stats stats = {};
  EXPECT_STATUS(DRY_OK, dry_pool_get_stats(pool, &stats));
  return stats;
}

std::vector<uint32_t> UsedOf(const dry_pool *pool) {
  std::vector<uint32_t> used;
  uint32_t slot = 0;
  dry_status status = dry_pool_next_used(pool, 0, &slot);
  for (; status == DRY_OK; status = dry_pool_next_used(pool, slot + 1, &slot)) used.push_back(slot);
  EXPECT_STATUS(DRY_NOT_FOUND, status);
  return used;
}

PoolSpan::PoolSpan(const dry_pool_options &options) {
  EXPECT_STATUS(DRY_OK, dry_pool_required_bytes(&options, &size_));
  // Rounded up for aligned_alloc; the pool is told of the bytes that it asked for.
  data_ = static_cast<uint8_t *>(std::aligned_alloc(4096, (size_ + 4095) / 4096 * 4096));
  std::memset(data_, 0xa5, size_);
  EXPECT_STATUS(DRY_OK, dry_pool_init(data_, size_, &options));
}

PoolSpan::~PoolSpan() { std::free(data_); }

Pool::Pool(const PoolSpan &span) {
  EXPECT_STATUS(DRY_OK, dry_pool_attach(span.data(), span.size(), &handle, &detail)) << detail.text;
}

uint32_t Pool::Acquire() {
  uint32_t slot = UINT32_MAX;
  const dry_status status = dry_pool_acquire(&handle, &slot);
  EXPECT_STATUS(DRY_OK, status);
  return status == DRY_OK ? slot : UINT32_MAX;
}

uint8_t *Pool::At(uint32_t slot) {
  void *memory = nullptr;
  EXPECT_STATUS(DRY_OK, dry_pool_at(&handle, slot, &memory)) << slot;
  return static_cast<uint8_t *>(memory);
}

std::string Pool::Read(uint32_t slot) {
  std::string bytes(StatsOf(&handle).object_bytes, '?');
  EXPECT_STATUS(DRY_OK, dry_pool_read(&handle, slot, 0, &bytes[0], bytes.size())) << slot;
  return bytes;
}

}  // namespace support
