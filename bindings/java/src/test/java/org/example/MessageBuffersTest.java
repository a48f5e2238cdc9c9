// SPDX-License-Identifier: MIT OR Apache-2.0
package org.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drystone.Region;
import io.drystone.SharedPool;
import io.drystone.SharedPoolCache;
import io.drystone.SharedPoolOptions;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Messages between two processes: their bytes lie in a shared pool, and only numbers of slots go through a pipe. */
class MessageBuffersTest {
  private static final int MESSAGE_BYTES = 256;
  private static final int MESSAGES = 2000;
  private static final String PART = "messages";

  /** The other process: reads the numbers of messages, and gives their slots back. */
  public static final class Consumer {
    private Consumer() {}

    /** {@code Consumer REGION}. */
    public static void main(String[] arguments) throws Exception {
      long sum = 0;
      try (Region region = Region.open(Region.Kind.SHARED, arguments[0], Region.Mode.SHARE);
          SharedPool pool = region.openSharedPool(PART);
          SharedPoolCache cache = pool.openCache()) {
        ByteBuffer messages = pool.slots();
        BufferedReader slots = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = slots.readLine(); line != null; line = slots.readLine()) {
          int slot = Integer.parseInt(line);
          sum += messages.getLong((int) (slot * pool.strideBytes()));
          cache.release(slot);
        }
      }
      System.out.println(sum);
    }
  }

  @Test
  void messagesAreGivenBackByTheProcessThatReadThem() throws Exception {
    SharedPoolOptions options = new SharedPoolOptions(MESSAGE_BYTES, 512).withAlign(128);
    String name = "drystone-messages-" + UUID.randomUUID();
    try (Region region = Region.create(Region.Kind.SHARED, name, options.requiredBytes() + 65536);
        SharedPool pool = region.createSharedPool(PART, options);
        SharedPoolCache cache = pool.openCache()) {
      Process consumer;
      try {
        consumer = start(name);
        awaitReader(pool, consumer);
      } finally {
        // Whoever has it open keeps it, and nobody else needs the name; so nothing is left behind, whatever comes.
        Region.unlink(Region.Kind.SHARED, name);
      }
      try (PrintStream out = new PrintStream(consumer.getOutputStream(), true, StandardCharsets.UTF_8)) {
        ByteBuffer messages = pool.slots();
        for (int message = 0; message < MESSAGES; message++) {
          int slot = take(cache, consumer);
          messages.putLong((int) (slot * pool.strideBytes()), message);
          out.println(slot);
        }
      }
      String said = new String(consumer.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
      assertTrue(consumer.waitFor(1, TimeUnit.MINUTES));
      assertEquals(0, consumer.exitValue());
      assertEquals((long) MESSAGES * (MESSAGES - 1) / 2, Long.parseLong(said));
      assertEquals(0, pool.stats().inUse());
    }
  }

  private static Process start(String name) throws Exception {
    List<String> command = new ArrayList<>(List.of(
        System.getProperty("java.home") + "/bin/java", "-XX:-UsePerfData", "-cp",
        placeOf(Region.class) + ":" + placeOf(Consumer.class)));
    String library = System.getProperty("drystone.library.path");
    if (library != null) {
      command.add("-Ddrystone.library.path=" + library);
    }
    command.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"));
    command.addAll(List.of(Consumer.class.getName(), name));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** What runs the tests has a class path of its own, which the system property does not name. */
  private static Path placeOf(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static void awaitReader(SharedPool pool, Process consumer) {
    while (pool.stats().caches() < 2) {
      assertTrue(consumer.isAlive(), "the consumer ended");
      Thread.yield();
    }
  }

  private static int take(SharedPoolCache cache, Process consumer) {
    while (true) {
      int slot = cache.tryAcquire();
      if (slot >= 0) {
        return slot;
      }
      assertTrue(consumer.isAlive(), "the consumer ended");
      Thread.yield();
    }
  }
}
