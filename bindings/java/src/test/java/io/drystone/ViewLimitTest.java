// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What a view cannot be as long as. Of all the memory here only a few pages are ever touched. */
class ViewLimitTest {
  private static final int LONGEST = 1 << 30;

  private static void refused(Executable call) {
    String text = assertThrows(DrystoneException.TooLarge.class, call).getMessage();
    assertTrue(text.contains("too many for one view, which has"), text);
  }

  @Test
  void anArenaLendsAGigabyteAtATime() {
    assumeFalse(MemoryFlag.CHECKED, "poison would touch all of it");
    try (Arena arena = Arena.create(3L << 30)) {
      long place = arena.alloc(LONGEST + 8L, 8);
      refused(() -> arena.view(place, LONGEST + 1));
      refused(() -> arena.view(place, Integer.MAX_VALUE));
      ByteBuffer first = arena.view(place, LONGEST);
      arena.view(place + 8, LONGEST).putLong(LONGEST - 8, 42);
      first.putLong(LONGEST - 8, 41);
      assertEquals(42, arena.view(place + LONGEST, 8).getLong(0));
      long mark = arena.mark();
      refused(() -> arena.allocBuffer(LONGEST + 1, 8));
      assertEquals(mark, arena.mark(), "nothing was taken");
      assertThrows(DrystoneException.InvalidArgument.class, () -> arena.allocBuffer(-1, 8));
      refused(arena::bytes);
    }
    try (Scratch scratch = Scratch.create(new ScratchOptions(2L << 30))) {
      refused(() -> scratch.allocBuffer(LONGEST + 1, 8));
      refused(scratch::bytes);
      assertEquals(LONGEST, scratch.allocBuffer(LONGEST, 8).capacity());
    }
  }

  @Test
  void anObjectOfASlabFromTheHeapCanBeTooLong() {
    try (Slab slab = Slab.create(4096)) {
      long place = slab.alloc(LONGEST + 1L);
      assertEquals(LONGEST + 1L, slab.usableBytes(place));
      refused(() -> slab.view(place));
      slab.free(place);
    }
  }

  @Test
  void allSlotsTogetherCanBeTooMany() {
    try (Pool pool = Pool.create(1 << 20, 2048);
        SharedPool shared = SharedPool.create(1 << 20, 2048)) {
      refused(pool::slots);
      refused(shared::slots);
      assertEquals(1 << 20, pool.view(pool.acquire()).capacity());
      assertEquals(1 << 20, shared.view(shared.acquire()).capacity());
    }
  }

  @Test
  void theLargestObjectIsOneView() {
    try (Pool pool = Pool.create(LONGEST, 3)) {
      pool.acquireMany(new int[3]);
      ByteBuffer last = pool.view(2);
      assertEquals(LONGEST, last.capacity());
      last.put(LONGEST - 1, (byte) 7);
      byte[] one = new byte[1];
      pool.read(2, LONGEST - 1, one, 0, 1);
      assertEquals(7, one[0]);
    }
  }
}
