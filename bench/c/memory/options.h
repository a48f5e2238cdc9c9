// SPDX-License-Identifier: MIT OR Apache-2.0
// What the flags of memory.h cost and bring, each as a subject of its own: on a pool too large for any cache, and on the
// usual one. And what it brings that objects lie in cache lines of their own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

#include "bench/c/memory/drystone.h"
#include "bench/c/memory/pool_patterns.h"
#include "bench/c/memory/threads.h"

namespace bench {

// 10,000 live objects of 64 bytes make 1 GiB.
constexpr size_t kLargeTimes = 1600;

template <uint32_t kFlags>
constexpr const char *option_name() {
  switch (kFlags) {
    case 0: return "no_prefault";
    case DRY_MEMORY_PREFAULT: return "drystone";
    case DRY_MEMORY_HUGE_PAGES: return "huge_pages";
    case DRY_MEMORY_HUGE_PAGES | DRY_MEMORY_PREFAULT: return "huge_prefault";
    case DRY_MEMORY_NUMA_LOCAL: return "numa_local";
    case DRY_MEMORY_PREFAULT | DRY_MEMORY_WIPE: return "wipe";
    case DRY_MEMORY_PREFAULT | DRY_MEMORY_GUARDED: return "guarded";
    default: return "track";
  }
}

template <uint32_t kFlags>
class OptionPool : public Pool<Via::kInline> {
 public:
  static constexpr const char *kName = option_name<kFlags>();
  OptionPool(size_t count, size_t bytes) : Pool(count, bytes, kFlags) {}
};

// From creation on: what one object costs until the pool is there, and until each is taken and stamped for the first time.
template <uint32_t kFlags, bool kFill>
class OptionMake : public Pattern<OptionPool<kFlags>> {
 public:
  using Pattern<OptionPool<kFlags>>::Pattern;
  void operator()(benchmark::State &state) {
    const size_t count = this->settings().keys * kLargeTimes;
    std::vector<void *> live(count);
    uint64_t made = 0, wrong = 0;
    for (; state.KeepRunningBatch(batch(count)); made += count) {
      std::optional<OptionPool<kFlags>> pool;
      const double creating = seconds([&] { pool.emplace(count, kObjectBytes); });
      const double filling = seconds([&] { fill_pass(*pool, live.data(), count); });
      state.SetIterationTime(kFill ? filling : creating);
      for (size_t i = 0; i < count; i += 64) wrong |= unlike(live[i], i);
    }
    this->done(made, wrong);
  }

 private:
  template <class Work>
  static double seconds(const Work &work) {
    const auto begun = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  }
};

// Looks at one object after the other; which one is next follows from what this one holds, so nothing overlaps.
[[gnu::noinline]] inline uint64_t visit_pass(char *objects, uint64_t mask, uint64_t *at, size_t count) {
  uint64_t wrong = 0, i = *at;
  for (size_t k = 0; k < count; k++) {
    Stamp found;
    std::memcpy(&found, objects + i * kObjectBytes, sizeof found);
    wrong |= (found.number ^ i) | (found.inverse ^ ~i);
    // Every number below a power of two comes once (Hull and Dobell, 1962).
    i = (found.number * 0x9e3779b97f4a7c15u + 0x7f4a7c15u) & mask;
  }
  *at = i;
  return wrong;
}

// How much of the mapping that holds the address lies in huge pages, in percent; -1 where the system does not say.
inline double huge_percent(const void *address) {
  std::ifstream maps("/proc/self/smaps");
  bool within = false;
  double resident = 0;
  for (std::string line; std::getline(maps, line);) {
    unsigned long from, until, kilobytes;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &until) == 2) {
      within = from <= reinterpret_cast<uintptr_t>(address) && reinterpret_cast<uintptr_t>(address) < until;
    } else if (within && std::sscanf(line.c_str(), "Rss: %lu kB", &kilobytes) == 1) {
      resident = static_cast<double>(kilobytes);
    } else if (within && resident > 0 && std::sscanf(line.c_str(), "AnonHugePages: %lu kB", &kilobytes) == 1) {
      return 100 * static_cast<double>(kilobytes) / resident;
    }
  }
  return -1;
}

template <uint32_t kFlags>
class OptionVisit : public Pattern<OptionPool<kFlags>> {
 public:
  using Pattern<OptionPool<kFlags>>::Pattern;
  void operator()(benchmark::State &state) {
    size_t count = 1;
    while (count * 2 <= this->settings().keys * kLargeTimes) count *= 2;
    OptionPool<kFlags> pool(count, kObjectBytes);
    std::vector<void *> live(count);
    fill_pass(pool, live.data(), count);
    char *objects = static_cast<char *>(live[0]);
    for (size_t i = 0; i < count; i++) {
      if (live[i] != objects + i * kObjectBytes) fail(this->name(), "objects of a new pool do not lie side by side");
    }
    const double huge = huge_percent(objects + count / 2 * kObjectBytes);
    if (huge >= 0) this->extras().set(this->name(), "huge_percent", huge);
    constexpr size_t kVisits = 4096;
    uint64_t made = 0, wrong = 0, at = 0;
    for (; state.KeepRunningBatch(batch(kVisits)); made += kVisits) wrong |= visit_pass(objects, count - 1, &at, kVisits);
    this->done(made, wrong);
  }
};

// A pool of counters, aligned so; 0 as the pool does it by itself.
template <uint64_t kAlign>
class Counters {
 public:
  static constexpr const char *kName = kAlign == 0 ? "drystone" : kAlign == DRY_CACHE_LINE_BYTES ? "aligned_64" : "aligned_128";
  Counters() {
    dry_pool_options options = {};
    options.struct_size = sizeof options;
    options.object_bytes = sizeof(std::atomic<uint64_t>);
    options.capacity_slots = 2;
    options.align_bytes = kAlign;
    must(dry_pool_create(&options, &pool_, nullptr), "dry_pool_create");
  }
  ~Counters() { dry_pool_close(&pool_); }
  Counters(const Counters &) = delete;
  Counters &operator=(const Counters &) = delete;
  std::atomic<uint64_t> &make() {
    void *object;
    must(dry_pool_alloc(&pool_, &object), "dry_pool_alloc");
    return *new (object) std::atomic<uint64_t>(0);
  }

 private:
  dry_pool pool_ = {};
};

// Two threads, each of which goes on counting in an object of its own; the two objects are neighbours in the pool.
template <uint64_t kAlign>
class OptionNeighbours : public Pattern<Counters<kAlign>> {
 public:
  using Pattern<Counters<kAlign>>::Pattern;
  void operator()(benchmark::State &state) {
    const size_t writes = this->settings().seconds < 0.1 ? 10'000 : 1'000'000;
    Counters<kAlign> pool;
    std::atomic<uint64_t> *counters[] = {&pool.make(), &pool.make()};
    uint64_t made = 0;
    for (; state.KeepRunningBatch(batch(writes)); made += writes) {
      state.SetIterationTime(together(2, [&](size_t number, auto wait) {
        std::atomic<uint64_t> &counter = *counters[number];
        wait();
        for (size_t i = 0; i < writes; i++) counter.fetch_add(1, std::memory_order_relaxed);
      }));
    }
    this->done(made, (counters[0]->load() ^ made) | (counters[1]->load() ^ made));
  }
};

}  // namespace bench
