// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

/**
 * Facts on an open region.
 *
 * @param sizeBytes of the whole region
 * @param usedBytes header, directory and parts; the rest is free for new parts
 * @param epoch one more with every writer that opens it
 * @param creationIdLow first half of a random number that tells regions of one name apart
 * @param creationIdHigh second half
 * @param kind where its bytes are
 * @param mode what it is open for
 * @param parts how many it has
 * @param partCapacity how many it can have
 * @param hugePages whether huge pages were asked for and granted
 * @param sealed whether it is a saved image that nobody has written to since
 */
public record RegionStats(
    long sizeBytes,
    long usedBytes,
    long epoch,
    long creationIdLow,
    long creationIdHigh,
    Region.Kind kind,
    Region.Mode mode,
    int parts,
    int partCapacity,
    boolean hugePages,
    boolean sealed) {
  /** How many numbers C fills in, in the order of the components. */
  static final int NUMBERS = 11;

  static RegionStats of(long[] n) {
    return new RegionStats(
        n[0], n[1], n[2], n[3], n[4], Region.Kind.of(n[5]), Region.Mode.of(n[6]), (int) n[7], (int) n[8], n[9] != 0,
        n[10] != 0);
  }
}
