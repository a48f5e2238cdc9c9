// SPDX-License-Identifier: MIT OR Apache-2.0
// drystone's own blocks, as programs reach them: by the inline headers, by calls into the static library, or by calls into
// the shared one, which is a program of its own (memory_so.cc).
#pragma once

#include <cstdint>
#include <string>

#include "bench/c/memory/patterns.h"
#include "bench/c/program.h"
#include "drystone/drystone.h"
#include "drystone/inline/arena.h"
#include "drystone/inline/object_pool.h"
#include "drystone/inline/pool.h"
#include "drystone/inline/shared_pool.h"

namespace bench {

enum class Via { kInline, kCall, kSharedLibrary };

constexpr const char *via_name(Via via) {
  return via == Via::kInline ? "drystone" : via == Via::kCall ? "drystone_call" : "drystone_so";
}

inline void must(dry_status status, const char *what) {
  if (status != DRY_OK) fail(what, dry_status_name(status));
}

// Apart from the hot calls: with the making of a message inside, the compiler would not inline them.
[[noreturn, gnu::cold, gnu::noinline]] inline void refused(const char *what) { fail("drystone", what); }

inline dry_pool make_pool(size_t count, size_t bytes, uint32_t flags) {
  dry_pool_options options = {};
  options.struct_size = sizeof options;
  options.object_bytes = bytes;
  options.capacity_slots = count;
  options.flags = flags;
  dry_pool pool = {};
  must(dry_pool_create(&options, &pool, nullptr), "dry_pool_create");
  return pool;
}

template <Via kVia>
class Pool {
 public:
  static constexpr const char *kName = via_name(kVia);
  static constexpr bool kInline = kVia == Via::kInline;

  // Bursts want a little more than the objects that stay.
  Pool(size_t count, size_t bytes, uint32_t flags = DRY_MEMORY_PREFAULT) : pool_(make_pool(count + kBurst, bytes, flags)) {
    void *first;
    uint32_t slot;
    must(dry_pool_acquire(&pool_, &slot), "dry_pool_acquire");
    must(dry_pool_at(&pool_, slot, &first), "dry_pool_at");
    must(dry_pool_release(&pool_, slot), "dry_pool_release");
    dry_pool_stats stats;
    must(dry_pool_get_stats(&pool_, &stats), "dry_pool_get_stats");
    stride_ = stats.stride_bytes;
    base_ = static_cast<char *>(first) - slot * stride_;
  }
  ~Pool() { dry_pool_close(&pool_); }
  Pool(const Pool &) = delete;
  Pool &operator=(const Pool &) = delete;

  void *alloc() {
    void *object;
    const dry_status status = kInline ? dry_pool_alloc_inline(&pool_, &object) : dry_pool_alloc(&pool_, &object);
    if (__builtin_expect(status != DRY_OK, 0)) refused("pool is full");
    return object;
  }
  void free(void *object) {
    const dry_status status = kInline ? dry_pool_free_inline(&pool_, object) : dry_pool_free(&pool_, object);
    if (__builtin_expect(status != DRY_OK, 0)) refused("pool refused an object");
  }

  void take_batch(void **objects) {
    if (dry_pool_acquire_many(&pool_, slots_, kBurst) != DRY_OK) refused("pool is full");
    for (size_t i = 0; i < kBurst; i++) objects[i] = base_ + slots_[i] * stride_;
  }
  void give_batch() {
    if (dry_pool_release_many(&pool_, slots_, kBurst) != DRY_OK) refused("pool refused a batch");
  }

 private:
  dry_pool pool_;
  char *base_;
  uint64_t stride_;
  uint32_t slots_[kBurst];
};

// Its memory was never touched.
template <Via kVia>
class FreshPool : public Pool<kVia> {
 public:
  FreshPool(size_t count, size_t bytes, bool huge) : Pool<kVia>(count, bytes, huge ? DRY_MEMORY_HUGE_PAGES : 0) {}
};

template <Via kVia>
class Arena {
 public:
  static constexpr const char *kName = via_name(kVia);
  explicit Arena(size_t bytes) {
    dry_arena_options options = {};
    options.struct_size = sizeof options;
    options.capacity_bytes = bytes;
    options.flags = DRY_MEMORY_PREFAULT;
    must(dry_arena_create(&options, &arena_, nullptr), "dry_arena_create");
  }
  ~Arena() { dry_arena_close(&arena_); }
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;

