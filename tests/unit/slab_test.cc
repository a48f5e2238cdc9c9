/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A slab's classes and pages: who gets which object, and where it goes back. */
#include "tests/support/slab.h"

#include <cstring>
#include <memory>
#include <set>
#include <vector>

namespace {

using support::Slab;
using support::SlabOptions;

/** A span for a slab: pages of the test's own. */
struct Span {
  explicit Span(uint64_t pages) : bytes(pages * 4096), memory(new (std::align_val_t(4096)) uint8_t[bytes]) {
    memset(memory, 0xee, bytes);
  }
  ~Span() { operator delete[](memory, std::align_val_t(4096)); }
  uint64_t bytes;
  uint8_t *memory;
};

TEST(SlabAlloc, GivesEachSizeTheSmallestClassThatHoldsIt) {
  Slab slab(1 << 20);
  for (uint64_t size = 1; size <= 4096; size++) {
    uint64_t expected = 8, of_class = 0;
    while (expected < size) expected *= 2;
    void *memory;
    ASSERT_STATUS(DRY_OK, slab.Alloc(size, &memory, &of_class));
    ASSERT_EQ(expected, of_class) << size;
    ASSERT_EQ(0u, reinterpret_cast<uintptr_t>(memory) % of_class) << "aligned to its class";
    ASSERT_EQ(of_class, slab.Usable(memory));
    memset(memory, 1, of_class);
    ASSERT_STATUS(DRY_OK, slab.Free(memory));
  }
}

TEST(SlabAlloc, FillsEveryPageOfEveryClassWithoutOverlap) {
  for (uint64_t of_class = 8; of_class <= 4096; of_class *= 2) {
    Slab slab(3 * 4096);
    std::set<uint8_t *> objects;
    for (uint64_t i = 0; i < 3 * 4096 / of_class; i++) {
      uint8_t *memory = slab.Take(of_class);
      ASSERT_NE(nullptr, memory);
      memset(memory, static_cast<int>(i), of_class);
      ASSERT_TRUE(objects.insert(memory).second);
    }
    void *memory = &slab;
    EXPECT_STATUS(DRY_FULL, slab.Alloc(of_class, &memory));
    EXPECT_EQ(nullptr, memory);
    EXPECT_EQ(1u, slab.Stats().failures);
    EXPECT_EQ(0u, slab.Stats().free_pages);
    uint8_t *before = nullptr;
    for (uint8_t *at : objects) {
      if (before) {
        ASSERT_GE(at, before + of_class);
      }
      before = at;
    }
    EXPECT_STATUS(DRY_OK, slab.Validate()) << slab.detail.text;
    for (uint8_t *at : objects) ASSERT_STATUS(DRY_OK, slab.Free(at));
    EXPECT_EQ(3u, slab.Stats().free_pages);
  }
}

TEST(SlabAlloc, IsFullForOneClassWhileAnotherHasRoom) {
  Slab slab(4096);
  uint8_t *small = slab.Take(8);
  void *memory;
  EXPECT_STATUS(DRY_FULL, slab.Alloc(9, &memory)) << "the only page is the smallest class's";
  slab.Take(8);
  EXPECT_STATUS(DRY_OK, slab.Free(small));
  EXPECT_EQ(small, slab.Take(7));
}

TEST(SlabFree, GivesAPageBackWithItsLastObject) {
  Slab slab(4096);
  for (uint64_t of_class = 8; of_class <= 4096; of_class *= 2) {
    uint8_t *one = slab.Take(of_class);
    const dry_slab_stats stats = slab.Stats();
    EXPECT_EQ(0u, stats.free_pages);
    EXPECT_EQ(1u, stats.in_use);
    EXPECT_EQ(1u, stats.classes[__builtin_ctzll(of_class) - 3].pages);
    EXPECT_STATUS(DRY_OK, slab.Free(one));
    EXPECT_EQ(1u, slab.Stats().free_pages);
  }
}

TEST(SlabFree, MakesRoomInAFullPageAgain) {
  Slab slab(2 * 4096);
  std::vector<uint8_t *> objects;
  for (int i = 0; i < 128; i++) objects.push_back(slab.Take(64));
  for (int i : {70, 3, 100, 127, 0}) {
    ASSERT_STATUS(DRY_OK, slab.Free(objects[i]));
    ASSERT_EQ(objects[i], slab.Take(64));
  }
  ASSERT_STATUS(DRY_OK, slab.Free(objects[5]));
  ASSERT_STATUS(DRY_OK, slab.Free(objects[3]));
  EXPECT_EQ(objects[3], slab.Take(64)) << "the lowest of the page";
  EXPECT_EQ(objects[5], slab.Take(64));
}

TEST(SlabFree, TwiceIsStale) {
  Slab slab(1 << 16);
  for (uint64_t size : {8u, 100u, 4096u, 4097u, 100000u}) {
    uint8_t *other = slab.Take(size), *memory = slab.Take(size);
    uint64_t bytes;
    EXPECT_STATUS(DRY_OK, slab.Free(memory));
    EXPECT_STATUS(DRY_STALE, slab.Free(memory)) << size;
    EXPECT_STATUS(DRY_STALE, dry_slab_usable_bytes(&slab.handle, memory, &bytes));
    EXPECT_STATUS(DRY_OK, slab.Free(other));
    EXPECT_STATUS(DRY_STALE, slab.Free(other)) << size << ", also when its page went with it";
    EXPECT_STATUS(DRY_STALE, slab.Free(memory));
  }
  EXPECT_EQ(0u, slab.Stats().in_use);
}

TEST(SlabFree, OfAnAddressInsideAnObjectIsForeign) {
  Slab slab(1 << 16);
  for (uint64_t of_class = 8; of_class <= 4096; of_class *= 2) {
    uint8_t *memory = slab.Take(of_class);
    for (uint64_t at : {uint64_t{1}, of_class / 2, of_class - 1}) EXPECT_STATUS(DRY_FOREIGN, slab.Free(memory + at));
    EXPECT_STATUS(DRY_OK, slab.Free(memory));
  }
  uint8_t *large = slab.Take(5000);
  EXPECT_STATUS(DRY_FOREIGN, slab.Free(large + 16));
}

TEST(SlabFree, OfWhatWasNeverTakenIsForeign) {
  Slab slab(1 << 16), other(1 << 16);
  void *base;
  ASSERT_STATUS(DRY_OK, dry_slab_base(&slab.handle, &base));
  int here;
  auto heap = std::make_unique<int>();
  slab.Take(8);
  for (void *memory : {static_cast<void *>(nullptr), static_cast<void *>(&here), static_cast<void *>(heap.get()),
                       static_cast<void *>(other.Take(8)), static_cast<void *>(other.Take(5000)),
                       static_cast<void *>(static_cast<uint8_t *>(base) + 8192),
                       static_cast<void *>(static_cast<uint8_t *>(base) + (1 << 16)),
                       reinterpret_cast<void *>(~uintptr_t{0}), reinterpret_cast<void *>(uintptr_t{16})}) {
    uint64_t bytes = 9;
    EXPECT_STATUS(DRY_FOREIGN, slab.Free(memory)) << memory;
    EXPECT_STATUS(DRY_FOREIGN, dry_slab_usable_bytes(&slab.handle, memory, &bytes)) << memory;
    EXPECT_EQ(0u, bytes);
  }
  EXPECT_EQ(1u, slab.Stats().in_use);
}

/* ---- from the heap ---- */

TEST(SlabOutside, ServesWhatIsTooLargeForAClass) {
  Slab slab(4096);
  for (uint64_t size : {4097u, 100000u}) {
    void *memory;
    uint64_t of_class = 9;
    ASSERT_STATUS(DRY_OK, slab.Alloc(size, &memory, &of_class));
    EXPECT_EQ(0u, of_class);
    EXPECT_EQ(size, slab.Usable(memory));
    EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(memory) % 16);
    memset(memory, 1, size);
  }
  const dry_slab_stats stats = slab.Stats();
  EXPECT_EQ(2u, stats.fallbacks);
  EXPECT_EQ(2u, stats.fallbacks_in_use);
  EXPECT_EQ(0u, stats.in_use);
  EXPECT_EQ(1u, stats.free_pages);
}

