// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;

/**
 * The native side of a block, as its Java object holds it. Each call enters, so that it is alone where it has to be and
 * nothing is freed meanwhile, and leaves. A block that nobody closed is closed once nobody can reach it.
 */
final class Handle {
  final long address;

  /** For error messages. */
  final String label;

  /** Null for private memory. */
  final RegionHandle region;

  final Lifetime lifetime;

  private final Gate gate;
  private final Cleaner.Cleanable end;
  private volatile boolean closed;
  private Memory memory;

  private Handle(long address, String label, RegionHandle region, Gate gate, Lifetime lifetime) {
    this.address = address;
    this.label = label;
    this.region = region;
    this.gate = gate;
    this.lifetime = lifetime;
    this.end = RegionHandle.CLEANER.register(this, lifetime::letGo);
  }

  /** Makes a block in private memory; once more after a collection when closed memory waits for one. */
  static Handle ofPrivate(String label, Gate gate, LongSupplier make, LongUnaryOperator bytes, LongConsumer free) {
    long address = Reclaimer.made(make);
    long size = bytes.applyAsLong(address);
    return new Handle(address, label, null, gate, Lifetime.ofPrivate(size, () -> free.accept(address)));
  }

  /** Of a block that Java keeps to itself, for one thread at a time. */
  static Handle ofJava(String label) {
    return new Handle(0, label, null, Gate.forOne(), Lifetime.ofPrivate(0, () -> { }));
  }

  /** Takes a native handle over that lies in a region, or needs something that does; null for no region. */
  static Handle ofPart(String label, Gate gate, long address, RegionHandle region, Runnable free) {
    return new Handle(
        address, label, region, gate, region == null ? Lifetime.ofPrivate(0, free) : Lifetime.ofPart(region, free));
  }

  /** Says where the objects are, before anybody else knows the block. */
  void locate(long base, long bytes, boolean writable) {
    memory = new Memory(lifetime, base, bytes, writable);
  }

  Memory memory() {
    return memory;
  }

  /** Refuses a view that is longer than one can be. */
  void checkView(long bytes) {
    if (bytes < 0) {
      throw failure(Layout.STATUS_INVALID_ARGUMENT, bytes + " bytes");
    }
    if (bytes > memory.viewBytesMax()) {
      throw failure(
          Layout.STATUS_TOO_LARGE, bytes + " bytes are too many for one view, which has " + memory.viewBytesMax()
              + " at most");
    }
  }

  /** One view of that many bytes from the first on. */
  ByteBuffer viewOfAll(long bytes) {
    if (bytes > memory.viewOfAllBytesMax()) {
      throw failure(
          Layout.STATUS_TOO_LARGE, bytes + " bytes are too many for one view, which has " + memory.viewOfAllBytesMax()
              + " at most");
    }
    return memory.lend(0, (int) bytes);
  }

  // ---- calls

  /** Every call that returns is followed by {@link #leave}. */
  void enter() {
    if (!isClosed()) {
      if (!gate.enter()) {
        throw failure(Layout.STATUS_BUSY, "another thread is at work with it");
      }
      if (!isClosed()) {
        return;
      }
      gate.leave();
    }
    throw failure(Layout.STATUS_CLOSED);
  }

  void leave() {
    gate.leave();
    Reference.reachabilityFence(this);
  }

  /** See {@link Gate#occupy}. */
  void occupy() {
    gate.occupy();
  }

  boolean isClosed() {
    return closed || region != null && region.isClosed();
  }

  // ---- the end

  /** Whether this closed it, with {@code last} run while nobody is inside; false when it was closed before. */
  boolean close(Runnable last) {
    if (closed) {
      return false;
    }
    if (!gate.hold()) {
      throw DrystoneException.of(Layout.STATUS_BUSY, label + ": a destructor is running");
    }
    boolean first = !closed;
    try {
      if (first) {
        closed = true;
        last.run();
      }
    } finally {
      gate.letGo();
    }
    if (first) {
      if (memory != null) {
        memory.drop();
      }
      lifetime.closed();
      end.clean();
    }
    return first;
  }

  boolean close() {
    return close(() -> { });
  }

  // ---- answers

  /** What a call answered that answers a number or a status negated. */
  long number(long answer) {
    if (answer < 0) {
      throw failure((int) -answer);
    }
    return answer;
  }

  /** The same, with -1 where there is none for that reason. */
  int numberOr(long answer, int status) {
    return answer == -status ? -1 : (int) number(answer);
  }

  void check(int status) {
    if (status != Layout.STATUS_OK) {
      throw failure(status);
    }
  }

  DrystoneException failure(int status) {
    return DrystoneException.of(status, label + ": " + Native.dry_status_text(status));
  }

  DrystoneException failure(int status, String cause) {
    return DrystoneException.of(status, label + ": " + cause);
  }

  /** Refuses a range that is not inside an array. */
  void checkRange(int from, int count, int length) {
    if (from < 0 || count < 0 || from > length - count) {
      throw failure(Layout.STATUS_INVALID_ARGUMENT, count + " from " + from + " on, in an array of " + length);
    }
  }
}
