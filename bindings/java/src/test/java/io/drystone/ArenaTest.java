// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ArenaTest {
  @Test
  void oneViewShowsAllOfIt() {
    try (Arena arena = Arena.create(1000)) {
      arena.alloc(1, 1);
      long place = arena.alloc(8, 8);
      arena.bytes().putLong((int) place, 42);
      assertEquals(42, arena.view(place, 8).getLong(0));
      assertEquals(1000, arena.bytes().capacity());
    }
    try (Arena arena = Arena.create(new ArenaOptions(1 << 20).withReserve(4096))) {
      assertThrows(DrystoneException.Unsupported.class, arena::bytes);
    }
    try (Scratch scratch = Scratch.create(new ScratchOptions(1000))) {
      long place = scratch.alloc(8, 8);
      scratch.bytes().putLong((int) place, 42);
      assertEquals(42, scratch.view(place, 8).getLong(0));
    }
    try (Slab slab = Slab.create(1 << 16)) {
      slab.alloc(8);
      long place = slab.alloc(8);
      slab.bytes().putLong((int) place, 42);
      assertEquals(42, slab.view(place).getLong(0));
      assertEquals(1 << 16, slab.bytes().capacity());
    }
  }

  @Test
  void placesAreAlignedAndPaddingIsCounted() {
    try (Arena arena = Arena.create(4096)) {
      assertEquals(0, arena.alloc(1, 1));
      assertEquals(64, arena.alloc(8, 64));
      assertEquals(72, arena.mark());
      assertThrows(DrystoneException.Full.class, () -> arena.alloc(9999, 8));
      assertThrows(DrystoneException.Full.class, () -> arena.alloc(-1, 8));
      ArenaStats stats = arena.stats();
      assertEquals(4096, stats.capacityBytes());
      assertEquals(72, stats.usedBytes());
      assertEquals(72, stats.peakBytes());
      assertEquals(2, stats.allocations());
      assertEquals(2, stats.failures());
      assertEquals(0, stats.fallbacks());
    }
  }

  @Test
  void badAlignmentsAreRefused() {
    try (Arena arena = Arena.create(4096)) {
      for (long align : new long[] {0, 3, 8192, -8}) {
        assertThrows(DrystoneException.InvalidArgument.class, () -> arena.alloc(8, align), "align " + align);
      }
      assertEquals(0, arena.stats().usedBytes());
    }
  }

  @Test
  void viewsShowWhatWasTaken() {
    try (Arena arena = Arena.create(4096)) {
      ByteBuffer first = arena.allocBuffer(100, 16);
      assertEquals(ByteOrder.nativeOrder(), first.order());
      assertEquals(100, first.remaining());
      long place = arena.alloc(8, 8);
      arena.view(place, 8).putLong(0, 42);
      for (int i = 0; i < first.capacity(); i++) {
        assertEquals(0, first.get(i), "fresh memory is zero");
        first.put(i, (byte) i);
      }
      assertEquals(42, arena.view(place, 8).getLong(0));
      assertEquals(99, arena.view(0, 100).get(99));
      assertEquals(0, arena.view(place, 0).remaining());
    }
  }

  @Test
  void onlyWhatIsTakenCanBeViewed() {
    try (Arena arena = Arena.create(new ArenaOptions(1 << 20).withReserve(4096))) {
      long place = arena.alloc(100, 1);
      assertThrows(DrystoneException.Stale.class, () -> arena.view(place, 101));
      assertThrows(DrystoneException.Stale.class, () -> arena.view(1 << 19, 1));
      assertThrows(DrystoneException.Stale.class, () -> arena.view(Long.MAX_VALUE, 1));
      assertThrows(DrystoneException.Stale.class, () -> arena.view(-1, 1));
      assertThrows(DrystoneException.InvalidArgument.class, () -> arena.view(place, -1));
      arena.reset();
      assertThrows(DrystoneException.Stale.class, () -> arena.view(place, 1));
    }
  }

  @Test
  void rewindGoesBackAndNoFurther() {
    try (Arena arena = Arena.create(4096)) {
      arena.alloc(100, 1);
      long mark = arena.mark();
      arena.alloc(100, 1);
      arena.rewind(mark);
      assertEquals(mark, arena.mark());
      assertThrows(DrystoneException.Stale.class, () -> arena.rewind(mark + 1));
      assertThrows(DrystoneException.Stale.class, () -> arena.view(mark, 1));
      assertEquals(mark, arena.alloc(1, 1));
      arena.reset();
      assertEquals(0, arena.mark());
      assertEquals(200, arena.stats().peakBytes());
      assertEquals(1, arena.stats().resets());
    }
  }

  @Test
  void memoryIsTakenAsItIsUsedAndCanBeGivenBack() {
    try (Arena arena = Arena.create(new ArenaOptions(1L << 40).withReserve(1 << 16))) {
      ByteBuffer view = arena.allocBuffer(10 << 20, 4096);
      view.put(view.capacity() - 1, (byte) 7);
      assertTrue(arena.stats().committedBytes() >= 10 << 20);
      arena.resetAndRelease(4096);
      assertEquals(0, view.get(view.capacity() - 1), "the page is another one, but there");
      assertEquals(0, arena.stats().usedBytes());
      long far = arena.alloc(3L << 30, 1);
      assertEquals(0, far);
      ByteBuffer end = arena.view((3L << 30) - 10, 10);
      end.put(9, (byte) 1);
      assertEquals(1, arena.view((3L << 30) - 1, 1).get(0));
    }
  }

  @Test
  void ensureTakesNothing() {
    try (Arena arena = Arena.create(1000)) {
      arena.ensure(1000, 1);
      assertEquals(0, arena.mark());
      assertThrows(DrystoneException.Full.class, () -> arena.ensure(1001, 1));
    }
  }

  @Test
  void reallocKeepsTheFirstBytes() {
    try (Arena arena = Arena.create(4096)) {
      long place = arena.alloc(8, 8);
      arena.view(place, 8).putLong(0, 42);
      assertEquals(place, arena.realloc(place, 8, 16, 8), "the last one grows where it lies");
      assertEquals(16, arena.mark());
      arena.view(place, 16).putLong(8, 43);
      arena.alloc(1, 1);
      long moved = arena.realloc(place, 16, 32, 8);
      assertEquals(42, arena.view(moved, 32).getLong(0));
      assertEquals(43, arena.view(moved, 32).getLong(8));
      assertThrows(DrystoneException.Foreign.class, () -> arena.realloc(4000, 8, 16, 8));
      assertThrows(DrystoneException.Foreign.class, () -> arena.realloc(-1, 0, 16, 8));
      assertThrows(DrystoneException.Full.class, () -> arena.realloc(moved, 32, 9999, 8));
      assertEquals(43, arena.view(moved, 32).getLong(8));
    }
  }

  @Test
  void whatHasNoRoomComesFromTheHeap() {
    ArenaOptions options = new ArenaOptions(4096).withOverflow(Overflow.FALLBACK).withFlags(MemoryFlag.WIPE);
    try (Arena arena = Arena.create(options)) {
      long inside = arena.alloc(4000, 8);
      long outside = arena.alloc(5000, 4096);
      assertFalse(Arena.isOutside(inside));
      assertTrue(Arena.isOutside(outside));
      ByteBuffer view = arena.view(outside, 5000);
      view.putLong(4992, 42);
      assertThrows(DrystoneException.InvalidArgument.class, () -> arena.view(outside, 5001));
      long grown = arena.realloc(outside, 5000, 6000, 8);
      assertEquals(42, arena.view(grown, 6000).getLong(4992));
      arena.view(inside, 8).putLong(0, 43);
      long left = arena.realloc(inside, 4000, 8000, 8);
      assertTrue(Arena.isOutside(left));
      assertEquals(43, arena.view(left, 8).getLong(0));
      ArenaStats stats = arena.stats();
      assertEquals(3, stats.fallbacks());
      assertEquals(4, stats.allocations());
      assertEquals(0, stats.failures());
      arena.rewind(0);
      assertEquals(42, view.getLong(4992), "stays until reset");
      assertDoesNotThrow(() -> arena.view(outside, 1));
      arena.reset();
      assertThrows(DrystoneException.Stale.class, () -> arena.view(outside, 1));
      assertEquals(0, view.getLong(4992), "wiped, and still there for who holds it");
      assertThrows(DrystoneException.OutOfMemory.class, () -> arena.alloc(Long.MAX_VALUE, 1));
      assertThrows(DrystoneException.OutOfMemory.class, () -> arena.alloc(-1, 1));
      assertEquals(2, arena.stats().failures());
    }
  }

  @Test
  void optionsAreChecked() {
    assertThrows(DrystoneException.InvalidArgument.class, () -> Arena.create(0));
    assertThrows(DrystoneException.TooLarge.class, () -> Arena.create((1L << 46) + 1));
    assertThrows(
        DrystoneException.InvalidArgument.class,
        () -> Arena.create(new ArenaOptions(4096).withFlags(MemoryFlag.TRACK)));
    assertThrows(
        DrystoneException.InvalidArgument.class,
        () -> Arena.create(new ArenaOptions(4096, Overflow.ERROR, false, 4096, Set.of())));
  }

  @Test
  void flagsThatAreGrantedAreTold() {
    ArenaOptions options = new ArenaOptions(8 << 20).withFlags(MemoryFlag.PREFAULT, MemoryFlag.WIPE);
    try (Arena arena = Arena.create(options)) {
      ArenaStats stats = arena.stats();
      assertTrue(stats.granted().contains(MemoryFlag.WIPE));
      assertTrue(stats.granted().contains(MemoryFlag.PREFAULT) || stats.refused().contains(MemoryFlag.PREFAULT));
    }
  }

  @Test
  void closedIsClosed() {
    Arena arena = Arena.create(4096);
    arena.close();
    arena.close();
    Closed.everywhere(
        () -> arena.alloc(1, 1), () -> arena.allocZeroed(1, 1), () -> arena.allocBuffer(1, 1), () -> arena.view(0, 1),
        () -> arena.realloc(0, 0, 1, 1), () -> arena.ensure(1, 1), arena::mark, () -> arena.rewind(0), arena::reset,
        () -> arena.resetAndRelease(0), arena::stats);
  }
}
