/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pools as parts of regions: found again, read by others, refused where they must be, and set right from their marks. */
#include <algorithm>
#include <cstring>

#include "tests/support/kv.h"
#include "tests/support/places.h"
#include "tests/support/pool.h"
#include "tests/support/status.h"

namespace {

using support::Pool;
using support::PoolOptions;
using support::PoolSpan;
using support::Region;
using support::StatsOf;
using support::UsedOf;

const uint64_t kBytes = 65536;

/** A region in a file with a pool of 100 objects of 24 bytes. */
class PoolPart : public testing::Test {
 protected:
  void SetUp() override {
    path = dir.File("region");
    ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_FILE, kBytes, path.c_str())) << region.detail.text;
    ASSERT_STATUS(DRY_OK, pool.CreateIn(&region, PoolOptions(24, 100))) << pool.detail.text;
  }
  support::TempDir dir;
  std::string path;
  Region region;
  Pool pool;
};

TEST_F(PoolPart, IsListedVerifiedAndFoundAgain) {
  for (int i = 0; i < 10; i++) pool.Acquire();
  std::memcpy(pool.At(4), "hello", 6);
  EXPECT_STATUS(DRY_OK, pool.Release(7));
  dry_part_info info = {};
  ASSERT_STATUS(DRY_OK, dry_region_find_part(&region.handle, "pool", 4, &info));
  EXPECT_EQ(static_cast<uint32_t>(DRY_PART_POOL), info.kind);
  EXPECT_EQ(static_cast<uint32_t>(DRY_POOL_FORMAT), info.format);
  EXPECT_STATUS(DRY_OK, region.Verify()) << region.detail.text;
  EXPECT_STATUS(DRY_OK, dry_pool_close(pool.get()));
  EXPECT_STATUS(DRY_OK, region.Close());
  ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE));
  ASSERT_STATUS(DRY_OK, pool.Open(&region)) << pool.detail.text;
  EXPECT_EQ(9u, StatsOf(pool.get()).in_use);
  EXPECT_STREQ("hello", reinterpret_cast<char *>(pool.At(4)));
  EXPECT_EQ(7u, pool.Acquire());
  EXPECT_EQ(10u, pool.Acquire());
}

TEST_F(PoolPart, SurvivesSavingAndLoading) {
  for (int i = 0; i < 10; i++) EXPECT_STATUS(DRY_OK, dry_pool_fill(pool.get(), pool.Acquire(), 'x'));
  EXPECT_STATUS(DRY_OK, pool.Release(3));
  ASSERT_STATUS(DRY_OK, region.Save(dir.File("image"))) << region.detail.text;
  Region loaded;
  ASSERT_STATUS(DRY_OK, loaded.Load(dir.File("image"), DRY_REGION_MEMORY)) << loaded.detail.text;
  Pool other;
  ASSERT_STATUS(DRY_OK, other.Open(&loaded)) << other.detail.text;
  EXPECT_EQ(UsedOf(pool.get()), UsedOf(other.get()));
  EXPECT_EQ(std::string(24, 'x'), other.Read(9));
  EXPECT_EQ(3u, other.Acquire());
}

