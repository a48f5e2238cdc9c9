// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** A queue between two threads that carries bursts; it costs every subject the same. */
final class Channel {
  private static final int BURSTS = 64;

  /** Numbers that different threads write, too far apart to share a cache line. */
  private static final class Counter extends AtomicLong {
    private static final long serialVersionUID = 1;
    private final long[] far = new long[16];

    @Override
    public String toString() {
      return super.toString() + far.length;
    }
  }

  private final Counter sent = new Counter();
  private final Counter received = new Counter();
  private final Object[] bursts = new Object[BURSTS];

  /** {@code array} makes what a burst travels in. */
  Channel(Supplier<Object> array) {
    for (int i = 0; i < BURSTS; i++) {
      bursts[i] = array.get();
    }
  }

  void send(Object live) {
    long at = sent.getPlain();
    while (at - received.getAcquire() == BURSTS) {
      Thread.yield();
    }
    System.arraycopy(live, 0, bursts[(int) (at % BURSTS)], 0, Memory.RUN);
    sent.setRelease(at + 1);
  }

  void receive(Object live) {
    long at = received.getPlain();
    while (at == sent.getAcquire()) {
      Thread.yield();
    }
    System.arraycopy(bursts[(int) (at % BURSTS)], 0, live, 0, Memory.RUN);
    received.setRelease(at + 1);
  }
}
