/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What lies below the public API: arithmetic, names, checksums. */
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/random.h"
#include "tests/support/status.h"

extern "C" {
#include "base/arith.h"
#include "base/cpu.h"
#include "base/crc32c.h"
#include "base/utf8.h"
}

namespace {

TEST(BaseArith, NoticesOverflowAndLeavesTheResultAlone) {
  uint64_t out = 7;
  EXPECT_TRUE(dryi_add(UINT64_MAX - 1, 1, &out));
  EXPECT_EQ(UINT64_MAX, out);
  EXPECT_FALSE(dryi_add(UINT64_MAX, 1, &out));
  EXPECT_EQ(UINT64_MAX, out);
  EXPECT_TRUE(dryi_mul(UINT32_MAX, UINT32_MAX, &out));
  EXPECT_EQ(0xfffffffe00000001u, out);
  EXPECT_FALSE(dryi_mul(uint64_t{1} << 33, uint64_t{1} << 31, &out));
  EXPECT_TRUE(dryi_mul(0, UINT64_MAX, &out));
  EXPECT_EQ(0u, out);
}

TEST(BaseArith, RangesNearTheEndDoNotWrap) {
  EXPECT_TRUE(dryi_in_range(0, 0, 0));
  EXPECT_TRUE(dryi_in_range(10, 0, 10));
  EXPECT_TRUE(dryi_in_range(4, 6, 10));
  EXPECT_FALSE(dryi_in_range(4, 7, 10));
  EXPECT_FALSE(dryi_in_range(11, 0, 10));
  EXPECT_FALSE(dryi_in_range(5, UINT64_MAX, 10));
  EXPECT_FALSE(dryi_in_range(UINT64_MAX, 1, UINT64_MAX - 1));
  EXPECT_FALSE(dryi_in_range(UINT64_MAX - 3, 8, UINT64_MAX));
}

TEST(BaseArith, AlignsUp) {
  EXPECT_EQ(0u, dryi_align_up(0, 64));
  EXPECT_EQ(64u, dryi_align_up(1, 64));
  EXPECT_EQ(64u, dryi_align_up(64, 64));
  EXPECT_EQ(4096u, dryi_align_up(65, 4096));
  EXPECT_TRUE(dryi_is_power_of_two(1));
  EXPECT_TRUE(dryi_is_power_of_two(uint64_t{1} << 63));
  EXPECT_FALSE(dryi_is_power_of_two(0));
  EXPECT_FALSE(dryi_is_power_of_two(12));
}

uint32_t Crc(const std::string &bytes) { return dryi_crc32c(0, bytes.data(), bytes.size()); }

TEST(BaseCrc32c, EqualsThePublishedVectors) {
  EXPECT_EQ(0u, Crc(""));
  EXPECT_EQ(0xe3069283u, Crc("123456789"));
  // RFC 3720 (iSCSI), appendix B.4.
  EXPECT_EQ(0x8a9136aau, Crc(std::string(32, '\0')));
  EXPECT_EQ(0x62a8ab43u, Crc(std::string(32, '\xff')));
  std::string up(32, '\0'), down(32, '\0');
  for (int i = 0; i < 32; i++) {
    up[i] = static_cast<char>(i);
    down[i] = static_cast<char>(31 - i);
  }
  EXPECT_EQ(0x46dd794eu, Crc(up));
  EXPECT_EQ(0x113fdb5cu, Crc(down));
}

TEST(BaseCrc32c, EveryLevelAgreesForAllLengthsAndMisalignments) {
  support::Random random(8);
  const std::string data = random.Bytes(1200);
  for (size_t shift = 0; shift < 17; shift++) {
    for (size_t size : {0u, 1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 15u, 16u, 17u, 31u, 32u, 33u, 63u, 64u, 65u, 255u, 1000u}) {
      EXPECT_EQ(dryi_crc32c_scalar(3, data.data() + shift, size), dryi_crc32c(3, data.data() + shift, size))
          << size << " at " << shift;
    }
  }
}

TEST(BaseCrc32c, DoesNotDependOnHowTheBytesAreCut) {
  support::Random random(9);
  const std::string data = random.Bytes(300);
  const uint32_t whole = Crc(data);
  for (size_t cut = 0; cut <= data.size(); cut++) {
    const uint32_t first = dryi_crc32c(0, data.data(), cut);
    EXPECT_EQ(whole, dryi_crc32c(first, data.data() + cut, data.size() - cut)) << cut;
  }
}

TEST(BaseCpu, IsScalarWhereTheEnvironmentSaysSo) {
  const char *forced = getenv("DRYSTONE_CPU_LEVEL");
  if (forced == nullptr || strcmp(forced, "scalar") != 0) return;
  EXPECT_EQ(DRYI_CPU_SCALAR, dryi_cpu_level());
  EXPECT_STREQ("scalar", dry_cpu_level());
}

TEST(BaseCpu, AllHoldsAtTheScalarLevelToo) {
  if (getenv("DRYSTONE_CPU_LEVEL") != nullptr) return;
  // The level is asked for once a process, so these tests run again in a fresh one.
  support::Child child([] {
    setenv("DRYSTONE_CPU_LEVEL", "scalar", 1);
    unsetenv("XML_OUTPUT_FILE");
    execl("/proc/self/exe", "base_test", "--gtest_filter=BaseCrc32c.*:BaseCpu.*", nullptr);
    return 1;
  });
  EXPECT_EQ(0, child.Wait());
}

TEST(BaseUtf8, AcceptsEveryScalarValueButNul) {
  for (const char *text : {"a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(dryi_utf8_valid(text, strlen(text))) << text;
  }
  EXPECT_FALSE(dryi_utf8_valid("\0", 1));
}

TEST(BaseUtf8, RefusesWhatRfc3629DoesNotAllow) {
  for (const char *text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80",
                           "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
                           "\xff", "ok\xc3(", "\xe2\x28\xa1"}) {
    EXPECT_FALSE(dryi_utf8_valid(text, strlen(text))) << text;
  }
}

}  // namespace
