// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;

/**
 * Slots of one size, taken and given back in any order, at the same cost every time. In private memory ({@link #create}) or
 * a part of a region ({@link Region#createPool}), where other languages and later processes find it.
 *
 * <p>The slot that was released last is taken first, else the next one that was never taken. A double release is {@link
 * DrystoneException.Stale} and a number that is no slot {@link DrystoneException.Foreign}, always. The methods of all pools
 * are {@link Slots}'.
 *
 * <p>Thread rule: one thread at a time for all handles of one pool in a region. A call that meets another inside is {@link
 * DrystoneException.Busy}, and changes nothing; {@link SharedPool} is for many threads. Whatever is called after {@link
 * #close}, or after the region was closed, is {@link DrystoneException.Closed}.
 *
 * <p>Cost: in private memory, where the pool does not grow and is not guarded, wiped or tracked, Java takes, releases and
 * finds slots itself: about 10 ns a call, of which 9 keep others out. Elsewhere each is a native call: 20 ns. They allocate
 * nothing in Java. {@link #acquireMany} and {@link #releaseMany} make one native call for all slots, and cost 1 or 2 ns a slot.
 */
public final class Pool extends Slots {
  /** Null when nothing is tracked. */
  private final Sites sites;

  /** Null where every call is C's. */
  final PoolBooks books;

  private Pool(Handle handle, PoolStats stats, boolean writable, boolean tracked) {
    super(handle, stats.objectBytes(), stats.strideBytes());
    books = PoolBooks.of(handle.address);
    sites = tracked ? new Sites() : null;
    handle.locate(Native.dryj_pool_address(handle.address), stats.capacityMaxSlots() * strideBytes(), writable);
  }

  /** A pool of so many objects of that size in private memory. */
  public static Pool create(long objectBytes, long capacitySlots) {
    return create(new PoolOptions(objectBytes, capacitySlots));
  }

  /**
   * Makes a pool in private memory. Cost: system calls.
   *
   * @throws DrystoneException.InvalidArgument names the option
   * @throws DrystoneException.TooLarge for sizes above the limits
   * @throws DrystoneException.OutOfMemory when the system refuses memory
   * @throws DrystoneException.Unsupported when it refuses what is required
   */
  public static Pool create(PoolOptions options) {
    int flags = options.privateFlags();
    Handle handle = Handle.ofPrivate(
        "pool",
        Gate.forOne(),
        () -> Native.dryj_pool_create(
            0, null, flags, options.objectBytes(), options.capacitySlots(), options.alignBytes(),
            options.capacityMaxSlots(), options.chunkSlots()),
        address -> PoolStats.of(address).sizeBytes(),
        Native::dryj_pool_free);
    return new Pool(handle, PoolStats.of(handle.address), true, (flags & Layout.MEMORY_TRACK) != 0);
  }

  static Pool ofPart(RegionHandle region, String part, LongUnaryOperator make) {
    return region.openPart(part, Gate.class, Gate::forOne, make, (address, gate) -> {
      String label = "pool '" + part + "' in " + region.label;
      Handle handle = Handle.ofPart(label, gate, address, region, () -> Native.dryj_pool_free(address));
      return new Pool(handle, PoolStats.of(address), region.mode == Region.Mode.WRITE, false);
    });
  }

  // ---- what Slots asks for

  @Override
  long take() {
    int slot = books == null ? PoolBooks.NONE : books.take();
    return slot >= 0 ? slot : takeInC();
  }

  private long takeInC() {
    long slot = Native.dryj_pool_acquire(handle.address);
    if (sites != null && slot >= 0) {
      sites.took((int) slot);
    }
    return slot;
  }

  @Override
  int give(int slot) {
    return books != null && books.give(slot) ? Layout.STATUS_OK : gaveBack(slot, Native.dry_pool_release(handle.address, slot));
  }

  @Override
  int giveAt(long offset) {
    return gaveBack((int) (offset / strideBytes()), Native.dry_pool_free_at(handle.address, offset));
  }

  private int gaveBack(int slot, int status) {
    if (sites != null && status == Layout.STATUS_OK) {
      sites.gaveBack(slot);
    }
    return status;
  }

  @Override
  long find(int slot) {
    return books != null && books.isTaken(slot) ? slot * strideBytes() : Native.dryj_pool_at(handle.address, slot);
  }

  @Override
  int fillWith(int slot, short value) {
    return Native.dry_pool_fill(handle.address, slot, value);
  }

  @Override
  int check() {
    return Native.dry_pool_validate(handle.address);
  }

  @Override
  long capacitySlots() {
    return PoolStats.of(handle.address).capacitySlots();
  }

  // ---- several at once

  /** Takes as many slots as the array has room for, or none. */
  public void acquireMany(int[] slots) {
    acquireMany(slots, 0, slots.length);
  }

  /**
   * Takes {@code count} slots, all or none, in one native call.
   *
   * @throws DrystoneException.Full when fewer are free
   */
  public void acquireMany(int[] slots, int from, int count) {
    handle.enter();
    try {
      handle.checkRange(from, count, slots.length);
      handle.check(Native.dryj_pool_acquire_many(handle.address, slots, from, count));
      if (sites != null) {
        sites.took(slots, from, count);
      }
    } finally {
      handle.leave();
    }
  }

  /** Gives all of these slots back, or none if one is wrong or comes twice. */
  public void releaseMany(int[] slots) {
    releaseMany(slots, 0, slots.length);
  }

  /** Gives {@code count} slots back in one native call, or none if one is wrong or comes twice. */
  public void releaseMany(int[] slots, int from, int count) {
    handle.enter();
    try {
      handle.checkRange(from, count, slots.length);
      handle.check(Native.dryj_pool_release_many(handle.address, slots, from, count));
      for (int i = from; sites != null && i < from + count; i++) {
        sites.gaveBack(slots[i]);
      }
    } finally {
      handle.leave();
    }
  }

  /** The first taken slot at or after {@code from}, or -1. Cost: a word of 64 slots a nanosecond. */
  public int nextUsed(int from) {
    handle.enter();
    try {
      return next(from);
    } finally {
      handle.leave();
    }
  }

  // ---- the pool as a whole

  /** Frees every slot; then they come in ascending order from 0 again. */
  @Override
  public void reset() {
    handle.enter();
    try {
      handle.check(Native.dry_pool_reset(handle.address));
      if (sites != null) {
        sites.gaveAllBack();
      }
    } finally {
      handle.leave();
    }
  }

  /** What is taken now, in ascending order of slots; with {@link MemoryFlag#TRACK}, where it was taken. */
  public List<Leak> leaks() {
    handle.enter();
    try {
      List<Leak> leaks = new ArrayList<>();
      for (int slot = next(0); slot >= 0; slot = next(slot + 1)) {
        leaks.add(new Leak(slot, objectBytes(), sites == null ? "" : sites.of(slot)));
      }
      return leaks;
    } finally {
      handle.leave();
    }
  }

  private int next(int from) {
    return handle.numberOr(Native.dryj_pool_next_used(handle.address, from), Layout.STATUS_NOT_FOUND);
  }

  /** Facts on the pool. */
  public PoolStats stats() {
    handle.enter();
    try {
      return PoolStats.of(handle.address);
    } finally {
      handle.leave();
    }
  }

  @Override
  public void close() {
    handle.close();
  }
}
