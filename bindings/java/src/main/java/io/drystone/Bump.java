// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.nio.ByteBuffer;

/** What an arena and a scratch have in common: memory behind a cursor, and pieces of heap for what has no room. */
final class Bump {
  final Handle handle;
  final Outside outside;
  private final Overflow overflow;

  /** What lies before it was taken, and has memory behind it. Guarded by the handle. */
  long cursor;

  /** How many bytes have memory behind them for good; 0 where that comes and goes. */
  private final long backed;

  private final Cursor next;

  Bump(Handle handle, Cursor next, Overflow overflow, int flags, long backed) {
    this.handle = handle;
    this.next = next;
    this.overflow = overflow;
    this.backed = backed;
    this.outside = new Outside((flags & Layout.MEMORY_WIPE) != 0);
  }

  /** A call of C that takes bytes: it answers their place, or a status negated. */
  interface Taker {
    long take(long address, long bytes, long align);
  }

  /** Takes bytes: in Java where that is all there is to do. */
  long take(Taker taker, long bytes, long align) {
    long place = next.take(bytes, align);
    if (place >= 0) {
      cursor = place + bytes;
      return place;
    }
    return place(taker.take(handle.address, bytes, align), bytes, align);
  }

  /** Takes bytes, and makes a view of them; nothing is taken where there cannot be one. */
  ByteBuffer takeView(Taker taker, int bytes, long align) {
    handle.checkView(bytes);
    return view(take(taker, bytes, align), bytes);
  }

  /** The place that a call of C answered, or one outside. */
  long place(long answer, long bytes, long align) {
    if (answer >= 0) {
      cursor = answer + bytes;
      return answer;
    }
    boolean noRoom = answer == -Layout.STATUS_FULL || answer == -Layout.STATUS_OUT_OF_MEMORY;
    if (!noRoom || overflow != Overflow.FALLBACK) {
      throw failure(answer, bytes, align);
    }
    long place = outside.take(bytes, align);
    if (place == 0) {
      throw failure(-Layout.STATUS_OUT_OF_MEMORY, bytes, align);
    }
    return place;
  }

  private DrystoneException failure(long answer, long bytes, long align) {
    DrystoneException plain = handle.failure((int) -answer);
    return handle.failure(
        (int) -answer,
        Long.toUnsignedString(bytes) + " bytes aligned to " + Long.toUnsignedString(align) + ": " + plain.code());
  }

  /** Copies what fits to another place. */
  long moved(long from, long oldBytes, long to, long newBytes) {
    long bytes = Math.min(oldBytes, newBytes);
    int step = handle.memory().viewBytesMax();
    for (long at = 0; at < bytes; at += step) {
      int size = (int) Math.min(bytes - at, step);
      part(to, at, size).put(part(from, at, size));
    }
    return to;
  }

  private ByteBuffer part(long place, long at, int bytes) {
    return Outside.isOne(place) ? outside.lend(place, at, bytes) : handle.memory().lend(place + at, bytes);
  }

  /** A view of everything. */
  ByteBuffer all() {
    if (backed == 0) {
      throw handle.failure(Layout.STATUS_UNSUPPORTED, "a view of memory that is only there as it is used");
    }
    return handle.viewOfAll(backed);
  }

  /** A view of bytes that are taken. */
  ByteBuffer view(long place, int bytes) {
    handle.checkView(bytes);
    if (Outside.isOne(place)) {
      long there = outside.bytes(place);
      if (there < bytes) {
        throw handle.failure(
            there < 0 ? Layout.STATUS_STALE : Layout.STATUS_INVALID_ARGUMENT, bytes + " bytes from " + place + " on");
      }
      return outside.lend(place, 0, bytes);
    }
    if (place > cursor - bytes) {
      throw handle.failure(Layout.STATUS_STALE, bytes + " bytes from " + place + " on are not taken");
    }
    return handle.memory().lend(place, bytes);
  }
}
