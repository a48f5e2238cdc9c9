// SPDX-License-Identifier: MIT OR Apache-2.0
// Objects behind handles, objects of many sizes, and bare indices.
#pragma once

#include "bench/c/memory/patterns.h"

namespace bench {

// ---- objects behind handles ----

// As Floor; the handle is the object's number.
class ObjectFloor : public Floor {
 public:
  using Floor::Floor;
  using Handle = uint32_t;
  void *get(Handle handle) { return at(handle); }
  void release(Handle) {}
};

template <class Subject>
inline typename Subject::Handle take_object(Subject &subject, uint32_t i, void **object) {
  if constexpr (std::is_same_v<Subject, ObjectFloor>) {
    *object = subject.at(i);
    return i;
  } else {
    return subject.acquire(object);
  }
}

template <class Subject>
struct FullObjects {
  using Handle = typename Subject::Handle;
  explicit FullObjects(const Settings &settings)
      : count(settings.keys), subject(count, kObjectBytes), order(shuffled(count, settings.seed)), live(count) {
    take_pass(order.data(), count);
  }

  [[gnu::noinline]] void take_pass(const uint32_t *which, size_t many) {
    Handle *handles = live.data();
    for (size_t k = 0; k < many; k++) {
      const uint32_t i = which[k];
      void *object;
      handles[i] = take_object(subject, i, &object);
      stamp(object, i);
    }
  }
  [[gnu::noinline]] uint64_t give_pass(const uint32_t *which, size_t many) {
    Handle *handles = live.data();
    uint64_t wrong = 0;
    for (size_t k = 0; k < many; k++) {
      const uint32_t i = which[k];
      const Handle handle = handles[i];
      wrong |= unlike(subject.get(handle), i);
      subject.release(handle);
    }
    return wrong;
  }
  [[gnu::noinline]] uint64_t random_pass() {
    Handle *handles = live.data();
    const uint32_t *which = order.data();
    uint64_t wrong = 0;
    for (size_t k = 0; k < count; k++) {
      const uint32_t i = which[k];
      const Handle handle = handles[i];
      wrong |= unlike(subject.get(handle), i);
      subject.release(handle);
      settle();
      void *object;
      handles[i] = take_object(subject, i, &object);
      stamp(object, i);
    }
    return wrong;
  }

  const size_t count;
  Subject subject;
  std::vector<uint32_t> order;
  std::vector<Handle> live;
};

template <class Subject>
class ObjectRandom : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    FullObjects<Subject> full(this->settings());
    uint64_t made = 0, wrong = 0;
    for (; state.KeepRunningBatch(batch(full.count)); made += full.count) wrong |= full.random_pass();
    wrong |= full.give_pass(full.order.data(), full.count);
    this->done(made, wrong);
  }
};

template <class Subject>
class ObjectHalf : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    FullObjects<Subject> full(this->settings());
    const size_t half = full.count / 2;
    uint64_t made = 0, wrong = 0;
    size_t from = 0;
    for (; state.KeepRunningBatch(batch(half)); made += half) {
      wrong |= full.give_pass(full.order.data() + from, half);
      full.take_pass(full.order.data() + from, half);
      from = from == 0 ? full.count - half : 0;
    }
    wrong |= full.give_pass(full.order.data(), full.count);
    this->done(made, wrong);
  }
};

// ---- objects of many sizes ----

constexpr size_t kMixedMax = 4096;

class MixedFloor : public Floor {
 public:
  explicit MixedFloor(size_t count) : Floor(count, kMixedMax) {}
};

struct Mixed {
  void *object;
  uint32_t bytes;
};

// All powers of two from 16 to 2,048 equally often, and up to as much again: 16 to 4,095 bytes.
inline std::vector<uint32_t> mixed_sizes(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<uint32_t> sizes(count);
  for (uint32_t &size : sizes) {
    const uint32_t power = 16u << random() % 8;
    size = power + static_cast<uint32_t>(random() % power);
  }
  return sizes;
}

template <class Subject>
inline void *take_mixed(Subject &subject, size_t i, size_t bytes) {
  if constexpr (std::is_same_v<Subject, MixedFloor>) {
    return subject.at(i);
  } else {
    return subject.alloc(bytes);
  }
}

template <class Subject>
inline void give_mixed(Subject &subject, void *object, size_t bytes) {
  if constexpr (std::is_same_v<Subject, MixedFloor>) {
    subject.free(object);
  } else {
    subject.free(object, bytes);
  }
}

template <class Subject>
[[gnu::noinline]] uint64_t mixed_pass(Subject &subject, Mixed *live, const uint32_t *order, const uint32_t *sizes,
                                      size_t count) {
  uint64_t wrong = 0;
  for (size_t k = 0; k < count; k++) {
    const uint32_t i = order[k], bytes = sizes[k];
    const Mixed old = live[i];
    wrong |= unlike(old.object, i);
    give_mixed(subject, old.object, old.bytes);
    settle();
    live[i] = {stamp(take_mixed(subject, i, bytes), i), bytes};
  }
  return wrong;
}

template <class Subject>
class SlabMixed : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    const size_t count = this->settings().keys;
    // Each pass begins elsewhere in the sizes, so that an object's size changes from pass to pass.
    const std::vector<uint32_t> sizes = mixed_sizes(2 * count, this->settings().seed);
    const std::vector<uint32_t> order = shuffled(count, this->settings().seed);
    Subject subject(count);
    std::vector<Mixed> live(count);
    for (size_t i = 0; i < count; i++) {
      live[i] = {stamp(take_mixed(subject, i, sizes[i]), i), sizes[i]};
    }
    uint64_t made = 0, wrong = 0;
    size_t from = 0;
    for (; state.KeepRunningBatch(batch(count)); made += count) {
      from = (from + 7919) % count;
      wrong |= mixed_pass(subject, live.data(), order.data(), sizes.data() + from, count);
    }
    for (size_t i = 0; i < count; i++) {
      wrong |= unlike(live[i].object, i);
      give_mixed(subject, live[i].object, live[i].bytes);
    }
    this->done(made, wrong);
  }
};

// ---- indices ----

// No map at all: it says what was given back last, which is what the lowest free one must be.
class IndexFloor {
 public:
  static constexpr const char *kName = "floor";
  explicit IndexFloor(size_t) {}
  uint32_t acquire() { return index_; }
  void release(uint32_t index) { index_ = index; }

 private:
  uint32_t index_ = 0;
};

template <class Subject>
[[gnu::noinline]] uint64_t index_pass(Subject &subject, const uint32_t *order, size_t count) {
  uint64_t wrong = 0;
  for (size_t k = 0; k < count; k++) {
    subject.release(order[k]);
    settle();
    wrong |= subject.acquire() ^ order[k];
  }
  return wrong;
}

// Of 2 `keys` indices the first `keys` are taken, so the lowest free one is what was just given back.
template <class Subject>
class IndexRandom : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    const size_t count = this->settings().keys;
    Subject subject(2 * count);
    uint64_t made = 0, wrong = 0;
    if constexpr (!std::is_same_v<Subject, IndexFloor>) {
      for (size_t i = 0; i < count; i++) wrong |= subject.acquire() ^ i;
    }
    const std::vector<uint32_t> order = shuffled(count, this->settings().seed);
    for (; state.KeepRunningBatch(batch(count)); made += count) wrong |= index_pass(subject, order.data(), count);
    this->done(made, wrong);
  }
};

}  // namespace bench
