// SPDX-License-Identifier: MIT OR Apache-2.0
// Objects that several threads take and give back: each its own, each the other's, or one for the other.
#pragma once

#include <atomic>
#include <boost/lockfree/stack.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/c/memory/drystone.h"
#include "bench/c/memory/patterns.h"

namespace bench {

// ---- subjects: `Local` is what one thread works through ----

class LockfreeStack {
 public:
  static constexpr const char *kName = "boost_lockfree";
  LockfreeStack(size_t count, size_t bytes) : memory_(count * bytes), stack_(count) {
    for (size_t i = 0; i < count; i++) stack_.bounded_push(memory_.data() + i * bytes);
  }
  class Local {
   public:
    explicit Local(LockfreeStack &shared) : stack_(shared.stack_) {}
    void *alloc() {
      void *object = nullptr;
      if (!stack_.pop(object)) refused("boost_lockfree is empty");
      return object;
    }
    void free(void *object) { stack_.bounded_push(object); }

   private:
    boost::lockfree::stack<void *> &stack_;
  };

 private:
  std::vector<char> memory_;
  boost::lockfree::stack<void *> stack_;
};

// As Floor: each thread has its own objects, in fixed places, and gives back what it is given.
class SharedFloor {
 public:
  static constexpr const char *kName = Floor::kName;
  SharedFloor(size_t count, size_t bytes) : memory_(count * bytes), bytes_(bytes), count_(count) {}
  class Local {
   public:
    explicit Local(SharedFloor &shared) : bytes_(shared.bytes_) {
      // One behind the other in a ring that is longer than what can be on its way.
      const size_t share = shared.count_ / kThreadsMax * bytes_;
      first_ = next_ = shared.memory_.data() + shared.threads_.fetch_add(1) % kThreadsMax * share;
      end_ = first_ + share;
    }
    void *alloc() {
      void *object = next_;
      next_ += bytes_;
      if (next_ == end_) next_ = first_;
      return object;
    }
    void free(void *) {}

   private:
    size_t bytes_;
    char *first_, *next_, *end_;
  };

  static constexpr size_t kThreadsMax = 8;

 private:
  std::vector<char> memory_;
  size_t bytes_, count_;
  std::atomic<size_t> threads_{0};
};

// ---- patterns ----

// A queue between two threads that carries bursts; it costs every subject the same.
class Channel {
 public:
  static constexpr uint64_t kBursts = 64;
  void send(void *const *objects) {
    const uint64_t at = sent_.load(std::memory_order_relaxed);
    while (at - received_.load(std::memory_order_acquire) == kBursts) std::this_thread::yield();
    std::memcpy(bursts_[at % kBursts], objects, sizeof bursts_[0]);
    sent_.store(at + 1, std::memory_order_release);
  }
  void receive(void **objects) {
    const uint64_t at = received_.load(std::memory_order_relaxed);
    while (at == sent_.load(std::memory_order_acquire)) std::this_thread::yield();
    std::memcpy(objects, bursts_[at % kBursts], sizeof bursts_[0]);
    received_.store(at + 1, std::memory_order_release);
  }

 private:
  alignas(128) std::atomic<uint64_t> sent_{0};
  alignas(128) std::atomic<uint64_t> received_{0};
  alignas(128) void *bursts_[kBursts][kBurst];
};

// A full channel, a burst in each hand, and what caches keep back, for each thread.
constexpr size_t kObjectsAThread = (Channel::kBursts + 4) * kBurst + 256;

template <class Local>
[[gnu::noinline]] uint64_t own_pass(Local &local, size_t bursts) {
  void *live[kBurst];
  uint64_t wrong = 0;
  for (; bursts > 0; bursts--) {
    for (size_t i = 0; i < kBurst; i++) live[i] = stamp(local.alloc(), i);
    for (size_t i = 0; i < kBurst; i++) {
      void *object = live[i];
      wrong |= unlike(object, i);
      local.free(object);
    }
  }
  return wrong;
}

// `out` or `in` is NULL for the side that does not take, or give back.
template <class Local>
[[gnu::noinline]] uint64_t pass_on_pass(Local &local, Channel *out, Channel *in, size_t bursts) {
  void *live[kBurst];
  uint64_t wrong = 0;
  for (; bursts > 0; bursts--) {
    if (out != nullptr) {
      for (size_t i = 0; i < kBurst; i++) live[i] = stamp(local.alloc(), i);
      out->send(live);
    }
    if (in != nullptr) {
      in->receive(live);
      for (size_t i = 0; i < kBurst; i++) {
        void *object = live[i];
        wrong |= unlike(object, i);
        local.free(object);
      }
    }
  }
  return wrong;
}

// Runs `body(thread)` on that many threads at once; the seconds from when all are there until the last is done.
template <class Body>
double together(size_t threads, const Body &body) {
  std::atomic<size_t> ready{0};
  std::chrono::steady_clock::time_point begun;
  auto run = [&](size_t number) {
    body(number, [&] {
      if (++ready == threads) {
        begun = std::chrono::steady_clock::now();
        ++ready;
      }
      while (ready.load() != threads + 1) std::this_thread::yield();
    });
  };
  std::vector<std::thread> others;
  for (size_t number = 1; number < threads; number++) others.emplace_back(run, number);
  run(0);
  for (std::thread &other : others) other.join();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

enum class Way { kOwn, kOther, kHandOver };

template <class Subject, Way kWay, size_t kThreads>
class Together : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    // Some milliseconds for each start of the threads; a smoke run need not be exact.
    const size_t bursts = this->settings().seconds < 0.1 ? 128 : 4096, objects = bursts * kBurst;
    Subject subject(8 * kObjectsAThread, kObjectBytes);
    uint64_t made = 0, wrong = 0;
    for (; state.KeepRunningBatch(batch(objects)); made += objects) {
      const auto there = std::make_unique<Channel>(), back = std::make_unique<Channel>();
      uint64_t wrongs[kThreads] = {};
      state.SetIterationTime(together(kThreads, [&](size_t number, auto wait) {
        typename Subject::Local local(subject);
        wait();
        if constexpr (kWay == Way::kOwn) {
          wrongs[number] = own_pass(local, bursts);
        } else {
          Channel *out = number == 0 ? there.get() : kWay == Way::kOther ? back.get() : nullptr;
          Channel *in = number == 1 ? there.get() : kWay == Way::kOther ? back.get() : nullptr;
          wrongs[number] = pass_on_pass(local, out, in, bursts);
        }
      }));
      for (const uint64_t one : wrongs) wrong |= one;
    }
    this->done(made, wrong);
  }
};

}  // namespace bench
