/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What callers get wrong with a scratch: each answers a status and crashes nothing. Scopes: see tests/unit. */
#include <cstring>
#include <thread>

#include "tests/support/status.h"

namespace {

dry_scratch_options Options(uint64_t capacity) {
  dry_scratch_options options = {};
  options.struct_size = sizeof options;
  options.capacity_bytes = capacity;
  return options;
}

void RefusesToConfigure(const dry_scratch_options *options, const char *named) {
  dry_detail detail = {};
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_configure(options, &detail)) << named;
  EXPECT_NE(nullptr, strstr(detail.text, named)) << detail.text;
}

TEST(ScratchMisuse, ConfigureWithWrongOptions) {
  RefusesToConfigure(nullptr, "options");
  dry_scratch_options options = Options(0);
  options.struct_size = 1;
  RefusesToConfigure(&options, "struct_size");
  for (uint64_t capacity : {uint64_t{1}, uint64_t{DRY_SCRATCH_BYTES_MIN} - 1, uint64_t{DRY_SCRATCH_BYTES_MAX} + 1, UINT64_MAX}) {
    options = Options(capacity);
    RefusesToConfigure(&options, "capacity_bytes");
  }
  options = Options(0);
  options.overflow = 3;
  RefusesToConfigure(&options, "overflow");
  options = Options(0);
  options.flags = DRY_MEMORY_TRACK;
  RefusesToConfigure(&options, "flags");
  options = Options(0);
  options.reserve = 2;
  RefusesToConfigure(&options, "reserve");
  std::thread([] {
    dry_scratch *scratch;
    dry_scratch_stats stats;
    EXPECT_STATUS(DRY_OK, dry_scratch_thread(&scratch));
    EXPECT_STATUS(DRY_OK, dry_scratch_get_stats(scratch, &stats));
    EXPECT_EQ(DRY_SCRATCH_BYTES_DEFAULT, stats.capacity_bytes) << "nothing changed";
  }).join();
}

TEST(ScratchMisuse, CreateWithWrongOptions) {
  dry_scratch scratch;
  dry_detail detail;
  dry_scratch_options options = Options(0);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_create(&options, nullptr, &detail));
  EXPECT_STREQ("scratch_out: must not be NULL", detail.text);
  options.struct_size = 0;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_create(&options, &scratch, &detail));
  options = Options(UINT64_MAX);
  EXPECT_STATUS(DRY_TOO_LARGE, dry_scratch_create(&options, &scratch, &detail));
  EXPECT_NE(nullptr, strstr(detail.text, "capacity_bytes")) << detail.text;
  options = Options(0);
  options.overflow = 7;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_create(&options, &scratch, &detail));
  EXPECT_STATUS(DRY_OK, dry_scratch_close(&scratch)) << "it counts as closed";
}

TEST(ScratchMisuse, CallsWithNull) {
  dry_scratch scratch = {};
  ASSERT_STATUS(DRY_OK, dry_scratch_create(nullptr, &scratch, nullptr));
  dry_scratch_scope scope = {1, 1};
  dry_scratch_stats stats;
  void *memory = &scratch;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_begin(nullptr, &scope));
  EXPECT_EQ(0u, scope.depth);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_begin(&scratch, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_end(nullptr, &scope));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_end(&scratch, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_alloc(nullptr, 1, 1, &memory));
  EXPECT_EQ(nullptr, memory);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_alloc(&scratch, 1, 1, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_ensure(nullptr, 1, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_reset(nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_get_stats(nullptr, &stats));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_get_stats(&scratch, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_get_thread_stats(nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_thread(nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_close(nullptr));
  EXPECT_STATUS(DRY_OK, dry_scratch_close(&scratch));
}

TEST(ScratchMisuse, UseAfterClose) {
  dry_scratch scratch = {};
  dry_scratch_scope scope, other;
  ASSERT_STATUS(DRY_OK, dry_scratch_create(nullptr, &scratch, nullptr));
  ASSERT_STATUS(DRY_OK, dry_scratch_begin(&scratch, &scope));
  EXPECT_STATUS(DRY_OK, dry_scratch_close(&scratch)) << "whatever is open";
  EXPECT_STATUS(DRY_OK, dry_scratch_close(&scratch));
  dry_scratch_stats stats;
  void *memory;
  EXPECT_STATUS(DRY_CLOSED, dry_scratch_end(&scratch, &scope));
  EXPECT_STATUS(DRY_CLOSED, dry_scratch_begin(&scratch, &other));
  EXPECT_STATUS(DRY_CLOSED, dry_scratch_alloc(&scratch, 1, 1, &memory));
  EXPECT_STATUS(DRY_CLOSED, dry_scratch_ensure(&scratch, 1, 1));
  EXPECT_STATUS(DRY_CLOSED, dry_scratch_reset(&scratch));
  EXPECT_STATUS(DRY_CLOSED, dry_scratch_get_stats(&scratch, &stats));
}

TEST(ScratchMisuse, CloseOfAThreadsOwn) {
  dry_scratch *scratch;
  ASSERT_STATUS(DRY_OK, dry_scratch_thread(&scratch));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_close(scratch));
  void *memory;
  EXPECT_STATUS(DRY_OK, dry_scratch_alloc(scratch, 1, 1, &memory)) << "it goes on";
  EXPECT_STATUS(DRY_OK, dry_scratch_release_thread());
}

TEST(ScratchMisuse, EndOfAScopeThatWasMadeUp) {
  dry_scratch scratch = {};
  ASSERT_STATUS(DRY_OK, dry_scratch_create(nullptr, &scratch, nullptr));
  dry_scratch_scope scope;
  ASSERT_STATUS(DRY_OK, dry_scratch_begin(&scratch, &scope));
  for (uint64_t depth : {uint64_t{0}, uint64_t{1}, uint64_t{2}, UINT64_MAX}) {
    for (uint64_t serial : {uint64_t{0}, uint64_t{1}, scope.serial + 1, UINT64_MAX}) {
      const dry_scratch_scope made_up = {depth, serial};
      EXPECT_STATUS(DRY_STALE, dry_scratch_end(&scratch, &made_up)) << depth << ", " << serial;
    }
  }
  EXPECT_STATUS(DRY_OK, dry_scratch_end(&scratch, &scope));
  EXPECT_STATUS(DRY_OK, dry_scratch_close(&scratch));
}

TEST(ScratchMisuse, AllocWithAWrongAlignmentOrSize) {
  dry_scratch scratch = {};
  ASSERT_STATUS(DRY_OK, dry_scratch_create(nullptr, &scratch, nullptr));
  void *memory;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_alloc(&scratch, 1, 3, &memory));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_scratch_ensure(&scratch, 1, 0));
  EXPECT_STATUS(DRY_FULL, dry_scratch_alloc(&scratch, UINT64_MAX, 4096, &memory));
  EXPECT_STATUS(DRY_OK, dry_scratch_close(&scratch));
}

}  // namespace
