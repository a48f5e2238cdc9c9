/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/hooks.h"

#if defined(DRY_HOOKS) && DRY_HOOKS

dryi_hooks dryi_hooks_now;

void dryi_hooks_step(const char *name) {
  if (dryi_hooks_now.step) dryi_hooks_now.step(dryi_hooks_now.context, name);
}

int dryi_hooks_fail(const char *call) {
  return dryi_hooks_now.fail ? dryi_hooks_now.fail(dryi_hooks_now.context, call) : 0;
}

#endif

/* A translation unit must declare something in every configuration. */
typedef int dryi_hooks_unit;
