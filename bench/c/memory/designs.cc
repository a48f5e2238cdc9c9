// SPDX-License-Identifier: MIT OR Apache-2.0
// Designs of a pool that were measured beside the one that drystone has: `pool_designs OUT` runs them all and leaves the
// figures in the folder OUT. bench/DESIGNS.md says what came of it.
//
// Each keeps what a program could need to go on from, and no more: no options, no statistics, one fixed pool. All but
// `unchecked` and `unchecked_addresses` find double frees, interior and foreign pointers, as drystone does.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "bench/c/memory/drystone.h"
#include "bench/c/memory/peer_pools.h"
#include "bench/c/memory/registry.h"
#include "drystone/inline/slot.h"

namespace bench {
namespace {

// The objects, and which of them an address is.
class Slots {
 public:
  Slots(size_t count, size_t bytes)
      : limit_(static_cast<uint32_t>(count + kBurst)), stride_(bytes), memory_(limit_ * bytes / 64 + 1) {
    escape(this);  // so that nothing of it can be kept in registers by a caller that knows all of it
  }
  Slots(const Slots &) = delete;
  Slots &operator=(const Slots &) = delete;

 protected:
  struct alignas(64) Line {
    uint8_t bytes[64];
  };

  uint8_t *base() { return memory_[0].bytes; }
  void *object(uint64_t slot) { return base() + slot * stride_; }
  // The stride of these benchmarks is a power of two, whose odd part is 1.
  uint64_t slot_of(const void *object) {
    return dryi_slot_at(reinterpret_cast<uintptr_t>(object) - reinterpret_cast<uintptr_t>(base()), inverse_, shift_);
  }
  void check(bool holds) const {
    if (__builtin_expect(!holds, 0)) std::abort();
  }
  uint32_t checked_slot_of(const void *object) {
    const uint64_t slot = slot_of(object);
    check(slot < limit_);
    return static_cast<uint32_t>(slot);
  }

  uint32_t limit_;
  uint64_t stride_;
  uint64_t inverse_ = 1;
  uint32_t shift_ = static_cast<uint32_t>(__builtin_ctzll(stride_));
  std::vector<Line> memory_;
};

// A stack of free slots beside the objects, as all but `links` have it.
class Stacked : protected Slots {
 public:
  Stacked(size_t count, size_t bytes) : Slots(count, bytes), stack_(limit_), count_(limit_) {
    for (uint32_t i = 0; i < limit_; i++) stack_[i] = limit_ - 1 - i;
  }

 protected:
  uint32_t checked_pop() {
    const uint32_t top = count_ - 1;
    check(top < limit_);
    count_ = top;
    return stack_[top];
  }
  std::vector<uint32_t> stack_;
  uint32_t count_;
};

// Nothing is checked: what the checks cost is the difference to this.
class Unchecked : Stacked {
 public:
  static constexpr const char *kName = "unchecked";
  using Stacked::Stacked;
  void *alloc() { return object(stack_[--count_]); }
  void free(void *memory) { stack_[count_++] = static_cast<uint32_t>(slot_of(memory)); }
};

// The same with addresses on the stack, so that nothing is computed at all.
class UncheckedAddresses : Slots {
 public:
  static constexpr const char *kName = "unchecked_addresses";
  UncheckedAddresses(size_t count, size_t bytes) : Slots(count, bytes), stack_(limit_), count_(limit_) {
    for (uint32_t i = 0; i < limit_; i++) stack_[i] = object(limit_ - 1 - i);
  }
  void *alloc() { return stack_[--count_]; }
  void free(void *memory) { stack_[count_++] = memory; }

