// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import io.drystone.Region;
import io.drystone.conformance.World.OpenRegion;
import java.math.BigInteger;

/** A block that lies in private memory, or is a part of a region. */
abstract class OpenPart implements World.Bound {
  private static final BigInteger LARGEST_SLOT = BigInteger.ONE.shiftLeft(32).subtract(BigInteger.ONE);

  private final OpenRegion region;
  boolean closed;

  /** {@code region} is null for private memory. */
  OpenPart(OpenRegion region) {
    this.region = region;
  }

  /**
   * Whether a call comes to its arguments, which are then checked for what the library cannot be given. Else the library
   * is asked with whatever fits, and has to say why it refuses.
   */
  final boolean readsArguments(Step step) {
    if (closed || region != null && region.closed) {
      return false;
    }
    step.refuseNegative();
    return true;
  }

  /** The same for a call that changes something. */
  final boolean changesByArguments(Step step) {
    boolean readOnly = region != null && region.mode == Region.Mode.READ;
    return !readOnly && readsArguments(step);
  }

  /** The number of a slot or index, of 32 bits. */
  static int number(Step step, String name, String codeWhenTooLarge) {
    if (step.integer(name).compareTo(LARGEST_SLOT) > 0) {
      throw new Failure(codeWhenTooLarge);
    }
    return (int) step.bits(name);
  }

  /** The region that a part is made in, or null; negative arguments are refused unless it is closed. */
  static OpenRegion regionToMakeIn(World world, Step step) {
    OpenRegion region = step.in == null ? null : world.region(step.in);
    if (region == null || !region.closed) {
      step.refuseNegative();
    }
    return region;
  }
}
