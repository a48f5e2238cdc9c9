// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.pairs;

import io.drystone.Drystone;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The first 8 bytes of every value prove that the rest is whole and belongs to its key. */
final class Stamp {
  static final int BYTES = 8;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Stamp() {}

  /** Puts the stamp in front of the payload, which is there already. */
  static void set(byte[] key, byte[] value) {
    LONGS.set(value, 0, of(key, value, value.length));
  }

  static boolean matches(byte[] key, byte[] value, int size) {
    return size >= BYTES && (long) LONGS.get(value, 0) == of(key, value, size);
  }

  private static long of(byte[] key, byte[] value, int size) {
    return Drystone.hash(Arrays.copyOfRange(value, BYTES, size), Drystone.hash(key, 0));
  }
}
