/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* slot_test.cc: which slot starts at a distance, by multiplication, beside what a division says. */
#include "drystone/inline/slot.h"

#include <gtest/gtest.h>

#include <vector>

extern "C" {
#include "memory/backing.h"
}
#include "tests/support/random.h"

namespace {

constexpr uint64_t kBytesMax = uint64_t{1} << 62; /* no pool is larger than 2^46, nor is a stride above 2^31 */

struct Stride {
  explicit Stride(uint64_t bytes) : bytes(bytes), inverse(dryi_stride_inverse(bytes, &shift)) {}
  uint64_t SlotAt(uint64_t offset) const { return dryi_slot_at(offset, inverse, shift); }
  uint64_t bytes;
  uint32_t shift = 99;
  uint64_t inverse;
};

std::vector<uint64_t> Strides() {
  std::vector<uint64_t> strides;
  for (uint64_t stride = 1; stride <= 300; stride++) strides.push_back(stride);
  for (uint32_t bit = 9; bit < 32; bit++)
    for (uint64_t stride = (uint64_t{1} << bit) - 1; stride <= (uint64_t{1} << bit) + 1; stride++) strides.push_back(stride);
  return strides;
}

TEST(SlotAt, EverySlotsStartIsThatSlot) {
  for (uint64_t bytes : Strides()) {
    const Stride stride(bytes);
    for (uint64_t slot : {uint64_t{0}, uint64_t{1}, uint64_t{2}, uint64_t{1000}, uint64_t{0x1fffffff}, kBytesMax / bytes})
      ASSERT_EQ(slot, stride.SlotAt(slot * bytes)) << "stride " << bytes;
  }
}

TEST(SlotAt, NothingElseIsASlotOfAnyPool) {
  support::Random random(1);
  for (uint64_t bytes : Strides()) {
    const Stride stride(bytes);
    const uint64_t slots = kBytesMax / bytes;
    for (int i = 0; i < 200; i++) {
      const uint64_t start = random.Below(slots) * bytes, inside = start + (bytes > 1 ? 1 + random.Below(bytes - 1) : 0);
      if (bytes > 1) {
        ASSERT_GE(stride.SlotAt(inside), slots) << "stride " << bytes << ", " << inside;
      }
      ASSERT_GE(stride.SlotAt(0 - start - bytes), slots) << "in front of the first one: stride " << bytes;
      ASSERT_GE(stride.SlotAt(0 - inside - 1), slots) << "stride " << bytes << ", " << inside;
    }
  }
}

}  // namespace
