// SPDX-License-Identifier: MIT OR Apache-2.0
#include "bench/c/data.h"

#include <numeric>
#include <utility>

namespace bench {

// Sattolo's shuffle: one cycle through all keys, so that a chain of lookups visits every key before it repeats.
static std::vector<uint32_t> cycle(uint64_t keys, uint64_t seed) {
  std::vector<uint32_t> next(keys);
  std::iota(next.begin(), next.end(), 0u);
  Random random(seed);
  for (uint64_t i = keys - 1; i > 0; i--) std::swap(next[i], next[random.below(i)]);
  return next;
}

Data::Data(uint64_t keys, uint64_t seed) : keys_(keys), seed_(seed), next_(cycle(keys, seed)) {}

Value Data::value_of(uint64_t i, uint64_t stamp) const {
  const KeyBytes next = key_of(i < keys_ ? next_[i] : i);
  Value value = {{next.word[0], next.word[1], i, stamp, mix(i + stamp), mix(i + stamp + 1), mix(i + stamp + 2), 0}};
  value.word[7] = xor_of(value);
  return value;
}

std::vector<uint32_t> Data::order(uint64_t first, uint64_t purpose) const {
  std::vector<uint32_t> order(keys_);
  std::iota(order.begin(), order.end(), static_cast<uint32_t>(first));
  Random random(mix(seed_) + purpose);
  for (uint64_t i = keys_ - 1; i > 0; i--) std::swap(order[i], order[random.below(i + 1)]);
  return order;
}

}  // namespace bench
