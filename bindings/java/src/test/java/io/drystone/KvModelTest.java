// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Random writes against a plain map; after each round every kind of read must agree with the map and with C. */
class KvModelTest {
  private static final int KEYS = 400;
  private static final KvOptions OPTIONS = new KvOptions(300, 60_000);

  private final Random random = Stores.random("KvModelTest");
  private final List<byte[]> keys = new ArrayList<>();
  private final Map<Integer, byte[]> model = new HashMap<>();

  /** The usual windows, and ones so small that the index and the heap spread over many, and some blocks fit in none. */
  @Test
  void agreesWithAPlainMapThroughWindowsOfEverySize() {
    Set<ByteBuffer> distinct = new LinkedHashSet<>();
    while (distinct.size() < KEYS) {
      distinct.add(ByteBuffer.wrap(Stores.randomBytes(random, 1 + random.nextInt(distinct.size() % 10 == 0 ? 6000 : 40))));
    }
    distinct.forEach(key -> keys.add(key.array()));
    try (Region region = Stores.memory(OPTIONS); Kv kv = region.createKv("t", OPTIONS)) {
      List<KvReader> readers = List.of(
          kv,
          kv.reader(),
          region.openReader("t", 0, 12),
          region.openReader("t", 0, 13),
          region.openReader("t", 0, 16),
          region.openKvReaderChecked("t"));
      for (int round = 0; round < 20; round++) {
        write(kv);
        readers.forEach(this::compare);
      }
      region.verify();
    }
  }

  private void write(Kv kv) {
    for (int i = 0; i < 200; i++) {
      int index = random.nextInt(KEYS);
      byte[] value = Stores.randomBytes(random, random.nextInt(random.nextInt(20) == 0 ? 9000 : 200));
      try {
        if (random.nextInt(4) == 0) {
          kv.delete(keys.get(index));
          model.remove(index);
        } else {
          kv.put(keys.get(index), value);
          model.put(index, value);
        }
      } catch (DrystoneException.NotFound e) {
        assertEquals(false, model.containsKey(index));
      } catch (DrystoneException.Full e) {
        model.keySet().stream().findAny().ifPresent(any -> {
          kv.delete(keys.get(any));
          model.remove(any);
        });
      }
    }
  }

  private void compare(KvReader reader) {
    ValueBuffer buffer = new ValueBuffer(0);
    byte[] into = new byte[9000];
    List<Versioned> many = reader.getMany(keys);
    for (int i = 0; i < KEYS; i++) {
      byte[] key = keys.get(i);
      byte[] expected = model.get(i);
      assertArrayEquals(expected, reader.get(key));
      assertEquals(expected != null, reader.contains(key));
      assertEquals(expected != null, reader.getInto(key, buffer));
      assertArrayEquals(expected == null ? new byte[0] : expected, buffer.toByteArray());
      int size = reader.getInto(key, into);
      assertArrayEquals(expected, size < 0 ? null : Arrays.copyOf(into, size));
      assertArrayEquals(expected, many.get(i) == null ? null : many.get(i).value());
    }
    assertEquals(model.size(), reader.stream().count());
    assertEquals(model.size(), reader.stats().entries());
  }
}
