// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

/** Memory that is taken piece by piece, and given back all at once. */
interface Bump extends AutoCloseable {
  /** Takes so many bytes and keeps them at that place. */
  void take(int at, int bytes);

  /** Writes a number into its first bytes. */
  void stamp(int at, long number);

  /** Whether that is what they hold. */
  boolean stamped(int at, long number);

  void reset();

  @Override
  void close();
}
