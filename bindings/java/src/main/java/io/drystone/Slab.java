// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.nio.ByteBuffer;

/**
 * Memory for requests of mixed sizes: ten classes from 8 to 4096 bytes over one fixed amount of it, and the heap for what is
 * larger.
 *
 * <p>What is taken is told as a <em>place</em>: its distance from the slab's base in bytes, or a negative number for what
 * came from the heap. {@link #view} makes a buffer of it. A view stays usable as long as anybody holds it: after its place
 * was freed it shows the bytes of whoever takes that next, and after {@link #close} bytes of nobody. Memory of which views
 * are out is freed when the collector has seen the last of them go, all else at once.
 *
 * <p>Thread rule: one thread at a time. A call that meets another inside is {@link DrystoneException.Busy}, and changes
 * nothing. Whatever is called after {@link #close} is {@link DrystoneException.Closed}.
 *
 * <p>Cost: each call is one native call, about 20 ns, half of which keeps others out, and allocates nothing in Java but for
 * what comes from the heap.
 */
public final class Slab implements AutoCloseable {
  /** What heap memory is aligned to. */
  private static final long HEAP_ALIGN = 16;

  private final Handle handle;
  private final long bytes;

  /** Guarded by the handle, as is the count. */
  private final Outside outside;

  private long outsideFailures;

  private Slab(Handle handle, long bytes, Outside outside) {
    this.handle = handle;
    this.bytes = bytes;
    this.outside = outside;
  }

  /** A slab of so many bytes. */
  public static Slab create(long bytes) {
    return create(new SlabOptions(bytes));
  }

  /** Makes a slab in private memory. Cost and errors are those of {@link Pool#create(PoolOptions)}. */
  public static Slab create(SlabOptions options) {
    int flags = MemoryFlag.bits(options.flags(), MemoryFlag.GUARDED);
    Handle handle = Handle.ofPrivate(
        "slab",
        Gate.forOne(),
        () -> Native.dryj_slab_create(flags, options.bytes()),
        address -> options.bytes(),
        Native::dryj_slab_free_all);
    long bytes = pages(handle.address) * Layout.SLAB_PAGE_BYTES;
    handle.locate(Native.dryj_slab_address(handle.address), bytes, true);
    return new Slab(handle, bytes, new Outside((flags & Layout.MEMORY_WIPE) != 0));
  }

  private static long pages(long address) {
    long[] numbers = new long[SlabStats.NUMBERS];
    Native.dryj_slab_stats(address, numbers);
    return SlabStats.of(numbers, 0, 0, 0).pages();
  }

  /** Whether a place is not in the slab, but came from the heap. */
  public static boolean isOutside(long place) {
    return Outside.isOne(place);
  }

  // ---- taking and giving back

  /**
   * Takes an object of at least so many bytes, aligned to its class.
   *
   * @return the place
   * @throws DrystoneException.InvalidArgument for no bytes
   * @throws DrystoneException.Full when its class needs a page and none is left
   * @throws DrystoneException.OutOfMemory when it should come from the heap, and that is used up
   */
  public long alloc(long bytes) {
    handle.enter();
    try {
      if (Long.compareUnsigned(bytes, Layout.SLAB_CLASS_BYTES_MAX) <= 0) {
        return handle.number(Native.dryj_slab_alloc(handle.address, bytes));
      }
      long place = outside.take(bytes, HEAP_ALIGN);
      if (place == 0) {
        outsideFailures++;
        throw handle.failure(Layout.STATUS_OUT_OF_MEMORY, Long.toUnsignedString(bytes) + " bytes from the heap");
      }
      return place;
    } finally {
      handle.leave();
    }
  }

  /**
   * Gives an object back.
   *
   * @throws DrystoneException.Stale when it is free already
   * @throws DrystoneException.Foreign for a place inside an object, or that the slab never gave out
   */
  public void free(long place) {
    handle.enter();
    try {
      if (!Outside.isOne(place)) {
        handle.check(Native.dryj_slab_free(handle.address, place));
      } else if (!outside.giveBack(place)) {
        throw notThere(place);
      }
    } finally {
      handle.leave();
    }
  }

  private DrystoneException notThere(long place) {
    return handle.failure(outside.wasTaken(place) ? Layout.STATUS_STALE : Layout.STATUS_FOREIGN);
  }

  // ---- the objects

  /** How many bytes may be used: the class, or what was asked for above 4096. Errors are those of {@link #free}. */
  public long usableBytes(long place) {
    handle.enter();
    try {
      return usable(place);
    } finally {
      handle.leave();
    }
  }

  private long usable(long place) {
    if (!Outside.isOne(place)) {
      return handle.number(Native.dryj_slab_usable_bytes(handle.address, place));
    }
    long bytes = outside.bytes(place);
    if (bytes < 0) {
      throw notThere(place);
    }
    return bytes;
  }

  /**
   * A view of an object's usable bytes, in the processor's byte order. Errors are those of {@link #free}.
   *
   * @throws DrystoneException.TooLarge for an object above 2^30 bytes, since a buffer of Java holds less than 2^31: there is no
   *     way to its bytes, so do not take such a one
   */
  public ByteBuffer view(long place) {
    handle.enter();
    try {
      long bytes = usable(place);
      handle.checkView(bytes);
      return Outside.isOne(place)
          ? outside.lend(place, 0, (int) bytes)
          : handle.memory().lend(place, (int) bytes);
    } finally {
      handle.leave();
    }
  }

  /**
   * One view of the whole slab, taken or not, in the processor's byte order: an object whose place is not negative begins
   * there in it. So any number of objects is read and written with neither a call nor garbage.
   *
   * @throws DrystoneException.TooLarge for a slab of 2 GiB or more
   */
  public ByteBuffer bytes() {
    handle.enter();
    try {
      return handle.viewOfAll(bytes);
    } finally {
      handle.leave();
    }
  }

  // ---- the slab as a whole

  /** Frees everything at once. */
  public void reset() {
    handle.enter();
    try {
      handle.check(Native.dry_slab_reset(handle.address));
      outside.giveBackSince(0);
    } finally {
      handle.leave();
    }
  }

  /**
   * Checks the structure.
   *
   * @throws DrystoneException.Corrupt names page and cause
   */
  public void validate() {
    handle.enter();
    try {
      handle.check(Native.dry_slab_validate(handle.address));
    } finally {
      handle.leave();
    }
  }

  /** Facts on the slab. */
  public SlabStats stats() {
    long[] numbers = new long[SlabStats.NUMBERS];
    handle.enter();
    try {
      handle.check(Native.dryj_slab_stats(handle.address, numbers));
      return SlabStats.of(numbers, outside.taken(), outside.inUse(), outsideFailures);
    } finally {
      handle.leave();
    }
  }

  /** Gives everything up; waits for a call that is under way in another thread. Again is fine. */
  @Override
  public void close() {
    handle.close(() -> outside.giveBackSince(0));
  }
}
