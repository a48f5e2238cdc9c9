// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.util.Arrays;
import java.util.List;

/** One native call for many keys: they go in one array, and the values come back in another, at equal distances. */
final class KvBatch {
  static final int KEYS_MAX = 256;

  private final KvReader reader;
  private final KvPart part;
  private final List<byte[]> keys;
  private final int stride;
  private final byte[] values;
  private final long[] sizes;
  private final long[] versions;
  private final int[] statuses;

  KvBatch(KvReader reader, KvPart part, List<byte[]> keys) {
    this.reader = reader;
    this.part = part;
    this.keys = keys;
    int count = keys.size();
    stride = part.usualBytes;
    values = new byte[count * stride];
    sizes = new long[count];
    versions = new long[count];
    statuses = new int[count];
  }

  /** Fills {@code found} from {@code at} on. */
  void run(Versioned[] found, int at) {
    int[] ends = ends();
    reader.check(
        Native.dryj_kv_get_many(part.address, packed(ends), ends, stride, values, sizes, versions, statuses));
    long largest = 0;
    for (int i = 0; i < statuses.length; i++) {
      found[at + i] = result(i);
      largest = Math.max(largest, sizes[i]);
    }
    if (largest > stride) {
      part.usualBytes = (int) Math.min(largest, KvPart.USUAL_BYTES_MAX);
    }
  }

  private int[] ends() {
    int[] ends = new int[keys.size()];
    int end = 0;
    for (int i = 0; i < ends.length; i++) {
      end += keys.get(i).length;
      ends[i] = end;
    }
    return ends;
  }

  private byte[] packed(int[] ends) {
    byte[] packed = new byte[ends[ends.length - 1]];
    for (int i = 0; i < ends.length; i++) {
      byte[] key = keys.get(i);
      System.arraycopy(key, 0, packed, ends[i] - key.length, key.length);
    }
    return packed;
  }

  private Versioned result(int i) {
    return switch (statuses[i]) {
      case Layout.STATUS_OK -> {
        int from = i * stride;
        yield new Versioned(Arrays.copyOfRange(values, from, from + (int) sizes[i]), versions[i]);
      }
      case Layout.STATUS_NOT_FOUND -> null;
      case Layout.STATUS_TOO_LARGE -> reader.getVersioned(keys.get(i)); // larger than what is usual
      default -> throw reader.failure(statuses[i], "");
    };
  }
}
