// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import io.drystone.bench.Latency;
import java.util.Arrays;
import java.util.function.IntSupplier;

/** Calls timed one by one, because a mean hides those that had to wait. */
final class Tail {
  private static final int SAMPLES = 1_000_000;
  private static final int SMOKE_SAMPLES = 1_000;
  private static final long LONG_NS = 100;

  private Tail() {}

  /** The calls that are timed: they come in turn. */
  interface Calls {
    /** What must be done before the next one is timed. */
    void prepare(int i);

    void call(int i);

    /** Whether objects were as they should be. */
    boolean holds();
  }

  /** Gives back and takes, in turn, at places that a pattern chooses. */
  static final class Pairs implements Calls {
    private final IntSupplier places;
    private final Objects objects;
    private int at;
    private boolean holds = true;

    Pairs(IntSupplier places, Objects objects) {
      this.places = places;
      this.objects = objects;
    }

    @Override
    public void prepare(int i) {
      if (i % 2 == 0) {
        at = places.getAsInt();
        holds &= objects.stamped(at, at);
      }
    }

    @Override
    public void call(int i) {
      if (i % 2 == 0) {
        objects.give(at);
      } else {
        objects.take(at);
        objects.stamp(at, at);
      }
    }

    @Override
    public boolean holds() {
      return holds;
    }
  }

  /** Allocations; resets are not timed. */
  static final class Bumps implements Calls {
    private final Bump bump;
    private boolean holds = true;

    Bumps(Bump bump) {
      this.bump = bump;
    }

    @Override
    public void prepare(int i) {
      if (i % Arenas.COUNT == 0) {
        holds &= i == 0 || bump.stamped(0, i - Arenas.COUNT);
        bump.reset();
      }
    }

    @Override
    public void call(int i) {
      bump.take(i % Arenas.COUNT, Memory.OBJECT_BYTES);
      bump.stamp(i % Arenas.COUNT, i);
    }

    @Override
    public boolean holds() {
      return holds;
    }
  }

  static void measure(Pattern pattern, Calls calls) {
    int samples = pattern.settings.isSmoke() ? SMOKE_SAMPLES : SAMPLES;
    long[] empty = Latency.empty(samples);
    long[] taken = new long[samples];
    for (int i = 0; i < samples; i++) {
      calls.prepare(i);
      long start = System.nanoTime();
      calls.call(i);
      taken[i] = System.nanoTime() - start;
    }
    pattern.wrong += calls.holds() ? 0 : 1;
    Arrays.sort(empty);
    long timer = empty[samples / 2];
    less(empty, timer);
    less(taken, timer);
    report(pattern, taken, empty);
  }

  private static void less(long[] times, long timer) {
    Arrays.setAll(times, i -> Math.max(0, times[i] - timer));
    Arrays.sort(times);
  }

  private static void report(Pattern pattern, long[] taken, long[] empty) {
    put(pattern, "p50_ns", Latency.rank(taken, 0.5));
    put(pattern, "p99_ns", Latency.rank(taken, 0.99));
    put(pattern, "p999_ns", Latency.rank(taken, 0.999));
    put(pattern, "max_ns", taken[taken.length - 1]);
    put(pattern, "over_100_ppm", longOnes(taken));
    put(pattern, "timer_p999_ns", Latency.rank(empty, 0.999));
    put(pattern, "timer_over_100_ppm", longOnes(empty));
  }

  private static void put(Pattern pattern, String key, double value) {
    pattern.extras.put(pattern.name(), key, value);
  }

  private static double longOnes(long[] times) {
    return 1e6 * Arrays.stream(times).filter(time -> time > LONG_NS).count() / times.length;
  }
}
