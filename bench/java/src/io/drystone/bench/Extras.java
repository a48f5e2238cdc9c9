// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What is reported beside the figures, by benchmark: extra.jsonl of bench/README.md. */
public final class Extras {
  private final Map<String, Map<String, Double>> extras = new LinkedHashMap<>();

  public void put(String benchmark, String key, double value) {
    extras.computeIfAbsent(benchmark, name -> new LinkedHashMap<>()).put(key, value);
  }

  /** Adds to how many results were looked at. */
  public void checked(String benchmark, long count) {
    extras.computeIfAbsent(benchmark, name -> new LinkedHashMap<>()).merge("checked", (double) count, Double::sum);
  }

  /** Writes a line for each benchmark behind those that are in the file. */
  public void append(Path file) throws IOException {
    StringBuilder lines = new StringBuilder();
    extras.forEach((name, values) -> lines
        .append("{\"name\":\"").append(name).append("\",")
        .append(values.entrySet().stream()
            .map(value -> String.format(Locale.ROOT, "\"%s\":%.3f", value.getKey(), value.getValue()))
            .collect(Collectors.joining(",")))
        .append("}\n"));
    Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
