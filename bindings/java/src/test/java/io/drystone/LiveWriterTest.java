// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Readers beside a writer that never pauses, in a store so small that blocks are reused and moved all the time. */
class LiveWriterTest {
  private static final int WRITES = Integer.getInteger("drystone.test.writes", 150_000);
  private static final int KEYS = 12;
  private static final KvOptions OPTIONS = new KvOptions(KEYS + 4, 12_000);

  private final AtomicBoolean stop = new AtomicBoolean();

  @Test
  void valuesAreWholeAndVersionsNeverGoBack() throws Exception {
    Random random = Stores.random("LiveWriterTest");
    ExecutorService threads = Executors.newCachedThreadPool();
    try (Region region = Stores.memory(OPTIONS); Kv kv = region.createKv("t", OPTIONS)) {
      for (int i = 0; i < KEYS; i++) {
        kv.put(key(i), stamped(key(i), new byte[20]));
      }
      List<Future<Long>> readers = new ArrayList<>();
      readers.add(threads.submit(() -> look(kv.reader())));
      readers.add(threads.submit(() -> look(region.openReader("t", 0, 12))));
      readers.add(threads.submit(() -> walk(kv.reader())));
      try {
        for (int i = 0; i < WRITES; i++) {
          byte[] key = key(random.nextInt(KEYS));
          kv.put(key, stamped(key, Stores.randomBytes(random, random.nextInt(i % 100 == 0 ? 900 : 100))));
        }
      } finally {
        stop.set(true);
      }
      for (Future<Long> reader : readers) {
        assertTrue(reader.get() > 0);
      }
      region.verify();
    } finally {
      threads.shutdownNow();
    }
  }

  private long look(KvReader reader) {
    ValueBuffer value = new ValueBuffer(16);
    long[] versions = new long[KEYS];
    long lookups = 0;
    while (!stop.get()) {
      int i = (int) (lookups++ % KEYS);
      assertTrue(reader.getInto(key(i), value), "a key that is always there");
      assertWhole(key(i), value.toByteArray());
      assertTrue(value.version() >= versions[i]);
      versions[i] = value.version();
    }
    System.out.println("LiveWriterTest: " + lookups + " lookups, " + reader.retries() + " retries");
    return lookups;
  }

  private long walk(KvReader reader) {
    long walks = 0;
    while (!stop.get()) {
      reader.forEach(entry -> assertWhole(entry.key(), entry.value()));
      List<byte[]> keys = new ArrayList<>();
      for (int i = 0; i < KEYS; i++) {
        keys.add(key(i));
      }
      List<Versioned> found = reader.getMany(keys);
      for (int i = 0; i < KEYS; i++) {
        assertWhole(keys.get(i), found.get(i).value());
      }
      walks++;
    }
    return walks;
  }

  private static byte[] key(int i) {
    return new byte[] {'k', (byte) i};
  }

  /** Bytes 0 to 7 prove that the rest is whole and belongs to the key. */
  private static byte[] stamped(byte[] key, byte[] payload) {
    byte[] value = new byte[8 + payload.length];
    ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).putLong(stamp(key, payload)).put(payload);
    return value;
  }

  private static void assertWhole(byte[] key, byte[] value) {
    long stamp = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
    assertEquals(stamp(key, Arrays.copyOfRange(value, 8, value.length)), stamp);
  }

  private static long stamp(byte[] key, byte[] payload) {
    return Drystone.hash(payload, Drystone.hash(key, 0));
  }
}
