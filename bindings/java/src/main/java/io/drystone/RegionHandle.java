// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongToIntFunction;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;

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

  /** What the region is open for. */
  final Region.Mode mode;

  /** What calls of pools and index maps pass, by part, always in the same order. Guarded by {@link #writes}. */
  private final Map<String, Barrier> barriers = new LinkedHashMap<>();

  private final long address;
  private final ReentrantReadWriteLock life = new ReentrantReadWriteLock();
  private volatile boolean closed;

  /** What opens a part; {@code make} is the native side. */
  interface PartOpener<B, P> {
    P open(long address, B barrier);
  }

  private RegionHandle(long address, String label, RegionStats stats) {
    this.address = address;
    this.label = label;
    this.mode = stats.mode();
    this.claim = Reclaimer.claim(stats.sizeBytes());
  }

  /** Takes a native handle over. */
  static RegionHandle own(long address, String label) {
    long[] numbers = new long[RegionStats.NUMBERS];
    Native.dryj_region_stats(address, numbers);
    RegionHandle handle = new RegionHandle(address, label, RegionStats.of(numbers));
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
   * Makes or opens a part that is used through a barrier: one for all of its handles, since they change the same memory,
   * but for readers, who change nothing.
   */
  <B extends Barrier, P> P openPart(
      String part, Class<B> type, Supplier<B> fresh, LongUnaryOperator make, PartOpener<B, P> opener) {
    synchronized (writes) {
      Barrier there = barriers.get(part);
      if (there != null) {
        there.hold();
      }
      long made;
      try {
        made = make(make);
      } finally {
        if (there != null) {
          there.letGo();
        }
      }
      // A part of another kind was refused by now, so the barrier is of the right type.
      B barrier = there == null ? fresh.get() : type.cast(there);
      if (mode != Region.Mode.READ) {
        barriers.put(part, barrier);
      }
      return opener.open(made, barrier);
    }
  }

  /** Calls C while no part is used and nothing is changed through this region. */
  int callAlone(LongToIntFunction function) {
    synchronized (writes) {
      return callWithoutParts(function);
    }
  }

  /** Calls C while nobody is inside a call of a pool or index map; stores may be written to. */
  int callWithoutParts(LongToIntFunction function) {
    List<Barrier> held = holdParts();
    try {
      return call(function);
    } finally {
      held.forEach(Barrier::letGo);
    }
  }

  private List<Barrier> holdParts() {
    List<Barrier> all;
    synchronized (writes) {
      all = new ArrayList<>(barriers.values());
    }
    all.forEach(Barrier::hold);
    return all;
  }

  /**
   * Gives the writer's lock up at once. The memory goes when no store of it is left, and no call can be inside one: when
   * the collector says so.
   */
  void close() {
    // In this order everywhere: a call that holds `writes` may go on to take `life`.
    synchronized (writes) {
      List<Barrier> held = holdParts();
      life.writeLock().lock();
      try {
        if (!closed) {
          closed = true;
          Native.dry_region_close(address);
          claim.close();
        }
      } finally {
        life.writeLock().unlock();
        held.forEach(Barrier::letGo);
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
