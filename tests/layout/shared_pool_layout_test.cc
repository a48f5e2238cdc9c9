/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a shared pool looks like when it is stored. shared_pool.gold is the image of a region with one; when the format
 * changes on purpose, its number is raised, and
 *
 *     bazel run //tests/layout:shared_pool_layout_test -- --regenerate
 *
 * rewrites the file in the source tree.
 */
#include <cstring>

#include "tests/layout/golden.h"
#include "tests/support/places.h"
#include "tests/support/shared_pool.h"
#include "tests/support/status.h"

namespace {

const char kGold[] = "tests/layout/shared_pool.gold";

const char kAbout[] =
    "# SPDX-License-Identifier: MIT OR Apache-2.0\n"
    "# The image of a small shared pool; see shared_pool_layout_test.cc, which makes it.\n";

/** Slots in use by an open and by a closed cache and by none, in full and partly filled batches, and some never taken. */
std::string MakeImage() {
  support::Region region;
  golden::MakeRegion(&region, 65536);
  support::SharedPool pool;
  EXPECT_STATUS(DRY_OK, pool.CreateIn(&region, support::SharedPoolOptions(12, 300, 2))) << pool.detail.text;
  support::Cache open(pool), closed(pool);
  const std::vector<uint32_t> mine = open.TakeUpTo(70), theirs = closed.TakeUpTo(100);
  for (size_t i = 0; i < 3; i++) EXPECT_STATUS(DRY_OK, dry_shared_pool_fill(pool.get(), mine[i], 0xa0 + i));
  open.GiveBack({mine.begin() + 3, mine.end()});
  closed.GiveBack({theirs.begin() + 2, theirs.end()});
  EXPECT_STATUS(DRY_OK, closed.Close());
  uint32_t slot = 0;
  EXPECT_STATUS(DRY_OK, dry_shared_pool_acquire(pool.get(), &slot));
  return golden::ImageOf(&region);
}

std::string MakeText() { return kAbout + golden::TextOf(MakeImage()); }

TEST(SharedPoolLayout, TheMagicSpellsItsName) {
  const uint64_t magic = DRY_SHARED_POOL_MAGIC;
  EXPECT_EQ(0, memcmp(&magic, "SHAREPL1", 8));
}

TEST(SharedPoolLayout, TheSameOperationsGiveTheGoldenBytes) {
  EXPECT_EQ(support::ReadFile(kGold), MakeText()) << "the stored bytes have changed: raise the format's number, regenerate";
}

TEST(SharedPoolLayout, TheGoldenBytesAreReadToday) {
  support::TempDir dir;
  support::WriteFile(dir.File("image"), golden::ImageOf(support::ReadFile(kGold)));
  support::Region region;
  ASSERT_STATUS(DRY_OK, region.Load(dir.File("image"), DRY_REGION_MEMORY)) << region.detail.text;
  support::SharedPool pool;
  ASSERT_STATUS(DRY_OK, pool.Open(&region)) << pool.detail.text;
  EXPECT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
  EXPECT_EQ(6u, pool.Stats().in_use);
  EXPECT_EQ(1u, pool.Stats().caches);
  for (uint32_t slot : {0, 1, 2}) {
    uint8_t byte = 0;
    EXPECT_STATUS(DRY_OK, dry_shared_pool_read(pool.get(), slot, 11, &byte, 1));
    EXPECT_EQ(0xa0 + slot, byte);
  }
  EXPECT_STATUS(DRY_OK, dry_shared_pool_repair(pool.get(), &pool.detail)) << pool.detail.text;
  EXPECT_EQ(294u, pool.Takeable());
}

}  // namespace

int main(int argc, char **argv) {
  return golden::Main(argc, argv, {{kGold, MakeText}});
}
