// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * What a block serves from the heap: pieces with negative numbers for places, which never come twice. They are Java's own
 * affair, since a view of one must outlive its being given back.
 */
final class Outside {
  /** What C refuses too, before the heap is asked. */
  private static final long BYTES_MAX = Layout.ARENA_BYTES_MAX;

  private static final int WIPE_BYTES = 65536;

  /** A piece of heap that lives while anybody can reach it or a view of it. */
  private static final class Piece {
    final Memory memory;
    final long padding;
    final long bytes;
    private final Lifetime lifetime;
    private final Cleaner.Cleanable end;

    private Piece(long address, long align, long bytes) {
      lifetime = Lifetime.ofPrivate(bytes, () -> Native.dryj_heap_free(address));
      end = RegionHandle.CLEANER.register(this, lifetime::letGo);
      padding = -address & align - 1;
      memory = new Memory(lifetime, address, padding + bytes, true);
      this.bytes = bytes;
    }

    /** Null without memory. */
    static Piece take(long bytes, long align) {
      long whole = bytes + align; // never 0, and enough for the padding
      long address = Long.compareUnsigned(bytes, BYTES_MAX) > 0 ? 0 : Native.dryj_heap_take(whole);
      return address == 0 ? null : new Piece(address, align, bytes);
    }

    void end(boolean wipe) {
      if (wipe) {
        wipe();
      }
      memory.drop();
      lifetime.closed();
      end.clean();
    }

    private void wipe() {
      byte[] zeros = new byte[(int) Math.min(bytes, WIPE_BYTES)];
      for (long done = 0; done < bytes; done += zeros.length) {
        long at = padding + done;
        memory.window(at).put(memory.index(at), zeros, 0, (int) Math.min(bytes - done, zeros.length));
      }
    }
  }

  private final Map<Long, Piece> pieces = new HashMap<>();
  private final boolean wipe;
  private long taken;

  Outside(boolean wipe) {
    this.wipe = wipe;
  }

  /** Whether a place is one of these. */
  static boolean isOne(long place) {
    return place < 0;
  }

  /** A new piece's place, or 0 without memory. */
  long take(long bytes, long align) {
    Piece piece = Piece.take(bytes, align);
    if (piece == null) {
      return 0;
    }
    taken++;
    pieces.put(-taken, piece);
    return -taken;
  }

  long taken() {
    return taken;
  }

  long inUse() {
    return pieces.size();
  }

  /** Whether a place was given out, be it that it has been given back since. */
  boolean wasTaken(long place) {
    return place < 0 && place >= -taken;
  }

  /** How many bytes a piece has, or -1 when it is not there: less than any number. */
  long bytes(long place) {
    Piece piece = pieces.get(place);
    return piece == null ? -1 : piece.bytes;
  }

  /** A view of bytes of a piece that is there. */
  ByteBuffer lend(long place, long at, int size) {
    Piece piece = pieces.get(place);
    return piece.memory.lend(piece.padding + at, size);
  }

  /** False when it is not there. */
  boolean giveBack(long place) {
    Piece piece = pieces.remove(place);
    if (piece != null) {
      piece.end(wipe);
    }
    return piece != null;
  }

  /** Gives back what was taken after there had been so many. */
  void giveBackSince(long count) {
    if (!pieces.isEmpty()) {
      pieces.entrySet().removeIf(entry -> {
        boolean goes = entry.getKey() < -count;
        if (goes) {
          entry.getValue().end(wipe);
        }
        return goes;
      });
    }
  }
}
