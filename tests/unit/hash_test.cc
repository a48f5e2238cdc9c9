/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <bitset>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

using support::Random;

/* The hash written a second time, from its definition: wyhash's fold over little-endian words. */
uint64_t Mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t Little(const std::string &bytes, size_t at, size_t count) {
  uint64_t word = 0;
  for (size_t i = 0; i < count; i++) word |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  return word;
}

uint64_t Reference(const std::string &key, uint64_t seed) {
  const uint64_t s0 = 0xa0761d6478bd642fu, s1 = 0xe7037ed1a0b428dbu;
  const size_t n = key.size();
  uint64_t s = seed ^ Mix(seed ^ s0, s1), a = 0, b = 0;
  if (n > 16) {
    size_t at = 0;
    for (; n - at > 16; at += 16) s = Mix(Little(key, at, 8) ^ s1, Little(key, at + 8, 8) ^ s);
    a = Little(key, n - 16, 8);
    b = Little(key, n - 8, 8);
  } else if (n >= 8) {
    a = Little(key, 0, 8);
    b = Little(key, n - 8, 8);
  } else if (n >= 4) {
    a = Little(key, 0, 4);
    b = Little(key, n - 4, 4);
  } else if (n > 0) {
    a = Little(key, 0, 1) << 16 | Little(key, n >> 1, 1) << 8 | Little(key, n - 1, 1);
  }
  return Mix(s1 ^ n, Mix(a ^ s1, b ^ s));
}

uint64_t Hash(const std::string &key, uint64_t seed) { return dry_kv_hash(key.data(), key.size(), seed); }

TEST(KvHash, EqualsItsDefinitionForEveryLength) {
  Random random(3);
  for (size_t size = 0; size <= 200; size++) {
    const std::string key = random.Bytes(size);
    const uint64_t seed = random.Next();
    EXPECT_EQ(Reference(key, seed), Hash(key, seed)) << size;
    EXPECT_EQ(Reference(key, 0), Hash(key, 0)) << size;
  }
}

TEST(KvHash, DoesNotDependOnAlignment) {
  Random random(4);
  for (size_t size : {1u, 3u, 4u, 7u, 8u, 15u, 16u, 17u, 33u, 64u}) {
    const std::string key = random.Bytes(size);
    for (size_t shift = 0; shift < 16; shift++) {
      std::vector<char> room(size + shift);
      std::memcpy(room.data() + shift, key.data(), size);
      EXPECT_EQ(Hash(key, 9), dry_kv_hash(room.data() + shift, size, 9)) << size << " at " << shift;
    }
  }
}

/** Stores depend on these values, and every language computes them: were they to change, no store could be read. */
TEST(KvHash, KnownValuesNeverChange) {
  const struct {
    const char *key;
    uint64_t seed;
    uint64_t hash;
  } known[] = {
    {"", 0, 0x146a6b2ea9984c76u},
    {"", 42, 0x0f5ff9514668a275u},
    {"a", 0, 0x128c54d5323074bbu},
    {"a", 42, 0xab89b0f5d3791777u},
    {"abc", 0, 0x60a6c22d4cde567eu},
    {"abc", 42, 0x414ab865649272a1u},
    {"drystone", 0, 0xe13768ec7ec20728u},
    {"drystone", 42, 0xe98e92d69d578b63u},
    {"0123456789abcdef", 0, 0x5c85100de0d49ecbu},
    {"0123456789abcdef", 42, 0x64fb586b2425541eu},
    {"0123456789abcdefg", 0, 0xb1a49f7168528fceu},
    {"0123456789abcdefg", 42, 0x0fb1ccb8cb1cc64fu},
    {"The quick brown fox jumps over the lazy dog", 0, 0x3ea75d72a6d999b8u},
    {"The quick brown fox jumps over the lazy dog", 42, 0x2bc45b6c3431f6e7u},
  };
  for (const auto &one : known) EXPECT_EQ(one.hash, Hash(one.key, one.seed)) << one.key;
}

TEST(KvHash, EveryKeyBitChangesAboutHalfOfTheHash) {
  Random random(5);
  for (size_t size : {1u, 3u, 6u, 12u, 20u, 40u}) {
    uint64_t changed = 0, tries = 0;
    for (int round = 0; round < 200; round++) {
      std::string key = random.Bytes(size);
      const uint64_t before = Hash(key, 1);
      const uint64_t bit = random.Below(size * 8);
      key[bit / 8] = static_cast<char>(key[bit / 8] ^ (1 << (bit % 8)));
      changed += std::bitset<64>(before ^ Hash(key, 1)).count();
      tries++;
    }
    const double mean = static_cast<double>(changed) / static_cast<double>(tries);
    EXPECT_NEAR(32.0, mean, 2.0) << "keys of " << size << " bytes";
  }
}

TEST(KvHash, CountedKeysSpreadEvenly) {
  const int kKeys = 60000, kGroups = 64;
  for (const char *prefix : {"", "key-", "a much longer prefix than sixteen bytes/"}) {
    std::vector<int> high(kGroups), low(kGroups);
    for (int i = 0; i < kKeys; i++) {
      const uint64_t hash = Hash(prefix + std::to_string(i), 11);
      high[(hash >> 32) * kGroups >> 32]++;
      low[hash % kGroups]++;
    }
    // Expected 937 each with a standard deviation of 30: six of those are never reached by chance.
    for (int count : high) EXPECT_NEAR(kKeys / kGroups, count, 185) << prefix;
    for (int count : low) EXPECT_NEAR(kKeys / kGroups, count, 185) << prefix;
  }
}

TEST(KvHash, ShortKeysDoNotCollide) {
  std::set<uint64_t> hashes;
  for (int a = 0; a < 256; a++) {
    hashes.insert(Hash(std::string(1, static_cast<char>(a)), 2));
    for (int b = 0; b < 256; b++) hashes.insert(Hash({static_cast<char>(a), static_cast<char>(b)}, 2));
  }
  EXPECT_EQ(256u + 65536u, hashes.size());
}

}  // namespace
