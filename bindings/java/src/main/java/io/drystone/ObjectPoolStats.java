// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.Set;

/**
 * Facts on an {@link ObjectPool}.
 *
 * @param capacity objects that it can hold
 * @param inUse objects in it
 * @param peak the most that were in it at once
 * @param destroyed objects that are gone since creation
 * @param retired slots whose generations are used up
 * @param failures requests that found no free slot
 * @param sizeBytes native memory of the pool
 * @param granted what was asked for and is in force
 * @param refused what was asked for and is not
 */
public record ObjectPoolStats(
    long capacity,
    long inUse,
    long peak,
    long destroyed,
    long retired,
    long failures,
    long sizeBytes,
    Set<MemoryFlag> granted,
    Set<MemoryFlag> refused) {
  /** How many numbers C fills in, in the order of the components. */
  static final int NUMBERS = 9;

  static ObjectPoolStats of(long[] n) {
    return new ObjectPoolStats(
        n[0], n[1], n[2], n[3], n[4], n[5], n[6], MemoryFlag.of(n[7]), MemoryFlag.of(n[8]));
  }
}
