// SPDX-License-Identifier: MIT OR Apache-2.0
// Objects that two threads take and give back: each its own, each the other's, or one for the other.
#pragma once

#include <atomic>
#include <boost/lockfree/stack.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/c/memory/drystone.h"
#include "bench/c/memory/heaps.h"
#include "bench/c/memory/patterns.h"

namespace bench {

// ---- subjects: `Local` is what one thread works through ----

class DrystoneShared {
 public:
  static constexpr const char *kName = "drystone";
  DrystoneShared(size_t count, size_t bytes) {
    dry_shared_pool_options options = {};
    options.struct_size = sizeof options;
    options.object_bytes = bytes;
    options.capacity_slots = count;
    options.flags = DRY_MEMORY_PREFAULT;
    must(dry_shared_pool_create(&options, &pool_, nullptr), "dry_shared_pool_create");
  }
  ~DrystoneShared() { dry_shared_pool_close(&pool_); }
  DrystoneShared(const DrystoneShared &) = delete;
  DrystoneShared &operator=(const DrystoneShared &) = delete;

  class Local {
   public:
    explicit Local(DrystoneShared &shared) {
      must(dry_shared_pool_cache_open(&shared.pool_, &cache_, nullptr), "dry_shared_pool_cache_open");
    }
    ~Local() { dry_shared_pool_cache_close(&cache_); }
    Local(const Local &) = delete;
    Local &operator=(const Local &) = delete;
    void *alloc() {
      void *object;
      if (dry_shared_pool_cache_alloc_inline(&cache_, &object) != DRY_OK) refused("shared pool is full");
      return object;
    }
    void free(void *object) {
      if (dry_shared_pool_cache_free_inline(&cache_, object) != DRY_OK) refused("shared pool refused an object");
    }

   private:
    dry_shared_pool_cache cache_ = {};
  };

 private:
  dry_shared_pool pool_ = {};
};

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

// ---- patterns ----

// A queue between two threads that carries bursts; it costs every subject the same.
class Channel {
 public:
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
  static constexpr uint64_t kBursts = 64;
  alignas(128) std::atomic<uint64_t> sent_{0};
  alignas(128) std::atomic<uint64_t> received_{0};
  alignas(128) void *bursts_[kBursts][kBurst];
};

enum class Way { kOwn, kOther, kHandOver };

template <class Subject, Way kWay>
class Together : public Pattern<Subject> {
 public:
  using Pattern<Subject>::Pattern;
  void operator()(benchmark::State &state) {
    constexpr size_t kBurstsARound = 4096;
    constexpr size_t kObjects = kBurstsARound * kBurst;
    // Both channels full, a burst in each hand, and what caches keep back.
    Subject subject(2 * (64 + 4) * kBurst + 4096, kObjectBytes);
    uint64_t made = 0, wrong = 0;
    while (state.KeepRunningBatch(kObjects)) {
      Channel there, back;
      std::atomic<int> ready{0};
      uint64_t wrongs[2] = {0, 0};
      std::chrono::steady_clock::time_point begun;
      auto thread = [&](int side) {
        typename Subject::Local local(subject);
        Channel &out = side == 0 ? there : back, &in = side == 0 ? back : there;
        if (++ready == 2) begun = std::chrono::steady_clock::now();
        while (ready.load() != 2) std::this_thread::yield();
        for (size_t i = 0; i < kBurstsARound; i++) wrongs[side] += burst(local, out, in, side);
      };
      std::thread other(thread, 1);
      thread(0);
      other.join();
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
      state.SetIterationTime(took.count());
      made += kObjects;
      wrong += wrongs[0] + wrongs[1];
    }
    this->done(state, made, wrong);
  }

 private:
  template <class Local>
  static uint64_t burst(Local &local, Channel &out, Channel &in, int side) {
    void *live[kBurst];
    const bool takes = kWay != Way::kHandOver || side == 0, gives = kWay != Way::kHandOver || side == 1;
    uint64_t wrong = 0;
    if (takes) {
      for (size_t i = 0; i < kBurst; i++) stamp(live[i] = local.alloc(), i);
    }
    if (kWay != Way::kOwn && takes) out.send(live);
    if (kWay != Way::kOwn && gives) in.receive(live);
    if (gives) {
      for (size_t i = 0; i < kBurst; i++) {
        wrong += !stamped(live[i], i);
        local.free(live[i]);
      }
    }
    return wrong;
  }
};

}  // namespace bench
