// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegionTest {
  private static final KvOptions SMALL = new KvOptions(100, 10_000).withSeed(1);

  @TempDir Path folder;

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void aFileKeepsWhatWasWritten() {
    try (Region region = Stores.file(folder.resolve("r"), SMALL); Kv kv = region.createKv("prices", SMALL)) {
      kv.put(Stores.bytes("key"), Stores.bytes("value"));
      assertEquals(List.of("prices"), region.parts().stream().map(PartInfo::name).toList());
      assertEquals("kv", region.parts().get(0).kind());
    }
    try (Region region = Region.open(Region.Kind.FILE, path("r"), Region.Mode.READ)) {
      assertArrayEquals(Stores.bytes("value"), region.openKvReader("prices").get(Stores.bytes("key")));
      assertThrows(DrystoneException.ReadOnly.class, () -> region.openKv("prices"));
      assertThrows(DrystoneException.ReadOnly.class, () -> region.createKv("more", SMALL));
      assertThrows(DrystoneException.NotFound.class, () -> region.openKvReader("nothing"));
      region.verify();
    }
  }

  @Test
  void sharedMemoryIsFoundByNameUntilItIsUnlinked() {
    String name = "drystone-test-" + UUID.randomUUID();
    try (Region region = Region.create(Region.Kind.SHARED, name, 65536)) {
      try (Region again = Region.open(Region.Kind.SHARED, name, Region.Mode.READ)) {
        assertEquals(region.stats().creationIdLow(), again.stats().creationIdLow());
        assertEquals(Region.Kind.SHARED, again.stats().kind());
        assertEquals(Region.Mode.READ, again.stats().mode());
      }
      assertThrows(DrystoneException.AlreadyExists.class, () -> Region.create(Region.Kind.SHARED, name, 65536));
    } finally {
      Region.unlink(Region.Kind.SHARED, name);
    }
    assertThrows(DrystoneException.NotFound.class, () -> Region.open(Region.Kind.SHARED, name, Region.Mode.READ));
    assertThrows(DrystoneException.NotFound.class, () -> Region.unlink(Region.Kind.SHARED, name));
  }

  @Test
  void onlyOneWriter() {
    try (Region first = Region.create(Region.Kind.FILE, path("r"), 65536)) {
      assertThrows(DrystoneException.Busy.class, () -> Region.open(Region.Kind.FILE, path("r"), Region.Mode.WRITE));
      first.verify();
    }
    Region.open(Region.Kind.FILE, path("r"), Region.Mode.WRITE).close();
  }

  @Test
  void aWriterThatWasTakenOverIsStale() {
    try (Region first = Stores.file(folder.resolve("r"), SMALL); Kv kv = first.createKv("t", SMALL)) {
      kv.put(Stores.bytes("a"), Stores.bytes("1"));
      try (Region second =
          Region.open(Region.Kind.FILE, path("r"), Region.Mode.WRITE, RegionOptions.DEFAULT.withTakeOver())) {
        assertThrows(DrystoneException.Stale.class, () -> kv.put(Stores.bytes("a"), Stores.bytes("2")));
        try (Kv mine = second.openKv("t")) {
          assertArrayEquals(Stores.bytes("1"), mine.get(Stores.bytes("a")));
        }
      }
    }
  }

  @Test
  void optionsReachTheFile() throws IOException {
    RegionOptions options = RegionOptions.DEFAULT.withPartCapacity(3).withPermissions(0640).withPrefault();
    try (Region region = Region.create(Region.Kind.FILE, path("r"), 65536, options)) {
      assertEquals(3, region.stats().partCapacity());
      assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("r"))));
    }
    RegionOptions negative = RegionOptions.DEFAULT.withPartCapacity(-1);
    assertThrows(
        DrystoneException.InvalidArgument.class, () -> Region.create(Region.Kind.FILE, path("s"), 65536, negative));
    assertFalse(Files.exists(folder.resolve("s")));
  }

  @Test
  void badNamesAndSizesAreRefused() {
    assertThrows(
        DrystoneException.InvalidArgument.class, () -> Region.create(Region.Kind.SHARED, "a/b", 65536));
    assertThrows(DrystoneException.InvalidArgument.class, () -> Region.create(Region.Kind.FILE, "", 65536));
    assertThrows(DrystoneException.InvalidArgument.class, () -> Region.create(Region.Kind.FILE, folder + "/a\0b", 65536));
    assertThrows(
        DrystoneException.InvalidArgument.class, () -> Region.create(Region.Kind.FILE, folder + "/\ud800", 65536));
    assertThrows(DrystoneException.InvalidArgument.class, () -> Region.create(Region.Kind.MEMORY, null, 0));
    assertThrows(DrystoneException.InvalidArgument.class, () -> Region.create(Region.Kind.MEMORY, null, -1));
    assertThrows(NullPointerException.class, () -> Region.create(Region.Kind.FILE, null, 65536));
    assertThrows(NullPointerException.class, () -> Region.create(null, "a", 65536));
    try (Region region = Stores.memory(SMALL)) {
      assertThrows(DrystoneException.InvalidArgument.class, () -> region.createKv("", SMALL));
      assertThrows(DrystoneException.InvalidArgument.class, () -> region.createKv("a\0b", SMALL));
      assertThrows(DrystoneException.InvalidArgument.class, () -> region.createKv("x".repeat(256), SMALL));
      assertThrows(DrystoneException.InvalidArgument.class, () -> region.createKv("t", new KvOptions(0, 1)));
      assertThrows(DrystoneException.TooLarge.class, () -> new KvOptions(-1, 1).requiredBytes());
      assertEquals(List.of(), region.parts());
    }
  }

  @Test
  void savesAndLoads() {
    try (Region region = Stores.memory(SMALL); Kv kv = region.createKv("t", SMALL)) {
      kv.put(Stores.bytes("key"), Stores.bytes("value"));
      region.save(path("image"));
    }
    try (Region copy = Region.load(path("image"), Region.Kind.MEMORY, null); Kv kv = copy.openKv("t")) {
      assertArrayEquals(Stores.bytes("value"), kv.get(Stores.bytes("key")));
    }
    try (Region copy = Region.load(path("image"), Region.Kind.FILE, path("copy"))) {
      assertEquals(Region.Kind.FILE, copy.stats().kind());
    }
  }

  @Test
  void damageIsFoundWhenLoadedAndWhenVerified() throws IOException {
    try (Region region = Stores.file(folder.resolve("r"), SMALL); Kv kv = region.createKv("t", SMALL)) {
      kv.put(Stores.bytes("key"), Stores.bytes("value"));
      region.save(path("image"));
      PartInfo part = region.parts().get(0);
      flip(path("image"), part.offset() + 300);
      assertThrows(
          DrystoneException.Corrupt.class, () -> Region.load(path("image"), Region.Kind.MEMORY, null));
      region.verify();
      long heap = new KvPartProbe(kv).heapOffset();
      flip(path("r"), part.offset() + heap + 33);
      DrystoneException.Corrupt e = assertThrows(DrystoneException.Corrupt.class, region::verify);
      assertTrue(e.detail().contains("t"), e.detail());
      assertThrows(
          DrystoneException.Corrupt.class, kv::verify);
    }
  }

  private static void flip(String path, long at) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path, "rw")) {
      file.seek(at);
      int old = file.read();
      file.seek(at);
      file.write(~old);
    }
  }

  @Test
  void closingClosesEverythingThatWasOpened() {
    Region region = Stores.memory(SMALL);
    Kv kv = region.createKv("t", SMALL);
    KvReader reader = kv.reader();
    kv.put(Stores.bytes("key"), Stores.bytes("value"));
    var walk = reader.iterator();
    region.close();
    region.close();
    assertThrows(DrystoneException.Closed.class, () -> kv.put(Stores.bytes("key"), Stores.bytes("value")));
    assertThrows(DrystoneException.Closed.class, () -> kv.get(Stores.bytes("key")));
    assertThrows(DrystoneException.Closed.class, () -> reader.get(Stores.bytes("key")));
    assertThrows(DrystoneException.Closed.class, () -> reader.getMany(List.of(Stores.bytes("key"))));
    assertThrows(DrystoneException.Closed.class, () -> reader.contains(new byte[0]));
    assertThrows(DrystoneException.Closed.class, reader::iterator);
    assertThrows(DrystoneException.Closed.class, walk::next);
    assertThrows(DrystoneException.Closed.class, reader::stats);
    assertThrows(DrystoneException.Closed.class, reader::retries);
    assertThrows(DrystoneException.Closed.class, reader::verify);
    assertThrows(DrystoneException.Closed.class, kv::reader);
    assertThrows(DrystoneException.Closed.class, region::parts);
    assertThrows(DrystoneException.Closed.class, region::stats);
    assertThrows(DrystoneException.Closed.class, region::verify);
    assertThrows(DrystoneException.Closed.class, () -> region.save(path("image")));
    assertThrows(DrystoneException.Closed.class, () -> region.openKv("t"));
    assertThrows(DrystoneException.Closed.class, () -> region.openKvReader("t"));
    assertThrows(DrystoneException.Closed.class, () -> region.createKv("u", SMALL));
    kv.close();
    kv.close();
    reader.close();
  }

  @Test
  void closedMemoryDoesNotPileUp() {
    // Each region keeps a reader open, so that only the collector can tell when its memory may go.
    long size = 64L << 20;
    for (int i = 0; i < 24; i++) {
      Region region = Region.create(Region.Kind.MEMORY, null, size);
      region.createKv("t", SMALL);
      region.close();
      assertTrue(Reclaimer.pendingBytes() <= Reclaimer.PENDING_BYTES_MAX + 2 * size, "pending " + Reclaimer.pendingBytes());
    }
  }
}
