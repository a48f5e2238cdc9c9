// SPDX-License-Identifier: MIT OR Apache-2.0
// drystone as its users have it: a store in a named shared-memory region, read by a copying get.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/c/data.h"
#include "bench/c/program.h"
#include "drystone/drystone.h"

namespace bench {

class Drystone {
 public:
  static constexpr const char *kName = "drystone";
  static constexpr uint64_t kBatch = 32;
  using Key = KeyBytes;
  using Blob = Value;

  static Key key(const KeyBytes &bytes) { return bytes; }
  static Blob blob(const Value &value) { return value; }
  static void set_key(Key &key, const uint64_t *words) { key = {{words[0], words[1]}}; }

  class Reader {
   public:
    explicit Reader(dry_region *region);
    ~Reader() { dry_kv_reader_close(&handle_); }
    Reader(const Reader &) = delete;
    Reader &operator=(const Reader &) = delete;

    bool get(const Key &key, Value &value) {
      size_t bytes = 0;
      const dry_status status = dry_kv_get(&handle_, &key, sizeof key, &value, sizeof value, &bytes, nullptr);
      if (status == DRY_OK && bytes == sizeof value) return true;
      if (status != DRY_NOT_FOUND) fail(kName, std::string("get: ") + dry_status_name(status));
      return false;
    }

    uint64_t get_batch(const Key *keys, Value *values) {
      dry_kv_lookup lookups[kBatch];
      for (uint64_t i = 0; i < kBatch; i++) lookups[i] = {&keys[i], &values[i], sizeof(Value), 0, 0, sizeof(Key), 0};
      const dry_status status = dry_kv_get_many(&handle_, lookups, kBatch);
      if (status != DRY_OK) fail(kName, std::string("get_many: ") + dry_status_name(status));
      uint64_t found = 0;
      for (const dry_kv_lookup &lookup : lookups) found += lookup.status == DRY_OK;
      return found;
    }

    uint64_t retries() { return dry_kv_reader_retries(&handle_); }

   private:
    dry_kv_reader handle_ = {};
  };
  using SharedReader = Reader;

  Drystone(uint64_t keys, bool prefault);
  ~Drystone();
  Drystone(const Drystone &) = delete;
  Drystone &operator=(const Drystone &) = delete;

  std::unique_ptr<Reader> reader() { return std::make_unique<Reader>(&region_); }
  std::unique_ptr<Reader> shared_reader() { return reader(); }

  void insert(const Key &key, const Blob &value) {
    must(dry_kv_put_new(&writer_, &key, sizeof key, &value, sizeof value, nullptr), "put_new");
  }
  void update(const Key &key, const Blob &value) {
    must(dry_kv_put(&writer_, &key, sizeof key, &value, sizeof value, nullptr), "put");
  }
  void shared_update(const Key &key, const Blob &value) { update(key, value); }
  void erase(const Key &key) { must(dry_kv_delete(&writer_, &key, sizeof key, nullptr), "delete"); }
  void flush() {}
  uint64_t bytes() const { return bytes_; }

 private:
  static void must(dry_status status, const char *call) {
    if (status != DRY_OK) fail(kName, std::string(call) + ": " + dry_status_name(status));
  }

  dry_region region_ = {};
  dry_kv_writer writer_ = {};
  uint64_t bytes_ = 0;
};

}  // namespace bench
