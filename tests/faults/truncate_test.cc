/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files that are too short, too long, empty, or written by something else than this library on this kind of machine. */
#include <unistd.h>

#include <cstring>

#include "tests/faults/damage.h"
#include "tests/support/places.h"
#include "tests/support/status.h"

extern "C" {
#include "base/crc32c.h"
}

namespace {

using support::Region;
using support::TempDir;

class Truncated : public testing::Test {
 protected:
  Truncated() : sample(faults::MakeSample()), path(dir.File("r")) {}

  dry_status Open(uint32_t mode) {
    region.Close();
    return region.Open(DRY_REGION_FILE, path.c_str(), mode);
  }
  /** Both modes and load answer this, and name the file. */
  void Refused(dry_status expected) {
    for (uint32_t mode : {DRY_MODE_READ, DRY_MODE_WRITE}) {
      EXPECT_STATUS(expected, Open(mode));
      EXPECT_NE(nullptr, strstr(region.detail.text, path.c_str())) << region.detail.text;
    }
    EXPECT_STATUS(expected, region.Load(path, DRY_REGION_MEMORY));
    EXPECT_NE(nullptr, strstr(region.detail.text, path.c_str())) << region.detail.text;
  }

  const faults::Sample sample;
  TempDir dir;
  std::string path;
  Region region;
};

TEST_F(Truncated, AtEveryPage) {
  for (size_t bytes = 0; bytes < sample.bytes.size(); bytes += 4096) {
    SCOPED_TRACE(bytes);
    support::WriteFile(path, sample.bytes.substr(0, bytes));
    Refused(DRY_CORRUPT);
  }
}

TEST_F(Truncated, AtEveryByteOfTheHeader) {
  for (size_t bytes = 0; bytes <= sizeof(dry_region_header) + 1; bytes++) {
    SCOPED_TRACE(bytes);
    support::WriteFile(path, sample.bytes.substr(0, bytes));
    Refused(DRY_CORRUPT);
  }
}

TEST_F(Truncated, AroundTheLastByte) {
  for (size_t bytes : {sample.bytes.size() - 1, sample.bytes.size() - 4095}) {
    support::WriteFile(path, sample.bytes.substr(0, bytes));
    Refused(DRY_CORRUPT);
  }
}

TEST_F(Truncated, OrGrown) {
  for (size_t more : {1u, 4095u, 4096u, 100000u}) {
    support::WriteFile(path, sample.bytes + std::string(more, '\0'));
    Refused(DRY_CORRUPT);
  }
}

TEST_F(Truncated, ToHolesReadsAsZerosAndIsRefused) {
  support::WriteFile(path, sample.bytes.substr(0, 4096));
  ASSERT_EQ(0, truncate(path.c_str(), static_cast<off_t>(sample.bytes.size())));
  Region holes;
  holes.DoNotVerify();
  if (holes.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ) == DRY_OK) {
    // The directory is zeros, which is that of a region without parts: nothing of the store is left to find.
    dry_part_info info;
    EXPECT_STATUS(DRY_NOT_FOUND, dry_region_part_at(&holes.handle, 0, &info));
  }
}

TEST_F(Truncated, AfterItWasOpenedIsSeenByTheNext) {
  support::WriteFile(path, sample.bytes);
  ASSERT_STATUS(DRY_OK, Open(DRY_MODE_READ));
  region.DoNotVerify();
  ASSERT_EQ(0, truncate(path.c_str(), 8192));
  Region late;
  EXPECT_STATUS(DRY_CORRUPT, late.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ));
}

/* ---- the right length, but not for us ---- */

class Foreign : public Truncated {
 protected:
  Foreign() { memcpy(&header, sample.bytes.data(), sizeof header); }

  /** Writes the header, with its checksum made right, and the rest of the sample. */
  void Write() {
    header.header_crc = dryi_crc32c(0, &header, offsetof(dry_region_header, header_crc));
    std::string bytes = sample.bytes;
    memcpy(bytes.data(), &header, sizeof header);
    support::WriteFile(path, bytes);
  }

  dry_region_header header;
};

TEST_F(Foreign, MagicIsNoRegion) {
  header.magic ^= 1;
  Write();
  Refused(DRY_CORRUPT);
  EXPECT_NE(nullptr, strstr(region.detail.text, "not a region")) << region.detail.text;
}

TEST_F(Foreign, NewerAndOlderFormatsAreAnotherVersion) {
  for (uint32_t format : {0u, 2u, 77u, UINT32_MAX}) {
    header.format = format;
    Write();
    Refused(DRY_VERSION_MISMATCH);
    EXPECT_NE(nullptr, strstr(region.detail.text, "format")) << region.detail.text;
  }
}

