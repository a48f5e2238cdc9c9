// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import io.drystone.bench.Data;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** A random one of the taken indices is given back, and the lowest free one is taken, which is the same. */
public class Numbers extends Pattern {
  private int[] order;
  private Indices indices;
  private int next;

  public Numbers() {
    super("index_random");
  }

  @Setup(Level.Trial)
  public void make() {
    order = Data.shuffled(settings.keys(), 0, settings.seed());
    indices = subject().indices(order.length);
    for (int i = 0; i < order.length; i++) {
      wrong += indices.take() == i ? 0 : 1;
    }
  }

  final long run() {
    for (int i = 0; i < Memory.RUN; i++) {
      int index = order[next];
      next = next + 1 == order.length ? 0 : next + 1;
      indices.give(index);
      wrong += indices.take() == index ? 0 : 1;
    }
    checked += Memory.RUN;
    return wrong;
  }

  @TearDown(Level.Trial)
  public void end() {
    report();
    indices.close();
  }
}
