// SPDX-License-Identifier: MIT OR Apache-2.0
// The keys, values and orders that every language's programs use; bench/README.md defines them.
#pragma once

#include <cstdint>
#include <vector>

namespace bench {

// The finaliser of SplitMix64: a bijection, so that distinct numbers give distinct keys.
inline uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15u); }
  uint64_t below(uint64_t bound) { return next() % bound; }

 private:
  uint64_t state_;
};

struct KeyBytes {
  uint64_t word[2];
};

struct Value {
  uint64_t word[8];
};

constexpr int kIndexWord = 2;

inline KeyBytes key_of(uint64_t i) { return {{mix(2 * i + 1), mix(2 * i + 2)}}; }

inline uint64_t xor_of(const Value &value) {
  uint64_t sum = 0;
  for (uint64_t word : value.word) sum ^= word;
  return sum;
}

class Data {
 public:
  Data(uint64_t keys, uint64_t seed);
  uint64_t keys() const { return keys_; }
  uint64_t next_of(uint64_t i) const { return next_[i]; }
  // Keys 0 .. keys - 1 are present and name the next of the cycle; those behind them name themselves.
  Value value_of(uint64_t i, uint64_t stamp) const;
  // A random permutation of first .. first + keys - 1; each purpose gets an order of its own.
  std::vector<uint32_t> order(uint64_t first, uint64_t purpose) const;

 private:
  uint64_t keys_;
  uint64_t seed_;
  std::vector<uint32_t> next_;
};

}  // namespace bench
