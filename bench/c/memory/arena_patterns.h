// SPDX-License-Identifier: MIT OR Apache-2.0
// Arenas: 256 objects of 64 bytes (or of mixed sizes), then a reset, whose share is included.
#pragma once

#include "bench/c/memory/patterns.h"

namespace bench {

constexpr size_t kArenaBurst = 256;
constexpr size_t kArenaBurstsAPass = 16;

// As Floor: each object at a fixed place.
class ArenaFloor {
 public:
  static constexpr const char *kName = "floor";
  explicit ArenaFloor(size_t bytes) : memory_(bytes) {}
  void lay_out(const uint32_t *sizes) {
    size_t at = 0;
    for (size_t i = 0; i < kArenaBurst; i++) {
      places_[i] = memory_.data() + at;
      at += (sizes[i] + 7) / 8 * 8;
    }
  }
  void *at(size_t i) { return places_[i]; }
  void reset() { settle(); }

 private:
  std::vector<char> memory_;
  void *places_[kArenaBurst] = {};
};

// A constant size where all are alike: that is how a typed allocation looks to the compiler.
template <bool kMixed, class Subject>
inline void *bump(Subject &subject, const uint32_t *sizes, size_t i) {
  if constexpr (std::is_same_v<Subject, ArenaFloor>) {
    return subject.at(i);
  } else if constexpr (kMixed) {
    return subject.alloc(sizes[i]);
  } else {
    return subject.template alloc<kObjectBytes>();
  }
}

// Takes and stamps the objects `from` to `until` of a burst; the last of them.
template <bool kMixed, class Subject>
inline void *bump_some(Subject &subject, const uint32_t *sizes, uint64_t number, size_t from, size_t until) {
  void *last = nullptr;
  for (size_t i = from; i < until; i++) last = stamp(bump<kMixed>(subject, sizes, i), number + i);
  return last;
}

template <bool kMixed, class Subject>
[[gnu::noinline]] uint64_t bump_pass(Subject &subject, const uint32_t *sizes, uint64_t number) {
  uint64_t wrong = 0;
  for (size_t burst = 0; burst < kArenaBurstsAPass; burst++, number += kArenaBurst) {
    void *first = bump_some<kMixed>(subject, sizes, number, 0, 1);
    void *last = bump_some<kMixed>(subject, sizes, number, 1, kArenaBurst);
    wrong |= unlike(first, number) | unlike(last, number + kArenaBurst - 1);
    subject.reset();
  }
  return wrong;
}

// Checks every object of one burst, which the timed loop has no time for.
template <bool kMixed, class Subject>
uint64_t bump_check(Subject &subject, const uint32_t *sizes) {
  void *live[kArenaBurst];
  uint64_t wrong = 0;
  for (size_t i = 0; i < kArenaBurst; i++) live[i] = stamp(bump<kMixed>(subject, sizes, i), i);
  for (size_t i = 0; i < kArenaBurst; i++) wrong |= unlike(live[i], i);
  subject.reset();
  return wrong;
}

struct ArenaSizes {
  explicit ArenaSizes(uint64_t seed, bool mixed) {
    std::mt19937_64 random(seed);
    for (uint32_t &size : sizes) {
      size = mixed ? static_cast<uint32_t>(16 + random() % 113) : static_cast<uint32_t>(kObjectBytes);
      total += size + 16;
    }
  }
  uint32_t sizes[kArenaBurst];
  size_t total = 0;
};

template <class Subject, bool kMixed>
class Bump : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    const ArenaSizes wanted(this->settings().seed, kMixed);
    Subject subject(wanted.total);
    if constexpr (std::is_same_v<Subject, ArenaFloor>) subject.lay_out(wanted.sizes);
    constexpr size_t kCount = kArenaBurst * kArenaBurstsAPass;
    uint64_t made = 0, wrong = bump_check<kMixed>(subject, wanted.sizes);
    for (; state.KeepRunningBatch(batch(kCount)); made += kCount) wrong |= bump_pass<kMixed>(subject, wanted.sizes, made);
    wrong |= bump_check<kMixed>(subject, wanted.sizes);
    this->done(made, wrong);
  }
};

}  // namespace bench
