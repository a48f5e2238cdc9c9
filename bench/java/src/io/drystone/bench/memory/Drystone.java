// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import io.drystone.Arena;
import io.drystone.ArenaOptions;
import io.drystone.IndexMap;
import io.drystone.IndexMapOptions;
import io.drystone.MemoryFlag;
import io.drystone.ObjectPool;
import io.drystone.Pool;
import io.drystone.PoolOptions;
import io.drystone.SharedPool;
import io.drystone.SharedPoolCache;
import io.drystone.SharedPoolOptions;
import io.drystone.Slab;
import io.drystone.SlabOptions;
import java.nio.ByteBuffer;

/** drystone's own blocks. Objects are written through one view of all of them, which costs no call and no garbage. */
final class Drystone {
  private Drystone() {}

  /** Slots of a view. */
  abstract static class Slots implements Objects {
    final int[] live;
    private final ByteBuffer bytes;
    private final int stride;

    Slots(int live, ByteBuffer bytes, long stride) {
      this.live = new int[live];
      this.bytes = bytes;
      this.stride = (int) stride;
    }

    @Override
    public final void stamp(int at, long number) {
      int place = live[at] * stride;
      bytes.putLong(place, number);
      bytes.putLong(place + Long.BYTES, ~number);
    }

    @Override
    public final boolean stamped(int at, long number) {
      int place = live[at] * stride;
      return bytes.getLong(place) == number & bytes.getLong(place + Long.BYTES) == ~number;
    }

    @Override
    public final Object live() {
      return live;
    }
  }

  /** A pool with room for a little more than the objects that stay. */
  static class Pooled extends Slots {
    final Pool pool;

    Pooled(int count, MemoryFlag... flags) {
      this(count, Pool.create(new PoolOptions(Memory.OBJECT_BYTES, count + BATCH).withFlags(flags)));
    }

    private Pooled(int count, Pool pool) {
      super(count, pool.slots(), pool.strideBytes());
      this.pool = pool;
    }

    @Override
    public void take(int at) {
      live[at] = pool.acquire();
    }

    @Override
    public void give(int at) {
      pool.release(live[at]);
    }

    @Override
    public void takeBatch() {
      pool.acquireMany(live, 0, BATCH);
    }

    @Override
    public void giveBatch() {
      pool.releaseMany(live, 0, BATCH);
    }

    @Override
    public void close() {
      pool.close();
    }
  }

  /** Objects behind handles: they are Java's, made beforehand, and looked up before they are given back. */
  static final class Handled implements Objects {
    private final ObjectPool<long[]> pool;
    private final long[][] objects;
    private final long[] handles;

    Handled(int count) {
      pool = ObjectPool.create(count + BATCH);
      objects = Heap.objects(count);
      handles = new long[count];
    }

    @Override
    public void take(int at) {
      handles[at] = pool.acquire(objects[at]);
    }

    @Override
    public void give(int at) {
      pool.release(handles[at]);
    }

    @Override
    public void stamp(int at, long number) {
      Heap.stamp(objects[at], number);
    }

    @Override
    public boolean stamped(int at, long number) {
      return Heap.stamped(pool.get(handles[at]), number);
    }

    @Override
    public void close() {
      pool.close();
    }
  }

  static class Bumped implements Bump {
    final Arena arena;
    final int[] live;
    private final ByteBuffer bytes;

    Bumped(int count, int totalBytes) {
      arena = Arena.create(new ArenaOptions(totalBytes).withFlags(MemoryFlag.PREFAULT));
      bytes = arena.bytes();
      live = new int[count];
    }

    @Override
    public void take(int at, int size) {
      live[at] = (int) arena.alloc(size, Long.BYTES);
    }

    @Override
    public void stamp(int at, long number) {
      bytes.putLong(live[at], number);
    }

    @Override
    public boolean stamped(int at, long number) {
      return bytes.getLong(live[at]) == number;
    }

    @Override
    public void reset() {
      arena.reset();
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  static final class Slabbed implements Sized {
    private final Slab slab;
    private final ByteBuffer bytes;
    private final int[] live;

    Slabbed(int count, int bytesMax) {
      // Pages of a size stay that size's while anything lives on them.
      slab = Slab.create(new SlabOptions(2L * count * bytesMax + (1 << 20)).withFlags(MemoryFlag.PREFAULT));
      bytes = slab.bytes();
      live = new int[count];
    }

    @Override
    public void take(int at, int size) {
      live[at] = (int) slab.alloc(size);
    }

    @Override
    public void give(int at) {
      slab.free(live[at]);
    }

    @Override
    public void stamp(int at, long number) {
      bytes.putLong(live[at], number);
      bytes.putLong(live[at] + Long.BYTES, ~number);
    }

    @Override
    public boolean stamped(int at, long number) {
      return bytes.getLong(live[at]) == number & bytes.getLong(live[at] + Long.BYTES) == ~number;
    }

    @Override
    public void close() {
      slab.close();
    }
  }

  static class Mapped implements Indices {
    final IndexMap map;

    Mapped(int count) {
      map = IndexMap.create(new IndexMapOptions(count).withFlags(MemoryFlag.PREFAULT));
    }

    @Override
    public int take() {
      return map.acquire();
    }

    @Override
    public void give(int index) {
      map.release(index);
    }

    @Override
    public void close() {
      map.close();
    }
  }

  /** A cache for each thread. */
  static class Shared implements SharedObjects {
    final SharedPool pool;

    Shared(int count) {
      pool = SharedPool.create(new SharedPoolOptions(Memory.OBJECT_BYTES, count).withFlags(MemoryFlag.PREFAULT));
    }

    @Override
    public Objects local(int live) {
      return new Cached(live, pool, pool.openCache());
    }

    @Override
    public Object array(int live) {
      return new int[live];
    }

    @Override
    public void close() {
      pool.close();
    }
  }

  static class Cached extends Slots {
    final SharedPoolCache cache;

    Cached(int live, SharedPool pool, SharedPoolCache cache) {
      super(live, pool.slots(), pool.strideBytes());
      this.cache = cache;
    }

    @Override
    public void take(int at) {
      live[at] = cache.acquire();
    }

    @Override
    public void give(int at) {
      cache.release(live[at]);
    }

    @Override
    public void close() {
      cache.close();
    }
  }
}
