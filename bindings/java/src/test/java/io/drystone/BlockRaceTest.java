// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Blocks that several threads use at once, and one closes: every call completes, or says busy or closed. A crash would end
 * the whole test run, and so would damage to the native heap.
 */
class BlockRaceTest {
  private static final int ROUNDS = Integer.getInteger("drystone.test.rounds", 5);
  private static final int THREADS = 2;

  /** A block, what is called of it, and how it is closed. */
  private record Race(List<Runnable> calls, Runnable close) {}

  /** For what keeps all others out while it works: else nobody would get to anything. */
  private static Runnable nowAndThen(Runnable call) {
    return () -> {
      call.run();
      LockSupport.parkNanos(200_000);
    };
  }

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private interface Maker {
    Race make();
  }

  private void race(Maker maker) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Race race = maker.make();
      AtomicInteger started = new AtomicInteger();
      List<Future<Integer>> users = new ArrayList<>();
      for (Runnable call : race.calls()) {
        for (int i = 0; i < THREADS; i++) {
          users.add(threads.submit(() -> untilClosed(call, started)));
        }
      }
      while (started.get() < users.size()) {
        Thread.onSpinWait();
      }
      race.close().run();
      if (round % 10 == 0) {
        System.gc(); // frees what nobody can reach any more; with a mistake that is memory that somebody uses
      }
      for (Future<Integer> user : users) {
        assertTrue(user.get() > 0);
      }
    }
  }

  private static int untilClosed(Runnable call, AtomicInteger started) {
    int count = 0;
    while (true) {
      try {
        call.run();
      } catch (DrystoneException.Closed e) {
        return count;
      } catch (DrystoneException.Busy | DrystoneException.Full | DrystoneException.Stale e) {
        // Others were faster.
      }
      if (count++ == 0) {
        started.incrementAndGet();
      }
    }
  }

  @Test
  void arenas() throws Exception {
    race(() -> {
      Arena arena = Arena.create(new ArenaOptions(1 << 16).withReserve(4096).withOverflow(Overflow.FALLBACK));
      return new Race(
          List.of(
              () -> arena.allocBuffer(100, 8).putLong(0, 1),
              () -> arena.view(arena.alloc(8, 8), 8).putLong(0, 2),
              arena::reset,
              () -> arena.resetAndRelease(0),
              arena::stats),
          arena::close);
    });
  }

  @Test
  void scratches() throws Exception {
    race(() -> {
      Scratch scratch = Scratch.create(new ScratchOptions(1 << 16));
      return new Race(
          List.of(
              () -> {
                Scratch.Scope scope = scratch.begin();
                scratch.allocBuffer(100, 8).putLong(0, 1);
                scope.close();
              },
              scratch::reset,
              scratch::stats),
          scratch::close);
    });
  }

  @Test
  void pools() throws Exception {
    race(() -> {
      Pool pool = Pool.create(new PoolOptions(64, 10).withGrowth(1000, 10));
      return new Race(poolCalls(pool), pool::close);
    });
  }

  @Test
  void poolsOfARegion() throws Exception {
    race(() -> {
      PoolOptions options = new PoolOptions(64, 1000);
      Region region = Region.create(Region.Kind.MEMORY, null, options.requiredBytes() + 65536);
      Pool pool = region.createPool("p", options);
      Pool same = region.openPool("p");
      List<Runnable> calls = new ArrayList<>(poolCalls(pool));
      calls.addAll(poolCalls(same));
      calls.add(nowAndThen(() -> region.openPool("p").close()));
      calls.add(nowAndThen(region::verify));
      return new Race(calls, region::close);
    });
  }

  private static List<Runnable> poolCalls(Pool pool) {
    return List.of(
        () -> {
          int slot = pool.acquire();
          ByteBuffer view = pool.view(slot);
          view.putLong(0, slot);
          pool.release(slot);
        },
        () -> {
          int[] slots = new int[5];
          pool.acquireMany(slots);
          pool.releaseMany(slots);
        },
        pool::stats);
  }

  /**
   * A reset takes the slots away from whoever has them. So nobody here writes to an object: it might be free by then, which
   * a guarded pool takes for damage.
   */
  @Test
  void poolsThatAreReset() throws Exception {
    race(() -> {
      Pool pool = Pool.create(new PoolOptions(64, 10).withGrowth(1000, 10));
      return new Race(
          List.of(
              () -> pool.release(pool.acquire()),
              () -> {
                int[] slots = new int[5];
                pool.acquireMany(slots);
                pool.releaseMany(slots);
              },
              () -> pool.view(pool.acquire()).getLong(0),
              pool::reset,
              pool::stats),
          pool::close);
    });
  }

  @Test
  void sharedPools() throws Exception {
    race(() -> {
      SharedPool pool = SharedPool.create(new SharedPoolOptions(64, 1000).withCaches(100));
      SharedPoolCache cache = pool.openCache();
      return new Race(
          List.of(
              () -> {
                int slot = cache.acquire();
                pool.view(slot).putLong(0, slot);
                cache.release(slot);
              },
              nowAndThen(() -> {
                SharedPoolCache own = pool.openCache();
                own.release(own.acquire());
                own.close();
              }),
              () -> pool.release(pool.acquire()),
              cache::flush,
              pool::stats),
          pool::close);
    });
  }

  /**
   * A reset takes the slots away from whoever has them. So nobody here gives one back: it might be somebody else's by then,
   * who gives it back at the same instant, which only a guarded pool tells.
   */
  @Test
  void sharedPoolsThatAreReset() throws Exception {
    race(() -> {
      SharedPool pool = SharedPool.create(new SharedPoolOptions(64, 1000).withCaches(100));
      SharedPoolCache cache = pool.openCache();
      return new Race(
          List.of(
              cache::acquire,
              pool::acquire,
              nowAndThen(() -> {
                SharedPoolCache own = pool.openCache();
                own.acquire();
                own.close();
              }),
              cache::flush,
              nowAndThen(pool::reset),
              pool::stats),
          pool::close);
    });
  }

  @Test
  void indexMaps() throws Exception {
    race(() -> {
      IndexMap map = IndexMap.create(10_000);
      return new Race(
          List.of(() -> map.release(map.acquire()), () -> map.list(0, new int[100]), map::reset, map::stats),
          map::close);
    });
  }

  @Test
  void objectPools() throws Exception {
    AtomicInteger made = new AtomicInteger();
    AtomicInteger destroyed = new AtomicInteger();
    List<ObjectPool<Object>> pools = new ArrayList<>();
    race(() -> {
      ObjectPool<Object> pool = ObjectPool.create(1000, object -> destroyed.incrementAndGet());
      pools.add(pool);
      return new Race(
          List.of(
              () -> {
                long handle = pool.acquire(this);
                made.incrementAndGet();
                assertEquals(this, pool.get(handle));
                pool.release(handle);
              },
              () -> pool.release(pool.next(0)),
              pool::reset,
              pool::stats),
          () -> closeWhileDestructorsRun(pool));
    });
    assertEquals(made.get(), destroyed.get(), "each was destroyed exactly once");
  }

  private static void closeWhileDestructorsRun(ObjectPool<?> pool) {
    while (true) {
      try {
        pool.close();
        return;
      } catch (DrystoneException.Busy e) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void bufferPools() throws Exception {
    race(() -> {
      BufferPool pool = BufferPool.create(8, 10, 100);
      return new Race(
          List.of(
              () -> {
                BufferPool.Block block = pool.take();
                block.longs().put(9, 1);
                block.close();
              },
              pool::stats),
          pool::close);
    });
  }

  @Test
  void slabs() throws Exception {
    race(() -> {
      Slab slab = Slab.create(1 << 16);
      return new Race(
          List.of(
              () -> {
                long place = slab.alloc(100);
                slab.view(place).putLong(0, place);
                slab.free(place);
              },
              () -> slab.free(slab.alloc(10_000)),
              slab::stats),
          slab::close);
    });
  }

  /** As {@link #poolsThatAreReset}. */
  @Test
  void slabsThatAreReset() throws Exception {
    race(() -> {
      Slab slab = Slab.create(1 << 16);
      return new Race(
          List.of(
              () -> slab.free(slab.alloc(100)),
              () -> slab.view(slab.alloc(100)).getLong(0),
              () -> slab.free(slab.alloc(10_000)),
              slab::reset,
              slab::stats),
          slab::close);
    });
  }
}
