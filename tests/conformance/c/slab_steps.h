// SPDX-License-Identifier: MIT OR Apache-2.0
// slab_steps.h: the slab.* steps.
#ifndef TESTS_CONFORMANCE_C_SLAB_STEPS_H
#define TESTS_CONFORMANCE_C_SLAB_STEPS_H

#include "operation.h"

std::vector<Operation> slab_operations();

#endif
