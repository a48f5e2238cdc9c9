// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KvTest {
  private static final byte[] KEY = Stores.bytes("key");
  private static final byte[] VALUE = Stores.bytes("value of nineteen b");
  private static final KvOptions OPTIONS = new KvOptions(1000, 200_000).withSeed(5);

  private Region region;
  private Kv kv;

  @BeforeEach
  void open() {
    region = Stores.memory(OPTIONS);
    kv = region.createKv("t", OPTIONS);
  }

  @AfterEach
  void verifyAndClose() {
    kv.close();
    region.verify();
    region.close();
  }

  @Test
  void versionsCountTheWrites() {
    assertEquals(1, kv.put(KEY, VALUE));
    assertEquals(2, kv.put(KEY, VALUE));
    assertEquals(3, kv.replace(KEY, VALUE, 2));
    assertThrows(DrystoneException.Conflict.class, () -> kv.replace(KEY, VALUE, 2));
    assertEquals(4, kv.delete(KEY));
    assertThrows(DrystoneException.NotFound.class, () -> kv.delete(KEY));
    assertThrows(DrystoneException.NotFound.class, () -> kv.replace(KEY, VALUE, 4));
    assertEquals(5, kv.putNew(KEY, VALUE));
    assertThrows(DrystoneException.AlreadyExists.class, () -> kv.putNew(KEY, VALUE));
    assertEquals(5, kv.getVersioned(KEY).version());
    assertEquals(5, kv.stats().version());
  }

  @Test
  void aFailureNamesTheStore() {
    DrystoneException e = assertThrows(DrystoneException.NotFound.class, () -> kv.delete(KEY));
    assertTrue(e.detail().contains("'t'") && e.detail().contains("3 bytes"), e.detail());
  }

  @Test
  void everyKindOfReadAgrees() {
    kv.put(KEY, VALUE);
    assertArrayEquals(VALUE, kv.get(KEY));
    assertArrayEquals(VALUE, kv.getVersioned(KEY).value());
    byte[] array = new byte[VALUE.length + 1];
    assertEquals(VALUE.length, kv.getInto(KEY, array));
    assertArrayEquals(VALUE, Arrays.copyOf(array, VALUE.length));
    assertEquals(0, array[VALUE.length]);
    ValueBuffer buffer = new ValueBuffer(0);
    assertTrue(kv.getInto(KEY, buffer));
    assertArrayEquals(VALUE, buffer.toByteArray());
    assertEquals(1, buffer.version());
    assertEquals(1, buffer.attempts());
    assertTrue(kv.tryGet(KEY, 1, buffer));
    assertTrue(kv.contains(KEY));
    assertArrayEquals(VALUE, kv.getMany(List.of(KEY)).get(0).value());
  }

  @Test
  void anAbsentKeyIsAbsentToEveryKindOfRead() {
    kv.put(KEY, VALUE);
    byte[] absent = Stores.bytes("kez");
    ValueBuffer buffer = new ValueBuffer(10);
    kv.getInto(KEY, buffer);
    assertNull(kv.get(absent));
    assertNull(kv.getVersioned(absent));
    assertEquals(KvReader.ABSENT, kv.getInto(absent, new byte[10]));
    assertEquals(KvReader.ABSENT, kv.getInto(absent, ByteBuffer.allocate(10)));
    assertFalse(kv.getInto(absent, buffer));
    assertEquals(0, buffer.size());
    assertFalse(kv.contains(absent));
    assertNull(kv.getMany(List.of(absent)).get(0));
  }

  @Test
  void buffersOfEveryKindAndOrderAreFilledFromTheirPosition() {
    kv.put(KEY, VALUE);
    for (ByteBuffer buffer : List.of(ByteBuffer.allocate(40), ByteBuffer.allocateDirect(40))) {
      for (ByteOrder order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
        buffer.clear().position(3).order(order);
        assertEquals(VALUE.length, kv.getInto(KEY, buffer));
        assertEquals(3 + VALUE.length, buffer.position());
        byte[] got = new byte[VALUE.length];
        buffer.get(3, got);
        assertArrayEquals(VALUE, got);
        assertEquals(order, buffer.order());
      }
    }
    assertThrows(
        DrystoneException.InvalidArgument.class, () -> kv.getInto(KEY, ByteBuffer.allocate(40).asReadOnlyBuffer()));
  }

  @Test
  void aValueThatDoesNotFitIsTooLarge() {
    kv.put(KEY, VALUE);
    DrystoneException e =
        assertThrows(DrystoneException.TooLarge.class, () -> kv.getInto(KEY, new byte[VALUE.length - 1]));
    assertTrue(e.detail().contains("19"), e.detail());
    ByteBuffer buffer = ByteBuffer.allocate(VALUE.length - 1);
    assertThrows(DrystoneException.TooLarge.class, () -> kv.getInto(KEY, buffer));
    assertEquals(0, buffer.position());
  }

  @Test
  void valuesAndKeysOfEverySmallSize() {
    byte[] value = new byte[120];
    for (int i = 0; i < value.length; i++) {
      value[i] = (byte) (i * 7 + 1);
    }
    for (int size = 0; size < 100; size++) {
      byte[] key = Arrays.copyOf(value, 1 + size % 40);
      byte[] want = Arrays.copyOf(value, size);
      kv.put(key, want);
      assertArrayEquals(want, kv.get(key));
      byte[] into = new byte[size];
      assertEquals(size, kv.getInto(key, into));
      assertArrayEquals(want, into);
      assertArrayEquals(want, readNative(key));
    }
  }

  private byte[] readNative(byte[] key) {
    byte[] into = new byte[200];
    KvPart part = kv.open();
    long size = KvNative.read(part, key, into, null, 0, into.length, null, KvLookup.ATTEMPTS_MAX);
    return Arrays.copyOf(into, (int) size);
  }

  @Test
  void keysOutsideOfTheLimitsAreRefused() {
    byte[] longest = new byte[Layout.KV_KEY_BYTES_MAX];
    byte[] tooLong = new byte[Layout.KV_KEY_BYTES_MAX + 1];
    byte[] empty = {};
    kv.put(longest, VALUE);
    assertArrayEquals(VALUE, kv.get(longest));
    assertThrows(DrystoneException.InvalidArgument.class, () -> kv.get(empty));
    assertThrows(DrystoneException.InvalidArgument.class, () -> kv.contains(empty));
    assertThrows(DrystoneException.InvalidArgument.class, () -> kv.put(empty, VALUE));
    assertThrows(DrystoneException.InvalidArgument.class, () -> kv.delete(empty));
    assertThrows(DrystoneException.InvalidArgument.class, () -> kv.getMany(List.of(KEY, empty)));
    assertThrows(DrystoneException.TooLarge.class, () -> kv.get(tooLong));
    assertThrows(DrystoneException.TooLarge.class, () -> kv.put(tooLong, VALUE));
    assertThrows(DrystoneException.TooLarge.class, () -> kv.getMany(List.of(tooLong)));
    assertThrows(DrystoneException.InvalidArgument.class, () -> kv.tryGet(KEY, 0, new ValueBuffer(1)));
    assertThrows(NullPointerException.class, () -> kv.get(null));
    assertThrows(NullPointerException.class, () -> kv.put(null, VALUE));
    assertThrows(NullPointerException.class, () -> kv.put(KEY, null));
    assertEquals(1, kv.stats().entries());
  }

  @Test
  void fullLeavesTheOldValue() {
    kv.put(KEY, VALUE);
    assertThrows(DrystoneException.Full.class, () -> kv.put(KEY, new byte[200_000]));
    assertArrayEquals(VALUE, kv.get(KEY));
  }

  @Test
  void aClosedStoreCanBeOpenedAgain() {
    kv.put(KEY, VALUE);
    KvReader reader = kv.reader();
    kv.close();
    assertThrows(DrystoneException.Closed.class, () -> kv.put(KEY, VALUE));
    assertThrows(DrystoneException.Closed.class, () -> kv.get(KEY));
    assertArrayEquals(VALUE, reader.get(KEY));
    kv = region.openKv("t");
    assertEquals(2, kv.put(KEY, VALUE));
    assertEquals(2, reader.getVersioned(KEY).version());
    reader.close();
    assertThrows(DrystoneException.Closed.class, () -> reader.get(KEY));
  }

  @Test
  void severalWritersOfOneStoreTakeTurns() {
    try (Kv second = region.openKv("t")) {
      assertEquals(1, kv.put(KEY, VALUE));
      assertEquals(2, second.put(KEY, VALUE));
      assertEquals(2, kv.getVersioned(KEY).version());
    }
    assertEquals(3, kv.put(KEY, VALUE));
  }

  @Test
  void walksEveryEntryOnce() {
    Map<String, byte[]> expected = new HashMap<>();
    for (int i = 0; i < 500; i++) {
      byte[] value = new byte[i % 300];
      Arrays.fill(value, (byte) i);
      kv.put(Stores.bytes("key-" + i), value);
      expected.put("key-" + i, value);
    }
    Map<String, byte[]> met = new HashMap<>();
    for (Entry entry : kv) {
      assertNull(met.put(new String(entry.key()), entry.value()));
      assertEquals(kv.getVersioned(entry.key()).version(), entry.version());
    }
    assertEquals(expected.keySet(), met.keySet());
    expected.forEach((key, value) -> assertArrayEquals(value, met.get(key)));
    assertEquals(500, kv.stream().count());
    assertEquals(500, kv.keys().map(String::new).distinct().count());
    assertTrue(kv.keys().allMatch(key -> expected.containsKey(new String(key))));
  }

  @Test
  void walksEntriesLargerThanItsBuffer() {
    byte[] large = new byte[150_000];
    new Random(1).nextBytes(large);
    kv.put(KEY, large);
    kv.put(Stores.bytes("small"), VALUE);
    List<Entry> met = new ArrayList<>();
    kv.forEach(met::add);
    assertEquals(2, met.size());
    assertTrue(met.stream().anyMatch(entry -> Arrays.equals(large, entry.value())));
    assertEquals(2, kv.keys().count());
    kv.delete(KEY);
    kv.delete(Stores.bytes("small"));
    assertFalse(kv.iterator().hasNext());
    assertThrows(java.util.NoSuchElementException.class, () -> kv.iterator().next());
  }

  @Test
  void manyKeysInSeveralBatchesAndOfSizesThatWereNotExpected() {
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < 700; i++) {
      byte[] key = Stores.bytes("key-" + i);
      keys.add(key);
      if (i % 3 != 0) {
        kv.put(key, new byte[i]);
      }
    }
    List<Versioned> found = kv.getMany(keys);
    assertEquals(700, found.size());
    for (int i = 0; i < 700; i++) {
      if (i % 3 == 0) {
        assertNull(found.get(i));
      } else {
        assertEquals(i, found.get(i).value().length);
        assertEquals(kv.getVersioned(keys.get(i)).version(), found.get(i).version());
      }
    }
    assertEquals(List.of(), kv.getMany(List.of()));
    ValueBuffer[] values = new ValueBuffer[700];
    Arrays.setAll(values, i -> new ValueBuffer(i % 100));
    assertEquals(466, kv.getManyInto(keys.toArray(new byte[0][]), values));
    for (int i = 0; i < 700; i++) {
      assertEquals(i % 3 != 0, values[i].isPresent());
      assertEquals(i % 3 == 0 ? 0 : i, values[i].size());
      assertEquals(i % 3 == 0 ? 0 : found.get(i).version(), values[i].version());
    }
    assertEquals(0, kv.getManyInto(new byte[0][], new ValueBuffer[0]));
    assertThrows(
        DrystoneException.InvalidArgument.class, () -> kv.getManyInto(new byte[][] {KEY}, new ValueBuffer[0]));
  }

  @Test
  void aCheckedReaderFindsTheSame() {
    kv.put(KEY, VALUE);
    kv.put(Stores.bytes("large"), new byte[100_000]);
    KvReader checked = region.openKvReaderChecked("t");
    assertArrayEquals(VALUE, checked.get(KEY));
    assertTrue(checked.contains(KEY));
    assertFalse(checked.contains(Stores.bytes("no")));
    assertNull(checked.get(Stores.bytes("no")));
    assertEquals(100_000, checked.get(Stores.bytes("large")).length);
    ByteBuffer buffer = ByteBuffer.allocate(30);
    assertEquals(VALUE.length, checked.getInto(KEY, buffer));
    assertArrayEquals(VALUE, Arrays.copyOf(buffer.array(), VALUE.length));
    assertThrows(DrystoneException.TooLarge.class, () -> checked.getInto(KEY, new byte[3]));
  }
}
