// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.IntBuffer;
import org.junit.jupiter.api.Test;

class BufferPoolTest {
  @Test
  void aHandleStandsForItsBlockUntilItIsReleased() {
    try (BufferPool pool = BufferPool.create(Integer.BYTES, 100, 2)) {
      long first = pool.acquire();
      long second = pool.acquire();
      assertThrows(DrystoneException.Full.class, pool::acquire);
      assertEquals(0, pool.tryAcquire());
      IntBuffer ints = pool.ints(first);
      assertEquals(100, ints.capacity());
      assertEquals(0, ints.get(99));
      ints.put(99, 42);
      pool.ints(second).put(0, 43);
      assertEquals(42, pool.ints(first).get(99));
      assertEquals(42, pool.bytes(first).getInt(396));
      pool.release(first);
      assertThrows(DrystoneException.Stale.class, () -> pool.ints(first));
      assertThrows(DrystoneException.Stale.class, () -> pool.release(first));
      long third = pool.acquire();
      assertNotEquals(first, third);
      assertThrows(DrystoneException.Stale.class, () -> pool.bytes(first));
      if (!MemoryFlag.CHECKED) {
        assertEquals(42, pool.ints(third).get(99), "what the last user left");
      }
      assertThrows(DrystoneException.Stale.class, () -> pool.bytes(0));
      assertThrows(DrystoneException.Stale.class, () -> pool.bytes(-1));
      BufferPoolStats stats = pool.stats();
      assertEquals(2, stats.blocks());
      assertEquals(2, stats.inUse());
      assertEquals(2, stats.peak());
      assertEquals(100, stats.elements());
      assertEquals(4, stats.elementBytes());
      assertEquals(2, stats.failures());
    }
  }

  @Test
  void viewsFitTheElements() {
    try (BufferPool shorts = BufferPool.create(2, 10, 1);
        BufferPool ints = BufferPool.create(4, 10, 1);
        BufferPool longs = BufferPool.create(8, 10, 1)) {
      try (BufferPool.Block block = shorts.take()) {
        block.shorts().put(9, (short) 1);
        assertEquals(1, block.chars().get(9));
        assertEquals(20, block.bytes().capacity());
        assertThrows(DrystoneException.TypeMismatch.class, block::ints);
      }
      try (BufferPool.Block block = ints.take()) {
        block.floats().put(9, 1.5f);
        assertEquals(Float.floatToRawIntBits(1.5f), block.ints().get(9));
        assertThrows(DrystoneException.TypeMismatch.class, block::shorts);
        assertThrows(DrystoneException.TypeMismatch.class, block::doubles);
      }
      try (BufferPool.Block block = longs.take()) {
        block.doubles().put(9, 2.5);
        assertEquals(Double.doubleToRawLongBits(2.5), block.longs().get(9));
        assertThrows(DrystoneException.TypeMismatch.class, block::floats);
        assertThrows(DrystoneException.TypeMismatch.class, block::chars);
      }
      assertEquals(0, shorts.stats().inUse() + ints.stats().inUse() + longs.stats().inUse());
    }
  }

  @Test
  void bytesAreCopied() {
    try (BufferPool pool = BufferPool.create(new BufferPoolOptions(4, 4, 2).withAlign(64))) {
      pool.acquire();
      long handle = pool.acquire();
      pool.write(handle, 4, new byte[] {0, 1, 0, 0, 0}, 1, 4);
      assertEquals(1, pool.ints(handle).get(1));
      byte[] read = new byte[16];
      pool.read(handle, 0, read, 0, 16);
      assertEquals(1, read[4]);
      assertThrows(DrystoneException.InvalidArgument.class, () -> pool.read(handle, 1, read, 0, 16));
      assertThrows(DrystoneException.InvalidArgument.class, () -> pool.write(handle, 16, read, 0, 1));
      assertThrows(DrystoneException.InvalidArgument.class, () -> pool.write(handle, 0, read, 10, 7));
    }
  }

  @Test
  void optionsAreChecked() {
    assertThrows(DrystoneException.InvalidArgument.class, () -> BufferPool.create(0, 1, 1));
    assertThrows(DrystoneException.InvalidArgument.class, () -> BufferPool.create(1, 0, 1));
    assertThrows(DrystoneException.InvalidArgument.class, () -> BufferPool.create(1, 1, 0));
    assertThrows(DrystoneException.TooLarge.class, () -> BufferPool.create(1L << 20, 1L << 20, 1));
  }

  @Test
  void closedIsClosed() {
    BufferPool pool = BufferPool.create(4, 4, 4);
    BufferPool.Block block = pool.take();
    long released = pool.acquire();
    pool.release(released);
    pool.close();
    pool.close();
    block.close();
    Closed.everywhere(
        pool::acquire, pool::tryAcquire, pool::take, block::ints, () -> pool.bytes(released),
        () -> pool.release(released), () -> pool.release(block.handle()), () -> pool.read(1, 0, new byte[1], 0, 1),
        () -> pool.write(1, 0, new byte[1], 0, 1), pool::stats);
  }
}
