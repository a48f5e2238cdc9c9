// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The tree of an index map in private memory, worked with in Java; see {@link PoolBooks}, and index_map.h for the words: a
 * bit of {@code full} says that all bits of the word below are set, and one of {@code any} that one is. Nobody looks on, so
 * the order of the stores does not matter, and no change is announced.
 */
final class IndexBooks {
  private static final int FAN_LOG2 = 6;
  private static final long ALL = -1;

  private final ByteBuffer books;
  private final int capacity;
  private final int height;

  /** Where the words of each level begin: leaves, then {@code full} upwards; and {@code any}. */
  private final int[] full = new int[Layout.INDEX_MAP_LEVELS];

  private final int[] any = new int[Layout.INDEX_MAP_LEVELS];

  private IndexBooks(ByteBuffer books, long[] numbers) {
    this.books = books.order(ByteOrder.nativeOrder());
    capacity = books.getInt(Layout.OFF_INDEX_MAP_HEADER_CAPACITY);
    height = (int) numbers[0];
    for (int level = 0; level < Layout.INDEX_MAP_LEVELS; level++) {
      full[level] = (int) numbers[1 + level];
      any[level] = (int) numbers[1 + Layout.INDEX_MAP_LEVELS + level];
    }
  }

  static IndexBooks of(long address) {
    long[] numbers = new long[1 + 2 * Layout.INDEX_MAP_LEVELS];
    ByteBuffer books = Native.dryj_index_map_books(address, numbers);
    return books == null ? null : new IndexBooks(books, numbers);
  }

  private long word(int words, int at) {
    return books.getLong(words + at * Long.BYTES);
  }

  private void setWord(int words, int at, long word) {
    books.putLong(words + at * Long.BYTES, word);
  }

  /** The bits of a leaf that stand for an index. */
  private long valid(int leaf) {
    int last = capacity - 1;
    return leaf < last >> FAN_LOG2 ? ALL : ALL >>> (63 - (last & 63));
  }

  /** Takes the lowest free index; {@link PoolBooks#NONE}: that is C's affair. */
  int take() {
    int at = 0;
    for (int level = height - 1; level > 0; level--) {
      long ways = ~word(full[level], at);
      if (ways == 0) {
        return PoolBooks.NONE;
      }
      at = (at << FAN_LOG2) + Long.numberOfTrailingZeros(ways);
    }
    long word = word(full[0], at);
    long valid = valid(at);
    long free = ~word & valid;
    if (free == 0) {
      return PoolBooks.NONE;
    }
    long bit = Long.lowestOneBit(free);
    if (word == 0) {
      setAny(at);
    }
    setWord(full[0], at, word | bit);
    if (free == bit) {
      setFull(at);
    }
    count(1);
    return (at << FAN_LOG2) + Long.numberOfTrailingZeros(bit);
  }

  /** Gives an index back: false, and nothing has changed, when it is free. */
  boolean give(int index) {
    if (!isTaken(index)) {
      return false;
    }
    int at = index >> FAN_LOG2;
    long word = word(full[0], at);
    long left = word & ~(1L << index);
    if ((~word & valid(at)) == 0) {
      clearFull(at);
    }
    setWord(full[0], at, left);
    if (left == 0) {
      clearAny(at);
    }
    count(-1);
    return true;
  }

  boolean isTaken(int index) {
    return isIndex(index) && (word(full[0], index >> FAN_LOG2) >>> index & 1) != 0;
  }

  boolean isIndex(int index) {
    return index >= 0 && index < capacity;
  }

  private void count(int by) {
    books.putInt(Layout.OFF_INDEX_MAP_HEADER_IN_USE, books.getInt(Layout.OFF_INDEX_MAP_HEADER_IN_USE) + by);
  }

  // ---- above a leaf: its bit's number on a level, in the word of the number shifted once more

  private void setAny(int leaf) {
    for (int level = 1, number = leaf; level < height; level++, number >>= FAN_LOG2) {
      setWord(any[level], number >> FAN_LOG2, word(any[level], number >> FAN_LOG2) | 1L << number);
    }
  }

  private void clearAny(int leaf) {
    for (int level = 1, number = leaf; level < height; level++, number >>= FAN_LOG2) {
      long left = word(any[level], number >> FAN_LOG2) & ~(1L << number);
      setWord(any[level], number >> FAN_LOG2, left);
      if (left != 0) {
        return;
      }
    }
  }

  private void setFull(int leaf) {
    for (int level = 1, number = leaf; level < height; level++, number >>= FAN_LOG2) {
      long now = word(full[level], number >> FAN_LOG2) | 1L << number;
      setWord(full[level], number >> FAN_LOG2, now);
      if (now != ALL) {
        return;
      }
    }
  }

  private void clearFull(int leaf) {
    for (int level = 1, number = leaf; level < height; level++, number >>= FAN_LOG2) {
      setWord(full[level], number >> FAN_LOG2, word(full[level], number >> FAN_LOG2) & ~(1L << number));
    }
  }
}
