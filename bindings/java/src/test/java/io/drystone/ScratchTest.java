// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // a scope that nobody refers to is the usual case
class ScratchTest {
  @Test
  void theEndOfAScopeGivesBackWhatWasTakenInIt() {
    try (Scratch scratch = Scratch.create()) {
      try (Scratch.Scope outer = scratch.begin()) {
        assertEquals(0, scratch.alloc(100, 1));
        try (Scratch.Scope inner = scratch.begin()) {
          ByteBuffer view = scratch.allocBuffer(100, 4);
          view.putInt(0, 42);
          assertEquals(42, scratch.view(100, 4).getInt(0));
          assertEquals(2, scratch.stats().depth());
        }
        assertThrows(DrystoneException.Stale.class, () -> scratch.view(100, 1));
        assertEquals(100, scratch.alloc(1, 1));
      }
      ScratchStats stats = scratch.stats();
      assertEquals(0, stats.usedBytes());
      assertEquals(200, stats.peakBytes());
      assertEquals(0, stats.depth());
      assertEquals(2, stats.scopes());
      assertEquals(1, stats.resets());
      assertEquals(3, stats.allocations());
      assertEquals(1 << 20, stats.capacityBytes());
    }
  }

  @Test
  void anOuterScopeEndsThoseInsideIt() {
    try (Scratch scratch = Scratch.create()) {
      Scratch.Scope outer = scratch.begin();
      Scratch.Scope inner = scratch.begin();
      scratch.alloc(10, 1);
      outer.close();
      assertEquals(0, scratch.stats().depth());
      assertThrows(DrystoneException.Stale.class, inner::close);
      inner.close();
      outer.close();
    }
  }

  @Test
  void aResetEndsEveryScope() {
    try (Scratch scratch = Scratch.create()) {
      Scratch.Scope scope = scratch.begin();
      scratch.alloc(10, 1);
      scratch.reset();
      assertEquals(0, scratch.stats().usedBytes());
      assertThrows(DrystoneException.Stale.class, scope::close);
    }
  }

  @Test
  void aScopeCanBeUsedAgainOnceItEnded() {
    try (Scratch scratch = Scratch.create()) {
      Scratch.Scope scope = new Scratch.Scope();
      scope.close();
      for (int i = 0; i < 3; i++) {
        try (Scratch.Scope open = scratch.begin(scope)) {
          assertThrows(DrystoneException.Busy.class, () -> scratch.begin(open));
          assertEquals(0, scratch.alloc(10, 1));
        }
      }
      assertEquals(3, scratch.stats().scopes());
    }
  }

  @Test
  void whatCameFromTheHeapGoesWithItsScope() {
    ScratchOptions options = new ScratchOptions(1000).withOverflow(Overflow.FALLBACK);
    try (Scratch scratch = Scratch.create(options)) {
      Scratch.Scope outer = scratch.begin();
      long kept = scratch.alloc(2000, 8);
      ByteBuffer view;
      long gone;
      try (Scratch.Scope inner = scratch.begin()) {
        gone = scratch.alloc(3000, 8);
        view = scratch.view(gone, 3000);
        assertTrue(Arena.isOutside(kept) && Arena.isOutside(gone));
      }
      view.put(2999, (byte) 1);
      assertThrows(DrystoneException.Stale.class, () -> scratch.view(gone, 1));
      assertEquals(2000, scratch.view(kept, 2000).remaining());
      outer.close();
      assertThrows(DrystoneException.Stale.class, () -> scratch.view(kept, 1));
      assertEquals(2, scratch.stats().fallbacks());
      assertEquals(0, scratch.stats().failures());
    }
  }

  @Test
  void withoutFallbackItIsFull() {
    try (Scratch scratch = Scratch.create(new ScratchOptions(1000).withReserve())) {
      scratch.ensure(1000, 1);
      assertThrows(DrystoneException.Full.class, () -> scratch.ensure(1001, 1));
      assertThrows(DrystoneException.Full.class, () -> scratch.alloc(1001, 1));
      assertThrows(DrystoneException.InvalidArgument.class, () -> scratch.alloc(1, 3));
      assertThrows(DrystoneException.InvalidArgument.class, () -> scratch.allocBuffer(-1, 1));
    }
    assertThrows(
        DrystoneException.InvalidArgument.class,
        () -> Scratch.create(new ScratchOptions(1000).withFlags(MemoryFlag.TRACK)));
  }

  /** Virtual threads, where there are any: they move between the system's threads, which a scratch does not mind. */
  private static ExecutorService oneThreadATask() throws ReflectiveOperationException {
    try {
      return (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (NoSuchMethodException e) {
      return Executors.newCachedThreadPool();
    }
  }

  @Test
  void tasksPassScratchesOn() throws Exception {
    BlockingQueue<Scratch> idle = new LinkedBlockingQueue<>();
    ExecutorService threads = oneThreadATask();
    try {
      for (int i = 0; i < 4; i++) {
        idle.add(Scratch.create(new ScratchOptions(1 << 16)));
      }
      List<Future<Long>> tasks = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        long number = i;
        tasks.add(threads.submit(() -> {
          Scratch scratch = idle.take();
          try (Scratch.Scope scope = scratch.begin()) {
            ByteBuffer view = scratch.allocBuffer(1000, 8);
            view.putLong(992, number);
            Thread.sleep(1);
            return view.getLong(992);
          } finally {
            idle.add(scratch);
          }
        }));
      }
      for (int i = 0; i < 500; i++) {
        assertEquals(i, tasks.get(i).get());
      }
      long scopes = 0;
      for (Scratch scratch : idle) {
        assertEquals(0, scratch.stats().usedBytes());
        scopes += scratch.stats().scopes();
        scratch.close();
      }
      assertEquals(500, scopes);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void closedIsClosed() {
    Scratch scratch = Scratch.create();
    Scratch.Scope scope = scratch.begin();
    scratch.close();
    scratch.close();
    scope.close();
    Closed.everywhere(
        scratch::begin, () -> scratch.alloc(1, 1), () -> scratch.allocBuffer(1, 1), () -> scratch.view(0, 1),
        () -> scratch.ensure(1, 1), scratch::reset, scratch::stats);
  }
}
