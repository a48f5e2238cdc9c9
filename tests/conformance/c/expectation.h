// SPDX-License-Identifier: MIT OR Apache-2.0
// expectation.h: whether a result is what a step expects.
#ifndef TESTS_CONFORMANCE_C_EXPECTATION_H
#define TESTS_CONFORMANCE_C_EXPECTATION_H

#include "operation.h"

// Throws Malformed where `expect` has a key that the operation does not answer, or a value of the wrong form.
void check_expectation(const Operation &operation, const Json &expect);

bool expectation_holds(const Operation &operation, const Json &expect, const Json &result);

#endif
