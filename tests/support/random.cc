/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/support/random.h"

#include <cstdlib>
#include <random>

namespace support {

uint64_t Random::Next() {
  uint64_t z = state_ += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::string Random::Bytes(size_t size) {
  std::string bytes(size, '\0');
  for (char &byte : bytes) byte = static_cast<char>(Next());
  return bytes;
}

uint64_t Scaled(uint64_t count) {
  const char *scale = std::getenv("DRYSTONE_TEST_SCALE");
  const double factor = scale == nullptr ? 1.0 : std::strtod(scale, nullptr);
  const uint64_t scaled = static_cast<uint64_t>(static_cast<double>(count) * factor);
  return scaled == 0 ? 1 : scaled;
}

uint64_t Fresh() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

std::vector<uint64_t> Seeds() {
  const char *seed = std::getenv("DRYSTONE_TEST_SEED");
  if (seed != nullptr) return {std::strtoull(seed, nullptr, 10)};
  return {1, 2, Fresh()};
}

}  // namespace support
