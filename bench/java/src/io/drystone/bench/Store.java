// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

/** What is measured: a store with room for all keys. What fails throws. */
interface Store extends AutoCloseable {
  /** How many keys {@link #getMany} takes. */
  int BATCH = 32;

  void insert(Script script, int at);

  void update(Script script, int at);

  void delete(Script script, int at);

  /** Copies the value into {@code value}. */
  boolean get(Script script, int at, byte[] value);

  /** The same for a key that is not known beforehand. */
  boolean get(byte[] key, byte[] value);

  /** Copies the values of {@link #BATCH} keys, and says how many were there; -1: it cannot do that. */
  default int getMany(Script script, int at, byte[][] values) {
    return -1;
  }

  /** How often reads had to start again; -1: unknown. */
  default long retries() {
    return -1;
  }

  /** 0: unknown. */
  default long bytes() {
    return 0;
  }

  @Override
  void close();
}
