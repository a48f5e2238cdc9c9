/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* status.h: comparing a dry_status by its name, so that a failure reads "not_found" and not "4". */
#ifndef DRYSTONE_TESTS_SUPPORT_STATUS_H
#define DRYSTONE_TESTS_SUPPORT_STATUS_H

#include <gtest/gtest.h>

#include "drystone/drystone.h"

#define EXPECT_STATUS(expected, call) EXPECT_STREQ(dry_status_name(expected), dry_status_name(call))
#define ASSERT_STATUS(expected, call) ASSERT_STREQ(dry_status_name(expected), dry_status_name(call))

#endif
