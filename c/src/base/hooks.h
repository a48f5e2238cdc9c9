/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * hooks.h: where tests reach in. Only builds with DRY_HOOKS=1 have any of it.
 *
 *   DRYI_STEP("name")  a place where a writer may be killed: calls step(context, name)
 *   DRYI_FAIL("call")  in front of a system call or allocation: the errno to fail with, or 0 to go on
 */
#ifndef DRYI_BASE_HOOKS_H
#define DRYI_BASE_HOOKS_H

#if defined(DRY_HOOKS) && DRY_HOOKS

#include "drystone/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dryi_hooks {
  void (*step)(void *context, const char *name); /* NULL: nothing */
  int (*fail)(void *context, const char *call);  /* NULL: nothing fails */
  void *context;
} dryi_hooks;

/* Set it before other threads run. */
DRY_API extern dryi_hooks dryi_hooks_now;
DRY_API void dryi_hooks_step(const char *name);
DRY_API int dryi_hooks_fail(const char *call);

#ifdef __cplusplus
}
#endif

#define DRYI_STEP(name) dryi_hooks_step(name)
#define DRYI_FAIL(call) dryi_hooks_fail(call)

#else
#define DRYI_STEP(name) ((void)0)
#define DRYI_FAIL(call) 0
#endif

#endif
