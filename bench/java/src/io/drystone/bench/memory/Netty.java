// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;

/** Netty's pooled direct buffers. */
final class Netty {
  private static final PooledByteBufAllocator ALLOCATOR = new PooledByteBufAllocator(true);

  private Netty() {}

  private abstract static class Buffers {
    final ByteBuf[] live;

    Buffers(int count) {
      live = new ByteBuf[count];
    }

    public final void give(int at) {
      if (!live[at].release()) {
        throw new IllegalStateException("somebody else has the buffer");
      }
    }

    public final void stamp(int at, long number) {
      live[at].setLong(0, number);
      live[at].setLong(Long.BYTES, ~number);
    }

    public final boolean stamped(int at, long number) {
      return live[at].getLong(0) == number & live[at].getLong(Long.BYTES) == ~number;
    }
  }

  static final class Pooled extends Buffers implements Objects {
    Pooled(int count) {
      super(count);
    }

    @Override
    public void take(int at) {
      live[at] = ALLOCATOR.directBuffer(Memory.OBJECT_BYTES, Memory.OBJECT_BYTES);
    }

    @Override
    public Object live() {
      return live;
    }
  }

  static final class Mixed extends Buffers implements Sized {
    Mixed(int count) {
      super(count);
    }

    @Override
    public void take(int at, int bytes) {
      live[at] = ALLOCATOR.directBuffer(bytes, bytes);
    }
  }

  static final class Shared implements SharedObjects {
    @Override
    public Objects local(int live) {
      return new Pooled(live);
    }

    @Override
    public Object array(int live) {
      return new ByteBuf[live];
    }
  }
}
