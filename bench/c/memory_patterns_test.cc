// SPDX-License-Identifier: MIT OR Apache-2.0
// The patterns' own test: a subject that does wrong, as allocators do wrong, is found out by the loops that are timed.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "bench/c/memory/arena_patterns.h"
#include "bench/c/memory/other_patterns.h"
#include "bench/c/memory/pool_patterns.h"
#include "bench/c/memory/tails.h"
#include "bench/c/memory/threads.h"

namespace bench {
namespace {

enum class Fault { kNone, kTwice, kForgets };

// A stack of free objects. Faulty ones hand one object out twice now and then, or lose what was written to one.
template <Fault kFault>
class Stack {
 public:
  static constexpr const char *kName = "stack";
  Stack(size_t count, size_t bytes) : memory_(count * bytes) {
    for (size_t i = count; i > 0; i--) free_.push_back(memory_.data() + (i - 1) * bytes);
  }
  void *alloc() {
    void *object = free_.back();
    const bool again = kFault == Fault::kTwice && ++calls_ % 97 == 0;
    if (!again) free_.pop_back();
    return object;
  }
  void free(void *object) {
    free_.push_back(object);
    // Whoever has the other object loses its stamp.
    if (kFault == Fault::kForgets && ++calls_ % 97 == 0) std::fill(memory_.begin(), memory_.end(), char{0});
  }
  void take_batch(void **objects) {
    for (size_t i = 0; i < kBurst; i++) objects[i] = batch_[i] = alloc();
  }
  void give_batch() {
    for (void *object : batch_) free(object);
  }

 private:
  std::vector<char> memory_;
  std::vector<void *> free_;
  void *batch_[kBurst];
  size_t calls_ = 0;
};

constexpr size_t kCount = 1000;

template <Fault kFault>
struct Checks {
  using Subject = Stack<kFault>;
  static Settings settings() {
    Settings settings;
    settings.keys = kCount;
    return settings;
  }
  template <bool kReverse>
  static uint64_t burst() {
    Subject subject(kCount, kObjectBytes);
    return burst_pass<kReverse>(subject, 10, 0);
  }
  static uint64_t bulk() {
    Subject subject(2 * kCount, kObjectBytes);
    std::vector<void *> live(kCount);
    return bulk_pass(subject, live.data(), kCount);
  }
  static uint64_t batch() {
    Subject subject(kCount, kObjectBytes);
    return batch_pass(subject, 10, 0);
  }
  static uint64_t random() {
    Full<Subject> full(settings());
    return full.random() | full.empty();
  }
};

TEST(PoolPatterns, PassWhatIsRight) {
  using Right = Checks<Fault::kNone>;
  EXPECT_EQ(Right::burst<true>(), 0u);
  EXPECT_EQ(Right::burst<false>(), 0u);
  EXPECT_EQ(Right::bulk(), 0u);
  EXPECT_EQ(Right::batch(), 0u);
  EXPECT_EQ(Right::random(), 0u);
}

TEST(PoolPatterns, FindAnObjectThatIsHandedOutTwice) {
  using Twice = Checks<Fault::kTwice>;
  EXPECT_NE(Twice::burst<true>(), 0u);
  EXPECT_NE(Twice::burst<false>(), 0u);
  EXPECT_NE(Twice::bulk(), 0u);
  EXPECT_NE(Twice::batch(), 0u);
  EXPECT_NE(Twice::random(), 0u);
}

TEST(PoolPatterns, FindAnObjectThatWasWrittenTo) {
  using Forgets = Checks<Fault::kForgets>;
  EXPECT_NE(Forgets::burst<true>(), 0u);
  EXPECT_NE(Forgets::burst<false>(), 0u);
  EXPECT_NE(Forgets::bulk(), 0u);
  EXPECT_NE(Forgets::random(), 0u);
}

// 64 bytes each, or a little less.
template <size_t kStep>
class Cursor {
 public:
  explicit Cursor(size_t bytes) : memory_(bytes), next_(memory_.data()) {}
  template <size_t kBytes>
  void *alloc() {
    return alloc(kBytes);
  }
  void *alloc(size_t) {
    void *object = next_;
    next_ += kStep;
    return object;
  }
  void reset() { next_ = memory_.data(); }

