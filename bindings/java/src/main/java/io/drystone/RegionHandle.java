// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongToIntFunction;
import java.util.function.LongUnaryOperator;

/**
 * The native side of a region: what {@link Region} and its stores share, and what the cleaner waits for. It does not know
 * the region, so that a forgotten one can be collected.
 */
final class RegionHandle {
  static final Cleaner CLEANER = Cleaner.create();

  /**
   * Held by every change to the region or one of its stores, and by whatever must not meet one. It is the region's, since
   * closing it must wait for a write that is under way: afterwards another process may hold the writer's lock.
   */
  final Object writes = new Object();

  /** For error messages. */
  final String label;

  /** Told of every handle that keeps the memory mapped. */
  final Reclaimer.Claim claim;

  private final long address;
  private final ReentrantReadWriteLock life = new ReentrantReadWriteLock();
  private volatile boolean closed;

  private RegionHandle(long address, String label, long bytes) {
    this.address = address;
    this.label = label;
    this.claim = Reclaimer.claim(bytes);
  }

  /** Takes a native handle over. */
  static RegionHandle own(long address, String label) {
    long[] numbers = new long[RegionStats.NUMBERS];
    Native.dryj_region_stats(address, numbers);
    RegionHandle handle = new RegionHandle(address, label, numbers[0]);
    CLEANER.register(handle, () -> Native.dryj_region_free(address));
    return handle;
  }

  boolean isClosed() {
    return closed;
  }

  /** Calls C with the handle, which stays open meanwhile; any number of such calls may be under way. */
  int call(LongToIntFunction function) {
    life.readLock().lock();
    try {
      return function.applyAsInt(address);
    } finally {
      life.readLock().unlock();
      Reference.reachabilityFence(this);
    }
  }

  /** The same for a call that makes something and throws when it cannot. */
  long make(LongUnaryOperator function) {
    life.readLock().lock();
    try {
      return function.applyAsLong(address);
    } finally {
      life.readLock().unlock();
      Reference.reachabilityFence(this);
    }
  }

  /**
   * Gives the writer's lock up at once. The memory goes when no store of it is left, and no call can be inside one: when
   * the collector says so.
   */
  void close() {
    // In this order everywhere: a call that holds `writes` may go on to take `life`.
    synchronized (writes) {
      life.writeLock().lock();
      try {
        if (!closed) {
          closed = true;
          Native.dry_region_close(address);
          claim.close();
        }
      } finally {
        life.writeLock().unlock();
        Reference.reachabilityFence(this);
      }
    }
  }

  /** Throws what a status without detail stands for. */
  void check(int status, String call) {
    if (status != Layout.STATUS_OK) {
      throw failure(status, call);
    }
  }

  DrystoneException failure(int status, String call) {
    return DrystoneException.of(status, call + ": " + label + ": " + Native.dry_status_text(status));
  }
}
