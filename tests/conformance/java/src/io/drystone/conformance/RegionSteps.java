// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drystone.PartInfo;
import io.drystone.Region;
import io.drystone.RegionStats;
import io.drystone.conformance.World.OpenRegion;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The operations {@code region.*}. */
final class RegionSteps {
  private static final BigInteger LARGEST_BYTE = BigInteger.valueOf(255);
  private static final BigInteger LARGEST_FILE = BigInteger.ONE.shiftLeft(46);

  private RegionSteps() {}

  static JsonNode create(World world, Step step) {
    step.refuseNegative();
    Region.Kind kind = kind(step);
    String name = world.name(kind, step.text("name"));
    Region region = Region.create(kind, name, step.bits("bytes"));
    world.bind(step.as, new OpenRegion(region, kind, Region.Mode.WRITE, name));
    return nothing();
  }

  static JsonNode open(World world, Step step) {
    Region.Kind kind = kind(step);
    String name = world.name(kind, step.text("name"));
    Region.Mode mode = Region.Mode.valueOf(step.text("mode").toUpperCase(Locale.ROOT));
    world.bind(step.as, new OpenRegion(Region.open(kind, name, mode), kind, mode, name));
    return nothing();
  }

  static JsonNode load(World world, Step step) {
    Region.Kind kind = kind(step);
    String file = world.path(step.text("file"));
    String name = nameForLoad(world, step, kind);
    world.bind(step.as, new OpenRegion(Region.load(file, kind, name), kind, Region.Mode.WRITE, name));
    return nothing();
  }

  private static String nameForLoad(World world, Step step, Region.Kind kind) {
    if (step.has("name")) {
      return world.name(kind, step.text("name"));
    }
    return kind == Region.Kind.SHARED ? world.freshSharedName() : world.name(kind, step.text("file") + ".region");
  }

  static JsonNode save(World world, Step step) {
    OpenRegion open = world.region(step.on);
    // That the region is closed comes before a bad name; the library decides when both are its own to judge.
    open.region.save(open.closed ? "closed" : world.path(step.text("file")));
    return nothing();
  }

  static JsonNode parts(World world, Step step) {
    ObjectNode result = nothing();
    var list = result.putArray("parts");
    for (PartInfo part : world.region(step.on).region.parts()) {
      list.addObject()
          .put("kind", part.kind())
          .set("name", Values.canonicalBytes(part.name().getBytes(StandardCharsets.UTF_8)));
    }
    return result;
  }

  static JsonNode stats(World world, Step step) {
    RegionStats stats = world.region(step.on).region.stats();
    ObjectNode result = nothing();
    result.set("part_count", Values.canonicalInteger(stats.parts()));
    result.set("size_bytes", Values.canonicalInteger(stats.sizeBytes()));
    result.set("used_bytes", Values.canonicalInteger(stats.usedBytes()));
    return result;
  }

  static JsonNode verify(World world, Step step) {
    world.region(step.on).region.verify();
    return nothing();
  }

  static JsonNode close(World world, Step step) {
    OpenRegion open = world.region(step.on);
    open.region.close();
    open.closed = true;
    return nothing();
  }

  // ---- the tests' own tools

  static JsonNode damage(World world, Step step) {
    step.refuseNegative();
    String path = pathToChange(world, step);
    refuseAbove(step, "byte", LARGEST_BYTE);
    new FileToChange(path).overwrite(step.integer("at"), (byte) step.bits("byte"));
    return nothing();
  }

  static JsonNode truncate(World world, Step step) {
    step.refuseNegative();
    String path = pathToChange(world, step);
    refuseAbove(step, "bytes", LARGEST_FILE);
    new FileToChange(path).resize(step.bits("bytes"));
    return nothing();
  }

  private static String pathToChange(World world, Step step) {
    if (step.has("file") || step.has("name")) {
      return world.path(step.text(step.has("file") ? "file" : "name"));
    }
    if (!world.isBound(step.on)) {
      return world.path(step.on);
    }
    OpenRegion open = world.region(step.on);
    if (open.path == null) {
      throw new Failure("unsupported");
    }
    return open.path;
  }

  private static void refuseAbove(Step step, String name, BigInteger largest) {
    if (step.integer(name).compareTo(largest) > 0) {
      throw new Failure("invalid_argument");
    }
  }

  private static Region.Kind kind(Step step) {
    return Region.Kind.valueOf(step.text("kind").toUpperCase(Locale.ROOT));
  }

  private static ObjectNode nothing() {
    return Values.JSON.objectNode();
  }
}
