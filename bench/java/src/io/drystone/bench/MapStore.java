// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

import java.util.Map;

/** One of Java's own maps. It holds copies, as a store does. */
final class MapStore implements Store {
  private final Map<MapKey, byte[]> map;

  MapStore(Map<MapKey, byte[]> map) {
    this.map = map;
  }

  @Override
  public void insert(Script script, int at) {
    if (map.putIfAbsent(script.mapKeys[at], script.values[at].clone()) != null) {
      throw new IllegalStateException("a key was there before it was inserted");
    }
  }

  @Override
  public void update(Script script, int at) {
    if (map.put(script.mapKeys[at], script.values[at].clone()) == null) {
      throw new IllegalStateException("a key was not there to be updated");
    }
  }

  @Override
  public void delete(Script script, int at) {
    if (map.remove(script.mapKeys[at]) == null) {
      throw new IllegalStateException("a key was not there to be deleted");
    }
  }

  @Override
  public boolean get(Script script, int at, byte[] value) {
    return copy(map.get(script.mapKeys[at]), value);
  }

  @Override
  public boolean get(byte[] key, byte[] value) {
    return copy(map.get(new MapKey(key)), value);
  }

  private static boolean copy(byte[] found, byte[] value) {
    if (found == null) {
      return false;
    }
    System.arraycopy(found, 0, value, 0, Data.VALUE_BYTES);
    return true;
  }

  @Override
  public void close() {
    map.clear();
  }
}
