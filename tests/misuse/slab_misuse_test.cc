/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What callers get wrong with a slab: each answers a status and crashes nothing. Wrong frees: see tests/unit. */
#include <cstring>

#include "tests/support/slab.h"

namespace {

using support::Slab;
using support::SlabOptions;

void Refuses(dry_status expected, const dry_slab_options &options, const char *named) {
  dry_slab slab = {&slab};
  dry_detail detail = {};
  EXPECT_STATUS(expected, dry_slab_create(&options, &slab, &detail)) << named;
  EXPECT_NE(nullptr, strstr(detail.text, named)) << detail.text;
  EXPECT_EQ(nullptr, slab.state);
}

TEST(SlabMisuse, CreateWithoutOptionsOrHandle) {
  const dry_slab_options options = SlabOptions(4096);
  dry_slab slab;
  dry_detail detail;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_slab_create(nullptr, &slab, &detail));
  EXPECT_STRNE("", detail.text);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_slab_create(&options, nullptr, &detail));
  EXPECT_STREQ("slab_out: must not be NULL", detail.text);
}

TEST(SlabMisuse, CreateWithAnotherStructSize) {
  for (uint32_t size : {0u, 1u, static_cast<uint32_t>(sizeof(dry_slab_options)) - 1, UINT32_MAX}) {
    dry_slab_options options = SlabOptions(4096);
    options.struct_size = size;
    Refuses(DRY_INVALID_ARGUMENT, options, "struct_size");
  }
}

TEST(SlabMisuse, CreateOfTooFewOrTooManyBytes) {
  for (uint64_t bytes : {0u, 1u, 4095u}) Refuses(DRY_INVALID_ARGUMENT, SlabOptions(bytes), "bytes");
  for (uint64_t bytes : {uint64_t{DRY_SLAB_BYTES_MAX} + 1, UINT64_MAX, UINT64_MAX - 4096}) {
    Refuses(DRY_TOO_LARGE, SlabOptions(bytes), "bytes");
  }
}

TEST(SlabMisuse, CreateWithUnknownFlags) {
  Refuses(DRY_INVALID_ARGUMENT, SlabOptions(4096, 128), "flags");
  Refuses(DRY_INVALID_ARGUMENT, SlabOptions(4096, DRY_MEMORY_TRACK), "flags");
}

TEST(SlabMisuse, CreateOverAWrongSpan) {
  alignas(4096) static uint8_t span[2 * 4096];
  Refuses(DRY_INVALID_ARGUMENT, SlabOptions(4096, 0, span + 1), "span");
  Refuses(DRY_INVALID_ARGUMENT, SlabOptions(4096, 0, span + 2048), "span");
  Refuses(DRY_INVALID_ARGUMENT, SlabOptions(4097, 0, span), "bytes");
  Refuses(DRY_INVALID_ARGUMENT, SlabOptions(4096, DRY_MEMORY_PREFAULT, span), "flags");
  Refuses(DRY_INVALID_ARGUMENT, SlabOptions(8192, 0, reinterpret_cast<void *>(~uintptr_t{0} & ~uintptr_t{4095})), "span");
}

TEST(SlabMisuse, AllocOfNothing) {
  Slab slab(4096);
  void *memory = &slab;
  uint64_t of_class = 9;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, slab.Alloc(0, &memory, &of_class));
  EXPECT_EQ(nullptr, memory);
  EXPECT_EQ(0u, of_class);
  EXPECT_EQ(0u, slab.Stats().failures) << "a wrong argument is no failure of the slab";
}

TEST(SlabMisuse, CallsWithNull) {
  Slab slab(4096);
  dry_slab_stats stats;
  dry_detail detail;
  void *memory = &slab;
  uint64_t bytes = 9;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_slab_alloc(nullptr, 8, &memory, nullptr));
  EXPECT_EQ(nullptr, memory);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_slab_alloc(&slab.handle, 8, nullptr, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_slab_free(nullptr, &slab));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_slab_usable_bytes(nullptr, &slab, &bytes));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_slab_usable_bytes(&slab.handle, &slab, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_slab_reset(nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_slab_base(nullptr, &memory));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_slab_base(&slab.handle, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_slab_validate(nullptr, &detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_slab_get_stats(nullptr, &stats));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_slab_get_stats(&slab.handle, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_slab_close(nullptr));
  EXPECT_EQ(0u, slab.Stats().in_use);
}

TEST(SlabMisuse, UseAfterCloseAndCloseTwice) {
  Slab slab(4096);
  uint8_t *small = slab.Take(8), *large = slab.Take(5000);
  EXPECT_STATUS(DRY_OK, dry_slab_close(&slab.handle));
  void *memory = &slab;
  uint64_t bytes;
  dry_slab_stats stats;
  dry_detail detail;
  EXPECT_STATUS(DRY_CLOSED, slab.Alloc(8, &memory));
  EXPECT_EQ(nullptr, memory);
  EXPECT_STATUS(DRY_CLOSED, slab.Alloc(0, &memory)) << "before the arguments";
  EXPECT_STATUS(DRY_CLOSED, slab.Free(small));
  EXPECT_STATUS(DRY_CLOSED, slab.Free(large));
  EXPECT_STATUS(DRY_CLOSED, dry_slab_usable_bytes(&slab.handle, small, &bytes));
  EXPECT_STATUS(DRY_CLOSED, dry_slab_reset(&slab.handle));
  EXPECT_STATUS(DRY_CLOSED, dry_slab_base(&slab.handle, &memory));
  EXPECT_STATUS(DRY_CLOSED, dry_slab_validate(&slab.handle, &detail));
  EXPECT_STRNE("", detail.text);
  EXPECT_STATUS(DRY_CLOSED, dry_slab_get_stats(&slab.handle, &stats));
  EXPECT_STATUS(DRY_OK, dry_slab_close(&slab.handle));
}

}  // namespace
