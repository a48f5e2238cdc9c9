// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.Set;

/**
 * What an {@link Arena} is made with.
 *
 * @param capacityBytes 1 to 2^46; exact, not rounded
 * @param overflow what happens to a request that has no room
 * @param reserve take address space for all of it at once, and memory as it is used
 * @param commitStepBytes with {@code reserve}: how much memory to take at a time, 4096 to 2^40; 0 stands for 64 KiB, with
 *     huge pages 2 MiB
 * @param flags all but {@link MemoryFlag#TRACK}
 */
public record ArenaOptions(
    long capacityBytes, Overflow overflow, boolean reserve, long commitStepBytes, Set<MemoryFlag> flags) {
  /** Copies the flags. */
  public ArenaOptions {
    flags = Set.copyOf(flags);
  }

  /** That many bytes, and an error when they are used up. */
  public ArenaOptions(long capacityBytes) {
    this(capacityBytes, Overflow.ERROR, false, 0, Set.of());
  }

  /** The same with that policy. */
  public ArenaOptions withOverflow(Overflow policy) {
    return new ArenaOptions(capacityBytes, policy, reserve, commitStepBytes, flags);
  }

  /** The same, with memory taken as it is used, so much at a time; 0 stands for the default. */
  public ArenaOptions withReserve(long stepBytes) {
    return new ArenaOptions(capacityBytes, overflow, true, stepBytes, flags);
  }

  /** The same with those flags. */
  public ArenaOptions withFlags(MemoryFlag... all) {
    return new ArenaOptions(capacityBytes, overflow, reserve, commitStepBytes, Set.of(all));
  }
}
