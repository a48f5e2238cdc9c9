// SPDX-License-Identifier: MIT OR Apache-2.0
// Which benchmarks a kind of subject runs.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/c/memory/arena_patterns.h"
#include "bench/c/memory/other_patterns.h"
#include "bench/c/memory/patterns.h"
#include "bench/c/memory/pool_patterns.h"
#include "bench/c/memory/tails.h"
#include "bench/c/memory/threads.h"
#include "bench/c/run.h"

namespace bench {

class Program {
 public:
  Program(const Settings &settings, Extras &extras) : settings_(settings), extras_(extras) {}

  template <class Subject>
  void arena() {
    add<Bump<Subject, false>>("arena_64");
    add<Bump<Subject, true>>("arena_mixed");
    add_tail<BumpTail<Subject>>("arena_64");
  }

  template <class Subject>
  void pool() {
    add<Burst<Subject, true>>("pool_lifo");
    add<Burst<Subject, false>>("pool_fifo");
    add<Random<Subject>>("pool_random");
    add<Half<Subject>>("pool_half");
    add<Bulk<Subject>>("pool_bulk");
    add_tail<RandomTail<Subject>>("pool_random");
  }

  template <class Subject>
  void batches() {
    add<Batch<Subject>>("pool_batch_64");
  }

  template <class Subject>
  void first_touch() {
    add_timed<FirstTouch<Subject, false>>("pool_first_touch");
  }

  template <class Subject>
  void first_touch_huge() {
    add_timed<FirstTouch<Subject, true>>("pool_first_touch_huge");
  }

  template <class Subject>
  void objects() {
    add<ObjectRandom<Subject>>("object_random");
    add<ObjectHalf<Subject>>("object_half");
  }

  template <class Subject>
  void slab() {
    add<SlabMixed<Subject>>("slab_mixed");
  }

  template <class Subject>
  void indices() {
    add<IndexRandom<Subject>>("index_random");
  }

  template <class Subject>
  void shared() {
    add_timed<Together<Subject, Way::kOwn, 2>>("shared_own");
    add_timed<Together<Subject, Way::kOther, 2>>("shared_other");
    add_timed<Together<Subject, Way::kHandOver, 2>>("shared_hand_over");
    add_timed<Together<Subject, Way::kOwn, 4>>("shared_own_4");
    add_timed<Together<Subject, Way::kOwn, 8>>("shared_own_8");
    add_tail<OwnTail<Subject>>("shared_own");
  }

  // One thread that never waits: the time that all of the process's threads had a processor is what it takes, and other
  // programs on the machine disturb that less than the clock's.
  template <class Body>
  void add(const std::string &operation) {
    if (auto *made = make<Body>(operation)) made->MeasureProcessCPUTime()->MinTime(settings_.seconds);
  }

  // The benchmark takes the time itself.
  template <class Body>
  void add_timed(const std::string &operation) {
    if (auto *made = make<Body>(operation)) made->UseManualTime()->MinTime(settings_.seconds);
  }

  // And it runs once, with that many operations: what is timed may be next to nothing beside what is not.
  template <class Body>
  void add_once(const std::string &operation, size_t operations) {
    if (auto *made = make<Body>(operation)) made->UseManualTime()->Iterations(batch(operations));
  }

  size_t keys() const { return settings_.keys; }

  void run(const std::string &folder, const std::string &subject) {
    run_benchmarks("memory", folder, subject);
    for (const auto &tail : tails_) tail();
    extras_.write(folder);
  }

 private:
  template <class Body>
  benchmark::internal::Benchmark *make(const std::string &operation) {
    if (!settings_.wants(operation)) return nullptr;
    const Body body(settings_, extras_, operation);
    return benchmark::RegisterBenchmark(body.name().c_str(), body);
  }

  template <class Tail>
  void add_tail(const std::string &operation) {
    if (settings_.wants(operation)) tails_.push_back([this, operation] { Tail(settings_, extras_, operation)(); });
  }

  const Settings &settings_;
  Extras &extras_;
  std::vector<std::function<void()>> tails_;
};

// drystone by one of its ways. Slabs and index maps are the same calls inline and not, so one of the two has them.
template <Via kVia>
void add_drystone(Program &program) {
  program.arena<Arena<kVia>>();
  program.pool<Pool<kVia>>();
  program.objects<Objects<kVia>>();
  program.shared<SharedPool<kVia>>();
  if (kVia == Via::kCall) return;
  program.batches<Pool<kVia>>();
  program.slab<Slab<kVia>>();
  program.indices<IndexMap<kVia>>();
}

}  // namespace bench
