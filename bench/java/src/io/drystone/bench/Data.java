// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The keys, values and orders that every language's programs use; bench/README.md defines them. */
public final class Data {
  static final int KEY_BYTES = 16;
  static final int VALUE_BYTES = 64;

  /** What the words of a value are. */
  static final int INDEX_WORD = 2;

  static final int STAMP_WORD = 3;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long GAMMA = 0x9e3779b97f4a7c15L;

  final int keys;
  /** One cycle through all keys. */
  final int[] next;

  private final long seed;

  /** SplitMix64. */
  private static final class Random {
    private long state;

    Random(long state) {
      this.state = state;
    }

    int below(int bound) {
      state += GAMMA;
      return (int) Long.remainderUnsigned(mix(state), bound);
    }
  }

  /** Makes the cycle by Sattolo's shuffle, so that a chain of lookups visits every key before it repeats. */
  Data(int keys, long seed) {
    this.keys = keys;
    this.seed = seed;
    next = counted(keys, 0);
    Random random = new Random(seed);
    for (int i = keys - 1; i > 0; i--) {
      swap(next, i, random.below(i));
    }
  }

  /** A random permutation of {@code keys} keys from {@code first} on; each purpose has an order of its own. */
  int[] order(int first, long purpose) {
    return shuffled(keys, first, mix(seed) + purpose);
  }

  /** A random permutation of so many numbers from {@code first} on. */
  public static int[] shuffled(int count, int first, long seed) {
    int[] order = counted(count, first);
    Random random = new Random(seed);
    for (int i = count - 1; i > 0; i--) {
      swap(order, i, random.below(i + 1));
    }
    return order;
  }

  private static int[] counted(int count, int first) {
    int[] list = new int[count];
    Arrays.setAll(list, i -> first + i);
    return list;
  }

  private static void swap(int[] list, int i, int j) {
    int kept = list[i];
    list[i] = list[j];
    list[j] = kept;
  }

  /** The finaliser of SplitMix64: a bijection, so that distinct numbers give distinct keys. */
  public static long mix(long x) {
    x = (x ^ x >>> 30) * 0xbf58476d1ce4e5b9L;
    x = (x ^ x >>> 27) * 0x94d049bb133111ebL;
    return x ^ x >>> 31;
  }

  static byte[] key(long i) {
    byte[] key = new byte[KEY_BYTES];
    putKey(key, i);
    return key;
  }

  private static void putKey(byte[] bytes, long i) {
    LONGS.set(bytes, 0, mix(2 * i + 1));
    LONGS.set(bytes, 8, mix(2 * i + 2));
  }

  /** The value of key {@code i} at a stamp. Keys that are not present at first name themselves as the next one. */
  byte[] value(int i, long stamp) {
    byte[] value = new byte[VALUE_BYTES];
    putKey(value, i < keys ? next[i] : i);
    long[] words = {i, stamp, mix(i + stamp), mix(i + stamp + 1), mix(i + stamp + 2)};
    for (int at = 0; at < words.length; at++) {
      LONGS.set(value, 8 * (INDEX_WORD + at), words[at]);
    }
    LONGS.set(value, VALUE_BYTES - 8, xor(value));
    return value;
  }

  static long word(byte[] value, int at) {
    return (long) LONGS.get(value, 8 * at);
  }

  /** 0 for a value that is whole. */
  static long xor(byte[] value) {
    long sum = 0;
    for (int at = 0; at < VALUE_BYTES / 8; at++) {
      sum ^= word(value, at);
    }
    return sum;
  }
}