TEST(SlabOutside, IsToldApartAmongThousands) {
  Slab slab(4096);
  std::vector<uint8_t *> objects;
  for (int i = 0; i < 3000; i++) objects.push_back(slab.Take(4097 + i % 50));
  for (size_t i = 0; i < objects.size(); i += 2) ASSERT_STATUS(DRY_OK, slab.Free(objects[i]));
  for (size_t i = 1; i < objects.size(); i += 2) ASSERT_EQ(4097 + i % 50, slab.Usable(objects[i]));
  EXPECT_EQ(1500u, slab.Stats().fallbacks_in_use);
  for (size_t i = 1; i < objects.size(); i += 2) ASSERT_STATUS(DRY_OK, slab.Free(objects[i]));
  EXPECT_EQ(0u, slab.Stats().fallbacks_in_use);
  EXPECT_EQ(3000u, slab.Stats().fallbacks);
}

TEST(SlabOutside, RemembersTheLastFreesAndForgetsOlderOnes) {
  Slab slab(4096);
  std::vector<uint8_t *> objects;
  for (int i = 0; i < 2 * DRY_SLAB_FREES_REMEMBERED; i++) objects.push_back(slab.Take(5000));
  for (uint8_t *memory : objects) ASSERT_STATUS(DRY_OK, slab.Free(memory));
  for (size_t i = 0; i < objects.size(); i++) {
    ASSERT_STATUS(i < DRY_SLAB_FREES_REMEMBERED ? DRY_FOREIGN : DRY_STALE, slab.Free(objects[i])) << i;
  }
  for (int i = 0; i < 4 * DRY_SLAB_FREES_REMEMBERED; i++) slab.Take(6000);
  EXPECT_EQ(4u * DRY_SLAB_FREES_REMEMBERED, slab.Stats().fallbacks_in_use) << "forgotten cells were used again";
}

