// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench;

import io.drystone.Kv;
import io.drystone.KvOptions;
import io.drystone.KvReader;
import io.drystone.NativeReads;
import io.drystone.Region;
import io.drystone.RegionOptions;
import io.drystone.ValueBuffer;
import java.util.Arrays;
import java.util.UUID;

/** drystone in named shared memory; reads in Java, or through JNI. */
final class DrystoneStore implements Store {
  private static final long REGION_BYTES = 1 << 16; // header page, directory, and rounding to pages

  private final Region region;
  private final Kv kv;
  private final KvReader reader;
  private final long bytes;
  private final boolean throughJni;
  private final byte[][] batch = new byte[BATCH][];
  private final ValueBuffer[] batchValues = new ValueBuffer[BATCH];

  DrystoneStore(int keys, boolean prefault, boolean throughJni) {
    this.throughJni = throughJni;
    KvOptions options = new KvOptions(keys, (long) keys * (Data.KEY_BYTES + Data.VALUE_BYTES));
    bytes = options.requiredBytes();
    String name = "drystone-bench-" + UUID.randomUUID();
    RegionOptions how = prefault ? RegionOptions.DEFAULT.withPrefault() : RegionOptions.DEFAULT;
    region = Region.create(Region.Kind.SHARED, name, bytes + REGION_BYTES, how);
    // The name goes at once, so that a program that is killed leaves nothing behind.
    Region.unlink(Region.Kind.SHARED, name);
    kv = region.createKv("bench", options);
    reader = kv.reader();
    Arrays.setAll(batchValues, i -> new ValueBuffer(Data.VALUE_BYTES));
  }

  @Override
  public void insert(Script script, int at) {
    kv.putNew(script.keys[at], script.values[at]);
  }

  @Override
  public void update(Script script, int at) {
    kv.put(script.keys[at], script.values[at]);
  }

  @Override
  public void delete(Script script, int at) {
    kv.delete(script.keys[at]);
  }

  @Override
  public boolean get(Script script, int at, byte[] value) {
    return get(script.keys[at], value);
  }

  @Override
  public boolean get(byte[] key, byte[] value) {
    int size = throughJni ? NativeReads.getInto(reader, key, value) : reader.getInto(key, value);
    return size == Data.VALUE_BYTES;
  }

  @Override
  public int getMany(Script script, int at, byte[][] values) {
    if (throughJni) {
      return -1;
    }
    System.arraycopy(script.keys, at, batch, 0, BATCH);
    int found = reader.getManyInto(batch, batchValues);
    for (int i = 0; i < BATCH; i++) {
      values[i] = batchValues[i].bytes();
    }
    return found;
  }

  @Override
  public long retries() {
    return reader.retries();
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    reader.close();
    kv.close();
    region.close();
  }
}
