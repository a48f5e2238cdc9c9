// SPDX-License-Identifier: MIT OR Apache-2.0
// Peers that are libraries of their own: Boost.Pool, GNU obstack, the standard library's monotonic buffer.
#pragma once

#include <obstack.h>

#include <boost/pool/pool.hpp>
#include <cstdlib>
#include <memory_resource>
#include <vector>

#define obstack_chunk_alloc std::malloc
#define obstack_chunk_free std::free

namespace bench {

class BoostPool {
 public:
  static constexpr const char *kName = "boost_pool";
  BoostPool(size_t count, size_t bytes) : pool_(bytes, count + 64) { pool_.free(pool_.malloc()); }
  void *alloc() { return pool_.malloc(); }
  void free(void *object) { pool_.free(object); }

 private:
  boost::pool<> pool_;
};

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

class Monotonic {
 public:
  static constexpr const char *kName = "std_pmr";
  explicit Monotonic(size_t bytes) : buffer_(bytes + 4096), resource_(buffer_.data(), buffer_.size()) {}
  template <size_t kBytes>
  void *alloc() {
    return alloc(kBytes);
  }
  void *alloc(size_t bytes) { return resource_.allocate(bytes, 8); }
  void reset() { resource_.release(); }

 private:
  std::vector<char> buffer_;
  std::pmr::monotonic_buffer_resource resource_;
};

}  // namespace bench
