/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Random operations on an arena against a plain list of what should be there. DRYSTONE_TEST_SEED repeats one run,
 * DRYSTONE_TEST_SCALE makes it longer.
 */
#include <cstdio>
#include <cstring>
#include <vector>

#include "drystone/inline/arena.h"
#include "tests/support/arena.h"
#include "tests/support/random.h"

namespace {

using support::Arena;
using support::Random;

/** An object that is taken, with the byte that fills it. */
struct Object {
  uint8_t *memory;
  uint64_t size;
  uint64_t offset; // kOutside: from the heap
  uint8_t fill;
};
constexpr uint64_t kOutside = ~uint64_t{0};

/** What an arena should have done so far. */
struct Plain {
  uint64_t skew; // of the base's address
  uint64_t capacity;
  bool fallback;
  uint64_t used = 0, peak = 0, allocations = 0, failures = 0, fallbacks = 0, resets = 0;
  std::vector<Object> objects;

  uint64_t Aligned(uint64_t align) const { return (skew + used + align - 1) / align * align - skew; }
  bool HasRoom(uint64_t size, uint64_t align) const {
    return size <= capacity && Aligned(align) <= capacity && Aligned(align) + size <= capacity;
  }
  void Move(uint64_t to) {
    used = to;
    if (used > peak) peak = used;
  }
};

class ModelRun {
 public:
  ModelRun(Arena &arena, bool fallback, uint64_t seed) : arena_(arena), random_(seed) {
    plain_.capacity = arena.Stats().capacity_bytes;
    plain_.skew = reinterpret_cast<uintptr_t>(arena.Base()) % 4096;
    plain_.fallback = fallback;
  }

  void Operations(uint64_t count) {
    for (uint64_t i = 0; i < count && !testing::Test::HasFatalFailure(); i++) {
      switch (random_.Below(40)) {
        case 0: Reset(); break;
        case 1: Rewind(); break;
        case 2: StaleMark(); break;
        case 3: Ensure(); break;
        case 4: case 5: case 6: case 7: Resize(); break;
        default: Take();
      }
      ASSERT_EQ("", Difference()) << "after operation " << i;
    }
  }

  /** How the arena differs from what should be there; "" when it does not. */
  std::string Difference() {
    const dry_arena_stats stats = arena_.Stats();
    if (stats.used_bytes != plain_.used) return "another cursor";
    if (stats.peak_bytes != plain_.peak) return "another peak";
    if (stats.allocations != plain_.allocations) return "another count of allocations";
    if (stats.failures != plain_.failures) return "another count of failures";
    if (stats.fallbacks != plain_.fallbacks) return "another count of fallbacks";
    if (stats.resets != plain_.resets) return "another count of resets";
    if (stats.committed_bytes < plain_.peak) return "less is committed than was used";
    // One object a time: all of them come up again and again.
    if (plain_.objects.empty()) return "";
    const Object &object = plain_.objects[random_.Below(plain_.objects.size())];
    for (uint64_t i = 0; i < object.size; i++) {
      if (object.memory[i] != object.fill) return "an object was overwritten";
    }
    if (object.size > 0 && !dry_arena_contains(&arena_.handle, object.memory)) return "an object is not contained";
    return "";
  }

  Plain &plain() { return plain_; }

 private:
  uint64_t Size() {
    if (random_.OneIn(50)) return (random_.Next() >> random_.Below(64) | DRY_ARENA_BYTES_MAX) + 1; // no arena holds it
    if (random_.OneIn(10)) return random_.Below(plain_.capacity / 2 + 2);
    return random_.Below(200);
  }
  uint64_t Align() { return uint64_t{1} << random_.Below(random_.OneIn(8) ? 13 : 5); }

