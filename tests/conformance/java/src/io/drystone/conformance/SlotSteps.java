// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import static io.drystone.conformance.Operation.NOTHING;
import static io.drystone.conformance.Operation.argument;
import static io.drystone.conformance.Operation.integer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drystone.Slots;
import io.drystone.conformance.Operation.Argument;
import io.drystone.conformance.Operation.Need;
import io.drystone.conformance.Operation.Result;
import io.drystone.conformance.Operation.Type;
import io.drystone.conformance.World.OpenRegion;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The operations that pools and shared pools have in common. */
final class SlotSteps {
  private static final BigInteger LARGEST_BYTE = BigInteger.valueOf(255);

  /** A pool of either sort, as the steps use it. */
  abstract static class OpenSlots extends OpenPart {
    final Slots pool;

    OpenSlots(OpenRegion region, Slots pool) {
      super(region);
      this.pool = pool;
    }

    int alloc() {
      return pool.acquire();
    }

    void free(int slot) {
      pool.release(slot);
    }

    abstract ObjectNode stats();

    @Override
    public void end() {
      pool.close();
    }
  }

  /** Makes and opens pools of one sort. */
  interface Sort {
    OpenSlots create(OpenRegion region, Step step);

    OpenSlots open(OpenRegion region, String part);
  }

  private final Class<? extends OpenSlots> type;
  private final String called;
  private final Sort sort;

  private SlotSteps(Class<? extends OpenSlots> type, String called, Sort sort) {
    this.type = type;
    this.called = called;
    this.sort = sort;
  }

  /** All operations, under the names {@code prefix.*}; stats have these keys and {@code moreFacts}. */
  static Stream<Operation> operations(
      String prefix, Class<? extends OpenSlots> type, String called, Sort sort, String... moreFacts) {
    SlotSteps steps = new SlotSteps(type, called, sort);
    Argument part = argument("part", Type.NAME);
    Argument slot = integer("slot");
    List<Argument> shape = List.of(
        integer("object_size"), integer("capacity"), integer("align").optional(),
        argument("zero_on_free", Type.YES_OR_NO).optional(), part.optional());
    Map<String, Result> facts = new HashMap<>();
    Stream.of("capacity", "failures", "in_use", "object_size", "stride").forEach(key -> facts.put(key, Result.INTEGER));
    Arrays.stream(moreFacts).forEach(key -> facts.put(key, Result.INTEGER));
    return Stream.of(
        new Operation(prefix + ".create", steps::create, Need.OPTIONAL, Need.NONE, Need.OPTIONAL, shape, NOTHING),
        new Operation(prefix + ".open", steps::open, Need.OPTIONAL, Need.NONE, Need.REQUIRED, List.of(part), NOTHING),
        Operation.on(prefix + ".alloc", steps::alloc, List.of(), Map.of("slot", Result.INTEGER)),
        Operation.on(prefix + ".free", steps::free, List.of(slot), NOTHING),
        Operation.on(prefix + ".free_at", steps::freeAt, List.of(integer("offset")), NOTHING),
        Operation.on(prefix + ".fill", steps::fill, List.of(slot, integer("byte")), NOTHING),
        Operation.on(prefix + ".read", steps::read, List.of(slot, integer("at"), integer("length")),
            Map.of("bytes", Result.BYTES)),
        Operation.on(prefix + ".reset", steps::reset, List.of(), NOTHING),
        Operation.on(prefix + ".stats", steps::stats, List.of(), facts),
        Operation.on(prefix + ".close", steps::close, List.of(), NOTHING));
  }

  private OpenSlots on(World world, Step step) {
    return world.get(step.on, type, called);
  }

  private JsonNode create(World world, Step step) {
    OpenRegion region = OpenPart.regionToMakeIn(world, step);
    if ((region == null || !region.closed) && step.has("align") && step.bits("align") == 0) {
      throw new Failure("invalid_argument");
    }
    world.bind(step.as, sort.create(region, step));
    return nothing();
  }

  private JsonNode open(World world, Step step) {
    world.bind(step.as, sort.open(world.region(step.in), step.text("part")));
    return nothing();
  }

  private JsonNode alloc(World world, Step step) {
    return nothing().set("slot", Values.canonicalInteger(on(world, step).alloc()));
  }

  private static int slot(Step step) {
    return OpenPart.number(step, "slot", "foreign");
  }

  private JsonNode free(World world, Step step) {
    OpenSlots pool = on(world, step);
    pool.free(pool.changesByArguments(step) ? slot(step) : 0);
    return nothing();
  }

  private JsonNode freeAt(World world, Step step) {
    OpenSlots pool = on(world, step);
    pool.changesByArguments(step);
    pool.pool.releaseAt(step.bits("offset"));
    return nothing();
  }

  private JsonNode fill(World world, Step step) {
    OpenSlots pool = on(world, step);
    boolean judged = pool.changesByArguments(step);
    if (judged && step.integer("byte").compareTo(LARGEST_BYTE) > 0) {
      throw new Failure("invalid_argument");
    }
    pool.pool.fill(judged ? slot(step) : 0, (byte) step.bits("byte"));
    return nothing();
  }

  private JsonNode read(World world, Step step) {
    OpenSlots pool = on(world, step);
    int slot = pool.readsArguments(step) ? slot(step) : 0;
    long beyond = pool.pool.objectBytes() + 1;
    long length = step.bits("length");
    byte[] bytes = new byte[(int) (Long.compareUnsigned(length, beyond) < 0 ? length : beyond)];
    pool.pool.read(slot, step.bits("at"), bytes, 0, bytes.length);
    return nothing().set("bytes", Values.canonicalBytes(bytes));
  }

  private JsonNode reset(World world, Step step) {
    on(world, step).pool.reset();
    return nothing();
  }

  private JsonNode stats(World world, Step step) {
    return on(world, step).stats();
  }

  private JsonNode close(World world, Step step) {
    OpenSlots pool = on(world, step);
    pool.end();
    pool.closed = true;
    return nothing();
  }

  static ObjectNode facts(long capacity, long failures, long inUse, long objectBytes, long strideBytes) {
    ObjectNode result = nothing();
    result.set("capacity", Values.canonicalInteger(capacity));
    result.set("failures", Values.canonicalInteger(failures));
    result.set("in_use", Values.canonicalInteger(inUse));
    result.set("object_size", Values.canonicalInteger(objectBytes));
    result.set("stride", Values.canonicalInteger(strideBytes));
    return result;
  }

  private static ObjectNode nothing() {
    return Values.JSON.objectNode();
  }
}
