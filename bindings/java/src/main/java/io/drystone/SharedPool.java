// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
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
 * <p>A slot may be released by whoever has it, through any cache, in any process; what two threads do to the same bytes at
 * once is theirs to order. The methods of all pools are {@link Slots}'.
 *
 * <p>A double release is {@link DrystoneException.Stale}, whichever thread comes second, with one exception: two threads that
 * release one slot <em>at the same instant</em> can both succeed, and from then on the slot is handed out twice. It takes two
 * threads that both believe the slot to be theirs, as after a {@link #reset} while somebody kept a slot's number. With {@link
 * MemoryFlag#GUARDED} the check is one atomic step, and one of the two is always told.
 *
 * <p>Thread rule: any number of threads; {@link #reset} and {@link #repair} wait for this object's calls and those of its
 * caches, and keep new ones waiting. Whatever is called after {@link #close}, or after the region was closed, is {@link
 * DrystoneException.Closed}.
 *
 * <p>Cost: each call without a cache is one native call, about 20 ns, and two atomic additions that all threads share. For
 * calls through a cache see {@link SharedPoolCache}.
 */
public final class SharedPool extends Slots {
  private final SharedGates gates;
  private final long capacitySlots;

  /** Null where every call is C's. */
  private final SharedBooks books;

  /** The caches that close with the pool; a forgotten one closes by itself. Guarded by itself. */
  private final List<WeakReference<Handle>> caches = new ArrayList<>();

  private SharedPool(Handle handle, SharedPoolStats stats, SharedGates gates, boolean writable) {
    super(handle, stats.objectBytes(), stats.strideBytes());
    this.gates = gates;
    books = handle.region == null ? SharedBooks.of(handle.address) : null;
    capacitySlots = stats.capacitySlots();
    handle.locate(Native.dryj_shared_pool_address(handle.address), capacitySlots * strideBytes(), writable);
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
    return new SharedPool(handle, SharedPoolStats.of(handle.address), gates, true);
  }

  static SharedPool ofPart(RegionHandle region, String part, LongUnaryOperator make) {
    return region.openPart(part, SharedGates.class, SharedGates::new, make, (address, gates) -> {
      String label = "shared pool '" + part + "' in " + region.label;
      Runnable free = () -> Native.dryj_shared_pool_free(address);
      Handle handle = Handle.ofPart(label, gates.direct, address, region, free);
      return new SharedPool(handle, SharedPoolStats.of(address), gates, region.mode != Region.Mode.READ);
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

  // ---- what Slots asks for: calls without a cache go straight to the depot

  @Override
  long take() {
    return Native.dryj_shared_pool_acquire(handle.address);
  }

  @Override
  int give(int slot) {
    return Native.dry_shared_pool_release(handle.address, slot);
  }

  @Override
  int giveAt(long offset) {
    return Native.dry_shared_pool_release_at(handle.address, offset);
  }

  @Override
  long find(int slot) {
    return Native.dryj_shared_pool_at(handle.address, slot);
  }

  @Override
  int fillWith(int slot, short value) {
    return Native.dry_shared_pool_fill(handle.address, slot, value);
  }

  @Override
  int check() {
    return Native.dry_shared_pool_validate(handle.address);
  }

  @Override
  long capacitySlots() {
    return capacitySlots;
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

  /**
   * Frees every slot, and empties the caches. Nobody in another process may be at work. Whoever still has a slot from before
   * must forget it: if he releases it when another one has it, that is taken for the other one's release, and if both
   * release it at the same instant, it is free twice (see above).
   */
  @Override
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

  /** Facts on the pool. */
  public SharedPoolStats stats() {
    handle.enter();
    try {
      return SharedPoolStats.of(handle.address);
    } finally {
      handle.leave();
    }
  }

  /** Closes the caches too. */
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
