// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.conformance;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drystone.MemoryFlag;
import io.drystone.SharedPool;
import io.drystone.SharedPoolCache;
import io.drystone.SharedPoolOptions;
import io.drystone.SharedPoolStats;
import io.drystone.conformance.SlotSteps.OpenSlots;
import io.drystone.conformance.World.OpenRegion;
import java.util.stream.Stream;

/** The operations {@code shared_pool.*}. What is taken and freed by slot goes through a cache, opened at need. */
final class SharedPoolSteps implements SlotSteps.Sort {
  /** A shared pool that was made or opened. */
  private static final class OpenSharedPool extends OpenSlots {
    private SharedPoolCache cache;

    OpenSharedPool(OpenRegion region, SharedPool pool) {
      super(region, pool);
    }

    private SharedPool shared() {
      return (SharedPool) pool;
    }

    private SharedPoolCache cache() {
      if (cache == null) {
        cache = shared().openCache();
      }
      return cache;
    }

    @Override
    int alloc() {
      return cache().acquire();
    }

    @Override
    void free(int slot) {
      cache().release(slot);
    }

    @Override
    ObjectNode stats() {
      SharedPoolStats stats = shared().stats();
      return SlotSteps.facts(
          stats.capacitySlots(), stats.failures(), stats.inUse(), stats.objectBytes(), stats.strideBytes());
    }

    @Override
    public void end() {
      if (cache != null) {
        cache.close();
      }
      super.end();
    }
  }

  private SharedPoolSteps() {}

  static Stream<Operation> operations() {
    return SlotSteps.operations("shared_pool", OpenSharedPool.class, "a shared pool", new SharedPoolSteps());
  }

  @Override
  public OpenSlots create(OpenRegion region, Step step) {
    SharedPoolOptions options =
        new SharedPoolOptions(step.bits("object_size"), step.bits("capacity")).withAlign(step.bits("align"));
    if (step.isYes("zero_on_free")) {
      options = options.withFlags(MemoryFlag.WIPE);
    }
    return new OpenSharedPool(
        region,
        region == null ? SharedPool.create(options) : region.region.createSharedPool(step.text("part"), options));
  }

  @Override
  public OpenSlots open(OpenRegion region, String part) {
    return new OpenSharedPool(region, region.region.openSharedPool(part));
  }
}
