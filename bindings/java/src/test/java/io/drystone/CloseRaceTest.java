// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Use while another thread closes: every call completes or says closed. A crash would end the whole test run. */
class CloseRaceTest {
  private static final int ROUNDS = Integer.getInteger("drystone.test.rounds", 30);
  private static final KvOptions OPTIONS = new KvOptions(100, 100_000).withSeed(3);
  private static final byte[] KEY = Stores.bytes("key");
  private static final List<byte[]> KEYS = List.of(KEY, Stores.bytes("absent"));

  /** A call that is made again and again until it says closed. */
  private interface Call {
    void run();
  }

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @TempDir Path folder;

  @Test
  void everyCallCompletesOrSaysClosed() throws Exception {
    try {
      for (int round = 0; round < ROUNDS; round++) {
        race(round);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private void race(int round) throws Exception {
    Path path = folder.resolve("r" + round);
    Region region = Stores.file(path, OPTIONS);
    Kv kv = region.createKv("t", OPTIONS);
    kv.put(KEY, new byte[5000]);
    KvReader reader = kv.reader();
    AtomicInteger started = new AtomicInteger();
    List<Future<Integer>> users = new ArrayList<>();
    for (Call call : calls(region, kv, reader, path + ".image")) {
      users.add(threads.submit(() -> untilClosed(call, started)));
    }
    while (started.get() < users.size()) {
      Thread.onSpinWait();
    }
    close(round, region, kv, reader);
    // Unmaps whatever nobody can reach any more; with a mistake that is memory that a call still reads.
    System.gc();
    for (Future<Integer> user : users) {
      assertTrue(user.get() > 0);
    }
    try (Region again = Region.open(Region.Kind.FILE, path.toString(), Region.Mode.WRITE)) {
      again.verify();
      assertEquals(1, again.openKvReader("t").stats().entries());
    }
  }

  private static List<Call> calls(Region region, Kv kv, KvReader reader, String image) {
    byte[] into = new byte[5000];
    ValueBuffer buffer = new ValueBuffer(0);
    return List.of(
        () -> reader.getInto(KEY, into),
        () -> reader.getInto(KEY, buffer),
        () -> kv.get(KEY),
        () -> kv.put(KEY, new byte[5000]),
        () -> reader.getMany(KEYS),
        () -> reader.forEach(entry -> { }),
        region::stats,
        region::verify,
        () -> region.openKvReader("t").close(),
        () -> region.openKv("t").close(),
        () -> region.save(image));
  }

  private static void close(int round, Region region, Kv kv, KvReader reader) {
    switch (round % 3) {
      case 0 -> region.close();
      case 1 -> {
        reader.close();
        kv.close();
        region.close();
      }
      default -> {
        kv.close();
        region.close();
        reader.close();
      }
    }
  }

  private static int untilClosed(Call call, AtomicInteger started) {
    int count = 0;
    try {
      while (true) {
        call.run();
        if (count++ == 0) {
          started.incrementAndGet();
        }
      }
    } catch (DrystoneException.Closed e) {
      return count;
    }
  }
}
