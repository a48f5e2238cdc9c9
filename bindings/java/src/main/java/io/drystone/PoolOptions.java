// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.util.Set;

/**
 * What a {@link Pool} is made with.
 *
 * @param objectBytes 1 to 2^30
 * @param capacitySlots 1 to 2^30
 * @param alignBytes a power of two up to 4096; 0 stands for the largest that divides {@code objectBytes}, 16 at most; 64 or
 *     128 put each object into cache lines of its own
 * @param capacityMaxSlots in private memory: grow to so many; 0: do not grow
 * @param chunkSlots how many it grows by at a time; 0: as many as there are
 * @param flags any
 */
public record PoolOptions(
    long objectBytes,
    long capacitySlots,
    long alignBytes,
    long capacityMaxSlots,
    long chunkSlots,
    Set<MemoryFlag> flags) {
  /** Copies the flags. */
  public PoolOptions {
    flags = Set.copyOf(flags);
  }

  /** So many objects of that size. */
  public PoolOptions(long objectBytes, long capacitySlots) {
    this(objectBytes, capacitySlots, 0, 0, 0, Set.of());
  }

  /** The same with that alignment. */
  public PoolOptions withAlign(long bytes) {
    return new PoolOptions(objectBytes, capacitySlots, bytes, capacityMaxSlots, chunkSlots, flags);
  }

  /** The same, growing at need to so many slots, so many at a time; 0 stands for as many as there are. */
  public PoolOptions withGrowth(long maxSlots, long slotsAtATime) {
    return new PoolOptions(objectBytes, capacitySlots, alignBytes, maxSlots, slotsAtATime, flags);
  }

  /** The same with those flags. */
  public PoolOptions withFlags(MemoryFlag... all) {
    return new PoolOptions(objectBytes, capacitySlots, alignBytes, capacityMaxSlots, chunkSlots, Set.of(all));
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
    int status = Native.dryj_pool_required_bytes(partFlags(), objectBytes, capacitySlots, alignBytes, bytesOut);
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
