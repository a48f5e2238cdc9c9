// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

import java.util.Arrays;

/** Calls timed one by one, because a mean hides those that had to wait. */
public final class Latency {
  private static final int SAMPLES = 100_000;
  private static final int SMOKE_SAMPLES = 100;

  private Latency() {}

  static void measure(Session session, String operation, Runnable read) {
    int samples = session.settings.isSmoke() ? SMOKE_SAMPLES : SAMPLES;
    long[] empty = empty(samples);
    long[] taken = new long[samples];
    for (int i = 0; i < samples; i++) {
      long start = System.nanoTime();
      read.run();
      taken[i] = System.nanoTime() - start;
    }
    Arrays.sort(empty);
    Arrays.sort(taken);
    long timer = rank(empty, 0.5);
    session.extra(operation, "median_ns", rank(taken, 0.5) - timer);
    session.extra(operation, "p999_ns", rank(taken, 0.999) - timer);
    session.extra(operation, "torn", 0); // a torn value would have ended the program
  }

  /** What the clock says of nothing. */
  public static long[] empty(int samples) {
    long[] empty = new long[samples];
    for (int i = 0; i < samples; i++) {
      long start = System.nanoTime();
      empty[i] = System.nanoTime() - start;
    }
    return empty;
  }

  /** The time that such a share of all sorted ones does not exceed. */
  public static long rank(long[] sorted, double share) {
    return sorted[(int) (share * (sorted.length - 1))];
  }
}
