// SPDX-License-Identifier: MIT OR Apache-2.0
// In which order objects of one size are taken and given back.
#pragma once

#include <chrono>
#include <memory>

#include "bench/c/memory/patterns.h"

namespace bench {

// ---- the loops ----

template <bool kReverse, class Subject>
[[gnu::noinline]] uint64_t burst_pass(Subject &subject, size_t bursts, uint64_t number) {
  void *live[kBurst];
  uint64_t wrong = 0;
  for (; bursts > 0; bursts--, number += kBurst) {
    for (size_t i = 0; i < kBurst; i++) live[i] = stamp(take(subject, i), number + i);
    for (size_t k = 0; k < kBurst; k++) {
      const size_t i = kReverse ? kBurst - 1 - k : k;
      void *object = live[i];
      wrong |= unlike(object, number + i);
      subject.free(object);
    }
  }
  return wrong;
}

template <class Subject>
[[gnu::noinline]] uint64_t random_pass(Subject &subject, void **live, const uint32_t *order, size_t count) {
  uint64_t wrong = 0;
  for (size_t k = 0; k < count; k++) {
    const uint32_t i = order[k];
    void *object = live[i];
    wrong |= unlike(object, i);
    subject.free(object);
    settle();
    live[i] = stamp(take(subject, i), i);
  }
  return wrong;
}

template <class Subject>
[[gnu::noinline]] uint64_t give_pass(Subject &subject, void **live, const uint32_t *order, size_t count) {
  uint64_t wrong = 0;
  for (size_t k = 0; k < count; k++) {
    const uint32_t i = order[k];
    void *object = live[i];
    wrong |= unlike(object, i);
    subject.free(object);
  }
  return wrong;
}

template <class Subject>
[[gnu::noinline]] void take_pass(Subject &subject, void **live, const uint32_t *order, size_t count) {
  for (size_t k = 0; k < count; k++) {
    const uint32_t i = order[k];
    live[i] = stamp(take(subject, i), i);
  }
}

template <class Subject>
[[gnu::noinline]] uint64_t bulk_pass(Subject &subject, void **live, size_t count) {
  uint64_t wrong = 0;
  for (size_t i = 0; i < count; i++) live[i] = stamp(take(subject, i), i);
  for (size_t i = 0; i < count; i++) {
    void *object = live[i];
    wrong |= unlike(object, i);
    subject.free(object);
  }
  return wrong;
}

template <class Subject>
[[gnu::noinline]] uint64_t batch_pass(Subject &subject, size_t batches, uint64_t number) {
  void *live[kBurst];
  uint64_t wrong = 0;
  for (; batches > 0; batches--, number += kBurst) {
    subject.take_batch(live);
    for (size_t i = 0; i < kBurst; i++) stamp(live[i], number + i);
    for (size_t i = 0; i < kBurst; i++) wrong |= unlike(live[i], number + i);
    subject.give_batch();
  }
  return wrong;
}

template <class Subject>
[[gnu::noinline]] void fill_pass(Subject &subject, void **live, size_t count) {
  for (size_t i = 0; i < count; i++) live[i] = stamp(take(subject, i), i);
}

// ---- the benchmarks ----

constexpr size_t kBurstsAPass = 64;

// Bursts of 64: taken one after the other, given back in reverse (LIFO) or in the same order (FIFO).
template <class Subject, bool kReverse>
class Burst : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    Subject subject(this->settings().keys, kObjectBytes);
    uint64_t made = 0, wrong = 0;
    for (; state.KeepRunningBatch(batch(kBurstsAPass * kBurst)); made += kBurstsAPass * kBurst)
      wrong |= burst_pass<kReverse>(subject, kBurstsAPass, made);
    this->done(made, wrong);
  }
};

// A subject with `keys` objects live, and the order in which they are visited.
template <class Subject>
struct Full {
  explicit Full(const Settings &settings)
      : count(settings.keys),
        subject(count, kObjectBytes),
        order(shuffled(count, settings.seed)),
        live(count) {
    fill_pass(subject, live.data(), count);
  }
  uint64_t random() { return random_pass(subject, live.data(), order.data(), count); }
  uint64_t empty() { return give_pass(subject, live.data(), order.data(), count); }

  const size_t count;
  Subject subject;
  std::vector<uint32_t> order;
  std::vector<void *> live;
};

// One after the other, in random order, is given back and another taken.
template <class Subject>
class Random : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    Full<Subject> full(this->settings());
    uint64_t made = 0, wrong = 0;
    for (; state.KeepRunningBatch(batch(full.count)); made += full.count) wrong |= full.random();
    wrong |= full.empty();
    this->done(made, wrong);
  }
};

// A random half of `keys` live objects is given back, then as many are taken again. The halves change over, so that what
// is free lies elsewhere each time.
template <class Subject>
class Half : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    Full<Subject> full(this->settings());
    const size_t half = full.count / 2;
    uint64_t made = 0, wrong = 0;
    size_t from = 0;
    for (; state.KeepRunningBatch(batch(half)); made += half) {
      wrong |= give_pass(full.subject, full.live.data(), full.order.data() + from, half);
      take_pass(full.subject, full.live.data(), full.order.data() + from, half);
      from = from == 0 ? full.count - half : 0;
    }
    wrong |= full.empty();
    this->done(made, wrong);
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
    uint64_t made = 0, wrong = 0;
    for (; state.KeepRunningBatch(batch(count)); made += count) wrong |= bulk_pass(subject, live.data(), count);
    this->done(made, wrong);
  }
};

// 64 taken in one call, given back in one call.
template <class Subject>
class Batch : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    Subject subject(this->settings().keys, kObjectBytes);
    uint64_t made = 0, wrong = 0;
    for (; state.KeepRunningBatch(batch(kBurstsAPass * kBurst)); made += kBurstsAPass * kBurst)
      wrong |= batch_pass(subject, kBurstsAPass, made);
    this->done(made, wrong);
  }
};

// How many objects a pool needs until huge pages have something to say.
constexpr size_t kFreshTimes = 100;

// All objects of a new pool are taken and stamped. `Subject` is one whose memory was never touched; making and closing it
// is not timed. They are checked and given back afterwards, which is not timed either.
template <class Subject, bool kHuge>
class FirstTouch : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    const size_t count = this->settings().keys * kFreshTimes;
    const std::vector<uint32_t> order = shuffled(count, this->settings().seed);
    std::vector<void *> live(count);
    uint64_t made = 0, wrong = 0;
    for (; state.KeepRunningBatch(batch(count)); made += count) {
      Subject subject(count, kObjectBytes, kHuge);
      const auto begun = std::chrono::steady_clock::now();
      fill_pass(subject, live.data(), count);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
      state.SetIterationTime(took.count());
      wrong |= give_pass(subject, live.data(), order.data(), count);
    }
    this->done(made, wrong);
  }
};

}  // namespace bench
