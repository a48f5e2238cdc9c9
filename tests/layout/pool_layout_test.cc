/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a pool looks like when it is stored. pool.gold is the image of a region with two, one of them guarded and wiped; when
 * the format changes on purpose, its number is raised, and
 *
 *     bazel run //tests/layout:pool_layout_test -- --regenerate
 *
 * rewrites the file in the source tree.
 */
#include <cstring>

#include "tests/layout/golden.h"
#include "tests/support/places.h"
#include "tests/support/pool.h"
#include "tests/support/status.h"

namespace {

const char kGold[] = "tests/layout/pool.gold";

const char kAbout[] =
    "# SPDX-License-Identifier: MIT OR Apache-2.0\n"
    "# The image of a region with two small pools; see pool_layout_test.cc, which makes it.\n";

/** Slots that are taken, free again, and never used; a request too many; and in the second pool a withdrawn one. */
void UsePool(support::Region *region, const char *name, uint32_t flags) {
  support::Pool pool;
  EXPECT_STATUS(DRY_OK, pool.CreateIn(region, support::PoolOptions(12, 21, flags), name)) << pool.detail.text;
  for (uint32_t i = 0; i < 9; i++) EXPECT_STATUS(DRY_OK, dry_pool_fill(pool.get(), pool.Acquire(), 0xa0 + i));
  for (uint32_t slot : {6u, 1u, 4u}) EXPECT_STATUS(DRY_OK, pool.Release(slot));
  uint32_t many[22];
  EXPECT_STATUS(DRY_FULL, dry_pool_acquire_many(pool.get(), many, 22));
  if (flags == 0) return;
  pool.At(3)[12] ^= 1;
  EXPECT_STATUS(DRY_CORRUPT, pool.Release(3));
}

std::string MakeImage() {
  support::Region region;
  golden::MakeRegion(&region, 65536);
  UsePool(&region, "plain", 0);
  UsePool(&region, "guarded", DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE);
  return golden::ImageOf(&region);
}

std::string MakeText() { return kAbout + golden::TextOf(MakeImage()); }

TEST(PoolLayout, TheMagicSpellsItsName) {
  const uint64_t magic = DRY_POOL_MAGIC;
  EXPECT_EQ(0, memcmp(&magic, "DRYPOOL1", 8));
}

TEST(PoolLayout, TheSameOperationsGiveTheGoldenBytes) {
  EXPECT_EQ(support::ReadFile(kGold), MakeText()) << "the stored bytes have changed: raise the format's number, regenerate";
}

TEST(PoolLayout, TheGoldenBytesAreReadToday) {
  support::TempDir dir;
  support::WriteFile(dir.File("image"), golden::ImageOf(support::ReadFile(kGold)));
  support::Region region;
  ASSERT_STATUS(DRY_OK, region.Load(dir.File("image"), DRY_REGION_MEMORY)) << region.detail.text;
  for (const char *name : {"plain", "guarded"}) {
    SCOPED_TRACE(name);
    const bool guarded = strcmp(name, "guarded") == 0;
    support::Pool pool;
    ASSERT_STATUS(DRY_OK, pool.Open(&region, name)) << pool.detail.text;
    EXPECT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
    EXPECT_EQ(6u, support::StatsOf(pool.get()).in_use);
    EXPECT_EQ(9u, support::StatsOf(pool.get()).peak);
    EXPECT_EQ(1u, support::StatsOf(pool.get()).failures);
    EXPECT_EQ(guarded ? 1u : 0u, support::StatsOf(pool.get()).withdrawn);
    for (uint32_t slot : support::UsedOf(pool.get()))
      EXPECT_EQ(std::string(12, static_cast<char>(0xa0 + slot)), pool.Read(slot));
    for (uint32_t slot : {4u, 1u, 6u, 9u}) EXPECT_EQ(slot, pool.Acquire());
  }
}

}  // namespace

int main(int argc, char **argv) {
  return golden::Main(argc, argv, {{kGold, MakeText}});
}
