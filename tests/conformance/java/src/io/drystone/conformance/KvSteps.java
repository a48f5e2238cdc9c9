// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drystone.Kv;
import io.drystone.KvOptions;
import io.drystone.KvReader;
import io.drystone.KvStats;
import io.drystone.Region;
import io.drystone.Versioned;
import io.drystone.conformance.World.OpenKv;
import io.drystone.conformance.World.OpenRegion;
import java.util.Arrays;

/** The operations {@code kv.*}. */
final class KvSteps {
  private static final long PAGE_BYTES = 4096;
  /** Header and directory of a region with the default number of parts. */
  private static final long REGION_OVERHEAD_BYTES = 12288;

  private static final long REGION_BYTES_MIN = 16384;

  private KvSteps() {}

  // ---- making and opening

  static JsonNode create(World world, Step step) {
    OpenRegion region = step.in == null ? null : world.region(step.in);
    if (region == null || !region.closed) {
      step.refuseNegative();
      refuseOtherLayouts(step);
    }
    KvOptions options = new KvOptions(step.bits("entries"), step.bits("bytes"));
    if (step.has("seed")) {
      options = options.withSeed(step.bits("seed"));
    }
    if (region == null) {
      region = privateRegion(world, options);
    }
    String part = step.in == null ? "kv" : step.text("part");
    world.bind(step.as, new OpenKv(region, part, region.region.createKv(part, options)));
    return nothing();
  }

  private static void refuseOtherLayouts(Step step) {
    if ("inline".equals(step.text("layout"))) {
      throw new Failure("unsupported");
    }
    if (step.has("max_entry")) {
      throw new Failure("invalid_argument");
    }
  }

  private static OpenRegion privateRegion(World world, KvOptions options) {
    long rounded = (options.requiredBytes() + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    long bytes = Math.max(rounded + REGION_OVERHEAD_BYTES, REGION_BYTES_MIN);
    Region region = Region.create(Region.Kind.MEMORY, null, bytes);
    OpenRegion open = new OpenRegion(region, Region.Kind.MEMORY, Region.Mode.WRITE, null);
    world.bind(null, open);
    return open;
  }

  static JsonNode open(World world, Step step) {
    OpenRegion region = world.region(step.in);
    String part = step.text("part");
    KvReader kv = region.mode == Region.Mode.WRITE ? region.region.openKv(part) : region.region.openKvReader(part);
    world.bind(step.as, new OpenKv(region, part, kv));
    return nothing();
  }

  static JsonNode reader(World world, Step step) {
    OpenKv from = world.kv(step.on);
    from.reader.stats(); // says so when it is closed
    world.bind(step.as, new OpenKv(from.in, from.part, from.in.region.openKvReader(from.part)));
    return nothing();
  }

  static JsonNode close(World world, Step step) {
    OpenKv kv = world.kv(step.on);
    kv.reader.close();
    kv.closed = true;
    return nothing();
  }

  // ---- writing

  /** That it is closed comes first; a reader has no such call, so the runner answers for it. */
  private static Kv writer(World world, Step step) {
    OpenKv kv = world.kv(step.on);
    if (kv.writer() == null) {
      kv.reader.stats();
      throw new Failure("read_only");
    }
    if (!kv.isClosed()) {
      step.refuseNegative();
    }
    return kv.writer();
  }

  static JsonNode put(World world, Step step) {
    return version(writer(world, step).put(step.bytes("key"), step.bytes("value")));
  }

  static JsonNode putNew(World world, Step step) {
    return version(writer(world, step).putNew(step.bytes("key"), step.bytes("value")));
  }

  static JsonNode replace(World world, Step step) {
    return version(writer(world, step).replace(step.bytes("key"), step.bytes("value"), step.bits("version")));
  }

  static JsonNode delete(World world, Step step) {
    return version(writer(world, step).delete(step.bytes("key")));
  }

  private static JsonNode version(long version) {
    ObjectNode result = nothing();
    result.set("version", Values.canonicalInteger(version));
    return result;
  }

  // ---- reading

  static JsonNode get(World world, Step step) {
    Versioned found = world.kv(step.on).reader.getVersioned(step.bytes("key"));
    if (found == null) {
      throw new Failure("not_found");
    }
    ObjectNode result = nothing();
    result.set("value", Values.canonicalBytes(found.value()));
    result.set("version", Values.canonicalInteger(found.version()));
    return result;
  }

  static JsonNode getMany(World world, Step step) {
    ObjectNode result = nothing();
    var list = result.putArray("values");
    for (Versioned found : world.kv(step.on).reader.getMany(step.keys())) {
      list.add(found == null ? Values.JSON.nullNode() : Values.canonicalBytes(found.value()));
    }
    return result;
  }

  static JsonNode contains(World world, Step step) {
    return nothing().put("found", world.kv(step.on).reader.contains(step.bytes("key")));
  }

  static JsonNode list(World world, Step step) {
    ObjectNode result = nothing();
    var list = result.putArray("keys");
    world.kv(step.on).reader.keys().sorted(Arrays::compareUnsigned).forEach(key -> list.add(Values.canonicalBytes(key)));
    return result;
  }

  static JsonNode stats(World world, Step step) {
    KvStats stats = world.kv(step.on).reader.stats();
    ObjectNode result = nothing();
    result.set("capacity", Values.canonicalInteger(stats.capacity()));
    result.set("entries", Values.canonicalInteger(stats.entries()));
    return result;
  }

  private static ObjectNode nothing() {
    return Values.JSON.objectNode();
  }
}
