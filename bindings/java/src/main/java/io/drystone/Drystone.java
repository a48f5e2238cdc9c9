// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;

/** Facts on the library, and its hash. */
public final class Drystone {
  private Drystone() {}

  /** The version of the native library, as {@code "0.1.0"}. */
  public static String version() {
    return Native.dry_version_string();
  }

  /** The processor level that the native code uses. Results never depend on it. */
  public static String cpuLevel() {
    return Native.dry_cpu_level();
  }

  /** The hash of a key as every language computes it, for a store with that seed. */
  public static long hash(byte[] key, long seed) {
    return Hash.of(key, Hash.premix(seed));
  }

  /** Whether the native library that was found is the one that belongs to these classes. */
  static void requireLibrary(int abi, int version) {
    if (Native.dry_abi_check(abi) != Layout.STATUS_OK || Native.dry_version_number() != version) {
      throw DrystoneException.of(
          Layout.STATUS_VERSION_MISMATCH,
          "the native library is of version " + version() + ", these classes are of another: ABI " + abi + ", " + version);
    }
  }
}
