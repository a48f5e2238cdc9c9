// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.Set;

/**
 * What a {@link Scratch} is made with.
 *
 * @param capacityBytes 1 to 2^46; 0 stands for 1 MiB
 * @param overflow what happens to a request that has no room
 * @param reserve take address space for all of it at once, and memory as it is used
 * @param flags all but {@link MemoryFlag#TRACK}
 */
public record ScratchOptions(long capacityBytes, Overflow overflow, boolean reserve, Set<MemoryFlag> flags) {
  /** Copies the flags. */
  public ScratchOptions {
    flags = Set.copyOf(flags);
  }

  /** That many bytes, and an error when they are used up. */
  public ScratchOptions(long capacityBytes) {
    this(capacityBytes, Overflow.ERROR, false, Set.of());
  }

  /** The same with that policy. */
  public ScratchOptions withOverflow(Overflow policy) {
    return new ScratchOptions(capacityBytes, policy, reserve, flags);
  }

  /** The same, with memory taken as it is used. */
  public ScratchOptions withReserve() {
    return new ScratchOptions(capacityBytes, overflow, true, flags);
  }

  /** The same with those flags. */
  public ScratchOptions withFlags(MemoryFlag... all) {
    return new ScratchOptions(capacityBytes, overflow, reserve, Set.of(all));
  }
}
