// SPDX-License-Identifier: MIT OR Apache-2.0
package org.example.prices;

import io.drystone.DrystoneException;
import io.drystone.Kv;
import io.drystone.KvOptions;
import io.drystone.KvReader;
import io.drystone.Region;
import io.drystone.ValueBuffer;

/** Keeps prices in a file: one program writes them, any number of others read them at the same time. */
public final class Prices {
  private Prices() {}

  /** {@code Prices FILE}. */
  public static void main(String[] arguments) {
    String path = arguments[0];
    KvOptions options = new KvOptions(1000, 100_000);

    try (Region region = Region.create(Region.Kind.FILE, path, options.requiredBytes() + 16384);
        Kv prices = region.createKv("prices", options)) {
      long version = prices.put("gold".getBytes(), "2345.67".getBytes());
      prices.replace("gold".getBytes(), "2350.00".getBytes(), version);
    }

    try (Region region = Region.open(Region.Kind.FILE, path, Region.Mode.READ);
        KvReader prices = region.openKvReader("prices")) {
      ValueBuffer price = new ValueBuffer(32);
      if (prices.getInto("gold".getBytes(), price)) {
        System.out.println("gold " + new String(price.toByteArray()) + " version " + price.version());
      }
      System.out.println("silver " + (prices.contains("silver".getBytes()) ? "is there" : "is not there"));
    }

    try {
      Region.open(Region.Kind.FILE, path + ".none", Region.Mode.READ);
    } catch (DrystoneException.NotFound e) {
      System.out.println(e.code());
    }
  }
}
