// SPDX-License-Identifier: MIT OR Apache-2.0
// Peers that are libraries of their own, for objects: Boost.Pool, foonathan/memory, the standard library's pools, plf::colony.
#pragma once

#include <plf_colony.h>

#include <boost/pool/pool.hpp>
#include <foonathan_memory/foonathan/memory/memory_pool.hpp>
#include <memory_resource>

#include "bench/c/memory/patterns.h"

namespace bench {

// Threads its list of free objects through all of its memory at the first call, which is then timed.
class FreshBoostPool {
 public:
  static constexpr const char *kName = "boost_pool";
  FreshBoostPool(size_t count, size_t bytes, bool) : pool_(bytes, count) {}
  void *alloc() { return pool_.malloc(); }
  void free(void *object) { pool_.free(object); }

 private:
  boost::pool<> pool_;
};

class BoostPool : public FreshBoostPool {
 public:
  BoostPool(size_t count, size_t bytes) : FreshBoostPool(count + kBurst, bytes, false) { free(alloc()); }
};

// As Debian builds it: without its checks of pointers and double frees.
class Foonathan {
 public:
  static constexpr const char *kName = "foonathan";
  Foonathan(size_t count, size_t bytes) : pool_(bytes, Kind::min_block_size(bytes, count + kBurst)) {}
  void *alloc() { return pool_.allocate_node(); }
  void free(void *object) { pool_.deallocate_node(object); }

 private:
  using Kind = foonathan::memory::memory_pool<>;
  Kind pool_;
};

// std::pmr::unsynchronized_pool_resource, as containers reach it: by a pointer to what any resource is.
class Pmr {
 public:
  static constexpr const char *kName = "std_pmr";
  explicit Pmr(size_t largest) : pool_(std::pmr::pool_options{0, largest}) { asm volatile("" : "+r"(any_)); }
  Pmr(const Pmr &) = delete;
  Pmr &operator=(const Pmr &) = delete;
  void *alloc(size_t bytes) { return any_->allocate(bytes, 8); }
  void free(void *object, size_t bytes) { any_->deallocate(object, bytes, 8); }

 private:
  std::pmr::unsynchronized_pool_resource pool_;
  std::pmr::memory_resource *any_ = &pool_;
};

class PmrPool : private Pmr {
 public:
  using Pmr::kName;
  PmrPool(size_t, size_t bytes) : Pmr(bytes), bytes_(bytes) {}
  void *alloc() { return Pmr::alloc(bytes_); }
  void free(void *object) { Pmr::free(object, bytes_); }

 private:
  size_t bytes_;
};

struct PmrMixed : Pmr {
  explicit PmrMixed(size_t) : Pmr(4096) {}
};

// Objects that stay where they are; an iterator is the handle, and nothing tells a stale one.
class Colony {
 public:
  static constexpr const char *kName = "plf_colony";
  struct Cell {
    uint64_t words[kObjectBytes / 8];
  };
  using Handle = plf::colony<Cell>::iterator;

  Colony(size_t count, size_t) { cells_.reserve(count); }
  Handle acquire(void **object) {
    // Not {}: the others do not fill what they hand out either.
    const Handle handle = cells_.emplace(Unset());
    *object = &*handle;
    return handle;
  }
  void *get(Handle handle) { return &*handle; }
  void release(Handle handle) { cells_.erase(handle); }

 private:
  struct Unset {
    operator Cell() const {
      Cell cell;
      return cell;
    }
  };
  plf::colony<Cell> cells_;
};

}  // namespace bench
