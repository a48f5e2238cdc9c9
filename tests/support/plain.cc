/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/support/plain.h"

namespace support {

dry_status Plain::Put(const std::string &key, const std::string &value, uint64_t *version) {
  const auto found = all_.find(key);
  const uint64_t old = found == all_.end() ? 0 : key.size() + found->second.value.size();
  if (found == all_.end() && all_.size() == entries_) return DRY_FULL;
  if (used_ - old + key.size() + value.size() > bytes_) return DRY_FULL;
  used_ += key.size() + value.size() - old;
  *version = ++version_;
  all_[key] = {value, version_};
  return DRY_OK;
}

dry_status Plain::PutNew(const std::string &key, const std::string &value, uint64_t *version) {
  return all_.count(key) ? DRY_ALREADY_EXISTS : Put(key, value, version);
}

dry_status Plain::Replace(const std::string &key, const std::string &value, uint64_t expected, uint64_t *version) {
  const auto found = all_.find(key);
  if (found == all_.end()) return DRY_NOT_FOUND;
  return found->second.version == expected ? Put(key, value, version) : DRY_CONFLICT;
}

dry_status Plain::Delete(const std::string &key, uint64_t *version) {
  const auto found = all_.find(key);
  if (found == all_.end()) return DRY_NOT_FOUND;
  used_ -= key.size() + found->second.value.size();
  all_.erase(found);
  *version = ++version_;
  return DRY_OK;
}

}  // namespace support
