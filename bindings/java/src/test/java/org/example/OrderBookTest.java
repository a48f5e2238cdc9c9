// SPDX-License-Identifier: MIT OR Apache-2.0
package org.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.drystone.DrystoneException;
import io.drystone.Pool;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** An order book whose orders lie in a pool: 10,000 of them, cancelled at random. */
class OrderBookTest {
  /** Orders in one price level are a list through the pool's slots, oldest first. */
  static final class OrderBook implements AutoCloseable {
    private static final int NONE = -1;
    private static final int ORDER_BYTES = 32;
    private static final int AT_PRICE = 0;
    private static final int AT_QUANTITY = 8;
    private static final int AT_OLDER = 16;
    private static final int AT_NEWER = 20;

    private final Pool pool;
    private final ByteBuffer orders;
    private final TreeMap<Long, int[]> levels = new TreeMap<>(); // price: oldest and newest order

    OrderBook(int capacity) {
      pool = Pool.create(ORDER_BYTES, capacity);
      orders = pool.slots();
    }

    private int at(int order) {
      return (int) (order * pool.strideBytes());
    }

    /** Adds an order; answers its number, or -1 when the book is full. */
    int add(long price, long quantity) {
      int order = pool.tryAcquire();
      if (order < 0) {
        return order;
      }
      int[] level = levels.computeIfAbsent(price, key -> new int[] {NONE, NONE});
      int at = at(order);
      orders.putLong(at + AT_PRICE, price).putLong(at + AT_QUANTITY, quantity);
      orders.putInt(at + AT_OLDER, level[1]).putInt(at + AT_NEWER, NONE);
      if (level[1] == NONE) {
        level[0] = order;
      } else {
        orders.putInt(at(level[1]) + AT_NEWER, order);
      }
      level[1] = order;
      return order;
    }

    /** Takes an order out. A number that was cancelled already is found by the pool, before anything is touched. */
    void cancel(int order) {
      ByteBuffer cancelled = pool.view(order);
      long price = cancelled.getLong(AT_PRICE);
      int older = cancelled.getInt(AT_OLDER);
      int newer = cancelled.getInt(AT_NEWER);
      int[] level = levels.get(price);
      if (older == NONE) {
        level[0] = newer;
      } else {
        orders.putInt(at(older) + AT_NEWER, newer);
      }
      if (newer == NONE) {
        level[1] = older;
      } else {
        orders.putInt(at(newer) + AT_OLDER, older);
      }
      if (level[0] == NONE) {
        levels.remove(price);
      }
      pool.release(order);
    }

    long quantityAt(long price) {
      int[] level = levels.get(price);
      long sum = 0;
      for (int order = level == null ? NONE : level[0]; order != NONE; order = orders.getInt(at(order) + AT_NEWER)) {
        sum += orders.getLong(at(order) + AT_QUANTITY);
      }
      return sum;
    }

    long size() {
      return pool.stats().inUse();
    }

    @Override
    public void close() {
      pool.close();
    }
  }

  @Test
  void tenThousandOrdersWithRandomCancels() {
    long seed = Long.getLong("drystone.test.seed", System.nanoTime());
    System.out.println("OrderBookTest: -Ddrystone.test.seed=" + seed);
    Random random = new Random(seed);
    int capacity = 10_000;
    try (OrderBook book = new OrderBook(capacity)) {
      List<long[]> live = new ArrayList<>(); // number, price, quantity
      TreeMap<Long, Long> expected = new TreeMap<>();
      int cancelled = -1;
      while (live.size() < capacity) {
        addOne(book, random, live, expected);
      }
      assertEquals(-1, book.add(1, 1), "full");
      for (int i = 0; i < 20_000; i++) {
        if (live.size() < capacity && random.nextBoolean()) {
          addOne(book, random, live, expected);
          cancelled = -1;
        } else {
          long[] order = live.remove(random.nextInt(live.size()));
          book.cancel((int) order[0]);
          expected.merge(order[1], -order[2], Long::sum);
          cancelled = (int) order[0];
        }
      }
      assertEquals(live.size(), book.size());
      expected.forEach((price, quantity) -> assertEquals(quantity, book.quantityAt(price), "price " + price));
      if (cancelled >= 0) {
        int twice = cancelled;
        assertThrows(DrystoneException.Stale.class, () -> book.cancel(twice));
      }
      assertThrows(DrystoneException.Foreign.class, () -> book.cancel(capacity));
    }
  }

  private static void addOne(OrderBook book, Random random, List<long[]> live, TreeMap<Long, Long> expected) {
    long price = 9_900 + random.nextInt(200);
    long quantity = 1 + random.nextInt(1000);
    live.add(new long[] {book.add(price, quantity), price, quantity});
    expected.merge(price, quantity, Long::sum);
  }
}
