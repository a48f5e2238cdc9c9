/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* object_pool.h: object pools as test objects, whose destructor writes down what it was called with. */
#ifndef DRYSTONE_TESTS_SUPPORT_OBJECT_POOL_H
#define DRYSTONE_TESTS_SUPPORT_OBJECT_POOL_H

#include <cstdint>
#include <vector>

#include "drystone/drystone.h"

namespace support {

dry_object_pool_options ObjectPoolOptions(uint64_t object_bytes, uint64_t capacity, uint32_t flags = 0);

dry_object_pool_stats StatsOf(const dry_object_pool *pool);

/** An open pool. With `destructors` each destroyed object's first 8 bytes go to `destroyed`. */
class ObjectPool {
 public:
  ObjectPool(uint64_t object_bytes, uint64_t capacity, uint32_t flags = 0, bool destructors = false);
  ~ObjectPool();
  ObjectPool(const ObjectPool &) = delete;
  ObjectPool &operator=(const ObjectPool &) = delete;

  dry_object_pool *get() { return &handle; }
  /** Takes an object and writes `value` into its first 8 bytes; 0 and a failed test when there is none. */
  uint64_t Acquire(uint64_t value = 0);
  /** What an object's first 8 bytes are. */
  uint64_t ValueOf(uint64_t object);
  /** All live handles, by dry_object_pool_next. */
  std::vector<uint64_t> Walk();

  dry_object_pool handle = {};
  dry_detail detail = {};
  std::vector<uint64_t> destroyed;

 private:
  static void Destroy(void *context, void *object);
};

inline uint32_t SlotOf(uint64_t handle) { return static_cast<uint32_t>(handle); }
inline uint32_t GenerationOf(uint64_t handle) { return static_cast<uint32_t>(handle >> 32); }

}  // namespace support

#endif
