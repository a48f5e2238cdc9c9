/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Every byte of a small region is changed, one at a time. Opening or verifying must say that it is damaged, and where;
 * or the byte was of no consequence, and every entry is read as it was. Nothing may crash: run it under the sanitizers.
 */
#include <cstring>

#include "tests/faults/damage.h"
#include "tests/support/places.h"
#include "tests/support/random.h"
#include "tests/support/status.h"

namespace {

using faults::LookAt;
using faults::Outcome;
using faults::Sample;

std::string Flipped(const Sample &sample, size_t at, uint8_t bits) {
  std::string bytes = sample.bytes;
  bytes[at] = static_cast<char>(bytes[at] ^ bits);
  return bytes;
}

/* One thread alone has nothing to show to ThreadSanitizer, which is slow: there some bytes do. */
#if defined(__SANITIZE_THREAD__)
const size_t kStep = 7;
#else
const size_t kStep = 1;
#endif

/** Each byte of [from, to) with each of these bits flipped, for readers and for a writer. */
void FlipEach(size_t from, size_t to, const std::vector<uint8_t> &bits) {
  const Sample sample = faults::MakeSample();
  ASSERT_LE(to, sample.bytes.size());
  uint64_t seen = 0;
  for (size_t at = from; at < to && !testing::Test::HasFailure(); at += kStep) {
    for (uint8_t flip : bits) {
      SCOPED_TRACE("byte " + std::to_string(at) + " xor " + std::to_string(flip));
      const std::string bytes = Flipped(sample, at, flip);
      const Outcome outcome = LookAt(bytes, sample);
      const bool refused = !outcome.opened || !outcome.verified;
      EXPECT_TRUE(refused || outcome.reads_right) << "neither seen nor harmless";
      if (refused) {
        EXPECT_TRUE(outcome.has_place);
      }
      seen += refused;
      bool right = false;
      if (faults::WriteTo(bytes, sample, &right)) {
        EXPECT_TRUE(right || refused) << "the writer lost something that verify had not seen";
      }
    }
  }
  EXPECT_GT(seen, 0u) << "nothing was seen at all";
}

const std::vector<uint8_t> kAllBits = {1, 2, 4, 8, 16, 32, 64, 128, 255};
const std::vector<uint8_t> kSomeBits = {1, 128};

TEST(Damage, TheSampleItselfIsSound) {
  const Sample sample = faults::MakeSample();
  const Outcome outcome = LookAt(sample.bytes, sample);
  EXPECT_TRUE(outcome.opened && outcome.verified && outcome.reads_right) << outcome.text;
  bool right = false;
  EXPECT_TRUE(faults::WriteTo(sample.bytes, sample, &right));
  EXPECT_TRUE(right);
}

TEST(Damage, InTheRegionsHeader) { FlipEach(0, sizeof(dry_region_header), kAllBits); }

TEST(Damage, BehindTheRegionsHeader) { FlipEach(sizeof(dry_region_header), 4096, {255}); }

TEST(Damage, InTheDirectory) {
  const size_t entries = 4096 + 2 * sizeof(dry_part_entry);
  FlipEach(4096, entries, kSomeBits);
  FlipEach(entries, 8192, {255});
}

TEST(Damage, InTheStoresHeader) {
  const Sample sample = faults::MakeSample();
  FlipEach(sample.part_offset, sample.part_offset + DRY_KV_HEADER_BYTES, kAllBits);
}

TEST(Damage, InTheControlBytesAndSlots) {
  const Sample sample = faults::MakeSample();
  FlipEach(sample.part_offset + sample.header.control_offset, sample.part_offset + sample.header.heap_offset, kAllBits);
}

TEST(Damage, InTheHeap) {
  const Sample sample = faults::MakeSample();
  FlipEach(sample.part_offset + sample.header.heap_offset, sample.part_offset + sample.header.size_bytes, kSomeBits);
}

/** Where each of these may be refused or not, the whole must not crash, hang or read outside. */
TEST(Damage, ManyBytesAtOnce) {
  const Sample sample = faults::MakeSample();
  for (uint64_t seed : support::Seeds()) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    support::Random random(seed);
    for (uint64_t round = 0; round < support::Scaled(700); round++) {
      std::string bytes = sample.bytes;
      const uint64_t flips = 1 + random.Below(30);
      for (uint64_t i = 0; i < flips; i++) {
        const uint64_t at = sample.part_offset + 128 + random.Below(sample.header.size_bytes - 128);
        bytes[at] = static_cast<char>(random.OneIn(3) ? 0 : random.Next());
      }
      const Outcome outcome = LookAt(bytes, sample);
      EXPECT_EQ(0u, outcome.wrong_values) << "a reader that checks never gives a value that was not put";
      bool right = false;
      faults::WriteTo(bytes, sample, &right);
    }
  }
}

/** A saved image is sealed: no byte of it may change unnoticed. */
TEST(Damage, AnyByteOfASavedImageIsNoticed) {
  support::TempDir dir;
  const Sample sample = faults::MakeSample();
  const support::Buffer buffer(sample.bytes);
  support::Region region;
  ASSERT_STATUS(DRY_OK, region.Open(support::BufferOpenOptions(buffer, DRY_MODE_READ)));
  ASSERT_STATUS(DRY_OK, region.Save(dir.File("image")));
  std::string image = support::ReadFile(dir.File("image"));
  support::Random random(3);
  for (size_t at = 0; at < image.size(); at += at < 128 ? 1 : 1 + random.Below(60)) {
    const char before = image[at];
    image[at] = static_cast<char>(before ^ (1 << random.Below(8)));
    support::WriteFile(dir.File("damaged"), image);
    support::Region loaded, opened;
    opened.DoNotVerify();
    const dry_status status = loaded.Load(dir.File("damaged"), DRY_REGION_MEMORY);
    ASSERT_TRUE(status == DRY_CORRUPT || status == DRY_VERSION_MISMATCH) << at << ": " << dry_status_name(status);
    ASSERT_NE(nullptr, strstr(loaded.detail.text, "damaged")) << "names the file: " << loaded.detail.text;
    if (opened.Open(DRY_REGION_FILE, dir.File("damaged").c_str(), DRY_MODE_READ) == DRY_OK) {
      ASSERT_STATUS(DRY_CORRUPT, opened.Verify()) << at;
    }
    image[at] = before;
  }
}

}  // namespace
