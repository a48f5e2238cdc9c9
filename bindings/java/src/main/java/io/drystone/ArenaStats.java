// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.Set;

/**
 * Facts on an {@link Arena}.
 *
 * @param capacityBytes as asked for
 * @param usedBytes what the cursor has passed, padding included
 * @param peakBytes the most that was ever used; survives reset
 * @param committedBytes usable without another system call
 * @param allocations successes since creation, fallbacks included
 * @param failures requests that failed for want of room or memory
 * @param fallbacks requests served from the heap since creation
 * @param resets since creation
 * @param granted what was asked for and is in force
 * @param refused what was asked for and is not
 */
public record ArenaStats(
    long capacityBytes,
    long usedBytes,
    long peakBytes,
    long committedBytes,
    long allocations,
    long failures,
    long fallbacks,
    long resets,
    Set<MemoryFlag> granted,
    Set<MemoryFlag> refused) {
  /** How many numbers C fills in. */
  static final int NUMBERS = 9;

  /** C has counted what Java served from the heap as failed. */
  static ArenaStats of(long[] n, long fallbacks) {
    return new ArenaStats(
        n[0], n[1], n[2], n[3], n[4] + fallbacks, n[5] - fallbacks, fallbacks, n[6], MemoryFlag.of(n[7]),
        MemoryFlag.of(n[8]));
  }
}
