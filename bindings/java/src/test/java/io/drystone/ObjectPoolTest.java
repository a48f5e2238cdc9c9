// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ObjectPoolTest {
  private final List<String> destroyed = new ArrayList<>();

  private ObjectPool<String> pool(long capacity) {
    return ObjectPool.create(capacity, destroyed::add);
  }

  @Test
  void aHandleStandsForItsObjectUntilItIsReleased() {
    try (ObjectPool<String> pool = pool(2)) {
      long first = pool.acquire("first");
      long second = pool.acquire("second");
      assertEquals("first", pool.get(first));
      assertEquals("second", pool.get(second));
      assertThrows(DrystoneException.Full.class, () -> pool.acquire("third"));
      assertEquals(0, pool.tryAcquire("third"));
      pool.release(first);
      assertEquals(List.of("first"), destroyed);
      assertThrows(DrystoneException.Stale.class, () -> pool.get(first));
      long third = pool.acquire("third");
      assertEquals((int) first, (int) third);
      assertNotEquals(first, third);
      assertThrows(DrystoneException.Stale.class, () -> pool.get(first));
      assertThrows(DrystoneException.Stale.class, () -> pool.set(first, "x"));
      assertThrows(DrystoneException.Stale.class, () -> pool.release(first));
      assertThrows(DrystoneException.Stale.class, () -> pool.forget(first));
      for (long none : new long[] {0, -1, third + 1, 1L << 32, Long.MIN_VALUE}) {
        assertThrows(DrystoneException.Stale.class, () -> pool.get(none));
        assertThrows(DrystoneException.Stale.class, () -> pool.release(none));
      }
      assertEquals("third", pool.set(third, "fourth"));
      assertEquals("fourth", pool.forget(third));
      assertEquals(List.of("first"), destroyed);
      ObjectPoolStats stats = pool.stats();
      assertEquals(2, stats.capacity());
      assertEquals(1, stats.inUse());
      assertEquals(2, stats.peak());
      assertEquals(2, stats.failures());
    }
    assertEquals(List.of("first", "second"), destroyed);
  }

  @Test
  void closingDestroysWhatIsLeftOnce() {
    ObjectPool<String> pool = pool(100_000);
    for (int i = 0; i < 70_000; i++) {
      pool.acquire("object " + i);
    }
    pool.acquire(null);
    assertEquals(70_001, pool.closeAndCount());
    assertEquals(0, pool.closeAndCount());
    pool.close();
    assertEquals(70_001, destroyed.size());
    assertEquals("object 0", destroyed.get(0));
    assertEquals("object 69999", destroyed.get(69_999));
    assertNull(destroyed.get(70_000));
    Closed.everywhere(
        () -> pool.acquire("x"), () -> pool.tryAcquire("x"), () -> pool.lease("x"), () -> pool.get(1),
        () -> pool.set(1, "x"), () -> pool.release(1), () -> pool.forget(1), () -> pool.next(0),
        () -> pool.acquireMany(new String[1], new long[1]), () -> pool.releaseMany(new long[1]), pool::reset,
        pool::stats);
  }

  @Test
  void severalAtOnceAreAllOrNone() {
    try (ObjectPool<String> pool = pool(5)) {
      long[] handles = new long[4];
      pool.acquireMany(new String[] {"a", "b", "c"}, handles);
      assertEquals("b", pool.get(handles[1]));
      assertEquals(0, handles[3]);
      assertThrows(DrystoneException.Full.class, () -> pool.acquireMany(new String[3], new long[3]));
      assertThrows(DrystoneException.InvalidArgument.class, () -> pool.acquireMany(new String[2], new long[1]));
      long[] twice = {handles[0], handles[1], handles[0]};
      assertThrows(DrystoneException.Stale.class, () -> pool.releaseMany(twice));
      assertThrows(DrystoneException.Stale.class, () -> pool.releaseMany(handles));
      assertThrows(DrystoneException.InvalidArgument.class, () -> pool.releaseMany(handles, 3, 2));
      assertEquals(List.of(), destroyed);
      pool.releaseMany(handles, 1, 2);
      assertEquals(List.of("b", "c"), destroyed);
      assertEquals(handles[0], pool.next(0));
      assertEquals(0, pool.next((int) handles[0] + 1));
      assertEquals(1, pool.reset());
      assertEquals(List.of("b", "c", "a"), destroyed);
      assertEquals(0, pool.next(0));
      assertEquals(0, pool.stats().inUse());
    }
  }

  @Test
  void aLeaseReleasesAtItsEnd() {
    ObjectPool<String> pool = pool(2);
    try (ObjectPool.Lease<String> lease = pool.lease("x")) {
      assertEquals("x", lease.get());
      assertEquals("x", pool.get(lease.handle()));
    }
    assertEquals(List.of("x"), destroyed);
    ObjectPool.Lease<String> early = pool.lease("y");
    pool.release(early.handle());
    assertThrows(DrystoneException.Stale.class, early::close);
    early.close();
    ObjectPool.Lease<String> late = pool.lease("z");
    pool.close();
    late.close();
    assertEquals(List.of("x", "y", "z"), destroyed);
  }

  @Test
  void aDestructorCannotCallItsPool() {
    AtomicReference<ObjectPool<String>> self = new AtomicReference<>();
    List<Class<?>> thrown = new ArrayList<>();
    ObjectPool<String> pool = ObjectPool.create(2, object -> {
      thrown.add(assertThrows(DrystoneException.class, () -> self.get().acquire("y")).getClass());
      if (object.equals("first")) {
        thrown.add(assertThrows(DrystoneException.class, () -> self.get().close()).getClass());
      }
    });
    self.set(pool);
    pool.release(pool.acquire("first"));
    assertEquals(List.of(DrystoneException.Busy.class, DrystoneException.Busy.class), thrown);
    thrown.clear();
    pool.acquire("second");
    pool.close();
    assertEquals(List.of(DrystoneException.Closed.class), thrown);
  }

  @Test
  void aPoolThatAnotherThreadDestroysInIsBusy() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    ObjectPool<String> pool = ObjectPool.create(2, object -> {
      inside.countDown();
      try {
        go.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    });
    long handle = pool.acquire("x");
    Thread other = new Thread(() -> pool.release(handle));
    other.start();
    inside.await();
    assertThrows(DrystoneException.Busy.class, () -> pool.get(handle));
    assertThrows(DrystoneException.Busy.class, pool::close);
    assertThrows(DrystoneException.Busy.class, pool::stats);
    go.countDown();
    other.join();
    assertEquals(0, pool.stats().inUse());
    pool.close();
  }

  @Test
  void whatADestructorThrowsIsThrownOnWhenAllIsDone() {
    RuntimeException[] thrown = {new IllegalStateException("0"), new IllegalStateException("1")};
    ObjectPool<Integer> pool = ObjectPool.create(4, object -> {
      destroyed.add("" + object);
      if (object < 2) {
        throw thrown[object];
      }
    });
    long handle = pool.acquire(0);
    assertSame(thrown[0], assertThrows(IllegalStateException.class, () -> pool.release(handle)));
    assertThrows(DrystoneException.Stale.class, () -> pool.get(handle));
    for (int i = 0; i < 4; i++) {
      pool.acquire(i);
    }
    assertSame(thrown[0], assertThrows(IllegalStateException.class, pool::close));
    assertEquals(List.of(thrown[1]), List.of(thrown[0].getSuppressed()));
    assertEquals(List.of("0", "0", "1", "2", "3"), destroyed);
    pool.close();
  }

  @Test
  void optionsAreChecked() {
    assertThrows(DrystoneException.InvalidArgument.class, () -> ObjectPool.create(0));
    assertThrows(DrystoneException.TooLarge.class, () -> ObjectPool.create(-1));
    assertThrows(NullPointerException.class, () -> ObjectPool.create(1, null));
  }

  @Test
  void itAgreesWithAMap() {
    Random random = Stores.random("ObjectPoolTest");
    try (ObjectPool<String> pool = pool(100)) {
      Map<Long, String> model = new HashMap<>();
      List<Long> all = new ArrayList<>();
      long released = 0;
      for (int i = 0; i < 20_000; i++) {
        if (random.nextBoolean()) {
          long handle = pool.tryAcquire("value " + i);
          assertEquals(model.size() == 100, handle == 0);
          if (handle != 0) {
            assertNull(model.put(handle, "value " + i));
            all.add(handle);
          }
        } else if (!all.isEmpty()) {
          long handle = all.get(random.nextInt(all.size()));
          String value = model.remove(handle);
          if (value == null) {
            assertThrows(DrystoneException.Stale.class, () -> pool.release(handle));
          } else {
            assertEquals(value, pool.get(handle));
            pool.release(handle);
            released++;
            assertEquals(value, destroyed.get(destroyed.size() - 1));
          }
        }
      }
      assertEquals(released, destroyed.size());
      assertEquals(released, pool.stats().destroyed());
      assertEquals(model.size(), pool.stats().inUse());
    }
  }
}
