/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a pool looks like when it is stored. pool.gold is the image of a region with two, one of them guarded and wiped; when
 * the format changes on purpose, its number is raised, and
 *
 *     bazel run //tests/layout:pool_layout_test -- --regenerate
 *
 * rewrites the file in the source tree.
 */
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "tests/layout/golden.h"
#include "tests/support/places.h"
#include "tests/support/pool.h"
#include "tests/support/status.h"

namespace {

#define SAME(number, expression) static_assert((number) == (expression), #expression)
#define AT(offset, type, field) SAME(offset, offsetof(type, field))

SAME(128, sizeof(dry_pool_header));
AT(0, dry_pool_header, magic);
AT(8, dry_pool_header, size_bytes);
AT(16, dry_pool_header, stride_bytes);
AT(24, dry_pool_header, used_offset);
AT(32, dry_pool_header, stack_offset);
AT(40, dry_pool_header, slots_offset);
AT(48, dry_pool_header, object_bytes);
AT(52, dry_pool_header, align_bytes);
AT(56, dry_pool_header, capacity);
AT(60, dry_pool_header, flags);
AT(68, dry_pool_header, header_crc);
AT(72, dry_pool_header, free_count);
AT(76, dry_pool_header, fresh);
AT(80, dry_pool_header, peak);
AT(84, dry_pool_header, withdrawn);
AT(88, dry_pool_header, failures);
AT(96, dry_pool_header, pending);
SAME(2, DRY_PART_POOL);
SAME(1, DRY_POOL_FORMAT);
SAME(0x314c4f4f50595244u, DRY_POOL_MAGIC);
SAME(128, DRY_POOL_HEADER_BYTES);
SAME(16, DRY_POOL_CANARY_BYTES);
SAME(0xdf, DRY_POOL_POISON_BYTE);
SAME(0, DRY_POOL_SLOT_FREE);
SAME(1, DRY_POOL_SLOT_TAKEN);
SAME(2, DRY_POOL_SLOT_WITHDRAWN);
SAME(1, DRY_POOL_PENDING_RESET);
SAME(2, DRY_POOL_PENDING_RELEASE);
SAME(3, DRY_POOL_PENDING_STACK);
SAME(16, DRY_MEMORY_GUARDED);
SAME(32, DRY_MEMORY_WIPE);

/* The ABI. */
SAME(80, sizeof(dry_pool));
SAME(48, sizeof(dry_pool_options));
SAME(88, sizeof(dry_pool_stats));
SAME(152, sizeof(dry_leak));

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
  support::TempDir dir;
  support::Region region;
  dry_region_options create = support::CreateOptions(DRY_REGION_MEMORY, 65536);
  create.part_capacity = 2;
  create.creation_id[0] = 0x1122334455667788;
  create.creation_id[1] = 0x99aabbccddeeff00;
  EXPECT_STATUS(DRY_OK, region.Create(create)) << region.detail.text;
  UsePool(&region, "plain", 0);
  UsePool(&region, "guarded", DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE);
  EXPECT_STATUS(DRY_OK, region.Save(dir.File("image"))) << region.detail.text;
  return support::ReadFile(dir.File("image"));
}

TEST(PoolLayout, TheMagicSpellsItsName) {
  const uint64_t magic = DRY_POOL_MAGIC;
  EXPECT_EQ(0, memcmp(&magic, "DRYPOOL1", 8));
}

TEST(PoolLayout, TheSameOperationsGiveTheGoldenBytes) {
  const std::string text = kAbout + golden::TextOf(MakeImage());
  EXPECT_EQ(support::ReadFile(kGold), text) << "the stored bytes have changed: raise the format's number, regenerate";
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

int Regenerate() {
  const char *workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  const std::string path = workspace == nullptr ? kGold : std::string(workspace) + "/" + kGold;
  support::WriteFile(path, kAbout + golden::TextOf(MakeImage()));
  std::cout << "wrote " << path << "\n";
  return testing::Test::HasFailure() ? 1 : 0;
}

}  // namespace

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc > 1 && strcmp(argv[1], "--regenerate") == 0) return Regenerate();
  return RUN_ALL_TESTS();
}
