// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

/**
 * What is measured: objects that are taken and given back. The subject keeps those that are live, each at a place of its
 * own in an array, as a program would.
 */
interface Objects extends AutoCloseable {
  /** How many a batch has. */
  int BATCH = 64;

  /** Takes an object and keeps it at that place. */
  void take(int at);

  /** Gives it back. */
  void give(int at);

  /** Writes a number and its inverse into it. */
  void stamp(int at, long number);

  /** Whether that is what it holds. */
  boolean stamped(int at, long number);

  /** Takes the objects of the first {@link #BATCH} places in one call; only where there is such a call. */
  default void takeBatch() {
    throw new UnsupportedOperationException();
  }

  /** Gives them back in one call. */
  default void giveBatch() {
    throw new UnsupportedOperationException();
  }

  /** The array of those that are live, for a queue that hands them to another thread. */
  default Object live() {
    throw new UnsupportedOperationException();
  }

  @Override
  default void close() {}
}
