// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedPoolTest {
  @TempDir Path folder;

  @Test
  void slotsAreTakenAndGivenBackThroughCaches() {
    try (SharedPool pool = SharedPool.create(64, 200);
        SharedPoolCache cache = pool.openCache();
        SharedPoolCache other = pool.openCache()) {
      Set<Integer> slots = new HashSet<>();
      for (int i = 0; i < 200; i++) {
        int slot = cache.acquire();
        assertTrue(slot >= 0 && slot < 200 && slots.add(slot));
      }
      assertEquals(-1, cache.tryAcquire());
      assertThrows(DrystoneException.Full.class, cache::acquire);
      assertThrows(DrystoneException.Full.class, other::acquire);
      assertEquals(200, pool.stats().inUse());
      assertEquals(3, pool.stats().failures());
      other.release(7);
      assertThrows(DrystoneException.Stale.class, () -> other.release(7));
      assertThrows(DrystoneException.Stale.class, () -> cache.release(7));
      assertThrows(DrystoneException.Foreign.class, () -> cache.release(200));
      assertThrows(DrystoneException.Foreign.class, () -> cache.release(-1));
      other.flush();
      assertEquals(7, cache.acquire());
      other.adopt(7);
      assertThrows(DrystoneException.Foreign.class, () -> other.adopt(200));
      slots.forEach(cache::release);
      pool.validate();
      assertEquals(0, pool.stats().inUse());
      assertEquals(2, pool.stats().caches());
    }
  }

  @Test
  void slotsAreTakenAndGivenBackWithoutACache() {
    try (SharedPool pool = SharedPool.create(64, 3)) {
      int slot = pool.acquire();
      pool.acquire();
      pool.acquire();
      assertEquals(-1, pool.tryAcquire());
      assertThrows(DrystoneException.Full.class, pool::acquire);
      pool.release(slot);
      assertThrows(DrystoneException.Stale.class, () -> pool.release(slot));
      assertThrows(DrystoneException.Foreign.class, () -> pool.release(3));
      assertThrows(DrystoneException.Foreign.class, () -> pool.releaseAt(1));
      pool.releaseAt(pool.strideBytes() * (slot == 1 ? 0 : 1));
      assertEquals(1, pool.stats().inUse());
    }
  }

  @Test
  void severalAtOnceAreAllOrNone() {
    try (SharedPool pool = SharedPool.create(8, 1000); SharedPoolCache cache = pool.openCache()) {
      int[] slots = new int[800];
      cache.acquireMany(slots, 0, 700);
      assertThrows(DrystoneException.Full.class, () -> cache.acquireMany(new int[301]));
      assertThrows(DrystoneException.InvalidArgument.class, () -> cache.acquireMany(slots, 700, 101));
      assertThrows(DrystoneException.Stale.class, () -> cache.releaseMany(new int[] {slots[0], slots[1], slots[0]}));
      assertThrows(DrystoneException.Foreign.class, () -> cache.releaseMany(new int[] {slots[0], 1000}));
      assertEquals(700, pool.stats().inUse());
      cache.releaseMany(slots, 0, 700);
      assertEquals(0, pool.stats().inUse());
    }
  }

  @Test
  void objectsAreReadAndWritten() {
    try (SharedPool pool = SharedPool.create(24, 3)) {
      int slot = pool.acquire();
      ByteBuffer view = pool.view(slot);
      pool.fill(slot, (byte) 5);
      assertEquals(0x0505050505050505L, view.getLong(16));
      pool.write(slot, 16, new byte[] {9}, 0, 1);
      byte[] read = new byte[2];
      pool.read(slot, 16, read, 0, 2);
      assertEquals(9, read[0]);
      assertEquals(5, read[1]);
      assertEquals(9, pool.slots().get((int) (slot * pool.strideBytes()) + 16));
      assertThrows(DrystoneException.InvalidArgument.class, () -> pool.read(slot, 23, read, 0, 2));
      pool.release(slot);
      assertThrows(DrystoneException.Stale.class, () -> pool.view(slot));
      assertThrows(DrystoneException.Stale.class, () -> pool.fill(slot, (byte) 0));
    }
  }

  @Test
  void optionsAreChecked() {
    assertThrows(DrystoneException.InvalidArgument.class, () -> SharedPool.create(0, 1));
    assertThrows(DrystoneException.InvalidArgument.class, () -> SharedPool.create(1, 0));
    assertThrows(DrystoneException.TooLarge.class, () -> SharedPool.create(1, 1L << 40));
    SharedPoolOptions options = new SharedPoolOptions(8, 8);
    assertThrows(DrystoneException.InvalidArgument.class, () -> SharedPool.create(options.withAlign(3)));
    assertThrows(DrystoneException.InvalidArgument.class, () -> new SharedPoolOptions(0, 1).requiredBytes());
    try (SharedPool pool = SharedPool.create(options.withCaches(1))) {
      SharedPoolCache cache = pool.openCache();
      assertThrows(DrystoneException.Full.class, pool::openCache);
      cache.close();
      pool.openCache().close();
    }
  }

  @Test
  void resetAndRepairWaitForOthers() throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (SharedPool pool = SharedPool.create(64, 1000)) {
      List<Future<Integer>> users = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        users.add(threads.submit(() -> churn(pool)));
      }
      for (int i = 0; i < 200; i++) {
        pool.reset();
      }
      for (Future<Integer> user : users) {
        assertTrue(user.get() > 0);
      }
      pool.reset();
      pool.repair();
      pool.validate();
      assertEquals(0, pool.stats().inUse());
    } finally {
      threads.shutdownNow();
    }
  }

  /**
   * Takes slots and gives none back: after a reset it might be another thread's, which gives it back at the same instant, and
   * only a guarded pool tells.
   */
  private static int churn(SharedPool pool) {
    try (SharedPoolCache cache = pool.openCache()) {
      for (int i = 0; i < 20_000; i++) {
        if (cache.tryAcquire() < 0) {
          cache.flush();
        }
      }
      return 1;
    }
  }

  @Test
  void threadsTakeWhatOthersGiveBack() throws Exception {
    int count = 30_000;
    ConcurrentLinkedQueue<Integer> passed = new ConcurrentLinkedQueue<>();
    ExecutorService threads = Executors.newCachedThreadPool();
    try (SharedPool pool = SharedPool.create(8, 2000)) {
      ByteBuffer all = pool.slots();
      Future<?> consumer = threads.submit(() -> {
        try (SharedPoolCache cache = pool.openCache()) {
          for (int i = 0; i < count; ) {
            Integer slot = passed.poll();
            if (slot == null) {
              Thread.yield();
              continue;
            }
            assertEquals(i, all.getLong((int) (slot * pool.strideBytes())));
            cache.release(slot);
            i++;
          }
        }
      });
      try (SharedPoolCache cache = pool.openCache()) {
        for (int i = 0; i < count; ) {
          int slot = cache.tryAcquire();
          if (slot < 0) {
            Thread.yield();
            continue;
          }
          all.putLong((int) (slot * pool.strideBytes()), i);
          passed.add(slot);
          i++;
        }
        consumer.get();
      }
      pool.validate();
      assertEquals(0, pool.stats().inUse());
    } finally {
      threads.shutdownNow();
    }
  }

  // ---- in a region

  @Test
  void aPoolInAFileIsSharedBesideItsWriter() {
    SharedPoolOptions options = new SharedPoolOptions(64, 100);
    String file = folder.resolve("r").toString();
    try (Region region = Region.create(Region.Kind.FILE, file, options.requiredBytes() + 65536);
        SharedPool pool = region.createSharedPool("p", options);
        SharedPoolCache cache = pool.openCache();
        Region beside = Region.open(Region.Kind.FILE, file, Region.Mode.SHARE);
        SharedPool same = beside.openSharedPool("p");
        SharedPoolCache hers = same.openCache()) {
      assertEquals(Region.Mode.SHARE, beside.stats().mode());
      int slot = cache.acquire();
      pool.view(slot).putLong(0, 42);
      assertEquals(42, same.view(slot).getLong(0));
      same.view(slot).putLong(8, 43);
      assertEquals(43, pool.view(slot).getLong(8));
      hers.release(slot);
      assertThrows(DrystoneException.Stale.class, () -> cache.release(slot));
      assertThrows(DrystoneException.ReadOnly.class, () -> beside.createSharedPool("q", options));
      assertThrows(DrystoneException.ReadOnly.class, () -> beside.createPool("q", new PoolOptions(8, 8)));
      assertEquals("shared_pool", region.parts().get(0).kind());
      assertEquals(0, pool.reclaim());
    }
    try (Region region = Region.open(Region.Kind.FILE, file, Region.Mode.READ);
        SharedPool pool = region.openSharedPool("p")) {
      assertThrows(DrystoneException.ReadOnly.class, pool::openCache);
      assertThrows(DrystoneException.ReadOnly.class, pool::acquire);
      assertThrows(DrystoneException.ReadOnly.class, () -> pool.release(0));
      assertThrows(DrystoneException.ReadOnly.class, pool::reset);
      assertEquals(0, pool.stats().inUse());
      region.verify();
    }
  }

  @Test
  void closingTheRegionClosesPoolAndCaches() {
    SharedPoolOptions options = new SharedPoolOptions(64, 100);
    Region region = Region.create(Region.Kind.MEMORY, null, options.requiredBytes() + 65536);
    SharedPool pool = region.createSharedPool("p", options);
    SharedPoolCache cache = pool.openCache();
    cache.acquire();
    region.close();
    closed(pool);
    closed(cache);
    cache.close();
    pool.close();
  }

  @Test
  void closingThePoolClosesItsCaches() {
    SharedPool pool = SharedPool.create(64, 100);
    SharedPoolCache cache = pool.openCache();
    SharedPoolCache other = pool.openCache();
    other.close();
    other.close();
    closed(other);
    cache.acquire();
    pool.close();
    pool.close();
    closed(pool);
    closed(cache);
    cache.close();
  }

  private static void closed(SharedPool pool) {
    Closed.everywhere(
        pool::acquire, pool::tryAcquire, () -> pool.release(0), () -> pool.releaseAt(0), pool::openCache,
        () -> pool.view(0), pool::slots, () -> pool.read(0, 0, new byte[1], 0, 1),
        () -> pool.write(0, 0, new byte[1], 0, 1), () -> pool.fill(0, (byte) 0), pool::reset, pool::repair,
        pool::reclaim, pool::validate, pool::stats);
  }

  private static void closed(SharedPoolCache cache) {
    Closed.everywhere(
        cache::acquire, cache::tryAcquire, () -> cache.release(0), () -> cache.acquireMany(new int[1]),
        () -> cache.releaseMany(new int[1]), cache::flush, () -> cache.adopt(0));
  }
}