  /** What a request should be answered, counted as it should be. */
  dry_status Expect(uint64_t size, uint64_t align, uint64_t *offset) {
    if (plain_.HasRoom(size, align)) {
      *offset = plain_.Aligned(align);
      plain_.Move(*offset + size);
    } else if (plain_.fallback && size <= DRY_ARENA_BYTES_MAX) {
      *offset = kOutside;
      plain_.fallbacks++;
    } else {
      plain_.failures++;
      return plain_.fallback ? DRY_OUT_OF_MEMORY : DRY_FULL;
    }
    plain_.allocations++;
    return DRY_OK;
  }

  void Check(dry_status expected, dry_status status, const void *memory, uint64_t offset, uint64_t align) {
    ASSERT_STATUS(expected, status);
    if (status != DRY_OK) {
      ASSERT_EQ(nullptr, memory);
      return;
    }
    ASSERT_EQ(0u, reinterpret_cast<uintptr_t>(memory) % align);
    if (offset != kOutside) {
      ASSERT_EQ(offset, arena_.OffsetOf(memory));
    }
  }

  void Fill(void *memory, uint64_t size, uint64_t offset) {
    const uint8_t fill = static_cast<uint8_t>(random_.Next());
    memset(memory, fill, size);
    plain_.objects.push_back({static_cast<uint8_t *>(memory), size, offset, fill});
  }

  void Take() {
    const uint64_t size = Size(), align = Align(), how = random_.Below(4);
    uint64_t offset = 0;
    void *memory = nullptr;
    const dry_status expected = Expect(size, align, &offset);
    dry_status status;
    switch (how) {
      case 0: status = dry_arena_alloc_zeroed(&arena_.handle, size, align, &memory); break;
      case 1: status = dry_arena_alloc_inline(&arena_.handle, size, align, &memory); break;
      default: status = arena_.Alloc(size, align, &memory);
    }
    Check(expected, status, memory, offset, align);
    if (status != DRY_OK || testing::Test::HasFatalFailure()) return;
    if (how == 0) {
      for (uint64_t i = 0; i < size; i++) ASSERT_EQ(0, static_cast<uint8_t *>(memory)[i]) << "not zeroed at " << i;
    }
    Fill(memory, size, offset);
  }

  void Resize() {
    if (plain_.objects.empty()) return;
    const size_t which = random_.OneIn(2) ? plain_.objects.size() - 1 : random_.Below(plain_.objects.size());
    const Object old = plain_.objects[which];
    const uint64_t size = Size(), align = random_.OneIn(4) ? Align() : 1;
    const bool aligned = reinterpret_cast<uintptr_t>(old.memory) % align == 0;
    const bool last = old.offset != kOutside && old.offset + old.size == plain_.used;
    uint64_t offset = old.offset;
    dry_status expected = DRY_OK;
    if (aligned && last && size <= plain_.capacity - old.offset) {
      plain_.Move(old.offset + size);
    } else if (!aligned || size > old.size) {
      expected = Expect(size, align, &offset);
    }
    void *memory = nullptr;
    const dry_status status = dry_arena_realloc(&arena_.handle, old.memory, old.size, size, align, &memory);
    Check(expected, status, memory, offset, align);
    if (status != DRY_OK || testing::Test::HasFatalFailure()) return;
    const uint64_t kept = size < old.size ? size : old.size;
    for (uint64_t i = 0; i < kept; i++) ASSERT_EQ(old.fill, static_cast<uint8_t *>(memory)[i]) << "lost at " << i;
    plain_.objects.erase(plain_.objects.begin() + static_cast<long>(which));
    // Objects of no bytes may have stood behind the last one; when it shrinks they are beyond the cursor.
    if (last) Forget(plain_.used);
    Fill(memory, size, offset);
  }

  void Rewind() {
    if (plain_.objects.empty()) return;
    const uint64_t mark = plain_.objects[random_.Below(plain_.objects.size())].offset;
    if (mark == kOutside || mark > plain_.used) return;
    ASSERT_STATUS(DRY_OK, arena_.Rewind(mark));
    plain_.Move(mark);
    Forget(mark);
  }

