// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import static io.drystone.conformance.Operation.NOTHING;
import static io.drystone.conformance.Operation.argument;
import static io.drystone.conformance.Operation.integer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drystone.ObjectPool;
import io.drystone.ObjectPoolStats;
import io.drystone.conformance.Operation.Need;
import io.drystone.conformance.Operation.Result;
import io.drystone.conformance.Operation.Type;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The operations {@code object_pool.*} and {@code object.*}. */
final class ObjectPoolSteps {
  /** What the pool holds. */
  private static final class Value {
    String text;

    Value(String text) {
      this.text = text;
    }
  }

  /** An object pool that was made. */
  private static final class OpenObjectPool implements World.Bound {
    final ObjectPool<Value> pool;
    long destroyed;

    OpenObjectPool(long capacity) {
      pool = ObjectPool.create(capacity, value -> destroyed++);
    }

    void expectSameCount(long counted, long library) {
      if (counted != library) {
        throw new IllegalStateException("the destructor ran " + counted + " times, the library says " + library);
      }
    }

    @Override
    public void end() {
      pool.close();
    }
  }

  /** An object that was taken. */
  private record OpenObject(OpenObjectPool from, long handle) implements World.Bound {
    @Override
    public void end() {}
  }

  private ObjectPoolSteps() {}

  static Stream<Operation> operations() {
    return Stream.of(
        new Operation("object_pool.create", ObjectPoolSteps::create, Need.OPTIONAL, Need.NONE, Need.NONE,
            List.of(integer("capacity")), NOTHING),
        new Operation("object_pool.acquire", ObjectPoolSteps::acquire, Need.OPTIONAL, Need.REQUIRED, Need.NONE,
            List.of(argument("value", Type.NAME)), NOTHING),
        Operation.on("object_pool.stats", ObjectPoolSteps::stats, List.of(),
            Map.of("capacity", Result.INTEGER, "destroyed", Result.INTEGER, "in_use", Result.INTEGER)),
        Operation.on("object_pool.close", ObjectPoolSteps::close, List.of(), Map.of("destroyed", Result.INTEGER)),
        Operation.on("object.get", ObjectPoolSteps::get, List.of(), Map.of("value", Result.BYTES)),
        Operation.on("object.set", ObjectPoolSteps::set, List.of(argument("value", Type.NAME)), NOTHING),
        Operation.on("object.release", ObjectPoolSteps::release, List.of(), NOTHING));
  }

  private static OpenObjectPool on(World world, Step step) {
    return world.get(step.on, OpenObjectPool.class, "an object pool");
  }

  private static OpenObject object(World world, Step step) {
    return world.get(step.on, OpenObject.class, "an object");
  }

  private static JsonNode create(World world, Step step) {
    step.refuseNegative();
    world.bind(step.as, new OpenObjectPool(step.bits("capacity")));
    return nothing();
  }

  private static JsonNode acquire(World world, Step step) {
    OpenObjectPool open = on(world, step);
    world.bind(step.as, new OpenObject(open, open.pool.acquire(new Value(step.text("value")))));
    return nothing();
  }

  private static JsonNode stats(World world, Step step) {
    OpenObjectPool open = on(world, step);
    ObjectPoolStats stats = open.pool.stats();
    open.expectSameCount(open.destroyed, stats.destroyed());
    ObjectNode result = nothing();
    result.set("capacity", Values.canonicalInteger(stats.capacity()));
    result.set("destroyed", Values.canonicalInteger(open.destroyed));
    result.set("in_use", Values.canonicalInteger(stats.inUse()));
    return result;
  }

  private static JsonNode close(World world, Step step) {
    OpenObjectPool open = on(world, step);
    long before = open.destroyed;
    long destroyed = open.pool.closeAndCount();
    open.expectSameCount(open.destroyed - before, destroyed);
    return nothing().set("destroyed", Values.canonicalInteger(destroyed));
  }

  private static JsonNode get(World world, Step step) {
    OpenObject object = object(world, step);
    String text = object.from().pool.get(object.handle()).text;
    return nothing().set("value", Values.canonicalBytes(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static JsonNode set(World world, Step step) {
    OpenObject object = object(world, step);
    object.from().pool.get(object.handle()).text = step.text("value");
    return nothing();
  }

  private static JsonNode release(World world, Step step) {
    OpenObject object = object(world, step);
    object.from().pool.release(object.handle());
    return nothing();
  }

  private static ObjectNode nothing() {
    return Values.JSON.objectNode();
  }
}
