// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;

/** The native side of a store that is open for writing. Every call is made while {@link RegionHandle#writes} is held. */
final class WriterHandle {
  final long address;

  /** Where C puts the version of a write. */
  final long[] version = new long[1];

  private WriterHandle(long address) {
    this.address = address;
  }

  /** Takes a native handle over. */
  static WriterHandle own(long address, Object writes) {
    WriterHandle handle = new WriterHandle(address);
    RegionHandle.CLEANER.register(handle, () -> {
      // Closing tells the region that the store has no writer, which must not meet another change.
      synchronized (writes) {
        Native.dryj_kv_writer_free(address);
      }
    });
    return handle;
  }
}
