// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.function.Executable;

/** What every object says once it was closed. */
final class Closed {
  private Closed() {}

  static void everywhere(Executable... calls) {
    for (int i = 0; i < calls.length; i++) {
      assertThrows(DrystoneException.Closed.class, calls[i], "call " + i);
    }
  }
}
