// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;

/**
 * Slots of one size, taken and given back in any order, at the same cost every time. In private memory ({@link #create}) or
 * a part of a region ({@link Region#createPool}), where other languages and later processes find it.
 *
 * <p>A slot is a number. Its object's bytes are read and written through a {@link #view}, through {@link #read} and {@link
 * #write}, or, with no native call and no garbage, through one view of {@link #slots all of them}, in which slot {@code n}
 * begins at {@code n * strideBytes()}. A double release is {@link DrystoneException.Stale} and a number that is no slot
 * {@link DrystoneException.Foreign}, always. A view stays usable as long as anybody holds it: after its slot was released
 * it shows the bytes of whoever takes it next, and after {@link #close} bytes of nobody. Memory of which views are out is
 * freed when the collector has seen the last of them go, all else at once.
 *
 * <p>Thread rule: one thread at a time for all handles of one pool in a region. A call that meets another inside is {@link
 * DrystoneException.Busy}, and changes nothing; {@link SharedPool} is for many threads. Whatever is called after {@link
 * #close}, or after the region was closed, is {@link DrystoneException.Closed}.
 *
 * <p>Cost: taking and releasing are one native call each, about 9 ns, and 5 ns for keeping others out, and allocate
 * nothing in Java. {@link #acquireMany} and {@link #releaseMany} make one such call for all slots, and cost 1 or 2 ns a slot.
 */
public final class Pool implements AutoCloseable {
  final Handle handle;
  private final Cells cells;
  private final long objectBytes;
  private final long strideBytes;

  /** Null when nothing is tracked. */
  private final Sites sites;

  /** Null where every call is C's. */
  final PoolBooks books;

  private Pool(Handle handle, PoolStats stats, boolean writable, boolean tracked) {
    this.handle = handle;
    books = PoolBooks.of(handle.address);
    objectBytes = stats.objectBytes();
    strideBytes = stats.strideBytes();
    sites = tracked ? new Sites() : null;
    handle.locate(Native.dryj_pool_address(handle.address), stats.capacityMaxSlots() * strideBytes, writable);
    cells = new Cells(handle, this::find, objectBytes);
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

  /** Where a slot's object lies, or a status negated. */
  private long find(long slot) {
    return books != null && books.isTaken((int) slot) ? slot * strideBytes : Native.dryj_pool_at(handle.address, (int) slot);
  }

  // ---- by slot

  /**
   * Takes the slot that was released last, else the next one that was never taken. Its object holds what was there before;
   * zeros in fresh memory.
   *
   * @return the slot's number, from 0 on
   * @throws DrystoneException.Full when none is free
   * @throws DrystoneException.ReadOnly in a region opened for reading
   * @throws DrystoneException.Corrupt when the pool was damaged from outside
   */
  public int acquire() {
    handle.enter();
    try {
      int slot = books == null ? PoolBooks.NONE : books.take();
      return slot >= 0 ? slot : took((int) handle.number(Native.dryj_pool_acquire(handle.address)));
    } finally {
      handle.leave();
    }
  }

  /** As {@link #acquire}, with -1 where that throws {@link DrystoneException.Full}. */
  public int tryAcquire() {
    handle.enter();
    try {
      int slot = books == null ? PoolBooks.NONE : books.take();
      return slot >= 0
          ? slot
          : took(handle.numberOr(Native.dryj_pool_acquire(handle.address), Layout.STATUS_FULL));
    } finally {
      handle.leave();
    }
  }

  private int took(int slot) {
    if (sites != null && slot >= 0) {
      sites.took(slot);
    }
    return slot;
  }

  /**
   * Gives a slot back.
   *
   * @throws DrystoneException.Stale when it is free
   * @throws DrystoneException.Foreign when the pool has no such slot
   * @throws DrystoneException.Corrupt when the pool is guarded and something was written beyond the object's end; nobody
   *     gets that slot any more
   * @throws DrystoneException.ReadOnly in a region opened for reading
   */
  public void release(int slot) {
    handle.enter();
    try {
      if (books == null || !books.give(slot)) {
        handle.check(Native.dry_pool_release(handle.address, slot));
        if (sites != null) {
          sites.gaveBack(slot);
        }
      }
    } finally {
      handle.leave();
    }
  }

  /** As {@link #release}, by the distance from the first slot in bytes; inside an object it is foreign. */
  public void releaseAt(long offset) {
    handle.enter();
    try {
      handle.check(Native.dry_pool_free_at(handle.address, offset));
      if (sites != null) {
        sites.gaveBack((int) (offset / strideBytes));
      }
    } finally {
      handle.leave();
    }
  }

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

  // ---- the objects

  /**
   * A view of a taken slot's object, in the processor's byte order; for reading alone where the region is open for reading.
   *
   * @throws DrystoneException.Stale when the slot is free
   * @throws DrystoneException.Foreign when the pool has no such slot
   */
  public ByteBuffer view(int slot) {
    return cells.view(slot);
  }

  /**
   * One view of all slots that the pool has by now, taken or not: slot {@code n} begins at {@code n * strideBytes()}.
   *
   * @throws DrystoneException.TooLarge when they take 2 GiB or more
   */
  public ByteBuffer slots() {
    handle.enter();
    try {
      return handle.viewOfAll(PoolStats.of(handle.address).capacitySlots() * strideBytes);
    } finally {
      handle.leave();
    }
  }

  /**
   * Copies bytes out of a taken slot's object.
   *
   * @param at in the object
   * @throws DrystoneException.InvalidArgument for a range beyond the object or the array
   */
  public void read(int slot, long at, byte[] into, int from, int count) {
    cells.read(slot, at, into, from, count);
  }

  /** Copies bytes into a taken slot's object; see {@link #read}. */
  public void write(int slot, long at, byte[] bytes, int from, int count) {
    cells.write(slot, at, bytes, from, count);
  }

  /** Fills a taken slot's object with one byte. */
  public void fill(int slot, byte value) {
    handle.enter();
    try {
      handle.check(Native.dry_pool_fill(handle.address, slot, (short) (value & 0xff)));
    } finally {
      handle.leave();
    }
  }

  /** Bytes of an object. */
  public long objectBytes() {
    return objectBytes;
  }

  /** Bytes from one object to the next. */
  public long strideBytes() {
    return strideBytes;
  }

  // ---- the pool as a whole

  /** Frees every slot; then they come in ascending order from 0 again. */
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

  /**
   * Checks the structure and, where it is guarded, every canary and free object.
   *
   * @throws DrystoneException.Corrupt names slot and cause
   */
  public void validate() {
    handle.enter();
    try {
      handle.check(Native.dry_pool_validate(handle.address));
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
        leaks.add(new Leak(slot, objectBytes, sites == null ? "" : sites.of(slot)));
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

  /**
   * Gives the handle up, and private memory with it; waits for a call that is under way in another thread. A pool in a
   * region stays there, with its slots as they are. Again is fine.
   */
  @Override
  public void close() {
    handle.close();
  }
}
