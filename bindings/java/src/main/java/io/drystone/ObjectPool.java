// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
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
 * <p>Cost: taking and releasing are one native call each, about 9 ns, and 5 ns for keeping others out; {@link #get} makes
 * none. They allocate nothing in Java but while the arrays behind a pool of more than 65,536 objects grow. {@link
 * #acquireMany} and {@link #releaseMany} make one native call for all, and a short-lived array or two.
 *
 * @param <T> what is in it
 */
public final class ObjectPool<T> implements AutoCloseable {
  private static final int READY_SLOTS = 1 << 16;

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
  private final Consumer<? super T> destructor;
  private final int capacity;

  /** The handle of each slot that is taken, else 0; and its object. Guarded by {@link #handle}. */
  private long[] handles;

  private Object[] objects;

  private ObjectPool(Handle handle, int capacity, Consumer<? super T> destructor) {
    this.handle = handle;
    this.capacity = capacity;
    this.destructor = destructor;
    int ready = Math.min(capacity, READY_SLOTS);
    handles = new long[ready];
    objects = new Object[ready];
  }

  /** A pool of so many objects that need no destructor. */
  public static <T> ObjectPool<T> create(long capacity) {
    return create(capacity, object -> { });
  }

  /**
   * Makes a pool.
   *
   * @param capacity 1 to 2^30
   * @throws DrystoneException.InvalidArgument for no capacity
   * @throws DrystoneException.TooLarge for one above 2^30
   * @throws DrystoneException.OutOfMemory when the system refuses memory
   */
  public static <T> ObjectPool<T> create(long capacity, Consumer<? super T> destructor) {
    Objects.requireNonNull(destructor, "destructor");
    Handle handle = Handle.ofPrivate(
        "object pool",
        Gate.forOne(),
        () -> Native.dryj_object_pool_create(MemoryFlag.bits(Set.of(), MemoryFlag.GUARDED), capacity),
        address -> capacity * Long.BYTES,
        Native::dryj_object_pool_free);
    return new ObjectPool<>(handle, (int) capacity, destructor);
  }

  // ---- taking

  /**
   * Puts an object into the pool, which may be null.
   *
   * @return its handle
   * @throws DrystoneException.Full when none is free; nothing was destroyed
   */
  public long acquire(T object) {
    handle.enter();
    try {
      long taken = Native.dryj_object_pool_acquire(handle.address);
      if (isStatus(taken)) {
        throw handle.failure((int) -taken);
      }
      put(taken, object);
      return taken;
    } finally {
      handle.leave();
    }
  }

  /** As {@link #acquire}, with 0 where that throws {@link DrystoneException.Full}. */
  public long tryAcquire(T object) {
    handle.enter();
    try {
      long taken = Native.dryj_object_pool_acquire(handle.address);
      if (taken == -Layout.STATUS_FULL) {
        return 0;
      }
      if (isStatus(taken)) {
        throw handle.failure((int) -taken);
      }
      put(taken, object);
      return taken;
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
      // In an array of its own, which no other thread can change before the objects are in their slots.
      long[] taken = new long[all.length];
      handle.check(Native.dryj_object_pool_acquire_many(handle.address, taken, 0, taken.length));
      makeRoom(taken);
      for (int i = 0; i < taken.length; i++) {
        put(taken[i], all[i]);
      }
      System.arraycopy(taken, 0, into, 0, taken.length);
    } finally {
      handle.leave();
    }
  }

  private static boolean isStatus(long answer) {
    return answer < 0 && answer > -Layout.STATUS_COUNT;
  }

  private static int slot(long taken) {
    return (int) taken;
  }

  private void put(long taken, T object) {
    int slot = slot(taken);
    if (slot >= handles.length) {
      makeRoom(taken);
    }
    objects[slot] = object;
    handles[slot] = taken;
  }

  /** Sees to it that the arrays reach to the slots that were taken, or gives those back. */
  private void makeRoom(long... taken) {
    int last = 0;
    for (long one : taken) {
      last = Math.max(last, slot(one));
    }
    if (last < handles.length) {
      return;
    }
    try {
      int length = (int) Math.min(capacity, Math.max(last + 1L, handles.length * 3L / 2));
      Object[] moreObjects = Arrays.copyOf(objects, length);
      handles = Arrays.copyOf(handles, length);
      objects = moreObjects;
    } catch (OutOfMemoryError e) {
      for (long one : taken) {
        Native.dry_object_pool_forget(handle.address, one);
      }
      throw e;
    }
  }

  // ---- the objects

  /**
   * The object of a handle. Cost: no native call.
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
      objects[slot(taken)] = object;
      return before;
    } finally {
      handle.leave();
    }
  }

  private T objectOf(long taken) {
    int slot = slot(taken);
    if (slot < 0 || slot >= handles.length || handles[slot] != taken || taken == 0) {
      throw handle.failure(Layout.STATUS_STALE);
    }
    return at(slot);
  }

  @SuppressWarnings("unchecked") // only put and set store there
  private T at(int slot) {
    return (T) objects[slot];
  }

  /** The first handle in use at or after that slot, or 0; go on from {@code (int) handle + 1}. */
  public long next(int fromSlot) {
    handle.enter();
    try {
      for (int slot = Math.max(fromSlot, 0); slot < handles.length; slot++) {
        if (handles[slot] != 0) {
          return handles[slot];
        }
      }
      return 0;
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
      T object = objectOf(taken);
      handle.check(Native.dry_object_pool_release(handle.address, taken));
      clear(slot(taken));
      handle.occupy();
      destructor.accept(object);
    } finally {
      handle.leave();
    }
  }

  /** As {@link #release}, without the destructor; answers the object, which is the caller's now. */
  public T forget(long taken) {
    handle.enter();
    try {
      T object = objectOf(taken);
      handle.check(Native.dry_object_pool_forget(handle.address, taken));
      clear(slot(taken));
      return object;
    } finally {
      handle.leave();
    }
  }

  private void clear(int slot) {
    handles[slot] = 0;
    objects[slot] = null;
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
      long[] gone = Arrays.copyOfRange(all, from, from + count);
      handle.check(Native.dryj_object_pool_release_many(handle.address, gone, 0, count));
      Object[] objectsGone = new Object[count];
      for (int i = 0; i < count; i++) {
        objectsGone[i] = objects[slot(gone[i])];
        clear(slot(gone[i]));
      }
      handle.occupy();
      destroy(objectsGone);
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
      handle.check(Native.dry_object_pool_reset(handle.address));
      Object[] gone = takeAll();
      handle.occupy();
      destroy(gone);
      return gone.length;
    } finally {
      handle.leave();
    }
  }

  private Object[] takeAll() {
    int count = 0;
    for (long taken : handles) {
      count += taken == 0 ? 0 : 1;
    }
    Object[] all = new Object[count];
    for (int slot = handles.length - 1; slot >= 0; slot--) {
      if (handles[slot] != 0) {
        all[--count] = objects[slot];
        clear(slot);
      }
    }
    return all;
  }

  /** Runs the destructor on each, whatever it throws; the first failure is thrown on with the others in it. */
  @SuppressWarnings("unchecked") // they were in `objects`
  private void destroy(Object[] gone) {
    RuntimeException failed = null;
    Error broke = null;
    for (Object object : gone) {
      try {
        destructor.accept((T) object);
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
    long[] numbers = new long[ObjectPoolStats.NUMBERS];
    handle.enter();
    try {
      handle.check(Native.dryj_object_pool_stats(handle.address, numbers));
      return ObjectPoolStats.of(numbers);
    } finally {
      handle.leave();
    }
  }

  /** As {@link #close}; answers how many objects that destroyed: none when it was closed before. */
  public long closeAndCount() {
    Object[][] gone = {{}};
    if (handle.close(() -> gone[0] = takeAll())) {
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
