// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.nio.ByteBuffer;

/**
 * Memory that is handed out by moving a cursor, and given back all at once: for what lives and dies together, as a request,
 * a frame, a parse.
 *
 * <p>What is taken is told as a <em>place</em>: its distance from the arena's base in bytes, or a negative number for what
 * was served from the heap ({@link Overflow#FALLBACK}). {@link #view} makes a buffer of it. A view stays usable as long as
 * anybody holds it: after {@link #reset} it shows bytes that others may have taken, and after {@link #close} bytes of
 * nobody. Memory of which views are out is freed when the collector has seen the last of them go, all else at once.
 *
 * <p>Thread rule: one thread at a time. A call that meets another inside is {@link DrystoneException.Busy}, and changes
 * nothing. Whatever is called after {@link #close} is {@link DrystoneException.Closed}.
 *
 * <p>Cost: taking is done in Java while there is room: about 13 ns, of which 9 keep others out. What gives back is one native
 * call, about 20 ns. Neither allocates anything in Java but {@link #allocBuffer} its buffer. Where many small pieces are
 * needed, write to them through {@link #bytes}, or take one large one and divide its view.
 */
public final class Arena implements AutoCloseable {
  private static final String LABEL = "arena";

  final Handle handle;
  private final Bump bump;

  private Arena(Handle handle, Bump bump) {
    this.handle = handle;
    this.bump = bump;
  }

  /** An arena of that many bytes with default options. */
  public static Arena create(long capacityBytes) {
    return create(new ArenaOptions(capacityBytes));
  }

  /**
   * Makes an arena in private memory. Cost: system calls.
   *
   * @throws DrystoneException.InvalidArgument names the option
   * @throws DrystoneException.TooLarge for a capacity above 2^46
   * @throws DrystoneException.OutOfMemory when the system refuses memory
   * @throws DrystoneException.Unsupported when it refuses what is required
   */
  public static Arena create(ArenaOptions options) {
    int flags = MemoryFlag.bits(options.flags(), MemoryFlag.GUARDED);
    long capacity = options.capacityBytes();
    Handle handle = Handle.ofPrivate(
        LABEL,
        Gate.forOne(),
        () -> Native.dryj_arena_create(
            capacity, options.overflow().numberInC(), flags, options.reserve() ? 1 : 0, options.commitStepBytes()),
        address -> capacity,
        Native::dryj_arena_free);
    long base = Native.dryj_arena_address(handle.address);
    handle.locate(base, capacity, true);
    Cursor next = new Cursor(Native.dryj_arena_cursor(handle.address), base);
    return new Arena(handle, new Bump(handle, next, options.overflow(), flags, options.reserve() ? 0 : capacity));
  }

  /** Whether a place is not in the arena, but was served from the heap. */
  public static boolean isOutside(long place) {
    return Outside.isOne(place);
  }

  // ---- taking

  /**
   * Takes bytes at an address that is a multiple of {@code align}. No bytes are fine: that moves the cursor by padding
   * alone. What they hold is what was there before; zeros in memory that is fresh.
   *
   * @param align a power of two from 1 to 4096
   * @return the place
   * @throws DrystoneException.InvalidArgument for another alignment
   * @throws DrystoneException.Full when there is no room; with {@link Overflow#FALLBACK} never
   * @throws DrystoneException.OutOfMemory when memory that was reserved is refused, or the heap is used up
   */
  public long alloc(long bytes, long align) {
    handle.enter();
    try {
      return bump.take(Native::dryj_arena_alloc, bytes, align);
    } finally {
      handle.leave();
    }
  }

  /** As {@link #alloc}, of zeros. */
  public long allocZeroed(long bytes, long align) {
    handle.enter();
    try {
      return bump.place(Native.dryj_arena_alloc_zeroed(handle.address, bytes, align), bytes, align);
    } finally {
      handle.leave();
    }
  }

  /**
   * As {@link #alloc}, with a view of it at once.
   *
   * @throws DrystoneException.TooLarge above 2^30 bytes, as for {@link #view}; nothing is taken
   */
  public ByteBuffer allocBuffer(int bytes, int align) {
    handle.enter();
    try {
      return bump.takeView(Native::dryj_arena_alloc, bytes, align);
    } finally {
      handle.leave();
    }
  }

