/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/support/object_pool.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/status.h"

namespace support {

dry_object_pool_options ObjectPoolOptions(uint64_t object_bytes, uint64_t capacity, uint32_t flags) {
  dry_object_pool_options options = {};
  options.struct_size = sizeof options;
  options.object_bytes = object_bytes;
  options.capacity = capacity;
  options.flags = flags;
  return options;
}

dry_object_pool_stats StatsOf(const dry_object_pool *pool) {
  dry_object_pool_stats stats = {};
  EXPECT_STATUS(DRY_OK, dry_object_pool_get_stats(pool, &stats));
  return stats;
}

ObjectPool::ObjectPool(uint64_t object_bytes, uint64_t capacity, uint32_t flags, bool destructors) {
  dry_object_pool_options options = ObjectPoolOptions(object_bytes, capacity, flags);
  if (destructors) {
    options.destructor = Destroy;
    options.context = this;
  }
  EXPECT_STATUS(DRY_OK, dry_object_pool_create(&options, &handle, &detail)) << detail.text;
}

ObjectPool::~ObjectPool() { EXPECT_STATUS(DRY_OK, dry_object_pool_close(&handle, nullptr)); }

void ObjectPool::Destroy(void *context, void *object) {
  uint64_t value = 0;
  memcpy(&value, object, sizeof value);
  static_cast<ObjectPool *>(context)->destroyed.push_back(value);
}

uint64_t ObjectPool::Acquire(uint64_t value) {
  uint64_t object = 0;
  void *memory = nullptr;
  const dry_status status = dry_object_pool_acquire(&handle, &object, &memory);
  EXPECT_STATUS(DRY_OK, status);
  if (status == DRY_OK && handle.object_bytes >= sizeof value) memcpy(memory, &value, sizeof value);
  return object;
}

uint64_t ObjectPool::ValueOf(uint64_t object) {
  uint64_t value = 0;
  void *memory = nullptr;
  const dry_status status = dry_object_pool_get(&handle, object, &memory);
  EXPECT_STATUS(DRY_OK, status);
  if (status == DRY_OK) memcpy(&value, memory, sizeof value);
  return value;
}

std::vector<uint64_t> ObjectPool::Walk() {
  std::vector<uint64_t> all;
  uint64_t object = 0;
  uint32_t from = 0;
  dry_status status;
  while ((status = dry_object_pool_next(&handle, from, &object)) == DRY_OK) {
    all.push_back(object);
    from = SlotOf(object) + 1;
  }
  EXPECT_STATUS(DRY_NOT_FOUND, status);
  return all;
}

}  // namespace support