 private:
  std::vector<void *> stack_;
  uint32_t count_;
};

// A byte a slot says whether it is taken: drystone's design, with its counter in the handle.
class Bytes : Stacked {
 public:
  static constexpr const char *kName = "bytes";
  Bytes(size_t count, size_t bytes) : Stacked(count, bytes), used_(limit_) {}
  void *alloc() {
    const uint32_t slot = checked_pop();
    used_[slot] = 1;
    return object(slot);
  }
  void free(void *memory) {
    const uint32_t slot = checked_slot_of(memory);
    check(used_[slot] == 1);
    used_[slot] = 0;
    stack_[count_++] = slot;
  }

 private:
  std::vector<uint8_t> used_;
};

// A bit a slot: an eighth of that memory, and two read-modify-writes.
class Bits : Stacked {
 public:
  static constexpr const char *kName = "bits";
  Bits(size_t count, size_t bytes) : Stacked(count, bytes), used_(limit_ / 64 + 1) {}
  void *alloc() {
    const uint32_t slot = checked_pop();
    used_[slot / 64] |= uint64_t{1} << slot % 64;
    return object(slot);
  }
  void free(void *memory) {
    const uint32_t slot = checked_slot_of(memory);
    const uint64_t bit = uint64_t{1} << slot % 64;
    check((used_[slot / 64] & bit) != 0);
    used_[slot / 64] &= ~bit;
    stack_[count_++] = slot;
  }

 private:
  std::vector<uint64_t> used_;
};

// Each slot remembers where on the stack it was put last; it is free while it is still there (P. Briggs and L. Torczon, "An
// efficient representation for sparse sets", 1993). Taking writes nothing but the counter; 8 bytes a slot instead of 5.
class SparseSet : Stacked {
 public:
  static constexpr const char *kName = "sparse_set";
  SparseSet(size_t count, size_t bytes) : Stacked(count, bytes), place_(limit_) {
    for (uint32_t i = 0; i < limit_; i++) place_[stack_[i]] = i;
  }
  void *alloc() { return object(checked_pop()); }
  void free(void *memory) {
    const uint32_t slot = checked_slot_of(memory);
    const uint32_t place = place_[slot];
    check(!((place < count_) & (stack_[place] == slot)));
    stack_[count_] = slot;
    place_[slot] = count_++;
  }

 private:
  std::vector<uint32_t> place_;
};

// A list through an array beside the objects, in which a taken slot has a mark of its own. 4 bytes a slot.
class Links : Slots {
 public:
  static constexpr const char *kName = "links";
  Links(size_t count, size_t bytes) : Slots(count, bytes), link_(limit_) {
    for (uint32_t i = 0; i < limit_; i++) link_[i] = i + 1;
  }
  void *alloc() {
    const uint32_t slot = head_;
    check(slot < limit_);
    head_ = link_[slot];
    link_[slot] = kTaken;
    return object(slot);
  }
  void free(void *memory) {
    const uint32_t slot = checked_slot_of(memory);
    check(link_[slot] == kTaken);
    link_[slot] = head_;
    head_ = slot;
  }

 private:
  static constexpr uint32_t kTaken = ~uint32_t{0};
  std::vector<uint32_t> link_;
  uint32_t head_ = 0;
};

template <class One>
void add(Program &program) {
  program.add<Burst<One, true>>("pool_lifo");
  program.add<Random<One>>("pool_random");
  program.add<Half<One>>("pool_half");
  program.add<Bulk<One>>("pool_bulk");
}

}  // namespace
}  // namespace bench

int main(int count, char **arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: pool_designs OUT\n");
    return 2;
  }
  const bench::Settings settings = bench::settings_from_environment();
  bench::Extras extras;
  bench::Program program(settings, extras);
  bench::add<bench::Floor>(program);
  bench::add<bench::BoostPool>(program);
  bench::add<bench::Pool<bench::Via::kInline>>(program);
  bench::add<bench::Unchecked>(program);
  bench::add<bench::UncheckedAddresses>(program);
  bench::add<bench::Bytes>(program);
  bench::add<bench::Bits>(program);
  bench::add<bench::SparseSet>(program);
  bench::add<bench::Links>(program);
  program.run(arguments[1], "designs");
  return 0;
}
