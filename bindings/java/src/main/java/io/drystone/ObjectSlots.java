// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import java.util.Arrays;

/**
 * The slots of an {@link ObjectPool}, with the rules of the library's object pools in C, whose memory could not hold
 * references: the slot that was freed last is taken first, never-used ones come in ascending order, and each time a slot is
 * taken its handle has another generation, odd, from 1 on. A slot whose generations are used up is retired.
 *
 * <p>One thread at a time. The arrays grow before anything changes, so that running out of heap leaves all as it was.
 */
final class ObjectSlots {
  static final int READY_SLOTS = 1 << 16;

  /** How far apart the handles of two objects are that follow one another in a slot. */
  private static final long NEXT = 2L << 32;

  private static final long FIRST_GENERATION = 1L << 32;
  private static final long LAST_GENERATION = 0xffffffffL;

  /** A cell that is nobody's: no handle, and no next one's complement, since those have a generation above 0. */
  private static final long RETIRED = -1;

  private final int capacity;

  /** A live object's handle; else the complement of the next one's, which no handle is equal to: its slot is another. */
  private long[] cells;

  private Object[] objects;

  /** The free slots that were taken before. */
  private int[] stack;

  private int free;

  /** Slots from here on were never taken. */
  private int fresh;

  private int retired;
  private int peak;
  private long destroyed;
  private long failures;

  ObjectSlots(int capacity) {
    this.capacity = capacity;
    int ready = Math.min(capacity, READY_SLOTS);
    cells = new long[ready];
    objects = new Object[ready];
    stack = new int[ready];
    // Else the handle of nothing would be that of slot 0.
    cells[0] = RETIRED;
  }

  static int slot(long handle) {
    return (int) handle;
  }

  private int inUse() {
    return fresh - free - retired;
  }

  // ---- taking

  /** A handle, or 0 when no slot is free, which is counted. */
  long take(Object object) {
    if (free == 0) {
      return takeFresh(object);
    }
    int slot = stack[--free];
    objects[slot] = object;
    return cells[slot] = ~cells[slot];
  }

  private long takeFresh(Object object) {
    if (fresh == capacity) {
      failures++;
      return 0;
    }
    if (fresh == cells.length) {
      makeRoom(fresh + 1L);
    }
    int slot = fresh++;
    // Never-used slots are taken only when all others are, so this is the one place where there can be a new peak.
    peak = Math.max(peak, inUse());
    objects[slot] = object;
    return cells[slot] = FIRST_GENERATION | slot;
  }

  /** Takes a slot for each object, or none: false when fewer are free, which is counted. */
  boolean takeAll(Object[] all, long[] handles) {
    if (all.length > free + (capacity - fresh)) {
      failures++;
      return false;
    }
    makeRoom(fresh + Math.max(0L, all.length - free));
    for (int i = 0; i < all.length; i++) {
      handles[i] = take(all[i]);
    }
    return true;
  }

  private void makeRoom(long slots) {
    if (slots > cells.length) {
      int length = (int) Math.min(capacity, Math.max(slots, cells.length * 3L / 2));
      long[] moreCells = Arrays.copyOf(cells, length);
      Object[] moreObjects = Arrays.copyOf(objects, length);
      stack = Arrays.copyOf(stack, length);
      cells = moreCells;
      objects = moreObjects;
    }
  }

  // ---- looking

  /** Whether a handle is a live object's. */
  boolean lives(long handle) {
    int slot = slot(handle);
    return slot >= 0 && slot < cells.length && cells[slot] == handle;
  }

  /** The object of a slot. */
  Object at(int slot) {
    return objects[slot];
  }

  void set(int slot, Object object) {
    objects[slot] = object;
  }

  /** The first live handle at or after that slot, or 0. */
  long next(int from) {
    for (int slot = Math.max(from, 0); slot < fresh; slot++) {
      if (slot(cells[slot]) == slot) {
        return cells[slot];
      }
    }
    return 0;
  }

  // ---- giving back

  /** Frees the slot of a live handle, and answers its object. */
  Object free(long handle) {
    int slot = slot(handle);
    markDead(handle);
    return bury(slot);
  }

  /** The same for all of these, in their order; null, and nothing has changed, when one is stale or comes twice. */
  Object[] freeAll(long[] handles) {
    for (int i = 0; i < handles.length; i++) {
      if (!lives(handles[i])) {
        while (--i >= 0) {
          cells[slot(handles[i])] = handles[i];
        }
        return null;
      }
      markDead(handles[i]);
    }
    Object[] gone = new Object[handles.length];
    for (int i = 0; i < handles.length; i++) {
      gone[i] = bury(slot(handles[i]));
    }
    return gone;
  }

  private void markDead(long handle) {
    cells[slot(handle)] = handle >>> 32 == LAST_GENERATION ? RETIRED : ~(handle + NEXT);
  }

  private Object bury(int slot) {
    Object gone = objects[slot];
    objects[slot] = null;
    destroyed++;
    if (cells[slot] == RETIRED) {
      retired++;
    } else {
      stack[free++] = slot;
    }
    return gone;
  }

  /** Frees all slots, so that the lowest one comes first, and answers what was in them in ascending order. */
  Object[] reset() {
    Object[] gone = new Object[inUse()];
    int count = 0;
    for (long handle = next(0); handle != 0; handle = next(slot(handle) + 1)) {
      gone[count++] = free(handle);
    }
    free = 0;
    for (int slot = fresh - 1; slot >= 0; slot--) {
      if (cells[slot] != RETIRED) {
        stack[free++] = slot;
      }
    }
    return gone;
  }

  // ---- facts

  ObjectPoolStats stats() {
    return new ObjectPoolStats(
        capacity, inUse(), peak, destroyed, retired, failures, (long) cells.length * (Long.BYTES + Integer.BYTES));
  }

  /** For tests: makes a free slot's next handle its last. */
  void nearTheEnd(int slot) {
    cells[slot] = ~(LAST_GENERATION << 32 | slot);
  }
}
