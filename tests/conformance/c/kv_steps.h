// SPDX-License-Identifier: MIT OR Apache-2.0
// kv_steps.h: the kv.* steps.
#ifndef TESTS_CONFORMANCE_C_KV_STEPS_H
#define TESTS_CONFORMANCE_C_KV_STEPS_H

#include "operation.h"

std::vector<Operation> kv_operations();

#endif
