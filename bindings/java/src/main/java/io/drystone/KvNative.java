// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.nio.ByteBuffer;

/** {@link KvLookup#read} through C: for reads that verify checksums, and for blocks that no window holds. */
final class KvNative {
  private KvNative() {}

  static long read(
      KvPart part, byte[] key, byte[] into, ByteBuffer buffer, int at, long room, ValueBuffer holder, int attemptsMax) {
    if (buffer != null) {
      return readToBuffer(part, key, buffer, at, (int) room, attemptsMax);
    }
    long[] numbers = new long[3];
    if (into == null) {
      // Nothing is copied; that the value has no room only says that it is there.
      long result = result(Native.dryj_kv_try_get(part.address, key, null, 0, 0, attemptsMax, numbers), numbers);
      return result >= KvLookup.TOO_LARGE ? numbers[0] : result;
    }
    while (true) {
      int status = Native.dryj_kv_try_get(part.address, key, into, at, (int) room, attemptsMax, numbers);
      if (holder == null) {
        return result(status, numbers);
      }
      if (status != Layout.STATUS_TOO_LARGE || numbers[0] > ValueBuffer.ARRAY_BYTES_MAX) {
        holder.attempts((int) numbers[2]);
        if (status == Layout.STATUS_OK) {
          holder.found((int) numbers[0], numbers[1]);
        }
        return result(status, numbers);
      }
      into = holder.room((int) numbers[0]);
      room = into.length;
    }
  }

  private static long readToBuffer(KvPart part, byte[] key, ByteBuffer buffer, int at, int room, int attemptsMax) {
    byte[] copy = new byte[room];
    long result = read(part, key, copy, null, 0, room, null, attemptsMax);
    if (result >= 0 && result < KvLookup.TOO_LARGE) {
      buffer.put(at, copy, 0, (int) result);
    }
    return result;
  }

  private static long result(int status, long[] numbers) {
    return switch (status) {
      case Layout.STATUS_OK -> numbers[0];
      case Layout.STATUS_TOO_LARGE -> numbers[0] | KvLookup.TOO_LARGE;
      default -> -status;
    };
  }
}
