// SPDX-License-Identifier: MIT OR Apache-2.0
#include "stamp.h"

#include "drystone/kv.h"

namespace cli {
namespace {

std::string stamp_for(std::string_view key, std::string_view payload) {
  const uint64_t seed = dry_kv_hash(key.data(), key.size(), 0);
  const uint64_t hash = dry_kv_hash(payload.data(), payload.size(), seed);
  std::string out;
  for (size_t i = 0; i < kStampBytes; i++) out += static_cast<char>(hash >> (8 * i) & 0xff);
  return out;
}

}  // namespace

std::string stamped(std::string_view key, std::string_view payload) {
  std::string out = stamp_for(key, payload);
  out += payload;
  return out;
}

bool stamp_matches(std::string_view key, std::string_view value) {
  return value.size() >= kStampBytes && value.substr(0, kStampBytes) == stamp_for(key, payload_of(value));
}

std::string_view payload_of(std::string_view value) { return value.substr(kStampBytes); }

}  // namespace cli
