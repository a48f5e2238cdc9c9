// SPDX-License-Identifier: MIT OR Apache-2.0
// LMDB: the usual way to share a map between processes. Its files lie on /dev/shm where there is one, and nothing is synced
// (MDB_NOSYNC, MDB_WRITEMAP): its fastest setting, and no more durable than shared memory.
//
// Transactions: with one thread, writes are committed 1,000 at a time, and reads share one long transaction, both of
// which favour LMDB. Beside a writer a read has to see what is current, so each read renews its transaction, and each
// put commits, as every drystone put is visible at once.
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "bench/c/data.h"
#include "bench/c/program.h"

namespace bench {

class Lmdb {
 public:
  static constexpr const char *kName = "lmdb";
  static constexpr uint64_t kBatch = 0;
  static constexpr uint64_t kWritesPerCommit = 1000;
  using Key = KeyBytes;
  using Blob = Value;

  static Key key(const KeyBytes &bytes) { return bytes; }
  static Blob blob(const Value &value) { return value; }
  static void set_key(Key &key, const uint64_t *words) { key = {{words[0], words[1]}}; }

  class Reader {
   public:
    explicit Reader(Lmdb &store);
    ~Reader() { mdb_txn_abort(transaction_); }
    Reader(const Reader &) = delete;
    Reader &operator=(const Reader &) = delete;
    bool get(const Key &key, Value &value) { return copy(transaction_, map_, key, value); }
    uint64_t retries() { return 0; }

   protected:
    MDB_txn *transaction_ = nullptr;
    MDB_dbi map_;
  };

  class SharedReader : public Reader {
   public:
    using Reader::Reader;
    bool get(const Key &key, Value &value) {
      mdb_txn_reset(transaction_);
      must(mdb_txn_renew(transaction_), "mdb_txn_renew");
      return Reader::get(key, value);
    }
  };

  Lmdb(uint64_t keys, bool prefault);
  ~Lmdb();
  Lmdb(const Lmdb &) = delete;
  Lmdb &operator=(const Lmdb &) = delete;

  std::unique_ptr<Reader> reader() {
    flush();
    return std::make_unique<Reader>(*this);
  }
  std::unique_ptr<SharedReader> shared_reader() {
    flush();
    return std::make_unique<SharedReader>(*this);
  }

  void insert(const Key &key, const Blob &value) { put(key, value, MDB_NOOVERWRITE); }
  void update(const Key &key, const Blob &value) { put(key, value, 0); }
  void shared_update(const Key &key, const Blob &value) {
    update(key, value);
    flush();
  }
  void erase(const Key &key);
  void flush();
  uint64_t bytes() const;

 private:
  static void must(int code, const char *call) {
    if (code != MDB_SUCCESS) fail(kName, std::string(call) + ": " + mdb_strerror(code));
  }
  static bool copy(MDB_txn *transaction, MDB_dbi map, const Key &key, Value &value) {
    MDB_val wanted = {sizeof key, const_cast<Key *>(&key)};
    MDB_val found;
    const int code = mdb_get(transaction, map, &wanted, &found);
    if (code == MDB_NOTFOUND) return false;
    must(code, "mdb_get");
    if (found.mv_size != sizeof value) fail(kName, "a value has the wrong size");
    std::memcpy(&value, found.mv_data, sizeof value);
    return true;
  }

  void put(const Key &key, const Blob &value, unsigned flags);
  void begin();
  void written() {
    if (++pending_ == kWritesPerCommit) flush();
  }

  MDB_env *environment_ = nullptr;
  MDB_txn *transaction_ = nullptr;
  MDB_dbi map_ = 0;
  uint64_t pending_ = 0;
};

}  // namespace bench
