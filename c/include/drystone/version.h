/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * version.h: which drystone this is, at compile time and at run time.
 *
 * Three numbers that change for different reasons:
 *   version   of the library as a product (semantic versioning)
 *   ABI       of the functions and structs in these headers; a wrapper built for one ABI refuses another
 *   format    of the stored bytes; see DRY_REGION_FORMAT and DRY_KV_FORMAT
 */
#ifndef DRYSTONE_VERSION_H
#define DRYSTONE_VERSION_H

#include "drystone/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DRY_VERSION_MAJOR 0
#define DRY_VERSION_MINOR 1
#define DRY_VERSION_PATCH 0
#define DRY_VERSION_STRING "0.1.0"
/** Major x 1,000,000 + minor x 1,000 + patch. */
#define DRY_VERSION_NUMBER 1000
/** Raised whenever a struct or function in the public headers changes incompatibly. */
#define DRY_ABI 1

/// The version of the library that is linked: DRY_VERSION_NUMBER at the time it was built.
/// Threads: any.   Cost: O(1).   Errors: none.
DRY_API uint32_t dry_version_number(void);

/// The same as text, "0.1.0".
/// Threads: any.   Cost: O(1).   Errors: none.   Owns: static storage.
DRY_API const char *dry_version_string(void);

/// Compares the caller's DRY_ABI with the library's: call it once with `DRY_ABI` before anything else.
/// Threads: any.   Cost: O(1).   Errors: DRY_VERSION_MISMATCH.
DRY_API dry_status dry_abi_check(uint32_t abi);

/// The CPU level in use: "scalar", "sse4.2", "crc" (AArch64 with CRC instructions). The environment variable
/// DRYSTONE_CPU_LEVEL=scalar forces the first; results never depend on the level.
/// Threads: any.   Cost: O(1).   Errors: none.   Owns: static storage.
DRY_API const char *dry_cpu_level(void);

#ifdef __cplusplus
}
#endif
#endif
