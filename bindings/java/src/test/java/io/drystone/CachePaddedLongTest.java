// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class CachePaddedLongTest {
  private static long fieldBytes(Class<?> type) {
    return Arrays.stream(type.getDeclaredFields())
        .filter(field -> !Modifier.isStatic(field.getModifiers()))
        .map(Field::getType)
        .peek(each -> assertEquals(long.class, each))
        .count() * Long.BYTES;
  }

  @Test
  void thereIsAPairOfLinesOnEitherSide() {
    Class<?> value = CachePaddedLong.class.getSuperclass();
    assertEquals(Long.BYTES, fieldBytes(value));
    assertTrue(fieldBytes(CachePaddedLong.class) >= Layout.CACHE_PAIR_BYTES);
    assertTrue(fieldBytes(value.getSuperclass()) >= Layout.CACHE_PAIR_BYTES);
  }

  @Test
  void itIsALong() {
    CachePaddedLong number = new CachePaddedLong();
    assertEquals(0, number.get());
    number.set(-5);
    assertEquals(-5, number.getAndAdd(7));
    assertTrue(number.compareAndSet(2, 3));
    assertFalse(number.compareAndSet(2, 4));
    number.setRelease(number.get() + 1);
    assertEquals(4, number.get());
    assertEquals(Long.MIN_VALUE, new CachePaddedLong(Long.MIN_VALUE).get());
  }

  @Test
  void nothingIsLostAmongThreads() throws Exception {
    CachePaddedLong number = new CachePaddedLong();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(new Thread(() -> {
        for (int k = 0; k < 10_000; k++) {
          number.getAndAdd(1);
        }
      }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(40_000, number.get());
  }
}
