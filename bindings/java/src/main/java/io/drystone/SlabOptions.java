// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.Set;

/**
 * What a {@link Slab} is made with.
 *
 * @param bytes for objects of up to 4096 bytes: 4096 to 2^40, rounded up to pages of 4096
 * @param flags all but {@link MemoryFlag#TRACK}
 */
public record SlabOptions(long bytes, Set<MemoryFlag> flags) {
  /** Copies the flags. */
  public SlabOptions {
    flags = Set.copyOf(flags);
  }

  /** So many bytes. */
  public SlabOptions(long bytes) {
    this(bytes, Set.of());
  }

  /** The same with those flags. */
  public SlabOptions withFlags(MemoryFlag... all) {
    return new SlabOptions(bytes, Set.of(all));
  }
}
