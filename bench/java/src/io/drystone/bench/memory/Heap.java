// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** Java's own: new objects, kept in an array while they live; the collector's share is in the figures. */
final class Heap {
  private Heap() {}

  static long[] object() {
    return new long[Memory.OBJECT_BYTES / Long.BYTES];
  }

  static long[][] objects(int count) {
    return new long[count][Memory.OBJECT_BYTES / Long.BYTES];
  }

  static void stamp(long[] object, long number) {
    object[0] = number;
    object[1] = ~number;
  }

  static boolean stamped(long[] object, long number) {
    return object[0] == number & object[1] == ~number;
  }

  static final class Made implements Objects {
    private final long[][] live;

    Made(int count) {
      live = new long[count][];
    }

    @Override
    public void take(int at) {
      live[at] = object();
    }

    @Override
    public void give(int at) {
      live[at] = null;
    }

    @Override
    public void stamp(int at, long number) {
      Heap.stamp(live[at], number);
    }

    @Override
    public boolean stamped(int at, long number) {
      return Heap.stamped(live[at], number);
    }

    @Override
    public Object live() {
      return live;
    }
  }

  static final class Shared implements SharedObjects {
    @Override
    public Objects local(int live) {
      return new Made(live);
    }

    @Override
    public Object array(int live) {
      return new long[live][];
    }
  }

  static final class Bumped implements Bump {
    private final long[][] live;

    Bumped(int count) {
      live = new long[count][];
    }

    @Override
    public void take(int at, int bytes) {
      live[at] = new long[(bytes + Long.BYTES - 1) / Long.BYTES];
    }

    @Override
    public void stamp(int at, long number) {
      live[at][0] = number;
    }

    @Override
    public boolean stamped(int at, long number) {
      return live[at][0] == number;
    }

    /** The next round lets go of them one by one. */
    @Override
    public void reset() {}

    @Override
    public void close() {}
  }

  static final class Mixed implements Sized {
    private final long[][] live;

    Mixed(int count) {
      live = new long[count][];
    }

    @Override
    public void take(int at, int bytes) {
      live[at] = new long[(bytes + Long.BYTES - 1) / Long.BYTES];
    }

    @Override
    public void give(int at) {
      live[at] = null;
    }

    @Override
    public void stamp(int at, long number) {
      Heap.stamp(live[at], number);
    }

    @Override
    public boolean stamped(int at, long number) {
      return Heap.stamped(live[at], number);
    }
  }

  /** Handles that are never given out twice: keys of a map. */
  static final class Handled implements Objects {
    private final Map<Long, long[]> map;
    private final long[][] objects;
    private final long[] handles;
    private long next;

    Handled(int count) {
      map = new HashMap<>(2 * (count + BATCH));
      objects = objects(count);
      handles = new long[count];
    }

    @Override
    public void take(int at) {
      handles[at] = next++;
      map.put(handles[at], objects[at]);
    }

    @Override
    public void give(int at) {
      if (map.remove(handles[at]) == null) {
        throw new IllegalStateException("a handle was lost");
      }
    }

    @Override
    public void stamp(int at, long number) {
      Heap.stamp(objects[at], number);
    }

    @Override
    public boolean stamped(int at, long number) {
      return Heap.stamped(map.get(handles[at]), number);
    }
  }

  static final class Bits implements Indices {
    private final BitSet bits;

    Bits(int count) {
      bits = new BitSet(count);
    }

    @Override
    public int take() {
      int index = bits.nextClearBit(0);
      bits.set(index);
      return index;
    }

    @Override
    public void give(int index) {
      bits.clear(index);
    }
  }
}