  template <size_t kBytes>
  void *alloc() {
    return alloc(kBytes);
  }
  void *alloc(size_t bytes) {
    void *object;
    const dry_status status = kVia == Via::kInline ? dry_arena_alloc_inline(&arena_, bytes, 8, &object)
                                                   : dry_arena_alloc(&arena_, bytes, 8, &object);
    if (__builtin_expect(status != DRY_OK, 0)) refused("arena is full");
    return object;
  }
  void reset() { dry_arena_reset(&arena_); }

 private:
  dry_arena arena_ = {};
};

// The thread's own scratch, one scope after the other; it has no inline twins.
class ThreadScratch {
 public:
  static constexpr const char *kName = "drystone_scratch";
  explicit ThreadScratch(size_t) {
    must(dry_scratch_thread(&scratch_), "dry_scratch_thread");
    must(dry_scratch_begin(scratch_, &scope_), "dry_scratch_begin");
  }
  ~ThreadScratch() { dry_scratch_end(scratch_, &scope_); }
  ThreadScratch(const ThreadScratch &) = delete;
  ThreadScratch &operator=(const ThreadScratch &) = delete;

  template <size_t kBytes>
  void *alloc() {
    return alloc(kBytes);
  }
  void *alloc(size_t bytes) {
    void *object;
    if (__builtin_expect(dry_scratch_alloc(scratch_, bytes, 8, &object) != DRY_OK, 0)) refused("scratch is full");
    return object;
  }
  void reset() {
    if (dry_scratch_end(scratch_, &scope_) != DRY_OK || dry_scratch_begin(scratch_, &scope_) != DRY_OK)
      refused("scratch lost a scope");
  }

 private:
  dry_scratch *scratch_ = nullptr;
  dry_scratch_scope scope_ = {};
};

// Slots behind handles that are checked at every use.
template <Via kVia>
class Objects {
 public:
  static constexpr const char *kName = via_name(kVia);
  static constexpr bool kInline = kVia == Via::kInline;
  using Handle = uint64_t;

  Objects(size_t count, size_t bytes) {
    dry_object_pool_options options = {};
    options.struct_size = sizeof options;
    options.object_bytes = bytes;
    options.capacity = count;
    options.flags = DRY_MEMORY_PREFAULT;
    must(dry_object_pool_create(&options, &pool_, nullptr), "dry_object_pool_create");
  }
  ~Objects() { dry_object_pool_close(&pool_, nullptr); }
  Objects(const Objects &) = delete;
  Objects &operator=(const Objects &) = delete;

  Handle acquire(void **object) {
    Handle handle;
    const dry_status status = kInline ? dry_object_pool_acquire_inline(&pool_, &handle, object)
                                      : dry_object_pool_acquire(&pool_, &handle, object);
    if (__builtin_expect(status != DRY_OK, 0)) refused("object pool is full");
    return handle;
  }
  void *get(Handle handle) {
    void *object;
    const dry_status status =
        kInline ? dry_object_pool_get_inline(&pool_, handle, &object) : dry_object_pool_get(&pool_, handle, &object);
    if (__builtin_expect(status != DRY_OK, 0)) refused("object pool lost a handle");
    return object;
  }
  void release(Handle handle) {
    const dry_status status =
        kInline ? dry_object_pool_release_inline(&pool_, handle) : dry_object_pool_release(&pool_, handle);
    if (__builtin_expect(status != DRY_OK, 0)) refused("object pool refused a handle");
  }

