// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.nio.charset.StandardCharsets;

/**
 * A part of a region.
 *
 * @param name as given when it was made
 * @param kind what it holds: {@code "kv"}, {@code "pool"}, {@code "shared_pool"} or {@code "index_map"}
 * @param offset from the start of the region, in bytes
 * @param sizeBytes of the part
 */
public record PartInfo(String name, String kind, long offset, long sizeBytes) {
  /** How many numbers C fills in: offset, size, kind, format, bytes of the name. */
  static final int NUMBERS = 5;

  static PartInfo of(long[] n, byte[] text) {
    String kind = kind(n[2]);
    return new PartInfo(new String(text, 0, (int) n[4], StandardCharsets.UTF_8), kind, n[0], n[1]);
  }

  private static String kind(long number) {
    return switch ((int) number) {
      case Layout.PART_KV -> "kv";
      case Layout.PART_POOL -> "pool";
      case Layout.PART_INDEX_MAP -> "index_map";
      case Layout.PART_SHARED_POOL -> "shared_pool";
      default -> "kind " + number;
    };
  }
}
