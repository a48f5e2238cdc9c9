// SPDX-License-Identifier: MIT OR Apache-2.0
// The operations of bench/README.md with one thread, for any subject. The timed loops hold the operation, the sum that is
// compared with the expected one afterwards, and nothing else.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "bench/c/session.h"

namespace bench {

using Clock = std::chrono::steady_clock;

inline double nanoseconds(Clock::duration time) { return std::chrono::duration<double, std::nano>(time).count(); }

// A script is made once for the several runs in which Google Benchmark finds its number of iterations.
template <class Subject>
using Scripts = std::shared_ptr<Script<Subject>>;

template <class Subject>
class Operation {
 public:
  Operation(Session<Subject> &session, const std::string &name)
      : session_(session), name_("kv/" + name + "/" + Subject::kName) {}

  const std::string &name() const { return name_; }

 protected:
  void checked(uint64_t count) { session_.extras().set(name_, "checked", static_cast<double>(count)); }

  void check_reads(const Script<Subject> &script, uint64_t reads, uint64_t lost, uint64_t sum) {
    if (lost != 0) fail(name_, std::to_string(lost) + " of " + std::to_string(reads) + " present keys were not found");
    if (sum != script.index_sum(reads)) fail(name_, "the values read are not those of the keys asked for");
    checked(reads);
  }

  Session<Subject> &session_;
  std::string name_;
};

template <class Subject>
class Insert : public Operation<Subject> {
 public:
  Insert(Session<Subject> &session, const std::string &name, bool prefault)
      : Operation<Subject>(session, name), prefault_(prefault) {}

  void operator()(benchmark::State &state) {
    Session<Subject> &session = this->session_;
    const uint64_t keys = session.settings().keys;
    const Script<Subject> script = session.script_of_values(0, kInsert, 0);
    for (auto _ : state) {
      Subject &store = session.renew(prefault_);
      const auto start = Clock::now();
      for (uint64_t i = 0; i < keys; i++) store.insert(script.key[i], script.blob[i]);
      store.flush();
      state.SetIterationTime(nanoseconds(Clock::now() - start) * 1e-9 / static_cast<double>(keys));
      session.extras().set(this->name_, "bytes_per_entry",
                           static_cast<double>(store.bytes()) / static_cast<double>(keys));
    }
    for (uint32_t i : script.index) session.set_stamp(i, 0);
    session.wrote(this->name_);
    this->checked(keys);
  }

 private:
  bool prefault_;
};

template <class Subject>
class Update : public Operation<Subject> {
 public:
  using Operation<Subject>::Operation;

  void operator()(benchmark::State &state) {
    Session<Subject> &session = this->session_;
    Subject &store = session.populated();
    const uint64_t stamp = session.next_stamp();
    const Script<Subject> script = session.script_of_values(0, kUpdate, stamp);
    const uint64_t size = script.index.size();
    uint64_t at = 0;
    for (auto _ : state) {
      store.update(script.key[at], script.blob[at]);
      at = at + 1 == size ? 0 : at + 1;
    }
    store.flush();
    const uint64_t done = state.iterations();
    for (uint64_t i = 0; i < size && i < done; i++) session.set_stamp(script.index[i], stamp);
    session.wrote(this->name_);
    this->checked(done);
  }
};

template <class Subject>
class Hit : public Operation<Subject> {
 public:
  using Operation<Subject>::Operation;

  void operator()(benchmark::State &state) {
    Subject &store = this->session_.populated();
    if (script_ == nullptr) script_ = std::make_shared<Script<Subject>>(this->session_.script(0, kHit));
    const auto reader = store.reader();
    const uint64_t size = script_->index.size();
    uint64_t at = 0, lost = 0, sum = 0;
    Value value = {};
    for (auto _ : state) {
      lost += !reader->get(script_->key[at], value);
      escape(&value);
      sum += value.word[kIndexWord];
      at = at + 1 == size ? 0 : at + 1;
    }
    this->check_reads(*script_, state.iterations(), lost, sum);
  }

 private:
  Scripts<Subject> script_;
};

template <class Subject>
class DependentHit : public Operation<Subject> {
 public:
  using Operation<Subject>::Operation;

