// SPDX-License-Identifier: MIT OR Apache-2.0
// General allocators, by malloc and free. Those that are not glibc's are preloaded into the process (memory.cc).
#pragma once

#include <malloc.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "bench/c/memory/patterns.h"

namespace bench {

// What all of them do; the name is what differs.
struct Heap {
  Heap(size_t, size_t bytes) : bytes_(bytes) {}
  void *alloc() { return std::malloc(bytes_); }
  void free(void *object) { std::free(object); }

 private:
  size_t bytes_;
};

struct Glibc : Heap {
  static constexpr const char *kName = "glibc";
  using Heap::Heap;
};

struct Mimalloc : Heap {
  static constexpr const char *kName = "mimalloc";
  static constexpr const char *kLibrary = "libmimalloc.so.2";
  using Heap::Heap;
};

struct Jemalloc : Heap {
  static constexpr const char *kName = "jemalloc";
  static constexpr const char *kLibrary = "libjemalloc.so.2";
  using Heap::Heap;
};

struct Tcmalloc : Heap {
  static constexpr const char *kName = "tcmalloc";
  static constexpr const char *kLibrary = "libtcmalloc_minimal.so.4";
  using Heap::Heap;
};

template <class One>
class MixedHeap {
 public:
  static constexpr const char *kName = One::kName;
  explicit MixedHeap(size_t) {}
  void *alloc(size_t bytes) { return std::malloc(bytes); }
  void free(void *object, size_t) { std::free(object); }
};

template <class One>
class SharedHeap {
 public:
  static constexpr const char *kName = One::kName;
  SharedHeap(size_t, size_t bytes) : bytes_(bytes) {}
  class Local : public Heap {
   public:
    explicit Local(SharedHeap &shared) : Heap(0, shared.bytes_) {}
  };

 private:
  size_t bytes_;
};

// ---- memory that was never touched ----

// glibc's heap gives everything back to the system when its top is trimmed.
struct FreshGlibc : Glibc {
  FreshGlibc(size_t count, size_t bytes, bool) : Glibc(count, bytes) { malloc_trim(0); }
};

// No allocator at all over memory from the system: the page faults alone.
class FreshFloor {
 public:
  static constexpr const char *kName = Floor::kName;
  FreshFloor(size_t count, size_t bytes, bool huge) : bytes_(bytes), mapped_(count * bytes + 2 * kHuge) {
    memory_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) fail("floor", "mmap failed");
    if (huge && madvise(memory_, mapped_, MADV_HUGEPAGE) != 0) fail("floor", "madvise failed");
    objects_ = reinterpret_cast<char *>((reinterpret_cast<uintptr_t>(memory_) + kHuge - 1) / kHuge * kHuge);
  }
  ~FreshFloor() { munmap(memory_, mapped_); }
  FreshFloor(const FreshFloor &) = delete;
  FreshFloor &operator=(const FreshFloor &) = delete;
  void *alloc() {
    void *object = objects_;
    objects_ += bytes_;
    return object;
  }
  void free(void *) {}

 private:
  static constexpr size_t kHuge = 2 << 20;
  size_t bytes_;
  size_t mapped_;
  void *memory_;
  char *objects_;
};

}  // namespace bench