TEST(SlabOutside, ARememberedFreeInsideALargerObjectIsInsideAnObject) {
  Slab slab(4096);
  // The heap joins what lies side by side and was freed, and gives it out as one, so some of these come to lie inside.
  std::vector<uint8_t *> small;
  for (int i = 0; i < 16; i++) small.push_back(slab.Take(5000));
  for (uint8_t *memory : small) ASSERT_STATUS(DRY_OK, slab.Free(memory));
  const uint8_t *large = slab.Take(60000);
  int inside = 0;
  for (uint8_t *memory : small) {
    if (memory == large) continue;
    const bool within = memory > large && memory < large + 60000;
    inside += within;
    uint64_t bytes = 1;
    EXPECT_STATUS(within ? DRY_FOREIGN : DRY_STALE, slab.Free(memory));
    EXPECT_STATUS(within ? DRY_FOREIGN : DRY_STALE, dry_slab_usable_bytes(&slab.handle, memory, &bytes));
    EXPECT_EQ(0u, bytes);
  }
  EXPECT_EQ(1u, slab.Stats().fallbacks_in_use);
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_GT(inside, 0) << "else the heap gave no chance to see it";
#endif
}

TEST(SlabOutside, OfMoreThanAnySlabCanHoldIsOutOfMemory) {
  Slab slab(4096);
  for (uint64_t size : {uint64_t{DRY_SLAB_BYTES_MAX} + 1, ~uint64_t{0}, ~uint64_t{0} >> 1}) {
    void *memory = &slab;
    EXPECT_STATUS(DRY_OUT_OF_MEMORY, slab.Alloc(size, &memory));
    EXPECT_EQ(nullptr, memory);
  }
  EXPECT_EQ(3u, slab.Stats().failures);
  EXPECT_EQ(0u, slab.Stats().fallbacks);
}

/* ---- all of it ---- */

TEST(SlabReset, FreesEverythingAtOnce) {
  Slab slab(8 * 4096);
  std::vector<uint8_t *> objects;
  for (uint64_t size : {8u, 8u, 16u, 500u, 4096u, 5000u, 70000u}) objects.push_back(slab.Take(size));
  ASSERT_STATUS(DRY_OK, dry_slab_reset(&slab.handle));
  const dry_slab_stats stats = slab.Stats();
  EXPECT_EQ(0u, stats.in_use);
  EXPECT_EQ(0u, stats.fallbacks_in_use);
  EXPECT_EQ(2u, stats.fallbacks);
  EXPECT_EQ(8u, stats.free_pages);
  for (uint8_t *memory : objects) EXPECT_STATUS(DRY_STALE, slab.Free(memory));
  EXPECT_STATUS(DRY_OK, slab.Validate()) << slab.detail.text;
  EXPECT_EQ(objects[0], slab.Take(4096)) << "pages come in ascending order again";
}

TEST(SlabSpan, UsesTheCallersMemoryAndNothingElse) {
  Span span(3);
  {
    Slab slab(SlabOptions(span.bytes, 0, span.memory));
    void *base;
    ASSERT_STATUS(DRY_OK, dry_slab_base(&slab.handle, &base));
    EXPECT_EQ(span.memory, base);
    for (int i = 0; i < 3; i++) {
      uint8_t *memory = slab.Take(4000);
      ASSERT_GE(memory, span.memory);
      ASSERT_LE(memory + 4096, span.memory + span.bytes);
    }
    void *memory;
    EXPECT_STATUS(DRY_FULL, slab.Alloc(8, &memory));
  }
  memset(span.memory, 1, span.bytes);
}

TEST(SlabCreate, RoundsBytesUpToPages) {
  Slab slab(4097);
  EXPECT_EQ(2u, slab.Stats().pages);
}

