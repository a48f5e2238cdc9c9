// SPDX-License-Identifier: MIT OR Apache-2.0
// One subject's store and what the benchmarks of one process share: the store is populated once, because filling a
// million entries takes longer than measuring most operations on them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/c/data.h"
#include "bench/c/program.h"

namespace bench {

// A number that tells the random orders of the operations apart.
enum Purpose : uint64_t { kInsert = 1, kUpdate, kHit, kMiss, kLeave, kEnter, kChurn };

// Keys, and values where they are written, laid out in the order of their use.
template <class Subject>
struct Script {
  std::vector<uint32_t> index;
  std::vector<typename Subject::Key> key;
  std::vector<typename Subject::Blob> blob;

  // What word 2 of the values read adds up to after `count` lookups that went round this script.
  uint64_t index_sum(uint64_t count) const {
    uint64_t round = 0, rest = 0;
    for (uint64_t i = 0; i < index.size(); i++) {
      round += index[i];
      if (i < count % index.size()) rest += index[i];
    }
    return round * (count / index.size()) + rest;
  }
};

template <class Subject>
class Session {
 public:
  Session(const Settings &settings, Extras &extras)
      : settings_(settings), extras_(extras), data_(settings.keys, settings.seed), stamp_(settings.keys, 0) {}

  const Settings &settings() const { return settings_; }
  Extras &extras() { return extras_; }
  const Data &data() const { return data_; }

  Script<Subject> script(uint64_t first, Purpose purpose) const {
    Script<Subject> script;
    script.index = data_.order(first, purpose);
    script.key.reserve(script.index.size());
    for (uint32_t i : script.index) script.key.push_back(Subject::key(key_of(i)));
    return script;
  }

  Script<Subject> script_of_values(uint64_t first, Purpose purpose, uint64_t stamp) const {
    Script<Subject> made = script(first, purpose);
    made.blob.reserve(made.index.size());
    for (uint32_t i : made.index) made.blob.push_back(Subject::blob(data_.value_of(i, stamp)));
    return made;
  }

  // An empty store; the former one's memory is given back first.
  Subject &renew(bool prefault) {
    store_.reset();
    store_ = std::make_unique<Subject>(settings_.keys, prefault);
    return *store_;
  }

  // The store with keys 0 .. keys - 1 in it. What the benchmark before has written is checked first.
  Subject &populated() {
    settle();
    if (store_ == nullptr) populate();
    return *store_;
  }

  // To be said by every benchmark that writes: all values will be read back before the next one, outside its time.
  void wrote(const std::string &benchmark) { unchecked_ = benchmark; }
  uint64_t next_stamp() { return ++last_stamp_; }
  void set_stamp(uint32_t i, uint64_t stamp) { stamp_[i] = static_cast<uint32_t>(stamp); }

  void settle() {
    if (unchecked_.empty()) return;
    const std::string benchmark = std::exchange(unchecked_, std::string());
    const auto reader = store_->reader();
    for (uint64_t i = 0; i < settings_.keys; i++) {
      Value value = {};
      if (!reader->get(Subject::key(key_of(i)), value)) fail(benchmark, "key " + std::to_string(i) + " is lost");
      if (xor_of(value) != 0 || value.word[kIndexWord] != i || value.word[3] != stamp_[i]) {
        fail(benchmark, "the value of key " + std::to_string(i) + " is not what was written last");
      }
    }
  }

 private:
  void populate() {
    const Script<Subject> script = script_of_values(0, kInsert, 0);
    Subject &store = renew(true);
    for (uint64_t i = 0; i < settings_.keys; i++) store.insert(script.key[i], script.blob[i]);
    store.flush();
    wrote("populating");
    settle();
  }

  const Settings &settings_;
  Extras &extras_;
  Data data_;
  std::vector<uint32_t> stamp_;
  std::unique_ptr<Subject> store_;
  std::string unchecked_;
  uint64_t last_stamp_ = 0;
};

}  // namespace bench
