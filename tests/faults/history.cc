/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/faults/history.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <stdexcept>

#include "tests/support/random.h"
#include "tests/support/status.h"

namespace faults {

using support::Plain;
using support::Random;

namespace {

dry_status Apply(const Write &write, Plain *plain) {
  uint64_t version;
  return write.is_delete ? plain->Delete(write.key, &version) : plain->Put(write.key, write.value, &version);
}

}  // namespace

History RandomHistory(uint64_t seed, uint64_t entries, uint64_t bytes, uint64_t keys, size_t value_max,
                      uint64_t count) {
  Random random(seed);
  History history = {entries, bytes, {}};
  Plain plain(entries, bytes);
  while (history.writes.size() < count) {
    Write write;
    write.key = "key-" + std::to_string(random.Below(keys));
    write.is_delete = random.OneIn(4);
    if (!write.is_delete) write.value = support::Stamped(write.key, random.Bytes(random.Below(value_max + 1)));
    if (Apply(write, &plain) == DRY_OK) history.writes.push_back(write);
  }
  return history;
}

Plain After(const History &history, uint64_t count) {
  Plain plain(history.entries, history.bytes);
  for (uint64_t i = 0; i < count; i++) Apply(history.writes[i], &plain);
  return plain;
}

bool Do(const Write &write, dry_kv_writer *writer) {
  return (write.is_delete ? support::Delete(writer, write.key) : support::Put(writer, write.key, write.value)) ==
         DRY_OK;
}

Acknowledged::Acknowledged() {
  void *page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) throw std::runtime_error("cannot share a page");
  count_ = static_cast<uint64_t *>(page);
}

Acknowledged::~Acknowledged() { munmap(count_, 4096); }

int DoAll(const History &history, uint64_t from, dry_kv_writer *writer, Acknowledged *acknowledged) {
  for (uint64_t i = from; i < history.writes.size(); i++) {
    if (!Do(history.writes[i], writer)) return 3;
    acknowledged->Set(i + 1);
  }
  return 0;
}

int WriteFrom(const std::string &path, const History &history, Acknowledged *acknowledged) {
  support::Region region;
  region.DoNotVerify();
  if (region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE) != DRY_OK) return 4;
  dry_kv_writer writer = {};
  if (dry_kv_open(&region.handle, "kv", 2, &writer, nullptr) != DRY_OK) return 5;
  const int result = DoAll(history, acknowledged->Get(), &writer, acknowledged);
  dry_kv_writer_close(&writer);
  return result;
}

void MakeFile(const std::string &path, const History &history) {
  support::Store store(support::KvOptions(history.entries, history.bytes), DRY_REGION_FILE, path.c_str());
}

}  // namespace faults
