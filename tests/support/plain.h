/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* plain.h: a store as a plain map, to compare the real one with. */
#ifndef DRYSTONE_TESTS_SUPPORT_PLAIN_H
#define DRYSTONE_TESTS_SUPPORT_PLAIN_H

#include <map>
#include <string>

#include "tests/support/kv.h"

namespace support {

/** What a store of that size must answer, written as plainly as possible. */
class Plain {
 public:
  Plain(uint64_t entries, uint64_t bytes) : entries_(entries), bytes_(bytes) {}
  dry_status Put(const std::string &key, const std::string &value, uint64_t *version);
  dry_status PutNew(const std::string &key, const std::string &value, uint64_t *version);
  dry_status Replace(const std::string &key, const std::string &value, uint64_t expected, uint64_t *version);
  dry_status Delete(const std::string &key, uint64_t *version);
  const std::map<std::string, Entry> &all() const { return all_; }
  uint64_t used() const { return used_; }
  uint64_t version() const { return version_; }

 private:
  uint64_t entries_;
  uint64_t bytes_;
  uint64_t used_ = 0;
  uint64_t version_ = 0;
  std::map<std::string, Entry> all_;
};

}  // namespace support

#endif
