/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The entry point that clang's libFuzzer calls; tests/fuzz/run builds it. */
#include "tests/fuzz/region_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::Run(data, size);
  return 0;
}
