// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.util.function.LongUnaryOperator;

/**
 * Which of N numbers are taken, and the lowest free one in constant time. In private memory ({@link #create}) or a part of a
 * region ({@link Region#createIndexMap}).
 *
 * <p>Thread rule: one thread at a time for all handles of one map in a region. A call that meets another inside is {@link
 * DrystoneException.Busy}, and changes nothing. Whatever is called after {@link #close}, or after the region was closed, is
 * {@link DrystoneException.Closed}.
 *
 * <p>Cost: in private memory Java takes, releases and looks at single indices itself: about 15 ns a call, of which 9 keep
 * others out. Everything else, and all of it in a region, is one native call: 20 ns and more. {@link #acquireMany} and {@link
 * #list} make one for many indices. Nothing is allocated in Java.
 */
public final class IndexMap implements AutoCloseable {
  final Handle handle;

  /** Null where every call is C's. */
  final IndexBooks books;

  private IndexMap(Handle handle) {
    this.handle = handle;
    books = handle.region == null ? IndexBooks.of(handle.address) : null;
  }

  /** A map of so many indices in private memory. */
  public static IndexMap create(long capacity) {
    return create(new IndexMapOptions(capacity));
  }

  /**
   * Makes a map in private memory. Cost: system calls.
   *
   * @throws DrystoneException.InvalidArgument names the option
   * @throws DrystoneException.TooLarge above the largest capacity
   * @throws DrystoneException.OutOfMemory when the system refuses memory
   * @throws DrystoneException.Unsupported when it refuses what is required
   */
  public static IndexMap create(IndexMapOptions options) {
    int flags = MemoryFlag.bits(options.flags());
    return new IndexMap(Handle.ofPrivate(
        "index map",
        Gate.forOne(),
        () -> Native.dryj_index_map_create(0, null, flags, options.capacity()),
        address -> options.capacity() / Byte.SIZE,
        Native::dryj_index_map_free));
  }

  static IndexMap ofPart(RegionHandle region, String part, LongUnaryOperator make) {
    return region.openPart(part, Gate.class, Gate::forOne, make, (address, gate) -> {
      String label = "index map '" + part + "' in " + region.label;
      return new IndexMap(Handle.ofPart(label, gate, address, region, () -> Native.dryj_index_map_free(address)));
    });
  }

  // ---- taking and giving back

  /**
   * Takes the lowest free index.
   *
   * @throws DrystoneException.Full when none is free
   * @throws DrystoneException.ReadOnly in a region opened for reading
   * @throws DrystoneException.Corrupt when the map was damaged from outside
   */
  public int acquire() {
    handle.enter();
    try {
      int index = books == null ? PoolBooks.NONE : books.take();
      return index >= 0 ? index : (int) handle.number(Native.dryj_index_map_acquire(handle.address));
    } finally {
      handle.leave();
    }
  }

  /** As {@link #acquire}, with -1 where that throws {@link DrystoneException.Full}. */
  public int tryAcquire() {
    handle.enter();
    try {
      int index = books == null ? PoolBooks.NONE : books.take();
      return index >= 0
          ? index
          : handle.numberOr(Native.dryj_index_map_acquire(handle.address), Layout.STATUS_FULL);
    } finally {
      handle.leave();
    }
  }

  /**
   * Takes that index.
   *
   * @throws DrystoneException.AlreadyExists when it is taken
   * @throws DrystoneException.InvalidArgument when the map has no such index
   */
  public void acquireAt(int index) {
    handle.enter();
    try {
      handle.check(Native.dry_index_map_acquire_at(handle.address, index));
    } finally {
      handle.leave();
    }
  }

  /** Takes as many indices as the array has room for, ascending, or none. */
  public void acquireMany(int[] indices) {
    acquireMany(indices, 0, indices.length);
  }

  /**
   * Takes {@code count} indices, ascending, all or none.
   *
   * @throws DrystoneException.Full when fewer are free
   */
  public void acquireMany(int[] indices, int from, int count) {
    handle.enter();
    try {
      handle.checkRange(from, count, indices.length);
      handle.check(Native.dryj_index_map_acquire_many(handle.address, indices, from, count));
    } finally {
      handle.leave();
    }
  }

  /**
   * Gives an index back.
   *
   * @throws DrystoneException.Stale when it is free
   * @throws DrystoneException.InvalidArgument when the map has no such index
   * @throws DrystoneException.ReadOnly in a region opened for reading
   */
  public void release(int index) {
    handle.enter();
    try {
      if (books == null || !books.give(index)) {
        handle.check(Native.dry_index_map_release(handle.address, index));
      }
    } finally {
      handle.leave();
    }
  }

  // ---- looking

  /**
   * Whether an index is taken.
   *
   * @throws DrystoneException.InvalidArgument when the map has no such index
   */
  public boolean contains(int index) {
    handle.enter();
    try {
      return books != null && books.isIndex(index)
          ? books.isTaken(index)
          : handle.number(Native.dryj_index_map_contains(handle.address, index)) != 0;
    } finally {
      handle.leave();
    }
  }

  /** The first taken index at or after {@code from}, or -1. */
  public int nextUsed(int from) {
    handle.enter();
    try {
      return handle.numberOr(Native.dryj_index_map_next_used(handle.address, from), Layout.STATUS_NOT_FOUND);
    } finally {
      handle.leave();
    }
  }

  /** The first free index at or after {@code from}, or -1. */
  public int nextFree(int from) {
    handle.enter();
    try {
      return handle.numberOr(Native.dryj_index_map_next_free(handle.address, from), Layout.STATUS_NOT_FOUND);
    } finally {
      handle.leave();
    }
  }

  /**
   * Writes the taken indices from {@code from} on to an array, ascending.
   *
   * @return how many; fewer than there is room for means that these were the last
   */
  public int list(int from, int[] indices) {
    handle.enter();
    try {
      return (int) handle.number(
          Native.dryj_index_map_list(handle.address, from, indices, 0, indices.length));
    } finally {
      handle.leave();
    }
  }

  // ---- the map as a whole

  /** Gives every index back. */
  public void reset() {
    handle.enter();
    try {
      handle.check(Native.dry_index_map_reset(handle.address));
    } finally {
      handle.leave();
    }
  }

  /** Makes the summaries anew from the bits of the indices. */
  public void repair() {
    handle.enter();
    try {
      handle.check(Native.dry_index_map_repair(handle.address));
    } finally {
      handle.leave();
    }
  }

  /**
   * Checks that the summaries agree with the bits of the indices.
   *
   * @throws DrystoneException.Corrupt names the place
   */
  public void validate() {
    handle.enter();
    try {
      handle.check(Native.dry_index_map_validate(handle.address));
    } finally {
      handle.leave();
    }
  }

  /** Facts on the map. */
  public IndexMapStats stats() {
    long[] numbers = new long[IndexMapStats.NUMBERS];
    handle.enter();
    try {
      handle.check(Native.dryj_index_map_stats(handle.address, numbers));
      return IndexMapStats.of(numbers);
    } finally {
      handle.leave();
    }
  }

  /**
   * Gives the handle up, and private memory with it; waits for a call that is under way in another thread. A map in a
   * region stays there, as it is. Again is fine.
   */
  @Override
  public void close() {
    handle.close();
  }
}
