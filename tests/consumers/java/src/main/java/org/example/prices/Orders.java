// SPDX-License-Identifier: MIT OR Apache-2.0
package org.example.prices;

import io.drystone.Arena;
import io.drystone.BufferPool;
import io.drystone.DrystoneException;
import io.drystone.IndexMap;
import io.drystone.IndexMapOptions;
import io.drystone.ObjectPool;
import io.drystone.Pool;
import io.drystone.PoolOptions;
import io.drystone.Region;
import io.drystone.Scratch;
import io.drystone.SharedPool;
import io.drystone.SharedPoolCache;
import io.drystone.Slab;
import java.nio.ByteBuffer;

/** Keeps orders in a file, and what else it needs in memory blocks. */
public final class Orders {
  private static final int AT_QUANTITY = 8;

  private Orders() {}

  /** {@code Orders FILE}. */
  public static void main(String[] arguments) {
    String path = arguments[0];
    PoolOptions orders = new PoolOptions(32, 10_000);
    IndexMapOptions desks = new IndexMapOptions(100);
    long bytes = orders.requiredBytes() + desks.requiredBytes() + 65536;
    int first;
    try (Region region = Region.create(Region.Kind.FILE, path, bytes);
        Pool pool = region.createPool("orders", orders);
        IndexMap map = region.createIndexMap("desks", desks)) {
      first = pool.acquire();
      pool.view(first).putLong(AT_QUANTITY, 500);
      pool.release(pool.acquire());
      map.acquire();
    }
    try (Region region = Region.open(Region.Kind.FILE, path, Region.Mode.READ);
        Pool pool = region.openPool("orders");
        IndexMap map = region.openIndexMap("desks")) {
      System.out.println("order " + first + " quantity " + pool.view(first).getLong(AT_QUANTITY));
      System.out.println("desk 0 is " + (map.contains(0) ? "taken" : "free"));
    }
    inMemory();
  }

  private static void inMemory() {
    try (Arena arena = Arena.create(1 << 16);
        Scratch scratch = Scratch.create();
        SharedPool shared = SharedPool.create(128, 1000);
        SharedPoolCache cache = shared.openCache();
        BufferPool buffers = BufferPool.create(Integer.BYTES, 256, 10);
        Slab slab = Slab.create(1 << 16);
        ObjectPool<String> names = ObjectPool.create(10, name -> System.out.println(name + " is gone"))) {
      ByteBuffer line = arena.allocBuffer(100, 8);
      line.putInt(0, 1);
      try (Scratch.Scope scope = scratch.begin(); BufferPool.Block block = buffers.take()) {
        block.ints().put(0, scratch.allocBuffer(4, 4).getInt(0) + line.getInt(0));
      }
      cache.release(cache.acquire());
      slab.free(slab.alloc(100));
      long handle = names.acquire("ann");
      names.release(handle);
      try {
        names.get(handle);
      } catch (DrystoneException.Stale e) {
        System.out.println(e.code());
      }
    }
  }
}
