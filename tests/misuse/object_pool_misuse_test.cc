/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What callers get wrong with an object pool: each answers a status, changes nothing and crashes nothing. */
#include <cstring>
#include <string>
#include <vector>

#include "drystone/inline/object_pool.h"
#include "tests/support/flipper.h"
#include "tests/support/object_pool.h"
#include "tests/support/status.h"

namespace {

using support::ObjectPool;
using support::ObjectPoolOptions;
using support::StatsOf;

class ObjectPoolMisuse : public testing::Test {
 protected:
  ObjectPoolMisuse() : pool(16, 10, 0, true) {
    live = pool.Acquire(7);
    gone = pool.Acquire(8);
    EXPECT_STATUS(DRY_OK, dry_object_pool_release(pool.get(), gone));
    pool.destroyed.clear();
  }
  ~ObjectPoolMisuse() override {
    if (pool.handle.slots == nullptr) return;
    EXPECT_TRUE(pool.destroyed.empty()) << "a refused call destroyed something";
    EXPECT_EQ(7u, pool.ValueOf(live));
    EXPECT_EQ(1u, StatsOf(pool.get()).in_use);
  }

  ObjectPool pool;
  uint64_t live = 0, gone = 0, handle = 0, count = 0;
  void *memory = nullptr;
  dry_object_pool never = {};
  dry_object_pool_stats stats = {};
  dry_detail detail = {};
};

TEST_F(ObjectPoolMisuse, EveryCallThroughNull) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_acquire(nullptr, &handle, &memory));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_acquire_inline(nullptr, &handle, &memory));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_get(nullptr, live, &memory));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_get_inline(nullptr, live, &memory));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_release(nullptr, live));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_release_inline(nullptr, live));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_forget(nullptr, live));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_acquire_many(nullptr, &handle, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_release_many(nullptr, &live, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_next(nullptr, 0, &handle));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_reset(nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_get_stats(nullptr, &stats));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_close(nullptr, &count));
}

TEST_F(ObjectPoolMisuse, EveryCallThroughAHandleThatWasNeverOpened) {
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_acquire(&never, &handle, &memory));
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_acquire_inline(&never, &handle, &memory));
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_get(&never, live, &memory));
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_get_inline(&never, live, &memory));
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_release(&never, live));
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_release_inline(&never, live));
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_forget(&never, live));
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_acquire_many(&never, &handle, 1));
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_release_many(&never, &live, 1));
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_next(&never, 0, &handle));
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_reset(&never));
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_get_stats(&never, &stats));
  EXPECT_STATUS(DRY_OK, dry_object_pool_close(&never, &count));
}

TEST_F(ObjectPoolMisuse, UseAfterClose) {
  EXPECT_STATUS(DRY_OK, dry_object_pool_close(pool.get(), &count));
  EXPECT_EQ(1u, count);
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_get(pool.get(), live, &memory));
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_get(pool.get(), gone, &memory)) << "closed comes before stale";
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_release(pool.get(), live));
  EXPECT_STATUS(DRY_CLOSED, dry_object_pool_acquire(pool.get(), &handle, &memory));
  EXPECT_STATUS(DRY_OK, dry_object_pool_close(pool.get(), &count));
  EXPECT_EQ(0u, count);
}

