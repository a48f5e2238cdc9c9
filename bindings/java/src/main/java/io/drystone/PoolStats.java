// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.util.Set;

/**
 * Facts on a {@link Pool}.
 *
 * @param objectBytes as asked for
 * @param strideBytes from one object to the next
 * @param alignBytes of each object
 * @param capacitySlots now
 * @param capacityMaxSlots that it can grow to
 * @param inUse slots that are taken, withdrawn ones included
 * @param peak the most that were taken at once; survives reset
 * @param failures requests that found no free slot
 * @param withdrawn slots found damaged, which nobody gets any more
 * @param sizeBytes all memory of the pool
 * @param granted what was asked for and is in force
 * @param refused what was asked for and is not
 */
public record PoolStats(
    long objectBytes,
    long strideBytes,
    long alignBytes,
    long capacitySlots,
    long capacityMaxSlots,
    long inUse,
    long peak,
    long failures,
    long withdrawn,
    long sizeBytes,
    Set<MemoryFlag> granted,
    Set<MemoryFlag> refused) {
  /** How many numbers C fills in, in the order of the components. */
  static final int NUMBERS = 12;

  static PoolStats of(long address) {
    long[] n = new long[NUMBERS];
    int status = Native.dryj_pool_stats(address, n);
    if (status != Layout.STATUS_OK) {
      throw DrystoneException.of(status, "pool: " + Native.dry_status_text(status));
    }
    return new PoolStats(
        n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], MemoryFlag.of(n[10]), MemoryFlag.of(n[11]));
  }
}
