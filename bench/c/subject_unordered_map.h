// SPDX-License-Identifier: MIT OR Apache-2.0
// std::unordered_map of strings: what a C++ program has at hand, in private memory. The read_ operations, where a reader
// and a writer share it, take a std::shared_mutex; the others take no lock.
#pragma once

#include <malloc.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "bench/c/data.h"
#include "bench/c/program.h"

namespace bench {

class UnorderedMap {
 public:
  static constexpr const char *kName = "unordered_map";
  static constexpr uint64_t kBatch = 0;
  using Key = std::string;  // made before the clock starts: find() would otherwise allocate
  using Blob = std::string;

  static Key key(const KeyBytes &bytes) { return Key(reinterpret_cast<const char *>(&bytes), sizeof bytes); }
  static Blob blob(const Value &value) { return Blob(reinterpret_cast<const char *>(&value), sizeof value); }
  static void set_key(Key &key, const uint64_t *words) {
    key.assign(reinterpret_cast<const char *>(words), sizeof(KeyBytes));
  }

  class Reader {
   public:
    explicit Reader(UnorderedMap &store) : store_(store) {}
    bool get(const Key &key, Value &value) { return store_.copy(key, value); }
    uint64_t retries() { return 0; }

   protected:
    UnorderedMap &store_;
  };

  class SharedReader : public Reader {
   public:
    using Reader::Reader;
    bool get(const Key &key, Value &value) {
      const std::shared_lock lock(store_.mutex_);
      return store_.copy(key, value);
    }
  };

  UnorderedMap(uint64_t keys, bool prefault) {
    // With this the heap keeps what a former store has freed: `insert` finds its memory touched, as it should.
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, INT32_MAX);
    if (prefault) {
      UnorderedMap touched(keys, false);
      const Blob empty(sizeof(Value), '\0');
      for (uint64_t i = 0; i < keys; i++) touched.insert(key(key_of(i)), empty);
    }
    allocated_before_ = mallinfo2().uordblks;
    map_.reserve(keys);
  }
  UnorderedMap(const UnorderedMap &) = delete;
  UnorderedMap &operator=(const UnorderedMap &) = delete;

  std::unique_ptr<Reader> reader() { return std::make_unique<Reader>(*this); }
  std::unique_ptr<SharedReader> shared_reader() { return std::make_unique<SharedReader>(*this); }

  void insert(const Key &key, const Blob &value) {
    if (!map_.emplace(key, value).second) fail(kName, "insert: the key is there");
  }
  void update(const Key &key, const Blob &value) { map_[key] = value; }
  void shared_update(const Key &key, const Blob &value) {
    const std::unique_lock lock(mutex_);
    update(key, value);
  }
  void erase(const Key &key) {
    if (map_.erase(key) != 1) fail(kName, "erase: no such key");
  }
  void flush() {}
  uint64_t bytes() const { return mallinfo2().uordblks - allocated_before_; }

 private:
  bool copy(const Key &key, Value &value) const {
    const auto found = map_.find(key);
    if (found == map_.end() || found->second.size() != sizeof value) return false;
    std::memcpy(&value, found->second.data(), sizeof value);
    return true;
  }

  std::unordered_map<std::string, std::string> map_;
  std::shared_mutex mutex_;
  uint64_t allocated_before_ = 0;
};

}  // namespace bench
