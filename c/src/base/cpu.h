/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* cpu.h: what this processor can do, asked once; the environment variable DRYSTONE_CPU_LEVEL=scalar hides it all. */
#ifndef DRYI_BASE_CPU_H
#define DRYI_BASE_CPU_H

#include "base/arith.h"

#define DRYI_CPU_SCALAR 1
#define DRYI_CPU_CRC 2 /* x86-64: SSE4.2; AArch64: the CRC32 instructions */

/* One of the levels above. Any thread; the first call detects. */
DRYI_LOCAL int dryi_cpu_level(void);

#endif
