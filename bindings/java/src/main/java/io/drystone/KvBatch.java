// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.util.Arrays;

/** One native call for many keys: they go in one array, and the values come back in another, at equal distances. */
final class KvBatch {
  static final int KEYS_MAX = 256;

  private static final int NUMBERS_A_RESULT = 3;

  private final KvReader reader;
  private final byte[][] keys;
  private final int from;
  private final int count;
  private final int stride;
  private final byte[] values;
  /** Size, version and status of each. */
  private final long[] results;

  /** Looks up to {@link #KEYS_MAX} keys up, from {@code from} on. */
  KvBatch(KvReader reader, KvPart part, byte[][] keys, int from) {
    this.reader = reader;
    this.keys = keys;
    this.from = from;
    count = Math.min(keys.length - from, KEYS_MAX);
    stride = part.usualBytes;
    values = new byte[count * stride];
    results = new long[count * NUMBERS_A_RESULT];
    int[] ends = ends();
    reader.check(Native.dryj_kv_get_many(part.address, packed(ends), ends, stride, values, results));
    long largest = 0;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, size(i));
    }
    if (largest > stride) {
      part.usualBytes = (int) Math.min(largest, KvPart.USUAL_BYTES_MAX);
    }
  }

  private int[] ends() {
    int[] ends = new int[count];
    int end = 0;
    for (int i = 0; i < count; i++) {
      end += keys[from + i].length;
      ends[i] = end;
    }
    return ends;
  }

  private byte[] packed(int[] ends) {
    byte[] packed = new byte[ends[count - 1]];
    for (int i = 0; i < count; i++) {
      byte[] key = keys[from + i];
      System.arraycopy(key, 0, packed, ends[i] - key.length, key.length);
    }
    return packed;
  }

  int count() {
    return count;
  }

  private long size(int i) {
    return results[NUMBERS_A_RESULT * i];
  }

  private long version(int i) {
    return results[NUMBERS_A_RESULT * i + 1];
  }

  private int status(int i) {
    return (int) results[NUMBERS_A_RESULT * i + 2];
  }

  /** What was found for key {@code i} of the batch, or null. */
  Versioned versioned(int i) {
    return switch (status(i)) {
      case Layout.STATUS_OK -> {
        int at = i * stride;
        yield new Versioned(Arrays.copyOfRange(values, at, at + (int) size(i)), version(i));
      }
      case Layout.STATUS_NOT_FOUND -> null;
      case Layout.STATUS_TOO_LARGE -> reader.getVersioned(keys[from + i]); // larger than what is usual
      default -> throw reader.failure(status(i), "");
    };
  }

  /** The same into a buffer; false when the key is absent. */
  boolean copyTo(int i, ValueBuffer buffer) {
    switch (status(i)) {
      case Layout.STATUS_OK -> {
        int size = (int) size(i);
        System.arraycopy(values, i * stride, buffer.room(size), 0, size);
        buffer.found(size, version(i));
        buffer.attempts(1);
        return true;
      }
      case Layout.STATUS_NOT_FOUND -> {
        buffer.empty();
        return false;
      }
      case Layout.STATUS_TOO_LARGE -> {
        return reader.getInto(keys[from + i], buffer);
      }
      default -> throw reader.failure(status(i), "");
    }
  }
}
