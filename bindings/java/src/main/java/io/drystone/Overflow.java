// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

/** What an {@link Arena} or {@link Scratch} does with a request that it has no room for. */
public enum Overflow {
  /** {@link DrystoneException.Full}. */
  ERROR(Layout.OVERFLOW_ERROR),
  /** It is served from the heap, until the next reset, and counted. */
  FALLBACK(Layout.OVERFLOW_FALLBACK),
  /** The process prints what was asked for, and is aborted. */
  ABORT(Layout.OVERFLOW_ABORT);

  final int number;

  Overflow(int number) {
    this.number = number;
  }

  /** What C is asked for: memory from the heap that views are lent of has to be Java's own affair. */
  int numberInC() {
    return this == FALLBACK ? ERROR.number : number;
  }
}
