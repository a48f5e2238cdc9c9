// SPDX-License-Identifier: MIT OR Apache-2.0
package org.example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.drystone.SharedPool;
import io.drystone.SharedPoolCache;
import io.drystone.SharedPoolOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Contexts of tasks: taken in one thread, and given back by whichever worker of a ForkJoinPool ran the task. */
class TaskContextTest {
  private static final int CONTEXT_BYTES = 128;
  private static final int WORKERS = 4;
  private static final int TASKS = 20_000;

  @Test
  void contextsAreGivenBackByTheWorkersThatUsedThem() throws Exception {
    SharedPoolOptions options = new SharedPoolOptions(CONTEXT_BYTES, 4096).withAlign(128);
    ForkJoinPool workers = new ForkJoinPool(WORKERS);
    try (SharedPool pool = SharedPool.create(options); SharedPoolCache mine = pool.openCache()) {
      ByteBuffer contexts = pool.slots();
      // A cache belongs to one task at a time: workers come and go, so the caches wait in a queue.
      BlockingQueue<SharedPoolCache> caches = new LinkedBlockingQueue<>();
      for (int i = 0; i < WORKERS; i++) {
        caches.add(pool.openCache());
      }
      AtomicLong sum = new AtomicLong();
      List<ForkJoinTask<?>> tasks = new ArrayList<>();
      for (int task = 0; task < TASKS; task++) {
        int context = take(mine);
        contexts.putLong((int) (context * pool.strideBytes()), task);
        tasks.add(workers.submit(() -> {
          SharedPoolCache cache = caches.take();
          try {
            sum.addAndGet(contexts.getLong((int) (context * pool.strideBytes())));
            cache.release(context);
          } finally {
            caches.add(cache);
          }
          return null;
        }));
      }
      for (ForkJoinTask<?> task : tasks) {
        task.get();
      }
      assertEquals((long) TASKS * (TASKS - 1) / 2, sum.get());
      assertEquals(0, pool.stats().inUse());
      pool.validate();
    } finally {
      workers.shutdown();
    }
  }

  /** Workers keep some free slots in their caches, so that all can be out of reach for a moment. */
  private static int take(SharedPoolCache cache) {
    while (true) {
      int slot = cache.tryAcquire();
      if (slot >= 0) {
        return slot;
      }
      Thread.yield();
    }
  }
}
