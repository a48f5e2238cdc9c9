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
  uint64_t pool = 0;
  EXPECT_STATUS(DRY_OK, dry_pool_required_bytes(&options, &pool));
  const uint64_t page = DRY_REGION_PAGE_BYTES;
  const uint64_t directory = (part_capacity * sizeof(dry_part_entry) + page - 1) / page * page;
  const uint64_t bytes = DRY_REGION_DIRECTORY_OFFSET + directory + (pool + page - 1) / page * page;
  return bytes < DRY_REGION_BYTES_MIN ? static_cast<uint64_t>(DRY_REGION_BYTES_MIN) : bytes;
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

Pool::Pool(const dry_pool_options &options) {
  EXPECT_STATUS(DRY_OK, dry_pool_create(&options, &handle, &detail)) << detail.text;
}

Pool::Pool(const PoolSpan &span) {
  EXPECT_STATUS(DRY_OK, dry_pool_attach(span.data(), span.size(), &handle, &detail)) << detail.text;
}

Pool::~Pool() {
  if (validate_ && handle.header) {
    const dry_status status = Validate();
    EXPECT_TRUE(status == DRY_OK || status == DRY_CLOSED) << detail.text;
  }
  EXPECT_STATUS(DRY_OK, dry_pool_close(&handle));
}

dry_status Pool::CreateIn(Region *region, const dry_pool_options &options, const std::string &name) {
  return dry_pool_create_in(&region->handle, name.data(), name.size(), &options, &handle, &detail);
}

dry_status Pool::Open(Region *region, const std::string &name) {
  return dry_pool_open(&region->handle, name.data(), name.size(), &handle, &detail);
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
