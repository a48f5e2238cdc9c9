// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drystone.MemoryFlag;
import io.drystone.Pool;
import io.drystone.PoolOptions;
import io.drystone.PoolStats;
import io.drystone.conformance.SlotSteps.OpenSlots;
import io.drystone.conformance.World.OpenRegion;
import java.util.stream.Stream;

/** The operations {@code pool.*}. */
final class PoolSteps implements SlotSteps.Sort {
  /** A pool that was made or opened. */
  private static final class OpenPool extends OpenSlots {
    private final Pool pool;

    OpenPool(OpenRegion region, Pool pool) {
      super(region);
      this.pool = pool;
    }

    @Override
    int alloc() {
      return pool.acquire();
    }

    @Override
    void free(int slot) {
      pool.release(slot);
    }

    @Override
    void freeAt(long offset) {
      pool.releaseAt(offset);
    }

    @Override
    void fill(int slot, byte value) {
      pool.fill(slot, value);
    }

    @Override
    void read(int slot, long at, byte[] into) {
      pool.read(slot, at, into, 0, into.length);
    }

    @Override
    long objectBytes() {
      return pool.objectBytes();
    }

    @Override
    void reset() {
      pool.reset();
    }

    @Override
    ObjectNode stats() {
      PoolStats stats = pool.stats();
      ObjectNode facts = SlotSteps.facts(
          stats.capacitySlots(), stats.failures(), stats.inUse(), stats.objectBytes(), stats.strideBytes());
      facts.set("peak", Values.canonicalInteger(stats.peak()));
      return facts;
    }

    @Override
    public void end() {
      pool.close();
    }
  }

  private PoolSteps() {}

  static Stream<Operation> operations() {
    return SlotSteps.operations("pool", OpenPool.class, "a pool", new PoolSteps(), "peak");
  }

  @Override
  public OpenSlots create(OpenRegion region, Step step) {
    PoolOptions options =
        new PoolOptions(step.bits("object_size"), step.bits("capacity")).withAlign(step.bits("align"));
    if (step.isYes("zero_on_free")) {
      options = options.withFlags(MemoryFlag.WIPE);
    }
    return new OpenPool(
        region, region == null ? Pool.create(options) : region.region.createPool(step.text("part"), options));
  }

  @Override
  public OpenSlots open(OpenRegion region, String part) {
    return new OpenPool(region, region.region.openPool(part));
  }
}
