// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The header, the marks and the stack of a plain pool in private memory, worked with in Java as drystone/inline/pool.h does
 * in C, which costs less than crossing over to it. What is not the plain case is told apart, and left to C.
 *
 * <p>Whoever calls has entered the pool's handle, which keeps others out and the memory mapped. Every access is checked
 * against the buffer's end.
 */
final class PoolBooks {
  static final int NONE = -1;

  private final ByteBuffer books;
  private final int capacity;
  private final int stack;

  private PoolBooks(ByteBuffer books) {
    this.books = books;
    capacity = books.getInt(Layout.OFF_POOL_HEADER_CAPACITY);
    stack = (int) books.getLong(Layout.OFF_POOL_HEADER_STACK_OFFSET);
  }

  /** Null where the pool is not plain, or too large for a buffer. */
  static PoolBooks of(long address) {
    ByteBuffer books = Native.dryj_pool_books(address);
    return books == null ? null : new PoolBooks(books.order(ByteOrder.nativeOrder()));
  }

  private static int mark(int slot) {
    return Layout.POOL_HEADER_BYTES + slot;
  }

  /** Takes the slot that was released last, else the next one that was never taken; {@link #NONE}: that is C's affair. */
  int take() {
    int top = books.getInt(Layout.OFF_POOL_HEADER_FREE_COUNT) - 1;
    if (top < 0) {
      return takeFresh();
    }
    int slot = books.getInt(stack + top * Integer.BYTES);
    books.put(mark(slot), (byte) Layout.POOL_SLOT_TAKEN);
    books.putInt(Layout.OFF_POOL_HEADER_FREE_COUNT, top);
    return slot;
  }

  private int takeFresh() {
    int slot = books.getInt(Layout.OFF_POOL_HEADER_FRESH);
    if (slot < 0 || slot >= capacity || books.get(mark(slot)) != Layout.POOL_SLOT_FREE) {
      return NONE;
    }
    books.put(mark(slot), (byte) Layout.POOL_SLOT_TAKEN);
    books.putInt(Layout.OFF_POOL_HEADER_FRESH, slot + 1);
    return slot;
  }

  /** Gives a slot back: false, and nothing has changed, when it is not taken. */
  boolean give(int slot) {
    if (!isTaken(slot)) {
      return false;
    }
    int count = books.getInt(Layout.OFF_POOL_HEADER_FREE_COUNT);
    books.putInt(stack + count * Integer.BYTES, slot);
    books.putInt(Layout.OFF_POOL_HEADER_FREE_COUNT, count + 1);
    books.put(mark(slot), (byte) Layout.POOL_SLOT_FREE);
    return true;
  }

  boolean isTaken(int slot) {
    return slot >= 0 && slot < capacity && books.get(mark(slot)) == Layout.POOL_SLOT_TAKEN;
  }
}
