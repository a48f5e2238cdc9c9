// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import io.drystone.bench.Failed;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** Objects that threads take and give back: each its own, each the other's, or one for the other. */
public abstract class Together extends Pattern {
  private static final int BURSTS = 1024;

  /** What each thread does in a round. */
  static final int OPERATIONS = BURSTS * Memory.RUN;

  /** Bursts under way in two full channels and in hands, and what caches keep back. */
  private static final int IN_CHANNELS = 2 * (64 + 4) * Memory.RUN;

  private static final int IN_CACHES = 4096;

  enum Way { OWN, OTHER, HAND_OVER }

  private final Way way;
  private final int threads;
  private SharedObjects objects;
  private ExecutorService others;
  private CyclicBarrier start;
  private Channel there;
  private Channel back;
  private Objects[] locals;
  private volatile boolean stop;

  Together(String operation, Way way, int threads) {
    super(operation);
    this.way = way;
    this.threads = threads;
  }

  @Setup(Level.Trial)
  public void make() {
    objects = subject().shared(IN_CHANNELS + IN_CACHES);
    others = Executors.newFixedThreadPool(threads, task -> {
      Thread thread = new Thread(task);
      thread.setDaemon(true);
      return thread;
    });
    start = new CyclicBarrier(threads);
    there = new Channel(() -> objects.array(Memory.RUN));
    back = new Channel(() -> objects.array(Memory.RUN));
    locals = new Objects[threads];
    for (int side = 0; side < threads; side++) {
      locals[side] = objects.local(Memory.RUN);
    }
  }

  /** A round of every thread, the caller's included. */
  final long round() {
    List<Future<Long>> running = new ArrayList<>();
    for (int side = 1; side < threads; side++) {
      int its = side;
      running.add(others.submit(() -> bursts(its)));
    }
    try {
      wrong += bursts(0);
      for (Future<Long> one : running) {
        wrong += one.get();
      }
    } catch (ExecutionException | InterruptedException | java.util.concurrent.BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
    checked += OPERATIONS;
    return wrong;
  }

  private long bursts(int side) throws InterruptedException, java.util.concurrent.BrokenBarrierException {
    start.await();
    Objects local = locals[side];
    long bad = 0;
    for (int i = 0; i < BURSTS; i++) {
      bad += burst(local, side);
    }
    return bad;
  }

  private long burst(Objects local, int side) {
    if (way != Way.HAND_OVER || side == 0) {
      for (int i = 0; i < Memory.RUN; i++) {
        local.take(i);
        local.stamp(i, i);
      }
    }
    if (way == Way.OTHER || way == Way.HAND_OVER && side == 0) {
      (side == 0 ? there : back).send(local.live());
    }
    if (way == Way.OTHER || way == Way.HAND_OVER && side == 1) {
      (side == 0 ? back : there).receive(local.live());
    }
    return way != Way.HAND_OVER || side == 1 ? giveAll(local) : 0;
  }

  private static long giveAll(Objects local) {
    long bad = 0;
    for (int i = 0; i < Memory.RUN; i++) {
      bad += local.stamped(i, i) ? 0 : 1;
      local.give(i);
    }
    return bad;
  }

  /** Times the calls of one thread while the others work on. */
  private void tail() throws InterruptedException, ExecutionException {
    List<Future<Long>> running = new ArrayList<>();
    for (int side = 1; side < threads; side++) {
      Objects local = locals[side];
      running.add(others.submit(() -> untilStopped(local)));
    }
    for (int i = 0; i < Memory.RUN; i++) {
      locals[0].take(i);
      locals[0].stamp(i, i);
    }
    int[] next = {0};
    Tail.measure(this, new Tail.Pairs(() -> next[0] = (next[0] + 1) % Memory.RUN, locals[0]));
    stop = true;
    for (Future<Long> one : running) {
      wrong += one.get();
    }
    wrong += giveAll(locals[0]);
  }

  private long untilStopped(Objects local) {
    long bad = 0;
    while (!stop) {
      for (int i = 0; i < Memory.RUN; i++) {
        local.take(i);
        local.stamp(i, i);
      }
      bad += giveAll(local);
    }
    return bad;
  }

  @TearDown(Level.Trial)
  public void end() {
    try {
      if (way == Way.OWN && threads == 2) {
        tail();
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new Failed(name(), e.toString());
    }
    others.shutdownNow();
    report();
    for (Objects local : locals) {
      local.close();
    }
    objects.close();
  }

  public static class Own extends Together {
    public Own() {
      super("shared_own", Way.OWN, 2);
    }
  }

  public static class Other extends Together {
    public Other() {
      super("shared_other", Way.OTHER, 2);
    }
  }

  public static class HandOver extends Together {
    public HandOver() {
      super("shared_hand_over", Way.HAND_OVER, 2);
    }
  }

  public static class Own4 extends Together {
    public Own4() {
      super("shared_own_4", Way.OWN, 4);
    }
  }

  public static class Own8 extends Together {
    public Own8() {
      super("shared_own_8", Way.OWN, 8);
    }
  }
}