TEST_F(PoolPart, OpenedForReadingCanBeLookedAtAndNothingElse) {
  for (int i = 0; i < 3; i++) pool.Acquire();
  std::memcpy(pool.At(1), "hello", 6);
  EXPECT_STATUS(DRY_OK, pool.Release(2));
  Region reader;
  ASSERT_STATUS(DRY_OK, reader.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ));
  Pool looking;
  ASSERT_STATUS(DRY_OK, looking.Open(&reader)) << looking.detail.text;
  uint32_t slot = 1;
  void *memory = &slot;
  EXPECT_STATUS(DRY_READ_ONLY, dry_pool_acquire(looking.get(), &slot));
  EXPECT_EQ(0u, slot);
  EXPECT_STATUS(DRY_READ_ONLY, dry_pool_alloc(looking.get(), &memory));
  EXPECT_EQ(nullptr, memory);
  EXPECT_STATUS(DRY_READ_ONLY, dry_pool_acquire_many(looking.get(), &slot, 1));
  EXPECT_STATUS(DRY_READ_ONLY, dry_pool_release(looking.get(), 1));
  EXPECT_STATUS(DRY_READ_ONLY, dry_pool_release_many(looking.get(), &slot, 1));
  EXPECT_STATUS(DRY_READ_ONLY, dry_pool_free(looking.get(), looking.At(1)));
  EXPECT_STATUS(DRY_READ_ONLY, dry_pool_free_at(looking.get(), 0));
  EXPECT_STATUS(DRY_READ_ONLY, dry_pool_fill(looking.get(), 1, 0));
  EXPECT_STATUS(DRY_READ_ONLY, dry_pool_write(looking.get(), 1, 0, "x", 1));
  EXPECT_STATUS(DRY_READ_ONLY, dry_pool_reset(looking.get()));
  EXPECT_EQ("hello", std::string(looking.Read(1).c_str()));
  EXPECT_EQ((std::vector<uint32_t>{0, 1}), UsedOf(looking.get()));
  EXPECT_EQ(2u, StatsOf(looking.get()).in_use);
  EXPECT_EQ(0u, StatsOf(looking.get()).failures) << "refused requests are not counted there";
  EXPECT_STATUS(DRY_OK, dry_pool_slot_of(looking.get(), looking.At(1), &slot));
  EXPECT_EQ(1u, slot);
  pool.Acquire();
  EXPECT_EQ(3u, StatsOf(looking.get()).in_use) << "it sees what the writer does";
}

TEST_F(PoolPart, SharedBesideTheWriterItIsReadOnlyToo) {
  Region beside;
  ASSERT_STATUS(DRY_OK, beside.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_SHARE)) << beside.detail.text;
  Pool looking;
  ASSERT_STATUS(DRY_OK, looking.Open(&beside)) << looking.detail.text;
  uint32_t slot;
  EXPECT_STATUS(DRY_READ_ONLY, dry_pool_acquire(looking.get(), &slot));
}

TEST_F(PoolPart, IsClosedWithItsRegion) {
  pool.Acquire();
  void *memory = pool.At(0);
  EXPECT_STATUS(DRY_OK, region.Close());
  uint32_t slot;
  dry_pool_stats stats;
  EXPECT_STATUS(DRY_CLOSED, dry_pool_acquire(pool.get(), &slot));
  EXPECT_STATUS(DRY_CLOSED, dry_pool_release(pool.get(), 0));
  EXPECT_STATUS(DRY_CLOSED, dry_pool_release(pool.get(), 1)) << "also what would be stale";
  EXPECT_STATUS(DRY_CLOSED, dry_pool_free(pool.get(), memory));
  EXPECT_STATUS(DRY_CLOSED, dry_pool_free_at(pool.get(), 1));
  EXPECT_STATUS(DRY_CLOSED, dry_pool_at(pool.get(), 0, &memory));
  EXPECT_STATUS(DRY_CLOSED, dry_pool_get_stats(pool.get(), &stats));
  EXPECT_STATUS(DRY_CLOSED, dry_pool_next_used(pool.get(), 0, &slot));
  EXPECT_STATUS(DRY_CLOSED, dry_pool_validate(pool.get(), nullptr));
  EXPECT_STATUS(DRY_OK, dry_pool_close(pool.get()));
}

TEST_F(PoolPart, OfAWriterThatWasTakenOverIsStale) {
  for (int i = 0; i < 2; i++) pool.Acquire();
  Region next;
  ASSERT_STATUS(DRY_OK, next.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE, DRY_REGION_TAKE_OVER));
  uint32_t slot;
  EXPECT_STATUS(DRY_STALE, dry_pool_acquire(pool.get(), &slot));
  EXPECT_STATUS(DRY_STALE, dry_pool_release(pool.get(), 0));
  EXPECT_STATUS(DRY_STALE, dry_pool_reset(pool.get()));
  EXPECT_STATUS(DRY_STALE, dry_pool_fill(pool.get(), 0, 1));
  EXPECT_EQ(2u, UsedOf(pool.get()).size()) << "it may still look";
  Pool late;
  EXPECT_STATUS(DRY_STALE, late.Open(&region));
  EXPECT_NE(nullptr, strstr(late.detail.text, "pool")) << late.detail.text;
  EXPECT_STATUS(DRY_STALE, late.CreateIn(&region, PoolOptions(8, 1), "new"));
  Pool other;
  ASSERT_STATUS(DRY_OK, other.Open(&next)) << other.detail.text;
  EXPECT_EQ(2u, other.Acquire());
}

