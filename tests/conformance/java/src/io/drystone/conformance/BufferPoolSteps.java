// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import static io.drystone.conformance.Operation.NOTHING;
import static io.drystone.conformance.Operation.integer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drystone.BufferPool;
import io.drystone.BufferPoolStats;
import io.drystone.conformance.Operation.Need;
import io.drystone.conformance.Operation.Result;
import java.math.BigInteger;
import java.nio.IntBuffer;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The operations {@code buffer_pool.*} and {@code buffer.*}; elements have 32 bits. */
final class BufferPoolSteps {
  private static final BigInteger LARGEST_ELEMENT = BigInteger.ONE.shiftLeft(32).subtract(BigInteger.ONE);

  /** A buffer pool that was made. */
  private static final class OpenBufferPool implements World.Bound {
    final BufferPool pool;
    boolean closed;

    OpenBufferPool(BufferPool pool) {
      this.pool = pool;
    }

    @Override
    public void end() {
      pool.close();
    }
  }

  /** A buffer that was taken. */
  private record OpenBuffer(OpenBufferPool from, long handle) implements World.Bound {
    @Override
    public void end() {}

    IntBuffer elements() {
      return from.pool.ints(handle);
    }

    /** That the pool is closed comes before the arguments. */
    boolean readsArguments(Step step) {
      if (!from.closed) {
        step.refuseNegative();
      }
      return !from.closed;
    }
  }

  private BufferPoolSteps() {}

  static Stream<Operation> operations() {
    return Stream.of(
        new Operation("buffer_pool.create", BufferPoolSteps::create, Need.OPTIONAL, Need.NONE, Need.NONE,
            List.of(integer("elements"), integer("blocks")), NOTHING),
        new Operation("buffer_pool.acquire", BufferPoolSteps::acquire, Need.OPTIONAL, Need.REQUIRED, Need.NONE,
            List.of(), NOTHING),
        Operation.on("buffer_pool.stats", BufferPoolSteps::stats, List.of(),
            Map.of("blocks", Result.INTEGER, "elements", Result.INTEGER, "in_use", Result.INTEGER)),
        Operation.on("buffer_pool.close", BufferPoolSteps::close, List.of(), NOTHING),
        Operation.on("buffer.set", BufferPoolSteps::set, List.of(integer("at"), integer("value")), NOTHING),
        Operation.on("buffer.get", BufferPoolSteps::get, List.of(integer("at")), Map.of("value", Result.INTEGER)),
        Operation.on("buffer.release", BufferPoolSteps::release, List.of(), NOTHING));
  }

  private static OpenBufferPool on(World world, Step step) {
    return world.get(step.on, OpenBufferPool.class, "a buffer pool");
  }

  private static OpenBuffer buffer(World world, Step step) {
    return world.get(step.on, OpenBuffer.class, "a buffer");
  }

  private static JsonNode create(World world, Step step) {
    step.refuseNegative();
    BufferPool pool = BufferPool.create(Integer.BYTES, step.bits("elements"), step.bits("blocks"));
    world.bind(step.as, new OpenBufferPool(pool));
    return nothing();
  }

  private static JsonNode acquire(World world, Step step) {
    OpenBufferPool open = on(world, step);
    world.bind(step.as, new OpenBuffer(open, open.pool.acquire()));
    return nothing();
  }

  private static JsonNode stats(World world, Step step) {
    BufferPoolStats stats = on(world, step).pool.stats();
    ObjectNode result = nothing();
    result.set("blocks", Values.canonicalInteger(stats.blocks()));
    result.set("elements", Values.canonicalInteger(stats.elements()));
    result.set("in_use", Values.canonicalInteger(stats.inUse()));
    return result;
  }

  private static JsonNode close(World world, Step step) {
    OpenBufferPool open = on(world, step);
    open.end();
    open.closed = true;
    return nothing();
  }

  private static JsonNode set(World world, Step step) {
    OpenBuffer buffer = buffer(world, step);
    if (buffer.readsArguments(step) && step.integer("value").compareTo(LARGEST_ELEMENT) > 0) {
      throw new Failure("invalid_argument");
    }
    IntBuffer elements = buffer.elements();
    elements.put(index(step, elements), (int) step.bits("value"));
    return nothing();
  }

  private static JsonNode get(World world, Step step) {
    OpenBuffer buffer = buffer(world, step);
    buffer.readsArguments(step);
    IntBuffer elements = buffer.elements();
    return nothing().set("value", Values.canonicalInteger(Integer.toUnsignedLong(elements.get(index(step, elements)))));
  }

  /** A buffer of Java's cannot be asked for more than an int. */
  private static int index(Step step, IntBuffer elements) {
    if (Long.compareUnsigned(step.bits("at"), elements.capacity()) >= 0) {
      throw new Failure("invalid_argument");
    }
    return (int) step.bits("at");
  }

  private static JsonNode release(World world, Step step) {
    OpenBuffer buffer = buffer(world, step);
    buffer.from().pool.release(buffer.handle());
    return nothing();
  }

  private static ObjectNode nothing() {
    return Values.JSON.objectNode();
  }
}
