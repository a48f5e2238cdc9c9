// SPDX-License-Identifier: MIT OR Apache-2.0
// General allocators, by malloc and free. Those that are not glibc's are preloaded into the process (memory.cc).
#pragma once

#include <cstddef>
#include <cstdlib>

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

}  // namespace bench
