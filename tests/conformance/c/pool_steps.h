// SPDX-License-Identifier: MIT OR Apache-2.0
// pool_steps.h: the pool.* steps.
#ifndef TESTS_CONFORMANCE_C_POOL_STEPS_H
#define TESTS_CONFORMANCE_C_POOL_STEPS_H

#include "operation.h"

std::vector<Operation> pool_operations();

#endif
