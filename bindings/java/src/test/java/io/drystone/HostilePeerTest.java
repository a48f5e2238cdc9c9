// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Another process may map the file writable and change any byte while it is read. Reads then answer something, or throw
 * one of the documented exceptions; anything else fails the test, and a fault would end the whole test run.
 */
class HostilePeerTest {
  private static final int READS = Integer.getInteger("drystone.test.reads", 150_000);
  private static final KvOptions OPTIONS = new KvOptions(200, 40_000).withSeed(9);

  private final Random random = Stores.random("HostilePeerTest");
  private final List<byte[]> keys = new ArrayList<>();
  private long answers;
  private long refusals;

  @TempDir Path folder;

  @Test
  void bytesThatChangeAtAnyTimeNeverDoHarm() throws Exception {
    Path path = folder.resolve("r");
    try (Region region = Stores.file(path, OPTIONS); Kv kv = region.createKv("t", OPTIONS)) {
      for (int i = 0; i < 200; i++) {
        keys.add(Stores.randomBytes(random, 1 + random.nextInt(60)));
        kv.put(keys.get(i), Stores.randomBytes(random, random.nextInt(120)));
      }
      long start = region.parts().get(0).offset();
      KvPartProbe probe = new KvPartProbe(kv);
      List<KvReader> readers = List.of(kv.reader(), region.openReader("t", 0, 12), kv);
      try (Flipper flipper = new Flipper(path, start, start + probe.heapEnd(), random.nextLong())) {
        for (int i = 0; i < READS; i++) {
          read(readers.get(i % readers.size()), keys.get(random.nextInt(keys.size())), i);
        }
        flipper.rethrow();
      }
    }
    System.out.println("HostilePeerTest: " + answers + " answers, " + refusals + " refusals");
    assertTrue(answers > 0 && refusals > 0);
  }

  private final byte[] into = new byte[256];
  private final ValueBuffer buffer = new ValueBuffer(0);

  private void read(KvReader reader, byte[] key, int round) {
    try {
      switch (round % 8) {
        case 0, 1, 2 -> reader.getInto(key, into);
        case 3, 4 -> reader.tryGet(key, 50, buffer);
        case 5 -> reader.contains(key);
        case 6 -> reader.get(key);
        default -> reader.getInto(key, java.nio.ByteBuffer.wrap(into));
      }
      answers++;
    } catch (DrystoneException.Corrupt | DrystoneException.TooLarge | DrystoneException.TimedOut e) {
      refusals++;
    }
  }
}
