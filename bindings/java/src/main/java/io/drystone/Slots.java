// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.nio.ByteBuffer;

/**
 * What a {@link Pool} and a {@link SharedPool} have in common: slots of one size, which are numbers from 0 on, and their
 * objects.
 *
 * <p>An object's bytes are read and written through a {@link #view}, through {@link #read} and {@link #write}, or, with
 * neither a call nor garbage, through one view of {@link #slots all of them}. A view stays usable as long as anybody holds it:
 * after its slot was released it shows the bytes of whoever takes that next, and after {@link #close} bytes of nobody. Memory
 * of which views are out is freed when the collector has seen the last of them go, all else at once.
 *
 * <p>A buffer of Java holds less than 2 GiB. An object has 2^30 bytes at most, so that a view of one is always possible; one
 * view of all slots is refused where they take more ({@link DrystoneException.TooLarge}), and the other ways still work.
 */
public abstract sealed class Slots implements AutoCloseable permits Pool, SharedPool {
  final Handle handle;
  private final Cells cells;
  private final long objectBytes;
  private final long strideBytes;

  Slots(Handle handle, long objectBytes, long strideBytes) {
    this.handle = handle;
    this.objectBytes = objectBytes;
    this.strideBytes = strideBytes;
    cells = new Cells(handle, slot -> find((int) slot), objectBytes);
  }

  // ---- what the two differ in; each is called inside the handle

  /** Takes a slot: its number, or a status negated. */
  abstract long take();

  /** Gives a slot back: a status. */
  abstract int give(int slot);

  /** Gives the slot back whose object is so far from the first one: a status. */
  abstract int giveAt(long offset);

  /** How far from the first one a taken slot's object lies, or a status negated. */
  abstract long find(int slot);

  abstract int fillWith(int slot, short value);

  abstract int check();

  /** How many slots there are by now. */
  abstract long capacitySlots();

  // ---- taking and giving back

  /**
   * Takes a slot. Its object holds what was there before; zeros in fresh memory.
   *
   * @return the slot's number
   * @throws DrystoneException.Full when none is free, or those that are lie in a shared pool's caches
   * @throws DrystoneException.ReadOnly in a region opened for reading
   * @throws DrystoneException.Corrupt when the pool was damaged from outside, or is guarded and somebody wrote to the slot
   *     while it was free; nobody gets that slot any more
   */
  public final int acquire() {
    handle.enter();
    try {
      return (int) handle.number(take());
    } finally {
      handle.leave();
    }
  }

  /** As {@link #acquire}, with -1 where that throws {@link DrystoneException.Full}. */
  public final int tryAcquire() {
    handle.enter();
    try {
      return handle.numberOr(take(), Layout.STATUS_FULL);
    } finally {
      handle.leave();
    }
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
  public final void release(int slot) {
    handle.enter();
    try {
      handle.check(give(slot));
    } finally {
      handle.leave();
    }
  }

  /** As {@link #release}, by the distance from the first slot in bytes; inside an object it is foreign. */
  public final void releaseAt(long offset) {
    handle.enter();
    try {
      handle.check(giveAt(offset));
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
  public final ByteBuffer view(int slot) {
    return cells.view(slot);
  }

  /**
   * One view of all slots that the pool has by now, taken or not: slot {@code n} begins at {@code n * strideBytes()}.
   *
   * @throws DrystoneException.TooLarge when they take 2 GiB or more, which is more than a buffer can hold
   */
  public final ByteBuffer slots() {
    handle.enter();
    try {
      return handle.viewOfAll(capacitySlots() * strideBytes);
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
  public final void read(int slot, long at, byte[] into, int from, int count) {
    cells.read(slot, at, into, from, count);
  }

  /** Copies bytes into a taken slot's object; see {@link #read}. */
  public final void write(int slot, long at, byte[] bytes, int from, int count) {
    cells.write(slot, at, bytes, from, count);
  }

  /** Fills a taken slot's object with one byte. */
  public final void fill(int slot, byte value) {
    handle.enter();
    try {
      handle.check(fillWith(slot, (short) (value & 0xff)));
    } finally {
      handle.leave();
    }
  }

  /** Bytes of an object. */
  public final long objectBytes() {
    return objectBytes;
  }

  /** Bytes from one object to the next. */
  public final long strideBytes() {
    return strideBytes;
  }

  // ---- the pool as a whole

  /** Frees every slot. */
  public abstract void reset();

  /**
   * Checks the structure and, where it is guarded, every canary and free object; exact while nobody works.
   *
   * @throws DrystoneException.Corrupt names slot and cause
   */
  public final void validate() {
    handle.enter();
    try {
      handle.check(check());
    } finally {
      handle.leave();
    }
  }

  /**
   * Gives the handle up, and private memory with it; waits for calls that are under way in other threads. A pool in a
   * region stays there, with its slots as they are. Again is fine.
   */
  @Override
  public abstract void close();
}