 private:
  dry_object_pool pool_ = {};
};

// Slabs and index maps have no inline twins.
template <Via kVia>
class Slab {
 public:
  static constexpr const char *kName = via_name(kVia);
  explicit Slab(size_t count) {
    dry_slab_options options = {};
    options.struct_size = sizeof options;
    // A page holds one object at least, so this is never too little.
    options.bytes = (count + DRY_SLAB_CLASSES) * DRY_SLAB_PAGE_BYTES;
    options.flags = DRY_MEMORY_PREFAULT;
    must(dry_slab_create(&options, &slab_, nullptr), "dry_slab_create");
  }
  ~Slab() { dry_slab_close(&slab_); }
  Slab(const Slab &) = delete;
  Slab &operator=(const Slab &) = delete;

  void *alloc(size_t bytes) {
    void *object;
    if (__builtin_expect(dry_slab_alloc(&slab_, bytes, &object, nullptr) != DRY_OK, 0)) refused("slab is full");
    return object;
  }
  void free(void *object, size_t) {
    if (__builtin_expect(dry_slab_free(&slab_, object) != DRY_OK, 0)) refused("slab refused an object");
  }

 private:
  dry_slab slab_ = {};
};

template <Via kVia>
class IndexMap {
 public:
  static constexpr const char *kName = via_name(kVia);
  explicit IndexMap(size_t capacity) {
    dry_index_map_options options = {};
    options.struct_size = sizeof options;
    options.capacity = capacity;
    options.flags = DRY_MEMORY_PREFAULT;
    must(dry_index_map_create(&options, &map_, nullptr), "dry_index_map_create");
  }
  ~IndexMap() { dry_index_map_close(&map_); }
  IndexMap(const IndexMap &) = delete;
  IndexMap &operator=(const IndexMap &) = delete;

  uint32_t acquire() {
    uint32_t index;
    if (__builtin_expect(dry_index_map_acquire(&map_, &index) != DRY_OK, 0)) refused("index map is full");
    return index;
  }
  void release(uint32_t index) {
    if (__builtin_expect(dry_index_map_release(&map_, index) != DRY_OK, 0)) refused("index map refused an index");
  }

 private:
  dry_index_map map_ = {};
};

// For several threads, each of which works through a `Local`.
template <Via kVia>
class SharedPool {
 public:
  static constexpr const char *kName = via_name(kVia);
  SharedPool(size_t count, size_t bytes) {
    dry_shared_pool_options options = {};
    options.struct_size = sizeof options;
    options.object_bytes = bytes;
    options.capacity_slots = count;
    options.flags = DRY_MEMORY_PREFAULT;
    must(dry_shared_pool_create(&options, &pool_, nullptr), "dry_shared_pool_create");
  }
  ~SharedPool() { dry_shared_pool_close(&pool_); }
  SharedPool(const SharedPool &) = delete;
  SharedPool &operator=(const SharedPool &) = delete;

  class Local {
   public:
    explicit Local(SharedPool &shared) {
      must(dry_shared_pool_cache_open(&shared.pool_, &cache_, nullptr), "dry_shared_pool_cache_open");
    }
    ~Local() { dry_shared_pool_cache_close(&cache_); }
    Local(const Local &) = delete;
    Local &operator=(const Local &) = delete;
    void *alloc() {
      void *object;
      const dry_status status = kVia == Via::kInline ? dry_shared_pool_cache_alloc_inline(&cache_, &object)
                                                     : dry_shared_pool_cache_alloc(&cache_, &object);
      if (__builtin_expect(status != DRY_OK, 0)) refused("shared pool is full");
      return object;
    }
    void free(void *object) {
      const dry_status status = kVia == Via::kInline ? dry_shared_pool_cache_free_inline(&cache_, object)
                                                     : dry_shared_pool_cache_free(&cache_, object);
      if (__builtin_expect(status != DRY_OK, 0)) refused("shared pool refused an object");
    }

   private:
    dry_shared_pool_cache cache_ = {};
  };

 private:
  dry_shared_pool pool_ = {};
};

}  // namespace bench
