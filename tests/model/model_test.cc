/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Random operations against a plain map. DRYSTONE_TEST_SEED repeats one run, DRYSTONE_TEST_SCALE makes it longer. */
#include <cstdio>
#include <cstring>

#include "tests/model/model.h"
#include "tests/support/status.h"

namespace {

using ModelRun = model::Run;
using model::Shape;

void RunSeeds(const Shape &shape, uint64_t operations) {
  for (uint64_t seed : support::Seeds()) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    SCOPED_TRACE("seed " + std::to_string(seed));
    ModelRun(shape, seed).Operations(support::Scaled(operations));
  }
}

TEST(KvModel, InPrivateMemory) { RunSeeds({DRY_REGION_MEMORY, 100, 20000, 150, 2000}, 6000); }

TEST(KvModel, InAFile) { RunSeeds({DRY_REGION_FILE, 100, 20000, 150, 2000}, 5000); }

TEST(KvModel, InSharedMemory) { RunSeeds({DRY_REGION_SHARED, 60, 8000, 90, 900}, 5000); }

TEST(KvModel, WithManySmallEntries) { RunSeeds({DRY_REGION_MEMORY, 2000, 100000, 2500, 60}, 10000); }

TEST(KvModel, InATinyStoreThatIsAlwaysFull) { RunSeeds({DRY_REGION_MEMORY, 5, 400, 9, 120}, 6000); }

TEST(KvModel, WithOneEntry) { RunSeeds({DRY_REGION_MEMORY, 1, 200, 3, 190}, 3000); }

/* ---- a model that cannot fail proves nothing: three seeded faults that it must see ---- */

const Shape kFaulty = {DRY_REGION_MEMORY, 100, 20000, 150, 2000};

TEST(KvModelFault, AWriteThatTheStoreNeverGotIsSeen) {
  ModelRun run(kFaulty, 1);
  run.Operations(500);
  uint64_t version;
  const std::string key = run.plain().all().begin()->first;
  ASSERT_STATUS(DRY_OK, run.plain().Put(key, "", &version));
  EXPECT_EQ(key + " has another value or version", run.Difference(run.reader()));
}

TEST(KvModelFault, ADeleteThatTheStoreNeverGotIsSeen) {
  ModelRun run(kFaulty, 1);
  run.Operations(500);
  uint64_t version;
  ASSERT_STATUS(DRY_OK, run.plain().Delete(run.plain().all().begin()->first, &version));
  EXPECT_EQ("there are keys that nobody put", run.Difference(run.reader()));
}

TEST(KvModelFault, AFlippedByteInAnyValueIsSeenByVerify) {
  ModelRun run(kFaulty, 1);
  run.Operations(500);
  support::Buffer buffer(run.region().Bytes());
  for (const auto &[key, entry] : run.plain().all()) {
    if (entry.value.size() < 16) continue; // shorter ones may stand in other places too
    void *at = memmem(buffer.data(), buffer.size(), entry.value.data(), entry.value.size());
    ASSERT_NE(nullptr, at) << key;
    static_cast<uint8_t *>(at)[entry.value.size() / 2] ^= 0x10;
    support::Region damaged;
    damaged.DoNotVerify();
    ASSERT_STATUS(DRY_OK, damaged.Open(support::BufferOpenOptions(buffer, DRY_MODE_READ)));
    EXPECT_STATUS(DRY_CORRUPT, damaged.Verify()) << key;
    EXPECT_NE(0u, damaged.detail.offset);
    EXPECT_NE(nullptr, strstr(damaged.detail.text, "kv")) << damaged.detail.text;
    support::Reader checked(damaged, DRY_KV_READ_CHECKED);
    EXPECT_EQ("<corrupt>", support::GetOr(checked.get(), key));
    static_cast<uint8_t *>(at)[entry.value.size() / 2] ^= 0x10;
  }
}

}  // namespace
