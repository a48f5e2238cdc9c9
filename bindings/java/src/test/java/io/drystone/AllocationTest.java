// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Reads into the caller's buffers allocate nothing, whether compiled yet or not. */
class AllocationTest {
  private static final int ROUNDS = 10_000;
  private static final KvOptions OPTIONS = new KvOptions(100, 100_000);
  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void readsIntoBuffersAllocateNothing() {
    byte[] key = Stores.bytes("sixteen bytes key");
    byte[] absent = Stores.bytes("no such key");
    byte[] into = new byte[100];
    ByteBuffer buffer = ByteBuffer.allocateDirect(100);
    ValueBuffer value = new ValueBuffer(100);
    try (Region region = Stores.memory(OPTIONS); Kv kv = region.createKv("t", OPTIONS); KvReader reader = kv.reader()) {
      kv.put(key, new byte[77]);
      assertEquals(0, allocatedBy(() -> reader.getInto(key, into)), "getInto an array");
      assertEquals(0, allocatedBy(() -> reader.getInto(key, buffer.clear())), "getInto a ByteBuffer");
      assertEquals(0, allocatedBy(() -> reader.getInto(key, value)), "getInto a ValueBuffer");
      assertEquals(0, allocatedBy(() -> reader.tryGet(key, 3, value)), "tryGet");
      assertEquals(0, allocatedBy(() -> reader.contains(key)), "contains");
      assertEquals(0, allocatedBy(() -> reader.getInto(absent, into)), "getInto of an absent key");
      assertEquals(0, allocatedBy(() -> kv.put(key, into)), "put");
      assertTrue(allocatedBy(() -> reader.get(key)) > 0, "get, which shows that this test can fail");
    }
  }

  @Test
  void blocksAllocateNothing() {
    try (Arena arena = Arena.create(1 << 20);
        Scratch scratch = Scratch.create();
        Pool pool = Pool.create(64, 100);
        SharedPool shared = SharedPool.create(64, 1000);
        SharedPoolCache cache = shared.openCache();
        IndexMap map = IndexMap.create(1000);
        ObjectPool<String> objects = ObjectPool.create(100);
        BufferPool buffers = BufferPool.create(4, 100, 10);
        Slab slab = Slab.create(1 << 16)) {
      Scratch.Scope scope = new Scratch.Scope();
      int[] slots = new int[50];
      byte[] bytes = new byte[64];
      assertEquals(0, allocatedBy(() -> arena.rewind(arena.alloc(8, 8))), "arena");
      assertEquals(0, allocatedBy(() -> {
        scratch.begin(scope);
        scratch.alloc(8, 8);
        scope.close();
      }), "scratch");
      if (!MemoryFlag.CHECKED) { // which remembers where each slot was taken
        assertEquals(0, allocatedBy(() -> pool.release(pool.acquire())), "pool");
        assertEquals(0, allocatedBy(() -> {
          pool.acquireMany(slots);
          pool.write(slots[0], 0, bytes, 0, 64);
          pool.read(slots[0], 0, bytes, 0, 64);
          pool.releaseMany(slots);
        }), "pool, several");
      }
      assertEquals(0, allocatedBy(() -> shared.release(shared.acquire())), "shared pool");
      assertEquals(0, allocatedBy(() -> cache.release(cache.acquire())), "cache");
      assertEquals(0, allocatedBy(() -> map.release(map.acquire())), "index map");
      assertEquals(0, allocatedBy(() -> {
        long handle = objects.acquire("x");
        objects.get(handle);
        objects.release(handle);
      }), "object pool");
      assertEquals(0, allocatedBy(() -> buffers.release(buffers.acquire())), "buffer pool");
      assertEquals(0, allocatedBy(() -> slab.free(slab.alloc(100))), "slab");
      assertTrue(allocatedBy(() -> arena.view(0, 0)) > 0, "a view, which shows that this test can fail");
    }
  }

  /** Bytes a call, rounded down; a first call loads classes and links call sites. */
  private static long allocatedBy(Runnable call) {
    call.run();
    long thread = Thread.currentThread().getId();
    long before = THREADS.getThreadAllocatedBytes(thread);
    for (int i = 0; i < ROUNDS; i++) {
      call.run();
    }
    return (THREADS.getThreadAllocatedBytes(thread) - before) / ROUNDS;
  }
}
