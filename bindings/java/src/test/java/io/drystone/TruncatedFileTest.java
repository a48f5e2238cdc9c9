// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TruncatedFileTest {
  private static final KvOptions OPTIONS = new KvOptions(100, 100_000).withSeed(4);

  @TempDir Path folder;

  /** In compiled code the virtual machine may report the fault a little late, but still before the call returns here. */
  @Test
  void readingWhatIsMissingIsAnException() throws IOException {
    Path path = folder.resolve("r");
    byte[] key = Stores.bytes("key");
    try (Region region = Stores.file(path, OPTIONS); Kv kv = region.createKv("t", OPTIONS); KvReader reader = kv.reader()) {
      kv.put(key, key);
      try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
        file.setLength(4096);
      }
      DrystoneException e = assertThrows(DrystoneException.Io.class, () -> reader.getInto(key, new byte[10]));
      assertEquals(InternalError.class, e.getCause().getClass());
    }
  }
}
