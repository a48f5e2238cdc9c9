/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Buffer pools: blocks of elements behind handles. What handles promise is tested with object pools. */
#include <cstring>
#include <string>
#include <vector>

#include "tests/support/status.h"

namespace {

dry_buffer_pool_options Options(uint64_t element_bytes, uint64_t elements, uint64_t blocks, uint32_t flags = 0) {
  dry_buffer_pool_options options = {};
  options.struct_size = sizeof options;
  options.flags = flags;
  options.element_bytes = element_bytes;
  options.elements = elements;
  options.blocks = blocks;
  return options;
}

class BufferPool {
 public:
  explicit BufferPool(const dry_buffer_pool_options &options) {
    EXPECT_STATUS(DRY_OK, dry_buffer_pool_create(&options, &handle, &detail)) << detail.text;
  }
  ~BufferPool() { EXPECT_STATUS(DRY_OK, dry_buffer_pool_close(&handle)); }
  dry_buffer_pool *get() { return &handle; }
  dry_buffer_pool_stats Stats() {
    dry_buffer_pool_stats stats = {};
    EXPECT_STATUS(DRY_OK, dry_buffer_pool_get_stats(&handle, &stats));
    return stats;
  }
  uint64_t Acquire(void **block) {
    uint64_t buffer = 0;
    EXPECT_STATUS(DRY_OK, dry_buffer_pool_acquire(&handle, &buffer, block));
    return buffer;
  }

  dry_buffer_pool handle = {};
  dry_detail detail = {};
};

TEST(BufferPool, HandsOutEachBlockOnceAndThenRefuses) {
  BufferPool pool(Options(4, 100, 3));
  std::vector<uint64_t> buffers;
  void *block = nullptr;
  for (uint32_t i = 0; i < 3; i++) {
    buffers.push_back(pool.Acquire(&block));
    EXPECT_EQ(std::string(400, '\0'), std::string(static_cast<char *>(block), 400)) << "zero when it is first taken";
    memset(block, static_cast<int>(i + 1), 400);
  }
  uint64_t none = 1;
  EXPECT_STATUS(DRY_FULL, dry_buffer_pool_acquire(pool.get(), &none, &block));
  EXPECT_EQ(0u, none);
  for (uint32_t i = 0; i < 3; i++) {
    EXPECT_STATUS(DRY_OK, dry_buffer_pool_get(pool.get(), buffers[i], &block));
    EXPECT_EQ(std::string(400, static_cast<char>(i + 1)), std::string(static_cast<char *>(block), 400));
  }
  const dry_buffer_pool_stats stats = pool.Stats();
  EXPECT_EQ(3u, stats.blocks);
  EXPECT_EQ(3u, stats.in_use);
  EXPECT_EQ(3u, stats.peak);
  EXPECT_EQ(100u, stats.elements);
  EXPECT_EQ(4u, stats.element_bytes);
  EXPECT_EQ(1u, stats.failures);
  EXPECT_LE(400u, stats.stride_bytes);
  EXPECT_LE(3 * stats.stride_bytes, stats.size_bytes);
}

TEST(BufferPool, AReleasedHandleIsStaleAlsoWhenItsBlockIsInUseAgain) {
  BufferPool pool(Options(4, 4, 1));
  void *block = nullptr;
  uint32_t elements[4] = {};
  const uint64_t old = pool.Acquire(&block);
  EXPECT_STATUS(DRY_OK, dry_buffer_pool_release(pool.get(), old));
  pool.Acquire(&block);
  EXPECT_STATUS(DRY_STALE, dry_buffer_pool_get(pool.get(), old, &block));
  EXPECT_STATUS(DRY_STALE, dry_buffer_pool_read(pool.get(), old, 0, elements, 4));
  EXPECT_STATUS(DRY_STALE, dry_buffer_pool_read(pool.get(), old, 9, elements, 4)) << "stale comes first";
  EXPECT_STATUS(DRY_STALE, dry_buffer_pool_write(pool.get(), old, 0, elements, 4));
  EXPECT_STATUS(DRY_STALE, dry_buffer_pool_release(pool.get(), old));
}

TEST(BufferPool, CopiesElementsInAndOut) {
  BufferPool pool(Options(8, 10, 2));
  void *block = nullptr;
  const uint64_t first = pool.Acquire(&block), second = pool.Acquire(&block);
  const uint64_t in[3] = {7, 8, 9};
  uint64_t out[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  EXPECT_STATUS(DRY_OK, dry_buffer_pool_write(pool.get(), first, 7, in, 3));
  EXPECT_STATUS(DRY_OK, dry_buffer_pool_read(pool.get(), first, 0, out, 10));
  for (int i = 0; i < 10; i++) EXPECT_EQ(i < 7 ? 0u : static_cast<uint64_t>(i), out[i]);
  EXPECT_STATUS(DRY_OK, dry_buffer_pool_read(pool.get(), second, 0, out, 10));
  for (uint64_t element : out) EXPECT_EQ(0u, element) << "the neighbour is untouched";
  EXPECT_STATUS(DRY_OK, dry_buffer_pool_read(pool.get(), first, 10, nullptr, 0));
  EXPECT_STATUS(DRY_OK, dry_buffer_pool_write(pool.get(), first, 10, nullptr, 0));
}

TEST(BufferPool, RefusesRangesBeyondTheBlock) {
  BufferPool pool(Options(8, 10, 1));
  void *block = nullptr;
  const uint64_t buffer = pool.Acquire(&block);
  uint64_t elements[16] = {5};
  const struct {
    uint64_t at, count;
  } ranges[] = {{0, 11}, {10, 1}, {11, 0}, {9, 2}, {UINT64_MAX, 1}, {1, UINT64_MAX}, {uint64_t{1} << 61, 1}};
  for (const auto &range : ranges) {
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_read(pool.get(), buffer, range.at, elements, range.count));
    EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_buffer_pool_write(pool.get(), buffer, range.at, elements, range.count));
  }
  EXPECT_EQ(5u, elements[0]);
}

