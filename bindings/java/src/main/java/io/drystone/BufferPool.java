// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;

/**
 * Blocks of N elements behind handles that never validate twice: for message and sample buffers of one shape.
 *
 * <pre>{@code
 * try (BufferPool.Block block = pool.take()) {
 *   IntBuffer samples = block.ints();
 *   ...
 * }
 * }</pre>
 *
 * <p>A handle is a number of 64 bits; 0 is none. A released one is {@link DrystoneException.Stale} for ever, also when its
 * block is in use again. Elements are zero when a block is first taken, and what its last user left afterwards; with {@link
 * MemoryFlag#WIPE} always zero, and with {@link MemoryFlag#GUARDED} alone bytes of 0xdf. A view stays usable as long as anybody holds it: after its block was released it
 * shows the elements of whoever takes that next, and after {@link #close} those of nobody. Memory of which views are out is
 * freed when the collector has seen the last of them go, all else at once.
 *
 * <p>Thread rule: one thread at a time for the pool; a block belongs to whoever has its handle. A call that meets another
 * inside is {@link DrystoneException.Busy}, and changes nothing. Whatever is called after {@link #close} is {@link
 * DrystoneException.Closed}.
 *
 * <p>Cost: each call is one native call, about 20 ns, half of which keeps others out; {@link #acquire} and {@link #release}
 * allocate nothing in Java, a view is a small object, and reading and writing through it makes no call at all.
 */
public final class BufferPool implements AutoCloseable {
  /** A block that goes back at the end of a {@code try} statement; see {@link BufferPool#take}. */
  public static final class Block implements AutoCloseable {
    private final BufferPool pool;
    private final long handle;
    private boolean open = true;

    private Block(BufferPool pool, long handle) {
      this.pool = pool;
      this.handle = handle;
    }

    /** Its handle. */
    public long handle() {
      return handle;
    }

    /** The bytes of all elements; see {@link BufferPool#bytes(long)}. */
    public ByteBuffer bytes() {
      return pool.bytes(handle);
    }

    /** Elements of two bytes; see {@link BufferPool#bytes(long)}. */
    public ShortBuffer shorts() {
      return pool.shorts(handle);
    }

    /** Elements of two bytes; see {@link BufferPool#bytes(long)}. */
    public CharBuffer chars() {
      return pool.chars(handle);
    }

    /** Elements of four bytes; see {@link BufferPool#bytes(long)}. */
    public IntBuffer ints() {
      return pool.ints(handle);
    }

    /** Elements of eight bytes; see {@link BufferPool#bytes(long)}. */
    public LongBuffer longs() {
      return pool.longs(handle);
    }

    /** Elements of four bytes; see {@link BufferPool#bytes(long)}. */
    public FloatBuffer floats() {
      return pool.floats(handle);
    }

    /** Elements of eight bytes; see {@link BufferPool#bytes(long)}. */
    public DoubleBuffer doubles() {
      return pool.doubles(handle);
    }

    /**
     * Gives the block back. Again is fine, and so is it after the pool was closed.
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
  private final Cells cells;
  private final long elementBytes;

  private BufferPool(Handle handle, BufferPoolStats stats) {
    this.handle = handle;
    elementBytes = stats.elementBytes();
    handle.locate(Native.dryj_buffer_pool_address(handle.address), stats.blocks() * stats.strideBytes(), true);
    cells = new Cells(handle, taken -> Native.dryj_buffer_pool_at(handle.address, taken), stats.elements() * elementBytes);
  }

  /** A pool of so many blocks of so many elements of that size. */
  public static BufferPool create(long elementBytes, long elements, long blocks) {
    return create(new BufferPoolOptions(elementBytes, elements, blocks));
  }

  /** Makes a pool in private memory. Cost and errors are those of {@link Pool#create(PoolOptions)}. */
  public static BufferPool create(BufferPoolOptions options) {
    int flags = MemoryFlag.bits(options.flags(), MemoryFlag.GUARDED);
    Handle handle = Handle.ofPrivate(
        "buffer pool",
        Gate.forOne(),
        () -> Native.dryj_buffer_pool_create(
            flags, options.elementBytes(), options.elements(), options.blocks(), options.alignBytes()),
        address -> BufferPoolStats.of(address).sizeBytes(),
        Native::dryj_buffer_pool_free);
    return new BufferPool(handle, BufferPoolStats.of(handle.address));
  }

