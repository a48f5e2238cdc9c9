// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import io.drystone.MemoryFlag;
import io.drystone.NativeCalls;
import io.drystone.SharedPool;
import io.drystone.SharedPoolCache;

/** drystone with every call made into C, to show what working in Java saves. */
final class DrystoneJni {
  private DrystoneJni() {}

  static final class Pooled extends Drystone.Pooled {
    Pooled(int count) {
      super(count, MemoryFlag.PREFAULT);
    }

    @Override
    public void take(int at) {
      live[at] = NativeCalls.acquire(pool);
    }

    @Override
    public void give(int at) {
      NativeCalls.release(pool, live[at]);
    }
  }

  static final class Bumped extends Drystone.Bumped {
    Bumped(int count, int totalBytes) {
      super(count, totalBytes);
    }

    @Override
    public void take(int at, int size) {
      live[at] = (int) NativeCalls.alloc(arena, size, Long.BYTES);
    }
  }

  static final class Mapped extends Drystone.Mapped {
    Mapped(int count) {
      super(count);
    }

    @Override
    public int take() {
      return NativeCalls.acquire(map);
    }

    @Override
    public void give(int index) {
      NativeCalls.release(map, index);
    }
  }

  static final class Shared extends Drystone.Shared {
    Shared(int count) {
      super(count);
    }

    @Override
    public Objects local(int live) {
      return new Cached(live, pool, pool.openCache());
    }
  }

  private static final class Cached extends Drystone.Cached {
    Cached(int live, SharedPool pool, SharedPoolCache cache) {
      super(live, pool, cache);
    }

    @Override
    public void take(int at) {
      live[at] = NativeCalls.acquire(cache);
    }

    @Override
    public void give(int at) {
      NativeCalls.release(cache, live[at]);
    }
  }
}
