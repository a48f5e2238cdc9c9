// SPDX-License-Identifier: MIT OR Apache-2.0
// read_alone and read_beside_writer: one reader, without and with a thread that replaces values and never pauses.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "bench/c/operations.h"

namespace bench {

// Replaces the values of random keys until it is destroyed.
template <class Subject>
class Churn {
 public:
  Churn(Subject &store, const Script<Subject> &script) : store_(store), script_(script), thread_([this] { run(); }) {
    while (writes() == 0) std::this_thread::yield();
  }
  ~Churn() { stop(); }

  uint64_t writes() const { return writes_.load(std::memory_order_relaxed); }

  uint64_t stop() {
    stop_.store(true, std::memory_order_relaxed);
    if (thread_.joinable()) thread_.join();
    return writes();
  }

 private:
  void run() {
    const uint64_t size = script_.index.size();
    uint64_t at = 0, done = 0;
    while (!stop_.load(std::memory_order_relaxed)) {
      store_.shared_update(script_.key[at], script_.blob[at]);
      at = at + 1 == size ? 0 : at + 1;
      writes_.store(++done, std::memory_order_relaxed);
    }
  }

  Subject &store_;
  const Script<Subject> &script_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> writes_{0};
  std::thread thread_;
};

// Reads timed one by one, because a mean hides the reads that had to wait.
struct Tail {
  double median_ns;
  double p999_ns;
};

template <class Reads>
Tail tail_of(uint64_t samples, Reads read) {
  std::vector<double> empty(samples), taken(samples);
  for (double &sample : empty) {
    const auto start = Clock::now();
    sample = nanoseconds(Clock::now() - start);
  }
  for (double &sample : taken) {
    const auto start = Clock::now();
    read();
    sample = nanoseconds(Clock::now() - start);
  }
  const auto rank = [](std::vector<double> &of, double share) {
    const auto at = of.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(of.size() - 1));
    std::nth_element(of.begin(), at, of.end());
    return *at;
  };
  const double timer = rank(empty, 0.5);
  return {rank(taken, 0.5) - timer, rank(taken, 0.999) - timer};
}

template <class Subject>
class SharedRead : public Operation<Subject> {
 public:
  SharedRead(Session<Subject> &session, const std::string &name, bool beside_writer)
      : Operation<Subject>(session, name), beside_writer_(beside_writer) {}

  void operator()(benchmark::State &state) {
    Subject &store = this->session_.populated();
    if (reads_ == nullptr) reads_ = std::make_shared<Script<Subject>>(this->session_.script(0, kHit));
    // Before the writer starts: making a reader is no business of two threads.
    const auto reader = store.shared_reader();
    if (!beside_writer_) {
      measure(state, *reader, nullptr);
      return;
    }
    const uint64_t stamp = this->session_.next_stamp();
    const Script<Subject> writes = this->session_.script_of_values(0, kChurn, stamp);
    Churn<Subject> churn(store, writes);
    measure(state, *reader, &churn);
    const uint64_t done = churn.stop();
    for (uint64_t i = 0; i < writes.index.size() && i < done; i++) this->session_.set_stamp(writes.index[i], stamp);
    this->session_.wrote(this->name_);
  }

 private:
  void measure(benchmark::State &state, typename Subject::SharedReader &reader, const Churn<Subject> *churn) {
    uint64_t at = 0, lost = 0, sum = 0, torn = 0;
    Value value = {};
    const auto read = [&] {
      lost += !reader.get(reads_->key[at], value);
      escape(&value);
      sum += value.word[kIndexWord];
      torn += xor_of(value) != 0;
      at = at + 1 == reads_->key.size() ? 0 : at + 1;
    };
    const uint64_t writes_before = churn == nullptr ? 0 : churn->writes();
    const auto start = Clock::now();
    for (auto _ : state) read();
    const double passed = nanoseconds(Clock::now() - start);
    const uint64_t writes = churn == nullptr ? 0 : churn->writes() - writes_before;
    const uint64_t samples = this->session_.settings().seconds < 0.1 ? 100 : 100000;
    const Tail tail = tail_of(samples, read);
    this->check_reads(*reads_, state.iterations() + samples, lost, sum);
    if (torn != 0) fail(this->name_, std::to_string(torn) + " values were torn");
    note(tail, passed, writes, churn != nullptr, reader.retries());
  }

  void note(const Tail &tail, double passed, uint64_t writes, bool written, uint64_t retries) {
    Extras &extras = this->session_.extras();
    extras.set(this->name_, "median_ns", tail.median_ns);
    extras.set(this->name_, "p999_ns", tail.p999_ns);
    extras.set(this->name_, "torn", 0);
    extras.set(this->name_, "retries", static_cast<double>(retries));
    if (!written) return;
    extras.set(this->name_, "writes", static_cast<double>(writes));
    extras.set(this->name_, "writer_ns", writes == 0 ? 0 : passed / static_cast<double>(writes));
  }

  bool beside_writer_;
  Scripts<Subject> reads_;
};

}  // namespace bench
