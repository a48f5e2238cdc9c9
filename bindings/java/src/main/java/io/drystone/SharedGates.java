// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** The gates of one shared pool: one for its own calls, and one for each of its caches. */
final class SharedGates implements Barrier {
  /** Of the pool's own calls, any number at a time. */
  final Gate direct = Gate.forMany();

  private final ReentrantLock lock = new ReentrantLock();
  private final List<Gate> caches = new ArrayList<>();

  /**
   * Keeps holders out while a cache is made, which happens inside a call: a holder waits for the calls with the lock taken, so
   * whoever wants the lock must not be in one.
   */
  void lock() {
    lock.lock();
  }

  void unlock() {
    lock.unlock();
  }

  /** Called while it is locked. */
  void add(Gate cache) {
    caches.add(cache);
  }

  /** {@code last} gives the cache's slots to the depot: a call that no gate stands for any more, so no holder may be at work. */
  void remove(Gate cache, Runnable last) {
    lock.lock();
    try {
      last.run();
      caches.remove(cache);
    } finally {
      lock.unlock();
    }
  }

  /** The lock stays taken until {@link #letGo}, so that no cache comes or goes meanwhile. */
  @Override
  public boolean hold() {
    lock.lock();
    direct.hold();
    caches.forEach(Gate::hold);
    return true;
  }

  @Override
  public void letGo() {
    caches.forEach(Gate::letGo);
    direct.letGo();
    lock.unlock();
  }
}
