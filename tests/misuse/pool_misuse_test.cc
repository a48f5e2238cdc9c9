/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What callers get wrong with a pool: each answers a status, crashes nothing, and leaves the pool as it was. */
#include <cstring>
#include <functional>
#include <memory>
#include <thread>

#include "tests/support/flipper.h"
#include "tests/support/pool.h"
#include "tests/support/process.h"
#include "tests/support/status.h"

namespace {

using support::Pool;
using support::PoolOptions;
using support::PoolSpan;
using support::StatsOf;
using support::UsedOf;

/** Creating with these options must fail, name `field`, and open nothing. */
void Refused(dry_status expected, const dry_pool_options &options, const char *field) {
  Pool pool;
  EXPECT_STATUS(expected, dry_pool_create(&options, pool.get(), &pool.detail));
  EXPECT_NE(nullptr, strstr(pool.detail.text, field)) << pool.detail.text;
  EXPECT_EQ(expected, pool.detail.status);
  EXPECT_EQ(nullptr, pool.handle.header);
}

TEST(PoolMisuse, CreateWithoutOptionsOrHandle) {
  Pool pool;
  const dry_pool_options options = PoolOptions(8, 8);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_create(nullptr, pool.get(), &pool.detail));
  EXPECT_STRNE("", pool.detail.text);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_create(&options, nullptr, nullptr));
}

TEST(PoolMisuse, CreateWithAnotherStructSize) {
  for (uint32_t size : {0u, 1u, static_cast<uint32_t>(sizeof(dry_pool_options)) - 1, UINT32_MAX}) {
    dry_pool_options options = PoolOptions(8, 8);
    options.struct_size = size;
    Refused(DRY_INVALID_ARGUMENT, options, "struct_size");
  }
}

TEST(PoolMisuse, CreateWithSizesOfZero) {
  Refused(DRY_INVALID_ARGUMENT, PoolOptions(0, 8), "object_bytes");
  Refused(DRY_INVALID_ARGUMENT, PoolOptions(8, 0), "capacity_slots");
}

TEST(PoolMisuse, CreateWithSizesBeyondTheLimits) {
  const uint64_t object = DRY_POOL_OBJECT_BYTES_MAX, capacity = DRY_POOL_CAPACITY_MAX;
  for (uint64_t wrong : {object + 1, UINT64_C(1) << 32, UINT64_MAX}) Refused(DRY_TOO_LARGE, PoolOptions(wrong, 8), "object_bytes");
  for (uint64_t wrong : {capacity + 1, UINT64_C(1) << 32, UINT64_MAX})
    Refused(DRY_TOO_LARGE, PoolOptions(8, wrong), "capacity_slots");
}

TEST(PoolMisuse, CreateWithAProductBeyondTheLimit) {
  Refused(DRY_TOO_LARGE, PoolOptions(DRY_POOL_OBJECT_BYTES_MAX, DRY_POOL_CAPACITY_MAX), "2^46");
  Refused(DRY_TOO_LARGE, PoolOptions(65536, DRY_POOL_CAPACITY_MAX), "2^46");
}

TEST(PoolMisuse, CreateLargerThanThisMachine) {
  const support::Held before = support::HeldNow();
  Pool pool;
  const dry_pool_options options = PoolOptions(60000, DRY_POOL_CAPACITY_MAX);
  EXPECT_STATUS(DRY_OUT_OF_MEMORY, dry_pool_create(&options, pool.get(), &pool.detail)) << pool.detail.text;
  EXPECT_NE(0, pool.detail.os_error);
  EXPECT_TRUE(before == support::HeldNow());
}

TEST(PoolMisuse, CreateWithABadAlignment) {
  for (uint64_t align : {UINT64_C(3), UINT64_C(6), UINT64_C(4097), UINT64_C(8192), UINT64_C(1) << 63, UINT64_MAX})
    Refused(DRY_INVALID_ARGUMENT, PoolOptions(8, 8, 0, align), "align_bytes");
}

