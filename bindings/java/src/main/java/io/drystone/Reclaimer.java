// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Keeps mapped memory that was closed from piling up. A reader that is in the middle of a copy has told nobody, so closed
 * memory may only go when the collector has seen that no call can reach it. The collector knows nothing of mapped memory
 * and may not run for hours; so before more is mapped while much waits, it is asked to.
 */
final class Reclaimer {
  /** How much may wait without anyone being asked. */
  static final long PENDING_BYTES_MAX = 256L << 20;

  private static final int ROUNDS = 9;
  private static final AtomicLong PENDING = new AtomicLong();

  /** What the last collection could not free, because somebody still holds on to a store of a closed region. */
  private static volatile long held;

  private Reclaimer() {}

  /** One mapping's share: it waits from the closing of the region until the last of its stores' handles is gone. */
  static final class Claim {
    private final long bytes;
    private int holders;
    private boolean closed;

    private Claim(long bytes) {
      this.bytes = bytes;
    }

    synchronized void hold() {
      holders++;
    }

    synchronized void letGo() {
      holders--;
      if (closed && holders == 0) {
        PENDING.addAndGet(-bytes);
      }
    }

    synchronized void close() {
      closed = true;
      if (holders > 0) {
        PENDING.addAndGet(bytes);
      }
    }
  }

  static Claim claim(long bytes) {
    return new Claim(bytes);
  }

  static long pendingBytes() {
    return PENDING.get();
  }

  /** What a call that maps memory makes; once more after a collection when memory is short while closed memory waits. */
  static long made(LongSupplier make) {
    Drystone.requireLibrary(Layout.ABI, Layout.VERSION_NUMBER);
    makeRoom();
    try {
      return make.getAsLong();
    } catch (DrystoneException.OutOfMemory e) {
      if (pendingBytes() == 0) {
        throw e;
      }
      collect();
      return make.getAsLong();
    }
  }

  /** Called before memory is mapped. */
  static void makeRoom() {
    if (PENDING.get() - held > PENDING_BYTES_MAX) {
      collect();
    }
  }

  /** Asks for a collection, and waits up to half a second for what it frees. */
  static void collect() {
    boolean interrupted = false;
    for (int round = 0; round < ROUNDS && PENDING.get() > 0; round++) {
      System.gc();
      try {
        Thread.sleep(1L << round);
      } catch (InterruptedException e) {
        interrupted = true;
        break;
      }
    }
    held = PENDING.get();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
