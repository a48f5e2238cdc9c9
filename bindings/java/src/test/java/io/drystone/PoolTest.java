// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PoolTest {
  /** What guarded pools fill free objects with. */
  private static final long POISON = 0xdfdfdfdfdfdfdfdfL;

  @TempDir Path folder;

  @Test
  void theSlotReleasedLastComesFirst() {
    try (Pool pool = Pool.create(64, 4)) {
      assertEquals(0, pool.acquire());
      assertEquals(1, pool.acquire());
      assertEquals(2, pool.acquire());
      pool.release(0);
      pool.release(2);
      assertEquals(2, pool.acquire());
      assertEquals(0, pool.acquire());
      assertEquals(3, pool.acquire());
      assertEquals(-1, pool.tryAcquire());
      assertThrows(DrystoneException.Full.class, pool::acquire);
      PoolStats stats = pool.stats();
      assertEquals(4, stats.inUse());
      assertEquals(4, stats.peak());
      assertEquals(2, stats.failures());
      assertEquals(64, stats.objectBytes());
      assertEquals(pool.strideBytes(), stats.strideBytes());
    }
  }

  @Test
  void wrongReleasesAreTold() {
    try (Pool pool = Pool.create(64, 4)) {
      int slot = pool.acquire();
      pool.acquire();
      pool.release(slot);
      assertThrows(DrystoneException.Stale.class, () -> pool.release(slot));
      assertThrows(DrystoneException.Stale.class, () -> pool.release(3));
      assertThrows(DrystoneException.Foreign.class, () -> pool.release(4));
      assertThrows(DrystoneException.Foreign.class, () -> pool.release(-1));
      assertThrows(DrystoneException.Foreign.class, () -> pool.releaseAt(pool.strideBytes() + 1));
      assertThrows(DrystoneException.Foreign.class, () -> pool.releaseAt(-1));
      pool.releaseAt(pool.strideBytes());
      assertThrows(DrystoneException.Stale.class, () -> pool.releaseAt(pool.strideBytes()));
      assertEquals(0, pool.stats().inUse());
    }
  }

  @Test
  void severalAtOnceAreAllOrNone() {
    try (Pool pool = Pool.create(8, 1000)) {
      int[] slots = new int[1000];
      pool.acquireMany(slots, 10, 700);
      assertEquals(0, slots[9]);
      assertEquals(0, slots[10]);
      assertEquals(699, slots[709]);
      assertThrows(DrystoneException.Full.class, () -> pool.acquireMany(new int[301]));
      assertEquals(700, pool.stats().inUse());
      assertThrows(DrystoneException.Stale.class, () -> pool.releaseMany(new int[] {5, 6, 5}));
      assertThrows(DrystoneException.Foreign.class, () -> pool.releaseMany(new int[] {5, 1000}));
      assertThrows(DrystoneException.InvalidArgument.class, () -> pool.acquireMany(slots, 999, 2));
      assertThrows(DrystoneException.InvalidArgument.class, () -> pool.releaseMany(slots, -1, 2));
      assertThrows(DrystoneException.InvalidArgument.class, () -> pool.releaseMany(slots, 1, -1));
      assertEquals(700, pool.stats().inUse());
      pool.releaseMany(slots, 10, 700);
      pool.acquireMany(new int[0]);
      assertEquals(0, pool.stats().inUse());
    }
  }

  @Test
  void objectsAreReadAndWritten() {
    try (Pool pool = Pool.create(24, 3)) {
      pool.acquire();
      int slot = pool.acquire();
      ByteBuffer view = pool.view(slot);
      assertEquals(24, view.capacity());
      view.putLong(8, 42);
      byte[] bytes = new byte[10];
      pool.read(slot, 8, bytes, 1, 8);
      assertArrayEquals(new byte[] {0, 42, 0, 0, 0, 0, 0, 0, 0, 0}, bytes);
      pool.write(slot, 22, new byte[] {1, 2, 3}, 1, 2);
      assertEquals(2, view.get(22));
      assertEquals(42, pool.slots().order(view.order()).getLong((int) (slot * pool.strideBytes()) + 8));
      pool.fill(slot, (byte) -1);
      assertEquals(-1, view.getLong(0));
      assertEquals(0, pool.view(0).getLong(0));
      assertThrows(DrystoneException.InvalidArgument.class, () -> pool.read(slot, 20, bytes, 0, 5));
      assertThrows(DrystoneException.InvalidArgument.class, () -> pool.read(slot, -1, bytes, 0, 1));
      assertThrows(DrystoneException.InvalidArgument.class, () -> pool.write(slot, 0, bytes, 9, 2));
      assertThrows(DrystoneException.InvalidArgument.class, () -> pool.write(slot, Long.MAX_VALUE, bytes, 0, 1));
      pool.read(slot, 24, bytes, 10, 0);
      assertThrows(DrystoneException.Stale.class, () -> pool.view(2));
      assertThrows(DrystoneException.Foreign.class, () -> pool.view(3));
      assertThrows(DrystoneException.Stale.class, () -> pool.fill(2, (byte) 0));
      assertThrows(DrystoneException.Stale.class, () -> pool.read(2, 0, bytes, 0, 1));
    }
  }

  @Test
  void aPoolGrowsWithoutMovingAnything() {
    try (Pool pool = Pool.create(new PoolOptions(64, 2).withGrowth(1000, 10))) {
      int first = pool.acquire();
      ByteBuffer view = pool.view(first);
      view.putLong(0, 42);
      assertEquals(2 * pool.strideBytes(), pool.slots().capacity());
      int[] more = new int[999];
      pool.acquireMany(more);
      pool.view(more[998]).putLong(0, 43);
      assertEquals(42, pool.view(first).getLong(0));
      assertEquals(42, view.getLong(0));
      assertEquals(1000, pool.stats().capacitySlots());
      assertEquals(43, pool.slots().getLong((int) (999 * pool.strideBytes())));
      assertThrows(DrystoneException.Full.class, pool::acquire);
    }
  }

  @Test
  void slotsInUseCanBeListed() {
    PoolOptions options = new PoolOptions(8, 100).withFlags(MemoryFlag.TRACK);
    try (Pool pool = Pool.create(options)) {
      pool.acquireMany(new int[70]);
      pool.releaseMany(new int[] {0, 1, 2, 63, 64, 65, 66, 67, 68});
      assertEquals(3, pool.nextUsed(0));
      assertEquals(69, pool.nextUsed(63));
      assertEquals(-1, pool.nextUsed(70));
      assertEquals(-1, pool.nextUsed(1_000_000));
      List<Leak> leaks = pool.leaks();
      assertEquals(61, leaks.size());
      assertEquals(3, leaks.get(0).slot());
      assertEquals(8, leaks.get(0).sizeBytes());
      assertTrue(leaks.get(0).site().contains("PoolTest"), leaks.get(0).site());
      pool.reset();
      assertEquals(List.of(), pool.leaks());
      assertEquals(0, pool.acquire());
    }
    try (Pool pool = Pool.create(8, 10)) {
      pool.acquire();
      assertEquals(1, pool.leaks().size());
    }
  }

  @Test
  void damageIsFoundInGuardedPools() {
    PoolOptions options = new PoolOptions(24, 10).withFlags(MemoryFlag.GUARDED);
    try (Pool pool = Pool.create(options)) {
      int slot = pool.acquire();
      int other = pool.acquire();
      pool.validate();
      pool.slots().put((int) (slot * pool.strideBytes()) + 24, (byte) 1);
      assertThrows(DrystoneException.Corrupt.class, pool::validate);
      assertThrows(DrystoneException.Corrupt.class, () -> pool.release(slot));
      assertEquals(1, pool.stats().withdrawn());
      pool.release(other);
      pool.slots().put((int) (other * pool.strideBytes()), (byte) 1);
      assertThrows(DrystoneException.Corrupt.class, pool::acquire);
    }
  }

  @Test
  void freedObjectsAreWipedWhereThatWasAskedFor() {
    try (Pool pool = Pool.create(new PoolOptions(16, 1).withFlags(MemoryFlag.WIPE))) {
      ByteBuffer view = pool.view(pool.acquire());
      view.putLong(0, 42);
      pool.release(0);
      assertEquals(MemoryFlag.CHECKED ? POISON : 0, view.getLong(0));
      pool.acquire();
      assertEquals(0, view.getLong(0));
    }
  }

  @Test
  void optionsAreChecked() {
    assertThrows(DrystoneException.InvalidArgument.class, () -> Pool.create(0, 1));
    assertThrows(DrystoneException.InvalidArgument.class, () -> Pool.create(1, 0));
    assertThrows(DrystoneException.InvalidArgument.class, () -> Pool.create(new PoolOptions(8, 8).withAlign(3)));
    assertThrows(DrystoneException.TooLarge.class, () -> Pool.create((1L << 30) + 1, 1));
    assertThrows(DrystoneException.TooLarge.class, () -> Pool.create(1, -1));
    assertThrows(DrystoneException.TooLarge.class, () -> new PoolOptions(1L << 30, 1L << 30).requiredBytes());
    assertThrows(DrystoneException.InvalidArgument.class, () -> new PoolOptions(0, 1).requiredBytes());
  }

  // ---- in a region

  @Test
  void aPoolInAFileIsFoundAgain() {
    PoolOptions options = new PoolOptions(64, 100).withAlign(64);
    String file = folder.resolve("r").toString();
    try (Region region = Region.create(Region.Kind.FILE, file, options.requiredBytes() + 65536);
        Pool pool = region.createPool("p", options)) {
      assertThrows(DrystoneException.AlreadyExists.class, () -> region.createPool("p", options));
      pool.view(pool.acquire()).putLong(0, 42);
      pool.view(pool.acquire()).putLong(0, 43);
      pool.release(0);
      region.verify();
      assertEquals("pool", region.parts().get(0).kind());
      try (Pool again = region.openPool("p")) {
        assertEquals(43, again.view(1).getLong(0));
        assertEquals(0, again.acquire());
      }
      assertEquals(2, pool.stats().inUse());
    }
    try (Region region = Region.open(Region.Kind.FILE, file, Region.Mode.READ); Pool pool = region.openPool("p")) {
      assertEquals(43, pool.view(1).getLong(0));
      assertThrows(ReadOnlyBufferException.class, () -> pool.view(1).put(0, (byte) 1));
      assertThrows(ReadOnlyBufferException.class, () -> pool.slots().put(0, (byte) 1));
      assertThrows(DrystoneException.ReadOnly.class, pool::acquire);
      assertThrows(DrystoneException.ReadOnly.class, () -> pool.release(1));
      assertThrows(DrystoneException.ReadOnly.class, () -> pool.releaseAt(0));
      assertThrows(DrystoneException.ReadOnly.class, () -> pool.fill(1, (byte) 0));
      assertThrows(DrystoneException.ReadOnly.class, () -> pool.write(1, 0, new byte[1], 0, 1));
      assertThrows(DrystoneException.ReadOnly.class, pool::reset);
      assertThrows(DrystoneException.NotFound.class, () -> region.openPool("other"));
      assertThrows(DrystoneException.TypeMismatch.class, () -> region.openIndexMap("p"));
      assertThrows(DrystoneException.TypeMismatch.class, () -> region.openSharedPool("p"));
      assertThrows(DrystoneException.TypeMismatch.class, () -> region.openKvReader("p"));
      pool.validate();
      assertEquals(2, pool.stats().inUse());
    }
  }

  @Test
  void closingTheRegionClosesItsPools() {
    PoolOptions options = new PoolOptions(64, 100);
    Region region = Region.create(Region.Kind.MEMORY, null, options.requiredBytes() + 65536);
    Pool pool = region.createPool("p", options);
    pool.acquire();
    region.close();
    closed(pool);
    pool.close();
    closed(pool);
  }

  @Test
  void closedIsClosed() {
    Pool pool = Pool.create(64, 4);
    pool.acquire();
    pool.close();
    pool.close();
    closed(pool);
  }

  private static void closed(Pool pool) {
    Closed.everywhere(
        pool::acquire, pool::tryAcquire, () -> pool.release(0), () -> pool.releaseAt(0),
        () -> pool.acquireMany(new int[1]), () -> pool.releaseMany(new int[1]), () -> pool.nextUsed(0),
        () -> pool.view(0), pool::slots, () -> pool.read(0, 0, new byte[1], 0, 1),
        () -> pool.write(0, 0, new byte[1], 0, 1), () -> pool.fill(0, (byte) 0), pool::reset, pool::validate,
        pool::leaks, pool::stats);
  }
}
