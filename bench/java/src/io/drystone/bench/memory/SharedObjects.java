// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

/** Objects that several threads take and give back. */
interface SharedObjects extends AutoCloseable {
  /** What one thread works through, with room for so many live objects. */
  Objects local(int live);

  /** An array as {@link Objects#live} answers, for a queue. */
  Object array(int live);

  @Override
  default void close() {}
}
