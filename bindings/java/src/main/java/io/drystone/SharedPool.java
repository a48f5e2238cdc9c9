// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;

/**
 * Slots of one size for any thread and, in a region, any process: without a lock. In private memory ({@link #create}) or a
 * part of a region ({@link Region#createSharedPool}), which the other processes open with {@link Region.Mode#SHARE}.
 *
 * <p>Whoever takes and releases slots all the time does it through a {@link SharedPoolCache}, which holds up to two
 * magazines of 64 free slots; the calls here go to the common depot each time, for now and then. With n caches open a
 * request can fail while up to 128 x (n - 1) slots are free in other caches; {@link SharedPoolCache#flush} gives those back.
 *
 * <p>A slot is a number, and may be released by whoever has it, through any cache, in any process. Its object's bytes are
 * reached as those of a {@link Pool}; what two threads do to the same bytes at once is theirs to order.
 *
 * <p>Thread rule: any number of threads; {@link #reset} and {@link #repair} wait for this object's calls and those of its
 * caches, and keep new ones waiting. Whatever is called after {@link #close}, or after the region was closed, is {@link
 * DrystoneException.Closed}.
 *
 * <p>Cost: each call is one native call, about 9 ns, and two atomic additions that all threads share.
 */
public final class SharedPool implements AutoCloseable {
  private final Handle handle;
  private final SharedGates gates;
  private final Cells cells;
  private final long objectBytes;
  private final long strideBytes;
  private final long capacitySlots;

  /** Null where every call is C's. */
  private final SharedBooks books;

  /** The caches that close with the pool; a forgotten one closes by itself. Guarded by itself. */
  private final List<WeakReference<Handle>> caches = new ArrayList<>();

  private SharedPool(Handle handle, SharedGates gates, boolean writable) {
    this.handle = handle;
    this.gates = gates;
    books = handle.region == null ? SharedBooks.of(handle.address) : null;
    SharedPoolStats stats = SharedPoolStats.of(handle.address);
    objectBytes = stats.objectBytes();
    strideBytes = stats.strideBytes();
    capacitySlots = stats.capacitySlots();
    handle.locate(Native.dryj_shared_pool_address(handle.address), capacitySlots * strideBytes, writable);
    cells = new Cells(handle, slot -> Native.dryj_shared_pool_at(handle.address, (int) slot), objectBytes);
  }

  /** A shared pool of so many objects of that size in private memory. */
  public static SharedPool create(long objectBytes, long capacitySlots) {
    return create(new SharedPoolOptions(objectBytes, capacitySlots));
  }

  /** Makes a shared pool in private memory. Cost and errors are those of {@link Pool#create(PoolOptions)}. */
  public static SharedPool create(SharedPoolOptions options) {
    int flags = options.privateFlags();
    SharedGates gates = new SharedGates();
    Handle handle = Handle.ofPrivate(
        "shared pool",
        gates.direct,
        () -> Native.dryj_shared_pool_create(
            0, null, flags, options.objectBytes(), options.capacitySlots(), options.alignBytes(), options.caches()),
        address -> SharedPoolStats.of(address).sizeBytes(),
        Native::dryj_shared_pool_free);
    return new SharedPool(handle, gates, true);
  }

  static SharedPool ofPart(RegionHandle region, String part, LongUnaryOperator make) {
    return region.openPart(part, SharedGates.class, SharedGates::new, make, (address, gates) -> {
      String label = "shared pool '" + part + "' in " + region.label;
      Runnable free = () -> Native.dryj_shared_pool_free(address);
      Handle handle = Handle.ofPart(label, gates.direct, address, region, free);
      return new SharedPool(handle, gates, region.mode != Region.Mode.READ);
    });
  }

  /**
   * Opens a cache, for one thread at a time. Close it when the thread has no more use for it; closing the pool closes it too.
   *
   * @throws DrystoneException.Full when as many are open as there can be
   * @throws DrystoneException.ReadOnly in a region opened for reading
   */
  public SharedPoolCache openCache() {
    gates.lock();
    try {
      handle.enter();
      try {
        return new SharedPoolCache(known(openedCache()), books);
      } finally {
        handle.leave();
      }
    } finally {
      gates.unlock();
    }
  }

  private Handle known(Handle cache) {
    synchronized (caches) {
      caches.removeIf(other -> isGone(other.get()));
      caches.add(new WeakReference<>(cache));
      return cache;
    }
  }

  private static boolean isGone(Handle cache) {
    return cache == null || cache.isClosed();
  }

  private Handle openedCache() {
    long address = Native.dryj_shared_pool_cache_open(handle.address);
    Gate gate = Gate.forOne();
    SharedGates all = gates;
    Lifetime pool = handle.lifetime;
    pool.hold();
    all.add(gate);
    return Handle.ofPart("cache of " + handle.label, gate, address, handle.region, () -> {
      all.remove(gate, () -> Native.dryj_shared_pool_cache_free(address));
      pool.letGo();
    });
  }

