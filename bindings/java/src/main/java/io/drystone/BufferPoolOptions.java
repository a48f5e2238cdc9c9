// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.Set;

/**
 * What a {@link BufferPool} is made with.
 *
 * @param elementBytes 1 and up; a block has at most 2^30 bytes
 * @param elements of a block, 1 and up
 * @param blocks 1 to 2^30
 * @param alignBytes a power of two up to 4096; 0 stands for what the elements need; 64 for SIMD
 * @param flags any
 */
public record BufferPoolOptions(
    long elementBytes, long elements, long blocks, long alignBytes, Set<MemoryFlag> flags) {
  /** Copies the flags. */
  public BufferPoolOptions {
    flags = Set.copyOf(flags);
  }

  /** So many blocks of so many elements of that size. */
  public BufferPoolOptions(long elementBytes, long elements, long blocks) {
    this(elementBytes, elements, blocks, 0, Set.of());
  }

  /** The same with that alignment. */
  public BufferPoolOptions withAlign(long bytes) {
    return new BufferPoolOptions(elementBytes, elements, blocks, bytes, flags);
  }

  /** The same with those flags. */
  public BufferPoolOptions withFlags(MemoryFlag... all) {
    return new BufferPoolOptions(elementBytes, elements, blocks, alignBytes, Set.of(all));
  }
}
