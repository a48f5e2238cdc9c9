/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "base/atomics.h"
#include "drystone/version.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

static int detect(void) {
  const char *forced = getenv("DRYSTONE_CPU_LEVEL");
  if (forced && strcmp(forced, "scalar") == 0) return DRYI_CPU_SCALAR;
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse4.2") ? DRYI_CPU_CRC : DRYI_CPU_SCALAR;
#elif defined(__aarch64__) && defined(__linux__)
  return (getauxval(AT_HWCAP) & (1u << 7)) != 0 ? DRYI_CPU_CRC : DRYI_CPU_SCALAR; /* HWCAP_CRC32 */
#else
  return DRYI_CPU_SCALAR;
#endif
}

int dryi_cpu_level(void) {
  /* Every thread that races here computes the same value, so relaxed is enough. */
  static uint32_t known;
  uint32_t level = dryi_load_relaxed_u32(&known);
  if (level == 0) {
    level = (uint32_t)detect();
    dryi_store_relaxed_u32(&known, level);
  }
  return (int)level;
}

const char *dry_cpu_level(void) {
  if (dryi_cpu_level() == DRYI_CPU_SCALAR) return "scalar";
#if defined(__x86_64__)
  return "sse4.2";
#else
  return "crc";
#endif
}
