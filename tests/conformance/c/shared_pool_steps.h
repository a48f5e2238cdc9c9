// SPDX-License-Identifier: MIT OR Apache-2.0
// shared_pool_steps.h: the shared_pool.* steps.
#ifndef TESTS_CONFORMANCE_C_SHARED_POOL_STEPS_H
#define TESTS_CONFORMANCE_C_SHARED_POOL_STEPS_H

#include "operation.h"

std::vector<Operation> shared_pool_operations();

#endif
