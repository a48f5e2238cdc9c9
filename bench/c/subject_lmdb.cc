// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bench/c/subject_lmdb.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace bench {

static std::string fresh_file() {
  const char *home = std::getenv("TMPDIR");
  std::string folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : home != nullptr ? home : "/tmp";
  std::string path = folder + "/drystone-bench-lmdb-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) fail(Lmdb::kName, "no temporary file in " + folder);
  close(file);
  return path;
}

// LMDB does not tell where it has mapped its file, so the mapping is looked up.
static void populate(const std::string &path) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(path) == std::string::npos || line.find("-lock") != std::string::npos) continue;
    unsigned long long from = 0, to = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx", &from, &to) != 2) continue;
    if (madvise(reinterpret_cast<void *>(from), to - from, MADV_POPULATE_WRITE) == 0) return;
  }
  fail(Lmdb::kName, "its mapping could not be touched beforehand");
}

Lmdb::Lmdb(uint64_t keys, bool prefault) {
  const std::string path = fresh_file();
  // A random B-tree is about two thirds full; copies on write and the list of free pages come on top. A reader that loses
  // its processor in the middle of a transaction keeps every page that the writer copies meanwhile: three each 2 us, which
  // fills 64 MiB in 10 ms. What is not used of the file takes no memory.
  const size_t map_bytes = (keys * 512 + (size_t{2} << 30)) & ~static_cast<size_t>(4095);
  must(mdb_env_create(&environment_), "mdb_env_create");
  must(mdb_env_set_mapsize(environment_, map_bytes), "mdb_env_set_mapsize");
  const unsigned flags = MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOMETASYNC | MDB_WRITEMAP | MDB_NOTLS | MDB_NORDAHEAD;
  const int opened = mdb_env_open(environment_, path.c_str(), flags, 0600);
  // Both names go at once, so that a program that is killed leaves nothing behind.
  unlink(path.c_str());
  unlink((path + "-lock").c_str());
  must(opened, "mdb_env_open");
  begin();
  must(mdb_dbi_open(transaction_, nullptr, 0, &map_), "mdb_dbi_open");
  flush();
  if (prefault) populate(path);
}

Lmdb::~Lmdb() {
  flush();
  mdb_env_close(environment_);
}

void Lmdb::begin() { must(mdb_txn_begin(environment_, nullptr, 0, &transaction_), "mdb_txn_begin"); }

void Lmdb::flush() {
  if (transaction_ == nullptr) return;
  MDB_txn *transaction = transaction_;
  transaction_ = nullptr;
  pending_ = 0;
  must(mdb_txn_commit(transaction), "mdb_txn_commit");
}

void Lmdb::put(const Key &key, const Blob &value, unsigned flags) {
  if (transaction_ == nullptr) begin();
  MDB_val name = {sizeof key, const_cast<Key *>(&key)};
  MDB_val bytes = {sizeof value, const_cast<Blob *>(&value)};
  must(mdb_put(transaction_, map_, &name, &bytes, flags), "mdb_put");
  written();
}

void Lmdb::erase(const Key &key) {
  if (transaction_ == nullptr) begin();
  MDB_val name = {sizeof key, const_cast<Key *>(&key)};
  must(mdb_del(transaction_, map_, &name, nullptr), "mdb_del");
  written();
}

uint64_t Lmdb::bytes() const {
  MDB_envinfo info;
  MDB_stat stat;
  must(mdb_env_info(environment_, &info), "mdb_env_info");
  must(mdb_env_stat(environment_, &stat), "mdb_env_stat");
  return (info.me_last_pgno + 1) * stat.ms_psize;
}

Lmdb::Reader::Reader(Lmdb &store) : map_(store.map_) {
  must(mdb_txn_begin(store.environment_, nullptr, MDB_RDONLY, &transaction_), "mdb_txn_begin");
}

}  // namespace bench
