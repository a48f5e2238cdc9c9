// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import static io.drystone.conformance.Operation.NOTHING;
import static io.drystone.conformance.Operation.integer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drystone.Slab;
import io.drystone.SlabStats;
import io.drystone.conformance.Operation.Need;
import io.drystone.conformance.Operation.Result;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The operations {@code slab.*}. */
final class SlabSteps {
  /** A slab that was made. */
  private static final class OpenSlab implements World.Bound {
    final Slab slab;
    boolean closed;

    OpenSlab(Slab slab) {
      this.slab = slab;
    }

    @Override
    public void end() {
      slab.close();
    }
  }

  /** An object that was taken. */
  private static final class SlabObject implements World.Bound {
    final OpenSlab from;
    final long place;

    /**
     * A place does not tell who it was given to, and its page may be another class's by now: so the library is not asked about a
     * name that was freed.
     */
    boolean freed;

    SlabObject(OpenSlab from, long place) {
      this.from = from;
      this.place = place;
    }

    @Override
    public void end() {}
  }

  private SlabSteps() {}

  static Stream<Operation> operations() {
    return Stream.of(
        new Operation("slab.create", SlabSteps::create, Need.OPTIONAL, Need.NONE, Need.NONE,
            List.of(integer("bytes")), NOTHING),
        new Operation("slab.alloc", SlabSteps::alloc, Need.OPTIONAL, Need.REQUIRED, Need.NONE,
            List.of(integer("size")), Map.of("class", Result.INTEGER)),
        Operation.on("slab.free", SlabSteps::free, List.of(), NOTHING),
        Operation.on("slab.stats", SlabSteps::stats, List.of(),
            Map.of("classes", Result.CLASSES, "fallbacks", Result.INTEGER, "in_use", Result.INTEGER)),
        Operation.on("slab.close", SlabSteps::close, List.of(), NOTHING));
  }

  private static OpenSlab on(World world, Step step) {
    return world.get(step.on, OpenSlab.class, "a slab");
  }

  private static JsonNode create(World world, Step step) {
    step.refuseNegative();
    world.bind(step.as, new OpenSlab(Slab.create(step.bits("bytes"))));
    return nothing();
  }

  private static JsonNode alloc(World world, Step step) {
    OpenSlab open = on(world, step);
    if (!open.closed) {
      step.refuseNegative();
    }
    long place = open.slab.alloc(step.bits("size"));
    world.bind(step.as, new SlabObject(open, place));
    return nothing().set("class", Values.canonicalInteger(Slab.isOutside(place) ? 0 : open.slab.usableBytes(place)));
  }

  private static JsonNode free(World world, Step step) {
    SlabObject object = world.get(step.on, SlabObject.class, "a slab object");
    if (!object.from.closed && object.freed) {
      throw new Failure("stale");
    }
    object.from.slab.free(object.place);
    object.freed = true;
    return nothing();
  }

  private static JsonNode stats(World world, Step step) {
    SlabStats stats = on(world, step).slab.stats();
    ObjectNode result = nothing();
    var classes = result.putArray("classes");
    for (SlabStats.SizeClass one : stats.classes()) {
      classes.addObject()
          .<ObjectNode>set("in_use", Values.canonicalInteger(one.inUse()))
          .set("size", Values.canonicalInteger(one.sizeBytes()));
    }
    result.set("fallbacks", Values.canonicalInteger(stats.fallbacks()));
    result.set("in_use", Values.canonicalInteger(stats.inUse()));
    return result;
  }

  private static JsonNode close(World world, Step step) {
    OpenSlab open = on(world, step);
    open.end();
    open.closed = true;
    return nothing();
  }

  private static ObjectNode nothing() {
    return Values.JSON.objectNode();
  }
}
