// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The cursor of an arena or a scratch, moved in Java as drystone/inline/arena.h does in C; see {@link PoolBooks}. */
final class Cursor {
  static final long NONE = -1;

  private static final int NEXT = 0;
  private static final int END = 8;
  private static final int ALLOCATIONS = 16;

  private final ByteBuffer cursor;
  private final long base;

  Cursor(ByteBuffer cursor, long base) {
    this.cursor = cursor.order(ByteOrder.nativeOrder());
    this.base = base;
  }

  /** Takes bytes, and answers their distance from the base; {@link #NONE}: that is C's affair. */
  long take(long bytes, long align) {
    long mask = align - 1;
    if (bytes <= 0 || mask < 0 || mask >= Layout.ARENA_ALIGN_MAX || (mask & align) != 0) {
      return NONE;
    }
    long at = (cursor.getLong(NEXT) + mask) & ~mask;
    long behind = at + bytes;
    if (Long.compareUnsigned(behind, cursor.getLong(END)) > 0) {
      return NONE;
    }
    cursor.putLong(NEXT, behind);
    cursor.putLong(ALLOCATIONS, cursor.getLong(ALLOCATIONS) + 1);
    return at - base;
  }
}
