// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.nio.ByteBuffer;

/** Objects of one size, as Java looks at them: what pools, shared pools and buffer pools have in common. */
final class Cells {
  /** Says where the object of a slot or handle lies; a status negated when it is not taken. */
  interface Finder {
    long find(long key);
  }

  private final Handle handle;
  private final Finder finder;
  private final long objectBytes;

  Cells(Handle handle, Finder finder, long objectBytes) {
    this.handle = handle;
    this.finder = finder;
    this.objectBytes = objectBytes;
  }

  ByteBuffer view(long key) {
    handle.enter();
    try {
      return handle.memory().lend(place(key), (int) objectBytes);
    } finally {
      handle.leave();
    }
  }

  void read(long key, long at, byte[] into, int from, int count) {
    handle.enter();
    try {
      Memory memory = handle.memory();
      long place = place(key, at, into, from, count);
      memory.window(place).get(memory.index(place), into, from, count);
    } finally {
      handle.leave();
    }
  }

  void write(long key, long at, byte[] bytes, int from, int count) {
    handle.enter();
    try {
      Memory memory = handle.memory();
      if (!memory.isWritable()) {
        throw handle.failure(Layout.STATUS_READ_ONLY);
      }
      long place = place(key, at, bytes, from, count);
      memory.window(place).put(memory.index(place), bytes, from, count);
    } finally {
      handle.leave();
    }
  }

  private long place(long key) {
    return handle.number(finder.find(key));
  }

  private long place(long key, long at, byte[] array, int from, int count) {
    long place = place(key);
    handle.checkRange(from, count, array.length);
    if (at < 0 || at > objectBytes - count) {
      throw handle.failure(
          Layout.STATUS_INVALID_ARGUMENT,
          count + " bytes from " + Long.toUnsignedString(at) + " on, of an object of " + objectBytes);
    }
    return place + at;
  }
}