TEST(BufferPool, AlignsBlocksByTheirElementsOrAsAsked) {
  for (uint64_t align : {0, 16, 64, 4096}) {
    dry_buffer_pool_options options = Options(12, 5, 20);
    options.align_bytes = align;
    BufferPool pool(options);
    const uint64_t expected = align ? align : 4;
    for (int i = 0; i < 20; i++) {
      void *block = nullptr;
      pool.Acquire(&block);
      EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(block) % expected);
    }
    EXPECT_EQ(0u, pool.Stats().stride_bytes % expected);
  }
}

TEST(BufferPool, WipesABlockBetweenItsUsers) {
  BufferPool pool(Options(4, 16, 1, DRY_MEMORY_WIPE));
  void *block = nullptr;
  const uint64_t buffer = pool.Acquire(&block);
  memset(block, 0x77, 64);
  EXPECT_STATUS(DRY_OK, dry_buffer_pool_release(pool.get(), buffer));
  pool.Acquire(&block);
  EXPECT_EQ(std::string(64, '\0'), std::string(static_cast<char *>(block), 64));
}

TEST(BufferPool, FindsAWriteBeyondABlockWhenGuarded) {
  BufferPool pool(Options(4, 5, 2, DRY_MEMORY_GUARDED));
  void *block = nullptr;
  const uint64_t buffer = pool.Acquire(&block);
  const auto poke = [](uint8_t *at) __attribute__((no_sanitize_address, noinline)) {
    *static_cast<volatile uint8_t *>(at) ^= 1;
  };
  poke(static_cast<uint8_t *>(block) + 20);
  EXPECT_STATUS(DRY_CORRUPT, dry_buffer_pool_release(pool.get(), buffer));
  EXPECT_STATUS(DRY_STALE, dry_buffer_pool_release(pool.get(), buffer));
}

TEST(BufferPool, NamesTheOptionThatIsWrong) {
  const struct {
    uint64_t element_bytes, elements, blocks, align;
    dry_status status;
    const char *field;
  } cases[] = {{0, 1, 1, 0, DRY_INVALID_ARGUMENT, "element_bytes"},
               {1, 0, 1, 0, DRY_INVALID_ARGUMENT, "elements"},
               {1, 1, 0, 0, DRY_INVALID_ARGUMENT, "blocks"},
               {1, 1, 1, 3, DRY_INVALID_ARGUMENT, "align_bytes"},
               {1, 1, 1, 8192, DRY_INVALID_ARGUMENT, "align_bytes"},
               {1, (uint64_t{1} << 30) + 1, 1, 0, DRY_TOO_LARGE, "elements"},
               {uint64_t{1} << 33, uint64_t{1} << 33, 1, 0, DRY_TOO_LARGE, "elements"},
               {UINT64_MAX, UINT64_MAX, 1, 0, DRY_TOO_LARGE, "elements"},
               {1, 1, (uint64_t{1} << 30) + 1, 0, DRY_TOO_LARGE, "blocks"},
               {uint64_t{1} << 30, 1, uint64_t{1} << 20, 0, DRY_TOO_LARGE, "blocks"}};
  for (const auto &c : cases) {
    dry_buffer_pool pool = {};
    dry_detail detail = {};
    dry_buffer_pool_options options = Options(c.element_bytes, c.elements, c.blocks);
    options.align_bytes = c.align;
    EXPECT_STATUS(c.status, dry_buffer_pool_create(&options, &pool, &detail)) << c.field;
    EXPECT_EQ(0u, std::string(detail.text).find(std::string(c.field) + ":")) << detail.text;
    EXPECT_STATUS(DRY_OK, dry_buffer_pool_close(&pool));
  }
}

}  // namespace
