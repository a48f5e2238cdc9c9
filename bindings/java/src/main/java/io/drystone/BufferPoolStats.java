// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.util.Set;

/**
 * Facts on a {@link BufferPool}.
 *
 * @param blocks that there are
 * @param inUse blocks that are taken
 * @param peak the most that were taken at once
 * @param elements of a block
 * @param elementBytes of an element
 * @param strideBytes from one block to the next
 * @param failures requests that found no free block
 * @param sizeBytes all memory of the pool
 * @param granted what was asked for and is in force
 * @param refused what was asked for and is not
 */
public record BufferPoolStats(
    long blocks,
    long inUse,
    long peak,
    long elements,
    long elementBytes,
    long strideBytes,
    long failures,
    long sizeBytes,
    Set<MemoryFlag> granted,
    Set<MemoryFlag> refused) {
  /** How many numbers C fills in, in the order of the components. */
  static final int NUMBERS = 10;

  static BufferPoolStats of(long address) {
    long[] n = new long[NUMBERS];
    int status = Native.dryj_buffer_pool_stats(address, n);
    if (status != Layout.STATUS_OK) {
      throw DrystoneException.of(status, "buffer pool: " + Native.dry_status_text(status));
    }
    return new BufferPoolStats(
        n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], MemoryFlag.of(n[8]), MemoryFlag.of(n[9]));
  }
}
