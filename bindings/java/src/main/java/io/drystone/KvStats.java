// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

/**
 * Facts on a store.
 *
 * @param entries keys in it
 * @param capacity keys it can hold
 * @param dataBytes bytes of all keys and values
 * @param dataCapacityBytes bytes they can take
 * @param version number of the last write
 * @param relocation two more with every compaction and recovery
 * @param sizeBytes of the whole part
 */
public record KvStats(
    long entries,
    long capacity,
    long dataBytes,
    long dataCapacityBytes,
    long version,
    long relocation,
    long sizeBytes) {
  /** How many numbers C fills in, in the order of the components. */
  static final int NUMBERS = 7;

  static KvStats of(long[] n) {
    return new KvStats(n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
  }
}