TEST(PoolMisuse, CreateWithUnknownFlags) {
  for (uint32_t flags : {128u, 1u << 31, UINT32_MAX}) Refused(DRY_INVALID_ARGUMENT, PoolOptions(8, 8, flags), "flags");
}

TEST(PoolMisuse, AskForTheSizeOfWhatCannotBe) {
  uint64_t bytes = 1;
  const dry_pool_options good = PoolOptions(8, 8), none = PoolOptions(0, 8), huge = PoolOptions(8, UINT64_MAX),
                         tracked = PoolOptions(8, 8, DRY_MEMORY_TRACK);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_required_bytes(&good, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_required_bytes(nullptr, &bytes));
  EXPECT_EQ(0u, bytes);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_required_bytes(&none, &bytes));
  EXPECT_STATUS(DRY_TOO_LARGE, dry_pool_required_bytes(&huge, &bytes));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_required_bytes(&tracked, &bytes)) << "a span has no side table";
}

TEST(PoolMisuse, LayOutInABadSpan) {
  const dry_pool_options options = PoolOptions(8, 8), wide = PoolOptions(8, 8, 0, 1024);
  support::Buffer buffer(16384);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_init(nullptr, 4096, &options));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_init(buffer.data(), 4096, nullptr));
  for (int offset : {1, 8, 32, 63}) EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_init(buffer.data() + offset, 4096, &options));
  EXPECT_STATUS(DRY_TOO_LARGE, dry_pool_init(buffer.data(), 0, &options));
  EXPECT_STATUS(DRY_TOO_LARGE, dry_pool_init(buffer.data(), 128, &options));
  uint8_t *aligned = buffer.data() + (1024 - reinterpret_cast<uintptr_t>(buffer.data()) % 1024) % 1024;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_init(aligned + 64, 14000, &wide)) << "aligned to 64, not to 1024";
  EXPECT_STATUS(DRY_OK, dry_pool_init(aligned, 14000, &wide));
}

TEST(PoolMisuse, AttachToWhatIsNoPool) {
  support::Buffer buffer(8192);
  Pool pool;
  std::memset(buffer.data(), 0, buffer.size());
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_attach(nullptr, 8192, pool.get(), &pool.detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_attach(buffer.data() + 8, 4096, pool.get(), &pool.detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_attach(buffer.data(), 8192, nullptr, nullptr));
  for (uint64_t bytes : {UINT64_C(0), UINT64_C(127), UINT64_C(8192)})
    EXPECT_STATUS(DRY_CORRUPT, dry_pool_attach(buffer.data(), bytes, pool.get(), &pool.detail)) << pool.detail.text;
  const dry_pool_options options = PoolOptions(8, 8);
  ASSERT_STATUS(DRY_OK, dry_pool_init(buffer.data(), buffer.size(), &options));
  uint64_t bytes = 0;
  ASSERT_STATUS(DRY_OK, dry_pool_required_bytes(&options, &bytes));
  EXPECT_STATUS(DRY_CORRUPT, dry_pool_attach(buffer.data(), bytes - 1, pool.get(), &pool.detail)) << "cut off";
  EXPECT_STATUS(DRY_OK, dry_pool_attach(buffer.data(), bytes, pool.get(), &pool.detail)) << pool.detail.text;
}

TEST(PoolMisuse, AttachToAWideSpanThatMovedToANarrowPlace) {
  const PoolSpan span(PoolOptions(1024, 2, 0, 1024));
  support::Buffer buffer(span.size() + 2048);
  uint8_t *aligned = buffer.data() + (1024 - reinterpret_cast<uintptr_t>(buffer.data()) % 1024) % 1024;
  std::memcpy(aligned + 64, span.data(), span.size());
  Pool pool;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_attach(aligned + 64, span.size(), pool.get(), &pool.detail));
  EXPECT_NE(nullptr, strstr(pool.detail.text, "1024")) << pool.detail.text;
}

