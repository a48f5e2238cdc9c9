// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import io.drystone.MemoryFlag;
import io.drystone.bench.Data;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** In which order objects of one size are taken and given back. */
public final class Pools {
  private Pools() {}

  /** A subject with so many live objects at most. */
  public abstract static class Base extends Pattern {
    int count;
    Objects objects;

    Base(String operation) {
      super(operation);
    }

    @Setup(Level.Trial)
    public void make() {
      count = settings.keys();
      objects = made();
      begin();
    }

    Objects made() {
      return subject().pool(count);
    }

    void begin() {}

    final void takeStamped(int at, long number) {
      objects.take(at);
      objects.stamp(at, number);
    }

    /** Objects that do not hold their stamp are counted. */
    final void giveChecked(int at, long number) {
      wrong += objects.stamped(at, number) ? 0 : 1;
      objects.give(at);
    }

    @TearDown(Level.Trial)
    public void end() {
      finish();
      report();
      objects.close();
    }

    void finish() {}
  }

  /** Bursts, given back in reverse or in the same order. */
  public abstract static class Bursts extends Base {
    private final boolean reverse;

    Bursts(String operation, boolean reverse) {
      super(operation);
      this.reverse = reverse;
    }

    final long burst() {
      long round = checked;
      for (int i = 0; i < Memory.RUN; i++) {
        takeStamped(i, round + i);
      }
      for (int i = 0; i < Memory.RUN; i++) {
        int at = reverse ? Memory.RUN - 1 - i : i;
        giveChecked(at, round + at);
      }
      checked = round + Memory.RUN;
      return wrong;
    }
  }

  public static class Lifo extends Bursts {
    public Lifo() {
      super("pool_lifo", true);
    }
  }

  public static class Fifo extends Bursts {
    public Fifo() {
      super("pool_fifo", false);
    }
  }

  /** All objects live, and there is a random order to go through them. */
  public abstract static class AllLive extends Base {
    int[] order;

    AllLive(String operation) {
      super(operation);
    }

    @Override
    void begin() {
      order = Data.shuffled(count, 0, settings.seed());
      for (int i = 0; i < count; i++) {
        takeStamped(i, i);
      }
    }

    @Override
    void finish() {
      for (int i = 0; i < count; i++) {
        giveChecked(i, i);
      }
    }
  }

  /** All objects live; one after the other, in random order, is given back and another taken. */
  public abstract static class RandomOrder extends AllLive {
    private int next;

    RandomOrder(String operation) {
      super(operation);
    }

    final int nextAt() {
      int at = order[next];
      next = next + 1 == count ? 0 : next + 1;
      return at;
    }

    final long run() {
      for (int i = 0; i < Memory.RUN; i++) {
        int at = nextAt();
        giveChecked(at, at);
        takeStamped(at, at);
      }
      checked += Memory.RUN;
      return wrong;
    }
  }

  public static class Random extends RandomOrder {
    public Random() {
      super("pool_random");
    }

    @Override
    void finish() {
      Tail.measure(this, new Tail.Pairs(this::nextAt, objects));
      super.finish();
    }
  }

  public static class ObjectRandom extends RandomOrder {
    public ObjectRandom() {
      super("object_random");
    }

    @Override
    Objects made() {
      return subject().handled(count);
    }
  }

  /** A random half of the live objects is given back, then as many are taken again. */
  public abstract static class Halves extends AllLive {
    private int from;

    Halves(String operation) {
      super(operation);
    }

    final long swap() {
      int half = count / 2;
      for (int k = 0; k < half; k++) {
        giveChecked(order[from + k], order[from + k]);
      }
      for (int k = 0; k < half; k++) {
        takeStamped(order[from + k], order[from + k]);
      }
      // The halves change over, so that what is free lies elsewhere each time.
      from = from == 0 ? count - half : 0;
      checked += half;
      return wrong;
    }
  }

  public static class Half extends Halves {
    public Half() {
      super("pool_half");
    }
  }

  public static class ObjectHalf extends Halves {
    public ObjectHalf() {
      super("object_half");
    }

    @Override
    Objects made() {
      return subject().handled(count);
    }
  }

  /** All taken, then all given back in the same order. */
  public static class Bulk extends Base {
    public Bulk() {
      super("pool_bulk");
    }

    final long all() {
      long round = checked;
      for (int i = 0; i < count; i++) {
        takeStamped(i, round + i);
      }
      for (int i = 0; i < count; i++) {
        giveChecked(i, round + i);
      }
      checked = round + count;
      return wrong;
    }
  }

  /** A batch taken in one call, and given back in one. */
  public static class Batch extends Base {
    public Batch() {
      super("pool_batch_64");
    }

    final long batch() {
      long round = checked;
      objects.takeBatch();
      for (int i = 0; i < Objects.BATCH; i++) {
        objects.stamp(i, round + i);
      }
      for (int i = 0; i < Objects.BATCH; i++) {
        wrong += objects.stamped(i, round + i) ? 0 : 1;
      }
      objects.giveBatch();
      checked = round + Objects.BATCH;
      return wrong;
    }
  }

  /** Many taken and stamped in memory that nobody touched; a pool for each round. */
  public abstract static class FirstTouch extends Pattern {
    /** So many times the objects that others have live: huge pages want room. */
    static final int TOUCHED = 100;

    private final MemoryFlag[] flags;
    private Drystone.Pooled pool;
    private int count;

    FirstTouch(String operation, MemoryFlag... flags) {
      super(operation);
      this.flags = flags;
    }

    @Setup(Level.Invocation)
    public void make() {
      count = TOUCHED * settings.keys();
      pool = new Drystone.Pooled(count, flags);
    }

    final int touch() {
      for (int i = 0; i < count; i++) {
        pool.take(i);
        pool.stamp(i, i);
      }
      return count;
    }

    @TearDown(Level.Invocation)
    public void check() {
      for (int i = 0; i < count; i++) {
        wrong += pool.stamped(i, i) ? 0 : 1;
      }
      checked += count;
      pool.close();
    }

    @TearDown(Level.Trial)
    public void end() {
      report();
    }
  }

  public static class Touch extends FirstTouch {
    public Touch() {
      super("pool_first_touch");
    }
  }

  public static class TouchHuge extends FirstTouch {
    public TouchHuge() {
      super("pool_first_touch_huge", MemoryFlag.HUGE_PAGES);
    }
  }
}
