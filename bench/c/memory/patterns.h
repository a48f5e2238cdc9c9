// SPDX-License-Identifier: MIT OR Apache-2.0
// What all patterns share: the stamps in the objects, the names, and where checks are counted.
//
// A pattern's loop is a function of its own that is never inlined (`..._pass`), so that its code can be looked at. Loops
// keep arrays and indices in locals that nothing else can reach, and compilers are told no more than what is so: which
// bytes of an object are read or written. That leaves the least beside the subject's own work.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "bench/c/program.h"

namespace bench {

constexpr size_t kObjectBytes = 64;
constexpr size_t kBurst = 64;

struct Stamp {
  uint64_t number;
  uint64_t inverse;
};

// Writes the stamp. The empty assembly reads it, as far as the compiler knows, so the stores must happen.
inline void *stamp(void *object, uint64_t number) {
  const Stamp value = {number, ~number};
  std::memcpy(object, &value, sizeof value);
  asm volatile("" : : "r"(object), "m"(*static_cast<const Stamp *>(object)));
  return object;
}

// 0 if the object holds that stamp. The empty assembly may have changed it, as far as the compiler knows, so it is loaded.
inline uint64_t unlike(void *object, uint64_t number) {
  asm volatile("" : "+m"(*static_cast<Stamp *>(object)));
  Stamp value;
  std::memcpy(&value, object, sizeof value);
  return (value.number ^ number) | (value.inverse ^ ~number);
}

// Between giving back and taking: everything is in memory, as if other code had run. Else the compiler sees that a list of
// free objects is put together and taken apart again, and does neither.
inline void settle() { asm volatile("" : : : "memory"); }

// No allocator at all: object `i` lies at a fixed place. What it costs is what the pattern itself costs.
class Floor {
 public:
  static constexpr const char *kName = "floor";
  Floor(size_t count, size_t bytes) : memory_((count + kBurst) * bytes), bytes_(bytes) {}
  void *at(size_t i) { return memory_.data() + i * bytes_; }
  void free(void *) {}
  void take_batch(void **objects) {
    for (size_t i = 0; i < kBurst; i++) objects[i] = at(i);
  }
  void give_batch() {}

 private:
  std::vector<char> memory_;
  size_t bytes_;
};

template <class Subject>
inline void *take(Subject &subject, size_t i) {
  if constexpr (std::is_same_v<Subject, Floor>) {
    return subject.at(i);
  } else {
    return subject.alloc();
  }
}

template <class Subject>
class Pattern {
 public:
  Pattern(const Settings &settings, Extras &extras, const std::string &operation)
      : settings_(settings), extras_(extras), name_("memory/" + operation + "/" + Subject::kName) {}
  const std::string &name() const { return name_; }

 protected:
  void done(uint64_t checked, uint64_t wrong) {
    if (wrong != 0) fail(name_, "an object did not hold what was written to it");
    extras_.set(name_, "checked", static_cast<double>(checked));
  }
  const Settings &settings() const { return settings_; }
  Extras &extras() { return extras_; }

 private:
  const Settings &settings_;
  Extras &extras_;
  std::string name_;
};

inline benchmark::IterationCount batch(size_t operations) { return static_cast<benchmark::IterationCount>(operations); }

inline std::vector<uint32_t> shuffled(size_t count, uint64_t seed) {
  std::vector<uint32_t> order(count);
  for (size_t i = 0; i < count; i++) order[i] = static_cast<uint32_t>(i);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
  return order;
}

}  // namespace bench
