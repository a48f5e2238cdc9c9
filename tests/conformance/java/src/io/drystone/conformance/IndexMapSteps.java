// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import static io.drystone.conformance.Operation.NOTHING;
import static io.drystone.conformance.Operation.argument;
import static io.drystone.conformance.Operation.integer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drystone.IndexMap;
import io.drystone.IndexMapOptions;
import io.drystone.IndexMapStats;
import io.drystone.conformance.Operation.Argument;
import io.drystone.conformance.Operation.Need;
import io.drystone.conformance.Operation.Result;
import io.drystone.conformance.Operation.Type;
import io.drystone.conformance.World.OpenRegion;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The operations {@code index_map.*}. */
final class IndexMapSteps {
  private static final int LISTED_AT_ONCE = 1000;

  /** An index map that was made or opened. */
  private static final class OpenIndexMap extends OpenPart {
    final IndexMap map;

    OpenIndexMap(OpenRegion region, IndexMap map) {
      super(region);
      this.map = map;
    }

    @Override
    public void end() {
      map.close();
    }
  }

  private IndexMapSteps() {}

  static Stream<Operation> operations() {
    Argument part = argument("part", Type.NAME);
    return Stream.of(
        new Operation("index_map.create", IndexMapSteps::create, Need.OPTIONAL, Need.NONE, Need.OPTIONAL,
            List.of(integer("capacity"), part.optional()), NOTHING),
        new Operation("index_map.open", IndexMapSteps::open, Need.OPTIONAL, Need.NONE, Need.REQUIRED, List.of(part),
            NOTHING),
        Operation.on("index_map.acquire", IndexMapSteps::acquire, List.of(), Map.of("index", Result.INTEGER)),
        Operation.on("index_map.release", IndexMapSteps::release, List.of(integer("index")), NOTHING),
        Operation.on("index_map.contains", IndexMapSteps::contains, List.of(integer("index")),
            Map.of("used", Result.YES_OR_NO)),
        Operation.on("index_map.list", IndexMapSteps::list, List.of(), Map.of("indices", Result.INTEGERS)),
        Operation.on("index_map.stats", IndexMapSteps::stats, List.of(),
            Map.of("capacity", Result.INTEGER, "in_use", Result.INTEGER)),
        Operation.on("index_map.close", IndexMapSteps::close, List.of(), NOTHING));
  }

  private static OpenIndexMap on(World world, Step step) {
    return world.get(step.on, OpenIndexMap.class, "an index map");
  }

  private static JsonNode create(World world, Step step) {
    OpenRegion region = OpenPart.regionToMakeIn(world, step);
    IndexMapOptions options = new IndexMapOptions(step.bits("capacity"));
    IndexMap map =
        region == null ? IndexMap.create(options) : region.region.createIndexMap(step.text("part"), options);
    world.bind(step.as, new OpenIndexMap(region, map));
    return nothing();
  }

  private static JsonNode open(World world, Step step) {
    OpenRegion region = world.region(step.in);
    world.bind(step.as, new OpenIndexMap(region, region.region.openIndexMap(step.text("part"))));
    return nothing();
  }

  private static JsonNode acquire(World world, Step step) {
    return nothing().set("index", Values.canonicalInteger(on(world, step).map.acquire()));
  }

  private static int index(Step step) {
    return OpenPart.number(step, "index", "invalid_argument");
  }

  private static JsonNode release(World world, Step step) {
    OpenIndexMap open = on(world, step);
    open.map.release(open.changesByArguments(step) ? index(step) : 0);
    return nothing();
  }

  private static JsonNode contains(World world, Step step) {
    OpenIndexMap open = on(world, step);
    return nothing().put("used", open.map.contains(open.readsArguments(step) ? index(step) : 0));
  }

  private static JsonNode list(World world, Step step) {
    IndexMap map = on(world, step).map;
    ObjectNode result = nothing();
    var all = result.putArray("indices");
    int[] some = new int[LISTED_AT_ONCE];
    int count = some.length;
    for (int from = 0; count == some.length; from = some[count - 1] + 1) {
      count = map.list(from, some);
      for (int i = 0; i < count; i++) {
        all.add(Values.canonicalInteger(some[i]));
      }
      if (count == 0) {
        break;
      }
    }
    return result;
  }

  private static JsonNode stats(World world, Step step) {
    IndexMapStats stats = on(world, step).map.stats();
    ObjectNode result = nothing();
    result.set("capacity", Values.canonicalInteger(stats.capacity()));
    result.set("in_use", Values.canonicalInteger(stats.inUse()));
    return result;
  }

  private static JsonNode close(World world, Step step) {
    OpenIndexMap open = on(world, step);
    open.end();
    open.closed = true;
    return nothing();
  }

  private static ObjectNode nothing() {
    return Values.JSON.objectNode();
  }
}
