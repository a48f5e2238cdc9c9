// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Facts on a {@link Slab}.
 *
 * @param inUse objects of all classes; those from the heap are apart
 * @param fallbacks requests served from the heap since creation
 * @param fallbacksInUse of those, the ones that were not given back
 * @param failures requests that failed for want of room or memory
 * @param pages that there are
 * @param freePages that no class has
 * @param classes the smallest first
 * @param granted what was asked for and is in force
 * @param refused what was asked for and is not
 */
public record SlabStats(
    long inUse,
    long fallbacks,
    long fallbacksInUse,
    long failures,
    long pages,
    long freePages,
    List<SizeClass> classes,
    Set<MemoryFlag> granted,
    Set<MemoryFlag> refused) {
  /**
   * Facts on one class of sizes.
   *
   * @param sizeBytes of its objects
   * @param inUse objects that are taken
   * @param pages that it has
   */
  public record SizeClass(long sizeBytes, long inUse, long pages) {}

  private static final int NUMBERS_OF_ALL = 6;
  private static final int NUMBERS_A_CLASS = 3;

  /** How many numbers C fills in. */
  static final int NUMBERS = NUMBERS_OF_ALL + NUMBERS_A_CLASS * Layout.SLAB_CLASSES;

  static SlabStats of(long[] n, long fallbacks, long fallbacksInUse, long fallbacksFailed) {
    List<SizeClass> classes = new ArrayList<>();
    for (int i = NUMBERS_OF_ALL; i < NUMBERS; i += NUMBERS_A_CLASS) {
      classes.add(new SizeClass(n[i], n[i + 1], n[i + 2]));
    }
    return new SlabStats(
        n[0], fallbacks, fallbacksInUse, n[1] + fallbacksFailed, n[2], n[3], List.copyOf(classes),
        MemoryFlag.of(n[4]), MemoryFlag.of(n[5]));
  }
}
