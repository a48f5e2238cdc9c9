// SPDX-License-Identifier: MIT OR Apache-2.0
#include "entries.h"

#include <algorithm>

#include "failure.h"
#include "text.h"

namespace cli {
namespace {

constexpr size_t kFirstValueBytes = 4096;

}  // namespace

Walk::Walk(dry_kv_reader *reader, const PartName &part, What what)
    : reader_(reader), part_(part), key_(DRY_KV_KEY_BYTES_MAX), value_(what == kKeysOnly ? 0 : kFirstValueBytes) {}

bool Walk::next(Entry &entry) {
  const bool with_value = !value_.empty();
  for (;;) {
    size_t key_bytes = 0;
    size_t value_bytes = 0;
    const dry_status status =
        dry_kv_next(reader_, &cursor_, key_.data(), key_.size(), &key_bytes, with_value ? value_.data() : nullptr,
                    value_.size(), &value_bytes, &entry.version);
    if (status == DRY_NOT_FOUND) return false;
    // The value may be replaced by a larger one between two attempts, so one more attempt need not be enough.
    if (status == DRY_TOO_LARGE && value_bytes > value_.size()) {
      value_.resize(value_bytes);
      continue;
    }
    check(status, part_.shown + ": while walking its entries");
    entry.key.assign(key_.data(), key_bytes);
    entry.value.assign(value_.data(), with_value ? value_bytes : 0);
    return true;
  }
}

bool find(dry_kv_reader *reader, const PartName &part, std::string_view key, Entry &entry) {
  entry.key = key;
  entry.value.resize(kFirstValueBytes);
  for (;;) {
    size_t value_bytes = 0;
    const dry_status status = dry_kv_get(reader, key.data(), key.size(), entry.value.data(), entry.value.size(),
                                         &value_bytes, &entry.version);
    if (status == DRY_NOT_FOUND) return false;
    if (status == DRY_TOO_LARGE && value_bytes > entry.value.size()) {
      entry.value.resize(value_bytes);
      continue;
    }
    check(status, part.shown + ": key " + legible(key));
    entry.value.resize(value_bytes);
    return true;
  }
}

std::vector<std::string> sorted_keys(dry_kv_reader *reader, const PartName &part, std::string_view prefix,
                                     uint64_t limit) {
  // With a limit, a heap with the largest key on top keeps memory at `limit` keys however large the part is.
  std::vector<std::string> keys;
  Walk walk(reader, part, Walk::kKeysOnly);
  Entry entry;
  while (walk.next(entry)) {
    if (entry.key.compare(0, prefix.size(), prefix) != 0) continue;
    if (limit != 0 && keys.size() == limit) {
      if (entry.key >= keys.front()) continue;
      std::pop_heap(keys.begin(), keys.end());
      keys.pop_back();
    }
    keys.push_back(entry.key);
    if (limit != 0) std::push_heap(keys.begin(), keys.end());
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace cli
