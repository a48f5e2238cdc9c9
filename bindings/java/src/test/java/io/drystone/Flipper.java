// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/** A thread that changes words of a file, in ways that matter more often than chance would have it. */
final class Flipper implements AutoCloseable {
  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final Thread thread;

  Flipper(Path path, long from, long to, long seed) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      MappedByteBuffer bytes = file.getChannel().map(FileChannel.MapMode.READ_WRITE, from, to - from);
      thread = new Thread(() -> flip(bytes, new Random(seed)));
    }
    thread.start();
  }

  private void flip(MappedByteBuffer bytes, Random random) {
    try {
      byte[] original = new byte[bytes.limit()];
      bytes.get(0, original);
      while (!stop.get()) {
        int at = random.nextInt(bytes.limit());
        switch (random.nextInt(4)) {
          case 0 -> bytes.put(at, (byte) random.nextInt());
          case 1 -> bytes.putLong(at & ~7, random.nextLong());
          case 2 -> bytes.putInt(at & ~3, -1);
          default -> bytes.put(at, (byte) 0);
        }
        if (random.nextInt(1024) == 0) {
          bytes.put(0, original); // or soon nothing would be found any more
        }
      }
    } catch (Throwable e) {
      failure.set(e);
    }
  }

  /** What the thread itself met, which would make the test worthless. */
  void rethrow() {
    if (failure.get() != null) {
      throw new AssertionError(failure.get());
    }
  }

  @Override
  public void close() {
    stop.set(true);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
