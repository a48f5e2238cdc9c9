/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* random.h: a small seeded generator, the same on every machine, and how much a test repeats itself. */
#ifndef DRYSTONE_TESTS_SUPPORT_RANDOM_H
#define DRYSTONE_TESTS_SUPPORT_RANDOM_H

#include <cstdint>
#include <string>
#include <vector>

namespace support {

/** SplitMix64: every seed is a good one, 0 too. */
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  /** A number below `bound`, which is at least 1. */
  uint64_t Below(uint64_t bound) { return Next() % bound; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  std::string Bytes(size_t size);

 private:
  uint64_t state_;
};

/** DRYSTONE_TEST_SCALE as a factor on `count`; 1 where it is not set. */
uint64_t Scaled(uint64_t count);

/** Seeds to run: two fixed ones and a fresh one, or the only one named by DRYSTONE_TEST_SEED. */
std::vector<uint64_t> Seeds();

/** A number that no other process draws, for names. */
uint64_t Fresh();

}  // namespace support

#endif
