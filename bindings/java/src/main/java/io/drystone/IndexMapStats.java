// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.Set;

/**
 * Facts on an {@link IndexMap}.
 *
 * @param capacity indices that there are
 * @param inUse indices that are taken
 * @param failures requests that found no free index
 * @param sizeBytes all memory of the map
 * @param granted what was asked for and is in force
 * @param refused what was asked for and is not
 */
public record IndexMapStats(
    long capacity, long inUse, long failures, long sizeBytes, Set<MemoryFlag> granted, Set<MemoryFlag> refused) {
  /** How many numbers C fills in, in the order of the components. */
  static final int NUMBERS = 6;

  static IndexMapStats of(long[] n) {
    return new IndexMapStats(n[0], n[1], n[2], n[3], MemoryFlag.of(n[4]), MemoryFlag.of(n[5]));
  }
}
