// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;

/**
 * A cache of a {@link SharedPool}, made by {@link SharedPool#openCache}: most calls touch it alone, and only one in 64 the
 * common depot.
 *
 * <p>Thread rule: one thread at a time. A call that meets another inside is {@link DrystoneException.Busy}, and changes
 * nothing. Whatever is called after {@link #close}, or after the pool or its region was closed, is {@link
 * DrystoneException.Closed}.
 *
 * <p>Cost: in private memory, where the pool is neither guarded nor wiped, Java takes and releases slots itself: about 12 ns a
 * call, of which 9 keep others out. Elsewhere, and once in 64 calls, it is a native call: 20 ns. Nothing is allocated in Java.
 * {@link #acquireMany} and {@link #releaseMany} make one native call for all slots.
 */
public final class SharedPoolCache implements AutoCloseable {
  final Handle handle;

  /** Null where every call is C's. */
  final SharedBooks.Magazine magazine;

  SharedPoolCache(Handle handle, SharedBooks books) {
    this.handle = handle;
    magazine = SharedBooks.Magazine.of(books, handle.address);
  }

  /**
   * Takes a slot. Which one is not promised.
   *
   * @throws DrystoneException.Full when none is free but in other caches
   * @throws DrystoneException.Corrupt when the pool was damaged from outside
   */
  public int acquire() {
    handle.enter();
    try {
      int slot = magazine == null ? PoolBooks.NONE : magazine.take();
      return slot >= 0 ? slot : (int) handle.number(Native.dryj_shared_pool_cache_acquire(handle.address));
    } finally {
      handle.leave();
    }
  }

  /** As {@link #acquire}, with -1 where that throws {@link DrystoneException.Full}. */
  public int tryAcquire() {
    handle.enter();
    try {
      int slot = magazine == null ? PoolBooks.NONE : magazine.take();
      return slot >= 0
          ? slot
          : handle.numberOr(Native.dryj_shared_pool_cache_acquire(handle.address), Layout.STATUS_FULL);
    } finally {
      handle.leave();
    }
  }

  /**
   * Gives a slot back, whoever took it.
   *
   * @throws DrystoneException.Stale when it is free
   * @throws DrystoneException.Foreign when the pool has no such slot
   * @throws DrystoneException.Corrupt when the pool is guarded and something was written beyond the object's end; nobody
   *     gets that slot any more
   */
  public void release(int slot) {
    handle.enter();
    try {
      if (magazine == null || !magazine.give(slot)) {
        handle.check(Native.dry_shared_pool_cache_release(handle.address, slot));
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
      handle.check(Native.dryj_shared_pool_cache_acquire_many(handle.address, slots, from, count));
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
      handle.check(Native.dryj_shared_pool_cache_release_many(handle.address, slots, from, count));
    } finally {
      handle.leave();
    }
  }

  /** Gives the cache's free slots to the depot, for the others to take. */
  public void flush() {
    handle.enter();
    try {
      handle.check(Native.dry_shared_pool_flush(handle.address));
    } finally {
      handle.leave();
    }
  }

  /**
   * Makes this cache the owner of a taken slot that was passed to it: so that it outlives the process that took it, and
   * goes with this one.
   *
   * @throws DrystoneException.Stale when it is free
   * @throws DrystoneException.Foreign when the pool has no such slot
   */
  public void adopt(int slot) {
    handle.enter();
    try {
      handle.check(Native.dry_shared_pool_adopt(handle.address, slot));
    } finally {
      handle.leave();
    }
  }

  /** Gives the free slots back and closes the cache. Slots that were taken through it stay taken. Again is fine. */
  @Override
  public void close() {
    handle.close();
  }
}
