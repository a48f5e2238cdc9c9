/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Endless churn of mixed sizes in small stores: what drives the writer into compaction again and again. */
#include <map>

#include "tests/support/kv.h"
#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

using support::Random;
using support::Store;

struct Shape {
  uint64_t keys;
  uint64_t bytes;
  size_t value_max;
};

/** Keeps the store as full as it can be for `rounds` writes; every one that the counts allow must succeed. */
void Churn(const Shape &shape, uint64_t seed, uint64_t rounds) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  Store store(shape.keys, shape.bytes);
  std::map<std::string, std::string> model;
  uint64_t used = 0;
  for (uint64_t round = 0; round < rounds; round++) {
    const std::string key = "k" + std::to_string(random.Below(shape.keys * 2));
    const auto found = model.find(key);
    const uint64_t old = found == model.end() ? 0 : key.size() + found->second.size();
    if (found != model.end() && random.OneIn(3)) {
      ASSERT_STATUS(DRY_OK, support::Delete(&store.writer, key)) << round;
      model.erase(found);
      used -= old;
      continue;
    }
    const std::string value = random.Bytes(random.Below(shape.value_max + 1));
    const bool fits = used - old + key.size() + value.size() <= shape.bytes &&
                      (found != model.end() || model.size() < shape.keys);
    ASSERT_STATUS(fits ? DRY_OK : DRY_FULL, support::Put(&store.writer, key, value)) << round << " " << value.size();
    if (!fits) continue;
    used += key.size() + value.size() - old;
    model[key] = value;
  }
  EXPECT_EQ(used, support::KvStats(store.reader()).data_bytes);
  EXPECT_EQ(model.size(), support::KvStats(store.reader()).entries);
  for (const auto &[key, value] : model) EXPECT_EQ(value, support::GetOr(store.reader(), key));
  EXPECT_EQ(model.size(), support::All(store.reader()).size());
}

TEST(KvChurn, SmallValues) {
  for (uint64_t seed : support::Seeds()) Churn({40, 2000, 100}, seed, support::Scaled(6000));
}

TEST(KvChurn, MixedSizesUpToAnEighthOfTheStore) {
  for (uint64_t seed : support::Seeds()) Churn({200, 64000, 7800}, seed, support::Scaled(6000));
}

TEST(KvChurn, UpTo4000BytesInATinyStore) {
  for (uint64_t seed : support::Seeds()) Churn({10, 9000, 4000}, seed, support::Scaled(4000));
}

TEST(KvChurn, OneEntry) {
  for (uint64_t seed : support::Seeds()) Churn({1, 500, 490}, seed, support::Scaled(4000));
}

TEST(KvChurn, CompactsAndKeepsEveryEntry) {
  Store store(300, 30000);
  std::map<std::string, std::string> model;
  for (int i = 0; i < 300; i++) {
    const std::string key = "k" + std::to_string(i);
    ASSERT_STATUS(DRY_OK, support::Put(&store.writer, key, model[key] = std::string(40 + i % 7, 'a')));
  }
  const uint64_t before = support::KvStats(store.reader()).relocation;
  uint64_t writes = 0;
  for (; support::KvStats(store.reader()).relocation == before && writes < 1000000; writes++) {
    const std::string key = "k" + std::to_string(writes * 7 % 300);
    ASSERT_STATUS(DRY_OK, support::Put(&store.writer, key, model[key] = std::string(writes / 300 * 17 % 90, 'b')));
  }
  EXPECT_EQ(0u, support::KvStats(store.reader()).relocation % 2) << "odd only while blocks are moved";
  EXPECT_NE(before, support::KvStats(store.reader()).relocation) << "no compaction after " << writes << " writes";
  for (const auto &[key, value] : model) EXPECT_EQ(value, support::GetOr(store.reader(), key));
}

}  // namespace
