// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Another process may map the file writable and change any byte of a block while it is used. Calls then answer something,
 * or throw a documented exception; anything else fails the test, and a fault would end the whole test run.
 */
class HostileBlocksTest {
  private static final int CALLS = Integer.getInteger("drystone.test.reads", 30_000);

  private final Random random = Stores.random("HostileBlocksTest");
  private long answers;
  private long refusals;

  @TempDir Path folder;

  @Test
  void bytesThatChangeAtAnyTimeNeverDoHarm() throws Exception {
    Path path = folder.resolve("r");
    PoolOptions plain = new PoolOptions(40, 100);
    PoolOptions guarded = plain.withFlags(MemoryFlag.GUARDED);
    SharedPoolOptions shared = new SharedPoolOptions(40, 300);
    IndexMapOptions indices = new IndexMapOptions(5000);
    try (Region region = Region.create(Region.Kind.FILE, path.toString(), 1 << 20);
        Pool pool = region.createPool("p", plain);
        Pool watched = region.createPool("g", guarded);
        SharedPool many = region.createSharedPool("s", shared);
        SharedPoolCache cache = many.openCache();
        IndexMap map = region.createIndexMap("m", indices)) {
      List<PartInfo> parts = region.parts();
      PartInfo last = parts.get(parts.size() - 1);
      List<Runnable> calls = List.of(
          () -> use(pool), () -> use(watched), () -> use(many), () -> use(cache), () -> use(map),
          () -> region.openPool("p").close(), () -> region.openIndexMap("m").close(),
          () -> region.openSharedPool("s").openCache().close(), region::verify);
      long seed = random.nextLong();
      try (Flipper flipper = new Flipper(path, parts.get(0).offset(), last.offset() + last.sizeBytes(), seed)) {
        for (int i = 0; i < CALLS; i++) {
          // What walks a whole block is left for now and then.
          int number = i % 50 == 0 ? random.nextInt(calls.size()) : random.nextInt(5);
          call(calls.get(number));
        }
        flipper.rethrow();
      }
    }
    System.out.println("HostileBlocksTest: " + answers + " answers, " + refusals + " refusals");
    assertTrue(answers > 0 && refusals > 0);
  }

  private void call(Runnable call) {
    try {
      call.run();
      answers++;
    } catch (DrystoneException e) {
      refusals++;
    }
  }

  private final byte[] bytes = new byte[40];
  private final int[] slots = new int[8];

  private void use(Pool pool) {
    int slot = random.nextInt(101);
    switch (random.nextInt(12)) {
      case 0 -> pool.view(pool.acquire()).putLong(32, -1);
      case 1 -> pool.release(slot);
      case 2 -> pool.acquireMany(slots);
      case 3 -> pool.releaseMany(slots);
      case 4 -> pool.read(slot, 0, bytes, 0, 40);
      case 5 -> pool.write(slot, 0, bytes, 0, 40);
      case 6 -> pool.nextUsed(slot);
      case 7 -> pool.fill(slot, (byte) 1);
      case 8 -> touch(pool.slots());
      case 9 -> pool.releaseAt(slot * pool.strideBytes());
      case 10 -> pool.leaks();
      default -> {
        pool.stats();
        pool.validate();
        pool.reset();
      }
    }
  }

  private void touch(ByteBuffer view) {
    int at = random.nextInt(view.capacity());
    view.put(at, (byte) (view.get(at) + 1));
  }

  private void use(SharedPool pool) {
    int slot = random.nextInt(301);
    switch (random.nextInt(9)) {
      case 0 -> pool.view(pool.acquire()).putLong(32, -1);
      case 1 -> pool.release(slot);
      case 2 -> pool.read(slot, 0, bytes, 0, 40);
      case 3 -> pool.write(slot, 0, bytes, 0, 40);
      case 4 -> pool.fill(slot, (byte) 1);
      case 5 -> touch(pool.slots());
      case 6 -> pool.reclaim();
      case 7 -> pool.releaseAt(slot * pool.strideBytes());
      default -> {
        pool.stats();
        pool.validate();
        pool.reset();
      }
    }
  }

  private void use(SharedPoolCache cache) {
    int slot = random.nextInt(301);
    switch (random.nextInt(6)) {
      case 0 -> cache.acquire();
      case 1 -> cache.release(slot);
      case 2 -> cache.acquireMany(slots);
      case 3 -> cache.releaseMany(slots);
      case 4 -> cache.adopt(slot);
      default -> cache.flush();
    }
  }

  private void use(IndexMap map) {
    int index = random.nextInt(5001);
    switch (random.nextInt(9)) {
      case 0 -> map.acquire();
      case 1 -> map.release(index);
      case 2 -> map.acquireMany(slots);
      case 3 -> map.contains(index);
      case 4 -> map.nextUsed(index);
      case 5 -> map.nextFree(index);
      case 6 -> map.list(index, slots);
      case 7 -> map.acquireAt(index);
      default -> {
        map.stats();
        map.validate();
        map.repair();
      }
    }
  }
}