  // ---- without a cache

  /**
   * Takes a slot, straight from the depot. Which one is not promised.
   *
   * @throws DrystoneException.Full when none is free but in caches
   * @throws DrystoneException.ReadOnly in a region opened for reading
   * @throws DrystoneException.Corrupt when the pool was damaged from outside
   */
  public int acquire() {
    handle.enter();
    try {
      return (int) handle.number(Native.dryj_shared_pool_acquire(handle.address));
    } finally {
      handle.leave();
    }
  }

  /** As {@link #acquire}, with -1 where that throws {@link DrystoneException.Full}. */
  public int tryAcquire() {
    handle.enter();
    try {
      return handle.numberOr(Native.dryj_shared_pool_acquire(handle.address), Layout.STATUS_FULL);
    } finally {
      handle.leave();
    }
  }

  /**
   * Gives a slot back, whoever took it, straight to the depot.
   *
   * @throws DrystoneException.Stale when it is free
   * @throws DrystoneException.Foreign when the pool has no such slot
   * @throws DrystoneException.Corrupt when the pool is guarded and something was written beyond the object's end
   */
  public void release(int slot) {
    handle.enter();
    try {
      handle.check(Native.dry_shared_pool_release(handle.address, slot));
    } finally {
      handle.leave();
    }
  }

  /** As {@link #release}, by the distance from the first slot in bytes; inside an object it is foreign. */
  public void releaseAt(long offset) {
    handle.enter();
    try {
      handle.check(Native.dry_shared_pool_release_at(handle.address, offset));
    } finally {
      handle.leave();
    }
  }

  // ---- the objects

  /** A view of a taken slot's object; see {@link Pool#view}. */
  public ByteBuffer view(int slot) {
    return cells.view(slot);
  }

  /** One view of all slots, taken or not; see {@link Pool#slots}. */
  public ByteBuffer slots() {
    handle.enter();
    try {
      return handle.viewOfAll(capacitySlots * strideBytes);
    } finally {
      handle.leave();
    }
  }

  /** Copies bytes out of a taken slot's object; see {@link Pool#read}. */
  public void read(int slot, long at, byte[] into, int from, int count) {
    cells.read(slot, at, into, from, count);
  }

  /** Copies bytes into a taken slot's object; see {@link Pool#write}. */
  public void write(int slot, long at, byte[] bytes, int from, int count) {
    cells.write(slot, at, bytes, from, count);
  }

  /** Fills a taken slot's object with one byte. */
  public void fill(int slot, byte value) {
    handle.enter();
    try {
      handle.check(Native.dry_shared_pool_fill(handle.address, slot, (short) (value & 0xff)));
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

  // ---- care

  /**
   * Finds the caches of dead processes, takes back what they held and frees the slots that they owned. Others may be at
   * work. Cost: a look at every cache, and at every slot for each dead one.
   *
   * @return how many slots that brought back
   */
  public long reclaim() {
    handle.enter();
    try {
      return handle.number(Native.dryj_shared_pool_reclaim(handle.address));
    } finally {
      handle.leave();
    }
  }

  /**
   * Makes the depot anew, so that every free slot is in it. Nobody else may be at work.
   *
   * @throws DrystoneException.Busy when a cache of a living process is open
   */
  public void repair() {
    alone(() -> Native.dry_shared_pool_repair(handle.address));
  }

  /** Frees every slot, and empties the caches. Nobody in another process may be at work. */
  public void reset() {
    alone(() -> Native.dry_shared_pool_reset(handle.address));
  }

  /** A call that must not meet another. */
  private interface Alone {
    int call();
  }

  private void alone(Alone call) {
    gates.hold();
    try {
      handle.check(handle.isClosed() ? Layout.STATUS_CLOSED : call.call());
    } finally {
      gates.letGo();
      Reference.reachabilityFence(handle);
    }
  }

  /**
   * Checks the structure; exact while nobody works.
   *
   * @throws DrystoneException.Corrupt names place and cause
   */
  public void validate() {
    handle.enter();
    try {
      handle.check(Native.dry_shared_pool_validate(handle.address));
    } finally {
      handle.leave();
    }
  }

  /** Facts on the pool. */
  public SharedPoolStats stats() {
    handle.enter();
    try {
      return SharedPoolStats.of(handle.address);
    } finally {
      handle.leave();
    }
  }

  /**
   * Closes the caches and gives the handle up, and private memory with it; waits for calls that are under way in other
   * threads. A pool in a region stays there, with its slots as they are. Again is fine.
   */
  @Override
  public void close() {
    List<WeakReference<Handle>> open = new ArrayList<>();
    handle.close(() -> {
      synchronized (caches) {
        open.addAll(caches);
        caches.clear();
      }
    });
    for (WeakReference<Handle> known : open) {
      Handle cache = known.get();
      if (cache != null) {
        cache.close();
      }
    }
  }
}
