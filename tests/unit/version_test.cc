/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string>

#include "tests/support/status.h"

namespace {

TEST(Version, LibraryAndHeadersAgree) {
  EXPECT_EQ(static_cast<uint32_t>(DRY_VERSION_NUMBER), dry_version_number());
  EXPECT_STREQ(DRY_VERSION_STRING, dry_version_string());
}

TEST(Version, NumberAndTextComeFromTheThreeParts) {
  EXPECT_EQ(DRY_VERSION_MAJOR * 1000000 + DRY_VERSION_MINOR * 1000 + DRY_VERSION_PATCH, DRY_VERSION_NUMBER);
  EXPECT_EQ(std::to_string(DRY_VERSION_MAJOR) + "." + std::to_string(DRY_VERSION_MINOR) + "." +
                std::to_string(DRY_VERSION_PATCH),
            DRY_VERSION_STRING);
}

TEST(Version, AnotherAbiIsRefused) {
  EXPECT_STATUS(DRY_OK, dry_abi_check(DRY_ABI));
  for (uint32_t abi : {0u, DRY_ABI + 1u, UINT32_MAX}) EXPECT_STATUS(DRY_VERSION_MISMATCH, dry_abi_check(abi));
}

TEST(Version, CpuLevelIsOneOfTheDocumentedOnes) {
  const std::string level = dry_cpu_level();
  EXPECT_TRUE(level == "scalar" || level == "sse4.2" || level == "crc") << level;
}

}  // namespace
