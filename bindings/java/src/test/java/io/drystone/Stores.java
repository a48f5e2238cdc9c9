// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;

/** What several tests need. */
final class Stores {
  private Stores() {}

  /** The seed of a test's random numbers: printed, and taken from the system property {@code drystone.test.seed}. */
  static Random random(String test) {
    long seed = Long.getLong("drystone.test.seed", System.nanoTime());
    System.out.println(test + ": -Ddrystone.test.seed=" + seed);
    return new Random(seed);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] randomBytes(Random random, int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  static Region memory(KvOptions options) {
    return Region.create(Region.Kind.MEMORY, null, options.requiredBytes() + 65536);
  }

  static Region file(Path path, KvOptions options) {
    return Region.create(Region.Kind.FILE, path.toString(), options.requiredBytes() + 65536);
  }
}
