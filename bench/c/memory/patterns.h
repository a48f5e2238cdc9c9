// SPDX-License-Identifier: MIT OR Apache-2.0
// In which order objects are taken and given back. Every object is stamped when it is taken, and the stamp is checked when
// it is given back: so no compiler can drop the work, and a subject that hands an object out twice is found out.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "bench/c/program.h"

namespace bench {

constexpr size_t kObjectBytes = 64;
constexpr size_t kBurst = 64;

struct Stamp {
  uint64_t number;
  uint64_t inverse;
};

inline void stamp(void *object, uint64_t number) {
  const Stamp value = {number, ~number};
  std::memcpy(object, &value, sizeof value);
  escape(object);
}

inline bool stamped(const void *object, uint64_t number) {
  Stamp value;
  std::memcpy(&value, object, sizeof value);
  return (value.number == number) & (value.inverse == ~number);
}

// What all patterns need: the name, where checks are counted, and that they must hold.
template <class Subject>
class Pattern {
 public:
  Pattern(const Settings &settings, Extras &extras, const std::string &operation)
      : settings_(settings), extras_(extras), name_("memory/" + operation + "/" + Subject::kName) {}
  const std::string &name() const { return name_; }

 protected:
  void done(benchmark::State &state, uint64_t checked, uint64_t wrong) {
    if (wrong != 0) fail(name_, std::to_string(wrong) + " objects did not hold what was written to them");
    state.SetItemsProcessed(static_cast<int64_t>(checked));
    extras_.set(name_, "checked", static_cast<double>(checked));
  }
  const Settings &settings() const { return settings_; }

 private:
  const Settings &settings_;
  Extras &extras_;
  std::string name_;
};

inline std::vector<uint32_t> shuffled(size_t count, uint64_t seed) {
  std::vector<uint32_t> order(count);
  for (size_t i = 0; i < count; i++) order[i] = static_cast<uint32_t>(i);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
  return order;
}

// Bursts of 64: taken one after the other, given back in reverse (LIFO) or in the same order (FIFO).
template <class Subject, bool kReverse>
class Burst : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    Subject subject(this->settings().keys, kObjectBytes);
    void *live[kBurst];
    uint64_t round = 0, wrong = 0;
    while (state.KeepRunningBatch(kBurst)) {
      for (size_t i = 0; i < kBurst; i++) {
        live[i] = subject.alloc();
        stamp(live[i], round + i);
      }
      for (size_t i = 0; i < kBurst; i++) {
        const size_t at = kReverse ? kBurst - 1 - i : i;
        wrong += !stamped(live[at], round + at);
        subject.free(live[at]);
      }
      round += kBurst;
    }
    this->done(state, round, wrong);
  }
};

// `keys` objects live; one after the other, in random order, is given back and another taken.
template <class Subject>
class Random : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    const size_t live_count = this->settings().keys;
    Subject subject(live_count, kObjectBytes);
    const std::vector<uint32_t> order = shuffled(live_count, this->settings().seed);
    std::vector<void *> live(live_count);
    for (size_t i = 0; i < live_count; i++) stamp(live[i] = subject.alloc(), i);
    uint64_t pairs = 0, wrong = 0;
    size_t next = 0;
    for (auto _ : state) {
      const uint32_t i = order[next];
      if (++next == live_count) next = 0;
      wrong += !stamped(live[i], i);
      subject.free(live[i]);
      // Else the compiler sees that a list of free objects is put together and taken apart again, and does neither.
      escape(&live[i]);
      stamp(live[i] = subject.alloc(), i);
      pairs++;
    }
    for (size_t i = 0; i < live_count; i++) {
      wrong += !stamped(live[i], i);
      subject.free(live[i]);
    }
    this->done(state, pairs, wrong);
  }
};

// A random half of `keys` live objects is given back, then as many are taken again.
template <class Subject>
class Half : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    const size_t live_count = this->settings().keys, half = live_count / 2;
    Subject subject(live_count, kObjectBytes);
    std::vector<uint32_t> order = shuffled(live_count, this->settings().seed);
    std::vector<void *> live(live_count);
    for (size_t i = 0; i < live_count; i++) stamp(live[i] = subject.alloc(), i);
    uint64_t pairs = 0, wrong = 0;
    size_t from = 0;
    while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(half))) {
      // The halves change over, so that what is free lies elsewhere each time.
      for (size_t k = 0; k < half; k++) {
        const uint32_t i = order[from + k];
        wrong += !stamped(live[i], i);
        subject.free(live[i]);
      }
      for (size_t k = 0; k < half; k++) {
        const uint32_t i = order[from + k];
        stamp(live[i] = subject.alloc(), i);
      }
      from = from == 0 ? live_count - half : 0;
      pairs += half;
    }
    for (size_t i = 0; i < live_count; i++) subject.free(live[i]);
    this->done(state, pairs, wrong);
  }
};

// All `keys` objects taken, then all given back in the same order.
template <class Subject>
class Bulk : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    const size_t count = this->settings().keys;
    Subject subject(count, kObjectBytes);
    std::vector<void *> live(count);
    uint64_t pairs = 0, wrong = 0;
    while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(count))) {
      for (size_t i = 0; i < count; i++) stamp(live[i] = subject.alloc(), pairs + i);
      for (size_t i = 0; i < count; i++) {
        wrong += !stamped(live[i], pairs + i);
        subject.free(live[i]);
      }
      pairs += count;
    }
    this->done(state, pairs, wrong);
  }
};

// Arenas: bursts of 4,096 objects of 64 bytes (or of mixed sizes), then a reset, whose share is included.
template <class Subject, bool kMixed>
class Bump : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    constexpr size_t kCount = 4096;
    std::vector<uint32_t> sizes(kCount, kObjectBytes);
    size_t total = 0;
    std::mt19937_64 random(this->settings().seed);
    for (uint32_t &size : sizes) {
      if (kMixed) size = static_cast<uint32_t>(16 + random() % 113);
      total += size + 16;
    }
    Subject subject(total);
    std::vector<uint8_t *> live(kCount);
    uint64_t made = 0, wrong = 0;
    while (state.KeepRunningBatch(kCount)) {
      for (size_t i = 0; i < kCount; i++) {
        // A constant size where all are alike: that is how a typed allocation looks to the compiler.
        void *object = kMixed ? subject.alloc(sizes[i]) : subject.template alloc<kObjectBytes>();
        *static_cast<uint64_t *>(object) = made + i;
        escape(object);
        if ((i & 1023) == 0) live[i] = static_cast<uint8_t *>(object);
      }
      for (size_t i = 0; i < kCount; i += 1024) {
        uint64_t found;
        std::memcpy(&found, live[i], sizeof found);
        wrong += found != made + i;
      }
      subject.reset();
      made += kCount;
    }
    this->done(state, made, wrong);
  }
};

}  // namespace bench
