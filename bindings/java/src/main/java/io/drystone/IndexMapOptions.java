// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.util.Set;

/**
 * What an {@link IndexMap} is made with.
 *
 * @param capacity 1 to 16,777,216
 * @param flags {@link MemoryFlag#PREFAULT}, {@link MemoryFlag#HUGE_PAGES}, {@link MemoryFlag#NUMA_LOCAL} and {@link
 *     MemoryFlag#REQUIRED}; none in a region
 */
public record IndexMapOptions(long capacity, Set<MemoryFlag> flags) {
  /** Copies the flags. */
  public IndexMapOptions {
    flags = Set.copyOf(flags);
  }

  /** So many indices. */
  public IndexMapOptions(long capacity) {
    this(capacity, Set.of());
  }

  /** The same with those flags. */
  public IndexMapOptions withFlags(MemoryFlag... all) {
    return new IndexMapOptions(capacity, Set.of(all));
  }

  /**
   * How many bytes the part takes in a region, which starts each part on a multiple of 4096.
   *
   * @throws DrystoneException.InvalidArgument when no map can be made so
   */
  public long requiredBytes() {
    long[] bytesOut = new long[1];
    int status = Native.dryj_index_map_required_bytes(capacity, bytesOut);
    if (status != Layout.STATUS_OK) {
      throw DrystoneException.of(status, "capacity " + Long.toUnsignedString(capacity));
    }
    return bytesOut[0];
  }
}
