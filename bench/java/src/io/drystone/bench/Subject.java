// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

import java.util.HashMap;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;

/** The kinds of stores; drystone comes first. */
enum Subject {
  DRYSTONE,
  /** Every read by a call into C, to show what reading in Java saves. */
  DRYSTONE_JNI,
  HASH_MAP,
  CONCURRENT_HASH_MAP;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  boolean isMap() {
    return this == HASH_MAP || this == CONCURRENT_HASH_MAP;
  }

  /** With room for all keys from the start, so that no table grows while it is measured. */
  Store make(int keys, boolean prefault) {
    return switch (this) {
      case DRYSTONE -> new DrystoneStore(keys, prefault, false);
      case DRYSTONE_JNI -> new DrystoneStore(keys, prefault, true);
      case HASH_MAP -> new MapStore(new HashMap<>((int) Math.min(keys * 4L / 3 + 1, 1 << 30)));
      case CONCURRENT_HASH_MAP -> new MapStore(new ConcurrentHashMap<>(keys));
    };
  }
}
