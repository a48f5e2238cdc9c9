// SPDX-License-Identifier: MIT OR Apache-2.0
// drystone's own blocks: inline, and by calls ("drystone_call") as a program without the inline headers has them.
#pragma once

#include <cstdint>
#include <string>

#include "bench/c/program.h"
#include "drystone/drystone.h"
#include "drystone/inline/arena.h"
#include "drystone/inline/object_pool.h"
#include "drystone/inline/pool.h"
#include "drystone/inline/shared_pool.h"

namespace bench {

inline void must(dry_status status, const char *what) {
  if (status != DRY_OK) fail(what, dry_status_name(status));
}

// Apart from the hot calls: with the making of a message inside, the compiler would not inline them.
[[noreturn, gnu::cold, gnu::noinline]] inline void refused(const char *what) { fail("drystone", what); }

template <bool kInline>
class PoolOf {
 public:
  PoolOf(size_t count, size_t bytes) {
    dry_pool_options options = {};
    options.struct_size = sizeof options;
    options.object_bytes = bytes;
    // Bursts want a little more than the objects that stay.
    options.capacity_slots = count + 64;
    options.flags = DRY_MEMORY_PREFAULT;
    must(dry_pool_create(&options, &pool_, nullptr), "dry_pool_create");
  }
  ~PoolOf() { dry_pool_close(&pool_); }
  PoolOf(const PoolOf &) = delete;
  PoolOf &operator=(const PoolOf &) = delete;

  void *alloc() {
    void *object;
    const dry_status status = kInline ? dry_pool_alloc_inline(&pool_, &object) : dry_pool_alloc(&pool_, &object);
    if (status != DRY_OK) refused("pool is full");
    return object;
  }
  void free(void *object) {
    const dry_status status = kInline ? dry_pool_free_inline(&pool_, object) : dry_pool_free(&pool_, object);
    if (status != DRY_OK) refused("pool refused an object");
  }

 private:
  dry_pool pool_ = {};
};

struct Drystone : PoolOf<true> {
  static constexpr const char *kName = "drystone";
  using PoolOf::PoolOf;
};

struct DrystoneCall : PoolOf<false> {
  static constexpr const char *kName = "drystone_call";
  using PoolOf::PoolOf;
};

template <bool kInline>
class ArenaOf {
 public:
  explicit ArenaOf(size_t bytes) {
    dry_arena_options options = {};
    options.struct_size = sizeof options;
    options.capacity_bytes = bytes;
    options.flags = DRY_MEMORY_PREFAULT;
    must(dry_arena_create(&options, &arena_, nullptr), "dry_arena_create");
  }
  ~ArenaOf() { dry_arena_close(&arena_); }
  ArenaOf(const ArenaOf &) = delete;
  ArenaOf &operator=(const ArenaOf &) = delete;

  template <size_t kBytes>
  void *alloc() {
    return alloc(kBytes);
  }
  void *alloc(size_t bytes) {
    void *object;
    const dry_status status =
        kInline ? dry_arena_alloc_inline(&arena_, bytes, 8, &object) : dry_arena_alloc(&arena_, bytes, 8, &object);
    if (status != DRY_OK) refused("arena is full");
    return object;
  }
  void reset() { dry_arena_reset(&arena_); }

 private:
  dry_arena arena_ = {};
};

struct DrystoneArena : ArenaOf<true> {
  static constexpr const char *kName = "drystone";
  using ArenaOf::ArenaOf;
};

struct DrystoneArenaCall : ArenaOf<false> {
  static constexpr const char *kName = "drystone_call";
  using ArenaOf::ArenaOf;
};

// Slots behind handles that are checked at every use.
class DrystoneObjects {
 public:
  DrystoneObjects(size_t count, size_t bytes) {
    dry_object_pool_options options = {};
    options.struct_size = sizeof options;
    options.object_bytes = bytes;
    options.capacity = count + 64;
    options.flags = DRY_MEMORY_PREFAULT;
    must(dry_object_pool_create(&options, &pool_, nullptr), "dry_object_pool_create");
  }
  ~DrystoneObjects() { dry_object_pool_close(&pool_, nullptr); }
  DrystoneObjects(const DrystoneObjects &) = delete;
  DrystoneObjects &operator=(const DrystoneObjects &) = delete;

  uint64_t acquire(void **object) {
    uint64_t handle;
    if (dry_object_pool_acquire_inline(&pool_, &handle, object) != DRY_OK) refused("objects is full");
    return handle;
  }
  void *get(uint64_t handle) {
    void *object;
    if (dry_object_pool_get_inline(&pool_, handle, &object) != DRY_OK) refused("objects lost a handle");
    return object;
  }
  void release(uint64_t handle) {
    if (dry_object_pool_release_inline(&pool_, handle) != DRY_OK) refused("objects refused a handle");
  }

 private:
  dry_object_pool pool_ = {};
};

}  // namespace bench
