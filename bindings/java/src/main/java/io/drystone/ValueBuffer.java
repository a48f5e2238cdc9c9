// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.Arrays;

/**
 * A buffer that reads reuse: {@link KvReader#getInto(byte[], ValueBuffer)} fills it and lets it grow, so that a loop of
 * lookups allocates nothing once it has met the largest value. For one thread at a time.
 */
public final class ValueBuffer {
  /** The largest array that virtual machines make. */
  static final int ARRAY_BYTES_MAX = Integer.MAX_VALUE - 8;

  private byte[] bytes;
  private int size;
  private long version;
  private int attempts;
  private boolean present;

  /** An empty buffer with that much room to begin with. */
  public ValueBuffer(int capacity) {
    bytes = new byte[capacity];
  }

  /** The array that holds the value, from 0 to {@link #size()}; the next lookup fills it again or replaces it. */
  public byte[] bytes() {
    return bytes;
  }

  /** Whether the last lookup found its key. */
  public boolean isPresent() {
    return present;
  }

  /** Bytes of the value. */
  public int size() {
    return size;
  }

  /** Version of the value. */
  public long version() {
    return version;
  }

  /** How many attempts the lookup took. */
  public int attempts() {
    return attempts;
  }

  /** A copy of the value. */
  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** The value in an array of its size, without a copy where that is how it is held; for a buffer used once. */
  byte[] exact() {
    return size == bytes.length ? bytes : toByteArray();
  }

  /** Room for a value; what was in the array is lost. */
  byte[] room(int needed) {
    if (needed > bytes.length) {
      bytes = new byte[needed];
    }
    return bytes;
  }

  void found(int newSize, long newVersion) {
    size = newSize;
    version = newVersion;
    present = true;
  }

  void empty() {
    size = 0;
    version = 0;
    present = false;
  }

  void attempts(int count) {
    attempts = count;
  }
}
