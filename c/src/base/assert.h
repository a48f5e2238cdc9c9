/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * assert.h: DRY_ASSERT states what the code itself guarantees; it is checked in builds with DRY_CHECKED=1 and costs
 * nothing elsewhere. What callers or stored bytes can get wrong is a status, never an assertion.
 */
#ifndef DRYI_BASE_ASSERT_H
#define DRYI_BASE_ASSERT_H

#include "base/arith.h"

#if defined(DRY_CHECKED) && DRY_CHECKED
DRYI_LOCAL _Noreturn void dryi_assert_failed(const char *what, const char *file, int line);
#define DRY_ASSERT(x) ((x) ? (void)0 : dryi_assert_failed(#x, __FILE__, __LINE__))
#else
#define DRY_ASSERT(x) ((void)0)
#endif

#endif
