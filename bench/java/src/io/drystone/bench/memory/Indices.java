// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

/** Numbers, of which the lowest free one is taken. */
interface Indices extends AutoCloseable {
  int take();

  void give(int index);

  @Override
  default void close() {}
}