  // ---- taking and giving back

  /**
   * Takes a block.
   *
   * @return its handle
   * @throws DrystoneException.Full when none is free
   */
  public long acquire() {
    handle.enter();
    try {
      long taken = Native.dryj_buffer_pool_acquire(handle.address);
      if (isStatus(taken)) {
        throw handle.failure((int) -taken);
      }
      return taken;
    } finally {
      handle.leave();
    }
  }

  /** As {@link #acquire}, with 0 where that throws {@link DrystoneException.Full}. */
  public long tryAcquire() {
    handle.enter();
    try {
      long taken = Native.dryj_buffer_pool_acquire(handle.address);
      if (taken == -Layout.STATUS_FULL) {
        return 0;
      }
      if (isStatus(taken)) {
        throw handle.failure((int) -taken);
      }
      return taken;
    } finally {
      handle.leave();
    }
  }

  /** As {@link #acquire}, for a {@code try} statement, whose end gives it back. */
  public Block take() {
    return new Block(this, acquire());
  }

  /** No handle looks like a status negated: it would be of a block beyond all capacities. */
  private static boolean isStatus(long answer) {
    return answer < 0 && answer > -Layout.STATUS_COUNT;
  }

  /**
   * Gives a block back.
   *
   * @throws DrystoneException.Stale when it was released, or is no handle of this pool
   * @throws DrystoneException.Corrupt when the pool is guarded and something was written beyond the block's end; nobody
   *     gets that block any more
   */
  public void release(long taken) {
    handle.enter();
    try {
      handle.check(Native.dry_buffer_pool_release(handle.address, taken));
    } finally {
      handle.leave();
    }
  }

  // ---- the elements

  /**
   * A view of a block's bytes, in the processor's byte order. The views of one sort of element have as many as the block.
   *
   * @throws DrystoneException.Stale when it was released, or is no handle of this pool
   * @throws DrystoneException.TypeMismatch for a sort of element that has another size than the pool's
   */
  public ByteBuffer bytes(long taken) {
    return cells.view(taken);
  }

  /** Elements of two bytes; see {@link #bytes}. */
  public ShortBuffer shorts(long taken) {
    return elements(taken, Short.BYTES).asShortBuffer();
  }

  /** Elements of two bytes; see {@link #bytes}. */
  public CharBuffer chars(long taken) {
    return elements(taken, Character.BYTES).asCharBuffer();
  }

  /** Elements of four bytes; see {@link #bytes}. */
  public IntBuffer ints(long taken) {
    return elements(taken, Integer.BYTES).asIntBuffer();
  }

  /** Elements of eight bytes; see {@link #bytes}. */
  public LongBuffer longs(long taken) {
    return elements(taken, Long.BYTES).asLongBuffer();
  }

  /** Elements of four bytes; see {@link #bytes}. */
  public FloatBuffer floats(long taken) {
    return elements(taken, Float.BYTES).asFloatBuffer();
  }

  /** Elements of eight bytes; see {@link #bytes}. */
  public DoubleBuffer doubles(long taken) {
    return elements(taken, Double.BYTES).asDoubleBuffer();
  }

  private ByteBuffer elements(long taken, int bytes) {
    ByteBuffer block = cells.view(taken);
    if (bytes != elementBytes) {
      throw handle.failure(
          Layout.STATUS_TYPE_MISMATCH, "its elements have " + elementBytes + " bytes, not " + bytes);
    }
    return block;
  }

  /**
   * Copies bytes out of a block.
   *
   * @param at in the block, in bytes
   * @throws DrystoneException.InvalidArgument for a range beyond the block or the array
   */
  public void read(long taken, long at, byte[] into, int from, int count) {
    cells.read(taken, at, into, from, count);
  }

  /** Copies bytes into a block; see {@link #read}. */
  public void write(long taken, long at, byte[] bytes, int from, int count) {
    cells.write(taken, at, bytes, from, count);
  }

  // ---- the pool as a whole

  /** Facts on the pool. */
  public BufferPoolStats stats() {
    handle.enter();
    try {
      return BufferPoolStats.of(handle.address);
    } finally {
      handle.leave();
    }
  }

  /** Gives everything up; waits for a call that is under way in another thread. Again is fine. */
  @Override
  public void close() {
    handle.close();
  }
}
