// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.drystone.internal.Native;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HashTest {
  @Test
  void equalsTheOneInCForEveryLength() {
    Random random = Stores.random("HashTest");
    for (int size = 0; size <= 200; size++) {
      for (int round = 0; round < 20; round++) {
        byte[] key = Stores.randomBytes(random, size);
        long seed = random.nextLong();
        assertEquals(Native.dry_kv_hash(key, seed), Drystone.hash(key, seed), "size " + size + ", seed " + seed);
      }
    }
  }

  @Test
  void equalsTheOneInCForExtremeBytes() {
    for (int size : new int[] {1, 3, 4, 8, 15, 16, 17, 32, 33, 65535}) {
      for (byte fill : new byte[] {0, -1, 0x7f, (byte) 0x80}) {
        byte[] key = new byte[size];
        java.util.Arrays.fill(key, fill);
        for (long seed : new long[] {0, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
          assertEquals(Native.dry_kv_hash(key, seed), Drystone.hash(key, seed));
        }
      }
    }
  }

  @Test
  void dependsOnTheSeed() {
    assertNotEquals(Drystone.hash(Stores.bytes("key"), 1), Drystone.hash(Stores.bytes("key"), 2));
  }
}
