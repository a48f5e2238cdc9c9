// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** A regular file that a scenario damages. */
final class FileToChange {
  private final Path path;
  private final long size;

  FileToChange(String name) {
    // As stat has it; for Java the empty path is the current directory.
    if (name.isEmpty()) {
      throw new Failure("not_found");
    }
    path = Path.of(name);
    try {
      BasicFileAttributes facts = Files.readAttributes(path, BasicFileAttributes.class, new LinkOption[0]);
      if (!facts.isRegularFile()) {
        throw new Failure("invalid_argument");
      }
      size = facts.size();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  void overwrite(BigInteger at, byte value) {
    if (at.compareTo(BigInteger.valueOf(size)) >= 0) {
      throw new Failure("invalid_argument");
    }
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(at.longValue());
      file.write(value);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  void resize(long bytes) {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(bytes);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private Failure failure(IOException cause) {
    return new Failure(cause instanceof NoSuchFileException && !belowAFile() ? "not_found" : "io");
  }

  /** Whether the name goes through something that is no folder, which JDK 25 reports as a missing file and JDK 17 not. */
  private boolean belowAFile() {
    Path above = path.getParent();
    while (above != null && Files.notExists(above)) {
      above = above.getParent();
    }
    return above != null && !Files.isDirectory(above);
  }
}
