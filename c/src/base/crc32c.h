/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* crc32c.h: CRC-32C (Castagnoli), as in iSCSI and ext4: checksums of headers, blocks and images. */
#ifndef DRYI_BASE_CRC32C_H
#define DRYI_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

#include "base/arith.h"

/* Goes on from `crc` (0 at the start) over `n` bytes. The result does not depend on how the bytes are cut up. */
DRYI_LOCAL uint32_t dryi_crc32c(uint32_t crc, const void *data, size_t n);

/* The definition, by table, whatever the processor: what tests compare the fast one with. */
DRYI_LOCAL uint32_t dryi_crc32c_scalar(uint32_t crc, const void *data, size_t n);

#endif
