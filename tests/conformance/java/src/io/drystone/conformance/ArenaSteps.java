// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import static io.drystone.conformance.Operation.NOTHING;
import static io.drystone.conformance.Operation.integer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drystone.Arena;
import io.drystone.ArenaOptions;
import io.drystone.ArenaStats;
import io.drystone.Overflow;
import io.drystone.conformance.Operation.Need;
import io.drystone.conformance.Operation.Result;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The operations {@code arena.*}. */
final class ArenaSteps {
  /** An arena that was made. */
  private static final class OpenArena implements World.Bound {
    final Arena arena;
    boolean closed;

    OpenArena(Arena arena) {
      this.arena = arena;
    }

    @Override
    public void end() {
      arena.close();
    }
  }

  private ArenaSteps() {}

  static Stream<Operation> operations() {
    return Stream.of(
        new Operation("arena.create", ArenaSteps::create, Need.OPTIONAL, Need.NONE, Need.NONE,
            List.of(integer("capacity"), Operation.choice("overflow", "error", "fallback").optional()), NOTHING),
        Operation.on("arena.alloc", ArenaSteps::alloc, List.of(integer("size"), integer("align")),
            Map.of("offset", Result.INTEGER_OR_NULL)),
        Operation.on("arena.mark", ArenaSteps::mark, List.of(), Map.of("mark", Result.INTEGER)),
        Operation.on("arena.rewind", ArenaSteps::rewind, List.of(integer("mark")), NOTHING),
        Operation.on("arena.reset", ArenaSteps::reset, List.of(), NOTHING),
        Operation.on("arena.stats", ArenaSteps::stats, List.of(),
            Map.of("allocations", Result.INTEGER, "capacity", Result.INTEGER, "failures", Result.INTEGER,
                "fallbacks", Result.INTEGER, "peak", Result.INTEGER, "used", Result.INTEGER)),
        Operation.on("arena.close", ArenaSteps::close, List.of(), NOTHING));
  }

  private static OpenArena on(World world, Step step) {
    return world.get(step.on, OpenArena.class, "an arena");
  }

  /** That it is closed comes before the arguments. */
  private static Arena byArguments(World world, Step step) {
    OpenArena open = on(world, step);
    if (!open.closed) {
      step.refuseNegative();
    }
    return open.arena;
  }

  private static JsonNode create(World world, Step step) {
    step.refuseNegative();
    ArenaOptions options = new ArenaOptions(step.bits("capacity"));
    if ("fallback".equals(step.text("overflow"))) {
      options = options.withOverflow(Overflow.FALLBACK);
    }
    world.bind(step.as, new OpenArena(Arena.create(options)));
    return nothing();
  }

  private static JsonNode alloc(World world, Step step) {
    long place = byArguments(world, step).alloc(step.bits("size"), step.bits("align"));
    ObjectNode result = nothing();
    return result.set(
        "offset", Arena.isOutside(place) ? Values.JSON.nullNode() : Values.canonicalInteger(place));
  }

  private static JsonNode mark(World world, Step step) {
    return nothing().set("mark", Values.canonicalInteger(on(world, step).arena.mark()));
  }

  private static JsonNode rewind(World world, Step step) {
    byArguments(world, step).rewind(step.bits("mark"));
    return nothing();
  }

  private static JsonNode reset(World world, Step step) {
    on(world, step).arena.reset();
    return nothing();
  }

  private static JsonNode stats(World world, Step step) {
    ArenaStats stats = on(world, step).arena.stats();
    ObjectNode result = nothing();
    result.set("allocations", Values.canonicalInteger(stats.allocations()));
    result.set("capacity", Values.canonicalInteger(stats.capacityBytes()));
    result.set("failures", Values.canonicalInteger(stats.failures()));
    result.set("fallbacks", Values.canonicalInteger(stats.fallbacks()));
    result.set("peak", Values.canonicalInteger(stats.peakBytes()));
    result.set("used", Values.canonicalInteger(stats.usedBytes()));
    return result;
  }

  private static JsonNode close(World world, Step step) {
    OpenArena open = on(world, step);
    open.arena.close();
    open.closed = true;
    return nothing();
  }

  private static ObjectNode nothing() {
    return Values.JSON.objectNode();
  }
}
