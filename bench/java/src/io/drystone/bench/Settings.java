// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What the environment asks for; see bench/README.md. No operations stands for all. */
public record Settings(int keys, double seconds, long seed, Set<String> operations) {
  /** Below this it is a smoke run, in which nobody looks at figures. */
  private static final double SMOKE_SECONDS = 0.1;

  public static Settings fromEnvironment() {
    String operations = System.getenv("DRYSTONE_BENCH_OPERATIONS");
    return new Settings(
        // delete_insert needs twice as many keys as are present, and arrays hold at most 2^31.
        (int) whole("DRYSTONE_BENCH_KEYS", 1_000_000, 64, 1_000_000_000),
        number("DRYSTONE_BENCH_SECONDS", 0.5, 0.0001, 3600).doubleValue(),
        whole("DRYSTONE_BENCH_SEED", 1, 0, Long.MAX_VALUE),
        operations == null
            ? Set.of()
            : Arrays.stream(operations.split(",")).filter(name -> !name.isEmpty()).collect(Collectors.toSet()));
  }

  public boolean wants(String operation) {
    return operations.isEmpty() || operations.contains(operation);
  }

  public boolean isSmoke() {
    return seconds < SMOKE_SECONDS;
  }

  private static long whole(String name, long otherwise, long low, long high) {
    try {
      return number(name, otherwise, low, high).longValueExact();
    } catch (ArithmeticException e) {
      throw new Failed(name, "must be a whole number");
    }
  }

  private static BigDecimal number(String name, double otherwise, double low, double high) {
    String property = System.getProperty("drystone.bench." + name.substring("DRYSTONE_BENCH_".length()).toLowerCase(Locale.ROOT));
    String text = property != null ? property : System.getenv(name);
    if (text == null || text.isEmpty()) {
      return BigDecimal.valueOf(otherwise);
    }
    try {
      BigDecimal value = new BigDecimal(text);
      if (value.doubleValue() >= low && value.doubleValue() <= high) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new Failed(name, "\"" + text + "\" is not a number from " + low + " to " + high);
  }
}
