// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.pairs;

import io.drystone.DrystoneException;
import io.drystone.KvReader;
import io.drystone.Region;
import io.drystone.ValueBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/** Looks random keys up in batches, and proves every value whole. Only the lookups are timed. */
final class Reading {
  private static final int BATCH = 64;
  private static final int MISS_EVERY = 8;
  private static final int VALUE_BYTES = 256;

  /** A key with this byte appended is in no store of these tests. */
  private static final byte MISS_BYTE = (byte) 0xff;

  /** A key, one like it that is not there, and the highest version seen. */
  private static final class Known {
    final byte[] key;
    final byte[] absent;
    long version;

    Known(byte[] key) {
      this.key = key;
      absent = Arrays.copyOf(key, key.length + 1);
      absent[key.length] = MISS_BYTE;
    }
  }

  private final Actor.Task task;
  private final long deadline;
  private final SplittableRandom random = new SplittableRandom();
  private final List<Known> keys = new ArrayList<>();

  private final byte[][] wanted = new byte[BATCH][];
  private final Known[] chosen = new Known[BATCH];
  private final ValueBuffer[] values = new ValueBuffer[BATCH];
  private final boolean[] found = new boolean[BATCH];

  private long lookups;
  private long timed;
  private long hits;
  private long misses;
  private long torn;
  private long errors;
  private long backwards;

  Reading(Actor.Task task) {
    this.task = task;
    deadline = task.deadline();
    Arrays.setAll(values, i -> new ValueBuffer(VALUE_BYTES));
  }

  int run() {
    try (Region region = task.open(Region.Mode.READ); KvReader kv = region.openKvReader(task.part())) {
      listKeys(kv);
      System.out.println("ready");
      System.out.flush();
      while (!keys.isEmpty() && System.nanoTime() < deadline) {
        runBatch(kv);
      }
      report(kv.retries());
    }
    return torn + errors + backwards == 0 ? 0 : 1;
  }

  /** An empty store has nothing to look up yet: waits for keys. */
  private void listKeys(KvReader kv) {
    while (keys.isEmpty() && System.nanoTime() < deadline) {
      kv.keys().map(Known::new).forEach(keys::add);
      Thread.yield();
    }
  }

  private void runBatch(KvReader kv) {
    for (int i = 0; i < BATCH; i++) {
      chosen[i] = keys.get(random.nextInt(keys.size()));
      wanted[i] = isMiss(i) ? chosen[i].absent : chosen[i].key;
    }
    try {
      long start = System.nanoTime();
      for (int i = 0; i < BATCH; i++) {
        found[i] = kv.getInto(wanted[i], values[i]);
      }
      timed += System.nanoTime() - start;
    } catch (DrystoneException e) {
      countError(e.getMessage());
      return;
    }
    for (int i = 0; i < BATCH; i++) {
      judge(i);
    }
  }

  private static boolean isMiss(int i) {
    return i % MISS_EVERY == MISS_EVERY - 1;
  }

  private void judge(int i) {
    lookups++;
    if (!found[i]) {
      misses++;
    } else if (isMiss(i)) {
      countError("a key was found that is in no store");
    } else {
      hits++;
      ValueBuffer value = values[i];
      torn += Stamp.matches(wanted[i], value.bytes(), value.size()) ? 0 : 1;
      if (Long.compareUnsigned(value.version(), chosen[i].version) < 0) {
        backwards++;
      } else {
        chosen[i].version = value.version();
      }
    }
  }

  private void countError(String what) {
    if (errors++ == 0) {
      System.err.println("actor: " + what);
    }
  }

  private void report(long retries) {
    System.out.printf(
        Locale.ROOT,
        "{\"language\":\"java\",\"lookups\":%d,\"ns_per_lookup\":%.1f,\"hits\":%d,\"misses\":%d,\"torn\":%d,"
            + "\"errors\":%d,\"retries\":%d,\"backwards\":%d}%n",
        lookups, lookups == 0 ? 0.0 : (double) timed / lookups, hits, misses, torn, errors, retries, backwards);
    System.out.flush();
  }
}