/** Every call that takes a pool. */
std::vector<std::pair<const char *, std::function<dry_status(dry_pool *)>>> EveryCall() {
  static uint32_t slots[2];
  static void *memory;
  static uint8_t byte;
  static dry_pool_stats stats;
  static const dry_leak_visitor visitor = [](void *, const dry_leak *) -> int32_t { return 0; };
  return {{"acquire", [](dry_pool *pool) { return dry_pool_acquire(pool, slots); }},
          {"release", [](dry_pool *pool) { return dry_pool_release(pool, 0); }},
          {"acquire_many", [](dry_pool *pool) { return dry_pool_acquire_many(pool, slots, 2); }},
          {"acquire_none", [](dry_pool *pool) { return dry_pool_acquire_many(pool, nullptr, 0); }},
          {"release_many", [](dry_pool *pool) { return dry_pool_release_many(pool, slots, 2); }},
          {"release_none", [](dry_pool *pool) { return dry_pool_release_many(pool, nullptr, 0); }},
          {"at", [](dry_pool *pool) { return dry_pool_at(pool, 0, &memory); }},
          {"fill", [](dry_pool *pool) { return dry_pool_fill(pool, 0, 0); }},
          {"read", [](dry_pool *pool) { return dry_pool_read(pool, 0, 0, &byte, 1); }},
          {"write", [](dry_pool *pool) { return dry_pool_write(pool, 0, 0, &byte, 1); }},
          {"next_used", [](dry_pool *pool) { return dry_pool_next_used(pool, 0, slots); }},
          {"alloc", [](dry_pool *pool) { return dry_pool_alloc(pool, &memory); }},
          {"free", [](dry_pool *pool) { return dry_pool_free(pool, &byte); }},
          {"free_at", [](dry_pool *pool) { return dry_pool_free_at(pool, 0); }},
          {"slot_of", [](dry_pool *pool) { return dry_pool_slot_of(pool, &byte, slots); }},
          {"reset", [](dry_pool *pool) { return dry_pool_reset(pool); }},
          {"validate", [](dry_pool *pool) { return dry_pool_validate(pool, nullptr); }},
          {"report_leaks", [](dry_pool *pool) { return dry_pool_report_leaks(pool, visitor, nullptr, nullptr); }},
          {"get_stats", [](dry_pool *pool) { return dry_pool_get_stats(pool, &stats); }}};
}

TEST(PoolMisuse, CallWithoutAPool) {
  for (const auto &[name, call] : EveryCall()) EXPECT_STATUS(DRY_INVALID_ARGUMENT, call(nullptr)) << name;
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_close(nullptr));
}

TEST(PoolMisuse, CallOnAPoolThatWasNeverOpened) {
  dry_pool pool = {};
  for (const auto &[name, call] : EveryCall()) EXPECT_STATUS(DRY_CLOSED, call(&pool)) << name;
  EXPECT_STATUS(DRY_OK, dry_pool_close(&pool));
}

TEST(PoolMisuse, CallAfterCloseAndCloseTwice) {
  const dry_pool_options options = PoolOptions(8, 8);
  for (uint32_t flags : {0u, static_cast<uint32_t>(DRY_MEMORY_GUARDED)}) {
    dry_pool pool = {};
    dry_pool_options with = options;
    with.flags = flags;
    ASSERT_STATUS(DRY_OK, dry_pool_create(&with, &pool, nullptr));
    uint32_t slot;
    ASSERT_STATUS(DRY_OK, dry_pool_acquire(&pool, &slot));
    EXPECT_STATUS(DRY_OK, dry_pool_close(&pool));
    EXPECT_STATUS(DRY_OK, dry_pool_close(&pool));
    for (const auto &[name, call] : EveryCall()) EXPECT_STATUS(DRY_CLOSED, call(&pool)) << name;
  }
}

