// SPDX-License-Identifier: MIT OR Apache-2.0
// Reading entries of a part into strings that grow as needed.
#ifndef DRYSTONE_CLI_ENTRIES_H
#define DRYSTONE_CLI_ENTRIES_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "target.h"

namespace cli {

struct Entry {
  std::string key;
  std::string value;
  uint64_t version = 0;
};

// Walks a part in no particular order.
class Walk {
 public:
  enum What { kKeysOnly, kKeysAndValues };
  Walk(dry_kv_reader *reader, const PartName &part, What what);
  // False at the end.
  bool next(Entry &entry);

 private:
  dry_kv_reader *reader_;
  const PartName &part_;
  uint64_t cursor_ = 0;
  std::vector<char> key_;
  std::vector<char> value_;
};

// Looks `key` up; false when it is not there.
bool find(dry_kv_reader *reader, const PartName &part, std::string_view key, Entry &entry);

// The keys that start with `prefix` in the order of their bytes, the first `limit` of them (0: all).
std::vector<std::string> sorted_keys(dry_kv_reader *reader, const PartName &part, std::string_view prefix,
                                     uint64_t limit);

}  // namespace cli

#endif
