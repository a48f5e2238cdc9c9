// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drystone.internal.Native;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Views outlive their blocks, memory outlives its last view and no longer, and what is forgotten is freed. */
class BlockViewTest {
  private static final int BYTES = 1 << 16;

  /** Whatever is derived of a view, of a block that was closed and of one that was forgotten, is still memory. */
  @Test
  void viewsCanBeUsedAfterTheEndOfTheirBlock() throws InterruptedException {
    List<Supplier<ByteBuffer>> ways = List.of(
        () -> {
          Arena arena = Arena.create(BYTES);
          ByteBuffer view = arena.allocBuffer(BYTES, 1);
          arena.close();
          return view;
        },
        () -> Arena.create(BYTES).allocBuffer(BYTES, 1),
        () -> {
          Arena arena = Arena.create(new ArenaOptions(1).withOverflow(Overflow.FALLBACK));
          ByteBuffer view = arena.allocBuffer(BYTES, 64);
          arena.close();
          return view;
        },
        () -> {
          Scratch scratch = Scratch.create(new ScratchOptions(BYTES));
          ByteBuffer view = scratch.allocBuffer(BYTES, 1);
          scratch.close();
          return view;
        },
        () -> {
          Pool pool = Pool.create(BYTES, 2);
          ByteBuffer view = pool.view(pool.acquire());
          pool.close();
          return view;
        },
        () -> {
          PoolOptions options = new PoolOptions(BYTES, 2);
          Region region = Region.create(Region.Kind.MEMORY, null, options.requiredBytes() + BYTES);
          Pool pool = region.createPool("p", options);
          ByteBuffer view = pool.view(pool.acquire());
          pool.close();
          region.close();
          return view;
        },
        () -> {
          SharedPool pool = SharedPool.create(BYTES, 2);
          ByteBuffer view = pool.slots();
          pool.close();
          return view;
        },
        () -> {
          BufferPool pool = BufferPool.create(1, BYTES, 2);
          ByteBuffer view = pool.bytes(pool.acquire());
          pool.close();
          return view;
        },
        () -> {
          Slab slab = Slab.create(BYTES);
          ByteBuffer view = slab.view(slab.alloc(BYTES));
          slab.close();
          return view;
        });
    for (Supplier<ByteBuffer> way : ways) {
      IntBuffer derived = way.get().slice(64, BYTES - 64).duplicate().asIntBuffer();
      for (int round = 0; round < 3; round++) {
        System.gc();
        Thread.sleep(5);
        for (int i = 0; i < derived.capacity(); i++) {
          derived.put(i, i + round);
        }
      }
      assertEquals(derived.capacity() + 1, derived.get(derived.capacity() - 1));
    }
  }

  @Test
  void memoryGoesAtOnceWhereNoViewIsOut() {
    AtomicInteger freed = new AtomicInteger();
    Handle handle = handle(freed);
    handle.close();
    assertEquals(1, freed.get());
    handle.close();
    assertEquals(1, freed.get());
  }

  @Test
  void memoryGoesWithItsLastView() {
    AtomicInteger freed = new AtomicInteger();
    Handle handle = handle(freed);
    ByteBuffer view = handle.memory().lend(100, 100).slice(10, 20);
    handle.memory().lend(60_000, 10);
    handle.close();
    collectSome();
    assertEquals(0, freed.get());
    assertTrue(Reclaimer.pendingBytes() >= BYTES, "it waits for the collector");
    view.put(19, (byte) 1);
    view = null;
    untilOne(freed);
  }

  @Test
  void whatIsForgottenIsFreedOnce() {
    AtomicInteger freed = new AtomicInteger();
    handle(freed);
    untilOne(freed);
    AtomicInteger lent = new AtomicInteger();
    handle(lent).memory().lend(0, 1);
    untilOne(lent);
    collectSome();
    assertEquals(1, freed.get());
    assertEquals(1, lent.get());
  }

  @Test
  void aForgottenCacheGivesItsPlaceUp() {
    try (SharedPool pool = SharedPool.create(new SharedPoolOptions(8, 100).withCaches(1))) {
      pool.openCache();
      assertTimeoutPreemptively(Duration.ofMinutes(2), () -> {
        while (true) {
          System.gc();
          try {
            pool.openCache().close();
            return;
          } catch (DrystoneException.Full e) {
            Thread.sleep(1);
          }
        }
      });
    }
  }

  /** Windows as small as this meet each other all the time. */
  @Test
  void windowsOverlapSoThatEachViewLiesInOne() {
    AtomicInteger freed = new AtomicInteger();
    int shift = 12;
    Handle handle = handle(freed);
    long address = handle.address;
    Memory memory = new Memory(handle.lifetime, address, BYTES, true, shift);
    for (int place = 0; place < BYTES - 4096; place += 97) {
      ByteBuffer view = memory.lend(place, 4096);
      view.putInt(4092, place);
      assertEquals(place, memory.window(place + 4092).getInt(memory.index(place + 4092)));
    }
    assertEquals(0, memory.lend(BYTES, 0).capacity());
    assertEquals(1, memory.lend(BYTES - 1, 1).capacity());
    assertTrue(memory.window(BYTES - 1).capacity() <= 8192);
    handle.close();
  }

  /** A handle whose native side is a piece of heap. */
  private static Handle handle(AtomicInteger freed) {
    Handle handle = Handle.ofPrivate(
        "test", Gate.forOne(), () -> Native.dryj_heap_take(BYTES), address -> BYTES, address -> {
          freed.incrementAndGet();
          Native.dryj_heap_free(address);
        });
    handle.locate(handle.address, BYTES, true);
    return handle;
  }

  private static void collectSome() {
    for (int i = 0; i < 5; i++) {
      System.gc();
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Not a claim about speed: without a backstop this would never end. */
  private static void untilOne(AtomicInteger freed) {
    assertTimeoutPreemptively(Duration.ofMinutes(2), () -> {
      while (freed.get() == 0) {
        System.gc();
        Thread.sleep(1);
      }
    });
    assertEquals(1, freed.get());
  }
}
