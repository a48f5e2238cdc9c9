// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexMapTest {
  @TempDir Path folder;

  @Test
  void theLowestFreeIndexComesFirst() {
    try (IndexMap map = IndexMap.create(3)) {
      assertEquals(0, map.acquire());
      assertEquals(1, map.acquire());
      assertEquals(2, map.acquire());
      assertThrows(DrystoneException.Full.class, map::acquire);
      assertEquals(-1, map.tryAcquire());
      map.release(1);
      assertEquals(1, map.nextFree(0));
      assertEquals(1, map.tryAcquire());
      assertEquals(2, map.stats().failures());
      assertEquals(3, map.stats().inUse());
      assertEquals(3, map.stats().capacity());
    }
  }

  @Test
  void wrongArgumentsAreTold() {
    try (IndexMap map = IndexMap.create(100)) {
      map.acquireAt(7);
      assertThrows(DrystoneException.AlreadyExists.class, () -> map.acquireAt(7));
      assertThrows(DrystoneException.InvalidArgument.class, () -> map.acquireAt(100));
      assertThrows(DrystoneException.Stale.class, () -> map.release(8));
      assertThrows(DrystoneException.InvalidArgument.class, () -> map.release(100));
      assertThrows(DrystoneException.InvalidArgument.class, () -> map.release(-1));
      assertThrows(DrystoneException.InvalidArgument.class, () -> map.contains(100));
      assertTrue(map.contains(7));
      assertFalse(map.contains(8));
      assertEquals(7, map.nextUsed(0));
      assertEquals(-1, map.nextUsed(8));
      assertEquals(-1, map.nextUsed(200));
    }
    assertThrows(DrystoneException.InvalidArgument.class, () -> IndexMap.create(0));
    assertThrows(DrystoneException.InvalidArgument.class, () -> new IndexMapOptions(0).requiredBytes());
    assertThrows(DrystoneException.class, () -> IndexMap.create(1L << 40));
    assertThrows(
        DrystoneException.InvalidArgument.class,
        () -> IndexMap.create(new IndexMapOptions(10).withFlags(MemoryFlag.WIPE)));
  }

  @Test
  void severalAtOnceAreAllOrNone() {
    try (IndexMap map = IndexMap.create(500)) {
      map.acquireAt(1);
      int[] indices = new int[400];
      map.acquireMany(indices);
      assertEquals(0, indices[0]);
      assertEquals(2, indices[1]);
      assertEquals(400, indices[399]);
      assertThrows(DrystoneException.Full.class, () -> map.acquireMany(indices, 0, 100));
      assertThrows(DrystoneException.InvalidArgument.class, () -> map.acquireMany(indices, 301, 100));
      assertEquals(401, map.stats().inUse());
      map.reset();
      assertEquals(0, map.stats().inUse());
    }
  }

  @Test
  void itAgreesWithABitSet() {
    Random random = Stores.random("IndexMapTest");
    try (IndexMap map = IndexMap.create(5000)) {
      BitSet model = new BitSet();
      for (int i = 0; i < 20_000; i++) {
        int index = random.nextInt(5000);
        if (random.nextInt(5) < 2) {
          int lowest = model.nextClearBit(0);
          assertEquals(lowest < 5000 ? lowest : -1, map.tryAcquire());
          model.set(lowest, lowest < 5000);
        } else if (model.get(index)) {
          map.release(index);
          model.clear(index);
        } else {
          map.acquireAt(index);
          model.set(index);
        }
        assertEquals(model.nextSetBit(index), map.nextUsed(index));
      }
      map.validate();
      int[] listed = new int[6000];
      int count = map.list(0, listed);
      assertArrayEquals(model.stream().toArray(), java.util.Arrays.copyOf(listed, count));
      int[] some = new int[3];
      assertEquals(3, map.list(100, some));
      assertEquals(model.nextSetBit(100), some[0]);
      assertEquals(0, map.list(5000, some));
      map.repair();
      assertEquals(model.cardinality(), map.stats().inUse());
    }
  }

  @Test
  void aMapInAFileIsFoundAgain() {
    IndexMapOptions options = new IndexMapOptions(1000);
    String file = folder.resolve("r").toString();
    try (Region region = Region.create(Region.Kind.FILE, file, options.requiredBytes() + 65536);
        IndexMap map = region.createIndexMap("m", options)) {
      map.acquireMany(new int[10]);
      region.verify();
      assertEquals("index_map", region.parts().get(0).kind());
      try (IndexMap again = region.openIndexMap("m")) {
        assertEquals(10, again.acquire());
      }
      assertEquals(11, map.stats().inUse());
    }
    try (Region region = Region.open(Region.Kind.FILE, file, Region.Mode.READ);
        IndexMap map = region.openIndexMap("m")) {
      assertTrue(map.contains(10));
      assertThrows(DrystoneException.ReadOnly.class, map::acquire);
      assertThrows(DrystoneException.ReadOnly.class, () -> map.release(0));
      assertThrows(DrystoneException.ReadOnly.class, map::reset);
      map.validate();
    }
  }

  @Test
  void closingTheRegionClosesItsMaps() {
    Region region = Region.create(Region.Kind.MEMORY, null, 65536);
    IndexMap map = region.createIndexMap("m", new IndexMapOptions(10));
    region.close();
    Closed.everywhere(map::acquire, () -> map.contains(0), map::stats);
  }

  @Test
  void closedIsClosed() {
    IndexMap map = IndexMap.create(10);
    map.close();
    map.close();
    Closed.everywhere(
        map::acquire, map::tryAcquire, () -> map.acquireAt(0), () -> map.acquireMany(new int[1]), () -> map.release(0),
        () -> map.contains(0), () -> map.nextUsed(0), () -> map.nextFree(0), () -> map.list(0, new int[1]), map::reset,
        map::repair, map::validate, map::stats);
  }
}
