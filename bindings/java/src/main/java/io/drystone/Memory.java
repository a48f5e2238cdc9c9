// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The memory of a block, as Java reads and writes it, and as views of it are lent. A view keeps the memory: it can be used
 * after the block was closed, and then changes bytes that mean nothing to anybody.
 *
 * <p>A buffer reaches over two gigabytes at most, so there are several: they start every gigabyte, so that an object of up
 * to a gigabyte lies whole in the one that it starts in. Whatever is derived from a buffer keeps that buffer reachable,
 * which is how the collector knows of views.
 */
final class Memory {
  static final int WINDOW_SHIFT = 30;

  private static final long WINDOW_BYTES_MAX = Integer.MAX_VALUE & ~4095L;

  /** A part of the memory: the buffer that all others are derived from, and the one that calls use and views come from. */
  private static final class Window {
    final ByteBuffer root;
    final ByteBuffer usable;
    boolean lent;

    Window(ByteBuffer root, boolean writable) {
      this.root = root;
      usable = (writable ? root : root.asReadOnlyBuffer()).order(ByteOrder.nativeOrder());
    }
  }

  private final Lifetime lifetime;
  private final long address;
  private final long bytes;
  private final boolean writable;
  private final int shift;

  /** Each is made when it is first needed, and known to the cleaner from the first view on. */
  private final AtomicReferenceArray<Window> windows;

  Memory(Lifetime lifetime, long address, long bytes, boolean writable) {
    this(lifetime, address, bytes, writable, WINDOW_SHIFT);
  }

  /** Tests use small windows. */
  Memory(Lifetime lifetime, long address, long bytes, boolean writable, int shift) {
    this.lifetime = lifetime;
    this.address = address;
    this.bytes = bytes;
    this.writable = writable;
    this.shift = shift;
    windows = new AtomicReferenceArray<>(Math.max(1, Math.toIntExact((bytes + (1L << shift) - 1) >>> shift)));
  }

  boolean isWritable() {
    return writable;
  }

  /** A buffer for the use of the calls themselves, in which a place lies at {@link #index}. */
  ByteBuffer window(long place) {
    return windowAt(place).usable;
  }

  int index(long place) {
    return (int) (place - ((long) number(place) << shift));
  }

  /** The end of the memory, where views of nothing may lie, belongs to the last window. */
  private int number(long place) {
    return Math.min((int) (place >>> shift), windows.length() - 1);
  }

  /** The longest view that can start anywhere. */
  int viewBytesMax() {
    return 1 << shift;
  }

  /** The longest view that starts where the memory does. */
  long viewOfAllBytesMax() {
    return Math.min(2L << shift, WINDOW_BYTES_MAX);
  }

  /** A view of bytes that lie in the memory, in the processor's byte order. */
  ByteBuffer lend(long place, int size) {
    Window window = windowAt(place);
    if (!window.lent) {
      lendFirst(window);
    }
    return window.usable.slice(index(place), size).order(ByteOrder.nativeOrder());
  }

  private Window windowAt(long place) {
    int number = number(place);
    Window window = windows.get(number);
    return window == null ? make(number) : window;
  }

  private synchronized Window make(int number) {
    Window window = windows.get(number);
    if (window == null) {
      long start = (long) number << shift;
      long size = Math.min(bytes - start, viewOfAllBytesMax());
      window = new Window(Native.dryj_window(address + start, (int) size), writable);
      windows.set(number, window);
    }
    return window;
  }

  private synchronized void lendFirst(Window window) {
    if (!window.lent) {
      lifetime.hold();
      Lifetime held = lifetime;
      RegionHandle.CLEANER.register(window.root, held::letGo);
      window.lent = true;
    }
  }

  /** Lets go of the windows, so that only views keep them. */
  void drop() {
    for (int i = 0; i < windows.length(); i++) {
      windows.set(i, null);
    }
  }
}
