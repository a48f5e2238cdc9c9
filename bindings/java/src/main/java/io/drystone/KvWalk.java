// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** Walks a store: each native call fills a buffer with as many entries as it holds. For one thread at a time. */
final class KvWalk implements Iterator<Entry> {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final byte[] NO_VALUE = {};

  private final KvReader reader;
  private final boolean withValues;
  /** The cursor, and how many bytes were filled or would be needed. */
  private final long[] state = new long[2];

  private ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
  private boolean ended;

  KvWalk(KvReader reader, boolean withValues) {
    this.reader = reader;
    this.withValues = withValues;
    reader.open();
  }

  @Override
  public boolean hasNext() {
    if (!buffer.hasRemaining() && !ended) {
      fill();
    }
    return !ended;
  }

  @Override
  public Entry next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    byte[] key = new byte[buffer.getInt()];
    int valueBytes = buffer.getInt();
    long version = buffer.getLong();
    buffer.get(key);
    byte[] value = NO_VALUE;
    if (withValues) {
      value = new byte[valueBytes];
      buffer.get(value);
    }
    buffer.position(buffer.position() + 7 & ~7);
    return new Entry(key, value, version);
  }

  private void fill() {
    KvPart part = reader.open();
    try {
      int status = call(part);
      while (status == Layout.STATUS_TOO_LARGE && state[1] <= ValueBuffer.ARRAY_BYTES_MAX) {
        buffer = ByteBuffer.allocateDirect((int) state[1]).order(ByteOrder.LITTLE_ENDIAN);
        status = call(part);
      }
      ended = status == Layout.STATUS_NOT_FOUND;
      if (!ended) {
        reader.check(status);
      }
      buffer.position(0).limit(ended ? 0 : (int) state[1]);
    } finally {
      Reference.reachabilityFence(part);
    }
  }

  private int call(KvPart part) {
    return Native.dryj_kv_next_many(part.address, buffer, withValues ? 1 : 0, state);
  }
}
