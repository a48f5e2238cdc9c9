// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.util.Set;

/**
 * Facts on a {@link SharedPool}; a snapshot while others work.
 *
 * @param objectBytes as asked for
 * @param strideBytes from one object to the next
 * @param capacitySlots as asked for
 * @param inUse slots that users hold
 * @param cached slots that are free, but in some cache
 * @param failures requests that found no free slot
 * @param caches that are open, those of dead processes included
 * @param refills batches moved from the depot to caches
 * @param flushes and back
 * @param sizeBytes all memory of the pool
 * @param granted what was asked for and is in force
 * @param refused what was asked for and is not
 */
public record SharedPoolStats(
    long objectBytes,
    long strideBytes,
    long capacitySlots,
    long inUse,
    long cached,
    long failures,
    long caches,
    long refills,
    long flushes,
    long sizeBytes,
    Set<MemoryFlag> granted,
    Set<MemoryFlag> refused) {
  /** How many numbers C fills in, in the order of the components. */
  static final int NUMBERS = 12;

  static SharedPoolStats of(long address) {
    long[] n = new long[NUMBERS];
    int status = Native.dryj_shared_pool_stats(address, n);
    if (status != Layout.STATUS_OK) {
      throw DrystoneException.of(status, "shared pool: " + Native.dry_status_text(status));
    }
    return new SharedPoolStats(
        n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], MemoryFlag.of(n[10]), MemoryFlag.of(n[11]));
  }
}
