// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.nio.ByteBuffer;

/**
 * An arena for what is needed for a moment, with scopes: the end of a scope gives back what was taken since its beginning.
 *
 * <pre>{@code
 * try (Scratch.Scope scope = scratch.begin()) {
 *   ByteBuffer line = scratch.allocBuffer(4096, 16);
 *   ...
 * }
 * }</pre>
 *
 * <p>It is an object, and belongs to no thread: virtual threads move between the system's threads. Give each task one, or
 * keep some in a queue.
 *
 * <p>Places, views, and the heap that {@link Overflow#FALLBACK} takes from are as for an {@link Arena}; what came from the
 * heap goes with the scope too. Thread rule and cost are the same as well. {@link #begin(Scope)} with a scope that is used
 * again allocates nothing in Java.
 */
public final class Scratch implements AutoCloseable {
  private static final String LABEL = "scratch";

  /** A scope; see {@link Scratch#begin()}. It belongs to whoever began it. */
  public static final class Scope implements AutoCloseable {
    private final long[] words = new long[2];
    private Scratch open;
    private long cursor;
    private long outside;

    /** A scope for {@link Scratch#begin(Scope)}. */
    public Scope() {}

    /**
     * Ends the scope and those inside it that are still open. Again is fine, and so is it after the scratch was closed.
     *
     * @throws DrystoneException.Stale when it ended with an outer scope, or with a reset
     */
    @Override
    public void close() {
      Scratch scratch = open;
      if (scratch != null) {
        scratch.end(this);
      }
    }
  }

  private final Handle handle;
  private final Bump bump;

  private Scratch(Handle handle, Bump bump) {
    this.handle = handle;
    this.bump = bump;
  }

  /** A scratch of 1 MiB. */
  public static Scratch create() {
    return create(new ScratchOptions(0));
  }

  /**
   * Makes a scratch. Cost: system calls. Errors are those of {@link Arena#create(ArenaOptions)}.
   */
  public static Scratch create(ScratchOptions options) {
    int flags = MemoryFlag.bits(options.flags(), MemoryFlag.GUARDED);
    long capacity = options.capacityBytes() == 0 ? Layout.SCRATCH_BYTES_DEFAULT : options.capacityBytes();
    Handle handle = Handle.ofPrivate(
        LABEL,
        Gate.forOne(),
        () -> Native.dryj_scratch_create(
            capacity, options.overflow().numberInC(), flags, options.reserve() ? 1 : 0),
        address -> capacity,
        Native::dryj_scratch_free);
    long base = Native.dryj_scratch_address(handle.address);
    handle.locate(base, capacity, true);
    Cursor next = new Cursor(Native.dryj_scratch_cursor(handle.address), base);
    return new Scratch(handle, new Bump(handle, next, options.overflow(), flags, options.reserve() ? 0 : capacity));
  }

  /** Opens a scope. */
  public Scope begin() {
    return begin(new Scope());
  }

  /**
   * Opens a scope with an object that is not in use, which allocates nothing.
   *
   * @return the object
   * @throws DrystoneException.Busy when the object is a scope that is open
   */
  public Scope begin(Scope scope) {
    handle.enter();
    try {
      if (scope.open != null && !scope.open.handle.isClosed()) {
        throw handle.failure(Layout.STATUS_BUSY, "the scope is open");
      }
      handle.check(Native.dryj_scratch_begin(handle.address, scope.words));
      scope.cursor = bump.cursor;
      scope.outside = bump.outside.taken();
      scope.open = this;
      return scope;
    } finally {
      handle.leave();
    }
  }

  private void end(Scope scope) {
    try {
      handle.enter();
    } catch (DrystoneException.Closed e) {
      scope.open = null;
      return;
    }
    try {
      int status = Native.dryj_scratch_end(handle.address, scope.words[0], scope.words[1]);
      scope.open = null;
      handle.check(status);
      bump.cursor = scope.cursor;
      bump.outside.giveBackSince(scope.outside);
    } finally {
      handle.leave();
    }
  }

  /**
   * Takes bytes; see {@link Arena#alloc}. Outside of all scopes too: then they stay until {@link #reset}.
   *
   * @return the place
   */
  public long alloc(long bytes, long align) {
    handle.enter();
    try {
      return bump.take(Native::dryj_scratch_alloc, bytes, align);
    } finally {
      handle.leave();
    }
  }

  /** As {@link #alloc}, with a view of it at once; see {@link Arena#allocBuffer}. */
  public ByteBuffer allocBuffer(int bytes, int align) {
    handle.enter();
    try {
      return bump.takeView(Native::dryj_scratch_alloc, bytes, align);
    } finally {
      handle.leave();
    }
  }

  /** One view of the whole scratch; see {@link Arena#bytes}. */
  public ByteBuffer bytes() {
    handle.enter();
    try {
      return bump.all();
    } finally {
      handle.leave();
    }
  }

  /** A view of bytes that were taken; see {@link Arena#view}. */
  public ByteBuffer view(long place, int bytes) {
    handle.enter();
    try {
      return bump.view(place, bytes);
    } finally {
      handle.leave();
    }
  }

  /** Sees to it that so many bytes can be taken; see {@link Arena#ensure}. */
  public void ensure(long bytes, long align) {
    handle.enter();
    try {
      handle.check(Native.dry_scratch_ensure(handle.address, bytes, align));
    } finally {
      handle.leave();
    }
  }

  /** Gives everything back and ends every scope. */
  public void reset() {
    handle.enter();
    try {
      handle.check(Native.dry_scratch_reset(handle.address));
      bump.cursor = 0;
      bump.outside.giveBackSince(0);
    } finally {
      handle.leave();
    }
  }

  /** Facts on the scratch. */
  public ScratchStats stats() {
    long[] numbers = new long[ScratchStats.NUMBERS];
    handle.enter();
    try {
      handle.check(Native.dryj_scratch_stats(handle.address, numbers));
      return ScratchStats.of(numbers, bump.outside.taken());
    } finally {
      handle.leave();
    }
  }

  /** Gives everything up; waits for a call that is under way in another thread. Again is fine. */
  @Override
  public void close() {
    handle.close(() -> bump.outside.giveBackSince(0));
  }
}