TEST_F(PoolPart, TwoHandlesInOneProcessAreOnePool) {
  Pool second;
  ASSERT_STATUS(DRY_OK, second.Open(&region)) << second.detail.text;
  EXPECT_EQ(0u, pool.Acquire());
  EXPECT_EQ(1u, second.Acquire());
  EXPECT_STATUS(DRY_OK, second.Release(0));
  EXPECT_STATUS(DRY_STALE, pool.Release(0));
  EXPECT_EQ(0u, pool.Acquire());
  EXPECT_STATUS(DRY_OK, dry_pool_close(second.get()));
  EXPECT_EQ(2u, pool.Acquire());
}

TEST_F(PoolPart, NamesAndKindsAreChecked) {
  Pool other;
  EXPECT_STATUS(DRY_ALREADY_EXISTS, other.CreateIn(&region, PoolOptions(24, 10)));
  EXPECT_NE(nullptr, strstr(other.detail.text, "pool")) << other.detail.text;
  EXPECT_STATUS(DRY_NOT_FOUND, other.Open(&region, "none"));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, other.CreateIn(&region, PoolOptions(24, 10), ""));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, other.CreateIn(&region, PoolOptions(24, 10), std::string(256, 'x')));
  EXPECT_STATUS(DRY_FULL, other.CreateIn(&region, PoolOptions(24, 100000), "large")) << other.detail.text;
  dry_kv_writer kv = {};
  EXPECT_STATUS(DRY_TYPE_MISMATCH, dry_kv_open(&region.handle, "pool", 4, &kv, nullptr));
  const dry_kv_options options = support::KvOptions(10, 100);
  ASSERT_STATUS(DRY_OK, dry_kv_create(&region.handle, "kv", 2, &options, &kv, nullptr));
  EXPECT_STATUS(DRY_OK, dry_kv_writer_close(&kv));
  EXPECT_STATUS(DRY_TYPE_MISMATCH, other.Open(&region, "kv"));
  EXPECT_EQ(nullptr, other.handle.header) << "nothing was opened";
  EXPECT_EQ(2u, region.Stats().part_count) << "and nothing was made";
}

TEST_F(PoolPart, FlagsOfPrivateMemoryAreRefused) {
  Pool other;
  for (uint32_t flag : {DRY_MEMORY_PREFAULT, DRY_MEMORY_HUGE_PAGES, DRY_MEMORY_NUMA_LOCAL, DRY_MEMORY_REQUIRED,
                        DRY_MEMORY_TRACK, 128u}) {
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, other.CreateIn(&region, PoolOptions(24, 10, flag), "other")) << flag;
    EXPECT_NE(nullptr, strstr(other.detail.text, "flags")) << other.detail.text;
  }
}

TEST(PoolPartBuffer, ObjectsNeedABufferThatIsAlignedAsTheyAre) {
  // Parts start at multiples of 4096 from the buffer's start, which may be anywhere but for its 64 bytes.
  uint8_t *memory = static_cast<uint8_t *>(std::aligned_alloc(4096, 2 * kBytes));
  dry_region_options options = support::CreateOptions(DRY_REGION_BUFFER, kBytes);
  options.buffer = memory + 64;
  Region region;
  ASSERT_STATUS(DRY_OK, region.Create(options)) << region.detail.text;
  Pool aligned, wide;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, wide.CreateIn(&region, PoolOptions(128, 10, 0, 128), "wide"));
  EXPECT_NE(nullptr, strstr(wide.detail.text, "align_bytes")) << wide.detail.text;
  EXPECT_STATUS(DRY_OK, aligned.CreateIn(&region, PoolOptions(128, 10, 0, 64), "aligned")) << aligned.detail.text;
  EXPECT_EQ(1u, region.Stats().part_count);
  EXPECT_STATUS(DRY_OK, dry_pool_close(aligned.get()));
  EXPECT_STATUS(DRY_OK, region.Close());
  std::free(memory);
}

