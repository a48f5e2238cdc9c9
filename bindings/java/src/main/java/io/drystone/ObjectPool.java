// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Java objects behind handles that never validate twice, with a destructor that runs exactly once for each.
 *
 * <p>A handle is a number of 64 bits: slot below, generation above; 0 is none. A released handle is {@link
 * DrystoneException.Stale} for ever, also when its slot is in use again. So handles can be stored, sent and compared where
 * references cannot, and what they stand for is let go at one place.
 *
 * <p>The destructor runs at {@link #release}, {@link #reset} or {@link #close}, when the handle is stale already. What it
 * throws is thrown on, after everything else was done. It must not call the pool, which is {@link DrystoneException.Busy}
 * (while the pool closes, {@link DrystoneException.Closed}).
 * A pool that nobody closed is only collected: user's code has no business in the collector's thread.
 *
 * <p>Thread rule: one thread at a time. A call that meets another inside is {@link DrystoneException.Busy}, and changes
 * nothing; so is {@link #close} from another thread while a destructor runs. Whatever is called after {@link #close} is
 * {@link DrystoneException.Closed}.
 *
 * <p>Cost: no native call, since the objects are Java's: about 12 ns, of which 9 keep others out. Nothing is allocated but
 * while the arrays behind a pool of more than 65,536 objects grow, and a short-lived array or two by {@link #acquireMany} and
 * {@link #releaseMany}.
 *
 * @param <T> what is in it
 */
public final class ObjectPool<T> implements AutoCloseable {
  private static final String LABEL = "object pool";

  /** An object in its pool, for a {@code try} statement; see {@link ObjectPool#lease}. */
  public static final class Lease<T> implements AutoCloseable {
    private final ObjectPool<T> pool;
    private final long handle;
    private boolean open = true;

    private Lease(ObjectPool<T> pool, long handle) {
      this.pool = pool;
      this.handle = handle;
    }

    /** The object; see {@link ObjectPool#get}. */
    public T get() {
      return pool.get(handle);
    }

    /** Its handle. */
    public long handle() {
      return handle;
    }

    /**
     * Releases the object. Again is fine, and so is it after the pool was closed.
     *
     * @throws DrystoneException.Stale when it was released by its handle
     */
    @Override
    public void close() {
      if (open) {
        open = false;
        if (!pool.handle.isClosed()) {
          pool.release(handle);
        }
      }
    }
  }

  private final Handle handle;

  /** Null where there is nothing to do. */
  private final Consumer<? super T> destructor;

  /** Guarded by {@link #handle}. */
  private final ObjectSlots slots;

  private ObjectPool(Handle handle, ObjectSlots slots, Consumer<? super T> destructor) {
    this.handle = handle;
    this.slots = slots;
    this.destructor = destructor;
  }

  /** A pool of so many objects that need no destructor. */
  public static <T> ObjectPool<T> create(long capacity) {
    return new ObjectPool<>(Handle.ofJava(LABEL), new ObjectSlots(checked(capacity)), null);
  }

  /**
   * Makes a pool.
   *
   * @param capacity 1 to 2^30
   * @throws DrystoneException.InvalidArgument for no capacity
   * @throws DrystoneException.TooLarge for one above 2^30
   */
  public static <T> ObjectPool<T> create(long capacity, Consumer<? super T> destructor) {
    Objects.requireNonNull(destructor, "destructor");
    return new ObjectPool<>(Handle.ofJava(LABEL), new ObjectSlots(checked(capacity)), destructor);
  }

  private static int checked(long capacity) {
    if (capacity == 0) {
      throw DrystoneException.of(Layout.STATUS_INVALID_ARGUMENT, LABEL + ": capacity: must be at least 1");
    }
    if (Long.compareUnsigned(capacity, Layout.OBJECT_POOL_CAPACITY_MAX) > 0) {
      throw DrystoneException.of(
          Layout.STATUS_TOO_LARGE,
          LABEL + ": capacity: " + Long.toUnsignedString(capacity) + " is above " + Layout.OBJECT_POOL_CAPACITY_MAX);
    }
    return (int) capacity;
  }

  // ---- taking

  /**
   * Puts an object into the pool, which may be null.
   *
   * @return its handle
   * @throws DrystoneException.Full when none is free; nothing was destroyed
   */
  public long acquire(T object) {
    long taken = tryAcquire(object);
    if (taken == 0) {
      throw handle.failure(Layout.STATUS_FULL);
    }
    return taken;
  }

  /** As {@link #acquire}, with 0 where that throws {@link DrystoneException.Full}. */
  public long tryAcquire(T object) {
    handle.enter();
    try {
      return slots.take(object);
    } finally {
      handle.leave();
    }
  }

  /** As {@link #acquire}, for a {@code try} statement, whose end releases it. */
  public Lease<T> lease(T object) {
    return new Lease<>(this, acquire(object));
  }

  /**
   * Puts all of these objects into the pool, or none.
   *
   * @param into gets their handles, from 0 on
   * @throws DrystoneException.Full when fewer slots are free
   * @throws DrystoneException.InvalidArgument when there is not room for all handles
   */
  public void acquireMany(T[] all, long[] into) {
    handle.enter();
    try {
      handle.checkRange(0, all.length, into.length);
      // In an array of its own, so that a failure leaves the caller's as it was.
      long[] taken = new long[all.length];
      if (!slots.takeAll(all, taken)) {
        throw handle.failure(Layout.STATUS_FULL);
      }
      System.arraycopy(taken, 0, into, 0, taken.length);
    } finally {
      handle.leave();
    }
  }

  // ---- the objects

  /**
   * The object of a handle.
   *
   * @throws DrystoneException.Stale when it was released, or is no handle of this pool
   */
  public T get(long taken) {
    handle.enter();
    try {
      return objectOf(taken);
    } finally {
      handle.leave();
    }
  }

  /**
   * Puts another object in place of a handle's. Nothing is destroyed.
   *
   * @return the one that was there
   * @throws DrystoneException.Stale when it was released, or is no handle of this pool
   */
  public T set(long taken, T object) {
    handle.enter();
    try {
      T before = objectOf(taken);
      slots.set(ObjectSlots.slot(taken), object);
      return before;
    } finally {
      handle.leave();
    }
  }

  private void checkLives(long taken) {
    if (!slots.lives(taken)) {
      throw handle.failure(Layout.STATUS_STALE);
    }
  }

  private T objectOf(long taken) {
    checkLives(taken);
    return object(slots.at(ObjectSlots.slot(taken)));
  }

  @SuppressWarnings("unchecked") // nothing else is put into the slots
  private T object(Object one) {
    return (T) one;
  }

  /** The first handle in use at or after that slot, or 0; go on from {@code (int) handle + 1}. */
  public long next(int fromSlot) {
    handle.enter();
    try {
      return slots.next(fromSlot);
    } finally {
      handle.leave();
    }
  }

  // ---- giving back

  /**
   * Frees the slot and runs the destructor.
   *
   * @throws DrystoneException.Stale when it was released, or is no handle of this pool
   */
  public void release(long taken) {
    handle.enter();
    try {
      checkLives(taken);
      T object = object(slots.free(taken));
      if (destructor != null) {
        handle.occupy();
        destructor.accept(object);
      }
    } finally {
      handle.leave();
    }
  }

  /** As {@link #release}, without the destructor; answers the object, which is the caller's now. */
  public T forget(long taken) {
    handle.enter();
    try {
      checkLives(taken);
      return object(slots.free(taken));
    } finally {
      handle.leave();
    }
  }

  /** Releases all of these, in their order, or none if one is stale or comes twice. */
  public void releaseMany(long[] all) {
    releaseMany(all, 0, all.length);
  }

  /** Releases {@code count} of these, in their order, or none if one is stale or comes twice. */
  public void releaseMany(long[] all, int from, int count) {
    handle.enter();
    try {
      handle.checkRange(from, count, all.length);
      Object[] gone = slots.freeAll(Arrays.copyOfRange(all, from, from + count));
      if (gone == null) {
        throw handle.failure(Layout.STATUS_STALE);
      }
      destroyInside(gone);
    } finally {
      handle.leave();
    }
  }

  /**
   * Destroys every object, in ascending order of slots; all handles are stale.
   *
   * @return how many there were
   */
  public long reset() {
    handle.enter();
    try {
      Object[] gone = slots.reset();
      destroyInside(gone);
      return gone.length;
    } finally {
      handle.leave();
    }
  }

  /** Runs the destructor on each, whatever it throws; the first failure is thrown on with the others in it. */
  private void destroy(Object[] gone) {
    RuntimeException failed = null;
    Error broke = null;
    for (Object one : gone) {
      try {
        destructor.accept(object(one));
      } catch (RuntimeException e) {
        failed = joined(failed, e);
      } catch (Error e) {
        broke = joined(broke, e);
      }
    }
    if (broke != null) {
      throw broke;
    }
    if (failed != null) {
      throw failed;
    }
  }

  /** The same while a call is inside, which nobody can wait for then. */
  private void destroyInside(Object[] gone) {
    if (destructor != null) {
      handle.occupy();
      destroy(gone);
    }
  }

  private static <E extends Throwable> E joined(E first, E next) {
    if (first == null) {
      return next;
    }
    if (first != next) {
      first.addSuppressed(next);
    }
    return first;
  }

  // ---- the pool as a whole

  /** Facts on the pool. */
  public ObjectPoolStats stats() {
    handle.enter();
    try {
      return slots.stats();
    } finally {
      handle.leave();
    }
  }

  /** As {@link #close}; answers how many objects that destroyed: none when it was closed before. */
  public long closeAndCount() {
    Object[][] gone = {{}};
    if (handle.close(() -> gone[0] = slots.reset()) && destructor != null) {
      destroy(gone[0]);
    }
    return gone[0].length;
  }

  /**
   * Destroys what is still in the pool, in ascending order of slots, and gives it up; waits for a call that is under way
   * in another thread. Again is fine.
   *
   * @throws DrystoneException.Busy while a destructor runs
   */
  @Override
  public void close() {
    closeAndCount();
  }
}
