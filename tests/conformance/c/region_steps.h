// SPDX-License-Identifier: MIT OR Apache-2.0
// region_steps.h: the region.* steps.
#ifndef TESTS_CONFORMANCE_C_REGION_STEPS_H
#define TESTS_CONFORMANCE_C_REGION_STEPS_H

#include "world.h"

struct Region : Object {
  static constexpr const char *kSort = "a region";
  ~Region() override { dry_region_close(&handle); }

  dry_region handle{};
  uint32_t kind = 0;
  uint32_t mode = 0;
  std::string path;  // of kind file
  bool closed = false;
};

std::vector<Operation> region_operations();

#endif