TEST(PoolPartShared, IsWhatTheNextProcessFinds) {
  support::SharedName name;
  const dry_pool_options options = PoolOptions(64, 1000, DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE, 64);
  {
    Region region;
    ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_SHARED, support::RegionBytesFor(options) + kBytes, name.c_str()));
    Pool pool;
    ASSERT_STATUS(DRY_OK, pool.CreateIn(&region, options)) << pool.detail.text;
    for (int i = 0; i < 500; i++) pool.Acquire();
    for (uint32_t i = 0; i < 500; i += 7) EXPECT_STATUS(DRY_OK, pool.Release(i));
  }
  Region region;
  ASSERT_STATUS(DRY_OK, region.Open(DRY_REGION_SHARED, name.c_str(), DRY_MODE_WRITE));
  Pool pool;
  ASSERT_STATUS(DRY_OK, pool.Open(&region)) << pool.detail.text;
  for (uint32_t slot : UsedOf(pool.get())) EXPECT_STATUS(DRY_OK, pool.Release(slot));
  EXPECT_EQ(0u, StatsOf(pool.get()).in_use);
}

/* ---- setting right ---- */

/** A span whose pool has slots 0 .. 19 with 3, 8, 5 freed in this order; `damage` works on it while nobody has it open. */
template <typename Damage>
void Repaired(Damage damage, const std::vector<uint32_t> &used, const std::vector<uint32_t> &next) {
  const PoolSpan span(PoolOptions(8, 100));
  {
    Pool pool(span);
    for (int i = 0; i < 20; i++) pool.Acquire();
    for (uint32_t slot : {3u, 8u, 5u}) EXPECT_STATUS(DRY_OK, pool.Release(slot));
  }
  const uint64_t stack = span.header()->stack_offset;
  damage(span.header(), span.data() + DRY_POOL_HEADER_BYTES,
         reinterpret_cast<uint32_t *>(span.data() + stack));
  Pool pool(span);
  EXPECT_STATUS(DRY_OK, pool.Validate()) << pool.detail.text;
  EXPECT_EQ(used, UsedOf(pool.get()));
  for (uint32_t slot : next) EXPECT_EQ(slot, pool.Acquire());
}

std::vector<uint32_t> TwentyWithout(const std::vector<uint32_t> &freed) {
  std::vector<uint32_t> used;
  for (uint32_t slot = 0; slot < 20; slot++) {
    if (std::find(freed.begin(), freed.end(), slot) == freed.end()) used.push_back(slot);
  }
  return used;
}

TEST(PoolRepair, KeepsAStackThatIsRight) {
  Repaired([](dry_pool_header *, uint8_t *, uint32_t *) {}, TwentyWithout({3, 8, 5}), {5, 8, 3, 20});
}

TEST(PoolRepair, PutsTheLowestSlotOnTopWhereTheStackIsMadeAnew) {
  const std::vector<uint32_t> used = TwentyWithout({3, 8, 5}), next = {3, 5, 8, 20};
  Repaired([](dry_pool_header *, uint8_t *, uint32_t *stack) { stack[0] = 1000; }, used, next);
  Repaired([](dry_pool_header *, uint8_t *, uint32_t *stack) { stack[0] = 20; }, used, next);
  Repaired([](dry_pool_header *, uint8_t *, uint32_t *stack) { stack[0] = stack[2]; }, used, next);
  Repaired([](dry_pool_header *, uint8_t *, uint32_t *stack) { stack[1] = 7; }, used, next);
  Repaired([](dry_pool_header *header, uint8_t *, uint32_t *) { header->free_count = 2; }, used, next);
  Repaired([](dry_pool_header *header, uint8_t *, uint32_t *) { header->free_count = 0; }, used, next);
  Repaired([](dry_pool_header *header, uint8_t *, uint32_t *) { header->free_count = UINT32_MAX; }, used, next);
  Repaired([](dry_pool_header *header, uint8_t *, uint32_t *) { header->fresh = UINT32_MAX; }, used, next);
  Repaired([](dry_pool_header *header, uint8_t *, uint32_t *) { header->fresh = 0; }, used, next);
  Repaired([](dry_pool_header *header, uint8_t *, uint32_t *) { header->pending = DRY_POOL_PENDING_STACK; }, used, next);
  Repaired([](dry_pool_header *header, uint8_t *, uint32_t *) { header->pending = 77; }, used, next);
  Repaired([](dry_pool_header *header, uint8_t *, uint32_t *) { header->withdrawn = 4; }, used, next);
  Repaired([](dry_pool_header *, uint8_t *used_bytes, uint32_t *) { used_bytes[7] = 0x41; }, used, next);
  Repaired([](dry_pool_header *, uint8_t *used_bytes, uint32_t *) { used_bytes[101] = 1; }, used, next);
}

