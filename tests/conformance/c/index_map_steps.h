// SPDX-License-Identifier: MIT OR Apache-2.0
// index_map_steps.h: the index_map.* steps.
#ifndef TESTS_CONFORMANCE_C_INDEX_MAP_STEPS_H
#define TESTS_CONFORMANCE_C_INDEX_MAP_STEPS_H

#include "operation.h"

std::vector<Operation> index_map_operations();

#endif