  void operator()(benchmark::State &state) {
    Subject &store = this->session_.populated();
    const auto reader = store.reader();
    typename Subject::Key key = Subject::key(key_of(0));
    uint64_t lost = 0, sum = 0;
    Value value = {};
    for (auto _ : state) {
      lost += !reader->get(key, value);
      escape(&value);
      sum += value.word[kIndexWord];
      Subject::set_key(key, value.word);
    }
    if (lost != 0 || sum != chain_sum(state.iterations())) fail(this->name_, "the chain of keys was left");
    this->checked(state.iterations());
  }

 private:
  uint64_t chain_sum(uint64_t count) {
    const Data &data = this->session_.data();
    uint64_t sum = 0;
    for (uint64_t step = 0, i = 0; step < count; step++, i = data.next_of(i)) sum += i;
    return sum;
  }
};

template <class Subject>
class Miss : public Operation<Subject> {
 public:
  using Operation<Subject>::Operation;

  void operator()(benchmark::State &state) {
    Subject &store = this->session_.populated();
    const uint64_t keys = this->session_.settings().keys;
    if (script_ == nullptr) script_ = std::make_shared<Script<Subject>>(this->session_.script(keys, kMiss));
    const auto reader = store.reader();
    uint64_t at = 0, found = 0;
    Value value = {};
    for (auto _ : state) {
      found += reader->get(script_->key[at], value);
      escape(&value);
      at = at + 1 == keys ? 0 : at + 1;
    }
    if (found != 0) fail(this->name_, std::to_string(found) + " absent keys were found");
    this->checked(state.iterations());
  }

 private:
  Scripts<Subject> script_;
};

// Present keys leave and absent ones enter, one by one; after a whole round the two change places.
template <class Subject>
class DeleteInsert : public Operation<Subject> {
 public:
  using Operation<Subject>::Operation;

  void operator()(benchmark::State &state) {
    Session<Subject> &session = this->session_;
    Subject &store = session.populated();
    const uint64_t keys = session.settings().keys;
    const uint64_t stamp = session.next_stamp();
    const Script<Subject> present = session.script_of_values(0, kLeave, stamp);
    const Script<Subject> absent = session.script_of_values(keys, kEnter, 0);
    const Script<Subject> *leave = &present, *enter = &absent;
    uint64_t at = 0;
    for (auto _ : state) {
      exchange(store, *leave, *enter, at);
      if (++at == keys) {
        at = 0;
        std::swap(leave, enter);
      }
    }
    const uint64_t done = state.iterations();
    // Back to the keys that the other operations expect.
    const bool odd_round = leave == &absent;
    for (uint64_t i = odd_round ? at : 0; i < (odd_round ? keys : at); i++) exchange(store, absent, present, i);
    store.flush();
    for (uint64_t i = 0; i < keys && i < done; i++) session.set_stamp(present.index[i], stamp);
    session.wrote(this->name_);
    this->checked(done);
  }

 private:
  static void exchange(Subject &store, const Script<Subject> &leave, const Script<Subject> &enter, uint64_t at) {
    store.erase(leave.key[at]);
    store.insert(enter.key[at], enter.blob[at]);
  }
};

// One key of a batch; Google Benchmark counts each batch as kBatch iterations.
template <class Subject>
class GetMany : public Operation<Subject> {
 public:
  using Operation<Subject>::Operation;

  void operator()(benchmark::State &state) {
    constexpr uint64_t kBatch = Subject::kBatch;
    Subject &store = this->session_.populated();
    if (script_ == nullptr) script_ = std::make_shared<Script<Subject>>(this->session_.script(0, kHit));
    const auto reader = store.reader();
    const uint64_t whole_batches = script_->key.size() / kBatch * kBatch;
    script_->index.resize(whole_batches);
    uint64_t at = 0, found = 0, sum = 0;
    Value values[kBatch] = {};
    while (state.KeepRunningBatch(kBatch)) {
      found += reader->get_batch(&script_->key[at], values);
      escape(values);
      for (const Value &value : values) sum += value.word[kIndexWord];
      at = at + kBatch == whole_batches ? 0 : at + kBatch;
    }
    this->check_reads(*script_, state.iterations(), state.iterations() - found, sum);
  }

 private:
  Scripts<Subject> script_;
};

}  // namespace bench