TEST_F(Foreign, BigEndianRegionsAreAnotherVersion) {
  header.byte_order = 0x04030201u;
  Write();
  Refused(DRY_VERSION_MISMATCH);
  EXPECT_NE(nullptr, strstr(region.detail.text, "byte order")) << region.detail.text;
}

TEST_F(Foreign, AWholeBigEndianRegionIsNoRegionHere) {
  const uint64_t magic = __builtin_bswap64(DRY_REGION_MAGIC);
  std::string bytes = sample.bytes;
  memcpy(bytes.data(), &magic, sizeof magic);
  support::WriteFile(path, bytes);
  Refused(DRY_CORRUPT);
}

TEST_F(Foreign, SizesThatCannotBeAreRefusedThoughTheirChecksumIsRight) {
  for (uint64_t size : {uint64_t{0}, uint64_t{4096}, uint64_t{20481}, uint64_t{1} << 46, (uint64_t{1} << 46) + 4096,
                        UINT64_MAX - 4095, UINT64_MAX}) {
    header.size_bytes = size;
    Write();
    Refused(DRY_CORRUPT);
  }
}

TEST_F(Foreign, CapacitiesThatCannotBeAreRefusedThoughTheirChecksumIsRight) {
  for (uint32_t capacity : {0u, 60u, 1024u, 1025u, UINT32_MAX}) {
    header.part_capacity = capacity;
    Write();
    Refused(DRY_CORRUPT);
  }
}

TEST_F(Foreign, StatesThatAreNotReadyAreRefused) {
  for (uint32_t state : {0u, 1u, DRY_REGION_READY + 1}) {
    header.state = state;
    Write();
    Refused(DRY_CORRUPT);
  }
}

/* ---- the directory ---- */

class ForeignPart : public Truncated {
 protected:
  ForeignPart() { memcpy(&entry, sample.bytes.data() + DRY_REGION_DIRECTORY_OFFSET, sizeof entry); }

  void Write() {
    entry.entry_crc = dryi_crc32c(0, &entry, offsetof(dry_part_entry, entry_crc));
    entry.entry_crc = dryi_crc32c(entry.entry_crc, entry.name, sizeof entry.name);
    std::string bytes = sample.bytes;
    memcpy(bytes.data() + DRY_REGION_DIRECTORY_OFFSET, &entry, sizeof entry);
    support::WriteFile(path, bytes);
  }

  dry_part_entry entry;
};

TEST_F(ForeignPart, OffsetsOutsideAreRefusedThoughTheirChecksumIsRight) {
  for (uint64_t offset : {uint64_t{0}, uint64_t{4096}, uint64_t{8193}, uint64_t{20480}, uint64_t{1} << 32,
                          uint64_t{1} << 63, UINT64_MAX - 4095, UINT64_MAX}) {
    entry.offset = offset;
    Write();
    Refused(DRY_CORRUPT);
  }
}

TEST_F(ForeignPart, SizesOutsideAreRefusedThoughTheirChecksumIsRight) {
  for (uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{16384}, uint64_t{1} << 32, uint64_t{1} << 63,
                        UINT64_MAX - 8191, UINT64_MAX}) {
    entry.size_bytes = size;
    Write();
    Refused(DRY_CORRUPT);
  }
}

TEST_F(ForeignPart, NamesThatCannotBeAreRefusedThoughTheirChecksumIsRight) {
  for (uint32_t bytes : {0u, 256u, 257u, UINT32_MAX}) {
    entry.name_bytes = bytes;
    Write();
    Refused(DRY_CORRUPT);
  }
}

TEST_F(ForeignPart, OfAnotherKindIsATypeMismatch) {
  entry.kind = 99;
  Write();
  Region other;
  other.DoNotVerify();
  ASSERT_STATUS(DRY_OK, other.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_WRITE)) << other.detail.text;
  dry_kv_reader reader = {};
  dry_kv_writer writer = {};
  EXPECT_STATUS(DRY_TYPE_MISMATCH, dry_kv_reader_open(&other.handle, "kv", 2, 0, &reader, &other.detail));
  EXPECT_NE(nullptr, strstr(other.detail.text, "kv")) << other.detail.text;
  EXPECT_STATUS(DRY_TYPE_MISMATCH, dry_kv_open(&other.handle, "kv", 2, &writer, &other.detail));
}

TEST_F(ForeignPart, OfAnotherFormatIsAnotherVersion) {
  entry.format = DRY_KV_FORMAT + 1;
  Write();
  Region other;
  other.DoNotVerify();
  ASSERT_STATUS(DRY_OK, other.Open(DRY_REGION_FILE, path.c_str(), DRY_MODE_READ)) << other.detail.text;
  dry_kv_reader reader = {};
  EXPECT_STATUS(DRY_VERSION_MISMATCH, dry_kv_reader_open(&other.handle, "kv", 2, 0, &reader, &other.detail));
}

}  // namespace
