/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "drystone/version.h"

_Static_assert(DRY_VERSION_NUMBER == DRY_VERSION_MAJOR * 1000000 + DRY_VERSION_MINOR * 1000 + DRY_VERSION_PATCH,
               "the number says what the parts say");

uint32_t dry_version_number(void) { return DRY_VERSION_NUMBER; }

const char *dry_version_string(void) { return DRY_VERSION_STRING; }

dry_status dry_abi_check(uint32_t abi) { return abi == DRY_ABI ? DRY_OK : DRY_VERSION_MISMATCH; }
