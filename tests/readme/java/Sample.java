// SPDX-License-Identifier: MIT OR Apache-2.0
import static java.nio.charset.StandardCharsets.UTF_8;

import io.drystone.KvOptions;
import io.drystone.Region;

public class Sample {
  public static void main(String[] args) {
    String path = args[0];
    byte[] apple = "apple".getBytes(UTF_8);

    // One process makes the region and writes.
    try (var region = Region.create(Region.Kind.FILE, path, 1 << 20);
        var prices = region.createKv("prices", new KvOptions(1000, 100_000))) {
      prices.put(apple, "1.20".getBytes(UTF_8));

      // Any other process, in any of the four languages, reads while it writes.
      try (var shared = Region.open(Region.Kind.FILE, path, Region.Mode.READ);
          var reader = shared.openKvReader("prices")) {
        var price = reader.getVersioned(apple);
        System.out.printf(
            "an apple costs %s since write %d%n", new String(price.value(), UTF_8), price.version());
      }
    }
  }
}