TEST_F(ObjectPoolMisuse, NowhereToPutTheAnswer) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_acquire(pool.get(), nullptr, &memory));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_acquire(pool.get(), &handle, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_acquire_inline(pool.get(), nullptr, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_get(pool.get(), live, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_get_inline(pool.get(), live, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_next(pool.get(), 0, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_acquire_many(pool.get(), nullptr, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_release_many(pool.get(), nullptr, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_get_stats(pool.get(), nullptr));
  const dry_object_pool_options options = ObjectPoolOptions(8, 8);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_create(&options, nullptr, &detail));
}

TEST_F(ObjectPoolMisuse, ReleaseTwice) {
  EXPECT_STATUS(DRY_STALE, dry_object_pool_release(pool.get(), gone));
  EXPECT_STATUS(DRY_STALE, dry_object_pool_release_inline(pool.get(), gone));
  EXPECT_STATUS(DRY_STALE, dry_object_pool_forget(pool.get(), gone));
}

TEST_F(ObjectPoolMisuse, UseAfterRelease) {
  EXPECT_STATUS(DRY_STALE, dry_object_pool_get(pool.get(), gone, &memory));
  EXPECT_EQ(nullptr, memory);
}

TEST_F(ObjectPoolMisuse, AHandleOfAnotherPool) {
  ObjectPool other(16, 100);
  uint64_t handles[50];
  ASSERT_STATUS(DRY_OK, dry_object_pool_acquire_many(other.get(), handles, 50));
  EXPECT_STATUS(DRY_STALE, dry_object_pool_release(pool.get(), handles[49]));
  EXPECT_STATUS(DRY_STALE, dry_object_pool_get(pool.get(), handles[5], &memory));
}

TEST_F(ObjectPoolMisuse, NoHandleAtAll) {
  EXPECT_STATUS(DRY_STALE, dry_object_pool_release(pool.get(), 0));
  EXPECT_STATUS(DRY_STALE, dry_object_pool_get(pool.get(), 0, &memory));
}

TEST_F(ObjectPoolMisuse, ASlotInsteadOfAHandle) {
  for (uint64_t slot = 0; slot < 12; slot++) {
    EXPECT_STATUS(DRY_STALE, dry_object_pool_release(pool.get(), slot));
    EXPECT_STATUS(DRY_STALE, dry_object_pool_release_inline(pool.get(), slot));
  }
}

TEST_F(ObjectPoolMisuse, TheSameHandleTwiceInOneArray) {
  const uint64_t twice[] = {live, live};
  EXPECT_STATUS(DRY_STALE, dry_object_pool_release_many(pool.get(), twice, 2));
}

TEST_F(ObjectPoolMisuse, AStaleHandleInAnArray) {
  const uint64_t handles[] = {live, gone};
  EXPECT_STATUS(DRY_STALE, dry_object_pool_release_many(pool.get(), handles, 2));
}

TEST_F(ObjectPoolMisuse, TakingMoreThanThereIs) {
  uint64_t room[1] = {7};
  for (uint64_t many : {uint64_t{10}, uint64_t{1} << 32, UINT64_MAX}) {
    EXPECT_STATUS(DRY_FULL, dry_object_pool_acquire_many(pool.get(), room, many));
  }
  EXPECT_EQ(7u, room[0]);
}

TEST_F(ObjectPoolMisuse, SizesThatAreZeroTooLargeOrOverflow) {
  const uint64_t max = uint64_t{1} << 30;
  const struct {
    uint64_t object_bytes, capacity, align;
    dry_status status;
    const char *field;
  } cases[] = {{0, 1, 0, DRY_INVALID_ARGUMENT, "object_bytes"},
               {1, 0, 0, DRY_INVALID_ARGUMENT, "capacity"},
               {max + 1, 1, 0, DRY_TOO_LARGE, "object_bytes"},
               {UINT64_MAX, 1, 0, DRY_TOO_LARGE, "object_bytes"},
               {UINT64_MAX, UINT64_MAX, 0, DRY_TOO_LARGE, "object_bytes"},
               {1, max + 1, 0, DRY_TOO_LARGE, "capacity"},
               {1, UINT64_MAX, 0, DRY_TOO_LARGE, "capacity"},
               {max, max, 4096, DRY_TOO_LARGE, "capacity"},
               {65536, max, 0, DRY_TOO_LARGE, "capacity"},
               {8, 8, 3, DRY_INVALID_ARGUMENT, "align_bytes"},
               {8, 8, 8192, DRY_INVALID_ARGUMENT, "align_bytes"},
               {8, 8, UINT64_MAX, DRY_INVALID_ARGUMENT, "align_bytes"}};
  for (const auto &c : cases) {
    dry_object_pool_options options = ObjectPoolOptions(c.object_bytes, c.capacity);
    options.align_bytes = c.align;
    EXPECT_STATUS(c.status, dry_object_pool_create(&options, &never, &detail)) << c.object_bytes << " " << c.capacity;
    EXPECT_EQ(0u, std::string(detail.text).find(std::string(c.field) + ":")) << detail.text;
    EXPECT_EQ(nullptr, never.slots);
  }
}

TEST_F(ObjectPoolMisuse, MoreThanThereIsMemory) {
  // 2^46 bytes less a little: within the limits. A system that promises whatever it is asked for may map even that.
  const dry_object_pool_options options = ObjectPoolOptions((uint64_t{1} << 30) - 4096, 65535);
  const dry_status status = dry_object_pool_create(&options, &never, &detail);
  if (status == DRY_OK) {
    EXPECT_STATUS(DRY_OK, dry_object_pool_close(&never, nullptr));
    return;
  }
  EXPECT_STATUS(DRY_OUT_OF_MEMORY, status);
  EXPECT_EQ(0u, std::string(detail.text).find("memory: ")) << detail.text;
}

TEST_F(ObjectPoolMisuse, NoOptions) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_create(nullptr, &never, &detail));
}

TEST_F(ObjectPoolMisuse, OptionsOfAnotherVersion) {
  dry_object_pool_options options = ObjectPoolOptions(8, 8);
  options.struct_size = 0;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_create(&options, &never, &detail));
  EXPECT_EQ(0u, std::string(detail.text).find("struct_size:"));
}

TEST_F(ObjectPoolMisuse, UnknownFlags) {
  const dry_object_pool_options options = ObjectPoolOptions(8, 8, DRY_MEMORY_FLAGS + 1);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_object_pool_create(&options, &never, &detail));
  EXPECT_EQ(0u, std::string(detail.text).find("flags:"));
}

/** A handle that was checked is not read from the caller's list again: it might be another one by then. */
TEST_F(ObjectPoolMisuse, ChangeAListWhileItsObjectsAreReleased) {
  constexpr uint32_t kCount = 1000;
  for (uint32_t flags : {0u, unsigned{DRY_MEMORY_WIPE}}) {
    ObjectPool pool(8, kCount, flags);
    std::vector<uint64_t> list(kCount);
    for (int i = 0; i < 2000; i++) {
      ASSERT_STATUS(DRY_OK, dry_object_pool_acquire_many(pool.get(), list.data(), kCount));
      dry_status status;
      do {
        const support::Flipper other(&list[0], uint64_t{1} << 32 | 0xfffffff0);
        status = dry_object_pool_release_many(pool.get(), list.data(), kCount);
      } while (status == DRY_STALE);
      ASSERT_STATUS(DRY_OK, status);
    }
    EXPECT_EQ(2000u * kCount, StatsOf(pool.get()).destroyed);
  }
}

}  // namespace
