// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import io.drystone.internal.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What lies before the slots of a shared pool in private memory: who has which slot, and the batches that are magazines.
 * Java reads and writes it as drystone/inline/shared_pool.h does in C; see {@link PoolBooks}. In a region, where a process
 * can be killed between two stores and others write, C does all of it.
 */
final class SharedBooks {
  private static final int FREE = 0;

  private final ByteBuffer books;
  private final long address;
  private final int owners;
  private final int capacity;

  private SharedBooks(ByteBuffer books, long address, int owners) {
    this.books = books.order(ByteOrder.nativeOrder());
    this.address = address;
    this.owners = owners;
    capacity = books.getInt(Layout.OFF_SHARED_POOL_HEADER_CAPACITY);
  }

  /** Null for a pool that is too large for a buffer. */
  static SharedBooks of(long pool) {
    long[] numbers = new long[2];
    ByteBuffer books = Native.dryj_shared_pool_books(pool, numbers);
    return books == null ? null : new SharedBooks(books, numbers[0], (int) numbers[1]);
  }

  private int owner(int slot) {
    return owners + slot * Integer.BYTES;
  }

  private boolean isSlot(int slot) {
    return slot >= 0 && slot < capacity;
  }

  /** The magazine of a cache, which only whoever is inside the cache touches. */
  static final class Magazine {
    private final SharedBooks pool;
    private final ByteBuffer books;

    /** Holds the address of the batch that is worked with; C changes it when it trades one with the depot. */
    private final ByteBuffer batch;

    /** The word that says this cache took a slot. */
    private final int mine;

    private Magazine(SharedBooks pool, ByteBuffer batch, int mine) {
      this.pool = pool;
      books = pool.books;
      this.batch = batch.order(ByteOrder.nativeOrder());
      this.mine = mine;
    }

    /** Null where the cache is not plain. */
    static Magazine of(SharedBooks pool, long cache) {
      long[] numbers = new long[1];
      ByteBuffer batch = pool == null ? null : Native.dryj_shared_pool_cache_magazine(cache, numbers);
      return batch == null ? null : new Magazine(pool, batch, (int) numbers[0]);
    }

    private int place() {
      return (int) (batch.getLong(0) - pool.address);
    }

    private static int entry(int place, int number) {
      return place + Layout.OFF_SHARED_POOL_BATCH_SLOTS + number * Integer.BYTES;
    }

    /** Takes the magazine's last slot; {@link PoolBooks#NONE}: that is C's affair. */
    int take() {
      int place = place();
      int last = books.getInt(place + Layout.OFF_SHARED_POOL_BATCH_COUNT) - 1;
      if (last < 0 || last >= Layout.SHARED_POOL_MAGAZINE_SLOTS) {
        return PoolBooks.NONE;
      }
      int slot = books.getInt(entry(place, last));
      if (!pool.isSlot(slot) || books.getInt(pool.owner(slot)) != FREE) {
        return PoolBooks.NONE;
      }
      books.putInt(pool.owner(slot), mine);
      books.putInt(place + Layout.OFF_SHARED_POOL_BATCH_COUNT, last);
      return slot;
    }

    /** Puts a slot into the magazine: false, and nothing has changed, when it is free or the magazine full. */
    boolean give(int slot) {
      if (!pool.isSlot(slot) || books.getInt(pool.owner(slot)) == FREE) {
        return false;
      }
      int place = place();
      int count = books.getInt(place + Layout.OFF_SHARED_POOL_BATCH_COUNT);
      if (count < 0 || count >= Layout.SHARED_POOL_MAGAZINE_SLOTS) {
        return false;
      }
      books.putInt(entry(place, count), slot);
      books.putInt(place + Layout.OFF_SHARED_POOL_BATCH_COUNT, count + 1);
      books.putInt(pool.owner(slot), FREE);
      return true;
    }
  }
}
