// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SlabTest {
  @Test
  void aRequestGetsTheSmallestClassThatHoldsIt() {
    try (Slab slab = Slab.create(1 << 20)) {
      assertEquals(8, slab.usableBytes(slab.alloc(1)));
      assertEquals(16, slab.usableBytes(slab.alloc(9)));
      assertEquals(4096, slab.usableBytes(slab.alloc(2049)));
      assertThrows(DrystoneException.InvalidArgument.class, () -> slab.alloc(0));
      SlabStats stats = slab.stats();
      assertEquals(3, stats.inUse());
      assertEquals(256, stats.pages());
      assertEquals(253, stats.freePages());
      assertEquals(10, stats.classes().size());
      assertEquals(new SlabStats.SizeClass(8, 1, 1), stats.classes().get(0));
      assertEquals(new SlabStats.SizeClass(32, 0, 0), stats.classes().get(2));
      slab.validate();
    }
  }

  @Test
  void wrongPlacesAreTold() {
    try (Slab slab = Slab.create(4096)) {
      long place = slab.alloc(64);
      slab.alloc(64);
      assertThrows(DrystoneException.Full.class, () -> slab.alloc(65));
      slab.free(place);
      assertThrows(DrystoneException.Stale.class, () -> slab.free(place));
      assertThrows(DrystoneException.Stale.class, () -> slab.view(place));
      assertThrows(DrystoneException.Stale.class, () -> slab.usableBytes(place));
      assertThrows(DrystoneException.Foreign.class, () -> slab.free(place + 1));
      assertThrows(DrystoneException.Foreign.class, () -> slab.free(1 << 30));
      assertThrows(DrystoneException.Foreign.class, () -> slab.free(Long.MAX_VALUE));
      assertThrows(DrystoneException.Foreign.class, () -> slab.free(-1));
      assertThrows(DrystoneException.Foreign.class, () -> slab.view(Long.MIN_VALUE));
    }
  }

  @Test
  void whatIsLargerComesFromTheHeap() {
    try (Slab slab = Slab.create(4096)) {
      long place = slab.alloc(4097);
      assertTrue(Slab.isOutside(place));
      assertFalse(Slab.isOutside(slab.alloc(4096)));
      assertEquals(4097, slab.usableBytes(place));
      ByteBuffer view = slab.view(place);
      view.put(4096, (byte) 1);
      assertEquals(1, slab.stats().fallbacksInUse());
      slab.free(place);
      assertEquals(1, view.get(4096), "nobody crashes who still looks at it");
      assertThrows(DrystoneException.Stale.class, () -> slab.free(place));
      assertThrows(DrystoneException.Stale.class, () -> slab.view(place));
      assertThrows(DrystoneException.Stale.class, () -> slab.usableBytes(place));
      assertThrows(DrystoneException.OutOfMemory.class, () -> slab.alloc(Long.MAX_VALUE));
      assertThrows(DrystoneException.OutOfMemory.class, () -> slab.alloc(-1));
      long other = slab.alloc(5000);
      assertNotEquals(place, other);
      slab.reset();
      assertThrows(DrystoneException.Stale.class, () -> slab.free(other));
      SlabStats stats = slab.stats();
      assertEquals(2, stats.fallbacks());
      assertEquals(0, stats.fallbacksInUse());
      assertEquals(2, stats.failures());
      assertEquals(0, stats.inUse());
    }
  }

  @Test
  void objectsKeepWhatIsWrittenToThem() {
    Random random = Stores.random("SlabTest");
    try (Slab slab = Slab.create(new SlabOptions(1 << 20).withFlags(MemoryFlag.GUARDED))) {
      Map<Long, Integer> model = new HashMap<>();
      for (int i = 0; i < 20_000; i++) {
        if (random.nextInt(3) > 0) {
          int bytes = 8 << random.nextInt(10);
          try {
            long place = slab.alloc(bytes - random.nextInt(4));
            ByteBuffer view = slab.view(place);
            assertEquals(bytes, view.capacity());
            view.putInt(bytes - 4, i);
            assertEquals(null, model.put(place, i));
          } catch (DrystoneException.Full e) {
            assertEquals(0, slab.stats().freePages());
          }
        } else if (!model.isEmpty()) {
          long place = model.keySet().iterator().next();
          ByteBuffer view = slab.view(place);
          assertEquals(model.remove(place), view.getInt(view.capacity() - 4));
          slab.free(place);
        }
      }
      slab.validate();
      assertEquals(model.size(), slab.stats().inUse());
    }
  }

  @Test
  void optionsAreChecked() {
    assertThrows(DrystoneException.InvalidArgument.class, () -> Slab.create(0));
    assertThrows(DrystoneException.class, () -> Slab.create(-1));
    assertThrows(
        DrystoneException.InvalidArgument.class,
        () -> Slab.create(new SlabOptions(4096).withFlags(MemoryFlag.TRACK)));
  }

  @Test
  void closedIsClosed() {
    Slab slab = Slab.create(4096);
    long place = slab.alloc(8);
    slab.close();
    slab.close();
    Closed.everywhere(
        () -> slab.alloc(8), () -> slab.alloc(8000), () -> slab.free(place), () -> slab.free(-1),
        () -> slab.view(place), () -> slab.usableBytes(place), slab::reset, slab::validate, slab::stats);
  }
}
