/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a shared pool looks like when it is stored. shared_pool.gold is the image of a region with one; when the format
 * changes on purpose, its number is raised, and
 *
 *     bazel run //tests/layout:shared_pool_layout_test -- --regenerate
 *
 * rewrites the file in the source tree.
 */
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "tests/layout/golden.h"
#include "tests/support/places.h"
#include "tests/support/shared_pool.h"
#include "tests/support/status.h"

namespace {

#define SAME(number, expression) static_assert((number) == (expression), #expression)
#define AT(offset, type, field) SAME(offset, offsetof(type, field))

SAME(512, sizeof(dry_shared_pool_header));
AT(0, dry_shared_pool_header, magic);
AT(8, dry_shared_pool_header, size_bytes);
AT(16, dry_shared_pool_header, stride_bytes);
AT(24, dry_shared_pool_header, owners_offset);
AT(32, dry_shared_pool_header, batches_offset);
AT(40, dry_shared_pool_header, caches_offset);
AT(48, dry_shared_pool_header, slots_offset);
AT(56, dry_shared_pool_header, object_bytes);
AT(60, dry_shared_pool_header, align_bytes);
AT(64, dry_shared_pool_header, capacity);
AT(68, dry_shared_pool_header, batch_count);
AT(72, dry_shared_pool_header, cache_count);
AT(76, dry_shared_pool_header, flags);
AT(84, dry_shared_pool_header, header_crc);
AT(128, dry_shared_pool_header, full);
AT(256, dry_shared_pool_header, empty);
AT(384, dry_shared_pool_header, fresh);
AT(392, dry_shared_pool_header, failures);
AT(400, dry_shared_pool_header, resets);
AT(448, dry_shared_pool_header, partial);
SAME(384, sizeof(dry_shared_pool_batch));
AT(0, dry_shared_pool_batch, next);
AT(4, dry_shared_pool_batch, count);
AT(128, dry_shared_pool_batch, slots);
SAME(128, sizeof(dry_shared_pool_cache_record));
AT(0, dry_shared_pool_cache_record, state);
AT(4, dry_shared_pool_cache_record, opening);
AT(8, dry_shared_pool_cache_record, magazines);
AT(16, dry_shared_pool_cache_record, refills);
AT(24, dry_shared_pool_cache_record, flushes);
SAME(4, DRY_PART_SHARED_POOL);
SAME(1, DRY_SHARED_POOL_FORMAT);
SAME(0x314c504552414853u, DRY_SHARED_POOL_MAGIC);
SAME(64, DRY_SHARED_POOL_MAGAZINE_SLOTS);
SAME(24, DRY_SHARED_POOL_BATCH_BITS);
SAME(12, DRY_SHARED_POOL_OWNER_BITS);
SAME(16, DRY_SHARED_POOL_SPARE_BATCHES);

/* The ABI. */
SAME(40, sizeof(dry_shared_pool_options));
SAME(88, sizeof(dry_shared_pool_stats));
SAME(104, sizeof(dry_shared_pool_cache));
SAME(112, sizeof(dry_shared_pool));

const char kGold[] = "tests/layout/shared_pool.gold";

const char kAbout[] =
    "# SPDX-License-Identifier: MIT OR Apache-2.0\n"
    "# The image of a small shared pool; see shared_pool_layout_test.cc, which makes it.\n";

/** Slots in use by an open and by a closed cache and by none, in full and partly filled batches, and some never taken. */
std::string MakeImage() {
  support::TempDir dir;
  support::Region region;
  dry_region_options create = support::CreateOptions(DRY_REGION_MEMORY, 65536);
  create.part_capacity = 2;
  create.creation_id[0] = 0x1122334455667788;
  create.creation_id[1] = 0x99aabbccddeeff00;
  EXPECT_STATUS(DRY_OK, region.Create(create)) << region.detail.text;
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
  EXPECT_STATUS(DRY_OK, region.Save(dir.File("image"))) << region.detail.text;
  return support::ReadFile(dir.File("image"));
}

TEST(SharedPoolLayout, TheMagicSpellsItsName) {
  const uint64_t magic = DRY_SHARED_POOL_MAGIC;
  EXPECT_EQ(0, memcmp(&magic, "SHAREPL1", 8));
}

TEST(SharedPoolLayout, TheSameOperationsGiveTheGoldenBytes) {
  const std::string text = kAbout + golden::TextOf(MakeImage());
  EXPECT_EQ(support::ReadFile(kGold), text) << "the stored bytes have changed: raise the format's number, regenerate";
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
