// SPDX-License-Identifier: MIT OR Apache-2.0
// arena_steps.h: the arena.* steps.
#ifndef TESTS_CONFORMANCE_C_ARENA_STEPS_H
#define TESTS_CONFORMANCE_C_ARENA_STEPS_H

#include "operation.h"

std::vector<Operation> arena_operations();

#endif
