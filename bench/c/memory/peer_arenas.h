// SPDX-License-Identifier: MIT OR Apache-2.0
// Peers that are arenas: GNU obstack, APR, foonathan/memory, the standard library's monotonic
// buffer.
#pragma once

#include <apr-1.0/apr_general.h>
#include <apr-1.0/apr_pools.h>
#include <obstack.h>

#include <cstdlib>
#include <foonathan_memory/foonathan/memory/memory_stack.hpp>
#include <memory_resource>
#include <vector>

#include "bench/c/program.h"

#define obstack_chunk_alloc std::malloc
#define obstack_chunk_free std::free

namespace bench {

class Obstack {
 public:
  static constexpr const char *kName = "obstack";
  explicit Obstack(size_t bytes) {
    obstack_begin(&stack_, bytes + 4096);
    obstack_alignment_mask(&stack_) = 7;
    first_ = obstack_alloc(&stack_, 0);
  }
  ~Obstack() { obstack_free(&stack_, nullptr); }
  Obstack(const Obstack &) = delete;
  Obstack &operator=(const Obstack &) = delete;
  template <size_t kBytes>
  void *alloc() {
    return alloc(kBytes);
  }
  void *alloc(size_t bytes) { return obstack_alloc(&stack_, bytes); }
  void reset() {
    obstack_free(&stack_, first_);
    first_ = obstack_alloc(&stack_, 0);
  }

 private:
  struct obstack stack_;
  void *first_;
};

// With an allocator of its own, so that no lock is in it.
class Apr {
 public:
  static constexpr const char *kName = "apr";
  explicit Apr(size_t) {
    if (apr_initialize() != APR_SUCCESS || apr_allocator_create(&allocator_) != APR_SUCCESS ||
        apr_pool_create_ex(&pool_, nullptr, nullptr, allocator_) != APR_SUCCESS)
      fail(kName, "no pool");
  }
  ~Apr() {
    apr_pool_destroy(pool_);
    apr_allocator_destroy(allocator_);
    apr_terminate();
  }
  Apr(const Apr &) = delete;
  Apr &operator=(const Apr &) = delete;
  template <size_t kBytes>
  void *alloc() {
    return alloc(kBytes);
  }
  void *alloc(size_t bytes) { return apr_palloc(pool_, bytes); }
  void reset() { apr_pool_clear(pool_); }

 private:
  apr_allocator_t *allocator_ = nullptr;
  apr_pool_t *pool_ = nullptr;
};

class FoonathanStack {
 public:
  static constexpr const char *kName = "foonathan";
  explicit FoonathanStack(size_t bytes) : stack_(bytes + 4096), bottom_(stack_.top()) {}
  template <size_t kBytes>
  void *alloc() {
    return alloc(kBytes);
  }
  void *alloc(size_t bytes) { return stack_.allocate(bytes, 8); }
  void reset() { stack_.unwind(bottom_); }

 private:
  foonathan::memory::memory_stack<> stack_;
  foonathan::memory::memory_stack<>::marker bottom_;
};

// std::pmr::monotonic_buffer_resource: as containers reach it, by a pointer to what any resource is; or directly, where
// the compiler sees which one it is and inlines it.
template <bool kDirect>
class MonotonicBy {
 public:
  static constexpr const char *kName = kDirect ? "std_pmr_direct" : "std_pmr";
  explicit MonotonicBy(size_t bytes) : buffer_(bytes + 4096), resource_(buffer_.data(), buffer_.size()) {
    asm volatile("" : "+r"(any_));
  }
  MonotonicBy(const MonotonicBy &) = delete;
  MonotonicBy &operator=(const MonotonicBy &) = delete;
  template <size_t kBytes>
  void *alloc() {
    return alloc(kBytes);
  }
  void *alloc(size_t bytes) { return kDirect ? resource_.allocate(bytes, 8) : any_->allocate(bytes, 8); }
  void reset() { resource_.release(); }

 private:
  std::vector<char> buffer_;
  std::pmr::monotonic_buffer_resource resource_;
  std::pmr::memory_resource *any_ = &resource_;
};

using Monotonic = MonotonicBy<false>;
using MonotonicDirect = MonotonicBy<true>;

}  // namespace bench
