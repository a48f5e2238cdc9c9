/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tests/fuzz/corpus.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/fuzz/region_fuzz.h"
#include "tests/support/kv.h"
#include "tests/support/status.h"

namespace fuzz {
namespace {

/** A region with a store that saw `writes` writes of values up to `value_max` bytes. */
std::string RegionWith(uint64_t entries, uint64_t bytes, int writes, size_t value_max) {
  support::Region region;
  dry_region_options options = support::CreateOptions(DRY_REGION_MEMORY, kRegionBytes);
  options.part_capacity = 2;
  options.creation_id[0] = 1;
  EXPECT_STATUS(DRY_OK, region.Create(options));
  const dry_kv_options kv = support::KvOptions(entries, bytes);
  dry_kv_writer writer = {};
  EXPECT_STATUS(DRY_OK, dry_kv_create(&region.handle, "kv", 2, &kv, &writer, &region.detail)) << region.detail.text;
  support::Random random(5);
  for (int i = 0; i < writes; i++) {
    const std::string key = "k" + std::to_string(random.Below(entries + 3));
    if (random.OneIn(4)) {
      support::Delete(&writer, key);
    } else {
      support::Put(&writer, key, std::string(random.Below(value_max + 1), static_cast<char>('a' + i % 26)));
    }
  }
  dry_kv_writer_close(&writer);
  return region.Bytes();
}

}  // namespace

std::map<std::string, std::string> MakeCorpus() {
  const uint8_t fixed = FIX_REGION | FIX_ENTRY | FIX_KV;
  std::map<std::string, std::string> corpus;
  corpus["sound-empty"] = InputOf(RegionWith(4, 100, 0, 0), 0);
  corpus["sound-empty-write"] = InputOf(RegionWith(4, 100, 0, 0), WRITE);
  corpus["sound-one"] = InputOf(RegionWith(1, 60, 9, 40), WRITE | fixed);
  corpus["sound-few"] = InputOf(RegionWith(6, 300, 12, 30), WRITE | fixed);
  corpus["sound-groups"] = InputOf(RegionWith(26, 500, 60, 10), WRITE | fixed);
  corpus["sound-full"] = InputOf(RegionWith(15, 150, 120, 8), WRITE);
  corpus["sound-churned"] = InputOf(RegionWith(6, 900, 200, 300), WRITE | fixed);
  corpus["raw-zeros"] = std::string(1, static_cast<char>(RAW));
  corpus["raw-magic"] = std::string(1, static_cast<char>(RAW)) + "DRYSTONE";
  corpus["raw-header"] = InputOf(RegionWith(4, 100, 3, 10).substr(0, 128), RAW);
  support::Random random(9);
  const std::string names[] = {"sound-few", "sound-groups", "sound-churned", "sound-one"};
  for (int i = 0; i < 16; i++) {
    corpus["damaged-" + std::to_string(i)] = Mutated(corpus[names[i % 4]], &random);
  }
  return corpus;
}

std::string Mutated(std::string input, support::Random *random) {
  static const uint64_t kEdges[] = {0, 1, 16, 255, 4095, 4096, 65535, 1u << 31, UINT32_MAX, 1ull << 40, 1ull << 63, UINT64_MAX};
  if (input.size() < 2) return input + random->Bytes(8);
  for (uint64_t changes = 1 + random->Below(4); changes > 0; changes--) {
    const size_t at = 1 + random->Below(input.size() - 1);
    switch (random->Below(6)) {
      case 0:
        input[at] = static_cast<char>(random->Next());
        break;
      case 1: {
        const uint64_t edge = kEdges[random->Below(sizeof kEdges / sizeof *kEdges)];
        const size_t bytes = input.size() - at < 8 ? input.size() - at : 8;
        std::memcpy(&input[at], &edge, bytes);
        break;
      }
      case 2: {
        const size_t from = 1 + random->Below(input.size() - 1);
        const size_t longest = input.size() - (at > from ? at : from);
        std::memmove(&input[at], &input[from], random->Below(longest + 1));
        break;
      }
      default:
        input[at] = static_cast<char>(input[at] ^ (1 << random->Below(8)));
    }
  }
  if (random->OneIn(20)) input.resize(1 + random->Below(input.size()));
  if (random->OneIn(20)) input[0] = static_cast<char>(random->Below(32));
  return input;
}

}  // namespace fuzz
