// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The key hash of the stored format, multiply-and-fold in the manner of wyhash; dry_kv_hash is its definition. */
final class Hash {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long S0 = 0xa0761d6478bd642fL;
  private static final long S1 = 0xe7037ed1a0b428dbL;

  private Hash() {}

  /** What depends on the seed alone. */
  static long premix(long seed) {
    return seed ^ mix(seed ^ S0, S1);
  }

  /** The hash of a key; {@code state} is {@link #premix} of the seed. */
  static long of(byte[] key, long state) {
    int n = key.length;
    long a = 0;
    long b = 0;
    if (n > 16) {
      int at = 0;
      int left = n;
      do {
        state = mix(word(key, at) ^ S1, word(key, at + 8) ^ state);
        at += 16;
        left -= 16;
      } while (left > 16);
      a = word(key, n - 16);
      b = word(key, n - 8);
    } else if (n >= 8) {
      a = word(key, 0);
      b = word(key, n - 8);
    } else if (n >= 4) {
      a = Integer.toUnsignedLong((int) INTS.get(key, 0));
      b = Integer.toUnsignedLong((int) INTS.get(key, n - 4));
    } else if (n > 0) {
      a = (key[0] & 0xffL) << 16 | (key[n >> 1] & 0xffL) << 8 | (key[n - 1] & 0xffL);
    }
    return mix(S1 ^ n, mix(a ^ S1, b ^ state));
  }

  private static long word(byte[] key, int at) {
    return (long) LONGS.get(key, at);
  }

  /** Both halves of the unsigned product, folded. */
  private static long mix(long a, long b) {
    // multiplyHigh is signed: each negative factor took 2^64 times the other one too much off.
    long high = Math.multiplyHigh(a, b) + ((a >> 63) & b) + ((b >> 63) & a);
    return a * b ^ high;
  }
}
