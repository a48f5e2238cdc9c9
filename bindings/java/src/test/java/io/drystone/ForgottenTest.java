// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The backstop for those who forget to close: the collector does it, some time. */
class ForgottenTest {
  private static final KvOptions OPTIONS = new KvOptions(100, 10_000);
  private static final byte[] KEY = Stores.bytes("key");

  @TempDir Path folder;

  @Test
  void aForgottenRegionGivesItsLockUp() {
    forgetRegion();
    untilItWorks(() -> Region.open(Region.Kind.FILE, folder.resolve("r").toString(), Region.Mode.WRITE).close());
  }

  private void forgetRegion() {
    Stores.file(folder.resolve("r"), OPTIONS).createKv("t", OPTIONS).put(KEY, KEY);
  }

  @Test
  void aForgottenPoolGivesItsRegionUp() {
    forgetPool();
    untilItWorks(() -> Region.open(Region.Kind.FILE, folder.resolve("r").toString(), Region.Mode.WRITE).close());
  }

  private void forgetPool() {
    Region region = Region.create(Region.Kind.FILE, folder.resolve("r").toString(), 1 << 20);
    region.createPool("p", new PoolOptions(64, 100)).acquire();
    region.createSharedPool("s", new SharedPoolOptions(64, 100)).openCache().acquire();
    region.createIndexMap("m", new IndexMapOptions(100)).acquire();
  }

  @Test
  void aStoreKeepsItsRegionOpen() {
    KvReader reader = readerOfForgottenRegion();
    for (int i = 0; i < 5; i++) {
      System.gc();
    }
    assertArrayEquals(KEY, reader.get(KEY));
  }

  private static KvReader readerOfForgottenRegion() {
    Region region = Stores.memory(OPTIONS);
    try (Kv kv = region.createKv("t", OPTIONS)) {
      kv.put(KEY, KEY);
      return kv.reader();
    }
  }

  /** Not a claim about speed: without a backstop this would never end. */
  private static void untilItWorks(Runnable action) {
    assertTimeoutPreemptively(Duration.ofMinutes(2), () -> {
      while (true) {
        System.gc();
        try {
          action.run();
          return;
        } catch (DrystoneException.Busy e) {
          Thread.sleep(1);
        }
      }
    });
  }
}
