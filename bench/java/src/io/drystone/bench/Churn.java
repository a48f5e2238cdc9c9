// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

/** A thread that replaces the values of random keys until it is stopped. */
final class Churn {
  private final Session session;
  private final Script script;
  private final long stamp;
  private final Thread thread;
  private volatile long writes;
  private volatile boolean stopped;
  private volatile RuntimeException failure;

  Churn(Session session) {
    this.session = session;
    stamp = session.nextStamp();
    script = session.script(Session.FOR_CHURN).withValues(session.data, stamp);
    thread = new Thread(this::run, "writer");
    thread.setDaemon(true);
    thread.start();
    awaitMoreThan(0);
  }

  private void run() {
    Store store = session.store();
    long count = 0;
    try {
      for (int at = 0; !stopped; at = at + 1 == script.index.length ? 0 : at + 1) {
        store.update(script, at);
        writes = ++count;
      }
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  long writes() {
    return writes;
  }

  /** A reader of a few nanoseconds may be done before the writer has had its turn. */
  void awaitMoreThan(long count) {
    while (writes <= count && failure == null) {
      Thread.yield();
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Ends it, and checks what it has written. */
  void stop(String operation) {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (failure != null) {
      throw failure;
    }
    session.wrote(operation, script, writes, stamp);
  }
}
