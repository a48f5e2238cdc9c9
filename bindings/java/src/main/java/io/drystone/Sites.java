// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.HashMap;
import java.util.Map;

/** Where the slots of a tracked pool were taken. An address inside the native library, which C knows, tells nobody. */
final class Sites {
  private static final StackWalker WALKER = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  private final Map<Integer, StackWalker.StackFrame> taken = new HashMap<>();

  void took(int slot) {
    taken.put(slot, caller());
  }

  void took(int[] slots, int from, int count) {
    StackWalker.StackFrame site = caller();
    for (int i = from; i < from + count; i++) {
      taken.put(slots[i], site);
    }
  }

  void gaveBack(int slot) {
    taken.remove(slot);
  }

  void gaveAllBack() {
    taken.clear();
  }

  String of(int slot) {
    StackWalker.StackFrame site = taken.get(slot);
    return site == null ? "" : site.toStackTraceElement().toString();
  }

  private static StackWalker.StackFrame caller() {
    return WALKER.walk(frames -> frames.filter(frame -> !isOurs(frame.getDeclaringClass())).findFirst().orElse(null));
  }

  private static boolean isOurs(Class<?> type) {
    return type == Sites.class || type == Pool.class || type == Slots.class;
  }
}
