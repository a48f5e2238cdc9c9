/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Slabs where the system refuses memory. */
#include "tests/faults/memory_inject.h"
#include "tests/support/slab.h"

namespace {

using faults::FailEachOf;
using faults::FailNth;
using support::Slab;
using support::SlabOptions;

TEST(SlabInject, Create) {
  alignas(4096) static uint8_t span[4096];
  for (const dry_slab_options &options :
       {SlabOptions(1 << 20), SlabOptions(1 << 20, DRY_MEMORY_PREFAULT | DRY_MEMORY_REQUIRED), SlabOptions(4096, 0, span)}) {
    dry_slab slab = {};
    dry_detail detail;
    FailEachOf({[&] {
                  const dry_status status = dry_slab_create(&options, &slab, &detail);
                  EXPECT_EQ(status, detail.status);
                  EXPECT_EQ(status == DRY_OK, detail.text[0] == 0);
                  return status;
                },
                [&] { EXPECT_STATUS(DRY_OK, dry_slab_close(&slab)); }, [&] { return slab.state == nullptr; }});
  }
}

TEST(SlabInject, CreateTellsOfFlagsThatWereRefused) {
  FailNth fail(4, true); // behind the handle, the pages' facts and the pages
  Slab slab(SlabOptions(1 << 20, DRY_MEMORY_PREFAULT));
  EXPECT_EQ("madvise", fail.failed());
  EXPECT_EQ(DRY_MEMORY_PREFAULT, slab.Stats().refused);
}

TEST(SlabInject, AnObjectFromTheHeap) {
  Slab slab(4096);
  void *memory = nullptr;
  uint64_t failures = 0;
  FailEachOf({[&] { return slab.Alloc(5000, &memory); }, [&] { EXPECT_STATUS(DRY_OK, slab.Free(memory)); },
              [&] {
                const dry_slab_stats stats = slab.Stats();
                return memory == nullptr && stats.fallbacks_in_use == 0 && stats.failures == ++failures;
              }});
}

/* The table of addresses grows while objects are in use: when it cannot, all of them are known still. */
TEST(SlabInject, ATableThatCannotGrow) {
  Slab slab(4096);
  std::vector<uint8_t *> objects;
  for (int i = 0; i < 500; i++) {
    {
      FailNth fail(1, true);
      void *memory;
      ASSERT_STATUS(DRY_OUT_OF_MEMORY, slab.Alloc(5000, &memory));
    }
    objects.push_back(slab.Take(5000));
  }
  EXPECT_EQ(500u, slab.Stats().fallbacks_in_use);
  for (uint8_t *memory : objects) ASSERT_STATUS(DRY_OK, slab.Free(memory));
}

TEST(SlabInject, WhatFitsAClassCallsNothingThatCanFail) {
  Slab slab(1 << 20);
  FailNth fail(1, true);
  std::vector<uint8_t *> objects;
  for (uint64_t size = 1; size <= 4096; size += 40) objects.push_back(slab.Take(size));
  for (uint8_t *memory : objects) ASSERT_STATUS(DRY_OK, slab.Free(memory));
  ASSERT_STATUS(DRY_OK, dry_slab_reset(&slab.handle));
  ASSERT_STATUS(DRY_OK, slab.Validate());
  EXPECT_EQ("", fail.failed());
}

}  // namespace
