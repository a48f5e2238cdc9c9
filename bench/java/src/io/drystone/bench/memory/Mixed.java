// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import io.drystone.bench.Data;
import java.util.Arrays;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** Objects of many sizes: a random one is given back, and one of another size taken. */
public class Mixed extends Pattern {
  private static final int BYTES_MIN = 16;
  private static final int POWERS = 8;
  private static final int BYTES_MAX = BYTES_MIN << POWERS;

  /** A multiple of the number of objects would give each place the same size again. */
  private static final int SIZES = 10_007;

  private int[] order;
  private int[] sizes;
  private Sized objects;
  private int next;
  private int nextSize;

  public Mixed() {
    super("slab_mixed");
  }

  @Setup(Level.Trial)
  public void make() {
    order = Data.shuffled(settings.keys(), 0, settings.seed());
    sizes = new int[SIZES];
    Arrays.setAll(sizes, i -> size(Data.mix(Data.mix(settings.seed()) + i)));
    objects = subject().slab(order.length, BYTES_MAX);
    for (int i = 0; i < order.length; i++) {
      take(i);
    }
  }

  /** As many of each power of two. */
  private static int size(long random) {
    int power = BYTES_MIN << (int) (random >>> 61);
    return power + (int) Long.remainderUnsigned(random, power);
  }

  private void take(int at) {
    objects.take(at, sizes[nextSize]);
    nextSize = nextSize + 1 == SIZES ? 0 : nextSize + 1;
    objects.stamp(at, at);
  }

  private void give(int at) {
    wrong += objects.stamped(at, at) ? 0 : 1;
    objects.give(at);
  }

  final long run() {
    for (int i = 0; i < Memory.RUN; i++) {
      int at = order[next];
      next = next + 1 == order.length ? 0 : next + 1;
      give(at);
      take(at);
    }
    checked += Memory.RUN;
    return wrong;
  }

  @TearDown(Level.Trial)
  public void end() {
    for (int i = 0; i < order.length; i++) {
      give(i);
    }
    report();
    objects.close();
  }
}
