// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

/** Objects of mixed sizes. */
interface Sized extends AutoCloseable {
  /** Takes so many bytes and keeps them at that place. */
  void take(int at, int bytes);

  void give(int at);

  /** Writes a number and its inverse into it. */
  void stamp(int at, long number);

  boolean stamped(int at, long number);

  @Override
  default void close() {}
}
