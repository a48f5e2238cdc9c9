// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

/** Opens the way through JNI that {@link KvReader} only takes where it must, to be measured beside the one in Java. */
public final class NativeReads {
  private NativeReads() {}

  /** As {@link KvReader#getInto(byte[], byte[])}, by a call into C. */
  public static int getInto(KvReader reader, byte[] key, byte[] value) {
    KvPart part = reader.open();
    long size = KvNative.read(part, key, value, null, 0, value.length, null, KvLookup.ATTEMPTS_MAX);
    if (size < 0 && size != KvLookup.NOT_FOUND) {
      throw reader.failure((int) -size, "");
    }
    return size < 0 ? KvReader.ABSENT : (int) size;
  }
}
