// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import io.drystone.bench.Data;
import java.util.Arrays;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** Bursts of objects, then a reset, whose share is included. */
public abstract class Arenas extends Pattern {
  /** A burst. */
  static final int COUNT = 256;

  private static final int CHECK_EACH = 64;
  private static final int MIXED_BYTES_MIN = 16;
  private static final int MIXED_BYTES_MAX = 128;

  private final boolean mixed;
  private int[] sizes;
  private Bump bump;

  Arenas(String operation, boolean mixed) {
    super(operation);
    this.mixed = mixed;
  }

  @Setup(Level.Trial)
  public void make() {
    sizes = new int[COUNT];
    Arrays.setAll(sizes, i -> mixed ? size(i) : Memory.OBJECT_BYTES);
    bump = subject().arena(COUNT, Arrays.stream(sizes).sum() + Long.BYTES * COUNT);
  }

  private int size(int i) {
    long random = Data.mix(Data.mix(settings.seed()) + i);
    return MIXED_BYTES_MIN + (int) Long.remainderUnsigned(random, MIXED_BYTES_MAX - MIXED_BYTES_MIN + 1);
  }

  final long burst() {
    long made = checked;
    for (int i = 0; i < COUNT; i++) {
      bump.take(i, mixed ? sizes[i] : Memory.OBJECT_BYTES);
      bump.stamp(i, made + i);
    }
    for (int i = 0; i < COUNT; i += CHECK_EACH) {
      wrong += bump.stamped(i, made + i) ? 0 : 1;
    }
    bump.reset();
    checked = made + COUNT;
    return wrong;
  }

  @TearDown(Level.Trial)
  public void end() {
    if (!mixed) {
      Tail.measure(this, new Tail.Bumps(bump));
    }
    report();
    bump.close();
  }

  public static class Same extends Arenas {
    public Same() {
      super("arena_64", false);
    }
  }

  public static class Mixed extends Arenas {
    public Mixed() {
      super("arena_mixed", true);
    }
  }
}