  /**
   * Changes the size of what was taken last where it lies, or copies another piece's first bytes to a new one. After a
   * failure the old one is as it was.
   *
   * @param oldBytes that were taken at {@code place}
   * @return the place, which may be another
   * @throws DrystoneException.Foreign when the old bytes were not taken from here, or given back since
   */
  public long realloc(long place, long oldBytes, long newBytes, long align) {
    handle.enter();
    try {
      if (Outside.isOne(place) && (oldBytes < 0 || oldBytes > bump.outside.bytes(place))) {
        throw handle.failure(Layout.STATUS_FOREIGN);
      }
      if (Outside.isOne(place)) {
        long answer = Native.dryj_arena_alloc(handle.address, newBytes, align);
        return bump.moved(place, oldBytes, bump.place(answer, newBytes, align), newBytes);
      }
      long answer = Native.dryj_arena_realloc(handle.address, place, oldBytes, newBytes, align);
      long now = bump.place(answer, newBytes, align);
      if (Outside.isOne(now)) {
        return bump.moved(place, oldBytes, now, newBytes);
      }
      bump.cursor = Native.dryj_arena_mark(handle.address);
      return now;
    } finally {
      handle.leave();
    }
  }

  /**
   * A view of bytes that were taken, in the processor's byte order. Cost: no native call; the buffer is a small object.
   *
   * @param bytes up to 2^30, from the place on; more wants several views
   * @throws DrystoneException.TooLarge for a longer view, since a buffer of Java holds less than 2^31 bytes
   * @throws DrystoneException.Stale when they are not taken, or were given back
   */
  public ByteBuffer view(long place, int bytes) {
    handle.enter();
    try {
      return bump.view(place, bytes);
    } finally {
      handle.leave();
    }
  }

  /**
   * One view of the whole arena, taken or not, in the processor's byte order: what was taken at a place begins there. So
   * any number of pieces is read and written with neither a call nor garbage.
   *
   * @throws DrystoneException.Unsupported when memory is only put behind the arena as it is used
   * @throws DrystoneException.TooLarge for an arena of 2 GiB or more
   */
  public ByteBuffer bytes() {
    handle.enter();
    try {
      return bump.all();
    } finally {
      handle.leave();
    }
  }

  /**
   * Sees to it that so many bytes can be taken at that alignment without a failure or a system call, for a batch that must
   * not stop half-way. Takes nothing.
   *
   * @throws DrystoneException.Full when there is no room, whatever the policy
   */
  public void ensure(long bytes, long align) {
    handle.enter();
    try {
      handle.check(Native.dry_arena_ensure(handle.address, bytes, align));
    } finally {
      handle.leave();
    }
  }

  // ---- giving back

  /** The cursor, in bytes from the base: what {@link #rewind} goes back to. */
  public long mark() {
    handle.enter();
    try {
      return handle.number(Native.dryj_arena_mark(handle.address));
    } finally {
      handle.leave();
    }
  }

  /**
   * Gives back what was taken since the mark; what came from the heap stays until reset.
   *
   * @throws DrystoneException.Stale for a mark beyond the cursor
   */
  public void rewind(long mark) {
    handle.enter();
    try {
      handle.check(Native.dry_arena_rewind(handle.address, mark));
      bump.cursor = mark;
    } finally {
      handle.leave();
    }
  }

  /** Gives everything back at once, what came from the heap too. Cost: the same for one object as for a million. */
  public void reset() {
    handle.enter();
    try {
      handle.check(Native.dry_arena_reset(handle.address));
      backToStart();
    } finally {
      handle.leave();
    }
  }

  /** As {@link #reset}, and returns memory beyond the first {@code keepBytes} to the system. Cost: a system call. */
  public void resetAndRelease(long keepBytes) {
    handle.enter();
    try {
      handle.check(Native.dry_arena_reset_and_release(handle.address, keepBytes));
      backToStart();
    } finally {
      handle.leave();
    }
  }

  private void backToStart() {
    bump.cursor = 0;
    bump.outside.giveBackSince(0);
  }

  // ---- the arena as a whole

  /** Facts on the arena. */
  public ArenaStats stats() {
    long[] numbers = new long[ArenaStats.NUMBERS];
    handle.enter();
    try {
      handle.check(Native.dryj_arena_stats(handle.address, numbers));
      return ArenaStats.of(numbers, bump.outside.taken());
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
