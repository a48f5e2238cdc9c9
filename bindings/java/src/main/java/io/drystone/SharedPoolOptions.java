// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.util.Set;

/**
 * What a {@link SharedPool} is made with.
 *
 * @param objectBytes 1 to 2^30
 * @param capacitySlots 1 to 2^29
 * @param alignBytes a power of two up to 4096; 0 stands for the largest that divides {@code objectBytes}, 16 at most; 128
 *     keeps objects of different threads apart
 * @param caches that can be open at once, in all processes; 1 to 4096; 0 stands for 64
 * @param flags any; in a region {@link MemoryFlag#GUARDED} and {@link MemoryFlag#WIPE}
 */
public record SharedPoolOptions(
    long objectBytes, long capacitySlots, long alignBytes, long caches, Set<MemoryFlag> flags) {
  /** Copies the flags. */
  public SharedPoolOptions {
    flags = Set.copyOf(flags);
  }

  /** So many objects of that size. */
  public SharedPoolOptions(long objectBytes, long capacitySlots) {
    this(objectBytes, capacitySlots, 0, 0, Set.of());
  }

  /** The same with that alignment. */
  public SharedPoolOptions withAlign(long bytes) {
    return new SharedPoolOptions(objectBytes, capacitySlots, bytes, caches, flags);
  }

  /** The same with so many caches. */
  public SharedPoolOptions withCaches(long count) {
    return new SharedPoolOptions(objectBytes, capacitySlots, alignBytes, count, flags);
  }

  /** The same with those flags. */
  public SharedPoolOptions withFlags(MemoryFlag... all) {
    return new SharedPoolOptions(objectBytes, capacitySlots, alignBytes, caches, Set.of(all));
  }

  /**
   * How many bytes the part takes in a region; which also needs room for its header and directory, and starts each part on
   * a multiple of 4096.
   *
   * @throws DrystoneException.InvalidArgument when no pool can be made so
   * @throws DrystoneException.TooLarge when it would be larger than a pool can be
   */
  public long requiredBytes() {
    long[] bytesOut = new long[1];
    int status =
        Native.dryj_shared_pool_required_bytes(partFlags(), objectBytes, capacitySlots, alignBytes, caches, bytesOut);
    if (status != Layout.STATUS_OK) {
      throw DrystoneException.of(status, toString());
    }
    return bytesOut[0];
  }

  int partFlags() {
    return MemoryFlag.bits(flags, MemoryFlag.GUARDED);
  }

  int privateFlags() {
    return MemoryFlag.bits(flags, MemoryFlag.GUARDED, MemoryFlag.TRACK);
  }
}
