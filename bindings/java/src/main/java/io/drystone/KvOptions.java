// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;

/**
 * What a store is made with.
 *
 * @param entries how many keys it can hold
 * @param bytes how many bytes all keys and values can take together
 * @param seeded whether {@code seed} is used; else the seed is random
 * @param seed of the key hash
 */
public record KvOptions(long entries, long bytes, boolean seeded, long seed) {
  /** Room for that many entries of together that many bytes, with a random seed. */
  public KvOptions(long entries, long bytes) {
    this(entries, bytes, false, 0);
  }

  /** The same with a seed, so that equal writes give equal bytes. */
  public KvOptions withSeed(long value) {
    return new KvOptions(entries, bytes, true, value);
  }

  /** How many bytes the part takes; a region also needs room for its header and directory. */
  public long requiredBytes() {
    long[] bytesOut = new long[1];
    int status = Native.dryj_kv_required_bytes(entries, bytes, bytesOut);
    if (status != Layout.STATUS_OK) {
      throw DrystoneException.of(
          status, "entries " + Long.toUnsignedString(entries) + ", bytes " + Long.toUnsignedString(bytes));
    }
    return bytesOut[0];
  }
}
