// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class KvLookupTest {
  @Test
  void zeroBytesNamesExactlyTheBytesThatAreZero() {
    Random random = Stores.random("KvLookupTest");
    byte[] often = {0, 0, 0, 1, -1, 127, -128, 2};
    for (int round = 0; round < 100_000; round++) {
      long word = 0;
      long expected = 0;
      for (int i = 0; i < 8; i++) {
        long b = (random.nextInt(4) == 0 ? random.nextInt() : often[random.nextInt(often.length)]) & 0xff;
        word |= b << 8 * i;
        expected |= b == 0 ? 0x80L << 8 * i : 0;
      }
      assertEquals(expected, KvLookup.zeroBytes(word), Long.toHexString(word));
    }
  }

  /** Lookups combine the sizes from one word. */
  @Test
  void theSizesOfABlockAreOneAlignedWord() {
    assertEquals(Layout.OFF_KV_BLOCK_VALUE_BYTES + 4, Layout.OFF_KV_BLOCK_KEY_BYTES);
    assertEquals(0, Layout.OFF_KV_BLOCK_VALUE_BYTES % 8);
    assertEquals(Layout.KV_GROUP_SLOTS + 1, Layout.KV_GROUP_CONTROL_BYTES);
    assertEquals(Layout.KV_GROUP_SLOTS * 8, Layout.KV_GROUP_SLOT_BYTES);
    assertEquals(Layout.SIZE_KV_BLOCK, Layout.KV_BLOCK_HEADER_BYTES);
    assertTrue(Layout.KV_BLOCK_BYTES_MIN >= Layout.KV_BLOCK_HEADER_BYTES + 16);
  }
}
