// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ObjectSlotsTest {
  @Test
  void handlesAreThoseOfTheLibrary() {
    ObjectSlots slots = new ObjectSlots(3);
    assertFalse(slots.lives(0), "the handle of nothing");
    assertEquals(1L << 32, slots.take("a"));
    assertEquals(1L << 32 | 1, slots.take("b"));
    assertEquals("a", slots.free(1L << 32));
    assertFalse(slots.lives(~(3L << 32)), "what stands in a free cell");
    assertEquals(3L << 32, slots.take("c"));
    assertEquals(3L << 32, slots.next(0));
    assertEquals(1L << 32 | 1, slots.next(1));
    assertArrayEquals(new Object[] {"c", "b"}, slots.reset());
    assertEquals(5L << 32, slots.take("d"));
    assertEquals(3L << 32 | 1, slots.take("e"));
    assertEquals(1L << 32 | 2, slots.take("f"));
    assertEquals(0, slots.take("g"));
    assertEquals(new ObjectPoolStats(3, 3, 3, 3, 0, 1, 36), slots.stats());
  }

  @Test
  void aSlotIsRetiredWhenItsGenerationsAreUsedUp() {
    ObjectSlots slots = new ObjectSlots(2);
    slots.free(slots.take("a"));
    slots.nearTheEnd(0);
    long last = slots.take("b");
    assertEquals(0xffffffff00000000L, last);
    assertTrue(slots.lives(last));
    assertEquals("b", slots.free(last));
    assertFalse(slots.lives(last));
    assertFalse(slots.lives(-1));
    assertEquals(1L << 32 | 1, slots.take("c"), "the next slot that was never taken");
    assertEquals(0, slots.take("d"), "the other one is never taken again");
    assertArrayEquals(new Object[] {"c"}, slots.reset());
    assertEquals(3L << 32 | 1, slots.take("e"));
    assertEquals(1, slots.stats().retired());
    assertFalse(slots.takeAll(new Object[1], new long[1]));
  }

  @Test
  void severalAreFreedTogetherOrNone() {
    ObjectSlots slots = new ObjectSlots(200_000);
    long[] handles = new long[150_000];
    assertTrue(slots.takeAll(new Object[handles.length], handles), "more than the arrays had room for");
    assertNull(slots.freeAll(new long[] {handles[1], handles[2], handles[1]}));
    assertNull(slots.freeAll(new long[] {handles[1], handles[2], 0}));
    assertTrue(slots.lives(handles[1]));
    assertEquals(0, slots.stats().destroyed());
    assertEquals(2, slots.freeAll(new long[] {handles[1], handles[2]}).length);
    assertEquals(149_998, slots.stats().inUse());
    assertEquals(ObjectSlots.slot(handles[2]), ObjectSlots.slot(slots.take("x")));
  }
}
