/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/stress/stress.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/status.h"

namespace stress {

Keys::Keys(uint64_t count, uint64_t steady_count) : steady(steady_count) {
  for (uint64_t i = 0; i < count; i++) names.push_back("key-" + std::to_string(i) + std::string(i % 23, '.'));
}

void Looker::Error(const std::string &what) {
  counts_.errors++;
  if (counts_.first_error.empty()) counts_.first_error = what;
}

void Looker::Answer(uint64_t key, dry_status status, const void *value, size_t bytes, uint64_t version) {
  counts_.reads++;
  if (status == DRY_NOT_FOUND && key >= keys_.steady) return;
  if (status != DRY_OK) return Error(keys_.names[key] + ": " + dry_status_name(status));
  counts_.hits++;
  if (!support::IsWhole(keys_.names[key], value, bytes)) counts_.torn++;
  if (version < newest_[key]) counts_.backwards++;
  newest_[key] = version;
}

void Looker::Get() {
  const uint64_t key = random_.Below(keys_.names.size());
  size_t bytes = 0;
  uint64_t version = 0;
  const dry_status status = dry_kv_get(reader_, keys_.names[key].data(), keys_.names[key].size(), room_.data(),
                                       room_.size() * 8, &bytes, &version);
  Answer(key, status, room_.data(), bytes, version);
}

void Looker::TryGet() {
  const uint64_t key = random_.Below(keys_.names.size());
  size_t bytes = 0;
  uint64_t version = 0;
  uint32_t attempts = 0;
  const dry_status status = dry_kv_try_get(reader_, keys_.names[key].data(), keys_.names[key].size(), room_.data(),
                                           room_.size() * 8, 3, &bytes, &version, &attempts);
  if (attempts < 1 || attempts > 3) Error("attempts: " + std::to_string(attempts));
  if (status != DRY_TIMED_OUT) Answer(key, status, room_.data(), bytes, version);
}

void Looker::View() {
  const uint64_t key = random_.Below(keys_.names.size());
  dry_kv_value_view view = {};
  const dry_status status = dry_kv_view(reader_, keys_.names[key].data(), keys_.names[key].size(), &view);
  if (status != DRY_OK) return Answer(key, status, nullptr, 0, 0);
  // The writer may be writing to these words: they are taken one by one and looked at after the check.
  const uint64_t *words = static_cast<const uint64_t *>(view.value);
  const size_t count = (view.value_bytes + 7) / 8;
  if (count > room_.size()) return Error("a view of " + std::to_string(view.value_bytes) + " bytes");
  for (size_t i = 0; i < count; i++) room_[i] = __atomic_load_n(words + i, __ATOMIC_ACQUIRE);
  const dry_status check = dry_kv_view_check(reader_, &view);
  if (check == DRY_OK) return Answer(key, DRY_OK, room_.data(), view.value_bytes, view.version);
  if (check != DRY_STALE) Error(std::string("view_check: ") + dry_status_name(check));
}

void Looker::GetMany() {
  const size_t kBatch = 16, kRoomWords = room_.size() / kBatch;
  dry_kv_lookup lookups[kBatch];
  uint64_t chosen[kBatch];
  for (size_t i = 0; i < kBatch; i++) {
    chosen[i] = random_.Below(keys_.names.size());
    lookups[i] = {};
    lookups[i].key = keys_.names[chosen[i]].data();
    lookups[i].key_bytes = static_cast<uint32_t>(keys_.names[chosen[i]].size());
    lookups[i].value = &room_[i * kRoomWords];
    lookups[i].value_capacity = kRoomWords * 8;
  }
  if (dry_kv_get_many(reader_, lookups, kBatch) != DRY_OK) return Error("get_many");
  for (size_t i = 0; i < kBatch; i++) {
    Answer(chosen[i], lookups[i].status, lookups[i].value, lookups[i].value_bytes, lookups[i].version);
  }
}

void Looker::Walk() {
  char key[256];
  size_t key_bytes = 0, value_bytes = 0;
  uint64_t cursor = 0, version = 0, steady = 0;
  dry_status status;
  while ((status = dry_kv_next(reader_, &cursor, key, sizeof key, &key_bytes, room_.data(), room_.size() * 8,
                               &value_bytes, &version)) == DRY_OK) {
    counts_.reads++;
    const std::string name(key, key_bytes);
    if (!support::IsWhole(name, room_.data(), value_bytes)) counts_.torn++;
    steady += std::stoull(name.substr(4)) < keys_.steady;
  }
  if (status != DRY_NOT_FOUND) return Error(std::string("next: ") + dry_status_name(status));
  if (steady != keys_.steady) Error("a walk met " + std::to_string(steady) + " steady keys");
}

void Looker::Contains() {
  const uint64_t key = random_.Below(keys_.steady);
  uint32_t found = 9;
  const dry_status status = dry_kv_contains(reader_, keys_.names[key].data(), keys_.names[key].size(), &found);
  if (status != DRY_OK || found != 1) Error("contains: " + std::string(dry_status_name(status)));
  const std::string none = keys_.names[key] + "\xff";
  if (dry_kv_contains(reader_, none.data(), none.size(), &found) != DRY_OK || found != 0) Error("contains of none");
}

void Looker::Run(const std::atomic<bool> &stop) {
  do {
    for (int i = 0; i < 40; i++) Get();
    for (int i = 0; i < 10; i++) TryGet();
    for (int i = 0; i < 10; i++) View();
    for (int i = 0; i < 3; i++) GetMany();
    Contains();
    if (random_.OneIn(4)) Walk();
  } while (!stop.load(std::memory_order_relaxed));
  Walk();
}

void WriteAll(dry_kv_writer *writer, const Keys &keys, uint64_t writes, size_t value_max, uint64_t seed) {
  support::Random random(seed);
  for (uint64_t i = 0; i < writes; i++) {
    const uint64_t key = random.Below(keys.names.size());
    const std::string &name = keys.names[key];
    if (key >= keys.steady && random.OneIn(3)) {
      const dry_status status = support::Delete(writer, name);
      ASSERT_TRUE(status == DRY_OK || status == DRY_NOT_FOUND) << dry_status_name(status);
      continue;
    }
    const std::string value = support::Stamped(name, random.Bytes(random.Below(value_max + 1)));
    const dry_status status = support::Put(writer, name, value);
    ASSERT_TRUE(status == DRY_OK || status == DRY_FULL) << i << " " << dry_status_name(status);
  }
}

}  // namespace stress