TEST(PoolMisuse, CallWithoutAPlaceForTheAnswer) {
  Pool pool(PoolOptions(8, 8));
  pool.Acquire();
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_acquire(pool.get(), nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_alloc(pool.get(), nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_acquire_many(pool.get(), nullptr, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_release_many(pool.get(), nullptr, 1));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_at(pool.get(), 0, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_slot_of(pool.get(), pool.At(0), nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_next_used(pool.get(), 0, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_get_stats(pool.get(), nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_report_leaks(pool.get(), nullptr, nullptr, nullptr));
  EXPECT_EQ(1u, StatsOf(pool.get()).in_use);
}

TEST(PoolMisuse, FreeTwiceOnlyTheFirstCounts) {
  for (uint32_t flags : {0u, static_cast<uint32_t>(DRY_MEMORY_GUARDED), static_cast<uint32_t>(DRY_MEMORY_WIPE)}) {
    Pool pool(PoolOptions(8, 8, flags));
    void *memory = nullptr;
    ASSERT_STATUS(DRY_OK, dry_pool_alloc(pool.get(), &memory));
    pool.Acquire();
    EXPECT_STATUS(DRY_OK, dry_pool_free(pool.get(), memory));
    for (int i = 0; i < 3; i++) EXPECT_STATUS(DRY_STALE, dry_pool_free(pool.get(), memory));
    EXPECT_EQ(0u, pool.Acquire());
    EXPECT_EQ(2u, pool.Acquire()) << "nobody gets an object twice";
  }
}

TEST(PoolMisuse, FreeAfterAReset) {
  Pool pool(PoolOptions(8, 8));
  void *memory = nullptr;
  ASSERT_STATUS(DRY_OK, dry_pool_alloc(pool.get(), &memory));
  EXPECT_STATUS(DRY_OK, dry_pool_reset(pool.get()));
  EXPECT_STATUS(DRY_STALE, dry_pool_free(pool.get(), memory));
}

TEST(PoolMisuse, FreeFromAnotherThreadIsSeenAsWell) {
  Pool pool(PoolOptions(8, 8));
  void *memory = nullptr;
  ASSERT_STATUS(DRY_OK, dry_pool_alloc(pool.get(), &memory));
  dry_status first = DRY_IO, second = DRY_IO;
  std::thread([&] { first = dry_pool_free(pool.get(), memory); }).join();
  std::thread([&] { second = dry_pool_free(pool.get(), memory); }).join();
  EXPECT_STATUS(DRY_OK, first);
  EXPECT_STATUS(DRY_STALE, second);
}

TEST(PoolMisuse, FreeOfStackHeapAndCodeAddresses) {
  Pool pool(PoolOptions(8, 8));
  pool.Acquire();
  int local = 0;
  const std::unique_ptr<char[]> heap(new char[64]);
  for (void *wrong : {static_cast<void *>(&local), static_cast<void *>(heap.get()), static_cast<void *>(nullptr),
                      reinterpret_cast<void *>(&Refused), reinterpret_cast<void *>(UINTPTR_MAX),
                      static_cast<void *>(pool.handle.header), static_cast<void *>(pool.handle.stack)}) {
    EXPECT_STATUS(DRY_FOREIGN, dry_pool_free(pool.get(), wrong));
  }
  EXPECT_EQ(1u, StatsOf(pool.get()).in_use);
}

TEST(PoolMisuse, FreeIntoACloneOfTheHandlesPool) {
  const PoolSpan span(PoolOptions(8, 8)), copy(PoolOptions(8, 8));
  Pool pool(span);
  void *memory = nullptr;
  ASSERT_STATUS(DRY_OK, dry_pool_alloc(pool.get(), &memory));
  Pool other(copy);
  EXPECT_STATUS(DRY_FOREIGN, dry_pool_free(other.get(), memory));
}

TEST(PoolMisuse, OpenInARegionThatIsClosedOrNull) {
  Pool pool;
  dry_region closed = {};
  const dry_pool_options options = PoolOptions(8, 8);
  EXPECT_STATUS(DRY_CLOSED, dry_pool_open(&closed, "pool", 4, pool.get(), &pool.detail));
  EXPECT_STRNE("", pool.detail.text);
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_open(nullptr, "pool", 4, pool.get(), &pool.detail));
  EXPECT_STATUS(DRY_CLOSED, dry_pool_create_in(&closed, "pool", 4, &options, pool.get(), &pool.detail));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_create_in(nullptr, "pool", 4, &options, pool.get(), nullptr));
  const dry_pool_options wrong = PoolOptions(0, 8);
  EXPECT_STATUS(DRY_CLOSED, dry_pool_create_in(&closed, "pool", 4, &wrong, pool.get(), nullptr)) << "judged first";
  support::Region region;
  ASSERT_STATUS(DRY_OK, region.Create(DRY_REGION_MEMORY, 65536));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_create_in(&region.handle, nullptr, 4, &options, pool.get(), nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_create_in(&region.handle, "pool", 4, nullptr, pool.get(), nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_create_in(&region.handle, "pool", 4, &options, nullptr, nullptr));
  EXPECT_STATUS(DRY_INVALID_ARGUMENT, dry_pool_open(&region.handle, "pool", 4, nullptr, nullptr));
  EXPECT_EQ(0u, region.Stats().part_count);
}

TEST(PoolMisuse, CreateInARegionOpenedForReading) {
  support::Buffer buffer(65536);
  {
    support::Region region;
    ASSERT_STATUS(DRY_OK, region.Create(support::BufferCreateOptions(buffer)));
  }
  support::Region region;
  ASSERT_STATUS(DRY_OK, region.Open(support::BufferOpenOptions(buffer, DRY_MODE_READ)));
  Pool pool;
  EXPECT_STATUS(DRY_READ_ONLY, pool.CreateIn(&region, PoolOptions(8, 8)));
}

/** What is on the stack is taken without a question by the inline calls, so nothing may get there that was not checked. */
TEST(PoolMisuse, ChangeAListWhileItsSlotsAreGivenBack) {
  constexpr uint32_t kCount = 2000;
  for (uint32_t flags : {0u, unsigned{DRY_MEMORY_WIPE}}) {
    Pool pool(PoolOptions(8, kCount, flags));
    std::vector<uint32_t> list(kCount);
    ASSERT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), list.data(), kCount));
    const support::Flipper other(&list[0], UINT32_MAX);
    for (int i = 0; i < 3000; i++) {
      const dry_status status = dry_pool_release_many(pool.get(), list.data(), kCount);
      if (status == DRY_FOREIGN) continue;
      ASSERT_STATUS(DRY_OK, status);
      std::vector<uint32_t> again(kCount);
      ASSERT_STATUS(DRY_OK, dry_pool_acquire_many(pool.get(), again.data(), kCount));
      for (uint32_t slot : again) ASSERT_LT(slot, kCount);
    }
  }
}

TEST(PoolMisuse, KeepUsingAPoolAfterItsHeaderWasOverwritten) {
  const PoolSpan span(PoolOptions(8, 100));
  Pool pool(span);
  pool.DoNotValidate();
  for (int i = 0; i < 50; i++) pool.Acquire();
  for (uint32_t slot = 0; slot < 50; slot += 2) EXPECT_STATUS(DRY_OK, pool.Release(slot));
  std::memset(span.data(), 0xff, 128 + 16 + 400);
  for (const auto &[name, call] : EveryCall()) {
    const dry_status status = call(pool.get());
    EXPECT_TRUE(status >= DRY_OK && status < DRY_STATUS_COUNT) << name;
  }
  uint32_t slot;
  EXPECT_STATUS(DRY_CORRUPT, dry_pool_acquire(pool.get(), &slot));
  EXPECT_STATUS(DRY_CORRUPT, dry_pool_release(pool.get(), 1));
  EXPECT_STATUS(DRY_CORRUPT, dry_pool_reset(pool.get()));
  EXPECT_STATUS(DRY_CORRUPT, pool.Validate());
}

}  // namespace
