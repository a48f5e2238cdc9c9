/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <set>
#include <string>

#include "tests/support/status.h"

namespace {

/** The numbers and names that every language and every stored transcript relies on. */
const struct {
  int number;
  const char *name;
} kStatuses[] = {
    {0, "ok"},          {1, "invalid_argument"}, {2, "out_of_memory"}, {3, "full"},       {4, "not_found"},
    {5, "already_exists"}, {6, "type_mismatch"}, {7, "stale"},         {8, "foreign"},    {9, "too_large"},
    {10, "busy"},       {11, "read_only"},       {12, "corrupt"},      {13, "version_mismatch"}, {14, "conflict"},
    {15, "timed_out"},  {16, "io"},              {17, "unsupported"},  {18, "closed"},
};

TEST(Status, NumbersAndNamesNeverChange) {
  ASSERT_EQ(static_cast<size_t>(DRY_STATUS_COUNT), sizeof kStatuses / sizeof *kStatuses);
  for (const auto &status : kStatuses) EXPECT_STREQ(status.name, dry_status_name(status.number));
}

TEST(Status, ConstantsHaveTheirNumbers) {
  EXPECT_EQ(0, DRY_OK);
  EXPECT_EQ(7, DRY_STALE);
  EXPECT_EQ(12, DRY_CORRUPT);
  EXPECT_EQ(18, DRY_CLOSED);
}

TEST(Status, EveryNumberHasASentenceOfItsOwn) {
  std::set<std::string> sentences;
  for (int number = 0; number < DRY_STATUS_COUNT; number++) {
    EXPECT_STRNE("", dry_status_text(number));
    sentences.insert(dry_status_text(number));
  }
  EXPECT_EQ(static_cast<size_t>(DRY_STATUS_COUNT), sentences.size());
}

TEST(Status, OtherNumbersAreUnknown) {
  for (int number : {-1, DRY_STATUS_COUNT, 1000, INT32_MAX, INT32_MIN}) {
    EXPECT_STREQ("unknown", dry_status_name(number)) << number;
    ASSERT_NE(nullptr, dry_status_text(number)) << number;
    EXPECT_STRNE("", dry_status_text(number)) << number;
  }
}

}  // namespace
