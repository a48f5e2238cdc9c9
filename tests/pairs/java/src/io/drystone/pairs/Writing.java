// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.pairs;

import io.drystone.DrystoneException;
import io.drystone.Entry;
import io.drystone.Kv;
import io.drystone.Region;
import io.drystone.Versioned;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/** Puts and deletes with a record of every acknowledged change, or replaces values as fast as it can. */
final class Writing {
  private static final int PAYLOAD_BYTES_MAX = 200;
  private static final int DELETE_EVERY = 16;
  private static final long BUSY_NANOS_MAX = 5_000_000_000L;

  private static final int RECORD_BYTES = 16;
  private static final int RECORD_PRESENT = 0;
  private static final int RECORD_PUT = 1;
  private static final int RECORD_DELETE = 2;
  private static final int RECORD_STORE = 3;

  /** A key that was there, and how long its value was. */
  private record Listed(byte[] key, int valueBytes) {}

  private final Actor.Task task;
  private final long deadline;
  private final SplittableRandom random;
  /** Without a buffer, so that each record is one write, which a pipe takes whole or not at all. */
  private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);

  private final ByteBuffer record = ByteBuffer.allocate(RECORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  Writing(Actor.Task task) {
    this.task = task;
    deadline = task.deadline();
    random = new SplittableRandom(task.seed());
  }

  int run() throws IOException {
    try (Region region = openWhenFree(); Kv kv = region.openKv(task.part())) {
      if (task.keys() == 0) {
        replaceListed(kv);
        return 0;
      }
      return writeWithRecords(kv);
    }
  }

  /** A writer that was just killed may not be gone yet. */
  private Region openWhenFree() {
    long giveUp = System.nanoTime() + BUSY_NANOS_MAX;
    while (true) {
      try {
        return task.open(Region.Mode.WRITE);
      } catch (DrystoneException.Busy e) {
        if (System.nanoTime() > giveUp) {
          throw e;
        }
        Thread.yield();
      }
    }
  }

  // ---- with records

  private int writeWithRecords(Kv kv) throws IOException {
    for (long i = 0; i < task.keys(); i++) {
      byte[] key = key(i);
      Versioned found = kv.getVersioned(key);
      if (found != null && !Stamp.matches(key, found.value(), found.value().length)) {
        System.err.println("actor: a torn value after opening");
        return 1;
      }
      if (found != null) {
        print(RECORD_PRESENT, i, found.version());
      }
    }
    print(RECORD_STORE, 0, kv.stats().version());
    while (System.nanoTime() < deadline) {
      changeOne(kv, random.nextLong(task.keys()));
    }
    return 0;
  }

  private void changeOne(Kv kv, long index) throws IOException {
    byte[] key = key(index);
    if (random.nextInt(DELETE_EVERY) != 0) {
      print(RECORD_PUT, index, kv.put(key, value(key, random.nextInt(PAYLOAD_BYTES_MAX + 1))));
      return;
    }
    long version;
    try {
      version = kv.delete(key);
    } catch (DrystoneException.NotFound e) {
      return;
    }
    print(RECORD_DELETE, index, version);
  }

  private void print(int type, long index, long version) throws IOException {
    record.clear().putInt(type).putInt((int) index).putLong(version);
    out.write(record.array());
  }

  private static byte[] key(long index) {
    return String.format(Locale.ROOT, "key-%06d", index).getBytes(StandardCharsets.US_ASCII);
  }

  private byte[] value(byte[] key, int payloadBytes) {
    byte[] value = new byte[Stamp.BYTES + payloadBytes];
    random.nextBytes(value);
    Stamp.set(key, value);
    return value;
  }

  // ---- without

  private void replaceListed(Kv kv) {
    List<Listed> keys = new ArrayList<>();
    for (Entry entry : kv) {
      keys.add(new Listed(entry.key(), entry.value().length));
    }
    System.out.println("ready");
    System.out.flush();
    long writes = 0;
    long timed = 0;
    while (!keys.isEmpty() && System.nanoTime() < deadline) {
      Listed listed = keys.get(random.nextInt(keys.size()));
      byte[] value = value(listed.key(), Math.max(listed.valueBytes() - Stamp.BYTES, 0));
      long start = System.nanoTime();
      kv.put(listed.key(), value);
      timed += System.nanoTime() - start;
      writes++;
    }
    System.out.printf(
        Locale.ROOT, "{\"language\":\"java\",\"writes\":%d,\"ns_per_write\":%.1f}%n", writes,
        writes == 0 ? 0.0 : (double) timed / writes);
    System.out.flush();
  }
}
