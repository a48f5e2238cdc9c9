// SPDX-License-Identifier: MIT OR Apache-2.0
// buffer_pool_steps.h: the buffer_pool.* and buffer.* steps.
#ifndef TESTS_CONFORMANCE_C_BUFFER_POOL_STEPS_H
#define TESTS_CONFORMANCE_C_BUFFER_POOL_STEPS_H

#include "operation.h"

std::vector<Operation> buffer_pool_operations();

#endif
