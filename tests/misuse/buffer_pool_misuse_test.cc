/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What callers get wrong with a buffer pool: each answers a status, changes nothing and crashes nothing. */
#include <cstring>

#include "tests/support/status.h"

namespace {

class BufferPoolMisuse : public testing::Test {
 protected:
  BufferPoolMisuse() {
    EXPECT_STATUS(DRY_OK, dry_buffer_pool_create(&options, &pool, nullptr));
    EXPECT_STATUS(DRY_OK, dry_buffer_pool_acquire(&pool, &live, &block));
    EXPECT_STATUS(DRY_OK, dry_buffer_pool_write(&pool, live, 0, content, 4));
    EXPECT_STATUS(DRY_OK, dry_buffer_pool_acquire(&pool, &gone, &block));
    EXPECT_STATUS(DRY_OK, dry_buffer_pool_release(&pool, gone));
  }
  ~BufferPoolMisuse() override {
    if (pool.objects.slots != nullptr) {
      EXPECT_STATUS(DRY_OK, dry_buffer_pool_get(&pool, live, &block));
      EXPECT_EQ(0, memcmp(content, block, sizeof content)) << "a refused call changed something";
    }
    EXPECT_STATUS(DRY_OK, dry_buffer_pool_close(&pool));
  }

  const dry_buffer_pool_options options = {sizeof options, 0, 4, 4, 2, 0};
  const uint32_t content[4] = {1, 2, 3, 4};
  dry_buffer_pool pool = {}, never = {};
  uint64_t live = 0, gone = 0, handle = 0;
  void *block = nullptr;
  uint32_t elements[4] = {9, 9, 9, 9};
  dry_buffer_pool_stats stats = {};
};

TEST_F(BufferPoolMisuse, EveryCallThroughNull) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_acquire(nullptr, &handle, &block));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_get(nullptr, live, &block));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_release(nullptr, live));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_read(nullptr, live, 0, elements, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_write(nullptr, live, 0, elements, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_get_stats(nullptr, &stats));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_close(nullptr));
}

TEST_F(BufferPoolMisuse, EveryCallThroughAHandleThatWasNeverOpened) {
  EXPECT_STATUS(DRY_CLOSED, dry_buffer_pool_acquire(&never, &handle, &block));
  EXPECT_STATUS(DRY_CLOSED, dry_buffer_pool_get(&never, live, &block));
  EXPECT_STATUS(DRY_CLOSED, dry_buffer_pool_release(&never, live));
  EXPECT_STATUS(DRY_CLOSED, dry_buffer_pool_read(&never, live, 0, elements, 1));
  EXPECT_STATUS(DRY_CLOSED, dry_buffer_pool_write(&never, live, 0, elements, 1));
  EXPECT_STATUS(DRY_CLOSED, dry_buffer_pool_get_stats(&never, &stats));
  EXPECT_STATUS(DRY_OK, dry_buffer_pool_close(&never));
}

TEST_F(BufferPoolMisuse, UseAfterClose) {
  EXPECT_STATUS(DRY_OK, dry_buffer_pool_close(&pool));
  EXPECT_STATUS(DRY_CLOSED, dry_buffer_pool_get(&pool, live, &block));
  EXPECT_STATUS(DRY_CLOSED, dry_buffer_pool_read(&pool, gone, 0, elements, 1));
  EXPECT_STATUS(DRY_OK, dry_buffer_pool_close(&pool));
}

TEST_F(BufferPoolMisuse, UseAfterRelease) {
  EXPECT_STATUS(DRY_STALE, dry_buffer_pool_get(&pool, gone, &block));
  EXPECT_STATUS(DRY_STALE, dry_buffer_pool_read(&pool, gone, 0, elements, 1));
  EXPECT_STATUS(DRY_STALE, dry_buffer_pool_write(&pool, gone, 0, elements, 1));
}

TEST_F(BufferPoolMisuse, ReleaseTwice) { EXPECT_STATUS(DRY_STALE, dry_buffer_pool_release(&pool, gone)); }

TEST_F(BufferPoolMisuse, NoHandleAtAll) { EXPECT_STATUS(DRY_STALE, dry_buffer_pool_release(&pool, 0)); }

TEST_F(BufferPoolMisuse, NowhereToPutTheAnswer) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_acquire(&pool, nullptr, &block));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_acquire(&pool, &handle, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_get(&pool, live, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_read(&pool, live, 0, nullptr, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_write(&pool, live, 0, nullptr, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_get_stats(&pool, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_create(&options, nullptr, nullptr));
}

TEST_F(BufferPoolMisuse, RangesBeyondTheBlock) {
  for (uint64_t at : {uint64_t{4}, uint64_t{5}, uint64_t{1} << 62, UINT64_MAX}) {
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_read(&pool, live, at, elements, 1)) << at;
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_write(&pool, live, at, elements, 1)) << at;
  }
  for (uint64_t count : {uint64_t{5}, uint64_t{1} << 62, UINT64_MAX}) {
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_read(&pool, live, 0, elements, count)) << count;
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_write(&pool, live, 0, elements, count)) << count;
  }
  for (uint32_t element : elements) EXPECT_EQ(9u, element);
}

TEST_F(BufferPoolMisuse, NoOptions) {
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_create(nullptr, &never, nullptr));
}

TEST_F(BufferPoolMisuse, OptionsOfAnotherVersion) {
  dry_buffer_pool_options wrong = options;
  wrong.struct_size++;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_create(&wrong, &never, nullptr));
}

TEST_F(BufferPoolMisuse, UnknownFlags) {
  dry_buffer_pool_options wrong = options;
  wrong.flags = 1u << 31;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_create(&wrong, &never, nullptr));
}

TEST_F(BufferPoolMisuse, MoreBlocksThanThereAre) {
  EXPECT_STATUS(DRY_OK, dry_buffer_pool_acquire(&pool, &handle, &block));
  EXPECT_STATUS(DRY_FULL, dry_buffer_pool_acquire(&pool, &handle, &block));
  EXPECT_EQ(nullptr, block);
  EXPECT_EQ(0u, handle);
}

}  // namespace
