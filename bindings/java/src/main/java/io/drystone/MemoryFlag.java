// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.EnumSet;
import java.util.Set;

/**
 * What may be asked of the memory of a block. What the system refuses is done without, and the block's statistics say so;
 * with {@link #REQUIRED} it is {@link DrystoneException.Unsupported} instead.
 *
 * <p>With the system property {@code drystone.checked=true} {@link #GUARDED} and {@link #TRACK} are asked for wherever they
 * can be.
 */
public enum MemoryFlag {
  /** Touch every page now: no later call pays for a first touch, which is 20 ns for 64 bytes. */
  PREFAULT(Layout.MEMORY_PREFAULT),
  /** Transparent huge pages; they pay from some 2 MiB of data on that is visited at random. */
  HUGE_PAGES(Layout.MEMORY_HUGE_PAGES),
  /** Pages on the memory node of the thread that makes the block; implies the first touch now. */
  NUMA_LOCAL(Layout.MEMORY_NUMA_LOCAL),
  /** What is asked for and refused is an error. */
  REQUIRED(Layout.MEMORY_REQUIRED),
  /** Canaries around objects, poison in free ones: damage is found at release, at reuse and by {@code validate}. */
  GUARDED(Layout.MEMORY_GUARDED),
  /** Objects are overwritten with zeros when they are given back; with {@link #GUARDED}, zeros when they are taken again. */
  WIPE(Layout.MEMORY_WIPE),
  /** Remember where each object was taken, for {@link Pool#leaks}; in private memory only. */
  TRACK(Layout.MEMORY_TRACK);

  static final boolean CHECKED = Boolean.getBoolean("drystone.checked");

  final int bit;

  MemoryFlag(int bit) {
    this.bit = bit;
  }

  static int bits(Set<MemoryFlag> flags) {
    int bits = 0;
    for (MemoryFlag flag : flags) {
      bits |= flag.bit;
    }
    return bits;
  }

  /** With those that a checked run asks for by itself. */
  static int bits(Set<MemoryFlag> flags, MemoryFlag... whenChecked) {
    return bits(flags) | (CHECKED ? bits(Set.of(whenChecked)) : 0);
  }

  /** Those that have their bit in what C tells. */
  static Set<MemoryFlag> of(long bits) {
    EnumSet<MemoryFlag> flags = EnumSet.noneOf(MemoryFlag.class);
    for (MemoryFlag flag : values()) {
      if ((bits & flag.bit) != 0) {
        flags.add(flag);
      }
    }
    return Set.copyOf(flags);
  }
}
