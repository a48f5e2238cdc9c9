// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

import java.util.Arrays;

/** Bytes as a key of Java's maps, which take arrays by identity. */
final class MapKey {
  private final byte[] bytes;

  MapKey(byte[] bytes) {
    this.bytes = bytes;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MapKey key && Arrays.equals(bytes, key.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }
}
