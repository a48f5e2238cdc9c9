// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

import java.util.Arrays;

/** Keys, and values where they are written, made before the clock starts, in the order of their use. */
final class Script {
  final int[] index;
  final byte[][] keys;
  /** The keys as maps take them, where the subject is one. */
  final MapKey[] mapKeys;

  byte[][] values;

  Script(int[] index, boolean forMaps) {
    this.index = index;
    keys = new byte[index.length][];
    Arrays.setAll(keys, at -> Data.key(index[at]));
    mapKeys = forMaps ? new MapKey[index.length] : new MapKey[0];
    Arrays.setAll(mapKeys, at -> new MapKey(keys[at]));
  }

  Script withValues(Data data, long stamp) {
    if (values == null) {
      values = new byte[index.length][];
    }
    Arrays.setAll(values, at -> data.value(index[at], stamp));
    return this;
  }

  /** What the index words of the values read add up to after that many lookups, which went round the script. */
  long indexSum(long count) {
    long round = 0;
    long rest = 0;
    for (int at = 0; at < index.length; at++) {
      round += index[at];
      rest += at < count % index.length ? index[at] : 0;
    }
    return round * (count / index.length) + rest;
  }
}
