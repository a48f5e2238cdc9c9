// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A long that shares no cache line, nor a pair of them, with anything else: threads that count in neighbours do not disturb
 * each other. (Processors fetch adjacent lines in pairs, so two lines are kept.) In a pool it is {@link
 * PoolOptions#withAlign} that keeps objects apart.
 *
 * <p>Thread rule: any number of threads; each call is one atomic step. Overhead: 256 bytes.
 */
public final class CachePaddedLong extends CachePaddedLongValue {
  private static final VarHandle VALUE;

  static {
    try {
      VALUE = MethodHandles.lookup().findVarHandle(CachePaddedLongValue.class, "value", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // What lies behind the value: HotSpot lays a class's fields out behind those of the class that it extends.
  long q01, q02, q03, q04, q05, q06, q07, q08;
  long q09, q10, q11, q12, q13, q14, q15, q16;

  /** Zero at first. */
  public CachePaddedLong() {}

  /** With a value to start from. */
  public CachePaddedLong(long value) {
    this.value = value;
  }

  /** The value, as a volatile read. */
  public long get() {
    return value;
  }

  /** Sets the value, as a volatile write. */
  public void set(long to) {
    value = to;
  }

  /** Sets the value with release semantics: a plain store on x86-64, for a counter that one thread alone changes. */
  public void setRelease(long to) {
    VALUE.setRelease(this, to);
  }

  /** Adds, and returns what it was before. */
  public long getAndAdd(long by) {
    return (long) VALUE.getAndAdd(this, by);
  }

  /** Sets the value where it is what was expected: whether it was. */
  public boolean compareAndSet(long expected, long to) {
    return VALUE.compareAndSet(this, expected, to);
  }
}

/** What lies in front of the value. */
abstract class CachePaddedLongFront {
  long p01, p02, p03, p04, p05, p06, p07, p08;
  long p09, p10, p11, p12, p13, p14, p15, p16;
}

/** The value; a class of its own, so that it lies between both. */
abstract class CachePaddedLongValue extends CachePaddedLongFront {
  volatile long value;
}
