// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What Java does itself to the structures of a block, and C does to the same ones between: single calls are Java's where a
 * block is plain, those for several C's, and C validates what both have made of it.
 */
class BooksTest {
  private static final int ROUNDS = 20_000;
  private static final int VALIDATE_EACH = 500;

  /** A checked run guards every block, so that all of it is left to C. */
  private static void expectInJava(Object books) {
    assertEquals(MemoryFlag.CHECKED, books == null);
  }

  @Test
  void plainBlocksOfPrivateMemoryAreWorkedWithInJava() {
    try (Pool pool = Pool.create(64, 10);
        SharedPool shared = SharedPool.create(64, 100);
        SharedPoolCache cache = shared.openCache();
        IndexMap map = IndexMap.create(10)) {
      expectInJava(pool.books);
      expectInJava(cache.magazine);
      assertTrue(map.books != null);
    }
  }

  @Test
  void allOthersAreLeftToC() {
    for (MemoryFlag flag : List.of(MemoryFlag.GUARDED, MemoryFlag.WIPE, MemoryFlag.TRACK)) {
      try (Pool pool = Pool.create(new PoolOptions(64, 10).withFlags(flag))) {
        assertNull(pool.books);
      }
    }
    for (MemoryFlag flag : List.of(MemoryFlag.GUARDED, MemoryFlag.WIPE)) {
      try (SharedPool pool = SharedPool.create(new SharedPoolOptions(64, 100).withFlags(flag));
          SharedPoolCache cache = pool.openCache()) {
        assertNull(cache.magazine);
      }
    }
    try (Pool pool = Pool.create(new PoolOptions(64, 10).withGrowth(20, 5))) {
      assertNull(pool.books);
    }
    try (Region region = Region.create(Region.Kind.MEMORY, null, 1 << 20);
        Pool pool = region.createPool("pool", new PoolOptions(64, 10));
        SharedPool shared = region.createSharedPool("shared", new SharedPoolOptions(64, 100));
        SharedPoolCache cache = shared.openCache();
        IndexMap map = region.createIndexMap("map", new IndexMapOptions(100))) {
      assertNull(pool.books);
      assertNull(cache.magazine);
      assertNull(map.books);
    }
  }

  /** Takes one out of a list, in no order. */
  private static int drawn(List<Integer> all, Random random) {
    int at = random.nextInt(all.size());
    int last = all.remove(all.size() - 1);
    return at == all.size() ? last : all.set(at, last);
  }