TEST(SlabCreate, SaysWhichFlagsWereGranted) {
  const uint32_t asked = DRY_MEMORY_PREFAULT | DRY_MEMORY_HUGE_PAGES | DRY_MEMORY_NUMA_LOCAL | DRY_MEMORY_WIPE;
  Slab slab(SlabOptions(1 << 20, asked));
  const dry_slab_stats stats = slab.Stats();
  EXPECT_EQ(asked, (stats.granted | stats.refused) & ~DRY_MEMORY_GUARDED);
  EXPECT_EQ(0u, stats.granted & stats.refused);
  EXPECT_TRUE(stats.granted & DRY_MEMORY_WIPE);
}

TEST(SlabCreate, OfManyPagesCostsNothingUntilTheyAreUsed) {
  Slab slab(uint64_t{1} << 33);
  memset(slab.Take(100), 1, 100);
  EXPECT_EQ((uint64_t{1} << 21) - 1, slab.Stats().free_pages);
}

/* ---- wiped, guarded, watched ---- */

TEST(SlabWipe, WritesZerosOverFreedObjectsAndAtReset) {
  Span span(2);
  uint8_t wiped = 0;
  {
    Slab slab(SlabOptions(span.bytes, DRY_MEMORY_WIPE, span.memory));
    // Checked builds are guarded too, and then poison follows the zeros.
    if (slab.Stats().granted & DRY_MEMORY_GUARDED) wiped = DRY_POOL_POISON_BYTE;
    uint8_t *one = slab.Take(64), *two = slab.Take(64);
    memset(one, 1, 64);
    memset(two, 2, 64);
    ASSERT_STATUS(DRY_OK, slab.Free(one));
    memset(slab.Take(4096), 3, 4096);
  }
  EXPECT_EQ(std::vector<uint8_t>(128, wiped), std::vector<uint8_t>(span.memory, span.memory + 128));
  EXPECT_EQ(std::vector<uint8_t>(4096, wiped), std::vector<uint8_t>(span.memory + 4096, span.memory + 8192));
}

/* A write into a free object, which a sanitizer would rather report at once. */
__attribute__((no_sanitize("address"))) void Scribble(uint8_t *at) { *static_cast<volatile uint8_t *>(at) = 7; }

TEST(SlabGuarded, FindsAWriteIntoAFreeObjectWhenItIsTakenAgain) {
  Slab slab(SlabOptions(4096, DRY_MEMORY_GUARDED));
  slab.Take(64);
  uint8_t *memory = slab.Take(64);
  ASSERT_STATUS(DRY_OK, slab.Free(memory));
  Scribble(memory + 63);
  EXPECT_STATUS(DRY_CORRUPT, slab.Validate());
  EXPECT_STREQ("slab: page 0: free object 1 of 64 bytes was written to", slab.detail.text);
  EXPECT_EQ(64u, slab.detail.offset);
  void *taken = &slab;
  EXPECT_STATUS(DRY_CORRUPT, slab.Alloc(64, &taken));
  EXPECT_EQ(nullptr, taken);
  EXPECT_EQ(1u, slab.Stats().in_use);
  EXPECT_EQ(0u, slab.Stats().failures);
  EXPECT_EQ(memory, slab.Take(64)) << "told once";
}

TEST(SlabGuarded, FindsAWriteIntoAFreePage) {
  Slab slab(SlabOptions(2 * 4096, DRY_MEMORY_GUARDED));
  uint8_t *memory = slab.Take(8);
  ASSERT_STATUS(DRY_OK, slab.Free(memory));
  Scribble(memory + 100);
  EXPECT_STATUS(DRY_CORRUPT, slab.Validate());
  void *taken;
  EXPECT_STATUS(DRY_CORRUPT, slab.Alloc(4096, &taken));
  EXPECT_EQ(2u, slab.Stats().free_pages);
  EXPECT_EQ(memory, slab.Take(4096));
}

TEST(SlabGuarded, ResetMendsFreeObjects) {
  Slab slab(SlabOptions(4096, DRY_MEMORY_GUARDED));
  slab.Take(64);
  uint8_t *memory = slab.Take(64);
  ASSERT_STATUS(DRY_OK, slab.Free(memory));
  Scribble(memory);
  ASSERT_STATUS(DRY_OK, dry_slab_reset(&slab.handle));
  EXPECT_STATUS(DRY_OK, slab.Validate()) << slab.detail.text;
}

#if defined(__SANITIZE_ADDRESS__)
TEST(SlabSanitizerDeathTest, ReportsUseAfterFreeAndBehindTheObject) {
  Slab slab(4096);
  slab.Take(64);
  volatile uint8_t *memory = slab.Take(64);
  memory[63] = 1;
  EXPECT_DEATH(memory[64] = 1, "use-after-poison");
  ASSERT_STATUS(DRY_OK, slab.Free(const_cast<uint8_t *>(memory)));
  EXPECT_DEATH(memory[0] = 1, "use-after-poison");
}
#endif

}  // namespace
