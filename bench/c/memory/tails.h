// SPDX-License-Identifier: MIT OR Apache-2.0
// Calls timed one by one, each beside an empty timing, so that what the machine does to both can be told apart from what
// the subject does. They run after the timed benchmarks.
#pragma once

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "bench/c/memory/arena_patterns.h"
#include "bench/c/memory/pool_patterns.h"
#include "bench/c/memory/threads.h"

namespace bench {

inline uint64_t nanoseconds_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

// The fences keep what is timed between the two readings.
#if defined(__x86_64__)
inline uint64_t ticks_before() {
  _mm_lfence();
  const uint64_t ticks = __rdtsc();
  _mm_lfence();
  return ticks;
}
inline uint64_t ticks_after() {
  unsigned processor;
  const uint64_t ticks = __rdtscp(&processor);
  _mm_lfence();
  return ticks;
}
#else
inline uint64_t ticks_before() { return nanoseconds_now(); }
inline uint64_t ticks_after() { return nanoseconds_now(); }
#endif

inline double nanoseconds_a_tick() {
  const uint64_t ticks = ticks_before(), begun = nanoseconds_now();
  uint64_t now;
  do now = nanoseconds_now();
  while (now - begun < 20000000);
  return static_cast<double>(now - begun) / static_cast<double>(ticks_after() - ticks);
}

class Recorder {
 public:
  explicit Recorder(const Settings &settings)
      : wanted_(settings.seconds < 0.1 ? 1000 : 1000000), calls_(wanted_), empties_(wanted_) {}
  bool more() const { return count_ < wanted_; }

  template <class Call>
  void time(const Call &call) {
    const uint64_t before = ticks_before();
    call();
    const uint64_t after = ticks_after();
    const uint64_t empty_before = ticks_before();
    const uint64_t empty_after = ticks_after();
    if (count_ == wanted_) return;
    calls_[count_] = static_cast<double>(after - before);
    empties_[count_++] = static_cast<double>(empty_after - empty_before);
  }

  void report(Extras &extras, const std::string &name) {
    std::sort(empties_.begin(), empties_.end());
    std::sort(calls_.begin(), calls_.end());
    const double empty = empties_[wanted_ / 2], scale = nanoseconds_a_tick();
    for (double &ticks : empties_) ticks = std::max(0.0, (ticks - empty) * scale);
    for (double &ticks : calls_) ticks = std::max(0.0, (ticks - empty) * scale);
    extras.set(name, "p50_ns", at(calls_, 0.5));
    extras.set(name, "p99_ns", at(calls_, 0.99));
    extras.set(name, "p999_ns", at(calls_, 0.999));
    extras.set(name, "max_ns", calls_.back());
    extras.set(name, "over_100_ppm", over_100(calls_));
    extras.set(name, "timer_p999_ns", at(empties_, 0.999));
    extras.set(name, "timer_over_100_ppm", over_100(empties_));
  }

 private:
  using Times = std::vector<double>;
  static double at(const Times &sorted, double share) {
    return sorted[static_cast<size_t>(share * static_cast<double>(sorted.size()))];
  }
  static double over_100(const Times &sorted) {
    const auto first = std::upper_bound(sorted.begin(), sorted.end(), 100.0);
    return static_cast<double>(sorted.end() - first) * 1e6 / static_cast<double>(sorted.size());
  }

  size_t wanted_, count_ = 0;
  Times calls_, empties_;
};

template <class Subject>
class RandomTail : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()() {
    Full<Subject> full(this->settings());
    Recorder recorder(this->settings());
    uint64_t wrong = 0;
    for (size_t k = 0; recorder.more(); k = k + 1 == full.count ? 0 : k + 1) {
      const uint32_t i = full.order[k];
      wrong |= unlike(full.live[i], i);
      recorder.time([&] { full.subject.free(full.live[i]); });
      recorder.time([&] { full.live[i] = take(full.subject, i); });
      stamp(full.live[i], i);
    }
    wrong |= full.empty();
    if (wrong != 0) fail(this->name(), "an object did not hold what was written to it");
    recorder.report(this->extras(), this->name());
  }
};

template <class Subject>
class BumpTail : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()() {
    const ArenaSizes wanted(this->settings().seed, false);
    Subject subject(wanted.total);
    if constexpr (std::is_same_v<Subject, ArenaFloor>) subject.lay_out(wanted.sizes);
    Recorder recorder(this->settings());
    while (recorder.more()) {
      for (size_t i = 0; i < kArenaBurst; i++) {
        void *object;
        recorder.time([&] { object = bump<false>(subject, wanted.sizes, i); });
        stamp(object, i);
      }
      subject.reset();
    }
    recorder.report(this->extras(), this->name());
  }
};

// Two threads with objects of their own: one timed call by call, while the other works as fast as it can.
template <class Subject>
class OwnTail : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()() {
    Subject subject(8 * kObjectsAThread, kObjectBytes);
    Recorder recorder(this->settings());
    std::atomic<bool> done{false};
    uint64_t wrongs[2] = {};
    together(2, [&](size_t number, auto wait) {
      typename Subject::Local local(subject);
      wait();
      if (number == 0) {
        while (recorder.more()) wrongs[0] |= burst(local, recorder);
        done.store(true);
      } else {
        while (!done.load()) wrongs[1] |= own_pass(local, 16);
      }
    });
    if ((wrongs[0] | wrongs[1]) != 0) fail(this->name(), "an object did not hold what was written to it");
    recorder.report(this->extras(), this->name());
  }

 private:
  template <class Local>
  static uint64_t burst(Local &local, Recorder &recorder) {
    void *live[kBurst];
    uint64_t wrong = 0;
    for (size_t i = 0; i < kBurst; i++) {
      recorder.time([&] { live[i] = local.alloc(); });
      stamp(live[i], i);
    }
    for (size_t i = 0; i < kBurst; i++) {
      wrong |= unlike(live[i], i);
      recorder.time([&] { local.free(live[i]); });
    }
    return wrong;
  }
};

}  // namespace bench