 private:
  std::vector<char> memory_;
  char *next_;
};

TEST(ArenaPatterns, FindObjectsThatOverlap) {
  const ArenaSizes wanted(1, false);
  Cursor<64> right(wanted.total);
  EXPECT_EQ(bump_check<false>(right, wanted.sizes), 0u);
  EXPECT_EQ(bump_pass<false>(right, wanted.sizes, 7), 0u);
  Cursor<8> wrong(wanted.total);
  EXPECT_NE(bump_check<false>(wrong, wanted.sizes), 0u);
  EXPECT_NE(bump_pass<false>(wrong, wanted.sizes, 7), 0u);
}

// Gives back what it was given last, or an index beside it.
template <uint32_t kOff>
struct Last {
  uint32_t acquire() { return index ^ kOff; }
  void release(uint32_t given) { index = given; }
  uint32_t index = 0;
};

TEST(IndexPatterns, FindAnIndexThatIsNotTheLowest) {
  const std::vector<uint32_t> order = shuffled(kCount, 1);
  Last<0> right;
  EXPECT_EQ(index_pass(right, order.data(), kCount), 0u);
  Last<1> wrong;
  EXPECT_NE(index_pass(wrong, order.data(), kCount), 0u);
}

// `kApart` bytes from object to object, of which some are larger.
template <size_t kApart>
struct Places {
  Places() : memory(kCount * kApart + kMixedMax) {}
  void *alloc(size_t) { return memory.data() + next++ % kCount * kApart; }
  void free(void *, size_t) {}
  std::vector<char> memory;
  size_t next = 0;
};

template <size_t kApart>
uint64_t mixed() {
  const std::vector<uint32_t> sizes = mixed_sizes(kCount, 1), order = shuffled(kCount, 1);
  Places<kApart> places;
  std::vector<Mixed> live(kCount);
  for (const uint32_t i : order) live[i] = {stamp(places.alloc(sizes[i]), i), sizes[i]};
  return mixed_pass(places, live.data(), order.data(), sizes.data(), kCount) |
         mixed_pass(places, live.data(), order.data(), sizes.data(), kCount);
}

TEST(SlabPatterns, FindObjectsThatOverlap) {
  EXPECT_EQ(mixed<kMixedMax>(), 0u);
  EXPECT_NE(mixed<8>(), 0u);
}

TEST(SlabPatterns, SizesAreWhatTheManualSays) {
  size_t powers[8] = {};
  for (const uint32_t size : mixed_sizes(8000, 3)) {
    ASSERT_GE(size, 16u);
    ASSERT_LT(size, 4096u);
    powers[31 - __builtin_clz(size) - 4]++;
  }
  for (const size_t count : powers) EXPECT_NEAR(static_cast<double>(count), 1000, 200);
}

template <Fault kFault>
uint64_t pass_on() {
  Stack<kFault> subject(kCount, kObjectBytes);
  const auto channel = std::make_unique<Channel>();
  return pass_on_pass(subject, channel.get(), channel.get(), 10);
}

template <Fault kFault>
uint64_t own() {
  Stack<kFault> subject(kCount, kObjectBytes);
  return own_pass(subject, 10);
}

TEST(SharedPatterns, FindAnObjectThatIsHandedOutTwice) {
  EXPECT_EQ(own<Fault::kNone>(), 0u);
  EXPECT_NE(own<Fault::kTwice>(), 0u);
  EXPECT_EQ(pass_on<Fault::kNone>(), 0u);
  EXPECT_NE(pass_on<Fault::kTwice>(), 0u);
}

TEST(Tails, TimeAsManyCallsAsTheyShould) {
  Settings settings;
  settings.seconds = 0.01;
  Recorder recorder(settings);
  size_t calls = 0;
  while (recorder.more()) recorder.time([&] { calls++; });
  EXPECT_EQ(calls, 1000u);
}

}  // namespace
}  // namespace bench
