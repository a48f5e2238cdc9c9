// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

/** What calls pass on their way into native code, and what keeps them out for a while. */
interface Barrier {
  /**
   * Keeps calls out, and waits for the end of those that are inside; false, and nothing is held, when that cannot be waited
   * for. Every true is followed by {@link #letGo}.
   */
  boolean hold();

  /** Lets calls in again. */
  void letGo();
}