  @Test
  void aPoolIsTheSameForBoth() {
    Random random = Stores.random("BooksTest.pool");
    try (Pool pool = Pool.create(16, 100)) {
      List<Integer> taken = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        int what = random.nextInt(100);
        if (what < 45) {
          int slot = pool.tryAcquire();
          assertEquals(taken.size() == 100, slot < 0);
          if (slot >= 0) {
            assertTrue(!taken.contains(slot));
            taken.add(slot);
          }
        } else if (what < 90 && !taken.isEmpty()) {
          int slot = drawn(taken, random);
          pool.view(slot).putLong(0, slot);
          pool.release(slot);
          assertThrows(DrystoneException.Stale.class, () -> pool.release(slot));
          assertThrows(DrystoneException.Stale.class, () -> pool.view(slot));
        } else if (what < 94 && taken.size() <= 90) {
          int[] slots = new int[10];
          pool.acquireMany(slots);
          for (int slot : slots) {
            taken.add(slot);
          }
        } else if (what < 98 && taken.size() >= 10) {
          int[] slots = new int[10];
          for (int i = 0; i < slots.length; i++) {
            slots[i] = drawn(taken, random);
          }
          pool.releaseMany(slots);
        } else if (round % 50 == 0) {
          pool.reset();
          taken.clear();
        }
        if (round % VALIDATE_EACH == 0) {
          pool.validate();
          assertEquals(taken.size(), pool.stats().inUse());
        }
      }
      assertThrows(DrystoneException.Foreign.class, () -> pool.release(100));
      assertThrows(DrystoneException.Foreign.class, () -> pool.release(-1));
      assertThrows(DrystoneException.Foreign.class, () -> pool.release(Integer.MIN_VALUE));
    }
  }

  @Test
  void aSharedPoolIsTheSameForBoth() {
    Random random = Stores.random("BooksTest.sharedPool");
    try (SharedPool pool = SharedPool.create(16, 1000);
        SharedPoolCache one = pool.openCache();
        SharedPoolCache other = pool.openCache()) {
      List<Integer> taken = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        SharedPoolCache cache = random.nextBoolean() ? one : other;
        int what = random.nextInt(100);
        // Long runs of the one and the other, so that magazines fill and empty.
        boolean taking = round / 700 % 2 == 0;
        if (what < (taking ? 70 : 20)) {
          int slot = cache.tryAcquire();
          if (slot >= 0) {
            assertTrue(!taken.contains(slot));
            taken.add(slot);
          }
        } else if (what < 90 && !taken.isEmpty()) {
          int slot = drawn(taken, random);
          cache.release(slot);
          assertThrows(DrystoneException.Stale.class, () -> cache.release(slot));
        } else if (what < 93) {
          cache.flush();
        } else if (what < 96 && !taken.isEmpty()) {
          pool.release(drawn(taken, random));
        } else if (what < 99) {
          taken.add(pool.acquire());
        } else if (round % 20 == 0) {
          pool.reset();
          taken.clear();
        }
        if (round % VALIDATE_EACH == 0) {
          pool.validate();
          assertEquals(taken.size(), pool.stats().inUse());
        }
      }
      assertThrows(DrystoneException.Foreign.class, () -> one.release(1000));
      assertThrows(DrystoneException.Foreign.class, () -> one.release(-1));
    }
  }

  @Test
  void anIndexMapIsTheSameForBoth() {
    Random random = Stores.random("BooksTest.indexMap");
    for (int capacity : new int[] {1, 63, 64, 65, 4096, 4097, 262_145}) {
      try (IndexMap map = IndexMap.create(capacity)) {
        TreeSet<Integer> free = new TreeSet<>();
        // All but the last few are taken at once, so that whole words are full, and empty after them.
        int first = Math.max(0, capacity - 100);
        map.acquireMany(new int[first]);
        for (int index = first; index < capacity; index++) {
          free.add(index);
        }
        for (int round = 0; round < ROUNDS / 8; round++) {
          if (random.nextInt(100) < (round / 300 % 2 == 0 ? 70 : 30)) {
            Integer lowest = free.pollFirst();
            assertEquals(lowest == null ? -1 : lowest, map.tryAcquire());
          } else {
            int index = random.nextInt(capacity);
            if (free.contains(index)) {
              assertThrows(DrystoneException.Stale.class, () -> map.release(index));
            } else {
              map.release(index);
              free.add(index);
            }
            assertTrue(!map.contains(index));
          }
          if (round % VALIDATE_EACH == 0) {
            map.validate();
            assertEquals(capacity - free.size(), map.stats().inUse());
          }
        }
        map.reset();
        assertEquals(0, map.acquire());
        map.release(0);
        map.validate();
        assertEquals(-1, map.nextUsed(0));
        assertThrows(DrystoneException.InvalidArgument.class, () -> map.release(capacity));
        assertThrows(DrystoneException.InvalidArgument.class, () -> map.contains(-1));
      }
    }
  }

  @Test
  void anArenaIsTheSameForBoth() {
    Random random = Stores.random("BooksTest.arena");
    try (Arena arena = Arena.create(10_000)) {
      long used = 0;
      long count = 0;
      for (int round = 0; round < ROUNDS; round++) {
        long bytes = random.nextInt(50);
        long align = 1L << random.nextInt(7);
        long place = used + align - 1 & -align;
        if (place + bytes > 10_000) {
          assertThrows(DrystoneException.Full.class, () -> arena.alloc(bytes, align));
          arena.reset();
          used = 0;
        } else {
          assertEquals(place, round % 3 == 0 ? arena.allocZeroed(bytes, align) : arena.alloc(bytes, align));
          used = place + bytes;
          count++;
        }
        assertEquals(used, arena.mark());
      }
      assertEquals(count, arena.stats().allocations());
      for (long align : new long[] {0, 3, -1, 8192, Long.MIN_VALUE}) {
        assertThrows(DrystoneException.InvalidArgument.class, () -> arena.alloc(8, align));
      }
      for (long bytes : new long[] {-1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 46}) {
        assertThrows(DrystoneException.Full.class, () -> arena.alloc(bytes, 8));
      }
    }
  }
}
