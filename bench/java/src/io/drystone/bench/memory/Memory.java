// SPDX-License-Identifier: MIT OR Apache-2.0
package io.drystone.bench.memory;

import org.openjdk.jmh.annotations.Benchmark;

/** The benchmarks; what each does is in the state that it is given. */
public class Memory {
  static final int OBJECT_BYTES = 64;

  /** Objects of a burst, and pairs of a call. */
  static final int RUN = 64;

  @Benchmark
  public long arena64(Arenas.Same state) {
    return state.burst();
  }

  @Benchmark
  public long arenaMixed(Arenas.Mixed state) {
    return state.burst();
  }

  @Benchmark
  public long poolLifo(Pools.Lifo state) {
    return state.burst();
  }

  @Benchmark
  public long poolFifo(Pools.Fifo state) {
    return state.burst();
  }

  @Benchmark
  public long poolRandom(Pools.Random state) {
    return state.run();
  }

  @Benchmark
  public long poolHalf(Pools.Half state) {
    return state.swap();
  }

  @Benchmark
  public long poolBulk(Pools.Bulk state) {
    return state.all();
  }

  @Benchmark
  public long poolBatch64(Pools.Batch state) {
    return state.batch();
  }

  @Benchmark
  public int poolFirstTouch(Pools.Touch state) {
    return state.touch();
  }

  @Benchmark
  public int poolFirstTouchHuge(Pools.TouchHuge state) {
    return state.touch();
  }

  @Benchmark
  public long objectRandom(Pools.ObjectRandom state) {
    return state.run();
  }

  @Benchmark
  public long objectHalf(Pools.ObjectHalf state) {
    return state.swap();
  }

  @Benchmark
  public long slabMixed(Mixed state) {
    return state.run();
  }

  @Benchmark
  public long indexRandom(Numbers state) {
    return state.run();
  }

  @Benchmark
  public long sharedOwn(Together.Own state) {
    return state.round();
  }

  @Benchmark
  public long sharedOther(Together.Other state) {
    return state.round();
  }

  @Benchmark
  public long sharedHandOver(Together.HandOver state) {
    return state.round();
  }

  @Benchmark
  public long sharedOwn4(Together.Own4 state) {
    return state.round();
  }

  @Benchmark
  public long sharedOwn8(Together.Own8 state) {
    return state.round();
  }
}