TEST(PoolRepair, FollowsTheMarks) {
  Repaired([](dry_pool_header *, uint8_t *used_bytes, uint32_t *) { used_bytes[0] = 0; }, TwentyWithout({0, 3, 5, 8}),
           {0, 3, 5, 8, 20});
  std::vector<uint32_t> used = TwentyWithout({3, 5, 8});
  used.push_back(30);
  Repaired([](dry_pool_header *, uint8_t *used_bytes, uint32_t *) { used_bytes[30] = 1; }, used, {3, 5, 8, 20});
}

TEST(PoolRepair, FinishesAReset) {
  Repaired([](dry_pool_header *header, uint8_t *, uint32_t *) { header->pending = DRY_POOL_PENDING_RESET; }, {},
           {0, 1, 2});
}

TEST(PoolRepair, MovesACounterAfterATakeOrAGiveThatWasCutOff) {
  // The top of the stack is taken: a take that had not lowered the count, or a give that had raised it.
  Repaired([](dry_pool_header *, uint8_t *used_bytes, uint32_t *) { used_bytes[5] = 1; }, TwentyWithout({3, 8}),
           {8, 3, 20});
  std::vector<uint32_t> used = TwentyWithout({3, 8, 5});
  used.push_back(20);
  Repaired([](dry_pool_header *, uint8_t *used_bytes, uint32_t *) { used_bytes[20] = 1; }, used, {5, 8, 3, 21});
}

/* ---- verification ---- */

TEST_F(PoolPart, VerificationSeesDamageAndSaysWhere) {
  for (int i = 0; i < 20; i++) pool.Acquire();
  EXPECT_STATUS(DRY_OK, pool.Release(3));
  EXPECT_STATUS(DRY_OK, pool.Release(8));
  region.DoNotVerify();
  pool.DoNotValidate();
  pool.handle.stack[0] = 8;
  EXPECT_STATUS(DRY_CORRUPT, region.Verify());
  EXPECT_NE(nullptr, strstr(region.detail.text, "pool")) << region.detail.text;
  EXPECT_NE(nullptr, strstr(region.detail.text, "slot 8")) << region.detail.text;
  dry_part_info info = {};
  ASSERT_STATUS(DRY_OK, dry_region_find_part(&region.handle, "pool", 4, &info));
  EXPECT_GT(region.detail.offset, info.offset);
  EXPECT_EQ(8u, pool.handle.stack[0]) << "verification mends nothing";
  EXPECT_STATUS(DRY_CORRUPT, pool.Validate());
}

TEST_F(PoolPart, VerificationTakesWhatAKilledProcessLeavesForSound) {
  for (int i = 0; i < 20; i++) pool.Acquire();
  EXPECT_STATUS(DRY_OK, pool.Release(3));
  pool.handle.used[3] = 1;
  EXPECT_STATUS(DRY_OK, region.Verify()) << region.detail.text;
  pool.handle.used[20] = 1;
  EXPECT_STATUS(DRY_OK, region.Verify()) << region.detail.text;
  Pool next;
  ASSERT_STATUS(DRY_OK, next.Open(&region)) << next.detail.text;
  EXPECT_EQ(21u, StatsOf(next.get()).in_use);
}

}  // namespace
