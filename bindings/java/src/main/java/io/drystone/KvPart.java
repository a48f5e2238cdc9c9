// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.LongAdder;

/**
 * The memory of one store, as Java reads it. Whoever is inside a call holds this object; only when nobody can reach it any
 * more does the cleaner close the native reader, and with it perhaps unmap the memory.
 */
final class KvPart {
  /**
   * Windows start every gigabyte and reach almost two gigabytes far, the most that a buffer can: so a block of up to a
   * gigabyte lies whole in the window that it starts in.
   */
  static final int WINDOW_SHIFT = 30;

  /** The most that is set aside for a value on a guess. */
  static final int USUAL_BYTES_MAX = 4096;

  private static final long WINDOW_BYTES_MAX = Integer.MAX_VALUE & ~7L;
  private static final VarHandle WORDS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  final RegionHandle region;
  final String name;
  final byte[] rawName;
  final long address;
  final boolean checked;

  // Copied when C had checked them: a peer that changes the header later changes nothing here.
  final long groupCount;
  final long hashState;
  final long controlOffset;
  final long slotsOffset;
  final long heapOffset;
  final long heapEnd;

  /** The size of a value read last, as a first guess at the next one's. Not exact, so nothing guards it. */
  int usualBytes = 256;

  final LongAdder retries = new LongAdder();
  private final ByteBuffer[] windows;
  private final int shift;
  private final long mask;

  private KvPart(RegionHandle region, String name, byte[] rawName, long address, int flags, int shift) {
    this.region = region;
    this.name = name;
    this.rawName = rawName;
    this.address = address;
    this.checked = (flags & Layout.KV_READ_CHECKED) != 0;
    long[] facts = new long[6];
    Native.dryj_kv_facts(address, facts);
    groupCount = facts[0];
    hashState = facts[1];
    controlOffset = facts[2];
    slotsOffset = facts[3];
    heapOffset = facts[4];
    heapEnd = facts[5];
    this.shift = shift;
    mask = (1L << shift) - 1;
    windows = windows(address, heapEnd, shift);
  }

  /** Opens a native reader and looks at its memory. */
  static KvPart open(RegionHandle region, String name, byte[] rawName, int flags, int shift) {
    long address = region.make(handle -> Native.dryj_kv_reader_open(handle, rawName, flags));
    KvPart part;
    try {
      part = new KvPart(region, name, rawName, address, flags, shift);
    } catch (RuntimeException | Error e) {
      Native.dryj_kv_reader_free(address);
      throw e;
    }
    Reclaimer.Claim claim = region.claim;
    claim.hold();
    RegionHandle.CLEANER.register(part, () -> {
      Native.dryj_kv_reader_free(address);
      claim.letGo();
    });
    return part;
  }

  private static ByteBuffer[] windows(long address, long end, int shift) {
    ByteBuffer[] windows = new ByteBuffer[Math.toIntExact((end + (1L << shift) - 1) >>> shift)];
    for (int i = 0; i < windows.length; i++) {
      long start = (long) i << shift;
      long bytes = Math.min(end - start, Math.min(2L << shift, WINDOW_BYTES_MAX));
      windows[i] = Native.dryj_kv_window(address, start, (int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
    return windows;
  }

  /** The window that an offset lies in; {@link #index} says where. */
  ByteBuffer window(long offset) {
    return windows[(int) (offset >>> shift)];
  }

  int index(long offset) {
    return (int) (offset & mask);
  }

  /** One word that a writer may be changing. */
  static long acquire(ByteBuffer window, int index) {
    return (long) WORDS.getAcquire(window, index);
  }

  long relocation() {
    return acquire(windows[0], Layout.OFF_KV_HEADER_RELOCATION);
  }
}
