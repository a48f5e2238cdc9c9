// SPDX-License-Identifier: MIT OR Apache-2.0
#include "tests/support/shared_pool.h"

#include "tests/support/status.h"

namespace support {

dry_shared_pool_options SharedPoolOptions(uint64_t object_bytes, uint64_t capacity, uint64_t caches, uint32_t flags) {
  dry_shared_pool_options options = {};
  options.struct_size = sizeof options;
  options.object_bytes = object_bytes;
  options.capacity_slots = capacity;
  options.caches = caches;
  options.flags = flags;
  return options;
}

uint64_t RegionBytesFor(const dry_shared_pool_options &options, uint32_t part_capacity) {
  uint64_t part = 0;
  EXPECT_STATUS(DRY_OK, dry_shared_pool_required_bytes(&options, &part));
  return RegionBytesForPart(part, part_capacity);
}

dry_shared_pool_stats SharedPool::Stats() {
  dry_shared_pool_stats stats = {};
  EXPECT_STATUS(DRY_OK, dry_shared_pool_get_stats(&handle, &stats));
  return stats;
}

uint64_t SharedPool::Reclaim() {
  uint64_t slots = 0;
  EXPECT_STATUS(DRY_OK, dry_shared_pool_reclaim(&handle, &slots, &detail)) << detail.text;
  return slots;
}

std::vector<uint32_t> SharedPool::TakeAll() {
  std::vector<uint32_t> slots;
  uint32_t slot;
  dry_status status;
  while ((status = dry_shared_pool_acquire(&handle, &slot)) == DRY_OK) slots.push_back(slot);
  EXPECT_STATUS(DRY_FULL, status);
  return slots;
}

void SharedPool::GiveBack(const std::vector<uint32_t> &slots) {
  for (uint32_t slot : slots) EXPECT_STATUS(DRY_OK, dry_shared_pool_release(&handle, slot)) << slot;
}

uint64_t SharedPool::Takeable() {
  const std::vector<uint32_t> slots = TakeAll();
  GiveBack(slots);
  return slots.size();
}

Cache::Cache(SharedPool &pool) { EXPECT_STATUS(DRY_OK, Open(pool)) << detail.text; }

Cache::~Cache() { EXPECT_STATUS(DRY_OK, Close()); }

uint32_t Cache::Take() {
  uint32_t slot = ~0u;
  const dry_status status = Acquire(&slot);
  EXPECT_STATUS(DRY_OK, status);
  return status == DRY_OK ? slot : ~0u;
}

std::vector<uint32_t> Cache::TakeUpTo(uint64_t count) {
  std::vector<uint32_t> slots;
  uint32_t slot;
  while (slots.size() < count && Acquire(&slot) == DRY_OK) slots.push_back(slot);
  return slots;
}

void Cache::GiveBack(const std::vector<uint32_t> &slots) {
  for (uint32_t slot : slots) EXPECT_STATUS(DRY_OK, Release(slot)) << slot;
}

}  // namespace support
