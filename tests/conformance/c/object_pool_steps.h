// SPDX-License-Identifier: MIT OR Apache-2.0
// object_pool_steps.h: the object_pool.* and object.* steps.
#ifndef TESTS_CONFORMANCE_C_OBJECT_POOL_STEPS_H
#define TESTS_CONFORMANCE_C_OBJECT_POOL_STEPS_H

#include "operation.h"

std::vector<Operation> object_pool_operations();

#endif