  void StaleMark() {
    ASSERT_STATUS(DRY_STALE, arena_.Rewind(plain_.used + 1 + (random_.Next() >> random_.Below(64)) / 2));
  }

  void Ensure() {
    const uint64_t size = Size(), align = Align();
    const bool room = plain_.HasRoom(size, align);
    plain_.failures += !room;
    ASSERT_STATUS(room ? DRY_OK : DRY_FULL, dry_arena_ensure(&arena_.handle, size, align));
  }

  void Reset() {
    if (arena_.handle.mapping_bytes && random_.OneIn(2)) {
      ASSERT_STATUS(DRY_OK, dry_arena_reset_and_release(&arena_.handle, random_.Below(plain_.capacity + 2)));
    } else {
      ASSERT_STATUS(DRY_OK, arena_.Reset());
    }
    plain_.used = 0;
    plain_.resets++;
    plain_.objects.clear();
  }

  /** Drops what lies at or behind the mark; what is from the heap stays. */
  void Forget(uint64_t mark) {
    std::vector<Object> kept;
    for (const Object &object : plain_.objects) {
      if (object.offset == kOutside || object.offset + object.size <= mark) kept.push_back(object);
    }
    plain_.objects = kept;
  }

  Arena &arena_;
  Random random_;
  Plain plain_ = {};
};

void RunSeeds(const dry_arena_options &options, uint64_t operations = 4000) {
  for (uint64_t seed : support::Seeds()) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    SCOPED_TRACE("seed " + std::to_string(seed));
    Arena arena(options);
    ModelRun(arena, options.overflow == DRY_OVERFLOW_FALLBACK, seed).Operations(support::Scaled(operations));
  }
}

TEST(ArenaModel, InPrivateMemory) { RunSeeds(support::ArenaOptions(20000)); }

TEST(ArenaModel, WithHardlyAnyRoom) { RunSeeds(support::ArenaOptions(100)); }

TEST(ArenaModel, ThatFallsBackToTheHeap) { RunSeeds(support::ArenaOptions(3000, 0, DRY_OVERFLOW_FALLBACK)); }

TEST(ArenaModel, ThatCommitsAsItGoes) { RunSeeds(support::ReservingOptions(50001, 4096)); }

TEST(ArenaModel, ThatIsGuardedAndWiped) {
  RunSeeds(support::ArenaOptions(20000, DRY_MEMORY_GUARDED | DRY_MEMORY_WIPE, DRY_OVERFLOW_FALLBACK));
}

TEST(ArenaModel, InASpanThatIsNotAligned) {
  for (uint64_t seed : support::Seeds()) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::vector<uint8_t> span(12000);
    Arena arena(span.data() + seed % 64, 10000 + seed % 1000);
    ModelRun(arena, false, seed).Operations(support::Scaled(4000));
  }
}

/* ---- a model that cannot fail proves nothing: two seeded faults that it must see ---- */

TEST(ArenaModelFault, CallsThatTheModelDoesNotKnowAreSeen) {
  Arena arena(20000);
  ModelRun run(arena, false, 1);
  run.Operations(100);
  ASSERT_STATUS(DRY_OK, arena.Reset());
  EXPECT_NE("", run.Difference());
  ASSERT_STATUS(DRY_OK, dry_arena_ensure(&arena.handle, run.plain().used, 1));
  arena.Take(run.plain().used);
  run.plain().resets++;
  EXPECT_EQ("another count of allocations", run.Difference());
}

TEST(ArenaModelFault, AnOverwrittenObjectIsSeen) {
  Arena arena(20000);
  ModelRun run(arena, false, 1);
  do {
    run.Operations(1);
  } while (run.plain().objects.size() != 1 || run.plain().objects[0].size == 0);
  run.plain().objects[0].memory[run.plain().objects[0].size - 1] ^= 1;
  EXPECT_EQ("an object was overwritten", run.Difference());
}

}  // namespace
