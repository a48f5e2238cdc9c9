// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

/**
 * Facts on a {@link Scratch}.
 *
 * @param capacityBytes as asked for
 * @param usedBytes what the cursor has passed, padding included
 * @param peakBytes the most that was ever used
 * @param allocations successes since creation, fallbacks included
 * @param failures requests that failed for want of room or memory
 * @param fallbacks requests served from the heap since creation
 * @param resets outermost scopes that ended, and resets
 * @param scopes begun since creation
 * @param depth scopes that are open
 */
public record ScratchStats(
    long capacityBytes,
    long usedBytes,
    long peakBytes,
    long allocations,
    long failures,
    long fallbacks,
    long resets,
    long scopes,
    long depth) {
  /** How many numbers C fills in. */
  static final int NUMBERS = 8;

  /** C has counted what Java served from the heap as failed. */
  static ScratchStats of(long[] n, long fallbacks) {
    return new ScratchStats(n[0], n[1], n[2], n[3] + fallbacks, n[4] - fallbacks, fallbacks, n[5], n[6], n[7]);
  }
}
