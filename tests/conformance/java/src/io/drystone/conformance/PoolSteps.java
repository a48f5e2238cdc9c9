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
    OpenPool(OpenRegion region, Pool pool) {
      super(region, pool);
    }

    @Override
    ObjectNode stats() {
      PoolStats stats = ((Pool) pool).stats();
      ObjectNode facts = SlotSteps.facts(
          stats.capacitySlots(), stats.failures(), stats.inUse(), stats.objectBytes(), stats.strideBytes());
      facts.set("peak", Values.canonicalInteger(stats.peak()));
      return facts;
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
